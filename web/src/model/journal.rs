//! What is kept outside of the page while it runs, as text: the causes of the run, and of each of
//! its branches. If the page breaks off, the next one lives through them again.
//!
//! ```text
//! regionscope 1 tikv-18440 18440 221500 1
//! world 8.5.2 0,0,0,1,0,0
//! at 0 step 0
//! at 61000 all pd-ctl store
//! at 62000 one 1 stop store 6
//! bookmark 62000 before the recovery
//! ```
//!
//! The run on the screen comes first; each other branch follows in the same form, and then the
//! runs of other scenarios. One that is not of the library has its text below the first line, each
//! line after `text `; a run of the same scenario as the one before says `same` instead.

use std::rc::Rc;

use scenario::{Deed, Input, Record, Scenario, Target, library};
use sim::{Knobs, Millis, Release};
use view::knob::Knob;

use super::MOST_WORLDS;
use super::session::Bookmark;

/// A run as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Which branch it is.
    pub(crate) number: u32,
    /// The scenario's text, if it is not one of the library.
    pub(crate) text: Option<Rc<str>>,
    pub(crate) record: Record,
    pub(crate) bookmarks: Vec<Bookmark>,
}

impl Kept {
    /// Its scenario, unless that can no longer be had.
    pub(super) fn scenario(&self) -> Option<Scenario> {
        match &self.text {
            Some(text) => Scenario::parse(&self.record.scenario, text).ok(),
            None => library::load(&self.record.scenario),
        }
    }

    /// Whether the other is of the same scenario.
    pub(super) fn is_akin(&self, other: &Kept) -> bool {
        self.record.scenario == other.record.scenario && self.text == other.text
    }
}

/// The text of runs.
pub(crate) fn write(runs: &[Kept]) -> String {
    let before = std::iter::once(None).chain(runs.iter().map(Some));
    before.zip(runs).map(|(before, run)| write_one(before, run)).collect()
}

fn write_one(before: Option<&Kept>, run: &Kept) -> String {
    let Kept { number, text, record, bookmarks } = run;
    let Record { scenario, seed, until, .. } = record;
    let mut out = format!("regionscope 1 {scenario} {seed} {} {number}\n", until.0);
    match text {
        Some(_) if before.is_some_and(|before| before.is_akin(run)) => out.push_str("same\n"),
        Some(text) => text.lines().for_each(|line| out.push_str(&format!("text {line}\n"))),
        None => {}
    }
    for (release, knobs) in &record.worlds {
        out.push_str(&format!("world {} {}\n", release_name(*release), knob_values(knobs)));
    }
    for Input { at, deed } in &record.inputs {
        let deed = match deed {
            Deed::StartStep(step) => format!("step {step}"),
            Deed::Issue { request, target: Target::All } => format!("all {request}"),
            Deed::Issue { request, target: Target::One(world) } => format!("one {world} {request}"),
            Deed::SetKnobs { world, release, knobs } => {
                format!("knobs {world} {} {}", release_name(*release), knob_values(knobs))
            }
        };
        out.push_str(&format!("at {} {deed}\n", at.0));
    }
    for Bookmark { at, name } in bookmarks {
        out.push_str(&format!("bookmark {} {name}\n", at.0));
    }
    out
}

/// The runs of a text; `None` if it is damaged, and then nothing of it is used.
pub(crate) fn read(text: &str) -> Option<Vec<Kept>> {
    let mut runs: Vec<Kept> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(head) = line.strip_prefix("regionscope 1 ") {
            let mut run = read_head(head)?;
            let mut own = String::new();
            while let Some(more) = lines.peek().and_then(|line| line.strip_prefix("text ")) {
                own.extend([more, "\n"]);
                lines.next();
            }
            run.text = (!own.is_empty()).then(|| own.into());
            if lines.next_if_eq(&"same").is_some() {
                run.text = Some(runs.last()?.text.clone()?);
            }
            runs.push(run);
            continue;
        }
        let Kept { record, bookmarks, .. } = runs.last_mut()?;
        if let Some(world) = line.strip_prefix("world ") {
            record.worlds.push(read_knobs(world)?);
        } else if let Some(bookmark) = line.strip_prefix("bookmark ") {
            let (at, name) = bookmark.split_once(' ')?;
            bookmarks.push(Bookmark { at: Millis(at.parse().ok()?), name: name.to_owned() });
        } else {
            let (at, deed) = line.strip_prefix("at ")?.split_once(' ')?;
            let at = Millis(at.parse().ok()?);
            // What was to be done next was kept before it was done.
            record.until = record.until.max(at);
            record.inputs.push(Input { at, deed: read_deed(deed)? });
        }
    }
    let is_whole = |run: &Kept| (1..=MOST_WORLDS).contains(&run.record.worlds.len());
    (!runs.is_empty() && runs.iter().all(is_whole)).then_some(runs)
}

