//! Why a command was not carried out, in the words of the real tools where they have some.

use std::fmt;
use std::format_args as text;

use crate::clients::MAX_PER_MINUTE;
use crate::fault::FaultRefusal;
use crate::ids::{RegionId, StoreId};
use crate::store::Engine;
use crate::tidb::ddl::TableFault;

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
    /// A fault that makes no sense.
    Fault(FaultRefusal),
    /// A machine does not become a store.
    Start(StartFault),
    /// PD is not there, or is there already.
    Pd(PdFault),
    /// No such table.
    UnknownTable(String),
    /// A table that cannot be made, dropped or split.
    Table(TableFault),
    /// More than one request a millisecond.
    LoadTooHigh {
        /// What was asked for: writes, reads or queries.
        what: &'static str,
        /// How many a minute.
        per_minute: u64,
    },
    /// pd-ctl's answer where no store is named.
    NoStoreSpecified,
    /// PD: ErrUnsafeRecoveryIsRunning.
    RecoveryRunning,
    /// pd-ctl of a release that cannot recover online: it knows no such command.
    NoOnlineRecovery,
    /// pd-ctl of a release without `abort` reads the word as the list of failed stores.
    NoAbort,
    /// pd-ctl of a release that does not have this flag yet.
    UnknownFlag(&'static str),
    /// PD: ErrUnsafeRecoveryInvalidInput, there is nothing to abort.
    NoRecoveryRunning,
    /// PD: ErrUnsafeRecoveryInvalidInput, a store that PD has no record of.
    FailedStoreUnknown(StoreId),
    /// PD: ErrUnsafeRecoveryInvalidInput, a store heard from within 20 s.
    FailedStoreConnected(StoreId),
    /// PD's answer to `store remove-tombstone` while its region cache still has regions there.
    TombstonesHoldRegions(Vec<StoreId>),
    /// PD has no such store: pd-ctl's rendering of a 404.
    StoreNotInPd(StoreId),
    /// PD: ErrStoreRemoved, a tombstone takes no peer: pd-ctl's rendering of a 410.
    StoreAlreadyRemoved(StoreId),
    /// PD's answer to `store delete`, as pd-ctl prints it.
    StoreDelete {
        /// The store that was to go.
        store: StoreId,
        /// Why it stays.
        fault: StoreFault,
    },
    /// PD's answer to `store cancel-delete`, as pd-ctl prints it.
    StoreCancelDelete {
        /// The store that was to come back.
        store: StoreId,
        /// Why it does not.
        fault: StoreFault,
    },
    /// PD cannot tell roles where placement rules are on, which is always.
    TransferRegionWithoutRoles,
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
    /// PD: a region cannot be split in the middle of a change of membership.
    SplitInJointState,
    /// PD: regions cannot be merged in the middle of a change of membership.
    MergeInJointState,
    /// PD: ErrRegionAbnormalPeer: a region to be merged has down or pending members, or does not
    /// fit its rules.
    AbnormalPeer(RegionId),
    /// PD: ErrRegionNotAdjacent.
    NotAdjacent,
    /// PD: a leader cannot be removed while it is the only voter, or moved to a learner.
    CannotLead {
        /// The region.
        region: RegionId,
        /// The store whose peer cannot lead.
        store: StoreId,
    },
    /// PD: ErrSchedulerExisted.
    SchedulerExists,
    /// PD: ErrSchedulerNotFound.
    SchedulerNotFound,
    /// Nobody leads the region, so nobody can be asked to change it.
    NoLeader(RegionId),
    /// kvproto: `errorpb.RecoveryInProgress`. A force leader serves no reads and writes.
    RecoveryInProgress(RegionId),
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
            Self::StoreBuried(store) => {
                write!(f, "store {store} cannot start: PD answers it \"store is tombstone\"")
            }
            Self::DiskInUse(store) => {
                write!(f, "store {store} is running; `stop store {store}` before its disk is lost")
            }
            Self::Fault(refusal) => refusal.fmt(f),
            Self::Start(fault) => fault.fmt(f),
            Self::Pd(fault) => fault.fmt(f),
            Self::UnknownTable(table) => unknown_table(f, table),
            Self::Table(fault) => fault.fmt(f),
            Self::LoadTooHigh { what, per_minute } => too_often(f, what, *per_minute),
            Self::NoStoreSpecified => f.write_str("Failed store ids are not specified"),
            Self::RecoveryRunning => failed(f, 500, text!("{RUNNING}")),
            Self::NoOnlineRecovery => f.write_str("unknown command \"unsafe\" for \"pd-ctl\""),
            Self::NoAbort => f.write_str("strconv.ParseUint: parsing \"abort\": invalid syntax"),
            Self::UnknownFlag(flag) => write!(f, "unknown flag: {flag}"),
            Self::NoRecoveryRunning => {
                failed(f, 400, text!("{INVALID_INPUT} no ongoing unsafe recovery"))
            }
            Self::FailedStoreUnknown(store) => invalid_input(f, *store, "doesn't exist"),
            Self::FailedStoreConnected(store) => invalid_input(f, *store, "is up and connected"),
            Self::TombstonesHoldRegions(stores) => tombstones_hold_regions(f, stores),
            Self::StoreNotInPd(store) => {
                failed(f, 404, text!("[PD:core:ErrStoreNotFound]store {store} not found"))
            }
            Self::StoreAlreadyRemoved(store) => {
                failed(f, 410, text!("[PD:core:ErrStoreRemoved]store {store} has been removed"))
            }
            Self::StoreDelete { store, fault } => fault.write(f, "delete", *store),
            Self::StoreCancelDelete { store, fault } => fault.write(f, "cancel delete", *store),
            Self::RegionNotInPd(_)
            | Self::NoPeerOnStore { .. }
            | Self::PeerOnStore { .. }
            | Self::OperatorExists(_)
            | Self::NoOperator(_)
            | Self::SplitInJointState
            | Self::MergeInJointState
            | Self::AbnormalPeer(_)
            | Self::NotAdjacent
            | Self::CannotLead { .. }
            | Self::TransferRegionWithoutRoles
            | Self::WrongEngine { .. } => failed(f, 500, text!("{}", self.of_operators())),
            Self::SchedulerExists => {
                failed(f, 500, text!("[PD:scheduler:ErrSchedulerExisted]scheduler existed"))
            }
            Self::SchedulerNotFound => {
                failed(f, 404, text!("[PD:scheduler:ErrSchedulerNotFound]scheduler not found"))
            }
            Self::NoLeader(region) => write!(f, "region {region} has no leader"),
            Self::RecoveryInProgress(region) => recovery_in_progress(f, *region),
            Self::MaxReplicasZero => failed(f, 400, text!("max-replicas should be greater than 0")),
            Self::TooManyTiflashReplicas { wanted, stores } => too_many(f, *wanted, *stores),
        }
    }
}

