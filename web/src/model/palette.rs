//! The palette: what is searched for among all that can be done, and a line that is changed before
//! it is carried out.

use sim::order;
use std::ops::Range;
use std::rc::Rc;

use scenario::{Completion, Names, complete};
use view::actions::{Action, Care, Group, HandsWord, name_of};
use view::build::BuildWord;
use view::graph::words::GraphWord;
use view::time_words::TimeWord;
use view::{Lang, Thing, Word};

use super::hands::Go;
use super::palette_match::score;
use super::{Effect, MatrixForm, Model, Msg, Preference, Seek, Sheet, Theme, Unit, Update, Way};

/// Something in the palette.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PaletteMsg {
    /// Open it, or close it.
    Toggle,
    /// Close it.
    Close,
    /// What is looked for, or the line, was changed.
    Input(String),
    /// Point at another entry.
    Go(Go),
    /// Do this entry, or the one pointed at.
    Choose(Option<usize>),
    /// Complete the word being typed, as the entry that is pointed at has it.
    Complete,
}

/// The open palette.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Palette {
    /// What was typed.
    pub(crate) typed: String,
    /// What was found for it, best first.
    pub(crate) found: Rc<[Found]>,
    /// The entry pointed at; in a form none is until somebody points.
    pub(crate) active: Option<usize>,
    /// What is being asked for, if a line is to be changed before it is carried out.
    pub(crate) form: Option<Form>,
}

/// A line to be changed before it is carried out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    /// The deed's name.
    pub(crate) label: String,
    /// The part to be changed first, in bytes.
    pub(crate) part: Range<usize>,
    /// What the word being typed can become.
    pub(crate) completion: Completion,
    /// What is wrong with the line: where, in characters from 1, and the tool's words.
    pub(crate) wrong: Option<(usize, String)>,
}

/// An entry that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Of what: a store, the page's time, an incident.
    pub(crate) of: String,
    /// What it is called.
    pub(crate) label: String,
    /// The line that it carries out; empty for what is the page's alone.
    pub(crate) line: String,
    /// Why it makes no sense now.
    pub(crate) idle: Option<String>,
    /// Whether it destroys what cannot be brought back.
    pub(crate) care: Care,
    /// Whether it was chosen before.
    pub(crate) is_recent: bool,
    does: Does,
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
enum Does {
    /// A deed of the cluster.
    Act(Action),
    /// Something of the page.
    Send(Msg),
    /// Ends the word being typed so.
    Complete(String),
}

/// The most entries that are shown.
const SHOWN: usize = 50;
/// The most choices that are remembered.
const REMEMBERED: usize = 12;
/// The most regions that are searched: those whose id begins as a word of what was typed.
const REGIONS: usize = 8;
/// What having been chosen before is worth beside how well an entry fits.
const RECENT: i32 = 25;
/// What being of the held thing is worth.
const HELD: i32 = 12;
/// What making no sense now costs.
const IDLE: i32 = 15;
/// What being nothing that an operator can do costs.
const TEST: i32 = 12;

impl Palette {
    /// The palette with a line to be changed.
    pub(super) fn asking(
        label: String,
        line: String,
        part: Range<usize>,
        names: &Names,
    ) -> Palette {
        let completion = Completion::default();
        let form = Some(Form { label, part, completion, wrong: None });
        let found = Rc::default();
        let mut palette = Palette { typed: line, found, active: None, form };
        palette.complete_line(names);
        palette
    }

    /// Looks anew what the word being typed can become, and what is wrong with the line.
    fn complete_line(&mut self, names: &Names) {
        let Some(form) = &mut self.form else { return };
        form.completion = complete(&self.typed, names);
        form.wrong = None;
        let begun = &self.typed[..form.completion.from];
        let entry = |candidate: &scenario::Candidate| Found {
            of: String::new(),
            label: candidate.text.clone(),
            line: String::new(),
            idle: None,
            care: Care::Ordinary,
            is_recent: false,
            does: Does::Complete(format!("{begun}{} ", candidate.text)),
        };
        self.found = form.completion.words.iter().map(entry).collect();
        self.active = None;
    }
}

