//! `repository repair`: undoes what was done to a repository, one kind of harm at a time.

mod index;
mod packs;
mod unhide;

use serde_json::json;

use crate::base::fault::{AnyFault, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository;
use crate::job::site::Site;
use crate::repository::PackId;
use crate::repository::verify::{Depth, VerifyReport};

/// What `repository repair` takes: what is to be repaired, and options of that.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["index", "packs", "unhide"]))]
pub(crate) struct Args {
    #[arg(value_name = "REPOSITORY")]
    pub name: String,
    #[arg(long)]
    pub index: bool,
    #[arg(long, requires = "index", conflicts_with_all = ["packs", "unhide"])]
    pub all_headers: bool,
    #[arg(long, value_name = "PACK", num_args = 0.., value_parser = pack)]
    pub packs: Option<Vec<PackId>>,
    #[arg(long, requires = "as_of")]
    pub unhide: bool,
    #[arg(long, value_name = "TIME", requires = "unhide", conflicts_with_all = ["index", "packs"])]
    pub as_of: Option<String>,
    #[arg(long)]
    pub dry_run: bool,
}

/// A pack by its id, or by the name of its object as verify prints it.
fn pack(text: &str) -> Result<PackId, String> {
    let id = text.rsplit('/').next().unwrap_or_default();
    id.parse().map_err(|error: crate::base::digest::NotADigest| error.to_string())
}

/// Repairs what was asked for.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.packs {
        Some(ids) => packs::run(site, args, ids, frame),
        None if args.index => index::run(site, args, frame),
        None => unhide::run(site, args, frame),
    }
}

/// Adds what is damaged all the same, and what stopped the repair.
fn with_rest(
    mut report: Report,
    frame: &Frame,
    args: &Args,
    left: Option<&VerifyReport>,
    fault: Option<&AnyFault>,
) -> Report {
    if let Some(left) = left {
        report.json["left"] = repository::as_json(frame, &args.name, left);
        report = report.lines([String::new()]);
        report = report.lines(repository::as_lines(frame, &args.name, left, Depth::Structure));
        if !left.damaged_sets.is_empty() {
            report = report.sentence(&frame.word("repair-heals"));
        }
    }
    if let Some(fault) = fault {
        report.json["code"] = json!(fault.code());
        report.json["error"] = json!(chain(fault.as_ref()));
        let told = frame.catalog.fault(fault.as_ref());
        report = report.warnings([frame.about(&args.name, &told)]);
    }
    report
}
