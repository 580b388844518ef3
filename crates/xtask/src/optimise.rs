//! Shrinks the page's module with Binaryen's wasm-opt, if there is one to be had.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    npm,
    workspace::{self, Workspace},
};

/// The version of the npm package `binaryen`, which brings a current wasm-opt for every system.
const BINARYEN: &str = "132.0.0";

/// The oldest wasm-opt on the PATH that is used: older ones stumble over what rustc emits today.
const OLDEST: u32 = 120;

/// `-O1`, since bytes as brotli sends them are what the first load pays for: with `-Oz` the module
/// is three parts in a hundred smaller, and one larger once compressed. And what rustc may use in a
/// module, since binding has removed the section that says so.
const FLAGS: [&str; 8] = [
    "-O1",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--strip-producers",
];

/// Optimises `module` in place. Without a wasm-opt it says so and leaves the module as it is.
pub(crate) fn optimise(workspace: &Workspace, module: &Path) -> Result<()> {
    let Some(mut wasm_opt) = from_npm(workspace).or_else(|| from_path(workspace)) else {
        println!(
            "no wasm-opt: the page stays larger than need be; install node with npm, \
             or Binaryen {OLDEST} or later"
        );
        return Ok(());
    };
    let smaller = module.with_extension("smaller");
    workspace::run(wasm_opt.args(FLAGS).arg(module).arg("--output").arg(&smaller))
        .context("cannot optimise the page")?;
    fs::rename(&smaller, module).context("cannot replace the module by the smaller one")
}

/// The wasm-opt of the pinned npm package, installed below the target folder on first use.
fn from_npm(workspace: &Workspace) -> Option<Command> {
    let node = workspace::on_path(&["node"])?;
    workspace::on_path(&["npm"])?;
    let package = npm::package(workspace, "binaryen", BINARYEN);
    let package = package.inspect_err(|error| println!("{error:#}")).ok()?;
    let script = package.join("bin").join("wasm-opt");
    let mut command = workspace.command(node);
    command.arg(script);
    Some(command)
}

/// The wasm-opt on the PATH, if it is recent enough.
fn from_path(workspace: &Workspace) -> Option<Command> {
    let program = workspace::on_path(&["wasm-opt"])?;
    let answer = workspace::answer(workspace.command(&program).arg("--version"))?;
    let version = version_of(&answer)?;
    if version < OLDEST {
        println!("the wasm-opt on the PATH is version {version}, too old to be used");
        return None;
    }
    Some(workspace.command(program))
}

/// The number in an answer such as `wasm-opt version 120 (version_120)`.
fn version_of(answer: &str) -> Option<u32> {
    answer.split_whitespace().find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn version_is_read_in_either_form() {
        assert_eq!(version_of("wasm-opt version 108"), Some(108));
        assert_eq!(version_of("wasm-opt version 120 (version_120)\n"), Some(120));
        assert_eq!(version_of("wasm-opt"), None);
    }
}
