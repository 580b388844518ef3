//! The network between stores: latency by zone, and the faults people put into it.
//!
//! A link is the way from one store to another. Messages on a link arrive in the order in which
//! they were sent, as on a gRPC stream; snapshots travel beside it, on a connection of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use raft::eraftpb;

use crate::ids::{EventId, Millis, RegionId, StoreId};
use crate::region::{Peer, Region, RegionEpoch};

/// One way within a zone, in milliseconds.
pub(crate) const LATENCY_IN_ZONE: u64 = 1;
/// One way between zones, in milliseconds.
pub(crate) const LATENCY_BETWEEN_ZONES: u64 = 3;
/// One way between a store and PD, in milliseconds.
pub(crate) const LATENCY_TO_PD: u64 = 1;
/// Milliseconds a snapshot takes for each MiB. TiKV: `snap-io-max-bytes-per-sec` is 100 MB.
pub(crate) const SNAPSHOT_MS_PER_MIB: u64 = 10;
/// How long a connection over a dead link lives: TiKV's `grpc-keepalive-time` of 10 s and
/// `grpc-keepalive-timeout` of 3 s.
pub(crate) const KEEPALIVE: u64 = 13_000;

/// A message from a peer to a peer. kvproto: `raft_serverpb.RaftMessage`.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) region: RegionId,
    pub(crate) from: Peer,
    pub(crate) to: Peer,
    /// The sender's epoch.
    pub(crate) epoch: RegionEpoch,
    pub(crate) body: Body,
    /// The event that made the sender what it is, for what the message brings about.
    pub(crate) cause: Option<EventId>,
    /// The life of the sending process, if the message was held back at the sender.
    pub(crate) held_in_life: Option<u64>,
}

/// What a message says.
#[derive(Debug)]
pub(crate) enum Body {
    /// A message of raft-rs.
    Raft(eraftpb::Message),
    /// A snapshot, with the region it stands for and its size in MiB.
    Snapshot(eraftpb::Message, Arc<Region>, u64),
    /// The leader asks whether it may sleep. kvproto: `MsgHibernateRequest`.
    HibernateRequest,
    /// The follower agrees. kvproto: `MsgHibernateResponse`.
    HibernateResponse,
    /// A peer without a leader asks whether it is still a member. kvproto: `MsgCheckStalePeer`.
    CheckStalePeer,
    /// The receiver is no longer a member: its epoch is older than this one.
    /// kvproto: `RaftMessage.is_tombstone`.
    Gc,
}

/// Which messages get through, and how long they take.
#[derive(Debug, Default)]
pub(crate) struct Network {
    zones: BTreeMap<StoreId, String>,
    cut: BTreeSet<(StoreId, StoreId)>,
    delay: BTreeMap<(StoreId, StoreId), u64>,
    last_arrival: BTreeMap<(StoreId, StoreId), Millis>,
    /// Who listens at an address, and in which life of its process.
    listening: BTreeMap<String, (StoreId, u64)>,
    lives: BTreeMap<StoreId, u64>,
}

impl Network {
    /// Tells where a store stands.
    pub(crate) fn place(&mut self, store: StoreId, zone: &str) {
        self.zones.insert(store, zone.to_string());
    }

    /// A process starts to listen at an address. Returns the number of this life.
    pub(crate) fn listen(&mut self, store: StoreId, address: &str) -> u64 {
        let life = self.lives.entry(store).or_default();
        *life += 1;
        self.listening.insert(address.to_string(), (store, *life));
        *life
    }

    /// A process has ended.
    pub(crate) fn hang_up(&mut self, store: StoreId) {
        self.listening.retain(|_, (listener, _)| *listener != store);
    }

    /// The number of the store's latest life, running or not.
    pub(crate) fn life(&self, store: StoreId) -> u64 {
        self.lives.get(&store).copied().unwrap_or(0)
    }

    /// Whether the store's process runs.
    pub(crate) fn is_running(&self, store: StoreId) -> bool {
        self.listening.values().any(|(listener, _)| *listener == store)
    }

    /// Whether somebody answers a connect from `from` at this address.
    pub(crate) fn answers(&self, from: StoreId, address: &str) -> bool {
        let listener = self.listening.get(address);
        listener.is_some_and(|(to, _)| self.is_open(from, *to) && self.is_open(*to, from))
    }

    /// Whether messages from `from` reach `to`.
    pub(crate) fn is_open(&self, from: StoreId, to: StoreId) -> bool {
        self.cut.is_empty() || !self.cut.contains(&(from, to))
    }

    /// Whether somebody put a delay on the link.
    pub(crate) fn is_delayed(&self, from: StoreId, to: StoreId) -> bool {
        !self.delay.is_empty() && self.delay.contains_key(&(from, to))
    }

    /// Milliseconds from `from` to `to`, faults included.
    pub(crate) fn latency(&self, from: StoreId, to: StoreId) -> u64 {
        let same_zone = self.zones.get(&from) == self.zones.get(&to);
        let base = if same_zone { LATENCY_IN_ZONE } else { LATENCY_BETWEEN_ZONES };
        base + self.delay.get(&(from, to)).copied().unwrap_or(0)
    }

    /// When a message sent now arrives: never before one sent earlier on the same link.
    pub(crate) fn arrival(&mut self, from: StoreId, to: StoreId, now: Millis) -> Millis {
        let earliest = now.after(self.latency(from, to));
        let last = self.last_arrival.entry((from, to)).or_default();
        *last = (*last).max(earliest);
        *last
    }

    /// No message passes between the groups any more.
    pub(crate) fn cut(&mut self, a: &[StoreId], b: &[StoreId]) {
        for (&from, &to) in a.iter().flat_map(|from| b.iter().map(move |to| (from, to))) {
            self.cut.insert((from, to));
            self.cut.insert((to, from));
        }
    }

    /// Messages from one group to the other take longer by `ms`; 0 takes the delay away.
    pub(crate) fn delay(&mut self, from: &[StoreId], to: &[StoreId], ms: u64) {
        for link in from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))) {
            match ms {
                0 => self.delay.remove(&link),
                _ => self.delay.insert(link, ms),
            };
        }
    }

    /// Takes every fault away.
    pub(crate) fn heal(&mut self) {
        self.cut.clear();
        self.delay.clear();
    }

    /// Every pair of stores that a cut or delay is on, in order.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (StoreId, StoreId, Option<u64>)> {
        let cut = self.cut.iter().map(|&(from, to)| (from, to, None));
        cut.chain(self.delay.iter().map(|(&(from, to), &ms)| (from, to, Some(ms))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_on_a_link_never_overtake_each_other() {
        let (a, b) = (StoreId(1), StoreId(2));
        let mut network = Network::default();
        network.delay(&[a], &[b], 500);
        let slow = network.arrival(a, b, Millis(0));
        network.heal();
        assert_eq!(slow, Millis(501));
        assert_eq!(network.arrival(a, b, Millis(10)), slow);
        assert_eq!(network.arrival(b, a, Millis(10)), Millis(11));
    }

    #[test]
    fn a_cut_closes_both_directions_until_healed() {
        let (a, b) = (StoreId(1), StoreId(2));
        let mut network = Network::default();
        network.cut(&[a], &[b]);
        assert!(!network.is_open(a, b) && !network.is_open(b, a));
        network.heal();
        assert!(network.is_open(a, b));
    }
}
