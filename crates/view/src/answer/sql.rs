//! TiDB's tables on stores, regions and replicas, as the mysql client draws them.
//! TiDB: `pkg/executor/infoschema_reader.go`, `pkg/executor/show.go`.

use sim::clients::ReadFrom;
use sim::pd::region_tree::RegionInfo;
use sim::region::{Key, PeerRole};
use sim::store::StoreState;
use sim::tidb::Table;
use sim::tidb::infoschema::{Column, InfoTable};
use sim::{Cluster, Event, EventKind, Millis, Refusal, TableCommand, TableId};

use super::pd::without_pd;
use super::precheck::precheck;
use super::store::{Figures, disk, labels};
use crate::clock::WallClock;
use crate::json::Json;
use crate::lang::Lang;

/// A row of cells, as text.
type Row = Vec<String>;

const NULL: &str = "NULL";

/// The columns of `SHOW TABLE … REGIONS`.
const TABLE_REGIONS: [Column; 13] = [
    ("REGION_ID", true),
    ("START_KEY", false),
    ("END_KEY", false),
    ("LEADER_ID", true),
    ("LEADER_STORE_ID", true),
    ("PEERS", false),
    ("SCATTERING", true),
    ("WRITTEN_BYTES", true),
    ("READ_BYTES", true),
    ("APPROXIMATE_SIZE(MB)", true),
    ("APPROXIMATE_KEYS", true),
    ("SCHEDULING_CONSTRAINTS", false),
    ("SCHEDULING_STATE", false),
];

/// `SELECT * FROM information_schema.… [WHERE column = value]`; the column by its position. Texts
/// compare without case.
///
/// # Errors
/// TiDB's answer where it has to ask PD, and PD does not answer.
pub fn info_table(
    cluster: &Cluster,
    table: InfoTable,
    filter: Option<(usize, &str)>,
) -> Result<String, String> {
    match table {
        InfoTable::TiflashReplica => {}
        InfoTable::TikvRegionPeers | InfoTable::TikvRegionStatus | InfoTable::TikvStoreStatus => {
            pd_answers(cluster)?;
        }
    }
    let mut rows = match table {
        InfoTable::TiflashReplica => tiflash_replicas(cluster),
        InfoTable::TikvRegionPeers => region_peers(cluster),
        InfoTable::TikvRegionStatus => region_status(cluster),
        InfoTable::TikvStoreStatus => store_status(cluster),
    };
    if let Some((column, value)) = filter {
        rows.retain(|row| row[column].eq_ignore_ascii_case(value));
    }
    Ok(draw(table.columns(), &rows))
}

fn pd_answers(cluster: &Cluster) -> Result<(), String> {
    match without_pd(cluster) {
        None => Ok(()),
        Some(_) => Err("ERROR 9001 (HY000): PD server timeout".to_owned()),
    }
}

/// What TiDB answers to `ALTER TABLE … SET TIFLASH REPLICA` that it has just accepted.
pub(super) fn replicas_altered(cluster: &Cluster, name: &str, lang: Lang) -> String {
    match cluster.tidb().table(name).and_then(|table| table.held) {
        None => DONE.to_owned(),
        Some(_) => {
            let why = lang.pick(
                "Note 1105: the change is held back until the table is healthy",
                "Note 1105: 变更暂缓，直到表恢复健康",
            );
            let found = precheck(cluster, name, lang).unwrap_or_else(|refused| refused);
            format!("Query OK, 0 rows affected, 1 warning\n{why}\n{found}")
        }
    }
}

/// The columns of what `SPLIT TABLE` answers.
const SPLIT: [Column; 2] = [("TOTAL_SPLIT_REGION", true), ("SCATTER_FINISH_RATIO", true)];

/// What TiDB answers to a statement about a table that has just been carried out.
pub(super) fn table_command(cluster: &Cluster, command: &TableCommand) -> String {
    let of_it = |event: &Event| {
        if let EventKind::TableSplit { regions, .. } = &event.kind {
            let ratio = u64::from(0 < *regions);
            return Some(draw(&SPLIT, &[vec![regions.to_string(), ratio.to_string()]]));
        }
        if matches!(event.kind, EventKind::TableCreated { .. } | EventKind::TableDropped { .. }) {
            return Some(DONE.to_owned());
        }
        // What the statement was to bring about is so already.
        matches!(event.kind, EventKind::Commanded(_)).then(|| note(command))
    };
    let told = cluster.events().iter().rev().find_map(of_it);
    told.expect("that it was asked is an event")
}

