//! The grammar as its users see it: what can be typed, what is printed, what is answered to
//! mistakes.

use scenario::{
    Condition, DEFAULT_LIMIT_MS, Deed, Input, Query, Request, Saved, Scenario, Target, Text, VERBS,
    Wait, completions, parse,
};
use sim::clients::ReadFrom;
use sim::command::{MachineCommand, ReplicationMode, ReplicationOption, SplitPolicy};
use sim::fault::{Links, MessageKind, Mishap, Mishaps, Node};
use sim::message::{DemotePlan, ForceLeaderPlan, PeerChange, RecoveryPlan};
use sim::pd::operator::OperatorKind;
use sim::pd::region_check::RegionCheck;
use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::store::{Engine, StoreMeta, StoreState, StoreStatus};
use sim::tidb::infoschema::InfoTable;
use sim::{
    ClientRequest, Command, Halt, Millis, PdCommand, PeerId, RecoveryOptions, RegionId, Release,
    Scheduler, SplitPoints, StoreId, TableCommand, TableId, TikvTest,
};

fn stores(ids: &[u64]) -> Vec<StoreId> {
    ids.iter().copied().map(StoreId).collect()
}

fn one_way() -> Links {
    Links::one_way(&stores(&[1, 2]), &stores(&[5, 6]))
}

fn both_ways() -> Links {
    Links::between(&stores(&[1]), &stores(&[5, 6]))
}

fn mishaps(
    links: Links,
    mishap: Mishap,
    kind: Option<MessageKind>,
    region: Option<RegionId>,
    percent: u64,
) -> Command {
    Command::SetMishaps { links, mishaps: Mishaps { mishap, kind, region }, percent }
}

/// One of every fault.
fn faults() -> Vec<Command> {
    let (region, store) = (RegionId(52973), StoreId(503));
    vec![
        Command::Machine(MachineCommand::Pause(stores(&[5, 6]))),
        Command::Machine(MachineCommand::Resume(stores(&[5]))),
        Command::Machine(MachineCommand::PauseApply(store)),
        Command::Machine(MachineCommand::ResumeApply(store)),
        Command::Machine(MachineCommand::SlowDisk { store, by_ms: 200 }),
        Command::Machine(MachineCommand::SkewClock { store, by_ms: 30_000 }),
        Command::Machine(MachineCommand::SkewClock { store, by_ms: -1_500 }),
        Command::Cut(both_ways()),
        Command::Cut(one_way()),
        Command::Cut(Links { to: vec![Node::Pd], ..both_ways() }),
        Command::Delay { links: one_way(), by_ms: 2_000 },
        Command::Delay { links: both_ways(), by_ms: 1_500 },
        Command::Delay { links: one_way(), by_ms: 0 },
        mishaps(one_way(), Mishap::Drop, None, None, 100),
        mishaps(both_ways(), Mishap::Duplicate, Some(MessageKind::MsgAppend), None, 10),
        mishaps(one_way(), Mishap::Reorder, None, Some(region), 0),
        mishaps(one_way(), Mishap::Drop, Some(MessageKind::MsgSnapshot), Some(region), 1),
        Command::Heal(None),
        Command::Heal(Some(both_ways())),
        Command::Heal(Some(one_way())),
    ]
}

