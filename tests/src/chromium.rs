//! Starts headless Chromium with its driver, and ends both whatever happens to the test.
//!
//! Another browser is another file like this one: a driver to start, capabilities to ask for, and
//! a console to read.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::webdriver::Session;

/// The names under which systems install Chromium or its like.
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser without a window and without its conversations with its maker.
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// A running Chromium. Dropping it ends the browser and its driver.
pub struct Chromium {
    driver: Child,
    session: Session,
    profile: PathBuf,
}

impl Chromium {
    /// Starts a browser whose files lie in `folder`, which is emptied first.
    pub fn start(folder: &Path) -> Result<Chromium> {
        if folder.exists() {
            fs::remove_dir_all(folder).context("the last run's profile cannot be removed")?;
        }
        fs::create_dir_all(folder).context("no folder for the browser")?;
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").arg(format!("--log-path={}", folder.join("driver.log").display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut driver = command.spawn().context("chromedriver is not on the PATH")?;
        let profile = folder.join("profile");
        let session = port_of(&mut driver)
            .and_then(|port| Session::new(port, capabilities(&profile)?))
            .inspect_err(|_| end(&mut driver))?;
        Ok(Chromium { driver, session, profile })
    }

    /// What the browser is commanded through.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What pages have written to the console since the last call, each as "LEVEL text".
    pub fn console(&self) -> Result<Vec<String>> {
        let entries = self.session.post("se/log", &json!({ "type": "browser" }))?;
        let entries = entries.as_array().context("not a list of log entries")?;
        let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_string();
        Ok(entries.iter().map(|e| format!("{} {}", word(e, "level"), word(e, "message"))).collect())
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if self.session.close().is_err() {
            end_orphan(self.session.capabilities(), &self.profile);
        }
        end(&mut self.driver);
    }
}

/// The port that the driver has chosen: it says so on a line of its own.
fn port_of(driver: &mut Child) -> Result<u16> {
    let output = driver.stdout.as_mut().context("the driver's output is not ours")?;
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let told =
        lines.find_map(|line| line.split_once("successfully on port ").map(|x| x.1.to_string()));
    let told = told.context("chromedriver ended before it told its port")?;
    told.trim_end_matches('.').parse().context("chromedriver's port is not a number")
}

fn capabilities(profile: &Path) -> Result<Value> {
    let mut arguments: Vec<String> = FLAGS.iter().map(ToString::to_string).collect();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let folders = env::var_os("PATH").context("no PATH")?;
    let program = PROGRAMS.iter().find_map(|name| {
        env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
    });
    let program = program.context("no Chromium on the PATH")?;
    Ok(json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "binary": program, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    }))
}

fn end(driver: &mut Child) {
    let _already_ended = driver.kill();
    let _status = driver.wait();
}

/// Ends the browser that its driver no longer can: by its id, and only if it is the one that runs
/// with our profile.
fn end_orphan(capabilities: &Value, profile: &Path) {
    let Some(id) = capabilities["goog:processID"].as_u64() else { return };
    let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    if String::from_utf8_lossy(&words).contains(&*profile.to_string_lossy()) {
        let _status = Command::new("kill").arg(id.to_string()).status();
    }
}
