//! The whole page, put together.

use view::Word;
use view::time_words::{TimeWord, left_as_it_was};
use yew::{Callback, Html, classes, html};

use super::console::ConsolePanel;
use super::filter::filter_bar;
use super::hands::above;
use super::header::header;
use super::later::Later;
use super::legend::Legend;
use super::settings::settings;
use super::share::{share_dialog, share_notice};
use super::sheet::sheet;
use super::side::side;
use super::steps::steps;
use super::term::Glossary;
use super::time_bar::time_bar;
use super::world::world;
use crate::model::{BranchMsg, Model, Msg, Notice};

/// The page as the model has it.
pub(crate) fn page(model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, worlds) = (model.lang, model.frame.worlds.len());
    let may_wait = model.is_scrubbed;
    html! {
        <div class="app">
            <a class="skip" href="#world-0">{ Word::SkipToWorlds.text(lang) }</a>
            <Later {may_wait}>{ header(model, send) }</Later>
            { notice(model, send) }
            { share_notice(model, send) }
            { share_dialog(model, send) }
            <Later {may_wait}>{ steps(model, send) }</Later>
            <main class="stage" aria-label={Word::Matrix.text(lang)}>
              <Later {may_wait}>{ filter_bar(model, send) }</Later>
              <div class={worlds_class(worlds)}>
                { for (0..worlds).map(|index| world(model, index, send)) }
              </div>
            </main>
            <Legend {lang} form={model.matrix_form} send={send.clone()} />
            { side(model, send) }
            <footer class="foot">
                { time_bar(model, send) }
                <ConsolePanel {lang} console={model.console.clone()} held={model.held_name()}
                    {worlds} send={send.clone()} />
            </footer>
            { above(model, send) }
            { settings(model, send) }
            <Later may_wait={false} after=4><Glossary {lang} /></Later>
            { sheet(model, send) }
        </div>
    }
}

/// How the worlds lie beside each other.
fn worlds_class(worlds: usize) -> yew::Classes {
    classes!("worlds", (2 < worlds).then_some("many"), (worlds == 3).then_some("three"))
}

fn notice(model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, last) = (model.lang, model.left().len().saturating_sub(1));
    let Some(notice) = model.notice else {
        return Html::default();
    };
    let afresh = ("afresh", TimeWord::Afresh, Msg::Restart);
    let (told, (id, word, msg)) = match notice {
        Notice::Restored => (Word::Restored.text(lang).to_owned(), afresh),
        Notice::Continued => (TimeWord::Continued.text(lang).to_owned(), afresh),
        Notice::Left => {
            let title = model.left().last().map_or("", |title| lang.pick(&title.en, &title.zh));
            let back = ("go-back", TimeWord::GoBack, Msg::Branch(BranchMsg::Return(last)));
            (left_as_it_was(title, lang), back)
        }
    };
    html! {
        <p class="notice" role="status" data-testid="notice">
            { told }
            <button type="button" data-testid={id} onclick={send.reform(move |_| msg.clone())}>
                { word.text(lang) }
            </button>
            <button type="button" data-testid="close-notice"
                onclick={send.reform(|_| Msg::CloseNotice)}>
                { Word::Close.text(lang) }
            </button>
        </p>
    }
}
