//! What the real tools answer to questions about a cluster: pd-ctl's JSON and TiDB's tables. Fields
//! of no meaning here (sizes of disks, flows) are left out; those given have the real names, in
//! the real order.

use sim::fault::Fault;
use sim::pd::leader::Presence;
use sim::pd::operator::Operator;
use sim::pd::region_tree::RegionInfo;
use sim::pd::rules::Rule;
use sim::pd::stores::StoreRecord;
use sim::pd::unsafe_recovery::StageOutput;
use sim::region::{Peer, PeerRole};
use sim::store::{Engine, StoreState};
use sim::{Cluster, Refusal, RegionId, StoreId};

use crate::clock::WallClock;
use crate::json::Json;

/// What pd-ctl prints while PD does not answer; `None` if it does.
pub fn without_pd(cluster: &Cluster) -> Option<String> {
    match cluster.pd().presence() {
        Presence::Serving => None,
        Presence::Electing(_) => Some(Refusal::PdNoLeader.to_string()),
        Presence::Stopped => Some(Refusal::PdStopped.to_string()),
    }
}

/// `pd-ctl store`: the stores that are Up or Offline.
pub fn stores(cluster: &Cluster) -> String {
    let shown: Vec<Json> = cluster
        .pd()
        .stores()
        .values()
        .filter(|record| record.state != StoreState::Tombstone)
        .map(|record| store_json(cluster, record))
        .collect();
    let count = Json::Number(shown.len() as u64);
    Json::Object(vec![("count", count), ("stores", Json::List(shown))]).pretty()
}

/// `pd-ctl store 502`.
///
/// # Errors
/// pd-ctl's answer where PD has no such store.
pub fn store(cluster: &Cluster, id: StoreId) -> Result<String, String> {
    match cluster.pd().stores().get(&id) {
        Some(record) => Ok(store_json(cluster, record).pretty()),
        None => Err(format!(
            "Failed to get store: [404] \"[PD:core:ErrStoreNotFound]store {id} not found\""
        )),
    }
}

fn store_json(cluster: &Cluster, record: &StoreRecord) -> Json {
    let meta = &record.meta;
    let label = |key: &str, value: &str| {
        Json::Object(vec![("key", Json::text(key)), ("value", Json::text(value))])
    };
    let engine = (meta.engine == Engine::TiFlash).then(|| label("engine", "tiflash"));
    let labels = engine.into_iter().chain(meta.labels.iter().map(|(k, v)| label(k, v)));
    let store = Json::Object(vec![
        ("id", Json::Number(meta.id.0)),
        ("address", Json::text(&meta.address)),
        ("labels", Json::list(labels)),
        ("state_name", Json::text(record.status(cluster.now()).name())),
    ]);
    let regions = || cluster.pd().regions();
    let leads = |info: &&RegionInfo| info.leader.is_some_and(|leader| leader.store == meta.id);
    let mut status = vec![
        ("leader_count", Json::Number(regions().filter(leads).count() as u64)),
        ("region_count", Json::Number(cluster.pd().region_count_on(meta.id))),
    ];
    if let Some(at) = record.last_heartbeat {
        status.push(("last_heartbeat_ts", Json::Text(WallClock::at(at).in_json())));
    }
    Json::Object(vec![("store", store), ("status", Json::Object(status))])
}

/// `pd-ctl region`: every region in PD's cache.
pub fn regions(cluster: &Cluster) -> String {
    let regions: Vec<Json> = cluster.pd().regions().map(region_json).collect();
    let count = Json::Number(regions.len() as u64);
    Json::Object(vec![("count", count), ("regions", Json::List(regions))]).pretty()
}

/// `pd-ctl region 52973`; `null` where PD's cache has none, as pd-ctl prints it.
pub fn region(cluster: &Cluster, id: RegionId) -> String {
    cluster.pd().region(id).map_or(Json::Null, region_json).pretty()
}

