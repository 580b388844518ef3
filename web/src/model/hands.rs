//! What people do with their hands: menus, the palette and the console. Whatever is chosen is
//! carried out as the line that does it.

use scenario::{Deed, Names, Target};
use view::actions::{Action, actions_in, name_of};
use view::{ClusterView, Thing};

use super::console::{Entry, EntryKind};
use super::menu::{Menu, MenuMsg};
use super::palette::{Palette, PaletteMsg};
use super::{ConsoleMsg, Effect, Model, Msg, Update};

/// Something of menus and their like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum HandsMsg {
    /// The context menu.
    Menu(MenuMsg),
    /// The palette.
    Palette(PaletteMsg),
}

/// A step through a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    /// To the next.
    Next,
    /// To the one before.
    Before,
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl Go {
    /// Where the step leads from `at` in a list of `length`, round and round.
    pub(crate) fn from(self, at: usize, length: usize) -> usize {
        match self {
            Go::Next if at + 1 < length => at + 1,
            Go::Next | Go::First => 0,
            Go::Before if 0 < at => at - 1,
            Go::Before | Go::Last => length.saturating_sub(1),
        }
    }
}

/// What is open above the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hands {
    /// The context menu.
    pub(crate) menu: Option<Menu>,
    /// The palette.
    pub(crate) palette: Option<Palette>,
    /// What was chosen in the palette, newest first.
    pub(crate) recent: Vec<String>,
}

impl Model {
    /// Takes in a message of menus and their like.
    pub(super) fn use_hands(&mut self, msg: HandsMsg) -> Update {
        match msg {
            HandsMsg::Menu(msg) => self.use_menu(msg),
            HandsMsg::Palette(msg) => self.use_palette(msg),
        }
    }

    /// The worlds that a line is for, as they look now.
    pub(super) fn targeted(&self) -> Vec<&ClusterView> {
        let worlds = self.frame.worlds.iter().enumerate();
        worlds
            .filter(|(world, _)| match self.console.target {
                Target::All => true,
                Target::One(one) => one == *world,
            })
            .map(|(_, view)| view)
            .collect()
    }

    /// What can be done to a thing in the worlds that a line is for.
    pub(super) fn actions_on(&self, thing: Option<Thing>) -> Vec<Action> {
        actions_in(&self.targeted(), thing, self.lang)
    }

    /// What the held thing is called; the cluster where nothing is held.
    pub(crate) fn held_name(&self) -> String {
        name_of(self.world(0), self.selected, self.lang)
    }

    /// What a line can name.
    pub(super) fn names(&self) -> Names {
        let view = self.world(0);
        let lanes = &view.matrix.lanes;
        let zones = lanes.iter().map(|lane| lane.zone.as_str()).filter(|zone| !zone.is_empty());
        let zones = sim::order::set(zones);
        Names {
            stores: lanes.iter().map(|lane| lane.store).collect(),
            regions: view.matrix.rows.iter().map(|row| row.region).collect(),
            tables: view.tables.iter().map(|table| table.name.to_string()).collect(),
            zones: zones.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Carries out a line, wherever it was chosen or typed.
    pub(super) fn issue(&mut self, line: &str) -> Update {
        match scenario::parse(line) {
            Ok(request) => self.keep_then(Deed::Issue { request, target: self.console.target }),
            Err(error) => {
                self.console.begin_answer();
                self.console.answer(Entry {
                    line: line.to_owned(),
                    world: None,
                    text: error.problem.to_string(),
                    kind: EntryKind::Refused,
                    wrong_at: Some(error.column),
                    asked: None,
                    right: None,
                });
                Update::redraw()
            }
        }
    }

    /// Carries out a line that was chosen, and keeps it among the console's older lines.
    pub(super) fn choose_line(&mut self, line: &str) -> Update {
        self.console.remember(line);
        let mut update = self.issue(line);
        update.effects.insert(0, Effect::Remember("history", self.console.kept_history()));
        update
    }

    /// Takes in a message of the console.
    pub(super) fn use_console(&mut self, msg: ConsoleMsg) -> Update {
        match msg {
            ConsoleMsg::Input(line) => {
                let names = self.names();
                self.console.type_in(line, &names);
            }
            ConsoleMsg::Older if self.console.point_at_offer(Go::Before) => {}
            ConsoleMsg::Newer if self.console.point_at_offer(Go::Next) => {}
            ConsoleMsg::Older => self.console.recall(1),
            ConsoleMsg::Newer => self.console.recall(-1),
            ConsoleMsg::For(target) => {
                // A world that is on the screen may be on its way out.
                let worlds = self.heir().run().worlds().len();
                if !matches!(target, Target::One(world) if worlds <= world) {
                    self.console.target = target;
                }
            }
            ConsoleMsg::Take(candidate) => {
                let names = self.names();
                self.console.take_offer(candidate, &names);
            }
            ConsoleMsg::CloseOffers => self.console.offers = None,
            ConsoleMsg::CloseAnswer => self.console.answered_from = None,
            ConsoleMsg::Submit => {
                let line = self.console.take();
                if !line.is_empty() {
                    return self.choose_line(&line);
                }
            }
        }
        Update::redraw()
    }

    /// Takes up what was kept from an earlier visit.
    pub(crate) fn remember_hands(&mut self, history: &str, recent: &str) {
        history.lines().for_each(|line| self.console.remember(line));
        self.hands.recent = recent.lines().map(str::to_owned).collect();
    }
}

impl From<MenuMsg> for Msg {
    fn from(msg: MenuMsg) -> Msg {
        Msg::Hands(HandsMsg::Menu(msg))
    }
}

impl From<PaletteMsg> for Msg {
    fn from(msg: PaletteMsg) -> Msg {
        Msg::Hands(HandsMsg::Palette(msg))
    }
}

#[cfg(test)]
#[path = "hands_tests.rs"]
mod tests;
