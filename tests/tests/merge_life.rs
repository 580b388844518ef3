//! Regions that merge: epochs, ranges and peers on every store; crashes at each half-way point;
//! stores that come late; and merges that cannot be.

use sim::event::{DestroyReason, OperatorEnd};
use sim::ids::{MINUTE, SECOND};
use sim::region::RegionEpoch;
use sim::{Cluster, EventKind, Release, StoreId};
use tests::life::{LEFT, Life, RIGHT, SETUP, row, split_at};

const MERGE: &str = "operator add merge-region 20 30";

/// Both regions as one, on every store.
fn assert_merged(life: &Life, hint: &str) {
    for store in [1, 2, 3, 7] {
        let all = life.regions_on(store);
        assert_eq!(all.len(), 1, "{hint}, store {store}: {all:?}");
        assert_eq!(all[0].id, RIGHT, "{hint}, store {store}");
        // The source's 1 grows by its PrepareMerge; the target's passes both.
        assert_eq!(all[0].epoch, RegionEpoch { version: 3, conf_ver: 1 }, "{hint}, store {store}");
        let source = life.cluster.store(StoreId(store)).expect("known").peer(LEFT);
        assert!(source.is_none(), "{hint}: the source's peer is gone from store {store}");
    }
    assert_eq!(life.cluster.pd().region(LEFT), None, "{hint}: PD knows one region");
    let known = life.cluster.pd().region(RIGHT).expect("PD knows it");
    assert_eq!(*known.region, life.regions_on(1)[0], "{hint}");
}

fn is_prepared(cluster: &Cluster, store: u64) -> bool {
    let peer = cluster.store(StoreId(store)).and_then(|store| store.peer(LEFT));
    peer.is_some_and(|peer| peer.merging_into() == Some(RIGHT))
}

/// A cluster whose target has no leader that could take the source in: store 2, which leads it, is
/// cut off; the source is prepared on stores 1, 3 and 7.
fn half_way(seed: u64) -> Life {
    let mut life = Life::new(seed);
    life.ask("cut 2 1,3,7");
    life.ask(MERGE);
    life.until(8 * SECOND, |cluster| is_prepared(cluster, 1) && is_prepared(cluster, 3));
    assert!(!is_prepared(&life.cluster, 2));
    life
}

#[test]
fn two_neighbours_become_one() {
    for seed in 1..=8 {
        let mut life = Life::new(seed);
        life.ask(MERGE);
        life.pass(6 * SECOND);
        assert_merged(&life, &format!("seed {seed}"));
        let is_done = life.has_seen(|kind| {
            matches!(kind, EventKind::OperatorEnded { region: RIGHT, status, .. }
                if *status == OperatorEnd::Success)
        });
        assert!(is_done, "seed {seed}");
        let merged = life.has_seen(|kind| {
            matches!(kind, EventKind::PeerDestroyed { region: LEFT, why, .. }
                if *why == DestroyReason::Merged)
        });
        assert!(merged);
    }
}

#[test]
fn the_left_one_can_take_in_the_right_one() {
    let mut life = Life::new(2);
    life.ask("operator add merge-region 30 20");
    life.pass(6 * SECOND);
    let all = life.regions_on(3);
    assert_eq!((all.len(), all[0].id), (1, LEFT));
}

#[test]
fn writes_go_to_the_region_that_took_the_other_in() {
    let mut life = Life::new(3);
    life.ask("load test.t 1/s");
    life.pass(30 * SECOND);
    life.ask(MERGE);
    life.pass(10 * SECOND);
    assert_eq!(life.regions_on(1).len(), 1);
    let (taken, refused) = (life.cluster.tally().taken(), life.cluster.tally().refused());
    life.pass(10 * SECOND);
    assert_eq!(life.cluster.tally().taken() - taken, 10);
    assert_eq!(life.cluster.tally().refused(), refused);
    life.pass(MINUTE);
    assert!(life.cluster.tidb().tables().all(|table| table.available));
}

#[test]
fn a_source_on_other_stores_is_moved_first() {
    let setup = SETUP
        .replace("store 7", "store 4 tikv zone z1 address 10.0.0.4:20160\nstore 7")
        .replace("voters 21@1 22@2 23@3", "voters 21@1 22@2 23@4");
    let mut life = Life::of(&setup, Release::V8_5_8.knobs(), 1);
    life.ask(MERGE);
    let steps: Vec<String> = life
        .cluster
        .pd()
        .operator(LEFT)
        .expect("made")
        .steps
        .iter()
        .map(|s| s.to_string())
        .collect();
    assert!(steps[0].starts_with("add learner peer"), "{steps:?}");
    assert_eq!(steps.last().map(String::as_str), Some("merge region 20 into region 30"));
    life.pass(MINUTE);
    let all = life.regions_on(3);
    assert_eq!((all.len(), all[0].id), (1, RIGHT));
    assert_eq!(life.regions_on(4).len(), 0);
}

