//! The words on the page, each in both languages; terms of TiKV, PD and Raft stay English.
//! Sentences with numbers in them are in [`crate::phrases`] and [`crate::told`].

use crate::lang::Lang;

/// Something that the page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// The kind of scenario.
    Incident,
    /// Jump link for keyboards.
    SkipToWorlds,
    /// The switch of languages.
    Language,
    /// The switch of themes.
    Theme,
    /// Theme as the system has it.
    ThemeAuto,
    /// The light theme.
    ThemeLight,
    /// The dark theme.
    ThemeDark,
    /// The first world.
    WorldA,
    /// The second world.
    WorldB,
    /// The choice of a release.
    Release,
    /// Knobs that no release has.
    OwnKnobs,
    /// The knobs' panel.
    Behaviours,
    /// The headline when all is well.
    AllAvailable,
    /// The steps of the incident.
    Steps,
    /// Carries out the next step.
    NextStep,
    /// Carries out the first step.
    Begin,
    /// Carries out all steps.
    PlayAll,
    /// All steps are done.
    AllDone,
    /// Starts again.
    Restart,
    /// Unsafe recovery.
    UnsafeRecovery,
    /// No recovery runs.
    NoRecovery,
    /// Operators.
    Operators,
    /// Unsolved repairs.
    BlockedRepairs,
    /// The matrix.
    Matrix,
    /// How to walk the matrix by keyboard.
    MatrixKeys,
    /// Shows the matrix as a table.
    AsTable,
    /// Shows the matrix as a picture.
    AsPicture,
    /// A region.
    Region,
    /// A table.
    Table,
    /// A process that does not run.
    Stopped,
    /// A record that was erased.
    Erased,
    /// Resolver caches.
    ResolverCaches,
    /// What a line of a resolver cache says.
    ResolverHint,
    /// A cached address older than 60 s.
    Stale,
    /// Waiting for PD's answer.
    Asking,
    /// Dialling.
    Dialling,
    /// Black-listed.
    Blacklisted,
    /// PD does not know the store.
    NotFound,
    /// PD could not be reached.
    Unreachable,
    /// Nobody answered.
    NoAnswer,
    /// What just happened.
    JustHappened,
    /// Before anything has happened.
    NothingYet,
    /// Asks for the causes.
    Why,
    /// Goes to where the worlds diverge.
    DivergeHere,
    /// Who believes what.
    WhoBelieves,
    /// The leader's configuration.
    LeadersConf,
    /// PD's region cache.
    PdCache,
    /// The disk.
    OnDisk,
    /// PD's store list.
    PdStores,
    /// AVAILABLE and PROGRESS.
    AvailableProgress,
    /// The log.
    Log,
    /// Every line.
    LogAll,
    /// Warnings and errors.
    LogTrouble,
    /// No line.
    LogEmpty,
    /// Play.
    Play,
    /// Pause.
    Pause,
    /// One event back.
    StepBack,
    /// To the next event.
    StepEvent,
    /// One tick on.
    StepTick,
    /// The speed.
    Speed,
    /// Skips quiet stretches.
    SkipQuiet,
    /// The time line.
    TimeLine,
    /// Looking at a recorded moment.
    LookingBack,
    /// Back to the newest moment.
    ToNow,
    /// Catching up after a change of knobs.
    CatchingUp,
    /// The console.
    Console,
    /// What to type.
    ConsoleHint,
    /// For both worlds.
    Both,
    /// Carries out what was typed.
    Run,
    /// The legend.
    Legend,
    /// A leader.
    Leader,
    /// A force leader.
    ForceLeader,
    /// A voter.
    Voter,
    /// A learner.
    Learner,
    /// A joint role.
    Joint,
    /// A member that will never answer.
    Ghost,
    /// A member behind.
    Pending,
    /// A member unheard of.
    Down,
    /// A destroyed peer's memory.
    TombstonePeer,
    /// All invariants hold.
    InvariantsHold,
    /// An invariant is broken.
    InvariantsBroken,
    /// The run so far was restored.
    Restored,
    /// Closes something.
    Close,
    /// More.
    More,
}

impl Word {
    /// The word in a language.
    pub fn text(self, lang: Lang) -> &'static str {
        let (word, en, zh) = WORDS[self as usize];
        assert_eq!(word, self, "the table below has the order of the enum");
        lang.pick(en, zh)
    }
}

