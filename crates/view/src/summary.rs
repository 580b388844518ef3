//! The outcome of a run in one world, as an object for other programs: what `--json` prints.

use std::collections::BTreeMap;

use serde::Serialize;
use sim::pd::region_check::RegionCheck;
use sim::tidb::Table;
use sim::{Cluster, Release};

use crate::clock::WallClock;
use crate::knob::{self, Knob};
use crate::lang::Lang;
use crate::log;
use crate::phrases;

/// How a world stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorldSummary {
    /// The release whose knobs it has; `None` for a mixture.
    pub release: Option<&'static str>,
    /// Each knob's value, by the knob's name.
    pub knobs: BTreeMap<&'static str, KnobSummary>,
    /// The digest of all that has happened, in hexadecimal.
    pub fingerprint: String,
    /// The simulated moment, in milliseconds since the start.
    pub now_ms: u64,
    /// Unsafe recovery.
    pub recovery: RecoverySummary,
    /// The tables with a TiFlash replica.
    pub tables: Vec<TableSummary>,
    /// Members that will never answer.
    pub ghost_peers: Vec<GhostSummary>,
    /// Resolve attempts that gave no address.
    pub failed_resolves: u64,
    /// PD's counts of regions by what is the matter, under the names by which it exports them.
    pub regions: BTreeMap<&'static str, u64>,
    /// What the running stores count of their resolves, by store.
    pub resolves: BTreeMap<u64, ResolveSummary>,
    /// What clients feel, in a line; empty where nobody has asked for anything.
    pub clients: String,
    /// How many lines the log has.
    pub log_lines: u64,
    /// Invariants.
    pub invariants: InvariantSummary,
}

/// What one store's process counts; see [`crate::metrics`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResolveSummary {
    /// Addresses found.
    pub success: u64,
    /// Resolves that found none.
    pub failed: u64,
    /// Of these, those that PD answered with a tombstone.
    pub tombstone: u64,
    /// Of these, those for a store that PD does not know.
    pub not_found: u64,
    /// For whom it goes on asking although no region of it has a member there.
    pub needless_loops: Vec<u64>,
}

/// How one knob is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnobSummary {
    /// Its value, in words.
    pub value: &'static str,
    /// The issue or pull request the value comes from.
    pub source: &'static str,
}

/// Unsafe recovery.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecoverySummary {
    /// PD's name of the stage.
    pub stage: &'static str,
    /// What `unsafe remove-failed-stores show` prints.
    pub output: Vec<StageSummary>,
}

/// One entry of what `unsafe remove-failed-stores show` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageSummary {
    /// What happened.
    pub info: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// What each store was told to do, by `store N`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<String, Vec<String>>,
    /// More.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableSummary {
    /// `db.name`.
    pub name: String,
    /// TiFlash replicas wanted.
    pub replica_count: u64,
    /// The count that a change which is held back asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
    /// Whether AVAILABLE is 1 and PROGRESS is 1.
    pub available: bool,
    /// PROGRESS, from 0 to 1.
    pub progress: f64,
}

/// One member that will never answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GhostSummary {
    /// The region.
    pub region: u64,
    /// The peer.
    pub peer: u64,
    /// Its store.
    pub store: u64,
    /// PD's `role_name`.
    pub role: &'static str,
}

/// Whether the invariants hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvariantSummary {
    /// Whether all hold.
    pub held: bool,
    /// Those that do not.
    pub broken: Vec<String>,
}

impl WorldSummary {
    /// How `cluster` stands now.
    pub fn of(cluster: &Cluster, release: Option<Release>) -> WorldSummary {
        let knobs = cluster.knobs();
        let broken =
            cluster.broken_invariants().iter().map(ToString::to_string).collect::<Vec<_>>();
        WorldSummary {
            release: release.map(Release::name),
            knobs: Knob::ALL.iter().map(|knob| knob_summary(*knob, cluster)).collect(),
            fingerprint: format!("{:016x}", cluster.fingerprint()),
            now_ms: cluster.now().0,
            recovery: recovery(cluster),
            tables: tables(cluster),
            ghost_peers: ghosts(cluster),
            failed_resolves: cluster.failed_resolves(),
            regions: region_counts(cluster),
            resolves: resolves(cluster),
            clients: phrases::clients(cluster.tally(), Lang::En),
            log_lines: cluster.events().iter().map(|event| log::count(event, &knobs)).sum(),
            invariants: InvariantSummary { held: broken.is_empty(), broken },
        }
    }
}

fn region_counts(cluster: &Cluster) -> BTreeMap<&'static str, u64> {
    let count = |check| cluster.pd().regions_with(check).count() as u64;
    RegionCheck::ALL.map(|check| (check.metric(), count(check))).into_iter().collect()
}

fn knob_summary(knob: Knob, cluster: &Cluster) -> (&'static str, KnobSummary) {
    let value = knob::values(knob, crate::Lang::En)[knob.get(&cluster.knobs())];
    (knob.field(), KnobSummary { value: value.label, source: value.source })
}

fn recovery(cluster: &Cluster) -> RecoverySummary {
    let recovery = cluster.pd().recovery();
    let output = recovery.show(cluster.now()).into_iter().map(|stage| StageSummary {
        info: stage.info,
        time: stage.time.map(|at| WallClock::at(at).in_recovery_output()),
        actions: stage
            .actions
            .into_iter()
            .map(|(id, list)| (format!("store {id}"), list))
            .collect(),
        details: stage.details,
    });
    RecoverySummary { stage: recovery.stage().name(), output: output.collect() }
}

fn tables(cluster: &Cluster) -> Vec<TableSummary> {
    let is_wanted = |table: &&Table| 0 < table.replica_count || table.held.is_some();
    let wanted = cluster.tidb().tables().filter(is_wanted);
    wanted
        .map(|table| TableSummary {
            name: table.name.clone(),
            replica_count: table.replica_count,
            held: table.held,
            available: table.held.is_none() && table.available && 10_000 <= table.progress_bp,
            progress: table.progress_bp as f64 / 10_000.0,
        })
        .collect()
}

fn resolves(cluster: &Cluster) -> BTreeMap<u64, ResolveSummary> {
    let running = cluster.stores().filter(|store| store.is_running());
    let summary = |store: &sim::raftstore::Store| {
        let counts = store.client().metrics().resolves;
        ResolveSummary {
            success: counts.success,
            failed: counts.failed,
            tombstone: counts.tombstone,
            not_found: counts.not_found,
            needless_loops: store.needless_loops().into_iter().map(|store| store.0).collect(),
        }
    };
    running.map(|store| (store.id().0, summary(store))).collect()
}

fn ghosts(cluster: &Cluster) -> Vec<GhostSummary> {
    let ghosts = cluster.ghost_peers().into_iter();
    ghosts
        .map(|(region, peer, _)| GhostSummary {
            region: region.0,
            peer: peer.id.0,
            store: peer.store.0,
            role: peer.role.name(),
        })
        .collect()
}
