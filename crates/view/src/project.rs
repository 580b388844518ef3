//! From a cluster to a [`ClusterView`]. A [`Projector`] remembers the last view of its world and
//! takes over each part that has not changed, so that equal parts are one part.

mod pd;
mod resolvers;
mod rows;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

use sim::event::RecoveryStage;
use sim::{Cluster, Event, EventKind, Millis, StoreId, TableId};

use crate::cluster_view::{ClusterView, Headline, Row, TableRow};
use crate::gauges::Gauges;
use crate::log;

/// Turns one cluster into views, moment by moment.
#[derive(Clone, Debug, Default)]
pub struct Projector {
    tally: Tally,
    rows: rows::Cache,
    last: Option<ClusterView>,
}

impl Projector {
    /// What the cluster looks like now. The cluster must be the one of the earlier calls, and may
    /// only have gone on.
    pub fn project(&mut self, cluster: &Cluster) -> ClusterView {
        self.tally.count(cluster);
        let last = self.last.take();
        let tables = tables(cluster, last.as_ref().map(|view| &view.tables));
        let old = last.as_ref().map(|view| &view.matrix);
        let matrix = rows::matrix(cluster, &tables, &self.tally, &mut self.rows, old);
        let broken: Vec<String> =
            cluster.broken_invariants().iter().map(ToString::to_string).collect();
        let headline = headline(cluster, &tables, &matrix.rows);
        let gauges = Gauges::of(cluster, &headline);
        let view = ClusterView {
            at: cluster.now(),
            fingerprint: cluster.fingerprint(),
            events: cluster.events().len(),
            log_lines: self.tally.log_lines,
            headline,
            gauges: kept_one(last.as_ref().map(|view| &view.gauges), gauges),
            pd: pd::panel(cluster, &self.tally, last.as_ref().map(|view| &view.pd)),
            resolvers: resolvers::panels(cluster, last.as_ref().map(|view| &view.resolvers)),
            broken: kept(last.as_ref().map(|view| &view.broken), &broken),
            tables,
            matrix,
        };
        self.last = Some(view.clone());
        view
    }
}

/// What is counted over all events, so that it is counted once.
#[derive(Clone, Debug, Default)]
struct Tally {
    read: usize,
    log_lines: u64,
    failures: BTreeMap<(StoreId, StoreId), u64>,
    stages: Vec<RecoveryStage>,
    stage_since: Millis,
}

impl Tally {
    fn count(&mut self, cluster: &Cluster) {
        let knobs = cluster.knobs();
        for event in &cluster.events()[self.read..] {
            self.log_lines += log::count(event, &knobs);
            self.note(event);
        }
        self.read = cluster.events().len();
    }

    fn note(&mut self, event: &Event) {
        if let EventKind::ResolveFailed { store, target, .. } = &event.kind {
            *self.failures.entry((*store, *target)).or_default() += 1;
        } else if let EventKind::RecoveryStage { stage, .. } = &event.kind {
            if *stage == RecoveryStage::CollectReport {
                self.stages.clear();
            }
            self.stages.push(*stage);
            self.stage_since = event.at;
        }
    }
}

fn headline(cluster: &Cluster, tables: &[TableRow], rows: &[Rc<Row>]) -> Headline {
    let wanted = tables.iter().filter(|table| table.is_wanted());
    Headline {
        tables_unavailable: wanted.clone().filter(|table| !table.is_ready()).count(),
        tables: wanted.count(),
        failed_resolves: cluster.failed_resolves(),
        needless_loops: cluster.needless_loops().len(),
        ghost_peers: rows.iter().map(|row| row.ghosts).sum(),
        // The first elections take a moment; until then nobody would miss a leader.
        leaderless: match cluster.now() {
            Millis::ZERO => 0,
            _ => rows.iter().filter(|row| row.leader.is_none()).count(),
        },
        refused: cluster.tally().refused(),
        lost: cluster.tally().lost(),
    }
}

fn tables(cluster: &Cluster, last: Option<&Rc<[TableRow]>>) -> Rc<[TableRow]> {
    let mut names: BTreeMap<TableId, Rc<str>> = BTreeMap::new();
    // `extend` inserts one by one; `collect` would sort first, and bring a sort into the page.
    names.extend(last.into_iter().flat_map(|r| r.iter()).map(|row| (row.id, row.name.clone())));
    let rows: Vec<TableRow> = cluster
        .tidb()
        .tables()
        .map(|table| TableRow {
            id: table.id,
            name: names.get(&table.id).cloned().unwrap_or_else(|| table.name.as_str().into()),
            replica_count: table.replica_count,
            held: table.held,
            available: table.available,
            progress_bp: table.progress_bp,
            missing: table.missing.len(),
        })
        .collect();
    kept(last, &rows)
}

/// The old part if the new one equals it; else the new one.
fn kept<T: Clone + PartialEq>(last: Option<&Rc<[T]>>, new: &[T]) -> Rc<[T]> {
    match last {
        Some(last) if **last == *new => last.clone(),
        Some(_) | None => new.into(),
    }
}

/// As [`kept`], for a single part.
fn kept_one<T: PartialEq>(last: Option<&Rc<T>>, new: T) -> Rc<T> {
    match last {
        Some(last) if **last == new => last.clone(),
        Some(_) | None => Rc::new(new),
    }
}
