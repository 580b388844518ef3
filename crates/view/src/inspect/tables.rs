//! Tables: TiFlash replicas as TiDB shows them, by region and by store, and the rule behind them.

use std::collections::BTreeMap;

use sim::pd::rules::RuleName;
use sim::region::{Key, PeerRole};
use sim::store::Engine;
use sim::tidb::Table;
use sim::{Cluster, RegionId, StoreId, TableId};

use super::{Block, InspectWord as W, Tone, list, plain, toned};
use crate::answer::ailment_words;
use crate::lang::Lang;
use crate::thing::Thing;
use crate::why::Question;

pub(super) fn blocks(cluster: &Cluster, focus: Option<TableId>, lang: Lang) -> Vec<Block> {
    let mut blocks = vec![overview(cluster, lang)];
    let table = cluster.tidb().tables().find(|table| focus == Some(table.id));
    let Some(table) = table.or_else(|| cluster.tidb().tables().next()) else { return blocks };
    let replicas = by_region(cluster, table);
    blocks.push(regions(table, &replicas, lang));
    blocks.push(stores(cluster, table, &replicas, lang));
    blocks.push(rule(cluster, table, lang));
    blocks.push(health(cluster, table, lang));
    blocks
}

fn overview(cluster: &Cluster, lang: Lang) -> Block {
    let columns = ["REPLICA_\u{200b}COUNT", "AVAILABLE", "PROGRESS", W::Missing.text(lang)];
    let mut block = Block::with_columns("information_schema.tiflash_replica", &columns);
    for table in cluster.tidb().tables() {
        let bp = table.progress_bp;
        let is_ready = table.available && 10_000 <= bp && table.held.is_none();
        let is_wanted = 0 < table.replica_count || table.held.is_some();
        let tone = match (is_wanted, is_ready) {
            (false, _) => Tone::Plain,
            (true, true) => Tone::Good,
            (true, false) => Tone::Bad,
        };
        let count = match table.held {
            Some(held) => format!("{} → {held} {}", table.replica_count, W::HeldBack.text(lang)),
            None => table.replica_count.to_string(),
        };
        let progress = format!("{}.{:02}", bp / 10_000, bp % 10_000 / 100);
        let cells = vec![
            plain(count),
            toned(u8::from(table.available), tone),
            plain(progress),
            plain(table.missing.len()),
        ];
        let row = block.row(&table.name, cells).of(Thing::Table(table.id));
        if tone == Tone::Bad {
            row.ask(Question::Table(table.id));
        }
    }
    block
}

/// A learner on a TiFlash store, and whether it is there.
type Replica = (StoreId, bool);

/// The TiFlash members of each region of the table, and whether each is there.
fn by_region(cluster: &Cluster, table: &Table) -> BTreeMap<RegionId, Vec<Replica>> {
    let (start, end) = (Key::record_prefix(table.id), Key::table_prefix(TableId(table.id.0 + 1)));
    let mut found = BTreeMap::new();
    for id in cluster.region_ids() {
        let Some(region) = cluster.newest_region(id) else { continue };
        let overlaps = region.start < end && (region.end.is_empty() || start < region.end);
        if !overlaps {
            continue;
        }
        let learners = region.peers.iter().filter(|peer| peer.role == PeerRole::Learner);
        let there = learners.map(|peer| (peer.store, cluster.ghost_reason(id, *peer).is_none()));
        found.insert(id, there.collect());
    }
    found
}

fn regions(table: &Table, replicas: &BTreeMap<RegionId, Vec<Replica>>, lang: Lang) -> Block {
    let heading = format!("{} · {}", W::ByRegion.text(lang), table.name);
    let mut block = Block::with_columns(heading, &[W::On.text(lang), "TiDB"]);
    for (id, members) in replicas {
        let on = members.iter().map(|(store, is_there)| match is_there {
            true => store.to_string(),
            false => format!("{store} (ghost)"),
        });
        let is_short = table.missing.contains(id);
        let found = match is_short {
            true => toned(W::Missing.text(lang), Tone::Bad),
            false if 0 < table.replica_count => toned("", Tone::Good),
            false => plain("–"),
        };
        let has_ghost = members.iter().any(|(_, is_there)| !is_there);
        let on = toned(list(on), if has_ghost { Tone::Bad } else { Tone::Plain });
        let row = block.row(id.to_string(), vec![on, found]).of(Thing::Region(*id));
        if let Some((store, _)) = members.iter().find(|(_, is_there)| !is_there) {
            row.ask(Question::Member(*id, *store));
        } else if is_short {
            row.ask(Question::Repair(*id));
        }
    }
    super::pd::or_nothing(block.cut(lang), lang)
}

fn stores(
    cluster: &Cluster,
    table: &Table,
    replicas: &BTreeMap<RegionId, Vec<Replica>>,
    lang: Lang,
) -> Block {
    let heading = format!("{} · {}", W::ByStore.text(lang), table.name);
    let mut block = Block::new(heading);
    let tiflash = cluster.stores().filter(|store| store.meta().engine == Engine::TiFlash);
    for id in tiflash.map(|store| store.id()) {
        let here = |is_there| {
            let members = replicas.values().filter(|all| all.contains(&(id, is_there)));
            members.count()
        };
        let (there, ghosts) = (here(true), here(false));
        let text = format!("{there}/{}", replicas.len());
        let value = match ghosts {
            0 => plain(text),
            ghosts => toned(format!("{text} · {ghosts} ghost"), Tone::Bad),
        };
        block.fact(format!("store {id}"), value).of(Thing::Store(id));
    }
    super::pd::or_nothing(block, lang)
}

fn rule(cluster: &Cluster, table: &Table, lang: Lang) -> Block {
    let mut block = Block::new(W::Rule.text(lang));
    let mut rules = cluster.pd().rules().iter();
    match rules.find(|rule| rule.name == RuleName::Table(table.id)) {
        Some(rule) => {
            let id = format!("{}/{}", rule.group_id(), rule.id());
            block.fact("id", plain(id)).ask(Question::Rule(table.id));
            let wants = format!("{} {}", rule.count, rule.role.name());
            block.fact(W::Wants.text(lang), plain(wants));
            block.fact("engine", plain(rule.engine.name()));
            block.fact(W::StartKey.text(lang), plain(&rule.start));
            block.fact(W::EndKey.text(lang), plain(&rule.end));
        }
        None => block.note = Some(W::NoRule.text(lang).to_owned()),
    }
    block
}

fn health(cluster: &Cluster, table: &Table, lang: Lang) -> Block {
    let mut block = Block::new(W::Health.text(lang));
    for ailment in cluster.health(&table.name).unwrap_or_default() {
        let label = format!("{}", block.rows.len() + 1);
        let row = block.fact(label, toned(ailment_words(&ailment, lang), Tone::Bad));
        match (ailment.region(), ailment.store()) {
            (Some(region), Some(store)) => row.of(Thing::Peer(region, store)),
            (Some(region), None) => row.of(Thing::Region(region)),
            (None, Some(store)) => row.of(Thing::Store(store)),
            (None, None) => row,
        };
    }
    super::pd::or_nothing(block.cut(lang), lang)
}
