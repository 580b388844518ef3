//! The context menu: the deeds by group, each with the line that does it.

use view::actions::{Action, Care, HandsWord};
use view::{Lang, Thing};
use yew::{Callback, Component, Context, Html, KeyboardEvent, Properties, classes, html};

use super::{is_for_browser, when};
use crate::effects::{self, Focus};
use crate::model::Msg;
use crate::model::hands::Go;
use crate::model::menu::{Item, Menu, MenuMsg};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) menu: Menu,
    /// For which worlds its lines are.
    pub(crate) target: String,
    pub(crate) send: Callback<Msg>,
}

/// The open menu. It takes the focus, and gives it back.
pub(crate) struct MenuBox {
    before: Focus,
    /// What it was opened for, and where: there it stays when it turns to another thing.
    opened: (Option<Thing>, Option<(i32, i32)>),
    /// For which thing its place was found: another one's menu is of another size.
    placed: Option<Option<Thing>>,
}

impl Component for MenuBox {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> MenuBox {
        let menu = &ctx.props().menu;
        MenuBox { before: Focus::now(), opened: (menu.thing, menu.at), placed: None }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { lang, menu, target, send } = ctx.props();
        html! {
            <>
                <div class="menu-veil" onclick={send.reform(|_| MenuMsg::Close.into())}></div>
                <div class="menu-box" id="menu-box" data-testid="menu">
                    <p class="menu-name">
                        <b>{ &menu.name }</b><span class="tag">{ target }</span>
                    </p>
                    <div class="menu" id="menu" role="menu" tabindex="-1"
                        aria-label={format!("{}: {}", HandsWord::Actions.text(*lang), menu.name)}
                        aria-activedescendant={item_id(menu.active)} onkeydown={when(send, key)}>
                        { for groups(menu).into_iter().map(|group| {
                            html! { { section(menu, group, *lang, send) } }
                        }) }
                    </div>
                    { foot(menu, *lang) }
                </div>
            </>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        let menu = &ctx.props().menu;
        if first {
            effects::focus("menu");
        }
        if self.placed != Some(menu.thing) {
            self.placed = Some(menu.thing);
            effects::place("menu-box", self.opened.0, self.opened.1);
        }
        effects::reveal(&item_id(menu.active));
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        self.before.restore();
    }
}

fn item_id(at: usize) -> String {
    format!("menu-item-{at}")
}

/// The places of the items, group by group.
fn groups(menu: &Menu) -> Vec<std::ops::Range<usize>> {
    let same = |a: &Item, b: &Item| match (a, b) {
        (Item::Act(a), Item::Act(b)) => a.group == b.group,
        (Item::Turn(..), Item::Turn(..)) => true,
        (Item::Act(_), Item::Turn(..)) | (Item::Turn(..), Item::Act(_)) => false,
    };
    let mut from = 0;
    let chunks = menu.items.chunk_by(same).map(|chunk| {
        let range = from..from + chunk.len();
        from = range.end;
        range
    });
    chunks.collect()
}

fn section(menu: &Menu, group: std::ops::Range<usize>, lang: Lang, send: &Callback<Msg>) -> Html {
    let title = match &menu.items[group.start] {
        Item::Act(action) => action.group.text(lang),
        Item::Turn(..) => HandsWord::AlsoOf.text(lang),
    };
    html! {
        <div class="menu-group" role="group" aria-label={title} key={group.start}>
            <div class="menu-head" aria-hidden="true">{ title }</div>
            { for group.map(|at| item(menu, at, send)) }
        </div>
    }
}

fn item(menu: &Menu, at: usize, send: &Callback<Msg>) -> Html {
    let item = &menu.items[at];
    let is_active = menu.active == at;
    let (idle, grave) = match item {
        Item::Act(Action { idle, care, .. }) => (idle.is_some(), *care == Care::Dangerous),
        Item::Turn(..) => (false, false),
    };
    let class = classes!(
        "menu-item",
        is_active.then_some("active"),
        idle.then_some("idle"),
        grave.then_some("grave"),
    );
    html! {
        <div {class} id={item_id(at)} role="menuitem" key={at} tabindex="-1"
            aria-disabled={idle.then_some("true")}
            onmouseenter={send.reform(move |_| MenuMsg::Point(at).into())}
            onclick={send.reform(move |_| MenuMsg::Choose(Some(at)).into())}>
            <span class="menu-label">{ item.label().to_owned() }</span>
            { match item {
                Item::Act(Action { idle: Some(why), .. }) => html! { <em>{ why }</em> },
                Item::Act(action) => html! { <code>{ &action.line }</code> },
                Item::Turn(..) => html! { <span aria-hidden="true">{ "›" }</span> },
            } }
        </div>
    }
}

/// What the item that is pointed at does, in full.
fn foot(menu: &Menu, lang: Lang) -> Html {
    let (line, more) = match menu.items.get(menu.active) {
        Some(Item::Act(Action { line, idle: Some(why), .. })) => (line.as_str(), why.as_str()),
        Some(Item::Act(Action { line, care: Care::Dangerous, .. })) => {
            (line.as_str(), HandsWord::Grave.text(lang))
        }
        Some(Item::Act(Action { line, .. })) => (line.as_str(), ""),
        Some(Item::Turn(..)) | None => ("", ""),
    };
    html! {
        <p class="menu-foot" aria-hidden="true">
            <code>{ if line.is_empty() { String::new() } else { format!("» {line}") } }</code>
            <span>{ more.to_owned() }</span>
        </p>
    }
}

fn key(event: KeyboardEvent) -> Option<Msg> {
    let key = event.key();
    let msg = match key.as_str() {
        "ArrowDown" | "ArrowRight" => MenuMsg::Go(Go::Next),
        "ArrowUp" | "ArrowLeft" => MenuMsg::Go(Go::Before),
        "Home" | "PageUp" => MenuMsg::Go(Go::First),
        "End" | "PageDown" => MenuMsg::Go(Go::Last),
        "Enter" => MenuMsg::Choose(None),
        "Escape" | "Tab" => MenuMsg::Close,
        _ if is_for_browser(&event) => return None,
        _ if key.chars().count() == 1 => MenuMsg::Type(key),
        _ => return None,
    };
    event.prevent_default();
    event.stop_propagation();
    Some(msg.into())
}
