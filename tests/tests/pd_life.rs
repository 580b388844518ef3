//! The life of stores and of PD itself, lived through on small clusters: drained, called back,
//! wiped, replaced, added, silent for too long; and PD gone for a while.

use scenario::{Outcome, Request, Run, Scenario};
use sim::event::{OperatorName, ResolveVerdict};
use sim::ids::SECOND;
use sim::message::GetStoreError;
use sim::store::StoreState;
use sim::{Cluster, EventKind, RegionId, Release, StoreId};

/// Four TiKV stores; regions 10 and 20 with voters on the first three, led from store 1.
const FOUR: &str = "\
max-replicas 3
store 1 tikv address 10.0.0.1:20160 heartbeat 1s
store 2 tikv address 10.0.0.2:20160 heartbeat 2s
store 3 tikv address 10.0.0.3:20160 heartbeat 3s
store 4 tikv address 10.0.0.4:20160 heartbeat 4s
region 10 keys ..74 leader 1 voters 1 2 3
region 20 keys 74.. leader 1 voters 1 2 3
";

/// Lives through `script` under 8.5.8.
fn live(cluster: &str, script: &str) -> Run {
    let lines: Vec<String> = script.lines().map(|line| format!("    {}", line.trim())).collect();
    let text = format!(
        "scenario life\ntitle en -\ntitle zh -\nopening en -\nopening zh -\nseed 1\nend 1ms\n\
         releases 8.5.7 8.5.8\n{cluster}step\ntitle en -\ntitle zh -\ntext en -\ntext zh -\n{}\n",
        lines.join("\n")
    );
    let scenario = Scenario::parse("life", &text).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::of_releases(scenario, &[Release::V8_5_8], None).expect("one release");
    run.start_all();
    while !run.is_idle() {
        run.advance(run.now().after(SECOND));
    }
    assert!(world(&run).broken_invariants().is_empty(), "{:?}", world(&run).broken_invariants());
    run
}

fn world(run: &Run) -> &Cluster {
    &run.worlds()[0].cluster
}

/// The stores of a region's members, in order.
fn members(cluster: &Cluster, region: u64) -> Vec<u64> {
    let leader = cluster.leader_of(RegionId(region)).expect("it has a leader");
    let mut stores: Vec<u64> = leader.region().peers.iter().map(|peer| peer.store.0).collect();
    stores.sort_unstable();
    stores
}

fn state(cluster: &Cluster, store: u64) -> Option<StoreState> {
    cluster.pd().stores().get(&StoreId(store)).map(|record| record.state)
}

fn created(cluster: &Cluster) -> Vec<OperatorName> {
    let mut names = Vec::new();
    for event in cluster.events() {
        if let EventKind::OperatorCreated { name, .. } = event.kind {
            names.push(name);
        }
    }
    names
}

