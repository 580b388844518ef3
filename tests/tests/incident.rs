//! tikv#18440, lived through release by release and knob by knob: what is left two hours later,
//! what the logs would show, and that it follows from what was done.

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Outcome, Run, Scenario, divergence::Topic, library, parse};
use sim::event::{BlockedReason, DestroyReason, RecoveryStage, ResolveVerdict};
use sim::ids::{HOUR, MINUTE, SECOND};
use sim::message::GetStoreError;
use sim::region::PeerRole;
use sim::release::{LearnersOnDemotion, NotFound, OrphanedPeers};
use sim::{
    Cluster, Command, Event, EventId, EventKind, GhostReason, Knobs, Millis, PdCommand, RegionId,
    Release, StoreId, TableId,
};
use view::{Lang, Word};

/// The release of the report, from which each test changes one thing.
const REPORTED: Release = Release::V8_5_2;
/// The tables that were being written when zone one failed.
const WRITTEN: [&str; 2] = ["tpcc.stock", "tpcc.order_line"];
/// Seeds beside the scenario's own, for what must not hang on one.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;
const REGION: RegionId = RegionId(52973);
const LOST_TIFLASH: StoreId = StoreId(502);
const LIVE_TIFLASH: StoreId = StoreId(503);

#[test]
fn in_8_5_2_some_tables_never_get_their_replica_and_502_is_asked_for_every_5_s() {
    for seed in seeds() {
        let run = live_through(REPORTED.knobs(), seed);
        let cluster = cluster(&run);
        assert_eq!(waiting_tables(cluster), WRITTEN, "seed {seed:?}");
        assert_ghosts_on_both_tiflash_stores(cluster, seed);
        assert_some_store_loops_to_the_end(cluster, seed);
    }
}

#[test]
fn from_8_5_5_on_every_table_is_available_and_no_ghost_is_left() {
    for release in [Release::V8_5_5, Release::V8_5_7, Release::V8_5_8] {
        for seed in seeds() {
            let run = live_through(release.knobs(), seed);
            assert_healed(cluster(&run), &format!("{release}, seed {seed:?}"));
        }
    }
}

#[test]
fn with_both_membership_knobs_right_8_5_2_heals_and_no_loop_starts() {
    let knobs = Knobs {
        learners_on_demotion: LearnersOnDemotion::Remove,
        orphaned_peers: OrphanedPeers::List,
        ..REPORTED.knobs()
    };
    for seed in seeds() {
        let run = live_through(knobs, seed);
        assert_healed(cluster(&run), &format!("seed {seed:?}"));
        let asked = failures(cluster(&run), GetStoreError::NotFound);
        assert!(asked.is_empty(), "seed {seed:?}: nobody has a reason to ask for an erased store");
        // A force leader asks while it still has the dead members, and is told that they are.
        let told = failures(cluster(&run), GetStoreError::Tombstone);
        assert!(told.values().all(|tries| tries.len() == 1), "seed {seed:?}: {told:?}");
    }
}

#[test]
fn one_membership_knob_alone_is_not_enough() {
    let removed = Knobs { learners_on_demotion: LearnersOnDemotion::Remove, ..REPORTED.knobs() };
    let listed = Knobs { orphaned_peers: OrphanedPeers::List, ..REPORTED.knobs() };
    for knobs in [removed, listed] {
        let run = live_through(knobs, None);
        assert_eq!(waiting_tables(cluster(&run)), WRITTEN, "{knobs:?}");
    }
}

#[test]
fn with_a_black_list_the_tables_stay_stuck_and_each_store_asks_once() {
    let knobs = Knobs { not_found: NotFound::Blacklist, ..REPORTED.knobs() };
    for seed in seeds() {
        let run = live_through(knobs, seed);
        let cluster = cluster(&run);
        assert_eq!(waiting_tables(cluster), WRITTEN, "seed {seed:?}");
        assert_ghosts_on_both_tiflash_stores(cluster, seed);
        let asked = failures(cluster, GetStoreError::NotFound);
        assert!(asked.keys().any(|(_, target)| *target == LOST_TIFLASH), "seed {seed:?}");
        for (connection, tries) in asked {
            let verdicts: Vec<_> = tries.iter().map(|(_, verdict)| *verdict).collect();
            assert_eq!(verdicts, [ResolveVerdict::Blacklisted], "seed {seed:?}, {connection:?}");
        }
    }
}

