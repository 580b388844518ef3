//! Plans that were handed to PD from outside, as TiKV's tests hand them to a PD of their own, and
//! what the stores report. TiKV: `components/test_raftstore/src/pd.rs`.

use std::collections::BTreeMap;

use super::Pd;
use crate::command::PdCommand;
use crate::event::{EventKind, EventLog};
use crate::ids::{EventId, Millis, StoreId};
use crate::message::{RecoveryPlan, StoreReport};
use crate::refusal::Refusal;
use crate::store::StoreState;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct HandedPlans {
    /// Plans no heartbeat has fetched yet, and the events of their being handed over.
    waiting: BTreeMap<StoreId, (RecoveryPlan, EventId)>,
    /// The latest report of each store.
    reports: BTreeMap<StoreId, StoreReport>,
}

impl HandedPlans {
    /// Puts a plan down for the store's next heartbeat.
    pub(super) fn put(&mut self, store: StoreId, plan: RecoveryPlan, cause: EventId) {
        self.waiting.insert(store, (plan, cause));
    }

    /// The answer to a heartbeat of the store.
    pub(super) fn fetch(
        &mut self,
        now: Millis,
        store: StoreId,
        events: &mut EventLog,
    ) -> (Option<RecoveryPlan>, Option<EventId>) {
        let Some((plan, cause)) = self.waiting.remove(&store) else {
            return (None, None);
        };
        let sent = events.emit(now, EventKind::PlanSent { store, step: plan.step }, [cause]);
        (Some(plan), Some(sent))
    }

    /// Takes note of what a store reports.
    pub(super) fn note(&mut self, store: StoreId, report: Option<&StoreReport>) {
        if let Some(report) = report {
            self.reports.insert(store, report.clone());
        }
    }

    pub(super) fn report(&self, store: StoreId) -> Option<&StoreReport> {
        self.reports.get(&store)
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = (StoreId, &RecoveryPlan)> {
        self.waiting.iter().map(|(store, (plan, _))| (*store, plan))
    }
}

impl Pd {
    /// PD gives plans of its own while it recovers, and none to a store that it does not serve.
    ///
    /// # Errors
    /// The reason, or that nobody leads PD.
    pub(crate) fn check_hand_plan(&self, store: StoreId) -> Result<(), Refusal> {
        self.check_presence(&PdCommand::RemoveTombstone)?;
        if self.recovery.stage().is_running() {
            return Err(Refusal::RecoveryRunning);
        }
        match self.record(store)?.state {
            StoreState::Tombstone => Err(Refusal::StoreAlreadyRemoved(store)),
            StoreState::Up | StoreState::Offline => Ok(()),
        }
    }

    /// Puts a plan down for the store's next heartbeat.
    pub(crate) fn hand_plan(&mut self, store: StoreId, plan: RecoveryPlan, cause: EventId) {
        self.handed.put(store, plan, cause);
    }
}
