//! Safety laws over the whole cluster, looked at when something happened that could break them.

use super::{Broken, Checker, Law};
use crate::cluster::Cluster;
use crate::event::{Event, EventKind, RecoveryStage};
use crate::ids::{RegionId, StoreId};
use crate::order;
use crate::raftstore::Store;
use crate::region::{Key, PeerRole};
use crate::release::TiflashReports;
use crate::store::StoreState;

/// All of them, as far as `news` could have broken them.
pub(super) fn check(cluster: &Cluster, news: &[Event]) -> Vec<Broken> {
    let moved = order::set(news.iter().filter_map(|e| moves_members(&e.kind)));
    let serves = |event: &Event| changes_service(&event.kind);
    let ends = |event: &Event| ends_recovery(&event.kind);
    let mut broken = Vec::new();
    for region in moved {
        broken.extend(one_voter_per_store(cluster, region));
        broken.extend(joint_by_conf_change(cluster, region));
        broken.extend(pd_not_ahead(cluster, region));
    }
    if news.iter().any(serves) {
        broken.extend(one_region_per_key(cluster));
    }
    if news.iter().any(ends) {
        broken.extend(every_key_has_region(cluster));
    }
    broken
}

/// The region whose members as somebody knows them an event may have changed.
fn moves_members(kind: &EventKind) -> Option<RegionId> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "few events of many move members")]
    match kind {
        EventKind::BecameLeader { region, .. }
        | EventKind::PeerCreated { region, .. }
        | EventKind::LeaderKnown { region, .. }
        | EventKind::SnapshotApplied { region, .. } => Some(*region),
        EventKind::MembershipChanged { region, .. }
        | EventKind::RegionSplit { region, .. }
        | EventKind::RegionsMerged { region, .. } => Some(region.id),
        _ => None,
    }
}

/// Whether an event may have made two leaders serve a key.
fn changes_service(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::BecameLeader { .. }
            | EventKind::MembershipChanged { .. }
            | EventKind::RegionSplit { .. }
            | EventKind::RegionsMerged { .. }
            | EventKind::PeerCreated { .. }
            | EventKind::SnapshotApplied { .. }
            | EventKind::StoreStarted(_)
    )
}

fn ends_recovery(kind: &EventKind) -> bool {
    matches!(kind, EventKind::RecoveryStage { stage: RecoveryStage::Finished, .. })
}

/// [`Law::OneVoterPerStore`]. PD places one peer a store; TiKV refuses a second.
fn one_voter_per_store(cluster: &Cluster, region: RegionId) -> Vec<Broken> {
    let mut broken = Vec::new();
    for peer in cluster.stores().filter_map(|store| store.peer(region)) {
        let members = peer.region().peers.iter();
        let mut stores: Vec<StoreId> =
            members.filter(|m| m.role != PeerRole::Learner).map(|m| m.store).collect();
        order::sort_by(&mut stores, Ord::cmp);
        if let Some(pair) = stores.windows(2).find(|pair| pair[0] == pair[1]) {
            let what = format!("region {region} has two voters on a store");
            broken.push(Broken::region(Law::OneVoterPerStore, region, what).on(pair[0]));
        }
    }
    broken
}

/// [`Law::JointByConfChange`]: what raft-rs counts votes by is what the region's members say.
fn joint_by_conf_change(cluster: &Cluster, region: RegionId) -> Vec<Broken> {
    let peers = cluster.stores().filter_map(|store| store.peer(region));
    let strays = peers.filter(|peer| peer.is_initialized() && !peer.counts_votes_by_its_region());
    strays
        .map(|peer| {
            let store = peer.store();
            let what = format!("raft of region {region} has other members on store {store}");
            Broken::region(Law::JointByConfChange, region, what).on(store)
        })
        .collect()
}

/// [`Law::PdNotAhead`].
pub(super) fn pd_not_ahead(cluster: &Cluster, region: RegionId) -> Option<Broken> {
    let known = cluster.pd().region(region)?;
    let reached = cluster.ctx.checker.regions.get(&region).map(|h| h.newest).unwrap_or_default();
    let is_ahead =
        reached.version < known.epoch().version || reached.conf_ver < known.epoch().conf_ver;
    is_ahead.then(|| {
        let what = format!("PD knows an epoch of region {region} that no peer has reached");
        Broken::region(Law::PdNotAhead, region, what)
    })
}