impl Refusal {
    /// PD's words about an operator that was asked for.
    fn of_operators(&self) -> String {
        if let Self::RegionNotInPd(region) = self {
            return format!("region {region} not found");
        }
        if let Self::NoPeerOnStore { region, store } = self {
            return format!("region {region} has no peer in store {store}");
        }
        if let Self::PeerOnStore { region, store } = self {
            return format!("region {region} already has peer in store {store}");
        }
        if let Self::CannotLead { region, store } = self {
            return format!("region {region} has no voter in store {store}");
        }
        if let Self::WrongEngine { store, engine } = self {
            return format!("store {store} is {}: learners only", engine.name());
        }
        if let Self::AbnormalPeer(region) = self {
            return format!("[PD:region:ErrRegionAbnormalPeer]region {region} has abnormal peer");
        }
        let fixed = if let Self::OperatorExists(_) = self {
            "failed to add operator, maybe already have one"
        } else if let Self::NoOperator(_) = self {
            "operator not found"
        } else if *self == Self::SplitInJointState {
            "cannot split region which is in joint state"
        } else if *self == Self::MergeInJointState {
            "cannot merge regions which are in joint state"
        } else if *self == Self::NotAdjacent {
            "[PD:region:ErrRegionNotAdjacent]two regions are not adjacent"
        } else {
            assert_eq!(*self, Self::TransferRegionWithoutRoles, "not about an operator");
            NO_ROLES
        };
        fixed.to_owned()
    }
}

