//! Every control of the page does what it says, pressed by a pointer and by keys alone. The keys
//! press in Chinese and in the dark.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::{browser::Browser, engine::Engine, project};

use crate::page::{choose, elapsed, open_incident, play_to_the_end, state};

const ENTER: char = '\u{e007}';

/// How a control is pressed.
#[derive(Clone, Copy)]
enum How {
    Pointer,
    Keys,
}

/// A page, and how its controls are pressed.
struct Page {
    browser: Browser,
    how: How,
}

impl Page {
    fn open(test: &str, how: How) -> Result<Page> {
        let named = format!("{test} {}", if matches!(how, How::Keys) { "keys" } else { "pointer" });
        let browser = Browser::open(&named)?;
        browser.test_id("play-all")?;
        if let How::Keys = how {
            choose(&browser, "lang", "zh-CN")?;
            choose(&browser, "theme", "dark")?;
        }
        Ok(Page { browser, how })
    }

    /// Presses the first element of a selector.
    fn press(&self, selector: &str) -> Result<()> {
        let element = self.browser.find(selector)?;
        match self.how {
            How::Pointer => element.click(),
            How::Keys => {
                self.focus(selector)?;
                self.browser.press(ENTER)
            }
        }
    }

    fn press_id(&self, id: &str) -> Result<()> {
        self.press(&format!("[data-testid=\"{id}\"]"))
    }

    /// Gives an element the focus; errors where that is not seen, or not reached by Tab.
    fn focus(&self, selector: &str) -> Result<()> {
        // Whoever moves by keys sees where the focus is from then on.
        self.browser.press('\u{e004}')?;
        let script = "const it = document.querySelector(arguments[0]);
            it.focus();
            return document.activeElement === it && 0 <= it.tabIndex
                && (arguments[1] || it.matches(':focus-visible'));";
        // WebKit shows a focus that a script has given only at times.
        let is_shy = self.browser.engine() == Engine::WebKit;
        let has = self.browser.execute(script, &[json!(selector), json!(is_shy)])?;
        ensure!(has == true, "{selector} cannot be focused by keys");
        Ok(())
    }

    /// Chooses the option of a value in the list of this name.
    fn choose(&self, id: &str, value: &str) -> Result<()> {
        let list = format!("[data-testid=\"{id}\"]");
        match self.how {
            How::Pointer => {
                self.browser.find(&format!("{list} option[value=\"{value}\"]"))?.click()
            }
            How::Keys => {
                self.focus(&list)?;
                let to = "const list = document.querySelector(arguments[0]);
                    return [...list.options].findIndex(option => option.value === arguments[1])
                        - list.selectedIndex";
                let by = self.browser.execute(to, &[json!(list), json!(value)])?;
                let by = by.as_i64().context("a number of steps")?;
                let key = if by < 0 { '\u{e013}' } else { '\u{e015}' };
                (0..by.abs()).try_for_each(|_| self.browser.press(key))
            }
        }
    }

    fn wait_for(&self, selector: &str) -> Result<()> {
        self.browser.find(selector).map(drop)
    }

    fn wait_for_time(&self, ms: &str) -> Result<()> {
        let browser = &self.browser;
        browser.wait_until(format!("the moment {ms}"), || Ok(elapsed(browser)? == ms))
    }

    fn ends_well(&self) -> Result<()> {
        let errors = self.browser.console_errors()?;
        ensure!(errors.is_empty(), "on the console: {errors:#?}");
        Ok(())
    }
}

/// Once by pointer and once by keys.
fn both(test: &str, check: impl Fn(&Page) -> Result<()>) -> Result<()> {
    for how in [How::Pointer, How::Keys] {
        let page = Page::open(test, how)?;
        check(&page)?;
        page.ends_well()?;
    }
    Ok(())
}

