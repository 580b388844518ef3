//! The clipboard, files and the address. Whatever is made is made here: nothing is sent anywhere.

use gloo::events::EventListener;
use js_sys::Array;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, Event, HtmlAnchorElement, HtmlCanvasElement,
    HtmlDialogElement, HtmlImageElement, HtmlInputElement, HtmlTextAreaElement, Url,
};

use super::element;
use crate::model::share::{Address, LARGEST_FILE};

/// The page's address.
pub(crate) fn address() -> Address {
    let Some(location) = web_sys::window().map(|window| window.location()) else {
        return Address::default();
    };
    let part = |part: Result<String, JsValue>| part.unwrap_or_default();
    let fragment = part(location.hash());
    Address {
        page: part(location.origin()) + &part(location.pathname()),
        query: part(location.search()),
        fragment: fragment.strip_prefix('#').unwrap_or_default().to_owned(),
    }
}

/// Puts an address into the address bar; the page stays.
pub(crate) fn set_address(address: &str) {
    let history = web_sys::window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

/// Calls back whenever somebody changes the fragment by hand.
pub(crate) fn on_fragment(callback: impl Fn(Address) + 'static) -> Option<EventListener> {
    let window = web_sys::window()?;
    Some(EventListener::new(&window, "hashchange", move |_| callback(address())))
}

/// Copies a text, then calls back with whether it could be copied. If not, the field of the link is
/// selected.
pub(crate) fn copy(text: &str, callback: impl Fn(bool) + 'static) {
    // Only over a safe connection is there a clipboard at all.
    let window = web_sys::window().filter(|window| window.is_secure_context());
    let Some(window) = window else {
        select_link();
        return callback(false);
    };
    let done = Closure::once_into_js(move |failed: JsValue| {
        let copied = failed.is_undefined();
        if !copied {
            select_link();
        }
        callback(copied);
    });
    let done: &js_sys::Function = done.unchecked_ref();
    let promise: &js_sys::Object = &window.navigator().clipboard().write_text(text);
    let then = js_sys::Reflect::get(promise, &JsValue::from_str("then"));
    if let Some(then) = then.ok().and_then(|then| then.dyn_into::<js_sys::Function>().ok()) {
        let _ = then.call2(promise, done, done);
    }
}

fn select_link() {
    if let Some(field) = element("share-link").and_then(|f| f.dyn_into::<HtmlInputElement>().ok()) {
        field.select();
    }
}

/// Has the browser save a text under a name.
pub(crate) fn save(name: &str, kind: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(&JsValue::from_str(text));
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) {
        save_blob(name, &blob);
    }
}

/// Has the browser save what a blob holds.
pub(super) fn save_blob(name: &str, blob: &Blob) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    let document = web_sys::window().and_then(|window| window.document());
    let anchor = document.and_then(|document| document.create_element("a").ok());
    if let Some(anchor) = anchor.and_then(|a| a.dyn_into::<HtmlAnchorElement>().ok()) {
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
    }
    // The download has begun, or a moment later it will have.
    super::later(10_000, move || drop(Url::revoke_object_url(&url))).forget();
}

/// How many pixels of the file there are to one of the picture, along an edge.
const PNG_SCALE: f64 = 2.0;

/// Draws a picture of lines and has the browser save its pixels.
pub(crate) fn save_png(name: &str, svg: &str) {
    let Ok(image) = HtmlImageElement::new() else { return };
    let (name, drawn) = (name.to_owned(), image.clone());
    let draw = Closure::once_into_js(move || {
        let document = web_sys::window().and_then(|window| window.document());
        let canvas = document.and_then(|document| document.create_element("canvas").ok());
        let canvas = canvas.and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok());
        let Some(canvas) = canvas else { return };
        let (width, height) = (f64::from(drawn.width()), f64::from(drawn.height()));
        canvas.set_width((width * PNG_SCALE) as u32);
        canvas.set_height((height * PNG_SCALE) as u32);
        let context = canvas.get_context("2d").ok().flatten();
        let context = context.and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
        let Some(context) = context else { return };
        let _ = context.scale(PNG_SCALE, PNG_SCALE);
        let _ = context.draw_image_with_html_image_element(&drawn, 0.0, 0.0);
        let save = Closure::once_into_js(move |blob: JsValue| {
            if let Ok(blob) = blob.dyn_into::<Blob>() {
                save_blob(&name, &blob);
            }
        });
        let _ = canvas.to_blob(save.unchecked_ref());
    });
    image.set_onload(Some(draw.unchecked_ref()));
    let text = String::from(js_sys::encode_uri_component(svg));
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{text}"));
}

/// Reads the file that was chosen in a field, then calls back with its name and its text; with no
/// text if it is too large or none.
pub(crate) fn read_file(event: &Event, callback: impl Fn(String, Option<String>) + 'static) {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    let Some(input) = input else { return };
    let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
    let name: String = file.name().chars().take(80).collect();
    // The same file may be chosen again.
    input.set_value("");
    if f64::from(LARGEST_FILE) < file.size() {
        return callback(name, None);
    }
    let done = Closure::once_into_js(move |text: JsValue| {
        // What is no UTF-8 arrives with replacements in it.
        let text = text.as_string().filter(|text| !text.contains(['\0', '\u{fffd}']));
        callback(name, text);
    });
    let promise: &js_sys::Object = &file.text();
    let then = js_sys::Reflect::get(promise, &JsValue::from_str("then"));
    if let Some(then) = then.ok().and_then(|then| then.dyn_into::<js_sys::Function>().ok()) {
        let done: &js_sys::Function = done.unchecked_ref();
        let _ = then.call2(promise, done, done);
    }
}

/// What a field of several lines holds.
pub(crate) fn text_of(event: &Event) -> String {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
    target.map(|area| area.value()).unwrap_or_default()
}

fn dialog(id: &str) -> Option<HtmlDialogElement> {
    element(id)?.dyn_into().ok()
}

/// Shows a dialog over the page. What has the focus gets it back when the dialog is closed.
pub(crate) fn show_dialog(id: &str) {
    if let Some(dialog) = dialog(id).filter(|dialog| !dialog.open()) {
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog.
pub(crate) fn close_dialog(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}
