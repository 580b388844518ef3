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
                { for p.lanes.iter().enumerate().map(|(at, lane)| match line(lane) {
                    Some(line) => self.entry(p, line, at, y),
                    None => blank(p, at, y),
                }) }
            </g>
        }
    }
}

impl ResolverRow {
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
        let left = age.map_or(0.0, |age| 1.0 - (age as f64 / ADDRESS_REFRESH_MS as f64).min(1.0));
        drawn(p, (class, lane, y), left, (text, self.is_pointed.then(|| title(p, line))))
    }
}

/// The place of a store that this one has not dealt with. It is drawn all the same, so that an
/// entry that comes or goes changes attributes and not the page's tree.
fn blank(p: &Props, lane: usize, y: f64) -> Html {
    drawn(p, ("entry", lane, y), 0.0, (String::new(), None))
}

fn drawn(
    p: &Props,
    (class, lane, y): (&'static str, usize, f64),
    left: f64,
    (text, title): (String, Option<String>),
) -> Html {
    let (x, width) = (p.layout.lane_x(lane), p.layout.lane - 10.0);
    let (x0, top) = (px(x - width / 2.0), px(y - p.layout.row / 2.0 + 1.5));
    let height = px(p.layout.row - 3.0);
    html! {
        <g {class} key={lane}>
            if let Some(title) = title {
                <title>{ title }</title>
            }
            <rect class="frame" x={x0.clone()} y={top.clone()} width={px(width)}
                height={height.clone()} rx="2.5" />
            <rect class="age" x={x0} y={top} width={px(width * left)} {height} rx="2.5" />
            <text x={px(x)} y={px(y + 3.2)} text-anchor="middle">{ text }</text>
        </g>
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
