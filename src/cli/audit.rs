//! `audit`: reads the record, verifies it, and hands it to others.
//!
//! Reading and verifying leave no trace; an export and an anchor are recorded, since they say who
//! holds a copy of what.

mod anchor;
pub(super) mod key;
mod reach;
mod readable;

use std::ops::Range;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::audit::verify::{
    Asked, Report as Findings, Trust, Verdict, Weight, compare_exports, is_export,
    verify_export_beside, verify_with,
};
use crate::audit::{Ending, Entry, Kind, Reader};
use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::audit::anchor::fingerprint;
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, List, Table, hanging};
use crate::cli::usage::UsageFault;
use crate::job::audit;
use crate::job::audit::Readable;
use crate::job::signing_key::SigningKey;

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
    Anchor(anchor::Anchor),
    Key(key::Args),
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
    #[arg(value_name = "EXPORT")]
    pub exports: Vec<PathBuf>,
    #[arg(long, value_name = "DIR", conflicts_with = "exports")]
    pub dir: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub anchor: Vec<PathBuf>,
    #[arg(long, value_name = "VKEY")]
    pub key: Option<String>,
    #[command(flatten)]
    pub from: reach::Elsewhere,
}

/// What `audit export` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    #[arg(long, value_name = "SEQ", requires = "to")]
    pub from: Option<u64>,
    #[arg(long, value_name = "SEQ", requires = "from")]
    pub to: Option<u64>,
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    match &args.verb {
        Verb::Log(args) => log(args, frame),
        Verb::Verify(args) => prove(args, frame),
        Verb::Export(args) => export(args, frame),
        Verb::Anchor(args) => anchor::run(args, frame),
        Verb::Key(args) => key::run(args, frame),
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

/// Works on any folder or file, with or without a configuration: an auditor has none.
fn prove(args: &Verify, frame: &Frame) -> Result<Report, AnyFault> {
    let trust = Trust { vkey: args.key.clone(), anchors: args.anchor.clone() };
    let mut found: Vec<(Subject, Findings)> = Vec::new();
    match (args.exports.as_slice(), &args.dir) {
        ([], dir) => {
            let own = || Ok::<_, AnyFault>(frame.site()?.settings.audit_dir());
            let dir = dir.clone().map_or_else(own, Ok)?;
            if !args.from.anchors_from.is_empty() && is_export(&dir) {
                return Err(UsageFault::conflict("audit verify", "--anchors-from", "--dir").into());
            }
            let asked = reach::fetched(&args.from, frame, &dir, &trust)?;
            found.push(judged(dir, &[], &trust, &asked));
        }
        (exports, _) => {
            found.extend(exports.iter().map(|path| judged(path.clone(), exports, &trust, &[])));
            for (index, one) in exports.iter().enumerate() {
                for other in &exports[index + 1..] {
                    let [_, _, both] = compare_exports(one, other, &trust);
                    found.push((Subject::Both(one.clone(), other.clone()), both));
                }
            }
        }
    }
    let verdict = worst(found.iter().map(|(_, found)| found.verdict()));
    let lines = found.iter().flat_map(|(subject, found)| findings_lines(frame, subject, found));
    let lines: Vec<_> = lines.collect();
    let mut told = found.iter().map(|(subject, found)| findings_json(frame, subject, found));
    let json = match (told.next(), found.len()) {
        (Some(one), 1) => one,
        (first, _) => json!({
            "verdict": verdict.as_str(),
            "reports": first.into_iter().chain(told).collect::<Vec<_>>(),
        }),
    };
    Ok(Report::done(json).exit(verdict.exit()).lines(lines))
}

/// What one of several answers is about.
enum Subject {
    Log(PathBuf),
    Export(PathBuf),
    Both(PathBuf, PathBuf),
}

impl Subject {
    fn kind(&self) -> &'static str {
        match self {
            Self::Log(_) => "log",
            Self::Export(_) => "export",
            Self::Both(..) => "comparison",
        }
    }

    fn paths(&self) -> String {
        match self {
            Self::Log(path) | Self::Export(path) => path.display().to_string(),
            Self::Both(one, other) => format!("{} ⇄ {}", one.display(), other.display()),
        }
    }
}

fn judged(
    path: PathBuf,
    beside: &[PathBuf],
    trust: &Trust,
    asked: &[Asked],
) -> (Subject, Findings) {
    if is_export(&path) {
        let found = verify_export_beside(&path, beside, trust);
        (Subject::Export(path), found)
    } else {
        let found = verify_with(&path, trust, asked);
        (Subject::Log(path), found)
    }
}

fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.fold(Verdict::Valid, |worst, verdict| match (worst, verdict) {
        (Verdict::Invalid, _) | (_, Verdict::Invalid) => Verdict::Invalid,
        (Verdict::Inconclusive, _) | (_, Verdict::Inconclusive) => Verdict::Inconclusive,
        _ => Verdict::Valid,
    })
}

