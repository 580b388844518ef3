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
    memory(&browser)?;
    large(&browser)
}

/// The yardstick in wasm, in milliseconds; the fingerprint is the native one.
fn wasm(browser: &Browser) -> Result<()> {
    let script = "return import('./probes/probes.js').then(page => page.default().then(() => {
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

/// While the incident plays at 8 x: what a frame takes of the page's thread, from its first
/// callback until it is painted, and how far apart the frames come. The latter is at best what the
/// display does.
fn frames(browser: &Browser) -> Result<()> {
    let script = "const gaps = [], work = []; let last = performance.now();
        const ask = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = callback => ask(now => {
            const start = performance.now();
            const channel = new MessageChannel();
            channel.port1.onmessage = () => work.push(performance.now() - start);
            callback(now);
            channel.port2.postMessage(0);
            gaps.push(start - last); last = start;
        });
        const p95 = times => times.slice(5).sort((a, b) => a - b)[
            Math.floor((times.length - 5) * 0.95)];
        document.querySelector('[data-testid=play-all]').click();
        return new Promise(done => setTimeout(() => {
            window.requestAnimationFrame = ask;
            done([p95(work), p95(gaps)]);
        }, 10000));";
    browser.test_id("skip-quiet")?.click()?;
    let answer = browser.execute(script, &[])?;
    let (work, gap) = (number(&answer[0])?, number(&answer[1])?);
    println!("frame\t{work:.1} ms of work, {gap:.1} ms between frames");
    Ok(())
}

/// Moves the handle of the time line as the browser would: at the beginning of a frame, which then
/// shows it. What that frame takes until it is painted, over ten recorded minutes.
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
        const shown = () => document.querySelector('[data-testid=elapsed]').dataset.ms;
        const times = []; let place = 1;
        const one = () => new Promise(done => requestAnimationFrame(() => {
            place = (place * 7919 + 104729) % +slider.max;
            const before = shown(), start = performance.now();
            slider.value = place;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            const channel = new MessageChannel();
            // Yew draws what is much in several goes. Two places may be of one moment.
            let goes = 0;
            channel.port1.onmessage = () => {
                if (shown() === before && goes++ < 20) return channel.port2.postMessage(0);
                if (shown() !== before) times.push(performance.now() - start);
                done();
            };
            channel.port2.postMessage(0);
        }));
        return (async () => {
            for (let move = 0; move < 120; move++) await one();
            times.sort((a, b) => a - b);
            return [times[Math.floor(times.length * 0.95)], times[times.length >> 1]];
        })();";
    let answer = browser.execute(script, &[])?;
    let (p95, median) = (number(&answer[0])?, number(&answer[1])?);
    println!("scrub\t{p95:.1} ms to the frame painted (median {median:.1})");
    Ok(())
}

