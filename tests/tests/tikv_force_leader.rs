//! What TiKV's own tests expect of a peer that is told to lead without a quorum, under their names.
//! TiKV: `tests/integrations/raftstore/test_unsafe_recovery.rs`.
//!
//! Their tests read back what was written before and after; here a write is its place in the log.

use sim::event::ForceLeaderRefusal;
use sim::raftstore::ForceLeaderPhase;
use sim::{EventKind, Knobs, Refusal, Release, StoreId};
use tests::tikv::{ELECTION_MS, REGION, SEEDS, TikvCluster, led_beside_a_silent_learner};

fn knobs() -> Knobs {
    Release::V8_5_8.knobs()
}

/// Five stores led from `leader`.
fn led_from(leader: u64, seed: u64) -> TikvCluster {
    let mut cluster = TikvCluster::new(5, knobs(), seed);
    cluster.transfer_leader(leader);
    cluster
}

/// Stores 3, 4 and 5 have failed; what is to become of a region led from `leader`?
fn three_of_five_fail(leader: u64, seed: u64) -> TikvCluster {
    let mut cluster = led_from(leader, seed);
    cluster.stop(&[3, 4, 5]);
    cluster
}

#[track_caller]
fn is_force_leader(cluster: &TikvCluster, store: u64) {
    assert_eq!(cluster.peer(store).force_leader(), Some(ForceLeaderPhase::ForceLeader));
}

/// Clients are not served until force leader ends, and are afterwards.
#[test]
fn test_force_leader_three_nodes() {
    for seed in SEEDS {
        let mut cluster = TikvCluster::new(3, knobs(), seed);
        cluster.transfer_leader(3);
        cluster.stop(&[2, 3]);
        cluster.quorum_is_lost();
        cluster.enter_force_leader(1, &[2, 3]);
        cluster.remove_peers(&[2, 3]);
        cluster.serves_nobody();
        cluster.exit_force_leader(1);
        cluster.must_put();
    }
}

/// The same with another voter left, whose vote the force leader needs.
#[test]
fn test_force_leader_five_nodes() {
    for seed in SEEDS {
        let mut cluster = three_of_five_fail(5, seed);
        cluster.quorum_is_lost();
        cluster.enter_force_leader(1, &[3, 4, 5]);
        cluster.remove_peers(&[3, 4, 5]);
        cluster.serves_nobody();
        cluster.exit_force_leader(1);
        cluster.must_put();
    }
}

/// A learner can be force leader, promote itself, and lead the region afterwards.
#[test]
fn test_force_leader_for_learner() {
    for seed in SEEDS {
        let mut cluster = led_from(5, seed);
        cluster.replace_by_learner(1, 21);
        cluster.stop(&[3, 4, 5]);
        cluster.wait(2 * ELECTION_MS);
        cluster.enter_force_leader(1, &[3, 4, 5]);
        is_force_leader(&cluster, 1);
        cluster.change_peers("add-voter 21@1");
        cluster.recovers_on(1, &[3, 4, 5]);
        cluster.transfer_leader(1);
    }
}

/// The old leader sleeps and leads on, with nobody left to hear it: it waits until check-quorum has
/// deposed it, and is force leader then.
#[test]
fn test_force_leader_on_hibernated_leader() {
    for seed in SEEDS {
        let mut cluster = led_from(1, seed);
        cluster.until("it sleeps", |c| {
            let peer = c.store(StoreId(1)).and_then(|store| store.peer(REGION));
            peer.is_some_and(sim::raftstore::PeerFsm::is_hibernated)
        });
        cluster.stop(&[3, 4, 5]);
        cluster.order_force_leader(1, &[3, 4, 5]);
        cluster.is_in_phase(1, ForceLeaderPhase::WaitTicks);
        assert!(cluster.peer(1).is_leader(), "seed {seed}");
        cluster.is_forced(1);
        cluster.recovers_on(1, &[3, 4, 5]);
    }
}

/// A sleeping follower waits until its old leader's lease is certainly over.
#[test]
fn test_force_leader_on_hibernated_follower() {
    for seed in SEEDS {
        let mut cluster = led_from(5, seed);
        cluster.until("it sleeps", |c| {
            let peer = c.store(StoreId(1)).and_then(|store| store.peer(REGION));
            peer.is_some_and(sim::raftstore::PeerFsm::is_hibernated)
        });
        cluster.stop(&[3, 4, 5]);
        cluster.quorum_is_lost();
        cluster.enter_force_leader(1, &[3, 4, 5]);
        is_force_leader(&cluster, 1);
        cluster.recovers_on(1, &[3, 4, 5]);
    }
}

