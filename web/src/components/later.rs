//! What is read rather than watched: while something moves, it follows when that rests.

use gloo::render::AnimationFrame;
use yew::{Component, Context, Html, Properties};

use crate::effects;

/// After so many milliseconds it follows in any case.
const LATEST_MS: f64 = 1_000.0;

#[derive(Properties)]
pub(crate) struct Props {
    /// Whether this may wait.
    pub(crate) may_wait: bool,
    /// How many frames it waits before it is drawn for the first time: when the page opens, a phone
    /// has no time to draw all at once and to answer as well.
    #[prop_or_default]
    pub(crate) after: u32,
    /// What is seen until then.
    #[prop_or_default]
    pub(crate) poster: Html,
    /// What is read.
    pub(crate) children: Html,
}

impl PartialEq for Props {
    /// Yew takes two components of a kind for equal, whatever they are to show.
    fn eq(&self, _other: &Props) -> bool {
        false
    }
}

/// What is drawn with a picture that moves, but after it: in the first frame in which the picture
/// rests. Nobody reads faster than that, and the picture keeps its frames.
pub(crate) struct Later {
    /// How many frames it waits for its first one.
    waits: u32,
    drawn_at: f64,
    /// Whether something has moved since the last frame.
    moved: bool,
    frame: Option<AnimationFrame>,
}

impl Later {
    fn ask_for_frame(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        self.frame = Some(effects::next_frame(move |_| link.send_message(())));
    }

    fn is_drawn(&mut self) -> bool {
        (self.frame, self.drawn_at) = (None, effects::now_ms());
        true
    }
}

impl Component for Later {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Later {
        let waits = ctx.props().after;
        let mut later = Later { waits, drawn_at: effects::now_ms(), moved: false, frame: None };
        if 0 < waits {
            later.ask_for_frame(ctx);
        }
        later
    }

    fn changed(&mut self, ctx: &Context<Self>, _old: &Props) -> bool {
        if 0 < self.waits {
            return false;
        }
        if !ctx.props().may_wait || self.drawn_at + LATEST_MS <= effects::now_ms() {
            return self.is_drawn();
        }
        self.moved = true;
        if self.frame.is_none() {
            self.ask_for_frame(ctx);
        }
        false
    }

    /// A frame has begun.
    fn update(&mut self, ctx: &Context<Self>, (): ()) -> bool {
        self.waits = self.waits.saturating_sub(1);
        if 0 < self.waits || std::mem::take(&mut self.moved) {
            self.ask_for_frame(ctx);
            return false;
        }
        self.is_drawn()
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        if 0 < self.waits { p.poster.clone() } else { p.children.clone() }
    }
}
