//! What is kept outside of the page while it runs, as text: the causes of the run. If the page
//! breaks off, the next one lives through them again.
//!
//! ```text
//! regionscope 1 tikv-18440 18440 221500
//! world 8.5.2 0,0,0,1,0,0
//! at 0 step 0
//! at 61000 all pd-ctl store
//! at 62000 one 1 stop store 6
//! ```

use scenario::{Deed, Input, Record, Target};
use sim::{Knobs, Millis, Release};
use view::knob::Knob;

/// The text of a record.
pub(crate) fn write(record: &Record) -> String {
    let mut out = format!("regionscope 1 {} {} {}\n", record.scenario, record.seed, record.until.0);
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
    out
}

/// The record of a text; `None` if it is damaged, and then nothing of it is used.
pub(crate) fn read(text: &str) -> Option<Record> {
    let mut lines = text.lines();
    let mut head = lines.next()?.strip_prefix("regionscope 1 ")?.split(' ');
    let mut record = Record {
        scenario: head.next()?.to_owned(),
        seed: head.next()?.parse().ok()?,
        until: Millis(head.next()?.parse().ok()?),
        worlds: Vec::new(),
        inputs: Vec::new(),
    };
    for line in lines {
        if let Some(world) = line.strip_prefix("world ") {
            record.worlds.push(read_knobs(world)?);
        } else {
            let (at, deed) = line.strip_prefix("at ")?.split_once(' ')?;
            let at = Millis(at.parse().ok()?);
            record.inputs.push(Input { at, deed: read_deed(deed)? });
        }
    }
    Some(record)
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
        assert_eq!(read(&write(&record)), Some(record));
    }

    #[test]
    fn a_damaged_text_is_no_record() {
        let knobs = knob_values(&Release::V8_5_2.knobs());
        let good = format!("regionscope 1 tikv-18440 7 5\nworld 8.5.2 {knobs}\nat 0 step 0\n");
        assert!(read(&good).is_some());
        for bad in ["", "regionscope 2 x 7 5", "regionscope 1 x 7 5\nat 0 dance 1"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
