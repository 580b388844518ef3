//! Stores, as `pd-ctl store` prints them. PD: `pkg/response/store.go`.

use std::collections::BTreeMap;

use sim::ids::WALL_CLOCK_START_MS;
use sim::order;
use sim::pd::stores::StoreRecord;
use sim::region::PeerRole;
use sim::store::{Engine, StoreState, StoreStatus};
use sim::{Cluster, EventKind, Millis, StoreId};

use crate::clock::WallClock;
use crate::json::Json;

/// What a disk holds, in MiB.
const DISK_MIB: u64 = 1 << 20;

/// `pd-ctl store [--state=…]`: the stores in these states; Up and Offline if none is given.
pub fn stores(cluster: &Cluster, states: &[StoreState]) -> String {
    let asked = match states {
        [] => &[StoreState::Up, StoreState::Offline],
        states => states,
    };
    list(cluster, |record| asked.contains(&record.state))
}

/// `pd-ctl store check disconnected`: the stores that PD shows by this name.
pub fn stores_shown(cluster: &Cluster, status: StoreStatus) -> String {
    list(cluster, |record| record.status(cluster.now()) == status)
}

fn list(cluster: &Cluster, is_shown: impl Fn(&StoreRecord) -> bool) -> String {
    let figures = Figures::of(cluster);
    let records = cluster.pd().stores().values().filter(|record| is_shown(record));
    let shown: Vec<Json> = records.map(|record| store_json(record, &figures, false)).collect();
    let count = Json::Number(shown.len() as u64);
    Json::Object(vec![("count", count), ("stores", Json::List(shown))]).pretty()
}

/// `pd-ctl store 502`.
///
/// # Errors
/// pd-ctl's answer where PD has no such store.
pub fn store(cluster: &Cluster, id: StoreId) -> Result<String, String> {
    match cluster.pd().stores().get(&id) {
        Some(record) => Ok(store_json(record, &Figures::of(cluster), true).pretty()),
        None => Err(format!(
            "Failed to get store: [404] \"[PD:core:ErrStoreNotFound]store {id} not found\""
        )),
    }
}

/// What PD's cache of regions says of a store.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    pub(super) leaders: u64,
    pub(super) leader_mib: u64,
    pub(super) regions: u64,
    pub(super) region_mib: u64,
    pub(super) learners: u64,
    pub(super) pending: u64,
}

/// What is counted over the whole cluster once for all stores.
pub(super) struct Figures {
    pub(super) now: Millis,
    loads: BTreeMap<StoreId, Load>,
    started: BTreeMap<StoreId, Millis>,
}

impl Figures {
    pub(super) fn of(cluster: &Cluster) -> Figures {
        let mut loads: BTreeMap<StoreId, Load> = BTreeMap::new();
        for info in cluster.pd().regions() {
            for peer in &info.region.peers {
                let load = loads.entry(peer.store).or_default();
                load.regions += 1;
                load.region_mib += info.approximate_size_mib;
                load.learners += u64::from(peer.role == PeerRole::Learner);
                load.pending += u64::from(info.is_pending(peer.id));
                if info.is_leader(peer.id) {
                    load.leaders += 1;
                    load.leader_mib += info.approximate_size_mib;
                }
            }
        }
        let starts = cluster.events().iter().filter_map(|event| {
            let EventKind::StoreStarted(store) = event.kind else { return None };
            Some((store, event.at))
        });
        Figures { now: cluster.now(), loads, started: order::map(starts) }
    }

    pub(super) fn load(&self, store: StoreId) -> Load {
        self.loads.get(&store).copied().unwrap_or_default()
    }

    /// When the store's process last started; those of the beginning did at 0.
    pub(super) fn started(&self, store: StoreId) -> Millis {
        self.started.get(&store).copied().unwrap_or_default()
    }

