//! Which events are failures: what somebody goes back to in order to ask why.

use sim::EventKind as E;
use sim::event::RecoveryStage;

/// A failure, and what makes another one the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// One of its own.
    Single,
    /// The first of many: what is the matter, and with whom.
    FirstOf(Matter, u64),
}

/// What can be the matter again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// A store has no address, by the store that is sought.
    Unresolved,
    /// PD finds nothing it may do about a region, by the reason.
    Blocked,
    /// A learner was passed over in the demotion, for the first time.
    Skipped,
    /// An orphan was not listed for the demotion, for the first time.
    Orphaned,
    /// A peer did not become force leader, by the region.
    NotForced,
}

/// What failed, if the event is a failure.
pub fn failure(kind: &E) -> Option<Failure> {
    if let E::ResolveFailed { target, .. } = kind {
        return Some(Failure::FirstOf(Matter::Unresolved, target.0));
    }
    if let E::RepairBlocked { why, .. } = kind {
        return Some(Failure::FirstOf(Matter::Blocked, *why as u64));
    }
    if let E::LearnerSkipped { .. } = kind {
        return Some(Failure::FirstOf(Matter::Skipped, 0));
    }
    if let E::OrphanIgnored { .. } = kind {
        return Some(Failure::FirstOf(Matter::Orphaned, 0));
    }
    if let E::ForceLeaderRefused { region, .. } = kind {
        return Some(Failure::FirstOf(Matter::NotForced, region.0));
    }
    let is_single = matches!(
        kind,
        E::StorePanicked { .. }
            | E::DiskLost(_)
            | E::EntriesLost { .. }
            | E::EmptyRegionCreated(_)
            | E::InvariantBroken(_)
            | E::RecoveryStage { stage: RecoveryStage::Failed, .. }
    );
    is_single.then_some(Failure::Single)
}

#[cfg(test)]
mod tests {
    use sim::StoreId;

    use super::*;

    #[test]
    fn a_lost_disk_is_a_failure_and_a_start_is_none() {
        assert_eq!(failure(&E::DiskLost(StoreId(5))), Some(Failure::Single));
        assert_eq!(failure(&E::StoreStarted(StoreId(5))), None);
        let failed = E::RecoveryStage { stage: RecoveryStage::Failed, step: 1 };
        assert_eq!(failure(&failed), Some(Failure::Single));
        let done = E::RecoveryStage { stage: RecoveryStage::Finished, step: 1 };
        assert_eq!(failure(&done), None);
    }
}
