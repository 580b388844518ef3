//! What a trial may find, by name, and which of it is TiKV's or PD's own known limit.

use std::collections::BTreeSet;
use std::fmt;

use sim::event::{EventKind, RecoveryStage, ResolveVerdict};
use sim::invariants::{self, Broken, Law};
use sim::message::GetStoreError;
use sim::raftstore::{PD_HEARTBEAT_MS, STALE_CHECK_MS};
use sim::region::PeerRole;
use sim::release::{ForcedCommit, LearnersOnDemotion, NotFound, OrphanedPeers};
use sim::store::{Engine, StoreStatus};
use sim::{Cluster, Knobs, RegionId, StoreId};

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

/// A way in which TiKV or PD themselves fall short, under the behaviours that bring it about.
pub struct KnownLimit {
    /// What the sweep calls it.
    pub finding: Finding,
    /// Whether these behaviours have it.
    pub applies: fn(&Knobs) -> bool,
    /// Where it is reported, or the code that has it.
    pub source: &'static str,
    /// What it is.
    pub sentence: &'static str,
}

/// Within this time after PD forgot all regions its cache may not be whole again: a sleeping leader
/// reports at its stale check, each five minutes.
const REFILL_MS: u64 = STALE_CHECK_MS + PD_HEARTBEAT_MS;

/// Every finding that is no defect of this program.
pub const KNOWN_LIMITS: [KnownLimit; 10] = [
    KnownLimit {
        finding: Finding::GhostOfFailedRecovery,
        applies: |_| true,
        source: "pd: unsafe_recovery_controller.go, TombstoneTiFlashLearner; pd#9624",
        sentence: "A recovery that fails after it has destroyed a TiFlash learner leaves it a \
                   member of its region, on a live store that refuses it.",
    },
    KnownLimit {
        finding: Finding::SurplusGhost,
        applies: |_| true,
        source: "pd: rule_checker.go:fixOrphanPeers; tikv: store/peer.rs:check_conf_change",
        sentence: "Of voters too many PD takes out a healthy one first, and TiKV refuses, since \
                   the quorum would be left with the dead one.",
    },
    KnownLimit {
        finding: Finding::DrainedStoreBuried,
        applies: |_| true,
        source: "pd: server/cluster/cluster.go:checkStore, ResetRegionCache after recovery",
        sentence: "When a recovery has emptied PD's region cache, a store that is being drained \
                   looks empty and is buried with the peers it still has.",
    },
    KnownLimit {
        finding: Finding::RecoveryNeededRestart,
        applies: |_| true,
        source: "tikv: fsm/peer.rs:check_force_leader, on_unsafe_recovery_wait_apply",
        sentence: "A peer that waits in vain for the votes of a store that was not named as failed \
                   never applies its log, and its store does not report until it is restarted.",
    },
    KnownLimit {
        finding: Finding::GhostLearner,
        applies: |knobs| {
            knobs.learners_on_demotion == LearnersOnDemotion::Keep
                || knobs.orphaned_peers == OrphanedPeers::Ignore
        },
        source: "tikv#18458, pd#9624, tikv#18440",
        sentence: "Recovery leaves TiFlash learners on failed stores, and those it destroyed on \
                   live ones, among the members; PD cannot replace them.",
    },
    KnownLimit {
        finding: Finding::BlacklistedLiveStore,
        applies: |knobs| knobs.not_found == NotFound::Blacklist,
        source: "tikv#19980",
        sentence: "A store that PD does not know yet, or no more, is black-listed until restart, \
                   also when it registers a moment later.",
    },
    KnownLimit {
        finding: Finding::BuriedStoreReturned,
        applies: |_| true,
        source: "tikv: src/server/raft_client.rs, tombstone_stores only grows",
        sentence: "Whoever has seen a store as a Tombstone never dials it again until restart, \
                   even if it is let in again after its record was erased; and it brings back \
                   members that recovery had done away with.",
    },
    KnownLimit {
        finding: Finding::RecoveryFailed,
        applies: |knobs| knobs.forced_commit == ForcedCommit::AllPeers,
        source: "tikv#18197",
        sentence: "A destroyed TiFlash learner holds back what a force leader commits: its store \
                   never reports, and recovery exceeds its timeout.",
    },
    KnownLimit {
        finding: Finding::LoopForErasedStore,
        applies: |knobs| knobs.not_found != NotFound::Blacklist,
        source: "tikv#17875",
        sentence: "A resolve loop does not look at membership: for an erased store it runs until \
                   the process restarts.",
    },
    KnownLimit {
        finding: Finding::ReturnedStorePanicked,
        applies: |_| true,
        source: "tikv/raft-rs: raft_log.rs:commit_to",
        sentence: "A store that comes back after recovery has replaced its peers meets leaders \
                   that contradict its log, and its process ends.",
    },
];

