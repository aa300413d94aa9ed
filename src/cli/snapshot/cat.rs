//! `snapshot cat`: the content of one file, as it is, to standard output.

use std::io;
use std::path::PathBuf;

use serde_json::Value;

use crate::base::fault::{AnyFault, Args as Values, Fault, FaultKind};
use crate::base::progress::Silent;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::bytes;
use crate::job::sets::{self, Located};
use crate::repository::browse::{BrowseError, Browser};

/// What `snapshot cat` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// Standard output cannot hold a file and an object at once.
#[derive(Debug, thiserror::Error)]
#[error("the content of a file cannot be given as JSON")]
struct NotAsJson;

impl Fault for NotAsJson {
    fn kind(&self) -> FaultKind {
        FaultKind::User
    }

    fn code(&self) -> &'static str {
        "cli.not-as-json"
    }

    fn args(&self) -> Values {
        Values::none()
    }
}

/// Writes it out. Nothing else is said, so that the output can be piped on.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    if frame.json {
        return Err(NotAsJson.into());
    }
    let site = frame.site()?;
    let Located { repository, snapshot, .. } =
        sets::locate(&site, args.repository.as_deref(), &args.set)?;
    let browser = Browser::new(&repository)?;
    let mut out = io::stdout().lock();
    match browser.cat(&snapshot.tree, bytes(&args.path), &mut out, &Silent, &frame.cancel) {
        // Whoever reads the pipe has seen enough.
        Err(BrowseError::Output { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {}
        other => {
            other?;
        }
    }
    Ok(Report::done(Value::Null))
}
