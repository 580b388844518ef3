//! Whether what a script waits for holds in a world. A question: it changes nothing.

use sim::event::RecoveryStage;
use sim::region::Key;
use sim::{Cluster, RegionId, StoreId, TableId};

use crate::request::{Condition, Wait};

/// How it stands with a wait in one world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It holds.
    Holds,
    /// It does not hold, but may come to.
    NotYet,
    /// It does not hold, and waiting will not change that.
    Never,
}

impl Verdict {
    fn of(holds: bool) -> Verdict {
        if holds { Verdict::Holds } else { Verdict::NotYet }
    }
}

/// Whether what `wait` waits for holds in `cluster` now. A plain span is over when its time is,
/// which the caller knows.
pub(super) fn verdict(wait: &Wait, cluster: &Cluster) -> Verdict {
    match wait {
        Wait::For(_) => Verdict::Holds,
        Wait::Until { condition, .. } => judge(condition, cluster),
    }
}

/// Whether `condition` holds in `cluster` now.
pub(super) fn judge(condition: &Condition, cluster: &Cluster) -> Verdict {
    match condition {
        Condition::RecoveryFinished => recovery_finished(cluster.pd().recovery().stage()),
        Condition::Available(table) => available(cluster, table),
        Condition::NoLearners(table) => no_learners(cluster, table),
        Condition::Disconnected(stores) => disconnected(cluster, stores),
        Condition::Healthy(table) => match cluster.health(table) {
            Some(faults) => Verdict::of(faults.is_empty()),
            None => Verdict::Never,
        },
        Condition::RecoveryFailed => recovery_failed(cluster.pd().recovery().stage()),
        Condition::AllLed => {
            Verdict::of(cluster.region_ids().all(|region| is_led(cluster, region)))
        }
        Condition::StoreIs { store, state } => {
            let record = cluster.pd().stores().get(store);
            Verdict::of(record.map(|record| record.state) == *state)
        }
        Condition::Blacklisted { by, store } => {
            let by = cluster.store(*by);
            Verdict::of(by.is_some_and(|by| by.client().blacklist().any(|dead| dead == *store)))
        }
        Condition::Ghosts { at_least } => {
            Verdict::of(*at_least <= cluster.ghost_peers().len() as u64)
        }
        Condition::FailedResolves { at_least } => {
            Verdict::of(*at_least <= cluster.failed_resolves())
        }
        Condition::NeedlessLoops { at_least } => {
            Verdict::of(*at_least <= cluster.needless_loops().len() as u64)
        }
    }
}

fn is_led(cluster: &Cluster, region: RegionId) -> bool {
    cluster.leader_of(region).is_some()
}

fn recovery_failed(stage: RecoveryStage) -> Verdict {
    match recovery_finished(stage) {
        Verdict::Never if stage == RecoveryStage::Failed => Verdict::Holds,
        Verdict::Holds | Verdict::Never => Verdict::Never,
        Verdict::NotYet => Verdict::NotYet,
    }
}

fn recovery_finished(stage: RecoveryStage) -> Verdict {
    match stage {
        RecoveryStage::Finished => Verdict::Holds,
        RecoveryStage::Idle | RecoveryStage::Failed => Verdict::Never,
        RecoveryStage::CollectReport
        | RecoveryStage::TombstoneTiFlashLearner
        | RecoveryStage::ForceLeaderForCommitMerge
        | RecoveryStage::ForceLeader
        | RecoveryStage::DemoteFailedVoter
        | RecoveryStage::CreateEmptyRegion
        | RecoveryStage::ExitForceLeader => Verdict::NotYet,
    }
}

fn available(cluster: &Cluster, table: &str) -> Verdict {
    match cluster.tidb().table(table) {
        Some(table) => Verdict::of(table.available && table.progress_bp == 10_000),
        None => Verdict::Never,
    }
}

/// As the leaders have it, not PD: after a recovery PD's cache is empty, and would say so of every
/// table. A region without a leader may still have learners.
fn no_learners(cluster: &Cluster, table: &str) -> Verdict {
    let Some(table) = cluster.tidb().table(table).map(|table| table.id) else {
        return Verdict::Never;
    };
    let none_has = cluster.region_ids().all(|id| has_no_learner(cluster, id, table));
    Verdict::of(none_has)
}

fn has_no_learner(cluster: &Cluster, id: RegionId, table: TableId) -> bool {
    use sim::region::PeerRole::{DemotingVoter, IncomingVoter, Learner, Voter};
    let Some(leader) = cluster.leader_of(id) else {
        return false;
    };
    let region = leader.region();
    let is_of_table = region.contains(&Key::record_prefix(table))
        || (Key::record_prefix(table) <= region.start && region.start.table() == Some(table));
    !is_of_table
        || region.peers.iter().all(|peer| match peer.role {
            Learner | DemotingVoter => false,
            Voter | IncomingVoter => true,
        })
}

/// A store that PD has no record of cannot come to be disconnected.
fn disconnected(cluster: &Cluster, stores: &[StoreId]) -> Verdict {
    let now = cluster.now();
    let records: Option<Vec<_>> =
        stores.iter().map(|store| cluster.pd().stores().get(store)).collect();
    match records {
        Some(records) => Verdict::of(records.iter().all(|record| record.is_disconnected(now))),
        None => Verdict::Never,
    }
}
