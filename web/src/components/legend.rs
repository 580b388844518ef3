//! What the shapes mean: the usual ones in a line, all of them on request.

use view::cluster_view::{Cell, Condition, Shape};
use view::graph::marks::StoreMark;
use view::graph::words::{self, GraphWord};
use view::{Lang, Word};
use yew::{Callback, Classes, Component, Context, Html, Properties, classes, html};

use super::cell::peer;
use super::marks::{SIGNED, state_class, state_sign, store_mark};
use crate::model::{MatrixForm, Msg, Preference};

const ITEMS: [(Shape, Condition, Word); 8] = [
    (Shape::Leader, Condition::Well, Word::Leader),
    (Shape::Voter, Condition::Well, Word::Voter),
    (Shape::Learner, Condition::Well, Word::Learner),
    (Shape::ForceLeader, Condition::Well, Word::ForceLeader),
    (Shape::Learner, Condition::Missing, Word::Ghost),
    (Shape::Voter, Condition::Down, Word::Down),
    (Shape::Voter, Condition::Pending, Word::Pending),
    (Shape::Tombstone, Condition::Well, Word::TombstonePeer),
];

/// The rarer ones.
const RARE: [(Shape, Condition, GraphWord); 5] = [
    (Shape::Incoming, Condition::Well, GraphWord::Incoming),
    (Shape::Demoting, Condition::Well, GraphWord::Demoting),
    (Shape::Learner, Condition::Uninitialised, GraphWord::Bare),
    (Shape::Voter, Condition::OnStoppedStore, GraphWord::Resting),
    (Shape::Stray, Condition::Well, GraphWord::Stray),
];

const STORE_MARKS: [(StoreMark, GraphWord); 6] = [
    (StoreMark::Paused, GraphWord::Paused),
    (StoreMark::Cut, GraphWord::Cut),
    (StoreMark::Disturbed, GraphWord::Disturbed),
    (StoreMark::SlowDisk(0), GraphWord::SlowDisk),
    (StoreMark::HeldApplier, GraphWord::HeldApplier),
    (StoreMark::ClockOff(0), GraphWord::ClockOff),
];

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) form: MatrixForm,
    pub(crate) send: Callback<Msg>,
}

/// The legend in one line, the rest of it behind a button, and the switch between the forms.
pub(crate) struct Legend;

impl Component for Legend {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Legend {
        Legend
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { lang, form, send } = ctx.props();
        html! {
            <section class="legend" aria-label={Word::Legend.text(*lang)}>
                <ul aria-label={Word::Legend.text(*lang)}>
                    { for ITEMS.into_iter().map(|(shape, condition, word)| {
                        item(shape, condition, word.text(*lang))
                    }) }
                </ul>
                { whole(*lang) }
                { forms(*lang, *form, send) }
            </section>
        }
    }
}

/// The switch between the forms.
fn forms(lang: Lang, form: MatrixForm, send: &Callback<Msg>) -> Html {
    html! {
        <div class="segments" role="group" aria-label={GraphWord::Form.text(lang)}>
            { for MatrixForm::ALL.into_iter().map(|other| {
                let word = match other {
                    MatrixForm::Picture => GraphWord::FormMatrix,
                    MatrixForm::Map => GraphWord::FormMap,
                    MatrixForm::Heat => GraphWord::FormHeat,
                    MatrixForm::Table => GraphWord::FormTable,
                };
                let on = other == form;
                html! {
                    <button type="button" key={other.name()} class={classes!(on.then_some("on"))}
                        aria-pressed={on.to_string()}
                        data-testid={format!("form-{}", other.name())}
                        onclick={send.reform(move |_| Msg::Prefer(Preference::Matrix(other)))}>
                        { word.text(lang) }
                    </button>
                }
            }) }
        </div>
    }
}

/// What is too rare for the line.
fn whole(lang: Lang) -> Html {
    html! {
        <details class="whole-legend" data-testid="whole-legend">
            <summary>{ GraphWord::WholeLegend.text(lang) }</summary>
            <div class="legend-sheet">
                <ul>
                    { for RARE.into_iter().map(|(shape, condition, word)| {
                        item(shape, condition, word.text(lang))
                    }) }
                </ul>
                <h3>{ GraphWord::RegionMarks.text(lang) }</h3>
                <ul>
                    { for SIGNED.into_iter().map(|state| {
                        let d = format!("M0 0{}", state_sign(state));
                        let class = classes!("region-mark", state_class(state));
                        sign(class, d, words::state(state, lang))
                    }) }
                    <li><i class="swatch differs"></i>{ GraphWord::Differs.text(lang) }</li>
                </ul>
                <h3>{ GraphWord::StoreMarks.text(lang) }</h3>
                <ul>
                    { for STORE_MARKS.into_iter().map(|(mark, word)| {
                        sign(classes!("store-mark"), store_mark(mark).to_owned(), word.text(lang))
                    }) }
                </ul>
            </div>
        </details>
    }
}

fn item(shape: Shape, condition: Condition, text: &'static str) -> Html {
    let cell = Cell { shape, condition, ..Cell::default() };
    html! {
        <li key={text}>
            <svg class="hue-0" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
                { peer(&cell, 5.2) }
            </svg>
            { text }
        </li>
    }
}

fn sign(class: Classes, d: String, text: &'static str) -> Html {
    html! {
        <li key={text}>
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
                <path {class} {d} />
            </svg>
            { text }
        </li>
    }
}
