//! What `unsafe remove-failed-stores show` prints, in the words of the release.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::{StoreProgress, UnsafeRecovery};
use crate::event::RecoveryStage;
use crate::ids::{Millis, SECOND, StoreId, WALL_CLOCK_START_MS};
use crate::message::{PeerReport, RecoveryPlan};
use crate::order;
use crate::pd::operator::duration;
use crate::region::Region;
use crate::release::ShowWords;

use super::error::RecoveryError;
use super::lost::Detection;

/// One entry of the output. PD: `StageOutput`; fields that are empty are left out of its JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageOutput {
    /// What happened.
    pub info: String,
    /// When. PD prints local time, `2025-05-06 10:00:00.000`. Absent while nothing ran.
    pub time: Option<Millis>,
    /// What each store was told to do; PD's keys are `store 5`.
    pub actions: BTreeMap<StoreId, Vec<String>>,
    /// More, line by line.
    pub details: Vec<String>,
}

impl UnsafeRecovery {
    /// What pd-ctl prints at `now`.
    ///
    /// In PD this very question notices that the time is up; here that shows in the answer alone,
    /// and takes effect with the next store heartbeat.
    pub fn show(&self, now: Millis) -> Vec<StageOutput> {
        if self.stage == RecoveryStage::Idle {
            let info = stage_info(self.stage, self.knobs.show_words).to_owned();
            return vec![StageOutput { info, ..StageOutput::default() }];
        }
        let mut output = self.outputs.clone();
        if !self.stage.is_running() {
            return output;
        }
        if !self.is_overdue(now) {
            output.push(self.report_status(now));
            return output;
        }
        let overdue = RecoveryError::Timeout { deadline: self.deadline };
        let error = Some(self.error.as_ref().unwrap_or(&overdue));
        if self.stage == RecoveryStage::ExitForceLeader {
            output.push(self.describe(RecoveryStage::Failed, error, now));
        } else {
            output.push(self.describe(RecoveryStage::ExitForceLeader, error, now));
            let nobody = self.lost.alive.iter().map(|s| (*s, StoreProgress::NotDispatched));
            output.push(status_of(&order::map(nobody), now));
        }
        output
    }

    /// The entry for entering `stage` with the plans there are. PD: `changeStage`.
    pub(super) fn describe(
        &self,
        stage: RecoveryStage,
        error: Option<&RecoveryError>,
        now: Millis,
    ) -> StageOutput {
        let details = match stage {
            RecoveryStage::CollectReport => self.collect_lines(),
            RecoveryStage::ExitForceLeader => {
                error.map(|error| self.trigger_line(error)).into_iter().collect()
            }
            RecoveryStage::Finished => self.affected_lines(),
            RecoveryStage::Failed => self.failure_lines(now),
            RecoveryStage::Idle
            | RecoveryStage::TombstoneTiFlashLearner
            | RecoveryStage::ForceLeaderForCommitMerge
            | RecoveryStage::ForceLeader
            | RecoveryStage::DemoteFailedVoter
            | RecoveryStage::CreateEmptyRegion => Vec::new(),
        };
        let actions = self.plans.iter().map(|(store, plan)| (*store, action_lines(plan)));
        let actions = order::map(actions.filter(|(_, lines)| !lines.is_empty()));
        StageOutput { info: self.headline(stage, error), time: Some(now), actions, details }
    }

    fn headline(&self, stage: RecoveryStage, error: Option<&RecoveryError>) -> String {
        let words = self.knobs.show_words;
        let info = stage_info(stage, words);
        match (stage, words) {
            (RecoveryStage::CollectReport, ShowWords::OneString) => {
                format!("{info}: {}", self.failed_stores_line())
            }
            (RecoveryStage::Failed, _) => {
                let error = error.expect("a recovery fails only with an error");
                format!("{info}: {}", error_text(error, words))
            }
            (_, _) => info.to_owned(),
        }
    }

    fn trigger_line(&self, error: &RecoveryError) -> String {
        let text = error_text(error, self.knobs.show_words);
        match self.knobs.show_words {
            ShowWords::OneString => text,
            ShowWords::Details | ShowWords::Capitals => format!("triggered by error: {text}"),
        }
    }

    fn collect_lines(&self) -> Vec<String> {
        let stores = match self.knobs.show_words {
            ShowWords::OneString => None,
            ShowWords::Details | ShowWords::Capitals => Some(self.failed_stores_line()),
        };
        let unchecked = self.options.disable_paranoid_check;
        let unchecked = unchecked.then(|| "paranoid check disabled".to_owned());
        let timeout = self.options.plan_timeout_s.map(|seconds| {
            format!("plan execution timeout {}", duration(seconds.saturating_mul(SECOND)))
        });
        stores.into_iter().chain(unchecked).chain(timeout).collect()
    }

