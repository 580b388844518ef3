//! What a line of the grammar asks for, and its canonical text.
//!
//! [`parse`](crate::parse) reads what an operator types; `Display` here writes it back, in the one
//! form that scripts, links and recorded tests hold: `parse(&request.to_string())` is `request`.

use std::fmt;

use sim::Command;
use sim::clients::ReadFrom;
use sim::command::MachineCommand;
use sim::fault::{Links, Node};
use sim::ids::{HOUR, MINUTE, RegionId, SECOND, StoreId};
use sim::pd::region_check::RegionCheck;
use sim::region::Key;
use sim::store::{Engine, StoreMeta, StoreState, StoreStatus};
use sim::tidb::infoschema::InfoTable;

use crate::grammar::{pd_text, sql, tikv_test};

/// One line of the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Changes the cluster.
    Command(Command),
    /// Looks at the cluster and changes nothing.
    Query(Query),
    /// Lets simulated time pass.
    Wait(Wait),
}

/// A question to PD or TiDB. The answer is the view's to give, in the real tool's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// `pd-ctl store [--state=…]`: the stores in these states; those that are Up or Offline where
    /// none is named.
    Stores(Vec<StoreState>),
    /// `pd-ctl store check disconnected`: the stores that PD shows by this name.
    StoresShown(StoreStatus),
    /// `pd-ctl store 502`: one store.
    Store(StoreId),
    /// `pd-ctl region`: every region in PD's cache.
    Regions,
    /// `pd-ctl region 52973`: one region as PD's cache has it.
    Region(RegionId),
    /// `pd-ctl region key 7480…`: the region that holds an encoded key.
    RegionOfKey(Key),
    /// `pd-ctl region store 502`: the regions with a member on a store.
    RegionsOnStore(StoreId),
    /// `pd-ctl region check miss-peer`: the regions with which something is the matter.
    RegionsWith(RegionCheck),
    /// `pd-ctl operator show [admin]`: every operator under way, or those of a kind.
    Operators(Option<&'static str>),
    /// `pd-ctl operator check 52973`: the operator of one region.
    Operator(RegionId),
    /// `pd-ctl unsafe remove-failed-stores show`: the stages of unsafe recovery so far.
    Recovery,
    /// `pd-ctl config show replication`: how many replicas there are to be.
    Replication,
    /// `pd-ctl config placement-rules show [--group=tiflash]`: the placement rules.
    PlacementRules(Option<String>),
    /// `pd-ctl scheduler show`.
    Schedulers,
    /// `pd-ctl config placement-rules rule-group show`: the groups of placement rules.
    RuleGroups,
    /// `SELECT * FROM information_schema.…`: one of the tables on stores, regions and replicas.
    InfoTable {
        /// Which.
        table: InfoTable,
        /// `WHERE column = value`: the column's position, and the value.
        filter: Option<(usize, String)>,
    },
    /// `SHOW TABLE tpcc.stock REGIONS`: the regions of a table.
    TableRegions(String),
    /// `SELECT COUNT(*) FROM tpcc.stock`: the rows that clients have inserted.
    CountRows {
        /// The table.
        table: String,
        /// `/*+ READ_FROM_STORAGE(TIFLASH[stock]) */`, or none.
        from: ReadFrom,
    },
    /// `precheck tpcc.stock`: what speaks against changing a table's replicas now.
    Precheck(String),
    /// `metrics pd`: the gauges that PD exports about regions and stores.
    PdMetrics,
    /// `faults`: what people have done to networks and machines and not undone.
    Faults,
    /// `curl http://pd:2379/pd/api/v1/replication_mode/status`: DR Auto-Sync, for which pd-ctl has
    /// no command.
    ReplicationStatus,
    /// `metrics store 5`: what the store's process counts of its resolves and dropped messages;
    /// `metrics`: of every store that runs.
    Metrics(Option<StoreId>),
    /// `help`: what can be typed, see [`VERBS`](crate::VERBS).
    Help,
}

