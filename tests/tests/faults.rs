//! Faults do what they say, to whom they say, at the rate they say, until they are healed; and a
//! run with faults is decided by its seed.

use sim::fault::Fault;
use sim::ids::SECOND;
use sim::message::GetStoreError;
use sim::store::StoreStatus;
use sim::{EventKind, StoreId};
use tests::world::World;

#[test]
fn dropped_appends_keep_a_follower_behind_until_healed() {
    let mut world = World::new(1);
    world.ask("drop MsgAppend 1 3");
    world.ask("load test.t 10/s");
    let before = world.last_index(3);
    world.wait(20 * SECOND);
    assert_eq!(world.leader(), Some(StoreId(1)));
    assert!(before + 150 < world.last_index(2));
    assert_eq!(world.last_index(3), before, "nothing reached it");
    world.ask("heal 1 3");
    world.wait(5 * SECOND);
    assert!(world.last_index(1) <= world.last_index(3) + 1);
}

#[test]
fn messages_are_dropped_at_the_rate_that_was_asked_for() {
    let delivered = |rate: &str| {
        let mut world = World::new(1);
        // A region that may not sleep is quiet but for heartbeats.
        world.ask("drop MsgHibernateResponse 2 1");
        world.ask("load test.t 1/s");
        world.wait(5 * SECOND);
        world.ask("load off");
        world.ask(&format!("drop {rate} MsgHeartbeatResponse 2,3 1"));
        let before = world.cluster.delivered();
        world.wait(600 * SECOND);
        world.cluster.delivered() - before
    };
    // Heartbeats every 2 s: 300 answers from each of two stores.
    let (none, half, all) = (delivered("0%"), delivered("50%"), delivered("100%"));
    assert!((250..350).contains(&(none - half)), "{none} {half}");
    // Without any answer the leader steps down, and others are elected in vain.
    assert_ne!(half, all);
}

#[test]
fn dropped_heartbeats_make_the_followers_elect_another() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("drop 1 2,3");
    let since = world.cluster.now();
    world.wait(25 * SECOND);
    assert_ne!(world.leader(), Some(StoreId(1)));
    assert!(!world.happened(since, |kind| matches!(kind, EventKind::ConnectionAborted { .. })));
}

#[test]
fn a_region_may_be_singled_out() {
    let mut world = World::new(1);
    world.ask("drop region 11 1 <-> 2,3,7");
    world.ask("load test.t 10/s");
    world.wait(10 * SECOND);
    assert!(world.last_index(1) <= world.last_index(3) + 1, "region 10 is not concerned");
    world.ask("drop region 10 1 <-> 2,3,7");
    let before = world.last_index(3);
    world.wait(5 * SECOND);
    assert_eq!(world.last_index(3), before);
}

#[test]
fn duplicates_arrive_and_do_no_harm() {
    let delivered = |line: &str| {
        let mut world = World::new(1);
        world.ask(line);
        world.ask("load test.t 10/s");
        world.wait(60 * SECOND);
        assert!(world.last_index(1) <= world.last_index(7) + 1);
        world.cluster.delivered()
    };
    assert!(delivered("heal") + 600 < delivered("duplicate MsgAppend 1 2,3,7"));
}

#[test]
fn reordered_appends_are_refused_and_sent_again() {
    let traffic = |line: &str| {
        let mut world = World::new(1);
        world.ask("load test.t 10/s");
        world.ask(line);
        world.wait(60 * SECOND);
        world.ask("heal");
        world.wait(5 * SECOND);
        assert!(world.last_index(1) <= world.last_index(2) + 1);
        world.cluster.fingerprint()
    };
    assert_ne!(traffic("reorder 50% MsgAppend 1 2"), traffic("reorder 0% MsgAppend 1 2"));
}

