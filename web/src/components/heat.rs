//! A strip in which one cell stands for as many neighbouring regions as needed. All cells of a
//! kind are one path: ten thousand regions are some thirty elements.

use std::collections::BTreeSet;
use std::rc::Rc;

use sim::RegionId;
use view::cluster_view::Row;
use view::graph::filter;
use view::graph::heat::{HeatCell, HeatLayout, Range, cells};
use view::graph::marks::State;
use view::graph::words::GraphWord;
use view::{Lang, Thing};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::marks::{state_class, state_sign};
use super::matrix::px;
use super::{hue_class, is_for_browser};
use crate::effects;
use crate::model::{GraphMsg, Msg};

/// Pixels for the line above the strip and its gaps.
const HEAD: f64 = 40.0;
/// Below this side a sign would only blur.
const LEGIBLE: f64 = 11.0;
/// From this side on a cell has its region's id in it, and from this one its table as well.
const NAMED: f64 = 44.0;
const NAMED_WHOLE: f64 = 60.0;
/// How much nearer a click comes, and a turn of the wheel.
const CLICK: f64 = 0.1;
const TURN: f64 = 0.7;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) index: usize,
    pub(crate) lang: Lang,
    /// The regions to be shown.
    pub(crate) rows: Rc<[Rc<Row>]>,
    /// The stretch of all that they are, and how many all are.
    pub(crate) stretch: Option<Range>,
    pub(crate) all: usize,
    pub(crate) differing: Rc<BTreeSet<RegionId>>,
    pub(crate) selected: Option<Thing>,
    /// The box.
    pub(crate) size: (f64, f64),
    pub(crate) send: Callback<Msg>,
}

/// What happens in the strip itself.
pub(crate) enum Pointing {
    /// The cell under the pointer, or the cursor's.
    At(Option<usize>),
    /// The cursor goes by so many cells.
    Go(i64, i64),
    /// Nearer to the cell of the cursor.
    Enter,
}

/// The strip.
pub(crate) struct Heat {
    cells: Vec<HeatCell>,
    layout: HeatLayout,
    cursor: usize,
    pointed: Option<usize>,
}

