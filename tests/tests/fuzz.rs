//! Everything that people can hand in, damaged at random: lines of the grammar, scenario files,
//! saved runs, links, addresses and files of cases. Nothing may panic or hang; what is refused is
//! refused with a reason and a place; what is accepted is written and read again as the same.
//!
//! The damage is drawn from a seed: a failure names it. CI tries a few thousand; `cargo xtask fuzz
//! --seeds N` (or `FUZZ_SEEDS` and `FUZZ_FROM` in the environment) as many as are asked for.

use std::fs;

use scenario::{Request, Run, Saved, Scenario, VERBS, library, parse};
use sim::{Cluster, Millis, Release};
use tests::project;

/// How many seeds are tried where nothing else is asked for.
const SEEDS: u64 = 2_000;

/// A generator of numbers; the same seed gives the same ones.
struct Dice(u64);

impl Dice {
    /// Below `sides`.
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) % sides.max(1) as u64) as usize
    }

    fn one_of<'a>(&mut self, all: &'a [String]) -> &'a str {
        &all[self.below(all.len())]
    }
}

/// What has broken readers before, here and elsewhere.
const HARM: [&str; 24] = [
    "0",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999",
    "1e9",
    "\u{202e}",
    "\u{200b}",
    "\0",
    "\u{feff}",
    "\r",
    "\n",
    "\t",
    "'",
    "\"",
    "`",
    "<script>",
    "&amp;",
    "停",
    "é",
    ",,",
    "@@",
    "..",
    "=",
];

/// A text with a few things gone wrong in it.
fn damaged(text: &str, corpus: &[String], dice: &mut Dice) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=dice.below(5) {
        let (a, b) = (dice.below(chars.len() + 1), dice.below(chars.len() + 1));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 40));
        match dice.below(8) {
            0 => drop(chars.drain(from..to)),
            1 => {
                let again: Vec<char> = chars[from..to].to_vec();
                chars.splice(to..to, again);
            }
            2 => chars.truncate(from),
            3 if from < chars.len() => {
                let harm = HARM[dice.below(HARM.len())];
                chars.splice(from..=from, harm.chars());
            }
            4 => {
                let other: Vec<char> = dice.one_of(corpus).chars().collect();
                let at = dice.below(other.len() + 1);
                chars.splice(from..to, other[at..].iter().take(60).copied());
            }
            5 if from + 1 < chars.len() => chars.swap(from, from + 1),
            6 => {
                let digit = char::from(b'0' + dice.below(10) as u8);
                if let Some(c) = chars.iter_mut().skip(from).find(|c| c.is_ascii_digit()) {
                    *c = digit;
                }
            }
            _ => {
                chars.splice(from..from, HARM[dice.below(HARM.len())].chars());
            }
        }
    }
    chars.into_iter().collect()
}

fn lines() -> Vec<String> {
    let verbs = VERBS.iter().map(|verb| format!("{} 1,2", verb.text));
    let texts = library::ids().filter_map(library::text).flat_map(str::lines);
    let commands = texts.filter_map(|line| line.strip_prefix("    ")).map(str::to_owned);
    verbs.chain(commands).collect()
}

fn try_line(line: &str) {
    match parse(line) {
        Ok(request) => {
            let written = request.to_string();
            assert_eq!(parse(&written).as_ref(), Ok(&request), "{line:?} became {written:?}");
        }
        Err(error) => {
            assert!(!error.to_string().is_empty(), "{line:?}");
            assert!(error.column <= line.chars().count() + 1, "{line:?}: {error:?}");
        }
    }
}

/// What is accepted is also carried out: no number that can be typed stops the cluster's clock.
fn try_command(cluster: &mut Cluster, line: &str) {
    if let Ok(Request::Command(command)) = parse(line) {
        drop(cluster.apply(&command));
        cluster.advance(cluster.now().after(200));
    }
}

