//! Small time series, all worlds in each: what users would feel, and what the tools count.

use std::rc::Rc;

use view::Lang;
use view::gauges::{Chart, HEIGHT, WIDTH};
use yew::{Component, Context, Html, Properties, html};

use super::world::name;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) charts: Rc<Vec<Chart>>,
    /// Where the moment looked at lies across each chart.
    pub(crate) at: u64,
}

/// The charts.
pub(crate) struct Charts;

impl Component for Charts {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Charts {
        Charts
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        html! {
            <section class="panel charts" data-testid="charts">
                { for p.charts.iter().map(|chart| one(p, chart)) }
            </section>
        }
    }
}

fn one(p: &Props, chart: &Chart) -> Html {
    let label = chart.series.text(p.lang);
    let values: Vec<String> = chart
        .now
        .iter()
        .enumerate()
        .map(|(world, value)| format!("{} {value}", name(world)))
        .collect();
    let values = values.join(" · ");
    let at = p.at.to_string();
    let foot = (HEIGHT + 2).to_string();
    html! {
        <figure class="chart" key={chart.series as usize}>
            <figcaption>
                <span>{ label }</span>
                <b>{ &values }</b>
            </figcaption>
            <svg viewBox={format!("0 -2 {WIDTH} {}", HEIGHT + 4)} preserveAspectRatio="none"
                role="img" aria-label={format!("{label}: {values}; ≤ {}", chart.max)}>
                <line class="moment" x1={at.clone()} x2={at} y1="-2" y2={foot} />
                { for chart.lines.iter().enumerate().map(|(world, line)| html! {
                    <polyline class={line_class(world)} points={line.clone()} />
                }) }
            </svg>
        </figure>
    }
}

/// A stroke for each world.
fn line_class(world: usize) -> &'static str {
    ["series series-a", "series series-b", "series series-c", "series series-d"][world % 4]
}
