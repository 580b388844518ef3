//! Sleeping regions: a quiet leader asks every member, then all stop ticking.
//! TiKV: `hibernate_state.rs`, `peer.rs:check_{before,after}_tick`.
//!
//! A ghost member never answers, so it keeps its region awake.

use raft::eraftpb::{Message, MessageType};

use super::peer::{ELECTION_TICKS, HEARTBEAT_TICKS, Outbox, PeerFsm};
use crate::context::Context;
use crate::ids::PeerId;
use crate::network::Body;
use crate::region::Peer;

/// How awake a peer is. TiKV: `GroupState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum GroupState {
    /// Awake, in the usual way.
    #[default]
    Ordered,
    /// Awake since something is wrong: it may campaign, and does not sleep.
    Chaos,
    /// A sleeper that has not heard from its leader at one stale check; at the next it wakes.
    PreChaos,
    /// Asleep.
    Idle,
}

/// A peer's sleep.
#[derive(Clone, Debug, Default)]
pub(super) struct Hibernation {
    state: GroupState,
    /// Ticks slept through at the beginning, made up for on waking.
    missing_ticks: u64,
    /// Members that agreed to sleep.
    agreed: Vec<PeerId>,
    /// Whether the peer led when raft-rs was last looked at.
    pub(super) was_leader: bool,
}

impl Hibernation {
    pub(super) fn is_idle(&self) -> bool {
        self.state == GroupState::Idle
    }

    pub(super) fn is_asleep(&self) -> bool {
        matches!(self.state, GroupState::Idle | GroupState::PreChaos)
    }

    /// Whether the leader it knows may still hold a lease, as TiKV's force leader asks.
    pub(super) fn may_hear_from_leader(&self) -> bool {
        matches!(self.state, GroupState::Ordered | GroupState::Chaos)
    }

    pub(super) fn is_ordered(&self) -> bool {
        self.state == GroupState::Ordered
    }

    pub(super) fn agree(&mut self, peer: PeerId) {
        if !self.agreed.contains(&peer) {
            self.agreed.push(peer);
        }
    }

    pub(super) fn take_missing_ticks(&mut self) -> u64 {
        std::mem::take(&mut self.missing_ticks)
    }
}

impl PeerFsm {
    /// Whether the peer sleeps through this tick. For the first few it only counts them: made up
    /// for on waking, they let a follower campaign soon, but not at once.
    pub(super) fn sleeps_through_tick(&mut self, ctx: &mut Context) -> bool {
        if !self.hibernation.is_idle() {
            return false;
        }
        let slept = self.hibernation.missing_ticks as usize + 1 + HEARTBEAT_TICKS;
        if !self.is_leader() && slept < ELECTION_TICKS {
            self.hibernation.missing_ticks += 1;
            self.arm_tick(ctx);
        }
        true
    }

    /// The end of a tick: sleep or go on.
    pub(super) fn after_tick(&mut self, ctx: &mut Context, out: &mut Outbox) {
        let may_sleep = if self.is_leader() {
            self.leader_may_sleep() && self.all_agree(out)
        } else {
            self.follower_may_sleep()
        };
        if may_sleep {
            self.hibernation.state = GroupState::Idle;
            self.hibernation.agreed.clear();
        }
        if !may_sleep || !self.is_leader() {
            self.arm_tick(ctx);
        }
        if self.is_leader() {
            self.arm_pd_tick(ctx);
        }
    }

    fn leader_may_sleep(&self) -> bool {
        let last = self.last_index();
        self.force_leader.is_none()
            && !self.awaits_integrity()
            && self.applied_index() == last
            && self.node.raft.lead_transferee.is_none()
            && self.node.raft.prs().iter().all(|(_, progress)| progress.matched == last)
    }

    /// Asks whoever has not agreed yet. TiKV: `all_agree_to_hibernate`.
    fn all_agree(&mut self, out: &mut Outbox) -> bool {
        let region = self.region().clone();
        let agreed =
            |peer: &Peer| peer.id == self.id() || self.hibernation.agreed.contains(&peer.id);
        if region.peers.iter().all(agreed) {
            return true;
        }
        for peer in region.peers.iter().filter(|peer| !agreed(peer)) {
            self.send(*peer, Body::HibernateRequest, out);
        }
        false
    }

    fn follower_may_sleep(&self) -> bool {
        self.hibernation.state != GroupState::Chaos
            && self.leader_id().is_some()
            && self.node.raft.raft_log.last_term() == self.term()
            && self.force_leader.is_none()
            && self.work.is_none()
    }

    pub(super) fn on_hibernate_request(&mut self, from: Peer, out: &mut Outbox) {
        let settled = self.applied_index() == self.last_index();
        if settled && self.leader_id() == Some(from.id) && self.force_leader.is_none() {
            self.send(from, Body::HibernateResponse, out);
        }
    }

    /// Wakes up for a vote, which means that something is wrong, and for any word of the leader.
    /// TiKV: `fsm/peer.rs:on_raft_message`.
    pub(super) fn wake_for(&mut self, message: &Message, ctx: &mut Context) {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "raft-rs's enum, of which few concern this"
        )]
        match message.get_msg_type() {
            MessageType::MsgRequestVote
            | MessageType::MsgRequestVoteResponse
            | MessageType::MsgRequestPreVote
            | MessageType::MsgRequestPreVoteResponse
            | MessageType::MsgTimeoutNow => self.alarm(ctx),
            _ if Some(PeerId(message.from)) == self.leader_id() => self.wake(ctx),
            _ => {}
        }
    }

    /// Back to ticking as usual. TiKV: `reset_raft_tick(GroupState::Ordered)`.
    pub(super) fn wake(&mut self, ctx: &mut Context) {
        let was_idle = self.hibernation.is_idle();
        self.hibernation.state = GroupState::Ordered;
        self.hibernation.agreed.clear();
        if was_idle && self.is_leader() {
            self.hibernation.missing_ticks = 0;
        }
        self.arm_tick(ctx);
        if self.is_leader() {
            self.arm_pd_tick(ctx);
        }
    }

    /// Something is wrong with the leader, or recovery needs the peer awake.
    pub(super) fn alarm(&mut self, ctx: &mut Context) {
        self.hibernation.state = GroupState::Chaos;
        self.hibernation.agreed.clear();
        self.arm_tick(ctx);
    }

    /// What the stale check does to a sleeper: a leader shows that it lives, and to PD too; a
    /// follower wakes if two checks in a row find it without news.
    pub(super) fn stir(&mut self, ctx: &mut Context, out: &mut Outbox) {
        match self.hibernation.state {
            GroupState::Idle if self.is_leader() => {
                self.drive(ctx, |node| node.ping());
                self.arm_pd_tick(ctx);
                self.handle_ready(ctx, out);
            }
            GroupState::Idle => self.hibernation.state = GroupState::PreChaos,
            GroupState::PreChaos => self.hibernation.state = GroupState::Chaos,
            GroupState::Chaos => self.arm_tick(ctx),
            GroupState::Ordered => {}
        }
    }
}
