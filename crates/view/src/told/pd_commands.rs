//! Sentences on what people ask of PD, in English and in Chinese.

use sim::{Halt, PdCommand, Scheduler};

use super::commands::{list, stores_named};

/// The command as a sentence, in both languages.
pub(super) fn sentence(command: &PdCommand) -> (String, String) {
    match command {
        PdCommand::RemoveFailedStores { stores, .. } => (
            format!("Somebody gave up {} (unsafe remove-failed-stores)", stores_named(stores)),
            format!("有人放弃 store {}（unsafe remove-failed-stores）", list(stores)),
        ),
        PdCommand::SetMaxReplicas(count) => (
            format!("Somebody set max-replicas to {count}"),
            format!("有人将 max-replicas 设为 {count}"),
        ),
        PdCommand::SetHaltScheduling(halt) => halt_scheduling(*halt),
        PdCommand::AbortRecovery
        | PdCommand::StopPd
        | PdCommand::StartPd
        | PdCommand::ForceNewPdCluster
        | PdCommand::LosePdLeader
        | PdCommand::LosePdDisks
        | PdCommand::ResignPdLeader
        | PdCommand::RecoverPd
        | PdCommand::RemoveTombstone => fixed(command),
        PdCommand::RebuildPd { alloc_id, .. } => (
            format!(
                "Somebody gave a new PD the cluster's id and ids after {alloc_id} (pd-recover)"
            ),
            format!("有人用 pd-recover 为新 PD 恢复 cluster ID，并从 {alloc_id} 之后分配 ID"),
        ),
        PdCommand::AddScheduler(Scheduler::EvictLeader(store)) => (
            format!("Somebody had every leader taken off store {store} (evict-leader-scheduler)"),
            format!("有人驱逐 store {store} 上的 leader（evict-leader-scheduler）"),
        ),
        PdCommand::RemoveScheduler(Scheduler::EvictLeader(store)) => (
            format!("Somebody let store {store} lead again (evict-leader-scheduler removed)"),
            format!("有人允许 store {store} 重新承担 leader（移除 evict-leader-scheduler）"),
        ),
        PdCommand::AddScheduler(Scheduler::BalanceLeader) => {
            ("Somebody let PD balance leaders again".into(), "有人恢复 leader 均衡".into())
        }
        PdCommand::RemoveScheduler(Scheduler::BalanceLeader) => (
            "Somebody removed balance-leader-scheduler".into(),
            "有人移除 balance-leader-scheduler".into(),
        ),
        PdCommand::SetMaxMergeRegionSize(0) => {
            ("Somebody had PD merge no region".into(), "有人关闭 Region 合并".into())
        }
        PdCommand::SetMaxMergeRegionSize(mib) => (
            format!("Somebody had PD merge regions of {mib} MiB and less (max-merge-region-size)"),
            format!("有人让 PD 合并不大于 {mib} MiB 的 Region（max-merge-region-size）"),
        ),
        PdCommand::SetMaxMergeRegionKeys(keys) => (
            format!("Somebody set max-merge-region-keys to {keys}"),
            format!("有人将 max-merge-region-keys 设为 {keys}"),
        ),
        PdCommand::SetSplitMergeInterval { ms } => (
            format!("Somebody set split-merge-interval to {} s", ms / 1_000),
            format!("有人将 split-merge-interval 设为 {} 秒", ms / 1_000),
        ),
        PdCommand::DeleteStore(store) => {
            (format!("Somebody deleted store {store}"), format!("有人下线 store {store}"))
        }
        PdCommand::DestroyStore(store) => (
            format!("Somebody told PD that the machine of store {store} is no more"),
            format!("有人告知 PD：store {store} 的机器已损毁"),
        ),
        PdCommand::SetMaxStoreDownTime { ms } => (
            format!("Somebody set max-store-down-time to {} s", ms / 1_000),
            format!("有人将 max-store-down-time 设为 {} 秒", ms / 1_000),
        ),
        PdCommand::AddAddPeer { region, store } => (
            format!("Somebody had a voter of region {region} added on store {store}"),
            format!("有人在 store {store} 上为 Region {region} 添加 voter"),
        ),
        PdCommand::AddTransferPeer { region, from, to } => (
            format!("Somebody had a peer of region {region} moved from store {from} to {to}"),
            format!("有人将 Region {region} 的 Peer 从 store {from} 迁移到 {to}"),
        ),
        PdCommand::AddTransferRegion { region, stores } => (
            format!("Somebody wanted region {region} on {}", stores_named(stores)),
            format!("有人要求将 Region {region} 迁移到 store {}", list(stores)),
        ),
        PdCommand::CancelDeleteStore(store) => {
            (format!("Somebody called store {store} back"), format!("有人取消下线 store {store}"))
        }
        PdCommand::SetReplication(_) => {
            ("Somebody changed PD's replication mode".into(), "有人修改了 PD 的复制模式".into())
        }
        PdCommand::AddRemovePeer { region, store } => (
            format!("Somebody had the peer of region {region} on store {store} removed"),
            format!("有人移除 Region {region} 在 store {store} 上的 Peer"),
        ),
        PdCommand::AddAddLearner { region, store } => (
            format!("Somebody had a learner of region {region} added on store {store}"),
            format!("有人在 store {store} 上为 Region {region} 添加 learner"),
        ),
        PdCommand::AddTransferLeader { region, store } => (
            format!("Somebody had store {store} lead region {region}"),
            format!("有人让 store {store} 领导 Region {region}"),
        ),
        PdCommand::AddSplitRegion { region, .. } => {
            (format!("Somebody had region {region} split"), format!("有人分裂 Region {region}"))
        }
        PdCommand::AddMergeRegion { source, target } => (
            format!("Somebody had region {source} merged into region {target}"),
            format!("有人将 Region {source} 合并到 Region {target}"),
        ),
        PdCommand::RemoveOperator(region) => (
            format!("Somebody cancelled the operator of region {region}"),
            format!("有人取消 Region {region} 的 operator"),
        ),
    }
}

