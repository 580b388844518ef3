//! What has happened, and why. Events are output only: nothing is rebuilt from them.
//!
//! Every event names the events it follows from. A cause is recorded where the event is emitted,
//! by the code that knows it; none is guessed afterwards. So the events of a run form a graph,
//! whose walk is the page's *Why?*.

use std::sync::Arc;

use crate::command::Command;
use crate::health::Ailment;
use crate::ids::{EventId, Millis, PeerId, RegionId, StoreId, TableId};
use crate::invariants::Broken;
use crate::message::{GetStoreError, PeerChange};
use crate::pd::replication::DrState;
use crate::region::{Peer, Region};
use crate::store::StoreStatus;

mod recovery;
mod repairs;

pub use crate::event_log::{EventLog, Subject};
pub use recovery::{ForceLeaderRefusal, RecoveryStage};
pub use repairs::{BlockedReason, OperatorEnd, OperatorName};

/// Something that has happened; final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Millis,
    /// What.
    pub kind: EventKind,
    /// The events it follows from, nearest first. Empty for what needs no reason: a person's
    /// command, or the start of the run.
    pub causes: Vec<EventId>,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A person's command was accepted.
    Commanded(Command),
    /// A store's process started, with empty caches.
    StoreStarted(StoreId),
    /// A store's process ended; its memory is gone.
    StoreStopped(StoreId),
    /// A store's process panicked on a log that cannot be right, as TiKV does: a leader contradicts
    /// what this peer knows to be committed.
    StorePanicked {
        /// The store.
        store: StoreId,
        /// The region whose log contradicts.
        region: RegionId,
    },
    /// A store's process stalls.
    StorePaused(StoreId),
    /// A stalled process goes on.
    StoreResumed(StoreId),
    /// A stopped store's disk is gone.
    DiskLost(StoreId),

    /// A peer won an election.
    BecameLeader {
        /// The region.
        region: RegionId,
        /// The winner.
        peer: Peer,
        /// In this term.
        term: u64,
    },
    /// A leader stepped down: it lost its quorum, or saw a higher term.
    SteppedDown {
        /// The region.
        region: RegionId,
        /// The peer that led.
        peer: PeerId,
        /// Its store.
        store: StoreId,
        /// The term it is in afterwards.
        term: u64,
    },
    /// A region's leader applied a change of membership.
    MembershipChanged {
        /// The region afterwards.
        region: Arc<Region>,
        /// What was changed; empty when a joint configuration was left.
        changes: Vec<PeerChange>,
    },
    /// A region's leader applied a split.
    RegionSplit {
        /// What is left of the region, its last range.
        region: Arc<Region>,
        /// The regions that were split off, by range.
        new: Vec<Arc<Region>>,
        /// The leader's store.
        store: StoreId,
    },
    /// A region's leader applied a PrepareMerge: the region takes nothing any more.
    MergePrepared {
        /// The source, as it is from now on.
        region: Arc<Region>,
        /// What it is to go into.
        target: RegionId,
        /// The leader's store.
        store: StoreId,
    },
    /// A region's leader applied a CommitMerge: another region is part of it.
    RegionsMerged {
        /// The target, afterwards.
        region: Arc<Region>,
        /// The region that is no more.
        source: RegionId,
        /// The leader's store.
        store: StoreId,
    },
    /// A region's leader applied a RollbackMerge: the region goes on as before.
    MergeRolledBack {
        /// The source, as it is from now on.
        region: Arc<Region>,
        /// The leader's store.
        store: StoreId,
    },
    /// PD gave a leader no ids for a split, since scheduling is halted while unsafe recovery runs.
    SplitRefused {
        /// The region.
        region: RegionId,
        /// The leader's store.
        store: StoreId,
    },
    /// A store created a peer, from a leader's message or by order of unsafe recovery.
    PeerCreated {
        /// The region.
        region: RegionId,
        /// The new peer's id.
        peer: PeerId,
        /// Its store.
        store: StoreId,
    },
    /// A peer received its region's data as a snapshot.
    SnapshotApplied {
        /// The region.
        region: RegionId,
        /// The peer's store.
        store: StoreId,
        /// The log index the snapshot stands for.
        index: u64,
    },
    /// A peer was destroyed; a tombstone with its id stays on the store's disk.
    PeerDestroyed {
        /// The region.
        region: RegionId,
        /// The peer.
        peer: PeerId,
        /// Its store.
        store: StoreId,
        /// For what reason.
        why: DestroyReason,
    },
    /// A leader's message reached a store that had destroyed this very peer, and was dropped for
    /// good: only a peer with a larger id can live here. Told once a peer and leader's term.
    /// TiKV: `fsm/store.rs:check_msg`.
    TombstoneRefused {
        /// The region.
        region: RegionId,
        /// The peer that cannot be revived.
        peer: PeerId,
        /// The store.
        store: StoreId,
    },
    /// Entries that had been committed are in no log that survives. Only an unsafe recovery may do
    /// this.
    EntriesLost {
        /// The region.
        region: RegionId,
        /// First lost index.
        from: u64,
        /// Last lost index.
        to: u64,
    },

    /// A store learnt another's address.
    Resolved {
        /// Who asked.
        store: StoreId,
        /// For whom.
        target: StoreId,
        /// The answer.
        address: String,
        /// Whether it came from the cache, without a question to PD.
        cached: bool,
    },
    /// A question to PD failed in gRPC; it is asked again, and others wait. TiKV: `sync_request`.
    PdRequestFailed {
        /// Who asked.
        store: StoreId,
        /// For whom.
        target: StoreId,
        /// What failed.
        error: GetStoreError,
        /// Which try of ten.
        attempt: u64,
    },
    /// A store asked PD for another's address and got none.
    ResolveFailed {
        /// Who asked.
        store: StoreId,
        /// For whom.
        target: StoreId,
        /// On which of the connections between the two, from 0.
        conn: u8,
        /// PD's answer.
        error: GetStoreError,
        /// What the raft client made of it.
        verdict: ResolveVerdict,
        /// Which try in a row on this connection; 1 for the first.
        attempt: u64,
    },
    /// A connection was made and Raft messages flow.
    Connected {
        /// From.
        store: StoreId,
        /// To.
        target: StoreId,
        /// Where.
        address: String,
    },
    /// Nobody answered at the address within 5 s.
    ConnectTimedOut {
        /// From.
        store: StoreId,
        /// To.
        target: StoreId,
        /// Where.
        address: String,
    },
    /// An established connection broke.
    ConnectionAborted {
        /// From.
        store: StoreId,
        /// To.
        target: StoreId,
        /// Where.
        address: String,
    },
    /// A store told its peers that another store cannot be reached.
    UnreachableBroadcast {
        /// Whose peers were told.
        store: StoreId,
        /// Who cannot be reached.
        unreachable: StoreId,
    },

    /// The name PD shows for a store changed.
    StoreStatusChanged {
        /// The store.
        store: StoreId,
        /// Before.
        from: StoreStatus,
        /// After.
        to: StoreStatus,
    },
    /// PD has no leader any more.
    PdLeaderLost,
    /// PD has a leader again, which knows what is on disk and has heard nothing yet.
    PdLeaderElected,
    /// PD came back without a store's record, whatever it said.
    StoreForgotten(StoreId),
    /// PD registered a store.
    StoreRegistered(StoreId),
    /// PD counts a new store in: it has taken its share of regions.
    StoreServing(StoreId),
    /// A tombstone's record stays: PD's region cache shows regions there.
    TombstoneKept(StoreId),
    /// A store that had lost its disk started as a new one, at the same address.
    StoreReplaced {
        /// The id that is gone with the disk.
        store: StoreId,
        /// The id PD gave.
        by: StoreId,
    },
    /// A tombstone's record was erased: PD no longer knows the id.
    StoreErased(StoreId),
    /// DR Auto-Sync entered a state. PD: `drSwitchTo…`.
    DrStateSwitched {
        /// The state.
        state: DrState,
        /// The stores that may be talked to; empty for all.
        available: Vec<StoreId>,
    },
    /// A store learnt of that, and sends to the available stores only.
    ReplicationUpdated {
        /// The store.
        store: StoreId,
        /// The state; `None` in mode majority.
        state: Option<DrState>,
        /// The stores that it sends to; empty for all.
        available: Vec<StoreId>,
    },
    /// PD's `max-replicas` changed.
    MaxReplicasSet(u64),
    /// PD forgot every region; the cache fills again from region heartbeats.
    RegionCacheReset,
    /// PD saw a new leader for a region.
    LeaderKnown {
        /// The region.
        region: RegionId,
        /// Who leads.
        leader: Peer,
    },
    /// PD saw a member go down, that is, unheard of by its leader for ten minutes.
    PeerDown {
        /// The region.
        region: RegionId,
        /// The member.
        peer: Peer,
    },
    /// PD created an operator for a region.
    OperatorCreated {
        /// The region.
        region: RegionId,
        /// PD's description, e.g. `add-rule-peer`.
        name: OperatorName,
        /// Its steps in PD's words, e.g. `add learner peer 60001 on store 503`.
        steps: Vec<String>,
    },
    /// An operator ended.
    OperatorEnded {
        /// The region.
        region: RegionId,
        /// PD's description.
        name: OperatorName,
        /// How.
        status: OperatorEnd,
    },
    /// PD sees that a region does not fit its rules and finds nothing it may do about it. Told
    /// once for each reason, not at each check.
    RepairBlocked {
        /// The region.
        region: RegionId,
        /// The peer in question.
        peer: Peer,
        /// Why nothing happens.
        why: BlockedReason,
    },
    /// What blocked the repair of a region is no longer so.
    RepairUnblocked(RegionId),

    /// Unsafe recovery entered a stage.
    RecoveryStage {
        /// The stage.
        stage: RecoveryStage,
        /// The round whose reports it waits for.
        step: u64,
    },
    /// PD sent a store its plan for the stage.
    PlanSent {
        /// To whom.
        store: StoreId,
        /// Of which round.
        step: u64,
    },
    /// A store's report for the current round arrived at PD.
    StoreReported {
        /// From whom.
        store: StoreId,
        /// For which round.
        step: u64,
    },
    /// A peer did not become force leader.
    ForceLeaderRefused {
        /// The region.
        region: RegionId,
        /// Its store.
        store: StoreId,
        /// Why not.
        why: ForceLeaderRefusal,
    },
    /// A peer leads its region without a quorum, by order of unsafe recovery.
    ForceLeaderEntered {
        /// The region.
        region: RegionId,
        /// The peer.
        peer: PeerId,
        /// Its store.
        store: StoreId,
        /// In this term.
        term: u64,
        /// Whether a store declared failed was still running: then two leaders may exist.
        failed_store_runs: Option<StoreId>,
    },
    /// A force leader became an ordinary peer again.
    ForceLeaderExited {
        /// The region.
        region: RegionId,
        /// Its store.
        store: StoreId,
    },
    /// A force leader proposed to demote failed members.
    DemotionProposed {
        /// The region.
        region: RegionId,
        /// Its store.
        store: StoreId,
        /// What was proposed.
        changes: Vec<PeerChange>,
    },
    /// A learner in the demotion list was passed over and stays a member (tikv#18458).
    LearnerSkipped {
        /// The region.
        region: RegionId,
        /// The learner.
        peer: Peer,
    },
    /// A learner sits on a live store that no longer has it, and PD did not list it for the
    /// demotion (pd#9624).
    OrphanIgnored {
        /// The region.
        region: RegionId,
        /// The learner.
        peer: Peer,
    },
    /// Unsafe recovery created an empty region where no replica had survived: its data is lost.
    EmptyRegionCreated(Arc<Region>),

    /// A change of a table's TiFlash replicas was put off until the table's health check passes.
    ReplicaChangeHeld {
        /// The table.
        table: TableId,
        /// Replicas wanted.
        count: u64,
        /// What the check found.
        ailments: Vec<Ailment>,
    },
    /// TiDB made a table.
    TableCreated {
        /// Its id.
        table: TableId,
        /// `db.name`.
        name: String,
    },
    /// TiDB forgot a table. Its keys are still there, and so is its TiFlash rule.
    TableDropped {
        /// Its id.
        table: TableId,
        /// `db.name`.
        name: String,
    },
    /// TiDB had a table's regions split: so many are to come, if PD gives ids for them.
    TableSplit {
        /// The table.
        table: TableId,
        /// How many regions are split off.
        regions: u64,
    },
    /// TiDB's garbage collection deleted a dropped table's keys on every store, and its TiFlash
    /// rule.
    TableDestroyed {
        /// The table.
        table: TableId,
        /// How many replicas the rule asked for; 0 where there was none.
        replicas: u64,
    },
    /// A table's TiFlash rule was written (count above 0) or deleted (0).
    ReplicaRuleSet {
        /// The table.
        table: TableId,
        /// Replicas wanted.
        count: u64,
    },
    /// TiDB set a table's AVAILABLE to 1.
    TableAvailable(TableId),
    /// TiDB looked and found replicas missing. Told when what is missing changed.
    TableNotReady {
        /// The table.
        table: TableId,
        /// Replicas found in 1/10000 of those wanted.
        progress_bp: u64,
        /// The regions short of a replica.
        missing: Vec<RegionId>,
    },
    /// An invariant does not hold: a defect of this program, shown rather than hidden.
    InvariantBroken(Broken),
}

/// Why a peer was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DestroyReason {
    /// It applied its own removal.
    Removed,
    /// It learnt from others that it is no longer a member (GC message).
    NotAMember,
    /// Unsafe recovery ordered it (tombstone).
    Recovery,
    /// Its region was merged into another.
    Merged,
}

/// What a raft client made of a failed resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResolveVerdict {
    /// It will ask again after a pause, and logged an error.
    RetryLoud,
    /// It will ask again after a pause, and logged a warning (the first in 60 s).
    RetryWarned,
    /// It will ask again after a pause, and logged nothing.
    RetryQuiet,
    /// It will not dial the store again until restart.
    Blacklisted,
}