impl Model {
    pub(super) fn use_palette(&mut self, msg: PaletteMsg) -> Update {
        match msg {
            PaletteMsg::Toggle if self.hands.palette.is_some() => self.hands.palette = None,
            PaletteMsg::Toggle => {
                self.hands.menu = None;
                let (typed, found) = (String::new(), self.search(""));
                self.hands.palette = Some(Palette { typed, found, active: Some(0), form: None });
            }
            PaletteMsg::Close => self.hands.palette = None,
            PaletteMsg::Input(typed) => self.type_into_palette(typed),
            PaletteMsg::Go(go) => {
                if let Some(palette) = &mut self.hands.palette {
                    let at = match (palette.active, go) {
                        (Some(at), go) => go.from(at, palette.found.len()),
                        (None, Go::Next | Go::First) => 0,
                        (None, Go::Before | Go::Last) => palette.found.len().saturating_sub(1),
                    };
                    palette.active = Some(at).filter(|_| !palette.found.is_empty());
                }
            }
            PaletteMsg::Choose(entry) => return self.choose_found(entry),
            PaletteMsg::Complete => {
                let active = self.hands.palette.as_ref().and_then(|palette| palette.active);
                let is_form = self.hands.palette.as_ref().is_some_and(|p| p.form.is_some());
                if is_form {
                    return self.choose_found(Some(active.unwrap_or(0)));
                }
            }
        }
        Update::redraw()
    }

    fn type_into_palette(&mut self, typed: String) {
        let names = self.names();
        let is_form = self.hands.palette.as_ref().is_some_and(|palette| palette.form.is_some());
        let found = if is_form { Rc::default() } else { self.search(&typed) };
        if let Some(palette) = &mut self.hands.palette {
            palette.typed = typed;
            palette.active = Some(0).filter(|_| !found.is_empty());
            palette.found = found;
            palette.complete_line(&names);
        }
    }

    fn choose_found(&mut self, entry: Option<usize>) -> Update {
        let Some(palette) = &self.hands.palette else {
            return Update::nothing();
        };
        let at = entry.or(palette.active);
        match at.and_then(|at| palette.found.get(at)).cloned() {
            Some(found) => self.do_found(found),
            None if palette.form.is_some() => self.carry_out_form(),
            None => Update::nothing(),
        }
    }

    fn do_found(&mut self, found: Found) -> Update {
        if found.idle.is_some() {
            return Update::nothing();
        }
        let key = found.key();
        match found.does {
            Does::Complete(line) => {
                self.type_into_palette(line);
                Update::redraw()
            }
            Does::Act(action) => {
                self.hands.palette = None;
                let update = self.act(action);
                self.with_recent(key, update)
            }
            Does::Send(msg) => {
                self.hands.palette = None;
                let update = Update { redraw: true, effects: vec![Effect::Then(msg)] };
                self.with_recent(key, update)
            }
        }
    }

    /// Carries out the line of a form, unless something is wrong with it.
    fn carry_out_form(&mut self) -> Update {
        let Some(palette) = &mut self.hands.palette else {
            return Update::nothing();
        };
        let line = palette.typed.trim().to_owned();
        if let (Err(error), Some(form)) = (scenario::parse(&line), &mut palette.form) {
            form.wrong = Some((error.column, error.problem.to_string()));
            return Update::redraw();
        }
        self.hands.palette = None;
        self.choose_line(&line)
    }

    fn with_recent(&mut self, key: String, mut update: Update) -> Update {
        self.hands.recent.retain(|known| *known != key);
        self.hands.recent.insert(0, key);
        self.hands.recent.truncate(REMEMBERED);
        update.effects.insert(0, Effect::Remember("recent", self.hands.recent.join("\n")));
        update
    }

