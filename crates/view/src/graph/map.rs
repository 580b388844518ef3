//! The map: stores, regions, tables and PD as a graph, and where each stands.
//!
//! Stores stand around, zone by zone; within them the regions, table by table; then the tables;
//! PD is the middle. A place follows from the topology alone and never from what happens, so that
//! nothing moves while a run plays: what changes is which edges there are, and of what kind.

use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, TAU};
use std::rc::Rc;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::Thing;
use crate::cluster_view::{AskState, Cell, Matrix, Row, Shape, TableRow};

/// From the middle to each ring, as a share of the way to the border.
const ZONES: f64 = 1.0;
const STORES: f64 = 0.82;
const REGIONS: f64 = 0.53;
const TABLES: f64 = 0.26;
/// What parts two zones or two tables, in places of their ring.
const GAP: f64 = 0.9;

/// More regions than this are not drawn one by one.
pub const MOST_REGIONS: usize = 160;

/// Where something stands: from -1 to 1 in both directions, with x to the right and y down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// The angle, in radians from the top and clockwise.
    pub angle: f64,
    /// The distance from the middle.
    pub radius: f64,
}

impl Place {
    /// The place at an angle and a distance.
    pub fn polar(angle: f64, radius: f64) -> Place {
        let (x, y) = (radius * (angle - FRAC_PI_2).cos(), radius * (angle - FRAC_PI_2).sin());
        Place { x, y, angle, radius }
    }

    /// Where a curve from here to there bends: between the two angles the short way round, and the
    /// nearer to the middle the farther they are apart.
    pub fn bend(self, to: Place) -> Place {
        let mut turn = (to.angle - self.angle) % TAU;
        if TAU / 2.0 < turn {
            turn -= TAU;
        } else if turn < -TAU / 2.0 {
            turn += TAU;
        }
        let apart = turn.abs() / (TAU / 2.0);
        let radius = (self.radius + to.radius) / 2.0 * (1.0 - 0.85 * apart);
        Place::polar(self.angle + turn / 2.0, radius)
    }
}

/// A node: what it is, where it stands, and what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub thing: Thing,
    /// Where.
    pub place: Place,
    /// For its colour: the table's position.
    pub hue: usize,
    /// Peers of a store, regions of a table; 0 else.
    pub count: usize,
    /// Leaders on a store; 0 else.
    pub leaders: usize,
}

/// What an edge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// A region to its table.
    Belonging,
    /// A region to a store that has a member of it.
    Hosting(Hosted),
    /// A leader's store to another member's store: entries go this way.
    Replication,
    /// A store to one whose address it asks for.
    Resolving(AskState),
    /// PD to a region whose members or leader it has wrong.
    Believing,
    /// A table to a store: so many peers.
    Share(usize),
}

/// What a store hosts of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hosted {
    /// A voter.
    Voter,
    /// A learner.
    Learner,
    /// The leader.
    Leader,
    /// A member that will never answer.
    Ghost,
}

impl Hosted {
    fn of(cell: &Cell) -> Option<Hosted> {
        cell.member?;
        Some(match cell.shape {
            _ if cell.condition.is_ghost() => Hosted::Ghost,
            Shape::Leader | Shape::ForceLeader => Hosted::Leader,
            Shape::Learner => Hosted::Learner,
            Shape::Voter
            | Shape::Incoming
            | Shape::Demoting
            | Shape::Stray
            | Shape::Tombstone
            | Shape::Empty => Hosted::Voter,
        })
    }
}

/// One world as a graph.
#[derive(Clone, Debug)]
pub struct Map {
    graph: DiGraph<Node, Edge>,
    at: BTreeMap<Thing, NodeIndex>,
    /// Each zone's name, and the place of it outside of its stores.
    pub zones: Vec<(String, Place)>,
}

impl Map {
    /// The map of a world with these of its regions; without them, if they are too many to be told
    /// apart.
    pub fn of(matrix: &Matrix, rows: &[Rc<Row>], tables: &[TableRow]) -> Map {
        let mut map = Map { graph: DiGraph::new(), at: BTreeMap::new(), zones: Vec::new() };
        map.add(Thing::Pd, Place::default(), 0);
        map.place_stores(matrix);
        map.place_regions(rows, tables);
        for row in rows {
            map.connect_region(matrix, row);
        }
        map.connect_tables(matrix, rows);
        for arc in matrix.arcs.iter() {
            map.connect(Thing::Store(arc.from), Thing::Store(arc.to), Edge::Resolving(arc.state));
        }
        map
    }

    fn add(&mut self, thing: Thing, place: Place, hue: usize) {
        let node = Node { thing, place, hue, count: 0, leaders: 0 };
        let at = self.graph.add_node(node);
        self.at.insert(thing, at);
    }

    fn connect(&mut self, from: Thing, to: Thing, edge: Edge) {
        if let (Some(from), Some(to)) = (self.at.get(&from), self.at.get(&to)) {
            self.graph.add_edge(*from, *to, edge);
        }
    }

