//! Schedulers that people add and remove: leaders leave a store before somebody works on it, and
//! come back afterwards.

use std::fmt::Write as _;

use sim::ids::{MINUTE, SECOND};
use sim::{Release, StoreId};
use tests::world::World;
use view::answer;

/// Twenty-four regions, all led from store 1, which balance-leader would change.
fn led_from_one(seed: u64) -> World {
    let mut lines = String::from("max-replicas 3\n");
    for store in 1..=3 {
        let _ = writeln!(lines, "store {store} tikv address 10.0.0.{store}:20160");
    }
    let key = |at: u64| if at == 0 || at == 24 { String::new() } else { format!("{at:04X}") };
    for at in 0..24 {
        let (id, start, end) = (10 * (at + 1), key(at), key(at + 1));
        let _ = writeln!(lines, "region {id} keys {start}..{end} leader 1 voters 1 2 3");
    }
    World::built(&lines, Release::V8_5_8, seed)
}

fn leaders(world: &World) -> [usize; 3] {
    [1, 2, 3].map(|store| {
        let led = world.cluster.region_ids().filter(|region| {
            world.cluster.leader_of(*region).is_some_and(|peer| peer.store() == StoreId(store))
        });
        led.count()
    })
}

#[test]
fn evict_leader_takes_every_leader_off_a_store_and_lets_none_come_until_it_is_removed() {
    for seed in 1..=3 {
        let mut world = led_from_one(seed);
        world.ask("scheduler add evict-leader-scheduler 1");
        world.ask("scheduler add evict-leader-scheduler 2");
        world.wait(MINUTE);
        assert_eq!(leaders(&world), [0, 0, 24], "seed {seed}: nobody else may lead");
        world.ask("stop store 1");
        world.ask("start store 1");
        world.wait(MINUTE);
        world.ask("scheduler remove evict-leader-scheduler-2");
        world.wait(2 * MINUTE);
        let [first, second, third] = leaders(&world);
        assert_eq!(first, 0, "seed {seed}: it is still evicted");
        assert!(second + third == 24 && 5 <= second, "seed {seed}: {second}");
        world.ask("scheduler remove evict-leader-scheduler-1");
        world.wait(2 * MINUTE);
        assert!(0 < leaders(&world)[0], "seed {seed}: leaders are balanced again");
    }
}

#[test]
fn without_balance_leader_leaders_stay_where_they_are() {
    let mut world = led_from_one(1);
    world.ask("scheduler remove balance-leader-scheduler");
    world.wait(10 * SECOND);
    let before = leaders(&world);
    world.wait(2 * MINUTE);
    assert_eq!(leaders(&world), before);
    assert!(20 < before[0], "it was removed in time: {before:?}");
    world.ask("scheduler add balance-leader-scheduler");
    world.wait(MINUTE);
    assert!(leaders(&world)[0] < 14, "{:?}", leaders(&world));
}

#[test]
fn schedulers_outlive_pds_leader_and_are_shown() {
    let mut world = led_from_one(1);
    let both = "[\n  \"balance-leader-scheduler\",\n  \"evict-leader-scheduler\"\n]";
    assert!(!answer::schedulers(&world.cluster).contains("evict"));
    world.ask("scheduler add evict-leader-scheduler 1");
    assert_eq!(answer::schedulers(&world.cluster), both);
    world.ask("lose pd leader");
    world.wait(10 * SECOND);
    assert_eq!(answer::schedulers(&world.cluster), both);
    world.wait(5 * MINUTE);
    assert_eq!(leaders(&world)[0], 0);
}

#[test]
fn what_cannot_be_added_or_removed_is_refused_as_pd_does() {
    let mut world = World::new(1);
    let existed = "Failed! [500] \"[PD:scheduler:ErrSchedulerExisted]scheduler existed\"";
    let not_found = "Failed! [404] \"[PD:scheduler:ErrSchedulerNotFound]scheduler not found\"";
    let no_store = "Failed! [404] \"[PD:core:ErrStoreNotFound]store 9 not found\"";
    assert_eq!(world.refused("scheduler add balance-leader-scheduler"), existed);
    assert_eq!(world.refused("scheduler remove evict-leader-scheduler-1"), not_found);
    assert_eq!(world.refused("scheduler add evict-leader-scheduler 9"), no_store);
    world.ask("scheduler add evict-leader-scheduler 1");
    world.ask("scheduler add evict-leader-scheduler 1");
    world.ask("scheduler remove evict-leader-scheduler-1");
    assert_eq!(world.refused("scheduler remove evict-leader-scheduler-1"), not_found);
}
