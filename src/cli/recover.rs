//! `recover`: rebuilds a lost duphong host from a repository and its password.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::verify::Verdict;
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::bucket::Opening;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{List, WIDTH, wrapped};
use crate::cli::usage::UsageFault;
use crate::config::settings::Store;
use crate::job::recover::{self, Placed, Recovered, Request};

/// What `recover` takes. There is no configuration yet: it comes back with the rest.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "PLACE")]
    pub repository: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub authorities: Option<PathBuf>,
    #[arg(long)]
    pub plain_http: bool,
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

/// Recovers the host.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let request = Request {
        repository: repository(args)?,
        password: args.password_file.clone(),
        folder: args.dir.clone(),
    };
    let recovered = recover::run(&request, &frame.world, &frame.cancel, frame.progress.as_ref())?;
    let warnings = warnings(frame, &recovered);
    let exit = if warnings.is_empty() { ExitCode::Done } else { ExitCode::Warnings };
    Ok(Report::done(as_json(&recovered))
        .exit(exit)
        .lines(lines(frame, &recovered))
        .warnings(warnings))
}

/// The folder, or the bucket as restic calls it.
fn repository(args: &Args) -> Result<Store, UsageFault> {
    let Some(name) = args.repository.to_str().filter(|name| name.starts_with("s3:")) else {
        return match of_a_bucket(args) {
            Some(argument) => Err(UsageFault::conflict("recover", argument, "--repository DIR")),
            None => Ok(Store::Disk(args.repository.clone())),
        };
    };
    let opening = Opening {
        credentials_file: args.credentials_file.as_deref(),
        region: args.region.as_deref(),
        authorities: args.authorities.as_deref(),
        plain_http: args.plain_http,
    };
    let bucket = opening.called("recover", "--repository", name)?;
    Ok(Store::S3(bucket))
}

/// An argument that was given and means nothing for a folder.
fn of_a_bucket(args: &Args) -> Option<&'static str> {
    [
        (args.credentials_file.is_some(), "--credentials-file"),
        (args.region.is_some(), "--region"),
        (args.authorities.is_some(), "--authorities"),
        (args.plain_http, "--plain-http"),
    ]
    .into_iter()
    .find_map(|(is_given, argument)| is_given.then_some(argument))
}

fn lines(frame: &Frame, recovered: &Recovered) -> Vec<String> {
    let format = frame.catalog.format();
    let mut list = List::default();
    list.row(frame.word("label-set"), recovered.set.to_string());
    list.row(frame.word("label-taken"), format.instant(recovered.taken));
    list.row(frame.word("label-sets"), format.number(recovered.sets as u64));
    list.row(frame.word("label-configuration"), path(&recovered.configuration));
    let verdict = frame.catalog.say(&recovered.old_log_report.verdict().message());
    let old_log = Values::none()
        .text("path", recovered.old_log.display())
        .number("entries", recovered.old_log_report.entries.end)
        .text("verdict", verdict);
    list.row(frame.word("label-old-log"), frame.say("recover-old-log", old_log));
    if let Some(log) = &recovered.new_log {
        list.row(frame.word("label-new-log"), path(log));
    }
    if let Some(Placed::At(password)) = &recovered.password {
        list.row(frame.word("label-password"), path(password));
    }
    if let Some(Placed::At(credentials)) = &recovered.credentials {
        list.row(frame.word("label-credentials"), path(credentials));
    }
    let mut lines = list.lines();
    let next = Values::none().text("path", recovered.configuration.display());
    lines.push(String::new());
    lines.extend(wrapped(&frame.say("recover-next", next), WIDTH));
    lines
}

/// What a person must still see to before the host works again.
fn warnings(frame: &Frame, recovered: &Recovered) -> Vec<String> {
    let is_kept = |placed: Option<&Placed>| matches!(placed, Some(Placed::Kept));
    let told = [
        (recovered.repository_elsewhere, "recover-repository-elsewhere"),
        (recovered.old_log_report.verdict() == Verdict::Invalid, "recover-old-log-invalid"),
        (recovered.new_log.is_none(), "recover-log-kept"),
        (is_kept(recovered.password.as_ref()), "recover-password-kept"),
        (is_kept(recovered.credentials.as_ref()), "recover-credentials-kept"),
    ];
    let told = told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, id)| frame.word(id));
    let credentials = recovered.to_pass().into_iter();
    let credentials =
        credentials.map(|name| frame.say("recover-credential", Values::none().text("name", name)));
    told.chain(credentials).collect()
}

fn placed(placed: Option<&Placed>) -> Option<String> {
    match placed {
        Some(Placed::At(written)) => Some(path(written)),
        _ => None,
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn as_json(recovered: &Recovered) -> Value {
    json!({
        "set": recovered.set.to_string(),
        "taken": recovered.taken.to_string(),
        "sets": recovered.sets,
        "configuration": path(&recovered.configuration),
        "old-log": {
            "path": path(&recovered.old_log),
            "entries": recovered.old_log_report.entries.end,
            "verdict": recovered.old_log_report.verdict().as_str(),
        },
        "new-log": recovered.new_log.as_deref().map(path),
        "password": placed(recovered.password.as_ref()),
        "credentials": placed(recovered.credentials.as_ref()),
        "to-pass": recovered.to_pass(),
        "repository-elsewhere": recovered.repository_elsewhere,
    })
}
