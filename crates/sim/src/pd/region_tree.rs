//! PD's cache of regions: by id and by range, filled by region heartbeats, newest epoch wins.
//! PD: `pkg/core/region.go`, `region_tree.go`.

use std::collections::btree_map::Values;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::ids::{Millis, PeerId, RegionId, StoreId};
use crate::message::{RegionHeartbeat, RegionReplication};
use crate::region::{Key, Peer, Region, RegionEpoch};

/// What PD believes of one region: what the last accepted region heartbeat said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionInfo {
    /// Range, epoch and members.
    pub region: Arc<Region>,
    /// Its leader. `None` until a leader has reported: PD then leaves the region alone.
    pub leader: Option<Peer>,
    /// The leader's term; 0 before the first report.
    pub term: u64,
    /// Members the leader has not heard from for ten minutes, and for how many seconds.
    pub down_peers: Vec<(Peer, u64)>,
    /// Members that only a snapshot can help.
    pub pending_peers: Vec<Peer>,
    /// Approximate size in MiB.
    pub approximate_size_mib: u64,
    /// Approximate number of keys.
    pub approximate_keys: u64,
    /// What its leader says of DR Auto-Sync.
    pub replication: Option<RegionReplication>,
    /// Whether it was created anew by unsafe recovery, so that its small epoch is no sign of age.
    pub recreated: bool,
    /// When its last heartbeat was accepted.
    pub last_heartbeat: Millis,
}

impl RegionInfo {
    /// A region as PD loads it from its own storage: nobody has reported for it yet.
    pub(super) fn unreported(region: Arc<Region>, approximate_size_mib: u64) -> RegionInfo {
        RegionInfo {
            recreated: is_recreated(&region),
            region,
            leader: None,
            term: 0,
            down_peers: Vec::new(),
            pending_peers: Vec::new(),
            approximate_size_mib,
            approximate_keys: 0,
            replication: None,
            last_heartbeat: Millis::ZERO,
        }
    }

    /// A region as its leader reported it at `now`.
    pub(super) fn reported(heartbeat: RegionHeartbeat, now: Millis) -> RegionInfo {
        RegionInfo {
            recreated: is_recreated(&heartbeat.region),
            region: heartbeat.region,
            leader: Some(heartbeat.leader),
            term: heartbeat.term,
            down_peers: heartbeat.down_peers,
            pending_peers: heartbeat.pending_peers,
            approximate_size_mib: heartbeat.approximate_size_mib,
            approximate_keys: heartbeat.approximate_keys,
            replication: heartbeat.replication,
            last_heartbeat: now,
        }
    }

    /// The region's id.
    pub fn id(&self) -> RegionId {
        self.region.id
    }

    /// The region's epoch.
    pub fn epoch(&self) -> RegionEpoch {
        self.region.epoch
    }

    /// Whether the leader reports this member as down.
    pub fn is_down(&self, peer: PeerId) -> bool {
        self.down_peers.iter().any(|(down, _)| down.id == peer)
    }

    /// Whether the leader reports this member as pending.
    pub fn is_pending(&self, peer: PeerId) -> bool {
        self.pending_peers.iter().any(|pending| pending.id == peer)
    }

    /// Whether this member leads.
    pub fn is_leader(&self, peer: PeerId) -> bool {
        self.leader.is_some_and(|leader| leader.id == peer)
    }
}

/// Regions made by unsafe recovery have version and conf_ver 1 and not the whole key range, which
/// only the very first region of a cluster has. PD: `region.go:isRegionRecreated`.
fn is_recreated(region: &Region) -> bool {
    let first = RegionEpoch { version: 1, conf_ver: 1 };
    region.epoch == first && !(region.start.is_empty() && region.end.is_empty())
}

/// What an accepted heartbeat changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RegionChange {
    /// PD did not know the region, or knew an older epoch of it.
    pub(super) meta: bool,
    /// Another peer leads.
    pub(super) leader: bool,
    /// The list of down or pending members differs.
    pub(super) health: bool,
    /// Members that were not down before.
    pub(super) newly_down: Vec<Peer>,
    /// Regions that gave way because this one covers their range with a newer version.
    pub(super) evicted: Vec<RegionId>,
}

impl RegionChange {
    /// Whether the region should be checked against its rules again.
    pub(super) fn matters(&self) -> bool {
        self.meta || self.leader || self.health
    }
}

/// The cache. Ranges in it never overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct RegionTree {
    by_id: BTreeMap<RegionId, RegionInfo>,
    by_start: BTreeMap<Key, RegionId>,
    peers_on: BTreeMap<StoreId, u64>,
    leaders_on: BTreeMap<StoreId, BTreeSet<RegionId>>,
}

