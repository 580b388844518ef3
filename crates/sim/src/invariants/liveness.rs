//! Liveness laws: what a cluster comes to when faults have stopped and time has passed. Nothing
//! here is looked at while things happen; whoever knows that the time is up asks with [`unmet`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::safety::{holes, in_words, is_in_service};
use super::{Broken, Law};
use crate::cluster::{Cluster, GhostReason};
use crate::ids::{MINUTE, RegionId};
use crate::order;
use crate::pd::operator::Operator;
use crate::raftstore::Store;
use crate::region::{Key, Region};
use crate::store::{Engine, StoreState};
use crate::tidb::{PROGRESS_FULL, Table};

/// Tries in vain after which a store that PD knows should long have been resolved: after a try a
/// connection task sleeps 5 s, so a minute of tries, as long as an address may be stale.
pub const RESOLVES_IN_VAIN: u64 = 12;
/// How late PD may be to look after an operator: its slowest push interval is 10 s, and a region
/// heartbeat comes each minute.
const OPERATOR_GRACE_MS: u64 = MINUTE;

/// Every liveness law that does not hold now. To be asked of a cluster without faults in which
/// every process that is not given up runs, after a time in which all of them can come to hold.
pub fn unmet(cluster: &Cluster) -> Vec<Broken> {
    let mut unmet = no_ghost_peers(cluster);
    unmet.extend(tables_available(cluster));
    unmet.extend(every_key_led(cluster));
    unmet.extend(known_stores_resolve(cluster));
    unmet.extend(no_live_store_blacklisted(cluster));
    unmet.extend(operators_end(cluster));
    unmet.extend(sleepers_wake(cluster));
    unmet.extend(recovery_ends(cluster));
    unmet
}

/// [`Law::NoGhostPeers`], of regions that are led from a store PD counts on: a buried store may go
/// on to lead what a recovery has replaced.
fn no_ghost_peers(cluster: &Cluster) -> Vec<Broken> {
    let leaders = cluster.stores().filter(|store| is_in_service(cluster, store));
    let leaders = leaders.flat_map(|store| store.peers()).filter(|peer| peer.is_leader());
    let mut newest: BTreeMap<RegionId, (u64, Arc<Region>)> = BTreeMap::new();
    for leader in leaders {
        let (term, region) = (leader.term(), leader.region().clone());
        let known = newest.entry(region.id).or_insert_with(|| (term, region.clone()));
        if known.0 < term {
            *known = (term, region);
        }
    }
    let members = newest
        .values()
        .flat_map(|(_, region)| region.peers.iter().map(move |peer| (region.id, *peer)));
    let ghosts = members.filter_map(|(region, peer)| {
        cluster.ghost_reason(region, peer).map(|reason| (region, peer, reason))
    });
    ghosts
        .map(|(region, peer, reason)| {
            let why = match reason {
                GhostReason::StoreStopped => "is stopped",
                GhostReason::StoreTombstone => "is buried",
                GhostReason::StoreErased => "is erased",
                GhostReason::NoPeerOnStore => "has no such peer",
            };
            let (id, store) = (peer.id, peer.store);
            let what = format!("region {region} keeps {id} on store {store}, which {why}");
            Broken::region(Law::NoGhostPeers, region, what).on(store)
        })
        .collect()
}

