//! The whole page, put together.

use view::time_words::TimeWord;
use view::{Lang, Word};
use yew::{Callback, Html, classes, html};

use super::console::ConsolePanel;
use super::filter::filter_bar;
use super::hands::above;
use super::header::header;
use super::legend::legend;
use super::settings::settings;
use super::share::{share_dialog, share_notice};
use super::sheet::sheet;
use super::side::side;
use super::steps::steps;
use super::term::glossary;
use super::time_bar::time_bar;
use super::world::world;
use crate::model::{Model, Msg, Notice};

/// The page as the model has it.
pub(crate) fn page(model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, worlds) = (model.lang, model.frame.worlds.len());
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
              <div class={worlds_class(worlds)}>
                { for (0..worlds).map(|index| world(model, index, send)) }
              </div>
            </main>
            { legend(lang, model.matrix_form, send) }
            { side(model, send) }
            <footer class="foot">
                { time_bar(model, send) }
                <ConsolePanel {lang} console={model.console.clone()} held={model.held_name()}
                    {worlds} send={send.clone()} />
            </footer>
            { above(model, send) }
            { settings(model, send) }
            { glossary(lang) }
            { sheet(model, send) }
        </div>
    }
}

/// How the worlds lie beside each other.
fn worlds_class(worlds: usize) -> yew::Classes {
    classes!("worlds", (2 < worlds).then_some("many"), (worlds == 3).then_some("three"))
}

fn notice(notice: Option<Notice>, lang: Lang, send: &Callback<Msg>) -> Html {
    match notice {
        None => Html::default(),
        Some(notice) => html! {
            <p class="notice" role="status" data-testid="notice">
                { match notice {
                    Notice::Restored => Word::Restored.text(lang),
                    Notice::Continued => TimeWord::Continued.text(lang),
                } }
                <button type="button" data-testid="afresh"
                    onclick={send.reform(|_| Msg::Restart)}>
                    { TimeWord::Afresh.text(lang) }
                </button>
                <button type="button" onclick={send.reform(|_| Msg::CloseNotice)}>
                    { Word::Close.text(lang) }
                </button>
            </p>
        },
    }
}
