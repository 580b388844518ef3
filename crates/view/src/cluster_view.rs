//! What one world looks like at one moment: plain data that the page draws and the recorder keeps.
//!
//! Parts that rarely change sit behind `Rc`, and a new view takes them over from the one before
//! where nothing changed: so ten recorded minutes fit into memory, and to compare two views is
//! mostly to compare pointers. Moments are kept as such (`resolved_at`), never as ages: an age
//! would make every part differ from moment to moment.

use std::collections::BTreeSet;
use std::rc::Rc;

use sim::event::{BlockedReason, OperatorName, RecoveryStage};
use sim::message::GetStoreError;
pub use sim::pd::unsafe_recovery::StoreProgress as PlanProgress;
use sim::region::{Peer, PeerRole, RegionEpoch};
use sim::store::{Engine, StoreStatus};
use sim::{Millis, PeerId, RegionId, StoreId, TableId};

use crate::gauges::Gauges;

use crate::graph::marks::{States, StoreMark};

/// One world at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterView {
    /// When.
    pub at: Millis,
    /// The digest of all that has happened.
    pub fingerprint: u64,
    /// How many events had happened; the log and the sentences are theirs.
    pub events: usize,
    /// How many lines the log had.
    pub log_lines: u64,
    /// How the world is doing, in numbers.
    pub headline: Headline,
    /// What the time series are made of.
    pub gauges: Rc<Gauges>,
    /// Stores as lanes, regions as rows.
    pub matrix: Rc<Matrix>,
    /// PD's recovery, operators and unsolved repairs.
    pub pd: Rc<PdPanel>,
    /// What each running store knows of the addresses of others, by ascending store id.
    pub resolvers: Rc<[Rc<ResolverPanel>]>,
    /// `information_schema.tiflash_replica`, and the tables without a replica.
    pub tables: Rc<[TableRow]>,
    /// Invariants that do not hold: defects of this program.
    pub broken: Rc<[String]>,
}

/// What users would feel, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headline {
    /// Tables with a TiFlash replica that is not available: AVAILABLE 0 or PROGRESS below 1.
    pub tables_unavailable: usize,
    /// Tables with a TiFlash replica.
    pub tables: usize,
    /// Resolve attempts that gave no address, since the beginning.
    pub failed_resolves: u64,
    /// Resolve loops that still run although no region of the asker has a member there.
    pub needless_loops: usize,
    /// Members that will never answer.
    pub ghost_peers: usize,
    /// Regions that no peer leads.
    pub leaderless: usize,
    /// Tries of writes that came to nothing, since the beginning.
    pub refused: u64,
    /// Acknowledged writes that are lost.
    pub lost: u64,
}

/// Stores as lanes grouped by zone, regions as rows, peers where they cross.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The lanes from left to right.
    pub lanes: Rc<[Lane]>,
    /// The rows from top to bottom: by table, then by key.
    pub rows: Rc<[Rc<Row>]>,
    /// Who asks for an address in vain, and how often that was.
    pub arcs: Rc<[FailedResolves]>,
}

/// One store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its id.
    pub store: StoreId,
    /// What it is.
    pub engine: Engine,
    /// Its label `zone`; empty without one.
    pub zone: String,
    /// Its address.
    pub address: String,
    /// Whether its process runs.
    pub process: Process,
    /// What PD calls it.
    pub standing: Standing,
    /// What people did to its machine and links.
    pub marks: Rc<[StoreMark]>,
}

impl Lane {
    /// Whether the store is neither running nor wanted any more.
    pub fn is_gone(&self) -> bool {
        self.process == Process::Stopped
    }
}

/// A store's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// It runs.
    Running,
    /// It does not.
    Stopped,
}

/// A store in PD's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// PD has a record and calls it so.
    Known(StoreStatus),
    /// PD has no record: erased, or never registered.
    Unknown,
}

impl Standing {
    /// PD's `state_name`; a dash where there is no record.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Known(status) => status.name(),
            Standing::Unknown => "–",
        }
    }
}

