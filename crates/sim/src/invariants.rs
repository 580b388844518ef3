//! Laws that no run may break, each one function with its source. Some are checked where things
//! happen (an election, an applied entry), others over the whole cluster.
//!
//! A broken law is a defect of this program, not of a cluster: it is recorded, shown on the page,
//! and fails every test.

use std::collections::BTreeMap;

use crate::cluster::Cluster;
use crate::event::{Event, EventKind, RecoveryStage};
use crate::ids::{PeerId, RegionId, StoreId};
use crate::raftstore::Store;
use crate::region::{Key, PeerRole, RegionEpoch};
use crate::store::StoreState;

/// What has been seen so far, as far as the laws need it.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    regions: BTreeMap<RegionId, History>,
    epochs: BTreeMap<(RegionId, StoreId), (PeerId, RegionEpoch)>,
    broken: Vec<String>,
    /// How many of them have been told as events.
    told: usize,
    /// Committed entries that a force leader lacks, not yet told.
    losses: Vec<(RegionId, u64, u64)>,
}

#[derive(Debug, Default)]
struct History {
    /// Who led in which term.
    leaders: BTreeMap<u64, PeerId>,
    /// The committed log, as runs of one term: (first index, term).
    runs: Vec<(u64, u64)>,
    /// The last committed index.
    committed: u64,
    /// A force leader was entered while a store declared failed still ran.
    two_leaders_expected: bool,
}

impl History {
    fn term_at(&self, index: u64) -> Option<u64> {
        self.runs.iter().rev().find(|(first, _)| *first <= index).map(|(_, term)| *term)
    }
}

impl Checker {
    /// The laws broken so far.
    pub(crate) fn broken(&self) -> &[String] {
        &self.broken
    }

    fn report(&mut self, law: String) {
        if !self.broken.contains(&law) {
            self.broken.push(law);
        }
    }

    /// A force leader was entered while a store declared failed still ran: from now on this region
    /// may have two leaders in a term, and lose what the other commits.
    pub(crate) fn expect_two_leaders(&mut self, region: RegionId) {
        self.regions.entry(region).or_default().two_leaders_expected = true;
    }

    /// Election safety and leader completeness, when a leader is elected (Raft §5.2, §5.4).
    ///
    /// `term_at` tells the term of an entry of the leader's log, if that is not compacted.
    pub(crate) fn on_leader(
        &mut self,
        region: RegionId,
        term: u64,
        peer: PeerId,
        last_index: u64,
        term_at: impl Fn(u64) -> Option<u64>,
        forced: bool,
    ) {
        let history = self.regions.entry(region).or_default();
        if forced {
            // It needs nobody's vote, so it may take a term that one of those given up has led.
            history.leaders.retain(|led, _| *led < term);
        }
        let other = history.leaders.insert(term, peer).filter(|other| *other != peer);
        let excused = history.two_leaders_expected;
        let committed = history.committed;
        // The new leader has appended one entry of its own term.
        let has_all = (committed < last_index)
            && term_at(committed).is_none_or(|term| history.term_at(committed) == Some(term));
        if history.leaders.len() > 64 {
            history.leaders.pop_first();
        }
        if let Some(other) = other.filter(|_| !excused) {
            self.report(format!("region {region} has two leaders in term {term}: {other}, {peer}"));
        }
        if has_all {
            return;
        }
        if forced || excused {
            self.forget_lost(region, last_index, term_at);
        } else {
            self.report(format!("leader {peer} of region {region} lacks committed {committed}"));
        }
    }

    /// A force leader lacks committed entries: they are lost, and said to be.
    fn forget_lost(
        &mut self,
        region: RegionId,
        last_index: u64,
        term_at: impl Fn(u64) -> Option<u64>,
    ) {
        let history = self.regions.entry(region).or_default();
        let committed = history.committed;
        let mut kept = committed.min(last_index - 1);
        while 0 < kept && term_at(kept).is_some_and(|term| history.term_at(kept) != Some(term)) {
            kept -= 1;
        }
        if committed <= kept {
            return;
        }
        history.committed = kept;
        history.runs.retain(|(first, _)| *first <= kept);
        self.losses.push((region, kept + 1, committed));
    }

    /// Committed entries found to be lost since the last call.
    pub(crate) fn take_losses(&mut self) -> Vec<(RegionId, u64, u64)> {
        std::mem::take(&mut self.losses)
    }

