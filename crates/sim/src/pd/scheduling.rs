//! PD acting on regions: the patrol that finds what is to be done, and the operators that do it.

use super::Pd;
use super::builder::{steps_out_of_joint, steps_toward};
use super::checker::{Blockage, Change, Repair, Verdict, check};
use super::limits::{Load, REPLICA_SCHEDULE_LIMIT};
use super::operator::{Occasion, Operator, Progress};
use super::region_tree::RegionInfo;
use super::steps::Step;
use super::strategy::Search;
use crate::event::{BlockedReason, EventKind, EventLog, OperatorEnd, OperatorName, Subject};
use crate::ids::{EventId, Millis, PeerId, RegionId, StoreId};
use crate::message::Schedule;
use crate::order;
use crate::region::{Peer, PeerRole};

impl Pd {
    /// Whether another operator that makes up replicas may run.
    pub(super) fn may_schedule(&self) -> bool {
        self.operators.replica_count() < REPLICA_SCHEDULE_LIMIT
    }

    /// Checks the regions that are due. Nothing while unsafe recovery runs.
    pub(super) fn patrol_regions(
        &mut self,
        now: Millis,
        events: &mut EventLog,
        out: &mut Vec<Schedule>,
    ) {
        let may_schedule = self.may_schedule();
        let due = self.patrol.next_due(may_schedule);
        if !self.may_patrol() || due.is_none_or(|due| now < due) {
            return;
        }
        for region in self.patrol.take_batch(now, may_schedule) {
            out.extend(self.check_region(now, region, events));
        }
    }

    /// Sends again what leaders have not done, and ends what took too long.
    pub(super) fn push_operators(
        &mut self,
        now: Millis,
        events: &mut EventLog,
        out: &mut Vec<Schedule>,
    ) {
        while let Some(region) = self.operators.due(now) {
            out.extend(self.dispatch(now, region, Occasion::Push, None, events));
        }
    }

    /// Looks after the operator on a region. PD: `Controller.Dispatch`.
    pub(super) fn dispatch(
        &mut self,
        now: Millis,
        region: RegionId,
        occasion: Occasion,
        cause: Option<EventId>,
        events: &mut EventLog,
    ) -> Option<Schedule> {
        let progress = match self.regions.get(region) {
            Some(info) => self.operators.advance(now, info, &self.stores, occasion)?,
            None => Progress::Ended(OperatorEnd::Canceled),
        };
        match progress {
            Progress::Running(schedule) => schedule,
            Progress::Ended(status) => {
                self.end_operator(now, region, status, cause, events);
                None
            }
        }
    }

    /// Sends an operator's next step to the region's leader at once.
    pub(super) fn push(
        &mut self,
        now: Millis,
        region: RegionId,
        events: &mut EventLog,
    ) -> Option<Schedule> {
        self.dispatch(now, region, Occasion::Push, None, events)
    }

    /// Takes the operator off a region. The region is checked again.
    pub(super) fn end_operator(
        &mut self,
        now: Millis,
        region: RegionId,
        status: OperatorEnd,
        cause: Option<EventId>,
        events: &mut EventLog,
    ) {
        let Some(operator) = self.operators.remove(region) else {
            return;
        };
        let kind = EventKind::OperatorEnded { region, name: operator.name, status };
        let causes = cause.into_iter().chain([operator.created_by]);
        let ended = events.emit(now, kind, causes);
        self.patrol.mark(now, region, Some(ended));
        // PD: `removeRelatedMergeOperator`.
        if let Some(other) = operator.merges_with().filter(|_| status != OperatorEnd::Success)
            && self.operators.get(other).and_then(Operator::merges_with) == Some(region)
        {
            self.end_operator(now, other, OperatorEnd::Canceled, Some(ended), events);
        }
    }

    /// Checks one region against its rules and acts on what is found.
    fn check_region(
        &mut self,
        now: Millis,
        region: RegionId,
        events: &mut EventLog,
    ) -> Option<Schedule> {
        if self.operators.get(region).is_some() {
            return None;
        }
        let Some(info) = self.regions.get(region) else {
            self.tell_blockages(now, region, Vec::new(), events);
            return None;
        };
        if !self.may_schedule() && !info.region.in_joint_state() {
            self.patrol.park(region);
            return None;
        }
        let search = Search {
            now,
            stores: &self.stores,
            regions: &self.regions,
            limits: &self.limits,
            orphan_rules: self.knobs.orphan_rules,
        };
        match check(&search, &self.rules, info) {
            Verdict::Leave => {
                self.tell_blockages(now, region, Vec::new(), events);
                self.patrol.settle(region);
                return self.merge_if_small(now, region, events);
            }
            Verdict::Split(keys) => return self.split_at_rules(now, region, keys, events),
            Verdict::Later(at) => self.patrol.wait(region, at),
            Verdict::Blocked(list) => self.tell_blockages(now, region, list, events),
            Verdict::Repair(repair) => return self.repair(now, region, repair, events),
        }
        None
    }

