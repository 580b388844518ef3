//! A PD with leaders that do at once what they are told, for its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::testing::{heartbeat, meta, region};
use super::*;
use crate::command::PdCommand;
use crate::event::{Event, OperatorName};
use crate::ids::{MINUTE, PeerId};
use crate::message::{PeerChange, ScheduleStep, StoreReport};
use crate::refusal::Refusal;
use crate::region::{PeerRole, Region};
use crate::release::Release;
use crate::setup::{RegionSetup, TableSetup};
use crate::store::Engine;

/// The region of most tests.
pub(super) const R: RegionId = RegionId(1);
/// The table it belongs to.
pub(super) const TABLE: TableId = TableId(45);

/// PD, its leaders and stores.
pub(super) struct Scene {
    pub(super) pd: Pd,
    pub(super) events: EventLog,
    pub(super) now: Millis,
    pub(super) leaders: BTreeMap<RegionId, RegionHeartbeat>,
    /// Stores that send no heartbeat.
    pub(super) silent: BTreeSet<StoreId>,
    /// Leaders do not do what they are told.
    pub(super) deaf: bool,
    /// The number of events before anything happened.
    pub(super) settled: usize,
}

impl Scene {
    pub(super) fn new(tikv: &[u64], tiflash: &[u64], max_replicas: u64, learners: u64) -> Scene {
        let store = |id: &u64, engine| StoreSetup {
            meta: meta(*id, engine),
            state: StoreState::Up,
            running: true,
            heartbeat_phase_ms: Some(0),
        };
        let tikv = tikv.iter().map(|id| store(id, Engine::TiKv));
        let tiflash = tiflash.iter().map(|id| store(id, Engine::TiFlash));
        let table = TableSetup {
            id: TABLE,
            name: "test.t".to_owned(),
            tiflash_replicas: learners,
            available: false,
        };
        let setup = Setup {
            stores: tikv.chain(tiflash).collect(),
            regions: Vec::<RegionSetup>::new(),
            tables: vec![table],
            max_replicas,
            cores: 0,
        };
        Scene {
            pd: Pd::new(&setup, Release::V8_5_2.knobs(), 60_001),
            events: EventLog::default(),
            now: Millis(0),
            leaders: BTreeMap::new(),
            silent: BTreeSet::new(),
            deaf: false,
            settled: 0,
        }
    }

    pub(super) fn lead(&mut self, id: RegionId, peers: &[(u64, u64)]) {
        let region = Region {
            start: Key::record(TABLE, id.0),
            end: Key::record(TABLE, id.0 + 1),
            ..region(id.0, "", "", peers)
        };
        self.lead_region(region);
        self.settled = self.events.all().len();
    }

    pub(super) fn lead_region(&mut self, region: Region) {
        let mut heartbeat = heartbeat(&region, 5);
        let won = EventKind::BecameLeader { region: region.id, peer: heartbeat.leader, term: 5 };
        heartbeat.cause = Some(self.events.emit(self.now, won, []));
        self.leaders.insert(region.id, heartbeat);
        self.region_heartbeat(region.id);
    }

    /// A region whose members on `demoted` are learners, led from `leader`.
    pub(super) fn lead_demoted(
        &mut self,
        id: RegionId,
        peers: &[(u64, u64)],
        demoted: &[u64],
        leader: u64,
    ) {
        let mut region = Region {
            start: Key::record(TABLE, id.0),
            end: Key::record(TABLE, id.0 + 1),
            ..region(id.0, "", "", peers)
        };
        for peer in region.peers.iter_mut().filter(|peer| demoted.contains(&peer.store.0)) {
            peer.role = PeerRole::Learner;
        }
        let mut heartbeat = heartbeat(&region, 5);
        heartbeat.leader = region.peer_on(StoreId(leader)).expect("a member");
        self.leaders.insert(id, heartbeat);
        self.region_heartbeat(id);
    }

    pub(super) fn erase_and_lead(&mut self, store: u64, id: RegionId, peers: &[(u64, u64)]) {
        self.bury(store);
        self.command(&PdCommand::RemoveTombstone).expect("no region is known there");
        self.lead(id, peers);
    }

