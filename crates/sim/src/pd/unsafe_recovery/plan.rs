//! What each store shall do next: the first stage that has anything to do, and its plans.

use std::collections::{BTreeMap, BTreeSet};

use super::error::RecoveryError;
use super::lost::{Detection, Lost, Quorum};
use super::select::select_leader;
use super::survey::{Reported, Survey};
use crate::event::RecoveryStage;
use crate::ids::{RegionId, StoreId, TableId};
use crate::message::{DemotePlan, ForceLeaderPlan, RecoveryPlan, StoreReport};
use crate::pd::stores::{IdAllocator, StoreTable};
use crate::region::{Key, Peer, PeerRole, Region};
use crate::release::{FailedStoresFrom, Knobs, OrphanedPeers};
use crate::store::Engine;

/// The stages that mend regions, in the order they are tried. When none has anything to do they
/// are all tried once more before the recovery goes on: a demotion may reveal work.
const MENDING: [RecoveryStage; 4] = [
    RecoveryStage::TombstoneTiFlashLearner,
    RecoveryStage::ForceLeaderForCommitMerge,
    RecoveryStage::ForceLeader,
    RecoveryStage::DemoteFailedVoter,
];

/// The stages after them.
const CLOSING: [RecoveryStage; 2] =
    [RecoveryStage::CreateEmptyRegion, RecoveryStage::ExitForceLeader];

/// Works out plans from one round's reports. It changes nothing but its draft.
pub(super) struct Planner<'a> {
    pub(super) reports: &'a BTreeMap<StoreId, StoreReport>,
    pub(super) survey: &'a Survey<'a>,
    pub(super) lost: &'a Lost,
    pub(super) stores: &'a StoreTable,
    pub(super) knobs: Knobs,
    /// Whether an empty region may only be created where no peer has keys.
    pub(super) paranoid: bool,
    pub(super) draft: Draft,
}

/// What a [`Planner`] came up with.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Plans by store. A store without one gets an empty plan.
    pub(super) plans: BTreeMap<StoreId, RecoveryPlan>,
    /// What the plans touch.
    pub(super) affected: Affected,
    /// Empty regions the plans create.
    pub(super) created: Vec<RegionId>,
    /// Orphaned learners that a release with [`OrphanedPeers::List`] would have listed.
    pub(super) ignored_orphans: Vec<(RegionId, Peer)>,
}

/// Tables and meta regions a recovery has touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Affected {
    /// Tables, by the start keys of regions.
    pub(super) tables: BTreeSet<TableId>,
    /// Regions of TiDB's own metadata.
    pub(super) meta_regions: BTreeSet<RegionId>,
}

impl Affected {
    /// PD: `recordAffectedRegion`.
    pub(super) fn record(&mut self, region: &Region) {
        if is_meta(&region.start) {
            self.meta_regions.insert(region.id);
        } else if let Some(table) = region.start.table().filter(|table| table.0 != 0) {
            self.tables.insert(table);
        }
    }

    /// Adds what `other` has.
    pub(super) fn extend(&mut self, other: Affected) {
        self.tables.extend(other.tables);
        self.meta_regions.extend(other.meta_regions);
    }
}

/// Whether an encoded key (at least one group of eight bytes and its marker) starts with `m`.
fn is_meta(key: &Key) -> bool {
    9 <= key.bytes().len() && key.bytes().starts_with(b"m")
}

