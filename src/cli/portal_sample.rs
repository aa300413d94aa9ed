//! `portal-sample`: the page server of the quickstart's portal. Hidden: a configuration starts it,
//! nobody types it.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::json;

use crate::base::fault::AnyFault;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::quickstart;
use crate::job::sample::Places;

/// What `portal-sample` takes: where the parts of the portal lie, and where to answer.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "FILE")]
    pub database: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub media: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub application: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub configuration: PathBuf,
    #[arg(long, value_name = "ADDRESS")]
    pub listen: SocketAddr,
}

/// Serves until someone asks it to stop.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let places = Places {
        database: args.database.clone(),
        media: args.media.clone(),
        application: args.application.clone(),
        configuration: args.configuration.clone(),
    };
    quickstart::serve_until(places, args.listen, &frame.world, &frame.cancel)?;
    Ok(Report::done(json!({})))
}
