//! The cluster of a scenario file: `max-replicas`, `cores`, `store`, `table` and `region`.
//!
//! ```text
//! cores COUNT
//! store ID tikv|tiflash zone Z address HOST:PORT [heartbeat SPAN] [label KEY VALUE]…
//!     [offline|tombstone] [stopped]
//! table ID DB.NAME [tiflash COUNT] [available]
//! region ID RANGE [leader STORE] [version N] [conf_ver N] [size MIB]
//!     voters PEERS [learners PEERS] [missing STORES] [destroyed PEER@STORE…]
//! ```
//!
//! RANGE is one of `table T rows A..B` (either end may be left out: the table's first row, its
//! end), `table T index` (what precedes the rows), `before T`, `after T`, `keys HEX..HEX`.
//! PEERS are `PEER@STORE`, or just `STORE`: then the ids count on from the peer before, and from
//! the region's id for the first, as PD hands them out when it splits a region.

use std::collections::{BTreeMap, BTreeSet};

use sim::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use sim::setup::{RegionSetup, StoreSetup, TableSetup};
use sim::store::{Engine, StoreMeta, StoreState};
use sim::{PeerId, RegionId, Setup, SetupError, StoreId, TableId};

use super::reader::twice;
use crate::grammar::error::{ParseError, Problem};
use crate::grammar::words::{Word, Words, number, table_name};

/// What has been read of the cluster so far, and where each thing was defined.
#[derive(Default)]
pub(super) struct Cluster {
    setup: Setup,
    max_replicas_at: Option<Place>,
    cores_at: Option<Place>,
    stores_at: BTreeMap<StoreId, Place>,
    tables_at: BTreeMap<TableId, Place>,
    regions_at: BTreeMap<RegionId, Place>,
    peers_at: BTreeMap<PeerId, Place>,
}

/// Line and column.
type Place = (usize, usize);

fn place(word: Word<'_>) -> Place {
    (word.line, word.column)
}

impl Cluster {
    pub(super) fn max_replicas(
        &mut self,
        first: Word<'_>,
        mut words: Words<'_>,
    ) -> Result<(), ParseError> {
        if self.max_replicas_at.replace(place(first)).is_some() {
            return Err(twice(first));
        }
        self.setup.max_replicas = words.count("a number of replicas, such as `3`")?;
        words.finish()
    }

    /// The cores of each TiKV's machine; unless told, as few as make one connection.
    pub(super) fn cores(
        &mut self,
        first: Word<'_>,
        mut words: Words<'_>,
    ) -> Result<(), ParseError> {
        if self.cores_at.replace(place(first)).is_some() {
            return Err(twice(first));
        }
        self.setup.cores = words.count("a number of cores, such as `16`")?;
        words.finish()
    }

    pub(super) fn store(&mut self, mut words: Words<'_>) -> Result<(), ParseError> {
        let at = words.clone().word("a store id, such as `502`")?;
        let id = words.store()?;
        self.stores_at.insert(id, place(at));
        let kind = words.word("`tikv` or `tiflash`")?;
        let engine = match kind.text {
            "tikv" => Engine::TiKv,
            "tiflash" => Engine::TiFlash,
            _ => return Err(kind.expected("`tikv` or `tiflash`")),
        };
        let meta = StoreMeta { id, engine, address: String::new(), labels: BTreeMap::new() };
        let state = StoreState::Up;
        let mut store = StoreSetup { meta, state, running: true, heartbeat_phase_ms: None };
        while let Some(word) = words.next() {
            store_property(&mut store, word, &mut words)?;
        }
        if store.meta.address.is_empty() {
            return Err(words.expected("`address HOST:PORT`"));
        }
        self.setup.stores.push(store);
        limit(self.setup.stores.len(), MOST_STORES, "stores", at)?;
        Ok(())
    }

    pub(super) fn table(&mut self, mut words: Words<'_>) -> Result<(), ParseError> {
        let what = "a table id, such as `106`";
        let at = words.clone().word(what)?;
        let id = TableId(words.count(what)?);
        self.tables_at.insert(id, place(at));
        let name = table_name(words.word("a table with its database, such as `tpcc.stock`")?)?;
        let tiflash_replicas =
            if words.skip("tiflash") { words.count("a number of replicas")? } else { 0 };
        let available = words.skip("available");
        words.finish()?;
        limit(self.setup.tables.len() + 1, MOST_TABLES, "tables", at)?;
        self.setup.tables.push(TableSetup { id, name, tiflash_replicas, available });
        Ok(())
    }

