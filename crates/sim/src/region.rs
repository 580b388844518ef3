//! Regions, peers and epochs, as kvproto's `metapb` has them, and the keys of TiDB's tables.

use std::fmt;
use std::sync::Arc;

use crate::ids::{PeerId, RegionId, StoreId, TableId};

/// A key as PD and TiKV compare it: memcomparable-encoded bytes. The empty key stands for minus
/// infinity as a start and for plus infinity as an end, as in `metapb.Region`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<[u8]>);

impl Key {
    /// A key of these bytes, taken as they are (already encoded).
    pub fn new(bytes: &[u8]) -> Key {
        Key(bytes.into())
    }

    /// The first key of a table, indexes included: the encoded form of `t{table}`. Also the end of
    /// the table before it, where its TiFlash rule ends.
    pub fn table_prefix(table: TableId) -> Key {
        let mut raw = vec![b't'];
        raw.extend((table.0 ^ (1 << 63)).to_be_bytes());
        Key::new(&memcomparable(&raw))
    }

    /// The first key of a table's rows: the encoded form of `t{table}_r`.
    ///
    /// TiDB writes a table id as a big-endian i64 with the sign bit flipped (`tablecodec`), and PD
    /// and TiKV see keys memcomparable-encoded in groups of eight bytes (`util/codec`).
    pub fn record_prefix(table: TableId) -> Key {
        let mut raw = vec![b't'];
        raw.extend((table.0 ^ (1 << 63)).to_be_bytes());
        raw.extend(b"_r");
        Key::new(&memcomparable(&raw))
    }

    /// The key of row `row` of a table: the encoded form of `t{table}_r{row}`.
    pub fn record(table: TableId, row: u64) -> Key {
        let mut raw = vec![b't'];
        raw.extend((table.0 ^ (1 << 63)).to_be_bytes());
        raw.extend(b"_r");
        raw.extend((row ^ (1 << 63)).to_be_bytes());
        Key::new(&memcomparable(&raw))
    }

    /// The table whose data this key belongs to, if it is a table key.
    pub fn table(&self) -> Option<TableId> {
        let raw = self.0.get(..8)?;
        let next = self.0.get(9..10)?;
        if raw[0] != b't' {
            return None;
        }
        let mut id = [0; 8];
        id[..7].copy_from_slice(&raw[1..]);
        id[7] = next[0];
        Some(TableId(u64::from_be_bytes(id) ^ (1 << 63)))
    }

    /// The row of its table that this key is, if it is one; 0 for the first key of the rows.
    fn row(&self) -> Option<u64> {
        let raw: Vec<u8> = self.0.chunks_exact(9).flat_map(|group| &group[..8]).copied().collect();
        let row = raw.get(11..19)?.try_into().expect("eight bytes");
        match (raw[0], &raw[9..11], self.0.len()) {
            (b't', b"_r", 27) => Some(u64::from_be_bytes(row) ^ (1 << 63)),
            _ => None,
        }
    }

    /// A key about half-way from `start` to `end`, and inside; `None` where there is no room. What
    /// the data is like is not known here: of a table whose last row is unknown, a thousand rows
    /// count as half. TiKV: `split_check`, which looks at the data.
    pub fn middle(start: &Key, end: &Key) -> Option<Key> {
        let rows_from = |table| match start == &Key::record_prefix(table) {
            true => Some(0),
            false => start.row(),
        };
        let by_row = start.table().and_then(|table| {
            let from = rows_from(table)?;
            let row = match end.row().filter(|_| end.table() == Some(table)) {
                Some(to) => from + to.checked_sub(from)? / 2,
                None => from.checked_add(1_000)?,
            };
            Some(Key::record(table, row))
        });
        let is_inside = |key: &Key| start < key && (end.is_empty() || key < end);
        by_row.filter(is_inside).or_else(|| Some(Key::half_way(start, end)).filter(is_inside))
    }

