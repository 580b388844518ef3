//! The page in a real browser. `cargo xtask test` builds and serves it first.

use anyhow::{Result, ensure};
use tests::browser::Browser;

#[test]
fn page_opens_without_a_word_on_the_console() -> Result<()> {
    let browser = Browser::open("opens")?;
    browser.resize(1440, 900)?;
    browser.test_id("app")?;
    browser.screenshot("opens")?;
    ensure!(browser.title()?.contains("RegionScope"), "titled {:?}", browser.title()?);
    let errors = browser.console_errors()?;
    ensure!(errors.is_empty(), "on the console: {errors:#?}");
    Ok(())
}
