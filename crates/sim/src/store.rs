//! A store as PD records it: kvproto's `metapb.Store`, its states and its labels.

use std::collections::BTreeMap;

use crate::ids::StoreId;

/// What kind of process a store is. PD tells by the label `engine=tiflash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// A TiKV store: rows; voters and learners.
    TiKv,
    /// A TiFlash store: columns; learners only.
    TiFlash,
}

impl Engine {
    /// The product's name.
    pub fn name(self) -> &'static str {
        match self {
            Engine::TiKv => "TiKV",
            Engine::TiFlash => "TiFlash",
        }
    }
}

/// What a store tells PD of itself when it registers. kvproto: `metapb.Store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreMeta {
    /// Its id.
    pub id: StoreId,
    /// Whether it is TiKV or TiFlash.
    pub engine: Engine,
    /// The address that other stores send Raft messages to (`peer_address`, else `address`),
    /// e.g. `10.0.1.5:20160`.
    pub address: String,
    /// Location labels other than `engine`, e.g. `zone` → `dc1`.
    pub labels: BTreeMap<String, String>,
}

/// The state PD records. kvproto: `metapb.StoreState`; beside it the finer `NodeState`
/// (Preparing or Serving, Removing, Removed), which this model does not tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreState {
    /// In service, whether or not it is heard from.
    Up,
    /// Being drained after `store delete`.
    Offline,
    /// Final: removed, or buried by unsafe recovery. The record remains until it is erased.
    Tombstone,
}

impl StoreState {
    /// All of them.
    pub const ALL: [StoreState; 3] = [StoreState::Up, StoreState::Offline, StoreState::Tombstone];

    /// kvproto's name.
    pub fn name(self) -> &'static str {
        match self {
            StoreState::Up => "Up",
            StoreState::Offline => "Offline",
            StoreState::Tombstone => "Tombstone",
        }
    }
}

/// The name PD shows for a store: for one that is `Up` it depends on the age of its last store
/// heartbeat. PD: `pkg/response/store.go:BuildStoreInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreStatus {
    /// Up and heard from within [`DISCONNECTED_AFTER`].
    Up,
    /// Up, silent for more than [`DISCONNECTED_AFTER`].
    Disconnected,
    /// Up, silent for more than `max-store-down-time`.
    Down,
    /// See [`StoreState::Offline`].
    Offline,
    /// See [`StoreState::Tombstone`].
    Tombstone,
}

impl StoreStatus {
    /// All of them.
    pub const ALL: [StoreStatus; 5] = [
        StoreStatus::Up,
        StoreStatus::Disconnected,
        StoreStatus::Down,
        StoreStatus::Offline,
        StoreStatus::Tombstone,
    ];

    /// PD's `state_name`.
    pub fn name(self) -> &'static str {
        match self {
            StoreStatus::Up => "Up",
            StoreStatus::Disconnected => "Disconnected",
            StoreStatus::Down => "Down",
            StoreStatus::Offline => "Offline",
            StoreStatus::Tombstone => "Tombstone",
        }
    }
}

/// Milliseconds of silence after which PD calls an Up store Disconnected.
/// PD: `core.storeDisconnectDuration`.
pub const DISCONNECTED_AFTER: u64 = 20 * crate::ids::SECOND;
/// Milliseconds of silence after which PD calls an Up store Down and repairs around it, where
/// nothing else was set. PD: `max-store-down-time`.
pub const DOWN_AFTER: u64 = 30 * crate::ids::MINUTE;
