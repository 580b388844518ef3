//! What lies over the page, and each of its views: axe-core looks at all of them in every look, and
//! whoever opens one by keyboard gets the focus back where it was.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::browser::Browser;

use crate::access::Axe;
use crate::page::play_to_the_end;

const ENTER: char = '\u{e007}';
const ESCAPE: char = '\u{e00c}';

/// Themes and contrasts, as the document has them.
const LOOKS: [(&str, &str); 4] =
    [("light", "auto"), ("dark", "auto"), ("light", "more"), ("dark", "more")];

/// Views of the page: each with the script that opens it from the one before.
const VIEWS: &[(&str, &str)] = &[
    ("region", "click('#tab-region')"),
    ("store", "click('#tab-store')"),
    ("PD", "click('#tab-pd')"),
    ("recovery", "click('#tab-recovery')"),
    ("tables", "click('#tab-tables')"),
    ("metrics", "click('#tab-metrics')"),
    ("laws", "click('#tab-laws')"),
    ("log", "click('#tab-log')"),
    ("story and causes", "click('#tab-story'); later(() => click('#sheet .ask'))"),
    ("map", "click('[data-testid=form-map]')"),
    ("heat strip", "click('[data-testid=form-heat]')"),
    ("table", "click('[data-testid=form-table]')"),
    (
        "matrix, with everything that folds open",
        "click('[data-testid=form-matrix]');
         later(() => document.querySelectorAll('details').forEach(it => { it.open = true; }))",
    ),
    ("three worlds", "click('[data-testid=copy-world-0]')"),
];

/// What lies over the page: what opens it, and what closes it.
const OVERLAYS: &[(&str, &str, &str)] = &[
    ("menu", "rightClick('[data-store=\"5\"] .lane-id')", "key('Escape')"),
    ("palette", "controlK()", ""),
    ("palette that has found something", "type('palette-input', 'slow 6')", ""),
    ("form of the palette", "key('Enter')", "key('Escape')"),
    ("completion", "type('console-input', 'pd-ctl operator add ')", "type('console-input', '')"),
    ("refusal", "type('console-input', 'stop store 77'); later(() => key('Enter'))", ""),
    ("share", "click('[data-testid=open-share]')", "click('[data-testid=close-share]')"),
    ("keys", "click('[data-testid=keys]')", "click('[data-testid=close-sheet]')"),
    ("history", "click('[data-testid=history]')", "click('[data-testid=close-sheet]')"),
    ("forms", "click('[data-testid=open-build]')", "click('[data-testid=close-sheet]')"),
    ("settings", "click('[data-testid=open-settings]')", ""),
    ("glossary", "click('[data-testid=open-glossary]')", "hide('#glossary'); hide('#settings')"),
    ("tip", "document.querySelector('[data-term]').focus()", "document.activeElement.blur()"),
    (
        "crash",
        "document.getElementById('crash-reason').textContent = 'panicked at src/lib.rs';
         document.getElementById('crash').hidden = false",
        "document.getElementById('crash').hidden = true",
    ),
];