/// One region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub region: RegionId,
    /// The table its first key belongs to.
    pub table: Option<Rc<str>>,
    /// That table.
    pub table_id: Option<TableId>,
    /// The table's position among all tables, for its colour.
    pub hue: usize,
    /// Which of the table's regions it is, from 0.
    pub part: usize,
    /// The epoch of the newest configuration.
    pub epoch: RegionEpoch,
    /// The term of the leader, if there is one.
    pub term: Option<u64>,
    /// The store of the leader.
    pub leader: Option<StoreId>,
    /// The store of the leader as PD knows it.
    pub pd_leader: Option<StoreId>,
    /// One cell a lane.
    pub cells: Rc<[Cell]>,
    /// Whether TiDB misses a TiFlash replica of it.
    pub short: bool,
    /// How many members will never answer.
    pub ghosts: usize,
    /// The region that it is being merged into.
    pub merging_into: Option<RegionId>,
    /// All that may be said of it.
    pub states: States,
}

/// Where a region and a store cross: what each party believes is there, and how to draw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The member, as the leader's (else the most advanced peer's) configuration has it.
    pub member: Option<Peer>,
    /// The member, as PD's region cache has it.
    pub pd: Option<PdBelief>,
    /// What the store's disk holds.
    pub disk: Disk,
    /// What to draw.
    pub shape: Shape,
    /// In which condition.
    pub condition: Condition,
}

/// What PD's region cache says of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdBelief {
    /// The member's id.
    pub id: PeerId,
    /// Its role.
    pub role: PeerRole,
    /// Whether the leader has not heard of it for ten minutes.
    pub down: bool,
    /// Whether its log is behind the leader's first entry.
    pub pending: bool,
}

/// What a store's disk holds of a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disk {
    /// Nothing.
    #[default]
    Nothing,
    /// A peer with data.
    Peer(PeerId),
    /// A peer that has received nothing yet.
    Uninitialised(PeerId),
    /// The id of a peer that was destroyed.
    Tombstone(PeerId),
    /// A peer, on a stopped store; its id is not to be read.
    Unread,
}

/// The shape of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// No peer and no memory of one.
    #[default]
    Empty,
    /// The leader.
    Leader,
    /// A leader without a quorum, by order of unsafe recovery.
    ForceLeader,
    /// A voter.
    Voter,
    /// A learner.
    Learner,
    /// A voter of the incoming half of a joint configuration.
    Incoming,
    /// A voter of the outgoing half, to be a learner.
    Demoting,
    /// A peer that is no member.
    Stray,
    /// Only the id of a destroyed peer is left.
    Tombstone,
}

/// The condition of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// As it should be.
    #[default]
    Well,
    /// Only a snapshot can help it.
    Pending,
    /// Its leader has not heard of it for ten minutes.
    Down,
    /// It has received nothing yet.
    Uninitialised,
    /// Its store is stopped.
    OnStoppedStore,
    /// Its store is buried.
    OnTombstone,
    /// PD no longer knows its store.
    OnErasedStore,
    /// Its store has no such peer.
    Missing,
}

impl Condition {
    /// Whether a member in this condition will never answer.
    pub fn is_ghost(self) -> bool {
        match self {
            Condition::Well | Condition::Pending | Condition::Down | Condition::Uninitialised => {
                false
            }
            Condition::OnStoppedStore
            | Condition::OnTombstone
            | Condition::OnErasedStore
            | Condition::Missing => true,
        }
    }
}

/// One store's vain questions for another's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedResolves {
    /// Who asks.
    pub from: StoreId,
    /// For whom.
    pub to: StoreId,
    /// How often in vain.
    pub count: u64,
    /// Whether it still asks.
    pub state: AskState,
}

/// Whether a store still asks for an address it did not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskState {
    /// It asks again every 5 s.
    Asking,
    /// It has given up until restart.
    Blacklisted,
    /// It has stopped asking for another reason: the store restarted, or an address came.
    Over,
}

/// What PD is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdPanel {
    /// Unsafe recovery.
    pub recovery: Recovery,
    /// Operators under way.
    pub operators: Rc<[OperatorView]>,
    /// Regions that do not fit their rules, and for which PD finds nothing it may do.
    pub blocked: Rc<[BlockedRepair]>,
    /// `max-replicas`.
    pub max_replicas: u64,
}

