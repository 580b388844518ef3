//! Force leader: a peer leads although its region has lost its quorum, by order of PD.
//! TiKV: `fsm/peer.rs:on_enter_pre_force_leader` and what follows there.
//!
//! WaitTicks (until an old leader's lease is certainly over), PreForceLeader (a real campaign,
//! without pre-vote: votes bind), ForceLeader (the votes of failed stores are made up).
//! TiKV's WaitForceCompact cannot happen here: raft 0.7.0 applies only what is persisted.

use raft::StateRole;
use raft::eraftpb::{Message, MessageType};

use super::membership::has_quorum_without;
use super::peer::{ELECTION_TICKS, Outbox, PeerFsm};
use crate::context::Context;
use crate::event::{EventKind, ForceLeaderRefusal, Subject};
use crate::ids::{EventId, MINUTE, Millis, PeerId, StoreId};
use crate::order;
use crate::region::PeerRole;
use crate::release::ForcedCommit;

/// How long a force leader stays if nobody ends it. TiKV: `UNSAFE_RECOVERY_STATE_TIMEOUT`.
pub(super) const EXPIRY: u64 = MINUTE;

/// A peer's way to, or state of, force leader. TiKV: `ForceLeaderState`.
#[derive(Clone, Debug)]
pub(super) struct ForceLeader {
    phase: Phase,
    failed: Vec<StoreId>,
    since: Millis,
    /// The event of PD's sending the plan.
    cause: Option<EventId>,
}

/// How far a peer is on its way to force leader, for readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForceLeaderPhase {
    /// Waiting until an old leader's lease is over.
    WaitTicks,
    /// Collecting the votes of the voters that are alive.
    PreForceLeader,
    /// Leading without a quorum.
    ForceLeader,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    WaitTicks(usize),
    PreForceLeader,
    ForceLeader,
}

impl PeerFsm {
    /// How far it is on its way to force leader, if it is on it.
    pub fn force_leader(&self) -> Option<ForceLeaderPhase> {
        self.force_leader.as_ref().map(|state| match state.phase {
            Phase::WaitTicks(_) => ForceLeaderPhase::WaitTicks,
            Phase::PreForceLeader => ForceLeaderPhase::PreForceLeader,
            Phase::ForceLeader => ForceLeaderPhase::ForceLeader,
        })
    }

    /// Whether it leads without a quorum now.
    pub(super) fn is_force_leader(&self) -> bool {
        self.force_leader() == Some(ForceLeaderPhase::ForceLeader)
    }

    /// Whether it is still deciding: the plan waits for it.
    pub(super) fn is_entering_force_leader(&self) -> bool {
        self.force_leader.is_some() && !self.is_force_leader()
    }

    /// PD's order. A refusal is only logged: the store reports that it has no force leader here,
    /// and PD asks again.
    pub(super) fn enter_force_leader(
        &mut self,
        failed: &[StoreId],
        cause: Option<EventId>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        match self.force_leader() {
            Some(ForceLeaderPhase::ForceLeader) => return,
            Some(ForceLeaderPhase::PreForceLeader) => self.abandon_force_leader(),
            Some(ForceLeaderPhase::WaitTicks) | None => self.force_leader = None,
        }
        if !self.is_initialized() {
            return self.refuse_force_leader(ForceLeaderRefusal::NotInitialized, cause, ctx);
        }
        let raft = &self.node.raft;
        let wait = if self.is_leader() {
            if self.hibernation.is_ordered() {
                return self.refuse_force_leader(ForceLeaderRefusal::AlreadyLeader, cause, ctx);
            }
            // Two rounds of check-quorum depose a leader that nobody answers.
            Some((2 * ELECTION_TICKS).saturating_sub(raft.election_elapsed))
        } else if raft.promotable() && self.leader_id().is_some() {
            if self.hibernation.may_hear_from_leader() {
                return self.refuse_force_leader(ForceLeaderRefusal::LeaderLease, cause, ctx);
            }
            Some(raft.randomized_election_timeout().saturating_sub(raft.election_elapsed))
        } else {
            None
        };
        let failed = failed.to_vec();
        match wait {
            Some(ticks) => {
                let (phase, since) = (Phase::WaitTicks(ticks), ctx.now);
                self.force_leader = Some(ForceLeader { phase, failed, since, cause });
                match self.is_leader() {
                    true => self.wake(ctx),
                    false => self.alarm(ctx),
                }
            }
            None => self.enter_pre_force_leader(failed, cause, ctx, out),
        }
    }

