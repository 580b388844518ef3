//! A line cut into words that remember where they stood, and the small things words stand for.

use sim::fault::Node;
use sim::ids::{HOUR, MINUTE, RegionId, SECOND, StoreId};
use sim::region::Key;

use super::error::{ParseError, Problem};

/// The longest line, in characters.
const LONGEST_LINE: usize = 20_000;

/// Whether a character has no shape, or changes how its neighbours are laid out: a name with such a
/// thing in it is not what it looks like.
pub(crate) fn is_invisible(c: char) -> bool {
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
    let hides = matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    let is_tag = matches!(c, '\u{61c}' | '\u{180e}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || turns || hides || is_tag
}

/// A word of a line, or of a definition that goes on over several lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
}

impl Word<'_> {
    /// The error that `problem` is here.
    pub(crate) fn error(&self, problem: Problem) -> ParseError {
        ParseError { line: self.line, column: self.column, problem }
    }

    /// The error that something else should stand here.
    pub(crate) fn expected(&self, what: &'static str) -> ParseError {
        self.error(Problem::Expected { what, found: Some(self.text.to_owned()) })
    }
}

/// Words yet to be read, first to last.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    /// Where the text ends: line, and the column after its last character.
    end: (usize, usize),
}

impl<'a> Words<'a> {
    /// That a line holds nothing that cannot be seen, and is not too long to be one.
    pub(crate) fn check(line: usize, text: &str) -> Result<(), ParseError> {
        for (index, c) in text.chars().enumerate() {
            let problem = if LONGEST_LINE <= index {
                Problem::Limit { what: "characters in a line", most: LONGEST_LINE }
            } else if is_invisible(c) && c != '\t' && c != '\r' {
                Problem::Invisible(c)
            } else {
                continue;
            };
            return Err(ParseError { line, column: index + 1, problem });
        }
        Ok(())
    }

    /// The words of one line, which is number `line`.
    pub(crate) fn of(line: usize, text: &'a str) -> Words<'a> {
        let mut words = Words { words: Vec::new(), next: 0, end: (line, 1) };
        words.extend(line, text);
        words
    }

    /// Goes on with the words of another line.
    pub(crate) fn extend(&mut self, line: usize, text: &'a str) {
        let mut rest = text.trim_end();
        self.end = (line, rest.chars().count() + 1);
        let mut column = 1;
        while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
            column += rest[..start].chars().count();
            rest = &rest[start..];
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            self.words.push(Word { text: &rest[..length], line, column });
            column += rest[..length].chars().count();
            rest = &rest[length..];
        }
    }

