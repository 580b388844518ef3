//! What lies over the page, and each of its views: axe-core looks at all of them in every look, and
//! whoever opens one by keyboard gets the focus back where it was.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::{browser::Browser, engine::Engine};

use crate::access::Axe;
use crate::page::{choose, play_to_the_end};

const ENTER: char = '\u{e007}';
const ESCAPE: char = '\u{e00c}';

/// Themes and contrasts, as the document has them.
const LOOKS: [(&str, &str); 4] =
    [("light", "auto"), ("dark", "auto"), ("light", "more"), ("dark", "more")];

/// On what the page is looked at, in which language, and in how many of the looks.
struct Setting {
    size: (u32, u32),
    lang: &'static str,
    looks: &'static [(&'static str, &'static str)],
}

const DESKTOP: Setting = Setting { size: (1440, 900), lang: "en", looks: &LOOKS };
const CHINESE: Setting = Setting { size: (1024, 768), lang: "zh-CN", looks: &[LOOKS[0], LOOKS[1]] };
const PHONE: Setting = Setting { size: (390, 844), lang: "en", looks: &[LOOKS[0], LOOKS[1]] };
const CHINESE_PHONE: Setting = Setting { size: (390, 844), lang: "zh-CN", looks: &[LOOKS[1]] };

impl Setting {
    /// A browser and axe. What axe says of a language or a size does not depend on the browser:
    /// those beside the first are looked at in one, and left out in the others.
    fn open(&self, what: &str) -> Result<Option<(Browser, Axe)>> {
        let browser = Browser::open(&format!("axe {what} {} {}", self.lang, self.size.0))?;
        let is_left_out = self.looks.len() < LOOKS.len() && browser.engine() != Engine::Chromium;
        Ok(if is_left_out { None } else { Some((browser, Axe::load()?)) })
    }

    fn dress(&self, browser: &Browser) -> Result<()> {
        browser.resize(self.size.0, self.size.1)?;
        choose(browser, "lang", self.lang)
    }
}

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
        one(selector).scrollIntoView({ block: 'center' });
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

/// Looks at a view in every look of the setting: with all of axe's rules in the first and the last,
/// and in between with that of contrast.
fn look(browser: &Browser, axe: &Axe, setting: &Setting, view: &str) -> Result<()> {
    let Setting { size: (width, _), lang, looks } = setting;
    for (at, (theme, contrast)) in looks.iter().enumerate() {
        let dress = "Object.assign(document.documentElement.dataset,
            { theme: arguments[0], contrast: arguments[1] })";
        browser.execute(dress, &[json!(theme), json!(contrast)])?;
        let view = format!("{view}, {width} px, {lang}, {theme}, contrast {contrast}");
        match at == 0 || at == looks.len() - 1 {
            true => axe.look(browser, &view)?,
            false => axe.look_at_contrast(browser, &view)?,
        }
    }
    Ok(())
}

/// Looks at every view.
fn look_at_views(setting: &Setting) -> Result<()> {
    let Some((browser, axe)) = setting.open("views")? else { return Ok(()) };
    play_to_the_end(&browser)?;
    setting.dress(&browser)?;
    for (view, script) in VIEWS {
        run(&browser, view, script)?;
        look(&browser, &axe, setting, view)?;
    }
    Ok(())
}

#[test]
fn axe_finds_nothing_serious_in_any_view() -> Result<()> {
    look_at_views(&DESKTOP)
}

#[test]
fn axe_finds_nothing_serious_in_any_view_in_chinese() -> Result<()> {
    look_at_views(&CHINESE)
}

#[test]
fn axe_finds_nothing_serious_in_any_view_on_a_phone() -> Result<()> {
    look_at_views(&PHONE)?;
    look_at_views(&CHINESE_PHONE)
}

/// Looks at all that lies over the page, and at its notices.
fn look_at_overlays(setting: &Setting) -> Result<()> {
    let Some((browser, axe)) = setting.open("overlays")? else { return Ok(()) };
    browser.test_id("play-all")?;
    setting.dress(&browser)?;
    for (view, open, close) in OVERLAYS {
        run(&browser, view, open)?;
        look(&browser, &axe, setting, view)?;
        run(&browser, view, close)?;
    }
    // Notices: of a link that is wrong, and of a run that goes on.
    browser.press('.')?;
    browser.visit("#v7.A")?;
    browser.test_id("share-notice")?;
    look(&browser, &axe, setting, "a wrong link")?;
    browser.execute("location.hash = ''; location.reload()", &[])?;
    browser.test_id("notice")?;
    look(&browser, &axe, setting, "a run that goes on")
}

#[test]
fn axe_finds_nothing_serious_in_what_lies_over_the_page() -> Result<()> {
    look_at_overlays(&DESKTOP)
}

#[test]
fn axe_finds_nothing_serious_in_what_lies_over_the_page_in_chinese() -> Result<()> {
    look_at_overlays(&CHINESE)
}

#[test]
fn axe_finds_nothing_serious_in_what_lies_over_the_page_on_a_phone() -> Result<()> {
    look_at_overlays(&PHONE)?;
    look_at_overlays(&CHINESE_PHONE)
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
