//! What PD prints.

use sim::event::OperatorEnd;
use sim::message::PeerChange;
use sim::pd::unsafe_recovery::stage_info;
use sim::store::StoreStatus;
use sim::{Event, EventKind, Knobs};

use super::{Level, LogLine, Printer, Speaker};
use crate::clock::WallClock;
use crate::json::Json;

/// The line that PD prints of `event`, if it prints one.
pub(super) fn line(event: &Event, knobs: &Knobs) -> Option<LogLine> {
    let printer = Printer { at: event.at, speaker: Speaker::Pd };
    if let EventKind::RecoveryStage { stage, .. } = &event.kind {
        let entry = Json::Object(vec![
            ("info", Json::text(stage_info(*stage, knobs.show_words))),
            ("time", Json::Text(WallClock::at(event.at).in_recovery_output())),
        ]);
        return Some(printer.info("unsafe_recovery_controller.go:547", entry.to_string(), []));
    }
    store_line(&event.kind, printer).or_else(|| region_line(&event.kind, printer))
}

fn store_line(kind: &EventKind, printer: Printer) -> Option<LogLine> {
    if let EventKind::StoreStatusChanged { store, to, .. } = kind {
        let id = [("store-id", store.to_string())];
        return match to {
            StoreStatus::Tombstone => {
                Some(printer.line(Level::Warn, "cluster.go:1602", "store has been Tombstone", id))
            }
            StoreStatus::Offline => {
                Some(printer.line(Level::Warn, "cluster.go:1545", "store has been offline", id))
            }
            StoreStatus::Up | StoreStatus::Disconnected | StoreStatus::Down => None,
        };
    }
    if let EventKind::StoreErased(store) = kind {
        let id = [("store-id", store.to_string())];
        return Some(printer.info("cluster.go:1911", "delete store succeeded", id));
    }
    if let EventKind::StoreServing(store) = kind {
        let id = [("store-id", store.to_string())];
        return Some(printer.info("cluster.go:1720", "store has changed to serving", id));
    }
    if let EventKind::TombstoneKept(store) = kind {
        let id = [("store", format!("id:{store}"))];
        return Some(printer.line(Level::Warn, "cluster.go:1896", "skip removing tombstone", id));
    }
    if matches!(kind, EventKind::PdLeaderElected) {
        let text = "PD leader is ready to serve";
        return Some(printer.info("server.go:1776", text, [("leader-name", "pd".to_owned())]));
    }
    if matches!(kind, EventKind::PdLeaderLost) {
        let text = "no longer a leader because lease has expired, pd leader will step down";
        return Some(printer.info("server.go:1800", text, []));
    }
    if let EventKind::DrStateSwitched { state, .. } = kind {
        let fields = [("replicate-mode", "dr-auto-sync".to_owned())];
        let message = format!("switched to {} state", state.name());
        return Some(printer.info("replication_mode.go:243", message, fields));
    }
    if let EventKind::MaxReplicasSet(count) = kind {
        let fields = [("new", format!("{{\"max-replicas\":{count}}}"))];
        return Some(printer.info("server.go:1083", "replication config is updated", fields));
    }
    None
}

fn region_line(kind: &EventKind, printer: Printer) -> Option<LogLine> {
    if let EventKind::MembershipChanged { region, changes } = kind {
        let fields = [
            ("region-id", region.id.to_string()),
            ("detail", detail(changes)),
            ("new-confver", region.epoch.conf_ver.to_string()),
        ];
        return Some(printer.info("region.go:751", "region ConfVer changed", fields));
    }
    if let EventKind::LeaderKnown { region, leader } = kind {
        let fields = [("region-id", region.to_string()), ("to", leader.store.to_string())];
        return Some(printer.info("region.go:766", "leader changed", fields));
    }
    if let EventKind::OperatorCreated { region, name, steps } = kind {
        let operator = format!("\"{} (steps:[{}])\"", name.name(), steps.join(", "));
        let fields = [("region-id", region.to_string()), ("operator", operator)];
        return Some(printer.info("operator_controller.go:543", "add operator", fields));
    }
    if let EventKind::OperatorEnded { region, name, status } = kind {
        let operator = format!("\"{}\"", name.name());
        let fields = [("region-id", region.to_string()), ("operator", operator)];
        return Some(printer.info("operator_controller.go:712", ended(*status), fields));
    }
    None
}

fn detail(changes: &[PeerChange]) -> String {
    let parts: Vec<String> = changes
        .iter()
        .map(|change| match change {
            PeerChange::AddVoter(peer) | PeerChange::AddLearner(peer) => {
                format!("Add peer:{{{peer} }}")
            }
            PeerChange::Remove(peer) => format!("Remove peer:{{{peer} }}"),
        })
        .collect();
    parts.join(",")
}

fn ended(status: OperatorEnd) -> &'static str {
    match status {
        OperatorEnd::Success => "operator finish",
        OperatorEnd::Canceled => "operator canceled",
        OperatorEnd::Replaced => "replace old operator",
        OperatorEnd::Expired => "operator expired",
        OperatorEnd::Timeout => "operator timeout",
    }
}
