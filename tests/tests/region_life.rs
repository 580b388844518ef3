//! Regions that split: who has what afterwards, on every store, through crashes and lags, and what
//! follows them: PD's records, writes, TiFlash replicas.

use scenario::{Request, Scenario, parse};
use sim::ids::{MINUTE, SECOND};
use sim::region::{Key, Region};
use sim::{Cluster, Command, EventKind, Millis, Refusal, RegionId, Release, StoreId, TableId};

const TABLE: TableId = TableId(45);
const REGION: RegionId = RegionId(20);

/// Three TiKV stores and a TiFlash store; table 45 has rows up to 4000 in region 20.
const SETUP: &str = "scenario life
title en Life
title zh 生命
opening en Regions split.
opening zh Region 分裂。
seed 1
end 1h

max-replicas 3
store 1 tikv zone z1 address 10.0.0.1:20160
store 2 tikv zone z1 address 10.0.0.2:20160
store 3 tikv zone z1 address 10.0.0.3:20160
store 7 tiflash zone z1 address 10.0.0.7:3930
table 45 test.t tiflash 1

region 10 keys ..7480000000000000FF2D5F720000000000FA voters 11@1 12@2 13@3
region 20 table test.t rows ..4000 leader 1 size 90 voters 21@1 22@2 23@3 learners 24@7
region 30 table test.t rows 4000.. leader 2 voters 31@1 32@2 33@3 learners 34@7
region 40 after test.t voters 41@1 42@2 43@3

step
title en Nothing
title zh 无
text en Nothing.
text zh 无。
    wait 1s
";

fn cluster(seed: u64) -> Cluster {
    let scenario = Scenario::parse("life", SETUP).expect("it reads");
    let knobs = Release::V8_5_8.knobs();
    let mut cluster = Cluster::new(&scenario.setup, knobs, seed).expect("it stands");
    cluster.advance(Millis(20 * SECOND));
    cluster
}

fn ask(cluster: &mut Cluster, line: &str) -> Result<(), Refusal> {
    let Request::Command(command) = parse(line).expect("it reads") else {
        panic!("not a command: {line}")
    };
    cluster.apply(&command).map(drop)
}

fn order(cluster: &mut Cluster, line: &str) {
    ask(cluster, line).expect("accepted");
}

fn pass(cluster: &mut Cluster, ms: u64) {
    cluster.advance(cluster.now().after(ms));
    assert_eq!(cluster.broken_invariants(), [""; 0]);
}

fn row(row: u64) -> Key {
    Key::record(TABLE, row)
}

fn split_at(rows: &[u64]) -> String {
    let keys: Vec<String> = rows.iter().map(|at| row(*at).to_string()).collect();
    format!("operator add split-region {REGION} --policy=usekey --keys={}", keys.join(","))
}

/// The regions that a store has of the table, by range.
fn regions_on(cluster: &Cluster, store: u64) -> Vec<Region> {
    let store = cluster.store(StoreId(store)).expect("known");
    let peers = store.peers().filter(|peer| peer.is_initialized());
    let mut regions: Vec<Region> = peers.map(|peer| (**peer.region()).clone()).collect();
    regions.retain(|region| region.start.table() == Some(TABLE));
    regions.sort_by(|a, b| a.start.cmp(&b.start));
    regions
}

fn ranges(regions: &[Region]) -> Vec<(Key, Key)> {
    regions.iter().map(|region| (region.start.clone(), region.end.clone())).collect()
}

#[test]
fn a_split_makes_peers_on_every_store_and_pd_learns_of_them() {
    for seed in 1..=5 {
        let mut cluster = cluster(seed);
        order(&mut cluster, &split_at(&[1_000, 2_500]));
        pass(&mut cluster, 3 * SECOND);
        let all = regions_on(&cluster, 1);
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
            assert_eq!(regions_on(&cluster, store), all, "seed {seed}, store {store}");
        }
        for region in &all[..3] {
            let leader = cluster.leader_of(region.id).expect("it leads at once");
            assert_eq!(leader.store(), StoreId(1), "beside the old region's leader");
            let known = cluster.pd().region(region.id).expect("PD knows it");
            assert_eq!(*known.region, *region);
            assert!(known.leader.is_some());
        }
        let done = cluster.events().iter().any(|event| {
            matches!(&event.kind, EventKind::OperatorEnded { region, status, .. }
                if *region == REGION && *status == sim::event::OperatorEnd::Success)
        });
        assert!(done, "the operator has succeeded");
    }
}

#[test]
fn a_split_without_a_key_finds_the_middle() {
    let mut cluster = cluster(1);
    order(&mut cluster, "operator add split-region 20 --policy=approximate");
    pass(&mut cluster, 3 * SECOND);
    let all = regions_on(&cluster, 1);
    assert_eq!(all[0].end, row(2_000));
    let sizes = |id| cluster.leader_of(id).expect("led").size_mib();
    assert_eq!((sizes(all[0].id), sizes(REGION)), (45, 45));
}

#[test]
fn a_key_outside_the_region_splits_nothing() {
    let mut cluster = cluster(1);
    order(&mut cluster, &split_at(&[5_000]));
    pass(&mut cluster, 2 * MINUTE);
    assert_eq!(regions_on(&cluster, 1).len(), 2);
    assert!(cluster.pd().operator(REGION).is_none(), "it timed out after a minute");
}