    fn failed_stores_line(&self) -> String {
        let failed = match self.knobs.show_words {
            ShowWords::OneString | ShowWords::Details => "failed",
            ShowWords::Capitals => "Failed",
        };
        match self.lost.detection {
            Detection::Named => format!("{failed} stores {}", comma_separated(&self.lost.named)),
            Detection::Auto => format!("auto detect mode with no specified {failed} stores"),
        }
    }

    /// PD: `getAffectedTableDigest`.
    fn affected_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let meta_regions = &self.affected.meta_regions;
        if !meta_regions.is_empty() {
            lines.push(format!("affected meta regions: {}", comma_separated(meta_regions)));
        }
        let tables = &self.affected.tables;
        if !tables.is_empty() {
            lines.push(format!("affected table ids: {}", comma_separated(tables)));
        }
        lines.push(match self.created.is_empty() {
            true => "no newly created empty regions".to_owned(),
            false => format!("newly created empty regions: {}", comma_separated(&self.created)),
        });
        lines
    }

    fn failure_lines(&self, now: Millis) -> Vec<String> {
        let mut lines = self.affected_lines();
        if self.reports.len() != self.lost.alive.len() {
            lines.extend(self.report_status(now).details);
        }
        lines
    }

    /// How far the round has come. PD: `getReportStatus`.
    fn report_status(&self, now: Millis) -> StageOutput {
        status_of(&order::map(self.progress()), now)
    }
}

fn status_of(progress: &BTreeMap<StoreId, StoreProgress>, now: Millis) -> StageOutput {
    let those = |wanted: StoreProgress| {
        comma_separated(progress.iter().filter(|(_, is)| **is == wanted).map(|(store, _)| store))
    };
    let total = progress.len();
    let reported = progress.values().filter(|is| **is == StoreProgress::Reported).count();
    if reported == total {
        let info = format!("Collected reports from all {total} alive stores");
        return StageOutput { info, time: Some(now), ..StageOutput::default() };
    }
    let details = vec![
        format!("Stores that have not dispatched plan: {}", those(StoreProgress::NotDispatched)),
        format!("Stores that have reported to PD: {}", those(StoreProgress::Reported)),
        format!("Stores that have not reported to PD: {}", those(StoreProgress::Dispatched)),
    ];
    StageOutput {
        info: format!("Collecting reports from alive stores({reported}/{total})"),
        time: Some(now),
        actions: BTreeMap::new(),
        details,
    }
}

/// What PD prints of a stage before its particulars.
pub fn stage_info(stage: RecoveryStage, words: ShowWords) -> &'static str {
    use ShowWords::{Capitals, Details, OneString};
    match (stage, words) {
        (RecoveryStage::Idle, _) => "No on-going recovery.",
        (RecoveryStage::CollectReport, _) => "Unsafe recovery enters collect report stage",
        (RecoveryStage::TombstoneTiFlashLearner, _) => {
            "Unsafe recovery enters tombstone TiFlash learner stage"
        }
        (RecoveryStage::ForceLeaderForCommitMerge, _) => {
            "Unsafe recovery enters force leader for commit merge stage"
        }
        (RecoveryStage::ForceLeader, _) => "Unsafe recovery enters force leader stage",
        (RecoveryStage::DemoteFailedVoter, OneString | Details) => {
            "Unsafe recovery enters demote failed voter stage"
        }
        (RecoveryStage::DemoteFailedVoter, Capitals) => {
            "Unsafe recovery enters demote Failed voter stage"
        }
        (RecoveryStage::CreateEmptyRegion, _) => "Unsafe recovery enters create empty region stage",
        (RecoveryStage::ExitForceLeader, _) => "Unsafe recovery enters exit force leader stage",
        (RecoveryStage::Finished, OneString | Details) => "Unsafe recovery finished",
        (RecoveryStage::Finished, Capitals) => "Unsafe recovery Finished",
        (RecoveryStage::Failed, OneString | Details) => "Unsafe recovery failed",
        (RecoveryStage::Failed, Capitals) => "Unsafe recovery Failed",
    }
}

/// The error in the words of the release; as [`RecoveryError`] prints it, they are those of 7.5.
fn error_text(error: &RecoveryError, words: ShowWords) -> String {
    match (error, words) {
        (RecoveryError::FailedStoreHeard(store), ShowWords::OneString | ShowWords::Details) => {
            format!("Receive heartbeat from failed store {store}")
        }
        (_, _) => error.to_string(),
    }
}

