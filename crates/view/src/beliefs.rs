//! Who believes what: for one region, what the leader, PD and each disk say of every store, side
//! by side. Where they disagree is where the trouble is.

use std::rc::Rc;

use sim::StoreId;
use sim::region::PeerRole;

use crate::cluster_view::{Cell, Disk, Lane, Matrix, Row, Standing};

/// What everybody believes of one region on one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belief {
    /// The store.
    pub store: StoreId,
    /// The leader's configuration: a letter for the role, a star for the leader.
    pub leader: String,
    /// PD's region cache: likewise, with an arrow for down and dots for pending.
    pub pd: String,
    /// The store's disk.
    pub disk: String,
    /// PD's store list.
    pub standing: &'static str,
    /// Whether two of them disagree, or the member will never answer.
    pub discord: bool,
}

/// The beliefs on a region, one a store that anybody connects with it.
pub fn beliefs(matrix: &Matrix, row: &Rc<Row>) -> Vec<Belief> {
    matrix
        .lanes
        .iter()
        .zip(row.cells.iter())
        .filter(|(_, cell)| is_connected(cell))
        .map(|(lane, cell)| belief(lane, row, cell))
        .collect()
}

fn is_connected(cell: &Cell) -> bool {
    let is_held = match cell.disk {
        Disk::Peer(_) | Disk::Uninitialised(_) | Disk::Tombstone(_) => true,
        Disk::Nothing | Disk::Unread => false,
    };
    cell.member.is_some() || cell.pd.is_some() || is_held
}

fn belief(lane: &Lane, row: &Row, cell: &Cell) -> Belief {
    let star = |leader: Option<StoreId>| if leader == Some(lane.store) { "*" } else { "" };
    let leader = match cell.member {
        Some(peer) => format!("{}{}", letter(peer.role), star(row.leader)),
        None => "–".to_owned(),
    };
    let pd = match cell.pd {
        Some(belief) => {
            let down = if belief.down { " ↓" } else { "" };
            let pending = if belief.pending { " …" } else { "" };
            format!("{}{}{down}{pending}", letter(belief.role), star(row.pd_leader))
        }
        None => "–".to_owned(),
    };
    let disk = match cell.disk {
        Disk::Nothing => "–".to_owned(),
        Disk::Peer(_) => "●".to_owned(),
        Disk::Uninitialised(_) => "○".to_owned(),
        Disk::Tombstone(_) => "tombstone".to_owned(),
        Disk::Unread => "(●)".to_owned(),
    };
    let is_held = match cell.disk {
        Disk::Peer(_) | Disk::Uninitialised(_) => true,
        Disk::Nothing | Disk::Tombstone(_) | Disk::Unread => false,
    };
    let roles_differ = cell.member.map(|peer| (peer.id, peer.role))
        != cell.pd.map(|belief| (belief.id, belief.role));
    let unknown_member = cell.member.is_some() && lane.standing == Standing::Unknown;
    Belief {
        store: lane.store,
        leader,
        pd,
        disk,
        standing: lane.standing.name(),
        discord: roles_differ || unknown_member || cell.member.is_some() != is_held,
    }
}

/// A letter for a role: V, L, I (incoming voter), D (demoting voter).
pub fn letter(role: PeerRole) -> &'static str {
    match role {
        PeerRole::Voter => "V",
        PeerRole::Learner => "L",
        PeerRole::IncomingVoter => "I",
        PeerRole::DemotingVoter => "D",
    }
}
