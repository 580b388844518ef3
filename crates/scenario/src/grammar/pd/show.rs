//! pd-ctl's commands that only look: stores, regions, operators, placement rules.

use sim::pd::operator::OperatorKind;
use sim::pd::region_check::RegionCheck;
use sim::region::Key;
use sim::store::{StoreState, StoreStatus};
use sim::{RegionId, StoreId};

use super::{is_number, no_more, pd_number, subcommand, unknown};
use crate::grammar::error::{ParseError, Problem};
use crate::grammar::words::{Word, Words, hex};
use crate::request::Query;

/// `--state=Up,Offline`, after `store`.
pub(super) fn store_states(words: &mut Words<'_>) -> Result<Query, ParseError> {
    let value = flag(words, "--state", "states of stores, such as `--state=Up,Offline`")?;
    let mut states = Vec::new();
    let mut column = value.column;
    for part in value.text.split(',') {
        let known = StoreState::ALL.into_iter().find(|state| state.name() == part);
        let state = known.ok_or_else(|| {
            let word = Word { text: part, column, ..value };
            word.error(Problem::PdAnswer(format!("unknown state: {part}")))
        })?;
        // PD keeps what is in any of the states, in its own order.
        if !states.contains(&state) {
            states.push(state);
        }
        column += part.chars().count() + 1;
    }
    no_more(words, "store [command] [flags]")?;
    Ok(Query::Stores(states))
}

/// `disconnected`, after `store check`.
pub(super) fn stores_shown(words: &mut Words<'_>) -> Result<Query, ParseError> {
    let usage = "store check [up|offline|tombstone|disconnected|down] [flags]";
    let word = subcommand(words, usage)?;
    no_more(words, usage)?;
    let known = StoreStatus::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(word.text));
    known.map(Query::StoresShown).ok_or_else(|| {
        let state = title_case(word.text);
        let answer = format!("Failed to get store: [400] \"unknown StoreState: {state}\"");
        word.error(Problem::PdAnswer(answer))
    })
}

/// What follows `region`.
pub(super) fn region(words: &mut Words<'_>) -> Result<Query, ParseError> {
    let Some(verb) = words.next() else {
        return Ok(Query::Regions);
    };
    match verb.text {
        "key" => {
            let usage = "region key [--format=raw|encode|hex] <key> [flags]";
            let word = subcommand(words, usage)?;
            no_more(words, usage)?;
            Ok(Query::RegionOfKey(hex_key(word)?))
        }
        "store" => {
            let usage = "region store <store_id> [flags]";
            let word = subcommand(words, usage)?;
            no_more(words, usage)?;
            store_of(word).map(Query::RegionsOnStore)
        }
        "check" => region_check(words),
        id => {
            let verbs = &["key", "store", "check"];
            if !is_number(id) && !super::near(id, verbs).is_empty() {
                return Err(unknown(verb, "pd-ctl region", verbs));
            }
            let region = RegionId(pd_number(verb, "region_id should be a number")?);
            no_more(words, "region <region_id> [flags]")?;
            Ok(Query::Region(region))
        }
    }
}

fn region_check(words: &mut Words<'_>) -> Result<Query, ParseError> {
    const NAMES: &[&str] = &[
        "miss-peer",
        "extra-peer",
        "down-peer",
        "pending-peer",
        "offline-peer",
        "learner-peer",
        "empty-region",
    ];
    let usage = "region check [miss-peer|extra-peer|down-peer|learner-peer|pending-peer|\
                 offline-peer|empty-region] [flags]";
    let word = subcommand(words, usage)?;
    no_more(words, usage)?;
    let known = RegionCheck::ALL.into_iter().find(|check| check.name() == word.text);
    known.map(Query::RegionsWith).ok_or_else(|| unknown(word, "pd-ctl region check", NAMES))
}

/// What follows `operator show`.
pub(super) fn operators(words: &mut Words<'_>) -> Result<Query, ParseError> {
    let Some(word) = words.next() else {
        return Ok(Query::Operators(None));
    };
    no_more(words, "operator show [kind] [flags]")?;
    let known = OperatorKind::SHOWN.into_iter().find(|kind| *kind == word.text);
    let kind = known.ok_or_else(|| unknown(word, "pd-ctl operator show", &OperatorKind::SHOWN))?;
    Ok(Query::Operators(Some(kind)))
}

/// What follows `config placement-rules`.
pub(super) fn placement_rules(words: &mut Words<'_>) -> Result<Query, ParseError> {
    if words.skip("rule-group") {
        words.keyword("show", "`show`, as in `config placement-rules rule-group show`")?;
        no_more(words, "config placement-rules rule-group show [flags]")?;
        return Ok(Query::RuleGroups);
    }
    let what = "`show` or `rule-group show`, as in `config placement-rules show`";
    words.keyword("show", what)?;
    if words.is_empty() {
        return Ok(Query::PlacementRules(None));
    }
    let group = flag(words, "--group", "a group of rules, such as `--group=tiflash`")?;
    no_more(words, "config placement-rules show [flags]")?;
    Ok(Query::PlacementRules(Some(group.text.to_owned())))
}

/// The value of the one flag that can stand here: `--name=value` or `--name value`.
fn flag<'a>(words: &mut Words<'a>, name: &str, what: &'static str) -> Result<Word<'a>, ParseError> {
    let word = words.word(what)?;
    let (flag, value) = match word.text.split_once('=') {
        Some((flag, value)) => {
            let column = word.column + flag.chars().count() + 1;
            (flag, Word { text: value, column, ..word })
        }
        None if word.text == name => (word.text, words.word(what)?),
        None => (word.text, word),
    };
    match flag {
        _ if flag == name && !value.text.is_empty() => Ok(value),
        _ if flag == name => Err(value.error(Problem::Expected { what, found: None })),
        _ if flag.starts_with('-') => Err(word.error(Problem::UnknownFlag(flag.to_owned()))),
        _ => Err(word.expected(what)),
    }
}

/// pd-ctl hands the id on unread; PD reads it as Go reads an int.
fn store_of(word: Word<'_>) -> Result<StoreId, ParseError> {
    let number = word.text.parse().ok().filter(|_| is_number(word.text));
    number.map(StoreId).ok_or_else(|| {
        let why = if is_number(word.text) { "value out of range" } else { "invalid syntax" };
        word.error(Problem::PdAnswer(format!(
            "Failed to get regions with the given storeID: [400] \"strconv.Atoi: parsing \
             \\\"{}\\\": {why}\"",
            word.text
        )))
    })
}

/// An encoded key in hexadecimal, with Go's errors.
fn hex_key(word: Word<'_>) -> Result<Key, ParseError> {
    let fault = |why: String| word.error(Problem::PdAnswer(format!("Error:  encoding/hex: {why}")));
    if let Some(odd) = word.text.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(fault(format!("invalid byte: U+{:04X} '{odd}'", u32::from(odd))));
    }
    if !word.text.len().is_multiple_of(2) {
        return Err(fault("odd length hex string".to_owned()));
    }
    Ok(hex(word.text).expect("an even number of digits"))
}

/// `Disconected` of `DISCONECTED`.
fn title_case(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}
