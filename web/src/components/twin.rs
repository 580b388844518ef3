//! The matrix as a table: the same data for screen readers, and for everybody on request.

use std::rc::Rc;

use sim::RegionId;
use view::cluster_view::{Matrix, Row};
use view::graph::words;
use view::{Lang, Word, phrases};
use yew::{Component, Context, Html, Properties, classes, html};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) matrix: Rc<Matrix>,
    /// The regions to be shown.
    pub(crate) rows: Rc<[Rc<Row>]>,
    pub(crate) selected: Option<RegionId>,
    /// Whether everybody sees it.
    pub(crate) is_seen: bool,
}

/// More rows than this are left out: nobody reads them, and each is an element a store.
const MOST_ROWS: usize = 200;
/// A table that nobody sees is made anew while the picture moves: it has no more cells than this,
/// but for so many rows.
const MOST_CELLS_UNSEEN: usize = 2_400;
const LEAST_ROWS: usize = 10;

/// The matrix as a table.
pub(crate) struct Twin;

impl Component for Twin {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Twin {
        Twin
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let (lang, most) = (p.lang, most_rows(p));
        html! {
            <table class="twin">
                    <caption class="unseen">{ Word::Matrix.text(lang) }</caption>
                    <thead>
                        <tr>
                            <th scope="col">{ Word::Region.text(lang) }</th>
                            <th scope="col">{ Word::Table.text(lang) }</th>
                            { for p.matrix.lanes.iter().map(|lane| html! {
                                <th scope="col" key={lane.store.0}>
                                    { lane.store.0 }{ " " }
                                    <small>{ phrases::lane(lane, lang) }</small>
                                </th>
                            }) }
                        </tr>
                    </thead>
                    <tbody>
                        { for p.rows.iter().take(most).map(|row| html! {
                            <TwinRow key={row.region.0} {lang} row={row.clone()}
                                held={p.selected == Some(row.region)} />
                        }) }
                    </tbody>
                    if most < p.rows.len() {
                        <tfoot><tr><td colspan={(p.matrix.lanes.len() + 2).to_string()}>
                            { words::and_more(p.rows.len() - most, lang) }
                        </td></tr></tfoot>
                    }
            </table>
        }
    }
}

/// How many rows the table has at most.
fn most_rows(p: &Props) -> usize {
    if p.is_seen {
        return MOST_ROWS;
    }
    (MOST_CELLS_UNSEEN / p.matrix.lanes.len().max(1)).clamp(LEAST_ROWS, MOST_ROWS)
}

#[derive(PartialEq, Properties)]
pub(crate) struct RowProps {
    pub(crate) lang: Lang,
    pub(crate) row: Rc<Row>,
    pub(crate) held: bool,
}

/// One region's row of the table.
pub(crate) struct TwinRow;

impl Component for TwinRow {
    type Message = ();
    type Properties = RowProps;

    fn create(_ctx: &Context<Self>) -> TwinRow {
        TwinRow
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let RowProps { lang, row, held } = ctx.props();
        html! {
            <tr class={classes!(held.then_some("held"))}>
                <th scope="row">{ row.region.0 }</th>
                <td>{ row.table.as_deref().unwrap_or("–") }</td>
                { for row.cells.iter().enumerate().map(|(lane, cell)| {
                    let ghost = cell.condition.is_ghost() && cell.member.is_some();
                    html! {
                        <td key={lane} class={classes!(ghost.then_some("bad"))}>
                            { phrases::cell(cell, *lang) }
                        </td>
                    }
                }) }
            </tr>
        }
    }
}
