//! `cargo xtask sweep`: random trials of the simulation, in release, as the crate `cli`'s example
//! `sweep` lives through them. What it prints and how it ends is the example's.

use anyhow::Result;

use crate::workspace::{self, Workspace};

/// Runs the trials that `arguments` ask for: `--seeds N`, `--from S`, `--tikv RELEASE`,
/// `--scripts` and `--table FILE`. Errors if something failed that is no known limit.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let mut cargo = workspace.cargo(&["run", "--release", "--package", "cli"]);
    workspace::run(cargo.args(["--example", "sweep", "--"]).args(arguments))
}
