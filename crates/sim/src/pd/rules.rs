//! Placement rules: how many peers of what role a region shall have, on what engine.
//! PD: `pkg/schedule/placement/rule.go`, `rule_manager.go`.
//!
//! Two kinds exist here: PD's default rule for the whole key range, and TiDB's rule for the
//! TiFlash replicas of a table. Location labels are not set by either, so isolation is left out.

use crate::ids::{EventId, TableId};
use crate::order;
use crate::region::{Key, PeerRole, Region};
use crate::store::{Engine, StoreMeta};

/// Which rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleName {
    /// PD's own: `max-replicas` voters everywhere.
    Default,
    /// TiDB's, for the TiFlash replicas of a table.
    Table(TableId),
}

/// The role a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleRole {
    /// A voter, leading or not.
    Voter,
    /// A learner.
    Learner,
}

impl RuleRole {
    /// PD's text.
    pub fn name(self) -> &'static str {
        match self {
            RuleRole::Voter => "voter",
            RuleRole::Learner => "learner",
        }
    }

    /// The role a peer gets that is added for the rule.
    pub fn peer_role(self) -> PeerRole {
        match self {
            RuleRole::Voter => PeerRole::Voter,
            RuleRole::Learner => PeerRole::Learner,
        }
    }

    /// Whether a peer of this role is what the rule wants. PD: `fit.go:matchRoleStrict`; only a
    /// plain learner is a learner to it.
    pub fn accepts(self, role: PeerRole) -> bool {
        (self == RuleRole::Learner) == (role == PeerRole::Learner)
    }
}

/// A placement rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which rule it is.
    pub name: RuleName,
    /// First key it applies to.
    pub start: Key,
    /// First key after those; empty means unbounded.
    pub end: Key,
    /// The role wanted.
    pub role: RuleRole,
    /// How many peers.
    pub count: u64,
    /// TiFlash: the constraint `engine in [tiflash]`. TiKV: no constraint, which keeps off every
    /// store with an exclusive label.
    pub engine: Engine,
    /// The event that last wrote it; `None` for a rule from before the run.
    pub set_by: Option<EventId>,
}

impl Rule {
    /// PD's `group_id`.
    pub fn group_id(&self) -> &'static str {
        match self.name {
            RuleName::Default => "pd",
            RuleName::Table(_) => "tiflash",
        }
    }

    /// PD's `id`, e.g. `table-45-r`.
    pub fn id(&self) -> String {
        match self.name {
            RuleName::Default => "default".to_owned(),
            RuleName::Table(table) => format!("table-{table}-r"),
        }
    }

    /// PD's `index`, by which rules are ordered.
    pub fn index(&self) -> u64 {
        match self.name {
            RuleName::Default => 0,
            RuleName::Table(_) => 120,
        }
    }

    /// Whether a peer on such a store counts for the rule. The labels `engine`, `exclusive` and
    /// `$…` are exclusive: a store with one takes only rules that name it.
    /// PD: `label_constraint.go:MatchLabelConstraints`.
    pub fn admits(&self, store: &StoreMeta) -> bool {
        let exclusive = |label: &String| label == "exclusive" || label.starts_with('$');
        self.engine == store.engine && !store.labels.keys().any(exclusive)
    }
}

