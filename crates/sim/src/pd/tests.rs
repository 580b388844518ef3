//! PD as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::scene::{R, Scene};
use super::testing::region;
use super::*;
use crate::command::{PdCommand, RecoveryOptions};
use crate::event::{Event, OperatorEnd, OperatorName, RecoveryStage};
use crate::ids::{MINUTE, PeerId, SECOND};
use crate::message::{PeerReport, StoreReport};
use crate::refusal::{Refusal, StoreFault};
use crate::region::PeerRole;
use crate::store::Engine;

use BlockedReason::{NoStoreToAdd, NoStoreToReplace, OrphanKeptWhileUnhealthy, PeerDownStoreUp};

/// A case of domain table 5.3: a learner on a store that is lost, and one that its live store has
/// destroyed.
#[test]
fn a_learner_on_a_tombstone_stays_until_there_is_another_tiflash_store() {
    let mut scene = Scene::new(&[5, 6, 8], &[502, 503], 3, 2);
    scene.lead(R, &[(11, 5), (12, 6), (13, 8), (14, 502), (15, 503)]);
    scene.bury(502);
    scene.run_for(2 * MINUTE);
    assert_eq!(scene.operators(), []);
    assert_eq!(scene.blocked(), [(14, NoStoreToReplace)]);
    scene.assert_blamed("StoreStatusChanged { store: StoreId(502)");

    scene.add_store(504, Engine::TiFlash);
    scene.run_for(MINUTE);
    assert_eq!(scene.operators(), [OperatorName::ReplaceRuleOfflinePeer]);
    assert_eq!(scene.members(R), "5 6 8 503L 504L");
    assert_eq!(scene.blocked(), []);
    assert_eq!(scene.count(|kind| matches!(kind, EventKind::RepairUnblocked(R))), 1);
}

#[test]
fn a_learner_destroyed_on_a_live_store_is_never_replaced_but_can_be_removed_by_hand() {
    let mut scene = Scene::new(&[5, 6, 8], &[502, 503, 504], 3, 2);
    scene.lead(R, &[(11, 5), (12, 6), (13, 8), (14, 502), (15, 503)]);
    scene.report_down(R, &[503]);
    scene.run_for(2 * 60 * MINUTE);
    assert_eq!(scene.operators(), []);
    assert_eq!(scene.blocked(), [(15, PeerDownStoreUp)]);
    scene.assert_blamed("PeerDown { region: RegionId(1), peer: Peer { id: PeerId(15)");

    scene.command(&PdCommand::AddRemovePeer { region: R, store: StoreId(503) }).expect("accepted");
    scene.run_for(MINUTE);
    assert_eq!(scene.operators(), [OperatorName::AdminRemovePeer, OperatorName::AddRulePeer],);
    assert_eq!(scene.members(R), "5 6 8 502L 503L");
    assert_ne!(scene.peer_on(R, 503), Some(PeerId(15)));
}

#[test]
fn a_learner_on_an_erased_store_goes_once_another_store_has_taken_its_place() {
    let mut scene = Scene::new(&[5, 6, 8], &[502, 503, 504], 3, 2);
    scene.erase_and_lead(502, R, &[(11, 5), (12, 6), (13, 8), (14, 502), (15, 503)]);
    scene.run_for(2 * MINUTE);
    assert_eq!(scene.operators(), [OperatorName::AddRulePeer, OperatorName::RemoveOrphanPeer],);
    assert_eq!(scene.members(R), "5 6 8 503L 504L");
}

#[test]
fn a_learner_on_an_erased_store_stays_where_no_store_can_take_its_place() {
    let mut scene = Scene::new(&[5, 6, 8], &[502, 503], 3, 2);
    scene.erase_and_lead(502, R, &[(11, 5), (12, 6), (13, 8), (14, 502), (15, 503)]);
    scene.run_for(2 * MINUTE);
    assert_eq!(scene.operators(), []);
    assert_eq!(scene.blocked(), [(14, NoStoreToAdd), (14, OrphanKeptWhileUnhealthy)]);
    scene.assert_blamed("StoreErased(StoreId(502))");
}

#[test]
fn both_kinds_together_keep_each_other_when_one_replica_is_wanted() {
    let mut scene = Scene::new(&[5, 6, 8], &[502, 503], 3, 2);
    scene.lead(R, &[(11, 5), (12, 6), (13, 8), (14, 502), (15, 503)]);
    scene.bury(502);
    scene.report_down(R, &[502, 503]);
    scene.set_rule(1);
    scene.run_for(2 * 60 * MINUTE);
    assert_eq!(scene.operators(), []);
    assert_eq!(scene.members(R), "5 6 8 502L 503L");
    // The lowest peer id fits, and its store is gone; the only orphan is kept.
    assert_eq!(scene.blocked(), [(14, NoStoreToReplace), (15, OrphanKeptWhileUnhealthy)]);
}

