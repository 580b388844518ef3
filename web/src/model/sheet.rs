//! What can lie over the page, one at a time.

use super::{Effect, Model, Update};

/// A sheet over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sheet {
    /// The keys.
    Keys,
    /// Branches and bookmarks.
    History,
    /// The forms for building a cluster.
    Build,
}

impl Model {
    /// Shows a sheet, or closes the one that is shown.
    pub(super) fn show_sheet(&mut self, sheet: Option<Sheet>) -> Update {
        if self.sheet == sheet {
            return Update::nothing();
        }
        let effects = match (self.sheet, sheet) {
            (Some(_), None) => vec![Effect::CloseSheet],
            (Some(_) | None, Some(_)) | (None, None) => Vec::new(),
        };
        self.sheet = sheet;
        if sheet == Some(Sheet::Build) {
            self.begin_forms();
        }
        Update { redraw: true, effects }
    }
}
