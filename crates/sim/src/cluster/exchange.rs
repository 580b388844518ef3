//! What passes between the stores and PD.

use super::{Cluster, GET_STORE_TRIES, PD_RETRY_MS};
use crate::agenda::{ConnectionTimer, Item, Life};
use crate::ids::{Millis, RegionId, StoreId};
use crate::message::{
    AskSplit, GetStoreError, MemberQuestion, RegionHeartbeat, Schedule, StoreHeartbeat,
};
use crate::raft_client::PD_PATIENCE_MS;
use crate::store::StoreState;

impl Cluster {
    /// Whether a store in service would tell the store's peer of the region that it is no member
    /// any more, if it asked those whom it takes for members: a peer that missed its own removal
    /// finds out in no other way.
    pub fn would_be_told(&self, region: RegionId, store: StoreId) -> bool {
        let Some(leftover) = self.stores.get(&store).and_then(|store| store.peer(region)) else {
            return false;
        };
        let others = leftover.region().peers.iter().filter(|peer| peer.id != leftover.id());
        let serving = others.filter(|peer| {
            let record = self.pd.stores().get(&peer.store);
            record.is_some_and(|record| record.state != StoreState::Tombstone)
        });
        let mut stores = serving.filter_map(|peer| self.stores.get(&peer.store));
        let epoch = leftover.region().epoch;
        stores.any(|other| other.is_running() && other.knows_removed(region, store, epoch))
    }

    pub(super) fn store_heartbeat(&mut self, heartbeat: StoreHeartbeat, life: Life) {
        let response = self.pd.on_store_heartbeat(self.ctx.now, heartbeat, &mut self.ctx.events);
        if let Some(latency) = self.ctx.network.latency_from_pd(life.store) {
            self.ctx.schedule(latency, Item::StoreResponse(Box::new(response), life));
        }
        self.arm_pd();
    }

    pub(super) fn region_heartbeat(&mut self, heartbeat: RegionHeartbeat) {
        let now = self.ctx.now;
        let order = self.pd.on_region_heartbeat(now, heartbeat, &mut self.ctx.events);
        self.dispatch(order);
        self.arm_pd();
    }

    pub(super) fn ask_split(&mut self, asked: Box<AskSplit>, life: Life) {
        let ids = self.pd.ask_split(self.ctx.now, &asked);
        if let Some(latency) = self.ctx.network.latency_from_pd(life.store) {
            self.ctx.schedule(latency, Item::SplitAnswer(asked, ids, life));
        }
    }

    pub(super) fn ask_stores(&mut self, life: Life) {
        let answers = self.ctx.network.latency_from_pd(life.store).filter(|_| self.pd.is_serving());
        if let Some(latency) = answers {
            let stores = self.pd.addresses().into();
            self.ctx.schedule(latency, Item::StoreList(life, stores));
        }
    }

    pub(super) fn ask_member(&mut self, question: &MemberQuestion) {
        self.pd.on_member_question(self.ctx.now, *question, &mut self.ctx.events);
        self.arm_pd();
    }

    /// Without a leader nobody answers: TiKV's client asks again each second, ten times.
    /// TiKV: `pd_client/src/util.rs:sync_request`.
    pub(super) fn get_store(&mut self, timer: ConnectionTimer, asked_at: Millis) {
        let waited = self.ctx.now.since(asked_at);
        if !self.pd.is_serving() && waited < GET_STORE_TRIES * PD_RETRY_MS {
            return self.ctx.schedule(PD_RETRY_MS, Item::GetStore { timer, asked_at });
        }
        let answer = self.pd.get_store(timer.target).map(str::to_string);
        let (wait, answer) = match self.ctx.network.latency_from_pd(timer.store) {
            Some(latency) => (latency, answer),
            None => (PD_PATIENCE_MS, Err(GetStoreError::Unreachable)),
        };
        self.ctx.schedule(wait, Item::StoreAnswer(timer, Box::new(answer)));
    }

    /// Sends PD's orders to the leaders they are for.
    pub(super) fn dispatch(&mut self, orders: impl IntoIterator<Item = Schedule>) {
        for order in orders {
            if let Some(latency) = self.ctx.network.latency_from_pd(order.target.store) {
                self.ctx.schedule(latency, Item::Schedule(Box::new(order)));
            }
        }
    }

    /// Puts down when PD wants to be called next.
    pub(super) fn arm_pd(&mut self) {
        let Some(due) = self.pd.next_due() else { return };
        let due = due.max(self.ctx.now);
        if self.pd_due.is_none_or(|armed| due < armed) {
            self.pd_due = Some(due);
            self.ctx.agenda.push(due, Item::PdDue);
        }
    }

    pub(super) fn pd_is_due(&mut self) {
        if self.pd_due != Some(self.ctx.now) {
            return;
        }
        self.pd_due = None;
        let was_serving = self.pd.is_serving();
        let orders = self.pd.advance(self.ctx.now, &mut self.ctx.events);
        self.dispatch(orders);
        if !was_serving && self.pd.is_serving() {
            self.ctx.schedule(PD_RETRY_MS, Item::PdReconnected);
        }
        self.arm_pd();
    }
}
