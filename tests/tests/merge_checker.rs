//! PD merges what is small, once somebody says how small: into the smaller neighbour, when both
//! fit their rules, not across the edge of a rule, and not right after a split.
//! PD: `pkg/schedule/checker/merge_checker_test.go` has the same cases.

use sim::event::OperatorName;
use sim::ids::{MINUTE, SECOND};
use sim::{EventKind, RegionId, Release};
use tests::world::World;

/// Regions 10 to 40 in a row; 20 is small. There is no rule but the default.
fn row(sizes: [u64; 4], seed: u64) -> World {
    let keys = ["", "74", "75", "76", ""];
    let mut lines = String::from("max-replicas 3\n");
    for store in 1..=4 {
        lines += &format!("store {store} tikv address 10.0.0.{store}:20160\n");
    }
    for (at, size) in sizes.into_iter().enumerate() {
        let (id, start, end) = (10 * (at + 1), keys[at], keys[at + 1]);
        lines += &format!("region {id} keys {start}..{end} size {size} leader 1 voters 1 2 3\n");
    }
    let mut world = World::built(&lines, Release::V8_5_8, seed);
    world.ask("config set split-merge-interval 1m");
    world.wait(MINUTE);
    world
}

fn regions(world: &World) -> Vec<u64> {
    world.cluster.region_ids().map(|region| region.0).collect()
}

#[test]
fn a_small_region_goes_into_the_smaller_neighbour_and_none_does_unless_asked() {
    for seed in 1..=3 {
        let mut world = row([60, 5, 40, 96], seed);
        world.wait(5 * MINUTE);
        assert_eq!(regions(&world), [10, 20, 30, 40], "seed {seed}: nobody has asked");
        world.ask("config set max-merge-region-size 20");
        world.wait(MINUTE);
        assert_eq!(regions(&world), [10, 30, 40], "seed {seed}");
        let grown = world.cluster.pd().region(RegionId(30)).expect("it is left");
        assert_eq!(grown.region.start.to_string(), "74", "seed {seed}: the smaller neighbour grew");
        let is_it = |kind: &EventKind| {
            let merged = OperatorName::MergeRegion;
            matches!(kind, EventKind::OperatorCreated { name, .. } if *name == merged)
        };
        assert!(world.happened(sim::Millis::ZERO, is_it), "seed {seed}");
        world.ask("config set max-merge-region-size 0");
        world.wait(5 * MINUTE);
        assert_eq!(regions(&world), [10, 30, 40], "seed {seed}");
    }
}

#[test]
fn a_chain_of_small_regions_becomes_one_and_stops_where_it_would_be_split_again() {
    let mut world = row([5, 5, 5, 96], 1);
    world.ask("config set max-merge-region-size 20");
    world.wait(5 * MINUTE);
    assert_eq!(regions(&world).len(), 1, "111 MiB are below region-max-size");
    // 150 MiB would be split into 96 and 54.
    let mut world = row([140, 10, 140, 96], 1);
    world.ask("config set max-merge-region-size 60");
    world.wait(5 * MINUTE);
    assert_eq!(regions(&world), [10, 20, 30, 40]);
}

#[test]
fn nothing_is_merged_while_a_rule_is_short() {
    let mut world = row([60, 5, 40, 96], 1);
    world.ask("stop store 4");
    world.wait(30 * SECOND);
    world.ask("config set max-replicas 4");
    world.ask("config set max-merge-region-size 20");
    world.wait(5 * MINUTE);
    assert_eq!(regions(&world), [10, 20, 30, 40]);
    world.ask("start store 4");
    world.wait(3 * MINUTE);
    assert_eq!(regions(&world), [10, 30, 40]);
}

#[test]
fn what_was_split_rests_and_so_does_a_pd_that_has_just_begun() {
    let mut world = row([96, 10, 96, 96], 1);
    world.ask("operator add split-region 20 --policy=usekey --keys=7480");
    world.wait(10 * SECOND);
    assert_eq!(regions(&world).len(), 5);
    world.ask("config set split-merge-interval 10m");
    world.ask("config set max-merge-region-size 20");
    world.wait(9 * MINUTE);
    assert_eq!(regions(&world).len(), 5, "it was split less than ten minutes ago");
    world.ask("member leader resign");
    world.wait(9 * MINUTE);
    assert_eq!(regions(&world).len(), 5, "PD's leader is younger than that");
    world.wait(5 * MINUTE);
    assert!(regions(&world).len() < 5);
}

#[test]
fn no_merge_reaches_across_the_edge_of_a_rule() {
    let lines = "max-replicas 3\nstore 1 tikv address a:1\nstore 2 tikv address b:1\n\
        store 3 tikv address c:1\nstore 7 tiflash address d:1\ntable 45 test.t tiflash 1\n\
        region 10 before test.t size 1 leader 1 voters 1 2 3\n\
        region 15 table test.t index size 1 leader 1 voters 1 2 3\n\
        region 20 table test.t rows ..4000 size 1 leader 1 voters 1 2 3 learners 7\n\
        region 30 table test.t rows 4000.. size 1 leader 1 voters 1 2 3 learners 7\n\
        region 40 after test.t size 1 leader 1 voters 1 2 3\n";
    let mut world = World::built(lines, Release::V8_5_8, 1);
    world.ask("config set split-merge-interval 1m");
    world.ask("config set max-merge-region-size 20");
    world.wait(5 * MINUTE);
    let left = regions(&world);
    assert_eq!(left.len(), 3, "{left:?}: before the rows, the rows, after the table");
    assert!(left.contains(&40), "{left:?}");
}
