//! The second half of a trial: faults stop, operators mend what they can, and the cluster gets its
//! time to converge. Unlike a plan, this looks at the cluster, as operators do; what they did is
//! written down, so that the whole can be lived through again without looking.

use std::collections::BTreeSet;

use sim::event::RecoveryStage;
use sim::ids::{MINUTE, SECOND};
use sim::invariants::{self, Broken, Law};
use sim::pd::identity::CLUSTER_ID;
use sim::pd::replication::{ReplicationMode, ReplicationOption};
use sim::pd::rules::RuleName;
use sim::pd::unsafe_recovery::{DEFAULT_TIMEOUT_S, StoreProgress};
use sim::raftstore::{PD_HEARTBEAT_MS, PEER_DOWN_MS, STALE_CHECK_MS};
use sim::refusal::PdFault;
use sim::store::{DISCONNECTED_AFTER, DOWN_AFTER, Engine, StoreState};
use sim::tidb::Table;
use sim::{Cluster, Command, Halt, PdCommand, RecoveryOptions, Scheduler, StoreId};

use super::detection::misled_recovery;
use super::finding::{Finding, Found, judge, recovery_counts_on_the_past};
use super::{Deed, Plan, advance};

/// How long a cluster may take to converge: PD waits half an hour for a store and ten minutes for a
/// peer; a sleeper wakes at the second of its stale checks; a leader reports each minute; and an
/// operator that moves data, begun at the last of these, may take its ten minutes.
pub const CONVERGENCE_MS: u64 =
    DOWN_AFTER + PEER_DOWN_MS + 2 * STALE_CHECK_MS + PD_HEARTBEAT_MS + OPERATOR_MS;
/// The least time that PD gives an operator which moves data.
const OPERATOR_MS: u64 = 10 * MINUTE;
/// How long a recovery may run: its timeout, and after an error twice the interval of its plans.
const RECOVERY_MS: u64 = DEFAULT_TIMEOUT_S * SECOND + 3 * MINUTE;
/// How long regions may take to elect a leader: a sleeper wakes at the second stale check.
const ELECTION_MS: u64 = 2 * STALE_CHECK_MS + 2 * MINUTE;
/// How often operators look.
const LOOK_EVERY_MS: u64 = 10 * SECOND;
/// How often they begin anew when a store that they started ends again, or a recovery fails.
const ROUNDS: usize = 4;
/// More ids than any plan has PD hand out or leave out.
const ALLOC_ID: u64 = 1_000_000_000_000;

/// A plan, what operators did about it, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// What was found, in order: safety first.
    pub found: Vec<Found>,
    /// All that was done: the plan's deeds and the operators'.
    pub deeds: Vec<Deed>,
    /// The digest of the whole run.
    pub fingerprint: u64,
}

impl Trial {
    /// Lives through the plan and what follows.
    pub fn of(plan: &Plan) -> Trial {
        let mut peace = Peace {
            cluster: plan.live_through(SECOND),
            deeds: plan.deeds.clone(),
            started: BTreeSet::new(),
            failures: Vec::new(),
        };
        peace.mend();
        let mut found = judge(&peace.cluster);
        found.extend(peace.failures);
        Trial { found, deeds: peace.deeds, fingerprint: peace.cluster.fingerprint() }
    }
}

struct Peace {
    cluster: Cluster,
    deeds: Vec<Deed>,
    /// Stores that were started again; one that ends again is given up.
    started: BTreeSet<StoreId>,
    failures: Vec<Found>,
}

impl Peace {
    fn mend(&mut self) {
        self.ask(Command::Heal(None));
        self.mend_pd();
        self.reset_pd();
        for _ in 0..ROUNDS {
            self.stop_strangers();
            self.start_stores();
            self.await_recovery();
            self.give_up_the_lost();
            self.reopen_regions();
            self.adapt();
            if self.converges() {
                return;
            }
        }
    }

    /// PD serves again. One that has nothing on its disks, or another cluster's identity, is given
    /// that of the cluster.
    fn mend_pd(&mut self) {
        if self.ask_pd(PdCommand::StartPd) || !self.cluster.pd().is_serving() {
            self.wait(LOOK_EVERY_MS);
        }
        if self.cluster.pd().silence() == Some(PdFault::OtherCluster) {
            self.ask_pd(PdCommand::StopPd);
            self.ask_pd(PdCommand::LosePdDisks);
            self.ask_pd(PdCommand::StartPd);
            self.wait(LOOK_EVERY_MS);
        }
        if self.cluster.pd().silence() == Some(PdFault::NotBootstrapped) {
            self.ask_pd(PdCommand::RebuildPd { cluster_id: CLUSTER_ID, alloc_id: ALLOC_ID });
            self.ask_pd(PdCommand::StopPd);
            self.ask_pd(PdCommand::StartPd);
            self.wait(LOOK_EVERY_MS);
        }
    }

