//! What differs between releases: each knob alone, turned in an old or a new release, changes what
//! the controller does.

use super::*;
use crate::release::{LeaderChoice, PlanResend, RecoveryAbort, ShowWords, TiflashReports};

/// A controller with these knobs.
fn scene_with(knobs: Knobs, tikv: &[u64], tiflash: &[u64]) -> Scene {
    let mut scene = Scene::new(Release::V8_5_8, tikv, tiflash);
    scene.recovery = UnsafeRecovery::new(knobs);
    scene
}

#[test]
fn leader_choice_whether_what_is_applied_counts() {
    let chosen = |leader_choice| {
        let knobs = Knobs { leader_choice, ..Release::V7_5_0.knobs() };
        let mut scene = scene_with(knobs, &[1, 2, 3, 4, 5], &[]);
        scene.start(&[3, 4, 5], None);
        let region = peer(7, ALL, &[1, 2, 3, 4, 5], &[]);
        scene.report(1, &[PeerReport { last_index: 10, applied: 12, ..region.clone() }]);
        scene.report(2, &[PeerReport { last_index: 11, applied: 11, ..region }]);
        let leads = |plan: &RecoveryPlan| {
            plan.force_leader.as_ref().is_some_and(|plan| !plan.enter_force_leaders.is_empty())
        };
        let plans = scene.recovery.plans().iter();
        let led = plans.filter(|(_, plan)| leads(plan)).map(|(store, _)| *store).next();
        let led = led.expect("the region has lost its quorum");
        // What the operator is shown.
        let shown = scene.recovery.show(scene.now);
        let told = shown.iter().flat_map(|entry| entry.actions.get(&led)).flatten();
        (led.0, told.cloned().collect::<Vec<String>>().join("; "))
    };
    let (old, shown_old) = chosen(LeaderChoice::Log);
    let (new, shown_new) = chosen(LeaderChoice::AppliedToo);
    assert_eq!((old, new), (2, 1));
    for shown in [shown_old, shown_new] {
        assert!(shown.contains("force leader on regions: 7"), "{shown}");
    }
}

#[test]
fn tiflash_reports_whether_a_last_learner_is_seen() {
    let end = |tiflash_reports| {
        let knobs = Knobs { tiflash_reports, ..Release::V6_1_0Rc.knobs() };
        let mut scene = scene_with(knobs, &[1, 2], &[4]);
        scene.start(&[1], None);
        let learner = peer(7, ALL, &[1], &[4]);
        scene.report(4, &[learner]);
        scene.report(2, &[]);
        scene.report(4, &[]);
        scene.report(2, &[]);
        scene.stages()
    };
    assert_eq!(end(TiflashReports::Skipped), [Stage::CollectReport, Stage::Finished]);
    let seen = [Stage::CollectReport, Stage::TombstoneTiFlashLearner, Stage::CreateEmptyRegion];
    assert_eq!(end(TiflashReports::Collected), seen);
}

#[test]
fn failed_stores_from_which_peers_are_listed() {
    let listed = |failed_stores_from| {
        let knobs = Knobs { failed_stores_from, ..Release::V8_5_8.knobs() };
        let mut scene = scene_with(knobs, &[1], &[]);
        scene.auto_detect();
        scene.report(1, &[peer(7, ALL, &[1, 2, 3], &[8])]);
        let plan = scene.recovery.plans()[&StoreId(1)].force_leader.clone();
        plan.expect("a force leader").failed_stores
    };
    assert_eq!(listed(FailedStoresFrom::Voters), ids(&[2, 3]));
    assert_eq!(listed(FailedStoresFrom::AllPeers), ids(&[2, 3, 8]));

    let knobs = Knobs { failed_stores_from: FailedStoresFrom::Command, ..Release::V6_5_0.knobs() };
    let old = scene_with(knobs, &[1], &[]);
    let request = RecoveryRequest { auto_detect: true, ..RecoveryRequest::default() };
    let answer = old.recovery.check_start(old.now, &old.stores, request);
    assert_eq!(answer.map_err(|no| no.to_string()), Err("unknown flag: --auto-detect".to_owned()));
}

#[test]
fn online_recovery_whether_pd_ctl_knows_the_command() {
    let knobs = Knobs { online_recovery: OnlineRecovery::Absent, ..Release::V8_5_8.knobs() };
    let scene = scene_with(knobs, &[1, 2], &[]);
    assert_eq!(scene.check(&[2]), Err(Refusal::NoOnlineRecovery));
    assert_eq!(scene.recovery.check_abort(), Err(Refusal::NoOnlineRecovery));
    let answer = scene.recovery.check_online().map_err(|no| no.to_string());
    assert_eq!(answer, Err("unknown command \"unsafe\" for \"pd-ctl\"".to_owned()));
}

