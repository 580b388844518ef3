//! The words of the time bar, the time line, its branches and bookmarks, and the sheet of keys.

crate::words! {
    /// Something that the page says of time.
    pub enum TimeWord {
        /// Goes back to before the last deed.
        Undo: "Undo the last command", "撤销上一条命令";
        /// Does again what was undone.
        Redo: "Do it again", "重做";
        /// Steps back by the chosen unit.
        Back: "One step back", "后退一步";
        /// Steps forth by the chosen unit.
        Forth: "One step on", "前进一步";
        /// What one steps by.
        StepBy: "Step by", "步进单位";
        /// To where something notable happened.
        ByEvent: "event", "事件";
        /// By a tick.
        ByTick: "tick (1 s)", "tick（1 秒）";
        /// To a command.
        ByCommand: "command", "命令";
        /// To a failure.
        ByFailure: "failure", "故障";
        /// To where the worlds part.
        ByDivergence: "divergence", "分岔点";
        /// To a bookmark.
        ByBookmark: "bookmark", "书签";
        /// Puts a bookmark here.
        SetBookmark: "Bookmark this moment", "为此刻添加书签";
        /// Takes the bookmark away.
        DropBookmark: "Remove the bookmark", "移除书签";
        /// The bookmarks.
        Bookmarks: "Bookmarks", "书签";
        /// There is none.
        NoBookmarks: "None yet: press B at a moment worth coming back to", "尚无：在值得回看的时刻按 B";
        /// A bookmark's name.
        BookmarkName: "Name", "名称";
        /// The branches.
        Branches: "Branches", "分支";
        /// There is one run only.
        NoBranches:
            "One run so far. Go back in time and do something else: the run branches off there, \
             and this one is kept.",
            "目前只有一条时间线。回到过去做点别的：运行会从那里分出一支，现在这一支会保留。";
        /// The one on the screen.
        Shown: "on the screen", "当前显示";
        /// Shows a branch.
        Switch: "Show", "显示";
        /// Forgets a branch or a bookmark.
        Delete: "Remove", "删除";
        /// Compares two branches.
        Compared: "At the end, compared with the one on the screen", "与当前分支的终点相比";
        /// A branch that ends where another does more.
        NothingMore: "nothing more was done", "没有再做什么";
        /// Nothing differs.
        NoDifference: "no difference that users would feel", "用户感受不到差别";
        /// Branches and bookmarks.
        History: "Branches and bookmarks", "分支与书签";
        /// A long wait.
        LongWait: "nothing happened for", "平静期";
        /// A run is being lived through again.
        Reliving: "living through it again", "重新经历中";
        /// The sheet of keys.
        Keys: "Keys", "快捷键";
        /// Begins afresh after a restored run.
        Afresh: "Start afresh", "重新开始";
        /// The last run goes on.
        Continued: "Your last run goes on where you left it", "已恢复上次离开时的运行";
        /// Goes back to the runs of another scenario.
        GoBack: "Back to it", "返回";
        /// The runs of other scenarios.
        Elsewhere: "Runs of other scenarios", "其他场景的运行";
        /// One more world.
        CopyWorld: "One more world like this one", "复制此世界";
        /// One world fewer.
        RemoveWorld: "Remove this world", "移除此世界";
        /// Switch of the keys of one character.
        Shortcuts: "Keys of one character", "单字符快捷键";
        /// A switch that is on.
        On: "on", "开";
        /// A switch that is off.
        Off: "off", "关";
        /// Play or pause.
        KeyPlay: "Play or pause", "播放或暂停";
        /// One event back or on.
        KeyEvent: "One event back or on", "后退或前进一个事件";
        /// A tick back or on.
        KeyTick: "One tick (1 s) back or on", "后退或前进一个 tick（1 秒）";
        /// A command back or on.
        KeyCommand: "To the command before or after", "到前一条或后一条命令";
        /// A failure back or on.
        KeyFailure: "To the next failure, with Shift to the one before", "到下一个故障；按住 Shift 到上一个";
        /// The divergence.
        KeyDivergence: "To where the worlds diverge", "到两个世界的分岔点";
        /// The first and the newest moment.
        KeyNow: "To the beginning, to the newest moment", "到开头、到最新时刻";
        /// The speeds.
        KeySpeed: "Speed, from the slowest to the fastest", "速度，从最慢到最快";
        /// The next step of the incident.
        KeyStep: "The next step of the incident", "事故的下一步";
        /// Bookmark.
        KeyBookmark: "Bookmark this moment, or remove the bookmark", "添加或移除此刻的书签";
        /// Undo and redo.
        KeyUndo: "Undo the last command; with Shift, do it again", "撤销上一条命令；按住 Shift 重做";
        /// Rows.
        KeyWalk: "The region above or below", "上一个或下一个 Region";
        /// Finds regions.
        KeyFind: "Find regions", "查找 Region";
        /// Lets go.
        KeyLetGo: "Let go of what is held, close what is open", "放开所选，关闭弹层";
        /// Branches and bookmarks.
        KeyHistory: "Branches and bookmarks", "分支与书签";
        /// A clicker's way back.
        KeyCommandBefore: "To the command before, as a clicker does", "到前一条命令（翻页器的后退键）";
        /// What Tab does.
        KeyTab: "Through everything that can be pressed", "依次到每个可操作的元素";
        /// This sheet.
        KeyKeys: "This sheet", "本页快捷键";
    }
}

/// That the run of another scenario is kept: `“The learner that nobody replaces” is kept`.
pub fn left_as_it_was(title: &str, lang: crate::Lang) -> String {
    match lang {
        crate::Lang::En => format!("Your run of “{title}” is kept as you left it"),
        crate::Lang::Zh => format!("“{title}”的运行已原样保留"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for word in TimeWord::ALL {
            let [en, zh] = [Lang::En, Lang::Zh].map(|lang| word.text(lang));
            assert!(!en.is_empty() && !zh.is_empty() && en != zh, "{word:?}");
        }
    }
}