/// A line that lets time pass in every world alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// `wait 60s`: this many milliseconds.
    For(u64),
    /// `wait until …`: until it holds in every world, or the limit has passed.
    Until {
        /// What to wait for.
        condition: Condition,
        /// Milliseconds after which the wait is given up and the script goes on.
        at_most_ms: u64,
    },
}

/// How long `wait until …` waits where it names no limit.
pub const DEFAULT_LIMIT_MS: u64 = 30 * MINUTE;

/// What a script can wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Unsafe recovery has reached its stage Finished. One that failed, or was never started,
    /// settles the wait as not reached.
    RecoveryFinished,
    /// The table is AVAILABLE and its PROGRESS is 1.
    Available(String),
    /// No region of the table has a learner among its members, as its leader has them.
    NoLearners(String),
    /// PD has not heard from these stores for more than 20 s.
    Disconnected(Vec<StoreId>),
    /// Unsafe recovery has reached its stage Failed.
    RecoveryFailed,
    /// Every region that some running store holds has a leader.
    AllLed,
    /// PD's record of the store says so.
    StoreIs {
        /// The store.
        store: StoreId,
        /// What the record says; `None` for no record.
        state: Option<StoreState>,
    },
    /// The store has the other one on its black-list.
    Blacklisted {
        /// Who refuses to dial.
        by: StoreId,
        /// Whom.
        store: StoreId,
    },
    /// So many members, or more, will never answer.
    Ghosts {
        /// How many.
        at_least: u64,
    },
    /// So many resolves, or more, gave no address.
    FailedResolves {
        /// How many.
        at_least: u64,
    },
    /// The health check of the table finds nothing, see [`Cluster::health`](sim::Cluster::health).
    Healthy(String),
    /// So many stores, or more, go on asking for one that none of their regions has a member on.
    NeedlessLoops {
        /// How many pairs of asker and asked for.
        at_least: u64,
    },
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Command(command) => write_command(f, command),
            Request::Query(query) => query.fmt(f),
            Request::Wait(wait) => wait.fmt(f),
        }
    }
}

impl Query {
    /// Whether it is PD that answers, and not TiDB or nobody.
    pub fn asks_pd(&self) -> bool {
        match self {
            Query::Stores(_)
            | Query::StoresShown(_)
            | Query::Store(_)
            | Query::Regions
            | Query::Region(_)
            | Query::RegionOfKey(_)
            | Query::RegionsOnStore(_)
            | Query::RegionsWith(_)
            | Query::Operators(_)
            | Query::Operator(_)
            | Query::Recovery
            | Query::Replication
            | Query::PlacementRules(_)
            | Query::RuleGroups
            | Query::Schedulers
            | Query::PdMetrics
            | Query::ReplicationStatus => true,
            Query::InfoTable { .. }
            | Query::TableRegions(_)
            | Query::CountRows { .. }
            | Query::Precheck(_)
            | Query::Faults
            | Query::Metrics(_)
            | Query::Help => false,
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Query::Stores(states) => {
                f.write_str("pd-ctl store")?;
                states.iter().enumerate().try_for_each(|(i, state)| {
                    write!(f, "{}{}", if i == 0 { " --state=" } else { "," }, state.name())
                })
            }
            Query::StoresShown(status) => {
                write!(f, "pd-ctl store check {}", status.name().to_lowercase())
            }
            Query::Store(store) => write!(f, "pd-ctl store {store}"),
            Query::Regions => f.write_str("pd-ctl region"),
            Query::Region(region) => write!(f, "pd-ctl region {region}"),
            Query::RegionOfKey(key) => write!(f, "pd-ctl region key {key}"),
            Query::RegionsOnStore(store) => write!(f, "pd-ctl region store {store}"),
            Query::RegionsWith(check) => write!(f, "pd-ctl region check {}", check.name()),
            Query::Operators(None) => f.write_str("pd-ctl operator show"),
            Query::Operators(Some(kind)) => write!(f, "pd-ctl operator show {kind}"),
            Query::Operator(region) => write!(f, "pd-ctl operator check {region}"),
            Query::Recovery => f.write_str("pd-ctl unsafe remove-failed-stores show"),
            Query::Replication => f.write_str("pd-ctl config show replication"),
            Query::PlacementRules(None) => f.write_str("pd-ctl config placement-rules show"),
            Query::PlacementRules(Some(group)) => {
                write!(f, "pd-ctl config placement-rules show --group={group}")
            }
            Query::Faults => f.write_str("faults"),
            Query::Schedulers => f.write_str("pd-ctl scheduler show"),
            Query::RuleGroups => f.write_str("pd-ctl config placement-rules rule-group show"),
            Query::InfoTable { table, filter } => write_select(f, *table, filter.as_ref()),
            Query::TableRegions(table) => write!(f, "SHOW TABLE {table} REGIONS;"),
            Query::CountRows { table, from } => sql::write_count(f, table, *from),
            Query::Precheck(table) => write!(f, "precheck {table}"),
            Query::PdMetrics => f.write_str("metrics pd"),
            Query::ReplicationStatus => {
                f.write_str("curl http://pd:2379/pd/api/v1/replication_mode/status")
            }
            Query::Metrics(None) => f.write_str("metrics"),
            Query::Metrics(Some(store)) => write!(f, "metrics store {store}"),
            Query::Help => f.write_str("help"),
        }
    }
}

