//! `cargo xtask serve`: builds the page, serves it, and builds again whenever a source changes.

use std::{collections::BTreeMap, fs, path::PathBuf, thread, time::Duration};

use anyhow::Result;

use crate::{page, server, sizes, workspace::Workspace};

/// Where the page is served unless asked otherwise.
pub(crate) const DEFAULT_PORT: u16 = 8080;

/// How often the sources are looked at. Polling needs no library and misses no editor's habits.
const POLL: Duration = Duration::from_millis(500);

/// What the page is made of, seen from the workspace's root.
const SOURCES: [&str; 7] =
    ["Cargo.toml", "Cargo.lock", "crates/sim", "crates/scenario", "crates/view", "web", "public"];

/// Builds and serves the page at `port` or one after it, until the program is ended.
pub(crate) fn serve(workspace: &Workspace, port: u16) -> Result<()> {
    let mut seen = snapshot(workspace);
    page::build(workspace)?;
    let port = server::start(&workspace.dist(), port)?;
    println!("\nRegionScope is at http://127.0.0.1:{port}/ and is rebuilt on change");
    loop {
        thread::sleep(POLL);
        let current = snapshot(workspace);
        if current == seen {
            continue;
        }
        seen = current;
        println!("\na source has changed, building");
        match page::build(workspace) {
            Ok(()) => println!("done, reload http://127.0.0.1:{port}/"),
            Err(error) => println!("{error:#}\nthe last page that was built is still served"),
        }
    }
}

/// The sources with what betrays that they have changed: when, in nanoseconds, and their length.
fn snapshot(workspace: &Workspace) -> BTreeMap<PathBuf, (u128, u64)> {
    let places = SOURCES.iter().map(|source| workspace.root().join(source));
    let files = places.flat_map(|place| {
        // A file may vanish while one looks: then it is as if it had not been there.
        if place.is_dir() { sizes::files(&place).unwrap_or_default() } else { vec![place] }
    });
    let stamped = files.filter_map(|path| {
        let data = fs::metadata(&path).ok()?;
        let changed = data.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some((path, (changed.as_nanos(), data.len())))
    });
    stamped.collect()
}
