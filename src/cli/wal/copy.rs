//! `wal copy`: brings a repository the segments that it lacks.

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values, Fault, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::wal;

/// What `wal copy` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "REPOSITORY")]
    pub from: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub to: String,
    #[arg(long)]
    pub read_data: bool,
    #[arg(long)]
    pub dry_run: bool,
}

/// Copies them, or says what would be copied.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let (copied, words) = if args.dry_run {
        (wal::plan_copy(&site, &args.from, &args.to, args.read_data)?, "wal-copy-dry-run")
    } else {
        (wal::copy(&site, &args.from, &args.to, args.read_data)?, "wal-copy-done")
    };
    let files = if args.dry_run { copied.lacking.len() as u64 } else { copied.files };
    let values = Values::none().text("repository", &args.to).number("count", files);
    let refused = copied
        .refused
        .iter()
        .map(|(file, fault)| json!({"file": file, "code": fault.code(), "error": chain(fault)}));
    let json = json!({
        "dry-run": args.dry_run,
        "from": args.from,
        "to": args.to,
        "lacking": copied.lacking.len(),
        "damaged": copied.damaged(),
        "healed": copied.healed.len(),
        "files": copied.files,
        "bytes": copied.bytes,
        "refused": refused.collect::<Vec<_>>(),
        "code": copied.fault.as_ref().map(|fault| fault.code()),
    });
    let refused = copied.refused.iter().map(|(_, fault)| fault as &dyn Fault);
    let told = refused.chain(copied.fault.as_ref().map(|fault| fault.as_ref() as &dyn Fault));
    let told: Vec<_> = told.map(|fault| frame.catalog.fault(fault)).collect();
    let mut report = Report::done(json).exit(copied.exit()).sentence(&frame.say(words, values));
    if copied.damaged() > 0 {
        let (damaged, healed) = (copied.damaged(), copied.healed.len() as u64);
        let words = if args.dry_run { "wal-copy-damaged" } else { "wal-copy-healed" };
        let values = Values::none().number("count", damaged).number("healed", healed);
        report = report.sentence(&frame.say(words, values));
    }
    Ok(report.warnings(told))
}
