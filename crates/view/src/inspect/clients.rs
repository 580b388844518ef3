//! What clients feel, and what the stores' processes count of their resolves.

use sim::Cluster;
use sim::clients::{Ask, Outcome};

use super::{Block, InspectWord as W, Tone, plain, toned};
use crate::lang::Lang;
use crate::thing::Thing;

pub(super) fn blocks(cluster: &Cluster, lang: Lang) -> Vec<Block> {
    vec![felt(cluster, lang), resolves(cluster, lang)]
}

fn felt(cluster: &Cluster, lang: Lang) -> Block {
    let tally = cluster.tally();
    let words = [W::Writes, W::Reads];
    let mut block = Block::with_columns(W::Clients.text(lang), &words.map(|word| word.text(lang)));
    for outcome in Outcome::ALL {
        let counts = Ask::ALL.map(|ask| tally.total(ask, *outcome));
        if counts == [0, 0] {
            continue;
        }
        let (label, tone) = match outcome {
            Outcome::Answered => (W::Answered.text(lang), Tone::Good),
            Outcome::NotLeader
            | Outcome::NoLeader
            | Outcome::EpochNotMatch
            | Outcome::RegionNotFound
            | Outcome::RecoveryInProgress
            | Outcome::ProposalInMergingMode
            | Outcome::StoreNotReachable
            | Outcome::TimedOut
            | Outcome::StaleCommand
            | Outcome::RegionUnknown => (outcome.name(), Tone::Bad),
        };
        let cell = |count| if count == 0 { plain("–") } else { toned(count, tone) };
        block.row(label, counts.map(cell).to_vec());
    }
    let given_up = Ask::ALL.map(|ask| tally.given_up(ask));
    if given_up != [0, 0] {
        block.row("ERROR 9005", given_up.map(|count| toned(count, Tone::Bad)).to_vec());
    }
    if 0 < tally.lost() {
        let cells = vec![toned(tally.lost(), Tone::Bad), plain("–")];
        block.row(W::Lost.text(lang), cells);
    }
    let queries = W::Queries.text(lang);
    if 0 < tally.queries_answered() {
        let label = format!("{queries}: {}", W::Answered.text(lang));
        block.row(label, vec![plain("–"), toned(tally.queries_answered(), Tone::Good)]);
    }
    for (table, error, count) in tally.queries_refused() {
        let text = error.to_string();
        let code = text.split(':').next().unwrap_or_default();
        let row = block
            .row(format!("{queries} t{table}: {code}"), vec![plain("–"), toned(count, Tone::Bad)]);
        row.of(Thing::Table(table));
    }
    if block.rows.is_empty() {
        block.note = Some(W::NoClients.text(lang).to_owned());
    }
    block
}

fn resolves(cluster: &Cluster, lang: Lang) -> Block {
    let columns = ["success", "failed", "tombstone", "not_found"];
    let mut block = Block::with_columns(W::Resolves.text(lang), &columns);
    for store in cluster.stores().filter(|store| store.is_running()) {
        let counts = store.client().metrics().resolves;
        let failed = |count| if count == 0 { plain("0") } else { toned(count, Tone::Bad) };
        let cells = vec![
            plain(counts.success),
            failed(counts.failed),
            failed(counts.tombstone),
            failed(counts.not_found),
        ];
        block.row(format!("store {}", store.id()), cells).of(Thing::Store(store.id()));
    }
    block.cut(lang)
}
