//! Every call to the browser. Nothing here decides anything.

use gloo::events::EventListener;
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use sim::{RegionId, StoreId, TableId};
use view::Thing;
use view::lang::Lang;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
    MouseEvent, ResizeObserver, Storage,
};

mod hands;
pub(crate) mod share;
mod tips;

pub(crate) use hands::{
    Focus, Gesture, Gestures, has_command_key, on_gesture, place, reveal, select_part,
};
pub(crate) use tips::explain_terms;

use crate::model::{Ended, Theme};

/// Under this name the runs' causes are kept.
const RUN: &str = "regionscope.run";
/// Under this name they are kept as they were before the last deed.
const BEFORE: &str = "regionscope.run-before";
/// Under this name it is kept that the page broke off.
const CRASHED: &str = "regionscope.crashed";
/// Under this name it is kept that a run is being restored: if that breaks the page, it is not
/// tried again.
const RESTORING: &str = "regionscope.restoring";

/// Shows a panic instead of leaving a dead page. The run's causes are kept already.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        put(runs(), CRASHED, "1");
        if let Some(place) = element("crash-reason") {
            place.set_text_content(Some(&info.to_string()));
        }
        if let Some(notice) = element("crash") {
            let _ = notice.remove_attribute("hidden");
        }
    }));
}

/// The element of an id.
pub(crate) fn element(id: &str) -> Option<Element> {
    gloo_document()?.get_element_by_id(id)
}

fn gloo_document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Where runs are kept: a page that is loaded again finds them, another page beside it does not.
fn runs() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

fn put(storage: Option<Storage>, key: &str, value: &str) {
    if let Some(storage) = storage {
        // A full or forbidden storage must not stop the run.
        let _ = storage.set_item(key, value);
    }
}

fn get(storage: Option<Storage>, key: &str) -> Option<String> {
    storage?.get_item(key).ok()?
}

/// The value of a key, which is forgotten.
fn take(storage: Option<Storage>, key: &str) -> Option<String> {
    let value = get(storage.clone(), key)?;
    let _ = storage?.remove_item(key);
    Some(value)
}

/// Keeps the runs' causes, and what was kept until now beside them.
pub(crate) fn keep_run(text: &str) {
    let _ = take(runs(), RESTORING);
    match get(runs(), RUN) {
        Some(before) if before == text => {}
        Some(before) => {
            put(runs(), BEFORE, &before);
            put(runs(), RUN, text);
        }
        None => put(runs(), RUN, text),
    }
}

/// The runs of the page that was here before. One that breaks the page twice is not given again.
pub(crate) fn kept_run() -> Option<(String, Ended)> {
    let (broke, again) = (take(runs(), CRASHED).is_some(), take(runs(), RESTORING).is_some());
    if broke && again {
        return None;
    }
    let (key, ended) = if broke { (BEFORE, Ended::Broke) } else { (RUN, Ended::Left) };
    let text = get(runs(), key)?;
    put(runs(), RUN, &text);
    put(runs(), RESTORING, "1");
    Some((text, ended))
}

/// Remembers a preference.
pub(crate) fn remember(name: &str, value: &str) {
    put(storage(), &format!("regionscope.{name}"), value);
}

/// A remembered preference.
pub(crate) fn remembered(name: &str) -> Option<String> {
    get(storage(), &format!("regionscope.{name}"))
}

/// The language that the browser asks for.
pub(crate) fn browser_lang() -> Lang {
    let tag = web_sys::window().and_then(|window| window.navigator().language());
    Lang::from_tag(tag.as_deref().unwrap_or("en"))
}

/// Sets the language of the document.
pub(crate) fn set_lang(lang: Lang) {
    set_on_document("lang", lang.tag());
}

/// Sets the colours of the document.
pub(crate) fn set_theme(theme: Theme) {
    set_on_document("data-theme", theme.name());
}

