//! The steps of an operator, as values: what each asks of a leader, how PD tells that it is done,
//! and what PD calls it. PD: `pkg/schedule/operator/step.go`.

use std::fmt;
use std::sync::Arc;

use super::region_tree::RegionInfo;
use super::stores::StoreTable;
use crate::command::SplitPolicy;
use crate::ids::{MINUTE, Millis, RegionId, SECOND, StoreId};
use crate::message::{PeerChange, ScheduleStep};
use crate::region::{Key, Peer, PeerRole, Region};

/// One change that a region's leader can carry out at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A learner is added, and has the data when the step is done.
    AddLearner(Peer),
    /// A learner becomes a voter.
    PromoteLearner(Peer),
    /// A member leaves.
    RemovePeer(Peer),
    /// Another voter leads.
    TransferLeader {
        /// The store that leads.
        from: StoreId,
        /// The store that shall lead.
        to: StoreId,
    },
    /// Several roles change in one joint configuration, which is entered.
    EnterJoint {
        /// Learners that become voters.
        promote: Vec<Peer>,
        /// Voters that become learners.
        demote: Vec<Peer>,
    },
    /// The joint configuration is left.
    LeaveJoint {
        /// Learners that became voters.
        promote: Vec<Peer>,
        /// Voters that became learners.
        demote: Vec<Peer>,
    },
    /// The region becomes several.
    SplitRegion {
        /// Its range before.
        start: Key,
        /// Its end before.
        end: Key,
        /// How the leader finds where.
        policy: SplitPolicy,
        /// Where, if that is given.
        keys: Vec<Key>,
    },
    /// Two regions become one. The operators of both have this step.
    MergeRegion {
        /// The source, when the operator was made.
        from: Arc<Region>,
        /// The target then.
        to: Arc<Region>,
        /// Whether this is the target's operator: it only waits.
        is_passive: bool,
    },
}

/// PD's words, as `operator show` prints them.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::AddLearner(peer) => {
                write!(f, "add learner peer {} on store {}", peer.id, peer.store)
            }
            Step::PromoteLearner(peer) => {
                write!(f, "promote learner peer {} on store {} to voter", peer.id, peer.store)
            }
            Step::RemovePeer(peer) => write!(f, "remove peer on store {}", peer.store),
            Step::TransferLeader { from, to } => {
                write!(f, "transfer leader from store {from} to store {to}")
            }
            Step::EnterJoint { promote, demote } => {
                f.write_str("use joint consensus")?;
                write_roles(f, promote, demote)
            }
            Step::LeaveJoint { promote, demote } => {
                f.write_str("leave joint state")?;
                write_roles(f, promote, demote)
            }
            Step::MergeRegion { from, to, .. } => {
                write!(f, "merge region {} into region {}", from.id, to.id)
            }
            Step::SplitRegion { policy, .. } => write!(f, "split region with policy {policy}"),
        }
    }
}

fn write_roles(f: &mut fmt::Formatter<'_>, promote: &[Peer], demote: &[Peer]) -> fmt::Result {
    for peer in promote {
        write!(f, ", promote learner peer {} on store {} to voter", peer.id, peer.store)?;
    }
    for peer in demote {
        write!(f, ", demote voter peer {} on store {} to learner", peer.id, peer.store)?;
    }
    Ok(())
}

/// How soon PD reminds a leader of a step it has not carried out.
/// PD: `slowNotifyInterval`, `fastNotifyInterval`.
const PUSH_SLOW_MS: u64 = 5 * SECOND;
const PUSH_FAST_MS: u64 = 2 * SECOND;