#[test]
fn with_a_quiet_retry_the_tables_stay_stuck_and_one_warning_a_minute_is_logged() {
    let knobs = Knobs { not_found: NotFound::RetryAndWarn, ..REPORTED.knobs() };
    for seed in seeds() {
        let run = live_through(knobs, seed);
        let cluster = cluster(&run);
        assert_eq!(waiting_tables(cluster), WRITTEN, "seed {seed:?}");
        assert_ghosts_on_both_tiflash_stores(cluster, seed);
        assert_some_store_loops_to_the_end(cluster, seed);
        for (connection, tries) in failures(cluster, GetStoreError::NotFound) {
            let loud =
                |(_, verdict): &&(Millis, ResolveVerdict)| *verdict == ResolveVerdict::RetryWarned;
            let warned: Vec<Millis> = tries.iter().filter(loud).map(|(at, _)| *at).collect();
            assert_eq!(warned[0], tries[0].0, "seed {seed:?}, {connection:?}: the first try warns");
            for gap in gaps(&warned) {
                let is_a_minute = (MINUTE..MINUTE + 6 * SECOND).contains(&gap);
                assert!(is_a_minute, "seed {seed:?}, {connection:?}: {gap} ms between warnings");
            }
            let quiet = tries.iter().filter(|(_, v)| *v == ResolveVerdict::RetryQuiet).count();
            assert_eq!(quiet + warned.len(), tries.len(), "seed {seed:?}, {connection:?}");
        }
    }
}

#[test]
fn waiting_between_replica_0_and_1_heals_8_5_2() {
    let first_one = "    ALTER TABLE tpcc.item SET TIFLASH REPLICA 1;";
    let mut waits = String::new();
    for table in ["tpcc.item", "tpcc.orders", "tpcc.stock", "tpcc.order_line"] {
        waits += &format!("    wait until no learners {table} for at most 30m\n");
    }
    let text = library::text("tikv-18440").expect("it is in the library");
    let patient = text.replacen(first_one, &format!("{waits}{first_one}"), 1);
    assert_ne!(patient, text, "the scenario sets item to 1 first");
    let patient = Scenario::parse("patient.scn", &patient).expect("waits are part of the grammar");
    let mut run = Run::of_releases(patient, &[REPORTED], None).expect("its cluster is right");
    run.run_to_end();
    assert_all_went_well(&run);
    assert_healed(cluster(&run), "after waiting");
}

#[test]
fn converging_first_heals_8_5_2_even_afterwards() {
    let mut run = live_through(REPORTED.knobs(), None);
    start_and_finish(&mut run, "A cure: converge first");
    assert_all_went_well(&run);
    assert_healed(cluster(&run), "after the cure");
}

#[test]
fn removing_the_dead_learner_by_hand_heals_one_region_and_so_each() {
    let mut run = live_through(REPORTED.knobs(), None);
    let before = members(cluster(&run), REGION);
    run.issue(
        parse("pd-ctl operator add remove-peer 52973 503").expect("it is right"),
        scenario::Target::All,
    );
    run.advance(run.now().after(5 * MINUTE));
    let after = members(cluster(&run), REGION);
    let stores: BTreeSet<u64> = after.keys().map(|store| store.0).collect();
    assert_eq!(stores, [5, 6, 8, 503].into(), "the learner on 502 goes, too");
    assert_eq!(before[&LIVE_TIFLASH], (52981, PeerRole::Learner));
    let (id, role) = after[&LIVE_TIFLASH];
    assert!(52981 < id && role == PeerRole::Learner, "the new learner has a larger id: {id}");
    let is_there = cluster(&run).store(LIVE_TIFLASH).and_then(|store| store.peer(REGION));
    assert_eq!(is_there.map(|peer| (peer.id().0, peer.is_initialized())), Some((id, true)));
    assert_eq!(waiting_tables(cluster(&run)), WRITTEN, "the other regions are still stuck");

    let mut run = live_through(REPORTED.knobs(), None);
    start_and_finish(&mut run, "A cure: remove the dead learner by hand");
    run.advance(run.now().after(5 * MINUTE));
    assert_all_went_well(&run);
    assert_healed(cluster(&run), "after the cure");
}

