//! Completion: what the word being typed can become, and which command it is part of.
//!
//! [`VERBS`] is the only source: a verb's fixed words, then its sketch of arguments, in which
//! `[…]` may be left out, `A|B` is a choice, `…` goes on, and words such as `STORE` stand for what
//! the cluster has. So what `help` tells is what is completed.

use sim::fault::MessageKind;
use sim::store::StoreState;
use sim::{RegionId, StoreId};

use super::verbs::{Tool, VERBS, Verb};

/// What there is at the moment to be named in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The stores.
    pub stores: Vec<StoreId>,
    /// The regions.
    pub regions: Vec<RegionId>,
    /// The tables, `db.name`.
    pub tables: Vec<String>,
    /// The zones of stores.
    pub zones: Vec<String>,
}

/// What the last word of a line can become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where in the line, in bytes, that word begins.
    pub from: usize,
    /// What it can become, `MOST` at the most.
    pub words: Vec<Candidate>,
    /// The command that the line is, or cannot but become.
    pub verb: Option<&'static Verb>,
    /// What stands next in the sketches of the commands that the line can become, e.g. `STORE`.
    pub next: Vec<&'static str>,
}

/// One thing that a word can become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub text: String,
    /// The command that is complete with it but for its arguments.
    pub verb: Option<&'static Verb>,
}

/// The most candidates that are told: nobody reads ten thousand regions.
pub(crate) const MOST: usize = 40;

/// Words in sketches that stand for something.
const SLOTS: [&str; 22] = [
    "STORE",
    "REGION",
    "TABLE",
    "ZONE",
    "HOST:PORT",
    "SPAN",
    "RATE",
    "RATE%",
    "MSG",
    "SECONDS",
    "STATE",
    "KEY",
    "FROM",
    "TO",
    "COUNT",
    "OPTION",
    "VALUE",
    "GROUP",
    "N",
    "PEER@STORE",
    "HEX",
    "NAME",
];

/// A part of a sketch.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// One of a verb's fixed words.
    Fixed(&'static str),
    /// A word of the sketch, or a choice of words.
    Word(&'static str),
    /// Words that may be left out.
    Maybe(Vec<Part>),
}

/// What the last word of `line` can become.
pub fn complete(line: &str, names: &Names) -> Completion {
    let from = line
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
    let partial = &line[from..];
    let mut typed: Vec<&str> = line[..from].split_whitespace().collect();
    let for_pd = skip_tool(&mut typed);
    let mut completion = Completion { from, ..Completion::default() };
    let mut possible: Vec<&'static Verb> = Vec::new();
    for verb in VERBS.iter().filter(|verb| !for_pd || verb.tool == Tool::PdCtl) {
        let fixed = verb.text.split_whitespace().count();
        let mut next = Vec::new();
        ahead(&parts_of(verb), &typed, verb.tool, &mut next);
        let is_last = typed.len() + 1 == fixed;
        let of = is_last.then_some(verb);
        let before = completion.words.len();
        for part in &next {
            candidates(part, partial, names, &mut |text| {
                completion.words.push(Candidate { text, verb: of });
            });
        }
        let fits = partial.is_empty() || next.iter().any(|part| accepts(part, partial, verb.tool));
        if before < completion.words.len() || (fits && !next.is_empty()) {
            possible.push(verb);
            completion.next.extend(next.iter().map(|part| part.text()));
        }
    }
    if typed.is_empty() && !for_pd && "pd-ctl".starts_with(partial) {
        completion.words.push(Candidate { text: "pd-ctl".to_owned(), verb: None });
    }
    completion.verb = the_one(&possible, &typed, partial);
    tidy(&mut completion, partial);
    completion
}

/// Takes `pd-ctl`, or `tiup ctl:VERSION pd`, off the words. Returns whether it was there.
fn skip_tool(typed: &mut Vec<&str>) -> bool {
    let length = match typed.as_slice() {
        ["pd-ctl" | "./pd-ctl", ..] => 1,
        ["tiup", _, "pd", ..] => 3,
        _ => return false,
    };
    typed.drain(..length);
    while let Some(flag) = typed.first().filter(|word| word.starts_with('-')) {
        let length = if matches!(*flag, "-u" | "--pd") { 2 } else { 1 };
        typed.drain(..length.min(typed.len()));
    }
    true
}

/// A verb's fixed words and its sketch. A bracket within a word, as in `[-]SPAN`, is the word's.
fn parts_of(verb: &'static Verb) -> Vec<Part> {
    let mut open = vec![verb.text.split_whitespace().map(Part::Fixed).collect::<Vec<_>>()];
    for word in verb.arguments.split_whitespace() {
        let word = word.trim_end_matches(';');
        let (starts, ends) =
            (word.starts_with('[') && !word.starts_with("[-]"), word.ends_with(']'));
        if starts {
            open.push(Vec::new());
        }
        let bare = &word[usize::from(starts)..word.len() - usize::from(ends)];
        if let Some(group) = open.last_mut() {
            group.push(Part::Word(bare));
        }
        if let Some(group) = open.pop_if(|_| ends)
            && let Some(around) = open.last_mut()
        {
            around.push(Part::Maybe(group));
        }
    }
    open.into_iter().flatten().collect()
}

/// Collects the parts of a sketch that can follow `typed`.
fn ahead(parts: &[Part], typed: &[&str], tool: Tool, next: &mut Vec<Part>) {
    let Some((part, rest)) = parts.split_first() else { return };
    if let Part::Maybe(group) = part {
        let with: Vec<Part> = group.iter().chain(rest).cloned().collect();
        ahead(&with, typed, tool, next);
        ahead(rest, typed, tool, next);
        return;
    }
    match typed.split_first() {
        None if next.contains(part) => {}
        None => next.push(part.clone()),
        Some((word, left)) if accepts(part, word, tool) => {
            ahead(rest, left, tool, next);
            let text = part.text();
            if text.ends_with('…') && !text.ends_with(",…") {
                ahead(parts, left, tool, next);
            }
        }
        Some(_) => {}
    }
}

impl Part {
    /// How it stands in the verb or in its sketch.
    fn text(&self) -> &'static str {
        match self {
            Part::Fixed(text) | Part::Word(text) => text,
            Part::Maybe(group) => group.first().map_or("", Part::text),
        }
    }
}

