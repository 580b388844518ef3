//! One world's matrix as an SVG of its own: no style sheet, no fonts and nothing else from
//! anywhere, in light colours, for slides and documents.

use std::fmt::Write as _;

use sim::store::Engine;

use super::plain;
use crate::clock::Elapsed;
use crate::cluster_view::{AskState, Cell, ClusterView, Condition, Lane, Matrix, Row, Shape};
use crate::lang::Lang;
use crate::layout::Layout;
use crate::phrases;

/// The width of the picture, in its own pixels.
const WIDTH: f64 = 860.0;
/// The height of a row.
const ROW: f64 = 18.0;
/// What is above the matrix.
const TITLE: f64 = 50.0;

/// The light theme's colours.
const INK: &str = "#131c26";
const MUTE: &str = "#55626f";
const EDGE: &str = "#8794a3";
const BAD: &str = "#b3261e";
const WARN: &str = "#875000";
const LANE: &str = "#eef2f7";
const FLASH: &str = "#e3f3f3";
const PAPER: &str = "#ffffff";
/// Those of the tables, in the order of the page.
const HUES: [&str; 6] = ["#1d5bbd", "#8440b0", "#00757f", "#a85500", "#ad2c75", "#557000"];

/// The picture of a world; `title` and the moment are written above it.
pub fn svg(view: &ClusterView, title: &str, lang: Lang) -> String {
    let matrix = &view.matrix;
    let rows = matrix.rows.len();
    // A height in which each row gets what it is to have; the caches below are not drawn.
    let height = 110.0 + ROW * (rows + matrix.lanes.len()) as f64;
    let layout = Layout::of(WIDTH, height, matrix.lanes.len(), rows);
    let (width, bottom) = (layout.width, layout.bottom() + TITLE + 12.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} \
         {1}\" font-family=\"Inter, Segoe UI, Roboto, Noto Sans, Noto Sans CJK SC, sans-serif\" \
         font-size=\"10\">\n<title>{2}</title>\n\
         <rect width=\"{0}\" height=\"{1}\" fill=\"{PAPER}\"/>\n",
        px(width),
        px(bottom),
        escaped(title)
    );
    let line = phrases_headline(view, lang);
    let at = Elapsed(view.at);
    text(&mut out, 12.0, 22.0, &Style { size: 16, weight: 700, ..Style::INK }, title);
    text(
        &mut out,
        12.0,
        40.0,
        &Style { size: 12, fill: MUTE, ..Style::INK },
        &format!("{at} · {line}"),
    );
    let _ = writeln!(out, "<g transform=\"translate(0 {})\">", px(TITLE));
    zones(&mut out, matrix, &layout);
    for (at, one) in matrix.lanes.iter().enumerate() {
        lane(&mut out, at, one, &layout, lang);
    }
    for (at, one) in matrix.rows.iter().enumerate() {
        row(&mut out, at, one, &layout);
    }
    arcs(&mut out, matrix, &layout);
    out.push_str("</g>\n</svg>\n");
    out
}

/// How the world is doing, in one line.
fn phrases_headline(view: &ClusterView, lang: Lang) -> String {
    phrases::headline(&view.headline, lang)
}

/// How a text is written.
struct Style {
    size: u32,
    weight: u32,
    fill: &'static str,
    anchor: &'static str,
}

impl Style {
    const INK: Style = Style { size: 10, weight: 400, fill: INK, anchor: "start" };
}

fn text(out: &mut String, x: f64, y: f64, style: &Style, what: &str) {
    let Style { size, weight, fill, anchor } = style;
    let (x, y, what) = (px(x), px(y), escaped(what));
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"{weight}\" fill=\"{fill}\" \
         text-anchor=\"{anchor}\">{what}</text>"
    );
}