#[test]
fn a_resolve_loop_outlives_its_reason_until_the_store_restarts() {
    let mut run = live_through(REPORTED.knobs(), None);
    start_and_finish(&mut run, "A cure: remove the dead learner by hand");
    let cured = run.now().after(5 * MINUTE);
    run.advance(cured);
    let mut loops = failures(cluster(&run), GetStoreError::NotFound);
    loops.retain(|_, tries| tries.last().is_some_and(|(at, _)| cured.0 - 6 * SECOND < at.0));
    assert!(!loops.is_empty(), "nobody is left to send to, and 502 is asked for all the same");

    start_and_finish(&mut run, "A variant: zone two restarts");
    let mut loops = failures(cluster(&run), GetStoreError::NotFound);
    loops.retain(|_, tries| tries.last().is_some_and(|(at, _)| cured.0 + 6 * SECOND < at.0));
    assert_eq!(loops, BTreeMap::new(), "after a restart nobody has a reason to ask");
}

#[test]
fn after_a_restart_every_leader_of_a_stuck_region_asks_for_502() {
    let mut run = live_through(REPORTED.knobs(), None);
    let restarted = run.now();
    start_and_finish(&mut run, "A variant: zone two restarts");
    let world = cluster(&run);
    let leaders: BTreeSet<StoreId> = ghost_regions(world)
        .into_iter()
        .map(|region| world.leader_of(region).expect("its voters run").store())
        .collect();
    assert!(1 < leaders.len(), "the stuck regions are led from more than one store");
    let mut asked = failures(world, GetStoreError::NotFound);
    asked.retain(|_, tries| tries.last().is_some_and(|(at, _)| restarted < *at));
    let asking: BTreeSet<StoreId> = asked.keys().map(|(store, _)| *store).collect();
    assert!(leaders.is_subset(&asking), "{leaders:?} lead, {asking:?} ask");
}

#[test]
fn the_worlds_part_where_pd_plans_the_demotion() {
    for seed in seeds() {
        let scenario = incident();
        let releases = [REPORTED, Release::V8_5_8];
        let mut run = Run::of_releases(scenario, &releases, seed).expect("its cluster is right");
        run.run_to_end();
        let found = run.divergence().expect("their outcomes differ");
        assert_eq!(found.topic, Topic::Recovery, "seed {seed:?}");
        let events = cluster(&run).events();
        let left = &events[index(found.left.expect("8.5.2 does something there"))];
        // The only one that 8.5.8 would list: a learner that its own store has just destroyed.
        let EventKind::OrphanIgnored { region, peer } = left.kind else {
            panic!("seed {seed:?}: they part at {left:?}");
        };
        assert_eq!(peer.store, LIVE_TIFLASH, "seed {seed:?}: region {region}");
        let stages: Vec<RecoveryStage> = events
            .iter()
            .take_while(|event| event.at <= found.at)
            .filter_map(|event| stage(&event.kind))
            .collect();
        assert_eq!(
            stages,
            [
                RecoveryStage::CollectReport,
                RecoveryStage::TombstoneTiFlashLearner,
                RecoveryStage::ForceLeader,
                RecoveryStage::DemoteFailedVoter
            ],
            "seed {seed:?}"
        );
    }
}

#[test]
fn why_a_table_is_not_ready_leads_back_to_what_was_done() {
    let run = live_through(REPORTED.knobs(), None);
    let events = cluster(&run).events();
    for name in WRITTEN {
        let table = cluster(&run).tidb().table(name).expect("it is in the scenario");
        let is_last = |event: &Event| table_not_ready(&event.kind) == Some(table.id);
        let last = events.iter().rposition(is_last).expect("TiDB has looked");
        let EventKind::TableNotReady { missing, .. } = &events[last].kind else { unreachable!() };
        let reasons: Vec<&EventKind> =
            ancestors(events, last).into_iter().map(|index| &events[index].kind).collect();
        let reached = |what: &str, is_it: &dyn Fn(&EventKind) -> bool| {
            assert!(reasons.iter().any(|kind| is_it(kind)), "{name}: the walk misses {what}");
        };
        use EventKind as E;
        reached(
            "the blocked repair",
            &|kind| matches!(kind, E::RepairBlocked { region, .. } if missing.contains(region)),
        );
        reached("the learner on 502 that was passed over", &|kind| {
            matches!(kind, E::LearnerSkipped { region, peer }
                if missing.contains(region) && peer.store == LOST_TIFLASH)
        });
        reached("the learner on 503 that PD did not list", &|kind| {
            matches!(kind, E::OrphanIgnored { region, peer }
                if missing.contains(region) && peer.store == LIVE_TIFLASH)
        });
        reached("the peer on 503 that recovery destroyed", &|kind| {
            matches!(kind, E::PeerDestroyed { region, store, why: DestroyReason::Recovery, .. }
                if missing.contains(region) && *store == LIVE_TIFLASH)
        });
        reached("the demotion", &|kind| {
            matches!(kind, E::RecoveryStage { stage: RecoveryStage::DemoteFailedVoter, .. })
        });
        reached("the recovery", &|kind| {
            matches!(kind, E::Commanded(Command::Pd(PdCommand::RemoveFailedStores { .. })))
        });
        reached("502's end", &|kind| matches!(kind, E::StoreStopped(LOST_TIFLASH)));
        reached("its cause", &|kind| matches!(kind, E::Commanded(Command::StopStores(_))));
        reached("the erased record", &|kind| matches!(kind, E::StoreErased(LOST_TIFLASH)));
        reached(
            "the rule",
            &|kind| matches!(kind, E::ReplicaRuleSet { table: of, count: 1 } if *of == table.id),
        );
    }
}

