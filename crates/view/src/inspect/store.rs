//! One store: its process, PD's record, whom it talks to, its peers.

use sim::order;
use sim::pd::stores::StoreRecord;
use sim::raft_client::{Connection, Phase, REFRESH_MS};
use sim::raftstore::Store;
use sim::store::StoreStatus;
use sim::{Cluster, Millis, RegionId, StoreId};

use super::{Block, InspectWord as W, Tone, Value, list, plain, seconds, some, toned};
use crate::lang::Lang;
use crate::phrases;
use crate::thing::Thing;
use crate::why::Question;

pub(super) fn blocks(cluster: &Cluster, id: StoreId, lang: Lang) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(store) = cluster.store(id) {
        blocks.push(process(cluster, store, lang));
    }
    blocks.push(record(cluster, id, lang));
    if let Some(store) = cluster.store(id) {
        blocks.push(resolver(cluster, store, lang));
        blocks.push(peers(cluster, store, lang));
    }
    blocks
}

fn process(cluster: &Cluster, store: &Store, lang: Lang) -> Block {
    let id = store.id();
    let mut block = Block::new(format!("store {id} · {}", store.meta().engine.name()));
    let (word, tone) = match (store.is_running(), cluster.is_paused(id)) {
        (true, true) => (W::Stalled, Tone::Bad),
        (true, false) => (W::Running, Tone::Good),
        (false, _) if store.has_lost_disk() => (W::DiskLost, Tone::Bad),
        (false, _) => (W::Stopped, Tone::Bad),
    };
    block.fact(W::Process.text(lang), toned(word.text(lang), tone)).ask(Question::Process(id));
    if let Some(by) = store.replaced_by() {
        block.fact(W::ReplacedBy.text(lang), plain(by)).of(Thing::Store(by));
    }
    let faults = cluster.faults().into_iter().filter(|fault| fault.concerns(id));
    let faults: Vec<String> = faults.map(|fault| fault.to_string()).collect();
    if !faults.is_empty() {
        block.fact(W::Faults.text(lang), toned(faults.join("; "), Tone::Bad));
    }
    block.fact(W::Address.text(lang), plain(&store.meta().address));
    let labels = store.meta().labels.iter().map(|(key, value)| format!("{key}={value}"));
    block.fact(W::Labels.text(lang), plain(list(labels)));
    block
}

fn record(cluster: &Cluster, id: StoreId, lang: Lang) -> Block {
    let mut block = Block::new(W::PdRecord.text(lang));
    let Some(record) = cluster.pd().stores().get(&id) else {
        let value = toned(W::NoRecord.text(lang), Tone::Bad);
        block.fact(W::State.text(lang), value).ask(Question::Record(id));
        return block;
    };
    block.fact(W::State.text(lang), status(record, cluster.now())).ask(Question::Record(id));
    block.fact(W::LastHeartbeat.text(lang), heartbeat(record, cluster.now(), lang));
    let regions = format!("{} ({})", cluster.pd().region_count_on(id), record.region_count);
    block.fact(W::Regions.text(lang), plain(regions));
    block
}

/// PD's name for the state of a store.
pub(super) fn status(record: &StoreRecord, now: Millis) -> Value {
    let status = record.status(now);
    let tone = match status {
        StoreStatus::Up => Tone::Good,
        StoreStatus::Offline => Tone::Busy,
        StoreStatus::Disconnected | StoreStatus::Down | StoreStatus::Tombstone => Tone::Bad,
    };
    toned(status.name(), tone)
}

/// How long ago PD heard of a store.
pub(super) fn heartbeat(record: &StoreRecord, now: Millis, lang: Lang) -> Value {
    match record.last_heartbeat {
        Some(at) => plain(format!("{} {}", seconds(now.since(at)), W::Ago.text(lang))),
        None => plain(W::Never.text(lang)),
    }
}

