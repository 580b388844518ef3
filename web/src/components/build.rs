//! The forms for building a cluster, each with the line that it comes to.

use view::build::{BuildWord, FORMS, Field, Form, Kind};
use yew::{Callback, Event, Html, InputEvent, SubmitEvent, html};

use crate::effects;
use crate::model::build::BuildMsg;
use crate::model::{Model, Msg, Sheet};

/// The button that opens the forms.
pub(crate) fn build_button(model: &Model, send: &Callback<Msg>) -> Html {
    let word = BuildWord::Build.text(model.lang);
    html! {
        <button type="button" class="icon" title={word} aria-label={word} aria-haspopup="dialog"
            data-testid="open-build" onclick={send.reform(|_| Msg::Sheet(Some(Sheet::Build)))}>
            { "＋" }
        </button>
    }
}

/// All forms.
pub(crate) fn forms(model: &Model, send: &Callback<Msg>) -> Html {
    html! {
        <>
            <p class="mute">{ BuildWord::Begin.text(model.lang) }</p>
            { for FORMS.iter().enumerate().map(|(at, form)| one_form(at, form, model, send)) }
        </>
    }
}

fn one_form(at: usize, form: &Form, model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let onsubmit = send.reform(move |event: SubmitEvent| {
        event.prevent_default();
        Msg::Build(BuildMsg::Do(at))
    });
    let wrong = model.build.wrong.as_ref().filter(|(of, _)| *of == at);
    html! {
        <form class="build" {onsubmit} data-testid={format!("build-{}", form.id)}>
            <h3>{ form.title(lang) }</h3>
            { for form.fields.iter().enumerate().map(|(place, field)| {
                one_field((at, form), (place, field), model, send)
            }) }
            <p class="build-line">
                <span class="mute">{ BuildWord::ComesTo.text(lang) }</span>
                <code>{ model.form_line(at, form) }</code>
            </p>
            <p class="build-wrong" role="alert">
                { wrong.map(|(_, why)| why.clone()).unwrap_or_default() }
            </p>
            <button type="submit" data-testid={format!("do-{}", form.id)}>
                { BuildWord::Do.text(lang) }
            </button>
        </form>
    }
}

fn one_field(
    (at, form): (usize, &Form),
    (place, field): (usize, &Field),
    model: &Model,
    send: &Callback<Msg>,
) -> Html {
    let lang = model.lang;
    let given = model.given(at, place).to_owned();
    let id = format!("{}-{}", form.id, field.id);
    let give = move |event: &Event| Msg::Build(BuildMsg::Give(at, place, effects::value_of(event)));
    let control = match field.kind {
        Kind::OneOf(_) | Kind::Region | Kind::Table => html! {
            <select data-testid={id} onchange={send.reform(move |event: Event| give(&event))}>
                { for field.choices(model.world(0)).into_iter().map(|(value, beside)| html! {
                    <option value={value.clone()} selected={value == given}>
                        { format!("{value} {beside}") }
                    </option>
                }) }
            </select>
        },
        Kind::NewStore | Kind::Zone | Kind::Address | Kind::NewTable | Kind::Number(_) => {
            let is_number = matches!(field.kind, Kind::NewStore | Kind::Number(_));
            let hint = match field.kind == Kind::Address {
                true => BuildWord::OwnAddress.text(lang),
                false => "",
            };
            html! {
                <input type="text" value={given} data-testid={id} placeholder={hint}
                    inputmode={is_number.then_some("numeric")} maxlength="60"
                    spellcheck="false" autocomplete="off" autocapitalize="off"
                    oninput={send.reform(move |event: InputEvent| give(&event))} />
            }
        }
    };
    html! { <label><span>{ field.label(lang) }</span>{ control }</label> }
}
