//! Pictures of the page's main views, in every size, theme and language, for `cargo xtask
//! screenshots`: one looks at them before one shows the page to anybody. It judges nothing.
#![expect(clippy::print_stdout, reason = "it says which pictures there are")]

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use tests::{browser::Browser, project};

/// A projector's half, a small laptop, a phone.
const SIZES: [(u32, u32); 3] = [(1440, 900), (1024, 768), (390, 844)];
const THEMES: [&str; 2] = ["light", "dark"];
const LANGUAGES: [&str; 2] = ["en", "zh-CN"];
/// How long playing the incident may take.
const LONG: Duration = Duration::from_secs(180);
/// The picture that the README shows, and where it is kept.
const BEST: (&str, &str) = ("incident-1440-light-en", "tests/pictures/incident.png");

/// A view of the page: its name, and what brings the page there from the view before.
const VIEWS: [(&str, &str); 2] = [("opening", ""), ("incident", PLAY)];

/// Something to be seen after the incident.
struct More {
    name: &'static str,
    /// What shows it.
    show: &'static str,
    /// What takes it away again.
    hide: &'static str,
    /// Where one has to scroll to on a small screen.
    place: &'static str,
}

/// Looked at in every size, in the light theme and English, and in the dark one and Chinese.
const MORE: [More; 20] = [
    whole("map", "press('form-map')", ""),
    whole("heat", "press('form-heat')", ""),
    whole("table", "press('form-table')", "press('form-matrix')"),
    side("region", "tab('region')", ""),
    side("store", "tab('store')", ""),
    side("pd", "tab('pd')", ""),
    side("recovery", "tab('recovery')", ""),
    side("tables", "tab('tables')", ""),
    side("metrics", "tab('metrics')", ""),
    side("laws", "tab('laws')", ""),
    side("log", "tab('log')", "tab('story')"),
    side("why", "click('[data-testid=tables] .ask')", "tab('story')"),
    whole("share", "press('open-share')", "press('close-share')"),
    whole("keys", "press('keys')", "press('close-sheet')"),
    whole("history", "press('history')", "press('close-sheet')"),
    whole("settings", "press('open-settings')", "press('open-settings')"),
    whole("palette", "press('palette-open')", "escape('[data-testid=palette-input]')"),
    whole("menu", "press('held-menu')", "escape('#menu')"),
    whole("console", "focus('console-input')", ""),
    whole(
        "four-worlds",
        "press('copy-world-0'); press('copy-world-1')",
        "press('remove-world-3'); press('remove-world-2')",
    ),
];

const fn whole(name: &'static str, show: &'static str, hide: &'static str) -> More {
    More { name, show, hide, place: "body" }
}

const fn side(name: &'static str, show: &'static str, hide: &'static str) -> More {
    More { name, show, hide, place: ".side" }
}

/// What the scripts above are written in.
const WORDS: &str = "const click = selector => document.querySelector(selector).click();
    const press = id => click(`[data-testid=\"${id}\"]`);
    const focus = id => document.querySelector(`[data-testid=\"${id}\"]`).focus();
    const escape = selector => document.querySelector(selector).dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }));
    const tab = name => click(`#tab-${name}`);";

/// Plays the incident through, as fast as the page can.
const PLAY: &str = "const speed = document.querySelector('[data-testid=speed]');
    speed.value = speed.options[speed.options.length - 1].value;
    speed.dispatchEvent(new Event('change', { bubbles: true }));
    document.querySelector('[data-testid=play-all]').click();";

/// The picture that others show beside a link to the page: what it is called, what becomes of the
/// two worlds, and the regions of both.
const CARD: &str = "
    const made = (name, text, style) => {
        const element = document.createElement(name);
        element.textContent = text;
        Object.assign(element.style, style);
        return element;
    };
    const card = made('div', '', { position: 'fixed', inset: '0', padding: '34px 44px',
        background: 'var(--panel)', display: 'grid', gap: '14px 36px',
        gridTemplateColumns: '1fr 1fr', gridTemplateRows: 'auto auto 1fr' });
    const title = made('h1', 'RegionScope', { font: '700 52px var(--sans)', margin: '0' });
    const lede = made('p', 'A TiKV cluster in a page: two releases, the same minutes, side by side',
        { font: '400 24px var(--sans)', margin: '0', alignSelf: 'center', textAlign: 'right' });
    card.append(title, lede);
    for (const world of [0, 1]) {
        const release = document.querySelector(`[data-testid=release-${world}]`).dataset.release;
        const headline = document.querySelector(`[data-testid=headline-${world}]`).textContent;
        card.append(made('h2', `TiKV ${release}: ${headline.split(' · ')[0]}`,
            { font: '650 25px var(--sans)', margin: '0' }));
    }
    for (const world of [0, 1]) {
        const matrix = document.querySelector(`#matrix-${world} svg.matrix`).cloneNode(true);
        Object.assign(matrix.style, { width: '100%', height: '100%', minHeight: '0' });
        card.append(matrix);
    }
    document.body.replaceChildren(card);
    return new Promise(done => requestAnimationFrame(() => setTimeout(done, 500)));";

