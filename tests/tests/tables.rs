//! Tables that come, go and are split by SQL, and what follows them: regions, TiFlash replicas,
//! clients, and TiDB's garbage collection.

use sim::clients::{Ask, Outcome};
use sim::ids::{MINUTE, SECOND};
use sim::region::{Key, PeerRole};
use sim::{EventKind, RegionId, StoreId, TableId};
use tests::life::Life;
use view::{Lang, answer};

/// The id that the first new table gets: TiDB gives one to the job too.
const NEW: TableId = TableId(47);

/// The regions that begin in the new table, as PD has them.
fn regions(life: &Life) -> Vec<RegionId> {
    let of_it = |region: &sim::region::Region| region.start.table() == Some(NEW);
    let regions = life.cluster.pd().regions().filter(|info| of_it(&info.region));
    let mut found: Vec<(Key, RegionId)> =
        regions.map(|info| (info.region.start.clone(), info.region.id)).collect();
    found.sort();
    found.into_iter().map(|(_, region)| region).collect()
}

/// What TiDB answers to a line that it has accepted.
fn answered(life: &mut Life, line: &str) -> String {
    life.ask(line);
    answer::accepted(&life.cluster, &tests::typed::command(line), Lang::En)
}

fn counted(life: &Life, outcome: Outcome) -> u64 {
    let of = |region: &RegionId| life.cluster.tally().of_region(*region, Ask::Write, outcome);
    regions(life).iter().map(of).sum()
}

#[test]
fn a_new_table_gets_a_region_of_its_own() {
    for seed in 1..=5 {
        let mut life = Life::new(seed);
        let told = answered(&mut life, "CREATE TABLE Test.New (id BIGINT PRIMARY KEY);");
        assert_eq!(told, "Query OK, 0 rows affected");
        let table = life.cluster.tidb().table("test.new").expect("it is there at once");
        assert_eq!(table.id, NEW);
        life.pass(3 * SECOND);
        let [region] = regions(&life)[..] else { panic!("seed {seed}: {:?}", regions(&life)) };
        assert_eq!(region, RegionId(40), "the rest of a split region keeps its id");
        let region = life.cluster.newest_region(region).expect("it is there");
        assert_eq!(region.start, Key::table_prefix(NEW));
        let shown = answer::table_regions(&life.cluster, "test.new").expect("PD answers");
        assert!(shown.contains("| t_47_     |"), "{shown}");
        assert!(shown.ends_with("1 row in set"), "{shown}");
    }
}

#[test]
fn split_table_says_how_many_regions_were_split_off_and_they_come() {
    let mut life = Life::new(1);
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    let told = answered(&mut life, "SPLIT TABLE test.new BETWEEN (-5000) AND (5000) REGIONS 4;");
    let expected = "\
+--------------------+----------------------+
| TOTAL_SPLIT_REGION | SCATTER_FINISH_RATIO |
+--------------------+----------------------+
|                  3 |                    1 |
+--------------------+----------------------+
1 row in set";
    assert_eq!(told, expected);
    life.pass(3 * SECOND);
    assert_eq!(regions(&life).len(), 4);
    let shown = answer::table_regions(&life.cluster, "test.new").expect("PD answers");
    for key in ["t_47_r_-2500", "t_47_r_0", "t_47_r_2500"] {
        assert!(shown.contains(key), "{key}: {shown}");
    }
    // What is the beginning of a region already is not split again; two regions are asked here.
    let told = answered(&mut life, "SPLIT TABLE test.new BY (-7),(0),(9),(8);");
    assert!(told.contains("|                  3 |                    1 |"), "{told}");
    life.pass(3 * SECOND);
    assert_eq!(regions(&life).len(), 7);
    let again = answered(&mut life, "SPLIT TABLE test.new BY (0);");
    assert!(again.contains("|                  0 |                    0 |"), "{again}");
}

