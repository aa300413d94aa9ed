//! `drill`: proves that a set can be restored, shows past proofs, writes the minutes.

use std::path::PathBuf;

/// What `drill` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `drill`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Run(Run),
    List(List),
    Report(Minutes),
}

/// What `drill run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "SET", default_value = "latest")]
    pub set: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "KIND")]
    pub sabotage: Option<Sabotage>,
}

/// Damage done on purpose, to see that the drill finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sabotage {
    FlippedBit,
    DroppedTable,
    WrongKey,
    MissingMedia,
}

/// What `drill list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

/// What `drill report` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Minutes {
    #[arg(value_name = "NUMBER")]
    pub number: u64,
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
