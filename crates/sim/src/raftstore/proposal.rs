//! What the entries of a region's log mean, and their bytes.
//!
//! A write carries nothing: the model keeps no data, only how far each replica has got. A change of
//! membership is an entry of raft-rs's own kind, whose context says on which stores the peers are.

use raft::eraftpb::{ConfChangeSingle, ConfChangeTransition, ConfChangeType, ConfChangeV2};

use super::merge::entries::{
    COMMIT_MERGE, CommitMerge, PREPARE_MERGE, PrepareMerge, ROLLBACK_MERGE, RollbackMerge,
};
use super::wire::{Reader, Writer};
use crate::ids::{PeerId, RegionId, StoreId, TableId};
use crate::message::{PeerChange, SplitId};
use crate::region::{Key, Peer, PeerRole, RegionEpoch};

/// An ordinary entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Proposal {
    /// A new leader's first entry.
    Empty,
    /// A client's write, which inserts a row into a table; table 0 stands for none.
    Write(TableId),
    /// Every peer drops its log up to this index. TiKV: `AdminCmdType::CompactLog`.
    CompactLog(u64),
    /// The region becomes several. TiKV: `AdminCmdType::BatchSplit`.
    Split(Split),
    /// The region is prepared to be merged. TiKV: `AdminCmdType::PrepareMerge`.
    PrepareMerge(PrepareMerge),
    /// The region takes in another. TiKV: `AdminCmdType::CommitMerge`.
    CommitMerge(CommitMerge),
    /// The region is not merged after all. TiKV: `AdminCmdType::RollbackMerge`.
    RollbackMerge(RollbackMerge),
}

/// A split: the keys at which each new region ends, ascending, and the new regions' ids. It is
/// void if the region has another epoch when it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) epoch: RegionEpoch,
    pub(crate) parts: Vec<(Key, SplitId)>,
}

impl Split {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.epoch(self.epoch);
        out.list(&self.parts, |out, (key, ids)| {
            out.bytes(key.bytes());
            out.number(ids.region.0);
            out.list(&ids.peers, |out, peer| out.number(peer.0));
        });
        out.finish(SPLIT)
    }

    fn decode(bytes: &[u8]) -> Split {
        let mut from = Reader::of(bytes);
        let epoch = from.epoch();
        let parts = from.list(|from| {
            let (key, region) = (from.key(), RegionId(from.number()));
            let peers = from.list(|from| PeerId(from.number()));
            (key, SplitId { region, peers })
        });
        Split { epoch, parts }
    }
}

const WRITE: u8 = b'w';
const COMPACT_LOG: u8 = b'c';
const SPLIT: u8 = b's';

impl Proposal {
    /// Its bytes in the log.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Proposal::Empty => Vec::new(),
            Proposal::Write(table) => {
                let mut bytes = vec![WRITE];
                bytes.extend(table.0.to_le_bytes());
                bytes
            }
            Proposal::CompactLog(index) => {
                let mut bytes = vec![COMPACT_LOG];
                bytes.extend(index.to_le_bytes());
                bytes
            }
            Proposal::Split(split) => split.encode(),
            Proposal::PrepareMerge(merge) => merge.encode(),
            Proposal::CommitMerge(merge) => merge.encode(),
            Proposal::RollbackMerge(merge) => merge.encode(),
        }
    }

    /// Whether an entry of these bytes changes the region's epoch: until it is applied, nothing
    /// else that would may be proposed. TiKV: `peer.rs:CmdEpochChecker`.
    pub(crate) fn changes_epoch(bytes: &[u8]) -> bool {
        const KINDS: [u8; 4] = [SPLIT, PREPARE_MERGE, COMMIT_MERGE, ROLLBACK_MERGE];
        bytes.first().is_some_and(|kind| KINDS.contains(kind))
    }

    /// Whether an entry of these bytes is of no matter to the region itself.
    pub(crate) fn is_data(bytes: &[u8]) -> bool {
        bytes.first().is_none_or(|kind| *kind == WRITE)
    }

    /// Whether these are the bytes of a [`Split`].
    pub(crate) fn is_split(bytes: &[u8]) -> bool {
        bytes.first() == Some(&SPLIT)
    }

    /// Whether these are the bytes of a [`CommitMerge`].
    pub(crate) fn is_commit_merge(bytes: &[u8]) -> bool {
        bytes.first() == Some(&COMMIT_MERGE)
    }

    /// The entry these bytes stand for.
    pub(crate) fn decode(bytes: &[u8]) -> Proposal {
        match bytes {
            [] => Proposal::Empty,
            [WRITE, table @ ..] => {
                let table = table.try_into().expect("a Write holds one table");
                Proposal::Write(TableId(u64::from_le_bytes(table)))
            }
            [COMPACT_LOG, index @ ..] => {
                let index = index.try_into().expect("a CompactLog holds one 64-bit index");
                Proposal::CompactLog(u64::from_le_bytes(index))
            }
            [SPLIT, rest @ ..] => Proposal::Split(Split::decode(rest)),
            [PREPARE_MERGE, rest @ ..] => Proposal::PrepareMerge(PrepareMerge::decode(rest)),
            [COMMIT_MERGE, rest @ ..] => Proposal::CommitMerge(CommitMerge::decode(rest)),
            [ROLLBACK_MERGE, rest @ ..] => Proposal::RollbackMerge(RollbackMerge::decode(rest)),
            other => panic!("no proposal has the bytes {other:?}"),
        }
    }
}

