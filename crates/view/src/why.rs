//! Why: from an event back to the command or failure it follows from. The events of a run form a
//! graph by their recorded causes; the walk is the shortest one that reads well.

use std::collections::BTreeMap;

use petgraph::algo::astar;
use petgraph::graph::{DiGraph, NodeIndex};
use sim::{Event, EventId};

use crate::told::{self, Weight};

/// The events that led to one event, with their causes as edges from effect to cause.
#[derive(Clone, Debug)]
pub struct WhyGraph {
    graph: DiGraph<EventId, u32>,
    root: NodeIndex,
}

impl WhyGraph {
    /// All that led to `event`. Events that it does not follow from are left out.
    pub fn of(events: &[Event], event: EventId) -> WhyGraph {
        let mut graph = DiGraph::new();
        let root = graph.add_node(event);
        let mut nodes = BTreeMap::from([(event, root)]);
        let mut open = vec![event];
        while let Some(effect) = open.pop() {
            let from = nodes[&effect];
            let causes = &events[index(effect)].causes;
            for (rank, &cause) in causes.iter().enumerate() {
                let to = *nodes.entry(cause).or_insert_with(|| {
                    open.push(cause);
                    graph.add_node(cause)
                });
                graph.add_edge(from, to, cost(events, cause, rank));
            }
        }
        WhyGraph { graph, root }
    }

    /// The shortest readable chain, from the event itself to something that needs no reason.
    pub fn chain(&self) -> Vec<EventId> {
        let is_ground = |node: NodeIndex| self.graph.neighbors(node).next().is_none();
        let found = astar(&self.graph, self.root, is_ground, |edge| *edge.weight(), |_| 0);
        match found {
            Some((_, path)) => path.into_iter().map(|node| self.graph[node]).collect(),
            // Causes lie before their effects, so the graph has no cycle and every walk ends.
            None => vec![self.graph[self.root]],
        }
    }

    /// How many events led to it, itself included.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether it follows from nothing.
    pub fn is_empty(&self) -> bool {
        self.graph.edge_count() == 0
    }
}

fn index(event: EventId) -> usize {
    usize::try_from(event.0).expect("an event's id is its index in memory")
}

/// A step to an event without a sentence explains little, and a later cause less than the first.
fn cost(events: &[Event], cause: EventId, rank: usize) -> u32 {
    let silence = match told::weight(&events[index(cause)].kind) {
        Some(Weight::Turning) => 1,
        Some(Weight::Notable) => 2,
        Some(Weight::Routine) => 4,
        None => 6,
    };
    silence + u32::try_from(rank.min(8)).unwrap_or(8) * 2
}

#[cfg(test)]
mod tests {
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
        assert_eq!(why.chain(), [EventId(3), EventId(1)]);
        assert_eq!(why.len(), 4);
        assert_eq!(WhyGraph::of(&events, EventId(2)).chain(), [EventId(2), EventId(0)]);
    }
}
