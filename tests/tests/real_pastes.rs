//! Our answers beside what operators really paste: the same names of fields and columns, in the
//! same order. The pastes are others' texts and no part of this project: where the folder
//! `../shared/corpus` is missing, there is nothing to compare with and the tests pass.

use std::fs;
use std::path::Path;

use scenario::{Run, library};
use sim::tidb::infoschema::InfoTable;
use sim::{Cluster, Millis, RegionId, Release, StoreId};
use view::answer;

/// What a paste has and an answer leaves out, since the model has nothing like it.
const LEFT_OUT: [&str; 6] =
    ["version", "status_address", "git_hash", "deploy_path", "slow_trend", "isolation_level"];

/// The paste of this name; `None` where the folder is missing.
fn paste(name: &str) -> Option<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if !corpus.is_dir() {
        return None;
    }
    let text = fs::read_to_string(corpus.join(name));
    Some(text.unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// The incident when the zone has been gone for half a minute.
fn cluster() -> Run {
    let incident = library::load("tikv-18440").expect("it is in the library");
    let mut run =
        Run::of_releases(incident, &[Release::V8_5_2], None).expect("its cluster is right");
    run.start_all();
    run.advance(Millis(50_000));
    run
}

fn world(run: &Run) -> &Cluster {
    &run.worlds()[0].cluster
}

/// The names of the fields of each object in a text that is JSON or a part of it, object by object
/// in the order in which they end. Pastes are cut, so nothing is asked of the brackets.
fn objects(text: &str) -> Vec<Vec<String>> {
    let mut open: Vec<Vec<String>> = Vec::new();
    let mut closed = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '{', '}']) {
        let (mark, after) = rest[at..].split_at(1);
        rest = after;
        match mark {
            "{" => open.push(Vec::new()),
            "}" => closed.extend(open.pop()),
            _ => {
                let Some((quoted, after)) = rest.split_once('"') else { break };
                rest = after;
                if after.trim_start().starts_with(':')
                    && let Some(object) = open.last_mut()
                {
                    object.push(quoted.to_owned());
                }
            }
        }
    }
    closed
}

/// The first object that has this field.
fn object_with<'a>(objects: &'a [Vec<String>], field: &str) -> &'a [String] {
    let found = objects.iter().find(|object| object.iter().any(|name| name == field));
    found.unwrap_or_else(|| panic!("no object has {field}: {objects:?}"))
}

/// That both have the same fields in the same order, but for those that one of them may lack.
#[track_caller]
fn assert_same_shape(paste: &[String], ours: &[String], only_ours: &[&str], only_theirs: &[&str]) {
    let without = |fields: &[String], more: &[&str]| -> Vec<String> {
        let is_left_out = |name: &str| LEFT_OUT.contains(&name) || more.contains(&name);
        fields.iter().filter(|name| !is_left_out(name)).cloned().collect()
    };
    assert_eq!(without(ours, only_ours), without(paste, only_theirs));
}

#[test]
fn a_store_has_the_fields_of_a_real_one() {
    let Some(paste) = paste("stores/18-pd-api-store-single-v81.json") else { return };
    let run = cluster();
    let (paste, ours) = (objects(&paste), answer::store(world(&run), StoreId(5)));
    let ours = objects(&ours.expect("PD has it"));
    let (theirs, here) = (object_with(&paste, "address"), object_with(&ours, "address"));
    assert_same_shape(theirs, here, &["labels"], &[]);
    let counts = ["learner_count", "pending_peer_count"];
    let (theirs, here) = (object_with(&paste, "capacity"), object_with(&ours, "capacity"));
    assert_same_shape(theirs, here, &counts, &[]);
}

#[test]
fn a_list_of_stores_has_labels_where_real_ones_have_them() {
    let Some(paste) = paste("stores/17-pd-api-stores-v81-tiflash.json") else { return };
    let run = cluster();
    let (paste, ours) = (objects(&paste), objects(&answer::stores(world(&run), &[])));
    // The paste is PD's own answer; pd-ctl takes `node_state` out of a list.
    let (theirs, here) = (object_with(&paste, "labels"), object_with(&ours, "labels"));
    assert_same_shape(theirs, here, &[], &["node_state"]);
    assert_eq!(object_with(&ours, "key"), object_with(&paste, "key"));
    assert_eq!(ours.last(), paste.last(), "count and stores");
}

