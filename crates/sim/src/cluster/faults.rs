//! What people do to networks and machines, and what follows from it.

use super::Cluster;
use crate::agenda::Item;
use crate::command::MachineCommand;
use crate::event::EventKind;
use crate::fault::{Fault, FaultRefusal, Links, Node};
use crate::ids::{EventId, Millis, StoreId};
use crate::network::KEEPALIVE;
use crate::raftstore::PeerFsm;
use crate::refusal::Refusal;

impl Cluster {
    /// Every fault in force, by kind; each prints as the command that brings it about.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.ctx.network.faults();
        faults.extend(self.ctx.machines.faults());
        faults
    }

    /// Whether the store's process stalls: it runs, but nothing happens there.
    pub fn is_paused(&self, store: StoreId) -> bool {
        self.ctx.machines.is_stalled(store)
    }

    /// What the wall clock of a store was off by at a moment, in milliseconds. TiKV measures every
    /// span (leases, missing leaders, down peers, cached addresses) on a monotonic clock, so only
    /// the times in its log show it. TiKV: `tikv_util/src/time.rs:Instant`.
    pub fn clock_off(&self, store: StoreId, at: Millis) -> i64 {
        self.ctx.machines.clock_off(store, at)
    }

    pub(super) fn check_links(&self, links: &Links) -> Result<(), Refusal> {
        for end in links.from.iter().chain(&links.to) {
            if let Node::Store(store) = end {
                self.known(*store)?;
            }
        }
        match links.from.iter().find(|end| links.to.contains(end)) {
            Some(end) => Err(FaultRefusal::SameNodeOnBothSides(*end).into()),
            None => Ok(()),
        }
    }

    pub(super) fn check_mishaps(&self, links: &Links, percent: u64) -> Result<(), Refusal> {
        self.check_links(links)?;
        if 100 < percent {
            return Err(FaultRefusal::RateTooHigh { percent }.into());
        }
        match links.from.iter().chain(&links.to).any(|end| *end == Node::Pd) {
            true => Err(FaultRefusal::NoRaftWithPd.into()),
            false => Ok(()),
        }
    }

    pub(super) fn check_machine(&self, command: &MachineCommand) -> Result<(), Refusal> {
        match command {
            MachineCommand::Pause(stores) => self.check_pause(stores, true),
            MachineCommand::Resume(stores) => self.check_pause(stores, false),
            MachineCommand::PauseApply(store) => self.check_applier(*store, true),
            MachineCommand::ResumeApply(store) => self.check_applier(*store, false),
            MachineCommand::SlowDisk { store, .. } | MachineCommand::SkewClock { store, .. } => {
                self.known(*store).map(drop)
            }
        }
    }

    fn check_pause(&self, stores: &[StoreId], pause: bool) -> Result<(), Refusal> {
        for store in stores {
            if !self.known(*store)?.is_running() {
                return Err(Refusal::StoreNotRunning(*store));
            }
            match (pause, self.is_paused(*store)) {
                (true, true) => return Err(FaultRefusal::StorePaused(*store).into()),
                (false, false) => return Err(FaultRefusal::StoreNotPaused(*store).into()),
                (true, false) | (false, true) => {}
            }
        }
        Ok(())
    }

    fn check_applier(&self, store: StoreId, hold: bool) -> Result<(), Refusal> {
        if !self.known(store)?.is_running() {
            return Err(Refusal::StoreNotRunning(store));
        }
        match (hold, self.ctx.machines.is_applier_held(store)) {
            (true, true) => Err(FaultRefusal::ApplyPaused(store).into()),
            (false, false) => Err(FaultRefusal::ApplyNotPaused(store).into()),
            (true, false) | (false, true) => Ok(()),
        }
    }

    pub(super) fn carry_out_machine(&mut self, command: &MachineCommand, cause: EventId) {
        match command {
            MachineCommand::Pause(stores) => {
                stores.iter().for_each(|store| self.pause_store(*store, cause));
            }
            MachineCommand::Resume(stores) => {
                stores.iter().for_each(|store| self.resume_store(*store, cause));
            }
            MachineCommand::PauseApply(store) => self.ctx.machines.hold_applier(*store, true),
            MachineCommand::ResumeApply(store) => self.resume_apply(*store),
            MachineCommand::SlowDisk { store, by_ms } => {
                self.ctx.machines.slow_disk(*store, *by_ms);
            }
            MachineCommand::SkewClock { store, by_ms } => {
                self.ctx.machines.set_clock(*store, *by_ms, self.ctx.now);
            }
        }
    }

    /// Ends every fault.
    pub(super) fn heal_all(&mut self, cause: EventId) {
        self.ctx.network.heal(None);
        self.ctx.machines.mend(self.ctx.now);
        for store in self.ctx.machines.stalled() {
            self.resume_store(store, cause);
        }
        for store in self.ctx.machines.held_appliers() {
            self.resume_apply(store);
        }
    }

    /// Cuts links. One direction suffices to end the connections of both: no acknowledgement.
    pub(super) fn cut(&mut self, links: &Links) {
        self.ctx.network.cut(links);
        let both_ways = Links { both_ways: true, ..links.clone() };
        for way in both_ways.ways() {
            if let (Node::Store(store), Node::Store(target)) = way {
                self.watch_connection(store, target);
            }
        }
    }

    /// The connections between two stores will be looked at when their keepalive is due.
    fn watch_connection(&mut self, store: StoreId, target: StoreId) {
        let timers = self.stores.get(&store).map(|s| s.client().established(target));
        for timer in timers.unwrap_or_default() {
            self.ctx.schedule(KEEPALIVE, Item::KeepaliveExpired(timer));
        }
    }

    /// The process stalls. Its kernel still takes what arrives; its peers' keepalives do not get
    /// their answers.
    fn pause_store(&mut self, id: StoreId, cause: EventId) {
        if self.is_paused(id) {
            return;
        }
        self.ctx.emit(EventKind::StorePaused(id), [cause]);
        self.ctx.machines.stall(id, self.ctx.now);
        let others: Vec<StoreId> =
            self.stores.keys().copied().filter(|other| *other != id).collect();
        others.into_iter().for_each(|other| self.watch_connection(other, id));
    }

    /// The process goes on: all that waited happens now, in order. What it was connected to has
    /// hung up if that took too long.
    fn resume_store(&mut self, id: StoreId, cause: EventId) {
        let Some((since, held)) = self.ctx.machines.wake(id) else { return };
        self.ctx.emit(EventKind::StoreResumed(id), [cause]);
        for item in held {
            self.ctx.schedule(0, item);
        }
        if self.ctx.now.since(since) < KEEPALIVE {
            return;
        }
        let targets: Vec<StoreId> = self.stores.keys().copied().collect();
        for target in targets {
            let timers = self.stores.get(&id).map(|store| store.client().established(target));
            for timer in timers.unwrap_or_default() {
                self.ctx.schedule(0, Item::ConnectionLost(timer));
            }
        }
    }

    fn resume_apply(&mut self, id: StoreId) {
        self.ctx.machines.hold_applier(id, false);
        let Some(store) = self.stores.get_mut(&id).filter(|store| store.is_running()) else {
            return;
        };
        let regions: Vec<_> = store.peers().map(PeerFsm::region_id).collect();
        for region in regions {
            store.with_peer(region, &mut self.ctx, PeerFsm::apply_what_waits);
        }
    }

    /// A process ends: it stalls no more, and whatever held its applier is gone.
    pub(super) fn end_process_faults(&mut self, id: StoreId) {
        self.ctx.machines.wake(id);
        self.ctx.machines.hold_applier(id, false);
    }
}
