//! A TiKV cluster as one deterministic machine: stores with their peers, PD, and TiDB's polling of
//! TiFlash replicas, on a simulated clock in milliseconds.
//!
//! What is real: the consensus. Every peer is a `RawNode` of the crate `raft`, the library that
//! TiKV links; elections, replication, snapshots, learners and joint configuration changes happen
//! as they do there. What is modelled, after TiKV's and PD's sources as each item names them: the
//! life of peers and stores, the raft client with its address cache and black-list, hibernation,
//! force leader and the plans of unsafe recovery; PD's records, placement rules, checker, operators
//! and unsafe recovery controller; TiDB's `SET TIFLASH REPLICA` and the poll behind AVAILABLE.
//!
//! What is left out: keys and values (a write is its place in the log, and a row more), PD's
//! members one by one, and most of TiDB. FIDELITY.md has the whole list.
//!
//! A [`Cluster`] is built from a [`Setup`], the [`Knobs`] of a [`Release`], and a seed. It changes
//! in two functions only: [`Cluster::apply`] carries out a [`Command`] or refuses it with a
//! [`Refusal`]; [`Cluster::advance`] lets time pass. Both return the [`Event`]s that happened, each
//! with its causes. The same seed, setup, knobs and commands give the same run, bit by bit,
//! natively and in wasm: [`Cluster::fingerprint`] tells.
//!
//! Modules stand in the order in which they are best read.

pub mod ids;
pub mod region;
pub mod store;
pub mod release;
pub mod setup;
pub mod command;
pub mod refusal;
pub mod event;
mod event_log;
pub mod message;
mod cluster;
mod context;
mod agenda;
pub mod fault;
mod network;
mod machines;
pub mod raftstore;
pub mod raft_client;
pub mod pd;
pub mod tidb;
pub mod health;
pub mod clients;
pub mod invariants;
mod fingerprint;
pub mod order;
mod prng;

pub use clients::Clients;
pub use cluster::{Cluster, Flight, GhostReason};
pub use command::{
    ClientRequest, Command, Halt, PdCommand, RecoveryOptions, Scheduler, SplitPoints, TableCommand,
    TikvTest,
};
pub use event::{Event, EventKind};
pub use ids::{EventId, Millis, PeerId, RegionId, StoreId, TableId};
pub use refusal::Refusal;
pub use release::{Knobs, Release};
pub use setup::{Setup, SetupError};
