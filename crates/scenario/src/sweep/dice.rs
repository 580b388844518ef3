//! Chance, from a seed alone.

/// SplitMix64 (Steele, Lea, Flood 2014), as in `sim`, whose own draws are none of ours.
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    pub(super) fn of(seed: u64) -> Dice {
        Dice { state: seed }
    }

    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "nothing lies between {low} and {high}");
        low + self.roll() % (high - low + 1)
    }

    /// True once in `n` on average.
    pub(super) fn once_in(&mut self, n: u64) -> bool {
        self.roll().is_multiple_of(n)
    }

    pub(super) fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let last = choices.len() as u64 - 1;
        choices[self.between(0, last) as usize].clone()
    }

    /// `count` of the choices, or all if there are fewer, in a drawn order.
    pub(super) fn some_of<T: Clone>(&mut self, choices: &[T], count: usize) -> Vec<T> {
        let mut rest = choices.to_vec();
        let mut drawn = Vec::new();
        while drawn.len() < count && !rest.is_empty() {
            let at = self.between(0, rest.len() as u64 - 1) as usize;
            drawn.push(rest.remove(at));
        }
        drawn
    }
}
