//! What clients feel: who is answered and who is refused, how, and when an acknowledged write is
//! lost.

use sim::RegionId;
use sim::clients::{Ask, Outcome, QueryError};
use sim::event::RecoveryStage;
use sim::ids::{MINUTE, SECOND};
use sim::raftstore::PeerFsm;
use sim::{EventKind, Release, TableId};
use tests::world::{REGION, World};

const TABLE: TableId = TableId(45);

fn count(world: &World, ask: Ask, outcome: Outcome) -> u64 {
    world.cluster.tally().total(ask, outcome)
}

fn writes(world: &World, outcome: Outcome) -> u64 {
    count(world, Ask::Write, outcome)
}

/// Recovers without stores that have stopped.
fn recover(world: &mut World, stores: &str) {
    world.ask(&format!("stop store {stores}"));
    world.wait(25 * SECOND);
    world.ask(&format!("unsafe remove-failed-stores {stores}"));
    for _ in 0..600 {
        world.wait(SECOND / 10);
        if world.cluster.pd().recovery().stage() == RecoveryStage::Finished {
            return;
        }
    }
    panic!("recovery does not end: {:?}", world.cluster.pd().recovery().stage());
}

#[test]
fn in_a_healthy_cluster_everybody_is_answered() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("read test.t 10/s");
    world.ask("query test.t 1/s");
    world.wait(MINUTE);
    let all: u64 = Outcome::ALL.iter().map(|outcome| writes(&world, *outcome)).sum();
    let answered = writes(&world, Outcome::Answered);
    assert!((595..=600).contains(&answered) && all <= answered + 1, "{answered} of {all}");
    assert!((595..=601).contains(&count(&world, Ask::Read, Outcome::Answered)));
    assert!((59..=60).contains(&world.cluster.tally().queries_answered()));
    assert_eq!(world.cluster.tally().queries_refused().count(), 0);
}

#[test]
fn clients_that_are_told_to_stop_stop() {
    let mut world = World::new(1);
    for line in ["load test.t 10/s", "read test.t 10/s", "query test.t 10/s"] {
        world.ask(line);
    }
    world.wait(SECOND);
    for line in ["load off", "read off", "query test.t off"] {
        world.ask(line);
    }
    world.wait(SECOND);
    let asked = |world: &World| {
        let tally = world.cluster.tally();
        let counts = Ask::ALL.map(|ask| tally.total(ask, Outcome::Answered));
        (counts, tally.queries_answered())
    };
    let before = asked(&world);
    world.wait(MINUTE);
    assert_eq!(asked(&world), before);
}

#[test]
fn a_moved_leader_is_found_by_one_answer() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.wait(5 * SECOND);
    let before = writes(&world, Outcome::NotLeader);
    // Not the next in the client's list, which it might have tried of itself.
    world.ask("operator add transfer-leader 10 3");
    world.wait(10 * SECOND);
    assert_eq!(world.leader().map(|store| store.0), Some(3));
    assert_eq!(writes(&world, Outcome::NotLeader), before + 1);
}

#[test]
fn while_a_dead_leader_is_not_replaced_nobody_is_served() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("read test.t 10/s");
    world.wait(5 * SECOND);
    world.ask("stop store 1");
    let answered = writes(&world, Outcome::Answered);
    world.wait(5 * SECOND);
    assert_eq!(writes(&world, Outcome::Answered), answered);
    let tries = writes(&world, Outcome::StoreNotReachable);
    assert!((1..=10).contains(&tries), "clients wait between their tries: {tries}");
    world.wait(25 * SECOND);
    assert!(5 < writes(&world, Outcome::NoLeader) + writes(&world, Outcome::NotLeader));
    assert!(answered + 50 < writes(&world, Outcome::Answered), "another leads by now");
    assert_eq!(world.cluster.tally().lost(), 0);
}

#[test]
fn a_leader_without_its_quorum_answers_reads_for_its_lease_and_no_write() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("read test.t 10/s");
    world.wait(5 * SECOND);
    world.ask("cut 1 2,3,7");
    world.wait(SECOND);
    let (reads, acknowledged) =
        (count(&world, Ask::Read, Outcome::Answered), writes(&world, Outcome::Answered));
    world.wait(5 * SECOND);
    assert!(reads + 45 <= count(&world, Ask::Read, Outcome::Answered));
    assert_eq!(writes(&world, Outcome::Answered), acknowledged);
    world.wait(30 * SECOND);
    assert!(50 < writes(&world, Outcome::StaleCommand), "it stepped down with them");
    assert!(0 < count(&world, Ask::Read, Outcome::StaleCommand), "the lease was over");
}