#[test]
fn pd_says_what_keeps_it_from_repairing_52973() {
    let run = live_through(REPORTED.knobs(), None);
    let mut told = BTreeSet::new();
    for event in cluster(&run).events() {
        if let EventKind::RepairBlocked { region: REGION, peer, why } = event.kind {
            told.insert((peer.id.0, why));
        }
    }
    assert!(told.contains(&(52981, BlockedReason::PeerDownStoreUp)), "{told:?}");
    assert!(told.contains(&(52980, BlockedReason::OrphanKeptWhileUnhealthy)), "{told:?}");
    assert!(cluster(&run).pd().blocked(REGION).is_some(), "and it is still so");
}

/// The scenario's own seed, and others.
fn seeds() -> impl Iterator<Item = Option<u64>> {
    std::iter::once(None).chain(SEEDS.map(Some))
}

fn incident() -> Scenario {
    library::load("tikv-18440").expect("it is in the library")
}

/// The incident from its first step to its end, in a world of its own.
fn live_through(knobs: Knobs, seed: Option<u64>) -> Run {
    let mut run = Run::new(incident(), &[(None, knobs)], seed).expect("its cluster is right");
    run.run_to_end();
    assert_eq!(run.now(), Millis(2 * HOUR), "seed {seed:?}");
    assert_all_went_well(&run);
    run
}

/// Takes the run through the optional step of this title, until its last wait has ended.
fn start_and_finish(run: &mut Run, title: &str) {
    let steps = &run.scenario().steps;
    let step = steps.iter().position(|step| step.title.en == title);
    run.start_step(step.expect("the scenario has this step"));
    while !run.is_idle() {
        run.advance(run.now().after(SECOND));
    }
}

/// No command was refused, no wait was in vain, and no law is broken.
fn assert_all_went_well(run: &Run) {
    for issued in run.issued() {
        for outcome in &issued.outcomes {
            let is_well = match outcome {
                Some(Outcome::Refused(_) | Outcome::NotReached(_)) => false,
                Some(Outcome::Done | Outcome::Asked | Outcome::Reached(_)) | None => true,
            };
            assert!(is_well, "seed {}: {}: {outcome:?}", run.seed(), issued.request);
        }
    }
    for world in run.worlds() {
        let broken = world.cluster.broken_invariants();
        assert!(broken.is_empty(), "seed {}: {broken:?}", run.seed());
    }
}

fn cluster(run: &Run) -> &Cluster {
    &run.worlds()[0].cluster
}

fn assert_healed(cluster: &Cluster, when: &str) {
    assert_eq!(waiting_tables(cluster), [""; 0], "{when}");
    assert_eq!(cluster.ghost_peers(), [], "{when}");
}

/// Tables with TiFlash replicas that are not available, or not complete.
fn waiting_tables(cluster: &Cluster) -> Vec<&str> {
    let wanted = cluster.tidb().tables().filter(|table| 0 < table.replica_count);
    wanted
        .filter(|table| !table.available || table.progress_bp < 10_000)
        .map(|table| table.name.as_str())
        .collect()
}

fn ghost_regions(cluster: &Cluster) -> BTreeSet<RegionId> {
    cluster.ghost_peers().into_iter().map(|(region, _, _)| region).collect()
}