    /// State machine safety: all peers apply the same entry at an index (Raft §5.4.3).
    pub(crate) fn on_applied(&mut self, region: RegionId, index: u64, term: u64) {
        let history = self.regions.entry(region).or_default();
        if history.committed < index {
            history.committed = index;
            if history.runs.last().is_none_or(|(_, last)| *last != term) {
                history.runs.push((index, term));
            }
            return;
        }
        let known = history.term_at(index);
        let excused = history.two_leaders_expected;
        if known != Some(term) && known.is_some() && !excused {
            self.report(format!(
                "region {region} applied entry {index} of term {term} and of term {known:?}"
            ));
        }
    }

    /// A peer's epoch never goes back (TiKV: `util.rs:is_epoch_stale` relies on it).
    pub(crate) fn on_epoch(
        &mut self,
        region: RegionId,
        store: StoreId,
        peer: PeerId,
        epoch: RegionEpoch,
    ) {
        let last = self.epochs.insert((region, store), (peer, epoch));
        let went_back = |(id, last): (PeerId, RegionEpoch)| id == peer && epoch < last;
        if last.is_some_and(went_back) {
            self.report(format!("the epoch of region {region} went back on store {store}"));
        }
    }

    /// A peer begins a new life with no epoch.
    pub(crate) fn on_created(&mut self, region: RegionId, store: StoreId, peer: PeerId) {
        self.epochs.insert((region, store), (peer, RegionEpoch::default()));
    }

    /// Checks the laws over the whole cluster, as far as `news` could have broken them.
    pub(crate) fn check(cluster: &Cluster, news: &[Event]) -> Vec<String> {
        let mut broken = Vec::new();
        if news.iter().any(|event| moves_members(&event.kind)) {
            broken.extend(one_voter_a_store(cluster));
            broken.extend(one_region_a_key(cluster));
        }
        if news.iter().any(|event| ends_recovery(&event.kind)) {
            broken.extend(every_key_has_a_region(cluster));
        }
        broken
    }

    /// The laws found broken since the last call.
    pub(crate) fn take_untold(&mut self) -> Vec<String> {
        let untold = self.broken[self.told..].to_vec();
        self.told = self.broken.len();
        untold
    }

    /// Records what [`Checker::check`] found.
    pub(crate) fn record(&mut self, laws: Vec<String>) {
        laws.into_iter().for_each(|law| self.report(law));
    }
}

/// No two voters of a region live on one store (PD: one peer a store; TiKV refuses a second).
fn one_voter_a_store(cluster: &Cluster) -> Vec<String> {
    let mut broken = Vec::new();
    for store in cluster.stores() {
        for peer in store.peers() {
            let mut stores: Vec<StoreId> = peer
                .region()
                .peers
                .iter()
                .filter(|member| member.role != PeerRole::Learner)
                .map(|member| member.store)
                .collect();
            let count = stores.len();
            stores.sort_unstable();
            stores.dedup();
            if stores.len() < count {
                broken.push(format!("region {} has two voters on a store", peer.region_id()));
            }
        }
    }
    broken
}

/// Whether an event can have broken a law about members and ranges.
fn moves_members(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::BecameLeader { .. }
            | EventKind::MembershipChanged { .. }
            | EventKind::RegionSplit { .. }
            | EventKind::PeerCreated { .. }
            | EventKind::SnapshotApplied { .. }
            | EventKind::StoreStarted(_)
    )
}

fn ends_recovery(kind: &EventKind) -> bool {
    matches!(kind, EventKind::RecoveryStage { stage: RecoveryStage::Finished, .. })
}

/// When a recovery has finished, every key lies in a region on one of the stores that reported to
/// it (PD: the controller's CreateEmptyRegion stage fills every hole). Such a store may be buried
/// right after, when it was being drained: PD's region cache is empty then. A disk that a person
/// threw away excuses a hole.
fn every_key_has_a_region(cluster: &Cluster) -> Vec<String> {
    if cluster.stores().any(|store| store.has_lost_disk()) {
        return Vec::new();
    }
    let counted_on = cluster.pd().recovery().progress().map(|(store, _)| store);
    let stores = counted_on.filter_map(|store| cluster.store(store));
    let mut ranges: Vec<_> = stores.flat_map(|store| store.regions_here()).collect();
    ranges.retain(|region| !region.peers.is_empty());
    ranges.sort_by(|a, b| a.start.cmp(&b.start));
    let mut reached = Key::default();
    let mut broken = Vec::new();
    for region in ranges {
        if reached < region.start {
            broken.push(format!("no region has the keys from {reached} to {}", region.start));
        }
        if region.end.is_empty() {
            return broken;
        }
        reached = reached.max(region.end.clone());
    }
    broken.push(format!("no region has the keys from {reached} on"));
    broken
}

