//! The messages under way, for those who watch.

use super::Cluster;
use crate::ids::{Millis, RegionId, StoreId};
use crate::network::Envelope;

/// A Raft message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// The region.
    pub region: RegionId,
    /// The sender's store.
    pub from: StoreId,
    /// The receiver's store.
    pub to: StoreId,
    /// When it arrives.
    pub arrives_at: Millis,
    /// Milliseconds that the link takes, the wait for those before it and a snapshot's size aside.
    pub takes_ms: u64,
    /// Whether nobody will hear it as things stand: the receiver is stopped, or the link cut.
    pub is_lost: bool,
}

impl Cluster {
    /// Where each Raft message under way is bound, in the order in which they arrive.
    pub fn flights(&self) -> Vec<Flight> {
        let network = &self.ctx.network;
        let flying = self.ctx.agenda.flying().into_iter();
        let flight = |(arrives_at, envelope): (Millis, &Envelope)| {
            let (from, to) = (envelope.from.store, envelope.to.store);
            Flight {
                region: envelope.region,
                from,
                to,
                arrives_at,
                takes_ms: network.latency(from, to),
                is_lost: !network.is_running(to) || !network.is_open(from, to),
            }
        };
        flying.map(flight).collect()
    }
}
