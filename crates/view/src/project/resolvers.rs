//! The resolver caches of the running stores, and their connections.

use std::rc::Rc;

use sim::order;
use sim::raft_client::{Connection, Phase};
use sim::raftstore::Store;
use sim::{Cluster, StoreId};

use super::{kept, kept_one};
use crate::cluster_view::{Link, ResolverLine, ResolverPanel};

type Panels = Rc<[Rc<ResolverPanel>]>;

pub(super) fn panels(cluster: &Cluster, last: Option<&Panels>) -> Panels {
    let old = |id: StoreId| last.and_then(|panels| panels.iter().find(|panel| panel.store == id));
    let panels: Vec<Rc<ResolverPanel>> = cluster
        .stores()
        .filter(|store| store.is_running())
        .map(|store| {
            let lines = lines(store);
            let lines = kept(old(store.id()).map(|panel| &panel.lines), &lines);
            kept_one(old(store.id()), ResolverPanel { store: store.id(), lines })
        })
        .collect();
    kept(last, &panels)
}

fn lines(store: &Store) -> Vec<ResolverLine> {
    let client = store.client();
    let blacklist = order::set(client.blacklist());
    let mut targets = blacklist.clone();
    targets.extend(store.resolver().entries().map(|(id, _)| id));
    targets.extend(client.connections().map(|(id, _)| id.target));
    targets
        .into_iter()
        .map(|target| {
            let entry = store.resolver().entries().find(|(id, _)| *id == target);
            ResolverLine {
                target,
                entry: entry.map(|(_, entry)| (entry.address.clone(), entry.resolved_at)),
                // Of several connections the one that has got least far tells most.
                link: match client.connections_to(target).min_by_key(|c| progress(&c.phase)) {
                    _ if blacklist.contains(&target) => Link::Blacklisted,
                    Some(connection) => link(connection),
                    None => Link::Idle,
                },
            }
        })
        .collect()
}

fn progress(phase: &Phase) -> u8 {
    match phase {
        Phase::BackingOff { .. } => 0,
        Phase::Resolving => 1,
        Phase::Connecting { .. } => 2,
        Phase::Established { .. } => 3,
    }
}

fn link(connection: &Connection) -> Link {
    match &connection.phase {
        Phase::Resolving => Link::Resolving,
        Phase::BackingOff { until } => Link::BackingOff {
            until: *until,
            failures: connection.failures,
            error: connection.last_error,
        },
        Phase::Connecting { .. } => Link::Connecting,
        Phase::Established { .. } => Link::Established,
    }
}
