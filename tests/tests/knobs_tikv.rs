//! Each difference between releases in how a store carries out a recovery plan, alone, from a new
//! and from an old release: what an operator sees of it.

use sim::event::RecoveryStage;
use sim::ids::MINUTE;
use sim::region::PeerRole;
use sim::release::{ForcedCommit, LearnersOnDemotion, ResidualJoint};
use sim::{Knobs, Release, StoreId};
use tests::tikv::{
    ELECTION_MS, REGION, SEEDS, TikvCluster, led_beside_a_silent_learner, residual_joint_state,
};

/// The releases from which one knob at a time is turned: recovery as it was first released, and as
/// it is.
const BASELINES: [Release; 2] = [Release::V6_1_0, Release::V8_5_8];

/// Before, a store on which leaving a joint state was all there was to do never reported again, and
/// recovery timed out (tikv#12644).
#[test]
fn residual_joint_alone_decides_whether_recovery_finishes() {
    for baseline in BASELINES {
        for seed in SEEDS {
            let with = |residual_joint| {
                let knobs = Knobs { residual_joint, ..baseline.knobs() };
                let mut cluster = residual_joint_state(knobs, seed);
                cluster.wait(ELECTION_MS);
                cluster.tell("pd-ctl unsafe remove-failed-stores 2,3");
                cluster.wait(15 * MINUTE);
                cluster.cluster.pd().recovery().stage()
            };
            let (old, new) = (with(ResidualJoint::NeverReports), with(ResidualJoint::Reports));
            assert_eq!(old, RecoveryStage::Failed, "{baseline}, seed {seed}");
            assert_eq!(new, RecoveryStage::Finished, "{baseline}, seed {seed}");
        }
    }
}

/// With `--auto-detect` PD names nobody to TiKV where leaving a joint state is all there is to do.
/// TiKV sees a quorum then and forces no leader; if the stores are named it does.
#[test]
fn a_residual_joint_state_is_left_only_if_the_failed_stores_are_named() {
    for seed in SEEDS {
        let after = |asked: &str| {
            let mut cluster = residual_joint_state(Release::V8_5_8.knobs(), seed);
            cluster.wait(ELECTION_MS);
            cluster.tell(asked);
            cluster.wait(15 * MINUTE);
            (cluster.cluster.pd().recovery().stage(), cluster.leader())
        };
        let detected = after("pd-ctl unsafe remove-failed-stores --auto-detect");
        let named = after("pd-ctl unsafe remove-failed-stores 2,3");
        assert_eq!(detected, (RecoveryStage::Failed, None), "seed {seed}");
        assert_eq!(named, (RecoveryStage::Finished, Some(1)), "seed {seed}");
    }
}

/// Before, a learner on a store given up stayed a member, as `pd-ctl region` shows (tikv#18458).
/// From the new release alone: PD of old lists no learner there.
#[test]
fn learners_on_demotion_alone_decides_whether_a_dead_learner_stays() {
    for baseline in [Release::V8_5_8] {
        for seed in SEEDS {
            let with = |learners_on_demotion| {
                let knobs = Knobs { learners_on_demotion, ..baseline.knobs() };
                let mut cluster = TikvCluster::with_learners(4, &[4], knobs, seed);
                cluster.transfer_leader(3);
                cluster.stop(&[2, 3, 4]);
                cluster.wait(2 * ELECTION_MS);
                cluster.tell("pd-ctl unsafe remove-failed-stores 2,3,4");
                cluster.wait(3 * MINUTE);
                let region = cluster.cluster.pd().region(REGION).expect("it was recovered");
                region.region.peer_on(StoreId(4)).map(|peer| peer.role)
            };
            let (old, new) = (with(LearnersOnDemotion::Keep), with(LearnersOnDemotion::Remove));
            assert_eq!(old, Some(PeerRole::Learner), "{baseline}, seed {seed}");
            assert_eq!(new, None, "{baseline}, seed {seed}");
        }
    }
}

/// Before, a force leader committed nothing that a silent learner had not got, and its store never
/// reported (tikv#18197).
#[test]
fn forced_commit_alone_decides_whether_a_silent_learner_stops_recovery() {
    for baseline in BASELINES {
        for seed in SEEDS {
            let with = |forced_commit| {
                let knobs = Knobs { forced_commit, ..baseline.knobs() };
                let (cluster, step, last) = led_beside_a_silent_learner(knobs, seed);
                (last < cluster.peer(3).commit_index(), cluster.report(3, step).is_some())
            };
            let (old, new) = (with(ForcedCommit::AllPeers), with(ForcedCommit::VotersOnly));
            assert_eq!(old, (false, false), "{baseline}, seed {seed}");
            assert_eq!(new, (true, true), "{baseline}, seed {seed}");
        }
    }
}
