//! What many trials found, counted by name.

use std::collections::BTreeMap;
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
