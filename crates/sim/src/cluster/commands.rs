//! What each command does to the cluster. Checks come first and change nothing; then it is done.

use super::Cluster;
use crate::clients::{self, Ask, MAX_PER_MINUTE};
use crate::command::Command;
use crate::event::{EventKind, Subject};
use crate::health::{self, Ailment};
use crate::ids::{EventId, StoreId, TableId};
use crate::order;
use crate::refusal::{PdFault, Refusal};
use crate::release::ReplicaChange;
use crate::store::{Engine, StoreState};

impl Cluster {
    /// Whether `command` can be carried out now.
    pub(super) fn check_command(&self, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::StopStores(stores) => self.check_stop(stores),
            Command::StartStores(stores) => self.check_start(stores),
            Command::AddStore(meta) => self.check_add_store(meta),
            Command::LoseDisk(store) => match self.known(*store)?.is_running() {
                true => Err(Refusal::DiskInUse(*store)),
                false => Ok(()),
            },
            Command::Cut(links) | Command::Delay { links, .. } => self.check_links(links),
            Command::SetMishaps { links, percent, .. } => self.check_mishaps(links, *percent),
            Command::Machine(command) => self.check_machine(command),
            Command::Heal(links) => links.iter().try_for_each(|links| self.check_links(links)),
            Command::SetLoad { tables, writes_per_minute } => {
                self.check_clients("writes", tables, *writes_per_minute)
            }
            Command::SetReads { tables, reads_per_minute } => {
                self.check_clients("reads", tables, *reads_per_minute)
            }
            Command::SetQueries { tables, queries_per_minute } => {
                self.check_clients("queries", tables, *queries_per_minute)
            }
            Command::SetTiflashReplica { table, count } => {
                self.table(table)?;
                self.check_pd_for_tidb()?;
                let stores = self.tiflash_stores();
                match stores < *count {
                    true => Err(Refusal::TooManyTiflashReplicas { wanted: *count, stores }),
                    false => Ok(()),
                }
            }
            Command::Table(command) => self.check_table_command(command),
            Command::Pd(command) => self.pd.check(self.ctx.now, command),
            Command::TikvTest(deed) => self.check_tikv_test(deed),
        }
    }

    pub(super) fn known(&self, store: StoreId) -> Result<&crate::raftstore::Store, Refusal> {
        self.stores.get(&store).ok_or(Refusal::UnknownStore(store))
    }

    pub(super) fn table(&self, name: &str) -> Result<TableId, Refusal> {
        let table = self.tidb.table(name);
        table.map(|table| table.id).ok_or_else(|| Refusal::UnknownTable(name.to_string()))
    }

    /// TiDB changes nothing while it reaches no PD.
    pub(super) fn check_pd_for_tidb(&self) -> Result<(), Refusal> {
        match self.pd.is_serving() {
            true => Ok(()),
            false => Err(Refusal::Pd(PdFault::UnreachableFromTidb)),
        }
    }

    fn tiflash_stores(&self) -> u64 {
        let counts = |record: &&crate::pd::stores::StoreRecord| {
            record.meta.engine == Engine::TiFlash && record.state != StoreState::Tombstone
        };
        self.pd.stores().values().filter(counts).count() as u64
    }

    fn check_stop(&self, stores: &[StoreId]) -> Result<(), Refusal> {
        for store in stores {
            if !self.known(*store)?.is_running() {
                return Err(Refusal::StoreNotRunning(*store));
            }
        }
        Ok(())
    }

    /// Carries out a command that was checked. `cause` is the event of its acceptance.
    pub(super) fn carry_out(&mut self, command: &Command, cause: EventId) {
        match command {
            Command::StopStores(stores) => {
                // A store named twice stops once.
                stores.iter().for_each(|store| self.stop_store(*store, Some(cause)));
            }
            Command::StartStores(stores) => {
                stores.iter().for_each(|store| self.start_store(*store, cause));
            }
            Command::AddStore(meta) => self.add_store(meta, cause),
            Command::LoseDisk(id) => {
                let store = self.stores.get_mut(id).expect("the command was checked");
                store.lose_disk();
                self.ctx.checker.on_disk_lost(*id);
                self.ctx.emit(EventKind::DiskLost(*id), [cause]);
            }
            Command::Cut(links) => self.cut(links),
            Command::Delay { links, by_ms } => self.ctx.network.delay(links, *by_ms),
            Command::SetMishaps { links, mishaps, percent } => {
                self.ctx.network.set_mishaps(links, *mishaps, *percent);
            }
            Command::Machine(command) => self.carry_out_machine(command, cause),
            Command::Heal(Some(links)) => self.ctx.network.heal(Some(links)),
            Command::Heal(None) => self.heal_all(cause),
            Command::SetLoad { tables, writes_per_minute } => {
                self.set_clients(Ask::Write, tables, *writes_per_minute);
            }
            Command::SetReads { tables, reads_per_minute } => {
                self.set_clients(Ask::Read, tables, *reads_per_minute);
            }
            Command::SetQueries { tables, queries_per_minute } => {
                for table in self.tables_named(tables) {
                    self.clients.set_queries(table, *queries_per_minute, &mut self.ctx);
                }
            }
            Command::SetTiflashReplica { table, count } => {
                let table = self.table(table).expect("the command was checked");
                self.change_replicas(table, *count, cause);
            }
            Command::Table(command) => self.carry_out_table_command(command, cause),
            Command::Pd(command) => {
                self.pd.carry_out(self.ctx.now, command, cause, &mut self.ctx.events);
            }
            Command::TikvTest(deed) => self.do_tikv_test(deed, cause),
        }
    }

    /// Carries out a change of a table's replicas, or puts it off.
    fn change_replicas(&mut self, table: TableId, count: u64, cause: EventId) {
        let ailments = self.reasons_to_hold(table, count);
        if ailments.is_empty() {
            return self.write_rule(table, count, cause);
        }
        self.tidb.hold(table, count);
        let mut causes: Vec<EventId> =
            ailments.iter().filter_map(|ailment| ailment.cause(&self.ctx.events)).collect();
        causes.push(cause);
        let causes = order::nearest_first(causes);
        self.ctx.emit(EventKind::ReplicaChangeHeld { table, count, ailments }, causes);
    }

    /// What puts a change off. One that takes every replica away never waits: it is what rids a
    /// region of learners that will not answer.
    fn reasons_to_hold(&self, table: TableId, count: u64) -> Vec<Ailment> {
        match self.ctx.knobs.replica_change {
            ReplicaChange::WhenConverged if 0 < count => {
                health::check(&self.pd, &self.stores, self.ctx.now, table)
            }
            ReplicaChange::WhenConverged | ReplicaChange::AtOnce => Vec::new(),
        }
    }

    /// Carries out the changes that were put off, of the tables that are healthy by now.
    pub(super) fn release_held_changes(&mut self) {
        for (table, count) in self.tidb.held() {
            if self.reasons_to_hold(table, count).is_empty() {
                let held = self.ctx.events.latest(Subject::Table(table));
                self.write_rule(table, count, held.expect("that it was held is an event"));
                self.arm_pd();
            }
        }
    }

    pub(super) fn write_rule(&mut self, table: TableId, count: u64, cause: EventId) {
        self.tidb.set_replica(table, count);
        let cause = self.ctx.emit(EventKind::ReplicaRuleSet { table, count }, [cause]);
        self.pd.set_tiflash_rule(self.ctx.now, table, count, cause);
    }

    fn check_clients(
        &self,
        what: &'static str,
        tables: &[String],
        per_minute: u64,
    ) -> Result<(), Refusal> {
        if MAX_PER_MINUTE < per_minute {
            return Err(Refusal::LoadTooHigh { what, per_minute });
        }
        tables.iter().try_for_each(|table| self.table(table).map(drop))
    }

    fn set_clients(&mut self, ask: Ask, tables: &[String], per_minute: u64) {
        let regions = clients::newest_regions(&self.stores);
        for table in self.tables_named(tables) {
            self.clients.set(ask, table, per_minute, &regions, &mut self.ctx);
        }
    }

    /// The tables of these names, which were checked; all where none is named.
    fn tables_named(&self, names: &[String]) -> Vec<TableId> {
        match names {
            [] => self.tidb.tables().map(|table| table.id).collect(),
            named => named.iter().filter_map(|name| self.table(name).ok()).collect(),
        }
    }
}
