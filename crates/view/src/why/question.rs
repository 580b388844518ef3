//! What can be asked about what is seen, and the event that answers it: the latest of those that
//! say most about it.

use sim::event::RecoveryStage;
use sim::invariants::Law;
use sim::{Event, EventId, EventKind as E, Millis, RegionId, StoreId, TableId};

use sim::store::StoreStatus;

/// Why is it so?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// That this happened.
    Event(EventId),
    /// That a store's process runs, or does not.
    Process(StoreId),
    /// What PD calls a store.
    Record(StoreId),
    /// Who leads a region, or that nobody does.
    Leader(RegionId),
    /// That a region has a member on a store that will never answer.
    Member(RegionId, StoreId),
    /// That a store asks in vain for another's address, or no longer does.
    Resolve(StoreId, StoreId),
    /// That a table's replicas are available, or not.
    Table(TableId),
    /// That PD has a rule for a table.
    Rule(TableId),
    /// That PD finds no repair for a region.
    Repair(RegionId),
    /// That PD changes a region.
    Operator(RegionId),
    /// That unsafe recovery is where it is.
    Recovery,
    /// That it entered a stage at a moment.
    RecoveryAt(Millis),
    /// That PD serves, or does not.
    Pd,
    /// That a law is broken.
    Law(Law),
}

impl Question {
    /// The event that answers, among those that had happened.
    pub fn answer(self, events: &[Event]) -> Option<EventId> {
        match self {
            Question::Event(event) => Some(event).filter(|id| super::index(*id) < events.len()),
            Question::Leader(region) => leader(events, region),
            Question::Process(_)
            | Question::Record(_)
            | Question::Member(..)
            | Question::Resolve(..)
            | Question::Table(_)
            | Question::Rule(_)
            | Question::Repair(_)
            | Question::Operator(_)
            | Question::Recovery
            | Question::RecoveryAt(_)
            | Question::Pd
            | Question::Law(_) => {
                let rank = |(at, event): (usize, &Event)| (self.rank(event), at);
                let best = events.iter().enumerate().map(rank).max()?;
                (0 < best.0).then(|| id(best.1))
            }
        }
    }

    /// How much an event says about it; 0 for nothing.
    fn rank(self, event: &Event) -> u8 {
        let kind = &event.kind;
        match self {
            Question::Event(_) | Question::Leader(_) => 0,
            Question::Process(store) => u8::from(is_of_process(kind, store)),
            Question::Record(store) => u8::from(is_of_record(kind, store)),
            Question::Member(region, store) => of_member(kind, region, store),
            Question::Resolve(from, to) => u8::from(matches!(
                kind,
                E::ResolveFailed { store, target, .. } if (*store, *target) == (from, to)
            )),
            Question::Table(of) => {
                2 * u8::from(is_of_table(kind, of)) + u8::from(is_rule_of(kind, of))
            }
            Question::Rule(of) => u8::from(is_rule_of(kind, of)),
            Question::Repair(of) => of_repair(kind, of),
            Question::Operator(of) => u8::from(matches!(
                kind,
                E::OperatorCreated { region, .. } if *region == of
            )),
            Question::Recovery => u8::from(matches!(kind, E::RecoveryStage { .. })),
            Question::RecoveryAt(at) => {
                let entered = matches!(kind, E::RecoveryStage { stage, .. }
                    if *stage != RecoveryStage::Idle);
                u8::from(entered && event.at == at)
            }
            Question::Pd => u8::from(matches!(kind, E::PdLeaderLost | E::PdLeaderElected)),
            Question::Law(law) => u8::from(matches!(
                kind,
                E::InvariantBroken(broken) if broken.law == law
            )),
        }
    }
}

fn is_of_table(kind: &E, of: TableId) -> bool {
    matches!(kind,
        E::TableNotReady { table, .. }
        | E::ReplicaChangeHeld { table, .. }
        | E::TableAvailable(table) if *table == of)
}

fn is_rule_of(kind: &E, of: TableId) -> bool {
    matches!(kind, E::ReplicaRuleSet { table, .. } if *table == of)
}

fn is_of_process(kind: &E, of: StoreId) -> bool {
    matches!(kind,
        E::StoreStarted(store)
        | E::StoreStopped(store)
        | E::StorePaused(store)
        | E::StoreResumed(store)
        | E::DiskLost(store)
        | E::StorePanicked { store, .. }
        | E::StoreReplaced { store, .. } if *store == of)
}

fn is_of_record(kind: &E, of: StoreId) -> bool {
    matches!(kind,
        E::StoreStatusChanged { store, .. }
        | E::StoreErased(store)
        | E::StoreForgotten(store)
        | E::StoreRegistered(store) if *store == of)
}

/// What left the member behind says most; then what PD makes of it; then what became of the store.
fn of_member(kind: &E, of: RegionId, on: StoreId) -> u8 {
    let left = matches!(kind,
        E::LearnerSkipped { region, peer } | E::OrphanIgnored { region, peer }
            if *region == of && peer.store == on);
    let seen = matches!(kind,
        E::RepairBlocked { region, peer, .. } | E::PeerDown { region, peer }
            if *region == of && peer.store == on);
    let destroyed = matches!(kind,
        E::PeerDestroyed { region, store, .. } if *region == of && *store == on);
    let buried = matches!(kind,
        E::StoreStatusChanged { store, to: StoreStatus::Tombstone, .. } if *store == on);
    let gone = matches!(kind, E::StoreStopped(store) | E::StoreErased(store) if *store == on);
    match (left, seen, destroyed || buried || gone) {
        (true, _, _) => 3,
        (false, true, _) => 2,
        (false, false, is_lost) => u8::from(is_lost),
    }
}

fn of_repair(kind: &E, of: RegionId) -> u8 {
    let blocked = matches!(kind, E::RepairBlocked { region, .. } if *region == of);
    let missed = matches!(kind, E::TableNotReady { missing, .. } if missing.contains(&of));
    2 * u8::from(blocked) + u8::from(missed)
}

/// What ended the last reign over a region, or else its beginning.
fn leader(events: &[Event], of: RegionId) -> Option<EventId> {
    let mut latest: Option<(usize, StoreId)> = None;
    let mut is_led = false;
    for (at, event) in events.iter().enumerate() {
        match reign(&event.kind, of) {
            Some((store, leads)) => (latest, is_led) = (Some((at, store)), leads),
            None => {
                let is_end = matches!(
                    event.kind,
                    E::StoreStopped(store) | E::StorePaused(store)
                        if latest.is_some_and(|(_, led_from)| led_from == store)
                );
                if let Some((since, _)) = latest.as_mut().filter(|_| is_led && is_end) {
                    (*since, is_led) = (at, false);
                }
            }
        }
    }
    latest.map(|(at, _)| id(at))
}

/// The id of the event at a place.
pub(super) fn id(at: usize) -> EventId {
    EventId(at as u64)
}

/// The store from which the region is led from now on, or was until now.
fn reign(kind: &E, of: RegionId) -> Option<(StoreId, bool)> {
    if let E::BecameLeader { region, peer, .. } = kind {
        return (*region == of).then_some((peer.store, true));
    }
    if let E::ForceLeaderEntered { region, store, .. } = kind {
        return (*region == of).then_some((*store, true));
    }
    if let E::SteppedDown { region, store, .. } = kind {
        return (*region == of).then_some((*store, false));
    }
    None
}
