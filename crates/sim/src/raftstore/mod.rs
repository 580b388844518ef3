//! A store: one TiKV or TiFlash process, its disk, and the peers it runs.
//!
//! Peers never touch each other: what one wants of the rest of the world goes into an outbox,
//! which the store empties into its raft client, PD, or the grave.

mod apply;
mod force_leader;
mod hibernate;
mod inbox;
mod membership;
mod merge;
mod pd_heartbeat;
mod peer;
mod proposal;
mod ranges;
mod reading;
mod recovery;
mod refresh;
mod replication;
mod rows;
mod serve;
mod split;
mod storage;
mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use force_leader::ForceLeaderPhase;
pub use peer::{
    ELECTION_TICKS, HEARTBEAT_TICKS, PD_HEARTBEAT_MS, PEER_DOWN_MS, PeerFsm, STALE_CHECK_MS,
    TICK_MS,
};
pub use reading::{PeerProgress, ProgressState, RaftRole};

pub(crate) use membership::has_quorum_without;
pub(crate) use peer::Outbox;

use self::recovery::PlanExecution;
use self::storage::PeerStorage;
use crate::agenda::{ConnectionTimer, Item, Life, Timer};
use crate::clients::Outcome;
use crate::context::Context;
use crate::event::{DestroyReason, EventKind};
use crate::ids::{EventId, Millis, PeerId, RegionId, SECOND, StoreId, TableId};
use crate::message::{GetStoreError, Schedule, ScheduleStep};
use crate::network::Envelope;
use crate::pd::replication::DrStatus;
use crate::raft_client::{RaftClient, ResolverCache, Signal};
use crate::region::{Key, Peer, Region};
use crate::store::StoreMeta;

/// Interval of store heartbeats. TiKV: `pd-store-heartbeat-tick-interval`.
pub const STORE_HEARTBEAT_MS: u64 = 10 * SECOND;
/// An unreachable store is broadcast to the peers at most this often.
/// TiKV: `raftstore.unreachable-backoff`.
const UNREACHABLE_BACKOFF: u64 = 10 * SECOND;
/// How many votes are kept for peers that do not exist yet. TiKV: `StoreMeta::new`.
const EARLY_VOTES: usize = 20;

/// See the module.
#[derive(Debug)]
pub struct Store {
    meta: StoreMeta,
    /// The number of its latest process, and whether that runs.
    life: u64,
    running: bool,
    disk_lost: bool,
    /// The id its machine got when it started on an empty disk.
    replaced_by: Option<StoreId>,
    pub(crate) peers: BTreeMap<RegionId, PeerFsm>,
    /// What is on disk of a stopped process's peers.
    disk: BTreeMap<RegionId, DiskPeer>,
    /// Peers destroyed here. TiKV keeps a `RegionLocalState` in state Tombstone.
    graves: BTreeMap<RegionId, Grave>,
    /// Votes asked of peers that a split has yet to make here. TiKV: `StoreMeta.pending_msgs`.
    early_votes: VecDeque<Box<Envelope>>,
    /// What regions of peers here were merged into, as other stores told.
    /// TiKV: `StoreMeta.pending_merge_targets`.
    merge_targets: BTreeMap<RegionId, Arc<Region>>,
    client: RaftClient,
    plan: Option<PlanExecution>,
    /// What PD last told of DR Auto-Sync.
    replication: Option<Arc<DrStatus>>,
    /// When a message last came from each store.
    received: BTreeMap<StoreId, Millis>,
    /// When each store was last broadcast as unreachable.
    broadcast: BTreeMap<StoreId, Millis>,
    /// Leaders' terms for which a refusal by a grave has been told.
    refused: BTreeMap<RegionId, u64>,
    failed_resolves_before: u64,
}

#[derive(Debug)]
struct DiskPeer {
    id: PeerId,
    storage: PeerStorage,
    size_mib: u64,
}

/// What a store remembers of a peer it has destroyed.
#[derive(Debug)]
struct Grave {
    id: PeerId,
    /// The region as the peer last knew it.
    region: Arc<Region>,
    /// The region that took it in, as it was before, if the peer ended by a merge.
    merged_into: Option<Arc<Region>>,
}

