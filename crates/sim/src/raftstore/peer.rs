//! One peer: raft-rs's `RawNode` and what TiKV builds around it. TiKV: `peer.rs`, `fsm/peer.rs`.
//!
//! What goes in: messages, ticks, proposals. What comes out, by way of [`Outbox`]: messages to
//! other peers, a heartbeat to PD, its own end. Applying the log is in `apply`, sleeping in
//! `hibernate`, unsafe recovery in `force_leader` and `recovery`.

use std::collections::VecDeque;
use std::sync::Arc;

use raft::eraftpb::{Entry, Message, MessageType};
use raft::{Config, RawNode};
use slog::{Discard, Logger, o};

use super::force_leader::ForceLeader;
use super::hibernate::Hibernation;
use super::inbox::is_initial;
use super::merge::{Merged, Merging};
use super::proposal::Proposal;
use super::recovery::Work;
use super::replication::Replication;
use super::serve::Waiting;
use super::split::SplitOff;
use super::storage::PeerStorage;
use crate::agenda::{Item, Timer};
use crate::clients::Outcome;
use crate::context::Context;
use crate::event::{DestroyReason, EventKind, Subject};
use crate::ids::{EventId, MINUTE, Millis, PeerId, RegionId, SECOND, StoreId};
use crate::message::{AskSplit, RegionHeartbeat};
use crate::network::{Body, Envelope};
use crate::region::{Peer, PeerRole, Region};

/// One Raft tick. TiKV: `raft-base-tick-interval`.
pub const TICK_MS: u64 = SECOND;
/// Ticks without a leader's word after which a follower campaigns, at least; at most twice as
/// many. TiKV: `raft-election-timeout-ticks`.
pub const ELECTION_TICKS: usize = 10;
/// Ticks between a leader's heartbeats. TiKV: `raft-heartbeat-ticks`.
pub const HEARTBEAT_TICKS: usize = 2;
/// Interval of a leader's heartbeat to PD. TiKV: `pd-heartbeat-tick-interval`.
pub const PD_HEARTBEAT_MS: u64 = MINUTE;
/// Interval of the check for a missing leader. TiKV: `peer-stale-state-check-interval`.
pub const STALE_CHECK_MS: u64 = 5 * MINUTE;
/// Silence after which a leader reports a member as down. TiKV: `max-peer-down-duration`.
pub const PEER_DOWN_MS: u64 = 10 * MINUTE;
/// Ticks between looks at the log's length. TiKV: `raft-log-gc-tick-interval` (3 s).
const LOG_GC_TICKS: u64 = 3;
/// Entries every member has, after which the log is cut. TiKV: `raft-log-gc-threshold`.
const LOG_GC_THRESHOLD: u64 = 50;
/// Entries after which the log is cut although a member lacks them.
/// TiKV: `raft-log-gc-count-limit`, for regions of 256 MiB.
const LOG_GC_LIMIT: u64 = 196_608;

/// See the module.
pub struct PeerFsm {
    pub(super) node: RawNode<PeerStorage>,
    pub(super) id: PeerId,
    pub(super) store: StoreId,
    pub(super) serial: u64,
    /// Members' peers that sent something before they were in the region as known here.
    senders: Vec<Peer>,
    /// When this leader last heard from each member. TiKV: `peer_heartbeats`.
    pub(super) heard: Vec<(PeerId, Millis)>,
    /// Members that need a snapshot. TiKV: `peers_start_pending_time`.
    pub(super) pending: Vec<PeerId>,
    pub(super) hibernation: Hibernation,
    tick_armed: bool,
    pub(super) pd_tick_armed: bool,
    ticks: u64,
    /// Since which stale check no word has come from a leader. TiKV: `leader_missing_time`.
    pub(super) leader_missed_since: Option<Millis>,
    pub(super) force_leader: Option<ForceLeader>,
    pub(super) work: Option<Work>,
    pub(super) merging: Merging,
    /// Committed entries that wait for a slow disk, a held applier or a merge's source; and until
    /// when at least.
    pub(super) unapplied: VecDeque<(Millis, Entry)>,
    pub(super) waiting: Waiting,
    /// The region that a snapshot raft-rs has accepted stands for.
    incoming: Option<Arc<Region>>,
    /// What was applied when a snapshot came that is on disk, but does not count yet: the store's
    /// applier stands.
    pub(super) applied_before_snapshot: Option<u64>,
    pub(super) size_mib: u64,
    pub(super) replication: Replication,
    /// The event that made the peer lead, or brought it about.
    pub(super) cause: Option<EventId>,
    /// What made it propose the change of membership under way.
    pub(super) change_cause: Option<EventId>,
}

