//! `key sheet`: a password on paper, and the proof that the paper is right.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values};
use crate::base::secret::Secret;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::hanging;
use crate::cli::voice::Voice;
use crate::config::secret::SECRET_BYTES_MAX;
use crate::job::fault::JobFault;
use crate::job::key::check_words::{GROUP, groups};
use crate::job::key::sheet;

/// Characters of a password that `init` makes.
const OURS: usize = 52;

/// What `key sheet` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Sheet {
    #[arg(value_name = "REPOSITORY")]
    pub repository: String,
    #[arg(long, value_name = "FILE", required_unless_present = "test")]
    pub out: Option<PathBuf>,
    #[arg(long, conflicts_with = "out")]
    pub test: bool,
}

/// Prints the sheet, or tests what somebody reads off it.
pub(super) fn run(args: &Sheet, frame: &Frame) -> Result<Report, AnyFault> {
    let (site, name) = (frame.site()?, &args.repository);
    site.repository(name)?;
    let values = Values::none().text("repository", name);
    let Some(out) = &args.out else {
        let typed = typed(frame)?;
        let key = sheet::test(&site, name, &typed)?;
        let json = json!({ "repository": name, "key": key.to_string() });
        return Ok(Report::done(json).sentence(&frame.say("key-sheet-proven", values)));
    };
    let printed = sheet::print(&site, name, out)?;
    let json = json!({
        "repository": name,
        "key": printed.key.to_string(),
        "path": out.display().to_string(),
        "bytes": printed.bytes,
    });
    let values = values.text("path", out.display());
    Ok(Report::done(json).sentence(&frame.say("key-sheet-written", values)))
}

/// The password from a scanner or from fingers. A person sees the check words while typing.
fn typed(frame: &Frame) -> Result<Secret, AnyFault> {
    let mut bytes = Vec::new();
    if !io::stdin().is_terminal() {
        let read = io::stdin().take(SECRET_BYTES_MAX).read_to_end(&mut bytes);
        // Into the wrapper first: it is wiped whatever comes.
        let secret = Secret::from_file_content(bytes);
        return read.map(|_length| secret).map_err(|_| JobFault::Interrupted.into());
    }
    Voice::aside(&hanging("", &frame.word("key-sheet-type")).join("\n"));
    let mut told = 0;
    loop {
        // A prompt that cannot be shown is no reason not to listen.
        let _shown = write!(io::stderr(), "> ").and_then(|()| io::stderr().flush());
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        let line = Secret::from_file_content(line.into_bytes());
        if !matches!(read, Ok(1..)) || frame.cancel.is_cancelled() {
            return Err(JobFault::Interrupted.into());
        }
        if line.expose().is_empty() {
            return Ok(Secret::new(bytes));
        }
        bytes.extend_from_slice(line.expose());
        let Some(ours) = sheet::as_ours(&bytes) else { continue };
        // Small letters may be those of a password that a person chose, whose words are others.
        if !bytes.iter().any(u8::is_ascii_lowercase) {
            told = tell(&ours, told);
        }
        if ours.expose().len() >= OURS {
            return Ok(Secret::new(bytes));
        }
    }
}

/// Shows the groups that are whole and were not shown; returns how many were.
fn tell(typed: &Secret, told: usize) -> usize {
    let text = String::from_utf8_lossy(typed.expose());
    let whole = if text.len() < OURS { text.len() / GROUP } else { text.len().div_ceil(GROUP) };
    for (number, group) in groups(&text).iter().enumerate().take(whole).skip(told) {
        Voice::aside(&format!("  {:>2}  {}  {}", number + 1, group.text, group.word));
    }
    whole
}
