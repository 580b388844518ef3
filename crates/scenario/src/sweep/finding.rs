//! What a trial may find, by name, and what brings it about. Which of it is TiKV's or PD's own
//! known limit is in [`super::limits`].

use std::collections::BTreeSet;
use std::fmt;

use sim::event::{DestroyReason, EventKind, RecoveryStage, ResolveVerdict};
use sim::invariants::{self, Broken, Law};
use sim::message::GetStoreError;
use sim::pd::stores::StoreRecord;
use sim::raftstore::{PD_HEARTBEAT_MS, STALE_CHECK_MS, Store};
use sim::region::{Peer, PeerRole};
use sim::store::{Engine, StoreState, StoreStatus};
use sim::{Cluster, GhostReason, RegionId, StoreId};

use super::detection::misled;

/// Something that is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    /// A safety law was broken: a defect of this program.
    BrokenLaw(Law),
    /// A store's process ended on a log that cannot be right, though nobody had come back.
    Panicked,
    /// A store that had been given up came back with its old peers, and its process ended on what
    /// recovery had put in their place.
    ReturnedStorePanicked,
    /// A region keeps a TiFlash learner that will never answer.
    GhostLearner,
    /// A recovery that failed had destroyed a TiFlash learner, which stays a member.
    GhostOfFailedRecovery,
    /// A region keeps another member that will never answer.
    GhostPeer,
    /// A region has more voters than the rules ask for, and the one that will never answer stays.
    SurplusGhost,
    /// A store that is alive is never dialled again, since PD once did not know it.
    BlacklistedLiveStore,
    /// A store that is alive is never dialled again, since it once was buried.
    BuriedStoreReturned,
    /// A recovery failed although every store that it counted on was there, until those that had
    /// not reported were restarted.
    RecoveryNeededRestart,
    /// A recovery failed although every store that it counted on was there and newly started.
    RecoveryFailed,
    /// PD buried a store that was being drained and still had peers.
    DrainedStoreBuried,
    /// A region that a recovery made anew is older to PD than the one it replaced.
    RecreatedRegionIgnored,
    /// An operator that ran on during a recovery gave a region its quorum back, so that the
    /// recovery left the members that it had destroyed.
    OperatorDuringRecovery,
    /// A learner knows of members that no voter knows of, and PD goes by it.
    JudgedByLearner,
    /// A region counts on a voter that its store has destroyed, and so does PD.
    CountsOnDestroyed,
    /// A recovery that detects failed stores by itself named none for a region which only has to
    /// leave its joint state, and TiKV saw a quorum there.
    JointUndetected,
    /// A recovery that detects failed stores by itself took a live one for failed, since it has yet
    /// to make a peer of another region; its vote is held against whoever asked for it.
    OrphanCountsAsFailed,
    /// A peer that missed its removal, and whom nobody left can tell, keeps a new one away.
    LeftoverUntold,
    /// A recovery never came to its end.
    RecoveryStuck,
    /// A table never got the TiFlash replicas that live stores suffice for.
    TableUnavailable,
    /// Keys that no region with a leader has.
    KeysWithoutLeader,
    /// A store that PD knows is resolved in vain.
    KnownStoreUnresolved,
    /// An operator outlived its time.
    OperatorStuck,
    /// A region sleeps without a leader.
    RegionAsleep,
    /// A resolve loop still runs for a store whose record was erased.
    LoopForErasedStore,
}