#[test]
fn plan_resend_how_long_and_whether_it_can_be_chosen() {
    let waits = |plan_resend: PlanResend| {
        let knobs = Knobs { plan_resend, ..Release::V8_5_2.knobs() };
        let mut scene = scene_with(knobs, &[1, 2], &[]);
        let options = RecoveryOptions { plan_timeout_s: Some(7), disable_paranoid_check: false };
        let request = RecoveryRequest { failed: &ids(&[2]), options, ..Default::default() };
        let flag = scene.recovery.check_start(scene.now, &scene.stores, request);
        scene.start(&[2], None);
        scene.heartbeat(1);
        let again = |second: &u64| {
            scene.now = Millis(second * SECOND + 1);
            scene.heartbeat(1).is_some()
        };
        ((1..).find(again), flag.map_err(|no| no.to_string()))
    };
    let unknown = Err("unknown flag: --plan-execution-timeout".to_owned());
    assert_eq!(waits(PlanResend::After40s), (Some(40), unknown));
    assert_eq!(waits(PlanResend::After60s), (Some(60), Ok(())));
}

#[test]
fn recovery_abort_and_the_reports_of_an_earlier_run() {
    let late_report_counts = |recovery_abort| {
        let knobs = Knobs { recovery_abort, ..Release::V8_5_8.knobs() };
        let mut scene = scene_with(knobs, &[1], &[]);
        scene.auto_detect();
        let late = StoreReport { step: scene.recovery.step(), peer_reports: Vec::new() };
        let well = peer(1, ALL, &[1], &[]);
        scene.report(1, std::slice::from_ref(&well));
        assert_eq!(scene.recovery.stage(), Stage::Finished);
        scene.auto_detect();
        scene.send(1, Some(late));
        scene.recovery.stage() != Stage::CollectReport
    };
    assert!(late_report_counts(RecoveryAbort::Absent), "each run counts from one");
    assert!(!late_report_counts(RecoveryAbort::Offered), "no number comes twice");
    let old = scene_with(Release::V8_5_8.knobs(), &[1], &[]);
    let answer = old.recovery.check_abort().map_err(|no| no.to_string());
    assert_eq!(answer, Err("strconv.ParseUint: parsing \"abort\": invalid syntax".to_owned()));
}

#[test]
fn show_words_of_three_releases() {
    let told = |show_words| {
        let knobs = Knobs { show_words, ..Release::V8_5_8.knobs() };
        let mut scene = scene_with(knobs, &[1, 2, 4], &[]);
        scene.start(&[2, 4], None);
        let region = peer(7, ALL, &[1, 2, 4], &[]);
        scene.report(1, std::slice::from_ref(&region));
        scene.report(1, &[leading(&region)]);
        scene.heartbeat(2);
        scene.report(1, &[]);
        let output = scene.recovery.show(scene.now);
        let lines = |stage: &StageOutput| {
            let details = stage.details.iter().map(|line| format!("  {line}"));
            std::iter::once(stage.info.clone()).chain(details).collect::<Vec<_>>()
        };
        [0, 2, 3, 4].iter().flat_map(|stage: &usize| lines(&output[*stage])).collect::<Vec<_>>()
    };
    let end = "  no newly created empty regions";
    assert_eq!(
        told(ShowWords::OneString),
        [
            "Unsafe recovery enters collect report stage: failed stores 2, 4",
            "Unsafe recovery enters demote failed voter stage",
            "Unsafe recovery enters exit force leader stage",
            "  Receive heartbeat from failed store 2",
            "Unsafe recovery failed: Receive heartbeat from failed store 2",
            end,
        ]
    );
    assert_eq!(
        told(ShowWords::Details),
        [
            "Unsafe recovery enters collect report stage",
            "  failed stores 2, 4",
            "Unsafe recovery enters demote failed voter stage",
            "Unsafe recovery enters exit force leader stage",
            "  triggered by error: Receive heartbeat from failed store 2",
            "Unsafe recovery failed: Receive heartbeat from failed store 2",
            end,
        ]
    );
    assert_eq!(
        told(ShowWords::Capitals),
        [
            "Unsafe recovery enters collect report stage",
            "  Failed stores 2, 4",
            "Unsafe recovery enters demote Failed voter stage",
            "Unsafe recovery enters exit force leader stage",
            "  triggered by error: Receive heartbeat from Failed store 2",
            "Unsafe recovery Failed: Receive heartbeat from Failed store 2",
            end,
        ]
    );
}
