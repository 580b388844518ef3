//! Tables that come, go and are split; and TiDB's garbage collection, which ends what is left of
//! those that went. TiDB: `pkg/ddl/table.go`, `split_region.go`, `pkg/executor/split.go`,
//! `pkg/store/gcworker/gc_worker.go`.

use std::collections::BTreeMap;

use super::Cluster;
use crate::agenda::Item;
use crate::command::TableCommand;
use crate::event::{EventKind, Subject};
use crate::ids::{EventId, Millis, RegionId, SECOND, StoreId, TableId};
use crate::order;
use crate::raftstore::{Store, has_quorum_without};
use crate::refusal::Refusal;
use crate::region::Key;
use crate::store::{Engine, StoreState};
use crate::tidb::DroppedTable;
use crate::tidb::ddl::{GC_INTERVAL_MS, GC_LIFE_TIME_MS, TableFault};

/// How long TiDB asks for a split. client-go: `splitRegionBackoff`.
const SPLIT_PATIENCE_MS: u64 = 20 * SECOND;
/// How long it waits between its tries, in the end. client-go: `BoRegionMiss`.
const SPLIT_WAIT_MS: u64 = 500;

impl Cluster {
    /// Whether a statement about a table would be carried out.
    pub(super) fn check_table_command(&self, command: &TableCommand) -> Result<(), Refusal> {
        match command {
            TableCommand::Create { table, if_not_exists } => {
                let schema = table.split('.').next().unwrap_or_default();
                if !self.tidb.has_schema(schema) {
                    return Err(TableFault::UnknownSchema(schema.to_owned()).into());
                }
                if self.tidb.table(table).is_some() && !if_not_exists {
                    return Err(TableFault::Exists(table.clone()).into());
                }
            }
            TableCommand::Drop { table, if_exists } => {
                if self.tidb.table(table).is_none() && !if_exists {
                    return Err(TableFault::Unknown(table.clone()).into());
                }
            }
            TableCommand::Split { table, at } => {
                self.table(table)?;
                at.check()?;
            }
        }
        self.check_pd_for_tidb()
    }

    /// Carries out a statement that was checked. `cause` is its event.
    pub(super) fn carry_out_table_command(&mut self, command: &TableCommand, cause: EventId) {
        match command {
            TableCommand::Create { table, .. } => {
                if self.tidb.table(table).is_none() {
                    self.create_table(table, cause);
                }
            }
            TableCommand::Drop { table, .. } => {
                if let Ok(table) = self.table(table) {
                    self.drop_table(table, cause);
                }
            }
            TableCommand::Split { table, at } => {
                let table = self.table(table).expect("the command was checked");
                let regions = self.ask_splits(at.keys(table), cause, self.split_until());
                self.ctx.emit(EventKind::TableSplit { table, regions }, [cause]);
            }
        }
    }

    /// TiDB gives a new table a region of its own, as far as it can: `split-table` is on.
    fn create_table(&mut self, name: &str, cause: EventId) {
        let table = self.tidb.create(name);
        let name = name.to_owned();
        let created = self.ctx.emit(EventKind::TableCreated { table, name }, [cause]);
        self.ask_splits(vec![Key::table_prefix(table)], created, self.split_until());
    }

    fn split_until(&self) -> Millis {
        self.ctx.now.after(SPLIT_PATIENCE_MS)
    }

    fn drop_table(&mut self, table: TableId, cause: EventId) {
        let name = self.tidb.drop_table(table, self.ctx.now);
        self.clients.drop_table(table);
        self.ctx.emit(EventKind::TableDropped { table, name }, [cause]);
        if let [_] = self.tidb.dropped() {
            self.arm_gc();
        }
    }