impl Finding {
    /// Its name, as the sweep prints it.
    pub fn name(self) -> &'static str {
        match self {
            Finding::BrokenLaw(law) => law.name(),
            Finding::Panicked => "panicked",
            Finding::ReturnedStorePanicked => "returned store panicked",
            Finding::GhostLearner => "ghost learner",
            Finding::GhostOfFailedRecovery => "ghost of a failed recovery",
            Finding::GhostPeer => "ghost peer",
            Finding::SurplusGhost => "surplus ghost",
            Finding::BlacklistedLiveStore => "black-listed live store",
            Finding::BuriedStoreReturned => "buried store returned",
            Finding::RecoveryNeededRestart => "recovery needed a restart",
            Finding::RecoveryFailed => "recovery failed",
            Finding::DrainedStoreBuried => "drained store buried",
            Finding::RecreatedRegionIgnored => "recreated region ignored",
            Finding::OperatorDuringRecovery => "operator during recovery",
            Finding::JudgedByLearner => "judged by a learner",
            Finding::CountsOnDestroyed => "counts on a destroyed voter",
            Finding::JointUndetected => "joint state undetected",
            Finding::OrphanCountsAsFailed => "orphan counts as failed",
            Finding::LeftoverUntold => "leftover untold",
            Finding::RecoveryStuck => "recovery stuck",
            Finding::TableUnavailable => "table unavailable",
            Finding::KeysWithoutLeader => "keys without leader",
            Finding::KnownStoreUnresolved => "known store unresolved",
            Finding::OperatorStuck => "operator stuck",
            Finding::RegionAsleep => "region asleep",
            Finding::LoopForErasedStore => "loop for an erased store",
        }
    }
}

/// A finding and where it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub finding: Finding,
    /// The witness, e.g. `region 10 keeps 13 on store 4, which is buried`.
    pub what: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.finding.name(), self.what)
    }
}

/// Within this time after PD forgot all regions its cache may not be whole again: a sleeping leader
/// reports at its stale check, each five minutes.
const REFILL_MS: u64 = STALE_CHECK_MS + PD_HEARTBEAT_MS;

/// All that is wrong with a cluster that has had its time. What follows from another finding is
/// left to that one.
pub(super) fn judge(cluster: &Cluster) -> Vec<Found> {
    let lawless = cluster.broken_invariants().iter();
    let mut found: Vec<Found> = lawless
        .map(|broken| Found { finding: Finding::BrokenLaw(broken.law), what: broken.to_string() })
        .collect();
    found.extend(panics(cluster));
    let unmet = invariants::unmet(cluster);
    let roots = Roots::of(cluster, &unmet);
    for broken in &unmet {
        let what = broken.to_string();
        match roots.explain(cluster, broken) {
            Some(Explained::By(finding)) => found.push(Found { finding, what }),
            Some(Explained::ByAnother) => {}
            None => found.push(Found { finding: finding_of(broken, cluster), what }),
        }
    }
    found.extend(buried_while_drained(cluster));
    found.extend(loops_for_erased(cluster));
    found
}

fn finding_of(broken: &Broken, cluster: &Cluster) -> Finding {
    match broken.law {
        Law::NoGhostPeers if was_mended_by_operator(cluster, broken.region) => {
            Finding::OperatorDuringRecovery
        }
        Law::NoGhostPeers if has_surplus_ghost(cluster, broken.region) => Finding::SurplusGhost,
        Law::NoGhostPeers if is_kept_away(cluster, broken) => Finding::LeftoverUntold,
        Law::NoGhostPeers if is_tiflash(cluster, broken.store) => {
            match a_recovery_failed(cluster) {
                true => Finding::GhostOfFailedRecovery,
                false => Finding::GhostLearner,
            }
        }
        Law::NoGhostPeers => Finding::GhostPeer,
        Law::TablesAvailable => Finding::TableUnavailable,
        Law::EveryKeyLed => why_unled(cluster, broken.region),
        Law::KnownStoresResolve => Finding::KnownStoreUnresolved,
        Law::NoLiveStoreBlacklisted => match broken.store {
            Some(store) => not_dialled(cluster, store),
            None => Finding::BuriedStoreReturned,
        },
        Law::OperatorsEnd => Finding::OperatorStuck,
        Law::SleepersWake => Finding::RegionAsleep,
        Law::RecoveryEnds => Finding::RecoveryStuck,
        Law::OneLeaderPerTerm
        | Law::LeaderCompleteness
        | Law::StateMachineSafety
        | Law::EpochMonotone
        | Law::CommitMonotone
        | Law::OneVoterPerStore
        | Law::OneRegionPerKey
        | Law::EveryKeyHasRegion
        | Law::JointByConfChange
        | Law::DestroyedStaysAway
        | Law::PdNotAhead
        | Law::AcknowledgedKept => Finding::BrokenLaw(broken.law),
    }
}

