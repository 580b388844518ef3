//! What people ask of a cluster. Why they may be refused is in [`crate::refusal`].
//!
//! The text form of a command (what an operator types) belongs to the crate `scenario`.

use crate::fault::{Links, Mishaps};
use std::fmt;

use crate::ids::{RegionId, StoreId};
use crate::message::{PeerChange, RecoveryPlan};
pub use crate::pd::replication::{ReplicationMode, ReplicationOption};
use crate::region::Key;
use crate::store::StoreMeta;

/// A request to change the cluster. It may be refused; see [`Refusal`](crate::Refusal).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `stop store …`: ends the processes. Memory is lost, disks stay; PD learns of it by missed
    /// heartbeats.
    StopStores(Vec<StoreId>),
    /// `start store …`: starts stopped processes on what their disks hold, with empty caches and
    /// black-lists.
    StartStores(Vec<StoreId>),
    /// `add store …`: a new machine; its process registers with PD and starts.
    AddStore(StoreMeta),
    /// What is done to the machines that stores run on, short of stopping them.
    Machine(MachineCommand),
    /// `lose disk of …`: a stopped store's disk is gone, with every peer on it.
    LoseDisk(StoreId),
    /// `cut A,… B,…` or `cut A,… -> B,…`: no message passes on the links until [`Command::Heal`].
    /// `pd` may stand for a store.
    Cut(Links),
    /// `delay A,… B,… 2s` or `delay A,… <-> B,… 2s`: messages on the links take this much longer.
    Delay {
        /// Which links.
        links: Links,
        /// Milliseconds added to the link's own latency; 0 takes the delay away.
        by_ms: u64,
    },
    /// `drop 10% MsgAppend region 7 A,… B,…`, `duplicate …`, `reorder …`: something becomes of so
    /// many in a hundred messages on the links, of one kind and region or of all.
    SetMishaps {
        /// Which links; none is PD's.
        links: Links,
        /// Which messages, and what becomes of them.
        mishaps: Mishaps,
        /// In a hundred; 0 takes these mishaps away.
        percent: u64,
    },
    /// `heal` or `heal A,… B,…`: takes every fault away, or those on some links.
    Heal(Option<Links>),
    /// `load TABLE 1/s` or `load off`: clients write to every region of the tables, at the leader.
    SetLoad {
        /// Names of the tables; empty means all.
        tables: Vec<String>,
        /// Writes a minute and region; 0 stops the load on these tables.
        writes_per_minute: u64,
    },
    /// `read TABLE 1/s` or `read off`: clients read from every region of the tables, at the leader.
    SetReads {
        /// Names of the tables; empty means all.
        tables: Vec<String>,
        /// Reads a minute and region; 0 stops them on these tables.
        reads_per_minute: u64,
    },
    /// `query TABLE 1/s` or `query off`: queries over whole tables that only TiFlash may answer.
    SetQueries {
        /// Names of the tables; empty means all.
        tables: Vec<String>,
        /// Queries a minute and table; 0 stops them on these tables.
        queries_per_minute: u64,
    },
    /// `ALTER TABLE t SET TIFLASH REPLICA n`: writes, changes or deletes the table's rule.
    SetTiflashReplica {
        /// The table, `db.name`.
        table: String,
        /// Replicas wanted; 0 deletes the rule.
        count: u64,
    },
    /// Tables come, go and are split.
    Table(TableCommand),
    /// What is asked of PD, or done to it.
    Pd(PdCommand),
    /// `tikv-test …`: what no operator can do, but TiKV's own tests do.
    TikvTest(TikvTest),
}

impl From<TableCommand> for Command {
    fn from(command: TableCommand) -> Command {
        Command::Table(command)
    }
}

/// What TiDB is asked to do with a table, `db.name`, by its statements of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableCommand {
    /// `CREATE TABLE t`: a table without rows, whose keys get a region of their own.
    Create {
        /// The table.
        table: String,
        /// `IF NOT EXISTS`: one that is there already is no error.
        if_not_exists: bool,
    },
    /// `DROP TABLE t`: TiDB forgets it at once; its keys and its TiFlash rule go with the garbage
    /// collection, ten minutes later at the earliest.
    Drop {
        /// The table.
        table: String,
        /// `IF EXISTS`: that there is none is no error.
        if_exists: bool,
    },
    /// `SPLIT TABLE t …`: its regions are split.
    Split {
        /// The table.
        table: String,
        /// Before which rows.
        at: SplitPoints,
    },
}

/// Before which rows a table is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitPoints {
    /// `BETWEEN (lower) AND (upper) REGIONS n`: so that the rows from `lower` to `upper` are in so
    /// many regions of the same width.
    Between {
        /// The first row.
        lower: i64,
        /// The row after the last.
        upper: i64,
        /// How many regions.
        regions: u64,
    },
    /// `BY (row), …`: before each of these rows.
    By(Vec<i64>),
}

impl From<PdCommand> for Command {
    fn from(command: PdCommand) -> Command {
        Command::Pd(command)
    }
}

