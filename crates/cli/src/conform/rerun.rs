//! Re-enacts one case: heartbeats in turn, each answered by a plan that is carried out at once.

use std::collections::BTreeMap;

use sim::event::{EventLog, RecoveryStage};
use sim::message::PeerReport;
use sim::pd::stores::{IdAllocator, StoreRecord, StoreTable};
use sim::pd::unsafe_recovery::{RecoveryEnv, RecoveryRequest, UnsafeRecovery};
use sim::release::{LearnersOnDemotion, OrphanedPeers};
use sim::store::StoreMeta;
use sim::{EventKind, Knobs, Millis, RecoveryOptions, Release, StoreId};

use super::case::{Case, CaseReport, ScriptStep, Variant};
use super::difference::{self, Difference, Plans};
use super::stand_in::{StandIns, members};
use super::{Verdict, words};

/// More heartbeats than any recovery of a case needs.
const HEARTBEATS_MAX: usize = 1_000;

/// What may go wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The first time it is asked, the store does not become force leader.
    NoForceLeaderAtFirst(StoreId),
}

/// What happened.
struct Run {
    stages: Vec<RecoveryStage>,
    /// The plans of each stage, by store.
    plans: Vec<(RecoveryStage, Plans)>,
    stand_ins: StandIns,
}

/// Re-enacts the case itself, with its fault if it has one, and its variants. With each run goes
/// what came of it.
pub(super) fn all_runs(case: &Case) -> Vec<(String, Verdict)> {
    let knobs = Release::Master.knobs();
    let failed = failed_stores(case);
    let idle = UnsafeRecovery::new(knobs);
    if let Err(refusal) = idle.check_start(Millis::ZERO, &store_table(case), request(case, &failed))
    {
        let got = vec![format!("refused: {refusal}")];
        let expected = vec!["it is accepted".to_owned()];
        let refused = Difference { place: "the command".to_owned(), expected, got };
        return vec![(case.name.clone(), Verdict::Failed(vec![refused]))];
    }
    let plain = run(case, knobs, Fault::None);
    let mut runs = vec![(case.name.clone(), verdict(differences(case, &plain)))];
    runs.extend(faulty_run(case, knobs).map(|verdict| (format!("{}/script", case.name), verdict)));
    for variant in &case.variants_derived_not_in_test {
        let run = run(case, knobs_of(variant, knobs), Fault::None);
        let name = format!("{}/{}", case.name, variant.variant);
        runs.push((name, verdict(variant_differences(variant, &run))));
    }
    runs
}

fn verdict(differences: Vec<Difference>) -> Verdict {
    match differences.is_empty() {
        true => Verdict::Passed,
        false => Verdict::Failed(differences),
    }
}

/// The run in which one store does not become force leader when first asked, if the case tells of
/// one: by its script, or by the stages that must then follow.
fn faulty_run(case: &Case, knobs: Knobs) -> Option<Verdict> {
    let told = case.expected.stages_with_fault();
    if told.is_none() && case.script.is_empty() {
        return None;
    }
    let named = case.script.iter().find_map(ScriptStep::store_that_does_not_lead);
    let last = case.initial_reports.keys().next_back().map(|store| StoreId(*store));
    let Some(store) = named.or(last.filter(|_| case.script.is_empty())) else {
        return Some(Verdict::Skipped(
            "no step says `store N does not become force leader`".into(),
        ));
    };
    let got = run(case, knobs, Fault::NoForceLeaderAtFirst(store)).stages;
    let scripted = || {
        let steps = case.script.iter().filter_map(|step| step.expect_stage.map(|stage| stage.0));
        std::iter::once(RecoveryStage::CollectReport).chain(steps).collect()
    };
    let expected: Vec<RecoveryStage> = told.unwrap_or_else(scripted);
    // PD's test stops before the end.
    let beginning = got.get(..expected.len()).unwrap_or(&got);
    let place = format!("stages when store {store} does not lead at first");
    Some(verdict(difference::stages(&place, &expected, beginning).into_iter().collect()))
}

/// The fixes a variant names: by their pull requests, or all or none of them.
fn knobs_of(variant: &Variant, fixed: Knobs) -> Knobs {
    let has = |fix: &str| variant.variant.contains(fix) || variant.variant.starts_with("both");
    Knobs {
        learners_on_demotion: match has("#18760") {
            true => LearnersOnDemotion::Remove,
            false => LearnersOnDemotion::Keep,
        },
        orphaned_peers: match has("#9554") {
            true => OrphanedPeers::List,
            false => OrphanedPeers::Ignore,
        },
        ..fixed
    }
}

