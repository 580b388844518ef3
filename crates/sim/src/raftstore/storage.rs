//! What one peer keeps on disk: its log, Raft's hard state, how far it has applied, and the region
//! as applied. Implements raft-rs's [`Storage`]. TiKV: `peer_storage.rs`.

use std::collections::VecDeque;
use std::sync::Arc;

use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::{Error, GetEntriesContext, RaftState, Storage, StorageError};

use super::merge::MergeState;
use super::rows::Rows;
use super::wire::owned;
use crate::ids::RegionId;
use crate::order;
use crate::region::{Key, PeerRole, Region, RegionEpoch};

/// Index of the imaginary entry every new region's log begins after. TiKV: `RAFT_INIT_LOG_INDEX`;
/// since it is not 0, a peer that starts empty always needs a snapshot.
pub(crate) const INIT_LOG_INDEX: u64 = 5;
/// Its term. TiKV: `RAFT_INIT_LOG_TERM`.
pub(crate) const INIT_LOG_TERM: u64 = 5;

/// See the module.
#[derive(Debug)]
pub(crate) struct PeerStorage {
    pub(crate) region: Arc<Region>,
    pub(crate) hard_state: HardState,
    /// Entries after `truncated_index`, without gaps.
    entries: VecDeque<Entry>,
    pub(crate) truncated_index: u64,
    truncated_term: u64,
    pub(crate) applied: u64,
    /// The rows that clients have inserted by what is applied.
    pub(crate) rows: Rows,
    /// The merge that the region is prepared for. TiKV: `PeerState::Merging`.
    pub(crate) merging: Option<Arc<MergeState>>,
}

impl PeerStorage {
    /// A peer that knows nothing yet but the region's id.
    pub(crate) fn uninitialized(region: RegionId) -> PeerStorage {
        let region = Region {
            id: region,
            start: Key::default(),
            end: Key::default(),
            epoch: RegionEpoch::default(),
            peers: Vec::new(),
        };
        PeerStorage {
            region: Arc::new(region),
            hard_state: HardState::default(),
            entries: VecDeque::new(),
            truncated_index: 0,
            truncated_term: 0,
            applied: 0,
            rows: Rows::default(),
            merging: None,
        }
    }

    /// A peer of a region that has just been made, with an empty log.
    pub(crate) fn bootstrapped(region: Arc<Region>) -> PeerStorage {
        let hard_state =
            HardState { term: INIT_LOG_TERM, commit: INIT_LOG_INDEX, ..Default::default() };
        PeerStorage {
            region,
            hard_state,
            entries: VecDeque::new(),
            truncated_index: INIT_LOG_INDEX,
            truncated_term: INIT_LOG_TERM,
            applied: INIT_LOG_INDEX,
            rows: Rows::default(),
            merging: None,
        }
    }

    /// Whether the peer knows its region's members.
    pub(crate) fn is_initialized(&self) -> bool {
        !self.region.peers.is_empty()
    }

    /// Index of the last entry on disk.
    pub(crate) fn last_entry_index(&self) -> u64 {
        self.truncated_index + self.entries.len() as u64
    }

    /// Term of the entry at `index`, if it is still here.
    pub(crate) fn term_at(&self, index: u64) -> Option<u64> {
        if index == self.truncated_index {
            return Some(self.truncated_term);
        }
        let position = index.checked_sub(self.truncated_index + 1)?;
        self.entries.get(position as usize).map(|entry| entry.term)
    }

    /// Entries from `index` on.
    pub(crate) fn entries_from(&self, index: u64) -> impl Iterator<Item = &Entry> {
        let skip = index.saturating_sub(self.truncated_index + 1);
        self.entries.iter().skip(skip as usize)
    }

    /// Writes entries, replacing what stands in their place and after it.
    pub(crate) fn append(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        assert!(
            self.truncated_index < first.index && first.index <= self.last_entry_index() + 1,
            "entry {} does not follow the log {}..={}",
            first.index,
            self.truncated_index + 1,
            self.last_entry_index()
        );
        self.entries.truncate((first.index - self.truncated_index - 1) as usize);
        self.entries.extend(entries.iter().cloned());
    }

