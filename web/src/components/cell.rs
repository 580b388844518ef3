//! One peer of the matrix. Each role has its own shape, each condition its own stroke or sign, so
//! that nothing is told by colour alone.

use std::cell::OnceCell;

use view::cluster_view::{Cell, Condition, Shape};
use view::layout::Layout;
use yew::{Html, classes, html};

use super::matrix::px;

/// How many shapes and conditions there are.
const SHAPES: usize = Shape::Tombstone as usize + 1;
const CONDITIONS: usize = Condition::Missing as usize + 1;

/// Below this radius a sign inside a ghost would only blur its broken outline.
const LEGIBLE: f64 = 5.5;

/// A peer around nothing, with radius `r`, as one path.
pub(crate) fn peer(cell: &Cell, r: f64) -> Html {
    let class = classes!("peer", shape_class(cell.shape), condition_class(cell.condition));
    let d = format!("M0 0{}", drawn(cell.shape, cell.condition, r));
    html! { <path {class} {d} /> }
}

/// What the peers of a matrix have in common: made once, since hundreds of peers are drawn in a
/// frame while somebody scrubs.
#[derive(Default)]
pub(crate) struct Glyphs {
    /// How the path of a peer begins in each lane.
    lanes: Vec<String>,
    /// All strokes of a peer, by its shape and its condition.
    strokes: [[OnceCell<String>; CONDITIONS]; SHAPES],
}

impl Glyphs {
    /// Those of this layout.
    pub(crate) fn of(layout: &Layout) -> Glyphs {
        let begin = |at| format!("M{} ", px(layout.lane_x(at)));
        Glyphs { lanes: (0..layout.lanes).map(begin).collect(), ..Glyphs::default() }
    }

    /// Draws a peer in a lane, with radius `r`; `y` is where its row is.
    pub(crate) fn draw(&self, d: &mut String, cell: &Cell, (lane, y): (usize, &str), r: f64) {
        let Some(begin) = self.lanes.get(lane) else { return };
        let strokes = &self.strokes[cell.shape as usize][cell.condition as usize];
        d.push_str(begin);
        d.push_str(y);
        d.push_str(strokes.get_or_init(|| drawn(cell.shape, cell.condition, r)));
    }
}

/// All strokes of a peer, from its middle back to it: its outline, and the sign of its condition or
/// what its shape has inside.
fn drawn(shape: Shape, condition: Condition, r: f64) -> String {
    let is_whole = !is_broken(condition);
    let outline = match shape {
        Shape::Empty => return String::new(),
        Shape::Tombstone => cross(r * 0.42),
        Shape::Leader if is_whole => circle(0.0, r),
        Shape::Leader | Shape::Voter | Shape::Incoming | Shape::Demoting => ring(r, is_whole),
        Shape::ForceLeader => {
            polygon(&[(0.0, -r * 1.2), (r * 1.1, r * 0.85), (-r * 1.1, r * 0.85)], is_whole)
        }
        Shape::Learner => polygon(&[(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0)], is_whole),
        Shape::Stray => polygon(&square(r * 0.7), true),
    };
    outline + &sign(condition, r).unwrap_or_else(|| inside(shape, r))
}

/// Whether the outline has gaps: what it stands for is not where it is believed to be.
fn is_broken(condition: Condition) -> bool {
    match condition {
        Condition::OnStoppedStore
        | Condition::OnTombstone
        | Condition::OnErasedStore
        | Condition::Missing => true,
        Condition::Well | Condition::Uninitialised | Condition::Pending | Condition::Down => false,
    }
}

/// What a shape has inside while its condition needs no sign; in what is filled, it is left out.
fn inside(shape: Shape, r: f64) -> String {
    match shape {
        Shape::Leader => circle(0.0, r * 0.4),
        Shape::ForceLeader => circle(1.0, r * 0.34),
        Shape::Incoming => half(r, 0),
        Shape::Demoting => half(r, 1),
        Shape::Empty | Shape::Voter | Shape::Learner | Shape::Stray | Shape::Tombstone => {
            String::new()
        }
    }
}

fn square(r: f64) -> [(f64, f64); 4] {
    [(-r, -r), (r, -r), (r, r), (-r, r)]
}

/// A command of a path, relative to where the pen is: a move, a line, an arc …
fn by(command: &str, (x, y): (f64, f64)) -> String {
    format!("{command}{} {}", px(x), px(y))
}