    pub(super) fn region(&mut self, mut words: Words<'_>) -> Result<(), ParseError> {
        let at = words.clone().word("a region id, such as `52973`")?;
        let id = words.region()?;
        self.regions_at.insert(id, place(at));
        let (start, end) = self.range(&mut words)?;
        let epoch = RegionEpoch { version: 1, conf_ver: 1 };
        let region = Region { id, start, end, epoch, peers: Vec::new() };
        let mut setup = RegionSetup {
            region,
            leader: None,
            missing: BTreeSet::new(),
            tombstones: BTreeMap::new(),
            size_mib: 96,
        };
        while let Some(word) = words.next() {
            self.region_property(&mut setup, word, &mut words)?;
        }
        if setup.region.peers.is_empty() {
            return Err(words.expected("`voters PEERS`, such as `voters 1 5 9`"));
        }
        self.setup.regions.push(setup);
        limit(self.setup.regions.len(), MOST_REGIONS, "regions", at)?;
        Ok(())
    }

    fn range(&self, words: &mut Words<'_>) -> Result<(Key, Key), ParseError> {
        let what = "the range: `table T rows A..B`, `table T index`, `before T`, `after T` or \
                    `keys HEX..HEX`";
        let word = words.word(what)?;
        match word.text {
            "table" => {
                let table = self.known_table(words)?;
                if words.skip("index") {
                    return Ok((Key::table_prefix(table), Key::record_prefix(table)));
                }
                words.keyword("rows", "`rows A..B` or `index`")?;
                rows(table, words)
            }
            "before" => Ok((Key::default(), Key::table_prefix(self.known_table(words)?))),
            "after" => Ok((Key::table_prefix(next(self.known_table(words)?)), Key::default())),
            "keys" => words.keys(),
            _ => Err(word.expected(what)),
        }
    }

    fn known_table(&self, words: &mut Words<'_>) -> Result<TableId, ParseError> {
        let word = words.word("a table with its database, such as `tpcc.stock`")?;
        let name = table_name(word)?;
        let table = self.setup.tables.iter().find(|table| table.name == name);
        table.map(|table| table.id).ok_or_else(|| word.error(Problem::UnknownTable(name)))
    }

    fn region_property(
        &mut self,
        setup: &mut RegionSetup,
        word: Word<'_>,
        words: &mut Words<'_>,
    ) -> Result<(), ParseError> {
        let what = "`leader`, `version`, `conf_ver`, `size`, `voters`, `learners`, `missing` or \
                    `destroyed`";
        match word.text {
            "leader" => setup.leader = Some(words.store()?),
            "version" => setup.region.epoch.version = words.count("a number, such as `86`")?,
            "conf_ver" => setup.region.epoch.conf_ver = words.count("a number, such as `21`")?,
            "size" => setup.size_mib = words.count("a size in MiB, such as `96`")?,
            "voters" => self.peers(&mut setup.region, PeerRole::Voter, words)?,
            "learners" => self.peers(&mut setup.region, PeerRole::Learner, words)?,
            "missing" => setup.missing = words.stores()?.into_iter().collect(),
            "destroyed" => {
                let word = words.word(PEER)?;
                let (id, store) = peer(word)?;
                let id = id.ok_or_else(|| word.expected("`PEER@STORE`, such as `52981@503`"))?;
                if setup.tombstones.insert(store, id).is_some() {
                    return Err(word.error(Problem::Twice(format!("store {store}"))));
                }
            }
            _ => return Err(word.expected(what)),
        }
        Ok(())
    }

