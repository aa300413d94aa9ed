//! `next`: what starts by itself, and when. From the configuration and the log, so that it has an
//! answer without a daemon too; that nobody would start it is said then.

use jiff::Timestamp;
use serde_json::json;

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::status;
use crate::cli::table::{Align, Table};
use crate::daemon::work;
use crate::view::schedule::Watch;

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
    let most = usize::from(args.count);
    let starts = work::scheduler(&site)?.forecast(now, most);
    let watch = status::watch(&site);
    let mut starts: Vec<_> = starts.into_iter().map(|(at, job)| (at, job, false)).collect();
    // Only who watches knows what changed.
    starts.extend(wished(&watch));
    starts.sort();
    starts.truncate(most);
    let format = frame.catalog.format();
    let mut table = Table::new([
        (frame.word("label-time"), Align::Left),
        (frame.word("next-label-in"), Align::Right),
        (frame.word("next-label-job"), Align::Left),
    ]);
    for (at, job, wished) in &starts {
        let wait = std::time::Duration::try_from(at.duration_since(now)).unwrap_or_default();
        let job = if *wished {
            frame.say("next-after-change", Values::none().text("job", job))
        } else {
            job.clone()
        };
        table.row([format.instant(*at), format.duration(wait), job]);
    }
    let warnings = warnings(&watch, starts.is_empty());
    let json = json!({
        "daemon": matches!(watch, Watch::Present(_)),
        "paused": matches!(&watch, Watch::Present(daemon) if daemon.paused.is_some()),
        "hangs": matches!(&watch, Watch::Present(daemon) if !daemon.ticks),
        "starts": starts
            .iter()
            .map(|(at, job, wished)| {
                json!({"at": at.to_string(), "job": job, "after-change": wished})
            })
            .collect::<Vec<_>>(),
    });
    let report = if starts.is_empty() {
        Report::done(json).sentence(&frame.word("next-nothing"))
    } else {
        Report::done(json).lines(table.lines())
    };
    if warnings.is_empty() {
        return Ok(report);
    }
    let said = warnings.into_iter().map(|id| frame.say(id, Values::none()));
    Ok(report.warnings(said).exit(ExitCode::Warnings))
}

/// What changes bring about, as the daemon says.
fn wished(watch: &Watch) -> Vec<(Timestamp, String, bool)> {
    let Watch::Present(daemon) = watch else { return Vec::new() };
    let known = daemon.wished.iter();
    known.filter_map(|(at, job)| Some((at.parse().ok()?, job.clone(), true))).collect()
}

/// Why none of it may start. A daemon that is away or paused keeps nothing from starting where
/// nothing would; one that cannot be told to be well is a warning in any case.
fn warnings(watch: &Watch, nothing: bool) -> Vec<&'static str> {
    match watch {
        Watch::Absent if nothing => Vec::new(),
        Watch::Absent => vec!["next-no-daemon"],
        Watch::Unclear => vec!["view-daemon-unclear"],
        Watch::Present(daemon) => {
            let hangs = (!daemon.ticks).then_some("view-daemon-hangs");
            let paused = (daemon.paused.is_some() && !nothing).then_some("next-paused");
            hangs.into_iter().chain(paused).collect()
        }
    }
}
