//! What differs by release, as values: [`Release`] maps to [`Knobs`], one field a behaviour.
//!
//! A world is a cluster under one set of knobs. Nothing outside this file compares versions, and
//! each knob is read at the one place where it acts. Versions and pull requests are those at which
//! TiKV, PD or TiDB changed.

use std::fmt;

/// Declares each behaviour once: its field in [`Knobs`], its enum, and the entry in [`Knob`] by
/// which it is listed, read and turned without naming its type.
macro_rules! knobs {
    ($(
        $(#[$field_doc:meta])*
        $field:ident: $(#[$enum_doc:meta])* $name:ident {
            $($(#[$value_doc:meta])* $value:ident,)+
        }
    )+) => {
        $(
            $(#[$enum_doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $name {
                $($(#[$value_doc])* $value,)+
            }

            impl $name {
                /// Its values, oldest behaviour first.
                pub const ALL: &[$name] = &[$($name::$value),+];
            }
        )+

        /// Every behaviour that differs by release.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct Knobs {
            $($(#[$field_doc])* pub $field: $name,)+
        }

        /// One field of [`Knobs`], whatever its type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Knob {
            $($(#[$field_doc])* $name,)+
        }

        impl Knob {
            /// All of them.
            pub const ALL: &[Knob] = &[$(Knob::$name),+];

            /// The name of its field in [`Knobs`].
            pub fn field(self) -> &'static str {
                match self { $(Knob::$name => stringify!($field),)+ }
            }

            /// How many values it has.
            pub fn values(self) -> usize {
                match self { $(Knob::$name => $name::ALL.len(),)+ }
            }

            /// Which of its values `knobs` has, counted from the oldest behaviour.
            pub fn get(self, knobs: &Knobs) -> usize {
                match self { $(Knob::$name => knobs.$field as usize,)+ }
            }

            /// `knobs` with the value at `index` of this one; unchanged if there is no such value.
            pub fn set(self, knobs: Knobs, index: usize) -> Knobs {
                let mut new = knobs;
                match self {
                    $(Knob::$name => {
                        new.$field = $name::ALL.get(index).copied().unwrap_or(knobs.$field);
                    })+
                }
                new
            }
        }
    };
}

knobs! {
    /// What TiKV does with a learner in PD's demotion list.
    learners_on_demotion:
    /// What TiKV does with a learner in PD's demotion list.
    LearnersOnDemotion {
        /// Skips it: it stays a member for ever. Up to 8.5.4 (tikv#18458).
        Keep,
        /// Removes it in the same joint change. From 8.5.5 (tikv#18760).
        Remove,
    }
    /// Whether PD lists members that live on a store which no longer has them.
    orphaned_peers:
    /// Whether PD's demotion list names orphaned peers: members on a store that is alive but
    /// reported no such peer.
    OrphanedPeers {
        /// Only peers on failed stores are listed. Up to 8.5.4 (pd#9624).
        Ignore,
        /// They are listed too. From 8.5.5 (pd#9554).
        List,
    }
    /// What a raft client does when PD does not know a store.
    not_found:
    /// What a raft client does when PD answers that it does not know the store.
    NotFound {
        /// Tries again every 5 s for ever, with an ERROR line each time. Up to 8.5.6 (tikv#17875).
        Retry,
        /// Takes it for a tombstone and never dials it again until restart. 8.5.7 (tikv#18023).
        Blacklist,
        /// Tries again every 5 s, with at most one WARN line a minute. From 8.5.8 (tikv#19993).
        RetryAndWarn,
        /// Asks PD for its whole list of stores and for the region's membership; a peer whose store
        /// PD has given up is taken out. Proposed for tikv#18440, in no release.
        Refresh,
    }
    /// Whether the resolver says at INFO that PD does not know a store.
    not_found_line:
    /// The line `resolve store not found` of the resolver itself.
    NotFoundLine {
        /// There is none. Up to 7.4, and again from 8.5.8 (tikv#19993).
        Absent,
        /// At level INFO. From 7.5.0 (tikv#15677).
        Info,
    }
    /// How PD tells that it does not know a store.
    unknown_store_reply:
    /// How PD answers `GetStore` for a store it does not know.
    UnknownStoreReply {
        /// By an error of gRPC itself: the client takes PD for broken and tries ten more times, a
        /// second apart, while every other question waits. Up to 6.1.
        GrpcError,
        /// By an error in the reply's header, at once. From 6.2 (pd#5310).
        Header,
    }
    /// What a raft client makes of PD's answer that a store is a tombstone.
    tombstone:
    /// What a raft client makes of PD's answer that a store is a tombstone.
    TombstoneAnswer {
        /// An error like any other: it tries again for ever. Up to 4.0 (tikv#9590).
        Retry,
        /// Black-lists the store; the error is told from others by its text. From 5.0 (tikv#9593).
        RemovedText,
        /// Black-lists the store by the error's type. From 7.5.0 (tikv#15677).
        Typed,
    }
    /// How long a connection task waits before it tries again.
    reconnect:
    /// How long a connection task waits before it tries again.
    Reconnect {
        /// A second longer each time, up to 5 s. Up to 6.3.
        Growing,
        /// 5 s, or not at all if it has not tried for as long. From 6.4 (tikv#13677).
        FiveSeconds,
    }
    /// How many connections two stores have.
    connections:
    /// How many connections a store keeps to another. TiKV: `grpc-raft-conn-num`.
    Connections {
        /// One. Up to 8.5.3.
        One,
        /// By the number of cores, up to four; a region always takes the same. From 8.5.4.
        ByCores,
    }
    /// How many messages wait at most for one store.
    raft_queue:
    /// How many messages wait at most for one store. TiKV: `raft-client-queue-size`.
    RaftQueue {
        /// 4096. In 5.x.
        Holds4096,
        /// 8192. Before 8.5.
        Holds8192,
        /// 16384. From 8.5.0.
        Holds16384,
    }
    /// The level of the log line `wait connect timeout`.
    connect_timeout_log:
    /// The level of `wait connect timeout`.
    ConnectTimeoutLog {
        /// ERROR. Up to 8.5.4.
        Error,
        /// WARN. From 8.5.5.
        Warn,
    }
    /// Whether the cluster can be recovered online, and in stages.
    online_recovery:
    /// Whether PD recovers a running cluster in stages.
    OnlineRecovery {
        /// It does not: `tikv-ctl` on stopped stores is all there is. Up to 6.0.
        Absent,
        /// `pd-ctl unsafe remove-failed-stores`. From 6.1.
        Staged,
    }
    /// Whether PD's recovery waits for and uses what TiFlash stores report.
    tiflash_reports:
    /// Whether PD's recovery looks at TiFlash stores.
    TiflashReports {
        /// It does not, and finds nothing to do where only TiFlash is left. 6.1.0-rc (pd#5044).
        Skipped,
        /// It does, and destroys TiFlash learners that hold the newest log. From 6.1.0 (pd#5045).
        Collected,
    }
    /// What is left of a demotion that has only to leave a joint state.
    residual_joint:
    /// What a force leader does when leaving an older joint state was all there was to demote.
    ResidualJoint {
        /// Keeps its recovery state for ever, and its store never reports. 6.1.0-rc (tikv#12644).
        NeverReports,
        /// Clears the state, and the store reports. From 6.1.0 (tikv#12657).
        Reports,
    }
    /// Whose logs hold back what a force leader commits.
    forced_commit:
    /// Whose logs hold back the commit index of a force leader.
    ForcedCommit {
        /// Every peer that is not failed, learners too. Up to 8.5.1 (tikv#18197).
        AllPeers,
        /// Voters only. From 8.5.2 and 7.5.7 (tikv#18211).
        VotersOnly,
    }
    /// What may be proposed to a force leader.
    forced_proposals:
    /// What a force leader accepts besides membership changes.
    ForcedProposals {
        /// Nothing: a merge it has prepared cannot be taken back. Up to 7.3 (tikv#15580).
        MembershipOnly,
        /// The rollback of a merge. From 7.4 and 7.5.0.
        RollbackMergeToo,
    }
    /// By which peers PD tells which stores have failed when nobody names them.
    failed_stores_from:
    /// Which of a region's failed peers PD lists: on auto-detect their stores are those a force
    /// leader takes for granted; and they are the ones to demote. PD: `getFailedPeers`.
    FailedStoresFrom {
        /// Voters, and there is no auto-detect: the command names the stores. Up to 6.3 (pd#5415).
        Command,
        /// Voters: a store that only held learners is overlooked. Up to 7.2 (pd#6690).
        Voters,
        /// All peers. From 7.3 (pd#6691).
        AllPeers,
    }
    /// What makes one report's log newer than another's.
    leader_choice:
    /// What PD compares besides the log when it chooses whom to force to lead.
    LeaderChoice {
        /// Only term, last index and commit index. Before 8.1.
        Log,
        /// The applied index too. From 8.1 (pd#7920).
        AppliedToo,
    }
    /// How long PD waits for a report before it sends a plan again.
    plan_resend:
    /// How long PD waits for a store's report before it sends the plan again.
    PlanResend {
        /// 40 s. Up to 8.5.6.
        After40s,
        /// 60 s. From 8.5.7, where it became an option (`--plan-execution-timeout`), and
        /// `--disable-paranoid-check` came with it.
        After60s,
    }
    /// Whether a recovery can be aborted, and how its rounds are numbered.
    recovery_abort:
    /// Whether a recovery can be aborted. Its steps are numbered so that no report of an earlier
    /// run can be taken for one of this.
    RecoveryAbort {
        /// It cannot, and each run counts its steps from 1. Up to 8.5.8 (pd#10640).
        Absent,
        /// `abort`, and no step number is used twice. On master (pd#10641).
        Offered,
    }
    /// The words of `unsafe remove-failed-stores show`.
    show_words:
    /// The words in which recovery tells its stages.
    ShowWords {
        /// One string a stage. Up to 6.4.
        OneString,
        /// With details, in small letters. 6.5 to 7.4.
        Details,
        /// With details. From 7.5.0.
        Capitals,
    }
    /// When PD removes members that no rule asks for.
    orphan_rules:
    /// When PD removes orphans: members that no rule asks for.
    OrphanRules {
        /// Only when every member that a rule asks for is healthy. Up to 6.5.
        WhenHealthy,
        /// Also unhealthy ones while there are two, and in exchange for a lost peer. From 6.6.
        SurplusToo,
    }
    /// Which stores `store delete` counts.
    store_delete_check:
    /// For which stores `store delete` asks whether enough TiKV stores would be left.
    StoreDeleteCheck {
        /// For TiFlash stores too. Up to 8.5.8 (pd#10350).
        EveryStore,
        /// For TiKV stores. On master (pd#10349).
        TikvOnly,
    }
    /// When TiDB calls a table's TiFlash replica available.
    available_when:
    /// When TiDB calls a table's TiFlash replica available.
    AvailableWhen {
        /// When every region has one. Up to 6.1.
        OneReplica,
        /// When every region has as many as were asked for.
        AllReplicas,
    }
    /// When a change of a table's replica count is carried out.
    replica_change:
    /// When `ALTER TABLE … SET TIFLASH REPLICA` is carried out.
    ReplicaChange {
        /// At once. Every release.
        AtOnce,
        /// Once a health check of the table passes, unless it takes every replica away. Proposed
        /// for tikv#18440, in no release.
        WhenConverged,
    }
}

impl PlanResend {
    /// The interval in milliseconds.
    pub fn interval_ms(self) -> u64 {
        match self {
            PlanResend::After40s => 40_000,
            PlanResend::After60s => 60_000,
        }
    }

    /// Whether it can be set with the command, and the paranoid check be turned off.
    pub fn has_options(self) -> bool {
        match self {
            PlanResend::After40s => false,
            PlanResend::After60s => true,
        }
    }
}

impl RaftQueue {
    /// The most messages that wait.
    pub fn capacity(self) -> usize {
        match self {
            RaftQueue::Holds4096 => 4096,
            RaftQueue::Holds8192 => 8192,
            RaftQueue::Holds16384 => 16384,
        }
    }
}

/// A release of TiKV and PD that the playground knows: one for each column of behaviours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// Before tombstones were recognised.
    V4_0_16,
    /// Tombstones are black-listed (tikv#9593).
    V5_4_3,
    /// The first staged recovery, before it was released: TiFlash is overlooked.
    V6_1_0Rc,
    /// Staged recovery (pd#5045, tikv#12657).
    V6_1_0,
    /// Reconnects every 5 s; an unknown store is told in the header.
    V6_5_0,
    /// More rules for orphans.
    V7_1_0,
    /// Typed errors of the resolver (tikv#15677).
    V7_5_0,
    /// As 7.5.0, and learners do not hold back a forced commit (tikv#18793).
    V7_5_7,
    /// Recovery compares applied indices (pd#7920).
    V8_1_0,
    /// The first of the 8.5 line.
    V8_5_0,
    /// The release tikv#18440 was reported on.
    V8_5_2,
    /// Several connections between two stores.
    V8_5_4,
    /// Learners leave in the demotion (tikv#18760, pd#9554).
    V8_5_5,
    /// An unknown store is black-listed (tikv#18023).
    V8_5_7,
    /// An unknown store is asked for again, quietly (tikv#19993).
    V8_5_8,
    /// Black-lists an unknown store, and keeps learners in the demotion.
    V9_0_0Beta2,
    /// The state of August 2026.
    Master,
    /// No release: 8.5.2 with the cures that were proposed for tikv#18440.
    Proposed,
}

impl Release {
    /// All of them, oldest first; what is in no release comes last.
    pub const ALL: [Release; 18] = [
        Release::V4_0_16,
        Release::V5_4_3,
        Release::V6_1_0Rc,
        Release::V6_1_0,
        Release::V6_5_0,
        Release::V7_1_0,
        Release::V7_5_0,
        Release::V7_5_7,
        Release::V8_1_0,
        Release::V8_5_0,
        Release::V8_5_2,
        Release::V8_5_4,
        Release::V8_5_5,
        Release::V8_5_7,
        Release::V8_5_8,
        Release::V9_0_0Beta2,
        Release::Master,
        Release::Proposed,
    ];

    /// The release of this name, e.g. `8.5.2` or `v8.5.2`.
    pub fn from_name(name: &str) -> Option<Release> {
        let name = name.strip_prefix('v').unwrap_or(name);
        Release::ALL.into_iter().find(|release| release.name() == name)
    }

    /// Its version number without a leading v.
    pub fn name(self) -> &'static str {
        match self {
            Release::V4_0_16 => "4.0.16",
            Release::V5_4_3 => "5.4.3",
            Release::V6_1_0Rc => "6.1.0-rc",
            Release::V6_1_0 => "6.1.0",
            Release::V6_5_0 => "6.5.0",
            Release::V7_1_0 => "7.1.0",
            Release::V7_5_0 => "7.5.0",
            Release::V7_5_7 => "7.5.7",
            Release::V8_1_0 => "8.1.0",
            Release::V8_5_0 => "8.5.0",
            Release::V8_5_2 => "8.5.2",
            Release::V8_5_4 => "8.5.4",
            Release::V8_5_5 => "8.5.5",
            Release::V8_5_7 => "8.5.7",
            Release::V8_5_8 => "8.5.8",
            Release::V9_0_0Beta2 => "9.0.0-beta.2",
            Release::Master => "master",
            Release::Proposed => "proposed",
        }
    }

    /// How this release behaves.
    pub fn knobs(self) -> Knobs {
        match self {
            Release::V4_0_16 => OLDEST,
            Release::V5_4_3 => V5_4_3,
            Release::V6_1_0Rc => V6_1_0RC,
            Release::V6_1_0 => V6_1_0,
            Release::V6_5_0 => V6_5_0,
            Release::V7_1_0 => V7_1_0,
            Release::V7_5_0 => V7_5_0,
            Release::V7_5_7 => V7_5_7,
            Release::V8_1_0 => V8_1_0,
            Release::V8_5_0 => V8_5_0,
            Release::V8_5_2 => V8_5_2,
            Release::V8_5_4 => V8_5_4,
            Release::V8_5_5 => V8_5_5,
            Release::V8_5_7 => V8_5_7,
            Release::V8_5_8 => V8_5_8,
            Release::V9_0_0Beta2 => V9_0_0BETA2,
            Release::Master => MASTER,
            Release::Proposed => PROPOSED,
        }
    }
}

/// Every knob at its oldest value.
const OLDEST: Knobs = Knobs {
    learners_on_demotion: LearnersOnDemotion::Keep,
    orphaned_peers: OrphanedPeers::Ignore,
    not_found: NotFound::Retry,
    not_found_line: NotFoundLine::Absent,
    unknown_store_reply: UnknownStoreReply::GrpcError,
    tombstone: TombstoneAnswer::Retry,
    reconnect: Reconnect::Growing,
    connections: Connections::One,
    raft_queue: RaftQueue::Holds4096,
    connect_timeout_log: ConnectTimeoutLog::Error,
    online_recovery: OnlineRecovery::Absent,
    tiflash_reports: TiflashReports::Skipped,
    residual_joint: ResidualJoint::NeverReports,
    forced_commit: ForcedCommit::AllPeers,
    forced_proposals: ForcedProposals::MembershipOnly,
    failed_stores_from: FailedStoresFrom::Command,
    leader_choice: LeaderChoice::Log,
    plan_resend: PlanResend::After40s,
    recovery_abort: RecoveryAbort::Absent,
    show_words: ShowWords::OneString,
    orphan_rules: OrphanRules::WhenHealthy,
    store_delete_check: StoreDeleteCheck::EveryStore,
    available_when: AvailableWhen::OneReplica,
    replica_change: ReplicaChange::AtOnce,
};

// What each release changes of the one before it.

const V5_4_3: Knobs = Knobs { tombstone: TombstoneAnswer::RemovedText, ..OLDEST };

const V6_1_0RC: Knobs =
    Knobs { online_recovery: OnlineRecovery::Staged, raft_queue: RaftQueue::Holds8192, ..V5_4_3 };

const V6_1_0: Knobs = Knobs {
    tiflash_reports: TiflashReports::Collected,
    residual_joint: ResidualJoint::Reports,
    ..V6_1_0RC
};

const V6_5_0: Knobs = Knobs {
    unknown_store_reply: UnknownStoreReply::Header,
    reconnect: Reconnect::FiveSeconds,
    failed_stores_from: FailedStoresFrom::Voters,
    show_words: ShowWords::Details,
    available_when: AvailableWhen::AllReplicas,
    ..V6_1_0
};

const V7_1_0: Knobs = Knobs { orphan_rules: OrphanRules::SurplusToo, ..V6_5_0 };

const V7_5_0: Knobs = Knobs {
    tombstone: TombstoneAnswer::Typed,
    not_found_line: NotFoundLine::Info,
    failed_stores_from: FailedStoresFrom::AllPeers,
    forced_proposals: ForcedProposals::RollbackMergeToo,
    show_words: ShowWords::Capitals,
    ..V7_1_0
};

const V7_5_7: Knobs = Knobs { forced_commit: ForcedCommit::VotersOnly, ..V7_5_0 };

const V8_1_0: Knobs = Knobs { leader_choice: LeaderChoice::AppliedToo, ..V7_5_0 };

const V8_5_0: Knobs = Knobs { raft_queue: RaftQueue::Holds16384, ..V8_1_0 };

const V8_5_2: Knobs = Knobs { forced_commit: ForcedCommit::VotersOnly, ..V8_5_0 };

const V8_5_4: Knobs = Knobs { connections: Connections::ByCores, ..V8_5_2 };

const V8_5_5: Knobs = Knobs {
    learners_on_demotion: LearnersOnDemotion::Remove,
    orphaned_peers: OrphanedPeers::List,
    connect_timeout_log: ConnectTimeoutLog::Warn,
    ..V8_5_4
};

const V8_5_7: Knobs =
    Knobs { not_found: NotFound::Blacklist, plan_resend: PlanResend::After60s, ..V8_5_5 };

const V8_5_8: Knobs =
    Knobs { not_found: NotFound::RetryAndWarn, not_found_line: NotFoundLine::Absent, ..V8_5_7 };

const V9_0_0BETA2: Knobs = Knobs { not_found: NotFound::Blacklist, ..V8_5_2 };

const MASTER: Knobs = Knobs {
    recovery_abort: RecoveryAbort::Offered,
    store_delete_check: StoreDeleteCheck::TikvOnly,
    ..V8_5_8
};

const PROPOSED: Knobs =
    Knobs { not_found: NotFound::Refresh, replica_change: ReplicaChange::WhenConverged, ..V8_5_2 };

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_releases_are_the_same() {
        let all: BTreeSet<String> =
            Release::ALL.iter().map(|release| format!("{:?}", release.knobs())).collect();
        assert_eq!(all.len(), Release::ALL.len());
    }

    #[test]
    fn names_lead_back_to_their_release() {
        for release in Release::ALL {
            assert_eq!(Release::from_name(release.name()), Some(release));
        }
        assert_eq!(Release::from_name("8.5.3"), None);
    }

    #[test]
    fn every_value_of_a_knob_can_be_set_and_some_release_has_it() {
        for knob in Knob::ALL {
            for value in 0..knob.values() {
                assert_eq!(knob.get(&knob.set(OLDEST, value)), value, "{knob:?}");
                let has = |release: Release| knob.get(&release.knobs()) == value;
                assert!(Release::ALL.into_iter().any(has), "{knob:?} {value}");
            }
            assert_eq!(knob.set(OLDEST, 99), OLDEST);
        }
    }
}
