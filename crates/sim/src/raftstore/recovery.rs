//! TiKV's side of unsafe recovery: a store carries out PD's plan, waits until everything is
//! applied, and reports. TiKV: `unsafe_recovery.rs`, `worker/pd.rs`.
//!
//! TiKV counts references to a "syncer" to know when all peers are done. Here the store keeps the
//! set of regions that are not.

use std::collections::BTreeSet;

use super::Store;
use super::peer::{Outbox, PeerFsm};
use crate::agenda::Item;
use crate::context::Context;
use crate::event::{EventKind, Subject};
use crate::ids::{EventId, Millis, RegionId};
use crate::message::{
    PeerChange, PeerReport, RecoveryPlan, StoreHeartbeat, StoreHeartbeatResponse, StoreReport,
};
use crate::region::{Peer, PeerRole, Region};
use crate::release::{LearnersOnDemotion, ResidualJoint};

/// A plan that a store is carrying out.
#[derive(Debug)]
pub(super) struct PlanExecution {
    step: u64,
    phase: PlanPhase,
    /// Regions whose peers are not done with the phase.
    pending: BTreeSet<RegionId>,
    /// When the plan came, or when waiting for apply began.
    since: Millis,
    /// A peer has taken too long: no report will be sent, and a new plan may come.
    aborted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlanPhase {
    /// Force leaders are being entered.
    EnterForceLeader,
    /// Peers are being created, destroyed and demoted.
    Execute,
    /// Everything there is to apply is being applied; afterwards force leaders may have to go.
    WaitApply { exit_force_leader: bool },
}

/// What a peer has to do for a plan. TiKV: `UnsafeRecoveryState`.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// Demote these; done when `target` is applied.
    Demote { failed: Vec<Peer>, target: u64, after_exit: bool },
    /// Apply up to here.
    WaitApply { target: u64 },
    /// The demotion could not be proposed: the force leader is kept for the next try.
    Failed,
    /// Leaving an older joint state was all there was to do, and nothing clears the state.
    Stuck,
}

impl Store {
    /// PD's plan has arrived with the answer to a store heartbeat.
    pub(crate) fn on_plan(
        &mut self,
        plan: RecoveryPlan,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) {
        // A peer that works for an earlier plan refuses the new one, unless that was aborted. One
        // that only waits to be force leader starts anew.
        let stands =
            |old: &PlanExecution| !old.aborted && !matches!(old.phase, PlanPhase::EnterForceLeader);
        if self.plan.as_ref().is_some_and(stands) {
            return;
        }
        for peer in self.peers.values_mut().filter(|peer| peer.is_working()) {
            peer.work = None;
        }
        let (step, since) = (plan.step, ctx.now);
        let phase = match plan.force_leader {
            Some(_) => PlanPhase::EnterForceLeader,
            None => PlanPhase::Execute,
        };
        let pending = BTreeSet::new();
        self.plan = Some(PlanExecution { step, phase, pending, since, aborted: false });
        let mut out = Outbox::default();
        let pending = match plan.force_leader {
            Some(order) => {
                for region in &order.enter_force_leaders {
                    if let Some(peer) = self.peers.get_mut(region) {
                        peer.enter_force_leader(&order.failed_stores, cause, ctx, &mut out);
                    }
                }
                crate::order::set(order.enter_force_leaders)
            }
            None => self.execute(&plan, cause, ctx, &mut out),
        };
        if let Some(execution) = &mut self.plan {
            execution.pending = pending;
        }
        self.flush(out, ctx);
        self.check_plan(ctx);
    }

    fn execute(
        &mut self,
        plan: &RecoveryPlan,
        cause: Option<EventId>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) -> BTreeSet<RegionId> {
        for region in &plan.creates {
            self.create_region(region, cause, ctx, out);
        }
        for region in &plan.tombstones {
            out.destroyed.push((*region, crate::event::DestroyReason::Recovery, cause));
        }
        for demote in &plan.demotes {
            if let Some(peer) = self.peers.get_mut(&demote.region) {
                peer.demote(demote.failed_voters.clone(), cause, ctx, out);
            }
        }
        crate::order::set(plan.demotes.iter().map(|demote| demote.region))
    }

