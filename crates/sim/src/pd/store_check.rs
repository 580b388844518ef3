//! How PD's view of its stores changes by itself: silence, draining, burial, erasure.
//! PD: `server/cluster/cluster.go:checkStores`.

use super::Pd;
use crate::event::{EventKind, EventLog, Subject};
use crate::ids::{EventId, HOUR, Millis, RegionId, StoreId};
use crate::order;
use crate::store::StoreState;

/// How often PD looks at all stores. PD: `storeCheckInterval`.
pub(super) const STORE_CHECK_MS: u64 = 10_000;
/// After this much silence the record of a Tombstone goes. PD: `gcTombstoneInterval`.
const TOMBSTONE_GC_MS: u64 = 30 * 24 * HOUR;

impl Pd {
    /// Looks at all stores: tells new names, buries Offline ones that are empty, and erases
    /// Tombstones that have been silent for 30 days.
    pub(super) fn check_stores(&mut self, now: Millis, events: &mut EventLog) {
        let ids: Vec<StoreId> = self.stores.keys().copied().collect();
        for store in ids {
            self.notice_status(now, store, None, events);
            let record = &self.stores[&store];
            let silence = record.silence_ms(now);
            match record.state {
                StoreState::Up => self.check_preparing(now, store, events),
                StoreState::Offline if 0 < self.regions.count_on(store) => {}
                StoreState::Offline => self.bury(now, store, events),
                StoreState::Tombstone if silence <= TOMBSTONE_GC_MS => {}
                StoreState::Tombstone => {
                    let cause = events.latest(Subject::Record(store));
                    self.erase(now, store, cause, events);
                }
            }
        }
    }

    /// A drained store is done with.
    fn bury(&mut self, now: Millis, store: StoreId, events: &mut EventLog) {
        let record = self.stores.get_mut(&store).expect("the caller holds its id");
        assert!(record.state == StoreState::Offline, "store {store} is not being drained");
        record.state = StoreState::Tombstone;
        self.notice_status(now, store, None, events);
    }

    /// Erases a record. PD does not know the id any more.
    pub(super) fn erase(
        &mut self,
        now: Millis,
        store: StoreId,
        cause: Option<EventId>,
        events: &mut EventLog,
    ) {
        let erased = self.stores.remove(&store);
        assert!(
            erased.is_some_and(|record| record.state == StoreState::Tombstone),
            "store {store} is no Tombstone"
        );
        self.shown.remove(&store);
        self.once_buried.insert(store);
        self.lost_stores.erase(store);
        self.limits.restore(store);
        let event = events.emit(now, EventKind::StoreErased(store), cause);
        self.mark_store(now, store, event);
    }

    /// Tells it if the name PD shows for a store has changed. Without a cause given, what happened
    /// to the store before is the cause.
    pub(super) fn notice_status(
        &mut self,
        now: Millis,
        store: StoreId,
        cause: Option<EventId>,
        events: &mut EventLog,
    ) {
        let record = self.stores.get_mut(&store).expect("its name is asked for");
        let to = record.status(now);
        let Some(from) = self.shown.insert(store, to).filter(|from| *from != to) else {
            return;
        };
        let before = [Subject::Record(store), Subject::Process(store)];
        let causes = match cause {
            Some(cause) => vec![cause],
            None => order::nearest_first(before.iter().filter_map(|s| events.latest(*s)).collect()),
        };
        let event = events.emit(now, EventKind::StoreStatusChanged { store, from, to }, causes);
        record.last_event = Some(event);
        self.mark_store(now, store, event);
    }

    /// Regions on the store and all that are blocked are to be checked again.
    pub(super) fn mark_store(&mut self, now: Millis, store: StoreId, cause: EventId) {
        self.patrol.mark_blocked(now, cause);
        if self.regions.count_on(store) == 0 {
            return;
        }
        let on_store: Vec<RegionId> = self
            .regions
            .iter()
            .filter(|info| info.region.peer_on(store).is_some())
            .map(super::region_tree::RegionInfo::id)
            .collect();
        for region in on_store {
            self.patrol.mark(now, region, Some(cause));
        }
    }
}