fn findings_lines(frame: &Frame, subject: &Subject, found: &Findings) -> Vec<String> {
    let mut list = List::default();
    let label = match subject {
        Subject::Log(_) => "label-folder",
        Subject::Export(_) => "label-export",
        Subject::Both(..) => "label-compared",
    };
    list.row(frame.word(label), subject.paths());
    list.row(frame.word("label-log"), &found.origin);
    if let Some(vkey) = &found.vkey {
        list.row(frame.word("label-public-key"), vkey);
        list.row(frame.word("label-fingerprint"), fingerprint(vkey));
    }
    if let Some(signer) = &found.signer {
        let signed = SigningKey::from(signer);
        list.row(frame.word("label-signer"), key::told(frame, &signed));
        if found.vkey.as_ref() != Some(&signer.vkey) {
            list.row(frame.word("label-public-key"), &signer.vkey);
            list.row(frame.word("label-fingerprint"), fingerprint(&signer.vkey));
        }
    }
    if !matches!(subject, Subject::Both(..)) {
        let entries = Values::none()
            .number("count", found.entries.end - found.entries.start)
            .number("from", found.entries.start);
        list.row(frame.word("label-entries"), frame.say("audit-verify-entries", entries));
        list.row(frame.word("label-root"), found.root.to_string());
    }
    if found.open_intents > 0 {
        list.row(frame.word("label-open"), frame.catalog.format().number(found.open_intents));
    }
    if found.evidence > 0 {
        list.row(frame.word("label-named-evidence"), frame.catalog.format().number(found.evidence));
    }
    if found.withheld > 0 {
        list.row(frame.word("label-withheld"), frame.catalog.format().number(found.withheld));
    }
    reach::rows(frame, found, matches!(subject, Subject::Log(_)), &mut list);
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

fn findings_json(frame: &Frame, subject: &Subject, found: &Findings) -> Value {
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
    let head = found.head.as_ref();
    let mut told = json!({
        "folder": subject.paths(),
        "kind": subject.kind(),
        "verdict": found.verdict().as_str(),
        "origin": found.origin,
        "key": found.vkey,
        "fingerprint": found.vkey.as_deref().map(fingerprint),
        "signer": found.signer.as_ref().map(|signer| key::as_json(&SigningKey::from(signer))),
        "evidence": found.evidence,
        "withheld": found.withheld,
        "from": found.entries.start,
        "to": found.entries.end,
        "head": head.map(|(size, root)| json!({"size": size, "root": root.to_string()})),
        "root": found.root.to_string(),
        "open-intents": found.open_intents,
        "findings": findings.collect::<Vec<_>>(),
        "not-listed": found.more,
    });
    reach::as_json(found, &mut told);
    told
}

/// Positions on the command line name the first and the last entry; ranges end behind the last.
fn export(args: &Export, frame: &Frame) -> Result<Report, AnyFault> {
    let range: Option<Range<u64>> =
        args.from.zip(args.to).map(|(from, to)| from..to.saturating_add(1));
    let catalog = &frame.catalog;
    let words = Readable {
        name: format!("entries.{}.txt", catalog.language().code()),
        head: &|origin, range, out| readable::head(catalog, origin, range, out),
        entry: &|entry, out| readable::entry(catalog, entry, out),
    };
    let handed = audit::export(&frame.site()?, range, &words, &args.out)?;
    let exported = &handed.exported;
    let json = json!({
        "path": args.out.display().to_string(),
        "from": exported.range.start,
        "to": exported.range.end,
        "origin": exported.head.origin,
        "head": {"size": exported.head.size, "root": exported.head.root.to_string()},
        "digest": exported.digest.to_string(),
        "bytes": exported.bytes,
        "evidence": handed.evidence,
        "altered": handed.altered.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let values = Values::none()
        .number("count", exported.range.end - exported.range.start)
        .text("path", args.out.display());
    let mut list = List::default();
    list.row(frame.word("label-export"), args.out.display().to_string());
    list.row("SHA-256", exported.digest.to_string());
    if handed.evidence > 0 {
        list.row(
            frame.word("label-named-evidence"),
            frame.catalog.format().number(handed.evidence),
        );
    }
    let altered = handed
        .altered
        .iter()
        .map(|digest| frame.say("audit-exported-altered", Values::none().text("digest", digest)));
    let altered: Vec<_> = altered.collect();
    let exit = if altered.is_empty() { ExitCode::Done } else { ExitCode::Warnings };
    Ok(Report::done(json)
        .exit(exit)
        .lines(list.lines())
        .sentence(&frame.say("audit-exported", values))
        .warnings(altered))
}
