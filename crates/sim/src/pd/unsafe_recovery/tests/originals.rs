//! What PD's own tests of the controller tell as steps (`unsafe_recovery_controller_test.go`), each
//! under the name it has there. What they tell as input and output of one function is in
//! [`holes`](super::super::holes); what they tell as reports and plans is data for
//! `regionscope conform`.

use super::*;

#[test]
fn test_failed() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    scene.start(&[2, 3], Some(60));
    let region = peer(1001, ALL, &[1, 2, 3], &[]);
    assert_eq!(scene.heartbeat(1), Some(RecoveryPlan { step: 1, ..RecoveryPlan::default() }));
    let plan = scene.report(1, std::slice::from_ref(&region)).expect("a force leader");
    let force_leader =
        ForceLeaderPlan { failed_stores: ids(&[2, 3]), enter_force_leaders: vec![RegionId(1001)] };
    assert_eq!(plan.force_leader, Some(force_leader));
    let plan = scene.report(1, &[leading(&region)]).expect("a demotion");
    assert_eq!(plan.demotes.len(), 1);

    assert_eq!(scene.heartbeat(2), None);
    let plan = scene.heartbeat(1).expect("an empty plan ends force leader");
    assert_eq!(plan, RecoveryPlan { step: 4, ..RecoveryPlan::default() });
    assert_eq!(scene.report(1, &[region]), None);
    assert_eq!(
        scene.stages(),
        [
            Stage::CollectReport,
            Stage::ForceLeader,
            Stage::DemoteFailedVoter,
            Stage::ExitForceLeader,
            Stage::Failed
        ]
    );
    let info = scene.infos().pop();
    let expected = "Unsafe recovery Failed: Receive heartbeat from Failed store 2";
    assert_eq!(info.as_deref(), Some(expected));
    assert!(!scene.recovery.take_region_cache_reset());
}

#[test]
fn test_execution_timeout() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    scene.start(&[2, 3], Some(1));
    scene.heartbeat(1);
    scene.now = Millis(1_000);
    assert_eq!(scene.heartbeat(1), None, "the time is up only after the deadline");
    scene.now = Millis(1_500);
    assert!(scene.heartbeat(1).is_some());
    assert_eq!(scene.recovery.stage(), Stage::ExitForceLeader);
    scene.report(1, &[]);
    assert_eq!(scene.stages(), [Stage::CollectReport, Stage::ExitForceLeader, Stage::Failed]);

    let output = scene.recovery.show(scene.now);
    assert_eq!(output.len(), 3);
    let why = "triggered by error: Exceeds timeout 2025-05-06 10:00:01 +0800 CST m=+1.000000000";
    assert_eq!(output[1].details, [why]);
    let sent = scene.numbered().find(|(_, e)| matches!(e.kind, EventKind::PlanSent { .. }));
    let gave_up = scene.event(scene.event_of(Stage::ExitForceLeader));
    let causes = [sent.expect("sent").0, scene.event_of(Stage::CollectReport)];
    assert_eq!(gave_up.causes, causes, "it waited for an answer to the plan");
}

#[test]
fn test_remove_failed_stores() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2], &[]);
    scene.stores.get_mut(&StoreId(2)).expect("there").last_heartbeat = Some(Millis::ZERO);
    let nothing_changed = scene.recovery.clone();
    assert_eq!(scene.check(&[1, 3]), Err(Refusal::FailedStoreUnknown(StoreId(3))));
    assert_eq!(scene.check(&[2]), Err(Refusal::FailedStoreConnected(StoreId(2))));
    assert_eq!(scene.check(&[]), Err(Refusal::NoStoreSpecified));
    assert_eq!(scene.recovery, nothing_changed);

    scene.start(&[1], Some(60));
    assert_eq!(scene.stores[&StoreId(1)].state, StoreState::Tombstone);
    assert_eq!(scene.stores[&StoreId(2)].state, StoreState::Up);
    assert_eq!(scene.check(&[2]), Err(Refusal::RecoveryRunning));
    assert_eq!(scene.check(&[]), Err(Refusal::NoStoreSpecified), "pd-ctl answers this itself");
    assert_eq!(scene.stages(), [Stage::CollectReport]);
}

