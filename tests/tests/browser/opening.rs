//! The page opens, an incident runs to its end, and every incident of the library can be had.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::browser::Browser;

use crate::page::{elapsed, open_incident, play_to_the_end};

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
fn every_incident_can_be_opened_and_begun() -> Result<()> {
    let browser = Browser::open("library")?;
    browser.test_id("incident")?;
    for id in scenario::library::ids() {
        let scenario = scenario::library::load(id).context("it is in the library")?;
        open_incident(&browser, id)?;
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
