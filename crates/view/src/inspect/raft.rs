//! A region's Raft state, peer by peer.

use sim::order;
use sim::raftstore::{ForceLeaderPhase, PeerFsm, ProgressState, RaftRole};
use sim::region::{Peer, PeerRole, Region};
use sim::{Cluster, PeerId, RegionId, StoreId};

use super::{Block, InspectWord as W, Tone, list, plain, some, toned};
use crate::lang::Lang;
use crate::thing::Thing;
use crate::why::Question;

/// Every peer that runs, and every member that does not.
pub(super) fn peers(cluster: &Cluster, region: &Region, lang: Lang) -> Block {
    let words = [W::RaftRole, W::Term, W::Vote, W::LogRange, W::AppliedOfCommit];
    let mut block =
        Block::with_columns(W::RaftState.text(lang), &words.map(|word| word.text(lang)));
    let held = cluster.stores().filter(|store| store.peer(region.id).is_some());
    let mut stores = order::set(held.map(|store| store.id()));
    stores.extend(region.peers.iter().map(|peer| peer.store));
    for id in stores {
        let store = cluster.store(id);
        let peer = store.and_then(|store| store.peer(region.id));
        let cells = match peer {
            Some(peer) => running(peer, lang),
            None => {
                let runs = store.is_some_and(|store| store.is_running());
                let word = if runs { W::NotThere } else { W::NotRunning };
                let mut cells = vec![toned(word.text(lang), Tone::Bad)];
                cells.resize(words.len(), plain("–"));
                cells
            }
        };
        let row = block.row(format!("store {id}"), cells);
        row.of(Thing::Peer(region.id, id));
        if peer.is_none() {
            row.ask(Question::Member(region.id, id));
        }
    }
    block
}

fn running(peer: &PeerFsm, lang: Lang) -> Vec<super::Value> {
    let role = match peer.raft_role() {
        RaftRole::Follower if is_learner(peer) => "Learner",
        RaftRole::Follower => "Follower",
        RaftRole::PreCandidate => "PreCandidate",
        RaftRole::Candidate => "Candidate",
        RaftRole::Leader => "Leader",
    };
    let mut marks = vec![role];
    marks.extend(peer.force_leader().map(|phase| match phase {
        ForceLeaderPhase::WaitTicks => "WaitTicks",
        ForceLeaderPhase::PreForceLeader => "PreForceLeader",
        ForceLeaderPhase::ForceLeader => "ForceLeader",
    }));
    let said = [
        (peer.is_hibernated(), W::Asleep),
        (peer.has_pending_conf(), W::PendingConf),
        (!peer.is_initialized(), W::Bare),
    ];
    marks.extend(said.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word.text(lang)));
    let calm = peer.force_leader().is_none() && peer.is_initialized();
    let tone = if calm { Tone::Plain } else { Tone::Busy };
    vec![
        toned(marks.join(", "), tone),
        plain(peer.term()),
        some(peer.vote()),
        plain(format!("{}–{}", peer.first_index(), peer.last_index())),
        plain(format!("{}/{}", peer.applied_index(), peer.commit_index())),
    ]
}

fn is_learner(peer: &PeerFsm) -> bool {
    peer.region().peer(peer.id()).is_some_and(|member| member.role == PeerRole::Learner)
}

/// What the leader knows of each member's log; nothing where nobody leads.
pub(super) fn progress(cluster: &Cluster, region: RegionId, lang: Lang) -> Option<Block> {
    let leader = cluster.leader_of(region)?;
    let mut block = Block::with_columns(W::Progress.text(lang), &["match", "next", "state", ""]);
    for progress in leader.progress() {
        let state = match progress.state {
            ProgressState::Probe => toned("Probe", Tone::Busy),
            ProgressState::Replicate => plain("Replicate"),
            ProgressState::Snapshot => toned("Snapshot", Tone::Busy),
        };
        let mut said = Vec::new();
        if progress.paused {
            said.push(W::Paused.text(lang));
        }
        let is_self = progress.peer == leader.id();
        if !progress.recent_active && !is_self {
            said.push(W::Silent.text(lang));
        }
        let cells =
            vec![plain(progress.matched), plain(progress.next), state, plain(said.join(" "))];
        let label = match leader.region().peer(progress.peer) {
            Some(member) => format!("{} @ {}", member.id, member.store),
            None => progress.peer.to_string(),
        };
        block.row(label, cells);
    }
    Some(block)
}

/// The members by what they count for.
pub(super) fn configuration(region: &Region, lang: Lang) -> Block {
    let mut block = Block::new(W::Configuration.text(lang));
    let named = |roles: &[PeerRole]| {
        let members = region.peers.iter().filter(|peer| roles.contains(&peer.role));
        list(members.map(name))
    };
    if region.in_joint_state() {
        let incoming = named(&[PeerRole::Voter, PeerRole::IncomingVoter]);
        block.fact(W::Incoming.text(lang), toned(incoming, Tone::Busy));
        let outgoing = named(&[PeerRole::Voter, PeerRole::DemotingVoter]);
        block.fact(W::Outgoing.text(lang), toned(outgoing, Tone::Busy));
    } else {
        block.fact(W::Voters.text(lang), plain(named(&[PeerRole::Voter])));
    }
    block.fact(W::Learners.text(lang), plain(named(&[PeerRole::Learner])));
    block
}

/// `52894 @ 5`: a peer's id and its store.
fn name(peer: &Peer) -> String {
    let (PeerId(id), StoreId(store)) = (peer.id, peer.store);
    format!("{id} @ {store}")
}
