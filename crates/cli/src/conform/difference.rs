//! What a run did otherwise than expected, so that one sees at a glance what is amiss.

use std::collections::BTreeMap;
use std::fmt;

use sim::event::RecoveryStage;
use sim::message::{PeerReport, RecoveryPlan};
use sim::{RegionId, StoreId};

use super::words;

/// The plans of one stage by store.
pub(super) type Plans = BTreeMap<StoreId, RecoveryPlan>;

/// One thing that was to be otherwise: a stage's plan for a store, a store's report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where, e.g. `DemoteFailedVoter, plan for store 5`.
    pub place: String,
    /// What was expected there and did not come.
    pub expected: Vec<String>,
    /// What came and was not expected.
    pub got: Vec<String>,
}

/// The place on a line of its own, then each `expected …` and `got …`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        for (side, lines) in [("expected", &self.expected), ("got", &self.got)] {
            match lines.is_empty() {
                true => write!(f, "\n  {side:<9} nothing")?,
                false => lines.iter().try_for_each(|line| write!(f, "\n  {side:<9} {line}"))?,
            }
        }
        Ok(())
    }
}

/// The lines of each side that the other lacks; all of them if only their order differs.
pub(super) fn lines(
    place: impl Into<String>,
    expected: Vec<String>,
    got: Vec<String>,
) -> Option<Difference> {
    if expected == got {
        return None;
    }
    let only = |these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|line| !others.contains(line)).cloned().collect()
    };
    let (missing, extra) = (only(&expected, &got), only(&got, &expected));
    let (expected, got) = match missing.is_empty() && extra.is_empty() {
        true => (expected, got),
        false => (missing, extra),
    };
    Some(Difference { place: place.into(), expected, got })
}

/// Where two sequences of stages differ.
pub(super) fn stages(
    place: &str,
    expected: &[RecoveryStage],
    got: &[RecoveryStage],
) -> Option<Difference> {
    lines(place, vec![words::stages(expected)], vec![words::stages(got)])
}

/// Where the plans of two runs differ, stage by stage and store by store. A store that is not
/// named gets an empty plan; a stage without any other is as good as not named.
pub(super) fn plans(
    expected: &[(RecoveryStage, Plans)],
    got: &[(RecoveryStage, Plans)],
) -> Vec<Difference> {
    let (expected, got) = (by_stage(expected), by_stage(got));
    let mut places: Vec<(RecoveryStage, usize)> = expected.iter().map(|(at, _)| *at).collect();
    places.extend(got.iter().map(|(at, _)| *at).filter(|at| find(&expected, *at).is_none()));
    let mut differences = Vec::new();
    let none = Plans::new();
    for at in places {
        let (expected, got) =
            (find(&expected, at).unwrap_or(&none), find(&got, at).unwrap_or(&none));
        let stores: BTreeMap<StoreId, ()> =
            expected.keys().chain(got.keys()).map(|store| (*store, ())).collect();
        for store in stores.into_keys() {
            let text = |plans: &Plans| plans.get(&store).map(words::plan).unwrap_or_default();
            let round = if at.1 == 0 { String::new() } else { format!(" (time {})", at.1 + 1) };
            let place = format!("{}{round}, plan for store {store}", at.0.name());
            differences.extend(lines(place, text(expected), text(got)));
        }
    }
    differences
}

/// A stage and how often it was entered before, with its plans; stores whose plan is empty are
/// left out, and the failed stores are sorted: PD has them in the order of a Go map.
type ByStage = Vec<((RecoveryStage, usize), Plans)>;

fn by_stage(entered: &[(RecoveryStage, Plans)]) -> ByStage {
    let mut all: ByStage = Vec::new();
    for (stage, plans) in entered {
        let before = all.iter().filter(|((earlier, _), _)| earlier == stage).count();
        let filled = plans.iter().filter(|(_, plan)| !words::plan(plan).is_empty());
        let plans = filled.map(|(store, plan)| (*store, with_sorted_stores(plan))).collect();
        all.push(((*stage, before), plans));
    }
    all
}

fn with_sorted_stores(plan: &RecoveryPlan) -> RecoveryPlan {
    let mut plan = plan.clone();
    plan.force_leader.iter_mut().for_each(|plan| plan.failed_stores.sort());
    plan
}

fn find(all: &ByStage, at: (RecoveryStage, usize)) -> Option<&Plans> {
    all.iter().find(|(place, _)| *place == at).map(|(_, plans)| plans)
}

/// Where a store's last report differs, region by region.
pub(super) fn reports(
    store: StoreId,
    expected: &[PeerReport],
    got: &[PeerReport],
) -> Vec<Difference> {
    let of = |reports: &[PeerReport], region: RegionId| -> Vec<String> {
        reports.iter().filter(|r| r.region.id == region).map(words::report).collect()
    };
    let regions: BTreeMap<RegionId, ()> =
        expected.iter().chain(got).map(|report| (report.region.id, ())).collect();
    let place = |region| format!("last report of store {store}, region {region}");
    let differing = |region| lines(place(region), of(expected, region), of(got, region));
    regions.into_keys().filter_map(differing).collect()
}
