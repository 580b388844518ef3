//! `regionscope list`.

use std::io::{self, Write};

use anyhow::Result;
use scenario::library;
use sim::Release;

/// Prints the incidents, the clusters and the releases.
pub(crate) fn list() -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Incidents")?;
    // Two blanks behind the longest id.
    let width = 2 + library::ids().map(str::len).max().unwrap_or(0);
    for id in library::ids() {
        let Some(scenario) = library::load(id) else { continue };
        writeln!(out, "  {id:<width$}{}", scenario.title.en)?;
        writeln!(out, "  {:<width$}{}", "", scenario.opening.en)?;
        let [faulty, mended] = scenario.releases;
        writeln!(out, "  {:<width$}{faulty} against {mended}", "")?;
    }
    writeln!(out, "\nClusters in which nothing has happened")?;
    for (id, title) in library::clusters() {
        writeln!(out, "  {id:<width$}{}", title.en)?;
    }
    writeln!(out, "\nReleases")?;
    writeln!(out, "  {}", Release::ALL.map(Release::name).join("  "))?;
    writeln!(out, "\nTry")?;
    writeln!(out, "  regionscope contrast tikv-18440")?;
    Ok(())
}