    fn create_region(
        &mut self,
        region: &Region,
        cause: Option<EventId>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        let overlapping = self.peers.values().any(|peer| {
            peer.is_initialized()
                && (peer.region_id() == region.id || peer.region().overlaps(region))
        });
        let Some(me) = region.peer_on(self.id()).filter(|_| !overlapping) else { return };
        let region = std::sync::Arc::new(region.clone());
        let cause = ctx.emit(EventKind::EmptyRegionCreated(region.clone()), cause);
        ctx.tally.lose_range(&region);
        self.bootstrap_peer(region.clone(), me.id, 1, Some(cause), ctx);
        if let Some(peer) = self.peers.get_mut(&region.id) {
            peer.campaign(ctx, out);
        }
    }

    /// Goes on with the plan when the peers are done with its phase.
    pub(super) fn check_plan(&mut self, ctx: &mut Context) {
        while let Some(execution) = &mut self.plan {
            let phase = execution.phase;
            let peers = &self.peers;
            execution.pending.retain(|region| {
                peers.get(region).is_some_and(|peer| match phase {
                    PlanPhase::EnterForceLeader => peer.is_entering_force_leader(),
                    PlanPhase::Execute | PlanPhase::WaitApply { .. } => peer.is_working(),
                })
            });
            if !execution.pending.is_empty() {
                return;
            }
            if execution.aborted {
                self.plan = None;
                return;
            }
            match phase {
                PlanPhase::EnterForceLeader => self.wait_apply(false, ctx.now),
                PlanPhase::Execute => self.wait_apply(true, ctx.now),
                PlanPhase::WaitApply { exit_force_leader } => {
                    self.finish_plan(exit_force_leader, ctx);
                }
            }
        }
    }

    fn wait_apply(&mut self, exit_force_leader: bool, now: Millis) {
        for peer in self.peers.values_mut() {
            peer.start_wait_apply();
        }
        let waiting = self.peers.values().filter(|peer| peer.is_working());
        let pending = crate::order::set(waiting.map(PeerFsm::region_id));
        if let Some(execution) = &mut self.plan {
            execution.phase = PlanPhase::WaitApply { exit_force_leader };
            execution.pending = pending;
            execution.since = now;
        }
    }

    fn finish_plan(&mut self, exit_force_leader: bool, ctx: &mut Context) {
        let Some(execution) = self.plan.take() else { return };
        let mut out = Outbox::default();
        for peer in self.peers.values_mut() {
            // A demotion that failed waits for the next try, and the force leader with it.
            let failed = matches!(peer.work, Some(Work::Failed));
            if !failed {
                peer.work = None;
            }
            if exit_force_leader && !failed {
                peer.exit_force_leader(ctx, &mut out);
            }
        }
        self.flush(out, ctx);
        let peer_reports = self.peers.values().map(|peer| peer.report()).collect();
        let report = StoreReport { step: execution.step, peer_reports };
        self.heartbeat_pd(Some(report), ctx);
    }

    /// PD's answer to a store heartbeat has arrived.
    pub(crate) fn on_response(&mut self, response: StoreHeartbeatResponse, ctx: &mut Context) {
        self.on_replication(response.replication, ctx);
        if let Some(plan) = response.plan {
            self.on_plan(plan, response.cause, ctx);
        }
    }

    /// Aborts the plan if it has kept this region's peer busy for more than a minute; looked at by
    /// the stale check. TiKV: `unsafe_recovery.rs:check_timeout`.
    pub(super) fn expire_plan(&mut self, region: RegionId, now: Millis) {
        let Some(execution) = &mut self.plan else { return };
        let busy = self
            .peers
            .get(&region)
            .is_some_and(|peer| peer.is_working() && !matches!(peer.work, Some(Work::Stuck)));
        let is_waited_for = busy && execution.pending.contains(&region);
        if is_waited_for && super::force_leader::EXPIRY <= now.since(execution.since) {
            execution.aborted = true;
        }
    }

    /// Sends PD a store heartbeat; with a report it is an extra one, for unsafe recovery only.
    pub(crate) fn heartbeat_pd(&mut self, report: Option<StoreReport>, ctx: &mut Context) {
        let region_count = self.peers.len() as u64;
        let (store, replication) = (self.id(), self.replication_state());
        let heartbeat = StoreHeartbeat { store, region_count, report, replication };
        let life = self.life();
        if let Some(latency) = ctx.network.latency_to_pd(self.id()) {
            ctx.schedule(latency, Item::StoreHeartbeat(Box::new(heartbeat), life));
        }
    }
}

impl PeerFsm {
    /// Whether a plan still waits for it.
    fn is_working(&self) -> bool {
        match &self.work {
            Some(Work::Demote { .. } | Work::Stuck) => true,
            Some(Work::WaitApply { target }) => self.applied_index() < *target,
            Some(Work::Failed) | None => false,
        }
    }

