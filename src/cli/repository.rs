//! `repository`: creates the places of encrypted sets, proves that they are intact, copies sets from
//! one to another, counts what they hold, forgets sets, removes what no set needs and locks that
//! nobody holds, repairs, and examines what lies in a bucket.

mod copy;
mod doctor;
mod forget;
mod prune;
mod repair;
mod stats;
mod unlock;

use std::ops::Range;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values, Fault, chain};
use crate::cli::frame::Frame;
use crate::cli::incident::time;
use crate::cli::init::answer;
use crate::cli::report::Report;
use crate::cli::table::{List, WIDTH, wrapped};
use crate::job::init::{self, Made};
use crate::job::site::Site;
use crate::job::verify::{self, PartRead};
use crate::repository::browse::shown;
use crate::repository::verify::{Damage, DamageKind, Depth, LostPath, VerifyReport};

/// Paths named for one damaged object; the set's number of paths follows.
const PATHS_SHOWN: usize = 5;

/// What `repository` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `repository`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Init(Init),
    Verify(Verify),
    Copy(copy::Args),
    Forget(forget::Args),
    Prune(prune::Args),
    Repair(repair::Args),
    Doctor(doctor::Args),
    Stats(stats::Args),
    Unlock(unlock::Args),
}

/// What `repository init` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    #[arg(value_name = "REPOSITORY")]
    pub name: Option<String>,
}

/// What `repository verify` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    #[arg(value_name = "REPOSITORY")]
    pub name: Option<String>,
    #[arg(long)]
    pub read_data: bool,
    #[arg(
        long, value_name = "PARTS", conflicts_with_all = ["read_data", "as_of"],
        value_parser = clap::value_parser!(u32).range(2..=365)
    )]
    pub read_part: Option<u32>,
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    match &args.verb {
        Verb::Init(args) => create(&site, args, frame),
        Verb::Verify(args) => prove(&site, args, frame),
        Verb::Copy(args) => copy::run(&site, args, frame),
        Verb::Forget(args) => forget::run(&site, args, frame),
        Verb::Prune(args) => prune::run(&site, args, frame),
        Verb::Repair(args) => repair::run(&site, args, frame),
        Verb::Doctor(args) => doctor::run(&site, args, frame),
        Verb::Stats(args) => stats::run(&site, args, frame),
        Verb::Unlock(args) => unlock::run(&site, args, frame),
    }
}

fn names(site: &Site, name: Option<&String>) -> Vec<String> {
    match name {
        Some(name) => vec![name.clone()],
        None => site.settings.repositories.iter().map(|one| one.name.clone()).collect(),
    }
}

fn create(site: &Site, args: &Init, frame: &Frame) -> Result<Report, AnyFault> {
    let mut made = Made::default();
    for name in names(site, args.name.as_ref()) {
        let one = init::repository(site, &name)?;
        made.repositories.extend(one.repositories);
        made.passwords.extend(one.passwords);
        made.kept.extend(one.kept);
    }
    Ok(answer(frame, &made))
}

/// Does `work` for one repository after the other, and puts the answers together. One that fails
/// does not keep the others from it; `json` of an answer becomes its item of the list.
pub(super) fn each(
    site: &Site,
    name: Option<&String>,
    frame: &Frame,
    mut work: impl FnMut(&str) -> Result<Report, AnyFault>,
) -> Result<(Report, Vec<Value>), AnyFault> {
    let names = names(site, name);
    let is_alone = names.len() == 1;
    let mut report = Report::done(Value::Null);
    let mut results = Vec::new();
    for name in names {
        site.go_on()?;
        let one = match work(&name) {
            Err(fault) if is_alone => return Err(fault),
            Err(fault) => failed(frame, &name, fault.as_ref()),
            Ok(one) => one,
        };
        report.exit = worse(report.exit, one.exit);
        report = report.lines(one.lines).warnings(one.warnings);
        results.push(one.json);
    }
    Ok((report, results))
}

