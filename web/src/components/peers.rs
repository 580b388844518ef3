//! The peers of a matrix, and what lies under them. All that look alike are one path: hundreds of
//! peers are some thirty elements, and a moment that changes them all changes a few attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sim::RegionId;
use view::cluster_view::{Cell, Row, Shape};
use view::graph::marks::State;
use view::graph::related::{Glow, Lights, Tie};
use view::layout::Layout;
use yew::{Classes, Html, classes, html};

use super::cell::{Glyphs, condition_class, shape_class};
use super::hue_class;
use super::marks::{state_class, state_sign};
use super::matrix::px;

/// Where the sign of a region without a number would be, and how wide a digit is.
const NAME: f64 = 14.0;
const DIGIT: f64 = 6.2;
/// How wide the mark of a row that differs is.
const MARK: f64 = 3.0;

/// How a peer looks, by its classes. Ordered by table, so that neighbours are painted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    hue: &'static str,
    shape: &'static str,
    condition: &'static str,
    /// Whether its store or itself is held or pointed at.
    on: Option<&'static str>,
    /// Whether PD's cache is wrong about it, and that is to be seen.
    doubted: Option<&'static str>,
    dim: Dim,
}

impl Look {
    fn of(cell: &Cell, lane: usize, row: &Row, glow: &Glow, dim: Dim) -> Look {
        let is_on = glow.held_lane == Some(lane) || glow.lit_lane == Some(lane);
        Look {
            hue: hue_class(row.hue),
            shape: shape_class(cell.shape),
            condition: condition_class(cell.condition),
            on: is_on.then_some("on"),
            doubted: (glow.doubts && cell.is_misbelieved()).then_some("doubted"),
            dim,
        }
    }
}

/// The class of what steps back, since something else is held.
type Dim = Option<&'static str>;

/// What is to be drawn.
pub(crate) struct Scene<'a> {
    pub(crate) rows: &'a [Rc<Row>],
    pub(crate) layout: &'a Layout,
    pub(crate) lights: &'a Lights,
    /// Whether what does not belong to what is held steps back.
    pub(crate) is_holding: bool,
    pub(crate) differing: &'a BTreeSet<RegionId>,
    /// The states that a row says with a sign.
    pub(crate) signed: &'a [State],
}

/// All peers, the lines through them, the signs of their regions, and the places behind them that
/// stand out, as paths. Nothing of it can be pointed at: which peer a pointer is at is a question
/// to the layout.
pub(crate) struct Peers {
    glyphs: Glyphs,
    /// The rows that differ between the worlds: their backs, and the marks at their left.
    differing: [String; 2],
    /// The places of the held store, and of the one that is pointed at.
    spots: [String; 2],
    ties: BTreeMap<(&'static str, Dim), String>,
    signs: BTreeMap<(State, Dim), String>,
    /// A look that nobody has any more keeps its element, without a stroke: while somebody scrubs,
    /// the page's tree stays as it is.
    looks: BTreeMap<Look, String>,
}

impl Peers {
    /// Those of this layout; none is drawn yet.
    pub(crate) fn of(layout: &Layout) -> Peers {
        Peers {
            glyphs: Glyphs::of(layout),
            differing: Default::default(),
            spots: Default::default(),
            ties: BTreeMap::new(),
            signs: BTreeMap::new(),
            looks: BTreeMap::new(),
        }
    }

    /// Draws all anew.
    pub(crate) fn draw(&mut self, scene: &Scene) {
        self.clear();
        for (at, row) in scene.rows.iter().enumerate() {
            let (glow, y) = (scene.lights.row(row), scene.layout.row_y(at));
            let dim = (scene.is_holding && glow.held < Tie::Kin).then_some("dim");
            let middle = px(y);
            for (lane, cell) in row.cells.iter().enumerate() {
                if cell.shape != Shape::Empty {
                    let d = self.looks.entry(Look::of(cell, lane, row, &glow, dim)).or_default();
                    self.glyphs.draw(d, cell, (lane, &middle), scene.layout.radius);
                }
            }
            let tied = self.ties.entry((hue_class(row.hue), dim)).or_default();
            tie(tied, row, &middle, scene.layout);
            if let Some(state) = scene.signed.iter().find(|state| row.states.has(**state)) {
                let x = px(NAME + DIGIT * digits(row.region.0));
                let d = self.signs.entry((*state, dim)).or_default();
                d.push_str(&["M", &x, " ", &middle, state_sign(*state)].concat());
            }
            self.draw_places(scene, row, &glow, y);
        }
    }

    fn clear(&mut self) {
        self.differing.iter_mut().for_each(String::clear);
        self.spots.iter_mut().for_each(String::clear);
        self.ties.values_mut().for_each(String::clear);
        self.signs.values_mut().for_each(String::clear);
        self.looks.values_mut().for_each(String::clear);
    }

    fn draw_places(&mut self, scene: &Scene, row: &Row, glow: &Glow, y: f64) {
        let layout = scene.layout;
        if scene.differing.contains(&row.region) {
            let [backs, marks] = &mut self.differing;
            bar(backs, (0.0, layout.width), y, layout);
            bar(marks, (0.0, MARK), y, layout);
        }
        let width = layout.lane - 4.0;
        for (d, lane) in self.spots.iter_mut().zip([glow.held_lane, glow.lit_lane]) {
            if let Some(lane) = lane {
                bar(d, (layout.lane_x(lane) - width / 2.0, width), y, layout);
            }
        }
    }

