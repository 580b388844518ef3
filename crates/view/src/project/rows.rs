//! The matrix: lanes, rows and the cells where they cross.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sim::fault::Fault;
use sim::order;
use sim::pd::region_tree::RegionInfo;
use sim::raft_client::Connection;
use sim::raftstore::{PeerFsm, Store};
use sim::region::{Key, Peer, PeerRole, Region};
use sim::{Cluster, GhostReason, Millis, RegionId, StoreId, TableId};

use super::{Tally, kept, kept_one};
use crate::cluster_view::{
    AskState, Cell, Condition, Disk, FailedResolves, Lane, Matrix, PdBelief, Process, Row, Shape,
    Standing, TableRow,
};
use crate::graph::marks::{State, States, StoreMark};

pub(super) fn matrix(
    cluster: &Cluster,
    tables: &[TableRow],
    tally: &Tally,
    cache: &mut Cache,
    last: Option<&Rc<Matrix>>,
) -> Rc<Matrix> {
    let lanes = kept(last.map(|matrix| &matrix.lanes), &lanes(cluster));
    let rows = cache.rows(cluster, tables, &lanes);
    let arcs = kept(last.map(|matrix| &matrix.arcs), &arcs(cluster, tally));
    kept_one(last, Matrix { lanes, rows, arcs })
}

/// Zone by zone, in the order of each zone's first store; TiKV before TiFlash.
fn lanes(cluster: &Cluster) -> Vec<Lane> {
    let faults = cluster.faults();
    let mut lanes: Vec<Lane> =
        cluster.stores().map(|store| lane(cluster, store, &faults)).collect();
    let mut zones: Vec<String> = Vec::new();
    for lane in &lanes {
        if !zones.contains(&lane.zone) {
            zones.push(lane.zone.clone());
        }
    }
    order::sort_by_key(&mut lanes, |lane| {
        let zone = zones.iter().position(|zone| *zone == lane.zone);
        (zone, lane.engine, lane.store)
    });
    lanes
}

fn lane(cluster: &Cluster, store: &Store, faults: &[Fault]) -> Lane {
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
        marks: StoreMark::of(store.id(), faults).into(),
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
    stores: Vec<&'a Store>,
    names: &'a BTreeMap<TableId, (usize, Rc<str>)>,
    short: BTreeSet<RegionId>,
    is_settled: bool,
}

/// The rows as they were last projected, and what each was made from: a row is made again only
/// where that has changed, since ten thousand regions of which ten change are ten rows of work.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    shared: Option<Shared>,
    rows: BTreeMap<RegionId, Kept>,
    sorted: Option<Rc<[Rc<Row>]>>,
}

/// What every row depends on.
#[derive(Clone, Debug, PartialEq)]
struct Shared {
    lanes: Rc<[Lane]>,
    lost_disks: Vec<bool>,
    names: BTreeMap<TableId, (usize, Rc<str>)>,
    is_settled: bool,
}

#[derive(Clone, Debug)]
struct Kept {
    digest: u64,
    start: Key,
    row: Rc<Row>,
}

impl Cache {
    fn rows(
        &mut self,
        cluster: &Cluster,
        tables: &[TableRow],
        lanes: &Rc<[Lane]>,
    ) -> Rc<[Rc<Row>]> {
        let shared = shared(cluster, tables, lanes);
        if self.shared.as_ref() != Some(&shared) {
            self.rows.values_mut().for_each(|kept| kept.digest = 0);
            self.sorted = None;
        }
        let survey = survey(cluster);
        let missing = cluster.tidb().tables().flat_map(|table| table.missing.iter().copied());
        let mut frame = Frame {
            cluster,
            lanes,
            stores: lanes.iter().filter_map(|lane| cluster.store(lane.store)).collect(),
            names: &shared.names,
            short: BTreeSet::new(),
            is_settled: shared.is_settled,
        };
        frame.short.extend(missing);
        let before = self.rows.len();
        self.rows.retain(|region, _| survey.contains_key(region));
        let mut has_changed = before != self.rows.len() || self.sorted.is_none();
        for (region, known) in &survey {
            has_changed |= self.refresh(*region, known, &frame);
        }
        let sorted = match &self.sorted {
            Some(sorted) if !has_changed => sorted.clone(),
            Some(_) | None => self.sort(),
        };
        self.shared = Some(shared);
        self.sorted = Some(sorted.clone());
        sorted
    }