impl Planner<'_> {
    /// The first stage from `from` on that has anything to do; its plans are in the draft. `None`
    /// when the recovery is through. PD: `generatePlan`.
    ///
    /// # Errors
    /// What makes the recovery give up.
    pub(super) fn next_stage(
        &mut self,
        from: RecoveryStage,
        ids: &mut IdAllocator,
    ) -> Result<Option<RecoveryStage>, RecoveryError> {
        let due = |stage: &&RecoveryStage| from <= **stage;
        let again = if from <= RecoveryStage::DemoteFailedVoter { &MENDING[..] } else { &[] };
        let closing = CLOSING.iter().filter(due);
        for stage in MENDING.iter().filter(due).chain(again).chain(closing) {
            if self.plan(*stage, ids)? {
                return Ok(Some(*stage));
            }
        }
        Ok(None)
    }

    /// Drafts the plans of one stage; false if it has nothing to do.
    fn plan(&mut self, stage: RecoveryStage, ids: &mut IdAllocator) -> Result<bool, RecoveryError> {
        match stage {
            RecoveryStage::TombstoneTiFlashLearner => Ok(self.tombstone_tiflash_learners()),
            RecoveryStage::ForceLeaderForCommitMerge => self.force_leaders(MergesOnly::Yes),
            RecoveryStage::ForceLeader => self.force_leaders(MergesOnly::No),
            RecoveryStage::DemoteFailedVoter => {
                let demotes = self.demote_failed_voters();
                Ok(self.tombstone_stale_peers() || demotes)
            }
            RecoveryStage::CreateEmptyRegion => self.create_empty_regions(ids),
            RecoveryStage::ExitForceLeader => Ok(self.exit_force_leaders()),
            RecoveryStage::Idle
            | RecoveryStage::CollectReport
            | RecoveryStage::Finished
            | RecoveryStage::Failed => unreachable!("{} has no plans", stage.name()),
        }
    }

    /// The newest regions that cannot elect a leader by themselves.
    fn leaderless(&self) -> Vec<Reported<'_>> {
        let cannot =
            |item: &Reported<'_>| !self.lost.can_elect_leader(item.region(), Quorum::Joint);
        self.survey.newest().filter(cannot).collect()
    }

    /// A TiFlash learner with the newest log cannot lead, and any other leader would lack what it
    /// has: it is destroyed, and the region goes on with the next best peer.
    fn tombstone_tiflash_learners(&mut self) -> bool {
        let mut tombstones = Vec::new();
        for item in self.leaderless() {
            let leader = self.leader_for(item.region());
            if self.engine(leader.store) == Some(Engine::TiFlash) {
                tombstones.push((leader.store, item.report.region.clone()));
            }
        }
        for (store, region) in &tombstones {
            self.plan_of(*store).tombstones.push(region.id);
            self.draft.affected.record(region);
        }
        !tombstones.is_empty()
    }

    /// Leaders for the regions that have none. Those with an uncommitted merge come first, in a
    /// stage of their own: a new leader's empty entry would keep the merge's target from catching
    /// up with its source.
    fn force_leaders(&mut self, merges_only: MergesOnly) -> Result<bool, RecoveryError> {
        let mut leaders = Vec::new();
        for item in self.leaderless() {
            if self.force_leader_of(item.region().id).is_some() {
                continue;
            }
            match (merges_only, item.report.has_commit_merge) {
                (MergesOnly::Yes, false) => {}
                (MergesOnly::No, true) => {
                    return Err(RecoveryError::UnexpectedCommitMerge(item.report.clone()));
                }
                (MergesOnly::Yes, true) | (MergesOnly::No, false) => {
                    // The best log may belong to a peer with an older epoch than `item`'s.
                    let leader = self.leader_for(item.region());
                    leaders.push((leader.store, leader.report.region.clone()));
                }
            }
        }
        for (store, region) in &leaders {
            self.force_leader(*store, region);
        }
        if leaders.is_empty() {
            return Ok(false);
        }
        // A plan without a force-leader part would end the force leaders a store already has.
        for store in &self.lost.alive {
            self.draft.plans.entry(*store).or_default().force_leader.get_or_insert_default();
        }
        Ok(true)
    }

    fn force_leader(&mut self, store: StoreId, region: &Region) {
        let detected = self.detected_stores(region);
        let named = &self.lost.named;
        let new = || ForceLeaderPlan {
            failed_stores: named.iter().copied().collect(),
            enter_force_leaders: Vec::new(),
        };
        let plan = self.draft.plans.entry(store).or_default().force_leader.get_or_insert_with(new);
        plan.enter_force_leaders.push(region.id);
        for failed in detected {
            if !plan.failed_stores.contains(&failed) {
                plan.failed_stores.push(failed);
            }
        }
        self.draft.affected.record(region);
    }

    /// With `--auto-detect` nobody named the failed stores: those of the region's failed peers.
    fn detected_stores(&self, region: &Region) -> Vec<StoreId> {
        match self.lost.detection {
            Detection::Named => Vec::new(),
            Detection::Auto => self.failed_peers(region).iter().map(|peer| peer.store).collect(),
        }
    }

    /// Force leaders get rid of the members that failed. A region without a force leader, such as
    /// one that has just been split off, is left for the next round.
    fn demote_failed_voters(&mut self) -> bool {
        let mut demotes = Vec::new();
        for item in self.leaderless() {
            if let Some(leader) = self.force_leader_of(item.region().id) {
                demotes.push((leader.store, leader.report.region.clone()));
            }
        }
        for (store, region) in &demotes {
            let failed_voters = self.failed_peers(region);
            let ignored = self.ignored_orphans(region).into_iter().map(|peer| (region.id, peer));
            self.draft.ignored_orphans.extend(ignored);
            self.plan_of(*store).demotes.push(DemotePlan { region: region.id, failed_voters });
            self.draft.affected.record(region);
        }
        !demotes.is_empty()
    }

    /// Peers of regions whose keys newer regions cover, and that cannot elect a leader, are of no
    /// use to anybody; nor are peers that know no members.
    fn tombstone_stale_peers(&mut self) -> bool {
        let mut found = false;
        let reports = self.reports;
        for (store, report) in reports {
            for peer in &report.peer_reports {
                let region = &peer.region;
                if !self.survey.is_newest(region.id)
                    && !self.lost.can_elect_leader(region, Quorum::Joint)
                {
                    self.plan_of(*store).tombstones.push(region.id);
                    self.draft.affected.record(region);
                    found = true;
                }
            }
        }
        found
    }

    /// An empty plan makes a store's force leaders step down.
    fn exit_force_leaders(&mut self) -> bool {
        let leading = |report: &StoreReport| report.peer_reports.iter().any(|p| p.is_force_leader);
        let reports = self.reports;
        for (store, _) in reports.iter().filter(|(_, report)| leading(report)) {
            self.plan_of(*store);
        }
        reports.values().any(leading)
    }

    /// The peers a force leader shall demote or remove. None if leaving the joint state is enough
    /// to regain a quorum: then TiKV does just that. PD: `getFailedPeers`.
    fn failed_peers(&self, region: &Region) -> Vec<Peer> {
        if self.lost.can_elect_leader(region, Quorum::Incoming) {
            return Vec::new();
        }
        let orphaned = |peer: &Peer| match self.knobs.orphaned_peers {
            OrphanedPeers::Ignore => false,
            OrphanedPeers::List => self.survey.is_orphan(region.id, peer),
        };
        let counts = |peer: &&Peer| match (self.knobs.failed_stores_from, peer.role) {
            (FailedStoresFrom::AllPeers, _) => true,
            (FailedStoresFrom::Command | FailedStoresFrom::Voters, role) => match role {
                PeerRole::Voter | PeerRole::IncomingVoter => true,
                PeerRole::Learner | PeerRole::DemotingVoter => false,
            },
        };
        let listed = |peer: &&Peer| self.lost.has_failed(peer) || orphaned(peer);
        region.peers.iter().filter(counts).filter(listed).copied().collect()
    }

    /// The learners [`Planner::failed_peers`] passes over because of [`OrphanedPeers::Ignore`].
    fn ignored_orphans(&self, region: &Region) -> Vec<Peer> {
        match self.knobs.orphaned_peers {
            OrphanedPeers::List => return Vec::new(),
            OrphanedPeers::Ignore if self.lost.can_elect_leader(region, Quorum::Incoming) => {
                return Vec::new();
            }
            OrphanedPeers::Ignore => {}
        }
        let passed_over = |peer: &&Peer| {
            peer.role == PeerRole::Learner
                && !self.lost.has_failed(peer)
                && self.survey.is_orphan(region.id, peer)
        };
        region.peers.iter().filter(passed_over).copied().collect()
    }

    fn force_leader_of(&self, region: RegionId) -> Option<Reported<'_>> {
        self.survey.peers(region).iter().copied().find(|peer| peer.report.is_force_leader)
    }

    fn leader_for(&self, region: &Region) -> Reported<'_> {
        select_leader(self.survey.peers(region.id), self.stores, self.knobs.leader_choice)
            .expect("a region is among the newest because some peer reported it")
    }

    pub(super) fn engine(&self, store: StoreId) -> Option<Engine> {
        self.stores.get(&store).map(|record| record.meta.engine)
    }

    pub(super) fn plan_of(&mut self, store: StoreId) -> &mut RecoveryPlan {
        self.draft.plans.entry(store).or_default()
    }
}

/// Whether only regions with an uncommitted merge get a leader in this stage.
#[derive(Clone, Copy)]
enum MergesOnly {
    Yes,
    No,
}
