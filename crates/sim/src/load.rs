//! Clients that write: to every region of some tables, at a steady rate, wherever the leader is.

use std::collections::{BTreeMap, BTreeSet};

use crate::agenda::Item;
use crate::context::Context;
use crate::ids::{MINUTE, RegionId, StoreId, TableId};
use crate::raftstore::Store;
use crate::region::Region;

/// Most writes a minute and region: one a millisecond.
pub(crate) const MAX_WRITES_PER_MINUTE: u64 = 60_000;

/// The write load, and what became of it.
#[derive(Debug, Default)]
pub struct Load {
    rates: BTreeMap<TableId, u64>,
    tables: BTreeMap<RegionId, TableId>,
    /// Regions whose next write is on the agenda.
    armed: BTreeSet<RegionId>,
    /// The store that last took a write of the region.
    leaders: BTreeMap<RegionId, StoreId>,
    taken: u64,
    refused: u64,
}

impl Load {
    /// Clients of these regions, which write nothing yet.
    pub(crate) fn new(tables: BTreeMap<RegionId, TableId>) -> Load {
        Load { tables, ..Load::default() }
    }

    /// Writes a minute and region, by table.
    pub fn rates(&self) -> impl Iterator<Item = (TableId, u64)> {
        self.rates.iter().map(|(table, rate)| (*table, *rate))
    }

    /// Writes that a leader took.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Writes for which no leader was found.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Sets the rate of a table.
    pub(crate) fn set(&mut self, table: TableId, writes_per_minute: u64, ctx: &mut Context) {
        if writes_per_minute == 0 {
            self.rates.remove(&table);
            return;
        }
        self.rates.insert(table, writes_per_minute);
        let interval = (MINUTE / writes_per_minute).max(1);
        let regions: Vec<RegionId> =
            self.tables.iter().filter(|(_, of)| **of == table).map(|(region, _)| *region).collect();
        for region in regions {
            if self.armed.insert(region) {
                let phase = ctx.prng.range(0, interval);
                ctx.schedule(phase, Item::Load(region));
            }
        }
    }

    /// A region has been split off: whoever writes to its table writes to it too.
    pub(crate) fn add_region(&mut self, region: &Region, ctx: &mut Context) {
        let Some(table) = region.start.table() else { return };
        self.tables.insert(region.id, table);
        if let Some(rate) = self.rates.get(&table)
            && self.armed.insert(region.id)
        {
            ctx.schedule((MINUTE / rate).max(1), Item::Load(region.id));
        }
    }

    /// A region is no more: who wrote to it writes to the one that took it in.
    pub(crate) fn remove_region(&mut self, region: RegionId) {
        self.tables.remove(&region);
        self.leaders.remove(&region);
    }

    /// The next write of a region is due.
    pub(crate) fn write(
        &mut self,
        region: RegionId,
        stores: &mut BTreeMap<StoreId, Store>,
        ctx: &mut Context,
    ) {
        let table = self.tables.get(&region);
        let Some(rate) = table.and_then(|table| self.rates.get(table)).copied() else {
            self.armed.remove(&region);
            return;
        };
        ctx.schedule((MINUTE / rate).max(1), Item::Load(region));
        let last = self.leaders.get(&region).copied();
        let leads = |store: &Store| store.peer(region).is_some_and(|peer| peer.is_leader());
        let still = last.filter(|store| stores.get(store).is_some_and(leads));
        let leader = still.or_else(|| stores.values().find(|s| leads(s)).map(Store::id));
        let taken = leader
            .and_then(|leader| stores.get_mut(&leader))
            .is_some_and(|store| store.write(region, ctx));
        match (taken, leader) {
            (true, Some(leader)) => {
                self.leaders.insert(region, leader);
                self.taken += 1;
            }
            (true, None) | (false, _) => self.refused += 1,
        }
    }
}
