//! The shape of a case file, and how its parts become the simulator's own types.
//!
//! Cases, stores and reports may carry notes under names of their own. What is handed over as it
//! is (a member, an epoch, a log, a plan, a command) has no room for them: a name that is unknown
//! there is a slip, which would leave a value out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use sim::event::RecoveryStage;
use sim::message::{DemotePlan, ForceLeaderPlan, PeerReport, RecoveryPlan};
use sim::region::{self, Key, PeerRole, RegionEpoch};
use sim::store::{Engine, StoreState};
use sim::{Millis, PeerId, RegionId, StoreId};

use super::words;

/// A file of cases.
#[derive(Debug, Deserialize)]
pub struct CaseFile {
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// The name of the test in PD.
    pub name: String,
    /// How it is told.
    pub kind: Kind,
    /// The stores PD knows.
    #[serde(default)]
    pub stores: Vec<CaseStore>,
    /// The command that starts the recovery.
    #[serde(default)]
    pub command: CaseCommand,
    /// What each alive store reports first.
    #[serde(default)]
    pub initial_reports: BTreeMap<u64, Vec<CaseReport>>,
    /// What must follow. Its shape depends on the kind.
    #[serde(default)]
    pub expected: Expected,
    /// A second run, told step by step, in which something fails.
    #[serde(default)]
    pub script: Vec<ScriptStep>,
    /// The same run under other releases.
    #[serde(default)]
    pub variants_derived_not_in_test: Vec<Variant>,
}

/// How a case is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// As data: reports in, stages, plans and reports out.
    EndToEnd,
    /// As steps in prose.
    Scripted,
    /// As input and output of one function.
    Unit,
}

/// As the file has it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::EndToEnd => "end_to_end",
            Kind::Scripted => "scripted",
            Kind::Unit => "unit",
        })
    }
}

/// A store that PD knows. If nothing else is said it was never heard from.
#[derive(Debug, Deserialize)]
pub struct CaseStore {
    /// Its id.
    pub id: u64,
    /// What it is.
    engine: CaseEngine,
    #[serde(default)]
    node_state: NodeState,
    /// Whether an operator has said that its disks are gone for good.
    #[serde(default)]
    pub physically_destroyed: bool,
    /// In words; `just now` if it was heard from.
    #[serde(default)]
    last_heartbeat: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum NodeState {
    Preparing,
    #[default]
    Serving,
    Removing,
    Removed,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CaseEngine {
    Tikv,
    Tiflash,
}

impl CaseStore {
    /// What it is.
    pub fn engine(&self) -> Engine {
        match self.engine {
            CaseEngine::Tikv => Engine::TiKv,
            CaseEngine::Tiflash => Engine::TiFlash,
        }
    }

    /// Its state in PD's record.
    pub fn state(&self) -> StoreState {
        match self.node_state {
            NodeState::Preparing | NodeState::Serving => StoreState::Up,
            NodeState::Removing => StoreState::Offline,
            NodeState::Removed => StoreState::Tombstone,
        }
    }

    /// When it was heard from, on a clock that stands at zero.
    pub fn last_heartbeat(&self) -> Option<Millis> {
        self.last_heartbeat.starts_with("just now").then_some(Millis::ZERO)
    }
}

/// `unsafe remove-failed-stores`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCommand {
    /// The stores given up.
    #[serde(default)]
    pub failed_stores: Vec<u64>,
    /// Seconds.
    pub timeout_s: Option<u64>,
    /// `--auto-detect`.
    #[serde(default)]
    pub auto_detect: bool,
}

/// One step of a script, in prose but for the stage it leads to.
#[derive(Debug, Deserialize)]
pub struct ScriptStep {
    #[serde(default, rename = "do")]
    deed: String,
    /// The stage that the recovery is in afterwards.
    pub expect_stage: Option<CaseStage>,
}

impl ScriptStep {
    /// The store that is to fail in this step: `store 2 does NOT become force leader`.
    pub fn store_that_does_not_lead(&self) -> Option<StoreId> {
        let deed = self.deed.to_lowercase();
        let (before, _) = deed.split_once(" does not become force leader")?;
        let id = before.rsplit_once("store ")?.1;
        id.parse().ok().map(StoreId)
    }
}

/// A stage, by the name it has in PD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct CaseStage(pub RecoveryStage);

impl TryFrom<String> for CaseStage {
    type Error = String;

