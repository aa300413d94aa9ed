//! `audit`: reads the record, verifies it, and hands it to others.
//!
//! Reading and verifying leave no trace; an export and an anchor are recorded, since they say who
//! holds a copy of what.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::verify::{Report as Findings, Trust, Weight, verify, verify_export};
use crate::audit::{Ending, Entry, Kind, Reader};
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, List, Table, hanging};
use crate::job::audit;

/// Only an export holds this file; it is written last.
const EXPORT_MARK: &str = "bundle.json";

/// What `audit` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `audit`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Log(Log),
    Verify(Verify),
    Export(Export),
    Anchor(Anchor),
}

/// What `audit log` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Log {
    #[arg(long, value_name = "VERB")]
    pub verb: Option<String>,
    #[arg(long, value_name = "SEQ")]
    pub from: Option<u64>,
    #[arg(long, value_name = "NUMBER")]
    pub last: Option<u64>,
}

/// What `audit verify` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub anchor: Vec<PathBuf>,
    #[arg(long, value_name = "VKEY")]
    pub key: Option<String>,
}

/// What `audit export` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[arg(long, value_name = "SEQ", requires = "to")]
    pub from: Option<u64>,
    #[arg(long, value_name = "SEQ", requires = "from")]
    pub to: Option<u64>,
}

/// What `audit anchor` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Anchor {
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Log(args) => log(args, frame),
        Verb::Verify(args) => prove(args, frame),
        Verb::Export(args) => export(args, frame),
        Verb::Anchor(args) => anchor(args, frame),
    }
}

fn log(args: &Log, frame: &Frame) -> Result<Report, AnyFault> {
    // Read without the writers' lock: a look must not make a running job wait, nor wait for it.
    let reader = Reader::open(&frame.site()?.settings.audit_dir())?;
    let mut entries = Vec::new();
    for entry in reader.range(args.from.unwrap_or(0)..reader.size()) {
        let entry = entry?;
        if args.verb.as_ref().is_none_or(|verb| entry.verb == *verb) {
            entries.push(entry);
        }
    }
    if let Some(last) = args.last {
        let surplus = entries.len().saturating_sub(usize::try_from(last).unwrap_or(usize::MAX));
        entries.drain(..surplus);
    }
    Ok(Report::done(json!({ "entries": entries })).lines(table(frame, &entries).lines()))
}

fn table(frame: &Frame, entries: &[Entry]) -> Table {
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("label-entry", Align::Right),
        column("label-time", Align::Left),
        column("label-actor", Align::Left),
        column("label-what", Align::Left),
        column("label-verb", Align::Left),
        column("label-subject", Align::Left),
    ]);
    for entry in entries {
        let what = match (entry.kind, entry.result) {
            (Kind::Outcome, Some(ending)) => ending_id(ending),
            (kind, _) => kind_id(kind),
        };
        table.row([
            entry.seq.to_string(),
            frame.catalog.format().instant(entry.at),
            entry.actor.name.clone(),
            frame.word(what),
            entry.verb.clone(),
            entry.subject.clone(),
        ]);
    }
    table
}

fn kind_id(kind: Kind) -> &'static str {
    match kind {
        Kind::Opened => "audit-kind-opened",
        Kind::Intent => "audit-kind-intent",
        Kind::Outcome => "audit-kind-outcome",
        Kind::Record => "audit-kind-record",
        Kind::Gap => "audit-kind-gap",
    }
}

fn ending_id(ending: Ending) -> &'static str {
    match ending {
        Ending::Done => "audit-ending-done",
        Ending::Warnings => "audit-ending-warnings",
        Ending::NotProven => "audit-ending-not-proven",
        Ending::Failed => "audit-ending-failed",
        Ending::Abandoned => "audit-ending-abandoned",
    }
}