/// The page's sign in so many pixels, as a PNG.
const ICON: &str = "const [size] = arguments;
    const sign = new Image(size, size);
    sign.src = 'icon.svg';
    return sign.decode().then(() => {
        const canvas = document.createElement('canvas');
        Object.assign(canvas, { width: size, height: size });
        canvas.getContext('2d').drawImage(sign, 0, 0, size, size);
        return canvas.toDataURL('image/png').split(',')[1];
    });";

/// The sizes of the sign in pixels that are kept in `public/`.
const ICONS: [u32; 3] = [32, 180, 512];

/// Presses the buttons of the first two ids, goes to the place of the third argument, and waits
/// until the page has followed.
const PRESS: &str = "for (const id of [arguments[0], arguments[1]]) {
        document.querySelector(`[data-testid=\"${id}\"]`).click();
    }
    document.querySelector(arguments[2]).scrollIntoView();
    const isCalm = () => !document.querySelector('[data-testid=reliving]');
    return new Promise(done => {
        const look = () => isCalm() ? setTimeout(done, 300) : setTimeout(look, 100);
        requestAnimationFrame(look);
    });";

fn main() -> Result<()> {
    let browser = Browser::open("screenshots")?;
    browser.resize(1440, 900)?;
    browser.test_id("play-all")?;
    for (view, script) in VIEWS {
        browser.execute(script, &[])?;
        if script == PLAY {
            let done = "return document.querySelector('[data-testid=elapsed]').dataset.ms";
            browser.wait_longer(LONG, "the end of the run", || {
                Ok(browser.execute(done, &[])? == "7200000")
            })?;
        }
        for theme in THEMES {
            for language in LANGUAGES {
                take(&browser, view, "body", (theme, language))?;
            }
        }
    }
    for More { name, show, hide, place } in MORE {
        // What is placed when it opens is placed in the largest.
        browser.resize(SIZES[0].0, SIZES[0].1)?;
        browser.execute(&format!("{WORDS} {show}"), &[])?;
        take(&browser, name, place, ("light", "en"))?;
        take(&browser, name, place, ("dark", "zh-CN"))?;
        browser.execute(&format!("{WORDS} {hide}"), &[])?;
    }
    let (best, place) = BEST;
    let picture = project::root().join("target").join("screenshots").join(format!("{best}.png"));
    fs::copy(&picture, project::root().join(place)).context("the README's picture")?;
    println!("{place} is {best}");
    for_others(&browser)
}

/// The pictures in `public/` for whoever shows a link to the page, or keeps it beside programs.
fn for_others(browser: &Browser) -> Result<()> {
    let public = project::root().join("public");
    for size in ICONS {
        let icon = browser.execute(ICON, &[json!(size)])?;
        let icon = STANDARD.decode(icon.as_str().context("a picture")?)?;
        fs::write(public.join(format!("icon-{size}.png")), icon)?;
    }
    browser.resize(1200, 630)?;
    browser.execute(PRESS, &[json!("theme-light"), json!("lang-en"), json!("body")])?;
    browser.execute(CARD, &[])?;
    fs::write(public.join("card.png"), browser.screenshot("card")?)?;
    println!("public/card.png and the icons are made");
    Ok(())
}

/// A view in every size.
fn take(browser: &Browser, view: &str, place: &str, (theme, language): (&str, &str)) -> Result<()> {
    for (width, height) in SIZES {
        browser.resize(width, height)?;
        let ids = [json!(format!("theme-{theme}")), json!(format!("lang-{language}"))];
        browser.execute(PRESS, &[&ids[..], &[json!(place)]].concat())?;
        let name = format!("{view}-{width}-{theme}-{}", &language[..2]);
        browser.screenshot(&name)?;
        println!("target/screenshots/{name}.png");
    }
    Ok(())
}
