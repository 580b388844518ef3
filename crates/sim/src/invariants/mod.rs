//! Laws of the cluster, each with its source. Safety: what no run may ever break, faults or not.
//! Liveness: what has to hold once faults have stopped for long enough.
//!
//! A broken safety law is a defect of this program, not of a cluster: it is recorded, shown on the
//! page, and fails every test. A liveness law may be broken by what TiKV and PD really do; the
//! sweep asks for these with [`unmet`] when a cluster has had its time to converge.

mod history;
mod liveness;
mod safety;

#[cfg(test)]
mod liveness_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::cluster::Cluster;
use crate::event::{Event, EventKind};
use crate::ids::{PeerId, RegionId, StoreId};
use crate::region::RegionEpoch;
use crate::store::StoreStatus;

pub use liveness::{RESOLVES_IN_VAIN, unmet};

use history::History;

/// Whether a law holds at any time or comes to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something bad never happens.
    Safety,
    /// Something good happens in the end.
    Liveness,
}

/// Declares each law once: its variant, its name, its kind, where it comes from.
macro_rules! laws {
    ($($(#[$doc:meta])* $law:ident: $name:literal, $kind:ident, $source:literal;)+) => {
        /// A law, by the name that reports of it carry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Law { $($(#[$doc])* $law,)+ }

        /// Every law, safety first.
        pub const ALL: [Law; [$(Law::$law),+].len()] = [$(Law::$law),+];

        impl Law {
            /// Its name, e.g. `one leader a term`.
            pub fn name(self) -> &'static str {
                match self { $(Law::$law => $name,)+ }
            }

            /// Safety or liveness.
            pub fn kind(self) -> Kind {
                match self { $(Law::$law => Kind::$kind,)+ }
            }

            /// Where it is written that this has to be so.
            pub fn source(self) -> &'static str {
                match self { $(Law::$law => $source,)+ }
            }
        }
    };
}

laws! {
    /// No two peers lead a region in one term; only an unsafe recovery excuses it.
    OneLeaderPerTerm: "one leader a term", Safety, "Raft §5.2";
    /// A leader has every committed entry; a force leader that lacks some says so.
    LeaderCompleteness: "a leader has what is committed", Safety, "Raft §5.4";
    /// All peers apply the same entry at an index.
    StateMachineSafety: "one entry at an index", Safety, "Raft §5.4.3";
    /// A peer's epoch never goes back.
    EpochMonotone: "epochs only grow", Safety, "tikv: store/util.rs:is_epoch_stale";
    /// What a peer knows to be committed it never takes back.
    CommitMonotone: "commit never retreats", Safety, "raft-rs: raft_log.rs:commit_to";
    /// No two voters of a region are on one store.
    OneVoterPerStore: "one voter a store", Safety, "tikv: store/util.rs:check_conf_change";
    /// No two leaders of different regions serve a key.
    OneRegionPerKey: "one region a key", Safety, "pd: pkg/core/region_tree.go:overlaps";
    /// When a recovery has finished, every key has a region.
    EveryKeyHasRegion: "every key has a region after recovery", Safety,
        "pd: unsafe_recovery_controller.go:generateCreateEmptyRegionPlan";
    /// Only a change of several members at once makes a joint state, and only an empty one ends it.
    JointByConfChange: "joint states come by conf change", Safety,
        "tikv: fsm/apply.rs:exec_change_peer_v2";
    /// A peer id that a store has destroyed never lives there again.
    DestroyedStaysAway: "a destroyed peer never returns", Safety, "tikv: fsm/store.rs:check_msg";
    /// PD knows no epoch of a region that no peer of it has reached.
    PdNotAhead: "PD is never ahead of the stores", Safety,
        "pd: pkg/core/region.go:PreCheckPutRegion";
    /// A write that was acknowledged stays, unless a recovery says that it is lost.
    AcknowledgedKept: "acknowledged writes stay", Safety,
        "tikv: fsm/apply.rs answers once an entry is applied; Raft §8";
    /// No region keeps a member that will never answer.
    NoGhostPeers: "no ghost peers", Liveness, "tikv#18458, pd#9624, pd: rule_checker.go";
    /// Every table has its TiFlash replicas, as far as live stores suffice.
    TablesAvailable: "tables are available", Liveness, "tidb: ddl_tiflash_api.go; tikv#18440";
    /// Every key is in a region that is led from a store PD counts on.
    EveryKeyLed: "every key is led", Liveness, "Raft §5.2; pd: unsafe_recovery_controller.go";
    /// No store that PD knows is resolved in vain for longer than [`RESOLVES_IN_VAIN`] tries.
    KnownStoresResolve: "known stores are resolved", Liveness, "tikv: raft_client.rs; tikv#17875";
    /// No store in service is on another's black-list.
    NoLiveStoreBlacklisted: "no live store is black-listed", Liveness, "tikv#19980, tikv#19993";
    /// No operator outlives its time.
    OperatorsEnd: "operators end in time", Liveness, "pd: operator.go:CheckTimeout";
    /// No peer sleeps in a region without a leader.
    SleepersWake: "sleeping regions wake", Liveness, "tikv: fsm/peer.rs:on_check_peer_stale_state";
    /// A recovery comes to its end.
    RecoveryEnds: "a recovery ends", Liveness, "pd: unsafe_recovery_controller.go:checkTimeout";
}