/// Unsafe recovery, as PD sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The stage.
    pub stage: RecoveryStage,
    /// When it was entered.
    pub since: Millis,
    /// All stages of this recovery, in order.
    pub stages: Rc<[RecoveryStage]>,
    /// The stores that must report in this stage, and how far each is.
    pub stores: Rc<[StoreProgress]>,
}

/// One store in one stage of unsafe recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreProgress {
    /// The store.
    pub store: StoreId,
    /// How far it is.
    pub progress: PlanProgress,
}

/// An operator under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorView {
    /// The region.
    pub region: RegionId,
    /// PD's description.
    pub name: OperatorName,
    /// Its steps in PD's words.
    pub steps: Rc<[String]>,
    /// When it was created.
    pub since: Millis,
}

/// A repair that PD does not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockedRepair {
    /// The region.
    pub region: RegionId,
    /// The peer in question.
    pub peer: Peer,
    /// Why nothing happens.
    pub why: BlockedReason,
}

/// What one running store knows of the addresses of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverPanel {
    /// The store.
    pub store: StoreId,
    /// One line a store it has dealt with.
    pub lines: Rc<[ResolverLine]>,
}

/// What one store knows of another's address, and how its connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverLine {
    /// The other store.
    pub target: StoreId,
    /// The cached address and when it was learnt.
    pub entry: Option<(String, Millis)>,
    /// The connection.
    pub link: Link,
}

/// A connection from one store to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// None was needed yet.
    Idle,
    /// Asking for the address.
    Resolving,
    /// Waiting to try again.
    BackingOff {
        /// Until when.
        until: Millis,
        /// Failed resolves in a row.
        failures: u64,
        /// Why the last one failed; `None` if it was not the resolve that failed.
        error: Option<GetStoreError>,
    },
    /// Dialling.
    Connecting,
    /// Messages flow.
    Established,
    /// Never to be dialled again until restart.
    Blacklisted,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// Its id.
    pub id: TableId,
    /// `db.name`.
    pub name: Rc<str>,
    /// TiFlash replicas wanted.
    pub replica_count: u64,
    /// The count that a change which is held back asks for.
    pub held: Option<u64>,
    /// AVAILABLE.
    pub available: bool,
    /// PROGRESS in 1/10000.
    pub progress_bp: u64,
    /// Regions short of a replica.
    pub missing: usize,
}

impl TableRow {
    /// Whether anybody wants a TiFlash replica, now or once a change is no longer held back.
    pub fn is_wanted(&self) -> bool {
        0 < self.replica_count || self.held.is_some()
    }

    /// Whether a query can count on the replica: AVAILABLE 1 and PROGRESS 1.
    pub fn is_ready(&self) -> bool {
        self.available && self.progress_bp >= 10_000 && self.held.is_none()
    }
}

impl Matrix {
    /// The row of a region.
    pub fn row(&self, region: RegionId) -> Option<&Rc<Row>> {
        self.rows.iter().find(|row| row.region == region)
    }

    /// The zones from left to right, each with its number of lanes.
    pub fn zones(&self) -> Vec<(&str, usize)> {
        let mut zones: Vec<(&str, usize)> = Vec::new();
        for lane in self.lanes.iter() {
            match zones.last_mut() {
                Some((name, lanes)) if *name == lane.zone => *lanes += 1,
                Some(_) | None => zones.push((&lane.zone, 1)),
            }
        }
        zones
    }
}

/// The rows of two worlds in which something to be seen differs.
pub fn differing_rows(a: &Matrix, b: &Matrix) -> BTreeSet<RegionId> {
    let mut differing = BTreeSet::new();
    for row in a.rows.iter() {
        let same = b.row(row.region).is_some_and(|other| look_alike(row, other));
        if !same {
            differing.insert(row.region);
        }
    }
    differing
}

/// Whether two rows have the same members in the same condition; who leads may differ.
fn look_alike(a: &Rc<Row>, b: &Rc<Row>) -> bool {
    if Rc::ptr_eq(a, b) {
        return true;
    }
    let looks = |cell: &Cell| (cell.member.map(|peer| peer.role), cell.condition.is_ghost());
    a.short == b.short
        && a.cells.len() == b.cells.len()
        && a.cells.iter().zip(b.cells.iter()).all(|(a, b)| looks(a) == looks(b))
}