/// The same regions have a dead learner on 502 and one on 503 that 503 does not know, and they are
/// the regions that TiDB misses.
fn assert_ghosts_on_both_tiflash_stores(cluster: &Cluster, seed: Option<u64>) {
    let mut on: BTreeMap<(StoreId, GhostReason), BTreeSet<RegionId>> = BTreeMap::new();
    for (region, peer, why) in cluster.ghost_peers() {
        assert_eq!(peer.role, PeerRole::Learner, "seed {seed:?}: {peer} of region {region}");
        on.entry((peer.store, why)).or_default().insert(region);
    }
    let missing: BTreeSet<RegionId> =
        cluster.tidb().tables().flat_map(|table| table.missing.iter().copied()).collect();
    assert!(missing.contains(&REGION), "seed {seed:?}: the report's region is one of them");
    let expected = BTreeMap::from([
        ((LOST_TIFLASH, GhostReason::StoreErased), missing.clone()),
        ((LIVE_TIFLASH, GhostReason::NoPeerOnStore), missing),
    ]);
    assert_eq!(on, expected, "seed {seed:?}");
}

/// Failed resolves with this answer, by who asked for whom.
fn failures(
    cluster: &Cluster,
    answer: GetStoreError,
) -> BTreeMap<(StoreId, StoreId), Vec<(Millis, ResolveVerdict)>> {
    let mut failures: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in cluster.events() {
        if let EventKind::ResolveFailed { store, target, error, verdict, .. } = event.kind
            && error == answer
        {
            failures.entry((store, target)).or_default().push((event.at, verdict));
        }
    }
    failures
}

/// From some minutes after the erasure to the end a store asks PD for 502 every five seconds and a
/// little (the sleep, and PD's answer).
fn assert_some_store_loops_to_the_end(cluster: &Cluster, seed: Option<u64>) {
    let failures = failures(cluster, GetStoreError::NotFound);
    let of_502 = failures.iter().filter(|((_, target), _)| *target == LOST_TIFLASH);
    let loops = of_502.filter(|(_, tries)| {
        let times: Vec<Millis> = tries.iter().map(|(at, _)| *at).collect();
        let is_steady = gaps(&times).all(|gap| (5 * SECOND..5 * SECOND + 10).contains(&gap));
        let (first, last) = (times[0], times[times.len() - 1]);
        is_steady && first < Millis(5 * MINUTE) && cluster.now().since(last) < 6 * SECOND
    });
    assert!(0 < loops.count(), "seed {seed:?}: nobody asks for 502 to the end: {failures:?}");
}

fn gaps(times: &[Millis]) -> impl Iterator<Item = u64> {
    times.windows(2).map(|pair| pair[1].since(pair[0]))
}

fn table_not_ready(kind: &EventKind) -> Option<TableId> {
    if let EventKind::TableNotReady { table, .. } = kind { Some(*table) } else { None }
}

fn stage(kind: &EventKind) -> Option<RecoveryStage> {
    if let EventKind::RecoveryStage { stage, .. } = kind { Some(*stage) } else { None }
}

/// A region's members as its leader has them: peer and role, by store.
fn members(cluster: &Cluster, region: RegionId) -> BTreeMap<StoreId, (u64, PeerRole)> {
    let leader = cluster.leader_of(region).expect("it has a leader");
    leader.region().peers.iter().map(|peer| (peer.store, (peer.id.0, peer.role))).collect()
}

/// What is there before the program is says what the program will say: nothing jumps, and the
/// browser has shown its largest text at once.
#[test]
fn the_page_begins_with_the_opening_and_the_words_of_the_first_step() {
    let page = tests::project::root().join("public").join("index.html");
    let page = std::fs::read_to_string(page).expect("it is there");
    let scenario = library::load("tikv-18440").expect("it is in the library");
    let scenario::Step { title, text, .. } = &scenario.steps[0];
    for (lang, title, text) in [("en", &title.en, &text.en), ("zh-CN", &title.zh, &text.zh)] {
        let opening = if lang == "en" { &scenario.opening.en } else { &scenario.opening.zh };
        for text in [opening.clone(), format!("<strong>{title}</strong> {text}")] {
            let shown = format!("lang=\"{lang}\">{text}</p>");
            assert!(page.contains(&shown), "index.html does not say: {shown}");
        }
    }
    for lang in Lang::ALL {
        for word in [Word::WorldA, Word::WorldB] {
            let shown = format!("<span lang=\"{}\">{}</span>", lang.tag(), word.text(lang));
            assert!(page.contains(&shown), "index.html does not say: {shown}");
        }
    }
}

/// Everything that an event follows from.
fn ancestors(events: &[Event], event: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![event];
    while let Some(event) = open.pop() {
        for cause in events[event].causes.iter().map(|cause| index(*cause)) {
            if found.insert(cause) {
                open.push(cause);
            }
        }
    }
    found
}

fn index(event: EventId) -> usize {
    usize::try_from(event.0).expect("an event's id is its index in memory")
}
