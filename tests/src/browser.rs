//! The page in a browser, in the words of a test: find, click, type, read, look.
//!
//! Everything that may take the page a moment is waited for; what never comes is an error that
//! says what was missing.

use std::{cell::RefCell, env, fmt::Display, fs, path::PathBuf, thread, time::Duration};

use anyhow::{Context, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    engine::{Engine, Running},
    project,
    webdriver::{ElementId, Session},
};

/// How long an element or a state of the page is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often one looks meanwhile.
const GLANCE: Duration = Duration::from_millis(50);

/// How often an element is found anew that the page has made anew meanwhile.
const RENEWALS: usize = 5;

/// Below this width, in CSS pixels, a page is on a phone.
const PHONE: u32 = 600;

/// A browser with the page in it. Dropping it ends the browser.
pub struct Browser {
    running: Running,
    address: String,
}

/// An element of the page that a [`Browser`] has found.
pub struct Element<'a> {
    session: &'a Session,
    engine: Engine,
    id: RefCell<ElementId>,
    /// How it was found, and as which: the page may have made it anew since.
    found: (String, usize),
}

impl Browser {
    /// Opens the page in a fresh browser of 1440 by 900 pixels; `test` names the folder of its
    /// profile. Errors where `cargo xtask test` has not said by REGIONSCOPE_PAGE at which address
    /// the page is served.
    pub fn open(test: &str) -> Result<Browser> {
        let address = env::var("REGIONSCOPE_PAGE")
            .context("the page is not served; run `cargo xtask test page browser`")?;
        let engine = Engine::asked_for()?;
        let folder = target().join("browser").join(format!("{}-{test}", engine.name()));
        let browser = Browser { running: Running::start(engine, &folder)?, address };
        browser.resize(1440, 900)?;
        browser.visit("")?;
        Ok(browser)
    }

    /// Goes to the page, with `rest` after its address: a query, a fragment, a file.
    pub fn visit(&self, rest: &str) -> Result<()> {
        self.go(&format!("{}{rest}", self.address))
    }

    /// Goes to an address.
    pub fn go(&self, url: &str) -> Result<()> {
        let go = || self.session().post("url", &json!({ "url": url })).map(drop);
        match go() {
            // Firefox gives up a page whose worker it cannot start at once on a busy machine.
            Err(error) if error.to_string().contains("Reached error page") => go(),
            answer => answer,
        }
    }

    /// The document's title.
    pub fn title(&self) -> Result<String> {
        text(self.session().get("title")?)
    }

