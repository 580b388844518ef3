//! The whole machine. It changes in two functions only, [`Cluster::apply`] and
//! [`Cluster::advance`]; both are deterministic, and both end by checking every invariant.

mod commands;
mod exchange;
mod faults;
mod flights;
mod store_life;
mod tables;
mod tikv_test;

pub use flights::Flight;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agenda::{ConnectionTimer, Item, Life};
use crate::clients::{Clients, QueryError, Tally, tiflash};
use crate::command::{Command, Halt};
use crate::context::Context;
use crate::event::{Event, EventKind, Subject};
use crate::fingerprint::Fingerprint;
use crate::health::{self, Ailment};
use crate::ids::{EventId, Millis, RegionId, StoreId, TableId};
use crate::invariants::{Broken, Checker};
use crate::network::{Body, Envelope};
use crate::order;
use crate::pd::Pd;
use crate::raftstore::{PeerFsm, STORE_HEARTBEAT_MS, Store};
use crate::refusal::Refusal;
use crate::region::{Peer, Region};
use crate::release::Knobs;
use crate::setup::{Setup, SetupError};
use crate::store::StoreState;
use crate::tidb::{POLL_MS, Tidb};

/// How long TiKV's PD client waits before it tries again. TiKV: `REQUEST_RECONNECT_INTERVAL`.
const PD_RETRY_MS: u64 = 1_000;
/// How often it asks for a store's address. TiKV: `LEADER_CHANGE_RETRY`.
const GET_STORE_TRIES: u64 = 10;

/// See the module.
pub struct Cluster {
    pub(crate) ctx: Context,
    pub(crate) stores: BTreeMap<StoreId, Store>,
    pub(crate) pd: Pd,
    pub(crate) tidb: Tidb,
    pub(crate) clients: Clients,
    pd_due: Option<Millis>,
    delivered: u64,
    /// How many events the laws have been checked against.
    checked: usize,
}

/// Why a member of a region will never answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GhostReason {
    /// Its store's process does not run.
    StoreStopped,
    /// PD has buried its store.
    StoreTombstone,
    /// PD no longer knows its store.
    StoreErased,
    /// Its store runs, but has no such peer.
    NoPeerOnStore,
}

impl Cluster {
    /// Builds a cluster and starts its processes at [`Millis::ZERO`].
    ///
    /// # Errors
    /// What is wrong with the setup, see [`Setup::check`].
    pub fn new(setup: &Setup, knobs: Knobs, seed: u64) -> Result<Cluster, SetupError> {
        setup.check()?;
        let mut cluster = Cluster {
            ctx: Context::new(knobs, setup.cores, seed),
            stores: BTreeMap::new(),
            pd: Pd::new(setup, knobs, first_free_id(setup)),
            tidb: Tidb::new(&setup.tables),
            clients: Clients::default(),
            pd_due: None,
            delivered: 0,
            checked: 0,
        };
        cluster.place_stores(setup);
        cluster.start_stores(setup);
        cluster.elect_named_leaders(setup);
        cluster.ctx.schedule(POLL_MS, Item::TidbPoll);
        cluster.arm_pd();
        Ok(cluster)
    }

    fn place_stores(&mut self, setup: &Setup) {
        for store in &setup.stores {
            self.place_store(&store.meta);
        }
        for region in &setup.regions {
            self.ctx.checker.on_setup(&region.region);
            let shared = Arc::new(region.region.clone());
            for peer in &region.region.peers {
                let Some(store) = self.stores.get_mut(&peer.store) else { continue };
                if !region.missing.contains(&peer.store)
                    && !region.tombstones.contains_key(&peer.store)
                {
                    store.place_peer(shared.clone(), peer.id, region.size_mib);
                }
            }
            for (store, peer) in &region.tombstones {
                if let Some(store) = self.stores.get_mut(store) {
                    store.place_grave(shared.clone(), *peer);
                    self.ctx.checker.on_destroyed(shared.id, store.id(), *peer);
                }
            }
        }
    }

    fn start_stores(&mut self, setup: &Setup) {
        for setup in setup.stores.iter().filter(|store| store.running) {
            let drawn = self.ctx.prng.range(0, STORE_HEARTBEAT_MS);
            let phase = setup.heartbeat_phase_ms.unwrap_or(drawn);
            let store = self.stores.get_mut(&setup.meta.id).expect("it was just placed");
            store.start(phase, None, &mut self.ctx);
        }
    }

    fn elect_named_leaders(&mut self, setup: &Setup) {
        for region in &setup.regions {
            let Some(store) = region.leader.and_then(|id| self.stores.get_mut(&id)) else {
                continue;
            };
            store.with_peer(region.region.id, &mut self.ctx, PeerFsm::campaign);
        }
    }

