//! `wal receive`: takes the binary log of a MariaDB server once, up to where it ends now.
//!
//! The daemon does so all the time; this shows a person at once whether it can, and what the server
//! lacks if it cannot.

use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::binlog;

/// What `wal receive` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "DATABASE")]
    pub database: String,
}

/// Receives it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let received = binlog::receive(&frame.site()?, &args.database)?;
    let json = json!({
        "database": args.database,
        "system": received.system,
        "line": received.line,
        "last": received.last,
        "bytes": received.bytes,
        "lacking": received.lacking,
        "statement": received.is_statement,
    });
    let values = Values::none()
        .text("database", &args.database)
        .text("last", received.last.as_deref().unwrap_or("—"))
        .text("bytes", frame.catalog.format().bytes(received.bytes));
    let mut warnings = Vec::new();
    if !received.lacking.is_empty() {
        let values = Values::none()
            .text("repositories", received.lacking.join(", "))
            .number("count", received.lacking.len() as u64);
        warnings.push(frame.say("wal-receive-lacking", values));
    }
    if received.is_statement {
        warnings.push(frame.word("wal-receive-statement"));
    }
    let exit = if warnings.is_empty() { ExitCode::Done } else { ExitCode::Warnings };
    let report = Report::done(json).exit(exit).sentence(&frame.say("wal-receive-done", values));
    Ok(report.warnings(warnings))
}
