//! Sharing, without a browser.

use scenario::library;
use sim::{Millis, Release};

use super::*;
use crate::model::{Msg, Seek};

fn page() -> Model {
    let scenario = library::load("tikv-18440").expect("the incident is part of the program");
    Model::new(scenario, &[Release::V8_5_2, Release::V8_5_8])
}

fn address(query: &str, fragment: &str) -> Msg {
    let (query, fragment) = (query.to_owned(), fragment.to_owned());
    let page = "https://example.org/".to_owned();
    Msg::Share(ShareMsg::Address(Address { page, query, fragment }))
}

/// Does what a frame does until a run that was taken up is there.
fn catch_up(model: &mut Model) {
    while model.session.is_replaying() {
        drop(model.update(Msg::Frame(16.0)));
        while model.work() {}
        drop(model.end_frame());
    }
}

fn prints(model: &Model) -> Vec<u64> {
    model.session.run().worlds().iter().map(|world| world.cluster.fingerprint()).collect()
}

#[test]
fn an_address_for_people_opens_the_run_at_its_moment() {
    let mut model = page();
    drop(model.update(address("?incident=pd-9624&at=60000", "")));
    catch_up(&mut model);
    assert_eq!(model.session.run().scenario().id, "pd-9624");
    assert_eq!(model.session.run().now(), Millis(60_000));
    assert_eq!(model.share.notice, None);
    let link = model.saved().link();
    let mut other = page();
    drop(other.update(address("", &link)));
    catch_up(&mut other);
    assert_eq!(prints(&other), prints(&model));
    assert_eq!(other.saved(), model.saved());
}

#[test]
fn a_link_brings_back_the_moment_that_was_looked_at() {
    let mut model = page();
    drop(model.update(address("?incident=tikv-18440&at=60000&seed=3", "")));
    catch_up(&mut model);
    drop(model.update(Msg::Seek(Seek::Moment(Millis(20_000)))));
    drop(model.update(Msg::Share(ShareMsg::Show)));
    assert!(model.share.link.starts_with("https://example.org/#v1."));
    let link = model.share.link.clone();
    let (_, fragment) = link.split_once('#').expect("it has a fragment");
    let mut other = page();
    drop(other.update(address("?incident=nonsense", fragment)));
    catch_up(&mut other);
    assert_eq!(other.cursor, Some(Millis(20_000)));
    assert_eq!(other.session.run().seed(), 3);
    assert_eq!(prints(&other), prints(&model));
}

#[test]
fn a_wrong_address_is_told_and_changes_nothing() {
    for (query, fragment) in [("?incident=x", ""), ("", "v1.AAAA"), ("", "v9.AAAA")] {
        let mut model = page();
        let before = model.saved();
        drop(model.update(address(query, fragment)));
        assert!(model.share.notice.is_some(), "{query}{fragment}");
        assert_eq!(model.saved(), before);
    }
    let mut model = page();
    // The skip link's fragment is no link.
    drop(model.update(address("", "world-0")));
    assert_eq!(model.share.notice, None);
}

#[test]
fn what_is_pasted_is_opened_or_refused_with_its_place() {
    let mut model = page();
    let mut paste = |text: &str| {
        drop(model.update(Msg::Share(ShareMsg::Input(text.to_owned()))));
        let update = model.update(Msg::Share(ShareMsg::OpenPasted));
        let closed = update.effects.contains(&Effect::CloseDialog(SHARE));
        assert_eq!(closed, model.share.refused.is_none());
        (model.share.refused.clone(), model.session.run().scenario().id.clone())
    };
    let (refused, id) = paste("scenario mine\ntitle en <b>x</b>\n");
    assert!(refused.is_some_and(|why| why.en.starts_with("text:2:1: ")));
    assert_eq!(id, "tikv-18440");
    assert!(paste("  ").0.is_some());
    assert_eq!(paste("?incident=pd-5044"), (None, "pd-5044".to_owned()));
    let text = library::text("pd-10350").expect("it is in the library");
    let own = text.replace("scenario pd-10350", "scenario mine");
    assert_eq!(paste(&own), (None, "mine".to_owned()));
    let link = model.saved().link();
    let mut other = page();
    drop(other.update(address("", &link)));
    assert_eq!(other.session.run().scenario().id, "mine");
}

#[test]
fn a_world_is_exported_in_every_form_at_the_moment_shown() {
    let mut model = page();
    drop(model.update(address("?incident=tikv-18440&at=30000", "")));
    catch_up(&mut model);
    drop(model.update(Msg::Share(ShareMsg::World(1))));
    for what in Export::ALL {
        let update = model.update(Msg::Share(ShareMsg::Export(what)));
        let (name, text) = match update.effects.as_slice() {
            [Effect::Save { name, text, .. }] => (name, text),
            [Effect::SavePng { name, svg }] => (name, svg),
            other => panic!("{what:?}: {other:?}"),
        };
        assert_eq!(*name, format!("regionscope-tikv-18440-b{}", what.ending()));
        assert!(200 < text.len(), "{what:?}: {text}");
    }
}

#[test]
fn a_saved_run_is_opened_from_its_file() {
    let mut model = page();
    drop(model.update(address("?incident=tikv-18440&at=30000", "")));
    catch_up(&mut model);
    let update = model.update(Msg::Share(ShareMsg::SaveRun));
    let [Effect::Save { name, text, .. }] = update.effects.as_slice() else {
        panic!("it saves: {:?}", update.effects);
    };
    assert_eq!(name, "regionscope-tikv-18440.scn");
    let mut other = page();
    drop(other.update(Msg::Share(ShareMsg::Chosen(name.clone(), Some(text.clone())))));
    catch_up(&mut other);
    assert_eq!(prints(&other), prints(&model));
    drop(other.update(Msg::Share(ShareMsg::Chosen(name.clone(), None))));
    assert!(other.share.refused.is_some());
}
