//! What PD counts regions by: `region check …` and the gauges of the same names.
//! PD: `pkg/statistics/region_collection.go:Observe`.

use super::Pd;
use super::region_tree::RegionInfo;
use crate::region::PeerRole;
use crate::store::StoreState;

/// A region of at most this size counts as empty, in MiB. PD: `EmptyRegionApproximateSize`.
const EMPTY_REGION_MIB: u64 = 1;

/// Something that may be the matter with a region, as PD tells it from what leaders report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionCheck {
    /// It has fewer members than its rules ask for.
    MissPeer,
    /// It has more.
    ExtraPeer,
    /// Its leader reports a member as down.
    DownPeer,
    /// Its leader reports a member as pending.
    PendingPeer,
    /// A member's store is being drained. One on a Tombstone store is not listed here.
    OfflinePeer,
    /// A member is a learner.
    LearnerPeer,
    /// It holds 1 MiB or less.
    EmptyRegion,
}

impl RegionCheck {
    /// All of them, in the order in which PD exports their counts.
    pub const ALL: [RegionCheck; 7] = [
        RegionCheck::MissPeer,
        RegionCheck::ExtraPeer,
        RegionCheck::DownPeer,
        RegionCheck::PendingPeer,
        RegionCheck::OfflinePeer,
        RegionCheck::LearnerPeer,
        RegionCheck::EmptyRegion,
    ];

    /// pd-ctl's name for it, e.g. `miss-peer`.
    pub fn name(self) -> &'static str {
        match self {
            RegionCheck::MissPeer => "miss-peer",
            RegionCheck::ExtraPeer => "extra-peer",
            RegionCheck::DownPeer => "down-peer",
            RegionCheck::PendingPeer => "pending-peer",
            RegionCheck::OfflinePeer => "offline-peer",
            RegionCheck::LearnerPeer => "learner-peer",
            RegionCheck::EmptyRegion => "empty-region",
        }
    }

    /// The label `type` of the gauge `pd_regions_status`, e.g. `miss-peer-region-count`.
    pub fn metric(self) -> &'static str {
        match self {
            RegionCheck::MissPeer => "miss-peer-region-count",
            RegionCheck::ExtraPeer => "extra-peer-region-count",
            RegionCheck::DownPeer => "down-peer-region-count",
            RegionCheck::PendingPeer => "pending-peer-region-count",
            RegionCheck::OfflinePeer => "offline-peer-region-count",
            RegionCheck::LearnerPeer => "learner-peer-region-count",
            RegionCheck::EmptyRegion => "empty-region-count",
        }
    }
}

impl Pd {
    /// The regions of its cache that a check lists, by ascending id. PD looks at a region when a
    /// heartbeat arrives, so one that nobody has reported is in no list.
    pub fn regions_with(&self, check: RegionCheck) -> impl Iterator<Item = &RegionInfo> {
        let reported = self.regions().filter(|info| info.leader.is_some());
        reported.filter(move |info| self.shows(info, check))
    }

    fn shows(&self, info: &RegionInfo, check: RegionCheck) -> bool {
        let members = &info.region.peers;
        // PD leaves a region alone that would have to be split before any rule applies.
        let Some((default, table)) = self.rules.for_region(&info.region) else {
            return false;
        };
        let wanted = default.count + table.map_or(0, |rule| rule.count);
        match check {
            RegionCheck::MissPeer => (members.len() as u64) < wanted,
            RegionCheck::ExtraPeer => wanted < members.len() as u64,
            RegionCheck::DownPeer => !info.down_peers.is_empty(),
            RegionCheck::PendingPeer => !info.pending_peers.is_empty(),
            RegionCheck::OfflinePeer => members.iter().any(|peer| {
                let record = self.stores.get(&peer.store);
                record.is_some_and(|record| record.state == StoreState::Offline)
            }),
            RegionCheck::LearnerPeer => members.iter().any(|peer| peer.role == PeerRole::Learner),
            RegionCheck::EmptyRegion => info.approximate_size_mib <= EMPTY_REGION_MIB,
        }
    }
}