/// One plan in words; empty for an empty plan.
fn action_lines(plan: &RecoveryPlan) -> Vec<String> {
    let leaders = plan.force_leader.iter().map(|plan| {
        format!("force leader on regions: {}", comma_separated(&plan.enter_force_leaders))
    });
    let demotes = plan.demotes.iter().map(|demote| {
        let peers = demote.failed_voters.iter().map(|peer| format!("{{ {peer} }}"));
        format!("region {} demotes peers {}", demote.region, comma_separated(peers))
    });
    let tombstones =
        plan.tombstones.iter().map(|region| format!("tombstone the peer of region {region}"));
    // PD makes the text readable inside JSON: it replaces angle brackets, which JSON escapes.
    let creates = plan.creates.iter().map(|region| {
        let text = region_text(region).replace('<', "{ ").replace('>', "}");
        format!("create region {}: {text}", region.id)
    });
    leaders.chain(demotes).chain(tombstones).chain(creates).collect()
}

fn comma_separated<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// A region as protobuf's compact text, its keys in hexadecimal; zero fields are left out.
/// PD: `core.RegionToHexMeta`.
pub(super) fn region_text(region: &Region) -> String {
    let mut fields = vec![format!("id:{}", region.id)];
    for (name, key) in [("start_key", &region.start), ("end_key", &region.end)] {
        if !key.is_empty() {
            fields.push(format!("{name}:\"{key}\""));
        }
    }
    let epoch = [("conf_ver", region.epoch.conf_ver), ("version", region.epoch.version)];
    fields.push(format!("region_epoch:<{}>", number_fields(&epoch)));
    fields.extend(region.peers.iter().map(|peer| format!("peers:<{peer} >")));
    fields.join(" ")
}

/// A peer's report as protobuf's compact text.
pub(super) fn peer_report_text(report: &PeerReport) -> String {
    let hard_state = number_fields(&[("term", report.term), ("commit", report.commit)]);
    let last_index = number_fields(&[("last_index", report.last_index)]);
    let mut text = format!(
        "raft_state:<hard_state:<{hard_state}> {last_index}> region_state:<region:<{} > > ",
        region_text(&report.region)
    );
    for (name, set) in
        [("is_force_leader", report.is_force_leader), ("has_commit_merge", report.has_commit_merge)]
    {
        if set {
            text.push_str(&format!("{name}:true "));
        }
    }
    text + &number_fields(&[("applied_index", report.applied)])
}

/// Fields as protobuf's compact text has them: a space after each, zeros left out.
fn number_fields(fields: &[(&str, u64)]) -> String {
    let set = fields.iter().filter(|(_, value)| *value != 0);
    set.map(|(name, value)| format!("{name}:{value} ")).collect()
}

/// A moment as Go prints one: local wall clock, zone, and the monotonic clock, which here counts
/// from the beginning of the run.
pub(super) fn moment_text(at: Millis) -> String {
    let wall_ms = WALL_CLOCK_START_MS + at.0 + EIGHT_HOURS_MS;
    let (year, month, day) = civil_date(wall_ms / DAY_MS);
    let in_day = wall_ms % DAY_MS;
    let fraction = match in_day % 1_000 {
        0 => String::new(),
        ms => format!(".{ms:03}").trim_end_matches('0').to_owned(),
    };
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02}:{:02}{fraction} +0800 CST m=+{}.{:03}000000",
        in_day / 3_600_000,
        in_day / 60_000 % 60,
        in_day / 1_000 % 60,
        at.0 / 1_000,
        at.0 % 1_000
    )
}

const DAY_MS: u64 = 24 * crate::ids::HOUR;
/// The simulated clock's zone, +08:00.
const EIGHT_HOURS_MS: u64 = 8 * crate::ids::HOUR;

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar. Years are
/// counted from March, so that the leap day is a year's last.
fn civil_date(days: u64) -> (u64, u64, u64) {
    // 719,468 days lie between 0000-03-01 and 1970-01-01; 146,097 are four centuries.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{PeerId, RegionId};
    use crate::region::{Key, Peer, PeerRole, RegionEpoch};

    #[test]
    fn a_moment_prints_as_in_go() {
        let text = moment_text(Millis(600_500));
        assert_eq!(text, "2025-05-06 10:10:00.5 +0800 CST m=+600.500000000");
        let next_year = moment_text(Millis(300 * DAY_MS));
        assert!(next_year.starts_with("2026-03-02 10:00:00 +0800"), "{next_year}");
    }

    #[test]
    fn a_created_region_prints_as_in_pd() {
        let region = Region {
            id: RegionId(1),
            start: Key::new(b"z"),
            end: Key::default(),
            epoch: RegionEpoch { version: 1, conf_ver: 1 },
            peers: vec![Peer { id: PeerId(2), store: StoreId(5), role: PeerRole::Voter }],
        };
        let plan = RecoveryPlan { creates: vec![region], ..RecoveryPlan::default() };
        assert_eq!(
            action_lines(&plan),
            ["create region 1: id:1 start_key:\"7A\" region_epoch:{ conf_ver:1 version:1 } \
                 peers:{ id:2 store_id:5 }"]
        );
    }
}
