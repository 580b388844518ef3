//! What a store's process counts of its resolves and dropped messages, as Prometheus reads it.
//! TiKV: `src/server/metrics.rs`. A restart begins at 0.

use std::collections::BTreeMap;

use crate::ids::StoreId;
use crate::message::GetStoreError;
use crate::release::TombstoneAnswer;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientMetrics {
    /// `tikv_server_resolve_store_total`.
    pub resolves: ResolveCounts,
    failures: BTreeMap<(FailureType, StoreId), u64>,
}

/// `tikv_server_resolve_store_total` by `type`. The client counts `success` and `failed`; the
/// resolver counts beside them why it failed, where it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResolveCounts {
    /// An address was found, by PD's answer or in the cache.
    pub success: u64,
    /// No address was found, for whatever reason.
    pub failed: u64,
    /// PD called the store a tombstone (since tikv#9593).
    pub tombstone: u64,
    /// PD did not know the store (since tikv#15677).
    pub not_found: u64,
}

/// The `type` of `tikv_server_report_failure_msg_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureType {
    /// Messages dropped from the queue because a resolve failed.
    Resolve,
    /// Messages dropped because nobody answered; also each connection that broke.
    Unreachable,
    /// Messages that found the queue full.
    Full,
    /// Snapshots among the dropped messages, and snapshots that were not received.
    Snapshot,
}

impl FailureType {
    /// The label's value.
    pub fn name(self) -> &'static str {
        match self {
            FailureType::Resolve => "resolve",
            FailureType::Unreachable => "unreachable",
            FailureType::Full => "full",
            FailureType::Snapshot => "snapshot",
        }
    }
}

impl ClientMetrics {
    /// `tikv_server_report_failure_msg_total` by type and store, without those at 0.
    pub fn failures(&self) -> impl Iterator<Item = (FailureType, StoreId, u64)> {
        self.failures.iter().map(|((kind, store), count)| (*kind, *store, *count))
    }

    /// Counts failures of a type.
    pub(super) fn count(&mut self, kind: FailureType, target: StoreId, by: u64) {
        if 0 < by {
            *self.failures.entry((kind, target)).or_default() += by;
        }
    }

    /// Counts a resolve that gave no address, as the release does that answers `tombstone` so.
    pub(super) fn count_failed(&mut self, error: GetStoreError, tombstone: TombstoneAnswer) {
        self.resolves.failed += 1;
        match (error, tombstone) {
            (GetStoreError::Tombstone, TombstoneAnswer::RemovedText | TombstoneAnswer::Typed) => {
                self.resolves.tombstone += 1;
            }
            (GetStoreError::NotFound, TombstoneAnswer::Typed) => self.resolves.not_found += 1,
            (GetStoreError::Tombstone, TombstoneAnswer::Retry)
            | (GetStoreError::NotFound, TombstoneAnswer::Retry | TombstoneAnswer::RemovedText)
            | (GetStoreError::Unreachable, _) => {}
        }
    }
}