    /// The simulated time.
    pub fn now(&self) -> Millis {
        self.ctx.now
    }

    /// The behaviours in force.
    pub fn knobs(&self) -> Knobs {
        self.ctx.knobs
    }

    /// Changes the behaviours from now on.
    pub fn set_knobs(&mut self, knobs: Knobs) {
        self.ctx.knobs = knobs;
        self.pd.set_knobs(knobs);
    }

    /// Everything that has happened; an event's id is its index.
    pub fn events(&self) -> &[Event] {
        self.ctx.events.all()
    }

    /// The safety laws that this run has broken: none, unless this program has a defect.
    pub fn broken_invariants(&self) -> &[Broken] {
        self.ctx.checker.broken()
    }

    /// Every store, by ascending id: also those that PD has forgotten.
    pub fn stores(&self) -> impl Iterator<Item = &Store> {
        self.stores.values()
    }

    /// The store of this id.
    pub fn store(&self, id: StoreId) -> Option<&Store> {
        self.stores.get(&id)
    }

    /// The placement driver.
    pub fn pd(&self) -> &Pd {
        &self.pd
    }

    /// TiDB's tables.
    pub fn tidb(&self) -> &Tidb {
        &self.tidb
    }

    /// What speaks against changing a table's replicas now; empty if the table is healthy, `None`
    /// if there is no such table. See [`health`].
    pub fn health(&self, table: &str) -> Option<Vec<Ailment>> {
        let table = self.tidb.table(table)?.id;
        Some(health::check(&self.pd, &self.stores, self.ctx.now, table))
    }

    /// The clients.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// What became of the clients' requests.
    pub fn tally(&self) -> &Tally {
        &self.ctx.tally
    }

    /// Whether a query over a whole table that only TiFlash may answer is answered now.
    ///
    /// # Errors
    /// Why not, in TiDB's words.
    pub fn query_tiflash(&self, table: TableId) -> Result<(), QueryError> {
        tiflash::query(table, &self.tidb, &self.pd, &self.stores, &self.ctx)
    }

    /// Raft messages under way.
    pub fn in_flight(&self) -> usize {
        self.ctx.agenda.in_flight()
    }

    /// Raft messages that have arrived so far.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Resolves in all stores that gave no address.
    pub fn failed_resolves(&self) -> u64 {
        self.stores.values().map(Store::failed_resolves).sum()
    }

    /// Resolve loops that nobody needs any more: who asks, and for whom.
    pub fn needless_loops(&self) -> Vec<(StoreId, StoreId)> {
        let loops = |store: &Store| {
            let targets = store.needless_loops().into_iter();
            targets.map(|target| (store.id(), target)).collect::<Vec<_>>()
        };
        self.stores.values().flat_map(loops).collect()
    }

    /// Every region that some running store has a peer of, by ascending id.
    pub fn region_ids(&self) -> impl Iterator<Item = RegionId> {
        order::set(self.stores.values().flat_map(|s| s.peers.keys().copied())).into_iter()
    }

    /// The peer that leads the region, in the highest term if several think so.
    pub fn leader_of(&self, region: RegionId) -> Option<&PeerFsm> {
        let peers = self.stores.values().filter_map(|store| store.peer(region));
        peers.filter(|peer| peer.is_leader()).max_by_key(|peer| peer.term())
    }

    /// The region as its leader has it, or else the most advanced peer that runs.
    pub fn newest_region(&self, region: RegionId) -> Option<&Arc<Region>> {
        let peers = self.stores.values().filter_map(|store| store.peer(region));
        let newest = || peers.map(PeerFsm::region).max_by_key(|region| region.epoch);
        self.leader_of(region).map(PeerFsm::region).or_else(newest)
    }

    /// Members that will never answer, by ascending region and peer.
    pub fn ghost_peers(&self) -> Vec<(RegionId, Peer, GhostReason)> {
        let mut ghosts = Vec::new();
        for region in self.region_ids() {
            let members = self.newest_region(region).map(|region| region.peers.clone());
            for peer in members.unwrap_or_default() {
                ghosts.extend(self.ghost_reason(region, peer).map(|why| (region, peer, why)));
            }
        }
        order::sort_by_key(&mut ghosts, |(region, peer, _)| (*region, peer.id));
        ghosts
    }

    /// Whether a recovery replaced members of this region that lived on, or live again.
    pub fn may_have_two_leaders(&self, region: RegionId) -> bool {
        self.ctx.checker.expects_two_leaders(region)
    }

