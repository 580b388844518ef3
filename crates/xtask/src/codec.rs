//! The codec that the page's raft-rs speaks. With prost the module is a seventh smaller than
//! with protobuf, whose reflection cannot be linked away; prost wants `protoc` when it is built.
//!
//! raft-rs's build already brings one: the crate protobuf-build, which Cargo.lock pins, holds a
//! `protoc` for each usual system.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};

/// The crate that holds `protoc`.
const HOLDER: &str = "protobuf-build-0.14.1";

/// Has `cargo` build the page with prost, or where there is no `protoc`, say so and go on with
/// protobuf.
pub(crate) fn choose(workspace: &Workspace, cargo: &mut Command) -> Result<()> {
    workspace::run(&mut workspace.cargo(&["fetch", "--locked", "--quiet"]))
        .context("cannot fetch what the page depends on")?;
    match env::var_os("PROTOC").map(PathBuf::from).or_else(bundled).or_else(from_path) {
        Some(protoc) => {
            cargo.args(["--no-default-features", "--features", "prost-codec"]);
            cargo.env("PROTOC", protoc);
        }
        None => println!("no protoc for this system: the page stays larger than need be"),
    }
    Ok(())
}

/// The one that protobuf-build brings, among the sources Cargo has fetched.
fn bundled() -> Option<PathBuf> {
    let name = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "protoc-linux-x86_64",
        ("linux", "aarch64") => "protoc-linux-aarch_64",
        ("macos", _) => "protoc-osx-x86_64",
        ("windows", _) => "protoc-win32.exe",
        _ => return None,
    };
    let registries = std::fs::read_dir(cargo_home()?.join("registry").join("src")).ok()?;
    let candidate = |registry: PathBuf| registry.join(HOLDER).join("bin").join(name);
    let candidates = registries.flatten().map(|entry| candidate(entry.path()));
    candidates.into_iter().find(|path| answers(path))
}

fn cargo_home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

fn from_path() -> Option<PathBuf> {
    workspace::on_path(&["protoc"]).filter(|path| answers(path))
}

fn answers(protoc: &Path) -> bool {
    protoc.is_file() && workspace::answer(Command::new(protoc).arg("--version")).is_some()
}
