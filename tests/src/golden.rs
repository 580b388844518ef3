//! Recorded tests: a script on top, what came of it below, in files of `tests/scripts`.
//!
//! A script is comments that say what is to be learnt, settings (`releases`, `show`), a cluster as
//! scenario files have it, and after an empty line what is asked of the cluster. It is played once
//! for each release; the events of the kinds named by `show` are told, one a line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use scenario::{Outcome, Request, Run, Scenario};
use sim::event::DestroyReason;
use sim::ids::{MINUTE, SECOND};
use sim::region::{Peer, PeerRole};
use sim::{Event, EventKind, Millis, Release};

/// What divides a script from its record.
const RULE: &str = "---\n";

/// The folder of the recorded files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

/// Compares `told` with the recorded file of this name, or records it where the environment has
/// `UPDATE_GOLDEN`.
///
/// # Panics
/// If they differ, with the first line that does.
pub fn compare(name: &str, told: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, told).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let recorded = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE_GOLDEN=1 records", path.display()));
    if recorded == told {
        return;
    }
    let lines = recorded.lines().chain(std::iter::repeat("")).zip(told.lines()).enumerate();
    let differing = lines.into_iter().find(|(_, (recorded, told))| recorded != told);
    let (number, (was, is)) = differing.unwrap_or((told.lines().count(), ("more lines", "")));
    panic!("{name}:{}: recorded `{was}`, but now `{is}`", number + 1);
}

/// Plays every script of `tests/scripts` and compares what came of it with what is recorded.
///
/// # Panics
/// If a script cannot be read, or something else comes of it.
pub fn check_scripts() {
    let files = fs::read_dir(folder()).expect("the folder is part of the project");
    let mut names: Vec<String> = files
        .map(|file| file.expect("it can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".script"))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there is no script");
    for name in names {
        let text = fs::read_to_string(folder().join(&name)).expect("it was just listed");
        let script = text.split_once(RULE).map_or(text.as_str(), |(script, _)| script);
        assert!(script.starts_with("# "), "{name}: a script says first what is to be learnt");
        compare(&name, &format!("{script}{RULE}{}", play(&name, script)));
    }
}

/// What comes of a script, under each of its releases.
fn play(name: &str, script: &str) -> String {
    let (head, asked) = script
        .split_once("\n\n")
        .unwrap_or_else(|| panic!("{name}: an empty line divides the cluster from the commands"));
    let setting = |key: &str| -> Vec<&str> {
        let line = head.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_else(|| panic!("{name}: `{key}…` is missing")).split_whitespace().collect()
    };
    let shown = setting("show ");
    let mut told = String::new();
    for release in setting("releases ") {
        let release = Release::from_name(release).unwrap_or_else(|| panic!("{name}: {release}?"));
        let scenario = Scenario::parse(name, &scenario_text(head, asked));
        let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
        let mut run = Run::of_releases(scenario, &[release], None).expect("checked by the parser");
        run.start_all();
        while !run.is_idle() {
            run.advance(run.now().after(SECOND / 10));
        }
        let broken = run.worlds()[0].cluster.broken_invariants();
        assert!(broken.is_empty(), "{name}, {release}: {broken:?}");
        writeln!(told, "{release}").expect("a string takes all");
        told += &tell(&run, &shown);
    }
    told
}

/// A scenario file of the script, with the texts that such a file must have.
fn scenario_text(head: &str, asked: &str) -> String {
    let is_cluster = |line: &&str| !line.starts_with("releases ") && !line.starts_with("show ");
    let cluster: Vec<&str> = head.lines().filter(is_cluster).collect();
    let lines: Vec<String> = asked.lines().map(|line| format!("    {line}")).collect();
    format!(
        "scenario script\ntitle en -\ntitle zh -\nopening en -\nopening zh -\nseed 1\nend 1ms\n\
         {}\nstep\ntitle en -\ntitle zh -\ntext en -\ntext zh -\n{}\n",
        cluster.join("\n"),
        lines.join("\n")
    )
}

/// What was asked, what was refused, and the events of the kinds that are shown, in order.
fn tell(run: &Run, shown: &[&str]) -> String {
    let mut lines: Vec<(Millis, String)> = Vec::new();
    for issued in run.issued() {
        if let Request::Wait(_) = issued.request {
            continue;
        }
        lines.push((issued.at, format!("> {}", issued.request)));
        for outcome in issued.outcomes.iter().flatten() {
            if let Outcome::Refused(refusal) = outcome {
                lines.push((issued.at, format!("  {refusal}")));
            }
        }
    }
    let events = run.worlds()[0].cluster.events().iter();
    lines.extend(events.filter_map(|event| Some((event.at, shown_as(event, shown)?))));
    // What was asked at a moment comes before what follows from it.
    lines.sort_by_key(|(at, _)| *at);
    let told = lines.into_iter().map(|(at, line)| format!("{} {line}\n", clock(at)));
    told.collect()
}

/// Minutes, seconds and milliseconds since the start.
fn clock(at: Millis) -> String {
    let Millis(ms) = at;
    format!("{:02}:{:02}.{:03}", ms / MINUTE, ms % MINUTE / SECOND, ms % SECOND)
}

/// An event as one line, if its kind is to be shown.
fn shown_as(event: &Event, shown: &[&str]) -> Option<String> {
    let text = format!("{:?}", event.kind);
    let name = text.split([' ', '(']).next().unwrap_or_default();
    shown.contains(&name).then(|| line_of(&event.kind, &text))
}

/// The kinds that are hard to read as Rust prints them have lines of their own.
fn line_of(kind: &EventKind, text: &str) -> String {
    if let EventKind::MembershipChanged { region, .. } = kind {
        let members: Vec<String> = region.peers.iter().map(member).collect();
        let (id, epoch) = (region.id, region.epoch.conf_ver);
        return format!("MembershipChanged region {id} conf_ver {epoch}: {}", members.join(" "));
    }
    if let EventKind::BecameLeader { region, peer, term } = kind {
        return format!("BecameLeader region {region}: {} in term {term}", member(peer));
    }
    if let EventKind::PeerDestroyed { region, peer, store, why } = kind {
        let why = match why {
            DestroyReason::Removed => "it was removed",
            DestroyReason::NotAMember => "it is no longer a member",
            DestroyReason::Recovery => "recovery ordered it",
            DestroyReason::Merged => "its region was merged",
        };
        return format!("PeerDestroyed region {region}: {peer}@{store}, {why}");
    }
    without_types(text)
}

/// `peer@store` with the letter of its role, as scripts name peers.
fn member(peer: &Peer) -> String {
    let role = match peer.role {
        PeerRole::Voter => "",
        PeerRole::Learner => "L",
        PeerRole::IncomingVoter => "I",
        PeerRole::DemotingVoter => "D",
    };
    format!("{}@{}{role}", peer.id, peer.store)
}

/// The event as Rust prints it, without the types around numbers and without braces.
fn without_types(text: &str) -> String {
    let mut text = text.to_string();
    for wrapper in ["StoreId(", "RegionId(", "PeerId(", "TableId("] {
        while let Some(at) = text.find(wrapper) {
            let rest = text.split_off(at);
            let (number, after) =
                rest[wrapper.len()..].split_once(')').expect("a tuple that is opened is closed");
            text = format!("{text}{number}{after}");
        }
    }
    text.replace(" {", "").replace(" }", "").replace('"', "")
}
