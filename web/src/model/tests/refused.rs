//! Refusals say what makes them so and what would be right; forms come to lines that can be typed.

use view::build::FORMS;

use super::*;
use crate::model::build::BuildMsg;

#[test]
fn a_refusal_offers_the_causes_of_what_makes_it_so() {
    let mut model = played(3);
    type_line(&mut model, "stop store 6");
    send(&mut model, TICK);
    type_line(&mut model, "stop store 6");
    let entry = model.console.entries.last().expect("it is answered").clone();
    assert_eq!(entry.kind, console::EntryKind::Refused);
    let asked = entry.asked.expect("somebody stopped it");
    send(&mut model, Msg::Side(SideMsg::Ask(asked, "why-last-0".to_owned())));
    let answer = model.side.answer.clone().expect("somebody asked");
    let steps = answer.path.as_ref().map(|path| path.steps.clone()).expect("it has causes");
    assert_eq!(steps[0].text, "Store 6 stopped; its peers fall silent");
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert!(entry.right.is_some());
}

#[test]
fn a_refusal_that_nothing_has_caused_only_says_what_would_be_right() {
    let mut model = page();
    type_line(&mut model, "stop store 77");
    let entry = model.console.entries.last().expect("it is answered");
    assert_eq!(entry.asked, None);
    let right = entry.right.expect("there are other stores").text(Lang::En);
    assert!(right.contains("pd-ctl store"), "{right}");
}

#[test]
fn every_form_comes_to_a_line_that_can_be_carried_out() {
    send_each_form("own-cluster");
    send_each_form("tikv-18440");
}

fn send_each_form(scenario: &str) {
    let mut model = page();
    send(&mut model, Msg::Open(scenario.into()));
    for _ in 0..3 {
        send(&mut model, TICK);
    }
    for (at, form) in FORMS.iter().enumerate() {
        send(&mut model, Msg::Sheet(Some(Sheet::Build)));
        let line = model.form_line(at, form);
        let update = model.update(Msg::Build(BuildMsg::Do(at)));
        assert_eq!(update.effects.first(), Some(&Effect::CloseSheet), "{line}");
        for effect in update.effects {
            if let Effect::Then(msg) = effect {
                send(&mut model, msg);
            }
        }
        let entry = model.console.entries.last().expect("each line is answered");
        assert_eq!(entry.line, line);
        assert_eq!(entry.kind, console::EntryKind::Done, "{line}: {}", entry.text);
        assert_eq!(model.sheet, None);
    }
}

#[test]
fn a_form_with_something_wrong_says_so_and_stays() {
    let mut model = page();
    send(&mut model, Msg::Sheet(Some(Sheet::Build)));
    send(&mut model, Msg::Build(BuildMsg::Give(0, 0, "many".to_owned())));
    assert!(model.form_line(0, &FORMS[0]).starts_with("add store many tikv "));
    send(&mut model, Msg::Build(BuildMsg::Do(0)));
    assert_eq!(model.build.wrong.as_ref().map(|(form, _)| *form), Some(0));
    assert_eq!(model.sheet, Some(Sheet::Build));
    assert!(model.console.entries.is_empty());
    send(&mut model, Msg::Build(BuildMsg::Give(0, 0, "600".to_owned())));
    assert_eq!(model.build.wrong, None, "what was wrong is being mended");
}
