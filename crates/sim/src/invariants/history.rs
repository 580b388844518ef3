//! Safety laws that are checked where things happen: an election, an applied entry, a change of a
//! peer's disk. Each is a function of [`Checker`] called from there.

use std::collections::BTreeMap;

use super::{Broken, Checker, Law};
use crate::ids::{PeerId, RegionId, StoreId};
use crate::message::PeerChange;
use crate::region::{Region, RegionEpoch};

/// What has been seen of one region.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Who led in which term.
    leaders: BTreeMap<u64, PeerId>,
    /// The committed log, as runs of one term: (first index, term).
    runs: Vec<(u64, u64)>,
    /// The last committed index.
    committed: u64,
    /// The last write that was acknowledged: index and term.
    acknowledged: Option<(u64, u64)>,
    /// The greatest version and `conf_ver` that any peer has reached.
    pub(super) newest: RegionEpoch,
    /// A force leader was entered while a store declared failed still ran.
    pub(super) two_leaders_expected: bool,
}

impl History {
    /// The newest term that was led.
    pub(super) fn newest_term(&self) -> Option<u64> {
        self.leaders.keys().max().copied()
    }

    fn term_at(&self, index: u64) -> Option<u64> {
        self.runs.iter().rev().find(|(first, _)| *first <= index).map(|(_, term)| *term)
    }
}

impl Checker {
    /// A force leader was entered while a store declared failed still ran: from now on this region
    /// may have two leaders in a term, and lose what the other commits.
    pub(crate) fn expect_two_leaders(&mut self, region: RegionId) {
        self.regions.entry(region).or_default().two_leaders_expected = true;
    }

    /// Whether it may.
    pub(crate) fn expects_two_leaders(&self, region: RegionId) -> bool {
        self.regions.get(&region).is_some_and(|history| history.two_leaders_expected)
    }

    /// When a leader is elected: [`Law::OneLeaderPerTerm`], [`Law::LeaderCompleteness`] and
    /// [`Law::AcknowledgedKept`].
    ///
    /// `term_at` tells the term of an entry of the leader's log, if that is not compacted.
    pub(crate) fn on_leader(
        &mut self,
        region: RegionId,
        term: u64,
        peer: PeerId,
        last_index: u64,
        term_at: impl Fn(u64) -> Option<u64>,
        forced: bool,
    ) {
        self.one_leader_per_term(region, term, peer, forced);
        let history = self.regions.entry(region).or_default();
        let excused = history.two_leaders_expected;
        let committed = history.committed;
        // The new leader has appended one entry of its own term.
        let has_all = (committed < last_index)
            && term_at(committed).is_none_or(|term| history.term_at(committed) == Some(term));
        if !has_all {
            if forced || excused {
                self.forget_lost(region, last_index, &term_at);
            } else {
                let what = format!("leader {peer} of region {region} lacks committed {committed}");
                self.report(Broken::region(Law::LeaderCompleteness, region, what));
            }
        }
        self.acknowledged_kept(region, peer, last_index, term_at);
    }

    fn one_leader_per_term(&mut self, region: RegionId, term: u64, peer: PeerId, forced: bool) {
        let history = self.regions.entry(region).or_default();
        if forced {
            // It needs nobody's vote, so it may take a term that one of those given up has led.
            history.leaders.retain(|led, _| *led < term);
        }
        let other = history.leaders.insert(term, peer).filter(|other| *other != peer);
        let excused = history.two_leaders_expected;
        if history.leaders.len() > 64 {
            history.leaders.pop_first();
        }
        if let Some(other) = other.filter(|_| !excused) {
            let what = format!("region {region} has two leaders in term {term}: {other}, {peer}");
            self.report(Broken::region(Law::OneLeaderPerTerm, region, what));
        }
    }

    /// A force leader lacks committed entries: they are lost, and said to be.
    fn forget_lost(
        &mut self,
        region: RegionId,
        last_index: u64,
        term_at: impl Fn(u64) -> Option<u64>,
    ) {
        let history = self.regions.entry(region).or_default();
        let committed = history.committed;
        let mut kept = committed.min(last_index - 1);
        while 0 < kept && term_at(kept).is_some_and(|term| history.term_at(kept) != Some(term)) {
            kept -= 1;
        }
        if committed <= kept {
            return;
        }
        history.committed = kept;
        history.runs.retain(|(first, _)| *first <= kept);
        self.losses.push((region, kept + 1, committed));
        // A member whose removal is lost is a member again.
        self.destroyed.retain(|_, of| *of != region);
    }

    /// Committed entries found to be lost since the last call.
    pub(crate) fn take_losses(&mut self) -> Vec<(RegionId, u64, u64)> {
        std::mem::take(&mut self.losses)
    }

