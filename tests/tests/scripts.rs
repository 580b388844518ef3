//! Scenes of a few lines each, with what came of them: see `tests/scripts`.

#[test]
fn every_script_ends_as_recorded() {
    tests::golden::check_scripts();
}
