//! Menus, the palette and the console's completion, by mouse and by keyboard.

use anyhow::{Context, Result, ensure};
use tests::browser::Browser;

/// WebDriver's names for keys without a character.
const ENTER: char = '\u{e007}';
const ESCAPE: char = '\u{e00c}';
const DOWN: char = '\u{e015}';
const RIGHT: char = '\u{e014}';
const TAB: char = '\u{e004}';

/// A right click in the middle of the first element that matches, as the browser reports it.
const RIGHT_CLICK: &str = "
    const box = document.querySelector(arguments[0]).getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 30)];
    const at = { clientX: x, clientY: y, button: 2, bubbles: true, cancelable: true };
    return !document.elementFromPoint(x, y).dispatchEvent(new MouseEvent('contextmenu', at));";

const PALETTE_KEY: &str = "
    const key = { key: 'k', ctrlKey: true, bubbles: true, cancelable: true };
    return !document.activeElement.dispatchEvent(new KeyboardEvent('keydown', key));";

fn type_keys(browser: &Browser, keys: &str) -> Result<()> {
    keys.chars().try_for_each(|key| browser.press(key))
}

fn focused(browser: &Browser) -> Result<String> {
    let class = "return document.activeElement.getAttribute('class') || document.activeElement.id";
    Ok(browser.execute(class, &[])?.as_str().unwrap_or_default().to_owned())
}

fn stopped(browser: &Browser) -> Result<usize> {
    Ok(browser.find_all("#matrix-0 .lane.gone")?.len())
}

#[test]
fn right_click_on_a_store_stops_it_and_says_which_command_did() -> Result<()> {
    let browser = Browser::open("menu")?;
    browser.find("[data-store='5']")?;
    let taken = browser.execute(RIGHT_CLICK, &["[data-store='5'] .lane-id".into()])?;
    ensure!(taken == true, "the browser's own menu is not held back");
    let menu = browser.test_id("menu")?;
    ensure!(menu.text()?.contains("stop store 5"), "the command is not shown");
    browser.screenshot("menu")?;
    browser.wait_until("the focus in the menu", || Ok(focused(&browser)?.starts_with("menu")))?;
    browser.press(ENTER)?;
    browser.wait_until("a stopped store", || Ok(stopped(&browser)? == 1))?;
    ensure!(browser.find_all("[data-testid=menu]")?.is_empty(), "the menu stays open");
    ensure!(browser.test_id("last-answer")?.text()?.contains("stop store 5"));
    ensure!(browser.console_errors()?.is_empty());
    Ok(())
}

#[test]
fn keyboard_walks_the_matrix_opens_a_menu_and_comes_back() -> Result<()> {
    let browser = Browser::open("menu-keyboard")?;
    browser.find("#matrix-0 svg.matrix")?;
    browser.execute("document.querySelector('#matrix-0 svg.matrix').focus()", &[])?;
    for key in [DOWN, DOWN, RIGHT, RIGHT, ENTER] {
        browser.press(key)?;
    }
    let menu = browser.test_id("menu")?;
    ensure!(menu.text()?.contains("store 2"), "the second store's crossing: {}", menu.text()?);
    ensure!(focused(&browser)?.starts_with("menu"), "the menu has not got the focus");
    browser.press(ESCAPE)?;
    browser.wait_until("the end of the menu", || {
        Ok(browser.find_all("[data-testid=menu]")?.is_empty())
    })?;
    ensure!(focused(&browser)?.starts_with("matrix"), "the focus is lost");
    Ok(())
}

#[test]
fn palette_finds_a_deed_asks_for_its_parameter_and_does_it() -> Result<()> {
    let browser = Browser::open("palette")?;
    browser.test_id("palette-open")?;
    let taken = browser.execute(PALETTE_KEY, &[])?;
    ensure!(taken == true, "Ctrl+K is left to the browser");
    browser.test_id("palette-input")?;
    type_keys(&browser, "slow 6")?;
    browser.wait_until("the deed", || {
        Ok(browser.test_id("palette")?.text()?.contains("slow disk of 6 by 200ms"))
    })?;
    browser.screenshot("palette")?;
    browser.press(ENTER)?;
    let input = browser.test_id("palette-input")?;
    browser.wait_until("the line", || {
        Ok(input.property("value")?.as_str() == Some("slow disk of 6 by 200ms"))
    })?;
    // The parameter is selected: what is typed takes its place.
    type_keys(&browser, "1")?;
    browser.press(TAB)?;
    browser.wait_until("the completed span", || {
        Ok(input.property("value")?.as_str() == Some("slow disk of 6 by 1s "))
    })?;
    browser.press(ENTER)?;
    let answer = browser.test_id("last-answer")?.text()?;
    ensure!(answer.contains("slow disk of 6 by 1s"), "{answer}");
    ensure!(browser.console_errors()?.is_empty());
    Ok(())
}

#[test]
fn console_completes_what_exists_and_tab_still_leaves_it() -> Result<()> {
    let browser = Browser::open("completion")?;
    let input = browser.test_id("console-input")?;
    input.send_keys("pd-ctl operator add transfer-l")?;
    browser.press(TAB)?;
    let value = || -> Result<String> {
        Ok(input.property("value")?.as_str().context("a value")?.to_owned())
    };
    browser.wait_until("the completed word", || {
        Ok(value()? == "pd-ctl operator add transfer-leader ")
    })?;
    ensure!(browser.test_id("offers")?.text()?.contains("REGION STORE"), "no help is shown");
    browser.press(ESCAPE)?;
    browser.press(TAB)?;
    let left =
        browser.execute("return document.activeElement.dataset.testid !== 'console-input'", &[])?;
    ensure!(left == true, "the focus is caught in the console");
    Ok(())
}
