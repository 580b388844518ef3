//! Each store's raft client: queues and connection tasks for every store it talks to, the address
//! resolver, and the black-list. TiKV: `src/server/raft_client.rs`.
//!
//! One task runs for each connection: back off, resolve, connect, stream until the stream breaks,
//! from the start. A healthy stream never resolves again, so news about a store is noticed only
//! after a disconnect. Messages are accepted before there is a connection; what is queued when a
//! resolve or a connect fails is dropped and reported to the peers as unreachable.

mod connection;
mod metrics;
mod resolver;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use connection::{BACKOFF_MS, BACKOFF_STEP_MS, Connection, ConnectionId, Phase};
pub use metrics::{ClientMetrics, FailureType, ResolveCounts};
pub use resolver::{Entry, REFRESH_MS, Resolution, ResolverCache};

use crate::agenda::{ConnectionTimer, Item, Life};
use crate::context::Context;
use crate::event::{EventKind, ResolveVerdict, Subject};
use crate::ids::{EventId, MINUTE, Millis, PeerId, RegionId, SECOND, StoreId};
use crate::message::GetStoreError;
use crate::network::{Body, Envelope, SNAPSHOT_MS_PER_MIB};
use crate::release::{NotFound, TombstoneAnswer};
use resolver::{REQUEST_INTERVAL_MS, Worker};

/// How long a connect may take. TiKV: `wait_for_connected`.
pub const CONNECT_TIMEOUT_MS: u64 = 5 * SECOND;
/// How long the resolver waits for a PD that cannot be reached. TiKV: ten tries (pd_client's
/// `LEADER_CHANGE_RETRY`) of two seconds each (`REQUEST_TIMEOUT`).
pub const PD_PATIENCE_MS: u64 = 20 * SECOND;
/// At most one warning about an unknown store in this time. TiKV: tikv#19993.
const WARN_INTERVAL: u64 = MINUTE;
/// How often a connect looks whether anybody listens.
const CONNECT_POLL: u64 = SECOND;

/// The raft client of one store. Its memory ends with the process.
#[derive(Debug)]
pub struct RaftClient {
    store: StoreId,
    connections: BTreeMap<ConnectionId, Connection>,
    /// TiKV's `tombstone_stores`: only grows.
    blacklist: BTreeSet<StoreId>,
    /// TiKV's `not_found_stores`: when a warning was last logged.
    warned: BTreeMap<StoreId, Millis>,
    /// The only stores it may send to, where there are any: the queues of all others are paused.
    allowlist: BTreeSet<StoreId>,
    resolver: ResolverCache,
    worker: Worker,
    metrics: ClientMetrics,
}

/// What the client tells its store, which tells the peers.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A message was dropped. Raft-rs: `report_unreachable`, and `report_snapshot` for a snapshot.
    Undelivered { region: RegionId, to: PeerId, snapshot: bool },
    /// Nobody answers there. TiKV: `StoreMsg::StoreUnreachable`.
    StoreUnreachable { target: StoreId, cause: EventId },
    /// PD does not know the store, and this release wants to know why. In no TiKV.
    StoreUnknown { target: StoreId, cause: EventId },
}

/// What others see of it.
impl RaftClient {
    /// Every connection task, by ascending id of the store it talks to.
    pub fn connections(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        self.connections.iter().map(|(id, connection)| (*id, connection))
    }

    /// The connection tasks to one store.
    pub fn connections_to(&self, target: StoreId) -> impl Iterator<Item = &Connection> {
        let first = ConnectionId { target, conn: 0 };
        let last = ConnectionId { target, conn: u8::MAX };
        self.connections.range(first..=last).map(|(_, connection)| connection)
    }