fn write_select(
    f: &mut fmt::Formatter<'_>,
    table: InfoTable,
    filter: Option<&(usize, String)>,
) -> fmt::Result {
    write!(f, "SELECT * FROM information_schema.{}", table.name())?;
    if let Some((column, value)) = filter {
        let (name, is_number) = table.columns()[*column];
        let quote = if is_number { "" } else { "'" };
        write!(f, " WHERE {name} = {quote}{value}{quote}")?;
    }
    f.write_str(";")
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::For(ms) => write!(f, "wait {}", Span(*ms)),
            Wait::Until { condition, at_most_ms: DEFAULT_LIMIT_MS } => {
                write!(f, "wait until {condition}")
            }
            Wait::Until { condition, at_most_ms } => {
                write!(f, "wait until {condition} for at most {}", Span(*at_most_ms))
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::RecoveryFinished => f.write_str("recovery finished"),
            Condition::Available(table) => write!(f, "available {table}"),
            Condition::NoLearners(table) => write!(f, "no learners {table}"),
            Condition::Disconnected(stores) => write!(f, "disconnected {}", List(stores)),
            Condition::RecoveryFailed => f.write_str("recovery failed"),
            Condition::AllLed => f.write_str("all regions led"),
            Condition::StoreIs { store, state: Some(state) } => {
                write!(f, "store {store} is {}", state.name())
            }
            Condition::StoreIs { store, state: None } => write!(f, "store {store} is unknown"),
            Condition::Blacklisted { by, store } => write!(f, "{by} black-lists {store}"),
            Condition::Ghosts { at_least } => write!(f, "ghosts at least {at_least}"),
            Condition::FailedResolves { at_least } => {
                write!(f, "failed resolves at least {at_least}")
            }
            Condition::Healthy(table) => write!(f, "healthy {table}"),
            Condition::NeedlessLoops { at_least } => {
                write!(f, "needless loops at least {at_least}")
            }
        }
    }
}

