//! What every part of the cluster needs while something happens: the time, the knobs, chance, the
//! agenda, the network and the event log.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agenda::{Agenda, Item};
use crate::clients::Tally;
use crate::event::{EventKind, EventLog};
use crate::fingerprint::Fingerprint;
use crate::ids::{EventId, Millis, RegionId, StoreId};
use crate::invariants::Checker;
use crate::machines::Machines;
use crate::network::Network;
use crate::prng::Prng;
use crate::region::Region;
use crate::release::Knobs;

/// See the module.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) now: Millis,
    pub(crate) knobs: Knobs,
    /// Cores of each TiKV's machine.
    pub(crate) cores: u64,
    pub(crate) prng: Prng,
    pub(crate) agenda: Agenda,
    pub(crate) network: Network,
    /// The labels of every store there is or was. A TiKV learns them with the address; here at
    /// once.
    pub(crate) labels: BTreeMap<StoreId, BTreeMap<String, String>>,
    pub(crate) machines: Machines,
    pub(crate) events: EventLog,
    pub(crate) checker: Checker,
    pub(crate) tally: Tally,
    /// Folded at each message and event: two runs that went the same way have the same.
    pub(crate) trace: Fingerprint,
    /// Stores whose process has just panicked, as TiKV does on a log that cannot be right.
    pub(crate) panicked: Vec<StoreId>,
    /// Regions that a leader has just split off: clients write to them too.
    pub(crate) split_off: Vec<Arc<Region>>,
    /// Regions that have just been merged into others: nobody writes to them any more.
    pub(crate) merged_away: Vec<RegionId>,
}

impl Context {
    /// A context at the start of a run.
    pub(crate) fn new(knobs: Knobs, cores: u64, seed: u64) -> Context {
        Context {
            now: Millis::ZERO,
            knobs,
            cores,
            prng: Prng::new(seed),
            agenda: Agenda::default(),
            network: Network::default(),
            labels: BTreeMap::new(),
            machines: Machines::default(),
            events: EventLog::default(),
            checker: Checker::default(),
            tally: Tally::default(),
            trace: Fingerprint::EMPTY,
            panicked: Vec::new(),
            split_off: Vec::new(),
            merged_away: Vec::new(),
        }
    }

    /// Records what happened now because of `causes`.
    pub(crate) fn emit(
        &mut self,
        kind: EventKind,
        causes: impl IntoIterator<Item = EventId>,
    ) -> EventId {
        self.events.emit(self.now, kind, causes)
    }

    /// Puts down that `item` happens in `ms` milliseconds.
    pub(crate) fn schedule(&mut self, ms: u64, item: Item) {
        self.agenda.push(self.now.after(ms), item);
    }

    /// Whether somebody answers a connect from `from` at this address.
    pub(crate) fn answers(&self, from: StoreId, address: &str) -> bool {
        let listener = self.network.listener(address);
        listener.is_some_and(|to| self.network.carries(from, to) && !self.machines.is_stalled(to))
    }

    /// Tells of committed entries that the region's new leader lacks.
    pub(crate) fn report_losses(&mut self, region: RegionId, cause: EventId) {
        for (lost_in, from, to) in self.checker.take_losses() {
            assert_eq!(lost_in, region, "a loss is told as soon as it is found");
            self.tally.lose_from(region, from);
            self.emit(EventKind::EntriesLost { region, from, to }, [cause]);
        }
    }
}
