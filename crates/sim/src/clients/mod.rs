//! Clients: TiDB's reads and writes of tables at a steady rate, and queries that only TiFlash may
//! answer. Each region of a table is asked for the key that it began with when the rate was set.
//!
//! Requests are routed as TiDB's client does it (client-go: `region_cache.go`): by a cached region
//! and leader, else by PD. An answer that names another leader is followed at once; any other
//! error mends the route and makes the client wait before it tries again, as client-go backs off.
//! Whoever asks a region asks one thing after the other, at the rate set or as slowly as answers
//! come. Clients reach every store, whatever is wrong with the network between the stores; the way
//! there takes no time.

mod backoff;
mod count;
mod tally;
pub(crate) mod tiflash;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use backoff::{Backoff, Cause};
pub use count::{CountError, ReadFrom};
pub use tally::{Ask, Outcome, Tally};
pub use tiflash::QueryError;

use crate::agenda::Item;
use crate::context::Context;
use crate::ids::{MINUTE, RegionId, SECOND, StoreId, TableId};
use crate::pd::Pd;
use crate::raftstore::Store;
use crate::region::{Key, Peer, PeerRole, Region};

/// Most requests a minute and region: one a millisecond.
pub(crate) const MAX_PER_MINUTE: u64 = 60_000;
/// How long a client waits for an answer. client-go: `ReadTimeoutShort`.
pub(crate) const PATIENCE_MS: u64 = 30 * SECOND;
/// How many leaders one after the other are believed before the client waits.
const ATTEMPTS: usize = 3;

/// See the module.
#[derive(Debug, Default)]
pub struct Clients {
    /// Requests a minute and region.
    rates: BTreeMap<(Ask, TableId), u64>,
    /// TiFlash queries a minute.
    query_rates: BTreeMap<TableId, u64>,
    targets: BTreeMap<RegionId, Target>,
    /// Whose next request is on the agenda.
    armed: BTreeSet<(Ask, RegionId)>,
    armed_queries: BTreeSet<TableId>,
}

/// What clients ask a region for, and the way there.
#[derive(Debug)]
struct Target {
    table: TableId,
    key: Key,
    route: Option<Route>,
    /// The waits of the read and of the write under way.
    backoffs: [Backoff; 2],
}

/// A region as a client's cache has it.
#[derive(Debug)]
struct Route {
    region: RegionId,
    /// The version of its epoch; a client's request does not depend on the members.
    version: u64,
    voters: Vec<Peer>,
    /// Which of them is taken for the leader.
    leader: usize,
}

/// Why a store does not serve a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// No such peer on the store.
    RegionNotFound,
    /// Another peer leads.
    NotLeader(Peer),
    /// The peer does not lead and knows nobody who does.
    NoLeader,
    /// The region's range has changed.
    EpochNotMatch,
    /// The peer is on its way to force leader, or is one.
    RecoveryInProgress,
    /// The region is being merged.
    Merging,
    /// Nobody listens at the store's address.
    StoreNotReachable,
    /// The store takes the request and says nothing.
    TimedOut,
}

impl Denial {
    fn outcome(self) -> Outcome {
        match self {
            Denial::RegionNotFound => Outcome::RegionNotFound,
            Denial::NotLeader(_) => Outcome::NotLeader,
            Denial::NoLeader => Outcome::NoLeader,
            Denial::EpochNotMatch => Outcome::EpochNotMatch,
            Denial::RecoveryInProgress => Outcome::RecoveryInProgress,
            Denial::Merging => Outcome::ProposalInMergingMode,
            Denial::StoreNotReachable => Outcome::StoreNotReachable,
            Denial::TimedOut => Outcome::TimedOut,
        }
    }
}

impl Clients {
    /// Requests a minute and region, by kind and table.
    pub fn rates(&self) -> impl Iterator<Item = (Ask, TableId, u64)> {
        self.rates.iter().map(|((ask, table), rate)| (*ask, *table, *rate))
    }

    /// Queries a minute that only TiFlash may answer, by table.
    pub fn query_rates(&self) -> impl Iterator<Item = (TableId, u64)> {
        self.query_rates.iter().map(|(table, rate)| (*table, *rate))
    }

