//! The events of a run in order, and the latest about each subject: what later events name as
//! their cause.

use std::collections::BTreeMap;

use crate::event::{Event, EventKind};
use crate::ids::{EventId, Millis, PeerId, RegionId, StoreId, TableId};

/// What an event is about, for those events that later ones name as their cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A store's process.
    Process(StoreId),
    /// PD's record of a store.
    Record(StoreId),
    /// One member of a region.
    Peer(RegionId, PeerId),
    /// Who leads a region.
    Leader(RegionId),
    /// A region's members and range.
    Members(RegionId),
    /// What PD cannot repair of a region.
    Repair(RegionId),
    /// A table's replicas.
    Table(TableId),
    /// Who leads PD.
    PdLeader,
    /// Unsafe recovery.
    Recovery,
}

impl EventKind {
    /// What the event is about, if later events may follow from it.
    fn subject(&self) -> Option<Subject> {
        use EventKind as E;
        match self {
            E::StoreReplaced { store, .. } => Some(Subject::Process(*store)),
            E::StoreStarted(store)
            | E::StoreStopped(store)
            | E::StorePaused(store)
            | E::StoreResumed(store)
            | E::DiskLost(store) => Some(Subject::Process(*store)),
            E::StorePanicked { store, .. } => Some(Subject::Process(*store)),
            E::StoreStatusChanged { store, .. }
            | E::StoreRegistered(store)
            | E::StoreForgotten(store)
            | E::StoreErased(store) => Some(Subject::Record(*store)),
            E::PeerDestroyed { region, peer, .. } | E::PeerCreated { region, peer, .. } => {
                Some(Subject::Peer(*region, *peer))
            }
            E::PeerDown { region, peer }
            | E::LearnerSkipped { region, peer }
            | E::OrphanIgnored { region, peer } => Some(Subject::Peer(*region, peer.id)),
            E::BecameLeader { region, .. }
            | E::SteppedDown { region, .. }
            | E::ForceLeaderEntered { region, .. }
            | E::ForceLeaderExited { region, .. } => Some(Subject::Leader(*region)),
            E::MembershipChanged { region, .. }
            | E::RegionSplit { region, .. }
            | E::MergePrepared { region, .. }
            | E::RegionsMerged { region, .. }
            | E::MergeRolledBack { region, .. } => Some(Subject::Members(region.id)),
            E::RepairBlocked { region, .. } | E::RepairUnblocked(region) => {
                Some(Subject::Repair(*region))
            }
            E::ReplicaChangeHeld { table, .. }
            | E::TableCreated { table, .. }
            | E::TableDropped { table, .. }
            | E::TableDestroyed { table, .. }
            | E::ReplicaRuleSet { table, .. }
            | E::TableAvailable(table)
            | E::TableNotReady { table, .. } => Some(Subject::Table(*table)),
            E::PdLeaderLost | E::PdLeaderElected => Some(Subject::PdLeader),
            E::RecoveryStage { .. } => Some(Subject::Recovery),
            E::Commanded(_)
            | E::SplitRefused { .. }
            | E::TableSplit { .. }
            | E::SnapshotApplied { .. }
            | E::TombstoneRefused { .. }
            | E::EntriesLost { .. }
            | E::Resolved { .. }
            | E::PdRequestFailed { .. }
            | E::ResolveFailed { .. }
            | E::Connected { .. }
            | E::ConnectTimedOut { .. }
            | E::ConnectionAborted { .. }
            | E::UnreachableBroadcast { .. }
            | E::MaxReplicasSet(_)
            | E::DrStateSwitched { .. }
            | E::ReplicationUpdated { .. }
            | E::StoreServing(_)
            | E::TombstoneKept(_)
            | E::RegionCacheReset
            | E::LeaderKnown { .. }
            | E::OperatorCreated { .. }
            | E::OperatorEnded { .. }
            | E::PlanSent { .. }
            | E::StoreReported { .. }
            | E::ForceLeaderRefused { .. }
            | E::DemotionProposed { .. }
            | E::EmptyRegionCreated(_)
            | E::InvariantBroken(_) => None,
        }
    }
}

/// The events of a run in order of time, each with its causes.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    events: Vec<Event>,
    latest: BTreeMap<Subject, EventId>,
}

impl EventLog {
    /// Records what happened at `at` because of `causes`, and returns its id.
    pub(crate) fn emit(
        &mut self,
        at: Millis,
        kind: EventKind,
        causes: impl IntoIterator<Item = EventId>,
    ) -> EventId {
        let id = EventId(self.events.len() as u64);
        let causes: Vec<EventId> = causes.into_iter().collect();
        assert!(causes.iter().all(|cause| *cause < id), "event {id} is caused by a later one");
        if let Some(subject) = kind.subject() {
            self.latest.insert(subject, id);
        }
        self.events.push(Event { at, kind, causes });
        id
    }

    /// All events so far; an event's id is its index.
    pub fn all(&self) -> &[Event] {
        &self.events
    }

    /// The latest event about `subject`: what one says when asked why it is as it is.
    pub(crate) fn latest(&self, subject: Subject) -> Option<EventId> {
        self.latest.get(&subject).copied()
    }
}
