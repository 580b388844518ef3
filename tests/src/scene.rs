//! A small cluster, driven by lines as an operator types them.

use scenario::Scenario;
use sim::{Cluster, EventKind, Knobs, Millis, StoreId};
use view::log::{self, LogLine, Speaker};

use crate::typed::{self, command};

/// A cluster and what its stores print.
pub struct Scene {
    /// The cluster.
    pub cluster: Cluster,
}

impl Scene {
    /// The cluster that `text` describes as a scenario file does, under these knobs.
    ///
    /// # Panics
    /// If it cannot be built.
    pub fn new(text: &str, knobs: Knobs) -> Scene {
        let file = format!(
            "scenario scene\ntitle en -\ntitle zh -\nopening en -\nopening zh -\nseed 1\nend 1ms\n\
             {text}\nstep\ntitle en -\ntitle zh -\ntext en -\ntext zh -\n    wait 1ms\n"
        );
        let scenario = Scenario::parse("scene", &file).unwrap_or_else(|error| panic!("{error}"));
        let cluster = Cluster::new(&scenario.setup, knobs, scenario.seed);
        Scene { cluster: cluster.expect("the file's reader has checked it") }
    }

    /// Carries out a command.
    ///
    /// # Panics
    /// If it is none, or is refused.
    pub fn ask(&mut self, line: &str) {
        self.cluster.apply(&command(line)).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    }

    /// Lets `ms` milliseconds pass.
    ///
    /// # Panics
    /// If a law is broken.
    pub fn wait(&mut self, ms: u64) {
        typed::pass(&mut self.cluster, ms);
    }

    /// Lets time pass until `is_so`, looking every 100 ms.
    ///
    /// # Panics
    /// If it is not so within `limit` milliseconds.
    pub fn wait_until(&mut self, limit: u64, is_so: impl Fn(&Cluster) -> bool) {
        let came = typed::comes_true(&mut self.cluster, limit, 100, is_so);
        assert!(came, "it is still not so after {limit} ms");
    }

    /// The lines a store has printed that say `message`.
    pub fn lines(&self, store: u64, message: &str) -> Vec<LogLine> {
        let knobs = self.cluster.knobs();
        let all = self.cluster.events().iter().flat_map(|event| log::lines(event, &knobs));
        let of_store = |line: &LogLine| line.speaker == Speaker::Store(StoreId(store));
        all.filter(|line| of_store(line) && line.message == message).collect()
    }

    /// When the events happened that `is_it` picks.
    pub fn times(&self, is_it: impl Fn(&EventKind) -> bool) -> Vec<Millis> {
        self.cluster.events().iter().filter(|event| is_it(&event.kind)).map(|e| e.at).collect()
    }
}