#[test]
fn a_merge_is_refused_where_pd_refuses_it() {
    let mut life = Life::new(1);
    let mut refusal = |line: &str| life.try_ask(line).expect_err(line).to_string();
    let not_adjacent =
        "Failed! [500] \"[PD:region:ErrRegionNotAdjacent]two regions are not adjacent\"";
    assert_eq!(refusal("operator add merge-region 10 30"), not_adjacent);
    assert_eq!(refusal("operator add merge-region 20 99"), "Failed! [500] \"region 99 not found\"");
    life.ask("operator add remove-peer 20 3");
    let busy = "Failed! [500] \"failed to add operator, maybe already have one\"";
    assert_eq!(life.try_ask(MERGE).expect_err("busy").to_string(), busy);
    life.pass(100);
    let abnormal = "Failed! [500] \"[PD:region:ErrRegionAbnormalPeer]region 20 has abnormal peer\"";
    assert_eq!(life.try_ask(MERGE).expect_err("a peer is missing").to_string(), abnormal);
}

#[test]
fn a_region_in_a_merge_takes_nothing() {
    let mut life = half_way(1);
    let last = life.cluster.leader_of(LEFT).expect("led").last_index();
    life.ask("load test.t 10/s");
    life.pass(2 * SECOND);
    assert_eq!(life.cluster.leader_of(LEFT).expect("led").last_index(), last);
    assert!(0 < life.cluster.tally().refused());
}

#[test]
fn a_merge_goes_on_when_the_target_has_a_leader_again() {
    for seed in 1..=5 {
        let mut life = half_way(seed);
        life.pass(40 * SECOND);
        for store in [1, 3, 7] {
            assert_eq!(life.regions_on(store).len(), 1, "seed {seed}, store {store}");
        }
        assert_eq!(life.regions_on(2).len(), 2, "store 2 knows nothing of it");
        // Its peers have been left alone; the log that the target's entry carries helps.
        life.ask("heal");
        life.pass(MINUTE);
        assert_eq!(life.regions_on(2), life.regions_on(1), "seed {seed}");
        assert!(life.cluster.store(StoreId(2)).expect("known").peer(LEFT).is_none());
    }
}

#[test]
fn a_merge_survives_the_crash_of_every_store() {
    for seed in 1..=5 {
        let mut life = half_way(seed);
        life.ask("stop store 1,2,3,7");
        life.ask("heal");
        life.pass(SECOND);
        life.ask("start store 1,2,3,7");
        life.pass(20);
        assert!(is_prepared(&life.cluster, 1), "seed {seed}: the disk remembers");
        life.pass(2 * MINUTE);
        assert_merged(&life, &format!("seed {seed}"));
    }
}

#[test]
fn the_crash_of_a_leader_at_any_moment_ends_in_one_region_or_two() {
    for ms in (0..60).chain((60..4_000).step_by(130)) {
        let mut life = Life::new(5);
        life.ask(MERGE);
        life.pass(ms);
        life.ask(if ms % 2 == 0 { "stop store 1" } else { "stop store 2" });
        life.pass(MINUTE);
        life.ask(if ms % 2 == 0 { "start store 1" } else { "start store 2" });
        life.pass(2 * MINUTE);
        let all = life.regions_on(1);
        assert!(all.len() == 1 || life.leader(LEFT).is_some(), "after {ms} ms: {all:?}");
        assert!(life.leader(RIGHT).is_some(), "after {ms} ms");
        for store in [2, 3, 7] {
            assert_eq!(life.regions_on(store), all, "after {ms} ms, store {store}");
        }
        let merging = life.cluster.leader_of(LEFT).and_then(|leader| leader.merging_into());
        assert_eq!(merging, None, "after {ms} ms: it is over");
    }
}

#[test]
fn a_store_that_was_down_catches_up_with_the_merge() {
    let mut life = Life::new(4);
    life.ask("stop store 3");
    life.pass(SECOND);
    life.ask(MERGE);
    life.pass(10 * SECOND);
    assert_eq!(life.regions_on(1).len(), 1);
    life.ask("start store 3");
    life.pass(20 * SECOND);
    assert_merged(&life, "the store came back");
}

