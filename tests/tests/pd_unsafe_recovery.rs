//! The model of PD's unsafe recovery does what PD's own tests of it expect, where those are at
//! hand: they lie beside a checkout, not in it. Cases of our own, in the same form, are in
//! `cases/`.

use std::fs;
use std::path::{Path, PathBuf};

use cli::conform::case::{CaseFile, Kind};
use cli::conform::{Verdict, conform, told};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// PD's cases; `None` where they are not at hand.
fn pd_cases() -> Option<String> {
    let path = root().join("../shared/cases/pd_unsafe_recovery.json");
    let text = fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("not checked: {} is not here", path.display());
    }
    text
}

/// Re-enacts a file's cases and gives how many runs passed; all must.
#[track_caller]
fn assert_all_pass(text: &str) -> usize {
    let outcomes = conform(text).unwrap_or_else(|error| panic!("no file of cases: {error}"));
    let mut failed = String::new();
    for outcome in &outcomes {
        if let Verdict::Failed(differences) = &outcome.verdict {
            let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
            failed.push_str(&format!("\n{}\n{}\n", outcome.name, lines.join("\n")));
        }
    }
    assert_eq!(failed, "", "some cases end otherwise than expected");
    outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Passed).count()
}

#[test]
fn every_case_of_pd_ends_as_in_pd() {
    let Some(text) = pd_cases() else { return };
    assert!(11 < assert_all_pass(&text), "the file has hardly a case to re-enact");
}

#[test]
fn the_rules_hold_where_they_meet() {
    let text =
        fs::read_to_string(root().join("tests/cases/recovery_rules.json")).expect("it is here");
    assert_eq!(assert_all_pass(&text), 25, "22 cases, a script and two variants");
}

#[test]
fn what_pd_tells_in_prose_is_a_test_of_the_same_name() {
    let Some(text) = pd_cases() else { return };
    let file: CaseFile = serde_json::from_str(&text).expect("a file of cases");
    let mut told_in_prose = 0;
    for case in file.cases.iter().filter(|case| case.kind != Kind::EndToEnd) {
        let place = told::place_of(&case.name);
        let place = place.unwrap_or_else(|| panic!("{} is tested nowhere", case.name));
        let source = fs::read_to_string(root().join(place)).expect("a file of this repository");
        let test = format!("#[test]\nfn {}()", told::rust_name(&case.name));
        assert!(source.contains(&test), "{place} has no test {}", told::rust_name(&case.name));
        told_in_prose += 1;
    }
    assert_eq!(told_in_prose, 12);
}

/// One case of region 1 with voters on 1, 2 and 3; `with` changes the text.
fn changed(with: impl Fn(&str) -> String) -> String {
    let text = r#"{"cases": [{"name": "a", "kind": "end_to_end",
"stores": [{"id": 1, "engine": "tikv"}, {"id": 2, "engine": "tikv"}, {"id": 3, "engine": "tikv"}],
"command": {"failed_stores": [2, 3]},
"initial_reports": {"1": [{"region_id": 7, "start_key": "", "end_key": "", "peers": [
{"id": 11, "store_id": 1}, {"id": 12, "store_id": 2}, {"id": 13, "store_id": 3}],
"raft": {"term": 1, "last_index": 10, "commit": 10}}]},
"expected": {"stage_sequence": ["CollectReport", "ForceLeader", "DemoteFailedVoter", "Finished"],
"plans_by_stage": [
{"stage": "ForceLeader", "store_plans": {"1": {"force_leader":
{"failed_stores": [3, 2], "enter_force_leaders": [7]}}}},
{"stage": "DemoteFailedVoter", "store_plans": {"1": {"demotes": [{"region_id": 7,
"failed_voters": [{"id": 12, "store_id": 2}, {"id": 13, "store_id": 3}]}]}}}],
"final_reports": {}}}]}"#;
    let new = with(text);
    assert!(new != text || new == with(&new), "the change takes effect");
    new
}

