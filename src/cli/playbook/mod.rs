//! `playbook`: shows, checks, plans, runs, approves; every verb in a file beneath.

mod approve;
mod check;
mod diagram;
pub(super) mod list;
mod live;
mod plan;
mod run;
mod show;
mod words;

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::report::Report;

/// What `playbook` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `playbook`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    List(list::Args),
    Check(check::Args),
    Plan(plan::Args),
    Run(run::Args),
    Resume(run::Resume),
    Approve(approve::Args),
    Reject(run::Reject),
    Abort(run::Abort),
    Show(show::Args),
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::List(args) => list::run(args, frame),
        Verb::Check(args) => check::run(args, frame),
        Verb::Plan(args) => plan::run(args, frame),
        Verb::Run(args) => run::run(args, frame),
        Verb::Resume(args) => run::resume(args, frame),
        Verb::Approve(args) => approve::run(args, frame),
        Verb::Reject(args) => run::reject(args, frame),
        Verb::Abort(args) => run::abort(args, frame),
        Verb::Show(args) => show::run(args, frame),
    }
}
