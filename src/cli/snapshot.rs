//! `snapshot`: takes sets and shows what is in them.

use std::path::PathBuf;

/// What `snapshot` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `snapshot`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Create(Create),
    List(List),
    Show(Show),
    Ls(Ls),
    Cat(Cat),
}

/// What `snapshot create` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long)]
    pub dry_run: bool,
}

/// What `snapshot list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// What `snapshot show` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// What `snapshot ls` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    #[arg(long)]
    pub recursive: bool,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// What `snapshot cat` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Cat {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}
