//! A small cluster whose regions split and merge, and what tests ask of it.

use scenario::Scenario;
use sim::ids::SECOND;
use sim::region::{Key, Region};
use sim::{Cluster, EventKind, Knobs, Millis, Refusal, RegionId, Release, StoreId, TableId};

use crate::typed::{self, command};

/// The table that regions 20 and 30 are of.
pub const TABLE: TableId = TableId(45);
/// Rows up to 4000 of the table.
pub const LEFT: RegionId = RegionId(20);
/// The rows from there on.
pub const RIGHT: RegionId = RegionId(30);

/// Three TiKV stores and a TiFlash store; table 45 has rows up to 4000 in region 20, the rest in
/// region 30.
pub const SETUP: &str = "scenario life
title en Life
title zh 生命
opening en Regions split.
opening zh Region 分裂。
seed 1
end 1h

max-replicas 3
store 1 tikv zone z1 address 10.0.0.1:20160
store 2 tikv zone z1 address 10.0.0.2:20160
store 3 tikv zone z1 address 10.0.0.3:20160
store 7 tiflash zone z1 address 10.0.0.7:3930
table 45 test.t tiflash 1

region 10 keys ..7480000000000000FF2D5F720000000000FA voters 11@1 12@2 13@3
region 20 table test.t rows ..4000 leader 1 size 90 voters 21@1 22@2 23@3 learners 24@7
region 30 table test.t rows 4000.. leader 2 voters 31@1 32@2 33@3 learners 34@7
region 40 after test.t voters 41@1 42@2 43@3

step
title en Nothing
title zh 无
text en Nothing.
text zh 无。
    wait 1s
";

/// A cluster and what is asked of it.
pub struct Life {
    /// The cluster.
    pub cluster: Cluster,
}

impl Life {
    /// The cluster of [`SETUP`] under the newest release, 20 s old.
    pub fn new(seed: u64) -> Life {
        Life::of(SETUP, Release::V8_5_8.knobs(), seed)
    }

    /// Another cluster, 20 s old.
    pub fn of(setup: &str, knobs: Knobs, seed: u64) -> Life {
        let scenario = Scenario::parse("life", setup).expect("it reads");
        let mut cluster = Cluster::new(&scenario.setup, knobs, seed).expect("it stands");
        cluster.advance(Millis(20 * SECOND));
        Life { cluster }
    }

    /// What becomes of a line that somebody types.
    ///
    /// # Errors
    /// The refusal.
    pub fn try_ask(&mut self, line: &str) -> Result<(), Refusal> {
        self.cluster.apply(&command(line)).map(drop)
    }

    /// Somebody types a line that is accepted.
    pub fn ask(&mut self, line: &str) {
        self.try_ask(line).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    }

    /// Time passes, and no law is broken.
    pub fn pass(&mut self, ms: u64) {
        typed::pass(&mut self.cluster, ms);
    }

    /// Time passes until something is so, for at most `ms`.
    pub fn until(&mut self, ms: u64, is_so: impl Fn(&Cluster) -> bool) {
        let came = typed::comes_true(&mut self.cluster, ms, 1, is_so);
        assert!(came, "it did not come true in {ms} ms");
    }

    /// Whether an event of this kind has happened.
    pub fn has_seen(&self, is_it: impl Fn(&EventKind) -> bool) -> bool {
        self.cluster.events().iter().any(|event| is_it(&event.kind))
    }

    /// The regions of the table that a running store has peers of, by range.
    pub fn regions_on(&self, store: u64) -> Vec<Region> {
        let store = self.cluster.store(StoreId(store)).expect("known");
        let peers = store.peers().filter(|peer| peer.is_initialized());
        let mut regions: Vec<Region> = peers.map(|peer| (**peer.region()).clone()).collect();
        regions.retain(|region| region.start.table() == Some(TABLE));
        regions.sort_by(|a, b| a.start.cmp(&b.start));
        regions
    }

    /// The store that leads a region.
    pub fn leader(&self, region: RegionId) -> Option<StoreId> {
        self.cluster.leader_of(region).map(|peer| peer.store())
    }
}

/// The key of a row of the table.
pub fn row(row: u64) -> Key {
    Key::record(TABLE, row)
}

/// The command that splits region 20 at these rows.
pub fn split_at(rows: &[u64]) -> String {
    let keys: Vec<String> = rows.iter().map(|at| row(*at).to_string()).collect();
    format!("operator add split-region {LEFT} --policy=usekey --keys={}", keys.join(","))
}
