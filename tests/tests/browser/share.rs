//! Sharing: links and addresses open the run they hold, what is wrong is told and opens nothing,
//! and no name does anything.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::browser::Browser;

use crate::page::{elapsed, state};

#[test]
fn addresses_and_links_open_the_same_run() -> Result<()> {
    let browser = Browser::open("share")?;
    browser.visit("?incident=pd-9624&at=5000")?;
    browser.wait_until("the moment of the address", || Ok(elapsed(&browser)? == "5000"))?;
    let before = state(&browser)?;
    browser.test_id("open-share")?.click()?;
    let link = browser.test_id("share-link")?.property("value")?;
    let fragment = link.as_str().and_then(|link| link.split_once('#')).context("it is a link")?.1;
    browser.press('\u{e00c}')?;
    browser.test_id("step-event")?.click()?;
    browser.wait_until("another moment", || Ok(elapsed(&browser)? != "5000"))?;
    // The fragment alone changes: the page stays, and opens it.
    let go = "location.hash = arguments[0]";
    browser.execute(go, &[json!(fragment)])?;
    browser.wait_until("the moment of the link", || Ok(elapsed(&browser)? == "5000"))?;
    ensure!(state(&browser)? == before, "the link holds another run");
    Ok(())
}

#[test]
fn what_is_wrong_is_told_and_opens_nothing() -> Result<()> {
    let browser = Browser::open("share-wrong")?;
    browser.test_id("play")?;
    let before = state(&browser)?;
    let wrong = [("?incident=<b>x", "no incident"), ("?#v1.AAAA!", "`!`"), ("?#v7.A", "newer")];
    for (rest, told) in wrong {
        browser.visit(rest)?;
        browser.wait_until(format!("a notice that says {told}"), || {
            Ok(browser.test_id("share-notice")?.text()?.contains(told))
        })?;
        ensure!(state(&browser)? == before, "{rest} has changed the page");
    }
    Ok(())
}

#[test]
fn the_dialog_is_closed_by_escape_and_gives_the_focus_back() -> Result<()> {
    let browser = Browser::open("share-keys")?;
    browser.test_id("open-share")?;
    browser.execute("document.querySelector('[data-testid=open-share]').focus()", &[])?;
    browser.press('\u{e007}')?;
    browser.test_id("copy-link")?;
    browser.press('\u{e00c}')?;
    let focus = "return document.activeElement.dataset.testid ?? ''";
    browser
        .wait_until("the focus on the button", || Ok(browser.execute(focus, &[])? == "open-share"))
}

#[test]
fn no_name_is_markup() -> Result<()> {
    let browser = Browser::open("share-names")?;
    browser.test_id("open-share")?.click()?;
    let harm = "<img/src=x/onerror=window.smuggled=1>";
    let text = include_str!("../../../crates/scenario/tests/small.scn")
        .replace("zone dc1", &format!("zone {harm}"))
        .replace("One region,", &format!("{harm} region,"));
    browser.type_all("paste", &text)?;
    browser.test_id("open-pasted")?.click()?;
    browser.wait_until("the scenario's own words", || {
        Ok(browser.test_id("opening")?.text()?.contains(harm))
    })?;
    let ran = "return [document.querySelectorAll('img').length, window.smuggled ?? 0]";
    ensure!(browser.execute(ran, &[])? == json!([0, 0]), "a name has become an element");
    Ok(())
}
