//! Which stores are given up, and what that leaves of a region's voters.

use std::collections::BTreeSet;

use crate::ids::StoreId;
use crate::region::{Peer, PeerRole, Region};

/// The stores a recovery gives up and those it relies on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    /// The stores named in the command; empty when they are detected.
    pub(super) named: BTreeSet<StoreId>,
    /// Every store that must report, in each stage, TiFlash included.
    pub(super) alive: BTreeSet<StoreId>,
    /// How a store is found to be lost.
    pub(super) detection: Detection,
}

/// How a store is found to be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Detection {
    /// The command names it.
    #[default]
    Named,
    /// It is not among the alive ones (`--auto-detect`).
    Auto,
}

/// Which half of a joint configuration has to keep its quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quorum {
    /// Both, as Raft demands.
    Joint,
    /// The incoming one: what will hold once the joint state is left.
    Incoming,
}

impl Lost {
    /// Whether nothing can be expected of the peer any more. PD: `isFailed`.
    pub(super) fn has_failed(&self, peer: &Peer) -> bool {
        match self.detection {
            Detection::Named => self.named.contains(&peer.store),
            Detection::Auto => {
                self.named.contains(&peer.store) || !self.alive.contains(&peer.store)
            }
        }
    }

    /// Whether the region's voters can elect a leader by themselves. Learners do not count; a
    /// region without members cannot. PD: `canElectLeader`.
    pub(super) fn can_elect_leader(&self, region: &Region, quorum: Quorum) -> bool {
        let (mut incoming, mut outgoing) = (Tally::default(), Tally::default());
        for peer in &region.peers {
            let failed = self.has_failed(peer);
            match peer.role {
                PeerRole::Voter => {
                    incoming.count(failed);
                    outgoing.count(failed);
                }
                PeerRole::IncomingVoter => incoming.count(failed),
                PeerRole::DemotingVoter => outgoing.count(failed),
                PeerRole::Learner => {}
            }
        }
        match quorum {
            Quorum::Joint => incoming.has_quorum() && outgoing.has_quorum(),
            Quorum::Incoming => incoming.has_quorum(),
        }
    }
}

/// Voters counted by whether they are still there.
#[derive(Default)]
struct Tally {
    failed: usize,
    live: usize,
}

impl Tally {
    fn count(&mut self, failed: bool) {
        if failed {
            self.failed += 1;
        } else {
            self.live += 1;
        }
    }

    fn has_quorum(&self) -> bool {
        self.failed < self.live
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PeerId, RegionId};
    use crate::region::{Key, RegionEpoch};

    fn region(roles: &[PeerRole]) -> Region {
        let peers = (1..).zip(roles);
        Region {
            id: RegionId(1),
            start: Key::default(),
            end: Key::default(),
            epoch: RegionEpoch::default(),
            peers: peers
                .map(|(id, role)| Peer { id: PeerId(id), store: StoreId(id), role: *role })
                .collect(),
        }
    }

    fn lost(named: &[u64]) -> Lost {
        let named = named.iter().copied().map(StoreId).collect();
        Lost { named, alive: BTreeSet::from([StoreId(1)]), detection: Detection::Named }
    }

    #[test]
    fn half_of_the_voters_is_no_quorum_and_learners_do_not_help() {
        let four =
            region(&[PeerRole::Voter, PeerRole::Voter, PeerRole::Learner, PeerRole::Learner]);
        assert!(!lost(&[1]).can_elect_leader(&four, Quorum::Joint));
        assert!(lost(&[3, 4]).can_elect_leader(&four, Quorum::Joint));
        assert!(!lost(&[]).can_elect_leader(&region(&[]), Quorum::Joint));
    }

    #[test]
    fn a_joint_state_needs_both_halves_and_its_exit_only_the_incoming_one() {
        let joint = region(&[PeerRole::Voter, PeerRole::DemotingVoter, PeerRole::DemotingVoter]);
        assert!(!lost(&[2, 3]).can_elect_leader(&joint, Quorum::Joint));
        assert!(lost(&[2, 3]).can_elect_leader(&joint, Quorum::Incoming));
    }

    #[test]
    fn detection_takes_every_store_that_is_not_alive_for_lost() {
        let three = region(&[PeerRole::Voter, PeerRole::Voter, PeerRole::Voter]);
        let detecting = Lost { detection: Detection::Auto, ..lost(&[]) };
        assert!(!detecting.can_elect_leader(&three, Quorum::Joint));
        assert!(lost(&[]).can_elect_leader(&three, Quorum::Joint));
    }
}
