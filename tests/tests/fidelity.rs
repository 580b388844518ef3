//! The counts in FIDELITY.md are written by this test, not by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use scenario::sweep::Plan;
use scenario::sweep::peace::Trial;
use scenario::sweep::summary::{Summary, TABLED, table};
use scenario::{Run, library};
use sim::release::Knob;
use sim::{EventKind, Release, invariants};

const BEGIN: &str =
    "<!-- Written by tests/tests/fidelity.rs; UPDATE_GOLDEN=1 writes it anew. -->\n";
const END: &str = "<!-- End of what is written. -->";

/// Around what the sweep finds with its first seeds. All of them are counted by `cargo xtask sweep
/// --table`; these few so that nothing changes without being seen.
const SWEPT: &str =
    "<!-- Written by tests/tests/fidelity.rs too: the first seeds, held to the code. -->\n";
const SEEDS: u64 = 100;

#[test]
fn the_counts_are_those_of_the_code() {
    hold(BEGIN, &counts());
}

#[test]
fn the_first_seeds_of_the_sweep_find_what_is_said() {
    let swept = |release| {
        let mut summary = Summary::new(release);
        for seed in 0..SEEDS {
            summary.count(seed, &Trial::of(&Plan::under(seed, release)).found);
        }
        assert_eq!(summary.failures().count(), 0, "{summary}");
        summary
    };
    let summaries: Vec<Summary> = std::thread::scope(|scope| {
        let threads = TABLED.map(|release| scope.spawn(move || swept(release)));
        threads.into_iter().map(|thread| thread.join().expect("nothing fails")).collect()
    });
    hold(SWEPT, &format!("\n{}\n", table(&summaries)));
}

/// Holds what follows a mark in FIDELITY.md to `content`, or writes it there.
fn hold(begin: &str, content: &str) {
    // The tests of this file write it one after the other.
    static WRITING: Mutex<()> = Mutex::new(());
    let writing = WRITING.lock().expect("nobody fails with it");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../FIDELITY.md");
    let text = fs::read_to_string(&path).expect("it is part of the project");
    let (before, rest) = text.split_once(begin).expect("the place is marked");
    let (_, after) = rest.split_once(END).expect("the end is marked");
    let now = format!("{before}{begin}{content}{END}{after}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(&path, now).expect("it can be written");
    }
    let is_same = text == now;
    drop(writing);
    assert!(is_same, "FIDELITY.md has other counts; UPDATE_GOLDEN=1 writes them:\n{content}");
}

fn counts() -> String {
    let mut out = String::from("\n| What | How many |\n|---|---|\n");
    let mut row = |what: &str, number: usize| {
        writeln!(out, "| {what} | {number} |").expect("a string takes all");
    };
    row("Releases that can be chosen, `proposed` among them", Release::ALL.len());
    row("Knobs", Knob::ALL.len());
    row("Values of knobs", Knob::ALL.iter().map(|knob| knob.values()).sum());
    row("Incidents", library::ids().count());
    row("Expectations of an incident under a release, held by a test", expectations());
    row("Stages of unsafe recovery that the incidents reach, of 10", stages().len());
    row("Laws that every run is held to", invariants::ALL.len());
    row("Cases of PD's recovery of our own, in `tests/cases`", own_cases());
    out.push('\n');
    out
}

fn expectations() -> usize {
    let scenarios = library::ids().filter_map(library::load);
    scenarios.map(|scenario| scenario.expectations.len()).sum()
}

/// Stages that some incident reaches under one of the releases it contrasts.
fn stages() -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    for scenario in library::ids().filter_map(library::load) {
        let releases = scenario.releases;
        let mut run = Run::of_releases(scenario, &releases, None).expect("it is sound");
        run.run_to_end();
        for world in run.worlds() {
            for event in world.cluster.events() {
                if let EventKind::RecoveryStage { stage, .. } = &event.kind {
                    reached.insert(format!("{stage:?}"));
                }
            }
        }
    }
    reached
}

fn own_cases() -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = fs::read_dir(folder).expect("the folder is part of the project");
    let text = |file: std::io::Result<fs::DirEntry>| {
        fs::read_to_string(file.expect("it can be listed").path()).expect("it is text")
    };
    let cases = |text: String| -> usize {
        let json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        json["cases"].as_array().map_or(0, Vec::len)
    };
    files.map(text).map(cases).sum()
}
