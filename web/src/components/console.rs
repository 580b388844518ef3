//! The console: what is typed, for which worlds, and the real tools' answers.

use scenario::{Completion, Target};
use view::actions::HandsWord;
use view::{Lang, Word};
use yew::{Callback, Component, Context, Html, KeyboardEvent, Properties, classes, html};

use super::hands::held_button;
use super::side::why_button;
use super::when;
use super::world::{all_names, name};
use crate::app::typed;
use crate::effects;
use crate::model::console::{Entry, EntryKind};
use crate::model::console_offers::Offers;
use crate::model::{Console, ConsoleMsg, Msg};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) console: Console,
    /// What the held thing is called.
    pub(crate) held: String,
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
        let Props { lang, console, worlds, send, .. } = ctx.props();
        html! {
            <section class="console" aria-label={Word::Console.text(*lang)}>
                <div class="answers" id="answers" role="log" tabindex="0"
                    data-testid="console-output"
                    aria-label={Word::Console.text(*lang)}>
                    { for console.entries.iter().enumerate().map(|(at, entry)| {
                        answer(entry, format!("why-entry-{at}"), *lang, send)
                    }) }
                </div>
                { last_answer(console, *lang, send) }
                <div class="prompt">
                    <div class="segments" role="group" aria-label={Word::ForWorlds.text(*lang)}>
                        { target(Target::All, all_names(*worlds), console, send) }
                        { for (0..*worlds).map(|world| {
                            target(Target::One(world), name(world), console, send)
                        }) }
                    </div>
                    { self.field(ctx.props()) }
                    // As one child, there or not: a list that grows would have Yew make its
                    // neighbour, the field, anew, and take the focus from it.
                    if let Some(offers) = &console.offers {
                        { popup(offers, *lang, send) }
                    }
                    <button type="button" data-testid="console-run"
                        onclick={send.reform(|_| Msg::Console(ConsoleMsg::Submit))}>
                        { Word::Run.text(*lang) }
                    </button>
                    { held_button(&ctx.props().held, *lang, send) }
                </div>
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        effects::scroll_to_end("answers");
        let offers = ctx.props().console.offers.as_ref();
        if let Some(at) = offers.and_then(|offers| offers.active) {
            effects::reveal(&offer_id(at));
        }
    }
}

impl ConsolePanel {
    /// The line, with what it can go on with.
    fn field(&self, props: &Props) -> Html {
        let Props { lang, console, send, .. } = props;
        let oninput = send.reform(|event: yew::InputEvent| typed(effects::value_of(&event)));
        let offers = console.offers.as_ref();
        let is_offering = offers.is_some_and(|offers| !offers.completion.words.is_empty());
        let active = offers.and_then(|offers| offers.active);
        html! {
            <>
                <span class="sigil" aria-hidden="true">{ "»" }</span>
                <input type="text" value={console.line.clone()} {oninput} role="combobox"
                    onkeydown={when(send, move |event| key(event, is_offering, active.is_some()))}
                    id="console-input" data-testid="console-input"
                    aria-label={Word::Console.text(*lang)}
                    aria-expanded={is_offering.to_string()} aria-autocomplete="list"
                    aria-controls="console-offers" aria-activedescendant={active.map(offer_id)}
                    spellcheck="false" autocomplete="off" autocapitalize="off"
                    placeholder={Word::ConsoleHint.text(*lang)} />
            </>
        }
    }
}

fn offer_id(at: usize) -> String {
    format!("offer-{at}")
}

/// What the word being typed can become, over the help of the command.
fn popup(offers: &Offers, lang: Lang, send: &Callback<Msg>) -> Html {
    let words = &offers.completion.words;
    html! {
        <div class="offers" data-testid="offers">
            if !words.is_empty() {
                <div class="offer-list" id="console-offers" role="listbox"
                    aria-label={HandsWord::Next.text(lang)}>
                    { for words.iter().enumerate().map(|(at, word)| {
                        let is_active = offers.active == Some(at);
                        let take = Msg::Console(ConsoleMsg::Take(Some(at)));
                        html! {
                            <div class={classes!("offer", is_active.then_some("active"))}
                                id={offer_id(at)} role="option" key={word.text.clone()}
                                aria-selected={is_active.to_string()}
                                // The field keeps the focus.
                                onmousedown={|event: yew::MouseEvent| event.prevent_default()}
                                onclick={send.reform(move |_| take.clone())}>
                                <b>{ &word.text }</b>
                                { for word.verb.map(|verb| html! {
                                    <span>{ lang.pick(verb.en, verb.zh) }</span>
                                }) }
                            </div>
                        }
                    }) }
                </div>
            }
            { help_line(&offers.completion, lang) }
        </div>
    }
}

