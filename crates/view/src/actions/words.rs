//! The words of menus, the palette and the console's completion.

crate::words! {
    /// Something that a menu, the palette or the console says.
    pub enum HandsWord {
        /// Opens the palette.
        Palette: "Do anything", "执行任意操作";
        /// What to type into the palette.
        PaletteHint:
            "An action, store, region, table, incident, or any command",
            "操作、store、Region、表、事故，或任意命令";
        /// How the palette is used.
        PaletteKeys: "↑ ↓ choose · Enter does it · Escape closes", "↑ ↓ 选择 · Enter 执行 · Escape 关闭";
        /// How a line is changed in the palette before it is carried out.
        FormKeys: "Tab completes · Enter does it · Escape closes", "Tab 补全 · Enter 执行 · Escape 关闭";
        /// What was chosen before.
        Recent: "recent", "最近";
        /// Carries out what was typed.
        RunLine: "Carry out this line", "执行此行";
        /// Nothing fits what was typed.
        Nothing: "Nothing by that name", "没有匹配项";
        /// What can be done to the held thing.
        Actions: "Actions", "操作";
        /// Opens another thing's menu.
        AlsoOf: "Also", "其他";
        /// Marks what cannot be brought back.
        Grave: "cannot be undone in a real cluster", "在真实集群中不可撤销";
        /// What stands next in the command being typed.
        Next: "next", "接下来";
        /// What was answered last.
        Answer: "Answer", "应答";
        /// A line was carried out, and the tool says nothing.
        Done: "done", "已执行";
    }
}

#[cfg(test)]
mod tests {
    use super::HandsWord;
    use crate::Lang;
    use crate::actions::Group;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for lang in Lang::ALL {
            assert!(HandsWord::ALL.iter().all(|word| !word.text(lang).is_empty()));
            assert!(Group::ALL.iter().all(|group| !group.text(lang).is_empty()));
        }
        let same = |word: &&HandsWord| word.text(Lang::En) == word.text(Lang::Zh);
        assert_eq!(HandsWord::ALL.iter().find(same), None, "none of them is a term");
    }
}
