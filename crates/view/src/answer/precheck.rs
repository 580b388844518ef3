//! `precheck`: the health check in words, each ailment with the way to mend it.

use serde::Serialize;
use sim::health::{Ailment, Remedy};
use sim::region::Peer;
use sim::store::StoreStatus;
use sim::{Cluster, Refusal, StoreId};

use crate::lang::Lang;
use crate::told::stage_words;

/// What the health check of a table found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Precheck {
    /// The table.
    pub table: String,
    /// Whether nothing speaks against changing its replicas now.
    pub healthy: bool,
    /// What does.
    pub findings: Vec<Finding>,
}

/// A ailment, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which kind of ailment, e.g. `store_not_up`.
    pub kind: &'static str,
    /// The region it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<u64>,
    /// The store it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<u64>,
    /// What is the matter.
    pub what: String,
    /// What mends it.
    pub mend: String,
}

/// `precheck tpcc.stock`: a line for each ailment and one for what mends it.
///
/// # Errors
/// TiDB's answer where there is no such table.
pub fn precheck(cluster: &Cluster, table: &str, lang: Lang) -> Result<String, String> {
    Precheck::of(cluster, table, lang).map(|found| found.text(lang))
}

impl Precheck {
    /// Checks a table.
    ///
    /// # Errors
    /// TiDB's answer where there is no such table.
    pub fn of(cluster: &Cluster, table: &str, lang: Lang) -> Result<Precheck, String> {
        let ailments = cluster.health(table);
        let ailments =
            ailments.ok_or_else(|| Refusal::UnknownTable(table.to_owned()).to_string())?;
        let finding = |ailment: &Ailment| Finding {
            kind: kind(ailment),
            region: ailment.region().map(|region| region.0),
            store: ailment.store().map(|store| store.0),
            what: ailment_words(ailment, lang),
            mend: remedy_words(&ailment.remedy(), lang),
        };
        let (healthy, table) = (ailments.is_empty(), table.to_owned());
        Ok(Precheck { table, healthy, findings: ailments.iter().map(finding).collect() })
    }

    /// The answer in lines.
    pub fn text(&self, lang: Lang) -> String {
        let table = &self.table;
        let head = match (self.findings.len(), lang) {
            (0, Lang::En) => format!("{table} is healthy: its replicas can be changed"),
            (0, Lang::Zh) => format!("{table} 健康：可以变更副本"),
            (1, Lang::En) => format!("{table} is not healthy: 1 finding"),
            (n, Lang::En) => format!("{table} is not healthy: {n} findings"),
            (n, Lang::Zh) => format!("{table} 不健康：{n} 处问题"),
        };
        let to_mend = lang.pick("mend", "处理");
        let colon = lang.pick(": ", "：");
        let lines = self
            .findings
            .iter()
            .map(|Finding { what, mend, .. }| format!("\n  {what}\n    {to_mend}{colon}{mend}"));
        head + &lines.collect::<String>()
    }
}

fn kind(ailment: &Ailment) -> &'static str {
    match ailment {
        Ailment::PdSilent => "pd_silent",
        Ailment::NoLeader { .. } => "no_leader",
        Ailment::UnknownToPd(_) => "unknown_to_pd",
        Ailment::Disagreement { .. } => "disagreement",
        Ailment::StoreNotUp { .. } => "store_not_up",
        Ailment::PeerDown { .. } => "peer_down",
        Ailment::PeerPending { .. } => "peer_pending",
        Ailment::HeartbeatStale { .. } => "heartbeat_stale",
        Ailment::RecoveryRuns(_) => "recovery_runs",
        Ailment::OperatorUnderWay { .. } => "operator_under_way",
    }
}

