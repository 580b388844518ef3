//! The page's logic: what a gesture changes, and what the browser shall do for it. No browser is
//! called here, so all of it is tested natively.

pub(crate) mod bookmarks;
pub(crate) mod branches;
pub(crate) mod build;
pub(crate) mod clock;
pub(crate) mod console;
pub(crate) mod graph;
pub(crate) mod inspect;
pub(crate) mod console_offers;
mod elsewhere;
pub(crate) mod hands;
pub(crate) mod journal;
pub(crate) mod menu;
pub(crate) mod palette;
mod palette_match;
mod past;
pub(crate) mod session;
pub(crate) mod share;
pub(crate) mod sheet;
mod steer;
pub(crate) mod story;
mod update;
mod worlds;

use std::collections::BTreeSet;
use std::rc::Rc;

use scenario::{Deed, Query, Request, Text, library};
use sim::{Millis, RegionId, Release};
use view::Thing;
use view::cluster_view::{ClusterView, differing_rows};
use view::knob::Knob;
use view::lang::Lang;
use view::timeline::Frame;

pub(crate) use bookmarks::BookmarkMsg;
pub(crate) use branches::{BranchMsg, Branches, Coming};
use build::{Build, BuildMsg};
pub(crate) use clock::Clock;
pub(crate) use console::{Console, ConsoleMsg};
use elsewhere::{Left, sessions};
pub(crate) use graph::{Graph, GraphMsg};
pub(crate) use hands::{Hands, HandsMsg};
use inspect::{Side, SideMsg};
pub(crate) use journal::Kept;
pub(crate) use session::{Session, WorldKnobs};
pub(crate) use share::{Share, ShareMsg};
pub(crate) use sheet::Sheet;
use story::Story;
pub(crate) use worlds::{MOST_WORLDS, WorldMsg};

/// The most that is simulated ahead when somebody asks for the next event, in milliseconds.
const NEXT_EVENT_LIMIT_MS: u64 = 3_600_000;

/// Something that happened to the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Msg {
    /// A frame is due; so many milliseconds after the last one.
    Frame(f64),
    /// Play or pause.
    TogglePlay,
    /// Another speed.
    SetSpeed(usize),
    /// Whether quiet stretches are skipped.
    ToggleSkip,
    /// Go to a moment.
    Seek(Seek),
    /// Do a step of the incident: this one, or the next.
    Step(Option<usize>),
    /// Do all steps, one after the other.
    PlayAll,
    /// Start again from the beginning.
    Restart,
    /// Open the incident of this id instead.
    Open(String),
    /// Give a world the knobs of a release.
    SetRelease(usize, Release),
    /// Give a world another value of a knob.
    SetKnob(usize, Knob, usize),
    /// Another world, or one fewer.
    World(WorldMsg),
    /// Something about branches, or what was done last.
    Branch(BranchMsg),
    /// Something about bookmarks.
    Bookmark(BookmarkMsg),
    /// Step by something else.
    Unit(Unit),
    /// Show a sheet over the page, or close it.
    Sheet(Option<Sheet>),
    /// Something in the forms.
    Build(BuildMsg),
    /// Something in the console.
    Console(ConsoleMsg),
    /// Menus and the palette.
    Hands(HandsMsg),
    /// A deed that has been kept outside, and may be done.
    CarryOut(Deed),
    /// Hold a thing, or let go.
    Select(Option<Thing>),
    /// Point at a thing, or no longer.
    Hover(Option<Thing>),
    /// Move the held region by so many rows.
    Walk(i64),
    /// Something in the region graph.
    Graph(GraphMsg),
    /// Another language, theme, filter or shape of the matrix.
    Prefer(Preference),
    /// Something in the side panel.
    Side(SideMsg),
    /// The box of the matrix got this size.
    Resized(f64, f64),
    /// Something about sharing.
    Share(ShareMsg),
    /// The notice was read.
    CloseNotice,
}

/// A moment to go to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Seek {
    /// This place of the time line.
    Place(u64),
    /// This moment.
    Moment(Millis),
    /// The newest moment.
    Now,
    /// A step back or forth.
    Go(Unit, Way),
    /// Where the worlds part.
    Divergence,
}

/// What one steps by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unit {
    /// To where something notable happened.
    #[default]
    Event,
    /// By a tick of a second.
    Tick,
    /// To where somebody gave a command.
    Command,
    /// To where something failed.
    Failure,
    /// To where the worlds part.
    Divergence,
    /// To a bookmark.
    Bookmark,
}

impl Unit {
    /// All of them, in the order of the list.
    pub(crate) const ALL: [Unit; 6] =
        [Unit::Event, Unit::Tick, Unit::Command, Unit::Failure, Unit::Divergence, Unit::Bookmark];
}

/// In which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Into the past.
    Back,
    /// Towards the present, and on.
    Forth,
}

/// How somebody wants the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    /// In this language.
    Lang(Lang),
    /// In this theme.
    Theme(Theme),
    /// With more contrast, whatever the system says.
    Contrast(bool),
    /// With less motion, whatever the system says.
    Motion(bool),
    /// With this much of the log.
    Log(LogFilter),
    /// The matrix as a picture or a table.
    Matrix(MatrixForm),
    /// With keys of one character, or without.
    Shortcuts(bool),
}

