//! What TiKV's own tests of unsafe recovery expect of a store that carries out plans, under their
//! names. TiKV: `tests/integrations/raftstore/test_unsafe_recovery.rs`,
//! `tests/failpoints/cases/test_unsafe_recovery.rs`.

use std::collections::BTreeMap;

use sim::ids::MINUTE;
use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::{Cluster, Knobs, PeerId, RegionId, Release, StoreId};
use tests::tikv::{ELECTION_MS, REGION, SEEDS, TikvCluster, residual_joint_state, store};

fn knobs() -> Knobs {
    Release::V8_5_8.knobs()
}

/// Three stores, led from store 3; stores 2 and 3 fail.
fn two_of_three_fail(seed: u64) -> TikvCluster {
    let mut cluster = TikvCluster::new(3, knobs(), seed);
    cluster.transfer_leader(3);
    cluster.stop(&[2, 3]);
    cluster.quorum_is_lost();
    cluster
}

/// Waits until PD sees these members and roles.
#[track_caller]
fn ends_with(cluster: &mut TikvCluster, expected: &[(u64, PeerRole)], seed: u64) {
    let expected: BTreeMap<u64, PeerRole> = expected.iter().copied().collect();
    let settled = cluster.comes_true(8 * ELECTION_MS, |c| members_in_pd(c) == expected);
    assert!(settled, "seed {seed}: {:?}", members_in_pd(&cluster.cluster));
}

fn members_in_pd(cluster: &Cluster) -> BTreeMap<u64, PeerRole> {
    let info = cluster.pd().region(REGION);
    let peers = info.map(|info| info.region.peers.clone()).unwrap_or_default();
    peers.into_iter().map(|peer| (peer.store.0, peer.role)).collect()
}

const DEMOTED: [(u64, PeerRole); 3] =
    [(1, PeerRole::Voter), (2, PeerRole::Learner), (3, PeerRole::Learner)];

/// A failed voter becomes a learner; a failed learner leaves in the same change (tikv#18760).
#[test]
fn test_unsafe_recovery_demote_failed_peers() {
    for seed in SEEDS {
        let mut cluster = TikvCluster::new(3, knobs(), seed);
        cluster.transfer_leader(1);
        cluster.replace_by_learner(2, 22);
        cluster.transfer_leader(3);
        cluster.stop(&[2, 3]);
        cluster.quorum_is_lost();
        cluster.enter_force_leader(1, &[2, 3]);
        cluster.order_demotion(1, &[2, 3]);
        ends_with(&mut cluster, &[(1, PeerRole::Voter), (3, PeerRole::Learner)], seed);
    }
}

/// A plan that has nothing to demote is reported upon all the same, and changes nobody.
#[test]
fn test_unsafe_recovery_demote_non_exist_voters() {
    for seed in SEEDS {
        let mut cluster = two_of_three_fail(seed);
        cluster.enter_force_leader(1, &[2, 3]);
        let step = cluster.plan(1, "demote 1 12345@1");
        let reports = cluster.reported(1, step);
        assert_eq!(reports.len(), 1, "seed {seed}");
        assert_eq!(reports[0].region.id, REGION);
        let voters = [1, 2, 3].map(|store| (store, PeerRole::Voter));
        let reported = reports[0].region.peers.iter().map(|peer| (peer.store.0, peer.role));
        assert_eq!(reported.collect::<Vec<_>>(), voters, "seed {seed}");
        assert_eq!(members_in_pd(&cluster.cluster), voters.into(), "seed {seed}");
    }
}

/// A learner can be force leader, and the demotion makes it a voter.
#[test]
fn test_unsafe_recovery_auto_promote_learner() {
    for seed in SEEDS {
        let mut cluster = TikvCluster::new(3, knobs(), seed);
        cluster.transfer_leader(3);
        cluster.replace_by_learner(1, 21);
        cluster.stop(&[2, 3]);
        // A learner does not campaign, and goes on believing in its leader.
        cluster.wait(2 * ELECTION_MS);
        cluster.enter_force_leader(1, &[2, 3]);
        cluster.order_demotion(1, &[2, 3]);
        ends_with(&mut cluster, &DEMOTED, seed);
        cluster.must_put();
    }
}

/// A region that failed in a joint state first leaves it, and is demoted then. Here the survivor
/// is the voter that was on its way out.
#[test]
fn test_unsafe_recovery_already_in_joint_state() {
    for seed in SEEDS {
        let mut cluster = TikvCluster::new(3, knobs(), seed);
        cluster.transfer_leader(2);
        cluster.replace_by_learner(3, 23);
        cluster.change_peers("add-learner 11@1 add-voter 23@3");
        cluster.stop(&[2, 3]);
        cluster.quorum_is_lost();
        cluster.enter_force_leader(1, &[2, 3]);
        cluster.order_demotion(1, &[2, 3]);
        ends_with(&mut cluster, &DEMOTED, seed);
        cluster.must_put();
    }
}

