//! pd-ctl's commands, with pd-ctl's answers to what it does not understand.
//!
//! Usages and messages are those of PD's `tools/pd-ctl/pdctl/command`.

mod scheduler;
mod show;

use sim::command::{ReplicationMode, ReplicationOption, SplitPolicy};
use sim::region::Key;
use sim::{Command, Halt, PdCommand, RegionId, StoreId};

use super::error::{ParseError, Problem};
use super::recovery;
use super::verbs::near;
use super::words::{Word, Words, hex};
use crate::request::{Query, Request};

/// Reads a command whose first word, `verb`, is one of pd-ctl's; `None` if it is not.
pub(super) fn parse(verb: Word<'_>, words: &mut Words<'_>) -> Option<Result<Request, ParseError>> {
    Some(match verb.text {
        "unsafe" => recovery::parse(words),
        "store" => parse_store(words),
        "region" => show::region(words).map(Request::Query),
        "operator" => parse_operator(words),
        "config" => parse_config(words),
        "member" => parse_member(words),
        "scheduler" => scheduler::parse(words),
        _ => return None,
    })
}

/// The request for a command to PD.
pub(super) fn asked(command: PdCommand) -> Result<Request, ParseError> {
    Ok(Request::Command(Command::Pd(command)))
}

fn parse_store(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let Some(verb) = words.peek() else {
        return Ok(Request::Query(Query::Stores(Vec::new())));
    };
    if verb.text.starts_with('-') {
        return show::store_states(words).map(Request::Query);
    }
    words.next();
    match verb.text {
        "remove-tombstone" => {
            no_more(words, "store remove-tombstone [flags]")?;
            asked(PdCommand::RemoveTombstone)
        }
        "delete" => {
            let store = store_id(words, "store delete <store_id> [flags]")?;
            asked(PdCommand::DeleteStore(store))
        }
        "cancel-delete" => {
            let store = store_id(words, "store cancel-delete <store_id> [flags]")?;
            asked(PdCommand::CancelDeleteStore(store))
        }
        "check" => show::stores_shown(words).map(Request::Query),
        id if is_number(id) => {
            no_more(words, "store [command] [flags]")?;
            let message = "store_id should be a number";
            Ok(Request::Query(Query::Store(StoreId(pd_number(verb, message)?))))
        }
        other => {
            let verbs = &["remove-tombstone", "delete", "cancel-delete", "check"];
            if near(other, verbs).is_empty() && words.is_empty() {
                return Err(verb.error(Problem::PdCtl("store_id should be a number")));
            }
            Err(unknown(verb, "pd-ctl store", verbs))
        }
    }
}

fn parse_operator(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let verb = subcommand(words, "operator [command]")?;
    match verb.text {
        "show" => show::operators(words).map(Request::Query),
        "check" => {
            let region = region_id(words, "operator check [region_id] [flags]")?;
            Ok(Request::Query(Query::Operator(region)))
        }
        "remove" => {
            let region = region_id(words, "operator remove <region_id> [flags]")?;
            asked(PdCommand::RemoveOperator(region))
        }
        "add" => add_operator(words).and_then(asked),
        _ => Err(unknown(verb, "pd-ctl operator", &["show", "check", "add", "remove"])),
    }
}

fn add_operator(words: &mut Words<'_>) -> Result<PdCommand, ParseError> {
    let verb = subcommand(words, "operator add <operator>")?;
    match verb.text {
        "remove-peer" => {
            let usage = "operator add remove-peer <region_id> <from_store_id> [flags]";
            let (region, store) = region_and_store(words, usage)?;
            Ok(PdCommand::AddRemovePeer { region, store })
        }
        "add-learner" => {
            let usage = "operator add add-learner <region_id> <to_store_id> [flags]";
            let (region, store) = region_and_store(words, usage)?;
            Ok(PdCommand::AddAddLearner { region, store })
        }
        "transfer-leader" => {
            let usage = "operator add transfer-leader <region_id> <to_store_id> [flags]";
            let (region, store) = region_and_store(words, usage)?;
            Ok(PdCommand::AddTransferLeader { region, store })
        }
        "split-region" => split_region(words),
        "merge-region" => {
            let usage = "operator add merge-region <source_region_id> <target_region_id> [flags]";
            let (source, target) = two_ids(words, usage)?;
            Ok(PdCommand::AddMergeRegion { source: RegionId(source), target: RegionId(target) })
        }
        "add-peer" => {
            let usage = "operator add add-peer <region_id> <to_store_id> [flags]";
            let (region, store) = region_and_store(words, usage)?;
            Ok(PdCommand::AddAddPeer { region, store })
        }
        "transfer-peer" => transfer_peer(words),
        "transfer-region" => transfer_region(words),
        _ => {
            let verbs = &[
                "remove-peer",
                "add-learner",
                "add-peer",
                "transfer-leader",
                "transfer-peer",
                "transfer-region",
                "split-region",
                "merge-region",
            ];
            Err(unknown(verb, "pd-ctl operator add", verbs))
        }
    }
}