impl Store {
    /// A store that does not run yet.
    pub(crate) fn new(meta: StoreMeta) -> Store {
        let client = RaftClient::new(meta.id);
        Store {
            meta,
            life: 0,
            running: false,
            disk_lost: false,
            replaced_by: None,
            peers: BTreeMap::new(),
            disk: BTreeMap::new(),
            graves: BTreeMap::new(),
            early_votes: VecDeque::new(),
            merge_targets: BTreeMap::new(),
            client,
            plan: None,
            replication: None,
            received: BTreeMap::new(),
            broadcast: BTreeMap::new(),
            refused: BTreeMap::new(),
            failed_resolves_before: 0,
        }
    }

    /// Its id.
    pub fn id(&self) -> StoreId {
        self.meta.id
    }

    /// What it tells PD of itself.
    pub fn meta(&self) -> &StoreMeta {
        &self.meta
    }

    /// Whether its process runs.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// The peers it runs, by ascending region id; none while it is stopped.
    pub fn peers(&self) -> impl Iterator<Item = &PeerFsm> {
        self.peers.values()
    }

    /// The peer it runs for this region.
    pub fn peer(&self, region: RegionId) -> Option<&PeerFsm> {
        self.peers.get(&region)
    }

    /// Whether its disk holds a peer of this region, running or not.
    pub fn has_peer_on_disk(&self, region: RegionId) -> bool {
        self.peers.contains_key(&region) || self.disk.contains_key(&region)
    }

    /// The region as a stopped store's disk has it.
    pub fn region_on_disk(&self, region: RegionId) -> Option<&Arc<Region>> {
        let running = self.peers.get(&region).map(PeerFsm::region);
        running.or_else(|| self.disk.get(&region).map(|peer| &peer.storage.region))
    }

    /// Every region it has a peer of, running or on disk, as that peer has it.
    pub(crate) fn regions_here(&self) -> impl Iterator<Item = Arc<Region>> {
        let running = self.peers.values().map(PeerFsm::region);
        running.chain(self.disk.values().map(|peer| &peer.storage.region)).cloned()
    }

    /// The peer destroyed here last, whose id the disk remembers.
    pub fn tombstone_of(&self, region: RegionId) -> Option<PeerId> {
        self.graves.get(&region).map(|grave| grave.id)
    }

    /// Every destroyed peer whose id the disk remembers, by ascending region id.
    pub fn tombstones(&self) -> impl Iterator<Item = (RegionId, PeerId)> {
        self.graves.iter().map(|(region, grave)| (*region, grave.id))
    }

    /// What it believes of other stores' addresses.
    pub fn resolver(&self) -> &ResolverCache {
        self.client.resolver()
    }

    /// Its connections and black-list.
    pub fn client(&self) -> &RaftClient {
        &self.client
    }

    /// Resolves that gave no address, over all lives of the process.
    pub fn failed_resolves(&self) -> u64 {
        self.failed_resolves_before + self.client.metrics().resolves.failed
    }

    pub(crate) fn life(&self) -> Life {
        Life { store: self.id(), life: self.life }
    }

    /// Puts a peer on the disk of a store that does not run yet.
    pub(crate) fn place_peer(&mut self, region: Arc<Region>, id: PeerId, size_mib: u64) {
        let storage = PeerStorage::bootstrapped(region.clone());
        self.disk.insert(region.id, DiskPeer { id, storage, size_mib });
    }

    /// A table's keys are deleted; a region that has no others is as small as an empty one then.
    /// TiKV: `UnsafeDestroyRange`.
    pub(crate) fn destroy_table(&mut self, table: TableId) {
        let (start, end) = (Key::table_prefix(table), Key::table_prefix(TableId(table.0 + 1)));
        for peer in self.peers.values_mut() {
            let region = peer.region();
            // Where the last region of all begins in a table, nothing comes after that table.
            let is_inside = (&start..&end).contains(&&region.start)
                && (region.end.is_empty() || region.end <= end);
            peer.forget_rows(table);
            if is_inside {
                peer.size_mib = 1;
            }
        }
    }

    /// Remembers a peer that was destroyed before the run began.
    pub(crate) fn place_grave(&mut self, region: Arc<Region>, id: PeerId) {
        self.graves.insert(region.id, Grave { id, region, merged_into: None });
    }

