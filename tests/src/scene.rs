//! A small cluster, driven by lines as an operator types them.

use scenario::{Request, Scenario, parse};
use sim::{Cluster, Command, EventKind, Knobs, Millis, StoreId};
use view::log::{self, LogLine, Speaker};

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
        let command = command(line);
        self.cluster.apply(&command).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    }

    /// Lets `ms` milliseconds pass.
    pub fn wait(&mut self, ms: u64) {
        let until = self.cluster.now().after(ms);
        self.cluster.advance(until);
    }

    /// Lets time pass until `is_so`, looking every 100 ms.
    ///
    /// # Panics
    /// If it is not so within `limit` milliseconds.
    pub fn wait_until(&mut self, limit: u64, is_so: impl Fn(&Cluster) -> bool) {
        let end = self.cluster.now().after(limit);
        while !is_so(&self.cluster) {
            assert!(self.cluster.now() < end, "it is still not so after {limit} ms");
            self.wait(100);
        }
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

/// The command of a line.
///
/// # Panics
/// If it is none.
pub fn command(line: &str) -> Command {
    match parse(line) {
        Ok(Request::Command(command)) => command,
        other => panic!("{line}: {other:?}"),
    }
}
