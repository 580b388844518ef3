//! The time bar: undo, play, steps, speeds, bookmarks, branches, and the time line under them.

use sim::Millis;
use view::clock::{Elapsed, WallClock};
use view::time_words::TimeWord;
use view::{Lang, Word};
use yew::{Callback, Event, Html, classes, html};

use super::time_line::time_line;
use super::time_marks::TimeMarks;
use super::when;
use crate::effects;
use crate::model::clock::{SPEEDS, Skip};
use crate::model::{BookmarkMsg, BranchMsg, Model, Msg, Seek, Sheet, Unit, Way};

/// The time bar.
pub(crate) fn time_bar(model: &Model, send: &Callback<Msg>) -> Html {
    html! {
        <div class="time-bar">
            <div class="transport">
                { undo(model, send) }
                { buttons(model, send) }
                { speeds(model, send) }
                { clock(model, send) }
                { extras(model, send) }
            </div>
            <TimeMarks lang={model.lang} marks={model.story.marks.clone()}
                branches={model.branch_rows()} bookmarks={model.session.bookmarks.clone()}
                send={send.clone()} />
            { time_line(model, send) }
        </div>
    }
}

/// A button that is a sign.
fn button(
    word: TimeWord,
    lang: Lang,
    sign: &'static str,
    (id, may): (&'static str, bool),
    send: Callback<yew::MouseEvent>,
) -> Html {
    html! {
        <button type="button" class="icon" title={word.text(lang)} aria-label={word.text(lang)}
            disabled={!may} data-testid={id} onclick={send}>{ icon(sign) }</button>
    }
}

fn undo(model: &Model, send: &Callback<Msg>) -> Html {
    let (back, again) = (
        "M7 2 L2 6.5 L7 11 V8 H10 A2.5 2.5 0 0 1 10 13 H6 V15 H10 A4.5 4.5 0 0 0 10 5.5 H7 Z",
        "M9 2 L14 6.5 L9 11 V8 H6 A2.5 2.5 0 0 0 6 13 H10 V15 H6 A4.5 4.5 0 0 1 6 5.5 H9 Z",
    );
    let of = |msg| send.reform(move |_| Msg::Branch(msg));
    let lang = model.lang;
    html! {
        <div class="buttons">
            { button(TimeWord::Undo, lang, back, ("undo", model.can_undo()), of(BranchMsg::Undo)) }
            { button(TimeWord::Redo, lang, again, ("redo", model.can_redo()), of(BranchMsg::Redo)) }
        </div>
    }
}

fn buttons(model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, unit) = (model.lang, model.unit);
    let (word, sign) = match model.clock.is_playing() {
        true => (Word::Pause, icon("M4 3 H7 V13 H4 Z M9 3 H12 V13 H9 Z")),
        false => (Word::Play, icon("M4 2.5 L13 8 L4 13.5 Z")),
    };
    // Only one button of the page calls for being pressed: while a step is left, the step's.
    let is_calling = model.session.run().next_step().is_none();
    let class = classes!("play", is_calling.then_some("primary"));
    let go = |way| send.reform(move |_| Msg::Seek(Seek::Go(unit, way)));
    let (back, forth) =
        ("M12 3 L5 8 L12 13 Z M3 3 H5 V13 H3 Z", "M4 3 L11 8 L4 13 Z M11 3 H13 V13 H11 Z");
    let may = |way| model.recorded(unit, way).is_some();
    // In the present time can be let pass until the next of these.
    let may_go_on = model.cursor.is_some()
        || match unit {
            Unit::Event | Unit::Tick => true,
            Unit::Command => !model.session.run().is_idle(),
            Unit::Failure | Unit::Divergence | Unit::Bookmark => false,
        };
    html! {
        <div class="buttons">
            { button(TimeWord::Back, lang, back, ("step-back", may(Way::Back)), go(Way::Back)) }
            <button type="button" {class} data-testid="play"
                aria-label={word.text(lang)} onclick={send.reform(|_| Msg::TogglePlay)}>
                { sign }{ word.text(lang) }
            </button>
            { button(TimeWord::Forth, lang, forth,
                ("step-event", may_go_on || may(Way::Forth)), go(Way::Forth)) }
            { units(model, send) }
        </div>
    }
}

/// What one steps by.
fn units(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let onchange = when(send, |event: Event| {
        let index: usize = effects::value_of(&event).parse().ok()?;
        Unit::ALL.get(index).copied().map(Msg::Unit)
    });
    html! {
        <label><span class="unseen">{ TimeWord::StepBy.text(lang) }</span>
            <select {onchange} class="unit" title={TimeWord::StepBy.text(lang)}
                data-testid="step-unit">
                { for Unit::ALL.into_iter().enumerate().map(|(index, unit)| html! {
                    <option value={index.to_string()} selected={unit == model.unit}>
                        { unit_word(unit).text(lang) }
                    </option>
                }) }
            </select>
        </label>
    }
}

fn unit_word(unit: Unit) -> TimeWord {
    match unit {
        Unit::Event => TimeWord::ByEvent,
        Unit::Tick => TimeWord::ByTick,
        Unit::Command => TimeWord::ByCommand,
        Unit::Failure => TimeWord::ByFailure,
        Unit::Divergence => TimeWord::ByDivergence,
        Unit::Bookmark => TimeWord::ByBookmark,
    }
}

/// Bookmarks, branches and the keys.
fn extras(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let set = model.is_bookmarked();
    let word = if set { TimeWord::DropBookmark } else { TimeWord::SetBookmark };
    let branches = model.branches.parked().len() + 1;
    let history = TimeWord::History.text(lang);
    html! {
        <div class="buttons">
            <button type="button" class={classes!("icon", set.then_some("on"))}
                title={word.text(lang)} aria-label={word.text(lang)} aria-pressed={set.to_string()}
                data-testid="bookmark"
                onclick={send.reform(|_| Msg::Bookmark(BookmarkMsg::Toggle))}>
                { icon("M4 2 H12 V14 L8 10.5 L4 14 Z") }
            </button>
            <button type="button" class="icon" title={history} aria-haspopup="dialog"
                aria-label={format!("{history} ({branches})")} data-testid="history"
                onclick={send.reform(|_| Msg::Sheet(Some(Sheet::History)))}>
                { icon("M3 2 H5 V6 H9 V4 L14 7 L9 10 V8 H5 V14 H3 Z") }
                if 1 < branches { <span class="of-branches">{ branches }</span> }
            </button>
            <button type="button" class="icon" title={TimeWord::Keys.text(lang)}
                aria-label={TimeWord::Keys.text(lang)} aria-haspopup="dialog" data-testid="keys"
                onclick={send.reform(|_| Msg::Sheet(Some(Sheet::Keys)))}>{ "?" }</button>
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
            if let Some(percent) = model.catching_up() {
                <span class="tag accent" role="status" data-testid="reliving">
                    { TimeWord::Reliving.text(lang) }{ format!(" {percent} %") }
                </span>
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
