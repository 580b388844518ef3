//! A run as a file: its scenario as such files are written, and below it what was done.
//!
//! ```text
//! scenario tikv-18440
//! …
//!
//! run
//!     seed 7                       # where it is not the scenario's
//!     world 8.5.2
//!     world like 8.5.8 not_found 3 # a mixture: this release, but for these knobs
//!     at 0s step 1
//!     at 61500ms stop store 6
//!     at 62s in b stop store 6     # in the second world only
//!     at 70s knobs of a 8.5.5
//!     until 90s
//!     look at 75s                  # where it is not the end
//! ```
//!
//! Without the line `run` and what follows it is a scenario that nobody has begun.

use sim::{Knobs, Millis, Release};

use super::world::{Difference, difference, knob_named, world};
use super::{LONGEST_RUN_MS, MOST_DEEDS, MOST_WORLDS, Saved};
use crate::file::{FileError, Scenario};
use crate::grammar::error::{ParseError, Problem};
use crate::grammar::parse_line;
use crate::grammar::words::{Word, Words};
use crate::library;
use crate::request::Span;
use crate::run::Target;
use crate::run::record::{Deed, Input, Record, check};

/// What a scenario that came without a file is called in errors.
pub(super) const SCENARIO_FILE: &str = "scenario";

/// The line that parts a scenario from what was done.
const RUN: &str = "run";

/// The names of worlds, as the page shows them but small.
const WORLDS: [&str; MOST_WORLDS] = ["a", "b", "c", "d"];

const RELEASE: &str = "a release, such as `8.5.2`";
const WORLD: &str = "a world of this run: `a`, `b`, `c` or `d`";

impl Saved {
    /// The text of the file.
    pub fn file(&self) -> String {
        let Saved { scenario, record, looked_at } = self;
        let is_known = library::has(scenario);
        let own = || scenario.to_string();
        let incident = library::text(&scenario.id).filter(|_| is_known).map(str::to_owned);
        let mut out = incident.unwrap_or_else(own);
        out.push_str("\nrun\n");
        if record.seed != scenario.seed {
            out.push_str(&format!("    seed {}\n", record.seed));
        }
        for told in &record.worlds {
            out.push_str(&format!("    world {}\n", world_words(told)));
        }
        for Input { at, deed } in &record.inputs {
            out.push_str(&format!("    at {} ", Span(at.0)));
            match deed {
                Deed::StartStep(step) => out.push_str(&format!("step {}\n", step + 1)),
                Deed::Issue { request, target: Target::All } => {
                    out.push_str(&format!("{request}\n"));
                }
                Deed::Issue { request, target: Target::One(world) } => {
                    out.push_str(&format!("in {} {request}\n", WORLDS[*world]));
                }
                Deed::SetKnobs { world, release, knobs } => {
                    let told = world_words(&(*release, *knobs));
                    out.push_str(&format!("knobs of {} {told}\n", WORLDS[*world]));
                }
            }
        }
        out.push_str(&format!("    until {}\n", Span(record.until.0)));
        if let Some(at) = looked_at {
            out.push_str(&format!("    look at {}\n", Span(at.0)));
        }
        out
    }

    /// Reads such a file, or that of a scenario; `file` is its name, for errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column. Nothing is opened then.
    pub fn from_file(file: &str, text: &str) -> Result<Saved, FileError> {
        let lines = || text.split_inclusive('\n').enumerate();
        let Some((above, _)) = lines().find(|(_, line)| line.trim_end() == RUN) else {
            return Scenario::parse(file, text).map(Saved::opening);
        };
        let head = &text[..lines().take(above).map(|(_, line)| line.len()).sum()];
        let lines = lines().skip(above + 1);
        let mut saved = Saved::opening(Scenario::parse(file, head)?);
        let read = Section::default().read(&mut saved, above + 1, lines);
        read.map_err(|error| FileError { file: file.to_owned(), error })?;
        Ok(saved)
    }
}

/// `8.5.2`, or `like 8.5.2 not_found 3`.
fn world_words(told: &(Option<Release>, Knobs)) -> String {
    let Difference { is_release, of, knobs } = difference(told);
    let knobs = knobs.iter().map(|(knob, value)| format!(" {} {value}", knob.field()));
    format!("{}{of}{}", if is_release { "" } else { "like " }, knobs.collect::<String>())
}

/// What has been read of the lines below `run`.
#[derive(Default)]
struct Section {
    seed: Option<u64>,
    worlds: Vec<(Option<Release>, Knobs)>,
    inputs: Vec<Input>,
    until: Option<Millis>,
    looked_at: Option<Millis>,
}

