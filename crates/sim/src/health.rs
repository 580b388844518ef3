//! The health check: what an operator should look at before a table's replicas are changed.
//!
//! It asks PD, every leader and nothing else, and changes nothing. Proposed for tikv#18440, where
//! a replica change met members that were left over from a recovery.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{EventLog, OperatorName, RecoveryStage, Subject};
use crate::ids::{EventId, Millis, RegionId, StoreId, TableId};
use crate::order;
use crate::pd::Pd;
use crate::pd::region_tree::RegionInfo;
use crate::raftstore::{PeerFsm, Store};
use crate::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use crate::store::{DISCONNECTED_AFTER, StoreState, StoreStatus};

/// Something that speaks against changing a table's replicas now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// PD does not answer, so that nothing can be known of the rest.
    PdSilent,
    /// Nobody leads the region.
    NoLeader {
        /// The region.
        region: RegionId,
        /// Stores of voters that do not run; empty where an election is all that is missing.
        stopped: Vec<StoreId>,
        /// Whether those that do run are too few to elect a leader.
        quorum_lost: bool,
    },
    /// PD's cache does not have the region: its leader has not reported yet.
    UnknownToPd(RegionId),
    /// PD and the leader disagree on epoch or members.
    Disagreement {
        /// The region.
        region: RegionId,
        /// What PD has.
        pd: RegionEpoch,
        /// What the leader has.
        leader: RegionEpoch,
    },
    /// A member sits on a store that is not Up.
    StoreNotUp {
        /// The region.
        region: RegionId,
        /// The member.
        peer: Peer,
        /// What PD calls the store; `None` where it has no record of it.
        status: Option<StoreStatus>,
    },
    /// The leader has not heard from a member for ten minutes.
    PeerDown {
        /// The region.
        region: RegionId,
        /// The member.
        peer: Peer,
        /// For how many seconds, as the leader last reported.
        seconds: u64,
    },
    /// A member is so far behind that only a snapshot can help it.
    PeerPending {
        /// The region.
        region: RegionId,
        /// The member.
        peer: Peer,
    },
    /// A store that PD counts on has not been heard from.
    HeartbeatStale {
        /// The store.
        store: StoreId,
        /// Milliseconds since its last heartbeat; `None` if there never was one.
        silent_ms: Option<u64>,
    },
    /// Unsafe recovery is under way.
    RecoveryRuns(RecoveryStage),
    /// PD is at work on a region, of this table or another.
    OperatorUnderWay {
        /// The region.
        region: RegionId,
        /// PD's description.
        name: OperatorName,
    },
}

/// What mends a ailment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing but time: an election, a heartbeat, an operator, a snapshot.
    Wait,
    /// The processes of these stores are to be started, or the network to them mended.
    StartStores(Vec<StoreId>),
    /// The quorum is lost: the stores are to be started, or else given up by
    /// `unsafe remove-failed-stores`.
    RecoverFrom(Vec<StoreId>),
    /// The store is being drained: until it is, or until `store cancel-delete`.
    FinishDraining(StoreId),
    /// The member will not come back: `operator add remove-peer`.
    RemovePeer(RegionId, StoreId),
}

impl Ailment {
    /// The way to mend it.
    pub fn remedy(&self) -> Remedy {
        match self {
            Ailment::NoLeader { stopped, quorum_lost: true, .. } => {
                Remedy::RecoverFrom(stopped.clone())
            }
            Ailment::PdSilent
            | Ailment::NoLeader { quorum_lost: false, .. }
            | Ailment::UnknownToPd(_)
            | Ailment::Disagreement { .. }
            | Ailment::PeerPending { .. }
            | Ailment::RecoveryRuns(_)
            | Ailment::OperatorUnderWay { .. } => Remedy::Wait,
            Ailment::StoreNotUp { region, peer, status } => match status {
                None | Some(StoreStatus::Tombstone) => Remedy::RemovePeer(*region, peer.store),
                Some(StoreStatus::Offline) => Remedy::FinishDraining(peer.store),
                Some(StoreStatus::Disconnected | StoreStatus::Down | StoreStatus::Up) => {
                    Remedy::StartStores(vec![peer.store])
                }
            },
            Ailment::PeerDown { region, peer, .. } => Remedy::RemovePeer(*region, peer.store),
            Ailment::HeartbeatStale { store, .. } => Remedy::StartStores(vec![*store]),
        }
    }

