//! Each liveness law is seen to be unmet, and then to be met.

use std::collections::{BTreeMap, BTreeSet};

use super::{Broken, Law, RESOLVES_IN_VAIN, unmet};
use crate::cluster::Cluster;
use crate::command::{Command, PdCommand, RecoveryOptions};
use crate::ids::{MINUTE, Millis, PeerId, RegionId, SECOND, StoreId, TableId};
use crate::raft_client::BACKOFF_MS;
use crate::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use crate::release::Release;
use crate::setup::{RegionSetup, Setup, StoreSetup, TableSetup};
use crate::store::{Engine, StoreMeta, StoreState};

const REGION: RegionId = RegionId(10);

/// Stores 1, 2 and 3 are TiKV, 4 is TiFlash. One region holds all keys of the only table; it has a
/// voter on 1 and on 2, and `learner` says whether it has a learner on 4.
fn setup(learner: bool) -> Setup {
    let store = |id: u64, engine| StoreSetup {
        meta: StoreMeta {
            id: StoreId(id),
            engine,
            address: format!("10.0.0.{id}:20160"),
            labels: BTreeMap::new(),
        },
        state: StoreState::Up,
        running: true,
        heartbeat_phase_ms: Some(id),
    };
    let table = TableId(45);
    let bounds =
        [Key::default(), Key::record_prefix(table), Key::table_prefix(TableId(46)), Key::default()];
    let peer = |id, store, role| Peer { id: PeerId(id), store: StoreId(store), role };
    let region = |at: usize| {
        let id = 10 * (at as u64 + 1);
        let mut peers = vec![peer(id + 1, 1, PeerRole::Voter), peer(id + 2, 2, PeerRole::Voter)];
        if learner && at == 1 {
            peers.push(peer(id + 3, 4, PeerRole::Learner));
        }
        let (start, end) = (bounds[at].clone(), bounds[at + 1].clone());
        let epoch = RegionEpoch { version: 1, conf_ver: 2 };
        RegionSetup {
            region: Region { id: RegionId(id), start, end, epoch, peers },
            leader: Some(StoreId(1)),
            missing: BTreeSet::new(),
            tombstones: BTreeMap::new(),
            size_mib: 1,
        }
    };
    Setup {
        stores: vec![
            store(1, Engine::TiKv),
            store(2, Engine::TiKv),
            store(3, Engine::TiKv),
            store(4, Engine::TiFlash),
        ],
        regions: (0..3).map(region).collect(),
        tables: vec![TableSetup {
            id: table,
            name: "test.t".into(),
            tiflash_replicas: 1,
            available: false,
        }],
        max_replicas: 2,
        cores: 0,
    }
}

/// It has had a minute.
fn cluster(setup: &Setup, release: Release) -> Cluster {
    let mut cluster = Cluster::new(setup, release.knobs(), 1).expect("it can be built");
    cluster.advance(Millis(MINUTE));
    cluster
}

fn laws(broken: &[Broken]) -> BTreeSet<Law> {
    broken.iter().map(|broken| broken.law).collect()
}

fn pass(cluster: &mut Cluster, ms: u64) {
    cluster.advance(cluster.now().after(ms));
}

fn ask(cluster: &mut Cluster, command: Command) {
    cluster.apply(&command).expect("it can be carried out");
}

#[test]
fn a_cluster_at_peace_meets_every_law() {
    let cluster = cluster(&setup(true), Release::V8_5_8);
    assert_eq!(unmet(&cluster), [""; 0]);
}

#[test]
fn a_member_on_a_stopped_store_is_a_ghost_until_it_runs_again() {
    let mut cluster = cluster(&setup(true), Release::V8_5_8);
    ask(&mut cluster, Command::StopStores(vec![StoreId(4)]));
    let ghosts = unmet(&cluster);
    assert_eq!(ghosts, ["region 20 keeps 23 on store 4, which is stopped"]);
    assert_eq!(laws(&ghosts), BTreeSet::from([Law::NoGhostPeers]));
    ask(&mut cluster, Command::StartStores(vec![StoreId(4)]));
    assert_eq!(unmet(&cluster), [""; 0]);
}

#[test]
fn a_table_is_missed_only_while_live_stores_suffice_for_it() {
    let mut cluster = Cluster::new(&setup(false), Release::V8_5_8.knobs(), 1).expect("it can be");
    pass(&mut cluster, SECOND);
    let missed = |cluster: &Cluster| laws(&unmet(cluster)).contains(&Law::TablesAvailable);
    assert!(missed(&cluster), "it has no learner yet");
    ask(&mut cluster, Command::StopStores(vec![StoreId(4)]));
    assert!(!missed(&cluster), "no TiFlash store is left to have one");
    ask(&mut cluster, Command::StartStores(vec![StoreId(4)]));
    assert!(missed(&cluster));
    pass(&mut cluster, 2 * MINUTE);
    assert_eq!(unmet(&cluster), [""; 0]);
}