#[test]
fn a_lost_learner_beside_a_healthy_one_goes_when_one_replica_is_wanted() {
    let mut scene = Scene::new(&[5, 6, 8], &[502, 503], 3, 2);
    scene.lead(R, &[(11, 5), (12, 6), (13, 8), (14, 502), (15, 503)]);
    scene.bury(502);
    scene.report_down(R, &[502]);
    scene.set_rule(1);
    scene.run_for(MINUTE);
    assert_eq!(scene.operators(), [OperatorName::RemoveOrphanPeer]);
    assert_eq!(scene.members(R), "5 6 8 503L");
    assert_eq!(scene.blocked(), []);
}

/// tikv#18440 after the recovery: voters on 1, 2, 9 are learners now, the records of 1, 2, 9 and
/// 502 are erased, the peer on 503 was destroyed.
#[test]
fn after_the_incident_all_surplus_members_go_but_the_last() {
    let mut scene = Scene::new(&[1, 2, 5, 6, 8, 9], &[502, 503], 6, 2);
    for store in [1, 2, 9, 502] {
        scene.bury(store);
        scene.forget_regions();
        scene.command(&PdCommand::RemoveTombstone).expect("the cache is empty");
    }
    let members = [
        (52974, 1),
        (52975, 5),
        (52976, 9),
        (52977, 6),
        (52978, 8),
        (52979, 2),
        (52980, 502),
        (52981, 503),
    ];
    scene.lead_demoted(RegionId(52973), &members, &[1, 2, 9], 5);
    scene.report_pending(RegionId(52973), &[1, 2, 9, 502, 503]);
    scene.command(&PdCommand::SetMaxReplicas(3)).expect("accepted");
    scene.set_rule(0);
    scene.set_rule(1);
    let info = scene.pd.region(RegionId(52973)).expect("led");
    let fit = scene.pd.fit(info).expect("covered");
    let ids = |peers: &[Peer]| -> Vec<u64> { peers.iter().map(|peer| peer.id.0).collect() };
    assert_eq!(ids(&fit.rule_fits[1].peers), [52981]);
    assert_eq!(ids(&fit.orphans), [52974, 52976, 52979, 52980]);

    scene.run_for(10 * MINUTE);
    scene.report_down(RegionId(52973), &[502, 503]);
    scene.run_for(2 * 60 * MINUTE);
    assert_eq!(scene.operators(), [OperatorName::RemoveUnhealthyOrphanPeer; 3]);
    assert_eq!(scene.members(RegionId(52973)), "5 6 8 502L 503L");
    let blocked: Vec<_> =
        scene.pd.blockages(RegionId(52973)).map(|(p, why)| (p.id.0, why)).collect();
    assert_eq!(blocked, [(52981, PeerDownStoreUp), (52980, OrphanKeptWhileUnhealthy)]);

    let remove = PdCommand::AddRemovePeer { region: RegionId(52973), store: StoreId(503) };
    scene.command(&remove).expect("the cure by hand");
    scene.run_for(MINUTE);
    assert_eq!(scene.members(RegionId(52973)), "5 6 8 503L");
}

#[test]
fn voters_turned_learners_are_replaced_one_by_one_while_their_records_last() {
    let mut scene = Scene::new(&[1, 2, 5, 6, 7], &[], 3, 0);
    scene.bury(1);
    scene.bury(2);
    scene.lead_demoted(R, &[(11, 1), (12, 2), (13, 5)], &[1, 2], 5);
    scene.run_for(MINUTE);
    assert_eq!(scene.operators(), [OperatorName::ReplaceRuleOfflinePeer; 2]);
    assert_eq!(scene.members(R), "5 6 7");
}

