//! PD: what it records of stores and regions, what it wants, and what it does about it.
//!
//! A pure component. In come store heartbeats, region heartbeats, commands and the passing of
//! time; out go answers and schedules for region leaders. It knows only what it was told, which may
//! be wrong: that gap is what this program is about.
//!
//! Left out: schedulers that move peers, location labels, and PD's members one
//! by one.

mod builder;
mod checker;
mod commands;
pub mod fit;
pub mod identity;
mod balance_leader;
pub mod leader;
#[cfg(test)]
mod leader_tests;
mod limits;
mod lost_stores;
mod merge_checker;
pub mod operator;
mod patrol;
mod ranges;
pub mod region_check;
pub mod replication;
pub mod region_tree;
pub mod rules;
#[cfg(test)]
mod scene;
mod schedulers;
mod scheduling;
pub mod steps;
mod store_check;
mod store_life;
pub mod stores;
mod strategy;
mod handed;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod unsafe_recovery;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::Halt;
use crate::event::{BlockedReason, EventKind, EventLog, Subject};
use crate::ids::{EventId, Millis, RegionId, StoreId, TableId};
use crate::message::{
    GetStoreError, RecoveryPlan, RegionHeartbeat, Schedule, StoreHeartbeat, StoreHeartbeatResponse,
    StoreReport,
};
use crate::order;
use crate::region::{Key, Peer};
use crate::release::Knobs;
use crate::setup::{Setup, StoreSetup};
use crate::store::{DOWN_AFTER, StoreState, StoreStatus};
use balance_leader::BalanceLeader;
use fit::RegionFit;
use handed::HandedPlans;
use leader::{Collecting, Disk, Presence};
use limits::StoreLimits;
use lost_stores::LostStores;
use merge_checker::Merging;
use operator::{Occasion, Operator, Operators};
use patrol::Patrol;
use region_tree::{RegionInfo, RegionTree};
use replication::Replication;
use rules::{Rule, RuleSet};
use schedulers::Schedulers;
use store_check::STORE_CHECK_MS;
use stores::{IdAllocator, StoreRecord, StoreTable};
use unsafe_recovery::{RecoveryEnv, RecoveryRequest, UnsafeRecovery};

/// The placement driver.
pub struct Pd {
    knobs: Knobs,
    /// `max-store-down-time`.
    max_store_down_ms: u64,
    presence: Presence,
    disk: Disk,
    /// `None` once it has heard of most regions.
    collecting: Option<Collecting>,
    once_buried: BTreeSet<StoreId>,

    ids: IdAllocator,
    stores: StoreTable,
    /// The name last told for each store.
    shown: BTreeMap<StoreId, StoreStatus>,
    next_store_check: Millis,
    lost_stores: LostStores,
    replication: Replication,

    regions: RegionTree,
    rules: RuleSet,
    recovery: UnsafeRecovery,

    patrol: Patrol,
    limits: StoreLimits,
    operators: Operators,
    balance: BalanceLeader,
    schedulers: Schedulers,
    merging: Merging,
    halt: Halt,
    handed: HandedPlans,
}

/// Coming to be, and what others ask of it at any time.
impl Pd {
    /// PD as it is when a run begins: it has the records of all stores and, without leaders, of all
    /// regions. Ids are handed out from `next_id` on.
    pub(crate) fn new(setup: &Setup, knobs: Knobs, next_id: u64) -> Pd {
        let stores: StoreTable =
            order::map(setup.stores.iter().map(|store| (store.meta.id, record_of(store))));
        let mut rules = RuleSet::new(setup.max_replicas);
        for table in setup.tables.iter().filter(|table| 0 < table.tiflash_replicas) {
            rules.set_table(table.id, table.tiflash_replicas, None);
        }
        let mut regions = RegionTree::default();
        for setup in &setup.regions {
            regions
                .put(RegionInfo::unreported(Arc::new(setup.region.clone()), setup.size_mib))
                .expect("the ranges of a checked setup do not overlap");
        }
        let disk = Disk::of(&stores, &regions);
        let shown = stores.iter().map(|(id, store)| (*id, store.status(Millis::ZERO)));
        let shown = order::map(shown);
        Pd {
            knobs,
            max_store_down_ms: DOWN_AFTER,
            presence: Presence::Serving,
            disk,
            collecting: None,
            once_buried: BTreeSet::new(),
            ids: IdAllocator::starting_at(next_id),
            stores,
            shown,
            next_store_check: Millis::ZERO.after(STORE_CHECK_MS),
            lost_stores: LostStores::default(),
            replication: Replication::default(),
            regions,
            rules,
            recovery: UnsafeRecovery::new(knobs),
            patrol: Patrol::default(),
            limits: StoreLimits::default(),
            operators: Operators::default(),
            balance: BalanceLeader::from(Millis::ZERO),
            schedulers: Schedulers::default(),
            merging: Merging::default(),
            halt: Halt::Active,
            handed: HandedPlans::default(),
        }
    }

