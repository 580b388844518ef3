//! Each store's raft client: a queue and a connection task for every store it talks to, the
//! address resolver, and the black-list. TiKV: `src/server/raft_client.rs`.
//!
//! One task runs for each target: back off, resolve, connect, stream until the stream breaks, from
//! the start. A healthy stream never resolves again, so news about a store is noticed only after a
//! disconnect. Messages are accepted before there is a connection; what is queued when a resolve
//! or a connect fails is dropped and reported to the peers as unreachable.

mod resolver;

use std::collections::{BTreeMap, BTreeSet};

pub use resolver::{Entry, REFRESH_MS, Resolution, ResolverCache};

use crate::agenda::{ConnectionTimer, Item, Life};
use crate::context::Context;
use crate::event::{EventKind, ResolveVerdict, Subject};
use crate::ids::{EventId, MINUTE, Millis, PeerId, RegionId, SECOND, StoreId};
use crate::message::GetStoreError;
use crate::network::{Body, Envelope, SNAPSHOT_MS_PER_MIB};
use crate::release::NotFound;

/// Sleep between two tries of a connection task. TiKV: `raft-client-max-backoff` (since 6.4).
pub const BACKOFF_MS: u64 = 5 * SECOND;
/// How long a connect may take. TiKV: `wait_for_connected`.
pub const CONNECT_TIMEOUT_MS: u64 = 5 * SECOND;
/// How long the resolver waits for a PD that cannot be reached. TiKV: ten tries (pd_client's
/// `LEADER_CHANGE_RETRY`) of two seconds each (`REQUEST_TIMEOUT`).
pub const PD_PATIENCE_MS: u64 = 20 * SECOND;
/// At most one warning about an unknown store in this time. TiKV: tikv#19993.
const WARN_INTERVAL: u64 = MINUTE;
/// How often a connect looks whether anybody listens.
const CONNECT_POLL: u64 = SECOND;
/// Messages a queue holds. TiKV: `raft-client-queue-size`.
const QUEUE_CAPACITY: usize = 16_384;

/// The raft client of one store. Its memory ends with the process.
#[derive(Debug)]
pub struct RaftClient {
    store: StoreId,
    connections: BTreeMap<StoreId, Connection>,
    /// TiKV's `tombstone_stores`: only grows.
    blacklist: BTreeSet<StoreId>,
    /// TiKV's `not_found_stores`: when a warning was last logged.
    warned: BTreeMap<StoreId, Millis>,
    resolver: ResolverCache,
    failed_resolves: u64,
}

/// One connection task and its queue.
#[derive(Debug)]
pub struct Connection {
    /// Where the task is in its loop.
    pub phase: Phase,
    /// Failed resolves in a row.
    pub failures: u64,
    /// PD's last answer, if it gave no address.
    pub last_error: Option<GetStoreError>,
    #[expect(clippy::vec_box, reason = "a message is large and moves through several hands")]
    queue: Vec<Box<Envelope>>,
    last_wake: Option<Millis>,
    serial: u64,
    /// What made the store talk to this one.
    cause: Option<EventId>,
}

/// Where a connection task is in its loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for PD's answer.
    Resolving,
    /// Asleep until the next try.
    BackingOff {
        /// When it ends.
        until: Millis,
    },
    /// Waiting for somebody to answer at the address.
    Connecting {
        /// Where.
        address: String,
        /// When it gives up.
        until: Millis,
    },
    /// Messages flow.
    Established {
        /// Where to.
        address: String,
    },
}

/// What the client tells its store, which tells the peers.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A message was dropped. Raft-rs: `report_unreachable`, and `report_snapshot` for a snapshot.
    Undelivered { region: RegionId, to: PeerId, snapshot: bool },
    /// Nobody answers there. TiKV: `StoreMsg::StoreUnreachable`.
    StoreUnreachable { target: StoreId, cause: EventId },
}

