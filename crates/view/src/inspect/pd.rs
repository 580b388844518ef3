//! PD: its service, its cache against what is so, rules, operators, repairs it does not find,
//! stores.

use sim::pd::leader::Presence;
use sim::region::{Peer, Region};
use sim::{Cluster, RegionId};

use super::store::{heartbeat, status};
use super::{Block, InspectWord as W, Tone, list, plain, seconds, toned};
use crate::beliefs::letter;
use crate::lang::Lang;
use crate::phrases;
use crate::thing::Thing;
use crate::why::Question;

pub(super) fn blocks(cluster: &Cluster, lang: Lang) -> Vec<Block> {
    vec![
        service(cluster, lang),
        repairs(cluster, lang),
        operators(cluster, lang),
        cache(cluster, lang),
        rules(cluster, lang),
        stores(cluster, lang),
    ]
}

fn service(cluster: &Cluster, lang: Lang) -> Block {
    let pd = cluster.pd();
    let mut block = Block::new(W::Service.text(lang));
    let (word, tone) = match pd.presence() {
        Presence::Serving => (W::Serving, Tone::Good),
        Presence::Electing(_) => (W::Electing, Tone::Bad),
        Presence::Stopped => (W::Stopped, Tone::Bad),
        Presence::Foreign => (W::OtherCluster, Tone::Bad),
    };
    block.fact(W::State.text(lang), toned(word.text(lang), tone)).ask(Question::Pd);
    let (word, tone) = match pd.is_scheduling_halted() {
        true => (W::Halted, Tone::Busy),
        false => (W::Active, Tone::Plain),
    };
    block.fact("checkers", toned(word.text(lang), tone));
    block.fact("max-replicas", plain(pd.max_replicas()));
    block.fact("max-store-down-time", plain(crate::clock::roughly(pd.max_store_down_ms())));
    block
}

/// Where PD's cache and the leader of a region do not say the same.
fn cache(cluster: &Cluster, lang: Lang) -> Block {
    let words = [W::CacheHas, W::TruthIs];
    let mut block = Block::with_columns(W::Cache.text(lang), &words.map(|word| word.text(lang)));
    let mut agree = 0;
    for id in cluster.region_ids() {
        let truth = cluster.leader_of(id).map(|leader| leader.region());
        let known = cluster.pd().region(id);
        let believed = known.map(|info| &info.region);
        let leads = cluster.leader_of(id).map(|leader| leader.store());
        let said = known.and_then(|info| info.leader).map(|leader| leader.store);
        if truth.is_some() && truth == believed && leads == said {
            agree += 1;
            continue;
        }
        let text = |region: Option<&std::sync::Arc<Region>>, leader| match region {
            Some(region) => members(region, leader),
            None => "–".to_owned(),
        };
        let cells = vec![plain(text(believed, said)), plain(text(truth, leads))];
        block.row(id.to_string(), cells).of(Thing::Region(id));
    }
    let mut block = block.cut(lang);
    let agreement = format!("{agree}: {}", W::AllAgree.text(lang));
    block.note = Some(match block.note {
        Some(more) => format!("{more} · {agreement}"),
        None => agreement,
    });
    block
}

/// `3·12: 5V* 6V 502L`: epoch, members, a star for the leader.
fn members(region: &Region, leader: Option<sim::StoreId>) -> String {
    let member = |peer: &Peer| {
        let star = if leader == Some(peer.store) { "*" } else { "" };
        format!("{}{}{star}", peer.store, letter(peer.role))
    };
    let members: Vec<String> = region.peers.iter().map(member).collect();
    format!("{}·{}: {}", region.epoch.version, region.epoch.conf_ver, members.join(" "))
}

