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

    /// A snapshot moves a peer's epoch like an applied change does.
    pub(crate) fn on_snapshot(
        &mut self,
        region: RegionId,
        store: StoreId,
        peer: PeerId,
        epoch: RegionEpoch,
    ) {
        self.on_epoch(region, store, peer, epoch);
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
            | EventKind::PeerCreated { .. }
            | EventKind::SnapshotApplied { .. }
            | EventKind::StoreStarted(_)
    )
}

fn ends_recovery(kind: &EventKind) -> bool {
    matches!(kind, EventKind::RecoveryStage { stage: RecoveryStage::Finished, .. })
}

/// When a recovery has finished, every key lies in a region on one of the stores that reported to it
/// (PD: the controller's CreateEmptyRegion stage fills every hole). Such a store may be buried right
/// after, when it was being drained: PD's region cache is empty then. A disk that a person threw
/// away excuses a hole.
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