#[test]
fn a_region_has_the_fields_of_a_real_one() {
    let Some(paste) = paste("regions/09-role-name-first-v74.txt") else { return };
    let run = cluster();
    let (paste, ours) = (objects(&paste), objects(&answer::region(world(&run), RegionId(52973))));
    let (theirs, here) = (object_with(&paste, "epoch"), object_with(&ours, "epoch"));
    // Since then PD tells sizes by engine, too.
    let newer = ["approximate_kv_size", "approximate_columnar_kv_size", "down_peers"];
    assert_same_shape(theirs, here, &newer, &[]);
    assert_eq!(object_with(&ours, "store_id"), object_with(&paste, "store_id"));
    assert_eq!(object_with(&ours, "conf_ver"), object_with(&paste, "conf_ver"));
}

#[test]
fn a_learner_is_marked_as_in_a_real_region() {
    let Some(paste) = paste("regions/23-role-and-name-v50.json") else { return };
    let run = cluster();
    let (paste, ours) = (objects(&paste), objects(&answer::region(world(&run), RegionId(52973))));
    let sorted = |fields: &[String]| {
        let mut fields = fields.to_vec();
        fields.sort();
        fields
    };
    // Another order: in 5.x kvproto's fields came first.
    let (theirs, here) = (object_with(&paste, "is_learner"), object_with(&ours, "is_learner"));
    assert_eq!(sorted(here), sorted(theirs));
}

#[test]
fn rules_have_the_fields_of_real_ones() {
    let run = cluster();
    let ours = objects(&answer::placement_rules(world(&run), None));
    if let Some(paste) = paste("placement-rules/01-default-rule.json") {
        let theirs = &objects(&paste)[0];
        assert_same_shape(theirs, &ours[0], &["is_witness"], &["location_labels"]);
    }
    if let Some(paste) = paste("placement-rules/05-tiflash-learner-ttt.json") {
        let theirs = objects(&paste);
        let (a, b) = (object_with(&theirs, "role"), object_with(&ours, "label_constraints"));
        assert_same_shape(a, b, &["is_witness", "index"], &["location_labels"]);
        assert_eq!(object_with(&ours, "op"), object_with(&theirs, "op"));
    }
}

/// The names at the head of the first table that the mysql client drew.
fn header(text: &str) -> Vec<&str> {
    let line = text.lines().find(|line| line.starts_with("| ")).expect("a table was drawn");
    line.split('|').map(str::trim).filter(|name| !name.is_empty()).collect()
}

#[test]
fn tables_have_the_columns_of_real_ones() {
    let run = cluster();
    let drawn = |table| answer::info_table(world(&run), table, None).expect("PD is there");
    if let Some(paste) = paste("regions/08-sql-region-peers-7cols.txt") {
        assert_eq!(header(&drawn(InfoTable::TikvRegionPeers)), header(&paste));
    }
    if let Some(paste) = paste("tiflash-replica/03-sql-two-results.txt") {
        assert_eq!(header(&drawn(InfoTable::TiflashReplica)), header(&paste));
    }
    if let Some(paste) = paste("stores/26-sql-9stores-labels.txt") {
        let theirs = paste.lines().find(|line| line.contains("127.0.0.1")).expect("a store");
        let ours = drawn(InfoTable::TikvStoreStatus);
        let shape =
            |line: &str| line.contains(r#"[{"key": ""#) && line.contains(r#"", "value": ""#);
        assert!(shape(theirs) && ours.lines().any(shape), "{ours}");
    }
}

#[test]
fn fields_are_found_in_what_was_cut() {
    let text = r#""a": {"b": "c: d", "e": [{"f": 1}], "g": {"h"#;
    assert_eq!(objects(text), [["f"]]);
    let whole = objects(r#"{"b": "c", "e": [{"f": 1, "g": "}"}]}"#);
    assert_eq!(whole, [vec!["f", "g"], vec!["b", "e"]]);
}