/// Whether `typed` begins with all of a verb's fixed words.
fn is_whole(verb: &Verb, typed: &[&str]) -> bool {
    let mut fixed = verb.text.split_whitespace();
    let mut words = typed.iter();
    fixed.all(|fixed| words.next().is_some_and(|word| is_keyword(fixed, word, verb.tool)))
}

fn is_keyword(fixed: &str, word: &str, tool: Tool) -> bool {
    let (fixed, word) = (fixed.trim_end_matches(';'), word.trim_end_matches(';'));
    match tool {
        Tool::Sql => fixed.eq_ignore_ascii_case(word),
        Tool::PdCtl | Tool::PdServer | Tool::TikvTest | Tool::Playground | Tool::Script => {
            fixed == word
        }
    }
}

/// The slot in an alternative, if it has one, with the text before it and after it.
fn slot(alternative: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let is_part = |c: char| c.is_ascii_uppercase() || ":%@_".contains(c);
    let mut from = 0;
    while let Some(start) = alternative[from..].find(is_part).map(|at| from + at) {
        let rest = &alternative[start..];
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        if SLOTS.contains(&name) {
            return Some((&alternative[..start], name, after));
        }
        from = start + length;
    }
    None
}

/// Whether a word can stand where a sketch has this part.
fn accepts(part: &Part, word: &str, tool: Tool) -> bool {
    if let Part::Fixed(fixed) = part {
        return is_keyword(fixed, word, tool);
    }
    part.text().split('|').any(|alternative| {
        let Some((before, name, _)) = slot(alternative) else {
            return alternative == "…" || is_keyword(alternative, word, tool);
        };
        let rest = match before {
            "[-]" => word.trim_start_matches('-'),
            "(" => word.trim_start_matches(['(', '-']),
            _ => word,
        };
        if before.starts_with("--") {
            return word.starts_with(before);
        }
        match name {
            "STORE" | "REGION" | "FROM" | "TO" | "COUNT" | "N" | "SECONDS" | "SPAN" => {
                before.contains("://")
                    || rest.starts_with(|c: char| c.is_ascii_digit())
                    || (alternative.contains('…') && rest.split(',').any(|part| part == "pd"))
            }
            "RATE%" => word.ends_with('%'),
            "RATE" => word.contains('/') || word == "off",
            "MSG" => word.starts_with("Msg"),
            "TABLE" => word.contains('.') || word == "off",
            _ => true,
        }
    })
}