/// What a peer wants of its store.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    #[expect(clippy::vec_box, reason = "a message is large and moves through several hands")]
    pub(crate) messages: Vec<Box<Envelope>>,
    pub(crate) heartbeats: Vec<RegionHeartbeat>,
    pub(crate) destroyed: Vec<(RegionId, DestroyReason, Option<EventId>)>,
    pub(crate) split_questions: Vec<AskSplit>,
    pub(crate) splits: Vec<SplitOff>,
    /// Sources that shall look at their targets.
    pub(crate) merge_checks: Vec<RegionId>,
    /// Targets that wait for their sources.
    pub(crate) catch_ups: Vec<RegionId>,
    pub(crate) merged: Vec<Merged>,
}

impl PeerFsm {
    /// Starts a peer on what is on disk.
    pub(super) fn new(
        store: StoreId,
        id: PeerId,
        storage: PeerStorage,
        size_mib: u64,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) -> PeerFsm {
        let config = Config {
            id: id.0,
            election_tick: ELECTION_TICKS,
            heartbeat_tick: HEARTBEAT_TICKS,
            min_election_tick: ELECTION_TICKS,
            max_election_tick: 2 * ELECTION_TICKS,
            applied: storage.applied,
            max_size_per_msg: 1 << 20,
            max_inflight_msgs: 256,
            check_quorum: true,
            pre_vote: true,
            skip_bcast_commit: true,
            ..Default::default()
        };
        let logger = Logger::root(Discard, o!());
        let node = RawNode::new(&config, storage, &logger).expect("the configuration is valid");
        let mut peer = PeerFsm {
            node,
            id,
            store,
            serial: ctx.agenda.serial(),
            senders: Vec::new(),
            heard: Vec::new(),
            pending: Vec::new(),
            hibernation: Hibernation::default(),
            tick_armed: false,
            pd_tick_armed: false,
            ticks: 0,
            leader_missed_since: Some(ctx.now),
            force_leader: None,
            work: None,
            merging: Merging::default(),
            unapplied: VecDeque::new(),
            waiting: Waiting::default(),
            incoming: None,
            applied_before_snapshot: None,
            size_mib,
            replication: Replication::default(),
            cause,
            change_cause: None,
        };
        peer.draw_election_timeout(ctx);
        if peer.merge_state().is_some() {
            peer.arm_merge_check(ctx);
        }
        let phase = ctx.prng.range(1, TICK_MS + 1);
        peer.tick_armed = true;
        ctx.schedule(phase, Item::PeerTick(peer.timer()));
        let stale_phase = ctx.prng.range(1, STALE_CHECK_MS + 1);
        ctx.schedule(stale_phase, Item::StaleTick(peer.timer()));
        peer
    }

    /// Itself, in the role its region as applied gives it.
    pub(crate) fn me(&self) -> Peer {
        let learner = Peer { id: self.id, store: self.store, role: PeerRole::Learner };
        self.region().peer(self.id).unwrap_or(learner)
    }

    pub(super) fn timer(&self) -> Timer {
        Timer { store: self.store, region: self.region_id(), serial: self.serial }
    }

    /// Whether the hard state, log position and role are the same: the digest of a peer.
    pub(super) fn digest(&self) -> [u64; 10] {
        [
            self.id.0,
            self.term(),
            self.node.raft.vote,
            self.node.raft.leader_id,
            self.last_index(),
            self.commit_index(),
            self.applied_index(),
            self.region().epoch.version,
            self.merge_state().map_or(0, |state| state.commit << 20 ^ state.target.id.0),
            self.region().epoch.conf_ver << 8 | self.raft_role() as u64,
        ]
    }

    /// Runs `f` on raft-rs's node, then draws a new election timeout if `f` changed what resets
    /// it there: raft-rs draws from the machine's entropy, a run only from its seed.
    pub(super) fn drive<R>(
        &mut self,
        ctx: &mut Context,
        f: impl FnOnce(&mut RawNode<PeerStorage>) -> R,
    ) -> R {
        let state =
            |node: &RawNode<PeerStorage>| (node.raft.term, node.raft.state, node.raft.leader_id);
        let before = state(&self.node);
        let result = f(&mut self.node);
        if state(&self.node) != before {
            self.draw_election_timeout(ctx);
        }
        result
    }

