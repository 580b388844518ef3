//! DR Auto-Sync: the states PD goes through when a data centre is lost and comes back, and to whom
//! TiKV sends meanwhile.

use sim::clients::{Ask, Outcome, ReadFrom};
use sim::ids::{MINUTE, SECOND};
use sim::message::Integrity;
use sim::pd::replication::DrState;
use sim::{Cluster, EventKind, RegionId, Release, StoreId};
use tests::scene::Scene;

const TWO_DATA_CENTRES: &str = "max-replicas 3
store 1 tikv zone dc1 address 10.0.1.1:20160
store 2 tikv zone dc1 address 10.0.1.2:20160
store 3 tikv zone dc2 address 10.0.2.3:20160
store 4 tiflash zone dc1 address 10.0.1.4:3930
table 45 test.t tiflash 1
region 10 before test.t leader 1 voters 1 2 3
region 20 table test.t index leader 2 voters 1 2 3
region 30 table test.t rows .. leader 1 voters 1 2 3 learners 4
region 40 after test.t leader 2 voters 1 2 3";

const SWITCHED_ON: [&str; 6] = [
    "config set replication-mode dr-auto-sync label-key zone",
    "config set replication-mode dr-auto-sync primary dc1",
    "config set replication-mode dr-auto-sync dr dc2",
    "config set replication-mode dr-auto-sync primary-replicas 2",
    "config set replication-mode dr-auto-sync dr-replicas 1",
    "config set replication-mode dr-auto-sync",
];

fn in_sync() -> Scene {
    let mut scene = Scene::new(TWO_DATA_CENTRES, Release::V8_5_8.knobs());
    scene.wait(10 * SECOND);
    SWITCHED_ON.iter().for_each(|line| scene.ask(line));
    scene.wait_until(3 * MINUTE, |cluster| state(cluster) == Some(DrState::Sync));
    scene
}

fn state(cluster: &Cluster) -> Option<DrState> {
    cluster.pd().replication().status().map(|status| status.state)
}

fn is_paused(cluster: &Cluster, from: u64, to: u64) -> bool {
    cluster.store(StoreId(from)).expect("it is there").client().is_paused(StoreId(to))
}

fn states(scene: &Scene) -> Vec<DrState> {
    let of = |kind: &EventKind| {
        if let EventKind::DrStateSwitched { state, .. } = kind { Some(*state) } else { None }
    };
    scene.cluster.events().iter().filter_map(|event| of(&event.kind)).collect()
}

#[test]
fn a_lost_data_centre_is_cut_off_until_it_is_back_and_has_caught_up() {
    let mut scene = in_sync();
    assert!(!is_paused(&scene.cluster, 1, 3), "in sync everybody may be talked to");
    scene.ask("stop store 3");
    scene.ask("load all 1/s");
    scene.wait_until(3 * MINUTE, |cluster| state(cluster) == Some(DrState::Async));
    // The learners of TiFlash do not vote, so PD does not list their store either.
    scene.wait(12 * SECOND);
    for (to, paused) in [(1, false), (2, false), (3, true), (4, true)] {
        assert_eq!(is_paused(&scene.cluster, 1, to), paused, "store {to}");
    }
    scene.ask("load off");
    scene.ask("start store 3");
    scene.wait_until(5 * MINUTE, |cluster| state(cluster) == Some(DrState::Sync));
    scene.wait(12 * SECOND);
    assert!(!is_paused(&scene.cluster, 1, 3));
    let applied = |store| {
        let store = scene.cluster.store(StoreId(store)).expect("it is there");
        store.peer(RegionId(30)).expect("it has a peer").applied_index()
    };
    assert_eq!(applied(3), applied(1), "what was written meanwhile has arrived");
    let known = [
        DrState::SyncRecover,
        DrState::Sync,
        DrState::AsyncWait,
        DrState::Async,
        DrState::SyncRecover,
        DrState::Sync,
    ];
    assert_eq!(states(&scene), known);
}

#[test]
fn async_begins_only_when_every_store_of_the_first_data_centre_knows() {
    let mut scene = in_sync();
    scene.ask("stop store 3");
    scene.wait_until(3 * MINUTE, |cluster| state(cluster) == Some(DrState::AsyncWait));
    let told = scene.cluster.now();
    scene.wait_until(MINUTE, |cluster| state(cluster) == Some(DrState::Async));
    // Each says so with the heartbeat after the one by which it was told.
    let waited = scene.cluster.now().since(told);
    assert!((10 * SECOND..22 * SECOND).contains(&waited), "{waited} ms");
}

#[test]
fn mode_majority_lifts_the_pause() {
    let mut scene = in_sync();
    scene.ask("stop store 3");
    scene.wait_until(3 * MINUTE, |cluster| is_paused(cluster, 1, 3));
    scene.ask("config set replication-mode majority");
    scene.wait(11 * SECOND);
    assert!(!is_paused(&scene.cluster, 1, 3));
    assert_eq!(state(&scene.cluster), None);
}

/// Writes that were acknowledged.
fn acknowledged(scene: &Scene) -> u64 {
    scene.cluster.tally().total(Ask::Write, Outcome::Answered)
}

