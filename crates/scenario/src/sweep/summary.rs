//! What many trials found, counted by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sim::{Knobs, Release};

use super::finding::{Finding, Found};
use super::limits::{KnownLimit, known};

/// What trials under one release found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    release: Release,
    trials: u64,
    whole: u64,
    tallies: BTreeMap<Finding, Tally>,
}

/// One finding over all trials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many trials came to it.
    pub trials: u64,
    /// The first seed that did.
    pub first: u64,
    /// What that seed found.
    pub what: String,
}

impl Summary {
    /// No trial yet.
    pub fn new(release: Release) -> Summary {
        Summary { release, trials: 0, whole: 0, tallies: BTreeMap::new() }
    }

    /// Counts one trial. Seeds may come in any order.
    pub fn count(&mut self, seed: u64, found: &[Found]) {
        self.trials += 1;
        self.whole += u64::from(found.is_empty());
        let mut counted = Vec::new();
        for Found { finding, what } in found {
            if counted.contains(finding) {
                continue;
            }
            counted.push(*finding);
            let new = || Tally { trials: 0, first: seed, what: what.clone() };
            let tally = self.tallies.entry(*finding).or_insert_with(new);
            tally.trials += 1;
            if seed < tally.first {
                (tally.first, tally.what) = (seed, what.clone());
            }
        }
    }

    /// Every finding, with how often it was made.
    pub fn tallies(&self) -> impl Iterator<Item = (Finding, &Tally)> {
        self.tallies.iter().map(|(finding, tally)| (*finding, tally))
    }

    /// In how many trials this was found.
    pub fn trials_with(&self, finding: Finding) -> u64 {
        self.tallies.get(&finding).map_or(0, |tally| tally.trials)
    }

    /// The findings that are no known limit of this release, with the first seed of each.
    pub fn failures(&self) -> impl Iterator<Item = (Finding, &Tally)> {
        self.tallies().filter(|(finding, _)| self.limit(*finding).is_none())
    }

    fn limit(&self, finding: Finding) -> Option<&'static KnownLimit> {
        let knobs: Knobs = self.release.knobs();
        known(finding, &knobs)
    }
}

/// The releases whose counts are put side by side: the one with the incident, the last with a
/// black-list that takes live stores, and the one with the fixes.
pub const TABLED: [Release; 3] = [Release::V8_5_2, Release::V8_5_7, Release::V8_5_8];

/// The counts of several releases side by side, as a table in Markdown: what is no known limit of a
/// release is in bold. All have tried the same seeds.
pub fn table(summaries: &[Summary]) -> String {
    let row = |first: &str, cells: Vec<String>| format!("| {first} | {} |\n", cells.join(" | "));
    let seeds = summaries.first().map_or(0, |summary| summary.trials);
    let head = summaries.iter().map(|summary| summary.release.to_string()).collect();
    let mut out = row(&format!("Of {seeds} seeds"), head);
    out += &row("---", summaries.iter().map(|_| "---".to_owned()).collect()).replace(' ', "");
    let whole = summaries.iter().map(|summary| summary.whole.to_string()).collect();
    out += &row("without a finding", whole);
    let findings: BTreeSet<Finding> =
        summaries.iter().flat_map(|summary| summary.tallies.keys().copied()).collect();
    for finding in findings {
        let cell = |summary: &Summary| {
            let count = summary.trials_with(finding);
            match count == 0 || summary.limit(finding).is_some() {
                true => count.to_string(),
                false => format!("**{count}**"),
            }
        };
        out += &row(finding.name(), summaries.iter().map(cell).collect());
    }
    out
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trials, whole) = (self.trials, self.whole);
        writeln!(f, "{trials} seeds under {}, {whole} of them without a finding", self.release)?;
        for (finding, tally) in self.tallies() {
            let Tally { trials, first, what } = tally;
            let name = finding.name();
            match self.limit(finding) {
                Some(limit) => {
                    writeln!(f, "  {name:<26}{trials:>6}  first seed {first}: {what}")?;
                    writeln!(f, "    a known limit ({}): {}", limit.source, limit.sentence)?;
                }
                None => {
                    writeln!(f, "  {name:<26}{trials:>6}  FAILURE, first seed {first}: {what}")?;
                }
            }
        }
        Ok(())
    }
}