#[test]
fn nothing_is_split_while_nobody_leads_and_the_table_is_there_nevertheless() {
    let mut life = Life::new(1);
    life.ask("stop store 1,2");
    life.pass(30 * SECOND);
    life.ask("CREATE TABLE test.new;");
    let told = answered(&mut life, "SPLIT TABLE test.new BY (7);");
    assert!(told.contains("|                  0 |                    0 |"), "{told}");
    life.ask("start store 1,2");
    life.pass(MINUTE);
    assert!(life.cluster.tidb().table("test.new").is_some());
    assert_eq!(regions(&life), [], "TiDB does not ask again after so long");
}

#[test]
fn clients_write_to_a_new_table_and_to_every_part_of_it() {
    for seed in 1..=3 {
        let mut life = Life::new(seed);
        life.ask("CREATE TABLE test.new;");
        life.pass(3 * SECOND);
        life.ask("load test.new 1/s");
        life.pass(10 * SECOND);
        assert_eq!(counted(&life, Outcome::Answered), 10, "seed {seed}");
        life.ask("SPLIT TABLE test.new BETWEEN (0) AND (4000) REGIONS 4;");
        life.pass(30 * SECOND);
        let each: Vec<u64> = regions(&life)
            .into_iter()
            .map(|region| life.cluster.tally().of_region(region, Ask::Write, Outcome::Answered))
            .collect();
        assert_eq!(each.len(), 4);
        assert!(each.iter().all(|count| 25 <= *count), "seed {seed}: {each:?}");
    }
}

#[test]
fn a_load_finds_the_rows_of_a_table_whose_region_begins_before_it() {
    let mut life = Life::new(1);
    life.ask("CREATE TABLE test.new;");
    life.ask("load test.new 1/s");
    life.pass(20 * SECOND);
    assert!(10 <= counted(&life, Outcome::Answered), "{}", counted(&life, Outcome::Answered));
}

#[test]
fn a_new_table_gets_tiflash_replicas_and_keeps_them_through_splits() {
    let mut life = Life::new(2);
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    life.ask("ALTER TABLE test.new SET TIFLASH REPLICA 1;");
    let ready = |cluster: &sim::Cluster| {
        cluster.tidb().table("test.new").is_some_and(|t| t.available && t.progress_bp == 10_000)
    };
    life.until(5 * MINUTE, ready);
    life.ask("SPLIT TABLE test.new BY (1000),(2000);");
    life.pass(30 * SECOND);
    assert!(ready(&life.cluster));
    let rows = |region: &&RegionId| {
        let region = life.cluster.newest_region(**region).expect("it is there");
        Key::record_prefix(NEW) <= region.start
    };
    let all = regions(&life);
    let of_rows: Vec<&RegionId> = all.iter().filter(rows).collect();
    assert_eq!(of_rows.len(), 3);
    for region in of_rows {
        let region = life.cluster.newest_region(*region).expect("it is there");
        let learner = region.peer_on(StoreId(7)).expect("it has a replica");
        assert_eq!(learner.role, PeerRole::Learner);
        assert!(life.cluster.store(StoreId(7)).expect("known").peer(region.id).is_some());
    }
    assert_eq!(life.cluster.query_tiflash(NEW), Ok(()));
}

