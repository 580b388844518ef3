//! What TiDB prints.

use sim::{Command, Event, EventKind};

use super::{LogLine, Printer, Speaker};
use crate::json::Json;

/// The lines that TiDB prints of `event`.
pub(super) fn lines(event: &Event) -> Vec<LogLine> {
    let printer = Printer { at: event.at, speaker: Speaker::TiDb };
    if let EventKind::Commanded(Command::SetTiflashReplica { table, count }) = &event.kind {
        let sql = format!("ALTER TABLE {table} SET TIFLASH REPLICA {count}");
        return vec![printer.info("session.go:4544", "CRUCIAL OPERATION", [("sql", sql)])];
    }
    if let EventKind::ReplicaRuleSet { table, count } = &event.kind {
        let id = ("tableID", table.to_string());
        let fields = [id.clone(), ("count", count.to_string())];
        return vec![
            printer.info("table.go:1355", "Set TiFlash replica pd rule", [id]),
            printer.info("info.go:1218", "ConfigureTiFlashPDForTable", fields),
        ];
    }
    if let EventKind::TableAvailable(table) = &event.kind {
        let fields = [("tableID", table.to_string()), ("progress", "1".to_owned())];
        return vec![printer.info(
            "ddl_tiflash_api.go:538",
            "Tiflash replica is available",
            fields,
        )];
    }
    if let EventKind::TableNotReady { table, progress_bp, .. } = &event.kind {
        let progress = Json::BasisPoints(*progress_bp).to_string();
        let fields = [("tableID", table.to_string()), ("progress", progress)];
        let message = "Tiflash replica is not available";
        return vec![printer.info("ddl_tiflash_api.go:525", message, fields)];
    }
    Vec::new()
}
