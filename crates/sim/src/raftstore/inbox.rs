//! What a store does with a message before a peer sees it: is the receiver the right one, does it
//! exist, may it. TiKV: `fsm/store.rs:{check_msg, maybe_create_peer}`, `fsm/peer.rs:check_msg`.

use raft::eraftpb::MessageType;

use super::peer::{Outbox, PeerFsm};
use super::storage::PeerStorage;
use super::{EARLY_VOTES, Store};
use crate::context::Context;
use crate::event::{DestroyReason, EventKind, Subject};
use crate::ids::{MINUTE, RegionId, StoreId};
use crate::network::{Body, Envelope};
use crate::region::{Region, RegionEpoch};

/// Time without a word from a leader after which a peer asks the others whether it is still a
/// member. TiKV: `abnormal-leader-missing-duration`.
const LEADER_MISSED: u64 = 10 * MINUTE;

impl Store {
    /// A message from another store has arrived.
    pub(crate) fn on_envelope(&mut self, envelope: Box<Envelope>, ctx: &mut Context) {
        self.received.insert(envelope.from.store, ctx.now);
        if !matches!(envelope.body, Body::Gc | Body::MergedInto(_))
            && self.answer_for_merged(&envelope, ctx)
        {
            return;
        }
        match &envelope.body {
            Body::MergedInto(target) => return self.on_merged_into(&envelope, target, ctx),
            Body::Gc => return self.on_gc(&envelope, ctx),
            Body::CheckStalePeer => return self.on_check_stale(&envelope, ctx),
            Body::Raft(_)
            | Body::Snapshot(..)
            | Body::HibernateRequest
            | Body::HibernateResponse
            | Body::WantRollback(_) => {}
        }
        let region = envelope.region;
        if let Some(peer) = self.peers.get(&region) {
            if peer.region().has_removed(envelope.from.store, envelope.epoch) {
                return self.send_gc_if_vote(&envelope, ctx);
            }
            if envelope.to.id < peer.id() {
                return;
            }
            if peer.id() < envelope.to.id {
                // A newer peer of the region is to live here: this one is a leftover.
                self.destroy(region, DestroyReason::NotAMember, envelope.cause, ctx);
            }
        }
        if !self.peers.contains_key(&region) {
            if !self.may_create(&envelope, ctx) {
                return;
            }
            if envelope.range.as_ref().is_some_and(|range| self.overlaps(range)) {
                return self.keep_early_vote(envelope);
            }
            self.create_peer(&envelope, ctx);
        }
        if let Body::Snapshot(_, range, _) = &envelope.body
            && self.overlaps(range)
        {
            return;
        }
        let snapshot = match &envelope.body {
            Body::Snapshot(_, range, _) => Some((range.clone(), envelope.cause)),
            Body::Raft(_)
            | Body::HibernateRequest
            | Body::HibernateResponse
            | Body::WantRollback(_)
            | Body::MergedInto(_)
            | Body::CheckStalePeer
            | Body::Gc => None,
        };
        self.with_peer(region, ctx, |peer, ctx, out| peer.on_message(envelope, ctx, out));
        if let Some((range, cause)) = snapshot {
            self.bury_merged_by_snapshot(&range, cause, ctx);
        }
    }

    fn may_create(&mut self, envelope: &Envelope, ctx: &mut Context) -> bool {
        let region = envelope.region;
        let Some(grave) = self.graves.get(&region) else { return is_initial(&envelope.body) };
        if envelope.epoch < grave.region.epoch {
            // Only whoever was no member any more when this peer went is told to go too.
            if grave.region.peer_on(envelope.from.store).is_none() {
                self.send_gc_if_vote(envelope, ctx);
            }
            return false;
        }
        let buried_as_member = grave.region.peer_on(self.id()).is_some();
        if buried_as_member && envelope.to.id <= grave.id {
            self.tell_refusal(envelope, ctx);
            return false;
        }
        is_initial(&envelope.body)
    }

    /// Whether another region's peer here still has keys of this one: it has yet to apply the
    /// split that made it. TiKV: `fsm/peer.rs:check_snapshot`, `fsm/store.rs:maybe_create_peer`.
    fn overlaps(&self, range: &Region) -> bool {
        let others = self.peers.values().filter(|peer| peer.region_id() != range.id);
        let overlaps = |peer: &PeerFsm| {
            peer.region().overlaps(range) && !self.is_merged_into(peer.region_id(), range)
        };
        others.filter(|peer| peer.is_initialized()).any(overlaps)
    }

    /// A candidate asks a peer for its vote that a split has yet to make here: it is asked then.
    fn keep_early_vote(&mut self, envelope: Box<Envelope>) {
        if asks_for_vote(&envelope.body) {
            if self.early_votes.len() == EARLY_VOTES {
                self.early_votes.pop_front();
            }
            self.early_votes.push_back(envelope);
        }
    }

