//! Why a command was not carried out, in the words of the real tools where they have some.

use std::fmt;
use std::format_args as text;

use crate::fault::FaultRefusal;
use crate::ids::{RegionId, StoreId};
use crate::load::MAX_WRITES_PER_MINUTE;
use crate::store::Engine;

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
    /// A fault that makes no sense.
    Fault(FaultRefusal),
    /// tikv-server waits for PD before it starts.
    StoreWaitsForPd(StoreId),
    /// PD without a leader serves nobody: pd-ctl's rendering of a 503.
    PdNoLeader,
    /// PD's processes do not run: pd-ctl's rendering of a failed connect.
    PdStopped,
    /// PD's processes run already: their ports and directories are taken.
    PdRunning,
    /// TiDB cannot write the rule: it reaches no PD.
    TidbWithoutPd,
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
            Self::StoreWaitsForPd(store) => {
                write!(f, "store {store} cannot start: it waits for PD, which has no leader")
            }
            Self::PdNoLeader => f.write_str("Failed! [503] no leader"),
            Self::PdStopped => f.write_str("Failed! dial tcp: connect: connection refused"),
            Self::PdRunning => f.write_str("PD is running; `stop pd` before it is started anew"),
            Self::TidbWithoutPd => f.write_str("ERROR 9001 (HY000): PD server timeout"),
            Self::DiskGone(store) => {
                write!(f, "store {store} has lost its disk; it would start as a new store")
            }
            Self::Fault(refusal) => refusal.fmt(f),
            Self::UnknownTable(table) => unknown_table(f, table),
            Self::LoadTooHigh { writes_per_minute: asked } => {
                let most = MAX_WRITES_PER_MINUTE;
                write!(f, "{asked} writes a minute and region are too many; at most {most}")
            }
            Self::NoStoreSpecified => f.write_str("Failed store ids are not specified"),
            Self::RecoveryRunning => failed(f, 500, text!("{RUNNING}")),
            Self::NoOnlineRecovery => f.write_str("unknown command \"unsafe\" for \"pd-ctl\""),
            Self::NoAbort => f.write_str("strconv.ParseUint: parsing \"abort\": invalid syntax"),
            Self::UnknownFlag(flag) => write!(f, "unknown flag: {flag}"),
            Self::NoRecoveryRunning => {
                failed(f, 400, text!("{INVALID_INPUT} no ongoing unsafe recovery"))
            }
            Self::FailedStoreUnknown(store) => {
                failed(f, 500, text!("{INVALID_INPUT} store {store} doesn't exist"))
            }
            Self::FailedStoreConnected(store) => {
                failed(f, 500, text!("{INVALID_INPUT} store {store} is up and connected"))
            }
            Self::TombstonesHoldRegions(stores) => tombstones_hold_regions(f, stores),
            Self::StoreNotInPd(store) => {
                failed(f, 404, text!("[PD:core:ErrStoreNotFound]store {store} not found"))
            }
            Self::StoreAlreadyRemoved(store) => {
                failed(f, 410, text!("[PD:core:ErrStoreRemoved]store {store} has been removed"))
            }
            Self::StoresNotEnough { store, up, need } => stores_not_enough(f, *store, *up, *need),
            Self::StoreNotOffline(store) => failed(f, 500, text!("store {store} is not offline")),
            Self::RegionNotInPd(region) => failed(f, 500, text!("region {region} not found")),
            Self::NoPeerOnStore { region, store } => {
                failed(f, 500, text!("region {region} has no peer in store {store}"))
            }
            Self::PeerOnStore { region, store } => {
                failed(f, 500, text!("region {region} already has peer in store {store}"))
            }
            Self::OperatorExists(_) => {
                failed(f, 500, text!("failed to add operator, maybe already have one"))
            }
            Self::NoOperator(_) => failed(f, 500, text!("operator not found")),
            Self::SplitInJointState => {
                failed(f, 500, text!("cannot split region which is in joint state"))
            }
            Self::MergeInJointState => {
                failed(f, 500, text!("cannot merge regions which are in joint state"))
            }
            Self::AbnormalPeer(region) => {
                let code = "PD:region:ErrRegionAbnormalPeer";
                failed(f, 500, text!("[{code}]region {region} has abnormal peer"))
            }
            Self::NotAdjacent => {
                let code = "PD:region:ErrRegionNotAdjacent";
                failed(f, 500, text!("[{code}]two regions are not adjacent"))
            }
            Self::CannotLead { region, store } => {
                failed(f, 500, text!("region {region} has no voter in store {store}"))
            }
            Self::NoLeader(region) => write!(f, "region {region} has no leader"),
            Self::RecoveryInProgress(region) => recovery_in_progress(f, *region),
            Self::MaxReplicasZero => failed(f, 400, text!("max-replicas should be greater than 0")),
            Self::TooManyTiflashReplicas { wanted, stores } => too_many(f, *wanted, *stores),
            Self::WrongEngine { store, engine } => {
                let engine = engine.name();
                failed(f, 500, text!("store {store} is {engine}: learners only"))
            }
        }
    }
}

const RUNNING: &str = "[PD:unsaferecovery:ErrUnsafeRecoveryIsRunning]unsafe recovery is running";
const INVALID_INPUT: &str = "[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input";

/// pd-ctl's rendering of an HTTP answer of PD that is not a success.
fn failed(f: &mut fmt::Formatter<'_>, status: u16, body: fmt::Arguments<'_>) -> fmt::Result {
    write!(f, "Failed! [{status}] \"{body}\"")
}

fn recovery_in_progress(f: &mut fmt::Formatter<'_>, region: RegionId) -> fmt::Result {
    write!(f, "region {region} is in the recovery progress")
}

fn tombstones_hold_regions(f: &mut fmt::Formatter<'_>, stores: &[StoreId]) -> fmt::Result {
    let stores: Vec<String> = stores.iter().map(StoreId::to_string).collect();
    write!(f, "Failed to remove tombstone store [500] \"failed stores: {}\"", stores.join(", "))
}

fn stores_not_enough(
    f: &mut fmt::Formatter<'_>,
    store: StoreId,
    up: u64,
    need: u64,
) -> fmt::Result {
    write!(
        f,
        "Failed to delete store {store}: [400] \"[PD:core:ErrStoresNotEnough]can not remove "
    )?;
    write!(f, "store {store} since the number of up stores would be {up} while need {need}\"")
}

fn unknown_table(f: &mut fmt::Formatter<'_>, table: &str) -> fmt::Result {
    let (schema, name) = table.split_once('.').unwrap_or(("test", table));
    write!(f, "ERROR 1146 (42S02): Table '{schema}.{name}' doesn't exist")
}

fn too_many(f: &mut fmt::Formatter<'_>, wanted: u64, stores: u64) -> fmt::Result {
    write!(f, "ERROR 1105 (HY000): the tiflash replica count: {wanted} should be less than the ")?;
    write!(f, "total tiflash server count: {stores}")
}
