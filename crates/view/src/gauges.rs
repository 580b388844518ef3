//! What is counted at each recorded moment, and the time series made of it.

use std::rc::Rc;

use sim::Cluster;
use sim::clients::{Ask, Outcome};
use sim::pd::region_check::RegionCheck;

use crate::cluster_view::Headline;
use crate::timeline::Frame;

crate::words! {
    /// Something that is counted.
    pub enum Series {
        /// TiFlash replicas that are wanted and not ready.
        TablesUnavailable: "tables unavailable", "不可用的表";
        /// Members that will never answer.
        GhostPeers: "ghost peers", "ghost peer";
        /// Regions that nobody leads.
        Leaderless: "regions without leader", "无 leader 的 Region";
        /// Resolves in vain.
        FailedResolves: "failed resolves", "失败的地址解析";
        /// Requests that were served.
        Answered: "client requests answered", "客户端请求成功";
        /// Requests that were not.
        Refused: "client requests refused", "客户端请求失败";
        /// Acknowledged writes that are gone.
        Lost: "acknowledged writes lost", "已确认却丢失的写入";
        /// `type="success"`.
        ResolveSuccess: "resolve_store_total success", "resolve_store_total success";
        /// `type="failed"`.
        ResolveFailed: "resolve_store_total failed", "resolve_store_total failed";
        /// `type="tombstone"`.
        ResolveTombstone: "resolve_store_total tombstone", "resolve_store_total tombstone";
        /// `type="not_found"`.
        ResolveNotFound: "resolve_store_total not_found", "resolve_store_total not_found";
        /// Fewer members than the rules ask for.
        MissPeer: "region check miss-peer", "region check miss-peer";
        /// More.
        ExtraPeer: "region check extra-peer", "region check extra-peer";
        /// Down members.
        DownPeer: "region check down-peer", "region check down-peer";
        /// Pending members.
        PendingPeer: "region check pending-peer", "region check pending-peer";
        /// Members on Offline stores.
        OfflinePeer: "region check offline-peer", "region check offline-peer";
        /// Learners.
        LearnerPeer: "region check learner-peer", "region check learner-peer";
    }
}

/// How many there are.
const SERIES: usize = Series::ALL.len();

/// The counts of one world at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gauges([u64; SERIES]);

impl Gauges {
    /// The counts of a cluster now.
    pub fn of(cluster: &Cluster, headline: &Headline) -> Gauges {
        let mut gauges = Gauges::default();
        gauges.set(Series::TablesUnavailable, headline.tables_unavailable as u64);
        gauges.set(Series::GhostPeers, headline.ghost_peers as u64);
        gauges.set(Series::Leaderless, headline.leaderless as u64);
        gauges.set(Series::FailedResolves, headline.failed_resolves);
        gauges.clients(cluster);
        for store in cluster.stores().filter(|store| store.is_running()) {
            let counts = store.client().metrics().resolves;
            gauges.add(Series::ResolveSuccess, counts.success);
            gauges.add(Series::ResolveFailed, counts.failed);
            gauges.add(Series::ResolveTombstone, counts.tombstone);
            gauges.add(Series::ResolveNotFound, counts.not_found);
        }
        for (series, check) in [
            (Series::MissPeer, RegionCheck::MissPeer),
            (Series::ExtraPeer, RegionCheck::ExtraPeer),
            (Series::DownPeer, RegionCheck::DownPeer),
            (Series::PendingPeer, RegionCheck::PendingPeer),
            (Series::OfflinePeer, RegionCheck::OfflinePeer),
            (Series::LearnerPeer, RegionCheck::LearnerPeer),
        ] {
            gauges.set(series, cluster.pd().regions_with(check).count() as u64);
        }
        gauges
    }

    fn clients(&mut self, cluster: &Cluster) {
        let tally = cluster.tally();
        let total = |ask, outcome| tally.total(ask, outcome);
        for ask in Ask::ALL {
            let all: u64 = Outcome::ALL.iter().map(|outcome| total(ask, *outcome)).sum();
            let answered = total(ask, Outcome::Answered);
            self.add(Series::Answered, answered);
            self.add(Series::Refused, all - answered);
        }
        self.add(Series::Answered, tally.queries_answered());
        self.add(Series::Refused, tally.queries_refused().map(|(_, _, count)| count).sum());
        self.set(Series::Lost, tally.lost());
    }

    /// One of the counts.
    pub fn get(&self, series: Series) -> u64 {
        self.0[series as usize]
    }

    fn set(&mut self, series: Series, value: u64) {
        self.0[series as usize] = value;
    }