/// What a switch of PD did not see yet costs: without the second data centre nothing is committed
/// while PD thinks it is there.
#[test]
fn in_sync_a_write_waits_for_the_second_data_centre() {
    let mut scene = in_sync();
    scene.ask("load all 10/s");
    scene.wait(5 * SECOND);
    let before = acknowledged(&scene);
    assert!(90 < before, "{before}");
    // PD still hears of store 3, and stays in sync.
    scene.ask("cut 1,2 3");
    scene.wait(SECOND);
    let at_once = acknowledged(&scene);
    scene.wait(20 * SECOND);
    assert_eq!(acknowledged(&scene), at_once, "two voters of three have it, in one place");
    assert_eq!(state(&scene.cluster), Some(DrState::Sync));
    scene.ask("heal");
    scene.wait(10 * SECOND);
    assert!(at_once + 300 < acknowledged(&scene), "what has waited is committed");
    scene.ask("config set replication-mode majority");
    scene.wait(11 * SECOND);
    scene.ask("cut 1,2 3");
    scene.wait(SECOND);
    let before = acknowledged(&scene);
    scene.wait(5 * SECOND);
    assert!(before + 90 < acknowledged(&scene), "a majority is enough then");
}

#[test]
fn writes_stand_still_from_the_loss_until_the_first_data_centre_goes_on_alone() {
    let mut scene = in_sync();
    scene.ask("load all 10/s");
    scene.wait(5 * SECOND);
    scene.ask("stop store 3");
    scene.wait(SECOND);
    let lost = acknowledged(&scene);
    scene.wait_until(3 * MINUTE, |cluster| state(cluster) == Some(DrState::AsyncWait));
    assert_eq!(acknowledged(&scene), lost);
    scene.wait_until(MINUTE, |cluster| state(cluster) == Some(DrState::Async));
    scene.wait(12 * SECOND);
    assert!(lost + 100 < acknowledged(&scene));
}

/// All of the first data centre is lost, and unsafe recovery goes on with the second. What its
/// store lacks of the acknowledged writes, with and without DR Auto-Sync.
fn lost_with_the_first_data_centre(mut scene: Scene) -> u64 {
    scene.ask("delay 1,2 -> 3 2s");
    scene.ask("load all 10/s");
    scene.wait(20 * SECOND);
    assert!(100 < acknowledged(&scene));
    scene.ask("stop store 1,2");
    scene.ask("heal");
    scene.ask("load off");
    scene.wait(30 * SECOND);
    scene.ask("config set replication-mode majority");
    scene.ask("unsafe remove-failed-stores 1,2");
    scene.wait(5 * MINUTE);
    let rows = scene.cluster.count_rows("test.t", ReadFrom::TiKv).expect("there is such a table");
    let (region, tally) = (RegionId(30), scene.cluster.tally());
    let kept = tally.of_region(region, Ask::Write, Outcome::Answered) - tally.lost_of(region);
    // Some writes are committed, but nobody was told so before all was over.
    assert!(kept <= rows.expect("the second data centre can be read"));
    scene.cluster.tally().lost()
}

#[test]
fn nothing_that_was_acknowledged_in_sync_is_lost_with_the_first_data_centre() {
    assert_eq!(lost_with_the_first_data_centre(in_sync()), 0);
    let mut plain = Scene::new(TWO_DATA_CENTRES, Release::V8_5_8.knobs());
    plain.wait(30 * SECOND);
    let lost = lost_with_the_first_data_centre(plain);
    assert!(20 < lost, "a majority had {lost} that the second data centre lacks");
}

#[test]
fn sync_waits_until_every_region_is_whole_in_both_data_centres() {
    let mut scene = in_sync();
    scene.ask("stop store 3");
    scene.wait_until(3 * MINUTE, |cluster| state(cluster) == Some(DrState::Async));
    scene.ask("load all 1/s");
    scene.wait(12 * SECOND);
    scene.ask("drop 100% MsgAppend region 30 1,2 -> 3");
    scene.ask("start store 3");
    scene.wait(5 * MINUTE);
    assert_eq!(state(&scene.cluster), Some(DrState::SyncRecover), "region 30 lags behind");
    let of = |scene: &Scene, region| {
        let region = scene.cluster.pd().region(RegionId(region)).expect("PD knows it");
        region.replication.expect("its leader says so").state
    };
    assert_eq!(of(&scene, 20), Integrity::IntegrityOverLabel);
    assert_eq!(of(&scene, 30), Integrity::SimpleMajority);
    scene.ask("heal");
    scene.wait_until(3 * MINUTE, |cluster| state(cluster) == Some(DrState::Sync));
}

#[test]
fn a_store_that_starts_commits_by_groups_at_once() {
    let mut scene = in_sync();
    scene.ask("stop store 1,2");
    scene.wait(SECOND);
    scene.ask("cut 1,2 3");
    scene.ask("start store 1,2");
    let before = acknowledged(&scene);
    scene.ask("load all 10/s");
    scene.wait(40 * SECOND);
    assert_eq!(acknowledged(&scene), before, "nothing of it is in the second data centre");
}
