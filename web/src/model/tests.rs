//! The page's logic, played natively on the incident itself.

use std::collections::VecDeque;

use scenario::{Run, Target, library};
use sim::Release;

use view::inspect::Tab;
use view::why::Question;

use super::inspect::Asked;
use super::*;

const TICK: Msg = Msg::Seek(Seek::Go(Unit::Tick, Way::Forth));

fn page() -> Model {
    let scenario = library::load("tikv-18440").expect("the incident is part of the program");
    Model::new(scenario, &[Release::V8_5_2, Release::V8_5_8])
}

/// Does what the app does with a message: carries out what it asks to be sent back.
fn send(model: &mut Model, msg: Msg) {
    let mut open = VecDeque::from([msg]);
    while let Some(msg) = open.pop_front() {
        for effect in model.update(msg).effects {
            if let Effect::Then(next) = effect {
                open.push_back(next);
            }
        }
    }
}

/// One frame of 16 ms in which all work is done.
fn frame(model: &mut Model) {
    send(model, Msg::Frame(16.0));
    while model.work() {}
    model.end_frame();
}

/// As many frames as it takes to live through a run again.
fn catch_up(model: &mut Model) {
    while model.is_catching_up() {
        frame(model);
    }
}

fn type_line(model: &mut Model, line: &str) {
    send(model, Msg::Console(ConsoleMsg::Input(line.to_owned())));
    send(model, Msg::Console(ConsoleMsg::Submit));
}

#[test]
fn it_opens_on_the_incident_ready_to_play() {
    let model = page();
    assert_eq!(model.frame.at, Millis::ZERO);
    assert_eq!(model.world(0).matrix.rows.len(), 30);
    assert_eq!(model.world(0).matrix.lanes.len(), 8);
    assert!(!model.wants_frames());
    assert!(model.differing.is_empty());
}

#[test]
fn a_refused_line_is_answered_and_changes_nothing() {
    let mut model = page();
    let before = model.world(0).fingerprint;
    for line in ["stop store 77", "frobnicate", "pd-ctl unsafe remove-failed-stores"] {
        type_line(&mut model, line);
        let entry = model.console.entries.last().expect("each line is answered");
        assert_eq!(entry.kind, console::EntryKind::Refused, "{line}");
        assert!(!entry.text.is_empty());
    }
    assert_eq!(model.world(0).fingerprint, before);
}

#[test]
fn scrubbing_back_and_forth_finds_the_same_picture() {
    let mut model = page();
    model.clock.skip = clock::Skip::Keep;
    send(&mut model, Msg::Step(None));
    for _ in 0..60 {
        frame(&mut model);
    }
    let newest = model.frame.clone();
    send(&mut model, Msg::Seek(Seek::Moment(Millis(2_000))));
    let then = model.frame.clone();
    assert!(then.at <= Millis(2_000));
    assert_ne!(then, newest);
    send(&mut model, Msg::Seek(Seek::Now));
    assert_eq!(model.frame, newest);
    send(&mut model, Msg::Seek(Seek::Moment(Millis(2_000))));
    assert_eq!(model.frame, then);
}

#[test]
fn playing_from_the_past_leads_back_to_the_present() {
    let mut model = page();
    for _ in 0..5 {
        send(&mut model, TICK);
    }
    send(&mut model, Msg::Seek(Seek::Moment(Millis(1_000))));
    assert_eq!(model.cursor, Some(Millis(1_000)));
    send(&mut model, Msg::TogglePlay);
    for _ in 0..60 {
        frame(&mut model);
    }
    assert_eq!(model.cursor, None);
    assert!(Millis(5_000) < model.frame.at);
}

#[test]
fn other_knobs_live_through_the_same_deeds() {
    let mut model = page();
    model.console.target = Target::One(1);
    type_line(&mut model, "stop store 6");
    for _ in 0..3 {
        send(&mut model, TICK);
    }
    let (now, before) = (model.frame.at, model.world(1).fingerprint);
    send(&mut model, Msg::SetRelease(0, Release::V8_5_5));
    assert!(model.wants_frames());
    catch_up(&mut model);
    assert_eq!(model.frame.at, now);
    assert_eq!(model.world(1).fingerprint, before, "world B has lived through the same");
    assert_eq!(model.session.knobs()[0].0, Some(Release::V8_5_5));
}

