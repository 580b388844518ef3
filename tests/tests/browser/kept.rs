//! Nothing is lost: by opening something else, by starting again, by loading the page again.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tests::browser::Browser;

use crate::page::{elapsed, open_incident, state};

/// Lets three seconds pass, by keyboard.
fn three_seconds(browser: &Browser) -> Result<()> {
    (0..3).try_for_each(|_| browser.press('.'))
}

#[test]
fn one_comes_back_to_the_run_before_another_incident_was_opened() -> Result<()> {
    let browser = Browser::open("come back")?;
    browser.test_id("play")?;
    three_seconds(&browser)?;
    let before = state(&browser)?;
    open_incident(&browser, "own-cluster")?;
    browser.wait_until("the beginning", || Ok(elapsed(&browser)? == "0"))?;
    browser.test_id("go-back")?.click()?;
    browser.wait_until("the run as it was left", || Ok(state(&browser)? == before))?;
    ensure!(browser.find_all("[data-testid=notice]")?.is_empty(), "nothing was done elsewhere");
    Ok(())
}

#[test]
fn run_that_is_begun_anew_stays_as_a_branch() -> Result<()> {
    let browser = Browser::open("begun anew")?;
    browser.test_id("play")?;
    three_seconds(&browser)?;
    let before = state(&browser)?;
    browser.test_id("restart")?.click()?;
    browser.wait_until("the beginning", || Ok(elapsed(&browser)? == "0"))?;
    browser.test_id("branch-1")?.click()?;
    browser.wait_until("the run as it was left", || Ok(state(&browser)? == before))
}

#[test]
fn scenario_of_ones_own_is_there_again_after_a_reload() -> Result<()> {
    let browser = Browser::open("own scenario")?;
    browser.test_id("open-share")?.click()?;
    let text = include_str!("../../../crates/scenario/tests/small.scn");
    browser.type_all("paste", text)?;
    browser.test_id("open-pasted")?.click()?;
    let opening = || browser.test_id("opening")?.text();
    browser.wait_until("the scenario", || Ok(opening()?.starts_with("One region,")))?;
    three_seconds(&browser)?;
    let before = state(&browser)?;
    browser.execute("location.reload()", &[])?;
    browser.test_id("notice")?;
    browser.wait_until("the run as it was left", || Ok(state(&browser)? == before))?;
    ensure!(opening()?.starts_with("One region,"), "{}", opening()?);
    Ok(())
}

#[test]
fn cluster_is_built_by_forms_that_come_to_commands() -> Result<()> {
    let browser = Browser::open("build")?;
    browser.test_id("play")?;
    open_incident(&browser, "own-cluster")?;
    let lanes = "return document.querySelectorAll('#matrix-0 .lane').length";
    browser.wait_until("four stores", || Ok(browser.execute(lanes, &[])? == 4))?;
    browser.test_id("open-build")?.click()?;
    browser.type_all("store-zone", "z9")?;
    let line = "return document.querySelector('[data-testid=build-store] code').textContent";
    browser.wait_until("the line", || {
        Ok(browser.execute(line, &[])? == "add store 5 tikv zone z9 address 10.0.9.1:20160")
    })?;
    browser.screenshot("build")?;
    browser.test_id("do-store")?.click()?;
    browser.wait_until("a fifth store", || Ok(browser.execute(lanes, &[])? == 5))?;
    let told = browser.test_id("last-answer")?.text()?;
    ensure!(told.contains("add store 5 tikv zone z9"), "{told}");
    ensure!(browser.find_all("#keys-sheet[open]")?.is_empty(), "the sheet stays open");
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
}

/// How long replicas may take here; no claim about speed.
const LONG: Duration = Duration::from_secs(60);

/// How many rows of the first world's table belong to the table of this name.
const REGIONS_OF: &str = "return [...document.querySelectorAll('#world-0 .twin tbody tr')]
    .filter(row => row.cells[1].textContent === arguments[0]).length";

