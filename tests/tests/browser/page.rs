//! The page in the words of these tests: play, scrub, read what it shows.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::browser::Browser;

/// How long playing an incident may take here; no claim about speed.
const LONG: Duration = Duration::from_secs(180);
/// The scenario's end.
const TWO_HOURS_MS: &str = "7200000";

/// Plays all steps as fast as the page can, to the scenario's end.
pub(crate) fn play_to_the_end(browser: &Browser) -> Result<()> {
    browser.test_id("play-all")?;
    let fastest = "const speed = document.querySelector('[data-testid=speed]');
        speed.value = speed.options[speed.options.length - 1].value;
        speed.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.execute(fastest, &[])?;
    browser.test_id("play-all")?.click()?;
    browser.wait_longer(LONG, "the end of the run", || Ok(elapsed(browser)? == TWO_HOURS_MS))
}

/// The moment shown, in milliseconds.
pub(crate) fn elapsed(browser: &Browser) -> Result<String> {
    let ms = browser.test_id("elapsed")?.attribute("data-ms")?;
    ms.context("the clock says which moment is shown")
}

/// Moves the time line's handle to a place, as a finger would.
pub(crate) fn scrub(browser: &Browser, place: f64) -> Result<()> {
    let script = "const slider = document.querySelector('[data-testid=scrubber]');
        slider.value = arguments[0];
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        return new Promise(done => requestAnimationFrame(() => setTimeout(done, 300)));";
    browser.execute(script, &[json!(place)]).map(drop)
}

/// Opens an incident of the list.
pub(crate) fn open_incident(browser: &Browser, id: &str) -> Result<()> {
    browser.type_all("incident", id)
}

/// What both worlds are, whatever room their pictures have.
pub(crate) fn state(browser: &Browser) -> Result<Vec<String>> {
    let parts = ["fingerprint-0", "headline-0", "fingerprint-1", "headline-1"];
    parts.iter().map(|part| browser.test_id(part)?.text()).collect()
}

/// Both worlds as drawn.
pub(crate) fn picture(browser: &Browser) -> Result<Value> {
    browser.execute("return document.querySelector('.worlds').innerHTML", &[])
}

/// Presses the button of a preference, such as `lang` and `en`.
pub(crate) fn choose(browser: &Browser, preference: &str, value: &str) -> Result<()> {
    let script =
        "document.querySelector(`[data-testid=\"${arguments[0]}-${arguments[1]}\"]`).click();
        return new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)));";
    browser.test_id(&format!("{preference}-{value}"))?;
    browser.execute(script, &[json!(preference), json!(value)]).map(drop)
}