const DONE: &str = "Query OK, 0 rows affected";

fn note(command: &TableCommand) -> String {
    let note = match command {
        TableCommand::Create { table, .. } => format!("1050: Table '{table}' already exists"),
        TableCommand::Drop { table, .. } => format!("1051: Unknown table '{table}'"),
        TableCommand::Split { .. } => return DONE.to_owned(),
    };
    format!("{DONE}, 1 warning\nNote {note}")
}

/// `SHOW TABLE tpcc.stock REGIONS`: the regions that share a key with the table, by range.
///
/// # Errors
/// TiDB's answer where there is no such table, or PD does not answer.
pub fn table_regions(cluster: &Cluster, name: &str) -> Result<String, String> {
    let table = cluster.tidb().table(name);
    let table = table.ok_or_else(|| Refusal::UnknownTable(name.to_owned()).to_string())?;
    pd_answers(cluster)?;
    let (start, end) = (Key::table_prefix(table.id), Key::table_prefix(TableId(table.id.0 + 1)));
    let rows: Vec<Row> = cluster.pd().regions_in(&start, &end).map(table_region).collect();
    Ok(draw(&TABLE_REGIONS, &rows))
}

/// `SELECT COUNT(*) FROM tpcc.stock`: the rows that clients have inserted since the run began.
///
/// # Errors
/// TiDB's answer where there is no such table, or it cannot be read.
pub fn count_rows(cluster: &Cluster, name: &str, from: ReadFrom) -> Result<String, String> {
    let counted = |from| match cluster.count_rows(name, from) {
        None => Err(Refusal::UnknownTable(name.to_owned()).to_string()),
        Some(Ok(rows)) => Ok(draw(&[("COUNT(*)", true)], &[vec![rows.to_string()]])),
        Some(Err(error)) => Err(error.to_string()),
    };
    let is_available = cluster.tidb().table(name).is_none_or(|table| table.available);
    match from {
        // TiDB reads from TiKV where the hint cannot be followed.
        ReadFrom::TiFlash if !is_available => {
            let told = counted(ReadFrom::TiKv)?;
            Ok(format!(
                "{told}, 1 warning\nWarning 1815: Internal : No available path for table {name} \
                 with the store type tiflash of the hint /*+ read_from_storage */, please check \
                 the status of the table replica and variable value of \
                 tidb_isolation_read_engines(map[0:{{}} 1:{{}} 2:{{}}])"
            ))
        }
        ReadFrom::TiFlash | ReadFrom::TiKv => counted(from),
    }
}

fn table_region(info: &RegionInfo) -> Row {
    let region = &info.region;
    let peers: Vec<String> = region.peers.iter().map(|peer| peer.id.to_string()).collect();
    let leader = info.leader.map(|leader| (leader.id.to_string(), leader.store.to_string()));
    // TiDB takes the members without a leader as PD's client gives them: all zeros.
    let (leader, leader_store) = leader.unwrap_or_else(|| ("0".into(), "0".into()));
    vec![
        region.id.to_string(),
        readable(&region.start),
        readable(&region.end),
        leader,
        leader_store,
        peers.join(", "),
        "0".into(),
        "0".into(),
        "0".into(),
        info.approximate_size_mib.to_string(),
        info.approximate_keys.to_string(),
        String::new(),
        String::new(),
    ]
}

/// `t_45_r_7` of a row's key, `t_45_r` and `t_45_` of what a table's keys begin with; in
/// hexadecimal what is no table's.
fn readable(key: &Key) -> String {
    let Some(table) = key.table() else { return key.to_string() };
    let raw: Vec<u8> =
        key.bytes().chunks(9).flat_map(|group| &group[..group.len() - 1]).copied().collect();
    let row = raw.get(11..19).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    let has_row = 18 < key.bytes().len();
    match raw.get(9..11) {
        Some(b"_r") => match row.filter(|_| has_row) {
            Some(row) => {
                format!("t_{table}_r_{}", (u64::from_be_bytes(row) ^ (1 << 63)).cast_signed())
            }
            None => format!("t_{table}_r"),
        },
        Some(_) | None => format!("t_{table}_"),
    }
}