    pub(super) fn bury(&mut self, store: u64) {
        let record = self.pd.stores.get_mut(&StoreId(store)).expect("known");
        record.state = StoreState::Tombstone;
        self.silent.insert(StoreId(store));
        self.pd.notice_status(self.now, StoreId(store), None, &mut self.events);
    }

    pub(super) fn add_store(&mut self, id: u64, engine: Engine) {
        let meta = meta(id, engine);
        self.pd.put_store(self.now, &meta, &mut self.events, None).expect("a new id");
    }

    pub(super) fn forget_regions(&mut self) {
        self.pd.reset_region_cache(self.now, &mut self.events);
    }

    pub(super) fn set_rule(&mut self, count: u64) {
        let kind = EventKind::ReplicaRuleSet { table: TABLE, count };
        let cause = self.events.emit(self.now, kind, []);
        self.pd.set_tiflash_rule(self.now, TABLE, count, cause);
    }

    pub(super) fn command(&mut self, command: &PdCommand) -> Result<(), Refusal> {
        self.pd.check(self.now, command)?;
        let cause = self.events.emit(self.now, EventKind::Commanded(command.clone().into()), []);
        self.pd.carry_out(self.now, command, cause, &mut self.events);
        Ok(())
    }

    pub(super) fn report_down(&mut self, id: RegionId, stores: &[u64]) {
        let heartbeat = self.leaders.get_mut(&id).expect("led");
        let members = stores.iter().filter_map(|s| heartbeat.region.peer_on(StoreId(*s)));
        heartbeat.down_peers = members.map(|peer| (peer, 600)).collect();
        self.region_heartbeat(id);
    }

    pub(super) fn report_pending(&mut self, id: RegionId, stores: &[u64]) {
        let heartbeat = self.leaders.get_mut(&id).expect("led");
        let members = stores.iter().filter_map(|s| heartbeat.region.peer_on(StoreId(*s)));
        heartbeat.pending_peers = members.collect();
        self.region_heartbeat(id);
    }

    pub(super) fn heartbeat(
        &mut self,
        store: u64,
        report: Option<StoreReport>,
    ) -> StoreHeartbeatResponse {
        let (store, replication) = (StoreId(store), 0);
        let heartbeat = StoreHeartbeat { store, region_count: 1, report, replication };
        self.pd.on_store_heartbeat(self.now, heartbeat, &mut self.events)
    }

    pub(super) fn region_heartbeat(&mut self, id: RegionId) {
        let heartbeat = self.leaders[&id].clone();
        if let Some(schedule) = self.pd.on_region_heartbeat(self.now, heartbeat, &mut self.events) {
            self.obey(schedule);
        }
    }

    /// Store heartbeats every 10 s, region heartbeats every 60 s, and what PD has to do.
    pub(super) fn run_for(&mut self, ms: u64) {
        let until = self.now.after(ms);
        while self.now < until {
            let due = self.pd.next_due().expect("stores are always checked");
            let beat = Millis((self.now.0 / 10_000 + 1) * 10_000);
            self.now = due.max(self.now).min(beat).min(until);
            if self.now == beat {
                let stores = self.pd.stores().keys();
                let speaking = stores.filter(|store| !self.silent.contains(store));
                let speaking: Vec<u64> = speaking.map(|store| store.0).collect();
                for store in speaking {
                    self.heartbeat(store, None);
                }
            }
            if self.now == beat && self.now.0.is_multiple_of(MINUTE) {
                let regions: Vec<RegionId> = self.leaders.keys().copied().collect();
                regions.into_iter().for_each(|region| self.region_heartbeat(region));
            }
            if due <= self.now {
                for schedule in self.pd.advance(self.now, &mut self.events) {
                    self.obey(schedule);
                }
                let next = self.pd.next_due().expect("stores are always checked");
                assert!(self.now < next, "nothing is left to do at {:?}", self.now);
            }
        }
    }