/// A law that was found broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub law: Law,
    /// The region in question, if it is about one.
    pub region: Option<RegionId>,
    /// The store in question, if it is about one.
    pub store: Option<StoreId>,
    /// What was found, e.g. `region 10 has two leaders in term 7: 12, 13`.
    pub what: String,
}

impl Broken {
    fn region(law: Law, region: RegionId, what: String) -> Broken {
        Broken { law, region: Some(region), store: None, what }
    }

    fn on(self, store: StoreId) -> Broken {
        Broken { store: Some(store), ..self }
    }

    fn keys(law: Law, what: String) -> Broken {
        Broken { law, region: None, store: None, what }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// What was found, as text: for tests.
impl PartialEq<&str> for Broken {
    fn eq(&self, what: &&str) -> bool {
        self.what == *what
    }
}

/// Records which laws a run has broken, and what has been seen so far, as far as the laws need it.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    regions: BTreeMap<RegionId, History>,
    epochs: BTreeMap<(RegionId, StoreId), (PeerId, RegionEpoch)>,
    /// Peers destroyed on a store, each with its region.
    destroyed: BTreeMap<(StoreId, PeerId), RegionId>,
    /// Stores that PD has buried at some time, also those whose record was erased since; and those
    /// that a recovery did without, whether PD knew them or not.
    given_up: BTreeSet<StoreId>,
    /// Those of them that were started again.
    returned: BTreeSet<StoreId>,
    broken: Vec<Broken>,
    /// How many of them have been told as events.
    told: usize,
    /// Committed entries that a force leader lacks, not yet told.
    losses: Vec<(RegionId, u64, u64)>,
}

impl Checker {
    /// What later laws have to know of an event.
    pub(crate) fn on_event(&mut self, kind: &EventKind) {
        if let EventKind::StoreStatusChanged { store, to: StoreStatus::Tombstone, .. } = kind {
            self.given_up.insert(*store);
        }
    }

    /// A recovery that counts on these stores replaces what it did not hear of: the others of the
    /// cluster are given up, also those that PD does not know (yet).
    pub(crate) fn on_recovery(
        &mut self,
        stores: impl Iterator<Item = StoreId>,
        counted_on: &BTreeSet<StoreId>,
    ) {
        self.given_up.extend(stores.filter(|store| !counted_on.contains(store)));
    }

    /// A store that was given up is started again: its peers may still hold majorities that a
    /// recovery has replaced.
    pub(crate) fn on_return(&mut self, store: StoreId, regions: impl Iterator<Item = RegionId>) {
        self.returned.insert(store);
        regions.for_each(|region| self.expect_two_leaders(region));
    }

    /// The stores that were given up and started again.
    pub(crate) fn returned(&self) -> &BTreeSet<StoreId> {
        &self.returned
    }

    /// The stores that were given up at some time.
    pub(crate) fn given_up(&self) -> &BTreeSet<StoreId> {
        &self.given_up
    }

    /// The laws broken so far.
    pub(crate) fn broken(&self) -> &[Broken] {
        &self.broken
    }

    fn report(&mut self, broken: Broken) {
        if !self.broken.contains(&broken) {
            self.broken.push(broken);
        }
    }

    /// Checks the laws over the whole cluster, as far as `news` could have broken them.
    pub(crate) fn check(cluster: &Cluster, news: &[Event]) -> Vec<Broken> {
        safety::check(cluster, news)
    }

    /// The laws found broken since the last call.
    pub(crate) fn take_untold(&mut self) -> Vec<Broken> {
        let untold = self.broken[self.told..].to_vec();
        self.told = self.broken.len();
        untold
    }

    /// Records what [`Checker::check`] found.
    pub(crate) fn record(&mut self, found: Vec<Broken>) {
        found.into_iter().for_each(|broken| self.report(broken));
    }
}
