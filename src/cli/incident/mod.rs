//! `incident`: what the law asks for when something happened to a portal.

mod form;
mod submit;

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::report::Report;

/// What `incident` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `incident`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Form(form::Args),
    Submit(submit::Args),
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Form(args) => form::run(args, frame),
        Verb::Submit(args) => submit::run(args, frame),
    }
}
