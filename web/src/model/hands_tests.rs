//! Menus, the palette, the console and the walk, by their messages.

use scenario::library;
use sim::StoreId;
use view::Thing;

use super::super::{Seek, Unit, Way};
use super::*;
use crate::model::menu::Item;

fn model() -> Model {
    let scenario = library::load("tikv-18440").expect("it is in the library");
    let releases = scenario.releases;
    Model::new(scenario, &releases)
}

/// Sends a message and what it leads to.
fn send(model: &mut Model, msg: impl Into<Msg>) -> Vec<Effect> {
    let mut effects = model.update(msg.into()).effects;
    for effect in effects.clone() {
        if let Effect::Then(msg) = effect {
            effects.extend(send(model, msg));
        }
    }
    effects
}

fn store(id: u64) -> Option<Thing> {
    Some(Thing::Store(StoreId(id)))
}

fn lanes_stopped(model: &Model) -> usize {
    let lanes = &model.world(0).matrix.lanes;
    lanes.iter().filter(|lane| lane.is_gone()).count()
}

#[test]
fn an_item_of_the_menu_is_carried_out_as_its_line_in_all_targeted_worlds() {
    let mut model = model();
    send(&mut model, MenuMsg::Open(store(5), Some((10, 10))));
    assert_eq!(model.selected, store(5), "what the menu is of is held");
    let menu = model.hands.menu.clone().expect("it is open");
    let Some(Item::Act(first)) = menu.items.first() else { panic!("a deed comes first") };
    assert_eq!(first.line, "stop store 5");
    let effects = send(&mut model, MenuMsg::Choose(None));
    assert_eq!(model.hands.menu, None);
    let issued = model.session.run().issued().last().expect("it was carried out");
    assert_eq!(issued.request.to_string(), "stop store 5");
    assert_eq!(issued.outcomes.iter().flatten().count(), 2, "in both worlds");
    assert!(effects.contains(&Effect::Remember("history", "stop store 5".to_owned())));
    model.update(Msg::Seek(Seek::Go(Unit::Event, Way::Forth)));
    assert_eq!(lanes_stopped(&model), 1);
    // The console's history has it.
    model.update(Msg::Console(ConsoleMsg::Older));
    assert_eq!(model.console.line, "stop store 5");
}

