//! Wrong input never harms a run: what is refused is refused in the real tool's words where it has
//! some, and the worlds go on as if nothing had been asked.

use scenario::{Outcome, Run, Scenario, Target, library, parse};
use sim::ids::{MINUTE, SECOND};
use sim::{Cluster, Command, Millis, PdCommand, Refusal, Release, StoreId};
use view::Lang;
use view::told::Names;
use view::why::{Path, refused};

const WORLDS: [Release; 2] = [Release::V8_5_2, Release::V8_5_8];

/// What is asked while the incident runs: in seconds from its start, the line, and the answer.
/// Zone one fails after 15 s, recovery runs from 55 s to about 95 s, tombstones are erased then.
const REFUSED: &[(u64, &str, &str)] = &[
    // What the simulation itself has to say.
    (5, "stop store 77", "no store 77 here; `store` lists the stores there are"),
    (5, "stop store 1,77", "no store 77 here; `store` lists the stores there are"),
    (5, "start store 77", "no store 77 here; `store` lists the stores there are"),
    (5, "start store 1", "store 1 is running already"),
    (5, "lose disk of 1", "store 1 is running; `stop store 1` before its disk is lost"),
    (5, "cut 1,2 5,2", "store 2 is on both sides; name two groups without a common store"),
    (5, "cut 1 77", "no store 77 here; `store` lists the stores there are"),
    (5, "delay 77 1 2s", "no store 77 here; `store` lists the stores there are"),
    (5, "delay 1 1 2s", "store 1 is on both sides; name two groups without a common store"),
    (5, "load all 1001/s", "60060 writes a minute and region are too many; at most 60000"),
    (16, "stop store 1", "store 1 is stopped already"),
    (16, "stop store 5,1", "store 1 is stopped already"),
    (60, "start store 1", "store 1 cannot start: PD answers it \"store is tombstone\""),
    (
        17,
        "start store 2",
        "duplicated store address: id:54002 address:\"10.0.1.2:20160\" , already registered by \
         id:2 address:\"10.0.1.2:20160\" ",
    ),
    (16, "add store 2 tikv address 10.0.1.9:1", "there is a store 2 already, or was"),
    (
        16,
        "add store 77 tikv address 10.0.2.5:20160",
        "duplicated store address: id:77 address:\"10.0.2.5:20160\" , already registered by \
         id:5 address:\"10.0.2.5:20160\" ",
    ),
    (
        5,
        "operator add transfer-region 52973 5 6 8",
        "Failed! [500] \"transfer region without peer role is not supported when placement rules \
         enabled\"",
    ),
    (
        5,
        "operator add transfer-peer 52973 1 5",
        "Failed! [500] \"region 52973 already has peer in store 5\"",
    ),
    (5, "operator add add-peer 52927 503", "Failed! [500] \"store 503 is TiFlash: learners only\""),
    (5, "start pd", "PD is running; `stop pd` before it is started anew"),
    // MySQL's errors.
    (5, "load tpcc.nothing 1/s", "ERROR 1146 (42S02): Table 'tpcc.nothing' doesn't exist"),
    (
        5,
        "ALTER TABLE tpcc.nothing SET TIFLASH REPLICA 1;",
        "ERROR 1146 (42S02): Table 'tpcc.nothing' doesn't exist",
    ),
    (
        5,
        "ALTER TABLE tpcc.stock SET TIFLASH REPLICA 3;",
        "ERROR 1105 (HY000): the tiflash replica count: 3 should be less than the total tiflash \
         server count: 2",
    ),
    (
        60,
        "ALTER TABLE tpcc.stock SET TIFLASH REPLICA 2;",
        "ERROR 1105 (HY000): the tiflash replica count: 2 should be less than the total tiflash \
         server count: 1",
    ),
    (5, "CREATE TABLE tpcc.stock;", "ERROR 1050 (42S01): Table 'tpcc.stock' already exists"),
    (5, "CREATE TABLE nowhere.t;", "ERROR 1049 (42000): Unknown database 'nowhere'"),
    (5, "DROP TABLE tpcc.nothing;", "ERROR 1051 (42S02): Unknown table 'tpcc.nothing'"),
    (
        5,
        "SPLIT TABLE tpcc.nothing BY (7);",
        "ERROR 1146 (42S02): Table 'tpcc.nothing' doesn't exist",
    ),
    (
        5,
        "SPLIT TABLE tpcc.stock BETWEEN (0) AND (100) REGIONS 10;",
        "ERROR 8212 (HY000): Failed to split region ranges: the region size is too small, expected \
         at least 1000, but got 10",
    ),
    (
        5,
        "SPLIT TABLE tpcc.stock BETWEEN (2) AND (1) REGIONS 10;",
        "ERROR 8212 (HY000): Failed to split region ranges: lower value 2 should less than the \
         upper value 1",
    ),
    (
        5,
        "SPLIT TABLE tpcc.stock BETWEEN (0) AND (1000000000) REGIONS 1001;",
        "ERROR 1105 (HY000): Split table region num exceeded the limit 1000",
    ),
    (
        5,
        "SPLIT TABLE tpcc.stock BETWEEN (0) AND (1000000000) REGIONS 0;",
        "ERROR 1105 (HY000): Split table region num should more than 0",
    ),
    // PD's answers as pd-ctl prints them: unsafe recovery.
    (
        5,
        "unsafe remove-failed-stores 77",
        "Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input store 77 \
         doesn't exist\"",
    ),
    (
        5,
        "unsafe remove-failed-stores 1,502",
        "Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input store 1 \
         is up and connected\"",
    ),
    (
        60,
        "unsafe remove-failed-stores 1,2,9,502",
        "Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryIsRunning]unsafe recovery is \
         running\"",
    ),
    (
        100,
        "unsafe remove-failed-stores 1,2,9,502",
        "Failed! [500] \"[PD:unsaferecovery:ErrUnsafeRecoveryInvalidInput]invalid input store 1 \
         doesn't exist\"",
    ),
    // Stores.
    (
        60,
        "store remove-tombstone",
        "Failed to remove tombstone store [500] \"failed stores: 1, 2, 9, 502\"",
    ),
    (
        5,
        "store delete 1",
        "Failed to delete store 1: [400] \"[PD:core:ErrStoresNotEnough]can not remove store 1 \
         since the number of up stores would be 5 while need 6\"",
    ),
    (
        5,
        "store delete 77",
        "Failed to delete store 77: [404] \"[PD:core:ErrStoreNotFound]store 77 not found\"",
    ),
    (
        60,
        "store delete 1",
        "Failed to delete store 1: [410] \"[PD:core:ErrStoreRemoved]store 1 has been removed\"",
    ),
    (
        60,
        "store cancel-delete 1",
        "Failed to cancel delete store 1: [410] \"[PD:core:ErrStoreRemoved]store 1 has been \
         removed\"",
    ),
    (
        100,
        "store delete 1",
        "Failed to delete store 1: [404] \"[PD:core:ErrStoreNotFound]store 1 not found\"",
    ),
    // Operators.
    (5, "operator add remove-peer 77 1", "Failed! [500] \"region 77 not found\""),
    (
        5,
        "operator add remove-peer 52973 77",
        "Failed! [500] \"region 52973 has no peer in store 77\"",
    ),
    (
        5,
        "operator add add-learner 52973 503",
        "Failed! [500] \"region 52973 already has peer in store 503\"",
    ),
    (
        5,
        "operator add add-learner 52973 77",
        "Failed! [404] \"[PD:core:ErrStoreNotFound]store 77 not found\"",
    ),
    (
        5,
        "operator add transfer-leader 52973 503",
        "Failed! [500] \"store 503 is TiFlash: learners only\"",
    ),
    (
        5,
        "operator add transfer-leader 52927 77",
        "Failed! [500] \"region 52927 has no peer in store 77\"",
    ),
    (
        5,
        "operator add remove-peer 53042 8",
        "Failed! [500] \"failed to add operator, maybe already have one\"",
    ),
    (5, "operator remove 52973", "Failed! [500] \"operator not found\""),
];