/// A force leader commits no more than every voter that lives has: nothing while one of them still
/// lacks a snapshot, and then all.
#[test]
fn test_force_leader_trigger_snapshot() {
    for seed in SEEDS {
        let mut cluster = led_from(1, seed);
        cluster.tell("cut 2 1,3,4,5");
        for _ in 0..50 {
            cluster.must_put();
        }
        cluster.tell("tikv-test compact-log 1");
        cluster.wait(ELECTION_MS);
        assert!(cluster.peer(2).last_index() < cluster.peer(1).first_index(), "seed {seed}");
        cluster.stop(&[3, 4, 5]);
        cluster.tell("heal");
        cluster.tell("drop 100% MsgSnapshot 1 -> 2");
        cluster.wait(5 * ELECTION_MS);
        let step = cluster.order_force_leader(1, &[3, 4, 5]);
        cluster.is_forced(1);
        cluster.tell(&format!("tikv-test change-peer {REGION} remove 13@3"));
        cluster.wait(3 * ELECTION_MS);
        let leader = cluster.peer(1);
        assert!(leader.commit_index() < leader.last_index(), "seed {seed}: nothing is committed");
        assert_eq!(cluster.members().len(), 5, "seed {seed}: and nobody removed");
        assert_eq!(cluster.report(1, step), None, "seed {seed}");
        cluster.tell("heal");
        cluster.recovers_on(1, &[3, 4, 5]);
        cluster.transfer_leader(1);
    }
}

/// A change of members that had not been committed when the quorum was lost is committed by the
/// force leader.
#[test]
fn test_force_leader_with_uncommitted_conf_change() {
    for seed in SEEDS {
        let mut cluster = three_of_five_fail(1, seed);
        cluster.tell(&format!("tikv-test change-peer {REGION} remove 12@2"));
        cluster.wait(2 * ELECTION_MS);
        assert!(cluster.members().contains_key(&2), "seed {seed}: it is not committed");
        cluster.quorum_is_lost();
        cluster.enter_force_leader(1, &[3, 4, 5]);
        cluster.until("it is committed", |c| {
            c.newest_region(REGION).is_some_and(|region| region.peer_on(StoreId(2)).is_none())
        });
        cluster.recovers_on(1, &[3, 4, 5]);
    }
}

/// A region that has its quorum refuses a force leader, and goes on as before; to end what never
/// began does nothing.
#[test]
fn test_force_leader_on_healthy_region() {
    for seed in SEEDS {
        let mut cluster = led_from(5, seed);
        cluster.must_put();
        let term = cluster.peer(5).term();
        cluster.enter_force_leader(1, &[3, 4, 5]);
        cluster.wait(3 * ELECTION_MS);
        assert_eq!(cluster.peer(1).force_leader(), None, "seed {seed}");
        assert_eq!(cluster.ask("tikv-test get 1"), Ok(()), "seed {seed}");
        cluster.must_put();
        cluster.exit_force_leader(1);
        cluster.must_put();
        assert_eq!((cluster.leader(), cluster.peer(5).term()), (Some(5), term), "seed {seed}");
    }
}

/// The refusal by itself: a peer that hears nobody, and so knows no leader, still sees that the
/// stores given up are too few. It does not campaign: that would depose a leader that is well.
#[test]
fn force_leader_refuses_while_the_stores_given_up_leave_a_quorum() {
    for seed in SEEDS {
        let mut cluster = led_from(5, seed);
        cluster.tell("cut 1 2,3,4,5");
        cluster.until("it has lost sight of its leader", |c| {
            let peer = c.store(StoreId(1)).and_then(|store| store.peer(REGION));
            peer.is_some_and(|peer| peer.leader_id().is_none())
        });
        let term = cluster.peer(1).term();
        cluster.enter_force_leader(1, &[3, 4]);
        let has_refused = cluster.cluster.events().iter().any(|event| {
            let why = ForceLeaderRefusal::HasQuorum;
            event.kind == EventKind::ForceLeaderRefused { region: REGION, store: StoreId(1), why }
        });
        assert!(has_refused, "seed {seed}");
        assert_eq!(cluster.peer(1).force_leader(), None, "seed {seed}");
        assert_eq!(cluster.peer(1).term(), term, "seed {seed}: it has not campaigned");
        assert_eq!((cluster.leader(), cluster.peer(5).term()), (Some(5), term), "seed {seed}");
        cluster.tell("heal");
        cluster.must_put();
    }
}

