//! Machines that come, and PD's HTTP interface where pd-ctl has no word: `add store …`, and
//! `curl -X DELETE …/pd/api/v1/store/502?force`.

use std::collections::BTreeMap;

use sim::store::{Engine, StoreMeta};
use sim::{Command, PdCommand, StoreId};

use super::error::ParseError;
use super::pd_text::STORE_PATH;
use super::words::{Word, Words, number};
use crate::request::{Query, Request};

/// Reads a line whose first word, `verb`, is one of these; `None` if it is not.
pub(super) fn parse(verb: Word<'_>, words: &mut Words<'_>) -> Option<Result<Request, ParseError>> {
    match verb.text {
        "add" => Some(add_store(words).map(Command::AddStore).map(Request::Command)),
        "curl" if words.rest().any(|word| word.text.starts_with("-X")) => {
            Some(curl(words).map(Request::Command))
        }
        "curl" => Some(replication_status(words).map(Request::Query)),
        _ => None,
    }
}

fn add_store(words: &mut Words<'_>) -> Result<StoreMeta, ParseError> {
    words.keyword("store", "`store`, as in `add store 504 tiflash address 10.0.2.54:3930`")?;
    let id = words.store()?;
    let kind = words.word("`tikv` or `tiflash`")?;
    let engine = match kind.text {
        "tikv" => Engine::TiKv,
        "tiflash" => Engine::TiFlash,
        _ => return Err(kind.expected("`tikv` or `tiflash`")),
    };
    let mut meta = StoreMeta { id, engine, address: String::new(), labels: BTreeMap::new() };
    while let Some(word) = words.next() {
        match word.text {
            "zone" => {
                let zone = words.word("a zone, such as `dc1`")?;
                meta.labels.insert("zone".to_owned(), zone.text.to_owned());
            }
            "label" => {
                let key = words.word("a label's key and value, such as `host h1`")?;
                let value = words.word("the label's value")?;
                meta.labels.insert(key.text.to_owned(), value.text.to_owned());
            }
            "address" => {
                let address = words.word("an address, such as `10.0.2.54:3930`")?;
                address.text.clone_into(&mut meta.address);
            }
            _ => return Err(word.expected("`zone`, `label` or `address`")),
        }
    }
    match meta.address.is_empty() {
        true => Err(words.expected("`address HOST:PORT`")),
        false => Ok(meta),
    }
}

/// The one thing that PD's HTTP interface is asked for.
fn replication_status(words: &mut Words<'_>) -> Result<Query, ParseError> {
    let what = "`http://pd:2379/pd/api/v1/replication_mode/status`, or `-X DELETE` and a store's \
                address";
    let url = words.word(what)?;
    words.finish()?;
    match url.text.ends_with("/pd/api/v1/replication_mode/status") {
        true => Ok(Query::ReplicationStatus),
        false => Err(url.expected(what)),
    }
}

/// `-X DELETE URL`, in this order or the other.
fn curl(words: &mut Words<'_>) -> Result<Command, ParseError> {
    let what = "`curl -X DELETE http://…/pd/api/v1/store/ID?force`";
    let mut method = words.skip("-XDELETE");
    let mut url = None;
    while let Some(word) = words.next() {
        match word.text {
            "-X" => {
                words.keyword("DELETE", "`DELETE`, the one method that is modelled")?;
                method = true;
            }
            "-XDELETE" => method = true,
            _ if url.is_none() => url = Some(word),
            _ => return Err(word.expected("the end of the line")),
        }
    }
    let Some(url) = url.filter(|_| method) else {
        return Err(words.expected(what));
    };
    let bare = url.text.trim_matches(['"', '\'']);
    let Some((_, store)) = bare.split_once(STORE_PATH) else {
        return Err(url.expected(what));
    };
    // Any presence of `force` counts, whatever its value.
    let (id, query) = store.split_once('?').unwrap_or((store, ""));
    let store = StoreId(number(url, id, what)?);
    match query.split('&').any(|part| part.split('=').next() == Some("force")) {
        true => Ok(Command::Pd(PdCommand::DestroyStore(store))),
        false => Ok(Command::Pd(PdCommand::DeleteStore(store))),
    }
}
