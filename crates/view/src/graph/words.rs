//! The words of the region graph.

use super::marks::{State, StoreMark};
use crate::Lang;
use crate::clock::roughly;

crate::words! {
    /// Something that the region graph says.
    pub enum GraphWord {
        /// A peer that is no member.
        Stray: "no member", "非成员";
        /// A member that has received nothing yet.
        Bare: "still empty", "尚无数据";
        /// A voter that comes.
        Incoming: "incoming voter", "incoming voter（将成为 voter）";
        /// A voter that goes.
        Demoting: "demoting voter", "demoting voter（将降级）";
        /// A ghost that may come back.
        Resting: "on a stopped store", "在已停止的 store 上";
        /// The worlds differ.
        Differs: "differs between the worlds", "两个世界不同";
        /// PD's cache is wrong.
        Misbelieved: "PD believes otherwise", "PD 的认知不同";
        /// A region is merged.
        Merging: "merging", "合并中";
        /// A region is split.
        Splitting: "splitting", "分裂中";
        /// A process stalls.
        Paused: "paused", "已暂停";
        /// A link is cut.
        Cut: "link cut", "链路中断";
        /// An applier stands still.
        HeldApplier: "applies nothing", "停止 apply";
        /// A disk is slow.
        SlowDisk: "slow disk", "慢盘";
        /// A link is late or loses messages.
        Disturbed: "link disturbed", "链路受扰";
        /// A clock is off.
        ClockOff: "clock off", "时钟偏移";
        /// The field for filters.
        Filter: "Filter regions", "筛选 region";
        /// What may be typed there.
        FilterHint:
            "id, store:5, table, ghost, down, differs …  -word leaves out",
            "编号、store:5、表名、ghost、down、differs…… -词 表示排除";
        /// Takes the filter away.
        ClearFilter: "Show all", "显示全部";
        /// Nothing was found.
        NothingFound: "No region is like that now", "当前没有符合的 region";
        /// What marks on stores mean.
        StoreMarks: "On stores", "store 标记";
        /// What marks on regions mean.
        RegionMarks: "On regions", "region 标记";
        /// All that the legend has.
        WholeLegend: "All marks", "全部图例";
    }
}

/// What a store's mark means, with its size.
pub fn store_mark(mark: StoreMark, lang: Lang) -> String {
    let word = match mark {
        StoreMark::Paused => GraphWord::Paused,
        StoreMark::Cut => GraphWord::Cut,
        StoreMark::HeldApplier => GraphWord::HeldApplier,
        StoreMark::SlowDisk(_) => GraphWord::SlowDisk,
        StoreMark::Disturbed => GraphWord::Disturbed,
        StoreMark::ClockOff(_) => GraphWord::ClockOff,
    };
    let word = word.text(lang);
    match mark {
        StoreMark::SlowDisk(ms) => format!("{word} (+{ms} ms)"),
        StoreMark::ClockOff(ms) if ms < 0 => format!("{word} (−{})", roughly(ms.unsigned_abs())),
        StoreMark::ClockOff(ms) => format!("{word} (+{})", roughly(ms.unsigned_abs())),
        StoreMark::Paused | StoreMark::Cut | StoreMark::HeldApplier | StoreMark::Disturbed => {
            word.to_owned()
        }
    }
}

/// What is said of a region in a state.
pub fn state(state: State, lang: Lang) -> &'static str {
    match state {
        State::Leaderless => lang.pick("leaderless", "无 leader"),
        State::Ghost => lang.pick("ghost peer", "ghost peer"),
        State::Short => lang.pick("short of a TiFlash replica", "缺 TiFlash 副本"),
        State::Down => lang.pick("down peer", "down peer"),
        State::Pending => lang.pick("pending peer", "pending peer"),
        State::Misbelieved => GraphWord::Misbelieved.text(lang),
        State::Merging => GraphWord::Merging.text(lang),
        State::Splitting => GraphWord::Splitting.text(lang),
        State::Joint => lang.pick("joint configuration", "joint 配置"),
        State::Learner => "learner",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_says_something_else_in_each_language() {
        for word in GraphWord::ALL {
            let [en, zh] = [Lang::En, Lang::Zh].map(|lang| word.text(lang));
            assert!(!en.is_empty() && !zh.is_empty() && en != zh, "{word:?}");
        }
    }

    #[test]
    fn a_mark_tells_its_size() {
        assert_eq!(store_mark(StoreMark::SlowDisk(40), Lang::En), "slow disk (+40 ms)");
        assert_eq!(store_mark(StoreMark::ClockOff(-30_000), Lang::En), "clock off (−30 s)");
        assert_eq!(store_mark(StoreMark::Paused, Lang::Zh), "已暂停");
    }
}