    /// Sets the rate of a table, whose regions are among `regions`, by ascending id. A table that
    /// no region begins in yet is asked for its first row.
    pub(crate) fn set(
        &mut self,
        ask: Ask,
        table: TableId,
        per_minute: u64,
        regions: &[Arc<Region>],
        ctx: &mut Context,
    ) {
        if per_minute == 0 {
            self.rates.remove(&(ask, table));
            return;
        }
        self.rates.insert((ask, table), per_minute);
        let interval = (MINUTE / per_minute).max(1);
        let begins_in_it = |region: &&Arc<Region>| region.start.table() == Some(table);
        let begun = regions.iter().filter(begins_in_it);
        let mut asked: Vec<(RegionId, Key)> =
            begun.map(|region| (region.id, region.start.clone())).collect();
        if asked.is_empty() {
            let row = Key::record_prefix(table);
            let holds_it = |region: &&Arc<Region>| {
                region.contains(&row) && !self.targets.contains_key(&region.id)
            };
            asked.extend(regions.iter().find(holds_it).map(|region| (region.id, row.clone())));
        }
        for (region, key) in &asked {
            let target = Target::new(table, key.clone());
            self.targets.insert(*region, target);
            if self.armed.insert((ask, *region)) {
                let phase = ctx.prng.range(0, interval);
                ctx.schedule(phase, Item::Request(ask, *region));
            }
        }
    }

    /// A region has been split off: whoever asks its table asks it too. The region it came from
    /// keeps the keys after it, so it is asked for those from now on.
    pub(crate) fn add_region(&mut self, region: &Region, ctx: &mut Context) {
        let Some(table) = region.start.table() else { return };
        for target in self.targets.values_mut().filter(|target| target.key == region.start) {
            target.key = region.end.clone();
        }
        for ask in Ask::ALL {
            let Some(rate) = self.rates.get(&(ask, table)) else { continue };
            let target = Target::new(table, region.start.clone());
            self.targets.insert(region.id, target);
            if self.armed.insert((ask, region.id)) {
                ctx.schedule((MINUTE / rate).max(1), Item::Request(ask, region.id));
            }
        }
    }

    /// A region is no more: the one that took it in is asked for itself.
    pub(crate) fn remove_region(&mut self, region: RegionId) {
        self.targets.remove(&region);
    }

    /// A table is no more, and so is every request for it.
    pub(crate) fn drop_table(&mut self, table: TableId) {
        self.rates.retain(|(_, of), _| *of != table);
        self.query_rates.remove(&table);
        self.targets.retain(|_, target| target.table != table);
    }

    /// Sets how often a table is queried.
    pub(crate) fn set_queries(&mut self, table: TableId, per_minute: u64, ctx: &mut Context) {
        if per_minute == 0 {
            self.query_rates.remove(&table);
            return;
        }
        self.query_rates.insert(table, per_minute);
        if self.armed_queries.insert(table) {
            let phase = ctx.prng.range(0, (MINUTE / per_minute).max(1));
            ctx.schedule(phase, Item::Query(table));
        }
    }

    /// A query of a table is due. Returns whether it is still wanted.
    pub(crate) fn next_query(&mut self, table: TableId, ctx: &mut Context) -> bool {
        let Some(rate) = self.query_rates.get(&table) else {
            self.armed_queries.remove(&table);
            return false;
        };
        ctx.schedule((MINUTE / rate).max(1), Item::Query(table));
        true
    }

    /// The next request for a region is due.
    pub(crate) fn on_due(
        &mut self,
        ask: Ask,
        region: RegionId,
        pd: &Pd,
        stores: &mut BTreeMap<StoreId, Store>,
        ctx: &mut Context,
    ) {
        let target = self.targets.get_mut(&region);
        let rates = &self.rates;
        let wanted = target.and_then(|target| {
            let rate = rates.get(&(ask, target.table)).copied()?;
            Some((target, rate))
        });
        let Some((target, rate)) = wanted else {
            self.armed.remove(&(ask, region));
            return;
        };
        let wait = target.ask(ask, region, pd, stores, ctx);
        ctx.schedule(wait.unwrap_or((MINUTE / rate).max(1)), Item::Request(ask, region));
    }

    /// What decides the future, as numbers; nothing where nobody asks.
    pub(crate) fn digest(&self, fold: &mut impl FnMut(u64)) {
        for ((ask, table), rate) in &self.rates {
            [table.0, *rate << 1 | *ask as u64].into_iter().for_each(&mut *fold);
        }
        for (table, rate) in &self.query_rates {
            [u64::MAX, table.0, *rate].into_iter().for_each(&mut *fold);
        }
        for (region, target) in &self.targets {
            let way =
                |route: &Route| route.region.0 << 20 ^ route.version << 8 ^ route.leader as u64;
            [region.0, target.route.as_ref().map_or(0, way)].into_iter().for_each(&mut *fold);
            target.backoffs.iter().for_each(|backoff| fold(backoff.digest()));
        }
    }
}

impl Target {
    fn new(table: TableId, key: Key) -> Target {
        Target { table, key, route: None, backoffs: [Backoff::default(), Backoff::default()] }
    }

