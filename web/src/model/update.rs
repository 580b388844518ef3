//! What each message changes.

use super::clock::{SPEEDS, Skip};
use super::{Effect, GraphMsg, MatrixForm, Model, Msg, Preference, Seek, Theme, Update};

impl Model {
    /// Takes in a message. Frames do their work in [`Model::work`], slice by slice.
    pub(crate) fn update(&mut self, msg: Msg) -> Update {
        if !matches!(msg, Msg::Frame(_)) {
            self.is_scrubbed = matches!(msg, Msg::Seek(Seek::Place(_)));
        }
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
            Msg::World(msg) => self.change_worlds(msg),
            Msg::Branch(msg) => self.branch(msg),
            Msg::Bookmark(msg) => self.bookmark(msg),
            Msg::Unit(unit) => {
                self.unit = unit;
                Update::redraw()
            }
            Msg::Sheet(sheet) => self.show_sheet(sheet),
            Msg::Build(msg) => self.use_forms(msg),
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
                let size = Some((width, height));
                let redraw = self.matrix_size != size;
                self.matrix_size = size;
                Update { redraw, effects: Vec::new() }
            }
            Msg::Share(msg) => self.update_share(msg),
            Msg::CloseNotice => {
                self.notice = None;
                Update::redraw()
            }
        }
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
            Preference::Shortcuts(on) => {
                self.shortcuts = on;
                vec![Effect::Remember("shortcuts", if on { "on" } else { "off" }.to_owned())]
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
