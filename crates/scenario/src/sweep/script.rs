//! Draws what happens to a cluster: what operators, bad luck and mistakes could bring upon it.

mod machines;
mod scheduling;

use std::collections::BTreeSet;

use sim::fault::{Links, MessageKind, Mishap, Mishaps, Node};
use sim::ids::{MINUTE, SECOND};
use sim::store::{Engine, StoreMeta};
use sim::{Command, PdCommand, RecoveryOptions, RegionId, Release, Setup, StoreId};

use super::Deed;
use super::dice::Dice;

/// See the module.
pub(super) struct Script<'a> {
    dice: &'a mut Dice,
    setup: &'a Setup,
    /// Stores that were told to stop and not to start again. Operators give up such stores.
    stopped: BTreeSet<StoreId>,
    /// Stores that were added on the way.
    added: Vec<StoreMeta>,
    /// Whether every store and PD may change to another release on the way.
    upgrades: bool,
    deeds: Vec<Deed>,
}

/// No store, region or table of any plan.
const UNKNOWN: u64 = 9_999;

impl<'a> Script<'a> {
    /// What happens to a cluster that begins as `setup`.
    pub(super) fn draw(dice: &'a mut Dice, setup: &'a Setup, upgrades: bool) -> Vec<Deed> {
        let (stopped, added) = (BTreeSet::new(), Vec::new());
        let mut script = Script { dice, setup, stopped, added, upgrades, deeds: Vec::new() };
        script.write();
        script.deeds
    }

