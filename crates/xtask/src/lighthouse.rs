//! `cargo xtask lighthouse`: how Lighthouse judges the built page, on a desktop and on a phone.
//! Its scores of speed vary with the machine and what else that does: they are printed, and no
//! test.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{
    browsers, npm, page, server,
    workspace::{self, Workspace},
};

/// The version of the npm package `lighthouse`.
const LIGHTHOUSE: &str = "13.5.0";

/// The presets: what each is called, its flag, and what the design asks of its speed.
const PRESETS: [(&str, &[&str], u32); 2] =
    [("desktop", &["--preset=desktop"], 95), ("mobile", &[], 85)];

/// Runs of each preset: the scores of speed vary by several hundredths from one to the next.
const RUNS: usize = 5;

/// Categories by Lighthouse's names; all but the first shall reach 95 everywhere.
const CATEGORIES: [&str; 4] = ["performance", "accessibility", "best-practices", "seo"];

/// Builds and serves the page and prints its scores beside what they should be.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    browsers::chromium(workspace)?;
    browsers::npm(workspace)?;
    page::build(workspace)?;
    let package = npm::package(workspace, "lighthouse", LIGHTHOUSE)?;
    let judge = Judge {
        node: workspace::on_path(&["node"]).context("no node on the PATH")?,
        script: package.join("cli").join("index.js"),
        chromium: browsers::chromium_program().context("no Chromium on the PATH")?,
        port: server::start(&workspace.dist(), 0)?,
    };
    println!("{:<10}{:<18}{:>8}{:>8}  of {RUNS}", "preset", "category", "median", "asked");
    for (preset, flags, speed) in PRESETS {
        let mut scores = CATEGORIES.map(|_| Vec::new());
        for _ in 0..RUNS {
            let report = judge.report(workspace, preset, flags)?;
            for (category, scores) in CATEGORIES.iter().zip(&mut scores) {
                let score = score_of(&report, category)
                    .with_context(|| format!("the report has no score for {category}"))?;
                scores.push(score);
            }
        }
        for (category, mut scores) in CATEGORIES.into_iter().zip(scores) {
            let asked = if category == "performance" { speed } else { 95 };
            scores.sort_unstable();
            let median = scores[RUNS / 2];
            println!("{preset:<10}{category:<18}{median:>8}{asked:>8}  {scores:?}");
        }
    }
    println!(
        "the last reports are target/lighthouse-desktop.json and target/lighthouse-mobile.json"
    );
    Ok(())
}

/// What it takes to have the page judged.
struct Judge {
    node: PathBuf,
    script: PathBuf,
    chromium: PathBuf,
    port: u16,
}

impl Judge {
    /// Lighthouse's report in JSON, from one run.
    fn report(&self, workspace: &Workspace, preset: &str, flags: &[&str]) -> Result<String> {
        let report = workspace.target().join(format!("lighthouse-{preset}.json"));
        let mut command = workspace.command(&self.node);
        command.arg(&self.script).arg(format!("http://127.0.0.1:{}/", self.port)).args(flags);
        command.args(["--quiet", "--output=json"]);
        command.arg("--chrome-flags=--headless=new --no-sandbox");
        command.arg(format!("--only-categories={}", CATEGORIES.join(",")));
        command.arg(format!("--output-path={}", report.display()));
        workspace::run(command.env("CHROME_PATH", &self.chromium))
            .context("Lighthouse gives no judgement")?;
        std::fs::read_to_string(&report).context("Lighthouse left no report")
    }
}

/// The score of a category in hundredths, from a report in JSON as Lighthouse lays it out: the
/// categories stand last in it, each with its `id` before its `score`.
fn score_of(report: &str, category: &str) -> Option<u32> {
    let (_, categories) = report.rsplit_once("\"categories\":")?;
    let (_, rest) = categories.split_once(&format!("\"id\": \"{category}\""))?;
    let (_, score) = rest.split_once("\"score\":")?;
    let number: String =
        score.trim_start().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let share: f64 = number.parse().ok()?;
    Some((share * 100.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::score_of;

    #[test]
    fn score_is_that_of_the_category() {
        let report = r#"{"audits": {"id": "seo", "score": 0}, "categories": {
            "performance": {"title": "x", "id": "performance", "score": 0.97},
            "seo": {"id": "seo", "score": 1}}}"#;
        assert_eq!(score_of(report, "performance"), Some(97));
        assert_eq!(score_of(report, "seo"), Some(100));
        assert_eq!(score_of(report, "best-practices"), None);
    }
}
