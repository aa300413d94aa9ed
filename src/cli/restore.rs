//! `restore`: brings a set, or a part of it, back to a place of choice.
//!
//! What will be done is told before it is done, and what is missing before all else.

mod plan;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::incident::time;
use crate::cli::report::Report;
use crate::cli::snapshot::short;
use crate::cli::table::List;
use crate::config::secret::SecretSource;
use crate::job::restore::plan::Plan;
use crate::job::restore::{self, Outline, Request, Restored};
use crate::repository::browse::shown;
use crate::repository::restore::{Lost, Overwrite};
use crate::source::mariadb::binlog::gtid::Gtid;

/// What `restore` takes.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long, value_name = "PATH", conflicts_with = "database")]
    pub from: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    #[arg(long, value_name = "TIME", conflicts_with_all = [
        "from", "only", "table", "overwrite", "delete",
    ])]
    pub to: Option<String>,
    #[arg(long, value_name = "GTID", value_parser = gtid, requires = "database", conflicts_with_all = [
        "to", "from", "only", "table", "overwrite", "delete",
    ])]
    pub to_gtid: Option<Gtid>,
    #[arg(long, value_name = "PATH")]
    pub only: Vec<String>,
    #[arg(long, value_name = "TABLE", requires = "database", conflicts_with_all = ["only", "from"])]
    pub table: Vec<String>,
    #[arg(long, value_name = "DIR")]
    pub target: PathBuf,
    #[arg(long, value_name = "NAME=TARGET", value_parser = database_target)]
    pub database: Vec<(String, String)>,
    #[arg(long, value_name = "RULE", value_parser = rules())]
    pub overwrite: Option<String>,
    #[arg(long)]
    pub delete: bool,
    #[arg(long)]
    pub verify: bool,
    #[arg(long)]
    pub resume: bool,
    #[arg(long)]
    pub dry_run: bool,
    #[arg(long, value_name = "PORTAL")]
    pub production: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    #[arg(long, value_name = "TEXT", requires = "production")]
    pub without_evidence: Option<String>,
    #[arg(long)]
    pub despite_space: bool,
}

fn rules() -> PossibleValuesParser {
    PossibleValuesParser::new(Overwrite::ALL.map(|(_, name)| name))
}

/// Reads `NAME=TARGET`. The parser replaces the error by words of its own.
fn database_target(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, target)) if !name.is_empty() && !target.is_empty() => {
            Ok((name.to_owned(), target.to_owned()))
        }
        _ => Err("expected NAME=TARGET"),
    }
}

/// Reads a transaction's number. The parser replaces the error by words of its own.
fn gtid(text: &str) -> Result<Gtid, &'static str> {
    text.parse().map_err(|()| "expected DOMAIN-SERVER-NUMBER or UUID:NUMBER")
}

/// Restores it.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let request = Request {
        portal: args.portal.clone(),
        set: Some(args.set.clone()),
        repository: args.repository.clone(),
        from: args.from.clone(),
        as_of: time("restore", "--as-of", args.as_of.as_ref(), frame)?,
        only: args.only.clone(),
        tables: args.table.clone(),
        target: args.target.clone(),
        over: args.overwrite.as_deref().and_then(Overwrite::named),
        delete: args.delete,
        verify: args.verify,
        databases: args.database.clone(),
        to: time("restore", "--to", args.to.as_ref(), frame)?,
        to_gtid: args.to_gtid,
        resume: args.resume,
        dry_run: args.dry_run,
        production: args.production.clone(),
        identity: args.identity.clone().map(SecretSource::File),
        without_evidence: args.without_evidence.clone(),
        despite_space: args.despite_space,
    };
    let tell = |planned: &Plan| {
        let warnings = plan::warnings(frame, planned, false);
        for line in plan::lines(frame, &request, planned).iter().chain(&warnings) {
            frame.aside(line);
        }
    };
    let restored = restore::run(&frame.site()?, &request, &tell)?;
    Ok(Report::done(as_json(frame, &request, &restored))
        .exit(restored.exit())
        .lines(lines(frame, &request, &restored))
        .warnings(warnings(frame, &restored)))
}

