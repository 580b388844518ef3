//! A run as it was recorded: views in order of time, of which any can be looked at again, and
//! marks at the moments worth going back to.

use sim::Millis;

use crate::cluster_view::ClusterView;

/// How many views are kept before every second old one is given up.
pub const CAPACITY: usize = 4_096;

/// Whether something happened in the stretch before a recorded view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// Something did: the time line draws it to scale.
    Eventful,
    /// Nothing did: it takes a fraction of its length.
    Quiet,
}

/// How much shorter a quiet stretch is drawn.
const QUIET_SHRINKS: u64 = 100;
/// The longest stretch that is drawn to scale, in milliseconds.
const LONGEST_MS: u64 = 5_000;

/// The recorded views of the worlds, all worlds at the same moments.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    frames: Vec<Frame>,
    marks: Vec<Mark>,
}

/// All worlds at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When.
    pub at: Millis,
    /// How far along the time line: like `at`, but a quiet stretch counts for little.
    pub place: u64,
    /// One view a world.
    pub worlds: Vec<ClusterView>,
}

/// A moment worth going back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Millis,
    /// What is marked.
    pub kind: MarkKind,
    /// A few words on it.
    pub label: String,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// Somebody gave a command.
    Command,
    /// Something failed.
    Failure,
    /// From here on the worlds differ.
    Divergence,
}

impl Timeline {
    /// Records the worlds at `at`. A second view of the same moment replaces the first.
    pub fn record(&mut self, at: Millis, worlds: Vec<ClusterView>, stretch: Stretch) {
        let mut frame = Frame { at, place: 0, worlds };
        if let Some(last) = self.frames.last_mut() {
            assert!(last.at <= at, "a view of {at:?} comes after {:?}", last.at);
            frame.place = last.place + drawn(at.since(last.at), stretch);
            if last.at == at {
                *last = frame;
                return;
            }
        }
        if self.frames.len() == CAPACITY {
            self.thin();
        }
        self.frames.push(frame);
    }

    /// Notes a moment. A mark that is there already is not noted again.
    pub fn mark(&mut self, mark: Mark) {
        if !self.marks.contains(&mark) {
            let place = self.marks.partition_point(|other| other.at <= mark.at);
            self.marks.insert(place, mark);
        }
    }

    /// The worlds as they were at `moment`: the last view that is not later, or the first.
    pub fn seek(&self, moment: Millis) -> Option<&Frame> {
        let after = self.frames.partition_point(|frame| frame.at <= moment);
        self.frames.get(after.saturating_sub(1))
    }

    /// The first recorded moment after `moment`.
    pub fn next_after(&self, moment: Millis) -> Option<Millis> {
        let after = self.frames.partition_point(|frame| frame.at <= moment);
        self.frames.get(after).map(|frame| frame.at)
    }

    /// The last recorded moment before `moment`.
    pub fn last_before(&self, moment: Millis) -> Option<Millis> {
        let from = self.frames.partition_point(|frame| frame.at < moment);
        from.checked_sub(1).map(|index| self.frames[index].at)
    }

    /// Where a moment lies on the time line, from 0 to `length`.
    pub fn place(&self, moment: Millis) -> u64 {
        let Some(frame) = self.seek(moment) else {
            return 0;
        };
        frame.place
    }

    /// The moment recorded at this place of the time line, or the last one before it.
    pub fn at_place(&self, place: u64) -> Option<Millis> {
        let after = self.frames.partition_point(|frame| frame.place <= place);
        self.frames.get(after.saturating_sub(1)).map(|frame| frame.at)
    }

    /// How long the time line is, in the unit of [`Frame::place`].
    pub fn length(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.place)
    }

    /// Every recorded moment, by time.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The newest recorded views.
    pub fn newest(&self) -> Option<&Frame> {
        self.frames.last()
    }

    /// The marks, by time.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// How many views are kept.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Gives up every second view, save the first, the newest and those at a mark.
    fn thin(&mut self) {
        let marks = std::mem::take(&mut self.marks);
        let newest = self.frames.len() - 1;
        let mut index = 0;
        self.frames.retain(|frame| {
            let is_kept = index % 2 == 0
                || index == newest
                || marks.binary_search_by_key(&frame.at, |mark| mark.at).is_ok();
            index += 1;
            is_kept
        });
        self.marks = marks;
    }
}

fn drawn(ms: u64, stretch: Stretch) -> u64 {
    match stretch {
        Stretch::Eventful => ms.min(LONGEST_MS),
        Stretch::Quiet => (ms / QUIET_SHRINKS).min(LONGEST_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(timeline: &Timeline, moment: u64) -> Option<u64> {
        timeline.seek(Millis(moment)).map(|frame| frame.at.0)
    }

    #[test]
    fn seek_finds_what_was_to_be_seen_then() {
        let mut timeline = Timeline::default();
        assert_eq!(seen(&timeline, 5), None);
        for at in [0, 100, 200] {
            timeline.record(Millis(at), Vec::new(), Stretch::Eventful);
        }
        for (moment, then) in [(0, 0), (99, 0), (100, 100), (150, 100), (900, 200)] {
            assert_eq!(seen(&timeline, moment), Some(then), "at {moment}");
        }
        assert_eq!(timeline.next_after(Millis(100)), Some(Millis(200)));
        assert_eq!(timeline.last_before(Millis(100)), Some(Millis(0)));
    }

    #[test]
    fn a_quiet_stretch_is_short_on_the_time_line() {
        let mut timeline = Timeline::default();
        for at in [0, 1_000] {
            timeline.record(Millis(at), Vec::new(), Stretch::Eventful);
        }
        timeline.record(Millis(601_000), Vec::new(), Stretch::Quiet);
        timeline.record(Millis(602_000), Vec::new(), Stretch::Eventful);
        assert_eq!(timeline.length(), 1_000 + 5_000 + 1_000);
        assert_eq!(timeline.at_place(timeline.place(Millis(601_000))), Some(Millis(601_000)));
        assert_eq!(timeline.at_place(0), Some(Millis(0)));
    }

    #[test]
    fn a_long_run_is_thinned_and_keeps_its_marks() {
        let mut timeline = Timeline::default();
        let mark = Mark { at: Millis(7), kind: MarkKind::Failure, label: String::new() };
        for at in 0..CAPACITY as u64 * 3 {
            timeline.record(Millis(at), Vec::new(), Stretch::Eventful);
            if at == mark.at.0 {
                timeline.mark(mark.clone());
            }
        }
        assert!(timeline.len() <= CAPACITY);
        assert_eq!(seen(&timeline, 7), Some(7));
        assert_eq!(seen(&timeline, 0), Some(0));
    }
}
