//! The root: owns the model, the timers and the listeners, and carries out effects.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::render::AnimationFrame;
use scenario::library;
use view::Lang;
use yew::{Callback, Component, Context, Html, Properties};

use crate::components::page;
use crate::effects::{self, BoxWatch, Gesture, Gestures, Keystroke, share};
use crate::model::menu::MenuMsg;
use crate::model::palette::PaletteMsg;
use crate::model::session::{Session, contrasted};
use crate::model::{
    BookmarkMsg, BranchMsg, ConsoleMsg, Effect, GraphMsg, MatrixForm, Model, Msg, Preference, Seek,
    ShareMsg, Sheet, Theme, Unit, Update, Way, journal,
};

/// The incident that the page opens on.
const INCIDENT: &str = "tikv-18440";
/// How long one frame may simulate, in milliseconds, so that drawing keeps its share.
const WORK_MS: f64 = 8.0;
/// The same while a run is lived through again: nothing is drawn then.
const CATCH_UP_MS: f64 = 14.0;

/// Begins with the run that was kept, or else with the incident. It takes several turns: in between
/// the browser has time for whoever is waiting, and a phone has less of it than work to do.
pub(crate) fn begin() {
    next_turn(|| {
        let scenario = library::load(INCIDENT).expect("the incident is part of the program");
        next_turn(|| {
            let worlds = contrasted(&scenario);
            let session = Session::begun(scenario, &worlds);
            next_turn(|| {
                let opened = open(session);
                next_turn(|| show(opened));
            });
        });
    });
}

fn next_turn(work: impl FnOnce() + 'static) {
    effects::later(0, work).forget();
}

/// What the page begins with: the model, and what it does to the browser.
struct Opened {
    model: Model,
    effects: Vec<Effect>,
}

/// Opens a session with the run, the look and the language that were kept, and with what the
/// address asks for.
fn open(mut session: Session) -> Opened {
    session.record();
    let mut model = Model::with(session);
    if let Some((text, ended)) = effects::kept_run() {
        model = model.restored(&journal::read(&text).unwrap_or_default(), ended);
    }
    let kept = |name| effects::remembered(name).unwrap_or_default();
    model.remember_hands(&kept("history"), &kept("recent"));
    let lang = effects::remembered("lang").map(|tag| Lang::from_tag(&tag));
    let begin = [
        Msg::Prefer(Preference::Matrix(MatrixForm::from_name(&kept("form")))),
        Msg::Prefer(Preference::Lang(lang.unwrap_or_else(effects::browser_lang))),
        Msg::Prefer(Preference::Theme(Theme::from_name(&kept("theme")))),
        Msg::Prefer(Preference::Contrast(kept("contrast") == "more")),
        Msg::Prefer(Preference::Motion(kept("motion") == "less")),
        Msg::Prefer(Preference::Shortcuts(kept("shortcuts") != "off")),
        Msg::Share(ShareMsg::Address(share::address())),
    ];
    let effects = begin.into_iter().flat_map(|msg| model.update(msg).effects).collect();
    Opened { model, effects }
}

/// Shows the page in place of its poster.
fn show(opened: Opened) {
    if let Some(root) = effects::element("app") {
        let props = Props { opened: Rc::new(Cell::new(Some(opened))) };
        yew::Renderer::<App>::with_root_and_props(root, props).render();
    }
}

#[derive(Properties)]
pub(crate) struct Props {
    /// Until it is taken.
    opened: Rc<Cell<Option<Opened>>>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        Rc::ptr_eq(&self.opened, &other.opened)
    }
}

/// The page.
pub(crate) struct App {
    model: Model,
    frame: Option<AnimationFrame>,
    /// The element that gets the focus once it is drawn.
    focus: Option<String>,
    last_frame: Option<f64>,
    send: Callback<Msg>,
    _keys: Option<EventListener>,
    _gestures: Option<Gestures>,
    _tips: Vec<EventListener>,
    _fragment: Option<EventListener>,
    /// Whether keys of one character do something, for the listener.
    shortcuts: Rc<Cell<bool>>,
    size: Option<BoxWatch>,
}

