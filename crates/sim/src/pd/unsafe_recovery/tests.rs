//! Scenes of the controller, driven by heartbeats alone.

/// Those that PD's own tests tell, under PD's names.
mod originals;
/// What differs between releases.
mod releases;

use std::sync::Arc;

use super::*;
use crate::event::Event;
use crate::ids::PeerId;
use crate::message::{ForceLeaderPlan, PeerReport};
use crate::pd::stores::StoreRecord;
use crate::region::{Key, Peer, PeerRole, Region, RegionEpoch};
use crate::release::Release;
use crate::store::{Engine, StoreMeta};

use RecoveryStage as Stage;

/// A controller and what PD knows around it.
struct Scene {
    recovery: UnsafeRecovery,
    stores: StoreTable,
    ids: IdAllocator,
    events: EventLog,
    now: Millis,
}

impl Scene {
    /// PD of this release with TiKV and TiFlash stores that were never heard from.
    fn new(release: Release, tikv: &[u64], tiflash: &[u64]) -> Scene {
        let tikv = tikv.iter().map(|id| (*id, Engine::TiKv));
        let tiflash = tiflash.iter().map(|id| (*id, Engine::TiFlash));
        let record = |(id, engine)| (StoreId(id), store_record(StoreId(id), engine));
        Scene {
            recovery: UnsafeRecovery::new(release.knobs()),
            stores: tikv.chain(tiflash).map(record).collect(),
            ids: IdAllocator::starting_at(1),
            events: EventLog::default(),
            now: Millis::ZERO,
        }
    }

    fn check(&self, failed: &[u64]) -> Result<(), Refusal> {
        let request = RecoveryRequest { failed: &ids(failed), ..RecoveryRequest::default() };
        self.recovery.check_start(self.now, &self.stores, request)
    }

    fn start(&mut self, failed: &[u64], timeout_s: Option<u64>) {
        let failed = ids(failed);
        self.request(RecoveryRequest { failed: &failed, timeout_s, ..RecoveryRequest::default() });
    }

    fn auto_detect(&mut self) {
        self.request(RecoveryRequest { auto_detect: true, ..RecoveryRequest::default() });
    }

    fn request(&mut self, request: RecoveryRequest<'_>) {
        let (stores, events) = (&mut self.stores, &mut self.events);
        self.recovery.start(self.now, stores, request, None, events);
    }

    fn abort(&mut self) {
        let asked = self.recovery.stage_event.expect("a recovery runs");
        self.recovery.abort(self.now, asked, &mut self.events);
    }

    /// A store heartbeat without a report.
    fn heartbeat(&mut self, store: u64) -> Option<RecoveryPlan> {
        self.send(store, None)
    }

    /// A store heartbeat that reports these peers for the current round.
    fn report(&mut self, store: u64, peers: &[PeerReport]) -> Option<RecoveryPlan> {
        let (step, peer_reports) = (self.recovery.step(), peers.to_vec());
        self.send(store, Some(StoreReport { step, peer_reports }))
    }

    fn send(&mut self, store: u64, report: Option<StoreReport>) -> Option<RecoveryPlan> {
        let (stores, ids, events) = (&self.stores, &mut self.ids, &mut self.events);
        let env = RecoveryEnv { stores, ids, events };
        self.recovery.on_store_heartbeat(self.now, StoreId(store), report, env).0
    }

    fn stages(&self) -> Vec<Stage> {
        self.stage_events().map(|(_, stage)| stage).collect()
    }

    fn stage_events(&self) -> impl Iterator<Item = (EventId, Stage)> {
        self.numbered().filter_map(|(id, event)| {
            if let EventKind::RecoveryStage { stage, .. } = event.kind {
                Some((id, stage))
            } else {
                None
            }
        })
    }

    fn numbered(&self) -> impl Iterator<Item = (EventId, &Event)> {
        (0..).map(EventId).zip(self.events.all())
    }

    fn event_of(&self, wanted: Stage) -> EventId {
        self.stage_events().find(|(_, stage)| *stage == wanted).expect("the stage was entered").0
    }

    fn event(&self, id: EventId) -> &Event {
        &self.events.all()[usize::try_from(id.0).expect("an index")]
    }

