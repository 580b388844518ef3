//! One store's resolver cache, in the lanes of the stores it knows: the age of each address
//! against 60 s, the countdown to the next question, the black list.

use std::rc::Rc;

use sim::{Millis, StoreId};
use view::cluster_view::{Lane, Link, ResolverLine, ResolverPanel};
use view::layout::Layout;
use view::phrases::{self, ADDRESS_REFRESH_MS};
use view::{Lang, Word};
use yew::{Component, Context, Html, Properties, classes, html};

use super::matrix::px;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) at: usize,
    pub(crate) lang: Lang,
    pub(crate) store: StoreId,
    pub(crate) panel: Option<Rc<ResolverPanel>>,
    pub(crate) lanes: Rc<[Lane]>,
    pub(crate) layout: Layout,
    pub(crate) now: Millis,
}

/// One store's resolver cache.
pub(crate) struct ResolverRow {
    /// Whether the pointer is over it: only then somebody can ask for what its entries stand for.
    is_pointed: bool,
}

impl Component for ResolverRow {
    type Message = bool;
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> ResolverRow {
        ResolverRow { is_pointed: false }
    }

    fn update(&mut self, _ctx: &Context<Self>, is_pointed: bool) -> bool {
        std::mem::replace(&mut self.is_pointed, is_pointed) != is_pointed
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let y = p.layout.cache_y(p.at);
        let class = classes!("cache", p.panel.is_none().then_some("gone"));
        let name = match p.panel {
            Some(_) => format!("store {}", p.store),
            None => format!("store {} –", p.store),
        };
        let lines = p.panel.as_ref().map(|panel| &panel.lines);
        let line = |lane: &Lane| lines?.iter().find(|line| line.target == lane.store);
        let pointed = |is_pointed| ctx.link().callback(move |_: yew::MouseEvent| is_pointed);
        html! {
            <g {class} onmouseover={pointed(true)} onmouseleave={pointed(false)}>
                <text class="cache-name" x="8" y={px(y + 3.4)}>{ name }</text>
                <line class="cache-line" x1={px(p.layout.left)} x2={px(p.layout.width - 4.0)}
                    y1={px(y + p.layout.row / 2.0)} y2={px(y + p.layout.row / 2.0)} />
                { for p.lanes.iter().enumerate().filter_map(|(at, lane)| {
                    Some(self.entry(p, line(lane)?, at, y))
                }) }
            </g>
        }
    }
}

impl ResolverRow {
    /// What the store has of another. A page has hundreds of entries: each has only the elements
    /// that can be seen, and while somebody points, a place to point at.
    fn entry(&self, p: &Props, line: &ResolverLine, lane: usize, y: f64) -> Html {
        let age = line.entry.as_ref().map(|(_, at)| p.now.0.saturating_sub(at.0));
        let (class, text) = match line.link {
            Link::Blacklisted => ("entry barred", "⊘".to_owned()),
            Link::BackingOff { until, .. } => {
                ("entry failing", format!("✗ {}s", until.0.saturating_sub(p.now.0).div_ceil(1_000)))
            }
            Link::Resolving => ("entry asking", "?".to_owned()),
            Link::Connecting => ("entry dialling", "…".to_owned()),
            Link::Idle | Link::Established => match age {
                Some(age) if age < ADDRESS_REFRESH_MS => {
                    ("entry fresh", format!("{}s", age / 1_000))
                }
                Some(_) => ("entry stale", Word::Stale.text(p.lang).to_owned()),
                None => ("entry", "–".to_owned()),
            },
        };
        let is_framed = matches!(line.link, Link::Blacklisted | Link::BackingOff { .. });
        let left = age.map_or(0.0, |age| 1.0 - (age as f64 / ADDRESS_REFRESH_MS as f64).min(1.0));
        let (x, whole) = (p.layout.lane_x(lane), p.layout.lane - 10.0);
        let part = |class: &'static str, width: f64| {
            html! {
                <rect {class} x={px(x - whole / 2.0)} y={px(y - p.layout.row / 2.0 + 1.5)}
                    width={px(width)} height={px(p.layout.row - 3.0)} rx="2.5" />
            }
        };
        html! {
            <g {class} key={lane}>
                if self.is_pointed {
                    <title>{ title(p, line) }</title>
                }
                if is_framed || self.is_pointed {
                    { part("frame", whole) }
                }
                if 0.0 < left && !is_framed {
                    { part("age", whole * left) }
                }
                <text x={px(x)} y={px(y + 3.2)} text-anchor="middle">{ text }</text>
            </g>
        }
    }
}

fn title(p: &Props, line: &ResolverLine) -> String {
    let address = line.entry.as_ref().map_or("–", |(address, _)| address.as_str());
    let state = match line.link {
        Link::Idle | Link::Established => String::new(),
        Link::Resolving => Word::Asking.text(p.lang).to_owned(),
        Link::Connecting => Word::Dialling.text(p.lang).to_owned(),
        Link::Blacklisted => Word::Blacklisted.text(p.lang).to_owned(),
        Link::BackingOff { until, failures, error } => format!(
            "{} ×{failures} · {}",
            phrases::resolve_error(error, p.lang),
            phrases::retry_in(until, p.now, p.lang)
        ),
    };
    format!("{} → {}: {address} {state}", p.store, line.target)
}