    fn write(&mut self) {
        if !self.dice.once_in(3) {
            self.load();
        }
        self.wait(MINUTE);
        for _ in 0..self.dice.between(10, 30) {
            if self.upgrades && self.dice.once_in(25) {
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
        match self.dice.between(1, 40) {
            1..=3 => self.stop(),
            4..=6 => self.start(),
            7 => self.break_network(),
            8 => self.ask(Command::Heal(None)),
            9 => self.lose_disk(),
            10 => self.load(),
            11..=13 => self.recover(),
            14 | 15 => self.ask(Command::Pd(PdCommand::RemoveTombstone)),
            16 => {
                let count = self.dice.between(0, 5);
                self.ask(Command::Pd(PdCommand::SetMaxReplicas(count)));
            }
            17..=19 => self.operator(),
            20 | 21 => {
                let (table, count) = (self.table(), self.dice.between(0, 3));
                self.ask(Command::SetTiflashReplica { table, count });
            }
            22 | 23 => self.lose_zone(),
            24 | 25 => self.befall_messages(),
            26 => self.trouble_pd(),
            27 => self.start_cold(),
            28..=30 => self.reshape(),
            31 | 32 => self.trouble_machine(),
            33 => self.replace_machine(),
            34 => self.add_store(),
            35 => self.ask_clients(),
            36 => self.set_schedulers(),
            37 => self.replicate_over_two(),
            38 => self.configure(),
            39 => self.upset_pd(),
            _ => {
                let store = self.store();
                let delete = Command::Pd(PdCommand::DeleteStore(store));
                let cancel = Command::Pd(PdCommand::CancelDeleteStore(store));
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
        let (mut from, mut to) = (self.zone("dc1"), self.zone("dc2"));
        if from.is_empty() || to.is_empty() || self.dice.once_in(2) {
            (from, to) = (self.stores(), self.stores());
        }
        let by_ms = self.dice.one_of(&[0, 500, 2_000, 10_000]);
        let off_pd =
            Links { from: Links::one_way(&from, &[]).from, to: vec![Node::Pd], both_ways: true };
        let command = self.dice.one_of(&[
            Command::Cut(Links::between(&from, &to)),
            Command::Cut(Links::one_way(&from, &to)),
            Command::Cut(off_pd),
            Command::Delay { links: Links::one_way(&from, &to), by_ms },
            Command::Delay { links: Links::between(&from, &to), by_ms },
        ]);
        self.ask(command);
    }

    /// Some messages are lost, doubled or late.
    fn befall_messages(&mut self) {
        let kinds = [MessageKind::MsgAppend, MessageKind::MsgHeartbeat, MessageKind::MsgSnapshot];
        let kind = match self.dice.once_in(2) {
            true => None,
            false => Some(self.dice.one_of(&kinds)),
        };
        let mishap = self.dice.one_of(&[Mishap::Drop, Mishap::Duplicate, Mishap::Reorder]);
        let region = self.dice.once_in(4).then(|| self.region());
        let links = Links::between(&self.stores(), &self.stores());
        let percent = self.dice.one_of(&[1, 10, 50]);
        let mishaps = Mishaps { mishap, kind, region };
        self.ask(Command::SetMishaps { links, mishaps, percent });
    }

    /// PD loses its leader, or is gone for a while.
    fn trouble_pd(&mut self) {
        match self.dice.between(1, 3) {
            1 => self.ask(Command::Pd(PdCommand::LosePdLeader)),
            2 => self.ask(Command::Pd(PdCommand::ResignPdLeader)),
            _ => {
                self.ask(Command::Pd(PdCommand::StopPd));
                self.pause(SECOND, 40 * SECOND);
                self.ask(Command::Pd(PdCommand::StartPd));
            }
        }
    }

    /// PD is made anew without its stores, and they start and register one after the other.
    fn start_cold(&mut self) {
        let running = self.running();
        for store in &running {
            self.ask(Command::StopStores(vec![*store]));
        }
        self.ask(Command::Pd(PdCommand::RecoverPd));
        self.ask(Command::Pd(PdCommand::StopPd));
        self.ask(Command::Pd(PdCommand::ForceNewPdCluster));
        self.pause(6 * SECOND, 20 * SECOND);
        for store in running {
            self.ask(Command::StartStores(vec![store]));
            self.pause(SECOND, 25 * SECOND);
        }
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
        let mistaken = self.upgrades && self.dice.once_in(6);
        let stores: Vec<StoreId> = match self.stopped.is_empty() || mistaken {
            true => self.stores(),
            false => self.stopped.iter().copied().collect(),
        };
        if !self.dice.once_in(4) {
            let ms = self.dice.between(20 * SECOND, 40 * SECOND);
            self.deeds.push(Deed::Wait(ms));
        }
        let auto_detect = self.dice.once_in(8);
        let stores = if auto_detect { Vec::new() } else { stores };
        let timeout_s = self.dice.one_of(&[None, None, Some(60), Some(120)]);
        let options = RecoveryOptions::default();
        self.ask(Command::Pd(PdCommand::RemoveFailedStores {
            stores,
            auto_detect,
            timeout_s,
            options,
        }));
        if self.dice.once_in(2) {
            let ms = self.dice.between(30 * SECOND, 2 * MINUTE);
            self.deeds.push(Deed::Wait(ms));
        }
    }

    /// A zone fails under load, often after its line to the other has got slow, so that TiFlash
    /// there may know more than TiKV; it is given up, and cleared away more or less hastily.
    fn lose_zone(&mut self) {
        let (lost, kept) = match self.dice.once_in(2) {
            true => (self.zone("dc1"), self.zone("dc2")),
            false => (self.zone("dc2"), self.zone("dc1")),
        };
        let lost: Vec<StoreId> =
            lost.into_iter().filter(|store| !self.stopped.contains(store)).collect();
        if lost.is_empty() || kept.is_empty() {
            return self.stop();
        }
        self.ask(Command::SetLoad { tables: Vec::new(), writes_per_minute: 60 });
        self.pause(2 * SECOND, 12 * SECOND);
        let from = self.of_engine(&lost, Engine::TiKv);
        let to = self.of_engine(&kept, Engine::TiKv);
        if !from.is_empty() && !to.is_empty() && !self.dice.once_in(3) {
            self.ask(Command::Delay { links: Links::one_way(&from, &to), by_ms: 2_000 });
            self.pause(SECOND, 3 * SECOND);
        }
        self.stopped.extend(&lost);
        self.ask(Command::StopStores(lost.clone()));
        self.pause(22 * SECOND, 50 * SECOND);
        // A recovery has to be told of every store that is gone, also of those given up before.
        let stores = self.stopped.iter().copied().collect();
        let (auto_detect, timeout_s) = (false, None);
        let options = RecoveryOptions::default();
        self.ask(Command::Pd(PdCommand::RemoveFailedStores {
            stores,
            auto_detect,
            timeout_s,
            options,
        }));
        self.pause(50 * SECOND, 3 * MINUTE);
        if self.dice.once_in(2) {
            self.ask(Command::Pd(PdCommand::RemoveTombstone));
            self.pause(SECOND, MINUTE);
        }
        if self.dice.once_in(8) {
            let back = self.dice.one_of(&lost);
            self.stopped.remove(&back);
            self.ask(Command::StartStores(vec![back]));
        }
        if self.dice.once_in(2) {
            let tables: Vec<String> = self.setup.tables.iter().map(|t| t.name.clone()).collect();
            for count in [0, 1] {
                for table in tables.clone() {
                    self.ask(Command::SetTiflashReplica { table, count });
                }
            }
        }
    }

    fn pause(&mut self, shortest: u64, longest: u64) {
        let ms = self.dice.between(shortest, longest);
        self.deeds.push(Deed::Wait(ms));
    }

    fn of_engine(&self, among: &[StoreId], engine: Engine) -> Vec<StoreId> {
        let fits = self.metas().filter(|meta| meta.engine == engine && among.contains(&meta.id));
        fits.map(|meta| meta.id).collect()
    }

    fn operator(&mut self) {
        let (region, from, store) = (self.region(), self.store(), self.store());
        let command = self.dice.one_of(&[
            Command::Pd(PdCommand::AddRemovePeer { region, store }),
            Command::Pd(PdCommand::AddAddLearner { region, store }),
            Command::Pd(PdCommand::AddTransferLeader { region, store }),
            Command::Pd(PdCommand::AddAddPeer { region, store }),
            Command::Pd(PdCommand::AddTransferPeer { region, from, to: store }),
            Command::Pd(PdCommand::RemoveOperator(region)),
        ]);
        self.ask(command);
    }

    /// Every store that the plan knows by its id.
    fn metas(&self) -> impl Iterator<Item = &StoreMeta> {
        self.setup.stores.iter().map(|store| &store.meta).chain(&self.added)
    }

    /// Those that were not told to stop for good.
    fn running(&self) -> Vec<StoreId> {
        let stores = self.metas().map(|meta| meta.id);
        stores.filter(|store| !self.stopped.contains(store)).collect()
    }

    fn store(&mut self) -> StoreId {
        if self.dice.once_in(15) {
            return StoreId(UNKNOWN);
        }
        let stores: Vec<StoreId> = self.metas().map(|meta| meta.id).collect();
        self.dice.one_of(&stores)
    }

    /// One or a few stores, each once.
    fn stores(&mut self) -> Vec<StoreId> {
        let count = self.dice.one_of(&[1, 1, 1, 2, 3]);
        let drawn: BTreeSet<StoreId> = (0..count).map(|_| self.store()).collect();
        drawn.into_iter().collect()
    }

    fn zone(&self, name: &str) -> Vec<StoreId> {
        let here =
            self.metas().filter(|meta| meta.labels.get("zone").is_some_and(|zone| zone == name));
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
