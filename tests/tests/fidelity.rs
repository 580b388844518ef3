//! The counts in FIDELITY.md are written by this test, not by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use scenario::{Run, library};
use sim::release::Knob;
use sim::{EventKind, Release, invariants};

const BEGIN: &str =
    "<!-- Written by tests/tests/fidelity.rs; UPDATE_GOLDEN=1 writes it anew. -->\n";
const END: &str = "<!-- End of what is written. -->";

#[test]
fn the_counts_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../FIDELITY.md");
    let text = fs::read_to_string(&path).expect("it is part of the project");
    let (before, rest) = text.split_once(BEGIN).expect("the place is marked");
    let (_, after) = rest.split_once(END).expect("the end is marked");
    let now = format!("{before}{BEGIN}{}{END}{after}", counts());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, now).expect("it can be written");
        return;
    }
    assert!(text == now, "FIDELITY.md has other counts; UPDATE_GOLDEN=1 writes them");
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
