//! The knobs as switches: each behaviour that differs by release, its values, and the pull request
//! or version each comes from, in words.

pub use sim::release::Knob;
use sim::{Knobs, Release};

use crate::lang::Lang;

/// One value of a knob, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnobValue {
    /// A few words.
    pub label: &'static str,
    /// Where the behaviour comes from.
    pub source: &'static str,
}

/// What there is to say of one knob.
struct Words {
    knob: Knob,
    question: (&'static str, &'static str),
    /// A few words in each language, and the source.
    values: &'static [(&'static str, &'static str, &'static str)],
}

/// What each knob decides, and its values from the oldest behaviour on, in English and 简体中文.
const WORDS: [Words; Knob::ALL.len()] = [
    Words {
        knob: Knob::LearnersOnDemotion,
        question: ("Learners in the demotion list", "降级名单中的 learner"),
        values: &[
            ("kept as members", "保留为成员", "tikv#18458"),
            ("removed", "移除", "tikv#18760"),
        ],
    },
    Words {
        knob: Knob::OrphanedPeers,
        question: ("Orphaned peers", "孤儿 Peer（orphaned）"),
        values: &[
            ("ignored", "忽略", "pd#9624"),
            ("listed for removal", "列入移除名单", "pd#9554"),
        ],
    },
    Words {
        knob: Knob::NotFound,
        question: ("PD does not know a store", "PD 不认识某个 store"),
        values: &[
            ("ask again for ever", "永远重试", "tikv#17875"),
            ("black-list it", "拉黑", "tikv#18023"),
            ("ask again, quietly", "安静地重试", "tikv#19993"),
            ("refresh stores and members", "刷新 store 与成员", "tikv#18440, proposed"),
        ],
    },
    Words {
        knob: Knob::NotFoundLine,
        question: ("Line “resolve store not found”", "日志 “resolve store not found”"),
        values: &[("absent", "没有", "7.4"), ("INFO", "INFO", "tikv#15677")],
    },
    Words {
        knob: Knob::UnknownStoreReply,
        question: ("PD tells of an unknown store by", "PD 如何告知未知 store"),
        values: &[("gRPC error", "gRPC 错误", "6.1"), ("reply header", "响应头", "pd#5310")],
    },
    Words {
        knob: Knob::TombstoneAnswer,
        question: ("PD says a store is a tombstone", "PD 答复 store 是 Tombstone"),
        values: &[
            ("ask again for ever", "永远重试", "tikv#9590"),
            ("black-list, by its text", "拉黑（按文本识别）", "tikv#9593"),
            ("black-list, by its type", "拉黑（按类型识别）", "tikv#15677"),
        ],
    },
    Words {
        knob: Knob::Reconnect,
        question: ("Wait before the next connect", "重连前的等待"),
        values: &[("1 s to 5 s", "1 至 5 秒", "6.3"), ("5 s", "5 秒", "tikv#13677")],
    },
    Words {
        knob: Knob::Connections,
        question: ("Connections to a store", "到一个 store 的连接数"),
        values: &[("one", "一条", "8.5.3"), ("by cores, up to four", "按核数，最多四条", "8.5.4")],
    },
    Words {
        knob: Knob::RaftQueue,
        question: ("Messages that wait for a store", "等待发往一个 store 的消息数"),
        values: &[("4096", "4096", "5.0"), ("8192", "8192", "8.4"), ("16384", "16384", "8.5.0")],
    },
    Words {
        knob: Knob::ConnectTimeoutLog,
        question: ("Level of “wait connect timeout”", "“wait connect timeout” 的级别"),
        values: &[("ERROR", "ERROR", "8.5.4"), ("WARN", "WARN", "8.5.5")],
    },
    Words {
        knob: Knob::OnlineRecovery,
        question: ("Online unsafe recovery", "在线 unsafe recovery"),
        values: &[("absent", "没有", "6.0"), ("in stages", "分阶段", "6.1")],
    },
    Words {
        knob: Knob::TiflashReports,
        question: ("Recovery and TiFlash stores", "恢复时的 TiFlash store"),
        values: &[("not waited for", "不等待", "pd#5044"), ("collected", "收集其报告", "pd#5045")],
    },
    Words {
        knob: Knob::ResidualJoint,
        question: ("A joint state left over", "遗留的 joint 状态"),
        values: &[
            ("the store never reports", "store 永不上报", "tikv#12644"),
            ("the store reports", "store 会上报", "tikv#12657"),
        ],
    },
    Words {
        knob: Knob::ForcedCommit,
        question: ("Who holds back a forced commit", "谁会拖住强制提交"),
        values: &[
            ("learners too", "包括 learner", "tikv#18197"),
            ("voters only", "仅 voter", "tikv#18211"),
        ],
    },
    Words {
        knob: Knob::ForcedProposals,
        question: ("A force leader accepts", "force leader 接受的提案"),
        values: &[
            ("membership changes", "成员变更", "tikv#15580"),
            ("merge rollback too", "以及合并回滚", "tikv#15578"),
        ],
    },
    Words {
        knob: Knob::FailedStoresFrom,
        question: ("Auto-detect looks at", "自动检测所看的 Peer"),
        values: &[
            ("there is none", "没有此功能", "pd#5415"),
            ("voters", "voter", "pd#6690"),
            ("all peers", "所有 Peer", "pd#6691"),
        ],
    },
    Words {
        knob: Knob::LeaderChoice,
        question: ("The newest log is chosen by", "选择最新日志的依据"),
        values: &[
            ("log", "日志", "8.0"),
            ("log and applied index", "日志与 applied index", "pd#7920"),
        ],
    },
    Words {
        knob: Knob::PlanResend,
        question: ("PD resends a plan after", "PD 重发计划的间隔"),
        values: &[("40 s", "40 秒", "8.5.6"), ("60 s", "60 秒", "8.5.7")],
    },
    Words {
        knob: Knob::RecoveryAbort,
        question: ("Aborting a recovery", "中止恢复"),
        values: &[("not possible", "不支持", "pd#10640"), ("offered", "支持", "pd#10641")],
    },
    Words {
        knob: Knob::ShowWords,
        question: ("Words of “show”", "“show” 的措辞"),
        values: &[
            ("one string", "单个字符串", "6.1"),
            ("details", "带细节", "6.5"),
            ("details, capitals", "带细节（大写）", "7.5"),
        ],
    },
    Words {
        knob: Knob::OrphanRules,
        question: ("PD removes orphans", "PD 何时移除孤儿副本"),
        values: &[
            ("when all else is healthy", "其余成员都健康时", "6.5"),
            ("surplus ones too", "多余的也移除", "6.6"),
        ],
    },
    Words {
        knob: Knob::StoreDeleteCheck,
        question: ("“store delete” counts TiKV for", "“store delete” 检查的对象"),
        values: &[
            ("every store", "所有 store", "pd#10350"),
            ("TiKV stores", "TiKV store", "pd#10349"),
        ],
    },
    Words {
        knob: Knob::AvailableWhen,
        question: ("A table is available with", "表可用的条件"),
        values: &[
            ("one replica everywhere", "处处有一个副本", "6.1"),
            ("all replicas everywhere", "处处副本齐全", "8.x"),
        ],
    },
    Words {
        knob: Knob::ReplicaChange,
        question: ("A replica change is made", "副本变更何时执行"),
        values: &[
            ("at once", "立即", "every release"),
            ("after a health check", "健康检查通过后", "tikv#18440, proposed"),
        ],
    },
];

