//! One query over a whole table, `SELECT COUNT(*)`, at one instant: what TiDB would answer once its
//! retries have come to an end.

use std::fmt;

use super::tiflash;
use crate::cluster::Cluster;
use crate::ids::{RegionId, TableId};
use crate::region::{Key, Region};

/// Where a query reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadFrom {
    /// The leaders of the table's regions.
    TiKv,
    /// Its TiFlash learners.
    TiFlash,
}

/// Why TiDB does not answer. The text is TiDB's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CountError {
    /// Nobody leads PD: there is no timestamp to read at.
    PdServerTimeout,
    /// A region is not known to PD, or no leader of it can answer.
    RegionUnavailable,
    /// A region's leader takes the request and says nothing.
    TikvServerTimeout,
    /// A region's learners cannot answer.
    TiflashServerTimeout,
}

impl fmt::Display for CountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CountError::PdServerTimeout => "ERROR 9001 (HY000): PD server timeout",
            CountError::RegionUnavailable => "ERROR 9005 (HY000): Region is unavailable",
            CountError::TikvServerTimeout => "ERROR 9002 (HY000): TiKV server timeout",
            CountError::TiflashServerTimeout => "ERROR 9012 (HY000): TiFlash server timeout",
        })
    }
}

impl Cluster {
    /// How many rows clients have inserted into a table, as far as they are still there: each of
    /// their writes inserts one, and what there was at the start is not counted. `None` if there is
    /// no such table.
    pub fn count_rows(&self, table: &str, from: ReadFrom) -> Option<Result<u64, CountError>> {
        let table = self.tidb().table(table)?.id;
        Some(self.count_rows_of(table, from))
    }

    fn count_rows_of(&self, table: TableId, from: ReadFrom) -> Result<u64, CountError> {
        if !self.pd().is_serving() {
            return Err(CountError::PdServerTimeout);
        }
        let end = Key::table_prefix(TableId(table.0 + 1));
        let mut next = Key::record_prefix(table);
        let mut rows = 0;
        while next < end {
            let found = self.pd().regions_in(&next, &end).next().map(|info| info.region.clone());
            let region = found.filter(|region| region.contains(&next));
            let region = region.ok_or(CountError::RegionUnavailable)?;
            rows += self.rows_in(&region, table, from)?;
            if region.end.is_empty() {
                break;
            }
            next = region.end.clone();
        }
        Ok(rows)
    }

    fn rows_in(&self, region: &Region, table: TableId, from: ReadFrom) -> Result<u64, CountError> {
        let rows = |region: RegionId| {
            let leader = self.leader_of(region).filter(|peer| peer.force_leader().is_none());
            leader.map(|peer| peer.rows_of(table)).ok_or(CountError::RegionUnavailable)
        };
        match from {
            ReadFrom::TiKv => match self.able_leader(region.id) {
                Some(_) => rows(region.id),
                None if self.leader_stalls(region.id) => Err(CountError::TikvServerTimeout),
                None => Err(CountError::RegionUnavailable),
            },
            ReadFrom::TiFlash if tiflash::is_served(region, &self.stores, &self.ctx) => {
                rows(region.id)
            }
            ReadFrom::TiFlash => Err(CountError::TiflashServerTimeout),
        }
    }

    fn leader_stalls(&self, region: RegionId) -> bool {
        let leader = self.leader_of(region);
        leader.is_some_and(|leader| self.ctx.machines.is_stalled(leader.store()))
    }
}
