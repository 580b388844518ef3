//! Tables that come, go and are split: what TiDB refuses, and at which keys it has regions split.
//! TiDB: `pkg/ddl/table.go`, `pkg/executor/split.go`, `pkg/store/gcworker/gc_worker.go`.

use std::fmt;

use crate::command::SplitPoints;
use crate::ids::{MINUTE, TableId};
use crate::order;
use crate::refusal::Refusal;
use crate::region::Key;

/// How often TiDB collects garbage. TiDB: `tidb_gc_run_interval`.
pub const GC_INTERVAL_MS: u64 = 10 * MINUTE;
/// What was dropped more recently is kept. TiDB: `tidb_gc_life_time`.
pub const GC_LIFE_TIME_MS: u64 = 10 * MINUTE;
/// The least rows of a region of `BETWEEN`. TiDB: `minRegionStepValue`.
const LEAST_STEP: u64 = 1_000;
/// The most regions of `BETWEEN`. TiDB: `split-region-max-num`.
const MOST_REGIONS: u64 = 1_000;

/// Why a table is not made, dropped or split. The text is TiDB's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableFault {
    /// There is a table of this name.
    Exists(String),
    /// There is none to drop.
    Unknown(String),
    /// There is no such database.
    UnknownSchema(String),
    /// `BETWEEN` goes backwards, or nowhere.
    NotAscending {
        /// The first row.
        lower: i64,
        /// The row after the last.
        upper: i64,
    },
    /// Regions of `BETWEEN` would be too narrow.
    TooNarrow {
        /// How many rows each would have.
        step: u64,
    },
    /// More regions than TiDB makes at once.
    TooManyRegions,
    /// No region at all.
    NoRegions,
}

impl From<TableFault> for Refusal {
    fn from(fault: TableFault) -> Refusal {
        Refusal::Table(fault)
    }
}

impl fmt::Display for TableFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const RANGES: &str = "ERROR 8212 (HY000): Failed to split region ranges:";
        match self {
            Self::Exists(table) => write!(f, "ERROR 1050 (42S01): Table '{table}' already exists"),
            Self::Unknown(table) => write!(f, "ERROR 1051 (42S02): Unknown table '{table}'"),
            Self::UnknownSchema(schema) => {
                write!(f, "ERROR 1049 (42000): Unknown database '{schema}'")
            }
            Self::NotAscending { lower, upper } => {
                write!(f, "{RANGES} lower value {lower} should less than the upper value {upper}")
            }
            Self::TooNarrow { step } => write!(
                f,
                "{RANGES} the region size is too small, expected at least {LEAST_STEP}, but got \
                 {step}"
            ),
            Self::TooManyRegions => write!(
                f,
                "ERROR 1105 (HY000): Split table region num exceeded the limit {MOST_REGIONS}"
            ),
            Self::NoRegions => {
                f.write_str("ERROR 1105 (HY000): Split table region num should more than 0")
            }
        }
    }
}

impl SplitPoints {
    /// Whether TiDB takes them.
    ///
    /// # Errors
    /// What it would answer.
    pub(crate) fn check(&self) -> Result<(), TableFault> {
        match *self {
            SplitPoints::By(_) => Ok(()),
            SplitPoints::Between { regions, .. } if MOST_REGIONS < regions => {
                Err(TableFault::TooManyRegions)
            }
            SplitPoints::Between { regions: 0, .. } => Err(TableFault::NoRegions),
            SplitPoints::Between { lower, upper, .. } if upper <= lower => {
                Err(TableFault::NotAscending { lower, upper })
            }
            SplitPoints::Between { lower, upper, regions } => {
                match upper.abs_diff(lower) / regions {
                    step if step < LEAST_STEP => Err(TableFault::TooNarrow { step }),
                    _ => Ok(()),
                }
            }
        }
    }

    /// The keys at which a table is split, ascending. A table here has no index, so that nothing
    /// is split off before its rows.
    pub(crate) fn keys(&self, table: TableId) -> Vec<Key> {
        let rows: Vec<i64> = match self {
            SplitPoints::By(rows) => rows.clone(),
            SplitPoints::Between { lower, upper, regions } => {
                let step = upper.abs_diff(*lower) / regions;
                (1..*regions).map(|part| lower.wrapping_add_unsigned(part * step)).collect()
            }
        };
        order::set(rows).into_iter().map(|row| Key::record(table, row.cast_unsigned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(lower: i64, upper: i64, regions: u64) -> SplitPoints {
        SplitPoints::Between { lower, upper, regions }
    }

    #[test]
    fn rows_are_divided_evenly_and_the_keys_ascend() {
        let table = TableId(104);
        let row = |row: i64| Key::record(table, row.cast_unsigned());
        assert_eq!(between(0, 10_000, 4).keys(table), [row(2_500), row(5_000), row(7_500)]);
        assert_eq!(between(-3_000, 3_000, 2).keys(table), [row(0)]);
        assert_eq!(between(0, 1_000, 1).keys(table), []);
        let by = SplitPoints::By(vec![7, -7, 0, 7]);
        assert_eq!(by.keys(table), [row(-7), row(0), row(7)]);
        assert!(by.keys(table).is_sorted());
        let whole = between(i64::MIN, i64::MAX, 1_000);
        assert_eq!(whole.check(), Ok(()));
        assert!(whole.keys(table).is_sorted());
    }

    #[test]
    fn what_tidb_does_not_split_is_refused_in_its_words() {
        let told = |points: SplitPoints| points.check().expect_err("it is wrong").to_string();
        assert_eq!(
            told(between(0, 9_999, 10)),
            "ERROR 8212 (HY000): Failed to split region ranges: the region size is too small, \
             expected at least 1000, but got 999"
        );
        assert_eq!(
            told(between(2, 1, 10)),
            "ERROR 8212 (HY000): Failed to split region ranges: lower value 2 should less than \
             the upper value 1"
        );
        assert!(told(between(0, 1, 1_001)).ends_with("exceeded the limit 1000"));
        assert!(told(between(0, 1, 0)).ends_with("should more than 0"));
    }
}
