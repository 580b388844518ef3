//! The page in a real browser. `cargo xtask test` builds and serves it first.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::browser::Browser;

/// How long playing an incident may take here; no claim about speed.
const LONG: Duration = Duration::from_secs(180);
/// The scenario's end.
const TWO_HOURS_MS: &str = "7200000";
/// Random runs whose fingerprints are compared between wasm and native.
const SEEDS: u64 = 200;

#[test]
fn page_opens_ready_to_play_and_without_a_word_on_the_console() -> Result<()> {
    let browser = Browser::open("opens")?;
    browser.resize(1440, 900)?;
    browser.test_id("play-all")?;
    ensure!(browser.title()?.contains("RegionScope"), "titled {:?}", browser.title()?);
    ensure!(elapsed(&browser)? == "0", "the run stands at its beginning");
    browser.screenshot("opens")?;
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
}

#[test]
fn incident_ends_with_tables_missing_in_one_world_and_all_there_in_the_other() -> Result<()> {
    let browser = Browser::open("incident")?;
    browser.resize(1440, 900)?;
    play_to_the_end(&browser)?;
    let missing = |world: usize| {
        let script = "const cell = `td:nth-of-type(${arguments[0] + 1})[data-available='0']`;
            return [...document.querySelectorAll(`[data-testid=tables] tr:has(${cell})`)]
                .map(row => row.dataset.table).sort().join(' ');";
        browser.execute(script, &[json!(world)])
    };
    ensure!(missing(0)? == "tpcc.order_line tpcc.stock", "in 8.5.2: {:?}", missing(0)?);
    ensure!(missing(1)? == "", "in 8.5.8: {:?}", missing(1)?);
    let headline = browser.test_id("headline-0")?.text()?;
    ensure!(headline.contains("2 tables unavailable"), "8.5.2 says {headline:?}");
    let headline = browser.test_id("headline-1")?.text()?;
    ensure!(headline.contains("all tables available"), "8.5.8 says {headline:?}");
    browser.screenshot("incident")?;
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
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
fn wrong_command_is_refused_in_the_tools_words_and_changes_nothing() -> Result<()> {
    let browser = Browser::open("refusal")?;
    let before = state(&browser)?;
    for (typed, answer) in [
        ("stop store 77", "no store 77 here"),
        ("ALTER TABLE tpcc.nope SET TIFLASH REPLICA 1;", "Table 'tpcc.nope' doesn't exist"),
        (
            "ALTER TABLE tpcc.stock SET TIFLASH REPLICA 3;",
            "the tiflash replica count: 3 should be less than the total tiflash server count: 2",
        ),
        ("pd-ctl unsafe remove-failed-stores", "Failed store ids are not specified"),
        ("frobnicate", "frobnicate"),
    ] {
        let input = browser.test_id("console-input")?;
        input.send_keys(typed)?;
        input.send_keys("\u{e007}")?;
        let output = browser.test_id("console-output")?;
        browser.wait_until(format!("an answer to {typed}: {answer:?}"), || {
            Ok(output.text()?.contains(answer))
        })?;
    }
    ensure!(state(&browser)? == before, "a refused command has changed a world");
    Ok(())
}

#[test]
fn scrubbing_back_and_forth_finds_the_same_picture() -> Result<()> {
    let browser = Browser::open("scrubbing")?;
    play_to_the_end(&browser)?;
    let length =
        browser.execute("return +document.querySelector('[data-testid=scrubber]').max", &[])?;
    let length = length.as_f64().context("the time line has a length")?;
    let places = [0.15, 0.4, 0.55, 0.8].map(|share| (length * share).round());
    let mut pictures = Vec::new();
    for place in places {
        scrub(&browser, place)?;
        pictures.push(picture(&browser)?);
    }
    for (at, place) in places.iter().enumerate().rev() {
        scrub(&browser, *place)?;
        ensure!(picture(&browser)? == pictures[at], "another picture at place {place}");
    }
    pictures.dedup();
    ensure!(pictures.len() == places.len(), "different moments have different pictures");
    Ok(())
}

#[test]
fn keyboard_alone_plays_steps_and_asks() -> Result<()> {
    let browser = Browser::open("keyboard")?;
    browser.test_id("play")?;
    browser.execute("document.querySelector('[data-testid=step-event]').focus()", &[])?;
    browser.press('\u{e007}')?;
    browser.wait_until("an event after the beginning", || Ok(elapsed(&browser)? != "0"))?;
    browser.execute("document.querySelector('[data-testid=console-input]').focus()", &[])?;
    for key in "pd-ctl store 5".chars() {
        browser.press(key)?;
    }
    browser.press('\u{e007}')?;
    let output = browser.test_id("console-output")?;
    browser.wait_until("PD's record of store 5", || {
        Ok(output.text()?.contains("\"state_name\": \"Up\""))
    })
}

#[test]
fn same_seeds_end_at_the_same_fingerprints_in_wasm_and_natively() -> Result<()> {
    let browser = Browser::open("seeds")?;
    browser.test_id("play")?;
    for first in (0..SEEDS).step_by(20) {
        let wasm = browser.execute(
            "const [first] = arguments;
            return import('./regionscope.js').then(page => page.default().then(() =>
                Array.from({ length: 20 }, (_, seed) => page.sweep_fingerprint(first + seed))));",
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
    browser.test_id("play")?;
    for id in scenario::library::ids() {
        let scenario = scenario::library::load(id).context("it is in the library")?;
        let releases = scenario.releases;
        let mut run = scenario::Run::of_releases(scenario, &releases, None)?;
        run.run_to_end();
        let native = run.worlds().iter().map(|world| world.cluster.fingerprint());
        let native: Vec<String> = native.map(|print| format!("{print:016x}")).collect();
        let wasm = browser.execute(
            "const [id] = arguments;
            return import('./regionscope.js').then(page => page.default().then(() =>
                page.incident_fingerprints(id)));",
            &[json!(id)],
        )?;
        ensure!(wasm == native.join(" "), "{id}: {wasm} in wasm, {native:?} natively");
    }
    Ok(())
}

#[test]
fn every_incident_can_be_opened_and_begun() -> Result<()> {
    let browser = Browser::open("library")?;
    browser.test_id("incident")?;
    for id in scenario::library::ids() {
        let scenario = scenario::library::load(id).context("it is in the library")?;
        let open = "const list = document.querySelector('[data-testid=incident]');
            list.value = arguments[0];
            list.dispatchEvent(new Event('change', { bubbles: true }));";
        browser.execute(open, &[json!(id)])?;
        let opening = scenario.opening.en.as_str();
        browser.wait_until(format!("the opening of {id}"), || {
            Ok(browser.test_id("opening")?.text()? == opening)
        })?;
        for (world, release) in scenario.releases.into_iter().enumerate() {
            let shown = browser.test_id(&format!("release-{world}"))?;
            let shown = shown.attribute("data-release")?.unwrap_or_default();
            ensure!(shown == release.name(), "{id}: world {world} is {shown}, not {release}");
        }
        browser.test_id("step-event")?.click()?;
        browser.wait_until(format!("an event of {id}"), || Ok(elapsed(&browser)? != "0"))?;
    }
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
}

/// Plays all steps as fast as the page can, to the scenario's end.
fn play_to_the_end(browser: &Browser) -> Result<()> {
    browser.test_id("play-all")?;
    let fastest = "const speed = document.querySelector('[data-testid=speed]');
        speed.value = speed.options[speed.options.length - 1].value;
        speed.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.execute(fastest, &[])?;
    browser.test_id("play-all")?.click()?;
    browser.wait_longer(LONG, "the end of the run", || Ok(elapsed(browser)? == TWO_HOURS_MS))
}

/// The moment shown, in milliseconds.
fn elapsed(browser: &Browser) -> Result<String> {
    let ms = browser.test_id("elapsed")?.attribute("data-ms")?;
    ms.context("the clock says which moment is shown")
}

/// Moves the time line's handle to a place, as a finger would.
fn scrub(browser: &Browser, place: f64) -> Result<()> {
    let script = "const slider = document.querySelector('[data-testid=scrubber]');
        slider.value = arguments[0];
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        return new Promise(done => requestAnimationFrame(() => setTimeout(done, 300)));";
    browser.execute(script, &[json!(place)]).map(drop)
}

/// What both worlds are, whatever room their pictures have.
fn state(browser: &Browser) -> Result<Vec<String>> {
    let parts = ["fingerprint-0", "headline-0", "fingerprint-1", "headline-1"];
    parts.iter().map(|part| browser.test_id(part)?.text()).collect()
}

/// Both worlds as drawn.
fn picture(browser: &Browser) -> Result<Value> {
    browser.execute("return document.querySelector('.worlds').innerHTML", &[])
}
