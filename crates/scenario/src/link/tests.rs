//! Links and files lead back to the run they were made of.

use sim::{Millis, Release};

use super::*;
use crate::file::FileError;
use crate::run::Run;

fn incident() -> Saved {
    Saved::opening(library::load("tikv-18440").expect("it is in the library"))
}

fn deed(saved: &mut Saved, at: u64, line: &str, target: Target) {
    let request = parse(line).expect(line);
    saved.record.inputs.push(Input { at: Millis(at), deed: Deed::Issue { request, target } });
    saved.record.until = Millis(at);
}

/// A run with one of each kind of deed.
fn busy() -> Saved {
    let mut saved = incident();
    saved.record.seed = 7;
    let start = Input { at: Millis(0), deed: Deed::StartStep(0) };
    saved.record.inputs.push(start);
    deed(&mut saved, 61_500, "stop store 6", Target::All);
    deed(&mut saved, 61_500, "pd-ctl operator add transfer-leader 52973 5", Target::One(1));
    let (release, knobs) = (None, Release::V8_5_8.knobs());
    let set = Deed::SetKnobs { world: 0, release, knobs };
    saved.record.inputs.push(Input { at: Millis(70_000), deed: set });
    deed(&mut saved, 70_001, "wait until store 502 is Tombstone for at most 90s", Target::All);
    saved.record.until = Millis(221_500);
    saved.looked_at = Some(Millis(90_000));
    saved
}

/// A scenario that is not in the library.
fn own() -> Saved {
    let text = include_str!("../../tests/small.scn");
    let mut saved = Saved::opening(Scenario::parse("small.scn", text).expect("it is right"));
    deed(&mut saved, 5, "start store 1", Target::All);
    saved
}

/// The same run, but for the numbers of the scenario's lines.
fn assert_same(a: &Saved, b: &Saved) {
    assert_eq!(a.scenario.to_string(), b.scenario.to_string());
    assert_eq!((&a.record, a.looked_at), (&b.record, b.looked_at));
}

#[test]
fn links_and_files_are_read_as_they_were_written() {
    for saved in [incident(), busy(), own()] {
        let link = saved.link();
        let read = Saved::from_link(&link).expect("it was just written");
        assert_same(&read, &saved);
        assert_eq!(read.link(), link);
        assert_eq!(Saved::from_link(&format!("https://x.y/z/?a#{link}\n")), Ok(read));
        let file = saved.file();
        let read = Saved::from_file("run.scn", &file).unwrap_or_else(|error| panic!("{error}"));
        assert_same(&read, &saved);
        // The incident's own file has comments; written again it is the same run.
        assert_same(&Saved::from_file("run.scn", &read.file()).expect("it is right"), &saved);
    }
}

#[test]
fn the_opening_of_an_incident_is_a_very_short_link() {
    let link = incident().link();
    assert!(link.len() < 24, "{link}");
}

#[test]
fn a_link_brings_back_the_very_state() {
    let saved = busy();
    let read = Saved::from_link(&saved.link()).expect("it was just written");
    let prints = |saved: Saved| {
        let run = Run::replay(saved.scenario, &saved.record).expect("it fits");
        run.worlds().iter().map(|world| world.cluster.fingerprint()).collect::<Vec<_>>()
    };
    assert_eq!(prints(read), prints(saved));
}

#[test]
fn whatever_is_missing_or_changed_is_noticed() {
    let link = busy().link();
    for end in 0..link.len() {
        assert!(Saved::from_link(&link[..end]).is_err(), "cut at {end}");
    }
    let cut = Saved::from_link(&link[..link.len() - 9]).expect_err("it is cut");
    let (have, of) = (link.len() - 12, Some(link.len() - 3));
    assert_eq!(cut, LinkError::CutShort { have, of });
    assert_eq!(Saved::from_link(&link.replacen("v1", "v2", 1)), Err(LinkError::Newer(2)));
    for other in ["", "#", "v.", "vx.AAAA", "top", "v1", "-v1.AAA"] {
        assert_eq!(Saved::from_link(other), Err(LinkError::NotALink), "{other}");
    }
    let long = format!("v1.{}", "A".repeat(LONGEST));
    assert!(matches!(Saved::from_link(&long), Err(LinkError::TooLong { .. })));
}

