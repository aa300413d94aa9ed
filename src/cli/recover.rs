//! `recover`: rebuilds a lost duphong host from a repository and its password.

use std::path::PathBuf;

/// What `recover` takes. There is no configuration yet: it comes back with the rest.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    pub repository: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}
