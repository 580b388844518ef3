//! Regions that split: who has what afterwards, on every store, through crashes and lags, and what
//! follows them: PD's records, writes, TiFlash replicas.

use sim::ids::{MINUTE, SECOND};
use sim::region::{Key, Region};
use sim::{EventKind, Release, StoreId, TableId};
use tests::life::{LEFT as REGION, Life, SETUP, TABLE, row, split_at};

fn ranges(regions: &[Region]) -> Vec<(Key, Key)> {
    regions.iter().map(|region| (region.start.clone(), region.end.clone())).collect()
}

#[test]
fn a_split_makes_peers_on_every_store_and_pd_learns_of_them() {
    for seed in 1..=5 {
        let mut life = Life::new(seed);
        life.ask(&split_at(&[1_000, 2_500]));
        life.pass(3 * SECOND);
        let all = life.regions_on(1);
        assert_eq!(all.len(), 4, "seed {seed}");
        let expected = [(0, 1_000), (1_000, 2_500), (2_500, 4_000)].map(|(from, to)| {
            let start = if from == 0 { Key::record_prefix(TABLE) } else { row(from) };
            (start, row(to))
        });
        assert_eq!(ranges(&all[..3]), expected);
        assert_eq!(all[2].id, REGION, "the old region keeps the last range");
        let versions: Vec<u64> = all.iter().map(|region| region.epoch.version).collect();
        assert_eq!(versions, [3, 3, 3, 1], "two new regions: 1 + 2");
        for store in [2, 3, 7] {
            assert_eq!(life.regions_on(store), all, "seed {seed}, store {store}");
        }
        for region in &all[..3] {
            let leader = life.cluster.leader_of(region.id).expect("it leads at once");
            assert_eq!(leader.store(), StoreId(1), "beside the old region's leader");
            let known = life.cluster.pd().region(region.id).expect("PD knows it");
            assert_eq!(*known.region, *region);
            assert!(known.leader.is_some());
        }
        let done = life.has_seen(|kind| {
            matches!(kind, EventKind::OperatorEnded { region, status, .. }
                if *region == REGION && *status == sim::event::OperatorEnd::Success)
        });
        assert!(done, "the operator has succeeded");
    }
}

#[test]
fn a_split_without_a_key_finds_the_middle() {
    let mut life = Life::new(1);
    life.ask("operator add split-region 20 --policy=approximate");
    life.pass(3 * SECOND);
    let all = life.regions_on(1);
    assert_eq!(all[0].end, row(2_000));
    let sizes = |id| life.cluster.leader_of(id).expect("led").size_mib();
    assert_eq!((sizes(all[0].id), sizes(REGION)), (45, 45));
}

#[test]
fn a_key_outside_the_region_splits_nothing() {
    let mut life = Life::new(1);
    life.ask(&split_at(&[5_000]));
    life.pass(2 * MINUTE);
    assert_eq!(life.regions_on(1).len(), 2);
    assert!(life.cluster.pd().operator(REGION).is_none(), "it timed out after a minute");
}

#[test]
fn a_store_that_was_down_catches_up_with_the_split() {
    let mut life = Life::new(3);
    life.ask("stop store 3");
    life.pass(SECOND);
    life.ask(&split_at(&[1_000]));
    life.pass(30 * SECOND);
    assert_eq!(life.regions_on(2).len(), 3);
    life.ask("start store 3");
    life.pass(30 * SECOND);
    assert_eq!(life.regions_on(3), life.regions_on(2));
}

#[test]
fn a_lagging_store_takes_nothing_of_a_new_region_before_it_has_split_itself() {
    let mut life = Life::new(4);
    // Store 3 hears of the new region long before it hears of the split.
    life.ask("delay 1 3 8s");
    life.pass(SECOND);
    life.ask(&split_at(&[1_000]));
    life.pass(3 * SECOND);
    let new = life.regions_on(2)[0].id;
    life.ask(&format!("operator add transfer-leader {new} 2"));
    life.pass(3 * SECOND);
    assert_eq!(life.cluster.leader_of(new).expect("led").store(), StoreId(2));
    assert_eq!(life.regions_on(3).len(), 2, "store 3 has not split yet");
    assert!(life.cluster.store(StoreId(3)).expect("known").peer(new).is_none());
    life.ask("heal");
    life.pass(30 * SECOND);
    assert_eq!(life.regions_on(3), life.regions_on(2));
    let snapshots = life.has_seen(
        |kind| matches!(kind, EventKind::SnapshotApplied { region, .. } if *region == new),
    );
    assert!(!snapshots, "its peer came from the split");
}

