//! PD's online unsafe recovery: regions that lost their quorum for good get a leader by force,
//! which then throws out the members that will never answer.
//!
//! The controller runs in rounds. In each it hands every alive store a plan with the answer to
//! that store's heartbeat, and waits until all of them have reported what their peers look like
//! afterwards; from those reports alone it works out the next round. It is pure: heartbeats and
//! reports go in, plans come out, and no cluster is needed to drive it.
//!
//! The way through the stages, of which any may have nothing to do and be skipped:
//!
//! ```text
//! CollectReport → TombstoneTiFlashLearner → ForceLeaderForCommitMerge → ForceLeader
//!     → DemoteFailedVoter → (those four once more)
//!     → CreateEmptyRegion → ExitForceLeader → Finished
//! any error: → ExitForceLeader → Failed
//! ```
//!
//! A stage is entered again as long as it has something to do. After an error nothing is mended
//! any more; the force leaders are asked to step down, and that is all.
//!
//! It follows PD's `pkg/unsaferecovery/unsafe_recovery_controller.go`. Where PD iterates a Go map,
//! whose order is random, this goes by ascending store and region id.

mod error;
mod holes;
mod lost;
mod plan;
mod select;
mod show;
mod survey;
#[cfg(test)]
mod tests;

pub use error::RecoveryError;
pub use show::{StageOutput, stage_info};

use std::collections::{BTreeMap, BTreeSet};

use crate::command::RecoveryOptions;
use crate::event::{EventKind, EventLog, RecoveryStage, Subject};
use crate::ids::{EventId, Millis, RegionId, SECOND, StoreId, WALL_CLOCK_START_MS};
use crate::message::{RecoveryPlan, StoreReport};
use crate::order;
use crate::pd::stores::{IdAllocator, StoreTable};
use crate::refusal::Refusal;
use crate::release::{FailedStoresFrom, Knobs, OnlineRecovery, RecoveryAbort, TiflashReports};
use crate::store::{Engine, StoreState, StoreStatus};

use lost::{Detection, Lost};
use plan::{Affected, Draft, Planner};
use survey::Survey;

/// Seconds until a recovery gives up when no other time was asked for. PD: the HTTP API's default.
pub const DEFAULT_TIMEOUT_S: u64 = 600;

/// PD's unsafe recovery controller. Its state is in memory only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsafeRecovery {
    knobs: Knobs,
    stage: RecoveryStage,
    /// The round. Every plan carries it and every report repeats it.
    step: u64,
    /// The number before this recovery's first round.
    base: u64,
    options: RecoveryOptions,
    lost: Lost,
    /// When the recovery gives up; after an error, when it stops waiting for force leaders to go.
    deadline: Millis,
    /// The first error.
    error: Option<RecoveryError>,

    /// This round's plans. A store without one gets an empty plan.
    plans: BTreeMap<StoreId, RecoveryPlan>,
    /// The stores that were sent their plan in this round.
    sent: BTreeMap<StoreId, Sent>,
    /// The reports of this round.
    reports: BTreeMap<StoreId, StoreReport>,

    /// What `show` prints.
    outputs: Vec<StageOutput>,
    affected: Affected,
    created: BTreeSet<RegionId>,
    /// Set on Finished, until PD has taken note.
    cache_reset_due: bool,

    /// The event of the current stage.
    stage_event: Option<EventId>,
    /// The stages that destroyed the newest peer of a region, being on TiFlash.
    tombstoned: BTreeMap<(RegionId, StoreId), EventId>,
}

/// A plan on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    event: EventId,
    /// After this it is sent again.
    expires: Millis,
}

/// What `unsafe remove-failed-stores` asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecoveryRequest<'a> {
    /// The stores given up.
    pub failed: &'a [StoreId],
    /// Nothing is buried, and `failed` is not looked at, as in PD: any peer on a store that is not
    /// alive counts as failed.
    pub auto_detect: bool,
    /// Seconds until it gives up; [`DEFAULT_TIMEOUT_S`] if absent.
    pub timeout_s: Option<u64>,
    /// The flags of newer releases.
    pub options: RecoveryOptions,
}

/// What the controller may look at and use during a call.
pub struct RecoveryEnv<'a> {
    /// PD's records of stores.
    pub stores: &'a StoreTable,
    /// Ids for empty regions and their peers.
    pub ids: &'a mut IdAllocator,
    /// Where events go.
    pub events: &'a mut EventLog,
}

