//! What an inspector says: blocks of rows, the worlds in one table. What they agree on stands once;
//! where they differ, each has a line of its own with its letter.

use std::rc::Rc;

use view::inspect::{Row, SharedBlock, SharedRow, Tone};
use view::{Lang, Word};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::side::why_button;
use super::world::name;
use crate::model::Msg;
use crate::model::inspect::Asked;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) blocks: Rc<Vec<SharedBlock>>,
    pub(crate) worlds: usize,
    pub(crate) send: Callback<Msg>,
}

/// A value of at most so many characters stays on one line.
const SHORT: usize = 9;

/// An inspector's blocks.
pub(crate) struct Sheets;

impl Component for Sheets {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Sheets {
        Sheets
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let blocks = p.blocks.iter().enumerate();
        html! { <>{ for blocks.map(|(at, block)| one_block(p, at, block)) }</> }
    }
}

fn one_block(p: &Props, at: usize, block: &SharedBlock) -> Html {
    html! {
        <section class="panel facts" key={block.heading.clone()}>
            <h3>{ &block.heading }</h3>
            if !block.rows.is_empty() {
                <div class="scroll">
                    <table class={classes!(block.columns.is_empty().then_some("few"))}>
                        if !block.columns.is_empty() {
                            { columns(block) }
                        }
                        <tbody>
                            { for block.rows.iter().enumerate().map(|(row, shared)| {
                                rows(p, &format!("why-{at}-{row}"), shared)
                            }) }
                        </tbody>
                    </table>
                </div>
            }
            { for block.notes.iter().map(|(worlds, note)| html! {
                <p class="mute">{ letters(p, worlds) }{ note }</p>
            }) }
            { for block.codes.iter().map(|(worlds, code)| html! {
                <div class="tool">
                    { letters(p, worlds) }
                    <pre tabindex="0" aria-label={block.heading.clone()}>{ code }</pre>
                </div>
            }) }
        </section>
    }
}

fn columns(block: &SharedBlock) -> Html {
    html! {
        <thead><tr>
            <td></td>
            <td></td>
            { for block.columns.iter().map(|column| html! { <th scope="col">{ column }</th> }) }
            <td></td>
        </tr></thead>
    }
}

fn rows(p: &Props, id: &str, shared: &SharedRow) -> Html {
    let class = classes!(shared.differs.then_some("apart"));
    shared
        .forms
        .iter()
        .enumerate()
        .map(|(form, (worlds, row))| {
            html! {
                <tr class={class.clone()}>
                    if form == 0 {
                        <th scope="row" rowspan={shared.forms.len().to_string()}>
                            { label(p, row) }
                        </th>
                    }
                    <td class="of">{ letters_if(p, worlds, shared.differs) }</td>
                    { for row.cells.iter().map(cell) }
                    <td class="asks">{ ask(p, format!("{id}-{form}"), worlds, row) }</td>
                </tr>
            }
        })
        .collect()
}

fn cell(value: &view::inspect::Value) -> Html {
    let tone_class = match value.tone {
        Tone::Plain => "",
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Busy => "busy",
    };
    let is_short = value.text.chars().count() <= SHORT;
    let class = classes!(tone_class, is_short.then_some("short"));
    html! {
        <td {class}>
            if value.tone != Tone::Plain {
                <span class="tone" aria-hidden="true">{ value.tone.sign() }</span>
            }
            { &value.text }
        </td>
    }
}

fn label(p: &Props, row: &Row) -> Html {
    match row.thing {
        Some(thing) => html! {
            <button type="button" class="link"
                onclick={p.send.reform(move |_| Msg::Select(Some(thing)))}
                onmouseenter={p.send.reform(move |_| Msg::Hover(Some(thing)))}
                onmouseleave={p.send.reform(|_| Msg::Hover(None))}>{ &row.label }</button>
        },
        None => html! { &row.label },
    }
}

fn ask(p: &Props, id: String, worlds: &[usize], row: &Row) -> Html {
    match (row.why, worlds.first()) {
        (Some(question), Some(&world)) => {
            why_button(id, Asked { world, question }, p.lang, &p.send)
        }
        (_, _) => Html::default(),
    }
}

fn letters_if(p: &Props, worlds: &[usize], differs: bool) -> Html {
    if differs { letters(p, worlds) } else { Html::default() }
}

/// The letters of the worlds, unless these are all.
fn letters(p: &Props, worlds: &[usize]) -> Html {
    if worlds.len() == p.worlds {
        return Html::default();
    }
    html! {
        <span class="who" title={Word::DivergeHere.text(p.lang)}>
            { worlds.iter().map(|world| name(*world)).collect::<String>() }
        </span>
    }
}