    /// All that fits what was typed, best first.
    fn search(&self, typed: &str) -> Rc<[Found]> {
        let wanted = typed.trim().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let mut found: Vec<(i32, Found)> = Vec::new();
        let mut weigh = |mut entry: Found, bonus: i32| {
            let text = format!("{} {} {}", entry.of, entry.label, entry.line).to_lowercase();
            let Some(fit) = score(&words, &text) else { return };
            let recent = self.hands.recent.iter().position(|key| *key == entry.key());
            entry.is_recent = recent.is_some();
            let recent = recent.map_or(0, |at| RECENT - i32::try_from(at).unwrap_or(RECENT));
            let idle = if entry.idle.is_some() { IDLE } else { 0 };
            found.push((fit + bonus + recent - idle, entry));
        };
        for thing in self.searched(&words) {
            let bonus = if thing == self.selected { HELD } else { 0 };
            let of = name_of(self.world(0), thing, self.lang);
            for action in self.actions_on(thing) {
                let is_test = action.group == Group::TikvTest;
                let cost = if is_test { TEST } else { 0 };
                weigh(Found::deed(of.clone(), action, self.lang), bonus - cost);
            }
        }
        self.of_the_page().into_iter().for_each(|entry| weigh(entry, 0));
        order::sort_by_key(&mut found, |(fit, _)| std::cmp::Reverse(*fit));
        // Stores share deeds such as `pd-ctl store remove-tombstone`.
        let mut once: Vec<String> = Vec::new();
        found.retain(|(_, entry)| {
            let is_new = !once.contains(&entry.key());
            once.push(entry.key());
            is_new
        });
        let typed_line = self.typed_line(typed).into_iter();
        typed_line.chain(found.into_iter().map(|(_, entry)| entry)).take(SHOWN).collect()
    }

    /// The things whose deeds are searched. Of the regions only the held one and those that are
    /// named: there may be ten thousand.
    fn searched(&self, words: &[&str]) -> Vec<Option<Thing>> {
        let view = self.world(0);
        let mut things = vec![self.selected, None, Some(Thing::Pd)];
        things.extend(view.matrix.lanes.iter().map(|lane| Some(Thing::Store(lane.store))));
        things.extend(view.tables.iter().map(|table| Some(Thing::Table(table.id))));
        let is_named = |region: sim::RegionId| {
            let id = region.to_string();
            words.iter().any(|word| 1 < word.len() && id.starts_with(word))
        };
        let regions = view.matrix.rows.iter().map(|row| row.region);
        let named = regions.filter(|region| is_named(*region) || Some(*region) == self.focus());
        things.extend(named.take(REGIONS).map(|region| Some(Thing::Region(region))));
        if let Some(region) = self.selected.and_then(Thing::region) {
            things.push(Some(Thing::Region(region)));
        }
        // The held thing comes first; nothing is searched twice.
        let mut once: Vec<Option<Thing>> = Vec::new();
        for thing in things {
            if !once.contains(&thing) {
                once.push(thing);
            }
        }
        once
    }

    /// What was typed, if it is a line that can be carried out.
    fn typed_line(&self, typed: &str) -> Option<Found> {
        scenario::parse(typed).ok()?;
        let line = typed.trim().to_owned();
        let label = HandsWord::RunLine.text(self.lang).to_owned();
        let action = Action {
            group: Group::Look,
            label,
            line,
            asks: None,
            care: Care::Ordinary,
            idle: None,
        };
        Some(Found::deed(String::new(), action, self.lang))
    }

