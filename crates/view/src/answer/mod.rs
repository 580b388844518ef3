//! What the real tools answer to questions about a cluster: pd-ctl's JSON and TiDB's tables.
//!
//! Names and order of fields are the real ones, so that what reads the tools' output reads this.
//! What has no meaning here is left out where the tools leave it out too (a version, a hash), and
//! 0 elsewhere (flows, weights' effect). Every disk holds 1 TiB.

mod accepted;
mod faults;
mod pd;
mod precheck;
mod region;
mod sql;
mod store;

#[cfg(test)]
pub(crate) mod scene;

pub use accepted::accepted;
pub use faults::faults;
pub use pd::{
    metrics, operator, operators, placement_rules, recovery, recovery_json, replication,
    replication_status, rule_groups, schedulers, without_pd,
};
pub(crate) use precheck::ailment_words;
pub use precheck::{Finding, Precheck, precheck};
pub use region::{region, region_of_key, regions, regions_on, regions_with};
pub use sql::{count_rows, info_table, table_regions};
pub use store::{remove_tombstone, store, stores, stores_shown};
