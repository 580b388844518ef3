//! The incidents that come with the program, and the clusters in which nothing has happened. Their
//! files are in `incidents/` and `clusters/`, one a scenario.

use crate::file::{Scenario, Text};

/// A scenario file that is part of the program.
struct Incident {
    id: &'static str,
    file: &'static str,
    text: &'static str,
}

/// The scenarios of these ids, each in the file of its name in a folder.
macro_rules! scenarios {
    ($folder:literal, $($id:literal),+ $(,)?) => {
        &[$(Incident {
            id: $id,
            file: concat!($id, ".scn"),
            text: include_str!(concat!("../", $folder, "/", $id, ".scn")),
        }),+]
    };
}

const INCIDENTS: &[Incident] = scenarios![
    "incidents",
    "tikv-18440",
    "pd-5044",
    "pd-9624",
    "tikv-18197",
    "tikv-18458",
    "tikv-9590",
    "tikv-17875",
    "cache-masks-the-change",
    "tikv-12644",
    "tikv-19980",
    "pd-10350",
];

/// Clusters to begin with: nothing is done in them but what somebody does.
const CLUSTERS: &[Incident] = scenarios!["clusters", "own-cluster"];

/// The ids of all incidents, in the order in which they are told.
pub fn ids() -> impl Iterator<Item = &'static str> {
    INCIDENTS.iter().map(|incident| incident.id)
}

/// The incident or cluster of this id.
pub fn load(id: &str) -> Option<Scenario> {
    let incident = find(id)?;
    let scenario = Scenario::parse(incident.file, incident.text);
    Some(scenario.expect("the incidents are read by this crate's tests"))
}

fn find(id: &str) -> Option<&'static Incident> {
    INCIDENTS.iter().chain(CLUSTERS).find(|incident| incident.id == id)
}

/// Whether a scenario is the one of its id in the library: then the id says it all.
pub fn has(scenario: &Scenario) -> bool {
    load(&scenario.id).as_ref() == Some(scenario)
}

/// The id and title of every incident, in the order in which they are told. Only the heads of their
/// files are read: a page that lists them need not read every cluster.
pub fn titles() -> impl Iterator<Item = (&'static str, Text)> {
    heads(INCIDENTS)
}

/// The same of the clusters to begin with.
pub fn clusters() -> impl Iterator<Item = (&'static str, Text)> {
    heads(CLUSTERS)
}

fn heads(scenarios: &'static [Incident]) -> impl Iterator<Item = (&'static str, Text)> {
    let head = |text: &'static str| text.split("\nopening ").next().unwrap_or_default();
    let title = move |text, start: &str| {
        head(text).lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default().to_owned()
    };
    scenarios.iter().map(move |Incident { id, text, .. }| {
        let (en, zh) = (title(text, "title en "), title(text, "title zh "));
        (*id, Text { en, zh })
    })
}

/// The text of the scenario's file, as it can be saved and changed.
pub fn text(id: &str) -> Option<&'static str> {
    find(id).map(|incident| incident.text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sim::RegionId;
    use sim::region::{Key, PeerRole, Region};

    use super::*;

    fn regions(scenario: &Scenario) -> Vec<&Region> {
        scenario.setup.regions.iter().map(|setup| &setup.region).collect()
    }

    #[test]
    fn every_incident_is_read_and_carries_its_id() {
        for id in ids() {
            let scenario = load(id).expect("the id is one of the list");
            assert_eq!(scenario.id, id);
            assert!(scenario.steps.iter().any(|step| !step.optional));
        }
    }

    #[test]
    fn titles_are_those_of_the_incidents() {
        let read = ids().filter_map(load).map(|scenario| scenario.title);
        let listed: Vec<Text> = titles().map(|(_, title)| title).collect();
        assert_eq!(listed, read.collect::<Vec<_>>());
        assert!(titles().map(|(id, _)| id).eq(ids()));
    }

    #[test]
    fn a_cluster_to_begin_with_is_read_and_has_nothing_in_its_order() {
        for (id, title) in clusters() {
            let scenario = load(id).expect("the id is one of the list");
            assert_eq!((scenario.id.as_str(), &scenario.title), (id, &title));
            assert!(scenario.steps.iter().all(|step| step.optional), "{id}");
            assert!(has(&scenario), "{id}");
        }
        let mut changed = load("own-cluster").expect("it is in the list");
        changed.seed += 1;
        assert!(!has(&changed), "a changed one is somebody's own");
    }

    #[test]
    fn the_regions_of_every_incident_hold_every_key() {
        for id in ids().chain(clusters().map(|(id, _)| id)) {
            let scenario = load(id).expect("the id is one of the list");
            let mut regions = regions(&scenario);
            regions.sort_by(|a, b| a.start.cmp(&b.start));
            let mut next = Key::default();
            for region in regions {
                assert_eq!(region.start, next, "{id}: before region {}", region.id);
                next = region.end.clone();
            }
            assert!(next.is_empty(), "{id}: nothing holds the last keys");
        }
    }

    #[test]
    fn the_report_s_regions_have_the_report_s_peers() {
        let scenario = load("tikv-18440").expect("the id is one of the list");
        assert_eq!(scenario.setup.stores.len(), 8);
        assert_eq!(scenario.setup.regions.len(), 30);
        let regions = regions(&scenario);
        let peers = |id| -> Vec<String> {
            let region = regions.iter().find(|region| region.id == RegionId(id));
            region.expect("it is in the file").peers.iter().map(|p| p.to_string()).collect()
        };
        assert_eq!(
            peers(52973).join(", "),
            "id:52974 store_id:1, id:52975 store_id:5, id:52976 store_id:9, id:52977 store_id:6, \
             id:52978 store_id:8, id:52979 store_id:2, id:52980 store_id:502 role:Learner, \
             id:52981 store_id:503 role:Learner"
        );
        for id in [52927, 52982, 52989] {
            assert_eq!(peers(id).len(), 6, "region {id}");
            assert!(peers(id).iter().all(|peer| !peer.contains("Learner")), "region {id}");
        }
        assert_eq!(peers(52927)[5], "id:52933 store_id:2");
    }

    #[test]
    fn tiflash_regions_are_led_from_zone_one_and_their_learners_are_their_newest_peers() {
        let scenario = load("tikv-18440").expect("the id is one of the list");
        let zone_one: BTreeSet<u64> = [1, 2, 9].into();
        for setup in &scenario.setup.regions {
            let is_learner = |role| role == PeerRole::Learner;
            let peers = &setup.region.peers;
            if peers.iter().any(|peer| is_learner(peer.role)) {
                let leader = setup.leader.expect("it has one in the file").0;
                assert!(zone_one.contains(&leader), "region {}", setup.region.id);
            }
            let newest_voter = peers.iter().filter(|p| !is_learner(p.role)).map(|p| p.id).max();
            let oldest_learner = peers.iter().filter(|p| is_learner(p.role)).map(|p| p.id).min();
            assert!(oldest_learner.is_none() || newest_voter < oldest_learner);
        }
    }
}
