//! The time bar: play, pause, speeds, steps, and the time line under them.

use sim::Millis;
use view::Word;
use view::clock::{Elapsed, WallClock};
use yew::{Callback, Html, classes, html};

use super::time_line::time_line;
use super::when;
use crate::effects;
use crate::model::clock::{SPEEDS, Skip};
use crate::model::{Model, Msg, Seek};

/// The time bar.
pub(crate) fn time_bar(model: &Model, send: &Callback<Msg>) -> Html {
    html! {
        <div class="time-bar">
            <div class="transport">
                { buttons(model, send) }
                { speeds(model, send) }
                { clock(model, send) }
            </div>
            { time_line(model, send) }
        </div>
    }
}

fn buttons(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let (word, sign) = match model.clock.is_playing() {
        true => (Word::Pause, icon("M4 3 H7 V13 H4 Z M9 3 H12 V13 H9 Z")),
        false => (Word::Play, icon("M4 2.5 L13 8 L4 13.5 Z")),
    };
    // Only one button of the page calls for being pressed: while a step is left, the step's.
    let is_calling = model.session.run().next_step().is_none();
    let class = classes!("play", is_calling.then_some("primary"));
    let button = |word: Word, sign: Html, id: &'static str, msg: Msg| {
        html! {
            <button type="button" class="icon" title={word.text(lang)} aria-label={word.text(lang)}
                data-testid={id} onclick={send.reform(move |_| msg.clone())}>{ sign }</button>
        }
    };
    let back = icon("M12 3 L5 8 L12 13 Z M3 3 H5 V13 H3 Z");
    let forth = icon("M4 3 L11 8 L4 13 Z M11 3 H13 V13 H11 Z");
    html! {
        <div class="buttons">
            { button(Word::StepBack, back, "step-back", Msg::Seek(Seek::Back)) }
            <button type="button" {class} data-testid="play"
                aria-label={word.text(lang)} onclick={send.reform(|_| Msg::TogglePlay)}>
                { sign }{ word.text(lang) }
            </button>
            { button(Word::StepEvent, forth, "step-event", Msg::Seek(Seek::NextEvent)) }
            { button(Word::StepTick, "+1s".into(), "step-tick", Msg::Seek(Seek::Tick)) }
        </div>
    }
}

fn icon(path: &'static str) -> Html {
    html! {
        <svg class="glyph" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
            <path d={path} />
        </svg>
    }
}

fn speeds(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let onchange =
        when(send, |event: yew::Event| effects::value_of(&event).parse().ok().map(Msg::SetSpeed));
    let skips = model.clock.skip == Skip::Quiet;
    let boosted = 1.5 < model.clock.boost() && model.clock.is_playing();
    html! {
        <div class="speeds">
            <label><span class="unseen">{ Word::Speed.text(lang) }</span>
                <select {onchange} data-testid="speed">
                    { for SPEEDS.into_iter().enumerate().map(|(index, speed)| html! {
                        <option value={index.to_string()} selected={index == model.clock.speed}>
                            { speed.label }
                        </option>
                    }) }
                </select>
            </label>
            <button type="button" aria-pressed={skips.to_string()} data-testid="skip-quiet"
                class={classes!("toggle", skips.then_some("on"), boosted.then_some("active"))}
                onclick={send.reform(|_| Msg::ToggleSkip)}>
                { icon("M2 3 L8 8 L2 13 Z M8 3 L14 8 L8 13 Z") }{ Word::SkipQuiet.text(lang) }
            </button>
        </div>
    }
}

fn clock(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let at: Millis = model.shown_at();
    let time = WallClock::at(at).time();
    html! {
        <div class="clock">
            if model.session.is_replaying() {
                <span class="tag accent">{ Word::CatchingUp.text(lang) }</span>
            } else if model.cursor.is_some() {
                <span class="tag warn">{ Word::LookingBack.text(lang) }</span>
                <button type="button" data-testid="to-now"
                    onclick={send.reform(|_| Msg::Seek(Seek::Now))}>
                    { Word::ToNow.text(lang) }
                </button>
            }
            <strong data-testid="elapsed" data-ms={at.0.to_string()}>
                { Elapsed(at).to_string() }
            </strong>
            <span class="mute">{ &time[..8] }</span>
        </div>
    }
}