/// What is asked of PD, or done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PdCommand {
    /// `stop pd`: ends all of PD's processes. Nobody is told anything until they start again.
    StopPd,
    /// `start pd`: starts PD's processes on what their disks hold.
    StartPd,
    /// `pd-server --force-new-cluster`: starts one member of a stopped PD, with its disk, alone.
    ForceNewPdCluster,
    /// `lose pd leader`: the process that leads PD is gone; another leads once its lease is over.
    LosePdLeader,
    /// `lose pd disks`: a stopped PD's disks are gone, all of them.
    LosePdDisks,
    /// `pd-recover --cluster-id … --alloc-id …`: gives a new PD the identity of the old one, and
    /// nothing else. It shows when PD is started again.
    RebuildPd {
        /// The cluster's, which its stores hold.
        cluster_id: u64,
        /// No id up to this one is handed out again.
        alloc_id: u64,
    },
    /// `pd-ctl member leader resign`: the leader hands over.
    ResignPdLeader,
    /// `pd-recover --from-old-member`: takes the records of stores off PD's disk and leaves a
    /// hundred million ids out. It shows when PD is started again.
    RecoverPd,
    /// `pd-ctl unsafe remove-failed-stores …`: buries the stores and starts unsafe recovery.
    RemoveFailedStores {
        /// The stores given up; empty only with `auto_detect`.
        stores: Vec<StoreId>,
        /// Any peer on a store that PD does not count as alive counts as failed.
        auto_detect: bool,
        /// Seconds until recovery gives up; PD's default is 600.
        timeout_s: Option<u64>,
        /// The flags that newer releases have.
        options: RecoveryOptions,
    },
    /// `pd-ctl unsafe remove-failed-stores abort`: recovery leaves force leader and ends as failed.
    AbortRecovery,
    /// `pd-ctl store remove-tombstone`: erases the record of every tombstone that PD's region
    /// cache shows no region on.
    RemoveTombstone,
    /// `pd-ctl store delete N`: the store becomes Offline and is drained.
    DeleteStore(StoreId),
    /// `curl -X DELETE …/pd/api/v1/store/N?force`: the store's machine is no more. It is drained
    /// even if too few are left, cannot be called back, and its address is free.
    DestroyStore(StoreId),
    /// `pd-ctl store cancel-delete N`: an Offline store is Up again.
    CancelDeleteStore(StoreId),
    /// `pd-ctl config set max-replicas N`: changes the count of the default placement rule.
    SetMaxReplicas(u64),
    /// `pd-ctl config set replication-mode …`: DR Auto-Sync, and its options.
    SetReplication(ReplicationOption),
    /// `pd-ctl config set halt-scheduling true|false`: PD checks and balances nothing of its own
    /// accord; operators that run already, or are asked for, go on.
    SetHaltScheduling(Halt),
    /// `pd-ctl config set max-store-down-time 30m`: after so much silence PD repairs around a
    /// store.
    SetMaxStoreDownTime {
        /// In milliseconds.
        ms: u64,
    },
    /// `pd-ctl config set max-merge-region-size N`: PD merges regions of so many MiB and less into
    /// a neighbour; 0 merges none, and is what a run begins with.
    SetMaxMergeRegionSize(u64),
    /// `pd-ctl config set max-merge-region-keys N`: nor does PD merge what has more keys; 0 stands
    /// for ten thousand a MiB of `max-merge-region-size`.
    SetMaxMergeRegionKeys(u64),
    /// `pd-ctl config set split-merge-interval 1h`: what was split is not merged for so long.
    SetSplitMergeInterval {
        /// In milliseconds.
        ms: u64,
    },
    /// `pd-ctl scheduler add …`.
    AddScheduler(Scheduler),
    /// `pd-ctl scheduler remove …`.
    RemoveScheduler(Scheduler),
    /// `pd-ctl operator add remove-peer R S`.
    AddRemovePeer {
        /// The region.
        region: RegionId,
        /// The store whose peer is to go.
        store: StoreId,
    },
    /// `pd-ctl operator add add-learner R S`.
    AddAddLearner {
        /// The region.
        region: RegionId,
        /// The store that gets a learner.
        store: StoreId,
    },
    /// `pd-ctl operator add add-peer R S`: a voter.
    AddAddPeer {
        /// The region.
        region: RegionId,
        /// The store that gets a voter.
        store: StoreId,
    },
    /// `pd-ctl operator add transfer-peer R A B`.
    AddTransferPeer {
        /// The region.
        region: RegionId,
        /// The store whose peer goes.
        from: StoreId,
        /// The store that gets one of the same role.
        to: StoreId,
    },
    /// `pd-ctl operator add transfer-region R S…`: always refused, since placement rules are on.
    AddTransferRegion {
        /// The region.
        region: RegionId,
        /// The stores it should be on.
        stores: Vec<StoreId>,
    },
    /// `pd-ctl operator add transfer-leader R S`.
    AddTransferLeader {
        /// The region.
        region: RegionId,
        /// The store whose peer is to lead.
        store: StoreId,
    },
    /// `pd-ctl operator add split-region R --policy=usekey --keys=HEX,…`.
    AddSplitRegion {
        /// The region.
        region: RegionId,
        /// How its leader finds where to split.
        policy: SplitPolicy,
        /// Where, with [`SplitPolicy::UseKey`].
        keys: Vec<Key>,
    },
    /// `pd-ctl operator add merge-region A B`.
    AddMergeRegion {
        /// The region that is to go.
        source: RegionId,
        /// Its neighbour, that is to take it in.
        target: RegionId,
    },
    /// `pd-ctl operator remove R`: cancels the region's operator.
    RemoveOperator(RegionId),
}