    /// The leader does as it is told and reports at once.
    pub(super) fn obey(&mut self, schedule: Schedule) {
        if self.deaf {
            return;
        }
        let heartbeat = self.leaders.get_mut(&schedule.region).expect("led");
        assert_eq!(schedule.epoch, heartbeat.region.epoch);
        assert_eq!(schedule.target.id, heartbeat.leader.id);
        match schedule.step {
            ScheduleStep::TransferLeader(peer) => {
                heartbeat.leader = peer;
                heartbeat.term += 1;
            }
            ScheduleStep::ChangePeer(change) => {
                let region = Arc::make_mut(&mut heartbeat.region);
                change_member(region, change, false);
            }
            ScheduleStep::ChangePeerV2(changes) if changes.is_empty() => {
                let region = Arc::make_mut(&mut heartbeat.region);
                for peer in &mut region.peers {
                    let role = match peer.role {
                        PeerRole::IncomingVoter => PeerRole::Voter,
                        PeerRole::DemotingVoter => PeerRole::Learner,
                        PeerRole::Voter | PeerRole::Learner => continue,
                    };
                    peer.role = role;
                    region.epoch.conf_ver += 1;
                }
            }
            ScheduleStep::ChangePeerV2(changes) => {
                let region = Arc::make_mut(&mut heartbeat.region);
                changes.into_iter().for_each(|change| change_member(region, change, true));
            }
            ScheduleStep::Split(_) | ScheduleStep::Merge(_) => {
                panic!("nobody asks for a split or a merge in these scenes")
            }
        }
        let is_member = |peer: &Peer| heartbeat.region.peer(peer.id).is_some();
        heartbeat.down_peers.retain(|(peer, _)| is_member(peer));
        heartbeat.pending_peers.retain(is_member);
        self.region_heartbeat(schedule.region);
    }

    pub(super) fn operators(&self) -> Vec<OperatorName> {
        let mut names = Vec::new();
        for event in self.events.all() {
            if let EventKind::OperatorCreated { name, .. } = event.kind {
                names.push(name);
            }
        }
        names
    }

    pub(super) fn statuses(&self, id: u64) -> Vec<StoreStatus> {
        let mut told = Vec::new();
        for event in self.events.all() {
            if let EventKind::StoreStatusChanged { store, to, .. } = event.kind
                && store.0 == id
            {
                told.push(to);
            }
        }
        told
    }

    pub(super) fn count(&self, is_it: impl Fn(&EventKind) -> bool) -> usize {
        self.events.all().iter().filter(|event| is_it(&event.kind)).count()
    }

    pub(super) fn blocked(&self) -> Vec<(u64, BlockedReason)> {
        self.pd.blockages(R).map(|(peer, why)| (peer.id.0, why)).collect()
    }

    /// The last blockage names an event as its cause whose debug text begins like this.
    pub(super) fn assert_blamed(&self, text: &str) {
        let all = self.events.all();
        let is_blockage = |event: &&Event| matches!(event.kind, EventKind::RepairBlocked { .. });
        let last = all.iter().rev().find(is_blockage).expect("something is blocked");
        let causes: Vec<String> =
            last.causes.iter().map(|id| format!("{:?}", all[id.0 as usize].kind)).collect();
        assert!(causes.iter().any(|cause| cause.starts_with(text)), "{text}: {causes:#?}");
    }

    pub(super) fn members(&self, id: RegionId) -> String {
        let mut peers = self.leaders[&id].region.peers.clone();
        peers.sort_by_key(|peer| peer.store);
        let name = |peer: &Peer| match peer.role {
            PeerRole::Voter => peer.store.to_string(),
            PeerRole::Learner => format!("{}L", peer.store),
            PeerRole::IncomingVoter | PeerRole::DemotingVoter => format!("{}J", peer.store),
        };
        peers.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn peer_on(&self, id: RegionId, store: u64) -> Option<PeerId> {
        self.leaders[&id].region.peer_on(StoreId(store)).map(|peer| peer.id)
    }
}

fn change_member(region: &mut Region, change: PeerChange, joint: bool) {
    region.epoch.conf_ver += 1;
    let changed = change.peer();
    let role = match (change, joint) {
        (PeerChange::Remove(_), _) => return region.peers.retain(|peer| peer.id != changed.id),
        (PeerChange::AddVoter(_), false) => PeerRole::Voter,
        (PeerChange::AddVoter(_), true) => PeerRole::IncomingVoter,
        (PeerChange::AddLearner(_), false) => PeerRole::Learner,
        (PeerChange::AddLearner(_), true) => PeerRole::DemotingVoter,
    };
    match region.peers.iter_mut().find(|peer| peer.id == changed.id) {
        Some(peer) => peer.role = role,
        None => region.peers.push(Peer { role, ..changed }),
    }
}
