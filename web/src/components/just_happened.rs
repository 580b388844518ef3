//! What just happened, in sentences, newest first; and why the worlds part.

use std::rc::Rc;

use view::clock::Elapsed;
use view::told::Weight;
use view::{Lang, Word};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::side::why_button;
use super::world::name;
use crate::model::story::{Item, Parting, Side};
use crate::model::{Msg, Seek};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) items: Rc<Vec<Item>>,
    pub(crate) parting: Option<Rc<Parting>>,
    /// What is said before anything has happened.
    pub(crate) nothing: Word,
    pub(crate) send: Callback<Msg>,
}

/// The panel.
pub(crate) struct JustHappened;

impl Component for JustHappened {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> JustHappened {
        JustHappened
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { lang, items, parting, nothing, send } = ctx.props();
        html! {
            <section class="panel happened" data-testid="happened" tabindex="0"
                aria-label={Word::JustHappened.text(*lang)}>
                <h3>{ Word::JustHappened.text(*lang) }</h3>
                if let Some(parting) = parting {
                    { divergence(parting, *lang, send) }
                }
                if items.is_empty() {
                    <p class="mute">{ nothing.text(*lang) }</p>
                } else {
                    <ol>{ for items.iter().enumerate().map(|(at, item)| {
                        sentence(at, item, *lang, send)
                    }) }</ol>
                }
            </section>
        }
    }
}

fn sentence(place: usize, item: &Item, lang: Lang, send: &Callback<Msg>) -> Html {
    let worlds: Vec<String> = item.worlds.iter().map(|world| name(*world)).collect();
    let class = classes!((item.weight == Weight::Turning).then_some("turning"));
    let at = Elapsed(item.at).to_string();
    html! {
        <li {class}>
            <time>{ at }</time>
            <span class="who">{ worlds.join("") }</span>
            <span>
                { &item.text }
                { for item.asked.map(|asked| {
                    why_button(format!("why-story-{place}"), asked, lang, send)
                }) }
            </span>
        </li>
    }
}

fn divergence(parting: &Parting, lang: Lang, send: &Callback<Msg>) -> Html {
    let at = parting.at;
    html! {
        <div class="parting">
            <button type="button" class="link" data-testid="to-divergence"
                onclick={send.reform(move |_| Msg::Seek(Seek::Moment(at)))}>
                { Word::DivergeHere.text(lang) }{ " · " }{ Elapsed(at).to_string() }
            </button>
            { for parting.sides.iter().map(|side| one_side(side, lang, send)) }
        </div>
    }
}

/// What one world did where they part.
fn one_side(side: &Side, lang: Lang, send: &Callback<Msg>) -> Html {
    html! {
        <div class="side-of">
            <span class="letter">{ name(side.world) }</span>{ " " }{ &side.text }
            { why_button(format!("why-parting-{}", side.world), side.asked, lang, send) }
        </div>
    }
}
