//! What travels between stores and PD. What stores say to each other are raft-rs's own messages.

use std::sync::Arc;

use crate::ids::{EventId, PeerId, RegionId, StoreId};
use crate::pd::replication::DrStatus;
use crate::region::{Key, Peer, Region, RegionEpoch};

/// A region leader's report to PD: every 60 s, and at once when leader or membership changed.
/// kvproto: `pdpb.RegionHeartbeatRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionHeartbeat {
    /// Range, epoch and members as the leader has applied them.
    pub region: Arc<Region>,
    /// The leader itself.
    pub leader: Peer,
    /// Its Raft term.
    pub term: u64,
    /// Members the leader has not heard from for ten minutes, and for how many seconds.
    pub down_peers: Vec<(Peer, u64)>,
    /// Members whose log is behind the leader's first entry: only a snapshot can help them.
    pub pending_peers: Vec<Peer>,
    /// Approximate size of the region in MiB.
    pub approximate_size_mib: u64,
    /// Approximate number of keys: of rows that clients have inserted.
    pub approximate_keys: u64,
    /// What it says of DR Auto-Sync; `None` in mode majority.
    pub replication: Option<RegionReplication>,
    /// The event that made the leader report, if it was not just the timer.
    pub cause: Option<EventId>,
}

/// Where what a region has committed is. kvproto: `replication_modepb.RegionReplicationStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionReplication {
    /// Of which state of DR Auto-Sync the leader says so.
    pub state_id: u64,
    /// Where it is.
    pub state: Integrity,
}

/// kvproto: `replication_modepb.RegionReplicationState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Integrity {
    /// On a majority of the voters.
    SimpleMajority,
    /// On a voter in each data centre, too.
    IntegrityOverLabel,
}

impl Integrity {
    /// Its name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Integrity::SimpleMajority => "SIMPLE_MAJORITY",
            Integrity::IntegrityOverLabel => "INTEGRITY_OVER_LABEL",
        }
    }
}

/// What PD asks a region leader to do: the current step of the region's operator.
/// kvproto: `pdpb.RegionHeartbeatResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The region.
    pub region: RegionId,
    /// The epoch PD knows; a leader of another epoch refuses.
    pub epoch: RegionEpoch,
    /// The leader PD believes in.
    pub target: Peer,
    /// What to do.
    pub step: ScheduleStep,
    /// The event that created the operator.
    pub cause: EventId,
}

/// One membership or leader change that PD asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleStep {
    /// One simple configuration change.
    ChangePeer(PeerChange),
    /// Several changes in one joint configuration; an empty list leaves the joint state.
    ChangePeerV2(Vec<PeerChange>),
    /// Hand leadership to this peer.
    TransferLeader(Peer),
    /// Split at these keys; without any, in the middle. kvproto: `pdpb.SplitRegion`.
    Split(Vec<Key>),
    /// Merge into this region, as PD knows it. kvproto: `pdpb.Merge`.
    Merge(Arc<Region>),
}

/// A leader that is about to split asks PD for ids. kvproto: `pdpb.AskBatchSplitRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskSplit {
    /// The region as the leader has applied it.
    pub region: Arc<Region>,
    /// Where it is going to split, ascending.
    pub keys: Vec<Key>,
    /// The event that made it want to.
    pub cause: Option<EventId>,
}

/// The ids of one region that a split makes. kvproto: `pdpb.SplitID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitId {
    /// The region's id.
    pub region: RegionId,
    /// Its peers' ids, in the order of the members of the region that is split.
    pub peers: Vec<PeerId>,
}

/// One change of a region's membership. kvproto: `raft_cmdpb.ChangePeerRequest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerChange {
    /// The peer becomes a voter (a new one, or a learner that is promoted).
    AddVoter(Peer),
    /// The peer becomes a learner (a new one, or a voter that is demoted).
    AddLearner(Peer),
    /// The peer leaves.
    Remove(Peer),
}

impl PeerChange {
    /// The peer that is changed.
    pub fn peer(self) -> Peer {
        match self {
            PeerChange::AddVoter(peer)
            | PeerChange::AddLearner(peer)
            | PeerChange::Remove(peer) => peer,
        }
    }
}