    /// The region it is about.
    pub fn region(&self) -> Option<RegionId> {
        match self {
            Ailment::NoLeader { region, .. }
            | Ailment::UnknownToPd(region)
            | Ailment::Disagreement { region, .. }
            | Ailment::StoreNotUp { region, .. }
            | Ailment::PeerDown { region, .. }
            | Ailment::PeerPending { region, .. }
            | Ailment::OperatorUnderWay { region, .. } => Some(*region),
            Ailment::PdSilent | Ailment::HeartbeatStale { .. } | Ailment::RecoveryRuns(_) => None,
        }
    }

    /// The store it is about.
    pub fn store(&self) -> Option<StoreId> {
        match self {
            Ailment::StoreNotUp { peer, .. }
            | Ailment::PeerDown { peer, .. }
            | Ailment::PeerPending { peer, .. } => Some(peer.store),
            Ailment::HeartbeatStale { store, .. } => Some(*store),
            Ailment::PdSilent
            | Ailment::NoLeader { .. }
            | Ailment::UnknownToPd(_)
            | Ailment::Disagreement { .. }
            | Ailment::RecoveryRuns(_)
            | Ailment::OperatorUnderWay { .. } => None,
        }
    }

    /// The latest event that tells why it is so.
    pub(crate) fn cause(&self, events: &EventLog) -> Option<EventId> {
        match self {
            Ailment::PdSilent => events.latest(Subject::PdLeader),
            Ailment::NoLeader { region, .. } => events.latest(Subject::Leader(*region)),
            Ailment::UnknownToPd(_) | Ailment::RecoveryRuns(_) => events.latest(Subject::Recovery),
            Ailment::Disagreement { region, .. } => events.latest(Subject::Members(*region)),
            Ailment::StoreNotUp { peer, .. } => events
                .latest(Subject::Record(peer.store))
                .or(events.latest(Subject::Process(peer.store))),
            Ailment::PeerDown { region, peer, .. } | Ailment::PeerPending { region, peer } => {
                events
                    .latest(Subject::Peer(*region, peer.id))
                    .or(events.latest(Subject::Members(*region)))
            }
            Ailment::HeartbeatStale { store, .. } => events.latest(Subject::Process(*store)),
            Ailment::OperatorUnderWay { region, .. } => events.latest(Subject::Repair(*region)),
        }
    }
}

/// Everything that speaks against changing this table's replicas now: first what concerns the
/// whole cluster, then region by region in the order of their keys. Empty if it is healthy.
pub(crate) fn check(
    pd: &Pd,
    stores: &BTreeMap<StoreId, Store>,
    now: Millis,
    table: TableId,
) -> Vec<Ailment> {
    if !pd.is_serving() {
        return vec![Ailment::PdSilent];
    }
    let mut ailments = Vec::new();
    let stage = pd.recovery().stage();
    if stage.is_running() {
        ailments.push(Ailment::RecoveryRuns(stage));
    }
    for record in pd.stores().values() {
        let is_silent = record.last_heartbeat.is_none_or(|at| DISCONNECTED_AFTER < now.since(at));
        if record.state != StoreState::Tombstone && is_silent {
            let silent_ms = record.last_heartbeat.map(|at| now.since(at));
            ailments.push(Ailment::HeartbeatStale { store: record.meta.id, silent_ms });
        }
    }
    let under_way = pd.operators();
    ailments.extend(under_way.map(|operator| Ailment::OperatorUnderWay {
        region: operator.region,
        name: operator.name,
    }));
    for region in regions_of(pd, stores, table) {
        check_region(pd, stores, now, region, &mut ailments);
    }
    ailments
}