fn why_unled(cluster: &Cluster, region: Option<RegionId>) -> Finding {
    if is_judged_by_learner(cluster, region) {
        return Finding::JudgedByLearner;
    }
    if counts_on_destroyed(cluster, region) {
        return Finding::CountsOnDestroyed;
    }
    region.and_then(|id| misled(cluster, id)).unwrap_or(Finding::KeysWithoutLeader)
}

fn is_tiflash(cluster: &Cluster, store: Option<StoreId>) -> bool {
    let store = store.and_then(|id| cluster.store(id));
    store.is_some_and(|store| store.meta().engine == Engine::TiFlash)
}

fn a_recovery_failed(cluster: &Cluster) -> bool {
    let failed = RecoveryStage::Failed;
    cluster.events().iter().any(
        |event| matches!(&event.kind, EventKind::RecoveryStage { stage, .. } if *stage == failed),
    )
}

/// Whether the region has more voters than the rules ask for, and one of them is a ghost: PD gets
/// no further than that.
fn has_surplus_ghost(cluster: &Cluster, region: Option<RegionId>) -> bool {
    let Some(region) = region.and_then(|id| cluster.newest_region(id)) else { return false };
    let voters = || region.peers.iter().filter(|peer| peer.role == PeerRole::Voter);
    cluster.pd().max_replicas() < voters().count() as u64
        && voters().any(|peer| cluster.ghost_reason(region.id, *peer).is_some())
}

/// Whether a recovery destroyed a member of the region and proposed no demotion there afterwards,
/// since an operator had changed its members meanwhile.
fn was_mended_by_operator(cluster: &Cluster, region: Option<RegionId>) -> bool {
    let Some(members) = region.and_then(|id| cluster.newest_region(id)) else { return false };
    let events = cluster.events();
    let destroys = |kind: &EventKind| {
        matches!(kind, EventKind::PeerDestroyed { peer, why: DestroyReason::Recovery, .. }
            if members.peer(*peer).is_some())
    };
    let Some(destroyed) = events.iter().rposition(|event| destroys(&event.kind)) else {
        return false;
    };
    let rest = || events[destroyed..].iter().map(|event| &event.kind);
    let mut meanwhile = rest().take_while(|kind| !ends_recovery(kind));
    meanwhile.any(|kind| changes(kind, members.id)) && !rest().any(|kind| demotes(kind, members.id))
}

fn ends_recovery(kind: &EventKind) -> bool {
    matches!(kind, EventKind::RecoveryStage { stage, .. } if !stage.is_running())
}

fn demotes(kind: &EventKind, id: RegionId) -> bool {
    matches!(kind, EventKind::DemotionProposed { region, .. } if *region == id)
}

fn changes(kind: &EventKind, id: RegionId) -> bool {
    matches!(kind, EventKind::MembershipChanged { region, .. } if region.id == id)
}

/// Whether the newest of the region's peers in service is a learner, and no voter knows as much.
fn is_judged_by_learner(cluster: &Cluster, region: Option<RegionId>) -> bool {
    let Some(region) = region else { return false };
    let newest_on = |engine| {
        let stores = cluster.stores().filter(|store| store.meta().engine == engine);
        let running = stores.filter(|store| store.is_running());
        running.filter_map(|store| store.peer(region)).map(|peer| peer.region().epoch).max()
    };
    newest_on(Engine::TiKv) < newest_on(Engine::TiFlash)
}

/// Whether a peer of another region has keys of this one on the store, is led by nobody, and would
/// not be told that it is removed.
fn is_kept_away(cluster: &Cluster, ghost: &Broken) -> bool {
    let region = ghost.region.and_then(|id| cluster.newest_region(id));
    let store = ghost.store.and_then(|id| cluster.store(id)).filter(|store| store.is_running());
    let (Some(region), Some(store)) = (region, store) else { return false };
    store.peers().any(|peer| {
        let other = peer.region();
        other.id != region.id
            && other.overlaps(region)
            && cluster.leader_of(other.id).is_none()
            && !cluster.would_be_told(other.id, store.id())
    })
}

