//! What runs in WebAssembly is what runs natively, to the bit.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::browser::Browser;

use crate::page::play_to_the_end;

/// Random runs whose fingerprints are compared between wasm and native.
const SEEDS: u64 = 200;

/// Loads the module that is laid beside the page for these tests.
fn load_probes(browser: &Browser) -> Result<()> {
    browser.test_id("play")?;
    let script = "const start = document.createElement('script');
        start.type = 'module';
        start.src = 'probes/start.js';
        document.head.append(start);";
    browser.execute(script, &[])?;
    browser.wait_until("the probes' exports", || {
        Ok(browser.execute("return typeof probes === 'object'", &[])? == true)
    })
}

#[test]
fn page_and_command_line_end_at_the_same_fingerprints() -> Result<()> {
    let browser = Browser::open("fingerprints")?;
    play_to_the_end(&browser)?;
    let scenario = scenario::library::load("tikv-18440").context("it is in the library")?;
    let releases = [sim::Release::V8_5_2, sim::Release::V8_5_8];
    let mut native = scenario::Run::of_releases(scenario, &releases, None)?;
    native.run_to_end();
    for (world, native) in native.worlds().iter().enumerate() {
        let shown = browser.test_id(&format!("fingerprint-{world}"))?.text()?;
        let native = format!("{:016x}", native.cluster.fingerprint());
        ensure!(shown == native, "world {world}: {shown} in the page, {native} natively");
    }
    Ok(())
}

#[test]
fn same_seeds_end_at_the_same_fingerprints_in_wasm_and_natively() -> Result<()> {
    let browser = Browser::open("seeds")?;
    load_probes(&browser)?;
    for first in (0..SEEDS).step_by(20) {
        let wasm = browser.execute(
            "const [first] = arguments;
            return Array.from({ length: 20 },
                (_, seed) => probes.sweep_fingerprint(first + seed));",
            &[json!(first)],
        )?;
        for (offset, wasm) in wasm.as_array().context("a list of fingerprints")?.iter().enumerate()
        {
            let seed = first + offset as u64;
            let native = scenario::sweep::random_run(seed).fingerprint;
            ensure!(
                *wasm == format!("{native:016x}"),
                "seed {seed}: {wasm} in wasm, {native:016x}"
            );
        }
    }
    Ok(())
}

#[test]
fn every_incident_ends_at_the_same_fingerprints_in_wasm_and_natively() -> Result<()> {
    let browser = Browser::open("incidents")?;
    load_probes(&browser)?;
    for id in scenario::library::ids() {
        let scenario = scenario::library::load(id).context("it is in the library")?;
        let releases = scenario.releases;
        let mut run = scenario::Run::of_releases(scenario, &releases, None)?;
        run.run_to_end();
        let native = run.worlds().iter().map(|world| world.cluster.fingerprint());
        let native: Vec<String> = native.map(|print| format!("{print:016x}")).collect();
        let wasm =
            browser.execute("return probes.incident_fingerprints(arguments[0]);", &[json!(id)])?;
        ensure!(wasm == native.join(" "), "{id}: {wasm} in wasm, {native:?} natively");
    }
    Ok(())
}
