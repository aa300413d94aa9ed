//! `playbook approve`: signs what a run waits for, or takes in what was signed elsewhere.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::base::fault::{AnyFault, Args as Values, Fault, FaultKind};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::job::playbook::approve::{self, Counted};
use crate::playbook::approval::{self, ApprovalFault, NAMESPACE, SIGNATURE_BYTES_MAX};
use crate::view::playbooks::way_on;
use crate::world::files::{self, FileError};

/// A private key of OpenSSH is a few hundred bytes.
const KEY_BYTES_MAX: usize = 64 * 1024;

/// Where a statement goes when no file is named.
const STANDARD_OUTPUT: &str = "-";

/// What `playbook approve` takes.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("by").required(true).args(["key", "signature", "statement"])))]
pub(crate) struct Args {
    #[arg(value_name = "RUN")]
    pub run: u64,
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = STANDARD_OUTPUT)]
    pub statement: Option<PathBuf>,
}

/// Approves, or hands out what is to be signed.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    if let Some(to) = &args.statement {
        return statement(args.run, to, frame);
    }
    let site = frame.site()?;
    // Read before anyone's turn is taken: a pipe that nobody fills must not keep the run's own
    // process, and whoever takes it back, from writing.
    let (key, signature) = match (&args.key, &args.signature) {
        (Some(file), _) => (Some((file, bounded(file, KEY_BYTES_MAX)?)), String::new()),
        (None, Some(file)) => (None, read(file)?),
        // The parser wants one of them.
        (None, None) => (None, String::new()),
    };
    let counted = approve::approve(&site, args.run, |statement| match &key {
        Some((file, key)) => signed(args.run, file, key, statement),
        None => Ok(signature),
    })?;
    Ok(report(frame, &counted))
}

/// The signature of a key that lies in a file; for one that does not, how it is made.
fn signed(run: u64, file: &Path, key: &[u8], statement: &str) -> Result<String, AnyFault> {
    approval::sign(key, statement).map_err(|fault| match fault {
        ApprovalFault::Protected | ApprovalFault::Elsewhere => {
            ForeignKey { run, key: file.to_owned(), beneath: fault }.into()
        }
        other => other.into(),
    })
}

fn read(file: &Path) -> Result<String, AnyFault> {
    let bytes = bounded(file, SIGNATURE_BYTES_MAX)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One byte above the limit is enough for whoever reads it to refuse it.
fn bounded(file: &Path, most: usize) -> Result<Vec<u8>, AnyFault> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|open| open.take(most as u64 + 1).read_to_end(&mut bytes))
        .map_err(FileError::io("read", file))?;
    Ok(bytes)
}

fn report(frame: &Frame, counted: &Counted) -> Report {
    let run = &counted.run;
    let json = json!({
        "run": run.number,
        "approver": counted.approver,
        "approvals": counted.there,
        "wanted": counted.wanted,
        "statement": null,
    });
    let values = Values::none()
        .number("run", run.number)
        .text("approver", &counted.approver)
        .number("there", counted.there)
        .number("wanted", counted.wanted);
    let report = Report::done(json).sentence(&frame.say("playbook-approved", values));
    let standing = run.standing(frame.world.clock.now());
    if counted.there < counted.wanted {
        return report;
    }
    let command = way_on(run, &standing).unwrap_or_default();
    report.sentence(&frame.say("playbook-approved-enough", Values::none().text("command", command)))
}

/// What is to be signed, to the byte: to a file for `ssh-keygen`, or for reading.
fn statement(run: u64, to: &Path, frame: &Frame) -> Result<Report, AnyFault> {
    let request = approve::request(&frame.site()?, run)?;
    let to_file = to != Path::new(STANDARD_OUTPUT);
    let json = json!({
        "run": run,
        "approver": null,
        "approvals": null,
        "wanted": request.asked.approvals,
        "statement": request.statement,
        "path": to_file.then(|| to.display().to_string()),
    });
    if !to_file {
        return Ok(Report::done(json).lines(request.statement.lines().map(str::to_owned)));
    }
    files::replace_durably(to, request.statement.as_bytes())?;
    let values =
        Values::none().number("run", run).text("path", to.display()).text("namespace", NAMESPACE);
    Ok(Report::done(json)
        .lines(frame.say("playbook-statement-written", values).lines().map(str::to_owned)))
}

/// The key cannot be used here: how its signature is made with OpenSSH's own program.
#[derive(Debug, thiserror::Error)]
#[error("the key `{}` cannot be used here", key.display())]
struct ForeignKey {
    run: u64,
    key: PathBuf,
    #[source]
    beneath: ApprovalFault,
}

impl Fault for ForeignKey {
    fn kind(&self) -> FaultKind {
        FaultKind::User
    }

    fn code(&self) -> &'static str {
        "playbook.foreign-key"
    }

    fn args(&self) -> Values {
        Values::none()
            .text("run", self.run)
            .text("key", self.key.display())
            .text("namespace", NAMESPACE)
    }

    fn beneath(&self) -> Option<&dyn Fault> {
        Some(&self.beneath)
    }
}