/// Whether the voters that are there make no majority, but would with those that live stores have
/// destroyed.
fn counts_on_destroyed(cluster: &Cluster, region: Option<RegionId>) -> bool {
    let Some(region) = region.and_then(|id| cluster.newest_region(id)) else { return false };
    let voters = || region.peers.iter().filter(|peer| peer.role == PeerRole::Voter);
    let reason = |peer: &&Peer| cluster.ghost_reason(region.id, **peer);
    let here = voters().filter(|peer| reason(peer).is_none()).count();
    let destroyed = voters().filter(|peer| reason(peer) == Some(GhostReason::NoPeerOnStore));
    let all = voters().count();
    2 * here <= all && all < 2 * (here + destroyed.count())
}

/// Whether somebody black-listed the store because PD did not know it.
fn was_unknown(cluster: &Cluster, dead: StoreId) -> bool {
    cluster.events().iter().any(|event| {
        let (verdict, answer) = (ResolveVerdict::Blacklisted, GetStoreError::NotFound);
        matches!(&event.kind, EventKind::ResolveFailed { target, error, verdict: made, .. }
            if *target == dead && *error == answer && *made == verdict)
    })
}

/// Why a store that runs is on a black-list.
fn not_dialled(cluster: &Cluster, store: StoreId) -> Finding {
    match was_unknown(cluster, store) {
        true => Finding::BlacklistedLiveStore,
        false => Finding::BuriedStoreReturned,
    }
}

/// Stores that are being drained and run, and are on the black-list of one that PD counts on.
fn fading(cluster: &Cluster) -> BTreeSet<StoreId> {
    let state = |store: StoreId| cluster.pd().stores().get(&store).map(|record| record.state);
    let counts = |store: &&Store| {
        store.is_running() && state(store.id()).is_some_and(|at| at != StoreState::Tombstone)
    };
    let runs = |id: &StoreId| cluster.store(*id).is_some_and(Store::is_running);
    let listed = cluster.stores().filter(counts).flat_map(|store| store.client().blacklist());
    listed.filter(|id| state(*id) == Some(StoreState::Offline) && runs(id)).collect()
}

/// What other failures follow from.
struct Roots {
    /// Live stores that somebody never dials again.
    unheard: BTreeSet<StoreId>,
    /// Stores that are being drained, which somebody never dials again either.
    fading: BTreeSet<StoreId>,
    /// Stores that were let in again after their record had been erased.
    returned: BTreeSet<StoreId>,
    /// Whether the last recovery has failed and counted on one of these.
    failed_with_returned: bool,
    /// Regions that PD takes for stale, and those that it takes for newer.
    ignored: BTreeSet<RegionId>,
    /// Regions that keep a ghost.
    haunted: BTreeSet<RegionId>,
    /// Those of them with a ghost on TiFlash.
    learners: BTreeSet<RegionId>,
    /// Regions that nobody leads.
    unled: BTreeSet<RegionId>,
}

/// Why a failure needs no name of its own.
enum Explained {
    /// It is one of the ways in which a known limit shows.
    By(Finding),
    /// It follows from a failure that is found as well.
    ByAnother,
}

impl Roots {
    fn of(cluster: &Cluster, unmet: &[Broken]) -> Roots {
        let of_law = |law| unmet.iter().filter(move |broken| broken.law == law);
        let unheard: BTreeSet<StoreId> =
            of_law(Law::NoLiveStoreBlacklisted).filter_map(|broken| broken.store).collect();
        let regions = |law| of_law(law).filter_map(|broken| broken.region).collect();
        let (haunted, unled) = (regions(Law::NoGhostPeers), regions(Law::EveryKeyLed));
        let (returned, ignored) = (returned(cluster), ignored(cluster));
        let failed_with_returned = cluster.pd().recovery().stage() == RecoveryStage::Failed
            && recovery_counts_on_the_past(cluster);
        let on_tiflash = |ghost: &&Broken| is_tiflash(cluster, ghost.store);
        let learners = of_law(Law::NoGhostPeers).filter(on_tiflash);
        let learners = learners.filter_map(|ghost| ghost.region).collect();
        let fading = fading(cluster);
        Roots { unheard, fading, returned, failed_with_returned, ignored, haunted, learners, unled }
    }

