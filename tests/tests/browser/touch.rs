//! A finger, on a phone: what is tapped is held, a long press opens the menu, two fingers zoom the
//! map, and the time line follows.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::{browser::Browser, engine::Engine};

use crate::page::elapsed;

/// A phone with the page; none where the driver has no fingers.
fn phone(test: &str) -> Result<Option<Browser>> {
    let browser = Browser::open(test)?;
    if browser.engine() == Engine::WebKit {
        eprintln!("left out: WebKit's driver has no fingers");
        return Ok(None);
    }
    browser.resize(390, 844)?;
    browser.test_id("play-all")?;
    Ok(Some(browser))
}

/// The middle of the first element of a selector, once that is in sight.
fn middle(browser: &Browser, selector: &str) -> Result<(f64, f64)> {
    browser.find(selector)?;
    let script = "const it = document.querySelector(arguments[0]);
        it.scrollIntoView({ block: 'center', inline: 'center' });
        const box = it.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];";
    let at = browser.execute(script, &[json!(selector)])?;
    let number = |value: &Value| value.as_f64().context("a coordinate");
    Ok((number(&at[0])?, number(&at[1])?))
}

fn tap(browser: &Browser, selector: &str) -> Result<()> {
    let at = middle(browser, selector)?;
    browser.touch(&[&[at]], 20)
}

#[test]
fn a_tap_holds_a_store_and_a_long_press_opens_its_menu() -> Result<()> {
    let Some(browser) = phone("touch")? else { return Ok(()) };
    let store = "#matrix-0 .lane[data-store='5'] .lane-id";
    tap(&browser, store)?;
    browser.wait_until("the held store", || Ok(browser.count(".lane.held")? == 2))?;
    let at = middle(&browser, store)?;
    browser.touch(&[&[at]], 900)?;
    let menu = browser.test_id("menu")?;
    ensure!(menu.text()?.contains("stop store 5"), "{}", menu.text()?);
    browser.screenshot("touch-menu")?;
    ensure!(browser.count(".lane.gone")? == 0, "the finger that opened it has chosen");
    tap(&browser, "[data-testid=menu] .menu-item")?;
    browser.wait_until("a stopped store in both worlds", || {
        Ok(browser.count(".lane.gone[data-store='5']")? == 2)
    })?;
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
}

#[test]
fn two_fingers_zoom_the_map_and_one_moves_it() -> Result<()> {
    let Some(browser) = phone("pinch")? else { return Ok(()) };
    tap(&browser, "[data-testid=form-map]")?;
    let (x, y) = middle(&browser, "#map-0")?;
    let moved = || -> Result<String> {
        let script = "return document.querySelector('#map-0 > g').getAttribute('transform')";
        Ok(browser.execute(script, &[])?.as_str().unwrap_or_default().to_owned())
    };
    let whole = moved()?;
    browser.touch(&[&[(x - 20.0, y), (x - 90.0, y)], &[(x + 20.0, y), (x + 90.0, y)]], 200)?;
    browser.wait_until("a nearer map", || Ok(moved()? != whole))?;
    let near = moved()?;
    ensure!(near.contains("scale"), "{near}");
    browser.touch(&[&[(x, y), (x + 60.0, y + 30.0)]], 200)?;
    browser.wait_until("another part of it", || Ok(moved()? != near))?;
    ensure!(browser.count(".map-art .held")? == 0, "a drag holds nothing");
    Ok(())
}

#[test]
fn a_finger_moves_along_the_time_line_and_terms_explain_themselves() -> Result<()> {
    let Some(browser) = phone("touch time")? else { return Ok(()) };
    for _ in 0..20 {
        browser.press('.')?;
    }
    browser.wait_until("twenty seconds", || Ok(elapsed(&browser)? == "20000"))?;
    tap(&browser, "[data-testid=scrubber]")?;
    let back = || -> Result<u64> { Ok(elapsed(&browser)?.parse()?) };
    // Quiet stretches are drawn short: the middle of the line is some moment in between.
    browser.wait_until("a moment in between", || Ok((1_000..19_000).contains(&back()?)))?;
    browser.screenshot("touch-time")?;
    tap(&browser, "[data-testid=to-now]")?;
    browser.wait_until("the newest moment", || Ok(back()? == 20_000))?;
    tap(&browser, "#world-0 [data-term='unsafe-recovery']")?;
    browser.wait_until("what the term means", || Ok(browser.count("#tip:not([hidden])")? == 1))?;
    // Everything of the page is wide enough for a phone.
    let wide = "return document.documentElement.scrollWidth <= innerWidth";
    ensure!(browser.execute(wide, &[])? == true, "the page is wider than the phone");
    Ok(())
}