impl Component for Heat {
    type Message = Pointing;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Heat {
        let mut heat = Heat {
            cells: Vec::new(),
            layout: HeatLayout::of(1.0, 1.0, 1),
            cursor: 0,
            pointed: None,
        };
        heat.lay_out(ctx.props());
        heat
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let p = ctx.props();
        if p.rows != old.rows || p.size != old.size || p.differing != old.differing {
            self.lay_out(p);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Pointing) -> bool {
        match msg {
            Pointing::At(cell) => {
                let redraw = self.pointed != cell;
                self.pointed = cell;
                self.cursor = cell.unwrap_or(self.cursor);
                redraw
            }
            Pointing::Go(dx, dy) => {
                let by = dx + dy * self.layout.columns as i64;
                let last = self.cells.len().saturating_sub(1) as i64;
                self.cursor = (self.cursor as i64 + by).clamp(0, last) as usize;
                self.pointed = None;
                true
            }
            Pointing::Enter => {
                self.enter(ctx.props(), self.cursor);
                false
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let (width, height) = self.layout.size();
        let id = format!("heat-{}", p.index);
        html! {
            <div class="heat">
                { self.head(p) }
                <svg class="heat-art" id={id.clone()} width={px(width)} height={px(height)}
                    viewBox={format!("0 0 {} {}", px(width), px(height))} tabindex="0"
                    role="listbox" aria-label={GraphWord::HeatKeys.text(p.lang)}
                    aria-activedescendant={format!("{id}-cursor")}
                    data-testid={id.clone()}
                    onkeydown={keys(ctx)} onclick={self.click(ctx, &id)}
                    onmousemove={pointing(ctx, &id, self.layout)}
                    onmouseleave={ctx.link().callback(|_| Pointing::At(None))}
                    onwheel={self.wheel(ctx, &id)}>
                    { for (0..6).map(|hue| self.of_table(hue)) }
                    { for State::ALL.into_iter().map(|state| self.of_state(state)) }
                    <path class="heat-differs" d={self.outlines(|cell| cell.differs)} />
                    { self.names(p) }
                    { self.cursor(p, &id) }
                </svg>
            </div>
        }
    }
}

impl Heat {
    fn lay_out(&mut self, p: &Props) {
        self.cells = cells(&p.rows, &p.differing);
        let (width, height) = p.size;
        self.layout = HeatLayout::of(width - 12.0, height - HEAD, self.cells.len());
        self.cursor = self.cursor.min(self.cells.len().saturating_sub(1));
        self.pointed = None;
    }

    /// Which stretch this is, what the pointer or the cursor is at, and the way back.
    fn head(&self, p: &Props) -> Html {
        let shown = self.pointed.unwrap_or(self.cursor);
        let text = self.cells.get(shown).map(|cell| cell.text(&p.rows, p.lang));
        let stretch =
            p.stretch.map_or(String::new(), |(first, last)| format!("{} – {last}", first + 1));
        let whole = p.send.reform(|_| Msg::Graph(GraphMsg::Stretch(None)));
        html! {
            <div class="heat-head">
                <b>{ filter::count(p.rows.len(), p.all, p.lang) }</b>
                if p.stretch.is_some() {
                    <span class="mute">{ stretch }</span>
                    <button type="button" class="quiet" onclick={whole}>
                        { GraphWord::ClearFilter.text(p.lang) }
                    </button>
                }
                <span class="heat-said" aria-live="polite">{ text.unwrap_or_default() }</span>
            </div>
        }
    }

    /// The cells of a table in its colour.
    fn of_table(&self, hue: usize) -> Html {
        let d = self.squares(|cell| cell.hue % 6 == hue);
        html! { <path class={classes!("heat-table", hue_class(hue))} key={hue} {d} /> }
    }

    /// The cells whose gravest state this is, with its sign where there is room.
    fn of_state(&self, state: State) -> Html {
        let is_so = |cell: &HeatCell| cell.worst == Some(state);
        let name = state.name();
        html! {
            <g key={name} class={classes!("heat-state", state_class(state))}>
                <path class="heat-fill" d={self.squares(is_so)} />
                <path class="heat-sign" d={self.signs(state)} />
            </g>
        }
    }

    fn squares(&self, is_so: impl Fn(&HeatCell) -> bool) -> String {
        let side = px(self.layout.side - 1.5);
        let mut d = String::new();
        for (at, _) in self.cells.iter().enumerate().filter(|(_, cell)| is_so(cell)) {
            let (x, y) = self.layout.corner(at);
            d.push_str(&format!("M{} {}h{side}v{side}h-{side}Z", px(x), px(y)));
        }
        d
    }

    fn outlines(&self, is_so: impl Fn(&HeatCell) -> bool) -> String {
        let side = px(self.layout.side - 3.5);
        let mut d = String::new();
        for (at, _) in self.cells.iter().enumerate().filter(|(_, cell)| is_so(cell)) {
            let (x, y) = self.layout.corner(at);
            d.push_str(&format!("M{} {}v{side}", px(x + 1.0), px(y + 1.0)));
        }
        d
    }

    fn signs(&self, state: State) -> String {
        let mut d = String::new();
        if self.layout.side < LEGIBLE {
            return d;
        }
        let half = (self.layout.side - 1.5) / 2.0;
        let cells = self.cells.iter().enumerate();
        for (at, _) in cells.filter(|(_, cell)| cell.worst == Some(state)) {
            let (x, y) = self.layout.corner(at);
            // Each sign's strokes are relative to the point that it begins with.
            d.push_str(&format!("M{} {}{}", px(x + half), px(y + half), state_sign(state)));
        }
        d
    }

    /// What the cells are called, where there is room; the cursor says it aloud.
    fn names(&self, p: &Props) -> Html {
        let side = self.layout.side;
        if side < NAMED {
            return Html::default();
        }
        let name = |(at, cell): (usize, &HeatCell)| {
            let (region, table) = cell.name(&p.rows)?;
            let (x, y) = self.layout.corner(at);
            let is_grave = cell.worst.is_some_and(|state| state_class(state) != "plain");
            Some(html! {
                <g class={classes!("heat-name", is_grave.then_some("on-fill"))}>
                    <text x={px(x + 5.0)} y={px(y + 15.0)}>{ region.to_string() }</text>
                    if NAMED_WHOLE <= side {
                        <text x={px(x + 5.0)} y={px(y + side - 8.0)}>{ table }</text>
                    }
                </g>
            })
        };
        html! {
            <g aria-hidden="true">{ for self.cells.iter().enumerate().filter_map(name) }</g>
        }
    }

    /// The place of the keyboard.
    fn cursor(&self, p: &Props, id: &str) -> Html {
        let (x, y) = self.layout.corner(self.cursor);
        let side = px(self.layout.side - 0.5);
        let cell = self.cells.get(self.cursor);
        let held = p.selected.and_then(Thing::region);
        let is_held = cell.is_some_and(|cell| {
            let rows = p.rows.iter().skip(cell.first).take(cell.count);
            rows.into_iter().any(|row| Some(row.region) == held)
        });
        // What is under it, so that a context menu finds its region.
        let region = cell.and_then(|cell| p.rows.get(cell.first)).map(|row| row.region.to_string());
        html! {
            <rect class="heat-cursor" id={format!("{id}-cursor")} role="option"
                aria-selected={is_held.to_string()} data-region={region}
                aria-label={cell.map(|cell| cell.text(&p.rows, p.lang))}
                x={px(x - 0.5)} y={px(y - 0.5)} width={side.clone()} height={side} />
        }
    }

    fn enter(&self, p: &Props, cell: usize) {
        let Some(cell) = self.cells.get(cell) else { return };
        if cell.count == 1 {
            let region = p.rows.get(cell.first).map(|row| Thing::Region(row.region));
            p.send.emit(Msg::Select(region));
        } else {
            let at = p.stretch.map_or(0, |(first, _)| first) + cell.first + cell.count / 2;
            p.send.emit(Msg::Graph(GraphMsg::ZoomHeat(at, CLICK)));
        }
    }

    fn click(&self, ctx: &Context<Heat>, id: &str) -> Callback<yew::MouseEvent> {
        let (id, layout) = (id.to_owned(), self.layout);
        ctx.link().batch_callback(move |event: yew::MouseEvent| {
            let (x, y) = effects::point_in(&event, &id)?;
            layout.cell_at(x, y).map(|_| Pointing::Enter)
        })
    }

    fn wheel(&self, ctx: &Context<Heat>, id: &str) -> Callback<yew::WheelEvent> {
        let p = ctx.props();
        let (id, layout, send) = (id.to_owned(), self.layout, p.send.clone());
        let firsts: Vec<usize> = self.cells.iter().map(|cell| cell.first).collect();
        let (offset, is_near) = (p.stretch.map_or(0, |(first, _)| first), p.stretch.is_some());
        Callback::from(move |event: yew::WheelEvent| {
            let turn = event.delta_y();
            if turn == 0.0 {
                return;
            }
            let is_nearer = turn < 0.0;
            let Some((x, y)) = effects::point_in(&event, &id) else { return };
            let Some(first) = layout.cell_at(x, y).and_then(|cell| firsts.get(cell)) else {
                return;
            };
            if is_nearer || is_near {
                event.prevent_default();
                let factor = if is_nearer { TURN } else { 1.0 / TURN };
                send.emit(Msg::Graph(GraphMsg::ZoomHeat(offset + first, factor)));
            }
        })
    }
}

fn pointing(ctx: &Context<Heat>, id: &str, layout: HeatLayout) -> Callback<yew::MouseEvent> {
    let id = id.to_owned();
    ctx.link().callback(move |event: yew::MouseEvent| {
        let point = effects::point_in(&event, &id);
        Pointing::At(point.and_then(|(x, y)| layout.cell_at(x, y)))
    })
}

fn keys(ctx: &Context<Heat>) -> Callback<yew::KeyboardEvent> {
    let send = ctx.props().send.clone();
    let by = (ctx.props().rows.len() / 4).max(1) as i64;
    ctx.link().batch_callback(move |event: yew::KeyboardEvent| {
        if is_for_browser(&event) {
            return None;
        }
        let mut graph = None;
        let pointing = match event.key().as_str() {
            "ArrowLeft" => Some(Pointing::Go(-1, 0)),
            "ArrowRight" => Some(Pointing::Go(1, 0)),
            "ArrowUp" => Some(Pointing::Go(0, -1)),
            "ArrowDown" => Some(Pointing::Go(0, 1)),
            "Enter" | "+" | "=" => Some(Pointing::Enter),
            key => {
                graph = match key {
                    "Escape" | "0" | "Backspace" | "-" => Some(GraphMsg::Stretch(None)),
                    "PageUp" => Some(GraphMsg::PanHeat(-by)),
                    "PageDown" => Some(GraphMsg::PanHeat(by)),
                    _ => None,
                };
                None
            }
        };
        if pointing.is_some() || graph.is_some() {
            event.prevent_default();
            event.stop_propagation();
        }
        if let Some(graph) = graph {
            send.emit(Msg::Graph(graph));
        }
        pointing
    })
}
