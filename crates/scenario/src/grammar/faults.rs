//! What no tool of TiKV's does: faults, load, the script's own waiting, and a look at metrics.

use sim::command::MachineCommand;
use sim::fault::{Links, MessageKind, Mishap, Mishaps};
use sim::{Command, PdCommand};

use super::condition::condition;
use super::error::{ParseError, Problem};
use super::words::{Word, Words, number, table_name};
use crate::request::{DEFAULT_LIMIT_MS, Query, Request, Wait};

const A_TABLE: &str = "a table with its database, such as `tpcc.stock`";

/// Reads a line whose first word, `verb`, is one of ours; `None` if it is not.
pub(super) fn parse(verb: Word<'_>, words: &mut Words<'_>) -> Option<Result<Request, ParseError>> {
    Some(match verb.text {
        "stop" if words.skip("pd") => pd(Command::Pd(PdCommand::StopPd), words),
        "start" if words.skip("pd") => pd(Command::Pd(PdCommand::StartPd), words),
        "stop" => stores_of(words).map(Command::StopStores).map(Request::Command),
        "start" => stores_of(words).map(Command::StartStores).map(Request::Command),
        "pause" => machine(pause, words),
        "resume" => machine(resume, words),
        "slow" => machine(slow_disk, words),
        "skew" => machine(skew_clock, words),
        "lose" => lose(words).map(Request::Command),
        "cut" => cut(words).map(Request::Command),
        "delay" => delay(words).map(Request::Command),
        "drop" => mishaps(Mishap::Drop, words).map(Request::Command),
        "duplicate" => mishaps(Mishap::Duplicate, words).map(Request::Command),
        "reorder" => mishaps(Mishap::Reorder, words).map(Request::Command),
        "heal" => heal(words).map(Request::Command),
        "faults" => words.finish().map(|()| Request::Query(Query::Faults)),
        "load" => load(words).map(Request::Command),
        "precheck" => precheck(words).map(Request::Query),
        "metrics" => metrics(words).map(Request::Query),
        "read" => read(words).map(Request::Command),
        "query" => query(words).map(Request::Command),
        "wait" => wait(words).map(Request::Wait),
        _ => return None,
    })
}

fn pd(command: Command, words: &Words<'_>) -> Result<Request, ParseError> {
    words.finish()?;
    Ok(Request::Command(command))
}

fn stores_of(words: &mut Words<'_>) -> Result<Vec<sim::StoreId>, ParseError> {
    words.keyword("store", "`store` or `pd`, as in `stop store 502`")?;
    let stores = words.stores()?;
    words.finish()?;
    Ok(stores)
}