const SPLIT_REGION: &str =
    "operator add split-region <region_id> [--policy=scan|approximate|usekey] [flags]";

fn split_region(words: &mut Words<'_>) -> Result<PdCommand, ParseError> {
    let region = RegionId(go_number(subcommand(words, SPLIT_REGION)?)?);
    let (mut policy, mut keys) = (SplitPolicy::Scan, Vec::new());
    while let Some(word) = words.next() {
        let (flag, value) = match word.text.split_once('=') {
            Some((flag, value)) => (flag, Some(Word { text: value, ..word })),
            None => (word.text, None),
        };
        let value = |words: &mut Words<'_>| match value.map(|value| value.text.to_owned()) {
            Some(value) => Ok(value),
            None => words.word("the flag's value").map(|word| word.text.to_owned()),
        };
        match flag {
            "--policy" => {
                policy = match value(words)?.as_str() {
                    "scan" => SplitPolicy::Scan,
                    "approximate" => SplitPolicy::Approximate,
                    "usekey" => SplitPolicy::UseKey,
                    _ => return Err(word.error(Problem::PdCtl("Error: unknown policy"))),
                }
            }
            "--keys" => {
                let what = "keys in hexadecimal, as pd-ctl prints them, separated by commas";
                let read: Option<Vec<Key>> = value(words)?.split(',').map(hex).collect();
                keys = read.ok_or_else(|| word.expected(what))?;
            }
            _ if flag.starts_with('-') => {
                return Err(word.error(Problem::UnknownFlag(flag.to_owned())));
            }
            _ => return Err(word.error(Problem::Usage { message: None, usage: SPLIT_REGION })),
        }
    }
    match (policy, keys.is_empty()) {
        (SplitPolicy::UseKey, true) => Err(words.expected("`--keys=HEX`, where to split")),
        (SplitPolicy::UseKey, false) => Ok(PdCommand::AddSplitRegion { region, policy, keys }),
        // PD reads the keys with that policy only.
        (SplitPolicy::Scan | SplitPolicy::Approximate, _) => {
            Ok(PdCommand::AddSplitRegion { region, policy, keys: Vec::new() })
        }
    }
}

fn transfer_peer(words: &mut Words<'_>) -> Result<PdCommand, ParseError> {
    let usage = "operator add transfer-peer <region_id> <from_store_id> <to_store_id> [flags]";
    let [region, from, to] =
        [subcommand(words, usage)?, subcommand(words, usage)?, subcommand(words, usage)?];
    no_more(words, usage)?;
    let region = RegionId(go_number(region)?);
    let (from, to) = (StoreId(go_number(from)?), StoreId(go_number(to)?));
    Ok(PdCommand::AddTransferPeer { region, from, to })
}

fn transfer_region(words: &mut Words<'_>) -> Result<PdCommand, ParseError> {
    let usage = "operator add transfer-region <region_id> <to_store_id>... [flags]";
    let region = RegionId(go_number(subcommand(words, usage)?)?);
    let mut stores = vec![StoreId(go_number(subcommand(words, usage)?)?)];
    while let Some(word) = words.next() {
        stores.push(StoreId(go_number(word)?));
    }
    Ok(PdCommand::AddTransferRegion { region, stores })
}

fn parse_config(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let verb = subcommand(words, "config [command]")?;
    match verb.text {
        "set" => {
            let command = set_option(words)?;
            no_more(words, "config set <option> <value> [flags]")?;
            asked(command)
        }
        "show" => {
            words.keyword("replication", "`replication`, the one section that is modelled")?;
            no_more(words, "config show replication [flags]")?;
            Ok(Request::Query(Query::Replication))
        }
        "placement-rules" => show::placement_rules(words).map(Request::Query),
        _ => Err(unknown(verb, "pd-ctl config", &["set", "show", "placement-rules"])),
    }
}

fn set_option(words: &mut Words<'_>) -> Result<PdCommand, ParseError> {
    let what = "`max-replicas`, `max-store-down-time`, `max-merge-region-size`, \
                `max-merge-region-keys`, `split-merge-interval`, `halt-scheduling` or \
                `replication-mode`, the options that are modelled";
    let option = words.word(what)?;
    match option.text {
        "max-replicas" => {
            words.count("a number of replicas, such as `3`").map(PdCommand::SetMaxReplicas)
        }
        "halt-scheduling" => {
            let value = words.word("`true` or `false`")?;
            match value.text {
                "true" => Ok(PdCommand::SetHaltScheduling(Halt::Halted)),
                "false" => Ok(PdCommand::SetHaltScheduling(Halt::Active)),
                _ => Err(value.expected("`true` or `false`")),
            }
        }
        "replication-mode" => replication(words).map(PdCommand::SetReplication),
        "max-merge-region-size" => {
            words.count("a size in MiB, such as `20`").map(PdCommand::SetMaxMergeRegionSize)
        }
        "max-merge-region-keys" => {
            words.count("a number of keys, such as `200000`").map(PdCommand::SetMaxMergeRegionKeys)
        }
        "split-merge-interval" => words.span().map(|ms| PdCommand::SetSplitMergeInterval { ms }),
        "max-store-down-time" => words.span().map(|ms| PdCommand::SetMaxStoreDownTime { ms }),
        _ => Err(option.expected(what)),
    }
}

