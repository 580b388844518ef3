//! From the members a region has to those it should have: which steps, in which order.
//! PD: `pkg/schedule/operator/builder.go`, with joint consensus enabled.

use super::region_tree::RegionInfo;
use super::steps::Step;
use super::stores::StoreTable;
use crate::ids::{Millis, StoreId};
use crate::region::{Peer, PeerRole};
use crate::store::StoreState;

/// The membership changes between two lists of peers.
#[derive(Debug, Default)]
struct Difference {
    add: Vec<Peer>,
    remove: Vec<Peer>,
    promote: Vec<Peer>,
    demote: Vec<Peer>,
}

impl Difference {
    fn between(members: &[Peer], target: &[Peer]) -> Difference {
        let find =
            |peers: &[Peer], peer: &Peer| peers.iter().copied().find(|other| other.id == peer.id);
        let mut difference = Difference::default();
        for peer in target {
            match find(members, peer) {
                None => difference.add.push(*peer),
                Some(now) if now.role == peer.role => {}
                Some(now) if peer.role == PeerRole::Voter => difference.promote.push(now),
                Some(now) => difference.demote.push(now),
            }
        }
        let leaves = |peer: &&Peer| find(target, peer).is_none();
        difference.remove = members.iter().filter(leaves).copied().collect();
        difference
    }

    /// One change is simple, unless it demotes, or leaves a single voter behind (pd#4411).
    fn is_simple(&self, members: usize, target: usize) -> bool {
        let changes = self.add.len() + self.remove.len() + self.promote.len();
        changes <= 1 && self.demote.is_empty() && !(members == 2 && target == 1)
    }
}

/// The steps by which the region gets the members `target`, or `None` if nobody could lead it
/// then, or it is in a joint state now.
pub(super) fn steps_toward(
    info: &RegionInfo,
    target: &[Peer],
    stores: &StoreTable,
    now: Millis,
) -> Option<Vec<Step>> {
    if info.region.in_joint_state() {
        return None;
    }
    let members = &info.region.peers;
    let difference = Difference::between(members, target);
    let leader = info.leader?;
    let next_leader = choose_leader(leader, members, target, stores, now)?;
    if difference.is_simple(members.len(), target.len()) {
        return Some(simple(&difference, leader.store, next_leader.store));
    }
    Some(joint(&difference, leader, next_leader, members))
}

/// The voter that leads afterwards: the one that leads now if it stays one, else a voter that is
/// one already, else a new one; on a connected store where there is one; the lowest store id.
fn choose_leader(
    leader: Peer,
    members: &[Peer],
    target: &[Peer],
    stores: &StoreTable,
    now: Millis,
) -> Option<Peer> {
    let votes_now =
        |peer: &Peer| members.iter().any(|m| m.id == peer.id && m.role == PeerRole::Voter);
    target.iter().copied().filter(|peer| peer.role == PeerRole::Voter).min_by_key(|peer| {
        let stays = peer.id == leader.id;
        (!stays, !is_connected(peer.store, stores, now), !votes_now(peer), peer.store)
    })
}

/// Whether PD hears from the store, and it is not on its way out.
fn is_connected(store: StoreId, stores: &StoreTable, now: Millis) -> bool {
    let record = stores.get(&store);
    record.is_some_and(|s| s.state == StoreState::Up && !s.is_disconnected(now))
}

/// At most one change of membership, and before it a transfer of leadership if it is the leader
/// that goes.
fn simple(difference: &Difference, from: StoreId, to: StoreId) -> Vec<Step> {
    let mut steps = Vec::new();
    if from != to {
        steps.push(Step::TransferLeader { from, to });
    }
    for peer in &difference.add {
        let learner = Peer { role: PeerRole::Learner, ..*peer };
        steps.push(Step::AddLearner(learner));
        if peer.role == PeerRole::Voter {
            steps.push(Step::PromoteLearner(learner));
        }
    }
    steps.extend(difference.promote.iter().map(|peer| Step::PromoteLearner(*peer)));
    steps.extend(difference.remove.iter().map(|peer| Step::RemovePeer(*peer)));
    steps
}

/// New members come as learners, all roles change in one joint configuration, old members leave
/// as learners. PD: `buildStepsWithJointConsensus`.
fn joint(difference: &Difference, leader: Peer, next: Peer, members: &[Peer]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut promote = difference.promote.clone();
    let mut demote = difference.demote.clone();
    for peer in &difference.add {
        let learner = Peer { role: PeerRole::Learner, ..*peer };
        steps.push(Step::AddLearner(learner));
        if peer.role == PeerRole::Voter {
            promote.push(learner);
        }
    }
    demote.extend(difference.remove.iter().filter(|peer| peer.role == PeerRole::Voter));
    let transfer = Step::TransferLeader { from: leader.store, to: next.store };
    let moves = leader.id != next.id;
    let next_votes_now = members.iter().any(|m| m.id == next.id && m.role == PeerRole::Voter);
    if moves && next_votes_now {
        steps.push(transfer.clone());
    }
    if !promote.is_empty() || !demote.is_empty() {
        steps.push(Step::EnterJoint { promote: promote.clone(), demote: demote.clone() });
        // The leader goes and its successor is new: only in the joint state can both vote.
        if moves && !next_votes_now {
            steps.push(transfer);
        }
        steps.push(Step::LeaveJoint { promote, demote });
    }
    steps.extend(
        difference
            .remove
            .iter()
            .map(|peer| Step::RemovePeer(Peer { role: PeerRole::Learner, ..*peer })),
    );
    steps
}

