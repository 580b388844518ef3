//! Cases that PD's tests tell in prose, and where each is a Rust test.

/// Tests of the controller, driven by heartbeats.
const CONTROLLER: &str = "crates/sim/src/pd/unsafe_recovery/tests/originals.rs";
/// Tests of the empty regions that fill holes.
const HOLES: &str = "crates/sim/src/pd/unsafe_recovery/holes/tests.rs";

/// Each by its name in PD.
const TOLD: [(&str, &str); 12] = [
    ("TestFailed", CONTROLLER),
    ("TestExecutionTimeout", CONTROLLER),
    ("TestRemoveFailedStores", CONTROLLER),
    ("TestUnsafeRecoveryStepIsUniqueAcrossRuns", CONTROLLER),
    ("TestRunning", CONTROLLER),
    ("TestRemoveFailedStoresWithOptions", CONTROLLER),
    ("TestEmptyRegionIndex", HOLES),
    ("TestFindOverlapPeerWithEmptyRegions", HOLES),
    ("TestFindOverlapPeerWithEmptyRegionsFastPath", HOLES),
    ("TestCreateEmptyRegionDisableParanoidCheck", HOLES),
    ("TestCreateEmptyRegionTailParanoidCheck", HOLES),
    ("TestCreateEmptyRegionFullRangeParanoidCheck", HOLES),
];

/// The file, from the root of the repository, that has the test of this name; `None` if none has.
pub fn place_of(name: &str) -> Option<&'static str> {
    TOLD.iter().find(|(told, _)| *told == name).map(|(_, place)| *place)
}

/// The name a test of PD has here: `TestRunning` is `test_running`.
pub fn rust_name(name: &str) -> String {
    let mut rust = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !rust.is_empty() {
            rust.push('_');
        }
        rust.push(letter.to_ascii_lowercase());
    }
    rust
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_go_name_becomes_a_rust_name() {
        assert_eq!(rust_name("TestFindOverlapPeer"), "test_find_overlap_peer");
    }
}
