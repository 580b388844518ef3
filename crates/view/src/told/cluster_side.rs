//! Sentences on what stores do: processes, Raft, connections, and their side of unsafe recovery.

use sim::event::{DestroyReason, ForceLeaderRefusal, ResolveVerdict};
use sim::message::{GetStoreError, PeerChange};
use sim::release::{LearnersOnDemotion, OrphanedPeers};
use sim::{EventKind as E, Knobs, RegionId, StoreId};

use super::{Sentence, notable, own, routine, turning};
use crate::lang::Lang;

pub(super) fn sentence(kind: &E, lang: Lang) -> Sentence {
    process(kind, lang)
        .or_else(|| membership(kind, lang))
        .or_else(|| peers(kind, lang))
        .or_else(|| links(kind, lang))
        .or_else(|| recovery(kind, lang))
}

fn process(kind: &E, lang: Lang) -> Sentence {
    if let E::StoreStarted(store) = kind {
        return notable(
            lang,
            format!("Store {store} started with empty caches"),
            format!("store {store} 启动，缓存为空"),
        );
    }
    if let E::StoreStopped(store) = kind {
        return turning(
            lang,
            format!("Store {store} stopped; its peers fall silent"),
            format!("store {store} 停止，其上的 Peer 不再应答"),
        );
    }
    if let E::StorePaused(store) = kind {
        return turning(
            lang,
            format!("Store {store} stalls: what is sent to it waits, and it says nothing"),
            format!("store {store} 停顿：发给它的消息在排队，它自己不再发声"),
        );
    }
    if let E::StoreResumed(store) = kind {
        return turning(
            lang,
            format!("Store {store} goes on with what has waited"),
            format!("store {store} 继续运行，处理积压的消息"),
        );
    }
    if let E::DiskLost(store) = kind {
        return turning(
            lang,
            format!("The disk of store {store} is lost, with every peer on it"),
            format!("store {store} 的磁盘丢失，其上所有 Peer 随之消失"),
        );
    }
    None
}

fn membership(kind: &E, lang: Lang) -> Sentence {
    if let E::BecameLeader { region, peer, term } = kind {
        return routine(
            lang,
            format!("Region {region} elected its peer on store {} in term {term}", peer.store),
            format!("Region {region} 在 term {term} 选出 store {} 上的 leader", peer.store),
        );
    }
    if let E::SteppedDown { region, store, .. } = kind {
        return routine(
            lang,
            format!("The leader of region {region} on store {store} stepped down"),
            format!("Region {region} 在 store {store} 上的 leader 退位"),
        );
    }
    ranges(kind, lang).or_else(|| members(kind, lang))
}

fn ranges(kind: &E, lang: Lang) -> Sentence {
    if let E::MergePrepared { region, target, store: _ } = kind {
        return notable(
            lang,
            format!("Region {} stops: it is to become part of region {target}", region.id),
            format!("Region {} 停止服务，准备并入 Region {target}", region.id),
        );
    }
    if let E::RegionsMerged { region, source, store: _ } = kind {
        return notable(
            lang,
            format!("Region {source} is now part of region {}", region.id),
            format!("Region {source} 已并入 Region {}", region.id),
        );
    }
    if let E::MergeRolledBack { region, store: _ } = kind {
        return notable(
            lang,
            format!(
                "The merge of region {} was rolled back, since the other region has changed; it \
                 serves again",
                region.id
            ),
            format!("Region {} 的合并被回滚，因为目标 Region 已变化；它恢复服务", region.id),
        );
    }
    if let E::RegionSplit { region, new, store: _ } = kind {
        let ids: Vec<String> = new.iter().map(|region| region.id.to_string()).collect();
        return notable(
            lang,
            format!("Region {} split; region {} has what lay before", region.id, ids.join(", ")),
            format!("Region {} 分裂，前面的范围归 Region {}", region.id, ids.join("、")),
        );
    }
    if let E::SplitRefused { region, store } = kind {
        return notable(
            lang,
            format!(
                "PD gave store {store} no ids to split region {region}: scheduling is halted while \
                 unsafe recovery runs"
            ),
            format!("unsafe recovery 期间调度暂停，PD 拒绝为 store {store} 分裂 Region {region}"),
        );
    }
    None
}