/// The steps out of a joint configuration that nobody left: the leader first becomes one that
/// stays a voter, on a connected store where there is one.
/// PD: `create_operator.go:CreateLeaveJointStateOperator`, `builder.go:allowLeader`.
pub(super) fn steps_out_of_joint(
    info: &RegionInfo,
    stores: &StoreTable,
    now: Millis,
) -> Option<Vec<Step>> {
    let with_role = |role: PeerRole| -> Vec<Peer> {
        info.region.peers.iter().filter(|peer| peer.role == role).copied().collect()
    };
    let leader = info.leader.and_then(|leader| info.region.peer(leader.id))?;
    let promote = with_role(PeerRole::IncomingVoter);
    let demote = with_role(PeerRole::DemotingVoter);
    let mut steps = Vec::new();
    if leader.role == PeerRole::DemotingVoter {
        let stays = with_role(PeerRole::Voter).into_iter().chain(promote.iter().copied());
        let stays = stays.map(|peer| peer.store);
        let to = stays.min_by_key(|store| (!is_connected(*store, stores, now), *store))?;
        steps.push(Step::TransferLeader { from: leader.store, to });
    }
    steps.push(Step::LeaveJoint { promote, demote });
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PeerId;
    use crate::pd::testing::{info, store_table};

    fn voter(id: u64, store: u64) -> Peer {
        Peer { id: PeerId(id), store: StoreId(store), role: PeerRole::Voter }
    }

    fn learner(id: u64, store: u64) -> Peer {
        Peer { role: PeerRole::Learner, ..voter(id, store) }
    }

    fn steps(members: &[(u64, u64)], target: &[Peer]) -> Option<Vec<String>> {
        let stores = store_table(&[1, 2, 3, 4, 5], &[502, 503]);
        steps_toward(&info(members), target, &stores, Millis(0))
            .map(|steps| steps.iter().map(Step::to_string).collect())
    }

    #[test]
    fn a_voter_is_replaced_through_a_joint_configuration() {
        let target = [voter(11, 1), voter(12, 2), voter(15, 5)];
        assert_eq!(
            steps(&[(11, 1), (12, 2), (13, 3)], &target).expect("possible"),
            [
                "add learner peer 15 on store 5",
                "use joint consensus, promote learner peer 15 on store 5 to voter, demote voter \
                 peer 13 on store 3 to learner",
                "leave joint state, promote learner peer 15 on store 5 to voter, demote voter \
                 peer 13 on store 3 to learner",
                "remove peer on store 3",
            ]
        );
    }

    #[test]
    fn leadership_leaves_a_joint_state_for_a_store_that_pd_hears() {
        let mut stores = store_table(&[1, 2, 3], &[]);
        let mut info = info(&[(11, 1), (12, 2), (13, 3)]);
        info.leader = Some(voter(13, 3));
        std::sync::Arc::make_mut(&mut info.region).peers[2].role = PeerRole::DemotingVoter;
        let to = |stores: &StoreTable| {
            let steps = steps_out_of_joint(&info, stores, Millis(0)).expect("somebody stays");
            steps[0].to_string()
        };
        assert_eq!(to(&stores), "transfer leader from store 3 to store 1");
        stores.get_mut(&StoreId(1)).expect("it is there").state = StoreState::Tombstone;
        assert_eq!(to(&stores), "transfer leader from store 3 to store 2");
    }

    #[test]
    fn a_learner_is_replaced_without_one() {
        let stores = store_table(&[1], &[502, 503]);
        let mut info = info(&[(11, 1), (12, 502)]);
        std::sync::Arc::make_mut(&mut info.region).peers[1].role = PeerRole::Learner;
        let target = [voter(11, 1), learner(13, 503)];
        assert_eq!(
            steps_toward(&info, &target, &stores, Millis(0)).expect("possible"),
            [Step::AddLearner(learner(13, 503)), Step::RemovePeer(learner(12, 502))]
        );
    }

    #[test]
    fn a_new_voter_comes_as_a_learner_and_is_promoted() {
        let target = [voter(11, 1), voter(12, 2), voter(13, 3)];
        assert_eq!(
            steps(&[(11, 1), (12, 2)], &target).expect("possible"),
            ["add learner peer 13 on store 3", "promote learner peer 13 on store 3 to voter"]
        );
    }

    #[test]
    fn leadership_moves_before_the_leader_is_removed() {
        let target = [voter(12, 2), voter(13, 3)];
        assert_eq!(
            steps(&[(11, 1), (12, 2), (13, 3)], &target).expect("possible"),
            ["transfer leader from store 1 to store 2", "remove peer on store 1"]
        );
    }

    #[test]
    fn the_only_voter_is_replaced_by_a_transfer_in_the_joint_state() {
        assert_eq!(
            steps(&[(11, 1)], &[voter(12, 2)]).expect("possible"),
            [
                "add learner peer 12 on store 2",
                "use joint consensus, promote learner peer 12 on store 2 to voter, demote voter \
                 peer 11 on store 1 to learner",
                "transfer leader from store 1 to store 2",
                "leave joint state, promote learner peer 12 on store 2 to voter, demote voter \
                 peer 11 on store 1 to learner",
                "remove peer on store 1",
            ]
        );
        assert_eq!(steps(&[(11, 1)], &[]), None, "nobody could lead");
    }
}
