//! Scenario files: a cluster, and what is done to it step by step, in the operators' own words.
//!
//! ```text
//! # A line that begins with # is a comment.
//! scenario tikv-18440            # small letters, digits and `-`
//! title en …                     # each text in both languages; a second such line goes on
//! title zh …
//! opening en …                   # one sentence: what one is about to see
//! opening zh …
//! seed 18440
//! end 2h                         # where a run ends that is told no other end
//! releases 8.5.2 8.5.8           # the pair that is contrasted: with the fault, and without it
//!
//! max-replicas 6
//! store 1 tikv zone dc1 address 10.0.1.1:20160 heartbeat 1200ms
//! store 502 tiflash zone dc1 address 10.0.1.4:3930
//! table 106 tpcc.stock tiflash 2 available
//! region 52973 table tpcc.stock rows 3000..4000 leader 1 version 86 conf_ver 21
//!     voters 52974@1 52975@5 52976@9
//!     learners 52980@502
//!
//! step
//! title en …
//! title zh …
//! text en …                      # what happens, and what to look at
//! text zh …
//!     stop store 1,2,9,502
//!     wait 40s
//!
//! optional step                  # offered, but not part of the run
//! …
//!
//! expect 8.5.2                   # how it stands in the end under this release
//! text en …
//! text zh …
//!     not available tpcc.stock   # what `wait until` knows, or `not` and that
//! ```
//!
//! (The comments beside the lines are for this page; in a file they stand on lines of their own.)
//! A definition of the cluster goes on over the indented lines that follow it; `cluster` has its
//! words. Commands are those of [`parse`](crate::parse), one a line. A file is read whole or
//! refused: nothing is half-applied.

mod cluster;
mod reader;
mod writer;

use std::fmt;

use sim::{Millis, Release, Setup};

use crate::grammar::error::ParseError;
use crate::request::{Condition, Request};

/// A cluster, and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it is called in links and on the command line, e.g. `tikv-18440`.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// One sentence that says what one is about to see.
    pub opening: Text,
    /// The seed a run has where none is given.
    pub seed: u64,
    /// The cluster at the start.
    pub setup: Setup,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Where a run ends that is told no other end.
    pub end: Millis,
    /// The pair that is contrasted where nothing else is asked for: the release with the fault, and
    /// the one without it.
    pub releases: [Release; 2],
    /// What is to be seen in the end, by release.
    pub expectations: Vec<Expectation>,
}

/// How a scenario ends under one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The release.
    pub release: Release,
    /// What is to be seen.
    pub text: Text,
    /// What holds when every step that is not optional is done and the run has come to its end.
    pub checks: Vec<Check>,
}

/// A condition that holds in the end, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The number of its line in the file, from 1.
    pub number: usize,
    /// Whether the condition holds.
    pub holds: bool,
    /// The condition.
    pub condition: Condition,
}

/// The line of the file, without its indentation.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.holds { "" } else { "not " }, self.condition)
    }
}

/// A part of a scenario that is run at one press of a button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub title: Text,
    /// What happens, and what to look at.
    pub text: Text,
    /// Whether it is only offered (a cure to try), not part of the run.
    pub optional: bool,
    /// What it does.
    pub lines: Vec<Line>,
}

/// One line of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What it asks for.
    pub request: Request,
}

/// The same words in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: String,
    /// 简体中文.
    pub zh: String,
}

/// A scenario file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The file's name, as it was given.
    pub file: String,
    /// Where in it and what.
    pub error: ParseError,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ParseError { line, column, problem } = &self.error;
        write!(f, "{}:{line}:{column}: {problem}", self.file)
    }
}

impl std::error::Error for FileError {}

impl Scenario {
    /// Reads a scenario file; `file` is its name, for errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, FileError> {
        reader::read(text).map_err(|error| FileError { file: file.to_owned(), error })
    }
}