fn run(case: &Case, knobs: Knobs, mut fault: Fault) -> Run {
    let mut stores = store_table(case);
    let (mut ids, mut events) = (IdAllocator::starting_at(1), EventLog::default());
    let mut recovery = start(case, knobs, &mut stores, &mut events);
    let learners = knobs.learners_on_demotion;
    let mut stand_ins = StandIns::new(initial_reports(case), recovery.step(), learners);
    let mut plans = Vec::new();

    let turns = stand_ins.stores().into_iter().cycle().take(HEARTBEATS_MAX);
    for store in turns {
        if !recovery.stage().is_running() {
            break;
        }
        let step = recovery.step();
        let env = RecoveryEnv { stores: &stores, ids: &mut ids, events: &mut events };
        let report = stand_ins.report(store).cloned();
        let (plan, _) = recovery.on_store_heartbeat(Millis::ZERO, store, report, env);
        if recovery.step() != step && !recovery.plans().is_empty() {
            plans.push((recovery.stage(), recovery.plans().clone()));
        }
        let Some(plan) = plan else { continue };
        stand_ins.carry_out(store, &plan);
        if fault == Fault::NoForceLeaderAtFirst(store) && plan.force_leader.is_some() {
            stand_ins.exit_force_leader(store);
            fault = Fault::None;
        }
    }
    Run { stages: stages(&events), plans, stand_ins }
}

fn start(
    case: &Case,
    knobs: Knobs,
    stores: &mut StoreTable,
    events: &mut EventLog,
) -> UnsafeRecovery {
    let failed = failed_stores(case);
    let mut recovery = UnsafeRecovery::new(knobs);
    recovery.start(Millis::ZERO, stores, request(case, &failed), None, events);
    recovery
}

fn request<'a>(case: &Case, failed: &'a [StoreId]) -> RecoveryRequest<'a> {
    RecoveryRequest {
        failed,
        auto_detect: case.command.auto_detect,
        timeout_s: case.command.timeout_s,
        options: RecoveryOptions::default(),
    }
}

fn failed_stores(case: &Case) -> Vec<StoreId> {
    case.command.failed_stores.iter().copied().map(StoreId).collect()
}

/// A store that was never heard from counts as disconnected.
fn store_table(case: &Case) -> StoreTable {
    let record = |store: &super::case::CaseStore| StoreRecord {
        meta: StoreMeta {
            id: StoreId(store.id),
            engine: store.engine(),
            address: format!("10.0.0.{}:20160", store.id),
            labels: BTreeMap::new(),
        },
        state: store.state(),
        preparing: false,
        started: Millis::ZERO,
        physically_destroyed: store.physically_destroyed,
        down_after_ms: sim::store::DOWN_AFTER,
        last_heartbeat: store.last_heartbeat(),
        region_count: 0,
        last_event: None,
    };
    case.stores.iter().map(|store| (StoreId(store.id), record(store))).collect()
}

fn initial_reports(case: &Case) -> BTreeMap<StoreId, Vec<PeerReport>> {
    let reports = case.initial_reports.iter();
    reports.map(|(store, reports)| (StoreId(*store), peer_reports(reports))).collect()
}

fn peer_reports(reports: &[CaseReport]) -> Vec<PeerReport> {
    reports.iter().map(CaseReport::report).collect()
}

fn stages(events: &EventLog) -> Vec<RecoveryStage> {
    let mut stages = Vec::new();
    for event in events.all() {
        if let EventKind::RecoveryStage { stage, .. } = event.kind {
            stages.push(stage);
        }
    }
    stages
}

fn differences(case: &Case, run: &Run) -> Vec<Difference> {
    let mut all: Vec<Difference> = Vec::new();
    all.extend(difference::stages("stages", &case.expected.stages(), &run.stages));
    all.extend(difference::plans(&case.expected.plans(), &run.plans));
    for (store, expected) in &case.expected.final_reports {
        let report = run.stand_ins.report(StoreId(*store));
        let got = report.map_or(&[][..], |report| &report.peer_reports);
        all.extend(difference::reports(StoreId(*store), &peer_reports(expected), got));
    }
    all
}

fn variant_differences(variant: &Variant, run: &Run) -> Vec<Difference> {
    let mut all: Vec<Difference> = Vec::new();
    all.extend(difference::stages("stages", &variant.stages(), &run.stages));
    let plans = run.plans.iter().flat_map(|(_, plans)| plans.values());
    let got = plans.flat_map(|plan| plan.demotes.iter().map(words::demote)).collect();
    let expected = variant.demotes().iter().map(words::demote).collect();
    all.extend(difference::lines("demotions", expected, got));
    for (region, peers) in variant.final_peers() {
        let got =
            members(&run.stand_ins, region).map_or_else(Vec::new, |got| vec![words::peers(&got)]);
        let place = format!("members of region {region} in the end");
        all.extend(difference::lines(place, vec![words::peers(&peers)], got));
    }
    all
}
