//! Which of a region's surviving peers is to lead it: the one with the most advanced log.

use std::cmp::Ordering;

use super::survey::Reported;
use crate::pd::stores::StoreTable;
use crate::region::PeerRole;
use crate::release::LeaderChoice;
use crate::store::Engine;

/// The peer that loses the least. `None` only if there is no peer. PD: `selectLeader`.
pub(super) fn select_leader<'a>(
    peers: &[Reported<'a>],
    stores: &StoreTable,
    choice: LeaderChoice,
) -> Option<Reported<'a>> {
    let (first, rest) = peers.split_first()?;
    let better = |leader: Reported<'a>, peer: &Reported<'a>| {
        if is_raft_stale(&leader, peer, stores, choice) { *peer } else { leader }
    };
    Some(rest.iter().fold(*first, better))
}

/// Whether the leader chosen so far must give way to the next peer. PD: `isRaftStale`.
///
/// Not symmetric where logs are equal: a leader that may not lead, or only as a learner, gives
/// way to any other, whatever that one is.
fn is_raft_stale(
    leader: &Reported<'_>,
    next: &Reported<'_>,
    stores: &StoreTable,
    choice: LeaderChoice,
) -> bool {
    match log_position(leader, choice).cmp(&log_position(next, choice)) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal if !is_tikv(leader, stores) => true,
        Ordering::Equal if !is_tikv(next, stores) => false,
        Ordering::Equal => is_learner(leader),
    }
}

/// How far the log goes: by term; by the last or the applied index, whichever is higher; by last
/// index; by commit index.
fn log_position(peer: &Reported<'_>, choice: LeaderChoice) -> (u64, u64, u64, u64) {
    let report = peer.report;
    let reach = match choice {
        LeaderChoice::Log => report.last_index,
        LeaderChoice::AppliedToo => report.last_index.max(report.applied),
    };
    (report.term, reach, report.last_index, report.commit)
}

fn is_tikv(peer: &Reported<'_>, stores: &StoreTable) -> bool {
    stores.get(&peer.store).is_some_and(|store| store.meta.engine == Engine::TiKv)
}

/// Whether the peer is a learner, or will be once the joint state is left.
fn is_learner(peer: &Reported<'_>) -> bool {
    peer.region().peer_on(peer.store).is_some_and(|member| match member.role {
        PeerRole::Learner | PeerRole::DemotingVoter => true,
        PeerRole::Voter | PeerRole::IncomingVoter => false,
    })
}
