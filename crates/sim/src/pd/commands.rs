//! What people ask of PD: each command is checked in full before anything changes, so that a
//! refusal leaves no trace. PD: `server/handler.go`, `server/cluster/cluster.go`.

use super::Pd;
use super::builder::steps_toward;
use super::checker::Change;
use super::identity::Identity;
use super::leader::{LEASE_MS, Presence, RESIGN_MS};
use super::operator::Priority;
use super::region_tree::RegionInfo;
use super::scheduling::{Plan, brief, members_after};
use super::steps::Step;
use super::stores::StoreRecord;
use super::unsafe_recovery::RecoveryRequest;
use crate::command::{PdCommand, RecoveryOptions};
use crate::event::{EventKind, EventLog, OperatorEnd, OperatorName};
use crate::ids::{EventId, Millis, RegionId, StoreId};
use crate::refusal::{PdFault, Refusal};
use crate::region::{Peer, PeerRole};
use crate::store::{Engine, StoreState};

impl Pd {
    /// Whether a command would be carried out.
    ///
    /// # Errors
    /// What the real tool would answer.
    pub(crate) fn check(&self, now: Millis, command: &PdCommand) -> Result<(), Refusal> {
        self.check_presence(command)?;
        match command {
            PdCommand::StopPd
            | PdCommand::StartPd
            | PdCommand::ForceNewPdCluster
            | PdCommand::LosePdLeader
            | PdCommand::ResignPdLeader => Ok(()),
            PdCommand::LosePdDisks => match self.presence {
                Presence::Stopped => Ok(()),
                Presence::Serving | Presence::Electing(_) | Presence::Foreign => {
                    Err(Refusal::Pd(PdFault::DisksInUse))
                }
            },
            PdCommand::RecoverPd => self.check_recover(),
            PdCommand::RebuildPd { alloc_id, .. } => self.check_rebuild(*alloc_id),
            PdCommand::RemoveFailedStores { stores, auto_detect, timeout_s, options } => {
                let request = request(stores, *auto_detect, *timeout_s, *options);
                self.recovery.check_start(now, &self.stores, request)
            }
            PdCommand::AbortRecovery => self.recovery.check_abort(),
            PdCommand::RemoveTombstone => self.check_remove_tombstone(),
            PdCommand::DeleteStore(store) => self.check_delete(*store, false),
            PdCommand::DestroyStore(store) => self.check_delete(*store, true),
            PdCommand::CancelDeleteStore(store) => self.check_cancel_delete(*store),
            PdCommand::SetMaxStoreDownTime { .. }
            | PdCommand::SetMaxMergeRegionSize(_)
            | PdCommand::SetMaxMergeRegionKeys(_)
            | PdCommand::SetSplitMergeInterval { .. } => Ok(()),
            PdCommand::SetMaxReplicas(0) => Err(Refusal::MaxReplicasZero),
            PdCommand::SetMaxReplicas(_)
            | PdCommand::SetReplication(_)
            | PdCommand::SetHaltScheduling(_) => Ok(()),
            PdCommand::AddScheduler(scheduler) => self.check_add_scheduler(*scheduler),
            PdCommand::RemoveScheduler(scheduler) => self.check_remove_scheduler(*scheduler),
            PdCommand::AddRemovePeer { region, store } => {
                self.check_remove_peer(now, *region, *store)
            }
            PdCommand::AddAddLearner { region, store } => {
                self.check_add_peer(*region, *store, PeerRole::Learner)
            }
            PdCommand::AddAddPeer { region, store } => {
                self.check_add_peer(*region, *store, PeerRole::Voter)
            }
            PdCommand::AddTransferPeer { region, from, to } => {
                self.check_transfer_peer(*region, *from, *to)
            }
            PdCommand::AddTransferRegion { region, .. } => {
                self.info(*region)?;
                Err(Refusal::TransferRegionWithoutRoles)
            }
            PdCommand::AddTransferLeader { region, store } => {
                self.check_transfer_leader(*region, *store)
            }
            PdCommand::AddSplitRegion { region, .. } => self.check_split(*region),
            PdCommand::AddMergeRegion { source, target } => self.check_merge(now, *source, *target),
            PdCommand::RemoveOperator(region) => match self.operators.get(*region) {
                Some(_) => Ok(()),
                None => Err(Refusal::NoOperator(*region)),
            },
        }
    }

