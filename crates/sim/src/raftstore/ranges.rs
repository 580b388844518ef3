//! How splits and merges turn regions into others. TiKV: `fsm/apply.rs:exec_batch_split`.

use super::proposal::Split;
use crate::region::{Key, Peer, Region};

/// The regions after a split: what is left of the old one, which keeps the last range
/// (`right-derive-when-split`), and the new ones by range. All have its members' stores and roles.
///
/// The version grows by the number of new regions, and all begin with that epoch. `None` where the
/// keys do not ascend strictly inside the region.
pub(super) fn split(region: &Region, split: &Split) -> Option<(Region, Vec<Region>)> {
    let mut derived = region.clone();
    derived.epoch.version += split.parts.len() as u64;
    let mut new = Vec::new();
    for (key, ids) in &split.parts {
        let is_inside = derived.start < *key && (derived.end.is_empty() || *key < derived.end);
        if !is_inside || ids.peers.len() != region.peers.len() {
            return None;
        }
        let peers = region.peers.iter().zip(&ids.peers);
        new.push(Region {
            id: ids.region,
            start: std::mem::replace(&mut derived.start, key.clone()),
            end: key.clone(),
            epoch: derived.epoch,
            peers: peers.map(|(peer, id)| Peer { id: *id, ..*peer }).collect(),
        });
    }
    Some((derived, new))
}

/// Whether a region could be split at these keys.
pub(super) fn can_split_at(region: &Region, keys: &[Key]) -> bool {
    let mut after = &region.start;
    !keys.is_empty()
        && keys.iter().all(|key| {
            let is_inside = after < key && (region.end.is_empty() || *key < region.end);
            after = key;
            is_inside
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PeerId, RegionId, StoreId};
    use crate::message::SplitId;
    use crate::region::{PeerRole, RegionEpoch};

    fn key(text: &str) -> Key {
        Key::new(text.as_bytes())
    }

    fn region() -> Region {
        let peer = |id, role| Peer { id: PeerId(id), store: StoreId(id), role };
        Region {
            id: RegionId(10),
            start: key("b"),
            end: key("y"),
            epoch: RegionEpoch { version: 7, conf_ver: 3 },
            peers: vec![peer(1, PeerRole::Voter), peer(2, PeerRole::Learner)],
        }
    }

    fn at(keys: &[&str]) -> Split {
        let part = |(n, text): (usize, &&str)| {
            let id = 100 * (n as u64 + 1);
            let peers = vec![PeerId(id + 1), PeerId(id + 2)];
            (key(text), SplitId { region: RegionId(id), peers })
        };
        Split { epoch: region().epoch, parts: keys.iter().enumerate().map(part).collect() }
    }

    #[test]
    fn the_old_region_keeps_the_last_range_and_versions_grow_by_the_new_ones() {
        let (derived, new) = split(&region(), &at(&["d", "m"])).expect("keys are inside");
        let ranges = |region: &Region| (region.start.clone(), region.end.clone());
        assert_eq!((derived.id, ranges(&derived)), (RegionId(10), (key("m"), key("y"))));
        assert_eq!(ranges(&new[0]), (key("b"), key("d")));
        assert_eq!(ranges(&new[1]), (key("d"), key("m")));
        let epoch = RegionEpoch { version: 9, conf_ver: 3 };
        assert!([&derived, &new[0], &new[1]].iter().all(|region| region.epoch == epoch));
        let learner = new[1].peers[1];
        assert_eq!((learner.id, learner.store), (PeerId(202), StoreId(2)));
        assert_eq!(learner.role, PeerRole::Learner);
    }

    #[test]
    fn keys_have_to_ascend_inside_the_region() {
        for keys in [&["b"][..], &["y"], &["m", "d"], &["m", "m"], &["a"]] {
            assert_eq!(split(&region(), &at(keys)), None, "{keys:?}");
            let keys: Vec<Key> = keys.iter().map(|text| key(text)).collect();
            assert!(!can_split_at(&region(), &keys));
        }
        assert!(can_split_at(&region(), &[key("c"), key("d")]));
        assert!(!can_split_at(&region(), &[]));
    }
}
