//! The log in TiKV's own format, repeats folded.

use std::rc::Rc;

use view::log::Level;
use view::{Lang, Word};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::world::name;
use crate::model::story::LogEntry;
use crate::model::{LogFilter, Msg, Preference};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) filter: LogFilter,
    pub(crate) logs: Rc<Vec<Vec<LogEntry>>>,
    /// How many lines each world's log has.
    pub(crate) lines: Vec<u64>,
    pub(crate) send: Callback<Msg>,
}

/// The log's panel.
pub(crate) struct LogPanel;

impl Component for LogPanel {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> LogPanel {
        LogPanel
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let worlds = p.logs.iter().zip(&p.lines).enumerate();
        html! {
            <section class="panel logs" data-testid="log">
                <h3>
                    { Word::Log.text(p.lang) }
                    <span class="segments" role="group" aria-label={Word::Log.text(p.lang)}>
                        { switch(p, LogFilter::Trouble, Word::LogTrouble) }
                        { switch(p, LogFilter::All, Word::LogAll) }
                    </span>
                </h3>
                <div class="log" tabindex="0" role="log" aria-live="off"
                    aria-label={Word::Log.text(p.lang)}>
                    { for worlds.map(|(world, (log, lines))| {
                        world_log(p.lang, world, log, *lines)
                    }) }
                </div>
            </section>
        }
    }
}

fn switch(p: &Props, filter: LogFilter, word: Word) -> Html {
    let pressed = p.filter == filter;
    html! {
        <button type="button" class={classes!(pressed.then_some("on"))}
            aria-pressed={pressed.to_string()}
            onclick={p.send.reform(move |_| Msg::Prefer(Preference::Log(filter)))}>
            { word.text(p.lang) }
        </button>
    }
}

fn world_log(lang: Lang, world: usize, log: &[LogEntry], lines: u64) -> Html {
    html! {
        <div class="world-log" key={world}>
            <h4><span class="letter">{ name(world) }</span><small>{ lines }</small></h4>
            if log.is_empty() {
                <p class="mute">{ Word::LogEmpty.text(lang) }</p>
            }
            { for log.iter().map(entry) }
        </div>
    }
}

/// Lines have no keys: a new one changes texts and not the page's tree.
fn entry(entry: &LogEntry) -> Html {
    let class = match entry.level {
        Level::Info => "line",
        Level::Warn => "line warn",
        Level::Error => "line error",
    };
    html! {
        <div {class}>
            <span class="speaker">{ &entry.speaker }</span>
            <code>{ &entry.text }</code>
            <span class="repeats">{ entry.repeats.as_deref().unwrap_or_default() }</span>
        </div>
    }
}
