//! The side panel: inspectors behind tabs, and the causes of what is seen, by keyboard.

use anyhow::{Result, ensure};
use tests::browser::Browser;

const ENTER: char = '\u{e007}';
const ESCAPE: char = '\u{e00c}';
const RIGHT: char = '\u{e014}';

fn focused(browser: &Browser) -> Result<String> {
    let id = browser.execute("return document.activeElement.id", &[])?;
    Ok(id.as_str().unwrap_or_default().to_owned())
}

#[test]
fn tabs_are_walked_and_causes_opened_and_closed_by_keyboard_alone() -> Result<()> {
    let browser = Browser::open("side")?;
    browser.resize(1440, 900)?;
    browser.test_id("console-input")?;
    browser.execute("document.getElementById('tab-story').focus()", &[])?;
    for tab in ["region", "store"] {
        browser.press(RIGHT)?;
        browser.wait_until(format!("the inspector {tab}"), || {
            let open =
                browser.execute("return document.querySelector('#sheet').dataset.tab", &[])?;
            Ok(open == tab && focused(&browser)? == format!("tab-{tab}"))
        })?;
    }
    browser.find("#sheet table")?;
    browser.execute("document.querySelector('[data-testid=console-input]').focus()", &[])?;
    for key in "stop store 502".chars() {
        browser.press(key)?;
    }
    browser.press(ENTER)?;
    browser.execute("document.getElementById('tab-story').click()", &[])?;
    browser.wait_until("a question to ask".to_owned(), || {
        let asks =
            browser.execute("return document.querySelectorAll('#sheet .ask').length", &[])?;
        Ok(asks != 0)
    })?;
    browser.execute("document.querySelector('#sheet .ask').focus()", &[])?;
    let opener = focused(&browser)?;
    browser.press(ENTER)?;
    browser.wait_until("the causes".to_owned(), || Ok(focused(&browser)? == "why-close"))?;
    let told = browser.test_id("why")?.text()?;
    ensure!(told.contains("Store 502 stopped"), "the causes are {told:?}");
    browser.press(ESCAPE)?;
    browser
        .wait_until("the focus back where it was".to_owned(), || Ok(focused(&browser)? == opener))
}
