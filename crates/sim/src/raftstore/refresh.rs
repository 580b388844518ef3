//! What a store does about another that PD does not know, where the resolver asks for more than an
//! address. In no release: proposed for tikv#18440.
//!
//! It asks PD for all stores, since the one it looks for may have registered meanwhile; and each
//! leader here that has a member there asks PD whether that store is given up, upon which PD has
//! the member removed. Once no region here has a member there, the connection tasks end.

use super::{PeerFsm, Store};
use crate::agenda::Item;
use crate::context::Context;
use crate::ids::{EventId, StoreId};
use crate::message::MemberQuestion;

impl Store {
    /// PD does not know `target`. `cause` is the failed resolve.
    pub(super) fn refresh(&mut self, target: StoreId, cause: EventId, ctx: &mut Context) {
        if !self.needs(target) {
            return self.on_connection(ctx, |client, _, out| client.forget(target, out));
        }
        let Some(latency) = ctx.network.latency_to_pd(self.id()) else { return };
        ctx.schedule(latency, Item::AskStores(self.life()));
        for peer in self.peers.values().filter(|peer| peer.is_leader()) {
            let region = peer.region();
            if let Some(member) = region.peer_on(target) {
                let (region, epoch) = (region.id, region.epoch);
                let question = MemberQuestion { region, epoch, member, cause };
                ctx.schedule(latency, Item::AskMember(Box::new(question)));
            }
        }
    }

    /// PD's list of stores has arrived.
    pub(crate) fn on_store_list(&mut self, stores: Vec<(StoreId, String)>, ctx: &mut Context) {
        self.on_connection(ctx, |client, ctx, _| client.on_store_list(stores, ctx.now));
    }

    /// The stores that it goes on asking PD for in vain although no region here has a member there:
    /// a resolve loop, once running, does not look at membership.
    pub fn needless_loops(&self) -> Vec<StoreId> {
        let loops = self.client.connections().filter(|(_, task)| task.is_resolve_loop());
        let mut targets: Vec<StoreId> = loops.map(|(id, _)| id.target).collect();
        targets.dedup();
        targets.retain(|target| !self.needs(*target));
        targets
    }

    /// Whether a region here has a member on `target`.
    pub fn needs(&self, target: StoreId) -> bool {
        self.peers.values().map(PeerFsm::region).any(|region| region.peer_on(target).is_some())
    }
}
