//! The merge checker: a small region is merged into one of its neighbours.
//! PD: `pkg/schedule/checker/merge_checker.go`.
//!
//! Here it is off until `max-merge-region-size` is set; in PD that is 20 MiB by default, and 54
//! since 8.4. No region is hot.

use std::collections::BTreeMap;

use super::Pd;
use super::operator::OperatorKind;
use super::region_tree::RegionInfo;
use crate::event::{EventLog, OperatorName};
use crate::ids::{EventId, HOUR, Millis, RegionId, SECOND};
use crate::message::Schedule;
use crate::region::Region;
use crate::store::StoreState;

/// PD: `defaultSplitMergeInterval`.
const SPLIT_MERGE_INTERVAL_MS: u64 = HOUR;
/// Merges at a time. PD: `merge-schedule-limit`.
const MERGE_SCHEDULE_LIMIT: usize = 8;
/// A region takes in no more once it is as large as this. PD: `maxTargetRegionFactor` times
/// TiKV's `region-max-size`.
const TARGET_MAX_MIB: u64 = 4 * REGION_MAX_MIB;
/// What is larger is split by size. TiKV: `region-max-size`, up to 8.3.
const REGION_MAX_MIB: u64 = 144;
/// Into parts of this size. TiKV: `region-split-size`, up to 8.3.
const REGION_SPLIT_MIB: u64 = 96;
/// As many keys are taken for a MiB. PD: `GetMaxMergeRegionKeys`; TiKV: `region-max-keys` and
/// `region-split-keys`, where they are not set.
const KEYS_PER_MIB: u64 = 10_000;

/// What the checker is told and remembers.
#[derive(Clone, Debug)]
pub(super) struct Merging {
    /// `max-merge-region-size`; 0 merges nothing.
    max_size_mib: u64,
    /// `max-merge-region-keys`; 0 for what goes with the size.
    max_keys: u64,
    /// `split-merge-interval`, in milliseconds.
    interval_ms: u64,
    /// When PD's leader began.
    since: Millis,
    /// When regions were split, or split off.
    split_at: BTreeMap<RegionId, Millis>,
}

impl Default for Merging {
    fn default() -> Merging {
        Merging {
            max_size_mib: 0,
            max_keys: 0,
            interval_ms: SPLIT_MERGE_INTERVAL_MS,
            since: Millis::ZERO,
            split_at: BTreeMap::new(),
        }
    }
}

impl Merging {
    /// What another leader of PD begins with.
    pub(super) fn of_new_leader(&self, now: Millis) -> Merging {
        Merging { since: now, split_at: BTreeMap::new(), ..*self }
    }

    /// Regions are about to be split. PD: `RecordRegionSplit`.
    pub(super) fn note_split(&mut self, now: Millis, regions: impl Iterator<Item = RegionId>) {
        self.split_at.extend(regions.map(|region| (region, now)));
    }

    /// When the region has rested since it was split, and PD since its start.
    fn rested_at(&self, region: RegionId) -> Millis {
        let split = self.split_at.get(&region).copied().unwrap_or_default();
        self.since.max(split).after(self.interval_ms)
    }

    /// PD: `GetMaxMergeRegionKeys`.
    fn max_keys(&self) -> u64 {
        match self.max_keys {
            0 => self.max_size_mib.saturating_mul(KEYS_PER_MIB),
            keys => keys,
        }
    }

    /// Whether a region is to be merged at all. PD: `RegionInfo.NeedMerge`.
    fn is_small(&self, region: &RegionInfo) -> bool {
        region.approximate_size_mib <= self.max_size_mib
            && region.approximate_keys <= self.max_keys()
    }

    /// Whether both together are small enough, and would not fall apart again.
    /// PD: `StoreConfig.{CheckRegionSize, CheckRegionKeys}`.
    fn fit_together(&self, source: &RegionInfo, target: &RegionInfo) -> bool {
        let fits = |both: u64, target: u64, unit: u64, small: u64| {
            let rest = both % (REGION_SPLIT_MIB * unit);
            target <= TARGET_MAX_MIB * unit
                && (both < REGION_MAX_MIB * unit || rest == 0 || small < rest)
        };
        let size = source.approximate_size_mib + target.approximate_size_mib;
        let keys = source.approximate_keys + target.approximate_keys;
        fits(size, target.approximate_size_mib, 1, self.max_size_mib)
            && fits(keys, target.approximate_keys, KEYS_PER_MIB, self.max_keys())
    }