fn differences(text: &str) -> String {
    let outcomes = conform(text).expect("a file of cases");
    match &outcomes[0].verdict {
        Verdict::Failed(all) => all.iter().map(|d| format!("{d}\n")).collect(),
        Verdict::Passed | Verdict::Skipped(_) => String::new(),
    }
}

#[test]
fn a_difference_is_told_by_stage_and_store_in_words() {
    assert_eq!(differences(&changed(str::to_owned)), "");
    let other_plan = changed(|text| text.replace(r#"{"id": 13, "store_id": 3}]}]}}}]"#, "]}]}}}]"));
    let other_plan = other_plan.replace(r#""store_id": 2}, ]}"#, r#""store_id": 2}]}"#);
    assert_eq!(
        differences(&other_plan),
        "DemoteFailedVoter, plan for store 1\n\
        \x20 expected  region 7 demotes peers { id:12 store_id:2 }\n\
        \x20 got       region 7 demotes peers { id:12 store_id:2 }, { id:13 store_id:3 }\n"
    );
    let other_stages = changed(|text| text.replace(r#""DemoteFailedVoter", "Fin"#, r#""Fin"#));
    assert_eq!(
        differences(&other_stages),
        "stages\n\
        \x20 expected  CollectReport, ForceLeader, Finished\n\
        \x20 got       CollectReport, ForceLeader, DemoteFailedVoter, Finished\n"
    );
    let other_end =
        changed(|text| text.replace(r#""final_reports": {}"#, r#""final_reports": {"2": []}"#));
    assert_eq!(differences(&other_end), "", "store 2 reports nothing, as expected");
    let refused = changed(|text| text.replace("[2, 3]}", "[4]}"));
    assert_eq!(
        differences(&refused),
        "the command\n\
        \x20 expected  it is accepted\n\
        \x20 got       refused: Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]\
         invalid input store 4 doesn't exist\"\n"
    );
}

#[test]
fn bad_input_is_told_with_its_line_and_what_was_expected() {
    let error = |from: &str, to: &str| {
        let text = changed(|text| text.replacen(from, to, 1));
        conform(&text).expect_err("it is not in the form").to_string()
    };
    assert_eq!(error(r#""cases""#, r#""case""#), "missing field `cases` at line 13 column 23");
    assert_eq!(error(r#""kind": "end_to_end","#, ""), "missing field `kind` at line 13 column 21");
    let stage = error(r#""Finished""#, r#""Done""#);
    assert!(stage.starts_with("`Done` is no stage; those are Idle, CollectReport, "), "{stage}");
    assert!(stage.contains(" at line 7 "), "{stage}");
    let kind = error("end_to_end", "unity");
    assert!(kind.contains("expected one of `end_to_end`, `scripted`, `unit` at line 1"), "{kind}");
    let engine = error("tikv", "TiKV");
    assert!(engine.contains("expected `tikv` or `tiflash` at line 2"), "{engine}");
    let term = error(r#""term": 1"#, r#""term": "one""#);
    assert!(term.contains("invalid type: string \"one\", expected u64 at line 6"), "{term}");
    let slip = error(r#""term": 1"#, r#""aplied": 9, "term": 1"#);
    let names = "expected one of `term`, `last_index`, `commit`, `applied` at line 6";
    assert!(slip.contains("unknown field `aplied`") && slip.contains(names), "{slip}");
    let member = error(r#""store_id": 2"#, r#""stoer_id": 2"#);
    assert!(member.contains("unknown field `stoer_id`"), "{member}");
    let cut = error("\"Finished\"", "");
    assert!(cut.contains("at line 7"), "{cut}");
    let range = error(r#""start_key": "", "end_key": """#, r#""start_key": "m", "end_key": "a""#);
    assert!(range.contains("region 7 begins at \"m\" and ends at \"a\""), "{range}");
    let key = error(r#""start_key": """#, r#""start_key": "hex:7""#);
    assert!(key.contains("hex:7 is not hexadecimal"), "{key}");
}
