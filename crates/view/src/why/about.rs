//! What an event is about: the thing to hold when somebody goes to it.

use sim::EventKind as E;

use crate::thing::Thing;

/// The thing, if there is one.
pub fn about(kind: &E) -> Option<Thing> {
    of_peer(kind).or_else(|| of_region(kind)).or_else(|| of_store(kind)).or_else(|| of_rest(kind))
}

fn of_peer(kind: &E) -> Option<Thing> {
    if let E::PeerCreated { region, store, .. }
    | E::PeerDestroyed { region, store, .. }
    | E::TombstoneRefused { region, store, .. }
    | E::SnapshotApplied { region, store, .. }
    | E::ForceLeaderRefused { region, store, .. }
    | E::ForceLeaderEntered { region, store, .. }
    | E::ForceLeaderExited { region, store }
    | E::DemotionProposed { region, store, .. }
    | E::SteppedDown { region, store, .. }
    | E::StorePanicked { store, region } = kind
    {
        return Some(Thing::Peer(*region, *store));
    }
    if let E::LearnerSkipped { region, peer }
    | E::OrphanIgnored { region, peer }
    | E::PeerDown { region, peer }
    | E::BecameLeader { region, peer, .. }
    | E::RepairBlocked { region, peer, .. }
    | E::LeaderKnown { region, leader: peer } = kind
    {
        return Some(Thing::Peer(*region, peer.store));
    }
    None
}

fn of_region(kind: &E) -> Option<Thing> {
    if let E::EntriesLost { region, .. }
    | E::OperatorCreated { region, .. }
    | E::OperatorEnded { region, .. }
    | E::SplitRefused { region, .. }
    | E::RepairUnblocked(region) = kind
    {
        return Some(Thing::Region(*region));
    }
    if let E::MembershipChanged { region, .. }
    | E::RegionSplit { region, .. }
    | E::MergePrepared { region, .. }
    | E::RegionsMerged { region, .. }
    | E::MergeRolledBack { region, .. }
    | E::EmptyRegionCreated(region) = kind
    {
        return Some(Thing::Region(region.id));
    }
    None
}

fn of_store(kind: &E) -> Option<Thing> {
    if let E::StoreStarted(store)
    | E::StoreStopped(store)
    | E::StorePaused(store)
    | E::StoreResumed(store)
    | E::DiskLost(store)
    | E::StoreForgotten(store)
    | E::StoreRegistered(store)
    | E::StoreServing(store)
    | E::TombstoneKept(store)
    | E::StoreErased(store)
    | E::StoreReplaced { store, .. }
    | E::StoreStatusChanged { store, .. }
    | E::PlanSent { store, .. }
    | E::StoreReported { store, .. }
    | E::ReplicationUpdated { store, .. } = kind
    {
        return Some(Thing::Store(*store));
    }
    if let E::Resolved { store, .. }
    | E::PdRequestFailed { store, .. }
    | E::ResolveFailed { store, .. }
    | E::Connected { store, .. }
    | E::ConnectTimedOut { store, .. }
    | E::ConnectionAborted { store, .. }
    | E::UnreachableBroadcast { store, .. } = kind
    {
        return Some(Thing::Store(*store));
    }
    None
}

fn of_rest(kind: &E) -> Option<Thing> {
    if let E::ReplicaChangeHeld { table, .. }
    | E::TableCreated { table, .. }
    | E::TableDropped { table, .. }
    | E::TableSplit { table, .. }
    | E::TableDestroyed { table, .. }
    | E::ReplicaRuleSet { table, .. }
    | E::TableAvailable(table)
    | E::TableNotReady { table, .. } = kind
    {
        return Some(Thing::Table(*table));
    }
    let of_pd = matches!(
        kind,
        E::PdLeaderLost
            | E::PdLeaderElected
            | E::MaxReplicasSet(_)
            | E::RegionCacheReset
            | E::DrStateSwitched { .. }
            | E::RecoveryStage { .. }
    );
    of_pd.then_some(Thing::Pd)
}
