//! What a cluster is made of when a run begins: not only a fresh one, but any given stores,
//! regions, epochs, peers and tombstones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ids::{PeerId, RegionId, StoreId, TableId};
use crate::order;
use crate::region::{PeerRole, Region};
use crate::store::{Engine, StoreMeta, StoreState};

/// A cluster at the start of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Its stores.
    pub stores: Vec<StoreSetup>,
    /// Its regions.
    pub regions: Vec<RegionSetup>,
    /// Its tables.
    pub tables: Vec<TableSetup>,
    /// PD's `max-replicas`: the count of the default placement rule.
    pub max_replicas: u64,
    /// Cores of each TiKV's machine, which decide how many connections two stores keep from 8.5.4
    /// on; 0 if nobody cares. With fewer than 16 there is one, as on the machines of tikv#18440.
    pub cores: u64,
}

/// A store at the start of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSetup {
    /// What it is.
    pub meta: StoreMeta,
    /// PD's record of it.
    pub state: StoreState,
    /// Whether its process runs. One that does not was last heard from long ago.
    pub running: bool,
    /// When it sends its first store heartbeat, in milliseconds below 10,000; drawn from the seed
    /// where absent. Then every 10 s.
    pub heartbeat_phase_ms: Option<u64>,
}

/// A region at the start of a run. Every member has an initialised peer on its store with the same
/// log, unless named in `missing` or `tombstones`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionSetup {
    /// Range, epoch and members.
    pub region: Region,
    /// The store whose peer campaigns at once. Without one the peers elect a leader by themselves.
    pub leader: Option<StoreId>,
    /// Members' stores that hold no peer (the data is gone, or never arrived).
    pub missing: BTreeSet<StoreId>,
    /// Peers that were destroyed here earlier: the store's disk remembers the id.
    pub tombstones: BTreeMap<StoreId, PeerId>,
    /// Approximate size in MiB.
    pub size_mib: u64,
}

/// A TiDB table at the start of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSetup {
    /// Its id, as in its keys.
    pub id: TableId,
    /// `db.name`.
    pub name: String,
    /// TiFlash replicas wanted; 0 for none.
    pub tiflash_replicas: u64,
    /// AVAILABLE at the start.
    pub available: bool,
}

/// Why a cluster cannot be built as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// Two stores have the same id.
    DuplicateStore(StoreId),
    /// Two stores in service have the same address.
    DuplicateAddress(StoreId, StoreId),
    /// Two regions have the same id.
    DuplicateRegion(RegionId),
    /// Two peers have the same id.
    DuplicatePeer(PeerId),
    /// Two tables have the same id or name.
    DuplicateTable(TableId),
    /// A region's range is empty or runs backwards.
    EmptyRange(RegionId),
    /// Two regions share keys.
    Overlap(RegionId, RegionId),
    /// A region names a store twice.
    TwoPeersOnStore(RegionId, StoreId),
    /// A voter on a TiFlash store.
    VoterOnTiFlash(RegionId, StoreId),
    /// A region without a voter.
    NoVoter(RegionId),
    /// The leader named is not a voter with a peer on a running store.
    LeaderCannotLead(RegionId, StoreId),
    /// `max_replicas` is 0.
    NoReplicas,
    /// A heartbeat phase of 10 s or more.
    HeartbeatPhase(StoreId),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateStore(store) => write!(f, "store {store} is there twice"),
            Self::DuplicateAddress(a, b) => write!(f, "stores {a} and {b} have the same address"),
            Self::DuplicateRegion(region) => write!(f, "region {region} is there twice"),
            Self::DuplicatePeer(peer) => write!(f, "peer {peer} is there twice"),
            Self::DuplicateTable(table) => write!(f, "table {table} is there twice"),
            Self::EmptyRange(region) => write!(f, "the range of region {region} holds no key"),
            Self::Overlap(a, b) => write!(f, "regions {a} and {b} share keys"),
            Self::TwoPeersOnStore(region, store) => {
                write!(f, "region {region} has two peers on store {store}")
            }
            Self::VoterOnTiFlash(region, store) => write!(
                f,
                "region {region} has a voter on store {store}, which is TiFlash and takes \
                 learners only"
            ),
            Self::NoVoter(region) => write!(f, "region {region} has no voter"),
            Self::LeaderCannotLead(region, store) => write!(
                f,
                "region {region} cannot be led from store {store}: it needs a voter there and the \
                 store running"
            ),
            Self::NoReplicas => f.write_str("max-replicas must be at least 1"),
            Self::HeartbeatPhase(store) => {
                write!(f, "the heartbeat phase of store {store} must be below 10000 ms")
            }
        }
    }
}