#[test]
fn a_line_for_one_world_is_carried_out_there_alone() {
    let mut model = model();
    model.update(Msg::Console(ConsoleMsg::For(Target::One(1))));
    send(&mut model, MenuMsg::Open(store(5), None));
    send(&mut model, MenuMsg::Choose(None));
    let issued = model.session.run().issued().last().expect("it was carried out");
    assert_eq!(issued.outcomes.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn what_makes_no_sense_now_does_nothing_and_the_menu_stays() {
    let mut model = model();
    send(&mut model, MenuMsg::Open(store(5), None));
    let menu = model.hands.menu.clone().expect("it is open");
    let start = menu.items.iter().position(|item| item.label() == "Start the process");
    let before = model.session.run().issued().len();
    send(&mut model, MenuMsg::Choose(start));
    assert!(model.hands.menu.is_some());
    assert_eq!(model.session.run().issued().len(), before);
}

#[test]
fn a_menu_is_walked_by_arrows_and_by_the_letters_of_its_items() {
    let mut model = model();
    send(&mut model, MenuMsg::Open(store(5), None));
    let active = |model: &Model| {
        let menu = model.hands.menu.as_ref().expect("it is open");
        menu.items[menu.active].label().to_owned()
    };
    send(&mut model, MenuMsg::Go(Go::Before));
    assert_eq!(active(&model), "the cluster", "from the first to the last");
    send(&mut model, MenuMsg::Go(Go::Next));
    send(&mut model, MenuMsg::Type("s".to_owned()));
    send(&mut model, MenuMsg::Type("l".to_owned()));
    assert_eq!(active(&model), "Slow the disk down…");
    send(&mut model, MenuMsg::Type("c".to_owned()));
    assert_eq!(active(&model), "Cut it off from all other stores");
    send(&mut model, MenuMsg::Close);
    assert_eq!(model.hands.menu, None);
}

#[test]
fn a_menu_turns_to_what_its_thing_is_part_of() {
    let mut model = model();
    let region = model.world(0).matrix.rows[0].region;
    send(&mut model, MenuMsg::Open(Some(Thing::Peer(region, StoreId(5))), None));
    let menu = model.hands.menu.clone().expect("it is open");
    let turn = menu.items.iter().position(|item| *item.label() == format!("region {region}"));
    send(&mut model, MenuMsg::Choose(turn));
    let menu = model.hands.menu.clone().expect("another is open");
    assert_eq!(menu.thing, Some(Thing::Region(region)));
}

#[test]
fn a_deed_with_a_parameter_is_asked_for_it_and_refused_where_it_is_wrong() {
    let mut model = model();
    send(&mut model, MenuMsg::Open(store(5), None));
    let menu = model.hands.menu.clone().expect("it is open");
    let slow = menu.items.iter().position(|item| item.label().starts_with("Slow"));
    send(&mut model, MenuMsg::Choose(slow));
    let palette = model.hands.palette.clone().expect("it asks");
    let form = palette.form.expect("for a parameter");
    assert_eq!(&palette.typed[form.part], "200ms");
    send(&mut model, PaletteMsg::Input("slow disk of 5 by much".to_owned()));
    send(&mut model, PaletteMsg::Choose(None));
    let form = model.hands.palette.clone().and_then(|p| p.form).expect("it is still open");
    assert_eq!(form.wrong.map(|(at, _)| at), Some(19), "at the word that is wrong");
    send(&mut model, PaletteMsg::Input("slow disk of 5 by 1".to_owned()));
    send(&mut model, PaletteMsg::Complete);
    let typed = model.hands.palette.clone().expect("it is open").typed;
    assert_eq!(typed, "slow disk of 5 by 1s ");
    send(&mut model, PaletteMsg::Choose(None));
    assert_eq!(model.hands.palette, None);
    let issued = model.session.run().issued().last().expect("it was carried out");
    assert_eq!(issued.request.to_string(), "slow disk of 5 by 1s");
}

fn first_found(model: &mut Model, typed: &str) -> (String, String) {
    if model.hands.palette.is_none() {
        send(model, PaletteMsg::Toggle);
    }
    send(model, PaletteMsg::Input(typed.to_owned()));
    let palette = model.hands.palette.as_ref().expect("it is open");
    let found = palette.found.first().expect("something fits");
    (found.label.clone(), found.line.clone())
}

#[test]
fn the_palette_finds_deeds_incidents_preferences_and_typed_lines() {
    let mut model = model();
    let region = model.world(0).matrix.rows[3].region;
    let found = |model: &mut Model, typed: &str| first_found(model, typed).1;
    assert_eq!(found(&mut model, "stop 6"), "stop store 6");
    assert_eq!(found(&mut model, "max-replicas"), "pd-ctl config set max-replicas 5");
    let split = format!("pd-ctl operator add split-region {region} --policy=scan");
    assert_eq!(found(&mut model, &format!("split {region}")), split);
    assert_eq!(found(&mut model, "pd-5044"), "pd-5044");
    assert_eq!(first_found(&mut model, "dark").0, "Dark");
    assert_eq!(found(&mut model, "stop store 5,6"), "stop store 5,6", "a line is a line");
    send(&mut model, PaletteMsg::Input("no such thing at all".to_owned()));
    assert!(model.hands.palette.as_ref().expect("it is open").found.is_empty());
}

#[test]
fn what_was_chosen_before_comes_first_and_is_kept() {
    let mut model = model();
    assert_eq!(first_found(&mut model, "faults").1, "faults");
    let effects = send(&mut model, PaletteMsg::Choose(Some(1)));
    let chosen = model.hands.recent[0].clone();
    assert!(effects.contains(&Effect::Remember("recent", chosen.clone())));
    let mut later = super::tests::model();
    later.remember_hands("stop store 5\nheal", &chosen);
    send(&mut later, PaletteMsg::Toggle);
    let palette = later.hands.palette.clone().expect("it is open");
    assert!(palette.found[0].is_recent);
    later.update(Msg::Console(ConsoleMsg::Older));
    assert_eq!(later.console.line, "heal");
}

#[test]
fn the_console_completes_the_word_being_typed() {
    let mut model = model();
    let typed = |model: &mut Model, line: &str| {
        model.update(Msg::Console(ConsoleMsg::Input(line.to_owned())));
    };
    typed(&mut model, "pd-ctl sto");
    model.update(Msg::Console(ConsoleMsg::Take(None)));
    assert_eq!(model.console.line, "pd-ctl store ");
    typed(&mut model, "stop store 50");
    model.update(Msg::Console(ConsoleMsg::Newer));
    model.update(Msg::Console(ConsoleMsg::Newer));
    model.update(Msg::Console(ConsoleMsg::Take(None)));
    assert_eq!(model.console.line, "stop store 503 ");
    model.update(Msg::Console(ConsoleMsg::CloseOffers));
    model.update(Msg::Console(ConsoleMsg::Older));
    assert_eq!(model.console.line, "", "there is no older line");
}

#[test]
fn a_line_that_cannot_be_read_is_answered_with_the_place() {
    let mut model = model();
    model.update(Msg::Console(ConsoleMsg::Input("stop store x".to_owned())));
    model.update(Msg::Console(ConsoleMsg::Submit));
    let entry = model.console.entries.last().expect("it is answered");
    assert_eq!(entry.wrong_at, Some(12));
    assert_eq!(model.console.answered_from, Some(0));
    model.update(Msg::Console(ConsoleMsg::CloseAnswer));
    assert_eq!(model.console.answered_from, None);
}
