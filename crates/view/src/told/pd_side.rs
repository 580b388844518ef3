//! Sentences on what people ask for, and on what PD and TiDB see and do.

use sim::event::{BlockedReason, OperatorEnd, OperatorName, RecoveryStage};
use sim::health::Ailment;
use sim::pd::replication::DrState;
use sim::region::Peer;
use sim::store::StoreStatus;
use sim::{EventKind as E, RegionId, StoreId};

use super::commands::counted;
use super::{Names, Sentence, notable, routine, turning};
use crate::answer::ailment_words;
use crate::lang::Lang;

pub(super) fn sentence(kind: &E, names: &Names, lang: Lang) -> Sentence {
    records(kind, lang)
        .or_else(|| store_life(kind, lang))
        .or_else(|| pd_leader(kind, lang))
        .or_else(|| recovery(kind, lang))
        .or_else(|| schedule(kind, lang))
        .or_else(|| tables(kind, names, lang))
}

/// The state of a store as PD shows it.
fn status(store: StoreId, from: StoreStatus, to: StoreStatus, lang: Lang) -> Sentence {
    match to {
        StoreStatus::Up => notable(
            lang,
            format!("PD hears from store {store} again ({} → Up)", from.name()),
            format!("PD 重新收到 store {store} 的心跳（{} → Up）", from.name()),
        ),
        StoreStatus::Disconnected => notable(
            lang,
            format!("PD has not heard from store {store} for 20 s: Disconnected"),
            format!("PD 20 秒未收到 store {store} 的心跳：Disconnected"),
        ),
        StoreStatus::Down => notable(
            lang,
            format!("PD has not heard from store {store} for max-store-down-time: Down"),
            format!("PD 超过 max-store-down-time 未收到 store {store} 的心跳：Down"),
        ),
        StoreStatus::Offline => notable(
            lang,
            format!("PD drains store {store}: Offline"),
            format!("PD 正在排空 store {store}：Offline"),
        ),
        StoreStatus::Tombstone => notable(
            lang,
            format!("PD buried store {store}: Tombstone, for good"),
            format!("PD 埋葬 store {store}：Tombstone，不可恢复"),
        ),
    }
}

fn records(kind: &E, lang: Lang) -> Sentence {
    if let E::StoreStatusChanged { store, from, to } = kind {
        return status(*store, *from, *to, lang);
    }
    if let E::StoreErased(store) = kind {
        return turning(
            lang,
            format!("PD erased the record of store {store}: from now on it answers \"not found\""),
            format!("PD 抹去 store {store} 的记录：此后一律回答 “not found”"),
        );
    }
    if let E::StoreRegistered(store) = kind {
        return notable(
            lang,
            format!("Store {store} registered with PD"),
            format!("store {store} 在 PD 注册"),
        );
    }
    if let E::DrStateSwitched { state, .. } = kind {
        let (en, zh) = dr_state(*state);
        return notable(
            lang,
            format!("DR Auto-Sync is in state {}: {en}", state.name()),
            format!("DR Auto-Sync 进入 {} 状态：{zh}", state.name()),
        );
    }
    if let E::MaxReplicasSet(count) = kind {
        return notable(
            lang,
            format!("PD now wants {} of each region", counted(*count, "voter")),
            format!("PD 现在要求每个 Region 有 {count} 个 voter"),
        );
    }
    if matches!(kind, E::RegionCacheReset) {
        return turning(
            lang,
            "PD forgot every region; until leaders report, no store seems to hold any".to_owned(),
            "PD 清空 Region 缓存；在 leader 上报之前，看起来任何 store 都没有 Region".to_owned(),
        );
    }
    None
}

/// How stores come and go in PD's eyes.
fn store_life(kind: &E, lang: Lang) -> Sentence {
    if let E::StoreServing(store) = kind {
        return routine(
            lang,
            format!("PD counts store {store} in: Serving"),
            format!("PD 将 store {store} 转为 Serving"),
        );
    }
    if let E::TombstoneKept(store) = kind {
        return notable(
            lang,
            format!("PD keeps the record of store {store}: its cache has regions there"),
            format!("PD 保留 store {store} 的记录：缓存中仍有 Region 在其上"),
        );
    }
    if let E::StoreReplaced { store, by } = kind {
        return turning(
            lang,
            format!("The machine of store {store} starts on an empty disk, as store {by}"),
            format!("store {store} 的机器以空盘启动，成为 store {by}"),
        );
    }
    if let E::StoreForgotten(store) = kind {
        return turning(
            lang,
            format!("PD came back without store {store}: it answers \"not found\""),
            format!("PD 恢复后没有 store {store} 的记录：一律回答 “not found”"),
        );
    }
    None
}

/// Who leads PD.
fn pd_leader(kind: &E, lang: Lang) -> Sentence {
    if matches!(kind, E::PdLeaderLost) {
        return turning(
            lang,
            "PD has no leader: it hears nothing and answers nobody".to_owned(),
            "PD 没有 leader：收不到心跳，也不应答".to_owned(),
        );
    }
    if matches!(kind, E::PdLeaderElected) {
        return turning(
            lang,
            "PD has a leader that knows what is on disk and has heard nothing yet".to_owned(),
            "PD 有了新 leader：只知道磁盘上的内容，尚未收到任何心跳".to_owned(),
        );
    }
    None
}