const RUNNING: &str = "[PD:unsaferecovery:ErrUnsafeRecoveryIsRunning]unsafe recovery is running";
const NO_ROLES: &str =
    "transfer region without peer role is not supported when placement rules enabled";
const INVALID_INPUT: &str = "[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input";

/// pd-ctl's rendering of an HTTP answer of PD that is not a success.
fn failed(f: &mut fmt::Formatter<'_>, status: u16, body: fmt::Arguments<'_>) -> fmt::Result {
    write!(f, "Failed! [{status}] \"{body}\"")
}

fn recovery_in_progress(f: &mut fmt::Formatter<'_>, region: RegionId) -> fmt::Result {
    write!(f, "region {region} is in the recovery progress")
}

fn too_often(f: &mut fmt::Formatter<'_>, what: &str, per_minute: u64) -> fmt::Result {
    write!(f, "{per_minute} {what} a minute and region are too many; at most {MAX_PER_MINUTE}")
}

fn invalid_input(f: &mut fmt::Formatter<'_>, store: StoreId, why: &str) -> fmt::Result {
    failed(f, 500, text!("{INVALID_INPUT} store {store} {why}"))
}

fn tombstones_hold_regions(f: &mut fmt::Formatter<'_>, stores: &[StoreId]) -> fmt::Result {
    let stores: Vec<String> = stores.iter().map(StoreId::to_string).collect();
    write!(f, "Failed to remove tombstone store [500] \"failed stores: {}\"", stores.join(", "))
}

/// Why PD cannot be asked, or not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PdFault {
    /// Without a leader it serves nobody: pd-ctl's rendering of a 503.
    NoLeader,
    /// Its processes do not run: pd-ctl's rendering of a failed connect.
    Stopped,
    /// Its processes run already: their ports and directories are taken.
    Running,
    /// TiDB's error where it reaches no PD.
    UnreachableFromTidb,
    /// Its disks can only be lost while its processes are stopped.
    DisksInUse,
    /// PD: ErrNotBootstrapped, a new PD that no store has joined.
    NotBootstrapped,
    /// It has the identity of another cluster than the stores here.
    OtherCluster,
    /// pd-recover's answer where there is something on PD's disks; and, by a slip of the tool,
    /// where `--from-old-member` finds nothing there.
    AlreadyBootstrapped,
    /// `--alloc-id` would let PD hand out ids a second time, which the model does not follow.
    AllocIdTooSmall {
        /// The largest id that was handed out.
        least: u64,
    },
}

impl fmt::Display for PdFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DisksInUse => "PD is running; `stop pd` before its disks are lost",
            Self::NotBootstrapped => NOT_BOOTSTRAPPED,
            Self::OtherCluster => OTHER_CLUSTER,
            Self::AlreadyBootstrapped => "failed to recover: the cluster is already bootstrapped",
            Self::AllocIdTooSmall { least } => {
                return write!(
                    f,
                    "ids up to {least} are in use; `--alloc-id` has to be {least} or more"
                );
            }
            Self::NoLeader => "Failed! [503] no leader",
            Self::Stopped => "Failed! dial tcp: connect: connection refused",
            Self::Running => "PD is running; `stop pd` before it is started anew",
            Self::UnreachableFromTidb => "ERROR 9001 (HY000): PD server timeout",
        })
    }
}

const NOT_BOOTSTRAPPED: &str = "Failed! [500] \"[PD:cluster:ErrNotBootstrapped]TiKV cluster not \
                                bootstrapped, please start TiKV first\"";
const OTHER_CLUSTER: &str = "PD has another cluster's id, so that no store speaks to it; \
                             `stop pd`, `lose pd disks`, and give pd-recover the id that a store's \
                             start names";

