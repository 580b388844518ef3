//! The console: what is typed, for which worlds, and what was answered.

use std::rc::Rc;

use scenario::{Outcome, Query, Request, Target, Tool, VERBS};
use sim::{Command, PdCommand, Refusal};
use view::answer;
use view::lang::Lang;
use view::why::Question;
use view::why::refused::{Right, question, right};

use super::Session;
use super::console_offers::Offers;
use super::inspect::Asked;

/// How many answers are kept.
const KEPT: usize = 200;

/// Something in the console.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ConsoleMsg {
    /// The line was changed.
    Input(String),
    /// The line is to be carried out.
    Submit,
    /// An older line.
    Older,
    /// A newer line.
    Newer,
    /// For other worlds.
    For(Target),
    /// End the word being typed as this candidate has it, or as the one pointed at.
    Take(Option<usize>),
    /// Offer no more words for now.
    CloseOffers,
    /// The answer was read.
    CloseAnswer,
}

/// The console.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Console {
    /// The line being typed.
    pub(crate) line: String,
    /// Which worlds it is for.
    pub(crate) target: Target,
    /// What was asked and answered, oldest first.
    pub(crate) entries: Rc<Vec<Entry>>,
    /// What the word being typed can become; `None` while nothing is offered.
    pub(crate) offers: Option<Offers>,
    /// Where in `entries` the last answer begins; `None` once it was read.
    pub(crate) answered_from: Option<usize>,
    /// Lines that were carried out.
    pub(super) history: Vec<String>,
    /// The history's line on display, counted from the newest.
    pub(super) recalled: Option<usize>,
}

/// A line and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What was typed.
    pub(crate) line: String,
    /// Which world answered; `None` if it is the same for all it was for.
    pub(crate) world: Option<usize>,
    /// What was answered.
    pub(crate) text: String,
    /// Whether it was refused.
    pub(crate) kind: EntryKind,
    /// Where the line is wrong, in characters from 1.
    pub(crate) wrong_at: Option<usize>,
    /// What to ask so that the causes of a refusal are told.
    pub(crate) asked: Option<Asked>,
    /// What would be right instead.
    pub(crate) right: Option<Right>,
}

impl Console {
    /// Another run of so many worlds is shown: what was answered stays to be read, but its causes
    /// were those of the run before.
    pub(super) fn forget_run(&mut self, worlds: usize) {
        if matches!(self.target, Target::One(world) if worlds <= world) {
            self.target = Target::All;
        }
        if self.entries.iter().any(|entry| entry.asked.is_some()) {
            Rc::make_mut(&mut self.entries).iter_mut().for_each(|entry| entry.asked = None);
        }
    }
}

impl Entry {
    /// A refusal by a world, with what makes it so and what would be right.
    fn refused(session: &Session, world: usize, line: &str, refusal: &Refusal) -> Entry {
        let question = question(refusal, session.events(world));
        Entry {
            line: line.to_owned(),
            world: Some(world),
            text: refusal.to_string(),
            kind: EntryKind::Refused,
            wrong_at: None,
            asked: question.map(|question| Asked { world, question }),
            right: Some(right(refusal)),
        }
    }

    /// What a world said.
    fn told(world: usize, line: &str, (kind, text): (EntryKind, String)) -> Entry {
        let line = line.to_owned();
        let (asked, right) = (None, None);
        Entry { line, world: Some(world), text, kind, wrong_at: None, asked, right }
    }
}

/// How a line was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// It was carried out.
    Done,
    /// It was refused: nothing has changed.
    Refused,
}

impl Default for Console {
    fn default() -> Console {
        Console {
            line: String::new(),
            target: Target::All,
            entries: Rc::default(),
            offers: None,
            answered_from: None,
            history: Vec::new(),
            recalled: None,
        }
    }
}

impl Console {
    /// Takes the line to be carried out.
    pub(crate) fn take(&mut self) -> String {
        (self.recalled, self.offers) = (None, None);
        let line = std::mem::take(&mut self.line).trim().to_owned();
        self.remember(&line);
        line
    }

    /// Shows an older line (1) or a newer one (-1).
    pub(crate) fn recall(&mut self, by: i64) {
        self.offers = None;
        let at = self.recalled.map_or(-1, |at| at as i64) + by;
        let last = self.history.len() as i64 - 1;
        if at < 0 || last < 0 {
            self.recalled = None;
            self.line.clear();
            return;
        }
        let at = at.min(last);
        self.recalled = Some(at as usize);
        self.line = self.history[(last - at) as usize].clone();
    }

    /// Writes down an answer.
    pub(crate) fn answer(&mut self, entry: Entry) {
        let entries = Rc::make_mut(&mut self.entries);
        entries.push(entry);
        if KEPT < entries.len() {
            entries.remove(0);
            self.answered_from = self.answered_from.map(|from| from.saturating_sub(1));
        }
    }
}

