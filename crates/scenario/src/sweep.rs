//! Random runs: from a seed alone a small cluster, and a string of commands that operators, bad
//! luck and mistakes could bring upon it. Tests take hundreds of seeds through it and compare, also
//! natively with wasm: the same seed has to end at the same fingerprint everywhere.
//!
//! The plan is made before the run and does not look at it, so a plan can be printed, shortened and
//! lived through in slices of any size.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sim::fault::Links;
use sim::ids::{MINUTE, SECOND};
use sim::invariants::Broken;
use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::setup::{RegionSetup, StoreSetup, TableSetup};
use sim::store::{Engine, StoreMeta, StoreState};
use sim::{
    Cluster, Command, Millis, PeerId, RecoveryOptions, RegionId, Release, Setup, StoreId, TableId,
};

use crate::request::{Request, Wait};

/// How a random run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The digest of the whole run.
    pub fingerprint: u64,
    /// The laws it broke: none, unless the simulation has a defect.
    pub broken: Vec<Broken>,
    /// How many events it had.
    pub events: usize,
}

/// Lives through the plan of this seed. A few milliseconds of real time.
pub fn random_run(seed: u64) -> Outcome {
    Plan::of(seed).run(SECOND)
}

/// One number for the fingerprints of all these seeds, for comparing many runs at once.
pub fn digest(seeds: std::ops::Range<u64>) -> u64 {
    // FNV-1a, a whole fingerprint at a time.
    let fold = |digest: u64, print: u64| (digest ^ print).wrapping_mul(0x0000_0100_0000_01B3);
    seeds.map(|seed| random_run(seed).fingerprint).fold(0xCBF2_9CE4_8422_2325, fold)
}

/// A cluster and what is to happen to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed it was drawn from, and that the cluster is given.
    pub seed: u64,
    /// The cluster.
    pub setup: Setup,
    /// The release it begins with.
    pub release: Release,
    /// What happens, one after the other.
    pub deeds: Vec<Deed>,
}

/// One thing that happens to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A command, which may be refused.
    Command(Command),
    /// So many milliseconds pass.
    Wait(u64),
    /// Every store and PD change to another release at once.
    Upgrade(Release),
}

/// Writes the deeds as lines of a scenario, where the grammar has them.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# seed {}, {}", self.seed, self.release)?;
        for deed in &self.deeds {
            match deed {
                Deed::Command(command) => writeln!(f, "{}", Request::Command(command.clone()))?,
                Deed::Wait(ms) => writeln!(f, "{}", Request::Wait(Wait::For(*ms)))?,
                Deed::Upgrade(release) => writeln!(f, "# every knob as in {release}")?,
            }
        }
        Ok(())
    }
}

impl Plan {
    /// The plan that this seed stands for.
    pub fn of(seed: u64) -> Plan {
        let mut dice = Dice { state: seed };
        let release = dice.one_of(&Release::ALL);
        let setup = Drafter { dice: &mut dice }.setup();
        let mut script =
            Script { dice: &mut dice, setup: &setup, stopped: BTreeSet::new(), deeds: Vec::new() };
        script.write();
        let deeds = script.deeds;
        Plan { seed, setup, release, deeds }
    }

    /// Lives through it, looking at every law each time that `slice_ms` milliseconds have passed.
    ///
    /// # Panics
    /// If `slice_ms` is 0.
    pub fn run(&self, slice_ms: u64) -> Outcome {
        assert!(0 < slice_ms, "time has to pass");
        let cluster = Cluster::new(&self.setup, self.release.knobs(), self.seed);
        let mut cluster = cluster.expect("a drawn setup keeps the rules of setups");
        for deed in &self.deeds {
            match deed {
                Deed::Command(command) => {
                    // Refused commands are part of the plan; what they may not do is tested.
                    let _refused = cluster.apply(command).is_err();
                }
                Deed::Wait(ms) => advance(&mut cluster, *ms, slice_ms),
                Deed::Upgrade(release) => cluster.set_knobs(release.knobs()),
            }
        }
        Outcome {
            fingerprint: cluster.fingerprint(),
            broken: cluster.broken_invariants().to_vec(),
            events: cluster.events().len(),
        }
    }
}