impl Component for App {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> App {
        let Opened { model, effects } = ctx.props().opened.take().expect("the page is shown once");
        let shortcuts = Rc::new(Cell::new(model.shortcuts));
        let mut app = App {
            model,
            frame: None,
            focus: None,
            last_frame: None,
            send: ctx.link().callback(|msg| msg),
            _keys: listen_to_keys(ctx, shortcuts.clone()),
            shortcuts,
            _gestures: listen_to_gestures(ctx),
            _tips: effects::explain_terms(),
            _fragment: listen_to_fragment(ctx),
            size: None,
        };
        app.perform(ctx, Update { redraw: true, effects });
        app
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let update = if let Msg::Frame(at) = msg { self.frame(at) } else { self.model.update(msg) };
        let redraw = self.perform(ctx, update);
        self.shortcuts.set(self.model.shortcuts);
        self.ask_for_frame(ctx);
        redraw
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        page::page(&self.model, &self.send)
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if let Some(id) = self.focus.take() {
            effects::focus(&id);
        }
        if first {
            self.size = watch_size(ctx);
        }
        self.ask_for_frame(ctx);
        if self.model.sheet.is_some() {
            effects::show_sheet();
        }
    }
}

impl App {
    /// A frame at `at`: lets the model work until its time is up.
    fn frame(&mut self, at: f64) -> Update {
        self.frame = None;
        let passed = at - self.last_frame.unwrap_or(at);
        self.last_frame = Some(at);
        let mut update = self.model.update(Msg::Frame(passed));
        let work_ms = if self.model.is_catching_up() { CATCH_UP_MS } else { WORK_MS };
        let until = effects::now_ms() + work_ms;
        while self.model.work() && effects::now_ms() < until {}
        let end = self.model.end_frame();
        update.redraw |= end.redraw;
        update.effects.extend(end.effects);
        update
    }

    fn ask_for_frame(&mut self, ctx: &Context<Self>) {
        if !self.model.wants_frames() {
            self.frame = None;
            self.last_frame = None;
        } else if self.frame.is_none() {
            let link = ctx.link().clone();
            let frame = effects::next_frame(move |at| link.send_message(Msg::Frame(at)));
            self.frame = Some(frame);
        }
    }

    fn perform(&mut self, ctx: &Context<Self>, update: Update) -> bool {
        for effect in update.effects {
            match effect {
                Effect::Keep(text) => effects::keep_run(&text),
                Effect::Then(msg) => ctx.link().send_message(msg),
                Effect::Focus(id) => self.focus = Some(id),
                Effect::Remember(name, value) => effects::remember(name, &value),
                Effect::SetLang(lang) => effects::set_lang(lang),
                Effect::SetTheme(theme) => effects::set_theme(theme),
                Effect::SetContrast(more) => effects::set_contrast(more),
                Effect::SetMotion(less) => effects::set_motion(less),
                Effect::Copy(text) => {
                    let send = self.send.clone();
                    let told = move |copied| send.emit(Msg::Share(ShareMsg::Copied(copied)));
                    share::copy(&text, told);
                }
                Effect::SetAddress(address) => share::set_address(&address),
                Effect::Save { name, kind, text } => share::save(&name, kind, &text),
                Effect::SavePng { name, svg } => share::save_png(&name, &svg),
                Effect::ShowDialog(id) => share::show_dialog(id),
                Effect::CloseDialog(id) => share::close_dialog(id),
                Effect::CloseSheet => effects::close_sheet(),
            }
        }
        update.redraw
    }
}

/// Has the model know the size of the matrix, now and whenever it changes.
fn watch_size(ctx: &Context<App>) -> Option<BoxWatch> {
    let link = ctx.link().clone();
    effects::on_matrix_resize(move || {
        if let Some((width, height)) = effects::matrix_size() {
            link.send_message(Msg::Resized(width, height));
        }
    })
}

