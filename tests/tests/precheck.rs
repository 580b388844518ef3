//! The health check: each ailment is found where it is and not where it is not, and what it names
//! as the cure cures.

use scenario::{Outcome, Run, Scenario, Target, parse};
use sim::event::OperatorName;
use sim::health::{Ailment, Remedy};
use sim::ids::{MINUTE, SECOND};
use sim::region::PeerRole;
use sim::store::StoreStatus;
use sim::{EventKind, Millis, PeerId, RegionId, Release, StoreId};

const TABLE: RegionId = RegionId(20);

/// Five TiKV stores and TiFlash store 9; region 20 holds the rows of `test.t`, which has a learner
/// on 9; region 30 is another table's.
fn cluster(more: &str) -> Run {
    let text = format!(
        "scenario precheck\ntitle en -\ntitle zh -\nopening en -\nopening zh -\nseed 1\nend 1ms\n\
         max-replicas 3\n\
         store 1 tikv address 10.0.0.1:20160 heartbeat 1100ms\n\
         store 2 tikv address 10.0.0.2:20160 heartbeat 1200ms\n\
         store 3 tikv address 10.0.0.3:20160 heartbeat 1300ms\n\
         store 4 tikv address 10.0.0.4:20160 heartbeat 1400ms\n\
         store 5 tikv address 10.0.0.5:20160 heartbeat 1500ms\n\
         store 9 tiflash address 10.0.0.9:3930 heartbeat 1900ms\n\
         table 45 test.t tiflash 1 available\n\
         table 46 test.u\n\
         region 20 table test.t rows .. leader 1\n    voters 1 2 3\n    learners 9{more}\n\
         region 30 table test.u rows .. leader 4\n    voters 3 4 5\n\
         step\ntitle en -\ntitle zh -\ntext en -\ntext zh -\n    wait 1ms\n"
    );
    let scenario = Scenario::parse("precheck.scn", &text).unwrap_or_else(|error| panic!("{error}"));
    Run::of_releases(scenario, &[Release::V8_5_2], None).expect("the parser checked it")
}

fn quiet() -> Run {
    let mut run = cluster("");
    pass(&mut run, 15 * SECOND);
    run
}

fn pass(run: &mut Run, ms: u64) {
    run.advance(run.now().after(ms));
}

fn ask(run: &mut Run, line: &str) {
    let request = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let issued = run.issue(request, Target::All).expect("it does not wait");
    let outcome = &run.issued()[issued].outcomes[0];
    assert_eq!(*outcome, Some(Outcome::Done), "{line}");
}

fn ailments(run: &Run) -> Vec<Ailment> {
    run.worlds()[0].cluster.health("test.t").expect("there is such a table")
}

fn store_not_up(ailments: &[Ailment]) -> Option<(StoreId, Option<StoreStatus>)> {
    ailments.iter().find_map(|ailment| {
        let Ailment::StoreNotUp { region: TABLE, peer, status } = ailment else { return None };
        Some((peer.store, *status))
    })
}

#[test]
fn a_quiet_cluster_is_healthy_once_its_leaders_have_reported() {
    let mut run = cluster("");
    assert!(ailments(&run).contains(&Ailment::UnknownToPd(TABLE)), "{:?}", ailments(&run));
    assert!(!ailments(&run).contains(&Ailment::UnknownToPd(RegionId(30))), "another table's");
    pass(&mut run, 15 * SECOND);
    assert_eq!(ailments(&run), []);
    assert_eq!(run.worlds()[0].cluster.health("test.none"), None);
}

#[test]
fn a_stopped_store_is_named_and_starting_it_mends() {
    let mut run = quiet();
    ask(&mut run, "stop store 2");
    pass(&mut run, 30 * SECOND);
    let found = ailments(&run);
    let stale = |ailment: &Ailment| {
        matches!(ailment, Ailment::HeartbeatStale { store: StoreId(2), silent_ms: Some(20_001..) })
    };
    assert!(found.iter().any(stale), "{found:?}");
    assert_eq!(store_not_up(&found), Some((StoreId(2), Some(StoreStatus::Disconnected))));
    let remedies: Vec<Remedy> = found.iter().map(Ailment::remedy).collect();
    assert_eq!(remedies, vec![Remedy::StartStores(vec![StoreId(2)]); 2]);
    ask(&mut run, "start store 2");
    pass(&mut run, 30 * SECOND);
    assert_eq!(ailments(&run), []);
}

#[test]
fn a_lost_leader_waits_for_an_election_and_a_lost_quorum_for_its_stores() {
    let mut run = quiet();
    ask(&mut run, "stop store 1");
    let leaderless = |quorum_lost, stopped: &[u64]| Ailment::NoLeader {
        region: TABLE,
        stopped: stopped.iter().copied().map(StoreId).collect(),
        quorum_lost,
    };
    assert_eq!(ailments(&run), [leaderless(false, &[1])]);
    assert_eq!(ailments(&run)[0].remedy(), Remedy::Wait);
    ask(&mut run, "stop store 2");
    assert_eq!(ailments(&run), [leaderless(true, &[1, 2])]);
    assert_eq!(ailments(&run)[0].remedy(), Remedy::RecoverFrom(vec![StoreId(1), StoreId(2)]));
    ask(&mut run, "start store 1,2");
    pass(&mut run, MINUTE);
    assert_eq!(ailments(&run), []);
}

