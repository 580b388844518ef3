//! Moments that somebody has named, to come back to.

use sim::Millis;
use view::clock::Elapsed;

use super::session::Bookmark;
use super::{Model, Update};

/// How long a name may be, in characters.
const LONGEST_NAME: usize = 60;

/// Something about bookmarks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BookmarkMsg {
    /// Put one at the moment that is shown, or take it away again.
    Toggle,
    /// Give the one of this moment another name.
    Name(Millis, String),
    /// Take away the one of this moment.
    Remove(Millis),
}

impl Model {
    /// Takes in what is about bookmarks.
    pub(super) fn bookmark(&mut self, msg: BookmarkMsg) -> Update {
        let shown = self.shown_at();
        let bookmarks = &mut self.session.bookmarks;
        match msg {
            BookmarkMsg::Toggle => {
                match bookmarks.binary_search_by_key(&shown, |bookmark| bookmark.at) {
                    Ok(index) => drop(bookmarks.remove(index)),
                    Err(index) => {
                        let name = Elapsed(shown).to_string();
                        bookmarks.insert(index, Bookmark { at: shown, name });
                    }
                }
            }
            BookmarkMsg::Name(at, name) => {
                let name: String =
                    name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
                if let Some(bookmark) = bookmarks.iter_mut().find(|bookmark| bookmark.at == at) {
                    bookmark.name = name;
                }
            }
            BookmarkMsg::Remove(at) => bookmarks.retain(|bookmark| bookmark.at != at),
        }
        Update { redraw: true, effects: vec![self.kept()] }
    }

    /// Whether the moment that is shown has a bookmark.
    pub(crate) fn is_bookmarked(&self) -> bool {
        let shown = self.shown_at();
        self.session.bookmarks.iter().any(|bookmark| bookmark.at == shown)
    }
}
