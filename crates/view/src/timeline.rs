//! A run as it was recorded: views in order of time, of which any can be looked at again, and
//! marks at the moments worth going back to.

use std::rc::Rc;

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
/// A quiet stretch at least as long is marked as a wait, in milliseconds.
pub const LONG_WAIT_MS: u64 = 20_000;
/// The longest stretch that is drawn to scale, in milliseconds.
const LONGEST_MS: u64 = 5_000;

/// The recorded views of the worlds, all worlds at the same moments.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Shared, so that a branch takes over thousands of them at the price of a count each.
    frames: Vec<Rc<Frame>>,
    marks: Vec<Mark>,
    /// The moments at which something notable happened, ascending.
    stops: Vec<Millis>,
    /// Long stretches in which nothing did, in order.
    waits: Vec<Wait>,
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

/// A long stretch in which nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Its first moment.
    pub from: Millis,
    /// Its last one.
    pub to: Millis,
}

/// A moment worth going back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Millis,
    /// What is marked.
    pub kind: MarkKind,
    /// A few words on it; empty where they follow from the event or the kind.
    pub label: String,
    /// The event in question: its world, and its index among the world's events.
    pub event: Option<(usize, usize)>,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// Somebody gave a command.
    Command,
    /// Somebody gave a command that a world refused.
    Refusal,
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
                *last = Rc::new(frame);
                return;
            }
            if stretch == Stretch::Quiet {
                let from = last.at;
                self.wait(from, at);
            }
        }
        if self.frames.len() == CAPACITY {
            self.thin();
        }
        self.frames.push(Rc::new(frame));
    }

    /// Notes a moment. A mark that is there already is not noted again.
    pub fn mark(&mut self, mark: Mark) {
        if !self.marks.contains(&mark) {
            let place = self.marks.partition_point(|other| other.at <= mark.at);
            self.marks.insert(place, mark);
        }
    }

    /// Notes that something notable happened now.
    pub fn stop(&mut self, at: Millis) {
        if self.stops.last().is_none_or(|last| *last < at) {
            self.stops.push(at);
        }
    }

    fn wait(&mut self, from: Millis, to: Millis) {
        match self.waits.last_mut() {
            Some(last) if last.to == from => last.to = to,
            Some(_) | None => self.waits.push(Wait { from, to }),
        }
    }

    /// The stretches of at least [`LONG_WAIT_MS`] in which nothing happened.
    pub fn waits(&self) -> impl Iterator<Item = Wait> {
        self.waits.iter().copied().filter(|wait| LONG_WAIT_MS <= wait.to.since(wait.from))
    }

    /// What was recorded before `at`: a branch that leaves there goes on from it.
    #[must_use]
    pub fn before(&self, at: Millis) -> Timeline {
        let frames = self.frames.partition_point(|frame| frame.at < at);
        let marks = self.marks.partition_point(|mark| mark.at < at);
        let stops = self.stops.partition_point(|stop| *stop < at);
        let last = frames.checked_sub(1).map_or(Millis::ZERO, |index| self.frames[index].at);
        let waits = self.waits.partition_point(|wait| wait.from < last);
        let cut = |wait: &Wait| Wait { from: wait.from, to: wait.to.min(last) };
        Timeline {
            frames: self.frames[..frames].to_vec(),
            marks: self.marks[..marks].to_vec(),
            stops: self.stops[..stops].to_vec(),
            waits: self.waits[..waits].iter().map(cut).collect(),
        }
    }

    /// The worlds as they were at `moment`: the last view that is not later, or the first.
    pub fn seek(&self, moment: Millis) -> Option<&Rc<Frame>> {
        let after = self.frames.partition_point(|frame| frame.at <= moment);
        self.frames.get(after.saturating_sub(1))
    }

    /// The first moment after `moment` at which something notable happened.
    pub fn next_stop(&self, moment: Millis) -> Option<Millis> {
        self.stops.get(self.stops.partition_point(|stop| *stop <= moment)).copied()
    }

    /// The last moment before `moment` at which something notable happened.
    pub fn last_stop(&self, moment: Millis) -> Option<Millis> {
        let from = self.stops.partition_point(|stop| *stop < moment);
        from.checked_sub(1).map(|index| self.stops[index])
    }

    /// The first mark after `moment` of a kind that is wanted.
    pub fn next_mark(&self, moment: Millis, wanted: fn(MarkKind) -> bool) -> Option<Millis> {
        let from = self.marks.partition_point(|mark| mark.at <= moment);
        self.marks[from..].iter().find(|mark| wanted(mark.kind)).map(|mark| mark.at)
    }

    /// The last mark before `moment` of a kind that is wanted.
    pub fn last_mark(&self, moment: Millis, wanted: fn(MarkKind) -> bool) -> Option<Millis> {
        let upto = self.marks.partition_point(|mark| mark.at < moment);
        self.marks[..upto].iter().rev().find(|mark| wanted(mark.kind)).map(|mark| mark.at)
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
    pub fn frames(&self) -> &[Rc<Frame>] {
        &self.frames
    }

    /// The newest recorded views.
    pub fn newest(&self) -> Option<&Rc<Frame>> {
        self.frames.last()
    }

    /// The marks, by time.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The marks of this very moment.
    pub fn marks_at(&self, moment: Millis) -> impl Iterator<Item = &Mark> {
        let from = self.marks.partition_point(|mark| mark.at < moment);
        self.marks[from..].iter().take_while(move |mark| mark.at == moment)
    }

    /// How many views are kept.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Gives up every second view, save the first, the newest, and while there is room those at a
    /// mark or where something notable happened.
    fn thin(&mut self) {
        let (marks, stops) = (&self.marks, &self.stops);
        let is_marked = |at: &Millis| marks.binary_search_by_key(at, |mark| mark.at).is_ok();
        let is_stop = |at: &Millis| stops.binary_search(at).is_ok();
        let crowded = CAPACITY / 2 < stops.len();
        let newest = self.frames.len() - 1;
        let mut index = 0;
        self.frames.retain(|frame| {
            let is_told = is_marked(&frame.at) || !crowded && is_stop(&frame.at);
            let is_kept = index % 2 == 0 || index == newest || is_told;
            index += 1;
            is_kept
        });
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
    fn one_steps_from_what_happened_to_what_happened_in_both_directions() {
        let mut timeline = Timeline::default();
        for at in [0, 40, 40, 90] {
            timeline.stop(Millis(at));
        }
        assert_eq!(timeline.next_stop(Millis(0)), Some(Millis(40)));
        assert_eq!(timeline.next_stop(Millis(90)), None);
        assert_eq!(timeline.last_stop(Millis(90)), Some(Millis(40)));
        assert_eq!(timeline.last_stop(Millis(65)), Some(Millis(40)));
        assert_eq!(timeline.last_stop(Millis(0)), None);
    }

    #[test]
    fn only_marks_of_the_wanted_kind_are_stops() {
        let mut timeline = Timeline::default();
        for (at, kind) in [(1, MarkKind::Command), (2, MarkKind::Failure), (3, MarkKind::Command)] {
            let at = Millis(at);
            timeline.mark(Mark { at, kind, label: String::new(), event: None });
        }
        let commands = |kind| kind == MarkKind::Command;
        assert_eq!(timeline.next_mark(Millis(1), commands), Some(Millis(3)));
        assert_eq!(timeline.last_mark(Millis(3), commands), Some(Millis(1)));
        assert_eq!(timeline.next_mark(Millis(3), commands), None);
    }

    #[test]
    fn a_branch_takes_over_what_lies_before_it() {
        let mut timeline = Timeline::default();
        for at in [0, 1_000, 61_000] {
            let stretch = if at == 61_000 { Stretch::Quiet } else { Stretch::Eventful };
            timeline.record(Millis(at), Vec::new(), stretch);
            timeline.stop(Millis(at));
            let (at, kind, label) = (Millis(at), MarkKind::Command, at.to_string());
            timeline.mark(Mark { at, kind, label, event: None });
        }
        let cut = timeline.before(Millis(61_000));
        assert_eq!((cut.len(), cut.marks().len()), (2, 2));
        assert_eq!(cut.newest().map(|frame| frame.at), Some(Millis(1_000)));
        assert_eq!(cut.next_stop(Millis(1_000)), None);
        assert_eq!(cut.waits().count(), 0, "the wait is not part of it");
        assert_eq!(timeline.before(Millis::ZERO).len(), 0);
    }

    #[test]
    fn neighbouring_quiet_stretches_are_one_wait_and_short_ones_are_none() {
        let mut timeline = Timeline::default();
        timeline.record(Millis(0), Vec::new(), Stretch::Eventful);
        for at in [15_000, 30_000] {
            timeline.record(Millis(at), Vec::new(), Stretch::Quiet);
        }
        timeline.record(Millis(31_000), Vec::new(), Stretch::Eventful);
        timeline.record(Millis(40_000), Vec::new(), Stretch::Quiet);
        let waits: Vec<_> = timeline.waits().map(|wait| (wait.from.0, wait.to.0)).collect();
        assert_eq!(waits, [(0, 30_000)]);
    }

    #[test]
    fn a_long_run_is_thinned_and_keeps_its_marks() {
        let mut timeline = Timeline::default();
        let kind = MarkKind::Failure;
        let mark = Mark { at: Millis(7), kind, label: String::new(), event: None };
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
