//! Operators: what PD has decided to do to a region, step by step.
//! PD: `pkg/schedule/operator/operator.go`, `operator_controller.go`.

use std::collections::{BTreeMap, BTreeSet};

use super::region_tree::RegionInfo;
use super::steps::Step;
use super::stores::StoreTable;
use crate::event::{OperatorEnd, OperatorName};
use crate::ids::{EventId, Millis, RegionId, SECOND};
use crate::message::Schedule;
use crate::region::RegionEpoch;

/// How important an operator is; a more important one takes the place of another.
/// PD: `constant.PriorityLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Tidying up.
    Medium,
    /// A repair.
    High,
    /// A person asked for it.
    Urgent,
}

/// What an operator counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorKind {
    /// Makes up replicas; `replica-schedule-limit` bounds how many run.
    Replica,
    /// Changes members otherwise.
    Region,
    /// Hands leadership over.
    Leader,
    /// A person asked for it.
    Admin,
    /// Splits a region at the edge of a rule.
    Split,
    /// A person asked for a split.
    AdminSplit,
    /// A person asked for a merge.
    AdminMerge,
    /// A small region is merged.
    Merge,
}

impl OperatorKind {
    /// The kinds that `operator show` can be asked for.
    pub const SHOWN: [&str; 5] = ["admin", "leader", "region", "replica", "split"];

    /// Every kind that an operator of this kind counts as, as PD prints it, but for what its steps
    /// add: see [`Operator::flags`].
    fn flags(self) -> &'static str {
        match self {
            OperatorKind::Replica => "replica,region",
            OperatorKind::Region => "region",
            OperatorKind::Leader => "leader",
            OperatorKind::Admin => "admin,region",
            OperatorKind::Split => "split",
            OperatorKind::AdminSplit => "admin,split",
            OperatorKind::AdminMerge => "admin,merge",
            OperatorKind::Merge => "merge",
        }
    }
}

/// The kind and priority PD gives an operator of this name.
fn classify(name: OperatorName) -> (OperatorKind, Priority) {
    match name {
        OperatorName::AddRulePeer
        | OperatorName::ReplaceRuleDownPeer
        | OperatorName::ReplaceRuleOfflinePeer => (OperatorKind::Replica, Priority::High),
        OperatorName::RemoveOrphanPeer
        | OperatorName::RemoveUnhealthyOrphanPeer
        | OperatorName::ReplaceDownPeerWithOrphanPeer
        | OperatorName::RemoveReplacedOrphanPeer
        | OperatorName::RemoveLostPeer
        | OperatorName::FixPeerRole
        | OperatorName::FixDemoteVoter => (OperatorKind::Region, Priority::Medium),
        OperatorName::LeaveJointState => (OperatorKind::Region, Priority::High),
        OperatorName::BalanceLeader => (OperatorKind::Leader, Priority::Medium),
        OperatorName::EvictLeader => (OperatorKind::Leader, Priority::Urgent),
        OperatorName::AdminRemovePeer
        | OperatorName::AdminAddLearner
        | OperatorName::AdminAddPeer
        | OperatorName::AdminMovePeer
        | OperatorName::AdminTransferLeader => (OperatorKind::Admin, Priority::Urgent),
        OperatorName::RuleSplitRegion => (OperatorKind::Split, Priority::Medium),
        OperatorName::AdminMergeRegion => (OperatorKind::AdminMerge, Priority::Urgent),
        OperatorName::MergeRegion => (OperatorKind::Merge, Priority::Medium),
        OperatorName::AdminSplitRegion => (OperatorKind::AdminSplit, Priority::Urgent),
    }
}

/// A running operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The region.
    pub region: RegionId,
    /// PD's description.
    pub name: OperatorName,
    /// What it is to change, in PD's words, e.g. `add peer: store [503]`.
    pub brief: String,
    /// What it counts as.
    pub kind: OperatorKind,
    /// How important it is.
    pub priority: Priority,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// The step that is under way; as many as there are steps when all are done.
    pub current_step: usize,
    /// The region's epoch when the operator was made.
    pub epoch: RegionEpoch,
    /// The region's size then, in MiB.
    pub size_mib: u64,
    /// When it was created; it starts at once.
    pub created_at: Millis,
    /// The event of its creation.
    pub created_by: EventId,
    /// When PD looks after it next, unless a region heartbeat comes first.
    pub(super) push_at: Millis,
}

/// What has become of an operator.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on; the leader is to be told this, unless only waiting helps.
    Running(Option<Schedule>),
    /// It is over.
    Ended(OperatorEnd),
}

/// What made PD look after an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A region heartbeat. Only then is the operator checked for staleness.
    Heartbeat,
    /// Its creation, or the passing of time.
    Push,
}