fn members(kind: &E, lang: Lang) -> Sentence {
    if let E::MembershipChanged { region, changes } = kind {
        if changes.is_empty() {
            return routine(
                lang,
                format!("Region {} left its joint configuration", region.id),
                format!("Region {} 离开 joint 配置", region.id),
            );
        }
        let (en, zh): (Vec<String>, Vec<String>) = changes.iter().map(|c| change(*c)).unzip();
        return routine(
            lang,
            format!("Region {} {}", region.id, en.join(", ")),
            format!("region {} {}", region.id, zh.join("，")),
        );
    }
    None
}

fn change(change: PeerChange) -> (String, String) {
    match change {
        PeerChange::AddVoter(peer) => (
            format!("makes {} on store {} a voter", peer.id, peer.store),
            format!("将 store {} 上的 {} 变为 voter", peer.store, peer.id),
        ),
        PeerChange::AddLearner(peer) => (
            format!("makes {} on store {} a learner", peer.id, peer.store),
            format!("将 store {} 上的 {} 变为 learner", peer.store, peer.id),
        ),
        PeerChange::Remove(peer) => (
            format!("removes {} on store {}", peer.id, peer.store),
            format!("移除 store {} 上的 {}", peer.store, peer.id),
        ),
    }
}

fn peers(kind: &E, lang: Lang) -> Sentence {
    if let E::PeerDestroyed { region, peer, store, why } = kind {
        let (en, zh) = destroyed(*why);
        let text = (
            format!("Peer {peer} of region {region} on store {store} was destroyed: {en}"),
            format!("Region {region} 在 store {store} 上的 Peer {peer} 被销毁：{zh}"),
        );
        return match why {
            DestroyReason::Recovery => notable(lang, text.0, text.1),
            DestroyReason::Removed | DestroyReason::NotAMember | DestroyReason::Merged => {
                routine(lang, text.0, text.1)
            }
        };
    }
    if let E::TombstoneRefused { region, peer, store } = kind {
        return notable(
            lang,
            format!(
                "Store {store} had destroyed peer {peer} of region {region} and drops its \
                 leader's messages: only a peer with a new id can live here"
            ),
            format!(
                "store {store} 已销毁 Region {region} 的 Peer {peer}，丢弃 leader 的消息：\
                 这里只能容纳新 id 的 Peer"
            ),
        );
    }
    if let E::EntriesLost { region, from, to } = kind {
        return turning(
            lang,
            format!(
                "Region {region} lost committed entries {from} to {to}: no surviving log has them"
            ),
            format!("Region {region} 丢失已提交的日志 {from} 至 {to}：存活的日志中都没有"),
        );
    }
    if let E::SnapshotApplied { region, store, .. } = kind {
        return routine(
            lang,
            format!("Store {store} received a snapshot of region {region}"),
            format!("store {store} 收到 Region {region} 的 snapshot"),
        );
    }
    if let E::PeerCreated { region, peer, store } = kind {
        return routine(
            lang,
            format!("Store {store} created peer {peer} of region {region}"),
            format!("store {store} 创建 Region {region} 的 Peer {peer}"),
        );
    }
    None
}

fn destroyed(why: DestroyReason) -> (&'static str, &'static str) {
    match why {
        DestroyReason::Removed => ("it was removed", "已被移除"),
        DestroyReason::Merged => ("its region was merged into another", "所属 Region 已被合并"),
        DestroyReason::NotAMember => ("it is no longer a member", "已不是成员"),
        DestroyReason::Recovery => {
            ("unsafe recovery ordered it, since a TiFlash learner cannot lead", {
                "unsafe recovery 下令，因为 TiFlash learner 不能当 leader"
            })
        }
    }
}

