//! A cluster as TiKV's own tests have it, in their words: a few stores, one region over all keys,
//! and a PD that does nothing but what it is told. TiKV: `components/test_raftstore`.
//!
//! Everything goes through the commands people type, and through the clock. Their clusters tick
//! every 10 ms, ours as TiKV by default, so what they wait is told in election timeouts.

use std::collections::{BTreeMap, BTreeSet};

use sim::message::{PeerReport, StoreReport};
use sim::raftstore::{ELECTION_TICKS, ForceLeaderPhase, PeerFsm, TICK_MS};
use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::setup::{RegionSetup, StoreSetup};
use sim::store::{Engine, StoreMeta, StoreState};
use sim::{Cluster, Knobs, PeerId, Refusal, RegionId, Setup, StoreId};

use crate::typed::{self, command};

/// One election timeout, in milliseconds.
pub const ELECTION_MS: u64 = ELECTION_TICKS as u64 * TICK_MS;

/// How long anything that has to happen is waited for: their helpers poll for two seconds, which
/// are eight of their election timeouts.
const PATIENCE: u64 = 8 * ELECTION_MS;

/// The seeds that each of these tests is run with.
pub const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

/// The region that everything is about.
pub const REGION: RegionId = RegionId(1);

/// See the module. The peer of store N has the id 10 + N.
pub struct TikvCluster {
    /// The cluster itself.
    pub cluster: Cluster,
    /// The step of the next plan: each report then tells which plan it answers.
    next_step: u64,
}

impl TikvCluster {
    /// `stores` stores, each with a voter of the region.
    pub fn new(stores: u64, knobs: Knobs, seed: u64) -> TikvCluster {
        TikvCluster::with_learners(stores, &[], knobs, seed)
    }

    /// The same, with learners instead of voters on some of the stores.
    pub fn with_learners(stores: u64, learners: &[u64], knobs: Knobs, seed: u64) -> TikvCluster {
        let ids = 1..=stores;
        let peers = ids.clone().map(|id| Peer {
            id: PeerId(10 + id),
            store: StoreId(id),
            role: if learners.contains(&id) { PeerRole::Learner } else { PeerRole::Voter },
        });
        let region = Region {
            id: REGION,
            start: Key::default(),
            end: Key::default(),
            epoch: RegionEpoch { version: 1, conf_ver: 1 },
            peers: peers.collect(),
        };
        TikvCluster::of(ids.map(store).collect(), vec![region], knobs, seed)
    }

    /// These regions on these stores; who leads is for them to find out.
    pub fn of(
        stores: Vec<StoreSetup>,
        regions: Vec<Region>,
        knobs: Knobs,
        seed: u64,
    ) -> TikvCluster {
        let regions = regions.into_iter().map(|region| RegionSetup {
            leader: region.peers.iter().find(|p| p.role == PeerRole::Voter).map(|p| p.store),
            region,
            missing: BTreeSet::new(),
            tombstones: BTreeMap::new(),
            size_mib: 1,
        });
        let max_replicas = stores.len() as u64;
        let regions = regions.collect();
        let setup = Setup { stores, regions, tables: Vec::new(), max_replicas, cores: 0 };
        let cluster = Cluster::new(&setup, knobs, seed).expect("the setup is right");
        let mut cluster = TikvCluster { cluster, next_step: 1 };
        cluster.tell("pd-ctl config set halt-scheduling true");
        cluster.wait(ELECTION_MS);
        cluster
    }

    /// Types a command, which has to be accepted.
    #[track_caller]
    pub fn tell(&mut self, line: &str) {
        self.ask(line).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    }

    /// Types a command.
    ///
    /// # Errors
    /// Why it was refused.
    #[track_caller]
    pub fn ask(&mut self, line: &str) -> Result<(), Refusal> {
        let answer = self.cluster.apply(&command(line)).map(drop);
        self.check();
        answer
    }

    /// Lets time pass.
    #[track_caller]
    pub fn wait(&mut self, ms: u64) {
        typed::pass(&mut self.cluster, ms);
    }