/// The regions that PD or a running store has in the range of the table's rows, by that range.
fn regions_of(pd: &Pd, stores: &BTreeMap<StoreId, Store>, table: TableId) -> Vec<RegionId> {
    let (start, end) = (Key::record_prefix(table), Key::table_prefix(TableId(table.0 + 1)));
    let holds =
        |region: &Region| region.start < end && (region.end.is_empty() || start < region.end);
    let known = pd.regions_in(&start, &end).map(|info| (info.region.start.clone(), info.id()));
    let peers = stores.values().flat_map(Store::peers).filter(|peer| peer.is_initialized());
    let held = peers
        .filter(|peer| holds(peer.region()))
        .map(|peer| (peer.region().start.clone(), peer.region_id()));
    let by_range: BTreeSet<(Key, RegionId)> = order::set(known.chain(held));
    let mut seen = BTreeSet::new();
    by_range.into_iter().map(|(_, id)| id).filter(|id| seen.insert(*id)).collect()
}

fn check_region(
    pd: &Pd,
    stores: &BTreeMap<StoreId, Store>,
    now: Millis,
    region: RegionId,
    ailments: &mut Vec<Ailment>,
) {
    let peers = || stores.values().filter_map(|store| store.peer(region));
    let leader = peers().filter(|peer| peer.is_leader()).max_by_key(|peer| peer.term());
    let newest = peers().map(PeerFsm::region).max_by_key(|region| region.epoch);
    let cached = pd.region(region).map(|info| &info.region);
    let Some(members) = leader.map(PeerFsm::region).or(newest).or(cached) else { return };
    if leader.is_none() {
        ailments.push(no_leader(stores, members));
    }
    // What PD loaded from its own storage, and no leader has reported since, is no knowledge.
    let info = pd.region(region).filter(|info| info.leader.is_some());
    match (info, leader) {
        (None, _) => ailments.push(Ailment::UnknownToPd(region)),
        (Some(info), Some(leader)) if !agree(info, leader) => {
            ailments.push(Ailment::Disagreement {
                region,
                pd: info.epoch(),
                leader: leader.region().epoch,
            })
        }
        (Some(_), _) => {}
    }
    ailments.extend(
        members.peers.iter().filter_map(|peer| member_ailment(pd, now, info, region, *peer)),
    );
}

fn agree(info: &RegionInfo, leader: &PeerFsm) -> bool {
    info.epoch() == leader.region().epoch && info.region.peers == leader.region().peers
}

/// What is wrong with a member: the first of a store that is not Up, down, pending, since what
/// mends that mends the others.
fn member_ailment(
    pd: &Pd,
    now: Millis,
    info: Option<&RegionInfo>,
    region: RegionId,
    peer: Peer,
) -> Option<Ailment> {
    let status = pd.stores().get(&peer.store).map(|record| record.status(now));
    if status != Some(StoreStatus::Up) {
        return Some(Ailment::StoreNotUp { region, peer, status });
    }
    let info = info?;
    if let Some((_, seconds)) = info.down_peers.iter().find(|(down, _)| down.id == peer.id) {
        return Some(Ailment::PeerDown { region, peer, seconds: *seconds });
    }
    info.is_pending(peer.id).then_some(Ailment::PeerPending { region, peer })
}

fn no_leader(stores: &BTreeMap<StoreId, Store>, region: &Region) -> Ailment {
    let runs = |peer: &Peer| {
        let store = stores.get(&peer.store).filter(|store| store.is_running());
        store.is_some_and(|store| store.peer(region.id).is_some_and(|here| here.id() == peer.id))
    };
    let has_quorum = |counts: fn(PeerRole) -> bool| {
        let half: Vec<&Peer> = region.peers.iter().filter(|peer| counts(peer.role)).collect();
        half.len() < 2 * half.iter().filter(|peer| runs(peer)).count()
    };
    let incoming = |role| matches!(role, PeerRole::Voter | PeerRole::IncomingVoter);
    let outgoing = |role| matches!(role, PeerRole::Voter | PeerRole::DemotingVoter);
    let voters = region.peers.iter().filter(|peer| peer.role != PeerRole::Learner);
    Ailment::NoLeader {
        region: region.id,
        stopped: voters.filter(|peer| !runs(peer)).map(|peer| peer.store).collect(),
        quorum_lost: !has_quorum(incoming) || !has_quorum(outgoing),
    }
}
