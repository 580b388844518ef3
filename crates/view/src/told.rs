//! What just happened, in sentences for someone who watches: events as prose, in both languages.
//!
//! Every event has a sentence or is left out on purpose. A note says how much it matters, so that
//! the page can show the few that do.

mod cluster_side;
mod commands;
mod pd_commands;
mod pd_side;

use std::collections::BTreeMap;
use std::rc::Rc;

use sim::order;
use sim::{Cluster, Event, EventKind, Knobs, TableId};

use crate::cluster_view::TableRow;
use crate::lang::Lang;

pub(crate) use pd_side::{blocked_words, stage_words};

/// How much a sentence matters to someone who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The ordinary work of a cluster.
    Routine,
    /// A step in the story.
    Notable,
    /// A turn of the story: somebody acted, something was lost, or healed, or got stuck.
    Turning,
}

/// An event in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The sentence.
    pub text: String,
    /// How much it matters.
    pub weight: Weight,
}

/// What sentences need to know besides the event: the names of tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    tables: BTreeMap<TableId, Rc<str>>,
}

impl Names {
    /// The names of these tables.
    pub fn of(tables: &[TableRow]) -> Names {
        let mut names = Names::default();
        names.tables.extend(tables.iter().map(|table| (table.id, table.name.clone())));
        names
    }

    /// The names of a cluster's tables.
    pub fn of_cluster(cluster: &Cluster) -> Names {
        let tables = cluster.tidb().tables();
        let tables = tables.map(|table| (table.id, table.name.as_str().into()));
        Names { tables: order::map(tables) }
    }

    /// The name of a table; its number where it has none any more.
    pub fn table(&self, id: TableId) -> String {
        self.tables.get(&id).map_or_else(|| format!("table {id}"), |name| name.to_string())
    }
}

/// The sentence for an event; `None` where it would tell a watcher nothing.
pub fn told(event: &Event, names: &Names, lang: Lang) -> Option<Told> {
    let (weight, text) = sentence(&event.kind, names, lang)?;
    Some(Told { text, weight })
}

/// How much an event matters; cheaper than its sentence.
pub fn weight(kind: &EventKind) -> Option<Weight> {
    sentence(kind, &Names::default(), Lang::En).map(|(weight, _)| weight)
}

/// What a cluster with these knobs does where another one did `other`, if that was to leave a
/// learner behind.
pub fn instead(other: &EventKind, knobs: &Knobs, lang: Lang) -> Option<String> {
    cluster_side::instead(other, knobs, lang)
}

type Sentence = Option<(Weight, String)>;

fn sentence(kind: &EventKind, names: &Names, lang: Lang) -> Sentence {
    if let EventKind::Commanded(command) = kind {
        return Some((Weight::Turning, commands::sentence(command, lang)));
    }
    cluster_side::sentence(kind, lang).or_else(|| pd_side::sentence(kind, names, lang))
}

fn notable(lang: Lang, en: String, zh: String) -> Sentence {
    Some((Weight::Notable, own(lang, en, zh)))
}

fn turning(lang: Lang, en: String, zh: String) -> Sentence {
    Some((Weight::Turning, own(lang, en, zh)))
}

fn routine(lang: Lang, en: String, zh: String) -> Sentence {
    Some((Weight::Routine, own(lang, en, zh)))
}

fn own(lang: Lang, en: String, zh: String) -> String {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

#[cfg(test)]
mod tests {
    use sim::region::{Peer, PeerRole};
    use sim::{PeerId, RegionId, Release, StoreId};

    use super::*;

    #[test]
    fn where_one_world_ignores_an_orphan_the_other_lists_it() {
        let peer = Peer { id: PeerId(52902), store: StoreId(503), role: PeerRole::Learner };
        let ignored = EventKind::OrphanIgnored { region: RegionId(52894), peer };
        let fixed = instead(&ignored, &Release::V8_5_8.knobs(), Lang::En);
        assert!(fixed.is_some_and(|text| text.contains("lists learner 52902")));
        assert_eq!(instead(&ignored, &Release::V8_5_2.knobs(), Lang::En), None);
    }
}
