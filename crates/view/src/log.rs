//! The log: events as the lines that TiKV, PD and TiDB print of them, and repeats folded.
//!
//! Messages, fields and their order are the real ones as far as they are known (domain section
//! 1.7); line numbers are those of the release where a behaviour began, and indicative. What the
//! real programs do silently has no line here either: a learner that a demotion skips, a repair
//! that PD cannot find, a store that is only disconnected.

mod book;
mod connections;
mod pd;
mod tidb;
mod tikv;

use std::fmt;

use sim::{Cluster, Event, Knobs, Millis, StoreId};

pub use book::{Group, LogBook};

use crate::clock::WallClock;

/// Who prints a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speaker {
    /// The store's own log.
    Store(StoreId),
    /// PD's.
    Pd,
    /// TiDB's.
    TiDb,
}

/// `store 6`, `pd`, `tidb`.
impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speaker::Store(store) => write!(f, "store {store}"),
            Speaker::Pd => f.write_str("pd"),
            Speaker::TiDb => f.write_str("tidb"),
        }
    }
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing to see to.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// As it stands in the line.
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        }
    }
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it is printed.
    pub at: Millis,
    /// Into whose log.
    pub speaker: Speaker,
    /// Its level.
    pub level: Level,
    /// File and line of the code that prints it.
    pub source: &'static str,
    /// Its message.
    pub message: String,
    /// Its fields in order.
    pub fields: Vec<(&'static str, String)>,
    /// What the printer's clock is off by, in milliseconds.
    pub clock_off_ms: i64,
}

impl LogLine {
    /// The line as it is printed where the store's clock is off.
    #[must_use]
    pub fn by_clock_of(mut self, cluster: &Cluster) -> LogLine {
        if let Speaker::Store(store) = self.speaker {
            self.clock_off_ms = cluster.clock_off(store, self.at);
        }
        self
    }

    /// Everything but the time: `[ERROR] [raft_client.rs:836] ["…"] [store_id=502]`.
    pub fn without_time(&self) -> String {
        let mut out = format!("[{}] [{}] [", self.level.name(), self.source);
        push_value(&mut out, &self.message);
        out.push(']');
        for (name, value) in &self.fields {
            out.push_str(" [");
            push_value(&mut out, name);
            out.push('=');
            push_value(&mut out, value);
            out.push(']');
        }
        out
    }
}

/// The line as it stands in the file.
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[{}] {}",
            WallClock::off_by(self.at, self.clock_off_ms).in_log(),
            self.without_time()
        )
    }
}

/// The lines an event leaves in some log: mostly one, two where the real program prints two, none
/// where it is silent.
pub fn lines(event: &Event, knobs: &Knobs) -> Vec<LogLine> {
    let mut out = tikv::lines(event, knobs);
    out.extend(pd::line(event, knobs));
    out.extend(tidb::lines(event));
    out
}

/// How many lines an event leaves; cheaper than to write them.
pub fn count(event: &Event, knobs: &Knobs) -> u64 {
    match connections::resolve_lines(event, knobs) {
        Some(count) => count,
        None => lines(event, knobs).len() as u64,
    }
}

/// Writes a value as TiKV's unified log format does: between quotation marks if it holds a space,
/// a quotation mark, a bracket or an equals sign.
fn push_value(out: &mut String, value: &str) {
    let is_plain = !value.is_empty()
        && value.chars().all(|c| c > ' ' && !matches!(c, '"' | '=' | '[' | ']' | '\\'));
    if is_plain {
        out.push_str(value);
        return;
    }
    out.push('"');
    for character in value.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Where and when the lines of one event are printed.
#[derive(Clone, Copy)]
struct Printer {
    at: Millis,
    speaker: Speaker,
}

impl Printer {
    fn line<const N: usize>(
        self,
        level: Level,
        source: &'static str,
        message: impl Into<String>,
        fields: [(&'static str, String); N],
    ) -> LogLine {
        LogLine {
            at: self.at,
            speaker: self.speaker,
            level,
            source,
            message: message.into(),
            fields: fields.into(),
            clock_off_ms: 0,
        }
    }

    fn info<const N: usize>(
        self,
        source: &'static str,
        message: impl Into<String>,
        fields: [(&'static str, String); N],
    ) -> LogLine {
        self.line(Level::Info, source, message, fields)
    }
}
