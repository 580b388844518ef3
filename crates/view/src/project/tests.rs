//! What a projection makes again, and what it takes over.

use std::rc::Rc;

use sim::command::{Command, MachineCommand, PdCommand, SplitPolicy};
use sim::{Cluster, Millis, RegionId, Release, StoreId};

use super::Projector;
use super::testing::two_tables;
use crate::graph::marks::{State, StoreMark};

fn cluster() -> Cluster {
    Cluster::new(&two_tables(), Release::V8_5_2.knobs(), 1).expect("the setup is sound")
}

#[test]
fn a_quiet_second_takes_the_rows_over_as_they_are() {
    let mut cluster = cluster();
    let mut projector = Projector::default();
    cluster.advance(Millis(30_000));
    let before = projector.project(&cluster);
    cluster.advance(Millis(31_000));
    let after = projector.project(&cluster);
    assert!(Rc::ptr_eq(&before.matrix, &after.matrix));
}

#[test]
fn a_split_makes_the_rows_it_concerns_again_and_no_other() {
    let mut cluster = cluster();
    let mut projector = Projector::default();
    cluster.advance(Millis(30_000));
    let before = projector.project(&cluster);
    let policy = SplitPolicy::Approximate;
    let split = PdCommand::AddSplitRegion { region: RegionId(10), policy, keys: Vec::new() };
    cluster.apply(&Command::Pd(split)).expect("the region can be split");
    cluster.advance(Millis(35_000));
    let after = projector.project(&cluster);
    assert_eq!(after.matrix.rows.len(), 4);
    let row = |view: &crate::ClusterView, id| view.matrix.row(RegionId(id)).cloned();
    let is_same = |id| match (row(&before, id), row(&after, id)) {
        (Some(before), Some(after)) => Rc::ptr_eq(&before, &after),
        (_, _) => false,
    };
    assert!(is_same(30) && !is_same(10));
    // It is the third of its table now, and else as it was.
    assert_eq!(row(&after, 20).map(|row| row.part), Some(2));
}

#[test]
fn what_was_taken_over_is_what_would_have_been_made() {
    let mut cluster = cluster();
    let mut projector = Projector::default();
    let pause = Command::Machine(MachineCommand::Pause(vec![StoreId(2)]));
    cluster.advance(Millis(20_000));
    let stop = Command::StopStores(vec![StoreId(1)]);
    for (at, command) in [(40_000, Some(&pause)), (70_000, Some(&stop)), (200_000, None)] {
        let view = projector.project(&cluster);
        let fresh = Projector::default().project(&cluster);
        assert_eq!(view.matrix.rows, fresh.matrix.rows, "at {at}");
        if let Some(command) = command {
            cluster.apply(command).expect("nothing speaks against it");
        }
        cluster.advance(Millis(at));
    }
    let last = projector.project(&cluster).matrix;
    let paused = last.lanes.iter().find(|lane| lane.store == StoreId(2)).expect("it is a lane");
    assert_eq!(*paused.marks, [StoreMark::Paused]);
    let row = last.row(RegionId(10)).expect("its peers run still");
    assert!(row.states.has(State::Ghost) && row.states.has(State::Leaderless));
}
