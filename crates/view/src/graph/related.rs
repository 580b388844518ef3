//! What lights up when somebody holds or points at a thing: the thing itself, and its kin. A
//! store's kin are its peers and those who ask for its address; a region's are its members' stores
//! and, faintly, its table's other regions; a table's are its regions.

use std::collections::BTreeSet;

use sim::order;
use sim::{StoreId, TableId};

use crate::Thing;
use crate::cluster_view::{Cell, FailedResolves, Matrix, Row};

/// How a part of the picture stands to the thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// Not at all.
    #[default]
    None,
    /// It belongs to the same table.
    Sibling,
    /// It belongs to it.
    Kin,
    /// It is the thing.
    Itself,
}

/// A thing, and what must be known of the matrix to say what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The thing; `None` lights nothing up.
    pub thing: Option<Thing>,
    table: Option<TableId>,
    members: BTreeSet<StoreId>,
}

impl Focus {
    /// The focus on a thing in a world.
    pub fn of(thing: Option<Thing>, matrix: &Matrix) -> Focus {
        let row = thing.and_then(Thing::region).and_then(|region| matrix.row(region));
        let members = row.map(|row| {
            let lanes = matrix.lanes.iter().zip(row.cells.iter());
            let members = lanes.filter(|(_, cell)| cell.member.is_some());
            order::set(members.map(|(lane, _)| lane.store))
        });
        let table = match thing {
            Some(Thing::Table(table)) => Some(table),
            Some(Thing::Region(_) | Thing::Store(_) | Thing::Peer(..) | Thing::Pd) | None => {
                row.and_then(|row| row.table_id)
            }
        };
        Focus { thing, table, members: members.unwrap_or_default() }
    }

    /// How a region's row stands to it. `lane` is the place of the thing's store, if it has one.
    pub fn row(&self, row: &Row, lane: Option<usize>) -> Tie {
        let is_sibling = row.table_id.is_some() && row.table_id == self.table;
        match self.thing {
            None => Tie::None,
            Some(Thing::Region(region) | Thing::Peer(region, _)) if region == row.region => {
                Tie::Itself
            }
            Some(Thing::Region(_) | Thing::Peer(..)) if is_sibling => Tie::Sibling,
            Some(Thing::Region(_) | Thing::Peer(..)) => Tie::None,
            Some(Thing::Store(_)) => {
                let cell = lane.and_then(|lane| row.cells.get(lane));
                if cell.is_some_and(|cell| cell.member.is_some()) { Tie::Kin } else { Tie::None }
            }
            Some(Thing::Table(_)) if is_sibling => Tie::Kin,
            Some(Thing::Table(_)) => Tie::None,
            Some(Thing::Pd) if row.is_misbelieved() => Tie::Kin,
            Some(Thing::Pd) => Tie::None,
        }
    }

    /// How a store stands to it.
    pub fn store(&self, store: StoreId) -> Tie {
        match self.thing {
            Some(Thing::Store(it) | Thing::Peer(_, it)) if it == store => Tie::Itself,
            Some(Thing::Region(_) | Thing::Peer(..)) if self.members.contains(&store) => Tie::Kin,
            Some(_) | None => Tie::None,
        }
    }

    /// How the vain questions of a store for another stand to it.
    pub fn arc(&self, arc: &FailedResolves) -> Tie {
        match self.thing {
            Some(Thing::Store(it)) if arc.from == it || arc.to == it => Tie::Kin,
            Some(_) | None => Tie::None,
        }
    }

    /// The place of the thing's store among the lanes.
    pub fn lane(&self, matrix: &Matrix) -> Option<usize> {
        let store = self.thing.and_then(Thing::store)?;
        matrix.lanes.iter().position(|lane| lane.store == store)
    }
}

/// How one row of the matrix is lit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glow {
    /// By what is held.
    pub held: Tie,
    /// By what is pointed at.
    pub lit: Tie,
    /// The place of the held store, where the row has a member there.
    pub held_lane: Option<usize>,
    /// The place of the store that is pointed at, likewise.
    pub lit_lane: Option<usize>,
    /// Whether it is shown where PD's cache is wrong.
    pub doubts: bool,
}

/// What is held and what is pointed at, in one world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lights {
    /// What is held.
    pub held: Focus,
    /// What is pointed at.
    pub lit: Focus,
    lanes: [Option<usize>; 2],
}