impl Step {
    /// Whether the region, as PD knows it, shows the step done.
    pub fn is_finished(&self, info: &RegionInfo) -> bool {
        match self {
            Step::AddLearner(peer) => {
                role_of(info, *peer) == Some(PeerRole::Learner) && !info.is_pending(peer.id)
            }
            Step::PromoteLearner(peer) => role_of(info, *peer) == Some(PeerRole::Voter),
            Step::RemovePeer(peer) => info.region.peer_on(peer.store).is_none(),
            Step::TransferLeader { to, .. } => info.leader.is_some_and(|l| l.store == *to),
            Step::EnterJoint { promote, demote } => {
                all_in(info, promote, VOTES) && all_in(info, demote, VOTES_NO_MORE)
            }
            Step::LeaveJoint { promote, demote } => {
                all_in(info, promote, &[PeerRole::Voter])
                    && all_in(info, demote, &[PeerRole::Learner])
                    && !info.region.in_joint_state()
            }
            Step::MergeRegion { to, is_passive, .. } => {
                *is_passive && (info.region.start != to.start || info.region.end != to.end)
            }
            Step::SplitRegion { start, end, .. } => {
                info.region.start != *start || info.region.end != *end
            }
        }
    }

    /// By how much conf_ver has grown because of this step.
    pub fn conf_ver_changed(&self, info: &RegionInfo) -> u64 {
        let done = |is_done: bool, by: usize| if is_done { by as u64 } else { 0 };
        match self {
            Step::AddLearner(peer) => done(role_of(info, *peer).is_some(), 1),
            Step::PromoteLearner(peer) => done(role_of(info, *peer) == Some(PeerRole::Voter), 1),
            Step::RemovePeer(peer) => done(role_of(info, *peer).is_none(), 1),
            Step::TransferLeader { .. } | Step::SplitRegion { .. } | Step::MergeRegion { .. } => 0,
            Step::EnterJoint { promote, demote } => done(
                all_in(info, promote, VOTES) && gone_or_in(info, demote, VOTES_NO_MORE),
                promote.len() + demote.len(),
            ),
            Step::LeaveJoint { promote, demote } => done(
                all_in(info, promote, &[PeerRole::Voter])
                    && gone_or_in(info, demote, &[PeerRole::Learner]),
                promote.len() + demote.len(),
            ),
        }
    }

    /// Whether the step can still come true. PD: `CheckInProgress`; an operator whose step cannot
    /// is cancelled as stale.
    pub fn can_go_on(&self, info: &RegionInfo, stores: &StoreTable, now: Millis) -> bool {
        let is_reachable =
            |store: &StoreId| stores.get(store).is_some_and(|store| !store.is_down(now));
        match self {
            Step::AddLearner(peer) => {
                let there = info.region.peer_on(peer.store);
                is_reachable(&peer.store)
                    && there.is_none_or(|p| p.id == peer.id && p.role == PeerRole::Learner)
            }
            Step::PromoteLearner(peer) => role_of(info, *peer).is_some(),
            Step::RemovePeer(peer) => info.leader.is_none_or(|l| l.store != peer.store),
            Step::TransferLeader { to, .. } => {
                let there = info.region.peer_on(*to);
                is_reachable(to) && there.is_some_and(|peer| peer.role != PeerRole::Learner)
            }
            Step::EnterJoint { promote, demote } => {
                let sides = joint_sides(info, promote, demote);
                sides.is_some_and(|joint| joint == 0 || joint == promote.len() + demote.len())
                    && joint_members(info) == sides.unwrap_or(0)
            }
            Step::LeaveJoint { promote, demote } => {
                let sides = joint_sides(info, promote, demote);
                let leads = |peer: &Peer| info.is_leader(peer.id);
                joint_members(info) == sides.unwrap_or(usize::MAX) && !demote.iter().any(leads)
            }
            Step::SplitRegion { .. } | Step::MergeRegion { .. } => true,
        }
    }

    /// What to send the leader; `None` where only waiting helps.
    pub fn command(&self, info: &RegionInfo) -> Option<ScheduleStep> {
        match self {
            Step::AddLearner(peer) => info
                .region
                .peer_on(peer.store)
                .is_none()
                .then_some(ScheduleStep::ChangePeer(PeerChange::AddLearner(*peer))),
            Step::PromoteLearner(peer) => {
                Some(ScheduleStep::ChangePeer(PeerChange::AddVoter(*peer)))
            }
            Step::RemovePeer(peer) => info
                .region
                .peer_on(peer.store)
                .map(|there| ScheduleStep::ChangePeer(PeerChange::Remove(there))),
            Step::TransferLeader { to, .. } => {
                info.region.peer_on(*to).map(ScheduleStep::TransferLeader)
            }
            Step::EnterJoint { promote, demote } => {
                let promotions = promote.iter().map(|peer| PeerChange::AddVoter(*peer));
                let demotions = demote.iter().map(|peer| PeerChange::AddLearner(*peer));
                Some(ScheduleStep::ChangePeerV2(promotions.chain(demotions).collect()))
            }
            Step::LeaveJoint { .. } => Some(ScheduleStep::ChangePeerV2(Vec::new())),
            Step::MergeRegion { to, is_passive, .. } => {
                (!is_passive).then(|| ScheduleStep::Merge(to.clone()))
            }
            Step::SplitRegion { keys, .. } => Some(ScheduleStep::Split(keys.clone())),
        }
    }