    fn explain(&self, cluster: &Cluster, broken: &Broken) -> Option<Explained> {
        let is_of_table = broken.law == Law::TablesAvailable;
        let Some(region) = broken.region else {
            // PD knows no region of the table, or could not make one of the keys.
            if let Some(finding) = self.drives_out(cluster).filter(|_| is_of_table) {
                return Some(Explained::By(finding));
            }
            let has_failed = cluster.pd().recovery().stage() == RecoveryStage::Failed;
            let follows = match is_of_table {
                true => !self.unled.is_empty(),
                false => broken.law == Law::EveryKeyLed && has_failed,
            };
            return follows.then_some(Explained::ByAnother);
        };
        if broken.law == Law::EveryKeyLed && self.failed_with_returned {
            return Some(Explained::By(Finding::BuriedStoreReturned));
        }
        let members = cluster.newest_region(region).map(|region| region.peers.clone());
        let members = members.unwrap_or_default();
        let is_on = |stores: &BTreeSet<StoreId>| members.iter().any(|p| stores.contains(&p.store));
        if is_on(&self.unheard) {
            return Some(Explained::ByAnother);
        }
        if let Some(member) = members.iter().find(|member| self.fading.contains(&member.store)) {
            return Some(Explained::By(not_dialled(cluster, member.store)));
        }
        let is_brought_back = !self.returned.is_empty() && cluster.may_have_two_leaders(region);
        if is_on(&self.returned) || is_brought_back || is_contested(cluster, region) {
            return Some(Explained::By(Finding::BuriedStoreReturned));
        }
        if self.ignored.contains(&region) {
            return Some(Explained::By(Finding::RecreatedRegionIgnored));
        }
        if broken.law == Law::NoGhostPeers && self.waits_for_learner(cluster, broken) {
            return Some(Explained::ByAnother);
        }
        let is_root = self.haunted.contains(&region) || self.unled.contains(&region);
        (is_of_table && is_root).then_some(Explained::ByAnother)
    }

    /// Why PD does not know a region that is led: it prefers others of its keys, which were brought
    /// back, be it for a while only, or which it had kept.
    fn drives_out(&self, cluster: &Cluster) -> Option<Finding> {
        let led = cluster.region_ids().filter(|id| cluster.leader_of(*id).is_some());
        let mut unknown = led.filter(|id| cluster.pd().region(*id).is_none());
        unknown.find_map(|id| match self.ignored.contains(&id) {
            true if self.returned.is_empty() => Some(Finding::RecreatedRegionIgnored),
            true => Some(Finding::BuriedStoreReturned),
            false => is_contested(cluster, id).then_some(Finding::BuriedStoreReturned),
        })
    }

    /// Whether a member on TiKV is one too many, and stays since a TiFlash learner of the region is
    /// a ghost too: PD keeps the last surplus member until all others are healthy.
    /// PD: `rule_checker.go:fixOrphanPeers`.
    fn waits_for_learner(&self, cluster: &Cluster, ghost: &Broken) -> bool {
        let has_ghost_learner = ghost.region.is_some_and(|region| self.learners.contains(&region));
        has_ghost_learner && !is_tiflash(cluster, ghost.store)
    }
}

/// Stores that were given up and were started again, or that PD counts on nevertheless.
pub(super) fn returned(cluster: &Cluster) -> BTreeSet<StoreId> {
    let records = cluster.pd().stores();
    let is_buried = |record: &StoreRecord| record.state == StoreState::Tombstone;
    let counts = |store: &StoreId| records.get(store).is_some_and(|record| !is_buried(record));
    cluster.given_up().filter(counts).chain(cluster.returned()).collect()
}

/// Whether the recovery waits for a store that tells of what was replaced.
pub(super) fn recovery_counts_on_the_past(cluster: &Cluster) -> bool {
    let past = witnesses_of_the_past(cluster);
    cluster.pd().recovery().progress().any(|(store, _)| past.contains(&store))
}

