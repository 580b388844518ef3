//! A run and what was recorded of it. Pure: the page's timers decide when it works.

use std::collections::VecDeque;

use scenario::{Deed, Divergence, Input, Issued, Outcome, Record, Request, Run, Scenario};
use sim::{Event, Knobs, Millis, Release};
use view::log::LogBook;
use view::timeline::{Mark, MarkKind, Stretch};
use view::told::{self, Weight};
use view::{ClusterView, Projector, Timeline};

use super::clock::Playing;

/// How far a world goes in one go, in simulated milliseconds: short enough that a frame of the
/// page can be kept.
const SLICE_MS: u64 = 500;
/// At least this often, in simulated milliseconds, a view is recorded.
const RECORD_EVERY_MS: u64 = 1_000;

/// For so long after something notable a stretch is not quiet, in simulated milliseconds.
const AFTERMATH_MS: u64 = 5_000;

/// The knobs of one world, and the release they are of.
pub(crate) type WorldKnobs = (Option<Release>, Knobs);

/// A run, its recorded views and its marks.
pub(crate) struct Session {
    run: Run,
    projectors: Vec<Projector>,
    timeline: Timeline,
    books: Vec<LogBook>,
    /// What is still to be done again after the knobs were changed.
    replay: VecDeque<Input>,
    /// How far the replay goes.
    replay_until: Millis,
    /// The events of each world that somebody should not miss, as indices.
    notable: Vec<Vec<usize>>,
    /// How many events each world had at the last record.
    recorded: Vec<usize>,
    /// When something notable last happened.
    noticed_at: Millis,
    /// How many of the run's requests have a mark.
    marked: usize,
    has_diverged: bool,
}

impl Session {
    /// A run at its beginning.
    pub(crate) fn new(scenario: Scenario, worlds: &[WorldKnobs]) -> Session {
        Session::seeded(scenario, worlds, None)
    }

    fn seeded(scenario: Scenario, worlds: &[WorldKnobs], seed: Option<u64>) -> Session {
        let run = Run::new(scenario, worlds, seed);
        let mut session = Session {
            run: run.expect("the incidents are built by the tests of their crate"),
            projectors: vec![Projector::default(); worlds.len()],
            timeline: Timeline::default(),
            books: vec![LogBook::default(); worlds.len()],
            replay: VecDeque::new(),
            replay_until: Millis::ZERO,
            notable: vec![Vec::new(); worlds.len()],
            recorded: vec![0; worlds.len()],
            noticed_at: Millis::ZERO,
            marked: 0,
            has_diverged: false,
        };
        session.record();
        session
    }

    /// The same deeds in worlds with these knobs, to be done by [`Session::work`].
    pub(crate) fn again(&self, worlds: &[WorldKnobs]) -> Session {
        Session::replaying(self.run.scenario().clone(), worlds, &self.whole_record())
    }

    /// A run in which the deeds of `record` are done again.
    pub(crate) fn replaying(scenario: Scenario, worlds: &[WorldKnobs], record: &Record) -> Session {
        let mut session = Session::seeded(scenario, worlds, Some(record.seed));
        session.replay = record.inputs.iter().cloned().collect();
        session.replay_until = record.until;
        session
    }

    /// What was done so far, with what a replay has still to do.
    pub(crate) fn whole_record(&self) -> Record {
        let mut record = self.run.record().clone();
        record.inputs.extend(self.replay.iter().cloned());
        record.until = record.until.max(self.replay_until);
        record
    }

    /// Whether a replay is under way.
    pub(crate) fn is_replaying(&self) -> bool {
        !self.replay.is_empty() || self.run.now() < self.replay_until
    }

    /// Goes a slice towards `goal`, or on with a replay. Returns whether there is more to do.
    /// A step stops where its last line is done.
    pub(crate) fn work(&mut self, goal: Millis, playing: Playing) -> bool {
        let goal = if self.is_replaying() { self.replay_until } else { goal };
        let due = self.replay.front().map(|input| input.at);
        let until = goal.min(due.unwrap_or(goal)).min(self.run.now().after(SLICE_MS));
        match playing {
            Playing::Step if !self.is_replaying() => self.run.advance_script(until),
            Playing::Step | Playing::Paused | Playing::Freely | Playing::Through => {
                self.run.advance(until.max(self.run.now()));
            }
        }
        while self.replay.front().is_some_and(|input| input.at <= self.run.now()) {
            let input = self.replay.pop_front().expect("it was there a line before");
            self.carry_out(input.deed);
        }
        self.record_if_due();
        if playing == Playing::Step && !self.is_replaying() && self.run.is_idle() {
            return false;
        }
        self.run.now() < goal || !self.replay.is_empty()
    }

