//! Pictures of the page's main views, in every size, theme and language, for `cargo xtask
//! screenshots`: one looks at them before one shows the page to anybody. It judges nothing.
#![expect(clippy::print_stdout, reason = "it says which pictures there are")]

use std::{fs, time::Duration};

use anyhow::{Context, Result};
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

/// Plays the incident through, as fast as the page can.
const PLAY: &str = "const speed = document.querySelector('[data-testid=speed]');
    speed.value = speed.options[speed.options.length - 1].value;
    speed.dispatchEvent(new Event('change', { bubbles: true }));
    document.querySelector('[data-testid=play-all]').click();";

/// Presses the buttons of these ids, and waits until the page has followed.
const PRESS: &str = "for (const id of arguments) {
        document.querySelector(`[data-testid=\"${id}\"]`).click();
    }
    scrollTo(0, 0);
    return new Promise(done => requestAnimationFrame(() => setTimeout(done, 300)));";

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
        take_all(&browser, view)?;
    }
    let (best, place) = BEST;
    let picture = project::root().join("target").join("screenshots").join(format!("{best}.png"));
    fs::copy(&picture, project::root().join(place)).context("the README's picture")?;
    println!("{place} is {best}");
    Ok(())
}

/// A view in every size, theme and language.
fn take_all(browser: &Browser, view: &str) -> Result<()> {
    for (width, height) in SIZES {
        browser.resize(width, height)?;
        for theme in THEMES {
            for language in LANGUAGES {
                let ids = [json!(format!("theme-{theme}")), json!(format!("lang-{language}"))];
                browser.execute(PRESS, &ids)?;
                let short = &language[..2];
                let name = format!("{view}-{width}-{theme}-{short}");
                browser.screenshot(&name)?;
                println!("target/screenshots/{name}.png");
            }
        }
    }
    Ok(())
}