#[test]
fn a_voter_whose_store_is_silent_for_thirty_minutes_is_replaced() {
    let mut scene = Scene::new(&[1, 2, 3, 4], &[], 3, 0);
    scene.lead(R, &[(11, 1), (12, 2), (13, 3)]);
    scene.silent.insert(StoreId(3));
    scene.report_down(R, &[3]);
    scene.run_for(29 * MINUTE);
    assert_eq!(scene.operators(), []);
    assert_eq!(scene.blocked(), [], "it is only a matter of time");
    scene.run_for(2 * MINUTE);
    assert_eq!(scene.operators(), [OperatorName::ReplaceRuleDownPeer]);
    assert_eq!(scene.members(R), "1 2 4");
    let told: Vec<StoreStatus> = scene.statuses(3);
    assert_eq!(told, [StoreStatus::Disconnected, StoreStatus::Down]);
    scene.silent.clear();
    scene.run_for(10 * SECOND);
    assert_eq!(scene.statuses(3).last(), Some(&StoreStatus::Up));
}

#[test]
fn a_deleted_store_is_drained_and_buried_when_it_is_empty() {
    let mut scene = Scene::new(&[1, 2, 3, 4], &[], 3, 0);
    scene.lead(R, &[(11, 1), (12, 2), (13, 3)]);
    scene.command(&PdCommand::DeleteStore(StoreId(1))).expect("four stores for three replicas");
    scene.run_for(MINUTE);
    assert_eq!(scene.members(R), "2 3 4");
    assert_eq!(scene.statuses(1), [StoreStatus::Offline, StoreStatus::Tombstone]);
    assert_eq!(scene.pd.get_store(StoreId(1)), Err(GetStoreError::Tombstone));
    assert_eq!(
        scene.command(&PdCommand::DeleteStore(StoreId(2))),
        Err(Refusal::StoreDelete {
            store: StoreId(2),
            fault: StoreFault::NotEnough { up: 2, need: 3 }
        })
    );
}

#[test]
fn tombstones_are_erased_only_when_the_cache_shows_no_region_there() {
    let mut scene = Scene::new(&[1, 2, 3], &[502], 3, 0);
    assert_eq!(scene.command(&PdCommand::RemoveTombstone), Ok(()), "there is none");
    scene.lead(R, &[(11, 1), (12, 2), (13, 3)]);
    scene.bury(3);
    let refused = Refusal::TombstonesHoldRegions(vec![StoreId(3)]);
    assert_eq!(scene.command(&PdCommand::RemoveTombstone), Err(refused));

    scene.bury(502);
    assert_eq!(scene.command(&PdCommand::RemoveTombstone), Ok(()));
    assert_eq!(scene.count(|kind| *kind == EventKind::TombstoneKept(StoreId(3))), 1);
    assert_eq!(scene.pd.get_store(StoreId(502)), Err(GetStoreError::NotFound));
    assert_eq!(scene.pd.get_store(StoreId(3)), Err(GetStoreError::Tombstone));

    scene.forget_regions();
    assert_eq!(scene.command(&PdCommand::RemoveTombstone), Ok(()));
    assert_eq!(scene.pd.get_store(StoreId(3)), Err(GetStoreError::NotFound));
}

#[test]
fn a_tombstone_is_erased_after_thirty_days_of_silence() {
    let mut scene = Scene::new(&[1, 2, 3], &[], 3, 0);
    scene.bury(3);
    scene.now = Millis(30 * 24 * 60 * MINUTE);
    scene.run_for(20 * SECOND);
    assert_eq!(scene.pd.get_store(StoreId(3)), Err(GetStoreError::NotFound));
}

#[test]
fn a_new_store_without_its_share_serves_after_two_days() {
    let mut scene = Scene::new(&[1, 2, 3], &[], 3, 0);
    for id in 1..=100 {
        let peers = [(id * 10, 1), (id * 10 + 1, 2), (id * 10 + 2, 3)];
        scene.lead_region(region(id, &format!("{id:03}"), &format!("{:03}", id + 1), &peers));
    }
    scene.add_store(4, Engine::TiKv);
    let two_days = 48 * 60 * MINUTE;
    scene.now = Millis(two_days - MINUTE);
    scene.run_for(30 * SECOND);
    assert!(scene.pd.stores()[&StoreId(4)].preparing, "it holds nothing");
    scene.run_for(MINUTE);
    assert!(!scene.pd.stores()[&StoreId(4)].preparing);
    assert_eq!(scene.count(|kind| *kind == EventKind::StoreServing(StoreId(4))), 1);
}

#[test]
fn a_store_takes_one_new_peer_in_four_seconds() {
    let mut scene = Scene::new(&[1, 2, 3], &[], 3, 0);
    for id in 1..=5 {
        let letter = |n: u64| String::from(char::from(b'a' + n as u8));
        let peers = [(id * 10, 1), (id * 10 + 1, 2)];
        scene.lead_region(region(id, &letter(id), &letter(id + 1), &peers));
    }
    let done = |scene: &Scene| (1..=5).filter(|id| scene.members(RegionId(*id)) == "1 2 3").count();
    scene.run_for(SECOND);
    assert_eq!(done(&scene), 1);
    scene.run_for(7 * SECOND);
    assert_eq!(done(&scene), 2);
    scene.run_for(10 * SECOND);
    assert_eq!(done(&scene), 5);
}