    fn enter_pre_force_leader(
        &mut self,
        failed: Vec<StoreId>,
        cause: Option<EventId>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        if has_quorum_without(self.region(), &failed) {
            return self.refuse_force_leader(ForceLeaderRefusal::HasQuorum, cause, ctx);
        }
        // Not a pre-vote: a vote must bind, or two force leaders could share a term.
        self.node.raft.pre_vote = false;
        self.drive(ctx, |node| node.campaign().expect("MsgHup is never refused"));
        if self.node.raft.state != StateRole::Candidate {
            self.node.raft.pre_vote = true;
            return self.refuse_force_leader(ForceLeaderRefusal::VoteFailed, cause, ctx);
        }
        let (phase, since) = (Phase::PreForceLeader, ctx.now);
        self.force_leader = Some(ForceLeader { phase, failed, since, cause });
        self.alarm(ctx);
        self.handle_ready(ctx, out);
    }

    /// What a tick does for it, before raft-rs ticks. TiKV: `check_force_leader`.
    pub(super) fn check_force_leader(&mut self, ctx: &mut Context, out: &mut Outbox) {
        let Some(state) = &mut self.force_leader else { return };
        match &mut state.phase {
            Phase::WaitTicks(0) => {
                // Looks at everything again: a leader that still leads was not alone.
                let (failed, cause) = (std::mem::take(&mut state.failed), state.cause);
                self.enter_force_leader(&failed, cause, ctx, out);
            }
            Phase::WaitTicks(ticks) => *ticks -= 1,
            Phase::PreForceLeader => self.count_votes(ctx),
            Phase::ForceLeader => self.force_commit(ctx),
        }
    }

    /// Just before the election would time out, looks at who has voted. A refusal, or a voice from
    /// a store that should be dead, ends the attempt.
    fn count_votes(&mut self, ctx: &mut Context) {
        let raft = &self.node.raft;
        if raft.election_elapsed + 1 < ELECTION_TICKS {
            return;
        }
        let Some(state) = &self.force_leader else { return };
        let is_voter = |role| matches!(role, PeerRole::Voter | PeerRole::IncomingVoter);
        let expected: Vec<PeerId> = self
            .region()
            .peers
            .iter()
            .filter(|peer| is_voter(peer.role) || peer.role == PeerRole::DemotingVoter)
            .filter(|peer| !state.failed.contains(&peer.store))
            .map(|peer| peer.id)
            .collect();
        let mut votes: Vec<(PeerId, bool)> =
            raft.prs().votes().iter().map(|(id, granted)| (PeerId(*id), *granted)).collect();
        order::sort_by(&mut votes, Ord::cmp);
        let is_fair = |(id, granted): &(PeerId, bool)| {
            *id == self.id() || (expected.contains(id) && *granted)
        };
        let cause = state.cause;
        if raft.state != StateRole::Candidate || !votes.iter().all(is_fair) {
            self.abandon_force_leader();
            return self.refuse_force_leader(ForceLeaderRefusal::VoteFailed, cause, ctx);
        }
        if expected.iter().all(|id| votes.contains(&(*id, true))) {
            self.become_force_leader(ctx);
        }
    }

