//! Causes of small runs made by hand, and of the incident's first minutes.

use sim::{Command, EventKind, Millis, PdCommand, StoreId};

use super::*;

fn event(kind: EventKind, causes: &[u64]) -> Event {
    Event { at: Millis::ZERO, kind, causes: causes.iter().map(|id| EventId(*id)).collect() }
}

#[test]
fn the_chain_leads_back_to_a_command() {
    let events = [
        event(EventKind::Commanded(Command::Pd(PdCommand::RemoveTombstone)), &[]),
        event(EventKind::RegionCacheReset, &[]),
        event(EventKind::StoreErased(StoreId(502)), &[0]),
        event(EventKind::StoreStopped(StoreId(1)), &[1, 2]),
    ];
    let why = WhyGraph::of(&events, EventId(3));
    assert_eq!(why.chain(&events), [EventId(3), EventId(1)]);
    assert_eq!(why.len(), 4);
    assert_eq!(WhyGraph::of(&events, EventId(2)).chain(&events), [EventId(2), EventId(0)]);
}