    /// One peer at least; goes on while words look like peers.
    fn peers(
        &mut self,
        region: &mut Region,
        role: PeerRole,
        words: &mut Words<'_>,
    ) -> Result<(), ParseError> {
        let mut word = words.word(PEER)?;
        loop {
            let (id, store) = peer(word)?;
            let before = region.peers.last().map_or(region.id.0, |peer| peer.id.0);
            let id = id.unwrap_or(PeerId(before.saturating_add(1)));
            self.peers_at.insert(id, place(word));
            region.peers.push(Peer { id, store, role });
            match words.peek() {
                Some(more) if more.text.starts_with(|c: char| c.is_ascii_digit()) => {
                    word = words.word(PEER)?;
                }
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// The cluster, if it can be built; otherwise the error at the line that causes it.
    pub(super) fn finish(self, end: Place) -> Result<Setup, ParseError> {
        if self.max_replicas_at.is_none() {
            let problem = Problem::Missing("`max-replicas COUNT`");
            return Err(ParseError { line: end.0, column: end.1, problem });
        }
        match self.setup.check() {
            Ok(()) => Ok(self.setup),
            Err(error) => {
                let (line, column) = self.place_of(&error).unwrap_or(end);
                Err(ParseError { line, column, problem: Problem::Setup(error) })
            }
        }
    }

    /// Where the thing was defined that an error is about: the later one, where it is about two.
    fn place_of(&self, error: &SetupError) -> Option<Place> {
        match error {
            SetupError::DuplicateStore(store) | SetupError::HeartbeatPhase(store) => {
                self.stores_at.get(store)
            }
            SetupError::DuplicateAddress(a, b) => self.stores_at.get(a).max(self.stores_at.get(b)),
            SetupError::DuplicatePeer(peer) => self.peers_at.get(peer),
            SetupError::DuplicateTable(table) => self.tables_at.get(table),
            SetupError::Overlap(a, b) => self.regions_at.get(a).max(self.regions_at.get(b)),
            SetupError::DuplicateRegion(region)
            | SetupError::EmptyRange(region)
            | SetupError::NoVoter(region)
            | SetupError::TwoPeersOnStore(region, _)
            | SetupError::VoterOnTiFlash(region, _)
            | SetupError::LeaderCannotLead(region, _) => self.regions_at.get(region),
            SetupError::NoReplicas => self.max_replicas_at.as_ref(),
        }
        .copied()
    }
}

/// The longest name, in characters.
const LONGEST_NAME: usize = 120;

/// A name that people gave to something.
fn name<'a>(words: &mut Words<'a>, what: &'static str) -> Result<Word<'a>, ParseError> {
    let word = words.word(what)?;
    match word.text.chars().nth(LONGEST_NAME) {
        Some(_) => {
            let problem = Problem::Limit { what: "characters in a name", most: LONGEST_NAME };
            Err(word.error(problem))
        }
        None => Ok(word),
    }
}

/// More are not a cluster that a page or a person can follow.
const MOST_STORES: usize = 1_000;
const MOST_TABLES: usize = 10_000;
const MOST_REGIONS: usize = 20_000;

fn limit(count: usize, most: usize, what: &'static str, at: Word<'_>) -> Result<(), ParseError> {
    if count <= most { Ok(()) } else { Err(at.error(Problem::Limit { what, most })) }
}

fn store_property(
    store: &mut StoreSetup,
    word: Word<'_>,
    words: &mut Words<'_>,
) -> Result<(), ParseError> {
    let what = "`zone`, `label`, `address`, `heartbeat`, `offline`, `tombstone` or `stopped`";
    match word.text {
        "zone" => {
            let zone = name(words, "a zone, such as `dc1`")?;
            store.meta.labels.insert("zone".to_owned(), zone.text.to_owned());
        }
        "label" => {
            let key = name(words, "a label's key and value, such as `host h1`")?;
            let value = name(words, "the label's value")?;
            store.meta.labels.insert(key.text.to_owned(), value.text.to_owned());
        }
        "address" => {
            name(words, "an address, such as `10.0.1.5:20160`")?
                .text
                .clone_into(&mut store.meta.address);
        }
        "heartbeat" => store.heartbeat_phase_ms = Some(words.span()?),
        "offline" => store.state = StoreState::Offline,
        "tombstone" => store.state = StoreState::Tombstone,
        "stopped" => store.running = false,
        _ => return Err(word.expected(what)),
    }
    Ok(())
}

const PEER: &str = "a peer, as `52974@1` or by its store alone";

/// `52974@1` or `1`.
fn peer(word: Word<'_>) -> Result<(Option<PeerId>, StoreId), ParseError> {
    match word.text.split_once('@') {
        Some((id, store)) => {
            let id = PeerId(number(word, id, PEER)?);
            Ok((Some(id), StoreId(number(word, store, PEER)?)))
        }
        None => Ok((None, StoreId(number(word, word.text, PEER)?))),
    }
}

fn next(table: TableId) -> TableId {
    TableId(table.0.saturating_add(1))
}

/// `A..B` in row numbers; an end left out is the table's own.
fn rows(table: TableId, words: &mut Words<'_>) -> Result<(Key, Key), ParseError> {
    let what = "rows `A..B`, such as `..1000`, `1000..2000` or `2000..`";
    let word = words.word(what)?;
    let Some((from, to)) = word.text.split_once("..") else {
        return Err(word.expected(what));
    };
    let start = match from {
        "" => Key::record_prefix(table),
        row => Key::record(table, number(word, row, what)?),
    };
    let end = match to {
        "" => Key::table_prefix(next(table)),
        row => Key::record(table, number(word, row, what)?),
    };
    Ok((start, end))
}
