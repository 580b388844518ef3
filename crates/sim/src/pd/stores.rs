//! PD's records of stores, and the allocator of ids.

use std::collections::BTreeMap;

use crate::ids::{EventId, Millis, StoreId};
use crate::store::{DISCONNECTED_AFTER, StoreMeta, StoreState, StoreStatus};

/// All stores PD knows. An erased one is not among them.
pub type StoreTable = BTreeMap<StoreId, StoreRecord>;

/// What PD knows of one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRecord {
    /// What the store said of itself.
    pub meta: StoreMeta,
    /// PD's state for it.
    pub state: StoreState,
    /// New, and still taking its share of regions. PD: NodeState Preparing; Serving otherwise.
    pub preparing: bool,
    /// When its process last started, as far as PD knows.
    pub started: Millis,
    /// Deleted with `force`: its machine is no more, and its address is free.
    pub physically_destroyed: bool,
    /// `max-store-down-time` in milliseconds.
    pub down_after_ms: u64,
    /// When its last ordinary store heartbeat arrived; `None` before the first.
    pub last_heartbeat: Option<Millis>,
    /// The number of peers it last reported.
    pub region_count: u64,
    /// The event that last changed how PD sees it: its registration, a change of status.
    pub last_event: Option<EventId>,
}

impl StoreRecord {
    /// Milliseconds since its last heartbeat; silence since the beginning counts from 0.
    pub fn silence_ms(&self, now: Millis) -> u64 {
        now.since(self.last_heartbeat.unwrap_or_default())
    }

    /// Silent for more than 20 s, or never heard. PD: `StoreInfo.IsDisconnected`.
    pub fn is_disconnected(&self, now: Millis) -> bool {
        self.last_heartbeat.is_none() || self.silence_ms(now) > DISCONNECTED_AFTER
    }

    /// Silent for more than `max-store-down-time`, or never heard.
    pub fn is_down(&self, now: Millis) -> bool {
        self.last_heartbeat.is_none() || self.silence_ms(now) > self.down_after_ms
    }

    /// The name PD shows. PD: `pkg/response/store.go:BuildStoreInfo`.
    pub fn status(&self, now: Millis) -> StoreStatus {
        match self.state {
            StoreState::Offline => StoreStatus::Offline,
            StoreState::Tombstone => StoreStatus::Tombstone,
            StoreState::Up if self.is_down(now) => StoreStatus::Down,
            StoreState::Up if self.is_disconnected(now) => StoreStatus::Disconnected,
            StoreState::Up => StoreStatus::Up,
        }
    }
}

/// Hands out ids for regions, peers and stores from one sequence, as PD does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdAllocator {
    next: u64,
}

impl IdAllocator {
    /// An allocator whose first id is `next`.
    pub fn starting_at(next: u64) -> IdAllocator {
        IdAllocator { next }
    }

    /// The next id.
    pub(super) fn peek(&self) -> u64 {
        self.next
    }

    /// Does not hand out `id`, which somebody has chosen.
    pub(super) fn leave_out(&mut self, id: u64) {
        self.next = self.next.max(id.saturating_add(1));
    }

    /// Leaves out so many ids.
    pub(super) fn skip(&mut self, count: u64) {
        self.next += count;
    }

    /// An id that was never handed out before.
    pub fn allocate(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }
}
