//! The log as it grows: which events have lines, with repeats folded into one entry each.

use std::collections::BTreeMap;

use sim::event::ResolveVerdict;
use sim::message::GetStoreError;
use sim::order;
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

/// The entries of a log. It reads each event once, in order, and can tell what the log was at any
/// moment since.
#[derive(Clone, Debug, Default)]
pub struct LogBook {
    entries: Vec<Entry>,
    /// Where the entries of repeating events are.
    folded: BTreeMap<FoldKey, usize>,
    /// The events that have lines, as indices.
    printed: Vec<usize>,
    read: usize,
}

/// An entry with all its repeats.
#[derive(Clone, Debug)]
struct Entry {
    first: (usize, Millis),
    /// The later events that say the same, in order.
    repeats: Vec<(usize, Millis)>,
    speaker: Speaker,
    level: Level,
}

impl Entry {
    /// The entry as it was after the first `upto` events, of which one is its own.
    fn after(&self, upto: usize) -> Group {
        let repeats = &self.repeats[..self.repeats.partition_point(|(index, _)| *index < upto)];
        let (last, last_at) = *repeats.last().unwrap_or(&self.first);
        Group {
            first: self.first.0,
            last,
            count: 1 + repeats.len() as u64,
            first_at: self.first.1,
            last_at,
            speaker: self.speaker,
            level: self.level,
        }
    }
}

impl LogBook {
    /// Reads the events that are new since the last time.
    pub fn read(&mut self, events: &[Event], knobs: &Knobs) {
        for (index, event) in events.iter().enumerate().skip(self.read) {
            self.enter(index, event, knobs);
        }
        self.read = events.len();
    }

    fn enter(&mut self, index: usize, event: &Event, knobs: &Knobs) {
        let key = FoldKey::of(&event.kind);
        if let Some(position) = key.as_ref().and_then(|key| self.folded.get(key)) {
            self.entries[*position].repeats.push((index, event.at));
            self.printed.push(index);
            return;
        }
        let Some(line) = lines(event, knobs).pop() else {
            return;
        };
        if let Some(key) = key {
            self.folded.insert(key, self.entries.len());
        }
        self.printed.push(index);
        let (speaker, level) = (line.speaker, line.level);
        self.entries.push(Entry { first: (index, event.at), repeats: Vec::new(), speaker, level });
    }

    /// How many of the first `upto` events have lines: equal numbers, equal entries.
    pub fn printed(&self, upto: usize) -> usize {
        self.printed.partition_point(|index| *index < upto)
    }

    /// The newest `limit` entries after the first `upto` events that `wanted` lets through, in the
    /// order they began. One that still repeats stays among the newest.
    pub fn newest(&self, upto: usize, limit: usize, wanted: impl Fn(&Group) -> bool) -> Vec<Group> {
        let begun = self.entries.partition_point(|entry| entry.first.0 < upto);
        let mut found: Vec<Group> = Vec::new();
        let mut alone = 0;
        for entry in self.entries[..begun].iter().rev() {
            // An entry that stands alone is as new as its beginning; one that repeats may be newer.
            if entry.repeats.is_empty() && alone == limit {
                continue;
            }
            let group = entry.after(upto);
            if wanted(&group) {
                alone += usize::from(entry.repeats.is_empty());
                found.push(group);
            }
        }
        order::sort_by_key(&mut found, |group| std::cmp::Reverse(group.last));
        found.truncate(limit);
        order::sort_by_key(&mut found, |group| group.first);
        found
    }
}

/// What two events must have in common to be folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum FoldKey {
    ResolvedFromCache(StoreId, StoreId),
    PdRequestFailed(StoreId, StoreId, GetStoreError),
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
        if let EventKind::Resolved { store, target, cached: true, .. } = kind {
            return Some(FoldKey::ResolvedFromCache(*store, *target));
        }
        if let EventKind::PdRequestFailed { store, target, error, .. } = kind {
            return Some(FoldKey::PdRequestFailed(*store, *target, *error));
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
            conn: 0,
            error: GetStoreError::NotFound,
            verdict: ResolveVerdict::RetryLoud,
            attempt: 1,
        };
        Event { at: Millis(at), kind, causes: Vec::new() }
    }

    #[test]
    fn repeats_are_folded_by_store() {
        let events = [(0, 5), (1, 6), (5_000, 5), (5_001, 6), (10_000, 5)];
        let events = events.map(|(at, store)| failure(at, store));
        let mut book = LogBook::default();
        book.read(&events, &Release::V8_5_2.knobs());
        let groups = book.newest(5, 10, |_| true);
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].count, groups[0].interval_ms()), (3, Some(5_000)));
        assert_eq!(book.printed(5), 5);
    }

    #[test]
    fn the_log_of_then_is_what_a_book_read_then_would_show() {
        let events: Vec<Event> = (0..8).map(|n| failure(n * 5_000, 5 + n % 2)).collect();
        let knobs = Release::V8_5_2.knobs();
        let (mut whole, mut then) = (LogBook::default(), LogBook::default());
        whole.read(&events, &knobs);
        then.read(&events[..3], &knobs);
        assert_eq!(whole.newest(3, 9, |_| true), then.newest(3, 9, |_| true));
        assert_eq!(whole.printed(3), then.printed(3));
    }
}