/// The words that the scripts above use. A step of one waits until the page has followed.
const WORDS: &str = "
    const one = selector => document.querySelector(selector);
    const click = selector => one(selector).click();
    const hide = selector => one(selector).hidePopover();
    const send = event => document.activeElement.dispatchEvent(event);
    const key = name =>
        send(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
    const controlK = () => send(new KeyboardEvent('keydown',
        { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }));
    const type = (id, text) => {
        const field = one(`[data-testid=${id}]`);
        field.focus();
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const rightClick = selector => {
        const box = one(selector).getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        document.elementFromPoint(x, y).dispatchEvent(new MouseEvent('contextmenu',
            { clientX: x, clientY: y, button: 2, bubbles: true, cancelable: true }));
    };
    const followed = () => new Promise(done => requestAnimationFrame(() => setTimeout(done, 150)));
    let more = () => {};
    const later = script => { more = script; };
";

fn run(browser: &Browser, view: &str, script: &str) -> Result<()> {
    let whole = format!("{WORDS} {script};\nreturn followed().then(() => more()).then(followed);");
    browser.execute(&whole, &[]).map(drop).with_context(|| format!("to come to: {view}"))
}

/// Looks at a view in every look, once with all of axe's rules and then with that of contrast.
fn look(browser: &Browser, axe: &Axe, view: &str) -> Result<()> {
    for (at, (theme, contrast)) in LOOKS.into_iter().enumerate() {
        let dress = "Object.assign(document.documentElement.dataset,
            { theme: arguments[0], contrast: arguments[1] })";
        browser.execute(dress, &[json!(theme), json!(contrast)])?;
        let view = format!("{view}, {theme}, contrast {contrast}");
        match at {
            0 => axe.look(browser, &view)?,
            _ => axe.look_at_contrast(browser, &view)?,
        }
    }
    Ok(())
}

#[test]
fn axe_finds_nothing_serious_in_any_view() -> Result<()> {
    let browser = Browser::open("axe views")?;
    let axe = Axe::load()?;
    play_to_the_end(&browser)?;
    for (view, script) in VIEWS {
        run(&browser, view, script)?;
        look(&browser, &axe, view)?;
    }
    Ok(())
}

#[test]
fn axe_finds_nothing_serious_in_what_lies_over_the_page() -> Result<()> {
    let browser = Browser::open("axe overlays")?;
    let axe = Axe::load()?;
    browser.test_id("play-all")?;
    for (view, open, close) in OVERLAYS {
        run(&browser, view, open)?;
        look(&browser, &axe, view)?;
        run(&browser, view, close)?;
    }
    // Notices: of a link that is wrong, and of a run that goes on.
    browser.press('.')?;
    browser.visit("#v7.A")?;
    browser.test_id("share-notice")?;
    look(&browser, &axe, "a wrong link")?;
    browser.execute("location.hash = ''; location.reload()", &[])?;
    browser.test_id("notice")?;
    look(&browser, &axe, "a run that goes on")
}

/// What has the focus: its name in the tests, else its id; `lost` where it is nothing that one can
/// see.
fn focused(browser: &Browser) -> Result<String> {
    let script = "const it = document.activeElement;
        const box = it.getBoundingClientRect();
        const isSeen = it !== document.body && 0 < box.width && 0 < box.height
            && getComputedStyle(it).visibility === 'visible';
        return isSeen ? it.dataset.testid ?? it.id : 'lost';";
    Ok(browser.execute(script, &[])?.as_str().unwrap_or("lost").to_owned())
}

/// The button that opens something, and what is then there.
const OPENERS: [(&str, &str); 8] = [
    ("palette-open", "[data-testid=palette]"),
    ("open-build", "#keys-sheet[open]"),
    ("open-share", "#share[open]"),
    ("open-settings", "#settings:popover-open"),
    ("open-glossary", "#glossary:popover-open"),
    ("history", "#keys-sheet[open]"),
    ("keys", "#keys-sheet[open]"),
    ("held-menu", "[data-testid=menu]"),
];

#[test]
fn whatever_is_opened_and_closed_by_keys_gives_the_focus_back() -> Result<()> {
    let browser = Browser::open("focus")?;
    browser.test_id("play-all")?;
    for (opener, opened) in OPENERS {
        let focus = "document.querySelector(`[data-testid=${arguments[0]}]`).focus()";
        browser.execute(focus, &[json!(opener)])?;
        ensure!(focused(&browser)? == opener, "{opener} cannot have the focus");
        browser.press(ENTER)?;
        browser.find(opened)?;
        ensure!(focused(&browser)? != "lost", "{opener}: what is opened loses the focus");
        // The glossary is opened from the settings, which stay.
        if opener == "open-settings" {
            continue;
        }
        browser.press(ESCAPE)?;
        browser.wait_until(format!("the focus back on {opener}"), || {
            Ok(focused(&browser)? == opener)
        })?;
    }
    Ok(())
}

#[test]
fn causes_of_a_refusal_are_read_and_left_by_keys() -> Result<()> {
    let browser = Browser::open("refusal causes")?;
    browser.test_id("play")?;
    for _ in 0..2 {
        browser.type_all("console-input", "stop store 6")?;
        browser.execute("document.getElementById('console-input').focus()", &[])?;
        browser.press(ENTER)?;
    }
    browser.execute("document.activeElement.blur()", &[])?;
    let answer = browser.test_id("last-answer")?;
    ensure!(answer.text()?.contains("start store"), "what would be right: {}", answer.text()?);
    browser.screenshot("refusal")?;
    browser.execute("document.getElementById('why-last-0').focus()", &[])?;
    browser.press(ENTER)?;
    browser.wait_until("the causes", || Ok(focused(&browser)? == "why-close"))?;
    let told = browser.test_id("why")?.text()?;
    ensure!(told.contains("Store 6 stopped"), "the causes are {told:?}");
    browser.press(ESCAPE)?;
    browser.wait_until("the focus where it was", || Ok(focused(&browser)? == "why-last-0"))
}
