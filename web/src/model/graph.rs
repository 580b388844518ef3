//! The region graph's part of the model: what is walked, looked for, and how near one is.

use std::collections::BTreeSet;
use std::rc::Rc;

use sim::RegionId;
use view::cluster_view::{Matrix, Row};
use view::graph::filter::{self, Filter, FilterError};
use view::graph::flight::{self, Dot};
use view::graph::heat::{self, Range};
use view::graph::map::{Map, Place};
use view::graph::marks::State;
use view::{ClusterView, Thing};

use super::{Effect, Model, Update};

/// The id of the field for filters.
pub(crate) const FIELD: &str = "filter";

/// Something that happened in the region graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum GraphMsg {
    /// Move what is held by so many rows, and so many columns: a region's table, the region itself,
    /// then its peers. Above the rows are the stores, and left of those PD.
    Walk(i64, i64),
    /// What the filter says.
    Filter(String),
    /// A word of the filter comes or goes.
    Chip(&'static str),
    /// The keyboard goes to the filter.
    FocusFilter,
    /// Hold the nearest node of the map in this direction.
    StepMap(f64, f64),
    /// Go nearer to the map by a factor; the place at these shares of the box stays.
    ZoomMap(f64, (f64, f64)),
    /// Go nearer to what is held by a factor, or to the middle.
    NearMap(f64),
    /// Move the map by these shares of the box.
    PanMap(f64, f64),
    /// Show the whole map.
    WholeMap,
    /// Show a stretch of this factor around the region at a place; at all, the whole strip.
    ZoomHeat(usize, f64),
    /// Move the stretch by so many regions.
    PanHeat(i64),
    /// Show this stretch, or all.
    Stretch(Option<Range>),
}

/// What somebody looks for, and how near.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// What the filter says.
    pub(crate) text: String,
    /// Why it cannot be read; then the last one that could be holds.
    pub(crate) error: Option<FilterError>,
    filter: Filter,
    /// The stretch of the found regions that is shown.
    pub(crate) stretch: Option<Range>,
    /// The rows to be shown, of each world.
    pub(crate) rows: Vec<Rc<[Rc<Row>]>>,
    /// How many regions were found, and of how many.
    pub(crate) found: (usize, usize),
    /// For each word that has a chip, how many regions are so.
    pub(crate) counts: Vec<(&'static str, usize)>,
    /// How near one is to the map.
    pub(crate) camera: Camera,
}

/// How near one is to the map, and where: in shares of the box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Camera {
    /// How much larger things are.
    pub(crate) zoom: f64,
    /// Where the left border of the map is.
    pub(crate) x: f64,
    /// Where its upper border is.
    pub(crate) y: f64,
}

impl Default for Camera {
    fn default() -> Camera {
        Camera { zoom: 1.0, x: 0.0, y: 0.0 }
    }
}

/// The farthest one can be from the map.
pub(crate) const FARTHEST: f64 = 0.7;
const NEAREST: f64 = 6.0;

impl Camera {
    fn zoomed(self, factor: f64, (x, y): (f64, f64)) -> Camera {
        let zoom = (self.zoom * factor).clamp(FARTHEST, NEAREST);
        let factor = zoom / self.zoom;
        Camera { zoom, x: x - (x - self.x) * factor, y: y - (y - self.y) * factor }.within()
    }

    fn panned(self, dx: f64, dy: f64) -> Camera {
        Camera { x: self.x + dx, y: self.y + dy, ..self }.within()
    }

    /// With the place at these shares of the map in the middle of the box.
    fn over(self, (x, y): (f64, f64)) -> Camera {
        Camera { x: 0.5 - x * self.zoom, y: 0.5 - y * self.zoom, ..self }.within()
    }

    /// The map always fills the box, or stands in its middle.
    fn within(self) -> Camera {
        let keep = |at: f64| match self.zoom {
            ..=1.0 => (1.0 - self.zoom) / 2.0,
            _ => at.clamp(1.0 - self.zoom, 0.0),
        };
        Camera { zoom: self.zoom, x: keep(self.x), y: keep(self.y) }
    }
}

/// The words that have a chip.
pub(crate) const CHIPS: [&str; 7] =
    [filter::DIFFERS, "ghost", "leaderless", "short", "down", "pending", "learner"];

