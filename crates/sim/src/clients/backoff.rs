//! How long a client waits between the tries of one request, and when it gives up.
//! client-go: `config/retry/{config,backoff}.go`.
//!
//! client-go draws some waits from between half of what follows here and all of it, so that
//! clients do not come back together. Here each is the mean of that: nothing is drawn.

use super::Ask;
use crate::ids::SECOND;

/// What a client waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Cause {
    /// A store did not answer: `BoTiKVRPC`.
    TikvRpc,
    /// PD did not answer, or knows no region for a key: `BoPDRPC`.
    PdRpc,
    /// The region has changed or moved: `BoRegionMiss`.
    RegionMiss,
    /// The region has no leader, or is being merged: `BoRegionScheduling`.
    RegionScheduling,
    /// Unsafe recovery has the region: `BoRegionRecoveryInProgress`.
    RecoveryInProgress,
}

const CAUSES: usize = Cause::RecoveryInProgress as usize + 1;

impl Cause {
    /// The first wait and the longest, in milliseconds, and whether they are drawn.
    fn bounds(self) -> (u64, u64, bool) {
        match self {
            Cause::TikvRpc => (100, 2_000, true),
            Cause::PdRpc => (500, 3_000, true),
            Cause::RegionMiss | Cause::RegionScheduling => (2, 500, false),
            Cause::RecoveryInProgress => (100, 10_000, true),
        }
    }
}

/// The waits of one request so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Backoff {
    waits: [u32; CAUSES],
    slept_ms: u64,
}

impl Backoff {
    /// How long to wait this time, in milliseconds: twice as long as the last time for the same
    /// cause. `None` where the request has waited too long in all, and fails.
    pub(super) fn wait(&mut self, ask: Ask, cause: Cause) -> Option<u64> {
        if patience(ask) <= self.slept_ms {
            return None;
        }
        let (first, longest, is_drawn) = cause.bounds();
        let waits = &mut self.waits[cause as usize];
        let whole = first.saturating_mul(1 << (*waits).min(20)).min(longest);
        *waits += 1;
        let wait = if is_drawn { whole - whole / 4 } else { whole };
        self.slept_ms += wait;
        Some(wait)
    }

    /// What decides the future.
    pub(super) fn digest(&self) -> u64 {
        self.waits.iter().fold(self.slept_ms, |digest, waits| digest << 8 ^ u64::from(*waits))
    }
}

/// How long a request waits in all: TiDB's `tidb_backoff_weight` doubles what client-go's callers
/// say. client-go: `getMaxBackoff`, `PrewriteMaxBackoff`.
fn patience(ask: Ask) -> u64 {
    match ask {
        Ask::Read => 2 * 20 * SECOND,
        Ask::Write => 2 * 40 * SECOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_each_cause_apart() {
        let mut backoff = Backoff::default();
        let mut wait = |cause| backoff.wait(Ask::Read, cause).expect("there is time");
        let misses: Vec<u64> = (0..10).map(|_| wait(Cause::RegionMiss)).collect();
        assert_eq!(misses, [2, 4, 8, 16, 32, 64, 128, 256, 500, 500]);
        let silent: Vec<u64> = (0..6).map(|_| wait(Cause::TikvRpc)).collect();
        assert_eq!(silent, [75, 150, 300, 600, 1_200, 1_500]);
        assert_eq!(wait(Cause::RecoveryInProgress), 75);
        assert_eq!(wait(Cause::PdRpc), 375);
    }

    #[test]
    fn a_read_gives_up_after_forty_seconds_and_a_write_after_eighty() {
        for (ask, seconds) in [(Ask::Read, 40), (Ask::Write, 80)] {
            let mut backoff = Backoff::default();
            let waited: u64 =
                std::iter::from_fn(|| backoff.wait(ask, Cause::RegionScheduling)).sum();
            assert!((seconds * SECOND..seconds * SECOND + 500).contains(&waited), "{waited}");
        }
    }
}
