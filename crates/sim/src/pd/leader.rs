//! PD's own life. One of its members leads; what it learnt from heartbeats is in that member's
//! memory. The next leader begins with what is on disk: the records of stores and the regions'
//! ranges, epochs and members, but no leader of any, no operator and no recovery.
//! PD: `server/server.go:campaignLeader`, `server/cluster/cluster.go:LoadClusterInfo`.
//!
//! Left out: the members one by one, and that a member which is left alone may be behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Pd;
use super::balance_leader::BalanceLeader;
use super::identity::Identity;
use super::limits::StoreLimits;
use super::operator::Operators;
use super::region_tree::{RegionInfo, RegionTree};
use super::stores::StoreTable;
use super::unsafe_recovery::UnsafeRecovery;
use crate::command::PdCommand;
use crate::event::{EventKind, EventLog, RecoveryStage, Subject};
use crate::ids::{EventId, MINUTE, Millis, RegionId, SECOND, StoreId};
use crate::order;
use crate::refusal::{PdFault, Refusal};
use crate::region::Region;
use crate::store::StoreState;

/// How long PD is without a leader after the leader's process is gone, or after a start: until the
/// old lease is over and another member has it. PD: `leader-lease`.
pub const LEASE_MS: u64 = 5 * SECOND;
/// How long a leader that resigns leaves PD without one: the others need not wait for a lease.
pub const RESIGN_MS: u64 = SECOND;
/// What `pd-recover --from-old-member` adds to the allocator of ids. PD: `allocIDSafeGuard`.
pub const ALLOC_ID_SAFE_GUARD: u64 = 100_000_000;

/// After this long a new leader schedules, whatever it has heard. PD: `collectTimeout`.
const COLLECT_TIMEOUT_MS: u64 = 5 * MINUTE;
/// How often a new leader looks whether it has heard enough. PD: `runSchedulerCheckInterval`.
const COLLECT_CHECK_MS: u64 = 3 * SECOND;
/// Of ten regions, so many must have been reported. PD: `CollectFactor`.
const COLLECT_TENTHS: u64 = 9;
/// A store's last heartbeat is written to disk this often. PD: `storePersistInterval`.
const PERSIST_INTERVAL_MS: u64 = 5 * MINUTE;

/// Whether PD answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has a leader.
    Serving,
    /// It will have one at this moment.
    Electing(Millis),
    /// None of its processes runs.
    Stopped,
    /// It runs, with the identity of another cluster: after the loss of its disks.
    Foreign,
}

/// What PD has written down of regions, which its cache may have forgotten, and what was done to
/// its disk while it did not look.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    regions: BTreeMap<RegionId, Arc<Region>>,
    /// When stores were last heard from, up to five minutes behind.
    heartbeats: BTreeMap<StoreId, Millis>,
    /// `pd-recover` has deleted the records of stores.
    stores_deleted: bool,
    /// Whose metadata it is.
    pub(super) identity: Identity,
}

/// A new leader waits with scheduling until it has heard of most regions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collecting {
    since: Millis,
    pub(super) next_check: Millis,
}

impl Disk {
    /// What is on disk as a run begins: all that is in the cache.
    pub(super) fn of(stores: &StoreTable, regions: &RegionTree) -> Disk {
        let regions = order::map(regions.iter().map(|info| (info.id(), info.region.clone())));
        let heartbeats = stores.iter().filter_map(|(id, store)| Some((*id, store.last_heartbeat?)));
        Disk { regions, heartbeats: order::map(heartbeats), ..Disk::default() }
    }

    /// What a new PD has: nothing, where another had everything.
    pub(super) fn new() -> Disk {
        Disk { stores_deleted: true, identity: Identity::New, ..Disk::default() }
    }

    /// Writes down a store's heartbeat, if that has not been done for a while.
    pub(super) fn note_heartbeat(&mut self, now: Millis, store: StoreId) {
        let at = self.heartbeats.entry(store).or_insert(now);
        if PERSIST_INTERVAL_MS < now.since(*at) {
            *at = now;
        }
    }

