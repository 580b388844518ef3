//! The steps of the incident: one at a time, or all.

use scenario::Step;
use view::Word;
use yew::{Callback, Html, classes, html};

use crate::model::{Model, Msg};

/// The steps' bar.
pub(crate) fn steps(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let run = model.session.run();
    let next = run.next_step();
    let word = match next {
        None if run.is_idle() => Word::AllDone,
        None => Word::NextStep,
        Some(_) if model.is_opening() => Word::Begin,
        Some(_) => Word::NextStep,
    };
    html! {
        <nav class="steps" aria-label={Word::Steps.text(lang)}>
            <ol>
                { for run.scenario().steps.iter().enumerate().map(|(index, step)| {
                    chip(model, index, step, next == Some(index), send)
                }) }
            </ol>
            { caption(model) }
            if model.has_course() {
                <button type="button" class="primary" data-testid="next-step"
                    disabled={next.is_none()} onclick={send.reform(|_| Msg::Step(None))}>
                    { word.text(lang) }{ " ▸" }
                </button>
                <button type="button" data-testid="play-all"
                    onclick={send.reform(|_| Msg::PlayAll)}>
                    { Word::PlayAll.text(lang) }
                </button>
            }
            <button type="button" data-testid="restart" onclick={send.reform(|_| Msg::Restart)}>
                { Word::Restart.text(lang) }
            </button>
        </nav>
    }
}

/// What the step under way is about, or the first one before it is taken.
fn caption(model: &Model) -> Html {
    let run = model.session.run();
    let steps = &run.scenario().steps;
    let first = model.has_course().then_some(0);
    let Some(step) = run.step_under_way().or(first).and_then(|step| steps.get(step)) else {
        return html! { <p class="caption" aria-live="polite"></p> };
    };
    html! {
        <p class="caption" aria-live="polite">
            <strong>{ model.lang.pick(&step.title.en, &step.title.zh) }</strong>
            { " " }{ model.lang.pick(&step.text.en, &step.text.zh) }
        </p>
    }
}

fn chip(model: &Model, index: usize, step: &Step, is_next: bool, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let run = model.session.run();
    let is_done = run.is_done(index);
    let is_under_way = !is_done && run.step_under_way() == Some(index);
    let class = classes!(
        "step",
        is_done.then_some("done"),
        (is_next || is_under_way).then_some("next"),
        step.optional.then_some("optional"),
    );
    // A step can only be taken in its turn; the cures at the end at any time.
    let may = is_next || step.optional;
    let sign = if step.optional { "+".to_owned() } else { (index + 1).to_string() };
    let current = (is_next || is_under_way).then_some("step");
    html! {
        <li key={index}>
            <button type="button" {class} disabled={!may} aria-current={current}
                title={format!("{}\n{}", lang.pick(&step.title.en, &step.title.zh),
                    lang.pick(&step.text.en, &step.text.zh))}
                data-testid={format!("step-{index}")}
                onclick={send.reform(move |_| Msg::Step(Some(index)))}>
                <span class="sign" aria-hidden="true">{ if is_done { "✓" } else { &sign } }</span>
                <span class="name">{ lang.pick(&step.title.en, &step.title.zh) }</span>
            </button>
        </li>
    }
}
