//! What the terms on the screen mean: one sentence each, in both languages.

use crate::lang::Lang;

/// A term and its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How elements of the page refer to it.
    pub id: &'static str,
    /// The term itself; terms stay English.
    pub term: &'static str,
    en: &'static str,
    zh: &'static str,
}

impl Entry {
    /// What it means.
    pub fn meaning(&self, lang: Lang) -> &'static str {
        lang.pick(self.en, self.zh)
    }
}

/// The entry of an id.
pub fn find(id: &str) -> Option<&'static Entry> {
    GLOSSARY.iter().find(|entry| entry.id == id)
}

/// An entry of the table below.
const fn entry(id: &'static str, term: &'static str, en: &'static str, zh: &'static str) -> Entry {
    Entry { id, term, en, zh }
}

/// All entries, the basic ones first.
pub const GLOSSARY: [Entry; 40] = [
    entry(
        "store",
        "store",
        "One TiKV or TiFlash server with its disk. It holds a peer of many regions.",
        "一个 TiKV 或 TiFlash 服务及其磁盘，上面有许多 Region 的 Peer。",
    ),
    entry(
        "region",
        "region",
        "A range of keys that is replicated as a whole: its peers on several stores are one Raft \
         group.",
        "一段连续的 key，整体复制：它在多个 store 上的 Peer 组成一个 Raft 组。",
    ),
    entry(
        "peer",
        "peer",
        "One replica of a region on one store. Its id is never used again, not even on the same \
         store.",
        "Region 在某个 store 上的一个副本。Peer id 永不复用，即使在同一 store 上。",
    ),
    entry(
        "leader",
        "leader",
        "The peer that a quorum has elected. It takes the writes and reports the region to PD.",
        "由多数派选出的 Peer，负责写入，并向 PD 汇报该 Region。",
    ),
    entry(
        "voter",
        "voter",
        "A peer that counts for the quorum: it votes, and a write needs most of the voters.",
        "计入多数派的 Peer：参与投票，写入需要多数 voter 确认。",
    ),
    entry(
        "learner",
        "learner",
        "A peer that receives the log but does not vote. TiFlash replicas are learners.",
        "只接收日志、不投票的 Peer。TiFlash 副本就是 learner。",
    ),
    entry(
        "quorum",
        "quorum",
        "More than half of the voters. Without it a region can neither elect a leader nor write.",
        "超过半数的 voter。失去它，Region 既选不出 leader，也不能写入。",
    ),
    entry(
        "joint",
        "joint configuration",
        "The half-way state of a membership change: both the old and the new majority must agree.",
        "成员变更的中间状态：新旧两个多数派都必须同意。",
    ),
    entry(
        "ghost",
        "ghost peer",
        "A member that the leader still lists although it will never answer: its store is dead \
         or no longer has it.",
        "leader 仍然记着、但永远不会应答的成员：它的 store 已经不在，或已没有这个 Peer。",
    ),
    entry(
        "stray",
        "stray peer",
        "A peer on a disk that its region's configuration no longer lists.",
        "磁盘上还在、但 Region 成员中已经没有的 Peer。",
    ),
    entry(
        "epoch",
        "region epoch",
        "Two counters: conf_ver grows when members change, version when the key range does. The \
         higher one is the newer truth.",
        "两个计数：成员变更使 conf_ver 增加，key 范围变更使 version 增加；数值大的更新。",
    ),
    entry(
        "term",
        "term",
        "Raft's clock: each election begins a new term, and a message of an older one is ignored.",
        "Raft 的逻辑时钟：每次选举开始一个新 term，更旧的消息会被忽略。",
    ),
    entry(
        "log-index",
        "log index",
        "The place of an entry in a region's Raft log. Committed: a quorum has it. Applied: it \
         has taken effect here.",
        "条目在 Raft 日志中的位置。committed：多数派已有；applied：已在本地生效。",
    ),
    entry(
        "progress",
        "progress",
        "What a leader knows of a follower: how far its log matches, and whether it probes, \
         replicates or sends a snapshot.",
        "leader 对 follower 的了解：日志匹配到哪里，处于 probe、replicate 还是 snapshot。",
    ),
    entry(
        "snapshot",
        "snapshot",
        "The whole state of a region, sent to a peer that is new or has fallen too far behind.",
        "Region 的完整状态，发给新的或落后太多的 Peer。",
    ),
    entry(
        "hibernate",
        "hibernate",
        "A quiet region's peers stop ticking until something wakes them.",
        "空闲 Region 的 Peer 停止 tick，直到被唤醒。",
    ),
    entry(
        "pending",
        "pending peer",
        "A peer whose log is so far behind that the leader must send it a snapshot first.",
        "日志落后太多、需要 leader 先发 snapshot 的 Peer。",
    ),
    entry(
        "down",
        "down peer",
        "A peer that its leader has not heard of for ten minutes, and has told PD so.",
        "leader 超过十分钟没有收到其消息、并已报告给 PD 的 Peer。",
    ),
    entry(
        "pd",
        "PD",
        "Placement Driver: keeps the list of stores, is told of every region by heartbeats, and \
         orders repairs.",
        "Placement Driver：保存 store 列表，通过心跳了解每个 Region，并安排修复。",
    ),
    entry(
        "heartbeat",
        "heartbeat",
        "What stores (every 10 s) and leaders (every 60 s, and on change) tell PD. What PD \
         believes is as old as the last one.",
        "store 每 10 秒、leader 每 60 秒（以及变化时）向 PD 的汇报。PD 的认知只和最近一次心跳一样新。",
    ),
    entry(
        "operator",
        "operator",
        "A repair or a move that PD has begun, step by step, through a region's leader.",
        "PD 通过 Region 的 leader 逐步执行的一次修复或调度。",
    ),
    entry(
        "placement-rule",
        "placement rule",
        "Says how many peers of which role a key range has, and on which stores. A TiFlash \
         replica is such a rule.",
        "规定一段 key 范围应有多少、何种角色的 Peer、放在哪些 store。TiFlash 副本就是这样一条规则。",
    ),
    entry(
        "blocked-repair",
        "stuck repair",
        "PD knows that something is missing and has no operator for it; the reason is told.",
        "PD 知道缺少什么，却没有可行的 operator；原因会显示出来。",
    ),
    entry(
        "up",
        "Up",
        "PD has the store in its list and it may hold peers.",
        "store 在 PD 列表中，可以放置 Peer。",
    ),
    entry(
        "offline",
        "Offline",
        "Somebody asked PD to remove the store; its peers are being moved away.",
        "已要求 PD 下线该 store，正在迁走它的 Peer。",
    ),
    entry(
        "tombstone",
        "Tombstone",
        "PD has buried the store: it may never come back under this id. A peer has a tombstone, \
         too, once destroyed.",
        "PD 已埋葬该 store：不得再以此 id 回来。Peer 被销毁后也会留下 tombstone。",
    ),
    entry(
        "erased",
        "erased store",
        "pd-ctl’s store remove-tombstone has deleted the record: PD answers “not found”, as if the \
         store had never been.",
        "pd-ctl 的 store remove-tombstone 已删除记录：PD 回答“not found”，就像从未有过这个 store。",
    ),
    entry(
        "resolver",
        "address resolver",
        "The part of each store that turns a store id into an address: from its cache for a \
         minute, else by asking PD.",
        "每个 store 中把 store id 变成地址的部分：一分钟内用缓存，否则询问 PD。",
    ),
    entry(
        "resolve-loop",
        "resolve loop",
        "A store asks PD for an address again and again because a region still lists a member \
         there.",
        "因为 Region 仍有成员在那里，store 反复向 PD 询问地址。",
    ),
    entry(
        "black-list",
        "black-list",
        "Stores that this store takes for dead: it no longer connects to them until it is \
         restarted.",
        "本 store 认为已死的 store：重启之前不再连接。",
    ),
    entry(
        "unsafe-recovery",
        "unsafe recovery",
        "pd-ctl’s unsafe remove-failed-stores: gives regions that lost their quorum a leader \
         again, by \
         force and at the cost of what only the dead had.",
        "pd-ctl 的 unsafe remove-failed-stores：强制让失去多数派的 Region 重新有 leader，代价是只在死者上的数据。",
    ),
    entry(
        "force-leader",
        "force leader",
        "A peer that recovery lets lead without a quorum, so that the failed members can be \
         removed.",
        "恢复过程中不经多数派而成为 leader 的 Peer，用来移除失败的成员。",
    ),
    entry(
        "stage",
        "recovery stage",
        "Unsafe recovery goes in stages: collect reports, force leaders, demote failed voters, \
         create empty regions, finish.",
        "unsafe recovery 分阶段进行：收集报告、强制 leader、降级失败的 voter、创建空 Region、结束。",
    ),
    entry(
        "plan",
        "recovery plan",
        "What PD tells one store to do in a stage; it rides on the answer to a store heartbeat.",
        "某一阶段 PD 让一个 store 做的事，随 store 心跳的应答下发。",
    ),
    entry(
        "tiflash-replica",
        "tiflash_replica",
        "TiDB's table of TiFlash replicas: COUNT is wanted, AVAILABLE whether queries may use \
         it, PROGRESS the share that is there.",
        "TiDB 的 TiFlash 副本表：COUNT 为目标，AVAILABLE 表示是否可查询，PROGRESS 为已完成比例。",
    ),
    entry(
        "invariant",
        "invariant",
        "A law that must hold at every moment, such as: two leaders never share a term. If one \
         does not, this program is wrong.",
        "任何时刻都必须成立的定律，例如同一 term 不会有两个 leader。若不成立，就是本程序有错。",
    ),
    entry(
        "fingerprint",
        "fingerprint",
        "A digest of all that has happened in a world. Equal fingerprints mean equal runs, to \
         the bit.",
        "一个世界中所有事件的摘要。指纹相同，则运行逐位相同。",
    ),
    entry(
        "knob",
        "behaviour",
        "One thing in which releases differ, by the pull request that changed it.",
        "版本之间的一处差异，以改变它的 pull request 为准。",
    ),
    entry(
        "divergence",
        "divergence",
        "The first moment at which the worlds differ in something that matters, under the same \
         commands.",
        "在相同命令下，两个世界首次出现实质差异的时刻。",
    ),
    entry(
        "lost-write",
        "lost write",
        "A write that a client was told is done, and that the region no longer has after a \
         recovery.",
        "客户端已得到确认、但恢复之后 Region 已没有的写入。",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_term_has_one_short_meaning_in_both_languages() {
        for (at, entry) in GLOSSARY.iter().enumerate() {
            assert_eq!(find(entry.id), Some(entry), "{} stands twice", entry.id);
            let before = &GLOSSARY[..at];
            assert!(before.iter().all(|other| other.term != entry.term), "{}", entry.term);
            for lang in Lang::ALL {
                let length = entry.meaning(lang).chars().count();
                assert!((8..=150).contains(&length), "{} takes {length} letters", entry.id);
            }
            assert_ne!(entry.meaning(Lang::En), entry.meaning(Lang::Zh), "{}", entry.id);
        }
        assert_eq!(find("no such term"), None);
    }
}