/// Works on any folder, with or without a configuration: an auditor has none.
fn prove(args: &Verify, frame: &Frame) -> Result<Report, AnyFault> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => frame.site()?.settings.audit_dir(),
    };
    let trust = Trust { vkey: args.key.clone(), anchors: args.anchor.clone() };
    let is_export = dir.join(EXPORT_MARK).exists();
    let found = if is_export { verify_export(&dir, &trust) } else { verify(&dir, &trust) };
    Ok(Report::done(findings_json(frame, &dir, is_export, &found))
        .exit(found.verdict().exit())
        .lines(findings_lines(frame, &dir, &found)))
}

fn findings_lines(frame: &Frame, dir: &Path, found: &Findings) -> Vec<String> {
    let mut list = List::default();
    list.row(frame.word("label-folder"), dir.display().to_string());
    list.row(frame.word("label-log"), &found.origin);
    let entries = Values::none()
        .number("count", found.entries.end - found.entries.start)
        .number("from", found.entries.start);
    list.row(frame.word("label-entries"), frame.say("audit-verify-entries", entries));
    list.row(frame.word("label-root"), found.root.to_string());
    if found.open_intents > 0 {
        list.row(frame.word("label-open"), frame.catalog.format().number(found.open_intents));
    }
    for anchor in &found.anchors {
        let values = Values::none().text("path", anchor.path.display()).number("size", anchor.size);
        list.row(frame.word("label-anchor"), frame.say("audit-verify-anchor", values));
    }
    list.row(frame.word("label-verdict"), frame.catalog.say(&found.verdict().message()));
    let mut lines = list.lines();
    for finding in &found.findings {
        lines.extend(hanging("- ", &frame.catalog.say(&finding.message)));
    }
    if found.more > 0 {
        lines.push(frame.say("cli-more", Values::none().number("count", found.more)));
    }
    lines
}

fn findings_json(frame: &Frame, dir: &Path, is_export: bool, found: &Findings) -> Value {
    let findings = found.findings.iter().map(|finding| {
        json!({
            "weight": match finding.weight {
                Weight::Wrong => "wrong",
                Weight::Unknown => "unknown",
                Weight::Note => "note",
            },
            "entry": finding.seq,
            "id": finding.message.id,
            "message": frame.catalog.say(&finding.message),
        })
    });
    let anchors = found
        .anchors
        .iter()
        .map(|anchor| json!({"path": anchor.path.display().to_string(), "size": anchor.size}));
    let head = found.head.as_ref();
    json!({
        "folder": dir.display().to_string(),
        "kind": if is_export { "export" } else { "log" },
        "verdict": found.verdict().as_str(),
        "origin": found.origin,
        "from": found.entries.start,
        "to": found.entries.end,
        "head": head.map(|(size, root)| json!({"size": size, "root": root.to_string()})),
        "root": found.root.to_string(),
        "open-intents": found.open_intents,
        "anchors": anchors.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "not-listed": found.more,
    })
}

/// Positions on the command line name the first and the last entry; ranges end behind the last.
fn export(args: &Export, frame: &Frame) -> Result<Report, AnyFault> {
    let range: Option<Range<u64>> =
        args.from.zip(args.to).map(|(from, to)| from..to.saturating_add(1));
    let exported = audit::export(&frame.site()?, range, &args.out)?;
    let json = json!({
        "path": args.out.display().to_string(),
        "from": exported.range.start,
        "to": exported.range.end,
        "origin": exported.head.origin,
        "head": {"size": exported.head.size, "root": exported.head.root.to_string()},
    });
    let values = Values::none()
        .number("count", exported.range.end - exported.range.start)
        .text("path", args.out.display());
    Ok(Report::done(json).sentence(&frame.say("audit-exported", values)))
}

fn anchor(args: &Anchor, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let head = site.log()?.anchor(&site.actor, &args.out)?;
    let json = json!({
        "path": args.out.display().to_string(),
        "origin": head.origin,
        "size": head.size,
        "root": head.root.to_string(),
    });
    let values = Values::none().text("path", args.out.display());
    Ok(Report::done(json)
        .lines([frame.catalog.say(&head.message())])
        .sentence(&frame.say("audit-anchored", values)))
}
