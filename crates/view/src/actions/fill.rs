//! Filling in a row of the tables: `{store}` and its like, and what stands between `‹` and `›`.

use sim::StoreId;
use sim::region::Key;
use sim::store::Engine;

use super::offers::Offer;
use super::{Action, Scene};
use crate::cluster_view::{Lane, Process, TableRow};

/// The deed that a row offers here; `None` where there is nothing to put into one of its places.
pub(super) fn action(scene: &Scene<'_>, offer: &Offer) -> Option<Action> {
    let template = filled(scene, offer.line)?;
    let label = filled(scene, scene.lang.pick(offer.en, offer.zh))?;
    let mut line = String::new();
    let mut open = None;
    let mut asks = None;
    for c in template.chars() {
        match c {
            '‹' => open = Some(line.len()),
            '›' => asks = open.map(|from| from..line.len()),
            _ => line.push(c),
        }
    }
    let idle = (offer.when)(scene).map(|(en, zh)| scene.lang.pick(en, zh).to_owned());
    Some(Action { group: offer.group, label, line, asks, care: offer.care, idle })
}

/// A text with its places filled in.
fn filled(scene: &Scene<'_>, text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&place(scene, name).filter(|value| !value.is_empty())?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// What stands for a place's name here.
fn place(scene: &Scene<'_>, name: &str) -> Option<String> {
    let lanes = &scene.view.matrix.lanes;
    let here = scene.lane.map(|lane| lane.store);
    Some(match name {
        "store" => here?.to_string(),
        "region" => scene.row?.region.to_string(),
        "next" => scene.next?.to_string(),
        "table" => scene.table?.name.to_string(),
        "table_id" => scene.table?.id.to_string(),
        "bare_table" => scene.table?.name.split('.').nth(1)?.to_owned(),
        "key" => Key::record_prefix(scene.table?.id).to_string(),
        "peer" => scene.cell?.member?.id.to_string(),
        "others" => list(lanes.iter().filter(|lane| Some(lane.store) != here)),
        "other" => lanes.iter().find(|lane| Some(lane.store) != here)?.store.to_string(),
        "stopped" => list(lanes.iter().filter(|lane| is(lane, Process::Stopped))),
        "members" => list(members(scene)?.filter(|lane| Some(lane.store) != here)),
        "new" => elsewhere(scene)?.store.to_string(),
        "new_table" => free_table(&scene.view.tables),
        "free" => free_id(lanes).to_string(),
        "zone" => lanes.iter().find(|lane| !lane.zone.is_empty())?.zone.clone(),
        "address" => free_address(lanes, Engine::TiKv),
        "flash_address" => free_address(lanes, Engine::TiFlash),
        _ => return None,
    })
}

fn is(lane: &Lane, process: Process) -> bool {
    lane.process == process
}

fn list<'a>(lanes: impl Iterator<Item = &'a Lane>) -> String {
    let ids: Vec<String> = lanes.map(|lane| lane.store.to_string()).collect();
    ids.join(",")
}

/// The lanes of the region's members.
fn members<'a>(scene: &Scene<'a>) -> Option<impl Iterator<Item = &'a Lane>> {
    let cells = scene.row?.cells.iter();
    let both = scene.view.matrix.lanes.iter().zip(cells);
    Some(both.filter(|(_, cell)| cell.member.is_some()).map(|(lane, _)| lane))
}

/// A running store of the same kind that the region has no peer on.
fn elsewhere<'a>(scene: &Scene<'a>) -> Option<&'a Lane> {
    let here = scene.lane?;
    let mut both = scene.view.matrix.lanes.iter().zip(scene.row?.cells.iter());
    let free = both.find(|(lane, cell)| {
        cell.member.is_none() && lane.engine == here.engine && is(lane, Process::Running)
    });
    free.map(|(lane, _)| lane)
}

/// A name that no table of the database `test` has, which is always there.
pub(crate) fn free_table(tables: &[TableRow]) -> String {
    let taken = |name: &str| tables.iter().any(|table| *table.name == *name);
    let mut names = (1..).map(|number| format!("test.t{number}"));
    names.find(|name| !taken(name)).expect("there are fewer tables than numbers")
}

/// An id that no store has.
pub(crate) fn free_id(lanes: &[Lane]) -> StoreId {
    let highest = lanes.iter().map(|lane| lane.store.0).max().unwrap_or_default();
    StoreId(highest + 1)
}

/// An address that no store has.
pub(crate) fn free_address(lanes: &[Lane], engine: Engine) -> String {
    let port = match engine {
        Engine::TiKv => 20160,
        Engine::TiFlash => 3930,
    };
    let taken = |address: &str| lanes.iter().any(|lane| lane.address == address);
    let addresses = (1..=250).map(|host| format!("10.0.9.{host}:{port}"));
    addresses.into_iter().find(|address| !taken(address)).unwrap_or_default()
}