    fn draw_election_timeout(&mut self, ctx: &mut Context) {
        let ticks = ctx.prng.range(ELECTION_TICKS as u64, 2 * ELECTION_TICKS as u64);
        self.node.raft.set_randomized_election_timeout(ticks as usize);
    }

    /// Stands for election at once, as a new region's first peer does.
    pub(crate) fn campaign(&mut self, ctx: &mut Context, out: &mut Outbox) {
        self.drive(ctx, |node| node.campaign().expect("MsgHup is never refused"));
        self.handle_ready(ctx, out);
    }

    /// Keeps the raft-base-tick going, from sleep if need be.
    pub(super) fn arm_tick(&mut self, ctx: &mut Context) {
        if !self.tick_armed {
            self.tick_armed = true;
            ctx.schedule(TICK_MS, Item::PeerTick(self.timer()));
        }
    }

    pub(super) fn arm_pd_tick(&mut self, ctx: &mut Context) {
        if !self.pd_tick_armed {
            self.pd_tick_armed = true;
            ctx.schedule(PD_HEARTBEAT_MS, Item::PdHeartbeatTick(self.timer()));
        }
    }

    /// The raft-base-tick. TiKV: `fsm/peer.rs:on_raft_base_tick`.
    pub(super) fn on_tick(&mut self, ctx: &mut Context, out: &mut Outbox) {
        self.tick_armed = false;
        if self.sleeps_through_tick(ctx) {
            return;
        }
        if self.is_applying_snapshot() {
            return self.arm_tick(ctx);
        }
        self.check_force_leader(ctx, out);
        let missed = self.hibernation.take_missing_ticks();
        self.drive_ticks(missed + 1, ctx);
        self.ticks += 1;
        self.maybe_compact_log(ctx);
        self.tire_clients(ctx);
        self.handle_ready(ctx, out);
        self.after_tick(ctx, out);
    }

    /// Whether a snapshot is on disk, but the applier has not come to it. Until then the peer does
    /// not stand for election: raft-rs would look for entries before the snapshot.
    /// TiKV: `fsm/peer.rs:on_raft_base_tick`.
    fn is_applying_snapshot(&self) -> bool {
        self.applied_before_snapshot.is_some()
    }

    fn drive_ticks(&mut self, ticks: u64, ctx: &mut Context) {
        for _ in 0..ticks {
            self.drive(ctx, |node| node.tick());
        }
    }

    /// A message of another peer of this region. TiKV: `fsm/peer.rs:on_raft_message`.
    pub(super) fn on_message(
        &mut self,
        envelope: Box<Envelope>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        let from = envelope.from;
        if self.cause.is_none() {
            self.cause = envelope.cause;
        }
        self.remember(from, ctx.now);
        match envelope.body {
            Body::Raft(message) => self.on_raft(message, ctx),
            Body::Snapshot(message, region, size_mib) => {
                self.incoming = Some(region);
                self.size_mib = size_mib;
                self.on_raft(message, ctx);
            }
            Body::HibernateRequest => self.on_hibernate_request(from, out),
            Body::HibernateResponse => self.hibernation.agree(from.id),
            Body::WantRollback(commit) => self.on_want_rollback(from.id, commit),
            Body::CheckStalePeer | Body::Gc | Body::MergedInto(_) => {
                unreachable!("the store answers membership questions")
            }
        }
        self.handle_ready(ctx, out);
        self.note_catch_up(from.id, ctx, out);
    }

    fn on_raft(&mut self, message: Message, ctx: &mut Context) {
        if self.contradicts(&message) {
            let (store, region) = (self.store, self.region_id());
            ctx.emit(EventKind::StorePanicked { store, region }, self.cause);
            ctx.panicked.push(store);
            return;
        }
        let stands = message.get_msg_type() == MessageType::MsgTimeoutNow;
        if stands && self.is_applying_snapshot() {
            return;
        }
        self.wake_for(&message, ctx);
        if self.is_leader() || self.leader_id() == Some(PeerId(message.from)) {
            self.leader_missed_since = None;
        }
        let accepted = self.drive(ctx, |node| node.step(message));
        // raft-rs refuses only answers from peers it does not know; TiKV drops them as well.
        drop(accepted);
    }

