//! Where things stand in the matrix, in pixels. The layout is a function of the box and of how
//! many lanes and rows there are, never of what they hold: so nothing moves while a run plays.

/// Pixels for the names of regions at the left.
const NAMES: f64 = 102.0;
/// The same where there is little room, and where there is much.
const NAMES_NARROW: f64 = 96.0;
const NAMES_WIDE: f64 = 152.0;
/// Pixels for the zones and the numbers and states of stores at the top.
const HEAD: f64 = 48.0;
/// Pixels for the arcs of failed resolves, under the head, with a line for their counts.
const ARCS: f64 = 34.0;
/// From the end of the head to the line of their counts.
const COUNTS: f64 = 11.0;
/// Pixels for the heading of the resolver caches, under the regions.
const CACHES: f64 = 20.0;
/// The least width that a finger or an unsteady hand finds.
const MIN_TARGET: f64 = 24.0;
/// The least and the most a row may be high.
const ROW: (f64, f64) = (10.4, 30.0);

/// Where lanes and rows stand. Below the regions each store has a row for its resolver cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The whole picture's width.
    pub width: f64,
    /// The whole picture's height.
    pub height: f64,
    /// Where the first lane begins.
    pub left: f64,
    /// Where the first row begins.
    pub top: f64,
    /// The width of a lane.
    pub lane: f64,
    /// The height of a row.
    pub row: f64,
    /// The radius of a peer.
    pub radius: f64,
    /// How many regions there are.
    pub rows: usize,
    /// How many stores there are.
    pub lanes: usize,
}

impl Layout {
    /// The layout for a box of this size. The picture is as wide as the box, and higher than it
    /// if the rows need more room.
    pub fn of(width: f64, height: f64, lanes: usize, rows: usize) -> Layout {
        let left = match width {
            ..440.0 => NAMES_NARROW,
            ..700.0 => NAMES,
            _ => NAMES_WIDE,
        };
        let lane = ((width - left - 4.0) / lanes.max(1) as f64).max(20.0);
        let top = HEAD + ARCS;
        let free = height - top - CACHES - 4.0;
        let row = (free / (rows + lanes).max(1) as f64).clamp(ROW.0, ROW.1);
        Layout {
            width: width.max(left + lane * lanes as f64),
            height: top + CACHES + row * (rows + lanes) as f64 + 4.0,
            left,
            top,
            lane,
            row,
            radius: (row * 0.37).clamp(4.2, 9.0).min(lane * 0.3),
            rows,
            lanes,
        }
    }

    /// The middle of a lane.
    pub fn lane_x(&self, lane: usize) -> f64 {
        self.left + self.lane * (lane as f64 + 0.5)
    }

    /// The lane in which a peer would be at `x`, with some room around it to point at.
    pub fn lane_near(&self, x: f64) -> Option<usize> {
        let lane = (x - self.left) / self.lane;
        let is_inside = 0.0 <= lane && lane < self.lanes as f64;
        let at = is_inside.then_some(lane as usize)?;
        let reach = self.lane.min(self.row.max(MIN_TARGET)) / 2.0;
        ((x - self.lane_x(at)).abs() <= reach).then_some(at)
    }

    /// The middle of a region's row.
    pub fn row_y(&self, row: usize) -> f64 {
        self.top + self.row * (row as f64 + 0.5)
    }

    /// The line on which each store that asks in vain has its count.
    pub fn counts_y(&self) -> f64 {
        self.top - ARCS + COUNTS
    }

    /// Where the highest arc may pass, and where all end.
    pub fn arcs_y(&self) -> (f64, f64) {
        (self.counts_y() + 5.0, self.top - 3.0)
    }

    /// Where the rows of regions end.
    pub fn bottom(&self) -> f64 {
        self.top + self.row * self.rows as f64
    }

    /// The middle of the row of a store's resolver cache.
    pub fn cache_y(&self, store: usize) -> f64 {
        self.bottom() + CACHES + self.row * (store as f64 + 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_rows_fit_a_laptop() {
        let layout = Layout::of(540.0, 590.0, 8, 30);
        assert!(layout.height <= 591.0, "{layout:?}");
        assert!(4.0 < layout.radius);
    }

    #[test]
    fn peer_is_found_around_its_lane_and_between_lanes_there_is_none() {
        let layout = Layout::of(540.0, 590.0, 8, 30);
        let middle = layout.lane_x(3);
        assert_eq!([-10.0, 0.0, 10.0].map(|dx| layout.lane_near(middle + dx)), [Some(3); 3]);
        assert_eq!(layout.lane_near(middle + layout.lane / 2.0 - 1.0), None);
        assert_eq!([0.0, layout.left - 1.0, layout.width].map(|x| layout.lane_near(x)), [None; 3]);
        let narrow = Layout::of(300.0, 590.0, 30, 30);
        let nearest = |lane: usize| narrow.lane_near(narrow.lane_x(lane) + 9.0);
        assert_eq!([0, 29].map(nearest), [Some(0), Some(29)], "narrow lanes touch");
    }

    #[test]
    fn rows_never_get_too_low_to_be_read() {
        let layout = Layout::of(300.0, 100.0, 8, 30);
        assert_eq!(layout.row, ROW.0);
        assert!(100.0 < layout.height);
        assert!(layout.lane_x(7) < layout.width);
        assert!(layout.cache_y(7) < layout.height);
    }
}
