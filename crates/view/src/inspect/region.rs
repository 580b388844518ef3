//! One region: its keys, epochs as everybody has them, Raft, and what PD does about it.

use sim::pd::region_tree::RegionInfo;
use sim::region::{Key, Region, RegionEpoch};
use sim::{Cluster, RegionId};

use super::{Block, InspectWord as W, Tone, list, plain, raft, seconds, some, toned};
use crate::lang::Lang;
use crate::phrases;
use crate::thing::Thing;
use crate::why::Question;

pub(super) fn blocks(cluster: &Cluster, id: RegionId, lang: Lang) -> Vec<Block> {
    let Some(newest) = cluster.newest_region(id).cloned() else {
        let mut block = Block::new(format!("region {id}"));
        block.note = Some(W::NotThere.text(lang).to_owned());
        return vec![block];
    };
    let mut blocks = vec![range(cluster, &newest, lang), raft::peers(cluster, &newest, lang)];
    blocks.extend(raft::progress(cluster, id, lang));
    blocks.push(raft::configuration(&newest, lang));
    blocks.push(epochs(cluster, &newest, lang));
    blocks.push(in_pd(cluster, id, lang));
    blocks
}

fn range(cluster: &Cluster, region: &Region, lang: Lang) -> Block {
    let mut block = Block::new(W::Range.text(lang));
    let table = region.start.table();
    let known = |id| cluster.tidb().tables().find(|table| table.id == id);
    if let Some(id) = table {
        let name = known(id).map_or_else(|| format!("t{id}"), |table| table.name.clone());
        block.fact("table", plain(name)).of(Thing::Table(id));
    }
    let key = |key: &Key, open: &str| match key.is_empty() {
        true => plain(open),
        false => plain(key),
    };
    block.fact(W::StartKey.text(lang), key(&region.start, "−∞"));
    block.fact(W::EndKey.text(lang), key(&region.end, "+∞"));
    let led = cluster.leader_of(region.id);
    match led {
        Some(leader) => {
            block.fact(W::Size.text(lang), plain(format!("{} MiB", leader.size_mib())));
            if 0 < leader.rows() {
                block.fact(W::Rows.text(lang), plain(leader.rows()));
            }
            let value = format!("store {} · term {}", leader.store(), leader.term());
            let row = block.fact(W::OfLeader.text(lang), plain(value));
            row.of(Thing::Peer(region.id, leader.store())).ask(Question::Leader(region.id));
        }
        None => {
            let value = toned(W::NoLeader.text(lang), Tone::Bad);
            block.fact(W::OfLeader.text(lang), value).ask(Question::Leader(region.id));
        }
    }
    let tally = cluster.tally();
    if 0 < tally.lost_of(region.id) {
        block.fact(W::Lost.text(lang), toned(tally.lost_of(region.id), Tone::Bad));
    }
    if let Some(target) = led.and_then(|leader| leader.merging_into()) {
        let row = block.fact(W::Merging.text(lang), toned(target, Tone::Busy));
        row.of(Thing::Region(target));
    }
    block
}

fn epochs(cluster: &Cluster, newest: &Region, lang: Lang) -> Block {
    let id = newest.id;
    let mut block = Block::new(W::Epoch.text(lang));
    let text = |epoch: RegionEpoch| format!("{} · {}", epoch.version, epoch.conf_ver);
    let value = |epoch: RegionEpoch| match epoch == newest.epoch {
        true => plain(text(epoch)),
        false => toned(text(epoch), Tone::Bad),
    };
    if let Some(leader) = cluster.leader_of(id) {
        block.fact(W::OfLeader.text(lang), value(leader.region().epoch));
    }
    match cluster.pd().region(id) {
        Some(info) => block.fact(W::OfPd.text(lang), value(info.epoch())),
        None => block.fact(W::OfPd.text(lang), toned(W::NotInCache.text(lang), Tone::Bad)),
    };
    for store in cluster.stores() {
        if let Some(region) = store.region_on_disk(id) {
            let row = block.fact(format!("store {}", store.id()), value(region.epoch));
            row.of(Thing::Store(store.id()));
        }
    }
    block
}

/// What PD knows of it and plans for it.
fn in_pd(cluster: &Cluster, id: RegionId, lang: Lang) -> Block {
    let mut block = Block::new(W::PdPlans.text(lang));
    let pd = cluster.pd();
    let Some(info) = pd.region(id) else {
        block.note = Some(W::NotInCache.text(lang).to_owned());
        return block;
    };
    let leader = info.leader.map(|leader| format!("store {}", leader.store));
    block.fact(W::OfLeader.text(lang), some(leader));
    let age = seconds(cluster.now().since(info.last_heartbeat));
    block.fact(W::LastHeartbeat.text(lang), plain(format!("{age} {}", W::Ago.text(lang))));
    let stores = |peers: Vec<String>| match peers.is_empty() {
        true => plain("–"),
        false => toned(list(peers), Tone::Bad),
    };
    let down = info.down_peers.iter().map(|(peer, age)| format!("{} ({age} s)", peer.store));
    block.fact(W::DownPeers.text(lang), stores(down.collect()));
    let pending = info.pending_peers.iter().map(|peer| peer.store.to_string());
    block.fact(W::PendingPeers.text(lang), stores(pending.collect()));
    fit(&mut block, cluster, info, lang);
    if let Some(operator) = pd.operator(id) {
        let at = operator.current_step.min(operator.steps.len() - 1);
        let step = format!("{}: {}", operator.name.name(), operator.steps[at]);
        block.fact(W::Operator.text(lang), toned(step, Tone::Busy)).ask(Question::Operator(id));
    }
    for (peer, why) in pd.blockages(id) {
        let label = format!("{} · store {}", W::Blocked.text(lang), peer.store);
        let value = toned(phrases::blocked(why, lang), Tone::Bad);
        block.fact(label, value).ask(Question::Repair(id));
    }
    block
}

fn fit(block: &mut Block, cluster: &Cluster, info: &RegionInfo, lang: Lang) {
    let Some(fit) = cluster.pd().fit(info) else { return };
    for rule in &fit.rule_fits {
        let (has, wants) = (rule.peers.len(), rule.rule.count);
        let stores = list(rule.peers.iter().map(|peer| peer.store));
        let tone = if rule.is_satisfied() { Tone::Good } else { Tone::Bad };
        let value = toned(format!("{has}/{wants} · {stores}"), tone);
        block.fact(format!("{} {}", W::Fit.text(lang), rule.rule.id()), value);
    }
    if !fit.orphans.is_empty() {
        let orphans = list(fit.orphans.iter().map(|peer| format!("{} @ {}", peer.id, peer.store)));
        block.fact(W::Orphans.text(lang), toned(orphans, Tone::Bad));
    }
}
