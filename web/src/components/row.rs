//! One region's row in the picture, but for its peers: its name and how it is lit. It
//! is drawn again only when its own data changes.

use std::rc::Rc;

use view::cluster_view::Row;
use view::graph::marks::State;
use view::graph::related::{Glow, Tie};
use view::graph::words;
use view::layout::Layout;
use view::{Lang, phrases};
use yew::{Component, Context, Html, Properties, classes, html};

use super::hue_class;
use super::matrix::{px, row_id};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) world: usize,
    pub(crate) at: usize,
    pub(crate) lang: Lang,
    pub(crate) row: Rc<Row>,
    pub(crate) layout: Layout,
    pub(crate) glow: Glow,
}

/// One region's row.
pub(crate) struct RegionRow;

impl Component for RegionRow {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> RegionRow {
        RegionRow
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let p = ctx.props();
        let apart = |p: &Props| (p.world, p.at, p.lang, p.layout, p.glow);
        apart(p) != apart(old) || is_told(p) || name(&p.row) != name(&old.row)
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
        );
        html! {
            <g {class} data-region={region.to_string()} id={row_id(p.world, region)}
                role="option" aria-selected={(p.glow.held == Tie::Itself).to_string()}>
                <rect class="back" x="0" y={px(y - layout.row / 2.0)} width={px(layout.width)}
                    height={px(layout.row)} />
                { self.name(p, y) }
            </g>
        }
    }
}

impl RegionRow {
    fn name(&self, p: &Props, y: f64) -> Html {
        let row = &p.row;
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
                if !short.is_empty() {
                    <text class="region-table" x={px(p.layout.left - 4.0)} y={baseline}
                        text-anchor="end" data-table-id={table_id}>{ short }</text>
                }
                if is_told(p) {
                    <title>{ title(p) }</title>
                }
            </>
        }
    }
}

/// Whether the row tells all of its data: they are only put into words when somebody asks.
fn is_told(p: &Props) -> bool {
    p.glow.lit == Tie::Itself || p.glow.held == Tie::Itself
}

/// What is seen of a row beside its peers.
fn name(row: &Row) -> impl PartialEq + '_ {
    let table = (&row.table, row.table_id, row.hue, row.part);
    (row.region, table, row.merging_into)
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
