//! What belongs to a world or a run that is no longer there.

use super::*;

fn of_world(model: &Model) -> Target {
    model.console.target
}

#[test]
fn the_console_speaks_to_all_worlds_once_its_own_is_gone() {
    let mut model = page();
    send(&mut model, Msg::World(WorldMsg::Copy(0)));
    catch_up(&mut model);
    send(&mut model, Msg::Console(ConsoleMsg::For(Target::One(2))));
    assert_eq!(of_world(&model), Target::One(2));
    send(&mut model, Msg::Open("pd-9624".to_owned()));
    assert_eq!(of_world(&model), Target::All);
    type_line(&mut model, "pd-ctl store");
    assert!(!model.console.entries.is_empty());
}

#[test]
fn nothing_is_asked_of_a_world_on_its_way_out() {
    let mut model = played(30);
    send(&mut model, Msg::World(WorldMsg::Remove(0)));
    assert!(model.is_catching_up() && model.frame.worlds.len() == 2);
    send(&mut model, Msg::Console(ConsoleMsg::For(Target::One(1))));
    assert_eq!(of_world(&model), Target::All);
    send(&mut model, Msg::SetRelease(1, Release::V8_5_7));
    send(&mut model, Msg::SetKnob(1, Knob::ALL[0], 1));
    catch_up(&mut model);
    assert_eq!(model.session.knobs().len(), 1);
    assert_eq!(model.session.knobs()[0].0, Some(Release::V8_5_8), "B is left as it was");
}

#[test]
fn causes_are_not_asked_of_a_run_that_is_no_longer_shown() {
    let mut model = played(3);
    send(&mut model, Msg::Console(ConsoleMsg::For(Target::One(1))));
    type_line(&mut model, "stop store 6");
    type_line(&mut model, "stop store 6");
    let asked = model.console.entries.last().and_then(|entry| entry.asked);
    let asked = asked.expect("the second time it is refused");
    assert_eq!(asked.world, 1);
    send(&mut model, Msg::World(WorldMsg::Remove(1)));
    catch_up(&mut model);
    assert!(model.console.entries.iter().all(|entry| entry.asked.is_none()));
    send(&mut model, Msg::Side(SideMsg::Ask(asked, "why-last-0".to_owned())));
    assert_eq!(model.side.answer, None);
}

#[test]
fn a_deed_on_its_way_is_not_lost_by_other_knobs_or_another_world() {
    let others: [Msg; 3] = [
        Msg::SetRelease(0, Release::V8_5_0),
        Msg::World(WorldMsg::Copy(0)),
        Msg::World(WorldMsg::Remove(1)),
    ];
    for other in others {
        let mut model = played(30);
        send(&mut model, Msg::SetRelease(0, Release::V8_5_7));
        type_line(&mut model, "stop store 6");
        assert!(model.is_catching_up());
        send(&mut model, other.clone());
        catch_up(&mut model);
        let run = model.session.run();
        let is_done = run.issued().iter().any(|it| it.request.to_string() == "stop store 6");
        assert!(is_done, "after {other:?}");
    }
}

#[test]
fn the_moment_of_a_link_is_not_looked_at_in_another_run() {
    let mut made = played(30);
    send(&mut made, Msg::Seek(Seek::Moment(Millis(20_000))));
    send(&mut made, Msg::Share(ShareMsg::Show));
    let mut model = page();
    send(&mut model, Msg::Share(ShareMsg::Input(made.share.link.clone())));
    send(&mut model, Msg::Share(ShareMsg::OpenPasted));
    assert!(model.is_catching_up());
    send(&mut model, Msg::Open("pd-9624".to_owned()));
    send(&mut model, Msg::TogglePlay);
    frame(&mut model);
    send(&mut model, Msg::TogglePlay);
    assert_eq!(model.cursor, None, "the new run is not looked back at");
}

#[test]
fn a_run_that_has_not_caught_up_leaves_no_hole_in_the_time_line_of_its_branch() {
    let mut model = played(30);
    type_line(&mut model, "stop store 6");
    for _ in 0..5 {
        send(&mut model, TICK);
    }
    // Lived through again, and undone on the way.
    send(&mut model, Msg::SetRelease(0, Release::V8_5_7));
    send(&mut model, Msg::Frame(16.0));
    model.work();
    send(&mut model, Msg::Branch(BranchMsg::Undo));
    catch_up(&mut model);
    let timeline = model.session.timeline();
    let gaps = (0..29).filter(|second| {
        let (from, to) = (Millis(second * 1_000), Millis(second * 1_000 + 6_000));
        timeline.seek(to).is_none_or(|frame| frame.at <= from)
    });
    assert_eq!(gaps.count(), 0);
}