#[test]
fn a_deed_is_kept_before_it_is_done() {
    let mut model = page();
    let update = model.update(Msg::Step(None));
    let [Effect::Keep(text), Effect::Then(Msg::CarryOut(deed))] = update.effects.as_slice() else {
        panic!("unexpected effects: {:?}", update.effects);
    };
    let runs = journal::read(text).expect("what is kept can be read");
    assert_eq!(runs[0].record.inputs.last().map(|input| &input.deed), Some(deed));
    assert!(!model.session.run().is_started(0), "it is done by the second effect only");
}

#[test]
fn the_incident_played_through_leaves_one_world_stuck() {
    let mut model = page();
    model.clock.speed = clock::SPEEDS.len() - 1;
    send(&mut model, Msg::PlayAll);
    for _ in 0..100_000 {
        if !model.wants_frames() {
            break;
        }
        frame(&mut model);
    }
    assert!(!model.wants_frames(), "it does not end");
    assert!(0 < model.world(0).headline.tables_unavailable, "{:?}", model.world(0).headline);
    assert_eq!(model.world(1).headline.tables_unavailable, 0);
    assert_eq!(model.world(1).headline.ghost_peers, 0);
    assert!(model.session.parting().is_some());
    let scenario = library::load("tikv-18440").expect("the incident is part of the program");
    let mut run = Run::of_releases(scenario, &[Release::V8_5_2, Release::V8_5_8], None)
        .expect("the library's setups are sound");
    run.run_to_end();
    let expected = run.worlds()[0].cluster.fingerprint();
    assert_eq!(model.world(0).fingerprint, expected, "frames make no difference");
}

#[test]
fn a_step_stops_at_the_moment_its_last_line_is_done() {
    let mut model = page();
    model.clock.speed = clock::SPEEDS.len() - 1;
    for end in [14_000, 15_000, 55_000] {
        send(&mut model, Msg::Step(None));
        for _ in 0..10_000 {
            if !model.wants_frames() {
                break;
            }
            frame(&mut model);
        }
        assert_eq!(model.frame.at, Millis(end));
    }
}

#[test]
fn another_incident_is_opened_with_its_own_releases_and_restored_as_itself() {
    let mut model = page();
    let before = model.session.run().scenario().id.clone();
    send(&mut model, Msg::Open("no-such".into()));
    assert_eq!(model.session.run().scenario().id, before);
    let (id, _) = model.incidents[model.incidents.len() - 2].clone();
    send(&mut model, Msg::Open(id.to_owned()));
    let scenario = library::load(id).expect("it is one of the list");
    assert_eq!(model.session.run().scenario().id, id);
    let releases: Vec<_> = model.session.knobs().iter().map(|(release, _)| *release).collect();
    assert_eq!(releases, scenario.releases.map(Some));
    let record = model.session.whole_record();
    let kept = Kept { number: 1, text: None, record, bookmarks: Vec::new() };
    let restored = page().restored(&[kept], Ended::Left);
    assert_eq!(restored.session.run().scenario().id, id);
    assert_eq!(restored.notice, None, "nothing was begun");
}

/// Ticks until the first step of the incident is done.
fn played(seconds: usize) -> Model {
    let mut model = page();
    send(&mut model, Msg::Step(None));
    for _ in 0..seconds {
        send(&mut model, TICK);
    }
    model.clock.playing = clock::Playing::Paused;
    model
}

#[test]
fn holding_a_thing_opens_its_inspector_and_letting_go_the_one_before() {
    let mut model = page();
    let region = Thing::Region(model.world(0).matrix.rows[3].region);
    let store = Thing::Store(model.world(0).matrix.lanes[2].store);
    assert_eq!(model.side.tab, Tab::Story);
    send(&mut model, Msg::Select(Some(region)));
    assert_eq!(model.side.tab, Tab::Region);
    assert!(!model.side.blocks.is_empty());
    send(&mut model, Msg::Select(Some(store)));
    assert_eq!(model.side.tab, Tab::Store);
    send(&mut model, Msg::Select(None));
    assert_eq!(model.side.tab, Tab::Story);
    send(&mut model, Msg::Side(SideMsg::Open(Tab::Laws)));
    send(&mut model, Msg::Side(SideMsg::Pin));
    send(&mut model, Msg::Select(Some(region)));
    assert_eq!(model.side.tab, Tab::Laws);
}

