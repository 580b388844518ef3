//! Packages from npm, each below the target folder, in one version.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};

/// The folder of the npm package `name` in `version`, installed on first use. Errors where npm is
/// missing or cannot install it.
pub(crate) fn package(workspace: &Workspace, name: &str, version: &str) -> Result<PathBuf> {
    let folder = workspace.target().join(format!("{name}-{version}"));
    let package = folder.join("node_modules").join(name);
    if !package.is_dir() {
        println!("installing the npm package {name} {version}");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let npm = workspace::on_path(&["npm"]).context("no npm on the PATH")?;
        let mut npm = workspace.command(npm);
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
        workspace::run(npm.arg(&folder).arg(format!("{name}@{version}")))?;
    }
    Ok(package)
}
