//! The side panel: one inspector at a time behind tabs, and the causes that somebody asked for.

use view::beliefs::{Belief, beliefs};
use view::clock::Elapsed;
use view::inspect::{InspectWord, Tab};
use view::{Lang, Word};
use yew::{Callback, Html, KeyboardEvent, classes, html};

use super::beliefs::Beliefs;
use super::charts::Charts;
use super::inspect::Sheets;
use super::just_happened::JustHappened;
use super::later::Later;
use super::log::LogPanel;
use super::tables::tables;
use super::when;
use super::why::WhyPanel;
use crate::model::inspect::{SideMsg, tab_id};
use crate::model::{Model, Msg};

/// The side panel.
pub(crate) fn side(model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, open) = (model.lang, model.side.tab);
    html! {
        <aside class="side" aria-label={InspectWord::Inspectors.text(lang)} data-testid="side">
            { tabs(open, model.side.pinned, lang, send) }
            if let Some(answer) = &model.side.answer {
                <WhyPanel {lang} answer={answer.clone()} worlds={model.frame.worlds.len()}
                    send={send.clone()} />
            }
            <div class="tab-sheet" id="sheet" role="tabpanel" tabindex="-1"
                aria-labelledby={tab_id(open)} data-tab={open.tag()}>
                <Later may_wait={model.is_scrubbed} after=3>
                    { sheet(model, open, send) }
                </Later>
            </div>
        </aside>
    }
}

fn tabs(open: Tab, pinned: bool, lang: Lang, send: &Callback<Msg>) -> Html {
    let onkeydown = when(send, |event: KeyboardEvent| {
        let msg = match event.key().as_str() {
            "ArrowRight" => SideMsg::Turn(1),
            "ArrowLeft" => SideMsg::Turn(-1),
            "Home" => SideMsg::End(Tab::Story),
            "End" => SideMsg::End(Tab::Log),
            _ => return None,
        };
        event.prevent_default();
        Some(Msg::Side(msg))
    });
    let hint = InspectWord::Pin.text(lang);
    html! {
        <div class="tabs">
            <div class="tab-list" role="tablist" aria-label={InspectWord::Inspectors.text(lang)}
                {onkeydown}>
                { for Tab::ALL.iter().map(|tab| one_tab(*tab, *tab == open, lang, send)) }
            </div>
            <button type="button" class={classes!("pin", pinned.then_some("on"))}
                aria-pressed={pinned.to_string()} aria-label={hint} title={hint}
                data-testid="pin" onclick={send.reform(|_| Msg::Side(SideMsg::Pin))}>
                <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                    <path class="glyph" d="M4 1h4v4l2 2v1H6.6v3.2L6 12l-.6-.8V8H2V7l2-2z" />
                </svg>
            </button>
        </div>
    }
}

fn one_tab(tab: Tab, is_open: bool, lang: Lang, send: &Callback<Msg>) -> Html {
    html! {
        <button type="button" role="tab" id={tab_id(tab)} key={tab.tag()}
            class={classes!("tab", is_open.then_some("on"))}
            aria-selected={is_open.to_string()} aria-controls="sheet"
            tabindex={if is_open { "0" } else { "-1" }}
            onclick={send.reform(move |_| Msg::Side(SideMsg::Open(tab)))}>
            { tab.text(lang) }
        </button>
    }
}

fn sheet(model: &Model, open: Tab, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    match open {
        Tab::Story => html! {
            <>
                <JustHappened {lang} items={model.story.items.clone()} nothing={nothing_yet(model)}
                    parting={model.story.parting.clone()} send={send.clone()} />
                { who_believes(model) }
                { tables(&model.frame.worlds, model.selected, lang, send) }
            </>
        },
        Tab::Log => html! {
            <LogPanel {lang} filter={model.log_filter} logs={model.story.logs.clone()}
                lines={log_lines(model)} send={send.clone()} />
        },
        Tab::Region => html! { <>{ who_believes(model) }{ sheets(model, send) }</> },
        Tab::Metrics => html! {
            <>
                <Charts {lang} charts={model.side.charts.clone()} at={model.side.charted_at} />
                { sheets(model, send) }
            </>
        },
        Tab::Store | Tab::Pd | Tab::Recovery | Tab::Tables | Tab::Laws => sheets(model, send),
    }
}

/// What there is to be done before anything has happened.
fn nothing_yet(model: &Model) -> Word {
    match model.has_course() {
        true => Word::NothingYet,
        false => Word::NothingDone,
    }
}

fn sheets(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    html! {
        <>
            if model.cursor.is_some() && model.side.of != model.frame.at {
                <p class="as-of">
                    { InspectWord::AsOf.text(lang) }{ " · " }
                    { Elapsed(model.side.of).to_string() }
                </p>
            }
            <Sheets {lang} blocks={model.side.blocks.clone()} worlds={model.frame.worlds.len()}
                send={send.clone()} />
        </>
    }
}

fn who_believes(model: &Model) -> Html {
    html! { <Beliefs lang={model.lang} region={model.focus()} worlds={believed(model)} /> }
}

fn believed(model: &Model) -> Vec<Vec<Belief>> {
    let Some(region) = model.focus() else {
        return Vec::new();
    };
    let of = |view: &view::ClusterView| match view.matrix.row(region) {
        Some(row) => beliefs(&view.matrix, row),
        None => Vec::new(),
    };
    model.frame.worlds.iter().map(of).collect()
}

fn log_lines(model: &Model) -> Vec<u64> {
    model.frame.worlds.iter().map(|view| view.log_lines).collect()
}

/// The button that asks for causes.
pub(crate) fn why_button(
    id: String,
    asked: crate::model::inspect::Asked,
    lang: Lang,
    send: &Callback<Msg>,
) -> Html {
    let opener = id.clone();
    html! {
        <button type="button" class="ask" {id}
            onclick={send.reform(move |_| Msg::Side(SideMsg::Ask(asked, opener.clone())))}>
            { Word::Why.text(lang) }
        </button>
    }
}