    /// From its start to its last heartbeat, if that is later. PD: `StoreInfo.GetUptime`.
    pub(super) fn uptime(&self, record: &StoreRecord) -> Option<String> {
        let started = self.started(record.meta.id);
        let until = record.last_heartbeat.filter(|at| started < *at)?;
        Some(go_duration(until.since(started)))
    }
}

/// pd-ctl takes `state` out, and `node_state` too where it lists several.
fn store_json(record: &StoreRecord, figures: &Figures, is_alone: bool) -> Json {
    let meta = &record.meta;
    let labels = labels(record).map(|(key, value)| {
        Json::Object(vec![("key", Json::text(key)), ("value", Json::text(value))])
    });
    let labels: Vec<Json> = labels.collect();
    let mut store = vec![("id", Json::Number(meta.id.0)), ("address", Json::text(&meta.address))];
    if !labels.is_empty() {
        store.push(("labels", Json::List(labels)));
    }
    let started = WALL_CLOCK_START_MS + figures.started(meta.id).0;
    store.push(("peer_address", Json::text(&meta.address)));
    store.push(("start_timestamp", Json::Number(started / 1_000)));
    if let Some(at) = record.last_heartbeat {
        let nanoseconds = (WALL_CLOCK_START_MS + at.0) * 1_000_000;
        store.push(("last_heartbeat", Json::Number(nanoseconds)));
    }
    if record.physically_destroyed {
        store.push(("physically_destroyed", Json::Bool(true)));
    }
    if is_alone {
        store.push(("node_state", Json::Number(node_state(record.state))));
    }
    store.push(("state_name", Json::text(record.status(figures.now).name())));
    let status = Json::Object(status(record, figures));
    Json::Object(vec![("store", Json::Object(store)), ("status", status)])
}

/// The store's labels, the engine's first.
pub(super) fn labels(record: &StoreRecord) -> impl Iterator<Item = (&str, &str)> {
    let engine = (record.meta.engine == Engine::TiFlash).then_some(("engine", "tiflash"));
    let others = record.meta.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    engine.into_iter().chain(others)
}

/// metapb: `NodeState`. Preparing and Serving are not told apart here.
fn node_state(state: StoreState) -> u64 {
    match state {
        StoreState::Up => 1,
        StoreState::Offline => 2,
        StoreState::Tombstone => 3,
    }
}

fn status(record: &StoreRecord, figures: &Figures) -> Vec<(&'static str, Json)> {
    let load = figures.load(record.meta.id);
    let number = Json::Number;
    let mut fields = vec![
        ("capacity", Json::Text(bytes(DISK_MIB))),
        ("available", Json::Text(bytes(available(load)))),
        ("used_size", Json::Text(bytes(load.region_mib))),
        ("leader_count", number(load.leaders)),
        ("leader_weight", number(1)),
        ("leader_score", number(load.leaders)),
        ("leader_size", number(load.leader_mib)),
        ("region_count", number(load.regions)),
        ("region_weight", number(1)),
        ("region_score", number(load.region_mib)),
        ("region_size", number(load.region_mib)),
    ];
    let counts = [("learner_count", load.learners), ("pending_peer_count", load.pending)];
    let counts = counts.into_iter().filter(|(_, count)| 0 < *count);
    fields.extend(counts.map(|(name, count)| (name, number(count))));
    fields.push(("slow_score", number(1)));
    let started = WallClock::at(figures.started(record.meta.id)).in_json();
    fields.push(("start_ts", Json::Text(started)));
    if let Some(at) = record.last_heartbeat {
        fields.push(("last_heartbeat_ts", Json::Text(WallClock::at(at).in_json())));
    }
    if let Some(uptime) = figures.uptime(record) {
        fields.push(("uptime", Json::Text(uptime)));
    }
    fields
}

/// What a store's disk still holds, in MiB.
fn available(load: Load) -> u64 {
    DISK_MIB.saturating_sub(load.region_mib)
}

/// A store's capacity and what of it is left, as PD prints them.
pub(super) fn disk(load: Load) -> (String, String) {
    (bytes(DISK_MIB), bytes(available(load)))
}