#[test]
fn test_running() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2], &[]);
    assert!(!scene.recovery.stage().is_running());
    assert_eq!(scene.infos(), ["No on-going recovery."]);
    scene.start(&[1], None);
    assert!(scene.recovery.stage().is_running());
    assert_eq!(scene.recovery.deadline(), Millis(600_000));

    let mut patient = Scene::new(Release::V8_5_8, &[1, 2], &[]);
    patient.start(&[1], Some(u64::MAX));
    assert_eq!(patient.recovery.deadline(), Millis(u64::MAX), "for ever");
}

#[test]
fn test_step() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    scene.start(&[2, 3], Some(60));
    let region = peer(1001, ALL, &[1, 2, 3], &[]);
    let report = |step| Some(StoreReport { step, peer_reports: vec![region.clone()] });
    scene.send(1, report(0));
    assert_eq!(scene.recovery.stage(), Stage::CollectReport);
    scene.send(1, report(1));
    assert_eq!(scene.recovery.stage(), Stage::ForceLeader);
    scene.send(1, report(1));
    assert_eq!(scene.recovery.stage(), Stage::ForceLeader);
}

#[test]
fn test_unsafe_recovery_step_is_unique_across_runs() {
    let mut scene = Scene::new(Release::Master, &[1], &[]);
    scene.auto_detect();
    let old = scene.recovery.step();
    let late = || Some(StoreReport { step: old, peer_reports: Vec::new() });
    scene.abort();
    assert_eq!(scene.recovery.stage(), Stage::ExitForceLeader);
    scene.send(1, late());
    assert_eq!(scene.recovery.stage(), Stage::ExitForceLeader, "the report is for another round");
    scene.report(1, &[]);
    assert_eq!(scene.recovery.stage(), Stage::Failed);

    scene.auto_detect();
    assert!(old < scene.recovery.step());
    scene.send(1, late());
    assert_eq!(scene.recovery.stage(), Stage::CollectReport, "the report is of another run");
    scene.report(1, &[peer(1, ALL, &[1], &[])]);
    assert_eq!(scene.recovery.stage(), Stage::Finished);
    assert!(!scene.recovery.take_region_cache_reset(), "only reports were collected");
}

#[test]
fn test_remove_failed_stores_with_options() {
    let mut scene = Scene::new(Release::V8_5_7, &[1], &[]);
    let options = RecoveryOptions { plan_timeout_s: Some(300), disable_paranoid_check: true };
    scene.request(RecoveryRequest { auto_detect: true, options, ..RecoveryRequest::default() });
    assert_eq!(
        scene.recovery.show(scene.now)[0].details,
        [
            "auto detect mode with no specified Failed stores",
            "paranoid check disabled",
            "plan execution timeout 5m0s"
        ]
    );
    assert_eq!(scene.heartbeat(1).map(|plan| plan.demotes.len()), Some(0), "an empty plan");
    scene.now = Millis(300 * SECOND);
    assert_eq!(scene.heartbeat(1), None, "it has five minutes to report");
    scene.now = scene.now.after(1);
    assert!(scene.heartbeat(1).is_some());
}

#[test]
fn test_abort_failed_stores_removal() {
    let mut scene = Scene::new(Release::Master, &[1, 2, 3], &[]);
    assert_eq!(scene.recovery.check_abort(), Err(Refusal::NoRecoveryRunning));
    scene.start(&[2, 3], None);
    let region = peer(1001, ALL, &[1, 2, 3], &[]);
    scene.report(1, std::slice::from_ref(&region));
    assert_eq!(scene.recovery.stage(), Stage::ForceLeader);
    scene.abort();
    let exiting = scene.recovery.step();
    assert_eq!(scene.recovery.check_abort(), Ok(()));
    scene.abort();
    assert_eq!(scene.recovery.step(), exiting, "asked again, it does nothing");
    let plan = scene.heartbeat(1).expect("an empty plan ends force leader");
    assert_eq!(plan, RecoveryPlan { step: exiting, ..RecoveryPlan::default() });
    scene.report(1, &[region]);
    let last = scene.infos().pop();
    assert_eq!(last.as_deref(), Some("Unsafe recovery Failed: aborted by operator"));
}
