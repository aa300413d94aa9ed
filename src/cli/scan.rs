//! `scan`: holds a home page against the criteria of the law; one table, JSON, or a CSV file.
//!
//! The CSV file is opened in spreadsheets by people, and some of its cells come from the page: a
//! cell that a spreadsheet would take for a formula is made text (CWE-1236).

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::table::{List, hanging};
use crate::job::scan::{self, Row, Scanned, Wish};
use crate::probe::criterion::Result as Met;
use crate::probe::criterion::fact::SaidRecord;
use crate::probe::page::fold::one_line;
use crate::probe::settings::Network;
use crate::text::Language;
use crate::world::files;

/// The code of the fault that says that there is no configuration at all.
const NO_CONFIGURATION: &str = "cli.no-configuration";

/// The longest text of an address or a file of criteria that is shown.
const SHOWN_MAX: usize = 300;

/// What `scan` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "TARGET")]
    pub target: String,
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub criteria: Vec<PathBuf>,
    #[arg(long)]
    pub ask_issuer: bool,
}

/// Scans a configured portal, else an address.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let wish = Wish {
        target: args.target.clone(),
        criteria: args.criteria.clone(),
        ask_issuer: args.ask_issuer,
    };
    let scanned = match frame.site() {
        Ok(site) => match site.settings.portal(&args.target) {
            Some(portal) => scan::portal(&site, portal, &wish)?,
            None => scan::address(&frame.world, &site.settings.network, &wish)?,
        },
        // An address can be looked at from any machine.
        Err(fault) if fault.code() == NO_CONFIGURATION => {
            scan::address(&frame.world, &Network::default(), &wish)?
        }
        Err(fault) => return Err(fault),
    };
    let mut report = Report::done(as_json(frame, &scanned)).exit(scanned.exit());
    report = report.lines(told(frame, &scanned));
    if let Some(file) = &args.csv {
        files::replace_durably(file, csv(frame, &scanned).as_bytes())?;
        let written = Values::none().text("path", file.display());
        report = report.lines([String::new(), frame.say("scan-written", written)]);
    }
    Ok(report)
}

fn name<'a>(frame: &Frame, row: &'a Row) -> &'a str {
    let name = &row.criterion.name;
    if frame.catalog.language() == Language::Vietnamese { &name.vi } else { &name.en }
}

fn because(frame: &Frame, row: &Row) -> String {
    let words: Vec<String> =
        row.outcome.because.iter().map(|message| frame.catalog.say(message)).collect();
    words.join("; ")
}

/// The counts, then a paragraph a criterion: reasons are sentences and need their room.
fn told(frame: &Frame, scanned: &Scanned) -> Vec<String> {
    let mut head = List::default();
    head.row(frame.word("label-address"), one_line(scanned.url.as_str(), SHOWN_MAX));
    head.row(frame.word("label-time"), frame.catalog.format().instant(scanned.at));
    let count = |met| scanned.count(met) as u64;
    let counts = Values::none()
        .number("passed", count(Met::Pass))
        .number("failed", count(Met::Fail))
        .number("unknown", count(Met::Unknown))
        .number("unbound", count(Met::NotBound));
    head.row(frame.word("label-outcome"), frame.say("scan-counts", counts));
    let mut lines = head.lines();
    for row in &scanned.rows {
        lines.push(String::new());
        let result = frame.catalog.say(&row.outcome.result.message());
        lines.extend(hanging(&format!("{result}  "), &one_line(name(frame, row), SHOWN_MAX)));
        let law = format!("{}, {}", row.law, row.criterion.article);
        lines.extend(hanging("    ", &one_line(&law, SHOWN_MAX)));
        lines.extend(hanging("    ", &because(frame, row)));
        if let Some(since) = row.since {
            let since = frame.catalog.format().instant(since);
            lines.extend(hanging(
                "    ",
                &frame.say("scan-since", Values::none().text("at", since)),
            ));
        }
    }
    lines
}

fn as_json(frame: &Frame, scanned: &Scanned) -> Value {
    let rows = scanned.rows.iter().map(|row| {
        json!({
            "criterion": row.criterion.id,
            "law": row.law,
            "article": row.criterion.article,
            "result": row.outcome.result.as_str(),
            "because": row.outcome.because.iter().map(SaidRecord::from).collect::<Vec<_>>(),
            "message": because(frame, row),
            "since": row.since.map(|since| since.to_string()),
        })
    });
    json!({
        "portal": scanned.portal,
        "url": scanned.url.as_str(),
        "at": scanned.at.to_string(),
        "entry": scanned.entry,
        "criteria": rows.collect::<Vec<_>>(),
    })
}

fn csv(frame: &Frame, scanned: &Scanned) -> String {
    let heads = [
        "label-criterion",
        "label-law",
        "label-article",
        "label-outcome",
        "label-reason",
        "label-since",
    ];
    // Spreadsheets read UTF-8 only behind this mark.
    let mut text = String::from('\u{feff}');
    text.push_str(&line(heads.map(|head| frame.word(head))));
    for row in &scanned.rows {
        text.push_str(&line([
            name(frame, row).to_owned(),
            row.law.clone(),
            row.criterion.article.clone(),
            frame.catalog.say(&row.outcome.result.message()),
            because(frame, row),
            row.since.map(|since| frame.catalog.format().instant(since)).unwrap_or_default(),
        ]));
    }
    text
}

/// A line of RFC 4180, every cell in quotes.
fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| quoted(&cell)).collect();
    cells.join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    // Blanks, quotes and signs in front do not keep a spreadsheet from seeing the formula.
    let first = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '"');
    let dangerous = first.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        || cell.starts_with(['\t', '\r', '\n']);
    let guard = if dangerous { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_no_cell_ends_early() {
        for (cell, expected) in [
            ("đạt", "\"đạt\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\"=1", "\"'\"\"=1\""),
            (" ＝1", "\"' ＝1\""),
            ("a,b\r\nc", "\"a,b\r\nc\""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
        assert_eq!(line(["a".to_owned(), String::new()]), "\"a\",\"\"\r\n");
    }
}
