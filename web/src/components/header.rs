//! The head of the page: what it is, what one is about to see, language and theme.

use view::{Lang, Word};
use yew::{Callback, Event, Html, classes, html};

use super::build::build_button;
use super::hands::palette_button;
use super::settings;
use super::share::share_button;
use crate::effects;
use crate::model::{Model, Msg, Preference};

/// The head of the page. Until something has happened, the sentence stands out.
pub(crate) fn header(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let scenario = model.session.run().scenario();
    let opening = lang.pick(&scenario.opening.en, &scenario.opening.zh);
    html! {
        <header class="head">
            { logo() }
            <h1 class="brand">{ "RegionScope" }</h1>
            { incidents(model, send) }
            <p class={classes!("lede", model.is_opening().then_some("opening"))}
                data-testid="opening">
                { opening.to_owned() }
            </p>
            <div class="switches">
                { palette_button(lang, send) }
                { build_button(model, send) }
                <div class="segments" role="group" aria-label={Word::Language.text(lang)}>
                    { for Lang::ALL.into_iter().map(|l| language(l, l == lang, send)) }
                </div>
                { share_button(model, send) }
                <button type="button" class="icon" popovertarget={settings::SHEET}
                    title={Word::Settings.text(lang)} aria-label={Word::Settings.text(lang)}
                    data-testid="open-settings">{ "⚙" }</button>
            </div>
        </header>
    }
}

/// The incident that is open, and the others to be opened instead.
fn incidents(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let open = &model.session.run().scenario().id;
    let onchange = send.reform(|event: Event| Msg::Open(effects::value_of(&event)));
    html! {
        <label class="incident">
            <span class="tag accent">{ Word::Incident.text(lang) }</span>
            <select {onchange} data-testid="incident">
                { for model.incidents.iter().map(|(id, title)| html! {
                    <option value={*id} selected={id == open}>
                        { lang.pick(title.en.as_str(), title.zh.as_str()).to_owned() }
                    </option>
                }) }
            </select>
        </label>
    }
}

fn language(lang: Lang, pressed: bool, send: &Callback<Msg>) -> Html {
    let short = match lang {
        Lang::En => "EN",
        Lang::Zh => "中文",
    };
    html! {
        <button type="button" lang={lang.tag()} title={lang.own_name()}
            data-testid={format!("lang-{}", lang.tag())}
            aria-pressed={pressed.to_string()} class={classes!(pressed.then_some("on"))}
            onclick={send.reform(move |_| Msg::Prefer(Preference::Lang(lang)))}>{ short }</button>
    }
}

/// A region: its leader, two followers and the learner that was left behind.
fn logo() -> Html {
    html! {
        <svg class="logo" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
            <path class="logo-line" d="M8 9 L24 9 L8 24 Z M24 9 L24 24" />
            <circle class="logo-leader" cx="8" cy="9" r="5" />
            <circle class="logo-voter" cx="24" cy="9" r="4" />
            <circle class="logo-voter" cx="8" cy="24" r="4" />
            <path class="logo-ghost" d="M24 18.5 L29.5 24 L24 29.5 L18.5 24 Z" />
        </svg>
    }
}
