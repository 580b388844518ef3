//! Time: frames, play and pause, and going to a moment.

use std::rc::Rc;

use scenario::{Deed, Input, library};
use sim::Millis;
use view::timeline::{Frame, MarkKind};

use super::clock::Playing;
use super::session::contrasted;
use super::{Model, NEXT_EVENT_LIMIT_MS, Seek, Session, Unit, Update, Way};

/// With more regions than this a view is not made for every frame of the page, but so many of the
/// watcher's milliseconds apart for each thousand of them: a frame is for the hand that pans.
const REGIONS_A_FRAME: usize = 500;
const VIEW_EVERY_MS: f64 = 40.0;

/// How often the kept run is brought up to date while time passes, in the watcher's milliseconds.
const KEEP_EVERY_MS: f64 = 3_000.0;

impl Model {
    /// Whether frames are wanted.
    pub(crate) fn wants_frames(&self) -> bool {
        self.clock.is_playing()
            || self.is_catching_up()
            || self.is_reliving()
            || self.branches.are_behind()
    }

    /// Sets how far this frame goes, and starts the next step where all are played through.
    pub(super) fn begin_frame(&mut self, ms: f64) -> Update {
        self.unkept_ms += ms;
        self.unseen_ms += ms;
        self.pass_at_side(ms);
        if self.is_catching_up() || self.is_reliving() {
            self.goal = self.session.run().now();
            return Update::nothing();
        }
        let passed = self.clock.pass(ms);
        if let Some(cursor) = self.cursor {
            return self.play_back(cursor, passed);
        }
        let run = self.session.run();
        self.goal = run.now().after(passed);
        let end = run.scenario().end;
        match self.clock.playing {
            Playing::Step if run.is_idle() => self.pause(),
            Playing::Through if run.is_idle() && end <= run.now() => self.pause(),
            Playing::Through if run.now() < end => {
                self.goal = self.goal.min(end);
                Update::nothing()
            }
            Playing::Step | Playing::Through | Playing::Paused | Playing::Freely => {
                Update::nothing()
            }
        }
    }

    /// Whether what the worlds are now is to be shown at the end of this frame.
    fn is_view_due(&self) -> bool {
        let every = VIEW_EVERY_MS * self.graph.found.1 as f64 / 1_000.0;
        let is_time = every <= self.unseen_ms && !self.session.run().is_under_way();
        !self.clock.is_playing() || !self.is_large() || is_time
    }

    /// Whether there are too many regions for a view in every frame.
    fn is_large(&self) -> bool {
        REGIONS_A_FRAME < self.graph.found.1
    }

    /// Shows what the worlds are now.
    fn see_newest(&mut self) {
        self.unseen_ms = 0.0;
        let run = self.session.run();
        let is_new = |newest: &Rc<Frame>| newest.at < run.now() || run.is_under_way();
        if self.session.timeline().newest().is_none_or(is_new) {
            self.session.record();
        }
        self.look_as_shared();
        self.look();
    }

    pub(super) fn pause(&mut self) -> Update {
        self.clock.playing = Playing::Paused;
        self.goal = self.session.run().now();
        if self.cursor.is_none() && !self.is_catching_up() {
            self.see_newest();
        }
        Update { redraw: true, effects: vec![self.kept()] }
    }

    /// Queues every step that is left: each begins at the very moment the one before it is done,
    /// however long a frame takes.
    pub(super) fn play_all(&mut self) -> Update {
        if self.is_catching_up() {
            return Update::nothing();
        }
        self.cursor = None;
        self.clock.playing = Playing::Through;
        self.clock.notice();
        let run = self.session.run();
        let steps = run.scenario().steps.iter().enumerate();
        let left: Vec<Deed> = steps
            .filter(|(at, step)| !step.optional && !run.is_started(*at))
            .map(|(at, _)| Deed::StartStep(at))
            .collect();
        self.keep_then_all(left)
    }

