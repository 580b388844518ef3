//! Looks for less that fails the same way: fewer deeds, then fewer stores, tables and regions.
//!
//! Deeds are left out by delta debugging (Zeller, Hildebrandt 2002): first large parts of the
//! plan, then ever smaller ones, as long as the finding stays.

use sim::command::MachineCommand;
use sim::fault::{Links, Node};
use sim::region::Key;
use sim::setup::RegionSetup;
use sim::{Command, Millis, PdCommand, Release, Setup, StoreId, TableId};

use super::finding::Finding;
use super::peace::{CONVERGENCE_MS, Trial};
use super::{Deed, Plan};
use crate::file::{Line, Scenario, Step, Text};
use crate::request::{Request, Wait};

/// How many shorter plans are tried at most.
const TRIES: usize = 600;

/// The smallest plan found that still comes to this finding. A plan that does not come to it stays
/// as it is.
pub fn shrink(plan: &Plan, finding: Finding) -> Plan {
    let mut shrinker = Shrinker { best: plan.clone(), finding, tries: 0 };
    shrinker.leave_out_deeds();
    loop {
        let before = shrinker.best.clone();
        shrinker.leave_out_stores();
        shrinker.leave_out_tables();
        shrinker.join_regions();
        shrinker.leave_out_deeds();
        if shrinker.best == before || TRIES <= shrinker.tries {
            return shrinker.best;
        }
    }
}

struct Shrinker {
    best: Plan,
    finding: Finding,
    tries: usize,
}

impl Shrinker {
    /// Takes the plan if it can be lived through and comes to the finding.
    fn offer(&mut self, plan: Plan) -> bool {
        if TRIES <= self.tries || plan.setup.check().is_err() {
            return false;
        }
        self.tries += 1;
        let fails = Trial::of(&plan).found.iter().any(|found| found.finding == self.finding);
        if fails {
            self.best = plan;
        }
        fails
    }

    fn leave_out_deeds(&mut self) {
        let mut length = self.best.deeds.len().div_ceil(2);
        while 0 < length {
            let mut at = 0;
            while at < self.best.deeds.len() {
                let mut plan = self.best.clone();
                let end = (at + length).min(plan.deeds.len());
                plan.deeds.drain(at..end);
                if !self.offer(plan) {
                    at += length;
                }
            }
            length /= 2;
        }
    }

    fn leave_out_stores(&mut self) {
        for store in self.best.setup.stores.clone() {
            let id = store.meta.id;
            let mut plan = self.best.clone();
            plan.setup.stores.retain(|store| store.meta.id != id);
            for region in &mut plan.setup.regions {
                region.region.peers.retain(|peer| peer.store != id);
                region.leader = region.leader.filter(|leader| *leader != id);
                region.missing.remove(&id);
                region.tombstones.remove(&id);
            }
            plan.deeds = plan.deeds.into_iter().filter_map(|deed| without(deed, id)).collect();
            self.offer(plan);
        }
    }

    fn leave_out_tables(&mut self) {
        for table in self.best.setup.tables.clone() {
            let mut plan = self.best.clone();
            plan.setup.tables.retain(|other| other.id != table.id);
            plan.deeds.retain(|deed| !names(deed, &table.name));
            self.offer(plan);
        }
    }

    /// Two neighbours become one region, with the members of the first.
    fn join_regions(&mut self) {
        let mut at = 0;
        while at + 1 < self.best.setup.regions.len() {
            let mut plan = self.best.clone();
            plan.setup.regions.sort_by(|a, b| a.region.start.cmp(&b.region.start));
            let second = plan.setup.regions.remove(at + 1);
            plan.setup.regions[at].region.end = second.region.end;
            if !is_aligned(&plan.setup) || !self.offer(plan) {
                at += 1;
            }
        }
    }
}

/// Whether no region reaches across the edge of a table's rows: PD would have to split it first.
fn is_aligned(setup: &Setup) -> bool {
    let edges: Vec<Key> = setup
        .tables
        .iter()
        .flat_map(|table| {
            [Key::record_prefix(table.id), Key::table_prefix(TableId(table.id.0 + 1))]
        })
        .collect();
    let straddles = |setup: &RegionSetup| {
        let region = &setup.region;
        edges.iter().any(|edge| region.start < *edge && region.contains(edge))
    };
    !setup.regions.iter().any(straddles)
}

