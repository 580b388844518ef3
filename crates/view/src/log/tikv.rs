//! What TiKV prints.

use sim::event::{ForceLeaderRefusal, ResolveVerdict};
use sim::message::GetStoreError;
use sim::release::{ConnectTimeoutLog, NotFoundLine};
use sim::{Event, EventKind, Knobs, PeerId, RegionId, StoreId};

use super::{Level, LogLine, Printer, Speaker};

/// The lines that stores print of `event`.
pub(super) fn lines(event: &Event, knobs: &Knobs) -> Vec<LogLine> {
    if let EventKind::ResolveFailed { store, target, error, verdict, attempt: _ } = &event.kind {
        let printer = Printer { at: event.at, speaker: Speaker::Store(*store) };
        return failure_lines(printer, *target, *error, *verdict, knobs);
    }
    if let EventKind::Connected { store, target, address } = &event.kind {
        let printer = Printer { at: event.at, speaker: Speaker::Store(*store) };
        let fields = [("store_id", target.to_string()), ("addr", address.clone())];
        return vec![
            printer.info("raft_client.rs:716", "server: new connection with tikv endpoint", fields),
            printer.info("raft_client.rs:883", "connection established", link(*target, address)),
        ];
    }
    let on = |store: StoreId| Printer { at: event.at, speaker: Speaker::Store(store) };
    let line = raft_line(&event.kind, on)
        .or_else(|| peer_line(&event.kind, on))
        .or_else(|| recovery_line(&event.kind, on))
        .or_else(|| connection_line(&event.kind, on, knobs));
    line.into_iter().collect()
}