    /// The stores that PD has buried, or a recovery did without, at some time: their peers may have
    /// been replaced, and nobody should start them again.
    pub fn given_up(&self) -> impl Iterator<Item = StoreId> {
        self.ctx.checker.given_up().iter().copied()
    }

    /// Those of them that were started again nevertheless.
    pub fn returned(&self) -> impl Iterator<Item = StoreId> {
        self.ctx.checker.returned().iter().copied()
    }

    /// Why this member will never answer, if that is so.
    pub fn ghost_reason(&self, region: RegionId, peer: Peer) -> Option<GhostReason> {
        let store = self.stores.get(&peer.store).filter(|store| store.is_running());
        match (self.pd.stores().get(&peer.store), store) {
            (None, _) => Some(GhostReason::StoreErased),
            (Some(record), _) if record.state == StoreState::Tombstone => {
                Some(GhostReason::StoreTombstone)
            }
            (Some(_), None) => Some(GhostReason::StoreStopped),
            (Some(_), Some(store)) => match store.peer(region) {
                Some(here) if here.id() == peer.id => None,
                Some(_) | None => Some(GhostReason::NoPeerOnStore),
            },
        }
    }

    /// A digest of the run so far: equal for runs that went the same way, natively and in wasm.
    pub fn fingerprint(&self) -> u64 {
        let mut digest = self.ctx.trace;
        digest.number(self.ctx.now.0);
        digest.number(self.ctx.events.all().len() as u64);
        for store in self.stores.values() {
            store.digest(&mut |number| digest.number(number));
        }
        fold_pd(&self.pd, &mut digest);
        for table in self.tidb.tables() {
            digest.number(table.id.0);
            digest.number(table.replica_count);
            digest.number(table.held.map_or(u64::MAX, |count| count));
            digest.number(table.progress_bp << 1 | u64::from(table.available));
        }
        for dropped in self.tidb.dropped() {
            digest.number(dropped.id.0 << 40 ^ dropped.at.0);
        }
        self.ctx.network.digest(&mut |number| digest.number(number));
        self.ctx.machines.digest(&mut |number| digest.number(number));
        self.clients.digest(&mut |number| digest.number(number));
        digest.value()
    }

    /// Carries out `command` now, or refuses it and changes nothing.
    ///
    /// # Errors
    /// The reason why it cannot be carried out, in the words of the real tool where it has some.
    pub fn apply(&mut self, command: &Command) -> Result<&[Event], Refusal> {
        self.check_command(command)?;
        let first = self.ctx.events.all().len();
        let cause = self.ctx.emit(EventKind::Commanded(command.clone()), None);
        self.carry_out(command, cause);
        self.arm_pd();
        self.check_invariants();
        Ok(&self.ctx.events.all()[first..])
    }

    /// Lets everything happen that is due by `until`, and returns the new events.
    pub fn advance(&mut self, until: Millis) -> &[Event] {
        let first = self.ctx.events.all().len();
        let mut left = usize::MAX;
        self.approach(until, &mut left);
        &self.ctx.events.all()[first..]
    }

    /// Lets things happen that are due by `until`, at most as many as are `left`, and takes them
    /// from that. Returns whether all have happened; until then the cluster is between two moments.
    pub fn approach(&mut self, until: Millis, left: &mut usize) -> bool {
        while 0 < *left {
            let Some((at, item)) = self.ctx.agenda.pop(until) else {
                self.ctx.now = self.ctx.now.max(until);
                self.check_invariants();
                return true;
            };
            *left -= 1;
            self.ctx.now = at;
            self.happen(item);
            // In tests after every step, else at the end: the laws look at the whole cluster.
            if cfg!(debug_assertions) {
                self.check_invariants();
            }
        }
        false
    }

    /// When the next thing is due; nothing happens before.
    pub fn next_due(&self) -> Option<Millis> {
        self.ctx.agenda.next_at()
    }

    /// Checks the laws over the whole cluster, if something happened that could break them.
    fn check_invariants(&mut self) {
        for event in &self.ctx.events.all()[self.checked..] {
            self.ctx.checker.on_event(&event.kind);
            if let EventKind::RecoveryStage { stage, .. } = event.kind
                && stage.mends()
            {
                let counted_on = order::set(self.pd.recovery().progress().map(|(store, _)| store));
                self.ctx.checker.on_recovery(self.stores.keys().copied(), &counted_on);
            }
        }
        let found = Checker::check(self, &self.events()[self.checked..]);
        self.ctx.checker.record(found);
        for law in self.ctx.checker.take_untold() {
            self.ctx.emit(EventKind::InvariantBroken(law), None);
        }
        self.checked = self.events().len();
    }

