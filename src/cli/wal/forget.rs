//! `wal forget`: removes segments that no base needs any more.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::job::prune::hides;
use crate::job::wal::{self, Forgotten, Plan};

/// What `wal forget` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: String,
    #[arg(long)]
    pub dry_run: bool,
}

/// Removes them, or says what would be removed.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let done = if args.dry_run {
        let plans = wal::plan_forget(&site, &args.repository)?;
        Forgotten { plans, gone: 0, hides: hides(&site, &args.repository)?, fault: None }
    } else {
        wal::forget(&site, &args.repository)?
    };
    let json = json!({
        "dry-run": args.dry_run,
        "repository": args.repository,
        "systems": done.plans.iter().map(as_json).collect::<Vec<_>>(),
        "objects": done.gone,
        "hides": done.hides,
    });
    let mut report = Report::done(json).exit(done.exit());
    for plan in &done.plans {
        report = report.sentence(&told(frame, plan));
    }
    if done.hides && done.plans.iter().any(|plan| plan.files > 0) {
        report = report.sentence(&frame.word("prune-hides"));
    }
    let closing = if args.dry_run { "wal-forget-dry-run" } else { "wal-forget-done" };
    let values = Values::none().number("count", done.gone).text("repository", &args.repository);
    let fault = done.fault.as_ref().map(|fault| frame.catalog.fault(fault.as_ref()));
    Ok(report.sentence(&frame.say(closing, values)).warnings(fault))
}

fn told(frame: &Frame, plan: &Plan) -> String {
    let values = Values::none().text("system", &plan.system).number("stay", plan.stay);
    if plan.is_binary() {
        return told_binary(frame, plan, values);
    }
    match (&plan.oldest, &plan.range) {
        (None, _) => frame.say("wal-forget-no-base", values),
        (Some((set, lsn)), None) => {
            frame.say("wal-forget-nothing", values.text("set", short(set)).text("lsn", lsn))
        }
        (Some((set, lsn)), Some((first, last))) => {
            let values = values.text("set", short(set)).text("lsn", lsn);
            let values = values.text("first", first).text("last", last);
            frame.say("wal-forget-some", values.number("count", plan.files))
        }
    }
}

/// A binary log is needed from where the oldest set was taken.
fn told_binary(frame: &Frame, plan: &Plan, values: Values) -> String {
    let Some((set, at)) = &plan.oldest else { return frame.say("wal-forget-no-set", values) };
    let values = values.text("set", short(set)).text("at", at);
    let Some((first, last)) = &plan.range else {
        return frame.say("wal-forget-binary-nothing", values);
    };
    let values = values.text("first", first).text("last", last).number("count", plan.files);
    frame.say("wal-forget-binary-some", values)
}

fn as_json(plan: &Plan) -> Value {
    json!({
        "system": plan.system,
        "base": plan.oldest.as_ref().map(|(set, _)| set.to_string()),
        "start-lsn": plan.oldest.as_ref().map(|(_, lsn)| lsn),
        "first": plan.range.as_ref().map(|(first, _)| first),
        "last": plan.range.as_ref().map(|(_, last)| last),
        "files": plan.files,
        "bytes": plan.bytes,
        "stay": plan.stay,
    })
}