fn recovery(kind: &E, lang: Lang) -> Sentence {
    if let E::PlanSent { store, .. } = kind {
        return routine(
            lang,
            format!("PD sent store {store} its part of unsafe recovery"),
            format!("PD 向 store {store} 下发了 unsafe recovery 计划"),
        );
    }
    if let E::StoreReported { store, .. } = kind {
        return routine(
            lang,
            format!("Store {store} reported to PD what it holds"),
            format!("store {store} 向 PD 上报了它持有的内容"),
        );
    }
    let E::RecoveryStage { stage, .. } = kind else {
        return None;
    };
    let (en, zh) = stage_words(*stage);
    match stage {
        RecoveryStage::Finished | RecoveryStage::Failed => {
            turning(lang, format!("Unsafe recovery {en}"), format!("unsafe recovery {zh}"))
        }
        RecoveryStage::Idle
        | RecoveryStage::CollectReport
        | RecoveryStage::TombstoneTiFlashLearner
        | RecoveryStage::ForceLeaderForCommitMerge
        | RecoveryStage::ForceLeader
        | RecoveryStage::DemoteFailedVoter
        | RecoveryStage::CreateEmptyRegion
        | RecoveryStage::ExitForceLeader => {
            notable(lang, format!("Unsafe recovery {en}"), format!("unsafe recovery {zh}"))
        }
    }
}

/// What a stage does, as the end of a sentence.
pub(crate) fn stage_words(stage: RecoveryStage) -> (&'static str, &'static str) {
    match stage {
        RecoveryStage::Idle => ("is idle", "空闲"),
        RecoveryStage::CollectReport => {
            ("asks every living store what it holds", "向每个存活 store 收集报告")
        }
        RecoveryStage::TombstoneTiFlashLearner => (
            "destroys TiFlash learners that hold the newest log, since they cannot lead",
            "销毁持有最新日志的 TiFlash learner，因为它们不能当 leader",
        ),
        RecoveryStage::ForceLeaderForCommitMerge => {
            ("forces leaders on regions in a merge", "为合并中的 Region 强制指定 leader")
        }
        RecoveryStage::ForceLeader => (
            "forces leaders on regions that cannot elect one",
            "为无法选举的 Region 强制指定 leader",
        ),
        RecoveryStage::DemoteFailedVoter => {
            ("has force leaders demote the failed members", "让 force leader 将失败成员降级")
        }
        RecoveryStage::CreateEmptyRegion => {
            ("fills ranges that nobody holds with empty regions", "用空 Region 填补无人持有的范围")
        }
        RecoveryStage::ExitForceLeader => {
            ("turns force leaders into ordinary peers", "让 force leader 变回普通 Peer")
        }
        RecoveryStage::Finished => ("finished", "完成"),
        RecoveryStage::Failed => ("failed", "失败"),
    }
}

fn schedule(kind: &E, lang: Lang) -> Sentence {
    if let E::OperatorCreated { region, name, steps } = kind {
        return routine(
            lang,
            format!("PD wants region {region}: {} ({})", steps.join(", then "), name.name()),
            format!("PD 调度 Region {region}：{}（{}）", steps.join("，然后 "), name.name()),
        );
    }
    if let E::OperatorEnded { region, name, status } = kind {
        return operator_ended(*region, *name, *status, lang);
    }
    if let E::RepairBlocked { region, peer, why } = kind {
        return repair_blocked(*region, *peer, *why, lang);
    }
    if let E::RepairUnblocked(region) = kind {
        return routine(
            lang,
            format!("PD is no longer stuck with region {region}"),
            format!("PD 对 Region {region} 的修复不再受阻"),
        );
    }
    if let E::PeerDown { region, peer } = kind {
        return notable(
            lang,
            format!(
                "Region {region} has not heard from {} on store {} for ten minutes: down",
                peer.id, peer.store
            ),
            format!(
                "Region {region} 已十分钟未收到 store {} 上 {} 的消息：down",
                peer.store, peer.id
            ),
        );
    }
    None
}

fn operator_ended(
    region: RegionId,
    name: OperatorName,
    status: OperatorEnd,
    lang: Lang,
) -> Sentence {
    let (en, zh) = match status {
        OperatorEnd::Success => ("succeeded", "成功"),
        OperatorEnd::Canceled => ("was cancelled", "被取消"),
        OperatorEnd::Replaced => ("was replaced", "被替换"),
        OperatorEnd::Expired => ("expired", "过期"),
        OperatorEnd::Timeout => ("timed out", "超时"),
    };
    let name = name.name();
    routine(
        lang,
        format!("{name} of region {region} {en}"),
        format!("Region {region} 的 {name} {zh}"),
    )
}

