//! The region graph: stores, regions, PD's tables and what connects them, for "select one thing
//! and everything related lights up", and for the map.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{NodeIndex, UnGraph};
use sim::{RegionId, StoreId};

use crate::cluster_view::{ClusterView, Shape};

/// Something on the picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A store.
    Store(StoreId),
    /// A region.
    Region(RegionId),
    /// A table, by name.
    Table(String),
}

/// What connects two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// The store has, or should have, a peer of the region.
    Hosts,
    /// The store's peer leads the region.
    Leads,
    /// The region is a part of the table.
    PartOf,
    /// The store asks for the other's address in vain.
    Resolves,
}

/// Everything on one world's picture and how it is connected.
#[derive(Clone, Debug)]
pub struct RegionGraph {
    graph: UnGraph<Thing, Tie>,
    nodes: BTreeMap<Thing, NodeIndex>,
}

impl RegionGraph {
    /// The graph of a view.
    pub fn of(view: &ClusterView) -> RegionGraph {
        let mut graph = RegionGraph { graph: UnGraph::default(), nodes: BTreeMap::new() };
        for row in view.matrix.rows.iter() {
            let region = graph.node(Thing::Region(row.region));
            if let Some(name) = &row.table {
                let table = graph.node(Thing::Table(name.to_string()));
                graph.graph.add_edge(region, table, Tie::PartOf);
            }
            for (lane, cell) in view.matrix.lanes.iter().zip(row.cells.iter()) {
                let tie = match cell.shape {
                    Shape::Empty | Shape::Tombstone => continue,
                    Shape::Leader | Shape::ForceLeader => Tie::Leads,
                    Shape::Voter
                    | Shape::Learner
                    | Shape::Incoming
                    | Shape::Demoting
                    | Shape::Stray => Tie::Hosts,
                };
                let store = graph.node(Thing::Store(lane.store));
                graph.graph.add_edge(store, region, tie);
            }
        }
        for arc in view.matrix.arcs.iter() {
            let (from, to) = (graph.node(Thing::Store(arc.from)), graph.node(Thing::Store(arc.to)));
            graph.graph.add_edge(from, to, Tie::Resolves);
        }
        graph
    }

    /// What is connected with `thing`.
    pub fn related(&self, thing: &Thing) -> BTreeSet<Thing> {
        let Some(node) = self.nodes.get(thing) else {
            return BTreeSet::new();
        };
        self.graph.neighbors(*node).map(|other| self.graph[other].clone()).collect()
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.graph.node_count() == 0
    }

    fn node(&mut self, thing: Thing) -> NodeIndex {
        let graph = &mut self.graph;
        *self.nodes.entry(thing.clone()).or_insert_with(|| graph.add_node(thing))
    }
}