impl RegionTree {
    /// The region with this id.
    pub(super) fn get(&self, id: RegionId) -> Option<&RegionInfo> {
        self.by_id.get(&id)
    }

    /// All regions by ascending id.
    pub(super) fn iter(&self) -> Values<'_, RegionId, RegionInfo> {
        self.by_id.values()
    }

    /// The number of regions that list a member on `store`. PD: `GetStoreRegionCount`.
    pub(super) fn count_on(&self, store: StoreId) -> u64 {
        self.peers_on.get(&store).copied().unwrap_or(0)
    }

    /// The regions led from `store`.
    pub(super) fn leaders_on(&self, store: StoreId) -> &BTreeSet<RegionId> {
        const NONE: &BTreeSet<RegionId> = &BTreeSet::new();
        self.leaders_on.get(&store).unwrap_or(NONE)
    }

    /// Regions that share a key with `start`..`end`, by range. An empty `end` is unbounded.
    pub(super) fn in_range<'a>(
        &'a self,
        start: &'a Key,
        end: &'a Key,
    ) -> impl Iterator<Item = &'a RegionInfo> + 'a {
        let before = self.by_start.range(..=start).next_back();
        let after = self.by_start.range((Bound::Excluded(start), Bound::Unbounded));
        before
            .into_iter()
            .chain(after)
            .map(|(_, id)| &self.by_id[id])
            .skip_while(|info| !info.region.end.is_empty() && info.region.end <= *start)
            .take_while(|info| end.is_empty() || info.region.start < *end)
    }

    /// The regions that end where this one begins, and begin where it ends.
    /// PD: `GetAdjacentRegions`.
    pub(super) fn neighbours(&self, region: &Region) -> [Option<&RegionInfo>; 2] {
        let before = self.by_start.range(..&region.start).next_back().map(|(_, id)| id);
        let after = self.by_start.get(&region.end).filter(|_| !region.end.is_empty());
        let [before, after] = [before, after].map(|id| id.and_then(|id| self.by_id.get(id)));
        [before.filter(|info| info.region.end == region.start), after]
    }

    /// Takes in a heartbeat and says what it changed, or `None` if it is stale: older than what
    /// is cached of the same region (version, conf_ver or term), or than a region whose range it
    /// overlaps (version only). PD: `region.go:PreCheckPutRegion`.
    pub(super) fn put(&mut self, info: RegionInfo) -> Option<RegionChange> {
        let overlapped = self.overlapped(&info.region);
        let epoch = info.epoch();
        let origin = self.by_id.get(&info.id());
        let is_stale =
            origin.is_some_and(|origin| {
                let behind = 0 < info.term && info.term < origin.term;
                let known = origin.epoch();
                behind || epoch.version < known.version || epoch.conf_ver < known.conf_ver
            }) || overlapped.iter().any(|id| epoch.version < self.by_id[id].epoch().version);
        if is_stale && !info.recreated {
            return None;
        }
        let mut change = differences(origin, &info);
        for id in &overlapped {
            let leader = self.by_id.get(id).and_then(|gone| gone.leader);
            if let Some(leader) = leader {
                self.leaders_on.entry(leader.store).or_default().remove(id);
            }
            self.remove(*id);
        }
        change.evicted = overlapped;
        self.note_leader(&info);
        if change.meta {
            self.remove(info.id());
            self.insert(info);
        } else {
            self.by_id.insert(info.id(), info);
        }
        Some(change)
    }

    /// Forgets everything. PD: `ResetRegionCache`.
    pub(super) fn clear(&mut self) {
        *self = RegionTree::default();
    }

    /// Other regions whose range overlaps `region`.
    fn overlapped(&self, region: &Region) -> Vec<RegionId> {
        // The usual heartbeat repeats a cached range, and cached ranges are disjoint.
        if self.by_id.get(&region.id).is_some_and(|known| {
            known.region.start == region.start && known.region.end == region.end
        }) {
            return Vec::new();
        }
        self.in_range(&region.start, &region.end)
            .map(RegionInfo::id)
            .filter(|id| *id != region.id)
            .collect()
    }

    fn note_leader(&mut self, info: &RegionInfo) {
        let id = info.id();
        if let Some(old) = self.by_id.get(&id).and_then(|known| known.leader) {
            self.leaders_on.entry(old.store).or_default().remove(&id);
        }
        if let Some(new) = info.leader {
            self.leaders_on.entry(new.store).or_default().insert(id);
        }
    }

    fn insert(&mut self, info: RegionInfo) {
        for peer in &info.region.peers {
            *self.peers_on.entry(peer.store).or_insert(0) += 1;
        }
        let displaced = self.by_start.insert(info.region.start.clone(), info.id());
        assert!(displaced.is_none(), "region {} starts where {displaced:?} does", info.id());
        self.by_id.insert(info.id(), info);
    }

    fn remove(&mut self, id: RegionId) {
        let Some(info) = self.by_id.remove(&id) else {
            return;
        };
        self.by_start.remove(&info.region.start);
        for peer in &info.region.peers {
            let count = self.peers_on.get_mut(&peer.store).expect("counted when it was inserted");
            assert!(0 < *count, "store {} holds no region", peer.store);
            *count -= 1;
        }
    }
}

