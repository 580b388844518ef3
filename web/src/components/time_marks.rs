//! The branches, bookmarks and marks of the time line as buttons: the line by keyboard, in words.

use std::rc::Rc;

use view::clock::Elapsed;
use view::timeline::MarkKind;
use view::{Lang, Word};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use crate::model::branches::BranchRow;
use crate::model::session::Bookmark;
use crate::model::story::MarkLabel;
use crate::model::{BranchMsg, Msg, Seek};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) marks: Rc<Vec<MarkLabel>>,
    pub(crate) branches: Vec<BranchRow>,
    pub(crate) bookmarks: Vec<Bookmark>,
    pub(crate) send: Callback<Msg>,
}

/// The row of buttons.
pub(crate) struct TimeMarks;

impl Component for TimeMarks {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> TimeMarks {
        TimeMarks
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { lang, marks, branches, bookmarks, send } = ctx.props();
        html! {
            <ol class="marks" aria-label={Word::TimeLine.text(*lang)}>
                { for branches.iter().map(|row| branch(row, send)) }
                { for bookmarks.iter().map(|bookmark| named(bookmark, send)) }
                { for marks.iter().enumerate().map(|(index, mark)| label(index, mark, send)) }
            </ol>
        }
    }
}

/// A branch as a button, to be shown.
fn branch(row: &BranchRow, send: &Callback<Msg>) -> Html {
    let number = row.number;
    let title = format!("{} {}", Elapsed(row.from), row.name);
    let class = classes!("mark-label", "of-branch", row.is_shown.then_some("on"));
    html! {
        <li key={format!("branch-{number}")} class="is-branch">
            <button type="button" {class} {title} aria-pressed={row.is_shown.to_string()}
                data-testid={format!("branch-{number}")}
                onclick={send.reform(move |_| Msg::Branch(BranchMsg::Switch(number)))}>
                <b>{ number }</b>{ " " }{ &row.name }
            </button>
        </li>
    }
}

fn named(bookmark: &Bookmark, send: &Callback<Msg>) -> Html {
    let at = bookmark.at;
    html! {
        <li key={format!("bookmark-{}", at.0)}>
            <button type="button" class="mark-label of-bookmark" title={Elapsed(at).to_string()}
                onclick={send.reform(move |_| Msg::Seek(Seek::Moment(at)))}>
                { &bookmark.name }
            </button>
        </li>
    }
}

fn label(index: usize, mark: &MarkLabel, send: &Callback<Msg>) -> Html {
    let MarkLabel { at, kind, text } = mark;
    let at = *at;
    let class = match kind {
        MarkKind::Command => "",
        MarkKind::Refusal | MarkKind::Failure => "failure",
        MarkKind::Divergence => "divergence",
    };
    html! {
        <li key={index}>
            <button type="button" class={classes!("mark-label", class)}
                title={format!("{} {text}", Elapsed(at))}
                onclick={send.reform(move |_| Msg::Seek(Seek::Moment(at)))}>{ text }</button>
        </li>
    }
}