impl Graph {
    /// Finds again what is looked for.
    pub(super) fn look(&mut self, worlds: &[ClusterView], differing: &BTreeSet<RegionId>) {
        let all = worlds.iter().map(|view| view.matrix.rows.len()).max().unwrap_or(0);
        if self.filter.is_empty() {
            self.rows = worlds.iter().map(|view| view.matrix.rows.clone()).collect();
            self.found = (all, all);
        } else {
            self.find(worlds, differing, all);
        }
        self.counts = CHIPS.map(|word| (word, count(word, worlds, differing))).into();
        if let Some((first, last)) = self.stretch.filter(|(_, last)| *last <= self.found.0) {
            for rows in &mut self.rows {
                *rows = rows[first.min(rows.len())..last.min(rows.len())].into();
            }
        } else {
            self.stretch = None;
        }
    }

    /// A region that is found in one world is shown in all, so that they stay side by side.
    fn find(&mut self, worlds: &[ClusterView], differing: &BTreeSet<RegionId>, all: usize) {
        let mut found: BTreeSet<RegionId> = BTreeSet::new();
        for Matrix { rows, lanes, .. } in worlds.iter().map(|view| &*view.matrix) {
            for row in rows.iter() {
                if self.filter.admits(row, lanes, differing.contains(&row.region)) {
                    found.insert(row.region);
                }
            }
        }
        let shown = |view: &ClusterView| {
            let rows = view.matrix.rows.iter().filter(|row| found.contains(&row.region));
            rows.cloned().collect::<Rc<[Rc<Row>]>>()
        };
        self.rows = worlds.iter().map(shown).collect();
        self.found = (found.len(), all);
    }
}

/// In the world that has most of them.
fn count(word: &str, worlds: &[ClusterView], differing: &BTreeSet<RegionId>) -> usize {
    let Some(state) = State::ALL.into_iter().find(|state| state.name() == word) else {
        return differing.len();
    };
    let of =
        |view: &ClusterView| view.matrix.rows.iter().filter(|row| row.states.has(state)).count();
    worlds.iter().map(of).max().unwrap_or(0)
}

impl Model {
    pub(super) fn use_graph(&mut self, msg: GraphMsg) -> Update {
        let found = self.graph.found.0;
        match msg {
            GraphMsg::Walk(rows, columns) => {
                let matrix = &self.world(0).matrix;
                self.selected = walk(matrix, &self.graph.rows[0], self.selected, rows, columns);
                self.follow();
            }
            GraphMsg::Filter(text) => self.look_for(text),
            GraphMsg::Chip(word) => self.look_for(filter::toggled(&self.graph.text, word)),
            GraphMsg::FocusFilter => {
                return Update { redraw: true, effects: vec![Effect::Focus(FIELD.to_owned())] };
            }
            GraphMsg::StepMap(dx, dy) => self.step_map(dx, dy),
            GraphMsg::ZoomMap(factor, at) => {
                self.graph.camera = self.graph.camera.zoomed(factor, at);
            }
            GraphMsg::NearMap(factor) => self.near_map(factor),
            GraphMsg::PanMap(dx, dy) => self.graph.camera = self.graph.camera.panned(dx, dy),
            GraphMsg::WholeMap => self.graph.camera = Camera::default(),
            GraphMsg::ZoomHeat(at, factor) => {
                self.show(heat::zoomed(self.graph.stretch, found, at, factor));
            }
            GraphMsg::PanHeat(by) => {
                self.show(self.graph.stretch.map(|range| heat::panned(range, found, by)));
            }
            GraphMsg::Stretch(range) => self.show(range),
        }
        Update::redraw()
    }

    fn show(&mut self, stretch: Option<Range>) {
        self.graph.stretch = stretch;
        self.graph.look(&self.frame.worlds, &self.differing);
    }

    fn look_for(&mut self, text: String) {
        let tables: Vec<&str> = self.world(0).tables.iter().map(|table| &*table.name).collect();
        let parsed = filter::parse(&text, &tables);
        let graph = &mut self.graph;
        match parsed {
            Ok(filter) => (graph.filter, graph.error) = (filter, None),
            Err(error) => graph.error = Some(error),
        }
        graph.text = text;
        self.show(None);
    }

    fn near_map(&mut self, factor: f64) {
        let view = self.world(0);
        let map = Map::of(&view.matrix, &self.graph.rows[0], &view.tables);
        let node = self.selected.and_then(|thing| map.node(thing));
        let at = node.map_or((0.5, 0.5), |node| in_box(node.place));
        self.graph.camera = self.graph.camera.zoomed(factor, (0.5, 0.5)).over(at);
    }

    /// Holds the next node; when one is near, the map follows.
    fn step_map(&mut self, dx: f64, dy: f64) {
        let view = self.world(0);
        let map = Map::of(&view.matrix, &self.graph.rows[0], &view.tables);
        let Some(thing) = map.step(self.selected, dx, dy) else { return };
        if let Some(node) = map.node(thing).filter(|_| 1.0 < self.graph.camera.zoom) {
            self.graph.camera = self.graph.camera.over(in_box(node.place));
        }
        self.selected = Some(thing);
        self.follow();
    }
}