fn tiflash_replicas(cluster: &Cluster) -> Vec<Row> {
    let tables = cluster.tidb().tables().filter(|table| 0 < table.replica_count);
    let row = |table: &Table| {
        let (schema, name) = split(&table.name);
        // TiDB shows two decimals, cut off.
        let progress = Json::BasisPoints(table.progress_bp / 100 * 100);
        vec![
            schema.to_owned(),
            name.to_owned(),
            table.id.to_string(),
            table.replica_count.to_string(),
            String::new(),
            u64::from(table.available).to_string(),
            progress.to_string(),
        ]
    };
    tables.map(row).collect()
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("", name))
}

fn region_peers(cluster: &Cluster) -> Vec<Row> {
    let mut rows = Vec::new();
    for info in cluster.pd().regions() {
        for peer in &info.region.peers {
            let down = info.down_peers.iter().find(|(down, _)| down.id == peer.id);
            let status = match down {
                Some(_) => "DOWN",
                None if info.is_pending(peer.id) => "PENDING",
                None => "NORMAL",
            };
            rows.push(vec![
                info.id().to_string(),
                peer.id.to_string(),
                peer.store.to_string(),
                u64::from(peer.role == PeerRole::Learner).to_string(),
                u64::from(info.is_leader(peer.id)).to_string(),
                status.to_owned(),
                down.map_or(NULL.to_owned(), |(_, seconds)| seconds.to_string()),
            ]);
        }
    }
    rows
}

/// A region has a row for each table it holds keys of, or one without a table.
fn region_status(cluster: &Cluster) -> Vec<Row> {
    let mut rows = Vec::new();
    for info in cluster.pd().regions() {
        let holds = |table: &&Table| {
            let end = Key::table_prefix(TableId(table.id.0 + 1));
            let region = &info.region;
            let begins = region.end.is_empty() || Key::table_prefix(table.id) < region.end;
            region.start < end && begins
        };
        let tables: Vec<&Table> = cluster.tidb().tables().filter(holds).collect();
        match tables.as_slice() {
            [] => rows.push(region_row(info, None)),
            tables => rows.extend(tables.iter().map(|table| region_row(info, Some(table)))),
        }
    }
    rows
}

fn region_row(info: &RegionInfo, table: Option<&Table>) -> Row {
    let region = &info.region;
    let null = || NULL.to_owned();
    let replication = info.replication;
    let names = table.map(|table| split(&table.name));
    vec![
        region.id.to_string(),
        region.start.to_string(),
        region.end.to_string(),
        table.map_or_else(null, |table| table.id.to_string()),
        names.map_or_else(null, |(schema, _)| schema.to_owned()),
        names.map_or_else(null, |(_, name)| name.to_owned()),
        "0".into(),
        null(),
        null(),
        "0".into(),
        null(),
        null(),
        region.epoch.conf_ver.to_string(),
        region.epoch.version.to_string(),
        "0".into(),
        "0".into(),
        info.approximate_size_mib.to_string(),
        info.approximate_keys.to_string(),
        replication.map_or_else(null, |of| of.state.name().to_owned()),
        replication.map_or_else(null, |of| of.state_id.to_string()),
    ]
}

/// The stores that PD lists unasked: not the buried ones.
fn store_status(cluster: &Cluster) -> Vec<Row> {
    let figures = Figures::of(cluster);
    let records = cluster.pd().stores().values();
    let listed = records.filter(|record| record.state != StoreState::Tombstone);
    let date = |at: Millis| WallClock::at(at).in_sql();
    listed
        .map(|record| {
            let id = record.meta.id;
            let load = figures.load(id);
            let (capacity, available) = disk(load);
            vec![
                id.to_string(),
                record.meta.address.clone(),
                u64::from(record.state == StoreState::Offline).to_string(),
                record.status(figures.now).name().to_owned(),
                label_column(labels(record)),
                String::new(),
                capacity,
                available,
                load.leaders.to_string(),
                "1".into(),
                load.leaders.to_string(),
                load.leader_mib.to_string(),
                load.regions.to_string(),
                "1".into(),
                load.region_mib.to_string(),
                load.region_mib.to_string(),
                date(figures.started(id)),
                record.last_heartbeat.map_or(NULL.to_owned(), date),
                figures.uptime(record).unwrap_or_default(),
            ]
        })
        .collect()
}

