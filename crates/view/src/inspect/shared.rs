//! Several worlds in one table: what they agree on is said once, what differs is said by each.

use super::{Block, Row};

/// A block of all worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedBlock {
    /// What it is about.
    pub heading: String,
    /// The columns after the label; empty where each row is one fact.
    pub columns: Vec<String>,
    /// The rows, in the order of the first world that has them.
    pub rows: Vec<SharedRow>,
    /// Notes, and the worlds that have them.
    pub notes: Vec<(Vec<usize>, String)>,
    /// Texts as a tool prints them, and the worlds in which it does.
    pub codes: Vec<(Vec<usize>, String)>,
}

/// A row of all worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedRow {
    /// Each form that it has, and the worlds in which it has that; more than one where they differ,
    /// or where some world has no such row.
    pub forms: Vec<(Vec<usize>, Row)>,
    /// Whether the worlds differ in it.
    pub differs: bool,
}

/// The blocks of all worlds as one.
pub fn share(worlds: &[Vec<Block>]) -> Vec<SharedBlock> {
    let mut shared: Vec<SharedBlock> = Vec::new();
    for (world, blocks) in worlds.iter().enumerate() {
        for block in blocks {
            let at = shared.iter().position(|known| known.heading == block.heading);
            let at = at.unwrap_or_else(|| {
                shared.push(SharedBlock {
                    heading: block.heading.clone(),
                    columns: block.columns.clone(),
                    rows: Vec::new(),
                    notes: Vec::new(),
                    codes: Vec::new(),
                });
                shared.len() - 1
            });
            add(&mut shared[at], world, block);
        }
    }
    for row in shared.iter_mut().flat_map(|block| &mut block.rows) {
        row.differs = 1 < row.forms.len() || row.forms[0].0.len() < worlds.len();
    }
    shared
}

fn add(shared: &mut SharedBlock, world: usize, block: &Block) {
    let mut after = 0;
    for row in &block.rows {
        match shared.rows.iter().position(|known| known.forms[0].1.label == row.label) {
            Some(at) => {
                note(&mut shared.rows[at].forms, world, row);
                after = at + 1;
            }
            None => {
                let forms = vec![(vec![world], row.clone())];
                shared.rows.insert(after, SharedRow { forms, differs: false });
                after += 1;
            }
        }
    }
    if let Some(text) = &block.note {
        note(&mut shared.notes, world, text);
    }
    if let Some(code) = &block.code {
        note(&mut shared.codes, world, code);
    }
}

fn note<T: Clone + PartialEq>(forms: &mut Vec<(Vec<usize>, T)>, world: usize, form: &T) {
    match forms.iter_mut().find(|(_, known)| known == form) {
        Some((worlds, _)) => worlds.push(world),
        None => forms.push((vec![world], form.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    fn block(rows: &[(&str, &str)]) -> Block {
        let mut block = Block::new("facts");
        for (label, value) in rows {
            block.fact(*label, plain(value));
        }
        block
    }

    #[test]
    fn what_is_the_same_is_said_once_and_what_differs_by_each() {
        let worlds = [
            vec![block(&[("term", "6"), ("role", "Leader"), ("gone", "1")])],
            vec![block(&[("term", "6"), ("new", "2"), ("role", "Follower")])],
        ];
        let shared = share(&worlds);
        let rows: Vec<(&str, Vec<Vec<usize>>, bool)> = shared[0]
            .rows
            .iter()
            .map(|row| {
                let worlds = row.forms.iter().map(|(worlds, _)| worlds.clone()).collect();
                (row.forms[0].1.label.as_str(), worlds, row.differs)
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("term", vec![vec![0, 1]], false),
                ("new", vec![vec![1]], true),
                ("role", vec![vec![0], vec![1]], true),
                ("gone", vec![vec![0]], true),
            ]
        );
    }
}
