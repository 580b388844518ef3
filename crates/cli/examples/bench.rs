//! What the simulation takes, for `cargo xtask bench`: one line a row, the row's name and what was
//! measured, with a tab between.
//!
//! The yardstick is a bare loop over the same library that passes as many messages: what the
//! cluster around it costs is the ratio of the two, measured in turn in one process.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]
#![expect(clippy::disallowed_types, reason = "a bench measures time")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use raft::eraftpb::{ConfState, Message};
use raft::storage::MemStorage;
use raft::{Config, RawNode};
use scenario::yardstick::ten_minutes;
use sim::ids::{MINUTE, SECOND};
use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::setup::{RegionSetup, StoreSetup, TableSetup};
use sim::store::{Engine, StoreMeta, StoreState};
use sim::{Cluster, Command, Millis, PeerId, RegionId, Release, Setup, StoreId, TableId};

/// Each is run this often; the median counts.
const RUNS: usize = 7;

fn main() {
    let messages = ten_minutes().delivered();
    let mut cluster = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..RUNS {
        cluster.push(time(|| drop(ten_minutes())));
        bare.push(time(|| bare_loop(30, 8, messages)));
    }
    let (cluster, bare) = (median(cluster), median(bare));
    let ratio = cluster.as_secs_f64() / bare.as_secs_f64();
    println!("incident\t{ratio:.2} x bare raft-rs ({messages} messages)");
    println!("native-ms\t{}", cluster.as_millis());
    large();
}

/// Raft groups with nothing around them: tick, write, pass messages, until as many have passed.
fn bare_loop(groups: u64, peers: u64, messages: u64) {
    let mut groups: Vec<Group> = (0..groups).map(|_| Group::new(peers)).collect();
    let mut passed = 0;
    while passed < messages {
        for group in &mut groups {
            passed += group.second();
        }
    }
}

struct Group {
    nodes: Vec<RawNode<MemStorage>>,
    inbox: VecDeque<Message>,
}

impl Group {
    fn new(peers: u64) -> Group {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let voters: Vec<u64> = (1..=peers).collect();
        let node = |id: &u64| {
            let config =
                Config { id: *id, election_tick: 10, heartbeat_tick: 2, ..Config::default() };
            let storage =
                MemStorage::new_with_conf_state(ConfState::from((voters.clone(), vec![])));
            RawNode::new(&config, storage, &logger).expect("the configuration is valid")
        };
        let mut group = Group { nodes: voters.iter().map(node).collect(), inbox: VecDeque::new() };
        group.nodes[0].campaign().expect("MsgHup is never refused");
        group.settle();
        group
    }

    /// One second: a tick each, one write, and every message that follows.
    fn second(&mut self) -> u64 {
        for node in &mut self.nodes {
            node.tick();
        }
        let leader = self.nodes.iter_mut().find(|n| n.raft.state == raft::StateRole::Leader);
        if let Some(leader) = leader {
            leader.propose(Vec::new(), vec![b'w']).expect("a leader takes writes");
        }
        self.settle()
    }

    fn settle(&mut self) -> u64 {
        let mut passed = 0;
        loop {
            for node in &mut self.nodes {
                work(node, &mut self.inbox);
            }
            if self.inbox.is_empty() {
                return passed;
            }
            while let Some(message) = self.inbox.pop_front() {
                passed += 1;
                let node = &mut self.nodes[message.to as usize - 1];
                node.step(message).expect("all nodes know each other");
            }
        }
    }
}

fn work(node: &mut RawNode<MemStorage>, outbox: &mut VecDeque<Message>) {
    while node.has_ready() {
        let mut ready = node.ready();
        outbox.extend(ready.take_messages());
        let store = node.raft.raft_log.store.clone();
        store.wl().append(ready.entries()).expect("entries follow the log");
        if let Some(state) = ready.hs() {
            store.wl().set_hardstate(state.clone());
        }
        outbox.extend(ready.take_persisted_messages());
        let mut light = node.advance(ready);
        outbox.extend(light.take_messages());
        node.advance_apply();
    }
}

/// 100 stores and 10,000 regions of five peers, alive; a hundred of them written to. Then
/// a tenth of the regions with the same hundred written to: what a second costs follows what
/// changes, not what there is.
fn large() {
    let before = resident_kib();
    let (whole, cluster) = two_minutes(10_000);
    let simulated = (2 * MINUTE / SECOND) as f64;
    let speed = simulated / whole.as_secs_f64();
    println!("large\t{speed:.0} x real time, 100 regions written each second");
    println!("large-memory\t{} MB", (resident_kib() - before) / 1024);
    drop(cluster);
    let (tenth, _) = two_minutes(1_000);
    let growth = whole.as_secs_f64() / tenth.as_secs_f64();
    println!("growth\t{growth:.1} x the time of 1,000 regions");
}

/// How long two minutes of simulated load take with so many regions.
fn two_minutes(regions: u64) -> (Duration, Cluster) {
    let setup = large_setup(100, regions);
    let mut cluster =
        Cluster::new(&setup, Release::V8_5_8.knobs(), 1).expect("the ranges do not overlap");
    cluster.advance(Millis(MINUTE));
    let load = Command::SetLoad { tables: vec!["bench.hot".into()], writes_per_minute: 60 };
    cluster.apply(&load).expect("the table is there");
    let taken = time(|| {
        cluster.advance(Millis(3 * MINUTE));
    });
    (taken, cluster)
}

fn large_setup(stores: u64, regions: u64) -> Setup {
    let store = |id| StoreSetup {
        meta: StoreMeta {
            id: StoreId(id),
            engine: Engine::TiKv,
            address: format!("10.0.{}.{}:20160", id / 250, id % 250),
            labels: BTreeMap::from([("zone".to_string(), format!("dc{}", id % 3))]),
        },
        state: StoreState::Up,
        running: true,
        heartbeat_phase_ms: None,
    };
    let table = |id: u64, name: &str| TableSetup {
        id: TableId(id),
        name: name.to_string(),
        tiflash_replicas: 0,
        available: false,
    };
    let region = |n: u64| {
        let id = 1_000 + 10 * n;
        let peer = |k: u64| Peer {
            id: PeerId(id + k),
            store: StoreId((n * 7 + k * 13) % stores + 1),
            role: PeerRole::Voter,
        };
        // The first hundred regions are the hot table's.
        let (table, row) = if n < 100 { (1, n) } else { (2, n) };
        let start = Key::record(TableId(table), row);
        let end = match n {
            99 => Key::table_prefix(TableId(2)),
            _ => Key::record(TableId(table), row + 1),
        };
        let epoch = RegionEpoch { version: 5, conf_ver: 5 };
        let peers: Vec<Peer> = (1..=5).map(peer).collect();
        RegionSetup {
            leader: Some(peers[0].store),
            region: Region { id: RegionId(id), start, end, epoch, peers },
            missing: BTreeSet::new(),
            tombstones: BTreeMap::new(),
            size_mib: 96,
        }
    };
    Setup {
        stores: (1..=stores).map(store).collect(),
        regions: (0..regions).map(region).collect(),
        tables: vec![table(1, "bench.hot"), table(2, "bench.cold")],
        max_replicas: 5,
        cores: 0,
    }
}

fn time(f: impl FnOnce()) -> Duration {
    let start = Instant::now();
    f();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Memory of this process, as Linux tells; 0 elsewhere.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
