//! The side panel: which inspector is open, what it says, and the causes that somebody asked for.
//! Only the open inspector is made, and not at each frame.

use std::rc::Rc;

use sim::{EventId, Millis};
use view::gauges::{self, Chart};
use view::inspect::{self, Focus, SharedBlock, Tab};
use view::told::Names;
use view::why::{Path, Question};
use view::{Lang, Thing};

use super::past::Past;
use super::{Effect, Model, Seek, Update};

/// How often an inspector is made anew while time passes, in milliseconds of the page.
const EVERY_MS: f64 = 200.0;

/// Something in the side panel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SideMsg {
    /// Open an inspector.
    Open(Tab),
    /// Open the one so many places further on, by keyboard.
    Turn(isize),
    /// Open the first or the last one, by keyboard.
    End(Tab),
    /// Keep the inspector open whatever is held, or no longer.
    Pin,
    /// Ask why; the name of the element that was used, to return to.
    Ask(Asked, String),
    /// Ask the same in another world.
    AskIn(usize),
    /// Enough of causes.
    Close,
    /// Go to a moment, and hold what it is about.
    Visit(Millis, Option<Thing>),
}

/// A question about a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) world: usize,
    pub(crate) question: Question,
}

/// The causes that are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) asked: Asked,
    /// The event that was asked about; `None` if it is not so in this world.
    event: Option<EventId>,
    /// How it came to be.
    pub(crate) path: Option<Path>,
    lang: Lang,
    /// The element to which the focus returns.
    opener: String,
}

/// The side panel.
#[derive(Default)]
pub(crate) struct Side {
    /// The inspector that is open.
    pub(crate) tab: Tab,
    /// Whether it stays open.
    pub(crate) pinned: bool,
    /// What it says of all worlds.
    pub(crate) blocks: Rc<Vec<SharedBlock>>,
    /// The time series, while they are open.
    pub(crate) charts: Rc<Vec<Chart>>,
    /// Where the moment looked at lies across them.
    pub(crate) charted_at: u64,
    /// The moment of which it speaks.
    pub(crate) of: Millis,
    /// The causes that are shown.
    pub(crate) answer: Option<Rc<Answer>>,
    /// The moment looked at, lived through again.
    pub(super) past: Option<Past>,
    /// The inspector that was open before a thing was held.
    before: Option<Tab>,
    made_from: Option<(Tab, Focus, Lang, Vec<u64>)>,
    charted: Option<(Millis, Millis)>,
    waited_ms: f64,
}

impl Side {
    /// Forgets what was said of another run.
    pub(super) fn renew(&mut self) {
        (self.answer, self.made_from, self.charted) = (None, None, None);
        self.past = None;
    }
}

/// The element of a tab.
pub(crate) fn tab_id(tab: Tab) -> String {
    format!("tab-{}", tab.tag())
}

impl Model {
    pub(super) fn use_side(&mut self, msg: SideMsg) -> Update {
        let mut effects = Vec::new();
        match msg {
            SideMsg::Open(tab) => self.open_tab(tab),
            SideMsg::End(tab) => {
                self.open_tab(tab);
                effects.push(Effect::Focus(tab_id(tab)));
            }
            SideMsg::Turn(by) => {
                let count = Tab::ALL.len() as isize;
                let at = (self.side.tab as isize + by).rem_euclid(count);
                let tab = Tab::ALL[at.unsigned_abs()];
                self.open_tab(tab);
                effects.push(Effect::Focus(tab_id(tab)));
            }
            SideMsg::Pin => self.side.pinned = !self.side.pinned,
            SideMsg::Ask(asked, opener) => {
                self.answer(asked, opener);
                effects.push(Effect::Focus("why-close".to_owned()));
            }
            SideMsg::AskIn(world) => {
                if let Some(answer) = self.side.answer.clone() {
                    let asked = Asked { world, ..answer.asked };
                    self.answer(asked, answer.opener.clone());
                }
            }
            SideMsg::Close => {
                if let Some(answer) = self.side.answer.take() {
                    effects.push(Effect::Focus(answer.opener.clone()));
                }
            }
            SideMsg::Visit(at, thing) => {
                let update = self.seek(Seek::Moment(at));
                effects.extend(update.effects);
                if thing.is_some() {
                    self.selected = thing;
                    self.follow();
                }
            }
        }
        Update { redraw: true, effects }
    }

    fn open_tab(&mut self, tab: Tab) {
        self.side.tab = tab;
        self.side.before = None;
        self.side.answer = None;
        self.inspect_at_once();
    }