    /// Changes how PD behaves from now on.
    pub(crate) fn set_knobs(&mut self, knobs: Knobs) {
        self.knobs = knobs;
        self.recovery.set_knobs(knobs);
    }

    /// The address of a store. PD: `grpc_service.go:GetStore`; an Offline store still has one.
    ///
    /// # Errors
    /// PD has no leader, or no record of the store, or one that says Tombstone.
    pub(crate) fn get_store(&self, store: StoreId) -> Result<&str, GetStoreError> {
        if !self.is_serving() {
            return Err(GetStoreError::Unreachable);
        }
        let record = self.stores.get(&store).ok_or(GetStoreError::NotFound)?;
        match record.state {
            StoreState::Up | StoreState::Offline => Ok(&record.meta.address),
            StoreState::Tombstone => Err(GetStoreError::Tombstone),
        }
    }

    /// TiDB writes the TiFlash rule of a table; a count of 0 deletes it.
    pub(crate) fn set_tiflash_rule(
        &mut self,
        now: Millis,
        table: TableId,
        count: u64,
        cause: EventId,
    ) {
        let (start, end) = self.rules.set_table(table, count, Some(cause));
        for info in self.regions.in_range(&start, &end) {
            self.patrol.mark(now, info.id(), Some(cause));
        }
    }
}

/// Heartbeats and the passing of time.
impl Pd {
    /// A store's heartbeat. Those from a store without record (PD: `store 5 not found`) or with a
    /// Tombstone's are ignored, and all while PD has no leader; one that carries a report does not
    /// count as a sign of life.
    pub(crate) fn on_store_heartbeat(
        &mut self,
        now: Millis,
        heartbeat: StoreHeartbeat,
        events: &mut EventLog,
    ) -> StoreHeartbeatResponse {
        let store = heartbeat.store;
        let known = self.stores.get_mut(&store).filter(|s| s.state != StoreState::Tombstone);
        let Some(record) = known.filter(|_| self.presence == Presence::Serving) else {
            let replication = self.replication.status().cloned();
            return StoreHeartbeatResponse { plan: None, cause: None, replication };
        };
        if heartbeat.report.is_none() {
            record.last_heartbeat = Some(now);
            record.region_count = heartbeat.region_count;
            self.disk.note_heartbeat(now, store);
            self.notice_status(now, store, None, events);
        }
        self.replication.acknowledge(store, heartbeat.replication);
        self.handed.note(store, heartbeat.report.as_ref());
        let seen = events.all().len();
        let env = RecoveryEnv { stores: &self.stores, ids: &mut self.ids, events };
        let (plan, cause) = self.recovery.on_store_heartbeat(now, store, heartbeat.report, env);
        self.after_recovery(now, seen, events);
        let replication = self.replication.status().cloned();
        let (plan, cause) = match plan {
            Some(_) => (plan, cause),
            None => self.handed.fetch(now, store, events),
        };
        StoreHeartbeatResponse { plan, cause, replication }
    }

