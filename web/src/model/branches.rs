//! Going back and doing something else: a deed that is done while looking back leaves the run
//! there, and the old future is kept as a branch. A deed is undone in the same way: the run is
//! lived through again, up to the moment before it.
//!
//! Until the new run has caught up, the old one stays on the screen, at the very moment at which
//! the two are the same.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::rc::Rc;

use scenario::{Deed, Input, Record, Request};
use sim::Millis;
use sim::order;
use view::Lang;
use view::clock::Elapsed;
use view::time_words::TimeWord;
use view::timeline::Frame;

use super::clock::Playing;
use super::console::answers;
use super::{Effect, Kept, Model, Msg, Notice, Session, Update, journal};

/// How many runs are kept beside the one on the screen; the oldest gives way.
const KEPT: usize = 11;
/// While time passes, what is kept is brought up to date a millisecond later for so many bytes of
/// it: to keep a large scenario takes longer than a frame.
const KEPT_BYTES_A_MS: f64 = 30.0;

/// Something about branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BranchMsg {
    /// Show this branch.
    Switch(u32),
    /// Forget this branch.
    Delete(u32),
    /// Go back to before the last deed.
    Undo,
    /// Do again what was undone last.
    Redo,
    /// Go back to the runs of another scenario, by their place among those that were left.
    Return(usize),
}

/// The runs beside the one on the screen, in the order in which they were left.
#[derive(Default)]
pub(crate) struct Branches {
    parked: Vec<Session>,
}

impl Branches {
    /// These runs.
    pub(super) fn of(parked: Vec<Session>) -> Branches {
        Branches { parked }
    }

    /// Whether a run that was restored has not caught up.
    pub(super) fn are_behind(&self) -> bool {
        self.parked.iter().any(Session::is_replaying)
    }

    /// Lets one that is behind catch up by a slice. Returns whether there is more to do.
    pub(super) fn catch_up(&mut self) -> bool {
        if let Some(behind) = self.parked.iter_mut().find(|session| session.is_replaying()) {
            behind.work(Millis::ZERO, Playing::Paused);
        }
        self.are_behind()
    }

    /// All of them, with their deeds.
    pub(crate) fn parked(&self) -> &[Session] {
        &self.parked
    }

    /// A number that no branch has, nor the run on the screen, whose number is `shown`.
    pub(super) fn fresh_number(&self, shown: u32) -> u32 {
        self.parked.iter().map(|session| session.number).fold(shown, u32::max) + 1
    }

    /// Keeps a run, unless one that is kept went through all of it.
    pub(super) fn park(&mut self, session: Session) {
        let record = session.whole_record();
        self.parked.retain(|other| !other.whole_record().is_within(&record));
        if !self.parked.iter().any(|other| record.is_within(&other.whole_record())) {
            self.parked.push(session);
        }
        if KEPT < self.parked.len() {
            self.parked.remove(0);
        }
    }
}

/// A run that is being lived through again, to be shown once it has caught up.
pub(crate) struct Coming {
    pub(super) session: Session,
    /// What is to be done as soon as it has.
    pub(super) due: VecDeque<Deed>,
    pub(super) then: Arrival,
}

/// What becomes of the run on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It gives way: the new one is the same run in other worlds.
    Replace,
    /// It is kept as a branch.
    Branch,
    /// It stays: the new one only answers a question about the past.
    Answer,
}

/// A branch in the list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BranchRow {
    pub(crate) number: u32,
    /// Whether it is the one on the screen.
    pub(crate) is_shown: bool,
    /// Where it leaves the run that it has most in common with.
    pub(crate) from: Millis,
    /// The deed that sets it apart.
    pub(crate) name: String,
}

impl Model {
    /// Takes in what is about branches.
    pub(super) fn branch(&mut self, msg: BranchMsg) -> Update {
        match msg {
            BranchMsg::Switch(number) => self.switch(number),
            BranchMsg::Delete(number) => {
                self.branches.parked.retain(|session| session.number != number);
                Update { redraw: true, effects: vec![self.kept()] }
            }
            BranchMsg::Undo => self.undo(),
            BranchMsg::Redo => self.redo(),
            BranchMsg::Return(at) => self.come_back(at),
        }
    }

