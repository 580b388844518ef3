//! The region graph: what is held lights up in every world, regions are found, and each form can be
//! walked by keys alone.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::browser::Browser;

/// The number of elements that a selector finds.
fn count(browser: &Browser, selector: &str) -> Result<u64> {
    let script = "return document.querySelectorAll(arguments[0]).length";
    Ok(browser.execute(script, &[json!(selector)])?.as_u64().unwrap_or(0))
}

/// Clicks on the first element of a selector, which may be a part of a picture.
fn click(browser: &Browser, selector: &str) -> Result<()> {
    let script = "document.querySelector(arguments[0])
        .dispatchEvent(new MouseEvent('click', { bubbles: true }))";
    browser.execute(script, &[json!(selector)]).map(drop)
}

fn focus(browser: &Browser, selector: &str) -> Result<()> {
    browser.execute("document.querySelector(arguments[0]).focus()", &[json!(selector)]).map(drop)
}

#[test]
fn held_store_lights_up_in_both_worlds() -> Result<()> {
    let browser = Browser::open("held store")?;
    browser.test_id("play")?;
    click(&browser, "#matrix-0 .lane[data-store='502'] .lane-id")?;
    browser.wait_until("the lane of each world", || Ok(count(&browser, ".lane.held")? == 2))?;
    let (kin, all) = (count(&browser, ".region.of-held")?, count(&browser, ".region")?);
    ensure!(0 < kin && kin < all, "{kin} of {all} rows belong to it");
    focus(&browser, "#matrix-0 svg.matrix")?;
    browser.press('\u{e00c}')?;
    browser.wait_until("nothing is held", || Ok(count(&browser, ".lane.held")? == 0))
}

#[test]
fn filter_folds_the_rows_and_says_how_many_there_are() -> Result<()> {
    let browser = Browser::open("filter")?;
    browser.test_id("play")?;
    let all = count(&browser, "#matrix-0 .region")?;
    browser.press('/')?;
    for key in "stock".chars() {
        browser.press(key)?;
    }
    let said = || browser.test_id("filter-said")?.text();
    browser.wait_until("a count", || Ok(said()?.contains(&format!("of {all}"))))?;
    let found = count(&browser, "#matrix-0 .region")?;
    ensure!(0 < found && found < all, "{found} of {all}");
    ensure!(said()?.starts_with(&format!("{found} ")), "{}", said()?);
    for key in " ghots".chars() {
        browser.press(key)?;
    }
    browser.wait_until("what would be right", || Ok(said()?.contains("try ghost")))?;
    browser.press('\u{e00c}')?;
    browser.wait_until("all rows again", || Ok(count(&browser, "#matrix-0 .region")? == all))
}

#[test]
fn map_and_strip_are_walked_by_keys_and_the_form_is_remembered() -> Result<()> {
    let browser = Browser::open("map")?;
    let all = {
        browser.test_id("play")?;
        count(&browser, "#matrix-0 .region")?
    };
    browser.test_id("form-map")?.click()?;
    browser.wait_until("every region", || Ok(count(&browser, "#map-0 .map-region")? == all))?;
    focus(&browser, "#map-0")?;
    browser.press('\u{e014}')?;
    browser.wait_until("PD in both worlds", || Ok(count(&browser, ".map-pd.held")? == 2))?;
    browser.press('\u{e013}')?;
    browser.wait_until("a table", || Ok(count(&browser, ".map-table.held")? == 2))?;
    for key in ['-', '-'] {
        browser.press(key)?;
    }
    browser.wait_until("no region from far", || Ok(count(&browser, ".map-region")? == 0))?;
    browser.visit("")?;
    browser.wait_until("the map again", || Ok(count(&browser, "#map-1")? == 1))?;
    browser.test_id("form-heat")?.click()?;
    focus(&browser, "#heat-0")?;
    browser.press('\u{e014}')?;
    browser.press('\u{e007}')?;
    browser.wait_until("a region", || {
        Ok(count(&browser, ".heat-cursor[aria-selected='true']")? >= 1)
    })?;
    // But for the names, which only cells as few and as large as these have.
    let named = count(&browser, "#heat-0 .heat-name, #heat-0 .heat-name *")?;
    ensure!(count(&browser, "#heat-0 *")? < 60 + named, "cells of a kind are one element");
    ensure!(count(&browser, "#heat-0 .heat-name")? == 30, "each of so few cells has its name");
    Ok(())
}
