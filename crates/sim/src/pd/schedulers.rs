//! Which schedulers run, and the one that people set on a store before they work on it:
//! evict-leader takes every leader off it and lets none come.
//! PD: `pkg/schedule/schedulers/evict_leader.go`, `tools/pd-ctl/pdctl/command/scheduler.go`.
//!
//! PD picks a region and its new leader at random; here they are the next by id, and the store that
//! leads least.

use std::collections::BTreeMap;

use super::Pd;
use super::balance_leader::{LEADER_SCHEDULE_LIMIT, next_interval};
use super::operator::OperatorKind;
use super::region_tree::RegionInfo;
use super::scheduling::Plan;
use super::steps::Step;
use crate::command::Scheduler;
use crate::event::{EventLog, OperatorName};
use crate::ids::{EventId, Millis, RegionId, StoreId};
use crate::message::Schedule;
use crate::refusal::Refusal;
use crate::region::PeerRole;
use crate::store::{Engine, StoreState};

/// Leaders that one round takes off a store. PD: `EvictLeaderBatchSize`.
const BATCH: usize = 3;

/// What is scheduled besides the checks of regions. It is on PD's disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schedulers {
    /// Whether somebody has removed balance-leader.
    unbalanced: bool,
    /// Stores that are to lead nothing, and the events of somebody's asking for that.
    evicting: BTreeMap<StoreId, EventId>,
    due: Millis,
    interval: u64,
}

impl Schedulers {
    /// Whether balance-leader runs.
    pub(super) fn balances_leaders(&self) -> bool {
        !self.unbalanced
    }

    /// Whether the store is to lead nothing. PD: `AllowLeaderTransferIn`.
    pub(super) fn evicts(&self, store: StoreId) -> bool {
        self.evicting.contains_key(&store)
    }

    /// When leaders are taken off stores next, if there are such stores.
    pub(super) fn due(&self) -> Option<Millis> {
        (!self.evicting.is_empty()).then_some(self.due)
    }

    /// Folds what people have changed.
    pub(super) fn digest(&self, fold: &mut impl FnMut(u64)) {
        if self.unbalanced {
            fold(1);
        }
        self.evicting.keys().for_each(|store| fold(store.0 << 1));
    }
}

impl Pd {
    /// The schedulers that run, by their names in PD; evict-leader's stores are not told.
    pub fn schedulers(&self) -> impl Iterator<Item = &'static str> {
        let balance = self.schedulers.balances_leaders().then_some("balance-leader-scheduler");
        let evict = self.schedulers.due().map(|_| "evict-leader-scheduler");
        balance.into_iter().chain(evict)
    }

    /// A second evict-leader for the same store is one more word for the first.
    pub(super) fn check_add_scheduler(&self, scheduler: Scheduler) -> Result<(), Refusal> {
        match scheduler {
            Scheduler::BalanceLeader if self.schedulers.balances_leaders() => {
                Err(Refusal::SchedulerExists)
            }
            Scheduler::BalanceLeader => Ok(()),
            Scheduler::EvictLeader(store) => self.record(store).map(drop),
        }
    }

    pub(super) fn check_remove_scheduler(&self, scheduler: Scheduler) -> Result<(), Refusal> {
        let runs = match scheduler {
            Scheduler::BalanceLeader => self.schedulers.balances_leaders(),
            Scheduler::EvictLeader(store) => self.schedulers.evicts(store),
        };
        if runs { Ok(()) } else { Err(Refusal::SchedulerNotFound) }
    }

    pub(super) fn add_scheduler(&mut self, now: Millis, scheduler: Scheduler, cause: EventId) {
        match scheduler {
            Scheduler::BalanceLeader => self.schedulers.unbalanced = false,
            Scheduler::EvictLeader(store) => {
                self.schedulers.evicting.entry(store).or_insert(cause);
                self.schedulers.due = now;
            }
        }
    }

    pub(super) fn remove_scheduler(&mut self, scheduler: Scheduler) {
        match scheduler {
            Scheduler::BalanceLeader => self.schedulers.unbalanced = true,
            Scheduler::EvictLeader(store) => {
                self.schedulers.evicting.remove(&store);
            }
        }
    }

    /// Takes leaders off the stores that are to lead nothing, if that is due.
    pub(super) fn evict_leaders(
        &mut self,
        now: Millis,
        events: &mut EventLog,
        out: &mut Vec<Schedule>,
    ) {
        if self.schedulers.due().is_none_or(|due| now < due) {
            return;
        }
        let moved = self.may_patrol() && self.evict_batch(now, events, out);
        self.schedulers.interval = next_interval(self.schedulers.interval, moved);
        self.schedulers.due = now.after(self.schedulers.interval);
    }

    fn evict_batch(&mut self, now: Millis, events: &mut EventLog, out: &mut Vec<Schedule>) -> bool {
        let mut moved = false;
        for _ in 0..BATCH {
            for (from, asked) in self.schedulers.evicting.clone() {
                let running = self.operators.iter().filter(|o| o.kind == OperatorKind::Leader);
                if LEADER_SCHEDULE_LIMIT <= running.count() {
                    return moved;
                }
                let Some((region, to)) = self.evictable(now, from) else { continue };
                let plan = Plan {
                    name: OperatorName::EvictLeader,
                    brief: format!("transfer leader: store {from} to {to}"),
                    steps: vec![Step::TransferLeader { from, to }],
                    change: None,
                };
                self.start(now, region, plan, vec![asked], events);
                out.extend(self.push(now, region, events));
                moved = true;
            }
        }
        moved
    }

    /// The first region that the store leads and another can.
    fn evictable(&self, now: Millis, from: StoreId) -> Option<(RegionId, StoreId)> {
        let led = self.regions.leaders_on(from).iter();
        let idle = led.filter(|region| self.operators.get(**region).is_none());
        let mut infos = idle.filter_map(|region| self.regions.get(*region));
        infos.find_map(|info| Some((info.id(), self.heir(now, info, from)?)))
    }

    /// The store that leads least of those with a healthy voter.
    fn heir(&self, now: Millis, info: &RegionInfo, from: StoreId) -> Option<StoreId> {
        if info.region.in_joint_state() {
            return None;
        }
        let can_lead = |store: StoreId| {
            self.stores.get(&store).is_some_and(|record| {
                record.meta.engine == Engine::TiKv
                    && record.state == StoreState::Up
                    && !record.is_disconnected(now)
                    && !self.schedulers.evicts(store)
            })
        };
        let voters = info.region.peers.iter().filter(|peer| {
            peer.role == PeerRole::Voter
                && peer.store != from
                && !info.is_down(peer.id)
                && !info.is_pending(peer.id)
        });
        let stores = voters.map(|peer| peer.store).filter(|store| can_lead(*store));
        stores.min_by_key(|store| (self.leaders_soon_on(*store), *store))
    }
}