    /// Whether a leader contradicts what is committed here. raft-rs panics then, and TiKV with it;
    /// it takes stores that come back after recovery has replaced them.
    fn contradicts(&self, message: &Message) -> bool {
        if message.term < self.term() {
            return false;
        }
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "raft-rs's enum, of which few concern this"
        )]
        match message.get_msg_type() {
            MessageType::MsgHeartbeat => self.last_index() < message.commit,
            MessageType::MsgAppend => {
                let log = &self.node.raft.raft_log;
                let same = |index, term| log.term(index).is_ok_and(|known| known == term);
                same(message.index, message.log_term)
                    && message.get_entries().iter().any(|entry| {
                        self.first_index() <= entry.index
                            && entry.index <= log.committed
                            && !same(entry.index, entry.term)
                    })
            }
            _ => false,
        }
    }

    fn remember(&mut self, from: Peer, now: Millis) {
        if self.is_leader() {
            match self.heard.iter_mut().find(|(id, _)| *id == from.id) {
                Some((_, at)) => *at = now,
                None => self.heard.push((from.id, now)),
            }
        }
        let known = self.region().peer(from.id).is_some();
        if !known && !self.senders.iter().any(|sender| sender.id == from.id) {
            self.senders.push(from);
        }
    }

    /// Cuts the log where every member has it. TiKV: `fsm/peer.rs:on_raft_gc_log_tick`.
    fn maybe_compact_log(&mut self, ctx: &mut Context) {
        let is_due = self.ticks.is_multiple_of(LOG_GC_TICKS) && self.merge_state().is_none();
        if !self.is_leader() || !is_due {
            return;
        }
        let first = self.first_index();
        let replicated =
            self.node.raft.prs().iter().map(|(_, progress)| progress.matched).min().unwrap_or(0);
        let applied = self.applied_index();
        let upto = if first + LOG_GC_LIMIT <= applied {
            replicated.max(first + (applied - first) / 2)
        } else if first + LOG_GC_THRESHOLD <= replicated {
            replicated.min(applied)
        } else {
            return;
        };
        self.propose_compaction(upto - 1, ctx);
    }

    /// Cuts the log behind what is applied, whoever lacks it.
    pub(crate) fn compact_log(&mut self, ctx: &mut Context, out: &mut Outbox) {
        self.wake(ctx);
        self.propose_compaction(self.applied_index(), ctx);
        self.handle_ready(ctx, out);
    }

    fn propose_compaction(&mut self, index: u64, ctx: &mut Context) {
        let bytes = Proposal::CompactLog(index).encode();
        // A leader that cannot take a proposal now looks again three seconds later.
        let _ = self.drive(ctx, |node| node.propose(Vec::new(), bytes));
    }

    /// Works off what raft-rs wants done: send, write, apply. TiKV: `peer.rs:handle_raft_ready`.
    pub(super) fn handle_ready(&mut self, ctx: &mut Context, out: &mut Outbox) {
        while self.node.has_ready() {
            let was_leader = self.hibernation.was_leader;
            let mut ready = self.node.ready();
            self.post(ready.take_messages(), out);
            if !ready.snapshot().is_empty() {
                let region = self.incoming.take().expect("a snapshot comes with its region");
                if ctx.machines.is_applier_held(self.store) {
                    self.applied_before_snapshot.get_or_insert(self.node.store().applied);
                }
                self.node.mut_store().restore(ready.snapshot(), region);
                self.merging = Merging::default();
                self.unapplied.clear();
                self.assign_commit_groups(ctx);
            }
            let snapshot = Some(ready.snapshot().get_metadata().index).filter(|index| 0 < *index);
            self.node.mut_store().append(ready.entries());
            if let Some(hard_state) = ready.hs() {
                let before = self.node.store().hard_state.commit;
                ctx.checker.on_commit(self.region_id(), self.store, before, hard_state.commit);
                self.node.mut_store().hard_state = hard_state.clone();
            }
            let mut committed = ready.take_committed_entries();
            self.on_read_states(ready.take_read_states());
            let persisted = ready.take_persisted_messages();
            let mut light = self.node.advance_append(ready);
            self.post_written(persisted, ctx, out);
            self.post_written(light.take_messages(), ctx, out);
            if let Some(commit) = light.commit_index() {
                self.node.mut_store().hard_state.commit = commit;
            }
            committed.extend(light.take_committed_entries());
            if was_leader != self.is_leader() {
                self.on_role_changed(ctx, out);
            }
            if let Some(index) = snapshot.filter(|_| self.applied_before_snapshot.is_none()) {
                self.on_snapshot_installed(index, ctx);
            }
            self.apply(committed, ctx, out);
            self.answer_reads(ctx);
        }
    }

    /// Posts what may only be said once the log is written. Ours is written by now; a slow disk
    /// takes its time.
    fn post_written(&mut self, messages: Vec<Message>, ctx: &mut Context, out: &mut Outbox) {
        let takes = ctx.machines.disk_ms(self.store);
        if takes == 0 || messages.is_empty() {
            return self.post(messages, out);
        }
        let mut written = Outbox::default();
        self.post(messages, &mut written);
        ctx.schedule(takes, Item::Written(self.timer(), Box::new(written)));
    }

    pub(super) fn on_snapshot_installed(&mut self, index: u64, ctx: &mut Context) {
        self.node.advance_apply_to(index);
        let (region, store) = (self.region_id(), self.store);
        ctx.checker.on_epoch(region, store, self.id, self.region().epoch);
        ctx.emit(EventKind::SnapshotApplied { region, store, index }, self.cause);
    }

    fn on_role_changed(&mut self, ctx: &mut Context, out: &mut Outbox) {
        self.hibernation.was_leader = self.is_leader();
        let (region, peer, store, term) = (self.region_id(), self.id, self.store, self.term());
        let earlier = ctx.events.latest(Subject::Leader(region));
        if self.is_leader() {
            self.heard.clear();
            self.pending.clear();
            let kind = EventKind::BecameLeader { region, peer: self.me(), term };
            // The first leader of a new region leads because of what made the region.
            let cause = ctx.emit(kind, earlier.or(self.cause));
            self.cause = Some(cause);
            let forced = self.force_leader.is_some();
            let log = self.node.store();
            ctx.checker.on_leader(
                region,
                term,
                peer,
                self.last_index(),
                |i| log.term_at(i),
                forced,
            );
            ctx.report_losses(region, cause);
            self.wake(ctx);
            self.heartbeat(ctx, out);
        } else {
            let kind = EventKind::SteppedDown { region, peer, store, term };
            self.cause = Some(ctx.emit(kind, earlier));
            self.on_force_leader_deposed();
            self.turn_clients_away(Outcome::StaleCommand, ctx);
            self.wake(ctx);
        }
    }

    /// Addresses raft-rs's messages. Sorted by receiver: raft-rs broadcasts in the order of a hash
    /// map, which differs between 32 and 64 bits; the order on one link stays as it was.
    fn post(&mut self, mut messages: Vec<Message>, out: &mut Outbox) {
        messages.sort_by_key(|message| message.to);
        for message in messages {
            let to = PeerId(message.to);
            let Some(to) = self.find(to) else { continue };
            let body = if message.get_msg_type() == MessageType::MsgSnapshot {
                Body::Snapshot(message, self.region().clone(), self.size_mib)
            } else {
                Body::Raft(message)
            };
            self.send(to, body, out);
        }
    }

    pub(super) fn send(&self, to: Peer, body: Body, out: &mut Outbox) {
        let may_create = self.is_initialized() && is_initial(&body);
        out.messages.push(Box::new(Envelope {
            region: self.region_id(),
            from: self.me(),
            to,
            epoch: self.region().epoch,
            range: may_create.then(|| self.region().clone()),
            body,
            cause: self.cause,
            held_in_life: None,
        }));
    }

    pub(super) fn find(&self, id: PeerId) -> Option<Peer> {
        let sender = || self.senders.iter().copied().find(|sender| sender.id == id);
        self.region().peer(id).or_else(sender)
    }

    /// Messages to this member are being dropped.
    pub(super) fn on_undelivered(
        &mut self,
        to: PeerId,
        snapshot: bool,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        self.drive(ctx, |node| node.report_unreachable(to.0));
        if snapshot {
            self.drive(ctx, |node| node.report_snapshot(to.0, raft::SnapshotStatus::Failure));
        }
        self.handle_ready(ctx, out);
    }

    /// The snapshot worker has delivered a snapshot to this member, or has not.
    pub(super) fn on_snapshot_sent(
        &mut self,
        to: PeerId,
        delivered: bool,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        let status = match delivered {
            true => raft::SnapshotStatus::Finish,
            false => raft::SnapshotStatus::Failure,
        };
        self.drive(ctx, |node| node.report_snapshot(to.0, status));
        self.handle_ready(ctx, out);
    }

    /// What stays when the process ends.
    pub(super) fn into_storage(mut self) -> PeerStorage {
        let region = self.region_id();
        std::mem::replace(self.node.mut_store(), PeerStorage::uninitialized(region))
    }
}

impl std::fmt::Debug for PeerFsm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "peer {} of region {} on store {}", self.id, self.region_id(), self.store)
    }
}