    /// Keeps a region as its leader reported it, and drops those whose place it took.
    pub(super) fn keep(&mut self, region: Arc<Region>, evicted: &[RegionId]) {
        evicted.iter().for_each(|gone| drop(self.regions.remove(gone)));
        self.regions.insert(region.id, region);
    }
}

impl Pd {
    /// Whether PD answers.
    pub fn presence(&self) -> Presence {
        self.presence
    }

    /// Whether PD has a leader: without one it hears and answers nothing.
    pub fn is_serving(&self) -> bool {
        self.presence == Presence::Serving
    }

    /// Whether PD has heard enough since its leader began to schedule anything.
    pub fn is_prepared(&self) -> bool {
        self.collecting.is_none()
    }

    /// Whether PD is there for a command: a start wants it stopped, all else wants its leader.
    pub(super) fn check_presence(&self, command: &PdCommand) -> Result<(), Refusal> {
        let is_start = matches!(command, PdCommand::StartPd | PdCommand::ForceNewPdCluster);
        match self.presence {
            Presence::Stopped if is_start => Ok(()),
            Presence::Serving | Presence::Electing(_) | Presence::Foreign if is_start => {
                Err(Refusal::Pd(PdFault::Running))
            }
            Presence::Serving => Ok(()),
            Presence::Electing(_) | Presence::Stopped | Presence::Foreign
                if *command == PdCommand::LosePdDisks =>
            {
                Ok(())
            }
            Presence::Electing(_) | Presence::Foreign if *command == PdCommand::StopPd => Ok(()),
            Presence::Foreign if command.is_recovery_tool() => Ok(()),
            Presence::Electing(_) | Presence::Stopped | Presence::Foreign => {
                let fault = self.silence().expect("it does not serve");
                Err(Refusal::Pd(fault))
            }
        }
    }

    /// The leader goes; PD has another at `next`.
    pub(super) fn lose_leader(
        &mut self,
        now: Millis,
        next: Presence,
        cause: EventId,
        events: &mut EventLog,
    ) {
        if self.is_serving() {
            events.emit(now, EventKind::PdLeaderLost, [cause]);
        }
        self.presence = next;
    }

    /// `pd-recover --from-old-member` edits what is on disk; the running leader does not notice.
    pub(super) fn recover_from_old_member(&mut self) {
        self.disk.stores_deleted = true;
        self.ids.skip(ALLOC_ID_SAFE_GUARD);
    }

    /// When this part of PD has something to do.
    pub(super) fn life_due(&self) -> Option<Millis> {
        match self.presence {
            Presence::Serving => self.collecting.map(|collecting| collecting.next_check),
            Presence::Electing(at) => Some(at),
            Presence::Stopped | Presence::Foreign => None,
        }
    }

    /// Another member leads, if it is time.
    pub(super) fn elect(&mut self, now: Millis, events: &mut EventLog) {
        let Presence::Electing(at) = self.presence else { return };
        if now < at {
            return;
        }
        self.presence = Presence::Serving;
        let cause = events.latest(Subject::PdLeader);
        let elected = events.emit(now, EventKind::PdLeaderElected, cause);
        self.forget_memory(now, elected, events);
        self.load_stores(now, elected, events);
        self.load_regions();
        self.load_identity();
        self.collecting = Some(Collecting { since: now, next_check: now.after(COLLECT_CHECK_MS) });
    }

    fn forget_memory(&mut self, now: Millis, elected: EventId, events: &mut EventLog) {
        if self.recovery.stage() != RecoveryStage::Idle {
            let idle = EventKind::RecoveryStage { stage: RecoveryStage::Idle, step: 0 };
            events.emit(now, idle, [elected]);
        }
        self.recovery = UnsafeRecovery::new(self.knobs);
        self.operators = Operators::default();
        self.limits = StoreLimits::default();
        self.balance = BalanceLeader::from(now);
        self.merging = self.merging.of_new_leader(now);
        for region in self.patrol.clear() {
            events.emit(now, EventKind::RepairUnblocked(region), [elected]);
        }
    }

