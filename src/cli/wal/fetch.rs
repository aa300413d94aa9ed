//! `wal fetch`: what PostgreSQL's `restore_command` calls for each segment.

use std::path::PathBuf;

use serde_json::json;

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::wal;
use crate::job::wal::WalFault;

/// What `wal fetch` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "NAME")]
    pub name: String,
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Vec<String>,
    #[arg(long, value_name = "NUMBER")]
    pub system: Option<u64>,
}

/// PostgreSQL takes every exit code below 126 for the end of the log, and goes on with less. Only one
/// fault means that; whatever else keeps `wal fetch` from looking, wrong arguments and our own bugs
/// too, must stop a recovery.
pub(crate) fn halting(fault: AnyFault) -> AnyFault {
    if matches!(fault.code(), "wal.missing" | "wal.halt") {
        return fault;
    }
    WalFault::Halt { name: "wal fetch".to_owned(), beneath: fault }.into()
}

/// Fetches one file. What keeps it from being looked for is no answer that it is not there.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let name = args.name.clone();
    let site = frame.site().map_err(|beneath| WalFault::Halt { name, beneath })?;
    let from = wal::fetch(&site, &args.repository, args.system, &args.name, &args.path)?;
    Ok(Report::done(json!({ "name": args.name, "repository": from })))
}