/// The answer for a repository with which it could not be done.
fn failed(frame: &Frame, name: &str, fault: &dyn Fault) -> Report {
    let json = json!({"name": name, "code": fault.code(), "error": chain(fault)});
    let told = frame.about(name, &frame.catalog.fault(fault));
    Report::done(json).exit(fault.exit()).warnings([told])
}

/// Damage is the worst; a fault is worse than a warning; of two faults the first is told.
fn worse(before: ExitCode, now: ExitCode) -> ExitCode {
    match (before, now) {
        (ExitCode::Integrity, _) | (_, ExitCode::Integrity) => ExitCode::Integrity,
        (ExitCode::Done, _) => now,
        (ExitCode::Warnings, now) if now != ExitCode::Done => now,
        _ => before,
    }
}

fn prove(site: &Site, args: &Verify, frame: &Frame) -> Result<Report, AnyFault> {
    let depth = if args.read_data { Depth::AllData } else { Depth::Structure };
    let at = time("repository verify", "--as-of", args.as_of.as_ref(), frame)?;
    let (mut report, results) = each(site, args.name.as_ref(), frame, |name| {
        if let Some(parts) = args.read_part {
            return Ok(part(frame, name, &verify::part(site, name, parts)?));
        }
        let found = verify::as_of(site, name, depth, at)?;
        let mut lines = as_lines(frame, name, &found, depth);
        // What was damaged in the past is nothing to repair now.
        if at.is_none() {
            lines.splice(lines.len() - 1..lines.len() - 1, ways_out(frame, name, &found));
        }
        Ok(Report::done(as_json(frame, name, &found)).exit(exit(&found)).lines(lines))
    })?;
    report.json = json!({ "repositories": results });
    Ok(report)
}

/// What helps against what was found, for whoever reads it at night.
fn ways_out(frame: &Frame, name: &str, found: &VerifyReport) -> Vec<String> {
    let has = |kinds: &[DamageKind]| found.damages.iter().any(|one| kinds.contains(&one.kind));
    let packs = has(&[
        DamageKind::PackMissing,
        DamageKind::PackLength,
        DamageKind::PackUnreadable,
        DamageKind::PackContent,
    ]);
    let index = has(&[DamageKind::Index, DamageKind::NotIndexed, DamageKind::IndexMismatch]);
    let say = |id| frame.say(id, Values::none().text("repository", name));
    let packs = packs.then(|| say("verify-mend-packs"));
    let told = index.then(|| say("verify-mend-index")).into_iter().chain(packs);
    told.flat_map(|words| wrapped(&words, WIDTH)).collect()
}

fn exit(found: &VerifyReport) -> ExitCode {
    if found.is_sound() { ExitCode::Done } else { ExitCode::Integrity }
}

/// The answer for a part of the data, with what is known of the others.
fn part(frame: &Frame, name: &str, done: &PartRead) -> Report {
    let PartRead { report: found, part, since, read } = done;
    let mut json = as_json(frame, name, found);
    json["part"] = json!({
        "number": part.number() + 1,
        "of": part.of(),
        "read": read,
        "since": since.map(|at| at.to_string()),
    });
    let parts = Values::none()
        .number("number", u64::from(part.number() + 1))
        .number("parts", u64::from(part.of()))
        .number("read", u64::from(*read));
    let covered = match since {
        Some(at) => {
            let at = frame.catalog.format().instant(*at);
            frame.say("verify-part-since", parts.text("at", at))
        }
        None => frame.say("verify-part-unread", parts),
    };
    let mut lines = as_lines(frame, name, found, Depth::Part(*part));
    let told = ways_out(frame, name, found).into_iter().chain([covered]);
    lines.splice(lines.len() - 1..lines.len() - 1, told);
    Report::done(json).exit(exit(found)).lines(lines)
}