/// Mebibytes as PD prints sizes: four digits that count, in the largest unit, e.g. `1.5GiB`.
/// go-units: `BytesSize`.
fn bytes(mib: u64) -> String {
    const UNITS: [&str; 3] = ["MiB", "GiB", "TiB"];
    if mib == 0 {
        return "0B".to_owned();
    }
    let mut unit = 0;
    while unit + 1 < UNITS.len() && 1 << (10 * (unit + 1)) <= mib {
        unit += 1;
    }
    let one = 1_u64 << (10 * unit);
    let whole = mib / one;
    let decimals = 4_u32.saturating_sub(whole.to_string().len() as u32);
    let scale = 10_u64.pow(decimals);
    // Rounded half up, which differs from Go's only where a tie is exact.
    let scaled = (mib * scale + one / 2) / one;
    let fraction = format!("{:0width$}", scaled % scale, width = decimals as usize);
    let fraction = match decimals {
        0 => "",
        _ => fraction.trim_end_matches('0'),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{}", scaled / scale, UNITS[unit])
}

/// Milliseconds as Go prints a duration, e.g. `2h0m0.1s`.
fn go_duration(ms: u64) -> String {
    if ms < 1_000 {
        return format!("{ms}ms");
    }
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let thousandths = format!("{:03}", ms % 1_000);
    let fraction = thousandths.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let seconds = format!("{}{point}{fraction}s", ms / 1_000 % 60);
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, _) => format!("{minutes}m{seconds}"),
        (_, _) => format!("{hours}h{minutes}m{seconds}"),
    }
}

/// `pd-ctl store remove-tombstone`, once it is done: the stores that PD could not erase, if any.
///
/// # Errors
/// PD's refusal, with those that are left.
pub fn remove_tombstone(cluster: &Cluster) -> Result<String, sim::Refusal> {
    let records = cluster.pd().stores().values();
    let left = records.filter(|record| record.state == StoreState::Tombstone);
    let left: Vec<StoreId> = left.map(|record| record.meta.id).collect();
    match left.is_empty() {
        true => Ok("Success!".to_owned()),
        false => Err(sim::Refusal::TombstonesHoldRegions(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::scene;

    #[test]
    fn sizes_have_four_digits_that_count() {
        let told: Vec<String> = [0, 96, 1_000, 1_024, 1_536, 95_616, 1_048_576].map(bytes).into();
        assert_eq!(told, ["0B", "96MiB", "1000MiB", "1GiB", "1.5GiB", "93.38GiB", "1TiB"]);
    }

    #[test]
    fn spans_are_written_as_go_writes_them() {
        let told: Vec<String> = [30, 1_500, 60_000, 7_200_100].map(go_duration).into();
        assert_eq!(told, ["30ms", "1.5s", "1m0s", "2h0m0.1s"]);
    }

    #[test]
    fn a_store_alone_has_its_node_state_and_never_its_state() {
        let cluster = scene::healthy();
        let answer = store(&cluster, StoreId(4)).expect("PD has it");
        scene::compare("store_4.json", &answer);
    }

    #[test]
    fn buried_stores_are_listed_only_if_asked_for() {
        let cluster = scene::buried();
        assert!(!stores(&cluster, &[]).contains("Tombstone"));
        let answer = stores(&cluster, &[StoreState::Tombstone]);
        assert!(answer.contains("\"count\": 1") && answer.contains("\"id\": 4"), "{answer}");
        assert_eq!(answer, stores_shown(&cluster, StoreStatus::Tombstone));
        assert!(stores_shown(&cluster, StoreStatus::Up).contains("\"count\": 3"));
    }

    #[test]
    fn an_unknown_store_is_answered_as_pd_does() {
        let answer = store(&scene::healthy(), StoreId(99)).expect_err("there is none");
        let said = "Failed to get store: [404] \"[PD:core:ErrStoreNotFound]store 99 not found\"";
        assert_eq!(answer, said);
    }
}