    fn happen(&mut self, item: Item) {
        let Some(item) = self.ctx.machines.hold(item) else { return };
        match item {
            Item::Raft(envelope) => self.deliver(envelope),
            Item::PeerTick(timer) => {
                self.at_store(timer.store, |store, ctx| store.on_peer_tick(timer, ctx));
            }
            Item::PdHeartbeatTick(timer) => {
                self.at_store(timer.store, |store, ctx| store.on_pd_tick(timer, ctx));
            }
            Item::StaleTick(timer) => {
                self.at_store(timer.store, |store, ctx| store.on_stale_tick(timer, ctx));
            }
            Item::MergeCheck(timer) => {
                self.at_store(timer.store, |store, ctx| store.on_merge_check(timer, ctx));
            }
            Item::StoreTick(life) => {
                self.at_store(life.store, |store, ctx| store.on_store_tick(life, ctx));
            }
            Item::ConnectionDue(timer) => self.at_store(timer.store, |store, ctx| {
                store.on_connection(ctx, |client, ctx, out| client.on_due(timer, ctx, out));
            }),
            Item::ConnectionLost(timer) => self.lose_connection(timer),
            Item::KeepaliveExpired(timer) => self.keepalive_expired(timer),
            Item::GetStore { timer, asked_at } => self.get_store(timer, asked_at),
            Item::StoreAnswer(timer, answer) => {
                self.at_store(timer.store, |s, ctx| s.on_store_answer(timer, *answer, ctx));
            }
            Item::AskStores(life) => self.ask_stores(life),
            Item::StoreList(life, stores) => self.at_life(life, |store, ctx| {
                store.on_store_list(stores.into_vec(), ctx);
            }),
            Item::AskMember(question) => self.ask_member(&question),
            Item::Written(timer, written) => {
                self.at_store(timer.store, |store, ctx| store.on_written(timer, *written, ctx));
            }
            Item::ApplyDue(timer) => {
                self.at_store(timer.store, |store, ctx| store.on_apply_due(timer, ctx));
            }
            Item::SnapshotSent { life, region, to } => self.snapshot_sent(life, region, to),
            Item::StoreHeartbeat(heartbeat, life) => self.store_heartbeat(*heartbeat, life),
            Item::StoreResponse(response, life) => {
                self.at_life(life, |store, ctx| store.on_response(*response, ctx));
            }
            Item::RegionHeartbeat(heartbeat) => self.region_heartbeat(*heartbeat),
            Item::AskSplit(asked, life) => self.ask_split(asked, life),
            Item::SplitAnswer(asked, ids, life) => self.at_store(life.store, |store, ctx| {
                store.on_split_answer(*asked, ids, life, ctx);
            }),
            Item::Schedule(order) => {
                let store = order.target.store;
                self.at_store(store, |store, ctx| store.on_schedule(&order, ctx));
            }
            Item::PdDue => self.pd_is_due(),
            Item::PdReconnected => {
                let running = self.stores.values_mut().filter(|store| store.is_running());
                running.for_each(|store| store.on_pd_reconnected(&mut self.ctx));
            }
            Item::TidbPoll => {
                self.release_held_changes();
                self.tidb.poll(&self.pd, &self.stores, &mut self.ctx);
                self.ctx.schedule(POLL_MS, Item::TidbPoll);
            }
            Item::SplitAgain { keys, cause, until } => {
                self.ask_splits(keys, cause, until);
            }
            Item::TidbGc => self.collect_garbage(),
            Item::Request(ask, region) => {
                self.clients.on_due(ask, region, &self.pd, &mut self.stores, &mut self.ctx);
            }
            Item::Query(table) => self.query_is_due(table),
        }
        for region in std::mem::take(&mut self.ctx.split_off) {
            self.clients.add_region(&region, &mut self.ctx);
        }
        for region in std::mem::take(&mut self.ctx.merged_away) {
            self.clients.remove_region(region);
        }
        for store in std::mem::take(&mut self.ctx.panicked) {
            self.stop_store(store, None);
        }
    }

    fn keepalive_expired(&mut self, timer: ConnectionTimer) {
        let is_mute = self.is_paused(timer.target);
        if is_mute || !self.ctx.network.carries(timer.store, timer.target) {
            self.lose_connection(timer);
        }
    }

    fn query_is_due(&mut self, table: TableId) {
        if self.clients.next_query(table, &mut self.ctx) {
            let result = self.query_tiflash(table);
            self.ctx.tally.count_query(table, result);
        }
    }

    fn at_store(&mut self, store: StoreId, f: impl FnOnce(&mut Store, &mut Context)) {
        if let Some(store) = self.stores.get_mut(&store).filter(|store| store.is_running()) {
            f(store, &mut self.ctx);
        }
    }