impl Operator {
    /// A new operator for the region.
    pub(super) fn new(
        info: &RegionInfo,
        name: OperatorName,
        brief: String,
        steps: Vec<Step>,
        now: Millis,
        created_by: EventId,
    ) -> Operator {
        assert!(!steps.is_empty(), "an operator on region {} without a step", info.id());
        let (kind, priority) = classify(name);
        Operator {
            region: info.id(),
            name,
            brief,
            kind,
            priority,
            steps,
            current_step: 0,
            epoch: info.epoch(),
            size_mib: info.approximate_size_mib,
            created_at: now,
            created_by,
            push_at: now,
        }
    }

    /// How many milliseconds it may take: the sum of what its steps may take.
    pub fn timeout_ms(&self) -> u64 {
        self.steps.iter().map(|step| step.timeout_ms(self.size_mib)).sum()
    }

    /// The other region of its merge, which has an operator as well: the two live and end together.
    pub(super) fn merges_with(&self) -> Option<RegionId> {
        let other = |step: &Step| step.merges(self.region);
        self.steps.last().and_then(other)
    }

    /// Every kind that it counts as, as PD prints it. A merge that first moves its members to the
    /// target's stores is a change of its region too.
    pub fn flags(&self) -> &'static str {
        let moves = self.kind == OperatorKind::AdminMerge && 1 < self.steps.len();
        if moves { "admin,merge,region" } else { self.kind.flags() }
    }

    /// PD's text, as `operator show` prints it; without the wall-clock times.
    pub fn show(&self) -> String {
        let kind = self.flags();
        let steps: Vec<String> =
            self.steps.iter().enumerate().map(|(at, step)| format!("{at}:{{{step}}}")).collect();
        format!(
            "{} {{{}}} (kind:{kind}, region:{}({}, {}), currentStep:{}, size:{}, steps:[{}], \
             timeout:[{}])",
            self.name.name(),
            self.brief,
            self.region,
            self.epoch.version,
            self.epoch.conf_ver,
            self.current_step,
            self.size_mib,
            steps.join(", "),
            duration(self.timeout_ms()),
        )
    }

    /// Looks at the region as PD knows it now. PD: `Controller.Dispatch`.
    pub(super) fn advance(
        &mut self,
        now: Millis,
        info: &RegionInfo,
        stores: &StoreTable,
        occasion: Occasion,
    ) -> Progress {
        while self.step().is_some_and(|step| step.is_finished(info)) {
            self.current_step += 1;
        }
        let Some(step) = self.step() else {
            return Progress::Ended(OperatorEnd::Success);
        };
        if self.timeout_ms() <= now.since(self.created_at) {
            return Progress::Ended(OperatorEnd::Timeout);
        }
        let is_stale = !step.can_go_on(info, stores, now) || self.is_overtaken(info);
        if occasion == Occasion::Heartbeat && is_stale {
            return Progress::Ended(OperatorEnd::Canceled);
        }
        let schedule = step.command(info).zip(info.leader).map(|(step, target)| Schedule {
            region: self.region,
            epoch: info.epoch(),
            target,
            step,
            cause: self.created_by,
        });
        Progress::Running(schedule)
    }

    fn step(&self) -> Option<&Step> {
        self.steps.get(self.current_step)
    }

    /// Whether members changed in a way that is not this operator's doing.
    fn is_overtaken(&self, info: &RegionInfo) -> bool {
        let steps = &self.steps[..self.steps.len().min(self.current_step + 1)];
        let own: u64 = steps.iter().map(|step| step.conf_ver_changed(info)).sum();
        let changes = info.epoch().conf_ver.checked_sub(self.epoch.conf_ver);
        changes.is_none_or(|changes| own < changes)
    }
}

