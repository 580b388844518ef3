//! What the page takes in a real browser, for `cargo xtask bench`: one line a row, the row's name
//! and what was measured, with a tab between.
#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::browser::Browser;

/// How long one measurement may take.
const LONG: Duration = Duration::from_secs(120);

fn main() -> Result<()> {
    let browser = Browser::open("bench")?;
    browser.resize(1440, 900)?;
    browser.test_id("play")?;
    wasm(&browser)?;
    frames(&browser)?;
    scrubbing(&browser)?;
    branching(&browser)?;
    memory(&browser)
}

/// The yardstick in wasm, in milliseconds; the fingerprint is the native one.
fn wasm(browser: &Browser) -> Result<()> {
    let script = "return import('./regionscope.js').then(page => page.default().then(() => {
        const times = [];
        let fingerprint = '';
        for (let run = 0; run < 7; run++) {
            const start = performance.now();
            fingerprint = page.yardstick_fingerprint();
            times.push(performance.now() - start);
        }
        return [fingerprint, times.sort((a, b) => a - b)[3]];
    }));";
    let answer = browser.execute(script, &[])?;
    let native = scenario::yardstick::ten_minutes().fingerprint();
    ensure!(answer[0] == format!("{native:016x}"), "wasm went another way: {answer}");
    println!("wasm-ms\t{:.0}", number(&answer[1])?);
    Ok(())
}

/// The time between frames while the incident plays at 8 x.
fn frames(browser: &Browser) -> Result<()> {
    browser.test_id("skip-quiet")?.click()?;
    browser.test_id("play-all")?.click()?;
    let script = "return new Promise(done => {
        const gaps = []; let last = performance.now(); const end = last + 10000;
        const frame = now => {
            gaps.push(now - last); last = now;
            now < end ? requestAnimationFrame(frame)
                : done(gaps.slice(5).sort((a, b) => a - b)[Math.floor((gaps.length - 5) * 0.95)]);
        };
        requestAnimationFrame(frame);
    });";
    println!("frame\t{:.1} ms between frames", number(&browser.execute(script, &[])?)?);
    Ok(())
}

/// From moving the handle of the time line to the frame that shows it, over ten recorded minutes.
fn scrubbing(browser: &Browser) -> Result<()> {
    let faster = "const speed = document.querySelector('[data-testid=speed]');
        speed.value = speed.options[speed.options.length - 2].value;
        speed.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.execute(faster, &[])?;
    browser.wait_longer(LONG, "ten recorded minutes", || {
        let ms = browser.test_id("elapsed")?.attribute("data-ms")?.context("no clock")?;
        Ok(600_000 <= ms.parse::<u64>()?)
    })?;
    browser.test_id("play")?.click()?;
    let script = "const slider = document.querySelector('[data-testid=scrubber]');
        const times = []; let place = 1;
        const one = () => new Promise(done => requestAnimationFrame(() => {
            place = (place * 7919 + 104729) % +slider.max;
            const start = performance.now();
            slider.value = place;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            const channel = new MessageChannel();
            channel.port1.onmessage = () => { times.push(performance.now() - start); done(); };
            requestAnimationFrame(() => channel.port2.postMessage(0));
        }));
        return (async () => {
            for (let move = 0; move < 60; move++) await one();
            times.sort((a, b) => a - b);
            return times[Math.floor(times.length * 0.95)];
        })();";
    println!("scrub\t{:.1} ms to the frame painted", number(&browser.execute(script, &[])?)?);
    Ok(())
}

/// From a step beside the order, taken while looking back over most of the ten minutes, to the
/// next frame, and to the branch that is on the screen.
fn branching(browser: &Browser) -> Result<()> {
    let script = "const slider = document.querySelector('[data-testid=scrubber]');
        const painted = () => new Promise(done => requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => done();
            channel.port2.postMessage(0);
        }));
        return (async () => {
            slider.value = Math.round(+slider.max * 0.9);
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            await painted();
            const start = performance.now();
            document.querySelector('.step.optional').click();
            await painted();
            const seen = performance.now() - start;
            while (document.querySelector('[data-testid=reliving]')) await painted();
            return [seen, performance.now() - start];
        })();";
    let answer = browser.execute(script, &[])?;
    println!("branch-seen\t{:.1} ms to the frame painted", number(&answer[0])?);
    println!("branch-replayed\t{:.0} ms", number(&answer[1])?);
    browser.test_id("play")?.click()
}

/// The module's memory after ten recorded minutes of both worlds.
fn memory(browser: &Browser) -> Result<()> {
    let script = "return import('./regionscope.js').then(page => page.default())
        .then(wasm => wasm.memory.buffer.byteLength / 1048576);";
    println!("page-memory\t{:.0} MB", number(&browser.execute(script, &[json!(null)])?)?);
    Ok(())
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().context("the page answers with a number")
}
