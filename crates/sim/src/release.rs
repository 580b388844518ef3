//! What differs by release, as values: [`Release`] maps to [`Knobs`], one field a behaviour.
//!
//! A world is a cluster under one set of knobs. Nothing outside this file compares versions, and
//! each knob is read at the one place where it acts.

use std::fmt;

/// A release of TiKV and PD that the playground knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// The release tikv#18440 was reported on.
    V8_5_2,
    /// Learners leave in the demotion (tikv#18760, pd#9554).
    V8_5_5,
    /// An unknown store is black-listed (tikv#18023).
    V8_5_7,
    /// An unknown store is asked for again, quietly (tikv#19993).
    V8_5_8,
}

impl Release {
    /// All of them, oldest first.
    pub const ALL: [Release; 4] =
        [Release::V8_5_2, Release::V8_5_5, Release::V8_5_7, Release::V8_5_8];

    /// The release of this name, e.g. `8.5.2` or `v8.5.2`.
    pub fn from_name(name: &str) -> Option<Release> {
        let name = name.strip_prefix('v').unwrap_or(name);
        Release::ALL.into_iter().find(|release| release.name() == name)
    }

    /// Its version number without a leading v.
    pub fn name(self) -> &'static str {
        match self {
            Release::V8_5_2 => "8.5.2",
            Release::V8_5_5 => "8.5.5",
            Release::V8_5_7 => "8.5.7",
            Release::V8_5_8 => "8.5.8",
        }
    }

    /// How this release behaves.
    pub fn knobs(self) -> Knobs {
        let reported = Knobs {
            not_found: NotFound::Retry,
            learners_on_demotion: LearnersOnDemotion::Keep,
            orphaned_peers: OrphanedPeers::Ignore,
            forced_commit: ForcedCommit::VotersOnly,
            plan_resend: PlanResend::After40s,
            connect_timeout_log: ConnectTimeoutLog::Error,
        };
        let members_cleaned = Knobs {
            learners_on_demotion: LearnersOnDemotion::Remove,
            orphaned_peers: OrphanedPeers::List,
            connect_timeout_log: ConnectTimeoutLog::Warn,
            ..reported
        };
        let black_listing = Knobs {
            not_found: NotFound::Blacklist,
            plan_resend: PlanResend::After60s,
            ..members_cleaned
        };
        match self {
            Release::V8_5_2 => reported,
            Release::V8_5_5 => members_cleaned,
            Release::V8_5_7 => black_listing,
            Release::V8_5_8 => Knobs { not_found: NotFound::RetryAndWarn, ..black_listing },
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Every behaviour that differs by release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Knobs {
    /// What a raft client does when PD does not know a store.
    pub not_found: NotFound,
    /// What TiKV does with learners in the demotion list.
    pub learners_on_demotion: LearnersOnDemotion,
    /// Whether PD lists members that live on a store which no longer has them.
    pub orphaned_peers: OrphanedPeers,
    /// Whose logs hold back what a force leader commits.
    pub forced_commit: ForcedCommit,
    /// How long PD waits for a report before it sends a plan again.
    pub plan_resend: PlanResend,
    /// The level of the log line `wait connect timeout`.
    pub connect_timeout_log: ConnectTimeoutLog,
}

/// What a raft client does when PD answers that it does not know the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotFound {
    /// Tries again every 5 s for ever, with an ERROR line each time. Up to 8.5.6 (tikv#17875).
    Retry,
    /// Takes it for a tombstone and never dials it again until restart. 8.5.7 (tikv#18023).
    Blacklist,
    /// Tries again every 5 s, with at most one WARN line a minute. From 8.5.8 (tikv#19993).
    RetryAndWarn,
}

/// What TiKV does with a learner in PD's demotion list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LearnersOnDemotion {
    /// Skips it: it stays a member for ever. Up to 8.5.4 (tikv#18458).
    Keep,
    /// Removes it in the same joint change. From 8.5.5 (tikv#18760).
    Remove,
}

/// Whether PD's demotion list names orphaned peers: members on a store that is alive but reported
/// no such peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrphanedPeers {
    /// Only peers on failed stores are listed. Up to 8.5.4 (pd#9624).
    Ignore,
    /// They are listed too. From 8.5.5 (pd#9554).
    List,
}

/// Whose logs hold back the commit index of a force leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForcedCommit {
    /// Every peer that is not failed, learners too. Up to 8.5.1 (tikv#18197).
    AllPeers,
    /// Voters only. From 8.5.2 (tikv#18211).
    VotersOnly,
}

/// How long PD waits for a store's report before it sends the plan again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanResend {
    /// 40 s. Up to 8.5.6.
    After40s,
    /// 60 s. From 8.5.7, where it became an option (`--plan-execution-timeout`).
    After60s,
}

impl PlanResend {
    /// The interval in milliseconds.
    pub fn interval_ms(self) -> u64 {
        match self {
            PlanResend::After40s => 40_000,
            PlanResend::After60s => 60_000,
        }
    }
}

/// The level of `wait connect timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectTimeoutLog {
    /// ERROR. Up to 8.5.4.
    Error,
    /// WARN. From 8.5.5.
    Warn,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_releases_differ() {
        for pair in Release::ALL.windows(2) {
            assert_ne!(pair[0].knobs(), pair[1].knobs(), "{} and {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn names_lead_back_to_their_release() {
        for release in Release::ALL {
            assert_eq!(Release::from_name(release.name()), Some(release));
        }
        assert_eq!(Release::from_name("8.5.3"), None);
    }
}