    fn add(&mut self, series: Series, value: u64) {
        self.0[series as usize] += value;
    }
}

/// The width of a chart's drawing.
pub const WIDTH: u64 = 300;
/// Its height.
pub const HEIGHT: u64 = 28;

/// One series of all worlds over the whole run, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// What is counted.
    pub series: Series,
    /// The largest value.
    pub max: u64,
    /// The values at the moment looked at, by world.
    pub now: Vec<u64>,
    /// A line each world, as the points of a polyline within [`WIDTH`] and [`HEIGHT`].
    pub lines: Vec<String>,
}

/// The charts of everything that was ever counted, at the moment of `shown`, and where that moment
/// lies across them.
pub fn charts(frames: &[Rc<Frame>], shown: &Frame) -> (Vec<Chart>, u64) {
    let length = frames.last().map_or(0, |frame| frame.place).max(1);
    let charts = Series::ALL.iter().filter_map(|series| chart(*series, frames, shown, length));
    (charts.collect(), (shown.place * WIDTH / length).min(WIDTH))
}

fn chart(series: Series, frames: &[Rc<Frame>], shown: &Frame, length: u64) -> Option<Chart> {
    let values = frames.iter().flat_map(|frame| &frame.worlds).map(|view| view.gauges.get(series));
    let max = values.max().filter(|max| 0 < *max)?;
    let worlds = 0..shown.worlds.len();
    let line = |world| line(series, world, frames, length, max);
    Some(Chart {
        series,
        max,
        now: shown.worlds.iter().map(|view| view.gauges.get(series)).collect(),
        lines: worlds.map(line).collect(),
    })
}

/// Steps from value to value. What does not change, or lies within the same unit, adds no point.
fn line(series: Series, world: usize, frames: &[Rc<Frame>], length: u64, max: u64) -> String {
    let mut points = String::new();
    let mut last: Option<(u64, u64, &Rc<Gauges>)> = None;
    let mut push = |x: u64, y: u64| points.push_str(&format!("{x},{y} "));
    for frame in frames {
        let Some(gauges) = frame.worlds.get(world).map(|view| &view.gauges) else { continue };
        if last.is_some_and(|(_, _, before)| Rc::ptr_eq(before, gauges)) {
            continue;
        }
        let x = frame.place * WIDTH / length;
        let y = HEIGHT - gauges.get(series) * HEIGHT / max;
        match last {
            Some((_, before, _)) if before == y => {}
            Some((_, before, _)) => {
                push(x, before);
                push(x, y);
            }
            None => push(x, y),
        }
        last = Some((x, y, gauges));
    }
    if let Some((_, y, _)) = last {
        push(WIDTH, y);
    }
    points
}

#[cfg(test)]
mod tests {
    use sim::Millis;

    use super::*;
    use crate::Projector;
    use crate::answer::scene;
    use crate::lang::Lang;
    use crate::timeline::{Stretch, Timeline};

    #[test]
    fn a_count_that_grows_is_a_step_in_its_line_and_one_of_nothing_has_no_chart() {
        let mut cluster = scene::healthy();
        let (mut projector, mut timeline) = (Projector::default(), Timeline::default());
        let mut record = |cluster: &Cluster, projector: &mut Projector| {
            let view = projector.project(cluster);
            timeline.record(cluster.now(), vec![view], Stretch::Eventful);
        };
        record(&cluster, &mut projector);
        let stop = sim::Command::StopStores(vec![sim::StoreId(4)]);
        cluster.advance(Millis(16_000));
        cluster.apply(&stop).expect("it runs");
        record(&cluster, &mut projector);
        cluster.advance(Millis(17_000));
        record(&cluster, &mut projector);
        let shown = timeline.newest().expect("three were recorded").clone();
        let (charts, cursor) = charts(timeline.frames(), &shown);
        assert_eq!(cursor, WIDTH);
        let of = |series| charts.iter().find(|chart: &&Chart| chart.series == series);
        let ghosts = of(Series::GhostPeers).expect("store 4 has a peer");
        assert_eq!((ghosts.max, ghosts.now.as_slice()), (1, [1].as_slice()));
        assert_eq!(ghosts.lines, ["0,28 150,28 150,0 300,0 "]);
        assert_eq!(of(Series::Lost), None);
    }

    #[test]
    fn every_series_has_a_name_in_both_languages() {
        for series in Series::ALL {
            assert!(Lang::ALL.iter().all(|lang| !series.text(*lang).is_empty()));
        }
    }
}
