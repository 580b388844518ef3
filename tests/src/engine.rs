//! The browsers that the tests know: which one is asked for, how it is started, what it wrote to
//! its console.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    driver::{Driver, end_orphan},
    webdriver::Session,
};

/// A browser's engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium with chromedriver.
    Chromium,
    /// Firefox with geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser with WebKitWebDriver, on whatever display there is.
    WebKit,
}

/// Chromium without a window and without its conversations with its maker.
const CHROMIUM_FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

impl Engine {
    /// The one that REGIONSCOPE_BROWSER names, or Chromium.
    pub fn asked_for() -> Result<Engine> {
        match env::var("REGIONSCOPE_BROWSER").as_deref() {
            Err(_) | Ok("chromium") => Ok(Engine::Chromium),
            Ok("firefox") => Ok(Engine::Firefox),
            Ok("webkit") => Ok(Engine::WebKit),
            Ok(other) => {
                bail!("REGIONSCOPE_BROWSER is {other:?}; known are chromium, firefox and webkit")
            }
        }
    }

    /// Its name, as REGIONSCOPE_BROWSER has it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Chromium => "chromium",
            Engine::Firefox => "firefox",
            Engine::WebKit => "webkit",
        }
    }

    /// The names under which systems install it.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Engine::Chromium => &["chromium", "chromium-browser", "google-chrome", "chrome"],
            Engine::Firefox => &["firefox-esr", "firefox"],
            Engine::WebKit => &["MiniBrowser"],
        }
    }

    /// Starts its driver; files go to `folder`.
    fn driver(self, folder: &Path) -> Result<Driver> {
        match self {
            Engine::Chromium => {
                let mut command = Command::new("chromedriver");
                let log = folder.join("driver.log");
                command.arg("--port=0").arg(format!("--log-path={}", log.display()));
                Driver::start(command, "successfully on port ")
            }
            Engine::Firefox => {
                // Where `cargo xtask test` has put it, if not on the PATH.
                let program = env::var_os("GECKODRIVER").unwrap_or_else(|| "geckodriver".into());
                let mut command = Command::new(program);
                command.args(["--port=0", "--profile-root"]).arg(folder);
                Driver::start(command, "Listening on 127.0.0.1:")
            }
            Engine::WebKit => Driver::start_at_free_port(Command::new("WebKitWebDriver")),
        }
    }

    fn capabilities(self, profile: &Path) -> Result<Value> {
        let program = self.program()?;
        Ok(match self {
            Engine::Chromium => {
                let mut flags: Vec<String> =
                    CHROMIUM_FLAGS.iter().map(ToString::to_string).collect();
                flags.push(format!("--user-data-dir={}", profile.display()));
                json!({
                    "browserName": "chrome",
                    "goog:chromeOptions": { "binary": program, "args": flags },
                    "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
                })
            }
            Engine::Firefox => json!({
                "browserName": "firefox",
                "moz:firefoxOptions": {
                    "binary": program,
                    "args": ["-headless"],
                    "prefs": {
                        // What pages write to the console goes to the driver's output.
                        "devtools.console.stdout.content": true,
                        // What it says itself, and its conversations with its maker, would end up
                        // there, too.
                        "app.shield.optoutstudies.enabled": false,
                        "nimbus.rollouts.enabled": false,
                        "messaging-system.log": "off",
                        "services.settings.server": "data:,#remote-settings-dummy/v1",
                        "browser.backup.enabled": false,
                    },
                },
            }),
            // Under automation it keeps nothing, so it needs no profile.
            Engine::WebKit => json!({
                "browserName": "MiniBrowser",
                "webkitgtk:browserOptions": { "binary": program, "args": ["--automation"] },
            }),
        })
    }

    fn program(self) -> Result<PathBuf> {
        // What lies beside the PATH, `cargo xtask test` names.
        if let (Engine::WebKit, Some(program)) = (self, env::var_os("MINIBROWSER")) {
            return Ok(program.into());
        }
        let folders = env::var_os("PATH").context("no PATH")?;
        let find = |name: &&str| {
            env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
        };
        let found = self.programs().iter().find_map(find);
        found.with_context(|| format!("no {} on the PATH", self.name()))
    }
}

/// A running browser. Dropping it ends the browser and its driver.
pub struct Running {
    engine: Engine,
    session: Session,
    profile: PathBuf,
    driver: Driver,
}

impl Running {
    /// Starts a browser whose files lie in `folder`, which is emptied first.
    pub fn start(engine: Engine, folder: &Path) -> Result<Running> {
        if folder.exists() {
            fs::remove_dir_all(folder).context("the last run's profile cannot be removed")?;
        }
        fs::create_dir_all(folder).context("no folder for the browser")?;
        let driver = engine.driver(folder)?;
        let profile = folder.join("profile");
        let session = Session::new(driver.port(), engine.capabilities(&profile)?)?;
        Ok(Running { engine, session, profile, driver })
    }

    /// What it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// What the browser is commanded through.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The errors that pages have written to the console since the last call. In Chromium what the
    /// Content Security Policy refuses and a file that is missing are among them. WebKit tells
    /// none.
    pub fn console_errors(&self) -> Result<Vec<String>> {
        match self.engine {
            Engine::Chromium => {
                let entries = self.log("browser")?;
                let word = |e: &Value, key: &str| e[key].as_str().unwrap_or_default().to_string();
                let lines = entries.iter().filter(|entry| entry["level"] == "SEVERE");
                Ok(lines.map(|entry| word(entry, "message")).collect())
            }
            Engine::Firefox => {
                let mut lines = self.driver.printed();
                // What comes from Firefox's own scripts is no page's.
                let is_its_own = |line: &str| line.contains("resource://");
                lines.retain(|line| line.starts_with("console.error") && !is_its_own(line));
                Ok(lines)
            }
            Engine::WebKit => Ok(Vec::new()),
        }
    }

    /// The addresses that pages have asked for since the last call. Only Chromium tells them.
    pub fn requests(&self) -> Result<Vec<String>> {
        let mut asked = Vec::new();
        for entry in self.log("performance")? {
            let text = entry["message"].as_str().context("an entry without a message")?;
            let message: Value = serde_json::from_str(text).context("an entry that is no JSON")?;
            let message = &message["message"];
            if message["method"] == "Network.requestWillBeSent" {
                let url = message["params"]["request"]["url"].as_str();
                asked.push(url.context("a request without an address")?.to_string());
            }
        }
        Ok(asked)
    }

    fn log(&self, kind: &str) -> Result<Vec<Value>> {
        let entries = self.session.post("se/log", &json!({ "type": kind }))?;
        entries.as_array().cloned().context("not a list of log entries")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.session.close().is_err() {
            end_orphan(self.session.capabilities()["goog:processID"].as_u64(), &self.profile);
        }
    }
}
