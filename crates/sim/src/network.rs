//! The network between stores: latency by zone, and the faults people put into it.
//!
//! A link is the way from one store to another. Messages on a link arrive in the order in which
//! they were sent, as on a gRPC stream; snapshots travel beside it, on a connection of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use raft::eraftpb;

use crate::fault::{Fault, Links, MessageKind, Mishap, Mishaps, Node};
use crate::ids::{EventId, Millis, RegionId, StoreId};
use crate::prng::Prng;
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
/// How much later than it should a message arrives at most that others overtake.
const REORDER_MS: u64 = 1_000;

/// A message from a peer to a peer. kvproto: `raft_serverpb.RaftMessage`.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) region: RegionId,
    pub(crate) from: Peer,
    pub(crate) to: Peer,
    /// The sender's epoch.
    pub(crate) epoch: RegionEpoch,
    /// The sender's region, in a message that may create the receiver: a store that has another
    /// region's peer in its range does not. kvproto: `RaftMessage.start_key`, `end_key`.
    pub(crate) range: Option<Arc<Region>>,
    pub(crate) body: Body,
    /// The event that made the sender what it is, for what the message brings about.
    pub(crate) cause: Option<EventId>,
    /// The life of the sending process, if the message was held back at the sender.
    pub(crate) held_in_life: Option<u64>,
}

/// What a message says.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// A message of raft-rs.
    Raft(eraftpb::Message),
    /// A snapshot, with the region it stands for and its size in MiB.
    Snapshot(eraftpb::Message, Arc<Region>, u64),
    /// The leader asks whether it may sleep. kvproto: `MsgHibernateRequest`.
    HibernateRequest,
    /// The follower agrees. kvproto: `MsgHibernateResponse`.
    HibernateResponse,
    /// A source's peer wants the merge rolled back that was prepared at this index.
    /// kvproto: `MsgWantRollbackMerge`.
    WantRollback(u64),
    /// The receiver's region was merged into this one, as that was then.
    /// kvproto: `RaftMessage.merge_target`.
    MergedInto(Arc<Region>),
    /// A peer without a leader asks whether it is still a member. kvproto: `MsgCheckStalePeer`.
    CheckStalePeer,
    /// The receiver is no longer a member: its epoch is older than this one.
    /// kvproto: `RaftMessage.is_tombstone`.
    Gc,
}

impl Body {
    /// The protocol's name for it. `Gc` and `MergedInto` have none: they are
    /// marks that any message may bear.
    pub(crate) fn kind(&self) -> Option<MessageKind> {
        use eraftpb::MessageType as M;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "raft-rs's enum, of which the rest never leaves its node"
        )]
        match self {
            Body::Raft(message) => Some(match message.get_msg_type() {
                M::MsgAppend => MessageKind::MsgAppend,
                M::MsgAppendResponse => MessageKind::MsgAppendResponse,
                M::MsgRequestVote => MessageKind::MsgRequestVote,
                M::MsgRequestVoteResponse => MessageKind::MsgRequestVoteResponse,
                M::MsgRequestPreVote => MessageKind::MsgRequestPreVote,
                M::MsgRequestPreVoteResponse => MessageKind::MsgRequestPreVoteResponse,
                M::MsgHeartbeat => MessageKind::MsgHeartbeat,
                M::MsgHeartbeatResponse => MessageKind::MsgHeartbeatResponse,
                M::MsgTimeoutNow => MessageKind::MsgTimeoutNow,
                _ => return None,
            }),
            Body::Snapshot(..) => Some(MessageKind::MsgSnapshot),
            Body::HibernateRequest => Some(MessageKind::MsgHibernateRequest),
            Body::HibernateResponse => Some(MessageKind::MsgHibernateResponse),
            Body::CheckStalePeer => Some(MessageKind::MsgCheckStalePeer),
            Body::WantRollback(_) => Some(MessageKind::MsgWantRollbackMerge),
            Body::Gc | Body::MergedInto(_) => None,
        }
    }
}

/// What becomes of a message that is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) is_dropped: bool,
    pub(crate) is_doubled: bool,
    /// Milliseconds by which it falls behind those sent after it.
    pub(crate) falls_behind: u64,
}

type Way = (Node, Node);

/// Which messages get through, and how long they take.
#[derive(Debug, Default)]
pub(crate) struct Network {
    zones: BTreeMap<StoreId, String>,
    cut: BTreeSet<Way>,
    delay: BTreeMap<Way, u64>,
    /// How many in a hundred messages a mishap befalls.
    mishaps: BTreeMap<Way, BTreeMap<Mishaps, u64>>,
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

    /// Whose process listens at this address.
    pub(crate) fn listener(&self, address: &str) -> Option<StoreId> {
        self.listening.get(address).map(|(store, _)| *store)
    }

    /// Whether messages from `from` reach `to`.
    pub(crate) fn is_open(&self, from: impl Into<Node>, to: impl Into<Node>) -> bool {
        self.cut.is_empty() || !self.cut.contains(&(from.into(), to.into()))
    }