    /// The stores it will not dial again before a restart.
    pub fn blacklist(&self) -> impl Iterator<Item = StoreId> + '_ {
        self.blacklist.iter().copied()
    }

    /// Whether what is sent to a store is refused (`DiscardReason::Paused`), since DR Auto-Sync
    /// does not list it as available. Connections stand.
    pub fn is_paused(&self, target: StoreId) -> bool {
        !self.allowlist.is_empty() && !self.allowlist.contains(&target)
    }

    /// The address cache.
    pub fn resolver(&self) -> &ResolverCache {
        &self.resolver
    }

    /// What its process has counted.
    pub fn metrics(&self) -> &ClientMetrics {
        &self.metrics
    }

    /// Folds what decides its future.
    pub(crate) fn digest(&self, fold: &mut impl FnMut(u64)) {
        self.blacklist().chain(self.allowlist.iter().copied()).for_each(|store| fold(store.0));
        fold(self.worker.digest());
        for (id, connection) in &self.connections {
            fold(id.target.0 << 8 ^ u64::from(id.conn));
            connection.digest().into_iter().for_each(&mut *fold);
        }
    }
}

impl RaftClient {
    /// The client of a process that has just started.
    pub(crate) fn new(store: StoreId) -> RaftClient {
        RaftClient {
            store,
            connections: BTreeMap::new(),
            blacklist: BTreeSet::new(),
            warned: BTreeMap::new(),
            allowlist: BTreeSet::new(),
            resolver: ResolverCache::default(),
            worker: Worker::default(),
            metrics: ClientMetrics::default(),
        }
    }

    /// Sends a message, or queues it, or drops it with a signal.
    pub(crate) fn send(
        &mut self,
        envelope: Box<Envelope>,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let target = envelope.to.store;
        if self.is_paused(target) {
            return out.push(undelivered(&envelope));
        }
        let connections = ConnectionId::number(ctx.knobs.connections, ctx.cores);
        let id = ConnectionId::of(envelope.region, target, connections);
        match self.connections.get_mut(&id) {
            Some(Connection { phase: Phase::Established { .. }, .. }) => {
                transmit(self.store, envelope, ctx, out);
            }
            Some(connection) if connection.queued() < ctx.knobs.raft_queue.capacity() => {
                connection.queue.push(envelope);
            }
            Some(_) => {
                self.metrics.count(FailureType::Full, target, 1);
                out.push(undelivered(&envelope));
            }
            None if self.blacklist.contains(&target) => out.push(undelivered(&envelope)),
            None => {
                self.connections.insert(id, Connection::new(envelope));
                self.next_pass(id, ctx);
            }
        }
    }

    /// Messages go to these stores only; to every store if there are none.
    /// TiKV: `ConnectionPool::set_store_allowlist`.
    pub(crate) fn set_store_allowlist(&mut self, stores: impl Iterator<Item = StoreId>) {
        self.allowlist = stores.collect();
    }

    fn connection(&mut self, id: ConnectionId) -> &mut Connection {
        self.connections.get_mut(&id).expect("the task of a live connection")
    }

    /// The top of the loop: sleep if the last try was short, then resolve.
    fn next_pass(&mut self, id: ConnectionId, ctx: &mut Context) {
        let connection = self.connection(id);
        match connection.pause(ctx.now, ctx.knobs.reconnect) {
            Some(pause) => {
                connection.phase = Phase::BackingOff { until: ctx.now.after(pause) };
                self.arm(id, pause, ctx);
            }
            None => self.resolve(id, ctx),
        }
    }

    fn resolve(&mut self, id: ConnectionId, ctx: &mut Context) {
        let serial = ctx.agenda.serial();
        self.connection(id).wake(ctx.now, serial);
        self.worker.enqueue(self.timer(id, serial));
        self.work(ctx);
    }

    /// The resolver's worker takes up one question after the other until it has to ask PD.
    fn work(&mut self, ctx: &mut Context) {
        while let Some(asker) = self.worker.next() {
            if !self.is_current(asker) {
                continue;
            }
            if let Resolution::Fresh(address) = self.resolver.resolve(asker.target, ctx.now) {
                let address = address.to_string();
                self.on_resolved(asker.id(), address, true, ctx);
            } else {
                self.worker.ask(asker);
                self.ask_pd(asker, 0, ctx);
            }
        }
    }