    /// What people have asked of PD for the time of their work is taken back. Over two data centres
    /// is not replicated any more: with one of them lost for good, PD would keep stores apart.
    fn reset_pd(&mut self) {
        if self.cluster.pd().halt() == Halt::Halted {
            self.ask_pd(PdCommand::SetHaltScheduling(Halt::Active));
        }
        self.ask_pd(PdCommand::SetMaxStoreDownTime { ms: DOWN_AFTER });
        let stores: Vec<StoreId> = self.cluster.stores().map(|store| store.id()).collect();
        for store in stores {
            self.ask_pd(PdCommand::RemoveScheduler(Scheduler::EvictLeader(store)));
        }
        if self.cluster.pd().replication().mode() == ReplicationMode::DrAutoSync {
            let majority = ReplicationOption::Mode(ReplicationMode::Majority);
            self.ask_pd(PdCommand::SetReplication(majority));
        }
    }

    fn ask_pd(&mut self, command: PdCommand) -> bool {
        self.ask(Command::Pd(command))
    }

    fn ask(&mut self, command: Command) -> bool {
        let done = self.cluster.apply(&command).is_ok();
        if done {
            self.deeds.push(Deed::Command(command));
        }
        done
    }

    fn wait(&mut self, ms: u64) {
        advance(&mut self.cluster, ms, SECOND);
        match self.deeds.last_mut() {
            Some(Deed::Wait(before)) => *before += ms,
            Some(Deed::Command(_) | Deed::Upgrade(_)) | None => self.deeds.push(Deed::Wait(ms)),
        }
    }

    /// Looks every ten seconds; returns whether it came to hold within `at_most_ms`.
    fn wait_until(&mut self, at_most_ms: u64, holds: impl Fn(&Cluster) -> bool) -> bool {
        let until = self.cluster.now().after(at_most_ms);
        while !holds(&self.cluster) {
            if until <= self.cluster.now() {
                return false;
            }
            self.wait(LOOK_EVERY_MS);
        }
        true
    }

    fn is_given_up(&self, store: StoreId) -> bool {
        self.cluster.given_up().any(|id| id == store)
    }

    /// Whether PD counts on the store, or has merely forgotten it.
    fn is_wanted(&self, store: StoreId) -> bool {
        match self.cluster.pd().stores().get(&store) {
            Some(record) => record.state != StoreState::Tombstone,
            None => !self.is_given_up(store),
        }
    }

    /// Stores that are wanted and do not run.
    fn silent(&self) -> Vec<StoreId> {
        let stores = self.cluster.stores().filter(|store| !store.is_running());
        stores.map(|store| store.id()).filter(|store| self.is_wanted(*store)).collect()
    }

    /// A process whose store was given up has no business any more; one that PD has forgotten is
    /// stopped to register anew.
    fn stop_strangers(&mut self) {
        let has_record = |store: &StoreId| self.cluster.pd().stores().contains_key(store);
        let running = self.cluster.stores().filter(|store| store.is_running());
        let strangers: Vec<StoreId> = running
            .map(|store| store.id())
            .filter(|store| !has_record(store) || !self.is_wanted(*store))
            .collect();
        if !strangers.is_empty() {
            self.ask(Command::StopStores(strangers));
        }
    }

    fn start_stores(&mut self) {
        for store in self.silent() {
            let may_return = !self.started.contains(&store) && !self.is_given_up(store);
            if may_return && self.ask(Command::StartStores(vec![store])) {
                self.started.insert(store);
            }
        }
    }

    /// Waits until no recovery runs, and says what came of the last.
    fn await_recovery(&mut self) -> RecoveryStage {
        let stage = |cluster: &Cluster| cluster.pd().recovery().stage();
        self.wait_until(RECOVERY_MS, |cluster| !stage(cluster).is_running());
        stage(&self.cluster)
    }

    /// Runs a recovery, if a TiKV store is left to recover on. If it fails, the stores that did not
    /// report are restarted, and it is tried once more: with the names of all that are buried,
    /// which may be all that `--auto-detect` lacked; without, if there is somebody whom nobody
    /// could name, since peers wait for the votes of all others.
    fn recover(&mut self, stores: &[StoreId], auto_detect: bool) {
        if self.live(Engine::TiKv) == 0 {
            return;
        }
        for finding in [Finding::RecoveryNeededRestart, Finding::RecoveryFailed] {
            let is_second = finding == Finding::RecoveryFailed;
            let named = if stores.is_empty() { self.buried() } else { stores.to_vec() };
            let cannot_name = named.is_empty() || self.has_forgotten_one();
            let auto_detect = if is_second { cannot_name } else { auto_detect };
            let stores = if auto_detect { Vec::new() } else { named };
            let options = RecoveryOptions::default();
            let asked = Command::Pd(PdCommand::RemoveFailedStores {
                stores,
                auto_detect,
                timeout_s: None,
                options,
            });
            if !self.ask(asked) || self.await_recovery() != RecoveryStage::Failed {
                return;
            }
            let recovery = self.cluster.pd().recovery();
            let what = recovery.error().map_or_else(String::new, ToString::to_string);
            let progress = recovery.progress();
            let mute = progress.filter(|(_, progress)| *progress != StoreProgress::Reported);
            let mute: Vec<StoreId> = mute.map(|(store, _)| store).collect();
            // One that had been given up tells of regions that are replaced already.
            let finding = match recovery_counts_on_the_past(&self.cluster) {
                true => Finding::BuriedStoreReturned,
                false => misled_recovery(&self.cluster).unwrap_or(finding),
            };
            self.failures.push(Found { finding, what });
            self.ask(Command::StopStores(mute.clone()));
            self.ask(Command::StartStores(mute));
        }
    }