    /// Tries the request that is due. Returns after how many milliseconds to try it again; `None`
    /// if it is taken, or given up.
    fn ask(
        &mut self,
        ask: Ask,
        region: RegionId,
        pd: &Pd,
        stores: &mut BTreeMap<StoreId, Store>,
        ctx: &mut Context,
    ) -> Option<u64> {
        for _ in 0..ATTEMPTS {
            if self.route.is_none() {
                self.route = locate(&self.key, pd);
            }
            let Some(route) = &mut self.route else {
                ctx.tally.count(region, ask, Outcome::RegionUnknown);
                return self.wait(ask, Cause::PdRpc, ctx);
            };
            let Err(denial) = route.send(ask, self.table, stores, ctx) else {
                self.backoffs[ask as usize] = Backoff::default();
                return None;
            };
            ctx.tally.count(route.region, ask, denial.outcome());
            let (keeps, cause) = match denial {
                Denial::NotLeader(leader) => (route.follow(leader), None),
                Denial::EpochNotMatch | Denial::RegionNotFound => (false, Some(Cause::RegionMiss)),
                Denial::StoreNotReachable | Denial::TimedOut => {
                    (route.turn(), Some(Cause::TikvRpc))
                }
                Denial::NoLeader => (route.turn(), Some(Cause::RegionScheduling)),
                Denial::RecoveryInProgress => (false, Some(Cause::RecoveryInProgress)),
                Denial::Merging => (true, Some(Cause::RegionScheduling)),
            };
            if !keeps {
                self.route = None;
            }
            if let Some(cause) = cause {
                let silent_ms = if denial == Denial::TimedOut { PATIENCE_MS } else { 0 };
                return self.wait(ask, cause, ctx).map(|wait| silent_ms + wait);
            }
        }
        self.wait(ask, Cause::RegionMiss, ctx)
    }

    fn wait(&mut self, ask: Ask, cause: Cause, ctx: &mut Context) -> Option<u64> {
        let backoff = &mut self.backoffs[ask as usize];
        let wait = backoff.wait(ask, cause);
        if wait.is_none() {
            *backoff = Backoff::default();
            ctx.tally.give_up(ask);
        }
        wait
    }
}

/// Asks PD for the region of a key and its leader.
fn locate(key: &Key, pd: &Pd) -> Option<Route> {
    if !pd.is_serving() {
        return None;
    }
    let unbounded = Key::default();
    let mut found = pd.regions_in(key, &unbounded);
    let info = found.next().filter(|info| info.region.contains(key))?;
    let is_voter = |peer: &Peer| peer.role != PeerRole::Learner;
    let voters: Vec<Peer> = info.region.peers.iter().copied().filter(is_voter).collect();
    let leads = |peer: &Peer| info.leader.is_some_and(|leader| leader.id == peer.id);
    let leader = voters.iter().position(leads).unwrap_or(0);
    let version = info.region.epoch.version;
    (!voters.is_empty()).then_some(Route { region: info.region.id, version, voters, leader })
}

impl Route {
    fn send(
        &self,
        ask: Ask,
        table: TableId,
        stores: &mut BTreeMap<StoreId, Store>,
        ctx: &mut Context,
    ) -> Result<(), Denial> {
        let id = self.voters[self.leader].store;
        let store = stores.get_mut(&id).filter(|store| store.is_running());
        let Some(store) = store else { return Err(Denial::StoreNotReachable) };
        if ctx.machines.is_stalled(id) {
            return Err(Denial::TimedOut);
        }
        store.serve(ask, self.region, table, self.version, ctx)
    }

    /// Takes another peer for the leader; false if the cache does not know it.
    fn follow(&mut self, leader: Peer) -> bool {
        let position = self.voters.iter().position(|peer| peer.id == leader.id);
        self.leader = position.unwrap_or(0);
        position.is_some()
    }

    /// Tries the next peer; false if all were tried.
    fn turn(&mut self) -> bool {
        self.leader = (self.leader + 1) % self.voters.len();
        self.leader != 0
    }
}

/// Each region as the newest of its peers on any disk has it, by ascending id.
pub(crate) fn newest_regions(stores: &BTreeMap<StoreId, Store>) -> Vec<Arc<Region>> {
    let mut newest: BTreeMap<RegionId, Arc<Region>> = BTreeMap::new();
    for region in stores.values().flat_map(Store::regions_here) {
        let known = newest.get(&region.id);
        if !region.peers.is_empty() && known.is_none_or(|known| known.epoch < region.epoch) {
            newest.insert(region.id, region);
        }
    }
    newest.into_values().collect()
}