#[test]
fn a_cut_in_one_direction_breaks_the_connections_of_both() {
    let mut world = World::new(1);
    world.ask("cut 1 -> 2,3");
    let since = world.cluster.now();
    world.wait(60 * SECOND);
    let aborted = |from: u64, to: u64| {
        world.happened(since, |kind| {
            matches!(kind, EventKind::ConnectionAborted { store, target, .. }
                if (store.0, target.0) == (from, to))
        })
    };
    assert!(aborted(1, 2) && aborted(2, 1) && !aborted(2, 3));
    assert!(matches!(world.leader(), Some(StoreId(2 | 3))));
}

#[test]
fn a_store_cut_off_from_pd_is_missed_and_learns_no_address() {
    let mut world = World::new(1);
    world.ask("cut 3 pd");
    world.ask("cut 3 1,2");
    let since = world.cluster.now();
    world.wait(90 * SECOND);
    assert_eq!(world.status(3), StoreStatus::Disconnected);
    assert_eq!(world.status(2), StoreStatus::Up);
    // Its addresses are a minute old by now, and PD does not answer.
    let in_vain = |kind: &EventKind| {
        matches!(kind, EventKind::ResolveFailed { store: StoreId(3), error, .. }
            if *error == GetStoreError::Unreachable)
    };
    world.wait(60 * SECOND);
    assert!(world.happened(since, in_vain));
    world.ask("heal 3 pd");
    world.wait(30 * SECOND);
    assert_eq!(world.status(3), StoreStatus::Up);
    assert_eq!(world.cluster.faults().len(), 2, "the other cut stays");
}

#[test]
fn what_is_listed_can_be_typed_and_brings_about_the_same() {
    let mut world = World::new(1);
    for line in [
        "cut 1 2,3",
        "cut 3 -> pd",
        "delay 1 2 1500ms",
        "delay 1,pd <-> 7 2s",
        "drop 10% MsgAppend region 10 1 2,3",
        "duplicate 1 <-> 2",
        "reorder 5% 2 1",
    ] {
        world.ask(line);
    }
    let listed: Vec<String> = world.cluster.faults().iter().map(Fault::to_string).collect();
    assert_eq!(listed.len(), 10, "{listed:?}");
    world.ask("heal");
    assert!(world.cluster.faults().is_empty());
    listed.iter().for_each(|line| world.ask(line));
    let again: Vec<String> = world.cluster.faults().iter().map(Fault::to_string).collect();
    assert_eq!(listed, again);
}

#[test]
fn faults_are_refused_where_they_make_no_sense() {
    let mut world = World::new(1);
    let before = world.cluster.fingerprint();
    for (line, answer) in [
        ("drop 1 pd", "no Raft message passes between a store and pd; `cut` or `delay` their link"),
        ("drop 101% 1 2", "101% is more than all messages; at most 100%"),
        ("cut 1,pd 2,pd", "pd is on both sides"),
        ("cut 1 9", "no store 9 here; `store` lists the stores there are"),
        ("heal 1 9", "no store 9 here; `store` lists the stores there are"),
    ] {
        assert_eq!(world.refused(line), answer);
    }
    assert_eq!(world.cluster.fingerprint(), before);
}

#[test]
fn a_run_with_faults_is_decided_by_its_seed() {
    let live = |seed| {
        let mut world = World::new(seed);
        world.ask("load test.t 10/s");
        world.ask("drop 30% 1,2,3 <-> 7");
        world.ask("reorder 30% 1 <-> 2");
        world.ask("duplicate 30% 1 <-> 3");
        world.wait(120 * SECOND);
        world.cluster.fingerprint()
    };
    assert_eq!(live(1), live(1));
    assert_ne!(live(1), live(2));
}

#[test]
fn a_fault_that_never_strikes_changes_nothing() {
    let live = |line: &str| {
        let mut world = World::new(1);
        world.ask("load test.t 10/s");
        world.ask(line);
        world.wait(60 * SECOND);
        world.ask("heal");
        world.wait(60 * SECOND);
        world.cluster.fingerprint()
    };
    assert_eq!(live("drop 50% MsgSnapshot 1 2"), live("delay 1 2 0s"));
}
