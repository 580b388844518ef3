//! Ids and simulated time, as types that cannot be mixed up, and that print.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A store: one TiKV or TiFlash process and its disk. kvproto: `metapb.Store.id`.
    StoreId
}
id! {
    /// A region: one range of keys. kvproto: `metapb.Region.id`.
    RegionId
}
id! {
    /// A peer: one replica of one region on one store, never reused. kvproto: `metapb.Peer.id`.
    PeerId
}
id! {
    /// A TiDB table, as it appears in the keys of its rows (`t{id}_r…`).
    TableId
}
id! {
    /// An event of one run: its position in [`Cluster::events`](crate::Cluster::events).
    EventId
}

/// A moment on the simulated clock, in milliseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// The moment a run begins.
    pub const ZERO: Millis = Millis(0);

    /// The number of milliseconds since `earlier`.
    pub fn since(self, earlier: Millis) -> u64 {
        assert!(earlier <= self, "time went backwards: {earlier:?} is after {self:?}");
        self.0 - earlier.0
    }

    /// The moment `ms` milliseconds later.
    #[must_use]
    pub fn after(self, ms: u64) -> Millis {
        Millis(self.0 + ms)
    }
}

/// Milliseconds in a second, so that intervals read as TiKV's and PD's documentation writes them.
pub const SECOND: u64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE: u64 = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: u64 = 60 * MINUTE;

/// The wall clock at [`Millis::ZERO`], in milliseconds since the Unix epoch:
/// 2025-05-06 10:00:00 +08:00, the day tikv#18440 was reported.
pub const WALL_CLOCK_START_MS: u64 = 1_746_496_800_000;
