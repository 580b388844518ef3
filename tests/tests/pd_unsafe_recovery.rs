//! The model of PD's unsafe recovery does what PD's own tests of it expect, where those are at
//! hand: they lie beside a checkout, not in it.

use std::fs;
use std::path::Path;

use cli::conform::{Verdict, conform};

#[test]
fn every_case_of_pd_ends_as_in_pd() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases/pd_unsafe_recovery.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("not checked: {} is not here", path.display());
        return;
    };
    let outcomes = conform(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut failures = 0;
    let mut passed = 0;
    for outcome in &outcomes {
        match &outcome.verdict {
            Verdict::Passed => {
                passed += 1;
                eprintln!("passed   {}", outcome.name);
            }
            Verdict::Skipped(kind) => eprintln!("told elsewhere ({kind:?})  {}", outcome.name),
            Verdict::Failed(differences) => {
                failures += 1;
                eprintln!("FAILED   {}\n  {}", outcome.name, differences.join("\n  "));
            }
        }
    }
    assert_eq!(failures, 0, "some cases end otherwise than in PD");
    assert!(0 < passed, "the file has no case to re-enact");
}