    /// Has regions split at keys, ascending, and returns how many will be split off: TiDB asks the
    /// leaders themselves, and asks again where none can do it, up to a moment. client-go:
    /// `split_region.go:splitBatchRegionsReq`.
    pub(super) fn ask_splits(&mut self, keys: Vec<Key>, cause: EventId, until: Millis) -> u64 {
        let mut by_region: BTreeMap<RegionId, Vec<Key>> = BTreeMap::new();
        let mut left = Vec::new();
        let unbounded = Key::default();
        for key in keys {
            let found = self.pd.regions_in(&key, &unbounded).next();
            match found.filter(|info| info.region.contains(&key)) {
                Some(info) if info.region.start == key => {}
                Some(info) => by_region.entry(info.region.id).or_default().push(key),
                None => left.push(key),
            }
        }
        let mut splits = 0;
        for (region, keys) in by_region {
            match self.ask_split_of(region, &keys, cause) {
                true => splits += keys.len() as u64,
                false => left.extend(keys),
            }
        }
        if !left.is_empty() && self.ctx.now < until {
            order::sort_by(&mut left, Ord::cmp);
            self.ctx.schedule(SPLIT_WAIT_MS, Item::SplitAgain { keys: left, cause, until });
        }
        splits
    }

    /// Asks the leader of a region to split it. Returns whether it does.
    fn ask_split_of(&mut self, region: RegionId, keys: &[Key], cause: EventId) -> bool {
        let Some(leader) = self.able_leader(region) else { return false };
        let mut is_asked = false;
        self.at_store(leader, |store, ctx| {
            store.with_peer(region, ctx, |peer, ctx, out| {
                is_asked = peer.ask_split(keys.to_vec(), Some(cause), ctx, out);
            });
        });
        is_asked
    }

    /// The store that leads a region, if what it proposes is committed soon.
    pub(crate) fn able_leader(&self, region: RegionId) -> Option<StoreId> {
        let leader = self.leader_of(region)?;
        let store = leader.store();
        let is_silent = |other: &StoreId| {
            let runs = self.stores.get(other).is_some_and(Store::is_running);
            let is_heard = *other == store || self.ctx.network.carries(store, *other);
            !runs || !is_heard || self.ctx.machines.is_stalled(*other)
        };
        let members = leader.region().peers.iter().map(|peer| peer.store);
        let silent: Vec<StoreId> = members.filter(is_silent).collect();
        let is_able = has_quorum_without(leader.region(), &silent) && !silent.contains(&store);
        is_able.then_some(store)
    }

    /// Puts down the next garbage collection: they come at full intervals.
    fn arm_gc(&mut self) {
        let passed = self.ctx.now.0 % GC_INTERVAL_MS;
        self.ctx.schedule(GC_INTERVAL_MS - passed, Item::TidbGc);
    }

    /// Deletes the keys and rules of the tables that were dropped long enough ago. Every TiKV store
    /// has to answer, or all of it is left to the next time.
    pub(super) fn collect_garbage(&mut self) {
        let by = Millis(self.ctx.now.0.saturating_sub(GC_LIFE_TIME_MS));
        if self.pd.is_serving() && self.every_tikv_answers() {
            for dropped in self.tidb.take_dropped(by) {
                self.destroy_table(&dropped);
            }
            self.arm_pd();
        }
        if !self.tidb.dropped().is_empty() {
            self.arm_gc();
        }
    }

    fn every_tikv_answers(&self) -> bool {
        let records = self.pd.stores().values();
        let mut asked = records.filter(|record| {
            record.meta.engine == Engine::TiKv && record.state != StoreState::Tombstone
        });
        asked.all(|record| {
            let store = self.stores.get(&record.meta.id);
            let runs = store.is_some_and(Store::is_running);
            runs && !self.ctx.machines.is_stalled(record.meta.id)
        })
    }

    fn destroy_table(&mut self, dropped: &DroppedTable) {
        let table = dropped.id;
        let tikv = |store: &&mut Store| store.meta().engine == Engine::TiKv;
        for store in self.stores.values_mut().filter(tikv) {
            store.destroy_table(table);
        }
        let dropped_at = self.ctx.events.latest(Subject::Table(table));
        let replicas = dropped.replica_count;
        let destroyed = self.ctx.emit(EventKind::TableDestroyed { table, replicas }, dropped_at);
        self.pd.set_tiflash_rule(self.ctx.now, table, 0, destroyed);
    }
}
