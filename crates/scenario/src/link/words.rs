//! Lines of the grammar in few bytes: phrases that both sides know, numbers, and words spelt out.
//!
//! A piece is one byte and what belongs to it:
//!
//! ```text
//! 0          letters that are spelt out: a length and so many bytes
//! 1          a number
//! 2..=33     the numbers 0 to 31
//! 34..=97    something spelt out before, by its place among the last 64
//! 98..=254   a phrase
//! 255        a phrase beyond those, by the number that follows
//! ```
//!
//! Two numbers in a row stand for two with a blank between them.

use super::LinkError;
use super::bytes::{Reader, write_number, write_wide};
use super::phrases::{PHRASES, arity};

const SPELT: u8 = 0;
const NUMBER: u8 = 1;
const SMALL: u8 = 2;
const SEEN: u8 = 34;
const PHRASE: u8 = 98;
const FURTHER: u8 = 255;
/// How many numbers are a byte of their own.
const SMALLS: u64 = (SEEN - SMALL) as u64;
/// How many of the words spelt out last can be named again.
const PLACES: usize = (PHRASE - SEEN) as usize;
/// How many phrases are a byte of their own.
const NEAR: usize = (FURTHER - PHRASE) as usize;
/// How many phrases can stand for a whole line's beginning.
pub(super) const VERBS: u8 = 128;
/// Longer ones are not worth a place.
const LONGEST_SEEN: usize = 40;
/// A phrase within letters is worth its byte from this length on.
const WORTH_A_CUT: usize = 4;

/// What was spelt out so far, on either side.
#[derive(Default)]
pub(super) struct Seen {
    words: Vec<String>,
    /// How many there were in all.
    count: usize,
}

impl Seen {
    fn note(&mut self, word: &str) {
        if LONGEST_SEEN < word.len() {
            return;
        }
        let place = self.count % PLACES;
        self.count += 1;
        match self.words.get_mut(place) {
            Some(old) => word.clone_into(old),
            None => self.words.push(word.to_owned()),
        }
    }

    fn place(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|seen| seen == word)
    }
}

/// The pieces of a text, and how many there are.
pub(super) fn write(text: &str, seen: &mut Seen) -> (u64, Vec<u8>) {
    let (mut bytes, mut count) = (Vec::new(), 0);
    let mut rest = text;
    let mut after_number = false;
    let mut letters = String::new();
    while !rest.is_empty() {
        let begins_word = is_boundary(text[..text.len() - rest.len()].chars().next_back());
        let bare = rest.strip_prefix(' ').filter(|_| after_number && letters.is_empty());
        let number = match bare.and_then(number) {
            Some(number) => Some(number),
            None => number(rest).filter(|_| begins_word && !after_number),
        };
        let phrase = phrase(rest).filter(|index| {
            let is_worth_it = letters.is_empty() || WORTH_A_CUT <= PHRASES[*index].len();
            (begins_word || after_number || starts_with_blank(rest)) && is_worth_it
        });
        if number.is_none() && phrase.is_none() {
            let letter = rest.chars().next().expect("the rest is not empty");
            letters.push(letter);
            rest = &rest[letter.len_utf8()..];
            after_number = false;
            continue;
        }
        count += flush(&mut letters, &mut bytes, seen) + 1;
        if let Some((digits, number)) = number {
            write_digits(digits, number, &mut bytes, seen);
            rest = &rest[digits.len() + usize::from(rest.starts_with(' '))..];
            after_number = true;
        } else if let Some(index) = phrase {
            match u8::try_from(index).ok().filter(|_| index < NEAR) {
                Some(near) => bytes.push(PHRASE + near),
                None => {
                    bytes.push(FURTHER);
                    write_number(&mut bytes, (index - NEAR) as u64);
                }
            }
            rest = &rest[PHRASES[index].len()..];
            after_number = false;
        }
    }
    count += flush(&mut letters, &mut bytes, seen);
    (count, bytes)
}

/// What a line of these pieces is written as, if it can do without their number: its verb, and the
/// pieces after it. A verb is among the first phrases.
pub(super) fn short(count: u64, bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let verb = first.checked_sub(PHRASE).filter(|verb| *verb < VERBS && *first < FURTHER)?;
    (count == 1 + arity(PHRASES[usize::from(verb)])).then_some((verb, rest))
}

/// The text of a line that begins with this verb and has as many pieces as it has as a rule.
pub(super) fn read_short(
    verb: u8,
    reader: &mut Reader<'_>,
    seen: &mut Seen,
) -> Result<String, LinkError> {
    let verb = known(usize::from(verb))?;
    Ok(verb.to_owned() + &read(arity(verb), reader, seen)?)
}

