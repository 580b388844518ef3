//! `pd-ctl scheduler …`: what moves leaders of its own accord.

use sim::{PdCommand, Scheduler, StoreId};

use super::{asked, go_number, no_more, subcommand, unknown};
use crate::grammar::error::ParseError;
use crate::grammar::words::{Word, Words};
use crate::request::{Query, Request};

/// The schedulers that are modelled, as PD names them.
pub(in crate::grammar) const BALANCE_LEADER: &str = "balance-leader-scheduler";
pub(in crate::grammar) const EVICT_LEADER: &str = "evict-leader-scheduler";
const KNOWN: &[&str] = &[BALANCE_LEADER, EVICT_LEADER];

/// Reads what follows `scheduler`.
pub(super) fn parse(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let verb = subcommand(words, "scheduler [command]")?;
    match verb.text {
        "show" => {
            no_more(words, "scheduler show [flags]")?;
            Ok(Request::Query(Query::Schedulers))
        }
        "add" => add(words),
        "remove" => remove(words),
        _ => Err(unknown(verb, "pd-ctl scheduler", &["show", "add", "remove"])),
    }
}

fn add(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let name = subcommand(words, "scheduler add <scheduler>")?;
    let scheduler = match name.text {
        BALANCE_LEADER => {
            no_more(words, "scheduler add balance-leader-scheduler [flags]")?;
            Scheduler::BalanceLeader
        }
        EVICT_LEADER => {
            let usage = "scheduler add evict-leader-scheduler <store_id> [flags]";
            let store = go_number(subcommand(words, usage)?)?;
            no_more(words, usage)?;
            Scheduler::EvictLeader(StoreId(store))
        }
        _ => return Err(unknown(name, "pd-ctl scheduler add", KNOWN)),
    };
    asked(PdCommand::AddScheduler(scheduler))
}

/// The store is part of the name here.
fn remove(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let usage = "scheduler remove <scheduler> [flags]";
    let name = subcommand(words, usage)?;
    no_more(words, usage)?;
    if name.text == BALANCE_LEADER {
        return asked(PdCommand::RemoveScheduler(Scheduler::BalanceLeader));
    }
    let store = name.text.strip_prefix(EVICT_LEADER).and_then(|rest| rest.strip_prefix('-'));
    let Some(text) = store else {
        let what = "`balance-leader-scheduler` or `evict-leader-scheduler-STORE`, as in \
                    `scheduler remove evict-leader-scheduler-1`";
        return Err(name.expected(what));
    };
    let store = StoreId(go_number(Word { text, ..name })?);
    asked(PdCommand::RemoveScheduler(Scheduler::EvictLeader(store)))
}