    /// Opens the inspector of what is held, and the one before when it is let go.
    pub(super) fn follow(&mut self) {
        if !self.side.pinned {
            match self.selected {
                Some(thing) => {
                    self.side.before = self.side.before.or(Some(self.side.tab));
                    self.side.tab = Tab::of(thing);
                }
                None => self.side.tab = self.side.before.take().unwrap_or(self.side.tab),
            }
        }
        self.inspect_at_once();
    }

    /// Makes the open inspector now, however short ago that was done.
    fn inspect_at_once(&mut self) {
        self.side.waited_ms = EVERY_MS;
        self.inspect();
    }

    /// Lets the page's time pass.
    pub(super) fn pass_at_side(&mut self, ms: f64) {
        self.side.waited_ms += ms;
    }

    /// The things that the inspectors are about: what is held, else what is most in need of it.
    fn inspected(&self) -> Focus {
        let view = self.world(0);
        let held = self.selected.or(self.hovered);
        let asking = view.matrix.arcs.iter().max_by_key(|arc| arc.count).map(|arc| arc.from);
        let lane = view.matrix.lanes.first().map(|lane| lane.store);
        let table = match held {
            Some(Thing::Table(table)) => Some(table),
            Some(Thing::Region(_) | Thing::Peer(..)) => self.table_of_focus(),
            Some(Thing::Store(_) | Thing::Pd) | None => None,
        };
        let unready = view.tables.iter().find(|table| table.is_wanted() && !table.is_ready());
        let first = unready.or_else(|| view.tables.iter().find(|table| table.is_wanted()));
        Focus {
            region: self.focus(),
            store: held.and_then(Thing::store).or(asking).or(lane),
            table: table.or(first.map(|table| table.id)),
        }
    }

    fn table_of_focus(&self) -> Option<sim::TableId> {
        let view = self.world(0);
        let name = view.matrix.row(self.focus()?)?.table.clone()?;
        view.tables.iter().find(|table| table.name == name).map(|table| table.id)
    }

    /// Makes the open inspector, if it has anything new to say and was not made a moment ago.
    pub(super) fn inspect(&mut self) {
        self.answer_again();
        if self.clock.is_playing() && self.side.waited_ms < EVERY_MS {
            return;
        }
        self.side.waited_ms = 0.0;
        if self.side.tab == Tab::Metrics {
            self.chart();
        }
        self.call_past();
        let (tab, focus, lang) = (self.side.tab, self.inspected(), self.lang);
        let run = match &self.side.past {
            None => self.session.run(),
            Some(past) => match past.arrived() {
                Some(run) => run,
                // What was said before stays until the past is there.
                None => return,
            },
        };
        let (worlds, of) = (run.worlds(), run.now());
        let prints = worlds.iter().map(|world| world.cluster.fingerprint()).collect();
        let from = Some((tab, focus, lang, prints));
        if self.side.made_from == from {
            return;
        }
        let blocks: Vec<_> =
            worlds.iter().map(|world| inspect::inspect(tab, &world.cluster, focus, lang)).collect();
        self.side.blocks = Rc::new(inspect::share(&blocks));
        (self.side.of, self.side.made_from) = (of, from);
    }

    /// Draws the time series, if the run or the moment looked at is another one than before.
    fn chart(&mut self) {
        let from = Some((self.session.run().now(), self.frame.at));
        if self.side.charted != from {
            let frames = self.session.timeline().frames();
            let (charts, at) = gauges::charts(frames, &self.frame);
            (self.side.charts, self.side.charted_at) = (Rc::new(charts), at);
            self.side.charted = from;
        }
    }

    fn answer(&mut self, asked: Asked, opener: String) {
        if self.frame.worlds.len() <= asked.world {
            return;
        }
        let events = self.session.events(asked.world);
        let upto = self.frame.worlds[asked.world].events.min(events.len());
        let event = asked.question.answer(&events[..upto]);
        self.tell_causes(asked, event, opener);
    }

    /// Tells the causes in another language.
    fn answer_again(&mut self) {
        let lang = self.lang;
        if let Some(answer) = self.side.answer.clone().filter(|answer| answer.lang != lang) {
            self.tell_causes(answer.asked, answer.event, answer.opener.clone());
        }
    }

    fn tell_causes(&mut self, asked: Asked, event: Option<EventId>, opener: String) {
        let lang = self.lang;
        let names = Names::of(&self.frame.worlds[asked.world].tables);
        let knobs = self.session.knobs()[asked.world].1;
        let events = self.session.events(asked.world);
        let path = event.map(|event| Path::to(events, event, &knobs, &names, lang));
        self.side.answer = Some(Rc::new(Answer { asked, event, path, lang, opener }));
    }
}
