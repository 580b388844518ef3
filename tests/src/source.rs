//! Reads Rust source roughly, as the tidiness tests need it: where text ends and code begins, and
//! where a function does. No parser: what is rare enough in our own sources is left out.

use std::ops::Range;

/// `source` with everything in comments and literals replaced by spaces. Lines keep their number
/// and each character its place, so that what is found in the result can be looked up in `source`.
pub fn code_only(source: &str) -> String {
    let characters: Vec<char> = source.chars().collect();
    let mut code = characters.clone();
    let mut at = 0;
    while at < characters.len() {
        let Some(end) = text_end(&characters, at) else {
            at += 1;
            continue;
        };
        for character in &mut code[at..end] {
            if *character != '\n' {
                *character = ' ';
            }
        }
        at = end;
    }
    code.into_iter().collect()
}

/// The string literals of `source` without their quotes, in order; escapes are left as they are.
pub fn string_literals(source: &str) -> Vec<String> {
    let characters: Vec<char> = source.chars().collect();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let Some(end) = text_end(&characters, at) else {
            at += 1;
            continue;
        };
        if characters[at] == '"' {
            literals.push(characters[at + 1..end.saturating_sub(1).max(at + 1)].iter().collect());
        }
        at = end;
    }
    literals
}

/// Where the comment or literal that starts at `at` ends; None where none starts there.
fn text_end(characters: &[char], at: usize) -> Option<usize> {
    let rest = &characters[at..];
    let length = match rest {
        ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => {
            let close = rest.windows(2).skip(2).position(|pair| pair == ['*', '/']);
            close.map_or(rest.len(), |inside| inside + 4)
        }
        ['"', ..] => string_length(rest),
        ['\'', '\\', ..] => rest.iter().skip(3).position(|c| *c == '\'').map_or(2, |i| i + 4),
        ['\'', _, '\'', ..] => 3,
        ['r', '"' | '#', ..] if !is_word_before(characters, at) => raw_string_length(rest)?,
        _ => return None,
    };
    Some(at + length)
}

fn is_word_before(characters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|index| characters[index]);
    before.is_some_and(|c| c != 'b' && (c.is_alphanumeric() || c == '_'))
}

fn string_length(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of a raw string; None for a raw identifier such as `r#type`.
fn raw_string_length(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = 2 + hashes;
    let closes = |index: &usize| {
        rest[*index] == '"' && rest[index + 1..].iter().take_while(|c| **c == '#').count() >= hashes
    };
    Some((body..rest.len()).find(closes).map_or(rest.len(), |quote| quote + 1 + hashes))
}

/// A function with a body.
pub struct Function {
    /// What it is called.
    pub name: String,
    /// Its lines, from the signature to the closing brace, counted from zero.
    pub lines: Range<usize>,
    /// Its place in the characters of the source.
    pub characters: Range<usize>,
}

/// The functions of `code`, which is what [`code_only`] returns, in order; nested ones too.
pub fn functions(code: &str) -> Vec<Function> {
    let characters: Vec<char> = code.chars().collect();
    let line_of = |at: usize| characters[..at].iter().filter(|c| **c == '\n').count();
    let mut found = Vec::new();
    for start in starts_of_word(&characters, "fn") {
        let name = characters[start + 2..].iter().skip_while(|c| c.is_whitespace());
        let name: String = name.take_while(|c| c.is_alphanumeric() || **c == '_').collect();
        // A type such as `fn(u64) -> u64` has no name, and a trait's method may have no body.
        let Some(end) = body_end(&characters, start).filter(|_| !name.is_empty()) else {
            continue;
        };
        found.push(Function {
            name,
            lines: line_of(start)..line_of(end) + 1,
            characters: start..end,
        });
    }
    found
}

/// Whether a function, of which these are the lines, is little else than one `match` with short
/// arms: a table of what becomes of each member of a closed list.
pub fn is_table(lines: &[&str]) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let inner = lines.first().map_or(0, |line| indent(line)) + 4;
    let begins =
        |line: &&str| indent(line) == inner && line.contains("match ") && line.ends_with('{');
    let Some(start) = lines.iter().position(begins) else { return false };
    let ends = |line: &&str| indent(line) == inner && line.trim_start().starts_with('}');
    let Some(length) = lines[start..].iter().position(ends) else { return false };
    let mut longest = 0;
    let mut arm = 0;
    for line in &lines[start + 1..start + length] {
        let is_new = indent(line) == inner + 4 && !line.trim_start().starts_with('}');
        arm = if is_new { 1 } else { arm + 1 };
        longest = longest.max(arm);
    }
    lines.len() < length + TABLE_FRAME && longest <= TABLE_ARM
}

/// Lines that a table may have around its `match`.
const TABLE_FRAME: usize = 16;
/// Lines that an arm of a table may have.
const TABLE_ARM: usize = 12;

fn starts_of_word(characters: &[char], word: &str) -> Vec<usize> {
    let word: Vec<char> = word.chars().collect();
    let is_part = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let stands_alone = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        !is_part(before) && !is_part(characters.get(at + word.len()))
    };
    let matches = characters.windows(word.len()).enumerate().filter(|(_, seen)| *seen == word);
    matches.map(|(at, _)| at).filter(stands_alone).collect()
}

/// Where the body of the function that starts at `start` closes; None where it has none.
fn body_end(characters: &[char], start: usize) -> Option<usize> {
    let mut brackets = 0_usize;
    let mut braces = 0_usize;
    for (at, character) in characters.iter().enumerate().skip(start) {
        match character {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.checked_sub(1)?,
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces = braces.checked_sub(1)?;
                if braces == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{code_only, functions, is_table, string_literals};

    #[test]
    fn comments_and_literals_become_spaces_of_the_same_length() {
        let source = "a(\"b // {\", 'c', '\\n') // d\n/* e\n */ f::<'g>(r#\"h\"i\"#)";
        let code = code_only(source);
        assert_eq!(code.chars().count(), source.chars().count());
        assert_eq!(code.split_whitespace().collect::<String>(), "a(,,)f::<'g>()");
        assert_eq!(code.lines().count(), 3);
    }

    #[test]
    fn string_literals_are_found_outside_comments_only() {
        assert_eq!(
            string_literals("class=\"a b\" // \"c\"\n+ \"\" + \"d\\\"\""),
            ["a b", "", "d\\\""]
        );
    }

    #[test]
    fn a_table_is_one_match_with_short_arms() {
        let table =
            ["fn f(k: K) -> u8 {", "    match k {", "        K::A => 1,", "        K::B => {"];
        let table = table.join("\n") + "\n            2\n        }\n    }\n}";
        assert!(is_table(&table.lines().collect::<Vec<_>>()));
        let long_arm = table.replace("            2\n", &"            2;\n".repeat(12));
        assert!(!is_table(&long_arm.lines().collect::<Vec<_>>()));
        let more = table.replace("    match", &format!("{}    match", "    g();\n".repeat(15)));
        assert!(!is_table(&more.lines().collect::<Vec<_>>()));
        assert!(!is_table(&["fn f() {", "    g()", "}"]));
    }

    #[test]
    fn functions_are_measured_from_signature_to_closing_brace() {
        let code =
            "trait T { fn none(&self) -> [u8; 2]; }\nfn two() {\n}\nfn three(f: fn()) {\n{}\n}";
        let found = functions(code);
        let lengths: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.lines.len())).collect();
        assert_eq!(lengths, [("two", 2), ("three", 3)]);
    }
}
