//! Ten thousand regions at a glance: one cell stands for as many neighbours as needed, and shows
//! the gravest that is true of any of them.

use std::collections::BTreeSet;
use std::rc::Rc;

use sim::RegionId;

use super::marks::State;
use crate::Lang;
use crate::cluster_view::Row;
use crate::graph::words;

/// More cells than this are never drawn.
pub const MOST_CELLS: usize = 1_200;
/// The most rows that the matrix draws one by one, and the most cells that they may have.
const MATRIX_ROWS: usize = 150;
const MATRIX_CELLS: usize = 4_000;
/// The least and the most a cell may be wide and high, in pixels.
const SIZE: (f64, f64) = (9.0, 92.0);

/// Whether the matrix can draw so many rows.
pub fn fits_matrix(rows: usize, lanes: usize) -> bool {
    rows <= MATRIX_ROWS && rows * lanes <= MATRIX_CELLS
}

/// Neighbouring regions of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatCell {
    /// The place of the first among the rows.
    pub first: usize,
    /// How many there are.
    pub count: usize,
    /// The table's position, for its colour.
    pub hue: usize,
    /// The gravest that is true of any of them.
    pub worst: Option<State>,
    /// Of how many it is true.
    pub affected: usize,
    /// Whether the worlds differ in any of them.
    pub differs: bool,
}

/// The cells of the rows, of equal size but for the last of each table.
pub fn cells(rows: &[Rc<Row>], differing: &BTreeSet<RegionId>) -> Vec<HeatCell> {
    let size = rows.len().div_ceil(MOST_CELLS).max(1);
    let mut cells: Vec<HeatCell> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match cells.last_mut() {
            Some(cell) if cell.hue == row.hue && cell.count < size => {
                cell.count += 1;
                cell.take_in(row, differing);
            }
            Some(_) | None => {
                let mut cell = HeatCell {
                    first: index,
                    count: 1,
                    hue: row.hue,
                    worst: None,
                    affected: 0,
                    differs: false,
                };
                cell.take_in(row, differing);
                cells.push(cell);
            }
        }
    }
    cells
}

impl HeatCell {
    fn take_in(&mut self, row: &Row, differing: &BTreeSet<RegionId>) {
        let state = row.states.worst();
        match (state, self.worst) {
            (Some(state), Some(worst)) if state == worst => self.affected += 1,
            (Some(state), worst) if worst.is_none_or(|worst| state < worst) => {
                (self.worst, self.affected) = (Some(state), 1);
            }
            (Some(_) | None, _) => {}
        }
        self.differs |= !differing.is_empty() && differing.contains(&row.region);
    }

    /// What can be written into a cell that is large enough: the region's id, and its table without
    /// the database. `None` for a cell of several regions.
    pub fn name(&self, rows: &[Rc<Row>]) -> Option<(RegionId, String)> {
        let row = rows.get(self.first).filter(|_| self.count == 1)?;
        let table = row.table.as_deref().unwrap_or_default();
        let table = table.rsplit('.').next().unwrap_or_default();
        Some((row.region, table.to_owned()))
    }

    /// `region 1004 … 1044 (41) · shop.orders · ghost peer ×2`.
    pub fn text(&self, rows: &[Rc<Row>], lang: Lang) -> String {
        let (Some(first), Some(last)) =
            (rows.get(self.first), rows.get(self.first + self.count - 1))
        else {
            return String::new();
        };
        let mut text = match self.count {
            1 => format!("region {}", first.region),
            n => format!("region {} … {} ({n})", first.region, last.region),
        };
        text.extend(first.table.iter().map(|table| format!(" · {table}")));
        text.extend(self.worst.map(|state| {
            let state = words::state(state, lang);
            if self.count == 1 {
                format!(" · {state}")
            } else {
                format!(" · {state} ×{}", self.affected)
            }
        }));
        text
    }
}

/// Where the cells stand: row by row from the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatLayout {
    /// The side of a cell, in pixels.
    pub side: f64,
    /// How many stand in a row.
    pub columns: usize,
    /// How many there are.
    pub cells: usize,
}

impl HeatLayout {
    /// The layout for a box: as large as all of them can be.
    pub fn of(width: f64, height: f64, cells: usize) -> HeatLayout {
        let area = width * height / cells.max(1) as f64;
        let mut side = area.sqrt().floor().clamp(SIZE.0, SIZE.1);
        let columns = |side: f64| ((width / side).floor() as usize).max(1);
        // The last row may not be full: a little smaller until all fit, or the box scrolls.
        while SIZE.0 < side && height < cells.div_ceil(columns(side)) as f64 * side {
            side -= 0.5;
        }
        HeatLayout { side, columns: columns(side), cells }
    }

    /// The top left corner of a cell.
    pub fn corner(&self, cell: usize) -> (f64, f64) {
        ((cell % self.columns) as f64 * self.side, (cell / self.columns) as f64 * self.side)
    }

    /// The cell at a point.
    pub fn cell_at(&self, x: f64, y: f64) -> Option<usize> {
        let (column, row) = ((x / self.side).floor(), (y / self.side).floor());
        if x < 0.0 || y < 0.0 || self.columns as f64 <= column {
            return None;
        }
        let cell = row as usize * self.columns + column as usize;
        (cell < self.cells).then_some(cell)
    }

