//! Random runs: from a seed alone a small cluster, and a string of commands that operators, bad
//! luck and mistakes could bring upon it. Tests take hundreds of seeds through it and compare, also
//! natively with wasm: the same seed has to end at the same fingerprint everywhere.
//!
//! The plan is made before the run and does not look at it, so a plan can be printed, shortened and
//! lived through in slices of any size. The sweep lives through plans that begin with a whole
//! cluster, lets operators mend it afterwards ([`peace`]), and judges what it has come to
//! ([`finding`]); where something fails, [`shrink`] looks for less that fails the same way.

mod detection;
mod dice;
mod drafter;
pub mod finding;
pub mod limits;
pub mod peace;
mod script;
pub mod shrink;
pub mod summary;

#[cfg(test)]
mod tests;

use std::fmt;

use sim::ids::SECOND;
use sim::invariants::Broken;
use sim::{Cluster, Command, Millis, Release, Setup};

use crate::request::{Request, Wait};
use dice::Dice;
use drafter::{Beginning, Drafter};
use script::Script;

/// How a random run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The digest of the whole run.
    pub fingerprint: u64,
    /// The laws it broke: none, unless the simulation has a defect.
    pub broken: Vec<Broken>,
    /// How many events it had.
    pub events: usize,
}

/// Lives through the plan of this seed. A few milliseconds of real time.
pub fn random_run(seed: u64) -> Outcome {
    Plan::of(seed).run(SECOND)
}

/// One number for the fingerprints of all these seeds, for comparing many runs at once.
pub fn digest(seeds: std::ops::Range<u64>) -> u64 {
    // FNV-1a, a whole fingerprint at a time.
    let fold = |digest: u64, print: u64| (digest ^ print).wrapping_mul(0x0000_0100_0000_01B3);
    seeds.map(|seed| random_run(seed).fingerprint).fold(0xCBF2_9CE4_8422_2325, fold)
}

/// A cluster and what is to happen to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed it was drawn from, and that the cluster is given.
    pub seed: u64,
    /// The cluster.
    pub setup: Setup,
    /// The release it begins with.
    pub release: Release,
    /// What happens, one after the other.
    pub deeds: Vec<Deed>,
}

/// One thing that happens to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A command, which may be refused.
    Command(Command),
    /// So many milliseconds pass.
    Wait(u64),
    /// Every store and PD change to another release at once.
    Upgrade(Release),
}

/// Writes the deeds as lines of a scenario, where the grammar has them.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# seed {}, {}", self.seed, self.release)?;
        for deed in &self.deeds {
            match deed {
                Deed::Command(command) => writeln!(f, "{}", Request::Command(command.clone()))?,
                Deed::Wait(ms) => writeln!(f, "{}", Request::Wait(Wait::For(*ms)))?,
                Deed::Upgrade(release) => writeln!(f, "# every knob as in {release}")?,
            }
        }
        Ok(())
    }
}

impl Plan {
    /// The plan that this seed stands for.
    pub fn of(seed: u64) -> Plan {
        let mut dice = Dice::of(seed);
        let release = dice.one_of(&Release::ALL);
        let setup = Drafter { dice: &mut dice, beginning: Beginning::Anything }.setup();
        let deeds = Script::draw(&mut dice, &setup, true);
        Plan { seed, setup, release, deeds }
    }

    /// The plan that this seed stands for in the sweep: a cluster that is whole at first and stays
    /// on one release. The same seed means the same cluster and deeds under every release.
    pub fn under(seed: u64, release: Release) -> Plan {
        let mut dice = Dice::of(seed);
        let setup = Drafter { dice: &mut dice, beginning: Beginning::Whole }.setup();
        let deeds = Script::draw(&mut dice, &setup, false);
        Plan { seed, setup, release, deeds }
    }

    /// Lives through it, looking at every law each time that `slice_ms` milliseconds have passed.
    ///
    /// # Panics
    /// If `slice_ms` is 0.
    pub fn run(&self, slice_ms: u64) -> Outcome {
        let cluster = self.live_through(slice_ms);
        Outcome {
            fingerprint: cluster.fingerprint(),
            broken: cluster.broken_invariants().to_vec(),
            events: cluster.events().len(),
        }
    }

    /// The cluster at the end of the plan.
    fn live_through(&self, slice_ms: u64) -> Cluster {
        assert!(0 < slice_ms, "time has to pass");
        let cluster = Cluster::new(&self.setup, self.release.knobs(), self.seed);
        let mut cluster = cluster.expect("a drawn setup keeps the rules of setups");
        for deed in &self.deeds {
            match deed {
                Deed::Command(command) => {
                    // Refused commands are part of the plan; what they may not do is tested.
                    let _refused = cluster.apply(command).is_err();
                }
                Deed::Wait(ms) => advance(&mut cluster, *ms, slice_ms),
                Deed::Upgrade(release) => cluster.set_knobs(release.knobs()),
            }
        }
        cluster
    }
}

fn advance(cluster: &mut Cluster, ms: u64, slice_ms: u64) {
    let until = cluster.now().after(ms);
    while cluster.now() < until {
        let next = Millis(cluster.now().0.saturating_add(slice_ms));
        cluster.advance(next.min(until));
    }
}