    fn become_force_leader(&mut self, ctx: &mut Context) {
        let Some(state) = &mut self.force_leader else { return };
        state.phase = Phase::ForceLeader;
        state.since = ctx.now;
        let (failed, cause) = (state.failed.clone(), state.cause);
        let (region, peer, store, term) =
            (self.region().clone(), self.id(), self.store(), self.term());
        let alive = failed.iter().copied().find(|store| ctx.network.is_running(*store));
        let causes = cause.or(ctx.events.latest(Subject::Recovery));
        let kind = EventKind::ForceLeaderEntered {
            region: region.id,
            peer,
            store,
            term,
            failed_store_runs: alive,
        };
        self.cause = Some(ctx.emit(kind, causes));
        if alive.is_some() {
            ctx.checker.expect_two_leaders(region.id);
        }
        let is_lost = |role| role != PeerRole::Learner;
        for dead in region.peers.iter().filter(|p| is_lost(p.role) && failed.contains(&p.store)) {
            let mut vote = Message { term, from: dead.id.0, to: peer.0, ..Default::default() };
            vote.set_msg_type(MessageType::MsgRequestVoteResponse);
            // Once enough votes are in, raft-rs refuses further ones: no matter.
            let _ = self.drive(ctx, |node| node.step(vote));
        }
        assert!(self.is_leader(), "{self:?} has every vote and does not lead");
        self.node.raft.set_check_quorum(false);
        self.wake(ctx);
    }

    /// Commits what every peer that is alive has, quorum or not.
    /// TiKV: `maybe_force_forward_commit_index`.
    fn force_commit(&mut self, ctx: &Context) {
        let Some(state) = &self.force_leader else { return };
        let raft = &self.node.raft;
        let counts = |role| match ctx.knobs.forced_commit {
            ForcedCommit::AllPeers => true,
            ForcedCommit::VotersOnly => role != PeerRole::Learner,
        };
        let replicated = self
            .region()
            .peers
            .iter()
            .filter(|peer| counts(peer.role) && !state.failed.contains(&peer.store))
            .filter_map(|peer| raft.prs().get(peer.id.0))
            .map(|progress| progress.matched)
            .fold(raft.raft_log.persisted, u64::min);
        let in_this_term = raft.raft_log.term(replicated).is_ok_and(|term| raft.term <= term);
        if in_this_term && raft.raft_log.committed < replicated {
            self.node.raft.raft_log.committed = replicated;
        }
    }

    /// PD's order to end it, or its expiry.
    pub(super) fn exit_force_leader(&mut self, ctx: &mut Context, out: &mut Outbox) {
        let was_entered = self.is_force_leader();
        if self.force_leader.is_none() {
            return;
        }
        self.abandon_force_leader();
        if was_entered {
            let (region, store) = (self.region_id(), self.store());
            let kind = EventKind::ForceLeaderExited { region, store };
            self.cause = Some(ctx.emit(kind, self.cause));
        }
        let term = self.term();
        self.drive(ctx, |node| node.raft.become_follower(term, raft::INVALID_ID));
        self.handle_ready(ctx, out);
        if self.node.raft.promotable() {
            self.campaign(ctx, out);
        }
        self.alarm(ctx);
    }

    /// Ends a force leader that nobody ended for a minute; looked at by the stale check.
    pub(super) fn expire_force_leader(&mut self, ctx: &mut Context, out: &mut Outbox) {
        let since = self.force_leader.as_ref().map(|state| state.since);
        if self.is_force_leader() && since.is_some_and(|since| EXPIRY < ctx.now.since(since)) {
            self.exit_force_leader(ctx, out);
        }
    }

    /// It lost leadership: "step down in force leader state".
    pub(super) fn on_force_leader_deposed(&mut self) {
        if self.is_force_leader() {
            self.abandon_force_leader();
        }
    }

    fn abandon_force_leader(&mut self) {
        self.force_leader = None;
        self.node.raft.pre_vote = true;
        self.node.raft.set_check_quorum(true);
    }

    fn refuse_force_leader(
        &mut self,
        why: ForceLeaderRefusal,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) {
        let (region, store) = (self.region_id(), self.store());
        let cause = cause.or(ctx.events.latest(Subject::Recovery));
        ctx.emit(EventKind::ForceLeaderRefused { region, store, why }, cause);
    }
}
