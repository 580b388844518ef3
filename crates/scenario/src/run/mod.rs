//! A run: worlds in lock-step, and the script they are taken through.
//!
//! Every world is given each command at the same simulated instant, and all clocks stand at the
//! same moment whenever a function of [`Run`] returns. A line is carried out as soon as the one
//! before it is done; only a wait lets time pass, and it ends when it holds in every world (or
//! its limit has passed, which is written down, and the script goes on).
//!
//! How a run is cut into slices by [`Run::advance`] changes nothing: conditions are looked at
//! only every 100 ms from the start of a wait, whatever the slices are.

mod condition;
pub(crate) mod record;

use std::collections::{BTreeSet, VecDeque};

use sim::ids::SECOND;
use sim::{Cluster, Knobs, Millis, Refusal, Release, SetupError};

use crate::divergence::{Comparison, Divergence};
use crate::file::{Expectation, Line, Scenario};
use crate::request::{Request, Wait};
use condition::{Verdict, judge, verdict};
use record::{Deed, Input, Record};

/// How often, in simulated milliseconds, a waiting script looks whether it may go on.
const LOOK_EVERY_MS: u64 = 100;

/// A scenario on its way through one or more worlds.
pub struct Run {
    scenario: Scenario,
    record: Record,
    worlds: Vec<World>,
    /// Lines that are to be carried out, first to last.
    queue: VecDeque<(Origin, Request)>,
    waiting: Option<Waiting>,
    issued: Vec<Issued>,
    started: BTreeSet<usize>,
    /// The first world with each other one; of worlds that part, one parts with the first.
    comparisons: Vec<Comparison>,
    /// The moment that the worlds are on their way to, once some of what is due has happened.
    under_way: Option<Millis>,
}

/// A cluster under one set of knobs.
pub struct World {
    /// The release whose knobs it was given; `None` for a mixture of a person's making.
    pub release: Option<Release>,
    /// The cluster.
    pub cluster: Cluster,
}

/// Which worlds a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every world.
    All,
    /// The world at this position.
    One(usize),
}

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of the scenario.
    Step {
        /// Which step, from 0.
        step: usize,
        /// The line's number in the file.
        line: usize,
    },
    /// A person, beside the scenario.
    Console,
}

/// What was asked of the worlds, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// When.
    pub at: Millis,
    /// By whom.
    pub origin: Origin,
    /// What.
    pub request: Request,
    /// By world; `None` for a world it was not for, and while a wait goes on.
    pub outcomes: Vec<Option<Outcome>>,
}

/// What became of a request in one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The command was carried out.
    Done,
    /// The command was refused; nothing has changed in this world.
    Refused(Refusal),
    /// The query changes nothing; its answer is a view of the cluster.
    Asked,
    /// The wait ended here, and what it was for holds.
    Reached(Millis),
    /// The wait ended here, and what it was for does not hold.
    NotReached(Millis),
}

/// A wait that has begun and not yet ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What for.
    pub wait: Wait,
    /// When it began.
    pub since: Millis,
    /// When it ends at the latest.
    pub deadline: Millis,
    /// Its place in [`Run::issued`].
    issued: usize,
}

impl Waiting {
    /// The next moment after `now` at which to look.
    fn next_look(&self, now: Millis) -> Millis {
        match self.wait {
            Wait::For(_) => self.deadline,
            Wait::Until { .. } => {
                let looks = now.since(self.since) / LOOK_EVERY_MS + 1;
                self.since.after(looks * LOOK_EVERY_MS).min(self.deadline)
            }
        }
    }

    /// Whether `now` is a moment to look at.
    fn is_look(&self, now: Millis) -> bool {
        let on_grid = now.since(self.since).is_multiple_of(LOOK_EVERY_MS);
        match self.wait {
            Wait::For(_) => now == self.deadline,
            Wait::Until { .. } => on_grid || now == self.deadline,
        }
    }
}

