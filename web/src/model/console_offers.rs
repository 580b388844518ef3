//! What the console offers while a line is typed, and the lines it remembers.

use scenario::{Completion, Names, complete};

use super::console::Console;
use super::hands::Go;

/// How many lines are remembered from visit to visit.
const REMEMBERED: usize = 100;

/// What the word being typed can become.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Offers {
    /// The words, the command and what stands next.
    pub(crate) completion: Completion,
    /// The word pointed at.
    pub(crate) active: Option<usize>,
}

impl Console {
    /// Takes in what was typed.
    pub(super) fn type_in(&mut self, line: String, names: &Names) {
        self.recalled = None;
        self.offers =
            (!line.is_empty()).then(|| Offers { completion: complete(&line, names), active: None });
        self.line = line;
    }

    /// Points at another of the words that are offered. Returns whether there are any.
    pub(super) fn point_at_offer(&mut self, go: Go) -> bool {
        let Some(offers) = &mut self.offers else { return false };
        let length = offers.completion.words.len();
        if length == 0 {
            return false;
        }
        offers.active = Some(match (offers.active, go) {
            (Some(at), go) => go.from(at, length),
            (None, Go::Next | Go::First) => 0,
            (None, Go::Before | Go::Last) => length - 1,
        });
        true
    }

    /// Ends the word being typed as this candidate has it, or as the one pointed at, or the first.
    pub(super) fn take_offer(&mut self, candidate: Option<usize>, names: &Names) {
        let Some(offers) = &self.offers else { return };
        let at = candidate.or(offers.active).unwrap_or(0);
        if let Some(candidate) = offers.completion.words.get(at) {
            let begun = &self.line[..offers.completion.from];
            let line = format!("{begun}{} ", candidate.text);
            self.type_in(line, names);
        }
    }

    /// Keeps a line among the older ones.
    pub(super) fn remember(&mut self, line: &str) {
        if !line.is_empty() && self.history.last().is_none_or(|last| last != line) {
            self.history.push(line.to_owned());
        }
    }

    /// The lines that are kept from visit to visit, the oldest first.
    pub(super) fn kept_history(&self) -> String {
        let from = self.history.len().saturating_sub(REMEMBERED);
        self.history[from..].join("\n")
    }

    /// What is answered from now on is one answer, and is shown.
    pub(crate) fn begin_answer(&mut self) {
        self.answered_from = Some(self.entries.len());
    }
}