impl Connection {
    /// How many messages wait for the connection.
    pub fn queued(&self) -> usize {
        self.queue.len()
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
            resolver: ResolverCache::default(),
            failed_resolves: 0,
        }
    }

    /// Every connection task, by ascending id of the store it talks to.
    pub fn connections(&self) -> impl Iterator<Item = (StoreId, &Connection)> {
        self.connections.iter().map(|(target, connection)| (*target, connection))
    }

    /// The stores it will not dial again before a restart.
    pub fn blacklist(&self) -> impl Iterator<Item = StoreId> + '_ {
        self.blacklist.iter().copied()
    }

    /// The address cache.
    pub fn resolver(&self) -> &ResolverCache {
        &self.resolver
    }

    /// Resolves since the process started that gave no address.
    pub fn failed_resolves(&self) -> u64 {
        self.failed_resolves
    }

    /// Sends a message, or queues it, or drops it with a signal.
    pub(crate) fn send(
        &mut self,
        envelope: Box<Envelope>,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let target = envelope.to.store;
        if self.blacklist.contains(&target) {
            out.push(undelivered(&envelope));
            return;
        }
        match self.connections.get_mut(&target) {
            Some(Connection { phase: Phase::Established { .. }, .. }) => {
                transmit(self.store, envelope, ctx, out);
            }
            Some(connection) if QUEUE_CAPACITY <= connection.queue.len() => {
                out.push(undelivered(&envelope));
            }
            Some(connection) => connection.queue.push(envelope),
            None => {
                let connection = Connection {
                    phase: Phase::Resolving,
                    failures: 0,
                    last_error: None,
                    cause: envelope.cause,
                    queue: vec![envelope],
                    last_wake: None,
                    serial: 0,
                };
                self.connections.insert(target, connection);
                self.next_pass(target, ctx);
            }
        }
    }

    /// The top of the loop: sleep if the last try was short, then resolve.
    fn next_pass(&mut self, target: StoreId, ctx: &mut Context) {
        let connection = self.connections.get_mut(&target).expect("the task of a live connection");
        match connection.last_wake {
            Some(wake) if ctx.now.since(wake) <= BACKOFF_MS => {
                let until = ctx.now.after(BACKOFF_MS);
                connection.phase = Phase::BackingOff { until };
                self.arm(target, BACKOFF_MS, ctx);
            }
            Some(_) | None => self.resolve(target, ctx),
        }
    }

    fn resolve(&mut self, target: StoreId, ctx: &mut Context) {
        let connection = self.connections.get_mut(&target).expect("the task of a live connection");
        connection.last_wake = Some(ctx.now);
        if let Resolution::Fresh(address) = self.resolver.resolve(target, ctx.now) {
            let address = address.to_string();
            return self.connect(target, address, ctx);
        }
        connection.phase = Phase::Resolving;
        connection.serial = ctx.agenda.serial();
        let timer = ConnectionTimer { store: self.store, target, serial: connection.serial };
        match ctx.network.latency_to_pd(self.store).zip(ctx.network.latency_from_pd(self.store)) {
            Some((there, back)) => {
                let asked_at = self.resolver.ask(ctx.now, there + back);
                ctx.agenda.push(asked_at.after(there), Item::GetStore { timer, asked_at });
            }
            None => {
                let given_up = self.resolver.ask(ctx.now, PD_PATIENCE_MS).after(PD_PATIENCE_MS);
                let answer = Box::new(Err(GetStoreError::Unreachable));
                ctx.agenda.push(given_up, Item::StoreAnswer(timer, answer));
            }
        }
    }

    /// PD's answer has arrived.
    pub(crate) fn on_answer(
        &mut self,
        timer: ConnectionTimer,
        answer: Result<String, GetStoreError>,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let target = timer.target;
        if !self.is_current(timer) {
            return;
        }
        match answer {
            Ok(address) => {
                self.resolver.store(target, address.clone(), ctx.now);
                self.warned.remove(&target);
                let (store, cause) = (self.store, self.connections[&target].cause);
                let kind = EventKind::Resolved { store, target, address: address.clone() };
                ctx.emit(kind, cause);
                self.connect(target, address, ctx);
            }
            Err(error) => self.on_resolve_failed(target, error, ctx, out),
        }
    }

    fn on_resolve_failed(
        &mut self,
        target: StoreId,
        error: GetStoreError,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        self.failed_resolves += 1;
        let verdict = self.verdict(target, error, ctx);
        let connection = self.connections.get_mut(&target).expect("the task of a live connection");
        connection.failures += 1;
        connection.last_error = Some(error);
        let attempt = connection.failures;
        let record = ctx.events.latest(Subject::Record(target));
        let causes: Vec<EventId> = record.into_iter().chain(connection.cause).collect();
        out.extend(connection.queue.drain(..).map(|envelope| undelivered(&envelope)));
        let store = self.store;
        ctx.trace.number(store.0 << 32 ^ target.0 << 8 ^ verdict as u64);
        let kind = EventKind::ResolveFailed { store, target, error, verdict, attempt };
        ctx.emit(kind, causes);
        if verdict == ResolveVerdict::Blacklisted {
            self.connections.remove(&target);
            self.blacklist.insert(target);
        } else {
            self.next_pass(target, ctx);
        }
    }

    /// What this release makes of PD's answer. TiKV: `resolve.rs`, and domain knowledge of the
    /// pull requests that the knob's variants name.
    fn verdict(&mut self, target: StoreId, error: GetStoreError, ctx: &Context) -> ResolveVerdict {
        match (error, ctx.knobs.not_found) {
            (GetStoreError::Tombstone, _) | (GetStoreError::NotFound, NotFound::Blacklist) => {
                ResolveVerdict::Blacklisted
            }
            (GetStoreError::NotFound, NotFound::RetryAndWarn) => match self.warned.get(&target) {
                Some(warned) if ctx.now.since(*warned) < WARN_INTERVAL => {
                    ResolveVerdict::RetryQuiet
                }
                Some(_) | None => {
                    self.warned.insert(target, ctx.now);
                    ResolveVerdict::RetryWarned
                }
            },
            (GetStoreError::NotFound, NotFound::Retry | NotFound::Refresh)
            | (GetStoreError::Unreachable, _) => ResolveVerdict::RetryLoud,
        }
    }

    fn connect(&mut self, target: StoreId, address: String, ctx: &mut Context) {
        let connection = self.connections.get_mut(&target).expect("the task of a live connection");
        connection.failures = 0;
        connection.last_error = None;
        let until = ctx.now.after(CONNECT_TIMEOUT_MS);
        connection.phase = Phase::Connecting { address, until };
        let round_trip = 2 * ctx.network.latency(self.store, target);
        self.arm(target, round_trip, ctx);
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
        let target = timer.target;
        match self.connections[&target].phase.clone() {
            Phase::BackingOff { .. } => self.resolve(target, ctx),
            Phase::Connecting { address, .. } if ctx.answers(self.store, &address) => {
                self.on_connected(target, address, ctx, out);
            }
            Phase::Connecting { address, until } if until <= ctx.now => {
                self.on_timed_out(target, address, ctx, out);
            }
            Phase::Connecting { until, .. } => {
                let wait = until.since(ctx.now).min(CONNECT_POLL);
                self.arm(target, wait, ctx);
            }
            Phase::Resolving | Phase::Established { .. } => {}
        }
    }

    fn on_connected(
        &mut self,
        target: StoreId,
        address: String,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let store = self.store;
        let connection = self.connections.get_mut(&target).expect("the task of a live connection");
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
        target: StoreId,
        address: String,
        ctx: &mut Context,
        out: &mut Vec<Signal>,
    ) {
        let store = self.store;
        let connection = self.connections.get_mut(&target).expect("the task of a live connection");
        out.extend(connection.queue.drain(..).map(|envelope| undelivered(&envelope)));
        let process = ctx.events.latest(Subject::Process(target));
        let causes: Vec<EventId> = process.into_iter().chain(connection.cause).collect();
        let cause = ctx.emit(EventKind::ConnectTimedOut { store, target, address }, causes);
        out.push(Signal::StoreUnreachable { target, cause });
        self.next_pass(target, ctx);
    }

    /// The connection to `target` turns out to be broken.
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
        let Phase::Established { address } = self.connections[&target].phase.clone() else {
            return;
        };
        let process = ctx.events.latest(Subject::Process(target));
        let cause = ctx.emit(EventKind::ConnectionAborted { store, target, address }, process);
        out.push(Signal::StoreUnreachable { target, cause });
        self.next_pass(target, ctx);
    }

    /// Names the established connection to `target`, so that its end can be put on the agenda.
    pub(crate) fn established(&self, target: StoreId) -> Option<ConnectionTimer> {
        let connection = self.connections.get(&target)?;
        let timer = ConnectionTimer { store: self.store, target, serial: connection.serial };
        matches!(connection.phase, Phase::Established { .. }).then_some(timer)
    }

    fn is_current(&self, timer: ConnectionTimer) -> bool {
        self.connections.get(&timer.target).is_some_and(|c| c.serial == timer.serial)
    }

    fn arm(&mut self, target: StoreId, ms: u64, ctx: &mut Context) {
        let connection = self.connections.get_mut(&target).expect("the task of a live connection");
        connection.serial = ctx.agenda.serial();
        let timer = ConnectionTimer { store: self.store, target, serial: connection.serial };
        ctx.schedule(ms, Item::ConnectionDue(timer));
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
