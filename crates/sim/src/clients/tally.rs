//! What became of clients' requests. A write counts as lost if it was acknowledged (a leader had
//! applied it, and said so) and the log that recovery left does not have it.

use std::collections::BTreeMap;

use super::QueryError;
use crate::ids::{RegionId, TableId};
use crate::region::{Key, Region};

/// What clients want of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// A write: a proposal, acknowledged when its leader has applied it.
    Write,
    /// A read at the leader: at once within its lease, else by a read index of raft-rs.
    Read,
}

impl Ask {
    /// Both.
    pub const ALL: [Ask; 2] = [Ask::Write, Ask::Read];
}

macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What became of one try of a request, by the name of kvproto's `errorpb` where it is an
        /// error of TiKV's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Outcome { $($(#[$doc])* $name),* }

        impl Outcome {
            /// All of them.
            pub const ALL: &[Outcome] = &[$(Outcome::$name),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Outcome::$name => stringify!($name)),* }
            }
        }
    };
}

outcomes! {
    /// Served.
    Answered,
    /// The peer does not lead, and says who does.
    NotLeader,
    /// The peer does not lead and knows nobody who does (NotLeader without a leader).
    NoLeader,
    /// The region's range has changed.
    EpochNotMatch,
    /// The store has no peer of the region.
    RegionNotFound,
    /// Unsafe recovery has the region.
    RecoveryInProgress,
    /// The region is being merged and takes no writes.
    ProposalInMergingMode,
    /// The store does not answer a connect, or its process ended with the request.
    StoreNotReachable,
    /// No answer within 30 s.
    TimedOut,
    /// The leader stepped down before the write was applied: it may or may not be there later.
    StaleCommand,
    /// PD's cache has no region for the key, or nobody leads PD.
    RegionUnknown,
}

const OUTCOMES: usize = Outcome::ALL.len();

/// See the module. Counts are of tries: a request that is sent on to another peer counts twice.
#[derive(Debug, Default)]
pub struct Tally {
    regions: BTreeMap<RegionId, [[u64; OUTCOMES]; 2]>,
    acknowledged: BTreeMap<RegionId, Acknowledged>,
    lost: BTreeMap<RegionId, u64>,
    given_up: [u64; 2],
    queries: BTreeMap<TableId, u64>,
    refused_queries: BTreeMap<(TableId, QueryError), u64>,
}

/// The acknowledged writes of a region that no recovery has taken away.
#[derive(Debug)]
struct Acknowledged {
    /// A key of the region.
    key: Key,
    /// Runs of log indices, first and last, ascending.
    runs: Vec<(u64, u64)>,
}

impl Tally {
    /// Tries of this kind that came out so, of all regions.
    pub fn total(&self, ask: Ask, outcome: Outcome) -> u64 {
        self.regions.values().map(|counts| counts[ask as usize][outcome as usize]).sum()
    }

    /// Tries of this kind that came out so, of one region.
    pub fn of_region(&self, region: RegionId, ask: Ask, outcome: Outcome) -> u64 {
        self.regions.get(&region).map_or(0, |counts| counts[ask as usize][outcome as usize])
    }

    /// Requests of this kind that failed for good, after all their tries: TiDB's statement ends
    /// with ERROR 9005, Region is unavailable.
    pub fn given_up(&self, ask: Ask) -> u64 {
        self.given_up[ask as usize]
    }

    /// Writes that were acknowledged.
    pub fn taken(&self) -> u64 {
        self.total(Ask::Write, Outcome::Answered)
    }

    /// Tries of writes that came to nothing.
    pub fn refused(&self) -> u64 {
        let all: u64 = Outcome::ALL.iter().map(|outcome| self.total(Ask::Write, *outcome)).sum();
        all - self.taken()
    }

    /// Every region that was asked, by ascending id.
    pub fn regions(&self) -> impl Iterator<Item = RegionId> {
        self.regions.keys().copied()
    }

    /// Acknowledged writes that recovery has lost, of all regions.
    pub fn lost(&self) -> u64 {
        self.lost.values().sum()
    }