/// Every word in English and Chinese, in the order of the enum.
static WORDS: [(Word, &str, &str); 84] = [
    (Word::Incident, "Incident", "事故"),
    (Word::SkipToWorlds, "Skip to the worlds", "跳到两个世界"),
    (Word::Language, "Language", "语言"),
    (Word::Theme, "Theme", "主题"),
    (Word::ThemeAuto, "System", "跟随系统"),
    (Word::ThemeLight, "Light", "浅色"),
    (Word::ThemeDark, "Dark", "深色"),
    (Word::WorldA, "as reported", "如报告所述"),
    (Word::WorldB, "fixed", "已修复"),
    (Word::Release, "Release", "版本"),
    (Word::OwnKnobs, "custom", "自定义"),
    (Word::Behaviours, "Behaviours", "行为开关"),
    (Word::AllAvailable, "all tables available", "所有表可用"),
    (Word::Steps, "Steps of the incident", "事故步骤"),
    (Word::NextStep, "Next step", "下一步"),
    (Word::Begin, "Begin", "开始"),
    (Word::PlayAll, "Play all", "全部播放"),
    (Word::AllDone, "All steps are done", "所有步骤已完成"),
    (Word::Restart, "Start again", "重新开始"),
    (Word::UnsafeRecovery, "recovery", "recovery"),
    (Word::NoRecovery, "none so far", "尚未进行"),
    (Word::Operators, "operators", "operator"),
    (Word::BlockedRepairs, "repairs stuck", "修复受阻"),
    (Word::Matrix, "Regions by store", "各 store 上的 region"),
    (
        Word::MatrixKeys,
        "Arrow keys walk the regions, Escape lets go",
        "方向键浏览 region，Escape 放开",
    ),
    (Word::AsTable, "Show as a table", "显示为表格"),
    (Word::AsPicture, "Show as a picture", "显示为图"),
    (Word::Region, "Region", "Region"),
    (Word::Table, "Table", "表"),
    (Word::Stopped, "stopped", "已停止"),
    (Word::Erased, "erased", "已抹去"),
    (Word::ResolverCaches, "Resolver caches", "地址缓存（resolver）"),
    (Word::ResolverHint, "store → address · age of 60 s", "store → 地址 · 缓存年龄（60 秒）"),
    (Word::Stale, "stale", "过期"),
    (Word::Asking, "asking PD", "询问 PD"),
    (Word::Dialling, "dialling", "连接中"),
    (Word::Blacklisted, "black-listed", "已拉黑"),
    (Word::NotFound, "not found", "not found"),
    (Word::Unreachable, "PD unreachable", "PD 不可达"),
    (Word::NoAnswer, "no answer", "无应答"),
    (Word::JustHappened, "What just happened", "刚刚发生了什么"),
    (
        Word::NothingYet,
        "Both clusters are healthy. Press “Begin” for the first step of the incident, or \
         “Play all” to watch it through to its end.",
        "两个集群都健康。按“开始”执行事故的第一步，或按“全部播放”一直看到结束。",
    ),
    (Word::Why, "Why?", "为什么？"),
    (Word::DivergeHere, "The worlds diverge", "两个世界在此分岔"),
    (Word::WhoBelieves, "Who believes what", "各方的认知"),
    (Word::LeadersConf, "leader’s conf", "leader 的配置"),
    (Word::PdCache, "PD region cache", "PD region 缓存"),
    (Word::OnDisk, "on disk", "磁盘上"),
    (Word::PdStores, "PD store list", "PD store 列表"),
    (Word::AvailableProgress, "AVAILABLE · PROGRESS", "AVAILABLE · PROGRESS"),
    (Word::Log, "Log", "日志"),
    (Word::LogAll, "all", "全部"),
    (Word::LogTrouble, "trouble", "异常"),
    (Word::LogEmpty, "No line of this kind so far", "尚无此类日志"),
    (Word::Play, "Play", "播放"),
    (Word::Pause, "Pause", "暂停"),
    (Word::StepBack, "One moment back", "退回一刻"),
    (Word::StepEvent, "To the next event", "到下一个事件"),
    (Word::StepTick, "One tick (1 s)", "前进一个 tick（1 秒）"),
    (Word::Speed, "Speed", "速度"),
    (Word::SkipQuiet, "skip quiet", "跳过平静期"),
    (Word::TimeLine, "Time line", "时间轴"),
    (Word::LookingBack, "looking back", "回看"),
    (Word::ToNow, "to now", "回到现在"),
    (Word::CatchingUp, "replaying with the new behaviour", "以新行为重放中"),
    (Word::Console, "Console", "控制台"),
    (
        Word::ConsoleHint,
        "pd-ctl store · pd-ctl operator show · faults · metrics · help",
        "pd-ctl store · pd-ctl operator show · faults · metrics · help",
    ),
    (Word::Both, "A + B", "A + B"),
    (Word::Run, "Run", "执行"),
    (Word::Legend, "Legend", "图例"),
    (Word::Leader, "leader", "leader"),
    (Word::ForceLeader, "force leader", "force leader"),
    (Word::Voter, "voter", "voter"),
    (Word::Learner, "learner", "learner"),
    (Word::Joint, "joint", "joint"),
    (Word::Ghost, "ghost: will never answer", "ghost：永远不会应答"),
    (Word::Pending, "pending", "pending"),
    (Word::Down, "down", "down"),
    (Word::TombstonePeer, "destroyed here", "曾在此销毁"),
    (Word::InvariantsHold, "invariants hold", "不变量成立"),
    (Word::InvariantsBroken, "invariant broken", "不变量被破坏"),
    (
        Word::Restored,
        "The last run broke off; its commands were carried out again up to the last",
        "上次运行中断；已重放其命令，最后一条除外",
    ),
    (Word::Close, "Close", "关闭"),
    (Word::More, "more", "更多"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_both_languages() {
        assert_eq!(WORDS.len(), Word::More as usize + 1);
        for (index, (word, en, zh)) in WORDS.into_iter().enumerate() {
            assert_eq!(word as usize, index, "{word:?} is not in its place");
            assert!(!en.is_empty() && !zh.is_empty(), "{word:?} says nothing");
            assert_eq!(word.text(Lang::Zh), zh);
        }
    }

    #[test]
    fn a_word_that_is_the_same_in_both_languages_is_a_term() {
        let terms = WORDS.into_iter().filter(|(_, en, zh)| en == zh).map(|(word, _, _)| word);
        let expected = [
            Word::UnsafeRecovery,
            Word::Region,
            Word::NotFound,
            Word::AvailableProgress,
            Word::ConsoleHint,
            Word::Both,
            Word::Leader,
            Word::ForceLeader,
            Word::Voter,
            Word::Learner,
            Word::Joint,
            Word::Pending,
            Word::Down,
        ];
        assert_eq!(terms.collect::<Vec<_>>(), expected);
    }
}