impl Run {
    /// A run at its beginning, one world for each set of knobs. Without a seed it has the
    /// scenario's.
    ///
    /// # Errors
    /// If the scenario's cluster cannot be built.
    pub fn new(
        scenario: Scenario,
        worlds: &[(Option<Release>, Knobs)],
        seed: Option<u64>,
    ) -> Result<Run, SetupError> {
        let seed = seed.unwrap_or(scenario.seed);
        let record = Record {
            scenario: scenario.id.clone(),
            seed,
            worlds: worlds.to_vec(),
            inputs: Vec::new(),
            until: Millis::ZERO,
        };
        let build = |&(release, knobs): &(Option<Release>, Knobs)| {
            Cluster::new(&scenario.setup, knobs, seed).map(|cluster| World { release, cluster })
        };
        let worlds = worlds.iter().map(build).collect::<Result<Vec<World>, SetupError>>()?;
        let comparisons = worlds.iter().skip(1).map(|_| Comparison::default()).collect();
        Ok(Run {
            scenario,
            record,
            worlds,
            queue: VecDeque::new(),
            waiting: None,
            issued: Vec::new(),
            started: BTreeSet::new(),
            comparisons,
            under_way: None,
        })
    }

    /// A run of these releases.
    ///
    /// # Errors
    /// If the scenario's cluster cannot be built.
    pub fn of_releases(
        scenario: Scenario,
        releases: &[Release],
        seed: Option<u64>,
    ) -> Result<Run, SetupError> {
        let worlds: Vec<_> = releases.iter().map(|r| (Some(*r), r.knobs())).collect();
        Run::new(scenario, &worlds, seed)
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What the scenario expects of this world in the end, and for each of its checks whether it is
    /// as expected now. `None` where it says nothing of the world's release.
    pub fn expectation(&self, world: usize) -> Option<(&Expectation, Vec<bool>)> {
        let World { release, cluster } = &self.worlds[world];
        let mut expectations = self.scenario.expectations.iter();
        let expected = expectations.find(|expected| Some(expected.release) == *release)?;
        let holds = |condition| judge(condition, cluster) == Verdict::Holds;
        let met = expected.checks.iter().map(|check| holds(&check.condition) == check.holds);
        Some((expected, met.collect()))
    }

    /// The worlds, in the order in which they were given.
    pub fn worlds(&self) -> &[World] {
        &self.worlds
    }

    /// The moment all worlds are at.
    pub fn now(&self) -> Millis {
        self.record.until
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.record.seed
    }

    /// Everything that was asked so far, in order.
    pub fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// What the script waits for, if it waits.
    pub fn waiting(&self) -> Option<&Waiting> {
        self.waiting.as_ref()
    }

    /// Whether everything that was begun is done: no wait goes on and no line is left.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_none() && self.queue.is_empty()
    }

    /// Whether this step has been started.
    pub fn is_started(&self, step: usize) -> bool {
        self.started.contains(&step)
    }

    /// The step whose line was carried out last.
    pub fn step_under_way(&self) -> Option<usize> {
        self.issued.iter().rev().find_map(|issued| step_of(issued.origin))
    }

    /// Whether the step was started and its last line is done.
    pub fn is_done(&self, step: usize) -> bool {
        let waits = self.waiting.as_ref().map(|waiting| self.issued[waiting.issued].origin);
        let left = self.queue.iter().map(|(origin, _)| *origin).chain(waits);
        self.is_started(step) && left.filter_map(step_of).all(|other| other != step)
    }

    /// The first step that is part of the run and has not been started.
    pub fn next_step(&self) -> Option<usize> {
        let steps = self.scenario.steps.iter().enumerate();
        let mut waiting = steps.filter(|(i, step)| !step.optional && !self.is_started(*i));
        waiting.next().map(|(index, _)| index)
    }

    /// Starts a step: its lines follow whatever is not done yet. Optional steps too, and again one
    /// that has run before.
    ///
    /// # Panics
    /// If the scenario has no such step.
    pub fn start_step(&mut self, step: usize) {
        self.note(Deed::StartStep(step));
        self.started.insert(step);
        for Line { number, request } in &self.scenario.steps[step].lines {
            let origin = Origin::Step { step, line: *number };
            self.queue.push_back((origin, request.clone()));
        }
        self.run_due();
    }

    /// Starts the next step, and returns which; `None` if all are started.
    pub fn start_next_step(&mut self) -> Option<usize> {
        let step = self.next_step()?;
        self.start_step(step);
        Some(step)
    }

    /// Starts every step that is left, each after the one before it.
    pub fn start_all(&mut self) {
        while self.start_next_step().is_some() {}
    }

