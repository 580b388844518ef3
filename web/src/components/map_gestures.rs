//! How one moves over the map: dragging, pinching, the wheel and keys.

use std::cell::RefCell;
use std::rc::Rc;

use view::Thing;
use yew::Callback;

use super::{is_for_browser, when};
use crate::effects;
use crate::model::graph::FARTHEST;
use crate::model::{GraphMsg, Msg};

/// A pointer that has moved by fewer pixels than this has clicked.
const STILL: f64 = 4.0;
/// How much nearer a turn of the wheel comes, and a key.
const TURN: f64 = 1.18;
const KEY: f64 = 1.35;
/// By which share of the box a key with Shift moves the map.
const SHIFT: f64 = 0.15;

/// The pointers that are down, each with where it is; and how far they have moved.
#[derive(Clone, Default)]
pub(crate) struct Gestures {
    fingers: Rc<RefCell<Fingers>>,
}

#[derive(Default)]
struct Fingers {
    down: Vec<(i32, f64, f64)>,
    moved: f64,
}

impl Fingers {
    /// The middle of all, and how far the first two are apart.
    fn spread(&self) -> ((f64, f64), f64) {
        let count = self.down.len().max(1) as f64;
        let sum = self.down.iter().fold((0.0, 0.0), |(x, y), (_, px, py)| (x + px, y + py));
        let apart = match self.down.as_slice() {
            [(_, ax, ay), (_, bx, by), ..] => (ax - bx).hypot(ay - by),
            _ => 0.0,
        };
        ((sum.0 / count, sum.1 / count), apart)
    }
}

impl Gestures {
    /// A pointer comes down.
    pub(crate) fn down(&self) -> Callback<yew::PointerEvent> {
        let fingers = self.fingers.clone();
        Callback::from(move |event: yew::PointerEvent| {
            let mut fingers = fingers.borrow_mut();
            if fingers.down.is_empty() {
                fingers.moved = 0.0;
            }
            let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
            fingers.down.push((event.pointer_id(), x, y));
        })
    }

    /// A pointer moves: one drags the map, two also zoom it.
    pub(crate) fn moved(
        &self,
        send: &Callback<Msg>,
        id: &str,
        (width, height): (f64, f64),
    ) -> Callback<yew::PointerEvent> {
        let (fingers, send, id) = (self.fingers.clone(), send.clone(), id.to_owned());
        Callback::from(move |event: yew::PointerEvent| {
            let mut fingers = fingers.borrow_mut();
            let (before, apart_before) = fingers.spread();
            let pointer = event.pointer_id();
            let Some(finger) = fingers.down.iter_mut().find(|(id, ..)| *id == pointer) else {
                return;
            };
            (finger.1, finger.2) = (f64::from(event.client_x()), f64::from(event.client_y()));
            let (after, apart) = fingers.spread();
            let (dx, dy) = (after.0 - before.0, after.1 - before.1);
            fingers.moved += dx.hypot(dy) + (apart - apart_before).abs();
            if fingers.moved < STILL {
                return;
            }
            effects::hold_pointer(&id, pointer);
            send.emit(Msg::Graph(GraphMsg::PanMap(dx / width, dy / height)));
            if 0.0 < apart_before {
                let Some((x, y)) = effects::point_in(&event, &id) else { return };
                let at = (x / width, y / height);
                send.emit(Msg::Graph(GraphMsg::ZoomMap(apart / apart_before, at)));
            }
        })
    }

    /// A pointer is up, or gone.
    pub(crate) fn up(&self) -> Callback<yew::PointerEvent> {
        let fingers = self.fingers.clone();
        Callback::from(move |event: yew::PointerEvent| {
            fingers.borrow_mut().down.retain(|(id, ..)| *id != event.pointer_id());
        })
    }

    /// A click holds what it is on, unless it ends a drag.
    pub(crate) fn click(&self, send: &Callback<Msg>) -> Callback<yew::MouseEvent> {
        let fingers = self.fingers.clone();
        when(send, move |event: yew::MouseEvent| {
            if STILL <= fingers.borrow().moved {
                return None;
            }
            effects::thing_under(&event).map(|thing: Thing| Msg::Select(Some(thing)))
        })
    }
}

/// The wheel zooms around the pointer. Where there is nothing farther, the page scrolls.
pub(crate) fn wheel(
    send: &Callback<Msg>,
    id: &str,
    (width, height): (f64, f64),
    zoom: f64,
) -> Callback<yew::WheelEvent> {
    let id = id.to_owned();
    when(send, move |event: yew::WheelEvent| {
        let turn = event.delta_y();
        if turn == 0.0 || 0.0 < turn && zoom <= FARTHEST {
            return None;
        }
        let (x, y) = effects::point_in(&event, &id)?;
        event.prevent_default();
        let factor = if turn < 0.0 { TURN } else { 1.0 / TURN };
        Some(Msg::Graph(GraphMsg::ZoomMap(factor, (x / width, y / height))))
    })
}

/// Arrows walk, with Shift they move the map; + and − zoom, 0 shows all.
pub(crate) fn keys(send: &Callback<Msg>) -> Callback<yew::KeyboardEvent> {
    when(send, |event: yew::KeyboardEvent| {
        if is_for_browser(&event) {
            return None;
        }
        let arrow = match event.key().as_str() {
            "ArrowLeft" => Some((-1.0, 0.0)),
            "ArrowRight" => Some((1.0, 0.0)),
            "ArrowUp" => Some((0.0, -1.0)),
            "ArrowDown" => Some((0.0, 1.0)),
            _ => None,
        };
        let msg = match (arrow, event.key().as_str()) {
            (Some((x, y)), _) if event.shift_key() => {
                Msg::Graph(GraphMsg::PanMap(-x * SHIFT, -y * SHIFT))
            }
            (Some((x, y)), _) => Msg::Graph(GraphMsg::StepMap(x, y)),
            (None, "+" | "=") => Msg::Graph(GraphMsg::NearMap(KEY)),
            (None, "-" | "_") => Msg::Graph(GraphMsg::NearMap(1.0 / KEY)),
            (None, "0") => Msg::Graph(GraphMsg::WholeMap),
            (None, "Escape") => Msg::Select(None),
            (None, _) => return None,
        };
        event.prevent_default();
        event.stop_propagation();
        Some(msg)
    })
}