    /// The mean of two keys, read as binary fractions.
    fn half_way(start: &Key, end: &Key) -> Key {
        let length = start.0.len().max(end.0.len()) + 1;
        let last = if end.is_empty() { 0xFF } else { 0 };
        let digit = |key: &Key, at: usize, rest: u8| u16::from(*key.0.get(at).unwrap_or(&rest));
        let mut sum = vec![0; length + 1];
        for at in (0..length).rev() {
            let both = digit(start, at, 0) + digit(end, at, last) + sum[at + 1];
            sum[at + 1] = both & 0xFF;
            sum[at] = both >> 8;
        }
        let halves = (0..length).map(|at| (sum[at] & 1) << 7 | sum[at + 1] >> 1);
        Key::new(&halves.map(|byte| byte as u8).collect::<Vec<u8>>())
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the unbounded key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Upper-case hexadecimal, as pd-ctl prints keys.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// The memcomparable form of `raw`: groups of eight bytes, zero-padded, each followed by a marker
/// 0xFF minus the number of padding bytes. TiKV: `codec::bytes::encode_bytes`.
fn memcomparable(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity((raw.len() / 8 + 1) * 9);
    for group in 0..=raw.len() / 8 {
        let chunk = &raw[group * 8..raw.len().min(group * 8 + 8)];
        out.extend_from_slice(chunk);
        out.extend(std::iter::repeat_n(0, 8 - chunk.len()));
        out.push(0xFF - (8 - chunk.len()) as u8);
    }
    out
}

/// How a region's membership and range have changed over time. kvproto: `metapb.RegionEpoch`.
///
/// Ordered as PD's unsafe recovery compares epochs: by version, then by conf_ver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionEpoch {
    /// Grows when the range changes (split, merge).
    pub version: u64,
    /// Grows when peers change.
    pub conf_ver: u64,
}

impl RegionEpoch {
    /// Whether something has happened to the region since that `other` knows of.
    /// TiKV: `util.rs:is_epoch_stale`.
    pub fn is_stale_beside(self, other: RegionEpoch) -> bool {
        self.version < other.version || self.conf_ver < other.conf_ver
    }
}

/// What a peer counts for. kvproto: `metapb.PeerRole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerRole {
    /// Votes and counts for commit.
    Voter,
    /// Receives the log; neither votes nor counts. Every TiFlash replica is one.
    Learner,
    /// In a joint configuration: a voter of the incoming half only.
    IncomingVoter,
    /// In a joint configuration: a voter of the outgoing half only, a learner afterwards.
    DemotingVoter,
}

impl PeerRole {
    /// PD's `role_name`.
    pub fn name(self) -> &'static str {
        match self {
            PeerRole::Voter => "Voter",
            PeerRole::Learner => "Learner",
            PeerRole::IncomingVoter => "IncomingVoter",
            PeerRole::DemotingVoter => "DemotingVoter",
        }
    }
}

/// One member of a region. kvproto: `metapb.Peer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// The peer's own id, never reused.
    pub id: PeerId,
    /// The store it belongs on.
    pub store: StoreId,
    /// What it counts for.
    pub role: PeerRole,
}

/// The prost-like text PD puts in recovery output, e.g. `id:52980 store_id:502 role:Learner`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "id:{} store_id:{}", self.id, self.store)?;
        match self.role {
            PeerRole::Voter => Ok(()),
            PeerRole::Learner | PeerRole::IncomingVoter | PeerRole::DemotingVoter => {
                write!(f, " role:{}", self.role.name())
            }
        }
    }
}

/// A range of keys and its members, as one party knows them. kvproto: `metapb.Region`.
///
/// Different parties (each peer, PD) may hold different versions of the same region at the same
/// time: that is what an epoch is for. An uninitialised peer knows no members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    /// The region's id.
    pub id: RegionId,
    /// First key; empty means unbounded.
    pub start: Key,
    /// First key after it; empty means unbounded.
    pub end: Key,
    /// Which version of membership and range this is.
    pub epoch: RegionEpoch,
    /// Its members, in the order they were added.
    pub peers: Vec<Peer>,
}

