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
mod tests;
