//! Every law by name, whether it holds, and what witnesses that it does not.

use sim::Cluster;
use sim::invariants::{self, Broken, Kind, Law};

use super::{Block, InspectWord as W, Tone, plain, toned};
use crate::lang::Lang;
use crate::thing::Thing;
use crate::why::Question;

pub(super) fn blocks(cluster: &Cluster, lang: Lang) -> Vec<Block> {
    let unmet = invariants::unmet(cluster);
    let safety = of_kind(Kind::Safety, W::Safety, cluster.broken_invariants(), lang);
    vec![safety, of_kind(Kind::Liveness, W::Liveness, &unmet, lang)]
}

fn of_kind(kind: Kind, heading: W, broken: &[Broken], lang: Lang) -> Block {
    let mut block = Block::new(heading.text(lang));
    let (sign, tone) = match kind {
        Kind::Safety => (W::Broken, Tone::Bad),
        Kind::Liveness => (W::NotYet, Tone::Busy),
    };
    for law in invariants::ALL.into_iter().filter(|law| law.kind() == kind) {
        let mut against = broken.iter().filter(|broken| broken.law == law);
        let first = against.next();
        let held = format!("{} · {}", W::Holds.text(lang), law.source());
        let value = match first {
            None => toned(held, Tone::Good),
            Some(found) => {
                let more = match against.count() {
                    0 => String::new(),
                    more => format!(" (+{more})"),
                };
                toned(format!("{}: {}{more} · {}", sign.text(lang), found.what, law.source()), tone)
            }
        };
        let row = block.fact(name(law, lang), value);
        if let Some(found) = first {
            row.thing = witness(found);
            row.why = question(found);
        }
    }
    if block.rows.is_empty() {
        block.fact("–", plain("–"));
    }
    block
}

/// The thing that shows it.
fn witness(broken: &Broken) -> Option<Thing> {
    match (broken.region, broken.store) {
        (Some(region), Some(store)) => Some(Thing::Peer(region, store)),
        (Some(region), None) => Some(Thing::Region(region)),
        (None, Some(store)) => Some(Thing::Store(store)),
        (None, None) => None,
    }
}

fn question(broken: &Broken) -> Option<Question> {
    match broken.law.kind() {
        Kind::Safety => Some(Question::Law(broken.law)),
        Kind::Liveness => match (broken.region, broken.store) {
            (Some(region), Some(store)) => Some(Question::Member(region, store)),
            (Some(region), None) => Some(Question::Repair(region)),
            (None, Some(store)) => Some(Question::Record(store)),
            (None, None) => None,
        },
    }
}

/// The law's name in a language.
fn name(law: Law, lang: Lang) -> &'static str {
    let zh = match law {
        Law::OneLeaderPerTerm => "每个 term 只有一个 leader",
        Law::LeaderCompleteness => "leader 拥有所有已提交的条目",
        Law::StateMachineSafety => "同一 index 只有一个条目",
        Law::EpochMonotone => "epoch 只增不减",
        Law::CommitMonotone => "commit 不后退",
        Law::OneVoterPerStore => "每个 store 至多一个 voter",
        Law::OneRegionPerKey => "每个 key 只属于一个 Region",
        Law::EveryKeyHasRegion => "恢复后每个 key 都有 Region",
        Law::JointByConfChange => "joint 状态只来自成员变更",
        Law::DestroyedStaysAway => "被销毁的 Peer 不会复活",
        Law::PdNotAhead => "PD 不会领先于 store",
        Law::AcknowledgedKept => "已确认的写入不会丢失",
        Law::NoGhostPeers => "没有 ghost Peer",
        Law::TablesAvailable => "表可用",
        Law::EveryKeyLed => "每个 key 都有 leader",
        Law::KnownStoresResolve => "已知 store 的地址可解析",
        Law::NoLiveStoreBlacklisted => "存活的 store 不被拉黑",
        Law::OperatorsEnd => "operator 按时结束",
        Law::SleepersWake => "休眠的 Region 会醒来",
        Law::RecoveryEnds => "recovery 会结束",
    };
    lang.pick(law.name(), zh)
}