    /// Asks PD in `ms` milliseconds; one that cannot be reached answers after some patience.
    fn ask_pd(&self, asker: ConnectionTimer, ms: u64, ctx: &mut Context) {
        let asked_at = ctx.now.after(ms);
        match ctx.network.latency_to_pd(self.store).zip(ctx.network.latency_from_pd(self.store)) {
            Some((there, _)) => {
                let question = Item::GetStore { timer: asker, asked_at };
                ctx.agenda.push(asked_at.after(there), question);
            }
            None => {
                let answer = Box::new(Err(GetStoreError::Unreachable));
                ctx.agenda.push(asked_at.after(PD_PATIENCE_MS), Item::StoreAnswer(asker, answer));
            }
        }
    }

    /// PD's answer has arrived.
    pub(crate) fn on_answer(
        &mut self,
        asker: ConnectionTimer,
        answer: Result<String, GetStoreError>,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        if !self.worker.is_asking(asker) {
            return;
        }
        let error = answer.as_ref().err().copied();
        if let Some(attempt) = self.worker.again(error, ctx.knobs.unknown_store_reply) {
            let error = error.expect("what PD has answered is not asked again");
            let (store, target) = (self.store, asker.target);
            let record = ctx.events.latest(Subject::Record(target));
            ctx.emit(EventKind::PdRequestFailed { store, target, error, attempt }, record);
            return self.ask_pd(asker, REQUEST_INTERVAL_MS, ctx);
        }
        if self.is_current(asker) {
            match answer {
                Ok(address) => {
                    self.resolver.store(asker.target, address.clone(), ctx.now);
                    self.on_resolved(asker.id(), address, false, ctx);
                }
                Err(error) => self.on_resolve_failed(asker.id(), error, ctx, out),
            }
        }
        self.work(ctx);
    }

    fn on_resolved(&mut self, id: ConnectionId, address: String, cached: bool, ctx: &mut Context) {
        self.metrics.resolves.success += 1;
        self.warned.remove(&id.target);
        let (store, target, cause) = (self.store, id.target, self.connections[&id].cause);
        ctx.emit(EventKind::Resolved { store, target, address: address.clone(), cached }, cause);
        self.connect(id, address, ctx);
    }

    fn on_resolve_failed(
        &mut self,
        id: ConnectionId,
        error: GetStoreError,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let (store, target) = (self.store, id.target);
        self.metrics.count_failed(error, ctx.knobs.tombstone);
        let verdict = self.verdict(target, error, ctx);
        let connection = self.connection(id);
        connection.failures += 1;
        connection.last_error = Some(error);
        let (attempt, because) = (connection.failures, connection.cause);
        let record = ctx.events.latest(Subject::Record(target));
        let causes: Vec<EventId> = record.into_iter().chain(because).collect();
        self.drop_queue(id, FailureType::Resolve, out);
        ctx.trace.number(store.0 << 32 ^ target.0 << 8 ^ verdict as u64);
        let conn = id.conn;
        let kind = EventKind::ResolveFailed { store, target, conn, error, verdict, attempt };
        let cause = ctx.emit(kind, causes);
        if verdict == ResolveVerdict::Blacklisted {
            self.connections.remove(&id);
            self.blacklist.insert(target);
            return;
        }
        if error == GetStoreError::NotFound && ctx.knobs.not_found == NotFound::Refresh {
            out.push(Signal::StoreUnknown { target, cause });
        }
        self.next_pass(id, ctx);
    }

    /// Fails every message that waits. TiKV: `raft_client.rs:clear_pending_message`.
    fn drop_queue(&mut self, id: ConnectionId, why: FailureType, out: &mut Vec<Signal>) {
        let dropped = std::mem::take(&mut self.connection(id).queue);
        let snapshots =
            dropped.iter().filter(|e| matches!(e.body, Body::Snapshot(..))).count() as u64;
        self.metrics.count(why, id.target, dropped.len() as u64);
        self.metrics.count(FailureType::Snapshot, id.target, snapshots);
        out.extend(dropped.iter().map(|envelope| undelivered(envelope)));
    }

