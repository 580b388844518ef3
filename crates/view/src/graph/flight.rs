//! Messages under way, where they are just now: what slow motion shows while there are few.

use sim::{Cluster, RegionId, StoreId};

/// More than this at once are a blur, and are not shown.
const MOST: usize = 60;

/// One message under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// The region.
    pub region: RegionId,
    /// The sender's store.
    pub from: StoreId,
    /// The receiver's.
    pub to: StoreId,
    /// How much of the way it has behind it, from 0 to 1.
    pub share: f64,
    /// Whether nobody will hear it, as things stand.
    pub is_lost: bool,
}

/// The messages under way, `beyond` milliseconds after the cluster's own time, which is whole ones;
/// none while they are too many to be told apart.
pub fn dots(cluster: &Cluster, beyond: f64) -> Vec<Dot> {
    if MOST < cluster.in_flight() {
        return Vec::new();
    }
    let now = cluster.now().0 as f64 + beyond;
    let flights = cluster.flights().into_iter().map(|flight| {
        let left = flight.arrives_at.0 as f64 - now;
        Dot {
            region: flight.region,
            from: flight.from,
            to: flight.to,
            share: (1.0 - left / flight.takes_ms.max(1) as f64).clamp(0.0, 1.0),
            is_lost: flight.is_lost,
        }
    });
    flights.collect()
}

#[cfg(test)]
mod tests {
    use sim::command::Command;
    use sim::fault::Links;
    use sim::{Millis, Release};

    use super::*;
    use crate::project::testing::two_tables;

    #[test]
    fn a_message_is_halfway_when_half_its_time_has_passed() {
        let mut cluster =
            Cluster::new(&two_tables(), Release::V8_5_2.knobs(), 1).expect("the setup is sound");
        let links = Links::between(&[StoreId(1)], &[StoreId(2), StoreId(3)]);
        let delay = Command::Delay { links, by_ms: 400 };
        cluster.advance(Millis(1_000));
        cluster.apply(&delay).expect("the stores are there");
        let mut shares = Vec::new();
        for ms in 1..4_000 {
            cluster.advance(Millis(1_000 + ms));
            let dots = dots(&cluster, 0.0);
            let dot = dots.iter().find(|dot| dot.from == StoreId(1) && dot.to == StoreId(2));
            shares.extend(dot.map(|dot| dot.share));
            assert!(dots.iter().all(|dot| (0.0..=1.0).contains(&dot.share) && !dot.is_lost));
        }
        assert!(shares.iter().any(|share| (0.49..0.51).contains(share)), "{}", shares.len());
    }
}
