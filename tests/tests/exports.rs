//! What a run looks like in other formats, as recorded in `tests/exports`, and what names that mean
//! harm come to there.

use scenario::{Run, Saved, Scenario};
use sim::{Millis, Release};
use tests::golden;
use view::export::itf::itf;
use view::export::mermaid::mermaid;
use view::export::shiviz::shiviz;
use view::export::svg::svg;
use view::told::Names;
use view::{ClusterView, Lang, Projector};

/// The incident at half past three minutes: recovered, and store 502 asked for in vain.
fn incident() -> Run {
    let query = "?incident=tikv-18440&a=8.5.2&at=221500";
    let saved = Saved::from_query(query).expect("it is right").expect("it says something");
    Run::replay(saved.scenario, &saved.record).expect("it fits")
}

fn view(run: &Run) -> ClusterView {
    Projector::default().project(&run.worlds()[0].cluster)
}

fn names(run: &Run) -> Names {
    Names::of_cluster(&run.worlds()[0].cluster)
}

/// Whether a text is well-formed XML, as far as what we write goes: tags closed in their order,
/// every attribute quoted, no bare ampersand.
fn is_well_formed(text: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for (index, part) in text.split('<').enumerate() {
        let Some((tag, after)) = part.split_once('>') else {
            return index == 0 && part.is_empty();
        };
        let quotes = tag.matches('"').count();
        if !quotes.is_multiple_of(2) || after.contains('>') || has_bare_ampersand(part) {
            return false;
        }
        if let Some(closed) = tag.strip_prefix('/') {
            if open.pop() != Some(closed) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split([' ', '\n']).next().unwrap_or_default());
        }
    }
    open.is_empty()
}

fn has_bare_ampersand(text: &str) -> bool {
    let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
    text.split('&').skip(1).any(|rest| !known.iter().any(|entity| rest.starts_with(entity)))
}

#[test]
fn the_incident_is_exported_as_recorded() {
    let run = incident();
    let (view, names) = (view(&run), names(&run));
    let events = run.worlds()[0].cluster.events();
    let picture = svg(&view, "Tables that never get their TiFlash replica · TiKV 8.5.2", Lang::En);
    assert!(is_well_formed(&picture));
    golden::compare("../exports/incident.svg", &picture);
    golden::compare("../exports/incident-zh.svg", &svg(&view, "事故", Lang::Zh));
    let (from, to) = (Millis(60_000), Millis(221_500));
    golden::compare("../exports/incident.mmd", &mermaid(events, from, to, &names, Lang::En));
    golden::compare("../exports/incident.shiviz", &shiviz(events, Millis(120_000), &names));
    golden::compare("../exports/incident.itf.json", &itf("tikv-18440", [&view].into_iter()));
}

#[test]
fn a_trace_is_what_the_format_says() {
    let run = incident();
    let view = view(&run);
    let text = itf("x\"</script>\u{202e}", [&view, &view].into_iter());
    let trace: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(trace["#meta"]["format"], "ITF");
    assert_eq!(trace["#meta"]["source"], "x\"</script>");
    let states = trace["states"].as_array().expect("there are states");
    for (index, state) in states.iter().enumerate() {
        assert_eq!(state["#meta"]["index"], index);
        for name in trace["vars"].as_array().expect("there are variables") {
            let name = name.as_str().expect("a variable has a name");
            assert!(!state[name].is_null(), "{name}");
        }
        assert_eq!(state["regions"]["#map"].as_array().map(Vec::len), Some(30));
    }
}

/// ShiViz refuses a log in which a host's own count does not grow by one from one, or in which a
/// clock knows of an event that is not there.
#[test]
fn vector_clocks_grow_as_shiviz_wants_them() {
    let run = incident();
    let text = shiviz(run.worlds()[0].cluster.events(), Millis(221_500), &names(&run));
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|line| line.contains("(?<clock>")));
    assert_eq!(lines.next(), Some(""));
    let mut counts = std::collections::BTreeMap::new();
    let rest: Vec<&str> = lines.collect();
    assert!(100 < rest.len());
    for pair in rest.chunks(2) {
        let [_, clock] = pair else { panic!("an event has two lines: {pair:?}") };
        let (host, clock) = clock.split_once(' ').expect("a host and its clock");
        let clock: std::collections::BTreeMap<String, u64> =
            serde_json::from_str(clock).expect("a clock is JSON");
        let count = counts.entry(host.to_owned()).or_insert(0);
        *count += 1;
        assert_eq!(clock[host], *count, "{pair:?}");
        for (other, known) in &clock {
            assert!(counts.get(other).is_some_and(|count| known <= count), "{pair:?}");
        }
    }
}

/// Names that would be markup.
const HARM: [&str; 4] =
    ["<script>alert(1)</script>", "\"onload=\"alert(1)", "&lt;b&gt;]]>", "'-->%%{init}%%;#"];

#[test]
fn no_name_does_anything_in_an_export() {
    for harm in HARM {
        let text = include_str!("../../crates/scenario/tests/small.scn")
            .replace("zone dc1", &format!("zone {harm}"))
            .replace("address 10.0.0.1:20160", &format!("address {harm}"));
        let scenario = Scenario::parse("x.scn", &text).expect("a zone may be called anything");
        let mut run = Run::of_releases(scenario, &[Release::V8_5_8], None).expect("it is sound");
        run.start_all();
        run.advance(Millis(20_000));
        let (view, names) = (view(&run), names(&run));
        let picture = svg(&view, &format!("{harm}\u{202e}\0\u{200b}"), Lang::En);
        assert!(is_well_formed(&picture), "{harm}: {picture}");
        let trace = itf(harm, [&view].into_iter());
        serde_json::from_str::<serde_json::Value>(&trace).expect("it is JSON");
        let events = run.worlds()[0].cluster.events();
        let sequence = mermaid(events, Millis::ZERO, Millis(20_000), &names, Lang::Zh);
        let log = shiviz(events, Millis(20_000), &names);
        for text in [picture, trace, sequence, log] {
            assert!(!text.contains(['\u{202e}', '\u{200b}', '\0']), "{harm}: {text}");
        }
    }
}