/// Opens the forms, gives what is to be given, and submits the form of this name by keyboard.
fn submit(browser: &Browser, form: &str, given: &[(&str, &str)]) -> Result<()> {
    browser.test_id("open-build")?.click()?;
    browser.test_id(&format!("build-{form}"))?;
    for (field, value) in given {
        browser.type_all(&format!("{form}-{field}"), value)?;
    }
    let focus = "const it = document.querySelector(`[data-testid=\"do-${arguments[0]}\"]`);
        it.focus();
        return document.activeElement === it;";
    browser.wait_until("the focus on the button", || {
        Ok(browser.execute(focus, &[json!(form)])? == true)
    })?;
    browser.press('\u{e007}')?;
    browser.wait_until("a sheet that is closed", || {
        Ok(browser.find_all("#keys-sheet[open]")?.is_empty())
    })
}

#[test]
fn tables_are_created_split_replicated_and_dropped_by_forms() -> Result<()> {
    let browser = Browser::open("build tables")?;
    browser.test_id("play")?;
    open_incident(&browser, "own-cluster")?;
    let regions = || browser.execute(REGIONS_OF, &[json!("test.t1")]);
    let answered = |words: &str| {
        browser.wait_until(format!("an answer with {words}"), || {
            Ok(browser.test_id("last-answer")?.text()?.contains(words))
        })
    };
    browser.wait_until("a cluster without the table", || Ok(regions()? == 0))?;
    submit(&browser, "table", &[])?;
    answered("CREATE TABLE test.t1;")?;
    browser.test_id("play")?.click()?;
    browser.wait_until("the table's first region", || Ok(regions()? == 1))?;
    submit(&browser, "spread", &[("table", "test.t1"), ("regions", "5")])?;
    answered("SPLIT TABLE test.t1 BETWEEN (0) AND (10000) REGIONS 5;")?;
    browser.wait_until("its five regions and that of its index", || {
        Ok(5 <= regions()?.as_u64().unwrap_or(0))
    })?;
    // What cannot be had is refused beside the console, in TiDB's words, and changes nothing.
    submit(&browser, "replicas", &[("table", "test.t1"), ("count", "2")])?;
    answered("should be less than the total tiflash server count: 1")?;
    submit(&browser, "store", &[("engine", "tiflash")])?;
    answered("add store 5 tiflash")?;
    submit(&browser, "replicas", &[("table", "test.t1"), ("count", "2")])?;
    browser.execute("document.querySelector('#tab-tables').click()", &[])?;
    let replicas = "return document.querySelector('#sheet').textContent";
    browser.wait_longer(LONG, "replicas that are there", || {
        let told = browser.execute(replicas, &[])?;
        Ok(told.as_str().is_some_and(|told| told.contains("test.t1") && told.contains("100")))
    })?;
    submit(&browser, "drop", &[("table", "test.t1")])?;
    browser.wait_until("no table", || Ok(regions()? == 0))?;
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
}

#[test]
fn keys_of_one_character_are_switched_off_among_the_settings_and_stay_off() -> Result<()> {
    let browser = Browser::open("settings keys")?;
    browser.test_id("open-settings")?.click()?;
    browser.test_id("shortcuts-off")?.click()?;
    let off = |browser: &Browser| browser.test_id("shortcuts-off")?.attribute("aria-pressed");
    browser.wait_until("the switch", || Ok(off(&browser)?.as_deref() == Some("true")))?;
    browser.visit("")?;
    browser.test_id("play")?;
    ensure!(off(&browser)?.as_deref() == Some("true"), "it is forgotten");
    browser.press('.')?;
    ensure!(elapsed(&browser)? == "0", "a key that is off lets time pass");
    browser.test_id("open-settings")?.click()?;
    browser.test_id("shortcuts-on")?.click()?;
    browser.execute("document.activeElement.blur()", &[])?;
    browser.press('\u{e00c}')?;
    browser.press('.')?;
    browser.wait_until("a second", || Ok(elapsed(&browser)? == "1000"))
}
