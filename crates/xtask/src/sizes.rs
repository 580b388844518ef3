//! Prints what the page weighs, file by file, against the budget of its first load.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

use crate::{site::FOR_OTHERS, workspace::Workspace};

/// What a first load may cost, everything, brotli: design, section 7. In kilobytes of 1000 bytes.
pub(crate) const BUDGET_KB: f64 = 280.0;

/// What a file, or all of them, weighs.
#[derive(Clone, Copy, Default)]
pub(crate) struct Size {
    /// Bytes on the disk.
    pub(crate) raw: usize,
    /// Bytes as a web host would send them: brotli at its best, or raw where that is less.
    pub(crate) sent: usize,
}

/// Prints the size of each file in `dist/`, and of all, beside the budget and the last build.
pub(crate) fn report(workspace: &Workspace) -> Result<()> {
    println!("\n{:<40}{:>14}{:>14}", "dist/", "raw", "brotli");
    for (name, size) in measure(&workspace.dist())? {
        let is_for_others = FOR_OTHERS.contains(&name.as_str());
        print_row(&format!("{name}{}", if is_for_others { " (not loaded)" } else { "" }), size);
    }
    let total = total(workspace)?;
    print_row("everything", total);
    let verdict = if kilobytes(total.sent) <= BUDGET_KB { "within" } else { "OVER" };
    println!("{verdict} the budget of {BUDGET_KB} KB; {}", against_last(workspace, total)?);
    Ok(())
}

/// What a first load of `dist/` weighs: all of it but what browsers do not fetch.
pub(crate) fn total(workspace: &Workspace) -> Result<Size> {
    let mut sizes = measure(&workspace.dist())?;
    sizes.retain(|(name, _)| !FOR_OTHERS.contains(&name.as_str()));
    Ok(sizes.iter().fold(Size::default(), |sum, (_, size)| Size {
        raw: sum.raw + size.raw,
        sent: sum.sent + size.sent,
    }))
}

/// Bytes as kilobytes of 1000 bytes.
pub(crate) fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1000.0
}

fn print_row(name: &str, size: Size) {
    println!("{name:<40}{:>11.1} KB{:>11.1} KB", kilobytes(size.raw), kilobytes(size.sent));
}

/// How the total compares with that of the last build, which it then takes the place of.
fn against_last(workspace: &Workspace, total: Size) -> Result<String> {
    let record = workspace.target().join("page-size");
    let last = fs::read_to_string(&record).ok().and_then(|text| text.trim().parse::<usize>().ok());
    fs::write(&record, total.sent.to_string()).context("cannot note the page's size")?;
    Ok(match last {
        Some(last) if last < total.sent => format!("{} B more than last time", total.sent - last),
        Some(last) if total.sent < last => format!("{} B less than last time", last - total.sent),
        Some(_) => "the same as last time".to_string(),
        None => "the first build here".to_string(),
    })
}

/// The size of each file under `folder`, by its name within it.
fn measure(folder: &Path) -> Result<Vec<(String, Size)>> {
    let mut sizes = Vec::new();
    for path in files(folder)? {
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        let sent = brotli(&content, 11)?.len().min(content.len());
        sizes.push((name, Size { raw: content.len(), sent }));
    }
    Ok(sizes)
}

/// The files under `folder`, in the order of their names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// `content` under brotli, in a quality from 0 to 11.
pub(crate) fn brotli(mut content: &[u8], quality: i32) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams { quality, lgwin: 22, ..Default::default() };
    let mut output = Vec::new();
    brotli::BrotliCompress(&mut content, &mut output, &parameters).context("cannot compress")?;
    Ok(output)
}