fn region_fields(region: RegionId, peer: PeerId) -> [(&'static str, String); 2] {
    [("region_id", region.to_string()), ("peer_id", peer.to_string())]
}

fn link(target: StoreId, address: &str) -> [(&'static str, String); 2] {
    [("addr", address.to_owned()), ("store_id", target.to_string())]
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

fn connection_line(
    kind: &EventKind,
    on: impl Fn(StoreId) -> Printer,
    knobs: &Knobs,
) -> Option<LogLine> {
    if let EventKind::Resolved { store, target, address } = kind {
        let fields = link(*target, address);
        return Some(on(*store).info("raft_client.rs:806", "resolve store address ok", fields));
    }
    if let EventKind::ConnectTimedOut { store, target, address } = kind {
        let level = match knobs.connect_timeout_log {
            ConnectTimeoutLog::Error => Level::Error,
            ConnectTimeoutLog::Warn => Level::Warn,
        };
        let fields = link(*target, address);
        return Some(on(*store).line(level, "raft_client.rs:865", "wait connect timeout", fields));
    }
    if let EventKind::ConnectionAborted { store, target, address } = kind {
        let fields = link(*target, address);
        let message = "connection aborted";
        return Some(on(*store).line(Level::Warn, "raft_client.rs:908", message, fields));
    }
    if let EventKind::UnreachableBroadcast { store, unreachable } = kind {
        let fields =
            [("unreachable_store_id", unreachable.to_string()), ("store_id", store.to_string())];
        return Some(on(*store).info("store.rs:2947", "broadcasting unreachable", fields));
    }
    None
}

fn failure_lines(
    printer: Printer,
    target: StoreId,
    error: GetStoreError,
    verdict: ResolveVerdict,
    knobs: &Knobs,
) -> Vec<LogLine> {
    let id = || ("store_id", target.to_string());
    let mut out = Vec::new();
    if prints_hint(error, knobs) {
        out.push(printer.info("resolve.rs:121", "resolve store not found", [id()]));
    }
    let source = match verdict {
        ResolveVerdict::RetryQuiet => return out,
        ResolveVerdict::RetryWarned => {
            let message = "store is not found in PD, retrying resolve";
            let fields = [("retry_interval", "5s".to_owned()), id()];
            out.push(printer.line(Level::Warn, "raft_client.rs:895", message, fields));
            return out;
        }
        ResolveVerdict::RetryLoud => "raft_client.rs:836",
        ResolveVerdict::Blacklisted => "raft_client.rs:851",
    };
    let err = ("err", resolve_error(target, error, verdict));
    let fields = [("err_code", "KV:Unknown".to_owned()), err, id()];
    out.push(printer.line(Level::Error, source, "resolve store address failed", fields));
    out
}

/// Until 8.5.7 the resolver itself also says that PD does not know a store.
fn prints_hint(error: GetStoreError, knobs: &Knobs) -> bool {
    error == GetStoreError::NotFound && knobs.not_found_line == NotFoundLine::Info
}

/// How many lines a failed resolve leaves; `None` for other events.
pub(super) fn resolve_lines(event: &Event, knobs: &Knobs) -> Option<u64> {
    let EventKind::ResolveFailed { error, verdict, .. } = &event.kind else {
        return None;
    };
    let line = match verdict {
        ResolveVerdict::RetryQuiet => 0,
        ResolveVerdict::RetryLoud | ResolveVerdict::RetryWarned | ResolveVerdict::Blacklisted => 1,
    };
    Some(line + u64::from(prints_hint(*error, knobs)))
}

fn resolve_error(target: StoreId, error: GetStoreError, verdict: ResolveVerdict) -> String {
    if verdict == ResolveVerdict::Blacklisted || error == GetStoreError::Tombstone {
        return format!("StoreTombstone({target})");
    }
    let reason = match error {
        GetStoreError::Unreachable => "PD is unreachable".to_owned(),
        GetStoreError::NotFound | GetStoreError::Tombstone => {
            format!("invalid store ID {target}, not found")
        }
    };
    format!(
        "Other(\"[src/server/resolve.rs:124]: unknown error \
         \\\"[components/pd_client/src/util.rs:953]: {reason}\\\"\")"
    )
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

#[cfg(test)]
mod tests {
    use sim::{Millis, Release};

    use super::*;
    use crate::log::lines;

    fn failed(verdict: ResolveVerdict, error: GetStoreError) -> Event {
        let kind = EventKind::ResolveFailed {
            store: StoreId(6),
            target: StoreId(502),
            error,
            verdict,
            attempt: 1,
        };
        Event { at: Millis(281_004), kind, causes: Vec::new() }
    }

    #[test]
    fn the_line_of_the_report_is_printed_to_the_letter() {
        let event = failed(ResolveVerdict::RetryLoud, GetStoreError::NotFound);
        let printed = lines(&event, &Release::V8_5_2.knobs());
        let last = printed.last().expect("a loud retry prints a line").to_string();
        assert_eq!(
            last,
            "[2025/05/06 10:04:41.004 +08:00] [ERROR] [raft_client.rs:836] [\"resolve store \
             address failed\"] [err_code=KV:Unknown] [err=\"Other(\\\"[src/server/resolve.rs:124]: \
             unknown error \\\\\\\"[components/pd_client/src/util.rs:953]: invalid store ID 502, \
             not found\\\\\\\"\\\")\"] [store_id=502]"
        );
    }

    #[test]
    fn each_release_says_not_found_in_its_own_way() {
        let event = failed(ResolveVerdict::RetryWarned, GetStoreError::NotFound);
        let printed = lines(&event, &Release::V8_5_8.knobs());
        assert_eq!(printed.len(), 1);
        assert_eq!(
            printed[0].without_time(),
            "[WARN] [raft_client.rs:895] [\"store is not found in PD, retrying resolve\"] \
             [retry_interval=5s] [store_id=502]"
        );
        let event = failed(ResolveVerdict::Blacklisted, GetStoreError::Tombstone);
        let printed = lines(&event, &Release::V8_5_8.knobs());
        assert_eq!(
            printed[0].without_time(),
            "[ERROR] [raft_client.rs:851] [\"resolve store address failed\"] \
             [err_code=KV:Unknown] [err=StoreTombstone(502)] [store_id=502]"
        );
    }

    #[test]
    fn the_count_of_lines_is_that_of_the_lines() {
        let verdicts = [
            ResolveVerdict::RetryLoud,
            ResolveVerdict::RetryWarned,
            ResolveVerdict::RetryQuiet,
            ResolveVerdict::Blacklisted,
        ];
        for (release, verdict) in Release::ALL.into_iter().zip(verdicts.into_iter().cycle()) {
            let event = failed(verdict, GetStoreError::NotFound);
            let knobs = release.knobs();
            assert_eq!(crate::log::count(&event, &knobs), lines(&event, &knobs).len() as u64);
        }
    }
}
