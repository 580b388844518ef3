//! A stretch of a run as a Mermaid sequence diagram: who did what, and to whom, of what a watcher
//! should not miss. Mermaid's own documentation says how its text is written.

use sim::order;
use sim::{Event, Millis};

use super::party::{Leaders, Party};
use super::plain;
use crate::clock::Elapsed;
use crate::lang::Lang;
use crate::told::{Names, Weight, told};

/// More lines than this nobody reads, nor does Mermaid draw them.
const MOST: usize = 150;

/// The text of what happened from `from` to `to`.
pub fn mermaid(events: &[Event], from: Millis, to: Millis, names: &Names, lang: Lang) -> String {
    let mut leaders = Leaders::default();
    let mut parties: Vec<Party> = Vec::new();
    let mut lines = String::new();
    let (mut count, mut last) = (0, String::new());
    for event in events.iter().take_while(|event| event.at <= to) {
        let exchange = leaders.exchange(event);
        let told = told(event, names, lang).filter(|told| Weight::Notable <= told.weight);
        let Some(told) = told.filter(|_| from <= event.at) else { continue };
        let text = format!("{} {}", Elapsed(event.at), told.text);
        if text == last {
            continue;
        }
        count += 1;
        if MOST < count {
            continue;
        }
        for party in [Some(exchange.from), exchange.to].into_iter().flatten() {
            if !parties.contains(&party) {
                parties.push(party);
            }
        }
        let (from, text_in) = (id(exchange.from), escaped(&text));
        lines.push_str(&match (exchange.to, exchange.failed) {
            (None, _) => format!("    Note over {from}: {text_in}\n"),
            (Some(to), false) => format!("    {from}->>{}: {text_in}\n", id(to)),
            (Some(to), true) => format!("    {from}-x{}: {text_in}\n", id(to)),
        });
        last = text;
    }
    let mut out = String::from("sequenceDiagram\n");
    order::sort_by(&mut parties, Ord::cmp);
    for party in &parties {
        out.push_str(&format!("    participant {} as {party}\n", id(*party)));
    }
    out.push_str(&lines);
    if let (Some(left), Some(first)) = (count.checked_sub(MOST + 1), parties.first()) {
        let more = left + 1;
        let note = match lang {
            Lang::En => format!("{more} more"),
            Lang::Zh => format!("另有 {more} 条"),
        };
        out.push_str(&format!("    Note over {}: {note}\n", id(*first)));
    }
    out
}

/// A participant's name within the text.
fn id(party: Party) -> String {
    match party {
        Party::Operator => "operator".to_owned(),
        Party::Pd => "pd".to_owned(),
        Party::TiDb => "tidb".to_owned(),
        Party::Store(store) => format!("s{store}"),
    }
}

/// A text with what means something to Mermaid, or to the page that draws it, as entities.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in plain_line(text).chars() {
        match c {
            '#' | ';' | '<' | '>' | '"' | '&' | '%' | '`' | '{' | '}' => {
                out.push_str(&format!("#{};", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out
}

/// A sentence on one line; longer than a name may be.
fn plain_line(text: &str) -> String {
    text.split_whitespace().map(plain).collect::<Vec<_>>().join(" ")
}
