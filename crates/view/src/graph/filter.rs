//! Which regions are looked for: `ghost store:5`, `orders -learner`, `1000-1040 differs`.
//!
//! Words of one kind widen (region ids, stores, tables), words that say something of a region
//! narrow, and a `-` before a word leaves out what it finds.

use sim::StoreId;

use super::marks::State;
use crate::Lang;
use crate::cluster_view::{Lane, Row, Shape};

/// What is looked for. The default finds every region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<Wanted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    what: What,
    is_excluded: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// Region ids, both ends included.
    Regions(u64, u64),
    /// Regions with a peer there.
    Store(StoreId),
    /// Tables whose name contains this.
    Table(String),
    State(State),
    /// The worlds differ.
    Differs,
}

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The word that cannot be read.
    pub word: String,
    /// What would be right.
    pub wanted: WantedWord,
}

/// What a word should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedWord {
    /// A store's number.
    Store,
    /// A region's number, or two with a dash between.
    Regions,
    /// The end of a range that is not before its beginning.
    Ascending,
    /// A state or a part of a table's name: these begin like it, or are all there are.
    StateOrTable(Vec<String>),
}

/// The word for regions in which the worlds differ.
pub const DIFFERS: &str = "differs";

/// Reads a filter. `tables` are the names of all tables.
///
/// # Errors
/// The first word that is none, and what would be right.
pub fn parse(text: &str, tables: &[&str]) -> Result<Filter, FilterError> {
    let words = text.split_whitespace().map(|word| {
        let (is_excluded, rest) = match word.strip_prefix(['-', '!']) {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let what = read(rest, tables);
        what.map(|what| Wanted { what, is_excluded })
            .map_err(|wanted| FilterError { word: word.to_owned(), wanted })
    });
    Ok(Filter { words: words.collect::<Result<_, _>>()? })
}

fn read(word: &str, tables: &[&str]) -> Result<What, WantedWord> {
    let word = word.to_lowercase();
    if let Some((kind, value)) = word.split_once(':') {
        return match kind {
            "store" | "s" | "on" => store(value),
            "region" | "r" => regions(value),
            "table" | "t" => table(value, tables),
            "state" | "is" => state(value).ok_or_else(|| near(value, &[])),
            _ => Err(near(value, tables)),
        };
    }
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return regions(&word);
    }
    let number = |prefix: char| word.strip_prefix(prefix).filter(|rest| is_number(rest));
    if let Some(id) = number('s') {
        return store(id);
    }
    if let Some(id) = number('r') {
        return regions(id);
    }
    state(&word).map_or_else(|| table(&word, tables), Ok)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn store(text: &str) -> Result<What, WantedWord> {
    text.parse().map(|id| What::Store(StoreId(id))).map_err(|_| WantedWord::Store)
}

fn regions(text: &str) -> Result<What, WantedWord> {
    let id = |text: &str| text.parse::<u64>().map_err(|_| WantedWord::Regions);
    let (first, last) = match text.split_once("..").or_else(|| text.split_once('-')) {
        Some((first, last)) => (id(first)?, id(last)?),
        None => (id(text)?, id(text)?),
    };
    if last < first { Err(WantedWord::Ascending) } else { Ok(What::Regions(first, last)) }
}

fn state(word: &str) -> Option<What> {
    if word == DIFFERS {
        return Some(What::Differs);
    }
    State::ALL.into_iter().find(|state| state.name() == word).map(What::State)
}

fn table(word: &str, tables: &[&str]) -> Result<What, WantedWord> {
    let is_there = !word.is_empty() && tables.iter().any(|name| name.contains(word));
    if is_there { Ok(What::Table(word.to_owned())) } else { Err(near(word, tables)) }
}

/// The states and tables that begin like a word, or all.
fn near(word: &str, tables: &[&str]) -> WantedWord {
    let states = State::ALL.iter().map(|state| state.name()).chain([DIFFERS]);
    let all: Vec<&str> = states.chain(tables.iter().copied()).collect();
    let begins = |known: &&str| {
        let share = word.chars().zip(known.chars()).take_while(|(a, b)| a == b).count();
        2 <= share
    };
    let mut near: Vec<&str> = all.iter().copied().filter(begins).collect();
    if near.is_empty() {
        near = all;
    }
    WantedWord::StateOrTable(near.into_iter().map(str::to_owned).collect())
}

impl Filter {
    /// Whether it finds every region.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether it finds this region, which may differ between the worlds.
    pub fn admits(&self, row: &Row, lanes: &[Lane], differs: bool) -> bool {
        // Whether any word of a kind was there, and whether any of them has found it.
        let mut kinds = [(false, false); 3];
        for Wanted { what, is_excluded } in &self.words {
            let found = what.finds(row, lanes, differs);
            let kind = match what {
                What::Regions(..) => Some(0),
                What::Store(_) => Some(1),
                What::Table(_) => Some(2),
                What::State(_) | What::Differs => None,
            };
            match kind {
                _ if *is_excluded && found => return false,
                _ if *is_excluded => {}
                Some(kind) => kinds[kind] = (true, kinds[kind].1 || found),
                None if !found => return false,
                None => {}
            }
        }
        kinds.iter().all(|(was_asked, found)| !was_asked || *found)
    }
}

impl What {
    fn finds(&self, row: &Row, lanes: &[Lane], differs: bool) -> bool {
        match self {
            What::Regions(first, last) => (*first..=*last).contains(&row.region.0),
            What::Store(store) => {
                let lane = lanes.iter().position(|lane| lane.store == *store);
                let cell = lane.and_then(|lane| row.cells.get(lane));
                cell.is_some_and(|cell| !matches!(cell.shape, Shape::Empty | Shape::Tombstone))
            }
            What::Table(part) => {
                row.table.as_ref().is_some_and(|name| name.to_lowercase().contains(part.as_str()))
            }
            What::State(state) => row.states.has(*state),
            What::Differs => differs,
        }
    }
}

/// The text with a word, or without it if it has it: what a chip does.
pub fn toggled(text: &str, word: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    match words.iter().position(|other| *other == word) {
        Some(at) => {
            words.remove(at);
        }
        None => words.push(word),
    }
    words.join(" ")
}

/// Whether the text has the word.
pub fn has_word(text: &str, word: &str) -> bool {
    text.split_whitespace().any(|other| other == word)
}

impl FilterError {
    /// What would be right.
    pub fn text(&self, lang: Lang) -> String {
        let word = &self.word;
        match &self.wanted {
            WantedWord::Store => match lang {
                Lang::En => format!("“{word}”: a store’s number is wanted, as in store:5"),
                Lang::Zh => format!("“{word}”：需要 store 编号，例如 store:5"),
            },
            WantedWord::Regions => match lang {
                Lang::En => {
                    format!("“{word}”: a region’s number is wanted, as in 1004 or 1000-1040")
                }
                Lang::Zh => format!("“{word}”：需要 Region 编号，例如 1004 或 1000-1040"),
            },
            WantedWord::Ascending => match lang {
                Lang::En => format!("“{word}”: the first number is the smaller one"),
                Lang::Zh => format!("“{word}”：前一个编号应较小"),
            },
            WantedWord::StateOrTable(known) => match lang {
                Lang::En => format!("“{word}” is no state and no table; try {}", known.join(", ")),
                Lang::Zh => format!("“{word}”既不是状态也不是表；可用：{}", known.join("、")),
            },
        }
    }
}

/// `7 of 30 regions`.
pub fn count(found: usize, all: usize, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{found} of {all} regions"),
        Lang::Zh => format!("{found} / {all} 个 Region"),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use sim::command::Command;
    use sim::{Cluster, Millis, Release};

    use super::*;
    use crate::Projector;
    use crate::cluster_view::Matrix;
    use crate::project::testing::two_tables;

    const TABLES: [&str; 2] = ["shop.orders", "shop.items"];

    /// Store 1 is stopped: the regions 10 and 20 have a ghost, 30 has none.
    fn matrix() -> Rc<Matrix> {
        let mut cluster =
            Cluster::new(&two_tables(), Release::V8_5_2.knobs(), 1).expect("the setup is sound");
        cluster.advance(Millis(30_000));
        cluster.apply(&Command::StopStores(vec![StoreId(1)])).expect("it runs");
        Projector::default().project(&cluster).matrix
    }

    fn found(matrix: &Matrix, text: &str) -> Vec<u64> {
        let filter = parse(text, &TABLES).unwrap_or_else(|error| panic!("{error:?}"));
        let differs = |row: &Row| row.region.0 == 20;
        let rows = matrix.rows.iter();
        let rows = rows.filter(|row| filter.admits(row, &matrix.lanes, differs(row)));
        rows.map(|row| row.region.0).collect()
    }

    #[test]
    fn words_of_a_kind_widen_and_words_of_different_kinds_narrow() {
        let matrix = matrix();
        let cases: [(&str, &[u64]); 14] = [
            ("", &[10, 20, 30]),
            ("10", &[10]),
            ("10 30", &[10, 30]),
            ("10-20", &[10, 20]),
            ("store:4", &[30]),
            ("s1 s4", &[10, 20, 30]),
            ("s1 orders", &[10, 20]),
            ("items", &[30]),
            ("ghost", &[10, 20]),
            ("ghost 20-99", &[20]),
            ("ghost differs", &[20]),
            ("-ghost", &[30]),
            ("orders -10", &[20]),
            ("learner", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&matrix, text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_what_would_be_right() {
        let wrong = |text: &str| match parse(text, &TABLES) {
            Ok(filter) => panic!("{text:?} was read as {filter:?}"),
            Err(error) => error.text(Lang::En),
        };
        assert_eq!(
            wrong("ghots"),
            "“ghots” is no state and no table; try ghost",
            "what begins alike is named"
        );
        assert!(wrong("ghost zzz").contains("leaderless") && wrong("zzz").contains("shop.items"));
        assert!(wrong("store:x").contains("store:5"));
        assert!(wrong("10-x").contains("1000-1040"));
        assert!(wrong("30-10").contains("smaller"));
        assert!(wrong("table:").contains("shop.orders"));
        assert!(parse("s", &TABLES).is_ok(), "it is a part of a table's name");
    }

    #[test]
    fn a_chip_adds_its_word_and_takes_it_away() {
        assert_eq!(toggled("orders", "ghost"), "orders ghost");
        assert_eq!(toggled("ghost orders ", "ghost"), "orders");
        assert!(has_word("a ghost", "ghost") && !has_word("ghosts", "ghost"));
    }
}
