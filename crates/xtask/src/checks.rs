//! `cargo xtask test`: everything that CI runs, in order of speed, up to the first failure.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::{
    browsers, codec, page, server, sizes,
    workspace::{self, WASM, Workspace},
};

/// One thing that CI checks.
struct Check {
    /// What one types to run it alone.
    name: &'static str,
    /// What holds when it has passed.
    claim: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

const CHECKS: [Check; 9] = [
    Check { name: "format", claim: "the sources are formatted", run: format },
    Check { name: "lint", claim: "clippy has nothing to say", run: lint },
    Check { name: "lint-wasm", claim: "nor has it in the page for wasm32", run: lint_wasm },
    Check { name: "unit", claim: "unit, golden and determinism tests pass", run: unit },
    Check { name: "doc", claim: "the documentation builds, its links lead somewhere", run: doc },
    Check { name: "page", claim: "the page builds", run: build_page },
    Check { name: "browser", claim: "the page works in Chromium", run: chromium },
    Check { name: "firefox", claim: "the page works in Firefox", run: firefox },
    Check { name: "webkit", claim: "the page works in WebKit", run: webkit },
];

/// What runs only when it is named: it needs a display of its own, and Debian's WebKit.
const ON_REQUEST: [&str; 1] = ["webkit"];

/// The tests of all crates but this one. The browser tests name the same crates, so that Cargo
/// reuses what the unit tests have built.
const OTHERS_TESTS: [&str; 5] = ["test", "--workspace", "--exclude", "xtask", "--locked"];

/// Runs the checks called `names`, or all if none is named.
pub(crate) fn run(workspace: &Workspace, names: &[&str]) -> Result<()> {
    if let Some(stranger) = names.iter().find(|name| CHECKS.iter().all(|c| c.name != **name)) {
        let known: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        bail!("no such check: {stranger}; there are {}", known.join(", "));
    }
    let chosen = |check: &&Check| {
        names.contains(&check.name) || names.is_empty() && !ON_REQUEST.contains(&check.name)
    };
    let mut times = Vec::new();
    for check in CHECKS.iter().filter(chosen) {
        println!("\n== {}: {}", check.name, check.claim);
        times.push((check.name, timed(|| (check.run)(workspace), check.name)?));
    }
    println!();
    for (name, seconds) in &times {
        println!("{name:<12}{seconds:>8.1} s");
    }
    println!("all checks passed");
    Ok(())
}

/// Does `work` and returns how long it took, in seconds.
#[expect(clippy::disallowed_types, reason = "how long a check takes is told, never decided upon")]
fn timed(work: impl FnOnce() -> Result<()>, name: &str) -> Result<f64> {
    let start = std::time::Instant::now();
    let outcome = work();
    let seconds = start.elapsed().as_secs_f64();
    outcome.with_context(|| format!("check {name} failed after {seconds:.1} s"))?;
    println!("== {name}: {seconds:.1} s");
    Ok(seconds)
}

fn format(workspace: &Workspace) -> Result<()> {
    workspace::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
        .context("run `cargo fmt --all`")
}

fn lint(workspace: &Workspace) -> Result<()> {
    // Not all features: raft-rs speaks one codec or the other.
    let what =
        ["clippy", "--workspace", "--all-targets", "--features", "tests/browser", "--locked"];
    workspace::run(workspace.cargo(&what).args(["--", "-D", "warnings"]))
}

/// Under the page's profile, so that the proc macros built here serve the page's build too.
fn lint_wasm(workspace: &Workspace) -> Result<()> {
    page::add_wasm_target(workspace)?;
    let what = ["clippy", "--package", "web", "--target", WASM, "--profile", "page", "--locked"];
    let mut cargo = workspace.cargo(&what);
    codec::choose(workspace, &mut cargo)?;
    workspace::run(cargo.args(["--", "-D", "warnings"]))
}

/// In two goes: among the others, Cargo would build xtask's large dependencies a second time.
fn unit(workspace: &Workspace) -> Result<()> {
    workspace::run(&mut workspace.cargo(&OTHERS_TESTS))?;
    workspace::run(&mut workspace.cargo(&["test", "--package", "xtask", "--locked"]))
}

fn doc(workspace: &Workspace) -> Result<()> {
    let what = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    workspace::run(workspace.cargo(&what).env("RUSTDOCFLAGS", "-D warnings"))
}

fn build_page(workspace: &Workspace) -> Result<()> {
    page::build(workspace)?;
    sizes::report(workspace)
}

fn chromium(workspace: &Workspace) -> Result<()> {
    browsers::chromium(workspace)?;
    visit(workspace, &[("AXE", browsers::axe(workspace)?)], "chromium")
}

fn firefox(workspace: &Workspace) -> Result<()> {
    let driver = browsers::firefox(workspace)?;
    visit(workspace, &[("GECKODRIVER", driver), ("AXE", browsers::axe(workspace)?)], "firefox")
}

/// MiniBrowser has no mode without a window: it gets a display of its own.
fn webkit(workspace: &Workspace) -> Result<()> {
    let browser = browsers::webkit(workspace)?;
    visit(workspace, &[("MINIBROWSER", browser), ("AXE", browsers::axe(workspace)?)], "webkit")
}

/// Builds the page and takes pictures of it.
pub(crate) fn screenshots(workspace: &Workspace) -> Result<()> {
    browsers::chromium(workspace)?;
    page::build(workspace)?;
    let port = server::start(&workspace.dist(), 0)?;
    let mut pictures = workspace.cargo(&["test", "--package", "tests", "--locked"]);
    pictures.args(["--features", "tests/browser", "--test", "screenshots"]);
    workspace::run(pictures.env("REGIONSCOPE_PAGE", format!("http://127.0.0.1:{port}/")))
}

/// Serves `dist/`, with the probes beside it, and lets the browser tests visit it.
fn visit(workspace: &Workspace, tools: &[(&str, PathBuf)], browser: &str) -> Result<()> {
    let port = server::start(page::with_probes(workspace)?, 0)?;
    let mut tests = workspace.cargo(&OTHERS_TESTS);
    tests.args(["--features", "tests/browser", "--test", "browser"]);
    if browser == "webkit" {
        let mut on_display = workspace.command("xvfb-run");
        // The window of the tests is larger than the display that one gets unasked.
        on_display.args(["--auto-servernum", "--server-args=-screen 0 1600x1200x24"]);
        on_display.arg(tests.get_program()).args(tests.get_args());
        tests = on_display;
    }
    tests.env("REGIONSCOPE_PAGE", format!("http://127.0.0.1:{port}/"));
    tests.env("REGIONSCOPE_BROWSER", browser);
    workspace::run(tests.envs(tools.iter().map(|(name, path)| (name, path))))
}
