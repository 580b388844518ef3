//! Applying a region's log, and proposing changes of membership. TiKV: `fsm/apply.rs`.

use std::sync::Arc;

use protobuf::Message as _;
use raft::Changer;
use raft::eraftpb::{ConfChangeV2, Entry, EntryType};

use super::membership::{changed, is_proposable};
use super::peer::{Outbox, PeerFsm};
use super::proposal::{Proposal, conf_change, decode_changes, encode_changes};
use crate::agenda::Item;
use crate::context::Context;
use crate::event::{DestroyReason, EventKind};
use crate::ids::EventId;
use crate::message::{PeerChange, Schedule, ScheduleStep};
use crate::order;
use crate::region::{PeerRole, Region};

impl PeerFsm {
    /// Applies committed entries in order: at once, unless the disk is slow or the applier stands.
    pub(super) fn apply(&mut self, entries: Vec<Entry>, ctx: &mut Context, out: &mut Outbox) {
        let takes = ctx.machines.disk_ms(self.store());
        let waits = 0 < takes || ctx.machines.is_applier_held(self.store());
        let due = ctx.now.after(takes);
        let is_news = !entries.is_empty();
        self.unapplied.extend(entries.into_iter().map(|entry| (due, entry)));
        if !waits {
            self.apply_due(ctx, out);
        } else if is_news {
            ctx.schedule(takes, Item::ApplyDue(self.timer()));
        }
    }

    /// Applies what has waited long enough, unless the applier stands.
    pub(crate) fn apply_what_waits(&mut self, ctx: &mut Context, out: &mut Outbox) {
        if ctx.machines.is_applier_held(self.store()) {
            return;
        }
        if self.applied_before_snapshot.take().is_some() {
            self.on_snapshot_installed(self.node.store().applied, ctx);
        }
        self.apply_due(ctx, out);
        self.answer_reads(ctx);
        self.handle_ready(ctx, out);
    }

    /// Applies what is due, until an entry has to wait for a merge's source.
    fn apply_due(&mut self, ctx: &mut Context, out: &mut Outbox) {
        let now = ctx.now;
        while self.merging.waits_for.is_none()
            && let Some((_, entry)) = self.unapplied.pop_front_if(|(due, _)| *due <= now)
        {
            if entry.index <= self.applied_index() {
                continue;
            }
            if !self.is_applicable(&entry, out) {
                return self.unapplied.push_front((now, entry));
            }
            ctx.checker.on_applied(self.region_id(), entry.index, entry.term);
            self.node.mut_store().applied = entry.index;
            self.node.advance_apply_to(entry.index);
            self.acknowledge(entry.index, entry.term, ctx);
            match entry.get_entry_type() {
                EntryType::EntryNormal => self.apply_normal(&entry, ctx, out),
                EntryType::EntryConfChange | EntryType::EntryConfChangeV2 => {
                    self.apply_conf_change(&entry, ctx, out);
                }
            }
        }
    }

    fn apply_normal(&mut self, entry: &Entry, ctx: &mut Context, out: &mut Outbox) {
        match Proposal::decode(&entry.data) {
            Proposal::Write(table) => {
                self.node.mut_store().rows.insert(table);
                if self.is_leader() {
                    ctx.checker.on_acknowledged(self.region_id(), entry.index, entry.term);
                }
            }
            Proposal::Empty => {}
            Proposal::CompactLog(_) if self.merge_state().is_some() => {}
            Proposal::CompactLog(index) => self.node.mut_store().compact(index),
            Proposal::Split(split) => self.apply_split(&split, ctx, out),
            Proposal::PrepareMerge(merge) => self.apply_prepare_merge(merge, ctx, out),
            Proposal::CommitMerge(merge) => self.apply_commit_merge(&merge, ctx, out),
            Proposal::RollbackMerge(merge) => self.apply_rollback_merge(merge, ctx, out),
        }
    }

    fn apply_conf_change(&mut self, entry: &Entry, ctx: &mut Context, out: &mut Outbox) {
        let mut conf_change = ConfChangeV2::default();
        conf_change.merge_from_bytes(&entry.data).expect("the log holds what was proposed");
        let (conf_ver, changes) = decode_changes(&entry.context);
        if conf_ver != self.region().epoch.conf_ver {
            // TiKV tells raft that the change was aborted, and goes on.
            return;
        }
        let region = Arc::new(changed(self.region(), &changes));
        ctx.checker.on_conf_change(self.store(), self.region(), &region, &changes);
        self.node.mut_store().region = region.clone();
        self.drive(ctx, |node| node.apply_conf_change(&conf_change))
            .expect("raft-rs accepts what passed the check before it was proposed");
        ctx.checker.on_epoch(region.id, self.store(), self.id(), region.epoch);
        if region.peer(self.id()).is_none() {
            let cause = ctx.events.latest(crate::event::Subject::Members(region.id));
            out.destroyed.push((region.id, DestroyReason::Removed, cause));
            return;
        }
        self.assign_commit_groups(ctx);
        if self.is_leader() {
            let cause = self.change_cause.take().or(self.cause);
            ctx.emit(EventKind::MembershipChanged { region, changes }, cause);
            self.wake(ctx);
            self.heartbeat(ctx, out);
        }
    }