fn zones(out: &mut String, matrix: &Matrix, layout: &Layout) {
    let mut first = 0;
    for (name, count) in matrix.zones() {
        let from = layout.lane_x(first) - layout.lane / 2.0 + 3.0;
        let to = layout.lane_x(first + count - 1) + layout.lane / 2.0 - 3.0;
        first += count;
        let (a, b) = (px(from), px(to));
        let _ = writeln!(out, "<path d=\"M{a} 17 V14 H{b} V17\" fill=\"none\" stroke=\"{EDGE}\"/>");
        let style = Style { fill: MUTE, weight: 600, anchor: "middle", ..Style::INK };
        text(out, (from + to) / 2.0, 10.0, &style, name);
    }
}

fn lane(out: &mut String, at: usize, lane: &Lane, layout: &Layout, lang: Lang) {
    let x = layout.lane_x(at);
    let (left, width) = (px(x - layout.lane / 2.0 + 2.0), px(layout.lane - 4.0));
    let height = px(layout.bottom() - 49.0);
    let (fill, dash) = match (lane.is_gone(), lane.engine) {
        (true, _) => (PAPER, " stroke=\"#ccd4dd\" stroke-dasharray=\"4 3\""),
        (false, Engine::TiKv) => (LANE, ""),
        (false, Engine::TiFlash) => (FLASH, ""),
    };
    let _ = writeln!(
        out,
        "<rect x=\"{left}\" y=\"49\" width=\"{width}\" height=\"{height}\" rx=\"5\" \
         fill=\"{fill}\"{dash}/>"
    );
    let id = Style { size: 13, weight: 700, anchor: "middle", ..Style::INK };
    text(out, x, 31.0, &id, &lane.store.to_string());
    let fill = if lane.is_gone() { BAD } else { MUTE };
    let style = Style { fill, anchor: "middle", ..Style::INK };
    text(out, x, 44.0, &style, phrases::lane_short(lane, lang));
}

fn row(out: &mut String, at: usize, row: &Row, layout: &Layout) {
    let y = layout.row_y(at);
    let hue = HUES[row.hue % HUES.len()];
    let (weight, fill) = if row.short { (700, BAD) } else { (400, INK) };
    let id = Style { weight, fill, ..Style::INK };
    text(out, 12.0, y + 3.4, &id, &row.region.to_string());
    if let Some(table) = row.table.as_deref().filter(|_| row.part == 0) {
        let short = table.rsplit('.').next().unwrap_or_default();
        let style = Style { weight: 650, fill: hue, anchor: "end", ..Style::INK };
        text(out, layout.left - 6.0, y + 3.4, &style, short);
    }
    let members = || (0..row.cells.len()).filter(|lane| row.cells[*lane].member.is_some());
    if let (Some(first), Some(last)) = (members().next(), members().next_back()) {
        let (a, b, y) = (px(layout.lane_x(first)), px(layout.lane_x(last)), px(y));
        let _ =
            writeln!(out, "<path d=\"M{a} {y} H{b}\" stroke=\"{hue}\" stroke-opacity=\"0.28\"/>");
    }
    for (lane, cell) in row.cells.iter().enumerate() {
        peer(out, cell, layout.lane_x(lane), y, layout.radius, hue);
    }
}

