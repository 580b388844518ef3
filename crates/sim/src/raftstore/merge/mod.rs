//! Merging a region, the source, into its neighbour, the target. TiKV: `fsm/peer.rs:on_check_merge`
//! and what follows there, `fsm/apply.rs:exec_commit_merge`.
//!
//! The source's leader proposes PrepareMerge; every peer that applies it stops taking anything
//! new, and every two seconds looks at the target's peer beside it. While that is as it was, it
//! offers it a CommitMerge, which the one that leads proposes. A peer that applies it first brings
//! the source's peer beside it up to the PrepareMerge, with the log the entry carries, and takes
//! its range; the source's peer is destroyed. If the target has changed meanwhile, the source's
//! peers want their merge back, and when a quorum does, the leader proposes RollbackMerge.

pub(super) mod entries;
mod target;

use std::collections::BTreeSet;
use std::sync::Arc;

use entries::{CommitMerge, PrepareMerge, RollbackMerge};
use raft::eraftpb::EntryType;

use super::membership::has_quorum_without;
use super::peer::{Outbox, PeerFsm};
use super::proposal::Proposal;
use crate::agenda::{Item, Timer};
use crate::context::Context;
use crate::event::{EventKind, Subject};
use crate::ids::{EventId, PeerId, RegionId, SECOND, StoreId};
use crate::network::Body;
use crate::region::{PeerRole, Region};
use crate::release::ForcedProposals;

pub(crate) use target::Merged;

/// Interval at which a source looks at its target. TiKV: `merge-check-tick-interval`.
const MERGE_CHECK: u64 = 2 * SECOND;
/// The most entries that a member may lack for its region to be merged. TiKV: `merge-max-log-gap`.
const MAX_LOG_GAP: u64 = 10;

/// What a source's disk says of its merge. kvproto: `raft_serverpb.MergeState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MergeState {
    min_index: u64,
    /// The target as it has to be.
    pub(crate) target: Region,
    /// The index of the PrepareMerge.
    pub(crate) commit: u64,
}

/// What a peer keeps in memory of merges.
#[derive(Debug, Default)]
pub(super) struct Merging {
    /// As a source's leader: who wants the merge rolled back.
    want_rollback: BTreeSet<PeerId>,
    /// As a target: the CommitMerge that waits for the source's peer on this store.
    pub(super) waits_for: Option<Box<CommitMerge>>,
    /// As a target: the source's peer here is ready.
    source_ready: bool,
}

impl PeerFsm {
    /// Where its region is to go, if it is being merged.
    pub fn merging_into(&self) -> Option<RegionId> {
        self.merge_state().map(|state| state.target.id)
    }

    pub(super) fn merge_state(&self) -> Option<&Arc<MergeState>> {
        self.node.store().merging.as_ref()
    }

    /// Whether its log holds a CommitMerge that is not committed: unsafe recovery has such
    /// regions led first. TiKV: `unsafe_recovery_fill_out_report`.
    pub(super) fn has_commit_merge(&self) -> bool {
        let log = self.node.store();
        let mut uncommitted = log.entries_from(log.hard_state.commit + 1);
        uncommitted.any(|entry| Proposal::is_commit_merge(&entry.data))
    }

    /// Proposes to merge into `target`, which its store has a peer of that agrees.
    pub(super) fn propose_prepare_merge(
        &mut self,
        target: &Region,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) {
        let region = self.region();
        let is_fit = region.is_next_to(target) && region.is_on_stores_of(target);
        let may_propose = self.is_leader()
            && self.force_leader.is_none()
            && self.merge_state().is_none()
            && !self.awaits_new_epoch();
        let Some(min_index) = self.min_index().filter(|_| is_fit && may_propose) else { return };
        let epoch = region.epoch;
        let entry = PrepareMerge { epoch, min_index, target: target.clone() };
        self.propose_entry(&Proposal::PrepareMerge(entry), cause, ctx);
    }

    fn propose_entry(&mut self, entry: &Proposal, cause: Option<EventId>, ctx: &mut Context) {
        self.wake(ctx);
        let bytes = entry.encode();
        // What cannot be proposed now, PD or the next check asks for again.
        if self.drive(ctx, |node| node.propose(Vec::new(), bytes)).is_ok() {
            self.change_cause = cause;
        }
    }