/// How far an alive store is in the current round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreProgress {
    /// It has not sent a heartbeat yet that its plan could answer.
    NotDispatched,
    /// It has its plan and has not reported.
    Dispatched,
    /// It has reported.
    Reported,
}

/// An error and the events that led to it.
struct Setback {
    error: RecoveryError,
    triggers: Vec<EventId>,
}

impl UnsafeRecovery {
    /// A controller that has never run.
    pub fn new(knobs: Knobs) -> UnsafeRecovery {
        UnsafeRecovery {
            knobs,
            stage: RecoveryStage::Idle,
            step: 0,
            base: 0,
            options: RecoveryOptions::default(),
            lost: Lost::default(),
            deadline: Millis::ZERO,
            error: None,
            plans: BTreeMap::new(),
            sent: BTreeMap::new(),
            reports: BTreeMap::new(),
            outputs: Vec::new(),
            affected: Affected::default(),
            created: BTreeSet::new(),
            cache_reset_due: false,
            stage_event: None,
            tombstoned: BTreeMap::new(),
        }
    }

    /// Behaves like another release from now on.
    pub fn set_knobs(&mut self, knobs: Knobs) {
        self.knobs = knobs;
    }

    /// Where the recovery is.
    pub fn stage(&self) -> RecoveryStage {
        self.stage
    }

    /// The current round; 0 before the first recovery. Up to 8.5 each recovery starts at 1; on
    /// master no number comes twice.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The first error of this recovery.
    pub fn error(&self) -> Option<&RecoveryError> {
        self.error.as_ref()
    }

    /// When the recovery gives up.
    pub fn deadline(&self) -> Millis {
        self.deadline
    }

    /// The plans of this round. A store that is not there gets an empty plan.
    pub fn plans(&self) -> &BTreeMap<StoreId, RecoveryPlan> {
        &self.plans
    }

    /// How far each alive store is in this round, by ascending id.
    pub fn progress(&self) -> impl Iterator<Item = (StoreId, StoreProgress)> {
        self.lost.alive.iter().map(|store| {
            let progress = if self.reports.contains_key(store) {
                StoreProgress::Reported
            } else if self.sent.contains_key(store) {
                StoreProgress::Dispatched
            } else {
                StoreProgress::NotDispatched
            };
            (*store, progress)
        })
    }

    /// The stores given up by name.
    pub fn failed_stores(&self) -> impl Iterator<Item = StoreId> {
        self.lost.named.iter().copied()
    }

    /// The empty regions this recovery has created. PD takes their tiny epochs for the newest.
    pub fn newly_created(&self) -> impl Iterator<Item = RegionId> {
        self.created.iter().copied()
    }

    /// Whether PD shall forget all regions now: once after a recovery that did more than collect
    /// reports has finished. PD: `ResetRegionCache`.
    pub fn take_region_cache_reset(&mut self) -> bool {
        std::mem::take(&mut self.cache_reset_due)
    }

    /// Whether a recovery could be started.
    ///
    /// # Errors
    /// pd-ctl's or PD's reason, the one pd-ctl gives first.
    pub fn check_start(
        &self,
        now: Millis,
        stores: &StoreTable,
        request: RecoveryRequest<'_>,
    ) -> Result<(), Refusal> {
        self.check_flags(request)?;
        if request.failed.is_empty() && !request.auto_detect {
            return Err(Refusal::NoStoreSpecified);
        }
        if self.stage.is_running() {
            return Err(Refusal::RecoveryRunning);
        }
        if request.auto_detect {
            return Ok(());
        }
        for store in order::set(request.failed.iter().copied()) {
            let record = stores.get(&store).ok_or(Refusal::FailedStoreUnknown(store))?;
            // An Offline store may be given up at any time.
            if record.state == StoreState::Up && !record.is_disconnected(now) {
                return Err(Refusal::FailedStoreConnected(store));
            }
        }
        Ok(())
    }

