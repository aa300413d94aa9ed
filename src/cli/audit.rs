//! `audit`: reads the record, verifies it, and hands it to others.

use std::path::PathBuf;

/// What `audit` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `audit`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Log(Log),
    Verify(Verify),
    Export(Export),
    Anchor(Anchor),
}

/// What `audit log` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Log {
    #[arg(long, value_name = "VERB")]
    pub verb: Option<String>,
    #[arg(long, value_name = "SEQ")]
    pub from: Option<u64>,
    #[arg(long, value_name = "NUMBER")]
    pub last: Option<u64>,
}

/// What `audit verify` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub anchor: Vec<PathBuf>,
    #[arg(long, value_name = "VKEY")]
    pub key: Option<String>,
}

/// What `audit export` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    #[arg(long, value_name = "SEQ", requires = "to")]
    pub from: Option<u64>,
    #[arg(long, value_name = "SEQ", requires = "from")]
    pub to: Option<u64>,
}

/// What `audit anchor` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Anchor {
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
