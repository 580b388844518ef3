//! The address that people can read and write:
//! `?incident=tikv-18440&a=8.5.2&b=8.5.8&at=221500`.
//!
//! `a` to `d` are the worlds' releases, the incident's own pair where none is given; `at` is a
//! moment in milliseconds up to which every step that is not optional is played; `seed` another
//! seed than the incident's. Nothing else is read, and nothing that is wrong is passed over.

use std::fmt;

use sim::{Millis, Release};

use super::error::quoted;
use super::{LONGEST_RUN_MS, MOST_WORLDS, Saved};
use crate::file::{Scenario, Text};
use crate::library;
use crate::run::record::{Deed, Input};

/// The names of the worlds' releases.
const WORLDS: [&str; MOST_WORLDS] = ["a", "b", "c", "d"];

/// Why such an address cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// It names something that is not read.
    UnknownName(String),
    /// It names the same thing twice.
    Twice(String),
    /// It does not say which incident.
    NoneNamed,
    /// No incident has this id.
    NoIncident(String),
    /// There is no such release.
    NoRelease {
        /// Which world's.
        world: &'static str,
        /// What stands there.
        found: String,
    },
    /// A world is named, but not the one before it.
    Gap(&'static str),
    /// Something is no number, or too large.
    NoNumber {
        /// What it is of.
        name: &'static str,
        /// What stands there.
        found: String,
        /// What there may be.
        most: u64,
    },
}

