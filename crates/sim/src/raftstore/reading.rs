//! What others may read of a peer.

use std::sync::Arc;

use raft::StateRole;
use raft::eraftpb::ConfState;

use super::peer::PeerFsm;
use super::proposal::Proposal;
use super::storage::conf_state;
use crate::ids::{PeerId, RegionId, StoreId, TableId};
use crate::order;
use crate::region::Region;

/// What a peer is to raft-rs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RaftRole {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks whether it could win an election, without raising its term.
    PreCandidate,
    /// Stands for election.
    Candidate,
    /// Leads.
    Leader,
}

/// What a leader knows of one member's log. raft-rs: `tracker::Progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerProgress {
    /// The member.
    pub peer: PeerId,
    /// The last entry it is known to have.
    pub matched: u64,
    /// The next entry to send.
    pub next: u64,
    /// How entries are sent.
    pub state: ProgressState,
    /// Whether it was heard of in the current election timeout.
    pub recent_active: bool,
    /// Whether nothing is sent until an answer comes: a probe or snapshot is under way, or the
    /// window is full.
    pub paused: bool,
}

/// How a leader sends entries to a member. raft-rs: `tracker::ProgressState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProgressState {
    /// One message at a time, until an answer tells where its log ends.
    Probe,
    /// As a stream.
    Replicate,
    /// Not at all: a snapshot is on its way.
    Snapshot,
}

impl PeerFsm {
    /// Its region, as applied.
    pub fn region(&self) -> &Arc<Region> {
        &self.node.store().region
    }

    /// Its region's id.
    pub fn region_id(&self) -> RegionId {
        self.region().id
    }

    /// Its own id.
    pub fn id(&self) -> PeerId {
        self.id
    }

    /// The store it lives on.
    pub fn store(&self) -> StoreId {
        self.store
    }

    /// What it is to raft-rs.
    pub fn raft_role(&self) -> RaftRole {
        match self.node.raft.state {
            StateRole::Follower => RaftRole::Follower,
            StateRole::PreCandidate => RaftRole::PreCandidate,
            StateRole::Candidate => RaftRole::Candidate,
            StateRole::Leader => RaftRole::Leader,
        }
    }

    /// Whether it leads.
    pub fn is_leader(&self) -> bool {
        self.node.raft.state == StateRole::Leader
    }

    /// Whether it leads and answers: it has applied an entry of its own term, and is in no merge.
    /// TiKV: `peer.rs:ready_to_handle_read`.
    pub fn serves(&self) -> bool {
        let log = self.node.store();
        let is_current = log.term_at(log.applied) == Some(self.term());
        let is_settled = self.merging_into().is_none() && !self.awaits_new_version();
        self.is_leader() && is_current && is_settled
    }

    /// Whether a split or a step of a merge is in the log, and has yet to be applied here: others
    /// may serve its keys already. TiKV: `peer.rs:{is_splitting, is_merging}`.
    pub(super) fn awaits_new_version(&self) -> bool {
        let log = self.node.store();
        log.applied < self.last_index()
            && log.entries_from(log.applied + 1).any(|entry| Proposal::changes_epoch(&entry.data))
    }

    /// Raft term.
    pub fn term(&self) -> u64 {
        self.node.raft.term
    }

    /// Index of the last log entry.
    pub fn last_index(&self) -> u64 {
        self.node.raft.raft_log.last_index()
    }

    /// Commit index.
    pub fn commit_index(&self) -> u64 {
        self.node.raft.raft_log.committed
    }

    /// Index of the last entry applied.
    pub fn applied_index(&self) -> u64 {
        self.applied_before_snapshot.unwrap_or(self.node.store().applied)
    }

    /// Index of the first log entry not yet compacted.
    pub fn first_index(&self) -> u64 {
        self.node.store().truncated_index + 1
    }

    /// The leader it believes in.
    pub fn leader_id(&self) -> Option<PeerId> {
        Some(PeerId(self.node.raft.leader_id)).filter(|id| id.0 != raft::INVALID_ID)
    }

    /// For whom it voted in its term.
    pub fn vote(&self) -> Option<PeerId> {
        Some(PeerId(self.node.raft.vote)).filter(|id| id.0 != raft::INVALID_ID)
    }

    /// Whether a change of membership is in its log and not yet applied.
    pub fn has_pending_conf(&self) -> bool {
        self.node.raft.has_pending_conf()
    }

    /// Whether it knows its region's members.
    pub fn is_initialized(&self) -> bool {
        self.node.store().is_initialized()
    }

    /// Whether raft-rs counts votes by the members that the region has, in the roles they have.
    pub(crate) fn counts_votes_by_its_region(&self) -> bool {
        let mut raft = self.node.raft.prs().conf().to_conf_state();
        for ids in [
            &mut raft.voters,
            &mut raft.voters_outgoing,
            &mut raft.learners,
            &mut raft.learners_next,
        ] {
            order::sort_by(ids, Ord::cmp);
        }
        conf_state(self.region()) == ConfState { auto_leave: false, ..raft }
    }

    /// Puts another region in the place of what was applied, as nothing in the program would.
    #[cfg(test)]
    pub(crate) fn plant_region(&mut self, region: Arc<Region>) {
        self.node.mut_store().region = region;
    }

    /// Whether it sleeps.
    pub fn is_hibernated(&self) -> bool {
        self.hibernation.is_asleep()
    }

    /// Approximate size of the region in MiB.
    pub fn size_mib(&self) -> u64 {
        self.size_mib
    }

    /// Rows that clients have inserted, as far as this peer has applied.
    pub fn rows(&self) -> u64 {
        self.node.store().rows.total()
    }

    /// Those of one table.
    pub fn rows_of(&self, table: TableId) -> u64 {
        self.node.store().rows.of(table)
    }

    /// The table's rows were deleted, past Raft.
    pub(super) fn forget_rows(&mut self, table: TableId) {
        self.node.mut_store().rows.forget(table);
    }

    /// What a leader knows of each member's log, by ascending peer id; empty for others.
    pub fn progress(&self) -> Vec<PeerProgress> {
        if !self.is_leader() {
            return Vec::new();
        }
        let mut all: Vec<PeerProgress> = self
            .node
            .raft
            .prs()
            .iter()
            .map(|(id, progress)| PeerProgress {
                peer: PeerId(*id),
                matched: progress.matched,
                next: progress.next_idx,
                state: match progress.state {
                    raft::ProgressState::Probe => ProgressState::Probe,
                    raft::ProgressState::Replicate => ProgressState::Replicate,
                    raft::ProgressState::Snapshot => ProgressState::Snapshot,
                },
                recent_active: progress.recent_active,
                paused: progress.is_paused(),
            })
            .collect();
        order::sort_by_key(&mut all, |progress| progress.peer);
        all
    }
}
