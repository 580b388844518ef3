//! What PD does about regions, and why it leaves some as they are.

/// PD's description of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorName {
    /// A rule has fewer peers than its count.
    AddRulePeer,
    /// A peer no rule wants, while all fitted ones are healthy.
    RemoveOrphanPeer,
    /// An unhealthy orphan, one of several.
    RemoveUnhealthyOrphanPeer,
    /// A fitted peer on a lost store, whose place an orphan takes.
    ReplaceDownPeerWithOrphanPeer,
    /// A fitted peer on a lost store that an orphan of the same role makes superfluous.
    RemoveReplacedOrphanPeer,
    /// A fitted peer on a store that has been down for 30 min.
    ReplaceRuleDownPeer,
    /// A fitted peer on an Offline or Tombstone store.
    ReplaceRuleOfflinePeer,
    /// A learner that the rule wants as a voter.
    FixPeerRole,
    /// A voter that the rule wants as a learner.
    FixDemoteVoter,
    /// A joint configuration that nobody left.
    LeaveJointState,
    /// A member on a store that PD has given up. In no release: proposed for tikv#18440.
    RemoveLostPeer,
    /// One store leads many more regions than another.
    BalanceLeader,
    /// A store is to lead nothing.
    EvictLeader,
    /// `operator add remove-peer`.
    AdminRemovePeer,
    /// `operator add add-learner`.
    AdminAddLearner,
    /// `operator add add-peer`.
    AdminAddPeer,
    /// `operator add transfer-peer`.
    AdminMovePeer,
    /// `operator add transfer-leader`.
    AdminTransferLeader,
    /// `operator add split-region`.
    AdminSplitRegion,
    /// `operator add merge-region`.
    AdminMergeRegion,
    /// A region that is small is merged into a neighbour.
    MergeRegion,
    /// A region that reaches across the edge of a rule.
    RuleSplitRegion,
}

impl OperatorName {
    /// PD's text.
    pub fn name(self) -> &'static str {
        match self {
            OperatorName::AddRulePeer => "add-rule-peer",
            OperatorName::RemoveOrphanPeer => "remove-orphan-peer",
            OperatorName::RemoveUnhealthyOrphanPeer => "remove-unhealthy-orphan-peer",
            OperatorName::ReplaceDownPeerWithOrphanPeer => "replace-down-peer-with-orphan-peer",
            OperatorName::RemoveReplacedOrphanPeer => "remove-replaced-orphan-peer",
            OperatorName::ReplaceRuleDownPeer => "replace-rule-down-peer",
            OperatorName::ReplaceRuleOfflinePeer => "replace-rule-offline-peer",
            OperatorName::FixPeerRole => "fix-peer-role",
            OperatorName::FixDemoteVoter => "fix-demote-voter",
            OperatorName::LeaveJointState => "leave-joint-state",
            OperatorName::RemoveLostPeer => "remove-lost-peer",
            OperatorName::BalanceLeader => "balance-leader",
            OperatorName::EvictLeader => "evict-leader-scheduler",
            OperatorName::AdminRemovePeer => "admin-remove-peer",
            OperatorName::AdminAddLearner => "admin-add-learner",
            OperatorName::AdminAddPeer => "admin-add-peer",
            OperatorName::AdminMovePeer => "admin-move-peer",
            OperatorName::AdminTransferLeader => "admin-transfer-leader",
            OperatorName::AdminSplitRegion => "admin-split-region",
            OperatorName::AdminMergeRegion => "admin-merge-region",
            OperatorName::MergeRegion => "merge-region",
            OperatorName::RuleSplitRegion => "rule-split-region",
        }
    }
}

/// How an operator ended. PD: `operator/status.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorEnd {
    /// All steps are done.
    Success,
    /// It was cancelled: the region's epoch moved on, or a step can no longer succeed.
    Canceled,
    /// Another operator took its place.
    Replaced,
    /// It was not started within 3 s.
    Expired,
    /// It took too long.
    Timeout,
}

/// Why PD leaves a region as it is although it does not fit its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockedReason {
    /// The peer is down, but its store is Up: PD waits for the *store* to be down for 30 min.
    PeerDownStoreUp,
    /// The peer's store is gone and no other store may take its place.
    NoStoreToReplace,
    /// A rule is short of a peer and no store may take one.
    NoStoreToAdd,
    /// The peer is wanted by no rule, but as the only such peer of an unhealthy region it is kept.
    OrphanKeptWhileUnhealthy,
}
