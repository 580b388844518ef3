//! What of a cluster can be held, pointed at, looked into and acted upon.

use sim::{RegionId, StoreId, TableId};

/// A thing on the screen. It is the same thing in every world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A region.
    Region(RegionId),
    /// A store.
    Store(StoreId),
    /// Where a region and a store cross, whether or not a peer is there.
    Peer(RegionId, StoreId),
    /// A table.
    Table(TableId),
    /// PD.
    Pd,
}

impl Thing {
    /// The region that it is, or is of.
    pub fn region(self) -> Option<RegionId> {
        match self {
            Thing::Region(region) | Thing::Peer(region, _) => Some(region),
            Thing::Store(_) | Thing::Table(_) | Thing::Pd => None,
        }
    }

    /// The store that it is, or is on.
    pub fn store(self) -> Option<StoreId> {
        match self {
            Thing::Store(store) | Thing::Peer(_, store) => Some(store),
            Thing::Region(_) | Thing::Table(_) | Thing::Pd => None,
        }
    }
}
