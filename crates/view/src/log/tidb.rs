//! What TiDB prints.

use sim::{Command, Event, EventKind, TableId};

use super::{LogLine, Printer, Speaker};
use crate::json::Json;

/// The lines that TiDB prints of `event`.
pub(super) fn lines(event: &Event) -> Vec<LogLine> {
    let printer = Printer { at: event.at, speaker: Speaker::TiDb };
    if let EventKind::Commanded(Command::SetTiflashReplica { table, count }) = &event.kind {
        let sql = format!("ALTER TABLE {table} SET TIFLASH REPLICA {count}");
        return vec![printer.info("session.go:4544", "CRUCIAL OPERATION", [("sql", sql)])];
    }
    if let Some(line) = of_tables(&event.kind, printer) {
        return vec![line];
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

/// What it prints of tables that come, go and are split.
fn of_tables(kind: &EventKind, printer: Printer) -> Option<LogLine> {
    let finished = |what: &str, state: &str, table: TableId| {
        let job = format!("Type:{what}, State:synced, SchemaState:{state}, TableID:{table}");
        printer.info("job_worker.go:580", "finish DDL job", [("job", job)])
    };
    if let EventKind::TableCreated { table, .. } = kind {
        return Some(finished("create table", "public", *table));
    }
    if let EventKind::TableDropped { table, .. } = kind {
        return Some(finished("drop table", "none", *table));
    }
    if let EventKind::TableSplit { regions, .. } = kind {
        let count = [("split key count", regions.to_string())];
        return Some(printer.info("split_region.go:78", "split batch regions request", count));
    }
    if let EventKind::TableDestroyed { table, .. } = kind {
        let fields = [("tableID", table.to_string())];
        return Some(printer.info("gc_worker.go:2036", "try delete TiFlash pd rule", fields));
    }
    None
}