/// Writes the letters that were gathered, if there are any.
fn flush(letters: &mut String, bytes: &mut Vec<u8>, seen: &mut Seen) -> u64 {
    if letters.is_empty() {
        return 0;
    }
    match seen.place(letters) {
        Some(place) => bytes.push(SEEN + place as u8),
        None => {
            bytes.push(SPELT);
            write_number(bytes, letters.len() as u64);
            bytes.extend(letters.bytes());
            seen.note(letters);
        }
    }
    letters.clear();
    1
}

fn write_digits(digits: &str, number: u64, bytes: &mut Vec<u8>, seen: &mut Seen) {
    if number < SMALLS {
        bytes.push(SMALL + number as u8);
    } else if let Some(place) = seen.place(digits) {
        bytes.push(SEEN + place as u8);
    } else {
        bytes.push(NUMBER);
        write_wide(bytes, number);
        seen.note(digits);
    }
}

fn starts_with_blank(text: &str) -> bool {
    text.starts_with([' ', ',', '\n'])
}

fn is_boundary(before: Option<char>) -> bool {
    before.is_none_or(|c| matches!(c, ' ' | ',' | '@' | '=' | '/' | '>' | '\n'))
}

/// The number at the start of a text, if it is a word of its own (or with its unit) and printed
/// again it is the same.
fn number(text: &str) -> Option<(&str, u64)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let is_canonical = digits == "0" || !digits.starts_with('0');
    let is_whole = !rest.starts_with(['.', ':', '-', '_']);
    let number = digits.parse().ok().filter(|_| is_canonical && is_whole)?;
    Some((digits, number))
}

/// The longest phrase at the start of a text.
fn phrase(text: &str) -> Option<usize> {
    let fits = |(_, phrase): &(usize, &&str)| text.starts_with(**phrase);
    let found = PHRASES.iter().enumerate().filter(fits);
    found.max_by_key(|(_, phrase)| phrase.len()).map(|(index, _)| index)
}

/// The text of so many pieces.
pub(super) fn read(
    count: u64,
    reader: &mut Reader<'_>,
    seen: &mut Seen,
) -> Result<String, LinkError> {
    let mut text = String::new();
    let mut after_number = false;
    for _ in 0..count {
        let (word, is_number) = match reader.byte()? {
            SPELT => {
                let length = reader.number()?;
                let letters = reader.take(length)?;
                let letters = str::from_utf8(letters).map_err(|_| LinkError::Garbled)?;
                seen.note(letters);
                (letters.to_owned(), false)
            }
            NUMBER => {
                let digits = reader.wide()?.to_string();
                seen.note(&digits);
                (digits, true)
            }
            small @ SMALL..SEEN => ((small - SMALL).to_string(), true),
            place @ SEEN..PHRASE => {
                let word = seen.words.get(usize::from(place - SEEN)).ok_or(LinkError::Garbled)?;
                (word.clone(), word.bytes().all(|byte| byte.is_ascii_digit()))
            }
            near @ PHRASE..FURTHER => (known(usize::from(near - PHRASE))?.to_owned(), false),
            FURTHER => {
                let index = usize::try_from(reader.number()?).unwrap_or(usize::MAX);
                (known(index.saturating_add(NEAR))?.to_owned(), false)
            }
        };
        if after_number && is_number {
            text.push(' ');
        }
        text.push_str(&word);
        after_number = is_number;
    }
    Ok(text)
}

fn known(index: usize) -> Result<&'static str, LinkError> {
    PHRASES.get(index).copied().ok_or(LinkError::UnknownCode { what: "phrase", code: index as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) -> usize {
        let (mut wrote, mut read_back) = (Seen::default(), Seen::default());
        let (count, bytes) = write(text, &mut wrote);
        let mut reader = Reader { bytes: &bytes, at: 0 };
        assert_eq!(read(count, &mut reader, &mut read_back).as_deref(), Ok(text));
        assert!(reader.is_done(), "{text}");
        bytes.len()
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let lines = [
            "",
            "stop store 6",
            "pd-ctl operator add transfer-peer 52973 1 52973",
            "cut 1,2,9,502 5,6,8,503",
            "wait 60s",
            "skew clock of 503 by -1500ms",
            "ALTER TABLE tpcc.stock SET TIFLASH REPLICA 0;",
            "007 1.5 18446744073709551615 18446744073709551616 1  2 3a a3 a3",
            "10.0.1.5:20160 停 é 12停",
            "a 1 2 b 1 2 b",
        ];
        for line in lines {
            there_and_back(line);
        }
        there_and_back(crate::library::text("tikv-18440").expect("it is in the library"));
    }

    #[test]
    fn frequent_lines_are_short() {
        assert_eq!(there_and_back("stop store 6"), 2);
        assert_eq!(there_and_back("cut 1,2 5,6"), 7);
        assert_eq!(there_and_back("wait 10s"), 3);
    }

    #[test]
    fn no_phrase_is_listed_twice() {
        for (index, phrase) in PHRASES.iter().enumerate() {
            assert!(!PHRASES[..index].contains(phrase), "{phrase:?}");
        }
    }
}
