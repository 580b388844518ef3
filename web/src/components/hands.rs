//! The buttons that open the palette and the menu of what is held, and what is open.

use view::Lang;
use view::actions::HandsWord;
use yew::{Callback, Html, html};

use super::menu::MenuBox;
use super::palette::PaletteBox;
use super::world::{all_names, name};
use crate::effects;
use crate::model::menu::MenuMsg;
use crate::model::palette::PaletteMsg;
use crate::model::{Model, Msg};

/// Opens the palette.
pub(crate) fn palette_button(lang: Lang, send: &Callback<Msg>) -> Html {
    let keys = if effects::has_command_key() { "⌘K" } else { "Ctrl K" };
    html! {
        <button type="button" class="palette-open" data-testid="palette-open"
            aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K"
            title={HandsWord::PaletteHint.text(lang)}
            onclick={send.reform(|_| PaletteMsg::Toggle.into())}>
            { HandsWord::Palette.text(lang) }<kbd aria-hidden="true">{ keys }</kbd>
        </button>
    }
}

/// Opens the menu of what is held.
pub(crate) fn held_button(held: &str, lang: Lang, send: &Callback<Msg>) -> Html {
    let label = format!("{}: {held}", HandsWord::Actions.text(lang));
    html! {
        <button type="button" class="held-open" id="held-open" data-testid="held-menu"
            aria-haspopup="menu"
            aria-label={label.clone()} title={label}
            onclick={send.reform(|event: yew::MouseEvent| {
                // The click must not reach what lies under the menu.
                event.stop_propagation();
                MenuMsg::OpenHeld.into()
            })}>
            <b aria-hidden="true">{ "⋯" }</b>{ " " }{ held.to_owned() }
        </button>
    }
}

/// The menu or the palette, if one is open.
pub(crate) fn above(model: &Model, send: &Callback<Msg>) -> Html {
    let lang = model.lang;
    let target = match model.console.target {
        scenario::Target::All => all_names(model.frame.worlds.len()),
        scenario::Target::One(world) => name(world),
    };
    html! {
        <>
            if let Some(menu) = &model.hands.menu {
                <MenuBox {lang} menu={menu.clone()} target={target.clone()} send={send.clone()} />
            }
            if let Some(palette) = &model.hands.palette {
                <PaletteBox {lang} palette={palette.clone()} {target} send={send.clone()} />
            }
        </>
    }
}