impl std::error::Error for SetupError {}

impl Setup {
    /// Whether a cluster can be built of this.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SetupError> {
        if self.max_replicas == 0 {
            return Err(SetupError::NoReplicas);
        }
        self.check_stores()?;
        self.check_tables()?;
        let mut ids = BTreeSet::new();
        let mut peers = BTreeSet::new();
        for setup in &self.regions {
            if !ids.insert(setup.region.id) {
                return Err(SetupError::DuplicateRegion(setup.region.id));
            }
            for peer in &setup.region.peers {
                if !peers.insert(peer.id) {
                    return Err(SetupError::DuplicatePeer(peer.id));
                }
            }
            self.check_region(setup)?;
        }
        self.check_ranges()
    }

    fn check_stores(&self) -> Result<(), SetupError> {
        let mut ids = BTreeSet::new();
        let mut addresses = BTreeMap::new();
        for store in &self.stores {
            let id = store.meta.id;
            if !ids.insert(id) {
                return Err(SetupError::DuplicateStore(id));
            }
            if 10_000 <= store.heartbeat_phase_ms.unwrap_or(0) {
                return Err(SetupError::HeartbeatPhase(id));
            }
            if store.state != StoreState::Tombstone
                && let Some(other) = addresses.insert(&store.meta.address, id)
            {
                return Err(SetupError::DuplicateAddress(other, id));
            }
        }
        Ok(())
    }

    fn check_tables(&self) -> Result<(), SetupError> {
        let mut ids = BTreeSet::new();
        let mut names = BTreeSet::new();
        for table in &self.tables {
            if !ids.insert(table.id) || !names.insert(&table.name) {
                return Err(SetupError::DuplicateTable(table.id));
            }
        }
        Ok(())
    }

    fn check_region(&self, setup: &RegionSetup) -> Result<(), SetupError> {
        let region = &setup.region;
        if !region.end.is_empty() && region.end <= region.start {
            return Err(SetupError::EmptyRange(region.id));
        }
        let mut stores = BTreeSet::new();
        for peer in &region.peers {
            if !stores.insert(peer.store) {
                return Err(SetupError::TwoPeersOnStore(region.id, peer.store));
            }
            let engine = self.store(peer.store).map(|store| store.meta.engine);
            if peer.role != PeerRole::Learner && engine == Some(Engine::TiFlash) {
                return Err(SetupError::VoterOnTiFlash(region.id, peer.store));
            }
        }
        if !region.peers.iter().any(|peer| peer.role != PeerRole::Learner) {
            return Err(SetupError::NoVoter(region.id));
        }
        match setup.leader {
            Some(store) if !self.can_lead(setup, store) => {
                Err(SetupError::LeaderCannotLead(region.id, store))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn can_lead(&self, setup: &RegionSetup, store: StoreId) -> bool {
        let is_voter = setup.region.peer_on(store).is_some_and(|p| p.role != PeerRole::Learner);
        let is_there = !setup.missing.contains(&store) && !setup.tombstones.contains_key(&store);
        is_voter && is_there && self.store(store).is_some_and(|store| store.running)
    }

    fn check_ranges(&self) -> Result<(), SetupError> {
        let mut regions: Vec<&Region> = self.regions.iter().map(|setup| &setup.region).collect();
        order::sort_by(&mut regions, |a, b| a.start.cmp(&b.start).then(a.id.cmp(&b.id)));
        match regions.windows(2).find(|pair| pair[0].overlaps(pair[1])) {
            Some(pair) => Err(SetupError::Overlap(pair[0].id, pair[1].id)),
            None => Ok(()),
        }
    }

    fn store(&self, id: StoreId) -> Option<&StoreSetup> {
        self.stores.iter().find(|store| store.meta.id == id)
    }
}