/// Sets whether the document has more contrast: where somebody wants it, or the system asks for it.
pub(crate) fn set_contrast(more: bool) {
    let more = more || system_asks("(prefers-contrast: more)");
    set_on_document("data-contrast", if more { "more" } else { "auto" });
}

/// Sets whether things keep still: where somebody wants it, or the system asks for it.
pub(crate) fn set_motion(less: bool) {
    let less = less || system_asks("(prefers-reduced-motion: reduce)");
    set_on_document("data-motion", if less { "less" } else { "auto" });
}

fn system_asks(query: &str) -> bool {
    let answer = web_sys::window().and_then(|window| window.match_media(query).ok()).flatten();
    answer.is_some_and(|answer| answer.matches())
}

fn set_on_document(attribute: &str, value: &str) {
    if let Some(document) = gloo_document().and_then(|document| document.document_element()) {
        let _ = document.set_attribute(attribute, value);
    }
}

/// Milliseconds since the page began.
pub(crate) fn now_ms() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

/// Calls back at the next frame with the time; dropped, it does not.
pub(crate) fn next_frame(callback: impl FnOnce(f64) + 'static) -> AnimationFrame {
    request_animation_frame(callback)
}

/// The width and height inside the first matrix's box: within its border, and beside a scroll bar
/// where there is one. The height is told as if there were none, or bars would come and go.
pub(crate) fn matrix_size() -> Option<(f64, f64)> {
    let area = element("matrix-0")?;
    let border = 2.0 * f64::from(area.client_top());
    let height = area.get_bounding_client_rect().height() - border;
    let width = f64::from(area.client_width());
    (1.0 < width).then(|| (width, height.floor()))
}

/// Calls back after so many milliseconds; dropped, it does not.
pub(crate) fn later(ms: u32, callback: impl FnOnce() + 'static) -> Timeout {
    Timeout::new(ms, callback)
}

/// The watch over the size of a box. Dropped, it ends.
pub(crate) struct BoxWatch {
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for BoxWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls back whenever the box of the first matrix gets another size, whatever the cause. The
/// browser has laid the page out by then: to measure costs nothing.
pub(crate) fn on_matrix_resize(callback: impl FnMut() + 'static) -> Option<BoxWatch> {
    let callback = Closure::wrap(Box::new(callback) as Box<dyn FnMut()>);
    let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
    observer.observe(&element("matrix-0")?);
    Some(BoxWatch { observer, _callback: callback })
}

/// A key that was pressed where it has no meaning of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keystroke {
    /// The browser's name for it.
    pub(crate) key: String,
    /// Whether it was pressed with Control or Command.
    pub(crate) with_control: bool,
    /// Whether it was pressed with Shift.
    pub(crate) with_shift: bool,
}

/// Calls back for each key that is pressed where it has no meaning of its own: not in a field, not
/// over an open sheet, not taken by what has the focus. A key that the callback takes does nothing
/// else.
pub(crate) fn on_key(
    mut callback: impl FnMut(Keystroke) -> bool + 'static,
) -> Option<EventListener> {
    let document = gloo_document()?;
    let options = gloo::events::EventListenerOptions::enable_prevent_default();
    let listener = EventListener::new_with_options(&document, "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>() else { return };
        let with_control = event.ctrl_key() || event.meta_key();
        let (key, with_shift) = (event.key(), event.shift_key());
        if event.alt_key() || event.default_prevented() || has_own_meaning(event, &key) {
            return;
        }
        if callback(Keystroke { key, with_control, with_shift }) {
            event.prevent_default();
        }
    });
    Some(listener)
}

/// Whether the key does something to the element that has the focus.
fn has_own_meaning(event: &Event, key: &str) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    if target.closest("dialog, [popover]").ok().flatten().is_some() {
        return true;
    }
    match target.tag_name().as_str() {
        "INPUT" if target.get_attribute("type").as_deref() == Some("range") => {
            key.starts_with("Arrow") || key.starts_with("Page") || matches!(key, "Home" | "End")
        }
        "INPUT" | "SELECT" | "TEXTAREA" => true,
        "BUTTON" | "SUMMARY" | "A" => matches!(key, " " | "Enter"),
        "svg" => false,
        _ => {
            let scrolls = key == " " || key.starts_with("Arrow") || key.starts_with("Page");
            (scrolls || matches!(key, "Home" | "End")) && is_scrolled(&target)
        }
    }
}