    /// Lets time pass until something is so, second by second. Returns whether it came to that.
    #[track_caller]
    pub fn comes_true(&mut self, within_ms: u64, holds: impl Fn(&Cluster) -> bool) -> bool {
        typed::comes_true(&mut self.cluster, within_ms, TICK_MS, holds)
    }

    /// The same, of what has to come true.
    #[track_caller]
    pub fn until(&mut self, what: &str, holds: impl Fn(&Cluster) -> bool) {
        assert!(self.comes_true(PATIENCE, holds), "it never came to this: {what}");
    }

    #[track_caller]
    fn check(&self) {
        let broken = self.cluster.broken_invariants();
        assert!(broken.is_empty(), "broken: {broken:?}");
    }

    /// TiKV: `must_transfer_leader`.
    #[track_caller]
    pub fn transfer_leader(&mut self, store: u64) {
        self.until("somebody leads", |c| c.leader_of(REGION).is_some());
        if self.leader() != Some(store) {
            self.tell(&format!("pd-ctl operator add transfer-leader {REGION} {store}"));
        }
        self.until(&format!("store {store} leads"), |c| {
            c.leader_of(REGION).is_some_and(|leader| leader.store().0 == store)
        });
        // PD's operator ends once it has heard of it.
        self.until("the operator has ended", |c| c.pd().operator(REGION).is_none());
    }

    /// Waits until no peer believes in a leader any more: their client looks for one for so long
    /// before it gives up. TiKV: `confirm_quorum_is_lost`, `must_wait_for_leader_expire`.
    #[track_caller]
    pub fn quorum_is_lost(&mut self) {
        self.until("nobody believes in a leader", |c| {
            let mut peers = c.stores().filter_map(|store| store.peer(REGION));
            peers.all(|peer| peer.leader_id().is_none())
        });
        assert_eq!(self.put(), Err(Refusal::NoLeader(REGION)));
    }

    /// A client writes.
    ///
    /// # Errors
    /// What it is answered at once.
    #[track_caller]
    pub fn put(&mut self) -> Result<(), Refusal> {
        self.ask(&format!("tikv-test put {REGION}"))
    }

    /// A client writes until its write is applied. TiKV: `must_put`.
    #[track_caller]
    pub fn must_put(&mut self) {
        self.until("somebody leads who serves clients", |c| {
            c.leader_of(REGION).is_some_and(|leader| leader.force_leader().is_none())
        });
        assert_eq!(self.put(), Ok(()));
        let leader = self.cluster.leader_of(REGION).expect("it has just taken a write");
        let (term, index) = (leader.term(), leader.last_index());
        self.until("the write is applied", |c| {
            c.leader_of(REGION).is_some_and(|l| l.term() == term && index <= l.applied_index())
        });
    }

    /// Reads and writes are refused by a force leader. TiKV:
    /// `must_get_error_recovery_in_progress`.
    #[track_caller]
    pub fn serves_nobody(&mut self) {
        for verb in ["put", "get", "read-index"] {
            let answer = self.ask(&format!("tikv-test {verb} {REGION}"));
            assert_eq!(answer, Err(Refusal::RecoveryInProgress(REGION)), "{verb}");
        }
    }

    /// The members on the stores given up are removed one by one, force leader ends, and clients
    /// are served again: how most of their tests end.
    #[track_caller]
    pub fn recovers_on(&mut self, store: u64, failed: &[u64]) {
        self.remove_peers(failed);
        self.exit_force_leader(store);
        self.must_put();
    }

    /// The store whose peer leads the region.
    pub fn leader(&self) -> Option<u64> {
        self.cluster.leader_of(REGION).map(|leader| leader.store().0)
    }

    /// The region's peer on a store that runs.
    #[track_caller]
    pub fn peer(&self, store: u64) -> &PeerFsm {
        let peer = self.cluster.store(StoreId(store)).and_then(|store| store.peer(REGION));
        peer.unwrap_or_else(|| panic!("store {store} has no peer"))
    }

