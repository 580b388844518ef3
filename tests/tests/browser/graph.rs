//! The region graph: what is held lights up in every world, regions are found, and each form can be
//! walked by keys alone.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::browser::Browser;

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
    browser.wait_until("the lane of each world", || Ok(browser.count(".lane.held")? == 2))?;
    let (kin, all) = (browser.count(".region.of-held")?, browser.count(".region")?);
    ensure!(0 < kin && kin < all, "{kin} of {all} rows belong to it");
    focus(&browser, "#matrix-0 svg.matrix")?;
    browser.press('\u{e00c}')?;
    browser.wait_until("nothing is held", || Ok(browser.count(".lane.held")? == 0))
}

#[test]
fn filter_folds_the_rows_and_says_how_many_there_are() -> Result<()> {
    let browser = Browser::open("filter")?;
    browser.test_id("play")?;
    let all = browser.count("#matrix-0 .region")?;
    browser.press('/')?;
    for key in "stock".chars() {
        browser.press(key)?;
    }
    let said = || browser.test_id("filter-said")?.text();
    browser.wait_until("a count", || Ok(said()?.contains(&format!("of {all}"))))?;
    let found = browser.count("#matrix-0 .region")?;
    ensure!(0 < found && found < all, "{found} of {all}");
    ensure!(said()?.starts_with(&format!("{found} ")), "{}", said()?);
    for key in " ghots".chars() {
        browser.press(key)?;
    }
    browser.wait_until("what would be right", || Ok(said()?.contains("try ghost")))?;
    browser.press('\u{e00c}')?;
    browser.wait_until("all rows again", || Ok(browser.count("#matrix-0 .region")? == all))
}

#[test]
fn map_and_strip_are_walked_by_keys_and_the_form_is_remembered() -> Result<()> {
    let browser = Browser::open("map")?;
    let all = {
        browser.test_id("play")?;
        browser.count("#matrix-0 .region")?
    };
    browser.test_id("form-map")?.click()?;
    browser.wait_until("every region", || Ok(browser.count("#map-0 .map-region")? == all))?;
    focus(&browser, "#map-0")?;
    browser.press('\u{e014}')?;
    browser.wait_until("PD in both worlds", || Ok(browser.count(".map-pd.held")? == 2))?;
    browser.press('\u{e013}')?;
    browser.wait_until("a table", || Ok(browser.count(".map-table.held")? == 2))?;
    for key in ['-', '-'] {
        browser.press(key)?;
    }
    browser.wait_until("no region from far", || Ok(browser.count(".map-region")? == 0))?;
    browser.visit("")?;
    browser.wait_until("the map again", || Ok(browser.count("#map-1")? == 1))?;
    browser.test_id("form-heat")?.click()?;
    focus(&browser, "#heat-0")?;
    browser.press('\u{e014}')?;
    browser.press('\u{e007}')?;
    browser
        .wait_until("a region", || Ok(browser.count(".heat-cursor[aria-selected='true']")? >= 1))?;
    // But for the names, which only cells as few and as large as these have.
    let named = browser.count("#heat-0 .heat-name, #heat-0 .heat-name *")?;
    ensure!(browser.count("#heat-0 *")? < 60 + named, "cells of a kind are one element");
    ensure!(browser.count("#heat-0 .heat-name")? == 30, "each of so few cells has its name");
    Ok(())
}
