//! `repository repair --unhide`: makes names show again what they showed at a time.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, Fault as _};
use crate::cli::frame::Frame;
use crate::cli::incident::time;
use crate::cli::report::Report;
use crate::cli::repository::repair::Args;
use crate::cli::table::List;
use crate::job::site::Site;
use crate::job::unhide::{self, Plan};
use crate::store::versions::Version;

/// Plans, and unless it is a dry run does it.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let at = time("repository repair", "--as-of", args.as_of.as_ref(), frame)?;
    let at = at.expect("it is required with --unhide");
    if args.dry_run {
        let plan = unhide::plan(site, &args.name, at)?;
        return Ok(Report::done(as_json(&args.name, &plan, None))
            .lines(lines(frame, &args.name, &plan))
            .lines([frame.word("unhide-dry-run")]));
    }
    let unhidden = unhide::run(site, &args.name, at)?;
    let failed =
        unhidden.failed.iter().map(|(name, fault)| frame.about(name, &frame.catalog.fault(fault)));
    let mut json = as_json(&args.name, &unhidden.plan, Some(unhidden.brought_back));
    let codes = unhidden.failed.iter();
    let codes = codes.map(|(name, fault)| json!({"object": name, "code": fault.code()}));
    json["failed"] = codes.collect();
    let count = Values::none().number("count", unhidden.brought_back);
    Ok(Report::done(json)
        .exit(unhidden.exit())
        .lines(lines(frame, &args.name, &unhidden.plan))
        .lines([frame.say("unhide-done", count)])
        .warnings(frame.capped(failed.collect())))
}

fn lines(frame: &Frame, name: &str, plan: &Plan) -> Vec<String> {
    let format = frame.catalog.format();
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    list.row(frame.word("label-as-of"), format.instant(plan.as_of));
    list.row(frame.word("label-hidden"), format.number(plan.hidden.len() as u64));
    list.row(frame.word("label-overwritten"), format.number(plan.overwritten.len() as u64));
    list.row(frame.word("label-size"), format.bytes(plan.bytes()));
    list.row(frame.word("label-unchanged"), format.number(plan.unchanged));
    list.row(frame.word("label-later"), format.number(plan.later));
    if !plan.locks.is_empty() {
        list.row(frame.word("label-locks-removed"), format.number(plan.locks.len() as u64));
    }
    let mut lines = list.lines();
    let line = |id, version: &Version| frame.say(id, Values::none().text("object", &version.name));
    let hidden = plan.hidden.iter().map(|version| line("unhide-hidden", version));
    let overwritten = plan.overwritten.iter().map(|version| line("unhide-overwritten", version));
    lines.extend(frame.capped(hidden.chain(overwritten).collect()));
    lines
}

fn as_json(name: &str, plan: &Plan, brought_back: Option<u64>) -> Value {
    let names = |versions: &[Version]| -> Vec<String> {
        versions.iter().map(|version| version.name.to_string()).collect()
    };
    json!({
        "name": name,
        "as-of": plan.as_of.to_string(),
        "dry-run": brought_back.is_none(),
        "hidden": names(&plan.hidden),
        "overwritten": names(&plan.overwritten),
        "bytes": plan.bytes(),
        "unchanged": plan.unchanged,
        "later": plan.later,
        "locks": names(&plan.locks),
        "brought-back": brought_back,
    })
}