/// One of every command there is; a new variant stops the build in `request.rs`, whose printer
/// names them all.
fn commands() -> Vec<Command> {
    let (region, store) = (RegionId(52973), StoreId(503));
    let (table, tables) = ("tpcc.stock".to_owned(), vec!["tpcc.stock".to_owned(), "a.b".into()]);
    let load = |tables: &[String], writes_per_minute| Command::SetLoad {
        tables: tables.to_vec(),
        writes_per_minute,
    };
    let remove = |ids: &[u64], auto_detect, timeout_s| {
        Command::Pd(PdCommand::RemoveFailedStores {
            stores: stores(ids),
            auto_detect,
            timeout_s,
            options: RecoveryOptions::default(),
        })
    };
    let options = RecoveryOptions { plan_timeout_s: Some(300), disable_paranoid_check: true };
    let with_options = Command::Pd(PdCommand::RemoveFailedStores {
        stores: stores(&[1]),
        auto_detect: false,
        timeout_s: None,
        options,
    });
    let others = vec![
        Command::StopStores(stores(&[1, 2, 9, 502])),
        Command::StartStores(stores(&[502])),
        Command::LoseDisk(StoreId(502)),
        load(&tables, 60),
        load(&tables, 90),
        load(&tables, 0),
        load(&[], 60),
        load(&[], 0),
        Command::SetReads { tables: tables.clone(), reads_per_minute: 60 },
        Command::SetReads { tables: Vec::new(), reads_per_minute: 0 },
        Command::SetQueries { tables: tables.clone(), queries_per_minute: 90 },
        Command::SetQueries { tables: Vec::new(), queries_per_minute: 1 },
        remove(&[1, 2, 9, 502], false, None),
        remove(&[1], false, Some(60)),
        remove(&[], true, None),
        remove(&[], true, Some(60)),
        with_options,
        Command::Pd(PdCommand::AbortRecovery),
        Command::Pd(PdCommand::RemoveTombstone),
        Command::Pd(PdCommand::SetMaxReplicas(3)),
        Command::Pd(PdCommand::AddRemovePeer { region, store }),
        Command::Pd(PdCommand::AddAddLearner { region, store }),
        Command::Pd(PdCommand::AddTransferLeader { region, store }),
        split(SplitPolicy::Scan, &[]),
        split(SplitPolicy::Approximate, &[]),
        split(SplitPolicy::UseKey, &[Key::record(TableId(45), 7), Key::record(TableId(45), 9)]),
        Command::Pd(PdCommand::AddMergeRegion { source: region, target: RegionId(52982) }),
        Command::Pd(PdCommand::RemoveOperator(region)),
        Command::SetTiflashReplica { table, count: 2 },
    ];
    faults().into_iter().chain(others).chain(of_tables()).collect()
}

/// What TiDB is asked to do with tables.
fn of_tables() -> Vec<Command> {
    let table = || "test.t1".to_owned();
    let split = |at| TableCommand::Split { table: table(), at };
    let commands = vec![
        TableCommand::Create { table: table(), if_not_exists: false },
        TableCommand::Create { table: table(), if_not_exists: true },
        TableCommand::Drop { table: table(), if_exists: false },
        TableCommand::Drop { table: table(), if_exists: true },
        split(SplitPoints::Between { lower: -10_000, upper: 10_000, regions: 4 }),
        split(SplitPoints::By(vec![1_000])),
        split(SplitPoints::By(vec![i64::MIN, -7, 0, i64::MAX])),
    ];
    commands.into_iter().map(Command::Table).collect()
}

/// What TiKV's own tests do, and what they need of PD.
fn of_tikv_tests() -> impl Iterator<Item = Command> {
    let halts = [Halt::Halted, Halt::Active].map(|halt| PdCommand::SetHaltScheduling(halt).into());
    halts.into_iter().chain(tikv_tests().into_iter().map(Command::TikvTest))
}

fn tikv_tests() -> Vec<TikvTest> {
    let (region, store) = (RegionId(1), StoreId(1));
    let peer = |id, role| Peer { id: PeerId(id), store: StoreId(id % 10), role };
    let (voter, learner) = (peer(12, PeerRole::Voter), peer(13, PeerRole::Learner));
    let created = |start: &[u8], end: &[u8]| Region {
        id: RegionId(101),
        start: Key::new(start),
        end: Key::new(end),
        epoch: RegionEpoch { version: 1, conf_ver: 1 },
        peers: vec![Peer { id: PeerId(102), store, role: PeerRole::Voter }],
    };
    let order = |regions: &[u64]| ForceLeaderPlan {
        failed_stores: stores(&[2, 3]),
        enter_force_leaders: regions.iter().copied().map(RegionId).collect(),
    };
    let demote = |region| DemotePlan { region, failed_voters: vec![voter, learner] };
    let executed = RecoveryPlan {
        step: 7,
        force_leader: None,
        creates: vec![created(b"anykey", b""), created(b"", b"k9")],
        tombstones: vec![RegionId(2), RegionId(3)],
        demotes: vec![demote(region), demote(RegionId(4))],
    };
    let forced = |regions: &[u64]| RecoveryPlan {
        force_leader: Some(order(regions)),
        ..RecoveryPlan::default()
    };
    let hand = |plan| TikvTest::HandPlan { store, plan };
    let change = |changes| TikvTest::ChangePeers { region, changes };
    vec![
        hand(RecoveryPlan::default()),
        hand(executed),
        hand(forced(&[1, 2])),
        hand(forced(&[])),
        TikvTest::ExitForceLeader { region, store },
        TikvTest::Request { region, request: ClientRequest::Put },
        TikvTest::Request { region, request: ClientRequest::Get },
        TikvTest::Request { region, request: ClientRequest::ReadIndex },
        TikvTest::CompactLog(region),
        change(vec![]),
        change(vec![PeerChange::Remove(learner)]),
        change(vec![PeerChange::AddVoter(voter), PeerChange::AddLearner(learner)]),
    ]
}

