//! The canonical text of what is asked of PD: what [`parse`](super::parse) reads back.

use std::fmt;

use sim::command::ReplicationOption;
use sim::region::Key;
use sim::{Halt, PdCommand, RecoveryOptions, Scheduler, StoreId};

use crate::request::{List, Span};

/// Where PD is said to be, where it must be said.
const PD_URL: &str = "http://127.0.0.1:2379";
/// PD's resource of one store.
pub(crate) const STORE_PATH: &str = "/pd/api/v1/store/";

/// Writes a command to PD.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, command: &PdCommand) -> fmt::Result {
    match command {
        PdCommand::StopPd => f.write_str("stop pd"),
        PdCommand::StartPd => f.write_str("start pd"),
        PdCommand::ForceNewPdCluster => f.write_str("pd-server --force-new-cluster"),
        PdCommand::LosePdLeader => f.write_str("lose pd leader"),
        PdCommand::ResignPdLeader => f.write_str("pd-ctl member leader resign"),
        PdCommand::LosePdDisks => f.write_str("lose pd disks"),
        PdCommand::RebuildPd { cluster_id, alloc_id } => {
            write!(f, "pd-recover --cluster-id {cluster_id} --alloc-id {alloc_id}")
        }
        PdCommand::RecoverPd => f.write_str("pd-recover --from-old-member"),
        PdCommand::RemoveFailedStores { stores, auto_detect, timeout_s, options } => {
            write_remove_failed_stores(f, stores, *auto_detect, *timeout_s)?;
            write_options(f, *options)
        }
        PdCommand::AbortRecovery => f.write_str("pd-ctl unsafe remove-failed-stores abort"),
        PdCommand::RemoveTombstone => f.write_str("pd-ctl store remove-tombstone"),
        PdCommand::DeleteStore(store) => write!(f, "pd-ctl store delete {store}"),
        PdCommand::DestroyStore(store) => {
            write!(f, "curl -X DELETE {PD_URL}{STORE_PATH}{store}?force")
        }
        PdCommand::CancelDeleteStore(store) => write!(f, "pd-ctl store cancel-delete {store}"),
        PdCommand::SetMaxReplicas(count) => write!(f, "pd-ctl config set max-replicas {count}"),
        PdCommand::SetMaxMergeRegionKeys(keys) => {
            write!(f, "pd-ctl config set max-merge-region-keys {keys}")
        }
        PdCommand::SetMaxMergeRegionSize(mib) => {
            write!(f, "pd-ctl config set max-merge-region-size {mib}")
        }
        PdCommand::SetSplitMergeInterval { ms } => {
            write!(f, "pd-ctl config set split-merge-interval {}", Span(*ms))
        }
        PdCommand::SetReplication(option) => write_replication(f, option),
        PdCommand::SetHaltScheduling(halt) => {
            write!(f, "pd-ctl config set halt-scheduling {}", *halt == Halt::Halted)
        }
        PdCommand::SetMaxStoreDownTime { ms } => {
            write!(f, "pd-ctl config set max-store-down-time {}", Span(*ms))
        }
        PdCommand::AddScheduler(Scheduler::BalanceLeader) => {
            f.write_str("pd-ctl scheduler add balance-leader-scheduler")
        }
        PdCommand::AddScheduler(Scheduler::EvictLeader(store)) => {
            write!(f, "pd-ctl scheduler add evict-leader-scheduler {store}")
        }
        PdCommand::RemoveScheduler(Scheduler::BalanceLeader) => {
            f.write_str("pd-ctl scheduler remove balance-leader-scheduler")
        }
        PdCommand::RemoveScheduler(Scheduler::EvictLeader(store)) => {
            write!(f, "pd-ctl scheduler remove evict-leader-scheduler-{store}")
        }
        PdCommand::AddRemovePeer { region, store } => {
            write!(f, "pd-ctl operator add remove-peer {region} {store}")
        }
        PdCommand::AddAddLearner { region, store } => {
            write!(f, "pd-ctl operator add add-learner {region} {store}")
        }
        PdCommand::AddAddPeer { region, store } => {
            write!(f, "pd-ctl operator add add-peer {region} {store}")
        }
        PdCommand::AddTransferPeer { region, from, to } => {
            write!(f, "pd-ctl operator add transfer-peer {region} {from} {to}")
        }
        PdCommand::AddTransferRegion { region, stores } => {
            write!(f, "pd-ctl operator add transfer-region {region}")?;
            stores.iter().try_for_each(|store| write!(f, " {store}"))
        }
        PdCommand::AddTransferLeader { region, store } => {
            write!(f, "pd-ctl operator add transfer-leader {region} {store}")
        }
        PdCommand::AddSplitRegion { region, policy, keys } => {
            let policy = policy.to_string().to_lowercase();
            write!(f, "pd-ctl operator add split-region {region} --policy={policy}")?;
            let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
            if keys.is_empty() { Ok(()) } else { write!(f, " --keys={}", keys.join(",")) }
        }
        PdCommand::AddMergeRegion { source, target } => {
            write!(f, "pd-ctl operator add merge-region {source} {target}")
        }
        PdCommand::RemoveOperator(region) => write!(f, "pd-ctl operator remove {region}"),
    }
}

fn write_replication(f: &mut fmt::Formatter<'_>, option: &ReplicationOption) -> fmt::Result {
    f.write_str("pd-ctl config set replication-mode ")?;
    match option {
        ReplicationOption::Mode(mode) => return f.write_str(mode.name()),
        ReplicationOption::LabelKey(_)
        | ReplicationOption::Primary(_)
        | ReplicationOption::Dr(_)
        | ReplicationOption::PrimaryReplicas(_)
        | ReplicationOption::DrReplicas(_)
        | ReplicationOption::WaitStoreTimeout(_) => f.write_str("dr-auto-sync ")?,
    }
    match option {
        ReplicationOption::Mode(_) => Ok(()),
        ReplicationOption::LabelKey(key) => write!(f, "label-key {key}"),
        ReplicationOption::Primary(value) => write!(f, "primary {value}"),
        ReplicationOption::Dr(value) => write!(f, "dr {value}"),
        ReplicationOption::PrimaryReplicas(count) => write!(f, "primary-replicas {count}"),
        ReplicationOption::DrReplicas(count) => write!(f, "dr-replicas {count}"),
        ReplicationOption::WaitStoreTimeout(ms) => write!(f, "wait-store-timeout {}", Span(*ms)),
    }
}

fn write_remove_failed_stores(
    f: &mut fmt::Formatter<'_>,
    stores: &[StoreId],
    auto_detect: bool,
    timeout_s: Option<u64>,
) -> fmt::Result {
    f.write_str("pd-ctl unsafe remove-failed-stores")?;
    if !stores.is_empty() {
        write!(f, " {}", List(stores))?;
    }
    if auto_detect {
        f.write_str(" --auto-detect")?;
    }
    match timeout_s {
        Some(seconds) => write!(f, " --timeout {seconds}"),
        None => Ok(()),
    }
}

fn write_options(f: &mut fmt::Formatter<'_>, options: RecoveryOptions) -> fmt::Result {
    if let Some(seconds) = options.plan_timeout_s {
        write!(f, " --plan-execution-timeout {seconds}")?;
    }
    match options.disable_paranoid_check {
        true => f.write_str(" --disable-paranoid-check"),
        false => Ok(()),
    }
}
