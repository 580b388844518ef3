//! The console: what is typed, for which worlds, and the real tools' answers.

use scenario::Target;
use view::{Lang, Word};
use yew::{Callback, Component, Context, Html, KeyboardEvent, Properties, classes, html};

use super::when;
use super::world::name;
use crate::app::typed;
use crate::effects;
use crate::model::console::{Entry, EntryKind};
use crate::model::{Console, ConsoleMsg, Msg};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) console: Console,
    pub(crate) worlds: usize,
    pub(crate) send: Callback<Msg>,
}

/// The console's panel.
pub(crate) struct ConsolePanel;

impl Component for ConsolePanel {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> ConsolePanel {
        ConsolePanel
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { lang, console, worlds, send } = ctx.props();
        let oninput = send.reform(|event: yew::InputEvent| typed(effects::value_of(&event)));
        html! {
            <section class="console" aria-label={Word::Console.text(*lang)}>
                <div class="answers" id="answers" role="log" tabindex="0"
                    data-testid="console-output"
                    aria-label={Word::Console.text(*lang)}>
                    { for console.entries.iter().map(answer) }
                </div>
                <div class="prompt">
                    <div class="segments" role="group">
                        { target(Target::All, Word::Both.text(*lang).to_owned(), console, send) }
                        { for (0..*worlds).map(|world| {
                            target(Target::One(world), name(world), console, send)
                        }) }
                    </div>
                    <span class="sigil" aria-hidden="true">{ "»" }</span>
                    <input type="text" value={console.line.clone()} {oninput}
                        onkeydown={when(send, key)} data-testid="console-input"
                        aria-label={Word::Console.text(*lang)} spellcheck="false"
                        autocomplete="off" autocapitalize="off"
                        placeholder={Word::ConsoleHint.text(*lang)} />
                    <button type="button" data-testid="console-run"
                        onclick={send.reform(|_| Msg::Console(ConsoleMsg::Submit))}>
                        { Word::Run.text(*lang) }
                    </button>
                </div>
            </section>
        }
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        effects::scroll_to_end("answers");
    }
}

fn key(event: KeyboardEvent) -> Option<Msg> {
    let msg = match event.key().as_str() {
        "Enter" => ConsoleMsg::Submit,
        "ArrowUp" => ConsoleMsg::Older,
        "ArrowDown" => ConsoleMsg::Newer,
        _ => return None,
    };
    event.prevent_default();
    Some(Msg::Console(msg))
}

fn target(target: Target, label: String, console: &Console, send: &Callback<Msg>) -> Html {
    let pressed = console.target == target;
    html! {
        <button type="button" class={classes!(pressed.then_some("on"))}
            aria-pressed={pressed.to_string()}
            onclick={send.reform(move |_| Msg::Console(ConsoleMsg::For(target)))}>{ label }</button>
    }
}

fn answer(entry: &Entry) -> Html {
    let class = classes!(
        "answer",
        (entry.kind == EntryKind::Refused).then_some("refused"),
        entry.world.map(|_| "of-world"),
    );
    html! {
        <div {class}>
            <span class="asked">
                if let Some(world) = entry.world { <b>{ name(world) }</b> }
                { "» " }{ &entry.line }
            </span>
            <pre>{ &entry.text }</pre>
        </div>
    }
}