    /// Whether a connection between the two can live: its acknowledgements must get through too.
    pub(crate) fn carries(&self, a: impl Into<Node>, b: impl Into<Node>) -> bool {
        let (a, b) = (a.into(), b.into());
        self.is_open(a, b) && self.is_open(b, a)
    }

    /// Whether somebody put a delay on the link.
    pub(crate) fn is_delayed(&self, from: StoreId, to: StoreId) -> bool {
        !self.delay.is_empty() && self.delay.contains_key(&(from.into(), to.into()))
    }

    /// Milliseconds from `from` to `to`, faults included.
    pub(crate) fn latency(&self, from: StoreId, to: StoreId) -> u64 {
        let same_zone = self.zones.get(&from) == self.zones.get(&to);
        let base = if same_zone { LATENCY_IN_ZONE } else { LATENCY_BETWEEN_ZONES };
        base + self.extra(from.into(), to.into())
    }

    /// Milliseconds from a store to PD, faults included; `None` where nothing arrives.
    pub(crate) fn latency_to_pd(&self, store: StoreId) -> Option<u64> {
        self.is_open(store, Node::Pd).then(|| LATENCY_TO_PD + self.extra(store.into(), Node::Pd))
    }

    /// Milliseconds from PD to a store, faults included; `None` where nothing arrives.
    pub(crate) fn latency_from_pd(&self, store: StoreId) -> Option<u64> {
        self.is_open(Node::Pd, store).then(|| LATENCY_TO_PD + self.extra(Node::Pd, store.into()))
    }

    fn extra(&self, from: Node, to: Node) -> u64 {
        self.delay.get(&(from, to)).copied().unwrap_or(0)
    }

    /// When a message sent now arrives: never before one sent earlier on the same link.
    pub(crate) fn arrival(&mut self, from: StoreId, to: StoreId, now: Millis) -> Millis {
        let earliest = now.after(self.latency(from, to));
        let last = self.last_arrival.entry((from, to)).or_default();
        *last = (*last).max(earliest);
        *last
    }

    /// What becomes of a message sent now. Chance is drawn only where a mishap may befall it.
    pub(crate) fn fate(&self, envelope: &Envelope, prng: &mut Prng) -> Fate {
        let mut fate = Fate::default();
        if self.mishaps.is_empty() {
            return fate;
        }
        let way = (envelope.from.store.into(), envelope.to.store.into());
        let kind = envelope.body.kind();
        for (mishaps, percent) in self.mishaps.get(&way).into_iter().flatten() {
            if !mishaps.befall(kind, envelope.region) || *percent <= prng.range(0, 100) {
                continue;
            }
            match mishaps.mishap {
                Mishap::Drop => fate.is_dropped = true,
                Mishap::Duplicate => fate.is_doubled = true,
                Mishap::Reorder => fate.falls_behind = prng.range(1, REORDER_MS + 1),
            }
        }
        fate
    }

    /// No message passes on these links any more.
    pub(crate) fn cut(&mut self, links: &Links) {
        self.cut.extend(links.ways());
    }

    /// Messages on these links take longer by `ms`; 0 takes the delay away.
    pub(crate) fn delay(&mut self, links: &Links, ms: u64) {
        for way in links.ways() {
            match ms {
                0 => self.delay.remove(&way),
                _ => self.delay.insert(way, ms),
            };
        }
    }

    /// So many in a hundred messages on these links have mishaps; 0 takes them away.
    pub(crate) fn set_mishaps(&mut self, links: &Links, mishaps: Mishaps, percent: u64) {
        for way in links.ways() {
            let on_way = self.mishaps.entry(way).or_default();
            match percent {
                0 => on_way.remove(&mishaps),
                _ => on_way.insert(mishaps, percent),
            };
        }
        self.mishaps.retain(|_, on_way| !on_way.is_empty());
    }

    /// Takes every fault away from these links, or from all.
    pub(crate) fn heal(&mut self, links: Option<&Links>) {
        let Some(links) = links else {
            self.cut.clear();
            self.delay.clear();
            self.mishaps.clear();
            return;
        };
        for way in links.ways() {
            self.cut.remove(&way);
            self.delay.remove(&way);
            self.mishaps.remove(&way);
        }
    }

    /// Every fault on a link, by kind and then by ascending nodes. Where both directions have the
    /// same it is one.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for way in &self.cut {
            faults.extend(once(*way, |back| self.cut.contains(&back)).map(Fault::Cut));
        }
        for (way, ms) in &self.delay {
            let links = once(*way, |back| self.delay.get(&back) == Some(ms));
            faults.extend(links.map(|links| Fault::Delay(links, *ms)));
        }
        for (way, on_way) in &self.mishaps {
            for (mishaps, percent) in on_way {
                let links = once(*way, |back| {
                    self.mishaps.get(&back).and_then(|on_way| on_way.get(mishaps)) == Some(percent)
                });
                faults.extend(links.map(|links| Fault::Mishaps(links, *mishaps, *percent)));
            }
        }
        faults
    }

    /// Every fault as numbers, for the fingerprint; nothing where there is none.
    pub(crate) fn digest(&self, fold: &mut impl FnMut(u64)) {
        let mut way = |(from, to): &Way, value| {
            [number(*from), number(*to), value].into_iter().for_each(&mut *fold);
        };
        self.cut.iter().for_each(|on| way(on, u64::MAX));
        self.delay.iter().for_each(|(on, ms)| way(on, *ms));
        for (on, mishaps) in &self.mishaps {
            for (mishaps, percent) in mishaps {
                let kind = mishaps.kind.map_or(0, |kind| kind as u64 + 1);
                way(on, 1 << 32 | (mishaps.mishap as u64) << 16 | kind << 8 | percent);
                way(on, 1 << 33 | mishaps.region.map_or(0, |region| region.0 + 1));
            }
        }
    }
}