/// A ailment in one sentence.
pub(crate) fn ailment_words(ailment: &Ailment, lang: Lang) -> String {
    let (en, zh) = match ailment {
        Ailment::PdSilent => ("PD does not answer".to_owned(), "PD 没有应答".to_owned()),
        Ailment::NoLeader { region, quorum_lost: true, .. } => (
            format!("Region {region} has no leader and no quorum"),
            format!("Region {region} 没有 leader，也没有多数派"),
        ),
        Ailment::NoLeader { region, quorum_lost: false, .. } => {
            (format!("Region {region} has no leader"), format!("Region {region} 没有 leader"))
        }
        Ailment::UnknownToPd(region) => (
            format!("PD has not heard from the leader of region {region}"),
            format!("PD 尚未收到 Region {region} 的 leader 心跳"),
        ),
        Ailment::Disagreement { region, pd, leader } => (
            format!(
                "PD has region {region} in epoch {}/{} (version/conf_ver), its leader in {}/{}",
                pd.version, pd.conf_ver, leader.version, leader.conf_ver
            ),
            format!(
                "PD 中 Region {region} 的 epoch 是 {}/{}（version/conf_ver），leader 则是 {}/{}",
                pd.version, pd.conf_ver, leader.version, leader.conf_ver
            ),
        ),
        Ailment::StoreNotUp { region, peer, status } => store_not_up(*region, *peer, *status),
        Ailment::PeerDown { region, peer, seconds } => (
            format!("{} has been down for {seconds} s", member(*region, *peer, Lang::En)),
            format!("{} 已 down {seconds} 秒", member(*region, *peer, Lang::Zh)),
        ),
        Ailment::PeerPending { region, peer } => (
            format!("{} is pending", member(*region, *peer, Lang::En)),
            format!("{} 处于 pending 状态", member(*region, *peer, Lang::Zh)),
        ),
        Ailment::HeartbeatStale { store, silent_ms: Some(ms) } => (
            format!("PD has not heard from store {store} for {} s", ms / 1_000),
            format!("PD 已有 {} 秒没有收到 store {store} 的心跳", ms / 1_000),
        ),
        Ailment::HeartbeatStale { store, silent_ms: None } => (
            format!("PD has never heard from store {store}"),
            format!("PD 从未收到 store {store} 的心跳"),
        ),
        Ailment::RecoveryRuns(stage) => (
            format!("Unsafe recovery is under way ({})", stage_words(*stage).0),
            format!("unsafe recovery 正在进行（{}）", stage_words(*stage).1),
        ),
        Ailment::OperatorUnderWay { region, name } => (
            format!("PD is at work on region {region} ({})", name.name()),
            format!("PD 正在调度 Region {region}（{}）", name.name()),
        ),
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

fn member(region: sim::RegionId, peer: Peer, lang: Lang) -> String {
    let role = peer.role.name();
    match lang {
        Lang::En => format!("{role} {} of region {region} on store {}", peer.id, peer.store),
        Lang::Zh => format!("Region {region} 在 store {} 上的 {role} {}", peer.store, peer.id),
    }
}

fn store_not_up(
    region: sim::RegionId,
    peer: Peer,
    status: Option<StoreStatus>,
) -> (String, String) {
    let (here, zh) = (member(region, peer, Lang::En), member(region, peer, Lang::Zh));
    match status {
        None => {
            (format!("{here}: PD no longer knows that store"), format!("{zh}：PD 已不认识该 store"))
        }
        Some(status) => (
            format!("{here}: that store is {}", status.name()),
            format!("{zh}：该 store 处于 {} 状态", status.name()),
        ),
    }
}

/// What mends a ailment, as one would say or type it.
pub(crate) fn remedy_words(remedy: &Remedy, lang: Lang) -> String {
    let (en, zh) = match remedy {
        Remedy::Wait => (
            "wait; precheck again in a minute".to_owned(),
            "等待，一分钟后再次 precheck".to_owned(),
        ),
        Remedy::StartStores(stores) => (
            format!("start store {} or mend the network to it", list(stores)),
            format!("启动 store {}，或恢复与它的网络", list(stores)),
        ),
        Remedy::RecoverFrom(stores) => (
            format!(
                "start store {0}; if lost for good, pd-ctl unsafe remove-failed-stores {0}",
                list(stores)
            ),
            format!(
                "启动 store {0}；若已永久丢失，执行 pd-ctl unsafe remove-failed-stores {0}",
                list(stores)
            ),
        ),
        Remedy::FinishDraining(store) => (
            format!("wait until store {store} is drained, or pd-ctl store cancel-delete {store}"),
            format!("等待 store {store} 下线完成，或执行 pd-ctl store cancel-delete {store}"),
        ),
        Remedy::RemovePeer(region, store) => {
            let command = format!("pd-ctl operator add remove-peer {region} {store}");
            (command.clone(), command)
        }
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

fn list(stores: &[StoreId]) -> String {
    let stores: Vec<String> = stores.iter().map(StoreId::to_string).collect();
    stores.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::scene;

    #[test]
    fn a_healthy_table_is_told_so() {
        let cluster = scene::healthy();
        let told = precheck(&cluster, "test.t", Lang::En);
        assert_eq!(told, Ok("test.t is healthy: its replicas can be changed".to_owned()));
        assert_eq!(precheck(&cluster, "test.t", Lang::Zh), Ok("test.t 健康：可以变更副本".into()));
    }

    #[test]
    fn a_lost_learner_is_told_with_its_store_and_its_cure() {
        let cluster = scene::learner_lost();
        let told = precheck(&cluster, "test.t", Lang::En).expect("there is such a table");
        assert_eq!(
            told,
            "test.t is not healthy: 2 findings\n  \
             PD has not heard from store 4 for 722 s\n    \
             mend: start store 4 or mend the network to it\n  \
             Learner 24 of region 20 on store 4: that store is Disconnected\n    \
             mend: start store 4 or mend the network to it"
        );
    }

    #[test]
    fn an_unknown_table_is_refused() {
        let told = precheck(&scene::healthy(), "test.u", Lang::En);
        assert_eq!(told, Err(Refusal::UnknownTable("test.u".into()).to_string()));
    }
}
