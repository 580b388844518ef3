//! How fast time passes: speeds, and the skipping of quiet stretches.

/// A speed: simulated milliseconds for each of the watcher's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Speed {
    pub(crate) times: f64,
    pub(crate) label: &'static str,
}

/// The eight speeds.
pub(crate) const SPEEDS: [Speed; 8] = [
    // A message takes a millisecond or three: slow enough to see it travel.
    Speed { times: 0.02, label: "0.02 ×" },
    Speed { times: 1.0, label: "1 ×" },
    Speed { times: 2.0, label: "2 ×" },
    Speed { times: 4.0, label: "4 ×" },
    Speed { times: 8.0, label: "8 ×" },
    Speed { times: 32.0, label: "32 ×" },
    Speed { times: 128.0, label: "128 ×" },
    Speed { times: 1024.0, label: "1024 ×" },
];

/// The longest the watcher's time may jump in one frame, in milliseconds: a page that was hidden
/// goes on where it was.
const LONGEST_FRAME_MS: f64 = 100.0;
/// How long nothing must happen before time is sped up, in the watcher's milliseconds.
const PATIENCE_MS: f64 = 600.0;
/// How often skipping doubles the speed at most.
const MOST_DOUBLINGS: f64 = 9.0;

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
    /// It passes until the steps asked for are done.
    Step,
    /// It passes to the scenario's end.
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
        self.owed += frame_ms * SPEEDS[self.speed].times * self.boost();
        let whole = self.owed.floor();
        self.owed -= whole;
        whole as u64
    }

    /// How far time is beyond the whole milliseconds that have passed, while it is slow enough to
    /// follow a message with the eye.
    pub(crate) fn beyond(&self) -> Option<f64> {
        (SPEEDS[self.speed].times <= 1.0).then_some(self.owed)
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
                let doublings = (self.quiet_ms / PATIENCE_MS - 1.0).clamp(0.0, MOST_DOUBLINGS);
                // Between two doublings the speed grows evenly.
                let whole = doublings.floor();
                f64::from(1_u32 << whole as u32) * (1.0 + doublings - whole)
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
