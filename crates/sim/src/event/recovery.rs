//! The stages of unsafe recovery, and why a peer takes no part in them.

/// PD's stages. PD: `unsafe_recovery_controller.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoveryStage {
    /// No recovery runs, none has run.
    Idle,
    /// Waiting for every alive store's report.
    CollectReport,
    /// TiFlash learners that hold the newest log are destroyed, since they cannot lead.
    TombstoneTiFlashLearner,
    /// Leaders are forced on regions with an uncommitted merge first.
    ForceLeaderForCommitMerge,
    /// Leaders are forced on regions that cannot elect one.
    ForceLeader,
    /// Force leaders turn failed voters into learners.
    DemoteFailedVoter,
    /// Ranges that nobody holds get an empty region.
    CreateEmptyRegion,
    /// Force leaders become ordinary peers.
    ExitForceLeader,
    /// Done.
    Finished,
    /// Given up.
    Failed,
}

impl RecoveryStage {
    /// All of them, in PD's order.
    pub const ALL: [RecoveryStage; 10] = [
        RecoveryStage::Idle,
        RecoveryStage::CollectReport,
        RecoveryStage::TombstoneTiFlashLearner,
        RecoveryStage::ForceLeaderForCommitMerge,
        RecoveryStage::ForceLeader,
        RecoveryStage::DemoteFailedVoter,
        RecoveryStage::CreateEmptyRegion,
        RecoveryStage::ExitForceLeader,
        RecoveryStage::Finished,
        RecoveryStage::Failed,
    ];

    /// The name of the stage in PD's code.
    pub fn name(self) -> &'static str {
        match self {
            RecoveryStage::Idle => "Idle",
            RecoveryStage::CollectReport => "CollectReport",
            RecoveryStage::TombstoneTiFlashLearner => "TombstoneTiFlashLearner",
            RecoveryStage::ForceLeaderForCommitMerge => "ForceLeaderForCommitMerge",
            RecoveryStage::ForceLeader => "ForceLeader",
            RecoveryStage::DemoteFailedVoter => "DemoteFailedVoter",
            RecoveryStage::CreateEmptyRegion => "CreateEmptyRegion",
            RecoveryStage::ExitForceLeader => "ExitForceLeader",
            RecoveryStage::Finished => "Finished",
            RecoveryStage::Failed => "Failed",
        }
    }

    /// Whether stores change their peers in this stage.
    pub fn mends(self) -> bool {
        match self {
            RecoveryStage::Idle
            | RecoveryStage::CollectReport
            | RecoveryStage::ExitForceLeader
            | RecoveryStage::Finished
            | RecoveryStage::Failed => false,
            RecoveryStage::TombstoneTiFlashLearner
            | RecoveryStage::ForceLeaderForCommitMerge
            | RecoveryStage::ForceLeader
            | RecoveryStage::DemoteFailedVoter
            | RecoveryStage::CreateEmptyRegion => true,
        }
    }

    /// Whether a recovery in this stage is under way.
    pub fn is_running(self) -> bool {
        match self {
            RecoveryStage::Idle | RecoveryStage::Finished | RecoveryStage::Failed => false,
            RecoveryStage::CollectReport
            | RecoveryStage::TombstoneTiFlashLearner
            | RecoveryStage::ForceLeaderForCommitMerge
            | RecoveryStage::ForceLeader
            | RecoveryStage::DemoteFailedVoter
            | RecoveryStage::CreateEmptyRegion
            | RecoveryStage::ExitForceLeader => true,
        }
    }
}

/// Why a peer refused to become force leader. TiKV: `fsm/peer.rs:on_enter_pre_force_leader`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForceLeaderRefusal {
    /// It knows no members yet.
    NotInitialized,
    /// It leads already.
    AlreadyLeader,
    /// It hears from a leader whose lease may still hold.
    LeaderLease,
    /// The voters that are alive still form a quorum.
    HasQuorum,
    /// A vote was refused, or came from a peer that should be dead.
    VoteFailed,
}
