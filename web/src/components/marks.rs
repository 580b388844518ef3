//! Small signs for what is the matter with a region or with a store's machine, each with a shape
//! of its own.

use view::graph::marks::{State, StoreMark};
use yew::{Html, html};

use super::matrix::px;

/// How wide a sign is, with the gap after it.
const WIDTH: f64 = 11.0;

/// The states of a region that its row says with a sign, since none of its peers does; only the
/// first of those that hold.
pub(crate) const SIGNED: [State; 4] =
    [State::Leaderless, State::Merging, State::Splitting, State::Short];

/// The class of the signs of a state.
pub(crate) fn state_class(state: State) -> &'static str {
    match state {
        State::Leaderless | State::Ghost | State::Short | State::Down => "grave",
        State::Pending | State::Misbelieved => "doubtful",
        State::Merging | State::Splitting | State::Joint => "moving",
        State::Learner => "plain",
    }
}

/// The signs of a store, the first ones beside its number, which ends at `x`.
pub(crate) fn store_marks(marks: &[StoreMark], x: f64, y: f64, room: f64) -> Html {
    let fitting = marks.iter().take((room / WIDTH).max(1.0) as usize);
    html! {
        <>{ for fitting.enumerate().map(|(at, mark)| html! {
            <path class="store-mark" key={at} d={store_mark(*mark)}
                transform={format!("translate({} {})", px(x + WIDTH * (at as f64 + 0.5)), px(y))} />
        }) }</>
    }
}

/// The sign of a store's mark, five pixels around its middle.
pub(crate) fn store_mark(mark: StoreMark) -> &'static str {
    match mark {
        // Two bars.
        StoreMark::Paused => "M-1.8 -3.5 V3.5 M1.8 -3.5 V3.5",
        // A broken line.
        StoreMark::Cut => "M-4.5 2 L-1 0.4 M1 -0.4 L4.5 -2 M-1.2 -3 L1.2 3",
        // A bar that stops an arrow.
        StoreMark::HeldApplier => "M-4.5 0 H1 M-1 -2 L1 0 L-1 2 M3.2 -3.6 V3.6",
        // An hourglass.
        StoreMark::SlowDisk(_) => "M-3 -3.8 H3 L-3 3.8 H3 Z",
        // A wave.
        StoreMark::Disturbed => "M-4.5 0 Q-2.3 -4.5 0 0 T4.5 0",
        // A clock.
        StoreMark::ClockOff(_) => "M-4 0 a4 4 0 1 0 8 0 a4 4 0 1 0 -8 0 M0 -2.4 V0 L1.8 1",
    }
}

/// The sign of a state, four pixels around the point where it begins: strokes relative to it.
pub(crate) fn state_sign(state: State) -> &'static str {
    match state {
        // A triangle.
        State::Leaderless => "m0 -4l4 7h-8z",
        // A cross.
        State::Ghost => "m-3 -3l6 6m-6 0l6 -6",
        // A bar.
        State::Short => "m-3.5 0h7m-7 -2.5v5",
        // An arrow down.
        State::Down => "m0 -4v8m-3 -3l3 3l3 -3",
        // Three points.
        State::Pending => "m-3 0h0.1m2.9 0h0.1m2.9 0h0.1",
        // An eye.
        State::Misbelieved => "m-4 0q4 -5 8 0q-4 5 -8 0m4 0h0.1",
        // Two lines that become one.
        State::Merging => "m-4 -3l4 3l-4 3m4 -3h4",
        // One line that becomes two.
        State::Splitting => "m-4 0h4l4 -3m-4 3l4 3",
        // Two halves.
        State::Joint => "m0 -4v8m-2 -7v6m4 -6v6",
        State::Learner => "m0 -3l3 3l-3 3l-3 -3z",
    }
}
