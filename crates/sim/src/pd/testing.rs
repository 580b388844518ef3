//! Small stores, regions and heartbeats for the unit tests of this module.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::region_tree::RegionInfo;
use super::stores::{StoreRecord, StoreTable};
use crate::ids::{Millis, PeerId, RegionId, StoreId, TableId};
use crate::message::RegionHeartbeat;
use crate::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use crate::store::{Engine, StoreMeta, StoreState};

/// A key of these letters; empty is unbounded.
pub(super) fn key(text: &str) -> Key {
    Key::new(text.as_bytes())
}

/// A region of voters `(peer id, store id)` at epoch 5, 5.
pub(super) fn region(id: u64, start: &str, end: &str, peers: &[(u64, u64)]) -> Region {
    let peer = |(id, store): &(u64, u64)| Peer {
        id: PeerId(*id),
        store: StoreId(*store),
        role: if *store < 500 { PeerRole::Voter } else { PeerRole::Learner },
    };
    Region {
        id: RegionId(id),
        start: key(start),
        end: key(end),
        epoch: RegionEpoch { version: 5, conf_ver: 5 },
        peers: peers.iter().map(peer).collect(),
    }
}

/// What the region's first member reports as its leader.
pub(super) fn heartbeat(region: &Region, term: u64) -> RegionHeartbeat {
    RegionHeartbeat {
        region: Arc::new(region.clone()),
        leader: region.peers[0],
        term,
        down_peers: Vec::new(),
        pending_peers: Vec::new(),
        approximate_size_mib: 96,
        approximate_keys: 0,
        replication: None,
        cause: None,
    }
}

/// Region 1, in table 45's rows, with these members; the first leads.
pub(super) fn info(peers: &[(u64, u64)]) -> RegionInfo {
    let table = Region {
        start: Key::record(TableId(45), 1),
        end: Key::record(TableId(45), 9),
        ..region(1, "", "", peers)
    };
    RegionInfo::reported(heartbeat(&table, 5), Millis::ZERO)
}

/// A store's own words.
pub(super) fn meta(id: u64, engine: Engine) -> StoreMeta {
    let address = format!("10.0.0.{id}:20160");
    StoreMeta { id: StoreId(id), engine, address, labels: BTreeMap::new() }
}

/// Records of stores that are Up and were heard from at 0.
pub(super) fn store_table(tikv: &[u64], tiflash: &[u64]) -> StoreTable {
    let with = |ids: &[u64], engine| -> Vec<StoreMeta> {
        ids.iter().map(|id| meta(*id, engine)).collect()
    };
    let record = |meta: StoreMeta| StoreRecord {
        meta,
        state: StoreState::Up,
        preparing: false,
        started: Millis::ZERO,
        physically_destroyed: false,
        down_after_ms: crate::store::DOWN_AFTER,
        last_heartbeat: Some(Millis::ZERO),
        region_count: 0,
        last_event: None,
    };
    let all = with(tikv, Engine::TiKv).into_iter().chain(with(tiflash, Engine::TiFlash));
    all.map(|meta| (meta.id, record(meta))).collect()
}
