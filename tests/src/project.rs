//! Where the project's files are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The folder of the workspace's Cargo.toml.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package `tests` lies directly below the workspace's root")
}

/// A file of the project with its content.
pub struct File {
    /// Its path from the project's root.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The files below `folder`, a path from the root, that end in `ending`, in the order of their
/// paths. Build output and hidden folders are left out. Errors where something cannot be read.
pub fn files(folder: &str, ending: &str) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    collect(&root().join(folder), ending, &mut paths)?;
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<File> {
    let text = fs::read_to_string(path).with_context(|| format!("no {}", path.display()))?;
    let path = path.strip_prefix(root()).context("a file outside the project")?;
    Ok(File { path: path.display().to_string(), text })
}

fn collect(folder: &Path, ending: &str, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(&path, ending, paths)?;
            }
        } else if name.ends_with(ending) {
            paths.push(path);
        }
    }
    Ok(())
}
