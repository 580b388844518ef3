//! The log entries of a merge, and their bytes. kvproto: `raft_cmdpb`.

use raft::eraftpb::{Entry, EntryType};

use crate::raftstore::wire::{Reader, Writer, owned};
use crate::region::{Region, RegionEpoch};

pub(crate) const PREPARE_MERGE: u8 = b'p';
pub(crate) const COMMIT_MERGE: u8 = b'm';
pub(crate) const ROLLBACK_MERGE: u8 = b'r';

/// The source stops: it takes nothing any more but its rollback. Void at another epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrepareMerge {
    pub(crate) epoch: RegionEpoch,
    /// Every member has the log up to the entry before this one.
    pub(crate) min_index: u64,
    /// What it merges into; if that changes, the merge cannot be.
    pub(crate) target: Region,
}

/// The target takes the source in. Void if the target has another epoch than when the source was
/// prepared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CommitMerge {
    pub(crate) epoch: RegionEpoch,
    /// The source as prepared.
    pub(crate) source: Region,
    /// The index of the PrepareMerge in the source's log.
    pub(crate) commit: u64,
    /// The source's log up to there, from where a member may lack it.
    pub(crate) entries: Vec<Entry>,
}

/// The source goes on as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RollbackMerge {
    pub(crate) epoch: RegionEpoch,
    /// The index of the PrepareMerge.
    pub(crate) commit: u64,
}

impl PrepareMerge {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.epoch(self.epoch);
        out.number(self.min_index);
        out.region(&self.target);
        out.finish(PREPARE_MERGE)
    }

    pub(crate) fn decode(bytes: &[u8]) -> PrepareMerge {
        let mut from = Reader::of(bytes);
        PrepareMerge { epoch: from.epoch(), min_index: from.number(), target: from.region() }
    }
}

impl CommitMerge {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.epoch(self.epoch);
        out.region(&self.source);
        out.number(self.commit);
        out.list(&self.entries, |out, entry| {
            out.number(entry.index);
            out.number(entry.term);
            out.number(entry.get_entry_type() as u64);
            out.bytes(&entry.data);
            out.bytes(&entry.context);
        });
        out.finish(COMMIT_MERGE)
    }

    pub(crate) fn decode(bytes: &[u8]) -> CommitMerge {
        let mut from = Reader::of(bytes);
        let (epoch, source, commit) = (from.epoch(), from.region(), from.number());
        let entries = from.list(|from| {
            let mut entry =
                Entry { index: from.number(), term: from.number(), ..Default::default() };
            entry.set_entry_type(match from.number() {
                0 => EntryType::EntryNormal,
                1 => EntryType::EntryConfChange,
                _ => EntryType::EntryConfChangeV2,
            });
            entry.data = owned(from.bytes());
            entry.context = owned(from.bytes());
            entry
        });
        CommitMerge { epoch, source, commit, entries }
    }
}

impl RollbackMerge {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = Writer::default();
        out.epoch(self.epoch);
        out.number(self.commit);
        out.finish(ROLLBACK_MERGE)
    }

    pub(crate) fn decode(bytes: &[u8]) -> RollbackMerge {
        let mut from = Reader::of(bytes);
        RollbackMerge { epoch: from.epoch(), commit: from.number() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PeerId, RegionId, StoreId};
    use crate::region::{Key, Peer, PeerRole};

    #[test]
    fn the_entries_of_a_merge_survive_the_log() {
        let epoch = RegionEpoch { version: 7, conf_ver: 8 };
        let roles =
            [PeerRole::Voter, PeerRole::Learner, PeerRole::IncomingVoter, PeerRole::DemotingVoter];
        let peer = |(n, role)| Peer { id: PeerId(n), store: StoreId(n + 100), role };
        let region = Region {
            id: RegionId(9),
            start: Key::new(b"a"),
            end: Key::default(),
            epoch,
            peers: (1..).zip(roles).map(peer).collect(),
        };
        let prepare = PrepareMerge { epoch, min_index: 6, target: region.clone() };
        assert_eq!(PrepareMerge::decode(&prepare.encode()[1..]), prepare);
        let mut entry = Entry { index: 6, term: 7, ..Default::default() };
        entry.set_entry_type(EntryType::EntryConfChangeV2);
        entry.data = vec![1, 2, 3].into();
        entry.context = vec![4].into();
        let entries = vec![entry, Entry { index: 7, term: 7, ..Default::default() }];
        let commit = CommitMerge { epoch, source: region, commit: 7, entries };
        assert_eq!(CommitMerge::decode(&commit.encode()[1..]), commit);
        let rollback = RollbackMerge { epoch, commit: 7 };
        assert_eq!(RollbackMerge::decode(&rollback.encode()[1..]), rollback);
    }
}