#[test]
fn arrow_keys_turn_the_tabs_round_and_take_the_focus_along() {
    let mut model = page();
    let update = model.update(Msg::Side(SideMsg::Turn(-1)));
    assert_eq!(model.side.tab, Tab::Log);
    assert_eq!(update.effects, [Effect::Focus("tab-log".to_owned())]);
    send(&mut model, Msg::Side(SideMsg::Turn(1)));
    assert_eq!(model.side.tab, Tab::Story);
}

#[test]
fn causes_are_shown_visited_and_closed_with_the_focus_where_it_was() {
    let mut model = played(20);
    type_line(&mut model, "stop store 502");
    send(&mut model, TICK);
    let asked = Asked { world: 1, question: Question::Process(sim::StoreId(502)) };
    let update = model.update(Msg::Side(SideMsg::Ask(asked, "opener".to_owned())));
    assert_eq!(update.effects, [Effect::Focus("why-close".to_owned())]);
    let answer = model.side.answer.clone().expect("somebody asked");
    let steps = answer.path.as_ref().map(|path| path.steps.clone()).expect("it stopped");
    assert_eq!(steps.len(), 2, "{steps:?}");
    send(&mut model, Msg::Prefer(Preference::Lang(Lang::Zh)));
    let told = model.side.answer.clone().expect("the answer stays");
    assert_ne!(told.path, answer.path, "it is told in the other language");
    let visit = SideMsg::Visit(steps[0].at, steps[0].thing);
    send(&mut model, Msg::Side(visit));
    assert_eq!(model.cursor, Some(steps[0].at));
    assert_eq!(model.selected, Some(Thing::Store(sim::StoreId(502))));
    let update = model.update(Msg::Side(SideMsg::Close));
    assert_eq!(update.effects, [Effect::Focus("opener".to_owned())]);
    assert_eq!(model.side.answer, None);
}

#[test]
fn what_is_not_so_in_a_world_is_said_to_be_so() {
    let mut model = played(3);
    let asked = Asked { world: 0, question: Question::Pd };
    send(&mut model, Msg::Side(SideMsg::Ask(asked, String::new())));
    assert_eq!(model.side.answer.as_ref().map(|answer| answer.path.is_some()), Some(false));
}

#[test]
fn an_inspector_shows_the_past_as_it_was() {
    let mut model = played(6);
    send(&mut model, Msg::Side(SideMsg::Open(Tab::Store)));
    send(&mut model, Msg::Select(Some(Thing::Store(sim::StoreId(6)))));
    let told = |model: &Model| format!("{:?}", model.side.blocks);
    assert!(told(&model).contains("\"running\""), "{}", told(&model));
    let then = model.frame.at;
    send(&mut model, TICK);
    type_line(&mut model, "stop store 6");
    send(&mut model, TICK);
    assert!(told(&model).contains("\"stopped\""), "{}", told(&model));
    send(&mut model, Msg::Seek(Seek::Moment(then)));
    assert!(model.wants_frames() && model.side.of != then, "it is on its way");
    for _ in 0..100 {
        frame(&mut model);
    }
    assert!(!model.wants_frames());
    assert_eq!((model.frame.at, model.side.of), (then, then));
    assert!(told(&model).contains("\"running\""), "{}", told(&model));
    let past = model.side.past.as_ref().and_then(|past| past.arrived()).expect("it is there");
    for (world, view) in past.worlds().iter().zip(&model.frame.worlds) {
        assert_eq!(world.cluster.fingerprint(), view.fingerprint, "the past is the recorded one");
    }
    send(&mut model, Msg::Seek(Seek::Now));
    assert_eq!(model.side.of, model.session.run().now());
}

#[test]
fn time_series_are_drawn_while_they_are_open() {
    let mut model = played(4);
    assert!(model.side.charts.is_empty());
    send(&mut model, Msg::Side(SideMsg::Open(Tab::Metrics)));
    let drawn = model.side.charts.clone();
    assert!(!drawn.is_empty());
    assert!(drawn.iter().all(|chart| chart.lines.len() == 2 && chart.now.len() == 2));
}

mod elsewhere;
mod gone;
mod refused;
mod time;