#[test]
fn an_operator_asked_for_replaces_a_repair_but_not_another_request() {
    let mut scene = Scene::new(&[1, 2, 3, 4], &[], 4, 0);
    scene.lead(R, &[(11, 1), (12, 2), (13, 3)]);
    scene.deaf = true;
    scene.run_for(SECOND);
    assert_eq!(scene.operators(), [OperatorName::AddRulePeer]);
    let transfer = PdCommand::AddTransferLeader { region: R, store: StoreId(2) };
    scene.command(&transfer).expect("urgent");
    assert_eq!(scene.command(&transfer), Err(Refusal::OperatorExists(R)));
    let ends = scene.count(|kind| {
        matches!(kind, EventKind::OperatorEnded { status: OperatorEnd::Replaced, .. })
    });
    assert_eq!(ends, 1);
    scene.command(&PdCommand::RemoveOperator(R)).expect("there is one");
    assert_eq!(scene.command(&PdCommand::RemoveOperator(R)), Err(Refusal::NoOperator(R)));
}

#[test]
fn commands_about_what_is_not_there_are_refused() {
    let mut scene = Scene::new(&[1, 2, 3], &[503], 3, 0);
    scene.lead(R, &[(11, 1), (12, 2), (13, 503)]);
    let store = StoreId(9);
    let region = RegionId(77);
    let refusals = [
        (
            PdCommand::DeleteStore(store),
            Refusal::StoreDelete { store, fault: StoreFault::NotFound },
        ),
        (
            PdCommand::CancelDeleteStore(store),
            Refusal::StoreCancelDelete { store, fault: StoreFault::NotFound },
        ),
        (
            PdCommand::AddAddPeer { region: R, store: StoreId(503) },
            Refusal::WrongEngine { store: StoreId(503), engine: Engine::TiFlash },
        ),
        (PdCommand::SetMaxReplicas(0), Refusal::MaxReplicasZero),
        (PdCommand::AddRemovePeer { region, store }, Refusal::RegionNotInPd(region)),
        (
            PdCommand::AddRemovePeer { region: R, store: StoreId(3) },
            Refusal::NoPeerOnStore { region: R, store: StoreId(3) },
        ),
        (
            PdCommand::AddAddLearner { region: R, store: StoreId(2) },
            Refusal::PeerOnStore { region: R, store: StoreId(2) },
        ),
        (
            PdCommand::AddTransferLeader { region: R, store: StoreId(503) },
            Refusal::WrongEngine { store: StoreId(503), engine: Engine::TiFlash },
        ),
        (PdCommand::RemoveOperator(R), Refusal::NoOperator(R)),
    ];
    let before = scene.events.all().len();
    for (command, refusal) in refusals {
        assert_eq!(scene.command(&command), Err(refusal), "{command:?}");
    }
    assert_eq!(scene.events.all().len(), before);
}

#[test]
fn heartbeats_of_buried_stores_and_stale_leaders_are_ignored() {
    let mut scene = Scene::new(&[1, 2, 3], &[], 3, 0);
    scene.lead(R, &[(11, 1), (12, 2), (13, 3)]);
    let stale = RegionHeartbeat { term: 3, ..scene.leaders[&R].clone() };
    let leader = scene.pd.region(R).expect("led").leader;
    let second = RegionHeartbeat { leader: stale.region.peers[1], ..stale };
    assert_eq!(scene.pd.on_region_heartbeat(scene.now, second.clone(), &mut scene.events), None);
    assert_eq!(scene.pd.region(R).expect("led").leader, leader);

    scene.bury(2);
    let newer = RegionHeartbeat { term: 99, ..second };
    assert_eq!(scene.pd.on_region_heartbeat(scene.now, newer, &mut scene.events), None);
    assert_eq!(scene.pd.region(R).expect("led").leader, leader);
    let heard = scene.pd.stores()[&StoreId(2)].last_heartbeat;
    let sign = StoreHeartbeat { store: StoreId(2), region_count: 1, report: None, replication: 0 };
    scene.pd.on_store_heartbeat(Millis(5), sign, &mut scene.events);
    assert_eq!(scene.pd.stores()[&StoreId(2)].last_heartbeat, heard);
}