/// What both runs are given beside the script, so that there is something to refuse.
const CARRIED_OUT: &[(u64, &str)] =
    &[(5, "operator add remove-peer 53042 8"), (16, "lose disk of 2")];

#[test]
fn what_is_refused_is_told_in_the_real_tool_s_words_and_leaves_no_trace() {
    let (mut plain, mut asked) = (incident(), incident());
    let mut moments: Vec<u64> = REFUSED.iter().map(|(at, _, _)| *at).collect();
    moments.sort_unstable();
    moments.dedup();
    for moment in moments {
        for run in [&mut plain, &mut asked] {
            run.advance(Millis(moment * SECOND));
            for (_, line) in CARRIED_OUT.iter().filter(|(at, _)| *at == moment) {
                assert_eq!(ask(run, line), vec![Some(Outcome::Done); 2], "{line}");
            }
        }
        for (_, line, answer) in REFUSED.iter().filter(|(at, _, _)| *at == moment) {
            let answers: Vec<String> = ask(&mut asked, line).iter().map(refusal).collect();
            assert_eq!(answers, [*answer; 2], "after {moment} s: {line}");
            assert_same(&asked, &plain, line);
        }
    }
    for minute in 2..20 {
        plain.advance(Millis(minute * MINUTE));
        asked.advance(Millis(minute * MINUTE));
        assert_same(&asked, &plain, "later");
    }
}

