//! Unsafe recovery: its stages with their times, each store's plan and report, and what
//! `pd-ctl unsafe remove-failed-stores show` prints.

use sim::Cluster;
use sim::event::RecoveryStage;
use sim::message::RecoveryPlan;
use sim::pd::unsafe_recovery::StoreProgress;

use super::{Block, InspectWord as W, Tone, list, plain, toned};
use crate::answer;
use crate::clock::{Elapsed, WallClock};
use crate::lang::Lang;
use crate::phrases;
use crate::thing::Thing;
use crate::why::Question;

pub(super) fn blocks(cluster: &Cluster, lang: Lang) -> Vec<Block> {
    vec![stages(cluster, lang), plans(cluster, lang), shown(cluster)]
}

fn stages(cluster: &Cluster, lang: Lang) -> Block {
    let recovery = cluster.pd().recovery();
    let stage = recovery.stage();
    let mut block = Block::new(W::Stages.text(lang));
    let tone = match stage {
        RecoveryStage::Idle => Tone::Plain,
        RecoveryStage::Finished => Tone::Good,
        RecoveryStage::Failed => Tone::Bad,
        RecoveryStage::CollectReport
        | RecoveryStage::TombstoneTiFlashLearner
        | RecoveryStage::ForceLeaderForCommitMerge
        | RecoveryStage::ForceLeader
        | RecoveryStage::DemoteFailedVoter
        | RecoveryStage::CreateEmptyRegion
        | RecoveryStage::ExitForceLeader => Tone::Busy,
    };
    let text = match phrases::stage(stage, lang) {
        words if words.eq_ignore_ascii_case(stage.name()) => stage.name().to_owned(),
        words => format!("{} · {words}", stage.name()),
    };
    let row = block.fact(W::State.text(lang), toned(text, tone));
    if stage != RecoveryStage::Idle {
        row.ask(Question::Recovery);
    }
    for output in recovery.show(cluster.now()) {
        if let Some(at) = output.time {
            let time = WallClock::at(at).time();
            match block.rows.last_mut().filter(|row| row.label == time) {
                Some(row) => row.cells[0].text += &format!(" · {}", output.info),
                None => {
                    block.fact(time, plain(output.info)).ask(Question::RecoveryAt(at));
                }
            }
        }
    }
    let failed: Vec<String> = recovery.failed_stores().map(|id| id.to_string()).collect();
    if !failed.is_empty() {
        block.fact("failed stores", plain(list(failed)));
    }
    if let Some(error) = recovery.error() {
        block.fact(W::Error.text(lang), toned(error, Tone::Bad));
    }
    if stage.is_running() {
        block.fact(W::Deadline.text(lang), plain(Elapsed(recovery.deadline())));
    }
    block
}

fn plans(cluster: &Cluster, lang: Lang) -> Block {
    let recovery = cluster.pd().recovery();
    let words = [W::Plan, W::Report];
    let mut block = Block::with_columns(W::Plans.text(lang), &words.map(|word| word.text(lang)));
    if recovery.stage().is_running() {
        for (id, progress) in recovery.progress() {
            let (word, tone) = match progress {
                StoreProgress::NotDispatched => (W::NotSent, Tone::Plain),
                StoreProgress::Dispatched => (W::Sent, Tone::Busy),
                StoreProgress::Reported => (W::Reported, Tone::Good),
            };
            let plan = told(recovery.plans().get(&id), lang);
            let cells = vec![plain(plan), toned(word.text(lang), tone)];
            block.row(format!("store {id}"), cells).of(Thing::Store(id));
        }
    }
    super::pd::or_nothing(block, lang)
}

/// What a plan orders, e.g. `force leader 3: 10, 20, 30`.
fn told(plan: Option<&RecoveryPlan>, lang: Lang) -> String {
    let Some(plan) = plan else { return W::OnlyReport.text(lang).to_owned() };
    let mut parts = Vec::new();
    let mut part = |word: W, regions: Vec<String>| {
        if !regions.is_empty() {
            parts.push(format!("{} {}: {}", word.text(lang), regions.len(), list(regions)));
        }
    };
    let forced = plan.force_leader.iter().flat_map(|forced| &forced.enter_force_leaders);
    part(W::Forces, forced.map(ToString::to_string).collect());
    part(W::Demotes, plan.demotes.iter().map(|demote| demote.region.to_string()).collect());
    part(W::Destroys, plan.tombstones.iter().map(ToString::to_string).collect());
    part(W::Creates, plan.creates.iter().map(|region| region.id.to_string()).collect());
    if parts.is_empty() { W::OnlyReport.text(lang).to_owned() } else { parts.join("; ") }
}

fn shown(cluster: &Cluster) -> Block {
    let code = match answer::recovery(cluster) {
        Ok(json) => json,
        Err(refusal) => refusal,
    };
    let heading = "pd-ctl unsafe remove-failed-stores show";
    Block { code: Some(code), ..Block::new(heading) }
}
