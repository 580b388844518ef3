//! What the side of the page shows of one thing, as plain data: blocks of rows, made from a
//! cluster for the one inspector that is open. [`shared`] lays several worlds side by side.

mod clients;
mod laws;
mod pd;
mod raft;
mod recovery;
mod region;
pub mod shared;
mod store;
mod tables;
#[cfg(test)]
mod tests;
pub mod words;

use sim::{Cluster, RegionId, StoreId, TableId};

pub use shared::{SharedBlock, SharedRow, share};
pub use words::{InspectWord, Tab};

use crate::lang::Lang;
use crate::thing::Thing;
use crate::why::Question;

/// At most so many rows of one block are shown; how many more there are is said.
const MOST_ROWS: usize = 60;

/// Which things the inspectors are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The region.
    pub region: Option<RegionId>,
    /// The store.
    pub store: Option<StoreId>,
    /// The table.
    pub table: Option<TableId>,
}

/// Some rows that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// What they are about; unlike any other block's of the inspector.
    pub heading: String,
    /// What the columns after the label are; empty where each row is one fact.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What is said where there are none, or beside them.
    pub note: Option<String>,
    /// Text as a tool prints it.
    pub code: Option<String>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What it is about; unlike any other row's of the block.
    pub label: String,
    /// The thing of the label, if it can be held.
    pub thing: Option<Thing>,
    /// One value a column.
    pub cells: Vec<Value>,
    /// What can be asked about it.
    pub why: Option<Question>,
}

/// What stands in one place of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// The text.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

/// How a value is meant. A sign stands beside each tone but the plain one, so that nothing is told
/// by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// A fact.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// On its way.
    Busy,
}

impl Tone {
    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Good => "✓",
            Tone::Bad => "✗",
            Tone::Busy => "…",
        }
    }
}

impl Block {
    fn new(heading: impl Into<String>) -> Block {
        Block { heading: heading.into(), ..Block::default() }
    }

    fn with_columns(heading: impl Into<String>, columns: &[&str]) -> Block {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Block { columns, ..Block::new(heading) }
    }

    /// Adds a fact.
    fn fact(&mut self, label: impl Into<String>, value: Value) -> &mut Row {
        self.row(label, vec![value])
    }

    /// Adds a row.
    fn row(&mut self, label: impl Into<String>, cells: Vec<Value>) -> &mut Row {
        self.rows.push(Row { label: label.into(), cells, ..Row::default() });
        self.rows.last_mut().expect("it was just added")
    }

    /// Keeps the first rows, and says how many more there are.
    fn cut(mut self, lang: Lang) -> Block {
        let more = self.rows.len().saturating_sub(MOST_ROWS);
        if 0 < more {
            self.rows.truncate(MOST_ROWS);
            self.note = Some(match lang {
                Lang::En => format!("and {more} more"),
                Lang::Zh => format!("另有 {more} 项"),
            });
        }
        self
    }
}

impl Row {
    fn of(&mut self, thing: Thing) -> &mut Row {
        self.thing = Some(thing);
        self
    }

    fn ask(&mut self, question: Question) -> &mut Row {
        self.why = Some(question);
        self
    }
}

fn plain(text: impl ToString) -> Value {
    Value { text: text.to_string(), tone: Tone::Plain }
}

fn toned(text: impl ToString, tone: Tone) -> Value {
    Value { text: text.to_string(), tone }
}

/// A dash where there is nothing.
fn some(text: Option<impl ToString>) -> Value {
    plain(text.map_or_else(|| "–".to_owned(), |text| text.to_string()))
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "–".to_owned() } else { items.join(", ") }
}

/// Whole seconds, as an age.
fn seconds(ms: u64) -> String {
    format!("{} s", ms / sim::ids::SECOND)
}

/// What an inspector says of one world. Those that are drawn from what was recorded (the story, the
/// log) say nothing here.
pub fn inspect(tab: Tab, cluster: &Cluster, focus: Focus, lang: Lang) -> Vec<Block> {
    match tab {
        Tab::Story | Tab::Log => Vec::new(),
        Tab::Region => focus.region.map_or_else(Vec::new, |id| region::blocks(cluster, id, lang)),
        Tab::Store => focus.store.map_or_else(Vec::new, |id| store::blocks(cluster, id, lang)),
        Tab::Pd => pd::blocks(cluster, lang),
        Tab::Recovery => recovery::blocks(cluster, lang),
        Tab::Tables => tables::blocks(cluster, focus.table, lang),
        Tab::Metrics => clients::blocks(cluster, lang),
        Tab::Laws => laws::blocks(cluster, lang),
    }
}
