//! `information_schema.tiflash_replica`, the worlds side by side.

use view::cluster_view::TableRow;
use view::why::Question;
use view::{ClusterView, Lang, Thing, Word, phrases};
use yew::{Callback, Html, classes, html};

use super::hue_class;
use super::side::why_button;
use super::world::name;
use crate::model::Msg;
use crate::model::inspect::Asked;

/// The tables' panel.
pub(crate) fn tables(
    worlds: &[ClusterView],
    held: Option<Thing>,
    lang: Lang,
    send: &Callback<Msg>,
) -> Html {
    // A table may have been created or dropped in one world alone.
    let mut rows: Vec<&TableRow> = Vec::new();
    for table in worlds.iter().flat_map(|view| view.tables.iter()) {
        if rows.iter().all(|row| row.name != table.name) {
            rows.push(table);
        }
    }
    html! {
        <section class="panel tables">
            <h3><code>{ "information_schema.tiflash_replica" }</code></h3>
            <table data-testid="tables">
                <caption class="unseen">{ Word::AvailableProgress.text(lang) }</caption>
                <thead><tr>
                    <th scope="col">{ "TABLE" }</th>
                    { for (0..worlds.len()).map(|world| html! {
                        <th scope="col" key={world} title={Word::AvailableProgress.text(lang)}>
                            { name(world) }
                        </th>
                    }) }
                </tr></thead>
                <tbody>
                    { for rows.into_iter().enumerate().map(|table| {
                        row(table, worlds, held, lang, send)
                    }) }
                </tbody>
            </table>
        </section>
    }
}

fn row<'a>(
    (index, TableRow { name, id, .. }): (usize, &TableRow),
    worlds: &'a [ClusterView],
    held: Option<Thing>,
    lang: Lang,
    send: &Callback<Msg>,
) -> Html {
    let in_world = |view: &'a ClusterView| {
        let mut tables = view.tables.iter();
        tables.find(|table| table.name == *name)
    };
    let thing = Thing::Table(*id);
    let is_held = held == Some(thing);
    // Of a table that is ready nobody asks why.
    let ailing = worlds.iter().enumerate().find_map(|(world, view)| {
        let table = in_world(view)?;
        (table.is_wanted() && !table.is_ready()).then_some((world, table.id))
    });
    html! {
        <tr key={name.to_string()} data-table={name.to_string()} data-table-id={id.to_string()}>
            <th scope="row" class={hue_class(index)}>
                <button type="button" class="link" aria-pressed={is_held.to_string()}
                    onclick={send.reform(move |_| Msg::Select(Some(thing)))}
                    onmouseenter={send.reform(move |_| Msg::Hover(Some(thing)))}
                    onmouseleave={send.reform(|_| Msg::Hover(None))}>
                    { name.to_string() }
                </button>
                { for ailing.map(|(world, id)| {
                    let asked = Asked { world, question: Question::Table(id) };
                    why_button(format!("why-table-{index}"), asked, lang, send)
                }) }
            </th>
            { for worlds.iter().map(in_world).enumerate().map(|(world, table)| {
                cell(world, table, lang)
            }) }
        </tr>
    }
}

fn cell(world: usize, table: Option<&TableRow>, lang: Lang) -> Html {
    let Some(table) = table.filter(|table| table.is_wanted()) else {
        return html! { <td key={world} class="mute">{ "–" }</td> };
    };
    let class = classes!(if table.is_ready() { "ok" } else { "bad" });
    let sign = if table.is_ready() { "✓" } else { "✗" };
    let (whole, hundredths) = (table.progress_bp / 10_000, table.progress_bp % 10_000 / 100);
    html! {
        <td key={world} {class} data-available={u8::from(table.is_ready()).to_string()}>
            <span aria-hidden="true">{ sign }</span>
            { format!(" {} · {whole}.{hundredths:02}", u8::from(table.available)) }
            { for table.held.map(|count| format!(" {}", phrases::held_back(count, lang))) }
            <progress max="10000" value={table.progress_bp.to_string()}></progress>
        </td>
    }
}