    /// How many milliseconds the step may take for a region of this size. PD: steps that move data
    /// get 6 s a MiB and at least 10 min, others 0.6 s a MiB and at least 1 min.
    pub fn timeout_ms(&self, size_mib: u64) -> u64 {
        match self {
            Step::MergeRegion { .. } => 10 * MINUTE.max(600 * size_mib),
            Step::AddLearner(_) => (10 * MINUTE).max(6 * SECOND * size_mib),
            Step::PromoteLearner(_)
            | Step::RemovePeer(_)
            | Step::TransferLeader { .. }
            | Step::EnterJoint { .. }
            | Step::LeaveJoint { .. }
            | Step::SplitRegion { .. } => MINUTE.max(600 * size_mib),
        }
    }

    /// The other region, if the step merges this one with it.
    pub(super) fn merges(&self, region: RegionId) -> Option<RegionId> {
        match self {
            Step::MergeRegion { from, to, .. } if from.id == region => Some(to.id),
            Step::MergeRegion { from, .. } => Some(from.id),
            Step::AddLearner(_)
            | Step::PromoteLearner(_)
            | Step::RemovePeer(_)
            | Step::TransferLeader { .. }
            | Step::EnterJoint { .. }
            | Step::LeaveJoint { .. }
            | Step::SplitRegion { .. } => None,
        }
    }

    /// After how many milliseconds PD sends the step again.
    pub fn push_interval_ms(&self) -> u64 {
        match self {
            Step::AddLearner(_)
            | Step::RemovePeer(_)
            | Step::SplitRegion { .. }
            | Step::MergeRegion { .. } => PUSH_SLOW_MS,
            Step::PromoteLearner(_)
            | Step::TransferLeader { .. }
            | Step::EnterJoint { .. }
            | Step::LeaveJoint { .. } => PUSH_FAST_MS,
        }
    }
}

const VOTES: &[PeerRole] = &[PeerRole::Voter, PeerRole::IncomingVoter];
const VOTES_NO_MORE: &[PeerRole] = &[PeerRole::Learner, PeerRole::DemotingVoter];

/// The role of this very peer, if it is a member.
fn role_of(info: &RegionInfo, peer: Peer) -> Option<PeerRole> {
    info.region.peer_on(peer.store).filter(|there| there.id == peer.id).map(|there| there.role)
}

fn all_in(info: &RegionInfo, peers: &[Peer], roles: &[PeerRole]) -> bool {
    peers.iter().all(|peer| role_of(info, *peer).is_some_and(|role| roles.contains(&role)))
}

fn gone_or_in(info: &RegionInfo, peers: &[Peer], roles: &[PeerRole]) -> bool {
    peers.iter().all(|peer| {
        info.region.peer_on(peer.store).is_none()
            || role_of(info, *peer).is_some_and(|role| roles.contains(&role))
    })
}

/// How many of the peers to change are in a joint role of the right kind; `None` if one is missing
/// or in the joint role of the opposite change.
fn joint_sides(info: &RegionInfo, promote: &[Peer], demote: &[Peer]) -> Option<usize> {
    let mut joint = 0;
    for (peers, wanted, opposite) in [
        (promote, PeerRole::IncomingVoter, PeerRole::DemotingVoter),
        (demote, PeerRole::DemotingVoter, PeerRole::IncomingVoter),
    ] {
        for peer in peers {
            let role = role_of(info, *peer).filter(|role| *role != opposite)?;
            joint += usize::from(role == wanted);
        }
    }
    Some(joint)
}