    /// Starts the process on what the disk holds; its first store heartbeat leaves in
    /// `heartbeat_in` milliseconds.
    pub(crate) fn start(&mut self, heartbeat_in: u64, cause: Option<EventId>, ctx: &mut Context) {
        assert!(!self.running, "store {} runs already", self.id());
        self.life = ctx.network.listen(self.id(), &self.meta.address);
        self.running = true;
        self.client = RaftClient::new(self.id());
        for (region, peer) in std::mem::take(&mut self.disk) {
            let (store, size) = (self.id(), peer.size_mib);
            let fsm = PeerFsm::new(store, peer.id, peer.storage, size, cause, ctx);
            self.peers.insert(region, fsm);
        }
        ctx.schedule(heartbeat_in, Item::StoreTick(self.life()));
    }

    /// Ends the process: memory is lost, the disk stays.
    pub(crate) fn stop(&mut self, ctx: &mut Context) {
        assert!(self.running, "store {} does not run", self.id());
        ctx.network.hang_up(self.id());
        self.running = false;
        self.failed_resolves_before += self.client.metrics().resolves.failed;
        self.client = RaftClient::new(self.id());
        self.plan = None;
        self.replication = None;
        self.received.clear();
        self.broadcast.clear();
        self.refused.clear();
        self.early_votes.clear();
        self.merge_targets.clear();
        for (region, mut peer) in std::mem::take(&mut self.peers) {
            peer.turn_clients_away(Outcome::StoreNotReachable, ctx);
            let (id, size_mib) = (peer.id(), peer.size_mib());
            self.disk.insert(region, DiskPeer { id, storage: peer.into_storage(), size_mib });
        }
    }

    /// The disk of a stopped store is gone.
    pub(crate) fn lose_disk(&mut self) {
        assert!(!self.running, "store {} runs", self.id());
        self.disk.clear();
        self.graves.clear();
        self.disk_lost = true;
    }

    /// Its machine has started on an empty disk, as another store.
    pub(crate) fn replace_by(&mut self, store: StoreId) {
        assert!(self.disk_lost, "the disk of store {} knows its id", self.id());
        self.replaced_by = Some(store);
    }

    /// The store its machine is now, if it has started on an empty disk.
    pub fn replaced_by(&self) -> Option<StoreId> {
        self.replaced_by
    }

    /// Whether its disk is gone: nothing can start on it under this id again.
    pub fn has_lost_disk(&self) -> bool {
        self.disk_lost
    }

    /// The regions a stopped store has peers of.
    pub(crate) fn regions_on_disk(&self) -> Vec<RegionId> {
        self.disk.keys().copied().collect()
    }

    /// The store heartbeat is due.
    pub(crate) fn on_store_tick(&mut self, life: Life, ctx: &mut Context) {
        if self.running && life == self.life() {
            self.heartbeat_pd(None, ctx);
            ctx.schedule(STORE_HEARTBEAT_MS, Item::StoreTick(life));
        }
    }

    /// Lets the peer of a timer do something, unless it is gone.
    fn on_timer(
        &mut self,
        timer: Timer,
        ctx: &mut Context,
        f: impl FnOnce(&mut PeerFsm, &mut Context, &mut Outbox),
    ) {
        let peer = self.peers.get_mut(&timer.region).filter(|peer| peer.serial == timer.serial);
        if let Some(peer) = peer {
            let mut out = Outbox::default();
            f(peer, ctx, &mut out);
            self.finish(timer.region, out, ctx);
        }
    }

    /// Lets a peer do something, if the store has one.
    pub(crate) fn with_peer(
        &mut self,
        region: RegionId,
        ctx: &mut Context,
        f: impl FnOnce(&mut PeerFsm, &mut Context, &mut Outbox),
    ) {
        if let Some(peer) = self.peers.get_mut(&region) {
            let mut out = Outbox::default();
            f(peer, ctx, &mut out);
            self.finish(region, out, ctx);
        }
    }

    /// What follows whatever a peer did.
    fn finish(&mut self, region: RegionId, mut out: Outbox, ctx: &mut Context) {
        if let Some(peer) = self.peers.get_mut(&region) {
            peer.check_work(ctx, &mut out);
        }
        self.flush(out, ctx);
        self.check_plan(ctx);
    }

    /// PD has a new leader: whoever leads a region reports within the minute, also if it sleeps.
    /// TiKV: `PeerMsg::HeartbeatPd` on `PdClient::handle_reconnect`.
    pub(crate) fn on_pd_reconnected(&mut self, ctx: &mut Context) {
        self.peers.values_mut().filter(|peer| peer.is_leader()).for_each(|p| p.arm_pd_tick(ctx));
    }

