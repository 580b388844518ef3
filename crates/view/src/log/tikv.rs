//! What TiKV prints.

use sim::event::ForceLeaderRefusal;
use sim::{Event, EventKind, Knobs, PeerId, RegionId, StoreId};

use super::{Level, LogLine, Printer, Speaker, connections};

/// The lines that stores print of `event`.
pub(super) fn lines(event: &Event, knobs: &Knobs) -> Vec<LogLine> {
    if let Some(lines) = connections::lines(event, knobs) {
        return lines;
    }
    let on = |store: StoreId| Printer { at: event.at, speaker: Speaker::Store(store) };
    let line = raft_line(&event.kind, on)
        .or_else(|| peer_line(&event.kind, on))
        .or_else(|| recovery_line(&event.kind, on));
    line.into_iter().collect()
}

fn region_fields(region: RegionId, peer: PeerId) -> [(&'static str, String); 2] {
    [("region_id", region.to_string()), ("peer_id", peer.to_string())]
}

fn raft_line(kind: &EventKind, on: impl Fn(StoreId) -> Printer) -> Option<LogLine> {
    let fields = |term: u64, peer: PeerId, region: RegionId| {
        [
            ("term", term.to_string()),
            ("raft_id", peer.to_string()),
            ("region_id", region.to_string()),
        ]
    };
    if let EventKind::BecameLeader { region, peer, term } = kind {
        let message = format!("became leader at term {term}");
        return Some(on(peer.store).info("raft.rs:894", message, fields(*term, peer.id, *region)));
    }
    if let EventKind::SteppedDown { region, peer, store, term } = kind {
        let message = format!("became follower at term {term}");
        return Some(on(*store).info("raft.rs:842", message, fields(*term, *peer, *region)));
    }
    None
}

fn peer_line(kind: &EventKind, on: impl Fn(StoreId) -> Printer) -> Option<LogLine> {
    if let EventKind::StoreStarted(store) = kind {
        return Some(on(*store).info("server.rs:1052", "TiKV is ready to serve", []));
    }
    if let EventKind::PeerCreated { region, peer, store } = kind {
        let fields = region_fields(*region, *peer);
        return Some(on(*store).info("peer.rs:358", "replicate peer", fields));
    }
    if let EventKind::RegionSplit { region, new, store } = kind {
        let fields = [("region_id", region.id.to_string()), ("new_regions", new.len().to_string())];
        return Some(on(*store).info("peer.rs:4138", "notify pd with split", fields));
    }
    if let EventKind::MergePrepared { region, target, store } = kind {
        let fields = [
            ("region_id", region.id.to_string()),
            ("command", "cmd_type: PrepareMerge".to_owned()),
            ("target_region", target.to_string()),
        ];
        return Some(on(*store).info("apply.rs:1687", "execute admin command", fields));
    }
    if let EventKind::RegionsMerged { region, source, store } = kind {
        let fields = [("region_id", region.id.to_string()), ("source_region", source.to_string())];
        return Some(on(*store).info("peer.rs:4731", "notify pd with merge", fields));
    }
    if let EventKind::MergeRolledBack { region, store } = kind {
        let fields = [("region_id", region.id.to_string())];
        return Some(on(*store).info("peer.rs:4793", "notify pd with rollback merge", fields));
    }
    if let EventKind::SplitRefused { region, store } = kind {
        let error = "[PD:cluster:ErrSchedulingIsHalted]scheduling is halted".to_owned();
        let fields = [("region_id", region.to_string()), ("err", error)];
        return Some(on(*store).line(Level::Warn, "pd.rs:1155", "ask batch split failed", fields));
    }
    if let EventKind::SnapshotApplied { region, store, index } = kind {
        let fields = [("index", index.to_string()), ("region_id", region.to_string())];
        let message = "apply snapshot with state ok";
        return Some(on(*store).info("peer_storage.rs:684", message, fields));
    }
    if let EventKind::PeerDestroyed { region, peer, store, why: _ } = kind {
        let fields = region_fields(*region, *peer);
        return Some(on(*store).info("peer.rs:1301", "starts destroy", fields));
    }
    if let EventKind::TombstoneRefused { region, peer, store } = kind {
        let message = "tombstone peer receives a stale message, local_peer_id >= to_peer_id in msg";
        let fields = [
            ("region_id", region.to_string()),
            ("local_peer_id", peer.to_string()),
            ("to_peer_id", peer.to_string()),
        ];
        return Some(on(*store).info("store.rs:1920", message, fields));
    }
    None
}

fn recovery_line(kind: &EventKind, on: impl Fn(StoreId) -> Printer) -> Option<LogLine> {
    if let EventKind::ForceLeaderEntered { region, peer, store, .. } = kind {
        let fields = region_fields(*region, *peer);
        return Some(on(*store).info("peer.rs:1640", "enter force leader state", fields));
    }
    if let EventKind::ForceLeaderExited { region, store } = kind {
        let fields = [("region_id", region.to_string())];
        return Some(on(*store).info("peer.rs:1672", "exit force leader state", fields));
    }
    if let EventKind::ForceLeaderRefused { region, store, why } = kind {
        let message = format!("Unsafe recovery, reject pre force leader due to {}", refusal(*why));
        let fields = [("region_id", region.to_string())];
        return Some(on(*store).line(Level::Warn, "peer.rs:1480", message, fields));
    }
    if let EventKind::DemotionProposed { region, store, changes } = kind {
        let peers: Vec<String> =
            changes.iter().map(|change| format!("{{ {} }}", change.peer())).collect();
        let fields = [("region_id", region.to_string()), ("peers", peers.join(", "))];
        let message = "Unsafe recovery, demoting failed voters";
        return Some(on(*store).info("peer.rs:935", message, fields));
    }
    None
}

fn refusal(why: ForceLeaderRefusal) -> &'static str {
    match why {
        ForceLeaderRefusal::NotInitialized => "not initialized",
        ForceLeaderRefusal::AlreadyLeader => "already being leader",
        ForceLeaderRefusal::LeaderLease => "leader lease may not expired",
        ForceLeaderRefusal::HasQuorum => "has quorum",
        ForceLeaderRefusal::VoteFailed => "vote failed",
    }
}
