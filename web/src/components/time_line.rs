//! The time line: what was recorded, with its marks, to be scrubbed.

use view::clock::Elapsed;
use view::timeline::{Mark, MarkKind, Timeline};
use view::{Lang, Word};
use yew::{Callback, Html, classes, html};

use super::when;
use crate::effects;
use crate::model::{Model, Msg, Seek};

/// The time line is drawn over so many tenths of a unit, whatever its length.
const TENTHS: u64 = 10_000;

/// The time line.
pub(crate) fn time_line(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let timeline = model.session.timeline();
    let place = timeline.place(model.shown_at());
    let length = timeline.length();
    let oninput = when(send, |event: yew::InputEvent| {
        effects::value_of(&event).parse().ok().map(|place| Msg::Seek(Seek::Place(place)))
    });
    let done = share(place, length);
    html! {
        <div class="time-line">
            <svg class="track" viewBox="0 0 1000 34" preserveAspectRatio="none" aria-hidden="true">
                <rect class="rail" x="0" y="15" width="1000" height="5" rx="2.5" />
                <rect class="past" x="0" y="15" width={done} height="5" rx="2.5" />
                { for timeline.marks().iter().map(|mark| tick(mark, timeline)) }
            </svg>
            <input type="range" min="0" max={length.max(1).to_string()} step="1"
                value={place.to_string()} {oninput} data-testid="scrubber"
                aria-label={Word::TimeLine.text(lang)}
                aria-valuetext={Elapsed(model.shown_at()).to_string()} />
            <ol class="marks">
                { for timeline.marks().iter().map(|mark| label(mark, lang, send)) }
            </ol>
        </div>
    }
}

fn share(place: u64, length: u64) -> String {
    let tenths = TENTHS * place / length.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn tick(mark: &Mark, timeline: &Timeline) -> Html {
    let x = share(timeline.place(mark.at), timeline.length());
    let (class, top) = match mark.kind {
        MarkKind::Command => ("mark command", "6"),
        MarkKind::Failure => ("mark failure", "6"),
        MarkKind::Divergence => ("mark divergence", "0"),
    };
    html! { <line {class} x1={x.clone()} x2={x} y1={top} y2="30" /> }
}

/// A mark as a button: the time line by keyboard, and in words.
fn label(mark: &Mark, lang: Lang, send: &Callback<Msg>) -> Html {
    let at = mark.at;
    let (class, text) = match mark.kind {
        MarkKind::Command => ("", mark.label.clone()),
        MarkKind::Failure => ("failure", mark.label.clone()),
        MarkKind::Divergence => ("divergence", Word::DivergeHere.text(lang).to_owned()),
    };
    let title = format!("{} {text}", Elapsed(at));
    html! {
        <li key={title.clone()}>
            <button type="button" class={classes!("mark-label", class)} {title}
                onclick={send.reform(move |_| Msg::Seek(Seek::Moment(at)))}>{ text }</button>
        </li>
    }
}
