//! What is shared: a run in a link, as an address that people can read, and in a file.
//!
//! A link is `#v1.` and a code. Old links open for ever: what this edition reads it has to read in
//! every later one, which a corpus of links in `tests/links` is there to prove. So numbers that
//! stand for releases, knobs and phrases are never given anew, and a new version gets a new
//! prefix. A code holds
//!
//! ```text
//! the incident's id, or the whole text of a scenario
//! the seed, where it is not the scenario's
//! each world: its release, and the knobs in which it differs from it
//! each deed: milliseconds since the one before, then what was done
//! how far the run went, and the moment that was looked at
//! ```
//!
//! with its length in front and a sum behind. Reading is strict: whatever is wrong is said, and
//! nothing is opened half-way.

mod bytes;
mod error;
mod file;
mod phrases;
mod query;
mod words;
mod world;

use sim::Millis;

use crate::file::Scenario;
use crate::grammar::parse;
use crate::library;
use crate::run::Target;
use crate::run::record::{Deed, Input, Record, check};
use bytes::{Reader, open, seal, write_number, write_wide};
pub use error::LinkError;
use file::SCENARIO_FILE;
pub use query::QueryError;
use words::Seen;

/// What a link begins with.
const PREFIX: &str = "v1.";
/// The longest link that is read, in characters: browsers take more, but nobody's mail does.
const LONGEST: usize = 131_072;
/// The most that can have been done.
const MOST_DEEDS: u64 = 10_000;
/// The longest run: 31 days, in milliseconds.
const LONGEST_RUN_MS: u64 = 31 * 24 * sim::ids::HOUR;
/// The most worlds there are side by side.
pub const MOST_WORLDS: usize = 4;

/// A run as it is kept and shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its scenario.
    pub scenario: Scenario,
    /// What was done.
    pub record: Record,
    /// The moment that was looked at; `None` for the newest.
    pub looked_at: Option<Millis>,
}

/// What a deed begins with. From [`SHORT`] on it is a verb, asked of everybody.
const START_STEP: u8 = 0;
const SET_KNOBS: u8 = 1;
/// For whom a request is follows, and its number of pieces.
const ISSUE: u8 = 2;
const SHORT: u8 = 128;

impl Saved {
    /// A scenario at its beginning, under the releases that it contrasts.
    pub fn opening(scenario: Scenario) -> Saved {
        let record = Record {
            scenario: scenario.id.clone(),
            seed: scenario.seed,
            worlds: scenario.releases.map(|release| (Some(release), release.knobs())).to_vec(),
            inputs: Vec::new(),
            until: Millis::ZERO,
        };
        Saved { scenario, record, looked_at: None }
    }

    /// The link, from `v1.` on: what follows the `#` of an address.
    pub fn link(&self) -> String {
        let mut body = Vec::new();
        let mut seen = Seen::default();
        write_scenario(&mut body, &self.scenario, &mut seen);
        let seed = self.record.seed;
        match seed == self.scenario.seed {
            true => write_number(&mut body, 0),
            false => {
                write_number(&mut body, 1);
                write_number(&mut body, seed);
            }
        }
        write_number(&mut body, self.record.worlds.len() as u64);
        self.record.worlds.iter().for_each(|world| world::write(&mut body, world));
        write_number(&mut body, self.record.inputs.len() as u64);
        let mut before = Millis::ZERO;
        for Input { at, deed } in &self.record.inputs {
            write_wide(&mut body, at.0.saturating_sub(before.0));
            before = *at;
            write_deed(&mut body, deed, &mut seen);
        }
        write_wide(&mut body, self.record.until.0.saturating_sub(before.0));
        write_number(&mut body, self.looked_at.map_or(0, |at| at.0 + 1));
        format!("{PREFIX}{}", seal(&body))
    }

    /// Whether a text is a link of some version, right or wrong: the fragment of an address can be
    /// something else.
    pub fn is_link(text: &str) -> bool {
        version(text.strip_prefix('#').unwrap_or(text)).is_some()
    }

    /// Reads a link, with or without what precedes its `v1.`.
    ///
    /// # Errors
    /// The first thing that is wrong. Nothing is opened then.
    pub fn from_link(text: &str) -> Result<Saved, LinkError> {
        let link = text.trim();
        let link = link.rsplit_once('#').map_or(link, |(_, fragment)| fragment);
        let have = link.chars().count();
        if LONGEST < have {
            return Err(LinkError::TooLong { have, most: LONGEST });
        }
        let code = link.strip_prefix(PREFIX).ok_or_else(|| match version(link) {
            Some(version) => LinkError::Newer(version),
            None => LinkError::NotALink,
        })?;
        let body = open(code)?;
        read(&mut Reader { bytes: &body, at: 0 })
    }
}

