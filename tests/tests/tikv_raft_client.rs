//! TiKV's own tests of its raft client and resolver, under their names, driven by commands and the
//! clock. What they start from and expect is in `../shared/cases/tikv_unsafe_recovery.json`.

use std::fs;
use std::path::Path;

use sim::event::ResolveVerdict;
use sim::ids::{MINUTE, SECOND};
use sim::message::GetStoreError;
use sim::raft_client::Phase;
use sim::{Cluster, EventKind, RegionId, Release, StoreId};
use tests::scene::Scene;

/// Cases that cannot be expressed here, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("test_batch_raft_fallback", "a store here has no RPC: there is no older one to fall back to"),
    ("test_resolve_store_peer_addr", "a store has one address, the one that others dial"),
    (
        "test_gc_peer_on_tombstone_store",
        "raftstore-v2 is not modelled; in v1 the hint does nothing",
    ),
];

/// Where the others are.
const HERE: &str = "tests/tikv_raft_client.rs";
const UNIT_TESTS: &str = "../crates/sim/src/raft_client/tests.rs";

const STORES: &str = "max-replicas 3
store 1 tikv address 10.0.0.1:20160
store 2 tikv address 10.0.0.2:20160
store 3 tikv address 10.0.0.3:20160";

fn pair(state: &str) -> String {
    format!(
        "max-replicas 2\nstore 1 tikv address 10.0.0.1:20160\nstore 2 tikv address 10.0.0.2:20160\n\
         store 4 tiflash address 10.0.0.4:3930 {state}\n\
         region 10 keys .. leader 1 voters 1 2 learners 4"
    )
}

/// What the connection tasks from one store to another are at.
fn phases(cluster: &Cluster, from: u64, to: u64) -> Vec<Phase> {
    let client = cluster.store(StoreId(from)).expect("it is there").client();
    client.connections_to(StoreId(to)).map(|connection| connection.phase.clone()).collect()
}

fn is_connected(cluster: &Cluster, from: u64, to: u64) -> bool {
    phases(cluster, from, to).iter().any(|phase| matches!(phase, Phase::Established { .. }))
}

fn verdicts(scene: &Scene, from: u64, to: u64) -> Vec<(GetStoreError, ResolveVerdict)> {
    let of = |kind: &EventKind| {
        if let EventKind::ResolveFailed { store, target, error, verdict, .. } = kind
            && (store.0, target.0) == (from, to)
        {
            return Some((*error, *verdict));
        }
        None
    };
    scene.cluster.events().iter().filter_map(|event| of(&event.kind)).collect()
}

#[test]
fn test_tombstone_block_list() {
    let mut scene = Scene::new(&pair("tombstone stopped"), Release::V8_5_8.knobs());
    // The first message to 4 is queued, and has the address asked for.
    scene.wait(50);
    let client = scene.cluster.store(StoreId(1)).expect("it is there").client();
    assert_eq!(client.blacklist().collect::<Vec<_>>(), [StoreId(4)]);
    scene.wait(MINUTE);
    // Every later one is refused at once: no task, no question.
    assert_eq!(phases(&scene.cluster, 1, 4), []);
    let tombstone = (GetStoreError::Tombstone, ResolveVerdict::Blacklisted);
    assert_eq!(verdicts(&scene, 1, 4), [tombstone]);
    assert!(is_connected(&scene.cluster, 1, 2), "what goes to another store arrives");
}

/// Store 3 is given up, erased, and comes back under its id: what a store is that registers late.
fn with_store_3_unknown(release: Release) -> Scene {
    let text = format!("{STORES}\nregion 10 keys .. leader 1 voters 1 2 3");
    let mut scene = Scene::new(&text, release.knobs());
    scene.wait(15 * SECOND);
    scene.ask("stop store 2,3");
    scene.wait(25 * SECOND);
    scene.ask("unsafe remove-failed-stores 2,3");
    let is_reset = |kind: &EventKind| matches!(kind, EventKind::RegionCacheReset);
    scene.wait_until(10 * MINUTE, |cluster| {
        cluster.events().iter().any(|event| is_reset(&event.kind))
    });
    scene.ask("store remove-tombstone");
    // A restart empties the black-list that the buried stores have come onto.
    scene.ask("stop store 1");
    scene.wait(SECOND);
    scene.ask("start store 1");
    scene.wait_until(2 * MINUTE, |cluster| 0 < asked_in_vain(cluster));
    scene
}

/// What store 1's process has been told of stores that PD does not know.
fn asked_in_vain(cluster: &Cluster) -> u64 {
    cluster.store(StoreId(1)).expect("it is there").client().metrics().resolves.not_found
}

#[test]
fn test_store_not_found_is_retryable() {
    let mut scene = with_store_3_unknown(Release::V8_5_8);
    scene.wait(10 * SECOND);
    assert!(!phases(&scene.cluster, 1, 3).is_empty(), "messages to 3 are still taken");
    scene.ask("start store 3");
    scene.wait_until(10 * SECOND, |cluster| is_connected(cluster, 1, 3));

    // 8.5.7 has taken "not found" for the end of store 3 (tikv#19980).
    let mut scene = with_store_3_unknown(Release::V8_5_7);
    scene.ask("start store 3");
    scene.wait(2 * MINUTE);
    assert_eq!(phases(&scene.cluster, 1, 3), []);
}

