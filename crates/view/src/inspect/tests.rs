//! What the inspectors say of small clusters.

use sim::{RegionId, StoreId};

use super::*;
use crate::answer::scene;

fn focus() -> Focus {
    Focus { region: Some(RegionId(20)), store: Some(StoreId(4)), table: Some(TableId(45)) }
}

/// Store 4 stopped an hour ago.
fn hour_later() -> Cluster {
    let mut cluster = scene::learner_lost();
    cluster.advance(sim::Millis(sim::ids::HOUR));
    cluster
}

/// The cells of a row, as text; the label's block is looked for in all blocks.
fn told(blocks: &[Block], heading: &str, label: &str) -> String {
    let block = blocks.iter().find(|block| block.heading.starts_with(heading));
    let block = block.unwrap_or_else(|| panic!("no block {heading}"));
    let row = block.rows.iter().find(|row| row.label == label);
    let row = row.unwrap_or_else(|| panic!("no row {label} in {:?}", block.rows));
    let cells: Vec<String> =
        row.cells.iter().map(|cell| format!("{}{}", cell.tone.sign(), cell.text)).collect();
    cells.join(" | ")
}

fn of(tab: Tab, cluster: &Cluster) -> Vec<Block> {
    inspect(tab, cluster, focus(), Lang::En)
}

#[test]
fn every_inspector_speaks_both_languages_and_no_row_is_there_twice() {
    for cluster in [scene::healthy(), scene::learner_lost(), scene::buried()] {
        for tab in Tab::ALL {
            for lang in Lang::ALL {
                let blocks = inspect(*tab, &cluster, focus(), lang);
                assert_eq!(blocks.is_empty(), matches!(tab, Tab::Story | Tab::Log), "{tab:?}");
                for block in &blocks {
                    for (at, row) in block.rows.iter().enumerate() {
                        let cells = block.columns.len().max(1);
                        assert_eq!(
                            row.cells.len(),
                            cells,
                            "{tab:?} {} {}",
                            block.heading,
                            row.label
                        );
                        let before = &block.rows[..at];
                        let is_new = before.iter().all(|other| other.label != row.label);
                        assert!(is_new, "{tab:?}: {} twice in {}", row.label, block.heading);
                    }
                }
            }
        }
    }
    for word in InspectWord::ALL {
        assert!(Lang::ALL.iter().all(|lang| !word.text(*lang).is_empty()), "{word:?}");
    }
}

#[test]
fn a_region_tells_raft_and_the_leaders_progress() {
    let blocks = of(Tab::Region, &scene::healthy());
    assert_eq!(told(&blocks, "Table and keys", "table"), "test.t");
    assert_eq!(told(&blocks, "Table and keys", "leader"), "store 1 · term 6");
    let leader = told(&blocks, "Raft state", "store 1");
    assert_eq!(leader, "Leader, asleep | 6 | 21 | 6–6 | 6/6");
    assert_eq!(told(&blocks, "Raft state", "store 4"), "Learner, asleep | 6 | – | 6–6 | 6/6");
    assert_eq!(told(&blocks, "Leader’s progress", "24 @ 4"), "6 | 7 | Replicate | ");
    assert_eq!(told(&blocks, "Configuration", "voters"), "21 @ 1, 22 @ 2, 23 @ 3");
    assert_eq!(told(&blocks, "What PD does", "fit table-45-r"), "✓1/1 · 4");
}

#[test]
fn a_lost_learner_shows_wherever_it_is_missed() {
    let cluster = hour_later();
    let blocks = of(Tab::Region, &cluster);
    assert!(told(&blocks, "Raft state", "store 4").starts_with("✗not running"));
    assert!(told(&blocks, "What PD does", "down").starts_with("✗4"));
    assert!(told(&blocks, "What PD does", "no repair · store 4").starts_with('✗'));
    let blocks = of(Tab::Store, &cluster);
    assert_eq!(told(&blocks, "store 4", "Process"), "✗stopped");
    assert_eq!(told(&blocks, "PD’s record", "state"), "✗Down");
    assert_eq!(told(&blocks, "Peers", "members that are not there"), "✗1 · 20");
    let blocks = of(Tab::Pd, &cluster);
    assert!(told(&blocks, "Repairs", "20 · 4L").starts_with("24 | ✗"));
    assert_eq!(told(&blocks, "Rules", "default"), "3 voter · TiKV | ✓2/2");
    let blocks = of(Tab::Tables, &cluster);
    assert!(told(&blocks, "TiFlash replicas by region", "20").starts_with("✗4 (ghost)"));
    let blocks = of(Tab::Laws, &cluster);
    assert!(told(&blocks, "Liveness", "no ghost peers").starts_with("…not now: region 20 keeps"));
    assert!(told(&blocks, "Safety", "epochs only grow").starts_with("✓holds"));
}

#[test]
fn what_is_asked_about_a_row_is_answered_by_what_happened() {
    let cluster = hour_later();
    for tab in [Tab::Region, Tab::Store, Tab::Pd, Tab::Tables] {
        let rows: Vec<Row> = of(tab, &cluster).into_iter().flat_map(|block| block.rows).collect();
        let asked: Vec<Question> = rows
            .iter()
            .filter(|row| row.cells.iter().any(|cell| cell.tone == Tone::Bad))
            .filter_map(|row| row.why)
            .collect();
        assert!(!asked.is_empty(), "{tab:?} offers no question");
        for question in asked {
            assert!(question.answer(cluster.events()).is_some(), "{tab:?}: {question:?}");
        }
    }
}

#[test]
fn a_recovery_is_told_stage_by_stage_with_each_stores_plan() {
    let blocks = of(Tab::Recovery, &scene::buried());
    assert!(told(&blocks, "Stages", "state").starts_with("…CollectReport"));
    assert_eq!(told(&blocks, "Plans", "store 1"), "report only | not sent");
    let shown = blocks.last().and_then(|block| block.code.as_deref()).unwrap_or_default();
    assert!(shown.contains("Unsafe recovery enters collect report stage"), "{shown}");
    let blocks = of(Tab::Recovery, &scene::healthy());
    assert!(told(&blocks, "Stages", "state").starts_with("Idle"));
}
