//! The map: stores around, regions within, tables and PD in the middle. Far away there are stores
//! and tables with counts; nearer the regions; nearest the Raft state of the one that is held.

use std::rc::Rc;

use sim::StoreId;
use view::cluster_view::{AskState, Lane, Matrix, Process, Row, Standing, TableRow};
use view::graph::flight::Dot;
use view::graph::map::{Edge, Hosted, Map, Node, Place};
use view::graph::marks::State;
use view::graph::raft::RaftLine;
use view::graph::related::{Lights, Tie};
use view::graph::words::GraphWord;
use view::{Lang, Thing, Word, phrases};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::flights::Flights;
use super::hue_class;
use super::lanes::lane_id;
use super::map_gestures::{Gestures, keys, wheel};
use super::marks::{state_class, state_sign, store_marks};
use super::matrix::{px, row_id};
use super::row::tie_class;
use crate::effects;
use crate::model::graph::Camera;
use crate::model::{GraphMsg, Msg};

/// From the box's border to the outermost ring, in pixels.
const MARGIN: (f64, f64) = (16.0, 22.0);
/// Below this zoom there are no regions; from this one on the held region's Raft state is there.
const REGIONS_FROM: f64 = 0.9;
const RAFT_FROM: f64 = 1.7;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) index: usize,
    pub(crate) lang: Lang,
    pub(crate) matrix: Rc<Matrix>,
    /// The regions to be shown.
    pub(crate) rows: Rc<[Rc<Row>]>,
    pub(crate) tables: Rc<[TableRow]>,
    /// The Raft state of the held region's peers, where it is known.
    pub(crate) raft: Vec<RaftLine>,
    /// The messages under way.
    pub(crate) dots: Vec<Dot>,
    pub(crate) selected: Option<Thing>,
    pub(crate) hovered: Option<Thing>,
    pub(crate) camera: Camera,
    pub(crate) size: (f64, f64),
    pub(crate) send: Callback<Msg>,
}

/// The map.
pub(crate) struct MapPicture {
    map: Map,
    gestures: Gestures,
}