fn links(kind: &E, lang: Lang) -> Sentence {
    if let E::ResolveFailed { store, target, conn: _, error, verdict, attempt } = kind {
        return resolve_failed(*store, *target, *error, *verdict, *attempt, lang);
    }
    if let E::ReplicationUpdated { store, available, .. } = kind {
        if available.is_empty() {
            return routine(
                lang,
                format!("Store {store} sends to every store"),
                format!("store {store} 向所有 store 发送消息"),
            );
        }
        let stores: Vec<String> = available.iter().map(StoreId::to_string).collect();
        let stores = stores.join(", ");
        return routine(
            lang,
            format!("Store {store} sends to stores {stores} only; to all others it is paused"),
            format!("store {store} 只向 store {stores} 发送消息，对其他 store 暂停发送"),
        );
    }
    if let E::PdRequestFailed { store, target, attempt, .. } = kind {
        return routine(
            lang,
            format!(
                "Store {store} took PD's answer about store {target} for a broken connection and \
                 asks again in a second (try {attempt} of 10); its other resolves wait"
            ),
            format!(
                "store {store} 把 PD 关于 store {target} 的应答当作连接故障，1 秒后重试\
                 （第 {attempt} 次，共 10 次），其他地址解析只能排队"
            ),
        );
    }
    if let E::ConnectTimedOut { store, target, .. } = kind {
        return routine(
            lang,
            format!("Store {store} dialled store {target} at its cached address; nobody answered"),
            format!("store {store} 用缓存地址连接 store {target}，无人应答"),
        );
    }
    if let E::ConnectionAborted { store, target, .. } = kind {
        return routine(
            lang,
            format!("The connection from store {store} to store {target} broke"),
            format!("store {store} 到 store {target} 的连接中断"),
        );
    }
    None
}

fn resolve_failed(
    store: StoreId,
    target: StoreId,
    error: GetStoreError,
    verdict: ResolveVerdict,
    attempt: u64,
    lang: Lang,
) -> Sentence {
    let (en, zh) = match error {
        GetStoreError::NotFound => ("does not know it", "不认识它"),
        GetStoreError::Tombstone => ("calls it a tombstone", "称其为 Tombstone"),
        GetStoreError::Unreachable => ("did not answer", "没有应答"),
    };
    let (then_en, then_zh) = match verdict {
        ResolveVerdict::Blacklisted => {
            ("it will not ask again until restart", "直到重启前不再询问")
        }
        ResolveVerdict::RetryLoud | ResolveVerdict::RetryWarned | ResolveVerdict::RetryQuiet => {
            ("it will ask again", "稍后再问")
        }
    };
    let text = (
        format!("Store {store} asked PD where store {target} is; PD {en}; {then_en}"),
        format!("store {store} 向 PD 询问 store {target} 的地址；PD {zh}；{then_zh}"),
    );
    if attempt == 1 { notable(lang, text.0, text.1) } else { routine(lang, text.0, text.1) }
}

