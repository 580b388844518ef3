//! Where a new peer may go. PD: `checker/replica_strategy.go:SelectStoreToAdd` and the filters of
//! `pkg/schedule/filter`.
//!
//! Left out: storage thresholds, snapshot and pending-peer counts, isolation.

use super::limits::{Load, StoreLimits};
use super::region_tree::{RegionInfo, RegionTree};
use super::rules::Rule;
use super::stores::{StoreRecord, StoreTable};
use crate::ids::{Millis, StoreId};
use crate::release::OrphanRules;
use crate::store::StoreState;

/// The answer to the question where a peer may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Here.
    Store(StoreId),
    /// On some store that has taken enough for now; not before this moment.
    Later(Millis),
    /// Nowhere.
    Nowhere,
}

/// What a search for a store looks at.
pub(super) struct Search<'a> {
    pub(super) now: Millis,
    pub(super) stores: &'a StoreTable,
    pub(super) regions: &'a RegionTree,
    pub(super) limits: &'a StoreLimits,
    pub(super) orphan_rules: OrphanRules,
}

impl Search<'_> {
    /// The store for one more peer of the region under `rule`: of those that hold no peer of it,
    /// match the rule, and are in service and connected, the one with the fewest regions.
    pub(super) fn target(&self, info: &RegionInfo, rule: &Rule) -> Target {
        let mut best: Option<(u64, StoreId)> = None;
        let mut later: Option<Millis> = None;
        for (id, store) in self.stores {
            if !rule.admits(&store.meta) || !self.is_open(info, *id, store) {
                continue;
            }
            let size = info.approximate_size_mib;
            let room_at =
                self.limits.available_at(self.now, *id, store.meta.engine, Load::Add, size);
            if self.now < room_at {
                later = Some(later.map_or(room_at, |at| at.min(room_at)));
                continue;
            }
            let candidate = (self.regions.count_on(*id), *id);
            best = Some(best.map_or(candidate, |known| known.min(candidate)));
        }
        match (best, later) {
            (Some((_, store)), _) => Target::Store(store),
            (None, Some(at)) => Target::Later(at),
            (None, None) => Target::Nowhere,
        }
    }

    fn is_open(&self, info: &RegionInfo, id: StoreId, store: &StoreRecord) -> bool {
        store.state == StoreState::Up
            && !store.is_disconnected(self.now)
            && info.region.peer_on(id).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pd::rules::RuleSet;
    use crate::pd::testing::{heartbeat, info, region, store_table};
    use crate::store::Engine;

    #[test]
    fn the_emptiest_store_in_service_without_a_peer_is_chosen() {
        let mut stores = store_table(&[1, 2, 3, 4, 5], &[503]);
        let mut regions = RegionTree::default();
        let other = region(9, "x", "y", &[(91, 4)]);
        regions.put(RegionInfo::reported(heartbeat(&other, 5), Millis(0))).expect("new");
        let mut limits = StoreLimits::default();
        let rules = RuleSet::new(3);
        let find = |stores: &StoreTable, limits: &StoreLimits| {
            let orphan_rules = OrphanRules::SurplusToo;
            let search = Search { now: Millis(0), stores, regions: &regions, limits, orphan_rules };
            search.target(&info(&[(11, 1), (12, 2)]), &rules.all()[0])
        };
        assert_eq!(find(&stores, &limits), Target::Store(StoreId(3)));
        stores.get_mut(&StoreId(3)).expect("known").state = StoreState::Offline;
        assert_eq!(find(&stores, &limits), Target::Store(StoreId(5)));
        limits.take(Millis(0), StoreId(5), Engine::TiKv, Load::Add, 96);
        assert_eq!(find(&stores, &limits), Target::Store(StoreId(4)));
        limits.take(Millis(0), StoreId(4), Engine::TiKv, Load::Add, 96);
        assert_eq!(find(&stores, &limits), Target::Later(Millis(4_000)));
        stores.get_mut(&StoreId(4)).expect("known").last_heartbeat = None;
        stores.get_mut(&StoreId(5)).expect("known").state = StoreState::Tombstone;
        assert_eq!(find(&stores, &limits), Target::Nowhere);
    }
}