/// Tells what `partial` can become where a sketch has this part.
fn candidates(part: &Part, partial: &str, names: &Names, tell: &mut dyn FnMut(String)) {
    let begins = |word: &str| {
        word.get(..partial.len()).is_some_and(|start| start.eq_ignore_ascii_case(partial))
    };
    if let Part::Fixed(word) = part {
        if begins(word) {
            tell((*word).to_owned());
        }
        return;
    }
    for alternative in part.text().split('|') {
        let Some((before, name, after)) = slot(alternative) else {
            if alternative != "…" && begins(alternative) {
                tell(alternative.to_owned());
            }
            continue;
        };
        // Of a list, all but its last item stand.
        let is_list = after.starts_with(",…");
        let head = match partial.rfind(',').filter(|_| is_list) {
            Some(comma) => &partial[..=comma],
            None => "",
        };
        let before = if before.contains("://") { URL } else { before };
        let before = before.trim_start_matches("[-]");
        let after = after.trim_end_matches(['…', ',']);
        let named: Vec<&str> = head.split(',').collect();
        for value in values(name, names, &partial[head.len()..], before) {
            let text = format!("{head}{before}{value}{after}");
            if text.starts_with(partial) && !named.contains(&value.as_str()) {
                tell(text);
            }
        }
    }
}

/// The address of a store in PD's HTTP interface, but for its id.
const URL: &str = "http://127.0.0.1:2379/pd/api/v1/store/";

/// What a slot can be. Of the many regions only those that begin as what is `typed`.
fn values(slot: &str, names: &Names, typed: &str, before: &str) -> Vec<String> {
    let some = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match slot {
        "STORE" | "FROM" | "TO" => names.stores.iter().map(ToString::to_string).collect(),
        "REGION" => {
            let ids = names.regions.iter().map(ToString::to_string);
            let typed = typed.strip_prefix(before).unwrap_or(typed);
            ids.filter(|id| id.starts_with(typed)).take(MOST).collect()
        }
        "TABLE" => names.tables.clone(),
        "ZONE" => names.zones.clone(),
        "SPAN" => some(&["1s", "10s", "1m", "10m", "1h"]),
        "RATE" => some(&["1/s", "10/s", "30/min"]),
        "RATE%" => some(&["10%", "50%", "100%"]),
        "MSG" => MessageKind::ALL.iter().map(|kind| kind.name().to_owned()).collect(),
        "STATE" => StoreState::ALL.iter().map(|state| state.name().to_owned()).collect(),
        "SECONDS" => some(&["60", "600"]),
        "COUNT" => some(&["0", "1", "2", "3", "5"]),
        "N" => some(&["1", "10", "100"]),
        "GROUP" => some(&["pd", "tiflash"]),
        "OPTION" => some(&[
            "label-key",
            "primary",
            "dr",
            "primary-replicas",
            "dr-replicas",
            "wait-store-timeout",
        ]),
        _ => Vec::new(),
    }
}

/// The command that the line is: of those it can be, the one with the most fixed words typed, or
/// the only one. Where it goes wrong, the one that it was so far.
fn the_one(possible: &[&'static Verb], typed: &[&str], partial: &str) -> Option<&'static Verb> {
    let mut words = typed.to_vec();
    words.push(partial);
    let longest = |verbs: &[&'static Verb]| {
        let whole = verbs.iter().copied().filter(|verb| is_whole(verb, &words));
        whole.max_by_key(|verb| verb.text.split_whitespace().count())
    };
    longest(possible).or_else(|| match possible {
        [verb] => Some(*verb),
        [] => longest(&VERBS.iter().collect::<Vec<_>>()),
        [..] => None,
    })
}

/// Leaves out what is told twice and what is typed already.
fn tidy(completion: &mut Completion, partial: &str) {
    let mut seen: Vec<Candidate> = Vec::new();
    for candidate in completion.words.drain(..) {
        if candidate.text == partial || MOST <= seen.len() {
            continue;
        }
        match seen.iter_mut().find(|known| known.text == candidate.text) {
            // Several commands go on with this word: it is none of them yet.
            Some(known) if known.verb != candidate.verb => {
                known.verb = known.verb.filter(|verb| verb.arguments.is_empty());
            }
            Some(_) => {}
            None => seen.push(candidate),
        }
    }
    completion.words = seen;
    completion.next.dedup();
}

#[cfg(test)]
#[path = "complete_tests.rs"]
mod tests;