fn resolver(cluster: &Cluster, store: &Store, lang: Lang) -> Block {
    let words = [W::Address, W::Age, W::Connection];
    let mut block = Block::with_columns(W::Resolver.text(lang), &words.map(|word| word.text(lang)));
    let client = store.client();
    let mut targets = order::set(client.blacklist());
    targets.extend(store.resolver().entries().map(|(id, _)| id));
    targets.extend(client.connections().map(|(id, _)| id.target));
    for target in targets {
        let entry = store.resolver().entries().find(|(id, _)| *id == target);
        let age = entry.map(|(_, entry)| cluster.now().since(entry.resolved_at));
        let age = match age {
            Some(age) if age < REFRESH_MS => plain(seconds(age)),
            Some(age) => toned(seconds(age), Tone::Busy),
            None => plain("–"),
        };
        let address = some(entry.map(|(_, entry)| &entry.address));
        let (link, is_lost) = connection(cluster, store, target, lang);
        let row = block.row(format!("→ {target}"), vec![address, age, link]);
        row.of(Thing::Store(target));
        if is_lost {
            row.ask(Question::Resolve(store.id(), target));
        }
    }
    if block.rows.is_empty() {
        block.note = Some(W::Nothing.text(lang).to_owned());
    }
    block
}

/// How the connections to a store are, in words, and whether an address is sought in vain.
fn connection(cluster: &Cluster, store: &Store, target: StoreId, lang: Lang) -> (Value, bool) {
    let client = store.client();
    if client.blacklist().any(|listed| listed == target) {
        return (toned(crate::Word::Blacklisted.text(lang), Tone::Bad), true);
    }
    let all: Vec<&Connection> = client.connections_to(target).collect();
    let Some(worst) = all.iter().max_by_key(|connection| trouble(&connection.phase)) else {
        return (plain(W::NoConnection.text(lang)), false);
    };
    let mut value = match &worst.phase {
        Phase::Established { .. } => toned(W::Connected.text(lang), Tone::Good),
        Phase::Connecting { .. } => toned(crate::Word::Dialling.text(lang), Tone::Busy),
        Phase::Resolving => toned(crate::Word::Asking.text(lang), Tone::Busy),
        Phase::BackingOff { until } => {
            let why = phrases::resolve_error(worst.last_error, lang);
            let again = phrases::retry_in(*until, cluster.now(), lang);
            toned(format!("{why} ×{} · {again}", worst.failures), Tone::Bad)
        }
    };
    let queued: usize = all.iter().map(|connection| connection.queued()).sum();
    if 0 < queued {
        value.text = format!("{} · {queued} {}", value.text, W::Queued.text(lang));
    }
    if client.is_paused(target) {
        value.text = format!("{} · {}", value.text, W::Paused.text(lang));
    }
    (value, worst.is_resolve_loop())
}

fn trouble(phase: &Phase) -> u8 {
    match phase {
        Phase::Established { .. } => 0,
        Phase::Connecting { .. } => 1,
        Phase::Resolving => 2,
        Phase::BackingOff { .. } => 3,
    }
}

/// The regions it has peers of, by what the peers are; and those it should have and does not.
fn peers(cluster: &Cluster, store: &Store, lang: Lang) -> Block {
    let id = store.id();
    let mut block = Block::new(W::Peers.text(lang));
    let (mut leads, mut voters, mut learners) = (Vec::new(), Vec::new(), Vec::new());
    for peer in store.peers() {
        let role = peer.region().peer(peer.id()).map(|member| member.role);
        match role {
            _ if peer.is_leader() => leads.push(peer.region_id()),
            Some(sim::region::PeerRole::Learner) => learners.push(peer.region_id()),
            Some(_) | None => voters.push(peer.region_id()),
        }
    }
    let counted = |regions: &[RegionId]| {
        plain(match regions.is_empty() {
            true => "0".to_owned(),
            false => format!("{} · {}", regions.len(), list(regions.iter().take(40))),
        })
    };
    block.fact(W::Leads.text(lang), counted(&leads));
    block.fact(W::Voters.text(lang), counted(&voters));
    block.fact(W::Learners.text(lang), counted(&learners));
    let graves: Vec<RegionId> =
        cluster.region_ids().filter(|region| store.tombstone_of(*region).is_some()).collect();
    block.fact(W::Graves.text(lang), counted(&graves));
    let lost = cluster.ghost_peers().into_iter().filter(|(_, peer, _)| peer.store == id);
    let lost: Vec<RegionId> = lost.map(|(region, _, _)| region).collect();
    if let Some(first) = lost.first() {
        let value = Value { tone: Tone::Bad, ..counted(&lost) };
        block.fact(W::Expected.text(lang), value).ask(Question::Member(*first, id));
    }
    block
}
