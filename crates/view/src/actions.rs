//! What can be done to a thing: for each deed its name in both languages, the line of the command
//! grammar that does it, and, where it makes no sense now, why not.
//!
//! The deeds stand in tables, one for each kind of thing (`offers`); a row's line has places such
//! as `{store}` that are filled in here. What one will mostly want to change in a line stands
//! between `‹` and `›`. Nothing here does anything: a line is carried out as if it were typed.

mod fill;
mod offers;
mod when;
mod words;

use std::ops::Range;

use sim::order;
use sim::{RegionId, StoreId};

use crate::cluster_view::{Cell, ClusterView, Lane, Row, TableRow};
use crate::lang::Lang;
use crate::thing::Thing;
pub(crate) use fill::{free_address, free_id, free_table};
use offers::Offer;
pub use words::HandsWord;

/// Something that can be done, or looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Where in a menu it stands.
    pub group: Group,
    /// What it is called.
    pub label: String,
    /// The line of the command grammar that does it.
    pub line: String,
    /// The part of the line, in bytes, that one will want to change before it is carried out.
    pub asks: Option<Range<usize>>,
    /// Whether it destroys what cannot be brought back.
    pub care: Care,
    /// Why it makes no sense now.
    pub idle: Option<String>,
}

/// Whether a deed destroys what cannot be brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    /// It does not.
    Ordinary,
    /// It does: data, or PD's memory of a store.
    Dangerous,
}

crate::words! {
    /// What a deed is about; menus keep the deeds of a group together, in this order.
    pub enum Group {
        /// Processes, disks and clocks.
        Process: "Process and disk", "进程与磁盘";
        /// Replicas of a region.
        Replicas: "Replicas", "副本";
        /// Ranges of a region.
        Ranges: "Split and merge", "分裂与合并";
        /// Links.
        Network: "Network", "网络";
        /// What PD is told.
        Pd: "PD", "PD";
        /// Tables and the clients that use them.
        Table: "Table and clients", "表与客户端";
        /// What changes nothing.
        Look: "Look", "查看";
        /// What lets time pass.
        Wait: "Wait until", "等待";
        /// What TiKV's own tests do, and no operator can.
        TikvTest: "As TiKV’s tests do", "TiKV 测试专用";
    }
}

/// The most stores that a region's own list offers a new peer on; the others are offered where
/// the region and the store cross.
const NEW_PLACES: usize = 6;

/// What can be done to a thing in this world, by group; to the cluster as a whole where there is no
/// thing. A thing that the world does not have gets nothing.
pub fn actions(view: &ClusterView, thing: Option<Thing>, lang: Lang) -> Vec<Action> {
    let mut found = match thing {
        None => of(&Scene::new(view, lang), offers::CLUSTER),
        Some(Thing::Pd) => of(&Scene::new(view, lang), offers::PD),
        Some(Thing::Store(store)) => of_store(view, store, lang),
        Some(Thing::Region(region)) => of_region(view, region, lang),
        Some(Thing::Peer(region, store)) => of_peer(view, region, store, lang),
        Some(Thing::Table(table)) => match view.tables.iter().find(|row| row.id == table) {
            Some(table) => {
                of(&Scene { table: Some(table), ..Scene::new(view, lang) }, offers::TABLE)
            }
            None => Vec::new(),
        },
    };
    order::sort_by_key(&mut found, |action| action.group);
    found
}

/// What can be done to a thing in any of these worlds: a deed makes sense if it does in one.
pub fn actions_in(views: &[&ClusterView], thing: Option<Thing>, lang: Lang) -> Vec<Action> {
    let mut all: Vec<Action> = Vec::new();
    for view in views {
        for action in actions(view, thing, lang) {
            match all.iter_mut().find(|known| known.line == action.line) {
                Some(known) if action.idle.is_none() => known.idle = None,
                Some(_) => {}
                None => all.push(action),
            }
        }
    }
    order::sort_by_key(&mut all, |action| action.group);
    all
}