#[test]
fn the_leaders_crash_after_a_split_loses_nothing() {
    let mut life = Life::new(5);
    life.ask(&split_at(&[1_000]));
    life.pass(20);
    life.ask("stop store 1");
    life.pass(40 * SECOND);
    life.ask("start store 1");
    life.pass(40 * SECOND);
    let all = life.regions_on(2);
    assert_eq!(
        ranges(&all).last().map(|(_, end)| end.clone()),
        Some(Key::table_prefix(TableId(46)))
    );
    for store in [1, 3, 7] {
        assert_eq!(life.regions_on(store), all);
    }
}

#[test]
fn scheduling_halted_by_a_recovery_gives_no_ids() {
    let mut life = Life::new(6);
    life.ask("stop store 3");
    life.pass(30 * SECOND);
    life.ask("unsafe remove-failed-stores 3");
    life.ask(&split_at(&[1_000]));
    life.pass(SECOND);
    assert!(life.has_seen(|kind| matches!(kind, EventKind::SplitRefused { region: REGION, .. })));
    assert_eq!(life.regions_on(1).len(), 2);
}

#[test]
fn writes_and_tiflash_replicas_follow_the_split() {
    let mut life = Life::new(7);
    life.ask("load test.t 1/s");
    life.pass(MINUTE);
    assert!(life.cluster.tidb().tables().all(|table| table.available));
    life.ask(&split_at(&[1_000, 2_000]));
    life.pass(5 * SECOND);
    let (before, new) = (life.cluster.tally().taken(), life.regions_on(1)[0].id);
    let log = life.cluster.leader_of(new).expect("led").last_index();
    life.pass(10 * SECOND);
    assert_eq!(life.cluster.tally().taken() - before, 4 * 10, "four regions, one write a second");
    assert!(log + 9 <= life.cluster.leader_of(new).expect("led").last_index());
    assert!(
        life.cluster.tidb().tables().all(|table| table.available && table.progress_bp == 10_000)
    );
}

#[test]
fn a_region_across_the_edge_of_a_rule_is_split_there() {
    let setup = SETUP.replace("tiflash 1\n", "\n").replace(
        "region 10 keys ..7480000000000000FF2D5F720000000000FA voters 11@1 12@2 13@3",
        "region 10 keys ..74 voters 11@1 12@2 13@3",
    );
    let setup = setup.replace(
        "region 20 table test.t rows ..4000 leader 1 size 90 voters 21@1 22@2 23@3 learners 24@7",
        "region 20 keys 74..7480000000000000FF2D5F728000000000FF000FA00000000000FA leader 1 \
         voters 21@1 22@2 23@3",
    );
    let setup = setup.replace(" learners 34@7", "");
    let mut life = Life::of(&setup, Release::V8_5_8.knobs(), 1);
    life.ask("ALTER TABLE test.t SET TIFLASH REPLICA 1;");
    life.pass(2 * MINUTE);
    assert_eq!(life.regions_on(1)[0].start, Key::record_prefix(TABLE));
    assert!(life.cluster.tidb().tables().all(|table| table.available));
}

#[test]
fn the_same_seed_splits_in_the_same_way() {
    let run = |slices: u64| {
        let mut life = Life::new(9);
        life.ask(&split_at(&[1_000, 2_000]));
        let end = life.cluster.now().after(MINUTE);
        while life.cluster.now() < end {
            life.cluster.advance(life.cluster.now().after(MINUTE / slices));
        }
        life.cluster.fingerprint()
    };
    assert_eq!(run(1), run(60));
}
