//! What the side of the page tells: sentences, where the worlds part and why, and the log. Made
//! only when it has changed, not at each frame.

use std::rc::Rc;

use scenario::Divergence;
use sim::order;
use sim::{Event, EventId, Millis};
use view::lang::Lang;
use view::log::{self, Group, Level, LogBook};
use view::phrases;
use view::told::{self, Names, Weight};
use view::why::Question;

use super::inspect::Asked;
use super::{LogFilter, Session};
use view::Word;
use view::timeline::{Frame, Mark, MarkKind};

/// How many sentences are told.
const SENTENCES: usize = 14;
/// How many log entries a world shows.
const LOG_ENTRIES: usize = 16;

/// What the side of the page tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Story {
    /// What just happened, newest first.
    pub(crate) items: Rc<Vec<Item>>,
    /// Where the worlds part.
    pub(crate) parting: Option<Rc<Parting>>,
    /// Each world's log, newest first.
    pub(crate) logs: Rc<Vec<Vec<LogEntry>>>,
    /// The marks of the time line in words, by time.
    pub(crate) marks: Rc<Vec<MarkLabel>>,
    marked_in: Option<Lang>,
    told_from: Option<ToldFrom>,
    logged_from: Option<LoggedFrom>,
}

/// What the sentences were made from.
type ToldFrom = (Vec<Option<usize>>, Lang);
/// What the log was made from.
type LoggedFrom = (Vec<usize>, LogFilter, Lang);

/// A sentence, and the worlds it is true of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) at: Millis,
    pub(crate) worlds: Vec<usize>,
    pub(crate) text: String,
    pub(crate) weight: Weight,
    /// What is asked with “Why?”; `None` for what needs no reason.
    pub(crate) asked: Option<Asked>,
}

/// A mark of the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarkLabel {
    pub(crate) at: Millis,
    pub(crate) kind: MarkKind,
    pub(crate) text: String,
}

/// Where the worlds part, and what each did there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parting {
    pub(crate) at: Millis,
    pub(crate) sides: Vec<Side>,
    lang: Lang,
}

/// What one world did where they parted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) world: usize,
    pub(crate) text: String,
    /// What is asked with “Why?”.
    pub(crate) asked: Asked,
}

/// A log entry as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogEntry {
    pub(crate) speaker: String,
    pub(crate) level: Level,
    pub(crate) text: String,
    pub(crate) repeats: Option<String>,
}

impl Story {
    /// Whether anything was told so far.
    pub(crate) fn is_told(&self) -> bool {
        self.told_from.is_some()
    }

    /// Tells what is to be told at the moment of `frame`.
    pub(crate) fn tell(&mut self, session: &Session, frame: &Frame, lang: Lang, filter: LogFilter) {
        let marks = session.timeline().marks();
        if self.marks.len() != marks.len() || self.marked_in != Some(lang) {
            let label = |mark: &Mark| mark_label(session, frame, mark, lang);
            self.marks = Rc::new(marks.iter().map(label).collect());
            self.marked_in = Some(lang);
        }
        let newest: Vec<Option<usize>> = (0..frame.worlds.len())
            .map(|world| session.notable(world, frame.worlds[world].events).last().copied())
            .collect();
        let told_from = Some((newest, lang));
        if self.told_from != told_from {
            self.items = Rc::new(items(session, frame, lang));
            self.told_from = told_from;
        }
        let seen = session.parting().filter(|(_, _, parting)| parting.at <= frame.at);
        let is_kept =
            |old: &Rc<Parting>| seen.is_some_and(|(.., s)| s.at == old.at) && old.lang == lang;
        if !self.parting.as_ref().is_some_and(is_kept) {
            self.parting = seen.map(|seen| Rc::new(tell_parting(session, frame, seen, lang)));
        }
        let grown: Vec<usize> = (0..frame.worlds.len())
            .map(|world| session.book(world).printed(frame.worlds[world].events))
            .collect();
        let logged_from = Some((grown, filter, lang));
        if self.logged_from != logged_from {
            let log =
                |world: usize| world_log(session, world, frame.worlds[world].events, lang, filter);
            self.logs = Rc::new((0..frame.worlds.len()).map(log).collect());
            self.logged_from = logged_from;
        }
    }
}

