//! What is the matter with regions and stores, in the few kinds that a mark can tell apart.

use sim::StoreId;
use sim::fault::{Fault, Links, Node};
use sim::order;

/// What people did to a store's machine or links, for as long as it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreMark {
    /// The process stalls.
    Paused,
    /// No message passes on some link of it.
    Cut,
    /// It applies nothing.
    HeldApplier,
    /// Each write takes so many milliseconds more.
    SlowDisk(u64),
    /// Messages on some link of it are late, lost, doubled or overtaken.
    Disturbed,
    /// Its wall clock is off by so many milliseconds.
    ClockOff(i64),
}

impl StoreMark {
    /// The marks of one store, the gravest first; each kind once.
    pub fn of(store: StoreId, faults: &[Fault]) -> Vec<StoreMark> {
        let mut marks: Vec<StoreMark> =
            faults.iter().filter_map(|fault| mark(store, fault)).collect();
        order::sort_by(&mut marks, Ord::cmp);
        marks.dedup();
        marks
    }
}

fn mark(store: StoreId, fault: &Fault) -> Option<StoreMark> {
    let (whose, mark) = match fault {
        Fault::Cut(links) => return touches(links, store).then_some(StoreMark::Cut),
        Fault::Delay(links, _) | Fault::Mishaps(links, ..) => {
            return touches(links, store).then_some(StoreMark::Disturbed);
        }
        Fault::Stall(whose) => (whose, StoreMark::Paused),
        Fault::HeldApplier(whose) => (whose, StoreMark::HeldApplier),
        Fault::SlowDisk(whose, ms) => (whose, StoreMark::SlowDisk(*ms)),
        Fault::Clock(whose, ms) => (whose, StoreMark::ClockOff(*ms)),
    };
    (*whose == store).then_some(mark)
}

fn touches(links: &Links, store: StoreId) -> bool {
    links.from.iter().chain(&links.to).any(|end| *end == Node::Store(store))
}

/// What may be said of a region; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// No peer leads it.
    Leaderless,
    /// A member will never answer.
    Ghost,
    /// TiDB misses a TiFlash replica of it.
    Short,
    /// A leader has not heard of a member for ten minutes.
    Down,
    /// Only a snapshot can help a member.
    Pending,
    /// PD's cache has other members, or another leader, than the leader's configuration.
    Misbelieved,
    /// It is being merged into another.
    Merging,
    /// It is about to become several.
    Splitting,
    /// Its configuration is joint.
    Joint,
    /// It has a learner.
    Learner,
}

impl State {
    /// All of them.
    pub const ALL: [State; 10] = [
        State::Leaderless,
        State::Ghost,
        State::Short,
        State::Down,
        State::Pending,
        State::Misbelieved,
        State::Merging,
        State::Splitting,
        State::Joint,
        State::Learner,
    ];

    /// Its name as people type it.
    pub fn name(self) -> &'static str {
        match self {
            State::Leaderless => "leaderless",
            State::Ghost => "ghost",
            State::Short => "short",
            State::Down => "down",
            State::Pending => "pending",
            State::Misbelieved => "misbelieved",
            State::Merging => "merging",
            State::Splitting => "splitting",
            State::Joint => "joint",
            State::Learner => "learner",
        }
    }
}

/// A set of [`State`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States(u16);

impl States {
    /// Adds a state if `holds`.
    #[must_use]
    pub fn with(self, state: State, holds: bool) -> States {
        States(self.0 | u16::from(holds) << state as u16)
    }

    /// Whether it is one of them.
    pub fn has(self, state: State) -> bool {
        self.0 >> state as u16 & 1 == 1
    }

    /// The gravest; a learner is none.
    pub fn worst(self) -> Option<State> {
        State::ALL.into_iter().find(|state| *state != State::Learner && self.has(*state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::fault::{Mishap, Mishaps};

    #[test]
    fn a_store_bears_each_kind_of_mark_once_and_only_its_own() {
        let (a, b) = (StoreId(1), StoreId(2));
        let lossy = Mishaps { mishap: Mishap::Drop, kind: None, region: None };
        let faults = [
            Fault::Delay(Links::between(&[a], &[b]), 50),
            Fault::Mishaps(Links::one_way(&[b], &[a]), lossy, 10),
            Fault::SlowDisk(a, 30),
            Fault::Stall(b),
            Fault::Cut(Links::between(&[a], &[StoreId(3)])),
        ];
        let of = |store| StoreMark::of(store, &faults);
        assert_eq!(of(a), [StoreMark::Cut, StoreMark::SlowDisk(30), StoreMark::Disturbed]);
        assert_eq!(of(b), [StoreMark::Paused, StoreMark::Disturbed]);
        assert_eq!(of(StoreId(4)), []);
    }

    #[test]
    fn the_worst_of_several_states_is_the_gravest_and_a_learner_is_no_trouble() {
        let learner = States::default().with(State::Learner, true);
        assert_eq!(learner.worst(), None);
        let both = learner.with(State::Joint, true).with(State::Ghost, true);
        assert_eq!(both.with(State::Leaderless, false).worst(), Some(State::Ghost));
        assert!(both.has(State::Joint) && !both.has(State::Down));
    }
}