/// What a thing is called: `store 5`, `region 52894 · store 5`; the cluster where there is none.
pub fn name_of(view: &ClusterView, thing: Option<Thing>, lang: Lang) -> String {
    match thing {
        None => lang.pick("the cluster", "整个集群").to_owned(),
        Some(Thing::Pd) => "PD".to_owned(),
        Some(Thing::Store(store)) => format!("store {store}"),
        Some(Thing::Region(region)) => format!("region {region}"),
        Some(Thing::Peer(region, store)) => format!("region {region} · store {store}"),
        Some(Thing::Table(table)) => match view.tables.iter().find(|row| row.id == table) {
            Some(row) => row.name.to_string(),
            None => format!("table {table}"),
        },
    }
}

/// Where a row of a table of deeds is filled in: the world, and what in it is meant.
#[derive(Clone, Copy)]
struct Scene<'a> {
    view: &'a ClusterView,
    lang: Lang,
    lane: Option<&'a Lane>,
    row: Option<&'a Row>,
    cell: Option<&'a Cell>,
    table: Option<&'a TableRow>,
    /// The neighbour that a region can be merged into.
    next: Option<RegionId>,
}

impl<'a> Scene<'a> {
    fn new(view: &'a ClusterView, lang: Lang) -> Scene<'a> {
        Scene { view, lang, lane: None, row: None, cell: None, table: None, next: None }
    }

    fn lane(&self, store: StoreId) -> Option<(usize, &'a Lane)> {
        let mut lanes = self.view.matrix.lanes.iter().enumerate();
        lanes.find(|(_, lane)| lane.store == store)
    }
}

fn of(scene: &Scene<'_>, offers: &[Offer]) -> Vec<Action> {
    offers.iter().filter_map(|offer| fill::action(scene, offer)).collect()
}

fn of_store(view: &ClusterView, store: StoreId, lang: Lang) -> Vec<Action> {
    let scene = Scene::new(view, lang);
    match scene.lane(store) {
        Some((_, lane)) => of(&Scene { lane: Some(lane), ..scene }, offers::STORE),
        None => Vec::new(),
    }
}

fn of_region(view: &ClusterView, region: RegionId, lang: Lang) -> Vec<Action> {
    let Some(at) = view.matrix.rows.iter().position(|row| row.region == region) else {
        return Vec::new();
    };
    let row = &view.matrix.rows[at];
    let scene = Scene { row: Some(row), ..Scene::new(view, lang) };
    let mut found = of(&scene, offers::REGION);
    let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    for next in beside.filter_map(|at| view.matrix.rows.get(at)) {
        if next.table == row.table {
            found.extend(of(&Scene { next: Some(next.region), ..scene }, offers::NEIGHBOUR));
        }
    }
    let mut new_places = 0;
    for (lane, cell) in view.matrix.lanes.iter().zip(row.cells.iter()) {
        new_places += usize::from(cell.member.is_none());
        if cell.member.is_none() && NEW_PLACES < new_places {
            continue;
        }
        let scene = Scene { lane: Some(lane), cell: Some(cell), ..scene };
        // What makes no sense here is offered, with its reason, at the crossing itself.
        found.extend(of(&scene, offers::REPLICAS).into_iter().filter(|a| a.idle.is_none()));
    }
    found
}

fn of_peer(view: &ClusterView, region: RegionId, store: StoreId, lang: Lang) -> Vec<Action> {
    let scene = Scene::new(view, lang);
    let (Some(row), Some((at, lane))) = (view.matrix.row(region), scene.lane(store)) else {
        return Vec::new();
    };
    let cell = row.cells.get(at);
    let scene = Scene { row: Some(row), lane: Some(lane), cell, ..scene };
    let mut found = of(&scene, offers::REPLICAS);
    found.extend(of(&scene, offers::PEER));
    found
}
