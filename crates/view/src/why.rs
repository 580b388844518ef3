//! Why: from an event back to the command or failure it follows from. The events of a run form a
//! graph by their recorded causes; the walk is the shortest one that reads well.

mod about;
mod path;
mod question;
pub mod refused;
pub mod words;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use petgraph::algo::astar;
use petgraph::graph::{DiGraph, NodeIndex};
use sim::{Event, EventId, EventKind};

pub use about::about;
pub use path::{Path, Source, Step};
pub use question::Question;
pub use words::WhyWord;

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

    /// The shortest readable chain, from the event itself to something that needs no reason. Where
    /// a behaviour that differs by release left something behind, the chain leads through that.
    pub fn chain(&self, events: &[Event]) -> Vec<EventId> {
        let is_left = |node: NodeIndex| leaves_behind(&events[index(self.graph[node])].kind);
        let turn = self.walk(self.root, &is_left);
        let is_ground = |node: NodeIndex| self.graph.neighbors(node).next().is_none();
        let mut path = turn.unwrap_or_else(|| vec![self.root]);
        let rest = path.pop().and_then(|last| self.walk(last, &is_ground));
        // Causes lie before their effects, so the graph has no cycle and every walk ends.
        path.extend(rest.expect("every walk ends where nothing is the cause"));
        path.into_iter().map(|node| self.graph[node]).collect()
    }

    fn walk(&self, from: NodeIndex, is_goal: &dyn Fn(NodeIndex) -> bool) -> Option<Vec<NodeIndex>> {
        let found = astar(&self.graph, from, is_goal, |edge| *edge.weight(), |_| 0);
        found.map(|(_, path)| path)
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

/// Whether a recovery left a member behind here that it should have removed.
fn leaves_behind(kind: &EventKind) -> bool {
    matches!(kind, EventKind::LearnerSkipped { .. } | EventKind::OrphanIgnored { .. })
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
