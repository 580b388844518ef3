//! What people ask of PD: each command is checked in full before anything changes, so that a
//! refusal leaves no trace. PD: `server/handler.go`, `server/cluster/cluster.go`.

use super::Pd;
use super::builder::steps_toward;
use super::checker::Change;
use super::leader::{LEASE_MS, Presence, RESIGN_MS};
use super::operator::Priority;
use super::region_tree::RegionInfo;
use super::scheduling::{Plan, brief, members_after};
use super::steps::Step;
use super::stores::StoreRecord;
use super::unsafe_recovery::RecoveryRequest;
use crate::command::{Command, RecoveryOptions, TikvTest};
use crate::event::{EventKind, EventLog, OperatorEnd, OperatorName};
use crate::ids::{EventId, Millis, RegionId, StoreId};
use crate::refusal::Refusal;
use crate::region::{Peer, PeerRole};
use crate::store::{Engine, StoreState};

impl Pd {
    /// Whether a command to PD would be carried out. Commands to others are none of PD's business.
    ///
    /// # Errors
    /// What the real tool would answer.
    pub(crate) fn check(&self, now: Millis, command: &Command) -> Result<(), Refusal> {
        self.check_presence(command)?;
        match command {
            Command::StopPd
            | Command::StartPd
            | Command::ForceNewPdCluster
            | Command::LosePdLeader
            | Command::ResignPdLeader
            | Command::RecoverPd => Ok(()),
            Command::RemoveFailedStores { stores, auto_detect, timeout_s, options } => {
                let request = request(stores, *auto_detect, *timeout_s, *options);
                self.recovery.check_start(now, &self.stores, request)
            }
            Command::AbortRecovery => self.recovery.check_abort(),
            Command::RemoveTombstone => self.check_remove_tombstone(),
            Command::DeleteStore(store) => self.check_delete(*store),
            Command::CancelDeleteStore(store) => self.check_cancel_delete(*store),
            Command::SetMaxReplicas(0) => Err(Refusal::MaxReplicasZero),
            Command::SetMaxReplicas(_)
            | Command::SetReplication(_)
            | Command::SetHaltScheduling(_) => Ok(()),
            Command::AddRemovePeer { region, store } => {
                self.check_remove_peer(now, *region, *store)
            }
            Command::AddAddLearner { region, store } => self.check_add_learner(*region, *store),
            Command::AddTransferLeader { region, store } => {
                self.check_transfer_leader(*region, *store)
            }
            Command::AddSplitRegion { region, .. } => self.check_split(*region),
            Command::AddMergeRegion { source, target } => self.check_merge(now, *source, *target),
            Command::RemoveOperator(region) => match self.operators.get(*region) {
                Some(_) => Ok(()),
                None => Err(Refusal::NoOperator(*region)),
            },
            Command::TikvTest(TikvTest::HandPlan { store, .. }) => self.check_hand_plan(*store),
            Command::StopStores(_)
            | Command::StartStores(_)
            | Command::LoseDisk(_)
            | Command::Machine(_)
            | Command::Cut { .. }
            | Command::Delay { .. }
            | Command::SetMishaps { .. }
            | Command::Heal(_)
            | Command::SetLoad { .. }
            | Command::SetTiflashReplica { .. }
            | Command::TikvTest(
                TikvTest::ChangePeers { .. }
                | TikvTest::ExitForceLeader { .. }
                | TikvTest::Request { .. }
                | TikvTest::CompactLog(_),
            ) => Ok(()),
        }
    }

    /// Carries out a command that was checked at this very state. `cause` is its event.
    pub(crate) fn carry_out(
        &mut self,
        now: Millis,
        command: &Command,
        cause: EventId,
        events: &mut EventLog,
    ) {
        match command {
            Command::StopPd => self.lose_leader(now, Presence::Stopped, cause, events),
            Command::StartPd | Command::ForceNewPdCluster | Command::LosePdLeader => {
                self.lose_leader(now, Presence::Electing(now.after(LEASE_MS)), cause, events);
            }
            Command::ResignPdLeader => {
                self.lose_leader(now, Presence::Electing(now.after(RESIGN_MS)), cause, events);
            }
            Command::RecoverPd => self.recover_from_old_member(),
            Command::RemoveFailedStores { stores, auto_detect, timeout_s, options } => {
                let request = request(stores, *auto_detect, *timeout_s, *options);
                self.start_recovery(now, request, cause, events);
            }
            Command::AbortRecovery => self.recovery.abort(now, cause, events),
            Command::RemoveTombstone => self.remove_tombstone(now, cause, events),
            Command::DeleteStore(store) => {
                self.limits.lift_removal(*store);
                self.set_state(now, *store, StoreState::Offline, cause, events);
            }
            Command::CancelDeleteStore(store) => {
                self.limits.restore(*store);
                self.set_state(now, *store, StoreState::Up, cause, events);
            }
            Command::SetMaxReplicas(count) => self.set_max_replicas(now, *count, cause, events),
            Command::SetReplication(option) => {
                self.replication.set(now, option, cause, &mut self.ids, events);
            }
            Command::SetHaltScheduling(halt) => {
                self.halt = *halt;
                if !self.is_scheduling_halted() {
                    self.patrol.resume(now);
                }
            }
            Command::TikvTest(TikvTest::HandPlan { store, plan }) => {
                self.handed.put(*store, plan.clone(), cause);
            }
            Command::AddRemovePeer { region, store } => {
                let peer = self.member(*region, *store).expect("checked: it has a peer there");
                let change = Change::Remove(peer);
                self.admin(now, *region, OperatorName::AdminRemovePeer, change, cause, events);
            }
            Command::AddAddLearner { region, store } => {
                let change = Change::Add { store: *store, role: PeerRole::Learner };
                self.admin(now, *region, OperatorName::AdminAddLearner, change, cause, events);
            }
            Command::AddTransferLeader { region, store } => {
                self.transfer_leader(now, *region, *store, cause, events);
            }
            Command::AddSplitRegion { region, policy, keys } => {
                self.split_region(now, *region, *policy, keys, cause, events);
            }
            Command::AddMergeRegion { source, target } => {
                self.merge_regions(now, *source, *target, cause, events);
            }
            Command::RemoveOperator(region) => {
                self.end_operator(now, *region, OperatorEnd::Canceled, Some(cause), events);
            }
            Command::StopStores(_)
            | Command::StartStores(_)
            | Command::LoseDisk(_)
            | Command::Machine(_)
            | Command::Cut { .. }
            | Command::Delay { .. }
            | Command::SetMishaps { .. }
            | Command::Heal(_)
            | Command::SetLoad { .. }
            | Command::SetTiflashReplica { .. }
            | Command::TikvTest(
                TikvTest::ChangePeers { .. }
                | TikvTest::ExitForceLeader { .. }
                | TikvTest::Request { .. }
                | TikvTest::CompactLog(_),
            ) => {
                panic!("not a command to PD: {command:?}")
            }
        }
    }