/// What follows `config set replication-mode`.
fn replication(words: &mut Words<'_>) -> Result<ReplicationOption, ParseError> {
    let what = "`majority` or `dr-auto-sync`";
    let mode = words.word(what)?;
    match mode.text {
        "majority" => return Ok(ReplicationOption::Mode(ReplicationMode::Majority)),
        "dr-auto-sync" => {}
        _ => return Err(mode.expected(what)),
    }
    let what = "`label-key`, `primary`, `dr`, `primary-replicas`, `dr-replicas` or \
                `wait-store-timeout`";
    let Some(option) = words.next() else {
        return Ok(ReplicationOption::Mode(ReplicationMode::DrAutoSync));
    };
    let replicas = "a number of replicas, such as `2`";
    Ok(match option.text {
        "label-key" => ReplicationOption::LabelKey(label(words)?),
        "primary" => ReplicationOption::Primary(label(words)?),
        "dr" => ReplicationOption::Dr(label(words)?),
        "primary-replicas" => ReplicationOption::PrimaryReplicas(words.count(replicas)?),
        "dr-replicas" => ReplicationOption::DrReplicas(words.count(replicas)?),
        "wait-store-timeout" => ReplicationOption::WaitStoreTimeout(words.span()?),
        _ => return Err(option.expected(what)),
    })
}

fn label(words: &mut Words<'_>) -> Result<String, ParseError> {
    Ok(words.word("a label, such as `zone` or `dc1`")?.text.to_owned())
}

fn parse_member(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let verb = subcommand(words, "member [command]")?;
    if verb.text != "leader" {
        return Err(unknown(verb, "pd-ctl member", &["leader"]));
    }
    let verb = subcommand(words, "member leader <subcommand>")?;
    if verb.text != "resign" {
        return Err(unknown(verb, "pd-ctl member leader", &["resign"]));
    }
    no_more(words, "member leader resign [flags]")?;
    asked(PdCommand::ResignPdLeader)
}

pub(super) fn subcommand<'a>(
    words: &mut Words<'a>,
    usage: &'static str,
) -> Result<Word<'a>, ParseError> {
    words.next().ok_or_else(|| words.error_at_end(Problem::Usage { message: None, usage }))
}

pub(super) fn unknown(
    verb: Word<'_>,
    of: &'static str,
    known: &'static [&'static str],
) -> ParseError {
    let near = near(verb.text, known);
    verb.error(Problem::UnknownCommand { word: verb.text.to_owned(), of, near, known })
}

pub(super) fn no_more(words: &Words<'_>, usage: &'static str) -> Result<(), ParseError> {
    match words.peek() {
        None => Ok(()),
        Some(word) if word.text.starts_with('-') => {
            Err(word.error(Problem::UnknownFlag(word.text.to_owned())))
        }
        Some(word) => Err(word.error(Problem::Usage { message: None, usage })),
    }
}

fn store_id(words: &mut Words<'_>, usage: &'static str) -> Result<StoreId, ParseError> {
    let word = subcommand(words, usage)?;
    let store = pd_number(word, "store_id should be a number")?;
    no_more(words, usage)?;
    Ok(StoreId(store))
}

fn region_id(words: &mut Words<'_>, usage: &'static str) -> Result<RegionId, ParseError> {
    let region = go_number(subcommand(words, usage)?)?;
    no_more(words, usage)?;
    Ok(RegionId(region))
}

fn region_and_store(
    words: &mut Words<'_>,
    usage: &'static str,
) -> Result<(RegionId, StoreId), ParseError> {
    let (region, store) = two_ids(words, usage)?;
    Ok((RegionId(region), StoreId(store)))
}

fn two_ids(words: &mut Words<'_>, usage: &'static str) -> Result<(u64, u64), ParseError> {
    let first = subcommand(words, usage)?;
    let second = subcommand(words, usage)?;
    // pd-ctl counts the arguments before it reads them.
    no_more(words, usage)?;
    Ok((go_number(first)?, go_number(second)?))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An id where pd-ctl has a message of its own for what is not one.
fn pd_number(word: Word<'_>, message: &'static str) -> Result<u64, ParseError> {
    word.text
        .parse()
        .ok()
        .filter(|_| is_number(word.text))
        .ok_or_else(|| word.error(Problem::PdCtl(message)))
}

/// An id where pd-ctl prints the error of Go's `strconv.ParseUint`.
pub(super) fn go_number(word: Word<'_>) -> Result<u64, ParseError> {
    let out_of_range = is_number(word.text);
    word.text
        .parse()
        .ok()
        .filter(|_| out_of_range)
        .ok_or_else(|| word.error(Problem::GoNumber { word: word.text.to_owned(), out_of_range }))
}
