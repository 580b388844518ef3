//! Each law is broken on purpose: a state is planted that nothing in the program would make.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::command::{Command, PdCommand, RecoveryOptions};
use crate::event::{EventKind, RecoveryStage};
use crate::ids::{EventId, Millis, SECOND};
use crate::message::{PeerChange, RegionHeartbeat};
use crate::region::{Key, Peer, PeerRole, Region};
use crate::release::Release;
use crate::setup::{RegionSetup, Setup, StoreSetup};
use crate::store::{Engine, StoreMeta, StoreState};

const REGION: RegionId = RegionId(10);

/// Nothing of the log is compacted, and all entries are of term 5.
fn of_term_5(_index: u64) -> Option<u64> {
    Some(5)
}

fn applied(up_to: u64) -> Checker {
    let mut checker = Checker::default();
    (1..=up_to).for_each(|index| checker.on_applied(REGION, index, 5));
    checker
}

#[test]
fn two_leaders_in_a_term_are_found() {
    let mut checker = applied(1);
    checker.on_leader(REGION, 6, PeerId(11), 2, of_term_5, false);
    checker.on_leader(REGION, 7, PeerId(12), 2, of_term_5, false);
    checker.on_leader(REGION, 7, PeerId(12), 2, of_term_5, false);
    assert_eq!(checker.broken(), [""; 0]);
    checker.on_leader(REGION, 7, PeerId(13), 2, of_term_5, false);
    assert_eq!(checker.broken(), ["region 10 has two leaders in term 7: 12, 13"]);
    assert_eq!(laws(checker.broken()), [Law::OneLeaderPerTerm]);
}

#[test]
fn two_leaders_are_excused_only_by_recovery() {
    let mut checker = applied(1);
    checker.on_leader(REGION, 7, PeerId(12), 2, of_term_5, false);
    checker.on_leader(REGION, 7, PeerId(13), 2, of_term_5, true);
    assert_eq!(checker.broken(), [""; 0], "a force leader needs no votes");
    checker.expect_two_leaders(REGION);
    checker.on_leader(REGION, 7, PeerId(12), 2, of_term_5, false);
    assert_eq!(checker.broken(), [""; 0], "a store declared failed still ran");
    checker.on_applied(RegionId(20), 1, 5);
    checker.on_leader(RegionId(20), 7, PeerId(21), 2, of_term_5, false);
    checker.on_leader(RegionId(20), 7, PeerId(22), 2, of_term_5, false);
    assert_eq!(checker.broken(), ["region 20 has two leaders in term 7: 21, 22"]);
}

#[test]
fn a_leader_without_a_committed_entry_is_found() {
    let mut checker = applied(8);
    checker.on_leader(REGION, 6, PeerId(11), 9, of_term_5, false);
    assert_eq!(checker.broken(), [""; 0]);
    // Its own entry is the eighth: it has the log up to the seventh.
    checker.on_leader(REGION, 7, PeerId(12), 8, of_term_5, false);
    assert_eq!(checker.broken(), ["leader 12 of region 10 lacks committed 8"]);
    assert_eq!(laws(checker.broken()), [Law::LeaderCompleteness]);
    // As long a log, but another entry at the end.
    let mut checker = applied(8);
    checker.on_leader(REGION, 7, PeerId(12), 9, |_| Some(4), false);
    assert_eq!(checker.broken(), ["leader 12 of region 10 lacks committed 8"]);
}

#[test]
fn what_a_force_leader_lacks_is_told_as_lost() {
    let mut checker = applied(8);
    checker.on_leader(REGION, 7, PeerId(12), 6, of_term_5, true);
    assert_eq!(checker.broken(), [""; 0]);
    assert_eq!(checker.take_losses(), [(REGION, 6, 8)]);
    assert_eq!(checker.take_losses(), [], "it is told once");
    checker.on_applied(REGION, 6, 7);
    assert_eq!(checker.broken(), [""; 0], "its own entry takes the place of the lost one");
}

#[test]
fn two_entries_applied_at_one_index_are_found() {
    let mut checker = applied(8);
    checker.on_applied(REGION, 8, 5);
    assert_eq!(checker.broken(), [""; 0]);
    checker.on_applied(REGION, 8, 6);
    assert_eq!(checker.broken().len(), 1);
    assert!(checker.broken()[0].what.starts_with("region 10 applied entry 8 of term 6"));
    assert_eq!(laws(checker.broken()), [Law::StateMachineSafety]);
}