    fn infos(&self) -> Vec<String> {
        self.recovery.show(self.now).into_iter().map(|output| output.info).collect()
    }
}

fn ids(stores: &[u64]) -> Vec<StoreId> {
    stores.iter().copied().map(StoreId).collect()
}

pub(super) fn store_record(id: StoreId, engine: Engine) -> StoreRecord {
    StoreRecord {
        meta: StoreMeta { id, engine, address: String::new(), labels: BTreeMap::new() },
        state: StoreState::Up,
        preparing: false,
        started: Millis::ZERO,
        physically_destroyed: false,
        down_after_ms: crate::store::DOWN_AFTER,
        last_heartbeat: None,
        region_count: 0,
        last_event: None,
    }
}

/// A report of a region over `range` whose voters, then learners, are on these stores. A peer's id
/// is ten times its region's plus its place.
fn peer(id: u64, range: (&str, &str), voters: &[u64], learners: &[u64]) -> PeerReport {
    let voters = voters.iter().map(|store| (*store, PeerRole::Voter));
    let learners = learners.iter().map(|store| (*store, PeerRole::Learner));
    let places = (id * 10..).zip(voters.chain(learners));
    let peers = places
        .map(|(peer, (store, role))| Peer { id: PeerId(peer), store: StoreId(store), role })
        .collect();
    let region = Region {
        id: RegionId(id),
        start: Key::new(range.0.as_bytes()),
        end: Key::new(range.1.as_bytes()),
        epoch: RegionEpoch { version: 10, conf_ver: 1 },
        peers,
    };
    PeerReport {
        region: Arc::new(region),
        term: 1,
        last_index: 10,
        commit: 10,
        applied: 10,
        is_force_leader: false,
        has_commit_merge: false,
    }
}

fn leading(peer: &PeerReport) -> PeerReport {
    PeerReport { is_force_leader: true, ..peer.clone() }
}

fn with_version(peer: &PeerReport, version: u64) -> PeerReport {
    let epoch = RegionEpoch { version, conf_ver: 1 };
    let region = Arc::new(Region { epoch, ..Region::clone(&peer.region) });
    PeerReport { region, ..peer.clone() }
}

/// Every key.
const ALL: (&str, &str) = ("", "");

#[test]
fn an_offline_store_may_be_given_up_and_a_tombstone_is_not_waited_for() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    let offline = scene.stores.get_mut(&StoreId(2)).expect("there");
    (offline.state, offline.last_heartbeat) = (StoreState::Offline, Some(Millis::ZERO));
    scene.stores.get_mut(&StoreId(3)).expect("there").state = StoreState::Tombstone;
    assert_eq!(scene.check(&[2]), Ok(()));
    scene.start(&[2], None);
    let progress: Vec<_> = scene.recovery.progress().collect();
    assert_eq!(progress, [(StoreId(1), StoreProgress::NotDispatched)]);
}

#[test]
fn a_second_report_of_the_same_round_replaces_the_first_and_triggers_nothing() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    scene.start(&[3], None);
    scene.report(1, &[]);
    scene.report(1, &[peer(7, ALL, &[1, 2, 3], &[])]);
    assert_eq!(scene.recovery.stage(), Stage::CollectReport);
    scene.report(2, &[]);
    assert_eq!(scene.stages(), [Stage::CollectReport, Stage::Finished], "region 7 was seen");
    assert!(!scene.recovery.take_region_cache_reset(), "only reports were collected");
    assert_eq!(scene.infos()[1], "Unsafe recovery Finished");
}

#[test]
fn a_plan_is_sent_again_when_no_report_came_in_time() {
    for (release, seconds) in [(Release::V8_5_2, 40), (Release::V8_5_8, 60)] {
        let mut scene = Scene::new(release, &[1, 2, 3], &[]);
        scene.start(&[2, 3], None);
        assert!(scene.heartbeat(1).is_some());
        scene.now = Millis(seconds * SECOND);
        assert_eq!(scene.heartbeat(1), None, "{release} waits {seconds} s");
        scene.now = scene.now.after(1);
        assert!(scene.heartbeat(1).is_some(), "{release} waits {seconds} s");
        let again = scene.events.all().last().expect("an event");
        assert_eq!(again.causes.len(), 2, "the stage, and the plan before it");
    }
}

