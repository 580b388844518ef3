//! One peer of the matrix. Each role has its own shape, each condition its own stroke or sign, so
//! that nothing is told by colour alone.

use view::cluster_view::{Cell, Condition, Shape};
use yew::{Html, classes, html};

use super::matrix::px;

/// Below this radius a sign inside a ghost would only blur its broken outline.
const LEGIBLE: f64 = 5.5;

/// How a peer is lit, and where it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spot {
    /// Its store; none in a legend.
    pub(crate) store: Option<u64>,
    /// Whether its store or itself is held or pointed at.
    pub(crate) is_on: bool,
    /// Whether PD's cache is wrong about it, and that is to be seen.
    pub(crate) is_doubted: bool,
}

/// The peer at a place, with radius `r`. Every peer has the same two elements, so that a change
/// of role or condition changes attributes and never the page's tree.
pub(crate) fn peer(cell: &Cell, spot: Spot, key: usize, (x, y): (f64, f64), r: f64) -> Html {
    let class = classes!(
        "peer",
        shape_class(cell.shape),
        condition_class(cell.condition),
        spot.is_on.then_some("on"),
        spot.is_doubted.then_some("doubted"),
    );
    let (body_class, body) = body(cell.shape, r);
    let (mark_class, mark) = match cell.shape {
        Shape::Empty => ("sign", String::new()),
        Shape::Leader
        | Shape::ForceLeader
        | Shape::Voter
        | Shape::Learner
        | Shape::Incoming
        | Shape::Demoting
        | Shape::Stray
        | Shape::Tombstone => sign(cell.condition, r).unwrap_or_else(|| inside(cell.shape, r)),
    };
    html! {
        <g {class} {key} data-store={spot.store.map(|store| store.to_string())}
            transform={format!("translate({} {})", px(x), px(y))}>
            <path class={body_class} d={body} />
            <path class={mark_class} d={mark} />
        </g>
    }
}

/// The outline of a shape, and whether it is filled.
fn body(shape: Shape, r: f64) -> (&'static str, String) {
    match shape {
        // Nothing to be seen, but a place to point at.
        Shape::Empty => ("blank", format!("M{0} {0} H{1} V{1} H{0} Z", px(-r), px(r))),
        Shape::Leader => ("fill", circle(0.0, r)),
        Shape::ForceLeader => (
            "fill",
            format!(
                "M0 {0} L{1} {2} L{3} {2} Z",
                px(-r * 1.2),
                px(r * 1.1),
                px(r * 0.85),
                px(-r * 1.1)
            ),
        ),
        Shape::Voter | Shape::Incoming | Shape::Demoting => ("ring", circle(0.0, r - 0.8)),
        Shape::Learner => ("ring", format!("M0 {0} L{1} 0 L0 {1} L{0} 0 Z", px(-r), px(r))),
        Shape::Stray => ("ring", format!("M{0} {0} H{1} V{1} H{0} Z", px(-r * 0.7), px(r * 0.7))),
        Shape::Tombstone => {
            ("cross", format!("M{0} {0} L{1} {1} M{0} {1} L{1} {0}", px(-r * 0.42), px(r * 0.42)))
        }
    }
}

/// What a shape has inside while its condition needs no sign.
fn inside(shape: Shape, r: f64) -> (&'static str, String) {
    match shape {
        Shape::Leader => ("dot", circle(0.0, r * 0.34)),
        Shape::ForceLeader => ("dot", circle(1.0, r * 0.28)),
        Shape::Incoming => ("fill", half(r, 1)),
        Shape::Demoting => ("fill", half(r, 0)),
        Shape::Empty | Shape::Voter | Shape::Learner | Shape::Stray | Shape::Tombstone => {
            ("dot", String::new())
        }
    }
}

/// A circle as a path, its middle `y` below the peer's.
fn circle(y: f64, r: f64) -> String {
    format!(
        "M{0} {1} a{2} {2} 0 1 0 {3} 0 a{2} {2} 0 1 0 -{3} 0 Z",
        px(-r),
        px(y),
        px(r),
        px(2.0 * r)
    )
}

/// The left or right half of a circle.
fn half(r: f64, sweep: u8) -> String {
    format!("M0 {0} A{1} {1} 0 0 {sweep} 0 {1} Z", px(-r), px(r))
}

/// The sign of a condition, where it has one.
fn sign(condition: Condition, r: f64) -> Option<(&'static str, String)> {
    let d = match condition {
        Condition::Well | Condition::Uninitialised => return None,
        Condition::Pending => {
            format!("M{0} 0 h0.1 M0 0 h0.1 M{1} 0 h0.1", px(-r * 0.4), px(r * 0.4))
        }
        Condition::Down => format!(
            "M0 {0} V{1} M{2} {3} L0 {1} L{4} {3}",
            px(-r * 0.5),
            px(r * 0.5),
            px(-r * 0.4),
            px(r * 0.1),
            px(r * 0.4)
        ),
        Condition::OnStoppedStore
        | Condition::OnTombstone
        | Condition::OnErasedStore
        | Condition::Missing
            if r < LEGIBLE =>
        {
            return None;
        }
        Condition::OnStoppedStore
        | Condition::OnTombstone
        | Condition::OnErasedStore
        | Condition::Missing => format!("M{0} {1} L{1} {0}", px(-r * 0.45), px(r * 0.45)),
    };
    Some(("sign", d))
}

/// The style of shapes that have one of their own; the others differ by their outline.
fn shape_class(shape: Shape) -> &'static str {
    match shape {
        Shape::ForceLeader => "force-leader",
        Shape::Stray => "stray",
        Shape::Empty
        | Shape::Leader
        | Shape::Voter
        | Shape::Learner
        | Shape::Incoming
        | Shape::Demoting
        | Shape::Tombstone => "",
    }
}

fn condition_class(condition: Condition) -> &'static str {
    match condition {
        Condition::Well => "",
        Condition::Pending => "pending",
        Condition::Down => "down",
        Condition::Uninitialised => "bare",
        Condition::OnStoppedStore => "ghost resting",
        Condition::OnTombstone | Condition::OnErasedStore | Condition::Missing => "ghost",
    }
}