#[test]
fn time_is_stepped_by_units_bookmarked_and_come_back_to() -> Result<()> {
    both("time", |page| {
        page.choose("step-unit", "1")?;
        for ms in ["1000", "2000", "3000"] {
            page.press_id("step-event")?;
            page.wait_for_time(ms)?;
        }
        page.press_id("bookmark")?;
        page.wait_for("[data-testid=bookmark][aria-pressed=true]")?;
        page.press_id("step-back")?;
        page.press_id("step-back")?;
        page.wait_for_time("1000")?;
        page.choose("step-unit", "5")?;
        page.press_id("step-event")?;
        page.wait_for_time("3000")?;
        // A bookmark is named, and is a button of the time line from then on.
        page.press_id("history")?;
        let name = "[data-testid='bookmark-name-3000']";
        page.browser.find(name)?.clear()?;
        page.browser.find(name)?.send_keys("before the storm\u{e007}")?;
        page.press_id("close-sheet")?;
        page.choose("step-unit", "1")?;
        page.press_id("step-back")?;
        page.wait_for_time("2000")?;
        page.press(".of-bookmark")?;
        page.wait_for_time("3000")?;
        page.press_id("skip-quiet")?;
        page.wait_for("[data-testid=skip-quiet][aria-pressed=false]")?;
        page.press_id("play")?;
        page.browser.wait_until("time that passes", || Ok(elapsed(&page.browser)? != "3000"))?;
        page.press_id("play")
    })
}

#[test]
fn steps_are_taken_one_by_one_and_begun_again() -> Result<()> {
    both("steps", |page| {
        page.choose("speed", "6")?;
        page.press_id("next-step")?;
        page.wait_for("[data-testid='step-0'].done")?;
        ensure!(elapsed(&page.browser)? != "0", "a step takes no time");
        page.press_id("restart")?;
        page.wait_for_time("0")?;
        ensure!(page.browser.count(".step.done")? == 0, "a step is still done");
        Ok(())
    })
}

#[test]
fn where_the_worlds_part_is_found_and_what_differs_is_filtered() -> Result<()> {
    both("parting", |page| {
        play_to_the_end(&page.browser)?;
        let all = page.browser.count("#matrix-0 .region")?;
        page.press(".mark-label.divergence")?;
        page.wait_for_time("92484")?;
        page.press_id("to-now")?;
        page.wait_for_time("7200000")?;
        let now = state(&page.browser)?;
        for chip in ["chip-differs", "chip-ghost", "chip-short", "chip-learner"] {
            page.press_id(chip)?;
            page.wait_for(&format!("[data-testid='{chip}'][aria-pressed=true]"))?;
            let found = page.browser.count("#matrix-0 .region")?;
            let beside = page.browser.count("#matrix-1 .region")?;
            ensure!(0 < found && found < all && found == beside, "{chip}: {found} of {all}");
            page.press_id(chip)?;
            let shown = || Ok(page.browser.count("#matrix-0 .region")? == all);
            page.browser.wait_until(format!("all rows after {chip}"), shown)?;
        }
        // What the first inspector tells can be gone to and asked about.
        page.press("#sheet .ask")?;
        page.wait_for("[data-testid=why]")?;
        page.press("[data-testid=why] .moment, [data-testid=why] ol button")?;
        page.browser
            .wait_until("an earlier moment", || Ok(elapsed(&page.browser)? != "7200000"))?;
        page.press_id("to-now")?;
        page.wait_for_time("7200000")?;
        ensure!(state(&page.browser)? == now, "looking back has changed something");
        Ok(())
    })
}

#[test]
fn a_world_is_given_another_behaviour_and_another_release() -> Result<()> {
    both("knobs", |page| {
        let release = || page.browser.test_id("release-0")?.attribute("data-release");
        ensure!(release()?.as_deref() == Some("8.5.2"), "{:?}", release()?);
        page.press("[data-testid='knobs-0'] summary")?;
        page.press("[data-testid='knobs-0'] .knob button[aria-pressed=false]")?;
        page.browser.wait_until("a release of one's own", || Ok(release()?.is_none()))?;
        page.press("[data-testid='knobs-0'] summary")?;
        page.choose("release-0", "8.5.7")?;
        page.browser
            .wait_until("another release", || Ok(release()?.as_deref() == Some("8.5.7")))?;
        page.press_id("copy-world-0")?;
        page.wait_for("#world-2")?;
        page.press_id("remove-world-2")?;
        page.browser.wait_until("two worlds", || Ok(page.browser.count(".world")? == 2))
    })
}

