//! `wal push`: what PostgreSQL's `archive_command` calls for each segment.
//!
//! It runs as the server's account, which may read neither the configuration nor a password: it
//! hands the file to the daemon and waits until it is durable. With 0 the server forgets its copy;
//! with anything else it keeps it and tries again.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::daemon::client;
use crate::daemon::fault::DaemonFault;
use crate::daemon::protocol::{Answer, Bring, VERSION};
use crate::job::wal::{self, Brought, WalFault};

/// Where the packaged daemon listens; for those who cannot read the configuration.
const SOCKET: &str = "/var/lib/duphong/wal.sock";

/// What `wal push` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "DATABASE")]
    pub database: String,
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub socket: Option<PathBuf>,
}

/// Hands it over.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let socket = match (&args.socket, frame.site()) {
        (Some(socket), _) => socket.clone(),
        (None, Ok(site)) => site.settings.log_socket(),
        (None, Err(_)) => PathBuf::from(SOCKET),
    };
    let brought = Brought::open(&args.path)?;
    hand_over(&args.database, brought, &socket, frame)
}

fn hand_over(
    database: &str,
    mut brought: Brought,
    socket: &Path,
    frame: &Frame,
) -> Result<Report, AnyFault> {
    let name = brought.name.as_str().to_owned();
    let bring = Bring {
        v: VERSION,
        database: database.to_owned(),
        system: brought.system.to_string(),
        name: name.clone(),
        length: brought.length,
    };
    let answer = match client::bring(socket, &bring, &mut brought) {
        // Whoever may do what the daemon would have done does it.
        Err(DaemonFault::NotRunning { .. }) if frame.site().is_ok() => {
            let receipt = wal::push(&frame.site()?, database, brought)?;
            Answer { kept: Some(receipt.into()), ..Answer::done() }
        }
        asked => asked?,
    };
    if let Some(refusal) = answer.error {
        let differs = refusal.exit == ExitCode::Integrity.number();
        let (code, detail) = (refusal.code, refusal.error);
        return Err(WalFault::Refused { name, code, detail, differs }.into());
    }
    let Some(kept) = answer.kept else {
        let detail = "no word of what was kept".to_owned();
        return Err(DaemonFault::NoAnswer { socket: socket.to_owned(), detail }.into());
    };
    let json = json!({
        "name": name,
        "system": bring.system,
        "added": kept.added,
        "complete": kept.complete,
        "lacking": kept.lacking,
    });
    let report = Report::done(json);
    if kept.lacking == 0 {
        return Ok(report);
    }
    // Still 0: the server must not bring it again for what a copy will do.
    let values = Values::none().text("name", &name).number("count", kept.lacking);
    Ok(report.warnings([frame.say("wal-push-lacking", values)]))
}