/// Where leaving the joint state alone leaves a group whose one voter lives, nobody is demoted, and
/// the store reports all the same. PD then lists nobody; their test lists the members that the
/// region had at first, of whom one, a learner by now, has left since tikv#18760. Their leader
/// removes itself, which their settings allow; here it hands over to store 2 first.
#[test]
fn test_unsafe_recovery_early_return_after_exit_joint_state() {
    for seed in SEEDS {
        let left = [(1, PeerRole::Voter), (3, PeerRole::Learner)];
        for (listed, expected) in [("none", &DEMOTED[..]), ("12@2,13@3", &left[..])] {
            let mut cluster = residual_joint_state(knobs(), seed);
            cluster.enter_force_leader(1, &[2, 3]);
            let step = cluster.plan(1, &format!("demote 1 {listed}"));
            let reports = cluster.reported(1, step);
            assert!(!reports[0].region.in_joint_state(), "seed {seed}");
            ends_with(&mut cluster, expected, seed);
            cluster.must_put();
        }
    }
}

/// A store without a peer of the range creates a region when it is told to.
#[test]
fn test_unsafe_recovery_create_region() {
    for seed in SEEDS {
        let mut cluster = store_1_is_empty(seed);
        cluster.plan(1, "create 101 616E796B6579.. 102");
        cluster.until("PD has region 101 at anykey1", |c| region_at(c, b"anykey1") == Some(101));
    }
}

/// A region that is named twice is created once.
#[test]
fn test_unsafe_recovery_create_region_reentrancy() {
    for seed in SEEDS {
        let mut cluster = store_1_is_empty(seed);
        let step = cluster.plan(1, "create 101 616E796B6579.. 102 create 101 616E796B6579.. 102");
        let reports = cluster.reported(1, step);
        assert_eq!(reports.len(), 1, "seed {seed}");
        assert_eq!(reports[0].region.id, RegionId(101));
        cluster.until("PD has region 101 at anykey1", |c| region_at(c, b"anykey1") == Some(101));
    }
}

/// Store 1 has no peer left, and is the last that lives.
fn store_1_is_empty(seed: u64) -> TikvCluster {
    let mut cluster = TikvCluster::new(3, knobs(), seed);
    cluster.transfer_leader(3);
    cluster.remove_peers(&[1]);
    cluster.until("the peer is gone", |c| region_on_store_1(c, REGION).is_none());
    cluster.stop(&[2, 3]);
    cluster.wait(2 * ELECTION_MS);
    cluster
}

fn region_on_store_1(cluster: &Cluster, region: RegionId) -> Option<&Region> {
    let peer = cluster.store(StoreId(1)).and_then(|store| store.peer(region));
    peer.map(|peer| &**peer.region())
}

/// The region that PD's cache has at a key.
fn region_at(cluster: &Cluster, key: &[u8]) -> Option<u64> {
    let key = Key::new(key);
    let holds =
        |region: &Region| region.start <= key && (region.end.is_empty() || key < region.end);
    cluster.pd().regions().map(|info| &info.region).find(|r| holds(r)).map(|r| r.id.0)
}

/// No report while something committed is not applied.
#[test]
fn test_unsafe_recovery_send_report() {
    for seed in SEEDS {
        let mut cluster = apply_is_behind(seed);
        let step = cluster.plan(1, "");
        cluster.wait(8 * ELECTION_MS);
        assert_eq!(cluster.report(1, step), None, "seed {seed}");
        cluster.tell("resume apply of 1");
        cluster.reported(1, step);
    }
}

/// Store 1 has committed a write and not applied it when it is left alone.
fn apply_is_behind(seed: u64) -> TikvCluster {
    let mut cluster = TikvCluster::new(3, knobs(), seed);
    cluster.transfer_leader(2);
    cluster.must_put();
    cluster.tell("pause apply of 1");
    cluster.must_put();
    cluster.until("store 1 knows of the commit", |c| {
        let peer = c.store(StoreId(1)).and_then(|store| store.peer(REGION));
        peer.is_some_and(|peer| peer.applied_index() < peer.commit_index())
    });
    cluster.stop(&[2, 3]);
    cluster
}

/// A plan that takes more than a minute is aborted at the peer's next look at itself, every five
/// minutes: it is never reported upon, and the next plan is. Theirs look every 100 ms.
#[test]
fn test_unsafe_recovery_timeout_abort() {
    for seed in SEEDS {
        let mut cluster = apply_is_behind(seed);
        let first = cluster.plan(1, "");
        cluster.wait(6 * MINUTE + ELECTION_MS);
        cluster.tell("resume apply of 1");
        cluster.wait(8 * ELECTION_MS);
        assert_eq!(cluster.report(1, first), None, "seed {seed}");
        let second = cluster.plan(1, "");
        cluster.reported(1, second);
    }
}

