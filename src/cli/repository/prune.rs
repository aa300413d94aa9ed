//! `repository prune`: removes data that no set needs, and says before what goes and why.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values, chain};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::repository::each;
use crate::cli::table::List;
use crate::job::prune::{self, Done};
use crate::job::site::Site;
use crate::repository::PackId;
use crate::repository::prune::{Limits, PackFigures, PrunePlan, Pruned, Why};

/// What `repository prune` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "REPOSITORY")]
    pub name: Option<String>,
    #[arg(
        long, value_name = "PERCENT", default_value_t = 5,
        value_parser = clap::value_parser!(u64).range(0..=100)
    )]
    pub max_unused: u64,
    #[arg(long, value_name = "SET")]
    pub gone: Vec<String>,
    #[arg(long)]
    pub dry_run: bool,
}

/// Prunes one repository after the other.
pub(super) fn run(site: &Site, args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let limits = Limits { unused_percent: args.max_unused, ..Limits::default() };
    let (mut report, results) = each(site, args.name.as_ref(), frame, |name| {
        let done = if args.dry_run {
            let plan = prune::plan(site, name, limits, &args.gone)?;
            Done { plan, pruned: None, fault: None }
        } else {
            prune::prune(site, name, limits, &args.gone)?
        };
        let hides = prune::hides(site, name)?;
        let report = Report::done(as_json(name, &done, hides)).exit(done.exit());
        let report = report.lines(planned(frame, name, &done.plan));
        let mut report = report.sentence(&ended(frame, &done));
        if hides && !done.plan.is_empty() {
            report = report.sentence(&frame.word("prune-hides"));
        }
        let report = report.lines([String::new()]);
        let told = done.fault.as_ref().map(|fault| frame.catalog.fault(fault.as_ref()));
        Ok(report.warnings(told.map(|told| frame.about(name, &told))))
    })?;
    report.json = json!({ "dry-run": args.dry_run, "repositories": results });
    Ok(report)
}

fn planned(frame: &Frame, name: &str, plan: &PrunePlan) -> Vec<String> {
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    let packs = |count: usize, bytes: u64| {
        let values = Values::none().number("count", count as u64).number("bytes", bytes);
        frame.say("prune-packs", values)
    };
    let unneeded = plan.unneeded.iter().map(|pack| pack.bytes).sum();
    list.row(frame.word("prune-unneeded"), packs(plan.unneeded.len(), unneeded));
    for (why, label) in [(Why::PartlyNeeded, "prune-partly-needed"), (Why::Small, "prune-small")] {
        let some = plan.repack.iter().filter(|(_, one)| *one == why).map(|(pack, _)| pack);
        list.row(frame.word(label), again(frame, some));
    }
    let unlisted = plan.unlisted.iter().map(|(_, bytes)| bytes).sum();
    list.row(frame.word("prune-unlisted"), packs(plan.unlisted.len(), unlisted));
    if !plan.lost.is_empty() {
        list.row(frame.word("prune-lost"), packs(plan.lost.len(), 0));
    }
    let kept = Values::none()
        .number("count", plan.kept)
        .number("bytes", plan.kept_bytes)
        .number("unneeded", plan.kept_unneeded);
    list.row(frame.word("prune-kept"), frame.say("prune-packs-kept", kept));
    list.lines()
}

fn again<'p>(frame: &Frame, packs: impl Iterator<Item = &'p PackFigures>) -> String {
    let (count, bytes, needed) = packs.fold((0, 0, 0), |(count, bytes, needed), pack| {
        (count + 1, bytes + pack.bytes, needed + pack.needed)
    });
    let values = Values::none().number("count", count).number("bytes", bytes);
    frame.say("prune-packs-again", values.number("needed", needed))
}

fn ended(frame: &Frame, done: &Done) -> String {
    let freed = Values::none().number("bytes", done.plan.bytes_freed());
    match &done.pruned {
        _ if done.plan.is_empty() => frame.word("prune-nothing"),
        None => frame.say("prune-dry-run", freed),
        Some(pruned) => {
            let values = Values::none()
                .number("removed", pruned.bytes_removed)
                .number("written", pruned.bytes_written)
                .number("spared", pruned.spared.len() as u64);
            frame.say(if done.fault.is_some() { "prune-stopped" } else { "prune-done" }, values)
        }
    }
}

fn as_json(name: &str, done: &Done, hides: bool) -> Value {
    let Done { plan, pruned, fault } = done;
    let unlisted = plan.unlisted.iter().map(|(id, bytes)| json!({"id": id, "bytes": bytes}));
    let unneeded = plan.unneeded.iter().map(|pack| json!({"id": pack.id, "bytes": pack.bytes}));
    let repack = plan.repack.iter().map(|(pack, why)| {
        json!({"id": pack.id, "bytes": pack.bytes, "needed": pack.needed, "why": why.as_str()})
    });
    let mut json = json!({
        "name": name,
        "hides": hides,
        "plan": {
            "digest": plan.digest().to_string(),
            "unneeded": unneeded.collect::<Vec<_>>(),
            "repack": repack.collect::<Vec<_>>(),
            "unlisted": unlisted.collect::<Vec<_>>(),
            "lost": plan.lost,
            "kept": plan.kept,
            "kept-bytes": plan.kept_bytes,
            "kept-unneeded": plan.kept_unneeded,
            "bytes-again": plan.bytes_again(),
            "bytes-freed": plan.bytes_freed(),
        },
        "done": pruned.as_ref().map(done_as_json),
    });
    if let Some(fault) = fault {
        json["code"] = json!(fault.code());
        json["error"] = json!(chain(fault.as_ref()));
    }
    json
}

fn done_as_json(pruned: &Pruned) -> Value {
    json!({
        "packs-written": pruned.packs_written,
        "bytes-written": pruned.bytes_written,
        "packs-removed": pruned.packs_removed,
        "bytes-removed": pruned.bytes_removed,
        "spared": pruned.spared.iter().map(PackId::to_string).collect::<Vec<_>>(),
    })
}
