//! What people do, by mouse and by keyboard, and what they are told.

use anyhow::{Result, ensure};
use tests::browser::Browser;

use crate::page::{elapsed, state};

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