    /// Members and roles by store, as the region's most advanced peer on a store that runs has
    /// them.
    pub fn members(&self) -> BTreeMap<u64, PeerRole> {
        let region = self.cluster.newest_region(REGION);
        let peers = region.map(|region| region.peers.clone()).unwrap_or_default();
        peers.into_iter().map(|peer| (peer.store.0, peer.role)).collect()
    }

    /// Lets PD's leader of the region change members until that is done, as their PD repeats its
    /// operators. TiKV: `must_add_peer`, `must_remove_peer`, `must_joint_confchange`.
    #[track_caller]
    pub fn change_peers(&mut self, changes: &str) {
        let before = self.conf_ver();
        for _ in 0..PATIENCE / TICK_MS {
            if before < self.conf_ver() {
                break;
            }
            // A region that looks for a leader, or has a change under way, is asked again.
            drop(self.ask(&format!("tikv-test change-peer {REGION} {changes}")));
            self.wait(TICK_MS);
        }
        assert!(before < self.conf_ver(), "it never came to this: {changes}");
    }

    fn conf_ver(&self) -> u64 {
        self.cluster.newest_region(REGION).map_or(0, |region| region.epoch.conf_ver)
    }

    /// Takes the peers off these stores.
    #[track_caller]
    pub fn remove_peers(&mut self, stores: &[u64]) {
        for store in stores {
            let region = self.cluster.newest_region(REGION).cloned().expect("somebody runs");
            let peer = region.peer_on(StoreId(*store)).expect("it is a member");
            self.change_peers(&format!("remove {}@{store}", peer.id));
            assert!(!self.members().contains_key(store), "store {store} is still a member");
        }
    }

    /// Replaces the voter on a store by a learner of a new id, and waits until that has the data.
    #[track_caller]
    pub fn replace_by_learner(&mut self, store: u64, id: u64) {
        self.remove_peers(&[store]);
        self.until("the old peer is gone", |c| {
            c.store(StoreId(store)).is_some_and(|store| store.peer(REGION).is_none())
        });
        self.change_peers(&format!("add-learner {id}@{store}"));
        self.until("the learner has its data", |c| {
            let peer = c.store(StoreId(store)).and_then(|store| store.peer(REGION));
            peer.is_some_and(PeerFsm::is_initialized)
        });
    }

    /// Hands a store a plan, which it fetches with its next heartbeat. Returns the plan's step.
    /// TiKV: `must_set_unsafe_recovery_plan`, `must_send_store_heartbeat`.
    #[track_caller]
    pub fn plan(&mut self, store: u64, parts: &str) -> u64 {
        let step = self.next_step;
        self.next_step += 1;
        self.tell(&format!("tikv-test plan {store} step {step} {parts}"));
        step
    }

    /// The store's report for the plan of this step, if it has come.
    pub fn report(&self, store: u64, step: u64) -> Option<&StoreReport> {
        let report = self.cluster.pd().last_report(StoreId(store));
        report.filter(|report| report.step == step)
    }

    /// Waits for the store's report.
    #[track_caller]
    pub fn reported(&mut self, store: u64, step: u64) -> Vec<PeerReport> {
        self.until(&format!("store {store} reports for step {step}"), |c| {
            c.pd().last_report(StoreId(store)).is_some_and(|report| report.step == step)
        });
        let report = self.report(store, step).expect("it has just come");
        report.peer_reports.clone()
    }

    /// TiKV: `enter_force_leader`.
    #[track_caller]
    pub fn order_force_leader(&mut self, store: u64, failed: &[u64]) -> u64 {
        self.plan(store, &format!("force-leader {REGION} failed {}", list(failed)))
    }

    /// Orders force leader and waits for the report. Like theirs it does not look whether the peer
    /// became one. TiKV: `must_enter_force_leader`.
    #[track_caller]
    pub fn enter_force_leader(&mut self, store: u64, failed: &[u64]) -> Vec<PeerReport> {
        let step = self.order_force_leader(store, failed);
        self.reported(store, step)
    }

    /// Waits until the store's peer is force leader.
    #[track_caller]
    pub fn is_forced(&mut self, store: u64) {
        self.is_in_phase(store, ForceLeaderPhase::ForceLeader);
    }

