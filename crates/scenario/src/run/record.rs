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
