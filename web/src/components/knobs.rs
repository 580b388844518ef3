//! The behaviours of a world as switches, each value with where it comes from.

use sim::Knobs;
use view::knob::{self, Knob};
use view::{Lang, Word};
use yew::{Callback, Component, Context, Event, Html, Properties, classes, html};

use crate::effects;
use crate::model::Msg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) world: usize,
    pub(crate) lang: Lang,
    pub(crate) knobs: Knobs,
    pub(crate) send: Callback<Msg>,
}

/// The switches, folded away; until somebody unfolds them they are not made.
pub(crate) struct KnobPanel {
    is_open: bool,
}

impl Component for KnobPanel {
    /// Whether it is unfolded.
    type Message = bool;
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> KnobPanel {
        KnobPanel { is_open: false }
    }

    fn update(&mut self, _ctx: &Context<Self>, is_open: bool) -> bool {
        self.is_open = is_open;
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { world, lang, knobs, send } = ctx.props();
        let ontoggle = ctx.link().callback(|event: Event| effects::is_unfolded(&event));
        html! {
            <details class="knobs" data-testid={format!("knobs-{world}")} {ontoggle}>
                <summary>{ Word::Behaviours.text(*lang) }</summary>
                <div class="knob-sheet">
                    if self.is_open {
                        { for Knob::ALL.iter().map(|knob| {
                            switch(*world, *knob, *lang, knobs, send)
                        }) }
                    }
                </div>
            </details>
        }
    }
}

fn switch(world: usize, knob: Knob, lang: Lang, knobs: &Knobs, send: &Callback<Msg>) -> Html {
    let chosen = knob.get(knobs);
    html! {
        <div class="knob" key={knob.field()} role="group" aria-label={knob::question(knob, lang)}>
            <span class="question">{ knob::question(knob, lang) }</span>
            <span class="segments">
                { for knob::values(knob, lang).into_iter().enumerate().map(|(index, value)| html! {
                    <button type="button" class={classes!((index == chosen).then_some("on"))}
                        aria-pressed={(index == chosen).to_string()}
                        data-testid={format!("knob-{world}-{}-{index}", knob.field())}
                        onclick={send.reform(move |_| Msg::SetKnob(world, knob, index))}>
                        { value.label }<small>{ value.source }</small>
                    </button>
                }) }
            </span>
        </div>
    }
}
