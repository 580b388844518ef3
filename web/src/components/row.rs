//! One region's row in the picture. It is drawn again only when its own data changes.

use std::rc::Rc;

use view::cluster_view::Row;
use view::layout::Layout;
use view::{Lang, Thing, phrases};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::cell::peer;
use super::hue_class;
use super::matrix::{px, row_id};
use crate::model::Msg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) world: usize,
    pub(crate) at: usize,
    pub(crate) lang: Lang,
    pub(crate) row: Rc<Row>,
    pub(crate) layout: Layout,
    pub(crate) held: bool,
    pub(crate) lit: bool,
    pub(crate) differs: bool,
    /// Whether the first elections are over, so that a leader would be missed.
    pub(crate) is_settled: bool,
    pub(crate) send: Callback<Msg>,
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
        let thing = Thing::Region(region);
        let class = classes!(
            "region",
            hue_class(row.hue),
            p.held.then_some("held"),
            p.lit.then_some("lit"),
            p.differs.then_some("differs"),
            row.short.then_some("short"),
            (p.is_settled && row.leader.is_none()).then_some("leaderless"),
        );
        let top = px(y - layout.row / 2.0);
        html! {
            <g {class} data-region={region.to_string()} id={row_id(p.world, region)}
                role="option" aria-selected={p.held.to_string()}
                onclick={p.send.reform(move |_| Msg::Select(Some(thing)))}
                onmouseenter={p.send.reform(move |_| Msg::Hover(Some(thing)))}>
                <rect class="back" x="0" y={top.clone()} width={px(layout.width)}
                    height={px(layout.row)} />
                <rect class="gutter" x="0" y={top} width="3" height={px(layout.row)} />
                { self.name(p, y) }
                { self.tie(p, y) }
                { for row.cells.iter().enumerate().map(|(lane, cell)| {
                    peer(cell, lane, layout.lane_x(lane), y, layout.radius)
                }) }
            </g>
        }
    }
}

impl RegionRow {
    fn name(&self, p: &Props, y: f64) -> Html {
        let row = &p.row;
        let baseline = px(y + 3.4);
        let table = row.table.as_deref().filter(|_| row.part == 0).unwrap_or_default();
        let short = table.rsplit('.').next().unwrap_or_default();
        html! {
            <>
                <text class="region-id" x="8" y={baseline.clone()}>{ row.region.0 }</text>
                <text class="region-table" x={px(p.layout.left - 4.0)} y={baseline}
                    text-anchor="end">{ short }</text>
                // Sixty of them are only made when somebody points at one.
                if p.lit || p.held {
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

fn title(p: &Props) -> String {
    let row = &p.row;
    let table = row.table.as_deref().unwrap_or("–");
    let cells: Vec<String> = row
        .cells
        .iter()
        .filter_map(|cell| cell.member.map(|m| format!("{}: {}", m, phrases::cell(cell, p.lang))))
        .collect();
    format!(
        "region {} · {table} · conf_ver {} version {}\n{}",
        row.region,
        row.epoch.conf_ver,
        row.epoch.version,
        cells.join("\n")
    )
}