    /// A region leader's heartbeat: what it says goes into the cache unless it is stale; the answer
    /// is the next step of the region's operator. PD closes the stream of a leader whose store it
    /// does not know.
    pub(crate) fn on_region_heartbeat(
        &mut self,
        now: Millis,
        heartbeat: RegionHeartbeat,
        events: &mut EventLog,
    ) -> Option<Schedule> {
        let leader = heartbeat.leader;
        if !self.is_serving() {
            return None;
        }
        self.stores.get(&leader.store).filter(|store| store.state != StoreState::Tombstone)?;
        let region = heartbeat.region.id;
        let cause = heartbeat.cause;
        let reported = heartbeat.region.clone();
        let change = self.regions.put(RegionInfo::reported(heartbeat, now))?;
        if change.meta {
            self.disk.keep(reported.clone(), &change.evicted);
        }
        if change.matters() {
            let mut latest = cause;
            if change.leader {
                let known = EventKind::LeaderKnown { region, leader };
                let why = cause.or(events.latest(Subject::Leader(region)));
                latest = Some(events.emit(now, known, why));
            }
            for peer in change.newly_down {
                let mut causes = scheduling::story(events, region, peer);
                causes.extend(events.latest(Subject::Leader(region)));
                let causes = order::nearest_first(causes);
                latest = Some(events.emit(now, EventKind::PeerDown { region, peer }, causes));
            }
            self.patrol.mark(now, region, latest);
            self.mark_neighbours(now, &reported, latest);
        }
        for evicted in change.evicted {
            self.patrol.mark(now, evicted, cause);
        }
        self.dispatch(now, region, Occasion::Heartbeat, cause, events)
    }

    /// When [`Pd::advance`] has something to do next.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        if !self.is_serving() {
            return self.life_due();
        }
        let may_act = self.may_patrol();
        let patrol = if may_act { self.patrol.next_due(self.may_schedule()) } else { None };
        let balances = may_act && self.schedulers.balances_leaders();
        let balance = balances.then_some(self.balance.due);
        let evict = if may_act { self.schedulers.due() } else { None };
        let due = [Some(self.next_store_check), self.replication.next_due(), self.life_due()];
        [due[0], due[1], due[2], self.operators.next_push(), patrol, balance, evict]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due at `now`: looks at the stores, reminds leaders of their operators, checks
    /// regions. Returns what is to be sent to region leaders.
    pub(crate) fn advance(&mut self, now: Millis, events: &mut EventLog) -> Vec<Schedule> {
        let mut out = Vec::new();
        self.elect(now, events);
        if !self.is_serving() {
            return out;
        }
        self.check_prepared(now);
        while self.next_store_check <= now {
            self.next_store_check = self.next_store_check.after(STORE_CHECK_MS);
            self.check_stores(now, events);
        }
        self.replication.tick(now, &self.stores, &self.regions, &mut self.ids, events);
        self.push_operators(now, events, &mut out);
        self.patrol_regions(now, events, &mut out);
        self.balance_leaders(now, events, &mut out);
        self.evict_leaders(now, events, &mut out);
        out
    }
}

/// Unsafe recovery.
impl Pd {
    /// Scheduling is halted while unsafe recovery runs, or by `halt-scheduling`: no region is
    /// checked, and a store that asks for the ids of a split gets none. Operators that run already
    /// go on, and so do merges that the stores are at. PD: `IsSchedulingHalted`.
    pub fn is_scheduling_halted(&self) -> bool {
        self.halt == Halt::Halted || self.recovery.stage().is_running()
    }

    /// Schedulers and checkers act: nothing halts them, and PD has heard of most regions.
    fn may_patrol(&self) -> bool {
        !self.is_scheduling_halted() && self.is_prepared()
    }

    fn start_recovery(
        &mut self,
        now: Millis,
        request: RecoveryRequest<'_>,
        cause: EventId,
        events: &mut EventLog,
    ) {
        let seen = events.all().len();
        self.recovery.start(now, &mut self.stores, request, Some(cause), events);
        self.after_recovery(now, seen, events);
        for store in request.failed {
            self.notice_status(now, *store, Some(cause), events);
        }
    }

    /// Follows up on what unsafe recovery did: names it told since event number `seen`, and the
    /// end of a run, at which PD forgets all regions.
    fn after_recovery(&mut self, now: Millis, seen: usize, events: &mut EventLog) {
        let mut changed: Vec<(StoreId, EventId)> = Vec::new();
        for (at, event) in events.all().iter().enumerate().skip(seen) {
            if let EventKind::StoreStatusChanged { store, to, .. } = event.kind {
                self.shown.insert(store, to);
                changed.push((store, EventId(at as u64)));
            }
        }
        for (store, event) in changed {
            self.mark_store(now, store, event);
        }
        if self.recovery.take_region_cache_reset() {
            self.reset_region_cache(now, events);
        }
        if !self.is_scheduling_halted() {
            self.patrol.resume(now);
        }
    }

