//! Going back, doing something else, and coming back.

use super::*;

/// Lets seconds pass.
fn seconds(model: &mut Model, seconds: usize) {
    for _ in 0..seconds {
        send(model, TICK);
    }
}

/// The page after `stop store 6` at 2 s and three more seconds.
pub(super) fn with_a_deed() -> Model {
    let mut model = page();
    seconds(&mut model, 2);
    type_line(&mut model, "stop store 6");
    seconds(&mut model, 3);
    model
}

pub(super) fn prints(model: &Model) -> Vec<u64> {
    model.frame.worlds.iter().map(|view| view.fingerprint).collect()
}

fn numbers(model: &Model) -> Vec<(u32, bool)> {
    model.branch_rows().iter().map(|row| (row.number, row.is_shown)).collect()
}

#[test]
fn a_command_in_the_past_branches_off_there_and_the_old_future_is_kept() {
    let mut model = with_a_deed();
    let (old, shown) = (prints(&model), Millis(1_500));
    send(&mut model, Msg::Seek(Seek::Moment(shown)));
    let seen = model.frame.clone();
    type_line(&mut model, "stop store 5");
    assert_eq!(model.frame, seen, "there is something to see at once: the moment looked at");
    catch_up(&mut model);
    assert_eq!((model.cursor, model.session.run().now()), (None, shown));
    assert_eq!(model.console.entries.last().map(|entry| entry.text.as_str()), Some("ok"));
    assert_eq!(numbers(&model), [(1, false), (2, true)]);
    let rows = model.branch_rows();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["stop store 6", "stop store 5"]);
    assert_eq!((rows[0].from, rows[1].from), (Millis(2_000), shown));
    send(&mut model, Msg::Branch(BranchMsg::Switch(1)));
    assert_eq!(prints(&model), old, "the old future is as it was");
    assert_eq!(numbers(&model), [(1, true), (2, false)]);
}

#[test]
fn a_branch_is_the_run_that_one_would_have_had_without_looking_back() {
    let mut model = with_a_deed();
    send(&mut model, Msg::Seek(Seek::Moment(Millis(1_000))));
    type_line(&mut model, "stop store 5");
    catch_up(&mut model);
    seconds(&mut model, 4);
    let mut straight = page();
    seconds(&mut straight, 1);
    type_line(&mut straight, "stop store 5");
    seconds(&mut straight, 4);
    assert_eq!(prints(&model), prints(&straight));
    send(&mut model, Msg::Seek(Seek::Moment(Millis(500))));
    send(&mut straight, Msg::Seek(Seek::Moment(Millis(500))));
    assert_eq!(*model.frame, *straight.frame, "the views before it were taken over");
}

#[test]
fn what_was_done_last_is_undone_and_done_again_one_by_one() {
    let mut model = with_a_deed();
    type_line(&mut model, "stop store 5");
    type_line(&mut model, "pd-ctl store");
    let both = prints(&model);
    send(&mut model, Msg::Branch(BranchMsg::Undo));
    catch_up(&mut model);
    let first = prints(&model);
    assert_eq!(model.session.run().record().inputs.len(), 1, "a question is no deed");
    send(&mut model, Msg::Branch(BranchMsg::Undo));
    catch_up(&mut model);
    assert_eq!((model.frame.at, model.can_undo()), (Millis(2_000), false));
    assert_eq!(numbers(&model).len(), 2, "what is on the way is no branch of its own");
    send(&mut model, Msg::Branch(BranchMsg::Redo));
    catch_up(&mut model);
    assert_eq!(model.frame.at, Millis(2_000));
    seconds(&mut model, 3);
    assert_eq!(prints(&model), first);
    send(&mut model, Msg::Branch(BranchMsg::Redo));
    catch_up(&mut model);
    assert_eq!(prints(&model), both);
    assert!(!model.can_redo());
}

