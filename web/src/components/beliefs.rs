//! Who believes what of one region: four parties, store by store, world by world.

use sim::RegionId;
use view::beliefs::Belief;
use view::{Lang, Word};
use yew::{Component, Context, Html, Properties, classes, html};

use super::world::name;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
    pub(crate) region: Option<RegionId>,
    pub(crate) worlds: Vec<Vec<Belief>>,
}

/// The beliefs' panel.
pub(crate) struct Beliefs;

impl Component for Beliefs {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Beliefs {
        Beliefs
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { lang, region, worlds } = ctx.props();
        let region = region.map(|region| format!(" · region {region}")).unwrap_or_default();
        html! {
            <section class="panel beliefs" data-testid="beliefs">
                <h3>{ Word::WhoBelieves.text(*lang) }{ region }</h3>
                { for worlds.iter().enumerate().map(|(world, beliefs)| html! {
                    <table key={world}>
                        <caption class="unseen">{ name(world) }</caption>
                        <thead><tr>
                            <th scope="col"><span class="letter">{ name(world) }</span></th>
                            { for beliefs.iter().map(|b| html! {
                                <th scope="col"
                                    class={classes!(b.discord.then_some("bad"))}>{ b.store.0 }</th>
                            }) }
                        </tr></thead>
                        <tbody>
                            { line(Word::LeadersConf, beliefs, *lang, |b| &b.leader) }
                            { line(Word::PdCache, beliefs, *lang, |b| &b.pd) }
                            { line(Word::OnDisk, beliefs, *lang, |b| &b.disk) }
                            { line(Word::PdStores, beliefs, *lang, |b| b.standing) }
                        </tbody>
                    </table>
                }) }
            </section>
        }
    }
}

fn line(word: Word, beliefs: &[Belief], lang: Lang, text: impl Fn(&Belief) -> &str) -> Html {
    html! {
        <tr>
            <th scope="row">{ word.text(lang) }</th>
            { for beliefs.iter().map(|b| {
                let text = text(b).to_owned();
                // Eight columns leave no room for the word; the title has it.
                let short = match text.as_str() {
                    "tombstone" | "Tombstone" => "†".to_owned(),
                    "Disconnected" => "Disc.".to_owned(),
                    _ => text.clone(),
                };
                html! {
                    <td title={text} class={classes!(b.discord.then_some("bad"))}>
                        { short }
                    </td>
                }
            }) }
        </tr>
    }
}
