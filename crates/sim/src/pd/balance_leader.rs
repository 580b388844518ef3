//! The balance-leader scheduler: hands leadership from the store with the most leaders to the one
//! with the fewest. PD: `pkg/schedule/schedulers/balance_leader.go`.
//!
//! PD draws the region at random; here the next one by id is taken, so that a run repeats.

use super::operator::OperatorKind;
use super::scheduling::Plan;
use super::steps::Step;
use super::{Pd, region_tree::RegionInfo};
use crate::event::{EventLog, OperatorName, Subject};
use crate::ids::{Millis, RegionId, SECOND, StoreId};
use crate::message::Schedule;
use crate::region::{Peer, PeerRole};
use crate::store::{Engine, StoreState};

/// How soon it looks again after it moved a leader. PD: `MinScheduleInterval`.
const INTERVAL_MIN: u64 = 10;
/// How rarely it looks while there is nothing to do. PD: `MaxScheduleInterval`.
const INTERVAL_MAX: u64 = 5 * SECOND;
/// Leaders that move at a time. PD: `leader-schedule-limit`.
pub(super) const LEADER_SCHEDULE_LIMIT: usize = 4;
/// Leaders that one store may have too many and the other too few before one is moved.
/// PD: `leaderTolerantSizeRatio`, for the policy "count".
const TOLERANCE: u64 = 5;

/// When the scheduler looks next, and where it left off.
#[derive(Clone, Debug)]
pub(super) struct BalanceLeader {
    pub(super) due: Millis,
    interval: u64,
    last: RegionId,
}

impl BalanceLeader {
    /// A scheduler that begins now.
    pub(super) fn from(now: Millis) -> BalanceLeader {
        BalanceLeader { due: now.after(INTERVAL_MAX), interval: INTERVAL_MAX, last: RegionId(0) }
    }
}

impl Pd {
    /// Moves a leader if that is due and worth while.
    pub(super) fn balance_leaders(
        &mut self,
        now: Millis,
        events: &mut EventLog,
        out: &mut Vec<Schedule>,
    ) {
        if now < self.balance.due {
            return;
        }
        let runs = self.may_patrol() && self.schedulers.balances_leaders();
        let moved = runs && self.move_leader(now, events, out);
        self.balance.interval = next_interval(self.balance.interval, moved);
        self.balance.due = now.after(self.balance.interval);
    }

    fn move_leader(&mut self, now: Millis, events: &mut EventLog, out: &mut Vec<Schedule>) -> bool {
        let running = self.operators.iter().filter(|o| o.kind == OperatorKind::Leader).count();
        if LEADER_SCHEDULE_LIMIT <= running {
            return false;
        }
        let Some((from, to)) = self.most_and_fewest_leaders(now) else { return false };
        let Some(region) = self.movable_region(from, to) else { return false };
        self.balance.last = region;
        let plan = Plan {
            name: OperatorName::BalanceLeader,
            brief: format!("transfer leader: store {from} to {to}"),
            steps: vec![Step::TransferLeader { from, to }],
            change: None,
        };
        let causes = events.latest(Subject::Leader(region)).into_iter().collect();
        self.start(now, region, plan, causes, events);
        out.extend(self.push(now, region, events));
        true
    }

    /// The two stores between which a leader should move, if the difference is worth it.
    fn most_and_fewest_leaders(&self, now: Millis) -> Option<(StoreId, StoreId)> {
        let is_candidate = |store: &&super::stores::StoreRecord| {
            store.meta.engine == Engine::TiKv
                && store.state == StoreState::Up
                && !store.is_disconnected(now)
        };
        let stores = self.stores.values().filter(is_candidate).map(|store| store.meta.id);
        let counted: Vec<(u64, StoreId)> = stores.map(|s| (self.leaders_soon_on(s), s)).collect();
        let (most, from) = *counted.iter().max_by_key(|(count, store)| (*count, !store.0))?;
        let may_lead = counted.iter().filter(|(_, store)| !self.schedulers.evicts(*store));
        let (fewest, to) = *may_lead.min()?;
        (fewest + 2 * TOLERANCE < most).then_some((from, to))
    }

    /// Leaders on a store once the transfers under way are done.
    pub(super) fn leaders_soon_on(&self, store: StoreId) -> u64 {
        let mut count = self.regions.leaders_on(store).len() as u64;
        for operator in self.operators.iter().filter(|o| o.kind == OperatorKind::Leader) {
            for step in &operator.steps {
                if let Step::TransferLeader { from, to } = step {
                    count += u64::from(*to == store);
                    count -= u64::from(*from == store).min(count);
                }
            }
        }
        count
    }

    /// The next region by id whose leader can move: a healthy voter waits on the other store.
    fn movable_region(&self, from: StoreId, to: StoreId) -> Option<RegionId> {
        let leaders = self.regions.leaders_on(from);
        let after = leaders.range(RegionId(self.balance.last.0 + 1)..);
        let before = leaders.range(..=self.balance.last);
        after.chain(before).copied().find(|id| {
            let idle = self.operators.get(*id).is_none();
            idle && self.regions.get(*id).is_some_and(|info| can_lead(info, to))
        })
    }
}

/// How long a scheduler rests: hardly, after it has found something to do; else longer each time.
pub(super) fn next_interval(last: u64, moved: bool) -> u64 {
    match moved {
        true => INTERVAL_MIN,
        false => (last * 13 / 10 + 1).min(INTERVAL_MAX),
    }
}

fn can_lead(info: &RegionInfo, store: StoreId) -> bool {
    let is_healthy = |peer: Peer| !info.is_down(peer.id) && !info.is_pending(peer.id);
    let voter = info.region.peer_on(store).filter(|peer| peer.role == PeerRole::Voter);
    !info.region.in_joint_state() && voter.is_some_and(is_healthy)
}