    /// Makes an operator of a repair, unless a store has to have a rest first.
    fn repair(
        &mut self,
        now: Millis,
        region: RegionId,
        repair: Repair,
        events: &mut EventLog,
    ) -> Option<Schedule> {
        let info = self.regions.get(region)?;
        let room_at = self.room_at(now, info, repair.change);
        if now < room_at {
            self.patrol.wait(region, room_at);
            return None;
        }
        let causes = self.reasons(info, &repair, events);
        let steps = self.steps_for(now, region, repair.change)?;
        self.tell_blockages(now, region, Vec::new(), events);
        let (name, change) = (repair.name, Some(repair.change));
        let plan = Plan { name, brief: brief(repair.change), steps, change };
        self.start(now, region, plan, causes, events);
        self.dispatch(now, region, Occasion::Push, None, events)
    }

    /// When the stores have room for the change.
    pub(super) fn room_at(&self, now: Millis, info: &RegionInfo, change: Change) -> Millis {
        let loads = self.loads(now, info, change);
        let at = loads.map(|(store, load, size)| {
            let engine = self.stores[&store].meta.engine;
            self.limits.available_at(now, store, engine, load, size)
        });
        at.max().unwrap_or(now)
    }

    /// What the change does to stores with a record. A peer on a store that has been down for long
    /// counts as small. PD: `step.go:RemovePeer.Influence`.
    fn loads(
        &self,
        now: Millis,
        info: &RegionInfo,
        change: Change,
    ) -> impl Iterator<Item = (StoreId, Load, u64)> + use<> {
        let size = info.approximate_size_mib;
        let added = change.adds_on().map(|store| (store, Load::Add, size));
        let removed = change.removes().and_then(|peer| {
            let record = self.stores.get(&peer.store)?;
            let size = if record.is_down(now) { size.min(20) } else { size };
            Some((peer.store, Load::Remove, size))
        });
        added.into_iter().chain(removed)
    }

    /// The steps for a change; `None` if it would leave nobody to lead.
    pub(super) fn steps_for(
        &mut self,
        now: Millis,
        region: RegionId,
        change: Change,
    ) -> Option<Vec<Step>> {
        let info = self.regions.get(region)?;
        if change == Change::LeaveJoint {
            return steps_out_of_joint(info, &self.stores, now);
        }
        let new = change.adds_on().map(|_| PeerId(self.ids.allocate()));
        steps_toward(info, &members_after(info, change, new), &self.stores, now)
    }

    /// Starts an operator: it is there, its stores are charged, and it is due to be pushed.
    pub(super) fn start(
        &mut self,
        now: Millis,
        region: RegionId,
        plan: Plan,
        causes: Vec<EventId>,
        events: &mut EventLog,
    ) {
        let info = self.regions.get(region).expect("an operator is made of a region in the cache");
        let steps = plan.steps.iter().map(Step::to_string).collect();
        let kind = EventKind::OperatorCreated { region, name: plan.name, steps };
        let created = events.emit(now, kind, causes);
        if let Some(change) = plan.change {
            for (store, load, size) in self.loads(now, info, change) {
                self.limits.take(now, store, self.stores[&store].meta.engine, load, size);
            }
        }
        let operator = Operator::new(info, plan.name, plan.brief, plan.steps, now, created);
        self.operators.add(operator);
    }

    /// The events that made the region need this repair, nearest first.
    fn reasons(&self, info: &RegionInfo, repair: &Repair, events: &EventLog) -> Vec<EventId> {
        let mut reasons: Vec<EventId> = repair.rule_set_by.into_iter().collect();
        match repair.change {
            Change::Remove(peer)
            | Change::SetRole(peer, _)
            | Change::Replace { old: peer, .. }
            | Change::TakeOver { old: peer, .. } => {
                reasons.extend(story(events, info.id(), peer));
            }
            Change::Add { .. } | Change::LeaveJoint => {
                reasons.extend(events.latest(Subject::Members(info.id())));
            }
        }
        // Members on erased stores count for no rule, which may be why one is short.
        let lost = info.region.peers.iter().filter(|peer| !self.stores.contains_key(&peer.store));
        reasons.extend(lost.filter_map(|peer| events.latest(Subject::Record(peer.store))));
        reasons.extend(self.occasion(info.id(), events));
        order::nearest_first(reasons)
    }

    /// What made PD check the region: what changed last, else what made it as it is.
    pub(super) fn occasion(&self, region: RegionId, events: &EventLog) -> Option<EventId> {
        let before = [Subject::Members(region), Subject::Leader(region)];
        let before = before.into_iter().filter_map(|subject| events.latest(subject)).max();
        self.patrol.why(region).or(before)
    }