    /// PD gives plans of its own while it recovers, and none to a store that it does not serve.
    fn check_hand_plan(&self, store: StoreId) -> Result<(), Refusal> {
        if self.recovery.stage().is_running() {
            return Err(Refusal::RecoveryRunning);
        }
        match self.record(store)?.state {
            StoreState::Tombstone => Err(Refusal::StoreAlreadyRemoved(store)),
            StoreState::Up | StoreState::Offline => Ok(()),
        }
    }

    /// Refused if there are Tombstones and the region cache shows a region on every one of them.
    /// PD erases those it can and names the others.
    fn check_remove_tombstone(&self) -> Result<(), Refusal> {
        let (holding, free): (Vec<StoreId>, Vec<StoreId>) =
            self.tombstones().partition(|store| 0 < self.regions.count_on(*store));
        if free.is_empty() && !holding.is_empty() {
            return Err(Refusal::TombstonesHoldRegions(holding));
        }
        Ok(())
    }

    fn remove_tombstone(&mut self, now: Millis, cause: EventId, events: &mut EventLog) {
        let free: Vec<StoreId> =
            self.tombstones().filter(|store| self.regions.count_on(*store) == 0).collect();
        for store in free {
            self.erase(now, store, Some(cause), events);
        }
    }

    fn tombstones(&self) -> impl Iterator<Item = StoreId> {
        let is_tombstone =
            |(_, record): &(&StoreId, &StoreRecord)| record.state == StoreState::Tombstone;
        self.stores.iter().filter(is_tombstone).map(|(id, _)| *id)
    }

    /// PD counts Up TiKV stores, minus one, even if the store that goes is TiFlash (pd#10350).
    fn check_delete(&self, store: StoreId) -> Result<(), Refusal> {
        match self.record(store)?.state {
            StoreState::Tombstone => return Err(Refusal::StoreAlreadyRemoved(store)),
            StoreState::Offline => return Ok(()),
            StoreState::Up => {}
        }
        let is_up_tikv =
            |s: &&StoreRecord| s.state == StoreState::Up && s.meta.engine == Engine::TiKv;
        let up = (self.stores.values().filter(is_up_tikv).count() as u64).saturating_sub(1);
        let need = self.rules.max_replicas();
        if up < need {
            return Err(Refusal::StoresNotEnough { store, up, need });
        }
        Ok(())
    }

    fn check_cancel_delete(&self, store: StoreId) -> Result<(), Refusal> {
        match self.record(store)?.state {
            StoreState::Tombstone => Err(Refusal::StoreAlreadyRemoved(store)),
            StoreState::Up => Err(Refusal::StoreNotOffline(store)),
            StoreState::Offline => Ok(()),
        }
    }

    fn set_state(
        &mut self,
        now: Millis,
        store: StoreId,
        state: StoreState,
        cause: EventId,
        events: &mut EventLog,
    ) {
        self.stores.get_mut(&store).expect("checked: PD has its record").state = state;
        self.notice_status(now, store, Some(cause), events);
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

    fn check_add_learner(&self, region: RegionId, store: StoreId) -> Result<(), Refusal> {
        let info = self.info(region)?;
        if self.record(store)?.state == StoreState::Tombstone {
            return Err(Refusal::StoreAlreadyRemoved(store));
        }
        if info.region.peer_on(store).is_some() {
            return Err(Refusal::PeerOnStore { region, store });
        }
        if info.leader.is_none() || info.region.in_joint_state() {
            return Err(Refusal::OperatorExists(region));
        }
        self.check_admin(info)
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

    fn record(&self, store: StoreId) -> Result<&StoreRecord, Refusal> {
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
