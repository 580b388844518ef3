//! The faults in force, as the commands that bring them about.

use sim::Cluster;
use sim::fault::Fault;

/// `faults`: a line each.
pub fn faults(cluster: &Cluster) -> String {
    let faults: Vec<String> = cluster.faults().iter().map(Fault::to_string).collect();
    if faults.is_empty() { "no faults".to_owned() } else { faults.join("\n") }
}