    /// Makes a row again if what it was made from has changed. Returns whether it has.
    fn refresh(&mut self, region: RegionId, known: &Known<'_>, frame: &Frame<'_>) -> bool {
        let digest = frame.digest(region, known);
        let old = self.rows.get(&region);
        if old.is_some_and(|kept| kept.digest == digest) {
            return false;
        }
        let mut row = frame.row(region, known);
        row.part = old.map_or(0, |kept| kept.row.part);
        let (start, row) = (known.newest.start.clone(), kept_one(old.map(|kept| &kept.row), row));
        self.rows.insert(region, Kept { digest, start, row });
        true
    }

    /// By table, then by key; each row with its place in its table.
    fn sort(&mut self) -> Rc<[Rc<Row>]> {
        let mut order: Vec<&mut Kept> = self.rows.values_mut().collect();
        order::sort_by(&mut order, |a, b| {
            (a.row.hue, &a.start, a.row.region).cmp(&(b.row.hue, &b.start, b.row.region))
        });
        let mut last: Option<Rc<Row>> = None;
        for kept in &mut order {
            let part = last.filter(|last| last.table_id == kept.row.table_id);
            let part = part.map_or(0, |last| last.part + 1);
            if kept.row.part != part {
                Rc::make_mut(&mut kept.row).part = part;
            }
            last = Some(kept.row.clone());
        }
        let rows: Vec<Rc<Row>> = order.into_iter().map(|kept| kept.row.clone()).collect();
        match &self.sorted {
            Some(old) if is_same(old, &rows) => old.clone(),
            Some(_) | None => rows.into(),
        }
    }
}

fn is_same(a: &[Rc<Row>], b: &[Rc<Row>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Rc::ptr_eq(a, b))
}

fn shared(cluster: &Cluster, tables: &[TableRow], lanes: &Rc<[Lane]>) -> Shared {
    let mut names = BTreeMap::new();
    // `extend` inserts one by one; `collect` would sort first, and bring a sort into the page.
    let tables = tables.iter().enumerate();
    names.extend(tables.map(|(index, table)| (table.id, (index, table.name.clone()))));
    Shared {
        lanes: lanes.clone(),
        lost_disks: cluster.stores().map(Store::has_lost_disk).collect(),
        names,
        // The first elections take a moment; until then nobody would miss a leader.
        is_settled: cluster.now() != Millis::ZERO,
    }
}

/// What the running peers of one region say of it.
struct Known<'a> {
    leader: Option<&'a PeerFsm>,
    newest: &'a Region,
    merging_into: Option<RegionId>,
    is_splitting: bool,
    digest: u64,
}

/// Asks every running peer once, whatever the number of stores.
fn survey(cluster: &Cluster) -> BTreeMap<RegionId, Known<'_>> {
    let mut survey: BTreeMap<RegionId, Known<'_>> = BTreeMap::new();
    for peer in cluster.stores().flat_map(Store::peers) {
        let known = survey.entry(peer.region_id()).or_insert_with(|| Known {
            leader: None,
            newest: peer.region(),
            merging_into: None,
            is_splitting: false,
            digest: FOLD_BASIS,
        });
        known.hear(peer);
    }
    for store in cluster.stores() {
        for (region, peer) in store.tombstones() {
            if let Some(known) = survey.get_mut(&region) {
                fold(&mut known.digest, [store.id().0, peer.0]);
            }
        }
    }
    for known in survey.values_mut() {
        // The leader's word counts, whatever a peer that does not lead has applied before it.
        if let Some(leader) = known.leader {
            known.newest = leader.region();
        }
    }
    survey
}

impl<'a> Known<'a> {
    fn hear(&mut self, peer: &'a PeerFsm) {
        let leads = peer.is_leader();
        if leads && self.leader.is_none_or(|leader| leader.term() <= peer.term()) {
            self.leader = Some(peer);
            self.is_splitting = peer.is_splitting();
        }
        let region: &Region = peer.region();
        if self.newest.epoch <= region.epoch {
            self.newest = region;
        }
        self.merging_into = self.merging_into.or(peer.merging_into());
        let flags = u64::from(leads)
            | u64::from(leads && peer.is_splitting()) << 1
            | u64::from(peer.force_leader().is_some()) << 2
            | u64::from(peer.is_initialized()) << 3;
        let term = if leads { peer.term() } else { 0 };
        let into = peer.merging_into().map_or(0, |region| region.0);
        let epoch = region.epoch;
        let peer = [peer.store().0, peer.id().0];
        fold(&mut self.digest, peer);
        fold(&mut self.digest, [flags, term, into, epoch.conf_ver, epoch.version]);
    }
}

