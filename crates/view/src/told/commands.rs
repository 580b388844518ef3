//! Sentences on what people ask for: where most chains of causes begin.

use sim::command::MachineCommand;
use sim::fault::{Links, Mishap, Mishaps};
use sim::{ClientRequest, Command, StoreId, TableCommand, TikvTest};

use super::pd_commands;
use crate::lang::Lang;

/// The command as a sentence.
pub(super) fn sentence(command: &Command, lang: Lang) -> String {
    let (en, zh) = match command {
        Command::Pd(command) => pd_commands::sentence(command),
        Command::Table(command) => table_sentence(command),
        Command::SetTiflashReplica { table, count } => (
            format!("Somebody set {table} to {count} TiFlash replicas"),
            format!("有人将 {table} 的 TiFlash 副本数设为 {count}"),
        ),
        Command::StopStores(stores) => {
            (of_stores(stores, ["fails", "fail"]), format!("store {} 宕机", list(stores)))
        }
        Command::StartStores(stores) => (
            format!("Somebody started {}", stores_named(stores)),
            format!("有人启动 store {}", list(stores)),
        ),
        Command::LoseDisk(store) => {
            (format!("The disk of store {store} is lost"), format!("store {store} 的磁盘丢失"))
        }
        Command::Machine(command) => machine_sentence(command),
        Command::Cut(links) => on_links(links, "The network", "is cut", "的网络被切断"),
        Command::Delay { links, by_ms } => delay_sentence(links, *by_ms),
        Command::SetMishaps { links, mishaps: which, percent } => mishaps(links, *which, *percent),
        Command::Heal(None) => ("Every fault is healed".to_owned(), "所有故障恢复".to_owned()),
        Command::Heal(Some(links)) => on_links(links, "The network", "is healed", "的网络恢复"),
        Command::SetLoad { writes_per_minute: rate, .. } => on_off(*rate, WRITES),
        Command::SetReads { reads_per_minute: rate, .. } => on_off(*rate, READS),
        Command::SetQueries { queries_per_minute: rate, .. } => on_off(*rate, QUERIES),
        Command::AddStore(meta) => (
            format!("A new {} machine comes as store {}", meta.engine.name(), meta.id),
            format!("新增一台 {}，即 store {}", meta.engine.name(), meta.id),
        ),
        Command::TikvTest(deed) => tikv_test(deed),
    };
    super::own(lang, en, zh)
}

/// What is done with a table, in English and in Chinese.
fn table_sentence(command: &TableCommand) -> (String, String) {
    match command {
        TableCommand::Create { table, .. } => {
            (format!("Somebody created table {table}"), format!("有人创建表 {table}"))
        }
        TableCommand::Drop { table, .. } => {
            (format!("Somebody dropped table {table}"), format!("有人删除表 {table}"))
        }
        TableCommand::Split { table, .. } => (
            format!("Somebody had the regions of {table} split"),
            format!("有人分裂表 {table} 的 Region"),
        ),
    }
}

/// What TiKV's own tests do, in English and in Chinese.
fn tikv_test(deed: &TikvTest) -> (String, String) {
    match deed {
        TikvTest::HandPlan { store, .. } => (
            format!("Somebody handed PD a recovery plan for store {store}"),
            format!("有人让 PD 给 store {store} 下发恢复计划"),
        ),
        TikvTest::ChangePeers { region, .. } => (
            format!("Somebody had the members of region {region} changed"),
            format!("有人直接变更 Region {region} 的成员"),
        ),
        TikvTest::Request { region, request: ClientRequest::Put } => {
            (format!("A client writes to region {region}"), format!("客户端写 Region {region}"))
        }
        TikvTest::Request { region, .. } => {
            (format!("A client reads from region {region}"), format!("客户端读 Region {region}"))
        }
        TikvTest::CompactLog(region) => (
            format!("Somebody had the log of region {region} cut"),
            format!("有人截断 Region {region} 的日志"),
        ),
        TikvTest::ExitForceLeader { region, store } => (
            format!("Somebody ended the force leader of region {region} on store {store}"),
            format!("有人让 Region {region} 在 store {store} 上退出 force leader"),
        ),
    }
}

/// What is said when clients begin and when they stop.
const WRITES: [[&str; 2]; 2] = [["Clients write", "客户端开始写入"], ["Writes stop", "写入停止"]];
const READS: [[&str; 2]; 2] = [["Clients read", "客户端开始读取"], ["Reads stop", "读取停止"]];
const QUERIES: [[&str; 2]; 2] = [
    ["Clients query TiFlash", "客户端开始查询 TiFlash"],
    ["TiFlash queries stop", "TiFlash 查询停止"],
];

