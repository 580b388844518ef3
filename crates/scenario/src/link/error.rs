//! What is wrong with a link, in both languages. Nothing of such a link is opened.

use std::fmt;

use crate::file::{FileError, Text};
use crate::grammar::error::ParseError;
use crate::grammar::words::is_invisible;
use crate::run::record::ReplayError;

/// Why a link cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It does not begin as a link does.
    NotALink,
    /// It is of a version that this edition does not know.
    Newer(u64),
    /// It is longer than any link may be.
    TooLong {
        /// Its characters.
        have: usize,
        /// How many there may be.
        most: usize,
    },
    /// A character that no link has.
    Character {
        /// Its place after `v1.`, from 1.
        at: usize,
        /// The character.
        found: char,
    },
    /// Its end is missing.
    CutShort {
        /// How many characters there are.
        have: usize,
        /// How many there were; `None` where not even that can be read.
        of: Option<usize>,
    },
    /// There is something behind its end.
    Overlong {
        /// How many characters there are.
        have: usize,
        /// How many there were.
        of: usize,
    },
    /// Characters were changed: the sum is not that of the rest.
    Altered,
    /// The sum is right, but what it is of cannot be read.
    Garbled,
    /// A number that is beyond what a run may have.
    TooLarge {
        /// The number.
        number: u64,
        /// What there may be.
        most: u64,
    },
    /// It speaks of something that this edition does not have.
    UnknownCode {
        /// What kind of thing.
        what: &'static str,
        /// Its number.
        code: u64,
    },
    /// It is of an incident that is not in the library.
    NoIncident(String),
    /// One of its commands is none.
    Line {
        /// Which deed, from 1.
        deed: usize,
        /// The command.
        line: String,
        /// What is wrong with it.
        error: Box<ParseError>,
    },
    /// The scenario in it cannot be read.
    File(FileError),
    /// What was done does not fit the scenario.
    Replay(ReplayError),
}

impl LinkError {
    /// The sentence in both languages. What the grammar says of a line is in its own words.
    pub fn text(&self) -> Text {
        let (en, zh) = match self {
            Self::NotALink => ("it does not begin with #v1.".into(), "它不是以 #v1. 开头".into()),
            Self::Newer(version) => (
                format!("it is of version {version}, made by a newer RegionScope: reload the page"),
                format!("它是版本 {version}，由更新的 RegionScope 生成：请刷新页面"),
            ),
            Self::TooLong { have, most } => (
                format!("it has {have} characters; a link has at most {most}"),
                format!("它有 {have} 个字符，链接最多 {most} 个"),
            ),
            Self::Character { at, found } => (
                format!("character {at} after v1. is {}, which no link has", shown(*found)),
                format!("v1. 之后的第 {at} 个字符是 {}，链接中不会出现", shown(*found)),
            ),
            Self::CutShort { have, of: Some(of) } => (
                format!("it was cut short: {have} of {of} characters arrived"),
                format!("它被截断了：{of} 个字符只到了 {have} 个"),
            ),
            Self::CutShort { have, of: None } => (
                format!("it was cut short after {have} characters"),
                format!("它在第 {have} 个字符之后被截断"),
            ),
            Self::Overlong { have, of } => (
                format!("something follows it: {have} characters arrived of {of}"),
                format!("后面多了内容：应有 {of} 个字符，却有 {have} 个"),
            ),
            Self::Altered => (
                "characters in it were changed: its sum is wrong".into(),
                "其中有字符被改动：校验和不符".into(),
            ),
            Self::Garbled => (
                "its sum is right but it cannot be read: whatever made it was broken".into(),
                "校验和正确但无法读取：生成它的程序有误".into(),
            ),
            Self::TooLarge { number, most } => (
                format!("it asks for {number} where {most} is the most there can be"),
                format!("它要求 {number}，而上限是 {most}"),
            ),
            Self::UnknownCode { what, code } => (
                format!("it speaks of {what} {code}, which a newer RegionScope has: reload"),
                format!("它用到了更新的 RegionScope 才有的 {what} {code}：请刷新页面"),
            ),
            Self::NoIncident(id) => (
                format!("there is no incident {}", quoted(id)),
                format!("没有名为 {} 的 incident", quoted(id)),
            ),
            Self::Line { deed, line, error } => (
                format!("its command {deed}, {}, cannot be read: {error}", quoted(line)),
                format!("第 {deed} 条命令 {} 无法读取：{error}", quoted(line)),
            ),
            Self::File(error) => {
                (format!("its scenario: {error}"), format!("其中的 scenario：{error}"))
            }
            Self::Replay(error) => {
                (format!("it does not fit: {error}"), format!("内容不相符：{error}"))
            }
        };
        Text { en, zh }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for LinkError {}

/// A character as it can be shown: by its number where it has no shape or would turn the line.
fn shown(c: char) -> String {
    let is_plain = c.is_alphanumeric() || c.is_ascii_graphic();
    if is_plain { format!("`{c}`") } else { format!("U+{:04X}", u32::from(c)) }
}

/// How much of what somebody wrote an error repeats, in characters.
const QUOTED: usize = 60;

/// What somebody wrote, in backquotes: shortened, and what has no shape by its number.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    for c in text.chars().take(QUOTED) {
        match is_invisible(c) {
            true => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            false => out.push(c),
        }
    }
    if text.chars().nth(QUOTED).is_some() {
        out.push('…');
    }
    out + "`"
}
