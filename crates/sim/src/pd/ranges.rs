//! Splitting regions: ids for those who ask, and operators that ask leaders to.
//! PD: `cluster_worker.go:HandleAskBatchSplit`, `server/handler.go`, `checker/split_checker.go`.

use super::Pd;
use super::region_tree::RegionInfo;
use super::scheduling::Plan;
use super::steps::Step;
use crate::command::SplitPolicy;
use crate::event::{EventLog, OperatorEnd, OperatorName};
use crate::ids::{EventId, Millis, PeerId, RegionId};
use crate::message::{AskSplit, Schedule, SplitId};
use crate::refusal::Refusal;
use crate::region::Key;

impl Pd {
    /// Gives a leader ids for the regions it is about to split off; none while scheduling is
    /// halted. PD: `ErrSchedulingIsHalted`.
    pub(crate) fn ask_split(&mut self, asked: &AskSplit) -> Option<Vec<SplitId>> {
        if self.is_scheduling_halted() {
            return None;
        }
        let ids = &mut self.ids;
        let peers = asked.region.peers.len();
        let mut part = || SplitId {
            region: RegionId(ids.allocate()),
            peers: (0..peers).map(|_| PeerId(ids.allocate())).collect(),
        };
        Some(asked.keys.iter().map(|_| part()).collect())
    }

    pub(super) fn check_split(&self, region: RegionId) -> Result<(), Refusal> {
        let info = self.info(region)?;
        if info.region.in_joint_state() {
            return Err(Refusal::SplitInJointState);
        }
        self.check_admin(info)
    }

    pub(super) fn split_region(
        &mut self,
        now: Millis,
        region: RegionId,
        policy: SplitPolicy,
        keys: &[Key],
        cause: EventId,
        events: &mut EventLog,
    ) {
        self.end_operator(now, region, OperatorEnd::Replaced, Some(cause), events);
        let info = self.regions.get(region).expect("checked: the region is in the cache");
        let plan = split_plan(info, OperatorName::AdminSplitRegion, policy, keys.to_vec());
        self.start(now, region, plan, vec![cause], events);
    }

    /// A region that reaches across the edge of a rule is split there.
    pub(super) fn split_at_rules(
        &mut self,
        now: Millis,
        region: RegionId,
        keys: Vec<Key>,
        events: &mut EventLog,
    ) -> Option<Schedule> {
        let info = self.regions.get(region)?;
        let plan = split_plan(info, OperatorName::RuleSplitRegion, SplitPolicy::UseKey, keys);
        let causes = self.occasion(region, events).into_iter().collect();
        self.start(now, region, plan, causes, events);
        self.push(now, region, events)
    }
}

/// PD: `create_operator.go:CreateSplitRegionOperator`.
fn split_plan(info: &RegionInfo, name: OperatorName, policy: SplitPolicy, keys: Vec<Key>) -> Plan {
    let mut brief = format!("split: region {} use policy {policy}", info.id());
    if !keys.is_empty() {
        let shown: Vec<String> = keys.iter().map(Key::to_string).collect();
        brief += &format!(" and keys [{}]", shown.join(" "));
    }
    let (start, end) = (info.region.start.clone(), info.region.end.clone());
    let steps = vec![Step::SplitRegion { start, end, policy, keys }];
    Plan { name, brief, steps, change: None }
}
