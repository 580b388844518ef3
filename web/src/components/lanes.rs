//! The lanes of the matrix: zones, stores and their states; and the arcs from stores that ask for
//! an address in vain.

use sim::store::{Engine, StoreStatus};
use view::cluster_view::{AskState, FailedResolves, Lane, Matrix, Process, Standing};
use view::layout::Layout;
use view::{Lang, phrases};
use yew::{Html, classes, html};

use super::matrix::px;

/// About how many pixels a letter under a lane's number takes.
const LETTER: f64 = 6.2;

/// All lanes, behind the rows.
pub(crate) fn lanes(world: usize, matrix: &Matrix, layout: &Layout, lang: Lang) -> Html {
    html! {
        <g class="lanes">
            { zones(matrix, layout) }
            { for matrix.lanes.iter().enumerate().map(|(at, l)| lane(world, at, l, layout, lang)) }
        </g>
    }
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

fn lane(world: usize, at: usize, lane: &Lane, layout: &Layout, lang: Lang) -> Html {
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
    let name = phrases::lane(lane, lang);
    let squeezed = layout.lane < LETTER * name.len() as f64;
    let title = format!("store {} · {} · {}", lane.store, lane.engine.name(), lane.address);
    html! {
        <g class={classes!("lane", state, engine)} key={lane.store.0}>
            <title>{ title }</title>
            <rect class="bed" x={left.clone()} y="49" width={width.clone()} height={height.clone()}
                rx="5" />
            if state == "gone" {
                <rect x={left} y="49" {width} {height} rx="5"
                    fill={format!("url(#hatch-{world})")} />
            }
            <text class="lane-id" x={px(x)} y="31" text-anchor="middle">{ lane.store.0 }</text>
            <text class="lane-state" x={px(x)} y="44" text-anchor="middle"
                textLength={squeezed.then(|| px(layout.lane - 3.0))}
                lengthAdjust={squeezed.then_some("spacingAndGlyphs")}>{ name }</text>
        </g>
    }
}

/// The arcs of failed resolves: bold where a store still asks.
pub(crate) fn arcs(matrix: &Matrix, layout: &Layout) -> Html {
    let place = |store| matrix.lanes.iter().position(|lane| lane.store == store);
    let mut height = 0;
    let arcs = matrix.arcs.iter().filter_map(|failed| {
        let (from, to) = (place(failed.from)?, place(failed.to)?);
        if failed.state == AskState::Asking {
            height += 1;
        }
        Some(arc(failed, layout, from, to, height))
    });
    html! { <g class="arcs">{ for arcs }</g> }
}

fn arc(failed: &FailedResolves, layout: &Layout, from: usize, to: usize, nth: usize) -> Html {
    let (x1, x2) = (layout.lane_x(from), layout.lane_x(to));
    let base = layout.top - 2.0;
    let peak = base - 10.0 - ((nth.max(1) - 1) % 2) as f64 * 10.0;
    let class = match failed.state {
        AskState::Asking => "arc asking",
        AskState::Blacklisted => "arc black-listed",
        AskState::Over => "arc over",
    };
    let top = px(peak * 2.0 - base);
    let path =
        format!("M{} {} Q {} {top} {} {}", px(x1), px(base), px((x1 + x2) / 2.0), px(x2), px(base));
    html! {
        <g {class} key={format!("{}-{}", failed.from, failed.to)}>
            <title>
                { format!("{} → {}: ×{}", failed.from, failed.to, failed.count) }
            </title>
            <path d={path} />
            if failed.state == AskState::Asking {
                <circle cx={px(x1)} cy={px(base)} r="2.5" />
                <text x={px((x1 + x2) / 2.0)} y={px(peak + 3.0)} text-anchor="middle">
                    { format!("{} → {} ×{}", failed.from, failed.to, failed.count) }
                </text>
            }
        </g>
    }
}