/// Whether an element takes the focus in order to be scrolled.
fn is_scrolled(element: &Element) -> bool {
    let is_larger = element.client_height() < element.scroll_height()
        || element.client_width() < element.scroll_width();
    is_larger && element.get_attribute("tabindex").as_deref() == Some("0")
}

/// Shows the sheet over the page, if there is one that is not shown yet. What has the focus gets
/// it back when the sheet is closed.
pub(crate) fn show_sheet() {
    if let Some(dialog) = sheet().filter(|dialog| !dialog.open()) {
        let _ = dialog.show_modal();
    }
}

/// Closes the sheet.
pub(crate) fn close_sheet() {
    if let Some(dialog) = sheet() {
        dialog.close();
    }
}

fn sheet() -> Option<HtmlDialogElement> {
    element("keys-sheet")?.dyn_into().ok()
}

/// The thing under the pointer, by the attributes of the elements that contain it:
/// `data-store` within `data-region` is a peer, each alone what it says.
pub(crate) fn thing_under(event: &Event) -> Option<Thing> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let number = |element: Element, name: &str| element.get_attribute(name)?.parse::<u64>().ok();
    let within = |selector: &str| target.closest(selector).ok().flatten();
    let nearest = within("[data-store], [data-region], [data-table-id], [data-pd]")?;
    if nearest.has_attribute("data-pd") {
        return Some(Thing::Pd);
    }
    if let Some(table) = number(nearest.clone(), "data-table-id") {
        return Some(Thing::Table(TableId(table)));
    }
    let region = within("[data-region]").and_then(|row| number(row, "data-region"));
    match (region.map(RegionId), number(nearest, "data-store").map(StoreId)) {
        (Some(region), Some(store)) => Some(Thing::Peer(region, store)),
        (Some(region), None) => Some(Thing::Region(region)),
        (None, store) => store.map(Thing::Store),
    }
}

/// Where a pointer is within the element of an id, in pixels from its upper left corner.
pub(crate) fn point_in(event: &MouseEvent, id: &str) -> Option<(f64, f64)> {
    let area = element(id)?.get_bounding_client_rect();
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    Some((x - area.left(), y - area.top()))
}

/// Has an element hear of a pointer until it is up, wherever it goes.
pub(crate) fn hold_pointer(id: &str, pointer: i32) {
    if let Some(element) = element(id) {
        // One that is up already cannot be held, and needs not.
        let _ = element.set_pointer_capture(pointer);
    }
}

/// What an input field or a choice holds, from the event that it changed.
pub(crate) fn value_of(event: &Event) -> String {
    let Some(target) = event.target() else {
        return String::new();
    };
    match target.dyn_ref::<HtmlInputElement>() {
        Some(input) => input.value(),
        None => {
            target.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value).unwrap_or_default()
        }
    }
}

/// Whether what can be folded is unfolded, from the event that it was either.
pub(crate) fn is_unfolded(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.has_attribute("open"))
}

/// Gives the focus to an element, or to the open inspector where that is gone or hidden: it is
/// never lost.
pub(crate) fn focus(id: &str) {
    for id in [id, "sheet"] {
        let Some(element) = element(id) else { continue };
        if let Some(element) = element.dyn_ref::<HtmlElement>() {
            let _ = element.focus();
        }
        let active = gloo_document().and_then(|document| document.active_element());
        if active.is_some_and(|active| active == element) {
            return;
        }
    }
}

/// Scrolls an element to its end.
pub(crate) fn scroll_to_end(id: &str) {
    if let Some(element) = element(id) {
        element.set_scroll_top(element.scroll_height());
    }
}
