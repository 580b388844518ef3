//! Small clusters for the tests of this crate.

use std::collections::{BTreeMap, BTreeSet};

use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::setup::{RegionSetup, StoreSetup, TableSetup};
use sim::store::{Engine, StoreMeta, StoreState};
use sim::{PeerId, RegionId, Setup, StoreId, TableId};

/// Stores 1 to 4 in zones a, b and c (4 in c too); table 1 with the regions 10 and 20 on 1, 2, 3;
/// table 2 with region 30 on 2, 3, 4.
pub(crate) fn two_tables() -> Setup {
    let table = |id: u64, name: &str| TableSetup {
        id: TableId(id),
        name: name.to_owned(),
        tiflash_replicas: 0,
        available: false,
    };
    let key = |table, row| Key::record(TableId(table), row);
    Setup {
        stores: [(1, "a"), (2, "b"), (3, "c"), (4, "c")].map(store).into(),
        regions: vec![
            region(10, &[1, 2, 3], key(1, 0), key(1, 5)),
            region(20, &[1, 2, 3], key(1, 5), Key::table_prefix(TableId(2))),
            region(30, &[2, 3, 4], key(2, 0), Key::table_prefix(TableId(3))),
        ],
        tables: vec![table(1, "shop.orders"), table(2, "shop.items")],
        max_replicas: 3,
        cores: 0,
    }
}

fn store((id, zone): (u64, &str)) -> StoreSetup {
    StoreSetup {
        meta: StoreMeta {
            id: StoreId(id),
            engine: Engine::TiKv,
            address: format!("10.0.0.{id}:20160"),
            labels: BTreeMap::from([("zone".to_owned(), zone.to_owned())]),
        },
        state: StoreState::Up,
        running: true,
        heartbeat_phase_ms: None,
    }
}

/// A region of voters, led from the first store; peer ids follow the region's.
pub(crate) fn region(id: u64, stores: &[u64], start: Key, end: Key) -> RegionSetup {
    let peers = (1..).zip(stores).map(|(n, store)| Peer {
        id: PeerId(id + n),
        store: StoreId(*store),
        role: PeerRole::Voter,
    });
    RegionSetup {
        leader: Some(StoreId(stores[0])),
        region: Region {
            id: RegionId(id),
            start,
            end,
            epoch: RegionEpoch { version: 1, conf_ver: 1 },
            peers: peers.collect(),
        },
        missing: BTreeSet::new(),
        tombstones: BTreeMap::new(),
        size_mib: 96,
    }
}
