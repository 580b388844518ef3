//! What a region needs, by its rules: the rule checker.
//! PD: `pkg/schedule/checker/rule_checker.go`, `joint_state_checker.go`.
//!
//! The order is PD's: first a joint state that nobody left, then members no rule wants (orphans),
//! then each rule. Where PD finds nothing it may do, it only logs at debug level; here the reason
//! is returned, because it is what a reader wants to know.

use super::fit::{RegionFit, RuleFit, fit};
use super::region_tree::RegionInfo;
use super::rules::{RuleRole, RuleSet};
use super::stores::StoreRecord;
use super::strategy::{Search, Target};
use crate::event::{BlockedReason, OperatorName};
use crate::ids::{EventId, Millis, StoreId};
use crate::region::{Key, Peer, PeerRole};
use crate::release::OrphanRules;
use crate::store::{StoreState, StoreStatus};

/// The change an operator shall bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A new peer.
    Add {
        /// On this store.
        store: StoreId,
        /// With this role.
        role: PeerRole,
    },
    /// A member goes.
    Remove(Peer),
    /// A new peer takes a member's place.
    Replace {
        /// The member that goes.
        old: Peer,
        /// The store of the new one.
        store: StoreId,
        /// Its role.
        role: PeerRole,
    },
    /// A member's role becomes this one.
    SetRole(Peer, PeerRole),
    /// An orphan takes the place and role of a member that goes.
    TakeOver {
        /// The orphan.
        orphan: Peer,
        /// The member that goes.
        old: Peer,
    },
    /// The joint configuration is left.
    LeaveJoint,
}

impl Change {
    /// The store that gets a new peer.
    pub(super) fn adds_on(self) -> Option<StoreId> {
        match self {
            Change::Add { store, .. } | Change::Replace { store, .. } => Some(store),
            Change::Remove(_)
            | Change::SetRole(..)
            | Change::TakeOver { .. }
            | Change::LeaveJoint => None,
        }
    }

    /// The member that goes.
    pub(super) fn removes(self) -> Option<Peer> {
        match self {
            Change::Remove(peer)
            | Change::Replace { old: peer, .. }
            | Change::TakeOver { old: peer, .. } => Some(peer),
            Change::Add { .. } | Change::SetRole(..) | Change::LeaveJoint => None,
        }
    }
}

/// A change that PD wants, under PD's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repair {
    pub(super) name: OperatorName,
    pub(super) change: Change,
    /// The event that wrote the rule for whose sake it is done.
    pub(super) rule_set_by: Option<EventId>,
}

/// Why PD leaves one member of a region as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blockage {
    pub(super) peer: Peer,
    pub(super) why: BlockedReason,
    /// The event that wrote the rule that is not met.
    pub(super) rule_set_by: Option<EventId>,
}

/// What a check found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to do, or nobody to do it: the region has no leader.
    Leave,
    /// The region reaches across the edges of rules, and has to be split there.
    Split(Vec<Key>),
    /// Something to do.
    Repair(Repair),
    /// Something to do when a store has room again.
    Later(Millis),
    /// Something is wrong and PD may do nothing about it.
    Blocked(Vec<Blockage>),
}

/// One check of one region.
pub(super) struct Check<'a> {
    search: &'a Search<'a>,
    info: &'a RegionInfo,
    fit: RegionFit<'a>,
    blockages: Vec<Blockage>,
    later: Option<Millis>,
}

/// Checks a region against its rules.
pub(super) fn check(search: &Search<'_>, rules: &RuleSet, info: &RegionInfo) -> Verdict {
    if info.leader.is_none() {
        return Verdict::Leave;
    }
    if info.region.in_joint_state() {
        let (name, change) = (OperatorName::LeaveJointState, Change::LeaveJoint);
        return Verdict::Repair(Repair { name, change, rule_set_by: None });
    }
    let Some(fit) = fit(rules, search.stores, info) else {
        return Verdict::Split(rules.edges_inside(&info.region));
    };
    let mut check = Check { search, info, fit, blockages: Vec::new(), later: None };
    match check.run() {
        Some(repair) => Verdict::Repair(repair),
        None => match check.later {
            Some(at) => Verdict::Later(at),
            None if check.blockages.is_empty() => Verdict::Leave,
            None => Verdict::Blocked(check.blockages),
        },
    }
}

/// How PD finds the members that the rules selected.
enum FitHealth {
    /// All there, in the right roles, and healthy.
    Healthy,
    /// This one is down or its store is silent, and nothing before it is amiss.
    Pinned(Peer),
    /// Otherwise not healthy.
    Unhealthy,
}

