//! Ranges that no region covers any more, and the empty regions that fill them.

use std::sync::Arc;

use super::error::RecoveryError;
use super::plan::Planner;
use super::survey::Survey;
use crate::ids::{PeerId, RegionId, StoreId};
use crate::pd::stores::IdAllocator;
use crate::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use crate::release::TiflashReports;
use crate::store::Engine;

/// A range between two regions.
struct Hole {
    start: Key,
    end: Key,
    /// The store that reported the region to its right; at the very end, the one to its left.
    neighbour: Option<StoreId>,
}

impl Planner<'_> {
    /// Fills every hole with a region of one voter, so that all keys can be written again. What
    /// was there is lost. PD: `generateCreateEmptyRegionPlan`.
    pub(super) fn create_empty_regions(
        &mut self,
        ids: &mut IdAllocator,
    ) -> Result<bool, RecoveryError> {
        let mut created = Vec::new();
        if self.survey.newest().next().is_none() && self.sees_only_tikv() {
            return Ok(false);
        }
        for hole in holes(self.survey) {
            let store = self.store_for(&hole)?;
            created.push(empty_region(hole, store, ids));
        }
        let overlap = self.paranoid.then(|| find_overlap(self.survey, &created)).flatten();
        if let Some((peer, empty)) = overlap {
            return Err(RecoveryError::PeerInEmptyRange { peer, empty });
        }
        let found = !created.is_empty();
        for region in created {
            self.draft.affected.record(&region);
            self.draft.created.push(region.id);
            self.plan_of(region.peers[0].store).creates.push(region);
        }
        Ok(found)
    }

    /// Before it looked at TiFlash, PD took a cluster without any reported region for one that has
    /// nothing to recover (pd#5044).
    fn sees_only_tikv(&self) -> bool {
        match self.knobs.tiflash_reports {
            TiflashReports::Skipped => true,
            TiflashReports::Collected => false,
        }
    }

    /// The neighbour's store, or else the first alive TiKV store (PD takes any).
    fn store_for(&self, hole: &Hole) -> Result<StoreId, RecoveryError> {
        let is_tikv = |store: &StoreId| self.engine(*store) == Some(Engine::TiKv);
        let any = || self.lost.alive.iter().copied().find(is_tikv);
        hole.neighbour.filter(is_tikv).or_else(any).ok_or(RecoveryError::NoStoreForEmptyRegion)
    }
}

/// The ranges that none of the newest regions covers, in order.
fn holes(survey: &Survey<'_>) -> Vec<Hole> {
    let mut holes = Vec::new();
    let mut covered = Key::default();
    let mut last = None;
    for item in survey.newest() {
        let Region { start, end, .. } = item.region();
        if *start != covered {
            holes.push(Hole { start: covered, end: start.clone(), neighbour: Some(item.store) });
        }
        covered = end.clone();
        last = Some(item.store);
    }
    if last.is_none() || !covered.is_empty() {
        holes.push(Hole { start: covered, end: Key::default(), neighbour: last });
    }
    holes
}

fn empty_region(hole: Hole, store: StoreId, ids: &mut IdAllocator) -> Region {
    let is_range = hole.end.is_empty() || hole.start < hole.end;
    assert!(is_range, "a hole from {} to {} holds no key", hole.start, hole.end);
    Region {
        id: RegionId(ids.allocate()),
        start: hole.start,
        end: hole.end,
        epoch: RegionEpoch { version: 1, conf_ver: 1 },
        peers: vec![Peer { id: PeerId(ids.allocate()), store, role: PeerRole::Voter }],
    }
}

/// A reported peer that holds keys where an empty region is to be: PD's paranoid check. Such keys
/// would be covered twice.
fn find_overlap(survey: &Survey<'_>, created: &[Region]) -> Option<(Arc<Region>, Region)> {
    survey.regions().flatten().filter(|item| item.is_initialized()).find_map(|item| {
        let empty = overlapping(created, item.region())?;
        Some((item.report.region.clone(), empty.clone()))
    })
}

/// The first of some disjoint regions in ascending order that shares a key with `region`.
fn overlapping<'a>(ascending: &'a [Region], region: &Region) -> Option<&'a Region> {
    let ends_before = |empty: &Region| !empty.end.is_empty() && empty.end <= region.start;
    let candidate = ascending.get(ascending.partition_point(ends_before))?;
    candidate.overlaps(region).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::message::{PeerReport, StoreReport};
    use crate::pd::unsafe_recovery::lost::Lost;

    fn region(id: u64, start: &str, end: &str) -> Region {
        Region {
            id: RegionId(id),
            start: Key::new(start.as_bytes()),
            end: Key::new(end.as_bytes()),
            epoch: RegionEpoch { version: 1, conf_ver: 1 },
            peers: Vec::new(),
        }
    }

    /// PD: `TestEmptyRegionIndex`.
    #[test]
    fn test_empty_region_index() {
        let empty = [region(1, "b", "d"), region(2, "f", "h"), region(3, "z", "")];
        let overlap = |start, end| overlapping(&empty, &region(9, start, end)).map(|r| r.id.0);
        assert_eq!(overlap("a", "c"), Some(1));
        assert_eq!(overlap("g", "i"), Some(2));
        assert_eq!(overlap("z", ""), Some(3));
        assert_eq!(overlap("d", "f"), None);
        assert_eq!(overlap("", "b"), None);
    }

    /// A store's report of regions with these ids, ranges and, if not empty, one voter.
    fn report(regions: &[(u64, &str, &str, PeerIs)]) -> BTreeMap<StoreId, StoreReport> {
        let peer = |(id, start, end, is): &(u64, &str, &str, PeerIs)| {
            let voter = Peer { id: PeerId(*id), store: StoreId(1), role: PeerRole::Voter };
            let peers = match is {
                PeerIs::Initialized => vec![voter],
                PeerIs::Uninitialized => Vec::new(),
            };
            PeerReport {
                region: Arc::new(Region { peers, ..region(*id, start, end) }),
                term: 1,
                last_index: 10,
                commit: 10,
                applied: 10,
                is_force_leader: false,
                has_commit_merge: false,
            }
        };
        let peer_reports = regions.iter().map(peer).collect();
        BTreeMap::from([(StoreId(1), StoreReport { step: 1, peer_reports })])
    }

    enum PeerIs {
        Initialized,
        Uninitialized,
    }

    /// PD: `TestFindOverlapPeerWithEmptyRegions` and its `FastPath`.
    #[test]
    fn test_find_overlap_peer_with_empty_regions() {
        let overlap = |regions: &[(u64, &str, &str, PeerIs)]| {
            let reports = report(regions);
            let survey = Survey::of(&reports, &Lost::default());
            find_overlap(&survey, &[region(1, "b", "d")]).map(|(peer, _)| peer.id.0)
        };
        let both = [(2, "a", "z", PeerIs::Initialized), (3, "b", "y", PeerIs::Uninitialized)];
        assert_eq!(overlap(&both), Some(2));
        assert_eq!(overlap(&both[1..]), None);
        assert_eq!(overlap(&[(2, "x", "z", PeerIs::Initialized)]), None);
        let differs = [(2, "x", "z", PeerIs::Initialized), (3, "a", "z", PeerIs::Initialized)];
        assert_eq!(overlap(&differs), Some(3));
    }
}
