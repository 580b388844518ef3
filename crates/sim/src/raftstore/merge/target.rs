//! The target's side of a merge: proposing and applying CommitMerge, and the end of the source's
//! peer, also where the target comes by snapshot.

use std::sync::Arc;

use raft::eraftpb::Entry;

use super::entries::CommitMerge;
use crate::context::Context;
use crate::event::{DestroyReason, EventKind, Subject};
use crate::ids::{EventId, RegionId};
use crate::network::{Body, Envelope};
use crate::raftstore::Store;
use crate::raftstore::peer::{Outbox, PeerFsm};
use crate::raftstore::proposal::Proposal;
use crate::region::Region;

/// A source that a target's peer has taken in.
#[derive(Debug)]
pub(crate) struct Merged {
    source: RegionId,
    /// The target before.
    target: Arc<Region>,
    cause: Option<EventId>,
}

impl PeerFsm {
    /// Takes up the offer of a source beside it, if it leads and is as the source expects.
    pub(super) fn propose_commit_merge(
        &mut self,
        offer: &CommitMerge,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        let region = self.region();
        let is_fit = region.is_next_to(&offer.source) && region.is_on_stores_of(&offer.source);
        let may_propose = self.is_leader()
            && self.force_leader.is_none()
            && self.merge_state().is_none()
            && !self.awaits_new_epoch();
        if offer.epoch == region.epoch && is_fit && may_propose {
            let cause = ctx.events.latest(Subject::Members(offer.source.id));
            self.propose_entry(&Proposal::CommitMerge(offer.clone()), cause, ctx);
            self.handle_ready(ctx, out);
        }
    }

    /// Whether applying waits for this source's peer on the same store.
    pub(super) fn awaits_source(&self, source: RegionId) -> bool {
        self.merging.waits_for.as_ref().is_some_and(|wanted| wanted.source.id == source)
    }

    /// Whether this entry can be applied: a CommitMerge has to wait for the source's peer here.
    pub(in crate::raftstore) fn is_applicable(&mut self, entry: &Entry, out: &mut Outbox) -> bool {
        if !Proposal::is_commit_merge(&entry.data) || self.merging.source_ready {
            return true;
        }
        let Proposal::CommitMerge(merge) = Proposal::decode(&entry.data) else { return true };
        if merge.epoch != self.region().epoch {
            return true;
        }
        self.merging.waits_for = Some(Box::new(merge));
        out.catch_ups.push(self.region_id());
        false
    }

    /// The source's log up to its PrepareMerge, as the target's entry has it: appended without a
    /// leader, and committed. TiKV: `peer.rs:maybe_append_merge_entries`.
    fn catch_up(&mut self, merge: &CommitMerge, ctx: &mut Context, out: &mut Outbox) {
        let (committed, last) = (self.commit_index(), self.last_index());
        if merge.commit <= committed {
            return;
        }
        let entries: Vec<Entry> =
            merge.entries.iter().filter(|entry| committed < entry.index).cloned().collect();
        let before = entries.first().map_or(merge.commit, |first| first.index - 1);
        if last < before {
            // Nobody can tell what is missing: TiKV ends here.
            let (store, region) = (self.store(), self.region_id());
            ctx.emit(EventKind::StorePanicked { store, region }, self.cause);
            ctx.panicked.push(store);
            return;
        }
        self.drive(ctx, |node| {
            let raft = &mut node.raft;
            if let Some(term) = entries.last().map(|entry| entry.term).filter(|t| raft.term < *t) {
                raft.become_follower(term, raft::INVALID_ID);
            }
            let term = raft.raft_log.term(before).expect("it is in the log, as was just seen");
            match entries.is_empty() {
                true => raft.raft_log.commit_to(merge.commit),
                false => drop(raft.raft_log.maybe_append(before, term, merge.commit, &entries)),
            }
        });
        self.handle_ready(ctx, out);
    }

    /// The source's peer here is ready: goes on applying, beginning with the CommitMerge.
    fn on_source_ready(&mut self, ctx: &mut Context, out: &mut Outbox) {
        self.merging.waits_for = None;
        self.merging.source_ready = true;
        self.apply(Vec::new(), ctx, out);
        self.handle_ready(ctx, out);
    }

    /// The source's range is this region's. Its version passes both, so that PD lets it replace
    /// the source.
    pub(in crate::raftstore) fn apply_commit_merge(
        &mut self,
        merge: &CommitMerge,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        self.merging.source_ready = false;
        if merge.epoch != self.region().epoch {
            return;
        }
        let (target, source) = (self.region().clone(), &merge.source);
        let mut region = (*target).clone();
        region.epoch.version = region.epoch.version.max(source.epoch.version) + 1;
        if !region.end.is_empty() && region.end == source.start {
            region.end = source.end.clone();
        } else {
            region.start = source.start.clone();
        }
        let region = self.change_range(region, ctx);
        let mut cause = ctx.events.latest(Subject::Members(source.id));
        if self.is_leader() {
            let why = self.change_cause.take().into_iter().chain(cause);
            let (source, store) = (source.id, self.store());
            let mut why: Vec<EventId> = why.collect();
            why.dedup();
            cause = Some(ctx.emit(EventKind::RegionsMerged { region, source, store }, why));
            ctx.merged_away.push(source);
            self.wake(ctx);
            self.heartbeat(ctx, out);
        }
        out.merged.push(Merged { source: source.id, target, cause });
    }
}