/// No two leaders of different regions serve the same key (TiKV: no two regions of a store overlap;
/// PD: the region tree). A buried store may run on and lead what a recovery has replaced, and one
/// that returns after its record was erased may lead it again.
fn one_region_a_key(cluster: &Cluster) -> Vec<String> {
    let histories = &cluster.ctx.checker.regions;
    let is_excused = |id| histories.get(&id).is_some_and(|history| history.two_leaders_expected);
    let mut broken = Vec::new();
    let mut leaders: Vec<_> = cluster
        .stores()
        .filter(|store| is_in_service(cluster, store))
        .flat_map(|store| store.peers())
        .filter(|peer| peer.is_leader() && !is_excused(peer.region_id()))
        .filter(|peer| {
            // One that was followed by another serves no more, but may not know yet.
            let history = histories.get(&peer.region_id());
            history.is_none_or(|history| history.leaders.keys().max() <= Some(&peer.term()))
        })
        .map(|peer| peer.region().clone())
        .collect();
    leaders.sort_by(|a, b| a.start.cmp(&b.start).then(a.id.cmp(&b.id)));
    for pair in leaders.windows(2) {
        if pair[0].id != pair[1].id && pair[0].overlaps(&pair[1]) {
            broken.push(format!("regions {} and {} share keys", pair[0].id, pair[1].id));
        }
    }
    broken
}

/// Whether PD counts on the store: it has a record of it, and has not buried it.
fn is_in_service(cluster: &Cluster, store: &Store) -> bool {
    let record = cluster.pd().stores().get(&store.id());
    record.is_some_and(|record| record.state != StoreState::Tombstone)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::command::{Command, RecoveryOptions};
    use crate::ids::{EventId, Millis, SECOND};
    use crate::region::{Peer, Region};
    use crate::release::Release;
    use crate::setup::{RegionSetup, Setup, StoreSetup};
    use crate::store::{Engine, StoreMeta};

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
        assert!(checker.broken()[0].starts_with("region 10 applied entry 8 of term 6"));
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
        let setup = Setup { stores, regions, tables: Vec::new(), max_replicas: 2 };
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
        let law = "region 20 has two voters on a store".to_string();
        assert!(cluster.broken_invariants().contains(&law), "{:?}", cluster.broken_invariants());
    }

    #[test]
    fn two_regions_that_share_keys_are_found_while_their_stores_are_in_service() {
        let mut cluster = cluster(b"");
        plant(&mut cluster, region(RegionId(20), b"t", &[(21, 1)]));
        cluster.advance(Millis(30 * SECOND));
        let laws = cluster.broken_invariants();
        assert_eq!(laws, ["regions 10 and 20 share keys"]);
        let told = cluster.events().iter().filter(
            |event| matches!(&event.kind, EventKind::InvariantBroken(law) if *law == laws[0]),
        );
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
        let give_up = Command::RemoveFailedStores {
            stores: vec![StoreId(2)],
            auto_detect: false,
            timeout_s: None,
            options: RecoveryOptions::default(),
        };
        cluster.apply(&Command::StopStores(vec![StoreId(2)])).expect("it runs");
        cluster.advance(Millis(30 * SECOND));
        cluster.apply(&give_up).expect("it is disconnected");
        let finished = Event {
            at: cluster.now(),
            kind: EventKind::RecoveryStage { stage: RecoveryStage::Finished, step: 1 },
            causes: vec![EventId(0)],
        };
        let hole = Checker::check(&cluster, std::slice::from_ref(&finished));
        assert_eq!(hole, ["no region has the keys from 74 on"]);
        cluster.advance(Millis(300 * SECOND));
        assert_eq!(Checker::check(&cluster, &[finished]), [""; 0], "recovery has filled the hole");
        assert_eq!(cluster.broken_invariants(), [""; 0]);
    }
}
