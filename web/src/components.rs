//! What is drawn: view data in, elements and messages out. Nothing here decides anything about
//! TiKV; every word comes from `view`.

pub(crate) mod page;

mod beliefs;
mod build;
mod cell;
mod charts;
mod console;
mod filter;
mod flights;
mod hands;
mod header;
mod heat;
mod inspect;
mod just_happened;
mod knobs;
mod lanes;
mod later;
mod legend;
mod log;
mod map;
mod map_gestures;
mod marks;
mod matrix;
mod menu;
mod palette;
mod pd_strip;
mod peers;
mod resolver_row;
mod row;
mod share;
mod settings;
mod sheet;
mod side;
mod steps;
mod tables;
mod term;
mod time_bar;
mod time_line;
mod time_marks;
mod twin;
mod why;
mod world;

use yew::{Callback, KeyboardEvent};

use crate::model::Msg;

/// A callback that sends what `msg` makes of an event, if it makes anything of it.
fn when<E: 'static>(send: &Callback<Msg>, msg: impl Fn(E) -> Option<Msg> + 'static) -> Callback<E> {
    let send = send.clone();
    Callback::from(move |event| {
        if let Some(msg) = msg(event) {
            send.emit(msg);
        }
    })
}

/// Whether a key is pressed with another that makes it the browser's.
fn is_for_browser(event: &KeyboardEvent) -> bool {
    event.ctrl_key() || event.meta_key() || event.alt_key()
}

/// The colour of a table, by its place.
fn hue_class(place: usize) -> &'static str {
    ["hue-0", "hue-1", "hue-2", "hue-3", "hue-4", "hue-5"][place % 6]
}
