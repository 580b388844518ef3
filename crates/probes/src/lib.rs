//! What the tests and benches ask of the simulation in wasm: a module of its own, compiled from the
//! same crates under the same profile as the page's, and loaded beside the page.

use wasm_bindgen::prelude::wasm_bindgen;

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
