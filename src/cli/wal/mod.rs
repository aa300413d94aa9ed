//! `wal`: takes and gives back segments of transaction logs. One file per verb beneath.

pub(in crate::cli) mod binary;
pub(in crate::cli) mod check;
mod copy;
mod fetch;
mod forget;
mod list;
mod push;
mod receive;
mod slot;

pub(crate) use fetch::halting;

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::report::Report;

/// What `wal` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `wal`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Push(push::Args),
    Receive(receive::Args),
    Slot(slot::Args),
    List(list::Args),
    Check(check::Args),
    Fetch(fetch::Args),
    Copy(copy::Args),
    Forget(forget::Args),
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Push(args) => push::run(args, frame),
        Verb::Receive(args) => receive::run(args, frame),
        Verb::Slot(args) => slot::run(args, frame),
        Verb::List(args) => list::run(args, frame),
        Verb::Check(args) => check::run(args, frame),
        Verb::Fetch(args) => fetch::run(args, frame),
        Verb::Copy(args) => copy::run(args, frame),
        Verb::Forget(args) => forget::run(args, frame),
    }
}