    /// Goes on through what was recorded, and into the present at its end.
    fn play_back(&mut self, from: Millis, passed: u64) -> Update {
        let (to, now) = (from.after(passed), self.session.run().now());
        if self.session.timeline().next_stop(from).is_some_and(|stop| stop <= to) {
            self.clock.notice();
        }
        self.cursor = if to < now { Some(to) } else { None };
        self.goal = now;
        self.look();
        Update::redraw()
    }

    /// Does a slice of the frame's work. Returns whether there is more.
    pub(crate) fn work(&mut self) -> bool {
        if self.is_catching_up() {
            return self.catch_up();
        }
        if self.is_reliving() {
            return self.relive();
        }
        let before = self.session.noticed();
        let more = self.session.work(self.goal, self.clock.playing);
        if before < self.session.noticed() {
            self.clock.notice();
        }
        if self.clock.is_playing() && self.is_large() && self.is_view_due() {
            return false;
        }
        more || !self.clock.is_playing() && self.branches.catch_up()
    }

    /// Ends a frame: shows what came of it. What was not done in time is not owed.
    pub(crate) fn end_frame(&mut self) -> Update {
        self.goal = self.session.run().now();
        if self.cursor.is_none() && !self.is_catching_up() && self.is_view_due() {
            self.see_newest();
        }
        let progress = self.catching_up();
        let has_arrived = self.shown_progress.is_some() && progress.is_none();
        let is_due = self.clock.is_playing() && KEEP_EVERY_MS <= self.unkept_ms;
        let effects = if is_due || has_arrived { vec![self.kept()] } else { Vec::new() };
        // A short run has caught up within one frame, without progress to be seen.
        let is_other = !Rc::ptr_eq(&self.drawn, &self.frame);
        self.drawn = self.frame.clone();
        let redraw = self.clock.is_playing() || self.shown_progress != progress || is_other;
        self.shown_progress = progress;
        Update { redraw, effects }
    }

    pub(super) fn toggle_play(&mut self) -> Update {
        self.clock.notice();
        if self.clock.is_playing() {
            return self.pause();
        }
        self.clock.playing = Playing::Freely;
        Update::redraw()
    }

    pub(super) fn seek(&mut self, seek: Seek) -> Update {
        let (now, shown) = (self.session.run().now(), self.shown_at());
        let to = match seek {
            Seek::Place(place) => self.session.timeline().at_place(place).unwrap_or(now),
            Seek::Moment(moment) => moment,
            Seek::Now => now,
            Seek::Divergence => self.session.parting().map_or(shown, |(_, _, at)| at.at),
            Seek::Go(unit, way) => self.moment(unit, way),
        };
        if seek != Seek::Now {
            self.clock.playing = Playing::Paused;
        }
        self.cursor = if to < self.session.run().now() { Some(to) } else { None };
        self.look();
        // A step forth from the newest moment has let time pass.
        let has_passed = now < self.session.run().now();
        let effects = if has_passed { vec![self.kept()] } else { Vec::new() };
        Update { redraw: true, effects }
    }

    /// The moment that is a step away. At the newest moment a step forth lets time pass.
    fn moment(&mut self, unit: Unit, way: Way) -> Millis {
        let (now, shown) = (self.session.run().now(), self.shown_at());
        match (self.recorded(unit, way), way) {
            (Some(moment), _) => moment,
            (None, Way::Back) => shown,
            (None, Way::Forth) if shown < now || self.is_catching_up() => now,
            (None, Way::Forth) => {
                self.let_pass(unit);
                self.session.run().now()
            }
        }
    }

