//! The behaviours of a world as switches, each value with where it comes from.

use sim::Knobs;
use view::knob::{self, Knob};
use view::{Lang, Word};
use yew::{Callback, Html, classes, html};

use crate::model::Msg;

/// The switches, folded away.
pub(crate) fn knobs_panel(world: usize, lang: Lang, knobs: &Knobs, send: &Callback<Msg>) -> Html {
    html! {
        <details class="knobs" data-testid={format!("knobs-{world}")}>
            <summary>{ Word::Behaviours.text(lang) }</summary>
            <div class="knob-sheet">
                { for Knob::ALL.iter().map(|knob| switch(world, *knob, lang, knobs, send)) }
            </div>
        </details>
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
