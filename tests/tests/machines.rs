//! Faults of machines: processes that stall, disks that are slow, appliers that stand, clocks that
//! are off.

use sim::ids::{MINUTE, SECOND};
use sim::raftstore::PeerFsm;
use sim::store::StoreStatus;
use sim::{EventKind, StoreId};
use tests::world::{REGION, World};
use view::log;

fn peer(world: &World, store: u64) -> &PeerFsm {
    world.cluster.store(StoreId(store)).expect("known").peer(REGION).expect("here")
}

/// Whether the connection from one store to another was lost.
fn lost(from: u64, to: u64) -> impl Fn(&EventKind) -> bool {
    move |kind| {
        matches!(kind, EventKind::ConnectionAborted { store, target, .. }
            if (store.0, target.0) == (from, to))
    }
}

/// Whether a store's peer was elected.
fn led_by(id: u64) -> impl Fn(&EventKind) -> bool {
    move |kind| {
        matches!(kind, EventKind::BecameLeader { peer, .. }
            if peer.store == StoreId(id))
    }
}

fn applied(world: &World, store: u64) -> u64 {
    peer(world, store).applied_index()
}

#[test]
fn a_short_stall_is_caught_up_with() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("pause store 2");
    let (before, since) = (world.last_index(2), world.cluster.now());
    world.wait(5 * SECOND);
    assert_eq!(world.last_index(2), before, "nothing happens there");
    world.ask("resume store 2");
    world.wait(SECOND / 10);
    assert!(before + 45 < world.last_index(2), "what waited at the door is there");
    let broken = |kind: &EventKind| matches!(kind, EventKind::ConnectionAborted { .. });
    assert!(!world.happened(since, broken));
    assert_eq!(world.leader(), Some(StoreId(1)));
}

#[test]
fn a_stalled_leader_is_replaced_and_steps_down_when_it_goes_on() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("pause store 1");
    let since = world.cluster.now();
    world.wait(40 * SECOND);
    assert_eq!(world.status(1), StoreStatus::Disconnected);
    assert!(peer(&world, 1).is_leader(), "nobody told it yet");
    assert!(world.happened(since, led_by(2)) || world.happened(since, led_by(3)));
    assert!(world.happened(since, lost(2, 1)) && !world.happened(since, lost(1, 2)));
    world.ask("resume store 1");
    world.wait(30 * SECOND);
    assert!(world.happened(since, lost(1, 2)), "its peers had hung up");
    assert_eq!(world.status(1), StoreStatus::Up);
    assert_eq!(peer(&world, 1).term(), peer(&world, 2).term());
}

#[test]
fn a_stalled_process_can_be_stopped_and_starts_awake() {
    let mut world = World::new(1);
    world.ask("pause store 3");
    assert!(world.cluster.is_paused(StoreId(3)));
    assert_eq!(world.refused("pause store 3"), "store 3 is paused already");
    world.ask("stop store 3");
    assert_eq!(world.refused("resume store 3"), "store 3 is stopped already");
    world.ask("start store 3");
    assert_eq!(world.refused("resume store 3"), "store 3 is not paused");
    assert!(world.cluster.faults().is_empty());
    world.wait(30 * SECOND);
    assert_eq!(world.status(3), StoreStatus::Up);
}

#[test]
fn a_stalled_tiflash_keeps_tidb_waiting() {
    let progress = |world: &World| world.cluster.tidb().tables().next().map(|t| t.progress_bp);
    let mut world = World::new(1);
    world.ask("ALTER TABLE test.t SET TIFLASH REPLICA 0;");
    world.wait(30 * SECOND);
    world.ask("pause store 7");
    world.ask("ALTER TABLE test.t SET TIFLASH REPLICA 1;");
    world.wait(10 * SECOND);
    assert_eq!(progress(&world), Some(0));
    world.ask("heal");
    world.wait(MINUTE);
    assert_eq!(progress(&world), Some(10_000));
}

#[test]
fn what_is_committed_waits_for_a_held_applier() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.wait(SECOND);
    world.ask("pause apply of 2");
    assert_eq!(world.refused("pause apply of 2"), "store 2 applies nothing already");
    let before = applied(&world, 2);
    world.wait(5 * SECOND);
    assert_eq!(applied(&world, 2), before);
    assert!(before + 45 < peer(&world, 2).commit_index());
    assert!(before + 45 < applied(&world, 3));
    world.ask("resume apply of 2");
    assert_eq!(applied(&world, 2), peer(&world, 2).commit_index());
    assert_eq!(world.refused("resume apply of 2"), "store 2 applies as it should");
}

#[test]
fn a_peer_whose_applier_has_not_come_to_its_snapshot_does_not_stand_for_election() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("cut 2 1,3");
    world.ask("pause apply of 2");
    world.wait(30 * SECOND);
    world.ask("tikv-test compact-log 10");
    world.ask("heal 2 1,3");
    let before = applied(&world, 2);
    world.wait(30 * SECOND);
    assert!(before + 100 < world.last_index(2), "the snapshot has come");
    assert_eq!(applied(&world, 2), before, "and waits");
    let (term, since) = (peer(&world, 2).term(), world.cluster.now());
    world.ask("stop store 1,3");
    world.wait(5 * MINUTE);
    assert_eq!(peer(&world, 2).term(), term);
    world.ask("start store 3");
    world.ask("resume apply of 2");
    world.wait(MINUTE);
    assert!(world.happened(since, led_by(2)) || world.happened(since, led_by(3)));
    assert!(before + 100 < applied(&world, 2));
}

