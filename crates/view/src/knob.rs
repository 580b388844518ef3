//! The knobs as switches: each behaviour that differs by release, its values, and the pull request
//! each comes from, in words.

use sim::release::{
    ConnectTimeoutLog, ForcedCommit, LearnersOnDemotion, NotFound, OrphanedPeers, PlanResend,
};
use sim::{Knobs, Release};

use crate::lang::Lang;

/// One behaviour that differs by release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Knob {
    /// [`Knobs::not_found`].
    NotFound,
    /// [`Knobs::learners_on_demotion`].
    LearnersOnDemotion,
    /// [`Knobs::orphaned_peers`].
    OrphanedPeers,
    /// [`Knobs::forced_commit`].
    ForcedCommit,
    /// [`Knobs::plan_resend`].
    PlanResend,
    /// [`Knobs::connect_timeout_log`].
    ConnectTimeoutLog,
}

/// One value of a knob, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnobValue {
    /// A few words.
    pub label: &'static str,
    /// Where the behaviour comes from.
    pub source: &'static str,
}

impl Knob {
    /// All of them, those that matter most to the incident first.
    pub const ALL: [Knob; 6] = [
        Knob::LearnersOnDemotion,
        Knob::OrphanedPeers,
        Knob::NotFound,
        Knob::ForcedCommit,
        Knob::PlanResend,
        Knob::ConnectTimeoutLog,
    ];

    /// The name of its field in [`Knobs`].
    pub fn field(self) -> &'static str {
        match self {
            Knob::NotFound => "not_found",
            Knob::LearnersOnDemotion => "learners_on_demotion",
            Knob::OrphanedPeers => "orphaned_peers",
            Knob::ForcedCommit => "forced_commit",
            Knob::PlanResend => "plan_resend",
            Knob::ConnectTimeoutLog => "connect_timeout_log",
        }
    }

    /// What it decides.
    pub fn question(self, lang: Lang) -> &'static str {
        let (en, zh) = match self {
            Knob::NotFound => ("PD does not know a store", "PD 不认识某个 store"),
            Knob::LearnersOnDemotion => ("Learners in the demotion list", "降级名单中的 learner"),
            Knob::OrphanedPeers => ("Orphaned peers", "孤儿 peer（orphaned）"),
            Knob::ForcedCommit => ("Who holds back a forced commit", "谁会拖住强制提交"),
            Knob::PlanResend => ("PD resends a plan after", "PD 重发计划的间隔"),
            Knob::ConnectTimeoutLog => {
                ("Level of “wait connect timeout”", "“wait connect timeout” 的级别")
            }
        };
        lang.pick(en, zh)
    }

    /// Its values, oldest behaviour first.
    pub fn values(self, lang: Lang) -> Vec<KnobValue> {
        let value = |en, zh, source| KnobValue { label: lang.pick(en, zh), source };
        match self {
            Knob::NotFound => vec![
                value("ask again for ever", "永远重试", "tikv#17875"),
                value("black-list it", "拉黑", "tikv#18023"),
                value("ask again, quietly", "安静地重试", "tikv#19993"),
            ],
            Knob::LearnersOnDemotion => vec![
                value("kept as members", "保留为成员", "tikv#18458"),
                value("removed", "移除", "tikv#18760"),
            ],
            Knob::OrphanedPeers => vec![
                value("ignored", "忽略", "pd#9624"),
                value("listed for removal", "列入移除名单", "pd#9554"),
            ],
            Knob::ForcedCommit => vec![
                value("learners too", "包括 learner", "tikv#18197"),
                value("voters only", "仅 voter", "tikv#18211"),
            ],
            Knob::PlanResend => {
                vec![value("40 s", "40 秒", "8.5.6"), value("60 s", "60 秒", "8.5.7")]
            }
            Knob::ConnectTimeoutLog => {
                vec![value("ERROR", "ERROR", "8.5.4"), value("WARN", "WARN", "8.5.5")]
            }
        }
    }

    /// Which of its values `knobs` has.
    pub fn get(self, knobs: &Knobs) -> usize {
        match self {
            Knob::NotFound => knobs.not_found as usize,
            Knob::LearnersOnDemotion => knobs.learners_on_demotion as usize,
            Knob::OrphanedPeers => knobs.orphaned_peers as usize,
            Knob::ForcedCommit => knobs.forced_commit as usize,
            Knob::PlanResend => knobs.plan_resend as usize,
            Knob::ConnectTimeoutLog => knobs.connect_timeout_log as usize,
        }
    }

    /// `knobs` with the value at `index` of this one; unchanged if there is no such value.
    pub fn set(self, knobs: Knobs, index: usize) -> Knobs {
        let mut new = knobs;
        match self {
            Knob::NotFound => {
                let all = [NotFound::Retry, NotFound::Blacklist, NotFound::RetryAndWarn];
                new.not_found = *all.get(index).unwrap_or(&knobs.not_found);
            }
            Knob::LearnersOnDemotion => {
                let all = [LearnersOnDemotion::Keep, LearnersOnDemotion::Remove];
                new.learners_on_demotion = *all.get(index).unwrap_or(&knobs.learners_on_demotion);
            }
            Knob::OrphanedPeers => {
                let all = [OrphanedPeers::Ignore, OrphanedPeers::List];
                new.orphaned_peers = *all.get(index).unwrap_or(&knobs.orphaned_peers);
            }
            Knob::ForcedCommit => {
                let all = [ForcedCommit::AllPeers, ForcedCommit::VotersOnly];
                new.forced_commit = *all.get(index).unwrap_or(&knobs.forced_commit);
            }
            Knob::PlanResend => {
                let all = [PlanResend::After40s, PlanResend::After60s];
                new.plan_resend = *all.get(index).unwrap_or(&knobs.plan_resend);
            }
            Knob::ConnectTimeoutLog => {
                let all = [ConnectTimeoutLog::Error, ConnectTimeoutLog::Warn];
                new.connect_timeout_log = *all.get(index).unwrap_or(&knobs.connect_timeout_log);
            }
        }
        new
    }
}

/// The release that behaves so, if one does.
pub fn release_of(knobs: &Knobs) -> Option<Release> {
    Release::ALL.into_iter().find(|release| release.knobs() == *knobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_can_be_set_and_read_back() {
        let knobs = Release::V8_5_2.knobs();
        for knob in Knob::ALL {
            for index in 0..knob.values(Lang::En).len() {
                assert_eq!(knob.get(&knob.set(knobs, index)), index, "{knob:?}");
            }
            assert_eq!(knob.set(knobs, 9), knobs);
        }
    }

    #[test]
    fn a_release_is_known_by_its_knobs() {
        assert_eq!(release_of(&Release::V8_5_7.knobs()), Some(Release::V8_5_7));
        let mixed = Knob::PlanResend.set(Release::V8_5_2.knobs(), 1);
        assert_eq!(release_of(&mixed), None);
    }
}
