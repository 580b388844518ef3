//! Tables that come, go and are split by SQL, and what follows them: regions, TiFlash replicas,
//! clients, and TiDB's garbage collection.

use sim::clients::{Ask, Outcome, ReadFrom};
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
    life.pass(25 * SECOND);
    life.ask("start store 1,2");
    life.pass(MINUTE);
    assert!(life.cluster.tidb().table("test.new").is_some());
    assert_eq!(regions(&life), [], "TiDB asks for 20 s");
}

#[test]
fn tidb_asks_again_for_a_split_until_there_is_a_leader() {
    let mut life = Life::new(1);
    life.ask("stop store 1,2,3");
    life.ask("start store 1,2,3");
    life.ask("CREATE TABLE test.new;");
    life.pass(SECOND);
    assert_eq!(regions(&life), []);
    life.until(25 * SECOND, |cluster| cluster.leader_of(RegionId(40)).is_some());
    life.pass(5 * SECOND);
    assert_eq!(regions(&life).len(), 1);
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

/// What TiDB answers to a query for the rows of the new table.
fn count(life: &Life, from: ReadFrom) -> Result<u64, String> {
    let counted = life.cluster.count_rows("test.new", from).expect("there is such a table");
    counted.map_err(|error| error.to_string())
}

#[test]
fn rows_are_counted_through_splits_merges_snapshots_and_restarts() {
    for seed in 1..=3 {
        let mut life = Life::new(seed);
        life.ask("CREATE TABLE test.new;");
        life.pass(3 * SECOND);
        assert_eq!(count(&life, ReadFrom::TiKv), Ok(0));
        life.ask("load test.new 10/s");
        life.pass(20 * SECOND);
        life.ask("load test.new off");
        life.pass(SECOND);
        let written = counted(&life, Outcome::Answered);
        assert_eq!(count(&life, ReadFrom::TiKv), Ok(written), "seed {seed}");
        life.ask("SPLIT TABLE test.new BETWEEN (0) AND (3000) REGIONS 3;");
        life.pass(3 * SECOND);
        assert_eq!(count(&life, ReadFrom::TiKv), Ok(written), "seed {seed}: split");
        life.ask("ALTER TABLE test.new SET TIFLASH REPLICA 1;");
        life.until(5 * MINUTE, |c| c.tidb().table("test.new").is_some_and(|t| t.available));
        life.pass(5 * SECOND);
        assert_eq!(count(&life, ReadFrom::TiFlash), Ok(written), "seed {seed}: snapshot");
        let all = regions(&life);
        let (last, before) = (all[all.len() - 1], all[all.len() - 2]);
        let rows = |life: &Life, store, region| {
            let store = life.cluster.store(StoreId(store)).expect("known");
            store.peer(region).expect("it has a peer").rows()
        };
        let both = rows(&life, 1, last) + rows(&life, 1, before);
        life.ask(&format!("operator add merge-region {last} {before}"));
        life.until(MINUTE, |cluster| cluster.newest_region(last).is_none());
        life.pass(5 * SECOND);
        life.ask("stop store 1");
        life.pass(30 * SECOND);
        life.ask("start store 1");
        life.pass(MINUTE);
        for store in [1, 2, 3, 7] {
            assert_eq!(rows(&life, store, before), both, "seed {seed}: store {store}");
        }
        assert_eq!(count(&life, ReadFrom::TiKv), Ok(written), "seed {seed}: merged");
    }
}

#[test]
fn a_count_is_answered_where_leaders_or_learners_can_and_fails_in_tidb_s_words() {
    let mut life = Life::new(1);
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    // Without a replica the hint is of no use, and TiDB says so.
    let told = answer::count_rows(&life.cluster, "test.new", ReadFrom::TiFlash).expect("TiKV can");
    assert!(told.contains("1 row in set, 1 warning\nWarning 1815: Internal : No available path"));
    life.ask("ALTER TABLE test.new SET TIFLASH REPLICA 1;");
    life.until(5 * MINUTE, |c| c.tidb().table("test.new").is_some_and(|t| t.available));
    let told = answer::count_rows(&life.cluster, "test.new", ReadFrom::TiFlash).expect("it can");
    assert!(told.contains("| COUNT(*) |") && told.ends_with("1 row in set"), "{told}");
    life.ask("stop store 7");
    let flash = Err("ERROR 9012 (HY000): TiFlash server timeout".to_owned());
    assert_eq!(count(&life, ReadFrom::TiFlash), flash);
    assert_eq!(count(&life, ReadFrom::TiKv), Ok(0));
    let leader = life.leader(RegionId(40)).expect("it is led");
    life.ask(&format!("pause store {leader}"));
    assert_eq!(
        count(&life, ReadFrom::TiKv),
        Err("ERROR 9002 (HY000): TiKV server timeout".to_owned())
    );
    life.ask(&format!("resume store {leader}"));
    life.pass(30 * SECOND);
    life.ask("stop store 1,2");
    let unavailable = Err("ERROR 9005 (HY000): Region is unavailable".to_owned());
    assert_eq!(count(&life, ReadFrom::TiKv), unavailable);
    life.ask("stop pd");
    assert_eq!(
        count(&life, ReadFrom::TiKv),
        Err("ERROR 9001 (HY000): PD server timeout".to_owned())
    );
    assert_eq!(
        answer::count_rows(&life.cluster, "test.no", ReadFrom::TiKv),
        Err("ERROR 1146 (42S02): Table 'test.no' doesn't exist".to_owned())
    );
}

#[test]
fn what_a_recovery_loses_is_missing_from_the_count() {
    let mut life = Life::new(1);
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    life.ask("load test.new 10/s");
    life.pass(10 * SECOND);
    let leader = life.leader(RegionId(40)).expect("it is led").0;
    let others: Vec<u64> = [1, 2, 3].into_iter().filter(|store| *store != leader).collect();
    // One store lags behind, and is all that is left.
    let (kept, gone) = (others[0], others[1]);
    life.ask(&format!("cut {leader},{gone} {kept}"));
    life.pass(5 * SECOND);
    life.ask("load test.new off");
    life.pass(SECOND);
    let written = counted(&life, Outcome::Answered);
    assert_eq!(count(&life, ReadFrom::TiKv), Ok(written));
    life.ask(&format!("stop store {leader},{gone}"));
    life.ask("heal");
    life.pass(30 * SECOND);
    life.ask(&format!("unsafe remove-failed-stores {leader},{gone}"));
    life.pass(5 * MINUTE);
    let left = count(&life, ReadFrom::TiKv).expect("it is led again");
    let lost = life.cluster.tally().lost_of(RegionId(40));
    assert!(40 <= lost, "{lost}");
    assert_eq!(left + lost, written);
}

#[test]
fn regions_with_many_keys_are_not_merged() {
    let mut life = Life::new(1);
    life.ask("config set split-merge-interval 10s");
    life.ask("CREATE TABLE test.new;");
    life.pass(3 * SECOND);
    life.ask("load test.new 100/s");
    life.pass(30 * SECOND);
    life.ask("load test.new off");
    life.ask("SPLIT TABLE test.new BETWEEN (0) AND (4000) REGIONS 4;");
    life.pass(2 * MINUTE);
    let known = life.cluster.pd().region(RegionId(40)).expect("known").approximate_keys;
    assert!((700..=800).contains(&known), "{known}");
    life.ask("config set max-merge-region-keys 500");
    life.ask("config set max-merge-region-size 20");
    let sized = answer::regions(&life.cluster);
    assert!(sized.contains(&format!("\"approximate_keys\": {known}")), "{sized}");
    life.pass(3 * MINUTE);
    assert_eq!(regions(&life).len(), 4, "each of them has more keys");
    life.ask("config set max-merge-region-keys 0");
    life.pass(5 * MINUTE);
    assert!(regions(&life).len() < 4, "200000 go with 20 MiB");
}
