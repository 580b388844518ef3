//! What hands need of the browser: gestures that open menus, the focus and its return, and boxes
//! put where they were asked for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions, EventListenerPhase};
use gloo::timers::callback::Timeout;
use view::Thing;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, KeyboardEvent, MouseEvent};
use web_sys::{PointerEvent, js_sys};

use super::{element, gloo_document};

/// A gesture that opens something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gesture {
    /// A right click or a long press on a thing, at this point.
    On(Thing, (i32, i32)),
    /// The Menu key, or Shift+F10.
    MenuKey,
    /// Ctrl+K, or ⌘K.
    Palette,
}

/// Listens until it is dropped.
pub(crate) struct Gestures {
    _listeners: Vec<EventListener>,
}

/// After how many milliseconds a press is a long one.
const LONG_PRESS_MS: u32 = 480;
/// How far a finger may move meanwhile, in pixels.
const STILL: i32 = 10;

/// Calls back for each gesture. A right click with Shift, or on nothing, is the browser's own.
pub(crate) fn on_gesture(callback: impl Fn(Gesture) + 'static) -> Option<Gestures> {
    let document = gloo_document()?;
    let callback: Rc<dyn Fn(Gesture)> = Rc::new(callback);
    let mut listeners = vec![on_keys(&document, callback.clone())];
    let asked = callback.clone();
    listeners.push(listen(&document, "contextmenu", move |event| {
        let Some(mouse) = event.dyn_ref::<MouseEvent>().filter(|mouse| !mouse.shift_key()) else {
            return;
        };
        if is_within(event, ".menu-box, .menu-veil") {
            event.prevent_default();
            return;
        }
        let at = (mouse.client_x(), mouse.client_y());
        if let Some(thing) = thing_at(at) {
            event.prevent_default();
            asked(Gesture::On(thing, at));
        }
    }));
    listeners.extend(on_long_press(&document, callback));
    Some(Gestures { _listeners: listeners })
}

fn listen(
    document: &Document,
    name: &'static str,
    callback: impl FnMut(&web_sys::Event) + 'static,
) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(document, name, options, callback)
}

fn on_keys(document: &Document, callback: Rc<dyn Fn(Gesture)>) -> EventListener {
    listen(document, "keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        let name = key.key();
        let is_palette = (key.ctrl_key() || key.meta_key()) && name.eq_ignore_ascii_case("k");
        let is_menu = name == "ContextMenu" || (key.shift_key() && name == "F10");
        if is_palette {
            event.prevent_default();
            callback(Gesture::Palette);
        } else if is_menu && !is_within(event, ".menu-box, input, select, textarea") {
            event.prevent_default();
            callback(Gesture::MenuKey);
        }
    })
}

/// A finger that rests on a thing; not every browser makes a context menu of it.
fn on_long_press(document: &Document, callback: Rc<dyn Fn(Gesture)>) -> [EventListener; 5] {
    let pressed: Rc<RefCell<Option<Timeout>>> = Rc::default();
    let from = Rc::new(Cell::new((0, 0)));
    // The finger that opened the menu must not choose what happens to lie under it.
    let was_long = Rc::new(Cell::new(false));
    let opened = was_long.clone();
    let forget = |pressed: &Rc<RefCell<Option<Timeout>>>| {
        let pressed = pressed.clone();
        move |_: &web_sys::Event| drop(pressed.borrow_mut().take())
    };
    let (down, start) = (pressed.clone(), from.clone());
    let on_down = listen(document, "pointerdown", move |event| {
        let Some(pointer) = event.dyn_ref::<PointerEvent>() else { return };
        let at = (pointer.client_x(), pointer.client_y());
        start.set(at);
        let thing = thing_at(at).filter(|_| pointer.pointer_type() == "touch");
        opened.set(false);
        let (callback, opened) = (callback.clone(), opened.clone());
        let press = |thing| {
            Timeout::new(LONG_PRESS_MS, move || {
                opened.set(true);
                callback(Gesture::On(thing, at));
            })
        };
        *down.borrow_mut() = thing.map(press);
    });
    let moved = pressed.clone();
    let on_move = listen(document, "pointermove", move |event| {
        let Some(pointer) = event.dyn_ref::<PointerEvent>() else { return };
        let (x, y) = from.get();
        if STILL < (pointer.client_x() - x).abs() || STILL < (pointer.client_y() - y).abs() {
            moved.borrow_mut().take();
        }
    });
    [
        on_down,
        on_move,
        listen(document, "pointerup", forget(&pressed)),
        listen(document, "pointercancel", forget(&pressed)),
        on_click_of(document, was_long),
    ]
}

/// Holds back, before anybody hears of it, the click that a long press ends with.
fn on_click_of(document: &Document, was_long: Rc<Cell<bool>>) -> EventListener {
    let options = EventListenerOptions { phase: EventListenerPhase::Capture, passive: false };
    EventListener::new_with_options(document, "click", options, move |event| {
        if was_long.take() {
            event.prevent_default();
            event.stop_propagation();
        }
    })
}

fn is_within(event: &web_sys::Event, selector: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest(selector).ok().flatten().is_some())
}

