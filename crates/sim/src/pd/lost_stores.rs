//! Stores that PD has no record of: whether it has given them up, for leaders that ask. In no
//! release: proposed for tikv#18440. PD of today forgets an erased store entirely, so that it
//! cannot tell one that is gone from one that has yet to register (tikv#19980).

use std::collections::{BTreeMap, BTreeSet};

use super::Pd;
use super::checker::Change;
use super::scheduling::{Plan, brief};
use crate::event::{EventLog, OperatorName};
use crate::ids::{Millis, StoreId};
use crate::message::MemberQuestion;
use crate::store::{DOWN_AFTER, StoreState};

/// What PD remembers of stores it has no record of.
#[derive(Debug, Default)]
pub(super) struct LostStores {
    /// Those whose record it erased itself.
    erased: BTreeSet<StoreId>,
    /// When it was first asked for one that it never knew.
    asked: BTreeMap<StoreId, Millis>,
}

impl LostStores {
    /// The record was erased.
    pub(super) fn erase(&mut self, store: StoreId) {
        self.erased.insert(store);
    }

    /// The store has registered, perhaps anew.
    pub(super) fn register(&mut self, store: StoreId) {
        self.erased.remove(&store);
        self.asked.remove(&store);
    }

    /// Whether a store without a record is given up: its record was erased, or it has not
    /// registered for as long as PD waits for any store that is down.
    fn gave_up(&mut self, store: StoreId, now: Millis) -> bool {
        let since = *self.asked.entry(store).or_insert(now);
        self.erased.contains(&store) || DOWN_AFTER <= now.since(since)
    }

    /// What decides its future, for the fingerprint.
    pub(super) fn digest(&self, fold: &mut impl FnMut(u64)) {
        self.erased.iter().for_each(|store| fold(store.0));
        self.asked.iter().for_each(|(store, at)| fold(store.0 << 32 ^ at.0));
    }
}

impl Pd {
    /// Each store that is not a Tombstone, with its address.
    /// PD: `grpc_service.go:GetAllStores`.
    pub(crate) fn addresses(&self) -> Vec<(StoreId, String)> {
        let in_service = self.stores.values().filter(|store| store.state != StoreState::Tombstone);
        in_service.map(|store| (store.meta.id, store.meta.address.clone())).collect()
    }

    /// A leader asks about a member whose store PD does not know. If PD has given the store up, and
    /// knows the region as the leader does, the member is taken out.
    pub(crate) fn on_member_question(
        &mut self,
        now: Millis,
        question: MemberQuestion,
        events: &mut EventLog,
    ) {
        let MemberQuestion { region, epoch, member, cause } = question;
        let known = self.stores.contains_key(&member.store);
        if known || !self.lost_stores.gave_up(member.store, now) || !self.may_patrol() {
            return;
        }
        let same = |info: &super::RegionInfo| info.region.epoch == epoch;
        if !self.regions.get(region).is_some_and(same) || self.operators.get(region).is_some() {
            return;
        }
        let change = Change::Remove(member);
        if let Some(steps) = self.steps_for(now, region, change) {
            let name = OperatorName::RemoveLostPeer;
            let plan = Plan { name, brief: brief(change), steps, change: Some(change) };
            self.start(now, region, plan, vec![cause], events);
        }
    }
}