/// From a step beside the order, taken at the beginning of a frame while looking back over most of
/// the ten minutes, until that frame is painted, and until the branch is on the screen.
fn branching(browser: &Browser) -> Result<()> {
    let script = "const slider = document.querySelector('[data-testid=scrubber]');
        const painted = () => new Promise(done => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => done();
            channel.port2.postMessage(0);
        });
        const frame = deed => new Promise(done =>
            requestAnimationFrame(() => { deed(); painted().then(done); }));
        return (async () => {
            slider.value = Math.round(+slider.max * 0.9);
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            await frame(() => {});
            await frame(() => {});
            let start;
            await frame(() => {
                start = performance.now();
                document.querySelector('.step.optional').click();
            });
            const begun = () => document.querySelector('[data-testid=reliving]') !== null;
            for (let goes = 0; !begun() && goes < 20; goes++) await painted();
            const seen = performance.now() - start;
            while (document.querySelector('[data-testid=reliving]')) await frame(() => {});
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

/// 100 stores and 10,000 regions, opened as a text and alive in one world: how many frames a second
/// the strip and the map have while somebody zooms and pans in each frame.
fn large(browser: &Browser) -> Result<()> {
    browser.test_id("open-share")?.click()?;
    browser.type_all("paste", &large_scenario())?;
    browser.test_id("open-pasted")?.click()?;
    browser.test_id("heat-0")?;
    browser.test_id("remove-world-1")?.click()?;
    browser.test_id("speed")?.send_keys("1")?;
    browser.type_all("console-input", "load bench.hot 1/s")?;
    browser.test_id("console-run")?.click()?;
    browser.test_id("play")?.click()?;
    let strip = moved(browser, "heat-0", "{ key: step % 16 < 8 ? 'PageDown' : 'PageUp' }")?;
    browser.test_id("form-map")?.click()?;
    browser.test_id("map-0")?;
    let keys = "{ key: step % 16 < 8 ? 'ArrowLeft' : 'ArrowRight', shiftKey: true }";
    let map = moved(browser, "map-0", keys)?;
    println!("large-page\tstrip {strip}, map {map}");
    Ok(())
}

/// Frames a second over five, each with a turn of the wheel or a key in the element of this id,
/// and what a frame takes of the page's thread until it is painted.
fn moved(browser: &Browser, id: &str, keys: &str) -> Result<String> {
    let script = format!(
        "const work = []; let step = 0, frames = 0; const begun = performance.now();
        const act = () => {{
            const art = document.querySelector('[data-testid={id}]');
            const box = art.getBoundingClientRect();
            const middle = {{ clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 }};
            const deltaY = step % 60 < 20 ? -100 : 100;
            const bubbles = true, cancelable = true;
            art.dispatchEvent(step % 60 < 10 || 50 <= step % 60
                ? new WheelEvent('wheel', {{ ...middle, deltaY, bubbles, cancelable }})
                : new KeyboardEvent('keydown', {{ ...({keys}), bubbles, cancelable }}));
            step += 1;
        }};
        return new Promise(done => {{
            const frame = () => {{
                const start = performance.now();
                if (5000 < start - begun) {{
                    work.sort((a, b) => a - b);
                    done([frames * 1000 / (start - begun), work[Math.floor(frames * 0.95)]]);
                    return;
                }}
                act();
                frames += 1;
                const channel = new MessageChannel();
                channel.port1.onmessage = () => work.push(performance.now() - start);
                channel.port2.postMessage(0);
                requestAnimationFrame(frame);
            }};
            requestAnimationFrame(frame);
        }});"
    );
    let answer = browser.execute(&script, &[])?;
    let (rate, work) = (number(&answer[0])?, number(&answer[1])?);
    Ok(format!("{rate:.0} fps ({work:.0} ms)"))
}

/// A hundred stores in three zones and ten thousand regions of five, a hundred of them in a table
/// that is written to.
fn large_scenario() -> String {
    let mut text = String::from(
        "scenario bench-large\ntitle en A large cluster\ntitle zh 大集群\n\
        opening en Ten thousand regions.\nopening zh 一万个 region。\nseed 1\nend 1h\n\
        releases 8.5.2 8.5.8\nmax-replicas 5\n",
    );
    for id in 1..=100 {
        text += &format!("store {id} tikv zone dc{} address 10.0.0.{id}:20160\n", id % 3);
    }
    text += "table 1 bench.hot\ntable 2 bench.cold\n";
    for n in 0..10_000_u64 {
        let range = match n {
            0 => "before bench.hot".to_owned(),
            1 => "table bench.hot index".to_owned(),
            2 => "table bench.hot rows ..1".to_owned(),
            3..100 => format!("table bench.hot rows {}..{}", n - 2, n - 1),
            100 => "table bench.hot rows 98..".to_owned(),
            101 => "table bench.cold index".to_owned(),
            102 => "table bench.cold rows ..1".to_owned(),
            103..9_998 => format!("table bench.cold rows {}..{}", n - 102, n - 101),
            9_998 => "table bench.cold rows 9896..".to_owned(),
            _ => "after bench.cold".to_owned(),
        };
        let store = |k: u64| (n * 7 + k * 13) % 100 + 1;
        let voters = (0..5).map(|k| store(k).to_string()).collect::<Vec<_>>().join(" ");
        text += &format!("region {} {range} leader {} voters {voters}\n", 1_000 + 10 * n, store(0));
    }
    text
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().context("the page answers with a number")
}
