//! `regionscope run`: one world, its log and how it stands in the end.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use scenario::{Outcome, Request, Run};
use serde::Serialize;
use sim::{Millis, Release};
use view::log::{self, LogLine};
use view::summary::WorldSummary;

use crate::source::{self, Common};

/// What to run, and until when.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// The release of TiKV and PD; the one the scenario names as faulty if absent
    #[arg(long, value_name = "RELEASE", value_parser = source::release)]
    tikv: Option<Release>,
    /// Print also what the stores count of resolves and dropped messages, as Prometheus reads it
    #[arg(long, conflicts_with = "json")]
    metrics: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    scenario: &'a str,
    seed: u64,
    #[serde(flatten)]
    world: WorldSummary,
}

/// Carries it out.
pub(crate) fn run(options: &Options) -> Result<()> {
    let run = options.common.play(|[faulty, _]| vec![options.tikv.unwrap_or(faulty)])?;
    let world = WorldSummary::of(&run.worlds()[0].cluster, run.worlds()[0].release);
    let mut out = io::BufWriter::new(io::stdout().lock());
    if options.common.json {
        let report = Report { scenario: &run.scenario().id, seed: run.seed(), world };
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        print_log(&mut out, &run)?;
        writeln!(out)?;
        for line in summary(&world) {
            writeln!(out, "{line}")?;
        }
        source::print_expectations(&mut out, &run)?;
        if options.metrics {
            let text = view::metrics::text(&run.worlds()[0].cluster, None);
            writeln!(out, "\n{}", text.unwrap_or_default())?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Prints every log line with who wrote it, and between them what was asked, by time.
fn print_log(out: &mut impl Write, run: &Run) -> Result<()> {
    let cluster = &run.worlds()[0].cluster;
    let knobs = cluster.knobs();
    let mut issued = run.issued().iter().peekable();
    for event in cluster.events() {
        while let Some(asked) = issued.next_if(|asked| asked.at <= event.at) {
            print_issued(out, &asked.request, asked.outcomes.first())?;
        }
        for line in log::lines(event, &knobs) {
            print_line(out, &line.by_clock_of(cluster))?;
        }
    }
    for asked in issued {
        print_issued(out, &asked.request, asked.outcomes.first())?;
    }
    Ok(())
}

fn print_line(out: &mut impl Write, line: &LogLine) -> Result<()> {
    writeln!(out, "{:<10}{line}", line.speaker.to_string())?;
    Ok(())
}

fn print_issued(
    out: &mut impl Write,
    request: &Request,
    outcome: Option<&Option<Outcome>>,
) -> Result<()> {
    match outcome {
        Some(Some(Outcome::Refused(refusal))) => writeln!(out, "> {request}\n  {refusal}")?,
        Some(Some(Outcome::NotReached(_))) => writeln!(out, "> {request}\n  not reached")?,
        _ => writeln!(out, "> {request}")?,
    }
    Ok(())
}

/// How a world stands, in lines.
pub(crate) fn summary(world: &WorldSummary) -> Vec<String> {
    let at = view::clock::WallClock::at(Millis(world.now_ms));
    let mut lines = vec![
        format!("TiKV {}, at {}", world.release.unwrap_or("mixed"), at.in_recovery_output()),
        format!("unsafe recovery     {}", world.recovery.stage),
        format!("failed resolves     {}", world.failed_resolves),
        format!("log lines           {}", world.log_lines),
        format!("ghost peers         {}", world.ghost_peers.len()),
    ];
    for ghost in &world.ghost_peers {
        let (region, peer, store) = (ghost.region, ghost.peer, ghost.store);
        lines.push(format!("  region {region}: {} {peer} on store {store}", ghost.role));
    }
    if !world.clients.is_empty() {
        lines.push(format!("what clients feel   {}", world.clients));
    }
    lines.push("tables with a TiFlash replica".to_string());
    for table in &world.tables {
        let state = if table.available { "available" } else { "NOT available" };
        let held = table.held.map(|count| format!(", change to {count} held back"));
        let held = held.unwrap_or_default();
        let progress = table.progress;
        lines.push(format!(
            "  {:<18}{} replica  {progress:.2}  {state}{held}",
            table.name, table.replica_count
        ));
    }
    match world.invariants.held {
        true => lines.push("invariants          all hold".to_string()),
        false => {
            lines.push("invariants          BROKEN, which is a defect of regionscope".to_string());
            lines.extend(world.invariants.broken.iter().map(|law| format!("  {law}")));
        }
    }
    lines.push(format!("fingerprint         {}", world.fingerprint));
    lines
}