/// A link of this body, with a right sum.
fn sealed(body: &[u8]) -> String {
    format!("v1.{}", seal(body))
}

/// The body of the incident's opening.
fn body() -> Vec<u8> {
    let link = incident().link();
    open(&link[3..]).expect("it was just written")
}

#[test]
fn a_right_sum_alone_opens_nothing() {
    let good = body();
    assert!(Saved::from_link(&sealed(&good)).is_ok());
    // The last bytes: seed, worlds, two releases, deeds, until, moment.
    let at = good.len() - 7;
    assert_eq!(good[at..], [0, 2, 10 << 2, 14 << 2, 0, 0, 0]);
    let with = |places: &[(usize, u8)]| {
        let mut bad = good.clone();
        places.iter().for_each(|(place, byte)| bad[at + place] = *byte);
        Saved::from_link(&sealed(&bad)).expect_err("it is wrong")
    };
    assert_eq!(with(&[(1, 5)]), LinkError::TooLarge { number: 5, most: 4 });
    assert_eq!(with(&[(1, 0)]), LinkError::Garbled);
    let code = LinkError::UnknownCode { what: "release", code: 25 };
    assert_eq!(with(&[(2, 25 << 2)]), code);
    assert_eq!(with(&[(4, 1)]), LinkError::Garbled);
    assert_eq!(with(&[(6, 2)]), LinkError::TooLarge { number: 2, most: 1 });
    let longer = [good.as_slice(), &[0]].concat();
    assert_eq!(Saved::from_link(&sealed(&longer)), Err(LinkError::Garbled));
    let other = incident_named("tikv-1");
    assert_eq!(other, LinkError::NoIncident("tikv-1".into()));
    assert_eq!(incident_named("<b>\u{202e}").text().en, "there is no incident `<b>\\u{202e}`");
}

fn incident_named(id: &str) -> LinkError {
    let (pieces, bytes) = words::write(id, &mut Seen::default());
    let mut body = vec![(pieces << 1) as u8];
    body.extend(bytes);
    Saved::from_link(&sealed(&body)).expect_err("there is no such incident")
}

#[test]
fn a_run_that_does_not_fit_its_scenario_is_refused() {
    let mut saved = busy();
    saved.record.inputs[0].deed = Deed::StartStep(99);
    let refused = Saved::from_link(&saved.link()).expect_err("there is no such step");
    assert_eq!(refused.to_string(), "it does not fit: the scenario has no step 100");
    let refused = Saved::from_file("x.scn", &saved.file()).expect_err("there is no such step");
    assert!(refused.to_string().ends_with("the scenario has no step 100"), "{refused}");
}

#[test]
fn mistakes_in_the_run_of_a_file_are_told_with_their_place() {
    let head = include_str!("../../tests/small.scn");
    let lines = head.lines().count();
    let wrong = [
        ("world 8.5.2", 1, "`until SPAN` is missing"),
        ("until 5s", 1, "`world RELEASE` is missing"),
        ("world 8.5.3", 7, "expected a release, such as `8.5.2`, but found `8.5.3`"),
        ("world 8.5.2 not_found 9", 23, "expected a value of the knob, counted from `0`, but"),
        ("at 5s stopp store 1", 7, "unknown command \"stopp\" for \"pd-ctl\""),
        ("at 5s in e stop store 1", 10, "expected a world of this run"),
        ("at 5s step 0", 12, "expected the number of a step, from `1`"),
        ("until 32h 5", 11, "expected the end of the line, but found `5`"),
        ("until 745h", 7, "expected 31 days at most, but found `745h`"),
        ("seed 1\nseed 2", 1, "`seed` is named twice"),
        ("<script>", 1, "expected `seed`, `world`, `at`, `until` or `look at`"),
    ];
    for (section, column, told) in wrong {
        let file = format!("{head}\nrun\n# A comment.\n{section}\n");
        let FileError { error, .. } = Saved::from_file("x.scn", &file).expect_err(section);
        assert!(error.to_string().starts_with(told), "{section}: {error}");
        let line = lines + 3 + section.lines().count();
        assert_eq!((error.line, error.column), (line, column), "{section}: {error}");
    }
}