/// The version of what begins as a link of some version does.
fn version(link: &str) -> Option<u64> {
    let (version, _) = link.strip_prefix('v')?.split_once('.')?;
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    version.parse().ok().filter(|_| is_number)
}

fn write_scenario(body: &mut Vec<u8>, scenario: &Scenario, seen: &mut Seen) {
    let is_known = library::has(scenario);
    let text = if is_known { scenario.id.clone() } else { scenario.to_string() };
    let (pieces, bytes) = words::write(&text, seen);
    write_number(body, pieces << 1 | u64::from(!is_known));
    body.extend(bytes);
}

fn write_deed(body: &mut Vec<u8>, deed: &Deed, seen: &mut Seen) {
    match deed {
        Deed::StartStep(step) => {
            body.push(START_STEP);
            write_number(body, *step as u64);
        }
        Deed::SetKnobs { world, release, knobs } => {
            body.push(SET_KNOBS);
            write_number(body, *world as u64);
            world::write(body, &(*release, *knobs));
        }
        Deed::Issue { request, target } => {
            let (pieces, bytes) = words::write(&request.to_string(), seen);
            match words::short(pieces, &bytes).filter(|_| *target == Target::All) {
                Some((verb, rest)) => {
                    body.push(SHORT + verb);
                    body.extend(rest);
                }
                None => {
                    let world = match target {
                        Target::All => 0,
                        Target::One(world) => world + 1,
                    };
                    body.push(ISSUE + world.min(MOST_WORLDS) as u8);
                    write_number(body, pieces);
                    body.extend(bytes);
                }
            }
        }
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Saved, LinkError> {
    let mut seen = Seen::default();
    let scenario = read_scenario(reader, &mut seen)?;
    let seed = if reader.at_most(1)? == 0 { scenario.seed } else { reader.number()? };
    let worlds = reader.at_most(MOST_WORLDS as u64)?;
    if worlds == 0 {
        return Err(LinkError::Garbled);
    }
    let worlds = (0..worlds).map(|_| world::read(reader)).collect::<Result<Vec<_>, _>>()?;
    let mut at = Millis::ZERO;
    let mut inputs = Vec::new();
    for deed in 1..=reader.at_most(MOST_DEEDS)? {
        at = later(reader, at)?;
        let deed = read_deed(reader, deed as usize, &mut seen)?;
        inputs.push(Input { at, deed });
    }
    let until = later(reader, at)?;
    let looked_at = reader.at_most(until.0 + 1)?.checked_sub(1).map(Millis);
    if !reader.is_done() {
        return Err(LinkError::Garbled);
    }
    let record = Record { scenario: scenario.id.clone(), seed, worlds, inputs, until };
    check(&scenario, &record).map_err(LinkError::Replay)?;
    Ok(Saved { scenario, record, looked_at })
}

fn read_scenario(reader: &mut Reader<'_>, seen: &mut Seen) -> Result<Scenario, LinkError> {
    let head = reader.number()?;
    let text = words::read(head >> 1, reader, seen)?;
    match head & 1 {
        0 => library::load(&text).ok_or(LinkError::NoIncident(text)),
        _ => Scenario::parse(SCENARIO_FILE, &text).map_err(LinkError::File),
    }
}

fn later(reader: &mut Reader<'_>, at: Millis) -> Result<Millis, LinkError> {
    let (number, most) = (reader.wide()?, LONGEST_RUN_MS - at.0);
    if number <= most { Ok(at.after(number)) } else { Err(LinkError::TooLarge { number, most }) }
}

fn read_deed(reader: &mut Reader<'_>, deed: usize, seen: &mut Seen) -> Result<Deed, LinkError> {
    let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX - 1);
    let (line, target) = match reader.byte()? {
        START_STEP => return Ok(Deed::StartStep(index(reader.number()?))),
        SET_KNOBS => {
            let world = index(reader.number()?);
            let (release, knobs) = world::read(reader)?;
            return Ok(Deed::SetKnobs { world, release, knobs });
        }
        verb @ SHORT.. => (words::read_short(verb - SHORT, reader, seen)?, Target::All),
        head => {
            let target = match usize::from(head - ISSUE) {
                0 => Target::All,
                world => Target::One(world - 1),
            };
            let pieces = reader.number()?;
            (words::read(pieces, reader, seen)?, target)
        }
    };
    match parse(&line) {
        Ok(request) => Ok(Deed::Issue { request, target }),
        Err(error) => Err(LinkError::Line { deed, line, error: Box::new(error) }),
    }
}

#[cfg(test)]
mod tests;