    pub(crate) fn peek(&self) -> Option<Word<'a>> {
        self.words.get(self.next).copied()
    }

    pub(crate) fn next(&mut self) -> Option<Word<'a>> {
        let word = self.peek()?;
        self.next += 1;
        Some(word)
    }

    /// The words that are left.
    pub(crate) fn rest(&self) -> impl Iterator<Item = Word<'a>> {
        self.words[self.next..].iter().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.peek().is_none()
    }

    /// Reads the next word if it is this one.
    pub(crate) fn skip(&mut self, text: &str) -> bool {
        let is_it = self.peek().is_some_and(|word| word.text == text);
        self.next += usize::from(is_it);
        is_it
    }

    /// The error that `problem` is after the last word.
    pub(crate) fn error_at_end(&self, problem: Problem) -> ParseError {
        ParseError { line: self.end.0, column: self.end.1, problem }
    }

    /// The error that `what` should stand next.
    pub(crate) fn expected(&self, what: &'static str) -> ParseError {
        match self.peek() {
            Some(word) => word.expected(what),
            None => self.error_at_end(Problem::Expected { what, found: None }),
        }
    }

    /// The next word, whatever it is.
    pub(crate) fn word(&mut self, what: &'static str) -> Result<Word<'a>, ParseError> {
        self.next().ok_or_else(|| self.expected(what))
    }

    /// The next word, which has to be `text`.
    pub(crate) fn keyword(&mut self, text: &str, what: &'static str) -> Result<(), ParseError> {
        if self.skip(text) { Ok(()) } else { Err(self.expected(what)) }
    }

    /// That nothing is left.
    pub(crate) fn finish(&self) -> Result<(), ParseError> {
        if self.is_empty() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }

    pub(crate) fn store(&mut self) -> Result<StoreId, ParseError> {
        let what = "a store id, such as `502`";
        let word = self.word(what)?;
        number(word, word.text, what).map(StoreId)
    }

    pub(crate) fn region(&mut self) -> Result<RegionId, ParseError> {
        let what = "a region id, such as `52973`";
        let word = self.word(what)?;
        number(word, word.text, what).map(RegionId)
    }

    pub(crate) fn count(&mut self, what: &'static str) -> Result<u64, ParseError> {
        let word = self.word(what)?;
        number(word, word.text, what)
    }

    /// `1,2,9,502`: one store at least, none twice.
    pub(crate) fn stores(&mut self) -> Result<Vec<StoreId>, ParseError> {
        let what = "store ids separated by commas alone, such as `1,2,9`";
        self.list(what, |word, part| {
            let store = StoreId(number(word, part, what)?);
            Ok((store, format!("store {store}")))
        })
    }

    /// `1,2,pd`: the same, and PD may be among them.
    pub(crate) fn nodes(&mut self) -> Result<Vec<Node>, ParseError> {
        let what = "store ids or `pd`, separated by commas alone, such as `1,2,9`";
        self.list(what, |word, part| match part {
            "pd" => Ok((Node::Pd, "pd".to_owned())),
            _ => {
                let store = StoreId(number(word, part, what)?);
                Ok((Node::Store(store), format!("store {store}")))
            }
        })
    }

    fn list<T: PartialEq>(
        &mut self,
        what: &'static str,
        read: impl Fn(Word<'_>, &str) -> Result<(T, String), ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let word = self.word(what)?;
        let mut items = Vec::new();
        let mut column = word.column;
        for part in word.text.split(',') {
            let text = if part.is_empty() { word.text } else { part };
            let part_word = Word { text, column, ..word };
            let (item, name) = read(part_word, part)?;
            if items.contains(&item) {
                return Err(part_word.error(Problem::Twice(name)));
            }
            items.push(item);
            column += part.chars().count() + 1;
        }
        Ok(items)
    }

    /// `HEX..HEX` as pd-ctl prints keys; an end left out is unbounded.
    pub(crate) fn keys(&mut self) -> Result<(Key, Key), ParseError> {
        let what = "keys `HEX..HEX`, as pd-ctl prints them";
        let word = self.word(what)?;
        let ends = word.text.split_once("..").and_then(|(a, b)| Some((hex(a)?, hex(b)?)));
        ends.ok_or_else(|| word.expected(what))
    }

    /// `60s`, `10m`, `2h`, `500ms` or several such in a row, in milliseconds.
    pub(crate) fn span(&mut self) -> Result<u64, ParseError> {
        let word = self.word(SPAN)?;
        span_of(word, word.text)
    }

    /// The same, with `-` in front for what is below zero.
    pub(crate) fn signed_span(&mut self) -> Result<i64, ParseError> {
        let word = self.word(SPAN)?;
        let (sign, text) = match word.text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, word.text),
        };
        // The longest span is far from overflow.
        Ok(sign * span_of(word, text)?.cast_signed())
    }
}

fn span_of(word: Word<'_>, text: &str) -> Result<u64, ParseError> {
    if text.is_empty() {
        return Err(word.expected(SPAN));
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (amount, unit) = rest.split_at(digits);
        let unit_length = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let in_ms = match &unit[..unit_length] {
            "ms" => 1,
            "s" => SECOND,
            "m" => MINUTE,
            "h" => HOUR,
            _ => return Err(word.expected(SPAN)),
        };
        total = number(word, amount, SPAN)?
            .checked_mul(in_ms)
            .and_then(|part| total.checked_add(part))
            .filter(|total| *total <= LONGEST)
            .ok_or_else(|| word.error(Problem::TooLarge(word.text.to_owned())))?;
        rest = &unit[unit_length..];
    }
    Ok(total)
}

const SPAN: &str = "a span of time, such as `500ms`, `60s`, `10m` or `2h`";

/// The longest span that can be asked for: 365 days. Sums of such stay far from overflow.
const LONGEST: u64 = 365 * 24 * HOUR;

/// Reads `text`, which is `word` or a part of it, as a whole number.
pub(crate) fn number(word: Word<'_>, text: &str, what: &'static str) -> Result<u64, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(word.expected(what));
    }
    text.parse().map_err(|_| word.error(Problem::TooLarge(text.to_owned())))
}

/// A word read as `db.name`; TiDB compares names without case.
pub(crate) fn table_name(word: Word<'_>) -> Result<String, ParseError> {
    let is_name = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    match word.text.split_once('.') {
        Some((schema, name)) if is_name(schema) && is_name(name) => Ok(word.text.to_lowercase()),
        Some(_) | None => Err(word.expected("a table with its database, such as `tpcc.stock`")),
    }
}

/// A key in hexadecimal.
pub(crate) fn hex(text: &str) -> Option<Key> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    Some(Key::new(&bytes))
}