/// What was answered to the last line that is such a command.
fn answer(run: &Run, line: &str) -> String {
    let is_it = |request: &Request| request.to_string().ends_with(line);
    let issued = run.issued().iter().rev().find(|issued| is_it(&issued.request));
    match &issued.unwrap_or_else(|| panic!("{line} was not asked")).outcomes[0] {
        Some(Outcome::Refused(refusal)) => refusal.to_string(),
        Some(Outcome::Done) => "done".to_owned(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_deleted_store_hands_over_its_leaders_and_peers_and_becomes_a_tombstone() {
    let run = live(FOUR, "wait 5s\nstore delete 1\nwait 5m\nstop store 1\nstart store 1");
    let cluster = world(&run);
    assert_eq!(state(cluster, 1), Some(StoreState::Tombstone));
    for region in [10, 20] {
        assert_eq!(members(cluster, region), [2, 3, 4], "region {region}");
    }
    assert_eq!(created(cluster), [OperatorName::ReplaceRuleOfflinePeer; 2]);
    assert!(answer(&run, "start store 1").contains("store is tombstone"));
}

#[test]
fn a_store_that_is_called_back_in_time_keeps_its_place() {
    let run = live(
        FOUR,
        "wait 5s\nstore delete 4\nstore cancel-delete 4\nwait 1m\nstore cancel-delete 4",
    );
    assert_eq!(state(world(&run), 4), Some(StoreState::Up));
    assert_eq!(answer(&run, "store cancel-delete 4"), "done", "PD has nothing to do, and says so");
}

#[test]
fn an_empty_store_is_buried_at_the_next_look_and_its_record_can_go() {
    let run = live(FOUR, "wait 5s\nstore delete 4\nwait 20s\nstore remove-tombstone");
    assert_eq!(state(world(&run), 4), None);
}

#[test]
fn a_wiped_store_returns_under_its_address_as_another_store() {
    let wipe = "wait 5s\nstop store 3\nlose disk of 3\nstart store 3\n";
    let refused = live(FOUR, wipe);
    let taken = answer(&refused, "start store 3");
    assert!(taken.starts_with("duplicated store address: id:1001 "), "{taken}");
    assert_eq!(world(&refused).stores().count(), 4);

    // With store 4 out of the way only the machine itself can make up what it lost.
    let gone = "curl -X DELETE http://pd:2379/pd/api/v1/store/3?force=true\n";
    let script =
        format!("stop store 4\nwait 30s\n{wipe}{gone}start store 3\nwait 5m\nstart store 3");
    let run = live(FOUR, &script);
    let cluster = world(&run);
    let reborn = cluster.store(StoreId(3)).expect("it was there").replaced_by();
    assert_eq!(reborn, Some(StoreId(1001)));
    assert_eq!(cluster.store(StoreId(1001)).expect("PD named it").meta().address, "10.0.0.3:20160");
    assert_eq!(members(cluster, 10), [1, 2, 1001], "what it lost was made up on itself");
    assert_eq!(state(cluster, 3), Some(StoreState::Tombstone));
    assert_eq!(
        answer(&run, "start store 3"),
        "store 3 is gone with its disk; its machine is store 1001 now"
    );
    let serving = EventKind::StoreServing(StoreId(1001));
    assert!(cluster.events().iter().any(|event| event.kind == serving));
}

#[test]
fn a_destroyed_store_may_go_whatever_is_left_and_never_comes_back() {
    let three = FOUR.replace("store 4 tikv address 10.0.0.4:20160 heartbeat 4s\n", "");
    let run = live(
        &three,
        "wait 5s\nstore delete 3\nstop store 3\n\
         curl -X DELETE http://pd:2379/pd/api/v1/store/3?force\nstore cancel-delete 3",
    );
    assert!(answer(&run, "store delete 3").contains("ErrStoresNotEnough"));
    assert_eq!(state(world(&run), 3), Some(StoreState::Offline));
    assert_eq!(
        answer(&run, "store cancel-delete 3"),
        "Failed to cancel delete store 3: [400] \"[PD:core:ErrStoreDestroyed]store 3 has been \
         physically destroyed\""
    );
}

#[test]
fn a_store_added_at_run_time_takes_what_another_gives_up() {
    let run = live(
        FOUR,
        "wait 5s\nadd store 5 tikv zone dc1 address 10.0.0.5:20160\nstop store 4\nwait 30s\n\
         store delete 2\nwait 5m",
    );
    assert_eq!(members(world(&run), 10), [1, 3, 5]);
    assert_eq!(state(world(&run), 2), Some(StoreState::Tombstone));
}

#[test]
fn a_lost_replica_is_made_up_once_its_store_has_been_down_for_long_enough() {
    let silent = |minutes: u64| {
        let script = format!("wait 5s\nload all 1/min\nstop store 3\nwait {minutes}m");
        members(world(&live(&format!("table 1 a.b\n{FOUR}"), &script)), 10)
    };
    assert_eq!(silent(29), [1, 2, 3]);
    assert_eq!(silent(33), [1, 2, 4]);
    let sooner = live(FOUR, "wait 5s\nconfig set max-store-down-time 12m\nstop store 3\nwait 14m");
    assert_eq!(members(world(&sooner), 10), [1, 2, 4]);
    assert!(created(world(&sooner)).contains(&OperatorName::ReplaceRuleDownPeer));
}

#[test]
fn peers_are_added_and_moved_by_hand() {
    let run = live(
        FOUR,
        "wait 5s\noperator add transfer-peer 10 3 4\noperator add add-peer 20 4\nwait 8s",
    );
    assert_eq!(members(world(&run), 10), [1, 2, 4]);
    let made = created(world(&run));
    assert!(
        made.starts_with(&[OperatorName::AdminMovePeer, OperatorName::AdminAddPeer]),
        "{made:?}"
    );
}

#[test]
fn pd_erases_the_tombstones_it_can_and_names_the_others() {
    let two = "store 5 tikv address 10.0.0.5:20160 tombstone stopped\n\
               store 6 tikv address 10.0.0.6:20160 tombstone stopped\n\
               region 30 keys 74.. leader 1 voters 1 2 3 learners 6\n";
    let cluster = FOUR.replace("region 20 keys 74.. leader 1 voters 1 2 3\n", "") + two;
    let run = live(&cluster, "stop store 2\nwait 5s\nstore remove-tombstone");
    assert_eq!(state(world(&run), 5), None);
    assert_eq!(state(world(&run), 6), Some(StoreState::Tombstone));
    let told = view::answer::remove_tombstone(world(&run)).map_err(|refusal| refusal.to_string());
    let expected = "Failed to remove tombstone store [500] \"failed stores: 6\"";
    assert_eq!(told, Err(expected.to_owned()));
}

#[test]
fn while_pd_is_away_resolves_wait_ten_seconds_and_fail_and_no_store_starts() {
    let run = live(
        FOUR,
        "wait 70s\nstop pd\nstop store 2\nwait 2m\nstart store 2\nstart pd\nwait 6s\n\
         start store 2\nwait 30s",
    );
    let cluster = world(&run);
    let is_unanswered = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::ResolveFailed {
                store: StoreId(1),
                error: GetStoreError::Unreachable,
                verdict: ResolveVerdict::RetryLoud,
                ..
            }
        )
    };
    let unanswered = cluster.events().iter().filter(|event| is_unanswered(&event.kind));
    let at: Vec<u64> = unanswered.map(|event| event.at.0 / SECOND).collect();
    let gaps: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Ten tries, a second apart, are longer than the pause between two passes of the loop.
    assert!(1 < gaps.len() && gaps.iter().all(|gap| *gap == 10), "{gaps:?}");
    let starts = run.issued().iter().filter(|i| i.request.to_string() == "start store 2");
    let outcomes: Vec<bool> =
        starts.map(|issued| matches!(issued.outcomes[0], Some(Outcome::Done))).collect();
    assert_eq!(outcomes, [false, true]);
    assert!(cluster.store(StoreId(2)).expect("it is there").is_running());
    let mut last = None;
    for event in cluster.events() {
        if let EventKind::Connected { store: StoreId(1), target: StoreId(2), .. } = event.kind {
            last = Some(event.at);
        }
    }
    assert!(last.is_some_and(|at| at.0 > 190 * SECOND), "PD answers again: {last:?}");
}