    fn place_stores(&mut self, matrix: &Matrix) {
        let zones = matrix.zones();
        let groups: Vec<usize> = zones.iter().map(|(_, count)| *count).collect();
        let angles = ring(&groups);
        let mut first = 0;
        for (name, count) in zones {
            let middle = (angles[first] + angles[first + count - 1]) / 2.0;
            self.zones.push((name.to_owned(), Place::polar(middle, ZONES)));
            first += count;
        }
        for (lane, angle) in matrix.lanes.iter().zip(angles) {
            self.add(Thing::Store(lane.store), Place::polar(angle, STORES), 0);
        }
    }

    /// Regions by table on their ring, and each table in the middle of its regions; a table
    /// without regions stands where one of its own would.
    fn place_regions(&mut self, rows: &[Rc<Row>], tables: &[TableRow]) {
        let mut counts = vec![0; tables.len() + 1];
        for row in rows {
            counts[row.hue.min(tables.len())] += 1;
        }
        let groups: Vec<usize> = counts.iter().map(|count| (*count).max(1)).collect();
        let angles = ring(&groups);
        let is_drawn = rows.len() <= MOST_REGIONS;
        let mut first = 0;
        for (hue, (count, group)) in counts.iter().zip(&groups).enumerate() {
            let of_group = &angles[first..first + group];
            first += group;
            let rows = rows.iter().filter(|row| row.hue.min(tables.len()) == hue);
            if is_drawn {
                for (row, angle) in rows.zip(of_group) {
                    self.add(Thing::Region(row.region), Place::polar(*angle, REGIONS), hue);
                }
            }
            if let Some(table) = tables.get(hue) {
                let middle = (of_group[0] + of_group[group - 1]) / 2.0;
                let thing = Thing::Table(table.id);
                self.add(thing, Place::polar(middle, TABLES), hue);
                self.graph[self.at[&thing]].count = *count;
            }
        }
    }

    fn connect_region(&mut self, matrix: &Matrix, row: &Row) {
        let region = Thing::Region(row.region);
        if let Some(table) = row.table_id {
            self.connect(region, Thing::Table(table), Edge::Belonging);
        }
        if row.is_misbelieved() {
            self.connect(Thing::Pd, region, Edge::Believing);
        }
        for (lane, cell) in matrix.lanes.iter().zip(row.cells.iter()) {
            let Some(hosted) = Hosted::of(cell) else { continue };
            let store = Thing::Store(lane.store);
            self.connect(region, store, Edge::Hosting(hosted));
            let node = &mut self.graph[self.at[&store]];
            node.count += 1;
            node.leaders += usize::from(hosted == Hosted::Leader);
        }
    }

    /// How many peers of each table are on each store.
    fn connect_tables(&mut self, matrix: &Matrix, rows: &[Rc<Row>]) {
        let mut shares: BTreeMap<(Thing, Thing), usize> = BTreeMap::new();
        for row in rows {
            let Some(table) = row.table_id else { continue };
            for (lane, cell) in matrix.lanes.iter().zip(row.cells.iter()) {
                if cell.member.is_some() {
                    let pair = (Thing::Table(table), Thing::Store(lane.store));
                    *shares.entry(pair).or_default() += 1;
                }
            }
        }
        for ((table, store), count) in shares {
            self.connect(table, store, Edge::Share(count));
        }
    }

    /// The nodes, in the order in which they are drawn and walked.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.graph.node_weights()
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.graph.node_count()
    }

    /// The node of a thing; a peer has its region's.
    pub fn node(&self, thing: Thing) -> Option<&Node> {
        let thing = thing.region().map_or(thing, Thing::Region);
        self.at.get(&thing).map(|at| &self.graph[*at])
    }

    /// Every edge: from where, to where, and what it says.
    pub fn edges(&self) -> impl Iterator<Item = (&Node, &Node, Edge)> {
        self.graph.edge_references().map(|edge| {
            let (from, to) = (edge.source(), edge.target());
            (&self.graph[from], &self.graph[to], *edge.weight())
        })
    }

    /// The edges that leave a thing.
    pub fn edges_from(&self, thing: Thing) -> impl Iterator<Item = (&Node, Edge)> {
        let at = self.at.get(&thing);
        let edges = at.into_iter().flat_map(|at| self.graph.edges(*at));
        edges.map(|edge| (&self.graph[edge.target()], *edge.weight()))
    }

    /// The ways of a region's entries: from its leader's store to each other member's.
    pub fn replication(&self, region: Thing) -> Vec<(&Node, &Node, Edge)> {
        let hosts: Vec<(&Node, Hosted)> = self
            .edges_from(region)
            .filter_map(|(to, edge)| match edge {
                Edge::Hosting(hosted) => Some((to, hosted)),
                Edge::Belonging
                | Edge::Replication
                | Edge::Resolving(_)
                | Edge::Believing
                | Edge::Share(_) => None,
            })
            .collect();
        let Some((leader, _)) = hosts.iter().find(|(_, hosted)| *hosted == Hosted::Leader) else {
            return Vec::new();
        };
        let others = hosts.iter().filter(|(_, hosted)| *hosted != Hosted::Leader);
        others.map(|(other, _)| (*leader, *other, Edge::Replication)).collect()
    }

    /// The node that somebody reaches from `from` in a direction: the nearest that lies more that
    /// way than to the side. From nothing it is PD.
    pub fn step(&self, from: Option<Thing>, dx: f64, dy: f64) -> Option<Thing> {
        let Some(here) = from.and_then(|thing| self.node(thing)) else {
            return Some(Thing::Pd);
        };
        let cost = |node: &&Node| {
            let (x, y) = (node.place.x - here.place.x, node.place.y - here.place.y);
            let (ahead, aside) = (x * dx + y * dy, (x * dy - y * dx).abs());
            let is_ahead = 1e-6 < ahead && aside <= ahead * 1.5;
            is_ahead.then_some(ahead + 1.6 * aside)
        };
        let ahead = self.nodes().filter_map(|node| cost(&node).map(|cost| (cost, node.thing)));
        ahead.min_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, thing)| thing)
    }
}

