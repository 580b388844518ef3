//! Runs: lock-step, waits, the order of things, and living through them again.

use scenario::{Deed, Outcome, ReplayError, Request, Run, Scenario, Target, parse};
use sim::{Millis, Release};

const TWO: [Release; 2] = [Release::V8_5_2, Release::V8_5_8];

fn small() -> Scenario {
    Scenario::parse("small.scn", include_str!("small.scn")).expect("it is read in tests/grammar.rs")
}

fn two_worlds() -> Run {
    Run::of_releases(small(), &TWO, None).expect("its cluster can be built")
}

fn ask(line: &str) -> Request {
    parse(line).expect("it is right")
}

fn fingerprints(run: &Run) -> Vec<u64> {
    run.worlds().iter().map(|world| world.cluster.fingerprint()).collect()
}

#[test]
fn a_step_runs_as_far_as_its_first_wait_and_no_further() {
    let mut run = two_worlds();
    run.advance(Millis(3_000));
    assert_eq!(run.start_next_step(), Some(0));
    assert_eq!(run.issued().len(), 2, "the command and the wait");
    assert_eq!(run.issued()[0].outcomes, [Some(Outcome::Done), Some(Outcome::Done)]);
    let deadline = run.waiting().map(|waiting| waiting.deadline);
    assert_eq!(deadline, Some(Millis(13_000)));
    run.advance(Millis(12_999));
    assert!(!run.is_idle());
    run.advance(Millis(13_000));
    assert!(run.is_idle());
    assert_eq!(run.issued()[1].outcomes, vec![Some(Outcome::Reached(Millis(13_000))); 2]);
    assert_eq!(run.next_step(), None, "the second step is optional");
}

#[test]
fn the_end_comes_when_the_scenario_says_and_all_worlds_are_there() {
    let mut run = two_worlds();
    run.run_to_end();
    assert_eq!(run.now(), run.scenario().end);
    assert!(run.worlds().iter().all(|world| world.cluster.now() == run.now()));
    assert!(run.is_started(0) && !run.is_started(1));
}

#[test]
fn a_refused_command_is_told_and_changes_nothing() {
    let mut run = two_worlds();
    run.advance(Millis(500));
    let before = fingerprints(&run);
    let asked = run.issue(ask("stop store 77"), Target::All).expect("a command is answered");
    let refused = run.issued()[asked].outcomes.clone();
    assert!(refused.iter().all(|outcome| matches!(outcome, Some(Outcome::Refused(_)))));
    assert_eq!(fingerprints(&run), before);
}

#[test]
fn a_query_changes_nothing() {
    let mut run = two_worlds();
    let before = fingerprints(&run);
    run.issue(ask("store"), Target::All);
    assert_eq!(fingerprints(&run), before);
    assert_eq!(run.issued()[0].outcomes, [Some(Outcome::Asked), Some(Outcome::Asked)]);
}

#[test]
fn a_command_for_one_world_leaves_the_other_alone() {
    let mut run = two_worlds();
    let asked = run.issue(ask("stop store 1"), Target::One(1)).expect("a command is answered");
    assert_eq!(run.issued()[asked].outcomes, [None, Some(Outcome::Done)]);
}

#[test]
fn a_wait_that_cannot_come_true_ends_at_once_and_the_script_goes_on() {
    let mut run = two_worlds();
    run.issue(ask("wait until recovery finished"), Target::All);
    assert!(run.is_idle(), "no recovery was started, so none will finish");
    let outcome = Some(Outcome::NotReached(Millis::ZERO));
    assert_eq!(run.issued()[0].outcomes, [outcome.clone(), outcome]);
}

#[test]
fn a_wait_past_its_limit_is_given_up_and_told() {
    let mut run = two_worlds();
    run.issue(ask("wait until disconnected 1 for at most 5s"), Target::All);
    run.issue(ask("wait 1s"), Target::All);
    run.advance(Millis(4_999));
    assert_eq!(run.issued().len(), 1, "the second wait is behind the first");
    run.advance(Millis(5_000));
    let outcome = Some(Outcome::NotReached(Millis(5_000)));
    assert_eq!(run.issued()[0].outcomes, [outcome.clone(), outcome]);
    assert_eq!(run.waiting().map(|waiting| waiting.deadline), Some(Millis(6_000)));
}

