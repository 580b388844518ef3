//! The matrix: lanes, rows and the cells where they cross.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sim::raft_client::Connection;
use sim::raftstore::Store;
use sim::region::{Key, Peer, PeerRole, Region};
use sim::{Cluster, GhostReason, RegionId, StoreId, TableId};

use super::{Tally, kept, kept_one};
use crate::cluster_view::{
    AskState, Cell, Condition, Disk, FailedResolves, Lane, Matrix, PdBelief, Process, Row, Shape,
    Standing, TableRow,
};

pub(super) fn matrix(
    cluster: &Cluster,
    tables: &[TableRow],
    tally: &Tally,
    last: Option<&Rc<Matrix>>,
) -> Rc<Matrix> {
    let lanes = kept(last.map(|matrix| &matrix.lanes), &lanes(cluster));
    let rows = rows(cluster, tables, &lanes, last);
    let arcs = kept(last.map(|matrix| &matrix.arcs), &arcs(cluster, tally));
    kept_one(last, Matrix { lanes, rows, arcs })
}

/// Zone by zone, in the order of each zone's first store; TiKV before TiFlash.
fn lanes(cluster: &Cluster) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = cluster.stores().map(|store| lane(cluster, store)).collect();
    let mut zones: Vec<String> = Vec::new();
    for lane in &lanes {
        if !zones.contains(&lane.zone) {
            zones.push(lane.zone.clone());
        }
    }
    lanes.sort_by_key(|lane| {
        let zone = zones.iter().position(|zone| *zone == lane.zone);
        (zone, lane.engine, lane.store)
    });
    lanes
}

fn lane(cluster: &Cluster, store: &Store) -> Lane {
    let standing = match cluster.pd().stores().get(&store.id()) {
        Some(record) => Standing::Known(record.status(cluster.now())),
        None => Standing::Unknown,
    };
    Lane {
        store: store.id(),
        engine: store.meta().engine,
        zone: store.meta().labels.get("zone").cloned().unwrap_or_default(),
        address: store.meta().address.clone(),
        process: if store.is_running() { Process::Running } else { Process::Stopped },
        standing,
    }
}

fn arcs(cluster: &Cluster, tally: &Tally) -> Vec<FailedResolves> {
    tally
        .failures
        .iter()
        .map(|(&(from, to), &count)| {
            let state = match cluster.store(from) {
                Some(store) if store.client().blacklist().any(|id| id == to) => {
                    AskState::Blacklisted
                }
                Some(store) if is_asking(store, to) => AskState::Asking,
                Some(_) | None => AskState::Over,
            };
            FailedResolves { from, to, count, state }
        })
        .collect()
}

fn is_asking(store: &Store, to: StoreId) -> bool {
    store.client().connections_to(to).any(Connection::is_resolve_loop)
}

/// What all rows of one projection share.
struct Frame<'a> {
    cluster: &'a Cluster,
    lanes: &'a [Lane],
    names: BTreeMap<TableId, (usize, Rc<str>)>,
    short: BTreeSet<RegionId>,
}

fn rows(
    cluster: &Cluster,
    tables: &[TableRow],
    lanes: &[Lane],
    last: Option<&Rc<Matrix>>,
) -> Rc<[Rc<Row>]> {
    let mut frame = Frame { cluster, lanes, names: BTreeMap::new(), short: BTreeSet::new() };
    // `extend` inserts one by one; `collect` would sort first, and bring a sort into the page.
    let names = tables.iter().enumerate();
    frame.names.extend(names.map(|(index, table)| (table.id, (index, table.name.clone()))));
    frame.short.extend(cluster.tidb().tables().flat_map(|table| table.missing.iter().copied()));
    let mut rows: Vec<(Key, Row)> =
        cluster.region_ids().filter_map(|region| frame.row(region)).collect();
    rows.sort_by(|(a_key, a), (b_key, b)| (a.hue, a_key, a.region).cmp(&(b.hue, b_key, b.region)));
    number_parts(&mut rows);
    let mut old: BTreeMap<RegionId, &Rc<Row>> = BTreeMap::new();
    old.extend(last.into_iter().flat_map(|m| m.rows.iter()).map(|row| (row.region, row)));
    let rows: Vec<Rc<Row>> =
        rows.into_iter().map(|(_, row)| kept_one(old.get(&row.region).copied(), row)).collect();
    kept(last.map(|matrix| &matrix.rows), &rows)
}