/// Region 1001 with its newest log on TiFlash store 4: two rounds on, the learner there is gone.
fn until_the_demotion(release: Release) -> Scene {
    let mut scene = Scene::new(release, &[1, 2, 3], &[4]);
    scene.start(&[2, 3], None);
    let region = peer(1001, ALL, &[1, 2, 3], &[4]);
    let ahead = PeerReport { last_index: 11, ..region.clone() };
    scene.report(1, std::slice::from_ref(&region));
    let plan = scene.report(4, &[ahead]).expect("the learner's end");
    assert_eq!(plan.tombstones, [RegionId(1001)]);
    scene.report(1, std::slice::from_ref(&region));
    scene.report(4, &[]);
    scene.report(1, &[leading(&region)]);
    scene.report(4, &[]);
    scene
}

#[test]
fn an_orphaned_learner_is_listed_or_ignored_with_the_reasons() {
    let listed = |scene: &Scene| -> Vec<u64> {
        let demote = &scene.recovery.plans()[&StoreId(1)].demotes[0];
        demote.failed_voters.iter().map(|peer| peer.store.0).collect()
    };
    let fixed = until_the_demotion(Release::V8_5_5);
    assert_eq!(listed(&fixed), [2, 3, 4]);
    let ignored = |event: &Event| matches!(event.kind, EventKind::OrphanIgnored { .. });
    assert!(!fixed.events.all().iter().any(ignored));

    let reported = until_the_demotion(Release::V8_5_2);
    assert_eq!(listed(&reported), [2, 3]);
    let event = reported.events.all().iter().find(|event| ignored(event)).expect("told");
    let stages = [Stage::DemoteFailedVoter, Stage::TombstoneTiFlashLearner];
    assert_eq!(event.causes, stages.map(|stage| reported.event_of(stage)));
}

#[test]
fn every_stage_follows_from_the_last_report_and_the_stage_before() {
    let scene = until_the_demotion(Release::V8_5_8);
    let stages: Vec<_> = scene.stage_events().collect();
    assert_eq!(stages.len(), 4);
    for pair in stages.windows(2) {
        let causes = &scene.event(pair[1].0).causes;
        let reported = &scene.event(causes[0]).kind;
        assert!(matches!(reported, EventKind::StoreReported { store: StoreId(4), .. }));
        assert_eq!(causes[1..], [pair[0].0]);
    }
}

#[test]
fn show_prints_what_pd_prints() {
    let scene = until_the_demotion(Release::V8_5_8);
    let output = scene.recovery.show(scene.now);
    assert_eq!(
        scene.infos(),
        [
            "Unsafe recovery enters collect report stage",
            "Unsafe recovery enters tombstone TiFlash learner stage",
            "Unsafe recovery enters force leader stage",
            "Unsafe recovery enters demote Failed voter stage",
            "Collecting reports from alive stores(0/2)"
        ]
    );
    assert_eq!(output[0].details, ["Failed stores 2, 3"]);
    let action = |stage: usize, store| output[stage].actions[&StoreId(store)].as_slice();
    assert_eq!(action(1, 4), ["tombstone the peer of region 1001"]);
    assert_eq!(action(2, 1), ["force leader on regions: 1001"]);
    assert_eq!(action(2, 4), ["force leader on regions: "]);
    let demotes = "region 1001 demotes peers { id:10011 store_id:2 }, { id:10012 store_id:3 }, \
                   { id:10013 store_id:4 role:Learner }";
    assert_eq!(action(3, 1), [demotes]);
    assert_eq!(
        output[4].details,
        [
            "Stores that have not dispatched plan: 1",
            "Stores that have reported to PD: ",
            "Stores that have not reported to PD: 4"
        ]
    );
}

