//! PD in one strip: unsafe recovery's stages and plans, operators, repairs that are stuck.

use sim::event::RecoveryStage;
use view::clock::WallClock;
use view::cluster_view::{PdPanel, PlanProgress, Recovery};
use view::{Lang, Thing, Word, phrases};
use yew::{Callback, Html, classes, html};

use super::term::term;
use crate::model::Msg;

/// The stages that a strip shows, in PD's order.
const STAGES: [RecoveryStage; 7] = [
    RecoveryStage::CollectReport,
    RecoveryStage::TombstoneTiFlashLearner,
    RecoveryStage::ForceLeaderForCommitMerge,
    RecoveryStage::ForceLeader,
    RecoveryStage::DemoteFailedVoter,
    RecoveryStage::CreateEmptyRegion,
    RecoveryStage::ExitForceLeader,
];

/// PD's strip.
pub(crate) fn pd_strip(
    pd: &PdPanel,
    selected: Option<Thing>,
    lang: Lang,
    send: &Callback<Msg>,
) -> Html {
    let is_held = selected == Some(Thing::Pd);
    html! {
        <div class={classes!("pd", is_held.then_some("held"))} data-pd="">
            <button type="button" class="link" data-term="pd"
                aria-pressed={is_held.to_string()}
                onclick={send.reform(|_| Msg::Select(Some(Thing::Pd)))}
                onmouseenter={send.reform(|_| Msg::Hover(Some(Thing::Pd)))}
                onmouseleave={send.reform(|_| Msg::Hover(None))}>{ "PD" }</button>
            { recovery(&pd.recovery, lang) }
            if !pd.recovery.stage.is_running() {
                { operators(pd, lang) }
                { blocked(pd, lang) }
            }
        </div>
    }
}

fn recovery(recovery: &Recovery, lang: Lang) -> Html {
    let stage = recovery.stage;
    let text = match stage {
        RecoveryStage::Idle => Word::NoRecovery.text(lang).to_owned(),
        RecoveryStage::Finished | RecoveryStage::Failed => {
            let time = WallClock::at(recovery.since).time();
            format!("{} {}", stage.name(), &time[..8])
        }
        RecoveryStage::CollectReport
        | RecoveryStage::TombstoneTiFlashLearner
        | RecoveryStage::ForceLeaderForCommitMerge
        | RecoveryStage::ForceLeader
        | RecoveryStage::DemoteFailedVoter
        | RecoveryStage::CreateEmptyRegion
        | RecoveryStage::ExitForceLeader => stage.name().to_owned(),
    };
    html! {
        <div class="recovery">
            <span class="mute">
                { term("unsafe-recovery", Word::UnsafeRecovery.text(lang)) }
            </span>
            <span class="stages" aria-hidden="true">
                { for STAGES.into_iter().map(|s| light(s, recovery, lang)) }
            </span>
            <span class={classes!("stage", stage.is_running().then_some("running"))}
                title={phrases::stage(stage, lang)}>{ text }</span>
            if stage.is_running() {
                { for recovery.stores.iter().map(|progress| {
                    let (class, sign) = match progress.progress {
                        PlanProgress::NotDispatched => ("plan", ""),
                        PlanProgress::Dispatched => ("plan sent", "…"),
                        PlanProgress::Reported => ("plan ok", "✓"),
                    };
                    html! { <span {class}>{ progress.store.0 }{ sign }</span> }
                }) }
            }
        </div>
    }
}

fn light(stage: RecoveryStage, recovery: &Recovery, lang: Lang) -> Html {
    let was_entered = recovery.stages.contains(&stage);
    let class = classes!(
        "light",
        was_entered.then_some("on"),
        (recovery.stage == stage).then_some("running"),
    );
    html! { <i {class} title={format!("{}: {}", stage.name(), phrases::stage(stage, lang))}></i> }
}

fn operators(pd: &PdPanel, lang: Lang) -> Html {
    let list: Vec<String> = pd
        .operators
        .iter()
        .map(|o| format!("{} {}: {}", o.region, o.name.name(), o.steps.join(", ")))
        .collect();
    html! {
        if !list.is_empty() {
            <span class="tag accent" title={list.join("\n")}>
                { phrases::operators(list.len(), lang) }
            </span>
        }
    }
}

fn blocked(pd: &PdPanel, lang: Lang) -> Html {
    let list: Vec<String> = pd
        .blocked
        .iter()
        .map(|b| format!("{} ({}): {}", b.region, b.peer, phrases::blocked(b.why, lang)))
        .collect();
    html! {
        if !list.is_empty() {
            <span class="tag bad" title={list.join("\n")}>
                { phrases::repairs_stuck(list.len(), lang) }
            </span>
        }
    }
}