    /// The first element that matches the CSS `selector`, as soon as there is one.
    pub fn find(&self, selector: &str) -> Result<Element<'_>> {
        let mut found = Vec::new();
        self.wait_until(format!("an element {selector}"), || {
            found = self.find_all(selector)?;
            Ok(!found.is_empty())
        })?;
        Ok(found.swap_remove(0))
    }

    /// The first element whose `data-testid` is `id`, as soon as there is one.
    pub fn test_id(&self, id: &str) -> Result<Element<'_>> {
        self.find(&format!("[data-testid=\"{id}\"]"))
    }

    /// The elements that match the CSS `selector` at this moment.
    pub fn find_all(&self, selector: &str) -> Result<Vec<Element<'_>>> {
        let (session, engine) = (self.session(), self.engine());
        let ids = session.elements(selector)?;
        let elements = ids.into_iter().enumerate().map(|(at, id)| Element {
            session,
            engine,
            id: RefCell::new(id),
            found: (selector.to_string(), at),
        });
        Ok(elements.collect())
    }

    /// How many elements match the CSS `selector` at this moment.
    pub fn count(&self, selector: &str) -> Result<u64> {
        let script = "return document.querySelectorAll(arguments[0]).length";
        self.execute(script, &[json!(selector)])?.as_u64().context("a number of elements")
    }

    /// Waits until `holds` says so; `what` completes the sentence "there was never …".
    pub fn wait_until(
        &self,
        what: impl Display,
        holds: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        self.wait_longer(PATIENCE, what, holds)
    }

    /// The same, for what takes its time.
    pub fn wait_longer(
        &self,
        patience: Duration,
        what: impl Display,
        mut holds: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        let glances = patience.as_millis() / GLANCE.as_millis();
        for _ in 0..glances {
            if holds()? {
                return Ok(());
            }
            thread::sleep(GLANCE);
        }
        bail!("there was never {what}");
    }

    /// Runs the body of a function in the page, with `arguments`, and returns what it returns; a
    /// promise is awaited.
    pub fn execute(&self, script: &str, arguments: &[Value]) -> Result<Value> {
        self.session().post("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Puts a text into the field whose `data-testid` is `id` at once, or chooses it in a list: key
    /// by key it could take a minute.
    pub fn type_all(&self, id: &str, text: &str) -> Result<()> {
        let paste = "const field = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
            field.value = arguments[1];
            for (const kind of ['input', 'change'])
                field.dispatchEvent(new Event(kind, { bubbles: true }));";
        self.test_id(id)?;
        self.execute(paste, &[json!(id), json!(text)]).map(drop)
    }

    /// Presses and releases one key, wherever the focus is. Keys without a character have one in
    /// WebDriver's private range, such as `\u{e00c}` for Escape.
    pub fn press(&self, key: char) -> Result<()> {
        let press =
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })];
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": press });
        self.session().post("actions", &json!({ "actions": [keyboard] })).map(drop)
    }

    /// Moves the mouse to a point, in CSS pixels of the window, and clicks if so asked.
    pub fn mouse(&self, at: (f64, f64), clicks: bool) -> Result<()> {
        let mut actions = vec![moved(at, 0)];
        if clicks {
            actions.push(json!({ "type": "pointerDown", "button": 0 }));
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        let kind = json!({ "pointerType": "mouse" });
        let mouse =
            json!({ "type": "pointer", "id": "mouse", "parameters": kind, "actions": actions });
        self.session().post("actions", &json!({ "actions": [mouse] })).map(drop)
    }

    /// Puts fingers down, each at its first point, moves them through their other points, `ms`
    /// milliseconds a way, and takes them up; one that has nowhere to go rests so long. Points are
    /// in CSS pixels of the window.
    pub fn touch(&self, fingers: &[&[(f64, f64)]], ms: u64) -> Result<()> {
        let finger = |(at, points): (usize, &&[(f64, f64)])| {
            let mut actions = Vec::new();
            for (nth, point) in points.iter().enumerate() {
                actions.push(moved(*point, if nth == 0 { 0 } else { ms }));
                if nth == 0 {
                    actions.push(json!({ "type": "pointerDown", "button": 0 }));
                }
            }
            if let [_] = points {
                actions.push(json!({ "type": "pause", "duration": ms }));
            }
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
            let kind = json!({ "pointerType": "touch" });
            let id = format!("finger-{at}");
            json!({ "type": "pointer", "id": id, "parameters": kind, "actions": actions })
        };
        let fingers: Vec<Value> = fingers.iter().enumerate().map(finger).collect();
        self.session().post("actions", &json!({ "actions": fingers })).map(drop)
    }

    /// Makes the page `width` by `height` CSS pixels, below 600 as a phone with a touch screen.
    /// Elsewhere it is the window, as near as that gets.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        match self.engine() {
            Engine::Chromium => {
                let is_phone = width < PHONE;
                let metrics = json!({
                    "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone,
                });
                self.devtools("Emulation.setDeviceMetricsOverride", &metrics)?;
                let touch = json!({ "enabled": is_phone });
                self.devtools("Emulation.setTouchEmulationEnabled", &touch)
            }
            Engine::Firefox | Engine::WebKit => {
                let script = "return [outerWidth - innerWidth, outerHeight - innerHeight];";
                let frame = self.execute(script, &[])?;
                let outer =
                    |inner: u32, at: usize| u64::from(inner) + frame[at].as_u64().unwrap_or(0);
                let rect = json!({ "width": outer(width, 0), "height": outer(height, 1) });
                self.session().post("window/rect", &rect).map(drop)
            }
        }
    }

    /// Has Chromium's developer tools carry out `command`.
    fn devtools(&self, command: &str, parameters: &Value) -> Result<()> {
        let wish = json!({ "cmd": command, "params": parameters });
        self.session().post("goog/cdp/execute", &wish).map(drop)
    }

    /// Writes what the window shows to `target/screenshots/NAME.png` and returns its bytes.
    pub fn screenshot(&self, name: &str) -> Result<Vec<u8>> {
        let encoded = text(self.session().get("screenshot")?)?;
        let picture = STANDARD.decode(encoded).context("the screenshot is not base64")?;
        let folder = target().join("screenshots");
        fs::create_dir_all(&folder).context("no folder for screenshots")?;
        fs::write(folder.join(format!("{name}.png")), &picture).context("no screenshot")?;
        Ok(picture)
    }

    /// The errors on the console since the last call: see [`Running::console_errors`].
    pub fn console_errors(&self) -> Result<Vec<String>> {
        self.running.console_errors()
    }

    /// The addresses asked for since the last call: see [`Running::requests`].
    pub fn requests(&self) -> Result<Vec<String>> {
        self.running.requests()
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.running.engine()
    }

    fn session(&self) -> &Session {
        self.running.session()
    }
}

