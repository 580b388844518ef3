//! How fast PD lets operators load a store. PD: `pkg/core/storelimit`, defaults of `store limit`.
//!
//! Each store has a bucket for added and one for removed peers. It holds what one peer costs and
//! fills at 15 peers a minute, at 30 on TiFlash. All in whole numbers: one peer costs 60,000
//! units, so that a rate in peers a minute is a rate in units a millisecond.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{Millis, StoreId};
use crate::store::Engine;

/// The cost of a peer in units. PD: `storelimit.RegionInfluence`.
const PEER_COST: u64 = 60_000;
/// The cost of a peer of a small region. PD: `storelimit.SmallRegionInfluence`.
const SMALL_PEER_COST: u64 = PEER_COST / 5;
/// Up to this many MiB a region is small. PD: `storelimit.SmallRegionThreshold`.
const SMALL_REGION_MIB: u64 = 20;
/// Up to this many MiB a region is empty, and costs nothing. PD: `EmptyRegionApproximateSize`.
const EMPTY_REGION_MIB: u64 = 1;

/// Operators of the kind `replica` that may run at once. PD: `replica-schedule-limit`.
pub(super) const REPLICA_SCHEDULE_LIMIT: usize = 64;

/// What is done to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Load {
    /// A peer is added.
    Add,
    /// A peer is removed.
    Remove,
}

/// Peers a minute. PD: `default-store-limit`, `default-tiflash-store-limit`.
fn peers_a_minute(engine: Engine) -> u64 {
    match engine {
        Engine::TiKv => 15,
        Engine::TiFlash => 30,
    }
}

/// A bucket that was last changed at `at`, and held `units` then.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    units: u64,
    at: Millis,
}

/// The buckets of all stores. A store without one has a full one.
#[derive(Clone, Debug, Default)]
pub(super) struct StoreLimits {
    buckets: BTreeMap<(StoreId, Load), Bucket>,
    unlimited: BTreeSet<StoreId>,
}

impl StoreLimits {
    /// When a peer of a region of this size may be added to or removed from the store: `now` or
    /// later.
    pub(super) fn available_at(
        &self,
        now: Millis,
        store: StoreId,
        engine: Engine,
        load: Load,
        size_mib: u64,
    ) -> Millis {
        if load == Load::Remove && self.unlimited.contains(&store) {
            return now;
        }
        let missing = cost(size_mib).saturating_sub(self.units(now, store, engine, load));
        now.after(missing.div_ceil(peers_a_minute(engine)))
    }

    /// Takes what such a peer costs, or nothing where that is not there: an operator asked for by
    /// hand is not held back. PD: `storelimit.StoreRateLimit.Take`.
    pub(super) fn take(
        &mut self,
        now: Millis,
        store: StoreId,
        engine: Engine,
        load: Load,
        size_mib: u64,
    ) {
        let has_room = self.available_at(now, store, engine, load, size_mib) <= now;
        let is_free = load == Load::Remove && self.unlimited.contains(&store);
        if !has_room || is_free || cost(size_mib) == 0 {
            return;
        }
        let units = self.units(now, store, engine, load) - cost(size_mib);
        self.buckets.insert((store, load), Bucket { units, at: now });
    }

    /// Peers may leave the store as fast as they can: it is being drained.
    pub(super) fn lift_removal(&mut self, store: StoreId) {
        self.unlimited.insert(store);
    }

    /// The store is back in service, or its record is gone.
    pub(super) fn restore(&mut self, store: StoreId) {
        self.unlimited.remove(&store);
    }

    fn units(&self, now: Millis, store: StoreId, engine: Engine, load: Load) -> u64 {
        match self.buckets.get(&(store, load)) {
            None => PEER_COST,
            Some(bucket) => {
                let gained = now.since(bucket.at).saturating_mul(peers_a_minute(engine));
                PEER_COST.min(bucket.units.saturating_add(gained))
            }
        }
    }
}

fn cost(size_mib: u64) -> u64 {
    if size_mib <= EMPTY_REGION_MIB {
        0
    } else if size_mib <= SMALL_REGION_MIB {
        SMALL_PEER_COST
    } else {
        PEER_COST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId(1);

    #[test]
    fn a_tikv_store_takes_a_peer_every_four_seconds_and_tiflash_every_two() {
        let mut limits = StoreLimits::default();
        for (engine, store, wait) in [(Engine::TiKv, 1, 4_000), (Engine::TiFlash, 503, 2_000)] {
            let store = StoreId(store);
            let now = Millis(700);
            assert_eq!(limits.available_at(now, store, engine, Load::Add, 96), now);
            limits.take(now, store, engine, Load::Add, 96);
            let next = now.after(wait);
            assert_eq!(limits.available_at(now, store, engine, Load::Add, 96), next);
            assert_eq!(limits.available_at(next, store, engine, Load::Add, 96), next);
            assert_eq!(limits.available_at(now, store, engine, Load::Remove, 96), now);
        }
    }

    #[test]
    fn small_regions_cost_a_fifth_and_empty_ones_nothing() {
        let mut limits = StoreLimits::default();
        let now = Millis(0);
        for _ in 0..5 {
            limits.take(now, STORE, Engine::TiKv, Load::Add, 20);
        }
        let wait = |size| limits.available_at(now, STORE, Engine::TiKv, Load::Add, size).0;
        assert_eq!([wait(1), wait(20), wait(96)], [0, 800, 4_000]);
    }

    #[test]
    fn a_store_that_is_drained_gives_up_its_peers_at_once() {
        let mut limits = StoreLimits::default();
        limits.lift_removal(STORE);
        for _ in 0..100 {
            limits.take(Millis(0), STORE, Engine::TiKv, Load::Remove, 96);
            let next = limits.available_at(Millis(0), STORE, Engine::TiKv, Load::Remove, 96);
            assert_eq!(next, Millis(0));
        }
    }

    #[test]
    fn what_does_not_wait_for_room_takes_none_from_others() {
        let mut limits = StoreLimits::default();
        for _ in 0..9 {
            limits.take(Millis(0), STORE, Engine::TiKv, Load::Remove, 96);
        }
        let next = limits.available_at(Millis(0), STORE, Engine::TiKv, Load::Remove, 96);
        assert_eq!(next, Millis(4_000));
    }
}
