//! A moment of the past, lived through again: what the recorded views do not keep (Raft, caches,
//! plans) is there once more, as it was. Done slice by slice, so that the page stays quick.

use std::collections::VecDeque;

use scenario::{Deed, Input, Run};
use sim::Millis;
use view::inspect::Tab;

use super::{Model, Session};

/// How far it goes in one go, in simulated milliseconds.
const SLICE_MS: u64 = 2_000;

/// A run on its way to a moment of the past.
pub(crate) struct Past {
    run: Run,
    /// What is still to be done.
    inputs: VecDeque<Input>,
    /// How many deeds the run had when this began.
    deeds: usize,
    until: Millis,
}

impl Past {
    fn of(session: &Session) -> Option<Past> {
        let record = session.whole_record();
        let scenario = session.run().scenario().clone();
        let run = Run::new(scenario, &record.worlds, Some(record.seed)).ok()?;
        let deeds = record.inputs.len();
        Some(Past { run, inputs: record.inputs.into(), deeds, until: Millis::ZERO })
    }

    /// The run, once it is there.
    pub(crate) fn arrived(&self) -> Option<&Run> {
        (!self.is_under_way()).then_some(&self.run)
    }

    fn is_under_way(&self) -> bool {
        let is_due = |input: &Input| input.at <= self.until;
        self.run.now() < self.until || self.inputs.front().is_some_and(is_due)
    }

    fn go_on(&mut self) {
        let due = self.inputs.front().map_or(self.until, |input| input.at);
        let to = self.until.min(due).min(self.run.now().after(SLICE_MS));
        self.run.advance(to.max(self.run.now()));
        while self.inputs.front().is_some_and(|input| input.at <= self.run.now()) {
            let Some(input) = self.inputs.pop_front() else { break };
            match input.deed {
                Deed::StartStep(step) => self.run.start_step(step),
                Deed::Issue { request, target } => drop(self.run.issue(request, target)),
                Deed::SetKnobs { world, release, knobs } => {
                    self.run.set_knobs(world, release, knobs);
                }
            }
        }
    }
}

impl Model {
    /// Has the moment looked at lived through again, if it is past and the open inspector needs it.
    pub(super) fn call_past(&mut self) {
        let needs = match self.side.tab {
            Tab::Story | Tab::Log => false,
            Tab::Region
            | Tab::Store
            | Tab::Pd
            | Tab::Recovery
            | Tab::Tables
            | Tab::Metrics
            | Tab::Laws => true,
        };
        if self.cursor.is_none() || !needs {
            self.side.past = None;
            return;
        }
        if self.clock.is_playing() || self.session.is_replaying() {
            return;
        }
        let (until, deeds) = (self.frame.at, self.session.whole_record().inputs.len());
        let fits = |past: &Past| past.run.now() <= until && past.deeds == deeds;
        let kept = self.side.past.take().filter(fits);
        self.side.past = kept.or_else(|| Past::of(&self.session));
        if let Some(past) = &mut self.side.past {
            past.until = until;
        }
    }

    /// Whether the past is on its way.
    pub(super) fn is_reliving(&self) -> bool {
        let is_at_rest = !self.clock.is_playing() && !self.session.is_replaying();
        is_at_rest && self.side.past.as_ref().is_some_and(Past::is_under_way)
    }

    /// Goes a slice on; shows the past once it is there. Returns whether there is more to do.
    pub(super) fn relive(&mut self) -> bool {
        if let Some(past) = &mut self.side.past {
            past.go_on();
        }
        let more = self.is_reliving();
        if !more {
            self.inspect();
        }
        more
    }
}
