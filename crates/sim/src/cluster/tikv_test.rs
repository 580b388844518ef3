//! What TiKV's own tests do to a cluster and no operator can.

use super::Cluster;
use crate::agenda::Item;
use crate::command::{ClientRequest, TikvTest};
use crate::ids::{EventId, RegionId, StoreId};
use crate::message::{PeerChange, Schedule, ScheduleStep};
use crate::network::LATENCY_TO_PD;
use crate::raftstore::PeerFsm;
use crate::refusal::Refusal;

impl Cluster {
    /// Whether it can be done now.
    pub(super) fn check_tikv_test(&self, deed: &TikvTest) -> Result<(), Refusal> {
        match deed {
            TikvTest::HandPlan { store, .. } => self.pd.check_hand_plan(*store),
            TikvTest::ChangePeers { region, changes } => self.check_change(*region, changes),
            TikvTest::ExitForceLeader { store, .. } => self.known(*store).map(drop),
            TikvTest::Request { region, .. } => {
                let leader = self.leader_of(*region).ok_or(Refusal::NoLeader(*region))?;
                match leader.force_leader() {
                    Some(_) => Err(Refusal::RecoveryInProgress(*region)),
                    None => Ok(()),
                }
            }
            TikvTest::CompactLog(region) => {
                self.leader_of(*region).map(drop).ok_or(Refusal::NoLeader(*region))
            }
        }
    }

    /// Does what was checked.
    pub(super) fn do_tikv_test(&mut self, deed: &TikvTest, cause: EventId) {
        match deed {
            TikvTest::HandPlan { store, plan } => {
                self.pd.hand_plan(*store, plan.clone(), cause);
            }
            TikvTest::ChangePeers { region, changes } => {
                self.change_peers(*region, changes, cause);
            }
            TikvTest::ExitForceLeader { region, store } => {
                self.at_store(*store, |store, ctx| store.exit_force_leader(*region, ctx));
            }
            TikvTest::Request { region, request: ClientRequest::Put } => {
                let store = self.leading_store(*region);
                self.at_store(store, |store, ctx| store.with_peer(*region, ctx, PeerFsm::put));
            }
            // A read leaves nothing behind.
            TikvTest::Request {
                request: ClientRequest::Get | ClientRequest::ReadIndex, ..
            } => {}
            TikvTest::CompactLog(region) => {
                let store = self.leading_store(*region);
                self.at_store(store, |store, ctx| {
                    store.with_peer(*region, ctx, PeerFsm::compact_log);
                });
            }
        }
    }

    fn leading_store(&self, region: RegionId) -> StoreId {
        self.leader_of(region).expect("the command was checked").store()
    }

    /// A leader has to be there, and each store has to take at most one peer.
    fn check_change(&self, region: RegionId, changes: &[PeerChange]) -> Result<(), Refusal> {
        let leader = self.leader_of(region).ok_or(Refusal::NoLeader(region))?;
        for change in changes {
            let peer = change.peer();
            let store = peer.store;
            self.known(store)?;
            match (leader.region().peer_on(store), change) {
                (Some(other), _) if other.id != peer.id => {
                    return Err(Refusal::PeerOnStore { region, store });
                }
                (None, PeerChange::Remove(_)) => {
                    return Err(Refusal::NoPeerOnStore { region, store });
                }
                (Some(_) | None, _) => {}
            }
        }
        Ok(())
    }

    /// The leader may still refuse, as it may what PD asks for.
    fn change_peers(&mut self, region: RegionId, changes: &[PeerChange], cause: EventId) {
        let leader = self.leader_of(region).expect("the command was checked");
        let step = match changes {
            [change] => ScheduleStep::ChangePeer(*change),
            [] | [_, ..] => ScheduleStep::ChangePeerV2(changes.to_vec()),
        };
        let (epoch, target) = (leader.region().epoch, leader.me());
        let order = Schedule { region, epoch, target, step, cause };
        self.ctx.schedule(LATENCY_TO_PD, Item::Schedule(Box::new(order)));
    }
}