fn differences(origin: Option<&RegionInfo>, info: &RegionInfo) -> RegionChange {
    let Some(origin) = origin else {
        return RegionChange {
            meta: true,
            leader: info.leader.is_some(),
            health: false,
            newly_down: info.down_peers.iter().map(|(peer, _)| *peer).collect(),
            evicted: Vec::new(),
        };
    };
    let newly_down: Vec<Peer> = info
        .down_peers
        .iter()
        .map(|(peer, _)| *peer)
        .filter(|peer| !origin.is_down(peer.id))
        .collect();
    let fewer_down = info.down_peers.len() < origin.down_peers.len() + newly_down.len();
    RegionChange {
        meta: origin.region != info.region,
        leader: origin.leader.map(|peer| peer.id) != info.leader.map(|peer| peer.id),
        health: !newly_down.is_empty() || fewer_down || origin.pending_peers != info.pending_peers,
        newly_down,
        evicted: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pd::testing::{heartbeat, key, region};

    fn reported(region: Region, term: u64) -> RegionInfo {
        RegionInfo::reported(heartbeat(&region, term), Millis::ZERO)
    }

    #[test]
    fn a_heartbeat_with_an_older_epoch_or_term_is_stale() {
        let mut tree = RegionTree::default();
        let mut newer = region(1, "a", "b", &[(11, 1)]);
        newer.epoch = RegionEpoch { version: 3, conf_ver: 5 };
        assert!(tree.put(reported(newer.clone(), 7)).expect("new").meta);
        for epoch in [(2, 5), (3, 4), (4, 4)] {
            let mut older = newer.clone();
            older.epoch = RegionEpoch { version: epoch.0, conf_ver: epoch.1 };
            assert_eq!(tree.put(reported(older, 9)), None, "{epoch:?}");
        }
        assert_eq!(tree.put(reported(newer.clone(), 6)), None);
        assert!(!tree.put(reported(newer, 8)).expect("a newer term").matters());
    }

    #[test]
    fn a_newer_region_evicts_what_it_overlaps_and_an_older_one_is_refused() {
        let mut tree = RegionTree::default();
        tree.put(reported(region(1, "a", "c", &[(11, 1), (12, 2)]), 5)).expect("new");
        tree.put(reported(region(2, "c", "e", &[(21, 1)]), 5)).expect("new");
        let mut old = region(3, "b", "d", &[(31, 3)]);
        old.epoch.version = 1;
        assert_eq!(tree.put(reported(old.clone(), 9)), None);
        old.epoch.version = 9;
        let change = tree.put(reported(old, 9)).expect("newer");
        assert_eq!(change.evicted, [RegionId(1), RegionId(2)]);
        assert_eq!([1, 2, 3].map(|id| tree.count_on(StoreId(id))), [0, 0, 1]);
    }

    #[test]
    fn a_recreated_region_passes_in_spite_of_its_small_epoch() {
        let mut tree = RegionTree::default();
        tree.put(reported(region(1, "a", "c", &[(11, 1)]), 9)).expect("new");
        let mut recreated = region(2, "a", "b", &[(21, 2)]);
        recreated.epoch = RegionEpoch { version: 1, conf_ver: 1 };
        let change = tree.put(reported(recreated, 6)).expect("recreated");
        assert_eq!(change.evicted, [RegionId(1)]);
    }

    #[test]
    fn a_range_query_starts_with_the_region_that_contains_its_start() {
        let mut tree = RegionTree::default();
        for (id, start, end) in [(1, "", "b"), (2, "b", "d"), (3, "d", "f"), (4, "f", "")] {
            tree.put(reported(region(id, start, end, &[(id * 10, 1)]), 5)).expect("new");
        }
        let ids = |start, end| -> Vec<u64> {
            tree.in_range(&key(start), &key(end)).map(|info| info.id().0).collect()
        };
        assert_eq!(ids("c", "e"), [2, 3]);
        assert_eq!(ids("b", "d"), [2]);
        assert_eq!(ids("e", ""), [3, 4]);
        assert_eq!(ids("", "b"), [1]);
    }
}
