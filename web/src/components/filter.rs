//! The field above the worlds that finds regions: what is typed, chips for the usual words, and
//! how many were found.

use view::graph::filter::{self, DIFFERS};
use view::graph::marks::State;
use view::graph::words::{self, GraphWord};
use view::{Lang, Word};
use yew::{Callback, Html, classes, html};

use super::when;
use crate::effects;
use crate::model::graph::FIELD;
use crate::model::{GraphMsg, Model, Msg};

/// The field, its chips and what came of it.
pub(crate) fn filter_bar(model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, graph) = (model.lang, &model.graph);
    let (found, all) = graph.found;
    let oninput = send
        .reform(|event: yew::InputEvent| Msg::Graph(GraphMsg::Filter(effects::value_of(&event))));
    let onkeydown = when(send, |event: yew::KeyboardEvent| {
        if event.key() != "Escape" {
            return None;
        }
        event.stop_propagation();
        Some(Msg::Graph(GraphMsg::Filter(String::new())))
    });
    let clear = send.reform(|_| Msg::Graph(GraphMsg::Filter(String::new())));
    html! {
        <search class="filter">
            <label class="filter-field">
                <span class="unseen">{ GraphWord::Filter.text(lang) }</span>
                <svg class="lens" width="13" height="13" viewBox="0 0 13 13" aria-hidden="true">
                    <path d="M1.5 5.2 a3.7 3.7 0 1 0 7.4 0 a3.7 3.7 0 1 0 -7.4 0 M8 8 L12 12" />
                </svg>
                <input id={FIELD} type="text" autocomplete="off" spellcheck="false"
                    data-testid="filter" value={graph.text.clone()}
                    placeholder={GraphWord::FilterHint.text(lang)}
                    title={GraphWord::FilterHint.text(lang)}
                    aria-invalid={graph.error.is_some().to_string()}
                    aria-describedby="filter-said" {oninput} {onkeydown} />
                <kbd aria-hidden="true">{ "/" }</kbd>
            </label>
            <div class="chips" role="group" aria-label={GraphWord::Filter.text(lang)}>
                { for graph.counts.iter().map(|(word, count)| chip(model, word, *count, send)) }
            </div>
            <span class="filter-said" id="filter-said" role="status" data-testid="filter-said">
                if let Some(error) = &graph.error {
                    <span class="bad">{ error.text(lang) }</span>
                } else if found == 0 {
                    { GraphWord::NothingFound.text(lang) }
                } else if found < all || !graph.text.is_empty() {
                    { filter::count(found, all, lang) }
                }
            </span>
            if !graph.text.is_empty() {
                <button type="button" class="quiet" onclick={clear}>
                    { GraphWord::ClearFilter.text(lang) }
                </button>
            }
        </search>
    }
}

fn chip(model: &Model, word: &'static str, count: usize, send: &Callback<Msg>) -> Html {
    let is_on = filter::has_word(&model.graph.text, word);
    let class = classes!("chip", is_on.then_some("on"), (count == 0).then_some("none"));
    html! {
        <button type="button" {class} key={word} aria-pressed={is_on.to_string()}
            title={meaning(word, model.lang)} data-testid={format!("chip-{word}")}
            onclick={send.reform(move |_| Msg::Graph(GraphMsg::Chip(word)))}>
            { word }{ " " }<b>{ count }</b>
        </button>
    }
}

fn meaning(word: &str, lang: Lang) -> &'static str {
    match State::ALL.into_iter().find(|state| state.name() == word) {
        Some(state) => words::state(state, lang),
        None if word == DIFFERS => GraphWord::Differs.text(lang),
        None => Word::Region.text(lang),
    }
}
