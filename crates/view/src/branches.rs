//! What two branches of a run differ in at their ends, in one sentence a world.

use crate::cluster_view::{ClusterView, TableRow};
use crate::lang::Lang;
use crate::time_words::TimeWord;
use crate::timeline::Frame;

/// How each world of `there` differs from the same world `here`, in what users would feel.
pub fn differences(there: &Frame, here: &Frame, lang: Lang) -> Vec<String> {
    there.worlds.iter().zip(&here.worlds).map(|(a, b)| difference(a, b, lang)).collect()
}

fn difference(there: &ClusterView, here: &ClusterView, lang: Lang) -> String {
    let mut parts = Vec::new();
    let (sick, well) = (unavailable(there), unavailable(here));
    let only = |these: &[&str], those: &[&str]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).map(|name| name.to_string()).collect()
    };
    let worse = only(&sick, &well);
    if !worse.is_empty() {
        parts.push(match lang {
            Lang::En => format!("unavailable there, not here: {}", worse.join(", ")),
            Lang::Zh => format!("那边不可用而这边可用：{}", worse.join("、")),
        });
    }
    let better = only(&well, &sick);
    if !better.is_empty() {
        parts.push(match lang {
            Lang::En => format!("available there, not here: {}", better.join(", ")),
            Lang::Zh => format!("那边可用而这边不可用：{}", better.join("、")),
        });
    }
    let (a, b) = (&there.headline, &here.headline);
    let numbers = [
        (a.leaderless as u64, b.leaderless as u64, "regions without leader", "个 Region 无 leader"),
        (a.ghost_peers as u64, b.ghost_peers as u64, "ghost peers", "个 ghost Peer"),
        (a.failed_resolves, b.failed_resolves, "failed resolves", "次解析失败"),
        (a.refused, b.refused, "refused writes", "次写入被拒"),
        (a.lost, b.lost, "lost writes", "条写入丢失"),
    ];
    for (a, b, en, zh) in numbers {
        if a != b {
            parts.push(match lang {
                Lang::En => format!("{a} {en} there, {b} here"),
                Lang::Zh => format!("那边 {a} {zh}，这边 {b} {zh}"),
            });
        }
    }
    if parts.is_empty() {
        return TimeWord::NoDifference.text(lang).to_owned();
    }
    parts.join(lang.pick("; ", "；"))
}

fn unavailable(view: &ClusterView) -> Vec<&str> {
    let is_missing = |table: &&TableRow| table.is_wanted() && !table.is_ready();
    view.tables.iter().filter(is_missing).map(|table| &*table.name).collect()
}
