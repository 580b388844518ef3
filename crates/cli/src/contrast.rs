//! `regionscope contrast`: two worlds in lock-step, both outcomes and where they parted.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use scenario::{Divergence, Request, Run};
use serde::Serialize;
use sim::{EventId, EventKind, Millis, Release};
use view::Lang;
use view::summary::WorldSummary;
use view::told::{self, Names};
use view::why::WhyGraph;

use crate::run;
use crate::source::{self, Common};

/// What to run, under which two releases, and until when.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// The first world's release; the one the scenario names as faulty if absent
    #[arg(long, value_name = "RELEASE", value_parser = source::release)]
    a: Option<Release>,
    /// The second world's release; the one the scenario names as mended if absent
    #[arg(long, value_name = "RELEASE", value_parser = source::release)]
    b: Option<Release>,
}

#[derive(Serialize)]
struct Report<'a> {
    scenario: &'a str,
    seed: u64,
    divergence: Option<Parting>,
    worlds: Vec<WorldSummary>,
}

/// The first difference between the worlds.
#[derive(Serialize)]
struct Parting {
    at_ms: u64,
    /// What happened in one world and not, or differently, in the other.
    event: String,
    /// What differs: `recovery`, `resolve`, `membership`, …
    topic: &'static str,
    /// What each world did, where it did anything.
    a: Option<String>,
    b: Option<String>,
    /// Why: the chain of causes of the event, from it to the command or failure it follows from.
    because: Vec<String>,
}

/// Carries it out.
pub(crate) fn contrast(options: &Options) -> Result<()> {
    let run = options.common.play(|[a, b]| vec![options.a.unwrap_or(a), options.b.unwrap_or(b)])?;
    let divergence = run.divergence().map(|divergence| parting(&run, divergence));
    let worlds = run.worlds().iter().map(|world| WorldSummary::of(&world.cluster, world.release));
    let worlds: Vec<WorldSummary> = worlds.collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    if options.common.json {
        let (scenario, seed) = (run.scenario().id.as_str(), run.seed());
        let report = Report { scenario, seed, divergence, worlds };
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        print_sides(&mut out, &worlds)?;
        print_parting(&mut out, divergence.as_ref())?;
        source::print_expectations(&mut out, &run)?;
    }
    out.flush()?;
    Ok(())
}

fn parting(run: &Run, divergence: &Divergence) -> Parting {
    let (left, right) = (divergence.left, divergence.right);
    let (a, b) = (side(run, 0, left, right), side(run, 1, right, left));
    let because = match (divergence.left, divergence.right) {
        (Some(event), _) => reasons(run, 0, event),
        (None, Some(event)) => reasons(run, 1, event),
        (None, None) => Vec::new(),
    };
    let event = match (&a, &b) {
        (Some(a), _) => a.clone(),
        (None, Some(b)) => b.clone(),
        (None, None) => String::new(),
    };
    let (at_ms, topic) = (divergence.at.0, divergence.topic.name());
    Parting { at_ms, event, topic, a, b, because }
}

/// What a world did; where the other one left a learner behind, what it did instead of that.
fn side(run: &Run, world: usize, own: Option<EventId>, others: Option<EventId>) -> Option<String> {
    let other = others.map(|event| &run.worlds()[1 - world].cluster.events()[event.0 as usize]);
    let knobs = run.worlds()[world].cluster.knobs();
    let instead = other.and_then(|other| told::instead(&other.kind, &knobs, Lang::En));
    instead.or_else(|| own.map(|event| sentence(run, world, event)))
}

fn reasons(run: &Run, world: usize, event: EventId) -> Vec<String> {
    let events = run.worlds()[world].cluster.events();
    let chain = WhyGraph::of(events, event).chain(events);
    chain.into_iter().skip(1).map(|cause| sentence(run, world, cause)).collect()
}

/// The event as a sentence; a command as it is typed.
fn sentence(run: &Run, world: usize, event: EventId) -> String {
    let cluster = &run.worlds()[world].cluster;
    let event = &cluster.events()[event.0 as usize];
    if let EventKind::Commanded(command) = &event.kind {
        return Request::Command(command.clone()).to_string();
    }
    let told = told::told(event, &Names::of_cluster(cluster), Lang::En);
    told.map_or_else(|| format!("{:?}", event.kind), |told| told.text)
}

/// Prints both outcomes beside each other.
fn print_sides(out: &mut impl Write, worlds: &[WorldSummary]) -> Result<()> {
    let [left, right] = worlds else { unreachable!("two worlds were run") };
    let (left, right) = (run::summary(left), run::summary(right));
    let width = left.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    for row in 0..left.len().max(right.len()) {
        let cell = |side: &[String]| side.get(row).cloned().unwrap_or_default();
        writeln!(out, "{:<width$}  |  {}", cell(&left), cell(&right))?;
    }
    Ok(())
}

fn print_parting(out: &mut impl Write, parting: Option<&Parting>) -> Result<()> {
    let Some(parting) = parting else {
        writeln!(out, "\nThe worlds do not differ.")?;
        return Ok(());
    };
    let at = view::clock::WallClock::at(Millis(parting.at_ms)).in_recovery_output();
    writeln!(out, "\nThe worlds part at {at} ({} ms), in: {}", parting.at_ms, parting.topic)?;
    let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing then".to_string());
    writeln!(out, "  A  {}", side(&parting.a))?;
    writeln!(out, "  B  {}", side(&parting.b))?;
    for cause in &parting.because {
        writeln!(out, "     because: {cause}")?;
    }
    Ok(())
}