    /// The first entry that some member may lack; `None` while members are too far behind, or lack
    /// what changes more than data. TiKV: `peer.rs:pre_propose_prepare_merge`.
    fn min_index(&self) -> Option<u64> {
        let (matched, committed) = self.min_progress()?;
        let last = self.last_index();
        if matched == 0 || committed == 0 || matched + MAX_LOG_GAP < last {
            return None;
        }
        let mut lacked = self.node.store().entries_from(committed + 1);
        let is_data = lacked.all(|entry| {
            entry.get_entry_type() == EntryType::EntryNormal && Proposal::is_data(&entry.data)
        });
        (is_data && last <= committed + 2 * MAX_LOG_GAP).then_some(matched + 1)
    }

    /// What every member has, and knows to be committed; `None` while one gets a snapshot.
    /// TiKV: `peer.rs:get_min_progress`.
    fn min_progress(&self) -> Option<(u64, u64)> {
        let all = || self.node.raft.prs().iter().map(|(_, progress)| progress);
        let has_snapshot = all().any(|progress| progress.state == raft::ProgressState::Snapshot);
        let matched = all().map(|progress| progress.matched).min().unwrap_or(0);
        let committed = all().map(|progress| progress.committed_index).min().unwrap_or(0);
        (!has_snapshot).then_some((matched.max(committed), committed))
    }

    /// The region is prepared for its merge: from here on it takes only the rollback.
    pub(super) fn apply_prepare_merge(
        &mut self,
        entry: PrepareMerge,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        if entry.epoch != self.region().epoch {
            return;
        }
        let mut region = (**self.region()).clone();
        region.epoch.version += 1;
        // So that no change of membership that was proposed before can follow.
        region.epoch.conf_ver += 1;
        let (commit, target) = (self.applied_index(), entry.target.id);
        let PrepareMerge { min_index, target: expected, epoch: _ } = entry;
        let state = MergeState { min_index, target: expected, commit };
        self.node.mut_store().merging = Some(Arc::new(state));
        let region = self.change_range(region, ctx);
        if self.is_leader() {
            let cause = self.change_cause.take().or(self.cause);
            let store = self.store();
            ctx.emit(EventKind::MergePrepared { region, target, store }, cause);
            self.wake(ctx);
        }
        self.arm_merge_check(ctx);
        out.merge_checks.push(self.region_id());
    }

    pub(super) fn arm_merge_check(&self, ctx: &mut Context) {
        ctx.schedule(MERGE_CHECK, Item::MergeCheck(self.timer()));
    }

    /// The region, with another range or version, goes to disk.
    pub(super) fn change_range(&mut self, region: Region, ctx: &mut Context) -> Arc<Region> {
        let region = Arc::new(region);
        self.node.mut_store().region = region.clone();
        ctx.checker.on_epoch(region.id, self.store(), self.id(), region.epoch);
        region
    }

    /// The CommitMerge to offer to the target; `None` while a member gets a snapshot.
    fn commit_merge(&self) -> Option<CommitMerge> {
        let state = self.merge_state()?;
        let (matched, _) = self.min_progress()?;
        let low = state.min_index.max(matched + 1);
        let log = self.node.store().entries_from(low);
        let entries = log.take_while(|entry| entry.index <= state.commit).cloned().collect();
        let (epoch, source) = (state.target.epoch, (**self.region()).clone());
        Some(CommitMerge { epoch, source, commit: state.commit, entries })
    }

    /// The merge cannot be any more: the target has changed.
    fn want_rollback(&mut self, ctx: &mut Context, out: &mut Outbox) {
        let Some(commit) = self.merge_state().map(|state| state.commit) else { return };
        if self.is_leader() {
            let me = self.id();
            self.merging.want_rollback.insert(me);
            let forced = self.force_leader.is_some();
            let may_propose = match ctx.knobs.forced_proposals {
                ForcedProposals::MembershipOnly => !forced && self.quorum_wants_rollback(),
                ForcedProposals::RollbackMergeToo => forced || self.quorum_wants_rollback(),
            };
            if may_propose && !self.awaits_new_epoch() {
                let epoch = self.region().epoch;
                let entry = Proposal::RollbackMerge(RollbackMerge { epoch, commit });
                self.propose_entry(&entry, None, ctx);
                self.handle_ready(ctx, out);
            }
        } else if self.me().role != PeerRole::Learner
            && let Some(leader) = self.leader_id().and_then(|leader| self.find(leader))
        {
            self.send(leader, Body::WantRollback(commit), out);
        }
    }