fn advance(cluster: &mut Cluster, ms: u64, slice_ms: u64) {
    let until = cluster.now().after(ms);
    while cluster.now() < until {
        let next = Millis(cluster.now().0.saturating_add(slice_ms));
        cluster.advance(next.min(until));
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), as in `sim`, whose own draws are none of ours.
struct Dice {
    state: u64,
}

impl Dice {
    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "nothing lies between {low} and {high}");
        low + self.roll() % (high - low + 1)
    }

    /// True once in `n` on average.
    fn once_in(&mut self, n: u64) -> bool {
        self.roll().is_multiple_of(n)
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let last = choices.len() as u64 - 1;
        choices[self.between(0, last) as usize].clone()
    }

    /// `count` of the choices, or all if there are fewer, in a drawn order.
    fn some_of<T: Clone>(&mut self, choices: &[T], count: usize) -> Vec<T> {
        let mut rest = choices.to_vec();
        let mut drawn = Vec::new();
        while drawn.len() < count && !rest.is_empty() {
            let at = self.between(0, rest.len() as u64 - 1) as usize;
            drawn.push(rest.remove(at));
        }
        drawn
    }
}

/// Draws clusters.
struct Drafter<'a> {
    dice: &'a mut Dice,
}

impl Drafter<'_> {
    fn setup(mut self) -> Setup {
        let stores = self.stores();
        let tables = self.tables(count(&stores, Engine::TiFlash));
        let max_replicas = self.dice.between(1, count(&stores, Engine::TiKv).min(5));
        let regions = self.regions(&stores, &tables, max_replicas);
        Setup { stores, regions, tables, max_replicas }
    }

    fn stores(&mut self) -> Vec<StoreSetup> {
        let tikv = self.dice.between(2, 6);
        let tiflash = self.dice.between(3_u64.saturating_sub(tikv), 2);
        let tikv = (1..=tikv).map(|id| (StoreId(id), Engine::TiKv));
        let tiflash = (1..=tiflash).map(|id| (StoreId(100 + id), Engine::TiFlash));
        tikv.chain(tiflash).map(|(id, engine)| self.store(id, engine)).collect()
    }

    fn store(&mut self, id: StoreId, engine: Engine) -> StoreSetup {
        let zone = self.dice.one_of(&["dc1", "dc2"]).to_string();
        let state = match self.dice.between(1, 40) {
            1 => StoreState::Offline,
            2 => StoreState::Tombstone,
            _ => StoreState::Up,
        };
        let address = format!("10.0.0.{id}:20160");
        let labels = BTreeMap::from([("zone".to_string(), zone)]);
        StoreSetup {
            meta: StoreMeta { id, engine, address, labels },
            state,
            running: state != StoreState::Tombstone && !self.dice.once_in(30),
            heartbeat_phase_ms: self.dice.once_in(2).then(|| self.dice.between(0, 9_999)),
        }
    }

    fn tables(&mut self, tiflash: u64) -> Vec<TableSetup> {
        let count = self.dice.between(1, 4);
        let table = |id| TableSetup {
            id: TableId(id),
            name: format!("test.t{id}"),
            tiflash_replicas: self.dice.between(0, tiflash),
            available: self.dice.once_in(2),
        };
        (45..45 + count).map(table).collect()
    }

    fn regions(
        &mut self,
        stores: &[StoreSetup],
        tables: &[TableSetup],
        max_replicas: u64,
    ) -> Vec<RegionSetup> {
        let mut bounds = BTreeSet::new();
        for table in tables {
            bounds.extend([Key::table_prefix(table.id), Key::record_prefix(table.id)]);
            bounds.extend([1_000, 2_000].map(|row| Key::record(table.id, row)));
        }
        let bounds: Vec<Key> = bounds.into_iter().collect();
        let count = self.dice.between(0, 11) as usize;
        let mut starts = self.dice.some_of(&bounds, count);
        starts.push(Key::default());
        starts.sort();
        let ends: Vec<Key> = starts.iter().skip(1).cloned().chain([Key::default()]).collect();
        let ranges = starts.into_iter().zip(ends).zip(1..);
        ranges
            .map(|((start, end), nth)| {
                let table = tables.iter().find(|table| start.table() == Some(table.id));
                let tiflash = table.map_or(0, |table| table.tiflash_replicas);
                let peers = self.peers(1_000 + 20 * nth, stores, max_replicas, tiflash);
                let id = RegionId(1_000 + 20 * nth);
                let (version, conf_ver) = (self.dice.between(1, 90), self.dice.between(1, 30));
                let epoch = RegionEpoch { version, conf_ver };
                self.region(Region { id, start, end, epoch, peers }, stores)
            })
            .collect()
    }

    fn peers(
        &mut self,
        region: u64,
        stores: &[StoreSetup],
        voters: u64,
        learners: u64,
    ) -> Vec<Peer> {
        let on = |engine| -> Vec<StoreId> {
            let of = stores.iter().filter(|store| store.meta.engine == engine);
            of.map(|store| store.meta.id).collect()
        };
        let voters = self.dice.some_of(&on(Engine::TiKv), voters as usize);
        let learners = self.dice.some_of(&on(Engine::TiFlash), learners as usize);
        let voters = voters.into_iter().map(|store| (store, PeerRole::Voter));
        let learners = learners.into_iter().map(|store| (store, PeerRole::Learner));
        let members = voters.chain(learners).zip(1..);
        members.map(|((store, role), nth)| Peer { id: PeerId(region + nth), store, role }).collect()
    }

    fn region(&mut self, region: Region, stores: &[StoreSetup]) -> RegionSetup {
        let runs =
            |peer: &&Peer| stores.iter().any(|store| store.meta.id == peer.store && store.running);
        let is_voter = |peer: &&Peer| peer.role == PeerRole::Voter;
        let can_lead: Vec<StoreId> =
            region.peers.iter().filter(is_voter).filter(runs).map(|peer| peer.store).collect();
        let has_leader = !can_lead.is_empty() && !self.dice.once_in(4);
        let leader = has_leader.then(|| self.dice.one_of(&can_lead));
        let (mut missing, mut tombstones) = (BTreeSet::new(), BTreeMap::new());
        for peer in region.peers.iter().filter(|peer| leader != Some(peer.store)) {
            match self.dice.between(1, 30) {
                1 => drop(missing.insert(peer.store)),
                2 => drop(tombstones.insert(peer.store, peer.id)),
                _ => {}
            }
        }
        let size_mib = self.dice.between(0, 200);
        RegionSetup { region, leader, missing, tombstones, size_mib }
    }
}