fn recovery(kind: &E, lang: Lang) -> Sentence {
    if let E::ForceLeaderEntered { region, store, failed_store_runs, .. } = kind {
        return match failed_store_runs {
            None => routine(
                lang,
                format!("Store {store} leads region {region} without a quorum (force leader)"),
                format!("store {store} 在没有多数派的情况下领导 Region {region}（force leader）"),
            ),
            Some(other) => turning(
                lang,
                format!(
                    "Store {store} force-leads region {region} while store {other}, declared \
                     failed, still runs: two leaders may exist"
                ),
                format!(
                    "store {store} 强制领导 Region {region}，而被宣告失败的 store {other} \
                     仍在运行：可能出现两个 leader"
                ),
            ),
        };
    }
    if let E::ForceLeaderRefused { region, store, why } = kind {
        return force_leader_refused(*region, *store, *why, lang);
    }
    if let E::LearnerSkipped { region, peer } = kind {
        return notable(
            lang,
            format!(
                "The demotion of region {region} passed over learner {} on store {}: it stays a \
                 member for ever (tikv#18458)",
                peer.id, peer.store
            ),
            format!(
                "Region {region} 的降级跳过了 store {} 上的 learner {}：它将永远是成员（tikv#18458）",
                peer.store, peer.id
            ),
        );
    }
    if let E::OrphanIgnored { region, peer } = kind {
        return notable(
            lang,
            format!(
                "PD did not list learner {} of region {region}: its store {} lives, but no longer \
                 has it (pd#9624)",
                peer.id, peer.store
            ),
            format!(
                "PD 没有列出 Region {region} 的 learner {}：store {} 还活着，但已没有它（pd#9624）",
                peer.id, peer.store
            ),
        );
    }
    if let E::DemotionProposed { region, store, changes } = kind {
        return routine(
            lang,
            format!("Store {store} demotes {} failed members of region {region}", changes.len()),
            format!("store {store} 将 Region {region} 的 {} 个失败成员降级", changes.len()),
        );
    }
    losses(kind, lang)
}

/// What these knobs lead to where a learner was left behind elsewhere.
pub(super) fn instead(other: &E, knobs: &Knobs, lang: Lang) -> Option<String> {
    if let E::OrphanIgnored { region, peer } = other
        && knobs.orphaned_peers == OrphanedPeers::List
    {
        return Some(own(
            lang,
            format!(
                "PD lists learner {} of region {region} for the demotion, and the region is rid \
                 of it (pd#9554)",
                peer.id
            ),
            format!(
                "PD 将 Region {region} 的 learner {} 列入降级清单，Region 就此摆脱它（pd#9554）",
                peer.id
            ),
        ));
    }
    if let E::LearnerSkipped { region, peer } = other
        && knobs.learners_on_demotion == LearnersOnDemotion::Remove
    {
        return Some(own(
            lang,
            format!(
                "The demotion of region {region} removes learner {} on store {} (tikv#18760)",
                peer.id, peer.store
            ),
            format!(
                "Region {region} 的降级移除 store {} 上的 learner {}（tikv#18760）",
                peer.store, peer.id
            ),
        ));
    }
    None
}

fn losses(kind: &E, lang: Lang) -> Sentence {
    if let E::EmptyRegionCreated(region) = kind {
        return turning(
            lang,
            format!("Region {} was created empty: the data of its range is lost", region.id),
            format!("创建空 Region {}：该范围的数据已丢失", region.id),
        );
    }
    if let E::InvariantBroken(text) = kind {
        return turning(
            lang,
            format!("A defect of this program: {text}"),
            format!("程序缺陷：{text}"),
        );
    }
    None
}

fn force_leader_refused(
    region: RegionId,
    store: StoreId,
    why: ForceLeaderRefusal,
    lang: Lang,
) -> Sentence {
    let (en, zh) = match why {
        ForceLeaderRefusal::NotInitialized => ("it knows no members yet", "尚不知道成员"),
        ForceLeaderRefusal::AlreadyLeader => ("it leads already", "已是 leader"),
        ForceLeaderRefusal::LeaderLease => {
            ("a leader's lease may still hold", "leader 的 lease 可能仍有效")
        }
        ForceLeaderRefusal::HasQuorum => {
            ("the living voters form a quorum", "存活的 voter 构成多数派")
        }
        ForceLeaderRefusal::VoteFailed => ("a vote was refused", "投票被拒"),
    };
    notable(
        lang,
        format!("Store {store} refused to force-lead region {region}: {en}"),
        format!("store {store} 拒绝强制领导 Region {region}：{zh}"),
    )
}