    /// What this release's pd-ctl makes of the command and its flags.
    fn check_flags(&self, request: RecoveryRequest<'_>) -> Result<(), Refusal> {
        self.check_online()?;
        if request.auto_detect && self.knobs.failed_stores_from == FailedStoresFrom::Command {
            return Err(Refusal::UnknownFlag("--auto-detect"));
        }
        let RecoveryOptions { plan_timeout_s, disable_paranoid_check } = request.options;
        match self.knobs.plan_resend.has_options() {
            false if plan_timeout_s.is_some() => {
                Err(Refusal::UnknownFlag("--plan-execution-timeout"))
            }
            false if disable_paranoid_check => {
                Err(Refusal::UnknownFlag("--disable-paranoid-check"))
            }
            true | false => Ok(()),
        }
    }

    /// Whether pd-ctl knows the command at all, be it to start, to abort or to show.
    ///
    /// # Errors
    /// It does not.
    pub fn check_online(&self) -> Result<(), Refusal> {
        match self.knobs.online_recovery {
            OnlineRecovery::Absent => Err(Refusal::NoOnlineRecovery),
            OnlineRecovery::Staged => Ok(()),
        }
    }

    /// Starts a recovery: buries the failed stores and asks all others to report.
    pub fn start(
        &mut self,
        now: Millis,
        stores: &mut StoreTable,
        request: RecoveryRequest<'_>,
        cause: Option<EventId>,
        events: &mut EventLog,
    ) {
        let accepted = self.check_start(now, stores, request);
        assert!(accepted.is_ok(), "a recovery starts although {accepted:?}");
        let (named, detection) = match request.auto_detect {
            true => (BTreeSet::new(), Detection::Auto),
            false => (order::set(request.failed.iter().copied()), Detection::Named),
        };
        for store in &named {
            bury(now, *store, stores, cause, events);
        }
        let alive = self.relied_upon(stores);
        let timeout_ms = request.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S).saturating_mul(SECOND);
        let base = self.number_before(now);
        *self = UnsafeRecovery {
            step: base,
            base,
            options: request.options,
            lost: Lost { named, alive, detection },
            deadline: Millis(now.0.saturating_add(timeout_ms)),
            ..UnsafeRecovery::new(self.knobs)
        };
        self.enter(now, RecoveryStage::CollectReport, BTreeMap::new(), cause, events);
    }

    /// The stores whose reports this recovery waits for.
    fn relied_upon(&self, stores: &StoreTable) -> BTreeSet<StoreId> {
        let reports = |engine| match self.knobs.tiflash_reports {
            TiflashReports::Skipped => engine == Engine::TiKv,
            TiflashReports::Collected => true,
        };
        let alive = stores.iter().filter(|(_, record)| {
            record.state != StoreState::Tombstone
                && !record.physically_destroyed
                && reports(record.meta.engine)
        });
        order::set(alive.map(|(id, _)| *id))
    }

    /// The number before a new recovery's first round. Where rounds are numbered anew each time, a
    /// report of an earlier run that comes late can be taken for one of this.
    /// PD (pd#10641): `nextRecoveryStep`, which counts on from the time in nanoseconds.
    fn number_before(&self, now: Millis) -> u64 {
        match self.knobs.recovery_abort {
            RecoveryAbort::Absent => 0,
            RecoveryAbort::Offered => self.step.max((WALL_CLOCK_START_MS + now.0) * 1_000_000),
        }
    }

    /// Whether a recovery could be aborted.
    ///
    /// # Errors
    /// This release's pd-ctl cannot, or nothing runs.
    pub fn check_abort(&self) -> Result<(), Refusal> {
        self.check_online()?;
        match self.knobs.recovery_abort {
            RecoveryAbort::Absent => Err(Refusal::NoAbort),
            RecoveryAbort::Offered if self.stage.is_running() => Ok(()),
            RecoveryAbort::Offered => Err(Refusal::NoRecoveryRunning),
        }
    }

    /// Gives a running recovery up: its force leaders are asked to step down, which ends it. Plans
    /// that are on their way are still carried out. PD (pd#10641): `AbortFailedStoresRemoval`.
    pub fn abort(&mut self, now: Millis, cause: EventId, events: &mut EventLog) {
        let accepted = self.check_abort();
        assert!(accepted.is_ok(), "a recovery is aborted although {accepted:?}");
        if self.stage != RecoveryStage::ExitForceLeader {
            let setback = Setback { error: RecoveryError::Aborted, triggers: vec![cause] };
            self.fail(now, setback, events);
        }
    }

    /// Milliseconds after which a plan is sent again to a store that has not reported.
    fn plan_timeout_ms(&self) -> u64 {
        let chosen = self.options.plan_timeout_s.map(|seconds| seconds.saturating_mul(SECOND));
        chosen.unwrap_or(self.knobs.plan_resend.interval_ms())
    }

    /// Takes note of a store heartbeat, with what the store reports, and gives the plan that is to
    /// answer it, if any, with the event of sending it.
    pub fn on_store_heartbeat(
        &mut self,
        now: Millis,
        store: StoreId,
        report: Option<StoreReport>,
        mut env: RecoveryEnv<'_>,
    ) -> (Option<RecoveryPlan>, Option<EventId>) {
        if !self.stage.is_running() {
            return (None, None);
        }
        if let Err(setback) = self.take_in(now, store, report, &mut env) {
            self.fail(now, setback, env.events);
        }
        match self.dispatch(now, store, env.events) {
            Some((plan, event)) => (Some(plan), Some(event)),
            None => (None, None),
        }
    }

    /// Collects what the heartbeat brings; with the last report, goes on to the next stage.
    fn take_in(
        &mut self,
        now: Millis,
        store: StoreId,
        report: Option<StoreReport>,
        env: &mut RecoveryEnv<'_>,
    ) -> Result<(), Setback> {
        if self.is_overdue(now) {
            let error = RecoveryError::Timeout { deadline: self.deadline };
            return Err(Setback { error, triggers: self.unanswered_plans() });
        }
        if self.lost.named.contains(&store) {
            let error = RecoveryError::FailedStoreHeard(store);
            let last_event = env.stores.get(&store).and_then(|record| record.last_event);
            return Err(Setback { error, triggers: last_event.into_iter().collect() });
        }
        // A report for an earlier round shows a state that its plan has since changed.
        let current = |report: &StoreReport| report.step == self.step;
        let Some(report) = report.filter(current) else { return Ok(()) };
        // Of two reports for one round the later counts; only the first may complete the round.
        if !self.lost.alive.contains(&store) || self.reports.insert(store, report).is_some() {
            return Ok(());
        }
        let cause = self.sent.get(&store).map(|sent| sent.event).or(self.stage_event);
        let kind = EventKind::StoreReported { store, step: self.step };
        let reported = env.events.emit(now, kind, cause);
        if self.reports.len() < self.lost.alive.len() {
            return Ok(());
        }
        self.proceed(now, reported, env)
    }

    /// All have reported: works out what comes next and enters that stage.
    fn proceed(
        &mut self,
        now: Millis,
        reported: EventId,
        env: &mut RecoveryEnv<'_>,
    ) -> Result<(), Setback> {
        assert!(
            self.lost.alive.iter().all(|store| self.reports.contains_key(store)),
            "round {} is planned before all stores have reported",
            self.step
        );
        let survey = Survey::of(&self.reports, &self.lost);
        let mut planner = Planner {
            reports: &self.reports,
            survey: &survey,
            lost: &self.lost,
            stores: env.stores,
            knobs: self.knobs,
            paranoid: !self.options.disable_paranoid_check,
            draft: Draft::default(),
        };
        let next = planner.next_stage(self.stage, env.ids);
        let Draft { plans, affected, created, ignored_orphans } = planner.draft;
        self.affected.extend(affected);
        self.created.extend(created);
        let stage = match next {
            Ok(Some(stage)) => stage,
            Ok(None) if self.error.is_some() => RecoveryStage::Failed,
            Ok(None) => RecoveryStage::Finished,
            Err(error) => return Err(Setback { error, triggers: vec![reported] }),
        };
        self.enter(now, stage, plans, [reported], env.events);
        for (region, peer) in ignored_orphans {
            let grave = env.events.latest(Subject::Peer(region, peer.id));
            let ordered = self.tombstoned(region, peer.store);
            let causes = self.stage_event.into_iter().chain(grave).chain(ordered);
            env.events.emit(now, EventKind::OrphanIgnored { region, peer }, causes);
        }
        Ok(())
    }

    /// Gives up: the first time by asking all force leaders to step down, since they block reads
    /// and writes; then for good. TiKV's force leaders end by themselves after a while.
    /// PD: `handleErr`.
    fn fail(&mut self, now: Millis, setback: Setback, events: &mut EventLog) {
        let Setback { error, triggers } = setback;
        self.error.get_or_insert(error);
        let stage = match self.stage {
            RecoveryStage::ExitForceLeader => RecoveryStage::Failed,
            RecoveryStage::Idle
            | RecoveryStage::CollectReport
            | RecoveryStage::TombstoneTiFlashLearner
            | RecoveryStage::ForceLeaderForCommitMerge
            | RecoveryStage::ForceLeader
            | RecoveryStage::DemoteFailedVoter
            | RecoveryStage::CreateEmptyRegion
            | RecoveryStage::Finished
            | RecoveryStage::Failed => {
                self.deadline = now.after(self.plan_timeout_ms().saturating_mul(2));
                RecoveryStage::ExitForceLeader
            }
        };
        self.enter(now, stage, BTreeMap::new(), triggers, events);
    }

    /// Enters a stage and starts its round. PD: `changeStage`.
    fn enter(
        &mut self,
        now: Millis,
        stage: RecoveryStage,
        plans: BTreeMap<StoreId, RecoveryPlan>,
        triggers: impl IntoIterator<Item = EventId>,
        events: &mut EventLog,
    ) {
        let starts = stage == RecoveryStage::CollectReport;
        assert!(starts != self.stage.is_running(), "{} after {}", stage.name(), self.stage.name());
        self.plans = plans;
        self.outputs.push(self.describe(stage, self.error.as_ref(), now));
        // Up to the end of the first round nothing was changed. PD: `u.step > 1`.
        self.cache_reset_due = stage == RecoveryStage::Finished && self.base + 1 < self.step;
        self.stage = stage;
        self.step += 1;
        self.sent.clear();
        self.reports.clear();

        let causes: Vec<EventId> = triggers.into_iter().chain(self.stage_event).collect();
        let kind = EventKind::RecoveryStage { stage, step: self.step };
        let event = events.emit(now, kind, causes);
        self.stage_event = Some(event);
        if stage == RecoveryStage::TombstoneTiFlashLearner {
            for (store, plan) in &self.plans {
                let peers = plan.tombstones.iter().map(|region| (*region, *store));
                self.tombstoned.extend(peers.map(|peer| (peer, event)));
            }
        }
    }

    /// The plan for a store that has not reported: once, and again if it takes too long. The plan
    /// may be empty, which asks for a report and ends force leader. PD: `dispatchPlan`.
    fn dispatch(
        &mut self,
        now: Millis,
        store: StoreId,
        events: &mut EventLog,
    ) -> Option<(RecoveryPlan, EventId)> {
        let awaited = self.lost.alive.contains(&store) && !self.reports.contains_key(&store);
        if !self.stage.is_running() || !awaited {
            return None;
        }
        let before = self.sent.get(&store).copied();
        if before.is_some_and(|sent| now <= sent.expires) {
            return None;
        }
        let causes = self.stage_event.into_iter().chain(before.map(|sent| sent.event));
        let event = events.emit(now, EventKind::PlanSent { store, step: self.step }, causes);
        let expires = now.after(self.plan_timeout_ms());
        self.sent.insert(store, Sent { event, expires });
        let plan = self.plans.get(&store).cloned().unwrap_or_default();
        Some((RecoveryPlan { step: self.step, ..plan }, event))
    }

    /// Whether the time is up. PD: `checkTimeout`.
    fn is_overdue(&self, now: Millis) -> bool {
        self.deadline < now
    }

    /// The plans that were sent and not answered: what a timeout waited for.
    fn unanswered_plans(&self) -> Vec<EventId> {
        let unanswered = self.sent.iter().filter(|(store, _)| !self.reports.contains_key(store));
        unanswered.map(|(_, sent)| sent.event).collect()
    }

    fn tombstoned(&self, region: RegionId, store: StoreId) -> Option<EventId> {
        self.tombstoned.get(&(region, store)).copied()
    }
}

/// Makes a store's record a tombstone at once. PD: `BuryStore` with force.
fn bury(
    now: Millis,
    store: StoreId,
    stores: &mut StoreTable,
    cause: Option<EventId>,
    events: &mut EventLog,
) {
    let record = stores.get_mut(&store).expect("check_start found its record");
    if record.state == StoreState::Tombstone {
        return;
    }
    let kind = EventKind::StoreStatusChanged {
        store,
        from: record.status(now),
        to: StoreStatus::Tombstone,
    };
    record.state = StoreState::Tombstone;
    record.last_event = Some(events.emit(now, kind, cause));
}
