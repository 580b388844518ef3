//! The causes of what somebody asked about, as a path from it back to where it began.

use std::rc::Rc;

use view::Lang;
use view::clock::Elapsed;
use view::told::Weight;
use view::why::words::led_to_it;
use view::why::{Path, Step, WhyWord};
use yew::{Callback, Component, Context, Html, KeyboardEvent, Properties, classes, html};

use super::when;
use super::world::name;
use crate::model::Msg;
use crate::model::inspect::{Answer, SideMsg};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) answer: Rc<Answer>,
    pub(crate) worlds: usize,
    pub(crate) send: Callback<Msg>,
}

/// The panel of causes.
pub(crate) struct WhyPanel;

impl Component for WhyPanel {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> WhyPanel {
        WhyPanel
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let close = p.send.reform(|_| Msg::Side(SideMsg::Close));
        let onkeydown = when(&p.send, |event: KeyboardEvent| {
            (event.key() == "Escape").then(|| {
                event.stop_propagation();
                Msg::Side(SideMsg::Close)
            })
        });
        let title = WhyWord::Causes.text(p.lang);
        html! {
            <section class="panel causes" aria-label={title} data-testid="why" {onkeydown}>
                <h3>
                    { title }
                    { worlds(p) }
                    <button type="button" class="quiet" id="why-close" onclick={close}
                        aria-label={WhyWord::Close.text(p.lang)}>{ "✕" }</button>
                </h3>
                { match &p.answer.path {
                    Some(path) => whole(p, path),
                    None => html! { <p class="mute">{ WhyWord::NotSo.text(p.lang) }</p> },
                } }
            </section>
        }
    }
}

/// The same question to each world.
fn worlds(p: &Props) -> Html {
    html! {
        <span class="segments" role="group" aria-label={WhyWord::InWorld.text(p.lang)}>
            { for (0..p.worlds).map(|world| {
                let is_asked = world == p.answer.asked.world;
                html! {
                    <button type="button" class={classes!(is_asked.then_some("on"))}
                        aria-pressed={is_asked.to_string()}
                        onclick={p.send.reform(move |_| Msg::Side(SideMsg::AskIn(world)))}>
                        { name(world) }
                    </button>
                }
            }) }
        </span>
    }
}

fn whole(p: &Props, path: &Path) -> Html {
    let last = path.steps.len().saturating_sub(1);
    html! {
        <>
            <ol class="chain">
                { for path.steps.iter().enumerate().map(|(at, step)| {
                    let link = match at {
                        0 => "",
                        _ if at == last => WhyWord::Origin.text(p.lang),
                        _ => WhyWord::Because.text(p.lang),
                    };
                    one_step(p, step, link)
                }) }
            </ol>
            <p class="mute">{ led_to_it(path.events, p.lang) }</p>
        </>
    }
}

fn one_step(p: &Props, step: &Step, link: &'static str) -> Html {
    let class = classes!("cause", (step.weight == Weight::Turning).then_some("turning"));
    html! {
        <li {class}>
            { told(p, step, link) }
            { for step.source.map(|source| html! {
                <p class="source">
                    { WhyWord::DecidedBy.text(p.lang) }{ " " }
                    <b>{ source.question }{ ": " }{ source.value }</b>
                    { " " }<code>{ source.from }</code>
                </p>
            }) }
            if !step.asides.is_empty() {
                <details>
                    <summary>
                        { WhyWord::Also.text(p.lang) }{ format!(" ({})", step.asides.len()) }
                    </summary>
                    <ul>{ for step.asides.iter().map(|aside| html! {
                        <li>{ told(p, aside, "") }</li>
                    }) }</ul>
                </details>
            }
        </li>
    }
}

/// The sentence, and the way to its moment.
fn told(p: &Props, step: &Step, link: &'static str) -> Html {
    let (at, thing) = (step.at, step.thing);
    html! {
        <p>
            <button type="button" class="link when" title={WhyWord::GoThere.text(p.lang)}
                onclick={p.send.reform(move |_| Msg::Side(SideMsg::Visit(at, thing)))}>
                <time>{ Elapsed(at).to_string() }</time>
            </button>
            if !link.is_empty() {
                <em>{ link }</em>
            }
            <span>{ &step.text }</span>
        </p>
    }
}