fn halt_scheduling(halt: Halt) -> (String, String) {
    let (en, zh) = match halt {
        Halt::Halted => (
            "Somebody halted PD's scheduling (halt-scheduling)",
            "有人暂停 PD 调度（halt-scheduling）",
        ),
        Halt::Active => ("Somebody let PD schedule again", "有人恢复 PD 调度"),
    };
    (en.to_owned(), zh.to_owned())
}

/// What is always said in the same words.
const FIXED: &[(PdCommand, &str, &str)] = &[
    (
        PdCommand::AbortRecovery,
        "Somebody aborted unsafe recovery",
        "有人中止 unsafe recovery（abort）",
    ),
    (PdCommand::StopPd, "Somebody stopped PD", "有人停止 PD"),
    (PdCommand::StartPd, "Somebody started PD", "有人启动 PD"),
    (
        PdCommand::ForceNewPdCluster,
        "Somebody started one PD member alone (--force-new-cluster)",
        "有人仅用一个成员启动 PD（--force-new-cluster）",
    ),
    (PdCommand::LosePdDisks, "All of PD's disks are lost", "PD 的磁盘全部丢失"),
    (PdCommand::LosePdLeader, "The process that leads PD is gone", "PD leader 进程丢失"),
    (
        PdCommand::ResignPdLeader,
        "Somebody had PD's leader resign",
        "有人让 PD leader 让位（member leader resign）",
    ),
    (
        PdCommand::RecoverPd,
        "Somebody took the records of stores off PD's disk (pd-recover)",
        "有人用 pd-recover 清除 PD 磁盘上的 store 记录",
    ),
    (
        PdCommand::RemoveTombstone,
        "Somebody erased the records of tombstone stores (store remove-tombstone)",
        "有人抹去 Tombstone store 的记录（store remove-tombstone）",
    ),
];

fn fixed(command: &PdCommand) -> (String, String) {
    let found = FIXED.iter().find(|(known, ..)| known == command);
    let (_, en, zh) = found.expect("the table has a line for each such command");
    ((*en).to_owned(), (*zh).to_owned())
}
