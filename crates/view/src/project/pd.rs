//! PD's panel: recovery, operators, unsolved repairs.

use std::rc::Rc;

use sim::Cluster;

use super::{Tally, kept, kept_one};
use crate::cluster_view::{BlockedRepair, OperatorView, PdPanel, Recovery, StoreProgress};

pub(super) fn panel(cluster: &Cluster, tally: &Tally, last: Option<&Rc<PdPanel>>) -> Rc<PdPanel> {
    let pd = cluster.pd();
    let operators: Vec<OperatorView> = pd
        .operators()
        .map(|operator| OperatorView {
            region: operator.region,
            name: operator.name,
            steps: operator.steps.iter().map(ToString::to_string).collect(),
            since: operator.created_at,
        })
        .collect();
    // Of regions that still have a peer somewhere.
    let blocked = pd.blocked_regions().filter(|id| cluster.newest_region(*id).is_some());
    let blocked: Vec<BlockedRepair> = blocked
        .filter_map(|region| {
            pd.blocked(region).map(|(peer, why)| BlockedRepair { region, peer, why })
        })
        .collect();
    let new = PdPanel {
        recovery: recovery(cluster, tally, last),
        operators: kept(last.map(|panel| &panel.operators), &operators),
        blocked: kept(last.map(|panel| &panel.blocked), &blocked),
        max_replicas: pd.max_replicas(),
    };
    kept_one(last, new)
}

fn recovery(cluster: &Cluster, tally: &Tally, last: Option<&Rc<PdPanel>>) -> Recovery {
    let last = last.map(|panel| &panel.recovery);
    let recovery = cluster.pd().recovery();
    let stores: Vec<StoreProgress> =
        recovery.progress().map(|(store, progress)| StoreProgress { store, progress }).collect();
    Recovery {
        stage: recovery.stage(),
        since: tally.stage_since,
        stages: kept(last.map(|recovery| &recovery.stages), &tally.stages),
        stores: kept(last.map(|recovery| &recovery.stores), &stores),
    }
}