impl<'a> Check<'a> {
    fn run(&mut self) -> Option<Repair> {
        if let Some(repair) = self.fix_orphans() {
            return Some(repair);
        }
        let fits = std::mem::take(&mut self.fit.rule_fits);
        let repair = fits.iter().find_map(|rule_fit| self.fix_rule(rule_fit));
        self.fit.rule_fits = fits;
        repair
    }

    /// Members that no rule wants. They go once all others are well; until then the last one is
    /// kept, since it may be the only living copy.
    fn fix_orphans(&mut self) -> Option<Repair> {
        let first = *self.fit.orphans.first()?;
        let takes_more = self.search.orphan_rules == OrphanRules::SurplusToo;
        match self.fit_health() {
            FitHealth::Healthy => return Some(self.remove(OperatorName::RemoveOrphanPeer, first)),
            FitHealth::Pinned(lost) if takes_more && self.is_on_silent_store(&lost) => {
                if let Some(repair) = self.replace_with_orphan(lost) {
                    return Some(repair);
                }
            }
            FitHealth::Pinned(_) | FitHealth::Unhealthy => {}
        }
        if takes_more && let Some(repair) = self.thin_out_orphans() {
            return Some(repair);
        }
        let why = BlockedReason::OrphanKeptWhileUnhealthy;
        for peer in self.fit.orphans.clone() {
            self.blockages.push(Blockage { peer, why, rule_set_by: self.rule_that_left_out(peer) });
        }
        None
    }

    fn fit_health(&self) -> FitHealth {
        for rule_fit in &self.fit.rule_fits {
            if !rule_fit.is_satisfied() {
                return FitHealth::Unhealthy;
            }
            for peer in &rule_fit.peers {
                if self.is_on_silent_store(peer) || self.info.is_down(peer.id) {
                    return FitHealth::Pinned(*peer);
                }
                if self.info.is_pending(peer.id) {
                    return FitHealth::Unhealthy;
                }
            }
        }
        FitHealth::Healthy
    }

    /// A healthy orphan in the place of a member whose store is silent.
    fn replace_with_orphan(&self, lost: Peer) -> Option<Repair> {
        for orphan in &self.fit.orphans {
            let is_sick = self.is_unhealthy(orphan) || self.is_on_silent_store(orphan);
            if is_sick || !self.may_stand_in(orphan, lost) {
                continue;
            }
            let takes_over = Change::TakeOver { orphan: *orphan, old: lost };
            return match (orphan.role, lost.role) {
                (PeerRole::Learner, PeerRole::Voter) | (PeerRole::Voter, PeerRole::Learner) => {
                    Some(self.repair(OperatorName::ReplaceDownPeerWithOrphanPeer, takes_over, None))
                }
                (now, wanted) if now == wanted => {
                    Some(self.remove(OperatorName::RemoveReplacedOrphanPeer, lost))
                }
                (_, _) => continue,
            };
        }
        None
    }

    /// Whether the orphan's store suits the rule the lost member counts for.
    /// PD: `RegionFit.Replace`.
    fn may_stand_in(&self, orphan: &Peer, lost: Peer) -> bool {
        let rule_fit = self.fit.rule_on(lost.store);
        let store = self.store(orphan);
        rule_fit.zip(store).is_some_and(|(fit, store)| fit.rule.admits(&store.meta))
    }

    /// With two orphans or more, unhealthy ones may go even though the region is not well, and
    /// superfluous healthy ones.
    fn thin_out_orphans(&self) -> Option<Repair> {
        if self.fit.orphans.len() < 2 {
            return None;
        }
        let extra = self.fit.extra(self.info.region.peers.len());
        let mut has_healthy = false;
        for orphan in &self.fit.orphans {
            if self.is_unhealthy(orphan) {
                return Some(self.remove(OperatorName::RemoveUnhealthyOrphanPeer, *orphan));
            }
            if has_healthy && 0 < extra {
                let silent = self.fit.orphans.iter().find(|peer| self.is_on_silent_store(peer));
                let goes = *silent.unwrap_or(orphan);
                return Some(self.remove(OperatorName::RemoveOrphanPeer, goes));
            }
            has_healthy = true;
        }
        None
    }

