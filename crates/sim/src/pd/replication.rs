//! DR Auto-Sync: how PD tells TiKV to replicate over two data centres, and which stores TiKV may
//! talk to while it cannot. PD: `pkg/replication/replication_mode.go`.
//!
//! PD looks at the stores twice a second. Where the second data centre is lost it waits until
//! every store of the first knows (`async_wait`), and only then lets the first go on alone
//! (`async`). With both states goes the list of the first one's stores: TiKV sends to no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::region_tree::RegionTree;
use super::stores::{IdAllocator, StoreRecord, StoreTable};
use crate::event::{EventKind, EventLog, Subject};
use crate::ids::{EventId, MINUTE, Millis, StoreId};
use crate::message::{Integrity, RegionReplication};
use crate::region::Key;
use crate::store::{Engine, StoreState};

/// How often PD looks. PD: `tickInterval`.
const TICK_MS: u64 = 500;
/// PD does not look in the first minute of its life. PD: `idleTimeout`.
const IDLE_MS: u64 = MINUTE;

/// PD's `replication-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplicationMode {
    /// A majority decides, wherever it is.
    Majority,
    /// See the module.
    DrAutoSync,
}

impl ReplicationMode {
    /// PD's name.
    pub fn name(self) -> &'static str {
        match self {
            ReplicationMode::Majority => "majority",
            ReplicationMode::DrAutoSync => "dr-auto-sync",
        }
    }
}

/// The states of DR Auto-Sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DrState {
    /// Both data centres have everything.
    Sync,
    /// The second one is lost; the stores of the first are being told.
    AsyncWait,
    /// The first one goes on alone.
    Async,
    /// The second one is back and catches up.
    SyncRecover,
}

impl DrState {
    /// PD's name.
    pub fn name(self) -> &'static str {
        match self {
            DrState::Sync => "sync",
            DrState::AsyncWait => "async_wait",
            DrState::Async => "async",
            DrState::SyncRecover => "sync_recover",
        }
    }
}

/// What PD tells every store with its heartbeat. kvproto: `replication_modepb.DRAutoSync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrStatus {
    /// The state.
    pub state: DrState,
    /// Tells this state from every earlier one.
    pub state_id: u64,
    /// The label that tells the data centres apart.
    pub label_key: String,
    /// The stores that may be talked to; empty for all.
    pub available_stores: Vec<StoreId>,
    /// The event of the switch.
    pub cause: EventId,
}

/// One option of `config set replication-mode …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicationOption {
    /// `config set replication-mode dr-auto-sync`, or `majority`.
    Mode(ReplicationMode),
    /// `… dr-auto-sync label-key zone`: the label that tells the data centres apart.
    LabelKey(String),
    /// `… primary dc1`: its value in the first.
    Primary(String),
    /// `… dr dc2`: its value in the second.
    Dr(String),
    /// `… primary-replicas 2`: voters of a region in the first.
    PrimaryReplicas(u64),
    /// `… dr-replicas 1`: voters of a region in the second.
    DrReplicas(u64),
    /// `… wait-store-timeout 60s`: how many milliseconds a store may be silent.
    WaitStoreTimeout(u64),
}

/// PD's part of DR Auto-Sync.
#[derive(Debug)]
pub struct Replication {
    mode: ReplicationMode,
    label_key: String,
    primary: String,
    dr: String,
    primary_replicas: u64,
    dr_replicas: u64,
    wait_store_ms: u64,
    status: Option<Arc<DrStatus>>,
    /// The state that each store has said it is in.
    acknowledged: BTreeMap<StoreId, u64>,
    /// Up to which key the regions have recovered since the present state began.
    recovered_to: Key,
    next_tick: Millis,
}

impl Default for Replication {
    fn default() -> Replication {
        Replication {
            mode: ReplicationMode::Majority,
            label_key: String::new(),
            primary: String::new(),
            dr: String::new(),
            primary_replicas: 0,
            dr_replicas: 0,
            wait_store_ms: MINUTE,
            status: None,
            acknowledged: BTreeMap::new(),
            recovered_to: Key::default(),
            next_tick: Millis(IDLE_MS),
        }
    }
}

