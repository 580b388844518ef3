//! `regionscope render`: a run as a picture, a sequence, a trace or a log for other tools.

use std::io::{self, Write};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use scenario::{Deed, Input, Run, Saved};
use sim::{Millis, Release};
use view::export::itf::itf;
use view::export::mermaid::mermaid;
use view::export::shiviz::shiviz;
use view::export::svg::svg;
use view::told::Names;
use view::{ClusterView, Lang, Projector};

use crate::source;

/// What to render, and as what.
#[derive(Args)]
pub(crate) struct Options {
    /// An incident's id (see `regionscope list`), a file whose name ends in .scn, or a link
    scenario: String,
    /// What to make of it
    #[arg(long, value_enum)]
    format: Format,
    /// The moment to render, in milliseconds or as 90s, 30m, 2h; the run's end if absent
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Millis>,
    /// Where the sequence begins; two minutes before its end if absent
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Millis>,
    /// The release of TiKV and PD; that of the run's first world if absent
    #[arg(long, value_name = "RELEASE", value_parser = source::release)]
    tikv: Option<Release>,
    /// Which language its sentences are in
    #[arg(long, value_enum, default_value = "en")]
    lang: Language,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The matrix as a picture
    Svg,
    /// Mermaid sequence text: who did what, and to whom
    Mermaid,
    /// A trace in the Informal Trace Format: a state a simulated second
    Itf,
    /// A log with vector clocks, for ShiViz
    Shiviz,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    /// English
    En,
    /// 简体中文
    Zh,
}

/// How long a sequence is where nothing is said of it.
const STRETCH_MS: u64 = 120_000;

/// Carries it out.
pub(crate) fn render(options: &Options) -> Result<()> {
    let lang = match options.lang {
        Language::En => Lang::En,
        Language::Zh => Lang::Zh,
    };
    let saved = begun(source::saved(&options.scenario)?, options)?;
    let until = saved.record.until;
    let mut projector = Projector::default();
    let mut views: Vec<ClusterView> = Vec::new();
    let run = live(&saved, |run| {
        // Only a trace has room for more than the last view.
        if !matches!(options.format, Format::Itf) {
            views.clear();
        }
        views.push(projector.project(&run.worlds()[0].cluster));
    })?;
    let cluster = &run.worlds()[0].cluster;
    let (events, names) = (cluster.events(), Names::of_cluster(cluster));
    let title = &saved.scenario.title;
    let release = run.worlds()[0].release.map_or_else(String::new, |of| format!(" · TiKV {of}"));
    let title = format!("{}{release}", lang.pick(title.en.as_str(), title.zh.as_str()));
    let text = match options.format {
        Format::Svg => svg(views.last().context("a run has a beginning")?, &title, lang),
        Format::Mermaid => {
            let from = options.from.unwrap_or(Millis(until.0.saturating_sub(STRETCH_MS)));
            ensure!(from <= until, "--from is after --at");
            mermaid(events, from, until, &names, lang)
        }
        Format::Itf => itf(&title, views.iter()),
        Format::Shiviz => shiviz(events, until, &names),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// The run in one world, up to the moment that is asked for. What nobody has begun is played
/// through: every step that is not optional.
fn begun(mut saved: Saved, options: &Options) -> Result<Saved> {
    let record = &mut saved.record;
    if record.inputs.is_empty() && record.until == Millis::ZERO {
        let steps = saved.scenario.steps.iter().enumerate().filter(|(_, step)| !step.optional);
        record.inputs =
            steps.map(|(at, _)| Input { at: Millis::ZERO, deed: Deed::StartStep(at) }).collect();
        record.until = options.at.unwrap_or(saved.scenario.end);
    } else if let Some(at) = options.at {
        ensure!(at <= record.until, "the run ends at {} ms", record.until.0);
        *record = record.cut(at);
    }
    if let Some(release) = options.tikv {
        record.worlds = vec![(Some(release), release.knobs())];
    }
    Ok(saved)
}

/// Lives through a run, and looks at it once a simulated second and at its end.
fn live(saved: &Saved, mut look: impl FnMut(&Run)) -> Result<Run> {
    let record = &saved.record;
    // What does not fit is told before anything is run.
    drop(Run::replay(saved.scenario.clone(), &record.cut(Millis::ZERO))?);
    let mut run = Run::new(saved.scenario.clone(), &record.worlds, Some(record.seed))?;
    let mut inputs = record.inputs.iter().peekable();
    loop {
        while let Some(input) = inputs.next_if(|input| input.at <= run.now()) {
            match input.deed.clone() {
                Deed::StartStep(step) => run.start_step(step),
                Deed::Issue { request, target } => drop(run.issue(request, target)),
                Deed::SetKnobs { world, release, knobs } => run.set_knobs(world, release, knobs),
            }
        }
        look(&run);
        if record.until <= run.now() {
            return Ok(run);
        }
        let due = inputs.peek().map_or(record.until, |input| input.at);
        run.advance(run.now().after(1_000).min(due).min(record.until));
    }
}

/// Reads `221500`, which is milliseconds, or a number with its unit.
fn moment(text: &str) -> Result<Millis, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    source::moment(&if is_number { format!("{text}ms") } else { text.to_owned() })
}
