//! `wal receive`: takes the log of a server once, up to where it ends now: the binary log of MariaDB,
//! or the write-ahead log of PostgreSQL where it is received by a slot.
//!
//! The daemon does so all the time; this shows a person at once whether it can, and what the server
//! lacks if it cannot.

use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::binlog;
use crate::job::wal::stream;

/// What `wal receive` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "DATABASE")]
    pub database: String,
}

/// Receives it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    if stream::has_log(&site, &args.database) {
        let received = stream::receive(&site, &args.database)?;
        return Ok(write_ahead(args, frame, &received));
    }
    let received = binlog::receive(&site, &args.database)?;
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
    let mut warnings = lacking(frame, &received.lacking);
    if received.is_statement {
        warnings.push(frame.word("wal-receive-statement"));
    }
    let exit = if warnings.is_empty() { ExitCode::Done } else { ExitCode::Warnings };
    let report = Report::done(json).exit(exit).sentence(&frame.say("wal-receive-done", values));
    Ok(report.warnings(warnings))
}

/// What came of a write-ahead log.
fn write_ahead(args: &Args, frame: &Frame, received: &stream::Received) -> Report {
    let json = json!({
        "database": args.database,
        "system": received.system.to_string(),
        "last": received.last,
        "bytes": received.bytes,
        "lacking": received.lacking,
    });
    let values = Values::none()
        .text("database", &args.database)
        .text("last", received.last.as_deref().unwrap_or("—"))
        .text("bytes", frame.catalog.format().bytes(received.bytes));
    let warnings = lacking(frame, &received.lacking);
    let exit = if warnings.is_empty() { ExitCode::Done } else { ExitCode::Warnings };
    let sentence = frame.say("wal-receive-stream-done", values);
    Report::done(json).exit(exit).sentence(&sentence).warnings(warnings)
}

/// Repositories that lack some of it.
fn lacking(frame: &Frame, names: &[String]) -> Vec<String> {
    if names.is_empty() {
        return Vec::new();
    }
    let values =
        Values::none().text("repositories", names.join(", ")).number("count", names.len() as u64);
    vec![frame.say("wal-receive-lacking", values)]
}