    /// Proposes a change of membership, if TiKV would. Returns whether it did.
    ///
    /// Outside force leader a change is refused that would leave too few voters with the log.
    /// TiKV: `peer.rs:propose_conf_change`, `util.rs:check_conf_change`.
    pub(super) fn propose_change(
        &mut self,
        changes: &[PeerChange],
        cause: Option<EventId>,
        ctx: &mut Context,
    ) -> bool {
        // A joint configuration may demote its leader.
        let touches_me = |change: &PeerChange| {
            change.peer().id == self.id()
                && match change {
                    PeerChange::AddVoter(_) => false,
                    PeerChange::AddLearner(_) => changes.len() == 1,
                    PeerChange::Remove(_) => true,
                }
        };
        let refused = !self.is_leader()
            || self.node.raft.has_pending_conf()
            || self.awaits_new_epoch()
            || self.merge_state().is_some()
            || !is_proposable(self.region(), changes)
            || changes.iter().any(touches_me)
            || (self.force_leader.is_none() && !self.keeps_quorum(changes));
        if refused {
            return false;
        }
        let context = encode_changes(self.region().epoch.conf_ver, changes);
        let conf_change = conf_change(changes);
        if !self.raft_accepts(&conf_change) {
            return false;
        }
        self.wake(ctx);
        let proposed = self.drive(ctx, |node| node.propose_conf_change(context, conf_change));
        if proposed.is_ok() {
            self.change_cause = cause;
        }
        proposed.is_ok()
    }

    /// Whether raft-rs would make this change of what it is now: not one that leaves no voter.
    fn raft_accepts(&self, conf_change: &ConfChangeV2) -> bool {
        let mut changer = Changer::new(self.node.raft.prs());
        let changes = conf_change.get_changes();
        match conf_change.enter_joint() {
            Some(auto_leave) => changer.enter_joint(auto_leave, changes).is_ok(),
            None if conf_change.leave_joint() => changer.leave_joint().is_ok(),
            None => changer.simple(changes).is_ok(),
        }
    }

    /// Whether the voters after `changes` could commit what is already committed here.
    fn keeps_quorum(&self, changes: &[PeerChange]) -> bool {
        let members = &self.region().peers;
        if members.iter().filter(|peer| peer.role != PeerRole::Learner).count() == 1 {
            // It is always safe to change a region of one voter.
            return true;
        }
        let after: Region = changed(self.region(), changes);
        let mut matched: Vec<u64> = after
            .peers
            .iter()
            .filter(|peer| matches!(peer.role, PeerRole::Voter | PeerRole::IncomingVoter))
            .map(|peer| self.node.raft.prs().get(peer.id.0).map_or(0, |p| p.matched))
            .collect();
        order::sort_by(&mut matched, Ord::cmp);
        let Some(middle) = matched.len().checked_sub(matched.len() / 2 + 1) else {
            return false;
        };
        self.node.store().truncated_index <= matched[middle]
    }

    /// Carries out a step of a PD operator, if the leader is who and what PD thinks.
    pub(super) fn on_schedule(&mut self, schedule: &Schedule, ctx: &mut Context, out: &mut Outbox) {
        if !self.is_leader() || schedule.epoch != self.region().epoch {
            return;
        }
        let cause = Some(schedule.cause);
        match &schedule.step {
            ScheduleStep::ChangePeer(change) => {
                self.propose_change(&[*change], cause, ctx);
            }
            ScheduleStep::ChangePeerV2(changes) => {
                self.propose_change(changes, cause, ctx);
            }
            ScheduleStep::TransferLeader(to) if self.force_leader.is_none() => {
                self.wake(ctx);
                let to = to.id.0;
                self.drive(ctx, |node| node.transfer_leader(to));
            }
            ScheduleStep::TransferLeader(_) => {}
            ScheduleStep::Merge(target) => self.propose_prepare_merge(target, cause, ctx),
            ScheduleStep::Split(keys) => {
                self.ask_split(keys.clone(), cause, ctx, out);
            }
        }
        self.handle_ready(ctx, out);
    }
}