    /// The raft-base-tick of a peer is due.
    pub(crate) fn on_peer_tick(&mut self, timer: Timer, ctx: &mut Context) {
        self.on_timer(timer, ctx, PeerFsm::on_tick);
    }

    /// The pd-heartbeat-tick of a peer is due.
    pub(crate) fn on_pd_tick(&mut self, timer: Timer, ctx: &mut Context) {
        self.on_timer(timer, ctx, PeerFsm::on_pd_tick);
    }

    /// The stale check of a peer is due.
    pub(crate) fn on_stale_tick(&mut self, timer: Timer, ctx: &mut Context) {
        self.on_timer(timer, ctx, |peer, ctx, out| {
            ctx.schedule(STALE_CHECK_MS, Item::StaleTick(timer));
            peer.expire_force_leader(ctx, out);
            peer.stir(ctx, out);
            peer.ask_whether_stale(ctx, out);
        });
        self.expire_plan(timer.region, ctx.now);
        self.check_plan(ctx);
    }

    /// A peer's writes have reached a slow disk: what it says after them leaves.
    pub(crate) fn on_written(&mut self, timer: Timer, written: Outbox, ctx: &mut Context) {
        self.on_timer(timer, ctx, |_, _, out| *out = written);
    }

    /// A peer on a slow disk is done with applying.
    pub(crate) fn on_apply_due(&mut self, timer: Timer, ctx: &mut Context) {
        self.on_timer(timer, ctx, PeerFsm::apply_what_waits);
    }

    /// A step of a PD operator has arrived.
    pub(crate) fn on_schedule(&mut self, schedule: &Schedule, ctx: &mut Context) {
        if let ScheduleStep::Merge(target) = &schedule.step
            && self.peers.get(&target.id).map(PeerFsm::region) != Some(target)
        {
            // "target region not matched, skip proposing": PD will ask again, or give up.
            return;
        }
        self.with_peer(schedule.region, ctx, |peer, ctx, out| {
            peer.on_schedule(schedule, ctx, out);
        });
    }

    /// The peer of a region is told to end its force leader.
    pub(crate) fn exit_force_leader(&mut self, region: RegionId, ctx: &mut Context) {
        self.with_peer(region, ctx, PeerFsm::exit_force_leader);
    }

    /// The snapshot worker is done with a snapshot.
    pub(crate) fn on_snapshot_sent(
        &mut self,
        region: RegionId,
        to: Peer,
        delivered: bool,
        ctx: &mut Context,
    ) {
        if !delivered {
            self.client.on_snapshot_failed(to.store);
        }
        self.with_peer(region, ctx, |peer, ctx, out| {
            peer.on_snapshot_sent(to.id, delivered, ctx, out);
        });
    }

    /// Something happened to a connection.
    pub(crate) fn on_connection(
        &mut self,
        ctx: &mut Context,
        f: impl FnOnce(&mut RaftClient, &mut Context, &mut Vec<Signal>),
    ) {
        let mut signals = Vec::new();
        f(&mut self.client, ctx, &mut signals);
        self.heed(signals, ctx);
    }

    /// PD has answered the resolver.
    pub(crate) fn on_store_answer(
        &mut self,
        timer: ConnectionTimer,
        answer: Result<String, GetStoreError>,
        ctx: &mut Context,
    ) {
        self.on_connection(ctx, |client, ctx, out| client.on_answer(timer, answer, ctx, out));
    }

    /// Starts a peer of a region that begins its life here.
    pub(crate) fn bootstrap_peer(
        &mut self,
        region: Arc<Region>,
        id: PeerId,
        size_mib: u64,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) {
        self.begin_peer(PeerStorage::bootstrapped(region), id, size_mib, cause, ctx);
    }

    /// The same, on what is to be on its disk.
    fn begin_peer(
        &mut self,
        storage: PeerStorage,
        id: PeerId,
        size_mib: u64,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) {
        let (store, region, epoch) = (self.id(), storage.region.id, storage.region.epoch);
        let mut fsm = PeerFsm::new(store, id, storage, size_mib, cause, ctx);
        fsm.adopt_replication(self.replication.clone(), ctx);
        self.peers.insert(region, fsm);
        ctx.checker.on_created(region, store, id);
        ctx.checker.on_epoch(region, store, id, epoch);
        let kind = EventKind::PeerCreated { region, peer: id, store };
        ctx.emit(kind, cause);
    }

