//! Every knob has a test in which it alone changes what people see, and its name says so: such a
//! test begins with the knob's field, is in one of [`PLACES`], and turns that field.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sim::release::Knob;
use tests::source::{code_only, functions};

/// Where knobs are tested alone, from the project's root.
const PLACES: [&str; 7] = [
    "tests/tests/knobs_client.rs",
    "tests/tests/knobs_merge.rs",
    "tests/tests/knobs_pd.rs",
    "tests/tests/knobs_recovery.rs",
    "tests/tests/knobs_tidb.rs",
    "tests/tests/knobs_tikv.rs",
    // What only reports can show that no store of the model makes.
    "crates/sim/src/pd/unsafe_recovery/tests/releases.rs",
];

#[test]
fn every_knob_is_turned_alone_by_a_test_of_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |place: &&str| fs::read_to_string(root.join(place)).expect("it is in the project");
    let sources: Vec<String> = PLACES.iter().map(read).collect();
    assert_eq!(untested(&sources), [""; 0]);
}

#[test]
fn a_knob_without_such_a_test_is_named() {
    let test = |field: &str, body: &str| format!("#[test]\nfn {field}_matters() {{\n{body}\n}}\n");
    let all = |skipped: &str, instead: &str| -> String {
        let line = |field: &str| match field == skipped {
            true => instead.to_owned(),
            false => test(field, &format!("Knobs {{ {field}, ..old }};")),
        };
        Knob::ALL.iter().map(|knob| line(knob.field())).collect()
    };
    assert_eq!(untested(&[all("", "")]), [""; 0]);
    for knob in Knob::ALL {
        let field = knob.field();
        assert_eq!(untested(&[all(field, "")]), [field], "there is no test");
        let turns = format!("Knobs {{ {field}, ..old }};");
        let others = format!("fn {field}_matters() {{\n{turns}\n}}\n");
        assert_eq!(untested(&[all(field, &others)]), [field], "it is no test");
        let idle = test(field, "Knobs { other, ..old };");
        assert_eq!(untested(&[all(field, &idle)]), [field], "it does not turn the knob");
        let told = test(field, &format!("// {turns}"));
        assert_eq!(untested(&[all(field, &told)]), [field], "it only says so");
    }
}

/// The fields of knobs that no test in `sources` is named for and turns.
fn untested(sources: &[String]) -> Vec<&'static str> {
    let mut tests: BTreeMap<&'static str, usize> = BTreeMap::new();
    for source in sources {
        let code = code_only(source);
        let characters: Vec<char> = code.chars().collect();
        for function in functions(&code) {
            let before: String = characters[..function.characters.start].iter().collect();
            let body: String = characters[function.characters.clone()].iter().collect();
            let field = named(&function.name);
            if before.trim_end().ends_with("#[test]")
                && let Some(field) = field.filter(|field| turns(&body, field))
            {
                *tests.entry(field).or_default() += 1;
            }
        }
    }
    let fields = Knob::ALL.iter().map(|knob| knob.field());
    fields.filter(|field| !tests.contains_key(field)).collect()
}

/// The knob that a test's name begins with: the longest, since `not_found_line` is no `not_found`.
fn named(test: &str) -> Option<&'static str> {
    let begins = |field: &&str| test.strip_prefix(field).is_some_and(|rest| rest.starts_with('_'));
    Knob::ALL.iter().map(|knob| knob.field()).filter(begins).max_by_key(|field| field.len())
}

/// Whether a literal of the knobs gives this field a value of its own.
fn turns(body: &str, field: &str) -> bool {
    body.split("Knobs {").skip(1).any(|literal| {
        let fields = literal.split("..").next().unwrap_or(literal);
        fields.split([',', '}']).any(|one| one.split(':').next().is_some_and(|n| n.trim() == field))
    })
}