    /// PD: `ResetRegionCache`. The cache fills again from region heartbeats; until then PD thinks
    /// every store empty.
    fn reset_region_cache(&mut self, now: Millis, events: &mut EventLog) {
        let cause = events.latest(Subject::Recovery);
        let reset = events.emit(now, EventKind::RegionCacheReset, cause);
        self.regions.clear();
        for region in self.patrol.clear() {
            events.emit(now, EventKind::RepairUnblocked(region), [reset]);
        }
    }
}

/// What PD believes and wants, for those who look.
impl Pd {
    /// All stores it has a record of.
    pub fn stores(&self) -> &StoreTable {
        &self.stores
    }

    /// All regions in its cache, by ascending id.
    pub fn regions(&self) -> impl Iterator<Item = &RegionInfo> {
        self.regions.iter()
    }

    /// One region of its cache.
    pub fn region(&self, region: RegionId) -> Option<&RegionInfo> {
        self.regions.get(region)
    }

    /// Regions of its cache that share a key with `start`..`end`, by range.
    pub fn regions_in<'a>(
        &'a self,
        start: &'a Key,
        end: &'a Key,
    ) -> impl Iterator<Item = &'a RegionInfo> + 'a {
        self.regions.in_range(start, end)
    }

    /// What decides the future of members on stores it has no record of, for the fingerprint.
    pub(crate) fn digest_lost_stores(&self, fold: &mut impl FnMut(u64)) {
        self.lost_stores.digest(fold);
    }

    /// How many regions of its cache have a member on the store.
    pub fn region_count_on(&self, store: StoreId) -> u64 {
        self.regions.count_on(store)
    }

    /// All placement rules in the order in which they are applied.
    pub fn rules(&self) -> &[Rule] {
        self.rules.all()
    }

    /// `max-replicas`.
    pub fn max_replicas(&self) -> u64 {
        self.rules.max_replicas()
    }

    /// `max-store-down-time`, in milliseconds.
    pub fn max_store_down_ms(&self) -> u64 {
        self.max_store_down_ms
    }

    /// How the members of a region are divided among its rules; `None` if it would have to be
    /// split first.
    pub fn fit(&self, info: &RegionInfo) -> Option<RegionFit<'_>> {
        fit::fit(&self.rules, &self.stores, info)
    }

    /// All running operators by ascending region id.
    pub fn operators(&self) -> impl Iterator<Item = &Operator> {
        self.operators.iter()
    }

    /// The operator on a region.
    pub fn operator(&self, region: RegionId) -> Option<&Operator> {
        self.operators.get(region)
    }

    /// Unsafe recovery.
    pub fn recovery(&self) -> &UnsafeRecovery {
        &self.recovery
    }

    /// DR Auto-Sync.
    pub fn replication(&self) -> &Replication {
        &self.replication
    }

    /// `halt-scheduling`.
    pub fn halt(&self) -> Halt {
        self.halt
    }

    /// The latest report of a store for unsafe recovery, whether PD's controller had asked for it
    /// or [`TikvTest::HandPlan`](crate::TikvTest::HandPlan).
    pub fn last_report(&self, store: StoreId) -> Option<&StoreReport> {
        self.handed.report(store)
    }

    /// Plans handed to PD that no heartbeat has fetched yet, by ascending store.
    pub(crate) fn plans_waiting(&self) -> impl Iterator<Item = (StoreId, &RecoveryPlan)> {
        self.handed.waiting()
    }

    /// The regions that PD cannot repair for some reason, by ascending id.
    pub fn blocked_regions(&self) -> impl Iterator<Item = RegionId> {
        self.patrol.blocked()
    }

    /// The first thing that keeps PD from repairing a region.
    pub fn blocked(&self, region: RegionId) -> Option<(Peer, BlockedReason)> {
        self.blockages(region).next()
    }

    /// All that keeps PD from repairing a region, member by member.
    pub fn blockages(&self, region: RegionId) -> impl Iterator<Item = (Peer, BlockedReason)> {
        self.patrol.blockages(region).iter().map(|blockage| (blockage.peer, blockage.why))
    }
}

/// The record of a store as a run begins: one that runs has just been heard from, one that does
/// not was last heard from long ago.
fn record_of(setup: &StoreSetup) -> StoreRecord {
    StoreRecord {
        meta: setup.meta.clone(),
        state: setup.state,
        preparing: false,
        started: Millis::ZERO,
        down_after_ms: DOWN_AFTER,
        physically_destroyed: false,
        last_heartbeat: setup.running.then_some(Millis::ZERO),
        region_count: 0,
        last_event: None,
    }
}