    /// Asks for something beside the scenario, now. Commands and queries are carried out at once;
    /// a wait follows what the script is still doing. Returns its place in [`Run::issued`], which
    /// for a wait behind others is not known yet.
    ///
    /// # Panics
    /// If the target is a world that is not there.
    pub fn issue(&mut self, request: Request, target: Target) -> Option<usize> {
        self.check_target(target);
        self.note(Deed::Issue { request: request.clone(), target });
        if let Request::Wait(_) = request {
            self.queue.push_back((Origin::Console, request));
            self.run_due();
            return None;
        }
        self.carry_out(Origin::Console, request, target);
        Some(self.issued.len() - 1)
    }

    /// Gives a world other knobs, from now on.
    ///
    /// # Panics
    /// If there is no such world.
    pub fn set_knobs(&mut self, world: usize, release: Option<Release>, knobs: Knobs) {
        self.check_target(Target::One(world));
        self.note(Deed::SetKnobs { world, release, knobs });
        self.worlds[world].release = release;
        self.worlds[world].cluster.set_knobs(knobs);
        self.compare();
    }

    /// Lets time pass in all worlds, and carries out the script's lines as they fall due, also
    /// those at `until` itself.
    ///
    /// # Panics
    /// If `until` is in the past.
    pub fn advance(&mut self, until: Millis) {
        self.settle();
        assert!(self.now() <= until, "a run cannot go back from {:?} to {until:?}", self.now());
        self.run_due();
        while self.now() < until {
            self.advance_to_next_look(until);
        }
        self.compare();
    }

    /// The same, but no further than to the moment at which the script is done.
    pub fn advance_script(&mut self, until: Millis) {
        self.settle();
        self.run_due();
        while self.now() < until && !self.is_idle() {
            self.advance_to_next_look(until);
        }
        self.compare();
    }

    /// Lets time pass until the script wants to look whether its wait is over, or to `until`.
    fn advance_to_next_look(&mut self, until: Millis) {
        let now = self.now();
        let next = self.waiting.as_ref().map_or(until, |waiting| waiting.next_look(now));
        self.advance_worlds(next.min(until));
        self.run_due();
    }

    /// Lets time pass until something has happened in some world, until the script is done, or to
    /// `limit`. Returns whether anything has happened.
    pub fn advance_to_event(&mut self, limit: Millis) -> bool {
        self.settle();
        let count = |run: &Run| -> usize {
            run.worlds.iter().map(|world| world.cluster.events().len()).sum()
        };
        let (before, was_idle, mut left) = (count(self), self.is_idle(), usize::MAX);
        while self.now() < limit && count(self) == before && self.is_idle() == was_idle {
            self.approach(limit, &mut left);
        }
        count(self) != before
    }

    /// Goes to the next moment at which something is due, or to `limit`; but lets no more happen on
    /// the way than is `left`, and takes that from it. A busy moment of ten thousand regions is
    /// gone through in slices: while it is under way, [`Run::now`] is still the moment before.
    pub fn approach(&mut self, limit: Millis, left: &mut usize) {
        let moment = self.under_way.take().unwrap_or_else(|| self.next_moment(limit));
        if !self.worlds.iter_mut().all(|world| world.cluster.approach(moment, left)) {
            self.under_way = Some(moment);
            return;
        }
        self.record.until = moment;
        self.run_due();
    }

    /// Whether a moment is under way.
    pub fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Ends the moment that is under way: whatever is asked of a run comes between two of them.
    pub fn settle(&mut self) {
        if let Some(moment) = self.under_way.take() {
            self.advance_worlds(moment);
            self.run_due();
        }
    }

    /// When something may happen next, by `limit`: nothing does in between, but a wait may end.
    fn next_moment(&self, limit: Millis) -> Millis {
        let due = self.worlds.iter().filter_map(|world| world.cluster.next_due()).min();
        let next = self.waiting.as_ref().map(|waiting| waiting.next_look(self.now()));
        let next = due.into_iter().chain(next).min().unwrap_or(limit);
        next.max(self.now().after(1)).min(limit)
    }

    /// Takes the scenario from where it stands through its remaining steps and on to its end (or
    /// later, where its waits take longer).
    pub fn run_to_end(&mut self) {
        self.start_all();
        self.advance(self.scenario.end.max(self.now()));
        while !self.is_idle() {
            self.advance(self.now().after(SECOND));
        }
    }

