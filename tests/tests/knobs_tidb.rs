//! Knobs of TiDB, each alone: what it changes for someone who waits for a table.

use scenario::{Run, library};
use sim::health::Ailment;
use sim::release::{NotFound, ReplicaChange};
use sim::{Cluster, EventKind, Knobs, Release, StoreId};

/// The release of the report, from which each test changes one thing.
const REPORTED: Release = Release::V8_5_2;
/// The tables that the incident leaves without a replica in that release.
const STUCK: [&str; 2] = ["tpcc.stock", "tpcc.order_line"];

/// tikv#18440 from its first step to its end.
fn live_through(knobs: Knobs, seed: u64) -> Run {
    let incident = library::load("tikv-18440").expect("it is in the library");
    let mut run = Run::new(incident, &[(None, knobs)], Some(seed)).expect("its cluster is right");
    run.run_to_end();
    let broken = run.worlds()[0].cluster.broken_invariants();
    assert!(broken.is_empty(), "seed {seed}: {broken:?}");
    run
}

fn cluster(run: &Run) -> &Cluster {
    &run.worlds()[0].cluster
}

fn unavailable(cluster: &Cluster) -> Vec<&str> {
    let waits = |table: &&sim::tidb::Table| {
        let is_ready = table.available && table.progress_bp == 10_000;
        table.held.is_some() || (0 < table.replica_count && !is_ready)
    };
    cluster.tidb().tables().filter(waits).map(|table| table.name.as_str()).collect()
}

/// How often a change was held back, and how often a count above 0 was written.
fn held_and_written(cluster: &Cluster) -> (usize, usize) {
    let count = |is_it: &dyn Fn(&EventKind) -> bool| {
        cluster.events().iter().filter(|event| is_it(&event.kind)).count()
    };
    (
        count(&|kind| matches!(kind, EventKind::ReplicaChangeHeld { .. })),
        count(&|kind| matches!(kind, EventKind::ReplicaRuleSet { count: 1.., .. })),
    )
}

#[test]
fn replica_change_alone_heals_what_the_report_found_stuck() {
    for seed in 1..=4 {
        let run = live_through(REPORTED.knobs(), seed);
        assert_eq!(unavailable(cluster(&run)), STUCK, "seed {seed}");
        assert_eq!(held_and_written(cluster(&run)), (0, 4), "seed {seed}");

        let waits = Knobs { replica_change: ReplicaChange::WhenConverged, ..REPORTED.knobs() };
        let run = live_through(waits, seed);
        assert_eq!(unavailable(cluster(&run)), [""; 0], "seed {seed}");
        assert_eq!(cluster(&run).ghost_peers(), [], "seed {seed}");
        assert_eq!(held_and_written(cluster(&run)), (4, 4), "seed {seed}");
    }
}

#[test]
fn a_change_that_was_held_back_names_what_it_waited_for() {
    let waits = Knobs { replica_change: ReplicaChange::WhenConverged, ..REPORTED.knobs() };
    let run = live_through(waits, 1);
    let events = cluster(&run).events();
    let is_of_502 = |ailment: &Ailment| ailment.store() == Some(StoreId(502));
    let lost = |event: &&sim::Event| {
        matches!(&event.kind, EventKind::ReplicaChangeHeld { ailments, .. }
            if ailments.iter().any(is_of_502))
    };
    let held = events.iter().find(lost).expect("502 is gone and still a member");
    let causes: Vec<&EventKind> =
        held.causes.iter().map(|cause| &events[cause.0 as usize].kind).collect();
    let erased = EventKind::StoreErased(StoreId(502));
    assert!(causes.contains(&&erased), "{causes:?}");
    let asked = causes.iter().any(|cause| matches!(cause, EventKind::Commanded(_)));
    assert!(asked, "somebody wanted the change: {causes:?}");
}

#[test]
fn refreshing_alone_does_not_heal_and_both_proposals_together_do() {
    for seed in 1..=4 {
        let refresh = Knobs { not_found: NotFound::Refresh, ..REPORTED.knobs() };
        let run = live_through(refresh, seed);
        assert_eq!(unavailable(cluster(&run)), STUCK, "seed {seed}: 503 refuses its old peer");

        let run = live_through(Release::Proposed.knobs(), seed);
        assert_eq!(unavailable(cluster(&run)), [""; 0], "seed {seed}");
        assert_eq!(cluster(&run).ghost_peers(), [], "seed {seed}");
    }
}
