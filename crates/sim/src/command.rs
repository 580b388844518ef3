//! What people ask of a cluster, and why they are refused.
//!
//! The text form of a command (what an operator types) belongs to the crate `scenario`.

use std::fmt;

use crate::ids::{RegionId, StoreId};
use crate::store::Engine;

/// A request to change the cluster. It may be refused; see [`Refusal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `stop store …`: ends the processes. Memory is lost, disks stay; PD learns of it by missed
    /// heartbeats.
    StopStores(Vec<StoreId>),
    /// `start store …`: starts stopped processes on what their disks hold, with empty caches and
    /// black-lists.
    StartStores(Vec<StoreId>),
    /// `lose disk of …`: a stopped store's disk is gone, with every peer on it.
    LoseDisk(StoreId),
    /// `cut A,… B,…`: no message passes between the two groups until [`Command::Heal`].
    Cut {
        /// One side.
        from: Vec<StoreId>,
        /// The other side.
        to: Vec<StoreId>,
    },
    /// `delay A,… B,… 2s`: messages from the first group to the second take this much longer.
    Delay {
        /// The senders.
        from: Vec<StoreId>,
        /// The receivers.
        to: Vec<StoreId>,
        /// Milliseconds added to the link's own latency; 0 takes the delay away.
        by_ms: u64,
    },
    /// `heal`: takes away every cut and delay.
    Heal,
    /// `load TABLE 1/s` or `load off`: clients write to every region of the tables, at the leader.
    SetLoad {
        /// Names of the tables; empty means all.
        tables: Vec<String>,
        /// Writes a minute and region; 0 stops the load on these tables.
        writes_per_minute: u64,
    },
    /// `pd-ctl unsafe remove-failed-stores …`: buries the stores and starts unsafe recovery.
    RemoveFailedStores {
        /// The stores given up; empty only with `auto_detect`.
        stores: Vec<StoreId>,
        /// Any peer on a store that PD does not count as alive counts as failed.
        auto_detect: bool,
        /// Seconds until recovery gives up; PD's default is 600.
        timeout_s: Option<u64>,
    },
    /// `pd-ctl store remove-tombstone`: erases the record of every tombstone that PD's region
    /// cache shows no region on.
    RemoveTombstone,
    /// `pd-ctl store delete N`: the store becomes Offline and is drained.
    DeleteStore(StoreId),
    /// `pd-ctl store cancel-delete N`: an Offline store is Up again.
    CancelDeleteStore(StoreId),
    /// `pd-ctl config set max-replicas N`: changes the count of the default placement rule.
    SetMaxReplicas(u64),
    /// `pd-ctl operator add remove-peer R S`.
    AddRemovePeer {
        /// The region.
        region: RegionId,
        /// The store whose peer is to go.
        store: StoreId,
    },
    /// `pd-ctl operator add add-learner R S`.
    AddAddLearner {
        /// The region.
        region: RegionId,
        /// The store that gets a learner.
        store: StoreId,
    },
    /// `pd-ctl operator add transfer-leader R S`.
    AddTransferLeader {
        /// The region.
        region: RegionId,
        /// The store whose peer is to lead.
        store: StoreId,
    },
    /// `pd-ctl operator remove R`: cancels the region's operator.
    RemoveOperator(RegionId),
    /// `ALTER TABLE t SET TIFLASH REPLICA n`: writes, changes or deletes the table's rule.
    SetTiflashReplica {
        /// The table, `db.name`.
        table: String,
        /// Replicas wanted; 0 deletes the rule.
        count: u64,
    },
}