/// The page's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Which lines of the log are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFilter {
    /// Warnings and errors.
    #[default]
    Trouble,
    /// All.
    All,
}

/// How the matrix is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MatrixForm {
    /// As a picture, with the table for screen readers.
    #[default]
    Picture,
    /// As a map.
    Map,
    /// As a strip of cells that stand for several regions each.
    Heat,
    /// As a table for everybody.
    Table,
}

/// What the page asks of the browser.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Keep the run's causes, so that it survives a crash.
    Keep(String),
    /// Send this back, after the effects before it.
    Then(Msg),
    /// Remember a preference.
    Remember(&'static str, String),
    /// Give the focus to the element of this id, once it is drawn.
    Focus(String),
    /// Set the language of the document.
    SetLang(Lang),
    /// Set the colours of the document.
    SetTheme(Theme),
    /// Set whether the document has more contrast than the system asks for.
    SetContrast(bool),
    /// Set whether things move less than the system asks for.
    SetMotion(bool),
    /// Copy this, and say whether it could be.
    Copy(String),
    /// Put this into the address bar.
    SetAddress(String),
    /// Save a text as a file.
    Save {
        /// The file's name.
        name: String,
        /// What it is, as a media type.
        kind: &'static str,
        /// What is in it.
        text: String,
    },
    /// Save a picture of lines as one of pixels.
    SavePng {
        /// The file's name.
        name: String,
        /// The picture.
        svg: String,
    },
    /// Show the dialog of this id.
    ShowDialog(&'static str),
    /// Close it; what had the focus before gets it back.
    CloseDialog(&'static str),
    /// Close the sheet; what had the focus before gets it back.
    CloseSheet,
}

/// What a message led to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Update {
    /// Whether anything to be seen has changed.
    pub(crate) redraw: bool,
    /// What the browser shall do, in order.
    pub(crate) effects: Vec<Effect>,
}

impl Update {
    fn redraw() -> Update {
        Update { redraw: true, effects: Vec::new() }
    }

    fn nothing() -> Update {
        Update::default()
    }
}

/// Everything that the page shows follows from this.
pub(crate) struct Model {
    /// The incidents that can be opened: their ids and titles.
    pub(crate) incidents: Rc<[(&'static str, Text)]>,
    pub(crate) session: Session,
    /// The runs beside it.
    pub(crate) branches: Branches,
    /// The runs of other scenarios, the one left last at the end.
    left: Vec<Left>,
    /// The run that is to take its place.
    coming: Option<Coming>,
    /// How much of that is shown to be done, in percent.
    shown_progress: Option<u64>,
    /// How long ago the runs were kept outside, in the watcher's milliseconds of playing.
    unkept_ms: f64,
    pub(crate) clock: Clock,
    /// How far the frame under way goes.
    goal: Millis,
    /// How long ago the run was looked at, in the watcher's milliseconds.
    unseen_ms: f64,
    /// The moment looked at; `None` for the newest.
    pub(crate) cursor: Option<Millis>,
    /// Whether it was last changed by a hand on the time line, which may move on.
    pub(crate) is_scrubbed: bool,
    pub(crate) selected: Option<Thing>,
    pub(crate) hovered: Option<Thing>,
    pub(crate) console: Console,
    pub(crate) hands: Hands,
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    pub(crate) more_contrast: bool,
    pub(crate) less_motion: bool,
    pub(crate) log_filter: LogFilter,
    pub(crate) matrix_form: MatrixForm,
    pub(crate) graph: Graph,
    /// Unknown until the page is shown.
    pub(crate) matrix_size: Option<(f64, f64)>,
    /// Whether keys of one character do something.
    pub(crate) shortcuts: bool,
    /// What one steps by.
    pub(crate) unit: Unit,
    /// What lies over the page.
    pub(crate) sheet: Option<Sheet>,
    /// The forms for building a cluster.
    pub(crate) build: Build,
    pub(crate) notice: Option<Notice>,
    pub(crate) share: Share,
    /// What is shown: the views of the moment looked at.
    pub(crate) frame: Rc<Frame>,
    /// What was shown at the end of the last frame of work.
    drawn: Rc<Frame>,
    /// What the side of the page tells of it.
    pub(crate) story: Story,
    /// The side panel.
    pub(crate) side: Side,
    /// The rows in which some world differs from the first.
    pub(crate) differing: Rc<BTreeSet<RegionId>>,
}

/// Something to be said above everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The last run broke off and was restored.
    Restored,
    /// The page was left, and goes on with the last run.
    Continued,
    /// Another scenario was opened; one can come back to the run before.
    Left,
}

/// Why there is a run to be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The page was left, or loaded again.
    Left,
    /// The page broke; what was kept last is what broke it, and is left out.
    Broke,
}

impl Model {
    /// The page at its opening: an incident in these releases, ready to play.
    #[cfg(test)]
    pub(crate) fn new(scenario: scenario::Scenario, releases: &[Release]) -> Model {
        let worlds: Vec<WorldKnobs> = releases.iter().map(|r| (Some(*r), r.knobs())).collect();
        Model::with(Session::new(scenario, &worlds))
    }

    /// A model of a session that has recorded its beginning.
    pub(crate) fn with(session: Session) -> Model {
        let frame = session.timeline().newest().expect("a session records its beginning").clone();
        let mut model = Model {
            incidents: library::titles().chain(library::clusters()).collect(),
            session,
            branches: Branches::default(),
            left: Vec::new(),
            coming: None,
            shown_progress: None,
            unkept_ms: 0.0,
            clock: Clock::default(),
            goal: Millis::ZERO,
            unseen_ms: 0.0,
            cursor: None,
            is_scrubbed: false,
            selected: None,
            hovered: None,
            console: Console::default(),
            hands: Hands::default(),
            lang: Lang::default(),
            theme: Theme::default(),
            more_contrast: false,
            less_motion: false,
            log_filter: LogFilter::default(),
            matrix_form: MatrixForm::default(),
            graph: Graph::default(),
            matrix_size: None,
            shortcuts: true,
            unit: Unit::default(),
            sheet: None,
            build: Build::default(),
            notice: None,
            share: Share::default(),
            drawn: frame.clone(),
            frame,
            story: Story::default(),
            side: Side::default(),
            differing: Rc::default(),
        };
        model.look();
        model
    }

    /// A model that goes on with runs that broke off. Those that do not fit their scenario are
    /// left out.
    pub(crate) fn restored(mut self, runs: &[Kept], ended: Ended) -> Model {
        let mut sessions = sessions(runs).into_iter();
        let Some(first) = sessions.next() else { return self };
        self.branches = Branches::of(sessions.collect());
        self.left = Left::of(runs);
        let was_begun = Millis::ZERO < runs[0].record.until || !runs[0].record.inputs.is_empty();
        self.notice = was_begun.then_some(match ended {
            Ended::Broke => Notice::Restored,
            Ended::Left => Notice::Continued,
        });
        drop(self.show_run(first));
        self
    }

    /// The moment that is shown.
    pub(crate) fn shown_at(&self) -> Millis {
        self.cursor.unwrap_or(self.frame.at)
    }

    /// Whether nothing has happened yet.
    pub(crate) fn is_opening(&self) -> bool {
        self.session.run().now() == Millis::ZERO && !self.clock.is_playing()
    }

    /// Whether the scenario has steps that are taken in turn, not only some to try.
    pub(crate) fn has_course(&self) -> bool {
        self.session.run().scenario().steps.iter().any(|step| !step.optional)
    }

    /// The view of a world at the moment that is shown.
    pub(crate) fn world(&self, world: usize) -> &ClusterView {
        &self.frame.worlds[world]
    }

    /// The region that the inspectors show: the held one, the pointed one, else one in which the
    /// worlds differ, else the one that the scenario asks PD about, else the first of all.
    pub(crate) fn focus(&self) -> Option<RegionId> {
        let rows = &self.world(0).matrix.rows;
        let asked = self.region_in_question().filter(|id| rows.iter().any(|row| row.region == *id));
        let differing = rows.iter().map(|row| row.region).find(|id| self.differing.contains(id));
        // Of those that differ, rather the one that somebody has heard of.
        let known = asked.filter(|id| self.differing.contains(id));
        let of = |thing: Option<Thing>| thing.and_then(Thing::region);
        let held = of(self.selected).or(of(self.hovered)).or(known).or(differing);
        held.or(asked).or_else(|| rows.first().map(|row| row.region))
    }

    /// The first region that a step of the scenario asks PD about.
    fn region_in_question(&self) -> Option<RegionId> {
        let lines = self.session.run().scenario().steps.iter().flat_map(|step| &step.lines);
        lines.into_iter().find_map(|line| match &line.request {
            Request::Query(Query::Region(region)) => Some(*region),
            Request::Query(_) | Request::Command(_) | Request::Wait(_) => None,
        })
    }

    /// Shows the moment of the cursor.
    fn look(&mut self) {
        let timeline = self.session.timeline();
        let frame = match self.cursor {
            Some(moment) => timeline.seek(moment),
            None => timeline.newest(),
        };
        let frame = frame.expect("a session records its beginning").clone();
        let marks = timeline.marks().len();
        if frame == self.frame && self.story.is_told() && self.story.marks.len() == marks {
            self.inspect();
            return;
        }
        if let [first, others @ ..] = frame.worlds.as_slice() {
            let mut differing = BTreeSet::new();
            for other in others {
                differing.append(&mut differing_rows(&first.matrix, &other.matrix));
            }
            if differing != *self.differing {
                self.differing = Rc::new(differing);
            }
        }
        self.frame = frame;
        self.graph.look(&self.frame.worlds, &self.differing);
        self.tell();
    }

    /// Tells again what changed with the moment, the language or the filter.
    fn tell(&mut self) {
        self.story.tell(&self.session, &self.frame, self.lang, self.log_filter);
        self.inspect();
    }
}

#[cfg(test)]
mod tests;
