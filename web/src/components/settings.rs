//! How somebody wants the page: its colours, its contrast, whether things move, whether keys of one
//! character do anything.

use view::Word;
use view::time_words::TimeWord;
use yew::{Callback, Html, classes, html};

use super::term;
use crate::model::{Model, Msg, Preference, Theme};

/// The sheet's id, by which its button opens it.
pub(crate) const SHEET: &str = "settings";

/// The sheet of settings. The browser opens and closes it, by the button that names it.
pub(crate) fn settings(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let themes = Theme::ALL.map(|theme| Choice {
        id: theme.name(),
        word: theme_word(theme).text(lang),
        preference: Preference::Theme(theme),
        chosen: theme == model.theme,
    });
    let two = |set: bool, ids: [&'static str; 2], word: Word, wish: fn(bool) -> Preference| {
        [
            Choice {
                id: ids[0],
                word: Word::AsSystem.text(lang),
                preference: wish(false),
                chosen: !set,
            },
            Choice { id: ids[1], word: word.text(lang), preference: wish(true), chosen: set },
        ]
    };
    let keys = [("on", TimeWord::On, true), ("off", TimeWord::Off, false)];
    let keys = keys.map(|(id, word, on)| Choice {
        id,
        word: word.text(lang),
        preference: Preference::Shortcuts(on),
        chosen: model.shortcuts == on,
    });
    let contrast =
        two(model.more_contrast, ["auto", "more"], Word::MoreContrast, Preference::Contrast);
    let motion = two(model.less_motion, ["auto", "less"], Word::LessMotion, Preference::Motion);
    html! {
        <section id={SHEET} class="sheet" popover="auto" role="dialog"
            aria-label={Word::Settings.text(lang)} data-testid="settings">
            <h2>{ Word::Settings.text(lang) }</h2>
            { row("theme", Word::Theme.text(lang), &themes, send) }
            { row("contrast", Word::Contrast.text(lang), &contrast, send) }
            { row("motion", Word::Motion.text(lang), &motion, send) }
            { row("shortcuts", TimeWord::Shortcuts.text(lang), &keys, send) }
            <button type="button" popovertarget={term::SHEET} data-testid="open-glossary">
                { Word::Glossary.text(lang) }
            </button>
        </section>
    }
}

/// One value of a setting.
struct Choice {
    id: &'static str,
    word: &'static str,
    preference: Preference,
    chosen: bool,
}

fn row(name: &'static str, label: &'static str, choices: &[Choice], send: &Callback<Msg>) -> Html {
    html! {
        <div class="setting">
            <span>{ label }</span>
            <div class="segments" role="group" aria-label={label}>
                { for choices.iter().map(|choice| {
                    let preference = choice.preference;
                    html! {
                        <button type="button" data-testid={format!("{name}-{}", choice.id)}
                            aria-pressed={choice.chosen.to_string()}
                            class={classes!(choice.chosen.then_some("on"))}
                            onclick={send.reform(move |_| Msg::Prefer(preference))}>
                            { choice.word }
                        </button>
                    }
                }) }
            </div>
        </div>
    }
}

fn theme_word(theme: Theme) -> Word {
    match theme {
        Theme::Auto => Word::ThemeAuto,
        Theme::Light => Word::ThemeLight,
        Theme::Dark => Word::ThemeDark,
    }
}