#[test]
fn two_processes_of_one_address_do_not_start_together() {
    let mut world = World::new(1);
    world.ask("stop store 3");
    world.ask("curl -X DELETE http://127.0.0.1:2379/pd/api/v1/store/3?force");
    world.ask("add store 8 tikv address 10.0.0.3:20160");
    world.ask("stop store 8");
    world.ask("curl -X DELETE http://127.0.0.1:2379/pd/api/v1/store/8?force");
    assert_eq!(world.refused("start store 3,8"), "store 3 listens on 10.0.0.3:20160 already");
    world.ask("start store 3");
    assert_eq!(world.refused("start store 8"), "store 3 listens on 10.0.0.3:20160 already");
}

#[test]
fn a_restart_applies_what_a_held_applier_left() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("pause apply of 3");
    world.wait(5 * SECOND);
    world.ask("load off");
    world.ask("stop store 3");
    world.ask("start store 3");
    assert!(world.cluster.faults().is_empty());
    world.wait(30 * SECOND);
    assert_eq!(applied(&world, 3), applied(&world, 1));
}

#[test]
fn a_slow_disk_answers_and_applies_late() {
    let mut world = World::new(1);
    world.ask("slow disk of 3 by 400ms");
    world.ask("load test.t 10/s");
    world.wait(2 * SECOND);
    let lag = world.last_index(1) - applied(&world, 3);
    assert!((4..=10).contains(&lag), "400 ms of ten writes a second, and the way there: {lag}");
    let progress = peer(&world, 1).progress();
    let matched = |store: u64| {
        let id = peer(&world, store).id();
        progress.iter().find(|progress| progress.peer == id).expect("a member").matched
    };
    assert!(matched(3) + 3 < matched(2), "its answers come late");
    world.ask("slow disk of 3 by 0s");
    world.ask("load off");
    // The last commit index comes with a heartbeat.
    world.wait(3 * SECOND);
    assert_eq!(applied(&world, 3), applied(&world, 1));
}

#[test]
fn two_slow_disks_of_three_slow_the_region_down() {
    let commit = |line: &str| {
        let mut world = World::new(1);
        world.ask(line);
        world.ask("slow disk of 3 by 3s");
        world.ask("load test.t 10/s");
        world.wait(5 * SECOND);
        peer(&world, 1).commit_index()
    };
    assert!(commit("slow disk of 2 by 3s") + 20 < commit("slow disk of 2 by 0s"));
}

#[test]
fn a_skewed_clock_shows_in_the_log_and_nowhere_else() {
    let live = |line: &str| {
        let mut world = World::new(1);
        world.ask(line);
        world.ask("cut 2 1,3");
        world.wait(MINUTE);
        let knobs = world.cluster.knobs();
        let events = world.cluster.events().iter().skip(1);
        let lines: Vec<_> = events.flat_map(|event| log::lines(event, &knobs)).collect();
        let times: Vec<String> = lines
            .into_iter()
            .map(|line| line.by_clock_of(&world.cluster).to_string()[..31].to_owned())
            .collect();
        (times, world.cluster.delivered())
    };
    let (right, sent) = live("skew clock of 2 by 0s");
    let (off, sent_too) = live("skew clock of 2 by -1h");
    assert_eq!(sent, sent_too);
    assert_ne!(right, off);
    assert!(off.iter().any(|time| time.starts_with("[2025/05/06 09:")), "{off:?}");
}

#[test]
fn machines_are_listed_with_what_is_wrong_until_all_is_healed() {
    let mut world = World::new(1);
    let faults = [
        "pause store 2",
        "pause apply of 3",
        "slow disk of 1 by 200ms",
        "skew clock of 1 by -30000ms",
    ];
    faults.iter().for_each(|line| world.ask(line));
    let listed: Vec<String> = world.cluster.faults().iter().map(ToString::to_string).collect();
    assert_eq!(listed, faults);
    world.ask("heal 1 2");
    assert_eq!(world.cluster.faults().len(), 4, "machines are no links");
    world.wait(20 * SECOND);
    world.ask("heal");
    assert!(world.cluster.faults().is_empty());
    world.wait(MINUTE);
    assert_eq!(applied(&world, 2), applied(&world, 1));
    assert_eq!(
        world.refused("slow disk of 9 by 1s"),
        "no store 9 here; `store` lists the stores there are"
    );
}

#[test]
fn stalls_and_slow_disks_are_decided_by_the_seed() {
    let live = |seed| {
        let mut world = World::new(seed);
        world.ask("load test.t 10/s");
        world.ask("slow disk of 1 by 70ms");
        world.ask("pause store 2");
        world.wait(25 * SECOND);
        world.ask("heal");
        world.wait(25 * SECOND);
        world.cluster.fingerprint()
    };
    assert_eq!(live(1), live(1));
    assert_ne!(live(1), live(2));
}