    fn try_from(name: String) -> Result<CaseStage, String> {
        let known = |stage: &RecoveryStage| stage.name() == name;
        let names = || RecoveryStage::ALL.map(RecoveryStage::name).join(", ");
        let stage = RecoveryStage::ALL.into_iter().find(known);
        stage.map(CaseStage).ok_or_else(|| format!("`{name}` is no stage; those are {}", names()))
    }
}

fn stages(stages: &[CaseStage]) -> Vec<RecoveryStage> {
    stages.iter().map(|stage| stage.0).collect()
}

/// What must follow.
#[derive(Debug, Default, Deserialize)]
pub struct Expected {
    #[serde(default)]
    stage_sequence: Vec<CaseStage>,
    stage_sequence_with_injected_failure: Option<Vec<CaseStage>>,
    #[serde(default)]
    plans_by_stage: Vec<StagePlans>,
    /// What each store reports in the end.
    #[serde(default)]
    pub final_reports: BTreeMap<u64, Vec<CaseReport>>,
}

impl Expected {
    /// The stages in order.
    pub fn stages(&self) -> Vec<RecoveryStage> {
        stages(&self.stage_sequence)
    }

    /// How the stages begin when one store does not become force leader at first.
    pub fn stages_with_fault(&self) -> Option<Vec<RecoveryStage>> {
        self.stage_sequence_with_injected_failure.as_deref().map(stages)
    }

