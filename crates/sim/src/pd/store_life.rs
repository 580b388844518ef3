//! How stores come and go by people's hands: registration, `store delete`, `store cancel-delete`,
//! removal for good, and the erasure of Tombstones.
//! PD: `server/cluster/cluster.go:PutStore`, `RemoveStore`, `UpStore`, `RemoveTombStoneRecords`.

use super::Pd;
use super::region_tree::RegionInfo;
use super::stores::StoreRecord;
use crate::event::{EventKind, EventLog};
use crate::ids::{EventId, HOUR, Millis, RegionId, StoreId};
use crate::refusal::{Refusal, StartFault, StoreFault};
use crate::release::StoreDeleteCheck;
use crate::store::{Engine, StoreMeta, StoreState};

impl Pd {
    /// Whether a store that starts may register.
    ///
    /// # Errors
    /// The record says Tombstone, or another store in service has the address.
    pub(crate) fn check_put_store(&self, meta: &StoreMeta) -> Result<(), Refusal> {
        let record = self.stores.get(&meta.id);
        if record.is_some_and(|record| record.state == StoreState::Tombstone) {
            return Err(Refusal::StoreBuried(meta.id));
        }
        // An address is free again when its store is removed or destroyed.
        let holds_it = |other: &&StoreRecord| {
            other.meta.id != meta.id
                && other.meta.address == meta.address
                && other.state != StoreState::Tombstone
                && !other.physically_destroyed
        };
        match self.stores.values().find(holds_it) {
            Some(other) => Err(Refusal::Start(StartFault::DuplicatedAddress {
                store: meta.id,
                address: meta.address.clone(),
                by: other.meta.id,
            })),
            None => Ok(()),
        }
    }

    /// A store that starts registers itself, or says again who it is. A record that was erased is
    /// made anew: PD cannot know that there was one.
    ///
    /// # Errors
    /// See [`Pd::check_put_store`].
    pub(crate) fn put_store(
        &mut self,
        now: Millis,
        meta: &StoreMeta,
        events: &mut EventLog,
        cause: Option<EventId>,
    ) -> Result<(), Refusal> {
        self.check_put_store(meta)?;
        if let Some(record) = self.stores.get_mut(&meta.id) {
            record.meta = meta.clone();
            record.started = now;
            return Ok(());
        }
        let registered = events.emit(now, EventKind::StoreRegistered(meta.id), cause);
        self.ids.leave_out(meta.id.0);
        let record = StoreRecord {
            meta: meta.clone(),
            state: StoreState::Up,
            preparing: true,
            started: now,
            physically_destroyed: false,
            down_after_ms: self.max_store_down_ms,
            last_heartbeat: Some(now),
            region_count: 0,
            last_event: Some(registered),
        };
        self.shown.insert(meta.id, record.status(now));
        self.stores.insert(meta.id, record);
        self.lost_stores.register(meta.id);
        self.mark_store(now, meta.id, registered);
        Ok(())
    }

    /// The id that a store without one would get.
    pub(crate) fn next_store_id(&self) -> StoreId {
        StoreId(self.ids.peek())
    }

    /// Refused if there are Tombstones and the region cache shows a region on every one of them.
    /// PD erases those it can and names the others.
    pub(super) fn check_remove_tombstone(&self) -> Result<(), Refusal> {
        let (holding, free) = self.tombstones();
        match free.is_empty() && !holding.is_empty() {
            true => Err(Refusal::TombstonesHoldRegions(holding)),
            false => Ok(()),
        }
    }

    pub(super) fn remove_tombstone(&mut self, now: Millis, cause: EventId, events: &mut EventLog) {
        let (holding, free) = self.tombstones();
        for store in holding {
            events.emit(now, EventKind::TombstoneKept(store), [cause]);
        }
        for store in free {
            self.erase(now, store, Some(cause), events);
        }
    }

    /// All Tombstones: those on which the region cache shows a region, and the others.
    fn tombstones(&self) -> (Vec<StoreId>, Vec<StoreId>) {
        let records = self.stores.values().filter(|s| s.state == StoreState::Tombstone);
        records.map(|s| s.meta.id).partition(|store| 0 < self.regions.count_on(*store))
    }

    /// Whether a store may be drained; one that is `destroyed` goes whatever is left.
    pub(super) fn check_delete(&self, store: StoreId, destroyed: bool) -> Result<(), Refusal> {
        let refused = |fault| Err(Refusal::StoreDelete { store, fault });
        let Some(record) = self.stores.get(&store) else {
            return refused(StoreFault::NotFound);
        };
        match record.state {
            StoreState::Tombstone => refused(StoreFault::Removed),
            StoreState::Offline if record.physically_destroyed && !destroyed => {
                refused(StoreFault::Destroyed)
            }
            StoreState::Offline => Ok(()),
            StoreState::Up if destroyed => Ok(()),
            StoreState::Up => match self.check_replicas(record) {
                Some(fault) => refused(fault),
                None => Ok(()),
            },
        }
    }

