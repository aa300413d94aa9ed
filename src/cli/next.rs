//! `next`: what starts by itself, and when. From the configuration and the log, so that it has an
//! answer without a daemon too; that nobody would start it is said then.

use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, Table};
use crate::daemon::client;
use crate::daemon::protocol::Request;
use crate::daemon::work;

/// What `next` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "NUMBER", default_value = "10", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub count: u16,
}

/// Shows it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let now = site.world.clock.now();
    let starts = work::scheduler(&site)?.forecast(now, usize::from(args.count));
    let status = client::ask(&site.settings.control_socket(), Request::Status);
    let status = status.ok().and_then(|answer| answer.status);
    let format = frame.catalog.format();
    let mut table = Table::new([
        (frame.word("label-time"), Align::Left),
        (frame.word("next-label-in"), Align::Right),
        (frame.word("next-label-job"), Align::Left),
    ]);
    for (at, job) in &starts {
        let wait = std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default();
        table.row([format.instant(*at), format.duration(wait), job.clone()]);
    }
    let paused = status.as_ref().is_some_and(|status| status.paused.is_some());
    let json = json!({
        "daemon": status.is_some(),
        "paused": paused,
        "starts": starts
            .iter()
            .map(|(at, job)| json!({"at": at.to_string(), "job": job}))
            .collect::<Vec<_>>(),
    });
    if starts.is_empty() {
        return Ok(Report::done(json).sentence(&frame.word("next-nothing")));
    }
    let report = Report::done(json).lines(table.lines());
    let warn = |report: Report, id: &'static str| {
        report.warnings([frame.say(id, Values::none())]).exit(ExitCode::Warnings)
    };
    Ok(match (status.is_some(), paused) {
        (true, false) => report,
        (true, true) => warn(report, "next-paused"),
        (false, _) => warn(report, "next-no-daemon"),
    })
}
