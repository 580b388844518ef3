//! What becomes of machines, short of their being stopped: they stall, slow down, are wiped, are
//! replaced and added.

use std::collections::BTreeMap;

use sim::command::MachineCommand::{Pause, PauseApply, Resume, ResumeApply, SkewClock, SlowDisk};
use sim::ids::{MINUTE, SECOND};
use sim::store::{Engine, StoreMeta};
use sim::{Command, PdCommand, StoreId};

use super::Script;

/// The id of the first store that is added; the setup has none as great.
const FIRST_ADDED: u64 = 201;
/// Most plans add few, and a cluster has to stay small.
const MOST_ADDED: usize = 3;

impl Script<'_> {
    /// A process stalls, an applier stands still, a disk slows down or a clock is off. Most of it
    /// is over by itself after a while.
    pub(super) fn trouble_machine(&mut self) {
        let (store, stores) = (self.store(), self.stores());
        let by_ms = self.dice.one_of(&[50, 200, 1_000, 5_000]);
        let off_ms = self.dice.one_of(&[-3_600_000, -30_000, 500, 90_000]);
        let stall = (Pause(stores.clone()), Resume(stores));
        let (trouble, end) = self.dice.one_of(&[
            stall.clone(),
            stall,
            (PauseApply(store), ResumeApply(store)),
            (SlowDisk { store, by_ms }, SlowDisk { store, by_ms: 0 }),
            (SkewClock { store, by_ms: off_ms }, SkewClock { store, by_ms: 0 }),
        ]);
        self.ask(Command::Machine(trouble));
        if self.dice.once_in(4) {
            return;
        }
        self.pause(SECOND, 50 * SECOND);
        self.ask(Command::Machine(end));
    }

    /// A machine is lost with its disk, and its successor listens on its address: as the same
    /// process on an empty disk, or as a store of its own. PD refuses both as long as nobody has
    /// told it that the old one is destroyed or given up.
    pub(super) fn replace_machine(&mut self) {
        let store = self.store();
        if self.stopped.insert(store) {
            self.ask(Command::StopStores(vec![store]));
            self.pause(SECOND, 30 * SECOND);
        }
        if !self.dice.once_in(4) {
            self.ask(Command::Pd(PdCommand::DestroyStore(store)));
        }
        let old = self.metas().find(|meta| meta.id == store).cloned();
        match old.filter(|_| self.dice.once_in(2)) {
            Some(old) => self.add(old.engine, old.address, old.labels),
            None => {
                self.ask(Command::LoseDisk(store));
                self.pause(SECOND, MINUTE);
                self.ask(Command::StartStores(vec![store]));
            }
        }
    }

    pub(super) fn add_store(&mut self) {
        let engine = self.dice.one_of(&[Engine::TiKv, Engine::TiKv, Engine::TiFlash]);
        let zone = self.dice.one_of(&["dc1", "dc2"]).to_owned();
        let address = format!("10.0.0.{}:20160", self.next_id());
        self.add(engine, address, BTreeMap::from([("zone".to_owned(), zone)]));
    }

    fn next_id(&self) -> StoreId {
        StoreId(FIRST_ADDED + self.added.len() as u64)
    }

    fn add(&mut self, engine: Engine, address: String, labels: BTreeMap<String, String>) {
        if MOST_ADDED <= self.added.len() {
            return;
        }
        let meta = StoreMeta { id: self.next_id(), engine, address, labels };
        self.added.push(meta.clone());
        self.ask(Command::AddStore(meta));
    }
}
