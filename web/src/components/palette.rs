//! The palette: a field, and under it what was found, or what the line that is asked for can go on
//! with.

use view::Lang;
use view::actions::{Care, HandsWord};
use yew::{Callback, Component, Context, Html, KeyboardEvent, Properties, classes, html};

use super::console::help_line;
use super::when;
use crate::effects::{self, Focus};
use crate::model::Msg;
use crate::model::hands::Go;
use crate::model::palette::{Found, Palette, PaletteMsg};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) palette: Palette,
    /// For which worlds its lines are.
    pub(crate) target: String,
    pub(crate) send: Callback<Msg>,
}

/// The open palette. It takes the focus, and gives it back.
pub(crate) struct PaletteBox {
    before: Focus,
    /// The form whose parameter has been selected.
    asked: Option<String>,
}

impl Component for PaletteBox {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> PaletteBox {
        PaletteBox { before: Focus::now(), asked: None }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { lang, palette, target, send } = ctx.props();
        let oninput = send
            .reform(|event: yew::InputEvent| PaletteMsg::Input(effects::value_of(&event)).into());
        let (label, keys) = match &palette.form {
            Some(form) => (form.label.as_str(), HandsWord::FormKeys),
            None => (HandsWord::Palette.text(*lang), HandsWord::PaletteKeys),
        };
        html! {
            <>
                <div class="menu-veil dim" onclick={send.reform(|_| PaletteMsg::Close.into())}>
                </div>
                <div class="palette" role="dialog" aria-modal="true" data-testid="palette"
                    aria-label={label.to_owned()} onkeydown={when(send, key)}>
                    <p class="palette-name"><b>{ label }</b><span class="tag">{ target }</span></p>
                    <input type="text" id="palette-input" class="palette-input" role="combobox"
                        data-testid="palette-input" value={palette.typed.clone()} {oninput}
                        aria-label={label.to_owned()} aria-expanded="true" aria-autocomplete="list"
                        aria-controls="palette-list" spellcheck="false" autocomplete="off"
                        aria-activedescendant={palette.active.map(entry_id)}
                        autocapitalize="off" placeholder={HandsWord::PaletteHint.text(*lang)} />
                    { wrong(palette) }
                    <div class="palette-list" id="palette-list" role="listbox"
                        aria-label={label.to_owned()}>
                        { for palette.found.iter().enumerate().map(|(at, found)| {
                            entry(at, found, palette.active == Some(at), *lang, send)
                        }) }
                    </div>
                    if palette.found.is_empty() && palette.form.is_none() {
                        <p class="palette-none">{ HandsWord::Nothing.text(*lang) }</p>
                    }
                    if let Some(form) = &palette.form {
                        { help_line(&form.completion, *lang) }
                    }
                    <p class="palette-keys" aria-hidden="true">{ keys.text(*lang) }</p>
                </div>
            </>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        let palette = &ctx.props().palette;
        if first {
            effects::focus("palette-input");
        }
        let label = palette.form.as_ref().map(|form| form.label.clone());
        if let Some(form) = &palette.form
            && self.asked != label
        {
            effects::focus("palette-input");
            effects::select_part("palette-input", form.part.clone());
        }
        self.asked = label;
        if let Some(active) = palette.active {
            effects::reveal(&entry_id(active));
        }
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        self.before.restore();
    }
}

fn entry_id(at: usize) -> String {
    format!("palette-{at}")
}

fn entry(at: usize, found: &Found, is_active: bool, lang: Lang, send: &Callback<Msg>) -> Html {
    let class = classes!(
        "palette-entry",
        is_active.then_some("active"),
        found.idle.is_some().then_some("idle"),
        (found.care == Care::Dangerous).then_some("grave"),
    );
    html! {
        <div {class} id={entry_id(at)} role="option" aria-selected={is_active.to_string()} key={at}
            aria-disabled={found.idle.is_some().then_some("true")}
            onclick={send.reform(move |_| PaletteMsg::Choose(Some(at)).into())}>
            if !found.of.is_empty() {
                <span class="palette-of">{ &found.of }</span>
            }
            <span class="palette-label">{ &found.label }</span>
            if found.is_recent {
                <span class="tag">{ HandsWord::Recent.text(lang) }</span>
            }
            if let Some(why) = &found.idle {
                <em>{ why }</em>
            } else {
                <code>{ &found.line }</code>
            }
        </div>
    }
}

/// What is wrong with the line, under the word that is.
fn wrong(palette: &Palette) -> Html {
    match palette.form.as_ref().and_then(|form| form.wrong.as_ref()) {
        None => Html::default(),
        Some((at, text)) => {
            let indent = " ".repeat(at.saturating_sub(1).min(80));
            html! {
                <pre class="palette-wrong" role="alert">{ format!("{indent}↑\n{text}") }</pre>
            }
        }
    }
}

fn key(event: KeyboardEvent) -> Option<Msg> {
    let msg = match event.key().as_str() {
        "ArrowDown" => PaletteMsg::Go(Go::Next),
        "ArrowUp" => PaletteMsg::Go(Go::Before),
        "PageDown" => PaletteMsg::Go(Go::Last),
        "PageUp" => PaletteMsg::Go(Go::First),
        "Enter" => PaletteMsg::Choose(None),
        "Tab" => PaletteMsg::Complete,
        "Escape" => PaletteMsg::Close,
        _ => return None,
    };
    event.prevent_default();
    event.stop_propagation();
    Some(msg.into())
}
