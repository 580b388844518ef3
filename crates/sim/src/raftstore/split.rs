//! Splitting a region. TiKV: `fsm/peer.rs:{on_prepare_split_region, on_ready_split_region}`,
//! `fsm/apply.rs:exec_batch_split`.
//!
//! The leader asks PD for ids, and proposes. Every peer that applies the split makes the new
//! regions' peers on its own store; those beside the old region's leader stand for election at
//! once.

use std::sync::Arc;

use super::Store;
use super::peer::{Outbox, PeerFsm};
use super::proposal::{Proposal, Split};
use super::ranges::{can_split_at, split};
use super::rows::Rows;
use super::storage::PeerStorage;
use crate::agenda::Life;
use crate::context::Context;
use crate::event::EventKind;
use crate::ids::EventId;
use crate::message::{AskSplit, SplitId};
use crate::region::{Key, PeerRole, Region};

/// The regions that a peer has split off by applying a split.
#[derive(Debug)]
pub(crate) struct SplitOff {
    new: Vec<Arc<Region>>,
    /// Whether that peer leads: then the new regions' peers beside it campaign.
    leads: bool,
    size_mib: u64,
    /// The rows of each.
    rows: Vec<Rows>,
    cause: Option<EventId>,
}

impl PeerFsm {
    /// Whether the log holds an entry, not applied yet, that will change the region's epoch. A new
    /// leader does not know before it has applied an entry of its own term.
    pub(super) fn awaits_new_epoch(&self) -> bool {
        let log = self.node.store();
        let unapplied = log.entries_from(log.applied + 1);
        unapplied.into_iter().any(|entry| {
            let is_change = entry.get_entry_type() != raft::eraftpb::EntryType::EntryNormal;
            is_change || Proposal::changes_epoch(&entry.data)
        })
    }

    /// Whether its log holds a split that it has not applied yet.
    pub fn is_splitting(&self) -> bool {
        let log = self.node.store();
        log.entries_from(log.applied + 1).any(|entry| Proposal::is_split(&entry.data))
    }

    /// Asks PD for the ids of a split at `keys`, or in the middle if there are none. Returns
    /// whether it could.
    pub(crate) fn ask_split(
        &mut self,
        mut keys: Vec<Key>,
        cause: Option<EventId>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) -> bool {
        let region = self.region().clone();
        if keys.is_empty() {
            keys.extend(Key::middle(&region.start, &region.end));
        }
        if !self.is_leader() || !can_split_at(&region, &keys) {
            return false;
        }
        self.wake(ctx);
        out.split_questions.push(AskSplit { region, keys, cause });
        true
    }

    /// PD has given the ids of a split, or refused to.
    fn on_split_answer(
        &mut self,
        asked: AskSplit,
        ids: Option<Vec<SplitId>>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        let (region, store) = (self.region_id(), self.store());
        let Some(ids) = ids else {
            let cause = ctx.events.latest(crate::event::Subject::Recovery);
            ctx.emit(EventKind::SplitRefused { region, store }, cause);
            return;
        };
        let may_propose =
            self.is_leader() && self.force_leader.is_none() && self.merge_state().is_none();
        if !may_propose || asked.region.epoch != self.region().epoch || self.awaits_new_epoch() {
            return;
        }
        self.wake(ctx);
        let parts = asked.keys.into_iter().zip(ids).collect();
        let bytes = Proposal::Split(Split { epoch: asked.region.epoch, parts }).encode();
        if self.drive(ctx, |node| node.propose(Vec::new(), bytes)).is_ok() {
            self.change_cause = asked.cause;
        }
        self.handle_ready(ctx, out);
    }

    /// The split has been committed. It is void if the region has changed since it was proposed.
    pub(super) fn apply_split(&mut self, entry: &Split, ctx: &mut Context, out: &mut Outbox) {
        if entry.epoch != self.region().epoch {
            return;
        }
        let (derived, new) =
            split(self.region(), entry).expect("the keys were checked at this very epoch");
        let new: Vec<Arc<Region>> = new.into_iter().map(Arc::new).collect();
        self.size_mib = (self.size_mib / (new.len() as u64 + 1)).max(1);
        let rows = std::mem::take(&mut self.node.mut_store().rows);
        let parts = new.iter().map(|part| &**part).chain([&derived]);
        let mut rows = rows.share(&parts.collect::<Vec<&Region>>());
        self.node.mut_store().rows = rows.pop().expect("what is left of the region is a part");
        let derived = self.change_range(derived, ctx);
        let (leads, size_mib) = (self.is_leader(), self.size_mib);
        let mut cause = ctx.events.latest(crate::event::Subject::Members(derived.id));
        if leads {
            let why = self.change_cause.take().or(self.cause);
            let store = self.store();
            let kind = EventKind::RegionSplit { region: derived, new: new.clone(), store };
            cause = Some(ctx.emit(kind, why));
            ctx.split_off.extend(new.iter().cloned());
            self.wake(ctx);
            self.heartbeat(ctx, out);
        }
        out.splits.push(SplitOff { new, leads, size_mib, rows, cause });
    }
}

impl Store {
    /// PD's answer to a leader here that is about to split.
    pub(crate) fn on_split_answer(
        &mut self,
        asked: AskSplit,
        ids: Option<Vec<SplitId>>,
        life: Life,
        ctx: &mut Context,
    ) {
        if life == self.life() {
            self.with_peer(asked.region.id, ctx, |peer, ctx, out| {
                peer.on_split_answer(asked, ids, ctx, out);
            });
        }
    }

    /// Makes this store's peers of regions that were split off. One that was here already, and is
    /// gone or has its data by now, is older than this split.
    pub(super) fn create_split_off(&mut self, split: SplitOff, ctx: &mut Context) {
        for (region, rows) in split.new.into_iter().zip(split.rows) {
            let Some(me) = region.peer_on(self.id()) else { continue };
            let there = self.peers.get(&region.id);
            let is_older = there.is_some_and(|peer| peer.is_initialized() || peer.id() != me.id);
            if is_older || self.graves.contains_key(&region.id) {
                continue;
            }
            let mut storage = PeerStorage::bootstrapped(region.clone());
            storage.rows = rows;
            // A peer that came before the split, from a candidate's message, has only its vote.
            let early = self.peers.remove(&region.id).map(PeerFsm::into_storage);
            if let Some(early) = early.filter(|e| storage.hard_state.term < e.hard_state.term) {
                storage.hard_state.term = early.hard_state.term;
                storage.hard_state.vote = early.hard_state.vote;
            }
            self.begin_peer(storage, me.id, split.size_mib, split.cause, ctx);
            let is_alone = region.peers.len() == 1;
            if (split.leads || is_alone) && me.role != PeerRole::Learner {
                self.with_peer(region.id, ctx, PeerFsm::campaign);
            } else {
                self.deliver_early_votes(&region, ctx);
            }
        }
    }

    fn deliver_early_votes(&mut self, region: &Region, ctx: &mut Context) {
        let (votes, kept) = std::mem::take(&mut self.early_votes)
            .into_iter()
            .partition(|envelope| envelope.region == region.id);
        self.early_votes = kept;
        for envelope in votes {
            self.on_envelope(envelope, ctx);
        }
    }
}
