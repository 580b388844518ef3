//! Stand-ins for stores: they carry out a recovery plan at once, on their reports, as the mock in
//! PD's tests does. Real stores need Raft for it; the epochs that come of it differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim::message::{DemotePlan, PeerReport, RecoveryPlan, StoreReport};
use sim::region::{PeerRole, Region};
use sim::release::LearnersOnDemotion;
use sim::{RegionId, StoreId};

/// What each alive store would report.
#[derive(Clone, Debug)]
pub struct StandIns {
    reports: BTreeMap<StoreId, StoreReport>,
    learners_on_demotion: LearnersOnDemotion,
}

impl StandIns {
    /// Stores that report these peers in the first round, `step`.
    pub fn new(
        reports: BTreeMap<StoreId, Vec<PeerReport>>,
        step: u64,
        learners_on_demotion: LearnersOnDemotion,
    ) -> StandIns {
        let report = |(store, peer_reports)| (store, StoreReport { step, peer_reports });
        StandIns { reports: reports.into_iter().map(report).collect(), learners_on_demotion }
    }

    /// Their ids, ascending.
    pub fn stores(&self) -> Vec<StoreId> {
        self.reports.keys().copied().collect()
    }

    /// What a store would report now.
    pub fn report(&self, store: StoreId) -> Option<&StoreReport> {
        self.reports.get(&store)
    }

    /// Has a store carry out its plan, so that its next report answers it.
    pub fn carry_out(&mut self, store: StoreId, plan: &RecoveryPlan) {
        let report = self
            .reports
            .entry(store)
            .or_insert_with(|| StoreReport { step: 0, peer_reports: Vec::new() });
        report.step = plan.step;
        if let Some(force_leader) = &plan.force_leader {
            for peer in &mut report.peer_reports {
                if force_leader.enter_force_leaders.contains(&peer.region.id) {
                    peer.is_force_leader = true;
                }
            }
            return;
        }
        report.peer_reports.extend(plan.creates.iter().map(newly_created));
        report.peer_reports.retain(|peer| !plan.tombstones.contains(&peer.region.id));
        plan.demotes.iter().for_each(|demote| self.demote(store, demote));
        self.exit_force_leader(store);
    }

    /// A store's force leaders become ordinary peers.
    pub fn exit_force_leader(&mut self, store: StoreId) {
        let peers = self.reports.get_mut(&store).into_iter().flat_map(|r| &mut r.peer_reports);
        peers.for_each(|peer| peer.is_force_leader = false);
    }

    /// Changes every copy of the region, as if it were applied everywhere at once.
    fn demote(&mut self, executing: StoreId, demote: &DemotePlan) {
        let learners = self.learners_on_demotion;
        let all = self.reports.values_mut().flat_map(|report| &mut report.peer_reports);
        for peer in all.filter(|peer| peer.region.id == demote.region) {
            let region = Arc::make_mut(&mut peer.region);
            settle(region, executing);
            leave(region, demote, learners);
            region.epoch.conf_ver += 1;
        }
    }
}

/// The executing store's peer votes, and the joint state is left.
fn settle(region: &mut Region, executing: StoreId) {
    for peer in &mut region.peers {
        peer.role = match peer.role {
            PeerRole::Learner if peer.store == executing => PeerRole::Voter,
            PeerRole::Learner | PeerRole::DemotingVoter => PeerRole::Learner,
            PeerRole::IncomingVoter | PeerRole::Voter => PeerRole::Voter,
        };
    }
}

/// Voters in the list become learners; learners in it leave, or stay under the older TiKVs.
fn leave(region: &mut Region, demote: &DemotePlan, learners: LearnersOnDemotion) {
    let listed = |id| demote.failed_voters.iter().any(|peer| peer.id == id);
    region.peers.retain(|peer| match (peer.role, learners) {
        (PeerRole::Learner, LearnersOnDemotion::Remove) => !listed(peer.id),
        (PeerRole::Learner, LearnersOnDemotion::Keep)
        | (PeerRole::Voter | PeerRole::IncomingVoter | PeerRole::DemotingVoter, _) => true,
    });
    for peer in region.peers.iter_mut().filter(|peer| listed(peer.id)) {
        peer.role = PeerRole::Learner;
    }
}

fn newly_created(region: &Region) -> PeerReport {
    PeerReport {
        region: Arc::new(region.clone()),
        term: 1,
        last_index: 10,
        commit: 10,
        applied: 0,
        is_force_leader: false,
        has_commit_merge: false,
    }
}

/// The members of a region as the store that leads it, or the first one that has it, knows them.
pub fn members(stand_ins: &StandIns, region: RegionId) -> Option<Vec<sim::region::Peer>> {
    let peers = stand_ins.reports.values().flat_map(|report| &report.peer_reports);
    peers.map(|peer| &peer.region).find(|r| r.id == region).map(|region| region.peers.clone())
}