impl Model {
    /// The messages under way in a world, where they can be followed.
    pub(crate) fn dots(&self, world: usize) -> Vec<Dot> {
        let cluster = &self.session.run().worlds()[world].cluster;
        match self.clock.beyond().filter(|_| self.cursor.is_none()) {
            Some(beyond) => flight::dots(cluster, beyond),
            None => Vec::new(),
        }
    }
}

/// A place of the map, in shares of the box.
fn in_box(place: Place) -> (f64, f64) {
    ((place.x + 1.0) / 2.0, (place.y + 1.0) / 2.0)
}

/// The columns left of the first lane: the table, and the region.
const TABLE: i64 = -2;
const REGION: i64 = -1;
/// The row above the first region: the stores.
const HEADS: i64 = -1;

/// The thing so many rows and columns away. From nothing it is the first region, or going up the
/// last.
fn walk(
    matrix: &Matrix,
    shown: &[Rc<Row>],
    from: Option<Thing>,
    rows: i64,
    columns: i64,
) -> Option<Thing> {
    let (last_row, last_lane) = (shown.len() as i64 - 1, matrix.lanes.len() as i64 - 1);
    let (row, column) = match from.and_then(|thing| place(matrix, shown, thing)) {
        Some((row, column)) => {
            let column = (column + columns).clamp(TABLE, last_lane);
            // From a region's own column one does not come to the stores: Home stops at the first.
            let first = if column < 0 && row != HEADS { 0 } else { HEADS };
            ((row + rows).clamp(first, last_row), column)
        }
        None => (if rows < 0 { last_row } else { 0 }, REGION),
    };
    let lane = usize::try_from(column).ok().and_then(|lane| matrix.lanes.get(lane));
    if row == HEADS {
        return Some(lane.map_or(Thing::Pd, |lane| Thing::Store(lane.store)));
    }
    let row = shown.get(row.max(0) as usize)?;
    Some(match (lane, row.table_id) {
        (Some(lane), _) => Thing::Peer(row.region, lane.store),
        (None, Some(table)) if column == TABLE => Thing::Table(table),
        (None, _) => Thing::Region(row.region),
    })
}

/// The row and the column of a thing.
fn place(matrix: &Matrix, shown: &[Rc<Row>], thing: Thing) -> Option<(i64, i64)> {
    let lane = |store| matrix.lanes.iter().position(|lane| lane.store == store);
    let row = |region| shown.iter().position(|row| row.region == region);
    let (row, column) = match thing {
        Thing::Region(region) => (row(region)? as i64, REGION),
        Thing::Peer(region, store) => (row(region)? as i64, lane(store)? as i64),
        Thing::Store(store) => (HEADS, lane(store)? as i64),
        Thing::Pd => (HEADS, REGION),
        Thing::Table(table) => {
            let first = shown.iter().position(|row| row.table_id == Some(table))?;
            (first as i64, TABLE)
        }
    };
    Some((row, column))
}

#[cfg(test)]
mod tests {
    use scenario::library;
    use sim::StoreId;

    use super::super::{Model, Msg, Seek};
    use super::*;

    fn model() -> Model {
        let scenario = library::load("tikv-18440").expect("it is in the library");
        let releases = scenario.releases;
        Model::new(scenario, &releases)
    }

    fn walked(model: &mut Model, steps: &[(i64, i64)]) -> Option<Thing> {
        for (rows, columns) in steps {
            model.update(Msg::Graph(GraphMsg::Walk(*rows, *columns)));
        }
        model.selected
    }

    fn look_for(model: &mut Model, text: &str) -> (usize, usize) {
        model.update(Msg::Graph(GraphMsg::Filter(text.to_owned())));
        model.graph.found
    }

    #[test]
    fn arrows_walk_from_a_region_to_its_peers_its_table_and_up_to_the_stores() {
        let mut model = model();
        let (region, table, store) = {
            let matrix = &model.world(0).matrix;
            (matrix.rows[0].region, matrix.rows[0].table_id, matrix.lanes[0].store)
        };
        assert_eq!(walked(&mut model, &[(1, 0)]), Some(Thing::Region(region)));
        assert_eq!(walked(&mut model, &[(-1, 0)]), Some(Thing::Region(region)));
        assert_eq!(walked(&mut model, &[(0, 1)]), Some(Thing::Peer(region, store)));
        assert_eq!(walked(&mut model, &[(-1, 0)]), Some(Thing::Store(store)));
        assert_eq!(walked(&mut model, &[(0, -1)]), Some(Thing::Pd));
        assert_eq!(walked(&mut model, &[(1, 0)]), Some(Thing::Region(region)));
        let on_table = walked(&mut model, &[(0, -1)]);
        assert_eq!(on_table, Some(table.map_or(Thing::Region(region), Thing::Table)));
    }

