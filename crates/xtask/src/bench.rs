//! `cargo xtask bench`: the design's budgets beside what this machine measures.
//!
//! What the simulation takes is measured by the example `bench` of the crate `cli`, in release: it
//! prints one line for each row it knows, `ROW<tab>MEASURED`, where ROW is a `row` below.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::{browsers, page, server, sizes, workspace::Workspace};

/// One line of the design's section 7.
struct Budget {
    /// What the measuring program calls it.
    row: &'static str,
    what: &'static str,
    limit: &'static str,
}

const FIRST_LOAD: &str = "first-load";

const BUDGETS: [Budget; 12] = [
    Budget { row: FIRST_LOAD, what: "first load, everything, brotli", limit: "280 KB" },
    Budget {
        row: "incident",
        what: "the incident, 10 min, one world, native",
        limit: "3 x bare raft-rs",
    },
    Budget { row: "wasm", what: "wasm against native, same run", limit: "2.0 x" },
    Budget { row: "frame", what: "a frame at 8 x, two worlds, p95", limit: "16 ms" },
    Budget { row: "scrub", what: "scrubbing a 10-minute run, p95", limit: "16 ms" },
    Budget { row: "branch-seen", what: "branching: something to see", limit: "16 ms" },
    Budget { row: "branch-replayed", what: "branching: replayed", limit: "250 ms" },
    Budget { row: "page-memory", what: "memory: the incident in the page", limit: "64 MB" },
    Budget { row: "large-memory", what: "memory: 10,000 regions, native", limit: "600 MB" },
    Budget { row: "large", what: "100 stores, 10,000 regions, native", limit: "10 x real time" },
    Budget { row: "large-page", what: "the same in the page, zoomed and panned", limit: "30 fps" },
    Budget {
        row: "growth",
        what: "10 x the regions, the same written to",
        limit: "well below 10 x",
    },
];

/// Builds what is measured, measures it and prints the table. Nothing fails by being over.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    page::build(workspace)?;
    let mut measured = simulation(workspace)?;
    measured.extend(in_the_page(workspace)?);
    let ms = |row: &str| measured.get(row).and_then(|text| text.parse::<f64>().ok());
    if let (Some(native), Some(wasm)) = (ms("native-ms"), ms("wasm-ms")) {
        measured.insert("wasm".to_string(), format!("{:.1} x", wasm / native));
    }
    let total = sizes::total(workspace)?;
    measured.insert(FIRST_LOAD.to_string(), format!("{:.1} KB", sizes::kilobytes(total.sent)));
    println!("\n{:<44}{:<20}measured", "what", "budget");
    for Budget { row, what, limit } in &BUDGETS {
        let measured = measured.get(*row).map_or("not measured", String::as_str);
        println!("{what:<44}{limit:<20}{measured}");
    }
    Ok(())
}

/// What the crate `cli`'s example `bench` has measured, by row.
fn simulation(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    if !workspace.root().join("crates/cli/examples/bench.rs").is_file() {
        return Ok(BTreeMap::new());
    }
    let mut cargo = workspace.cargo(&["run", "--release", "--package", "cli"]);
    rows(cargo.args(["--example", "bench"]))
}

/// What the test `page_bench` measures in a browser, by row.
fn in_the_page(workspace: &Workspace) -> Result<BTreeMap<String, String>> {
    browsers::chromium(workspace)?;
    let port = server::start(page::with_probes(workspace)?, 0)?;
    let mut cargo = workspace.cargo(&["test", "--package", "tests", "--features", "browser"]);
    cargo.args(["--test", "page_bench", "--quiet"]);
    rows(cargo.env("REGIONSCOPE_PAGE", format!("http://127.0.0.1:{port}/")))
}

/// The lines `ROW<tab>MEASURED` that a measuring program prints.
fn rows(program: &mut Command) -> Result<BTreeMap<String, String>> {
    let output = program.stderr(Stdio::inherit()).output().context("cannot start a bench")?;
    anyhow::ensure!(output.status.success(), "a bench failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    Ok(rows.map(|(row, measured)| (row.to_string(), measured.to_string())).collect())
}
