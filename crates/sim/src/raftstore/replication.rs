//! What a store does with what PD tells of DR Auto-Sync.
//! TiKV: `fsm/store.rs:on_update_replication_mode`.

use std::sync::Arc;

use super::{PeerFsm, Store};
use crate::context::Context;
use crate::event::EventKind;
use crate::ids::RegionId;
use crate::pd::replication::DrStatus;

impl Store {
    /// The state it is in, as it says with its heartbeats; 0 for none.
    pub(super) fn replication_state(&self) -> u64 {
        self.replication.as_ref().map_or(0, |status| status.state_id)
    }

    /// PD's answer to a heartbeat tells of a state: if it is a new one, messages go only to the
    /// stores that are available in it, and every leader reports to PD.
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
        self.replication = status;
        let leaders = self.peers.values().filter(|peer| peer.is_leader());
        let regions: Vec<RegionId> = leaders.map(PeerFsm::region_id).collect();
        for region in regions {
            self.with_peer(region, ctx, PeerFsm::heartbeat);
        }
    }
}
