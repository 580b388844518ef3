//! The matrix as a picture: lanes, rows, arcs of failed resolves, and under them what each store
//! has cached of the others' addresses. Nothing moves while a run plays; only classes change.

use std::collections::BTreeSet;
use std::rc::Rc;

use sim::{Millis, RegionId};
use view::cluster_view::{Matrix, ResolverPanel, Row};
use view::graph::flight::Dot;
use view::graph::related::Lights;
use view::layout::Layout;
use view::{Lang, Thing, Word};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::flights::Flights;
use super::lanes::{arcs, lane_id, lanes};
use super::later::Later;
use super::marks::SIGNED;
use super::peers::{Peers, Scene};
use super::resolver_row::ResolverRow;
use super::row::RegionRow;
use super::{is_for_browser, when};
use crate::effects;
use crate::model::menu::MenuMsg;
use crate::model::{GraphMsg, Msg};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) index: usize,
    pub(crate) lang: Lang,
    pub(crate) now: Millis,
    pub(crate) matrix: Rc<Matrix>,
    /// The regions to be shown.
    pub(crate) rows: Rc<[Rc<Row>]>,
    pub(crate) resolvers: Rc<[Rc<ResolverPanel>]>,
    /// Whether a hand is on the time line: ages in seconds are read, and may wait for it.
    pub(crate) is_scrubbed: bool,
    /// The messages under way.
    pub(crate) dots: Vec<Dot>,
    pub(crate) layout: Layout,
    pub(crate) selected: Option<Thing>,
    pub(crate) hovered: Option<Thing>,
    pub(crate) differing: Rc<BTreeSet<RegionId>>,
    pub(crate) send: Callback<Msg>,
}

/// The matrix as a picture.
pub(crate) struct MatrixPicture {
    lights: Lights,
    peers: Peers,
}

impl Component for MatrixPicture {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> MatrixPicture {
        let peers = Peers::of(&ctx.props().layout);
        let mut picture = MatrixPicture { lights: Lights::default(), peers };
        picture.draw(ctx.props());
        picture
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let p = ctx.props();
        if p.layout != old.layout {
            self.peers = Peers::of(&p.layout);
        }
        self.draw(p);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let layout = &p.layout;
        let lights = &self.lights;
        let label = format!("{}. {}", Word::Matrix.text(p.lang), Word::MatrixKeys.text(p.lang));
        let onkeydown = when(&p.send, walk);
        let under = pointed(p);
        let onclick = when(&p.send, {
            let under = under.clone();
            move |event: yew::MouseEvent| under(&event).map(|thing| Msg::Select(Some(thing)))
        });
        let onmousemove = p.send.reform(move |event: yew::MouseEvent| Msg::Hover(under(&event)));
        let holds = match p.selected {
            Some(Thing::Store(_)) => Some("holds holds-store"),
            _ => is_holding(p.selected).then_some("holds"),
        };
        html! {
            <svg class={classes!("matrix", holds)} id={art_id(p.index)} width={px(layout.width)}
                height={px(layout.height)}
                viewBox={format!("0 0 {} {}", px(layout.width), px(layout.height))}
                role="listbox" aria-label={label} tabindex="0" {onkeydown}
                {onclick} {onmousemove}
                aria-activedescendant={p.selected.and_then(|held| element_id(p, held))}
                onmouseleave={p.send.reform(|_| Msg::Hover(None))}>
                { hatch(p.index) }
                { lanes(p.index, &p.matrix, lights, layout, p.lang) }
                { self.peers.ground() }
                { for p.rows.iter().enumerate().map(|(at, row)| html! {
                    <RegionRow key={row.region.0} {at} lang={p.lang} row={row.clone()}
                        world={p.index} layout={*layout} glow={lights.row(row)} />
                }) }
                { self.peers.html() }
                { arcs(&p.matrix, lights, layout, p.lang) }
                <Later may_wait={p.is_scrubbed}>{ caches(p) }</Later>
                <Flights dots={flights(p)} />
            </svg>
        }
    }
}

impl MatrixPicture {
    fn draw(&mut self, p: &Props) {
        self.lights = Lights::of(p.selected, p.hovered, &p.matrix);
        self.peers.draw(&Scene {
            rows: &p.rows,
            layout: &p.layout,
            lights: &self.lights,
            is_holding: is_holding(p.selected),
            differing: &p.differing,
            // Before the first elections nobody misses a leader.
            signed: if p.now == Millis::ZERO { &SIGNED[1..] } else { &SIGNED },
        });
    }
}

/// Whether what does not belong to what is held steps back.
fn is_holding(selected: Option<Thing>) -> bool {
    match selected {
        Some(Thing::Store(_) | Thing::Table(_) | Thing::Pd) => true,
        Some(Thing::Region(_) | Thing::Peer(..)) | None => false,
    }
}

