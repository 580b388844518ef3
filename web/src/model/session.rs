//! A run and what was recorded of it. Pure: the page's timers decide when it works.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use scenario::{Deed, Divergence, Input, Issued, Outcome, Record, Request, Run, Scenario, library};
use sim::{Event, Knobs, Millis, Release};
use view::failure::{Failure, failure};
use view::log::LogBook;
use view::timeline::{Mark, MarkKind, Stretch};
use view::told::{self, Weight};
use view::{ClusterView, Projector, Timeline};

use super::clock::Playing;

/// How far a world goes in one go, in simulated milliseconds: short enough that a frame of the
/// page can be kept.
const SLICE_MS: u64 = 500;
/// How much happens in each of its slices at most: of ten thousand regions a single millisecond can
/// be more than a frame's work.
const SLICE_ITEMS: usize = 150;
/// At least this often, in simulated milliseconds, a view is recorded.
const RECORD_EVERY_MS: u64 = 1_000;
/// In a quiet stretch it is this often.
const RECORD_QUIET_EVERY_MS: u64 = 5_000;

/// For so long after something notable a stretch is not quiet, in simulated milliseconds.
const AFTERMATH_MS: u64 = 5_000;

/// The knobs of one world, and the release they are of.
pub(crate) type WorldKnobs = (Option<Release>, Knobs);

/// A moment that somebody has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bookmark {
    pub(crate) at: Millis,
    pub(crate) name: String,
}

/// A run, its recorded views and its marks.
pub(crate) struct Session {
    /// Which branch it is, counted from 1.
    pub(crate) number: u32,
    /// By time.
    pub(crate) bookmarks: Vec<Bookmark>,
    /// The scenario's text, if it is not one of the library.
    text: Option<Rc<str>>,
    run: Run,
    projectors: Vec<Projector>,
    timeline: Timeline,
    books: Vec<LogBook>,
    /// What is still to be done again.
    replay: VecDeque<Input>,
    /// How far the replay goes.
    replay_until: Millis,
    /// Until here the views are those of the run that this one branched off from.
    seen_until: Millis,
    /// The events of each world that somebody should not miss, as indices.
    notable: Vec<Vec<usize>>,
    /// How many events of each world were looked at for that.
    noted: Vec<usize>,
    /// Which failures each world has had.
    failed: Vec<BTreeSet<Failure>>,
    /// When something notable last happened.
    noticed_at: Millis,
    /// How many of the run's requests have a mark.
    marked: usize,
    has_diverged: bool,
}

/// The worlds that a scenario contrasts.
pub(crate) fn contrasted(scenario: &Scenario) -> [WorldKnobs; 2] {
    scenario.releases.map(|release| (Some(release), release.knobs()))
}

impl Session {
    /// A run at its beginning.
    pub(crate) fn new(scenario: Scenario, worlds: &[WorldKnobs]) -> Session {
        let mut session = Session::begun(scenario, worlds);
        session.record();
        session
    }

    /// The same, with its beginning still to be recorded.
    pub(crate) fn begun(scenario: Scenario, worlds: &[WorldKnobs]) -> Session {
        let text = own_text(&scenario);
        Session::unseen(scenario, text, worlds, None)
    }

    fn unseen(
        scenario: Scenario,
        text: Option<Rc<str>>,
        worlds: &[WorldKnobs],
        seed: Option<u64>,
    ) -> Session {
        let run = Run::new(scenario, worlds, seed);
        Session {
            number: 1,
            bookmarks: Vec::new(),
            text,
            run: run.expect("the incidents are built by the tests of their crate"),
            projectors: vec![Projector::default(); worlds.len()],
            timeline: Timeline::default(),
            books: vec![LogBook::default(); worlds.len()],
            replay: VecDeque::new(),
            replay_until: Millis::ZERO,
            seen_until: Millis::ZERO,
            notable: vec![Vec::new(); worlds.len()],
            noted: vec![0; worlds.len()],
            failed: vec![BTreeSet::new(); worlds.len()],
            noticed_at: Millis::ZERO,
            marked: 0,
            has_diverged: false,
        }
    }

    /// A run in which the deeds of `record` are done again by [`Session::work`]. The record has to
    /// fit the scenario.
    pub(crate) fn replaying(scenario: Scenario, record: &Record) -> Session {
        let text = own_text(&scenario);
        let mut session = Session::unseen(scenario, text, &record.worlds, Some(record.seed));
        session.record();
        session.replay = record.inputs.iter().cloned().collect();
        session.replay_until = record.until;
        session
    }

