//! What each message changes.

use scenario::{Deed, Request, library};
use sim::{Millis, Release};
use view::knob::{Knob, release_of};

use super::clock::{Playing, SPEEDS, Skip};
use super::console::answers;
use super::{
    Effect, GraphMsg, MatrixForm, Model, Msg, NEXT_EVENT_LIMIT_MS, Preference, Seek, Session,
    Theme, Update, WorldKnobs, journal,
};

impl Model {
    /// Takes in a message. Frames do their work in [`Model::work`], slice by slice.
    pub(crate) fn update(&mut self, msg: Msg) -> Update {
        match msg {
            Msg::Frame(ms) => self.begin_frame(ms),
            Msg::TogglePlay => self.toggle_play(),
            Msg::SetSpeed(speed) => {
                self.clock.speed = speed.min(SPEEDS.len() - 1);
                Update::redraw()
            }
            Msg::ToggleSkip => {
                self.clock.skip = match self.clock.skip {
                    Skip::Keep => Skip::Quiet,
                    Skip::Quiet => Skip::Keep,
                };
                Update::redraw()
            }
            Msg::Seek(seek) => self.seek(seek),
            Msg::Step(step) => self.step(step),
            Msg::PlayAll => self.play_all(),
            Msg::Restart => self.restart(),
            Msg::Open(id) => self.open(&id),
            Msg::SetRelease(world, release) => self.set_release(world, release),
            Msg::SetKnob(world, knob, value) => self.set_knob(world, knob, value),
            Msg::Console(msg) => self.use_console(msg),
            Msg::Hands(msg) => self.use_hands(msg),
            Msg::CarryOut(deed) => self.carry_out(deed),
            Msg::Select(thing) => {
                self.selected = if self.selected == thing { None } else { thing };
                self.follow();
                Update::redraw()
            }
            Msg::Hover(thing) => {
                let redraw = self.hovered != thing;
                self.hovered = thing;
                Update { redraw, effects: Vec::new() }
            }
            Msg::Walk(by) => self.use_graph(GraphMsg::Walk(by, 0)),
            Msg::Graph(msg) => self.use_graph(msg),
            Msg::Side(msg) => self.use_side(msg),
            Msg::Prefer(preference) => self.prefer(preference),
            Msg::Resized(width, height) => {
                let redraw = self.matrix_size != (width, height);
                self.matrix_size = (width, height);
                Update { redraw, effects: Vec::new() }
            }
            Msg::Share(msg) => self.update_share(msg),
            Msg::CloseNotice => {
                self.notice = None;
                Update::redraw()
            }
        }
    }

    /// Whether frames are wanted.
    pub(crate) fn wants_frames(&self) -> bool {
        self.clock.is_playing() || self.session.is_replaying() || self.is_reliving()
    }

    /// Sets how far this frame goes, and starts the next step where all are played through.
    fn begin_frame(&mut self, ms: f64) -> Update {
        self.pass_at_side(ms);
        if self.session.is_replaying() || self.is_reliving() {
            self.goal = self.session.run().now();
            return Update::nothing();
        }
        let passed = self.clock.pass(ms);
        if let Some(cursor) = self.cursor {
            return self.play_back(cursor.after(passed));
        }
        let run = self.session.run();
        self.goal = run.now().after(passed);
        let end = run.scenario().end;
        match self.clock.playing {
            Playing::Step if run.is_idle() => self.pause(),
            Playing::Through if run.is_idle() && end <= run.now() => self.pause(),
            Playing::Through if run.now() < end => {
                self.goal = self.goal.min(end);
                Update::nothing()
            }
            Playing::Step | Playing::Through | Playing::Paused | Playing::Freely => {
                Update::nothing()
            }
        }
    }

    fn pause(&mut self) -> Update {
        self.clock.playing = Playing::Paused;
        self.goal = self.session.run().now();
        Update::redraw()
    }