/// The answers to what was issued, one a world, or one for all if they are the same.
pub(crate) fn answers(session: &Session, issued: usize, lang: Lang) -> Vec<Entry> {
    let issued = &session.run().issued()[issued];
    let line = issued.request.to_string();
    let mut entries: Vec<Entry> = Vec::new();
    for (world, outcome) in issued.outcomes.iter().enumerate() {
        let Some(outcome) = outcome else { continue };
        entries.push(match outcome {
            Outcome::Refused(refusal) => Entry::refused(session, world, &line, refusal),
            Outcome::Done => done(session, world, &line, &issued.request, lang),
            Outcome::Asked => {
                let mut entry =
                    Entry::told(world, &line, answer_query(session, world, &issued.request, lang));
                let is_silent = without_pd(session, world, &issued.request).is_some();
                let question = Question::Pd;
                entry.asked = is_silent.then_some(Asked { world, question });
                entry
            }
            Outcome::Reached(_) | Outcome::NotReached(_) => continue,
        });
    }
    let all_same = entries.windows(2).all(|pair| pair[0].text == pair[1].text);
    if all_same && 1 < entries.len() {
        entries.truncate(1);
        entries[0].world = None;
    }
    entries
}

/// The answer to a command that was carried out, wholly or in part.
fn done(session: &Session, world: usize, line: &str, request: &Request, lang: Lang) -> Entry {
    let text = match request {
        Request::Command(Command::Pd(PdCommand::RemoveTombstone)) => {
            let cluster = &session.run().worlds()[world].cluster;
            match answer::remove_tombstone(cluster) {
                Ok(text) => text,
                Err(refusal) => return Entry::refused(session, world, line, &refusal),
            }
        }
        Request::Command(_) | Request::Query(_) | Request::Wait(_) => {
            accepted(session, world, request, lang)
        }
    };
    Entry::told(world, line, (EntryKind::Done, text))
}

/// What is answered where PD cannot be asked, if it is needed and so.
fn without_pd(session: &Session, world: usize, request: &Request) -> Option<String> {
    let Request::Query(query) = request else { return None };
    let cluster = &session.run().worlds()[world].cluster;
    answer::without_pd(cluster).filter(|_| query.asks_pd())
}

/// What the real tool says when it has accepted a command.
fn accepted(session: &Session, world: usize, request: &Request, lang: Lang) -> String {
    let Request::Command(command) = request else {
        return String::new();
    };
    answer::accepted(&session.run().worlds()[world].cluster, command, lang)
}

fn answer_query(
    session: &Session,
    world: usize,
    request: &Request,
    lang: Lang,
) -> (EntryKind, String) {
    let cluster = &session.run().worlds()[world].cluster;
    let Request::Query(query) = request else {
        return (EntryKind::Done, String::new());
    };
    if let Some(silence) = without_pd(session, world, request) {
        return (EntryKind::Refused, silence);
    }
    let answer = match query {
        Query::Stores(states) => Ok(answer::stores(cluster, states)),
        Query::StoresShown(status) => Ok(answer::stores_shown(cluster, *status)),
        Query::Store(store) => answer::store(cluster, *store),
        Query::Regions => Ok(answer::regions(cluster)),
        Query::Region(region) => Ok(answer::region(cluster, *region)),
        Query::RegionOfKey(key) => Ok(answer::region_of_key(cluster, key)),
        Query::RegionsOnStore(store) => Ok(answer::regions_on(cluster, *store)),
        Query::RegionsWith(check) => Ok(answer::regions_with(cluster, *check)),
        Query::Operators(kind) => Ok(answer::operators(cluster, *kind)),
        Query::Operator(region) => answer::operator(cluster, *region),
        Query::Recovery => answer::recovery(cluster),
        Query::Faults => Ok(answer::faults(cluster)),
        Query::Replication => Ok(answer::replication(cluster)),
        Query::PlacementRules(group) => Ok(answer::placement_rules(cluster, group.as_deref())),
        Query::Schedulers => Ok(answer::schedulers(cluster)),
        Query::RuleGroups => Ok(answer::rule_groups()),
        Query::InfoTable { table, filter } => {
            let filter = filter.as_ref().map(|(column, value)| (*column, value.as_str()));
            answer::info_table(cluster, *table, filter)
        }
        Query::TableRegions(table) => answer::table_regions(cluster, table),
        Query::CountRows { table, from } => answer::count_rows(cluster, table, *from),
        Query::Precheck(table) => answer::precheck(cluster, table, lang),
        Query::PdMetrics => Ok(answer::metrics(cluster)),
        Query::ReplicationStatus => Ok(answer::replication_status(cluster)),
        Query::Metrics(store) => view::metrics::text(cluster, *store),
        Query::Help => Ok(help(lang)),
    };
    match answer {
        Ok(text) => (EntryKind::Done, text),
        Err(text) => (EntryKind::Refused, text),
    }
}

/// What can be typed, a line a verb.
fn help(lang: Lang) -> String {
    let lines: Vec<String> = VERBS
        .iter()
        .map(|verb| {
            let tool = match verb.tool {
                Tool::PdCtl => "pd-ctl ",
                Tool::Sql | Tool::TikvTest | Tool::PdServer | Tool::Playground | Tool::Script => "",
            };
            let usage = format!("{tool}{} {}", verb.text, verb.arguments);
            format!("{usage:<62} {}", lang.pick(verb.en, verb.zh))
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_walked_back_and_forth() {
        let mut console = Console::default();
        for line in ["store", "heal", "heal"] {
            console.line = line.to_owned();
            console.take();
        }
        console.recall(1);
        assert_eq!(console.line, "heal");
        console.recall(1);
        console.recall(1);
        assert_eq!(console.line, "store");
        console.recall(-1);
        console.recall(-1);
        assert_eq!(console.line, "");
    }
}
