//! Nothing is lost by opening something else.

use super::time::{prints, with_a_deed};
use super::*;

/// What is kept outside after a message.
fn kept_after(model: &mut Model, msg: Msg) -> Vec<Kept> {
    let effects = model.update(msg).effects;
    let kept = effects.iter().rev().find_map(|effect| {
        let Effect::Keep(text) = effect else { return None };
        journal::read(text)
    });
    kept.expect("the runs are kept, and can be read")
}

/// Lives through everything that is behind.
fn settle(model: &mut Model) {
    while model.wants_frames() {
        frame(model);
    }
}

fn titles(model: &Model) -> Vec<String> {
    model.left().map(|title| title.en.clone()).collect()
}

/// A scenario of somebody's own, as it is pasted.
fn own_scenario() -> String {
    let text = library::text("pd-10350").expect("it is in the library");
    text.replace("seed 10350", "seed 77").replace("title en ", "title en My own: ")
}

fn paste(model: &mut Model, text: &str) {
    send(model, Msg::Share(ShareMsg::Input(text.to_owned())));
    send(model, Msg::Share(ShareMsg::OpenPasted));
}

#[test]
fn one_comes_back_to_the_run_and_its_branches_after_opening_another_scenario() {
    let mut model = with_a_deed();
    send(&mut model, Msg::Branch(BranchMsg::Undo));
    catch_up(&mut model);
    send(&mut model, TICK);
    let (before, rows) = (prints(&model), model.branch_rows());
    assert_eq!(rows.len(), 2);
    send(&mut model, Msg::Open("pd-9624".into()));
    assert_eq!(model.notice, Some(Notice::Left));
    assert!(model.branch_rows().is_empty(), "another scenario has its own branches");
    send(&mut model, TICK);
    let other = prints(&model);
    send(&mut model, Msg::Branch(BranchMsg::Return(0)));
    settle(&mut model);
    assert_eq!(prints(&model), before);
    assert_eq!(model.branch_rows(), rows);
    assert_eq!(titles(&model).len(), 1, "now the other one is to be come back to");
    send(&mut model, Msg::Branch(BranchMsg::Return(0)));
    settle(&mut model);
    assert_eq!(prints(&model), other);
}

#[test]
fn a_scenario_that_is_opened_again_begins_anew_beside_what_was_done_in_it() {
    let mut model = with_a_deed();
    let before = prints(&model);
    send(&mut model, Msg::Open("pd-9624".into()));
    assert_eq!(model.left().len(), 1);
    send(&mut model, Msg::Open("tikv-18440".into()));
    assert_eq!(model.notice, None, "nothing was done in the one that was left");
    assert_eq!((model.frame.at, model.left().len()), (Millis::ZERO, 0));
    settle(&mut model);
    let rows = model.branch_rows();
    let [kept] = rows.iter().filter(|row| !row.is_shown).collect::<Vec<_>>()[..] else {
        panic!("one branch beside the new one: {rows:?}");
    };
    send(&mut model, Msg::Branch(BranchMsg::Switch(kept.number)));
    assert_eq!(prints(&model), before);
}

#[test]
fn a_scenario_of_ones_own_is_there_again_after_a_reload_and_so_is_what_was_left_for_it() {
    let mut model = with_a_deed();
    let left = prints(&model);
    paste(&mut model, &own_scenario());
    assert_eq!(titles(&model).len(), 1);
    send(&mut model, TICK);
    let own = prints(&model);
    let runs = kept_after(&mut model, Msg::Bookmark(BookmarkMsg::Toggle));
    let mut again = page().restored(&runs, Ended::Left);
    settle(&mut again);
    assert_eq!(again.notice, Some(Notice::Continued));
    assert_eq!(prints(&again), own);
    assert!(again.session.run().scenario().title.en.starts_with("My own: "));
    send(&mut again, Msg::Branch(BranchMsg::Return(0)));
    settle(&mut again);
    assert_eq!(prints(&again), left);
    assert!(titles(&again)[0].starts_with("My own: "), "{:?}", titles(&again));
}

#[test]
fn time_that_passes_step_by_step_is_kept() {
    let mut model = page();
    let runs = kept_after(&mut model, TICK);
    let again = page().restored(&runs, Ended::Left);
    assert_eq!(again.notice, Some(Notice::Continued));
    assert_eq!(runs[0].record.until, Millis(1_000));
}

#[test]
fn a_link_to_the_same_scenario_keeps_the_run_that_it_takes_the_place_of() {
    let mut model = with_a_deed();
    let before = prints(&model);
    paste(&mut model, "?incident=tikv-18440&at=5000");
    settle(&mut model);
    assert_eq!(model.shown_at(), Millis(5_000));
    let rows = model.branch_rows();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let kept = rows.iter().find(|row| !row.is_shown).expect("one of the two").number;
    // The same link again changes nothing.
    paste(&mut model, "?incident=tikv-18440&at=5000");
    settle(&mut model);
    assert_eq!(model.branch_rows().len(), 2);
    send(&mut model, Msg::Branch(BranchMsg::Switch(kept)));
    assert_eq!(prints(&model), before);
}

#[test]
fn a_deed_on_its_way_is_not_lost_by_starting_again() {
    let mut model = with_a_deed();
    send(&mut model, Msg::Seek(Seek::Moment(Millis(1_000))));
    type_line(&mut model, "stop store 5");
    assert!(model.is_catching_up());
    send(&mut model, Msg::Restart);
    settle(&mut model);
    assert_eq!(model.branch_rows().len(), 3);
    let done = |session: &Session| {
        session.run().record().inputs.iter().any(|input| match &input.deed {
            scenario::Deed::Issue { request, .. } => request.to_string() == "stop store 5",
            scenario::Deed::StartStep(_) | scenario::Deed::SetKnobs { .. } => false,
        })
    };
    assert!(model.branches.parked().iter().any(done), "it is done in the branch that it began");
}
