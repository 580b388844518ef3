//! The context menu: whose it is, what it offers, and what in it is pointed at.

use std::rc::Rc;

use view::Thing;
use view::actions::{Action, name_of};

use super::hands::Go;
use super::palette::Palette;
use super::{Model, Update};

/// Something in the context menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MenuMsg {
    /// Open it for a thing, or for the whole cluster: at a point, or where the thing is.
    Open(Option<Thing>, Option<(i32, i32)>),
    /// Open it for what is held, where that is.
    OpenHeld,
    /// Close it.
    Close,
    /// Point at another item.
    Go(Go),
    /// Point at this one.
    Point(usize),
    /// Point at the next one that begins with what was typed.
    Type(String),
    /// Do this one, or the one that is pointed at.
    Choose(Option<usize>),
}

/// An open menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Menu {
    /// Whose it is; nobody's is the cluster's.
    pub(crate) thing: Option<Thing>,
    /// What that is called.
    pub(crate) name: String,
    /// What it offers: the deeds by group, then the menus of other things.
    pub(crate) items: Rc<[Item]>,
    /// Where it was asked for; `None` for where the thing is.
    pub(crate) at: Option<(i32, i32)>,
    /// The item pointed at.
    pub(crate) active: usize,
    /// What was typed to find an item.
    typed: String,
}

/// An item of a menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// A deed.
    Act(Action),
    /// The menu of another thing.
    Turn(Option<Thing>, String),
}

impl Item {
    /// What it is called.
    pub(crate) fn label(&self) -> &str {
        match self {
            Item::Act(action) => &action.label,
            Item::Turn(_, name) => name,
        }
    }
}

impl Model {
    pub(super) fn use_menu(&mut self, msg: MenuMsg) -> Update {
        match msg {
            MenuMsg::Open(thing, at) => self.open_menu(thing, at),
            MenuMsg::OpenHeld => self.open_menu(self.selected, None),
            MenuMsg::Close => self.hands.menu = None,
            MenuMsg::Choose(item) => return self.choose_item(item),
            MenuMsg::Go(go) => self.point(|menu| go.from(menu.active, menu.items.len())),
            MenuMsg::Point(item) => self.point(|_| item),
            MenuMsg::Type(text) => {
                if let Some(menu) = &mut self.hands.menu {
                    menu.type_ahead(&text);
                }
            }
        }
        Update::redraw()
    }

    fn point(&mut self, to: impl FnOnce(&Menu) -> usize) {
        if let Some(menu) = &mut self.hands.menu {
            menu.active = to(menu).min(menu.items.len().saturating_sub(1));
            menu.typed.clear();
        }
    }

    fn open_menu(&mut self, thing: Option<Thing>, at: Option<(i32, i32)>) {
        let actions = self.actions_on(thing).into_iter().map(Item::Act);
        let others = self.beside(thing).into_iter();
        let turns = others.map(|other| Item::Turn(other, name_of(self.world(0), other, self.lang)));
        let items: Rc<[Item]> = actions.chain(turns).collect();
        let name = name_of(self.world(0), thing, self.lang);
        if thing.is_some() {
            self.selected = thing;
        }
        self.hands.palette = None;
        self.hands.menu = Some(Menu { thing, name, items, at, active: 0, typed: String::new() });
    }

    /// The things whose menus can be turned to.
    fn beside(&self, thing: Option<Thing>) -> Vec<Option<Thing>> {
        let matrix = &self.world(0).matrix;
        let table = thing
            .and_then(Thing::region)
            .and_then(|region| matrix.row(region)?.table.clone())
            .and_then(|name| self.world(0).tables.iter().find(|table| table.name == name))
            .map(|table| Thing::Table(table.id));
        let mut others = Vec::new();
        if let Some(Thing::Peer(region, store)) = thing {
            others.extend([Some(Thing::Region(region)), Some(Thing::Store(store))]);
        }
        others.extend(table.map(Some));
        others.extend([Some(Thing::Pd), None].into_iter().filter(|other| *other != thing));
        others
    }

    fn choose_item(&mut self, item: Option<usize>) -> Update {
        let Some(menu) = &self.hands.menu else {
            return Update::nothing();
        };
        let at = menu.at;
        let Some(item) = menu.items.get(item.unwrap_or(menu.active)).cloned() else {
            return Update::nothing();
        };
        match item {
            Item::Turn(thing, _) => self.open_menu(thing, at),
            Item::Act(action) if action.idle.is_some() => {}
            Item::Act(action) => {
                self.hands.menu = None;
                return self.act(action);
            }
        }
        Update::redraw()
    }

    /// Does a deed, or has the palette ask for what it lacks.
    pub(super) fn act(&mut self, action: Action) -> Update {
        match action.asks {
            None => self.choose_line(&action.line),
            Some(part) => {
                let names = self.names();
                let form = Palette::asking(action.label, action.line, part, &names);
                self.hands.palette = Some(form);
                Update::redraw()
            }
        }
    }
}

impl Menu {
    /// Points at the next item that begins with all that was typed, or with the last letter.
    fn type_ahead(&mut self, text: &str) {
        self.typed.push_str(&text.to_lowercase());
        let find = |menu: &Menu, wanted: &str, from: usize| {
            let length = menu.items.len();
            let order = (0..length).map(|step| (from + step) % length);
            let begins = |at: &usize| menu.items[*at].label().to_lowercase().starts_with(wanted);
            order.into_iter().find(begins)
        };
        let whole = find(self, &self.typed, self.active);
        let found = whole.or_else(|| {
            self.typed = text.to_lowercase();
            find(self, &self.typed, self.active + 1)
        });
        if let Some(at) = found {
            self.active = at;
        }
    }
}
