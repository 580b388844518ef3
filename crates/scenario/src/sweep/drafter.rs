//! Draws clusters.

use std::collections::{BTreeMap, BTreeSet};

use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::setup::{RegionSetup, StoreSetup, TableSetup};
use sim::store::{Engine, StoreMeta, StoreState};
use sim::{PeerId, RegionId, Setup, StoreId, TableId};

use super::dice::Dice;

/// What a drawn cluster may begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Anything that a setup can say: stores that are buried or stopped, members that are missing
    /// or destroyed, regions that reach across the edges of tables.
    Anything,
    /// All is well: what goes wrong later was not wrong before.
    Whole,
}

/// See the module.
pub(super) struct Drafter<'a> {
    pub(super) dice: &'a mut Dice,
    pub(super) beginning: Beginning,
}

impl Drafter<'_> {
    pub(super) fn setup(mut self) -> Setup {
        let stores = self.stores();
        let tables = self.tables(count(&stores, Engine::TiFlash));
        let max_replicas = self.dice.between(1, count(&stores, Engine::TiKv).min(5));
        let regions = self.regions(&stores, &tables, max_replicas);
        Setup { stores, regions, tables, max_replicas, cores: 0 }
    }

    fn stores(&mut self) -> Vec<StoreSetup> {
        let (tikv, most_tiflash) = match self.beginning {
            Beginning::Anything => (self.dice.between(2, 6), 2),
            Beginning::Whole => (self.dice.between(2, 6), 3),
        };
        let tiflash = self.dice.between(3_u64.saturating_sub(tikv), most_tiflash);
        let tikv = (1..=tikv).map(|id| (StoreId(id), Engine::TiKv));
        let tiflash = (1..=tiflash).map(|id| (StoreId(100 + id), Engine::TiFlash));
        tikv.chain(tiflash).map(|(id, engine)| self.store(id, engine)).collect()
    }

    fn store(&mut self, id: StoreId, engine: Engine) -> StoreSetup {
        let zone = self.dice.one_of(&["dc1", "dc2"]).to_string();
        let (state, running) = match self.beginning {
            Beginning::Whole => (StoreState::Up, true),
            Beginning::Anything => {
                let state = match self.dice.between(1, 40) {
                    1 => StoreState::Offline,
                    2 => StoreState::Tombstone,
                    _ => StoreState::Up,
                };
                (state, state != StoreState::Tombstone && !self.dice.once_in(30))
            }
        };
        let address = format!("10.0.0.{id}:20160");
        let labels = BTreeMap::from([("zone".to_string(), zone)]);
        StoreSetup {
            meta: StoreMeta { id, engine, address, labels },
            state,
            running,
            heartbeat_phase_ms: self.dice.once_in(2).then(|| self.dice.between(0, 9_999)),
        }
    }

    fn tables(&mut self, tiflash: u64) -> Vec<TableSetup> {
        let count = match self.beginning {
            Beginning::Anything => self.dice.between(1, 4),
            Beginning::Whole => self.dice.between(1, 3),
        };
        let table = |id| TableSetup {
            id: TableId(id),
            name: format!("test.t{id}"),
            tiflash_replicas: self.dice.between(0, tiflash),
            available: self.dice.once_in(2),
        };
        (45..45 + count).map(table).collect()
    }

    /// The keys at which regions begin. In a whole cluster each table's rows have regions of their
    /// own, as TiDB splits them when it creates the table.
    fn starts(&mut self, tables: &[TableSetup]) -> Vec<Key> {
        let mut optional = BTreeSet::new();
        let mut needed = BTreeSet::from([Key::default()]);
        for table in tables {
            let bounds = [Key::table_prefix(table.id), Key::record_prefix(table.id)];
            match self.beginning {
                Beginning::Anything => optional.extend(bounds),
                Beginning::Whole => {
                    needed.extend(bounds);
                    needed.insert(Key::table_prefix(TableId(table.id.0 + 1)));
                }
            }
            optional.extend([1_000, 2_000].map(|row| Key::record(table.id, row)));
        }
        let optional: Vec<Key> = optional.into_iter().collect();
        let most = match self.beginning {
            Beginning::Anything => 11,
            Beginning::Whole => 4,
        };
        let count = self.dice.between(0, most) as usize;
        needed.extend(self.dice.some_of(&optional, count));
        needed.into_iter().collect()
    }

    fn regions(
        &mut self,
        stores: &[StoreSetup],
        tables: &[TableSetup],
        max_replicas: u64,
    ) -> Vec<RegionSetup> {
        let starts = self.starts(tables);
        let ends: Vec<Key> = starts.iter().skip(1).cloned().chain([Key::default()]).collect();
        let ranges = starts.into_iter().zip(ends).zip(1..);
        ranges
            .map(|((start, end), nth)| {
                let has_rows = |table: &&TableSetup| Key::record_prefix(table.id) <= start;
                let table = tables.iter().find(|table| start.table() == Some(table.id));
                let table = match self.beginning {
                    Beginning::Anything => table,
                    Beginning::Whole => table.filter(has_rows),
                };
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
        if self.beginning == Beginning::Anything {
            for peer in region.peers.iter().filter(|peer| leader != Some(peer.store)) {
                match self.dice.between(1, 30) {
                    1 => drop(missing.insert(peer.store)),
                    2 => drop(tombstones.insert(peer.store, peer.id)),
                    _ => {}
                }
            }
        }
        let size_mib = self.dice.between(0, 200);
        RegionSetup { region, leader, missing, tombstones, size_mib }
    }
}

fn count(stores: &[StoreSetup], engine: Engine) -> u64 {
    stores.iter().filter(|store| store.meta.engine == engine).count() as u64
}
