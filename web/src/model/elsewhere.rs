//! The runs of other scenarios: whoever opens another one leaves them behind, and can come back.
//! They are kept as their causes, and lived through again by whoever does.

use scenario::{Scenario, Text};

use super::branches::{Arrival, Coming};
use super::clock::Playing;
use super::{Branches, Kept, Model, Notice, Session, Update};

/// The runs of so many other scenarios are kept; the oldest give way.
const KEPT: usize = 8;

/// The runs of one scenario, the one that was on the screen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// The scenario's.
    pub(crate) title: Text,
    runs: Vec<Kept>,
}

impl Left {
    /// Those of all kept runs that are of other scenarios than the first, by scenario. What is of
    /// none that can still be had is left out.
    pub(super) fn of(runs: &[Kept]) -> Vec<Left> {
        let mut all: Vec<Left> = Vec::new();
        for run in runs.iter().filter(|run| !run.is_akin(&runs[0])) {
            if let Some(left) = all.iter_mut().find(|left| left.runs[0].is_akin(run)) {
                left.runs.push(run.clone());
            } else if let Some(Scenario { title, .. }) = run.scenario() {
                all.push(Left { title, runs: vec![run.clone()] });
            }
        }
        all
    }

    /// The runs as they are kept.
    pub(super) fn runs(&self) -> &[Kept] {
        &self.runs
    }
}

/// The sessions of those kept runs that are of the first one's scenario. What does not fit it is
/// left out.
pub(super) fn sessions(runs: &[Kept]) -> Vec<Session> {
    let Some(scenario) = runs.first().and_then(Kept::scenario) else {
        return Vec::new();
    };
    let fits = |run: &&Kept| run.is_akin(&runs[0]) && run.record.fits(&scenario);
    let session = |run: &Kept| {
        let mut session = Session::replaying(scenario.clone(), &run.record);
        session.bookmarks = run.bookmarks.clone();
        session.number = run.number;
        session
    };
    runs.iter().filter(fits).map(session).collect()
}

impl Model {
    /// Shows another run. Nothing is lost: of the same scenario the runs so far become its
    /// branches, to those of another one can come back.
    pub(super) fn begin(&mut self, session: Session) -> Update {
        self.notice = None;
        if session.is_akin(&self.session) {
            self.show_beside(session);
        } else {
            self.leave();
            self.take_up(session);
        }
        self.clock.playing = Playing::Paused;
        Update { redraw: true, effects: vec![self.kept()] }
    }

    /// Shows a run of the same scenario; the one on the screen, and one that was on its way, are
    /// kept as branches.
    fn show_beside(&mut self, mut session: Session) {
        let shown = self.session.number;
        let mut gives_way = false;
        if let Some(Coming { session: mut heir, due, then }) = self.coming.take()
            && then != Arrival::Answer
        {
            gives_way = then == Arrival::Replace;
            heir.owe(due);
            heir.number = if gives_way { shown } else { self.branches.fresh_number(shown) };
            self.branches.park(heir);
        }
        session.number = self.branches.fresh_number(shown);
        let before = self.show_run(session);
        let record = before.whole_record();
        match gives_way {
            true => {}
            false if before.is_begun() && !record.is_within(&self.session.whole_record()) => {
                self.branches.park(before);
            }
            false => self.session.number = shown,
        }
    }

    /// Puts the runs of the scenario on the screen aside, if anything was done in them.
    fn leave(&mut self) {
        let is_begun =
            self.heir().is_begun() || self.branches.parked().iter().any(Session::is_begun);
        if is_begun {
            let title = self.session.run().scenario().title.clone();
            self.left.push(Left { title, runs: self.runs_here() });
            if KEPT < self.left.len() {
                self.left.remove(0);
            }
            self.notice = Some(Notice::Left);
        }
    }

    /// Shows a run of another scenario, with the branches that were left there before.
    fn take_up(&mut self, mut session: Session) {
        let is_its_own = |left: &Left| {
            let Kept { text, record, .. } = &left.runs[0];
            let scenario = session.run().scenario();
            record.scenario == scenario.id && text.as_ref() == session.text()
        };
        let known = self.left.iter().position(is_its_own).map(|at| self.left.remove(at));
        self.branches = Branches::of(known.map(|left| sessions(&left.runs)).unwrap_or_default());
        session.number = self.branches.fresh_number(0);
        self.show_elsewhere(session);
    }

    fn show_elsewhere(&mut self, session: Session) {
        self.coming = None;
        (self.selected, self.hovered) = (None, None);
        self.console.answered_from = None;
        self.graph = super::Graph::default();
        drop(self.show_run(session));
    }

    /// Goes back to runs that were left.
    pub(super) fn come_back(&mut self, at: usize) -> Update {
        if self.left.len() <= at {
            return Update::nothing();
        }
        let back = self.left.remove(at);
        let mut sessions = sessions(&back.runs).into_iter();
        self.notice = None;
        if let Some(first) = sessions.next() {
            self.leave();
            self.branches = Branches::of(sessions.collect());
            self.show_elsewhere(first);
        }
        self.clock.playing = Playing::Paused;
        Update { redraw: true, effects: vec![self.kept()] }
    }

    /// What the runs that one can come back to are of, the last one left at the end.
    pub(crate) fn left(&self) -> impl ExactSizeIterator<Item = &Text> {
        self.left.iter().map(|left| &left.title)
    }
}
