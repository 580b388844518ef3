//! What is wrong with the machines that stores run on: processes that stall, disks that are slow,
//! appliers that stand still, clocks that are off. Nothing of it ends with a store's process but a
//! stall and a held applier; `heal` ends all.

use std::collections::BTreeMap;

use crate::agenda::Item;
use crate::fault::Fault;
use crate::ids::{Millis, StoreId};
use crate::order;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Machines {
    stalls: BTreeMap<StoreId, Stall>,
    /// Milliseconds that each write to disk and each apply takes.
    slow_disks: BTreeMap<StoreId, u64>,
    /// Stores that apply nothing.
    held_appliers: Vec<StoreId>,
    /// What each store's wall clock has been off by, in milliseconds, and from when on.
    clocks: BTreeMap<StoreId, Vec<(Millis, i64)>>,
}

/// A process that nobody schedules, as after SIGSTOP or on a frozen virtual machine.
#[derive(Debug)]
struct Stall {
    since: Millis,
    /// What would have happened there, in order.
    held: Vec<Item>,
}

impl Machines {
    /// The store's process stalls from now on.
    pub(crate) fn stall(&mut self, store: StoreId, now: Millis) {
        self.stalls.entry(store).or_insert(Stall { since: now, held: Vec::new() });
    }

    /// The store's process runs again. Returns since when it stalled and what has waited.
    pub(crate) fn wake(&mut self, store: StoreId) -> Option<(Millis, Vec<Item>)> {
        self.stalls.remove(&store).map(|stall| (stall.since, stall.held))
    }

    /// Whether the store's process stalls.
    pub(crate) fn is_stalled(&self, store: StoreId) -> bool {
        !self.stalls.is_empty() && self.stalls.contains_key(&store)
    }

    /// Every stalled store.
    pub(crate) fn stalled(&self) -> Vec<StoreId> {
        self.stalls.keys().copied().collect()
    }

    /// Keeps what cannot happen at a stalled store; gives back what can happen.
    pub(crate) fn hold(&mut self, item: Item) -> Option<Item> {
        if self.stalls.is_empty() {
            return Some(item);
        }
        match item.store().and_then(|store| self.stalls.get_mut(&store)) {
            Some(stall) => {
                stall.held.push(item);
                None
            }
            None => Some(item),
        }
    }

    /// Each write and each apply takes this much longer; 0 ends it.
    pub(crate) fn slow_disk(&mut self, store: StoreId, ms: u64) {
        match ms {
            0 => self.slow_disks.remove(&store),
            _ => self.slow_disks.insert(store, ms),
        };
    }

    /// Milliseconds that a write to the store's disk takes.
    pub(crate) fn disk_ms(&self, store: StoreId) -> u64 {
        if self.slow_disks.is_empty() {
            return 0;
        }
        self.slow_disks.get(&store).copied().unwrap_or(0)
    }

    /// The store applies nothing from now on, or goes on.
    pub(crate) fn hold_applier(&mut self, store: StoreId, held: bool) {
        self.held_appliers.retain(|other| *other != store);
        if held {
            self.held_appliers.push(store);
            order::sort_by(&mut self.held_appliers, Ord::cmp);
        }
    }

    /// Whether the store applies nothing.
    pub(crate) fn is_applier_held(&self, store: StoreId) -> bool {
        self.held_appliers.contains(&store)
    }

    /// Every store that applies nothing.
    pub(crate) fn held_appliers(&self) -> Vec<StoreId> {
        self.held_appliers.clone()
    }

    /// The store's wall clock is off by so many milliseconds from now on.
    pub(crate) fn set_clock(&mut self, store: StoreId, off_ms: i64, now: Millis) {
        self.clocks.entry(store).or_default().push((now, off_ms));
    }

    /// What the store's wall clock was off by at a moment.
    pub(crate) fn clock_off(&self, store: StoreId, at: Millis) -> i64 {
        let history = self.clocks.get(&store).into_iter().flatten();
        history.take_while(|(from, _)| *from <= at).last().map_or(0, |(_, off)| *off)
    }

    /// Disks are as fast and clocks as right as they should be. Stalls and held appliers are the
    /// cluster's to end, since what has waited goes on.
    pub(crate) fn mend(&mut self, now: Millis) {
        self.slow_disks.clear();
        for history in self.clocks.values_mut().filter(|history| is_off(history)) {
            history.push((now, 0));
        }
    }

    /// Every fault of a machine, by kind and then by ascending store.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let stalls = self.stalls.keys().map(|store| Fault::Stall(*store));
        let appliers = self.held_appliers.iter().map(|store| Fault::HeldApplier(*store));
        let disks = self.slow_disks.iter().map(|(store, ms)| Fault::SlowDisk(*store, *ms));
        let clocks = self.clocks.iter().filter(|(_, history)| is_off(history));
        let clocks = clocks.map(|(store, history)| {
            Fault::Clock(*store, history.last().map_or(0, |(_, off)| *off))
        });
        stalls.chain(appliers).chain(disks).chain(clocks).collect()
    }

    /// What decides the future, as numbers; nothing where all is well.
    pub(crate) fn digest(&self, fold: &mut impl FnMut(u64)) {
        for (store, stall) in &self.stalls {
            [store.0, stall.since.0, stall.held.len() as u64].into_iter().for_each(&mut *fold);
        }
        for (store, ms) in &self.slow_disks {
            [store.0, *ms].into_iter().for_each(&mut *fold);
        }
        self.held_appliers.iter().for_each(|store| fold(store.0));
    }
}

fn is_off(history: &[(Millis, i64)]) -> bool {
    history.last().is_some_and(|(_, off)| *off != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::Life;

    const STORE: StoreId = StoreId(5);

    #[test]
    fn what_would_happen_at_a_stalled_store_waits_in_order() {
        let mut machines = Machines::default();
        let tick = |life| Item::StoreTick(Life { store: STORE, life });
        machines.stall(STORE, Millis(7));
        assert!(machines.hold(tick(1)).is_none() && machines.hold(tick(2)).is_none());
        assert!(machines.hold(Item::StoreTick(Life { store: StoreId(6), life: 1 })).is_some());
        assert!(machines.hold(Item::TidbPoll).is_some());
        let (since, held) = machines.wake(STORE).expect("it stalled");
        assert_eq!(since, Millis(7));
        let lives: Vec<u64> = held
            .iter()
            .filter_map(
                |item| if let Item::StoreTick(life) = item { Some(life.life) } else { None },
            )
            .collect();
        assert_eq!(lives, [1, 2]);
        assert!(machines.hold(tick(3)).is_some());
    }

    #[test]
    fn a_clock_is_off_from_when_it_was_set() {
        let mut machines = Machines::default();
        machines.set_clock(STORE, -30_000, Millis(100));
        assert_eq!(machines.clock_off(STORE, Millis(99)), 0);
        assert_eq!(machines.clock_off(STORE, Millis(100)), -30_000);
        machines.mend(Millis(200));
        assert_eq!(machines.clock_off(STORE, Millis(150)), -30_000);
        assert_eq!(machines.clock_off(STORE, Millis(200)), 0);
        assert!(machines.faults().is_empty());
    }
}
