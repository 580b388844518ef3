//! What PD's own tests of empty regions tell as input and output of one function, under the names
//! they have there.

use std::collections::BTreeMap;

use super::*;
use crate::message::{PeerReport, StoreReport};
use crate::pd::stores::StoreTable;
use crate::pd::unsafe_recovery::lost::Lost;
use crate::pd::unsafe_recovery::plan::Draft;
use crate::pd::unsafe_recovery::tests::store_record;
use crate::release::Release;

fn region(id: u64, start: &str, end: &str) -> Region {
    Region {
        id: RegionId(id),
        start: Key::new(start.as_bytes()),
        end: Key::new(end.as_bytes()),
        epoch: RegionEpoch { version: 1, conf_ver: 1 },
        peers: Vec::new(),
    }
}

#[test]
fn test_empty_region_index() {
    let empty = [region(1, "b", "d"), region(2, "f", "h"), region(3, "z", "")];
    let overlap = |start, end| overlapping(&empty, &region(9, start, end)).map(|r| r.id.0);
    assert_eq!(overlap("a", "c"), Some(1));
    assert_eq!(overlap("g", "i"), Some(2));
    assert_eq!(overlap("z", ""), Some(3));
    assert_eq!(overlap("d", "f"), None);
    assert_eq!(overlap("", "b"), None);
}

/// A region's id, its range, and whether its peer knows any members.
type Given = (u64, &'static str, &'static str, PeerIs);

/// A store's report of regions with these ids, ranges and, if not empty, one voter.
fn report(regions: &[Given]) -> BTreeMap<StoreId, StoreReport> {
    let peer = |(id, start, end, is): &Given| {
        let voter = Peer { id: PeerId(*id), store: StoreId(1), role: PeerRole::Voter };
        let peers = match is {
            PeerIs::Initialized => vec![voter],
            PeerIs::Uninitialized => Vec::new(),
        };
        PeerReport {
            region: Arc::new(Region { peers, ..region(*id, start, end) }),
            term: 1,
            last_index: 10,
            commit: 10,
            applied: 10,
            is_force_leader: false,
            has_commit_merge: false,
        }
    };
    let peer_reports = regions.iter().map(peer).collect();
    BTreeMap::from([(StoreId(1), StoreReport { step: 1, peer_reports })])
}

enum PeerIs {
    Initialized,
    Uninitialized,
}

/// The region of which some peer has keys where an empty region [b, d) is to be.
fn overlap(regions: &[Given]) -> Option<u64> {
    let reports = report(regions);
    let survey = Survey::of(&reports, &Lost::default());
    find_overlap(&survey, &[region(1, "b", "d")]).map(|(peer, _)| peer.id.0)
}

#[test]
fn test_find_overlap_peer_with_empty_regions() {
    let both = [(2, "a", "z", PeerIs::Initialized), (3, "b", "y", PeerIs::Uninitialized)];
    assert_eq!(overlap(&both), Some(2));
    assert_eq!(overlap(&both[1..]), None);
}

/// PD passes over a second peer of the same range and version, and must not pass over one of
/// another range.
#[test]
fn test_find_overlap_peer_with_empty_regions_fast_path() {
    let same = [(2, "x", "z", PeerIs::Initialized), (3, "x", "z", PeerIs::Initialized)];
    assert_eq!(overlap(&same), None);
    let differs = [(2, "x", "z", PeerIs::Initialized), (3, "a", "z", PeerIs::Initialized)];
    assert_eq!(overlap(&differs), Some(3));
}

/// How many empty regions come of the holes that `newest` leaves, while `all` peers were reported;
/// or why none. In a recovery the newest are among all.
fn create(newest: &[Given], all: &[Given], paranoid: bool) -> Result<usize, String> {
    let (newest, all) = (report(newest), report(all));
    let lost = Lost { alive: [StoreId(1)].into(), ..Lost::default() };
    let survey = Survey::of(&all, &lost).with_newest_of(&Survey::of(&newest, &lost));
    let stores = StoreTable::from([(StoreId(1), store_record(StoreId(1), Engine::TiKv))]);
    let mut planner = Planner {
        reports: &all,
        survey: &survey,
        lost: &lost,
        stores: &stores,
        knobs: Release::Master.knobs(),
        paranoid,
        draft: Draft::default(),
    };
    let created = planner.create_empty_regions(&mut IdAllocator::starting_at(1));
    created.map(|_| planner.draft.created.len()).map_err(|error| error.to_string())
}

#[track_caller]
fn assert_overlap(created: &Result<usize, String>) {
    let error = created.as_ref().expect_err("a peer has keys there");
    assert!(error.starts_with("Find overlap peer id:2 "), "{error}");
}

#[test]
fn test_create_empty_region_disable_paranoid_check() {
    let newest = [(1, "m", "", PeerIs::Initialized)];
    let all = [(2, "a", "z", PeerIs::Initialized)];
    assert_overlap(&create(&newest, &all, true));
    assert_eq!(create(&newest, &all, false), Ok(1));
}

#[test]
fn test_create_empty_region_tail_paranoid_check() {
    let newest = [(1, "a", "m", PeerIs::Initialized)];
    assert_overlap(&create(&newest, &[(2, "x", "z", PeerIs::Initialized)], true));
}

#[test]
fn test_create_empty_region_full_range_paranoid_check() {
    assert_overlap(&create(&[], &[(2, "a", "z", PeerIs::Initialized)], true));
}
