//! What is wrong with a line, where, and what would be right.
//!
//! Where the real tool has an answer for the mistake, its text is given: pd-ctl's is cobra's
//! (`unknown command … for "pd-ctl"`, `Usage: …`), SQL's is TiDB's. The page shows it unchanged.

use std::fmt;

use sim::SetupError;
use sim::fault::MessageKind;

use crate::run::record::ReplayError;

/// A line that could not be read. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line, from 1. Always 1 for a line typed alone.
    pub line: usize,
    /// The first character of what is wrong, from 1; one past the end where something is missing.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was typed.
    Empty,
    /// No such verb at this place. pd-ctl's text, with its suggestion.
    UnknownCommand {
        /// What was typed.
        word: String,
        /// The command it was typed to, e.g. `pd-ctl operator`.
        of: &'static str,
        /// Verbs that look like it.
        near: Vec<&'static str>,
        /// All that there are at this place.
        known: &'static [&'static str],
    },
    /// pd-ctl got the wrong arguments; it prints a message if it has one, and its usage.
    Usage {
        /// e.g. `Failed store ids are not specified`.
        message: Option<&'static str>,
        /// e.g. `unsafe remove-failed-stores [<store_id1>,<store_id2>,...] [flags]`.
        usage: &'static str,
    },
    /// pd-ctl answers this and nothing else, e.g. `store_id should be a number`.
    PdCtl(&'static str),
    /// pd-ctl or PD answers this, which repeats what was typed.
    PdAnswer(String),
    /// pd-ctl could not read a number; the text is Go's.
    GoNumber {
        /// What was typed.
        word: String,
        /// Whether it is a number, but too large.
        out_of_range: bool,
    },
    /// A flag that pd-ctl does not have here.
    UnknownFlag(String),
    /// TiDB's ERROR 1064.
    SqlSyntax {
        /// Where TiDB's scanner stood: after the offending word.
        column: usize,
        /// The statement from the offending word on.
        near: String,
    },
    /// TiDB's ERROR 1046: a table without its database.
    NoDatabase,
    /// TiDB's ERROR 1146: a table that cannot be read here.
    NoSuchTable(String),
    /// TiDB's ERROR 1105: not one value for the rows of a table that is to be split. What the value
    /// is for is in TiDB's words.
    SplitValues(&'static str),
    /// TiDB's ERROR 1690: a number that no row has.
    OutOfRange(String),
    /// TiDB's ERROR 1054: the table has no such column.
    UnknownColumn(String),
    /// Something else should stand here.
    Expected {
        /// What would be right, with an example.
        what: &'static str,
        /// What stands there; `None` at the end of the line.
        found: Option<String>,
    },
    /// No message between peers has this name.
    NoMessage(String),
    /// A number, but too large to count with.
    TooLarge(String),
    /// The same thing is named twice.
    Twice(String),
    /// A character that has no shape, or changes how its neighbours are laid out.
    Invisible(char),
    /// There is more of something than can be read.
    Limit {
        /// Of what, in the plural.
        what: &'static str,
        /// How many there can be.
        most: usize,
    },
    /// A scenario file lacks a part.
    Missing(&'static str),
    /// A scenario's region names a table that is not listed above it.
    UnknownTable(String),
    /// The cluster that a scenario file describes cannot be built.
    Setup(SetupError),
    /// What a file says was done does not fit its scenario.
    Run(ReplayError),
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing was typed; `help` lists what can be"),
            Self::UnknownCommand { word, of, near, known } => {
                write!(f, "unknown command \"{word}\" for \"{of}\"")?;
                if near.is_empty() {
                    return write!(f, "\nAvailable here: {}", known.join(", "));
                }
                f.write_str("\n\nDid you mean this?")?;
                near.iter().try_for_each(|verb| write!(f, "\n\t{verb}"))
            }
            Self::Usage { message: Some(message), usage } => {
                write!(f, "{message}\nUsage:\n  pd-ctl {usage}")
            }
            Self::Usage { message: None, usage } => write!(f, "Usage:\n  pd-ctl {usage}"),
            Self::PdCtl(text) => f.write_str(text),
            Self::PdAnswer(text) => f.write_str(text),
            Self::GoNumber { word, out_of_range } => {
                let why = if *out_of_range { "value out of range" } else { "invalid syntax" };
                write!(f, "strconv.ParseUint: parsing \"{word}\": {why}")
            }
            Self::UnknownFlag(flag) => write!(f, "unknown flag: {flag}"),
            Self::SqlSyntax { column, near } => write!(
                f,
                "ERROR 1064 (42000): You have an error in your SQL syntax; check the manual that \
                 corresponds to your TiDB version for the right syntax to use line 1 column \
                 {column} near \"{near}\""
            ),
            Self::NoDatabase => f.write_str("ERROR 1046 (3D000): No database selected"),
            Self::NoSuchTable(table) => {
                write!(f, "ERROR 1146 (42S02): Table '{table}' doesn't exist")
            }
            Self::SplitValues(which) => {
                write!(f, "ERROR 1105 (HY000): Split table region {which} count should be 1")
            }
            Self::OutOfRange(number) => {
                write!(f, "ERROR 1690 (22003): constant {number} overflows bigint")
            }
            Self::UnknownColumn(column) => {
                write!(f, "ERROR 1054 (42S22): Unknown column '{column}' in 'where clause'")
            }
            Self::Expected { what, found: Some(found) } => {
                write!(f, "expected {what}, but found `{found}`")
            }
            Self::Expected { what, found: None } => {
                write!(f, "expected {what}, but the line ends here")
            }
            Self::NoMessage(word) => {
                let kinds: Vec<&str> = MessageKind::ALL.iter().map(|kind| kind.name()).collect();
                write!(f, "no message is called `{word}`; there are {}", kinds.join(", "))
            }
            Self::TooLarge(number) => write!(f, "`{number}` is too large"),
            Self::Twice(what) => write!(f, "{what} is named twice"),
            Self::Invisible(c) => {
                write!(f, "U+{:04X} cannot be seen, and is not read", u32::from(*c))
            }
            Self::Limit { what, most } => write!(f, "more than {most} {what}"),
            Self::Missing(what) => write!(f, "{what} is missing"),
            Self::UnknownTable(table) => {
                write!(f, "no table `{table}` above; list a table before its regions")
            }
            Self::Setup(error) => error.fmt(f),
            Self::Run(error) => error.fmt(f),
        }
    }
}
