//! A world in a link or a file: its release, and the knobs in which it differs.

use sim::release::Knob;
use sim::{Knobs, Release};

use super::LinkError;
use super::bytes::{Reader, write_number};

/// The releases by the numbers they have in links. New ones go to the end.
const RELEASES: [&str; 18] = [
    "4.0.16",
    "5.4.3",
    "6.1.0-rc",
    "6.1.0",
    "6.5.0",
    "7.1.0",
    "7.5.0",
    "7.5.7",
    "8.1.0",
    "8.5.0",
    "8.5.2",
    "8.5.4",
    "8.5.5",
    "8.5.7",
    "8.5.8",
    "9.0.0-beta.2",
    "master",
    "proposed",
];

/// The knobs by the numbers they have in links. New ones go to the end.
const KNOBS: [&str; 24] = [
    "learners_on_demotion",
    "orphaned_peers",
    "not_found",
    "not_found_line",
    "unknown_store_reply",
    "tombstone",
    "reconnect",
    "connections",
    "raft_queue",
    "connect_timeout_log",
    "online_recovery",
    "tiflash_reports",
    "residual_joint",
    "forced_commit",
    "forced_proposals",
    "failed_stores_from",
    "leader_choice",
    "plan_resend",
    "recovery_abort",
    "show_words",
    "orphan_rules",
    "store_delete_check",
    "available_when",
    "replica_change",
];

/// The release that a world is told by, and how it differs from it.
pub(super) struct Difference {
    /// Whether the world is of this release, knobs and all, or a mixture that is closest to it.
    pub(super) is_release: bool,
    pub(super) of: Release,
    /// The knobs, each with its value counted from the oldest.
    pub(super) knobs: Vec<(Knob, usize)>,
}

/// How a world is told.
pub(super) fn difference((release, knobs): &(Option<Release>, Knobs)) -> Difference {
    let differing = |of: Release| -> Vec<(Knob, usize)> {
        let is_other = |knob: &&Knob| knob.get(knobs) != knob.get(&of.knobs());
        Knob::ALL.iter().filter(is_other).map(|knob| (*knob, knob.get(knobs))).collect()
    };
    let closest = || Release::ALL.into_iter().min_by_key(|of| differing(*of).len());
    let of = release.or_else(closest).unwrap_or(Release::V8_5_2);
    Difference { is_release: release.is_some(), of, knobs: differing(of) }
}

/// The world that is told so.
pub(super) fn world(difference: &Difference) -> (Option<Release>, Knobs) {
    let Difference { is_release, of, knobs } = difference;
    let knobs = knobs.iter().fold(of.knobs(), |all, (knob, value)| knob.set(all, *value));
    (is_release.then_some(*of), knobs)
}

/// Writes a world: twice its release and whether it is a mixture, then the knobs that differ.
pub(super) fn write(body: &mut Vec<u8>, told: &(Option<Release>, Knobs)) {
    let Difference { is_release, of, knobs } = difference(told);
    let code = RELEASES.iter().position(|name| *name == of.name());
    let code = code.expect("a test keeps every release in the list") as u64;
    write_number(body, code << 2 | u64::from(!knobs.is_empty()) << 1 | u64::from(!is_release));
    if !knobs.is_empty() {
        write_number(body, knobs.len() as u64);
    }
    for (knob, value) in knobs {
        let code = KNOBS.iter().position(|name| *name == knob.field());
        write_number(body, code.expect("a test keeps every knob in the list") as u64);
        write_number(body, value as u64);
    }
}

/// Reads a world.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<(Option<Release>, Knobs), LinkError> {
    let head = reader.number()?;
    let code = head >> 2;
    let of = named(&RELEASES, code).and_then(Release::from_name);
    let of = of.ok_or(LinkError::UnknownCode { what: "release", code })?;
    let count = if head & 2 == 0 { 0 } else { reader.at_most(KNOBS.len() as u64)? };
    let mut knobs = Vec::new();
    for _ in 0..count {
        let code = reader.number()?;
        let knob = named(&KNOBS, code).and_then(knob_named);
        let knob = knob.ok_or(LinkError::UnknownCode { what: "knob", code })?;
        let code = reader.number()?;
        let value = usize::try_from(code).ok().filter(|value| *value < knob.values());
        let value = value.ok_or(LinkError::UnknownCode { what: "value of a knob", code })?;
        knobs.push((knob, value));
    }
    Ok(world(&Difference { is_release: head & 1 == 0, of, knobs }))
}

fn named(names: &[&'static str], code: u64) -> Option<&'static str> {
    names.get(usize::try_from(code).ok()?).copied()
}

/// The knob whose field has this name.
pub(super) fn knob_named(name: &str) -> Option<Knob> {
    Knob::ALL.iter().copied().find(|knob| knob.field() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_and_knob_has_a_number() {
        for release in Release::ALL {
            assert!(RELEASES.contains(&release.name()), "{release}: add it at the end");
        }
        for knob in Knob::ALL {
            assert!(KNOBS.contains(&knob.field()), "{knob:?}: add it at the end");
        }
        assert!(KNOBS.iter().all(|name| knob_named(name).is_some()));
    }

    #[test]
    fn worlds_are_read_as_they_were_written() {
        for release in Release::ALL {
            for knob in Knob::ALL {
                for value in 0..knob.values() {
                    for of in [Some(release), None] {
                        let told = (of, knob.set(release.knobs(), value));
                        let mut body = Vec::new();
                        write(&mut body, &told);
                        let read = read(&mut Reader { bytes: &body, at: 0 });
                        assert_eq!(read, Ok(told));
                        assert!(body.len() <= 4, "{body:?}");
                    }
                }
            }
        }
    }
}
