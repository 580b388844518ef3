//! Queries that only TiFlash may answer, as under `tidb_isolation_read_engines = 'tiflash'`.

use std::collections::BTreeMap;
use std::fmt;

use crate::context::Context;
use crate::ids::{StoreId, TableId};
use crate::pd::Pd;
use crate::raftstore::{PeerFsm, ProgressState, Store};
use crate::region::{Key, Peer, PeerRole, Region};
use crate::tidb::Tidb;

/// Why TiDB does not answer such a query. The text is TiDB's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueryError {
    /// The table has no replica that is AVAILABLE. TiDB: `planner/core`, ErrInternal.
    NoAccessPath,
    /// A region's learner cannot serve. TiDB: `ErrTiFlashServerTimeout`, after its backoff.
    ServerTimeout,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QueryError::NoAccessPath => {
                "ERROR 1815 (HY000): Internal : No access path for table is found with \
                 'tidb_isolation_read_engines' = 'tiflash', valid values can be 'tikv'. Please \
                 check tiflash replica."
            }
            QueryError::ServerTimeout => "ERROR 9012 (HY000): TiFlash server timeout",
        })
    }
}

/// Whether TiFlash can answer a query over a whole table now. A learner serves if its process
/// answers, it has the region, and what is committed reaches it: TiFlash asks the leader for a read
/// index and waits until it has applied that far, which an up-to-date replica has in milliseconds.
pub(crate) fn query(
    table: TableId,
    tidb: &Tidb,
    pd: &Pd,
    stores: &BTreeMap<StoreId, Store>,
    ctx: &Context,
) -> Result<(), QueryError> {
    let is_available = tidb.tables().any(|known| known.id == table && known.available);
    if !is_available {
        return Err(QueryError::NoAccessPath);
    }
    let (start, end) = (Key::record_prefix(table), Key::table_prefix(TableId(table.0 + 1)));
    let mut regions = pd.regions_in(&start, &end).peekable();
    let is_known = regions.peek().is_some();
    if is_known && regions.all(|info| is_served(&info.region, stores, ctx)) {
        Ok(())
    } else {
        Err(QueryError::ServerTimeout)
    }
}

pub(super) fn is_served(region: &Region, stores: &BTreeMap<StoreId, Store>, ctx: &Context) -> bool {
    let leads = |peer: &&PeerFsm| peer.is_leader() && peer.force_leader().is_none();
    let peers = stores.values().filter_map(|store| store.peer(region.id));
    let Some(leader) = peers.filter(leads).max_by_key(|peer| peer.term()) else { return false };
    let learners = region.peers.iter().filter(|peer| peer.role == PeerRole::Learner);
    learners.into_iter().any(|learner| serves(*learner, leader, stores, ctx))
}

fn serves(
    learner: Peer,
    leader: &PeerFsm,
    stores: &BTreeMap<StoreId, Store>,
    ctx: &Context,
) -> bool {
    let (id, machines) = (learner.store, &ctx.machines);
    let store = stores.get(&id).filter(|store| store.is_running() && !machines.is_stalled(id));
    let peer = store.and_then(|store| store.peer(leader.region_id()));
    let Some(peer) = peer.filter(|peer| peer.id() == learner.id && peer.is_initialized()) else {
        return false;
    };
    let is_fed = leader
        .progress()
        .iter()
        .any(|progress| progress.peer == learner.id && progress.state == ProgressState::Replicate);
    leader.commit_index() <= peer.applied_index() || (is_fed && !machines.is_applier_held(id))
}
