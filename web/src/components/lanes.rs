//! The lanes of the matrix: zones, stores and their states; and the arcs from stores that ask for
//! an address in vain.

use std::collections::BTreeMap;

use sim::StoreId;
use sim::order;
use sim::store::{Engine, StoreStatus};
use view::cluster_view::{AskState, FailedResolves, Lane, Matrix, Process, Standing};
use view::graph::related::{Lights, Tie};
use view::graph::words;
use view::layout::Layout;
use view::{Lang, Word, phrases};
use yew::{Html, classes, html};

use super::cell::circle;
use super::marks::store_marks;
use super::matrix::px;
use super::peers::drawn;
use super::row::tie_class;

/// About how many pixels a letter under a lane's number takes.
const LETTER: f64 = 6.6;
/// Below this width a lane's letters are small.
const NARROW: f64 = 44.0;

/// All lanes, behind the rows.
pub(crate) fn lanes(
    world: usize,
    matrix: &Matrix,
    lights: &Lights,
    layout: &Layout,
    lang: Lang,
) -> Html {
    let label = Word::PdStores.text(lang);
    html! {
        <g role="group" aria-label={label}>
            { zones(matrix, layout) }
            { for matrix.lanes.iter().enumerate().map(|(at, l)| {
                lane(world, at, l, lights, layout, lang)
            }) }
        </g>
    }
}

/// The id of a store's head, by which the matrix says which one is held.
pub(crate) fn lane_id(world: usize, store: StoreId) -> String {
    format!("lane-{world}-{store}")
}

fn zones(matrix: &Matrix, layout: &Layout) -> Html {
    let mut first = 0;
    let zones = matrix.zones().into_iter().map(|(name, count)| {
        let from = layout.lane_x(first) - layout.lane / 2.0 + 3.0;
        let to = layout.lane_x(first + count - 1) + layout.lane / 2.0 - 3.0;
        first += count;
        let middle = (from + to) / 2.0;
        html! {
            <g class="zone" key={name.to_owned()}>
                <path d={format!("M{} 15 V12 H{} V15", px(from), px(to))} />
                <text x={px(middle)} y="9" text-anchor="middle">{ name }</text>
            </g>
        }
    });
    html! { <>{ for zones }</> }
}

fn lane(
    world: usize,
    at: usize,
    lane: &Lane,
    lights: &Lights,
    layout: &Layout,
    lang: Lang,
) -> Html {
    let x = layout.lane_x(at);
    let state = match (lane.process, lane.standing) {
        (Process::Stopped, _) => "gone",
        (Process::Running, Standing::Known(StoreStatus::Up)) => "up",
        (Process::Running, _) => "doubted",
    };
    let engine = match lane.engine {
        Engine::TiKv => "tikv",
        Engine::TiFlash => "tiflash",
    };
    let (left, width) = (px(x - layout.lane / 2.0 + 2.0), px(layout.lane - 4.0));
    let height = px(layout.bottom() - 49.0);
    let full = phrases::lane(lane, lang);
    let is_narrow = layout.lane < NARROW;
    let fits = !is_narrow && LETTER * full.len() as f64 <= layout.lane;
    let name = if fits { full } else { phrases::lane_short(lane, lang) };
    let title = format!("store {} · {} · {full}", lane.store, lane.engine.name());
    let title = format!("{title} · {}", lane.address);
    let marks = lane.marks.iter().map(|mark| format!("\n{}", words::store_mark(*mark, lang)));
    let title = format!("{title}{}", marks.collect::<String>());
    let (held, lit) = (lights.held.store(lane.store), lights.lit.store(lane.store));
    let class = classes!(
        "lane",
        state,
        engine,
        tie_class(held, ["", "of-held", "held"]),
        tie_class(lit, ["", "of-lit", "lit"]),
    );
    let id_width = 4.2 * lane.store.0.to_string().len() as f64;
    let room = layout.lane / 2.0 - id_width;
    html! {
        <g {class} key={lane.store.0} id={lane_id(world, lane.store)} role="option"
            aria-selected={(held == Tie::Itself).to_string()}
            data-store={lane.store.to_string()}>
            <title>{ title }</title>
            <rect class="strip" x={left.clone()} y="17" width={width.clone()}
                height={px(layout.height - 19.0)} rx="5" />
            <rect class="bed" x={left.clone()} y="49" width={width.clone()} height={height.clone()}
                rx="5" />
            if state == "gone" {
                <rect x={left} y="49" {width} {height} rx="5"
                    fill={format!("url(#hatch-{world})")} />
            }
            <text class="lane-id" x={px(x)} y="31" text-anchor="middle">{ lane.store.0 }</text>
            { store_marks(&lane.marks, x + id_width + 2.0, 26.5, room) }
            <text class={classes!("lane-state", is_narrow.then_some("narrow"))} x={px(x)} y="44"
                text-anchor="middle">{ name }</text>
        </g>
    }
}

