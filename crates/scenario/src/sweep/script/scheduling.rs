//! What is asked of PD beyond recoveries and single members: regions are split and merged, leaders
//! are kept off stores, two data centres are replicated over, limits change; and what befalls PD
//! itself. And clients that read.

use sim::command::SplitPolicy;
use sim::ids::{MINUTE, SECOND};
use sim::pd::identity::CLUSTER_ID;
use sim::pd::replication::{ReplicationMode, ReplicationOption};
use sim::region::Key;
use sim::{Command, Halt, PdCommand, RegionId, Scheduler};

use super::Script;

/// More ids than any plan hands out, and fewer than `pd-recover --from-old-member` leaves out.
const ALLOC_ID: u64 = 50_000_000;

impl Script<'_> {
    fn ask_pd(&mut self, command: PdCommand) {
        self.ask(Command::Pd(command));
    }

    /// Regions are split, and merged into their neighbours by hand or by PD.
    pub(super) fn reshape(&mut self) {
        match self.dice.between(1, 5) {
            1 | 2 => {
                let region = self.region();
                let (policy, keys) = match self.dice.once_in(2) {
                    true => (SplitPolicy::UseKey, self.keys()),
                    false => {
                        let policies = [SplitPolicy::Scan, SplitPolicy::Approximate];
                        (self.dice.one_of(&policies), Vec::new())
                    }
                };
                self.ask_pd(PdCommand::AddSplitRegion { region, policy, keys });
            }
            3 | 4 => {
                let (source, target) = self.neighbours();
                self.ask_pd(PdCommand::AddMergeRegion { source, target });
            }
            _ => {
                let ms = self.dice.one_of(&[SECOND, MINUTE, 60 * MINUTE]);
                self.ask_pd(PdCommand::SetSplitMergeInterval { ms });
                let mib = self.dice.one_of(&[0, 20, 54, 200]);
                self.ask_pd(PdCommand::SetMaxMergeRegionSize(mib));
            }
        }
    }

    /// One or two keys of rows that no region begins at when the plan does.
    fn keys(&mut self) -> Vec<Key> {
        let tables: Vec<_> = self.setup.tables.iter().map(|table| table.id).collect();
        let table = self.dice.one_of(&tables);
        let first = self.dice.between(1, 9);
        let rows = [100 * first, 1_000 + 100 * first];
        let count = self.dice.between(1, 2) as usize;
        rows.iter().take(count).map(|row| Key::record(table, *row)).collect()
    }

    /// Mostly a region and the one beside it.
    fn neighbours(&mut self) -> (RegionId, RegionId) {
        let mut regions: Vec<_> = self.setup.regions.iter().map(|setup| &setup.region).collect();
        regions.sort_by(|a, b| a.start.cmp(&b.start));
        let last = regions.len() - 1;
        if last == 0 || self.dice.once_in(8) {
            return (self.region(), self.region());
        }
        let at = self.dice.between(1, last as u64) as usize;
        let (left, right) = (regions[at - 1].id, regions[at].id);
        if self.dice.once_in(2) { (left, right) } else { (right, left) }
    }

    /// Leaders are kept off a store, or may lie as they lie.
    pub(super) fn set_schedulers(&mut self) {
        let store = self.store();
        let command = self.dice.one_of(&[
            PdCommand::AddScheduler(Scheduler::EvictLeader(store)),
            PdCommand::AddScheduler(Scheduler::EvictLeader(store)),
            PdCommand::RemoveScheduler(Scheduler::EvictLeader(store)),
            PdCommand::RemoveScheduler(Scheduler::BalanceLeader),
            PdCommand::AddScheduler(Scheduler::BalanceLeader),
        ]);
        self.ask_pd(command);
    }

    /// DR Auto-Sync is switched on over the two zones, or off again.
    pub(super) fn replicate_over_two(&mut self) {
        let set = |option| PdCommand::SetReplication(option);
        if self.dice.once_in(4) {
            return self.ask_pd(set(ReplicationOption::Mode(ReplicationMode::Majority)));
        }
        let (primary, dr) = self.dice.one_of(&[("dc1", "dc2"), ("dc2", "dc1")]);
        let (primary_replicas, dr_replicas) = self.dice.one_of(&[(2, 1), (1, 1), (3, 2)]);
        let wait_ms = self.dice.one_of(&[15 * SECOND, MINUTE]);
        for option in [
            ReplicationOption::LabelKey("zone".to_owned()),
            ReplicationOption::Primary(primary.to_owned()),
            ReplicationOption::Dr(dr.to_owned()),
            ReplicationOption::PrimaryReplicas(primary_replicas),
            ReplicationOption::DrReplicas(dr_replicas),
            ReplicationOption::WaitStoreTimeout(wait_ms),
            ReplicationOption::Mode(ReplicationMode::DrAutoSync),
        ] {
            self.ask_pd(set(option));
        }
    }

    /// PD acts of its own accord or not, and has more or less patience.
    pub(super) fn configure(&mut self) {
        let ms = self.dice.one_of(&[MINUTE, 5 * MINUTE, 30 * MINUTE]);
        let command = self.dice.one_of(&[
            PdCommand::SetHaltScheduling(Halt::Halted),
            PdCommand::SetHaltScheduling(Halt::Active),
            PdCommand::SetMaxStoreDownTime { ms },
        ]);
        self.ask_pd(command);
    }

    /// A recovery is broken off; or, seldom, PD loses all of its disks and gets its identity back,
    /// or by mistake another.
    pub(super) fn upset_pd(&mut self) {
        if !self.dice.once_in(4) {
            return self.ask_pd(PdCommand::AbortRecovery);
        }
        for command in [PdCommand::StopPd, PdCommand::LosePdDisks, PdCommand::StartPd] {
            self.ask_pd(command);
        }
        self.pause(6 * SECOND, 40 * SECOND);
        let cluster_id = if self.dice.once_in(8) { 42 } else { CLUSTER_ID };
        self.ask_pd(PdCommand::RebuildPd { cluster_id, alloc_id: ALLOC_ID });
        self.ask_pd(PdCommand::StopPd);
        self.ask_pd(PdCommand::StartPd);
        self.pause(6 * SECOND, 20 * SECOND);
        // Stores that run do not register.
        for store in self.running() {
            self.ask(Command::StopStores(vec![store]));
            self.ask(Command::StartStores(vec![store]));
            self.pause(SECOND, 10 * SECOND);
        }
    }

    /// Clients read, and query what only TiFlash may answer.
    pub(super) fn ask_clients(&mut self) {
        let table = self.table();
        let tables = self.dice.one_of(&[vec![], vec![table]]);
        let a_minute = self.dice.one_of(&[0, 6, 60, 120]);
        let command = self.dice.one_of(&[
            Command::SetReads { tables: tables.clone(), reads_per_minute: a_minute },
            Command::SetQueries { tables, queries_per_minute: a_minute },
        ]);
        self.ask(command);
    }
}
