//! The dialog for sharing: a link, a file, exports, and what is opened instead.

use view::Word;
use view::share::{ShareWord, link_length, not_opened};
use yew::{Callback, Event, Html, InputEvent, classes, html};

use crate::effects::share as files;
use crate::model::share::{Export, SHARE, Share, ShareMsg};
use crate::model::{Model, Msg};

/// The button that opens the dialog.
pub(crate) fn share_button(model: &Model, send: &Callback<Msg>) -> Html {
    html! {
        <button type="button" class="icon share-open" data-testid="open-share"
            title={ShareWord::Share.text(model.lang)}
            aria-label={ShareWord::Share.text(model.lang)} aria-haspopup="dialog"
            onclick={send.reform(|_| Msg::Share(ShareMsg::Show))}>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" class="share-sign">
                <path d="M8 10V2M5 4.5L8 1.8l3 2.7M4.5 7H3v7h10V7h-1.5" />
            </svg>
        </button>
    }
}

/// The dialog; it is filled when it is open.
pub(crate) fn share_dialog(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let share = &model.share;
    html! {
        <dialog id={SHARE} class="share" aria-labelledby="share-title" data-testid="share"
            onclose={send.reform(|_: Event| Msg::Share(ShareMsg::Closed))}>
            if share.is_open {
                <header>
                    <h2 id="share-title">{ ShareWord::Share.text(lang) }</h2>
                    <button type="button" class="icon" data-testid="close-share"
                        aria-label={Word::Close.text(lang)} title={Word::Close.text(lang)}
                        onclick={Callback::from(|_| files::close_dialog(SHARE))}>{ "✕" }</button>
                </header>
                <p class="share-hint">{ ShareWord::Intro.text(lang) }</p>
                { link(model, share, send) }
                { files(model, send) }
                { exports(model, send) }
                { open(model, share, send) }
            }
        </dialog>
    }
}

fn link(model: &Model, share: &Share, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let told = share.copied.map(|copied| match copied {
        true => ShareWord::Copied.text(lang),
        false => ShareWord::NotCopied.text(lang),
    });
    html! {
        <section>
            <h3>{ ShareWord::Links.text(lang) }</h3>
            <input id="share-link" class="share-link" type="text" readonly=true
                value={share.link.clone()} aria-label={ShareWord::LinkField.text(lang)}
                data-testid="share-link" />
            <p class="share-hint" data-testid="share-length">
                { link_length(share.link.chars().count(), lang) }
            </p>
            <div class="share-row">
                { button(ShareWord::CopyLink, "copy-link", ShareMsg::CopyLink, model, send) }
                if share.address.is_some() {
                    { button(ShareWord::CopyAddress, "copy-address", ShareMsg::CopyAddress,
                        model, send) }
                }
            </div>
            if share.address.is_none() {
                <p class="share-hint">{ ShareWord::NoAddress.text(lang) }</p>
            }
            <p class="share-told" role="status" data-testid="share-copied">
                { told.unwrap_or_default() }
            </p>
        </section>
    }
}

fn files(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    html! {
        <section>
            <h3>{ ShareWord::Files.text(lang) }</h3>
            <p class="share-hint">{ ShareWord::SaveRunHint.text(lang) }</p>
            <div class="share-row">
                { button(ShareWord::SaveRun, "save-run", ShareMsg::SaveRun, model, send) }
            </div>
        </section>
    }
}

fn exports(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let worlds = model.frame.worlds.len();
    html! {
        <section>
            <h3>{ ShareWord::Exports.text(lang) }</h3>
            <div class="share-row">
                <div class="segments" role="group" aria-label={ShareWord::World.text(lang)}>
                    { for (0..worlds).map(|world| {
                        let chosen = world == model.share.world.min(worlds - 1);
                        let letter = ["A", "B", "C", "D"][world % 4];
                        html! {
                            <button type="button" aria-pressed={chosen.to_string()}
                                class={classes!(chosen.then_some("on"))}
                                data-testid={format!("export-world-{world}")}
                                onclick={send.reform(move |_| Msg::Share(ShareMsg::World(world)))}>
                                { letter }
                            </button>
                        }
                    }) }
                </div>
                { for Export::ALL.map(|what| {
                    let (word, id) = export_words(what);
                    button(word, id, ShareMsg::Export(what), model, send)
                }) }
            </div>
        </section>
    }
}

fn export_words(what: Export) -> (ShareWord, &'static str) {
    match what {
        Export::Svg => (ShareWord::SaveSvg, "save-svg"),
        Export::Png => (ShareWord::SavePng, "save-png"),
        Export::Mermaid => (ShareWord::SaveMermaid, "save-mermaid"),
        Export::Itf => (ShareWord::SaveItf, "save-itf"),
        Export::Shiviz => (ShareWord::SaveShiviz, "save-shiviz"),
    }
}

fn open(model: &Model, share: &Share, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let chosen = send.clone();
    let onchange = Callback::from(move |event: Event| {
        let send = chosen.clone();
        files::read_file(&event, move |name, text| {
            send.emit(Msg::Share(ShareMsg::Chosen(name, text)));
        });
    });
    let oninput =
        send.reform(|event: InputEvent| Msg::Share(ShareMsg::Input(files::text_of(&event))));
    html! {
        <section>
            <h3>{ ShareWord::Open.text(lang) }</h3>
            <label class="share-file">
                <span>{ ShareWord::ChooseFile.text(lang) }</span>
                <input type="file" class="share-choose" accept=".scn,.txt,text/plain" {onchange}
                    data-testid="choose-file" />
            </label>
            <label class="share-paste">
                <span>{ ShareWord::Paste.text(lang) }</span>
                <textarea rows="4" spellcheck="false" value={share.text.clone()} {oninput}
                    data-testid="paste" />
            </label>
            <div class="share-row">
                { button(ShareWord::OpenPasted, "open-pasted", ShareMsg::OpenPasted, model, send) }
            </div>
            <p class="share-refused" role="alert" data-testid="share-refused">
                if let Some(why) = &share.refused {
                    { not_opened(lang.pick(&why.en, &why.zh), lang) }
                }
            </p>
        </section>
    }
}

fn button(
    word: ShareWord,
    id: &'static str,
    msg: ShareMsg,
    model: &Model,
    send: &Callback<Msg>,
) -> Html {
    let onclick = send.reform(move |_| Msg::Share(msg.clone()));
    html! {
        <button type="button" data-testid={id} {onclick}>{ word.text(model.lang) }</button>
    }
}

/// Why the page's address was not opened, if it was not.
pub(crate) fn share_notice(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let Some(why) = &model.share.notice else {
        return Html::default();
    };
    html! {
        <p class="notice share-notice" role="alert" data-testid="share-notice">
            { not_opened(lang.pick(&why.en, &why.zh), lang) }
            <button type="button" data-testid="close-share-notice"
                onclick={send.reform(|_| Msg::Share(ShareMsg::CloseNotice))}>
                { Word::Close.text(lang) }
            </button>
        </p>
    }
}