fn lines(frame: &Frame, request: &Request, restored: &Restored) -> Vec<String> {
    if request.dry_run {
        let mut lines = plan::lines(frame, request, &restored.plan);
        lines.push(frame.word("restore-dry-run"));
        return lines;
    }
    let format = frame.catalog.format();
    let report = &restored.report;
    let mut list = List::default();
    list.row(frame.word("label-set"), restored.id.to_string());
    list.row(frame.word("label-taken"), format.instant(restored.manifest.started));
    list.row(frame.word("label-repository"), &restored.repository);
    if let Some(at) = request.as_of {
        list.row(frame.word("label-as-of"), format.instant(at));
    }
    if let Some(to) = request.to {
        list.row(frame.word("label-to"), format.instant(to));
    }
    if let Some(gtid) = request.to_gtid {
        list.row(frame.word("label-to-gtid"), gtid.to_string());
    }
    list.row(frame.word("label-target"), request.target.display().to_string());
    list.row(frame.word("label-files"), format.number(report.files));
    list.row(frame.word("label-folders"), format.number(report.folders));
    list.row(frame.word("label-size"), format.bytes(report.bytes));
    if report.kept_bytes > 0 {
        list.row(frame.word("label-kept"), format.bytes(report.kept_bytes));
    }
    list.row(frame.word("label-fetched"), format.bytes(report.fetched_bytes));
    if restored.opened > 0 {
        list.row(frame.word("label-opened"), format.number(restored.opened));
    }
    if let Some(erased) = restored.erased {
        list.row(frame.word("label-erased"), format.number(erased));
    }
    for (repository, id) in &restored.evidence {
        list.row(frame.word("label-evidence"), format!("{} ({repository})", short(id)));
    }
    for reached in &restored.reached {
        let values = Values::none().text("database", &reached.database).text("last", &reached.last);
        list.row(frame.word("restore-label-log"), frame.say("restore-reached", values));
    }
    if !restored.loaded.is_empty() {
        list.row(frame.word("label-loaded"), restored.loaded.join(", "));
    }
    if request.over.is_some() || request.resume || request.delete {
        counts(frame, report, &mut list);
    }
    let mut lines = list.lines();
    if !report.deleted.is_empty() {
        lines.extend(deletions(frame, report, false));
    }
    lines
}

/// What stands in the target, beside the set.
fn counts(frame: &Frame, report: &Outline, list: &mut List) {
    let format = frame.catalog.format();
    list.row(frame.word("label-new"), format.number(report.made));
    list.row(frame.word("label-changed"), format.number(report.changed));
    list.row(frame.word("label-unchanged"), format.number(report.unchanged));
    list.row(frame.word("label-left"), format.number(report.left));
    list.row(frame.word("label-deleted"), format.number(report.deleted.len() as u64));
}

/// What is deleted, each by its name. A list that somebody has to decide about is not cut.
fn deletions(frame: &Frame, report: &Outline, planned: bool) -> Vec<String> {
    let id = if planned { "restore-to-delete" } else { "restore-deleted" };
    let one = |path: &Vec<u8>| frame.say(id, Values::none().text("path", shown(path)));
    let all = report.deleted.iter().map(one).collect();
    if planned { all } else { frame.capped(all) }
}

/// Which bytes of a file are missing, in words.
fn missing(frame: &Frame, lost: &Lost) -> Option<String> {
    let first = lost.missing.first()?;
    let bytes = lost.missing.iter().map(|range| range.end - range.start).sum();
    let values = Values::none()
        .text("bytes", frame.catalog.format().bytes(bytes))
        .text("offset", first.start)
        .number("count", lost.missing.len() as u64);
    Some(frame.say("restore-missing", values))
}

