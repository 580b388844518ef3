//! What a script can wait for, and what a scenario expects in the end.

use sim::store::StoreState;

use super::error::ParseError;
use super::words::{Words, table_name};
use crate::request::Condition;

const TABLE: &str = "a table with its database, such as `tpcc.stock`";
const STATE: &str = "`Up`, `Offline`, `Tombstone` or `unknown`";

/// Reads a condition from its first word on.
pub(crate) fn condition(words: &mut Words<'_>) -> Result<Condition, ParseError> {
    let what = "`recovery finished`, `recovery failed`, `available TABLE`, `no learners \
                TABLE`, `healthy TABLE`, `disconnected STORES`, `all regions led`, `store \
                STORE is STATE`, `STORE black-lists STORE`, `ghosts at least N`, `failed \
                resolves at least N` or `needless loops at least N`";
    if words.peek().is_some_and(|word| word.text.starts_with(|c: char| c.is_ascii_digit())) {
        return blacklisted(words);
    }
    let word = words.word(what)?;
    match word.text {
        "recovery" => recovery(words),
        "available" => Ok(Condition::Available(table_name(words.word(TABLE)?)?)),
        "no" => {
            words.keyword("learners", "`learners`, as in `no learners tpcc.stock`")?;
            Ok(Condition::NoLearners(table_name(words.word(TABLE)?)?))
        }
        "healthy" => Ok(Condition::Healthy(table_name(words.word(TABLE)?)?)),
        "disconnected" => Ok(Condition::Disconnected(words.stores()?)),
        "all" => {
            words.keyword("regions", "`regions led`, as in `all regions led`")?;
            words.keyword("led", "`led`, as in `all regions led`")?;
            Ok(Condition::AllLed)
        }
        "store" => store_is(words),
        "ghosts" => Ok(Condition::Ghosts { at_least: at_least(words)? }),
        "failed" => {
            words.keyword("resolves", "`resolves`, as in `failed resolves at least 100`")?;
            Ok(Condition::FailedResolves { at_least: at_least(words)? })
        }
        "needless" => {
            words.keyword("loops", "`loops`, as in `needless loops at least 1`")?;
            Ok(Condition::NeedlessLoops { at_least: at_least(words)? })
        }
        _ => Err(word.expected(what)),
    }
}

fn recovery(words: &mut Words<'_>) -> Result<Condition, ParseError> {
    let what = "`finished` or `failed`, as in `recovery finished`";
    let word = words.word(what)?;
    match word.text {
        "finished" => Ok(Condition::RecoveryFinished),
        "failed" => Ok(Condition::RecoveryFailed),
        _ => Err(word.expected(what)),
    }
}

fn store_is(words: &mut Words<'_>) -> Result<Condition, ParseError> {
    let store = words.store()?;
    words.keyword("is", "`is`, as in `store 502 is Tombstone`")?;
    let word = words.word(STATE)?;
    let state = StoreState::ALL.into_iter().find(|state| state.name() == word.text);
    if state.is_none() && word.text != "unknown" {
        return Err(word.expected(STATE));
    }
    Ok(Condition::StoreIs { store, state })
}

fn blacklisted(words: &mut Words<'_>) -> Result<Condition, ParseError> {
    let by = words.store()?;
    words.keyword("black-lists", "`black-lists`, as in `5 black-lists 502`")?;
    Ok(Condition::Blacklisted { by, store: words.store()? })
}

fn at_least(words: &mut Words<'_>) -> Result<u64, ParseError> {
    words.keyword("at", "`at least`, as in `at least 100`")?;
    words.keyword("least", "`least`, as in `at least 100`")?;
    words.count("a number, such as `100`")
}