#[test]
fn inspectors_are_opened_pinned_and_drawn() -> Result<()> {
    both("inspectors", |page| {
        for _ in 0..3 {
            page.browser.press('.')?;
        }
        for tab in ["region", "store", "pd", "recovery", "tables", "metrics", "laws", "log"] {
            match page.how {
                How::Pointer => page.press(&format!("#tab-{tab}"))?,
                // One tab of a list is reached by Tab; from there arrows go on.
                How::Keys => {
                    page.focus("[role=tab][aria-selected=true]")?;
                    page.browser.press('\u{e014}')?;
                }
            }
            page.wait_for(&format!("#sheet[data-tab='{tab}']"))?;
            if tab == "metrics" {
                page.wait_for("[data-testid=charts] svg")?;
            }
        }
        page.press_id("pin")?;
        page.wait_for("[data-testid=pin][aria-pressed=true]")?;
        page.press("[data-testid=whole-legend] summary")?;
        page.wait_for("[data-testid=whole-legend][open]")
    })
}

#[test]
fn messages_are_seen_under_way_when_time_is_slow() -> Result<()> {
    both("flights", |page| {
        page.choose("speed", "0")?;
        page.press_id("skip-quiet")?;
        page.press_id("play")?;
        page.browser
            .wait_until("a message", || Ok(0 < page.browser.count("#matrix-0 .flights path")?))?;
        page.press_id("form-map")?;
        page.browser.wait_until("one on the map", || {
            Ok(0 < page.browser.count("#map-0 .flights path")?)
        })?;
        page.press_id("play")
    })
}

#[test]
fn branches_and_runs_that_were_left_are_switched_to_by_the_sheet() -> Result<()> {
    both("branches", |page| {
        for _ in 0..3 {
            page.browser.press('.')?;
        }
        let old = state(&page.browser)?;
        page.choose("step-unit", "1")?;
        page.press_id("step-back")?;
        page.wait_for_time("2000")?;
        page.browser.type_all("console-input", "stop store 5")?;
        page.focus("[data-testid=console-input]")?;
        page.browser.press(ENTER)?;
        page.wait_for("[data-testid='branch-2']")?;
        page.press_id("history")?;
        page.press_id("switch-1")?;
        page.browser.wait_until("the old future", || Ok(state(&page.browser)? == old))?;
        page.press_id("delete-2")?;
        page.press_id("close-sheet")?;
        page.browser.wait_until("one branch", || {
            Ok(page.browser.count("[data-testid='branch-2']")? == 0)
        })?;
        open_incident(&page.browser, "own-cluster")?;
        page.wait_for_time("0")?;
        page.press_id("close-notice")?;
        page.press_id("history")?;
        page.press_id("return-0")?;
        page.browser.wait_until("the run before", || Ok(state(&page.browser)? == old))?;
        page.press_id("close-sheet")
    })
}

/// Has the page's files end here instead of among the reader's: their names, and how they begin.
const KEEP_FILES: &str = "
    window.saved = [];
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = blob => {
        const file = { type: blob.type, name: '' };
        window.saved.push(file);
        blob.slice(0, 200).text().then(text => { file.text = text; });
        return make(blob);
    };
    document.addEventListener('click', event => {
        if (!event.target.download) return;
        window.saved[window.saved.length - 1].name = event.target.download;
        event.preventDefault();
    }, true);
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () {
        if (!this.download) return click.call(this);
        window.saved[window.saved.length - 1].name = this.download;
    };";