#[test]
fn keys_without_a_leader_are_missed() {
    let mut cluster = cluster(&setup(true), Release::V8_5_8);
    ask(&mut cluster, Command::StopStores(vec![StoreId(1), StoreId(2)]));
    let unled: BTreeSet<Option<RegionId>> = unmet(&cluster)
        .into_iter()
        .filter(|broken| broken.law == Law::EveryKeyLed)
        .map(|broken| broken.region)
        .collect();
    assert_eq!(unled, BTreeSet::from([10, 20, 30].map(|id| Some(RegionId(id)))));
    let mut holes = setup(true);
    holes.regions.pop();
    let hole = unmet(&super::liveness_tests::cluster(&holes, Release::V8_5_8));
    let what = "nobody leads the keys from 7480000000000000FF2E00000000000000F8 on";
    assert_eq!(hole, [what]);
}

/// Store 2 was given up and its record is erased; store 1 has just been restarted, so it does not
/// know that 2 was buried, and asks PD again.
fn erased_and_asked_for(release: Release) -> Cluster {
    let mut few = setup(true);
    few.stores.remove(2);
    let mut cluster = cluster(&few, release);
    ask(&mut cluster, Command::StopStores(vec![StoreId(2)]));
    pass(&mut cluster, 30 * SECOND);
    let stores = vec![StoreId(2)];
    ask(
        &mut cluster,
        Command::Pd(PdCommand::RemoveFailedStores {
            stores,
            auto_detect: false,
            timeout_s: None,
            options: RecoveryOptions::default(),
        }),
    );
    while cluster.pd().recovery().stage().is_running() {
        pass(&mut cluster, SECOND);
    }
    ask(&mut cluster, Command::Pd(PdCommand::RemoveTombstone));
    ask(&mut cluster, Command::StopStores(vec![StoreId(1)]));
    ask(&mut cluster, Command::StartStores(vec![StoreId(1)]));
    pass(&mut cluster, MINUTE + (RESOLVES_IN_VAIN + 2) * BACKOFF_MS);
    cluster
}

#[test]
fn a_store_that_pd_knows_and_that_is_long_resolved_in_vain_is_missed() {
    let mut cluster = erased_and_asked_for(Release::V8_5_8);
    let missed = |cluster: &Cluster| laws(&unmet(cluster)).contains(&Law::KnownStoresResolve);
    assert!(!missed(&cluster), "PD does not know it: a known limit, not a broken law");
    ask(&mut cluster, Command::StartStores(vec![StoreId(2)]));
    assert!(missed(&cluster), "from the moment that PD knows it again");
    pass(&mut cluster, 2 * BACKOFF_MS);
    assert!(!missed(&cluster), "the next try finds it");
}

#[test]
fn a_live_store_on_a_black_list_is_missed_for_ever() {
    let mut cluster = erased_and_asked_for(Release::V8_5_7);
    let missed = |cluster: &Cluster| laws(&unmet(cluster)).contains(&Law::NoLiveStoreBlacklisted);
    assert!(!missed(&cluster), "nobody counts on it");
    ask(&mut cluster, Command::StartStores(vec![StoreId(2)]));
    pass(&mut cluster, 10 * MINUTE);
    assert!(missed(&cluster));
}

#[test]
fn an_operator_that_outlives_its_time_is_missed() {
    let mut cluster = cluster(&setup(true), Release::V8_5_8);
    let to_two = Command::Pd(PdCommand::AddTransferLeader { region: REGION, store: StoreId(2) });
    ask(&mut cluster, to_two);
    assert_eq!(unmet(&cluster), [""; 0]);
    // The time passes by PD, which would have ended it.
    cluster.ctx.now = cluster.now().after(10 * MINUTE);
    let late = unmet(&cluster);
    assert_eq!(late, ["operator admin-transfer-leader on region 10 has outlived its time"]);
    assert_eq!(laws(&late), BTreeSet::from([Law::OperatorsEnd]));
}

#[test]
fn a_region_that_sleeps_without_a_leader_is_missed_until_it_wakes() {
    let mut cluster = cluster(&setup(true), Release::V8_5_8);
    let sleeps = |cluster: &Cluster| laws(&unmet(cluster)).contains(&Law::SleepersWake);
    ask(&mut cluster, Command::StopStores(vec![StoreId(1)]));
    assert!(sleeps(&cluster), "it went to sleep and then lost its leader");
    pass(&mut cluster, 15 * MINUTE);
    assert!(!sleeps(&cluster));
}

#[test]
fn a_recovery_that_outlives_its_timeout_is_missed() {
    let mut cluster = cluster(&setup(true), Release::V8_5_8);
    let auto = Command::Pd(PdCommand::RemoveFailedStores {
        stores: Vec::new(),
        auto_detect: true,
        timeout_s: Some(60),
        options: RecoveryOptions::default(),
    });
    ask(&mut cluster, auto);
    assert_eq!(unmet(&cluster), [""; 0]);
    // The time passes by PD, which would have given up.
    cluster.ctx.now = cluster.now().after(2 * MINUTE);
    let late = unmet(&cluster);
    assert_eq!(late, ["the recovery stays in CollectReport"]);
    assert_eq!(laws(&late), BTreeSet::from([Law::RecoveryEnds]));
}