/// Stores that tell a recovery of what was replaced: those that returned, and all that have taken
/// peers of their regions since.
fn witnesses_of_the_past(cluster: &Cluster) -> BTreeSet<StoreId> {
    let mut witnesses = returned(cluster);
    if !witnesses.is_empty() {
        let has_one = |store: &&Store| {
            store.peers().any(|peer| cluster.may_have_two_leaders(peer.region_id()))
        };
        witnesses.extend(cluster.stores().filter(has_one).map(Store::id));
    }
    witnesses
}

/// Whether a store has a region of the same keys that a recovery replaced and that came back.
fn is_contested(cluster: &Cluster, region: RegionId) -> bool {
    let Some(newest) = cluster.newest_region(region) else { return false };
    let mut peers = cluster.stores().flat_map(|store| store.peers());
    peers.any(|peer| {
        let other = peer.region();
        other.id != region && other.overlaps(newest) && cluster.may_have_two_leaders(other.id)
    })
}

/// Regions that PD does not take up since it has one of their range with a greater version, which a
/// recovery has replaced and nobody leads, or has it of the same region; and the latter.
/// PD: `PreCheckPutRegion`.
fn ignored(cluster: &Cluster) -> BTreeSet<RegionId> {
    // PD may have lost its leader in between: what is made anew is there by then.
    let is_replacing = |kind: &EventKind| {
        matches!(kind, EventKind::RegionCacheReset | EventKind::EmptyRegionCreated(_))
    };
    if !cluster.events().iter().any(|event| is_replacing(&event.kind)) {
        return BTreeSet::new();
    }
    let led = cluster.region_ids().filter_map(|id| cluster.leader_of(id));
    led.flat_map(|leader| {
        let new = leader.region();
        let overlapping = cluster.pd().regions_in(&new.start, &new.end);
        let is_replaced = |old: &RegionId| *old == new.id || cluster.leader_of(*old).is_none();
        let old: Vec<_> = overlapping.filter(|old| is_replaced(&old.id())).collect();
        let is_stale = old.iter().any(|old| new.epoch.version < old.epoch().version);
        let ids = old.iter().map(|old| old.id()).chain([new.id]);
        ids.filter(|_| is_stale).collect::<Vec<_>>()
    })
    .collect()
}

/// Stores whose process ended on a contradiction. Where a recovery replaced members that live on,
/// a region has two logs, and whoever has one may well meet the other.
fn panics(cluster: &Cluster) -> Vec<Found> {
    let mut found = Vec::new();
    for event in cluster.events() {
        if let EventKind::StorePanicked { store, region } = &event.kind {
            let finding = match cluster.may_have_two_leaders(*region) {
                true => Finding::ReturnedStorePanicked,
                false => Finding::Panicked,
            };
            let what = format!("store {store} ended on the log of region {region}");
            found.push(Found { finding, what });
        }
    }
    found
}

/// Stores that were Offline and became Tombstones while they had peers.
fn buried_while_drained(cluster: &Cluster) -> Vec<Found> {
    let mut found = Vec::new();
    let mut cache_is_empty_since = None;
    for event in cluster.events() {
        #[expect(clippy::wildcard_enum_match_arm, reason = "two events of many")]
        match &event.kind {
            EventKind::RegionCacheReset => cache_is_empty_since = Some(event.at),
            EventKind::StoreStatusChanged {
                store,
                from: StoreStatus::Offline,
                to: StoreStatus::Tombstone,
            } if cache_is_empty_since.is_some_and(|at| event.at.since(at) < REFILL_MS) => {
                let what = format!("store {store} was buried before it was empty");
                found.push(Found { finding: Finding::DrainedStoreBuried, what });
            }
            _ => {}
        }
    }
    found
}

fn loops_for_erased(cluster: &Cluster) -> Vec<Found> {
    let mut found = Vec::new();
    for store in cluster.stores().filter(|store| store.is_running()) {
        for (id, connection) in store.client().connections() {
            let target = id.target;
            if 0 < connection.failures && !cluster.pd().stores().contains_key(&target) {
                let what = format!("store {} goes on to resolve {target}", store.id());
                found.push(Found { finding: Finding::LoopForErasedStore, what });
            }
        }
    }
    found
}