/// What is done to PD itself, and to PD's records of stores.
fn commands_of_pd() -> Vec<Command> {
    let (region, store) = (RegionId(52973), StoreId(503));
    vec![
        Command::Pd(PdCommand::StopPd),
        Command::Pd(PdCommand::StartPd),
        Command::Pd(PdCommand::ForceNewPdCluster),
        Command::Pd(PdCommand::LosePdLeader),
        Command::Pd(PdCommand::ResignPdLeader),
        Command::Pd(PdCommand::RecoverPd),
        Command::Pd(PdCommand::LosePdDisks),
        Command::Pd(PdCommand::SetMaxMergeRegionSize(20)),
        Command::Pd(PdCommand::SetMaxMergeRegionKeys(200_000)),
        Command::Pd(PdCommand::SetSplitMergeInterval { ms: 3_600_000 }),
        Command::Pd(PdCommand::AddScheduler(Scheduler::BalanceLeader)),
        Command::Pd(PdCommand::AddScheduler(Scheduler::EvictLeader(store))),
        Command::Pd(PdCommand::RemoveScheduler(Scheduler::BalanceLeader)),
        Command::Pd(PdCommand::RemoveScheduler(Scheduler::EvictLeader(store))),
        Command::Pd(PdCommand::RebuildPd { cluster_id: 7, alloc_id: 4000 }),
        Command::Pd(PdCommand::DeleteStore(store)),
        Command::Pd(PdCommand::DestroyStore(store)),
        Command::Pd(PdCommand::CancelDeleteStore(store)),
        Command::Pd(PdCommand::SetMaxStoreDownTime { ms: 600_000 }),
        Command::Pd(PdCommand::AddAddPeer { region, store }),
        Command::Pd(PdCommand::AddTransferPeer { region, from: store, to: StoreId(5) }),
        Command::Pd(PdCommand::AddTransferRegion { region, stores: stores(&[1, 5]) }),
        Command::AddStore(StoreMeta {
            id: StoreId(504),
            engine: Engine::TiFlash,
            address: "10.0.2.54:3930".to_owned(),
            labels: [("host", "h4"), ("zone", "dc2")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        }),
    ]
}

fn split(policy: SplitPolicy, keys: &[Key]) -> Command {
    Command::Pd(PdCommand::AddSplitRegion { region: RegionId(52973), policy, keys: keys.to_vec() })
}

fn replication_options() -> impl Iterator<Item = ReplicationOption> {
    let options = [
        ReplicationOption::Mode(ReplicationMode::Majority),
        ReplicationOption::Mode(ReplicationMode::DrAutoSync),
        ReplicationOption::LabelKey("zone".into()),
        ReplicationOption::Primary("dc1".into()),
        ReplicationOption::Dr("dc2".into()),
        ReplicationOption::PrimaryReplicas(2),
        ReplicationOption::DrReplicas(1),
        ReplicationOption::WaitStoreTimeout(90_000),
    ];
    options.into_iter()
}

/// One of every question there is.
fn queries() -> Vec<Query> {
    let region = RegionId(52973);
    let select = |table, filter: Option<(usize, &str)>| {
        let filter = filter.map(|(column, value)| (column, value.to_owned()));
        Query::InfoTable { table, filter }
    };
    let mut queries = vec![
        Query::Stores(Vec::new()),
        Query::Stores(vec![StoreState::Tombstone]),
        Query::Stores(vec![StoreState::Up, StoreState::Offline]),
        Query::Store(StoreId(502)),
        Query::Regions,
        Query::Region(region),
        Query::RegionOfKey(Key::record_prefix(TableId(45))),
        Query::RegionsOnStore(StoreId(502)),
        Query::Operators(None),
        Query::Operator(region),
        Query::Recovery,
        Query::Replication,
        Query::PlacementRules(None),
        Query::PlacementRules(Some("tiflash".into())),
        Query::RuleGroups,
        Query::Schedulers,
        select(InfoTable::TiflashReplica, Some((1, "stock"))),
        select(InfoTable::TikvRegionPeers, Some((0, "52973"))),
        Query::TableRegions("tpcc.stock".into()),
        Query::CountRows { table: "tpcc.stock".into(), from: ReadFrom::TiKv },
        Query::CountRows { table: "tpcc.stock".into(), from: ReadFrom::TiFlash },
        Query::Precheck("tpcc.stock".into()),
        Query::PdMetrics,
        Query::Faults,
        Query::ReplicationStatus,
        Query::Metrics(None),
        Query::Metrics(Some(StoreId(5))),
        Query::Help,
    ];
    queries.extend(StoreStatus::ALL.map(Query::StoresShown));
    queries.extend(RegionCheck::ALL.map(Query::RegionsWith));
    queries.extend(OperatorKind::SHOWN.map(|kind| Query::Operators(Some(kind))));
    queries.extend(InfoTable::ALL.map(|table| select(table, None)));
    queries
}

fn requests() -> Vec<Request> {
    let queries = queries();
    let conditions = [
        Condition::RecoveryFinished,
        Condition::Available("tpcc.stock".into()),
        Condition::NoLearners("tpcc.stock".into()),
        Condition::Disconnected(stores(&[1, 2])),
        Condition::RecoveryFailed,
        Condition::AllLed,
        Condition::StoreIs { store: StoreId(502), state: Some(StoreState::Tombstone) },
        Condition::StoreIs { store: StoreId(502), state: None },
        Condition::Blacklisted { by: StoreId(5), store: StoreId(502) },
        Condition::Ghosts { at_least: 3 },
        Condition::FailedResolves { at_least: 100 },
        Condition::Healthy("tpcc.stock".into()),
        Condition::NeedlessLoops { at_least: 1 },
    ];
    let limits = [DEFAULT_LIMIT_MS, 600_000, 90_000];
    let waits = conditions.iter().flat_map(|condition| {
        limits.map(|at_most_ms| Wait::Until { condition: condition.clone(), at_most_ms })
    });
    let spans = [0, 1, 1_000, 60_000, 90_000, 7_200_000].map(Wait::For);
    let replication = replication_options().map(|option| PdCommand::SetReplication(option).into());
    let commands =
        commands().into_iter().chain(commands_of_pd()).chain(of_tikv_tests()).chain(replication);
    let commands = commands.map(Request::Command);
    commands
        .chain(queries.into_iter().map(Request::Query))
        .chain(waits.chain(spans).map(Request::Wait))
        .collect()
}

#[test]
fn what_is_printed_is_read_back_as_the_same() {
    for request in requests() {
        let text = request.to_string();
        assert_eq!(parse(&text), Ok(request), "{text}");
    }
}

#[test]
fn the_same_thing_may_be_typed_in_several_ways() {
    let same = [
        ("unsafe remove-failed-stores 1,2", "pd-ctl unsafe remove-failed-stores 1,2"),
        ("unsafe remove-failed-stores 1,2,1", "pd-ctl unsafe remove-failed-stores 1,2"),
        // pd-ctl does not send its own default, so that PD's applies.
        ("unsafe remove-failed-stores 1 --timeout 300", "pd-ctl unsafe remove-failed-stores 1"),
        (
            "pd-ctl unsafe remove-failed-stores --timeout=60 1",
            "unsafe remove-failed-stores 1 --timeout 60",
        ),
        ("tiup ctl:v8.5.2 pd -u http://127.0.0.1:2379 store 502", "store 502"),
        ("pd-ctl --pd=http://pd:2379 operator show", "operator show"),
        ("  store   502  ", "store 502"),
        (
            "curl -XDELETE 'http://pd:2379/pd/api/v1/store/502?force=true'",
            "curl -X DELETE http://127.0.0.1:2379/pd/api/v1/store/502?force",
        ),
        ("curl http://pd:2379/pd/api/v1/store/502 -X DELETE", "store delete 502"),
        (
            "./bin/pd-recover --from-old-member --endpoints=http://127.0.0.1:2379",
            "pd-recover --from-old-member",
        ),
        (
            "pd-recover -endpoints http://127.0.0.1:2379 -cluster-id=7 -alloc-id 4000",
            "pd-recover --cluster-id 7 --alloc-id 4000",
        ),
        ("pd-server --force-new-cluster --name=pd-3", "pd-server --force-new-cluster"),
        ("pd-ctl", "help"),
        (
            "alter table `TPCC`.`Stock` set tiflash replica 2",
            "ALTER TABLE tpcc.stock SET TIFLASH REPLICA 2;",
        ),
        (
            "select  *  from INFORMATION_SCHEMA.TIFLASH_REPLICA ;",
            "SELECT * FROM information_schema.tiflash_replica;",
        ),
        ("cut 1 <-> 5,6", "cut 1 5,6"),
        ("delay 1 -> 5,6 2s", "delay 1 5,6 2000ms"),
        ("drop MsgAppend 1 5", "drop 100% MsgAppend 1 -> 5"),
        ("drop MSGSNAPSHOT region 7 1 <-> 5", "drop 100% MsgSnapshot region 7 1 <-> 5"),
        ("store --state Up,Offline", "pd-ctl store --state=Up,Offline"),
        ("store check Disconnected", "pd-ctl store check disconnected"),
        ("region key 7480ff", "pd-ctl region key 7480FF"),
        (
            "select * from information_schema.tikv_region_peers where region_id=52973",
            "SELECT * FROM information_schema.tikv_region_peers WHERE `REGION_ID` = '52973';",
        ),
        ("show table TPCC.stock regions", "SHOW TABLE tpcc.stock REGIONS;"),
        ("load tpcc.stock 1/s", "load tpcc.stock 60/min"),
        ("load all off", "load off"),
        ("wait 1m30s", "wait 90s"),
        ("wait until recovery finished for at most 30m", "wait until recovery finished"),
    ];
    for (a, b) in same {
        assert!(parse(a).is_ok(), "{a}: {:?}", parse(a));
        assert_eq!(parse(a), parse(b), "{a} and {b}");
    }
}

#[test]
fn statements_about_tables_may_be_typed_in_several_ways() {
    let same = [
        (
            "create table `Test`.`T1` (id BIGINT PRIMARY KEY, v VARCHAR(10), KEY (v, id))",
            "CREATE TABLE test.t1;",
        ),
        ("create table IF not exists test.t1( a int );", "CREATE TABLE IF NOT EXISTS test.t1;"),
        ("Drop Table If Exists test.t1", "DROP TABLE IF EXISTS test.t1;"),
        (
            "split table test.t1 between(-10)and(10010)regions 5",
            "SPLIT TABLE test.t1 BETWEEN ( -10 ) AND ( 10010 ) REGIONS 5 ;",
        ),
        ("split table test.t1 by (7) , (-8)", "SPLIT TABLE test.t1 BY (7),(-8);"),
        ("select COUNT( 1 ) from TPCC.Stock", "SELECT COUNT(*) FROM tpcc.stock;"),
        (
            "select /*+ read_from_storage( tiflash[ `Stock` ] ) */ count(*) from tpcc.stock",
            "SELECT /*+ READ_FROM_STORAGE(TIFLASH[stock]) */ COUNT(*) FROM tpcc.stock;",
        ),
    ];
    for (a, b) in same {
        assert!(parse(a).is_ok(), "{a}: {:?}", parse(a));
        assert_eq!(parse(a), parse(b), "{a} and {b}");
    }
}

#[test]
fn every_request_travels_in_a_link_and_in_a_file() {
    let scenario = scenario::library::load("tikv-18440").expect("it is in the library");
    let mut saved = Saved::opening(scenario);
    let deeds = requests().into_iter().enumerate().map(|(at, request)| {
        let target = if at % 5 == 4 { Target::One(at % 2) } else { Target::All };
        Input { at: Millis(at as u64 * 100), deed: Deed::Issue { request, target } }
    });
    saved.record.inputs = deeds.collect();
    saved.record.until = Millis(60_000);
    let link = saved.link();
    assert_eq!(Saved::from_link(&link).as_ref(), Ok(&saved));
    assert_eq!(Saved::from_file("run.scn", &saved.file()).as_ref(), Ok(&saved));
}

/// The answers to mistakes, recorded: what was typed, a caret below the column, the answer.
#[test]
fn mistakes_are_answered_as_recorded() {
    let recorded = include_str!("mistakes.golden");
    let typed = recorded.lines().filter_map(|line| line.strip_prefix("> "));
    let answered: String = typed
        .map(|line| {
            let error = parse(line).expect_err(line);
            let caret = " ".repeat(error.column + 1);
            format!("> {line}\n{caret}^\n{error}\n\n")
        })
        .collect();
    compare("mistakes.golden", recorded, &answered);
}

/// The same for scenario files, parted by lines of `====`.
#[test]
fn mistakes_in_files_are_answered_as_recorded() {
    let recorded = include_str!("file_mistakes.golden");
    let answered: String = recorded
        .split_inclusive("====\n")
        .map(|case| {
            let (file, _) = case.split_once("\n----\n").expect("a case has an answer");
            let error = Scenario::parse("x.scn", file).expect_err(file);
            format!("{file}\n----\n{error}\n====\n")
        })
        .collect();
    compare("file_mistakes.golden", recorded, &answered);
}

/// Compares with what was recorded; with `RECORD` set in the environment it is recorded anew.
fn compare(file: &str, recorded: &str, answered: &str) {
    if std::env::var_os("RECORD").is_some() {
        let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, answered).expect("the file was just read");
    } else {
        assert!(recorded == answered, "{file} is no longer so; it would be:\n{answered}");
    }
}

