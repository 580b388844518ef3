//! The page keeps to itself: once loaded it asks for nothing, and its content policy allows no
//! script but its own.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{browser::Browser, engine::Engine};

use crate::page::play_to_the_end;

#[test]
fn nothing_is_asked_for_once_the_page_is_loaded() -> Result<()> {
    let browser = Browser::open("alone")?;
    browser.test_id("play-all")?;
    // What keeps the page for a time without a network belongs to its loading.
    let kept = match browser.engine() {
        // Its driver keeps no page; that is tried all the same.
        Engine::WebKit => {
            "return performance.getEntriesByType('resource')
                .some(entry => entry.name.endsWith('worker.js'))"
        }
        Engine::Chromium | Engine::Firefox => "return navigator.serviceWorker.controller !== null",
    };
    browser.wait_until("the page's worker", || Ok(browser.execute(kept, &[])? == true))?;
    if browser.engine() == Engine::Chromium {
        let loaded = browser.requests()?;
        ensure!(loaded.iter().any(|url| url.ends_with(".wasm")), "requests are told: {loaded:?}");
    }
    let before = resources(&browser)?;
    play_to_the_end(&browser)?;
    let fetched = resources(&browser)?;
    ensure!(fetched == before, "fetched while playing: {fetched:?}, and before: {before:?}");
    if browser.engine() == Engine::Chromium {
        let asked = browser.requests()?;
        ensure!(asked.is_empty(), "asked for while playing: {asked:#?}");
    }
    Ok(())
}

#[test]
fn content_policy_allows_webassembly_and_nothing_unsafe() -> Result<()> {
    let browser = Browser::open("policy")?;
    browser.test_id("play")?;
    let policy = browser.execute(
        "return document.querySelector('meta[http-equiv=Content-Security-Policy]').content",
        &[],
    )?;
    let policy = policy.as_str().context("the page has a policy")?;
    for part in ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'"] {
        ensure!(policy.contains(part), "{part} is missing in {policy}");
    }
    for part in ["'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "*"] {
        ensure!(!policy.contains(part), "{part} stands in {policy}");
    }
    // What the policy forbids does not happen.
    let ran = browser.execute(
        "const script = document.createElement('script');
        script.textContent = 'window.smuggled = true';
        document.body.append(script);
        return window.smuggled === true;",
        &[],
    )?;
    ensure!(ran == false, "an inline script ran");
    Ok(())
}

/// The files that the page has fetched.
fn resources(browser: &Browser) -> Result<Value> {
    let names = "return performance.getEntriesByType('resource').map(entry => entry.name).sort()";
    browser.execute(names, &[])
}
