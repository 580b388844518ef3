//! What people type, and what is done with it: the command grammar, scenario files, the library
//! of incidents, and the runner that takes several worlds through one script in lock-step.
//!
//! One text form serves the console, scenario files and recorded tests: [`parse`] reads it into a
//! [`Request`], whose `Display` writes it back. A [`Scenario`] is a cluster and steps of such
//! lines; a [`Run`] applies them to every world at the same simulated instant, and a [`Record`]
//! of its inputs is all that is needed to live through it again. [`divergence`] finds where two
//! worlds part.
//!
//! This crate knows nothing of screens, clocks or files: a scenario arrives as text.

mod grammar;
mod request;

mod file;
pub mod library;

pub mod divergence;
mod run;

mod link;

pub mod sweep;
pub mod yardstick;

pub use divergence::{Comparison, Divergence};
pub use file::{FileError, Line, Scenario, Step, Text};
pub use grammar::complete::{Candidate, Completion, Names, complete};
pub use grammar::error::{ParseError, Problem};
pub use grammar::parse;
pub use grammar::verbs::{Tool, VERBS, Verb, completions};
pub use link::{LinkError, MOST_WORLDS, QueryError, Saved};
pub use request::{Condition, DEFAULT_LIMIT_MS, Query, Request, Wait};
pub use run::record::{Deed, Input, Record, ReplayError};
pub use run::{Issued, Origin, Outcome, Run, Target, Waiting, World};