    /// Does a deed now. Returns the place of what was issued.
    pub(crate) fn carry_out(&mut self, deed: Deed) -> Option<usize> {
        let issued = match deed {
            Deed::StartStep(step) => {
                self.run.start_step(step);
                None
            }
            Deed::Issue { request, target } => self.run.issue(request, target),
            Deed::SetKnobs { world, release, knobs } => {
                self.run.set_knobs(world, release, knobs);
                None
            }
        };
        self.record();
        issued
    }

    /// Goes on to the next event that somebody would notice, or by `limit_ms`.
    pub(crate) fn go_to_next_event(&mut self, limit_ms: u64) {
        let limit = self.run.now().after(limit_ms);
        while self.run.now() < limit {
            let before = self.counts();
            if !self.run.advance_to_event(limit) || self.is_notable_since(&before) {
                break;
            }
        }
        self.record();
    }

    /// Whether something happened that a watcher should not miss since the worlds had so many
    /// events.
    pub(crate) fn is_notable_since(&self, counts: &[usize]) -> bool {
        let mut worlds = self.run.worlds().iter().zip(counts);
        worlds.any(|(world, count)| world.cluster.events()[*count..].iter().any(is_notable))
    }

    /// How many events each world has had.
    pub(crate) fn counts(&self) -> Vec<usize> {
        self.run.worlds().iter().map(|world| world.cluster.events().len()).collect()
    }

    /// Records what the worlds look like now.
    pub(crate) fn record(&mut self) {
        let worlds: Vec<ClusterView> = self
            .projectors
            .iter_mut()
            .zip(self.run.worlds())
            .map(|(projector, world)| projector.project(&world.cluster))
            .collect();
        let now = self.run.now();
        if self.note_events() {
            self.noticed_at = now;
        }
        let is_quiet = self.noticed_at.after(AFTERMATH_MS) < now;
        let stretch = if is_quiet { Stretch::Quiet } else { Stretch::Eventful };
        self.timeline.record(now, worlds, stretch);
        for (book, world) in self.books.iter_mut().zip(self.run.worlds()) {
            book.read(world.cluster.events(), &world.cluster.knobs());
        }
        self.mark();
    }

    /// Notes which of the events since the last record matter, and whether any does.
    fn note_events(&mut self) -> bool {
        let mut any = false;
        for (world, (notable, read)) in
            self.run.worlds().iter().zip(self.notable.iter_mut().zip(&mut self.recorded))
        {
            let events = world.cluster.events();
            let new = (*read..events.len()).filter(|index| is_notable(&events[*index]));
            let before = notable.len();
            notable.extend(new);
            any |= before < notable.len();
            *read = events.len();
        }
        any
    }

    /// The notable ones of a world's first `upto` events.
    pub(crate) fn notable(&self, world: usize, upto: usize) -> &[usize] {
        let notable = &self.notable[world];
        &notable[..notable.partition_point(|index| *index < upto)]
    }

    fn record_if_due(&mut self) {
        let recorded = self.timeline.newest().map_or(Millis::ZERO, |frame| frame.at);
        if RECORD_EVERY_MS <= self.run.now().since(recorded) {
            self.record();
        }
    }

    /// Marks the commands and the divergence that came since the last time.
    fn mark(&mut self) {
        let issued = self.run.issued();
        for Issued { at, request, outcomes, .. } in &issued[self.marked..] {
            if let Request::Command(_) = request {
                let is_refused =
                    outcomes.iter().flatten().any(|o| matches!(o, Outcome::Refused(_)));
                let kind = if is_refused { MarkKind::Failure } else { MarkKind::Command };
                self.timeline.mark(Mark { at: *at, kind, label: request.to_string() });
            }
        }
        self.marked = issued.len();
        if let Some(divergence) = self.run.divergence().filter(|_| !self.has_diverged) {
            let (at, kind) = (divergence.at, MarkKind::Divergence);
            self.timeline.mark(Mark { at, kind, label: String::new() });
            self.has_diverged = true;
        }
    }

    /// The log of a world.
    pub(crate) fn book(&self, world: usize) -> &LogBook {
        &self.books[world]
    }

    /// All events of a world.
    pub(crate) fn events(&self, world: usize) -> &[Event] {
        self.run.worlds()[world].cluster.events()
    }

    /// The run.
    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// What was recorded.
    pub(crate) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Where the worlds part.
    pub(crate) fn divergence(&self) -> Option<&Divergence> {
        self.run.divergence()
    }

    /// The knobs of each world.
    pub(crate) fn knobs(&self) -> Vec<WorldKnobs> {
        self.run.worlds().iter().map(|world| (world.release, world.cluster.knobs())).collect()
    }
}

fn is_notable(event: &Event) -> bool {
    Some(Weight::Notable) <= told::weight(&event.kind)
}
