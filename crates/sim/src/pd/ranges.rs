//! Splitting and merging regions: ids for those who ask, and operators that ask leaders to.
//! PD: `cluster_worker.go:HandleAskBatchSplit`, `server/handler.go`, `checker/split_checker.go`.

use super::Pd;
use super::builder::steps_toward;
use super::region_tree::RegionInfo;
use super::scheduling::Plan;
use super::steps::Step;
use crate::command::SplitPolicy;
use crate::event::{EventLog, OperatorEnd, OperatorName};
use crate::ids::{EventId, Millis, PeerId, RegionId};
use crate::message::{AskSplit, Schedule, SplitId};
use crate::refusal::Refusal;
use crate::region::{Key, Peer};

impl Pd {
    /// Gives a leader ids for the regions it is about to split off; none while scheduling is
    /// halted. PD: `ErrSchedulingIsHalted`.
    pub(crate) fn ask_split(&mut self, now: Millis, asked: &AskSplit) -> Option<Vec<SplitId>> {
        if self.is_scheduling_halted() {
            return None;
        }
        let ids = &mut self.ids;
        let peers = asked.region.peers.len();
        let mut part = || SplitId {
            region: RegionId(ids.allocate()),
            peers: (0..peers).map(|_| PeerId(ids.allocate())).collect(),
        };
        let parts: Vec<SplitId> = asked.keys.iter().map(|_| part()).collect();
        let new = parts.iter().map(|part| part.region);
        self.merging.note_split(now, new.chain([asked.region.id]));
        Some(parts)
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

    pub(super) fn check_merge(
        &self,
        now: Millis,
        source: RegionId,
        target: RegionId,
    ) -> Result<(), Refusal> {
        let (source, target) = (self.info(source)?, self.info(target)?);
        for info in [source, target] {
            let is_healthy = info.down_peers.is_empty() && info.pending_peers.is_empty();
            if !is_healthy || self.fit(info).is_none_or(|fit| !fit.is_satisfied()) {
                return Err(Refusal::AbnormalPeer(info.id()));
            }
        }
        if !source.region.is_next_to(&target.region) {
            return Err(Refusal::NotAdjacent);
        }
        if source.region.in_joint_state() || target.region.in_joint_state() {
            return Err(Refusal::MergeInJointState);
        }
        let like_target = matched_members(source, target, || PeerId(0));
        if source.leader.is_none() || target.leader.is_none() {
            return Err(Refusal::OperatorExists(source.id()));
        }
        if let Some(to) = like_target
            && steps_toward(source, &to, &self.stores, now).is_none()
        {
            return Err(Refusal::OperatorExists(source.id()));
        }
        self.check_admin(source)?;
        self.check_admin(target)
    }

    /// `operator add merge-region`.
    pub(super) fn merge_regions(
        &mut self,
        now: Millis,
        pair: [RegionId; 2],
        cause: EventId,
        events: &mut EventLog,
    ) {
        for region in pair {
            self.end_operator(now, region, OperatorEnd::Replaced, Some(cause), events);
        }
        self.start_merge(now, pair, OperatorName::AdminMergeRegion, &[cause], events);
    }

    /// Two operators: the source's first moves its members to the target's stores, then asks its
    /// leader to merge; the target's waits. PD: `create_operator.go:CreateMergeRegionOperator`.
    pub(super) fn start_merge(
        &mut self,
        now: Millis,
        [source, target]: [RegionId; 2],
        name: OperatorName,
        causes: &[EventId],
        events: &mut EventLog,
    ) {
        let info = |region| self.regions.get(region).expect("checked: it is in the cache");
        let (from, to) = (info(source), info(target));
        let ids = &mut self.ids;
        let members = matched_members(from, to, || PeerId(ids.allocate()));
        let mut steps = members.map_or_else(Vec::new, |members| {
            steps_toward(from, &members, &self.stores, now).expect("checked: somebody can lead")
        });
        let merge = |is_passive| Step::MergeRegion {
            from: from.region.clone(),
            to: to.region.clone(),
            is_passive,
        };
        steps.push(merge(false));
        let plans = [(source, steps), (target, vec![merge(true)])];
        for (region, steps) in plans {
            let brief = format!("merge: region {source} to {target}");
            let plan = Plan { name, brief, steps, change: None };
            self.start(now, region, plan, causes.to_vec(), events);
        }
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

/// The members a source has to have to be on the target's stores in the target's roles; `None` if
/// it is. PD: `isRegionMatch`.
fn matched_members(
    source: &RegionInfo,
    target: &RegionInfo,
    mut new: impl FnMut() -> PeerId,
) -> Option<Vec<Peer>> {
    if source.region.is_on_stores_of(&target.region) {
        return None;
    }
    let matched = target.region.peers.iter().map(|peer| {
        let there = source.region.peer_on(peer.store).map(|there| there.id);
        Peer { id: there.unwrap_or_else(&mut new), ..*peer }
    });
    Some(matched.collect())
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
