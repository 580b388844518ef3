//! TiKV's own tests of unsafe recovery that meets a merge, under their names.
//! TiKV: `tests/integrations/raftstore/test_unsafe_recovery.rs`.

use sim::event::RecoveryStage;
use sim::ids::{MINUTE, SECOND};
use sim::message::PeerReport;
use sim::region::PeerRole;
use sim::{EventKind, Release, StoreId};
use tests::life::{LEFT, Life, RIGHT, SETUP};

/// The two regions on three stores, both led from store 1.
fn three_nodes(release: Release) -> Life {
    let setup = SETUP
        .replace("store 7 tiflash zone z1 address 10.0.0.7:3930\n", "")
        .replace("tiflash 1\n", "\n")
        .replace(" learners 24@7", "")
        .replace(" learners 34@7", "")
        .replace("4000.. leader 2", "4000.. leader 1");
    Life::of(&setup, release.knobs(), 1)
}

/// What a store reports of a region.
fn report(life: &Life, store: u64) -> Vec<PeerReport> {
    let store = life.cluster.store(StoreId(store)).expect("known");
    let peers = store.peers().filter(|peer| [LEFT, RIGHT].contains(&peer.region_id()));
    peers.map(|peer| peer.report()).collect()
}

#[test]
fn test_unsafe_recovery_has_commit_merge() {
    let mut life = three_nodes(Release::V8_5_8);
    life.ask("drop MsgAppendResponse region 30 2,3 1");
    life.ask("operator add merge-region 20 30");
    life.pass(4 * SECOND);
    let [left, right] = report(&life, 1).try_into().expect("both are there");
    assert_eq!(right.region.id, RIGHT);
    assert!(right.has_commit_merge, "it is in the log and not committed");
    assert!(!left.has_commit_merge);
    // Every follower has it as well.
    assert!(report(&life, 2)[1].has_commit_merge && report(&life, 3)[1].has_commit_merge);
    life.ask("heal");
    life.pass(4 * SECOND);
    let [right] = report(&life, 1).try_into().expect("one is left");
    assert!(!right.has_commit_merge, "committed");
}

#[test]
fn test_unsafe_recovery_during_merge() {
    for release in [Release::V8_5_8, Release::V6_5_0] {
        let mut life = three_nodes(release);
        // The prepared source never reaches store 2; the target's entry does, and is not committed.
        life.ask("drop MsgAppend region 20 1 2");
        life.ask("drop MsgAppendResponse region 30 2,3 1");
        life.ask("operator add merge-region 20 30");
        life.pass(4 * SECOND);
        let [left, right] = report(&life, 2).try_into().expect("both are there");
        assert!(right.has_commit_merge, "{release}");
        assert_eq!((left.region.epoch.version, right.region.epoch.version), (1, 1));
        life.ask("stop store 1,3");
        life.pass(40 * SECOND);
        life.ask("unsafe remove-failed-stores 1,3");
        let stages = |life: &Life| -> Vec<RecoveryStage> {
            let stage = |kind: &EventKind| {
                if let EventKind::RecoveryStage { stage, .. } = kind { Some(*stage) } else { None }
            };
            life.cluster.events().iter().filter_map(|event| stage(&event.kind)).collect()
        };
        life.until(3 * MINUTE, |cluster| {
            cluster.pd().recovery().stage() == RecoveryStage::DemoteFailedVoter
        });
        let [merged] = report(&life, 2).try_into().expect("a single report");
        assert_eq!(merged.region.id, RIGHT);
        assert!(!merged.has_commit_merge, "{release}: forced to commit, the merge is done");
        assert_eq!(merged.region.start, left.region.start);
        assert_eq!(merged.region.end, right.region.end);
        life.pass(3 * MINUTE);
        let went = stages(&life);
        assert_eq!(
            went[..3],
            [
                RecoveryStage::CollectReport,
                RecoveryStage::ForceLeaderForCommitMerge,
                RecoveryStage::ForceLeader
            ],
            "{release}"
        );
        assert_eq!(went.last(), Some(&RecoveryStage::Finished), "{release}");
        let leader = life.cluster.leader_of(RIGHT).expect("it serves");
        for peer in &leader.region().peers {
            let expected =
                if peer.store == StoreId(2) { PeerRole::Voter } else { PeerRole::Learner };
            assert_eq!(peer.role, expected, "{release}: {peer}");
        }
    }
}