/// A store's report to PD every 10 s. kvproto: `pdpb.StoreHeartbeatRequest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreHeartbeat {
    /// Who reports.
    pub store: StoreId,
    /// How many peers it holds.
    pub region_count: u64,
    /// What unsafe recovery asked for. A heartbeat that carries one does not refresh PD's
    /// last-heartbeat time (PD: `grpc_service.go:StoreHeartbeat`).
    pub report: Option<StoreReport>,
    /// The state of DR Auto-Sync that the store is in; 0 for none.
    /// kvproto: `StoreDRAutoSyncStatus.state_id`.
    pub replication: u64,
}

/// All peers of one store, for one step of unsafe recovery. kvproto: `pdpb.StoreReport`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreReport {
    /// The step of the plan it answers; PD ignores any other.
    pub step: u64,
    /// One entry a peer, by ascending region id.
    pub peer_reports: Vec<PeerReport>,
}

/// One peer's state on disk. kvproto: `pdpb.PeerReport`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerReport {
    /// Range, epoch and members as applied. An uninitialised peer has no members.
    pub region: Arc<Region>,
    /// Raft term.
    pub term: u64,
    /// Index of the last log entry.
    pub last_index: u64,
    /// Commit index.
    pub commit: u64,
    /// Applied index.
    pub applied: u64,
    /// Whether it is in any sub-state of force leader.
    pub is_force_leader: bool,
    /// Whether it holds an uncommitted CommitMerge entry.
    pub has_commit_merge: bool,
}

/// PD's answer to a store heartbeat. kvproto: `pdpb.StoreHeartbeatResponse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreHeartbeatResponse {
    /// What unsafe recovery wants of the store now.
    pub plan: Option<RecoveryPlan>,
    /// The event that made PD send the plan (the stage's start).
    pub cause: Option<EventId>,
    /// The state of DR Auto-Sync; `None` in mode majority.
    pub replication: Option<Arc<DrStatus>>,
}

/// What one store shall do in one stage of unsafe recovery. kvproto: `pdpb.RecoveryPlan`.
///
/// If it has a `force_leader` part, only that is carried out. An entirely empty plan means: wait
/// until all is applied, leave force leader, report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryPlan {
    /// The round it belongs to; the report must repeat it.
    pub step: u64,
    /// Regions to force a leader on. Present with an empty list: stay as you are, just report.
    pub force_leader: Option<ForceLeaderPlan>,
    /// Empty regions to create on this store, each with one voter.
    pub creates: Vec<Region>,
    /// Regions whose local peer to destroy.
    pub tombstones: Vec<RegionId>,
    /// Members to demote, by regions that this store force-leads.
    pub demotes: Vec<DemotePlan>,
}

/// The force-leader part of a plan. kvproto: `pdpb.ForceLeader`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForceLeaderPlan {
    /// The stores whose votes are to be taken for granted.
    pub failed_stores: Vec<StoreId>,
    /// The regions this store shall lead.
    pub enter_force_leaders: Vec<RegionId>,
}

/// Which members of one region to demote. kvproto: `pdpb.DemoteFailedVoters`; learners are listed
/// too, whatever the name says (kvproto#1331).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemotePlan {
    /// The region.
    pub region: RegionId,
    /// The peers, as the newest report has them.
    pub failed_voters: Vec<Peer>,
}

/// A region leader asks PD about a member whose store PD does not know. In no release: proposed
/// for tikv#18440.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberQuestion {
    /// The region.
    pub region: RegionId,
    /// Its epoch as the leader has it.
    pub epoch: RegionEpoch,
    /// The member.
    pub member: Peer,
    /// The failed resolve that made the leader ask.
    pub cause: EventId,
}

/// Why PD gave no address for a store. PD: `grpc_service.go:GetStore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GetStoreError {
    /// PD has no record: never registered, or erased. "invalid store ID N, not found".
    NotFound,
    /// The record says Tombstone.
    Tombstone,
    /// PD could not be reached.
    Unreachable,
}
