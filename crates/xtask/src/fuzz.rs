//! `cargo xtask fuzz`: damages everything that can be handed in, in release, as the test `fuzz` of
//! the crate `tests` does in CI for fewer seeds.

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Workspace};

/// Tries as many seeds as `arguments` ask for: `--seeds N` and `--from S`.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let arguments_of_test = ["test", "--release", "--package", "tests", "--test", "fuzz"];
    let mut cargo = workspace.cargo(&arguments_of_test);
    cargo.env("FUZZ_SEEDS", "100000");
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { bail!("{} wants a value", pair[0]) };
        let number: u64 = value.parse().with_context(|| format!("{value:?} is no number"))?;
        match *name {
            "--seeds" => cargo.env("FUZZ_SEEDS", number.to_string()),
            "--from" => cargo.env("FUZZ_FROM", number.to_string()),
            _ => bail!("{name} is none of --seeds, --from"),
        };
    }
    workspace::run(&mut cargo)
}
