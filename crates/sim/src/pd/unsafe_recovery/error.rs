//! Why a recovery gives up, in PD's words.

use std::fmt;
use std::sync::Arc;

use super::show;
use crate::ids::{Millis, StoreId};
use crate::message::PeerReport;
use crate::region::Region;

/// What made a recovery give up. The first one is kept. PD leaves force leader once, then calls
/// the recovery failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoveryError {
    /// Not all that had to happen happened in time: often a store that never reported.
    Timeout {
        /// The moment that was missed.
        deadline: Millis,
    },
    /// A store that was given up is alive after all.
    FailedStoreHeard(StoreId),
    /// `unsafe remove-failed-stores abort`.
    Aborted,
    /// A merge appeared in a region's log after all merges should have had their leader.
    UnexpectedCommitMerge(PeerReport),
    /// No alive TiKV store could take an empty region.
    NoStoreForEmptyRegion,
    /// A range that the newest regions leave open is not empty: some peer holds keys there.
    PeerInEmptyRange {
        /// The region as that peer knows it.
        peer: Arc<Region>,
        /// What was to be created.
        empty: Region,
    },
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout { deadline } => {
                write!(f, "Exceeds timeout {}", show::moment_text(*deadline))
            }
            Self::FailedStoreHeard(store) => {
                write!(f, "Receive heartbeat from Failed store {store}")
            }
            Self::Aborted => f.write_str("aborted by operator"),
            Self::UnexpectedCommitMerge(report) => write!(
                f,
                "unexpected commit merge state for report {}",
                show::peer_report_text(report)
            ),
            Self::NoStoreForEmptyRegion => {
                f.write_str("can't find available store(exclude tiflash) to create new region")
            }
            Self::PeerInEmptyRange { peer, empty } => write!(
                f,
                "Find overlap peer {} with newly created empty region {}",
                show::region_text(peer),
                show::region_text(empty)
            ),
        }
    }
}

impl std::error::Error for RecoveryError {}
