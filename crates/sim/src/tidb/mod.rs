//! TiDB, as far as TiFlash replicas go: the rule a table's `SET TIFLASH REPLICA` writes to PD, and
//! the poll that decides whether the replica is available.
//! TiDB: `pkg/ddl/ddl_tiflash_api.go`.
//!
//! The poll's own HTTP requests take no time here.

pub mod ddl;
pub mod infoschema;

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::event::{EventKind, Subject};
use crate::ids::{EventId, Millis, RegionId, SECOND, StoreId, TableId};
use crate::order;
use crate::pd::Pd;
use crate::raftstore::Store;
use crate::region::{Key, Peer, PeerRole, Region};
use crate::release::AvailableWhen;
use crate::setup::TableSetup;
use crate::store::{Engine, StoreStatus};

/// Interval of the poll. TiDB: `PollTiFlashInterval`.
pub const POLL_MS: u64 = 2 * SECOND;
/// Polls between two looks at PD's list of TiFlash stores. TiDB: `UpdateTiFlashStoreTick`.
const STORE_LIST_TICKS: u64 = 5;
/// A table's poll backs off from 1 to this many ticks. TiDB: `PollTiFlashBackoffMaxTick`.
const BACKOFF_MAX_TICKS: u64 = 10;
/// The id of a new cluster's first table, as of 8.5: system tables come before it.
const FIRST_TABLE: u64 = 104;
/// PROGRESS is counted in 1/10000.
pub const PROGRESS_FULL: u64 = 10_000;

/// The DDL owner of TiDB.
#[derive(Debug)]
pub struct Tidb {
    tables: Vec<Table>,
    schemas: BTreeSet<String>,
    /// The last id that was given to a table or to the job that made it.
    last_id: u64,
    dropped: Vec<DroppedTable>,
    ticks: u64,
    /// TiFlash stores as of the last look at PD.
    tiflash: Vec<(StoreId, StoreStatus)>,
}

/// A table, as `information_schema.tiflash_replica` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// TABLE_ID.
    pub id: TableId,
    /// TABLE_SCHEMA and TABLE_NAME: `db.name`.
    pub name: String,
    /// REPLICA_COUNT; 0 means that the table has no TiFlash replica and no row there.
    pub replica_count: u64,
    /// AVAILABLE. Once set it stays until the replica count is 0.
    pub available: bool,
    /// PROGRESS in 1/10000: replicas found, of regions times REPLICA_COUNT.
    pub progress_bp: u64,
    /// The count that the table is to have once its health check passes; `None` mostly.
    pub held: Option<u64>,
    /// The regions short of a replica at the last poll.
    pub missing: Vec<RegionId>,
    backoff: Backoff,
}

/// A table that was dropped and not collected yet. TiDB: `mysql.gc_delete_range`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTable {
    /// Its id.
    pub id: TableId,
    /// `db.name`.
    pub name: String,
    /// When it was dropped.
    pub at: Millis,
    /// Replicas its rule wants; 0 where it has none.
    pub replica_count: u64,
}

/// How many ticks a table waits between polls: 1 at first, then ×1.5 up to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Backoff {
    /// In half ticks, so that no fraction is lost to whole numbers at the start.
    threshold_halves: u64,
    counter: u64,
}

impl Backoff {
    const START: Backoff = Backoff { threshold_halves: 2, counter: 0 };

    /// Whether the table is polled at this tick.
    fn is_due(&mut self) -> bool {
        self.counter += 1;
        if 2 * self.counter < self.threshold_halves {
            return false;
        }
        self.counter = 0;
        self.threshold_halves = (self.threshold_halves * 3 / 2).min(2 * BACKOFF_MAX_TICKS);
        true
    }
}

impl Tidb {
    /// TiDB with these tables.
    pub(crate) fn new(tables: &[TableSetup]) -> Tidb {
        let schema = |setup: &TableSetup| setup.name.split('.').next().map(str::to_owned);
        Tidb {
            tables: tables.iter().map(Table::of).collect(),
            schemas: tables.iter().filter_map(schema).chain(["test".to_owned()]).collect(),
            last_id: tables.iter().map(|table| table.id.0).max().unwrap_or(FIRST_TABLE - 2),
            dropped: Vec::new(),
            ticks: 0,
            tiflash: Vec::new(),
        }
    }

