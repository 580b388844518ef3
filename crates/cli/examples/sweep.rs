//! Random trials, for `cargo xtask sweep`: `--seeds N [--from S] [--tikv RELEASE]`. Prints how far
//! it is, what was found by name, and for each failure a scenario that fails the same way and is as
//! short as could be found. Ends with 1 if something failed that is no known limit.
//!
//! `--table FILE` tries the seeds under three releases, and writes the counts side by side where
//! the file has the place marked: in `FIDELITY.md`.

#![expect(clippy::print_stdout, reason = "a sweep prints what it found")]

use std::cell::Cell;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use scenario::sweep::Plan;
use scenario::sweep::finding::Found;
use scenario::sweep::limits::known;
use scenario::sweep::peace::Trial;
use scenario::sweep::shrink::{as_scenario, shrink};
use scenario::sweep::summary::{Summary, TABLED, table};
use sim::Release;

/// How many trials run at a time.
const THREADS: usize = 2;
/// After how many trials the count so far is printed.
const TOLD_EVERY: u64 = 250;

thread_local! {
    /// The seed that this thread tries, to be told if the simulation itself panics.
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// What to run.
struct Options {
    seeds: u64,
    from: u64,
    release: Release,
    /// Print a short scenario for each finding, known limits too.
    scripts: bool,
    /// Where the counts of several releases are written.
    table: Option<String>,
}

/// What stands around the counts in a file.
const BEGIN: &str = "<!-- Written by cargo xtask sweep --table FIDELITY.md. -->\n\n";
const END: &str = "\n<!-- End of the counts. -->";

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| eprintln!("seed {}: {panic}", SEED.get())));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match options(&arguments) {
        Ok(Options { table: Some(file), seeds, from, .. }) => {
            write_table(&file, seeds, from).unwrap_or_else(|error| fail(&error))
        }
        Ok(options) => run(&options),
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("sweep: {error:#}");
    ExitCode::FAILURE
}

fn write_table(file: &str, seeds: u64, from: u64) -> Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))?;
    let marked = || format!("{file} does not mark where the counts belong");
    let (before, rest) = text.split_once(BEGIN).with_context(marked)?;
    let (_, after) = rest.split_once(END).with_context(marked)?;
    let summaries = TABLED.map(|release| {
        let options = Options { seeds, from, release, scripts: false, table: None };
        sweep(&options)
    });
    let counts = table(&summaries);
    print!("{counts}");
    std::fs::write(file, format!("{before}{BEGIN}{counts}{END}{after}"))
        .with_context(|| format!("{file} cannot be written"))?;
    Ok(verdict(&summaries))
}

/// Failure if anything was found that is no known limit.
fn verdict(summaries: &[Summary]) -> ExitCode {
    match summaries.iter().any(|summary| summary.failures().next().is_some()) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

fn options(arguments: &[String]) -> Result<Options> {
    let (seeds, from, release) = (1_000, 0, Release::V8_5_8);
    let mut options = Options { seeds, from, release, scripts: false, table: None };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--scripts" {
            options.scripts = true;
            continue;
        }
        let value = words.next().with_context(|| format!("{word} wants a value"))?;
        let number = || value.parse().with_context(|| format!("{word} {value} is no number"));
        match word.as_str() {
            "--seeds" => options.seeds = number()?,
            "--from" => options.from = number()?,
            "--table" => options.table = Some(value.clone()),
            "--tikv" => {
                let known = || Release::ALL.map(Release::name).join(", ");
                let release = Release::from_name(value);
                options.release = release
                    .with_context(|| format!("no release {value}; there are {}", known()))?;
            }
            _ => bail!("{word} is none of --seeds, --from, --tikv, --scripts, --table"),
        }
    }
    if options.table.is_some() && (options.scripts || options.release != release) {
        bail!("--table tries {} and prints no scripts", TABLED.map(Release::name).join(", "));
    }
    Ok(options)
}

fn run(options: &Options) -> ExitCode {
    let summary = sweep(options);
    print!("{summary}");
    let told: Vec<_> = match options.scripts {
        true => summary.tallies().collect(),
        false => summary.failures().collect(),
    };
    for (finding, tally) in told {
        let plan = Plan::under(tally.first, options.release);
        println!("\n# {}, made as short as could be:", finding.name());
        println!("{}", as_scenario(&shrink(&plan, finding), finding));
    }
    verdict(&[summary])
}

/// Whether this is no known limit of the release.
fn fails(found: &Found, release: Release) -> bool {
    known(found.finding, &release.knobs()).is_none()
}

fn sweep(options: &Options) -> Summary {
    let next = AtomicU64::new(options.from);
    let end = options.from + options.seeds;
    let summary = Mutex::new((0_u64, Summary::new(options.release)));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if end <= seed {
                        return;
                    }
                    SEED.set(seed);
                    let found = Trial::of(&Plan::under(seed, options.release)).found;
                    for failure in found.iter().filter(|found| fails(found, options.release)) {
                        eprintln!("seed {seed}: {failure}");
                    }
                    let mut counted = summary.lock().expect("no thread panics with it");
                    counted.0 += 1;
                    counted.1.count(seed, &found);
                    if counted.0.is_multiple_of(TOLD_EVERY) {
                        eprintln!("{} of {}", counted.0, options.seeds);
                    }
                }
            });
        }
    });
    summary.into_inner().expect("no thread panics with it").1
}