/// FNV-1a's, over numbers instead of bytes.
const FOLD_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FOLD_PRIME: u64 = 0x0100_0000_01b3;

fn fold(digest: &mut u64, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        // Rotated, since the product of FNV moves nothing from the upper bits to the lower.
        *digest = (*digest ^ number).wrapping_mul(FOLD_PRIME).rotate_left(29);
    }
}

impl Frame<'_> {
    /// What the row is made from, as one number; never 0.
    fn digest(&self, region: RegionId, known: &Known<'_>) -> u64 {
        let mut digest = known.digest;
        fold(&mut digest, [u64::from(self.short.contains(&region))]);
        if let Some(info) = self.cluster.pd().region(region) {
            let epoch = info.region.epoch;
            let leader = info.leader.map_or(0, |peer| peer.store.0);
            fold(&mut digest, [leader, epoch.conf_ver, epoch.version]);
            fold(&mut digest, info.down_peers.iter().map(|(peer, _)| peer.id.0));
            fold(&mut digest, [u64::MAX]);
            fold(&mut digest, info.pending_peers.iter().map(|peer| peer.id.0));
        }
        digest | 1
    }

    fn row(&self, region: RegionId, known: &Known<'_>) -> Row {
        let pd = self.cluster.pd().region(region);
        let newest = known.newest;
        let table_id = newest.start.table();
        let (hue, table) = match table_id.and_then(|id| self.names.get(&id)) {
            Some((index, name)) => (*index, Some(name.clone())),
            None => (self.names.len(), None),
        };
        let cells: Vec<Cell> = (0..self.lanes.len()).map(|at| self.cell(at, known, pd)).collect();
        let (leader, pd_leader) = (
            known.leader.map(PeerFsm::store),
            pd.and_then(|info| info.leader).map(|peer| peer.store),
        );
        let mut row = Row {
            region,
            table_id: table_id.filter(|_| table.is_some()),
            table,
            hue,
            part: 0,
            epoch: newest.epoch,
            term: known.leader.map(PeerFsm::term),
            leader,
            pd_leader,
            ghosts: cells.iter().filter(|cell| cell.condition.is_ghost()).count(),
            cells: cells.into(),
            short: self.short.contains(&region),
            merging_into: known.merging_into,
            states: States::default(),
        };
        row.states = states(&row, known, self.is_settled);
        row
    }

    fn cell(&self, at: usize, known: &Known<'_>, pd: Option<&RegionInfo>) -> Cell {
        let (store, newest) = (self.stores[at], known.newest);
        let member = newest.peer_on(store.id());
        let pd = pd.and_then(|info| pd_belief(info, store.id()));
        let disk = disk(store, newest.id);
        let leads = known.leader.filter(|peer| peer.store() == store.id());
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
            Some(peer) => condition(self.cluster.ghost_reason(newest.id, peer), peer, disk, pd),
            None => Condition::Well,
        };
        Cell { member, pd, disk, shape, condition }
    }
}

fn pd_belief(info: &RegionInfo, store: StoreId) -> Option<PdBelief> {
    let peer = info.region.peer_on(store)?;
    Some(PdBelief {
        id: peer.id,
        role: peer.role,
        down: info.down_peers.iter().any(|(down, _)| down.id == peer.id),
        pending: info.pending_peers.iter().any(|pending| pending.id == peer.id),
    })
}

fn states(row: &Row, known: &Known<'_>, is_settled: bool) -> States {
    let any = |is: fn(&Cell) -> bool| row.cells.iter().any(is);
    let has_role = |cell: &Cell, roles: &[PeerRole]| {
        cell.member.is_some_and(|peer| roles.contains(&peer.role))
    };
    let joint = [PeerRole::IncomingVoter, PeerRole::DemotingVoter];
    let leaders = row.leader.zip(row.pd_leader);
    States::default()
        .with(State::Leaderless, is_settled && row.leader.is_none())
        .with(State::Ghost, 0 < row.ghosts)
        .with(State::Short, row.short)
        .with(State::Down, any(|cell| cell.condition == Condition::Down))
        .with(State::Pending, any(|cell| cell.condition == Condition::Pending))
        .with(
            State::Misbelieved,
            any(Cell::is_misbelieved) || leaders.is_some_and(|(leader, pd)| leader != pd),
        )
        .with(State::Merging, row.merging_into.is_some())
        .with(State::Splitting, known.is_splitting)
        .with(State::Joint, row.cells.iter().any(|cell| has_role(cell, &joint)))
        .with(State::Learner, row.cells.iter().any(|cell| has_role(cell, &[PeerRole::Learner])))
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
