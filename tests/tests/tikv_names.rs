//! Every case of TiKV's own tests of unsafe recovery is a test here under its original name, or is
//! listed with the reason why it cannot be. Checked where the cases are at hand: they lie beside a
//! checkout, not in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use tests::project;

/// What cannot be told in this model, and why.
const NOT_EXPRESSED: &[(&str, &str)] = &[(
    "test_unsafe_recovery_apply_before_persist",
    "raft 0.7.0 applies only what is persisted, so a log never ends before what is applied",
)];

#[test]
fn every_case_of_tikv_is_a_test_or_is_listed_with_a_reason() -> Result<()> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases/tikv_unsafe_recovery.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("not checked: {} is not here", path.display());
        return Ok(());
    };
    let told = tests_of_ours()?;
    let listed: BTreeSet<&str> = NOT_EXPRESSED.iter().map(|(name, _)| *name).collect();
    let cases = names(&text)?;
    let (passed, left): (Vec<_>, Vec<_>) = cases.iter().partition(|name| told.contains(*name));
    let forgotten: Vec<_> = left.iter().filter(|name| !listed.contains(name.as_str())).collect();
    eprintln!("{} cases, {} are tests, {} are listed", cases.len(), passed.len(), left.len());
    assert!(forgotten.is_empty(), "neither a test nor listed: {forgotten:#?}");
    Ok(())
}

#[test]
fn nothing_is_listed_that_is_a_test() -> Result<()> {
    let told = tests_of_ours()?;
    let both: Vec<_> = NOT_EXPRESSED.iter().filter(|(name, _)| told.contains(*name)).collect();
    assert!(both.is_empty(), "listed, but it is a test: {both:?}");
    Ok(())
}

/// The names in the file.
fn names(text: &str) -> Result<Vec<String>> {
    let file: Value = serde_json::from_str(text)?;
    let cases = file["unsafe_recovery_cases"].as_array().context("no list of cases")?;
    let name = |case: &Value| case["name"].as_str().map(str::to_owned);
    cases.iter().map(|case| name(case).context("a case without a name")).collect()
}

/// The names of the functions of ours that are tests.
fn tests_of_ours() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for folder in ["crates", "tests"] {
        for file in project::files(folder, ".rs")? {
            for after in file.text.split("#[test]\n").skip(1) {
                let name = after.trim_start().strip_prefix("fn ").and_then(|f| f.split('(').next());
                names.extend(name.map(str::to_owned));
            }
        }
    }
    Ok(names)
}
