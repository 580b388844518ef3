//! The bytes of a link: base64url, numbers of varying length, and the sum that betrays damage.

use super::LinkError;

/// RFC 4648, section 5; without padding.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// How many bytes of the code are the sum.
const SUM_BYTES: usize = 3;

/// The code of a body: its length, itself and its sum, in characters that survive in an address.
pub(super) fn seal(body: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(body.len() + 8);
    write_number(&mut bytes, (body.len() + SUM_BYTES) as u64);
    bytes.extend(body);
    bytes.extend(sum(body));
    let mut code = String::with_capacity(characters(bytes.len()));
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            code.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    code
}

/// The body of a code, if nothing of it is missing, added or changed.
pub(super) fn open(code: &str) -> Result<Vec<u8>, LinkError> {
    let bytes = decode(code)?;
    let mut reader = Reader { bytes: &bytes, at: 0 };
    let have = code.len();
    let rest = reader.number().map_err(|_| LinkError::CutShort { have, of: None })?;
    let rest = usize::try_from(rest).unwrap_or(usize::MAX);
    let all = reader.at.saturating_add(rest);
    let of = characters(all.min(usize::MAX / 8));
    if rest < SUM_BYTES {
        return Err(LinkError::Altered);
    }
    if bytes.len() < all {
        return Err(LinkError::CutShort { have, of: Some(of) });
    }
    if of < have {
        return Err(LinkError::Overlong { have, of });
    }
    let (body, told) = bytes[reader.at..all].split_at(rest - SUM_BYTES);
    if told != sum(body).as_slice() {
        return Err(LinkError::Altered);
    }
    Ok(body.to_vec())
}

fn decode(code: &str) -> Result<Vec<u8>, LinkError> {
    let mut bytes = Vec::with_capacity(code.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0);
    for (at, found) in code.chars().enumerate() {
        let value = u8::try_from(found).ok();
        let value = value.and_then(|c| ALPHABET.iter().position(|known| *known == c));
        let value = value.ok_or(LinkError::Character { at: at + 1, found })?;
        bits = bits << 6 | value as u32;
        held += 6;
        if 8 <= held {
            held -= 8;
            bytes.push((bits >> held & 255) as u8);
        }
    }
    Ok(bytes)
}

/// How many characters so many bytes take.
fn characters(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// FNV-1a, folded to three bytes: one damaged link in sixteen million passes.
fn sum(body: &[u8]) -> [u8; SUM_BYTES] {
    let hash = body
        .iter()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let folded = hash >> 24 ^ hash & 0x00ff_ffff;
    let [_, a, b, c] = folded.to_be_bytes();
    [a, b, c]
}

/// Adds a number, seven bits a byte, the lowest first.
pub(super) fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while 128 <= number {
        bytes.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// How many numbers of the wide kind are a byte alone.
const NARROW: u64 = 16;
/// The first byte from which on a wide number has more than two.
const WIDER: u8 = 240;
/// How many wide numbers are two bytes.
const WIDE: u64 = (WIDER as u64 - NARROW) << 8;

/// Adds a number that is seldom small, as ids and spans of milliseconds are: up to 57,359 it takes
/// two bytes.
pub(super) fn write_wide(bytes: &mut Vec<u8>, number: u64) {
    match number.checked_sub(NARROW) {
        None => bytes.push(number as u8),
        Some(rest) if rest < WIDE => {
            bytes.push((NARROW + (rest >> 8)) as u8);
            bytes.push(rest as u8);
        }
        Some(rest) => {
            bytes.push(WIDER);
            write_number(bytes, rest - WIDE);
        }
    }
}

/// Bytes that are read from the front.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    /// The next byte.
    pub(super) fn byte(&mut self) -> Result<u8, LinkError> {
        let byte = self.bytes.get(self.at).copied().ok_or(LinkError::Garbled)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next so many bytes.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], LinkError> {
        let left = &self.bytes[self.at..];
        let count = usize::try_from(count).ok().filter(|count| *count <= left.len());
        let count = count.ok_or(LinkError::Garbled)?;
        self.at += count;
        Ok(&left[..count])
    }

    /// The next number.
    pub(super) fn number(&mut self) -> Result<u64, LinkError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 127);
            if part << shift >> shift != part {
                return Err(LinkError::Garbled);
            }
            number |= part << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(LinkError::Garbled)
    }

    /// The next number of the wide kind.
    pub(super) fn wide(&mut self) -> Result<u64, LinkError> {
        match self.byte()? {
            WIDER => (NARROW + WIDE).checked_add(self.number()?).ok_or(LinkError::Garbled),
            first if u64::from(first) < NARROW => Ok(first.into()),
            first if first < WIDER => {
                Ok(NARROW + ((u64::from(first) - NARROW) << 8) + u64::from(self.byte()?))
            }
            _ => Err(LinkError::Garbled),
        }
    }

    /// The next number, which may be `most` at most.
    pub(super) fn at_most(&mut self, most: u64) -> Result<u64, LinkError> {
        let number = self.number()?;
        if number <= most { Ok(number) } else { Err(LinkError::TooLarge { number, most }) }
    }

    /// Whether everything was read.
    pub(super) fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened() {
        for length in 0..70_u8 {
            let body: Vec<u8> = (0..length).map(|at| at.wrapping_mul(91)).collect();
            assert_eq!(open(&seal(&body)), Ok(body));
        }
    }

    #[test]
    fn numbers_of_every_size_are_read_back() {
        for number in (0..64).map(|bits| 1_u64 << bits).chain([0, 127, 128, 300, u64::MAX]) {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            assert_eq!(Reader { bytes: &bytes, at: 0 }.number(), Ok(number));
        }
        for number in (0..64).map(|bits| 1_u64 << bits).chain([0, 15, 57_359, 57_360, u64::MAX]) {
            let mut bytes = Vec::new();
            write_wide(&mut bytes, number);
            assert_eq!(Reader { bytes: &bytes, at: 0 }.wide(), Ok(number));
        }
        let endless = [255; 12];
        assert_eq!(Reader { bytes: &endless, at: 0 }.number(), Err(LinkError::Garbled));
    }

    #[test]
    fn every_changed_character_and_every_missing_end_is_noticed() {
        let code = seal(b"stop store 6, as it was typed");
        for at in 0..code.len() {
            assert!(open(&code[..at]).is_err(), "cut at {at}");
            let other = if code.as_bytes()[at] == b'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &code[..at], &code[at + 1..]);
            // Bits of the last character may stand for nothing.
            assert!(open(&changed).is_err() || at + 1 == code.len(), "changed at {at}");
        }
        assert_eq!(open(&format!("{code}A")), Err(LinkError::Overlong { have: 45, of: 44 }));
        let dotted = format!("{code}.");
        assert_eq!(open(&dotted), Err(LinkError::Character { at: 45, found: '.' }));
    }
}