    /// What lies under the rows' names.
    pub(crate) fn ground(&self) -> Html {
        let [backs, marks] = self.differing.clone();
        html! {
            <g class="differing" aria-hidden="true">
                <path class="back" d={backs} />
                <path class="gutter" d={marks} />
            </g>
        }
    }

    /// What lies over them.
    pub(crate) fn html(&self) -> Html {
        let [held, lit] = self.spots.clone();
        html! {
            <g class="peers" aria-hidden="true">
                <path class="spot of-held" d={held} />
                <path class="spot of-lit" d={lit} />
                <g>{ for self.ties.iter().map(|((hue, dim), d)| {
                    drawn(classes!("tie", *hue, *dim), d)
                }) }</g>
                <g>{ for self.signs.iter().map(|((state, dim), d)| {
                    drawn(classes!("region-mark", state_class(*state), state.name(), *dim), d)
                }) }</g>
                <g>{ for self.looks.iter().map(|(look, d)| {
                    let Look { hue, shape, condition, on, doubted, dim } = *look;
                    drawn(classes!("peer", hue, shape, condition, on, doubted, dim), d)
                }) }</g>
            </g>
        }
    }
}

/// The path of all that have these classes.
pub(crate) fn drawn(class: Classes, d: &str) -> Html {
    html! { <path key={class.to_string()} {class} d={d.to_owned()} /> }
}

/// The line through the members of a region.
fn tie(d: &mut String, row: &Row, y: &str, layout: &Layout) {
    let is_member = |cell: &Cell| cell.member.is_some();
    let first = row.cells.iter().position(is_member);
    let last = row.cells.iter().rposition(is_member);
    if let (Some(first), Some(last)) = (first, last) {
        let (from, to) = (px(layout.lane_x(first)), px(layout.lane_x(last)));
        d.push_str(&["M", &from, " ", y, "H", &to].concat());
    }
}

/// A part of a row whose middle is at `y`, from `x` on and so wide.
fn bar(d: &mut String, (x, width): (f64, f64), y: f64, layout: &Layout) {
    let (x, top, width, row) = (px(x), px(y - layout.row / 2.0), px(width), px(layout.row));
    d.push_str(&format!("M{x} {top}h{width}v{row}h-{width}z"));
}

fn digits(number: u64) -> f64 {
    f64::from(number.checked_ilog10().unwrap_or(0) + 1)
}

#[cfg(test)]
mod tests {
    use scenario::library;
    use sim::{Release, StoreId};
    use view::Thing;

    use super::super::marks::SIGNED;
    use super::*;
    use crate::model::Model;

    /// The incident's first world, with this thing held.
    fn draw(peers: &mut Peers, held: Option<Thing>, rows: usize) -> usize {
        let scenario = library::load("tikv-18440").expect("it is in the library");
        let model = Model::new(scenario, &[Release::V8_5_2]);
        let matrix = model.world(0).matrix.clone();
        peers.draw(&Scene {
            rows: &matrix.rows[..rows],
            layout: &layout(),
            lights: &Lights::of(held, None, &matrix),
            is_holding: held.is_some(),
            differing: &BTreeSet::from([matrix.rows[0].region]),
            signed: &SIGNED,
        });
        let cells = matrix.rows[..rows].iter().flat_map(|row| row.cells.iter());
        cells.filter(|cell| cell.shape != Shape::Empty).count()
    }

    fn layout() -> Layout {
        Layout::of(540.0, 590.0, 8, 30)
    }

    /// Each peer's path begins with the one absolute move in it.
    fn drawn_peers(peers: &Peers, holds: impl Fn(&Look) -> bool) -> usize {
        let looks = peers.looks.iter().filter(|(look, _)| holds(look));
        looks.map(|(_, d)| d.matches('M').count()).sum()
    }

    #[test]
    fn each_peer_is_drawn_once_and_those_alike_are_one_path() {
        let mut peers = Peers::of(&layout());
        let all = draw(&mut peers, None, 30);
        assert_eq!(drawn_peers(&peers, |_| true), all);
        assert!(peers.looks.len() * 10 < all, "{} looks of {all} peers", peers.looks.len());
        let voter =
            peers.looks.values().any(|d| d.contains(&format!("M{} ", px(layout().lane_x(0)))));
        assert!(voter, "the first lane's are where it is");
        assert_eq!(peers.differing.each_ref().map(|d| d.matches('M').count()), [1, 1]);
    }

    #[test]
    fn look_that_nobody_has_any_more_keeps_its_element() {
        let mut peers = Peers::of(&layout());
        draw(&mut peers, None, 30);
        let looks = peers.looks.len();
        draw(&mut peers, None, 0);
        assert_eq!((peers.looks.len(), drawn_peers(&peers, |_| true)), (looks, 0));
    }

    #[test]
    fn what_does_not_belong_to_the_held_store_steps_back() {
        let mut peers = Peers::of(&layout());
        let all = draw(&mut peers, Some(Thing::Store(StoreId(502))), 30);
        let (dim, on) = (|look: &Look| look.dim.is_some(), |look: &Look| look.on.is_some());
        assert_eq!(drawn_peers(&peers, on), 17, "a learner of each region in a TiFlash table");
        assert_eq!(peers.spots[0].matches('M').count(), 17);
        assert_eq!(drawn_peers(&peers, dim), all - 17 * 8);
        assert_eq!(drawn_peers(&peers, |look| dim(look) && on(look)), 0);
    }
}