impl Section {
    fn read<'a>(
        mut self,
        saved: &mut Saved,
        run_at: usize,
        lines: impl Iterator<Item = (usize, &'a str)>,
    ) -> Result<(), ParseError> {
        let mut last = run_at;
        for (index, line) in lines {
            last = index + 1;
            let words = Words::of(last, line);
            if words.peek().is_some_and(|word| !word.text.starts_with('#')) {
                self.line(last, line, words)?;
            }
        }
        let missing = |what| ParseError { line: last, column: 1, problem: Problem::Missing(what) };
        if self.worlds.is_empty() {
            return Err(missing("`world RELEASE`"));
        }
        let until = self.until.ok_or_else(|| missing("`until SPAN`"))?;
        saved.record = Record {
            scenario: saved.scenario.id.clone(),
            seed: self.seed.unwrap_or(saved.scenario.seed),
            worlds: self.worlds,
            inputs: self.inputs,
            until,
        };
        saved.looked_at = self.looked_at.filter(|at| *at < until);
        check(&saved.scenario, &saved.record).map_err(|error| ParseError {
            line: last,
            column: 1,
            problem: Problem::Run(error),
        })
    }

    fn line(&mut self, number: usize, line: &str, mut words: Words<'_>) -> Result<(), ParseError> {
        let what = "`seed`, `world`, `at`, `until` or `look at`";
        let first = words.word(what)?;
        let is_new = match first.text {
            "seed" => self.seed.replace(words.count("a number, such as `7`")?).is_none(),
            "world" => {
                if self.worlds.len() == MOST_WORLDS {
                    return Err(first.expected("four worlds at most"));
                }
                self.worlds.push(read_world(&mut words)?);
                true
            }
            "at" => return self.deed(number, line, words),
            "until" => self.until.replace(moment(&mut words)?).is_none(),
            "look" => {
                words.keyword("at", "`at`, as in `look at 75s`")?;
                self.looked_at.replace(moment(&mut words)?).is_none()
            }
            _ => return Err(first.expected(what)),
        };
        words.finish()?;
        let twice = || Problem::Twice(format!("`{}`", first.text));
        if is_new { Ok(()) } else { Err(first.error(twice())) }
    }

    /// `at SPAN step N`, `at SPAN knobs of WORLD …`, `at SPAN [in WORLD] COMMAND`.
    fn deed(&mut self, number: usize, line: &str, mut words: Words<'_>) -> Result<(), ParseError> {
        let at = moment(&mut words)?;
        let word = words.word("`step`, `knobs of`, `in` or a command")?;
        if MOST_DEEDS <= self.inputs.len() as u64 {
            return Err(word.expected("ten thousand deeds at most"));
        }
        let deed = match word.text {
            "step" => {
                let what = "the number of a step, from `1`";
                let step = words.clone().word(what)?;
                let step = words.count(what)?.checked_sub(1).ok_or_else(|| step.expected(what))?;
                words.finish()?;
                Deed::StartStep(usize::try_from(step).unwrap_or(usize::MAX - 1))
            }
            "knobs" => {
                words.keyword("of", "`of`, as in `knobs of a 8.5.5`")?;
                let world = read_letter(&mut words)?;
                let (release, knobs) = read_world(&mut words)?;
                words.finish()?;
                Deed::SetKnobs { world, release, knobs }
            }
            "in" => {
                let target = Target::One(read_letter(&mut words)?);
                let first = words.word("a command")?;
                Deed::Issue { request: command(number, line, first)?, target }
            }
            _ => Deed::Issue { request: command(number, line, word)?, target: Target::All },
        };
        self.inputs.push(Input { at, deed });
        Ok(())
    }
}

/// The command that begins at a word. What precedes it is blanked, so that errors keep their place.
fn command(
    number: usize,
    line: &str,
    first: Word<'_>,
) -> Result<crate::request::Request, ParseError> {
    let before = first.column - 1;
    let rest: String = line.trim_end().chars().skip(before).collect();
    parse_line(number, &(" ".repeat(before) + &rest))
}

fn read_letter(words: &mut Words<'_>) -> Result<usize, ParseError> {
    let word = words.word(WORLD)?;
    WORLDS.iter().position(|name| *name == word.text).ok_or_else(|| word.expected(WORLD))
}

fn read_world(words: &mut Words<'_>) -> Result<(Option<Release>, Knobs), ParseError> {
    let is_release = !words.skip("like");
    let word = words.word(RELEASE)?;
    let of = Release::from_name(word.text).ok_or_else(|| word.expected(RELEASE))?;
    let mut knobs = Vec::new();
    while let Some(word) = words.next() {
        let knob = knob_named(word.text).ok_or_else(|| word.expected("a knob"))?;
        let what = "a value of the knob, counted from `0`";
        let at = words.clone().word(what)?;
        let value = usize::try_from(words.count(what)?).ok().filter(|v| *v < knob.values());
        knobs.push((knob, value.ok_or_else(|| at.expected(what))?));
    }
    Ok(world(&Difference { is_release, of, knobs }))
}

fn moment(words: &mut Words<'_>) -> Result<Millis, ParseError> {
    let what = "a moment, such as `61500ms`, `90s` or `2h`";
    let word = words.clone().word(what)?;
    let ms = words.span()?;
    if ms <= LONGEST_RUN_MS { Ok(Millis(ms)) } else { Err(word.expected("31 days at most")) }
}