#[test]
fn show_after_the_deadline_tells_what_the_next_heartbeat_will_find() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2], &[]);
    scene.start(&[2], Some(60));
    scene.now = Millis(60_001);
    let before = scene.recovery.clone();
    let foretold = scene.infos();
    assert_eq!(scene.recovery, before, "a question changes nothing");
    scene.heartbeat(7);
    assert_eq!(scene.infos(), foretold);
    assert_eq!(foretold[1], "Unsafe recovery enters exit force leader stage");
    scene.now = Millis(60_001 + 120_001);
    let foretold = scene.infos();
    scene.heartbeat(1);
    assert_eq!(scene.infos(), foretold);
    assert!(foretold[2].starts_with("Unsafe recovery Failed: Exceeds timeout"), "{foretold:?}");
}

#[test]
fn the_end_names_affected_tables_and_created_regions() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    scene.start(&[2, 3], None);
    let mut region = peer(1001, ALL, &[1, 2, 3], &[]);
    Arc::make_mut(&mut region.region).start = Key::record_prefix(crate::ids::TableId(6));
    scene.report(1, std::slice::from_ref(&region));
    scene.report(1, &[leading(&region)]);
    let healed = peer(1001, ALL, &[1], &[2, 3]);
    let healed = PeerReport {
        region: Arc::new(Region { start: region.region.start.clone(), ..(*healed.region).clone() }),
        ..healed
    };
    let plan = scene.report(1, std::slice::from_ref(&healed)).expect("a hole to fill");
    let filled: Vec<PeerReport> = plan
        .creates
        .iter()
        .map(|created| PeerReport { region: Arc::new(created.clone()), ..healed.clone() })
        .chain([healed.clone()])
        .collect();
    scene.report(1, &filled);
    let output = scene.recovery.show(scene.now);
    assert_eq!(output[4].info, "Unsafe recovery Finished");
    let details = ["affected table ids: 6", "newly created empty regions: 1"];
    assert_eq!(output[4].details, details);
    assert_eq!(scene.recovery.newly_created().collect::<Vec<_>>(), [RegionId(1)]);
    assert!(scene.recovery.take_region_cache_reset());
    assert!(!scene.recovery.take_region_cache_reset(), "only once");
}

#[test]
fn regions_with_an_uncommitted_merge_get_their_leader_first() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    scene.start(&[2, 3], None);
    let source = PeerReport { has_commit_merge: true, ..peer(1, ("", "m"), &[1, 2, 3], &[]) };
    let other = peer(2, ("m", ""), &[1, 2, 3], &[]);
    let plan = scene.report(1, &[source.clone(), other.clone()]).expect("a force leader");
    assert_eq!(plan.force_leader.expect("one").enter_force_leaders, [RegionId(1)]);
    let plan = scene.report(1, &[leading(&source), other.clone()]).expect("the other one");
    assert_eq!(plan.force_leader.expect("one").enter_force_leaders, [RegionId(2)]);

    let late = PeerReport { has_commit_merge: true, ..other };
    scene.report(1, &[leading(&source), late]);
    assert_eq!(
        scene.stages(),
        [
            Stage::CollectReport,
            Stage::ForceLeaderForCommitMerge,
            Stage::ForceLeader,
            Stage::ExitForceLeader
        ]
    );
    let error = scene.recovery.error().expect("a merge too late").to_string();
    assert!(error.starts_with("unexpected commit merge state for report raft_state:<"), "{error}");
}

#[test]
fn what_a_demotion_reveals_is_mended_before_the_recovery_goes_on() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3], &[]);
    scene.start(&[2, 3], None);
    let left = peer(1, ("", "m"), &[1, 2, 3], &[]);
    scene.report(1, std::slice::from_ref(&left));
    scene.report(1, &[leading(&left)]);
    assert_eq!(scene.recovery.stage(), Stage::DemoteFailedVoter);
    let split_off = peer(2, ("m", ""), &[1, 2, 3], &[]);
    scene.report(1, &[peer(1, ("", "m"), &[1], &[2, 3]), split_off]);
    assert_eq!(scene.recovery.stage(), Stage::ForceLeader);
}

