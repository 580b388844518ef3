//! One region's row in the picture. It is drawn again only when its own data changes.

use std::rc::Rc;

use view::cluster_view::Row;
use view::graph::marks::State;
use view::graph::related::{Glow, Tie};
use view::graph::words;
use view::layout::Layout;
use view::{Lang, phrases};
use yew::{Component, Context, Html, Properties, classes, html};

use super::cell::{Glyphs, Spot};
use super::hue_class;
use super::marks::region_marks;
use super::matrix::{px, row_id};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) world: usize,
    pub(crate) at: usize,
    pub(crate) lang: Lang,
    pub(crate) row: Rc<Row>,
    pub(crate) layout: Layout,
    pub(crate) glyphs: Rc<Glyphs>,
    pub(crate) glow: Glow,
    pub(crate) differs: bool,
    /// Whether the first elections are over, so that a leader would be missed.
    pub(crate) is_settled: bool,
}

/// One region's row.
pub(crate) struct RegionRow;

impl Component for RegionRow {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> RegionRow {
        RegionRow
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let (row, layout) = (&p.row, &p.layout);
        let y = layout.row_y(p.at);
        let region = row.region;
        let class = classes!(
            "region",
            hue_class(row.hue),
            tie_class(p.glow.held, ["near-held", "of-held", "held"]),
            tie_class(p.glow.lit, ["near-lit", "of-lit", "lit"]),
            p.differs.then_some("differs"),
            row.short.then_some("short"),
            (p.is_settled && row.leader.is_none()).then_some("leaderless"),
        );
        let (middle, top) = (px(y), px(y - layout.row / 2.0));
        html! {
            <g {class} data-region={region.to_string()} id={row_id(p.world, region)}
                role="option" aria-selected={(p.glow.held == Tie::Itself).to_string()}>
                <rect class="back" x="0" y={top.clone()} width={px(layout.width)}
                    height={px(layout.row)} />
                <rect class="gutter" x="0" y={top} width="3" height={px(layout.row)} />
                { spots(p, y) }
                { self.name(p, y) }
                { self.tie(p, y) }
                { for row.cells.iter().enumerate().map(|(lane, cell)| {
                    let spot = Spot {
                        is_on: p.glow.held_lane == Some(lane) || p.glow.lit_lane == Some(lane),
                        is_doubted: p.glow.doubts && cell.is_misbelieved(),
                    };
                    p.glyphs.peer(cell, spot, (lane, &middle), layout.radius)
                }) }
            </g>
        }
    }
}

impl RegionRow {
    fn name(&self, p: &Props, y: f64) -> Html {
        let (row, region) = (&p.row, p.row.region);
        let baseline = px(y + 3.4);
        let table = row.table.as_deref().filter(|_| row.part == 0).unwrap_or_default();
        let short = match row.merging_into {
            Some(target) => format!("→ {target}"),
            None => table.rsplit('.').next().unwrap_or_default().to_owned(),
        };
        let table_id = row.table_id.filter(|_| row.part == 0).map(|table| table.to_string());
        html! {
            <>
                <text class="region-id" x="8" y={baseline.clone()}>{ row.region.0 }</text>
                <text class="region-table" x={px(p.layout.left - 4.0)} y={baseline}
                    text-anchor="end" data-table-id={table_id}>{ short }</text>
                { region_marks(row.states, 14.0 + 6.2 * digits(region.0), y) }
                // Sixty of them are only made when somebody points at one.
                if p.glow.lit == Tie::Itself || p.glow.held == Tie::Itself {
                    <title>{ title(p) }</title>
                }
            </>
        }
    }

    /// The line through the members.
    fn tie(&self, p: &Props, y: f64) -> Html {
        let is_member = |lane: &usize| p.row.cells[*lane].member.is_some();
        let lanes = 0..p.row.cells.len();
        let (first, last) = (lanes.clone().find(is_member), lanes.rev().find(is_member));
        match (first, last) {
            (Some(first), Some(last)) => html! {
                <line class="tie" x1={px(p.layout.lane_x(first))} x2={px(p.layout.lane_x(last))}
                    y1={px(y)} y2={px(y)} />
            },
            (_, _) => Html::default(),
        }
    }
}

/// The class of a tie: for a sibling, for kin, for the thing itself.
pub(crate) fn tie_class(
    tie: Tie,
    [sibling, kin, itself]: [&'static str; 3],
) -> Option<&'static str> {
    match tie {
        Tie::None => None,
        Tie::Sibling => Some(sibling),
        Tie::Kin => Some(kin),
        Tie::Itself => Some(itself),
    }
}

/// The place of the held store in this row, and of the one that is pointed at. They are drawn
/// always: what changes is where.
fn spots(p: &Props, y: f64) -> Html {
    let layout = &p.layout;
    let spot = |class: &'static str, lane: Option<usize>| {
        let (x, width) = lane.map_or((0.0, 0.0), |lane| (layout.lane_x(lane), layout.lane - 4.0));
        html! {
            <rect {class} x={px(x - width / 2.0)} y={px(y - layout.row / 2.0)}
                width={px(width)} height={px(layout.row)} />
        }
    };
    html! {
        <>
            { spot("spot of-held", p.glow.held_lane) }
            { spot("spot of-lit", p.glow.lit_lane) }
        </>
    }
}

fn digits(number: u64) -> f64 {
    f64::from(number.checked_ilog10().unwrap_or(0) + 1)
}

fn title(p: &Props) -> String {
    let row = &p.row;
    let table = row.table.as_deref().unwrap_or("–");
    let cells: Vec<String> = row
        .cells
        .iter()
        .filter_map(|cell| cell.member.map(|m| format!("{}: {}", m, phrases::cell(cell, p.lang))))
        .collect();
    let states = State::ALL.into_iter().filter(|state| row.states.has(*state));
    let states: Vec<&str> = states.map(|state| words::state(state, p.lang)).collect();
    format!(
        "region {} · {table} · conf_ver {} version {}\n{}\n{}",
        row.region,
        row.epoch.conf_ver,
        row.epoch.version,
        states.join(" · "),
        cells.join("\n")
    )
}