/// The report tells of what the plan has done: regions created, members demoted; and not before
/// that is applied.
#[test]
fn test_unsafe_recovery_execution_result_report() {
    for seed in SEEDS {
        let mut cluster = right_of_random_key1(seed);
        cluster.enter_force_leader(1, &[2, 3]);
        cluster.tell("pause apply of 1");
        let step = cluster.plan(1, "create 101 ..72616E646F6D5F6B657931 102 demote 1 12@2,13@3");
        cluster.wait(8 * ELECTION_MS / 2);
        assert_eq!(cluster.report(1, step), None, "seed {seed}");
        cluster.tell("resume apply of 1");
        let reports = cluster.reported(1, step);
        assert_eq!(reports.len(), 2, "seed {seed}");
        for report in reports {
            match report.region.id {
                RegionId(101) => assert_eq!(report.region.end, Key::new(b"random_key1")),
                REGION => assert_eq!(roles(&report.region), DEMOTED, "seed {seed}"),
                other => panic!("region {other} is reported"),
            }
        }
    }
}

fn roles(region: &Region) -> Vec<(u64, PeerRole)> {
    region.peers.iter().map(|peer| (peer.store.0, peer.role)).collect()
}

/// A plan that comes again while it is carried out changes nothing.
#[test]
fn test_unsafe_recovery_demotion_reentrancy() {
    for seed in SEEDS {
        let mut cluster = two_of_three_fail(seed);
        cluster.enter_force_leader(1, &[2, 3]);
        cluster.tell("pause apply of 1");
        let first = cluster.order_demotion(1, &[2, 3]);
        cluster.wait(4 * ELECTION_MS / 2);
        assert_eq!(cluster.report(1, first), None, "seed {seed}");
        let again = cluster.order_demotion(1, &[2, 3]);
        cluster.wait(2 * ELECTION_MS);
        cluster.tell("resume apply of 1");
        cluster.reported(1, first);
        ends_with(&mut cluster, &DEMOTED, seed);
        assert_eq!(cluster.report(1, again), None, "seed {seed}: the second plan was refused");
    }
}

/// Creating and destroying may be ordered twice.
#[test]
fn test_unsafe_recovery_create_destroy_reentrancy() {
    for seed in SEEDS {
        let mut cluster = right_of_random_key1(seed);
        cluster.enter_force_leader(1, &[2, 3]);
        let parts = "create 101 ..72616E646F6D5F6B657931 102 tombstone 1";
        let first = cluster.plan(1, parts);
        cluster.reported(1, first);
        let second = cluster.plan(1, parts);
        let reports = cluster.reported(1, second);
        assert_eq!(reports.len(), 1, "seed {seed}");
        assert_eq!(reports[0].region.id, RegionId(101));
        assert_eq!(roles(&reports[0].region), [(1, PeerRole::Voter)]);
    }
}

/// Two regions, split at random_key1; store 1 has no peer of the left one. Stores 2 and 3 fail.
fn right_of_random_key1(seed: u64) -> TikvCluster {
    let split = Key::new(b"random_key1");
    let region = |id, start: Key, end: Key, peers: &[(u64, u64)]| Region {
        id: RegionId(id),
        start,
        end,
        epoch: RegionEpoch { version: 2, conf_ver: 2 },
        peers: peers
            .iter()
            .map(|(id, store)| Peer {
                id: PeerId(*id),
                store: StoreId(*store),
                role: PeerRole::Voter,
            })
            .collect(),
    };
    let left = region(2, Key::default(), split.clone(), &[(22, 2), (23, 3)]);
    let right = region(1, split, Key::default(), &[(11, 1), (12, 2), (13, 3)]);
    let stores = (1..=3).map(store).collect();
    let mut cluster = TikvCluster::of(stores, vec![left, right], knobs(), seed);
    cluster.transfer_leader(2);
    cluster.must_put();
    cluster.stop(&[2, 3]);
    cluster.quorum_is_lost();
    cluster
}

/// A snapshot that has come and is not applied holds the report back too.
#[test]
fn test_unsafe_recovery_wait_for_snapshot_apply() {
    for seed in SEEDS {
        let mut cluster = TikvCluster::new(3, knobs(), seed);
        cluster.transfer_leader(1);
        cluster.stop(&[2]);
        for _ in 0..50 {
            cluster.must_put();
        }
        let last = cluster.peer(1).last_index();
        cluster.tell("tikv-test compact-log 1");
        cluster.wait(ELECTION_MS);
        cluster.start(&[2]);
        cluster.tell("pause apply of 2");
        cluster.until("the snapshot has come", |c| {
            let peer = c.store(StoreId(2)).and_then(|store| store.peer(REGION));
            peer.is_some_and(|peer| last <= peer.commit_index())
        });
        assert!(cluster.peer(2).applied_index() < last, "seed {seed}");
        cluster.stop(&[3]);
        let step = cluster.plan(2, "");
        cluster.wait(8 * ELECTION_MS / 2);
        assert_eq!(cluster.report(2, step), None, "seed {seed}");
        cluster.tell("resume apply of 2");
        let reports = cluster.reported(2, step);
        assert!(last <= reports[0].applied, "seed {seed}");
    }
}
