//! What can lie over the page: the keys; branches and bookmarks; the forms.

use view::branches::differences;
use view::build::BuildWord;
use view::clock::Elapsed;
use view::phrases;
use view::time_words::TimeWord;
use view::{Lang, Word};
use yew::{Callback, Event, Html, classes, html};

use super::build::forms;
use super::world::name;
use crate::effects;
use crate::model::branches::BranchRow;
use crate::model::session::Bookmark;
use crate::model::{BookmarkMsg, BranchMsg, Model, Msg, Preference, Seek, Sheet};

/// The sheet over the page, if there is one.
pub(crate) fn sheet(model: &Model, send: &Callback<Msg>) -> Html {
    let Some(sheet) = model.sheet else {
        return Html::default();
    };
    let lang = model.lang;
    let (title, content) = match sheet {
        Sheet::Keys => (TimeWord::Keys.text(lang), keys(model, send)),
        Sheet::History => (TimeWord::History.text(lang), history(model, send)),
        Sheet::Build => (BuildWord::Build.text(lang), forms(model, send)),
    };
    html! {
        <dialog id="keys-sheet" class="sheet" aria-labelledby="sheet-title"
            onclose={send.reform(|_: Event| Msg::Sheet(None))} data-testid="sheet">
            <header>
                <h2 id="sheet-title">{ title }</h2>
                <button type="button" aria-label={Word::Close.text(lang)} data-testid="close-sheet"
                    onclick={send.reform(|_| Msg::Sheet(None))}>{ "✕" }</button>
            </header>
            { content }
        </dialog>
    }
}

/// The keys in the order of the sheet, and what each does.
const KEYS: [(&[&str], TimeWord); 18] = [
    (&["Space"], TimeWord::KeyPlay),
    (&["←", "→"], TimeWord::KeyEvent),
    (&[",", "."], TimeWord::KeyTick),
    (&["[", "]"], TimeWord::KeyCommand),
    (&["F"], TimeWord::KeyFailure),
    (&["D"], TimeWord::KeyDivergence),
    (&["Home", "End"], TimeWord::KeyNow),
    (&["1", "…", "8"], TimeWord::KeySpeed),
    (&["N", "PageDown"], TimeWord::KeyStep),
    (&["B"], TimeWord::KeyBookmark),
    (&["H"], TimeWord::KeyHistory),
    (&["Ctrl Z"], TimeWord::KeyUndo),
    (&["↑", "↓"], TimeWord::KeyWalk),
    (&["/"], TimeWord::KeyFind),
    (&["Esc"], TimeWord::KeyLetGo),
    (&["?"], TimeWord::KeyKeys),
    (&["PageUp"], TimeWord::KeyCommandBefore),
    (&["Tab"], TimeWord::KeyTab),
];

fn keys(model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, on) = (model.lang, model.shortcuts);
    html! {
        <>
            <dl class="keys">
                { for KEYS.iter().map(|(keys, word)| html! {
                    <div>
                        <dt>{ for keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</dt>
                        <dd>{ word.text(lang) }</dd>
                    </div>
                }) }
            </dl>
            <button type="button" class={classes!("toggle", on.then_some("on"))}
                aria-pressed={on.to_string()} data-testid="shortcuts"
                onclick={send.reform(move |_| Msg::Prefer(Preference::Shortcuts(!on)))}>
                <span aria-hidden="true">{ if on { "✓" } else { "✗" } }</span>
                { TimeWord::Shortcuts.text(lang) }
            </button>
        </>
    }
}

