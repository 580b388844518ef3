//! What the reports of all alive stores say together: the newest version of each region, arranged
//! by range, and the members nobody reported.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::lost::Lost;
use crate::ids::{RegionId, StoreId};
use crate::message::{PeerReport, StoreReport};
use crate::order;
use crate::region::{Key, Peer, Region};

/// One peer's report and the store it came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported<'a> {
    pub(super) store: StoreId,
    pub(super) report: &'a PeerReport,
}

impl<'a> Reported<'a> {
    /// The region as this peer knows it.
    pub(super) fn region(&self) -> &'a Region {
        &self.report.region
    }

    /// Whether the peer knows its members.
    pub(super) fn is_initialized(&self) -> bool {
        !self.region().peers.is_empty()
    }
}

/// All reports of one round, looked at together. PD: `buildUpFromReports`.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    /// Every report, by region; a region's by ascending store id.
    peers: BTreeMap<RegionId, Vec<Reported<'a>>>,
    newest: NewestTree<'a>,
    /// Members of a region's newest version on an alive store that reported no such region.
    orphans: BTreeMap<RegionId, Vec<Peer>>,
}

impl<'a> Survey<'a> {
    /// Looks at one round's reports.
    pub(super) fn of(reports: &'a BTreeMap<StoreId, StoreReport>, lost: &Lost) -> Survey<'a> {
        let mut peers: BTreeMap<RegionId, Vec<Reported<'a>>> = BTreeMap::new();
        for (store, store_report) in reports {
            for report in &store_report.peer_reports {
                let reported = Reported { store: *store, report };
                peers.entry(report.region.id).or_default().push(reported);
            }
        }
        let mut newest: Vec<Reported<'a>> = peers.values().filter_map(|all| latest(all)).collect();
        let orphans = newest
            .iter()
            .map(|item| (item.region().id, orphans_of(item.region(), &peers, lost)))
            .filter(|(_, orphans)| !orphans.is_empty());
        let orphans = order::map(orphans);
        order::sort_by_key(&mut newest, |item| Reverse(item.region().epoch));
        let mut tree = NewestTree::default();
        newest.into_iter().for_each(|item| tree.insert(item));
        Survey { peers, newest: tree, orphans }
    }

    /// The same reports, as if the newest versions were another survey's.
    #[cfg(test)]
    pub(super) fn with_newest_of(self, other: &Survey<'a>) -> Survey<'a> {
        Survey { newest: other.newest.clone(), ..self }
    }

    /// The newest version of each region, by ascending start key; none overlaps another.
    pub(super) fn newest(&self) -> impl Iterator<Item = Reported<'a>> + use<'_, 'a> {
        self.newest.by_start.values().copied()
    }

    /// Whether the region is among the newest: false if newer regions cover some of its keys.
    pub(super) fn is_newest(&self, region: RegionId) -> bool {
        self.newest.ids.contains(&region)
    }

    /// What the region's peers reported, by ascending store id.
    pub(super) fn peers(&self, region: RegionId) -> &[Reported<'a>] {
        self.peers.get(&region).map_or(&[], Vec::as_slice)
    }

    /// Every region's reports, by ascending region id.
    pub(super) fn regions(&self) -> impl Iterator<Item = &[Reported<'a>]> {
        self.peers.values().map(Vec::as_slice)
    }

    /// Whether the member is orphaned: its store is alive and reported no such region, as happens
    /// after TombstoneTiFlashLearner. PD (pd#9554) compares ids and stores.
    pub(super) fn is_orphan(&self, region: RegionId, peer: &Peer) -> bool {
        self.orphans.get(&region).is_some_and(|orphans| {
            orphans.iter().any(|orphan| orphan.id == peer.id || orphan.store == peer.store)
        })
    }
}

/// The report with the highest epoch, the lowest store first; none if no peer knows its members.
fn latest<'a>(peers: &[Reported<'a>]) -> Option<Reported<'a>> {
    let newer = |a: Reported<'a>, b: &Reported<'a>| {
        if a.region().epoch < b.region().epoch { *b } else { a }
    };
    let (first, rest) = peers.split_first()?;
    Some(rest.iter().fold(*first, newer)).filter(Reported::is_initialized)
}

fn orphans_of(
    newest: &Region,
    peers: &BTreeMap<RegionId, Vec<Reported<'_>>>,
    lost: &Lost,
) -> Vec<Peer> {
    let reported = |peer: &Peer| peers[&newest.id].iter().any(|item| item.store == peer.store);
    newest.peers.iter().filter(|peer| !lost.has_failed(peer) && !reported(peer)).copied().collect()
}

/// Regions by range, none overlapping another. PD: `regionTree`.
#[derive(Clone, Debug, Default)]
struct NewestTree<'a> {
    by_start: BTreeMap<&'a Key, Reported<'a>>,
    ids: BTreeSet<RegionId>,
}

impl<'a> NewestTree<'a> {
    /// Adds a region unless it overlaps one that is there, which is at least as new: regions come
    /// in descending order of epoch.
    fn insert(&mut self, item: Reported<'a>) {
        let region = item.region();
        if let Some(newer) = self.overlapped_by(region) {
            assert!(
                region.epoch <= newer.epoch,
                "region {} is newer than region {} that came before it",
                region.id,
                newer.id
            );
            return;
        }
        assert!(self.ids.insert(region.id), "region {} is inserted twice", region.id);
        self.by_start.insert(&region.start, item);
    }

    /// A region there that shares a key with this one. As the regions there are disjoint, only
    /// the two neighbours of its start key can.
    fn overlapped_by(&self, region: &Region) -> Option<&'a Region> {
        let left = self.by_start.range::<Key, _>(..=&region.start).next_back();
        let right = self
            .by_start
            .range::<Key, _>((Bound::Excluded(&region.start), Bound::Unbounded))
            .next();
        [left, right]
            .into_iter()
            .flatten()
            .map(|(_, item)| item.region())
            .find(|other| other.overlaps(region))
    }
}
