//! The tip that says what a term means. Elements that have one name it by `data-term`; the tip is
//! shown while one points at such an element, has focused or tapped it, and Escape closes it.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use view::{Lang, glossary};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

use super::{element, gloo_document};

/// The tip's id.
const TIP: &str = "tip";
/// How long the tip stays when the pointer has left the term, in milliseconds: long enough to go
/// over to the tip itself.
const LINGER_MS: u32 = 220;
/// The tip's width, and how far it stays from the window's edge, in CSS pixels.
const WIDTH: f64 = 300.0;
const MARGIN: f64 = 8.0;

/// What is to hide the tip soon.
type Leaving = Rc<RefCell<Option<Timeout>>>;

/// Explains terms for as long as the listeners live.
pub(crate) fn explain_terms() -> Vec<EventListener> {
    let Some(document) = gloo_document() else { return Vec::new() };
    let leaving = Leaving::default();
    let listen = |kind: &'static str| {
        let leaving = leaving.clone();
        EventListener::new(&document, kind, move |event| react(event, &leaving))
    };
    ["mouseover", "focusin", "focusout", "click", "keydown"].map(listen).into()
}

fn react(event: &Event, leaving: &Leaving) {
    if let Some(key) = event.dyn_ref::<KeyboardEvent>() {
        if key.key() == "Escape" {
            hide();
        }
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let closest = |selector: &str| target.as_ref()?.closest(selector).ok().flatten();
    if event.type_() == "focusout" {
        hide_soon(leaving);
    } else if let Some(term) = closest("[data-term]") {
        leaving.take();
        show(&term);
    } else if closest("#tip").is_some() {
        leaving.take();
    } else {
        hide_soon(leaving);
    }
}

fn hide_soon(leaving: &Leaving) {
    let is_shown = tip().is_some_and(|tip| !tip.hidden());
    if is_shown && leaving.borrow().is_none() {
        *leaving.borrow_mut() = Some(Timeout::new(LINGER_MS, hide));
    }
}

fn tip() -> Option<HtmlElement> {
    element(TIP)?.dyn_into().ok()
}

fn show(term: &Element) {
    let Some(tip) = tip() else { return };
    let id = term.get_attribute("data-term").unwrap_or_default();
    let Some(entry) = glossary::find(&id) else { return };
    hide();
    tip.set_text_content(Some(entry.meaning(page_lang())));
    tip.set_hidden(false);
    let _ = term.set_attribute("aria-describedby", TIP);
    let place = term.get_bounding_client_rect();
    let window = web_sys::window();
    let length =
        |of: fn(&web_sys::Window) -> Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
            window.as_ref().and_then(|w| of(w).ok()).and_then(|v| v.as_f64()).unwrap_or(0.0)
        };
    let (width, height) = (length(|w| w.inner_width()), length(|w| w.inner_height()));
    let left = place.left().min(width - WIDTH - MARGIN).max(MARGIN);
    let below = place.bottom() + 6.0;
    let tall = tip.get_bounding_client_rect().height();
    let top = if below + tall < height { below } else { place.top() - tall - 6.0 };
    let style = tip.style();
    let _ = style.set_property("left", &format!("{}px", left as i64));
    let _ = style.set_property("top", &format!("{}px", top.max(MARGIN) as i64));
}

fn hide() {
    if let Some(tip) = tip() {
        tip.set_hidden(true);
    }
    let described = gloo_document().and_then(|d| d.query_selector("[aria-describedby=tip]").ok());
    if let Some(term) = described.flatten() {
        let _ = term.remove_attribute("aria-describedby");
    }
}

fn page_lang() -> Lang {
    let root = gloo_document().and_then(|document| document.document_element());
    Lang::from_tag(&root.and_then(|root| root.get_attribute("lang")).unwrap_or_default())
}