fn joint_members(info: &RegionInfo) -> usize {
    let is_joint =
        |peer: &&Peer| matches!(peer.role, PeerRole::IncomingVoter | PeerRole::DemotingVoter);
    info.region.peers.iter().filter(is_joint).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PeerId;
    use crate::pd::testing::{info, store_table};

    fn peer(id: u64, store: u64, role: PeerRole) -> Peer {
        Peer { id: PeerId(id), store: StoreId(store), role }
    }

    fn with_role(info: &mut RegionInfo, store: u64, role: PeerRole) {
        let region = Arc::make_mut(&mut info.region);
        region
            .peers
            .iter_mut()
            .filter(|peer| peer.store == StoreId(store))
            .for_each(|peer| peer.role = role);
    }

    #[test]
    fn an_added_learner_is_done_only_when_it_has_the_data() {
        let step = Step::AddLearner(peer(15, 5, PeerRole::Learner));
        let mut info = info(&[(11, 1), (15, 5)]);
        with_role(&mut info, 5, PeerRole::Learner);
        info.pending_peers = vec![peer(15, 5, PeerRole::Learner)];
        assert!(!step.is_finished(&info));
        assert_eq!(step.command(&info), None, "it is there and waits for its snapshot");
        info.pending_peers.clear();
        assert!(step.is_finished(&info));
        assert_eq!(step.conf_ver_changed(&info), 1);
    }

    #[test]
    fn a_learner_cannot_be_added_where_another_peer_is_or_the_store_is_down() {
        let stores = store_table(&[1, 5], &[]);
        let step = Step::AddLearner(peer(15, 5, PeerRole::Learner));
        assert!(step.can_go_on(&info(&[(11, 1)]), &stores, Millis(0)));
        assert!(!step.can_go_on(&info(&[(11, 1), (14, 5)]), &stores, Millis(0)));
        assert!(!step.can_go_on(&info(&[(11, 1)]), &stores, Millis(31 * MINUTE)));
    }

    #[test]
    fn a_joint_change_passes_through_both_of_its_steps() {
        let promote = vec![peer(15, 5, PeerRole::Learner)];
        let demote = vec![peer(11, 1, PeerRole::Voter)];
        let enter = Step::EnterJoint { promote: promote.clone(), demote: demote.clone() };
        let leave = Step::LeaveJoint { promote, demote };
        let stores = store_table(&[1, 2, 5], &[]);
        let mut info = info(&[(12, 2), (11, 1), (15, 5)]);
        with_role(&mut info, 5, PeerRole::Learner);
        assert!(enter.can_go_on(&info, &stores, Millis(0)) && !enter.is_finished(&info));
        assert!(!leave.is_finished(&info));

        with_role(&mut info, 5, PeerRole::IncomingVoter);
        with_role(&mut info, 1, PeerRole::DemotingVoter);
        assert!(enter.is_finished(&info) && !leave.is_finished(&info));
        assert!(leave.can_go_on(&info, &stores, Millis(0)));
        assert_eq!((enter.conf_ver_changed(&info), leave.conf_ver_changed(&info)), (2, 0));

        with_role(&mut info, 5, PeerRole::Voter);
        with_role(&mut info, 1, PeerRole::Learner);
        assert!(leave.is_finished(&info));
        assert_eq!(leave.conf_ver_changed(&info), 2);
    }

    #[test]
    fn steps_are_told_in_pds_words() {
        let learner = peer(60001, 503, PeerRole::Learner);
        let voter = peer(11, 1, PeerRole::Voter);
        let text = |step: Step| step.to_string();
        assert_eq!(text(Step::AddLearner(learner)), "add learner peer 60001 on store 503");
        assert_eq!(text(Step::RemovePeer(voter)), "remove peer on store 1");
        assert_eq!(
            text(Step::EnterJoint { promote: vec![learner], demote: vec![voter] }),
            "use joint consensus, promote learner peer 60001 on store 503 to voter, demote voter \
             peer 11 on store 1 to learner"
        );
    }
}