impl Element<'_> {
    /// Does `deed` with the element, or with the one in its place where the page has made that
    /// anew.
    fn with<T>(&self, deed: impl Fn(&Session, &ElementId) -> Result<T>) -> Result<T> {
        for _ in 0..RENEWALS {
            match deed(self.session, &self.id.borrow()) {
                Err(error) if error.to_string().starts_with("stale element reference") => {}
                answer => return answer,
            }
            let (selector, at) = &self.found;
            let anew = self.session.elements(selector)?.into_iter().nth(*at);
            *self.id.borrow_mut() = anew.with_context(|| format!("{selector} is gone"))?;
        }
        deed(self.session, &self.id.borrow())
    }

    /// Clicks its middle, scrolling there first. Errors where something lies above it.
    pub fn click(&self) -> Result<()> {
        self.with(|session, id| session.post_to(id, "click", &json!({}))).map(drop)
    }

    /// Focuses it and types `keys`; `\u{e007}` is Enter.
    pub fn send_keys(&self, keys: &str) -> Result<()> {
        self.with(|s, id| s.post_to(id, "value", &json!({ "text": keys }))).map(drop)
    }

    /// Empties an input.
    pub fn clear(&self) -> Result<()> {
        self.with(|session, id| session.post_to(id, "clear", &json!({}))).map(drop)
    }

    /// Its text as a reader sees it. WebKit's driver has none for what is clipped or scrolled away,
    /// so there it is the text as it is laid out.
    pub fn text(&self) -> Result<String> {
        if self.engine == Engine::WebKit {
            return text(self.property("innerText")?);
        }
        text(self.with(|session, id| session.get_of(id, "text"))?)
    }

    /// The value of the attribute `name`, if it has one.
    pub fn attribute(&self, name: &str) -> Result<Option<String>> {
        let value = self.with(|session, id| session.get_of(id, &format!("attribute/{name}")))?;
        Ok(value.as_str().map(ToString::to_string))
    }

    /// The value of the DOM property `name`, such as `value` or `checked`.
    pub fn property(&self, name: &str) -> Result<Value> {
        self.with(|session, id| session.get_of(id, &format!("property/{name}")))
    }
}

fn text(value: Value) -> Result<String> {
    value.as_str().map(ToString::to_string).context("the driver's answer is not text")
}

/// Cargo's target folder.
fn target() -> PathBuf {
    let elsewhere = env::var_os("CARGO_TARGET_DIR");
    elsewhere.map_or(project::root().join("target"), |target| project::root().join(target))
}

/// A pointer that goes to a point of the window in so many milliseconds.
fn moved((x, y): (f64, f64), ms: u64) -> Value {
    let (x, y) = (x.round(), y.round());
    json!({ "type": "pointerMove", "duration": ms, "x": x, "y": y, "origin": "viewport" })
}
