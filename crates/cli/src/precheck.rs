//! `regionscope precheck`: the health check of a table, after a scenario or in the midst of one.

use std::fmt;
use std::io::{self, Write};

use anyhow::{Result, anyhow};
use clap::Args;
use sim::{Cluster, Millis, Release};
use view::Lang;
use view::answer::Precheck;

use crate::source::{self, Common};

/// What to check, and when.
#[derive(Args)]
pub(crate) struct Options {
    /// An incident's id (see `regionscope list`) or a file whose name ends in .scn
    scenario: String,
    /// The table, with its database: tpcc.stock
    table: String,
    /// The release of TiKV and PD; the older of the scenario's pair if absent
    #[arg(long, value_name = "RELEASE", value_parser = source::release)]
    tikv: Option<Release>,
    /// Simulated time to check at, e.g. 90s, 30m, 2h; the scenario's own end if absent
    #[arg(long, value_name = "TIME", value_parser = source::moment)]
    at: Option<Millis>,
    /// The seed; the scenario's own if absent
    #[arg(long)]
    seed: Option<u64>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// Something speaks against changing the table's replicas; it has been printed.
#[derive(Debug)]
pub(crate) struct NotHealthy;

impl fmt::Display for NotHealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the table is not healthy")
    }
}

impl std::error::Error for NotHealthy {}

/// Carries it out.
pub(crate) fn precheck(options: &Options) -> Result<()> {
    let Options { scenario, table, tikv, at, seed, json } = options;
    let common = Common { scenario: scenario.clone(), until: *at, seed: *seed, json: *json };
    let run = common.play(|[old, _]| vec![tikv.unwrap_or(old)])?;
    let cluster = &run.worlds()[0].cluster;
    let found = Precheck::of(cluster, table, Lang::En);
    let found = found.map_err(|_| anyhow!("no table {table} here; {}", tables(cluster)))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if *json {
        serde_json::to_writer_pretty(&mut out, &found)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", found.text(Lang::En))?;
    }
    out.flush()?;
    if found.healthy { Ok(()) } else { Err(NotHealthy.into()) }
}

fn tables(cluster: &Cluster) -> String {
    let names: Vec<&str> = cluster.tidb().tables().map(|table| table.name.as_str()).collect();
    format!("there are: {}", names.join(", "))
}
