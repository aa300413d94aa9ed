//! `portal-sample`: the page server of the quickstart. Hidden: nobody types it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// What `portal-sample` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    #[arg(long, value_name = "ADDRESS")]
    pub listen: SocketAddr,
}