#[test]
fn an_epoch_that_goes_back_is_found() {
    let (store, epoch) = (StoreId(1), |version, conf_ver| RegionEpoch { version, conf_ver });
    let mut checker = Checker::default();
    checker.on_epoch(REGION, store, PeerId(11), epoch(2, 5));
    checker.on_epoch(REGION, store, PeerId(11), epoch(2, 6));
    checker.on_epoch(REGION, StoreId(2), PeerId(12), epoch(2, 5));
    checker.on_created(REGION, store, PeerId(19));
    checker.on_epoch(REGION, store, PeerId(19), epoch(2, 5));
    assert_eq!(checker.broken(), [""; 0], "other stores and other peers have their own");
    checker.on_epoch(REGION, store, PeerId(19), epoch(2, 4));
    assert_eq!(checker.broken(), ["the epoch of region 10 went back on store 1"]);
    let witness = &checker.broken()[0];
    assert_eq!((witness.law, witness.region), (Law::EpochMonotone, Some(REGION)));
    assert_eq!(witness.store, Some(store));
}

#[test]
fn a_commit_index_that_goes_back_is_found() {
    let mut checker = Checker::default();
    checker.on_commit(REGION, StoreId(1), 7, 7);
    checker.on_commit(REGION, StoreId(1), 7, 9);
    assert_eq!(checker.broken(), [""; 0]);
    checker.on_commit(REGION, StoreId(1), 9, 8);
    assert_eq!(checker.broken(), ["the commit index of region 10 went from 9 to 8 on store 1"]);
    assert_eq!(laws(checker.broken()), [Law::CommitMonotone]);
}

#[test]
fn an_acknowledged_write_that_a_leader_lacks_is_found_unless_it_was_said_to_be_lost() {
    let mut checker = applied(8);
    checker.on_acknowledged(REGION, 8, 5);
    checker.on_leader(REGION, 6, PeerId(11), 9, of_term_5, false);
    assert_eq!(checker.broken(), [""; 0], "it is there");
    checker.on_leader(REGION, 7, PeerId(12), 6, of_term_5, true);
    assert_eq!(checker.take_losses(), [(REGION, 6, 8)]);
    assert_eq!(checker.broken(), [""; 0], "it was said to be lost");
    // Acknowledged before it was applied: nobody can tell that it is lost.
    checker.on_acknowledged(REGION, 7, 5);
    checker.on_leader(REGION, 8, PeerId(12), 7, of_term_5, false);
    assert_eq!(checker.broken(), ["leader 12 of region 10 lost acknowledged write 7"]);
    assert_eq!(laws(checker.broken()), [Law::AcknowledgedKept]);
}

#[test]
fn a_joint_state_without_a_change_of_several_members_is_found() {
    let before = region(REGION, b"", &[(11, 1), (12, 2)]);
    let mut joint = before.clone();
    joint.peers[1].role = PeerRole::DemotingVoter;
    let learner = PeerChange::AddLearner(before.peers[1]);
    let mut checker = Checker::default();
    checker.on_conf_change(StoreId(1), &before, &joint, &[learner, learner]);
    checker.on_conf_change(StoreId(1), &joint, &before, &[]);
    checker.on_conf_change(StoreId(1), &before, &before, &[learner]);
    assert_eq!(checker.broken(), [""; 0]);
    checker.on_conf_change(StoreId(1), &before, &joint, &[learner]);
    checker.on_conf_change(StoreId(2), &joint, &joint, &[]);
    assert_eq!(laws(checker.broken()), [Law::JointByConfChange; 2]);
}

#[test]
fn a_raft_that_counts_other_members_than_its_region_has_is_found() {
    let mut cluster = cluster(b"");
    let mut joint = region(REGION, b"", &[(11, 1), (12, 2)]);
    joint.peers[1].role = PeerRole::DemotingVoter;
    let store = cluster.stores.get_mut(&StoreId(2)).expect("it is in the setup");
    let peer = store.peers.get_mut(&REGION).expect("it has a peer");
    peer.plant_region(Arc::new(joint));
    let moved = EventKind::PeerCreated { region: REGION, peer: PeerId(12), store: StoreId(2) };
    let found = Checker::check(&cluster, &[at_start(moved)]);
    assert_eq!(found, ["raft of region 10 has other members on store 2"]);
    assert_eq!(laws(&found), [Law::JointByConfChange]);
}