    /// The plans of the stages that have any.
    pub fn plans(&self) -> Vec<(RecoveryStage, BTreeMap<StoreId, RecoveryPlan>)> {
        let plans = |stage: &StagePlans| {
            let plans = stage.store_plans.iter();
            plans.map(|(store, plan)| (StoreId(*store), plan.plan())).collect()
        };
        self.plans_by_stage.iter().map(|stage| (stage.stage.0, plans(stage))).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StagePlans {
    stage: CaseStage,
    store_plans: BTreeMap<u64, CasePlan>,
}

/// The run under other releases.
#[derive(Debug, Deserialize)]
#[serde(try_from = "AnyVariant")]
pub struct Variant {
    /// Which fixes they have, in words that name their pull requests.
    pub variant: String,
    stage_sequence: Vec<CaseStage>,
    /// All demotions, by ascending store id.
    demotes: Vec<CaseDemote>,
    /// `final_peers_of_N`: the members of region N in the end.
    final_peers: BTreeMap<RegionId, Vec<CasePeer>>,
}

impl Variant {
    /// The stages in order.
    pub fn stages(&self) -> Vec<RecoveryStage> {
        stages(&self.stage_sequence)
    }

    /// All demotions, by ascending store id.
    pub fn demotes(&self) -> Vec<DemotePlan> {
        self.demotes.iter().map(CaseDemote::plan).collect()
    }

    /// The members that some regions must have in the end.
    pub fn final_peers(&self) -> impl Iterator<Item = (RegionId, Vec<region::Peer>)> {
        self.final_peers.iter().map(|(region, peers)| (*region, peers_of(peers)))
    }
}

/// A variant as it is written.
#[derive(Deserialize)]
struct AnyVariant {
    variant: String,
    stage_sequence: Vec<CaseStage>,
    demotes: Vec<CaseDemote>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl TryFrom<AnyVariant> for Variant {
    type Error = String;

    fn try_from(any: AnyVariant) -> Result<Variant, String> {
        let mut final_peers = BTreeMap::new();
        for (name, peers) in any.rest {
            let Some(region) = name.strip_prefix("final_peers_of_") else { continue };
            let region = region.parse().map_err(|_| format!("`{name}`: expected a region id"))?;
            let peers = Vec::deserialize(peers).map_err(|error| format!("`{name}`: {error}"))?;
            final_peers.insert(RegionId(region), peers);
        }
        let AnyVariant { variant, stage_sequence, demotes, .. } = any;
        Ok(Variant { variant, stage_sequence, demotes, final_peers })
    }
}

/// A member.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasePeer {
    id: u64,
    store_id: u64,
    #[serde(default)]
    role: CaseRole,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum CaseRole {
    #[default]
    Voter,
    Learner,
    IncomingVoter,
    DemotingVoter,
}

fn peers_of(peers: &[CasePeer]) -> Vec<region::Peer> {
    let role = |role: CaseRole| match role {
        CaseRole::Voter => PeerRole::Voter,
        CaseRole::Learner => PeerRole::Learner,
        CaseRole::IncomingVoter => PeerRole::IncomingVoter,
        CaseRole::DemotingVoter => PeerRole::DemotingVoter,
    };
    let peer = |peer: &CasePeer| region::Peer {
        id: PeerId(peer.id),
        store: StoreId(peer.store_id),
        role: role(peer.role),
    };
    peers.iter().map(peer).collect()
}

/// A region: what a report or a creation names.
#[derive(Debug, Deserialize)]
#[serde(try_from = "AnyRegion")]
pub struct CaseRegion(AnyRegion);

#[derive(Debug, Deserialize)]
struct AnyRegion {
    region_id: u64,
    start_key: CaseKey,
    end_key: CaseKey,
    #[serde(default)]
    epoch: CaseEpoch,
    #[serde(default)]
    peers: Vec<CasePeer>,
}

impl TryFrom<AnyRegion> for CaseRegion {
    type Error = String;

    fn try_from(any: AnyRegion) -> Result<CaseRegion, String> {
        let (start, end) = (&any.start_key.0, &any.end_key.0);
        match end.is_empty() || start < end {
            true => Ok(CaseRegion(any)),
            false => {
                let (start, end) = (words::key(start), words::key(end));
                Err(format!(
                    "region {} begins at {start} and ends at {end}: expected a later \
                             end_key, or \"\" for no end",
                    any.region_id
                ))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseEpoch {
    conf_ver: u64,
    version: u64,
}

impl CaseRegion {
    fn region(&self) -> region::Region {
        region::Region {
            id: RegionId(self.0.region_id),
            start: self.0.start_key.0.clone(),
            end: self.0.end_key.0.clone(),
            epoch: RegionEpoch { version: self.0.epoch.version, conf_ver: self.0.epoch.conf_ver },
            peers: peers_of(&self.0.peers),
        }
    }
}

/// The bytes themselves, or hexadecimal after `hex:`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct CaseKey(Key);

impl TryFrom<String> for CaseKey {
    type Error = String;

    fn try_from(text: String) -> Result<CaseKey, String> {
        let Some(hex) = text.strip_prefix("hex:") else {
            return Ok(CaseKey(Key::new(text.as_bytes())));
        };
        let digit = |pair: &[u8]| {
            let is_hex = pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
            let pair = std::str::from_utf8(pair).ok().filter(|_| is_hex)?;
            u8::from_str_radix(pair, 16).ok()
        };
        let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(digit).collect();
        let bytes = bytes.ok_or_else(|| format!("{text} is not hexadecimal after `hex:`"))?;
        Ok(CaseKey(Key::new(&bytes)))
    }
}

/// One peer's report.
#[derive(Debug, Deserialize)]
pub struct CaseReport {
    #[serde(flatten)]
    region: CaseRegion,
    raft: CaseRaft,
    #[serde(default)]
    is_force_leader: bool,
    #[serde(default)]
    has_commit_merge: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseRaft {
    term: u64,
    last_index: u64,
    commit: u64,
    #[serde(default)]
    applied: u64,
}

impl CaseReport {
    /// The report.
    pub fn report(&self) -> PeerReport {
        PeerReport {
            region: Arc::new(self.region.region()),
            term: self.raft.term,
            last_index: self.raft.last_index,
            commit: self.raft.commit,
            applied: self.raft.applied,
            is_force_leader: self.is_force_leader,
            has_commit_merge: self.has_commit_merge,
        }
    }
}

/// One store's plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasePlan {
    force_leader: Option<CaseForceLeader>,
    #[serde(default)]
    creates: Vec<CaseRegion>,
    #[serde(default)]
    tombstones: Vec<u64>,
    #[serde(default)]
    demotes: Vec<CaseDemote>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseForceLeader {
    #[serde(default)]
    failed_stores: Vec<u64>,
    #[serde(default)]
    enter_force_leaders: Vec<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseDemote {
    region_id: u64,
    failed_voters: Vec<CasePeer>,
}

impl CaseDemote {
    fn plan(&self) -> DemotePlan {
        let failed_voters = peers_of(&self.failed_voters);
        DemotePlan { region: RegionId(self.region_id), failed_voters }
    }
}

impl CasePlan {
    /// The plan, without a step.
    pub fn plan(&self) -> RecoveryPlan {
        RecoveryPlan {
            step: 0,
            force_leader: self.force_leader.as_ref().map(|plan| ForceLeaderPlan {
                failed_stores: plan.failed_stores.iter().copied().map(StoreId).collect(),
                enter_force_leaders: plan
                    .enter_force_leaders
                    .iter()
                    .copied()
                    .map(RegionId)
                    .collect(),
            }),
            creates: self.creates.iter().map(CaseRegion::region).collect(),
            tombstones: self.tombstones.iter().copied().map(RegionId).collect(),
            demotes: self.demotes.iter().map(CaseDemote::plan).collect(),
        }
    }
}