    /// Carries out a command that was checked at this very state. `cause` is its event.
    pub(crate) fn carry_out(
        &mut self,
        now: Millis,
        command: &PdCommand,
        cause: EventId,
        events: &mut EventLog,
    ) {
        match command {
            PdCommand::StopPd => self.lose_leader(now, Presence::Stopped, cause, events),
            PdCommand::StartPd | PdCommand::ForceNewPdCluster | PdCommand::LosePdLeader => {
                self.lose_leader(now, Presence::Electing(now.after(LEASE_MS)), cause, events);
            }
            PdCommand::ResignPdLeader => {
                self.lose_leader(now, Presence::Electing(now.after(RESIGN_MS)), cause, events);
            }
            PdCommand::RecoverPd => self.recover_from_old_member(),
            PdCommand::LosePdDisks => self.lose_disks(),
            PdCommand::RebuildPd { cluster_id, alloc_id } => {
                let (cluster_id, alloc_id) = (*cluster_id, *alloc_id);
                self.disk.identity = Identity::Given { cluster_id, alloc_id };
            }
            PdCommand::RemoveFailedStores { stores, auto_detect, timeout_s, options } => {
                let request = request(stores, *auto_detect, *timeout_s, *options);
                self.start_recovery(now, request, cause, events);
            }
            PdCommand::AbortRecovery => self.recovery.abort(now, cause, events),
            PdCommand::RemoveTombstone => self.remove_tombstone(now, cause, events),
            PdCommand::DeleteStore(store) => self.delete_store(now, *store, false, cause, events),
            PdCommand::DestroyStore(store) => self.delete_store(now, *store, true, cause, events),
            PdCommand::CancelDeleteStore(store) => self.cancel_delete(now, *store, cause, events),
            PdCommand::SetMaxStoreDownTime { ms } => {
                self.set_max_store_down(now, *ms, cause, events);
            }
            PdCommand::SetMaxMergeRegionSize(mib) => {
                self.set_max_merge_region_size(now, *mib, cause);
            }
            PdCommand::SetMaxMergeRegionKeys(keys) => {
                self.set_max_merge_region_keys(now, *keys, cause);
            }
            PdCommand::SetSplitMergeInterval { ms } => {
                self.set_split_merge_interval(now, *ms, cause);
            }
            PdCommand::SetMaxReplicas(count) => self.set_max_replicas(now, *count, cause, events),
            PdCommand::SetReplication(option) => {
                self.replication.set(now, option, cause, &mut self.ids, events);
            }
            PdCommand::SetHaltScheduling(halt) => {
                self.halt = *halt;
                if !self.is_scheduling_halted() {
                    self.patrol.resume(now);
                }
            }
            PdCommand::AddScheduler(scheduler) => self.add_scheduler(now, *scheduler, cause),
            PdCommand::RemoveScheduler(scheduler) => self.remove_scheduler(*scheduler),
            PdCommand::AddRemovePeer { region, store } => {
                let peer = self.member(*region, *store).expect("checked: it has a peer there");
                let change = Change::Remove(peer);
                self.admin(now, *region, OperatorName::AdminRemovePeer, change, cause, events);
            }
            PdCommand::AddAddLearner { region, store } => {
                let change = Change::Add { store: *store, role: PeerRole::Learner };
                self.admin(now, *region, OperatorName::AdminAddLearner, change, cause, events);
            }
            PdCommand::AddAddPeer { region, store } => {
                let change = Change::Add { store: *store, role: PeerRole::Voter };
                self.admin(now, *region, OperatorName::AdminAddPeer, change, cause, events);
            }
            PdCommand::AddTransferPeer { region, from, to } => {
                let old = self.member(*region, *from).expect("checked: it has a peer there");
                let change = Change::Replace { old, store: *to, role: old.role };
                self.admin(now, *region, OperatorName::AdminMovePeer, change, cause, events);
            }
            PdCommand::AddTransferRegion { .. } => panic!("it is always refused"),
            PdCommand::AddTransferLeader { region, store } => {
                self.transfer_leader(now, *region, *store, cause, events);
            }
            PdCommand::AddSplitRegion { region, policy, keys } => {
                self.split_region(now, *region, *policy, keys, cause, events);
            }
            PdCommand::AddMergeRegion { source, target } => {
                self.merge_regions(now, [*source, *target], cause, events);
            }
            PdCommand::RemoveOperator(region) => {
                self.end_operator(now, *region, OperatorEnd::Canceled, Some(cause), events);
            }
        }
    }

    fn set_max_replicas(&mut self, now: Millis, count: u64, cause: EventId, events: &mut EventLog) {
        let set = events.emit(now, EventKind::MaxReplicasSet(count), [cause]);
        self.rules.set_max_replicas(count, set);
        let all: Vec<RegionId> = self.regions.iter().map(RegionInfo::id).collect();
        for region in all {
            self.patrol.mark(now, region, Some(set));
        }
    }

