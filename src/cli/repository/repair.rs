//! `repository repair`: undoes what was done to a repository, one kind of harm at a time.

mod index;
mod unhide;

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::site::Site;

/// What `repository repair` takes: what is to be repaired, and options of that.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["index", "unhide"]))]
pub(crate) struct Args {
    #[arg(value_name = "REPOSITORY")]
    pub name: String,
    #[arg(long)]
    pub index: bool,
    #[arg(long, requires = "index")]
    pub all_headers: bool,
    #[arg(long, requires = "as_of")]
    pub unhide: bool,
    #[arg(long, value_name = "TIME", requires = "unhide", conflicts_with = "index")]
    pub as_of: Option<String>,
    #[arg(long)]
    pub dry_run: bool,
}

/// Repairs what was asked for.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    if args.index { index::run(site, args, frame) } else { unhide::run(site, args, frame) }
}