    /// The same run up to `at` with the first `deeds` of its deeds, to be lived through again by
    /// [`Session::work`]. The views until then are those of this run.
    pub(crate) fn branch(&self, at: Millis, deeds: usize) -> Session {
        let mut record = self.whole_record();
        record.inputs.truncate(deeds);
        record.until = at;
        let scenario = self.run.scenario().clone();
        let (text, seed) = (self.text.clone(), Some(record.seed));
        let mut session = Session::unseen(scenario, text, &record.worlds, seed);
        session.timeline = self.timeline.before(at);
        // A run that has not caught up has views only as far as it has come.
        session.seen_until = at.min(self.run.now().max(self.seen_until));
        session.replay = record.inputs.into();
        session.replay_until = at;
        session.number = self.number;
        session.bookmarks = self.bookmarks.clone();
        session.bookmarks.retain(|bookmark| bookmark.at <= at);
        if session.timeline.is_empty() {
            session.record();
        }
        session
    }

    /// What was done so far, with what a replay has still to do.
    pub(crate) fn whole_record(&self) -> Record {
        let mut record = self.run.record().clone();
        record.inputs.extend(self.replay.iter().cloned());
        record.until = record.until.max(self.replay_until);
        record
    }

    /// The same, copied only while a replay is under way.
    pub(crate) fn known(&self) -> Cow<'_, Record> {
        match self.is_replaying() {
            true => Cow::Owned(self.whole_record()),
            false => Cow::Borrowed(self.run.record()),
        }
    }

    /// The scenario's text, if it is not one of the library.
    pub(super) fn text(&self) -> Option<&Rc<str>> {
        self.text.as_ref()
    }

    /// Whether the other run is of the same scenario.
    pub(super) fn is_akin(&self, other: &Session) -> bool {
        self.run.scenario().id == other.run.scenario().id && self.text == other.text
    }

    /// Whether anything was done, or any time has passed.
    pub(super) fn is_begun(&self) -> bool {
        let known = self.known();
        Millis::ZERO < known.until || !known.inputs.is_empty()
    }

    /// Has deeds done as soon as the replay is.
    pub(super) fn owe(&mut self, deeds: impl IntoIterator<Item = Deed>) {
        let at = self.run.now().max(self.replay_until);
        self.replay.extend(deeds.into_iter().map(|deed| Input { at, deed }));
    }

    /// Whether a replay is under way.
    pub(crate) fn is_replaying(&self) -> bool {
        !self.replay.is_empty() || self.run.now() < self.replay_until
    }

    /// How much of the replay is done, in percent.
    pub(crate) fn replayed(&self) -> u64 {
        100 * self.run.now().0 / self.replay_until.0.max(1)
    }

    /// Whether somebody has seen this part already, in the run that this one branched off from.
    fn is_seen(&self) -> bool {
        self.run.now() < self.seen_until
    }

    /// Goes a slice towards `goal`, or on with a replay. Returns whether there is more to do.
    /// A step stops where its last line is done.
    pub(crate) fn work(&mut self, goal: Millis, playing: Playing) -> bool {
        let is_replaying = self.is_replaying();
        let goal = if is_replaying { self.replay_until } else { goal };
        let due = self.replay.front().map_or(goal, |input| input.at);
        let now = self.run.now();
        let until = goal.min(due).min(now.after(SLICE_MS)).max(now);
        let is_step = playing == Playing::Step && !is_replaying;
        if !self.live(until, is_step) {
            if !self.run.is_under_way() && !self.is_seen() {
                self.record_if_due(false);
            }
            return true;
        }
        while self.replay.front().is_some_and(|input| input.at <= self.run.now()) {
            let input = self.replay.pop_front().expect("it was there a line before");
            self.carry_out(input.deed);
        }
        if !self.is_seen() {
            self.record_if_due(is_replaying && !self.is_replaying());
        }
        if is_step && self.run.is_idle() {
            return false;
        }
        self.run.now() < goal || !self.replay.is_empty()
    }

    /// Goes a slice on to `until`, or to the end of the script, and records each moment at which
    /// something notable happens. Returns whether it is there.
    fn live(&mut self, until: Millis, to_script_end: bool) -> bool {
        let is_busy = self.run.is_under_way();
        if !is_busy {
            if to_script_end && self.run.is_idle() {
                return true;
            }
            // What is due at this very moment, if the script has just been given a line.
            self.run.advance(self.run.now());
        }
        let mut left = SLICE_ITEMS;
        while self.run.now() < until && !(to_script_end && self.run.is_idle()) {
            let was_seen = self.is_seen();
            self.run.approach(until, &mut left);
            if self.run.is_under_way() {
                return false;
            }
            if !was_seen && self.note_events() {
                self.record();
            }
            // After a moment that took several slices one may want to look.
            if is_busy {
                return until <= self.run.now();
            }
        }
        true
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
        if !self.is_seen() {
            self.record();
        }
        issued
    }

    /// Goes on to the next event that somebody would notice, or by `limit_ms`.
    pub(crate) fn go_to_next_event(&mut self, limit_ms: u64) {
        let limit = self.run.now().after(limit_ms);
        self.run.settle();
        let mut is_noticed = self.note_events();
        while self.run.now() < limit && !is_noticed {
            self.run.advance_to_event(limit);
            is_noticed = self.note_events();
        }
        self.record();
    }

    /// How many events somebody should not have missed, in all worlds together.
    pub(crate) fn noticed(&self) -> usize {
        self.notable.iter().map(Vec::len).sum()
    }

    /// Records what the worlds look like now.
    pub(crate) fn record(&mut self) {
        self.run.settle();
        self.note_events();
        let worlds: Vec<ClusterView> = self
            .projectors
            .iter_mut()
            .zip(self.run.worlds())
            .map(|(projector, world)| projector.project(&world.cluster))
            .collect();
        let now = self.run.now();
        let stretch = if self.is_quiet() { Stretch::Quiet } else { Stretch::Eventful };
        self.timeline.record(now, worlds, stretch);
        for (book, world) in self.books.iter_mut().zip(self.run.worlds()) {
            book.read(world.cluster.events(), &world.cluster.knobs());
        }
        self.mark();
    }

    /// Whether nothing notable has happened for a while.
    fn is_quiet(&self) -> bool {
        self.noticed_at.after(AFTERMATH_MS) < self.run.now()
    }

    /// Notes which of the new events matter, and whether any does.
    fn note_events(&mut self) -> bool {
        let before = self.noticed();
        for world in 0..self.noted.len() {
            let upto = self.events(world).len();
            for index in self.noted[world]..upto {
                let event = &self.run.worlds()[world].cluster.events()[index];
                if is_notable(event) {
                    self.notable[world].push(index);
                    self.noticed_at = self.noticed_at.max(event.at);
                    self.timeline.stop(event.at);
                }
                self.mark_failure(world, index);
            }
            self.noted[world] = upto;
        }
        before < self.noticed()
    }

    /// Marks the event if it is a failure; one that several worlds have at once is marked once.
    fn mark_failure(&mut self, world: usize, index: usize) {
        let events = |world: usize| self.run.worlds()[world].cluster.events();
        let event = &events(world)[index];
        let is_new = match failure(&event.kind) {
            None => false,
            Some(Failure::Single) => true,
            Some(failure) => self.failed[world].insert(failure),
        };
        let is_same = |(other, index): (usize, usize)| {
            let other = &events(other)[index];
            (other.at, &other.kind) == (event.at, &event.kind)
        };
        let (at, kind) = (event.at, MarkKind::Failure);
        if is_new && !self.timeline.marks_at(at).filter_map(|mark| mark.event).any(is_same) {
            let event = Some((world, index));
            self.timeline.mark(Mark { at, kind, label: String::new(), event });
        }
    }

    /// The notable ones of a world's first `upto` events.
    pub(crate) fn notable(&self, world: usize, upto: usize) -> &[usize] {
        let notable = &self.notable[world];
        &notable[..notable.partition_point(|index| *index < upto)]
    }

    /// Records a view if the last one is old, or if one is owed.
    fn record_if_due(&mut self, is_owed: bool) {
        let recorded = self.timeline.newest().map_or(Millis::ZERO, |frame| frame.at);
        let every = if self.is_quiet() { RECORD_QUIET_EVERY_MS } else { RECORD_EVERY_MS };
        if is_owed || every <= self.run.now().since(recorded) {
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
                let kind = if is_refused { MarkKind::Refusal } else { MarkKind::Command };
                let (label, event) = (request.to_string(), None);
                self.timeline.mark(Mark { at: *at, kind, label, event });
            }
        }
        self.marked = issued.len();
        if let Some((_, _, parting)) = self.run.parting().filter(|_| !self.has_diverged) {
            let (at, kind) = (parting.at, MarkKind::Divergence);
            self.timeline.mark(Mark { at, kind, label: String::new(), event: None });
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

    /// Which two worlds first part, and how.
    pub(crate) fn parting(&self) -> Option<(usize, usize, &Divergence)> {
        self.run.parting()
    }

    /// The knobs of each world.
    pub(crate) fn knobs(&self) -> Vec<WorldKnobs> {
        self.run.worlds().iter().map(|world| (world.release, world.cluster.knobs())).collect()
    }
}

fn own_text(scenario: &Scenario) -> Option<Rc<str>> {
    (!library::has(scenario)).then(|| scenario.to_string().into())
}

fn is_notable(event: &Event) -> bool {
    Some(Weight::Notable) <= told::weight(&event.kind)
}
