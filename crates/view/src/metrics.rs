//! `metrics`: what a store's process counts of its resolves and dropped messages, in the text form
//! that Prometheus reads. TiKV: `src/server/metrics.rs`.

use std::fmt::Write as _;

use sim::raftstore::Store;
use sim::{Cluster, StoreId};

/// The counters of one store, or of every store that runs.
///
/// # Errors
/// There is no such store, or nobody answers there.
pub fn text(cluster: &Cluster, of: Option<StoreId>) -> Result<String, String> {
    if let Some(id) = of {
        let store = cluster.store(id);
        let store = store.ok_or_else(|| sim::Refusal::UnknownStore(id).to_string())?;
        if !store.is_running() {
            let address = &store.meta().address;
            return Err(format!("store {id} is stopped: nobody answers at {address}"));
        }
    }
    let asked = |store: &&Store| store.is_running() && of.is_none_or(|id| id == store.id());
    let stores: Vec<&Store> = cluster.stores().filter(asked).collect();
    let mut out = String::new();
    family(&mut out, "tikv_server_resolve_store_total", "counter", &stores, resolves);
    family(&mut out, "tikv_server_report_failure_msg_total", "counter", &stores, failures);
    family(&mut out, "regionscope_needless_resolve_loop", "gauge", &stores, needless_loops);
    Ok(out.trim_end().to_owned())
}

/// Labels beside the instance, and the value.
type Sample = (String, u64);

fn family(
    out: &mut String,
    name: &str,
    kind: &str,
    stores: &[&Store],
    samples: impl Fn(&Store) -> Vec<Sample>,
) {
    writeln!(out, "# TYPE {name} {kind}").expect("a string takes all");
    for store in stores {
        let instance = &store.meta().address;
        for (labels, value) in samples(store) {
            writeln!(out, "{name}{{instance=\"{instance}\",{labels}}} {value}")
                .expect("a string takes all");
        }
    }
}

fn resolves(store: &Store) -> Vec<Sample> {
    let counts = store.client().metrics().resolves;
    let of_type = |name: &str, value| (format!("type=\"{name}\""), value);
    vec![
        of_type("success", counts.success),
        of_type("failed", counts.failed),
        of_type("tombstone", counts.tombstone),
        of_type("not_found", counts.not_found),
    ]
}

fn failures(store: &Store) -> Vec<Sample> {
    let failures = store.client().metrics().failures();
    let sample = |(kind, to, count): (sim::raft_client::FailureType, StoreId, u64)| {
        (format!("type=\"{}\",store_id=\"{to}\"", kind.name()), count)
    };
    failures.map(sample).collect()
}

/// No TiKV has it: for whom the store goes on asking although no region here has a member there.
fn needless_loops(store: &Store) -> Vec<Sample> {
    store.needless_loops().into_iter().map(|to| (format!("store_id=\"{to}\""), 1)).collect()
}
