//! The matrix as a table: the same data for screen readers, and for everybody on request.

use std::rc::Rc;

use gloo::render::AnimationFrame;
use sim::RegionId;
use view::cluster_view::{Matrix, Row};
use view::graph::words;
use view::{Lang, Word, phrases};
use yew::{Component, Context, Html, Properties, classes, html};

use crate::effects;

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

/// A table that nobody sees gets so many rows a frame.
const ROWS_A_FRAME: usize = 4;

/// The matrix as a table.
pub(crate) struct Twin {
    /// How many rows it may have by now.
    grown: usize,
    frame: Option<AnimationFrame>,
}

impl Component for Twin {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Twin {
        Twin { grown: ROWS_A_FRAME, frame: None }
    }

    /// It grows.
    fn update(&mut self, _ctx: &Context<Self>, (): ()) -> bool {
        self.frame = None;
        self.grown += ROWS_A_FRAME;
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        let p = ctx.props();
        if self.frame.is_none() && self.grown < most_rows(p).min(p.rows.len()) {
            let link = ctx.link().clone();
            self.frame = Some(effects::next_frame(move |_| link.send_message(())));
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let (lang, most) = (p.lang, most_rows(p));
        let grown = if p.is_seen { most } else { most.min(self.grown) };
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
                        { for p.rows.iter().take(grown).map(|row| html! {
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