/// `[{"key": "zone", "value": "dc1"}]`: TiDB's JSON has spaces after colons and commas.
fn label_column<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let labels: Vec<String> = labels
        .map(|(key, value)| {
            let (key, value) = (Json::text(key), Json::text(value));
            format!("{{\"key\": {key}, \"value\": {value}}}")
        })
        .collect();
    if labels.is_empty() { "null".to_owned() } else { format!("[{}]", labels.join(", ")) }
}

fn draw(columns: &[Column], rows: &[Row]) -> String {
    if rows.is_empty() {
        return "Empty set".to_owned();
    }
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default().max(columns[column].0.len())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let rule = format!("+{}+", dashes.join("+"));
    let line = |cells: &mut dyn Iterator<Item = String>| {
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut out = vec![rule.clone()];
    let head = columns.iter().zip(&widths);
    out.push(line(&mut head.map(|((name, _), width)| format!("{name:<width$}"))));
    out.push(rule.clone());
    for row in rows {
        let cells = row.iter().zip(columns).zip(&widths);
        out.push(line(&mut cells.map(|((cell, (_, is_right)), width)| match is_right {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        })));
    }
    let plural = if rows.len() == 1 { "row" } else { "rows" };
    out.push(format!("{rule}\n{} {plural} in set", rows.len()));
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use sim::{Command, PdCommand};

    use super::*;
    use crate::answer::scene;

    #[test]
    fn keys_are_read_as_tidb_reads_them() {
        let table = TableId(45);
        let keys = [Key::table_prefix(table), Key::record_prefix(table), Key::record(table, 7)];
        assert_eq!(keys.map(|key| readable(&key)), ["t_45_", "t_45_r", "t_45_r_7"]);
        assert_eq!(readable(&Key::new(b"z")), "7A");
        assert_eq!(readable(&Key::default()), "");
    }

    #[test]
    fn every_table_is_drawn_as_recorded() {
        let cluster = scene::learner_lost();
        let mut told: Vec<String> = InfoTable::ALL
            .map(|table| info_table(&cluster, table, None).expect("PD is there"))
            .into();
        told.push(table_regions(&cluster, "test.t").expect("there is such a table"));
        scene::compare("tables.txt", &told.join("\n\n"));
    }

    #[test]
    fn a_condition_picks_rows() {
        let cluster = scene::learner_lost();
        let peers = |filter| {
            info_table(&cluster, InfoTable::TikvRegionPeers, Some(filter)).expect("PD is there")
        };
        assert!(peers((0, "20")).ends_with("4 rows in set"));
        assert!(peers((2, "4")).ends_with("1 row in set"));
        assert!(peers((5, "down")).ends_with("1 row in set"));
        assert_eq!(peers((0, "99")), "Empty set");
    }

    #[test]
    fn without_pd_tidb_knows_only_its_own_tables() {
        let mut cluster = scene::healthy();
        cluster.apply(&Command::Pd(PdCommand::StopPd)).expect("it runs");
        let asked = |table| info_table(&cluster, table, None);
        let silent = Err("ERROR 9001 (HY000): PD server timeout".to_owned());
        assert_eq!(asked(InfoTable::TikvStoreStatus), silent);
        assert_eq!(table_regions(&cluster, "test.t"), silent);
        assert!(asked(InfoTable::TiflashReplica).is_ok());
    }

    #[test]
    fn an_unknown_table_is_refused() {
        let answer = table_regions(&scene::healthy(), "test.u").expect_err("there is none");
        assert_eq!(answer, Refusal::UnknownTable("test.u".into()).to_string());
    }
}