/// The bytes of a list of changes, for the context of a conf change entry. It is void if the region
/// has another `conf_ver` when it is applied. TiKV: `util.rs:admin_cmd_epoch_lookup`.
pub(crate) fn encode_changes(conf_ver: u64, changes: &[PeerChange]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + changes.len() * 17);
    bytes.extend(conf_ver.to_le_bytes());
    for change in changes {
        bytes.push(match change {
            PeerChange::AddVoter(_) => 0,
            PeerChange::AddLearner(_) => 1,
            PeerChange::Remove(_) => 2,
        });
        bytes.extend(change.peer().id.0.to_le_bytes());
        bytes.extend(change.peer().store.0.to_le_bytes());
    }
    bytes
}

/// The conf_ver and the changes these bytes stand for.
pub(crate) fn decode_changes(bytes: &[u8]) -> (u64, Vec<PeerChange>) {
    let number =
        |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("a number has eight bytes"));
    let (conf_ver, bytes) = bytes.split_at(8);
    let decode = |change: &[u8]| {
        let (id, store) = (PeerId(number(&change[1..9])), StoreId(number(&change[9..17])));
        match change[0] {
            0 => PeerChange::AddVoter(Peer { id, store, role: PeerRole::Voter }),
            1 => PeerChange::AddLearner(Peer { id, store, role: PeerRole::Learner }),
            2 => PeerChange::Remove(Peer { id, store, role: PeerRole::Learner }),
            other => panic!("no change has the kind {other}"),
        }
    };
    (number(conf_ver), bytes.chunks_exact(17).map(decode).collect())
}

/// The changes in raft-rs's form. One change is simple; several go through a joint configuration
/// that is left explicitly, by an empty change. TiKV: `ChangePeerI::to_confchange`.
pub(crate) fn conf_change(changes: &[PeerChange]) -> ConfChangeV2 {
    let single = |change: &PeerChange| {
        let change_type = match change {
            PeerChange::AddVoter(_) => ConfChangeType::AddNode,
            PeerChange::AddLearner(_) => ConfChangeType::AddLearnerNode,
            PeerChange::Remove(_) => ConfChangeType::RemoveNode,
        };
        let mut single = ConfChangeSingle { node_id: change.peer().id.0, ..Default::default() };
        single.set_change_type(change_type);
        single
    };
    let mut conf_change = ConfChangeV2::default();
    // Pushed one by one: what the list is differs between raft-rs's two codecs.
    changes.iter().for_each(|change| conf_change.mut_changes().push(single(change)));
    if 1 < changes.len() {
        conf_change.set_transition(ConfChangeTransition::Explicit);
    }
    conf_change
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_survive_the_log() {
        let ids = SplitId { region: RegionId(7), peers: vec![PeerId(8), PeerId(9)] };
        let epoch = RegionEpoch { version: 3, conf_ver: 4 };
        let split = Split { epoch, parts: vec![(Key::new(b"k"), ids)] };
        let write = Proposal::Write(TableId(45));
        for proposal in [Proposal::Empty, write, Proposal::CompactLog(70), Proposal::Split(split)] {
            assert_eq!(Proposal::decode(&proposal.encode()), proposal);
        }
    }

    #[test]
    fn changes_survive_the_log() {
        let peer = |id, role| Peer { id: PeerId(id), store: StoreId(id + 100), role };
        let changes = vec![
            PeerChange::AddVoter(peer(1, PeerRole::Voter)),
            PeerChange::AddLearner(peer(2, PeerRole::Learner)),
            PeerChange::Remove(peer(3, PeerRole::Learner)),
        ];
        assert_eq!(decode_changes(&encode_changes(7, &changes)), (7, changes));
    }

    #[test]
    fn only_several_changes_go_through_a_joint_configuration() {
        let peer = Peer { id: PeerId(1), store: StoreId(1), role: PeerRole::Learner };
        let change = PeerChange::Remove(peer);
        assert!(conf_change(&[change]).enter_joint().is_none());
        assert!(conf_change(&[change, change]).enter_joint().is_some());
        assert!(conf_change(&[]).leave_joint());
    }
}