    /// Folds what decides its future, if it does anything.
    pub(super) fn digest(&self, fold: &mut impl FnMut(u64)) {
        if 0 < self.max_keys {
            fold(self.max_keys);
        }
        if 0 < self.max_size_mib {
            fold(self.max_size_mib << 40 ^ self.interval_ms);
            self.split_at.iter().for_each(|(region, at)| fold(region.0 << 40 ^ at.0));
        }
    }
}

impl Pd {
    /// `max-merge-region-size`, in MiB.
    pub fn max_merge_region_size(&self) -> u64 {
        self.merging.max_size_mib
    }

    pub(super) fn set_max_merge_region_size(&mut self, now: Millis, mib: u64, cause: EventId) {
        self.merging.max_size_mib = mib;
        self.mark_all(now, cause);
    }

    /// `max-merge-region-keys`, or what goes with the size.
    pub fn max_merge_region_keys(&self) -> u64 {
        self.merging.max_keys()
    }

    pub(super) fn set_max_merge_region_keys(&mut self, now: Millis, keys: u64, cause: EventId) {
        self.merging.max_keys = keys;
        self.mark_all(now, cause);
    }

    pub(super) fn set_split_merge_interval(&mut self, now: Millis, ms: u64, cause: EventId) {
        self.merging.interval_ms = ms;
        self.mark_all(now, cause);
    }

    fn mark_all(&mut self, now: Millis, cause: EventId) {
        let all: Vec<RegionId> = self.regions.iter().map(RegionInfo::id).collect();
        all.into_iter().for_each(|region| self.patrol.mark(now, region, Some(cause)));
    }

    /// Something about a region has changed: a neighbour may now be merged into it.
    pub(super) fn mark_neighbours(&mut self, now: Millis, region: &Region, cause: Option<EventId>) {
        if 0 < self.merging.max_size_mib {
            let [before, after] = self.regions.neighbours(region);
            let both: Vec<RegionId> = before.into_iter().chain(after).map(RegionInfo::id).collect();
            both.into_iter().for_each(|near| self.patrol.mark(now, near, cause));
        }
    }

    /// Merges a region with which nothing else is to be done, if it is small.
    pub(super) fn merge_if_small(
        &mut self,
        now: Millis,
        region: RegionId,
        events: &mut EventLog,
    ) -> Option<Schedule> {
        let info = self.regions.get(region)?;
        if self.merging.max_size_mib == 0 || !self.merging.is_small(info) {
            return None;
        }
        let rested = self.merging.rested_at(region);
        if now < rested {
            self.patrol.wait(region, rested);
            return None;
        }
        let target = self.merge_target(now, info)?;
        let rested = self.merging.rested_at(target);
        if now < rested {
            self.patrol.wait(region, rested);
            return None;
        }
        let merges = self.operators.iter().filter(|o| o.kind == OperatorKind::Merge).count() / 2;
        if MERGE_SCHEDULE_LIMIT <= merges {
            self.patrol.wait(region, now.after(SECOND));
            return None;
        }
        let causes: Vec<EventId> = self.occasion(region, events).into_iter().collect();
        self.start_merge(now, [region, target], OperatorName::MergeRegion, &causes, events);
        self.push(now, region, events)
    }

    /// The smaller of the neighbours that may take it in; of two alike the one after it.
    fn merge_target(&self, now: Millis, source: &RegionInfo) -> Option<RegionId> {
        let [before, after] = self.regions.neighbours(&source.region);
        let allowed = |near: &&RegionInfo| self.may_merge(now, source, near);
        let both = after.filter(allowed).into_iter().chain(before.filter(allowed));
        both.min_by_key(|near| near.approximate_size_mib).map(RegionInfo::id)
    }

    /// PD: `checkTarget`, `AllowMerge`, `checkPeerStore`.
    fn may_merge(&self, now: Millis, source: &RegionInfo, target: &RegionInfo) -> bool {
        let both = Region {
            start: source.region.start.clone().min(target.region.start.clone()),
            end: match source.region.start < target.region.start {
                true => target.region.end.clone(),
                false => source.region.end.clone(),
            },
            ..Region::clone(&source.region)
        };
        let brings_none_to_leaving_store = target.region.peers.iter().all(|peer| {
            let stays = self.stores.get(&peer.store).is_some_and(|s| s.state == StoreState::Up);
            stays || source.region.peer_on(peer.store).is_some()
        });
        self.operators.get(target.id()).is_none()
            && self.merging.fit_together(source, target)
            && self.rules.edges_inside(&both).is_empty()
            && brings_none_to_leaving_store
            && self.check_merge(now, source.id(), target.id()).is_ok()
    }
}