fn region_json(info: &RegionInfo) -> Json {
    let region = &info.region;
    let epoch = [("conf_ver", region.epoch.conf_ver), ("version", region.epoch.version)];
    let epoch = epoch.into_iter().filter(|(_, value)| *value != 0);
    let mut fields = vec![
        ("id", Json::Number(region.id.0)),
        ("start_key", Json::Text(region.start.to_string())),
        ("end_key", Json::Text(region.end.to_string())),
        ("epoch", Json::Object(epoch.map(|(name, value)| (name, Json::Number(value))).collect())),
        ("peers", Json::list(region.peers.iter().map(|peer| peer_json(*peer)))),
        (
            "leader",
            match info.leader {
                Some(leader) => peer_json(leader),
                None => Json::Object(vec![("role_name", Json::text(""))]),
            },
        ),
    ];
    if !info.down_peers.is_empty() {
        let down = info.down_peers.iter().map(|(peer, seconds)| {
            let seconds = ("down_seconds", Json::Number(*seconds));
            Json::Object(vec![seconds, ("peer", peer_json(*peer))])
        });
        fields.push(("down_peers", Json::list(down)));
    }
    if !info.pending_peers.is_empty() {
        let pending = info.pending_peers.iter().map(|peer| peer_json(*peer));
        fields.push(("pending_peers", Json::list(pending)));
    }
    fields.push(("approximate_size", Json::Number(info.approximate_size_mib)));
    Json::Object(fields)
}

/// kvproto leaves a role of 0 out; PD adds its name.
fn peer_json(peer: Peer) -> Json {
    let role = match peer.role {
        PeerRole::Voter => 0,
        PeerRole::Learner => 1,
        PeerRole::IncomingVoter => 2,
        PeerRole::DemotingVoter => 3,
    };
    let mut fields =
        vec![("id", Json::Number(peer.id.0)), ("store_id", Json::Number(peer.store.0))];
    if role != 0 {
        fields.push(("role", Json::Number(role)));
    }
    fields.push(("role_name", Json::text(peer.role.name())));
    if peer.role == PeerRole::Learner {
        fields.push(("is_learner", Json::Bool(true)));
    }
    Json::Object(fields)
}

/// `pd-ctl operator show`.
pub fn operators(cluster: &Cluster) -> String {
    Json::list(cluster.pd().operators().map(|operator| Json::Text(operator.show()))).pretty()
}

/// `pd-ctl operator check 52973`.
///
/// # Errors
/// pd-ctl's answer where the region has no operator.
pub fn operator(cluster: &Cluster, region: RegionId) -> Result<String, String> {
    let show = |operator: &Operator| {
        Json::Text(format!("status: RUNNING, operator: {}", operator.show())).to_string()
    };
    let none = || "Failed! [404] \"operator not found\"".to_owned();
    cluster.pd().operator(region).map(show).ok_or_else(none)
}

/// `pd-ctl unsafe remove-failed-stores show`.
///
/// # Errors
/// pd-ctl's answer in a release that cannot recover online.
pub fn recovery(cluster: &Cluster) -> Result<String, String> {
    let known = cluster.pd().recovery().check_online();
    known.map(|()| recovery_json(cluster).pretty()).map_err(|refusal| refusal.to_string())
}

/// The array that `unsafe remove-failed-stores show` prints.
pub fn recovery_json(cluster: &Cluster) -> Json {
    let stages = cluster.pd().recovery().show(cluster.now());
    Json::list(stages.into_iter().map(stage_json))
}

fn stage_json(stage: StageOutput) -> Json {
    let mut fields = vec![("info", Json::Text(stage.info))];
    if let Some(at) = stage.time {
        fields.push(("time", Json::Text(WallClock::at(at).in_recovery_output())));
    }
    if !stage.actions.is_empty() {
        let actions = stage.actions.into_iter().map(|(store, actions)| {
            (format!("store {store}"), Json::list(actions.into_iter().map(Json::Text)))
        });
        fields.push(("actions", Json::Map(actions.collect())));
    }
    if !stage.details.is_empty() {
        fields.push(("details", Json::list(stage.details.into_iter().map(Json::Text))));
    }
    Json::Object(fields)
}