/// The command that is being typed: its usage, what it does, and what stands next.
pub(super) fn help_line(completion: &Completion, lang: Lang) -> Html {
    let Some(verb) = completion.verb else {
        return Html::default();
    };
    html! {
        <p class="usage">
            <code>{ format!("{} {}", verb.text, verb.arguments) }</code>
            <span>{ lang.pick(verb.en, verb.zh) }</span>
            if !completion.next.is_empty() {
                <small>
                    { format!("{}: {}", HandsWord::Next.text(lang), completion.next.join(" · ")) }
                </small>
            }
        </p>
    }
}

/// How many bytes the longest answer has that takes itself away.
const BRIEF: usize = 80;

/// What was answered last, until it is read or the console is looked into.
fn last_answer(console: &Console, lang: Lang, send: &Callback<Msg>) -> Html {
    let answered = console.answered_from.and_then(|from| console.entries.get(from..));
    let Some(entries) = answered.filter(|entries| !entries.is_empty()) else {
        return Html::default();
    };
    // What says no more than that it was done takes itself away; read aloud it is anyhow.
    let is_brief = entries.iter().all(|e| e.kind == EntryKind::Done && e.text.len() < BRIEF);
    html! {
        <div class={classes!("last-answer", is_brief.then_some("brief"))} role="status"
            data-testid="last-answer" key={console.entries.len()}>
            <div class="last-entries" role="group" tabindex="0"
                aria-label={HandsWord::Answer.text(lang)}>
                { for entries.iter().enumerate().map(|(at, entry)| {
                    answer(entry, format!("why-last-{at}"), lang, send)
                }) }
            </div>
            <button type="button" aria-label={Word::Close.text(lang)} title={Word::Close.text(lang)}
                onclick={send.reform(|_| {
                    effects::focus("held-open");
                    Msg::Console(ConsoleMsg::CloseAnswer)
                })}>{ "✕" }</button>
        </div>
    }
}

/// What a key means in the field. Tab goes on where there is nothing to complete.
fn key(event: KeyboardEvent, is_offering: bool, is_pointed: bool) -> Option<Msg> {
    let msg = match event.key().as_str() {
        "Enter" if is_pointed => ConsoleMsg::Take(None),
        "Enter" => ConsoleMsg::Submit,
        "Tab" if is_offering && !event.shift_key() => ConsoleMsg::Take(None),
        "ArrowUp" => ConsoleMsg::Older,
        "ArrowDown" => ConsoleMsg::Newer,
        "Escape" => ConsoleMsg::CloseOffers,
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

/// `id` is that of the button that asks for the causes of a refusal.
fn answer(entry: &Entry, id: String, lang: Lang, send: &Callback<Msg>) -> Html {
    let class = classes!(
        "answer",
        (entry.kind == EntryKind::Refused).then_some("refused"),
        entry.world.map(|_| "of-world"),
    );
    html! {
        <div {class}>
            <span class="asked">
                if let Some(world) = entry.world { <b>{ name(world) }</b> }
                { "» " }{ line_of(entry) }
            </span>
            { answered(&entry.text) }
            if let Some(right) = entry.right {
                <p class="right">{ right.text(lang) }</p>
            }
            { for entry.asked.map(|asked| why_button(id, asked, lang, send)) }
        </div>
    }
}

/// What a tool said: a sentence is broken where it is too long; what has lines of its own, a table
/// or JSON, keeps them and can be scrolled, also by keyboard.
fn answered(text: &str) -> Html {
    match text.trim_end().contains('\n') {
        true => html! { <pre class="laid-out" tabindex="0">{ text }</pre> },
        false => html! { <pre>{ text }</pre> },
    }
}

/// The line, with the word that is wrong marked.
fn line_of(entry: &Entry) -> Html {
    let Some(at) = entry.wrong_at else {
        return html! { { &entry.line } };
    };
    let is_before = |(index, _): &(usize, char)| index + 1 < at;
    let from = entry.line.chars().enumerate().take_while(is_before);
    let (right, rest) = entry.line.split_at(from.map(|(_, c)| c.len_utf8()).sum());
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (wrong, after) = rest.split_at(end);
    let wrong = if wrong.is_empty() { "␣" } else { wrong };
    html! { <>{ right }<mark class="wrong">{ wrong }</mark>{ after }</> }
}