/// The arcs of failed resolves: bold where a store still asks, and then with a count in that
/// store's own lane, where no other can come in its way.
pub(crate) fn arcs(matrix: &Matrix, lights: &Lights, layout: &Layout, lang: Lang) -> Html {
    let place = |store| matrix.lanes.iter().position(|lane| lane.store == store);
    let mut lines: BTreeMap<(&str, Option<&str>), String> = BTreeMap::new();
    let mut asking = String::new();
    for failed in matrix.arcs.iter() {
        let (Some(from), Some(to)) = (place(failed.from), place(failed.to)) else { continue };
        let class = match failed.state {
            AskState::Asking => "asking",
            AskState::Blacklisted => "black-listed",
            AskState::Over => "over",
        };
        let tie = lights.held.arc(failed).max(lights.lit.arc(failed));
        let tie = (tie != Tie::None).then_some("of-held");
        arc(lines.entry((class, tie)).or_default(), layout, (from, to));
        if is_asking(failed) {
            ends(&mut asking, layout, (from, to));
        }
    }
    let lanes = matrix.lanes.iter().enumerate();
    let counts = lanes.filter_map(|(at, lane)| count(matrix, lane, layout, at));
    let sought =
        order::set(matrix.arcs.iter().filter(|failed| is_asking(failed)).map(|failed| failed.to));
    html! {
        <g aria-hidden="true">
            { for lines.iter().map(|((state, tie), d)| drawn(classes!("arc", *state, *tie), d)) }
            <path class="arc-ends" d={asking} />
            if !sought.is_empty() {
                <text class="asks" x={px(layout.left - 4.0)} y={px(layout.counts_y())}
                    text-anchor="end">{ phrases::seek_in_vain(&sought, lang) }</text>
            }
            { for counts }
        </g>
    }
}

fn is_asking(failed: &FailedResolves) -> bool {
    failed.state == AskState::Asking
}

/// How often the store of a lane that still asks has asked in vain.
fn count(matrix: &Matrix, lane: &Lane, layout: &Layout, at: usize) -> Option<Html> {
    let asked = matrix.arcs.iter().filter(|f| f.from == lane.store && is_asking(f));
    let total: u64 = asked.map(|failed| failed.count).sum();
    let class = classes!("count", (layout.lane < NARROW).then_some("narrow"));
    (0 < total).then(|| {
        html! {
            <text {class} key={lane.store.0} x={px(layout.lane_x(at))} y={px(layout.counts_y())}
                text-anchor="middle">{ format!("×{total}") }</text>
        }
    })
}

/// The arc from an asker to the one whose address it asks for.
fn arc(d: &mut String, layout: &Layout, (from, to): (usize, usize)) {
    let (x1, x2) = (layout.lane_x(from), layout.lane_x(to));
    let (highest, base) = layout.arcs_y();
    // The farther, the higher: arcs to the same store do not lie on one another.
    let share = from.abs_diff(to) as f64 / layout.lanes.max(1) as f64;
    let peak = base - (base - highest) * (0.4 + 0.6 * share);
    let (middle, top) = (px((x1 + x2) / 2.0), px(peak * 2.0 - base));
    let (x1, x2, base) = (px(x1), px(x2), px(base));
    d.push_str(&format!("M{x1} {base}Q{middle} {top} {x2} {base}"));
}

/// A point where a question comes from, and an arrow's head where it goes.
fn ends(d: &mut String, layout: &Layout, (from, to): (usize, usize)) {
    let (_, base) = layout.arcs_y();
    let (x1, x2) = (layout.lane_x(from), layout.lane_x(to));
    d.push_str(&format!("M{} {}", px(x1), px(base)));
    d.push_str(&circle(0.0, 2.5));
    d.push_str(&format!("M{} {}h7l-3.5 6z", px(x2 - 3.5), px(base - 5.0)));
}
