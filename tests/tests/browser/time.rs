//! Going back and forth in time.

use anyhow::{Context, Result, ensure};
use tests::browser::Browser;

use crate::page::{elapsed, picture, play_to_the_end, scrub, state};

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

/// Types a line in the console, and leaves the console.
fn command(browser: &Browser, line: &str) -> Result<()> {
    let input = browser.test_id("console-input")?;
    input.send_keys(line)?;
    input.send_keys("\u{e007}")?;
    browser.execute("document.activeElement.blur()", &[]).map(drop)
}

/// Waits until a run that is lived through again is on the screen.
fn settle(browser: &Browser) -> Result<()> {
    browser.wait_until("an end of the replay", || {
        Ok(browser.find_all("[data-testid=reliving]")?.is_empty())
    })
}

/// Lets three seconds pass, by keyboard.
fn three_seconds(browser: &Browser) -> Result<()> {
    (0..3).try_for_each(|_| browser.press('.'))
}

#[test]
fn a_command_in_the_past_branches_off_and_both_futures_can_be_looked_at() -> Result<()> {
    let browser = Browser::open("branches")?;
    browser.test_id("play")?;
    three_seconds(&browser)?;
    command(&browser, "stop store 6")?;
    three_seconds(&browser)?;
    let old = state(&browser)?;
    ensure!(elapsed(&browser)? == "6000", "six seconds, not {} ms", elapsed(&browser)?);
    for _ in 0..5 {
        browser.press(',')?;
    }
    ensure!(elapsed(&browser)? == "1000", "one looks back to {} ms", elapsed(&browser)?);
    command(&browser, "stop store 5")?;
    settle(&browser)?;
    browser.test_id("branch-2")?;
    ensure!(elapsed(&browser)? == "1000", "the branch begins at the moment looked at");
    three_seconds(&browser)?;
    browser.screenshot("branches")?;
    let new = state(&browser)?;
    ensure!(old != new, "the two futures are the same");
    browser.test_id("branch-1")?.click()?;
    browser.wait_until("the old future", || Ok(state(&browser)? == old))?;
    browser.test_id("history")?.click()?;
    let sheet = browser.test_id("sheet")?.text()?;
    ensure!(sheet.contains("stop store 5") && sheet.contains("stop store 6"), "{sheet}");
    browser.test_id("delete-2")?.click()?;
    browser.test_id("close-sheet")?.click()?;
    browser
        .wait_until("a closed sheet", || Ok(browser.find_all("#keys-sheet[open]")?.is_empty()))?;
    ensure!(browser.find_all("[data-testid=branch-2]")?.is_empty(), "the branch is still there");
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
}

#[test]
fn a_command_is_undone_and_done_again_by_buttons() -> Result<()> {
    let browser = Browser::open("undo")?;
    browser.test_id("play")?;
    three_seconds(&browser)?;
    let before = state(&browser)?;
    command(&browser, "stop store 6")?;
    let after = state(&browser)?;
    ensure!(before != after, "the command has changed nothing");
    browser.test_id("undo")?.click()?;
    settle(&browser)?;
    ensure!(state(&browser)? == before, "not as it was before the command");
    browser.test_id("redo")?.click()?;
    settle(&browser)?;
    ensure!(state(&browser)? == after, "not as it was after the command");
    Ok(())
}

#[test]
fn a_page_that_is_loaded_again_goes_on_with_its_run_or_starts_afresh() -> Result<()> {
    let browser = Browser::open("reload")?;
    browser.test_id("play")?;
    three_seconds(&browser)?;
    command(&browser, "stop store 6")?;
    let before = state(&browser)?;
    browser.execute("location.reload()", &[])?;
    browser.test_id("notice")?;
    settle(&browser)?;
    ensure!(state(&browser)? == before, "another run than before");
    browser.test_id("afresh")?.click()?;
    browser.wait_until("the beginning", || Ok(elapsed(&browser)? == "0"))?;
    ensure!(browser.find_all("[data-testid=notice]")?.is_empty(), "the notice is still there");
    Ok(())
}

#[test]
fn four_worlds_live_through_the_same_and_one_can_go() -> Result<()> {
    let browser = Browser::open("worlds")?;
    browser.resize(1440, 900)?;
    browser.test_id("play")?;
    three_seconds(&browser)?;
    for (copied, worlds) in [(0, 3), (1, 4)] {
        browser.test_id(&format!("copy-world-{copied}"))?.click()?;
        browser.test_id(&format!("world-{}", worlds - 1))?;
    }
    ensure!(browser.find_all("[data-testid^=copy-world]")?.is_empty(), "a fifth is offered");
    let print = |world: usize| browser.test_id(&format!("fingerprint-{world}"))?.text();
    ensure!(print(0)? == print(2)? && print(1)? == print(3)?, "a copy lives through other things");
    browser.screenshot("four-worlds")?;
    browser.test_id("remove-world-0")?.click()?;
    browser.wait_until("three worlds", || Ok(browser.find_all("section.world")?.len() == 3))
}

#[test]
fn keys_of_one_character_can_be_switched_off() -> Result<()> {
    let browser = Browser::open("shortcuts")?;
    browser.test_id("play")?;
    browser.press('?')?;
    browser.test_id("shortcuts")?.click()?;
    browser.press('\u{e00c}')?;
    browser
        .wait_until("a closed sheet", || Ok(browser.find_all("#keys-sheet[open]")?.is_empty()))?;
    browser.execute("document.activeElement.blur()", &[])?;
    browser.press('.')?;
    ensure!(elapsed(&browser)? == "0", "a key that is off lets time pass");
    browser.press('\u{e014}')?;
    browser.wait_until("an event after the beginning", || Ok(elapsed(&browser)? != "0"))
}