    /// Every table, in the order in which they came to be.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter()
    }

    /// The table of this name. Names compare without case, as in MySQL.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// Whether there is a database of this name: those of the tables there were at the start, and
    /// `test`.
    pub fn has_schema(&self, name: &str) -> bool {
        self.schemas.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The tables that were dropped and not collected yet, oldest first.
    pub fn dropped(&self) -> &[DroppedTable] {
        &self.dropped
    }

    /// `CREATE TABLE`, for a name that is free. A table and the job that makes it have an id each.
    pub(crate) fn create(&mut self, name: &str) -> TableId {
        self.last_id += 2;
        let id = TableId(self.last_id);
        let name = name.to_owned();
        let setup = TableSetup { id, name, tiflash_replicas: 0, available: false };
        self.tables.push(Table::of(&setup));
        id
    }

    /// `DROP TABLE`, for a table that exists.
    pub(crate) fn drop_table(&mut self, id: TableId, at: Millis) -> String {
        let place = self.tables.iter().position(|table| table.id == id);
        let table = self.tables.remove(place.expect("the command was checked"));
        let (name, replica_count) = (table.name.clone(), table.replica_count);
        self.dropped.push(DroppedTable { id, name, at, replica_count });
        table.name
    }

    /// Takes the tables out that were dropped by then.
    pub(crate) fn take_dropped(&mut self, by: Millis) -> Vec<DroppedTable> {
        let (due, rest) = std::mem::take(&mut self.dropped).into_iter().partition(|t| t.at <= by);
        self.dropped = rest;
        due
    }

    /// `ALTER TABLE … SET TIFLASH REPLICA count`, for a table that exists. 0 and then n begins
    /// anew; a change between other numbers keeps AVAILABLE (tidb#63293).
    pub(crate) fn set_replica(&mut self, table: TableId, count: u64) {
        let table =
            self.tables.iter_mut().find(|t| t.id == table).expect("the command was checked");
        if table.replica_count == 0 || count == 0 {
            table.available = false;
            table.progress_bp = 0;
        }
        table.replica_count = count;
        table.held = None;
        table.missing.clear();
        table.backoff = Backoff::START;
    }

    /// Puts a change off. It takes the place of one that is held already: only the last would be
    /// seen of the two.
    pub(crate) fn hold(&mut self, table: TableId, count: u64) {
        let table = self.tables.iter_mut().find(|t| t.id == table);
        table.expect("the command was checked").held = Some(count);
    }

    /// The changes that are held, in the order of the tables.
    pub(crate) fn held(&self) -> Vec<(TableId, u64)> {
        let held = |table: &Table| table.held.map(|count| (table.id, count));
        self.tables.iter().filter_map(held).collect()
    }

    /// One tick of the poll. TiDB: `refreshTiFlashTicker`.
    pub(crate) fn poll(&mut self, pd: &Pd, stores: &BTreeMap<StoreId, Store>, ctx: &mut Context) {
        // Without PD it knows neither the stores nor the regions.
        if !pd.is_serving() {
            return;
        }
        if self.ticks.is_multiple_of(STORE_LIST_TICKS) {
            let is_tiflash = |engine| engine == Engine::TiFlash;
            self.tiflash = pd
                .stores()
                .values()
                .filter(|record| is_tiflash(record.meta.engine))
                .map(|record| (record.meta.id, record.status(ctx.now)))
                .collect();
        }
        self.ticks += 1;
        for table in self.tables.iter_mut().filter(|table| 0 < table.replica_count) {
            if !table.available && !table.backoff.is_due() {
                continue;
            }
            let rule = ctx.knobs.available_when;
            if let Some(found) = count_replicas(table, rule, &self.tiflash, pd, stores, ctx) {
                table.take(found, pd, ctx);
            }
        }
    }
}

/// What one look at a table's replicas found.
struct Found {
    progress_bp: u64,
    missing: Vec<RegionId>,
}

impl Table {
    /// The table as it is before the first poll.
    fn of(setup: &TableSetup) -> Table {
        Table {
            id: setup.id,
            name: setup.name.clone(),
            replica_count: setup.tiflash_replicas,
            available: setup.available && 0 < setup.tiflash_replicas,
            progress_bp: if setup.available { PROGRESS_FULL } else { 0 },
            held: None,
            missing: Vec::new(),
            backoff: Backoff::START,
        }
    }