    /// What this release makes of PD's answer. TiKV: `resolve.rs`, and domain knowledge of the
    /// pull requests that the knobs' variants name.
    fn verdict(&mut self, target: StoreId, error: GetStoreError, ctx: &Context) -> ResolveVerdict {
        match error {
            GetStoreError::Tombstone => match ctx.knobs.tombstone {
                TombstoneAnswer::Retry => ResolveVerdict::RetryLoud,
                TombstoneAnswer::RemovedText | TombstoneAnswer::Typed => {
                    ResolveVerdict::Blacklisted
                }
            },
            GetStoreError::NotFound => match ctx.knobs.not_found {
                NotFound::Retry => ResolveVerdict::RetryLoud,
                NotFound::Blacklist => ResolveVerdict::Blacklisted,
                NotFound::RetryAndWarn | NotFound::Refresh => self.warn(target, ctx.now),
            },
            GetStoreError::Unreachable => ResolveVerdict::RetryLoud,
        }
    }

    /// A warning a minute and store, whichever connection failed.
    fn warn(&mut self, target: StoreId, now: Millis) -> ResolveVerdict {
        match self.warned.get(&target) {
            Some(warned) if now.since(*warned) < WARN_INTERVAL => ResolveVerdict::RetryQuiet,
            Some(_) | None => {
                self.warned.insert(target, now);
                ResolveVerdict::RetryWarned
            }
        }
    }

    /// PD's whole list of stores has arrived: every address in it is as good as a fresh answer.
    pub(crate) fn on_store_list(&mut self, stores: Vec<(StoreId, String)>, now: Millis) {
        for (store, address) in stores {
            self.resolver.store(store, address, now);
        }
    }

    /// Nobody here has anything to say to `target` any more: its tasks end.
    pub(crate) fn forget(&mut self, target: StoreId, out: &mut Vec<Signal>) {
        let ids: Vec<ConnectionId> =
            self.connections.keys().copied().filter(|id| id.target == target).collect();
        for id in ids {
            self.drop_queue(id, FailureType::Resolve, out);
            self.connections.remove(&id);
        }
        self.warned.remove(&target);
    }

    fn connect(&mut self, id: ConnectionId, address: String, ctx: &mut Context) {
        let connection = self.connection(id);
        connection.failures = 0;
        connection.last_error = None;
        let until = ctx.now.after(CONNECT_TIMEOUT_MS);
        connection.phase = Phase::Connecting { address, until };
        let round_trip = 2 * ctx.network.latency(self.store, id.target);
        self.arm(id, round_trip, ctx);
    }

    /// A backoff has ended, or a connect is to be looked at.
    pub(crate) fn on_due(
        &mut self,
        timer: ConnectionTimer,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        if !self.is_current(timer) {
            return;
        }
        let id = timer.id();
        match self.connections[&id].phase.clone() {
            Phase::BackingOff { .. } => self.resolve(id, ctx),
            Phase::Connecting { address, .. } if ctx.answers(self.store, &address) => {
                self.on_connected(id, address, ctx, out);
            }
            Phase::Connecting { address, until } if until <= ctx.now => {
                self.on_timed_out(id, address, ctx, out);
            }
            Phase::Connecting { until, .. } => {
                let wait = until.since(ctx.now).min(CONNECT_POLL);
                self.arm(id, wait, ctx);
            }
            Phase::Resolving | Phase::Established { .. } => {}
        }
    }

    fn on_connected(
        &mut self,
        id: ConnectionId,
        address: String,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let (store, target) = (self.store, id.target);
        let connection = self.connection(id);
        connection.phase = Phase::Established { address: address.clone() };
        connection.serial = ctx.agenda.serial();
        let cause = connection.cause;
        for envelope in connection.queue.drain(..) {
            transmit(store, envelope, ctx, out);
        }
        ctx.emit(EventKind::Connected { store, target, address }, cause);
    }