#[test]
fn a_store_that_was_down_catches_up_with_the_split() {
    let mut cluster = cluster(3);
    order(&mut cluster, "stop store 3");
    pass(&mut cluster, SECOND);
    order(&mut cluster, &split_at(&[1_000]));
    pass(&mut cluster, 30 * SECOND);
    assert_eq!(regions_on(&cluster, 2).len(), 3);
    order(&mut cluster, "start store 3");
    pass(&mut cluster, 30 * SECOND);
    assert_eq!(regions_on(&cluster, 3), regions_on(&cluster, 2));
}

#[test]
fn a_lagging_store_takes_nothing_of_a_new_region_before_it_has_split_itself() {
    let mut cluster = cluster(4);
    // Store 3 hears of the new region long before it hears of the split.
    order(&mut cluster, "delay 1 3 8s");
    pass(&mut cluster, SECOND);
    order(&mut cluster, &split_at(&[1_000]));
    pass(&mut cluster, 3 * SECOND);
    let new = regions_on(&cluster, 2)[0].id;
    order(&mut cluster, &format!("operator add transfer-leader {new} 2"));
    pass(&mut cluster, 3 * SECOND);
    assert_eq!(cluster.leader_of(new).expect("led").store(), StoreId(2));
    assert_eq!(regions_on(&cluster, 3).len(), 2, "store 3 has not split yet");
    assert!(cluster.store(StoreId(3)).expect("known").peer(new).is_none());
    order(&mut cluster, "heal");
    pass(&mut cluster, 30 * SECOND);
    assert_eq!(regions_on(&cluster, 3), regions_on(&cluster, 2));
    let snapshots = cluster.events().iter().any(
        |event| matches!(event.kind, EventKind::SnapshotApplied { region, .. } if region == new),
    );
    assert!(!snapshots, "its peer came from the split");
}

#[test]
fn the_leaders_crash_after_a_split_loses_nothing() {
    let mut cluster = cluster(5);
    order(&mut cluster, &split_at(&[1_000]));
    pass(&mut cluster, 20);
    order(&mut cluster, "stop store 1");
    pass(&mut cluster, 40 * SECOND);
    order(&mut cluster, "start store 1");
    pass(&mut cluster, 40 * SECOND);
    let all = regions_on(&cluster, 2);
    assert_eq!(
        ranges(&all).last().map(|(_, end)| end.clone()),
        Some(Key::table_prefix(TableId(46)))
    );
    for store in [1, 3, 7] {
        assert_eq!(regions_on(&cluster, store), all);
    }
}

#[test]
fn scheduling_halted_by_a_recovery_gives_no_ids() {
    let mut cluster = cluster(6);
    order(&mut cluster, "stop store 3");
    pass(&mut cluster, 30 * SECOND);
    order(&mut cluster, "unsafe remove-failed-stores 3");
    order(&mut cluster, &split_at(&[1_000]));
    pass(&mut cluster, SECOND);
    let refused = cluster
        .events()
        .iter()
        .any(|event| matches!(event.kind, EventKind::SplitRefused { region: REGION, .. }));
    assert!(refused);
    assert_eq!(regions_on(&cluster, 1).len(), 2);
}

#[test]
fn writes_and_tiflash_replicas_follow_the_split() {
    let mut cluster = cluster(7);
    order(&mut cluster, "load test.t 1/s");
    pass(&mut cluster, MINUTE);
    assert!(cluster.tidb().tables().all(|table| table.available));
    order(&mut cluster, &split_at(&[1_000, 2_000]));
    pass(&mut cluster, 5 * SECOND);
    let (before, new) = (cluster.load().taken(), regions_on(&cluster, 1)[0].id);
    let log = cluster.leader_of(new).expect("led").last_index();
    pass(&mut cluster, 10 * SECOND);
    assert_eq!(cluster.load().taken() - before, 4 * 10, "four regions, one write a second");
    assert!(log + 9 <= cluster.leader_of(new).expect("led").last_index());
    assert!(cluster.tidb().tables().all(|table| table.available && table.progress_bp == 10_000));
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
    let scenario = Scenario::parse("life", &setup).expect("it reads");
    let knobs = Release::V8_5_8.knobs();
    let mut cluster = Cluster::new(&scenario.setup, knobs, 1).expect("it stands");
    cluster.advance(Millis(20 * SECOND));
    let command = Command::SetTiflashReplica { table: "test.t".into(), count: 1 };
    cluster.apply(&command).expect("accepted");
    pass(&mut cluster, 2 * MINUTE);
    assert_eq!(regions_on(&cluster, 1)[0].start, Key::record_prefix(TABLE));
    assert!(cluster.tidb().tables().all(|table| table.available));
}

#[test]
fn the_same_seed_splits_in_the_same_way() {
    let run = |slices: u64| {
        let mut cluster = cluster(9);
        order(&mut cluster, &split_at(&[1_000, 2_000]));
        let end = cluster.now().after(MINUTE);
        while cluster.now() < end {
            cluster.advance(cluster.now().after(MINUTE / slices));
        }
        cluster.fingerprint()
    };
    assert_eq!(run(1), run(60));
}
