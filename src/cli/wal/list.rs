//! `wal list`: what is kept of logs, and what is missing.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{Align, Table};
use crate::job::binlog::{self, BinaryLine, Contents};
use crate::job::wal::{self, Gap, Line, Listing};
use crate::source::mariadb::binlog::gtid::Gtid;

/// What `wal list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    #[arg(long)]
    pub files: bool,
}

/// Lists them; 3 where a recovery cannot go from the first segment to the last.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let names: Vec<String> = match &args.repository {
        Some(name) => vec![name.clone()],
        None => site.settings.repositories.iter().map(|one| one.name.clone()).collect(),
    };
    let (mut lines, mut told, mut whole) = (Vec::new(), Vec::new(), true);
    let mut code = ExitCode::Done;
    for name in names {
        let listing = wal::list(&site, &name)?;
        whole &= listing.lines.iter().all(Line::is_whole);
        whole &= listing.binary.iter().all(|line| line.gaps.is_empty());
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(as_lines(frame, &name, &listing));
        let mut json = as_json(&name, &listing);
        if args.files {
            for (nth, line) in listing.binary.iter().enumerate() {
                let files = binlog::contents(&site, &name, line)?;
                let faults = files.iter().filter_map(|file| file.held.as_ref().err());
                code = faults.map(|fault| fault.exit()).next().unwrap_or(code);
                lines.push(String::new());
                lines.extend(file_lines(frame, line, &files));
                json["binary-logs"][nth]["contents"] = files.iter().map(file_json).collect();
            }
        }
        told.push(json);
    }
    let exit = match (code, whole) {
        (ExitCode::Done, false) => ExitCode::Warnings,
        (code, _) => code,
    };
    Ok(Report::done(json!({ "repositories": told })).lines(lines).exit(exit))
}

fn as_lines(frame: &Frame, name: &str, listing: &Listing) -> Vec<String> {
    let format = frame.catalog.format();
    if listing.lines.is_empty() {
        if !listing.binary.is_empty() {
            return binary_lines(frame, name, listing);
        }
        return vec![frame.about(name, &frame.word("wal-list-none"))];
    }
    let mut table = Table::new([
        (frame.word("wal-label-system"), Align::Left),
        (frame.word("wal-label-timeline"), Align::Right),
        (frame.word("wal-label-first"), Align::Left),
        (frame.word("wal-label-last"), Align::Left),
        (frame.word("wal-label-segments"), Align::Right),
        (frame.word("label-size"), Align::Right),
    ]);
    for line in &listing.lines {
        let none = || ("—".to_owned(), "—".to_owned());
        let (first, last) = line.range.clone().unwrap_or_else(none);
        table.row([
            line.system.clone(),
            line.timeline.to_string(),
            first,
            last,
            format.number(line.segments),
            format.bytes(line.stored),
        ]);
    }
    let mut lines = vec![frame.about(name, &frame.word("wal-list-some"))];
    lines.extend(table.lines());
    for line in &listing.lines {
        lines.extend(line.gaps.iter().map(|gap| said(frame, &line.system, gap)));
        if line.timeline > 1 && !line.history {
            let values =
                Values::none().text("timeline", line.timeline).text("system", &line.system);
            lines.push(frame.say("wal-list-no-history", values));
        }
    }
    if !listing.binary.is_empty() {
        lines.push(String::new());
        lines.extend(binary_lines(frame, name, listing));
    }
    lines
}

/// The binary logs, in a table of their own.
fn binary_lines(frame: &Frame, name: &str, listing: &Listing) -> Vec<String> {
    let format = frame.catalog.format();
    let mut table = Table::new([
        (frame.word("wal-label-system"), Align::Left),
        (frame.word("wal-label-line"), Align::Left),
        (frame.word("wal-label-first"), Align::Left),
        (frame.word("wal-label-last"), Align::Left),
        (frame.word("wal-label-files"), Align::Right),
        (frame.word("label-size"), Align::Right),
    ]);
    for line in &listing.binary {
        let (first, last) = line.range.clone().unwrap_or_default();
        table.row([
            line.system.clone(),
            line.line.clone(),
            first,
            format!("{last}:{}", line.end),
            format.number(line.files),
            format.bytes(line.stored),
        ]);
    }
    let mut lines = vec![frame.about(name, &frame.word("wal-list-binary"))];
    lines.extend(table.lines());
    for line in &listing.binary {
        lines.extend(line.gaps.iter().map(|gap| said(frame, &line.system, gap)));
    }
    lines
}

