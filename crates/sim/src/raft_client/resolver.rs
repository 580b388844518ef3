//! What one store believes about the addresses of the others. TiKV: `src/server/resolve.rs`.
//!
//! An entry is a belief, not a fact: it may name an address that the store has since left, or a
//! store that PD has since buried. That window, of up to [`REFRESH_MS`], is one of the three causes
//! of tikv#18440.

use std::collections::{BTreeMap, VecDeque};

use crate::agenda::ConnectionTimer;
use crate::ids::{Millis, SECOND, StoreId};
use crate::message::GetStoreError;
use crate::release::UnknownStoreReply;

/// How long a cached address is served without asking PD again.
/// TiKV: `STORE_ADDRESS_REFRESH_SECONDS`.
pub const REFRESH_MS: u64 = 60 * SECOND;

/// TiKV's `StoreAddrResolver` of one store. Nothing is ever removed from it: an entry is replaced
/// by the next answer, and while a refresh fails the stale entry stays but is not served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolverCache {
    entries: BTreeMap<StoreId, Entry>,
}

/// The resolver's one worker: it answers one question after the other, and while PD has not
/// answered, every other connection of the process waits. TiKV: the background worker
/// `addr-resolver`, and `pd_client/src/util.rs:sync_request`.
#[derive(Debug, Default)]
pub(super) struct Worker {
    waiting: VecDeque<ConnectionTimer>,
    asking: Option<Question>,
}

/// A question that PD has not answered yet.
#[derive(Clone, Copy, Debug)]
struct Question {
    asker: ConnectionTimer,
    /// How often PD was asked.
    tries: u64,
}

/// How often a request to PD is tried that fails in gRPC. TiKV: `LEADER_CHANGE_RETRY`.
const REQUEST_TRIES: u64 = 10;
/// The pause between two of these. TiKV: `REQUEST_RECONNECT_INTERVAL`.
pub(super) const REQUEST_INTERVAL_MS: u64 = SECOND;

/// One cached address. TiKV: `StoreAddr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address PD answered.
    pub address: String,
    /// When it answered. TiKV: `last_update`.
    pub resolved_at: Millis,
}

/// What the cache says about a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution<'a> {
    /// Never resolved: PD must be asked.
    Missing,
    /// Served without asking.
    Fresh(&'a str),
    /// Too old to be served: PD must be asked.
    Stale(&'a str),
}

impl ResolverCache {
    /// Looks up `store`, as of `now`. Never changes the cache.
    pub fn resolve(&self, store: StoreId, now: Millis) -> Resolution<'_> {
        match self.entries.get(&store) {
            None => Resolution::Missing,
            Some(entry) if now.since(entry.resolved_at) < REFRESH_MS => {
                Resolution::Fresh(&entry.address)
            }
            Some(entry) => Resolution::Stale(&entry.address),
        }
    }

    /// Every entry, by ascending store id.
    pub fn entries(&self) -> impl Iterator<Item = (StoreId, &Entry)> {
        self.entries.iter().map(|(store, entry)| (*store, entry))
    }

    /// Keeps PD's answer.
    pub(super) fn store(&mut self, store: StoreId, address: String, now: Millis) {
        self.entries.insert(store, Entry { address, resolved_at: now });
    }
}

impl Worker {
    /// A connection task wants an address.
    pub(super) fn enqueue(&mut self, asker: ConnectionTimer) {
        self.waiting.push_back(asker);
    }

    /// Who is next, unless PD is still being asked.
    pub(super) fn next(&mut self) -> Option<ConnectionTimer> {
        if self.asking.is_some() { None } else { self.waiting.pop_front() }
    }

    /// PD is being asked for `asker`.
    pub(super) fn ask(&mut self, asker: ConnectionTimer) {
        self.asking = Some(Question { asker, tries: 1 });
    }

    /// Whether `asker` is whom PD is being asked for.
    pub(super) fn is_asking(&self, asker: ConnectionTimer) -> bool {
        self.asking.is_some_and(|question| question.asker == asker)
    }

    /// PD's answer, or its failure, has arrived. Returns which try it was if PD is asked once more,
    /// as what fails in gRPC is; otherwise the question is settled.
    pub(super) fn again(
        &mut self,
        error: Option<GetStoreError>,
        reply: UnknownStoreReply,
    ) -> Option<u64> {
        let fails_in_grpc = match error {
            Some(GetStoreError::NotFound) => reply == UnknownStoreReply::GrpcError,
            // One that is unreachable has been tried for `PD_PATIENCE_MS` already.
            Some(GetStoreError::Unreachable | GetStoreError::Tombstone) | None => false,
        };
        let question = self.asking.as_mut()?;
        if !fails_in_grpc || question.tries == REQUEST_TRIES {
            self.asking = None;
            return None;
        }
        question.tries += 1;
        Some(question.tries - 1)
    }

    /// What decides its future, for the fingerprint.
    pub(super) fn digest(&self) -> u64 {
        self.asking.map_or(0, |question| question.tries) << 32 ^ self.waiting.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_turns_stale_after_the_refresh_interval_but_stays() {
        let mut cache = ResolverCache::default();
        assert_eq!(cache.resolve(StoreId(5), Millis(0)), Resolution::Missing);
        cache.store(StoreId(5), "10.0.2.5:20160".into(), Millis(1));
        assert_eq!(
            cache.resolve(StoreId(5), Millis(REFRESH_MS)),
            Resolution::Fresh("10.0.2.5:20160")
        );
        assert_eq!(
            cache.resolve(StoreId(5), Millis(REFRESH_MS + 1)),
            Resolution::Stale("10.0.2.5:20160")
        );
    }

    fn asker(target: u64) -> ConnectionTimer {
        ConnectionTimer { store: StoreId(1), target: StoreId(target), conn: 0, serial: target }
    }

    #[test]
    fn the_worker_asks_one_question_after_the_other() {
        let mut worker = Worker::default();
        worker.enqueue(asker(2));
        worker.enqueue(asker(3));
        assert_eq!(worker.next(), Some(asker(2)));
        worker.ask(asker(2));
        assert_eq!(worker.next(), None);
        assert_eq!(worker.again(None, UnknownStoreReply::Header), None);
        assert_eq!(worker.next(), Some(asker(3)));
    }

    #[test]
    fn what_fails_in_grpc_is_asked_ten_times() {
        let mut worker = Worker::default();
        let unknown = Some(GetStoreError::NotFound);
        worker.ask(asker(4));
        assert_eq!(worker.again(unknown, UnknownStoreReply::Header), None);
        worker.ask(asker(4));
        let tries: Vec<u64> =
            std::iter::from_fn(|| worker.again(unknown, UnknownStoreReply::GrpcError)).collect();
        assert_eq!(tries, (1..10).collect::<Vec<u64>>());
        assert!(!worker.is_asking(asker(4)));
    }
}