fn small() -> Scenario {
    let text = include_str!("../../crates/scenario/tests/small.scn");
    Scenario::parse("small.scn", text).expect("it is right")
}

fn scenarios() -> Vec<String> {
    let short = ["pd-10350", "pd-9624", "cache-masks-the-change"];
    let texts = short.into_iter().filter_map(library::text).map(str::to_owned);
    texts.chain([include_str!("../../crates/scenario/tests/small.scn").to_owned()]).collect()
}

fn try_scenario(text: &str) {
    match Saved::from_file("fuzz.scn", text) {
        Ok(saved) => {
            let written = saved.scenario.to_string();
            let again = Scenario::parse("again.scn", &written);
            let again = again.unwrap_or_else(|error| panic!("{error}\n{written}\nof\n{text}"));
            assert_eq!(again.to_string(), written, "of\n{text}");
            let file = saved.file();
            let again = Saved::from_file("again.scn", &file);
            let again = again.unwrap_or_else(|error| panic!("{error}\n{file}\nof\n{text}"));
            assert_eq!(again.record, saved.record, "of\n{text}");
            let link = saved.link();
            let opened = Saved::from_link(&link);
            let opened = opened.unwrap_or_else(|error| panic!("{error}\n{link}\nof\n{text}"));
            assert_eq!(opened.record, saved.record, "of\n{text}");
            // The page builds what the reader accepts.
            let releases = saved.scenario.releases;
            drop(Run::of_releases(saved.scenario, &releases, None).expect("the reader checked it"));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(error.error.line <= text.lines().count() + 1, "{error}\n{text}");
        }
    }
}

/// The same for runs, which have a section of their own.
fn runs() -> Vec<String> {
    let opened = links().iter().filter_map(|link| Saved::from_link(link).ok()).collect::<Vec<_>>();
    let of_few_lines = opened.iter().filter(|saved| saved.scenario.setup.regions.len() < 10);
    of_few_lines.map(Saved::file).collect()
}

fn links() -> Vec<String> {
    let folder = project::root().join("tests/links");
    let files = fs::read_dir(folder).expect("the folder is part of the project");
    let texts = files.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
    texts.filter_map(|text| text.lines().nth(1).map(str::to_owned)).collect()
}

fn try_link(link: &str) {
    match Saved::from_link(link) {
        Ok(saved) => assert_eq!(Saved::from_link(&saved.link()).as_ref(), Ok(&saved), "{link}"),
        Err(error) => assert!(!error.text().en.is_empty() && !error.text().zh.is_empty()),
    }
}

fn try_query(query: &str) {
    match Saved::from_query(query) {
        Ok(Some(saved)) => {
            let again = saved.query().unwrap_or_else(|| panic!("{query} cannot be written"));
            assert_eq!(Saved::from_query(&again), Ok(Some(saved)), "{query}");
        }
        Ok(None) => {}
        Err(error) => assert!(!error.text().en.is_empty() && !error.text().zh.is_empty()),
    }
}

fn cases() -> Vec<String> {
    let path = project::root().join("tests/cases/recovery_rules.json");
    let text = fs::read_to_string(path).expect("the cases are part of the project");
    let file: serde_json::Value = serde_json::from_str(&text).expect("they are JSON");
    let cases = file["cases"].as_array().expect("there are cases").iter();
    let alone = cases.map(|case| {
        let mut alone = file.clone();
        alone["cases"] = serde_json::Value::Array(vec![case.clone()]);
        alone.to_string()
    });
    alone.collect()
}

fn try_cases(text: &str) {
    if let Err(error) = cli::conform::conform(text) {
        assert!(!error.to_string().is_empty());
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Tries what each seed makes of a corpus; `share` of the seeds, since some tries cost more.
fn fuzz(corpus: &[String], share: u64, mut attempt: impl FnMut(&str)) {
    assert!(!corpus.is_empty(), "there is nothing to damage");
    corpus.iter().for_each(|text| attempt(text));
    let from = number("FUZZ_FROM", 0);
    for seed in from..from + number("FUZZ_SEEDS", SEEDS).div_ceil(share) {
        let mut dice = Dice(seed);
        let base = dice.one_of(corpus).to_owned();
        let text = damaged(&base, corpus, &mut dice);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attempt(&text)));
        assert!(caught.is_ok(), "seed {seed}: {text:?}");
    }
}