    /// One rule: too few members, then members on lost stores, then wrong roles.
    fn fix_rule(&mut self, rule_fit: &RuleFit<'a>) -> Option<Repair> {
        if (rule_fit.peers.len() as u64) < rule_fit.rule.count {
            return self.add_rule_peer(rule_fit);
        }
        for peer in &rule_fit.peers {
            let Some(store) = self.store(peer) else {
                continue;
            };
            let is_down = self.info.is_down(peer.id);
            if is_down && store.is_down(self.search.now) {
                return self.replace(OperatorName::ReplaceRuleDownPeer, rule_fit, *peer);
            }
            if store.state != StoreState::Up {
                return self.replace(OperatorName::ReplaceRuleOfflinePeer, rule_fit, *peer);
            }
            if is_down && store.status(self.search.now) == StoreStatus::Up {
                let why = BlockedReason::PeerDownStoreUp;
                self.blockages.push(Blockage { peer: *peer, why, rule_set_by: None });
            }
        }
        let peer = *rule_fit.different_role.first()?;
        let name = match rule_fit.rule.role {
            RuleRole::Voter => OperatorName::FixPeerRole,
            RuleRole::Learner => OperatorName::FixDemoteVoter,
        };
        let change = Change::SetRole(peer, rule_fit.rule.role.peer_role());
        Some(self.repair(name, change, rule_fit.rule.set_by))
    }

    fn add_rule_peer(&mut self, rule_fit: &RuleFit<'a>) -> Option<Repair> {
        let rule = rule_fit.rule;
        match self.search.target(self.info, rule) {
            Target::Store(store) => {
                let change = Change::Add { store, role: rule.role.peer_role() };
                Some(self.repair(OperatorName::AddRulePeer, change, rule.set_by))
            }
            Target::Later(at) => self.wait_until(at),
            Target::Nowhere => {
                // Nobody is missing by name: show the member that is in the way, else the leader.
                let in_the_way = self.fit.orphans.first().copied();
                if let Some(peer) = in_the_way.or(self.info.leader) {
                    let why = BlockedReason::NoStoreToAdd;
                    self.blockages.push(Blockage { peer, why, rule_set_by: rule.set_by });
                }
                None
            }
        }
    }

    fn replace(&mut self, name: OperatorName, rule_fit: &RuleFit<'a>, old: Peer) -> Option<Repair> {
        let rule = rule_fit.rule;
        match self.search.target(self.info, rule) {
            Target::Store(store) => {
                let change = Change::Replace { old, store, role: rule.role.peer_role() };
                Some(self.repair(name, change, None))
            }
            Target::Later(at) => self.wait_until(at),
            Target::Nowhere => {
                let why = BlockedReason::NoStoreToReplace;
                self.blockages.push(Blockage { peer: old, why, rule_set_by: None });
                None
            }
        }
    }

    fn wait_until(&mut self, at: Millis) -> Option<Repair> {
        self.later = Some(self.later.map_or(at, |known| known.min(at)));
        None
    }

    fn remove(&self, name: OperatorName, peer: Peer) -> Repair {
        self.repair(name, Change::Remove(peer), self.rule_that_left_out(peer))
    }

    fn repair(&self, name: OperatorName, change: Change, rule: Option<EventId>) -> Repair {
        Repair { name, change, rule_set_by: rule }
    }

    /// The last writing of the rules that have no place for this member: it made it an orphan.
    fn rule_that_left_out(&self, peer: Peer) -> Option<EventId> {
        let store = self.store(&peer)?;
        let rules = self.fit.rule_fits.iter().map(|fit| fit.rule);
        rules.filter(|rule| rule.admits(&store.meta)).filter_map(|rule| rule.set_by).max()
    }

