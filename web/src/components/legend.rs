//! What the shapes mean.

use view::cluster_view::{Cell, Condition, Shape};
use view::{Lang, Word};
use yew::{Callback, Html, html};

use super::cell::peer;
use crate::model::{MatrixForm, Msg, Preference};

const ITEMS: [(Shape, Condition, Word); 8] = [
    (Shape::Leader, Condition::Well, Word::Leader),
    (Shape::Voter, Condition::Well, Word::Voter),
    (Shape::Learner, Condition::Well, Word::Learner),
    (Shape::ForceLeader, Condition::Well, Word::ForceLeader),
    (Shape::Demoting, Condition::Well, Word::Joint),
    (Shape::Learner, Condition::Missing, Word::Ghost),
    (Shape::Voter, Condition::Down, Word::Down),
    (Shape::Tombstone, Condition::Well, Word::TombstonePeer),
];

/// The legend in one line, and the switch between picture and table.
pub(crate) fn legend(lang: Lang, form: MatrixForm, send: &Callback<Msg>) -> Html {
    let (word, other) = match form {
        MatrixForm::Picture => (Word::AsTable, MatrixForm::Table),
        MatrixForm::Table => (Word::AsPicture, MatrixForm::Picture),
    };
    html! {
        <section class="legend" aria-label={Word::Legend.text(lang)}>
            <ul aria-label={Word::Legend.text(lang)}>
                { for ITEMS.into_iter().map(|(shape, condition, word)| {
                    let cell = Cell { shape, condition, ..Cell::default() };
                    html! {
                        <li key={word.text(Lang::En)}>
                            <svg class="hue-0" width="14" height="14" viewBox="-7 -7 14 14"
                                aria-hidden="true">{ peer(&cell, 0, 0.0, 0.0, 5.2) }</svg>
                            { word.text(lang) }
                        </li>
                    }
                }) }
            </ul>
            <button type="button" class="quiet" data-testid="matrix-form"
                onclick={send.reform(move |_| Msg::Prefer(Preference::Matrix(other)))}>
                { word.text(lang) }
            </button>
        </section>
    }
}