/// A reader of lines with defects that readers have had: numbers that do not fit, places counted
/// in bytes, an answer that is no longer what was asked.
fn try_with_planted(defect: Planted, line: &str) {
    match defect {
        Planted::NumberTooLarge => {
            let digits = |word: &&str| word.chars().all(|c| c.is_ascii_digit());
            for word in line.split([' ', ',']).filter(|word| !word.is_empty()).filter(digits) {
                let _number: u64 = word.parse().expect("a number");
            }
        }
        Planted::PlaceInBytes => {
            let _head = &line[..line.len() / 2];
        }
        Planted::WrittenOtherwise => {
            if let Ok(request) = parse(line) {
                let written = request.to_string().replace('9', "8");
                assert_eq!(parse(&written).as_ref(), Ok(&request), "{line:?}");
            }
        }
    }
}

/// What is wrong with [`try_with_planted`].
#[derive(Clone, Copy, Debug)]
enum Planted {
    NumberTooLarge,
    PlaceInBytes,
    WrittenOtherwise,
}

/// The fuzzer finds what is there to be found. To see it with the real readers, let
/// `scenario::grammar::parse` or `Saved::from_link` panic on something rare, such as a line that
/// holds `@@`, and run this file.
#[test]
fn planted_defects_are_found() {
    // As they are, none of these lines meets a defect.
    let is_harmless = |line: &String| line.is_ascii() && !line.contains('9');
    let lines: Vec<String> = lines().into_iter().filter(is_harmless).collect();
    for defect in [Planted::NumberTooLarge, Planted::PlaceInBytes, Planted::WrittenOtherwise] {
        lines.iter().for_each(|line| try_with_planted(defect, line));
        let hunt = || fuzz(&lines, 1, |line| try_with_planted(defect, line));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(hunt));
        assert!(caught.is_err(), "{defect:?} was not found");
    }
}

#[test]
fn lines_of_the_grammar() {
    fuzz(&lines(), 1, try_line);
}

#[test]
fn commands_that_are_carried_out() {
    let build = || Cluster::new(&small().setup, Release::V8_5_8.knobs(), 1).expect("it is sound");
    let (mut cluster, mut tried) = (build(), 0);
    fuzz(&lines(), 2, |line| {
        tried += 1;
        // Now and then a new one: what is done piles up.
        if tried % 50 == 0 {
            cluster = build();
        }
        try_command(&mut cluster, line);
    });
}

#[test]
fn scenario_files() {
    fuzz(&scenarios(), 2, try_scenario);
}

#[test]
fn saved_runs() {
    fuzz(&runs(), 4, try_scenario);
}

#[test]
fn links_that_were_damaged_on_the_way() {
    fuzz(&links(), 1, try_link);
}

#[test]
fn addresses() {
    let queries = ["?incident=tikv-18440&a=8.5.2&b=8.5.8&at=221500", "?incident=pd-9624&seed=4"];
    fuzz(&queries.map(str::to_owned), 1, try_query);
}

#[test]
fn files_of_cases() {
    fuzz(&cases(), 8, try_cases);
}

/// The clock of a run that was opened goes on, whatever its deeds.
#[test]
fn runs_of_damaged_files_can_be_begun() {
    fuzz(&runs(), 40, |text| {
        if let Ok(Saved { scenario, mut record, .. }) = Saved::from_file("fuzz.scn", text) {
            record = record.cut(Millis(2_000));
            drop(Run::replay(scenario, &record).map(|run| run.now()));
        }
    });
}