impl Store {
    /// Brings the source's peer here to its PrepareMerge, and lets the target go on. Without such
    /// a peer the target waits for ever, as in TiKV.
    pub(in crate::raftstore) fn catch_up_source(&mut self, target: RegionId, ctx: &mut Context) {
        let waiting = self.peers.get(&target).and_then(|peer| peer.merging.waits_for.as_deref());
        let Some(merge) = waiting.cloned() else { return };
        let (source, commit) = (merge.source.id, merge.commit);
        let Some(peer) = self.peers.get(&source) else { return };
        if peer.merge_state().is_none_or(|state| state.commit != commit) {
            // When it has applied its PrepareMerge, it looks at the target, and comes back here.
            return self.with_peer(source, ctx, |peer, ctx, out| peer.catch_up(&merge, ctx, out));
        }
        if **peer.region() != merge.source {
            let (store, region) = (self.id(), source);
            let cause = ctx.events.latest(Subject::Members(source));
            ctx.emit(EventKind::StorePanicked { store, region }, cause);
            return ctx.panicked.push(store);
        }
        let source = self.peers.get(&source);
        if let Some((size, rows)) = source.map(|p| (p.size_mib, p.node.store().rows.clone()))
            && let Some(peer) = self.peers.get_mut(&target)
        {
            peer.size_mib += size;
            peer.node.mut_store().rows.take_in(rows);
        }
        self.with_peer(target, ctx, PeerFsm::on_source_ready);
    }

    /// The source's peer ends; the disk remembers what it went into.
    pub(in crate::raftstore) fn bury_merged(&mut self, merged: Merged, ctx: &mut Context) {
        let Merged { source, target, cause } = merged;
        self.destroy(source, DestroyReason::Merged, cause, ctx);
        if let Some(grave) = self.graves.get_mut(&source) {
            grave.merged_into = Some(target);
        }
    }

    /// A message for a peer that was merged away here: the sender learns that its region is no
    /// more. TiKV: `fsm/store.rs:check_msg`, "merged peer receives a stale message".
    pub(in crate::raftstore) fn answer_for_merged(
        &mut self,
        envelope: &Envelope,
        ctx: &mut Context,
    ) -> bool {
        let region = envelope.region;
        let grave = self.graves.get(&region).filter(|_| !self.peers.contains_key(&region));
        let Some(target) = grave.and_then(|grave| grave.merged_into.clone()) else { return false };
        let Some(epoch) = grave.map(|grave| grave.region.epoch) else { return false };
        let is_member = grave.is_some_and(|grave| grave.region.peer(envelope.from.id).is_some());
        let body = if is_member { Body::MergedInto(target) } else { Body::Gc };
        let mut out = Outbox::default();
        out.messages.push(Box::new(Envelope {
            region,
            from: envelope.to,
            to: envelope.from,
            epoch,
            range: None,
            body,
            cause: ctx.events.latest(Subject::Members(region)),
            held_in_life: None,
        }));
        self.flush(out, ctx);
        true
    }

    /// Word that a region was merged, for its peer here. It ends if the target's peer is beyond
    /// that merge; if not, the target will take it in by its log, or by a snapshot.
    /// TiKV: `fsm/peer.rs:need_gc_merge`.
    pub(in crate::raftstore) fn on_merged_into(
        &mut self,
        envelope: &Envelope,
        target: &Arc<Region>,
        ctx: &mut Context,
    ) {
        let source = envelope.region;
        if self.peers.get(&source).is_none_or(|peer| peer.id() != envelope.to.id) {
            return;
        }
        self.merge_targets.insert(source, target.clone());
        let here = self.peers.get(&target.id).filter(|peer| peer.is_initialized());
        let grave = self.graves.get(&target.id).map(|grave| &grave.region);
        let known = here.map(PeerFsm::region).or(grave);
        let is_beyond = known.is_some_and(|known| target.epoch.is_stale_beside(known.epoch));
        if is_beyond {
            let (target, cause) = (target.clone(), envelope.cause);
            self.bury_merged(Merged { source, target, cause }, ctx);
            self.check_plan(ctx);
        }
    }

    /// Whether a peer of another region whose keys `range` has is one that it has taken in, as
    /// this store has been told.
    pub(in crate::raftstore) fn is_merged_into(&self, source: RegionId, range: &Region) -> bool {
        self.merge_targets.get(&source).is_some_and(|target| {
            target.id == range.id && target.epoch.version < range.epoch.version
        })
    }

    /// A snapshot of a region has been applied: sources that it has taken in end.
    pub(in crate::raftstore) fn bury_merged_by_snapshot(
        &mut self,
        range: &Region,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) {
        let is_new = |peer: &PeerFsm| peer.is_initialized() && peer.region().epoch == range.epoch;
        if !self.peers.get(&range.id).is_some_and(is_new) {
            return;
        }
        let overlaps = |peer: &&PeerFsm| {
            peer.region_id() != range.id && peer.is_initialized() && peer.region().overlaps(range)
        };
        let sources: Vec<RegionId> =
            self.peers.values().filter(overlaps).map(PeerFsm::region_id).collect();
        for source in sources {
            if let Some(target) = self.merge_targets.remove(&source) {
                self.bury_merged(Merged { source, target, cause }, ctx);
            }
        }
    }
}
