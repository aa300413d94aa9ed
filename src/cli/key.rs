//! `key`: what is known about the passwords that open the repositories.

use std::path::PathBuf;

/// What `key` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `key`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Confirm(Confirm),
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