/// The deed without a store, unless nothing is left of it.
fn without(deed: Deed, gone: StoreId) -> Option<Deed> {
    let Deed::Command(command) = &deed else { return Some(deed) };
    let rest = |stores: &[StoreId]| -> Option<Vec<StoreId>> {
        let rest: Vec<StoreId> = stores.iter().copied().filter(|store| *store != gone).collect();
        (!rest.is_empty()).then_some(rest)
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "other commands name no group of stores")]
    let command = match command {
        Command::StopStores(stores) => Command::StopStores(rest(stores)?),
        Command::StartStores(stores) => Command::StartStores(rest(stores)?),
        Command::Machine(MachineCommand::Pause(stores)) => {
            Command::Machine(MachineCommand::Pause(rest(stores)?))
        }
        Command::Machine(MachineCommand::Resume(stores)) => {
            Command::Machine(MachineCommand::Resume(rest(stores)?))
        }
        Command::Cut(links) => Command::Cut(around(links, gone)?),
        Command::Delay { links, by_ms } => {
            Command::Delay { links: around(links, gone)?, by_ms: *by_ms }
        }
        Command::SetMishaps { links, mishaps, percent } => {
            let links = around(links, gone)?;
            Command::SetMishaps { links, mishaps: *mishaps, percent: *percent }
        }
        Command::Pd(PdCommand::RemoveFailedStores {
            stores,
            auto_detect: false,
            timeout_s,
            options,
        }) => {
            let (stores, timeout_s, options) = (rest(stores)?, *timeout_s, *options);
            Command::Pd(PdCommand::RemoveFailedStores {
                stores,
                auto_detect: false,
                timeout_s,
                options,
            })
        }
        other => other.clone(),
    };
    Some(Deed::Command(command))
}

/// The links without those of a store, unless none are left.
fn around(links: &Links, gone: StoreId) -> Option<Links> {
    let rest = |nodes: &[Node]| -> Vec<Node> {
        nodes.iter().copied().filter(|node| *node != Node::Store(gone)).collect()
    };
    let (from, to) = (rest(&links.from), rest(&links.to));
    let has_both = !from.is_empty() && !to.is_empty();
    has_both.then_some(Links { from, to, both_ways: links.both_ways })
}

fn names(deed: &Deed, table: &str) -> bool {
    match deed {
        Deed::Command(Command::SetTiflashReplica { table: named, .. }) => named == table,
        Deed::Command(
            Command::SetLoad { tables, .. }
            | Command::SetReads { tables, .. }
            | Command::SetQueries { tables, .. },
        ) => tables.iter().any(|t| t == table),
        Deed::Command(_) | Deed::Wait(_) | Deed::Upgrade(_) => false,
    }
}

/// The plan and what operators did after it as a scenario that can be run, contrasted and read.
/// A change to another release on the way has no words there and is left out.
pub fn as_scenario(plan: &Plan, finding: Finding) -> Scenario {
    let trial = Trial::of(plan);
    let of = |deeds: &[Deed]| -> Vec<Line> {
        let requests = deeds.iter().filter_map(|deed| match deed {
            Deed::Command(command) => Some(Request::Command(command.clone())),
            Deed::Wait(ms) => Some(Request::Wait(Wait::For(*ms))),
            Deed::Upgrade(_) => None,
        });
        requests.map(|request| Line { number: 0, request }).collect()
    };
    let length = trial.deeds.iter().map(|deed| match deed {
        Deed::Wait(ms) => *ms,
        Deed::Command(_) | Deed::Upgrade(_) => 0,
    });
    let both = |en: &str, zh: &str| Text { en: en.to_owned(), zh: zh.to_owned() };
    let name = finding.name();
    let what = trial.found.iter().find(|found| found.finding == finding);
    let what = what.map_or(name, |found| found.what.as_str());
    let other = match plan.release == Release::V8_5_8 {
        true => Release::V8_5_2,
        false => Release::V8_5_8,
    };
    let at = plan.deeds.len().min(trial.deeds.len());
    let step = |title: Text, text: Text, deeds: &[Deed]| Step {
        title,
        text,
        optional: false,
        lines: of(deeds),
    };
    Scenario {
        id: format!("seed-{}", plan.seed),
        title: both(&format!("Seed {}: {name}", plan.seed), &format!("种子 {}：{name}", plan.seed)),
        opening: both(&format!("In the end {what}."), &format!("最终：{what}。")),
        seed: plan.seed,
        setup: plan.setup.clone(),
        steps: vec![
            step(
                both("What happens", "发生了什么"),
                both("Faults, and what people do meanwhile.", "故障，以及人们在此期间的操作。"),
                &trial.deeds[..at],
            ),
            step(
                both("Peace", "故障停止之后"),
                both("Faults stop, and operators mend what they can.", "故障停止，运维尽力修复。"),
                &trial.deeds[at..],
            ),
        ],
        end: Millis(length.sum::<u64>().max(CONVERGENCE_MS)),
        releases: [plan.release, other],
        expectations: Vec::new(),
    }
}
