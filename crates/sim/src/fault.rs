//! What people do to networks and machines: who is concerned, and what happens there.
//!
//! A fault prints as the command that brings it about; `faults` lists them so.

use std::fmt;

use crate::ids::{RegionId, StoreId};
use crate::refusal::Refusal;

/// One end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A store.
    Store(StoreId),
    /// PD, with which every store speaks: heartbeats, plans, operators, addresses.
    Pd,
}

impl From<StoreId> for Node {
    fn from(store: StoreId) -> Node {
        Node::Store(store)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Store(store) => store.fmt(f),
            Node::Pd => f.write_str("pd"),
        }
    }
}

/// The links from every node of one group to every node of another, and perhaps back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// The senders.
    pub from: Vec<Node>,
    /// The receivers.
    pub to: Vec<Node>,
    /// Whether the ways back are meant too.
    pub both_ways: bool,
}

impl Links {
    /// The links between two groups of stores, in both directions.
    pub fn between(a: &[StoreId], b: &[StoreId]) -> Links {
        Links { both_ways: true, ..Links::one_way(a, b) }
    }

    /// The links from one group of stores to another.
    pub fn one_way(from: &[StoreId], to: &[StoreId]) -> Links {
        let nodes = |stores: &[StoreId]| stores.iter().copied().map(Node::Store).collect();
        Links { from: nodes(from), to: nodes(to), both_ways: false }
    }

    /// Every way from one node to another.
    pub(crate) fn ways(&self) -> impl Iterator<Item = (Node, Node)> {
        let pairs = self.from.iter().flat_map(|from| self.to.iter().map(move |to| (*from, *to)));
        pairs.flat_map(|(from, to)| {
            let back = self.both_ways.then_some((to, from));
            [(from, to)].into_iter().chain(back)
        })
    }
}

/// Prints `1,2 -> 5,6` or `1,2 <-> 5,6`.
impl fmt::Display for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = if self.both_ways { "<->" } else { "->" };
        write!(f, "{} {arrow} {}", list(&self.from), list(&self.to))
    }
}

fn list(nodes: &[Node]) -> String {
    let nodes: Vec<String> = nodes.iter().map(Node::to_string).collect();
    nodes.join(",")
}

macro_rules! message_kinds {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What a message between peers is, by its name in raft-rs (`eraftpb.MessageType`) or in
        /// TiKV (`raft_serverpb.ExtraMessageType`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MessageKind { $($(#[$doc])* $name),* }

        impl MessageKind {
            /// All of them.
            pub const ALL: &[MessageKind] = &[$(MessageKind::$name),*];

            /// Its name in the protocol.
            pub fn name(self) -> &'static str {
                match self { $(MessageKind::$name => stringify!($name)),* }
            }
        }
    };
}

message_kinds! {
    /// A leader sends entries, or asks where a follower's log ends.
    MsgAppend,
    /// A follower says how far its log goes.
    MsgAppendResponse,
    /// A candidate asks for a vote.
    MsgRequestVote,
    /// The vote.
    MsgRequestVoteResponse,
    /// A pre-candidate asks whether it would get a vote.
    MsgRequestPreVote,
    /// The answer to that.
    MsgRequestPreVoteResponse,
    /// A leader sends all there is.
    MsgSnapshot,
    /// A leader shows that it lives.
    MsgHeartbeat,
    /// A follower shows that it lives.
    MsgHeartbeatResponse,
    /// A leader tells its successor to campaign at once.
    MsgTimeoutNow,
    /// A leader asks whether it may sleep.
    MsgHibernateRequest,
    /// A follower agrees.
    MsgHibernateResponse,
    /// A peer without a leader asks whether it is still a member.
    MsgCheckStalePeer,
    /// A member of a region that is being merged wants to have that rolled back.
    MsgWantRollbackMerge,
}

/// What may become of a message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// It is lost. The sender is told that its receiver is unreachable, as TiKV's raft client tells
    /// of each message that it discards.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// It arrives up to a second later than it should, overtaken by others.
    Reorder,
}

impl Mishap {
    /// The verb by which people ask for it.
    pub fn verb(self) -> &'static str {
        match self {
            Mishap::Drop => "drop",
            Mishap::Duplicate => "duplicate",
            Mishap::Reorder => "reorder",
        }
    }
}

