//! The chain of causes as somebody reads it: step by step from what is asked about back to what
//! needs no reason, each with its time, what it is about, and the behaviour that decided it.

use sim::event::{BlockedReason, Event};
use sim::message::GetStoreError;
use sim::{EventId, EventKind as E, Knobs, Millis};

use super::{WhyGraph, about, index};
use crate::knob::{self, Knob};
use crate::lang::Lang;
use crate::log;
use crate::thing::Thing;
use crate::told::{self, Names, Weight};

/// At most so many other causes of one step are told.
const ASIDES: usize = 4;

/// How something came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// From what is asked about to what needs no reason.
    pub steps: Vec<Step>,
    /// How many events led to it in all, itself included.
    pub events: usize,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: Millis,
    /// What happened.
    pub text: String,
    /// How much it matters.
    pub weight: Weight,
    /// The behaviour that decided it.
    pub source: Option<Source>,
    /// What it is about.
    pub thing: Option<Thing>,
    /// What else it followed from, without causes of their own.
    pub asides: Vec<Step>,
}

/// A behaviour that differs by release, as the world has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// What is decided.
    pub question: &'static str,
    /// How the world has it.
    pub value: &'static str,
    /// The pull request or version that it comes from.
    pub from: &'static str,
}

impl Path {
    /// The path to an event of a world with these knobs.
    pub fn to(events: &[Event], event: EventId, knobs: &Knobs, names: &Names, lang: Lang) -> Path {
        let teller = Teller { events, knobs, names, lang };
        let graph = WhyGraph::of(events, event);
        let chain = graph.chain(events);
        let mut steps: Vec<Step> = Vec::new();
        for (place, id) in chain.iter().enumerate() {
            let next = chain.get(place + 1);
            let others: Vec<EventId> = events[index(*id)]
                .causes
                .iter()
                .copied()
                .filter(|cause| Some(cause) != next)
                .collect();
            let is_root = place == 0;
            match teller.step(*id, is_root) {
                Some(step) => steps.push(step),
                // A silent step says nothing itself; what else led to it is told with its effect.
                None if steps.is_empty() => continue,
                None => {}
            }
            let step = steps.last_mut().expect("the first event is always told");
            for other in others {
                if let Some(aside) = teller.step(other, false)
                    && step.asides.len() < ASIDES
                    && !chain.contains(&other)
                {
                    step.asides.push(aside);
                }
            }
        }
        Path { steps, events: graph.len() }
    }
}

struct Teller<'a> {
    events: &'a [Event],
    knobs: &'a Knobs,
    names: &'a Names,
    lang: Lang,
}

impl Teller<'_> {
    fn step(&self, id: EventId, is_root: bool) -> Option<Step> {
        let event = &self.events[index(id)];
        let told = told::told(event, self.names, self.lang);
        let (text, weight) = match told {
            Some(told) => (told.text, told.weight),
            None if is_root => (self.logged(event), Weight::Routine),
            None => return None,
        };
        let source = knob_behind(&event.kind).map(|knob| self.source(knob));
        let thing = about::about(&event.kind);
        Some(Step { event: id, at: event.at, text, weight, source, thing, asides: Vec::new() })
    }

    /// The event as the log has it, where there is no sentence for it.
    fn logged(&self, event: &Event) -> String {
        let line = log::lines(event, self.knobs).pop();
        line.map_or_else(|| "…".to_owned(), |line| line.to_string())
    }

    fn source(&self, knob: Knob) -> Source {
        let value = knob::values(knob, self.lang)[knob.get(self.knobs)];
        Source { question: knob::question(knob, self.lang), value: value.label, from: value.source }
    }
}

/// The behaviour without which an event would not have been, or not so.
fn knob_behind(kind: &E) -> Option<Knob> {
    if matches!(kind, E::LearnerSkipped { .. } | E::DemotionProposed { .. }) {
        return Some(Knob::LearnersOnDemotion);
    }
    if matches!(kind, E::OrphanIgnored { .. }) {
        return Some(Knob::OrphanedPeers);
    }
    if let E::ResolveFailed { error, .. } = kind {
        return match error {
            GetStoreError::NotFound => Some(Knob::NotFound),
            GetStoreError::Tombstone => Some(Knob::TombstoneAnswer),
            GetStoreError::Unreachable => None,
        };
    }
    if matches!(kind, E::PdRequestFailed { .. }) {
        return Some(Knob::UnknownStoreReply);
    }
    if matches!(kind, E::ReplicaChangeHeld { .. }) {
        return Some(Knob::ReplicaChange);
    }
    if matches!(kind, E::TableAvailable(_) | E::TableNotReady { .. }) {
        return Some(Knob::AvailableWhen);
    }
    if let E::RepairBlocked { why: BlockedReason::OrphanKeptWhileUnhealthy, .. } = kind {
        return Some(Knob::OrphanRules);
    }
    None
}
