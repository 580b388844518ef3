//! Holds the model of PD's unsafe recovery against PD's own tests, given as a file of cases.
//!
//! A case of kind `end_to_end` says what stores report at first and what must follow: the
//! sequence of stages, the plans of each, and what the stores report in the end. It is re-enacted
//! with stand-ins for the stores, see [`stand_in`]. The kinds `scripted` and `unit` are told in
//! prose: they are Rust tests of the controller, under the names they have in PD.

pub mod case;
mod rerun;
pub mod stand_in;

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
    /// It does not; each difference is a line.
    Failed(Vec<String>),
    /// The case cannot be re-enacted from its data.
    Skipped(Kind),
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
    let outcome = |name: String, differences: Vec<String>| Outcome {
        name,
        verdict: match differences.is_empty() {
            true => Verdict::Passed,
            false => Verdict::Failed(differences),
        },
    };
    match case.kind {
        Kind::EndToEnd => rerun::all_runs(case)
            .into_iter()
            .map(|(name, differences)| outcome(name, differences))
            .collect(),
        Kind::Scripted | Kind::Unit => {
            vec![Outcome { name: case.name.clone(), verdict: Verdict::Skipped(case.kind) }]
        }
    }
}