#[test]
fn how_a_run_is_sliced_changes_nothing() {
    let deeds = |run: &mut Run, slice: u64| {
        run.start_all();
        run.issue(ask("wait until disconnected 1 for at most 40s"), Target::All);
        run.issue(ask("wait 1s"), Target::All);
        while run.now() < Millis(60_000) {
            run.advance(run.now().after(slice).min(Millis(60_000)));
        }
    };
    let mut whole = two_worlds();
    deeds(&mut whole, 60_000);
    for slice in [7, 130, 16_667] {
        let mut sliced = two_worlds();
        deeds(&mut sliced, slice);
        assert_eq!(sliced.issued(), whole.issued(), "slices of {slice} ms");
        assert_eq!(fingerprints(&sliced), fingerprints(&whole), "slices of {slice} ms");
    }
}

#[test]
fn a_moment_gone_through_in_slices_is_the_same_moment() {
    let end = Millis(30_000);
    let mut whole = two_worlds();
    whole.start_all();
    whole.advance(end);
    let mut sliced = two_worlds();
    sliced.start_all();
    let mut halves = 0;
    while sliced.now() < end {
        sliced.approach(end, &mut 1);
        halves += usize::from(sliced.is_under_way());
    }
    assert!(100 < halves, "only {halves} moments were ever under way");
    assert_eq!(sliced.issued(), whole.issued());
    assert_eq!(sliced.parting(), whole.parting());
    assert_eq!(fingerprints(&sliced), fingerprints(&whole));
}

#[test]
fn what_is_asked_for_in_the_middle_of_a_moment_comes_after_it() {
    let mut run = two_worlds();
    let mut lines = ["cut 1 2", "heal", "stop store 1"].into_iter();
    while run.now() < Millis(20_000) {
        run.approach(Millis(20_000), &mut 3);
        if run.is_under_way() && Millis(2_000) < run.now() {
            let Some(line) = lines.next() else { continue };
            let before = run.now();
            run.issue(ask(line), Target::All);
            assert!(before < run.now() && !run.is_under_way(), "{line}");
        }
    }
    run.settle();
    assert_eq!(lines.next(), None, "all were asked for");
    let again = Run::replay(small(), run.record()).expect("it was just recorded");
    assert_eq!(again.issued(), run.issued());
    assert_eq!(fingerprints(&again), fingerprints(&run));
}

#[test]
fn a_replayed_run_is_the_same_run() {
    let mut run = two_worlds();
    run.advance(Millis(1_234));
    run.start_all();
    run.issue(ask("cut 1 2"), Target::One(0));
    run.advance(Millis(15_001));
    run.set_knobs(0, Some(Release::V8_5_7), Release::V8_5_7.knobs());
    run.issue(ask("heal"), Target::All);
    run.advance(Millis(20_000));
    let again = Run::replay(small(), run.record()).expect("it was just recorded");
    assert_eq!(again.record(), run.record());
    assert_eq!(again.issued(), run.issued());
    assert_eq!(fingerprints(&again), fingerprints(&run));
    assert_eq!(again.worlds()[0].cluster.knobs(), Release::V8_5_7.knobs());

    let branch = Run::replay(small(), &run.record().cut(Millis(5_000))).expect("a part of it");
    assert_eq!(branch.now(), Millis(5_000));
    assert!(branch.waiting().is_some(), "the step's wait is under way at that moment");
    assert_eq!(
        branch.issued(),
        &run.issued()[..3].iter().cloned().map(unended).collect::<Vec<_>>()
    );
}

/// What was issued, as it stood before a wait had ended.
fn unended(mut issued: scenario::Issued) -> scenario::Issued {
    if let Request::Wait(_) = issued.request {
        issued.outcomes.fill(None);
    }
    issued
}

#[test]
fn a_record_that_does_not_fit_is_refused() {
    let mut record = two_worlds().record().clone();
    let push = |record: &mut scenario::Record, deed| {
        record.inputs = vec![scenario::Input { at: Millis::ZERO, deed }];
    };
    push(&mut record, Deed::StartStep(9));
    assert_eq!(Run::replay(small(), &record).err(), Some(ReplayError::NoSuchStep(9)));
    push(&mut record, Deed::Issue { request: ask("heal"), target: Target::One(2) });
    assert_eq!(Run::replay(small(), &record).err(), Some(ReplayError::NoSuchWorld(2)));
    record.inputs[0].at = Millis(1);
    assert_eq!(Run::replay(small(), &record).err(), Some(ReplayError::OutOfOrder(Millis(1))));
    record.scenario = "other".into();
    let other = Run::replay(small(), &record).err();
    assert!(matches!(other, Some(ReplayError::OtherScenario { .. })));
}
