//! What a new leader of PD knows, and what it waits for.

use super::leader::{ALLOC_ID_SAFE_GUARD, LEASE_MS, Presence};
use super::scene::{R, Scene};
use crate::command::{PdCommand, RecoveryOptions};
use crate::event::{EventKind, OperatorName, RecoveryStage};
use crate::ids::{MINUTE, RegionId, SECOND, StoreId};
use crate::message::GetStoreError;
use crate::refusal::{PdFault, Refusal};
use crate::store::{Engine, StoreStatus};

/// Four stores, and two regions on the first three.
fn scene() -> Scene {
    let mut scene = Scene::new(&[1, 2, 3, 4], &[], 3, 0);
    scene.lead(R, &[(11, 1), (12, 2), (13, 3)]);
    scene.lead(RegionId(2), &[(21, 1), (22, 2), (23, 3)]);
    scene.run_for(5 * SECOND);
    scene
}

#[test]
fn without_a_leader_pd_answers_nobody_and_with_a_new_one_it_has_heard_nothing() {
    let mut scene = scene();
    scene.deaf = true;
    let move_leader = PdCommand::AddTransferLeader { region: R, store: StoreId(2) };
    scene.command(&move_leader).expect("a voter is there");
    scene.command(&PdCommand::LosePdLeader).expect("there is one");
    assert_eq!(scene.pd.get_store(StoreId(1)), Err(GetStoreError::Unreachable));
    assert_eq!(scene.command(&move_leader), Err(Refusal::Pd(PdFault::NoLeader)));
    scene.region_heartbeat(R);

    scene.run_for(LEASE_MS);
    assert!(scene.pd.is_serving());
    assert_eq!(scene.pd.get_store(StoreId(1)), Ok("10.0.0.1:20160"));
    assert_eq!(scene.pd.operators().count(), 0, "operators are in memory only");
    assert!(scene.pd.regions().all(|info| info.leader.is_none()), "nobody has reported");
    assert_eq!(scene.pd.region_count_on(StoreId(1)), 2, "but the members are on disk");
    // The last heartbeat on disk is as old as five minutes.
    let status = |scene: &Scene| scene.pd.stores()[&StoreId(1)].status(scene.now);
    scene.run_for(25 * SECOND);
    assert_eq!(status(&scene), StoreStatus::Up);
}

#[test]
fn a_new_leader_schedules_once_it_has_heard_of_nine_regions_in_ten() {
    let mut scene = scene();
    scene.command(&PdCommand::ResignPdLeader).expect("there is one");
    scene.run_for(10 * SECOND);
    scene.command(&PdCommand::SetMaxReplicas(4)).expect("it answers");
    scene.region_heartbeat(R);
    scene.run_for(30 * SECOND);
    assert_eq!(scene.operators(), [], "it knows the leader of one region of two");
    scene.region_heartbeat(RegionId(2));
    scene.run_for(10 * SECOND);
    assert_eq!(scene.operators(), [OperatorName::AddRulePeer; 2]);
}

#[test]
fn a_new_leader_waits_five_minutes_at_most() {
    let mut scene = scene();
    scene.command(&PdCommand::ResignPdLeader).expect("there is one");
    scene.run_for(SECOND);
    scene.leaders.remove(&RegionId(2));
    scene.command(&PdCommand::SetMaxReplicas(4)).expect("it answers");
    scene.run_for(5 * MINUTE - SECOND);
    assert_eq!(scene.operators(), []);
    scene.run_for(6 * SECOND);
    assert_eq!(scene.operators(), [OperatorName::AddRulePeer]);
}

#[test]
fn a_recovery_is_lost_with_the_leader_that_ran_it() {
    let mut scene = scene();
    scene.silent.insert(StoreId(3));
    scene.run_for(40 * SECOND);
    let stores = vec![StoreId(3)];
    let command = PdCommand::RemoveFailedStores {
        stores,
        auto_detect: false,
        timeout_s: None,
        options: RecoveryOptions::default(),
    };
    scene.command(&command).expect("it is silent");
    scene.command(&PdCommand::ResignPdLeader).expect("there is one");
    scene.run_for(2 * SECOND);
    assert_eq!(scene.pd.recovery().stage(), RecoveryStage::Idle);
    assert_eq!(scene.pd.stores()[&StoreId(3)].status(scene.now), StoreStatus::Tombstone);
    let is_idle = |kind: &EventKind| {
        matches!(kind, EventKind::RecoveryStage { stage: RecoveryStage::Idle, .. })
    };
    assert_eq!(scene.count(is_idle), 1);
}

#[test]
fn what_recovery_made_pd_forget_comes_back_from_its_disk() {
    let mut scene = scene();
    scene.forget_regions();
    assert_eq!(scene.pd.region_count_on(StoreId(3)), 0);
    scene.command(&PdCommand::ResignPdLeader).expect("there is one");
    scene.run_for(2 * SECOND);
    assert_eq!(scene.pd.region_count_on(StoreId(3)), 2);
}

#[test]
fn pd_recover_takes_the_stores_away_at_the_next_start_and_leaves_ids_out() {
    let mut scene = scene();
    scene.command(&PdCommand::RecoverPd).expect("PD serves");
    assert_eq!(scene.pd.stores().len(), 4, "the running leader does not notice");
    scene.command(&PdCommand::StopPd).expect("it runs");
    assert_eq!(scene.command(&PdCommand::RecoverPd), Err(Refusal::Pd(PdFault::Stopped)));
    assert_eq!(scene.pd.next_due(), None, "a stopped PD does nothing");
    scene.command(&PdCommand::ForceNewPdCluster).expect("it is stopped");
    assert_eq!(scene.command(&PdCommand::StartPd), Err(Refusal::Pd(PdFault::Running)));
    assert_eq!(scene.pd.presence(), Presence::Electing(scene.now.after(LEASE_MS)));
    scene.run_for(LEASE_MS);
    assert!(scene.pd.stores().is_empty());
    assert_eq!(scene.pd.get_store(StoreId(1)), Err(GetStoreError::NotFound));
    assert_eq!(scene.count(|kind| matches!(kind, EventKind::StoreForgotten(_))), 4);
    assert_eq!(scene.pd.region_count_on(StoreId(1)), 2, "regions are kept elsewhere");

    // Who leads a region from a store without record is not listened to.
    scene.region_heartbeat(R);
    assert_eq!(scene.pd.region(R).expect("it is on disk").leader, None);
    (1..=4).for_each(|id| scene.add_store(id, Engine::TiKv));
    scene.region_heartbeat(R);
    scene.region_heartbeat(RegionId(2));
    scene.command(&PdCommand::SetMaxReplicas(4)).expect("PD serves");
    scene.run_for(10 * SECOND);
    let added = scene.peer_on(R, 4).expect("a rule was short").0;
    assert!(ALLOC_ID_SAFE_GUARD < added, "{added} may have been handed out before");
}
