//! The Raft state of one region's peers: what the map shows when one is nearest.

use sim::raftstore::{PeerFsm, PeerProgress, ProgressState, RaftRole};
use sim::{Cluster, RegionId, StoreId};

use crate::Lang;

/// One peer's Raft state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RaftLine {
    /// Its store.
    pub store: StoreId,
    /// What it is to Raft.
    pub role: RaftRole,
    /// Whether it sleeps.
    pub is_asleep: bool,
    /// Its term.
    pub term: u64,
    /// Its last entry, what it knows to be committed, what it has applied.
    pub log: [u64; 3],
    /// What the leader knows of its log: the last entry it has, and the next to send.
    pub progress: Option<(u64, u64, ProgressState)>,
}

impl RaftLine {
    /// The lines of a region's running peers, by store.
    pub fn of(cluster: &Cluster, region: RegionId) -> Vec<RaftLine> {
        let progress = cluster.leader_of(region).map(PeerFsm::progress).unwrap_or_default();
        let peers = cluster.stores().filter_map(|store| store.peer(region));
        peers.map(|peer| line(peer, &progress)).collect()
    }

    /// What to write beside the peer.
    pub fn text(&self, lang: Lang) -> Vec<String> {
        let role = match self.role {
            RaftRole::Leader => "leader",
            RaftRole::Follower => "follower",
            RaftRole::Candidate => "candidate",
            RaftRole::PreCandidate => "pre-candidate",
        };
        let asleep = if self.is_asleep { lang.pick(" · asleep", " · 休眠") } else { "" };
        let [last, committed, applied] = self.log;
        let mut lines = vec![
            format!("store {} · {role} · term {}{asleep}", self.store, self.term),
            format!("  last {last} · commit {committed} · apply {applied}"),
        ];
        lines.extend(self.progress.map(|(matched, next, state)| {
            let state = match state {
                ProgressState::Probe => "Probe",
                ProgressState::Replicate => "Replicate",
                ProgressState::Snapshot => "Snapshot",
            };
            format!("  match {matched} · next {next} · {state}")
        }));
        lines
    }
}

fn line(peer: &PeerFsm, progress: &[PeerProgress]) -> RaftLine {
    let known = progress.iter().find(|known| known.peer == peer.id());
    let known = known.filter(|_| !peer.is_leader());
    RaftLine {
        store: peer.store(),
        role: peer.raft_role(),
        is_asleep: peer.is_hibernated(),
        term: peer.term(),
        log: [peer.last_index(), peer.commit_index(), peer.applied_index()],
        progress: known.map(|known| (known.matched, known.next, known.state)),
    }
}

#[cfg(test)]
mod tests {
    use sim::{Millis, Release};

    use super::*;
    use crate::project::testing::two_tables;

    #[test]
    fn each_peer_says_where_its_log_is_and_the_leader_what_it_knows_of_it() {
        let mut cluster =
            Cluster::new(&two_tables(), Release::V8_5_2.knobs(), 1).expect("the setup is sound");
        cluster.advance(Millis(5_000));
        let lines = RaftLine::of(&cluster, RegionId(30));
        assert_eq!(lines.iter().map(|line| line.store.0).collect::<Vec<_>>(), [2, 3, 4]);
        let leader = lines.iter().find(|line| line.role == RaftRole::Leader);
        let leader = leader.expect("the setup names one");
        assert_eq!(leader.progress, None);
        for line in lines.iter().filter(|line| line.role == RaftRole::Follower) {
            assert_eq!((line.term, line.log), (leader.term, leader.log));
            let (matched, next, state) = line.progress.expect("the leader tracks it");
            assert_eq!((matched, next), (leader.log[0], leader.log[0] + 1));
            assert_eq!(state, ProgressState::Replicate);
            assert_eq!(line.text(Lang::En).len(), 3);
        }
    }
}
