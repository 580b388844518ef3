//! The region graph: what is held lights up in every world, regions are found, and each form can be
//! walked by keys alone.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::browser::Browser;

/// A page with both worlds' regions.
fn open(test: &str) -> Result<Browser> {
    let browser = Browser::open(test)?;
    browser.find("#matrix-1 .region")?;
    Ok(browser)
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
    let browser = open("held store")?;
    click(&browser, "#matrix-0 .lane[data-store='502'] .lane-id")?;
    browser.wait_until("the lane of each world", || Ok(browser.count(".lane.held")? == 2))?;
    let (kin, all) = (browser.count(".region.of-held")?, browser.count(".region")?);
    ensure!(0 < kin && kin < all, "{kin} of {all} rows belong to it");
    focus(&browser, "#matrix-0 svg.matrix")?;
    browser.press('\u{e00c}')?;
    browser.wait_until("nothing is held", || Ok(browser.count(".lane.held")? == 0))
}

/// Where the row of a region and the lane of a store cross in the first world; a share of 1 is the
/// lane's right edge.
const CROSSING: &str = "const [region, store, share] = arguments;
    const row = document.querySelector(`#matrix-0 [data-region='${region}'] .back`);
    const lane = document.querySelector(`#matrix-0 .lane[data-store='${store}'] .strip`);
    const [r, l] = [row.getBoundingClientRect(), lane.getBoundingClientRect()];
    return [l.x + l.width * share, r.y + r.height / 2]";

#[test]
fn pointer_finds_the_peer_where_row_and_lane_cross() -> Result<()> {
    let browser = open("peers")?;
    let crossing = |share: f64| -> Result<(f64, f64)> {
        let arguments = [json!(52894), json!(502), json!(share)];
        let at = browser.execute(CROSSING, &arguments)?;
        let number = |value: &serde_json::Value| value.as_f64().context("a coordinate");
        Ok((number(&at[0])?, number(&at[1])?))
    };
    browser.mouse(crossing(0.5)?, false)?;
    let lit = || -> Result<_> { Ok((browser.count(".region.lit")?, browser.count(".lane.lit")?)) };
    browser.wait_until("the peer lit in both worlds", || Ok(lit()? == (2, 2)))?;
    let spot = browser.find("#matrix-1 .spot.of-lit")?.attribute("d")?.unwrap_or_default();
    ensure!(!spot.is_empty(), "its place is not lit");
    browser.mouse(crossing(0.5)?, true)?;
    let held =
        || -> Result<_> { Ok((browser.count(".region.held")?, browser.count(".lane.held")?)) };
    browser.wait_until("the peer held in both worlds", || Ok(held()? == (2, 2)))?;
    browser.mouse(crossing(1.0)?, true)?;
    browser.wait_until("between lanes the region", || Ok(held()? == (2, 0)))?;
    browser.mouse(crossing(-5.0)?, false)?;
    browser.wait_until("at its name the region alone", || Ok(lit()? == (2, 0)))
}

#[test]
fn filter_folds_the_rows_and_says_how_many_there_are() -> Result<()> {
    let browser = open("filter")?;
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
    let browser = open("map")?;
    let all = browser.count("#matrix-0 .region")?;
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