    /// Drops entries up to `index`, all of which are applied.
    pub(crate) fn compact(&mut self, index: u64) {
        if index <= self.truncated_index {
            return;
        }
        assert!(index <= self.applied, "compacting {index} beyond applied {}", self.applied);
        self.truncated_term = self.term_at(index).expect("an applied entry is in the log");
        self.entries.drain(..(index - self.truncated_index) as usize);
        self.truncated_index = index;
        if self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to_fit();
        }
    }

    /// Replaces everything by a snapshot.
    pub(crate) fn restore(&mut self, snapshot: &Snapshot, region: Arc<Region>) {
        let meta = snapshot.get_metadata();
        self.region = region;
        self.entries.clear();
        self.truncated_index = meta.index;
        self.truncated_term = meta.term;
        self.applied = meta.index;
        self.rows = Rows::decode(snapshot.get_data());
        self.merging = None;
        self.hard_state.commit = self.hard_state.commit.max(meta.index);
        self.hard_state.term = self.hard_state.term.max(meta.term);
    }
}

/// The region's members as raft-rs wants them, sorted. TiKV: `util.rs:conf_state_from_region`.
pub(crate) fn conf_state(region: &Region) -> ConfState {
    let mut state = ConfState::default();
    for peer in &region.peers {
        let id = peer.id.0;
        match peer.role {
            PeerRole::Voter => {
                state.voters.push(id);
                state.voters_outgoing.push(id);
            }
            PeerRole::Learner => state.learners.push(id),
            PeerRole::IncomingVoter => state.voters.push(id),
            PeerRole::DemotingVoter => {
                state.voters_outgoing.push(id);
                state.learners_next.push(id);
            }
        }
    }
    if !region.in_joint_state() {
        state.voters_outgoing.clear();
    }
    for ids in [
        &mut state.voters,
        &mut state.voters_outgoing,
        &mut state.learners,
        &mut state.learners_next,
    ] {
        order::sort_by(ids, Ord::cmp);
    }
    state
}

impl Storage for PeerStorage {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState::new(self.hard_state.clone(), conf_state(&self.region)))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low <= self.truncated_index {
            return Err(Error::Store(StorageError::Compacted));
        }
        if self.last_entry_index() + 1 < high {
            return Err(Error::Store(StorageError::Unavailable));
        }
        let count = (high - low) as usize;
        let mut entries: Vec<Entry> = self.entries_from(low).take(count).cloned().collect();
        raft::util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        if index < self.truncated_index {
            return Err(Error::Store(StorageError::Compacted));
        }
        self.term_at(index).ok_or(Error::Store(StorageError::Unavailable))
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.truncated_index + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last_entry_index())
    }

    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        // TiKV makes none of a region in a merge: it could not be told from one that is not.
        if self.applied < request_index || self.merging.is_some() {
            return Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable));
        }
        let mut snapshot = Snapshot::default();
        let meta = snapshot.mut_metadata();
        meta.index = self.applied;
        meta.term = self.term(self.applied)?;
        meta.set_conf_state(conf_state(&self.region));
        snapshot.data = owned(&self.rows.encode());
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PeerId, StoreId};
    use crate::region::Peer;

    fn log(indices: std::ops::RangeInclusive<u64>, term: u64) -> Vec<Entry> {
        indices.map(|index| Entry { index, term, ..Default::default() }).collect()
    }

    fn storage() -> PeerStorage {
        let peer = Peer { id: PeerId(11), store: StoreId(1), role: PeerRole::Voter };
        let mut region = (*PeerStorage::uninitialized(RegionId(1)).region).clone();
        region.peers = vec![peer];
        PeerStorage::bootstrapped(Arc::new(region))
    }

    #[test]
    fn appending_replaces_a_conflicting_tail() {
        let mut storage = storage();
        storage.append(&log(6..=9, 6));
        storage.append(&log(8..=8, 7));
        assert_eq!(storage.last_entry_index(), 8);
        assert_eq!(storage.term_at(7), Some(6));
        assert_eq!(storage.term_at(8), Some(7));
    }

    #[test]
    fn compacted_entries_are_gone_but_their_last_term_stays() {
        let mut storage = storage();
        storage.append(&log(6..=9, 6));
        storage.applied = 9;
        storage.compact(8);
        assert_eq!(storage.term_at(8), Some(6));
        assert_eq!(storage.term_at(7), None);
        assert_eq!(storage.entries_from(9).count(), 1);
    }
}