    fn check_remove_peer(
        &self,
        now: Millis,
        region: RegionId,
        store: StoreId,
    ) -> Result<(), Refusal> {
        let info = self.info(region)?;
        let peer = self.member(region, store)?;
        let change = Change::Remove(peer);
        let target = members_after(info, change, None);
        if steps_toward(info, &target, &self.stores, now).is_none() {
            return Err(Refusal::CannotLead { region, store });
        }
        self.check_admin(info)
    }

    fn check_add_peer(
        &self,
        region: RegionId,
        store: StoreId,
        role: PeerRole,
    ) -> Result<(), Refusal> {
        let info = self.info(region)?;
        let record = self.record(store)?;
        let engine = record.meta.engine;
        if record.state == StoreState::Tombstone {
            return Err(Refusal::StoreAlreadyRemoved(store));
        }
        if role != PeerRole::Learner && engine == Engine::TiFlash {
            return Err(Refusal::WrongEngine { store, engine });
        }
        if info.region.peer_on(store).is_some() {
            return Err(Refusal::PeerOnStore { region, store });
        }
        if info.leader.is_none() || info.region.in_joint_state() {
            return Err(Refusal::OperatorExists(region));
        }
        self.check_admin(info)
    }

    fn check_transfer_peer(
        &self,
        region: RegionId,
        from: StoreId,
        to: StoreId,
    ) -> Result<(), Refusal> {
        let peer = self.member(region, from)?;
        self.check_add_peer(region, to, peer.role)
    }

    fn check_transfer_leader(&self, region: RegionId, store: StoreId) -> Result<(), Refusal> {
        let info = self.info(region)?;
        let peer = self.member(region, store)?;
        let engine = self.stores.get(&store).map(|record| record.meta.engine);
        if let Some(engine @ Engine::TiFlash) = engine {
            return Err(Refusal::WrongEngine { store, engine });
        }
        if peer.role == PeerRole::Learner || info.leader.is_none() {
            return Err(Refusal::CannotLead { region, store });
        }
        self.check_admin(info)
    }

    /// An operator asked for takes the place of any other but one that was asked for too. Store
    /// limits do not hold it back. PD: `operator_controller.go:ExceedStoreLimit`.
    pub(super) fn check_admin(&self, info: &RegionInfo) -> Result<(), Refusal> {
        let running = self.operators.get(info.id());
        match running.is_some_and(|operator| operator.priority == Priority::Urgent) {
            true => Err(Refusal::OperatorExists(info.id())),
            false => Ok(()),
        }
    }

    fn admin(
        &mut self,
        now: Millis,
        region: RegionId,
        name: OperatorName,
        change: Change,
        cause: EventId,
        events: &mut EventLog,
    ) {
        self.end_operator(now, region, OperatorEnd::Replaced, Some(cause), events);
        let steps = self.steps_for(now, region, change).expect("checked: somebody can lead");
        let plan = Plan { name, brief: brief(change), steps, change: Some(change) };
        self.start(now, region, plan, vec![cause], events);
    }

    fn transfer_leader(
        &mut self,
        now: Millis,
        region: RegionId,
        to: StoreId,
        cause: EventId,
        events: &mut EventLog,
    ) {
        self.end_operator(now, region, OperatorEnd::Replaced, Some(cause), events);
        let info = self.regions.get(region).expect("checked: the region is in the cache");
        let from = info.leader.expect("checked: it has a leader").store;
        let plan = Plan {
            name: OperatorName::AdminTransferLeader,
            brief: format!("transfer leader: store {from} to {to}"),
            steps: vec![Step::TransferLeader { from, to }],
            change: None,
        };
        self.start(now, region, plan, vec![cause], events);
    }

    pub(super) fn record(&self, store: StoreId) -> Result<&StoreRecord, Refusal> {
        self.stores.get(&store).ok_or(Refusal::StoreNotInPd(store))
    }

    pub(super) fn info(&self, region: RegionId) -> Result<&RegionInfo, Refusal> {
        self.regions.get(region).ok_or(Refusal::RegionNotInPd(region))
    }

    fn member(&self, region: RegionId, store: StoreId) -> Result<Peer, Refusal> {
        let no_peer = Refusal::NoPeerOnStore { region, store };
        self.info(region)?.region.peer_on(store).ok_or(no_peer)
    }
}

fn request(
    failed: &[StoreId],
    auto_detect: bool,
    timeout_s: Option<u64>,
    options: RecoveryOptions,
) -> RecoveryRequest<'_> {
    RecoveryRequest { failed, auto_detect, timeout_s, options }
}
