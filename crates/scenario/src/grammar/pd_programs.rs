//! PD's other programs: `pd-server --force-new-cluster` and `pd-recover`.

use sim::PdCommand;

use super::error::{ParseError, Problem};
use super::pd::{asked, go_number};
use super::words::{Word, Words};
use crate::request::Request;

/// Reads a line that begins with one of them; `None` if `verb` is neither.
pub(super) fn parse(verb: Word<'_>, words: &mut Words<'_>) -> Option<Result<Request, ParseError>> {
    match verb.text.trim_start_matches("./bin/").trim_start_matches("./") {
        "pd-server" => Some(force_new_cluster(words).and_then(asked)),
        "pd-recover" => Some(pd_recover(words).and_then(asked)),
        _ => None,
    }
}

fn force_new_cluster(words: &mut Words<'_>) -> Result<PdCommand, ParseError> {
    words
        .keyword("--force-new-cluster", "`--force-new-cluster`; `start pd` starts PD as it was")?;
    while let Some(word) = words.next() {
        flag(word, words)?;
    }
    Ok(PdCommand::ForceNewPdCluster)
}

/// With `--from-old-member` it repairs what is on PD's disks; else it needs the two ids.
fn pd_recover(words: &mut Words<'_>) -> Result<PdCommand, ParseError> {
    let what = "`--from-old-member`, or `--cluster-id ID --alloc-id ID` where every disk is lost";
    if words.peek().is_none() {
        return Err(words.expected(what));
    }
    let (mut from_old_member, mut cluster_id, mut alloc_id) = (false, 0, 0);
    while let Some(word) = words.next() {
        // Go's flags may have one dash or two.
        if word.text.trim_start_matches('-') == "from-old-member" {
            from_old_member = true;
            continue;
        }
        if !word.text.starts_with('-') {
            return Err(word.expected(what));
        }
        let (name, value) = flag(word, words)?;
        match name.trim_start_matches('-') {
            "cluster-id" => cluster_id = go_number(value)?,
            "alloc-id" => alloc_id = go_number(value)?,
            _ => {}
        }
    }
    match (from_old_member, cluster_id, alloc_id) {
        (true, _, _) => Ok(PdCommand::RecoverPd),
        (false, 0, _) => Err(words.error_at_end(Problem::PdCtl("please specify safe cluster-id"))),
        (false, _, 0) => Err(words.error_at_end(Problem::PdCtl("please specify safe alloc-id"))),
        (false, cluster_id, alloc_id) => Ok(PdCommand::RebuildPd { cluster_id, alloc_id }),
    }
}

/// A flag and its value, such as `--endpoints=http://127.0.0.1:2379`, or in two words.
fn flag<'a>(word: Word<'a>, words: &mut Words<'a>) -> Result<(&'a str, Word<'a>), ParseError> {
    match word.text.split_once('=') {
        Some((flag, value)) if flag.starts_with('-') && !value.is_empty() => {
            let column = word.column + flag.chars().count() + 1;
            Ok((flag, Word { text: value, column, ..word }))
        }
        None if word.text.starts_with('-') => Ok((word.text, words.word("the flag's value")?)),
        Some(_) | None => Err(word.expected("a flag, such as `--name=pd-3`")),
    }
}
