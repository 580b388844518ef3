//! The whole page, put together.

use view::beliefs::{Belief, beliefs};
use view::{Lang, Word};
use yew::{Callback, Html, html};

use super::beliefs::Beliefs;
use super::console::ConsolePanel;
use super::header::header;
use super::just_happened::JustHappened;
use super::legend::legend;
use super::log::LogPanel;
use super::settings::settings;
use super::steps::steps;
use super::tables::tables;
use super::term::glossary;
use super::time_bar::time_bar;
use super::world::world;
use crate::model::{Model, Msg, Notice};

/// The page as the model has it.
pub(crate) fn page(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    html! {
        <div class="app">
            <a class="skip" href="#world-0">{ Word::SkipToWorlds.text(lang) }</a>
            { header(model, send) }
            { notice(model.notice, lang, send) }
            { steps(model, send) }
            <main class="worlds" aria-label={Word::Matrix.text(lang)}>
                { for (0..model.frame.worlds.len()).map(|index| world(model, index, send)) }
            </main>
            { legend(lang, model.matrix_form, send) }
            <aside class="side">
                <JustHappened {lang} items={model.story.items.clone()}
                    parting={model.story.parting.clone()} send={send.clone()} />
                <Beliefs {lang} region={model.focus()} worlds={believed(model)} />
                { tables(&model.frame.worlds, model.selected, lang, send) }
                <LogPanel {lang} filter={model.log_filter} logs={model.story.logs.clone()}
                    lines={log_lines(model)} send={send.clone()} />
            </aside>
            <footer class="foot">
                { time_bar(model, send) }
                <ConsolePanel {lang} console={model.console.clone()}
                    worlds={model.frame.worlds.len()} send={send.clone()} />
            </footer>
            { settings(model, send) }
            { glossary(lang) }
        </div>
    }
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

fn notice(notice: Option<Notice>, lang: Lang, send: &Callback<Msg>) -> Html {
    match notice {
        None => Html::default(),
        Some(Notice::Restored) => html! {
            <p class="notice" role="status">
                { Word::Restored.text(lang) }
                <button type="button" onclick={send.reform(|_| Msg::CloseNotice)}>
                    { Word::Close.text(lang) }
                </button>
            </p>
        },
    }
}