    /// Queues every step that is left: each begins at the very moment the one before it is done,
    /// however long a frame takes.
    fn play_all(&mut self) -> Update {
        self.cursor = None;
        self.clock.playing = Playing::Through;
        self.clock.notice();
        let run = self.session.run();
        let steps = run.scenario().steps.iter().enumerate();
        let left: Vec<Deed> = steps
            .filter(|(at, step)| !step.optional && !run.is_started(*at))
            .map(|(at, _)| Deed::StartStep(at))
            .collect();
        let mut record = self.session.whole_record();
        let inputs = left.iter().map(|deed| scenario::Input { at: run.now(), deed: deed.clone() });
        record.inputs.extend(inputs);
        let mut effects = vec![Effect::Keep(journal::write(&record))];
        effects.extend(left.into_iter().map(|deed| Effect::Then(Msg::CarryOut(deed))));
        Update { redraw: true, effects }
    }

    /// Goes on through what was recorded, and into the present at its end.
    fn play_back(&mut self, to: Millis) -> Update {
        self.cursor = if to < self.session.run().now() { Some(to) } else { None };
        self.goal = self.session.run().now();
        self.look();
        Update::redraw()
    }

    /// Does a slice of the frame's work. Returns whether there is more.
    pub(crate) fn work(&mut self) -> bool {
        if self.is_reliving() {
            return self.relive();
        }
        let before = self.session.counts();
        let more = self.session.work(self.goal, self.clock.playing);
        if self.session.is_notable_since(&before) {
            self.clock.notice();
        }
        more
    }

    /// Ends a frame: shows what came of it. What was not done in time is not owed.
    pub(crate) fn end_frame(&mut self) -> Update {
        self.goal = self.session.run().now();
        if self.cursor.is_none() {
            if self.session.timeline().newest().is_none_or(|frame| frame.at < self.goal) {
                self.session.record();
            }
            self.look_as_shared();
            self.look();
        }
        Update::redraw()
    }

    fn toggle_play(&mut self) -> Update {
        self.clock.playing = match self.clock.playing {
            Playing::Paused => Playing::Freely,
            Playing::Freely | Playing::Step | Playing::Through => Playing::Paused,
        };
        self.clock.notice();
        Update::redraw()
    }

    pub(super) fn seek(&mut self, seek: Seek) -> Update {
        let now = self.session.run().now();
        let shown = self.shown_at();
        let timeline = self.session.timeline();
        let to = match seek {
            Seek::Place(place) => timeline.at_place(place).unwrap_or(now),
            Seek::Moment(moment) => moment,
            Seek::Now => now,
            Seek::Back => timeline.last_before(shown).unwrap_or(shown),
            Seek::NextEvent | Seek::Tick if shown < now => {
                timeline.next_after(shown).unwrap_or(now)
            }
            Seek::NextEvent => {
                self.session.go_to_next_event(NEXT_EVENT_LIMIT_MS);
                self.session.run().now()
            }
            Seek::Tick => {
                let goal = now.after(sim::ids::SECOND);
                while self.session.work(goal, Playing::Freely) {}
                self.session.record();
                goal
            }
        };
        if matches!(seek, Seek::Back | Seek::Place(_) | Seek::Moment(_)) {
            self.clock.playing = Playing::Paused;
        }
        self.cursor = if to < self.session.run().now() { Some(to) } else { None };
        self.look();
        Update::redraw()
    }

    fn step(&mut self, step: Option<usize>) -> Update {
        let Some(step) = step.or_else(|| self.session.run().next_step()) else {
            return Update::nothing();
        };
        self.cursor = None;
        self.clock.playing = Playing::Step;
        self.clock.notice();
        self.keep_then(Deed::StartStep(step))
    }

    fn restart(&mut self) -> Update {
        let scenario = self.session.run().scenario().clone();
        let session = Session::new(scenario, &self.session.knobs());
        self.replace(session);
        self.clock.playing = Playing::Paused;
        Update { redraw: true, effects: vec![self.kept()] }
    }

    /// Opens another incident, under the releases that it contrasts.
    fn open(&mut self, id: &str) -> Update {
        let Some(scenario) = library::load(id) else {
            return Update::nothing();
        };
        let worlds = scenario.releases.map(|release| (Some(release), release.knobs()));
        (self.selected, self.hovered) = (None, None);
        self.graph = super::Graph::default();
        self.replace(Session::new(scenario, &worlds));
        self.clock.playing = Playing::Paused;
        Update { redraw: true, effects: vec![self.kept()] }
    }

    fn set_release(&mut self, world: usize, release: Release) -> Update {
        self.live_through_again(world, (Some(release), release.knobs()))
    }