impl Lights {
    /// The lights of a world.
    pub fn of(held: Option<Thing>, lit: Option<Thing>, matrix: &Matrix) -> Lights {
        let (held, lit) = (Focus::of(held, matrix), Focus::of(lit, matrix));
        let lanes = [held.lane(matrix), lit.lane(matrix)];
        Lights { held, lit, lanes }
    }

    /// How a row is lit.
    pub fn row(&self, row: &Row) -> Glow {
        let [held_lane, lit_lane] = self.lanes;
        let (held, lit) = (self.held.row(row, held_lane), self.lit.row(row, lit_lane));
        let pd = Some(Thing::Pd);
        Glow {
            held,
            lit,
            held_lane: held_lane.filter(|_| Tie::Kin <= held),
            lit_lane: lit_lane.filter(|_| Tie::Kin <= lit),
            doubts: self.held.thing == pd || self.lit.thing == pd,
        }
    }
}

impl Row {
    /// Whether PD's cache has other members, other roles or another leader than the region.
    pub fn is_misbelieved(&self) -> bool {
        self.states.has(super::marks::State::Misbelieved)
    }
}

impl Cell {
    /// Whether PD's cache has another member here than the region, or the same in another role.
    pub fn is_misbelieved(&self) -> bool {
        self.member.map(|peer| (peer.id, peer.role))
            != self.pd.map(|belief| (belief.id, belief.role))
    }
}

#[cfg(test)]
mod tests {
    use sim::{Cluster, RegionId, Release};

    use super::*;
    use crate::Projector;
    use crate::cluster_view::AskState;
    use crate::project::testing::two_tables;

    fn matrix() -> std::rc::Rc<Matrix> {
        let cluster = Cluster::new(&two_tables(), Release::V8_5_2.knobs(), 1);
        Projector::default().project(&cluster.expect("the setup is sound")).matrix
    }

    fn ties(matrix: &Matrix, thing: Thing) -> (Vec<Tie>, Vec<Tie>) {
        let focus = Focus::of(Some(thing), matrix);
        let lane = focus.lane(matrix);
        let rows = matrix.rows.iter().map(|row| focus.row(row, lane)).collect();
        (rows, matrix.lanes.iter().map(|lane| focus.store(lane.store)).collect())
    }

    #[test]
    fn a_region_lights_up_its_stores_and_faintly_its_tables_other_regions() {
        let matrix = matrix();
        let (rows, lanes) = ties(&matrix, Thing::Region(RegionId(10)));
        assert_eq!(rows, [Tie::Itself, Tie::Sibling, Tie::None]);
        assert_eq!(lanes, [Tie::Kin, Tie::Kin, Tie::Kin, Tie::None]);
        let (rows, lanes) = ties(&matrix, Thing::Peer(RegionId(30), StoreId(4)));
        assert_eq!(rows, [Tie::None, Tie::None, Tie::Itself]);
        assert_eq!(lanes, [Tie::None, Tie::Kin, Tie::Kin, Tie::Itself]);
    }

    #[test]
    fn a_store_lights_up_its_peers_and_the_questions_for_it() {
        let matrix = matrix();
        let (rows, lanes) = ties(&matrix, Thing::Store(StoreId(1)));
        assert_eq!(rows, [Tie::Kin, Tie::Kin, Tie::None]);
        assert_eq!(lanes, [Tie::Itself, Tie::None, Tie::None, Tie::None]);
        let focus = Focus::of(Some(Thing::Store(StoreId(1))), &matrix);
        let arc = |from, to| FailedResolves {
            from: StoreId(from),
            to: StoreId(to),
            count: 1,
            state: AskState::Asking,
        };
        assert_eq!(
            [arc(2, 1), arc(1, 3), arc(2, 3)].map(|arc| focus.arc(&arc) == Tie::Kin),
            [true, true, false]
        );
    }

    #[test]
    fn a_table_lights_up_its_regions_and_nothing_lights_up_for_nothing() {
        let matrix = matrix();
        let (rows, _) = ties(&matrix, Thing::Table(TableId(2)));
        assert_eq!(rows, [Tie::None, Tie::None, Tie::Kin]);
        let (rows, _) = ties(&matrix, Thing::Pd);
        assert_eq!(rows, [Tie::None; 3], "PD is right about all");
        let none = Focus::of(None, &matrix);
        assert_eq!(none.row(&matrix.rows[0], None), Tie::None);
    }
}
