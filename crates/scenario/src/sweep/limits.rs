//! The ways in which TiKV and PD themselves fall short, so that the sweep need not fail for them:
//! each with where it is reported, or the code that has it. A finding is recognised by what brings
//! it about ([`super::finding`]), never by its seed.

use sim::Knobs;
use sim::release::{FailedStoresFrom, ForcedCommit, LearnersOnDemotion, NotFound, OrphanedPeers};

use super::finding::Finding;

/// A way in which TiKV or PD themselves fall short, under the behaviours that bring it about.
pub struct KnownLimit {
    /// What the sweep calls it.
    pub finding: Finding,
    /// Whether these behaviours have it.
    pub applies: fn(&Knobs) -> bool,
    /// Where it is reported, or the code that has it.
    pub source: &'static str,
    /// What it is.
    pub sentence: &'static str,
}

/// Every finding that is no defect of this program.
pub const KNOWN_LIMITS: [KnownLimit; 17] = [
    KnownLimit {
        finding: Finding::GhostOfFailedRecovery,
        applies: |_| true,
        source: "pd: unsafe_recovery_controller.go, TombstoneTiFlashLearner; pd#9624",
        sentence: "A recovery that fails after it has destroyed a TiFlash learner leaves it a \
                   member of its region, on a live store that refuses it.",
    },
    KnownLimit {
        finding: Finding::SurplusGhost,
        applies: |_| true,
        source: "pd: rule_checker.go:fixOrphanPeers; tikv: store/peer.rs:check_conf_change",
        sentence: "Of voters too many PD takes out a healthy one first, and TiKV refuses, since \
                   the quorum would be left with the dead one.",
    },
    KnownLimit {
        finding: Finding::DrainedStoreBuried,
        applies: |_| true,
        source: "pd: server/cluster/cluster.go:checkStore, ResetRegionCache after recovery",
        sentence: "When a recovery has emptied PD's region cache, a store that is being drained \
                   looks empty and is buried with the peers it still has.",
    },
    KnownLimit {
        finding: Finding::RecreatedRegionIgnored,
        applies: |_| true,
        source: "pd: core/region.go:isRegionRecreated, ResetRegionCache",
        sentence: "A recovery empties PD's region cache and not its storage: the next leader of PD \
                   has the old regions again, and takes those that are of a smaller version for \
                   stale: made anew, of version 1, once their members have changed, or if they \
                   hold all keys; or left behind by a split or merge that is lost.",
    },
    KnownLimit {
        finding: Finding::OperatorDuringRecovery,
        applies: |_| true,
        source: "pd: unsafe_recovery_controller.go:canElectLeader; operator_controller.go:Dispatch",
        sentence: "Operators that run already go on during a recovery. Where one gives a region \
                   its quorum back, nothing is demoted there, and the TiFlash learner that \
                   recovery has destroyed stays a member.",
    },
    KnownLimit {
        finding: Finding::JudgedByLearner,
        applies: |_| true,
        source: "pd: unsafe_recovery_controller.go, buildUpFromReports, canElectLeader",
        sentence: "PD judges a region by its newest report. If that is a TiFlash learner's, with a \
                   change of voters that no voter left has heard of, the region looks as if it \
                   could elect a leader, which by what its voters know it cannot.",
    },
    KnownLimit {
        finding: Finding::CountsOnDestroyed,
        applies: |_| true,
        source: "pd: unsafe_recovery_controller.go, canElectLeader; tikv: fsm/store.rs:check_msg",
        sentence: "PD asks whether the stores of a region's voters have failed, not whether the \
                   voters are there. One that was removed, and destroyed, by a change of members \
                   that was lost with the rest counts as alive; it cannot vote, nor come back \
                   under its id, and recovery leaves the region as it is.",
    },
    KnownLimit {
        finding: Finding::JointUndetected,
        applies: |knobs| knobs.failed_stores_from != FailedStoresFrom::Command,
        source: "pd: unsafe_recovery_controller.go, getFailedPeers; tikv: fsm/peer.rs:\
                 on_enter_pre_force_leader",
        sentence: "With --auto-detect PD tells TiKV that those members have failed which it would \
                   take out: nobody, where leaving a joint state is all there is to do, as after a \
                   recovery that was interrupted. TiKV then sees a quorum and refuses to force a \
                   leader, until the recovery times out. Naming the stores helps.",
    },
    KnownLimit {
        finding: Finding::OrphanCountsAsFailed,
        applies: |knobs| knobs.orphaned_peers == OrphanedPeers::List,
        source: "pd#9554; pd: unsafe_recovery_controller.go, getFailedPeers; tikv: fsm/peer.rs:\
                 check_force_leader",
        sentence: "With --auto-detect the store of a member that was never made there counts as \
                   failed, for all regions of the plan. Where it has a voter of another region, \
                   that one's vote is unexpected, and no leader is forced. Naming the stores \
                   helps, if PD still knows them.",
    },
    KnownLimit {
        finding: Finding::LeftoverUntold,
        applies: |_| true,
        source: "tikv: fsm/store.rs:{check_msg, maybe_create_peer}, worker/pd.rs:ValidatePeer",
        sentence: "A peer that missed its removal asks those whom it knows as members. If its \
                   region has merged into another, PD cannot tell, and if the stores that could \
                   are buried nobody can: it stays, and no peer of the other region is made there.",
    },
    KnownLimit {
        finding: Finding::RecoveryNeededRestart,
        applies: |_| true,
        source: "tikv: fsm/peer.rs:check_force_leader, on_unsafe_recovery_wait_apply",
        sentence: "A peer that waits in vain for the votes of a store that was not named as failed \
                   never applies its log, and its store does not report until it is restarted.",
    },
    KnownLimit {
        finding: Finding::GhostLearner,
        applies: |knobs| {
            knobs.learners_on_demotion == LearnersOnDemotion::Keep
                || knobs.orphaned_peers == OrphanedPeers::Ignore
        },
        source: "tikv#18458, pd#9624, tikv#18440",
        sentence: "Recovery leaves TiFlash learners on failed stores, and those it destroyed on \
                   live ones, among the members; PD cannot replace them.",
    },
    KnownLimit {
        finding: Finding::BlacklistedLiveStore,
        applies: |knobs| knobs.not_found == NotFound::Blacklist,
        source: "tikv#19980",
        sentence: "A store that PD does not know yet, or no more, is black-listed until restart, \
                   also when it registers a moment later.",
    },
    KnownLimit {
        finding: Finding::BuriedStoreReturned,
        applies: |_| true,
        source: "tikv: src/server/raft_client.rs, tombstone_stores only grows",
        sentence: "Whoever has seen a store as a Tombstone never dials it again until restart, \
                   even if it is let in again after its record was erased; and a store that \
                   recovery did without brings back the members it had replaced.",
    },
    KnownLimit {
        finding: Finding::RecoveryFailed,
        applies: |knobs| knobs.forced_commit == ForcedCommit::AllPeers,
        source: "tikv#18197",
        sentence: "A destroyed TiFlash learner holds back what a force leader commits: its store \
                   never reports, and recovery exceeds its timeout.",
    },
    KnownLimit {
        finding: Finding::LoopForErasedStore,
        applies: |knobs| knobs.not_found != NotFound::Blacklist,
        source: "tikv#17875",
        sentence: "A resolve loop does not look at membership: for an erased store it runs until \
                   the process restarts.",
    },
    KnownLimit {
        finding: Finding::ReturnedStorePanicked,
        applies: |_| true,
        source: "tikv/raft-rs: raft_log.rs:commit_to",
        sentence: "A store that comes back after recovery has replaced its peers meets leaders \
                   that contradict its log, and its process ends.",
    },
];

/// The known limit that a finding is under these behaviours; `None` for a failure.
pub fn known(finding: Finding, knobs: &Knobs) -> Option<&'static KnownLimit> {
    KNOWN_LIMITS.iter().find(|limit| limit.finding == finding && (limit.applies)(knobs))
}
