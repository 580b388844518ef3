//! Where a scenario comes from, and the arguments that all commands share.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use clap::Args;
use scenario::{Run, Saved, library};
use sim::{Millis, Release};

/// What to run, how long, and how to tell of it.
#[derive(Args)]
pub(crate) struct Common {
    /// An incident's id (see `regionscope list`) or a file whose name ends in .scn
    pub(crate) scenario: String,
    /// Simulated time to stop at, e.g. 90s, 30m, 2h; the scenario's own end if absent
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Millis>,
    /// The seed; the scenario's own if absent
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

impl Common {
    /// Runs the scenario under the releases that `choose` makes of its own pair: every step that
    /// is not optional, until the scenario's end or the moment asked for.
    pub(crate) fn play(&self, choose: impl FnOnce([Release; 2]) -> Vec<Release>) -> Result<Run> {
        let Saved { scenario, mut record, .. } = saved(&self.scenario)?;
        let releases = choose(scenario.releases);
        if !record.inputs.is_empty() {
            // A saved run: the same deeds, in worlds of these releases.
            record.worlds = releases.iter().map(|of| (Some(*of), of.knobs())).collect();
            record.seed = self.seed.unwrap_or(record.seed);
            let record = self.until.map_or(record.clone(), |until| record.cut(until));
            return Ok(Run::replay(scenario, &record)?);
        }
        let mut run = Run::of_releases(scenario, &releases, self.seed)?;
        match self.until {
            None => run.run_to_end(),
            Some(until) => {
                run.start_all();
                run.advance(until);
            }
        }
        Ok(run)
    }
}

/// Prints what the scenario expects of each world's release, and whether it came so.
pub(crate) fn print_expectations(out: &mut impl Write, run: &Run) -> Result<()> {
    for world in 0..run.worlds().len() {
        let Some((expected, met)) = run.expectation(world) else { continue };
        writeln!(out, "\nExpected of {}: {}", expected.release, expected.text.en)?;
        for (check, met) in expected.checks.iter().zip(met) {
            writeln!(out, "  {}  {check}", if met { "as expected" } else { "OTHERWISE  " })?;
        }
    }
    Ok(())
}

/// The incident of this id, what is in this file, or the run that this link holds.
pub(crate) fn saved(name: &str) -> Result<Saved> {
    if let Some(scenario) = library::load(name) {
        return Ok(Saved::opening(scenario));
    }
    if name.contains("#v") || Saved::is_link(name) {
        return Saved::from_link(name).context("the link cannot be opened");
    }
    let is_path = name.ends_with(".scn") || name.contains(std::path::MAIN_SEPARATOR);
    if !is_path {
        let known = library::ids().chain(library::clusters().map(|(id, _)| id));
        let known: Vec<&str> = known.collect();
        bail!(
            "no incident is called {name}; there are: {}. A scenario of your own is a file whose \
             name ends in .scn",
            known.join(", ")
        );
    }
    let text = std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"))?;
    Ok(Saved::from_file(name, &text)?)
}

/// Reads `8.5.2` for clap.
pub(crate) fn release(name: &str) -> Result<Release, String> {
    let known = || Release::ALL.map(Release::name).join(", ");
    Release::from_name(name).ok_or_else(|| format!("there are {}", known()))
}

/// Reads `90s`, `30m`, `2h` or `1500ms` for clap.
pub(crate) fn moment(text: &str) -> Result<Millis, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("a number and its unit is wanted: 1500ms, 90s, 30m or 2h".into()),
    };
    let number: u64 = text[..digits].parse().map_err(|_| "the number is missing or too large")?;
    let ms = number.checked_mul(unit).filter(|ms| *ms <= LONGEST_MS);
    ms.map(Millis).ok_or_else(|| "a run may last 30 days at most".into())
}

const LONGEST_MS: u64 = 30 * 24 * 3_600_000;

/// Whether standard output was closed by whoever reads it.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(broken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_their_units() {
        assert_eq!(moment("90s"), Ok(Millis(90_000)));
        assert_eq!(moment("2h"), Ok(Millis(7_200_000)));
        for wrong in ["", "2", "h", "2 h", "-1s", "99999999999999999999h", "1000h"] {
            assert!(moment(wrong).is_err(), "{wrong:?} is no moment");
        }
    }

    #[test]
    fn an_unknown_incident_is_answered_with_those_there_are() {
        let error = saved("tikv-1").expect_err("there is none").to_string();
        assert!(error.contains("tikv-18440"), "{error}");
    }
}