    /// A leader talks to a peer that was destroyed here: it never can come back under that id.
    fn tell_refusal(&mut self, envelope: &Envelope, ctx: &mut Context) {
        let Body::Raft(message) = &envelope.body else { return };
        let (region, peer, store) = (envelope.region, envelope.to.id, self.id());
        let is_leader = message.get_msg_type() == MessageType::MsgHeartbeat;
        if is_leader && self.refused.insert(region, message.term) != Some(message.term) {
            let grave = ctx.events.latest(Subject::Peer(region, peer));
            let causes: Vec<_> = grave.into_iter().chain(envelope.cause).collect();
            ctx.emit(EventKind::TombstoneRefused { region, peer, store }, causes);
        }
    }

    fn create_peer(&mut self, envelope: &Envelope, ctx: &mut Context) {
        let (region, store, id) = (envelope.region, self.id(), envelope.to.id);
        let storage = PeerStorage::uninitialized(region);
        let mut fsm = PeerFsm::new(store, id, storage, 1, envelope.cause, ctx);
        fsm.adopt_replication(self.replication.clone(), ctx);
        self.peers.insert(region, fsm);
        ctx.checker.on_created(region, store, id);
        ctx.emit(EventKind::PeerCreated { region, peer: id, store }, envelope.cause);
    }

    /// A removed peer that stands for election learns that it is removed.
    fn send_gc_if_vote(&mut self, envelope: &Envelope, ctx: &mut Context) {
        if asks_for_vote(&envelope.body) {
            self.send_gc(envelope, ctx);
        }
    }

    fn send_gc(&mut self, envelope: &Envelope, ctx: &mut Context) {
        let peer = self.peers.get(&envelope.region).map(|peer| peer.region().epoch);
        let grave = self.graves.get(&envelope.region).map(|grave| grave.region.epoch);
        let Some(epoch) = peer.or(grave) else { return };
        let mut out = Outbox::default();
        out.messages.push(Box::new(Envelope {
            region: envelope.region,
            from: envelope.to,
            to: envelope.from,
            epoch,
            range: None,
            body: Body::Gc,
            cause: ctx.events.latest(Subject::Members(envelope.region)),
            held_in_life: None,
        }));
        self.flush(out, ctx);
    }

    fn on_gc(&mut self, envelope: &Envelope, ctx: &mut Context) {
        let region = envelope.region;
        let Some(peer) = self.peers.get(&region) else { return };
        if peer.id() == envelope.to.id && peer.region().epoch < envelope.epoch {
            self.destroy(region, DestroyReason::NotAMember, envelope.cause, ctx);
            self.check_plan(ctx);
        }
    }

    /// A peer asks whether it still belongs. One that was destroyed here answers too, by what its
    /// region was then. TiKV: `fsm/peer.rs:check_msg`, `fsm/store.rs:check_msg`.
    fn on_check_stale(&mut self, envelope: &Envelope, ctx: &mut Context) {
        if self.knows_removed(envelope.region, envelope.from.store, envelope.epoch) {
            self.send_gc(envelope, ctx);
        }
    }

    /// Whether a peer of the region, here or destroyed here, knows that the region has no member on
    /// that store any more, which knows this epoch of it.
    pub(crate) fn knows_removed(
        &self,
        region: RegionId,
        asker: StoreId,
        epoch: RegionEpoch,
    ) -> bool {
        let here = self.peers.get(&region).map(|peer| &**peer.region());
        let known = here.or_else(|| self.graves.get(&region).map(|grave| &*grave.region));
        known.is_some_and(|known| known.has_removed(asker, epoch))
    }
}

impl PeerFsm {
    /// A peer that has not heard from a leader for long asks the other members whether it still
    /// belongs: one that was removed without noticing, as a learner which knows its old leader,
    /// would never find out. TiKV: `fsm/peer.rs:on_check_peer_stale_state_tick`,
    /// `peer.rs:check_stale_state`.
    pub(super) fn ask_whether_stale(&mut self, ctx: &mut Context, out: &mut Outbox) {
        if self.is_leader() {
            self.leader_missed_since = None;
            return;
        }
        let since = *self.leader_missed_since.get_or_insert(ctx.now);
        if ctx.now.since(since) < LEADER_MISSED {
            return;
        }
        let region = self.region().clone();
        let others = region.peers.iter().filter(|peer| peer.id != self.id());
        others.for_each(|other| self.send(*other, Body::CheckStalePeer, out));
    }
}

fn asks_for_vote(body: &Body) -> bool {
    matches!(body, Body::Raft(message) if matches!(
        message.get_msg_type(),
        MessageType::MsgRequestVote | MessageType::MsgRequestPreVote
    ))
}

/// Whether a message is one by which a leader or candidate makes itself known to a peer that does
/// not exist yet. TiKV: `util.rs:is_initial_msg`.
pub(super) fn is_initial(body: &Body) -> bool {
    use raft::eraftpb::MessageType as M;
    match body {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "raft-rs's enum, of which few concern this"
        )]
        Body::Raft(message) => match message.get_msg_type() {
            M::MsgRequestVote | M::MsgRequestPreVote => true,
            // A leader that does not know yet how far the peer is sends no commit index.
            M::MsgHeartbeat => message.commit == 0,
            _ => false,
        },
        Body::Snapshot(..)
        | Body::HibernateRequest
        | Body::HibernateResponse
        | Body::WantRollback(_)
        | Body::MergedInto(_)
        | Body::CheckStalePeer
        | Body::Gc => false,
    }
}
