//! The time line: what was recorded, with its marks, bookmarks, waits and branches, to be scrubbed.

use sim::Millis;
use view::clock::{Elapsed, roughly};
use view::time_words::TimeWord;
use view::timeline::{Mark, MarkKind, Timeline};
use view::{Lang, Word};
use yew::{Callback, Html, html};

use super::when;
use crate::effects;
use crate::model::branches::BranchRow;
use crate::model::session::Bookmark;
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
    let branches = model.branch_rows();
    let bookmarks = &model.session.bookmarks;
    html! {
        <div class="time-line">
            <svg class="track" viewBox="0 0 1000 34" preserveAspectRatio="none" aria-hidden="true">
                <rect class="rail" x="0" y="15" width="1000" height="5" rx="2.5" />
                <rect class="past" x="0" y="15" width={done} height="5" rx="2.5" />
                { for timeline.waits().map(|wait| gap(wait.from, wait.to, timeline, lang)) }
                { for branches.iter().map(|row| fork(row, timeline)) }
                { for timeline.marks().iter().map(|mark| tick(mark, timeline)) }
                { for bookmarks.iter().map(|bookmark| flag(bookmark, timeline)) }
            </svg>
            <input type="range" min="0" max={length.max(1).to_string()} step="1"
                value={place.to_string()} {oninput} data-testid="scrubber"
                aria-label={Word::TimeLine.text(lang)}
                aria-valuetext={Elapsed(model.shown_at()).to_string()} />
        </div>
    }
}

fn share(place: u64, length: u64) -> String {
    let tenths = TENTHS * place / length.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn x(moment: Millis, timeline: &Timeline) -> String {
    share(timeline.place(moment), timeline.length())
}

fn tick(mark: &Mark, timeline: &Timeline) -> Html {
    let x = x(mark.at, timeline);
    let (class, top) = match mark.kind {
        MarkKind::Command => ("mark command", "6"),
        MarkKind::Refusal => ("mark refusal", "6"),
        MarkKind::Failure => ("mark failure", "10"),
        MarkKind::Divergence => ("mark divergence", "0"),
    };
    html! { <line {class} x1={x.clone()} x2={x} y1={top} y2="30" /> }
}

/// A long wait: the rail is broken there, since it is not drawn to scale.
fn gap(from: Millis, to: Millis, timeline: &Timeline, lang: Lang) -> Html {
    let (from_x, to_x) = (x(from, timeline), x(to, timeline));
    let title = format!("{} {}", TimeWord::LongWait.text(lang), roughly(to.since(from)));
    html! {
        <line class="wait" x1={from_x} x2={to_x} y1="17.5" y2="17.5"><title>{ title }</title></line>
    }
}

/// Where another branch leaves this one.
fn fork(row: &BranchRow, timeline: &Timeline) -> Html {
    if row.is_shown {
        return Html::default();
    }
    let tenths = TENTHS * timeline.place(row.from) / timeline.length().max(1);
    let from = tenths.min(TENTHS - 150) / 10;
    let d = format!("M{from} 18 L{} 32 H{}", from + 8, from + 15);
    html! { <path class="fork" {d} /> }
}

fn flag(bookmark: &Bookmark, timeline: &Timeline) -> Html {
    let tenths = TENTHS * timeline.place(bookmark.at) / timeline.length().max(1);
    let left = (tenths / 10).clamp(4, 996);
    let d = format!("M{} 0 H{} V12 L{left} 8 L{} 12 Z", left - 4, left + 4, left - 4);
    html! { <path class="flag" {d} /> }
}
