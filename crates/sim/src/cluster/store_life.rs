//! Processes that start and machines that come: a store registers with PD before it runs, and one
//! whose disk is empty gets a new id. TiKV: `src/server/raft_server.rs:MultiRaftServer::start`.

use super::Cluster;
use crate::event::EventKind;
use crate::ids::{EventId, StoreId};
use crate::raftstore::Store;
use crate::refusal::{Refusal, StartFault};
use crate::store::StoreMeta;

impl Cluster {
    pub(super) fn check_start(&self, stores: &[StoreId]) -> Result<(), Refusal> {
        for (nth, id) in stores.iter().enumerate() {
            let store = self.known(*id)?;
            if store.is_running() {
                return Err(Refusal::StoreRunning(*id));
            }
            if let Some(by) = store.replaced_by() {
                return Err(StartFault::Replaced { store: *id, by }.into());
            }
            let mut meta = store.meta().clone();
            if store.has_lost_disk() {
                meta.id = self.pd.next_store_id();
            }
            self.check_register(&meta)?;
            // Of two that are started together, the first listens when the second wants to.
            for by in stores[..nth].iter().filter(|other| *other != id) {
                if self.known(*by)?.meta().address == meta.address {
                    return Err(StartFault::AddressInUse { address: meta.address, by: *by }.into());
                }
            }
        }
        Ok(())
    }

    pub(super) fn check_add_store(&self, meta: &StoreMeta) -> Result<(), Refusal> {
        if self.stores.contains_key(&meta.id) || self.pd.stores().contains_key(&meta.id) {
            return Err(StartFault::Exists(meta.id).into());
        }
        self.check_register(meta)
    }

    fn check_register(&self, meta: &StoreMeta) -> Result<(), Refusal> {
        self.pd.check_identity(meta.id, !self.stores.contains_key(&meta.id))?;
        self.pd.check_put_store(meta)?;
        let listens = |other: &&Store| other.is_running() && other.meta().address == meta.address;
        match self.stores.values().find(listens) {
            Some(by) => {
                Err(StartFault::AddressInUse { address: meta.address.clone(), by: by.id() }.into())
            }
            None => Ok(()),
        }
    }

    pub(super) fn start_store(&mut self, id: StoreId, cause: EventId) {
        let store = self.stores.get_mut(&id).expect("the command was checked");
        // A store named twice starts once.
        if store.is_running() || store.replaced_by().is_some() {
            return;
        }
        if store.has_lost_disk() {
            return self.start_on_empty_disk(id, cause);
        }
        if self.ctx.checker.given_up().contains(&id) || self.pd.once_buried().contains(&id) {
            self.ctx.checker.on_return(id, store.regions_on_disk().into_iter());
        }
        self.register_and_start(id, cause);
    }

    /// Without a disk the store does not know its id: PD gives it another.
    /// TiKV: `bootstrap_store`.
    fn start_on_empty_disk(&mut self, old: StoreId, cause: EventId) {
        let by = self.pd.next_store_id();
        let store = self.stores.get_mut(&old).expect("the command was checked");
        store.replace_by(by);
        let meta = StoreMeta { id: by, ..store.meta().clone() };
        let disk_lost = self.ctx.events.latest(crate::event::Subject::Process(old));
        let replaced = EventKind::StoreReplaced { store: old, by };
        let cause = self.ctx.emit(replaced, [cause].into_iter().chain(disk_lost));
        self.add_store(&meta, cause);
    }

    pub(super) fn add_store(&mut self, meta: &StoreMeta, cause: EventId) {
        self.place_store(meta);
        self.register_and_start(meta.id, cause);
    }

    /// A machine with an empty disk is there, and where it stands.
    pub(super) fn place_store(&mut self, meta: &StoreMeta) {
        let zone = meta.labels.get("zone").map_or("", String::as_str);
        self.ctx.network.place(meta.id, zone);
        self.ctx.labels.insert(meta.id, meta.labels.clone());
        self.stores.insert(meta.id, Store::new(meta.clone()));
    }

    fn register_and_start(&mut self, id: StoreId, cause: EventId) {
        let store = self.stores.get_mut(&id).expect("the caller knows it");
        let cause = self.ctx.emit(EventKind::StoreStarted(id), [cause]);
        let meta = store.meta().clone();
        self.pd
            .put_store(self.ctx.now, &meta, &mut self.ctx.events, Some(cause))
            .expect("the command was checked: PD takes the store");
        store.start(0, Some(cause), &mut self.ctx);
        // PD's answer to the registration tells of DR Auto-Sync.
        store.on_replication(self.pd.replication().status().cloned(), &mut self.ctx);
    }
}