fn number(node: Node) -> u64 {
    match node {
        Node::Store(store) => store.0,
        Node::Pd => u64::MAX,
    }
}

/// The links of one way, or of both where the way back has the same; then the higher way is no
/// line of its own.
fn once((from, to): Way, has_same: impl Fn(Way) -> bool) -> Option<Links> {
    let both_ways = has_same((to, from));
    (!both_ways || from < to).then(|| Links { from: vec![from], to: vec![to], both_ways })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_on_a_link_never_overtake_each_other() {
        let (a, b) = (StoreId(1), StoreId(2));
        let mut network = Network::default();
        network.delay(&Links::one_way(&[a], &[b]), 500);
        let slow = network.arrival(a, b, Millis(0));
        network.heal(None);
        assert_eq!(slow, Millis(501));
        assert_eq!(network.arrival(a, b, Millis(10)), slow);
        assert_eq!(network.arrival(b, a, Millis(10)), Millis(11));
    }

    #[test]
    fn a_cut_closes_the_directions_it_names_until_healed() {
        let (a, b) = (StoreId(1), StoreId(2));
        let mut network = Network::default();
        network.cut(&Links::one_way(&[a], &[b]));
        assert!(!network.is_open(a, b) && network.is_open(b, a) && !network.carries(b, a));
        network.cut(&Links::between(&[b], &[a]));
        assert!(!network.is_open(a, b) && !network.is_open(b, a));
        network.heal(Some(&Links::one_way(&[b], &[a])));
        assert!(!network.is_open(a, b) && network.is_open(b, a));
        network.heal(None);
        assert!(network.is_open(a, b));
    }

    #[test]
    fn faults_are_listed_as_commands_and_once_where_both_ways_have_them() {
        let (a, b, c) = (StoreId(1), StoreId(2), StoreId(3));
        let mut network = Network::default();
        network.cut(&Links::between(&[a], &[b, c]));
        network.delay(&Links::one_way(&[b], &[a]), 2_000);
        network.cut(&Links { from: vec![Node::Pd], to: vec![c.into()], both_ways: false });
        let (kind, region) = (Some(MessageKind::MsgAppend), Some(RegionId(7)));
        let some = Mishaps { mishap: Mishap::Drop, kind, region };
        network.set_mishaps(&Links::one_way(&[c], &[a]), some, 10);
        let all = Mishaps { mishap: Mishap::Duplicate, kind: None, region: None };
        network.set_mishaps(&Links::between(&[c], &[a]), all, 100);
        let listed: Vec<String> = network.faults().iter().map(Fault::to_string).collect();
        assert_eq!(
            listed,
            [
                "cut 1 <-> 2",
                "cut 1 <-> 3",
                "cut pd -> 3",
                "delay 2 -> 1 2000ms",
                "duplicate 100% 1 <-> 3",
                "drop 10% MsgAppend region 7 3 -> 1",
            ]
        );
        network.set_mishaps(&Links::between(&[c], &[a]), all, 0);
        network.heal(Some(&Links::between(&[a], &[b])));
        assert_eq!(network.faults().len(), 3);
    }

    #[test]
    fn a_mishap_befalls_its_own_messages_at_its_own_rate() {
        let peer = |store| Peer {
            id: crate::ids::PeerId(store),
            store: StoreId(store),
            role: crate::region::PeerRole::Voter,
        };
        let envelope = |region, body| Envelope {
            region: RegionId(region),
            from: peer(1),
            to: peer(2),
            epoch: RegionEpoch::default(),
            range: None,
            body,
            cause: None,
            held_in_life: None,
        };
        let mut network = Network::default();
        let kind = Some(MessageKind::MsgHibernateRequest);
        let mishaps = Mishaps { mishap: Mishap::Drop, kind, region: Some(RegionId(7)) };
        network.set_mishaps(&Links::one_way(&[StoreId(1)], &[StoreId(2)]), mishaps, 30);
        let mut prng = Prng::new(1);
        let mut dropped = |region, body: Body| {
            let envelope = envelope(region, body);
            (0..1_000).filter(|_| network.fate(&envelope, &mut prng).is_dropped).count()
        };
        assert!((250..350).contains(&dropped(7, Body::HibernateRequest)));
        assert_eq!(dropped(8, Body::HibernateRequest), 0);
        assert_eq!(dropped(7, Body::HibernateResponse), 0);
    }
}