#[test]
fn time_that_passed_after_an_undo_is_a_branch_of_its_own() {
    let mut model = with_a_deed();
    send(&mut model, Msg::Branch(BranchMsg::Undo));
    catch_up(&mut model);
    seconds(&mut model, 3);
    let undisturbed = prints(&model);
    send(&mut model, Msg::Branch(BranchMsg::Redo));
    catch_up(&mut model);
    assert_ne!(prints(&model), undisturbed);
    let left = model.branch_rows().into_iter().find(|row| !row.is_shown);
    let left = left.expect("the undisturbed run is kept").number;
    send(&mut model, Msg::Branch(BranchMsg::Switch(left)));
    assert_eq!(prints(&model), undisturbed);
    let other = model.branch_rows().into_iter().find(|row| !row.is_shown);
    let other = other.expect("the run with the deed is kept").number;
    send(&mut model, Msg::Branch(BranchMsg::Delete(other)));
    assert!(model.branch_rows().is_empty());
}

#[test]
fn a_question_about_the_past_is_answered_as_of_then_and_changes_nothing() {
    let mut model = with_a_deed();
    type_line(&mut model, "faults");
    let before = prints(&model);
    type_line(&mut model, "cut 5 8");
    send(&mut model, Msg::Seek(Seek::Moment(Millis(1_000))));
    type_line(&mut model, "faults");
    catch_up(&mut model);
    assert_eq!(model.cursor, Some(Millis(1_000)), "one still looks at the same moment");
    assert!(model.branch_rows().is_empty());
    let texts: Vec<&str> = model.console.entries.iter().map(|e| e.text.as_str()).collect();
    assert_eq!(texts.first().map(|_| texts[1]), texts.last().copied(), "{texts:?}");
    send(&mut model, Msg::Seek(Seek::Now));
    assert_eq!(model.frame.at, Millis(5_000));
    assert_ne!(prints(&model), before);
}

#[test]
fn stepping_back_finds_each_moment_that_stepping_forth_found() {
    let mut model = page();
    let forth = Msg::Seek(Seek::Go(Unit::Event, Way::Forth));
    let back = Msg::Seek(Seek::Go(Unit::Event, Way::Back));
    type_line(&mut model, "stop store 6");
    let mut seen = vec![model.frame.clone()];
    for _ in 0..6 {
        send(&mut model, forth.clone());
        seen.push(model.frame.clone());
    }
    seen.dedup();
    for frame in seen.iter().rev().skip(1) {
        send(&mut model, back.clone());
        assert_eq!(model.frame.at, frame.at);
        assert_eq!(model.frame, *frame);
    }
    send(&mut model, forth);
    assert_eq!(model.frame.at, seen[1].at);
}

#[test]
fn playing_records_every_notable_moment() {
    let mut model = page();
    model.clock.speed = clock::SPEEDS.len() - 1;
    for _ in 0..3 {
        send(&mut model, Msg::Step(None));
        while model.wants_frames() {
            frame(&mut model);
        }
    }
    let session = &model.session;
    for index in session.notable(0, usize::MAX) {
        let at = session.events(0)[*index].at;
        assert_eq!(session.timeline().seek(at).map(|frame| frame.at), Some(at));
    }
    assert!(3 < session.notable(0, usize::MAX).len());
}

#[test]
fn one_goes_to_commands_failures_and_bookmarks() {
    let mut model = with_a_deed();
    type_line(&mut model, "lose disk of 5");
    seconds(&mut model, 1);
    let go = |model: &mut Model, unit, way| {
        send(model, Msg::Seek(Seek::Go(unit, way)));
        model.shown_at()
    };
    assert_eq!(go(&mut model, Unit::Command, Way::Back), Millis(5_000));
    assert_eq!(go(&mut model, Unit::Command, Way::Back), Millis(2_000));
    assert_eq!(go(&mut model, Unit::Command, Way::Forth), Millis(5_000));
    send(&mut model, Msg::Seek(Seek::Moment(Millis(3_000))));
    send(&mut model, Msg::Bookmark(BookmarkMsg::Toggle));
    let name = BookmarkMsg::Name(Millis(3_000), "before the disk".to_owned());
    send(&mut model, Msg::Bookmark(name));
    send(&mut model, Msg::Seek(Seek::Now));
    assert_eq!(go(&mut model, Unit::Bookmark, Way::Back), Millis(3_000));
    assert!(model.is_bookmarked());
    let kept = journal::read(&journal::write(&[Kept {
        number: 1,
        text: None,
        record: model.session.whole_record(),
        bookmarks: model.session.bookmarks.clone(),
    }]));
    let kept = kept.expect("what is kept can be read");
    assert_eq!(kept[0].bookmarks[0].name, "before the disk");
    send(&mut model, Msg::Bookmark(BookmarkMsg::Remove(Millis(3_000))));
    assert!(model.session.bookmarks.is_empty());
}