    /// Whether a run is being lived through again.
    pub(crate) fn is_catching_up(&self) -> bool {
        self.coming.is_some() || self.session.is_replaying()
    }

    /// How much of it is done, in percent.
    pub(crate) fn catching_up(&self) -> Option<u64> {
        let replaying = self.session.is_replaying().then_some(&self.session);
        self.coming.as_ref().map(|coming| &coming.session).or(replaying).map(Session::replayed)
    }

    /// The run that is on the screen, or will be.
    pub(super) fn heir(&self) -> &Session {
        match &self.coming {
            Some(coming) if coming.then != Arrival::Answer => &coming.session,
            Some(_) | None => &self.session,
        }
    }

    /// What that run has done, and what is to be done in it as soon as it has caught up.
    pub(super) fn heir_record(&self) -> Record {
        let mut record = self.heir().whole_record();
        if let Some(coming) = self.coming.as_ref().filter(|it| it.then != Arrival::Answer) {
            let at = record.until;
            let due = coming.due.iter().map(|deed| Input { at, deed: deed.clone() });
            record.inputs.extend(due);
        }
        record
    }

    /// Has a deed kept outside before it is done: should it break the page, the run survives.
    /// While looking back, it is done there, and the run branches off; a question is answered as
    /// of then.
    pub(super) fn keep_then(&mut self, deed: Deed) -> Update {
        let is_question = is_question(&deed);
        let waits = self.coming.as_ref().is_some_and(|coming| coming.then != Arrival::Answer);
        if waits {
            let coming = self.coming.as_mut().expect("it was there a line before");
            coming.due.push_back(deed);
            return Update { redraw: true, effects: vec![self.kept()] };
        }
        let Some(moment) = self.cursor else {
            return self.keep_then_all(vec![deed]);
        };
        let inputs = &self.session.run().record().inputs;
        let deeds = inputs.iter().filter(|input| input.at <= moment).count();
        let session = self.session.branch(moment, deeds);
        let then = if is_question { Arrival::Answer } else { Arrival::Branch };
        self.come(session, VecDeque::from([deed]), then)
    }

    /// The same for several, which are done now.
    pub(super) fn keep_then_all(&mut self, deeds: Vec<Deed>) -> Update {
        let at = self.session.run().now();
        let inputs = deeds.iter().map(|deed| Input { at, deed: deed.clone() });
        let mut runs = self.runs();
        runs[0].record.inputs.extend(inputs);
        let mut effects = vec![Effect::Keep(journal::write(&runs))];
        effects.extend(deeds.into_iter().map(|deed| Effect::Then(Msg::CarryOut(deed))));
        Update { redraw: true, effects }
    }

    /// All runs as they are kept, those of the scenario on the screen first.
    fn runs(&self) -> Vec<Kept> {
        let mut runs = self.runs_here();
        runs.extend(self.left.iter().flat_map(|left| left.runs()).cloned());
        runs
    }

    /// The runs of the scenario on the screen as they are kept, the one that is shown first; if
    /// another is to take its place, that one.
    pub(super) fn runs_here(&self) -> Vec<Kept> {
        let kept = |session: &Session, number: u32, record: Record| {
            let (text, bookmarks) = (session.text().cloned(), session.bookmarks.clone());
            Kept { number, text, record, bookmarks }
        };
        let as_it_is = |session: &Session| kept(session, session.number, session.whole_record());
        let branches_off = self.coming.as_ref().is_some_and(|it| it.then == Arrival::Branch);
        let number = match branches_off {
            true => self.branches.fresh_number(self.session.number),
            false => self.session.number,
        };
        let mut runs = vec![kept(self.heir(), number, self.heir_record())];
        runs.extend(branches_off.then(|| as_it_is(&self.session)));
        runs.extend(self.branches.parked.iter().map(as_it_is));
        runs
    }

    /// Has all runs kept outside as they are.
    pub(super) fn kept(&mut self) -> Effect {
        let text = journal::write(&self.runs());
        self.unkept_ms = -(text.len() as f64 / KEPT_BYTES_A_MS);
        Effect::Keep(text)
    }

    /// Does a deed that has been kept.
    pub(super) fn carry_out(&mut self, deed: Deed) -> Update {
        if self.cursor.is_some() || self.is_catching_up() {
            return self.keep_then(deed);
        }
        self.do_now(deed);
        self.look();
        Update::redraw()
    }