    /// Whether fewer Up TiKV stores would be left than there shall be replicas.
    /// PD: `checkTikvReplicaBeforeOfflineStore`.
    fn check_replicas(&self, record: &StoreRecord) -> Option<StoreFault> {
        match self.knobs.store_delete_check {
            StoreDeleteCheck::TikvOnly if record.meta.engine == Engine::TiFlash => return None,
            StoreDeleteCheck::TikvOnly | StoreDeleteCheck::EveryStore => {}
        }
        let is_up_tikv =
            |s: &&StoreRecord| s.state == StoreState::Up && s.meta.engine == Engine::TiKv;
        let up = (self.stores.values().filter(is_up_tikv).count() as u64).saturating_sub(1);
        let need = self.rules.max_replicas();
        (up < need).then_some(StoreFault::NotEnough { up, need })
    }

    /// Only a destroyed or buried store cannot be called back; for one that is Up there is nothing
    /// to do.
    pub(super) fn check_cancel_delete(&self, store: StoreId) -> Result<(), Refusal> {
        let fault = match self.stores.get(&store) {
            None => StoreFault::NotFound,
            Some(record) if record.state == StoreState::Tombstone => StoreFault::Removed,
            Some(record) if record.physically_destroyed => StoreFault::Destroyed,
            Some(_) => return Ok(()),
        };
        Err(Refusal::StoreCancelDelete { store, fault })
    }

    pub(super) fn delete_store(
        &mut self,
        now: Millis,
        store: StoreId,
        destroyed: bool,
        cause: EventId,
        events: &mut EventLog,
    ) {
        self.limits.lift_removal(store);
        let record = self.stores.get_mut(&store).expect("checked: PD has its record");
        record.physically_destroyed |= destroyed;
        record.state = StoreState::Offline;
        self.notice_status(now, store, Some(cause), events);
    }

    pub(super) fn cancel_delete(
        &mut self,
        now: Millis,
        store: StoreId,
        cause: EventId,
        events: &mut EventLog,
    ) {
        self.limits.restore(store);
        self.stores.get_mut(&store).expect("checked: PD has its record").state = StoreState::Up;
        self.notice_status(now, store, Some(cause), events);
    }

    /// `config set max-store-down-time`: every store is judged by it at once.
    pub(super) fn set_max_store_down(
        &mut self,
        now: Millis,
        ms: u64,
        cause: EventId,
        events: &mut EventLog,
    ) {
        self.max_store_down_ms = ms;
        let ids: Vec<StoreId> = self.stores.keys().copied().collect();
        for store in ids {
            self.stores.get_mut(&store).expect("it was just listed").down_after_ms = ms;
            self.notice_status(now, store, Some(cause), events);
        }
        let all: Vec<RegionId> = self.regions.iter().map(RegionInfo::id).collect();
        all.into_iter().for_each(|region| self.patrol.mark(now, region, Some(cause)));
    }

    /// A new store that has taken its share serves: below a hundred regions at once, else with nine
    /// tenths of what it would hold if its engine's peers were spread evenly, or after two days.
    /// PD: `cluster.go:checkStore`, `getThreshold`.
    pub(super) fn check_preparing(&mut self, now: Millis, store: StoreId, events: &mut EventLog) {
        let record = &self.stores[&store];
        if !record.preparing || record.state != StoreState::Up {
            return;
        }
        if now.since(record.started) < MAX_PREPARING_MS && !self.has_its_share(record) {
            return;
        }
        let cause = record.last_event;
        self.stores.get_mut(&store).expect("it was just there").preparing = false;
        events.emit(now, EventKind::StoreServing(store), cause);
    }

    fn has_its_share(&self, record: &StoreRecord) -> bool {
        if self.regions.iter().count() < INIT_CLUSTER_REGIONS {
            return true;
        }
        let engine = record.meta.engine;
        let is_peer = |s: &&StoreRecord| s.meta.engine == engine && s.state == StoreState::Up;
        let stores = self.stores.values().filter(is_peer).count() as u64;
        let wanted = |info: &RegionInfo| -> u64 {
            let Some((default, table)) = self.rules.for_region(&info.region) else { return 0 };
            let rules = [Some(default), table].into_iter().flatten();
            rules.filter(|rule| rule.engine == engine).map(|rule| rule.count).sum()
        };
        let all: u64 = self.regions.iter().map(wanted).sum();
        all * 9 <= self.regions.count_on(record.meta.id) * stores * 10
    }
}

/// A store that has run for so long serves, whatever it holds. PD: `max-store-preparing-time`.
const MAX_PREPARING_MS: u64 = 48 * HOUR;
/// With fewer regions a new store serves at once. PD: `InitClusterRegionThreshold`.
const INIT_CLUSTER_REGIONS: usize = 100;