/// `pd-ctl config placement-rules show`.
pub fn placement_rules(cluster: &Cluster) -> String {
    Json::list(cluster.pd().rules().iter().map(rule_json)).pretty()
}

fn rule_json(rule: &Rule) -> Json {
    let mut fields = vec![("group_id", Json::text(rule.group_id())), ("id", Json::Text(rule.id()))];
    if rule.index() != 0 {
        fields.push(("index", Json::Number(rule.index())));
    }
    fields.extend([
        ("start_key", Json::Text(rule.start.to_string())),
        ("end_key", Json::Text(rule.end.to_string())),
        ("role", Json::text(rule.role.name())),
        ("is_witness", Json::Bool(false)),
        ("count", Json::Number(rule.count)),
    ]);
    if rule.engine == Engine::TiFlash {
        let constraint = Json::Object(vec![
            ("key", Json::text("engine")),
            ("op", Json::text("in")),
            ("values", Json::List(vec![Json::text("tiflash")])),
        ]);
        fields.push(("label_constraints", Json::List(vec![constraint])));
    }
    Json::Object(fields)
}

/// `faults`: the faults in force, a line each, as the commands that bring them about.
pub fn faults(cluster: &Cluster) -> String {
    let faults: Vec<String> = cluster.faults().iter().map(Fault::to_string).collect();
    if faults.is_empty() { "no faults".to_owned() } else { faults.join("\n") }
}

/// The columns of `information_schema.tiflash_replica`, and whether each is aligned to the right.
const REPLICA_COLUMNS: [(&str, bool); 7] = [
    ("TABLE_SCHEMA", false),
    ("TABLE_NAME", false),
    ("TABLE_ID", true),
    ("REPLICA_COUNT", true),
    ("LOCATION_LABELS", false),
    ("AVAILABLE", true),
    ("PROGRESS", true),
];

/// `SELECT * FROM information_schema.tiflash_replica`, as the mysql client draws it.
pub fn tiflash_replicas(cluster: &Cluster) -> String {
    let tables = cluster.tidb().tables().filter(|table| 0 < table.replica_count);
    let rows: Vec<[String; 7]> = tables
        .map(|table| {
            let (schema, name) = table.name.split_once('.').unwrap_or(("", &table.name));
            // TiDB shows two decimals, cut off.
            let progress = Json::BasisPoints(table.progress_bp / 100 * 100);
            [
                schema.to_owned(),
                name.to_owned(),
                table.id.to_string(),
                table.replica_count.to_string(),
                String::new(),
                u64::from(table.available).to_string(),
                progress.to_string(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return "Empty set".to_owned();
    }
    draw(&rows)
}

fn draw(rows: &[[String; 7]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].len());
        cells.max().unwrap_or_default().max(REPLICA_COLUMNS[column].0.len())
    };
    let widths: Vec<usize> = (0..REPLICA_COLUMNS.len()).map(width).collect();
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let rule = format!("+{}+", dashes.join("+"));
    let line = |cells: &mut dyn Iterator<Item = String>| {
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut out = vec![rule.clone()];
    let head = REPLICA_COLUMNS.iter().zip(&widths);
    out.push(line(&mut head.map(|((name, _), width)| format!("{name:<width$}"))));
    out.push(rule.clone());
    for row in rows {
        let cells = row.iter().zip(REPLICA_COLUMNS).zip(&widths);
        out.push(line(&mut cells.map(|((cell, (_, is_right)), width)| match is_right {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        })));
    }
    let plural = if rows.len() == 1 { "row" } else { "rows" };
    out.push(format!("{rule}\n{} {plural} in set", rows.len()));
    out.join("\n")
}