    /// What the page can do that is nothing to the cluster.
    fn of_the_page(&self) -> Vec<Found> {
        let lang = self.lang;
        let mut found = Vec::new();
        for (id, title) in self.incidents.iter() {
            let label = lang.pick(title.en.as_str(), title.zh.as_str()).to_owned();
            let mut entry = Found::page(Word::Incident, &label, Msg::Open((*id).to_owned()), lang);
            entry.line = (*id).to_owned();
            found.push(entry);
        }
        for (of, word, msg) in [
            (Word::TimeLine, Word::Play, Msg::TogglePlay),
            (Word::TimeLine, Word::NextStep, Msg::Step(None)),
            (Word::TimeLine, Word::PlayAll, Msg::PlayAll),
            (Word::TimeLine, Word::Restart, Msg::Restart),
            (Word::TimeLine, Word::StepBack, Msg::Seek(Seek::Go(Unit::Event, Way::Back))),
            (Word::TimeLine, Word::StepEvent, Msg::Seek(Seek::Go(Unit::Event, Way::Forth))),
            (Word::TimeLine, Word::StepTick, Msg::Seek(Seek::Go(Unit::Tick, Way::Forth))),
            (Word::TimeLine, Word::ToNow, Msg::Seek(Seek::Now)),
            (Word::TimeLine, Word::SkipQuiet, Msg::ToggleSkip),
            (Word::Matrix, Word::AsTable, prefer(Preference::Matrix(MatrixForm::Table))),
            (Word::Matrix, Word::AsPicture, prefer(Preference::Matrix(MatrixForm::Picture))),
            (Word::Theme, Word::ThemeAuto, prefer(Preference::Theme(Theme::Auto))),
            (Word::Theme, Word::ThemeLight, prefer(Preference::Theme(Theme::Light))),
            (Word::Theme, Word::ThemeDark, prefer(Preference::Theme(Theme::Dark))),
        ] {
            found.push(Found::page(of, word.text(lang), msg, lang));
        }
        for (of, word, msg) in [
            (Word::Contrast, Word::MoreContrast, Preference::Contrast(!self.more_contrast)),
            (Word::Motion, Word::LessMotion, Preference::Motion(!self.less_motion)),
        ] {
            found.push(Found::page(of, word.text(lang), prefer(msg), lang));
        }
        for (label, sheet) in [
            (BuildWord::Build.text(lang), Sheet::Build),
            (TimeWord::History.text(lang), Sheet::History),
            (TimeWord::Keys.text(lang), Sheet::Keys),
        ] {
            found.push(Found::page(Word::More, label, Msg::Sheet(Some(sheet)), lang));
        }
        for (word, form) in
            [(GraphWord::FormMap, MatrixForm::Map), (GraphWord::FormHeat, MatrixForm::Heat)]
        {
            let msg = prefer(Preference::Matrix(form));
            found.push(Found::page(Word::Matrix, word.text(lang), msg, lang));
        }
        for other in Lang::ALL {
            let msg = prefer(Preference::Lang(other));
            found.push(Found::page(Word::Language, other.own_name(), msg, lang));
        }
        found
    }
}

fn prefer(preference: Preference) -> Msg {
    Msg::Prefer(preference)
}

impl Found {
    fn deed(of: String, action: Action, lang: Lang) -> Found {
        // A menu has this above the deeds; here each stands for itself.
        let label = match action.group == Group::Wait {
            true => format!("{} {}", action.group.text(lang), action.label),
            false => action.label.clone(),
        };
        Found {
            of,
            label,
            line: action.line.clone(),
            idle: action.idle.clone(),
            care: action.care,
            is_recent: false,
            does: Does::Act(action),
        }
    }

    fn page(of: Word, label: &str, msg: Msg, lang: Lang) -> Found {
        Found {
            of: of.text(lang).to_owned(),
            label: label.to_owned(),
            line: String::new(),
            idle: None,
            care: Care::Ordinary,
            is_recent: false,
            does: Does::Send(msg),
        }
    }

    /// What it is remembered by.
    fn key(&self) -> String {
        if self.line.is_empty() { self.label.clone() } else { self.line.clone() }
    }
}
