//! One connection task and its queue. TiKV: `raft_client.rs:{start, maybe_backoff, Queue}`.

use crate::ids::{EventId, Millis, RegionId, SECOND, StoreId};
use crate::message::GetStoreError;
use crate::network::Envelope;
use crate::release::{Connections, Reconnect};

/// Sleep between two tries of a connection task. TiKV: `raft-client-max-backoff` (since 6.4).
pub const BACKOFF_MS: u64 = 5 * SECOND;
/// By how much the sleep grows before that. TiKV: `raft-client-backoff-step` (up to 6.3).
pub const BACKOFF_STEP_MS: u64 = SECOND;
/// The sleep grows this often. TiKV: `raft_client.rs:maybe_backoff`.
const MAX_STEPS: u64 = 5;

/// Names a connection task of a store: to whom, and which of several. TiKV: the key of
/// `ConnectionPool::connections`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    /// The store it talks to.
    pub target: StoreId,
    /// Its number among the connections to that store, from 0. TiKV: `conn_id`.
    pub conn: u8,
}

impl ConnectionId {
    /// How many connections a store on so many cores keeps to another. TiKV:
    /// `DEFAULT_GRPC_RAFT_CONN_NUM`, an eighth of the cores, from 1 to 4 (tikv#18806).
    pub(super) fn number(connections: Connections, cores: u64) -> u64 {
        match connections {
            Connections::One => 1,
            Connections::ByCores => (cores / 8).clamp(1, 4),
        }
    }

    /// The connection of so many that a region's messages to `target` take: always the same one.
    pub(super) fn of(region: RegionId, target: StoreId, connections: u64) -> ConnectionId {
        let conn = if connections == 1 { 0 } else { (sea_hash(region.0) % connections) as u8 };
        ConnectionId { target, conn }
    }
}

/// SeaHash of one number's eight little-endian bytes, by which TiKV spreads regions over
/// connections (tikv#10226).
fn sea_hash(number: u64) -> u64 {
    let diffuse = |x: u64| {
        let x = x.wrapping_mul(0x6EED_0E9D_A4D9_4A4F);
        (x ^ ((x >> 32) >> (x >> 60))).wrapping_mul(0x6EED_0E9D_A4D9_4A4F)
    };
    let filled = diffuse(0x16F1_1FE8_9B0D_677C ^ number) ^ 0xB480_A793_D8E6_C86C;
    let empty = 0x6FE2_E5AA_F078_EBC9 ^ 0x14F9_94A4_C525_9381;
    diffuse(filled ^ empty ^ 8)
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
    pub(super) queue: Vec<Box<Envelope>>,
    last_wake: Option<Millis>,
    /// Passes through the loop since one was long enough to need no sleep before the next.
    passes: u64,
    pub(super) serial: u64,
    /// What made the store talk to this one.
    pub(super) cause: Option<EventId>,
}

/// Where a connection task is in its loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for the resolver, which may wait for PD.
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

impl Connection {
    /// A task that begins because of `first`.
    pub(super) fn new(first: Box<Envelope>) -> Connection {
        Connection {
            phase: Phase::Resolving,
            failures: 0,
            last_error: None,
            cause: first.cause,
            queue: vec![first],
            last_wake: None,
            passes: 0,
            serial: 0,
        }
    }

    /// How many messages wait for the connection.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether PD's last answer gave no address, and the task goes on asking.
    pub fn is_resolve_loop(&self) -> bool {
        self.last_error.is_some()
    }

    /// How long the task sleeps before its next pass: not at all before the first, nor if the last
    /// one took longer than the sleep would. TiKV: `raft_client.rs:maybe_backoff`.
    pub(super) fn pause(&mut self, now: Millis, reconnect: Reconnect) -> Option<u64> {
        let pause = match reconnect {
            Reconnect::Growing => BACKOFF_STEP_MS * self.passes.min(MAX_STEPS),
            Reconnect::FiveSeconds => BACKOFF_MS,
        };
        if pause < now.since(self.last_wake?) {
            self.passes = 0;
            return None;
        }
        Some(pause)
    }

    /// A pass begins: the task wakes and asks the resolver.
    pub(super) fn wake(&mut self, now: Millis, serial: u64) {
        self.phase = Phase::Resolving;
        self.last_wake = Some(now);
        self.passes += 1;
        self.serial = serial;
    }

    /// What decides its future, for the fingerprint.
    pub(super) fn digest(&self) -> [u64; 3] {
        let wake = self.last_wake.map_or(u64::MAX, |at| at.0);
        [wake, self.passes << 32 ^ self.failures, self.queue.len() as u64]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_spread_over_connections_as_tikv_does() {
        let conns = |connections| {
            let of = |id| ConnectionId::of(RegionId(id), StoreId(1), connections).conn;
            [10, 20, 30, 40, 52973, 52974].map(of)
        };
        // Computed with an independent implementation of SeaHash.
        assert_eq!(conns(2), [1, 0, 0, 0, 1, 1]);
        assert_eq!(conns(4), [3, 0, 2, 2, 3, 1]);
        assert_eq!(conns(1), [0; 6]);
    }
}