/// Each file of a line, with what was read in it.
fn file_lines(frame: &Frame, line: &BinaryLine, files: &[Contents]) -> Vec<String> {
    let format = frame.catalog.format();
    let column = |id: &str, align| (frame.word(id), align);
    let mut table = Table::new([
        column("wal-label-file", Align::Left),
        column("label-size", Align::Right),
        column("wal-label-transactions", Align::Right),
        column("wal-label-first-gtid", Align::Left),
        column("wal-label-last-gtid", Align::Left),
        column("wal-label-first-time", Align::Left),
        column("wal-label-last-time", Align::Left),
        column("wal-label-fault", Align::Left),
    ]);
    let dash = || "—".to_owned();
    for file in files {
        let held = file.held.as_ref().ok();
        let gtids = held.and_then(|held| held.gtids);
        let times = held.and_then(|held| held.times);
        let time = |time: Option<Timestamp>| time.map_or_else(dash, |time| format.instant(time));
        let gtid = |gtid: Option<Gtid>| gtid.map_or_else(dash, |gtid| gtid.to_string());
        table.row([
            file.file.clone(),
            format.bytes(file.bytes),
            held.map_or_else(dash, |held| format.number(held.transactions)),
            gtid(gtids.map(|(first, _)| first)),
            gtid(gtids.map(|(_, last)| last)),
            time(times.map(|(first, _)| first)),
            time(times.map(|(_, last)| last)),
            file.held.as_ref().err().map_or_else(dash, |fault| fault.code().to_owned()),
        ]);
    }
    let values = Values::none().text("system", &line.system).text("line", &line.line);
    let mut lines = vec![frame.say("wal-list-files", values)];
    lines.extend(table.lines());
    lines
}

fn file_json(file: &Contents) -> Value {
    let held = file.held.as_ref().ok();
    let gtids = held.and_then(|held| held.gtids);
    let times = held.and_then(|held| held.times);
    json!({
        "file": file.file,
        "bytes": file.bytes,
        "transactions": held.map(|held| held.transactions),
        "first-gtid": gtids.map(|(first, _)| first.to_string()),
        "last-gtid": gtids.map(|(_, last)| last.to_string()),
        "first-time": times.map(|(first, _)| first.to_string()),
        "last-time": times.map(|(_, last)| last.to_string()),
        "code": file.held.as_ref().err().map(|fault| fault.code()),
    })
}

fn said(frame: &Frame, system: &str, gap: &Gap) -> String {
    let values = Values::none()
        .text("system", system)
        .number("count", gap.count)
        .text("first", &gap.first)
        .text("last", &gap.last);
    frame.say("wal-list-gap", values)
}

fn as_json(name: &str, listing: &Listing) -> Value {
    let gap = |gap: &Gap| json!({"first": gap.first, "last": gap.last, "count": gap.count});
    let binary = listing.binary.iter().map(|line| {
        json!({
            "system": line.system,
            "line": line.line,
            "first": line.range.as_ref().map(|(first, _)| first),
            "last": line.range.as_ref().map(|(_, last)| last),
            "end": line.end,
            "files": line.files,
            "bytes": line.stored,
            "gaps": line.gaps.iter().map(gap).collect::<Vec<_>>(),
        })
    });
    let lines = listing.lines.iter().map(|line| {
        json!({
            "system": line.system,
            "timeline": line.timeline,
            "first": line.range.as_ref().map(|(first, _)| first),
            "last": line.range.as_ref().map(|(_, last)| last),
            "segment-bytes": line.segment,
            "segments": line.segments,
            "bytes": line.stored,
            "gaps": line.gaps.iter().map(gap).collect::<Vec<_>>(),
            "short": line.short,
            "history": line.history,
            "whole": line.is_whole(),
        })
    });
    json!({
        "name": name,
        "timelines": lines.collect::<Vec<_>>(),
        "binary-logs": binary.collect::<Vec<_>>(),
        "other-files": listing.others,
        "foreign-objects": listing.foreign,
    })
}