/// The stores of both data centres that hold voters, by whether PD hears of them.
#[derive(Debug, Default)]
struct Census {
    primary_up: Vec<StoreId>,
    primary_down: u64,
    dr_up: u64,
    dr_down: u64,
}

impl Replication {
    /// The mode.
    pub fn mode(&self) -> ReplicationMode {
        self.mode
    }

    /// The label that tells the data centres apart.
    pub fn label_key(&self) -> &str {
        &self.label_key
    }

    /// What the stores are told; `None` in mode majority.
    pub fn status(&self) -> Option<&Arc<DrStatus>> {
        self.status.as_ref()
    }

    /// When it looks next.
    pub(super) fn next_due(&self) -> Option<Millis> {
        self.status.is_some().then_some(self.next_tick)
    }

    /// A store says which state it is in.
    pub(super) fn acknowledge(&mut self, store: StoreId, state_id: u64) {
        if self.status.is_some() {
            self.acknowledged.insert(store, state_id);
        }
    }

    /// Changes one option. PD: `UpdateConfig`.
    pub(super) fn set(
        &mut self,
        now: Millis,
        option: &ReplicationOption,
        cause: EventId,
        ids: &mut IdAllocator,
        events: &mut EventLog,
    ) {
        match option {
            ReplicationOption::Mode(ReplicationMode::Majority) => {
                self.mode = ReplicationMode::Majority;
                self.status = None;
            }
            ReplicationOption::Mode(ReplicationMode::DrAutoSync) if self.status.is_none() => {
                self.mode = ReplicationMode::DrAutoSync;
                self.next_tick = self.next_tick.max(now.after(TICK_MS));
                self.switch(now, DrState::SyncRecover, Vec::new(), vec![cause], ids, events);
            }
            ReplicationOption::Mode(ReplicationMode::DrAutoSync) => {}
            ReplicationOption::LabelKey(key) => self.label_key.clone_from(key),
            ReplicationOption::Primary(value) => self.primary.clone_from(value),
            ReplicationOption::Dr(value) => self.dr.clone_from(value),
            ReplicationOption::PrimaryReplicas(count) => self.primary_replicas = *count,
            ReplicationOption::DrReplicas(count) => self.dr_replicas = *count,
            ReplicationOption::WaitStoreTimeout(ms) => self.wait_store_ms = *ms,
        }
    }

    /// Looks at the stores. PD: `tickUpdateState`.
    pub(super) fn tick(
        &mut self,
        now: Millis,
        stores: &StoreTable,
        regions: &RegionTree,
        ids: &mut IdAllocator,
        events: &mut EventLog,
    ) {
        let Some(status) = self.status.clone().filter(|_| self.next_tick <= now) else { return };
        self.next_tick = now.after(TICK_MS);
        let census = self.census(now, stores, regions);
        let can_sync = self.can_sync(&census);
        let up = census.primary_up.clone();
        let lost = !can_sync && self.has_majority(&census);
        let to = match status.state {
            DrState::Sync if lost => Some((DrState::AsyncWait, up)),
            DrState::AsyncWait if can_sync => Some((DrState::Sync, Vec::new())),
            DrState::AsyncWait if status.available_stores != up => Some((DrState::AsyncWait, up)),
            DrState::AsyncWait if self.all_know(&up, &status) => Some((DrState::Async, up)),
            DrState::Async if can_sync => Some((DrState::SyncRecover, Vec::new())),
            DrState::Async if status.available_stores != up && self.all_know(&up, &status) => {
                Some((DrState::Async, up))
            }
            DrState::SyncRecover if lost => Some((DrState::Async, up)),
            DrState::SyncRecover if !lost && self.has_recovered(regions) => {
                Some((DrState::Sync, Vec::new()))
            }
            DrState::Sync | DrState::AsyncWait | DrState::Async | DrState::SyncRecover => None,
        };
        if let Some((state, available)) = to {
            let told = stores.keys().filter_map(|store| events.latest(Subject::Record(*store)));
            let why: Vec<EventId> = told.max().into_iter().chain([status.cause]).collect();
            self.switch(now, state, available, why, ids, events);
        }
    }

