//! The whole page, put together.

use view::{Lang, Word};
use yew::{Callback, Html, html};

use super::console::ConsolePanel;
use super::filter::filter_bar;
use super::hands::above;
use super::header::header;
use super::legend::legend;
use super::settings::settings;
use super::share::{share_dialog, share_notice};
use super::side::side;
use super::steps::steps;
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
            { share_notice(model, send) }
            { share_dialog(model, send) }
            { steps(model, send) }
            <main class="stage" aria-label={Word::Matrix.text(lang)}>
              { filter_bar(model, send) }
              <div class="worlds">
                { for (0..model.frame.worlds.len()).map(|index| world(model, index, send)) }
              </div>
            </main>
            { legend(lang, model.matrix_form, send) }
            { side(model, send) }
            <footer class="foot">
                { time_bar(model, send) }
                <ConsolePanel {lang} console={model.console.clone()} held={model.held_name()}
                    worlds={model.frame.worlds.len()} send={send.clone()} />
            </footer>
            { above(model, send) }
            { settings(model, send) }
            { glossary(lang) }
        </div>
    }
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
