//! How well a region's members fit its rules. PD: `pkg/schedule/placement/fit.go`.
//!
//! Rules of different engines never compete for a store, so each rule can choose on its own, and
//! without location labels the best choice is known without trying combinations: members of the
//! wanted role first, healthy and old ones before others.

use std::cmp::Reverse;

use super::region_tree::RegionInfo;
use super::rules::{Rule, RuleSet};
use super::stores::StoreTable;
use crate::ids::StoreId;
use crate::order;
use crate::region::Peer;

/// How the members of a region are divided among its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionFit<'a> {
    /// One entry a rule, in the order in which rules are applied.
    pub rule_fits: Vec<RuleFit<'a>>,
    /// Members no rule has a place for, healthy ones first, then by id.
    pub orphans: Vec<Peer>,
}

/// The members that count for one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFit<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The members, at most as many as the rule's count; healthy ones first, then by id.
    pub peers: Vec<Peer>,
    /// Those among them whose role would have to change.
    pub different_role: Vec<Peer>,
}

impl RuleFit<'_> {
    /// As many members as wanted, all of the wanted role; whether they live is another question.
    pub fn is_satisfied(&self) -> bool {
        self.peers.len() as u64 == self.rule.count && self.different_role.is_empty()
    }
}

impl<'a> RegionFit<'a> {
    /// The rule for which the member on `store` counts.
    pub fn rule_on(&self, store: StoreId) -> Option<&RuleFit<'a>> {
        self.rule_fits.iter().find(|fit| fit.peers.iter().any(|peer| peer.store == store))
    }

    /// Whether every rule has its members, and no member is left over. PD: `RegionFit.IsSatisfied`.
    pub fn is_satisfied(&self) -> bool {
        self.orphans.is_empty() && self.rule_fits.iter().all(RuleFit::is_satisfied)
    }

    /// The number of members beyond what the rules want.
    pub fn extra(&self, members: usize) -> u64 {
        let wanted: u64 = self.rule_fits.iter().map(|fit| fit.rule.count).sum();
        (members as u64).saturating_sub(wanted)
    }
}

/// How alive its leader believes a member to be. PD: `fit.go:stateScore`.
fn health(info: &RegionInfo, peer: &Peer) -> u8 {
    if info.is_down(peer.id) {
        0
    } else if info.is_pending(peer.id) {
        1
    } else {
        2
    }
}

/// Divides the members of a region among its rules; `None` if no list of rules covers it.
///
/// A member on a Tombstone store still counts, since its record has labels; one on a store without
/// record counts for nothing and is an orphan.
pub(super) fn fit<'a>(
    rules: &'a RuleSet,
    stores: &StoreTable,
    info: &RegionInfo,
) -> Option<RegionFit<'a>> {
    let (default, table) = rules.for_region(&info.region)?;
    let mut rest = info.region.peers.clone();
    order::sort_by_key(&mut rest, |peer| (Reverse(health(info, peer)), peer.id));
    let mut rule_fits = Vec::with_capacity(2);
    for rule in std::iter::once(default).chain(table) {
        rule_fits.push(choose(rule, stores, &mut rest));
    }
    Some(RegionFit { rule_fits, orphans: rest })
}

/// Moves the best members for `rule` out of `rest`, which is sorted by preference.
fn choose<'a>(rule: &'a Rule, stores: &StoreTable, rest: &mut Vec<Peer>) -> RuleFit<'a> {
    let admits = |peer: &Peer| stores.get(&peer.store).is_some_and(|s| rule.admits(&s.meta));
    let matching = rest.iter().filter(|peer| rule.role.accepts(peer.role) && admits(peer)).count();
    let wanted = usize::try_from(rule.count).unwrap_or(usize::MAX);
    let mut others = wanted.saturating_sub(matching);
    let mut fit = RuleFit { rule, peers: Vec::new(), different_role: Vec::new() };
    rest.retain(|peer| {
        let is_match = rule.role.accepts(peer.role);
        let is_wanted = fit.peers.len() < wanted && (is_match || 0 < others) && admits(peer);
        if is_wanted {
            fit.peers.push(*peer);
            if !is_match {
                others -= 1;
                fit.different_role.push(*peer);
            }
        }
        !is_wanted
    });
    fit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PeerId, TableId};
    use crate::pd::testing::{info, store_table};
    use crate::region::PeerRole;

    fn ids(peers: &[Peer]) -> Vec<u64> {
        peers.iter().map(|peer| peer.id.0).collect()
    }

    fn rules(voters: u64, learners: u64) -> RuleSet {
        let mut rules = RuleSet::new(voters);
        rules.set_table(TableId(45), learners, None);
        rules
    }

    #[test]
    fn voters_come_before_learners_and_healthy_members_before_others() {
        let stores = store_table(&[1, 2, 3, 4], &[]);
        let rules = rules(3, 0);
        let mut info = info(&[(11, 1), (12, 2), (13, 3), (14, 4)]);
        info.down_peers.push((info.region.peers[0], 700));
        let fit_of = fit(&rules, &stores, &info).expect("covered");
        assert_eq!(ids(&fit_of.rule_fits[0].peers), [12, 13, 14]);
        assert_eq!(ids(&fit_of.orphans), [11]);

        std::sync::Arc::make_mut(&mut info.region).peers[1].role = PeerRole::Learner;
        let fit_of = fit(&rules, &stores, &info).expect("covered");
        assert_eq!(ids(&fit_of.rule_fits[0].peers), [13, 14, 11]);
        assert!(fit_of.rule_fits[0].is_satisfied());
    }

    #[test]
    fn a_member_on_a_tombstone_counts_and_one_on_an_erased_store_does_not() {
        let mut stores = store_table(&[1, 2, 3], &[502, 503]);
        let rules = rules(3, 2);
        let info = info(&[(11, 1), (12, 2), (13, 3), (14, 502), (15, 503)]);
        stores.get_mut(&StoreId(502)).expect("known").state = crate::store::StoreState::Tombstone;
        let fit_of = fit(&rules, &stores, &info).expect("covered");
        assert_eq!(ids(&fit_of.rule_fits[1].peers), [14, 15]);
        assert_eq!(fit_of.rule_on(StoreId(502)).map(|fit| fit.rule.count), Some(2));
        assert_eq!(fit_of.orphans, []);

        stores.remove(&StoreId(502));
        let fit_of = fit(&rules, &stores, &info).expect("covered");
        assert_eq!(ids(&fit_of.rule_fits[1].peers), [15]);
        assert_eq!(fit_of.orphans[0].id, PeerId(14));
        assert_eq!(fit_of.extra(5), 0);
    }

    #[test]
    fn a_store_with_an_exclusive_label_takes_no_ordinary_peer() {
        let mut stores = store_table(&[1, 2], &[]);
        let labels = &mut stores.get_mut(&StoreId(2)).expect("known").meta.labels;
        labels.insert("$mode".to_owned(), "test".to_owned());
        let info = info(&[(11, 1), (12, 2)]);
        let rules = rules(2, 0);
        assert_eq!(ids(&fit(&rules, &stores, &info).expect("covered").orphans), [12]);
    }
}