fn machine(
    read: impl Fn(&mut Words<'_>) -> Result<MachineCommand, ParseError>,
    words: &mut Words<'_>,
) -> Result<Request, ParseError> {
    read(words).map(|command| Request::Command(Command::Machine(command)))
}

fn pause(words: &mut Words<'_>) -> Result<MachineCommand, ParseError> {
    if words.skip("apply") {
        return applier(words).map(MachineCommand::PauseApply);
    }
    words.keyword("store", "`store` or `apply of`, as in `pause store 502`")?;
    let stores = words.stores()?;
    words.finish()?;
    Ok(MachineCommand::Pause(stores))
}

fn resume(words: &mut Words<'_>) -> Result<MachineCommand, ParseError> {
    if words.skip("apply") {
        return applier(words).map(MachineCommand::ResumeApply);
    }
    words.keyword("store", "`store` or `apply of`, as in `resume store 502`")?;
    let stores = words.stores()?;
    words.finish()?;
    Ok(MachineCommand::Resume(stores))
}

fn applier(words: &mut Words<'_>) -> Result<sim::StoreId, ParseError> {
    words.keyword("of", "`of`, as in `pause apply of 502`")?;
    let store = words.store()?;
    words.finish()?;
    Ok(store)
}

fn slow_disk(words: &mut Words<'_>) -> Result<MachineCommand, ParseError> {
    words.keyword("disk", "`disk of`, as in `slow disk of 502 by 200ms`")?;
    words.keyword("of", "`of`, as in `slow disk of 502 by 200ms`")?;
    let store = words.store()?;
    words.keyword("by", "`by`, as in `slow disk of 502 by 200ms`")?;
    let by_ms = words.span()?;
    words.finish()?;
    Ok(MachineCommand::SlowDisk { store, by_ms })
}

fn skew_clock(words: &mut Words<'_>) -> Result<MachineCommand, ParseError> {
    words.keyword("clock", "`clock of`, as in `skew clock of 502 by -30s`")?;
    words.keyword("of", "`of`, as in `skew clock of 502 by -30s`")?;
    let store = words.store()?;
    words.keyword("by", "`by`, as in `skew clock of 502 by -30s`")?;
    let by_ms = words.signed_span()?;
    words.finish()?;
    Ok(MachineCommand::SkewClock { store, by_ms })
}

fn metrics(words: &mut Words<'_>) -> Result<Query, ParseError> {
    if words.is_empty() {
        return Ok(Query::Metrics(None));
    }
    if words.skip("pd") {
        words.finish()?;
        return Ok(Query::PdMetrics);
    }
    words.keyword("store", "`store` or `pd`, as in `metrics store 5`")?;
    let store = words.store()?;
    words.finish()?;
    Ok(Query::Metrics(Some(store)))
}

fn lose(words: &mut Words<'_>) -> Result<Command, ParseError> {
    if words.skip("pd") {
        let what = "`leader` or `disks`, as in `lose pd leader`";
        let lost = words.word(what)?;
        let command = match lost.text {
            "leader" => PdCommand::LosePdLeader,
            "disks" => PdCommand::LosePdDisks,
            _ => return Err(lost.expected(what)),
        };
        words.finish()?;
        return Ok(Command::Pd(command));
    }
    words.keyword("disk", "`disk of`, `pd leader` or `pd disks`, as in `lose disk of 502`")?;
    words.keyword("of", "`of`, as in `lose disk of 502`")?;
    let store = words.store()?;
    words.finish()?;
    Ok(Command::LoseDisk(store))
}

fn cut(words: &mut Words<'_>) -> Result<Command, ParseError> {
    let links = links(true, words)?;
    words.finish()?;
    Ok(Command::Cut(links))
}

/// Two groups, `1,2 -> 5,6` or `1,2 <-> 5,6`; without an arrow it is as the verb has it.
fn links(both_ways: bool, words: &mut Words<'_>) -> Result<Links, ParseError> {
    let from = words.nodes()?;
    let both_ways = !words.skip("->") && (words.skip("<->") || both_ways);
    let to = words.nodes()?;
    Ok(Links { from, to, both_ways })
}

fn heal(words: &mut Words<'_>) -> Result<Command, ParseError> {
    let links = if words.is_empty() { None } else { Some(links(true, words)?) };
    words.finish()?;
    Ok(Command::Heal(links))
}

/// `10% MsgAppend region 7 1,2 5,6`: all but the groups may be left out.
fn mishaps(mishap: Mishap, words: &mut Words<'_>) -> Result<Command, ParseError> {
    let what =
        "a rate such as `10%`, a kind of message such as `MsgAppend`, `region`, or store ids";
    let percent = match words.peek() {
        Some(word) if word.text.ends_with('%') => {
            words.next();
            number(word, word.text.trim_end_matches('%'), what)?
        }
        Some(_) | None => 100,
    };
    let kind = match words.peek() {
        Some(word) if word.text.starts_with(|c: char| c.is_ascii_uppercase()) => {
            words.next();
            let named = |kind: &&MessageKind| kind.name().eq_ignore_ascii_case(word.text);
            let kind = MessageKind::ALL.iter().find(named);
            Some(*kind.ok_or_else(|| word.error(Problem::NoMessage(word.text.to_owned())))?)
        }
        Some(_) | None => None,
    };
    let region = if words.skip("region") { Some(words.region()?) } else { None };
    if words.is_empty() {
        return Err(words.expected(what));
    }
    let links = links(false, words)?;
    words.finish()?;
    Ok(Command::SetMishaps { links, mishaps: Mishaps { mishap, kind, region }, percent })
}

fn delay(words: &mut Words<'_>) -> Result<Command, ParseError> {
    let links = links(false, words)?;
    let by_ms = words.span()?;
    words.finish()?;
    Ok(Command::Delay { links, by_ms })
}

fn load(words: &mut Words<'_>) -> Result<Command, ParseError> {
    let what = "tables, `all` or `off`, as in `load tpcc.stock 1/s`";
    let (tables, writes_per_minute) = clients(what, words)?;
    Ok(Command::SetLoad { tables, writes_per_minute })
}

fn read(words: &mut Words<'_>) -> Result<Command, ParseError> {
    let what = "tables, `all` or `off`, as in `read tpcc.stock 1/s`";
    let (tables, reads_per_minute) = clients(what, words)?;
    Ok(Command::SetReads { tables, reads_per_minute })
}

fn query(words: &mut Words<'_>) -> Result<Command, ParseError> {
    let what = "tables, `all` or `off`, as in `query tpcc.stock 1/s`";
    let (tables, queries_per_minute) = clients(what, words)?;
    Ok(Command::SetQueries { tables, queries_per_minute })
}

/// Tables, none of which means all, and a rate.
fn clients(what: &'static str, words: &mut Words<'_>) -> Result<(Vec<String>, u64), ParseError> {
    let word = words.word(what)?;
    let clients = match word.text {
        "off" => (Vec::new(), 0),
        "all" => (Vec::new(), rate(words)?),
        _ => (tables(word)?, rate(words)?),
    };
    words.finish()?;
    Ok(clients)
}

fn tables(word: Word<'_>) -> Result<Vec<String>, ParseError> {
    let mut tables = Vec::new();
    let mut column = word.column;
    for part in word.text.split(',') {
        let part_word = Word { text: part, column, ..word };
        let table = table_name(part_word)?;
        if tables.contains(&table) {
            return Err(part_word.error(Problem::Twice(format!("table {table}"))));
        }
        tables.push(table);
        column += part.chars().count() + 1;
    }
    Ok(tables)
}

/// Requests a minute: `1/s`, `60/min` or `off`.
fn rate(words: &mut Words<'_>) -> Result<u64, ParseError> {
    let what = "a rate by region, such as `1/s` or `30/min`, or `off`";
    let word = words.word(what)?;
    let (amount, factor) = match word.text.split_once('/') {
        Some((amount, "s")) => (amount, 60),
        Some((amount, "min")) => (amount, 1),
        None if word.text == "off" => return Ok(0),
        Some(_) | None => return Err(word.expected(what)),
    };
    number(word, amount, what)?
        .checked_mul(factor)
        .ok_or_else(|| word.error(Problem::TooLarge(word.text.to_owned())))
}

fn precheck(words: &mut Words<'_>) -> Result<Query, ParseError> {
    let table = table_name(words.word(A_TABLE)?)?;
    words.finish()?;
    Ok(Query::Precheck(table))
}

fn wait(words: &mut Words<'_>) -> Result<Wait, ParseError> {
    let what = "a span of time or `until`, as in `wait 60s` or `wait until recovery finished`";
    if words.is_empty() {
        return Err(words.expected(what));
    }
    if !words.skip("until") {
        let looks_like_a_span =
            words.peek().is_some_and(|word| word.text.starts_with(|c: char| c.is_ascii_digit()));
        if !looks_like_a_span {
            return Err(words.expected(what));
        }
        let ms = words.span()?;
        words.finish()?;
        return Ok(Wait::For(ms));
    }
    let condition = condition(words)?;
    let at_most_ms = if words.skip("for") {
        words.keyword("at", "`at most`, as in `for at most 10m`")?;
        words.keyword("most", "`most`, as in `for at most 10m`")?;
        words.span()?
    } else {
        DEFAULT_LIMIT_MS
    };
    words.finish()?;
    Ok(Wait::Until { condition, at_most_ms })
}