/// Why a machine does not become a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFault {
    /// It would wait until PD has a leader.
    WaitsForPd(StoreId),
    /// PD: another store in service has registered the address; tikv-server ends with this.
    DuplicatedAddress {
        /// The store that wants to register.
        store: StoreId,
        /// Where it would listen.
        address: String,
        /// Who has the address.
        by: StoreId,
    },
    /// Another process listens there already.
    AddressInUse {
        /// Where.
        address: String,
        /// Who.
        by: StoreId,
    },
    /// A store of this id is there already, or was.
    Exists(StoreId),
    /// PD is that of another cluster.
    ClusterIdMismatch {
        /// On the store's disk.
        local: u64,
        /// PD's.
        remote: u64,
    },
    /// An empty store would found a cluster of its own on a new PD.
    WouldBootstrap(StoreId),
    /// The store lost its disk, and its machine has started as another one.
    Replaced {
        /// The id that is gone with the disk.
        store: StoreId,
        /// The id its machine has now.
        by: StoreId,
    },
}

impl From<StartFault> for Refusal {
    fn from(fault: StartFault) -> Refusal {
        Refusal::Start(fault)
    }
}

impl fmt::Display for StartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WaitsForPd(store) => {
                write!(f, "store {store} cannot start: it waits for PD, which has no leader")
            }
            Self::DuplicatedAddress { store, address, by } => write!(
                f,
                "duplicated store address: id:{store} address:\"{address}\" , already registered \
                 by id:{by} address:\"{address}\" "
            ),
            Self::ClusterIdMismatch { local, remote } => write!(
                f,
                "cluster ID mismatch, local {local} != remote {remote}, you are trying to connect \
                 to another cluster, please reconnect to the correct PD"
            ),
            Self::WouldBootstrap(store) => write!(
                f,
                "store {store} is empty and would found a new cluster on this PD; `pd-recover \
                 --cluster-id … --alloc-id …` and a restart of PD come first"
            ),
            Self::AddressInUse { address, by } => {
                write!(f, "store {by} listens on {address} already")
            }
            Self::Exists(store) => write!(f, "there is a store {store} already, or was"),
            Self::Replaced { store, by } => {
                write!(f, "store {store} is gone with its disk; its machine is store {by} now")
            }
        }
    }
}

/// Why PD leaves a store in the state it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// PD: ErrStoreNotFound.
    NotFound,
    /// PD: ErrStoreRemoved, it is a Tombstone.
    Removed,
    /// PD: ErrStoreDestroyed, it was deleted with `force`.
    Destroyed,
    /// PD: ErrStoresNotEnough.
    NotEnough {
        /// Up TiKV stores that would be left.
        up: u64,
        /// `max-replicas`.
        need: u64,
    },
}

impl StoreFault {
    /// The status and body of PD's answer. PD: `server/api/store.go:responseStoreErr`.
    fn write(self, f: &mut fmt::Formatter<'_>, what: &str, store: StoreId) -> fmt::Result {
        write!(f, "Failed to {what} store {store}: ")?;
        match self {
            StoreFault::NotFound => {
                write!(f, "[404] \"[PD:core:ErrStoreNotFound]store {store} not found\"")
            }
            StoreFault::Removed => {
                write!(f, "[410] \"[PD:core:ErrStoreRemoved]store {store} has been removed\"")
            }
            StoreFault::Destroyed => {
                write!(f, "[400] \"[PD:core:ErrStoreDestroyed]store {store} has been ")?;
                write!(f, "physically destroyed\"")
            }
            StoreFault::NotEnough { up, need } => {
                write!(f, "[400] \"[PD:core:ErrStoresNotEnough]can not remove store {store} ")?;
                write!(f, "since the number of up stores would be {up} while need {need}\"")
            }
        }
    }
}

fn unknown_table(f: &mut fmt::Formatter<'_>, table: &str) -> fmt::Result {
    let (schema, name) = table.split_once('.').unwrap_or(("test", table));
    write!(f, "ERROR 1146 (42S02): Table '{schema}.{name}' doesn't exist")
}

fn too_many(f: &mut fmt::Formatter<'_>, wanted: u64, stores: u64) -> fmt::Result {
    write!(f, "ERROR 1105 (HY000): the tiflash replica count: {wanted} should be less than the ")?;
    write!(f, "total tiflash server count: {stores}")
}