fn repair_blocked(region: RegionId, peer: Peer, why: BlockedReason, lang: Lang) -> Sentence {
    let (en, zh) = blocked_words(why);
    notable(
        lang,
        format!(
            "PD leaves region {region} as it is, with {} on store {}: {en}",
            peer.id, peer.store
        ),
        format!("PD 对 Region {region}（store {} 上的 {}）无从下手：{zh}", peer.store, peer.id),
    )
}

/// Why PD does nothing, as the end of a sentence.
pub(crate) fn blocked_words(why: BlockedReason) -> (&'static str, &'static str) {
    match why {
        BlockedReason::PeerDownStoreUp => (
            "the peer is down, but its store is Up, and PD waits for the store to be down",
            "Peer 已 down，但其 store 是 Up，PD 要等 store 本身 down 才替换",
        ),
        BlockedReason::NoStoreToReplace => {
            ("no other store may take its place", "没有别的 store 可以接替")
        }
        BlockedReason::NoStoreToAdd => {
            ("a replica is missing and no store may take one", "缺副本，但没有 store 可以接收")
        }
        BlockedReason::OrphanKeptWhileUnhealthy => (
            "no rule wants it, but PD removes a last orphan only from a healthy region",
            "没有规则需要它，但 Region 不健康时 PD 不移除最后一个 orphan",
        ),
    }
}

fn change_held(table: &str, count: u64, ailments: &[Ailment], lang: Lang) -> Sentence {
    let first =
        |lang| ailments.first().map(|ailment| ailment_words(ailment, lang)).unwrap_or_default();
    let others = ailments.len().saturating_sub(1);
    let (and_en, and_zh) = match others {
        0 => (String::new(), String::new()),
        n => (format!(" (and {n} more)"), format!("（另有 {n} 处）")),
    };
    turning(
        lang,
        format!(
            "TiDB holds the change of {table} to {count} TiFlash replicas back, because: \
             {}{and_en}",
            first(Lang::En)
        ),
        format!(
            "TiDB 暂缓将 {table} 的 TiFlash 副本数改为 {count}，因为：{}{and_zh}",
            first(Lang::Zh)
        ),
    )
}

fn tables(kind: &E, names: &Names, lang: Lang) -> Sentence {
    if let E::TableCreated { table, name } = kind {
        return routine(
            lang,
            format!("{name} is table {table}"),
            format!("{name} 的表 id 为 {table}"),
        );
    }
    if let E::TableDropped { table, name } = kind {
        return notable(
            lang,
            format!(
                "TiDB forgets {name}; the keys of table {table} stay until the garbage collection"
            ),
            format!("TiDB 移除 {name}；表 {table} 的数据保留到 GC 为止"),
        );
    }
    if let E::TableSplit { table, regions } = kind {
        let table = names.table(*table);
        return routine(
            lang,
            format!("TiDB has {} split off {table}", counted(*regions, "region")),
            format!("TiDB 从 {table} 分裂出 {regions} 个 Region"),
        );
    }
    if let E::TableDestroyed { table, replicas } = kind {
        let (and_en, and_zh) = match replicas {
            0 => ("", ""),
            1.. => (", and its TiFlash rule", "及其 TiFlash 规则"),
        };
        return notable(
            lang,
            format!("The garbage collection deletes every key of table {table}{and_en}"),
            format!("GC 删除表 {table} 的全部数据{and_zh}"),
        );
    }
    if let E::ReplicaChangeHeld { table, count, ailments } = kind {
        return change_held(&names.table(*table), *count, ailments, lang);
    }
    if let E::ReplicaRuleSet { table, count } = kind {
        let table = names.table(*table);
        return turning(
            lang,
            format!("TiDB wants {} of {table}", counted(*count, "TiFlash replica")),
            format!("TiDB 要求 {table} 有 {count} 个 TiFlash 副本"),
        );
    }
    if let E::TableAvailable(table) = kind {
        let table = names.table(*table);
        return turning(
            lang,
            format!("{table} is available on TiFlash"),
            format!("{table} 在 TiFlash 上可用"),
        );
    }
    if let E::TableNotReady { table, progress_bp, missing } = kind {
        let table = names.table(*table);
        let percent = progress_bp / 100;
        return notable(
            lang,
            format!(
                "{table} is {percent} % replicated; {} without a replica",
                counted(missing.len() as u64, "region")
            ),
            format!("{table} 的复制进度为 {percent}%；{} 个 Region 缺副本", missing.len()),
        );
    }
    None
}

fn dr_state(state: DrState) -> (&'static str, &'static str) {
    match state {
        DrState::Sync => ("both data centres have everything", "两个数据中心数据一致"),
        DrState::AsyncWait => (
            "the second data centre is lost, and the stores of the first are being told",
            "备数据中心失联，正在通知主数据中心的 store",
        ),
        DrState::Async => ("the first data centre goes on alone", "主数据中心独自继续服务"),
        DrState::SyncRecover => ("the second data centre is to catch up", "备数据中心正在追赶数据"),
    }
}
