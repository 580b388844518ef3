//! A run as a log for ShiViz: events with vector clocks, from which it draws who knew of what.
//!
//! The file begins with the expression by which ShiViz reads it and an empty line (there is one
//! execution). Then come two lines an event: when and what; who, and that host's vector clock.
//! The clocks follow from the causes of events, also of those that are left out.

use sim::{Event, Millis};

use super::party::{Leaders, Party};
use super::plain;
use crate::json::Json;
use crate::told::{Names, Weight, told};

/// How ShiViz is to read the log.
const EXPRESSION: &str = r"(?<date>\d+) ms (?<event>.*)\n(?<host>\S*) (?<clock>\{.*\})";

/// The most events there are in a log: ShiViz draws each as a circle.
const MOST: usize = 2_000;

/// The log of what happened up to `to`.
pub fn shiviz(events: &[Event], to: Millis, names: &Names) -> String {
    let mut out = format!("{EXPRESSION}\n\n");
    let mut leaders = Leaders::default();
    let mut hosts: Vec<Party> = Vec::new();
    // By host: the clock of its last event that is in the log.
    let mut newest: Vec<Vec<u32>> = Vec::new();
    let mut clocks: Vec<Vec<u32>> = Vec::new();
    let mut count = 0;
    for event in events.iter().take_while(|event| event.at <= to) {
        let host = leaders.exchange(event).from;
        let mut clock = Vec::new();
        for cause in &event.causes {
            let known = usize::try_from(cause.0).ok().and_then(|index| clocks.get(index));
            known.into_iter().for_each(|known| merge(&mut clock, known));
        }
        let told = told(event, names, crate::Lang::En);
        let told = told.filter(|told| Weight::Notable <= told.weight && count < MOST);
        if let Some(told) = told {
            let at = hosts.iter().position(|known| *known == host).unwrap_or(hosts.len());
            if at == hosts.len() {
                hosts.push(host);
                newest.push(Vec::new());
            }
            merge(&mut clock, &newest[at]);
            clock.resize(clock.len().max(at + 1), 0);
            clock[at] += 1;
            newest[at].clone_from(&clock);
            count += 1;
            let text: Vec<String> = told.text.split_whitespace().map(plain).collect();
            let (ms, text) = (event.at.0, text.join(" "));
            out.push_str(&format!("{ms} ms {text}\n{host} {}\n", written(&clock, &hosts)));
        }
        clocks.push(clock);
    }
    out
}

fn merge(clock: &mut Vec<u32>, other: &[u32]) {
    clock.resize(clock.len().max(other.len()), 0);
    clock.iter_mut().zip(other).for_each(|(own, other)| *own = (*own).max(*other));
}

fn written(clock: &[u32], hosts: &[Party]) -> Json {
    let known = hosts.iter().zip(clock).filter(|(_, count)| 0 < **count);
    Json::Map(
        known.map(|(host, count)| (host.to_string(), Json::Number((*count).into()))).collect(),
    )
}