/// From one point to another.
fn way((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> (f64, f64) {
    (to_x - x, to_y - y)
}

const MIDDLE: (f64, f64) = (0.0, 0.0);

/// A polygon; with gaps, of each side only what is near its ends.
fn polygon(corners: &[(f64, f64)], is_whole: bool) -> String {
    let corner = |at: usize| corners[at % corners.len()];
    let mut d = String::new();
    if is_whole {
        d += &by("m", corner(0));
        for at in 1..corners.len() {
            d += &by("l", way(corner(at - 1), corner(at)));
        }
        return d + "z" + &by("m", way(corner(0), MIDDLE));
    }
    for at in 0..corners.len() {
        let here = corner(at);
        let near = |other| {
            let (dx, dy) = way(here, other);
            (here.0 + dx * 0.32, here.1 + dy * 0.32)
        };
        let (from, to) = (near(corner(at + corners.len() - 1)), near(corner(at + 1)));
        d += &by("m", from);
        d += &by("l", way(from, here));
        d += &by("l", way(here, to));
        d += &by("m", way(to, MIDDLE));
    }
    d
}

/// An arc to a point.
fn arc(r: f64, sweep: u8, to: (f64, f64)) -> String {
    by(&format!("a{0} {0} 0 0 {sweep} ", px(r)), to)
}

/// A circle, its middle `y` below the peer's.
pub(crate) fn circle(y: f64, r: f64) -> String {
    let half = arc(r, 1, (2.0 * r, 0.0)) + &arc(r, 1, (-2.0 * r, 0.0));
    by("m", (-r, y)) + &half + "z" + &by("m", (r, -y))
}

/// Of a circle of radius 1, the ends of the arcs that a broken one has: eight of 27 degrees each.
const ARCS: [[(f64, f64); 2]; 8] = {
    let (near, far, side, top) = (0.972, 0.233, 0.853, 0.523);
    [
        [(near, -far), (near, far)],
        [(side, top), (top, side)],
        [(far, near), (-far, near)],
        [(-top, side), (-side, top)],
        [(-near, far), (-near, -far)],
        [(-side, -top), (-top, -side)],
        [(-far, -near), (far, -near)],
        [(top, -side), (side, -top)],
    ]
};

/// The outline of a voter.
fn ring(r: f64, is_whole: bool) -> String {
    let r = r - 0.8;
    if is_whole {
        return circle(0.0, r);
    }
    let piece = |ends: [(f64, f64); 2]| {
        let [from, to] = ends.map(|(x, y)| (x * r, y * r));
        by("m", from) + &arc(r, 1, way(from, to)) + &by("m", way(to, MIDDLE))
    };
    ARCS.map(piece).concat()
}

/// The left or right half of a voter.
fn half(r: f64, sweep: u8) -> String {
    let r = r - 0.8;
    by("m", (0.0, -r)) + &arc(r, sweep, (0.0, 2.0 * r)) + "z" + &by("m", (0.0, r))
}

fn cross(half: f64) -> String {
    let d = by("m", (-half, -half)) + &by("l", (2.0 * half, 2.0 * half));
    d + &by("m", (-2.0 * half, 0.0)) + &by("l", (2.0 * half, -2.0 * half)) + &by("m", (-half, half))
}

/// The sign of a condition, where it has one.
fn sign(condition: Condition, r: f64) -> Option<String> {
    match condition {
        Condition::Well | Condition::Uninitialised => None,
        Condition::Pending => {
            let dot = |x: f64| by("m", (x - 0.2, 0.0)) + "h0.4" + &by("m", (-x - 0.2, 0.0));
            Some([-r * 0.4, 0.0, r * 0.4].map(dot).concat())
        }
        Condition::Down => {
            let (high, wide) = (r * 0.5, r * 0.4);
            let shaft = by("m", (0.0, -high)) + &by("l", (0.0, 2.0 * high));
            let head = by("m", (-wide, -wide)) + &by("l", (wide, wide)) + &by("l", (wide, -wide));
            Some(shaft + &head + &by("m", (-wide, wide - high)))
        }
        Condition::OnStoppedStore
        | Condition::OnTombstone
        | Condition::OnErasedStore
        | Condition::Missing => (LEGIBLE <= r).then(|| cross(r * 0.45)),
    }
}

/// The style of shapes that have one of their own; the others differ by their outline.
pub(crate) fn shape_class(shape: Shape) -> &'static str {
    match shape {
        Shape::Leader => "leader",
        Shape::ForceLeader => "leader forced",
        Shape::Incoming | Shape::Demoting => "half",
        Shape::Stray => "stray",
        Shape::Tombstone => "buried",
        Shape::Empty | Shape::Voter | Shape::Learner => "",
    }
}

pub(crate) fn condition_class(condition: Condition) -> &'static str {
    match condition {
        Condition::Well | Condition::Pending => "",
        Condition::Down => "down",
        Condition::Uninitialised => "bare",
        Condition::OnStoppedStore => "ghost resting",
        Condition::OnTombstone | Condition::OnErasedStore | Condition::Missing => "ghost",
    }
}
