//! What a store and its peers do with what PD tells of DR Auto-Sync: to whom they send, and where
//! an entry has to be before it counts as committed.
//! TiKV: `fsm/store.rs:on_update_replication_mode`, `peer.rs:switch_replication_mode`,
//! `replication_mode.rs`.
//!
//! In sync raft-rs commits what a majority has and a voter in each data centre, told apart by a
//! label: a commit group. While the second one catches up, a region does so as soon as its leader
//! has seen that nothing is missing there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::peer::Outbox;
use super::{PeerFsm, Store};
use crate::context::Context;
use crate::event::EventKind;
use crate::ids::RegionId;
use crate::message::{Integrity, RegionReplication};
use crate::pd::replication::{DrState, DrStatus};

/// What a peer knows of DR Auto-Sync.
#[derive(Debug, Default)]
pub(super) struct Replication {
    /// What PD last told its store; `None` in mode majority.
    status: Option<Arc<DrStatus>>,
    /// Whether its leader has seen since then that each data centre has all that is committed.
    in_sync: bool,
}

impl Store {
    /// The state it is in, as it says with its heartbeats; 0 for none.
    pub(super) fn replication_state(&self) -> u64 {
        self.replication.as_ref().map_or(0, |status| status.state_id)
    }

    /// PD tells of a state: if it is a new one, messages go only to the stores that are available
    /// in it, every peer commits by its rule, and every leader reports to PD.
    pub(crate) fn on_replication(&mut self, status: Option<Arc<DrStatus>>, ctx: &mut Context) {
        if self.replication_state() == status.as_ref().map_or(0, |status| status.state_id) {
            return;
        }
        let available =
            status.as_ref().map_or(Vec::new(), |status| status.available_stores.clone());
        self.client.set_store_allowlist(available.iter().copied());
        let cause = status.as_ref().map(|status| status.cause);
        let (store, state) = (self.id(), status.as_ref().map(|status| status.state));
        ctx.emit(EventKind::ReplicationUpdated { store, state, available }, cause);
        self.replication.clone_from(&status);
        let regions: Vec<RegionId> = self.peers.keys().copied().collect();
        for region in regions {
            self.with_peer(region, ctx, |peer, ctx, out| {
                peer.switch_replication(status.clone(), ctx, out);
            });
        }
    }
}

impl PeerFsm {
    fn switch_replication(
        &mut self,
        status: Option<Arc<DrStatus>>,
        ctx: &mut Context,
        out: &mut Outbox,
    ) {
        self.adopt_replication(status, ctx);
        self.handle_ready(ctx, out);
        if self.is_leader() {
            self.wake(ctx);
            self.heartbeat(ctx, out);
        }
    }

    /// Commits by the rule of this state from now on.
    pub(super) fn adopt_replication(&mut self, status: Option<Arc<DrStatus>>, ctx: &mut Context) {
        if status.is_none() && self.replication.status.is_none() {
            return;
        }
        let by_groups = match status.as_ref().map(|status| status.state) {
            Some(DrState::Sync | DrState::AsyncWait) => true,
            Some(DrState::Async | DrState::SyncRecover) | None => false,
        };
        self.replication = Replication { status, in_sync: false };
        self.assign_commit_groups(ctx);
        self.drive(ctx, |node| node.raft.enable_group_commit(by_groups));
    }

    /// Tells raft-rs in which data centre each member is. It forgets that with a snapshot, and
    /// knows nothing of new members.
    pub(super) fn assign_commit_groups(&mut self, ctx: &mut Context) {
        let Some(status) = &self.replication.status else { return };
        let place = |labels: Option<&BTreeMap<String, String>>| {
            labels.and_then(|labels| labels.get(&status.label_key)).cloned()
        };
        let places: BTreeSet<String> =
            ctx.labels.values().filter_map(|labels| place(Some(labels))).collect();
        let groups: Vec<(u64, u64)> = self
            .region()
            .peers
            .iter()
            .filter_map(|peer| {
                let here = place(ctx.labels.get(&peer.store))?;
                let group = places.iter().position(|place| *place == here)?;
                Some((peer.id.0, group as u64 + 1))
            })
            .collect();
        self.drive(ctx, |node| {
            node.raft.clear_commit_group();
            node.raft.assign_commit_groups(&groups);
        });
    }

    /// Whether PD waits for the leader to see that each data centre has everything: then it does
    /// not sleep. TiKV: `peer.rs:replication_mode_need_catch_up`.
    pub(super) fn awaits_integrity(&self) -> bool {
        let is_caught_up = |status: &Arc<DrStatus>| match status.state {
            DrState::Async => true,
            DrState::Sync | DrState::AsyncWait | DrState::SyncRecover => self.replication.in_sync,
        };
        !self.replication.status.as_ref().is_none_or(is_caught_up)
    }

    /// What the leader says to PD of it. TiKV: `peer.rs:region_replication_status`.
    pub(super) fn region_replication(&mut self) -> Option<RegionReplication> {
        let status = self.replication.status.clone()?;
        if self.awaits_integrity() && self.is_consistent_over_groups() {
            self.replication.in_sync = true;
            // From here on nothing is committed that the second data centre lacks.
            if status.state == DrState::SyncRecover {
                self.node.raft.enable_group_commit(true);
            }
        }
        let state = match self.replication.in_sync {
            true => Integrity::IntegrityOverLabel,
            false => Integrity::SimpleMajority,
        };
        Some(RegionReplication { state_id: status.state_id, state })
    }

    fn is_consistent_over_groups(&mut self) -> bool {
        let raft = &mut self.node.raft;
        let by_groups = raft.group_commit();
        raft.enable_group_commit(true);
        let is_consistent = raft.check_group_commit_consistent() == Some(true);
        if !by_groups {
            raft.enable_group_commit(false);
        }
        is_consistent
    }
}