    /// As [`Cluster::at_store`], unless the process has ended since.
    fn at_life(&mut self, life: Life, f: impl FnOnce(&mut Store, &mut Context)) {
        self.at_store(life.store, |store, ctx| {
            if store.life() == life {
                f(store, ctx);
            }
        });
    }

    fn deliver(&mut self, envelope: Box<Envelope>) {
        let (from, to) = (envelope.from.store, envelope.to.store);
        let network = &self.ctx.network;
        // What a delay held back at the sender is lost with the sender.
        let is_lost = |life| network.life(from) != life || !network.is_running(from);
        if !network.is_open(from, to) || envelope.held_in_life.is_some_and(is_lost) {
            return;
        }
        self.delivered += 1;
        self.trace(&envelope);
        self.at_store(to, |store, ctx| store.on_envelope(envelope, ctx));
    }

    fn trace(&mut self, envelope: &Envelope) {
        let trace = &mut self.ctx.trace;
        trace.number(self.ctx.now.0);
        trace.number(envelope.region.0 << 20 ^ envelope.from.id.0 << 10 ^ envelope.to.id.0);
        if let Body::Raft(message) | Body::Snapshot(message, ..) = &envelope.body {
            trace.number(message.get_msg_type() as u64);
            trace.number(message.term << 32 ^ message.index);
        }
    }

    fn lose_connection(&mut self, timer: ConnectionTimer) {
        self.at_store(timer.store, |store, ctx| {
            store.on_connection(ctx, |client, ctx, out| client.on_lost(timer, ctx, out));
        });
    }

    fn snapshot_sent(&mut self, life: Life, region: RegionId, to: Peer) {
        let delivered = self.stores.get(&to.store).is_some_and(Store::is_running)
            && self.ctx.network.is_open(life.store, to.store)
            && !self.is_paused(to.store);
        self.at_store(life.store, |store, ctx| {
            if store.life() == life {
                store.on_snapshot_sent(region, to, delivered, ctx);
            }
        });
    }

    pub(crate) fn stop_store(&mut self, id: StoreId, cause: Option<EventId>) {
        let Some(store) = self.stores.get_mut(&id).filter(|store| store.is_running()) else {
            return;
        };
        store.stop(&mut self.ctx);
        self.end_process_faults(id);
        let cause = cause.or(self.ctx.events.latest(Subject::Process(id)));
        self.ctx.emit(EventKind::StoreStopped(id), cause);
        // The machine still stands: its kernel resets the connections at once.
        for store in self.stores.values().filter(|store| store.is_running()) {
            for timer in store.client().established(id) {
                let latency = self.ctx.network.latency(id, store.id());
                self.ctx.schedule(latency, Item::ConnectionLost(timer));
            }
        }
    }
}

/// Folds what PD knows, wants and is doing.
fn fold_pd(pd: &Pd, digest: &mut Fingerprint) {
    pd.digest_lost_stores(&mut |number| digest.number(number));
    pd.replication().digest(&mut |number| digest.number(number));
    digest.number(pd.max_replicas() << 1 | u64::from(pd.halt() == Halt::Halted));
    for (store, plan) in pd.plans_waiting() {
        digest.number(store.0 << 32 ^ plan.step);
    }
    pd.digest_life(&mut |number| digest.number(number));
    digest.number(pd.recovery().step() << 8 | pd.recovery().stage() as u64);
    for record in pd.stores().values() {
        digest.number(record.meta.id.0 << 8 | record.state as u64);
        digest.number(record.last_heartbeat.map_or(u64::MAX, |at| at.0));
    }
    for info in pd.regions() {
        digest.number(info.region.id.0);
        digest.number(info.region.epoch.version << 32 ^ info.region.epoch.conf_ver);
        digest.number(info.leader.map_or(0, |leader| leader.id.0));
        digest.number((info.down_peers.len() << 8 | info.pending_peers.len()) as u64);
    }
    for operator in pd.operators() {
        digest.number(operator.region.0);
        digest.bytes(operator.name.name().as_bytes());
    }
}

/// The first id PD may hand out: far enough above all that are taken to be told apart.
fn first_free_id(setup: &Setup) -> u64 {
    let stores = setup.stores.iter().map(|store| store.meta.id.0);
    let regions = setup.regions.iter().map(|region| region.region.id.0);
    let peers = setup.regions.iter().flat_map(|region| &region.region.peers).map(|peer| peer.id.0);
    let last = stores.chain(regions).chain(peers).max().unwrap_or(0);
    (last / 1000 + 1) * 1000 + 1
}