    /// Stores that PD has buried and still knows.
    fn buried(&self) -> Vec<StoreId> {
        let records = self.cluster.pd().stores().values();
        let buried = records.filter(|record| record.state == StoreState::Tombstone);
        buried.map(|record| record.meta.id).collect()
    }

    /// Whether a store that was given up has no record any more, by which it could be named.
    fn has_forgotten_one(&self) -> bool {
        let records = self.cluster.pd().stores();
        self.cluster.given_up().any(|store| !records.contains_key(&store))
    }

    /// Stores that cannot come back are given up, and named together with those given up before. PD
    /// takes no name that it does not know, and otherwise waits for every store it has a record of:
    /// those without one are detected afterwards.
    fn give_up_the_lost(&mut self) {
        let silent = self.silent();
        if silent.is_empty() {
            return;
        }
        self.wait(DISCONNECTED_AFTER + LOOK_EVERY_MS);
        let records = self.cluster.pd().stores();
        let has_record = |store: &StoreId| records.contains_key(store);
        let (known, forgotten): (Vec<StoreId>, Vec<StoreId>) =
            silent.into_iter().partition(has_record);
        let named: Vec<StoreId> = self.buried().into_iter().chain(known.clone()).collect();
        if !known.is_empty() {
            self.recover(&named, false);
        }
        if !forgotten.is_empty() {
            self.recover(&[], true);
        }
    }

    /// Regions that lost their quorum to stores given up earlier are recovered too.
    fn reopen_regions(&mut self) {
        if !self.wait_until(ELECTION_MS, |cluster| every_key_is_led(&invariants::unmet(cluster))) {
            self.recover(&[], true);
        }
    }

    /// Operators ask for no more replicas than there are stores for, and again for those whose rule
    /// was lost with PD's disks.
    fn adapt(&mut self) {
        let tikv = self.live(Engine::TiKv).max(1);
        if tikv < self.cluster.pd().max_replicas() {
            self.ask(Command::Pd(PdCommand::SetMaxReplicas(tikv)));
        }
        let count = self.live(Engine::TiFlash);
        let tables = self.cluster.tidb().tables().filter(|table| count < table.replica_count);
        let tables: Vec<String> = tables.map(|table| table.name.clone()).collect();
        for table in tables {
            self.ask(Command::SetTiflashReplica { table, count });
        }
        let rules = self.cluster.pd().rules();
        let has_rule =
            |table: &Table| rules.iter().any(|rule| rule.name == RuleName::Table(table.id));
        let asked = self.cluster.tidb().tables().filter(|table| 0 < table.replica_count);
        let forgotten: Vec<(String, u64)> = asked
            .filter(|table| !has_rule(table) && table.held.is_none())
            .map(|table| (table.name.clone(), table.replica_count))
            .collect();
        for (table, count) in forgotten {
            self.ask(Command::SetTiflashReplica { table, count });
        }
    }

    fn live(&self, engine: Engine) -> u64 {
        let is_live = |store: &&sim::raftstore::Store| {
            let record = self.cluster.pd().stores().get(&store.id());
            let is_up = record.is_some_and(|record| record.state == StoreState::Up);
            store.meta().engine == engine && store.is_running() && is_up
        };
        self.cluster.stores().filter(is_live).count() as u64
    }

    /// Waits until every liveness law is met, or its time is up. Returns whether that is all: not
    /// if a store has ended meanwhile, or a region that slept through the loss of its quorum has
    /// noticed.
    fn converges(&mut self) -> bool {
        let before = self.silent();
        let until = self.cluster.now().after(CONVERGENCE_MS);
        let mut led_at = self.cluster.now();
        while self.cluster.now() < until {
            let unmet = invariants::unmet(&self.cluster);
            if unmet.is_empty() {
                return true;
            }
            if every_key_is_led(&unmet) {
                led_at = self.cluster.now();
            }
            self.wait(LOOK_EVERY_MS);
            if self.silent() != before || ELECTION_MS < self.cluster.now().since(led_at) {
                return false;
            }
        }
        true
    }
}

fn every_key_is_led(unmet: &[Broken]) -> bool {
    unmet.iter().all(|broken| broken.law != Law::EveryKeyLed)
}
