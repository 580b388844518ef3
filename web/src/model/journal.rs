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
//! The run on the screen comes first; each other branch follows in the same form.

use scenario::{Deed, Input, Record, Target};
use sim::{Knobs, Millis, Release};
use view::knob::Knob;

use super::MOST_WORLDS;
use super::session::Bookmark;

/// A run as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Which branch it is.
    pub(crate) number: u32,
    pub(crate) record: Record,
    pub(crate) bookmarks: Vec<Bookmark>,
}

/// The text of runs.
pub(crate) fn write(runs: &[Kept]) -> String {
    runs.iter().map(write_one).collect()
}

fn write_one(Kept { number, record, bookmarks }: &Kept) -> String {
    let Record { scenario, seed, until, .. } = record;
    let mut out = format!("regionscope 1 {scenario} {seed} {} {number}\n", until.0);
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
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("regionscope 1 ") {
            runs.push(read_head(head)?);
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
    Some(Kept { number: head.next()?.parse().ok()?, record, bookmarks: Vec::new() })
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
        let other = Kept { number: 1, record: branch, bookmarks: Vec::new() };
        let runs = [Kept { number: 2, record, bookmarks }, other];
        assert_eq!(read(&write(&runs)).as_deref(), Some(runs.as_slice()));
    }

    #[test]
    fn a_damaged_text_is_no_run() {
        let knobs = knob_values(&Release::V8_5_2.knobs());
        let good = format!("regionscope 1 tikv-18440 7 5 1\nworld 8.5.2 {knobs}\nat 0 step 0\n");
        assert!(read(&good).is_some());
        let lost = good.replace("regionscope 1", "regionscope 2");
        let bad = ["", "regionscope 1 x 7 5 1", "at 0 step 0", lost.as_str()];
        for text in bad.into_iter().chain([format!("{good}at 0 dance 1").as_str()]) {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
