//! Where two worlds part: the first difference in what they have done.
//!
//! Only facts count that a person could have noticed: a membership, a store's state in PD, a
//! recovery stage or plan, the outcome of a resolve, an operator, a table's replicas. Log texts,
//! step numbers and connections do not; nor does it count how often a store gets the same answer
//! about another, since each of several connections asks for itself.
//!
//! Until a knob acts, both worlds do the very same things in the same order; so the first place at
//! which their facts differ is exact.

use std::collections::BTreeSet;

use sim::event::{EventKind, ResolveVerdict};
use sim::{Event, EventId, Millis, StoreId};

/// The first difference between two worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// When.
    pub at: Millis,
    /// In what.
    pub topic: Topic,
    /// The first world's event, if it did something then.
    pub left: Option<EventId>,
    /// The second world's event, if it did something then.
    pub right: Option<EventId>,
}

/// What two worlds can differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A region's members, or the peers on a store.
    Membership,
    /// How PD sees a store.
    StoreState,
    /// A stage of unsafe recovery, a plan, or how it is carried out.
    Recovery,
    /// A store asked PD for an address.
    Resolve,
    /// What PD schedules.
    Operator,
    /// A table's TiFlash replicas.
    TableReplica,
}

impl Topic {
    /// Its name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Membership => "membership",
            Topic::StoreState => "store-state",
            Topic::Recovery => "recovery",
            Topic::Resolve => "resolve",
            Topic::Operator => "operator",
            Topic::TableReplica => "table-replica",
        }
    }
}

/// The first difference between the events of two worlds, both up to the same moment.
pub fn first_divergence(left: &[Event], right: &[Event]) -> Option<Divergence> {
    let mut comparison = Comparison::default();
    comparison.look(left, right);
    comparison.found
}

/// The search for the first difference, continued as the worlds go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many events of each world are known to agree.
    agreed: (usize, usize),
    /// What stores of both worlds have been answered.
    answers: BTreeSet<Answer>,
    found: Option<Divergence>,
}

impl Comparison {
    /// Goes on with all events of both worlds, which have to be complete up to the same moment.
    /// Once a difference is found it stays.
    pub fn look(&mut self, left: &[Event], right: &[Event]) {
        while self.found.is_none() {
            let a = next_fact(left, self.agreed.0, &self.answers);
            let b = next_fact(right, self.agreed.1, &self.answers);
            match (a, b) {
                (None, None) => {
                    self.agreed = (left.len(), right.len());
                    return;
                }
                (Some(a), Some(b)) if a.event.at == b.event.at && a.same_as(&b) => {
                    self.agreed = (a.index + 1, b.index + 1);
                    self.answers.extend(answer(&a.event.kind));
                }
                (a, b) => self.found = difference(a, b),
            }
        }
    }

    /// The difference, if one was found.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.found.as_ref()
    }
}

/// An event that counts.
struct Fact<'a> {
    index: usize,
    event: &'a Event,
    topic: Topic,
}

impl Fact<'_> {
    fn id(&self) -> EventId {
        EventId(self.index as u64)
    }

    fn same_as(&self, other: &Fact<'_>) -> bool {
        bare(&self.event.kind) == bare(&other.event.kind)
    }
}

fn next_fact<'a>(events: &'a [Event], from: usize, answers: &BTreeSet<Answer>) -> Option<Fact<'a>> {
    let mut rest = events.iter().enumerate().skip(from);
    rest.find_map(|(index, event)| {
        let topic = topic(&event.kind)?;
        let is_known = answer(&event.kind).is_some_and(|answer| answers.contains(&answer));
        (!is_known).then_some(Fact { index, event, topic })
    })
}

/// Who was answered about whom, and what it made of it; `None` for an address.
type Answer = (StoreId, StoreId, Option<ResolveVerdict>);

fn answer(kind: &EventKind) -> Option<Answer> {
    if let EventKind::Resolved { store, target, .. } = kind {
        return Some((*store, *target, None));
    }
    if let EventKind::ResolveFailed { store, target, verdict, .. } = kind {
        return Some((*store, *target, Some(*verdict)));
    }
    None
}