    /// Tells what keeps the region from being repaired where that differs from what was told.
    fn tell_blockages(
        &mut self,
        now: Millis,
        region: RegionId,
        mut blockages: Vec<Blockage>,
        events: &mut EventLog,
    ) {
        // What is wrong with fitted members is the reason why orphans are kept.
        order::sort_by_key(&mut blockages, |b| b.why == BlockedReason::OrphanKeptWhileUnhealthy);
        let before = self.patrol.set_blockages(region, blockages.clone());
        if blockages.is_empty() {
            if !before.is_empty() {
                let kind = EventKind::RepairUnblocked(region);
                events.emit(now, kind, self.occasion(region, events));
            }
            return;
        }
        let mut told: Vec<EventId> = Vec::new();
        for Blockage { peer, why, rule_set_by } in blockages {
            if before.iter().any(|known| known.peer.id == peer.id && known.why == why) {
                continue;
            }
            let mut causes = story(events, region, peer);
            causes.extend(rule_set_by);
            if why == BlockedReason::OrphanKeptWhileUnhealthy {
                causes.extend(told.iter().copied());
            }
            let kind = EventKind::RepairBlocked { region, peer, why };
            told.push(events.emit(now, kind, order::nearest_first(causes)));
        }
        if told.is_empty() {
            self.repeat_blockage(now, region, events);
        }
    }

    /// Where the blockage told last holds no more and another does, that one is told again: the
    /// latest word on a region is true.
    fn repeat_blockage(&mut self, now: Millis, region: RegionId, events: &mut EventLog) {
        let Some(latest) = events.latest(Subject::Repair(region)) else { return };
        let EventKind::RepairBlocked { peer, why, .. } = events.all()[latest.0 as usize].kind
        else {
            return;
        };
        let now_blocked = self.patrol.blockages(region);
        if now_blocked.iter().any(|known| known.peer.id == peer.id && known.why == why) {
            return;
        }
        let Some(Blockage { peer, why, .. }) = now_blocked.first().copied() else { return };
        let causes = story(events, region, peer);
        let kind = EventKind::RepairBlocked { region, peer, why };
        events.emit(now, kind, order::nearest_first(causes));
    }
}

/// An operator to be.
pub(super) struct Plan {
    pub(super) name: OperatorName,
    pub(super) brief: String,
    pub(super) steps: Vec<Step>,
    /// The change of members; `None` if only the leader changes.
    pub(super) change: Option<Change>,
}

/// What has happened to a member, its store and its region's membership.
pub(super) fn story(events: &EventLog, region: RegionId, peer: Peer) -> Vec<EventId> {
    let subjects = [
        Subject::Peer(region, peer.id),
        Subject::Record(peer.store),
        Subject::Process(peer.store),
        Subject::Members(region),
    ];
    subjects.into_iter().filter_map(|subject| events.latest(subject)).collect()
}

/// The members the region will have after a change; `new` is the id of a peer that is added.
pub(super) fn members_after(info: &RegionInfo, change: Change, new: Option<PeerId>) -> Vec<Peer> {
    let added = |store, role| new.map(|id| Peer { id, store, role });
    let but = |gone: Peer| -> Vec<Peer> {
        info.region.peers.iter().copied().filter(|peer| peer.id != gone.id).collect()
    };
    let with_role = |mut peers: Vec<Peer>, id: PeerId, role: PeerRole| {
        peers.iter_mut().filter(|peer| peer.id == id).for_each(|peer| peer.role = role);
        peers
    };
    match change {
        Change::Add { store, role } => {
            info.region.peers.iter().copied().chain(added(store, role)).collect()
        }
        Change::Remove(peer) => but(peer),
        Change::Replace { old, store, role } => {
            but(old).into_iter().chain(added(store, role)).collect()
        }
        Change::SetRole(peer, role) => with_role(info.region.peers.clone(), peer.id, role),
        Change::TakeOver { orphan, old } => with_role(but(old), orphan.id, old.role),
        Change::LeaveJoint => info.region.peers.clone(),
    }
}

/// PD's short description of a change. PD: `builder.go:brief`.
pub(super) fn brief(change: Change) -> String {
    match change {
        Change::Add { store, .. } => format!("add peer: store [{store}]"),
        Change::Remove(peer) => format!("rm peer: store [{}]", peer.store),
        Change::Replace { old, store, .. } => {
            format!("mv peer: store [{}] to [{store}]", old.store)
        }
        Change::SetRole(peer, PeerRole::Learner) => format!("demote peer: store [{}]", peer.store),
        Change::SetRole(peer, _) => format!("promote peer: store [{}]", peer.store),
        Change::TakeOver { orphan, old } => {
            format!("replace peer: store [{}] with [{}]", old.store, orphan.store)
        }
        Change::LeaveJoint => "leave joint state".to_owned(),
    }
}
