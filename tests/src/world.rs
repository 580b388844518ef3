//! A small cluster that tests do things to in the words people type: one region with three voters
//! and a TiFlash learner.

use scenario::Scenario;
use sim::ids::SECOND;
use sim::store::StoreStatus;
use sim::{Cluster, EventKind, Millis, RegionId, Release, StoreId};

use crate::typed::{self, command};

/// The region.
pub const REGION: RegionId = RegionId(10);

/// Three voters and a learner of the region.
const SMALL: &str = "\
max-replicas 3
store 1 tikv address 10.0.0.1:20160
store 2 tikv address 10.0.0.2:20160
store 3 tikv address 10.0.0.3:20160
store 7 tiflash address 10.0.0.7:3930
table 45 test.t tiflash 1 available
region 10 table test.t rows .. leader 1 voters 1 2 3 learners 7
";

/// See the module.
pub struct World {
    /// The cluster itself.
    pub cluster: Cluster,
}

impl World {
    /// The cluster under 8.5.8, five seconds after its start.
    ///
    /// # Panics
    /// Never: the setup is right.
    pub fn new(seed: u64) -> World {
        World::of(Release::V8_5_8, seed)
    }

    /// The cluster under a release, five seconds after its start.
    ///
    /// # Panics
    /// Never: the setup is right.
    pub fn of(release: Release, seed: u64) -> World {
        World::built(SMALL, release, seed)
    }

    /// Another cluster, in the lines of scenario files.
    ///
    /// # Panics
    /// If the lines are wrong.
    pub fn built(lines: &str, release: Release, seed: u64) -> World {
        let head = "scenario world\ntitle en -\ntitle zh -\nopening en -\nopening zh -\nseed 1\n";
        let step = "step\ntitle en -\ntitle zh -\ntext en -\ntext zh -\n    wait 1ms\n";
        let text = format!("{head}end 1ms\n{lines}{step}");
        let scenario = Scenario::parse("world", &text).unwrap_or_else(|error| panic!("{error}"));
        let cluster = Cluster::new(&scenario.setup, release.knobs(), seed);
        let mut world = World { cluster: cluster.expect("the parser has checked it") };
        world.wait(5 * SECOND);
        world
    }

    /// Carries out what a line asks for.
    ///
    /// # Panics
    /// If it cannot be read, or is refused.
    pub fn ask(&mut self, line: &str) {
        self.cluster.apply(&command(line)).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    }

    /// Why a line is refused.
    ///
    /// # Panics
    /// If it cannot be read, or is carried out.
    pub fn refused(&mut self, line: &str) -> String {
        self.cluster.apply(&command(line)).expect_err(line).to_string()
    }

    /// Lets milliseconds pass.
    ///
    /// # Panics
    /// If a law is broken.
    pub fn wait(&mut self, ms: u64) {
        typed::pass(&mut self.cluster, ms);
    }

    /// Where the log of the peer on a store ends.
    ///
    /// # Panics
    /// If there is no peer.
    pub fn last_index(&self, store: u64) -> u64 {
        self.cluster.store(StoreId(store)).expect("known").peer(REGION).expect("here").last_index()
    }

    /// The store that leads the region.
    pub fn leader(&self) -> Option<StoreId> {
        self.cluster.leader_of(REGION).map(sim::raftstore::PeerFsm::store)
    }

    /// What PD calls a store.
    ///
    /// # Panics
    /// If PD does not know it.
    pub fn status(&self, store: u64) -> StoreStatus {
        let record = &self.cluster.pd().stores()[&StoreId(store)];
        record.status(self.cluster.now())
    }

    /// Whether something has happened since a moment.
    pub fn happened(&self, since: Millis, is_it: impl Fn(&EventKind) -> bool) -> bool {
        self.cluster.events().iter().any(|event| since <= event.at && is_it(&event.kind))
    }
}
