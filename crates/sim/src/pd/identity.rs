//! Whose PD it is. What PD knows may be lost with all its disks; `pd-recover` then gives a new PD
//! the old one's cluster id and a floor for its ids, and the stores bring the rest: their records
//! when they start, their regions with heartbeats. Placement rules, `max-replicas`, the states of
//! stores and DR Auto-Sync come back from nowhere.
//! PD: `tools/pd-recover/main.go:recoverFromNewPDCluster`.

use super::Pd;
use super::leader::{Disk, Presence};
use super::lost_stores::LostStores;
use super::merge_checker::Merging;
use super::replication::Replication;
use super::rules::RuleSet;
use super::schedulers::Schedulers;
use super::stores::IdAllocator;
use crate::command::{Halt, PdCommand};
use crate::ids::StoreId;
use crate::refusal::{PdFault, Refusal, StartFault};
use crate::store::DOWN_AFTER;

/// The cluster's id, which every store has on its disk. PD makes it of the second of its first
/// start and a random number. PD: `initOrGetClusterID`.
pub const CLUSTER_ID: u64 = 1_746_496_800 << 32 | 0x2F35_11CA;
/// The id that a PD with empty disks gives itself.
const NEW_CLUSTER_ID: u64 = CLUSTER_ID + (3_600 << 32);
/// How many replicas a new PD wants. PD: `defaultMaxReplicas`.
const DEFAULT_MAX_REPLICAS: u64 = 3;

/// Whose metadata is on PD's disks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Identity {
    /// The cluster's.
    #[default]
    Own,
    /// Nobody's: a new PD that has not been bootstrapped.
    New,
    /// What `pd-recover` was given.
    Given {
        /// `--cluster-id`.
        cluster_id: u64,
        /// `--alloc-id`.
        alloc_id: u64,
    },
}

impl PdCommand {
    /// Whether it is the tool that works on a PD which serves nobody.
    pub(super) fn is_recovery_tool(&self) -> bool {
        matches!(self, PdCommand::RecoverPd | PdCommand::RebuildPd { .. })
    }
}

impl Pd {
    /// Why PD answers nobody; `None` if it does.
    pub fn silence(&self) -> Option<PdFault> {
        match (self.presence, self.disk.identity) {
            (Presence::Serving, _) => None,
            (Presence::Electing(_), _) => Some(PdFault::NoLeader),
            (Presence::Stopped, _) => Some(PdFault::Stopped),
            (Presence::Foreign, Identity::New) => Some(PdFault::NotBootstrapped),
            (Presence::Foreign, Identity::Own | Identity::Given { .. }) => {
                Some(PdFault::OtherCluster)
            }
        }
    }

    /// Whether `pd-recover` finds what it looks for: an empty PD for a new identity.
    pub(super) fn check_rebuild(&self, alloc_id: u64) -> Result<(), Refusal> {
        let least = self.ids.peek() - 1;
        if self.disk.identity != Identity::New {
            Err(Refusal::Pd(PdFault::AlreadyBootstrapped))
        } else if alloc_id < least {
            Err(Refusal::Pd(PdFault::AllocIdTooSmall { least }))
        } else {
            Ok(())
        }
    }

    /// Whether `pd-recover --from-old-member` finds an old member's disk.
    pub(super) fn check_recover(&self) -> Result<(), Refusal> {
        match self.disk.identity {
            Identity::Own => Ok(()),
            Identity::New | Identity::Given { .. } => {
                Err(Refusal::Pd(PdFault::AlreadyBootstrapped))
            }
        }
    }

    /// All of PD's disks are gone.
    pub(super) fn lose_disks(&mut self) {
        self.disk = Disk::new();
    }

    /// A leader learns from its disk whose PD it is. One that is another cluster's serves nobody.
    pub(super) fn load_identity(&mut self) {
        let Identity::Given { cluster_id, alloc_id } = self.disk.identity else {
            if self.disk.identity == Identity::New {
                self.forget_configuration();
                self.presence = Presence::Foreign;
            }
            return;
        };
        if cluster_id != CLUSTER_ID {
            self.presence = Presence::Foreign;
            return;
        }
        self.disk.identity = Identity::Own;
        self.ids = IdAllocator::starting_at(alloc_id + 1);
    }

    /// What people have set is on PD's disks too.
    fn forget_configuration(&mut self) {
        self.rules = RuleSet::new(DEFAULT_MAX_REPLICAS);
        self.replication = Replication::default();
        self.lost_stores = LostStores::default();
        self.max_store_down_ms = DOWN_AFTER;
        self.halt = Halt::Active;
        self.schedulers = Schedulers::default();
        self.merging = Merging::default();
    }

    /// Why a process cannot start on this PD, which may not be its cluster's; one without a disk
    /// is `empty`.
    ///
    /// # Errors
    /// In the words of tikv-server, which ends.
    pub(crate) fn check_identity(&self, store: StoreId, empty: bool) -> Result<(), StartFault> {
        let remote = match self.disk.identity {
            Identity::Given { cluster_id, .. } => cluster_id,
            Identity::Own | Identity::New => NEW_CLUSTER_ID,
        };
        match self.presence {
            Presence::Serving => Ok(()),
            Presence::Electing(_) | Presence::Stopped => Err(StartFault::WaitsForPd(store)),
            Presence::Foreign if empty => Err(StartFault::WouldBootstrap(store)),
            Presence::Foreign => Err(StartFault::ClusterIdMismatch { local: CLUSTER_ID, remote }),
        }
    }

    /// Folds whose PD it is, if it is not the cluster's.
    pub(super) fn digest_identity(&self, fold: &mut impl FnMut(u64)) {
        match self.disk.identity {
            Identity::Own => {}
            Identity::New => fold(1),
            Identity::Given { cluster_id, alloc_id } => fold(cluster_id ^ alloc_id),
        }
    }
}
