//! Nobody is kept out: axe-core looks at the page in every theme, language and size, in its opening
//! state and after the incident.

use std::{env, fs};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::browser::Browser;

use crate::page::{choose, play_to_the_end};

/// Desktop, and a phone.
const SIZES: [(u32, u32); 2] = [(1440, 900), (390, 844)];
/// Theme and contrast, by the names of their buttons.
const LOOKS: [(&str, &str); 4] =
    [("light", "auto"), ("dark", "auto"), ("light", "more"), ("dark", "more")];
const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

#[test]
fn axe_finds_nothing_serious_in_any_theme_language_and_size() -> Result<()> {
    let browser = Browser::open("axe")?;
    let axe = Axe::load()?;
    axe.look(&browser, "opening")?;
    play_to_the_end(&browser)?;
    for (width, height) in SIZES {
        browser.resize(width, height)?;
        for (theme, contrast) in LOOKS {
            for language in LANGUAGES {
                choose(&browser, "theme", theme)?;
                choose(&browser, "contrast", contrast)?;
                choose(&browser, "lang", language)?;
                axe.look(
                    &browser,
                    &format!("{width} px, {theme}, contrast {contrast}, {language}"),
                )?;
            }
        }
    }
    Ok(())
}

/// axe-core's script.
pub(crate) struct Axe(String);

impl Axe {
    /// The script from where AXE says it lies; `cargo xtask test` installs it.
    pub(crate) fn load() -> Result<Axe> {
        let path = env::var_os("AXE").context("AXE does not say where axe.min.js lies")?;
        Ok(Axe(fs::read_to_string(&path).context("axe-core cannot be read")?))
    }

    /// Errors with what is wrong, where something is that axe calls serious or critical.
    pub(crate) fn look(&self, browser: &Browser, view: &str) -> Result<()> {
        self.look_for("{ resultTypes: ['violations'] }", browser, view)
    }

    /// The same, of contrast alone.
    pub(crate) fn look_at_contrast(&self, browser: &Browser, view: &str) -> Result<()> {
        self.look_for("{ runOnly: ['color-contrast'] }", browser, view)
    }

    fn look_for(&self, what: &str, browser: &Browser, view: &str) -> Result<()> {
        let script = format!(
            "{}; return axe.run(document, {what}).then(found => found.violations);",
            self.0
        );
        let found = browser.execute(&script, &[json!(null)])?;
        let found = found.as_array().context("axe answers with a list")?;
        let grave = |fault: &&Value| fault["impact"] == "serious" || fault["impact"] == "critical";
        let faults: Vec<String> = found.iter().filter(grave).map(told).collect();
        ensure!(faults.is_empty(), "{view}: {}", faults.join("\n"));
        Ok(())
    }
}

/// A fault with the first places that have it.
fn told(fault: &Value) -> String {
    let nodes = fault["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let places: Vec<String> = nodes
        .iter()
        .take(3)
        .map(|node| format!("{} {}", node["html"], node["any"][0]["message"]))
        .collect();
    format!("{}: {} ({} times)\n  {}", fault["id"], fault["help"], nodes.len(), places.join("\n  "))
}