/// A peer without the newest log does not get the votes it needs; the store reports even so.
#[test]
fn test_force_leader_on_wrong_leader() {
    for seed in SEEDS {
        let mut cluster = led_from(5, seed);
        cluster.stop(&[2]);
        cluster.must_put();
        cluster.until("store 1 has the write", |c| {
            let peer = c.store(StoreId(1)).and_then(|store| store.peer(REGION));
            let leader = c.leader_of(REGION).map(|leader| leader.last_index());
            peer.map(|peer| peer.applied_index()) == leader
        });
        let written = cluster.peer(1).last_index();
        cluster.stop(&[3, 4, 5]);
        cluster.start(&[2]);
        cluster.stop(&[1]);
        cluster.start(&[1]);
        cluster.quorum_is_lost();
        let reports = cluster.enter_force_leader(2, &[3, 4, 5]);
        assert!(!reports[0].is_force_leader, "seed {seed}");
        let refused = cluster.ask("tikv-test change-peer 1 remove 13@3");
        assert_eq!(refused, Err(Refusal::NoLeader(REGION)), "seed {seed}");
        cluster.exit_force_leader(2);
        cluster.wait(2 * ELECTION_MS);
        assert!(cluster.peer(2).applied_index() < written, "seed {seed}");
    }
}

/// Once there is a force leader, its vote is bound: another peer of the region becomes none.
#[test]
fn test_force_leader_twice_on_different_peers() {
    for seed in SEEDS {
        let mut cluster = restarted_without_quorum(seed);
        cluster.enter_force_leader(1, &[3, 4, 5]);
        is_force_leader(&cluster, 1);
        cluster.enter_force_leader(2, &[3, 4, 5]);
        cluster.wait(2 * ELECTION_MS);
        assert_eq!(cluster.leader(), Some(1), "seed {seed}");
        assert_eq!(cluster.peer(2).leader_id(), Some(cluster.peer(1).id()), "seed {seed}");
        is_force_leader(&cluster, 1);
        cluster.recovers_on(1, &[3, 4, 5]);
    }
}

/// A second order for the same peer does nothing.
#[test]
fn test_force_leader_twice_on_same_peer() {
    for seed in SEEDS {
        let mut cluster = restarted_without_quorum(seed);
        cluster.enter_force_leader(1, &[3, 4, 5]);
        let term = cluster.peer(1).term();
        cluster.enter_force_leader(1, &[3, 4, 5]);
        is_force_leader(&cluster, 1);
        assert_eq!(cluster.peer(1).term(), term, "seed {seed}");
        cluster.recovers_on(1, &[3, 4, 5]);
    }
}

/// Stores 3, 4 and 5 have failed, and what the others knew of a leader went with a restart.
fn restarted_without_quorum(seed: u64) -> TikvCluster {
    let mut cluster = three_of_five_fail(5, seed);
    for store in [1, 2] {
        cluster.stop(&[store]);
        cluster.start(&[store]);
    }
    cluster.quorum_is_lost();
    cluster
}

/// While the voters that live do not hear each other, one election after the other passes; then
/// the votes come together.
#[test]
fn test_force_leader_multiple_election_rounds() {
    for seed in SEEDS {
        let mut cluster = three_of_five_fail(5, seed);
        cluster.tell("cut 1 2");
        cluster.wait(2 * ELECTION_MS);
        cluster.order_force_leader(1, &[3, 4, 5]);
        cluster.wait(6 * ELECTION_MS);
        let phase = cluster.peer(1).force_leader();
        assert_eq!(phase, Some(ForceLeaderPhase::PreForceLeader), "seed {seed}");
        cluster.tell("heal");
        cluster.recovers_on(1, &[3, 4, 5]);
    }
}

/// A learner that lives but answers nobody does not hold back what a force leader commits
/// (tikv#18211); before, it did for ever (tikv#18197).
#[test]
fn test_force_leader_forward_commit_idx_ignoring_learners() {
    for seed in SEEDS {
        let (cluster, _, last) = led_beside_a_silent_learner(knobs(), seed);
        assert!(last < cluster.peer(3).commit_index(), "seed {seed}");
    }
}