    /// [`Law::AcknowledgedKept`]: a new leader has the last acknowledged write, or it was just said
    /// to be lost, or was given by one of two leaders.
    fn acknowledged_kept(
        &mut self,
        region: RegionId,
        peer: PeerId,
        last_index: u64,
        term_at: impl Fn(u64) -> Option<u64>,
    ) {
        let history = self.regions.entry(region).or_default();
        let Some((index, term)) = history.acknowledged else { return };
        let has_it = index < last_index && term_at(index).is_none_or(|there| there == term);
        if has_it {
            return;
        }
        history.acknowledged = None;
        let is_told =
            |(of, from, to): &(RegionId, u64, u64)| *of == region && *from <= index && index <= *to;
        if !history.two_leaders_expected && !self.losses.iter().any(is_told) {
            let what = format!("leader {peer} of region {region} lost acknowledged write {index}");
            self.report(Broken::region(Law::AcknowledgedKept, region, what));
        }
    }

    /// A leader has applied a client's write, and answers it.
    pub(crate) fn on_acknowledged(&mut self, region: RegionId, index: u64, term: u64) {
        self.regions.entry(region).or_default().acknowledged = Some((index, term));
    }

    /// [`Law::StateMachineSafety`], when a peer applies an entry.
    pub(crate) fn on_applied(&mut self, region: RegionId, index: u64, term: u64) {
        let history = self.regions.entry(region).or_default();
        if history.committed < index {
            history.committed = index;
            if history.runs.last().is_none_or(|(_, last)| *last != term) {
                history.runs.push((index, term));
            }
            return;
        }
        let known = history.term_at(index);
        let excused = history.two_leaders_expected;
        if known != Some(term) && known.is_some() && !excused {
            let what = format!(
                "region {region} applied entry {index} of term {term} and of term {known:?}"
            );
            self.report(Broken::region(Law::StateMachineSafety, region, what));
        }
    }

    /// [`Law::CommitMonotone`], when a peer writes down how far its log is committed.
    pub(crate) fn on_commit(&mut self, region: RegionId, store: StoreId, before: u64, after: u64) {
        if after < before {
            let what = format!(
                "the commit index of region {region} went from {before} to {after} on store {store}"
            );
            self.report(Broken::region(Law::CommitMonotone, region, what).on(store));
        }
    }

    /// A region that is there when the run begins.
    pub(crate) fn on_setup(&mut self, region: &Region) {
        self.regions.entry(region.id).or_default().newest = region.epoch;
    }

    /// [`Law::EpochMonotone`], when a peer's region changes.
    pub(crate) fn on_epoch(
        &mut self,
        region: RegionId,
        store: StoreId,
        peer: PeerId,
        epoch: RegionEpoch,
    ) {
        let history = self.regions.entry(region).or_default();
        // Each part by itself: of two histories, one may have more members changed, and the other
        // more splits and merges.
        history.newest.version = history.newest.version.max(epoch.version);
        history.newest.conf_ver = history.newest.conf_ver.max(epoch.conf_ver);
        // Two leaders may have changed the region, each in its own way.
        let excused = history.two_leaders_expected;
        let last = self.epochs.insert((region, store), (peer, epoch));
        let went_back = |(id, last): (PeerId, RegionEpoch)| id == peer && epoch < last;
        if last.is_some_and(went_back) && !excused {
            let what = format!("the epoch of region {region} went back on store {store}");
            self.report(Broken::region(Law::EpochMonotone, region, what).on(store));
        }
    }

    /// [`Law::JointByConfChange`], when a peer applies a change of members.
    pub(crate) fn on_conf_change(
        &mut self,
        store: StoreId,
        before: &Region,
        after: &Region,
        changes: &[PeerChange],
    ) {
        let lawful = match changes {
            [] => before.in_joint_state() && !after.in_joint_state(),
            [_] => !before.in_joint_state() && !after.in_joint_state(),
            _ => !before.in_joint_state(),
        };
        if !lawful {
            let (region, count) = (before.id, changes.len());
            let what = format!(
                "{count} changes took region {region} into or out of a joint state on store {store}"
            );
            self.report(Broken::region(Law::JointByConfChange, region, what).on(store));
        }
    }

    /// A peer begins a new life with no epoch: [`Law::DestroyedStaysAway`].
    pub(crate) fn on_created(&mut self, region: RegionId, store: StoreId, peer: PeerId) {
        self.epochs.insert((region, store), (peer, RegionEpoch::default()));
        // Of two leaders, one may have removed a peer that the other has for a member.
        if self.destroyed.contains_key(&(store, peer)) && !self.expects_two_leaders(region) {
            let what = format!("peer {peer} of region {region} returned on store {store}");
            self.report(Broken::region(Law::DestroyedStaysAway, region, what).on(store));
        }
    }

    /// A peer is destroyed: its id must not come back here.
    pub(crate) fn on_destroyed(&mut self, region: RegionId, store: StoreId, peer: PeerId) {
        self.destroyed.insert((store, peer), region);
    }

    /// A disk is gone, and what it remembered with it.
    pub(crate) fn on_disk_lost(&mut self, store: StoreId) {
        self.destroyed.retain(|(of, _), _| *of != store);
    }
}