/// Opens the link that somebody puts into the address bar of the open page.
fn listen_to_fragment(ctx: &Context<App>) -> Option<EventListener> {
    let link = ctx.link().clone();
    share::on_fragment(move |address| {
        link.send_message(Msg::Share(ShareMsg::Address(address)));
    })
}

fn listen_to_keys(ctx: &Context<App>, shortcuts: Rc<Cell<bool>>) -> Option<EventListener> {
    let link = ctx.link().clone();
    effects::on_key(move |stroke| match key_msg(&stroke, shortcuts.get()) {
        Some(msg) => {
            link.send_message(msg);
            true
        }
        None => false,
    })
}

fn listen_to_gestures(ctx: &Context<App>) -> Option<Gestures> {
    let link = ctx.link().clone();
    effects::on_gesture(move |gesture| {
        link.send_message::<Msg>(match gesture {
            Gesture::On(thing, at) => MenuMsg::Open(Some(thing), Some(at)).into(),
            Gesture::MenuKey => MenuMsg::OpenHeld.into(),
            Gesture::Palette => PaletteMsg::Toggle.into(),
        });
    })
}

/// What a key means outside of fields. Keys of one character can be switched off.
fn key_msg(stroke: &Keystroke, shortcuts: bool) -> Option<Msg> {
    let go = |unit, way| Some(Msg::Seek(Seek::Go(unit, way)));
    let key = stroke.key.as_str();
    if stroke.with_control {
        return match key {
            "z" | "Z" if stroke.with_shift => Some(Msg::Branch(BranchMsg::Redo)),
            "z" => Some(Msg::Branch(BranchMsg::Undo)),
            "y" => Some(Msg::Branch(BranchMsg::Redo)),
            _ => None,
        };
    }
    match key {
        "ArrowLeft" => go(Unit::Event, Way::Back),
        "ArrowRight" => go(Unit::Event, Way::Forth),
        "ArrowUp" => Some(Msg::Walk(-1)),
        "ArrowDown" => Some(Msg::Walk(1)),
        // What a clicker sends.
        "PageDown" => Some(Msg::Step(None)),
        "PageUp" => go(Unit::Command, Way::Back),
        "Escape" => Some(Msg::Select(None)),
        "Home" => Some(Msg::Seek(Seek::Moment(sim::Millis::ZERO))),
        "End" => Some(Msg::Seek(Seek::Now)),
        _ if shortcuts => character_msg(key),
        _ => None,
    }
}

/// What a key of one character means.
fn character_msg(key: &str) -> Option<Msg> {
    let go = |unit, way| Some(Msg::Seek(Seek::Go(unit, way)));
    match key {
        " " => Some(Msg::TogglePlay),
        "," => go(Unit::Tick, Way::Back),
        "." => go(Unit::Tick, Way::Forth),
        "[" => go(Unit::Command, Way::Back),
        "]" => go(Unit::Command, Way::Forth),
        "f" => go(Unit::Failure, Way::Forth),
        "F" => go(Unit::Failure, Way::Back),
        "d" => Some(Msg::Seek(Seek::Divergence)),
        "n" => Some(Msg::Step(None)),
        "b" => Some(Msg::Bookmark(BookmarkMsg::Toggle)),
        "h" => Some(Msg::Sheet(Some(Sheet::History))),
        "/" => Some(Msg::Graph(GraphMsg::FocusFilter)),
        "?" => Some(Msg::Sheet(Some(Sheet::Keys))),
        "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" => {
            key.parse().ok().map(|nth: usize| Msg::SetSpeed(nth - 1))
        }
        _ => None,
    }
}

/// The line that was typed, as a message.
pub(crate) fn typed(line: String) -> Msg {
    Msg::Console(ConsoleMsg::Input(line))
}
