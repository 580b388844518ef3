//! What menus and the palette offer is what the grammar has: each line can be read, each verb of
//! the grammar is offered on some thing, and what is said to make no sense is not done.

use std::collections::BTreeSet;

use scenario::{Names, Outcome, Query, Request, Run, Target, VERBS, complete, library, parse};
use sim::{Millis, StoreId};
use view::actions::{Action, Care, actions, actions_in, name_of};
use view::{ClusterView, Lang, Projector, Thing};

/// Every thing of a world, and the world itself.
fn things(view: &ClusterView) -> Vec<Option<Thing>> {
    let matrix = &view.matrix;
    let mut things = vec![None, Some(Thing::Pd)];
    things.extend(matrix.lanes.iter().map(|lane| Some(Thing::Store(lane.store))));
    things.extend(view.tables.iter().map(|table| Some(Thing::Table(table.id))));
    for row in matrix.rows.iter() {
        things.push(Some(Thing::Region(row.region)));
        let crossings = matrix.lanes.iter().map(|lane| Thing::Peer(row.region, lane.store));
        things.extend(crossings.map(Some));
    }
    things
}

/// Looks at an incident under its first release at its beginning, and three more times up to its
/// end.
fn at_moments(id: &str, mut look: impl FnMut(&mut Run, ClusterView)) {
    let scenario = library::load(id).expect("it is in the library");
    let (end, release) = (scenario.end, scenario.releases[0]);
    let mut run = Run::of_releases(scenario, &[release], None).expect("it can be run");
    run.start_all();
    for share in [0, 1, 2, 4] {
        run.advance(Millis(end.0 * share / 4));
        let view = seen(&run);
        look(&mut run, view);
    }
}

fn seen(run: &Run) -> ClusterView {
    Projector::default().project(&run.worlds()[0].cluster)
}

fn all_of(view: &ClusterView) -> Vec<Action> {
    things(view).into_iter().flat_map(|thing| actions(view, thing, Lang::En)).collect()
}

#[test]
fn every_line_can_be_read_and_is_named_in_both_languages() {
    for id in library::ids() {
        at_moments(id, |_, view| {
            for thing in things(&view) {
                let (en, zh) = (actions(&view, thing, Lang::En), actions(&view, thing, Lang::Zh));
                assert!(!en.is_empty(), "{id}: nothing can be done to {thing:?}");
                for (en, zh) in en.iter().zip(&zh) {
                    let read = parse(&en.line);
                    assert!(read.is_ok(), "{id}: {} cannot be read: {read:?}", en.line);
                    assert_eq!(en.line, zh.line);
                    assert_ne!(en.label, zh.label, "{} has one name", en.line);
                    assert_eq!(en.idle.is_some(), zh.idle.is_some(), "{}", en.line);
                    let asked = en.asks.clone().map(|part| &en.line[part]);
                    assert_eq!(asked.is_some(), en.label.ends_with('…'), "{}", en.line);
                }
            }
        });
    }
}

#[test]
fn every_verb_of_the_grammar_is_offered_somewhere() {
    let mut lines = BTreeSet::new();
    at_moments("tikv-18440", |_, view| {
        lines.extend(all_of(&view).into_iter().map(|action| action.line));
    });
    let is_offered = |verb: &&scenario::Verb| {
        lines.iter().any(|line| line.trim_start_matches("pd-ctl ").starts_with(verb.text))
    };
    // Refused by every release that is modelled, since placement rules are on.
    let pointless = ["operator add transfer-region"];
    let missing: Vec<&str> = VERBS
        .iter()
        .filter(|verb| !is_offered(verb) && !pointless.contains(&verb.text))
        .map(|verb| verb.text)
        .collect();
    assert_eq!(missing, [""; 0], "these are on no menu");
}

#[test]
fn what_is_said_to_make_no_sense_is_refused_or_changes_nothing_to_be_seen() {
    let mut tried = 0;
    at_moments("tikv-18440", |run, view| {
        for action in all_of(&view).iter().filter(|action| action.idle.is_some()) {
            let request = parse(&action.line).expect("every line can be read");
            if !matches!(request, Request::Command(_)) {
                continue;
            }
            let issued = run.issue(request, Target::All).expect("a command is carried out at once");
            tried += 1;
            if run.issued()[issued].outcomes[0] == Some(Outcome::Done) {
                let looks = seen(run);
                // A lane's mark says that a fault is in force, whatever that comes to.
                let same = looks.matrix.rows == view.matrix.rows && looks.tables == view.tables;
                assert!(same, "{}: {:?}, but it was done", action.line, action.idle);
            }
        }
    });
    assert!(100 < tried, "only {tried} deeds were said to make no sense");
}

#[test]
fn what_cannot_be_brought_back_is_marked() {
    let mut grave = BTreeSet::new();
    at_moments("tikv-18440", |_, view| {
        let actions = all_of(&view).into_iter();
        let marked = actions.filter(|action| action.care == Care::Dangerous);
        grave.extend(marked.map(|action| action.line));
    });
    for start in [
        "pd-ctl unsafe remove-failed-stores --auto-detect",
        "pd-ctl unsafe remove-failed-stores 1,2,9",
        "pd-ctl store remove-tombstone",
        "lose disk of",
        "pd-recover",
    ] {
        assert!(grave.iter().any(|line| line.starts_with(start)), "{start} is not marked");
    }
    let looks = grave.iter().any(|line| matches!(parse(line), Ok(Request::Query(Query::Help))));
    assert!(!looks);
}

#[test]
fn a_deed_that_makes_sense_in_one_world_is_offered_for_both() {
    let scenario = library::load("tikv-18440").expect("it is in the library");
    let release = scenario.releases[0];
    let mut run = Run::of_releases(scenario, &[release], None).expect("it can be run");
    let before = seen(&run);
    run.issue(parse("stop store 5").expect("it can be read"), Target::All);
    let after = seen(&run);
    let store = Some(Thing::Store(StoreId(5)));
    let idle = |views: &[&ClusterView], line: &str| {
        let found = actions_in(views, store, Lang::En);
        found.into_iter().find(|action| action.line == line).expect("it is offered").idle
    };
    assert_eq!(idle(&[&before], "start store 5").as_deref(), Some("its process runs"));
    assert_eq!(idle(&[&before, &after], "start store 5"), None);
    assert_eq!(idle(&[&after, &before], "stop store 5"), None);
    assert_eq!(name_of(&before, store, Lang::En), "store 5");
}

#[test]
fn completion_follows_every_line_that_is_offered_to_its_end() {
    let names = Names { stores: vec![StoreId(5)], ..Names::default() };
    let mut lines = BTreeSet::new();
    at_moments("tikv-18440", |_, view| {
        lines.extend(all_of(&view).into_iter().map(|action| action.line));
    });
    let mut lost = Vec::new();
    for line in lines {
        let bare = line.trim_end_matches(';');
        for (at, _) in bare.match_indices(' ') {
            let begun = &bare[..=at];
            if complete(begun, &names).next.is_empty() {
                lost.push(format!("nothing is known to follow `{begun}` of `{line}`"));
            }
        }
        if complete(&line, &names).verb.is_none() {
            lost.push(format!("no command is known to be `{line}`"));
        }
    }
    assert_eq!(lost, [""; 0]);
}
