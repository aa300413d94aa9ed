//! `snapshot cat`: the content of one file, as it is, to standard output.

use std::io;
use std::path::PathBuf;

use serde_json::Value;

use crate::base::fault::{AnyFault, Args as Values, Fault, FaultKind};
use crate::base::progress::Silent;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::bytes;
use crate::config::secret::SecretSource;
use crate::job::sets::{self, Located};
use crate::job::unseal;
use crate::repository::BlobId;
use crate::repository::browse::{BrowseError, Browser};
use crate::seal::name;
use crate::world::pipe;

/// What `snapshot cat` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
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

/// The file by its own name or by that of the sealed one: `tep.pdf` for `tep.pdf.zst.age`.
fn sealed_name(browser: &Browser<'_>, tree: &BlobId, path: &[u8]) -> Result<Vec<u8>, AnyFault> {
    let sealed = [path, name::SUFFIX.as_bytes()].concat();
    match browser.find(tree, &sealed) {
        Ok(_) => Ok(sealed),
        Err(BrowseError::NoSuchPath { .. }) => Ok(path.to_vec()),
        Err(other) => Err(other.into()),
    }
}

/// Whoever reads the pipe has seen enough.
fn unless_gone(fault: AnyFault) -> Result<Report, AnyFault> {
    if fault.code() == "seal.gone" { Ok(Report::done(Value::Null)) } else { Err(fault) }
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
    pipe::widen(&out);
    if let Some(file) = &args.identity {
        let identities = unseal::identities(&SecretSource::File(file.clone()))?;
        let path = sealed_name(&browser, &snapshot.tree, bytes(&args.path))?;
        let written =
            unseal::cat(&browser, &snapshot.tree, &path, &identities, &mut out, &frame.cancel);
        return written.map(|()| Report::done(Value::Null)).or_else(unless_gone);
    }
    match browser.cat(&snapshot.tree, bytes(&args.path), &mut out, &Silent, &frame.cancel) {
        // Whoever reads the pipe has seen enough.
        Err(BrowseError::Output { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {}
        other => {
            other?;
        }
    }
    Ok(Report::done(Value::Null))
}