/// All rules: the default rule first, then the tables' by range.
#[derive(Clone, Debug)]
pub(super) struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// The default rule alone.
    pub(super) fn new(max_replicas: u64) -> RuleSet {
        let default = Rule {
            name: RuleName::Default,
            start: Key::default(),
            end: Key::default(),
            role: RuleRole::Voter,
            count: max_replicas,
            engine: Engine::TiKv,
            set_by: None,
        };
        RuleSet { rules: vec![default] }
    }

    /// All rules in the order in which they are applied.
    pub(super) fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// The count of the default rule.
    pub(super) fn max_replicas(&self) -> u64 {
        self.rules[0].count
    }

    /// Changes the count of the default rule.
    pub(super) fn set_max_replicas(&mut self, count: u64, cause: EventId) {
        assert!(0 < count, "max-replicas must be at least 1");
        self.rules[0].count = count;
        self.rules[0].set_by = Some(cause);
    }

    /// Writes the rule of a table, or deletes it if `count` is 0, and returns its range.
    pub(super) fn set_table(
        &mut self,
        table: TableId,
        count: u64,
        cause: Option<EventId>,
    ) -> (Key, Key) {
        let rule = Rule {
            name: RuleName::Table(table),
            start: Key::record_prefix(table),
            end: Key::table_prefix(TableId(table.0 + 1)),
            role: RuleRole::Learner,
            count,
            engine: Engine::TiFlash,
            set_by: cause,
        };
        let range = (rule.start.clone(), rule.end.clone());
        let at = 1 + self.rules[1..].partition_point(|known| known.start < rule.start);
        let is_known = self.rules.get(at).is_some_and(|known| known.name == rule.name);
        match (is_known, count) {
            (true, 0) => drop(self.rules.remove(at)),
            (false, 0) => {}
            (true, _) => self.rules[at] = rule,
            (false, _) => self.rules.insert(at, rule),
        }
        range
    }

    /// The rules for a region, in order; `None` if it reaches across the edge of a rule, so that
    /// it would have to be split first. PD: `GetRulesForApplyRegion`.
    pub(super) fn for_region(&self, region: &Region) -> Option<(&Rule, Option<&Rule>)> {
        let default = &self.rules[0];
        let tables = &self.rules[1..];
        let next = tables.partition_point(|rule| rule.start <= region.start);
        let begins_inside =
            tables.get(next).is_some_and(|rule| region.end.is_empty() || rule.start < region.end);
        if begins_inside {
            return None;
        }
        let Some(rule) = next.checked_sub(1).map(|at| &tables[at]) else {
            return Some((default, None));
        };
        if rule.end <= region.start {
            return Some((default, None));
        }
        let ends_inside = region.end.is_empty() || rule.end < region.end;
        (!ends_inside).then_some((default, Some(rule)))
    }

    /// Where rules begin or end inside a region. PD: `RuleManager.GetSplitKeys`.
    pub(super) fn edges_inside(&self, region: &Region) -> Vec<Key> {
        let edges = self.rules[1..].iter().flat_map(|rule| [&rule.start, &rule.end]);
        let is_inside = |edge: &&Key| region.start < **edge && region.contains(edge);
        let mut inside: Vec<Key> = edges.filter(is_inside).cloned().collect();
        order::sort_by(&mut inside, Ord::cmp);
        inside.dedup();
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pd::testing::region;

    fn table_region(from: Key, to: Key) -> Region {
        Region { start: from, end: to, ..region(1, "", "", &[(11, 1)]) }
    }

    #[test]
    fn a_tables_rule_covers_its_rows_as_tidb_writes_it() {
        let mut rules = RuleSet::new(3);
        rules.set_table(TableId(45), 2, None);
        let rule = &rules.all()[1];
        assert_eq!(rule.id(), "table-45-r");
        assert_eq!(rule.start.to_string(), "7480000000000000FF2D5F720000000000FA");
        assert_eq!(rule.end.to_string(), "7480000000000000FF2E00000000000000F8");
    }

    #[test]
    fn a_region_across_the_edge_of_a_rule_has_no_rules() {
        let mut rules = RuleSet::new(3);
        rules.set_table(TableId(47), 1, None);
        rules.set_table(TableId(45), 2, None);
        let row = |table, row| Key::record(TableId(table), row);
        let count = |from: Key, to: Key| {
            rules.for_region(&table_region(from, to)).map(|(_, table)| table.map(|r| r.count))
        };
        assert_eq!(count(row(45, 1), row(45, 9)), Some(Some(2)));
        assert_eq!(count(row(46, 1), row(46, 9)), Some(None));
        assert_eq!(count(row(47, 1), row(47, 9)), Some(Some(1)));
        assert_eq!(count(row(45, 1), row(46, 9)), None);
        assert_eq!(count(row(46, 1), row(47, 9)), None);
        assert_eq!(count(Key::default(), Key::default()), None);
        assert_eq!(count(Key::default(), row(44, 1)), Some(None));
    }

    #[test]
    fn a_count_of_zero_deletes_the_rule() {
        let mut rules = RuleSet::new(3);
        rules.set_table(TableId(45), 2, None);
        rules.set_table(TableId(45), 0, None);
        rules.set_table(TableId(46), 0, None);
        assert_eq!(rules.all().len(), 1);
    }
}
