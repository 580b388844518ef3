//! The grammar: one line of what people type, read into a [`Request`].
//!
//! The line is the operators' own. pd-ctl's commands may carry `pd-ctl` in front, or the longer
//! `tiup ctl:v8.5.2 pd -u http://…`; SQL has no case. [`VERBS`](verbs::VERBS) lists what there is.

pub(crate) mod complete;
pub(crate) mod condition;
pub(crate) mod error;
mod faults;
mod pd;
mod pd_programs;
pub(crate) mod pd_text;
mod recovery;
pub(crate) mod sql;
pub(crate) mod tikv_test;
mod stores;
pub(crate) mod verbs;
pub(crate) mod words;

use error::{ParseError, Problem};
use verbs::{FIRST_WORDS, PD_FIRST_WORDS, near};
use words::Words;

use crate::request::{Query, Request};

/// Reads one line.
///
/// # Errors
/// Where the line goes wrong and what would be right; the real tool's answer where it has one.
pub fn parse(line: &str) -> Result<Request, ParseError> {
    parse_line(1, line)
}

/// Reads one line which is number `number` of a file.
pub(crate) fn parse_line(number: usize, line: &str) -> Result<Request, ParseError> {
    Words::check(number, line)?;
    let mut words = Words::of(number, line);
    if words.is_empty() {
        return Err(words.error_at_end(Problem::Empty));
    }
    if sql::is_sql(&words) {
        return sql::parse(&words);
    }
    let for_pd = skip_tool(&mut words)?;
    let Some(verb) = words.next() else {
        // pd-ctl alone prints its help.
        return Ok(Request::Query(Query::Help));
    };
    if verb.text == "help" {
        words.finish()?;
        return Ok(Request::Query(Query::Help));
    }
    let request = pd::parse(verb, &mut words).or_else(|| match for_pd {
        true => None,
        false => pd_programs::parse(verb, &mut words)
            .or_else(|| stores::parse(verb, &mut words))
            .or_else(|| faults::parse(verb, &mut words))
            .or_else(|| tikv_test::parse(verb, &mut words)),
    });
    request.unwrap_or_else(|| {
        let known = if for_pd { PD_FIRST_WORDS } else { FIRST_WORDS };
        let near = near(verb.text, known);
        let word = verb.text.to_owned();
        Err(verb.error(Problem::UnknownCommand { word, of: "pd-ctl", near, known }))
    })
}

/// Reads `pd-ctl`, or `tiup ctl:VERSION pd`, and the flags that say where PD is. Returns whether
/// there was such a thing: what follows is then for pd-ctl alone.
fn skip_tool(words: &mut Words<'_>) -> Result<bool, ParseError> {
    if words.skip("tiup") {
        let version = words.word("`ctl:VERSION pd`, as in `tiup ctl:v8.5.2 pd`")?;
        if version.text != "ctl" && !version.text.starts_with("ctl:") {
            return Err(version.expected("`ctl:VERSION pd`, as in `tiup ctl:v8.5.2 pd`"));
        }
        words.keyword("pd", "`pd`, the one tool of `tiup ctl` that is modelled")?;
    } else if !words.skip("pd-ctl") && !words.skip("./pd-ctl") {
        return Ok(false);
    }
    while let Some(flag) = words.peek().filter(|word| word.text.starts_with('-')) {
        words.next();
        let text = flag.text;
        if text == "-u" || text == "--pd" {
            words.word("PD's address, such as `http://127.0.0.1:2379`")?;
        } else if !text.starts_with("--pd=") && !text.starts_with("-u=") {
            return Err(flag.error(Problem::UnknownFlag(text.to_owned())));
        }
    }
    Ok(true)
}