    fn set_knob(&mut self, world: usize, knob: Knob, value: usize) -> Update {
        let knobs = knob.set(self.session.knobs()[world].1, value);
        self.live_through_again(world, (release_of(&knobs), knobs))
    }

    /// The same deeds from the start, with other knobs in one world.
    fn live_through_again(&mut self, world: usize, knobs: WorldKnobs) -> Update {
        let mut worlds = self.session.knobs();
        worlds[world] = knobs;
        let session = self.session.again(&worlds);
        self.replace(session);
        Update { redraw: true, effects: vec![self.kept()] }
    }

    pub(super) fn replace(&mut self, session: Session) {
        self.session = session;
        self.story = super::Story::default();
        self.side.renew();
        self.cursor = None;
        self.goal = Millis::ZERO;
        self.clock.notice();
        self.look();
    }

    pub(super) fn kept(&self) -> Effect {
        Effect::Keep(journal::write(&self.session.whole_record()))
    }

    /// Has a deed kept outside before it is done: should it break the page, the run survives.
    pub(super) fn keep_then(&mut self, deed: Deed) -> Update {
        let mut record = self.session.whole_record();
        record.inputs.push(scenario::Input { at: self.session.run().now(), deed: deed.clone() });
        let effects =
            vec![Effect::Keep(journal::write(&record)), Effect::Then(Msg::CarryOut(deed))];
        Update { redraw: true, effects }
    }

    fn carry_out(&mut self, deed: Deed) -> Update {
        self.cursor = None;
        let lets_time_pass = matches!(&deed, Deed::Issue { request: Request::Wait(_), .. });
        if let Some(issued) = self.session.carry_out(deed) {
            self.console.begin_answer();
            for entry in answers(&self.session, issued, self.lang) {
                self.console.answer(entry);
            }
        }
        if lets_time_pass && self.clock.playing == Playing::Paused {
            self.clock.playing = Playing::Freely;
        }
        self.clock.notice();
        self.look();
        Update::redraw()
    }

    fn prefer(&mut self, preference: Preference) -> Update {
        let effects = match preference {
            Preference::Lang(lang) => {
                self.lang = lang;
                self.tell();
                vec![Effect::SetLang(lang), Effect::Remember("lang", lang.tag().to_owned())]
            }
            Preference::Theme(theme) => {
                self.theme = theme;
                let name = theme.name().to_owned();
                vec![Effect::SetTheme(theme), Effect::Remember("theme", name)]
            }
            Preference::Contrast(more) => {
                self.more_contrast = more;
                vec![Effect::SetContrast(more), remember_if("contrast", more, "more")]
            }
            Preference::Motion(less) => {
                self.less_motion = less;
                vec![Effect::SetMotion(less), remember_if("motion", less, "less")]
            }
            Preference::Log(filter) => {
                self.log_filter = filter;
                self.tell();
                Vec::new()
            }
            Preference::Matrix(form) => {
                self.matrix_form = form;
                vec![Effect::Remember("form", form.name().to_owned())]
            }
        };
        Update { redraw: true, effects }
    }
}

/// Has it remembered that a preference is `set`, as `word`, or that it is as the system has it.
fn remember_if(name: &'static str, set: bool, word: &str) -> Effect {
    Effect::Remember(name, if set { word } else { "auto" }.to_owned())
}

impl MatrixForm {
    /// All of them, in the order of the switch.
    pub(crate) const ALL: [MatrixForm; 4] =
        [MatrixForm::Picture, MatrixForm::Map, MatrixForm::Heat, MatrixForm::Table];

    /// Its name in what is remembered.
    pub(crate) fn name(self) -> &'static str {
        match self {
            MatrixForm::Picture => "matrix",
            MatrixForm::Map => "map",
            MatrixForm::Heat => "heat",
            MatrixForm::Table => "table",
        }
    }

    /// The form of a name; the matrix for any other.
    pub(crate) fn from_name(name: &str) -> MatrixForm {
        MatrixForm::ALL.into_iter().find(|form| form.name() == name).unwrap_or_default()
    }
}

impl Theme {
    /// All of them, in the order of the switch.
    pub(crate) const ALL: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

    /// Its name in the document and in what is remembered.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme of a name; as the system has it for any other.
    pub(crate) fn from_name(name: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }
}