/// Why a command was not carried out. Nothing has changed. The text is what the real tool prints
/// where it has one, and the page shows it unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such store in this cluster's world (machines that could be started or stopped).
    UnknownStore(StoreId),
    /// The process is not running.
    StoreNotRunning(StoreId),
    /// The process runs already.
    StoreRunning(StoreId),
    /// A buried or erased store may not come back: TiKV ends at once with this error.
    StoreBuried(StoreId),
    /// A disk can only be lost while its process is stopped.
    DiskInUse(StoreId),
    /// Nothing can start on a lost disk: a process on an empty one registers as a new store.
    DiskGone(StoreId),
    /// The two groups of a cut or delay share a store.
    SameStoreOnBothSides(StoreId),
    /// No such table.
    UnknownTable(String),
    /// A load above one write a millisecond.
    LoadTooHigh {
        /// What was asked for, in writes a minute.
        writes_per_minute: u64,
    },
    /// pd-ctl's answer where no store is named.
    NoStoreSpecified,
    /// PD: ErrUnsafeRecoveryIsRunning.
    RecoveryRunning,
    /// PD: ErrUnsafeRecoveryInvalidInput, a store that PD has no record of.
    FailedStoreUnknown(StoreId),
    /// PD: ErrUnsafeRecoveryInvalidInput, a store heard from within 20 s.
    FailedStoreConnected(StoreId),
    /// PD's answer to `store remove-tombstone` while its region cache still has regions there.
    TombstonesHoldRegions(Vec<StoreId>),
    /// PD has no such store: pd-ctl's rendering of a 404.
    StoreNotInPd(StoreId),
    /// PD: ErrStoreRemoved, a tombstone cannot be deleted or revived: pd-ctl's rendering of a 410.
    StoreAlreadyRemoved(StoreId),
    /// PD: ErrStoresNotEnough.
    StoresNotEnough {
        /// The store that was to go.
        store: StoreId,
        /// Up TiKV stores that would be left.
        up: u64,
        /// `max-replicas`.
        need: u64,
    },
    /// `store cancel-delete` of a store that is not Offline.
    StoreNotOffline(StoreId),
    /// PD has no such region in its cache.
    RegionNotInPd(RegionId),
    /// PD: the region has no peer on the store.
    NoPeerOnStore {
        /// The region.
        region: RegionId,
        /// The store.
        store: StoreId,
    },
    /// PD: the store already has a peer of the region.
    PeerOnStore {
        /// The region.
        region: RegionId,
        /// The store.
        store: StoreId,
    },
    /// PD: the region already has an operator of the same or a higher priority.
    OperatorExists(RegionId),
    /// PD: the region has no operator to cancel.
    NoOperator(RegionId),
    /// PD: a leader cannot be removed while it is the only voter, or moved to a learner.
    CannotLead {
        /// The region.
        region: RegionId,
        /// The store whose peer cannot lead.
        store: StoreId,
    },
    /// `max-replicas` must be at least 1.
    MaxReplicasZero,
    /// TiDB: more replicas than TiFlash stores.
    TooManyTiflashReplicas {
        /// What was asked for.
        wanted: u64,
        /// TiFlash stores PD knows that are not Tombstone.
        stores: u64,
    },
    /// A voter cannot live on this engine.
    WrongEngine {
        /// The store.
        store: StoreId,
        /// What it is.
        engine: Engine,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownStore(store) => {
                write!(f, "no store {store} here; `store` lists the stores there are")
            }
            Self::StoreNotRunning(store) => write!(f, "store {store} is stopped already"),
            Self::StoreRunning(store) => write!(f, "store {store} is running already"),
            Self::StoreBuried(store) => write!(
                f,
                "store {store} cannot start: PD answers \"store is tombstone\" to its registration"
            ),
            Self::DiskInUse(store) => {
                write!(f, "store {store} is running; `stop store {store}` before its disk is lost")
            }
            Self::DiskGone(store) => write!(
                f,
                "store {store} has lost its disk; on an empty one it would be a new store"
            ),
            Self::SameStoreOnBothSides(store) => {
                write!(f, "store {store} is on both sides; name two groups without a common store")
            }
            Self::UnknownTable(table) => match table.split_once('.') {
                Some((schema, name)) => {
                    write!(f, "ERROR 1146 (42S02): Table '{schema}.{name}' doesn't exist")
                }
                None => write!(f, "ERROR 1146 (42S02): Table '{table}' doesn't exist"),
            },
            Self::LoadTooHigh { writes_per_minute } => write!(
                f,
                "a load of {writes_per_minute} writes a minute and region is too high; 60000 is \
                 the most"
            ),
            Self::NoStoreSpecified => f.write_str("Failed store ids are not specified"),
            Self::RecoveryRunning => f.write_str(
                "Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryIsRunning]unsafe recovery is \
                 running\"",
            ),
            Self::FailedStoreUnknown(store) => write!(
                f,
                "Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input \
                 store {store} doesn't exist\""
            ),
            Self::FailedStoreConnected(store) => write!(
                f,
                "Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input \
                 store {store} is up and connected\""
            ),
            Self::TombstonesHoldRegions(stores) => {
                let stores: Vec<String> = stores.iter().map(StoreId::to_string).collect();
                write!(
                    f,
                    "Failed to remove tombstone store [500] \"failed stores: {}\"",
                    stores.join(", ")
                )
            }
            Self::StoreNotInPd(store) => {
                write!(f, "Failed! [404] \"[PD:core:ErrStoreNotFound]store {store} not found\"")
            }
            Self::StoreAlreadyRemoved(store) => write!(
                f,
                "Failed! [410] \"[PD:core:ErrStoreRemoved]store {store} has been removed\""
            ),
            Self::StoresNotEnough { store, up, need } => write!(
                f,
                "Failed to delete store {store}: [400] \"[PD:core:ErrStoresNotEnough]can not \
                 remove store {store} since the number of up stores would be {up} while need \
                 {need}\""
            ),
            Self::StoreNotOffline(store) => {
                write!(f, "Failed! [500] \"store {store} is not offline\"")
            }
            Self::RegionNotInPd(region) => {
                write!(f, "Failed! [500] \"region {region} not found\"")
            }
            Self::NoPeerOnStore { region, store } => {
                write!(f, "Failed! [500] \"region {region} has no peer in store {store}\"")
            }
            Self::PeerOnStore { region, store } => {
                write!(f, "Failed! [500] \"region {region} already has peer in store {store}\"")
            }
            Self::OperatorExists(region) => write!(
                f,
                "Failed! [500] \"failed to add operator, maybe already have one\" (region {region})"
            ),
            Self::NoOperator(region) => {
                write!(f, "Failed! [500] \"operator not found\" (region {region})")
            }
            Self::CannotLead { region, store } => write!(
                f,
                "Failed! [500] \"region {region} has no voter in store {store} that could lead\""
            ),
            Self::MaxReplicasZero => {
                f.write_str("Failed! [400] \"max-replicas should be greater than 0\"")
            }
            Self::TooManyTiflashReplicas { wanted, stores } => write!(
                f,
                "ERROR 1105 (HY000): the tiflash replica count: {wanted} should be less than the \
                 total tiflash server count: {stores}"
            ),
            Self::WrongEngine { store, engine } => {
                write!(
                    f,
                    "Failed! [500] \"store {store} is {} and takes learners only\"",
                    engine.name()
                )
            }
        }
    }
}