impl Region {
    /// The member on `store`, if there is one. A region has at most one peer on a store.
    pub fn peer_on(&self, store: StoreId) -> Option<Peer> {
        self.peers.iter().copied().find(|peer| peer.store == store)
    }

    /// Whether a peer on `store` that knows the region in this epoch has been removed since.
    pub fn has_removed(&self, store: StoreId, epoch: RegionEpoch) -> bool {
        epoch < self.epoch && self.peer_on(store).is_none()
    }

    /// The member with this id.
    pub fn peer(&self, id: PeerId) -> Option<Peer> {
        self.peers.iter().copied().find(|peer| peer.id == id)
    }

    /// Whether the region is between the two halves of a joint configuration change.
    pub fn in_joint_state(&self) -> bool {
        self.peers
            .iter()
            .any(|peer| matches!(peer.role, PeerRole::IncomingVoter | PeerRole::DemotingVoter))
    }

    /// Whether the two ranges share a key.
    pub fn overlaps(&self, other: &Region) -> bool {
        (self.end.is_empty() || other.start < self.end)
            && (other.end.is_empty() || self.start < other.end)
    }

    /// Whether one range ends where the other begins. TiKV: `util.rs:is_sibling_regions`.
    pub fn is_next_to(&self, other: &Region) -> bool {
        let meet = |end: &Key, start: &Key| !end.is_empty() && end == start;
        meet(&self.end, &other.start) || meet(&other.end, &self.start)
    }

    /// Whether both have their members on the same stores, in the same roles.
    /// TiKV: `util.rs:region_on_same_stores`.
    pub fn is_on_stores_of(&self, other: &Region) -> bool {
        let matched = |peer: &Peer| other.peer_on(peer.store).is_some_and(|p| p.role == peer.role);
        self.peers.len() == other.peers.len() && self.peers.iter().all(matched)
    }

    /// Whether `key` lies in the range.
    pub fn contains(&self, key: &Key) -> bool {
        self.start <= *key && (self.end.is_empty() || *key < self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_prefix_is_encoded_as_pd_prints_it() {
        let key = Key::record_prefix(TableId(45));
        assert_eq!(key.to_string(), "7480000000000000FF2D5F720000000000FA");
        assert_eq!(key.table(), Some(TableId(45)));
    }

    #[test]
    fn a_tables_rule_ends_where_the_next_table_begins() {
        let end = Key::table_prefix(TableId(46));
        assert_eq!(end.to_string(), "7480000000000000FF2E00000000000000F8");
        assert!(Key::record(TableId(45), u64::MAX >> 1) < end);
        assert!(end < Key::record_prefix(TableId(46)));
    }

    #[test]
    fn rows_of_a_table_lie_between_its_prefix_and_the_next() {
        let row = Key::record(TableId(45), 7);
        assert!(Key::record_prefix(TableId(45)) < row);
        assert!(row < Key::record_prefix(TableId(46)));
    }

    #[test]
    fn the_middle_of_rows_is_a_row_and_the_middle_of_others_lies_between() {
        let table = TableId(45);
        let row = |row| Key::record(table, row);
        assert_eq!(Key::middle(&row(1_000), &row(2_000)), Some(row(1_500)));
        assert_eq!(Key::middle(&Key::record_prefix(table), &row(1_000)), Some(row(500)));
        let end = Key::table_prefix(TableId(46));
        assert_eq!(Key::middle(&row(2_000), &end), Some(row(3_000)));
        for (start, end) in [("", ""), ("a", ""), ("a", "b"), ("a", "az"), ("", "a")] {
            let (start, end) = (Key::new(start.as_bytes()), Key::new(end.as_bytes()));
            let middle = Key::middle(&start, &end).expect("there is room");
            assert!(start < middle && (end.is_empty() || middle < end), "{start} {middle} {end}");
        }
    }

    #[test]
    fn a_full_last_group_is_followed_by_an_empty_one() {
        assert_eq!(memcomparable(b"12345678").len(), 18);
    }
}