#[test]
fn a_stalled_leader_lets_its_clients_wait() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.wait(5 * SECOND);
    world.ask("pause store 1");
    let answered = writes(&world, Outcome::Answered);
    world.wait(29 * SECOND);
    assert_eq!(writes(&world, Outcome::TimedOut), 1, "one write waits for its answer");
    assert_eq!(writes(&world, Outcome::Answered), answered);
    world.wait(20 * SECOND);
    assert!(answered + 50 < writes(&world, Outcome::Answered), "another leads by now");
}

#[test]
fn requests_that_nobody_serves_are_tried_ever_more_rarely_and_given_up() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.ask("read test.t 10/s");
    world.wait(5 * SECOND);
    world.ask("stop store 1,2");
    let refused = |world: &World, ask| -> u64 {
        let all = Outcome::ALL.iter().filter(|outcome| **outcome != Outcome::Answered);
        all.map(|outcome| count(world, ask, *outcome)).sum()
    };
    world.wait(20 * SECOND);
    let before = refused(&world, Ask::Read);
    world.wait(10 * SECOND);
    let tries = refused(&world, Ask::Read) - before;
    assert!((5..=25).contains(&tries), "half a second or more apart: {tries} in 10 s");
    world.wait(20 * SECOND);
    let given_up = |world: &World| Ask::ALL.map(|ask| world.cluster.tally().given_up(ask));
    assert_eq!(given_up(&world), [0, 1], "a read fails after 40 s, a write after 80");
    world.wait(40 * SECOND);
    assert_eq!(given_up(&world), [1, 2]);
    let (tab, focus) = (view::inspect::Tab::Metrics, view::inspect::Focus::default());
    let blocks = view::inspect::inspect(tab, &world.cluster, focus, view::Lang::En);
    let row = blocks.iter().flat_map(|block| &block.rows).find(|row| row.label == "ERROR 9005");
    let cells: Vec<&str> =
        row.expect("it is shown").cells.iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(cells, ["1", "2"]);
}

#[test]
fn recovery_refuses_clients_and_leaves_them_without_a_leader_for_a_while() {
    // Two voters are left, who are not to vote for each other while a leader's lease may hold.
    let lines = "max-replicas 5\n\
        store 1 tikv address a1:1\nstore 2 tikv address a2:1\nstore 3 tikv address a3:1\n\
        store 4 tikv address a4:1\nstore 5 tikv address a5:1\ntable 45 test.t\n\
        region 10 table test.t rows .. leader 1 voters 1 2 3 4 5\n";
    let mut world = World::built(lines, Release::V8_5_8, 1);
    world.ask("load test.t 10/s");
    world.wait(10 * SECOND);
    recover(&mut world, "1,2,3");
    assert!(0 < writes(&world, Outcome::RecoveryInProgress));
    let (answered, before) = (writes(&world, Outcome::Answered), world.cluster.tally().refused());
    for _ in 0..300 {
        world.wait(SECOND / 10);
        if answered < writes(&world, Outcome::Answered) {
            break;
        }
    }
    let mut events = world.cluster.events().iter().rev();
    let exit = events.find(|event| matches!(event.kind, EventKind::ForceLeaderExited { .. }));
    let gap = world.cluster.now().since(exit.expect("it ended").at);
    assert!((10 * SECOND..=21 * SECOND).contains(&gap), "domain 4.3: 10 to 20 s, not {gap}");
    // PD may call it finished some seconds after the exit only; nobody was served until then.
    assert!(before < world.cluster.tally().refused());
    assert!(0 < writes(&world, Outcome::NoLeader), "whoever is asked knows no leader");
}

#[test]
fn an_acknowledged_write_is_lost_only_by_recovery() {
    let live = |line: &str| {
        let mut world = World::new(1);
        world.ask("load test.t 10/s");
        world.wait(10 * SECOND);
        // Store 3, which is to survive, lacks what the others commit meanwhile.
        world.ask(line);
        world.wait(3 * SECOND);
        let acknowledged = writes(&world, Outcome::Answered);
        let held = peer_of(&world, 3).commit_index();
        let all = peer_of(&world, 1).commit_index();
        assert_eq!(world.cluster.tally().lost(), 0);
        recover(&mut world, "1,2");
        world.wait(MINUTE);
        assert!(acknowledged < writes(&world, Outcome::Answered), "the region serves again");
        let told = world.cluster.events().iter().any(
            |event| matches!(event.kind, EventKind::EntriesLost { region, .. } if region == REGION),
        );
        let lost = world.cluster.tally().lost();
        assert_eq!(told, 0 < lost);
        (lost, all - held)
    };
    let (lost, behind) = live("drop MsgAppend 1 3");
    assert!(25 < behind && lost + 2 >= behind && lost <= behind + 2, "{lost} of {behind}");
    let (lost, _) = live("drop 0% MsgAppend 1 3");
    assert!(lost <= 1, "at most what was under way: {lost}");
}

