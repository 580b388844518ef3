//! Which regions PD has yet to check, and when. PD patrols all regions round and round; since a
//! check can only come out differently after something changed, only regions concerned by a change
//! are visited here. PD: `checker/checker_controller.go`, `coordinator.go:PatrolRegions`.

use std::collections::{BTreeMap, BTreeSet};

use super::checker::Blockage;
use crate::ids::{EventId, Millis, RegionId};

/// How long after a change the next patrol comes by. PD: `patrol-region-interval`.
pub(super) const PATROL_MS: u64 = 10;
/// How many regions one patrol visits. PD: `patrolScanRegionLimit`.
const PATROL_REGIONS: usize = 128;

/// The regions to visit, and those PD can do nothing about.
#[derive(Clone, Debug, Default)]
pub(super) struct Patrol {
    /// Something changed.
    dirty: BTreeSet<RegionId>,
    /// Stores have room for them again at this moment.
    waiting: BTreeSet<(Millis, RegionId)>,
    waits_until: BTreeMap<RegionId, Millis>,
    /// There are as many operators as may be.
    parked: BTreeSet<RegionId>,
    /// What changed last, for each region of the three lists.
    why: BTreeMap<RegionId, EventId>,
    blocked: BTreeMap<RegionId, Vec<Blockage>>,
    /// When a patrol comes by for what is dirty or parked.
    due: Option<Millis>,
    /// No patrol comes by before.
    not_before: Millis,
}

impl Patrol {
    /// Something about the region changed at `now`, because of `cause`.
    pub(super) fn mark(&mut self, now: Millis, region: RegionId, cause: Option<EventId>) {
        self.dirty.insert(region);
        if let Some(cause) = cause {
            self.why.insert(region, cause);
        }
        self.due.get_or_insert(now.after(PATROL_MS));
        self.resume(now);
    }

    /// Every region that is blocked shall be checked again.
    pub(super) fn mark_blocked(&mut self, now: Millis, cause: EventId) {
        let blocked: Vec<RegionId> = self.blocked.keys().copied().collect();
        for region in blocked {
            self.mark(now, region, Some(cause));
        }
    }

    /// The region needs a store that has no room before `at`.
    pub(super) fn wait(&mut self, region: RegionId, at: Millis) {
        if let Some(before) = self.waits_until.insert(region, at) {
            self.waiting.remove(&(before, region));
        }
        self.waiting.insert((at, region));
    }

    /// The region needs one operator more than may run.
    pub(super) fn park(&mut self, region: RegionId) {
        self.parked.insert(region);
    }

    /// Nothing is to be done about the region: what changed before is no reason for what comes.
    pub(super) fn settle(&mut self, region: RegionId) {
        self.why.remove(&region);
    }

    /// What last changed about the region.
    pub(super) fn why(&self, region: RegionId) -> Option<EventId> {
        self.why.get(&region).copied()
    }

    /// The next patrol; `may_schedule` tells whether another operator may run.
    pub(super) fn next_due(&self, may_schedule: bool) -> Option<Millis> {
        let parked = (may_schedule && !self.parked.is_empty()).then_some(self.due).flatten();
        let dirty = (!self.dirty.is_empty()).then_some(self.due).flatten();
        let waiting = self.waiting.first().map(|(at, _)| *at);
        let first = [parked, dirty, waiting].into_iter().flatten().min();
        first.map(|at| at.max(self.not_before))
    }

    /// The regions to visit at `now`, at most 128. They are off the lists then.
    pub(super) fn take_batch(&mut self, now: Millis, may_schedule: bool) -> BTreeSet<RegionId> {
        let mut batch = BTreeSet::new();
        while batch.len() < PATROL_REGIONS
            && let Some(region) = self.dirty.pop_first()
        {
            batch.insert(region);
        }
        while batch.len() < PATROL_REGIONS
            && self.waiting.first().is_some_and(|(at, _)| *at <= now)
            && let Some((_, region)) = self.waiting.pop_first()
        {
            self.waits_until.remove(&region);
            batch.insert(region);
        }
        while may_schedule
            && batch.len() < PATROL_REGIONS
            && let Some(region) = self.parked.pop_first()
        {
            batch.insert(region);
        }
        self.not_before = now.after(PATROL_MS);
        self.due = Some(self.not_before);
        if self.dirty.is_empty() && self.parked.is_empty() {
            self.due = None;
        }
        batch
    }

    /// A patrol that could have come by earlier, but for a halt or a limit, comes soon.
    pub(super) fn resume(&mut self, now: Millis) {
        if self.not_before < now {
            self.not_before = now.after(PATROL_MS);
        }
    }

    /// What keeps the region from being repaired.
    pub(super) fn blockages(&self, region: RegionId) -> &[Blockage] {
        self.blocked.get(&region).map_or(&[], Vec::as_slice)
    }

    /// Notes what keeps the region from being repaired, if anything, and returns what was noted
    /// before.
    pub(super) fn set_blockages(&mut self, region: RegionId, now: Vec<Blockage>) -> Vec<Blockage> {
        let before = if now.is_empty() {
            self.blocked.remove(&region)
        } else {
            self.blocked.insert(region, now)
        };
        before.unwrap_or_default()
    }

    /// The regions that are blocked, by ascending id.
    pub(super) fn blocked(&self) -> impl Iterator<Item = RegionId> {
        self.blocked.keys().copied()
    }

    /// Forgets every region, and returns those that were blocked.
    pub(super) fn clear(&mut self) -> Vec<RegionId> {
        std::mem::take(self).blocked.into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patrol_comes_ten_milliseconds_after_the_first_change() {
        let mut patrol = Patrol::default();
        assert_eq!(patrol.next_due(true), None);
        patrol.mark(Millis(100), RegionId(2), None);
        patrol.mark(Millis(105), RegionId(1), Some(EventId(7)));
        assert_eq!(patrol.next_due(true), Some(Millis(110)));
        assert_eq!(patrol.take_batch(Millis(110), true), [RegionId(1), RegionId(2)].into());
        assert_eq!(patrol.next_due(true), None);
        assert_eq!(patrol.why(RegionId(1)), Some(EventId(7)));
    }

    #[test]
    fn many_changes_are_visited_in_batches() {
        let mut patrol = Patrol::default();
        for region in 0..300 {
            patrol.mark(Millis(0), RegionId(region), None);
        }
        assert_eq!(patrol.take_batch(Millis(10), true).len(), 128);
        assert_eq!(patrol.next_due(true), Some(Millis(20)));
    }

    #[test]
    fn a_region_that_waits_for_a_store_is_visited_then_and_not_before() {
        let mut patrol = Patrol::default();
        patrol.wait(RegionId(1), Millis(4_000));
        assert_eq!(patrol.next_due(true), Some(Millis(4_000)));
        assert!(patrol.take_batch(Millis(3_999), true).is_empty());
        assert_eq!(patrol.take_batch(Millis(4_000), true), [RegionId(1)].into());
    }
}