fn rules(cluster: &Cluster, lang: Lang) -> Block {
    let words = [W::Wants, W::Fits];
    let mut block = Block::with_columns(W::Rules.text(lang), &words.map(|word| word.text(lang)));
    let pd = cluster.pd();
    let rules = pd.rules();
    let mut counts = vec![(0_u64, 0_u64); rules.len()];
    for info in pd.regions() {
        for fit in pd.fit(info).into_iter().flat_map(|fit| fit.rule_fits) {
            let at = rules.iter().position(|rule| std::ptr::eq(rule, fit.rule));
            if let Some(count) = at.map(|at| &mut counts[at]) {
                count.0 += u64::from(fit.is_satisfied());
                count.1 += 1;
            }
        }
    }
    for (rule, (fit, all)) in rules.iter().zip(counts) {
        let engine = rule.engine.name();
        let wants = format!("{} {} · {engine}", rule.count, rule.role.name());
        let tone = if fit == all { Tone::Good } else { Tone::Bad };
        let row = block.row(rule.id(), vec![plain(wants), toned(format!("{fit}/{all}"), tone)]);
        if let sim::pd::rules::RuleName::Table(table) = rule.name {
            row.of(Thing::Table(table)).ask(Question::Table(table));
        }
    }
    block
}

fn operators(cluster: &Cluster, lang: Lang) -> Block {
    let words = [W::Step, W::State];
    let mut block =
        Block::with_columns(W::Operators.text(lang), &words.map(|word| word.text(lang)));
    for operator in cluster.pd().operators() {
        let (at, of) = (operator.current_step, operator.steps.len());
        let step = operator.steps.get(at).map_or_else(String::new, ToString::to_string);
        let age = seconds(cluster.now().since(operator.created_at));
        let limit = seconds(operator.timeout_ms());
        let told = format!("{} {}/{of}: {step}", operator.name.name(), of.min(at + 1));
        let region: RegionId = operator.region;
        let row =
            block.row(region.to_string(), vec![plain(told), plain(format!("{age} / {limit}"))]);
        row.of(Thing::Region(region)).ask(Question::Operator(region));
    }
    or_nothing(block.cut(lang), lang)
}

fn repairs(cluster: &Cluster, lang: Lang) -> Block {
    let mut block = Block::with_columns(W::Repairs.text(lang), &["peer", W::Reason.text(lang)]);
    for region in cluster.region_ids() {
        for (peer, why) in cluster.pd().blockages(region) {
            let member = format!("{}{}", peer.store, letter(peer.role));
            let cells = vec![plain(peer.id), toned(phrases::blocked(why, lang), Tone::Bad)];
            let row = block.row(format!("{region} · {member}"), cells);
            row.of(Thing::Peer(region, peer.store)).ask(Question::Repair(region));
        }
    }
    or_nothing(block.cut(lang), lang)
}

fn stores(cluster: &Cluster, lang: Lang) -> Block {
    let words = [W::State, W::LastHeartbeat, W::Regions];
    let mut block = Block::with_columns(W::Stores.text(lang), &words.map(|word| word.text(lang)));
    for (id, record) in cluster.pd().stores() {
        let cells = vec![
            status(record, cluster.now()),
            heartbeat(record, cluster.now(), lang),
            plain(cluster.pd().region_count_on(*id)),
        ];
        let row = block.row(format!("store {id}"), cells);
        row.of(Thing::Store(*id)).ask(Question::Record(*id));
    }
    let gone = cluster.stores().map(|store| store.id());
    let gone: Vec<String> = gone
        .filter(|id| !cluster.pd().stores().contains_key(id))
        .map(|id| id.to_string())
        .collect();
    let mut block = block.cut(lang);
    if !gone.is_empty() {
        block.note = Some(format!("{}: {}", W::NoRecord.text(lang), list(gone)));
    }
    block
}

pub(super) fn or_nothing(mut block: Block, lang: Lang) -> Block {
    if block.rows.is_empty() && block.note.is_none() {
        block.note = Some(W::Nothing.text(lang).to_owned());
    }
    block
}
