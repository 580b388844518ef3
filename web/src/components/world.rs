//! One world: its release and behaviours, how it is doing, PD, and the matrix.

use std::collections::BTreeSet;
use std::rc::Rc;

use sim::{Millis, RegionId, Release};
use view::cluster_view::{Headline, Matrix, PdPanel, ResolverPanel};
use view::layout::Layout;
use view::{Lang, Word, phrases};
use yew::{Callback, Component, Context, Html, Properties, classes, html};

use super::knobs::knobs_panel;
use super::matrix::MatrixPicture;
use super::pd_strip::PdStrip;
use super::twin::Twin;
use super::when;
use crate::effects;
use crate::model::{MatrixForm, Msg, WorldKnobs};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) index: usize,
    pub(crate) lang: Lang,
    pub(crate) now: Millis,
    pub(crate) headline: Headline,
    pub(crate) knobs: WorldKnobs,
    pub(crate) matrix: Rc<Matrix>,
    pub(crate) pd: Rc<PdPanel>,
    pub(crate) resolvers: Rc<[Rc<ResolverPanel>]>,
    pub(crate) broken: Rc<[String]>,
    pub(crate) fingerprint: u64,
    pub(crate) layout: Layout,
    pub(crate) form: MatrixForm,
    pub(crate) selected: Option<RegionId>,
    pub(crate) hovered: Option<RegionId>,
    pub(crate) differing: Rc<BTreeSet<RegionId>>,
    pub(crate) send: Callback<Msg>,
}

/// One world.
pub(crate) struct World;

impl Component for World {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> World {
        World
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let p = ctx.props();
        let twin_class = match p.form {
            MatrixForm::Picture => "unseen",
            MatrixForm::Table => "twin-box",
        };
        html! {
            <section class="world" id={format!("world-{}", p.index)} tabindex="-1"
                aria-label={name(p.index)} data-testid={format!("world-{}", p.index)}>
                { head(p) }
                <PdStrip lang={p.lang} pd={p.pd.clone()} />
                <div class={classes!("matrix-box", (p.form == MatrixForm::Table).then_some("gone"))}
                    id={format!("matrix-{}", p.index)} data-testid={format!("matrix-{}", p.index)}>
                    <MatrixPicture index={p.index} lang={p.lang} now={p.now}
                        matrix={p.matrix.clone()} resolvers={p.resolvers.clone()}
                        layout={p.layout} selected={p.selected} hovered={p.hovered}
                        differing={p.differing.clone()} send={p.send.clone()} />
                </div>
                <div class={twin_class}>
                    <Twin lang={p.lang} matrix={p.matrix.clone()} selected={p.selected} />
                </div>
            </section>
        }
    }
}

/// A, B, C …
pub(crate) fn name(index: usize) -> String {
    char::from(b'A' + u8::try_from(index % 26).unwrap_or(0)).to_string()
}

fn head(p: &Props) -> Html {
    let word = if p.index == 0 { Word::WorldA } else { Word::WorldB };
    let well = p.headline.tables_unavailable == 0 && p.headline.leaderless == 0;
    let mood = if well { "ok" } else { "bad" };
    html! {
        <div class="world-head">
            <h2><span class="letter">{ name(p.index) }</span>{ word.text(p.lang) }</h2>
            { releases(p) }
            { knobs_panel(p.index, p.lang, &p.knobs.1, &p.send) }
            { invariants(p) }
            <p class={classes!("mood", mood)}
                data-testid={format!("headline-{}", p.index)}>
                { phrases::headline(&p.headline, p.lang) }
            </p>
        </div>
    }
}

fn releases(p: &Props) -> Html {
    let index = p.index;
    let onchange = when(&p.send, move |event: yew::Event| {
        Release::from_name(&effects::value_of(&event)).map(|r| Msg::SetRelease(index, r))
    });
    let chosen = p.knobs.0;
    html! {
        <label class="release">
            <span class="unseen">{ Word::Release.text(p.lang) }</span>
            <select {onchange} data-testid={format!("release-{index}")}>
                { for Release::ALL.into_iter().map(|r| html! {
                    <option value={r.name()} selected={chosen == Some(r)}>
                        { format!("TiKV {r}") }
                    </option>
                }) }
                if chosen.is_none() {
                    <option value="" selected={true}>{ Word::OwnKnobs.text(p.lang) }</option>
                }
            </select>
        </label>
    }
}

fn invariants(p: &Props) -> Html {
    let (class, word) = match p.broken.is_empty() {
        true => ("lamp ok", Word::InvariantsHold),
        false => ("lamp bad", Word::InvariantsBroken),
    };
    let title = match p.broken.first() {
        Some(broken) => format!("{}: {broken}", word.text(p.lang)),
        None => word.text(p.lang).to_owned(),
    };
    html! {
        <span {class} {title}>
            <span aria-hidden="true">{ if p.broken.is_empty() { "✓" } else { "✗" } }</span>
            <code data-testid={format!("fingerprint-{}", p.index)}>
                { format!("{:016x}", p.fingerprint) }
            </code>
            <span class="unseen">{ word.text(p.lang) }</span>
        </span>
    }
}
