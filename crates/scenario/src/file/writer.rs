//! Writes a scenario as the file it could be read from: what [`Scenario::parse`] makes of it is the
//! same scenario, but for the numbers of its lines.

use std::fmt;

use sim::region::{Key, Peer, PeerRole};
use sim::setup::{RegionSetup, StoreSetup, TableSetup};
use sim::store::{Engine, StoreState};
use sim::{Setup, StoreId, TableId};

use super::{Scenario, Step, Text};
use crate::request::{List, Span};

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "scenario {}", self.id)?;
        write_text(f, "title", &self.title)?;
        write_text(f, "opening", &self.opening)?;
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "end {}", Span(self.end.0))?;
        let [old, new] = self.releases;
        writeln!(f, "releases {} {}", old.name(), new.name())?;
        writeln!(f)?;
        write_setup(f, &self.setup)?;
        for step in &self.steps {
            writeln!(f)?;
            write_step(f, step)?;
        }
        for expected in &self.expectations {
            writeln!(f, "\nexpect {}", expected.release.name())?;
            write_text(f, "text", &expected.text)?;
            for check in &expected.checks {
                writeln!(f, "    {check}")?;
            }
        }
        Ok(())
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, what: &str, text: &Text) -> fmt::Result {
    writeln!(f, "{what} en {}", text.en)?;
    writeln!(f, "{what} zh {}", text.zh)
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
    writeln!(f, "{}", if step.optional { "optional step" } else { "step" })?;
    write_text(f, "title", &step.title)?;
    write_text(f, "text", &step.text)?;
    step.lines.iter().try_for_each(|line| writeln!(f, "    {}", line.request))
}

fn write_setup(f: &mut fmt::Formatter<'_>, setup: &Setup) -> fmt::Result {
    writeln!(f, "max-replicas {}", setup.max_replicas)?;
    if setup.cores != Setup::default().cores {
        writeln!(f, "cores {}", setup.cores)?;
    }
    setup.stores.iter().try_for_each(|store| write_store(f, store))?;
    setup.tables.iter().try_for_each(|table| write_table(f, table))?;
    setup.regions.iter().try_for_each(|region| write_region(f, setup, region))
}

fn write_store(f: &mut fmt::Formatter<'_>, store: &StoreSetup) -> fmt::Result {
    let engine = match store.meta.engine {
        Engine::TiKv => "tikv",
        Engine::TiFlash => "tiflash",
    };
    write!(f, "store {} {engine}", store.meta.id)?;
    for (key, value) in &store.meta.labels {
        match key.as_str() {
            "zone" => write!(f, " zone {value}")?,
            key => write!(f, " label {key} {value}")?,
        }
    }
    write!(f, " address {}", store.meta.address)?;
    if let Some(phase) = store.heartbeat_phase_ms {
        write!(f, " heartbeat {}", Span(phase))?;
    }
    match store.state {
        StoreState::Up => {}
        StoreState::Offline => f.write_str(" offline")?,
        StoreState::Tombstone => f.write_str(" tombstone")?,
    }
    writeln!(f, "{}", if store.running { "" } else { " stopped" })
}

fn write_table(f: &mut fmt::Formatter<'_>, table: &TableSetup) -> fmt::Result {
    write!(f, "table {} {}", table.id, table.name)?;
    if 0 < table.tiflash_replicas {
        write!(f, " tiflash {}", table.tiflash_replicas)?;
    }
    writeln!(f, "{}", if table.available { " available" } else { "" })
}

fn write_region(f: &mut fmt::Formatter<'_>, setup: &Setup, region: &RegionSetup) -> fmt::Result {
    let RegionSetup { region, leader, missing, tombstones, size_mib } = region;
    write!(f, "region {} {}", region.id, range(setup, &region.start, &region.end))?;
    if let Some(leader) = leader {
        write!(f, " leader {leader}")?;
    }
    let epoch = region.epoch;
    writeln!(f, " version {} conf_ver {} size {size_mib}", epoch.version, epoch.conf_ver)?;
    write!(f, "   ")?;
    let mut last = None;
    for peer in &region.peers {
        let word = members(peer);
        if last.replace(word) != Some(word) {
            write!(f, " {word}")?;
        }
        write!(f, " {}@{}", peer.id, peer.store)?;
    }
    if !missing.is_empty() {
        let missing: Vec<StoreId> = missing.iter().copied().collect();
        write!(f, " missing {}", List(&missing))?;
    }
    for (store, peer) in tombstones {
        write!(f, " destroyed {peer}@{store}")?;
    }
    writeln!(f)
}

/// Files know voters and learners: one that begins in a joint state is written as if it had left.
fn members(peer: &Peer) -> &'static str {
    match peer.role {
        PeerRole::Voter | PeerRole::IncomingVoter => "voters",
        PeerRole::Learner | PeerRole::DemotingVoter => "learners",
    }
}

/// The range in a file's words: by rows where a table of the scenario has it, else by its keys.
fn range(setup: &Setup, start: &Key, end: &Key) -> String {
    for TableSetup { id, name, .. } in &setup.tables {
        let (index, rows, past) =
            (Key::table_prefix(*id), Key::record_prefix(*id), Key::table_prefix(TableId(id.0 + 1)));
        if *start == index && *end == rows {
            return format!("table {name} index");
        }
        let from = if *start == rows { Some(String::new()) } else { row(*id, start) };
        let to = if *end == past { Some(String::new()) } else { row(*id, end) };
        if let (Some(from), Some(to)) = (from, to) {
            return format!("table {name} rows {from}..{to}");
        }
    }
    format!("keys {start}..{end}")
}

/// The number of the row that begins at this key, if it is one of the table's.
fn row(table: TableId, key: &Key) -> Option<String> {
    // Groups of eight bytes, each followed by a mark: `t`, the table, `_r`, the row.
    let groups = key.bytes().chunks(9).flat_map(|group| group.iter().take(8));
    let raw: Vec<u8> = groups.skip(11).take(8).copied().collect();
    let row = u64::from_be_bytes(raw.try_into().ok()?) ^ 1 << 63;
    (*key == Key::record(table, row)).then(|| row.to_string())
}