    fn take(&mut self, found: Found, pd: &Pd, ctx: &mut Context) {
        self.progress_bp = found.progress_bp;
        if !self.available && found.progress_bp == PROGRESS_FULL {
            self.available = true;
            self.missing.clear();
            let cause = ctx.events.latest(Subject::Table(self.id));
            ctx.emit(EventKind::TableAvailable(self.id), cause);
        } else if found.missing != self.missing {
            self.missing = found.missing;
            if !self.missing.is_empty() {
                let causes = self.reasons(pd, ctx);
                let (table, progress_bp) = (self.id, self.progress_bp);
                let missing = self.missing.clone();
                ctx.emit(EventKind::TableNotReady { table, progress_bp, missing }, causes);
            }
        }
    }

    /// Why replicas are missing, of the first regions: what PD cannot repair and what became of
    /// the learners; and last the rule.
    fn reasons(&self, pd: &Pd, ctx: &Context) -> Vec<EventId> {
        let events = &ctx.events;
        let about = |region: &RegionId| {
            let members = pd.region(*region).map(|info| info.region.peers.clone());
            let learners = members.unwrap_or_default().into_iter().filter(|peer| is_learner(*peer));
            let peers = learners.map(|peer| Subject::Peer(*region, peer.id));
            let subjects: Vec<Subject> = peers.chain([Subject::Repair(*region)]).collect();
            subjects.into_iter().filter_map(|subject| events.latest(subject))
        };
        let mut causes: Vec<EventId> = self.missing.iter().take(3).flat_map(about).collect();
        causes = order::nearest_first(causes);
        causes.extend(events.latest(Subject::Table(self.id)));
        causes
    }
}

fn is_learner(peer: Peer) -> bool {
    peer.role == PeerRole::Learner
}

/// Asks PD for the table's regions and every TiFlash store for its replicas. `None` where TiDB
/// gives up and leaves the table as it is: a store that PD calls Up or Disconnected does not
/// answer, or PD knows no region. TiDB: `infosync.CalculateTiFlashProgress`.
fn count_replicas(
    table: &Table,
    rule: AvailableWhen,
    tiflash: &[(StoreId, StoreStatus)],
    pd: &Pd,
    stores: &BTreeMap<StoreId, Store>,
    ctx: &Context,
) -> Option<Found> {
    let (start, end) = (Key::record_prefix(table.id), Key::table_prefix(TableId(table.id.0 + 1)));
    let mut replicas: BTreeMap<RegionId, u64> =
        order::map(pd.regions_in(&start, &end).map(|info| (info.region.id, 0)));
    let per_region = match rule {
        AvailableWhen::OneReplica => 1,
        AvailableWhen::AllReplicas => table.replica_count,
    };
    let wanted = replicas.len() as u64 * per_region;
    if wanted == 0 {
        return None;
    }
    let mut found = 0;
    for (store, status) in tiflash {
        match status {
            StoreStatus::Up | StoreStatus::Disconnected => {}
            StoreStatus::Down | StoreStatus::Offline | StoreStatus::Tombstone => continue,
        }
        let answers = |store: &&Store| store.is_running() && !ctx.machines.is_stalled(store.id());
        let store = stores.get(store).filter(answers)?;
        let is_here =
            |region: &Region| region.start < end && (region.end.is_empty() || start < region.end);
        let ready = store.peers().filter(|peer| peer.is_initialized() && is_here(peer.region()));
        for peer in ready {
            let Some(count) = replicas.get_mut(&peer.region_id()) else {
                found += 1;
                continue;
            };
            *count += 1;
            // It counts regions that have a replica, or replicas, even if they are too many.
            found += match rule {
                AvailableWhen::OneReplica => u64::from(*count == 1),
                AvailableWhen::AllReplicas => 1,
            };
        }
    }
    let short = |(region, count): (&RegionId, &u64)| (*count < per_region).then_some(*region);
    Some(Found {
        progress_bp: (found * PROGRESS_FULL / wanted).min(PROGRESS_FULL),
        missing: replicas.iter().filter_map(short).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_polled_ever_more_rarely() {
        let mut backoff = Backoff::START;
        let due: Vec<u64> = (1..=40).filter(|_| backoff.is_due()).collect();
        assert_eq!(due, [1, 3, 5, 8, 13, 20, 30, 40]);
    }

    #[test]
    fn replica_changes_between_other_numbers_keep_available() {
        let setup = TableSetup {
            id: TableId(45),
            name: "tpcc.stock".into(),
            tiflash_replicas: 2,
            available: true,
        };
        let mut tidb = Tidb::new(&[setup]);
        tidb.set_replica(TableId(45), 1);
        assert!(tidb.tables[0].available);
        tidb.set_replica(TableId(45), 0);
        tidb.set_replica(TableId(45), 1);
        assert!(!tidb.tables[0].available);
    }
}
