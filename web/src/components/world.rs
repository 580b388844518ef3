//! One world: its release and behaviours, how it is doing, PD, and the matrix.

use sim::Release;
use view::graph::heat::fits_matrix;
use view::graph::raft::RaftLine;
use view::layout::Layout;
use view::time_words::TimeWord;
use view::{ClusterView, Lang, Thing, Word, phrases};
use yew::{Callback, Html, classes, html};

use super::heat::Heat;
use super::knobs::KnobPanel;
use super::later::Later;
use super::map::{MapPicture, map_tools};
use super::matrix::MatrixPicture;
use super::pd_strip::pd_strip;
use super::twin::Twin;
use super::when;
use crate::effects;
use crate::model::{MOST_WORLDS, MatrixForm, Model, Msg, WorldMsg};

/// One world.
pub(crate) fn world(model: &Model, index: usize, send: &Callback<Msg>) -> Html {
    let (lang, view) = (model.lang, model.world(index));
    let rows = &model.graph.rows[index];
    let (twin_class, is_table) = match model.matrix_form {
        MatrixForm::Picture | MatrixForm::Map | MatrixForm::Heat => ("unseen", false),
        MatrixForm::Table => ("twin-box", true),
    };
    html! {
        <section class="world" id={format!("world-{index}")} tabindex="-1" key={index}
            aria-label={name(index)} data-testid={format!("world-{index}")}>
            { head(model, index, send) }
            { pd_strip(&view.pd, model.selected, lang, send) }
            <div class={classes!("matrix-box", is_table.then_some("gone"))}
                id={format!("matrix-{index}")} data-testid={format!("matrix-{index}")}>
                // One world a frame.
                <Later may_wait={false} after={index as u32} poster={poster()}>
                    { picture(model, index, send) }
                </Later>
            </div>
            <div class={twin_class} tabindex={is_table.then_some("0")}>
                <Later may_wait={!is_table} after=5>
                    <Twin {lang} matrix={view.matrix.clone()} rows={rows.clone()}
                        selected={model.selected.and_then(Thing::region)}
                        is_seen={is_table} />
                </Later>
            </div>
        </section>
    }
}

/// The regions in the form that was chosen; too many for the matrix, they are a strip.
fn picture(model: &Model, index: usize, send: &Callback<Msg>) -> Html {
    let Some(size) = model.matrix_size else { return poster() };
    let (lang, view) = (model.lang, model.world(index));
    let (matrix, rows) = (view.matrix.clone(), model.graph.rows[index].clone());
    let (selected, hovered, send) = (model.selected, model.hovered, send.clone());
    let differing = model.differing.clone();
    let fits = fits_matrix(rows.len(), matrix.lanes.len());
    match model.matrix_form {
        MatrixForm::Map => html! {
            <>
                { map_tools(lang, &send) }
                <MapPicture {index} {lang} {matrix} {rows} tables={view.tables.clone()}
                    raft={raft(model, index)} dots={model.dots(index)} {selected} {hovered}
                    camera={model.graph.camera}
                    {size} {send} />
            </>
        },
        MatrixForm::Picture | MatrixForm::Table if fits => {
            let layout = Layout::of(size.0, size.1, matrix.lanes.len(), rows.len());
            html! {
                <MatrixPicture {index} {lang} now={view.at} {matrix} {rows}
                    dots={model.dots(index)}
                    resolvers={view.resolvers.clone()} is_scrubbed={model.is_scrubbed}
                    {layout} {selected} {hovered}
                    {differing} {send} />
            }
        }
        MatrixForm::Picture | MatrixForm::Table | MatrixForm::Heat => html! {
            <Heat {index} {lang} {rows} stretch={model.graph.stretch} all={model.graph.found.0}
                {differing} {selected} {size} {send} />
        },
    }
}

/// The picture that the page had before it began, until the box is measured.
fn poster() -> Html {
    html! {
        <svg class="poster-art" viewBox="0 0 540 420" preserveAspectRatio="xMidYMin"
            aria-hidden="true">
            <use href="#poster-matrix" />
        </svg>
    }
}

/// The Raft state of the held region's peers; of the newest moment only, since none is recorded.
fn raft(model: &Model, index: usize) -> Vec<RaftLine> {
    let held = model.selected.and_then(Thing::region).filter(|_| model.cursor.is_none());
    let cluster = &model.session.run().worlds()[index].cluster;
    held.map(|region| RaftLine::of(cluster, region)).unwrap_or_default()
}