fn history(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let rows = model.branch_rows();
    let bookmarks = &model.session.bookmarks;
    html! {
        <>
            <h3>{ TimeWord::Branches.text(lang) }</h3>
            if rows.is_empty() {
                <p class="mute">{ TimeWord::NoBranches.text(lang) }</p>
            }
            <ul class="branch-list">{ for rows.iter().map(|row| branch(row, model, send)) }</ul>
            <h3>{ TimeWord::Bookmarks.text(lang) }</h3>
            if bookmarks.is_empty() {
                <p class="mute">{ TimeWord::NoBookmarks.text(lang) }</p>
            }
            <ul class="bookmark-list">
                { for bookmarks.iter().map(|bookmark| one_bookmark(bookmark, lang, send)) }
            </ul>
            if 0 < model.left().len() {
                <h3>{ TimeWord::Elsewhere.text(lang) }</h3>
                <ul class="branch-list">
                    { for model.left().enumerate().map(|(at, title)| html! {
                        <li class="branch">
                            <p class="branch-head">
                                <strong>{ lang.pick(&title.en, &title.zh).to_owned() }</strong>
                                <button type="button" data-testid={format!("return-{at}")}
                                    onclick={send.reform(move |_| {
                                        Msg::Branch(BranchMsg::Return(at))
                                    })}>
                                    { TimeWord::Switch.text(lang) }
                                </button>
                            </p>
                        </li>
                    }) }
                </ul>
            }
        </>
    }
}

fn branch(row: &BranchRow, model: &Model, send: &Callback<Msg>) -> Html {
    let (lang, number) = (model.lang, row.number);
    let end = model.branch_end(number).map_or(row.from, |end| end.at);
    let span = format!("{} – {}", Elapsed(row.from), Elapsed(end));
    html! {
        <li key={number} class={classes!("branch", row.is_shown.then_some("on"))}>
            <p class="branch-head">
                <span class="letter">{ number }</span>
                <strong>{ &row.name }</strong><span class="mute">{ span }</span>
                if row.is_shown {
                    <span class="tag accent">{ TimeWord::Shown.text(lang) }</span>
                } else {
                    <button type="button" data-testid={format!("switch-{number}")}
                        onclick={send.reform(move |_| Msg::Branch(BranchMsg::Switch(number)))}>
                        { TimeWord::Switch.text(lang) }
                    </button>
                    <button type="button" data-testid={format!("delete-{number}")}
                        onclick={send.reform(move |_| Msg::Branch(BranchMsg::Delete(number)))}>
                        { TimeWord::Delete.text(lang) }
                    </button>
                }
            </p>
            { outcome(row, model) }
        </li>
    }
}

/// How a branch ends, and for one that is not on the screen, what is other there.
fn outcome(row: &BranchRow, model: &Model) -> Html {
    let lang = model.lang;
    let (Some(end), Some(shown)) =
        (model.branch_end(row.number), model.session.timeline().newest())
    else {
        return Html::default();
    };
    let line = |(world, text): (usize, String)| {
        html! { <p><span class="letter">{ name(world) }</span>{ " " }{ text }</p> }
    };
    let ends = end.worlds.iter().map(|view| phrases::headline(&view.headline, lang)).enumerate();
    html! {
        <>
            { for ends.map(line) }
            if !row.is_shown {
                <div class="compared">
                    <p class="mute">{ TimeWord::Compared.text(lang) }</p>
                    { for differences(end, shown, lang).into_iter().enumerate().map(line) }
                </div>
            }
        </>
    }
}

fn one_bookmark(bookmark: &Bookmark, lang: Lang, send: &Callback<Msg>) -> Html {
    let at = bookmark.at;
    let onchange = send.reform(move |event: Event| {
        Msg::Bookmark(BookmarkMsg::Name(at, effects::value_of(&event)))
    });
    html! {
        <li key={at.0}>
            <button type="button" class="link"
                onclick={send.reform(move |_| Msg::Seek(Seek::Moment(at)))}>
                { Elapsed(at).to_string() }
            </button>
            <input type="text" value={bookmark.name.clone()} {onchange} maxlength="60"
                aria-label={TimeWord::BookmarkName.text(lang)}
                data-testid={format!("bookmark-name-{}", at.0)} />
            <button type="button"
                onclick={send.reform(move |_| Msg::Bookmark(BookmarkMsg::Remove(at)))}>
                { TimeWord::Delete.text(lang) }
            </button>
        </li>
    }
}
