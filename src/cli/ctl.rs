//! `ctl`: talks to the daemon that runs.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, List, Table};
use crate::daemon::client;
use crate::daemon::fault::DaemonFault;
use crate::daemon::protocol::{Answer, Refusal, Request, Status};
use crate::job::snapshot;

/// What `ctl` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, global = true, value_name = "FILE")]
    pub socket: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `ctl`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Status(Nothing),
    Reload(Nothing),
    Pause(Pause),
    Resume(Nothing),
    Run(Run),
}

/// What verbs take that need nothing said.
#[derive(Debug, clap::Args)]
pub(crate) struct Nothing {}

/// What `ctl pause` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Pause {
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What `ctl run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    #[arg(value_name = "JOB")]
    pub job: String,
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
}

/// Asks, and tells the answer.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    // A file that is broken now does not say where the daemon is that still runs with a good one.
    let socket = match &args.socket {
        Some(socket) => socket.clone(),
        None => frame.site()?.settings.control_socket(),
    };
    let ask = |request| client::ask(&socket, request);
    let by = frame.actor.name.clone();
    match &args.verb {
        Verb::Status(_) => match ask(Request::Status)?.status {
            Some(status) => Ok(told(frame, &status)),
            None => Err(DaemonFault::NoAnswer { socket, detail: "no status".to_owned() }.into()),
        },
        Verb::Reload(_) => {
            let language = Some(frame.catalog.language().code().to_owned());
            reloaded(frame, ask(Request::Reload { by, language })?)
        }
        Verb::Pause(pause) => {
            let request = Request::Pause { by, reason: pause.reason.clone() };
            agreed(frame, ask(request)?, "", "ctl-paused")
        }
        Verb::Resume(_) => agreed(frame, ask(Request::Resume { by })?, "", "ctl-resumed"),
        Verb::Run(run) => {
            let tags = run.tag.iter().cloned().collect();
            snapshot::check_tags(&tags)?;
            let request = Request::Run { job: run.job.clone(), by, tags };
            agreed(frame, ask(request)?, &run.job, "ctl-started")
        }
    }
}

fn agreed(
    frame: &Frame,
    answer: Answer,
    job: &str,
    words: &'static str,
) -> Result<Report, AnyFault> {
    match answer.error {
        None => {
            let said = frame.say(words, Values::none().text("job", job));
            Ok(Report::done(json!({ "done": true })).sentence(&said))
        }
        Some(refusal) => Err(fault_of(refusal, job).into()),
    }
}

/// The fault that the daemon named, as one of this program.
fn fault_of(refusal: Refusal, job: &str) -> DaemonFault {
    let job = job.to_owned();
    match refusal.code.as_str() {
        "daemon.unknown-job" => DaemonFault::UnknownJob { job },
        "daemon.busy" => DaemonFault::Busy { job },
        "daemon.no-set" => DaemonFault::NoSet { job },
        "daemon.stopping" => DaemonFault::Stopping,
        "daemon.late" => DaemonFault::Late,
        _ => DaemonFault::Refused { code: refusal.code, detail: refusal.error },
    }
}

/// A configuration that was refused is an answer: its problems are what was asked for.
/// Where nobody read the file, nothing is known of which one is in force.
fn reloaded(frame: &Frame, answer: Answer) -> Result<Report, AnyFault> {
    let Some(error) = answer.error else {
        let json = json!({"reloaded": true, "code": Value::Null, "problems": []});
        return Ok(Report::done(json).sentence(&frame.word("ctl-reloaded")));
    };
    if matches!(error.code.as_str(), "daemon.late" | "daemon.stopping") {
        return Err(fault_of(error, "").into());
    }
    let json = json!({"reloaded": false, "code": error.code, "problems": error.problems});
    let exit = ExitCode::ALL.into_iter().find(|exit| exit.number() == error.exit);
    let said = frame.say("ctl-not-reloaded", Values::none().text("code", &error.code));
    let mut report = Report::done(json)
        .exit(exit.unwrap_or(ExitCode::Failed))
        .sentence(&said)
        .lines(error.problems.iter().map(|problem| format!("  {problem}")));
    if error.problems.is_empty() {
        report = report.lines([format!("  {}", error.error)]);
    }
    Ok(report)
}

fn told(frame: &Frame, status: &Status) -> Report {
    let format = frame.catalog.format();
    let shown = |at: &str| at.parse().map_or_else(|_| at.to_owned(), |at| format.instant(at));
    let mut list = List::default();
    list.row(frame.word("ctl-label-process"), status.pid.to_string());
    list.row(frame.word("ctl-label-version"), &status.version);
    list.row(frame.word("ctl-label-started"), shown(&status.started));
    let reload = match &status.reload.failed {
        None => shown(&status.reload.at),
        Some(code) => frame.about(shown(&status.reload.at), code),
    };
    list.row(frame.word("ctl-label-reload"), reload);
    if let Some(paused) = &status.paused {
        let who = format!("{}, {}: {}", shown(&paused.at), paused.by, paused.reason);
        list.row(frame.word("ctl-label-paused"), who);
    }
    if let Some(fault) = &status.log_fault {
        list.row(frame.word("ctl-label-log"), frame.about(shown(&fault.since), &fault.code));
    }
    let mut table = Table::new([
        (frame.word("next-label-job"), Align::Left),
        (frame.word("ctl-label-next"), Align::Left),
        (frame.word("ctl-label-running"), Align::Left),
    ]);
    for next in &status.next {
        let running = status.running.iter().find(|one| one.job == next.job);
        table.row([
            next.job.clone(),
            next.at.as_deref().map_or_else(|| "—".to_owned(), shown),
            running.map_or_else(|| "—".to_owned(), |one| shown(&one.since)),
        ]);
    }
    let well = status.ticking && status.log_fault.is_none();
    let exit = match (well, &status.paused, &status.reload.failed) {
        (false, _, _) => ExitCode::HumanNeeded,
        (true, None, None) => ExitCode::Done,
        _ => ExitCode::Warnings,
    };
    let json = serde_json::to_value(status).expect("a status is made of texts and numbers");
    let mut lines = list.lines();
    if !status.next.is_empty() {
        lines.push(String::new());
        lines.extend(table.lines());
    }
    Report::done(json).exit(exit).lines(lines)
}