    fn start_wait_apply(&mut self) {
        // What has been proposed to a force leader will be committed.
        let target = match self.force_leader {
            Some(_) => self.last_index(),
            None => self.commit_index(),
        };
        if self.applied_index() < target {
            self.work = Some(Work::WaitApply { target });
        }
    }

    /// Turns failed voters into learners. TiKV: `demote_failed_voters_request`.
    fn demote(
        &mut self,
        failed: Vec<Peer>,
        cause: Option<EventId>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        if !self.is_force_leader() {
            return;
        }
        if self.region().in_joint_state() {
            let proposed = self.propose_change(&[], cause, ctx);
            let target = self.last_index();
            self.work = Some(match proposed {
                true => Work::Demote { failed, target, after_exit: true },
                false => Work::Failed,
            });
        } else {
            self.propose_demotion(&failed, cause, ctx);
        }
        self.handle_ready(ctx, out);
    }

    fn propose_demotion(&mut self, failed: &[Peer], cause: Option<EventId>, ctx: &mut Context) {
        let (region, store) = (self.region_id(), self.store());
        let plan = cause.or(ctx.events.latest(Subject::Recovery));
        let mut changes = Vec::new();
        // By the role that the member has here, which may be newer than what PD has seen.
        let members = self.region().clone();
        for member in members.peers.iter().filter(|m| failed.iter().any(|peer| peer.id == m.id)) {
            let member = *member;
            match (member.role, ctx.knobs.learners_on_demotion) {
                (PeerRole::Voter, _) => {
                    changes
                        .push(PeerChange::AddLearner(Peer { role: PeerRole::Learner, ..member }));
                }
                (PeerRole::Learner, LearnersOnDemotion::Remove) => {
                    changes.push(PeerChange::Remove(member));
                }
                (PeerRole::Learner, LearnersOnDemotion::Keep) => {
                    let lost = ctx.events.latest(Subject::Process(member.store));
                    let causes = plan.into_iter().chain(lost);
                    ctx.emit(EventKind::LearnerSkipped { region, peer: member }, causes);
                }
                (PeerRole::IncomingVoter | PeerRole::DemotingVoter, _) => {}
            }
        }
        let me = self.me();
        if me.role == PeerRole::Learner {
            changes.push(PeerChange::AddVoter(Peer { role: PeerRole::Voter, ..me }));
        }
        if changes.is_empty() {
            return;
        }
        let kind = EventKind::DemotionProposed { region, store, changes: changes.clone() };
        if self.propose_change(&changes, None, ctx) {
            self.change_cause = Some(ctx.emit(kind, plan));
            let target = self.last_index();
            self.work = Some(Work::Demote { failed: Vec::new(), target, after_exit: false });
        } else {
            self.work = Some(Work::Failed);
        }
    }

    /// Looks whether the demotion under way has been applied, and what comes after it.
    pub(super) fn check_work(&mut self, ctx: &mut Context, out: &mut Outbox) {
        let Some(Work::Demote { failed, target, after_exit }) = &self.work else { return };
        if self.applied_index() < *target {
            return;
        }
        if *after_exit {
            let failed = failed.clone();
            self.work = match ctx.knobs.residual_joint {
                ResidualJoint::NeverReports => Some(Work::Stuck),
                ResidualJoint::Reports => None,
            };
            if self.is_force_leader() {
                self.propose_demotion(&failed, None, ctx);
            }
        } else {
            self.work = None;
            if self.region().in_joint_state() {
                let cause = ctx.events.latest(Subject::Members(self.region_id()));
                self.propose_change(&[], cause, ctx);
            }
        }
        self.handle_ready(ctx, out);
    }

    /// What it reports to unsafe recovery. TiKV: `on_unsafe_recovery_fill_out_report`.
    pub fn report(&self) -> PeerReport {
        let log = self.node.store();
        let (applied, last_index) = (self.applied_index(), log.last_entry_index());
        // Here a peer applies what it has on disk; since 8.1 a TiKV may be ahead of its disk.
        assert!(applied <= last_index, "{applied} is applied, the log ends at {last_index}");
        PeerReport {
            region: self.region().clone(),
            term: log.hard_state.term,
            last_index,
            commit: log.hard_state.commit,
            applied,
            is_force_leader: self.force_leader.is_some(),
            has_commit_merge: self.has_commit_merge(),
        }
    }
}
