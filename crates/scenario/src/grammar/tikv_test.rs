//! `tikv-test`: what TiKV's own tests do to a cluster and no operator can.
//!
//! ```text
//! tikv-test plan STORE [step N] [force-leader REGIONS|none failed STORES]
//!     [create REGION HEX..HEX PEER]… [tombstone REGIONS] [demote REGION PEERS]…
//! tikv-test exit-force-leader REGION STORE
//! tikv-test change-peer REGION add-voter|add-learner|remove PEER@STORE …
//! tikv-test leave-joint REGION
//! tikv-test put|get|read-index|compact-log REGION
//! ```
//!
//! A plan without any part is the empty one: wait until all is applied, leave force leader, report.
//! PEERS are `PEER@STORE`, separated by commas, with `:learner` behind each that is one;
//! an empty list is `none`.

use std::fmt;

use sim::message::{DemotePlan, ForceLeaderPlan, PeerChange, RecoveryPlan};
use sim::region::{Peer, PeerRole, Region, RegionEpoch};
use sim::{ClientRequest, Command, PeerId, RegionId, StoreId, TikvTest};

use super::error::{ParseError, Problem};
use super::verbs::near;
use super::words::{Word, Words, number};
use crate::request::{List, Request};

const VERBS: &[&str] = &[
    "change-peer",
    "compact-log",
    "exit-force-leader",
    "get",
    "leave-joint",
    "plan",
    "put",
    "read-index",
];

/// Reads a line whose first word, `verb`, is `tikv-test`; `None` if it is not.
pub(super) fn parse(verb: Word<'_>, words: &mut Words<'_>) -> Option<Result<Request, ParseError>> {
    (verb.text == "tikv-test").then(|| {
        let command = Command::TikvTest(deed(words)?);
        words.finish()?;
        Ok(Request::Command(command))
    })
}

fn deed(words: &mut Words<'_>) -> Result<TikvTest, ParseError> {
    let verb = words.word("what to do, such as `plan`, `change-peer` or `put`")?;
    match verb.text {
        "plan" => {
            let store = words.store()?;
            Ok(TikvTest::HandPlan { store, plan: plan(store, words)? })
        }
        "exit-force-leader" => {
            let region = words.region()?;
            Ok(TikvTest::ExitForceLeader { region, store: words.store()? })
        }
        "change-peer" => {
            let region = words.region()?;
            Ok(TikvTest::ChangePeers { region, changes: changes(words)? })
        }
        "leave-joint" => Ok(TikvTest::ChangePeers { region: words.region()?, changes: Vec::new() }),
        "put" => request(words, ClientRequest::Put),
        "get" => request(words, ClientRequest::Get),
        "read-index" => request(words, ClientRequest::ReadIndex),
        "compact-log" => words.region().map(TikvTest::CompactLog),
        other => {
            let (word, near) = (other.to_owned(), near(other, VERBS));
            let problem = Problem::UnknownCommand { word, of: "tikv-test", near, known: VERBS };
            Err(verb.error(problem))
        }
    }
}

fn request(words: &mut Words<'_>, request: ClientRequest) -> Result<TikvTest, ParseError> {
    Ok(TikvTest::Request { region: words.region()?, request })
}

fn plan(store: StoreId, words: &mut Words<'_>) -> Result<RecoveryPlan, ParseError> {
    let what = "`step`, `force-leader`, `create`, `tombstone` or `demote`";
    let mut plan = RecoveryPlan::default();
    while let Some(word) = words.next() {
        match word.text {
            "step" => plan.step = words.count("the number of a step, such as `7`")?,
            "force-leader" if plan.force_leader.is_none() => {
                let enter_force_leaders =
                    if words.skip("none") { Vec::new() } else { regions(words)? };
                words.keyword("failed", "`failed STORES`, as in `force-leader 1 failed 2,3`")?;
                let failed_stores = if words.skip("none") { Vec::new() } else { words.stores()? };
                plan.force_leader = Some(ForceLeaderPlan { failed_stores, enter_force_leaders });
            }
            "create" => plan.creates.push(creation(store, words)?),
            "tombstone" if plan.tombstones.is_empty() => plan.tombstones = regions(words)?,
            "demote" => {
                let region = words.region()?;
                plan.demotes.push(DemotePlan { region, failed_voters: peers(words)? });
            }
            "force-leader" | "tombstone" => {
                return Err(word.error(Problem::Twice(format!("`{}`", word.text))));
            }
            _ => return Err(word.expected(what)),
        }
    }
    Ok(plan)
}

/// An empty region with one voter, as PD has them created.
fn creation(store: StoreId, words: &mut Words<'_>) -> Result<Region, ParseError> {
    let id = words.region()?;
    let at = words.peek();
    let (start, end) = words.keys()?;
    if let Some(word) = at.filter(|_| !end.is_empty() && end <= start) {
        return Err(word.expected("keys `HEX..HEX`, the first below the second"));
    }
    let peer = PeerId(words.count("the new peer's id, such as `102`")?);
    Ok(Region {
        id,
        start,
        end,
        epoch: RegionEpoch { version: 1, conf_ver: 1 },
        peers: vec![Peer { id: peer, store, role: PeerRole::Voter }],
    })
}