/// What is asked, when, and the sentence that a *Why?* on the refusal begins with.
const BLAMED: &[(u64, &str, &str)] = &[
    (16, "stop store 1", "Store 1 stopped; its peers fall silent"),
    (60, "start store 1", "PD buried store 1: Tombstone, for good"),
    (60, "store remove-tombstone", "PD buried store 1: Tombstone, for good"),
    (
        60,
        "unsafe remove-failed-stores 1,2,9,502",
        "Unsafe recovery asks every living store what it holds",
    ),
    (60, "store delete 1", "PD buried store 1: Tombstone, for good"),
    (100, "store delete 1", "PD erased the record of store 1"),
    (100, "unsafe remove-failed-stores 1,2,9,502", "PD erased the record of store 1"),
];

#[test]
fn a_refusal_that_something_led_to_can_be_asked_why() {
    let mut run = incident();
    for (at, line, begins) in BLAMED {
        run.advance(Millis(at * SECOND));
        let Some(Outcome::Refused(refusal)) = ask(&mut run, line)[0].clone() else {
            panic!("{line} is not refused");
        };
        let cluster = &run.worlds()[0].cluster;
        let events = cluster.events();
        let asked = refused::question(&refusal, events);
        let asked = asked.unwrap_or_else(|| panic!("after {at} s: nothing led to `{line}`"));
        let event = asked.answer(events).expect("a question is asked only where it is answered");
        let names = Names::of_cluster(cluster);
        let path = Path::to(events, event, &cluster.knobs(), &names, Lang::En);
        assert!(path.steps[0].text.starts_with(begins), "{line}: {:?}", path.steps);
        assert!(1 < path.steps.len(), "{line}: it has no causes: {:?}", path.steps);
    }
}

#[test]
fn nothing_is_blamed_for_what_was_wrong_from_the_start() {
    let mut run = incident();
    run.advance(Millis(5 * SECOND));
    for line in ["stop store 77", "store delete 77", "operator remove 52973", "start store 1"] {
        let Some(Outcome::Refused(refusal)) = ask(&mut run, line)[0].clone() else {
            panic!("{line} is not refused");
        };
        let asked = refused::question(&refusal, run.worlds()[0].cluster.events());
        assert_eq!(asked, None, "{line}");
        for lang in Lang::ALL {
            assert!(!refused::right(&refusal).text(lang).is_empty(), "{line}");
        }
    }
}

#[test]
fn one_wrong_store_among_right_ones_refuses_the_whole_command() {
    let mut run = incident();
    run.advance(Millis(16 * SECOND));
    let five = |run: &Run| {
        let store = run.worlds()[0].cluster.store(StoreId(5)).expect("it is in the file");
        store.is_running()
    };
    assert!(refusal(&ask(&mut run, "stop store 5,1")[0]).contains("stopped already"));
    assert!(five(&run), "store 5 goes on");
}

#[test]
fn what_the_grammar_cannot_say_is_refused_too() {
    let scenario = library::load("tikv-18440").expect("it is in the library");
    let knobs = Release::V8_5_2.knobs();
    let mut cluster =
        Cluster::new(&scenario.setup, knobs, scenario.seed).expect("its cluster is right");
    cluster.advance(Millis(5 * SECOND));
    let nobody = Command::Pd(PdCommand::RemoveFailedStores {
        stores: Vec::new(),
        auto_detect: false,
        timeout_s: None,
        options: sim::RecoveryOptions::default(),
    });
    assert_refused(&mut cluster, &nobody, "Failed store ids are not specified");
    let none = Command::Pd(PdCommand::SetMaxReplicas(0));
    let answer = "Failed! [400] \"max-replicas should be greater than 0\"";
    assert_refused(&mut cluster, &none, answer);
}

#[test]
fn a_region_s_only_voter_stays_and_leads() {
    let tiny = edited("voters 1 2", "voters 1");
    let scenario = Scenario::parse("tiny.scn", &tiny).expect("it is right");
    let mut run = Run::of_releases(scenario, &WORLDS, None).expect("its cluster is right");
    run.advance(Millis(5 * SECOND));
    let before = fingerprints(&run);
    let answers = ask(&mut run, "operator add remove-peer 10 1");
    let expected = "Failed! [500] \"region 10 has no voter in store 1\"";
    assert_eq!(answers.iter().map(refusal).collect::<Vec<_>>(), [expected; 2]);
    assert_eq!(fingerprints(&run), before);
}