#[test]
fn no_line_makes_the_parser_panic() {
    let pieces = ["store", "1,2", "wait", "until", "`", ";", "@", "--timeout", "=", "99999999999"];
    let more = [
        "alter",
        "select",
        "split table a.b by (",
        "create table a.b (",
        ")",
        "*",
        "a.b",
        "停",
        "5s",
        "load",
        "/s",
        "pd-ctl",
        "tiup",
        "-u",
    ];
    let words: Vec<&str> = pieces.into_iter().chain(more).collect();
    for a in &words {
        for b in &words {
            for c in &words {
                for line in [format!("{a} {b} {c}"), format!("{a}{b} {c}"), format!("{a} {b}{c}")] {
                    let answer = parse(&line);
                    if let Err(error) = &answer {
                        assert!(error.column <= line.chars().count() + 1, "{line}: {error:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_verb_is_a_verb_and_completes() {
    for verb in VERBS {
        assert!(!verb.en.is_empty() && !verb.zh.is_empty(), "{}", verb.text);
        assert!(completions(verb.text).any(|found| found == verb), "{}", verb.text);
        let alone = parse(verb.text).map_err(|error| error.to_string());
        let unknown = alone.is_err_and(|error| error.starts_with("unknown command"));
        assert!(!unknown, "{} is not known", verb.text);
    }
    let found: Vec<&str> = completions("pd-ctl uns").map(|verb| verb.text).collect();
    assert_eq!(found.len(), 3);
    assert_eq!(completions("").count(), VERBS.len());
}

#[test]
fn a_small_scenario_is_read() {
    let text = include_str!("small.scn");
    let scenario = Scenario::parse("small.scn", text).expect("it is right");
    assert_eq!(scenario.title, Text { en: "Small world".into(), zh: "小世界".into() });
    assert_eq!(scenario.opening.en, "One region, then none of its voters.");
    assert_eq!((scenario.seed, scenario.end.0), (7, 600_000));
    assert_eq!(scenario.steps.len(), 2);
    assert!(scenario.steps[1].optional);
    let lines: Vec<String> =
        scenario.steps[0].lines.iter().map(|line| line.request.to_string()).collect();
    assert_eq!(lines, ["stop store 1", "wait 10s"]);
    assert_eq!(scenario.releases.map(Release::name), ["7.5.0", "master"]);
    let checks: Vec<String> =
        scenario.expectations[0].checks.iter().map(|check| check.to_string()).collect();
    assert_eq!(checks, ["not all regions led", "store 1 is Up"]);
    let peers: Vec<String> =
        scenario.setup.regions[1].region.peers.iter().map(|peer| peer.to_string()).collect();
    assert_eq!(peers, ["id:21 store_id:1", "id:30 store_id:2", "id:31 store_id:7 role:Learner"]);
    let hex = scenario.setup.regions[1].region.start.to_string();
    assert_eq!(hex, "7480000000000000FF2D5F720000000000FA");
}
