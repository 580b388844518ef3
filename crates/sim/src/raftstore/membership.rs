//! How a change of membership turns one [`Region`] into the next, and what a leader checks before
//! it proposes one. TiKV: `fsm/apply.rs:exec_change_peer{,_v2}`, `store/util.rs`.

use crate::ids::StoreId;
use crate::message::PeerChange;
use crate::region::{Peer, PeerRole, Region};

/// The region after `changes` are applied: none leaves a joint configuration, one is simple,
/// several enter a joint configuration.
///
/// The conf_ver grows by the number of changes; on leaving, by the number of peers whose joint
/// role ends.
pub(crate) fn changed(region: &Region, changes: &[PeerChange]) -> Region {
    let mut next = region.clone();
    match changes {
        [] => leave_joint(&mut next),
        [change] => change_one(&mut next, *change, PeerRole::Voter, PeerRole::Learner),
        several => {
            for change in several {
                change_one(&mut next, *change, PeerRole::IncomingVoter, PeerRole::DemotingVoter);
            }
        }
    }
    next
}

fn leave_joint(region: &mut Region) {
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

/// Applies one change. `promoted` is what a peer that becomes a voter is at first, `demoted` what
/// a voter that becomes a learner is at first.
fn change_one(region: &mut Region, change: PeerChange, promoted: PeerRole, demoted: PeerRole) {
    region.epoch.conf_ver += 1;
    let peer = change.peer();
    let present = region.peers.iter().position(|member| member.id == peer.id);
    match (change, present) {
        (PeerChange::AddVoter(_), None) => region.peers.push(Peer { role: promoted, ..peer }),
        (PeerChange::AddLearner(_), None) => {
            region.peers.push(Peer { role: PeerRole::Learner, ..peer });
        }
        (PeerChange::AddVoter(_), Some(at)) => match region.peers[at].role {
            PeerRole::Learner => region.peers[at].role = promoted,
            PeerRole::Voter | PeerRole::IncomingVoter | PeerRole::DemotingVoter => {}
        },
        (PeerChange::AddLearner(_), Some(at)) => match region.peers[at].role {
            PeerRole::Voter => region.peers[at].role = demoted,
            PeerRole::Learner | PeerRole::IncomingVoter | PeerRole::DemotingVoter => {}
        },
        (PeerChange::Remove(_), Some(at)) => {
            region.peers.remove(at);
        }
        (PeerChange::Remove(_), None) => {}
    }
}

/// Whether the voters outside `failed` form a quorum, in both halves of a joint configuration.
pub(crate) fn has_quorum_without(region: &Region, failed: &[StoreId]) -> bool {
    let majority_lives = |counts: fn(PeerRole) -> bool| {
        let voters = region.peers.iter().filter(|peer| counts(peer.role));
        let (alive, all) = voters.fold((0, 0), |(alive, all), peer| {
            (alive + u64::from(!failed.contains(&peer.store)), all + 1)
        });
        all / 2 < alive
    };
    majority_lives(|role| matches!(role, PeerRole::Voter | PeerRole::IncomingVoter))
        && (!region.in_joint_state()
            || majority_lives(|role| matches!(role, PeerRole::Voter | PeerRole::DemotingVoter)))
}

/// Whether TiKV would propose these changes at all: several that touch learners only, that name a
/// peer twice, or that remove a voter without demoting it first, are refused.
/// TiKV: `util.rs:check_conf_change`.
pub(crate) fn is_proposable(region: &Region, changes: &[PeerChange]) -> bool {
    let role_of = |peer: Peer| region.peer(peer.id).map(|member| member.role);
    match changes {
        [] => region.in_joint_state(),
        [_] => !region.in_joint_state(),
        several => {
            let touches_a_voter = several.iter().any(|change| match change {
                PeerChange::AddVoter(_) => true,
                PeerChange::AddLearner(peer) => role_of(*peer) == Some(PeerRole::Voter),
                PeerChange::Remove(_) => false,
            });
            let removes_a_voter = several.iter().any(|change| match change {
                PeerChange::Remove(peer) => role_of(*peer) != Some(PeerRole::Learner),
                PeerChange::AddVoter(_) | PeerChange::AddLearner(_) => false,
            });
            let is_twice = |(at, change): (usize, &PeerChange)| {
                several[..at].iter().any(|other| other.peer().id == change.peer().id)
            };
            !region.in_joint_state()
                && touches_a_voter
                && !removes_a_voter
                && !several.iter().enumerate().any(is_twice)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PeerId, RegionId};
    use crate::region::{Key, RegionEpoch};

    fn peer(id: u64, role: PeerRole) -> Peer {
        Peer { id: PeerId(id), store: StoreId(id), role }
    }

    fn region(peers: Vec<Peer>) -> Region {
        Region {
            id: RegionId(1),
            start: Key::default(),
            end: Key::default(),
            epoch: RegionEpoch { version: 1, conf_ver: 10 },
            peers,
        }
    }

    #[test]
    fn demoting_two_and_removing_a_learner_costs_three_on_entry_and_two_on_leaving() {
        let before = region(vec![
            peer(1, PeerRole::Voter),
            peer(2, PeerRole::Voter),
            peer(3, PeerRole::Voter),
            peer(4, PeerRole::Learner),
        ]);
        let changes = [
            PeerChange::AddLearner(peer(1, PeerRole::Learner)),
            PeerChange::AddLearner(peer(2, PeerRole::Learner)),
            PeerChange::Remove(peer(4, PeerRole::Learner)),
        ];
        assert!(is_proposable(&before, &changes));
        let joint = changed(&before, &changes);
        assert_eq!(joint.epoch.conf_ver, 13);
        assert!(joint.in_joint_state());
        let after = changed(&joint, &[]);
        assert_eq!(after.epoch.conf_ver, 15);
        assert_eq!(after.peers.iter().filter(|p| p.role == PeerRole::Voter).count(), 1);
        assert_eq!(after.peers.len(), 3);
    }

    #[test]
    fn half_of_the_voters_are_no_quorum() {
        let region = region((1..=6).map(|id| peer(id, PeerRole::Voter)).collect());
        let failed: Vec<StoreId> = [1, 2, 3].map(StoreId).into();
        assert!(!has_quorum_without(&region, &failed));
        assert!(has_quorum_without(&region, &failed[..2]));
    }
}