/// `A + B`: all worlds, where there are so many.
pub(crate) fn all_names(worlds: usize) -> String {
    (0..worlds).map(name).collect::<Vec<_>>().join(" + ")
}

/// A, B, C …
pub(crate) fn name(index: usize) -> String {
    char::from(b'A' + u8::try_from(index % 26).unwrap_or(0)).to_string()
}

fn head(model: &Model, index: usize, send: &Callback<Msg>) -> Html {
    let (lang, view) = (model.lang, model.world(index));
    let (release, knobs) = model.session.knobs()[index];
    let well = view.headline.tables_unavailable == 0 && view.headline.leaderless == 0;
    let headline = phrases::headline(&view.headline, lang);
    let mood = if well { "ok" } else { "bad" };
    html! {
        <div class="world-head">
            <h2><span class="letter">{ name(index) }</span>{ part_played(model, release) }</h2>
            { releases(index, release, lang, send) }
            <KnobPanel world={index} {lang} {knobs} send={send.clone()} />
            { number(model, index, send) }
            { invariants(view, index, lang) }
            <p class={classes!("mood", mood)} data-testid={format!("headline-{index}")}
                title={headline.clone()}>
                { headline }
            </p>
        </div>
    }
}

/// What a release is in this incident, where it is one of the two that the incident contrasts.
fn part_played(model: &Model, release: Option<Release>) -> &'static str {
    let [reported, fixed] = model.session.run().scenario().releases;
    match release {
        Some(release) if release == reported => Word::WorldA.text(model.lang),
        Some(release) if release == fixed => Word::WorldB.text(model.lang),
        Some(_) | None => "",
    }
}

/// One world more, or one fewer.
fn number(model: &Model, index: usize, send: &Callback<Msg>) -> Html {
    let (lang, worlds) = (model.lang, model.session.run().worlds().len());
    let button = |word: TimeWord, sign: &'static str, id: &str, msg: WorldMsg| {
        html! {
            <button type="button" class="quiet" title={word.text(lang)}
                aria-label={word.text(lang)} data-testid={format!("{id}-{index}")}
                onclick={send.reform(move |_| Msg::World(msg))}>{ sign }</button>
        }
    };
    html! {
        <span class="number">
            if worlds < MOST_WORLDS {
                { button(TimeWord::CopyWorld, "+", "copy-world", WorldMsg::Copy(index)) }
            }
            if 1 < worlds {
                { button(TimeWord::RemoveWorld, "✕", "remove-world", WorldMsg::Remove(index)) }
            }
        </span>
    }
}

fn releases(index: usize, chosen: Option<Release>, lang: Lang, send: &Callback<Msg>) -> Html {
    let onchange = when(send, move |event: yew::Event| {
        Release::from_name(&effects::value_of(&event)).map(|r| Msg::SetRelease(index, r))
    });
    html! {
        <label>
            <span class="unseen">{ Word::Release.text(lang) }</span>
            <select {onchange} data-testid={format!("release-{index}")}
                data-release={chosen.map(Release::name)}>
                { for Release::ALL.into_iter().map(|r| html! {
                    <option value={r.name()} selected={chosen == Some(r)}>
                        { format!("TiKV {r}") }
                    </option>
                }) }
                if chosen.is_none() {
                    <option value="" selected={true}>{ Word::OwnKnobs.text(lang) }</option>
                }
            </select>
        </label>
    }
}

fn invariants(view: &ClusterView, index: usize, lang: Lang) -> Html {
    let (class, sign, word) = match view.broken.is_empty() {
        true => ("lamp ok", "✓", Word::InvariantsHold),
        false => ("lamp bad", "✗", Word::InvariantsBroken),
    };
    let title = match view.broken.first() {
        Some(broken) => format!("{}: {broken}", word.text(lang)),
        None => word.text(lang).to_owned(),
    };
    html! {
        <span {class} {title}>
            <span aria-hidden="true">{ sign }</span>
            <code data-testid={format!("fingerprint-{index}")}>
                { format!("{:016x}", view.fingerprint) }
            </code>
            <span class="unseen">{ word.text(lang) }</span>
        </span>
    }
}
