//! The region graph's part of the model: what is walked.

use view::Thing;
use view::cluster_view::Matrix;

use super::{Model, Update};

/// Something that happened in the region graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum GraphMsg {
    /// Move what is held by so many rows, and so many columns: a region's table, the region itself,
    /// then its peers. Above the rows are the stores, and left of those PD.
    Walk(i64, i64),
}

/// The columns left of the first lane: the table, and the region.
const TABLE: i64 = -2;
const REGION: i64 = -1;
/// The row above the first region: the stores.
const HEADS: i64 = -1;

impl Model {
    pub(super) fn use_graph(&mut self, msg: GraphMsg) -> Update {
        match msg {
            GraphMsg::Walk(rows, columns) => {
                self.selected = walk(&self.world(0).matrix, self.selected, rows, columns);
                self.follow();
            }
        }
        Update::redraw()
    }
}

/// The thing so many rows and columns away. From nothing it is the first region, or going up the
/// last.
fn walk(matrix: &Matrix, from: Option<Thing>, rows: i64, columns: i64) -> Option<Thing> {
    let (last_row, last_lane) = (matrix.rows.len() as i64 - 1, matrix.lanes.len() as i64 - 1);
    let (row, column) = match from.and_then(|thing| place(matrix, thing)) {
        Some((row, column)) => {
            let column = (column + columns).clamp(TABLE, last_lane);
            // Among regions one reaches the stores only column by column: End and Home stay there.
            let first = if column < 0 { 0 } else { HEADS };
            let first = if row == HEADS { HEADS } else { first };
            ((row + rows).clamp(first, last_row), column)
        }
        None => (if rows < 0 { last_row } else { 0 }, REGION),
    };
    if row == HEADS {
        let lane = usize::try_from(column).ok().and_then(|lane| matrix.lanes.get(lane));
        return Some(lane.map_or(Thing::Pd, |lane| Thing::Store(lane.store)));
    }
    let row = matrix.rows.get(row.max(0) as usize)?;
    let lane = usize::try_from(column).ok().and_then(|lane| matrix.lanes.get(lane));
    Some(match (lane, row.table_id) {
        (Some(lane), _) => Thing::Peer(row.region, lane.store),
        (None, Some(table)) if column == TABLE => Thing::Table(table),
        (None, _) => Thing::Region(row.region),
    })
}

/// The row and the column of a thing.
fn place(matrix: &Matrix, thing: Thing) -> Option<(i64, i64)> {
    let lane = |store| matrix.lanes.iter().position(|lane| lane.store == store);
    let row = |region| matrix.rows.iter().position(|row| row.region == region);
    let (row, column) = match thing {
        Thing::Region(region) => (row(region)? as i64, REGION),
        Thing::Peer(region, store) => (row(region)? as i64, lane(store)? as i64),
        Thing::Store(store) => (HEADS, lane(store)? as i64),
        Thing::Pd => (HEADS, REGION),
        Thing::Table(table) => {
            let first = matrix.rows.iter().position(|row| row.table_id == Some(table))?;
            (first as i64, TABLE)
        }
    };
    Some((row, column))
}

#[cfg(test)]
mod tests {
    use scenario::library;
    use sim::{RegionId, StoreId};

    use super::super::{Model, Msg};
    use super::*;

    fn model() -> Model {
        let scenario = library::load("tikv-18440").expect("it is in the library");
        let releases = scenario.releases;
        Model::new(scenario, &releases)
    }

    fn walked(model: &mut Model, steps: &[(i64, i64)]) -> Option<Thing> {
        for (rows, columns) in steps {
            model.update(Msg::Graph(GraphMsg::Walk(*rows, *columns)));
        }
        model.selected
    }

    #[test]
    fn arrows_walk_from_a_region_to_its_peers_its_table_and_up_to_the_stores() {
        let mut model = model();
        let (region, table, store) = {
            let matrix = &model.world(0).matrix;
            (matrix.rows[0].region, matrix.rows[0].table_id, matrix.lanes[0].store)
        };
        assert_eq!(walked(&mut model, &[(1, 0)]), Some(Thing::Region(region)));
        assert_eq!(walked(&mut model, &[(-1, 0)]), Some(Thing::Region(region)));
        assert_eq!(walked(&mut model, &[(0, 1)]), Some(Thing::Peer(region, store)));
        assert_eq!(walked(&mut model, &[(-1, 0)]), Some(Thing::Store(store)));
        assert_eq!(walked(&mut model, &[(0, -1)]), Some(Thing::Pd));
        assert_eq!(walked(&mut model, &[(1, 0)]), Some(Thing::Region(region)));
        let on_table = walked(&mut model, &[(0, -1)]);
        assert_eq!(on_table, Some(table.map_or(Thing::Region(region), Thing::Table)));
    }

    #[test]
    fn nobody_walks_off_the_edge() {
        let mut model = model();
        let matrix = model.world(0).matrix.clone();
        let last = |rows: &[std::rc::Rc<view::cluster_view::Row>]| rows.last().map(|r| r.region);
        let end = last(&matrix.rows).map(Thing::Region);
        assert_eq!(walked(&mut model, &[(1, 0), (1_000_000, 0)]), end);
        let store = matrix.lanes.last().map(|lane| lane.store);
        let (region, store) = last(&matrix.rows).zip(store).expect("there are some");
        assert_eq!(walked(&mut model, &[(0, 99)]), Some(Thing::Peer(region, store)));
        model.update(Msg::Select(Some(Thing::Peer(RegionId(7), StoreId(99)))));
        assert_eq!(walked(&mut model, &[(-1, 0)]), end, "what is not there is left for the end");
    }
}
