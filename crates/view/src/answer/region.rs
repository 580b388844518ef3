//! Regions, as `pd-ctl region` prints them. PD: `pkg/response/region.go`, as easyjson writes it
//! since 7.4: a peer's own fields before those of kvproto.

use sim::pd::region_check::RegionCheck;
use sim::pd::region_tree::RegionInfo;
use sim::region::{Key, Peer, PeerRole};
use sim::{Cluster, RegionId, StoreId};

use crate::json::Json;

/// `pd-ctl region`: every region in PD's cache.
pub fn regions(cluster: &Cluster) -> String {
    list(cluster.pd().regions())
}

/// `pd-ctl region store 502`: the regions with a member on a store, whether PD knows it or not.
pub fn regions_on(cluster: &Cluster, store: StoreId) -> String {
    list(cluster.pd().regions().filter(|info| info.region.peer_on(store).is_some()))
}

/// `pd-ctl region check miss-peer`: the regions with which something is the matter.
pub fn regions_with(cluster: &Cluster, check: RegionCheck) -> String {
    list(cluster.pd().regions_with(check))
}

fn list<'a>(regions: impl Iterator<Item = &'a RegionInfo>) -> String {
    let regions: Vec<Json> = regions.map(region_json).collect();
    let count = Json::Number(regions.len() as u64);
    Json::Object(vec![("count", count), ("regions", Json::List(regions))]).pretty()
}

/// `pd-ctl region 52973`; `null` where PD's cache has none, as pd-ctl prints it.
pub fn region(cluster: &Cluster, id: RegionId) -> String {
    cluster.pd().region(id).map_or(Json::Null, region_json).pretty()
}

/// `pd-ctl region key 7480…`: the region that holds the key; `null` where PD's cache has none.
pub fn region_of_key(cluster: &Cluster, key: &Key) -> String {
    let holds = |info: &&RegionInfo| info.region.contains(key);
    cluster.pd().regions().find(holds).map_or(Json::Null, region_json).pretty()
}

fn region_json(info: &RegionInfo) -> Json {
    let region = &info.region;
    let epoch = [("conf_ver", region.epoch.conf_ver), ("version", region.epoch.version)];
    let epoch = epoch.into_iter().filter(|(_, value)| *value != 0);
    let leader = match info.leader {
        Some(leader) => peer_json(leader),
        None => Json::Object(vec![("role_name", Json::text(""))]),
    };
    let mut fields = vec![
        ("id", Json::Number(region.id.0)),
        ("start_key", Json::Text(region.start.to_string())),
        ("end_key", Json::Text(region.end.to_string())),
        ("epoch", Json::Object(epoch.map(|(name, value)| (name, Json::Number(value))).collect())),
        ("peers", Json::list(region.peers.iter().map(|peer| peer_json(*peer)))),
        ("leader", leader),
    ];
    if !info.down_peers.is_empty() {
        let down = info.down_peers.iter().map(|(peer, seconds)| {
            let seconds = ("down_seconds", Json::Number(*seconds));
            Json::Object(vec![("peer", peer_json(*peer)), seconds])
        });
        fields.push(("down_peers", Json::list(down)));
    }
    if !info.pending_peers.is_empty() {
        let pending = info.pending_peers.iter().map(|peer| peer_json(*peer));
        fields.push(("pending_peers", Json::list(pending)));
    }
    let flows = ["cpu_usage", "written_bytes", "read_bytes", "written_keys", "read_keys"];
    fields.extend(flows.map(|name| (name, Json::Number(0))));
    fields.push(("approximate_size", Json::Number(info.approximate_size_mib)));
    fields.push(("approximate_keys", Json::Number(info.approximate_keys)));
    let sizes = ["approximate_kv_size", "approximate_columnar_kv_size"];
    fields.extend(sizes.map(|name| (name, Json::Number(0))));
    if let Some(replication) = &info.replication {
        let state = ("state", Json::text(replication.state.name()));
        let fields_of = vec![state, ("state_id", Json::Number(replication.state_id))];
        fields.push(("replication_status", Json::Object(fields_of)));
    }
    Json::Object(fields)
}

/// PD adds the name of the role; kvproto leaves a role of 0 out.
fn peer_json(peer: Peer) -> Json {
    let role = match peer.role {
        PeerRole::Voter => 0,
        PeerRole::Learner => 1,
        PeerRole::IncomingVoter => 2,
        PeerRole::DemotingVoter => 3,
    };
    let mut fields = vec![("role_name", Json::text(peer.role.name()))];
    if peer.role == PeerRole::Learner {
        fields.push(("is_learner", Json::Bool(true)));
    }
    fields.push(("id", Json::Number(peer.id.0)));
    fields.push(("store_id", Json::Number(peer.store.0)));
    if role != 0 {
        fields.push(("role", Json::Number(role)));
    }
    Json::Object(fields)
}

#[cfg(test)]
mod tests {
    use sim::TableId;

    use super::*;
    use crate::answer::scene;

    #[test]
    fn a_region_names_members_leader_and_what_its_leader_misses() {
        let cluster = scene::learner_lost();
        let answer = region(&cluster, RegionId(20));
        scene::compare("region_20.json", &answer);
        assert_eq!(answer, region_of_key(&cluster, &Key::record(TableId(45), 7)));
    }

    #[test]
    fn a_region_that_pd_does_not_have_is_null() {
        let cluster = scene::healthy();
        assert_eq!(region(&cluster, RegionId(99)), "null");
    }

    #[test]
    fn regions_are_told_by_store_and_by_what_is_the_matter() {
        let cluster = scene::learner_lost();
        let none = "{\n  \"count\": 0,\n  \"regions\": []\n}";
        assert_eq!(regions_on(&cluster, StoreId(99)), none);
        assert!(regions_on(&cluster, StoreId(4)).contains("\"count\": 1"));
        let counted = |check| regions_with(&cluster, check) != none;
        let listed: Vec<_> = RegionCheck::ALL.into_iter().filter(|check| counted(*check)).collect();
        assert_eq!(listed, [RegionCheck::DownPeer, RegionCheck::LearnerPeer]);
        let down = regions_with(&cluster, RegionCheck::DownPeer);
        assert!(down.contains("\"id\": 20") && !down.contains("\"id\": 10,"), "{down}");
    }
}