/// The canonical text of a command. It is here and not beside the type because `sim` knows
/// nothing of what people type.
fn write_command(f: &mut fmt::Formatter<'_>, command: &Command) -> fmt::Result {
    match command {
        Command::StopStores(stores) => write!(f, "stop store {}", List(stores)),
        Command::StartStores(stores) => write!(f, "start store {}", List(stores)),
        Command::AddStore(meta) => write_add_store(f, meta),
        Command::LoseDisk(store) => write!(f, "lose disk of {store}"),
        Command::Machine(command) => write_machine(f, command),
        Command::Cut(links) => write!(f, "cut {}", Between(links, true)),
        Command::Delay { links, by_ms } => {
            write!(f, "delay {} {}", Between(links, false), Span(*by_ms))
        }
        Command::SetMishaps { links, mishaps, percent } => {
            write!(f, "{} {}", mishaps.text(*percent), Between(links, false))
        }
        Command::Heal(None) => f.write_str("heal"),
        Command::Heal(Some(links)) => write!(f, "heal {}", Between(links, true)),
        Command::SetLoad { tables, writes_per_minute } => {
            write_clients(f, "load", tables, *writes_per_minute)
        }
        Command::SetReads { tables, reads_per_minute } => {
            write_clients(f, "read", tables, *reads_per_minute)
        }
        Command::SetQueries { tables, queries_per_minute } => {
            write_clients(f, "query", tables, *queries_per_minute)
        }
        Command::Table(command) => sql::write(f, command),
        Command::Pd(command) => pd_text::write(f, command),
        Command::TikvTest(deed) => tikv_test::write(f, deed),
        Command::SetTiflashReplica { table, count } => {
            write!(f, "ALTER TABLE {table} SET TIFLASH REPLICA {count};")
        }
    }
}

fn write_machine(f: &mut fmt::Formatter<'_>, command: &MachineCommand) -> fmt::Result {
    match command {
        MachineCommand::Pause(stores) => write!(f, "pause store {}", List(stores)),
        MachineCommand::Resume(stores) => write!(f, "resume store {}", List(stores)),
        MachineCommand::PauseApply(store) => write!(f, "pause apply of {store}"),
        MachineCommand::ResumeApply(store) => write!(f, "resume apply of {store}"),
        MachineCommand::SlowDisk { store, by_ms } => {
            write!(f, "slow disk of {store} by {}", Span(*by_ms))
        }
        MachineCommand::SkewClock { store, by_ms } => {
            let sign = if *by_ms < 0 { "-" } else { "" };
            write!(f, "skew clock of {store} by {sign}{}", Span(by_ms.unsigned_abs()))
        }
    }
}

fn write_add_store(f: &mut fmt::Formatter<'_>, meta: &StoreMeta) -> fmt::Result {
    let engine = match meta.engine {
        Engine::TiKv => "tikv",
        Engine::TiFlash => "tiflash",
    };
    write!(f, "add store {} {engine}", meta.id)?;
    for (key, value) in &meta.labels {
        match key.as_str() {
            "zone" => write!(f, " zone {value}")?,
            _ => write!(f, " label {key} {value}")?,
        }
    }
    write!(f, " address {}", meta.address)
}

fn write_clients(
    f: &mut fmt::Formatter<'_>,
    verb: &str,
    tables: &[String],
    per_minute: u64,
) -> fmt::Result {
    match (tables, per_minute) {
        ([], 0) => return write!(f, "{verb} off"),
        ([], _) => write!(f, "{verb} all ")?,
        (tables, _) => write!(f, "{verb} {} ", tables.join(","))?,
    }
    match per_minute {
        0 => f.write_str("off"),
        whole if whole.is_multiple_of(60) => write!(f, "{}/s", whole / 60),
        slow => write!(f, "{slow}/min"),
    }
}

/// Links, with an arrow only where they are not what the verb means without one.
struct Between<'a>(&'a Links, bool);

impl fmt::Display for Between<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Between(Links { from, to, both_ways }, meant) = self;
        let arrow = match both_ways {
            both_ways if both_ways == meant => "",
            true => " <->",
            false => " ->",
        };
        write!(f, "{}{arrow} {}", List::<Node>(from), List::<Node>(to))
    }
}

/// Ids as the tools take them: separated by commas alone.
pub(crate) struct List<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, id) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{id}")?;
        }
        Ok(())
    }
}

/// A span of milliseconds in the largest unit that divides it: `90s`, `2h`, `1500ms`.
pub(crate) struct Span(pub(crate) u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0s"),
            ms if ms.is_multiple_of(HOUR) => write!(f, "{}h", ms / HOUR),
            ms if ms.is_multiple_of(MINUTE) => write!(f, "{}m", ms / MINUTE),
            ms if ms.is_multiple_of(SECOND) => write!(f, "{}s", ms / SECOND),
            ms => write!(f, "{ms}ms"),
        }
    }
}