fn count(stores: &[StoreSetup], engine: Engine) -> u64 {
    stores.iter().filter(|store| store.meta.engine == engine).count() as u64
}

/// Draws what happens to a cluster.
struct Script<'a> {
    dice: &'a mut Dice,
    setup: &'a Setup,
    /// Stores that were told to stop and not to start again. Operators give up such stores.
    stopped: BTreeSet<StoreId>,
    deeds: Vec<Deed>,
}

/// No store, region or table of any plan.
const UNKNOWN: u64 = 9_999;

impl Script<'_> {
    fn write(&mut self) {
        if !self.dice.once_in(3) {
            self.load();
        }
        self.wait(MINUTE);
        for _ in 0..self.dice.between(10, 30) {
            if self.dice.once_in(25) {
                let release = self.dice.one_of(&Release::ALL);
                self.deeds.push(Deed::Upgrade(release));
            }
            self.command();
            self.wait(MINUTE);
        }
        // Long enough for what was begun to end.
        self.deeds.push(Deed::Wait(2 * MINUTE));
    }

    /// From a tenth of a second to `longest` milliseconds, as often short as long.
    fn wait(&mut self, longest: u64) {
        let longest = if self.dice.once_in(2) { longest } else { 3 * SECOND };
        let ms = self.dice.between(SECOND / 10, longest);
        self.deeds.push(Deed::Wait(ms));
    }

    fn ask(&mut self, command: Command) {
        self.deeds.push(Deed::Command(command));
    }

    fn command(&mut self) {
        match self.dice.between(1, 22) {
            1..=3 => self.stop(),
            4..=6 => self.start(),
            7 => self.break_network(),
            8 => self.ask(Command::Heal(None)),
            9 => self.lose_disk(),
            10 => self.load(),
            11..=13 => self.recover(),
            14 | 15 => self.ask(Command::RemoveTombstone),
            16 => {
                let count = self.dice.between(0, 5);
                self.ask(Command::SetMaxReplicas(count));
            }
            17..=19 => self.operator(),
            20 | 21 => {
                let (table, count) = (self.table(), self.dice.between(0, 3));
                self.ask(Command::SetTiflashReplica { table, count });
            }
            _ => {
                let store = self.store();
                let delete = Command::DeleteStore(store);
                let cancel = Command::CancelDeleteStore(store);
                let command = self.dice.one_of(&[delete.clone(), delete, cancel]);
                self.ask(command);
            }
        }
    }

    fn stop(&mut self) {
        let stores = self.stores();
        self.stopped.extend(&stores);
        self.ask(Command::StopStores(stores));
    }

    fn start(&mut self) {
        let stores = if self.stopped.is_empty() || self.dice.once_in(5) {
            self.stores()
        } else {
            let stopped: Vec<StoreId> = self.stopped.iter().copied().collect();
            let count = self.dice.between(1, stopped.len() as u64) as usize;
            self.dice.some_of(&stopped, count)
        };
        self.stopped.retain(|store| !stores.contains(store));
        self.ask(Command::StartStores(stores));
    }

    fn break_network(&mut self) {
        let (from, to) = if self.dice.once_in(2) {
            (self.zone("dc1"), self.zone("dc2"))
        } else {
            (self.stores(), self.stores())
        };
        let by_ms = self.dice.one_of(&[0, 500, 2_000, 10_000]);
        let cut = Command::Cut(Links::between(&from, &to));
        let delay = Command::Delay { links: Links::one_way(&from, &to), by_ms };
        let command = self.dice.one_of(&[cut, delay]);
        self.ask(command);
    }

    fn lose_disk(&mut self) {
        let stopped: Vec<StoreId> = self.stopped.iter().copied().collect();
        let store = match stopped.is_empty() {
            true => self.store(),
            false => self.dice.one_of(&stopped),
        };
        self.ask(Command::LoseDisk(store));
    }

    fn load(&mut self) {
        let table = self.table();
        let tables = self.dice.one_of(&[vec![], vec![table]]);
        let writes_per_minute = self.dice.one_of(&[0, 6, 60, 60, 300, 60_001]);
        self.ask(Command::SetLoad { tables, writes_per_minute });
    }

    /// Mostly as an operator would: the stores that were stopped, once PD has missed them.
    fn recover(&mut self) {
        let stores: Vec<StoreId> = match self.stopped.is_empty() || self.dice.once_in(6) {
            true => self.stores(),
            false => self.stopped.iter().copied().collect(),
        };
        if !self.dice.once_in(4) {
            let ms = self.dice.between(20 * SECOND, 40 * SECOND);
            self.deeds.push(Deed::Wait(ms));
        }
        let auto_detect = self.dice.once_in(8);
        let stores = if auto_detect || self.dice.once_in(30) { Vec::new() } else { stores };
        let timeout_s = self.dice.one_of(&[None, None, Some(60), Some(300)]);
        let options = RecoveryOptions::default();
        self.ask(Command::RemoveFailedStores { stores, auto_detect, timeout_s, options });
        if self.dice.once_in(2) {
            let ms = self.dice.between(30 * SECOND, 2 * MINUTE);
            self.deeds.push(Deed::Wait(ms));
        }
    }

    fn operator(&mut self) {
        let (region, store) = (self.region(), self.store());
        let command = self.dice.one_of(&[
            Command::AddRemovePeer { region, store },
            Command::AddAddLearner { region, store },
            Command::AddTransferLeader { region, store },
            Command::RemoveOperator(region),
        ]);
        self.ask(command);
    }

    fn store(&mut self) -> StoreId {
        if self.dice.once_in(15) {
            return StoreId(UNKNOWN);
        }
        let stores: Vec<StoreId> = self.setup.stores.iter().map(|store| store.meta.id).collect();
        self.dice.one_of(&stores)
    }

    /// One or a few stores, each once.
    fn stores(&mut self) -> Vec<StoreId> {
        let count = self.dice.one_of(&[1, 1, 1, 2, 3]);
        let drawn: BTreeSet<StoreId> = (0..count).map(|_| self.store()).collect();
        drawn.into_iter().collect()
    }

    fn zone(&self, name: &str) -> Vec<StoreId> {
        let stores = self.setup.stores.iter().map(|store| &store.meta);
        let here = stores.filter(|meta| meta.labels.get("zone").is_some_and(|zone| zone == name));
        here.map(|meta| meta.id).collect()
    }

    fn region(&mut self) -> RegionId {
        if self.dice.once_in(15) {
            return RegionId(UNKNOWN);
        }
        let regions = &self.setup.regions;
        let regions: Vec<RegionId> = regions.iter().map(|region| region.region.id).collect();
        self.dice.one_of(&regions)
    }

    fn table(&mut self) -> String {
        if self.dice.once_in(15) {
            return "test.nowhere".to_string();
        }
        let tables: Vec<String> =
            self.setup.tables.iter().map(|table| table.name.clone()).collect();
        self.dice.one_of(&tables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_draws_a_cluster_that_can_be_built_and_enough_to_do() {
        for seed in 0..500 {
            let plan = Plan::of(seed);
            assert_eq!(plan.setup.check(), Ok(()), "seed {seed}");
            assert!((3..=8).contains(&plan.setup.stores.len()), "seed {seed}");
            assert!((1..=12).contains(&plan.setup.regions.len()), "seed {seed}");
            let is_command = |deed: &&Deed| matches!(deed, Deed::Command(_));
            let commands = plan.deeds.iter().filter(is_command).count();
            assert!((10..=31).contains(&commands), "seed {seed}: {commands} commands");
        }
    }

    #[test]
    fn plans_are_the_seed_s_and_differ_between_seeds() {
        assert_eq!(Plan::of(7), Plan::of(7));
        assert_ne!(Plan::of(7).deeds, Plan::of(8).deeds);
    }
}