/// The id of the picture itself.
fn art_id(world: usize) -> String {
    format!("matrix-art-{world}")
}

/// What a pointer is at: what its element says, and where it is at a peer's place, that peer.
fn pointed(p: &Props) -> impl Fn(&yew::MouseEvent) -> Option<Thing> + Clone + 'static {
    let (id, layout, lanes) = (art_id(p.index), p.layout, p.matrix.lanes.clone());
    move |event| match effects::thing_under(event)? {
        Thing::Region(region) => {
            let point = effects::point_in(event, &id);
            let lane = point.and_then(|(x, _)| layout.lane_near(x)).and_then(|at| lanes.get(at));
            Some(lane.map_or(Thing::Region(region), |lane| Thing::Peer(region, lane.store)))
        }
        other @ (Thing::Peer(..) | Thing::Store(_) | Thing::Table(_) | Thing::Pd) => Some(other),
    }
}

/// Each message on its region's line, from the sender's lane to the receiver's.
fn flights(p: &Props) -> Vec<(Dot, (f64, f64))> {
    let lane = |store| p.matrix.lanes.iter().position(|lane| lane.store == store);
    let place = |dot: &Dot| {
        let row = p.rows.iter().position(|row| row.region == dot.region)?;
        let (from, to) = (p.layout.lane_x(lane(dot.from)?), p.layout.lane_x(lane(dot.to)?));
        Some((*dot, (from + (to - from) * dot.share, p.layout.row_y(row))))
    };
    p.dots.iter().filter_map(place).collect()
}

/// The id of the element of a thing; a peer's is its region's row.
fn element_id(p: &Props, thing: Thing) -> Option<String> {
    match thing {
        Thing::Region(region) | Thing::Peer(region, _) => {
            let is_shown = p.rows.iter().any(|row| row.region == region);
            is_shown.then(|| row_id(p.index, region))
        }
        Thing::Store(store) => Some(lane_id(p.index, store)),
        Thing::Table(_) | Thing::Pd => None,
    }
}

/// The id of a region's row, by which the matrix says which one is held.
pub(crate) fn row_id(world: usize, region: RegionId) -> String {
    format!("row-{world}-{region}")
}

/// More rows than there are.
const FAR: i64 = 1_000_000;

/// What a key means in the matrix: up and down by rows, left and right from the table over the
/// region to its peers.
fn walk(event: yew::KeyboardEvent) -> Option<Msg> {
    if is_for_browser(&event) || event.shift_key() {
        return None;
    }
    let msg = match event.key().as_str() {
        "ArrowUp" => Msg::Graph(GraphMsg::Walk(-1, 0)),
        "ArrowDown" => Msg::Graph(GraphMsg::Walk(1, 0)),
        "ArrowLeft" => Msg::Graph(GraphMsg::Walk(0, -1)),
        "ArrowRight" => Msg::Graph(GraphMsg::Walk(0, 1)),
        "Home" => Msg::Walk(-FAR),
        "End" => Msg::Walk(FAR),
        // To the store's head, from whichever of its peers.
        "PageUp" => Msg::Graph(GraphMsg::Walk(-FAR, 0)),
        "Enter" => MenuMsg::OpenHeld.into(),
        "Escape" => Msg::Select(None),
        _ => return None,
    };
    event.prevent_default();
    event.stop_propagation();
    Some(msg)
}

fn hatch(world: usize) -> Html {
    html! {
        <defs aria-hidden="true">
            // Not turned: a browser fills with a turned pattern several times more slowly.
            <pattern id={format!("hatch-{world}")} width="8" height="8"
                patternUnits="userSpaceOnUse">
                <path class="hatch-line" d="M-2 2L2 -2M-2 10L10 -2M6 10L10 6" />
            </pattern>
        </defs>
    }
}

fn caches(p: &Props) -> Html {
    let y = p.layout.bottom() + 15.0;
    html! {
        <g aria-hidden="true">
            <text class="caches-title" x="2" y={px(y)}>{ Word::ResolverCaches.text(p.lang) }</text>
            <text class="caches-hint" x={px(p.layout.width - 4.0)} y={px(y)} text-anchor="end">
                { Word::ResolverHint.text(p.lang) }
            </text>
            { for p.matrix.lanes.iter().enumerate().map(|(at, lane)| {
                let panel = p.resolvers.iter().find(|panel| panel.store == lane.store).cloned();
                // Ages are shown in whole seconds: the row is drawn again once a second.
                let now = Millis(p.now.0 / 1_000 * 1_000);
                html! {
                    <ResolverRow key={lane.store.0} {at} lang={p.lang} store={lane.store} {panel}
                        lanes={p.matrix.lanes.clone()} layout={p.layout} {now} />
                }
            }) }
        </g>
    }
}

/// A coordinate with one decimal.
pub(crate) fn px(value: f64) -> String {
    // Through whole numbers: to print a float exactly costs the page some 20 KB of code.
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}