#[test]
fn what_is_left_of_a_dropped_table_goes_with_the_garbage_collection() {
    let mut life = Life::new(1);
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    life.ask("ALTER TABLE test.new SET TIFLASH REPLICA 1;");
    life.ask("load test.new 1/s");
    life.until(5 * MINUTE, |c| c.tidb().table("test.new").is_some_and(|t| t.available));
    let learners = |life: &Life| {
        let here = life.cluster.store(StoreId(7)).expect("known").peers();
        here.filter(|peer| peer.region().start.table() == Some(NEW)).count()
    };
    assert_eq!(learners(&life), 1);
    let at = life.cluster.now();
    assert_eq!(answered(&mut life, "DROP TABLE test.new;"), "Query OK, 0 rows affected");
    let written = counted(&life, Outcome::Answered);
    let refused = life.try_ask("load test.new 1/s").expect_err("there is no such table");
    assert_eq!(refused.to_string(), "ERROR 1146 (42S02): Table 'test.new' doesn't exist");
    life.pass(5 * MINUTE);
    assert!(counted(&life, Outcome::Answered) <= written + 1, "nobody writes to it any more");
    let shown = answer::info_table(
        &life.cluster,
        sim::tidb::infoschema::InfoTable::TiflashReplica,
        Some((1, "new")),
    );
    assert_eq!(shown.as_deref(), Ok("Empty set"));
    assert_eq!(learners(&life), 1, "its rule is still there");
    assert_eq!(life.cluster.pd().rules().len(), 3);
    // The first collection that comes ten minutes later, or more: at full tens of minutes.
    life.pass(20 * MINUTE + SECOND - life.cluster.now().0);
    assert_eq!(learners(&life), 0);
    assert_eq!(life.cluster.pd().rules().len(), 2);
    let events = life.cluster.events().iter();
    let of_it = |e: &&sim::Event| matches!(e.kind, EventKind::TableDestroyed { table: NEW, .. });
    let destroyed = events.rev().find(of_it).expect("it is told");
    assert_eq!(destroyed.at.0, 20 * MINUTE);
    assert!(10 * MINUTE <= destroyed.at.since(at));
    // A new table of the same name is another one.
    life.ask("CREATE TABLE test.new;");
    assert_eq!(life.cluster.tidb().table("test.new").expect("there").id, TableId(NEW.0 + 2));
}

#[test]
fn a_stopped_store_puts_the_garbage_collection_off() {
    let mut life = Life::new(1);
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    life.ask("DROP TABLE test.new;");
    life.ask("stop store 3");
    life.pass(25 * MINUTE);
    assert_eq!(life.cluster.tidb().dropped().len(), 1);
    life.ask("start store 3");
    life.pass(30 * MINUTE - life.cluster.now().0);
    assert_eq!(life.cluster.tidb().dropped().len(), 0);
}

#[test]
fn the_regions_of_a_dropped_table_are_merged_where_merging_is_on() {
    let mut life = Life::new(1);
    life.ask("config set split-merge-interval 1m");
    life.ask("config set max-merge-region-size 20");
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    life.ask("SPLIT TABLE test.new BETWEEN (0) AND (4000) REGIONS 4;");
    life.pass(3 * SECOND);
    life.ask("DROP TABLE test.new;");
    assert_eq!(regions(&life).len(), 4);
    life.pass(30 * MINUTE);
    assert!(regions(&life).len() < 4, "{:?}", regions(&life));
}

#[test]
fn if_exists_and_if_not_exists_only_note_what_is_so_already() {
    let mut life = Life::new(1);
    let events = |life: &Life| life.cluster.events().len();
    let before = events(&life);
    let told = answered(&mut life, "CREATE TABLE IF NOT EXISTS test.t;");
    let note = "Query OK, 0 rows affected, 1 warning\nNote 1050: Table 'test.t' already exists";
    assert_eq!((told.as_str(), events(&life)), (note, before + 1));
    let told = answered(&mut life, "DROP TABLE IF EXISTS test.nothing;");
    let note = "Query OK, 0 rows affected, 1 warning\nNote 1051: Unknown table 'test.nothing'";
    assert_eq!((told.as_str(), events(&life)), (note, before + 2));
}

#[test]
fn tidb_changes_no_table_without_pd() {
    let mut life = Life::new(1);
    life.ask("stop pd");
    for line in ["CREATE TABLE test.new;", "DROP TABLE test.t;", "SPLIT TABLE test.t BY (7);"] {
        let refused = life.try_ask(line).expect_err(line);
        assert_eq!(refused.to_string(), "ERROR 9001 (HY000): PD server timeout");
    }
}
