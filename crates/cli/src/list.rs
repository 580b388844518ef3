//! `regionscope list`.

use std::io::{self, Write};

use anyhow::Result;
use scenario::library;
use sim::Release;

/// Prints the incidents and the releases.
pub(crate) fn list() -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Incidents")?;
    for id in library::ids() {
        let Some(scenario) = library::load(id) else { continue };
        writeln!(out, "  {id:<14}{}", scenario.title.en)?;
        writeln!(out, "  {:<14}{}", "", scenario.opening.en)?;
        let [faulty, mended] = scenario.releases;
        writeln!(out, "  {:<14}{faulty} against {mended}", "")?;
    }
    writeln!(out, "\nReleases")?;
    writeln!(out, "  {}", Release::ALL.map(Release::name).join("  "))?;
    writeln!(out, "\nTry")?;
    writeln!(out, "  regionscope contrast tikv-18440")?;
    Ok(())
}