fn read_head(head: &str) -> Option<Kept> {
    let mut head = head.split(' ');
    let record = Record {
        scenario: head.next()?.to_owned(),
        seed: head.next()?.parse().ok()?,
        until: Millis(head.next()?.parse().ok()?),
        worlds: Vec::new(),
        inputs: Vec::new(),
    };
    let number = head.next()?.parse().ok()?;
    Some(Kept { number, text: None, record, bookmarks: Vec::new() })
}

fn read_deed(text: &str) -> Option<Deed> {
    let (verb, rest) = text.split_once(' ')?;
    match verb {
        "step" => Some(Deed::StartStep(rest.parse().ok()?)),
        "all" => Some(Deed::Issue { request: scenario::parse(rest).ok()?, target: Target::All }),
        "one" => {
            let (world, line) = rest.split_once(' ')?;
            let target = Target::One(world.parse().ok()?);
            Some(Deed::Issue { request: scenario::parse(line).ok()?, target })
        }
        "knobs" => {
            let (world, knobs) = rest.split_once(' ')?;
            let (release, knobs) = read_knobs(knobs)?;
            Some(Deed::SetKnobs { world: world.parse().ok()?, release, knobs })
        }
        _ => None,
    }
}

fn release_name(release: Option<Release>) -> &'static str {
    release.map_or("custom", Release::name)
}

fn knob_values(knobs: &Knobs) -> String {
    let values: Vec<String> = Knob::ALL.iter().map(|knob| knob.get(knobs).to_string()).collect();
    values.join(",")
}

fn read_knobs(text: &str) -> Option<(Option<Release>, Knobs)> {
    let (release, values) = text.split_once(' ')?;
    let mut knobs = Release::V8_5_2.knobs();
    let mut values = values.split(',');
    for knob in Knob::ALL {
        knobs = knob.set(knobs, values.next()?.parse().ok()?);
    }
    Some((Release::from_name(release), knobs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let (old, new) = (Release::V8_5_2, Release::V8_5_8);
        let request = scenario::parse("stop store 6").expect("it is in the grammar");
        let deeds = [
            Deed::StartStep(0),
            Deed::Issue { request: request.clone(), target: Target::All },
            Deed::Issue { request, target: Target::One(1) },
            Deed::SetKnobs { world: 0, release: None, knobs: new.knobs() },
        ];
        let record = Record {
            scenario: "tikv-18440".to_owned(),
            seed: 7,
            worlds: vec![(Some(old), old.knobs()), (Some(new), new.knobs())],
            inputs: deeds.map(|deed| Input { at: Millis(61_000), deed }).into(),
            until: Millis(99_000),
        };
        let branch = record.cut(Millis(0));
        let bookmarks = vec![Bookmark { at: Millis(7), name: "before all of it".to_owned() }];
        let (text, none) = (Some("scenario mine\n\n# its own\n".into()), Vec::new());
        let own = Kept { number: 1, text, record: branch.clone(), bookmarks: none.clone() };
        let other = Kept { number: 1, text: None, record: branch, bookmarks: none };
        let first = Kept { number: 2, text: None, record, bookmarks };
        let runs = [first, other.clone(), own.clone(), Kept { number: 3, ..own }, other];
        let written = write(&runs);
        assert_eq!(written.matches("text scenario mine").count(), 1, "it is there once");
        assert_eq!(read(&written).as_deref(), Some(runs.as_slice()));
    }

    #[test]
    fn a_damaged_text_is_no_run() {
        let knobs = knob_values(&Release::V8_5_2.knobs());
        let good = format!("regionscope 1 tikv-18440 7 5 1\nworld 8.5.2 {knobs}\nat 0 step 0\n");
        assert!(read(&good).is_some());
        let lost = good.replace("regionscope 1", "regionscope 2");
        let same = good.replace("world", "same\nworld");
        let bad = ["", "regionscope 1 x 7 5 1", "at 0 step 0", lost.as_str(), same.as_str()];
        for text in bad.into_iter().chain([format!("{good}at 0 dance 1").as_str()]) {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