/// The angles of groups of places around a ring, with a gap between groups.
fn ring(groups: &[usize]) -> Vec<f64> {
    let gap = if groups.len() < 2 { 0.0 } else { GAP };
    let places: usize = groups.iter().sum();
    let turn = TAU / (places as f64 + gap * groups.len() as f64).max(1.0);
    let mut angles = Vec::with_capacity(places);
    let mut at = gap / 2.0 + 0.5;
    for group in groups {
        for _ in 0..*group {
            angles.push(at * turn);
            at += 1.0;
        }
        at += gap;
    }
    // The first group's middle is at the top.
    let middle = groups.first().map_or(0.0, |first| (angles[0] + angles[first - 1]) / 2.0);
    angles.iter().map(|angle| angle - middle).collect()
}

#[cfg(test)]
mod tests {
    use sim::command::Command;
    use sim::{Cluster, Millis, RegionId, Release, StoreId, TableId};

    use super::*;
    use crate::project::testing::two_tables;
    use crate::{ClusterView, Projector};

    fn cluster() -> Cluster {
        let mut cluster =
            Cluster::new(&two_tables(), Release::V8_5_2.knobs(), 1).expect("the setup is sound");
        cluster.advance(Millis(30_000));
        cluster
    }

    fn map(view: &ClusterView) -> Map {
        Map::of(&view.matrix, &view.matrix.rows, &view.tables)
    }

    fn places(map: &Map) -> Vec<(Thing, Place)> {
        map.nodes().map(|node| (node.thing, node.place)).collect()
    }

    #[test]
    fn nothing_moves_whatever_happens() {
        let mut cluster = cluster();
        let mut projector = Projector::default();
        let before = map(&projector.project(&cluster));
        cluster.apply(&Command::StopStores(vec![StoreId(1)])).expect("it runs");
        cluster.advance(Millis(200_000));
        let after = map(&projector.project(&cluster));
        assert_eq!(places(&before), places(&after));
        let leader = |map: &Map| {
            let edges = map.edges_from(Thing::Region(RegionId(10)));
            edges.filter(|(_, edge)| *edge == Edge::Hosting(Hosted::Leader)).count()
        };
        assert_eq!((leader(&before), leader(&after)), (1, 1));
        let ghosts = after.edges().filter(|(.., edge)| *edge == Edge::Hosting(Hosted::Ghost));
        assert_eq!(ghosts.count(), 2);
    }

    #[test]
    fn no_two_nodes_stand_on_one_another() {
        let all = places(&map(&Projector::default().project(&cluster())));
        assert_eq!(all.len(), 1 + 4 + 3 + 2);
        for (index, (thing, a)) in all.iter().enumerate() {
            for (other, b) in &all[..index] {
                let apart = (a.x - b.x).hypot(a.y - b.y);
                assert!(0.1 < apart, "{thing:?} and {other:?} are {apart} apart");
            }
        }
    }

    #[test]
    fn entries_go_from_the_leader_to_the_other_members() {
        let map = map(&Projector::default().project(&cluster()));
        let ways = map.replication(Thing::Region(RegionId(30)));
        let ways: Vec<(Thing, Thing)> = ways.iter().map(|(a, b, _)| (a.thing, b.thing)).collect();
        let store = |id| Thing::Store(StoreId(id));
        assert_eq!(ways.len(), 2);
        assert!(ways.contains(&(store(2), store(3))) || ways.contains(&(store(2), store(4))));
        let node = map.node(store(2)).expect("it is there");
        assert_eq!((node.count, node.leaders), (3, 1));
        assert_eq!(map.node(Thing::Table(TableId(1))).map(|node| node.count), Some(2));
    }

    #[test]
    fn every_node_is_reached_by_the_arrow_keys() {
        let map = map(&Projector::default().project(&cluster()));
        let mut reached = vec![Thing::Pd];
        let mut next = 0;
        while let Some(from) = reached.get(next).copied() {
            next += 1;
            for (dx, dy) in [(0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0)] {
                let to = map.step(Some(from), dx, dy);
                reached.extend(to.filter(|thing| !reached.contains(thing)));
            }
        }
        assert_eq!(reached.len(), map.nodes().count(), "{reached:?}");
        assert_eq!(map.step(None, 1.0, 0.0), Some(Thing::Pd));
    }
}