    fn switch(
        &mut self,
        now: Millis,
        state: DrState,
        available_stores: Vec<StoreId>,
        causes: Vec<EventId>,
        ids: &mut IdAllocator,
        events: &mut EventLog,
    ) {
        let available = available_stores.clone();
        let cause = events.emit(now, EventKind::DrStateSwitched { state, available }, causes);
        let state_id = ids.allocate();
        let label_key = self.label_key.clone();
        let status = DrStatus { state, state_id, label_key, available_stores, cause };
        self.status = Some(Arc::new(status));
        self.recovered_to = Key::default();
    }

    /// PD: `checkStoreStatus`. Stores that hold no voter do not count: those without a region, and
    /// TiFlash.
    fn census(&self, now: Millis, stores: &StoreTable, regions: &RegionTree) -> Census {
        let mut census = Census::default();
        let counts = |store: &&StoreRecord| {
            store.state != StoreState::Tombstone
                && store.meta.engine == Engine::TiKv
                && 0 < regions.count_on(store.meta.id)
        };
        for store in stores.values().filter(counts) {
            let is_down = self.wait_store_ms <= store.silence_ms(now);
            let place = store.meta.labels.get(&self.label_key).map_or("", String::as_str);
            match (place == self.primary, place == self.dr, is_down) {
                (true, _, false) => census.primary_up.push(store.meta.id),
                (true, _, true) => census.primary_down += 1,
                (false, true, false) => census.dr_up += 1,
                (false, true, true) => census.dr_down += 1,
                (false, false, _) => {}
            }
        }
        census
    }

    /// Whether every region has a voter in each data centre.
    fn can_sync(&self, census: &Census) -> bool {
        census.primary_down < self.primary_replicas
            && census.dr_down < self.dr_replicas
            && !census.primary_up.is_empty()
            && 0 < census.dr_up
    }

    /// Whether every region has a majority of its voters. If not, nothing PD says would help.
    fn has_majority(&self, census: &Census) -> bool {
        let up = self.primary_replicas.saturating_sub(census.primary_down)
            + self.dr_replicas.saturating_sub(census.dr_down);
        self.primary_replicas + self.dr_replicas < 2 * up
    }

    /// PD: `drCheckStoreStateUpdated`.
    fn all_know(&self, stores: &[StoreId], status: &DrStatus) -> bool {
        let knows = |store: &StoreId| self.acknowledged.get(store) == Some(&status.state_id);
        stores.iter().all(knows)
    }

    /// Whether every region's leader has said in this state that both data centres have all that
    /// is committed. Goes on where it stopped. PD: `updateProgress`, `checkRegionRecover`.
    fn has_recovered(&mut self, regions: &RegionTree) -> bool {
        let Some(state_id) = self.status.as_ref().map(|status| status.state_id) else {
            return false;
        };
        let whole = RegionReplication { state_id, state: Integrity::IntegrityOverLabel };
        let mut to = self.recovered_to.clone();
        let mut complete = false;
        for info in regions.in_range(&self.recovered_to, &Key::default()) {
            if info.replication != Some(whole) || to < info.region.start {
                break;
            }
            to = info.region.end.clone();
            complete = to.is_empty();
        }
        self.recovered_to = to;
        complete
    }

    /// What decides its future, for the fingerprint.
    pub(crate) fn digest(&self, fold: &mut impl FnMut(u64)) {
        let Some(status) = &self.status else { return };
        fold(status.state_id << 2 ^ status.state as u64);
        status.available_stores.iter().for_each(|store| fold(store.0));
        self.acknowledged.iter().for_each(|(store, state)| fold(store.0 << 32 ^ state));
        [self.primary_replicas, self.dr_replicas, self.wait_store_ms].into_iter().for_each(fold);
    }
}