fn number_parts(rows: &mut [(Key, Row)]) {
    let mut part = 0;
    for index in 0..rows.len() {
        let follows = 0 < index && rows[index - 1].1.table == rows[index].1.table;
        part = if follows { part + 1 } else { 0 };
        rows[index].1.part = part;
    }
}

impl Frame<'_> {
    fn row(&self, region: RegionId) -> Option<(Key, Row)> {
        let leader = self.cluster.leader_of(region);
        let pd = self.cluster.pd().region(region);
        let newest = match self.cluster.newest_region(region) {
            Some(newest) => newest.clone(),
            None => pd.map(|info| info.region.clone())?,
        };
        let (hue, table) = match newest.start.table().and_then(|id| self.names.get(&id)) {
            Some((index, name)) => (*index, Some(name.clone())),
            None => (self.names.len(), None),
        };
        let cells: Vec<Cell> =
            self.lanes.iter().map(|lane| self.cell(region, &newest, lane)).collect();
        let row = Row {
            region,
            table,
            hue,
            part: 0,
            epoch: newest.epoch,
            term: leader.map(|peer| peer.term()),
            leader: leader.map(|peer| peer.store()),
            pd_leader: pd.and_then(|info| info.leader).map(|peer| peer.store),
            ghosts: cells.iter().filter(|cell| cell.condition.is_ghost()).count(),
            cells: cells.into(),
            short: self.short.contains(&region),
        };
        Some((newest.start.clone(), row))
    }

    fn cell(&self, region: RegionId, newest: &Region, lane: &Lane) -> Cell {
        let store = self.cluster.store(lane.store).expect("each lane is a store of the cluster");
        let member = newest.peer_on(lane.store);
        let pd = self.pd_belief(region, lane.store);
        let disk = disk(store, region);
        let leads = self.cluster.leader_of(region).filter(|peer| peer.store() == lane.store);
        let shape = match (member, disk) {
            (Some(peer), _) => match leads {
                Some(leader) if leader.force_leader().is_some() => Shape::ForceLeader,
                Some(_) => Shape::Leader,
                None => member_shape(peer.role),
            },
            (None, Disk::Peer(_) | Disk::Uninitialised(_)) => Shape::Stray,
            (None, Disk::Tombstone(_)) => Shape::Tombstone,
            (None, Disk::Nothing | Disk::Unread) => Shape::Empty,
        };
        let condition = match member {
            Some(peer) => condition(self.cluster.ghost_reason(region, peer), peer, disk, pd),
            None => Condition::Well,
        };
        Cell { member, pd, disk, shape, condition }
    }

    fn pd_belief(&self, region: RegionId, store: StoreId) -> Option<PdBelief> {
        let info = self.cluster.pd().region(region)?;
        let peer = info.region.peer_on(store)?;
        Some(PdBelief {
            id: peer.id,
            role: peer.role,
            down: info.down_peers.iter().any(|(down, _)| down.id == peer.id),
            pending: info.pending_peers.iter().any(|pending| pending.id == peer.id),
        })
    }
}

fn member_shape(role: PeerRole) -> Shape {
    match role {
        PeerRole::Voter => Shape::Voter,
        PeerRole::Learner => Shape::Learner,
        PeerRole::IncomingVoter => Shape::Incoming,
        PeerRole::DemotingVoter => Shape::Demoting,
    }
}

fn disk(store: &Store, region: RegionId) -> Disk {
    if let Some(peer) = store.peer(region) {
        return if peer.is_initialized() {
            Disk::Peer(peer.id())
        } else {
            Disk::Uninitialised(peer.id())
        };
    }
    if !store.is_running() && store.has_peer_on_disk(region) {
        return Disk::Unread;
    }
    match store.tombstone_of(region) {
        Some(id) => Disk::Tombstone(id),
        None => Disk::Nothing,
    }
}

/// The worst that is true of a member.
fn condition(
    ghost: Option<GhostReason>,
    peer: Peer,
    disk: Disk,
    pd: Option<PdBelief>,
) -> Condition {
    let believed = pd.filter(|belief| belief.id == peer.id);
    match ghost {
        Some(GhostReason::StoreStopped) => Condition::OnStoppedStore,
        Some(GhostReason::StoreTombstone) => Condition::OnTombstone,
        Some(GhostReason::StoreErased) => Condition::OnErasedStore,
        Some(GhostReason::NoPeerOnStore) => Condition::Missing,
        None if matches!(disk, Disk::Uninitialised(_)) => Condition::Uninitialised,
        None if believed.is_some_and(|belief| belief.down) => Condition::Down,
        None if believed.is_some_and(|belief| belief.pending) => Condition::Pending,
        None => Condition::Well,
    }
}