#[test]
fn a_peer_left_behind_learns_that_its_region_was_merged() {
    let mut life = Life::new(6);
    life.ask("stop store 3");
    life.pass(SECOND);
    life.ask(MERGE);
    life.pass(10 * SECOND);
    // The target moves off store 3 while that is down, and comes back under a new id.
    life.ask("operator add remove-peer 30 3");
    life.pass(10 * SECOND);
    life.ask("start store 3");
    life.pass(5 * MINUTE);
    let store = life.cluster.store(StoreId(3)).expect("known");
    assert!(store.peer(LEFT).is_none(), "the source's peer is gone");
    assert_eq!(life.regions_on(3), life.regions_on(1), "it has a new peer of the target");
}

/// The source is prepared on stores 1, 3 and 7, not on 2, from where the target is led; then the
/// target is split, and cannot be merged with any more.
fn target_changed(seed: u64) -> Life {
    let mut life = Life::new(seed);
    life.ask("drop MsgAppend region 20 1 2");
    life.ask(MERGE);
    life.until(8 * SECOND, |cluster| is_prepared(cluster, 1) && is_prepared(cluster, 3));
    life.ask("operator remove 20");
    assert!(life.cluster.pd().operator(RIGHT).is_none(), "the two end together");
    life.ask("operator add split-region 30 --policy=approximate");
    life.until(SECOND, |cluster| {
        cluster.events().iter().any(|event| matches!(event.kind, EventKind::RegionSplit { .. }))
    });
    life
}

fn is_rolled_back(life: &Life) -> bool {
    life.has_seen(|kind| {
        matches!(kind, EventKind::MergeRolledBack { region, .. }
        if region.id == LEFT)
    })
}

#[test]
fn a_merge_is_rolled_back_when_the_target_has_changed() {
    for seed in 1..=5 {
        let mut life = target_changed(seed);
        assert!(!is_rolled_back(&life));
        life.pass(6 * SECOND);
        assert!(is_rolled_back(&life), "seed {seed}");
        // Prepared, and rolled back: 1 + 1 + 1; the conf_ver was raised by the first alone.
        let epoch = RegionEpoch { version: 3, conf_ver: 2 };
        assert_eq!(life.cluster.leader_of(LEFT).expect("led").region().epoch, epoch);
        life.ask("heal");
        life.ask("load test.t 1/s");
        life.pass(MINUTE);
        assert_eq!(life.cluster.tally().refused(), 0, "it serves again");
        let all = life.regions_on(1);
        assert_eq!((all.len(), all[0].id, all[0].epoch), (3, LEFT, epoch), "seed {seed}");
        for store in [2, 3, 7] {
            assert_eq!(life.regions_on(store), all, "seed {seed}");
        }
        life.ask("load off");
        // What was rolled back once can be merged another time, with its new neighbour.
        let neighbour = all[1].id;
        life.ask(&format!("operator add merge-region 20 {neighbour}"));
        life.pass(10 * SECOND);
        assert_eq!(life.regions_on(2).len(), 2, "seed {seed}");
    }
}

#[test]
fn the_leader_alone_rolls_nothing_back() {
    let mut life = target_changed(1);
    life.ask("drop MsgWantRollbackMerge 3 1");
    life.pass(20 * SECOND);
    assert!(!is_rolled_back(&life), "two of three voters have to want it");
    life.ask("heal 3 1");
    life.pass(6 * SECOND);
    assert!(is_rolled_back(&life));
}

#[test]
fn a_split_and_a_merge_leave_the_ranges_as_they_were() {
    let mut life = Life::new(8);
    let before = life.regions_on(1);
    life.ask(&split_at(&[1_000]));
    life.pass(10 * SECOND);
    let new = life.regions_on(1)[0].id;
    life.ask(&format!("operator add merge-region {new} {LEFT}"));
    life.pass(10 * SECOND);
    let after = life.regions_on(1);
    assert_eq!(after.len(), 2);
    assert_eq!((&after[0].start, &after[0].end), (&before[0].start, &before[0].end));
    assert_eq!(after[0].end, row(4_000));
    assert_eq!(after[0].epoch.version, 4, "split: 2; prepared: 3; merged: 4");
}

#[test]
fn the_same_seed_merges_in_the_same_way() {
    let run = |slice: u64| {
        let mut life = half_way(9);
        life.ask("heal");
        for _ in 0..MINUTE / slice {
            life.pass(slice);
        }
        life.cluster.fingerprint()
    };
    assert_eq!(run(MINUTE), run(SECOND));
}