    /// Where the first two worlds parted, if they have.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.comparisons.first()?.divergence()
    }

    /// Where worlds first parted, if any have: the two of them, and how they did.
    pub fn parting(&self) -> Option<(usize, usize, &Divergence)> {
        let pairs = self.comparisons.iter().zip(1..);
        let parted =
            pairs.filter_map(|(comparison, other)| Some((other, comparison.divergence()?)));
        let (other, divergence) = parted.min_by_key(|(_, divergence)| divergence.at)?;
        Some((0, other, divergence))
    }

    /// All that is needed to live through the run again: see [`Run::replay`].
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Writes down a deed that is done now: after the moment that is under way.
    fn note(&mut self, deed: Deed) {
        self.settle();
        self.record.inputs.push(Input { at: self.now(), deed });
    }

    fn check_target(&self, target: Target) {
        if let Target::One(world) = target {
            assert!(world < self.worlds.len(), "there is no world {world} in this run");
        }
    }

    fn compare(&mut self) {
        if let [first, others @ ..] = self.worlds.as_slice() {
            for (comparison, other) in self.comparisons.iter_mut().zip(others) {
                comparison.look(first.cluster.events(), other.cluster.events());
            }
        }
    }

    fn advance_worlds(&mut self, until: Millis) {
        for world in &mut self.worlds {
            world.cluster.advance(until);
            let now = world.cluster.now();
            assert!(now == until, "a world stopped at {now:?} on its way to {until:?}");
        }
        self.record.until = until;
    }

    /// Ends the wait if it has come to its end, and carries out what follows until the next wait.
    fn run_due(&mut self) {
        loop {
            if self.waiting.is_some() && !self.end_wait() {
                return;
            }
            let Some((origin, request)) = self.queue.pop_front() else {
                break;
            };
            self.carry_out(origin, request, Target::All);
        }
        self.compare();
    }

    fn carry_out(&mut self, origin: Origin, request: Request, target: Target) {
        let at = self.now();
        let mut outcomes: Vec<Option<Outcome>> = vec![None; self.worlds.len()];
        match &request {
            Request::Command(command) => {
                for (index, world) in self.worlds.iter_mut().enumerate() {
                    if target == Target::All || target == Target::One(index) {
                        outcomes[index] = Some(match world.cluster.apply(command) {
                            Ok(_) => Outcome::Done,
                            Err(refusal) => Outcome::Refused(refusal),
                        });
                    }
                }
            }
            Request::Query(_) => {
                for (index, outcome) in outcomes.iter_mut().enumerate() {
                    if target == Target::All || target == Target::One(index) {
                        *outcome = Some(Outcome::Asked);
                    }
                }
            }
            Request::Wait(wait) => {
                let (Wait::For(ms) | Wait::Until { at_most_ms: ms, .. }) = wait;
                let (wait, deadline, issued) = (wait.clone(), at.after(*ms), self.issued.len());
                self.waiting = Some(Waiting { wait, since: at, deadline, issued });
            }
        }
        self.issued.push(Issued { at, origin, request, outcomes });
        self.compare();
    }

    /// Looks whether the wait is over; if so, writes down how it ended. It is over when it is
    /// settled in every world: it holds there, or it no longer can.
    fn end_wait(&mut self) -> bool {
        let now = self.now();
        let Some(waiting) = self.waiting.as_ref().filter(|waiting| waiting.is_look(now)) else {
            return false;
        };
        let verdicts: Vec<Verdict> =
            self.worlds.iter().map(|world| verdict(&waiting.wait, &world.cluster)).collect();
        if now < waiting.deadline && verdicts.contains(&Verdict::NotYet) {
            return false;
        }
        let outcomes = verdicts.into_iter().map(|verdict| {
            Some(match verdict {
                Verdict::Holds => Outcome::Reached(now),
                Verdict::NotYet | Verdict::Never => Outcome::NotReached(now),
            })
        });
        self.issued[waiting.issued].outcomes = outcomes.collect();
        self.waiting = None;
        true
    }
}

fn step_of(origin: Origin) -> Option<usize> {
    match origin {
        Origin::Step { step, .. } => Some(step),
        Origin::Console => None,
    }
}
