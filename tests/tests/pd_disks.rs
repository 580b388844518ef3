//! All of PD's disks are lost: what the stores still know, what comes back with them, and what does
//! not. PD: `tools/pd-recover`; the documents call it "rebuild a PD cluster entirely".

use sim::ids::{MINUTE, SECOND};
use sim::pd::identity::CLUSTER_ID;
use sim::store::StoreStatus;
use sim::{Release, StoreId};
use tests::world::{REGION, World};

/// PD has lost everything and runs again, empty.
fn lost(seed: u64) -> World {
    let mut world = World::of(Release::V8_5_8, seed);
    world.ask("load test.t 1/s");
    world.wait(5 * SECOND);
    world.ask("stop pd");
    world.ask("lose pd disks");
    world.ask("start pd");
    world.wait(20 * SECOND);
    world
}

fn recover(world: &mut World, cluster_id: u64) {
    world.ask(&format!("pd-recover --cluster-id {cluster_id} --alloc-id 100000000"));
    world.ask("stop pd");
    world.ask("start pd");
    world.wait(10 * SECOND);
}

#[test]
fn a_pd_without_its_disks_is_nobodys_and_clients_with_a_cache_are_served() {
    let mut world = lost(1);
    let not_bootstrapped = "Failed! [500] \"[PD:cluster:ErrNotBootstrapped]TiKV cluster not \
                            bootstrapped, please start TiKV first\"";
    assert_eq!(world.refused("pd-ctl config set max-replicas 5"), not_bootstrapped);
    assert_eq!(view::answer::without_pd(&world.cluster).as_deref(), Some(not_bootstrapped));
    assert_eq!(world.cluster.pd().stores().len(), 0);
    assert_eq!(world.cluster.pd().regions().count(), 0);
    let before = world.cluster.tally().taken();
    world.wait(MINUTE);
    assert!(before + 50 < world.cluster.tally().taken(), "data does not need PD");

    world.ask("stop store 1");
    let mismatch = world.refused("start store 1");
    assert!(mismatch.starts_with(&format!("cluster ID mismatch, local {CLUSTER_ID} != remote ")));
    world.ask("lose disk of 1");
    assert!(world.refused("start store 1").contains("would found a new cluster"));
}

#[test]
fn with_its_identity_back_pd_learns_of_stores_that_start_and_of_the_regions_they_lead() {
    for seed in 1..=3 {
        let mut world = lost(seed);
        recover(&mut world, CLUSTER_ID);
        assert!(world.cluster.pd().is_serving());
        assert_eq!(world.cluster.pd().stores().len(), 0, "running stores do not register");
        for store in [1, 2, 3, 7] {
            world.ask(&format!("stop store {store}"));
            world.ask(&format!("start store {store}"));
            world.wait(30 * SECOND);
        }
        world.wait(2 * MINUTE);
        for store in [1, 2, 3, 7] {
            assert_eq!(world.status(store), StoreStatus::Up, "seed {seed}");
        }
        let info = world.cluster.pd().region(REGION).expect("its leader reports it");
        assert!(info.leader.is_some(), "seed {seed}");

        // What people had told PD is gone: the table's rule, and so its learner.
        assert_eq!(world.cluster.pd().rules().len(), 1, "seed {seed}");
        assert_eq!(info.region.peer_on(StoreId(7)), None, "seed {seed}: an orphan went");
        world.ask("ALTER TABLE test.t SET TIFLASH REPLICA 1;");
        world.wait(2 * MINUTE);
        let info = world.cluster.pd().region(REGION).expect("it is still there");
        let learner = info.region.peer_on(StoreId(7)).expect("the rule is there again");
        assert!(100_000_000 < learner.id.0, "seed {seed}: {learner:?}");
    }
}

#[test]
fn another_clusters_id_keeps_every_store_away_until_the_right_one_is_given() {
    let mut world = lost(1);
    recover(&mut world, 42);
    world.ask("stop store 1");
    let mismatch = world.refused("start store 1");
    assert!(mismatch.contains(&format!("local {CLUSTER_ID} != remote 42,")), "{mismatch}");
    let bootstrapped = "failed to recover: the cluster is already bootstrapped";
    let right = format!("pd-recover --cluster-id {CLUSTER_ID} --alloc-id 100000000");
    assert_eq!(world.refused(&right), bootstrapped);
    assert!(world.refused("pd-ctl store delete 1").contains("`lose pd disks`"));

    for line in ["stop pd", "lose pd disks", "start pd"] {
        world.ask(line);
    }
    world.wait(10 * SECOND);
    recover(&mut world, CLUSTER_ID);
    world.ask("start store 1");
    world.wait(10 * SECOND);
    assert_eq!(world.status(1), StoreStatus::Up);
}

#[test]
fn pd_recover_refuses_what_would_harm() {
    let mut world = World::new(1);
    let right = format!("pd-recover --cluster-id {CLUSTER_ID} --alloc-id 100000000");
    let bootstrapped = "failed to recover: the cluster is already bootstrapped";
    assert_eq!(world.refused(&right), bootstrapped, "PD has what it needs");
    assert_eq!(
        world.refused("lose pd disks"),
        "PD is running; `stop pd` before its disks are lost"
    );
    let before = world.cluster.fingerprint();
    for line in ["pd-recover --cluster-id 0 --alloc-id 9", "pd-recover --alloc-id 9"] {
        let error = scenario::parse(line).expect_err(line).to_string();
        assert!(error.ends_with("please specify safe cluster-id"), "{error}");
    }
    let error = scenario::parse("pd-recover -cluster-id=7").expect_err("no ids").to_string();
    assert!(error.ends_with("please specify safe alloc-id"), "{error}");
    assert_eq!(world.cluster.fingerprint(), before, "nothing was done");

    let mut world = lost(1);
    assert_eq!(world.refused("pd-recover --from-old-member"), bootstrapped);
    let least = world.refused(&format!("pd-recover --cluster-id {CLUSTER_ID} --alloc-id 3"));
    let ids = "; `--alloc-id` has to be ";
    let (used, enough) = least.split_once(ids).unwrap_or_else(|| panic!("{least}"));
    let number = used.split_whitespace().find_map(|word| word.parse::<u64>().ok());
    let number = number.expect("it tells the largest id");
    assert_eq!(enough, format!("{number} or more"));
    world.ask(&format!("pd-recover --cluster-id {CLUSTER_ID} --alloc-id {number}"));
}
