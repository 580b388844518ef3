//! What has to be kept of a run so that it can be lived through again: its seed, its scenario,
//! each world's knobs, and what people did, with times. The rest follows.

use std::fmt;

use sim::{Knobs, Millis, Release, SetupError};

use super::{Run, Target};
use crate::file::Scenario;
use crate::request::Request;

/// A run, as its causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The scenario's id.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The knobs each world began with, and the release they are of.
    pub worlds: Vec<(Option<Release>, Knobs)>,
    /// What people did, in order.
    pub inputs: Vec<Input>,
    /// How far the run went.
    pub until: Millis,
}

/// Something a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// When.
    pub at: Millis,
    /// What.
    pub deed: Deed,
}

/// What a person can do to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Started a step of the scenario.
    StartStep(usize),
    /// Asked for something beside the scenario.
    Issue {
        /// What.
        request: Request,
        /// Of which worlds.
        target: Target,
    },
    /// Changed a world's knobs.
    SetKnobs {
        /// Which world.
        world: usize,
        /// The release the knobs are of.
        release: Option<Release>,
        /// The knobs.
        knobs: Knobs,
    },
}

impl Record {
    /// The same run only up to `until`, with everything done until then: where a branch begins.
    #[must_use]
    pub fn cut(&self, until: Millis) -> Record {
        let mut cut = self.clone();
        cut.inputs.retain(|input| input.at <= until);
        cut.until = cut.until.min(until);
        cut
    }

    /// Whether it can be replayed with this scenario.
    pub fn fits(&self, scenario: &Scenario) -> bool {
        check(scenario, self).is_ok()
    }

    /// Whether `other` went through all of this, too: the same deeds at the same times in the same
    /// worlds, and what it did besides came later.
    pub fn is_within(&self, other: &Record) -> bool {
        let rest = other.inputs.get(self.inputs.len()).map_or(other.until, |next| next.at);
        self.scenario == other.scenario
            && self.seed == other.seed
            && self.worlds == other.worlds
            && other.inputs.starts_with(&self.inputs)
            && self.until <= rest
    }

    /// The first deed of this that `other` does not have, and when it was done.
    pub fn first_other(&self, other: &Record) -> Option<&Input> {
        self.inputs.get(self.shared(other))
    }

    /// How many deeds the two begin with that are the same.
    pub fn shared(&self, other: &Record) -> usize {
        self.inputs.iter().zip(&other.inputs).take_while(|(a, b)| a == b).count()
    }
}

/// Why a record cannot be replayed with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// It is of another scenario.
    OtherScenario {
        /// The record's.
        recorded: String,
        /// The one it was to be replayed with.
        given: String,
    },
    /// It starts a step that the scenario does not have.
    NoSuchStep(usize),
    /// It speaks of a world that it does not have.
    NoSuchWorld(usize),
    /// Its times run backwards.
    OutOfOrder(Millis),
    /// The scenario's cluster cannot be built.
    Setup(SetupError),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherScenario { recorded, given } => {
                write!(f, "the run is of scenario {recorded}, not of {given}")
            }
            Self::NoSuchStep(step) => write!(f, "the scenario has no step {}", step + 1),
            Self::NoSuchWorld(world) => write!(f, "the run has no world {}", world + 1),
            Self::OutOfOrder(at) => write!(f, "the run goes back in time at {} ms", at.0),
            Self::Setup(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReplayError {}

impl Run {
    /// Lives through a recorded run again, to where it was left. With other knobs in the record
    /// the same deeds are done in other worlds.
    ///
    /// # Errors
    /// If the record does not fit the scenario. Nothing is run then.
    pub fn replay(scenario: Scenario, record: &Record) -> Result<Run, ReplayError> {
        check(&scenario, record)?;
        let mut run =
            Run::new(scenario, &record.worlds, Some(record.seed)).map_err(ReplayError::Setup)?;
        for input in &record.inputs {
            run.advance(input.at);
            match input.deed.clone() {
                Deed::StartStep(step) => run.start_step(step),
                Deed::Issue { request, target } => drop(run.issue(request, target)),
                Deed::SetKnobs { world, release, knobs } => run.set_knobs(world, release, knobs),
            }
        }
        run.advance(record.until);
        Ok(run)
    }
}

/// Whether a record fits a scenario.
pub(crate) fn check(scenario: &Scenario, record: &Record) -> Result<(), ReplayError> {
    if scenario.id != record.scenario {
        let (recorded, given) = (record.scenario.clone(), scenario.id.clone());
        return Err(ReplayError::OtherScenario { recorded, given });
    }
    let mut before = Millis::ZERO;
    for Input { at, deed } in &record.inputs {
        if *at < before || record.until < *at {
            return Err(ReplayError::OutOfOrder(*at));
        }
        before = *at;
        match *deed {
            Deed::StartStep(step) if scenario.steps.len() <= step => {
                return Err(ReplayError::NoSuchStep(step));
            }
            Deed::Issue { target: Target::One(world), .. } | Deed::SetKnobs { world, .. }
                if record.worlds.len() <= world =>
            {
                return Err(ReplayError::NoSuchWorld(world));
            }
            Deed::StartStep(_) | Deed::Issue { .. } | Deed::SetKnobs { .. } => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(steps: &[(u64, usize)], until: u64) -> Record {
        let input =
            |&(at, step): &(u64, usize)| Input { at: Millis(at), deed: Deed::StartStep(step) };
        Record {
            scenario: "tikv-18440".to_owned(),
            seed: 1,
            worlds: Vec::new(),
            inputs: steps.iter().map(input).collect(),
            until: Millis(until),
        }
    }

    #[test]
    fn a_run_is_within_another_that_only_did_more_later() {
        let whole = record(&[(1, 0), (5, 1)], 9);
        assert!(record(&[(1, 0)], 5).is_within(&whole));
        assert!(whole.is_within(&whole));
        assert!(
            !record(&[(1, 0)], 6).is_within(&whole),
            "it went on where the other did something"
        );
        assert!(!record(&[(2, 0)], 3).is_within(&whole));
        assert!(!record(&[(1, 0), (5, 1)], 10).is_within(&whole));
    }

    #[test]
    fn branches_are_told_apart_by_their_first_other_deed() {
        let (old, new) = (record(&[(1, 0), (5, 1)], 9), record(&[(1, 0), (5, 2), (6, 1)], 9));
        assert_eq!(new.shared(&old), 1);
        assert_eq!(new.first_other(&old).map(|input| &input.deed), Some(&Deed::StartStep(2)));
        assert_eq!(record(&[(1, 0)], 3).first_other(&old), None);
    }
}