    fn quorum_wants_rollback(&self) -> bool {
        let wants = &self.merging.want_rollback;
        let others = self.region().peers.iter().filter(|peer| !wants.contains(&peer.id));
        let others: Vec<StoreId> = others.map(|peer| peer.store).collect();
        has_quorum_without(self.region(), &others)
    }

    /// A member wants the merge rolled back that was prepared at this index.
    pub(super) fn on_want_rollback(&mut self, from: PeerId, commit: u64) {
        if self.is_leader() && self.merge_state().is_some_and(|state| state.commit == commit) {
            self.merging.want_rollback.insert(from);
        }
    }

    /// The source goes on as before.
    pub(super) fn apply_rollback_merge(
        &mut self,
        entry: RollbackMerge,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        let is_this = self.merge_state().is_some_and(|state| state.commit == entry.commit);
        if entry.epoch != self.region().epoch || !is_this {
            return;
        }
        let target = self.end_merge();
        let mut region = (**self.region()).clone();
        region.epoch.version += 1;
        let id = region.id;
        let region = self.change_range(region, ctx);
        if self.is_leader() {
            let target = target.and_then(|target| ctx.events.latest(Subject::Members(target)));
            let causes = ctx.events.latest(Subject::Members(id)).into_iter().chain(target);
            let causes: Vec<EventId> = causes.collect();
            let store = self.store();
            ctx.emit(EventKind::MergeRolledBack { region, store }, causes);
            self.wake(ctx);
            self.heartbeat(ctx, out);
        }
    }

    /// Forgets its own merge, and returns what it was to go into. A snapshot ends it as well: it
    /// comes only from a leader that is in none.
    fn end_merge(&mut self) -> Option<RegionId> {
        self.merging.want_rollback.clear();
        self.node.mut_store().merging.take().map(|state| state.target.id)
    }
}

impl super::Store {
    /// The merge check of a source's peer is due.
    pub(crate) fn on_merge_check(&mut self, timer: Timer, ctx: &mut Context) {
        let there = self.peers.get(&timer.region).filter(|peer| peer.serial == timer.serial);
        if let Some(peer) = there.filter(|peer| peer.merge_state().is_some()) {
            peer.arm_merge_check(ctx);
            self.check_merge(timer.region, ctx);
            self.check_plan(ctx);
        }
    }

    /// Looks at the target beside a source: whether it waits for the source, may be offered it, or
    /// has changed.
    pub(super) fn check_merge(&mut self, source: RegionId, ctx: &mut Context) {
        let Some(peer) = self.peers.get(&source) else { return };
        let Some(state) = peer.merge_state().cloned() else { return };
        let target = self.peers.get(&state.target.id);
        if target.is_some_and(|target| target.awaits_source(source)) {
            return self.catch_up_source(state.target.id, ctx);
        }
        let offer = match self.standing(&state.target) {
            Standing::AsExpected => peer.commit_merge(),
            Standing::Behind => return,
            Standing::Changed => None,
        };
        match offer {
            Some(offer) => self.with_peer(state.target.id, ctx, |peer, ctx, out| {
                peer.propose_commit_merge(&offer, ctx, out);
            }),
            None => self.with_peer(source, ctx, PeerFsm::want_rollback),
        }
    }

    /// How the target's peer here compares with what the merge was prepared for.
    /// TiKV: `fsm/peer.rs:validate_merge_peer`.
    fn standing(&self, expected: &Region) -> Standing {
        let here = self.peers.get(&expected.id).map(|peer| peer.region().epoch);
        let Some(here) = here else {
            let grave = self.graves.get(&expected.id);
            let me = expected.peer_on(self.id()).map(|peer| peer.id);
            let is_gone = grave.is_some_and(|grave| {
                expected.epoch.is_stale_beside(grave.region.epoch) || Some(grave.id) == me
            });
            return if is_gone { Standing::Changed } else { Standing::Behind };
        };
        if expected.epoch.is_stale_beside(here) {
            Standing::Changed
        } else if here.is_stale_beside(expected.epoch) {
            Standing::Behind
        } else {
            Standing::AsExpected
        }
    }
}

/// See [`super::Store::standing`].
enum Standing {
    AsExpected,
    /// It has yet to apply what made it so, or is not there yet.
    Behind,
    /// It is newer, or gone: the merge cannot be any more.
    Changed,
}