/// What is missing comes first: nobody should have to look for it.
fn warnings(frame: &Frame, restored: &Restored) -> Vec<String> {
    let report = &restored.report;
    let lost = report.lost.iter().map(|lost| {
        let fault = frame.catalog.fault(lost.fault.as_ref());
        let values = Values::none().text("path", shown(&lost.path)).text("fault", fault);
        let words = frame.say("restore-lost", values);
        match missing(frame, lost) {
            Some(missing) => format!("{words} ({missing})"),
            None => words,
        }
    });
    let warnings = report
        .warnings
        .iter()
        .map(|warning| frame.about(shown(&warning.path), &frame.catalog.say(&warning.message)));
    let notes = restored.notes.iter().map(|note| frame.catalog.say(note));
    let gaps = restored.reached.iter().filter_map(|reached| {
        let values = Values::none().text("database", &reached.database);
        Some(frame.say("restore-log-gap", values.text("first", reached.gap.as_ref()?)))
    });
    let lacks = restored
        .evidence_lacks
        .iter()
        .map(|source| frame.say("restore-evidence-lacks", Values::none().text("source", source)));
    let failed = restored.evidence_failed.iter().map(|(repository, fault)| {
        let values = Values::none().text("repository", repository);
        let values = values.text("fault", frame.catalog.fault(fault.as_ref()));
        frame.say("restore-evidence-failed", values)
    });
    let mut all = plan::warnings(frame, &restored.plan, true);
    all.extend(frame.capped(lost.collect()));
    all.extend(restored.left_sealed.iter().map(|part| {
        let to = part.recipients.join(", ");
        let values = Values::none().text("part", &part.part).text("recipients", to);
        frame.say("restore-left-sealed", values)
    }));
    all.extend(gaps.chain(failed).chain(lacks));
    all.extend(frame.capped(warnings.chain(notes).collect()));
    all
}

fn as_json(frame: &Frame, request: &Request, restored: &Restored) -> Value {
    let report = &restored.report;
    let lost = report.lost.iter().map(|lost| {
        json!({
            "path": shown(&lost.path),
            "code": lost.fault.code(),
            "message": frame.catalog.fault(lost.fault.as_ref()),
            "missing": lost.missing.iter().map(|range| {
                json!({ "offset": range.start, "bytes": range.end - range.start })
            }).collect::<Vec<_>>(),
        })
    });
    let warnings = report.warnings.iter().map(|warning| {
        json!({
            "path": shown(&warning.path),
            "id": warning.message.id,
            "message": frame.catalog.say(&warning.message),
        })
    });
    json!({
        "set": restored.id.to_string(),
        "taken": restored.manifest.started.to_string(),
        "repository": restored.repository,
        "target": request.target.display().to_string(),
        "from": request.from,
        "as-of": request.as_of.map(|at| at.to_string()),
        "to": request.to.map(|at| at.to_string()),
        "to-gtid": request.to_gtid.map(|gtid| gtid.to_string()),
        "dry-run": request.dry_run,
        "plan": plan::as_json(frame, &restored.plan),
        "evidence": restored.evidence.iter().map(|(repository, id)| {
            json!({ "repository": repository, "id": id.to_string() })
        }).collect::<Vec<_>>(),
        "evidence-lacks": restored.evidence_lacks,
        "evidence-failed": restored.evidence_failed.iter().map(|(repository, fault)| json!({
            "repository": repository,
            "code": fault.code(),
            "message": frame.catalog.fault(fault.as_ref()),
        })).collect::<Vec<_>>(),
        "files": report.files,
        "folders": report.folders,
        "others": report.others,
        "new": report.made,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "left": report.left,
        "deleted": report.deleted.iter().map(|path| shown(path)).collect::<Vec<_>>(),
        "bytes": report.bytes,
        "bytes-kept": report.kept_bytes,
        "bytes-fetched": report.fetched_bytes,
        "databases": restored.loaded,
        "reached": restored.reached.iter().map(|one| {
            json!({ "database": one.database, "last": one.last, "gap": one.gap })
        }).collect::<Vec<_>>(),
        "opened": restored.opened,
        "erased": restored.erased,
        "left-sealed": restored.left_sealed,
        "lost": lost.collect::<Vec<_>>(),
        "warnings": warnings.collect::<Vec<_>>(),
        "notes": restored.notes.iter().map(|note| {
            json!({ "note": note.id, "message": frame.catalog.say(note) })
        }).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_may_hold_equal_signs_of_its_own() {
        let parsed = database_target("portal=host=/run/pg dbname=x");
        assert_eq!(parsed, Ok(("portal".to_owned(), "host=/run/pg dbname=x".to_owned())));
        assert!(database_target("portal").is_err());
        assert!(database_target("=x").is_err());
        assert!(database_target("portal=").is_err());
    }
}
