//! Sorting, and collecting into maps and sets, at the price of a few instructions for each type.
//! The standard library's ways bring a merge sort of four kilobytes along for each, and readers of
//! the page would download every one of them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::ids::EventId;

/// Sorts by what `compare` says of two items. Stable, as `[T]::sort_by` is.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let mut from = sources(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    for start in 0..items.len() {
        // Goes round one cycle of the permutation: each place gets its item, and is done.
        let mut place = start;
        while from[place] != start {
            let next = std::mem::replace(&mut from[place], place);
            items.swap(place, next);
            place = next;
        }
        from[place] = place;
    }
}

/// Sorts by the key of each item. Stable, as `[T]::sort_by_key` is.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// These pairs as a map. Of several with the same key the last one stays.
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in pairs {
        map.insert(key, value);
    }
    map
}

/// These items as a set.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for item in items {
        set.insert(item);
    }
    set
}

/// The latest event first, each once.
pub fn nearest_first(mut causes: Vec<EventId>) -> Vec<EventId> {
    sort_by(&mut causes, |a, b| b.cmp(a));
    causes.dedup();
    causes
}

/// For each place of the sorted sequence, where its item is now. The one sort there is, of indices.
fn sources(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut sources: Vec<usize> = (0..length).collect();
    sources.sort_by(|a, b| compare(*a, *b));
    sources
}

#[cfg(test)]
mod tests {
    use super::{map, set, sort_by_key};

    #[test]
    fn sorted_as_the_standard_library_sorts() {
        let mut state = 1_u64;
        for length in 0..200 {
            let mut draw = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state >> 60
            };
            let mut ours: Vec<(u64, usize)> = (0..length).map(|at| (draw(), at)).collect();
            let mut theirs = ours.clone();
            sort_by_key(&mut ours, |item| item.0);
            theirs.sort_by_key(|item| item.0);
            assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn last_pair_of_a_key_stays() {
        assert_eq!(map([(2, 'a'), (1, 'b'), (2, 'c')]), [(1, 'b'), (2, 'c')].into());
        assert_eq!(set([3, 1, 3]), [1, 3].into());
    }
}
