//! `key`: the passwords that open the repositories, and where copies of them are kept.

mod keys;
mod sheet;

use std::path::PathBuf;

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::key::{self, Confirmation};

/// What `key` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `key`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    List(keys::List),
    Add(keys::Add),
    Remove(keys::Remove),
    Rotate(keys::Rotate),
    Confirm(Confirm),
    Sheet(sheet::Sheet),
}

/// What `key confirm` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Confirm {
    #[arg(value_name = "REPOSITORY")]
    pub repository: String,
    #[arg(long, value_name = "NAME")]
    pub by: String,
    #[arg(long, value_name = "TEXT")]
    pub place: String,
    #[arg(long, value_name = "FILE")]
    pub copy: Option<PathBuf>,
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::List(args) => keys::list(args, frame),
        Verb::Add(args) => keys::add(args, frame),
        Verb::Remove(args) => keys::remove(args, frame),
        Verb::Rotate(args) => keys::rotate(args, frame),
        Verb::Confirm(args) => confirm(args, frame),
        Verb::Sheet(args) => sheet::run(args, frame),
    }
}

fn confirm(args: &Confirm, frame: &Frame) -> Result<Report, AnyFault> {
    let confirmation = Confirmation {
        repository: args.repository.clone(),
        by: args.by.clone(),
        place: args.place.clone(),
        copy: args.copy.clone(),
    };
    key::confirm(&frame.site()?, &confirmation)?;
    let proven = args.copy.is_some();
    let json = json!({
        "repository": args.repository,
        "by": args.by,
        "place": args.place,
        "proven": proven,
    });
    let values = Values::none()
        .text("repository", &args.repository)
        .text("by", &args.by)
        .text("place", &args.place);
    let said = if proven { "key-confirmed-and-proven" } else { "key-confirmed" };
    Ok(Report::done(json).sentence(&frame.say(said, values)))
}