/// The thing at a point, by the attributes of what lies there: PD, a table, else where the topmost
/// region and the topmost store cross.
fn thing_at((x, y): (i32, i32)) -> Option<Thing> {
    let document = gloo_document()?;
    let stack = document.elements_from_point(x as f32, y as f32);
    let (mut region, mut store) = (None, None);
    for element in stack.iter().filter_map(|element| element.dyn_into::<Element>().ok()) {
        let id = |name: &str| {
            let holder = element.closest(&format!("[{name}]")).ok()??;
            holder.get_attribute(name)?.parse::<u64>().ok()
        };
        if let Some(table) = id("data-table-id") {
            return Some(Thing::Table(sim::TableId(table)));
        }
        if element.closest("[data-pd]").ok().flatten().is_some() {
            return Some(Thing::Pd);
        }
        region = region.or_else(|| id("data-region"));
        store = store.or_else(|| id("data-store"));
    }
    match (region.map(sim::RegionId), store.map(sim::StoreId)) {
        (Some(region), Some(store)) => Some(Thing::Peer(region, store)),
        (Some(region), None) => Some(Thing::Region(region)),
        (None, Some(store)) => Some(Thing::Store(store)),
        (None, None) => None,
    }
}

/// Where a thing is shown, in the world that has the focus or the first one.
fn place_of(thing: Option<Thing>) -> Option<(i32, i32)> {
    let document = gloo_document()?;
    let focused = document.active_element().and_then(|e| e.closest(".world").ok().flatten());
    let find = |selector: &str| {
        let within = focused.as_ref().and_then(|world| world.query_selector(selector).ok()?);
        within.or_else(|| document.query_selector(selector).ok()?)
    };
    let middle = |element: &Element| {
        let rect = element.get_bounding_client_rect();
        ((rect.x() + rect.width() / 2.0) as i32, (rect.y() + rect.height() / 2.0) as i32)
    };
    let thing = thing?;
    let marked = match thing {
        Thing::Pd => find("[data-pd]"),
        Thing::Table(table) => find(&format!("[data-table-id='{table}']")),
        Thing::Region(_) | Thing::Store(_) | Thing::Peer(..) => None,
    };
    if let Some(element) = marked {
        return Some(middle(&element));
    }
    let row = thing.region().and_then(|id| find(&format!("[data-region='{id}']")));
    let lane = thing.store().and_then(|id| find(&format!(".lane[data-store='{id}']")));
    match (row.as_ref().map(&middle), lane.as_ref()) {
        (Some((_, y)), Some(lane)) => Some((middle(lane).0, y)),
        (Some((_, y)), None) => {
            let left = row?.get_bounding_client_rect().x() as i32;
            Some((left + 90, y))
        }
        (None, Some(lane)) => {
            Some((middle(lane).0, lane.get_bounding_client_rect().y() as i32 + 50))
        }
        (None, None) => None,
    }
}

/// Puts a box where it was asked for, or where its thing is, and all of it into the window. Its
/// style sheet has the last word: on a phone it lies at the bottom.
pub(crate) fn place(id: &str, thing: Option<Thing>, at: Option<(i32, i32)>) {
    let (Some(element), Some(window)) = (element(id), web_sys::window()) else { return };
    let Some(placed) = element.dyn_ref::<HtmlElement>() else { return };
    let size = |value: Result<wasm_bindgen::JsValue, _>| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or_default() as i32
    };
    let (width, height) = (size(window.inner_width()), size(window.inner_height()));
    let (w, h) = (placed.offset_width(), placed.offset_height());
    let middle = ((width - w) / 2, (height - h) / 2);
    let near = || if thing.is_none() { above_opener(h) } else { place_of(thing) };
    let (x, y) = at.or_else(near).unwrap_or(middle);
    let x = x.min(width - w - 8).max(8);
    let y = y.min(height - h - 8).max(8);
    for (name, value) in [("--x", x), ("--y", y)] {
        let _ = placed.style().set_property(name, &format!("{value}px"));
    }
}

/// What concerns no one thing belongs to the button that opens it: above that, for a box so high.
fn above_opener(height: i32) -> Option<(i32, i32)> {
    let button = element("held-open")?.get_bounding_client_rect();
    Some((button.x() as i32, button.y() as i32 - height - 6))
}

/// What had the focus.
pub(crate) struct Focus(Option<Element>);

impl Focus {
    /// What has the focus now.
    pub(crate) fn now() -> Focus {
        Focus(gloo_document().and_then(|document| document.active_element()))
    }

    /// Gives it back.
    pub(crate) fn restore(&self) {
        if let Some(element) = self.0.as_ref().filter(|element| element.is_connected()) {
            let _ = focusable(element).focus();
        }
    }
}

/// An SVG element takes the focus as an HTML element does.
fn focusable(element: &Element) -> &HtmlElement {
    element.unchecked_ref()
}

/// Selects a part of what a field holds, given in bytes.
pub(crate) fn select_part(id: &str, part: std::ops::Range<usize>) {
    let Some(input) = element(id).and_then(|field| field.dyn_into::<HtmlInputElement>().ok())
    else {
        return;
    };
    let text = input.value();
    let units = |at: usize| text.get(..at).map_or(0, |text| text.encode_utf16().count() as u32);
    let _ = input.set_selection_range(units(part.start), units(part.end));
}

/// Brings an element into view within what scrolls it.
pub(crate) fn reveal(id: &str) {
    let Some(element) = element(id) else { return };
    // `block: nearest` moves nothing that is in view already.
    let scroll = js_sys::Reflect::get(&element, &"scrollIntoView".into());
    let options = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&options, &"block".into(), &"nearest".into());
    if let Some(scroll) = scroll.ok().and_then(|scroll| scroll.dyn_into::<js_sys::Function>().ok())
    {
        let _ = scroll.call1(&element, &options);
    }
}

/// Whether the machine calls its command key ⌘.
pub(crate) fn has_command_key() -> bool {
    let platform = web_sys::window().and_then(|window| window.navigator().platform().ok());
    platform.is_some_and(|name| name.starts_with("Mac") || name.starts_with("iP"))
}
