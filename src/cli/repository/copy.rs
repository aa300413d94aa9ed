//! `repository copy`: copies sets from one repository into another, and says of each what came of it.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, Fault as _, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::cli::table::{Align, Table};
use crate::job::copy::{self, Choice, Done, Planned, There};
use crate::job::sets::portal_of;
use crate::job::site::Site;
use crate::repository::SnapshotId;
use crate::repository::copy::Refused;

/// What `repository copy` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub sets: Vec<String>,
    #[arg(long, value_name = "REPOSITORY")]
    pub from: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub to: String,
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub latest: Option<u64>,
    #[arg(long)]
    pub dry_run: bool,
}

/// Copies them, or plans it.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let choice = Choice {
        portal: args.portal.clone(),
        tags: args.tag.clone(),
        latest: args.latest,
        sets: args.sets.clone(),
        missed: None,
    };
    let done = if args.dry_run {
        let plan = copy::plan(site, &args.from, &args.to, &choice)?;
        Done { plan, ..Done::default() }
    } else {
        copy::copy(site, &args.from, &args.to, &choice)?
    };
    let mut report = Report::done(as_json(args, &done)).exit(done.exit());
    if !done.plan.wanted.is_empty() {
        report = report.lines(table(frame, &done).lines());
    }
    if !done.plan.there.is_empty() {
        let values = to(args).number("count", done.plan.there.len() as u64);
        report = report.sentence(&frame.say("copy-there", values));
    }
    report = report.sentence(&ended(frame, args, &done));
    let refused = done.plan.refused.iter().map(|one| warning(frame, args, one));
    let fault = done.fault.as_ref().map(|fault| frame.catalog.fault(fault.as_ref()));
    Ok(report.warnings(refused.chain(fault.map(|told| frame.about(&args.to, &told)))))
}

fn to(args: &Args) -> Values {
    Values::none().text("repository", &args.to)
}

fn table(frame: &Frame, done: &Done) -> Table {
    let mut table = Table::new([
        (frame.word("label-set"), Align::Left),
        (frame.word("label-time"), Align::Left),
        (frame.word("label-portal"), Align::Left),
        (frame.word("label-new"), Align::Right),
        (frame.word("label-copy"), Align::Left),
    ]);
    let format = frame.catalog.format();
    for set in &done.plan.wanted {
        let copy = done.copied.iter().find(|copy| copy.from == set.id);
        table.row([
            short(&set.id),
            format.instant(set.snapshot.time),
            portal_of(&set.snapshot).unwrap_or("—").to_owned(),
            format.bytes(set.bytes),
            copy.map_or_else(|| "—".to_owned(), |copy| short(&copy.id)),
        ]);
    }
    table
}

fn ended(frame: &Frame, args: &Args, done: &Done) -> String {
    let copied = done.copied.len() as u64;
    let stored = done.copied.iter().map(|copy| copy.statistics.bytes_stored).sum();
    if args.dry_run {
        let wanted = done.plan.wanted.len() as u64;
        let values = to(args).number("count", wanted).number("bytes", done.plan.bytes());
        return frame.say("copy-dry-run", values);
    }
    let values = to(args).number("count", copied).number("bytes", stored);
    match (&done.fault, done.plan.wanted.is_empty()) {
        (Some(_), _) => frame.say("copy-stopped", values),
        (None, true) => frame.say("copy-nothing", values),
        (None, false) => frame.say("copy-done", values),
    }
}

fn warning(frame: &Frame, args: &Args, one: &Refused) -> String {
    let values = Values::none()
        .text("set", short(&one.id))
        .text("repository", &args.from)
        .text("fault", frame.catalog.fault(&one.fault));
    frame.say("copy-refused", values)
}

fn as_json(args: &Args, done: &Done) -> Value {
    let set = |set: &Planned| {
        let copy = done.copied.iter().find(|copy| copy.from == set.id);
        json!({
            "id": set.id.to_string(),
            "time": set.snapshot.time.to_string(),
            "portal": portal_of(&set.snapshot),
            "blobs": set.blobs,
            "bytes": set.bytes,
            "copy": copy.map(|copy| copy.id.to_string()),
            "stored": copy.map(|copy| copy.statistics.bytes_stored),
        })
    };
    let refused = |one: &Refused| json!({"id": one.id.to_string(), "code": one.fault.code(), "error": chain(&one.fault)});
    let there = |one: &There| json!({"id": one.here, "copy": one.there});
    let mut json = json!({
        "dry-run": args.dry_run,
        "from": args.from,
        "to": args.to,
        "sets": done.plan.wanted.iter().map(set).collect::<Vec<_>>(),
        "there": done.plan.there.iter().map(there).collect::<Vec<_>>(),
        "refused": done.plan.refused.iter().map(refused).collect::<Vec<_>>(),
        "held": done.held.iter().map(SnapshotId::to_string).collect::<Vec<_>>(),
    });
    if let Some(fault) = &done.fault {
        json["code"] = json!(fault.code());
        json["error"] = json!(chain(fault.as_ref()));
    }
    json
}
