//! One peer of the matrix. Each role has its own shape, each condition its own stroke or sign, so
//! that nothing is told by colour alone.

use view::cluster_view::{Cell, Condition, Shape};
use yew::{Html, classes, html};

use super::matrix::px;

/// Below this radius a sign inside a ghost would only blur its broken outline.
const LEGIBLE: f64 = 5.5;

/// The peer at a place, with radius `r`.
pub(crate) fn peer(cell: &Cell, key: usize, x: f64, y: f64, r: f64) -> Html {
    if cell.shape == Shape::Empty {
        return Html::default();
    }
    let class = classes!("peer", shape_class(cell.shape), condition_class(cell.condition));
    html! {
        <g {class} {key} transform={format!("translate({} {})", px(x), px(y))}>
            { body(cell.shape, r) }
            { sign(cell.condition, r) }
        </g>
    }
}

fn body(shape: Shape, r: f64) -> Html {
    let diamond = |r: f64| format!("M0 {0} L{1} 0 L0 {1} L{0} 0 Z", px(-r), px(r));
    match shape {
        Shape::Empty => Html::default(),
        Shape::Leader => html! {
            <><circle class="fill" r={px(r)} /><circle class="dot" r={px(r * 0.34)} /></>
        },
        Shape::ForceLeader => html! {
            <><path class="fill" d={format!("M0 {0} L{1} {2} L{3} {2} Z", px(-r * 1.2), px(r * 1.1),
                px(r * 0.85), px(-r * 1.1))} /><circle class="dot" cy="1" r={px(r * 0.28)} /></>
        },
        Shape::Voter => html! { <circle class="ring" r={px(r - 0.8)} /> },
        Shape::Learner => html! { <path class="ring" d={diamond(r)} /> },
        Shape::Incoming => html! {
            <><circle class="ring" r={px(r - 0.8)} /><path class="fill" d={half(r, 1)} /></>
        },
        Shape::Demoting => html! {
            <><circle class="ring" r={px(r - 0.8)} /><path class="fill" d={half(r, 0)} /></>
        },
        Shape::Stray => html! {
            <rect class="ring" x={px(-r * 0.7)} y={px(-r * 0.7)} width={px(r * 1.4)}
                height={px(r * 1.4)} />
        },
        Shape::Tombstone => html! {
            <path class="cross" d={format!("M{0} {0} L{1} {1} M{0} {1} L{1} {0}", px(-r * 0.42),
                px(r * 0.42))} />
        },
    }
}

/// The left or right half of a circle.
fn half(r: f64, sweep: u8) -> String {
    format!("M0 {0} A{1} {1} 0 0 {sweep} 0 {1} Z", px(-r), px(r))
}

fn sign(condition: Condition, r: f64) -> Html {
    match condition {
        Condition::Well | Condition::Uninitialised => Html::default(),
        Condition::Pending => html! {
            <path class="sign" d={format!("M{0} 0 h0.1 M0 0 h0.1 M{1} 0 h0.1",
                px(-r * 0.4), px(r * 0.4))} />
        },
        Condition::Down => html! {
            <path class="sign" d={format!("M0 {0} V{1} M{2} {3} L0 {1} L{4} {3}", px(-r * 0.5),
                px(r * 0.5), px(-r * 0.4), px(r * 0.1), px(r * 0.4))} />
        },
        Condition::OnStoppedStore
        | Condition::OnTombstone
        | Condition::OnErasedStore
        | Condition::Missing
            if r < LEGIBLE =>
        {
            Html::default()
        }
        Condition::OnStoppedStore
        | Condition::OnTombstone
        | Condition::OnErasedStore
        | Condition::Missing => html! {
            <path class="sign" d={format!("M{0} {1} L{1} {0}", px(-r * 0.45), px(r * 0.45))} />
        },
    }
}

fn shape_class(shape: Shape) -> &'static str {
    match shape {
        Shape::Empty => "empty",
        Shape::Leader => "leader",
        Shape::ForceLeader => "force-leader",
        Shape::Voter => "voter",
        Shape::Learner => "learner",
        Shape::Incoming => "incoming",
        Shape::Demoting => "demoting",
        Shape::Stray => "stray",
        Shape::Tombstone => "remains",
    }
}

fn condition_class(condition: Condition) -> &'static str {
    match condition {
        Condition::Well => "well",
        Condition::Pending => "pending",
        Condition::Down => "down",
        Condition::Uninitialised => "bare",
        Condition::OnStoppedStore => "ghost resting",
        Condition::OnTombstone | Condition::OnErasedStore | Condition::Missing => "ghost",
    }
}
