//! Links that were once given out, in `tests/links`: each still opens, holds the run it was made
//! of, and ends as it is recorded.
//!
//! A file is a comment that says what the link is of, the link, and what came of it.
//! `UPDATE_GOLDEN` records anew what comes of a link, never the link itself: a model that has
//! become better may end a run otherwise, but the run has to open.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use scenario::{Run, Saved};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("links")
}

/// What comes of a run, told so that a change is seen for what it is.
fn told(saved: Saved) -> String {
    let Saved { scenario, record, looked_at } = saved;
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("a string takes all");
    line(format!("scenario {} seed {}", scenario.id, record.seed));
    line(format!("deeds {} until {} ms", record.inputs.len(), record.until.0));
    if let Some(at) = looked_at {
        line(format!("looked at {} ms", at.0));
    }
    let run = Run::replay(scenario, &record).expect("a link is checked against its scenario");
    for world in run.worlds() {
        let release = world.release.map_or("a mixture", |release| release.name());
        line(format!("{release}: {:016x}", world.cluster.fingerprint()));
        let broken = world.cluster.broken_invariants();
        assert!(broken.is_empty(), "{broken:?}");
    }
    out
}

#[test]
fn every_link_that_was_given_out_opens_and_ends_as_recorded() {
    let files = fs::read_dir(folder()).expect("the folder is part of the project");
    let mut paths: Vec<PathBuf> =
        files.map(|file| file.expect("it can be listed").path()).collect();
    paths.sort();
    assert!(12 <= paths.len(), "links have been lost");
    for path in paths {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("it was just listed");
        let mut lines = text.lines();
        let (about, link) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        assert!(about.starts_with("# "), "{name}: a file says first what its link is of");
        let saved = match link.strip_prefix('?') {
            Some(query) => Saved::from_query(query)
                .unwrap_or_else(|error| panic!("{name}: {error}"))
                .expect("it says something"),
            None => Saved::from_link(link).unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        let again = Saved::from_link(&saved.link()).expect("it was just written");
        assert_eq!(again.record, saved.record, "{name}");
        let now = format!("{about}\n{link}\n{}", told(saved));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, now).expect("it was just read");
        } else {
            assert!(now == text, "{name}: recorded\n{text}\nbut now\n{now}");
        }
    }
}
