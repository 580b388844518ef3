//! The project's tasks: `cargo xtask serve`, `test`, `build`, `bench`, `sweep` and `fuzz`.
//!
//! One program in Rust in place of scripts, so that each task is complete wherever rustup and a C
//! compiler are: it adds the wasm target, binds and optimises the page, and finds the browser.
#![expect(clippy::print_stdout, reason = "a task tells its user on the terminal how it goes")]

mod workspace;

mod page;

mod site;

mod codec;

mod optimise;

mod sizes;

mod server;

mod serve;

mod checks;

mod browsers;

mod npm;

mod lighthouse;

mod bench;

mod sweep;

mod fuzz;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

const USAGE: &str = "\
The project's tasks

cargo xtask serve [--port 8080]  build the page, serve it on this machine, rebuild on change
cargo xtask test [CHECK…]        run everything that CI runs, or only the named checks
cargo xtask build                leave the static site in dist/ and print its sizes
cargo xtask screenshots          take pictures of the page in every size, theme and language
cargo xtask lighthouse           print how Lighthouse judges the page
cargo xtask bench                print the design's budgets beside what is measured
cargo xtask sweep [--seeds N] [--tikv 8.5.2] [--from S] [--scripts] [--table FIDELITY.md]
                                 try random clusters and faults; name and shorten what fails
cargo xtask fuzz [--seeds N] [--from S]
                                 damage everything that can be typed, linked or opened";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let workspace = Workspace::find();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve"] => serve::serve(&workspace, serve::DEFAULT_PORT),
        ["serve", "--port", port] => {
            let port = port.parse().with_context(|| format!("{port:?} is not a port"))?;
            serve::serve(&workspace, port)
        }
        ["test", names @ ..] => checks::run(&workspace, names),
        ["build"] => page::build(&workspace).and_then(|()| sizes::report(&workspace)),
        ["bench"] => bench::run(&workspace),
        ["lighthouse"] => lighthouse::run(&workspace),
        ["screenshots"] => checks::screenshots(&workspace),
        ["fuzz", arguments @ ..] => fuzz::run(&workspace, arguments),
        ["sweep", arguments @ ..] => sweep::run(&workspace, arguments),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("no such task: {}\n\n{USAGE}", words.join(" ")),
    }
}