/// Whole seconds as Go prints a duration, e.g. `10m0s`.
pub(super) fn duration(ms: u64) -> String {
    let seconds = ms / SECOND;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        (_, _) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// All running operators: at most one a region, and when each is to be looked after.
#[derive(Clone, Debug, Default)]
pub(super) struct Operators {
    running: BTreeMap<RegionId, Operator>,
    pushes: BTreeSet<(Millis, RegionId)>,
    replica: usize,
}

impl Operators {
    /// The operator on this region.
    pub(super) fn get(&self, region: RegionId) -> Option<&Operator> {
        self.running.get(&region)
    }

    /// All of them by ascending region id.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Operator> {
        self.running.values()
    }

    /// How many of the kind `replica` run.
    pub(super) fn replica_count(&self) -> usize {
        self.replica
    }

    /// When the first of them wants to be looked after.
    pub(super) fn next_push(&self) -> Option<Millis> {
        self.pushes.first().map(|(at, _)| *at)
    }

    /// The region of one that wants to be looked after by `now`.
    pub(super) fn due(&self, now: Millis) -> Option<RegionId> {
        self.pushes.first().filter(|(at, _)| *at <= now).map(|(_, region)| *region)
    }

    /// Starts an operator.
    pub(super) fn add(&mut self, operator: Operator) {
        self.pushes.insert((operator.push_at, operator.region));
        self.replica += usize::from(operator.kind == OperatorKind::Replica);
        let displaced = self.running.insert(operator.region, operator);
        assert!(displaced.is_none(), "two operators on one region: {displaced:?}");
    }

    /// Takes an operator away.
    pub(super) fn remove(&mut self, region: RegionId) -> Option<Operator> {
        let operator = self.running.remove(&region)?;
        self.pushes.remove(&(operator.push_at, region));
        self.replica -= usize::from(operator.kind == OperatorKind::Replica);
        Some(operator)
    }

    /// Looks after the operator on a region, if there is one, and puts off its next turn.
    pub(super) fn advance(
        &mut self,
        now: Millis,
        info: &RegionInfo,
        stores: &StoreTable,
        occasion: Occasion,
    ) -> Option<Progress> {
        let operator = self.running.get_mut(&info.id())?;
        let progress = operator.advance(now, info, stores, occasion);
        if let Some(step) = operator.step()
            && occasion == Occasion::Push
        {
            self.pushes.remove(&(operator.push_at, operator.region));
            operator.push_at = now.after(step.push_interval_ms());
            self.pushes.insert((operator.push_at, operator.region));
        }
        Some(progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{MINUTE, PeerId, StoreId};
    use crate::message::{PeerChange, ScheduleStep};
    use crate::pd::testing::{info, store_table};
    use crate::region::{Peer, PeerRole};
    use std::sync::Arc;

    const LEARNER: Peer = Peer { id: PeerId(60_001), store: StoreId(503), role: PeerRole::Learner };

    fn add_learner(info: &RegionInfo) -> Operator {
        let brief = "add peer: store [503]".to_owned();
        let steps = vec![Step::AddLearner(LEARNER)];
        Operator::new(info, OperatorName::AddRulePeer, brief, steps, Millis(0), EventId(0))
    }

    #[test]
    fn an_operator_is_shown_as_pd_shows_it() {
        assert_eq!(
            add_learner(&info(&[(11, 1)])).show(),
            "add-rule-peer {add peer: store [503]} (kind:replica,region, region:1(5, 5), \
             currentStep:0, size:96, steps:[0:{add learner peer 60001 on store 503}], \
             timeout:[10m0s])"
        );
    }

    #[test]
    fn a_step_is_sent_until_it_is_done() {
        let stores = store_table(&[1], &[503]);
        let mut info = info(&[(11, 1)]);
        let mut operators = Operators::default();
        operators.add(add_learner(&info));
        assert_eq!(operators.due(Millis(0)), Some(info.id()));
        let progress = operators.advance(Millis(0), &info, &stores, Occasion::Push);
        let Some(Progress::Running(Some(schedule))) = progress else {
            panic!("{progress:?}");
        };
        assert_eq!(schedule.step, ScheduleStep::ChangePeer(PeerChange::AddLearner(LEARNER)));
        assert_eq!(operators.next_push(), Some(Millis(5 * SECOND)));

        let region = Arc::make_mut(&mut info.region);
        region.peers.push(LEARNER);
        region.epoch.conf_ver += 1;
        let progress = operators.advance(Millis(900), &info, &stores, Occasion::Heartbeat);
        assert_eq!(progress, Some(Progress::Ended(OperatorEnd::Success)));
    }

    #[test]
    fn a_foreign_change_of_members_cancels_an_operator() {
        let stores = store_table(&[1, 2], &[503]);
        let mut info = info(&[(11, 1), (12, 2)]);
        let mut operator = add_learner(&info);
        let region = Arc::make_mut(&mut info.region);
        region.peers.pop();
        region.epoch.conf_ver += 1;
        assert_eq!(
            operator.advance(Millis(1), &info, &stores, Occasion::Heartbeat),
            Progress::Ended(OperatorEnd::Canceled)
        );
    }

    #[test]
    fn an_operator_ends_when_the_time_of_its_steps_is_over() {
        let mut stores = store_table(&[1], &[503]);
        for store in stores.values_mut() {
            store.last_heartbeat = Some(Millis(9 * MINUTE));
        }
        let info = info(&[(11, 1)]);
        let mut operator = add_learner(&info);
        let mut at = |ms| operator.advance(Millis(ms), &info, &stores, Occasion::Push);
        assert!(matches!(at(10 * MINUTE - 1), Progress::Running(Some(_))));
        assert_eq!(at(10 * MINUTE), Progress::Ended(OperatorEnd::Timeout));
    }
}
