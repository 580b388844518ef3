//! Operators, unsafe recovery, configuration and metrics, as PD and pd-ctl print them.

use std::fmt::Write as _;

use sim::pd::operator::Operator;
use sim::pd::region_check::RegionCheck;
use sim::pd::replication::DrState;
use sim::pd::rules::Rule;
use sim::pd::unsafe_recovery::StageOutput;
use sim::store::{Engine, StoreStatus};
use sim::{Cluster, RegionId};

use crate::clock::WallClock;
use crate::json::Json;

/// `pd-ctl operator show [kind]`.
pub fn operators(cluster: &Cluster, kind: Option<&str>) -> String {
    let is_shown = |operator: &&Operator| {
        kind.is_none_or(|kind| operator.flags().split(',').any(|flag| flag == kind))
    };
    let shown = cluster.pd().operators().filter(is_shown);
    Json::list(shown.map(|operator| Json::Text(operator.show()))).pretty()
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

/// `curl …/pd/api/v1/replication_mode/status`. PD: `GetReplicationStatusHTTP`.
pub fn replication_status(cluster: &Cluster) -> String {
    let replication = cluster.pd().replication();
    let mut fields = vec![("mode", Json::text(replication.mode().name()))];
    if let Some(status) = replication.status() {
        let recovering = status.state == DrState::SyncRecover;
        let status = Json::Object(vec![
            ("label_key", Json::text(replication.label_key())),
            ("state", Json::text(status.state.name())),
            ("state_id", Json::Number(status.state_id)),
            ("acid_consistent", Json::Bool(!recovering)),
        ]);
        fields.push(("dr-auto-sync", status));
    }
    Json::Object(fields).pretty()
}

/// What pd-ctl prints while PD does not answer; `None` if it does.
pub fn without_pd(cluster: &Cluster) -> Option<String> {
    cluster.pd().silence().map(|fault| fault.to_string())
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

/// `pd-ctl config show replication`. PD: `ReplicationConfig`.
pub fn replication(cluster: &Cluster) -> String {
    Json::Object(vec![
        ("max-replicas", Json::Number(cluster.pd().max_replicas())),
        ("location-labels", Json::text("")),
        ("strictly-match-label", Json::text("false")),
        ("enable-placement-rules", Json::text("true")),
        ("enable-placement-rules-cache", Json::text("false")),
        ("isolation-level", Json::text("")),
    ])
    .pretty()
}

/// `pd-ctl config placement-rules show [--group=tiflash]`.
pub fn placement_rules(cluster: &Cluster, group: Option<&str>) -> String {
    let is_shown = |rule: &&Rule| group.is_none_or(|group| rule.group_id() == group);
    Json::list(cluster.pd().rules().iter().filter(is_shown).map(rule_json)).pretty()
}

/// `pd-ctl config placement-rules rule-group show`: PD's own group and the one that TiDB makes
/// when it starts.
pub fn rule_groups() -> String {
    let pd = Json::Object(vec![("id", Json::text("pd"))]);
    let tiflash = vec![("id", Json::text("tiflash")), ("index", Json::Number(120))];
    Json::list([pd, Json::Object(tiflash)]).pretty()
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

/// `pd-ctl scheduler show`: those that are modelled.
pub fn schedulers(cluster: &Cluster) -> String {
    Json::list(cluster.pd().schedulers().map(Json::text)).pretty()
}

/// `metrics pd`: gauges of PD as Prometheus reads them. PD: `pkg/statistics`.
pub fn metrics(cluster: &Cluster) -> String {
    let mut out = String::new();
    let mut gauge = |name: &str, help: &str, values: &[(&str, u64)]| {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (label, value) in values {
            let _ = writeln!(out, "{name}{{type=\"{label}\"}} {value}");
        }
    };
    let count = |check| cluster.pd().regions_with(check).count() as u64;
    let regions = RegionCheck::ALL.map(|check| (check.metric(), count(check)));
    gauge("pd_regions_status", "Status of the regions.", &regions);
    let shown = |status| {
        let records = cluster.pd().stores().values();
        records.filter(|record| record.status(cluster.now()) == status).count() as u64
    };
    let stores = StoreStatus::ALL.map(|status| (store_metric(status), shown(status)));
    gauge("pd_cluster_status", "Status of the cluster.", &stores);
    out.truncate(out.trim_end().len());
    out
}

/// The label `type` of the gauge `pd_cluster_status`.
fn store_metric(status: StoreStatus) -> &'static str {
    match status {
        StoreStatus::Up => "store_up_count",
        StoreStatus::Disconnected => "store_disconnected_count",
        StoreStatus::Down => "store_down_count",
        StoreStatus::Offline => "store_offline_count",
        StoreStatus::Tombstone => "store_tombstone_count",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::scene;

    #[test]
    fn rules_are_shown_all_or_by_group() {
        let cluster = scene::healthy();
        let all = placement_rules(&cluster, None);
        scene::compare("rules.json", &all);
        assert!(!placement_rules(&cluster, Some("pd")).contains("table-45-r"));
        assert!(!placement_rules(&cluster, Some("tiflash")).contains("default"));
        assert_eq!(placement_rules(&cluster, Some("none")), "[]");
        let groups = "[\n  {\n    \"id\": \"pd\"\n  },\n  {\n    \"id\": \"tiflash\",\n    \
                      \"index\": 120\n  }\n]";
        assert_eq!(rule_groups(), groups);
        assert!(replication(&cluster).starts_with("{\n  \"max-replicas\": 3,"));
    }

    #[test]
    fn operators_are_shown_by_every_kind_they_count_as() {
        let cluster = scene::removal_asked();
        let text = operators(&cluster, None);
        assert!(text.contains("admin-remove-peer"), "{text}");
        assert_eq!(operators(&cluster, Some("admin")), text);
        assert_eq!(operators(&cluster, Some("region")), text);
        assert_eq!(operators(&cluster, Some("replica")), "[]");
        let one = operator(&cluster, RegionId(20)).expect("it has one");
        assert!(one.starts_with("\"status: RUNNING, operator: admin-remove-peer {"), "{one}");
        let none = operator(&cluster, RegionId(10)).expect_err("it has none");
        assert_eq!(none, "Failed! [404] \"operator not found\"");
    }

    #[test]
    fn metrics_count_regions_and_stores() {
        let text = metrics(&scene::learner_lost());
        scene::compare("metrics.txt", &text);
    }
}
