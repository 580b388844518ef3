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
        Filter: "Filter regions", "筛选 Region";
        /// What may be typed there.
        FilterHint:
            "id, store:5, table, ghost, down, differs …  -word leaves out",
            "编号、store:5、表名、ghost、down、differs…… -词 表示排除";
        /// Takes the filter away.
        ClearFilter: "Show all", "显示全部";
        /// Nothing was found.
        NothingFound: "No region is like that now", "当前没有符合的 Region";
        /// The choice of how the graph is shown.
        Form: "How regions are shown", "显示方式";
        /// As a matrix.
        FormMatrix: "Matrix", "矩阵";
        /// As a map.
        FormMap: "Map", "关系图";
        /// As a heat strip.
        FormHeat: "Heat", "热力图";
        /// As a table.
        FormTable: "Table", "表格";
        /// How to use the map.
        MapKeys:
            "Map of stores, regions, tables and PD. Arrow keys walk, + and − zoom, 0 shows all",
            "store、Region、表与 PD 的关系图。方向键移动，+ − 缩放，0 显示全部";
        /// How to use the heat strip.
        HeatKeys:
            "Regions by their gravest state. Arrow keys walk, Enter goes nearer, 0 shows all",
            "按最严重状态着色的 Region。方向键移动，Enter 放大，0 显示全部";
        /// Nearer.
        Nearer: "Nearer", "放大";
        /// Farther.
        Farther: "Farther", "缩小";
        /// The whole map.
        Whole: "Show all of it", "显示全图";
        /// What marks on stores mean.
        StoreMarks: "On stores", "store 标记";
        /// What marks on regions mean.
        RegionMarks: "On regions", "Region 标记";
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

/// `and 9,800 more`: rows that a table leaves out.
pub fn and_more(count: usize, lang: Lang) -> String {
    match lang {
        Lang::En => format!("… and {count} more: narrow the filter to see them"),
        Lang::Zh => format!("…… 还有 {count} 个：缩小筛选范围即可查看"),
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
