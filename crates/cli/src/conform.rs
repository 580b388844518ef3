//! Holds the model of PD's unsafe recovery against PD's own tests, given as a file of cases.
//!
//! A case of kind `end_to_end` says what stores report at first and what must follow: the
//! sequence of stages, the plans of each, and what the stores report in the end. It is re-enacted
//! with stand-ins for the stores, see [`stand_in`]. The kinds `scripted` and `unit` are told in
//! prose: they are Rust tests of the controller, under the names they have in PD, see [`told`].

pub mod case;
mod difference;
mod rerun;
pub mod stand_in;
pub mod told;
mod words;

pub use difference::Difference;

use case::{Case, CaseFile, Kind};

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The case's name, and after a slash its variant if it is one.
    pub name: String,
    /// Whether the model does what PD does.
    pub verdict: Verdict,
}

/// Whether the model does what PD does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Passed,
    /// It does not.
    Failed(Vec<Difference>),
    /// It cannot be re-enacted from its data; why, or where it is tested instead.
    Skipped(String),
}

/// Re-enacts every case of a file, in its order; a case's variants follow it.
///
/// # Errors
/// Where the text is not such a file: line and column, in words.
pub fn conform(text: &str) -> Result<Vec<Outcome>, serde_json::Error> {
    let file: CaseFile = serde_json::from_str(text)?;
    Ok(file.cases.iter().flat_map(outcomes).collect())
}

fn outcomes(case: &Case) -> Vec<Outcome> {
    let runs = match case.kind {
        Kind::EndToEnd => rerun::all_runs(case),
        kind @ (Kind::Scripted | Kind::Unit) => {
            let place = told::place_of(&case.name).unwrap_or("nowhere");
            let skipped = format!("{kind}: told in prose, tested in {place}");
            vec![(case.name.clone(), Verdict::Skipped(skipped))]
        }
    };
    runs.into_iter().map(|(name, verdict)| Outcome { name, verdict }).collect()
}