fn on_off(rate: u64, words: [[&str; 2]; 2]) -> (String, String) {
    let [en, zh] = words[usize::from(rate == 0)];
    (en.to_owned(), zh.to_owned())
}

/// What is done to a machine.
fn machine_sentence(command: &MachineCommand) -> (String, String) {
    match command {
        MachineCommand::Pause(stores) => {
            (of_stores(stores, ["stalls", "stall"]), format!("store {} 停顿", list(stores)))
        }
        MachineCommand::Resume(stores) => {
            (of_stores(stores, ["goes on", "go on"]), format!("store {} 继续运行", list(stores)))
        }
        MachineCommand::PauseApply(store) => (
            format!("Store {store} applies nothing any more"),
            format!("store {store} 暂停应用日志"),
        ),
        MachineCommand::ResumeApply(store) => {
            (format!("Store {store} applies again"), format!("store {store} 恢复应用日志"))
        }
        MachineCommand::SlowDisk { store, by_ms: 0 } => {
            (format!("The disk of store {store} is fast again"), format!("store {store} 磁盘恢复"))
        }
        MachineCommand::SlowDisk { store, by_ms } => (
            format!("Writes to the disk of store {store} take {by_ms} ms"),
            format!("store {store} 的磁盘写入需要 {by_ms} ms"),
        ),
        MachineCommand::SkewClock { store, by_ms } => {
            let (ms, ahead, zh) = match by_ms {
                0 => return right_clock(*store),
                1.. => (by_ms.unsigned_abs(), "ahead", "快"),
                _ => (by_ms.unsigned_abs(), "behind", "慢"),
            };
            (
                format!("The clock of store {store} is {ms} ms {ahead}"),
                format!("store {store} 的时钟{zh} {ms} ms"),
            )
        }
    }
}

fn right_clock(store: StoreId) -> (String, String) {
    (format!("The clock of store {store} is right again"), format!("store {store} 的时钟恢复准确"))
}

/// Which messages have which mishap.
fn mishaps(links: &Links, mishaps: Mishaps, percent: u64) -> (String, String) {
    let (en, zh) = ways(links);
    let (befalls, what) = match mishaps.mishap {
        Mishap::Drop => ("are lost", "丢失"),
        Mishap::Duplicate => ("arrive twice", "重复到达"),
        Mishap::Reorder => ("are overtaken by later ones", "乱序到达"),
    };
    let kind = mishaps.kind.map_or(String::new(), |kind| format!("{} ", kind.name()));
    let (of, of_zh) = match mishaps.region {
        Some(region) => (format!("of region {region} "), format!(" Region {region} 的")),
        None => (String::new(), "的".to_owned()),
    };
    (
        format!("{percent}% of the {kind}messages {of}{en} {befalls}"),
        format!("{zh}{of_zh} {kind}消息有 {percent}% {what}"),
    )
}

fn delay_sentence(links: &Links, by_ms: u64) -> (String, String) {
    let (en, zh) = (format!("take {by_ms} ms more"), format!("的消息多花 {by_ms} ms"));
    on_links(links, "Messages", &en, &zh)
}

fn on_links(links: &Links, what: &str, becomes: &str, zh_becomes: &str) -> (String, String) {
    let (en, zh) = ways(links);
    (format!("{what} {en} {becomes}"), format!("{zh}{zh_becomes}"))
}

/// `between 1 and 5` or `from 1 to 5`.
fn ways(links: &Links) -> (String, String) {
    let (from, to) = (list(&links.from), list(&links.to));
    match links.both_ways {
        true => (format!("between {from} and {to}"), format!("{from} 与 {to} 之间")),
        false => (format!("from {from} to {to}"), format!("从 {from} 到 {to} ")),
    }
}

/// `Store 6 fails`, `Stores 1, 2 fail`: what one does, and what several do.
fn of_stores(stores: &[StoreId], [one, many]: [&str; 2]) -> String {
    let (noun, verb) = if stores.len() == 1 { ("Store", one) } else { ("Stores", many) };
    format!("{noun} {} {verb}", list(stores))
}

/// `store 6`, `stores 1, 2`.
pub(super) fn stores_named(stores: &[StoreId]) -> String {
    let noun = if stores.len() == 1 { "store" } else { "stores" };
    format!("{noun} {}", list(stores))
}

/// `1 region`, `4 regions`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

pub(super) fn list<T: ToString>(ids: &[T]) -> String {
    let ids: Vec<String> = ids.iter().map(T::to_string).collect();
    ids.join(", ")
}
