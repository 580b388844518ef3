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
    if let Some(root) = effects::element("app") {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}

/// The fingerprint after the ten minutes that measurements have in common, in hexadecimal.
#[wasm_bindgen]
pub fn yardstick_fingerprint() -> String {
    format!("{:016x}", scenario::yardstick::ten_minutes().fingerprint())
}

/// The fingerprints, in hexadecimal and parted by spaces, at the end of an incident under the two
/// releases that it contrasts; nothing for an id that is not in the library. The tests compare
/// them with those that the same run has natively.
#[wasm_bindgen]
pub fn incident_fingerprints(id: &str) -> String {
    let Some(scenario) = scenario::library::load(id) else { return String::new() };
    let releases = scenario.releases;
    let mut run = scenario::Run::of_releases(scenario, &releases, None)
        .expect("the incidents are built by the tests of their crate");
    run.run_to_end();
    let prints = run.worlds().iter().map(|world| world.cluster.fingerprint());
    prints.map(|print| format!("{print:016x}")).collect::<Vec<_>>().join(" ")
}

/// The fingerprint at the end of a random run, in hexadecimal: the tests compare it with the one
/// that the same seed has natively.
#[wasm_bindgen]
pub fn sweep_fingerprint(seed: u32) -> String {
    format!("{:016x}", scenario::sweep::random_run(seed.into()).fingerprint)
}
