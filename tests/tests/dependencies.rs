//! What depends on what: the crates' own order, and what may come from outside.

use std::{collections::BTreeSet, process::Command};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::project;

/// Our crates and which of ours each may know. What is absent here is the architecture.
const MAY_KNOW: [(&str, &[&str]); 8] = [
    ("sim", &[]),
    ("scenario", &["sim"]),
    ("view", &["sim"]),
    ("cli", &["scenario", "sim", "view"]),
    ("web", &["scenario", "sim", "view"]),
    ("probes", &["scenario", "sim"]),
    ("xtask", &[]),
    ("tests", &["cli", "scenario", "sim", "view"]),
];

/// All that `sim` may use: raft-rs and what that forces upon it.
const SIM_MAY_USE: [&str; 3] = ["protobuf", "raft", "slog"];

/// Licences under which code may come along with ours.
const LICENCES: [&str; 8] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates of which the page may hold one version only: a second would double what it costs.
const ONCE: [&str; 8] =
    ["getrandom", "gloo", "gloo-utils", "js-sys", "raft", "wasm-bindgen", "web-sys", "yew"];

#[test]
fn each_crate_knows_only_those_below_it() -> Result<()> {
    let metadata = metadata()?;
    let ours: BTreeSet<&str> = MAY_KNOW.iter().map(|(name, _)| *name).collect();
    let members: Vec<&Value> = packages(&metadata).filter(|p| p["source"].is_null()).collect();
    let names: BTreeSet<&str> = members.iter().map(|member| name(member)).collect();
    assert_eq!(names, ours, "a new crate has a place among the others");
    for (member, may_know) in MAY_KNOW {
        let package = members.iter().find(|package| name(package) == member);
        let used = dependencies(package.context("a member without metadata")?).map(name);
        let strangers: Vec<_> =
            used.filter(|used| ours.contains(used) && !may_know.contains(used)).collect();
        ensure!(strangers.is_empty(), "{member} must not know {strangers:?}");
    }
    Ok(())
}

#[test]
fn sim_uses_raft_and_what_raft_forces_upon_it() -> Result<()> {
    let metadata = metadata()?;
    let sim = packages(&metadata).find(|package| name(package) == "sim").context("no sim")?;
    let used: BTreeSet<&str> = dependencies(sim).map(name).collect();
    assert_eq!(used, BTreeSet::from(SIM_MAY_USE));
    Ok(())
}

#[test]
fn versions_are_exact_and_from_the_registry() -> Result<()> {
    let metadata = metadata()?;
    for package in packages(&metadata) {
        let Some(source) = package["source"].as_str() else {
            let outside = dependencies(package).filter(|d| d["path"].is_null());
            let loose: Vec<_> = outside.filter(|d| !requirement(d).starts_with('=')).collect();
            ensure!(loose.is_empty(), "{} has loose versions: {loose:#?}", name(package));
            continue;
        };
        ensure!(source.starts_with("registry+"), "{} is not from a registry", name(package));
    }
    Ok(())
}

#[test]
fn licences_allow_ours() -> Result<()> {
    let metadata = metadata()?;
    for package in packages(&metadata) {
        let licence = package["license"].as_str().unwrap_or("none");
        ensure!(is_allowed(licence), "{} is under {licence}", name(package));
    }
    Ok(())
}

#[test]
fn the_page_holds_each_large_crate_once() -> Result<()> {
    let metadata = metadata()?;
    for wanted in ONCE {
        let versions: Vec<_> = packages(&metadata).filter(|p| name(p) == wanted).collect();
        assert_eq!(versions.len(), 1, "{wanted} comes in several versions");
    }
    Ok(())
}

/// The two halves of wasm-bindgen refuse to work together unless they are of one version.
#[test]
fn wasm_bindgen_is_bound_by_its_own_version() -> Result<()> {
    let metadata = metadata()?;
    let version = |wanted: &str| {
        let package = packages(&metadata).find(|package| name(package) == wanted);
        package.map(|package| package["version"].clone())
    };
    assert_eq!(version("wasm-bindgen"), version("wasm-bindgen-cli-support"));
    Ok(())
}

fn metadata() -> Result<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked"]).current_dir(project::root());
    let output = cargo.output().context("cargo does not start")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().into_iter().flatten()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

fn requirement(dependency: &Value) -> &str {
    dependency["req"].as_str().unwrap_or_default()
}

/// Whether each clause of `licence` leaves us a choice that we may take.
fn is_allowed(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|clause| clause.split(" OR ").any(|l| LICENCES.contains(&l.trim())))
}

#[test]
fn licences_with_a_choice_are_allowed_by_any_of_it() {
    for licence in ["MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0"] {
        assert!(is_allowed(licence), "{licence}");
    }
    for licence in ["GPL-3.0", "MIT AND GPL-3.0", "none"] {
        assert!(!is_allowed(licence), "{licence}");
    }
}