#[test]
fn a_hole_that_is_none_ends_the_recovery_unless_the_check_is_off() {
    let overlap = |disable_paranoid_check| {
        let mut scene = Scene::new(Release::V8_5_8, &[1, 2], &[]);
        let options = RecoveryOptions { disable_paranoid_check, ..RecoveryOptions::default() };
        let request = RecoveryRequest { failed: &[StoreId(2)], options, ..Default::default() };
        scene.request(request);
        let older = with_version(&peer(2, ("a", "z"), &[1], &[]), 9);
        scene.report(1, &[peer(1, ("m", ""), &[1], &[]), older]);
        scene
    };
    let scene = overlap(false);
    let error = scene.recovery.error().expect("an overlap").to_string();
    assert_eq!(
        error,
        "Find overlap peer id:2 start_key:\"61\" end_key:\"7A\" region_epoch:<conf_ver:1 \
         version:9 > peers:<id:20 store_id:1 > with newly created empty region id:1 \
         end_key:\"6D\" region_epoch:<conf_ver:1 version:1 > peers:<id:2 store_id:1 >"
    );
    assert_eq!(scene.stages(), [Stage::CollectReport, Stage::ExitForceLeader]);
    assert_eq!(scene.recovery.newly_created().count(), 0);
    assert_eq!(overlap(true).stages(), [Stage::CollectReport, Stage::CreateEmptyRegion]);
}

#[test]
fn an_empty_region_needs_an_alive_tikv_store() {
    let mut scene = Scene::new(Release::V8_5_8, &[1], &[4]);
    scene.start(&[1], None);
    scene.report(4, &[]);
    let expected = "can't find available store(exclude tiflash) to create new region";
    assert_eq!(scene.recovery.error().map(ToString::to_string).as_deref(), Some(expected));
}

#[test]
fn with_auto_detect_the_orphans_store_counts_as_failed_too() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2], &[4]);
    scene.auto_detect();
    scene.report(1, &[peer(1, ALL, &[1, 8, 9], &[4, 7])]);
    scene.report(2, &[]);
    scene.report(4, &[]);
    let plan = scene.recovery.plans()[&StoreId(1)].force_leader.clone().expect("a force leader");
    assert_eq!(plan.failed_stores, ids(&[8, 9, 4, 7]), "as listed in the region (pd#9554)");
    let details = "auto detect mode with no specified Failed stores";
    assert_eq!(scene.recovery.show(scene.now)[0].details, [details]);
}

#[test]
fn ten_thousand_regions_are_recovered_in_four_rounds() {
    let mut scene = Scene::new(Release::V8_5_8, &[1, 2, 3, 4, 5], &[]);
    scene.start(&[3, 4, 5], None);
    let key = |n: u64| if n == 0 || n == 10_000 { String::new() } else { format!("{n:05}") };
    let stores = [1, 2, 3, 4, 5];
    let all: Vec<PeerReport> =
        (0..10_000).map(|n| peer(n + 1, (&key(n), &key(n + 1)), &stores, &[])).collect();
    let led: Vec<PeerReport> = all.iter().map(leading).collect();
    scene.report(1, &all);
    scene.report(2, &all);
    assert_eq!(scene.recovery.stage(), Stage::ForceLeader);
    scene.report(1, &led);
    scene.report(2, &all);
    assert_eq!(scene.recovery.plans()[&StoreId(1)].demotes.len(), 10_000);
    let healed: Vec<PeerReport> =
        (0..10_000).map(|n| peer(n + 1, (&key(n), &key(n + 1)), &[1, 2], &[3, 4, 5])).collect();
    scene.report(1, &healed);
    scene.report(2, &healed);
    assert_eq!(scene.recovery.stage(), Stage::Finished);
}

#[test]
fn with_auto_detect_nobody_failed_where_a_joint_state_has_only_to_be_left() {
    let mut scene = Scene::new(Release::V8_5_8, &[1], &[]);
    scene.auto_detect();
    let mut report = peer(1, ALL, &[1, 8, 9], &[]);
    let mut region = Region::clone(&report.region);
    region.peers[1..].iter_mut().for_each(|peer| peer.role = PeerRole::DemotingVoter);
    report.region = Arc::new(region);
    scene.report(1, &[report]);
    let plan = scene.recovery.plans()[&StoreId(1)].force_leader.clone().expect("a force leader");
    assert_eq!((plan.enter_force_leaders, plan.failed_stores), (vec![RegionId(1)], Vec::new()));
}