/// The buttons that save something, the ending of the file's name, and what it begins with.
const FILES: [(&str, &str, &str); 6] = [
    ("save-svg", ".svg", "<svg"),
    ("save-png", ".png", "\u{fffd}PNG"),
    ("save-mermaid", ".mmd", "sequenceDiagram"),
    ("save-itf", ".itf.json", "{"),
    ("save-shiviz", ".log", "(?<date>"),
    ("save-run", ".scn", "# "),
];

#[test]
fn runs_are_saved_exported_copied_and_opened_from_a_file() -> Result<()> {
    let folder = project::root().join("target").join("browser");
    fs::create_dir_all(&folder)?;
    let own = folder.join("own.scn");
    fs::copy(project::root().join("crates/scenario/clusters/own-cluster.scn"), &own)?;
    let own = own.to_str().context("a path in Unicode")?.to_owned();
    both("files", |page| {
        for _ in 0..3 {
            page.browser.press('.')?;
        }
        page.browser.execute(KEEP_FILES, &[])?;
        page.press_id("open-share")?;
        page.press_id("export-world-1")?;
        for (at, (button, ending, begins)) in FILES.into_iter().enumerate() {
            page.press_id(button)?;
            let file = format!("return window.saved[{at}] ?? {{}}");
            page.browser.wait_until(format!("what {button} saves"), || {
                Ok(page.browser.execute(&file, &[])?["text"].is_string())
            })?;
            let file = page.browser.execute(&file, &[])?;
            let (name, text) = (file["name"].as_str(), file["text"].as_str());
            ensure!(name.is_some_and(|name| name.ends_with(ending)), "{button}: {file}");
            ensure!(text.is_some_and(|text| text.starts_with(begins)), "{button}: {file}");
        }
        page.press_id("copy-link")?;
        page.browser.wait_until("whether it was copied", || {
            Ok(!page.browser.test_id("share-copied")?.text()?.is_empty())
        })?;
        page.browser.type_all("paste", "scenario x\nnonsense")?;
        page.press_id("open-pasted")?;
        page.browser.wait_until("why that is not opened", || {
            Ok(!page.browser.test_id("share-refused")?.text()?.is_empty())
        })?;
        page.browser.test_id("choose-file")?.send_keys(&own)?;
        page.browser
            .wait_until("the file's cluster", || Ok(page.browser.count("#matrix-0 .lane")? == 4))
    })
}

#[test]
fn tab_reaches_every_part_of_the_page_in_its_order_and_leaves_it() -> Result<()> {
    let browser = Browser::open("tab order")?;
    browser.test_id("play")?;
    let mut order: Vec<String> = Vec::new();
    for _ in 0..120 {
        browser.press('\u{e004}')?;
        let here = "const it = document.activeElement;
            return it === document.body ? '' : it.dataset.testid ?? (it.id
                || it.className.baseVal || it.className || it.tagName)";
        let here = browser.execute(here, &[])?.as_str().unwrap_or_default().to_owned();
        if here.is_empty() || order.first() == Some(&here) {
            break;
        }
        order.push(here);
    }
    let place = |name: &str| {
        let found = order.iter().position(|here| here == name);
        found.with_context(|| format!("Tab does not reach {name}: {order:?}"))
    };
    let parts = [
        "skip",
        "incident",
        "palette-open",
        "open-build",
        "open-share",
        "open-settings",
        "next-step",
        "filter",
        "release-0",
        "matrix-art-0",
        "release-1",
        "form-matrix",
        "tab-story",
        "undo",
        "play",
        "speed",
        "bookmark",
        "history",
        "scrubber",
        "console-input",
    ];
    // What cannot be done yet is passed over.
    let parts = parts.into_iter().filter(|part| *part != "undo");
    let places = parts.map(place).collect::<Result<Vec<_>>>()?;
    ensure!(places.is_sorted(), "the order of Tab is not that of the page: {order:?}");
    ensure!(order.len() < 120, "Tab never leaves the page: {order:?}");
    Ok(())
}