/// A peer: its role by its shape, its condition by its outline and sign, as on the page.
fn peer(out: &mut String, cell: &Cell, x: f64, y: f64, r: f64, hue: &str) {
    let is_ghost = cell.condition.is_ghost();
    let (stroke, dash) = match (is_ghost, cell.condition) {
        (true, Condition::OnStoppedStore) => (EDGE, " stroke-dasharray=\"2.6 1.7\""),
        (true, _) => (BAD, " stroke-dasharray=\"2.6 1.7\""),
        (false, Condition::Down) => (BAD, ""),
        (false, Condition::Uninitialised) => (hue, " stroke-dasharray=\"1.2 1.8\""),
        (false, _) => (hue, ""),
    };
    let fill = if is_ghost { PAPER } else { stroke };
    let ring = |out: &mut String, d: String, fill: &str| {
        let _ = writeln!(
            out,
            "<path d=\"{d}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1.7\"{dash}/>"
        );
    };
    match cell.shape {
        Shape::Empty => return,
        Shape::Leader => {
            ring(out, circle(x, y, r), fill);
            ring(out, circle(x, y, r * 0.3), PAPER);
        }
        Shape::ForceLeader => {
            let warn = if is_ghost { PAPER } else { WARN };
            ring(
                out,
                polygon(x, y, &[(0.0, -r * 1.2), (r * 1.1, r * 0.85), (-r * 1.1, r * 0.85)]),
                warn,
            );
        }
        Shape::Voter => ring(out, circle(x, y, r - 0.8), PAPER),
        Shape::Incoming | Shape::Demoting => {
            ring(out, circle(x, y, r - 0.8), PAPER);
            ring(out, circle(x, y, r * 0.45), fill);
        }
        Shape::Learner => {
            ring(out, polygon(x, y, &[(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0)]), PAPER);
        }
        Shape::Stray => {
            let s = r * 0.7;
            ring(out, polygon(x, y, &[(-s, -s), (s, -s), (s, s), (-s, s)]), PAPER);
        }
        Shape::Tombstone => return cross(out, x, y, r * 0.42, EDGE),
    }
    if is_ghost {
        cross(out, x, y, r * 0.42, stroke);
    }
}

fn cross(out: &mut String, x: f64, y: f64, s: f64, stroke: &str) {
    let (l, r, t, b) = (px(x - s), px(x + s), px(y - s), px(y + s));
    let _ = writeln!(
        out,
        "<path d=\"M{l} {t} L{r} {b} M{l} {b} L{r} {t}\" stroke=\"{stroke}\" stroke-width=\"1.3\"/>"
    );
}

fn circle(x: f64, y: f64, r: f64) -> String {
    let (r1, r2) = (px(r), px(2.0 * r));
    format!("M{} {} a{r1} {r1} 0 1 0 {r2} 0 a{r1} {r1} 0 1 0 -{r2} 0 Z", px(x - r), px(y))
}

fn polygon(x: f64, y: f64, corners: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (at, (dx, dy)) in corners.iter().enumerate() {
        let _ = write!(d, "{}{} {} ", if at == 0 { "M" } else { "L" }, px(x + dx), px(y + dy));
    }
    d + "Z"
}

/// The stores that ask for an address in vain, by arcs over the lanes.
fn arcs(out: &mut String, matrix: &Matrix, layout: &Layout) {
    let place = |store| matrix.lanes.iter().position(|lane| lane.store == store);
    for failed in matrix.arcs.iter().filter(|failed| failed.state == AskState::Asking) {
        let (Some(from), Some(to)) = (place(failed.from), place(failed.to)) else { continue };
        let (highest, base) = layout.arcs_y();
        let share = from.abs_diff(to) as f64 / layout.lanes.max(1) as f64;
        let top = (base - (base - highest) * (0.4 + 0.6 * share)) * 2.0 - base;
        let (x1, x2) = (layout.lane_x(from), layout.lane_x(to));
        let _ = writeln!(
            out,
            "<path d=\"M{0} {1} Q {2} {3} {4} {1}\" fill=\"none\" stroke=\"{BAD}\" \
             stroke-width=\"1.6\" stroke-dasharray=\"5 4\"/>",
            px(x1),
            px(base),
            px((x1 + x2) / 2.0),
            px(top),
            px(x2),
        );
        let style = Style { fill: BAD, weight: 700, anchor: "middle", ..Style::INK };
        text(out, x1, layout.counts_y(), &style, &format!("×{}", failed.count));
    }
}

/// A text as XML holds it.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            _ => out.push(c),
        }
    }
    out
}

/// A coordinate with one decimal, through whole numbers: an exact float costs the page some 20 KB.
fn px(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}