    fn load_stores(&mut self, now: Millis, elected: EventId, events: &mut EventLog) {
        if std::mem::take(&mut self.disk.stores_deleted) {
            for (store, record) in std::mem::take(&mut self.stores) {
                if record.state == StoreState::Tombstone {
                    self.once_buried.insert(store);
                }
                events.emit(now, EventKind::StoreForgotten(store), [elected]);
            }
            self.disk.heartbeats.clear();
        }
        self.shown.clear();
        for (store, record) in &mut self.stores {
            record.last_heartbeat = self.disk.heartbeats.get(store).copied();
            record.region_count = 0;
            self.shown.insert(*store, record.status(now));
        }
    }

    fn load_regions(&mut self) {
        self.regions = RegionTree::default();
        for region in self.disk.regions.values() {
            // One that is older than what it overlaps is passed over, as PD does.
            self.regions.put(RegionInfo::unreported(region.clone(), 0));
        }
    }

    /// Ends the wait for heartbeats if enough have come. PD: `prepare_checker.go:check`.
    pub(super) fn check_prepared(&mut self, now: Millis) {
        let Some(collecting) = self.collecting else { return };
        if now < collecting.next_check {
            return;
        }
        if collecting.since.after(COLLECT_TIMEOUT_MS) <= now || self.has_heard_enough() {
            self.collecting = None;
            self.patrol.resume(now);
        } else {
            let next_check = now.after(COLLECT_CHECK_MS);
            self.collecting = Some(Collecting { next_check, ..collecting });
        }
    }

    /// Nine in ten of all regions, and of those on each store in service, have been reported.
    fn has_heard_enough(&self) -> bool {
        let mut heard: BTreeMap<StoreId, u64> = BTreeMap::new();
        let mut regions = (0, 0);
        for info in self.regions.iter() {
            regions.0 += 1;
            if info.leader.is_some() {
                regions.1 += 1;
                for peer in &info.region.peers {
                    *heard.entry(peer.store).or_default() += 1;
                }
            }
        }
        let enough = |all: u64, heard: u64| all * COLLECT_TENTHS <= heard * 10;
        let serves = |store: &StoreId| self.stores[store].state == StoreState::Up;
        let stores = self.stores.keys().filter(|store| serves(store));
        enough(regions.0, regions.1)
            && stores.into_iter().all(|store| {
                enough(self.regions.count_on(*store), heard.get(store).copied().unwrap_or(0))
            })
    }

    /// Stores whose records have said Tombstone and are gone: what comes back under such an id
    /// may hold majorities that a recovery has replaced.
    pub(crate) fn once_buried(&self) -> &BTreeSet<StoreId> {
        &self.once_buried
    }

    /// Folds PD's own state.
    pub(crate) fn digest_life(&self, fold: &mut impl FnMut(u64)) {
        fold(match self.presence {
            Presence::Serving => 0,
            Presence::Stopped => 1,
            Presence::Electing(at) => 2 + at.0,
            Presence::Foreign => u64::MAX,
        });
        fold(u64::from(self.disk.stores_deleted));
        self.digest_identity(fold);
        self.schedulers.digest(fold);
        self.merging.digest(fold);
        fold(self.collecting.map_or(0, |collecting| 1 + collecting.since.0));
        fold(self.disk.regions.len() as u64);
        for region in self.disk.regions.values() {
            fold(region.epoch.version << 32 ^ region.epoch.conf_ver);
        }
        fold(self.max_store_down_ms);
        for record in self.stores.values() {
            fold(u64::from(record.physically_destroyed) << 1 | u64::from(record.preparing));
        }
        for (store, at) in &self.disk.heartbeats {
            fold(store.0 << 40 ^ at.0);
        }
    }
}
