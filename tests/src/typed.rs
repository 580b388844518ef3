//! What every test of a cluster does: types a line, lets time pass, waits for something.

use scenario::{Request, parse};
use sim::{Cluster, Command};

/// The command of a line.
///
/// # Panics
/// If it is none.
#[track_caller]
pub fn command(line: &str) -> Command {
    match parse(line) {
        Ok(Request::Command(command)) => command,
        other => panic!("{line}: {other:?}"),
    }
}

/// Lets milliseconds pass.
///
/// # Panics
/// If a law is broken.
#[track_caller]
pub fn pass(cluster: &mut Cluster, ms: u64) {
    cluster.advance(cluster.now().after(ms));
    assert_eq!(cluster.broken_invariants(), [""; 0]);
}

/// Lets time pass until something is so, looking every so often. Returns whether it came to that.
///
/// # Panics
/// If a law is broken.
#[track_caller]
pub fn comes_true(
    cluster: &mut Cluster,
    within_ms: u64,
    every_ms: u64,
    is_so: impl Fn(&Cluster) -> bool,
) -> bool {
    let limit = cluster.now().after(within_ms);
    while !is_so(cluster) {
        if limit <= cluster.now() {
            return false;
        }
        pass(cluster, every_ms);
    }
    true
}