/// Of two facts that differ, the earlier; both where they are of the same moment.
fn difference(a: Option<Fact<'_>>, b: Option<Fact<'_>>) -> Option<Divergence> {
    let at = a.iter().chain(&b).map(|fact| fact.event.at).min()?;
    let a = a.filter(|fact| fact.event.at == at);
    let b = b.filter(|fact| fact.event.at == at);
    let topic = a.as_ref().or(b.as_ref())?.topic;
    Some(Divergence { at, topic, left: a.map(|fact| fact.id()), right: b.map(|fact| fact.id()) })
}

/// The event without what does not count.
fn bare(kind: &EventKind) -> EventKind {
    let mut kind = kind.clone();
    if let EventKind::RecoveryStage { step, .. }
    | EventKind::PlanSent { step, .. }
    | EventKind::StoreReported { step, .. } = &mut kind
    {
        *step = 0;
    }
    if let EventKind::ResolveFailed { conn, attempt, .. } = &mut kind {
        (*conn, *attempt) = (0, 0);
    }
    kind
}

/// What the event is about, if it counts.
fn topic(kind: &EventKind) -> Option<Topic> {
    match kind {
        EventKind::MembershipChanged { .. }
        | EventKind::RegionSplit { .. }
        | EventKind::MergePrepared { .. }
        | EventKind::RegionsMerged { .. }
        | EventKind::MergeRolledBack { .. }
        | EventKind::PeerCreated { .. }
        | EventKind::PeerDestroyed { .. } => Some(Topic::Membership),
        EventKind::StoreStatusChanged { .. }
        | EventKind::StoreRegistered(_)
        | EventKind::StoreForgotten(_)
        | EventKind::StoreReplaced { .. }
        | EventKind::StoreErased(_) => Some(Topic::StoreState),
        EventKind::RecoveryStage { .. }
        | EventKind::SplitRefused { .. }
        | EventKind::PlanSent { .. }
        | EventKind::StoreReported { .. }
        | EventKind::ForceLeaderRefused { .. }
        | EventKind::ForceLeaderEntered { .. }
        | EventKind::ForceLeaderExited { .. }
        | EventKind::DemotionProposed { .. }
        | EventKind::LearnerSkipped { .. }
        | EventKind::OrphanIgnored { .. }
        | EventKind::EmptyRegionCreated(_) => Some(Topic::Recovery),
        EventKind::Resolved { cached: false, .. } | EventKind::ResolveFailed { .. } => {
            Some(Topic::Resolve)
        }
        EventKind::OperatorCreated { .. } | EventKind::OperatorEnded { .. } => {
            Some(Topic::Operator)
        }
        EventKind::ReplicaChangeHeld { .. }
        | EventKind::ReplicaRuleSet { .. }
        | EventKind::TableDestroyed { .. }
        | EventKind::TableAvailable(_)
        | EventKind::TableNotReady { .. } => Some(Topic::TableReplica),
        EventKind::Commanded(_)
        | EventKind::StoreStarted(_)
        | EventKind::StoreStopped(_)
        | EventKind::StorePaused(_)
        | EventKind::StoreResumed(_)
        | EventKind::StorePanicked { .. }
        | EventKind::DiskLost(_)
        | EventKind::BecameLeader { .. }
        | EventKind::SteppedDown { .. }
        | EventKind::SnapshotApplied { .. }
        | EventKind::TombstoneRefused { .. }
        | EventKind::EntriesLost { .. }
        | EventKind::Resolved { cached: true, .. }
        | EventKind::PdRequestFailed { .. }
        | EventKind::Connected { .. }
        | EventKind::ConnectTimedOut { .. }
        | EventKind::ConnectionAborted { .. }
        | EventKind::UnreachableBroadcast { .. }
        | EventKind::StoreServing(_)
        | EventKind::TombstoneKept(_)
        | EventKind::PdLeaderLost
        | EventKind::PdLeaderElected
        | EventKind::MaxReplicasSet(_)
        | EventKind::TableCreated { .. }
        | EventKind::TableDropped { .. }
        | EventKind::TableSplit { .. }
        | EventKind::DrStateSwitched { .. }
        | EventKind::ReplicationUpdated { .. }
        | EventKind::RegionCacheReset
        | EventKind::LeaderKnown { .. }
        | EventKind::PeerDown { .. }
        | EventKind::RepairBlocked { .. }
        | EventKind::RepairUnblocked(_)
        | EventKind::InvariantBroken(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use sim::event::ResolveVerdict;
    use sim::message::GetStoreError;
    use sim::{RegionId, StoreId, TableId};

    use super::*;

    fn at(ms: u64, kind: EventKind) -> Event {
        Event { at: Millis(ms), kind, causes: Vec::new() }
    }

    fn resolve(attempt: u64, verdict: ResolveVerdict) -> EventKind {
        let (store, target) = (StoreId(5), StoreId(502));
        let (conn, error) = (0, GetStoreError::NotFound);
        EventKind::ResolveFailed { store, target, conn, error, verdict, attempt }
    }

    #[test]
    fn equal_facts_do_not_diverge_whatever_lies_between() {
        let left = [at(1, EventKind::StoreErased(StoreId(502)))];
        let right = [
            at(1, EventKind::RegionCacheReset),
            at(1, EventKind::StoreErased(StoreId(502))),
            at(2, EventKind::RepairUnblocked(RegionId(7))),
        ];
        assert_eq!(first_divergence(&left, &right), None);
    }

    #[test]
    fn which_try_it_was_does_not_count_but_what_was_made_of_it_does() {
        let left = [at(9, resolve(1, ResolveVerdict::RetryLoud))];
        let again = [at(9, resolve(4, ResolveVerdict::RetryLoud))];
        assert_eq!(first_divergence(&left, &again), None);
        let other = [at(9, resolve(1, ResolveVerdict::Blacklisted))];
        let found = first_divergence(&left, &other).expect("the verdicts differ");
        assert_eq!((found.at, found.topic), (Millis(9), Topic::Resolve));
        assert_eq!((found.left, found.right), (Some(EventId(0)), Some(EventId(0))));
    }

    #[test]
    fn how_often_a_store_gets_the_same_answer_does_not_count() {
        let once = [at(1, resolve(1, ResolveVerdict::RetryLoud))];
        let twice = [
            at(1, resolve(1, ResolveVerdict::RetryLoud)),
            at(1, resolve(1, ResolveVerdict::RetryLoud)),
            at(6, resolve(2, ResolveVerdict::RetryLoud)),
        ];
        assert_eq!(first_divergence(&once, &twice), None);
        let gives_up = [twice[0].clone(), at(6, resolve(2, ResolveVerdict::Blacklisted))];
        let found = first_divergence(&once, &gives_up).expect("one gives up");
        assert_eq!((found.at, found.left), (Millis(6), None));
    }

    #[test]
    fn a_fact_that_one_world_lacks_or_has_later_is_the_difference() {
        let available = EventKind::TableAvailable(TableId(106));
        let early = [at(5, available.clone())];
        let late = [at(6, EventKind::RegionCacheReset), at(8, available)];
        let found = first_divergence(&late, &early).expect("one is earlier");
        assert_eq!((found.at, found.left, found.right), (Millis(5), None, Some(EventId(0))));
        let found = first_divergence(&early, &[]).expect("one is not there");
        assert_eq!((found.left, found.right), (Some(EventId(0)), None));
    }

    #[test]
    fn a_search_goes_on_where_it_stopped() {
        let erased = |ms, store| at(ms, EventKind::StoreErased(StoreId(store)));
        let left = [erased(1, 1), erased(2, 2), erased(3, 9)];
        let right = [erased(1, 1), erased(2, 2), erased(3, 502)];
        let mut comparison = Comparison::default();
        comparison.look(&left[..1], &right[..1]);
        comparison.look(&left[..2], &right[..2]);
        assert_eq!(comparison.divergence(), None);
        comparison.look(&left, &right);
        assert_eq!(comparison.divergence().map(|d| d.at), Some(Millis(3)));
    }
}