/// What moves leaders without a region's being in need of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheduler {
    /// `balance-leader-scheduler`: stores lead about as many regions as others. It runs from the
    /// beginning.
    BalanceLeader,
    /// `evict-leader-scheduler`: the store is to lead nothing.
    EvictLeader(StoreId),
}

/// Whether PD acts of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Halt {
    /// It does not: `halt-scheduling` is true.
    Halted,
    /// It does.
    Active,
}

/// What TiKV's own tests do to a cluster, with a PD of their own that does as it is told.
/// TiKV: `components/test_raftstore`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TikvTest {
    /// `tikv-test plan N …`: PD's answer to the store's next heartbeat carries this plan of unsafe
    /// recovery, which PD's own controller knows nothing of. A second plan takes the place of one
    /// that has not been fetched. TiKV: `pd.rs:must_set_unsafe_recovery_plan`.
    HandPlan {
        /// The store.
        store: StoreId,
        /// The plan.
        plan: RecoveryPlan,
    },
    /// `tikv-test change-peer R …`, `tikv-test leave-joint R`: PD asks the region's leader for
    /// these changes in one step, whatever the placement rules say. TiKV: `pd.rs:must_add_peer`,
    /// `must_joint_confchange`.
    ChangePeers {
        /// The region.
        region: RegionId,
        /// One change is simple, several enter a joint configuration, none leaves it.
        changes: Vec<PeerChange>,
    },
    /// `tikv-test exit-force-leader R N`: the store's peer of the region is told to end its force
    /// leader, or its way there. Without one nothing happens. TiKV: `cluster.rs:exit_force_leader`.
    ExitForceLeader {
        /// The region.
        region: RegionId,
        /// The store.
        store: StoreId,
    },
    /// `tikv-test put R`, `tikv-test get R`, `tikv-test read-index R`: one request to the region's
    /// leader. What TiKV would answer with an error is refused. TiKV: `call_command_on_leader`.
    Request {
        /// The region.
        region: RegionId,
        /// What is asked of it.
        request: ClientRequest,
    },
    /// `tikv-test compact-log R`: the region's peers drop all they have applied from their logs,
    /// whoever lacks it. TiKV's tests set `raft-log-gc-count-limit` to 8.
    CompactLog(RegionId),
}

/// What a client asks of a region. kvproto: `raft_cmdpb.CmdType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientRequest {
    /// A write, which is an entry of the region's log.
    Put,
    /// A read.
    Get,
    /// The index up to which a read has to wait.
    ReadIndex,
}

/// How a leader finds where to split its region. kvproto: `pdpb.CheckPolicy`.
///
/// The model keeps no data: by scanning or by what is known of its files, a leader finds the
/// middle of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SplitPolicy {
    /// By scanning the data.
    Scan,
    /// By what it knows of its files.
    Approximate,
    /// Where it is told.
    UseKey,
}

/// PD's text.
impl fmt::Display for SplitPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SplitPolicy::Scan => "SCAN",
            SplitPolicy::Approximate => "APPROXIMATE",
            SplitPolicy::UseKey => "USEKEY",
        })
    }
}

/// The flags of `unsafe remove-failed-stores` that came with PD 8.5.7.
/// PD: `RemoveFailedStoresOptions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryOptions {
    /// `--plan-execution-timeout`: seconds until a plan is sent again to a store that has not
    /// reported; 60 if absent.
    pub plan_timeout_s: Option<u64>,
    /// `--disable-paranoid-check`: empty regions are created even where a peer still has keys.
    pub disable_paranoid_check: bool,
}

/// What is done to the machines that stores run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineCommand {
    /// `pause store …`: the processes stall, as after SIGSTOP. Nothing happens there; what arrives
    /// waits at the door.
    Pause(Vec<StoreId>),
    /// `resume store …`: stalled processes go on, late.
    Resume(Vec<StoreId>),
    /// `pause apply of …`: the store applies nothing of what is committed, but takes part in Raft.
    PauseApply(StoreId),
    /// `resume apply of …`: it applies what has waited.
    ResumeApply(StoreId),
    /// `slow disk of … by 200ms`: what a peer says after a write to its log, and what it applies,
    /// comes this much later.
    SlowDisk {
        /// Whose disk.
        store: StoreId,
        /// Milliseconds; 0 makes it fast again.
        by_ms: u64,
    },
    /// `skew clock of … by 30s`: the store's wall clock is off.
    SkewClock {
        /// Whose clock.
        store: StoreId,
        /// Milliseconds it is ahead; below zero it is behind.
        by_ms: i64,
    },
}