    fn do_now(&mut self, deed: Deed) {
        // That there is something to go back to was read, and stands in the sheet of branches.
        self.notice = self.notice.filter(|notice| *notice != Notice::Left);
        let lets_time_pass = matches!(&deed, Deed::Issue { request: Request::Wait(_), .. });
        if let Some(issued) = self.session.carry_out(deed) {
            self.console.begin_answer();
            for entry in answers(&self.session, issued, self.lang) {
                self.console.answer(entry);
            }
        }
        if lets_time_pass && self.clock.playing == Playing::Paused {
            self.clock.playing = Playing::Freely;
        }
        self.clock.notice();
    }

    /// Has a run lived through again, to be shown in the place of this one.
    pub(super) fn come(&mut self, session: Session, due: VecDeque<Deed>, then: Arrival) -> Update {
        // What was under way gives way, but what it would have left behind is not forgotten.
        let then = match self.coming.take().map(|coming| coming.then) {
            Some(Arrival::Branch) if then != Arrival::Answer => Arrival::Branch,
            Some(_) | None => then,
        };
        self.coming = Some(Coming { session, due, then });
        self.shown_progress = Some(0);
        match then {
            Arrival::Answer => Update::redraw(),
            Arrival::Replace | Arrival::Branch => {
                Update { redraw: true, effects: vec![self.kept()] }
            }
        }
    }

    /// Goes on by a slice with what is lived through again. Returns whether there is more to do.
    pub(super) fn catch_up(&mut self) -> bool {
        let session = match &mut self.coming {
            Some(coming) => &mut coming.session,
            None => &mut self.session,
        };
        if session.is_replaying() {
            session.work(Millis::ZERO, Playing::Paused);
        }
        if session.is_replaying() {
            return true;
        }
        self.arrive();
        false
    }

    /// Shows the run that has caught up, and does what is due in it.
    fn arrive(&mut self) {
        let Some(Coming { mut session, due, then }) = self.coming.take() else {
            self.look();
            return;
        };
        if then == Arrival::Answer {
            let issued: Vec<usize> =
                due.into_iter().filter_map(|deed| session.carry_out(deed)).collect();
            let then = Elapsed(session.run().now());
            self.console.begin_answer();
            for mut entry in issued.into_iter().flat_map(|at| answers(&session, at, self.lang)) {
                entry.line = format!("[{then}] {}", entry.line);
                self.console.answer(entry);
            }
            return;
        }
        let (left, number) = (self.session.number, self.branches.fresh_number(self.session.number));
        session.number = left;
        let before = self.show_run(session);
        due.into_iter().for_each(|deed| self.do_now(deed));
        let record = self.session.whole_record();
        if then == Arrival::Branch && !before.whole_record().is_within(&record) {
            self.branches.park(before);
            if self.branches.parked.iter().any(|session| session.number == left) {
                self.session.number = number;
            }
        }
        self.branches.parked.retain(|other| !other.whole_record().is_within(&record));
        self.look();
    }

    /// Goes back to the moment before the last deed. The run with it is kept.
    fn undo(&mut self) -> Update {
        if self.coming.as_ref().is_some_and(|coming| !coming.due.is_empty()) {
            // It is not done yet: the moment looked at is where one goes back to.
            self.coming = None;
            return Update { redraw: true, effects: vec![self.kept()] };
        }
        let inputs = self.heir().whole_record().inputs;
        let Some(last) = inputs.iter().rposition(|input| !is_question(&input.deed)) else {
            return Update::nothing();
        };
        self.clock.playing = Playing::Paused;
        let session = self.heir().branch(inputs[last].at, last);
        self.come(session, VecDeque::new(), Arrival::Branch)
    }

    /// Whether there is a deed to be undone.
    pub(crate) fn can_undo(&self) -> bool {
        let inputs = &self.session.run().record().inputs;
        inputs.iter().any(|input| !is_question(&input.deed))
    }