/// What the knob decides.
pub fn question(knob: Knob, lang: Lang) -> &'static str {
    let (en, zh) = words(knob).question;
    lang.pick(en, zh)
}

/// Its values, oldest behaviour first: a few words each, and where it comes from.
pub fn values(knob: Knob, lang: Lang) -> Vec<KnobValue> {
    let value = |&(en, zh, source)| KnobValue { label: lang.pick(en, zh), source };
    words(knob).values.iter().map(value).collect()
}

fn words(knob: Knob) -> &'static Words {
    WORDS.iter().find(|words| words.knob == knob).expect("every knob has words, a test says")
}

/// The release that behaves so, if one does.
pub fn release_of(knobs: &Knobs) -> Option<Release> {
    Release::ALL.into_iter().find(|release| release.knobs() == *knobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_words() {
        for knob in Knob::ALL.iter().copied() {
            for lang in [Lang::En, Lang::Zh] {
                assert_eq!(values(knob, lang).len(), knob.values(), "{knob:?}");
                assert!(!question(knob, lang).is_empty());
            }
        }
    }

    #[test]
    fn a_release_is_known_by_its_knobs() {
        assert_eq!(release_of(&Release::V8_5_7.knobs()), Some(Release::V8_5_7));
        let mixed = Knob::PlanResend.set(Release::V8_5_2.knobs(), 1);
        assert_eq!(release_of(&mixed), None);
    }
}
