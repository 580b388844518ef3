//! PD's and TiDB's knobs one by one: each, alone, changes what people see.

use scenario::{Outcome, Run, Scenario};
use sim::ids::SECOND;
use sim::release::{AvailableWhen, OrphanRules, StoreDeleteCheck};
use sim::store::StoreState;
use sim::{Cluster, Knobs, RegionId, Release, StoreId};

/// Lives through `script` on `cluster`, under these knobs.
fn live(cluster: &str, script: &str, knobs: Knobs) -> Run {
    let lines: Vec<String> = script.lines().map(|line| format!("    {line}")).collect();
    let text = format!(
        "scenario knob\ntitle en -\ntitle zh -\nopening en -\nopening zh -\nseed 1\nend 1ms\n\
         releases 8.5.7 8.5.8\n{cluster}step\ntitle en -\ntitle zh -\ntext en -\ntext zh -\n{}\n",
        lines.join("\n")
    );
    let scenario = Scenario::parse("knob", &text).unwrap_or_else(|error| panic!("{error}"));
    let mut run = Run::of_releases(scenario, &[Release::V8_5_8], None).expect("one release");
    run.set_knobs(0, None, knobs);
    run.start_all();
    while !run.is_idle() {
        run.advance(run.now().after(SECOND));
    }
    run
}

fn world(run: &Run) -> &Cluster {
    &run.worlds()[0].cluster
}

/// Both ends of the range of releases, so that a knob is turned from an old and from a new one.
const BASELINES: [Release; 2] = [Release::V6_1_0, Release::V8_5_8];

/// A voter's store is gone, so that the region is not well; three learners that no rule wants sit
/// on stores that are gone as well. Up to 6.5 they all stay; from 6.6 on all but one go.
#[test]
fn orphan_rules_decide_how_many_dead_learners_an_unwell_region_keeps() {
    let cluster = "\
max-replicas 3
store 1 tikv address 10.0.0.1:20160
store 2 tikv address 10.0.0.2:20160
store 3 tikv address 10.0.0.3:20160
store 502 tiflash address 10.0.0.52:3930
store 503 tiflash address 10.0.0.53:3930
store 504 tiflash address 10.0.0.54:3930
region 10 keys .. leader 1 voters 1 2 3 learners 502 503 504
";
    for release in BASELINES {
        let learners = |orphan_rules| {
            let knobs = Knobs { orphan_rules, ..release.knobs() };
            let run = live(cluster, "stop store 3,502,503,504\nwait 20m", knobs);
            let leader = world(&run).leader_of(RegionId(10)).expect("two of three voters live");
            leader.region().peers.iter().filter(|peer| 500 < peer.store.0).count()
        };
        assert_eq!(learners(OrphanRules::WhenHealthy), 3, "{release}");
        assert_eq!(learners(OrphanRules::SurplusToo), 1, "{release}");
    }
}

/// Three TiKV stores for three replicas: a TiFlash store may go, or may not (pd#10350).
#[test]
fn store_delete_check_decides_whether_a_tiflash_store_may_go() {
    let cluster = "\
max-replicas 3
store 1 tikv address 10.0.0.1:20160
store 2 tikv address 10.0.0.2:20160
store 3 tikv address 10.0.0.3:20160
store 1540 tiflash address 10.0.0.40:3930
region 10 keys .. leader 1 voters 1 2 3
";
    for release in BASELINES {
        let asked = |store_delete_check| {
            let knobs = Knobs { store_delete_check, ..release.knobs() };
            live(cluster, "wait 5s\npd-ctl store delete 1540\nwait 30s", knobs)
        };
        let refused = asked(StoreDeleteCheck::EveryStore);
        let answer = refused.issued().iter().find_map(|issued| match &issued.outcomes[0] {
            Some(Outcome::Refused(refusal)) => Some(refusal.to_string()),
            _ => None,
        });
        assert_eq!(
            answer.as_deref(),
            Some(
                "Failed to delete store 1540: [400] \"[PD:core:ErrStoresNotEnough]can not remove \
                 store 1540 since the number of up stores would be 2 while need 3\""
            ),
            "{release}"
        );
        let state = |run: &Run| world(run).pd().stores()[&StoreId(1540)].state;
        assert_eq!(state(&refused), StoreState::Up, "{release}");
        let accepted = asked(StoreDeleteCheck::TikvOnly);
        assert_eq!(state(&accepted), StoreState::Tombstone, "{release}: it was empty");
        // TiKV stores are counted as before.
        let run = live(
            cluster,
            "wait 5s\npd-ctl store delete 1",
            Knobs { store_delete_check: StoreDeleteCheck::TikvOnly, ..release.knobs() },
        );
        let outcome = &run.issued().last().expect("it was asked").outcomes[0];
        assert!(matches!(outcome, Some(Outcome::Refused(_))), "{release}: {outcome:?}");
    }
}

/// Two replicas are wanted and one TiFlash store is there: the table's regions have one each.
#[test]
fn available_when_decides_whether_one_replica_of_two_is_enough() {
    let cluster = "\
max-replicas 1
store 1 tikv address 10.0.0.1:20160
store 502 tiflash address 10.0.0.52:3930
store 503 tiflash address 10.0.0.53:3930 stopped
table 106 tpcc.stock tiflash 2
region 10 before tpcc.stock leader 1 voters 1
region 20 table tpcc.stock index leader 1 voters 1
region 30 table tpcc.stock rows .. leader 1 voters 1 learners 502
region 40 after tpcc.stock leader 1 voters 1
";
    for release in BASELINES {
        let row = |available_when| {
            let knobs = Knobs { available_when, ..release.knobs() };
            let run = live(cluster, "wait 2m", knobs);
            let table = world(&run).tidb().table("tpcc.stock").expect("it is in the file");
            (table.available, table.progress_bp)
        };
        assert_eq!(row(AvailableWhen::OneReplica), (true, 10_000), "{release}");
        assert_eq!(row(AvailableWhen::AllReplicas), (false, 5_000), "{release}");
    }
}
