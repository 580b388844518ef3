//! `pd-ctl unsafe …`: online recovery, with pd-ctl's answers to what it does not understand.
//!
//! Which of these words a release knows is not decided here: a cluster refuses those it lacks.

use sim::{Command, PdCommand, RecoveryOptions, StoreId};

use super::error::{ParseError, Problem};
use super::pd::{go_number, no_more, subcommand, unknown};
use super::words::{Word, Words, number};
use crate::request::{Query, Request};

const REMOVE_FAILED_STORES: &str =
    "unsafe remove-failed-stores [<store_id1>,<store_id2>,...] [flags]";

/// The timeout flag's default. pd-ctl does not send a value equal to it, so that PD's own default
/// of 600 s applies (`unsafe_command.go:removeFailedStoresCommandFunc`).
const UNSENT_TIMEOUT_S: u64 = 300;

/// A year is far beyond any run; the simulated clock counts milliseconds.
const MAX_S: u64 = 31_536_000;

/// Reads what follows `unsafe`.
pub(super) fn parse(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let usage = "unsafe [command]";
    let verb = subcommand(words, usage)?;
    match verb.text {
        "remove-failed-stores" if words.skip("show") => {
            no_more(words, "unsafe remove-failed-stores show [flags]")?;
            Ok(Request::Query(Query::Recovery))
        }
        "remove-failed-stores" if words.skip("abort") => {
            no_more(words, "unsafe remove-failed-stores abort [flags]")?;
            Ok(Request::Command(Command::Pd(PdCommand::AbortRecovery)))
        }
        "remove-failed-stores" => remove_failed_stores(words),
        _ => Err(unknown(verb, "pd-ctl unsafe", &["remove-failed-stores"])),
    }
}

fn remove_failed_stores(words: &mut Words<'_>) -> Result<Request, ParseError> {
    let mut stores = None;
    let mut auto_detect = false;
    let mut timeout_s = None;
    let mut options = RecoveryOptions::default();
    while let Some(word) = words.next() {
        let (flag, value) = match word.text.split_once('=') {
            Some((flag, value)) => (flag, Some(Word { text: value, ..word })),
            None => (word.text, None),
        };
        match flag {
            "--auto-detect" if value.is_none() => auto_detect = true,
            "--disable-paranoid-check" if value.is_none() => options.disable_paranoid_check = true,
            "--timeout" => {
                let seconds = seconds(value, words, "whole seconds, such as `--timeout 600`")?;
                timeout_s = (seconds != UNSENT_TIMEOUT_S).then_some(seconds);
            }
            "--plan-execution-timeout" => {
                options.plan_timeout_s = plan_timeout(value.unwrap_or(word), value, words)?;
            }
            _ if flag.starts_with('-') => {
                return Err(word.error(Problem::UnknownFlag(flag.to_owned())));
            }
            _ if stores.is_some() => {
                let message = Some("More arguments than expected");
                return Err(word.error(Problem::Usage { message, usage: REMOVE_FAILED_STORES }));
            }
            _ => stores = Some((word, failed_stores(word)?)),
        }
    }
    match (stores, auto_detect) {
        (Some((word, _)), true) => Err(word.error(Problem::PdCtl(
            "The flag `auto-detect` is set, no need to specify failed store ids",
        ))),
        (None, false) => {
            let message = Some("Failed store ids are not specified");
            Err(words.error_at_end(Problem::Usage { message, usage: REMOVE_FAILED_STORES }))
        }
        (stores, auto_detect) => {
            let stores = stores.map(|(_, ids)| ids).unwrap_or_default();
            let command = Command::Pd(PdCommand::RemoveFailedStores {
                stores,
                auto_detect,
                timeout_s,
                options,
            });
            Ok(Request::Command(command))
        }
    }
}

fn plan_timeout(
    at: Word<'_>,
    value: Option<Word<'_>>,
    words: &mut Words<'_>,
) -> Result<Option<u64>, ParseError> {
    match seconds(value, words, "whole seconds, such as `--plan-execution-timeout 60`")? {
        0 => Err(at.error(Problem::PdCtl(
            "plan-execution-timeout must be a positive integer number of seconds no greater than \
             4611686018",
        ))),
        // The flag's default, which is not sent and changes nothing.
        60 => Ok(None),
        seconds => Ok(Some(seconds)),
    }
}

fn seconds(
    value: Option<Word<'_>>,
    words: &mut Words<'_>,
    what: &'static str,
) -> Result<u64, ParseError> {
    let Some(word) = value.or_else(|| words.next()) else {
        return Err(words.error_at_end(Problem::Expected { what, found: None }));
    };
    match number(word, word.text, what)? {
        seconds if MAX_S < seconds => Err(word.error(Problem::TooLarge(word.text.to_owned()))),
        seconds => Ok(seconds),
    }
}

/// `1,2,9,502`, read as Go reads it. PD keeps a set, so a store named twice counts once.
fn failed_stores(word: Word<'_>) -> Result<Vec<StoreId>, ParseError> {
    let mut stores = Vec::new();
    let mut column = word.column;
    for part in word.text.split(',') {
        let part_word = Word { text: part, column, ..word };
        let store = StoreId(go_number(part_word)?);
        if !stores.contains(&store) {
            stores.push(store);
        }
        column += part.chars().count() + 1;
    }
    Ok(stores)
}