    #[test]
    fn nobody_walks_off_the_edge() {
        let mut model = model();
        let matrix = model.world(0).matrix.clone();
        let last = matrix.rows.last().map(|row| row.region).expect("there are some");
        assert_eq!(walked(&mut model, &[(1, 0), (1_000_000, 0)]), Some(Thing::Region(last)));
        let store = matrix.lanes.last().map(|lane| lane.store).expect("there are some");
        assert_eq!(walked(&mut model, &[(0, 99)]), Some(Thing::Peer(last, store)));
        model.update(Msg::Select(Some(Thing::Peer(RegionId(7), StoreId(99)))));
        let end = Some(Thing::Region(last));
        assert_eq!(walked(&mut model, &[(-1, 0)]), end, "what is not there is left for the end");
    }

    #[test]
    fn a_filter_folds_the_rows_of_every_world_and_one_walks_what_is_left() {
        let mut model = model();
        let all = model.world(0).matrix.rows.len();
        assert_eq!(look_for(&mut model, ""), (all, all));
        let (found, of) = look_for(&mut model, "stock");
        assert!(0 < found && found < all && of == all, "{found} of {of}");
        assert!(model.graph.rows.iter().all(|rows| rows.len() == found));
        walked(&mut model, &[(-1, 0)]);
        let held = model.selected.and_then(Thing::region);
        assert_eq!(held, model.graph.rows[0].last().map(|row| row.region));
        // What cannot be read changes nothing but what is said.
        assert_eq!(look_for(&mut model, "stock ghots").0, found);
        assert!(model.graph.error.is_some());
        model.update(Msg::Graph(GraphMsg::Chip("learner")));
        assert!(model.graph.text.ends_with("learner"));
    }

    #[test]
    fn a_filter_follows_what_happens() {
        let mut model = model();
        look_for(&mut model, "ghost");
        assert_eq!(model.graph.found.0, 0);
        let stop = scenario::parse("stop store 5").expect("it is in the grammar");
        let deed = scenario::Deed::Issue { request: stop, target: scenario::Target::One(0) };
        model.update(Msg::CarryOut(deed));
        assert!(0 < model.graph.found.0);
        assert_eq!(model.graph.rows[0].len(), model.graph.rows[1].len());
        model.update(Msg::Seek(Seek::Moment(sim::Millis::ZERO)));
    }

    #[test]
    fn the_map_never_leaves_its_box() {
        let mut model = model();
        let send = |model: &mut Model, msg| {
            model.update(Msg::Graph(msg));
            model.graph.camera
        };
        let near = send(&mut model, GraphMsg::ZoomMap(2.0, (0.5, 0.5)));
        assert_eq!(near, Camera { zoom: 2.0, x: -0.5, y: -0.5 });
        let corner = send(&mut model, GraphMsg::PanMap(9.0, -9.0));
        assert_eq!(corner, Camera { zoom: 2.0, x: 0.0, y: -1.0 });
        send(&mut model, GraphMsg::StepMap(1.0, 0.0));
        assert_eq!(model.selected, Some(Thing::Pd));
        assert_eq!(model.graph.camera, near, "PD is the middle");
        let far = send(&mut model, GraphMsg::ZoomMap(0.01, (0.9, 0.1)));
        assert_eq!((far.zoom, far.x, far.y), (FARTHEST, 0.15000000000000002, 0.15000000000000002));
    }

    #[test]
    fn a_stretch_of_the_strip_is_shown_and_given_up_with_the_next_filter() {
        let mut model = model();
        model.update(Msg::Graph(GraphMsg::Stretch(Some((10, 20)))));
        assert!(model.graph.rows.iter().all(|rows| rows.len() == 10));
        model.update(Msg::Graph(GraphMsg::PanHeat(-3)));
        assert_eq!(model.graph.stretch, Some((7, 17)));
        model.update(Msg::Graph(GraphMsg::ZoomHeat(8, 99.0)));
        assert_eq!(model.graph.stretch, None);
        model.update(Msg::Graph(GraphMsg::Stretch(Some((10, 20)))));
        look_for(&mut model, "learner");
        assert_eq!(model.graph.stretch, None);
    }
}
