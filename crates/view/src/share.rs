//! Words for sharing: the dialog by which a run is copied, saved and opened.

use crate::lang::Lang;
use crate::words;

/// Links that are longer than this are cut by some mail and chat programs, in characters.
pub const LINK_LIMIT: usize = 2_000;

words! {
    /// Something that the dialog for sharing says.
    pub enum ShareWord {
        /// The dialog, and the button that opens it.
        Share: "Share", "分享";
        /// What precedes the way out.
        Intro: "Everything stays on this machine: links and files are made here and sent nowhere.",
            "一切都留在本机：链接与文件在这里生成，不会发送到任何地方。";
        /// The part about links.
        Links: "A link", "链接";
        /// The field that holds the link.
        LinkField: "Link to this run", "本次运行的链接";
        /// The button that copies the link.
        CopyLink: "Copy link", "复制链接";
        /// The button that copies the address for people.
        CopyAddress: "Copy readable link", "复制可读链接";
        /// Why there is no address for people.
        NoAddress: "A readable link holds an incident, its releases and a moment. This run holds \
            more than that.", "可读链接只含 incident、版本与时刻，而本次运行不止这些。";
        /// It was copied.
        Copied: "Copied. The address bar holds it too.", "已复制，地址栏中也有。";
        /// It could not be copied.
        NotCopied: "The browser does not let the page copy. The link is selected: copy it by hand.",
            "浏览器不允许复制。链接已选中，请手动复制。";
        /// The part about files.
        Files: "A file", "文件";
        /// The button that saves the run.
        SaveRun: "Save run (.scn)", "保存运行（.scn）";
        /// What the file is.
        SaveRunHint: "Cluster and commands as text; it opens here and on the command line.",
            "以文本保存集群与命令，可在此处和命令行打开。";
        /// The part about pictures and exports.
        Exports: "For slides, documents and other tools", "用于幻灯片、文档与其他工具";
        /// The picture of a world.
        SaveSvg: "Picture, SVG", "图片 SVG";
        /// The same in pixels.
        SavePng: "Picture, PNG", "图片 PNG";
        /// Sequence text.
        SaveMermaid: "Mermaid sequence", "Mermaid 时序图";
        /// The trace of recorded views.
        SaveItf: "ITF trace, JSON", "ITF 轨迹 JSON";
        /// The log with vector clocks.
        SaveShiviz: "ShiViz log", "ShiViz 日志";
        /// The choice of the world they are of.
        World: "World", "世界";
        /// The part about opening.
        Open: "Open", "打开";
        /// The button that chooses a file.
        ChooseFile: "Open a file", "打开文件";
        /// The field for pasted text.
        Paste: "Or paste a link, a scenario or a saved run",
            "或粘贴链接、scenario 或已保存的运行";
        /// The button that opens what was pasted.
        OpenPasted: "Open what is pasted", "打开粘贴的内容";
        /// Nothing was pasted.
        NothingPasted: "There is nothing to open: paste a link or a scenario first.",
            "没有可打开的内容：请先粘贴链接或 scenario。";
        /// The file cannot be read as text.
        Unreadable: "The file is not text, or it is larger than 1 MiB.",
            "该文件不是文本，或超过 1 MiB。";
        /// What precedes the reason for which nothing was opened.
        NotOpened: "Nothing was opened", "未打开任何内容";
    }
}

/// How long a link is, and what to do if that is too long.
pub fn link_length(characters: usize, lang: Lang) -> String {
    let is_long = LINK_LIMIT < characters;
    match (lang, is_long) {
        (Lang::En, false) => format!("{characters} characters"),
        (Lang::Zh, false) => format!("{characters} 个字符"),
        (Lang::En, true) => format!(
            "{characters} characters: some mail and chat programs cut links after {LINK_LIMIT}. \
             Save the run as a file instead."
        ),
        (Lang::Zh, true) => format!(
            "{characters} 个字符：部分邮件与聊天软件会在 {LINK_LIMIT} 个字符后截断。请改为保存文件。"
        ),
    }
}

/// Why nothing was opened.
pub fn not_opened(reason: &str, lang: Lang) -> String {
    let colon = lang.pick(": ", "：");
    format!("{}{colon}{reason}", ShareWord::NotOpened.text(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for word in ShareWord::ALL {
            assert!(Lang::ALL.iter().all(|lang| !word.text(*lang).is_empty()), "{word:?}");
        }
        for lang in Lang::ALL {
            assert!(link_length(2_001, lang).len() > link_length(2_000, lang).len() + 20);
            assert!(not_opened("x", lang).ends_with('x'));
        }
    }
}