    fn store(&self, peer: &Peer) -> Option<&'a StoreRecord> {
        self.search.stores.get(&peer.store)
    }

    fn is_unhealthy(&self, peer: &Peer) -> bool {
        self.info.is_down(peer.id) || self.info.is_pending(peer.id)
    }

    /// Not heard from for 20 s, or without record.
    fn is_on_silent_store(&self, peer: &Peer) -> bool {
        self.store(peer).is_none_or(|store| store.is_disconnected(self.search.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pd::limits::StoreLimits;
    use crate::pd::region_tree::RegionTree;
    use crate::pd::stores::StoreTable;
    use crate::pd::testing::{info, store_table};
    use std::sync::Arc;

    /// Voters on 1, 2, 3, which suffice, and learners on 4, 5, 6; the member on 3 is down.
    /// PD: `rule_checker_test.go`, the case of several orphans.
    fn three_orphans() -> (StoreTable, RegionInfo) {
        let mut info = info(&[(11, 1), (12, 2), (13, 3), (14, 4), (15, 5), (16, 6)]);
        let region = Arc::make_mut(&mut info.region);
        region.peers[3..].iter_mut().for_each(|peer| peer.role = PeerRole::Learner);
        info.down_peers = vec![(info.region.peers[2], 60_000)];
        (store_table(&[1, 2, 3, 4, 5, 6], &[]), info)
    }

    fn repair(stores: &StoreTable, info: &RegionInfo) -> Option<(OperatorName, Change)> {
        repair_under(OrphanRules::SurplusToo, stores, info)
    }

    fn repair_under(
        orphan_rules: OrphanRules,
        stores: &StoreTable,
        info: &RegionInfo,
    ) -> Option<(OperatorName, Change)> {
        let (regions, limits) = (RegionTree::default(), StoreLimits::default());
        let (now, regions, limits) = (Millis(0), &regions, &limits);
        let search = Search { now, stores, regions, limits, orphan_rules };
        match check(&search, &RuleSet::new(3), info) {
            Verdict::Repair(repair) => Some((repair.name, repair.change)),
            Verdict::Leave | Verdict::Split(_) | Verdict::Later(_) | Verdict::Blocked(_) => None,
        }
    }

    fn silence(stores: &mut StoreTable, store: u64) {
        stores.get_mut(&StoreId(store)).expect("known").last_heartbeat = None;
    }

    #[test]
    fn of_several_healthy_orphans_one_is_kept() {
        let (mut stores, info) = three_orphans();
        let removed = |peer: usize| {
            Some((OperatorName::RemoveOrphanPeer, Change::Remove(info.region.peers[peer])))
        };
        assert_eq!(repair(&stores, &info), removed(4));
        silence(&mut stores, 6);
        assert_eq!(repair(&stores, &info), removed(5), "the one on a silent store goes first");
    }

    #[test]
    fn unhealthy_orphans_go_first_and_the_last_stays() {
        let (stores, mut info) = three_orphans();
        info.pending_peers = vec![info.region.peers[3], info.region.peers[4]];
        let fourth = Change::Remove(info.region.peers[3]);
        let name = OperatorName::RemoveUnhealthyOrphanPeer;
        assert_eq!(repair(&stores, &info), Some((name, fourth)));
        Arc::make_mut(&mut info.region).peers.truncate(4);
        assert_eq!(repair(&stores, &info), None);
    }

    #[test]
    fn a_healthy_orphan_takes_the_place_of_a_member_on_a_silent_store() {
        let (mut stores, info) = three_orphans();
        silence(&mut stores, 3);
        let change = Change::TakeOver { orphan: info.region.peers[3], old: info.region.peers[2] };
        let name = OperatorName::ReplaceDownPeerWithOrphanPeer;
        assert_eq!(repair(&stores, &info), Some((name, change)));
    }

    #[test]
    fn up_to_6_5_no_orphan_goes_while_a_member_is_down_and_none_takes_its_place() {
        let (mut stores, mut info) = three_orphans();
        silence(&mut stores, 3);
        assert_eq!(repair_under(OrphanRules::WhenHealthy, &stores, &info), None);
        info.down_peers.clear();
        let (stores, _) = three_orphans();
        let first = Change::Remove(info.region.peers[3]);
        assert_eq!(
            repair_under(OrphanRules::WhenHealthy, &stores, &info),
            Some((OperatorName::RemoveOrphanPeer, first))
        );
    }

    #[test]
    fn a_joint_state_is_left_before_anything_else() {
        let (stores, mut info) = three_orphans();
        Arc::make_mut(&mut info.region).peers[4].role = PeerRole::IncomingVoter;
        let leave = (OperatorName::LeaveJointState, Change::LeaveJoint);
        assert_eq!(repair(&stores, &info), Some(leave));
        info.leader = None;
        assert_eq!(repair(&stores, &info), None, "nobody could carry it out");
    }

    #[test]
    fn a_learner_is_promoted_where_a_voter_is_wanted() {
        let (stores, mut info) = three_orphans();
        info.down_peers.clear();
        let members = &mut Arc::make_mut(&mut info.region).peers;
        members.remove(2);
        members.truncate(3);
        let (name, change) = repair(&stores, &info).expect("a role is wrong");
        assert_eq!(name, OperatorName::FixPeerRole);
        assert_eq!(change, Change::SetRole(info.region.peers[2], PeerRole::Voter));
    }
}
