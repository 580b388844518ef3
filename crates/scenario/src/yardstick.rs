//! The run that measurements have in common, native and in the page: the incident's cluster under
//! a minute of load at one write a second and region, then quiet, ten simulated minutes in all.

use sim::ids::MINUTE;
use sim::{Cluster, Command, Millis, Release};

use crate::library;

/// Lives through the ten minutes.
pub fn ten_minutes() -> Cluster {
    let setup = library::load("tikv-18440").expect("the incident is in the library").setup;
    let knobs = Release::V8_5_2.knobs();
    let mut cluster = Cluster::new(&setup, knobs, 1).expect("the library's setups are sound");
    let load = |writes_per_minute| Command::SetLoad { tables: Vec::new(), writes_per_minute };
    cluster.apply(&load(60)).expect("a load on all tables is never refused");
    cluster.advance(Millis(MINUTE));
    cluster.apply(&load(0)).expect("a load on all tables is never refused");
    cluster.advance(Millis(10 * MINUTE));
    cluster
}