#[test]
fn a_destroyed_peer_that_returns_is_found() {
    let mut cluster = cluster(b"t");
    let twenty = region(RegionId(20), b"", &[(21, 1)]);
    let twenty = Region { start: Key::new(b"t"), ..twenty };
    plant(&mut cluster, twenty.clone());
    cluster.advance(cluster.now());
    assert_eq!(cluster.broken_invariants(), [""; 0]);
    cluster.ctx.checker.on_destroyed(RegionId(20), StoreId(1), PeerId(21));
    cluster.ctx.checker.on_destroyed(RegionId(30), StoreId(2), PeerId(31));
    plant(&mut cluster, twenty);
    cluster.advance(cluster.now());
    assert_eq!(cluster.broken_invariants(), ["peer 21 of region 20 returned on store 1"]);
    assert_eq!(laws(cluster.broken_invariants()), [Law::DestroyedStaysAway]);
    cluster.ctx.checker.on_disk_lost(StoreId(2));
    cluster.ctx.checker.on_created(RegionId(30), StoreId(2), PeerId(31));
    assert_eq!(cluster.broken_invariants().len(), 1, "a lost disk remembers nobody");
}

#[test]
fn a_member_may_return_whose_removal_a_force_leader_lacks() {
    let mut checker = applied(8);
    checker.on_destroyed(REGION, StoreId(1), PeerId(11));
    checker.on_destroyed(RegionId(20), StoreId(1), PeerId(21));
    checker.on_leader(REGION, 6, PeerId(12), 8, of_term_5, true);
    assert_eq!(checker.take_losses(), [(REGION, 8, 8)]);
    checker.on_created(REGION, StoreId(1), PeerId(11));
    assert_eq!(checker.broken(), [""; 0]);
    checker.on_created(RegionId(20), StoreId(1), PeerId(21));
    assert_eq!(checker.broken(), ["peer 21 of region 20 returned on store 1"]);
}

#[test]
fn a_store_that_a_recovery_did_without_is_given_up_and_may_disagree_on_its_return() {
    let stores = || [StoreId(1), StoreId(2)].into_iter();
    let mut checker = applied(8);
    checker.on_recovery(stores(), &BTreeSet::from([StoreId(1)]));
    assert_eq!(checker.given_up(), &BTreeSet::from([StoreId(2)]));
    checker.on_acknowledged(REGION, 8, 5);
    checker.on_return(StoreId(2), [REGION].into_iter());
    checker.on_leader(REGION, 6, PeerId(12), 8, of_term_5, false);
    assert_eq!(checker.broken(), [""; 0]);
    assert_eq!(checker.returned(), &BTreeSet::from([StoreId(2)]));
}

#[test]
fn a_pd_that_is_ahead_of_every_peer_is_found() {
    let mut cluster = cluster(b"");
    let mut ahead = region(REGION, b"", &[(11, 1), (12, 2)]);
    ahead.epoch.conf_ver = 9;
    let heartbeat = RegionHeartbeat {
        leader: ahead.peers[0],
        region: Arc::new(ahead),
        term: 99,
        down_peers: Vec::new(),
        pending_peers: Vec::new(),
        approximate_size_mib: 1,
        approximate_keys: 0,
        replication: None,
        cause: None,
    };
    cluster.pd.on_region_heartbeat(cluster.now(), heartbeat, &mut cluster.ctx.events);
    let leader = Peer { id: PeerId(11), store: StoreId(1), role: PeerRole::Voter };
    let known = EventKind::LeaderKnown { region: REGION, leader };
    let found = Checker::check(&cluster, &[at_start(known)]);
    assert_eq!(found, ["PD knows an epoch of region 10 that no peer has reached"]);
    assert_eq!(laws(&found), [Law::PdNotAhead]);
}

#[test]
fn a_broken_law_is_told_once() {
    let mut checker = applied(8);
    checker.on_applied(REGION, 8, 6);
    checker.on_applied(REGION, 8, 6);
    assert_eq!(checker.take_untold().len(), 1);
    assert_eq!(checker.take_untold(), [""; 0]);
    assert_eq!(checker.broken().len(), 1);
}

fn laws(broken: &[Broken]) -> Vec<Law> {
    broken.iter().map(|broken| broken.law).collect()
}

fn at_start(kind: EventKind) -> Event {
    Event { at: Millis::ZERO, kind, causes: vec![EventId(0)] }
}

/// A cluster of two stores whose only region ends at `end`.
fn cluster(end: &[u8]) -> Cluster {
    let store = |id| StoreSetup {
        meta: StoreMeta {
            id: StoreId(id),
            engine: Engine::TiKv,
            address: format!("10.0.0.{id}:20160"),
            labels: BTreeMap::new(),
        },
        state: StoreState::Up,
        running: true,
        heartbeat_phase_ms: Some(id),
    };
    let region = RegionSetup {
        region: region(REGION, end, &[(11, 1), (12, 2)]),
        leader: Some(StoreId(1)),
        missing: BTreeSet::new(),
        tombstones: BTreeMap::new(),
        size_mib: 1,
    };
    let (stores, regions) = (vec![store(1), store(2)], vec![region]);
    let setup = Setup { stores, regions, tables: Vec::new(), max_replicas: 2, cores: 0 };
    let knobs = Release::V8_5_8.knobs();
    let mut cluster = Cluster::new(&setup, knobs, 1).expect("it can be built");
    cluster.advance(Millis(SECOND));
    assert_eq!(cluster.broken_invariants(), [""; 0]);
    cluster
}

