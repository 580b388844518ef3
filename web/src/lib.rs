//! The page: two worlds side by side, drawn with Yew.
//!
//! `model` is the page's whole logic and knows no browser; `effects` holds every call to the
//! browser; `components` turn view data into elements, one file each.

mod app;
mod components;
mod effects;
mod model;

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the page; the loader calls it once the module is there.
#[wasm_bindgen(start)]
pub fn start() {
    effects::report_panics();
    app::begin();
}