/// [`Law::TablesAvailable`]: AVAILABLE and all of PROGRESS, for each table that asks for no more
/// replicas than there are live TiFlash stores, while live TiKV stores suffice for the voters. Each
/// region that falls short is named.
fn tables_available(cluster: &Cluster) -> Vec<Broken> {
    let live = |engine| {
        let stores = cluster.stores().filter(|store| store.meta().engine == engine);
        stores.filter(|store| is_live(cluster, store)).count() as u64
    };
    let (tikv, tiflash) = (live(Engine::TiKv), live(Engine::TiFlash));
    let suffices =
        |table: &&Table| table.replica_count <= tiflash && cluster.pd().max_replicas() <= tikv;
    let asked = cluster.tidb().tables().filter(|table| 0 < table.replica_count);
    asked
        .filter(suffices)
        .filter(|table| !(table.available && table.progress_bp == PROGRESS_FULL))
        .flat_map(|table| {
            let progress = table.progress_bp / 100;
            let what = format!("table {} is not available, PROGRESS is {progress} %", table.name);
            let broken = Broken::keys(Law::TablesAvailable, what);
            let short = table.missing.iter().copied().map(Some);
            let whole = table.missing.is_empty().then_some(None);
            let of = move |region| Broken { region, ..broken.clone() };
            short.chain(whole).map(of).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether the store's process runs, PD wants peers on it and hears from it.
fn is_live(cluster: &Cluster, store: &Store) -> bool {
    let record = cluster.pd().stores().get(&store.id());
    store.is_running() && record.is_some_and(|record| record.state == StoreState::Up)
}

/// [`Law::EveryKeyLed`], while a store is left that can lead: each region that should be led, or
/// the keys of which no store in service has a region.
fn every_key_led(cluster: &Cluster) -> Vec<Broken> {
    let can_lead = |store: &Store| store.meta().engine == Engine::TiKv && is_live(cluster, store);
    if !cluster.stores().any(can_lead) {
        return Vec::new();
    }
    let stores = || cluster.stores().filter(|store| is_in_service(cluster, store));
    let peers = stores().flat_map(|store| store.peers()).filter(|peer| peer.is_initialized());
    let leaders = peers.filter(|peer| peer.is_leader());
    let ranges = leaders.map(|peer| (peer.region().start.clone(), peer.region().end.clone()));
    let mut broken = Vec::new();
    for hole in holes(ranges) {
        let what = format!("nobody leads the keys {}", in_words(&hole));
        let here = stores().flat_map(|store| store.regions_here());
        let regions = newest_over(&hole, here.filter(|region| !region.peers.is_empty()));
        if regions.is_empty() {
            broken.push(Broken::keys(Law::EveryKeyLed, what.clone()));
        }
        let of = |region| Broken::region(Law::EveryKeyLed, region, what.clone());
        broken.extend(regions.into_iter().map(of));
    }
    broken
}

/// The regions that have the keys of a stretch; where several claim a key, the newest.
fn newest_over(
    (start, end): &(Key, Key),
    regions: impl Iterator<Item = Arc<Region>>,
) -> BTreeSet<RegionId> {
    let ends_after = |region: &Region, key: &Key| region.end.is_empty() || *key < region.end;
    let begins_before = |region: &Region| end.is_empty() || region.start < *end;
    let mut here: Vec<Arc<Region>> =
        regions.filter(|region| ends_after(region, start) && begins_before(region)).collect();
    order::sort_by_key(&mut here, |region| (std::cmp::Reverse(region.epoch), region.id));
    // A region is the newest somewhere in the stretch if it is where it begins, or where an other
    // ends or begins.
    let edges = here.iter().flat_map(|region| [&region.start, &region.end]);
    let edges = edges.filter(|edge| start < *edge && (end.is_empty() || *edge < end));
    let newest_at = |key: &Key| here.iter().find(|region| region.contains(key));
    order::set(edges.chain([start]).filter_map(newest_at).map(|region| region.id))
}

/// [`Law::KnownStoresResolve`].
fn known_stores_resolve(cluster: &Cluster) -> Vec<Broken> {
    let mut broken = Vec::new();
    for store in cluster.stores().filter(|store| store.is_running()) {
        for (connection_id, connection) in store.client().connections() {
            let target = connection_id.target;
            let known = cluster.pd().stores().get(&target);
            let has_address = known.is_some_and(|record| record.state != StoreState::Tombstone);
            if has_address && RESOLVES_IN_VAIN < connection.failures {
                let (id, tries) = (store.id(), connection.failures);
                let what = format!("store {id} has resolved {target} in vain {tries} times");
                broken.push(Broken::keys(Law::KnownStoresResolve, what).on(target));
            }
        }
    }
    broken
}

/// [`Law::NoLiveStoreBlacklisted`].
fn no_live_store_blacklisted(cluster: &Cluster) -> Vec<Broken> {
    let is_live = |id| cluster.store(id).is_some_and(|store| is_live(cluster, store));
    let mut broken = Vec::new();
    for store in cluster.stores().filter(|store| is_in_service(cluster, store)) {
        for target in store.client().blacklist().filter(|target| is_live(*target)) {
            let what = format!("store {} will never again dial live store {target}", store.id());
            broken.push(Broken::keys(Law::NoLiveStoreBlacklisted, what).on(target));
        }
    }
    broken
}

/// [`Law::OperatorsEnd`].
fn operators_end(cluster: &Cluster) -> Vec<Broken> {
    let is_late = |operator: &&Operator| {
        let age = cluster.now().since(operator.created_at);
        operator.timeout_ms() + OPERATOR_GRACE_MS < age
    };
    let late = cluster.pd().operators().filter(is_late);
    late.map(|operator| {
        let (region, name) = (operator.region, operator.name.name());
        let what = format!("operator {name} on region {region} has outlived its time");
        Broken::region(Law::OperatorsEnd, region, what)
    })
    .collect()
}

/// [`Law::SleepersWake`].
fn sleepers_wake(cluster: &Cluster) -> Vec<Broken> {
    let stores = cluster.stores().filter(|store| is_in_service(cluster, store));
    let sleepers = stores.flat_map(|store| store.peers()).filter(|peer| peer.is_hibernated());
    sleepers
        .filter(|peer| cluster.leader_of(peer.region_id()).is_none())
        .map(|peer| {
            let (region, store) = (peer.region_id(), peer.store());
            let what = format!("region {region} sleeps on store {store} and has no leader");
            Broken::region(Law::SleepersWake, region, what).on(store)
        })
        .collect()
}

/// [`Law::RecoveryEnds`]. PD looks at the time when a store heartbeat arrives.
fn recovery_ends(cluster: &Cluster) -> Option<Broken> {
    let recovery = cluster.pd().recovery();
    let is_heard = cluster.stores().any(|store| is_live(cluster, store));
    let is_late = recovery.stage().is_running() && recovery.deadline() < cluster.now() && is_heard;
    is_late.then(|| {
        let stage = recovery.stage().name();
        Broken::keys(Law::RecoveryEnds, format!("the recovery stays in {stage}"))
    })
}