#[test]
fn up_to_four_worlds_live_through_the_same_and_one_can_be_left_out() {
    let mut model = with_a_deed();
    let two = prints(&model);
    for worlds in 3..=MOST_WORLDS {
        send(&mut model, Msg::World(WorldMsg::Copy(1)));
        catch_up(&mut model);
        assert_eq!(model.frame.worlds.len(), worlds);
    }
    assert_eq!(prints(&model), [two[0], two[1], two[1], two[1]]);
    send(&mut model, Msg::World(WorldMsg::Copy(0)));
    assert!(!model.is_catching_up(), "there is no room for a fifth");
    send(&mut model, Msg::World(WorldMsg::Remove(0)));
    catch_up(&mut model);
    assert_eq!(prints(&model), [two[1], two[1], two[1]]);
    assert_eq!(model.frame.at, Millis(5_000));
}

#[test]
fn a_deed_given_while_a_run_is_lived_through_again_is_done_at_its_end() {
    let mut model = with_a_deed();
    send(&mut model, Msg::SetRelease(0, Release::V8_5_5));
    type_line(&mut model, "stop store 5");
    catch_up(&mut model);
    let inputs = &model.session.run().record().inputs;
    let times: Vec<u64> = inputs.iter().map(|input| input.at.0).collect();
    assert_eq!(times, [2_000, 5_000]);
}

#[test]
fn all_branches_are_kept_and_restored() {
    let mut model = with_a_deed();
    let old = prints(&model);
    send(&mut model, Msg::Seek(Seek::Moment(Millis(1_000))));
    model.console.line = "stop store 5".to_owned();
    let update = model.update(Msg::Console(ConsoleMsg::Submit));
    let [Effect::Remember(..), Effect::Keep(text)] = update.effects.as_slice() else {
        panic!("unexpected effects: {:?}", update.effects);
    };
    let runs = journal::read(text).expect("what is kept can be read");
    assert_eq!(runs.len(), 2, "kept before it is done");
    catch_up(&mut model);
    let new = prints(&model);
    let mut restored = page().restored(&runs, Ended::Broke);
    assert_eq!(restored.notice, Some(Notice::Restored));
    while restored.wants_frames() {
        frame(&mut restored);
    }
    assert_eq!(prints(&restored), new);
    assert_eq!(numbers(&restored), numbers(&model));
    let other = restored.branch_rows().into_iter().find(|row| !row.is_shown);
    let other = other.expect("the old future is there").number;
    send(&mut restored, Msg::Branch(BranchMsg::Switch(other)));
    assert_eq!(prints(&restored), old);
    send(&mut restored, Msg::Restart);
    assert_eq!((restored.frame.at, restored.notice), (Millis::ZERO, None));
    assert_eq!(restored.branch_rows().len(), 3, "to start again loses nothing");
    send(&mut restored, Msg::Restart);
    assert_eq!(restored.branch_rows().len(), 3, "nothing was done to be kept");
    send(&mut restored, Msg::Branch(BranchMsg::Switch(other)));
    assert_eq!(prints(&restored), old, "the run that was left is as it was");
}

#[test]
fn a_kept_run_that_does_not_fit_its_scenario_is_left_out() {
    let model = with_a_deed();
    let mut record = model.session.whole_record();
    record.inputs[0].deed = scenario::Deed::StartStep(99);
    let kept = Kept { number: 1, text: None, record, bookmarks: Vec::new() };
    let restored = page().restored(&[kept], Ended::Left);
    assert_eq!((restored.frame.at, restored.notice), (Millis::ZERO, None));
}