/// The last voter of three recovers: collect, force leader, demote, finished.
#[test]
fn recovery_halts_scheduling_and_its_end_empties_the_cache() {
    let mut scene = Scene::new(&[1, 2, 3, 4], &[], 3, 0);
    scene.lead_region(region(1, "", "", &[(11, 1), (12, 2), (13, 3)]));
    scene.silent = BTreeSet::from([StoreId(1), StoreId(2)]);
    scene.run_for(40 * SECOND);
    let stores = vec![StoreId(1), StoreId(2)];
    let options = RecoveryOptions::default();
    let recover =
        PdCommand::RemoveFailedStores { stores, auto_detect: false, timeout_s: None, options };
    scene.command(&recover).expect("both are silent");
    assert_eq!(scene.statuses(1).last(), Some(&StoreStatus::Tombstone));
    scene.set_rule(0);
    let quiet = scene.pd.next_due().expect("stores are always checked");
    assert_eq!(quiet.0 % STORE_CHECK_MS, 0, "no patrol while it runs");

    let mut report = PeerReport {
        region: scene.leaders[&R].region.clone(),
        term: 6,
        last_index: 10,
        commit: 10,
        applied: 10,
        is_force_leader: false,
        has_commit_merge: false,
    };
    for round in 0..8 {
        scene.now = scene.now.after(10 * SECOND);
        for store in [3, 4] {
            let mut next = scene.heartbeat(store, None).plan;
            while let Some(plan) = next {
                if !plan.demotes.is_empty() {
                    let region = Arc::make_mut(&mut report.region);
                    for peer in &mut region.peers[..2] {
                        peer.role = PeerRole::Learner;
                    }
                    region.epoch.conf_ver += 4;
                }
                report.is_force_leader = plan.force_leader.is_some();
                let peer_reports = if store == 3 { vec![report.clone()] } else { Vec::new() };
                next = scene
                    .heartbeat(store, Some(StoreReport { step: plan.step, peer_reports }))
                    .plan;
            }
        }
        if scene.pd.recovery().stage() == RecoveryStage::Finished {
            assert!(0 < round, "more than one round");
            break;
        }
    }
    assert_eq!(scene.pd.recovery().stage(), RecoveryStage::Finished);
    assert_eq!(scene.pd.regions().count(), 0);
    assert_eq!(scene.count(|kind| matches!(kind, EventKind::RegionCacheReset)), 1);
    scene.command(&PdCommand::RemoveTombstone).expect("no region is known on either");
}

#[test]
fn every_event_has_a_cause() {
    let mut scene = Scene::new(&[5, 6, 8], &[502, 503], 3, 2);
    scene.lead(R, &[(11, 5), (12, 6), (13, 8), (14, 502), (15, 503)]);
    scene.events.emit(scene.now, EventKind::StoreStopped(StoreId(502)), []);
    scene.settled = scene.events.all().len();
    scene.bury(502);
    scene.report_down(R, &[502, 503]);
    scene.command(&PdCommand::SetMaxReplicas(2)).expect("accepted");
    scene.run_for(60 * MINUTE);
    let orphans: Vec<&Event> = scene.events.all()[scene.settled..]
        .iter()
        .filter(|event| event.causes.is_empty())
        .filter(|event| !matches!(event.kind, EventKind::Commanded(_)))
        .collect();
    assert!(orphans.is_empty(), "{orphans:#?}");
}

/// Not a time limit; it shows that PD can be asked to hold a large cluster.
#[test]
fn ten_thousand_regions_are_repaired_without_checking_all_of_them_again_and_again() {
    let tikv: Vec<u64> = (1..=100).collect();
    let mut scene = Scene::new(&tikv, &[], 5, 0);
    for id in 1..=10_000u64 {
        let peers: Vec<(u64, u64)> =
            (0..5).map(|n| (id * 10 + n, (id * 7 + n * 13) % 100 + 1)).collect();
        let (from, to) = (format!("{id:06}"), format!("{:06}", id + 1));
        scene.lead_region(region(id, &from, &to, &peers));
    }
    scene.run_for(MINUTE);
    assert_eq!(scene.operators(), []);
    scene.command(&PdCommand::DeleteStore(StoreId(50))).expect("enough stores");
    scene.run_for(10 * MINUTE);
    assert_eq!(scene.pd.region_count_on(StoreId(50)), 0);
    assert_eq!(scene.statuses(50).last(), Some(&StoreStatus::Tombstone));
}
