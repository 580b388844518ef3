//! Re-enacts one case: heartbeats in turn, each answered by a plan that is carried out at once.

use std::collections::BTreeMap;
use std::fmt::Debug;

use sim::event::{EventLog, RecoveryStage};
use sim::message::{DemotePlan, PeerReport, RecoveryPlan};
use sim::pd::stores::{IdAllocator, StoreRecord, StoreTable};
use sim::pd::unsafe_recovery::{RecoveryEnv, RecoveryRequest, UnsafeRecovery};
use sim::release::{LearnersOnDemotion, OrphanedPeers};
use sim::store::{StoreMeta, StoreState};
use sim::{EventKind, Knobs, Millis, RecoveryOptions, Release, StoreId};

use super::case::{Case, CaseReport, Variant};
use super::stand_in::{StandIns, members};

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
    plans: Vec<(RecoveryStage, BTreeMap<StoreId, RecoveryPlan>)>,
    stand_ins: StandIns,
}

/// Re-enacts the case itself, with its fault if it has one, and its variants. With each run goes
/// what differed from what was expected.
pub(super) fn all_runs(case: &Case) -> Vec<(String, Vec<String>)> {
    let knobs = Release::V8_5_8.knobs();
    let failed = failed_stores(case);
    let idle = UnsafeRecovery::new(knobs);
    if let Err(refusal) = idle.check_start(Millis::ZERO, &store_table(case), request(case, &failed))
    {
        return vec![(case.name.clone(), vec![format!("the command is refused: {refusal}")])];
    }
    let plain = run(case, knobs, Fault::None);
    let mut runs = vec![(case.name.clone(), differences(case, &plain))];
    if let Some(expected) = &case.expected.stage_sequence_with_injected_failure {
        let faulty = case
            .initial_reports
            .keys()
            .next_back()
            .map_or(Fault::None, |store| Fault::NoForceLeaderAtFirst(StoreId(*store)));
        let stages = names(&run(case, knobs, faulty).stages);
        // PD's test stops before the end.
        let beginning = stages.get(..expected.len()).unwrap_or(&stages);
        let name = format!("{}/injected failure", case.name);
        runs.push((name, difference("stages", &beginning, &expected.as_slice())));
    }
    for variant in &case.variants_derived_not_in_test {
        let run = run(case, knobs_of(variant, knobs), Fault::None);
        let name = format!("{}/{}", case.name, variant.variant);
        runs.push((name, variant_differences(variant, &run)));
    }
    runs
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
        timeout_s: Some(case.command.timeout_s),
        options: RecoveryOptions::default(),
    }
}

fn failed_stores(case: &Case) -> Vec<StoreId> {
    case.command.failed_stores.iter().copied().map(StoreId).collect()
}

/// Every store is Up and was never heard from, so it counts as disconnected.
fn store_table(case: &Case) -> StoreTable {
    let record = |store: &super::case::CaseStore| StoreRecord {
        meta: StoreMeta {
            id: StoreId(store.id),
            engine: store.engine(),
            address: format!("10.0.0.{}:20160", store.id),
            labels: BTreeMap::new(),
        },
        state: StoreState::Up,
        physically_destroyed: false,
        last_heartbeat: None,
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

fn differences(case: &Case, run: &Run) -> Vec<String> {
    let expected = &case.expected;
    let mut lines = difference("stages", &names(&run.stages), &expected.stage_sequence);

    let plans: Vec<_> =
        run.plans.iter().map(|(stage, plans)| (stage.name().to_owned(), plans.clone())).collect();
    let expected_plans: Vec<_> = expected
        .plans_by_stage
        .iter()
        .map(|stage| {
            let plans = stage.store_plans.iter();
            let plans = plans.map(|(store, plan)| (StoreId(*store), plan.plan())).collect();
            (stage.stage.clone(), plans)
        })
        .collect();
    lines.extend(difference("plans", &plans, &expected_plans));

    for (store, expected) in &expected.final_reports {
        let report = run.stand_ins.report(StoreId(*store));
        let reported = report.map_or(&[][..], |report| &report.peer_reports);
        let what = format!("final report of store {store}");
        lines.extend(difference(&what, &reported, &peer_reports(expected).as_slice()));
    }
    lines
}

fn variant_differences(variant: &Variant, run: &Run) -> Vec<String> {
    let mut lines = difference("stages", &names(&run.stages), &variant.stage_sequence);
    let all_plans = run.plans.iter().flat_map(|(_, plans)| plans.values());
    let demotes: Vec<DemotePlan> = all_plans.flat_map(|plan| plan.demotes.clone()).collect();
    lines.extend(difference("demotes", &demotes, &variant.demotes()));
    match variant.final_peers() {
        Ok(expected) => {
            for (region, peers) in expected {
                let what = format!("members of region {region}");
                lines.extend(difference(&what, &members(&run.stand_ins, region), &Some(peers)));
            }
        }
        Err(error) => lines.push(error.to_string()),
    }
    lines
}

fn names(stages: &[RecoveryStage]) -> Vec<String> {
    stages.iter().map(|stage| stage.name().to_owned()).collect()
}

fn difference<T: PartialEq + Debug>(what: &str, is: &T, expected: &T) -> Vec<String> {
    if is == expected {
        return Vec::new();
    }
    vec![format!("{what}: {is:?} instead of {expected:?}")]
}
