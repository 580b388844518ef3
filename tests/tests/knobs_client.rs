//! Each knob of the raft client and its resolver, alone: turned from a baseline release it changes
//! what an operator notices.

use sim::event::OperatorName;
use sim::ids::{MINUTE, SECOND};
use sim::release::{
    ConnectTimeoutLog, Connections, NotFound, NotFoundLine, RaftQueue, Reconnect, TombstoneAnswer,
    UnknownStoreReply,
};
use sim::{EventKind, Knobs, RegionId, Release, StoreId};
use tests::scene::Scene;
use view::log::Level;

/// A learner of each region is on store 4, which PD calls a tombstone.
const BURIED: &str = "max-replicas 2
store 1 tikv address 10.0.0.1:20160
store 2 tikv address 10.0.0.2:20160
store 4 tiflash address 10.0.0.4:3930 tombstone stopped
region 10 keys .. leader 1 voters 1 2 learners 4";

/// A learner of each region is on store 4, which PD does not know. The regions' messages take
/// different connections where there are two.
const UNKNOWN: &str = "max-replicas 2
cores 16
store 1 tikv address 10.0.0.1:20160
store 2 tikv address 10.0.0.2:20160
region 10 keys ..7480000000000000FF2D00000000000000F8 leader 1 voters 1 2 learners 4
region 20 keys 7480000000000000FF2D00000000000000F8.. leader 1 voters 1 2 learners 4";

const FAILED: &str = "resolve store address failed";

fn old() -> Knobs {
    Release::V8_5_2.knobs()
}

fn lived(text: &str, knobs: Knobs, ms: u64) -> Scene {
    let mut scene = Scene::new(text, knobs);
    scene.wait(ms);
    scene
}

#[test]
fn tombstone_decides_whether_the_error_repeats_and_what_it_says() {
    let errors = |tombstone| {
        let scene = lived(BURIED, Knobs { tombstone, ..old() }, MINUTE);
        let lines = scene.lines(1, FAILED);
        let text = lines[0].without_time();
        (
            lines.len(),
            text,
            scene.cluster.store(StoreId(1)).expect("it is there").client().blacklist().count(),
        )
    };
    let (lines, text, blacklisted) = errors(TombstoneAnswer::Retry);
    assert!(10 < lines && text.contains("unknown error StoreTombstone"), "{lines}: {text}");
    assert_eq!(blacklisted, 0);
    let (lines, text, blacklisted) = errors(TombstoneAnswer::RemovedText);
    assert!(lines == 1 && text.contains("store 4 has been removed"), "{lines}: {text}");
    assert_eq!(blacklisted, 1);
    let (lines, text, blacklisted) = errors(TombstoneAnswer::Typed);
    assert!(lines == 1 && text.contains("err=StoreTombstone(4)"), "{lines}: {text}");
    assert_eq!(blacklisted, 1);
}

#[test]
fn not_found_decides_between_errors_silence_and_a_warning_a_minute() {
    let printed = |not_found| {
        let scene = lived(UNKNOWN, Knobs { not_found, ..old() }, 70 * SECOND);
        let warned = scene.lines(1, "store is not found in PD, retrying resolve");
        assert!(warned.iter().all(|line| line.level == Level::Warn));
        (scene.lines(1, FAILED).len(), warned.len())
    };
    assert_eq!(printed(NotFound::Retry), (14, 0));
    assert_eq!(printed(NotFound::Blacklist), (1, 0));
    assert_eq!(printed(NotFound::RetryAndWarn), (0, 2));
}

#[test]
fn not_found_refresh_takes_the_member_out_and_ends_the_loop() {
    // A rule is short of a peer, so that PD by itself keeps the orphan.
    let text = UNKNOWN.replace("max-replicas 2", "max-replicas 3");
    let mut lost = lived(&text, old(), 40 * MINUTE);
    let mut cured = lived(&text, Knobs { not_found: NotFound::Refresh, ..old() }, 40 * MINUTE);
    let has_member = |scene: &Scene| {
        let region = scene.cluster.newest_region(RegionId(10)).expect("it has peers");
        region.peer_on(StoreId(4)).is_some()
    };
    assert!(has_member(&lost) && !has_member(&cured));
    let (before, after) = (lost.cluster.failed_resolves(), cured.cluster.failed_resolves());
    lost.wait(MINUTE);
    cured.wait(MINUTE);
    assert!(before + 10 < lost.cluster.failed_resolves());
    assert_eq!(after, cured.cluster.failed_resolves());

    // It follows from the failed resolve that made the leader ask.
    let events = cured.cluster.events();
    let operator = events.iter().find(|event| {
        matches!(event.kind, EventKind::OperatorCreated { name: OperatorName::RemoveLostPeer, .. })
    });
    let causes = &operator.expect("PD has the member removed").causes;
    let cause = &events[usize::try_from(causes[0].0).expect("it is an index")].kind;
    assert!(matches!(cause, EventKind::ResolveFailed { target: StoreId(4), .. }), "{cause:?}");
}

