//! The whole page, put together.

use std::rc::Rc;

use view::beliefs::{Belief, beliefs};
use view::layout::Layout;
use view::{Lang, Word};
use yew::{Callback, Html, html};

use super::beliefs::Beliefs;
use super::console::ConsolePanel;
use super::header::Header;
use super::just_happened::JustHappened;
use super::legend::legend;
use super::log::LogPanel;
use super::steps::steps;
use super::tables::Tables;
use super::time_bar::time_bar;
use super::world::World;
use crate::model::{Model, Msg, Notice};

/// The page as the model has it.
pub(crate) fn page(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    html! {
        <div class="app">
            <a class="skip" href="#world-0">{ Word::SkipToWorlds.text(lang) }</a>
            <Header {lang} theme={model.theme} opening={opening(model)} title={title(model)}
                send={send.clone()} />
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
                <Tables {lang} worlds={tables(model)} />
                <LogPanel {lang} filter={model.log_filter} logs={model.story.logs.clone()}
                    lines={log_lines(model)} send={send.clone()} />
            </aside>
            <footer class="foot">
                { time_bar(model, send) }
                <ConsolePanel {lang} console={model.console.clone()}
                    worlds={model.frame.worlds.len()} send={send.clone()} />
            </footer>
        </div>
    }
}

fn title(model: &Model) -> String {
    let title = &model.session.run().scenario().title;
    model.lang.pick(&title.en, &title.zh).to_owned()
}

fn opening(model: &Model) -> String {
    let opening = &model.session.run().scenario().opening;
    model.lang.pick(&opening.en, &opening.zh).to_owned()
}

fn world(model: &Model, index: usize, send: &Callback<Msg>) -> Html {
    let view = model.world(index);
    let (width, height) = model.matrix_size;
    let layout =
        Layout::of(width, height, view.matrix.lanes.len(), view.matrix.rows.len());
    html! {
        <World key={index} {index} lang={model.lang} now={view.at} headline={view.headline}
            knobs={model.session.knobs()[index]} matrix={view.matrix.clone()}
            pd={view.pd.clone()} resolvers={view.resolvers.clone()} broken={view.broken.clone()}
            fingerprint={view.fingerprint} {layout} form={model.matrix_form}
            selected={model.selected} hovered={model.hovered}
            differing={model.differing.clone()} send={send.clone()} />
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

fn tables(model: &Model) -> Vec<Rc<[view::cluster_view::TableRow]>> {
    model.frame.worlds.iter().map(|view| view.tables.clone()).collect()
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
