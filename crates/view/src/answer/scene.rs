//! Small clusters whose answers are recorded.

use std::collections::{BTreeMap, BTreeSet};

use sim::ids::{MINUTE, SECOND};
use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::setup::{RegionSetup, StoreSetup, TableSetup};
use sim::store::{Engine, StoreMeta, StoreState};
use sim::{
    Cluster, Command, Millis, PdCommand, PeerId, RecoveryOptions, RegionId, Release, Setup,
    StoreId, TableId,
};

/// Three TiKV stores and TiFlash store 4; region 20 holds the rows of table `test.t`, which has a
/// learner on 4. Fifteen seconds old.
pub(crate) fn healthy() -> Cluster {
    let setup = Setup {
        stores: (1..=4).map(store).collect(),
        regions: vec![region(10, false), region(20, true)],
        tables: vec![TableSetup {
            id: TableId(45),
            name: "test.t".into(),
            tiflash_replicas: 1,
            available: true,
        }],
        max_replicas: 3,
        cores: 0,
    };
    let knobs = Release::V8_5_2.knobs();
    let mut cluster = Cluster::new(&setup, knobs, 1).expect("the setup is sound");
    cluster.advance(Millis(15 * SECOND));
    cluster
}

/// The same, twelve minutes after TiFlash store 4 stopped.
pub(crate) fn learner_lost() -> Cluster {
    let mut cluster = healthy();
    apply(&mut cluster, Command::StopStores(vec![StoreId(4)]));
    cluster.advance(Millis(15 * SECOND + 12 * MINUTE));
    cluster
}

/// The same, after store 4 was given up.
pub(crate) fn buried() -> Cluster {
    let mut cluster = learner_lost();
    apply(
        &mut cluster,
        Command::Pd(PdCommand::RemoveFailedStores {
            stores: vec![StoreId(4)],
            auto_detect: false,
            timeout_s: None,
            options: RecoveryOptions::default(),
        }),
    );
    cluster
}

/// The healthy cluster, in which somebody wants the learner gone.
pub(crate) fn removal_asked() -> Cluster {
    let mut cluster = healthy();
    let (region, store) = (RegionId(20), StoreId(4));
    apply(&mut cluster, Command::Pd(PdCommand::AddRemovePeer { region, store }));
    cluster
}

/// Compares an answer with the recorded one; with `RECORD` set it is recorded anew.
pub(super) fn compare(name: &str, answer: &str) {
    let path = format!("{}/src/answer/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(&path, format!("{answer}\n")).expect("the folder is part of the crate");
    }
    let recorded = std::fs::read_to_string(&path).expect("the file is part of the crate");
    assert!(recorded.trim_end() == answer, "{name} is no longer so; it would be:\n{answer}");
}

fn apply(cluster: &mut Cluster, command: Command) {
    cluster.apply(&command).expect("nothing speaks against it");
}

fn store(id: u64) -> StoreSetup {
    let (engine, port) = if id == 4 { (Engine::TiFlash, 3930) } else { (Engine::TiKv, 20160) };
    let zone = if id % 2 == 1 { "dc1" } else { "dc2" };
    StoreSetup {
        meta: StoreMeta {
            id: StoreId(id),
            engine,
            address: format!("10.0.0.{id}:{port}"),
            labels: BTreeMap::from([("zone".to_owned(), zone.to_owned())]),
        },
        state: StoreState::Up,
        running: true,
        heartbeat_phase_ms: Some(2_000 + id * 100),
    }
}

fn region(id: u64, is_table: bool) -> RegionSetup {
    let record_prefix = Key::record_prefix(TableId(45));
    let (start, end) = match is_table {
        true => (record_prefix, Key::table_prefix(TableId(46))),
        false => (Key::default(), record_prefix),
    };
    let peer = |store: u64| Peer {
        id: PeerId(id + store),
        store: StoreId(store),
        role: if store == 4 { PeerRole::Learner } else { PeerRole::Voter },
    };
    RegionSetup {
        region: Region {
            id: RegionId(id),
            start,
            end,
            epoch: RegionEpoch { version: 3, conf_ver: 4 },
            peers: (1..=if is_table { 4 } else { 3 }).map(peer).collect(),
        },
        leader: Some(StoreId(1)),
        missing: BTreeSet::new(),
        tombstones: BTreeMap::new(),
        size_mib: 96,
    }
}
