//! The log as it grows: which events have lines, with repeats folded into one entry each.

use std::collections::BTreeMap;

use sim::event::ResolveVerdict;
use sim::message::GetStoreError;
use sim::{Event, EventKind, Knobs, Millis, StoreId};

use super::{Level, Speaker, lines};

/// Log lines that say the same, or one that stands alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The first event, as an index into the run's events.
    pub first: usize,
    /// The newest event.
    pub last: usize,
    /// How many events.
    pub count: u64,
    /// When the first line was printed.
    pub first_at: Millis,
    /// When the newest line was printed.
    pub last_at: Millis,
    /// Whose log.
    pub speaker: Speaker,
    /// The line's level.
    pub level: Level,
}

impl Group {
    /// Milliseconds between two repeats, on average; `None` without a repeat.
    pub fn interval_ms(&self) -> Option<u64> {
        let repeats = self.count.checked_sub(1).filter(|repeats| 0 < *repeats)?;
        Some(self.last_at.since(self.first_at) / repeats)
    }
}

/// The entries of a log up to some event. Fed with events in order; a moment in the past is a new
/// book, read from the start.
#[derive(Clone, Debug, Default)]
pub struct LogBook {
    groups: Vec<Group>,
    by_key: BTreeMap<FoldKey, usize>,
    read: usize,
    changes: usize,
}

impl LogBook {
    /// Grows whenever an entry comes, grows or goes: equal numbers, equal entries.
    pub fn changes(&self) -> usize {
        self.changes
    }

    /// How many events it has read.
    pub fn read(&self) -> usize {
        self.read
    }

    /// Reads on until `upto` events are read, or starts again if that lies in its past.
    pub fn turn_to(&mut self, events: &[Event], upto: usize, knobs: &Knobs) {
        let upto = upto.min(events.len());
        if upto < self.read {
            *self = LogBook { changes: self.changes + 1, ..LogBook::default() };
        }
        for (index, event) in events.iter().enumerate().take(upto).skip(self.read) {
            self.changes += usize::from(self.enter(index, event, knobs));
        }
        self.read = upto;
    }

    fn enter(&mut self, index: usize, event: &Event, knobs: &Knobs) -> bool {
        let key = FoldKey::of(&event.kind);
        if let Some(position) = key.as_ref().and_then(|key| self.by_key.get(key)) {
            let group = &mut self.groups[*position];
            group.last = index;
            group.count += 1;
            group.last_at = event.at;
            return true;
        }
        let Some(line) = lines(event, knobs).pop() else {
            return false;
        };
        if let Some(key) = key {
            self.by_key.insert(key, self.groups.len());
        }
        self.groups.push(Group {
            first: index,
            last: index,
            count: 1,
            first_at: event.at,
            last_at: event.at,
            speaker: line.speaker,
            level: line.level,
        });
        true
    }

    /// The newest `limit` entries that `wanted` lets through, in the order they began. One that
    /// still repeats stays among the newest.
    pub fn newest(&self, limit: usize, wanted: impl Fn(&Group) -> bool) -> Vec<&Group> {
        let mut found: Vec<&Group> = self.groups.iter().filter(|group| wanted(group)).collect();
        found.sort_by_key(|group| std::cmp::Reverse((group.last_at, group.last)));
        found.truncate(limit);
        found.sort_by_key(|group| group.first);
        found
    }
}

/// What two events must have in common to be folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FoldKey {
    ResolveFailed(StoreId, StoreId, GetStoreError, ResolveVerdict),
    ConnectTimedOut(StoreId, StoreId),
    ConnectionAborted(StoreId, StoreId),
    Unreachable(StoreId, StoreId),
}

impl FoldKey {
    fn of(kind: &EventKind) -> Option<FoldKey> {
        if let EventKind::ResolveFailed { store, target, error, verdict, .. } = kind {
            // A quiet retry prints nothing; it must not count as a repeat of the warning.
            return (*verdict != ResolveVerdict::RetryQuiet)
                .then_some(FoldKey::ResolveFailed(*store, *target, *error, *verdict));
        }
        if let EventKind::ConnectTimedOut { store, target, .. } = kind {
            return Some(FoldKey::ConnectTimedOut(*store, *target));
        }
        if let EventKind::ConnectionAborted { store, target, .. } = kind {
            return Some(FoldKey::ConnectionAborted(*store, *target));
        }
        if let EventKind::UnreachableBroadcast { store, unreachable } = kind {
            return Some(FoldKey::Unreachable(*store, *unreachable));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use sim::Release;

    use super::*;

    fn failure(at: u64, store: u64) -> Event {
        let kind = EventKind::ResolveFailed {
            store: StoreId(store),
            target: StoreId(502),
            error: GetStoreError::NotFound,
            verdict: ResolveVerdict::RetryLoud,
            attempt: 1,
        };
        Event { at: Millis(at), kind, causes: Vec::new() }
    }

    #[test]
    fn repeats_are_folded_by_store() {
        let events: Vec<Event> = [(0, 5), (1, 6), (5_000, 5), (5_001, 6), (10_000, 5)]
            .map(|(t, s)| failure(t, s))
            .into();
        let mut book = LogBook::default();
        book.turn_to(&events, 5, &Release::V8_5_2.knobs());
        assert_eq!(book.changes(), 5);
        let groups = book.newest(10, |_| true);
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].count, groups[0].interval_ms()), (3, Some(5_000)));
    }

    #[test]
    fn turning_back_gives_the_book_of_then() {
        let events: Vec<Event> = (0..8).map(|n| failure(n * 5_000, 5 + n % 2)).collect();
        let knobs = Release::V8_5_2.knobs();
        let (mut turned, mut fresh) = (LogBook::default(), LogBook::default());
        turned.turn_to(&events, 8, &knobs);
        turned.turn_to(&events, 3, &knobs);
        fresh.turn_to(&events, 3, &knobs);
        assert_eq!(turned.newest(9, |_| true), fresh.newest(9, |_| true));
    }
}
