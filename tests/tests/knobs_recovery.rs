//! Each knob of unsafe recovery matters by itself: turned alone, in an incident or at the prompt,
//! it changes what people see. What only the reports of a controller can show is tested beside
//! it, in `crates/sim/src/pd/unsafe_recovery/tests/releases.rs`.

use scenario::{Request, Run, library, parse};
use sim::event::RecoveryStage;
use sim::release::{
    FailedStoresFrom, ForcedCommit, LeaderChoice, LearnersOnDemotion, OnlineRecovery,
    OrphanedPeers, PlanResend, RecoveryAbort, ShowWords, TiflashReports,
};
use sim::{Cluster, Command, EventKind, Knobs, Release};
use view::answer;

/// An incident, lived through with these knobs.
fn played(incident: &str, knobs: Knobs) -> Run {
    let scenario = library::load(incident).expect("it is one of the library");
    let mut run = Run::new(scenario, &[(None, knobs)], None).expect("it is sound");
    run.run_to_end();
    run
}

fn cluster(run: &Run) -> &Cluster {
    &run.worlds()[0].cluster
}

/// How pd-9624 looks at the moment when a recovery could be started, with these knobs.
fn before_the_recovery(knobs: Knobs) -> Cluster {
    let scenario = library::load("pd-9624").expect("it is one of the library");
    let mut cluster = Cluster::new(&scenario.setup, knobs, scenario.seed).expect("it is sound");
    cluster.advance(sim::Millis(10_000));
    cluster.apply(&asked("stop store 1,2")).expect("they run");
    cluster.advance(sim::Millis(40_000));
    cluster
}

fn asked(line: &str) -> Command {
    let Request::Command(command) = parse(line).expect("it can be typed") else {
        panic!("{line} is no command");
    };
    command
}

/// What the operator is answered: the refusal, or that there is none.
fn answered(cluster: &mut Cluster, line: &str) -> String {
    match cluster.apply(&asked(line)) {
        Ok(_) => "accepted".to_owned(),
        Err(refusal) => refusal.to_string(),
    }
}

fn is_available(run: &Run, table: &str) -> bool {
    cluster(run).tidb().table(table).expect("it is in the file").available
}

#[test]
fn tiflash_reports_decide_whether_what_is_left_is_found() {
    let stages = |tiflash_reports| {
        let run = played("pd-5044", Knobs { tiflash_reports, ..Release::V6_1_0Rc.knobs() });
        let stage = |event: &sim::Event| {
            if let EventKind::RecoveryStage { stage, .. } = event.kind { Some(stage) } else { None }
        };
        cluster(&run).events().iter().filter_map(stage).collect::<Vec<RecoveryStage>>()
    };
    use RecoveryStage as S;
    assert_eq!(stages(TiflashReports::Skipped), [S::CollectReport, S::Finished]);
    assert_eq!(
        stages(TiflashReports::Collected),
        [S::CollectReport, S::TombstoneTiFlashLearner, S::CreateEmptyRegion, S::Finished]
    );
}

#[test]
fn orphaned_peers_and_learners_on_demotion_are_needed_both() {
    let new = Release::V8_5_5.knobs();
    assert!(is_available(&played("pd-9624", new), "test.orders"));
    let ignored = Knobs { orphaned_peers: OrphanedPeers::Ignore, ..new };
    assert!(!is_available(&played("pd-9624", ignored), "test.orders"));
    let kept = Knobs { learners_on_demotion: LearnersOnDemotion::Keep, ..new };
    assert!(!is_available(&played("pd-9624", kept), "test.orders"));
    assert!(!is_available(&played("tikv-18458", kept), "tpcc.stock"));
}

#[test]
fn forced_commit_decides_whether_a_recovery_ends() {
    let end = |forced_commit| {
        let run = played("tikv-18197", Knobs { forced_commit, ..Release::V8_5_0.knobs() });
        cluster(&run).pd().recovery().stage()
    };
    assert_eq!(end(ForcedCommit::AllPeers), RecoveryStage::Failed);
    assert_eq!(end(ForcedCommit::VotersOnly), RecoveryStage::Finished);
}

#[test]
fn online_recovery_decides_whether_pd_ctl_knows_the_command() {
    let new = Release::V8_5_8.knobs();
    let old = Knobs { online_recovery: OnlineRecovery::Absent, ..new };
    let mut without = before_the_recovery(old);
    let (line, unknown) =
        ("pd-ctl unsafe remove-failed-stores 1,2", "unknown command \"unsafe\" for \"pd-ctl\"");
    let before = without.fingerprint();
    assert_eq!(answered(&mut without, line), unknown);
    assert_eq!(without.fingerprint(), before, "a refusal leaves no trace");
    assert_eq!(answer::recovery(&without), Err(unknown.to_owned()));
    let mut with = before_the_recovery(new);
    assert_eq!(answered(&mut with, line), "accepted");
}