impl Component for MapPicture {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> MapPicture {
        let p = ctx.props();
        MapPicture { map: Map::of(&p.matrix, &p.rows, &p.tables), gestures: Gestures::default() }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let p = ctx.props();
        if p.matrix != old.matrix || p.rows != old.rows || p.tables != old.tables {
            self.map = Map::of(&p.matrix, &p.rows, &p.tables);
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let (width, height) = p.size;
        let id = format!("map-{}", p.index);
        let Camera { zoom, x, y } = p.camera;
        let is_far = zoom < REGIONS_FROM || self.map.node_count() <= p.matrix.lanes.len() * 2;
        let lights = Lights::of(p.selected, p.hovered, &p.matrix);
        let moved =
            format!("translate({} {}) scale({})", px(x * width), px(y * height), fine(zoom));
        let onclick = self.gestures.click(&p.send);
        let onmouseover =
            p.send.reform(|event: yew::MouseEvent| Msg::Hover(effects::thing_under(&event)));
        html! {
            <svg class={classes!("map-art", is_far.then_some("far"),
                    (1.0 < zoom).then_some("near"), p.selected.map(|_| "holds-map"))}
                id={id.clone()} width={px(width)} height={px(height)}
                viewBox={format!("0 0 {} {}", px(width), px(height))} tabindex="0" role="listbox"
                aria-label={GraphWord::MapKeys.text(p.lang)} data-testid={id.clone()}
                aria-activedescendant={p.selected.and_then(|held| drawn_id(p, held, is_far))}
                onkeydown={keys(&p.send)} onwheel={wheel(&p.send, &id, p.size, zoom)}
                onpointerdown={self.gestures.down()}
                onpointermove={self.gestures.moved(&p.send, &id, p.size)}
                onpointerup={self.gestures.up()} onpointercancel={self.gestures.up()}
                onpointerleave={self.gestures.up()}
                {onclick} {onmouseover}
                onmouseleave={p.send.reform(|_| Msg::Hover(None))}>
                <g transform={moved}>
                    { self.zones(p) }
                    { self.edges(p, &lights, is_far) }
                    { self.resolves(p, &lights) }
                    { self.replication(p) }
                    { for self.map.nodes().filter_map(|node| {
                        self.node(p, node, &lights, is_far)
                    }) }
                    <Flights dots={self.flights(p)} />
                    { self.raft(p) }
                </g>
            </svg>
        }
    }
}

/// A zoom with two decimals.
fn fine(value: f64) -> String {
    let hundredths = (value * 100.0).round() as i64;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The id of a node's element.
fn node_id(world: usize, thing: Thing) -> Option<String> {
    match thing {
        Thing::Region(region) | Thing::Peer(region, _) => Some(row_id(world, region)),
        Thing::Store(store) => Some(lane_id(world, store)),
        Thing::Table(table) => Some(format!("table-{world}-{table}")),
        Thing::Pd => Some(format!("pd-{world}")),
    }
}

/// The same, where that node is drawn.
fn drawn_id(p: &Props, thing: Thing, is_far: bool) -> Option<String> {
    let is_drawn = thing
        .region()
        .is_none_or(|region| !is_far && p.rows.iter().any(|row| row.region == region));
    node_id(p.index, thing).filter(|_| is_drawn)
}

/// Where a place is, in pixels.
fn at(p: &Props, place: Place) -> (f64, f64) {
    let (width, height) = p.size;
    let half = |whole: f64, margin: f64| (whole / 2.0, whole / 2.0 - margin);
    let ((cx, rx), (cy, ry)) = (half(width, MARGIN.0), half(height, MARGIN.1));
    (cx + place.x * rx, cy + place.y * ry)
}

/// The curve between two places.
fn curve(p: &Props, from: Place, to: Place) -> String {
    let ((x1, y1), (bx, by), (x2, y2)) = (at(p, from), at(p, from.bend(to)), at(p, to));
    format!("M{} {}Q{} {} {} {}", px(x1), px(y1), px(bx), px(by), px(x2), px(y2))
}

impl MapPicture {
    fn zones(&self, p: &Props) -> Html {
        html! {
            <g class="map-zones" aria-hidden="true">
                { for self.map.zones.iter().map(|(name, place)| {
                    let (x, y) = at(p, *place);
                    html! {
                        <text x={px(x)} y={px(y + 4.0)} text-anchor="middle">{ name }</text>
                    }
                }) }
            </g>
        }
    }

    /// Hosting by region, or far away how much each store has of each table; and PD's errors.
    fn edges(&self, p: &Props, lights: &Lights, is_far: bool) -> Html {
        let from_far = self.map.nodes().filter(|node| matches!(node.thing, Thing::Table(_)));
        let from_near = p.rows.iter().map(|row| (row, Thing::Region(row.region)));
        html! {
            <g aria-hidden="true">
                if is_far {
                    { for from_far.map(|table| self.shares(p, table)) }
                } else {
                    { for from_near.map(|(row, thing)| self.hosting(p, row, thing, lights)) }
                }
                <path class="map-belief" d={self.paths(p, Thing::Pd, |edge| {
                    edge == Edge::Believing
                })} />
            </g>
        }
    }

    /// The edges of a node that are so, as one path.
    fn paths(&self, p: &Props, from: Thing, is_so: impl Fn(Edge) -> bool) -> String {
        let Some(node) = self.map.node(from) else { return String::new() };
        let edges = self.map.edges_from(from).filter(|(_, edge)| is_so(*edge));
        edges.map(|(to, _)| curve(p, node.place, to.place)).collect()
    }

    fn shares(&self, p: &Props, table: &Node) -> Html {
        let edges = self.map.edges_from(table.thing).filter_map(|(to, edge)| {
            if let Edge::Share(count) = edge { Some((to, count)) } else { None }
        });
        html! {
            <g class={classes!("map-shares", hue_class(table.hue))}>
                { for edges.map(|(to, count)| {
                    let width = px(((count as f64).sqrt() * 0.9 + 0.4).min(9.0));
                    html! { <path d={curve(p, table.place, to.place)} stroke-width={width} /> }
                }) }
            </g>
        }
    }

    fn hosting(&self, p: &Props, row: &Row, region: Thing, lights: &Lights) -> Html {
        let glow = lights.row(row);
        let tie = glow.held.max(glow.lit);
        let of = |hosted| self.paths(p, region, move |edge| edge == Edge::Hosting(hosted));
        html! {
            <g key={row.region.0} class={classes!("map-hosting", hue_class(row.hue),
                    tie_class(tie, ["", "of-held", "held"]))}>
                <path class="voter" d={of(Hosted::Voter)} />
                <path class="learner" d={of(Hosted::Learner)} />
                <path class="leader" d={of(Hosted::Leader)} />
                <path class="ghost" d={of(Hosted::Ghost)} />
                <path class="belongs" d={self.paths(p, region, |e| e == Edge::Belonging)} />
            </g>
        }
    }

    /// Who asks whom for an address in vain.
    fn resolves(&self, p: &Props, lights: &Lights) -> Html {
        let arcs = p.matrix.arcs.iter().filter_map(|arc| {
            let ends = (Thing::Store(arc.from), Thing::Store(arc.to));
            let (from, to) = (self.map.node(ends.0)?, self.map.node(ends.1)?);
            let class = match arc.state {
                AskState::Asking => "arc asking",
                AskState::Blacklisted => "arc black-listed",
                AskState::Over => "arc over",
            };
            let tie = lights.held.arc(arc).max(lights.lit.arc(arc));
            let (x, y) = at(p, from.place.bend(to.place));
            Some(html! {
                <g class={classes!(class, (tie != Tie::None).then_some("of-held"))}
                    key={format!("{}-{}", arc.from, arc.to)}>
                    <path d={curve(p, from.place, to.place)} />
                    if arc.state == AskState::Asking {
                        <text class="count" x={px(x)} y={px(y)} text-anchor="middle">
                            { format!("×{}", arc.count) }
                        </text>
                    }
                </g>
            })
        });
        html! { <g aria-hidden="true">{ for arcs }</g> }
    }

    /// Where the held region's entries go.
    fn replication(&self, p: &Props) -> Html {
        let region = p.selected.or(p.hovered).and_then(Thing::region).map(Thing::Region);
        let ways = region.map(|region| self.map.replication(region)).unwrap_or_default();
        html! {
            <g class="map-replication" aria-hidden="true">
                { for ways.into_iter().map(|(from, to, _)| html! {
                    <path d={curve(p, from.place, to.place)} />
                }) }
            </g>
        }
    }

    fn node(&self, p: &Props, node: &Node, lights: &Lights, is_far: bool) -> Option<Html> {
        match node.thing {
            Thing::Pd => Some(pd(p, node)),
            Thing::Store(store) => {
                let lane = p.matrix.lanes.iter().find(|lane| lane.store == store)?;
                Some(store_node(p, node, lane, lights))
            }
            Thing::Table(table) => {
                let table = p.tables.iter().find(|row| row.id == table)?;
                Some(table_node(p, node, table))
            }
            Thing::Region(_) if is_far => None,
            Thing::Region(region) => {
                let row = p.rows.iter().find(|row| row.region == region)?;
                Some(region_node(p, node, row, lights))
            }
            Thing::Peer(..) => None,
        }
    }

    /// Each message on the way between its stores.
    fn flights(&self, p: &Props) -> Vec<(Dot, (f64, f64))> {
        let place = |dot: &Dot| {
            let from = self.map.node(Thing::Store(dot.from))?.place;
            let to = self.map.node(Thing::Store(dot.to))?.place;
            let ((x1, y1), (bx, by), (x2, y2)) = (at(p, from), at(p, from.bend(to)), at(p, to));
            let (done, left) = (dot.share, 1.0 - dot.share);
            // A point of a quadratic Bézier curve.
            let on =
                |a: f64, b: f64, c: f64| left * left * a + 2.0 * left * done * b + done * done * c;
            Some((*dot, (on(x1, bx, x2), on(y1, by, y2))))
        };
        p.dots.iter().filter_map(place).collect()
    }

    /// Term, log and progress of each of the held region's peers, on a card beside it.
    fn raft(&self, p: &Props) -> Html {
        let held = p.selected.and_then(Thing::region).map(Thing::Region);
        let node = held.and_then(|region| self.map.node(region));
        let Some(node) = node.filter(|_| RAFT_FROM <= p.camera.zoom && !p.raft.is_empty()) else {
            return Html::default();
        };
        let lines: Vec<String> = p.raft.iter().flat_map(|line| line.text(p.lang)).collect();
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let (width, height) = (longest as f64 * 2.9 + 10.0, lines.len() as f64 * 6.4 + 7.0);
        // Towards the middle, where there is room.
        let (x, y) = at(p, node.place);
        let left = if node.place.x < 0.0 { x + 12.0 } else { x - 12.0 - width };
        let top = (y - height / 2.0).clamp(2.0, (p.size.1 - height - 2.0).max(2.0));
        html! {
            <g class="map-raft">
                <rect x={px(left)} y={px(top)} width={px(width)} height={px(height)} rx="4" />
                { for lines.into_iter().enumerate().map(|(n, text)| html! {
                    <text key={n} x={px(left + 5.0)} y={px(top + 8.0 + 6.4 * n as f64)}>
                        { text }
                    </text>
                }) }
            </g>
        }
    }
}

fn pd(p: &Props, node: &Node) -> Html {
    let (x, y) = at(p, node.place);
    let held = p.selected == Some(Thing::Pd);
    html! {
        <g class={classes!("map-pd", held.then_some("held"))} data-pd="" role="option"
            id={node_id(p.index, Thing::Pd)} aria-selected={held.to_string()}
            transform={format!("translate({} {})", px(x), px(y))}>
            <path d="M-17 0 L-8.5 -15 H8.5 L17 0 L8.5 15 H-8.5 Z" />
            <text y="4.5" text-anchor="middle">{ "PD" }</text>
        </g>
    }
}

fn store_node(p: &Props, node: &Node, lane: &Lane, lights: &Lights) -> Html {
    let (x, y) = at(p, node.place);
    let thing = node.thing;
    let state = match (lane.process, lane.standing) {
        (Process::Stopped, _) => "gone",
        (Process::Running, Standing::Known(sim::store::StoreStatus::Up)) => "up",
        (Process::Running, _) => "doubted",
    };
    let tie = lights.held.store(lane.store).max(lights.lit.store(lane.store));
    let body = match lane.engine {
        sim::store::Engine::TiKv => "M-16 0 a16 16 0 1 0 32 0 a16 16 0 1 0 -32 0",
        sim::store::Engine::TiFlash => "M0 -19 L19 0 L0 19 L-19 0 Z",
    };
    let name = phrases::lane(lane, p.lang);
    let counts = format!("{} · {}★", node.count, node.leaders);
    let title = format!("store {} · {} · {name} · {counts}", lane.store, lane.engine.name());
    html! {
        <g key={store_key(lane.store)} class={classes!("map-store", "lane", state,
                tie_class(tie, ["", "of-held", "held"]))}
            id={node_id(p.index, thing)} role="option" data-store={lane.store.to_string()}
            aria-selected={(p.selected == Some(thing)).to_string()}
            transform={format!("translate({} {})", px(x), px(y))}>
            <title>{ title }</title>
            <path class="body" d={body} />
            <text class="lane-id" y="4.5" text-anchor="middle">{ lane.store.0 }</text>
            <text class="lane-state" y="-21" text-anchor="middle">{ name }</text>
            <text class="map-count" y="28" text-anchor="middle">{ counts }</text>
            { store_marks(&lane.marks, 13.0, -12.0, 33.0) }
        </g>
    }
}

fn store_key(store: StoreId) -> String {
    format!("store-{store}")
}

fn table_node(p: &Props, node: &Node, table: &TableRow) -> Html {
    let (x, y) = at(p, node.place);
    let held = p.selected == Some(node.thing);
    let name = table.name.rsplit('.').next().unwrap_or_default().to_owned();
    let width = (name.chars().count() as f64 * 5.8 + 12.0).max(34.0);
    let is_ill = table.is_wanted() && !table.is_ready();
    html! {
        <g key={format!("table-{}", table.id)} role="option" data-table-id={table.id.to_string()}
            class={classes!("map-table", hue_class(node.hue), held.then_some("held"),
                is_ill.then_some("ill"))}
            id={node_id(p.index, node.thing)} aria-selected={held.to_string()}
            transform={format!("translate({} {})", px(x), px(y))}>
            <title>{ format!("{} · {}", table.name, node.count) }</title>
            <rect x={px(-width / 2.0)} y="-8" width={px(width)} height="16" rx="5" />
            <text y="3.6" text-anchor="middle">
                { name }
            </text>
            <text class="map-count" y="18" text-anchor="middle">
                { if is_ill { format!("✗ {}", node.count) } else { node.count.to_string() } }
            </text>
        </g>
    }
}

fn region_node(p: &Props, node: &Node, row: &Row, lights: &Lights) -> Html {
    let (x, y) = at(p, node.place);
    let glow = lights.row(row);
    let worst = row.states.worst().filter(|state| *state != State::Misbelieved || glow.doubts);
    let is_held = glow.held == Tie::Itself;
    let title = format!("{} {}", Word::Region.text(p.lang), row.region);
    html! {
        <g key={row.region.0} role="option" data-region={row.region.to_string()}
            aria-label={title.clone()}
            id={row_id(p.index, row.region)} aria-selected={is_held.to_string()}
            class={classes!("map-region", hue_class(row.hue), worst.map(state_class),
                tie_class(glow.held.max(glow.lit), ["near-held", "of-held", "held"]))}
            transform={format!("translate({} {})", px(x), px(y))}>
            <title>{ title }</title>
            <circle r="6.5" />
            <path d={worst.map_or(String::new(), |state| format!("M0 0{}", state_sign(state)))} />
            <text y="-8.5" text-anchor="middle">{ row.region.0 }</text>
        </g>
    }
}

/// Buttons for those who have neither wheel nor keys at hand.
pub(crate) fn map_tools(lang: Lang, send: &Callback<Msg>) -> Html {
    let button = |sign: &'static str, word: GraphWord, msg: GraphMsg| {
        let title = word.text(lang);
        html! {
            <button type="button" {title} aria-label={title}
                onclick={send.reform(move |_| Msg::Graph(msg.clone()))}>{ sign }</button>
        }
    };
    html! {
        <div class="map-tools">
            { button("+", GraphWord::Nearer, GraphMsg::NearMap(1.5)) }
            { button("−", GraphWord::Farther, GraphMsg::NearMap(1.0 / 1.5)) }
            { button("⤢", GraphWord::Whole, GraphMsg::WholeMap) }
        </div>
    }
}