    /// Destroys a peer, and remembers that it was.
    fn destroy(
        &mut self,
        region: RegionId,
        why: DestroyReason,
        cause: Option<EventId>,
        ctx: &mut Context,
    ) {
        let Some(mut peer) = self.peers.remove(&region) else { return };
        peer.turn_clients_away(Outcome::RegionNotFound, ctx);
        let (id, store) = (peer.id(), self.id());
        let grave = Grave { id, region: peer.region().clone(), merged_into: None };
        self.graves.insert(region, grave);
        ctx.checker.on_destroyed(region, store, id);
        ctx.emit(EventKind::PeerDestroyed { region, peer: id, store, why }, cause);
    }

    /// Empties an outbox: messages to the raft client, heartbeats to PD, and peers' ends.
    fn flush(&mut self, out: Outbox, ctx: &mut Context) {
        for heartbeat in out.heartbeats {
            if let Some(latency) = ctx.network.latency_to_pd(self.id()) {
                ctx.schedule(latency, Item::RegionHeartbeat(Box::new(heartbeat)));
            }
        }
        let mut signals = Vec::new();
        for envelope in out.messages {
            self.client.send(envelope, ctx, &mut signals);
        }
        for (region, why, cause) in out.destroyed {
            self.destroy(region, why, cause, ctx);
        }
        for question in out.split_questions {
            let life = self.life();
            if let Some(latency) = ctx.network.latency_to_pd(self.id()) {
                ctx.schedule(latency, Item::AskSplit(Box::new(question), life));
            }
        }
        for split in out.splits {
            self.create_split_off(split, ctx);
        }
        for merged in out.merged {
            self.bury_merged(merged, ctx);
        }
        for target in out.catch_ups {
            self.catch_up_source(target, ctx);
        }
        for source in out.merge_checks {
            self.check_merge(source, ctx);
        }
        if !signals.is_empty() {
            self.heed(signals, ctx);
        }
    }

    /// Tells the peers what the raft client could not do.
    fn heed(&mut self, signals: Vec<Signal>, ctx: &mut Context) {
        for signal in signals {
            match signal {
                Signal::Undelivered { region, to, snapshot } => {
                    self.with_peer(region, ctx, |peer, ctx, out| {
                        peer.on_undelivered(to, snapshot, ctx, out);
                    });
                }
                Signal::StoreUnreachable { target, cause } => {
                    self.on_store_unreachable(target, cause, ctx);
                }
                Signal::StoreUnknown { target, cause } => self.refresh(target, cause, ctx),
            }
        }
    }

    /// Tells the peers that a store cannot be reached. TiKV: `fsm/store.rs:on_store_unreachable`.
    fn on_store_unreachable(&mut self, target: StoreId, cause: EventId, ctx: &mut Context) {
        if let Some(last) = self.broadcast.get(&target) {
            let heard_since = self.received.get(&target).is_some_and(|at| last < at);
            if ctx.now.since(*last) < UNREACHABLE_BACKOFF || !heard_since {
                return;
            }
        }
        self.broadcast.insert(target, ctx.now);
        let store = self.id();
        ctx.emit(EventKind::UnreachableBroadcast { store, unreachable: target }, [cause]);
        let regions: Vec<(RegionId, Peer)> = self
            .peers
            .values()
            .filter_map(|peer| Some((peer.region_id(), peer.region().peer_on(target)?)))
            .collect();
        for (region, member) in regions {
            self.with_peer(region, ctx, |peer, ctx, out| {
                if peer.is_leader() {
                    peer.on_undelivered(member.id, false, ctx, out);
                } else if peer.leader_id() == Some(member.id) {
                    peer.alarm(ctx);
                }
            });
        }
    }

    /// A leader's digest for the fingerprint, with what the process keeps in memory.
    pub(crate) fn digest(&self, fold: &mut impl FnMut(u64)) {
        fold(self.id().0);
        fold(u64::from(self.running) << 32 | self.life);
        fold(u64::from(self.disk_lost) << 63 | self.replaced_by.map_or(0, |store| store.0));
        for peer in self.peers.values() {
            fold(peer.region_id().0);
            peer.digest().into_iter().for_each(&mut *fold);
        }
        for (region, peer) in &self.disk {
            fold(region.0);
            fold(peer.id.0);
            fold(peer.storage.last_entry_index());
        }
        for (region, grave) in &self.graves {
            fold(region.0);
            fold(grave.id.0);
        }
        self.client.digest(fold);
    }
}
