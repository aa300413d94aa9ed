//! `repository`: creates the places of encrypted sets and proves that they are intact.

/// What `repository` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `repository`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Init(Init),
    Verify(Verify),
}

/// What `repository init` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// What `repository verify` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    #[arg(long)]
    pub read_data: bool,
}
