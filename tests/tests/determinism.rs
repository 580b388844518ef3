//! The same seed and the same commands make the same run: twice, in slices of any size, and on
//! every machine. No seed breaks a law.

use scenario::sweep::{Plan, digest, random_run};
use scenario::{Record, Run, library};
use sim::ids::MINUTE;
use sim::{Millis, Release};
use tests::golden;

/// Seeds whose fingerprints are compared, also natively with wasm.
const COMPARED: std::ops::Range<u64> = 0..200;
/// Seeds whose laws are looked at.
const LAWFUL: std::ops::Range<u64> = 0..1_000;

#[test]
fn every_seed_repeats() {
    for seed in COMPARED {
        assert_eq!(random_run(seed), random_run(seed), "seed {seed} does not repeat");
    }
}

#[test]
fn runs_are_as_recorded() {
    let told = format!(
        "# The digest of the random runs of seeds {} to {}, the same natively and in wasm.\n\
         # Recorded by `UPDATE_GOLDEN=1 cargo test -p tests --test determinism`.\n{:016x}\n",
        COMPARED.start,
        COMPARED.end - 1,
        digest(COMPARED)
    );
    golden::compare("sweep.txt", &told);
}

#[test]
fn no_seed_breaks_a_law() {
    for seed in LAWFUL {
        let outcome = random_run(seed);
        assert!(outcome.broken.is_empty(), "{}\n{:?}", Plan::of(seed), outcome.broken);
        assert!(0 < outcome.events, "seed {seed}: nothing happened");
    }
}

#[test]
fn how_time_is_sliced_changes_nothing() {
    for seed in COMPARED.step_by(5) {
        let plan = Plan::of(seed);
        let whole = plan.run(u64::MAX);
        for slice_ms in [9, 130, 16_667] {
            assert_eq!(plan.run(slice_ms), whole, "seed {seed}, slices of {slice_ms} ms");
        }
    }
}

#[test]
fn seeds_tell_runs_apart() {
    let all: std::collections::BTreeSet<u64> =
        COMPARED.map(|seed| random_run(seed).fingerprint).collect();
    assert_eq!(all.len() as u64, COMPARED.end - COMPARED.start);
}

#[test]
fn the_incident_is_the_same_when_it_is_lived_through_again_from_its_record() {
    let scenario = || library::load("tikv-18440").expect("it is in the library");
    for seed in [None, Some(1)] {
        let mut run = Run::of_releases(scenario(), &Release::ALL, seed).expect("it is right");
        run.start_all();
        while run.now() < Millis(20 * MINUTE) {
            run.advance(run.now().after(7_001));
        }
        let record: &Record = run.record();
        let again = Run::replay(scenario(), record).expect("it was just recorded");
        assert_eq!(again.now(), run.now());
        for (a, b) in again.worlds().iter().zip(run.worlds()) {
            assert_eq!(a.cluster.fingerprint(), b.cluster.fingerprint(), "{:?}", b.release);
            assert_eq!(a.cluster.events(), b.cluster.events(), "{:?}", b.release);
        }
    }
}
