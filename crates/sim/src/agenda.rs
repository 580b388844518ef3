//! What is going to happen, in order of time. Things due at the same moment happen in the order in
//! which they were put down.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clients::Ask;
use crate::ids::{EventId, Millis, RegionId, StoreId, TableId};
use crate::message::{
    AskSplit, GetStoreError, MemberQuestion, RegionHeartbeat, Schedule, SplitId, StoreHeartbeat,
    StoreHeartbeatResponse,
};
use crate::network::Envelope;
use crate::order;
use crate::raft_client::ConnectionId;
use crate::raftstore::Outbox;
use crate::region::{Key, Peer};

/// One thing that is going to happen.
#[derive(Debug)]
pub(crate) enum Item {
    /// A message from another store arrives.
    Raft(Box<Envelope>),
    /// A peer's raft-base-tick.
    PeerTick(Timer),
    /// A peer's pd-heartbeat-tick.
    PdHeartbeatTick(Timer),
    /// A peer's peer-stale-state-check.
    StaleTick(Timer),
    /// A source's merge check.
    MergeCheck(Timer),
    /// A store's pd-store-heartbeat-tick.
    StoreTick(Life),
    /// A connection's task goes on: after a backoff, a connect, or a timeout.
    ConnectionDue(ConnectionTimer),
    /// An established connection turns out to be broken.
    ConnectionLost(ConnectionTimer),
    /// A connection over a cut link has been silent for too long.
    KeepaliveExpired(ConnectionTimer),
    /// A resolver's question arrives at PD.
    GetStore { timer: ConnectionTimer, asked_at: Millis },
    /// PD's answer arrives at the resolver.
    StoreAnswer(ConnectionTimer, Box<Result<String, GetStoreError>>),
    /// A peer's writes have reached its slow disk: what it says after them leaves.
    Written(Timer, Box<Outbox>),
    /// A peer on a slow disk is done with applying.
    ApplyDue(Timer),
    /// A store's question for all stores arrives at PD.
    AskStores(Life),
    /// PD's answer: each store that is not a Tombstone, and its address.
    StoreList(Life, Box<[(StoreId, String)]>),
    /// A leader's question whether a member's store is gone arrives at PD.
    AskMember(Box<MemberQuestion>),
    /// The snapshot worker is done with sending.
    SnapshotSent { life: Life, region: RegionId, to: Peer },
    /// A store heartbeat arrives at PD.
    StoreHeartbeat(Box<StoreHeartbeat>, Life),
    /// PD's answer to it arrives.
    StoreResponse(Box<StoreHeartbeatResponse>, Life),
    /// A region heartbeat arrives at PD.
    RegionHeartbeat(Box<RegionHeartbeat>),
    /// A leader's question for the ids of a split arrives at PD.
    AskSplit(Box<AskSplit>, Life),
    /// PD's answer arrives at the leader's store; `None` while scheduling is halted.
    SplitAnswer(Box<AskSplit>, Option<Vec<SplitId>>, Life),
    /// PD's order arrives at the leader's store.
    Schedule(Box<Schedule>),
    /// PD has something to do.
    PdDue,
    /// Stores notice PD's new leader.
    PdReconnected,
    /// TiDB's replica poll.
    TidbPoll,
    /// TiDB asks again for splits that no leader could be asked for.
    SplitAgain { keys: Vec<Key>, cause: EventId, until: Millis },
    /// TiDB's garbage collection, while there are dropped tables.
    TidbGc,
    /// Clients ask for something of a region.
    Request(Ask, RegionId),
    /// Clients query a table.
    Query(TableId),
}

impl Item {
    /// At which store it happens; `None` where it is at PD or TiDB.
    pub(crate) fn store(&self) -> Option<StoreId> {
        match self {
            Item::Raft(envelope) => Some(envelope.to.store),
            Item::PeerTick(timer)
            | Item::PdHeartbeatTick(timer)
            | Item::MergeCheck(timer)
            | Item::StaleTick(timer)
            | Item::Written(timer, _)
            | Item::ApplyDue(timer) => Some(timer.store),
            Item::ConnectionDue(timer)
            | Item::ConnectionLost(timer)
            | Item::KeepaliveExpired(timer)
            | Item::StoreAnswer(timer, _) => Some(timer.store),
            Item::StoreTick(life)
            | Item::SnapshotSent { life, .. }
            | Item::SplitAnswer(_, _, life)
            | Item::StoreList(life, _)
            | Item::StoreResponse(_, life) => Some(life.store),
            Item::Schedule(order) => Some(order.target.store),
            Item::GetStore { .. }
            | Item::AskStores(_)
            | Item::AskMember(_)
            | Item::AskSplit(..)
            | Item::PdReconnected
            | Item::StoreHeartbeat(..)
            | Item::RegionHeartbeat(_)
            | Item::PdDue
            | Item::TidbPoll
            | Item::SplitAgain { .. }
            | Item::TidbGc
            | Item::Request(..)
            | Item::Query(_) => None,
        }
    }
}

/// One life of a store's process, from a start to a stop: what was meant for an earlier life does
/// not happen in a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) store: StoreId,
    pub(crate) life: u64,
}

/// A timer of one peer in one life of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    pub(crate) store: StoreId,
    pub(crate) region: RegionId,
    /// Tells this peer state machine from others of the region before and after it.
    pub(crate) serial: u64,
}

/// A timer of one connection task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionTimer {
    pub(crate) store: StoreId,
    pub(crate) target: StoreId,
    pub(crate) conn: u8,
    /// Tells this phase of this task from earlier ones.
    pub(crate) serial: u64,
}

impl ConnectionTimer {
    /// The task.
    pub(crate) fn id(self) -> ConnectionId {
        ConnectionId { target: self.target, conn: self.conn }
    }
}

#[derive(Debug)]
struct Entry {
    at: Millis,
    seq: u64,
    item: Item,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.seq == other.seq
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> std::cmp::Ordering {
        (self.at, self.seq).cmp(&(other.at, other.seq))
    }
}

/// The queue of all that is going to happen.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    seq: u64,
    in_flight: usize,
}

impl Agenda {
    /// Puts down that `item` happens at `at`.
    pub(crate) fn push(&mut self, at: Millis, item: Item) {
        if let Item::Raft(_) = item {
            self.in_flight += 1;
        }
        self.seq += 1;
        self.heap.push(Reverse(Entry { at, seq: self.seq, item }));
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Millis> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the next thing if it is due by `until`.
    pub(crate) fn pop(&mut self, until: Millis) -> Option<(Millis, Item)> {
        if until < self.next_at()? {
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        if let Item::Raft(_) = entry.item {
            self.in_flight -= 1;
        }
        Some((entry.at, entry.item))
    }

    /// How many Raft messages are under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The Raft messages under way, in the order in which they arrive.
    pub(crate) fn flying(&self) -> Vec<(Millis, &Envelope)> {
        let mut flying: Vec<(Millis, u64, &Envelope)> = self
            .heap
            .iter()
            .filter_map(|Reverse(entry)| {
                let Item::Raft(envelope) = &entry.item else { return None };
                Some((entry.at, entry.seq, &**envelope))
            })
            .collect();
        order::sort_by_key(&mut flying, |(at, seq, _)| (*at, *seq));
        flying.into_iter().map(|(at, _, envelope)| (at, envelope)).collect()
    }

    /// A number no other call has returned.
    pub(crate) fn serial(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }
}