    /// The width and the height that all of them take.
    pub fn size(&self) -> (f64, f64) {
        let rows = self.cells.div_ceil(self.columns);
        (self.columns as f64 * self.side, rows as f64 * self.side)
    }
}

/// A stretch of rows: the first, and the one behind the last.
pub type Range = (usize, usize);

/// The stretch around the place `at` that is `factor` times as long, within `all` rows; `None`
/// once it is all of them.
pub fn zoomed(range: Option<Range>, all: usize, at: usize, factor: f64) -> Option<Range> {
    let (first, last) = range.unwrap_or((0, all));
    let length = ((last - first) as f64 * factor).round().max(8.0) as usize;
    if all <= length {
        return None;
    }
    // What was under the pointer stays under it.
    let share = at.saturating_sub(first) as f64 / (last - first).max(1) as f64;
    let first = at.saturating_sub((length as f64 * share) as usize).min(all - length);
    Some((first, first + length))
}

/// The stretch moved by so many rows.
pub fn panned((first, last): Range, all: usize, by: i64) -> Range {
    let most = all.saturating_sub(last - first) as i64;
    let moved = (first as i64 + by).clamp(0, most) as usize;
    (moved, moved + (last - first))
}

#[cfg(test)]
mod tests {
    use sim::{Cluster, Millis, Release};

    use super::*;
    use crate::Projector;
    use crate::project::testing::two_tables;

    fn many(count: usize) -> Vec<Rc<Row>> {
        let mut cluster =
            Cluster::new(&two_tables(), Release::V8_5_2.knobs(), 1).expect("the setup is sound");
        cluster.advance(Millis(30_000));
        let row = Projector::default().project(&cluster).matrix.rows[0].clone();
        let row = |n: usize| {
            let mut row = (*row).clone();
            row.region = RegionId(n as u64);
            row.hue = usize::from(6_001 <= n);
            if n == 5_000 || n == 5_001 {
                row.states = row.states.with(State::Ghost, true);
            }
            if n == 5_002 {
                row.states = row.states.with(State::Pending, true);
            }
            Rc::new(row)
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn ten_thousand_regions_are_few_cells_and_none_is_lost() {
        let rows = many(10_000);
        let cells = cells(&rows, &BTreeSet::from([RegionId(9_999)]));
        assert!(cells.len() <= MOST_CELLS + 1, "{}", cells.len());
        assert_eq!(cells.iter().map(|cell| cell.count).sum::<usize>(), 10_000);
        let ill: Vec<&HeatCell> = cells.iter().filter(|cell| cell.worst.is_some()).collect();
        let affected: usize = ill.iter().map(|cell| cell.affected).sum();
        assert!(ill.iter().any(|cell| cell.worst == Some(State::Ghost)) && 2 <= affected);
        assert_eq!(cells.iter().filter(|cell| cell.differs).count(), 1);
        let first_of_second = cells.iter().find(|cell| cell.hue == 1).expect("it has regions");
        assert_eq!(first_of_second.first, 6_001, "no cell holds regions of two tables");
    }

    #[test]
    fn a_cell_tells_the_gravest_and_how_many_it_concerns() {
        let rows = many(10_000);
        let cells = cells(&rows[4_995..5_010], &BTreeSet::new());
        assert_eq!(cells.len(), 15);
        assert_eq!(
            cells[5].text(&rows[4_995..], Lang::En),
            "region 5000 · shop.orders · ghost peer"
        );
        assert_eq!(cells[5].name(&rows[4_995..]), Some((RegionId(5_000), "orders".to_owned())));
        let mut both = cells[5].clone();
        both.count = 3;
        assert_eq!(both.name(&rows[4_995..]), None, "three regions have no one name");
        both.take_in(&rows[5_001], &BTreeSet::new());
        both.take_in(&rows[5_002], &BTreeSet::new());
        assert!(both.text(&rows[4_995..], Lang::En).ends_with("(3) · shop.orders · ghost peer ×2"));
    }

    #[test]
    fn every_cell_is_found_again_where_it_stands() {
        for (width, height, count) in
            [(540.0, 560.0, 1_112), (360.0, 600.0, 40), (300.0, 90.0, 900)]
        {
            let layout = HeatLayout::of(width, height, count);
            for cell in 0..count {
                let (x, y) = layout.corner(cell);
                assert_eq!(layout.cell_at(x + 1.0, y + 1.0), Some(cell));
                assert!(x + layout.side <= width + 0.01);
            }
            assert_eq!(layout.cell_at(-1.0, 5.0), None);
            assert_eq!(layout.cell_at(1.0, layout.size().1 + 1.0), None);
        }
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer_and_ends_at_all() {
        let near = zoomed(None, 10_000, 5_000, 0.1).expect("it is less than all");
        assert_eq!(near, (4_500, 5_500));
        assert_eq!(zoomed(Some(near), 10_000, 4_500, 0.5), Some((4_500, 5_000)));
        assert_eq!(zoomed(Some(near), 10_000, 5_000, 100.0), None);
        assert_eq!(zoomed(None, 10_000, 9_999, 0.01), Some((9_900, 10_000)));
        assert_eq!(panned(near, 10_000, 99_999), (9_000, 10_000));
        assert_eq!(panned(near, 10_000, -99_999), (0, 1_000));
    }
}
