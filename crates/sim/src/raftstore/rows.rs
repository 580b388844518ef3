//! How many rows clients have inserted into a region: each of their writes inserts one. It is part
//! of what is replicated, so that every peer counts the same at the same log index.
//!
//! Which rows they are is not kept. A split shares a table's rows evenly among the parts that can
//! hold any, as it does with a region's size.

use super::wire::{Reader, Writer};
use crate::ids::TableId;
use crate::region::{Key, Region};

/// See the module. By ascending table; none has no row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(Vec<(TableId, u64)>);

impl Rows {
    /// A write has inserted a row.
    pub(super) fn insert(&mut self, table: TableId) {
        self.add(table, 1);
    }

    fn add(&mut self, table: TableId, count: u64) {
        match self.0.binary_search_by_key(&table, |(table, _)| *table) {
            Ok(at) => self.0[at].1 += count,
            Err(_) if count == 0 => {}
            Err(at) => self.0.insert(at, (table, count)),
        }
    }

    /// Of all tables.
    pub(super) fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Of one table.
    pub(super) fn of(&self, table: TableId) -> u64 {
        let found = self.0.iter().find(|(known, _)| *known == table);
        found.map_or(0, |(_, count)| *count)
    }

    /// The table's rows were deleted, past Raft.
    pub(super) fn forget(&mut self, table: TableId) {
        self.0.retain(|(known, _)| *known != table);
    }

    /// Another region's rows are here from now on.
    pub(super) fn take_in(&mut self, other: Rows) {
        other.0.into_iter().for_each(|(table, count)| self.add(table, count));
    }

    /// The rows of each part of a region that is split.
    pub(super) fn share(self, parts: &[&Region]) -> Vec<Rows> {
        let mut shares = vec![Rows::default(); parts.len()];
        for (table, count) in self.0 {
            let (first, end) = (Key::record_prefix(table), Key::table_prefix(TableId(table.0 + 1)));
            let can_hold =
                |part: &Region| part.start < end && (part.end.is_empty() || first < part.end);
            let holders: Vec<usize> = (0..parts.len()).filter(|at| can_hold(parts[*at])).collect();
            // What is of no table stays where the region's id does.
            let Some((last, others)) = holders.split_last() else {
                if let Some(last) = shares.last_mut() {
                    last.add(table, count);
                }
                continue;
            };
            let each = count / holders.len() as u64;
            others.iter().for_each(|at| shares[*at].add(table, each));
            shares[*last].add(table, count - each * others.len() as u64);
        }
        shares
    }

    /// As the data of a snapshot.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.list(&self.0, |out, (table, count)| {
            out.number(table.0);
            out.number(*count);
        });
        out.finish(0)
    }

    /// The rows that a snapshot holds.
    pub(super) fn decode(bytes: &[u8]) -> Rows {
        let (_, bytes) = bytes.split_first().expect("every snapshot is made by a peer's storage");
        let mut from = Reader::of(bytes);
        Rows(from.list(|from| (TableId(from.number()), from.number())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RegionId;
    use crate::region::RegionEpoch;

    const TABLE: TableId = TableId(45);

    fn part(start: Key, end: Key) -> Region {
        let (id, epoch) = (RegionId(1), RegionEpoch::default());
        Region { id, start, end, epoch, peers: Vec::new() }
    }

    fn rows(counts: &[(u64, u64)]) -> Rows {
        Rows(counts.iter().map(|(table, count)| (TableId(*table), *count)).collect())
    }

    #[test]
    fn a_split_shares_rows_among_the_parts_that_can_hold_them() {
        let row = |row| Key::record(TABLE, row);
        let edges = [
            Key::table_prefix(TABLE),
            Key::record_prefix(TABLE),
            row(7),
            row(9),
            Key::table_prefix(TableId(46)),
            Key::default(),
        ];
        let parts: Vec<Region> =
            edges.windows(2).map(|ends| part(ends[0].clone(), ends[1].clone())).collect();
        let parts: Vec<&Region> = parts.iter().collect();
        let shares = rows(&[(0, 5), (45, 11), (46, 2)]).share(&parts);
        let told: Vec<u64> = shares.iter().map(|share| share.of(TABLE)).collect();
        assert_eq!(told, [0, 3, 3, 5, 0]);
        assert_eq!((shares[4].of(TableId(46)), shares[4].of(TableId(0))), (2, 5));
        assert_eq!(shares.iter().map(Rows::total).sum::<u64>(), 18);
        let mut all = Rows::default();
        shares.into_iter().for_each(|share| all.take_in(share));
        assert_eq!(all, rows(&[(0, 5), (45, 11), (46, 2)]));
    }

    #[test]
    fn a_snapshot_carries_them() {
        let mut some = rows(&[(45, 11), (47, 1)]);
        some.insert(TableId(46));
        assert_eq!(Rows::decode(&some.encode()), some);
        some.forget(TABLE);
        assert_eq!((some.total(), some.of(TABLE)), (2, 0));
    }
}
