//! The shape of a case file, and how its parts become the simulator's own types.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use sim::message::{DemotePlan, ForceLeaderPlan, PeerReport, RecoveryPlan};
use sim::region::{self, Key, PeerRole, RegionEpoch};
use sim::store::Engine;
use sim::{PeerId, RegionId, StoreId};

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

/// A store that PD knows; none was ever heard from.
#[derive(Debug, Deserialize)]
pub struct CaseStore {
    /// Its id.
    pub id: u64,
    /// What it is.
    engine: CaseEngine,
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
}

/// `unsafe remove-failed-stores`.
#[derive(Debug, Default, Deserialize)]
pub struct CaseCommand {
    /// The stores given up.
    pub failed_stores: Vec<u64>,
    /// Seconds.
    pub timeout_s: u64,
    /// `--auto-detect`.
    pub auto_detect: bool,
}

/// What must follow.
#[derive(Debug, Default, Deserialize)]
pub struct Expected {
    /// The stages in order.
    #[serde(default)]
    pub stage_sequence: Vec<String>,
    /// How the stages begin when one store does not become force leader at first.
    pub stage_sequence_with_injected_failure: Option<Vec<String>>,
    /// The plans of the stages that have any.
    #[serde(default)]
    pub plans_by_stage: Vec<StagePlans>,
    /// What each store reports in the end.
    #[serde(default)]
    pub final_reports: BTreeMap<u64, Vec<CaseReport>>,
}

/// The plans of one stage.
#[derive(Debug, Deserialize)]
pub struct StagePlans {
    /// The stage.
    pub stage: String,
    /// The plans by store.
    pub store_plans: BTreeMap<u64, CasePlan>,
}

/// The run under other releases.
#[derive(Debug, Deserialize)]
pub struct Variant {
    /// Which fixes they have, in words that name their pull requests.
    pub variant: String,
    /// The stages in order.
    pub stage_sequence: Vec<String>,
    /// All demotions, by ascending store id.
    demotes: Vec<CaseDemote>,
    /// `final_peers_of_N`: the members of region N in the end.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl Variant {
    /// All demotions, by ascending store id.
    pub fn demotes(&self) -> Vec<DemotePlan> {
        self.demotes.iter().map(CaseDemote::plan).collect()
    }

    /// The members that some regions must have in the end.
    ///
    /// # Errors
    /// A field that is not of that shape.
    pub fn final_peers(&self) -> Result<Vec<(RegionId, Vec<region::Peer>)>, serde_json::Error> {
        let named = self.rest.iter().filter_map(|(name, peers)| {
            let region = name.strip_prefix("final_peers_of_")?.parse().ok()?;
            Some((RegionId(region), peers))
        });
        named.map(|(region, peers)| Ok((region, peers_of(&Vec::deserialize(peers)?)))).collect()
    }
}

/// A member.
#[derive(Debug, Deserialize)]
pub struct CasePeer {
    id: u64,
    store_id: u64,
    role: CaseRole,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum CaseRole {
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
pub struct CaseRegion {
    region_id: u64,
    start_key: CaseKey,
    end_key: CaseKey,
    #[serde(default)]
    epoch: CaseEpoch,
    peers: Vec<CasePeer>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct CaseEpoch {
    conf_ver: u64,
    version: u64,
}

impl CaseRegion {
    fn region(&self) -> region::Region {
        region::Region {
            id: RegionId(self.region_id),
            start: self.start_key.0.clone(),
            end: self.end_key.0.clone(),
            epoch: RegionEpoch { version: self.epoch.version, conf_ver: self.epoch.conf_ver },
            peers: peers_of(&self.peers),
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
            let pair = std::str::from_utf8(pair).ok()?;
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
struct CaseRaft {
    term: u64,
    last_index: u64,
    commit: u64,
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
struct CaseForceLeader {
    failed_stores: Vec<u64>,
    enter_force_leaders: Vec<u64>,
}

#[derive(Debug, Deserialize)]
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