/// [`Law::EveryKeyHasRegion`]: every key lies in a region on one of the stores that reported to
/// the recovery. Such a store may be buried right after, when it was being drained: PD's region
/// cache is empty then. A disk that a person threw away excuses a hole; and so does a PD that takes
/// a cluster without any region for one that has nothing to recover (pd#5044).
fn every_key_has_region(cluster: &Cluster) -> Option<Broken> {
    if cluster.stores().any(|store| store.has_lost_disk()) {
        return None;
    }
    let takes_nothing_for_well = match cluster.knobs().tiflash_reports {
        TiflashReports::Skipped => true,
        TiflashReports::Collected => false,
    };
    let counted_on = cluster.pd().recovery().progress().map(|(store, _)| store);
    let stores = counted_on.filter_map(|store| cluster.store(store));
    let regions = stores.flat_map(|store| store.regions_here());
    let regions: Vec<_> = regions.filter(|region| !region.peers.is_empty()).collect();
    if regions.is_empty() && takes_nothing_for_well {
        return None;
    }
    let ranges = regions.iter().map(|region| (region.start.clone(), region.end.clone()));
    let holes = holes(ranges);
    let hole = in_words(holes.first()?);
    Some(Broken::keys(Law::EveryKeyHasRegion, format!("no region has the keys {hole}")))
}

/// The stretches of keys that no range covers, in order. An empty end is unbounded.
pub(super) fn holes(ranges: impl Iterator<Item = (Key, Key)>) -> Vec<(Key, Key)> {
    let mut ranges: Vec<(Key, Key)> = ranges.collect();
    order::sort_by(&mut ranges, Ord::cmp);
    let mut holes = Vec::new();
    let mut reached = Key::default();
    for (start, end) in ranges {
        if reached < start {
            holes.push((reached.clone(), start));
        }
        if end.is_empty() {
            return holes;
        }
        reached = reached.max(end);
    }
    holes.push((reached, Key::default()));
    holes
}

/// A stretch of keys in words.
pub(super) fn in_words((start, end): &(Key, Key)) -> String {
    match end.is_empty() {
        true => format!("from {start} on"),
        false => format!("from {start} to {end}"),
    }
}

/// [`Law::OneRegionPerKey`]. A store that was given up may run on and lead what a recovery has
/// replaced, and one that is let in again may lead it again: they are left out.
fn one_region_per_key(cluster: &Cluster) -> Vec<Broken> {
    let Checker { regions: histories, given_up, .. } = &cluster.ctx.checker;
    let is_excused = |id| histories.get(&id).is_some_and(|history| history.two_leaders_expected);
    let mut broken = Vec::new();
    let mut leaders: Vec<_> = cluster
        .stores()
        .filter(|store| is_in_service(cluster, store) && !given_up.contains(&store.id()))
        .flat_map(|store| store.peers())
        .filter(|peer| peer.serves() && !is_excused(peer.region_id()))
        .filter(|peer| {
            // One that was followed by another serves no more, but may not know yet.
            let history = histories.get(&peer.region_id());
            history.is_none_or(|history| history.newest_term() <= Some(peer.term()))
        })
        .map(|peer| (peer.region().clone(), peer.store()))
        .collect();
    order::sort_by(&mut leaders, |(a, _), (b, _)| a.start.cmp(&b.start).then(a.id.cmp(&b.id)));
    for pair in leaders.windows(2) {
        let ((a, _), (b, store)) = (&pair[0], &pair[1]);
        if a.id != b.id && a.overlaps(b) {
            let what = format!("regions {} and {} share keys", a.id, b.id);
            broken.push(Broken::region(Law::OneRegionPerKey, b.id, what).on(*store));
        }
    }
    broken
}

/// Whether PD counts on the store: it has a record of it, and has not buried it.
pub(super) fn is_in_service(cluster: &Cluster, store: &Store) -> bool {
    let record = cluster.pd().stores().get(&store.id());
    record.is_some_and(|record| record.state != StoreState::Tombstone)
}
