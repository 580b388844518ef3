//! A run as a trace in the Informal Trace Format (Apalache's ADR 015): recorded views as states,
//! for viewers and checkers of others.

use crate::cluster_view::{Cell, ClusterView, Disk, Process, Row, TableRow};
use crate::json::Json;

use super::plain;

/// The variables of every state.
const VARS: [&str; 7] =
    ["at_ms", "stores", "regions", "tables", "recovery_stage", "failed_resolves", "ghost_peers"];

/// Numbers above this are told as texts: JSON's own numbers are exact up to here.
const EXACT: u64 = 1 << 53;

/// The trace of one world's views, first to last; `source` says of what.
pub fn itf<'a>(source: &str, views: impl Iterator<Item = &'a ClusterView>) -> String {
    let meta = Json::Object(vec![
        ("format", Json::text("ITF")),
        ("format-description", Json::text("https://apalache-mc.org/docs/adr/015adr-trace.html")),
        ("source", Json::text(plain(source))),
        ("description", Json::text("Recorded by RegionScope")),
    ]);
    let vars = Json::list(VARS.into_iter().map(Json::text));
    // A state a line: traces are long, and are compared by people.
    let mut out = format!("{{\"#meta\":{meta},\n\"vars\":{vars},\n\"states\":[");
    for (index, view) in views.enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&state(index as u64, view).to_string());
    }
    out.push_str("\n]}\n");
    out
}

fn state(index: u64, view: &ClusterView) -> Json {
    let lanes = view.matrix.lanes.iter();
    let stores = lanes.map(|lane| {
        let process = match lane.process {
            Process::Running => "running",
            Process::Stopped => "stopped",
        };
        let store = Json::Object(vec![
            ("engine", Json::text(lane.engine.name())),
            ("zone", Json::text(plain(&lane.zone))),
            ("address", Json::text(plain(&lane.address))),
            ("process", Json::text(process)),
            ("pd", Json::text(lane.standing.name())),
        ]);
        (number(lane.store.0), store)
    });
    let regions = view.matrix.rows.iter().map(|row| (number(row.region.0), region(view, row)));
    let tables = view.tables.iter().map(|t| (Json::text(plain(&t.name)), table(t)));
    Json::Object(vec![
        ("#meta", Json::Object(vec![("index", Json::Number(index))])),
        (VARS[0], number(view.at.0)),
        (VARS[1], map(stores)),
        (VARS[2], map(regions)),
        (VARS[3], map(tables)),
        (VARS[4], Json::text(view.pd.recovery.stage.name())),
        (VARS[5], number(view.headline.failed_resolves)),
        (VARS[6], number(view.headline.ghost_peers as u64)),
    ])
}

fn region(view: &ClusterView, row: &Row) -> Json {
    let at = |lane: usize| number(view.matrix.lanes[lane].store.0);
    let members = row.cells.iter().enumerate().filter_map(|(lane, cell)| {
        let peer = cell.member?;
        let told = Json::Object(vec![
            ("peer", number(peer.id.0)),
            ("role", Json::text(format!("{:?}", peer.role))),
            ("condition", Json::text(format!("{:?}", cell.condition))),
        ]);
        Some((at(lane), told))
    });
    let held = row.cells.iter().enumerate().filter(|(_, cell)| is_held(cell));
    let leader = row.leader.map(|store| number(store.0));
    Json::Object(vec![
        // A set of one or none: ITF knows no absence.
        ("leader", Json::Object(vec![("#set", Json::list(leader))])),
        ("version", number(row.epoch.version)),
        ("conf_ver", number(row.epoch.conf_ver)),
        ("members", map(members)),
        ("held_by", Json::Object(vec![("#set", Json::list(held.map(|(lane, _)| at(lane))))])),
    ])
}

fn is_held(cell: &Cell) -> bool {
    match cell.disk {
        Disk::Peer(_) | Disk::Uninitialised(_) => true,
        Disk::Nothing | Disk::Tombstone(_) | Disk::Unread => false,
    }
}

fn table(table: &TableRow) -> Json {
    Json::Object(vec![
        ("tiflash_replicas", number(table.replica_count)),
        ("available", Json::Bool(table.available)),
        ("progress_bp", number(table.progress_bp)),
    ])
}

fn map(pairs: impl Iterator<Item = (Json, Json)>) -> Json {
    Json::Object(vec![("#map", Json::list(pairs.map(|(key, value)| Json::list([key, value]))))])
}

fn number(number: u64) -> Json {
    match number < EXACT {
        true => Json::Number(number),
        false => Json::Object(vec![("#bigint", Json::text(number.to_string()))]),
    }
}