    /// The recorded moment that is a step away, if there is one.
    pub(crate) fn recorded(&self, unit: Unit, way: Way) -> Option<Millis> {
        let (shown, timeline) = (self.shown_at(), self.session.timeline());
        let now = self.session.run().now();
        let mark = |wanted: fn(MarkKind) -> bool| match way {
            Way::Back => timeline.last_mark(shown, wanted),
            Way::Forth => timeline.next_mark(shown, wanted),
        };
        match unit {
            Unit::Event => match way {
                Way::Back => {
                    timeline.last_stop(shown).or((Millis::ZERO < shown).then_some(Millis::ZERO))
                }
                Way::Forth => timeline.next_stop(shown),
            },
            Unit::Tick => match way {
                Way::Back => {
                    (Millis::ZERO < shown).then(|| Millis(shown.0.saturating_sub(sim::ids::SECOND)))
                }
                Way::Forth => Some(shown.after(sim::ids::SECOND)).filter(|to| *to < now),
            },
            Unit::Command => mark(|kind| match kind {
                MarkKind::Command | MarkKind::Refusal => true,
                MarkKind::Failure | MarkKind::Divergence => false,
            }),
            Unit::Failure => mark(|kind| match kind {
                MarkKind::Failure | MarkKind::Refusal => true,
                MarkKind::Command | MarkKind::Divergence => false,
            }),
            Unit::Divergence => mark(|kind| kind == MarkKind::Divergence),
            Unit::Bookmark => {
                let mut moments = self.session.bookmarks.iter().map(|bookmark| bookmark.at);
                match way {
                    Way::Back => moments.rfind(|at| *at < shown),
                    Way::Forth => moments.find(|at| shown < *at),
                }
            }
        }
    }

    /// Lets time pass in the present until there is another event or tick.
    fn let_pass(&mut self, unit: Unit) {
        match unit {
            Unit::Event => self.session.go_to_next_event(NEXT_EVENT_LIMIT_MS),
            Unit::Tick => {
                let goal = self.session.run().now().after(sim::ids::SECOND);
                while self.session.work(goal, Playing::Freely) {}
                self.session.record();
            }
            Unit::Command => {
                let (asked, limit) = (self.session.run().issued().len(), NEXT_EVENT_LIMIT_MS);
                let limit = self.session.run().now().after(limit);
                while !self.session.run().is_idle()
                    && self.session.run().issued().len() == asked
                    && self.session.run().now() < limit
                {
                    self.session.work(limit, Playing::Step);
                }
                self.session.record();
            }
            Unit::Failure | Unit::Divergence | Unit::Bookmark => {}
        }
    }

    /// Goes on with a step of the script. Its steps follow one another: to take the next one while
    /// looking back is to see again what came of it, or else to go on from the newest moment. A
    /// step beside the order is a deed like any other.
    pub(super) fn step(&mut self, step: Option<usize>) -> Update {
        let steps = &self.session.run().scenario().steps;
        if let Some(beside) = step.filter(|step| steps.get(*step).is_some_and(|s| s.optional)) {
            self.clock.playing = Playing::Step;
            self.clock.notice();
            return self.keep_then(Deed::StartStep(beside));
        }
        let record = self.session.run().record();
        let is_later = |input: &&Input| {
            matches!(input.deed, Deed::StartStep(_)) && self.cursor.is_some_and(|at| at < input.at)
        };
        if let Some(again) = record.inputs.iter().find(is_later) {
            self.cursor = Some(again.at);
            self.clock.playing = Playing::Step;
            self.clock.notice();
            self.look();
            return Update::redraw();
        }
        let Some(step) = step.or_else(|| self.session.run().next_step()) else {
            return Update::nothing();
        };
        self.cursor = None;
        self.clock.playing = Playing::Step;
        self.clock.notice();
        self.keep_then(Deed::StartStep(step))
    }

    pub(super) fn restart(&mut self) -> Update {
        let scenario = self.session.run().scenario().clone();
        let session = Session::new(scenario, &self.heir().whole_record().worlds);
        self.begin(session)
    }

    /// Opens another incident, under the releases that it contrasts.
    pub(super) fn open(&mut self, id: &str) -> Update {
        let Some(scenario) = library::load(id) else {
            return Update::nothing();
        };
        let worlds = contrasted(&scenario);
        self.begin(Session::new(scenario, &worlds))
    }

    /// Shows another run at its newest moment. Returns the one before.
    pub(super) fn show_run(&mut self, session: Session) -> Session {
        let before = std::mem::replace(&mut self.session, session);
        self.console.forget_run(self.session.run().worlds().len());
        self.share.look_at = None;
        self.story = super::Story::default();
        self.side.renew();
        self.cursor = None;
        self.goal = self.session.run().now();
        self.clock.notice();
        self.look();
        before
    }
}
