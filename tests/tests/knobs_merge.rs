//! What a force leader may propose: without the rollback of a merge, a recovery that meets a region
//! prepared for one never ends (tikv#15580).

use sim::event::RecoveryStage;
use sim::ids::{MINUTE, SECOND};
use sim::region::PeerRole;
use sim::release::ForcedProposals;
use sim::{EventKind, Knobs, Release, StoreId};
use tests::life::{LEFT, Life, RIGHT, SETUP};

/// Region 20 is prepared to go into region 30, whose leader's store is cut off; before another
/// leads, both that store and the source's leader's are lost, and given up.
fn recover(knobs: Knobs, seed: u64) -> Life {
    let mut life = Life::of(SETUP, knobs, seed);
    life.ask("cut 2 1,3,7");
    life.ask("operator add merge-region 20 30");
    life.until(8 * SECOND, |cluster| {
        let survivor = cluster.store(StoreId(3)).and_then(|store| store.peer(LEFT));
        survivor.is_some_and(|peer| peer.merging_into() == Some(RIGHT))
    });
    life.ask("stop store 1,2");
    life.pass(40 * SECOND);
    life.ask("unsafe remove-failed-stores 1,2 --timeout 200");
    life.pass(6 * MINUTE);
    life
}

fn ended(life: &Life) -> RecoveryStage {
    life.cluster.pd().recovery().stage()
}

fn rolled_back(life: &Life) -> bool {
    life.has_seen(|kind| matches!(kind, EventKind::MergeRolledBack { .. }))
}

#[test]
fn forced_proposals_without_the_rollback_a_recovery_meets_its_end_in_time_only() {
    for release in [Release::V8_5_8, Release::V7_1_0] {
        for seed in 1..=3 {
            let forced_proposals = ForcedProposals::MembershipOnly;
            let life = recover(Knobs { forced_proposals, ..release.knobs() }, seed);
            assert_eq!(ended(&life), RecoveryStage::Failed, "{release}, seed {seed}");
            assert!(!rolled_back(&life));
            let survivor = life.cluster.store(StoreId(3)).and_then(|store| store.peer(LEFT));
            assert!(survivor.is_some_and(|peer| peer.merging_into().is_some()), "stuck for ever");
        }
    }
}

#[test]
fn forced_proposals_with_the_rollback_a_recovery_finishes() {
    for release in [Release::V8_5_8, Release::V7_1_0] {
        for seed in 1..=3 {
            let forced_proposals = ForcedProposals::RollbackMergeToo;
            let life = recover(Knobs { forced_proposals, ..release.knobs() }, seed);
            assert_eq!(ended(&life), RecoveryStage::Finished, "{release}, seed {seed}");
            assert!(rolled_back(&life));
            let leader = life.cluster.leader_of(LEFT).expect("it serves again");
            let voters = leader.region().peers.iter().filter(|peer| peer.role == PeerRole::Voter);
            assert_eq!(voters.count(), 1, "the lost ones are learners");
        }
    }
}