fn regions(words: &mut Words<'_>) -> Result<Vec<RegionId>, ParseError> {
    let what = "region ids separated by commas alone, such as `1,2`";
    let word = words.word(what)?;
    let regions = word.text.split(',').map(|text| number(word, text, what).map(RegionId));
    regions.collect()
}

const PEERS: &str = "peers as `PEER@STORE`, separated by commas, such as `12@2,13@3:learner`";

fn peers(words: &mut Words<'_>) -> Result<Vec<Peer>, ParseError> {
    if words.skip("none") {
        return Ok(Vec::new());
    }
    let word = words.word(PEERS)?;
    word.text.split(',').map(|text| peer(word, text)).collect()
}

fn peer(word: Word<'_>, text: &str) -> Result<Peer, ParseError> {
    let (text, role) = match text.strip_suffix(":learner") {
        Some(text) => (text, PeerRole::Learner),
        None => (text, PeerRole::Voter),
    };
    let (id, store) = text.split_once('@').ok_or_else(|| word.expected(PEERS))?;
    let (id, store) = (number(word, id, PEERS)?, number(word, store, PEERS)?);
    Ok(Peer { id: PeerId(id), store: StoreId(store), role })
}

fn changes(words: &mut Words<'_>) -> Result<Vec<PeerChange>, ParseError> {
    let what = "`add-voter`, `add-learner` or `remove`, as in `remove 12@2`";
    let mut changes = Vec::new();
    loop {
        let verb = words.word(what)?;
        let word = words.word("a peer as `PEER@STORE`, such as `12@2`")?;
        let peer = peer(word, word.text)?;
        let learner = Peer { role: PeerRole::Learner, ..peer };
        changes.push(match verb.text {
            "add-voter" => PeerChange::AddVoter(Peer { role: PeerRole::Voter, ..peer }),
            "add-learner" => PeerChange::AddLearner(learner),
            "remove" => PeerChange::Remove(learner),
            _ => return Err(verb.expected(what)),
        });
        if words.is_empty() {
            return Ok(changes);
        }
    }
}

/// The canonical text.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, deed: &TikvTest) -> fmt::Result {
    match deed {
        TikvTest::HandPlan { store, plan } => {
            write!(f, "tikv-test plan {store}")?;
            write_plan(f, plan)
        }
        TikvTest::ExitForceLeader { region, store } => {
            write!(f, "tikv-test exit-force-leader {region} {store}")
        }
        TikvTest::Request { region, request } => {
            let verb = match request {
                ClientRequest::Put => "put",
                ClientRequest::Get => "get",
                ClientRequest::ReadIndex => "read-index",
            };
            write!(f, "tikv-test {verb} {region}")
        }
        TikvTest::CompactLog(region) => write!(f, "tikv-test compact-log {region}"),
        TikvTest::ChangePeers { region, changes } if changes.is_empty() => {
            write!(f, "tikv-test leave-joint {region}")
        }
        TikvTest::ChangePeers { region, changes } => {
            write!(f, "tikv-test change-peer {region}")?;
            changes.iter().try_for_each(|change| {
                let verb = match change {
                    PeerChange::AddVoter(_) => "add-voter",
                    PeerChange::AddLearner(_) => "add-learner",
                    PeerChange::Remove(_) => "remove",
                };
                let Peer { id, store, .. } = change.peer();
                write!(f, " {verb} {id}@{store}")
            })
        }
    }
}

fn write_plan(f: &mut fmt::Formatter<'_>, plan: &RecoveryPlan) -> fmt::Result {
    if plan.step != 0 {
        write!(f, " step {}", plan.step)?;
    }
    if let Some(order) = &plan.force_leader {
        let regions = or_none(List(&order.enter_force_leaders).to_string());
        let stores = or_none(List(&order.failed_stores).to_string());
        write!(f, " force-leader {regions} failed {stores}")?;
    }
    for region in &plan.creates {
        let peer = region.peers.first().map_or(PeerId(0), |peer| peer.id);
        write!(f, " create {} {}..{} {peer}", region.id, region.start, region.end)?;
    }
    if !plan.tombstones.is_empty() {
        write!(f, " tombstone {}", List(&plan.tombstones))?;
    }
    for demote in &plan.demotes {
        let peers = demote.failed_voters.iter().map(|peer| {
            let learner = if peer.role == PeerRole::Learner { ":learner" } else { "" };
            format!("{}@{}{learner}", peer.id, peer.store)
        });
        let peers: Vec<String> = peers.collect();
        write!(f, " demote {} {}", demote.region, or_none(peers.join(",")))?;
    }
    Ok(())
}

fn or_none(list: String) -> String {
    if list.is_empty() { "none".to_owned() } else { list }
}