fn region(id: RegionId, end: &[u8], voters: &[(u64, u64)]) -> Region {
    let epoch = RegionEpoch { version: 1, conf_ver: 1 };
    let voter = |&(id, store): &(u64, u64)| Peer {
        id: PeerId(id),
        store: StoreId(store),
        role: PeerRole::Voter,
    };
    let peers = voters.iter().map(voter).collect();
    Region { id, start: Key::default(), end: Key::new(end), epoch, peers }
}

/// Puts a peer on store 1, as nothing in the program would.
fn plant(cluster: &mut Cluster, region: Region) {
    let store = cluster.stores.get_mut(&StoreId(1)).expect("it is in the setup");
    let peer = region.peers[0].id;
    store.bootstrap_peer(Arc::new(region), peer, 1, None, &mut cluster.ctx);
}

#[test]
fn two_voters_on_one_store_are_found() {
    let mut cluster = cluster(b"t");
    plant(&mut cluster, region(RegionId(20), b"", &[(21, 1), (22, 1)]));
    cluster.advance(cluster.now());
    let laws = cluster.broken_invariants();
    let law = laws.iter().find(|broken| **broken == "region 20 has two voters on a store");
    assert_eq!(law.map(|found| found.law), Some(Law::OneVoterPerStore), "{laws:?}");
}

#[test]
fn two_regions_that_share_keys_are_found_while_their_stores_are_in_service() {
    let mut cluster = cluster(b"");
    plant(&mut cluster, region(RegionId(20), b"t", &[(21, 1)]));
    cluster.advance(Millis(30 * SECOND));
    let laws = cluster.broken_invariants();
    assert_eq!(laws, ["regions 10 and 20 share keys"]);
    assert_eq!(laws[0].law, Law::OneRegionPerKey);
    let told = cluster
        .events()
        .iter()
        .filter(|event| matches!(&event.kind, EventKind::InvariantBroken(law) if *law == laws[0]));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_region_that_shares_keys_is_excused_where_a_given_up_store_leads_it() {
    let mut cluster = cluster(b"");
    cluster.ctx.checker.expect_two_leaders(RegionId(20));
    plant(&mut cluster, region(RegionId(20), b"t", &[(21, 1)]));
    cluster.advance(Millis(30 * SECOND));
    assert_eq!(cluster.broken_invariants(), [""; 0]);
}

#[test]
fn keys_without_a_region_after_recovery_are_found() {
    let mut cluster = cluster(b"t");
    let give_up = Command::Pd(PdCommand::RemoveFailedStores {
        stores: vec![StoreId(2)],
        auto_detect: false,
        timeout_s: None,
        options: RecoveryOptions::default(),
    });
    cluster.apply(&Command::StopStores(vec![StoreId(2)])).expect("it runs");
    cluster.advance(Millis(30 * SECOND));
    cluster.apply(&give_up).expect("it is disconnected");
    let finished = at_start(EventKind::RecoveryStage { stage: RecoveryStage::Finished, step: 1 });
    let hole = Checker::check(&cluster, std::slice::from_ref(&finished));
    assert_eq!(hole, ["no region has the keys from 74 on"]);
    assert_eq!(laws(&hole), [Law::EveryKeyHasRegion]);
    cluster.advance(Millis(300 * SECOND));
    assert_eq!(Checker::check(&cluster, &[finished]), [""; 0], "recovery has filled the hole");
    assert_eq!(cluster.broken_invariants(), [""; 0]);
}

#[test]
fn every_law_is_named_once_and_broken_by_a_test() {
    let names: BTreeSet<&str> = ALL.iter().map(|law| law.name()).collect();
    assert_eq!(names.len(), ALL.len());
    let tests = concat!(include_str!("tests.rs"), include_str!("liveness_tests.rs"));
    for law in ALL {
        assert!(!law.source().is_empty(), "{law:?} has no source");
        assert!(tests.contains(&format!("Law::{law:?}")), "no test here breaks {law:?}");
    }
    assert!(ALL.is_sorted_by_key(|law| law.kind()), "safety comes first");
}
