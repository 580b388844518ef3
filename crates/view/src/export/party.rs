//! Who did something, and to whom: the participants of a sequence, the hosts of a log.

use std::collections::BTreeMap;
use std::fmt;

use sim::region::Peer;
use sim::{Event, EventKind, RegionId, StoreId};

/// Somebody who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// Who gives commands.
    Operator,
    /// PD.
    Pd,
    /// TiDB.
    TiDb,
    /// A store.
    Store(StoreId),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::Operator => f.write_str("operator"),
            Party::Pd => f.write_str("PD"),
            Party::TiDb => f.write_str("TiDB"),
            Party::Store(store) => write!(f, "store-{store}"),
        }
    }
}

/// What an event is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Who did it; where it is an answer, who got it.
    pub from: Party,
    /// To whom, if to anybody.
    pub to: Option<Party>,
    /// Whether it came to nothing.
    pub failed: bool,
}

/// Who leads each region, as events told it.
#[derive(Clone, Debug, Default)]
pub struct Leaders(BTreeMap<RegionId, StoreId>);

impl Leaders {
    /// Takes in an event, and tells between whom it is.
    pub fn exchange(&mut self, event: &Event) -> Exchange {
        let kind = &event.kind;
        if let EventKind::BecameLeader { region, peer: Peer { store, .. }, .. }
        | EventKind::ForceLeaderEntered { region, store, .. } = kind
        {
            self.0.insert(*region, *store);
        }
        if let EventKind::Commanded(_) = kind {
            return alone(Party::Operator);
        }
        resolving(kind)
            .or_else(|| with_pd(kind))
            .or_else(|| of_store(kind).map(|store| alone(Party::Store(store))))
            .or_else(|| self.of_region(kind))
            .or_else(|| of_tidb(kind))
            .unwrap_or(alone(Party::Pd))
    }

    /// What a region does, its leader does.
    fn of_region(&self, kind: &EventKind) -> Option<Exchange> {
        let region = if let EventKind::MembershipChanged { region, .. } = kind {
            region.id
        } else if let EventKind::EntriesLost { region, .. }
        | EventKind::LearnerSkipped { region, .. } = kind
        {
            *region
        } else {
            return None;
        };
        self.0.get(&region).map(|store| alone(Party::Store(*store)))
    }
}

fn alone(from: Party) -> Exchange {
    Exchange { from, to: None, failed: false }
}

/// How a store finds and reaches another.
fn resolving(kind: &EventKind) -> Option<Exchange> {
    let (store, to, failed) = if let EventKind::Resolved { store, cached: false, .. } = kind {
        (store, Party::Pd, false)
    } else if let EventKind::PdRequestFailed { store, .. }
    | EventKind::ResolveFailed { store, .. } = kind
    {
        (store, Party::Pd, true)
    } else if let EventKind::Connected { store, target, .. } = kind {
        (store, Party::Store(*target), false)
    } else if let EventKind::ConnectTimedOut { store, target, .. }
    | EventKind::ConnectionAborted { store, target, .. } = kind
    {
        (store, Party::Store(*target), true)
    } else {
        return None;
    };
    Some(Exchange { from: Party::Store(*store), to: Some(to), failed })
}

/// What passes between PD and the others.
fn with_pd(kind: &EventKind) -> Option<Exchange> {
    let (from, to) = if let EventKind::StoreReported { store, .. }
    | EventKind::StoreRegistered(store)
    | EventKind::StoreServing(store) = kind
    {
        (Party::Store(*store), Party::Pd)
    } else if let EventKind::PlanSent { store, .. } | EventKind::ReplicationUpdated { store, .. } =
        kind
    {
        (Party::Pd, Party::Store(*store))
    } else if let EventKind::LeaderKnown { leader, .. } = kind {
        (Party::Store(leader.store), Party::Pd)
    } else if let EventKind::ReplicaRuleSet { .. } = kind {
        (Party::TiDb, Party::Pd)
    } else {
        return None;
    };
    Some(Exchange { from, to: Some(to), failed: false })
}

/// The store on which something happened.
fn of_store(kind: &EventKind) -> Option<StoreId> {
    if let EventKind::StoreStarted(store)
    | EventKind::StoreStopped(store)
    | EventKind::StorePanicked { store, .. }
    | EventKind::StorePaused(store)
    | EventKind::StoreResumed(store)
    | EventKind::DiskLost(store)
    | EventKind::BecameLeader { peer: Peer { store, .. }, .. }
    | EventKind::SteppedDown { store, .. }
    | EventKind::RegionSplit { store, .. }
    | EventKind::MergePrepared { store, .. }
    | EventKind::RegionsMerged { store, .. }
    | EventKind::MergeRolledBack { store, .. }
    | EventKind::SplitRefused { store, .. }
    | EventKind::PeerCreated { store, .. }
    | EventKind::SnapshotApplied { store, .. }
    | EventKind::PeerDestroyed { store, .. }
    | EventKind::TombstoneRefused { store, .. }
    | EventKind::Resolved { store, .. }
    | EventKind::UnreachableBroadcast { store, .. }
    | EventKind::ForceLeaderRefused { store, .. }
    | EventKind::ForceLeaderEntered { store, .. }
    | EventKind::ForceLeaderExited { store, .. }
    | EventKind::DemotionProposed { store, .. } = kind
    {
        return Some(*store);
    }
    None
}

fn of_tidb(kind: &EventKind) -> Option<Exchange> {
    let is_of_tidb = matches!(
        kind,
        EventKind::ReplicaChangeHeld { .. }
            | EventKind::TableCreated { .. }
            | EventKind::TableDropped { .. }
            | EventKind::TableSplit { .. }
            | EventKind::TableDestroyed { .. }
            | EventKind::TableAvailable(_)
            | EventKind::TableNotReady { .. }
    );
    is_of_tidb.then_some(alone(Party::TiDb))
}
