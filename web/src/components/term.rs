//! A term with its meaning: shown on hover, focus and tap, and all of them in one sheet.

use view::glossary::GLOSSARY;
use view::{Lang, Word};
use yew::{Component, Context, Html, Properties, html};

/// The sheet's id, by which buttons open it.
pub(crate) const SHEET: &str = "glossary";

/// `text` with the meaning of the term `id` behind it.
pub(crate) fn term(id: &'static str, text: &str) -> Html {
    html! { <span class="term" tabindex="0" data-term={id}>{ text }</span> }
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lang: Lang,
}

/// All terms.
pub(crate) struct Glossary;

impl Component for Glossary {
    type Message = ();
    type Properties = Props;

    fn create(_ctx: &Context<Self>) -> Glossary {
        Glossary
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let lang = ctx.props().lang;
        html! {
            <section id={SHEET} class="sheet glossary" popover="auto" role="dialog"
                aria-label={Word::Glossary.text(lang)} data-testid="glossary">
                <header>
                    <h2>{ Word::Glossary.text(lang) }</h2>
                    <button type="button" popovertarget={SHEET} popovertargetaction="hide">
                        { Word::Close.text(lang) }
                    </button>
                </header>
                <dl tabindex="0">
                    { for GLOSSARY.iter().map(|entry| html! {
                        <div key={entry.id}>
                            <dt>{ entry.term }</dt>
                            <dd>{ entry.meaning(lang) }</dd>
                        </div>
                    }) }
                </dl>
            </section>
        }
    }
}
