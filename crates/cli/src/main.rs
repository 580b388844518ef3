//! `regionscope`: the playground on the command line, with the same crates and without a browser.

mod conformance;
mod contrast;
mod list;
mod precheck;
mod render;
mod run;
mod source;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs a simulated TiKV cluster through an incident, under one release or two side by side.
#[derive(Parser)]
#[command(name = "regionscope", version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Run a scenario under one release: prints the log as TiKV, PD and TiDB write it, then how
    /// the cluster stands
    Run(run::Options),
    /// Run a scenario under two releases in lock-step: prints both outcomes side by side and
    /// where they parted
    Contrast(contrast::Options),
    /// Check whether a table's TiFlash replicas can be changed safely; exit code 1 if not
    Precheck(precheck::Options),
    /// Hold the model of PD's unsafe recovery against files of cases from PD's own tests
    Conform(conformance::Options),
    /// Print a run as a picture, a sequence, a trace or a log for other tools
    Render(render::Options),
    /// List the incidents and the releases there are
    List,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().what {
        What::Run(options) => run::run(&options),
        What::Contrast(options) => contrast::contrast(&options),
        What::Precheck(options) => precheck::precheck(&options),
        What::Conform(options) => conformance::conform(&options),
        What::Render(options) => render::render(&options),
        What::List => list::list(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<conformance::CasesFailed>() => ExitCode::FAILURE,
        Err(error) if error.is::<precheck::NotHealthy>() => ExitCode::FAILURE,
        // The reader of a pipe has seen enough.
        Err(error) if source::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("regionscope: {error:#}");
            ExitCode::FAILURE
        }
    }
}
