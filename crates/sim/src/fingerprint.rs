//! A 64-bit digest of a run, the same natively and in wasm.

/// Folds numbers and bytes into 64 bits, by FNV-1a over little-endian bytes with a final mix. Not
/// against an adversary: it tells whether two runs went the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The digest of nothing.
    pub(crate) const EMPTY: Fingerprint = Fingerprint(0xCBF2_9CE4_8422_2325);

    /// Folds in one number. Whole words at a time: this runs for each message.
    pub(crate) fn number(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x0000_0100_0000_01B3);
        self.0 ^= self.0 >> 29;
    }

    /// Folds in bytes, with their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.number(u64::from_le_bytes(word));
        }
    }

    /// The digest.
    pub(crate) fn value(self) -> u64 {
        let z = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        z ^ (z >> 32)
    }
}
