//! How fast time passes: speeds, and the skipping of quiet stretches.

/// A speed: simulated milliseconds for each of the watcher's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Speed(pub(crate) f64);

/// The eight speeds.
pub(crate) const SPEEDS: [Speed; 8] = [
    Speed(0.25),
    Speed(1.0),
    Speed(2.0),
    Speed(4.0),
    Speed(8.0),
    Speed(32.0),
    Speed(128.0),
    Speed(1024.0),
];

/// The longest the watcher's time may jump in one frame, in milliseconds: a page that was hidden
/// goes on where it was.
const LONGEST_FRAME_MS: f64 = 100.0;
/// How long nothing must happen before time is sped up, in the watcher's milliseconds.
const PATIENCE_MS: f64 = 600.0;
/// The most that skipping multiplies the speed by.
const MOST_BOOST: f64 = 512.0;

/// Whether time passes, and how fast.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clock {
    pub(crate) playing: Playing,
    pub(crate) speed: usize,
    pub(crate) skip: Skip,
    /// How long nothing has happened, in the watcher's milliseconds.
    quiet_ms: f64,
    /// Simulated milliseconds that are owed, below one.
    owed: f64,
}

/// Whether time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Playing {
    /// It stands.
    Paused,
    /// It passes.
    Freely,
    /// It passes, and each step follows the one before it, to the scenario's end.
    Through,
}

/// Whether quiet stretches are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// They pass as all else.
    Keep,
    /// They pass ever faster.
    Quiet,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { playing: Playing::Paused, speed: 4, skip: Skip::Quiet, quiet_ms: 0.0, owed: 0.0 }
    }
}

impl Clock {
    /// How many simulated milliseconds pass in a frame of the watcher's.
    pub(crate) fn pass(&mut self, frame_ms: f64) -> u64 {
        if self.playing == Playing::Paused {
            return 0;
        }
        let frame_ms = frame_ms.clamp(0.0, LONGEST_FRAME_MS);
        self.quiet_ms += frame_ms;
        self.owed += frame_ms * SPEEDS[self.speed].0 * self.boost();
        let whole = self.owed.floor();
        self.owed -= whole;
        whole as u64
    }

    /// Something happened: time passes at its own speed again.
    pub(crate) fn notice(&mut self) {
        self.quiet_ms = 0.0;
    }

    /// What the speed is multiplied by: doubled for each stretch of patience without an event.
    pub(crate) fn boost(&self) -> f64 {
        match self.skip {
            Skip::Keep => 1.0,
            Skip::Quiet => {
                let doublings = (self.quiet_ms / PATIENCE_MS - 1.0).max(0.0);
                2_f64.powf(doublings).min(MOST_BOOST)
            }
        }
    }

    /// Whether time passes.
    pub(crate) fn is_playing(&self) -> bool {
        self.playing != Playing::Paused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_at_the_chosen_speed() {
        let mut clock = Clock { playing: Playing::Freely, skip: Skip::Keep, ..Clock::default() };
        let passed: u64 = (0..60).map(|_| clock.pass(16.5)).sum();
        assert!((7_900..8_000).contains(&passed), "{passed}");
        clock.playing = Playing::Paused;
        assert_eq!(clock.pass(16.0), 0);
    }

    #[test]
    fn a_quiet_stretch_passes_ever_faster_until_something_happens() {
        let mut clock = Clock { playing: Playing::Freely, ..Clock::default() };
        let first = clock.pass(16.0);
        let later = (0..300).map(|_| clock.pass(16.0)).max().expect("there are frames");
        assert!(first * 100 < later, "{first} {later}");
        clock.notice();
        assert!(clock.pass(16.0) <= first + 1);
    }

    #[test]
    fn a_hidden_page_goes_on_where_it_was() {
        let mut clock = Clock { playing: Playing::Freely, ..Clock::default() };
        assert!(clock.pass(60_000.0) <= 800);
    }
}