fn as_lines(frame: &Frame, name: &str, found: &VerifyReport, depth: Depth) -> Vec<String> {
    let format = frame.catalog.format();
    let mut list = List::default();
    list.row(frame.word("label-repository"), name);
    list.row(frame.word("label-sets"), format.number(found.sets));
    list.row(frame.word("label-packs"), format.number(found.packs));
    if found.segments > 0 {
        list.row(frame.word("label-segments"), format.number(found.segments));
    }
    list.row(frame.word("label-size"), format.bytes(found.bytes));
    list.row(frame.word("label-read"), format.bytes(found.bytes_read));
    let verdict = match (found.is_sound(), depth) {
        (true, Depth::AllData) => frame.word("verify-sound"),
        (true, Depth::Structure) => frame.word("verify-sound-structure"),
        (true, Depth::Part(_)) => frame.word("verify-sound-part"),
        (false, _) => {
            let count = Values::none()
                .number("count", found.damages.len() as u64)
                .number("sets", found.damaged_sets.len() as u64);
            frame.say("verify-damaged", count)
        }
    };
    list.row(frame.word("label-verdict"), verdict);
    let mut lines = list.lines();
    lines.extend(found.damages.iter().flat_map(|damage| damage_lines(frame, damage)));
    if !found.unreferenced.is_empty() {
        let count = Values::none().number("count", found.unreferenced.len() as u64);
        lines.push(frame.say("verify-unreferenced", count));
    }
    if found.foreign > 0 {
        let count = Values::none().number("count", found.foreign);
        lines.push(frame.say("verify-foreign", count));
    }
    lines.push(String::new());
    lines
}

fn damage_lines(frame: &Frame, damage: &Damage) -> Vec<String> {
    let mut lines = vec![format!("- {}", frame.catalog.say(&damage.message()))];
    for LostPath { set, path, ranges } in damage.paths.iter().take(PATHS_SHOWN) {
        let set = &set.to_string()[..8];
        let ranges: Vec<_> = ranges.iter().map(|lost| bytes(frame, lost)).collect();
        let path = if path.is_empty() { "/".to_owned() } else { shown(path) };
        let path = [&[path], &ranges[..]].concat().join(", ");
        lines.push(format!("    {}", frame.about(set, &path)));
    }
    let more = damage.paths_total.saturating_sub(damage.paths.len().min(PATHS_SHOWN) as u64);
    if more > 0 {
        let count = Values::none().number("count", more);
        lines.push(format!("    {}", frame.say("cli-more", count)));
    }
    lines
}

/// A range of bytes of a file, both ends included, as people count.
fn bytes(frame: &Frame, range: &Range<u64>) -> String {
    let last = range.end.saturating_sub(1);
    frame.say("verify-range", Values::none().number("from", range.start).number("to", last))
}

fn as_json(frame: &Frame, name: &str, found: &VerifyReport) -> Value {
    let ids = |sets: &[crate::repository::SnapshotId]| -> Vec<String> {
        sets.iter().map(ToString::to_string).collect()
    };
    let damages: Vec<_> = found
        .damages
        .iter()
        .map(|damage| {
            let paths: Vec<_> = damage
                .paths
                .iter()
                .map(|LostPath { set, path, ranges }| {
                    let ranges = ranges.iter().map(|lost| json!([lost.start, lost.end]));
                    let ranges: Vec<_> = ranges.collect();
                    json!({"set": set.to_string(), "path": shown(path), "ranges": ranges})
                })
                .collect();
            json!({
                "object": damage.object,
                "kind": damage.kind.as_str(),
                "reason": damage.reason,
                "message": frame.catalog.say(&damage.message()),
                "sets": ids(&damage.sets),
                "paths": paths,
                "paths-total": damage.paths_total,
            })
        })
        .collect();
    json!({
        "name": name,
        "sound": found.is_sound(),
        "sets": found.sets,
        "packs": found.packs,
        "blobs": found.blobs,
        "bytes": found.bytes,
        "bytes-read": found.bytes_read,
        "segments": found.segments,
        "foreign-objects": found.foreign,
        "damages": damages,
        "damaged-sets": ids(&found.damaged_sets),
        "unreferenced-packs": found.unreferenced.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
