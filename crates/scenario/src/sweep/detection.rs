//! What a recovery with `--auto-detect` gets wrong. It tells a store which others have failed by
//! the members that it would take out of the regions there: of some regions that is nobody, of
//! others it is somebody who lives. PD: `unsafe_recovery_controller.go:generateForceLeaderPlan`.

use sim::region::{Peer, PeerRole, Region};
use sim::{Cluster, GhostReason, RegionId};

use super::finding::Finding;

/// Why the last recovery could not have opened any of the regions that nobody leads.
pub(super) fn misled_recovery(cluster: &Cluster) -> Option<Finding> {
    unled_regions(cluster).find_map(|region| misled(cluster, region))
}

/// Why the last recovery could not have opened this region; `None` if the failed stores were named.
pub(super) fn misled(cluster: &Cluster, region: RegionId) -> Option<Finding> {
    let was_named = cluster.pd().recovery().failed_stores().next().is_some();
    let region = cluster.newest_region(region).filter(|_| !was_named)?;
    if has_only_to_leave_joint(cluster, region) {
        return Some(Finding::JointUndetected);
    }
    is_heard_by_orphans(cluster, region).then_some(Finding::OrphanCountsAsFailed)
}

fn unled_regions(cluster: &Cluster) -> impl Iterator<Item = RegionId> {
    cluster.region_ids().filter(|id| cluster.leader_of(*id).is_none())
}

/// Whether the region would have a quorum, were it not for those that its joint state demotes: PD
/// takes out nobody then, and names nobody. PD: `getFailedPeers`.
fn has_only_to_leave_joint(cluster: &Cluster, region: &Region) -> bool {
    let has_quorum = |counts: fn(PeerRole) -> bool| {
        let voters = || region.peers.iter().filter(|peer| counts(peer.role));
        let here = voters().filter(|peer| is_on_live_store(cluster, region, **peer)).count();
        voters().count() < 2 * here
    };
    region.in_joint_state()
        && has_quorum(|role| matches!(role, PeerRole::Voter | PeerRole::IncomingVoter))
        && !has_quorum(|role| matches!(role, PeerRole::Voter | PeerRole::DemotingVoter))
}

/// Whether one of several voters is on a live store that has no peer of another region that nobody
/// leads, although it is a member. PD: `getFailedPeers`, orphaned peers.
fn is_heard_by_orphans(cluster: &Cluster, region: &Region) -> bool {
    let is_voter = |peer: &&Peer| peer.role != PeerRole::Learner;
    let is_here = |peer: &&Peer| cluster.ghost_reason(region.id, **peer).is_none();
    let here = || region.peers.iter().filter(is_voter).filter(is_here);
    let others = unled_regions(cluster).filter(|id| *id != region.id);
    let members = others.filter_map(|id| cluster.newest_region(id));
    let mut orphans = members.flat_map(|other| {
        let reason = |peer: &&Peer| cluster.ghost_reason(other.id, **peer);
        other.peers.iter().filter(move |peer| reason(peer) == Some(GhostReason::NoPeerOnStore))
    });
    1 < here().count() && orphans.any(|orphan| here().any(|voter| voter.store == orphan.store))
}

/// Whether PD hears from the store, be the peer there or not.
fn is_on_live_store(cluster: &Cluster, region: &Region, peer: Peer) -> bool {
    cluster.ghost_reason(region.id, peer).is_none_or(|reason| reason == GhostReason::NoPeerOnStore)
}