    /// The branch that does more than this one, the one left last if there are several.
    fn ahead(&self) -> Option<&Session> {
        let record = self.session.run().record();
        let mine = &record.inputs;
        self.branches.parked.iter().rfind(|session| {
            let known = session.known();
            if (known.seed, &known.worlds) != (record.seed, &record.worlds) {
                return false;
            }
            let rest = known.inputs.strip_prefix(mine.as_slice());
            rest.is_some_and(|rest| rest.iter().any(|input| !is_question(&input.deed)))
        })
    }

    /// Whether there is a deed to be done again.
    pub(crate) fn can_redo(&self) -> bool {
        self.ahead().is_some()
    }

    /// Does again the deed that was undone last: the run goes on as it did then.
    fn redo(&mut self) -> Update {
        let Some(ahead) = self.ahead().filter(|_| !self.is_catching_up()) else {
            return Update::nothing();
        };
        let record = ahead.known();
        let mine = self.session.run().record().inputs.len();
        let is_deed = |input: &Input| !is_question(&input.deed);
        let rest = &record.inputs[mine..];
        let next = mine + rest.iter().position(is_deed).expect("a branch ahead has done more");
        if !record.inputs[next + 1..].iter().any(is_deed) {
            let number = ahead.number;
            drop(record);
            return self.switch(number);
        }
        let session = ahead.branch(record.inputs[next].at, next + 1);
        self.clock.playing = Playing::Paused;
        self.come(session, VecDeque::new(), Arrival::Branch)
    }

    /// Shows another branch, at its newest moment.
    fn switch(&mut self, number: u32) -> Update {
        let mut parked = self.branches.parked.iter();
        let Some(index) = parked.position(|session| session.number == number) else {
            return Update::nothing();
        };
        self.coming = None;
        self.clock.playing = Playing::Paused;
        let session = self.branches.parked.remove(index);
        let before = self.show_run(session);
        let (old, new) = (before.whole_record(), self.session.whole_record());
        if !old.is_within(&new) {
            self.branches.park(before);
        }
        Update { redraw: true, effects: vec![self.kept()] }
    }

    /// All branches by number; none as long as there is one run only.
    pub(crate) fn branch_rows(&self) -> Vec<BranchRow> {
        if self.branches.parked.is_empty() {
            return Vec::new();
        }
        let shown = std::iter::once(&self.session);
        let sessions: Vec<&Session> = shown.chain(&self.branches.parked).collect();
        let records: Vec<Cow<'_, Record>> =
            sessions.iter().map(|session| session.known()).collect();
        let row = |(index, session): (usize, &&Session)| {
            let own = &records[index];
            let others = records.iter().enumerate().filter(|(other, _)| *other != index);
            let nearest = others.map(|(_, other)| other).max_by_key(|other| own.shared(other));
            let (from, name) = match nearest.and_then(|other| own.first_other(other)) {
                Some(input) => (input.at, deed_name(session, &input.deed, self.lang)),
                None => {
                    let left = nearest.and_then(|other| other.first_other(own));
                    let from = left.map_or(own.until, |input| input.at);
                    (from, TimeWord::NothingMore.text(self.lang).to_owned())
                }
            };
            let (number, is_shown) = (session.number, index == 0);
            BranchRow { number, is_shown, from, name }
        };
        let mut rows: Vec<BranchRow> = sessions.iter().enumerate().map(row).collect();
        order::sort_by_key(&mut rows, |row| row.number);
        rows
    }

    /// The newest views of a branch.
    pub(crate) fn branch_end(&self, number: u32) -> Option<&Rc<Frame>> {
        let mut sessions = std::iter::once(&self.session).chain(&self.branches.parked);
        sessions.find(|session| session.number == number)?.timeline().newest()
    }
}

/// Whether a deed only asks and changes nothing.
fn is_question(deed: &Deed) -> bool {
    matches!(deed, Deed::Issue { request: Request::Query(_), .. })
}

/// A deed in a few words.
pub(crate) fn deed_name(session: &Session, deed: &Deed, lang: Lang) -> String {
    match deed {
        Deed::StartStep(step) => {
            let steps = &session.run().scenario().steps;
            let title = steps.get(*step).map(|step| &step.title);
            title.map_or(String::new(), |title| lang.pick(&title.en, &title.zh).to_string())
        }
        Deed::Issue { request, target: _ } => request.to_string(),
        Deed::SetKnobs { .. } => view::Word::Behaviours.text(lang).to_owned(),
    }
}