#[test]
fn failed_stores_from_decides_what_auto_detect_is() {
    let line = "pd-ctl unsafe remove-failed-stores --auto-detect";
    let answer = |failed_stores_from| {
        let knobs = Knobs { failed_stores_from, ..Release::V6_5_0.knobs() };
        answered(&mut before_the_recovery(knobs), line)
    };
    assert_eq!(answer(FailedStoresFrom::Command), "unknown flag: --auto-detect");
    assert_eq!(answer(FailedStoresFrom::Voters), "accepted");

    // The demotion list of `show` names the learner, or does not.
    let told = |failed_stores_from| {
        let run = played("tikv-18458", Knobs { failed_stores_from, ..Release::V8_5_2.knobs() });
        answer::recovery(cluster(&run)).expect("the command exists")
    };
    let learner = "id:52980 store_id:502 role:Learner";
    assert!(!told(FailedStoresFrom::Voters).contains(learner));
    assert!(told(FailedStoresFrom::AllPeers).contains(learner));
}

#[test]
fn plan_resend_decides_how_often_and_which_flags_there_are() {
    for flag in ["--plan-execution-timeout 20", "--disable-paranoid-check"] {
        let answer = |plan_resend| {
            let knobs = Knobs { plan_resend, ..Release::V8_5_5.knobs() };
            let line = format!("pd-ctl unsafe remove-failed-stores 1,2 {flag}");
            answered(&mut before_the_recovery(knobs), &line)
        };
        let name = flag.split(' ').next().expect("a flag");
        assert_eq!(answer(PlanResend::After40s), format!("unknown flag: {name}"));
        assert_eq!(answer(PlanResend::After60s), "accepted");
    }
    // In tikv-18197 stores do not report, and are sent their plans again and again.
    let plans = |plan_resend| {
        let run = played("tikv-18197", Knobs { plan_resend, ..Release::V8_5_0.knobs() });
        let sent = |event: &&sim::Event| matches!(event.kind, EventKind::PlanSent { .. });
        cluster(&run).events().iter().filter(sent).count()
    };
    assert!(plans(PlanResend::After60s) < plans(PlanResend::After40s));
}

#[test]
fn recovery_abort_decides_whether_one_can_stop() {
    let line = "pd-ctl unsafe remove-failed-stores abort";
    let old = Knobs { recovery_abort: RecoveryAbort::Absent, ..Release::Master.knobs() };
    let mut cluster = before_the_recovery(old);
    let invalid = "strconv.ParseUint: parsing \"abort\": invalid syntax";
    assert_eq!(answered(&mut cluster, line), invalid);

    let mut cluster = before_the_recovery(Release::Master.knobs());
    let nothing = "Failed! [400] \"[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input \
                   no ongoing unsafe recovery\"";
    assert_eq!(answered(&mut cluster, line), nothing);
    assert_eq!(answered(&mut cluster, "pd-ctl unsafe remove-failed-stores 1,2"), "accepted");
    cluster.advance(sim::Millis(45_000));
    assert_eq!(answered(&mut cluster, line), "accepted");
    assert_eq!(cluster.pd().recovery().stage(), RecoveryStage::ExitForceLeader);
    cluster.advance(sim::Millis(3 * 60_000));
    let told = answer::recovery(&cluster).expect("the command exists");
    assert!(told.contains("Unsafe recovery Failed: aborted by operator"), "{told}");
}

#[test]
fn show_words_decide_how_a_recovery_is_told() {
    let told = |show_words| {
        let run = played("pd-9624", Knobs { show_words, ..Release::V8_5_5.knobs() });
        answer::recovery(cluster(&run)).expect("the command exists")
    };
    let one_string = told(ShowWords::OneString);
    let collect = "\"info\": \"Unsafe recovery enters collect report stage: failed stores 1, 2\"";
    assert!(one_string.contains(collect), "{one_string}");
    let details = told(ShowWords::Details);
    assert!(details.contains("\"failed stores 1, 2\""), "{details}");
    assert!(details.contains("Unsafe recovery finished"), "{details}");
    let capitals = told(ShowWords::Capitals);
    assert!(capitals.contains("\"Failed stores 1, 2\""), "{capitals}");
    assert!(capitals.contains("enters demote Failed voter stage"), "{capitals}");
    assert!(capitals.contains("Unsafe recovery Finished"), "{capitals}");
}

#[test]
fn leader_choice_makes_no_difference_where_all_is_applied_from_the_log() {
    // On real stores nothing is applied that is not in the log (raft 0.7.0), so that the incidents
    // go the same way; reports that differ are in the controller's own tests.
    let end = |leader_choice| {
        let run = played("pd-9624", Knobs { leader_choice, ..Release::V7_5_0.knobs() });
        cluster(&run).fingerprint()
    };
    assert_eq!(end(LeaderChoice::Log), end(LeaderChoice::AppliedToo));
}

#[test]
fn a_recovery_in_progress_halts_scheduling() {
    let mut cluster = before_the_recovery(Release::V8_5_8.knobs());
    assert!(!cluster.pd().is_scheduling_halted());
    cluster.apply(&asked("pd-ctl unsafe remove-failed-stores 1,2")).expect("both are silent");
    assert!(cluster.pd().is_scheduling_halted());
    cluster.advance(sim::Millis(10 * 60_000));
    assert!(!cluster.pd().is_scheduling_halted());
}