/// Which messages a mishap befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mishaps {
    /// What becomes of them.
    pub mishap: Mishap,
    /// Only messages of this kind.
    pub kind: Option<MessageKind>,
    /// Only messages of this region.
    pub region: Option<RegionId>,
}

impl Mishaps {
    /// What people ask for, without the links: `drop 10% MsgAppend region 7`.
    pub fn text(self, percent: u64) -> String {
        let kind = self.kind.map_or(String::new(), |kind| format!(" {}", kind.name()));
        let region = self.region.map_or(String::new(), |region| format!(" region {region}"));
        format!("{} {percent}%{kind}{region}", self.mishap.verb())
    }

    /// Whether such a message is meant. `kind` is `None` for what has no name of its own.
    pub(crate) fn befall(&self, kind: Option<MessageKind>, region: RegionId) -> bool {
        (self.kind.is_none() || self.kind == kind) && self.region.is_none_or(|only| only == region)
    }
}

/// A fault in force, printed as the command that brings it about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No message passes.
    Cut(Links),
    /// Messages take this many milliseconds longer.
    Delay(Links, u64),
    /// Something becomes of so many messages in a hundred.
    Mishaps(Links, Mishaps, u64),
    /// A store's process stalls.
    Stall(StoreId),
    /// A store applies nothing.
    HeldApplier(StoreId),
    /// Writes to a store's disk take so many milliseconds.
    SlowDisk(StoreId, u64),
    /// A store's clock is off by so many milliseconds.
    Clock(StoreId, i64),
}

impl Fault {
    /// Whether it is about the store, or about links from it or to it.
    pub fn concerns(&self, id: StoreId) -> bool {
        match self {
            Fault::Cut(links) | Fault::Delay(links, _) | Fault::Mishaps(links, ..) => {
                links.from.iter().chain(&links.to).any(|node| *node == Node::Store(id))
            }
            Fault::Stall(store)
            | Fault::HeldApplier(store)
            | Fault::SlowDisk(store, _)
            | Fault::Clock(store, _) => *store == id,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Cut(links) => write!(f, "cut {links}"),
            Fault::Delay(links, ms) => write!(f, "delay {links} {ms}ms"),
            Fault::Mishaps(links, mishaps, percent) => {
                write!(f, "{} {links}", mishaps.text(*percent))
            }
            Fault::Stall(store) => write!(f, "pause store {store}"),
            Fault::HeldApplier(store) => write!(f, "pause apply of {store}"),
            Fault::SlowDisk(store, ms) => write!(f, "slow disk of {store} by {ms}ms"),
            Fault::Clock(store, ms) => write!(f, "skew clock of {store} by {ms}ms"),
        }
    }
}

/// Why a fault cannot be brought about, or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultRefusal {
    /// The two groups share a store or PD.
    SameNodeOnBothSides(Node),
    /// Messages of Raft pass between stores only.
    NoRaftWithPd,
    /// A rate of more than a hundred in a hundred.
    RateTooHigh {
        /// What was asked for.
        percent: u64,
    },
    /// The process stalls already.
    StorePaused(StoreId),
    /// The process does not stall.
    StoreNotPaused(StoreId),
    /// The store applies nothing already.
    ApplyPaused(StoreId),
    /// The store applies.
    ApplyNotPaused(StoreId),
}

impl fmt::Display for FaultRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameNodeOnBothSides(Node::Store(store)) => {
                write!(f, "store {store} is on both sides; name two groups without a common store")
            }
            Self::SameNodeOnBothSides(Node::Pd) => f.write_str("pd is on both sides"),
            Self::NoRaftWithPd => f.write_str(
                "no Raft message passes between a store and pd; `cut` or `delay` their link",
            ),
            Self::RateTooHigh { percent } => {
                write!(f, "{percent}% is more than all messages; at most 100%")
            }
            Self::StorePaused(store) => write!(f, "store {store} is paused already"),
            Self::StoreNotPaused(store) => write!(f, "store {store} is not paused"),
            Self::ApplyPaused(store) => write!(f, "store {store} applies nothing already"),
            Self::ApplyNotPaused(store) => write!(f, "store {store} applies as it should"),
        }
    }
}

impl From<FaultRefusal> for Refusal {
    fn from(refusal: FaultRefusal) -> Refusal {
        Refusal::Fault(refusal)
    }
}
