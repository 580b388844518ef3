//! Messages under way, as dots: on the lines of the matrix, on the ways between stores in the map.
//! They are drawn by themselves, so that nothing else is drawn again while they move.

use view::graph::flight::Dot;
use yew::{Component, Context, Html, Properties, classes, html};

use super::matrix::px;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Each dot, and where it is, in pixels.
    pub(crate) dots: Vec<(Dot, (f64, f64))>,
}

/// The dots.
pub(crate) struct Flights;

impl Component for Flights {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Flights {
        Flights
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        html! {
            <g class="flights" aria-hidden="true" data-testid="flights">
                { for ctx.props().dots.iter().map(|(dot, (x, y))| {
                    let d = if dot.is_lost && 0.9 <= dot.share {
                        "M-3.5 -3.5L3.5 3.5M-3.5 3.5L3.5 -3.5"
                    } else {
                        "M-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0"
                    };
                    let at = format!("translate({} {})", px(*x), px(*y));
                    let class = classes!(dot.is_lost.then_some("lost"));
                    html! { <path {class} {d} transform={at} /> }
                }) }
            </g>
        }
    }
}