/// The known limit that a finding is under these behaviours; `None` for a failure.
pub fn known(finding: Finding, knobs: &Knobs) -> Option<&'static KnownLimit> {
    KNOWN_LIMITS.iter().find(|limit| limit.finding == finding && (limit.applies)(knobs))
}

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
            Some(Explained::ByReturn) => {
                found.push(Found { finding: Finding::BuriedStoreReturned, what });
            }
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
        Law::NoGhostPeers if is_tiflash(cluster, broken.store) => {
            match a_recovery_failed(cluster) {
                true => Finding::GhostOfFailedRecovery,
                false => Finding::GhostLearner,
            }
        }
        Law::NoGhostPeers if has_surplus_voters(cluster, broken.region) => Finding::SurplusGhost,
        Law::NoGhostPeers => Finding::GhostPeer,
        Law::TablesAvailable => Finding::TableUnavailable,
        Law::EveryKeyLed => Finding::KeysWithoutLeader,
        Law::KnownStoresResolve => Finding::KnownStoreUnresolved,
        Law::NoLiveStoreBlacklisted => match broken.store {
            Some(store) if was_unknown(cluster, store) => Finding::BlacklistedLiveStore,
            Some(_) | None => Finding::BuriedStoreReturned,
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

fn has_surplus_voters(cluster: &Cluster, region: Option<RegionId>) -> bool {
    let region = region.and_then(|id| cluster.newest_region(id));
    let voters = region.map_or(0, |region| {
        region.peers.iter().filter(|peer| peer.role == PeerRole::Voter).count() as u64
    });
    cluster.pd().max_replicas() < voters
}

/// Whether somebody black-listed the store because PD did not know it.
fn was_unknown(cluster: &Cluster, dead: StoreId) -> bool {
    cluster.events().iter().any(|event| {
        let (verdict, answer) = (ResolveVerdict::Blacklisted, GetStoreError::NotFound);
        matches!(&event.kind, EventKind::ResolveFailed { target, error, verdict: made, .. }
            if *target == dead && *error == answer && *made == verdict)
    })
}

/// What other failures follow from.
struct Roots {
    /// Live stores that somebody never dials again.
    unheard: BTreeSet<StoreId>,
    /// Stores that were let in again after their record had been erased.
    returned: BTreeSet<StoreId>,
    /// Regions that keep a ghost.
    haunted: BTreeSet<RegionId>,
}

/// Why a failure needs no name of its own.
enum Explained {
    /// Its region has a member on a store that was given up and let in again.
    ByReturn,
    /// It follows from a failure that is found as well.
    ByAnother,
}

impl Roots {
    fn of(cluster: &Cluster, unmet: &[Broken]) -> Roots {
        let of_law = |law| unmet.iter().filter(move |broken| broken.law == law);
        let unheard: BTreeSet<StoreId> =
            of_law(Law::NoLiveStoreBlacklisted).filter_map(|broken| broken.store).collect();
        let haunted = of_law(Law::NoGhostPeers).filter_map(|broken| broken.region).collect();
        let returned = returned(cluster);
        Roots { unheard, returned, haunted }
    }

    fn explain(&self, cluster: &Cluster, broken: &Broken) -> Option<Explained> {
        let region = broken.region?;
        let members = cluster.newest_region(region).map(|region| region.peers.clone());
        let members = members.unwrap_or_default();
        let is_on = |stores: &BTreeSet<StoreId>| members.iter().any(|p| stores.contains(&p.store));
        if is_on(&self.unheard) {
            return Some(Explained::ByAnother);
        }
        if is_on(&self.returned) {
            return Some(Explained::ByReturn);
        }
        let haunts = broken.law == Law::TablesAvailable && self.haunted.contains(&region);
        haunts.then_some(Explained::ByAnother)
    }
}

/// Whether the store was given up: PD has called it a Tombstone.
pub(super) fn was_buried(cluster: &Cluster, dead: StoreId) -> bool {
    cluster.events().iter().any(|event| buries(&event.kind) == Some(dead))
}

fn buries(kind: &EventKind) -> Option<StoreId> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "two events of many")]
    match kind {
        EventKind::StoreStatusChanged { store, to: StoreStatus::Tombstone, .. }
        | EventKind::StoreErased(store) => Some(*store),
        _ => None,
    }
}

/// Stores that were given up and let in again after their record was gone.
fn returned(cluster: &Cluster) -> BTreeSet<StoreId> {
    let (mut buried, mut returned) = (BTreeSet::new(), BTreeSet::new());
    for event in cluster.events() {
        buried.extend(buries(&event.kind));
        if let EventKind::StoreRegistered(store) = &event.kind
            && buried.contains(store)
        {
            returned.insert(*store);
        }
    }
    returned
}

/// Stores whose process ended on a contradiction. One that was given up while it ran, or that came
/// back, may well meet one.
fn panics(cluster: &Cluster) -> Vec<Found> {
    let events = cluster.events();
    let ran = |kind: &EventKind| {
        matches!(kind, EventKind::ForceLeaderEntered { failed_store_runs: Some(_), .. })
    };
    let returned = !returned(cluster).is_empty() || events.iter().any(|event| ran(&event.kind));
    let finding = if returned { Finding::ReturnedStorePanicked } else { Finding::Panicked };
    let mut found = Vec::new();
    for event in events {
        if let EventKind::StorePanicked { store, region } = &event.kind {
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