#[test]
fn not_found_line_adds_a_line_of_the_resolver() {
    let hints = |not_found_line| {
        let scene = lived(UNKNOWN, Knobs { not_found_line, ..old() }, 12 * SECOND);
        scene.lines(1, "resolve store not found").len()
    };
    assert_eq!(hints(NotFoundLine::Absent), 0);
    assert_eq!(hints(NotFoundLine::Info), 3);
}

#[test]
fn unknown_store_reply_makes_other_stores_wait_for_their_address() {
    // While one asks in vain for 4, store 2 restarts, and its address is older than a minute.
    let reconnected = |unknown_store_reply| {
        let mut scene = Scene::new(UNKNOWN, Knobs { unknown_store_reply, ..old() });
        scene.wait(66 * SECOND);
        scene.ask("stop store 2");
        scene.wait(SECOND);
        let again = scene.cluster.now();
        scene.ask("start store 2");
        let resolved = |kind: &EventKind| {
            matches!(kind, EventKind::Resolved { store: StoreId(1), target: StoreId(2), .. })
        };
        scene.wait(30 * SECOND);
        let first = scene.times(resolved).into_iter().find(|at| again.0 - SECOND <= at.0);
        let waited = first.expect("in the end it is answered").0 + SECOND - again.0;
        (waited, scene.lines(1, "request failed").len())
    };
    let (waited, failures) = reconnected(UnknownStoreReply::Header);
    assert!(waited < 10 && failures == 0, "{waited} ms, {failures} failures");
    let (waited, failures) = reconnected(UnknownStoreReply::GrpcError);
    assert!(SECOND < waited && 50 < failures, "{waited} ms, {failures} failures");
}

#[test]
fn reconnect_decides_how_soon_a_failed_resolve_is_tried_again() {
    let gaps = |reconnect| {
        let scene = lived(UNKNOWN, Knobs { reconnect, ..old() }, 25 * SECOND);
        let tried = scene.times(|kind| matches!(kind, EventKind::ResolveFailed { .. }));
        let gaps = tried.windows(2).map(|pair| (pair[1].since(pair[0]) + 50) / SECOND);
        gaps.collect::<Vec<u64>>()
    };
    assert_eq!(gaps(Reconnect::FiveSeconds), [5, 5, 5, 5]);
    assert_eq!(gaps(Reconnect::Growing), [1, 2, 3, 4, 5, 5]);
}

#[test]
fn connections_multiply_the_loops_and_their_lines() {
    let lines = |connections| {
        let scene = lived(UNKNOWN, Knobs { connections, ..old() }, 12 * SECOND);
        scene.lines(1, FAILED).len()
    };
    assert_eq!(lines(Connections::One), 3);
    assert_eq!(lines(Connections::ByCores), 6);
}

#[test]
fn connect_timeout_log_decides_the_level_of_the_line() {
    let level = |connect_timeout_log| {
        let mut scene = Scene::new(UNKNOWN, Knobs { connect_timeout_log, ..old() });
        scene.wait(10 * SECOND);
        scene.ask("stop store 2");
        scene.wait(20 * SECOND);
        scene.lines(1, "wait connect timeout")[0].level
    };
    assert_eq!(level(ConnectTimeoutLog::Error), Level::Error);
    assert_eq!(level(ConnectTimeoutLog::Warn), Level::Warn);
}

/// A leader asks for its votes before anybody is connected, and what finds the queue full is lost:
/// those regions wait for another election.
#[test]
fn raft_queue_decides_how_many_regions_are_led_at_once_after_a_cold_start() {
    const REGIONS: u64 = 4_196;
    let store = |id| format!("store {id} tikv address 10.0.0.{id}:20160\n");
    let mut text = format!("max-replicas 2\n{}{}", store(1), store(2));
    let key = |at: u64| match at {
        0 | REGIONS => String::new(),
        _ => format!("{at:016X}"),
    };
    for at in 0..REGIONS {
        let (id, start, end) = (10 * (at + 1), key(at), key(at + 1));
        text += &format!("region {id} keys {start}..{end} leader 1 voters 1 2\n");
    }
    let leaderless = |raft_queue| {
        let scene = lived(&text, Knobs { raft_queue, ..Release::V5_4_3.knobs() }, 5 * SECOND);
        let regions = scene.cluster.region_ids();
        regions.filter(|region| scene.cluster.leader_of(*region).is_none()).count()
    };
    assert_eq!(leaderless(RaftQueue::Holds4096), 100);
    assert_eq!(leaderless(RaftQueue::Holds8192), 0);
}