#[test]
fn lines_that_cannot_be_read_never_reach_a_run() {
    let told = |line: &str| parse(line).expect_err("it is wrong").to_string();
    assert_eq!(
        told("unsafe remove-failed-stores"),
        "Failed store ids are not specified\nUsage:\n  pd-ctl unsafe remove-failed-stores \
         [<store_id1>,<store_id2>,...] [flags]"
    );
    assert_eq!(
        told("unsafe remove-failed-stores 1,x"),
        "strconv.ParseUint: parsing \"x\": \
         invalid syntax"
    );
    assert_eq!(
        told("stroe 502"),
        "unknown command \"stroe\" for \"pd-ctl\"\n\nDid you mean this?\n\tstop\n\tstore"
    );
    assert_eq!(told("store five"), "store_id should be a number");
    assert!(told("ALTER TABLE tpcc.stock SET TIFLASH REPLICA -1;").starts_with(
        "ERROR 1064 (42000): You have an error in your SQL syntax; check the manual that \
         corresponds to your TiDB version for the right syntax to use line 1 column "
    ));
}

#[test]
fn a_scenario_file_that_cannot_be_read_says_where() {
    let told = |from: &str, to: &str| {
        let error = Scenario::parse("tiny.scn", &edited(from, to)).expect_err("it is wrong");
        error.to_string()
    };
    assert_eq!(
        told("stop store 1", "stop stores 1"),
        "tiny.scn:18:10: expected `store` or `pd`, as in `stop store 502`, but found `stores`"
    );
    assert_eq!(
        told("store 2 tikv", "store 2 tikw"),
        "tiny.scn:10:9: expected `tikv` or `tiflash`, but found `tikw`"
    );
    assert_eq!(
        told("leader 1", "leader 3"),
        "tiny.scn:12:8: region 10 cannot be led from store 3: it needs a voter there and the \
         store running"
    );
    assert_eq!(
        told("seed 7", "sede 7"),
        "tiny.scn:6:1: expected `scenario`, `title`, `opening`, \
         `seed`, `end`, `releases`, `max-replicas`, `cores`, `store`, `table`, `region` or `step`, \
         but found `sede`"
    );
}

const TINY: &str = "\
scenario tiny
title en A
title zh 甲
opening en B
opening zh 乙
seed 7
end 10m
max-replicas 1
store 1 tikv address 10.0.0.1:20160
store 2 tikv address 10.0.0.2:20160
store 3 tiflash address 10.0.0.3:3930
region 10 keys .. leader 1 voters 1 2
step
title en C
title zh 丙
text en D
text zh 丁
    stop store 1
";

fn edited(from: &str, to: &str) -> String {
    assert!(TINY.contains(from), "the file has no `{from}`");
    TINY.replacen(from, to, 1)
}

/// The incident in both worlds, with its whole script to come.
fn incident() -> Run {
    let scenario = library::load("tikv-18440").expect("it is in the library");
    let mut run = Run::of_releases(scenario, &WORLDS, None).expect("its cluster is right");
    run.start_all();
    run
}

fn ask(run: &mut Run, line: &str) -> Vec<Option<Outcome>> {
    let request = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let asked = run.issue(request, Target::All).expect("a command is answered at once");
    run.issued()[asked].outcomes.clone()
}

fn refusal(outcome: &Option<Outcome>) -> String {
    match outcome {
        Some(Outcome::Refused(refusal)) => refusal.to_string(),
        other => panic!("it was to be refused, but: {other:?}"),
    }
}

fn assert_refused(cluster: &mut Cluster, command: &Command, answer: &str) {
    let before = (cluster.fingerprint(), cluster.events().len());
    let refused: Refusal = cluster.apply(command).expect_err("it is wrong");
    assert_eq!(refused.to_string(), answer);
    assert_eq!((cluster.fingerprint(), cluster.events().len()), before);
}

fn fingerprints(run: &Run) -> Vec<u64> {
    run.worlds().iter().map(|world| world.cluster.fingerprint()).collect()
}

#[track_caller]
fn assert_same(asked: &Run, plain: &Run, what: &str) {
    assert_eq!(fingerprints(asked), fingerprints(plain), "{what}: a world is not as before");
    for (a, b) in asked.worlds().iter().zip(plain.worlds()) {
        assert_eq!(a.cluster.events().len(), b.cluster.events().len(), "{what}");
    }
}