fn mark_label(session: &Session, frame: &Frame, mark: &Mark, lang: Lang) -> MarkLabel {
    let (at, kind) = (mark.at, mark.kind);
    let text = match kind {
        MarkKind::Command | MarkKind::Refusal => mark.label.clone(),
        MarkKind::Divergence => Word::DivergeHere.text(lang).to_owned(),
        MarkKind::Failure => failure(session, frame, mark, lang).unwrap_or_default(),
    };
    MarkLabel { at, kind, text }
}

/// What failed, in a sentence.
fn failure(session: &Session, frame: &Frame, mark: &Mark, lang: Lang) -> Option<String> {
    let (world, index) = mark.event?;
    let names = Names::of(&frame.worlds[world].tables);
    told::told(session.events(world).get(index)?, &names, lang).map(|told| told.text)
}

/// The newest notable events of all worlds; one that happened in several at once is told once.
fn items(session: &Session, frame: &Frame, lang: Lang) -> Vec<Item> {
    let mut items: Vec<(&Event, Item)> = Vec::new();
    for (world, view) in frame.worlds.iter().enumerate() {
        let events = session.events(world);
        let names = Names::of(&view.tables);
        for index in session.notable(world, view.events).iter().rev().take(SENTENCES * 2) {
            let event = &events[*index];
            let same =
                |(other, _): &&mut (&Event, Item)| other.at == event.at && other.kind == event.kind;
            if let Some((_, item)) = items.iter_mut().find(same) {
                if !item.worlds.contains(&world) {
                    item.worlds.push(world);
                }
            } else if let Some(told) = told::told(event, &names, lang) {
                let (at, worlds) = (event.at, vec![world]);
                let question = Question::Event(EventId(*index as u64));
                let asked = (!event.causes.is_empty()).then_some(Asked { world, question });
                let (text, weight) = (told.text, told.weight);
                items.push((event, Item { at, worlds, text, weight, asked }));
            }
        }
    }
    let mut items: Vec<Item> = items.into_iter().map(|(_, item)| item).collect();
    order::sort_by_key(&mut items, |item| std::cmp::Reverse(item.at));
    items.truncate(SENTENCES);
    items
}

fn tell_parting(
    session: &Session,
    frame: &Frame,
    (left, right, parting): (usize, usize, &Divergence),
    lang: Lang,
) -> Parting {
    let found = [(left, parting.left), (right, parting.right)];
    let sides = (0..found.len()).filter_map(|side| {
        let ((world, own), (other_world, others)) = (found[side], found[1 - side]);
        let names = Names::of(&frame.worlds[world].tables);
        let events = session.events(world);
        let asked = Asked { world, question: Question::Event(own?) };
        let own = told::told(event(events, own?)?, &names, lang)?;
        let text = if own.weight == Weight::Routine {
            // What this world did says little beside what the other one failed to do.
            let other = event(session.events(other_world), others?)?;
            told::instead(&other.kind, &session.knobs()[world].1, lang)?
        } else {
            own.text
        };
        Some(Side { world, text, asked })
    });
    Parting { at: parting.at, sides: sides.collect(), lang }
}

fn event(events: &[Event], id: EventId) -> Option<&Event> {
    events.get(usize::try_from(id.0).ok()?)
}

fn world_log(
    session: &Session,
    world: usize,
    upto: usize,
    lang: Lang,
    filter: LogFilter,
) -> Vec<LogEntry> {
    let events = session.events(world);
    let knobs = session.knobs()[world].1;
    let book: &LogBook = session.book(world);
    let cluster = &session.run().worlds()[world].cluster;
    let wanted = |group: &Group| match filter {
        LogFilter::All => true,
        LogFilter::Trouble => Level::Warn <= group.level,
    };
    let entry = |group: Group| {
        let line = log::lines(&events[group.first], &knobs).pop()?.by_clock_of(cluster);
        let repeats = group.interval_ms().map(|ms| phrases::repeats(group.count - 1, ms, lang));
        let (level, speaker) = (group.level, group.speaker.to_string());
        Some(LogEntry { speaker, level, text: line.to_string(), repeats })
    };
    book.newest(upto, LOG_ENTRIES, wanted).into_iter().rev().filter_map(entry).collect()
}
