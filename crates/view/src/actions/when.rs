//! When a deed makes sense: each condition answers with the sentence that says why it does not,
//! in both languages, or with nothing.

use sim::region::PeerRole;
use sim::store::{Engine, StoreStatus};

use super::Scene;
use crate::cluster_view::{Lane, Process, Standing};

/// Why a deed makes no sense now: in English, and in Chinese.
pub(super) type Reason = Option<(&'static str, &'static str)>;

/// A condition.
pub(super) type When = fn(&Scene<'_>) -> Reason;

/// Nothing has to be so.
pub(super) fn always(_scene: &Scene<'_>) -> Reason {
    None
}

fn unless(holds: bool, en: &'static str, zh: &'static str) -> Reason {
    if holds { None } else { Some((en, zh)) }
}

/// The store's process runs.
pub(super) fn running(scene: &Scene<'_>) -> Reason {
    let runs = scene.lane.is_some_and(|lane| lane.process == Process::Running);
    unless(runs, "its process does not run", "进程未运行")
}

/// The store's process does not run.
pub(super) fn stopped(scene: &Scene<'_>) -> Reason {
    let runs = scene.lane.is_some_and(|lane| lane.process == Process::Running);
    unless(!runs, "its process runs", "进程正在运行")
}

/// Some store's process does not run.
pub(super) fn some_stopped(scene: &Scene<'_>) -> Reason {
    let lanes = &scene.view.matrix.lanes;
    let some = lanes.iter().any(|lane| lane.process == Process::Stopped);
    unless(some, "every store runs", "所有 store 都在运行")
}

/// PD has a record of the store.
pub(super) fn known(scene: &Scene<'_>) -> Reason {
    let is_known = scene.lane.is_some_and(|lane| lane.standing != Standing::Unknown);
    unless(is_known, "PD has no record of the store", "PD 没有该 store 的记录")
}

/// PD has the store as Up, or by one of its names for an Up store that it misses.
pub(super) fn up(scene: &Scene<'_>) -> Reason {
    let is_up = |lane: &Lane| match lane.standing {
        Standing::Known(StoreStatus::Up | StoreStatus::Disconnected | StoreStatus::Down) => true,
        Standing::Known(StoreStatus::Offline | StoreStatus::Tombstone) | Standing::Unknown => false,
    };
    let holds = scene.lane.is_some_and(is_up);
    known(scene).or_else(|| unless(holds, "PD no longer has it as Up", "PD 已不再将其记为 Up"))
}

/// PD has the store as Offline.
pub(super) fn offline(scene: &Scene<'_>) -> Reason {
    let offline = Standing::Known(StoreStatus::Offline);
    let holds = scene.lane.is_some_and(|lane| lane.standing == offline);
    known(scene)
        .or_else(|| unless(holds, "PD does not have it as Offline", "PD 未将其记为 Offline"))
}

/// PD has not buried the store yet.
pub(super) fn not_buried(scene: &Scene<'_>) -> Reason {
    let holds = scene.lane.is_some_and(|lane| lane.standing != TOMBSTONE);
    known(scene).or_else(|| unless(holds, "it is a tombstone already", "它已是 Tombstone"))
}

const TOMBSTONE: Standing = Standing::Known(StoreStatus::Tombstone);

/// PD has a tombstone on record.
pub(super) fn some_tombstone(scene: &Scene<'_>) -> Reason {
    let some = scene.view.matrix.lanes.iter().any(|lane| lane.standing == TOMBSTONE);
    unless(some, "PD has no tombstone on record", "PD 没有 Tombstone 记录")
}

/// Unsafe recovery runs.
pub(super) fn recovering(scene: &Scene<'_>) -> Reason {
    let runs = scene.view.pd.recovery.stage.is_running();
    unless(runs, "no unsafe recovery is under way", "没有正在进行的 unsafe recovery")
}

/// Unsafe recovery does not run.
pub(super) fn not_recovering(scene: &Scene<'_>) -> Reason {
    let runs = scene.view.pd.recovery.stage.is_running();
    unless(!runs, "unsafe recovery is under way", "unsafe recovery 正在进行")
}

/// The store can be given up: it does not run, and no recovery does.
pub(super) fn failed(scene: &Scene<'_>) -> Reason {
    not_recovering(scene).or_else(|| known(scene)).or_else(|| stopped(scene))
}

/// The region has an operator.
pub(super) fn operator(scene: &Scene<'_>) -> Reason {
    let region = scene.row.map(|row| row.region);
    let has = scene.view.pd.operators.iter().any(|operator| Some(operator.region) == region);
    unless(has, "it has no operator", "它没有正在执行的 operator")
}

/// A peer leads the region.
pub(super) fn led(scene: &Scene<'_>) -> Reason {
    let is_led = scene.row.is_some_and(|row| row.leader.is_some());
    unless(is_led, "nobody leads the region", "该 Region 没有 leader")
}

/// The region has a member here.
pub(super) fn member(scene: &Scene<'_>) -> Reason {
    let holds = scene.cell.is_some_and(|cell| cell.member.is_some());
    unless(holds, "the region has no peer here", "该 Region 在此没有 Peer")
}

/// The region has a member here, and others beside.
pub(super) fn one_of_many(scene: &Scene<'_>) -> Reason {
    let members =
        scene.row.map_or(0, |row| row.cells.iter().filter(|cell| cell.member.is_some()).count());
    member(scene).or_else(|| unless(1 < members, "it is the only peer", "这是唯一的 Peer"))
}

/// The region has no member here, and the store can take one.
pub(super) fn no_member(scene: &Scene<'_>) -> Reason {
    let free = scene.cell.is_some_and(|cell| cell.member.is_none());
    unless(free, "the region has a peer here already", "该 Region 在此已有 Peer")
        .or_else(|| running(scene))
        .or_else(|| up(scene))
}

/// The region has a voter here that does not lead, and whose store runs.
pub(super) fn follower(scene: &Scene<'_>) -> Reason {
    let leader = scene.row.and_then(|row| row.leader);
    let leads = scene.lane.is_some_and(|lane| leader == Some(lane.store));
    let role = scene.cell.and_then(|cell| cell.member).map(|peer| peer.role);
    member(scene)
        .or_else(|| unless(!leads, "it leads already", "它已经是 leader"))
        .or_else(|| {
            let votes = role != Some(PeerRole::Learner);
            unless(votes, "a learner cannot lead", "learner 不能成为 leader")
        })
        .or_else(|| running(scene))
        .or_else(|| led(scene))
}

/// The table has a TiFlash replica, or is to have one.
pub(super) fn replica(scene: &Scene<'_>) -> Reason {
    unless(0 < wanted(scene), "the table has no TiFlash replica", "该表没有 TiFlash 副本")
}

/// There are TiFlash stores for `COUNT` replicas. That it is the count already is no reason: the
/// statement makes the replica unavailable and starts it anew.
pub(super) fn stores_for<const COUNT: u64>(scene: &Scene<'_>) -> Reason {
    let enough = COUNT <= tiflash(scene);
    unless(enough, "there are fewer TiFlash stores", "TiFlash store 不足")
}

fn wanted(scene: &Scene<'_>) -> u64 {
    scene.table.map_or(0, |table| table.held.unwrap_or(table.replica_count))
}

/// How many TiFlash stores PD counts as part of the cluster.
fn tiflash(scene: &Scene<'_>) -> u64 {
    let counts = |lane: &&Lane| {
        let is_gone = lane.standing == TOMBSTONE || lane.standing == Standing::Unknown;
        lane.engine == Engine::TiFlash && !is_gone
    };
    scene.view.matrix.lanes.iter().filter(counts).count() as u64
}
