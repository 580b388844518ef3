//! After the first load the page can be loaded without a network.

use std::time::Duration;

use anyhow::{Result, ensure};
use tests::{browser::Browser, engine::Engine, site::Site};

use crate::page::{elapsed, state};

/// Whether the worker is in charge of the page and has kept its files.
const KEPT: &str = "if (!navigator.serviceWorker?.controller) return false;
    return caches.keys().then(names => names.length === 1);";

/// Whether there is anything to be tested here; says so where there is not.
fn keeps_pages(browser: &Browser) -> bool {
    let keeps = browser.engine() != Engine::WebKit;
    if !keeps {
        eprintln!("left out: under automation WebKit keeps no page");
    }
    keeps
}

#[test]
fn page_that_was_loaded_once_is_loaded_again_without_a_network() -> Result<()> {
    let browser = Browser::open("offline")?;
    if !keeps_pages(&browser) {
        return Ok(());
    }
    let site = Site::start()?;
    let address = site.address();
    browser.go(&address)?;
    browser.test_id("play-all")?;
    browser.wait_longer(Duration::from_secs(60), "a worker that has kept the page", || {
        Ok(browser.execute(KEPT, &[])? == true)
    })?;
    browser.press('.')?;
    browser.wait_until("a second", || Ok(elapsed(&browser)? == "1000"))?;
    let before = state(&browser)?;
    drop(site);
    let asked = "return fetch('card.png', { cache: 'no-store' }).then(() => true, () => false)";
    ensure!(browser.execute(asked, &[])? == false, "the server still answers");
    browser.execute("location.reload()", &[])?;
    browser.test_id("notice")?;
    browser.wait_until("the run as it was", || Ok(state(&browser)? == before))?;
    browser.go(&format!("{address}?incident=pd-9624"))?;
    browser.wait_until("the incident of the address", || {
        Ok(browser.test_id("incident")?.property("value")?.as_str() == Some("pd-9624"))
    })
}

#[test]
fn what_is_kept_gives_way_to_what_the_network_has() -> Result<()> {
    let browser = Browser::open("fresh")?;
    if !keeps_pages(&browser) {
        return Ok(());
    }
    browser.test_id("play-all")?;
    browser.wait_longer(Duration::from_secs(60), "a worker that has kept the page", || {
        Ok(browser.execute(KEPT, &[])? == true)
    })?;
    let spoil = "return caches.keys().then(([name]) => caches.open(name))
        .then(cache => cache.put('start.js', new Response('throw new Error(\"old\")',
            { headers: { 'Content-Type': 'text/javascript' } })));";
    browser.execute(spoil, &[])?;
    browser.visit("")?;
    browser.test_id("play-all").map(drop)
}
