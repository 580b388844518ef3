//! What one store believes about the addresses of the others. TiKV: `src/server/resolve.rs`.
//!
//! An entry is a belief, not a fact: it may name an address that the store has since left, or a
//! store that PD has since buried. That window, of up to [`REFRESH_MS`], is one of the three causes
//! of tikv#18440.

use std::collections::BTreeMap;

use crate::ids::{Millis, SECOND, StoreId};

/// How long a cached address is served without asking PD again.
/// TiKV: `STORE_ADDRESS_REFRESH_SECONDS`.
pub const REFRESH_MS: u64 = 60 * SECOND;

/// TiKV's `StoreAddrResolver` of one store. Nothing is ever removed from it: an entry is replaced
/// by the next answer, and while a refresh fails the stale entry stays but is not served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolverCache {
    entries: BTreeMap<StoreId, Entry>,
    /// The resolver is one worker: it asks PD one question after the other.
    busy_until: Millis,
}

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

    /// When the worker can ask the next question, which takes it `ms` milliseconds.
    pub(super) fn ask(&mut self, now: Millis, ms: u64) -> Millis {
        let start = self.busy_until.max(now);
        self.busy_until = start.after(ms);
        start
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

    #[test]
    fn the_worker_asks_one_question_after_the_other() {
        let mut cache = ResolverCache::default();
        assert_eq!(cache.ask(Millis(10), 2), Millis(10));
        assert_eq!(cache.ask(Millis(10), 2), Millis(12));
    }
}
