//! Splits and merges under everything that may befall them: whatever the order, no law is broken,
//! and when it is over every store has the same regions and none is half-way into another.

use sim::ids::{MINUTE, SECOND};
use tests::life::{Life, TABLE};

/// SplitMix64, as the simulation draws.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// Something that is asked or that happens; much of it is refused.
fn deed(life: &Life, dice: &mut Dice) -> String {
    let known: Vec<u64> = life
        .cluster
        .pd()
        .regions()
        .filter(|info| info.region.start.table() == Some(TABLE))
        .map(|info| info.region.id.0)
        .collect();
    let region = if known.is_empty() { 20 } else { dice.one_of(&known) };
    let other = if known.is_empty() { 30 } else { dice.one_of(&known) };
    let store = dice.one_of(&[1, 2, 3]);
    let peer = dice.one_of(&[1, 2, 3, 7]);
    match dice.below(14) {
        0 | 1 => format!("operator add split-region {region} --policy=scan"),
        2..=5 => format!("operator add merge-region {region} {other}"),
        6 => format!("operator remove {region}"),
        7 => format!("operator add transfer-leader {region} {store}"),
        8 => format!("stop store {peer}"),
        9 => format!("start store {peer}"),
        10 => format!("cut {store} {}", dice.one_of(&["7", "1", "2,7", "3"])),
        11 => format!("drop MsgAppend region {region} {store} {peer}"),
        12 => format!("delay {store} {peer} {}ms", 100 + dice.below(4_000)),
        _ => "heal".to_owned(),
    }
}

fn storm(seed: u64) {
    let mut dice = Dice(seed);
    let mut life = Life::new(seed);
    life.ask("load test.t 2/s");
    for _ in 0..40 {
        let line = deed(&life, &mut dice);
        // A refusal is as good: it leaves no trace.
        let _refused = life.try_ask(&line).is_err();
        let most = dice.one_of(&[50, 3 * SECOND, 30 * SECOND]);
        life.pass(1 + dice.below(most));
    }
    life.ask("heal");
    for store in [1, 2, 3, 7] {
        let _runs = life.try_ask(&format!("start store {store}")).is_err();
    }
    life.pass(25 * MINUTE);
    let all = life.regions_on(1);
    for store in [2, 3, 7] {
        assert_eq!(life.regions_on(store), all, "seed {seed}, store {store}");
    }
    for region in &all {
        let leader = life.cluster.leader_of(region.id);
        let leader = leader.unwrap_or_else(|| panic!("seed {seed}: nobody leads {}", region.id));
        assert_eq!(leader.merging_into(), None, "seed {seed}: {} is half-way", region.id);
    }
    let is_whole = all.windows(2).all(|pair| pair[0].end == pair[1].start);
    assert!(is_whole, "seed {seed}: {all:?}");
}

#[test]
fn whatever_befalls_splits_and_merges_they_end_well() {
    (1..=20).for_each(storm);
}
