//! The words on the page, each in both languages; terms of TiKV, PD and Raft stay English.
//! Sentences with numbers in them are in [`crate::phrases`] and [`crate::told`]. A part of the page
//! that has many words of its own declares them beside it, in the same form.

/// Declares words: `Name: "English", "中文";`, each with its documentation. The enum gets `ALL` and
/// `text`.
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis enum $Words:ident {
            $( $(#[$doc:meta])* $word:ident: $en:literal, $zh:literal; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        $vis enum $Words {
            $( $(#[$doc])* $word, )*
        }

        impl $Words {
            /// All of them.
            pub const ALL: &'static [$Words] = &[$($Words::$word),*];

            /// The word in a language.
            pub fn text(self, lang: $crate::Lang) -> &'static str {
                const TEXTS: &[[&str; 2]] = &[$([$en, $zh]),*];
                let [en, zh] = TEXTS[self as usize];
                lang.pick(en, zh)
            }
        }
    };
}

words! {
    /// Something that the page says.
    pub enum Word {
        /// The kind of scenario.
        Incident: "Incident", "事故";
        /// Jump link for keyboards.
        SkipToWorlds: "Skip to the worlds", "跳到两个世界";
        /// The switch of languages.
        Language: "Language", "语言";
        /// The switch of themes.
        Theme: "Theme", "主题";
        /// Theme as the system has it.
        ThemeAuto: "System", "跟随系统";
        /// The light theme.
        ThemeLight: "Light", "浅色";
        /// The dark theme.
        ThemeDark: "Dark", "深色";
        /// The sheet of settings.
        Settings: "Settings", "设置";
        /// The choice of contrast.
        Contrast: "Contrast", "对比度";
        /// The choice of motion.
        Motion: "Motion", "动效";
        /// As the system has it.
        AsSystem: "as the system", "跟随系统";
        /// High contrast.
        MoreContrast: "more", "更高";
        /// Little motion.
        LessMotion: "less", "更少";
        /// The sheet of terms.
        Glossary: "What the terms mean", "术语表";
        /// The first world.
        WorldA: "as reported", "如报告所述";
        /// The second world.
        WorldB: "fixed", "已修复";
        /// The choice of a release.
        Release: "Release", "版本";
        /// Knobs that no release has.
        OwnKnobs: "custom", "自定义";
        /// The knobs' panel.
        Behaviours: "Behaviours", "行为开关";
        /// The headline when all is well.
        AllAvailable: "all tables available", "所有表可用";
        /// The steps of the incident.
        Steps: "Steps of the incident", "事故步骤";
        /// Carries out the next step.
        NextStep: "Next step", "下一步";
        /// Carries out the first step.
        Begin: "Begin", "开始";
        /// Carries out all steps.
        PlayAll: "Play all", "全部播放";
        /// All steps are done.
        AllDone: "All steps are done", "所有步骤已完成";
        /// Starts again.
        Restart: "Start again", "重新开始";
        /// Unsafe recovery.
        UnsafeRecovery: "recovery", "recovery";
        /// No recovery runs.
        NoRecovery: "none so far", "尚未进行";
        /// The matrix.
        Matrix: "Regions by store", "各 store 上的 Region";
        /// How to walk the matrix by keyboard.
        MatrixKeys: "Arrow keys walk the regions, Escape lets go", "方向键浏览 Region，Escape 放开";
        /// Shows the matrix as a table.
        AsTable: "Show as a table", "显示为表格";
        /// Shows the matrix as a picture.
        AsPicture: "Show as a picture", "显示为图";
        /// A region.
        Region: "Region", "Region";
        /// A table.
        Table: "Table", "表";
        /// A process that does not run.
        Stopped: "stopped", "已停止";
        /// A record that was erased.
        Erased: "erased", "已抹去";
        /// Resolver caches.
        ResolverCaches: "Resolver caches", "地址缓存（resolver）";
        /// What a line of a resolver cache says.
        ResolverHint: "store → address · age of 60 s", "store → 地址 · 缓存年龄（60 秒）";
        /// A cached address older than 60 s.
        Stale: "stale", "过期";
        /// Waiting for PD's answer.
        Asking: "asking PD", "询问 PD";
        /// Dialling.
        Dialling: "dialling", "连接中";
        /// Black-listed.
        Blacklisted: "black-listed", "已拉黑";
        /// PD does not know the store.
        NotFound: "not found", "not found";
        /// PD could not be reached.
        Unreachable: "PD unreachable", "PD 不可达";
        /// Nobody answered.
        NoAnswer: "no answer", "无应答";
        /// What just happened.
        JustHappened: "What just happened", "刚刚发生了什么";
        /// Before anything has happened.
        NothingYet:
            "Every cluster is healthy. Press “Begin” for the first step of the incident, or \
             “Play all” to watch it through to its end.",
            "所有集群都健康。按“开始”执行事故的第一步，或按“全部播放”一直看到结束。";
        /// Before anything was done in a cluster that has no incident.
        NothingDone:
            "Every cluster is healthy, and nothing happens to it by itself. Build with “＋”, \
             right-click on anything, or type a command.",
            "所有集群都健康，不会自行发生任何事。用“＋”搭建，右键点击任意对象，或输入命令。";
        /// Asks for the causes.
        Why: "Why?", "为什么？";
        /// Goes to where the worlds diverge.
        DivergeHere: "The worlds diverge", "各世界在此分岔";
        /// Who believes what.
        WhoBelieves: "Who believes what", "各方的认知";
        /// The leader's configuration.
        LeadersConf: "leader’s conf", "leader 的配置";
        /// PD's region cache.
        PdCache: "PD region cache", "PD Region 缓存";
        /// The disk.
        OnDisk: "on disk", "磁盘上";
        /// PD's store list.
        PdStores: "PD store list", "PD store 列表";
        /// AVAILABLE and PROGRESS.
        AvailableProgress: "AVAILABLE · PROGRESS", "AVAILABLE · PROGRESS";
        /// The log.
        Log: "Log", "日志";
        /// Every line.
        LogAll: "all", "全部";
        /// Warnings and errors.
        LogTrouble: "trouble", "异常";
        /// No line.
        LogEmpty: "No line of this kind so far", "尚无此类日志";
        /// Play.
        Play: "Play", "播放";
        /// Pause.
        Pause: "Pause", "暂停";
        /// One event back.
        StepBack: "One event back", "退回一个事件";
        /// To the next event.
        StepEvent: "To the next event", "到下一个事件";
        /// One tick on.
        StepTick: "One tick (1 s)", "前进一个 tick（1 秒）";
        /// The speed.
        Speed: "Speed", "速度";
        /// Skips quiet stretches.
        SkipQuiet: "skip quiet", "跳过平静期";
        /// The time line.
        TimeLine: "Time line", "时间轴";
        /// Looking at a recorded moment.
        LookingBack: "looking back", "回看";
        /// Back to the newest moment.
        ToNow: "to now", "回到现在";
        /// The console.
        Console: "Console", "控制台";
        /// What to type.
        ConsoleHint:
            "pd-ctl store · pd-ctl operator show · faults · metrics · help",
            "pd-ctl store · pd-ctl operator show · faults · metrics · help";
        /// For both worlds.
        ForWorlds: "For which worlds", "作用于哪些世界";
        /// Carries out what was typed.
        Run: "Run", "执行";
        /// The legend.
        Legend: "Legend", "图例";
        /// A leader.
        Leader: "leader", "leader";
        /// A force leader.
        ForceLeader: "force leader", "force leader";
        /// A voter.
        Voter: "voter", "voter";
        /// A learner.
        Learner: "learner", "learner";
        /// A joint role.
        Joint: "joint", "joint";
        /// A member that will never answer.
        Ghost: "ghost: will never answer", "ghost：永远不会应答";
        /// A member behind.
        Pending: "pending", "pending";
        /// A member unheard of.
        Down: "down", "down";
        /// A destroyed peer's memory.
        TombstonePeer: "destroyed here", "曾在此销毁";
        /// All invariants hold.
        InvariantsHold: "invariants hold", "不变量成立";
        /// An invariant is broken.
        InvariantsBroken: "invariant broken", "不变量被破坏";
        /// The run so far was restored.
        Restored:
            "The last run broke off; its commands were carried out again up to the last",
            "上次运行中断；已重放其命令，最后一条除外";
        /// Closes something.
        Close: "Close", "关闭";
        /// More.
        More: "more", "更多";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for word in Word::ALL {
            let texts = [Lang::En, Lang::Zh].map(|lang| word.text(lang));
            assert!(texts.iter().all(|text| !text.is_empty()), "{word:?} says nothing");
        }
    }

    #[test]
    fn a_word_that_is_the_same_in_both_languages_is_a_term() {
        let terms = Word::ALL.iter().filter(|word| word.text(Lang::En) == word.text(Lang::Zh));
        let expected = [
            Word::UnsafeRecovery,
            Word::Region,
            Word::NotFound,
            Word::AvailableProgress,
            Word::ConsoleHint,
            Word::Leader,
            Word::ForceLeader,
            Word::Voter,
            Word::Learner,
            Word::Joint,
            Word::Pending,
            Word::Down,
        ];
        assert_eq!(terms.copied().collect::<Vec<_>>(), expected);
    }
}
