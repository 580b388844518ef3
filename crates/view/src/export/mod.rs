//! What a run looks like elsewhere: a picture, a sequence for documents, a trace and a log for the
//! viewers of others. Texts only, made here; who saves them is not this module's business.
//!
//! Whatever was named by people (zones, tables, addresses) is escaped for the format it goes into,
//! and characters without a shape are left out: an export never does what a name says.

pub mod itf;
pub mod mermaid;
pub mod party;
pub mod shiviz;
pub mod svg;

/// The longest name that is written whole, in characters.
const LONGEST_NAME: usize = 120;

/// A name without what has no shape or changes how its neighbours are laid out, shortened if need
/// be, on one line.
pub(crate) fn plain(name: &str) -> String {
    let is_shaped = |c: &char| {
        let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
        let hides = matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
        !(c.is_control() || turns || hides || matches!(c, '\u{61c}' | '\u{180e}'))
    };
    let mut plain: String = name
        .chars()
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .filter(is_shaped)
        .take(LONGEST_NAME + 1)
        .collect();
    if let Some((end, _)) = plain.char_indices().nth(LONGEST_NAME) {
        plain.truncate(end);
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_what_can_be_seen_and_nothing_else() {
        assert_eq!(plain("dc1 <b> 停"), "dc1 <b> 停");
        assert_eq!(plain("a\u{202e}b\nc\0\u{7}\u{200b}\u{feff}"), "ab c");
        let long = plain(&"停".repeat(500));
        assert_eq!(long.chars().count(), LONGEST_NAME + 1);
        assert!(long.ends_with('…'));
    }
}