/// What somebody does in an hour at the incident: by turns to stores, networks, regions and PD.
fn hundred_commands() -> Saved {
    let mut saved = incident();
    let regions: Vec<u64> = saved.scenario.setup.regions.iter().map(|r| r.region.id.0).collect();
    let stores = [1, 2, 9, 502, 5, 6, 8, 503];
    let mut dice: u64 = 1;
    let mut throw = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides
    };
    let mut at = 0;
    for _ in 0..100 {
        let (a, b) = (stores[throw(8)], stores[throw(8)]);
        let region = regions[throw(regions.len())];
        let line = match throw(12) {
            0 | 1 => format!("stop store {a}"),
            2 | 3 => format!("start store {a}"),
            4 => format!("cut {a} {b}"),
            5 => "heal".to_owned(),
            6 => format!("pd-ctl operator add transfer-leader {region} {a}"),
            7 => format!("pd-ctl operator add remove-peer {region} {a}"),
            8 => format!("pd-ctl store {a}"),
            9 => format!("pd-ctl unsafe remove-failed-stores {a},{b}"),
            10 => "pd-ctl unsafe remove-failed-stores show".to_owned(),
            _ => "ALTER TABLE tpcc.stock SET TIFLASH REPLICA 2;".to_owned(),
        };
        at += 300 + throw(36_000) as u64;
        let line = if a == b { format!("pd-ctl region {region}") } else { line };
        deed(&mut saved, at, &line, Target::All);
    }
    saved
}

/// A link whose sum is right but whose body is not: whatever is in it, it is read or refused.
#[test]
fn a_damaged_body_with_a_right_sum_is_read_or_refused() {
    let links = [incident(), busy(), own(), hundred_commands()].map(|saved| saved.link());
    let bodies = links.map(|link| open(&link[3..]).expect("it was just written"));
    let mut dice: u64 = 7;
    let mut throw = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides.max(1)
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..6_000 {
        let mut body = bodies[throw(bodies.len())].clone();
        for _ in 0..=throw(3) {
            let at = throw(body.len());
            match throw(4) {
                0 => body[at] = throw(256) as u8,
                1 => body[at] = body[at].wrapping_add(1),
                2 => drop(body.remove(at)),
                _ => body.insert(at, throw(256) as u8),
            }
        }
        match Saved::from_link(&sealed(&body)) {
            Ok(saved) => {
                read += 1;
                assert_eq!(Saved::from_link(&saved.link()).as_ref(), Ok(&saved), "{body:?}");
            }
            Err(error) => {
                refused += 1;
                assert!(!error.text().en.is_empty() && !error.text().zh.is_empty());
            }
        }
    }
    assert!(100 < read && 1_000 < refused, "{read} read, {refused} refused");
}

#[test]
fn a_hundred_commands_are_a_link_of_at_most_720_characters() {
    let saved = hundred_commands();
    let link = saved.link();
    assert!(link.len() <= 720, "{} characters", link.len());
    assert_same(&Saved::from_link(&link).expect("it was just written"), &saved);
}

#[test]
fn names_that_cannot_be_seen_and_too_much_of_anything_are_refused() {
    let head = include_str!("../../tests/small.scn");
    let told = |text: &str| match Saved::from_file("x.scn", text) {
        Ok(_) => panic!("it is read: {text}"),
        Err(error) => error.to_string(),
    };
    let zone = |zone: &str| told(&head.replace("zone dc1", &format!("zone {zone}")));
    assert!(zone("d\u{202e}c").ends_with("U+202E cannot be seen, and is not read"));
    assert!(zone(&"z".repeat(121)).ends_with("more than 120 characters in a name"));
    assert!(told(&head.replace("It stops", "It\0stops")).contains("U+0000 cannot be seen"));
    let long = head.replace("It stops", &"x".repeat(20_000));
    assert!(told(&long).ends_with("more than 20000 characters in a line"));
    let store = |id: u64| format!("store {id} tikv address a:{id}\n");
    let stores: String = (100..1_200).map(store).collect();
    let crowded = head.replace("store 7 ", &(stores + "store 7 "));
    assert!(told(&crowded).ends_with("more than 1000 stores"));
    let large = "#".repeat(9 << 20);
    assert!(told(&large).ends_with("more than 8388608 bytes in a file"));
    let typed = parse("add store 9 tikv zone \u{202e}x address a:1").expect_err("it is refused");
    assert_eq!((typed.column, typed.problem.to_string().starts_with("U+202E")), (23, true));
}
