//! Plans and reports in words: pd-ctl's where it has some.

use sim::event::RecoveryStage;
use sim::message::{DemotePlan, PeerReport, RecoveryPlan};
use sim::region::{Key, Peer, Region};

/// Stages by name, `CollectReport, ForceLeader, …`.
pub(super) fn stages(stages: &[RecoveryStage]) -> String {
    listed(stages.iter().map(|stage| stage.name()))
}

/// What a plan asks for, a line each.
pub(super) fn plan(plan: &RecoveryPlan) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(plan) = &plan.force_leader {
        let regions = listed(&plan.enter_force_leaders);
        lines.push(match plan.enter_force_leaders.is_empty() {
            true => "stay force leader where you are".to_owned(),
            false => format!("force leader on regions: {regions}"),
        });
        if !plan.failed_stores.is_empty() {
            lines.push(format!("failed stores {}", listed(&plan.failed_stores)));
        }
    }
    lines.extend(plan.demotes.iter().map(demote));
    let gone = plan.tombstones.iter();
    lines.extend(gone.map(|region| format!("tombstone the peer of region {region}")));
    lines.extend(plan.creates.iter().map(|created| format!("create {}", region(created))));
    lines
}

/// `region 52973 demotes peers { id:52974 store_id:1 }`
pub(super) fn demote(demote: &DemotePlan) -> String {
    format!("region {} demotes peers {}", demote.region, peers(&demote.failed_voters))
}

/// Members, as pd-ctl prints them.
pub(super) fn peers(peers: &[Peer]) -> String {
    match peers.is_empty() {
        true => "(none)".to_owned(),
        false => listed(peers.iter().map(|peer| format!("{{ {peer} }}"))),
    }
}

/// One peer's report.
pub(super) fn report(report: &PeerReport) -> String {
    let PeerReport { region: of, term, last_index, commit, applied, .. } = report;
    let log = format!("term {term}, last index {last_index}, commit {commit}, applied {applied}");
    let leading = if report.is_force_leader { "; force leader" } else { "" };
    let merging = if report.has_commit_merge { "; uncommitted merge" } else { "" };
    format!("{}; {log}{leading}{merging}", region(of))
}

/// `region 1 ["a", "m") conf_ver 2 version 1, peers …`
fn region(region: &Region) -> String {
    let epoch = format!("conf_ver {} version {}", region.epoch.conf_ver, region.epoch.version);
    let (start, end) = (key(&region.start), key(&region.end));
    format!("region {} [{start}, {end}) {epoch}, peers {}", region.id, peers(&region.peers))
}

/// A key as a case file has it.
pub(super) fn key(key: &Key) -> String {
    match key.bytes().iter().all(|byte| byte.is_ascii_graphic()) {
        true => format!("\"{}\"", String::from_utf8_lossy(key.bytes())),
        false => format!("\"hex:{key}\""),
    }
}

fn listed<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
