//! `regionscope conform`: a line for each case, the differences of those that fail, and a count.

use std::fmt;
use std::io::{self, Write};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use cli::conform::{Verdict, conform as re_enact};

/// What to hold the model against.
#[derive(Args)]
pub(crate) struct Options {
    /// Files of cases, in the form of `pd_unsafe_recovery.json`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

/// Some cases failed; each has been printed.
#[derive(Debug)]
pub(crate) struct CasesFailed;

impl fmt::Display for CasesFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("some cases end otherwise than in PD")
    }
}

impl std::error::Error for CasesFailed {}

/// Carries it out. Nothing is printed of a file that cannot be read whole.
pub(crate) fn conform(options: &Options) -> Result<()> {
    let mut outcomes = Vec::new();
    for file in &options.files {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        let cases = re_enact(&text);
        outcomes.extend(cases.map_err(|error| anyhow!("{file}:{}: {error}", error.line()))?);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (mut passed, mut failed) = (0, 0);
    for outcome in &outcomes {
        match &outcome.verdict {
            Verdict::Passed => {
                passed += 1;
                writeln!(out, "pass  {}", outcome.name)?;
            }
            Verdict::Failed(differences) => {
                failed += 1;
                writeln!(out, "FAIL  {}", outcome.name)?;
                for difference in differences {
                    let text = difference.to_string().replace('\n', "\n      ");
                    writeln!(out, "      {text}")?;
                }
            }
            Verdict::Skipped(why) => writeln!(out, "skip  {} ({why})", outcome.name)?,
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    out.flush()?;
    match failed {
        0 => Ok(()),
        _ => Err(CasesFailed.into()),
    }
}