fn peer_of(world: &World, store: u64) -> &PeerFsm {
    world.cluster.store(sim::StoreId(store)).expect("known").peer(REGION).expect("here")
}

#[test]
fn without_recovery_no_fault_loses_an_acknowledged_write() {
    for seed in 1..=5 {
        let mut world = World::new(seed);
        world.ask("load test.t 20/s");
        for line in [
            "drop 30% 1,2 <-> 3,7",
            "cut 1 2,3",
            "pause store 2",
            "slow disk of 3 by 300ms",
            "reorder 50% 2 <-> 3",
            "duplicate 50% 1 <-> 3",
        ] {
            world.ask(line);
            world.wait(20 * SECOND);
            world.ask("heal");
            world.wait(7 * SECOND);
        }
        world.ask("stop store 1,2,3");
        world.ask("start store 1,2,3");
        world.wait(MINUTE);
        assert_eq!(world.cluster.tally().lost(), 0);
        assert!(1_000 < writes(&world, Outcome::Answered));
    }
}

#[test]
fn only_an_available_table_with_a_live_learner_answers_tiflash_queries() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.wait(5 * SECOND);
    assert_eq!(world.cluster.query_tiflash(TABLE), Ok(()));
    world.ask("pause apply of 7");
    world.wait(SECOND);
    assert_eq!(world.cluster.query_tiflash(TABLE), Err(QueryError::ServerTimeout));
    world.ask("heal");
    assert_eq!(world.cluster.query_tiflash(TABLE), Ok(()));
    world.ask("stop store 7");
    let timeout = Err(QueryError::ServerTimeout);
    assert_eq!(world.cluster.query_tiflash(TABLE), timeout, "AVAILABLE stays, the data is away");
    world.ask("start store 7");
    world.wait(10 * SECOND);
    assert_eq!(world.cluster.query_tiflash(TABLE), Ok(()));
    world.ask("stop store 1,2,3");
    assert_eq!(world.cluster.query_tiflash(TABLE), timeout, "nobody tells it how far to read");
    world.ask("start store 1,2,3");
    world.ask("ALTER TABLE test.t SET TIFLASH REPLICA 0;");
    assert_eq!(world.cluster.query_tiflash(TABLE), Err(QueryError::NoAccessPath));
    assert!(QueryError::NoAccessPath.to_string().contains("Please check tiflash replica"));
}

#[test]
fn refused_queries_are_counted_by_their_error() {
    let mut world = World::new(1);
    world.ask("query test.t 1/s");
    world.wait(5 * SECOND);
    world.ask("stop store 7");
    world.wait(5 * SECOND);
    let refused: Vec<_> = world.cluster.tally().queries_refused().collect();
    assert_eq!(refused, [(TABLE, QueryError::ServerTimeout, 5)]);
}

#[test]
fn what_clients_feel_is_one_line_in_both_languages() {
    let mut world = World::of(Release::V8_5_2, 1);
    assert_eq!(view::phrases::clients(world.cluster.tally(), view::Lang::En), "");
    world.ask("load test.t 10/s");
    world.ask("query test.t 1/s");
    world.wait(10 * SECOND);
    let line = view::phrases::clients(world.cluster.tally(), view::Lang::En);
    assert!(line.starts_with("writes: 100 answered"), "{line}");
    assert!(line.ends_with("TiFlash queries: 10 answered, 0 refused"), "{line}");
    let line = view::phrases::clients(world.cluster.tally(), view::Lang::Zh);
    assert!(line.starts_with("写入: 100 成功"), "{line}");
}

#[test]
fn regions_count_apart() {
    let mut world = World::new(1);
    world.ask("load test.t 10/s");
    world.wait(5 * SECOND);
    let tally = world.cluster.tally();
    assert_eq!(tally.regions().collect::<Vec<_>>(), [REGION]);
    assert!(45 < tally.of_region(REGION, Ask::Write, Outcome::Answered));
    assert_eq!(tally.of_region(RegionId(11), Ask::Write, Outcome::Answered), 0);
}
