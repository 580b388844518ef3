//! What a leader reports to PD of its region, and when. TiKV: `peer.rs:heartbeat_pd`.

use super::peer::{Outbox, PEER_DOWN_MS, PeerFsm};
use crate::context::Context;
use crate::event::Subject;
use crate::ids::{PeerId, SECOND};
use crate::message::RegionHeartbeat;
use crate::region::Peer;

impl PeerFsm {
    /// The pd-heartbeat-tick.
    pub(super) fn on_pd_tick(&mut self, ctx: &mut Context, out: &mut Outbox) {
        self.pd_tick_armed = false;
        self.heartbeat(ctx, out);
        if self.is_leader() && !self.is_hibernated() {
            self.arm_pd_tick(ctx);
        }
    }

    /// Reports the region to PD. TiKV: `peer.rs:heartbeat_pd`.
    pub(super) fn heartbeat(&mut self, ctx: &mut Context, out: &mut Outbox) {
        if !self.is_leader() {
            return self.heard.clear();
        }
        let (region, id, now) = (self.region().clone(), self.id, ctx.now);
        let others = || region.peers.iter().copied().filter(|peer| peer.id != id);
        let mut down_peers = Vec::new();
        for peer in others() {
            match self.heard.iter().find(|(id, _)| *id == peer.id) {
                Some((_, at)) if PEER_DOWN_MS <= now.since(*at) => {
                    down_peers.push((peer, now.since(*at) / SECOND));
                }
                Some(_) => {}
                None => self.heard.push((peer.id, now)),
            }
        }
        let truncated = self.node.store().truncated_index;
        let lacks_log = |peer: &Peer| {
            let progress = self.node.raft.prs().get(peer.id.0);
            progress.is_some_and(|progress| progress.matched < truncated)
        };
        let pending_peers: Vec<Peer> = others().filter(lacks_log).collect();
        self.pending = pending_peers.iter().map(|peer| peer.id).collect();
        let replication = self.region_replication();
        let members = ctx.events.latest(Subject::Members(region.id));
        out.heartbeats.push(RegionHeartbeat {
            leader: self.me(),
            term: self.term(),
            down_peers,
            pending_peers,
            approximate_size_mib: self.size_mib,
            approximate_keys: self.rows(),
            replication,
            cause: members.max(self.cause),
            region,
        });
    }

    /// A member that needed a snapshot has caught up: PD waits for this.
    /// TiKV: `peer.rs:any_new_peer_catch_up`.
    pub(super) fn note_catch_up(&mut self, from: PeerId, ctx: &mut Context, out: &mut Outbox) {
        if !self.is_leader() || !self.pending.contains(&from) {
            return;
        }
        let truncated = self.node.store().truncated_index;
        if self.node.raft.prs().get(from.0).is_some_and(|p| truncated <= p.matched) {
            self.heartbeat(ctx, out);
        }
    }
}