    /// Acknowledged writes that recovery has lost, of one region.
    pub fn lost_of(&self, region: RegionId) -> u64 {
        self.lost.get(&region).copied().unwrap_or(0)
    }

    /// TiFlash queries that were answered.
    pub fn queries_answered(&self) -> u64 {
        self.queries.values().sum()
    }

    /// TiFlash queries that were not, by table and error.
    pub fn queries_refused(&self) -> impl Iterator<Item = (TableId, QueryError, u64)> {
        self.refused_queries.iter().map(|((table, error), count)| (*table, *error, *count))
    }

    pub(crate) fn count(&mut self, region: RegionId, ask: Ask, outcome: Outcome) {
        self.regions.entry(region).or_default()[ask as usize][outcome as usize] += 1;
    }

    pub(crate) fn give_up(&mut self, ask: Ask) {
        self.given_up[ask as usize] += 1;
    }

    pub(crate) fn count_query(&mut self, table: TableId, result: Result<(), QueryError>) {
        let count = match result {
            Ok(()) => self.queries.entry(table).or_default(),
            Err(error) => self.refused_queries.entry((table, error)).or_default(),
        };
        *count += 1;
    }

    /// A leader has applied a client's write, and said so.
    pub(crate) fn acknowledge(&mut self, region: &Region, index: u64) {
        self.count(region.id, Ask::Write, Outcome::Answered);
        let fresh = || Acknowledged { key: region.start.clone(), runs: Vec::new() };
        let runs = &mut self.acknowledged.entry(region.id).or_insert_with(fresh).runs;
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            Some(_) | None => runs.push((index, index)),
        }
    }

    /// Recovery has left a log without the committed entries from `from` on.
    pub(crate) fn lose_from(&mut self, region: RegionId, from: u64) {
        let Some(acknowledged) = self.acknowledged.get_mut(&region) else { return };
        let mut lost = 0;
        for (first, last) in &mut acknowledged.runs {
            if from <= *last {
                lost += *last + 1 - from.max(*first);
                *last = from - 1;
            }
        }
        acknowledged.runs.retain(|(first, last)| first <= last);
        *self.lost.entry(region).or_default() += lost;
    }

    /// Recovery has put an empty region where nobody held one.
    pub(crate) fn lose_range(&mut self, empty: &Region) {
        let inside = |acknowledged: &Acknowledged| empty.contains(&acknowledged.key);
        let gone: Vec<RegionId> = self
            .acknowledged
            .iter()
            .filter(|(_, acknowledged)| inside(acknowledged))
            .map(|(region, _)| *region)
            .collect();
        gone.into_iter().for_each(|region| self.lose_from(region, 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::RegionEpoch;

    fn region(id: u64, start: &[u8], end: &[u8]) -> Region {
        Region {
            id: RegionId(id),
            start: Key::new(start),
            end: Key::new(end),
            epoch: RegionEpoch::default(),
            peers: Vec::new(),
        }
    }

    #[test]
    fn what_lies_beyond_a_recovered_log_is_lost_once() {
        let mut tally = Tally::default();
        let here = region(1, b"a", b"m");
        [7, 8, 9, 12, 13].into_iter().for_each(|index| tally.acknowledge(&here, index));
        tally.lose_from(here.id, 9);
        assert_eq!(tally.lost(), 3);
        tally.lose_from(here.id, 9);
        assert_eq!(tally.lost(), 3);
        tally.acknowledge(&here, 9);
        tally.lose_from(here.id, 8);
        assert_eq!((tally.lost(), tally.total(Ask::Write, Outcome::Answered)), (5, 6));
    }

    #[test]
    fn an_empty_region_takes_the_place_of_all_that_was_there() {
        let mut tally = Tally::default();
        tally.acknowledge(&region(1, b"a", b"m"), 7);
        tally.acknowledge(&region(2, b"m", b""), 7);
        tally.lose_range(&region(9, b"m", b""));
        assert_eq!((tally.lost_of(RegionId(1)), tally.lost_of(RegionId(2))), (0, 1));
    }
}
