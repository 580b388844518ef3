//! The incidents of the library, each lived through under every release that its file says
//! something of: what it expects comes about, whatever the seed, and the course of it is recorded.

use std::fmt::Write as _;

use scenario::{Request, Run, Scenario, library};
use sim::{EventKind, Release};
use tests::golden;

/// Seeds that every expectation is held against, beside the scenario's own.
const SEEDS: [u64; 3] = [1, 2, 3];

fn scenarios() -> impl Iterator<Item = Scenario> {
    library::ids().map(|id| library::load(id).expect("the id is one of the list"))
}

fn played(scenario: &Scenario, release: Release, seed: Option<u64>) -> Run {
    let mut run = Run::of_releases(scenario.clone(), &[release], seed).expect("it is sound");
    run.run_to_end();
    let broken = run.worlds()[0].cluster.broken_invariants();
    assert!(broken.is_empty(), "{}, {release}, seed {}: {broken:?}", scenario.id, run.seed());
    run
}

#[test]
fn every_incident_says_what_it_expects_before_and_after_its_fix() {
    for scenario in scenarios() {
        for release in scenario.releases {
            let says = scenario.expectations.iter().any(|expected| expected.release == release);
            assert!(says, "{}: nothing is expected of {release}", scenario.id);
        }
    }
}

#[test]
fn what_is_expected_comes_about_whatever_the_seed() {
    for scenario in scenarios() {
        for expected in &scenario.expectations {
            for seed in std::iter::once(None).chain(SEEDS.map(Some)) {
                let run = played(&scenario, expected.release, seed);
                let (_, met) = run.expectation(0).expect("this release is one of them");
                for (check, met) in expected.checks.iter().zip(met) {
                    let (id, release, seed) = (&scenario.id, expected.release, run.seed());
                    assert!(met, "{id}, {release}, seed {seed}, line {}: {check}", check.number);
                }
            }
        }
    }
}

#[test]
fn the_releases_that_are_contrasted_part() {
    for scenario in scenarios() {
        let pair = scenario.releases;
        let mut run = Run::of_releases(scenario, &pair, None).expect("it is sound");
        run.run_to_end();
        assert!(run.divergence().is_some(), "{}: {pair:?} do not differ", run.scenario().id);
    }
}

#[test]
fn each_course_is_as_recorded() {
    for scenario in scenarios() {
        let mut told = String::new();
        for expected in &scenario.expectations {
            let run = played(&scenario, expected.release, None);
            tell(&run, &mut told).expect("a string takes all");
        }
        golden::compare(&format!("{}.course", scenario.id), &told);
    }
}

/// What was asked and refused, the stages of recovery, and how it stands in the end.
fn tell(run: &Run, told: &mut String) -> std::fmt::Result {
    let cluster = &run.worlds()[0].cluster;
    writeln!(told, "{}", run.worlds()[0].release.expect("it was given one"))?;
    let mut lines: Vec<(u64, String)> = Vec::new();
    for issued in run.issued() {
        if let Request::Command(_) | Request::Wait(_) = issued.request {
            let outcome = issued.outcomes[0].as_ref().expect("there is one world");
            lines.push((issued.at.0, format!("> {}  {}", issued.request, outcome_word(outcome))));
        }
    }
    for event in cluster.events() {
        if let EventKind::RecoveryStage { stage, .. } = &event.kind {
            lines.push((event.at.0, format!("recovery: {stage:?}")));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    for (at, line) in lines {
        writeln!(told, "{at:>9} {}", line.trim_end())?;
    }
    for (region, peer, why) in cluster.ghost_peers() {
        writeln!(told, "  ghost: region {region} {peer} {why:?}")?;
    }
    for table in cluster.tidb().tables().filter(|table| 0 < table.replica_count) {
        let (name, progress) = (&table.name, table.progress_bp);
        writeln!(told, "  {name}: available {}, progress {progress} / 10000", table.available)?;
    }
    for store in cluster.stores() {
        let dead: Vec<String> = store.client().blacklist().map(|id| id.to_string()).collect();
        let (id, failed) = (store.id(), store.failed_resolves());
        writeln!(told, "  store {id}: failed resolves {failed}, black-list [{}]", dead.join(" "))?;
    }
    Ok(())
}

fn outcome_word(outcome: &scenario::Outcome) -> String {
    match outcome {
        scenario::Outcome::Refused(refusal) => format!("refused: {refusal}"),
        scenario::Outcome::NotReached(_) => "not reached".to_owned(),
        scenario::Outcome::Done | scenario::Outcome::Asked | scenario::Outcome::Reached(_) => {
            String::new()
        }
    }
}