#[test]
fn a_recovery_under_way_and_the_buried_members_it_leaves_are_named() {
    let mut run = quiet();
    ask(&mut run, "stop store 1,2");
    pass(&mut run, 30 * SECOND);
    ask(&mut run, "pd-ctl unsafe remove-failed-stores 1,2");
    let running = |ailment: &Ailment| matches!(ailment, Ailment::RecoveryRuns(_));
    assert!(ailments(&run).iter().any(running), "{:?}", ailments(&run));
    assert_eq!(store_not_up(&ailments(&run)), Some((StoreId(1), Some(StoreStatus::Tombstone))));
    let buried = ailments(&run).into_iter().find(|ailment| ailment.store() == Some(StoreId(1)));
    assert_eq!(buried.map(|ailment| ailment.remedy()), Some(Remedy::RemovePeer(TABLE, StoreId(1))));
    // PD replaces the two voters on 4 and 5.
    pass(&mut run, 10 * MINUTE);
    assert_eq!(ailments(&run), []);
}

#[test]
fn a_store_that_is_drained_is_named_until_it_is_called_back() {
    let mut run = quiet();
    // Nothing can move off 9: there is no other TiFlash store.
    ask(&mut run, "pd-ctl config set max-replicas 1");
    ask(&mut run, "pd-ctl store delete 9");
    pass(&mut run, 5 * MINUTE);
    assert_eq!(store_not_up(&ailments(&run)), Some((StoreId(9), Some(StoreStatus::Offline))));
    assert_eq!(ailments(&run)[0].remedy(), Remedy::FinishDraining(StoreId(9)));
    ask(&mut run, "pd-ctl store cancel-delete 9");
    pass(&mut run, MINUTE);
    assert_eq!(ailments(&run), []);
}

#[test]
fn without_pd_nothing_can_be_known() {
    let mut run = quiet();
    ask(&mut run, "stop pd");
    assert_eq!(ailments(&run), [Ailment::PdSilent]);
    assert_eq!(ailments(&run)[0].remedy(), Remedy::Wait);
    ask(&mut run, "start pd");
    pass(&mut run, 3 * MINUTE);
    assert_eq!(ailments(&run), []);
}

#[test]
fn an_operator_is_named_whatever_region_it_is_on() {
    let mut run = quiet();
    ask(&mut run, "pd-ctl operator add transfer-leader 30 5");
    let name = OperatorName::AdminTransferLeader;
    assert_eq!(ailments(&run), [Ailment::OperatorUnderWay { region: RegionId(30), name }]);
    pass(&mut run, MINUTE);
    assert_eq!(ailments(&run), []);
}

#[test]
fn pd_and_the_leader_disagree_until_the_heartbeat_arrives() {
    let mut run = quiet();
    ask(&mut run, "pd-ctl operator add add-learner 20 4");
    let changed = |run: &Run| {
        let events = run.worlds()[0].cluster.events().iter();
        events.rev().take(5).any(|e| matches!(e.kind, EventKind::MembershipChanged { .. }))
    };
    while !changed(&run) {
        pass(&mut run, 1);
    }
    let disagree = |ailment: &Ailment| {
        matches!(ailment, Ailment::Disagreement { region: TABLE, pd, leader }
            if pd.conf_ver < leader.conf_ver)
    };
    assert!(ailments(&run).iter().any(disagree), "{:?}", ailments(&run));
    pass(&mut run, 10);
    assert!(!ailments(&run).iter().any(disagree), "{:?}", ailments(&run));
}

#[test]
fn a_member_unheard_of_for_ten_minutes_is_named_and_taking_it_out_mends() {
    let mut run = quiet();
    ask(&mut run, "cut 1,2,3 9");
    pass(&mut run, 12 * MINUTE);
    let found = ailments(&run);
    let [Ailment::PeerDown { region: TABLE, peer, seconds: 600.. }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((peer.store, peer.role), (StoreId(9), PeerRole::Learner));
    assert_eq!(found[0].remedy(), Remedy::RemovePeer(TABLE, StoreId(9)));
    ask(&mut run, "heal");
    ask(&mut run, "pd-ctl operator add remove-peer 20 9");
    pass(&mut run, 5 * MINUTE);
    assert_eq!(ailments(&run), []);
}

#[test]
fn a_learner_that_its_store_refuses_is_pending_and_in_the_end_down() {
    let mut run = cluster(" missing 9 destroyed 24@9");
    pass(&mut run, 30 * SECOND);
    let found = ailments(&run);
    let [Ailment::PeerPending { region: TABLE, peer }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((peer.store, found[0].remedy()), (StoreId(9), Remedy::Wait));
    pass(&mut run, 15 * MINUTE);
    let found = ailments(&run);
    let [Ailment::PeerDown { region: TABLE, peer: down, .. }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(down.id, peer.id);
    ask(&mut run, "pd-ctl operator add remove-peer 20 9");
    pass(&mut run, 5 * MINUTE);
    assert_eq!(ailments(&run), []);
    let region = run.worlds()[0].cluster.newest_region(TABLE).expect("it is there").clone();
    let learner = region.peer_on(StoreId(9)).expect("PD gave it another");
    assert!(peer.id < learner.id && learner.id != PeerId(0), "with a larger id");
}

#[test]
fn a_script_waits_until_a_table_is_healthy() {
    let mut run = quiet();
    ask(&mut run, "stop store 2");
    pass(&mut run, 30 * SECOND);
    ask(&mut run, "start store 2");
    run.issue(parse("wait until healthy test.t for at most 5m").expect("it is right"), Target::All);
    let from = run.now();
    while !run.is_idle() {
        pass(&mut run, SECOND);
    }
    let reached = match run.issued().last().expect("it was issued").outcomes[0] {
        Some(Outcome::Reached(at)) => at,
        ref other => panic!("{other:?}"),
    };
    assert!(from < reached && reached < Millis(from.0 + MINUTE), "{reached:?}");
    assert_eq!(ailments(&run), []);
}