    /// Waits until the store's peer is so far on its way to force leader.
    #[track_caller]
    pub fn is_in_phase(&mut self, store: u64, phase: ForceLeaderPhase) {
        self.until(&format!("store {store} is in {phase:?}"), |c| {
            let peer = c.store(StoreId(store)).and_then(|store| store.peer(REGION));
            peer.is_some_and(|peer| peer.force_leader() == Some(phase))
        });
    }

    /// TiKV: `exit_force_leader`.
    #[track_caller]
    pub fn exit_force_leader(&mut self, store: u64) {
        self.tell(&format!("tikv-test exit-force-leader {REGION} {store}"));
    }

    /// Hands a store the plan to demote the members on these stores, as the region has them now.
    #[track_caller]
    pub fn order_demotion(&mut self, store: u64, failed: &[u64]) -> u64 {
        let region = self.cluster.newest_region(REGION).cloned().expect("somebody runs");
        let members = failed.iter().filter_map(|store| region.peer_on(StoreId(*store)));
        let peers = members.map(|peer| {
            let learner = if peer.role == PeerRole::Learner { ":learner" } else { "" };
            format!("{}@{}{learner}", peer.id, peer.store)
        });
        let peers: Vec<String> = peers.collect();
        self.plan(store, &format!("demote {REGION} {}", peers.join(",")))
    }

    /// Stops stores.
    #[track_caller]
    pub fn stop(&mut self, stores: &[u64]) {
        self.tell(&format!("stop store {}", list(stores)));
    }

    /// Starts stores.
    #[track_caller]
    pub fn start(&mut self, stores: &[u64]) {
        self.tell(&format!("start store {}", list(stores)));
    }
}

/// Store 2 was the only voter of three members, and was handing its vote to store 1 when it failed,
/// and store 3 with it: the region is in a joint state that it need only leave.
#[track_caller]
pub fn residual_joint_state(knobs: Knobs, seed: u64) -> TikvCluster {
    let mut cluster = TikvCluster::new(3, knobs, seed);
    cluster.transfer_leader(2);
    cluster.replace_by_learner(1, 21);
    cluster.replace_by_learner(3, 23);
    cluster.change_peers("add-voter 21@1 add-learner 12@2");
    cluster.until("store 1 knows", |c| {
        let peer = c.store(StoreId(1)).and_then(|store| store.peer(REGION));
        peer.is_some_and(|peer| peer.region().in_joint_state())
    });
    cluster.stop(&[2, 3]);
    cluster.quorum_is_lost();
    cluster
}

/// A force leader on store 3, with the step of the plan and what was its last index before. Stores
/// 1 and 2 are given up; nobody says so of the learner on store 4, which answers as little.
#[track_caller]
pub fn led_beside_a_silent_learner(knobs: Knobs, seed: u64) -> (TikvCluster, u64, u64) {
    let mut cluster = TikvCluster::with_learners(4, &[4], knobs, seed);
    cluster.transfer_leader(3);
    cluster.must_put();
    cluster.stop(&[1, 2, 4]);
    assert_eq!(cluster.put(), Ok(()), "seed {seed}: it is taken, and never committed");
    let peer = cluster.peer(3);
    let last = peer.last_index();
    assert!(peer.commit_index() < last, "seed {seed}");
    cluster.stop(&[3]);
    cluster.start(&[3]);
    cluster.quorum_is_lost();
    let step = cluster.order_force_leader(3, &[1, 2]);
    cluster.is_forced(3);
    cluster.wait(2 * ELECTION_MS);
    (cluster, step, last)
}

/// A TiKV store whose first heartbeat to PD leaves at once.
pub fn store(id: u64) -> StoreSetup {
    StoreSetup {
        meta: StoreMeta {
            id: StoreId(id),
            engine: Engine::TiKv,
            address: format!("10.0.0.{id}:20160"),
            labels: BTreeMap::new(),
        },
        state: StoreState::Up,
        running: true,
        heartbeat_phase_ms: None,
    }
}

fn list(ids: &[u64]) -> String {
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    ids.join(",")
}