    fn on_timed_out(
        &mut self,
        id: ConnectionId,
        address: String,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let (store, target) = (self.store, id.target);
        self.drop_queue(id, FailureType::Unreachable, out);
        let process = ctx.events.latest(Subject::Process(target));
        let causes: Vec<EventId> = process.into_iter().chain(self.connections[&id].cause).collect();
        let cause = ctx.emit(EventKind::ConnectTimedOut { store, target, address }, causes);
        out.push(Signal::StoreUnreachable { target, cause });
        self.next_pass(id, ctx);
    }

    /// The connection of `timer` turns out to be broken.
    pub(crate) fn on_lost(
        &mut self,
        timer: ConnectionTimer,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        if !self.is_current(timer) {
            return;
        }
        let (store, target) = (self.store, timer.target);
        let Phase::Established { address } = self.connections[&timer.id()].phase.clone() else {
            return;
        };
        self.metrics.count(FailureType::Unreachable, target, 1);
        let process = ctx.events.latest(Subject::Process(target));
        let cause = ctx.emit(EventKind::ConnectionAborted { store, target, address }, process);
        out.push(Signal::StoreUnreachable { target, cause });
        self.next_pass(timer.id(), ctx);
    }

    /// The snapshot worker could not deliver a snapshot.
    pub(crate) fn on_snapshot_failed(&mut self, target: StoreId) {
        self.metrics.count(FailureType::Snapshot, target, 1);
    }

    /// Names the established connections to `target`, so that their end can be put on the agenda.
    pub(crate) fn established(&self, target: StoreId) -> Vec<ConnectionTimer> {
        let is_up = |connection: &Connection| matches!(connection.phase, Phase::Established { .. });
        let up = self.connections.iter().filter(|(id, c)| id.target == target && is_up(c));
        up.map(|(id, connection)| self.timer(*id, connection.serial)).collect()
    }

    fn is_current(&self, timer: ConnectionTimer) -> bool {
        self.connections.get(&timer.id()).is_some_and(|c| c.serial == timer.serial)
    }

    fn timer(&self, id: ConnectionId, serial: u64) -> ConnectionTimer {
        ConnectionTimer { store: self.store, target: id.target, conn: id.conn, serial }
    }

    fn arm(&mut self, id: ConnectionId, ms: u64, ctx: &mut Context) {
        let serial = ctx.agenda.serial();
        self.connection(id).serial = serial;
        ctx.schedule(ms, Item::ConnectionDue(self.timer(id, serial)));
    }
}

fn undelivered(envelope: &Envelope) -> Signal {
    let snapshot = matches!(envelope.body, Body::Snapshot(..));
    Signal::Undelivered { region: envelope.region, to: envelope.to.id, snapshot }
}

/// Hands a message to the network. A snapshot goes beside the stream and takes its time; all else
/// keeps its order.
fn transmit(store: StoreId, mut envelope: Box<Envelope>, ctx: &mut Context, out: &mut Vec<Signal>) {
    let target = envelope.to.store;
    if !ctx.network.is_open(store, target) {
        return;
    }
    let fate = ctx.network.fate(&envelope, &mut ctx.prng);
    if fate.is_dropped {
        return out.push(undelivered(&envelope));
    }
    let life = ctx.network.life(store);
    if ctx.network.is_delayed(store, target) {
        envelope.held_in_life = Some(life);
    }
    let at = match &envelope.body {
        Body::Snapshot(_, _, size_mib) => {
            let latency = ctx.network.latency(store, target);
            let at = ctx.now.after(latency + size_mib * SNAPSHOT_MS_PER_MIB);
            let life = Life { store, life };
            let (region, to) = (envelope.region, envelope.to);
            ctx.agenda.push(at.after(latency), Item::SnapshotSent { life, region, to });
            at
        }
        Body::Raft(_)
        | Body::HibernateRequest
        | Body::HibernateResponse
        | Body::WantRollback(_)
        | Body::MergedInto(_)
        | Body::CheckStalePeer
        | Body::Gc => ctx.network.arrival(store, target, ctx.now),
    };
    let at = at.after(fate.falls_behind);
    if fate.is_doubled {
        ctx.agenda.push(at, Item::Raft(envelope.clone()));
    }
    ctx.agenda.push(at, Item::Raft(envelope));
}