#[test]
fn test_raft_client_reconnect() {
    let text = format!("{STORES}\ntable 45 test.t\nregion 10 keys .. leader 1 voters 1 2 3");
    let mut scene = Scene::new(&text, Release::V8_5_8.knobs());
    let applied = |cluster: &Cluster, store| {
        let store = cluster.store(StoreId(store)).expect("it is there");
        store.peer(RegionId(10)).map(sim::raftstore::PeerFsm::applied_index)
    };
    scene.wait_until(30 * SECOND, |cluster| is_connected(cluster, 1, 2));
    scene.ask("stop store 2");
    scene.wait(20 * SECOND);
    assert!(!is_connected(&scene.cluster, 1, 2));
    scene.ask("start store 2");
    scene.wait_until(15 * SECOND, |cluster| is_connected(cluster, 1, 2));
    scene.wait(5 * SECOND);
    assert_eq!(applied(&scene.cluster, 2), applied(&scene.cluster, 1));
}

/// Whether a store in this state is resolved, and connected to.
fn resolves(state: &str) -> bool {
    let mut scene = Scene::new(&pair(state), Release::V8_5_8.knobs());
    scene.wait(5 * SECOND);
    is_connected(&scene.cluster, 1, 4) && verdicts(&scene, 1, 4).is_empty()
}

#[test]
fn test_resolve_store_state_up() {
    assert!(resolves(""));
}

#[test]
fn test_resolve_store_state_offline() {
    assert!(resolves("offline"));
}

#[test]
fn test_resolve_store_state_tombstone() {
    let mut scene = Scene::new(&pair("tombstone stopped"), Release::V8_5_8.knobs());
    scene.wait(5 * SECOND);
    let lines = scene.lines(1, "resolve store address failed");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].without_time().contains("[err=StoreTombstone(4)]"), "{}", lines[0]);
}

#[test]
fn test_resolve_store_with_not_found_err() {
    let text = "max-replicas 2\nstore 1 tikv address 10.0.0.1:20160\n\
                store 2 tikv address 10.0.0.2:20160\n\
                region 10 keys .. leader 1 voters 1 2 learners 4";
    let verdict = |release: Release| {
        let mut scene = Scene::new(text, release.knobs());
        scene.wait(SECOND);
        let [(GetStoreError::NotFound, verdict)] = verdicts(&scene, 1, 4)[..] else {
            panic!("{release}: it asks once in the first second");
        };
        verdict
    };
    assert_eq!(verdict(Release::Master), ResolveVerdict::RetryWarned);
    assert_eq!(verdict(Release::V8_5_8), ResolveVerdict::RetryWarned);
    assert_eq!(verdict(Release::V8_5_7), ResolveVerdict::Blacklisted);
    assert_eq!(verdict(Release::V9_0_0Beta2), ResolveVerdict::Blacklisted);
    for release in [Release::V8_5_5, Release::V7_5_0, Release::V6_5_0] {
        assert_eq!(verdict(release), ResolveVerdict::RetryLoud, "{release}");
    }
}

/// A peer whose messages cannot be sent hears so: a snapshot that is dropped with its queue counts
/// as failed, and is sent anew once the store answers.
#[test]
fn a_snapshot_that_is_dropped_counts_as_failed_and_is_sent_again() {
    let text = format!("{STORES}\nregion 10 keys .. leader 1 voters 1 2 3\n    missing 3");
    let mut scene = Scene::new(&text, Release::V8_5_8.knobs());
    scene.wait(100);
    let region = |cluster: &Cluster| {
        cluster.store(StoreId(3)).and_then(|s| s.peer(RegionId(10)).map(|p| p.region().peers.len()))
    };
    scene.wait_until(2 * MINUTE, |cluster| region(cluster) == Some(3));
    assert_eq!(scene.cluster.ghost_peers(), []);
}

#[test]
fn every_case_is_a_test_or_left_out_with_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(folder.join(path));
    let tests = [HERE, UNIT_TESTS].map(|path| read(path).expect("it is part of the project"));
    let is_test = |name: &str| tests.iter().any(|text| text.contains(&format!("fn {name}()")));
    // The cases are no part of the project: where they are not at hand there is nothing to compare.
    let Ok(cases) = read("../../shared/cases/tikv_unsafe_recovery.json") else { return };
    let cases: serde_json::Value = serde_json::from_str(&cases).expect("it is JSON");
    let cases = cases["raft_client_and_resolver_cases"].as_array().expect("it has these cases");
    let mut left_out = 0;
    for case in cases {
        for name in names(case["name"].as_str().expect("each has a name")) {
            let reason = LEFT_OUT.iter().any(|(case, _)| *case == name);
            assert!(is_test(&name) != reason, "{name}: a test or a reason, and not both");
            left_out += usize::from(reason);
        }
    }
    assert_eq!(left_out, LEFT_OUT.len(), "what is left out is a case");
}

/// `test_…_up/offline` are two tests.
fn names(case: &str) -> Vec<String> {
    let mut parts = case.split('/');
    let first = parts.next().unwrap_or_default();
    let stem = first.rsplit_once('_').map_or(first, |(stem, _)| stem);
    let more = parts.map(|last| format!("{stem}_{last}"));
    std::iter::once(first.to_owned()).chain(more).collect()
}