impl QueryError {
    /// The sentence in both languages.
    pub fn text(&self) -> Text {
        let ids = || library::ids().collect::<Vec<_>>().join(", ");
        let releases = || Release::ALL.map(Release::name).join(", ");
        let (en, zh) = match self {
            Self::UnknownName(name) => (
                format!(
                    "{} means nothing here; there are incident, a to d, at, seed",
                    quoted(name)
                ),
                format!("{} 没有含义；可用的有 incident、a 至 d、at、seed", quoted(name)),
            ),
            Self::Twice(name) => {
                (format!("{} is given twice", quoted(name)), format!("{} 出现了两次", quoted(name)))
            }
            Self::NoneNamed => (
                format!("incident is missing; there are {}", ids()),
                format!("缺少 incident；可用的有 {}", ids()),
            ),
            Self::NoIncident(id) => (
                format!("there is no incident {}; there are {}", quoted(id), ids()),
                format!("没有名为 {} 的 incident；可用的有 {}", quoted(id), ids()),
            ),
            Self::NoRelease { world, found } => (
                format!(
                    "{world} is {}, which is no release; there are {}",
                    quoted(found),
                    releases()
                ),
                format!("{world} 的 {} 不是已知版本；可用的有 {}", quoted(found), releases()),
            ),
            Self::Gap(world) => (
                format!("{world} is given, but not the world before it"),
                format!("给出了 {world}，却缺少它之前的 world"),
            ),
            Self::NoNumber { name, found, most } => (
                format!("{name} is {}, not a whole number up to {most}", quoted(found)),
                format!("{name} 的 {} 不是 {most} 以内的整数", quoted(found)),
            ),
        };
        Text { en, zh }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for QueryError {}

impl Saved {
    /// Reads the part of an address from its `?` on; `None` if there is nothing in it.
    ///
    /// # Errors
    /// The first thing that is wrong. Nothing is opened then.
    pub fn from_query(query: &str) -> Result<Option<Saved>, QueryError> {
        let query = query.strip_prefix('?').unwrap_or(query);
        if query.is_empty() {
            return Ok(None);
        }
        let given = Given::read(query)?;
        let id = given.incident.ok_or(QueryError::NoneNamed)?;
        let scenario = library::load(id).ok_or_else(|| QueryError::NoIncident(id.to_owned()))?;
        let mut saved = Saved::opening(scenario);
        let worlds = given.releases()?;
        if !worlds.is_empty() {
            saved.record.worlds =
                worlds.into_iter().map(|release| (Some(release), release.knobs())).collect();
        }
        if let Some(seed) = given.seed {
            saved.record.seed = number("seed", seed, u64::MAX)?;
        }
        if let Some(at) = given.at {
            saved.record.until = Millis(number("at", at, LONGEST_RUN_MS)?);
            saved.record.inputs = every_step(&saved.scenario);
        }
        Ok(Some(saved))
    }

    /// The same run as an address that people can read, if it can be said so: an incident, releases
    /// as they are, and either nothing done or every step from the start.
    pub fn query(&self) -> Option<String> {
        let Saved { scenario, record, looked_at } = self;
        let is_played = record.inputs == every_step(scenario);
        let is_untouched = record.inputs.is_empty() && record.until == Millis::ZERO;
        let is_known = library::has(scenario);
        if !is_known || MOST_WORLDS < record.worlds.len() || !(is_played || is_untouched) {
            return None;
        }
        let mut query = format!("?incident={}", scenario.id);
        for (name, (release, knobs)) in WORLDS.iter().zip(&record.worlds) {
            let release = release.filter(|release| release.knobs() == *knobs)?;
            query.push_str(&format!("&{name}={release}"));
        }
        if record.seed != scenario.seed {
            query.push_str(&format!("&seed={}", record.seed));
        }
        if is_played {
            query.push_str(&format!("&at={}", looked_at.unwrap_or(record.until).0));
        }
        Some(query)
    }
}

/// What is done where `at` is given: every step, each when the one before it is done.
fn every_step(scenario: &Scenario) -> Vec<Input> {
    let steps = scenario.steps.iter().enumerate().filter(|(_, step)| !step.optional);
    steps.map(|(at, _)| Input { at: Millis::ZERO, deed: Deed::StartStep(at) }).collect()
}

/// What an address says, as it stands there.
#[derive(Default)]
struct Given<'a> {
    incident: Option<&'a str>,
    worlds: [Option<&'a str>; MOST_WORLDS],
    at: Option<&'a str>,
    seed: Option<&'a str>,
}

impl<'a> Given<'a> {
    fn read(query: &'a str) -> Result<Given<'a>, QueryError> {
        let mut given = Given::default();
        for part in query.split('&') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let world = WORLDS.iter().position(|world| *world == name);
            let place = match (name, world) {
                (_, Some(world)) => &mut given.worlds[world],
                ("incident", None) => &mut given.incident,
                ("at", None) => &mut given.at,
                ("seed", None) => &mut given.seed,
                (_, None) => return Err(QueryError::UnknownName(name.to_owned())),
            };
            if place.replace(value).is_some() {
                return Err(QueryError::Twice(name.to_owned()));
            }
        }
        Ok(given)
    }

    fn releases(&self) -> Result<Vec<Release>, QueryError> {
        let mut releases = Vec::new();
        for (place, (world, found)) in WORLDS.iter().zip(self.worlds).enumerate() {
            let Some(found) = found else { continue };
            if releases.len() < place {
                return Err(QueryError::Gap(world));
            }
            let none = || QueryError::NoRelease { world, found: found.to_owned() };
            releases.push(Release::from_name(found).ok_or_else(none)?);
        }
        Ok(releases)
    }
}

fn number(name: &'static str, found: &str, most: u64) -> Result<u64, QueryError> {
    let is_number = !found.is_empty() && found.bytes().all(|byte| byte.is_ascii_digit());
    let number = found.parse().ok().filter(|number| is_number && *number <= most);
    number.ok_or_else(|| QueryError::NoNumber { name, found: found.to_owned(), most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_incident_releases_and_moment() {
        let query = "?incident=tikv-18440&a=8.5.2&b=8.5.8&at=221500";
        let saved = Saved::from_query(query).expect("it is right").expect("it says something");
        assert_eq!(saved.scenario.id, "tikv-18440");
        assert_eq!(saved.record.until, Millis(221_500));
        assert_eq!(saved.record.worlds[1].0, Some(Release::V8_5_8));
        assert_eq!(saved.query().as_deref(), Some(query));
        let steps = saved.scenario.steps.iter().filter(|step| !step.optional).count();
        assert_eq!(saved.record.inputs.len(), steps);
    }

    #[test]
    fn the_releases_and_the_moment_may_be_left_out() {
        assert_eq!(Saved::from_query("?"), Ok(None));
        let saved = Saved::from_query("?incident=pd-9624").expect("it is right");
        let query = saved.and_then(|saved| saved.query()).expect("nothing was done");
        let [a, b] = library::load("pd-9624").expect("it is in the library").releases;
        assert_eq!(query, format!("?incident=pd-9624&a={a}&b={b}"));
        let four = "?incident=pd-9624&a=8.5.2&b=8.5.4&c=8.5.5&d=master&seed=9&at=1";
        let saved = Saved::from_query(four).expect("it is right").expect("it says something");
        assert_eq!(saved.record.worlds.len(), 4);
        assert_eq!(saved.query().as_deref(), Some(four));
    }

    #[test]
    fn a_run_with_deeds_of_its_own_has_no_such_address() {
        let query = "?incident=tikv-18440&at=5000";
        let mut saved = Saved::from_query(query).expect("it is right").expect("it says something");
        saved.record.inputs.pop();
        assert_eq!(saved.query(), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = [
            ("incident=x", "there is no incident `x`; there are tikv-18440"),
            ("a=8.5.2", "incident is missing"),
            ("incident", "there is no incident ``"),
            ("incident=pd-9624&b=8.5.2", "b is given, but not the world before it"),
            ("incident=pd-9624&a=8.5.3", "a is `8.5.3`, which is no release"),
            ("incident=pd-9624&at=-1", "at is `-1`, not a whole number up to 2678400000"),
            ("incident=pd-9624&at=2678400001", "at is `2678400001`, not"),
            ("incident=pd-9624&at=", "at is ``, not"),
            ("incident=pd-9624&seed=1e3", "seed is `1e3`, not"),
            ("incident=pd-9624&at=1&at=2", "`at` is given twice"),
            ("incident=pd-9624&", "`` means nothing here"),
            ("<b>=1", "`<b>` means nothing here"),
            ("incident=\u{202e}x", "there is no incident `\\u{202e}x`"),
        ];
        for (query, told) in wrong {
            let error = Saved::from_query(query).expect_err(query);
            assert!(error.to_string().starts_with(told), "{query}: {error}");
            assert!(!error.text().zh.is_empty());
        }
    }
}
