//! `report`: documents for auditors, made from the audit log.
//!
//! Making one reads and changes nothing, so that it leaves no entry, as minutes leave none: what it
//! says is in the log already.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::{Value as Json, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::document;
use crate::job::report::backup::{self, BackupReport};
use crate::view::backup::{Row, Value};
use crate::world::files;

/// What `report` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs under `report`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Backup(Backup),
}

/// What `report backup` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    #[arg(long, value_name = "PERIOD")]
    pub period: String,
    #[arg(long, value_name = "FORMAT", value_parser = format(), requires = "output")]
    pub format: Option<Format>,
    #[arg(long, value_name = "FILE", requires = "format")]
    pub output: Option<PathBuf>,
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For spreadsheets.
    Xlsx,
    /// To sign.
    Pdf,
    /// For every program.
    Csv,
}

impl Format {
    const WORDS: [(&'static str, Self); 3] =
        [("xlsx", Self::Xlsx), ("pdf", Self::Pdf), ("csv", Self::Csv)];

    fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, one)| *one == self).map_or("", |(word, _)| word)
    }
}

fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::WORDS.map(|(word, _)| word)).map(|word| {
        let found = Format::WORDS.iter().find(|(own, _)| *own == word);
        found.expect("the parser lets only these words through").1
    })
}

/// Does what the verb says.
pub(crate) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let Verb::Backup(args) = &args.verb;
    let site = frame.site()?;
    let made = backup::make(&site, &args.period)?;
    let catalog = &frame.catalog;
    let pages = made.document(&site, catalog.language());
    let mut json = figures(&made, frame);
    let mut report = Report::done(Json::Null).exit(made.verdict.exit());
    match args.output.as_ref().zip(args.format) {
        None => report = report.lines(document::plain(&pages, catalog)?.lines().map(str::to_owned)),
        Some((output, format)) => {
            let at = made.scope.at;
            let bytes = match format {
                Format::Xlsx => document::xlsx(&backup::sheets(&made), catalog, at)?,
                Format::Pdf => document::pdf(&pages, catalog, at)?,
                Format::Csv => document::csv(&backup::sheet(&made), catalog)?,
            };
            files::replace_durably(output, &bytes)?;
            json["path"] = json!(output.display().to_string());
            json["format"] = json!(format.as_str());
            json["bytes"] = json!(bytes.len());
            let values = Values::none().text("period", &made.words).text("path", output.display());
            report = report.sentence(&frame.say("backup-report-written", values));
        }
    }
    if made.verdict.exit() != ExitCode::Done {
        let verdict = catalog.say(&made.verdict.message());
        let values = Values::none().text("verdict", verdict);
        report = report.warnings([frame.say("backup-report-unproven", values)]);
    }
    report.json = json;
    Ok(report)
}

fn figures(made: &BackupReport, frame: &Frame) -> Json {
    let scope = &made.scope;
    json!({
        "period": made.words,
        "from": scope.period.from.to_string(),
        "to": scope.period.to.to_string(),
        "at": scope.at.to_string(),
        "until": scope.until().to_string(),
        "log": {
            "origin": made.log.origin,
            "size": made.log.size,
            "root": made.log.root,
            "verdict": made.verdict.as_str(),
        },
        "command": made.command(frame.catalog.language()),
        "figures": made.rows.iter().map(figure).collect::<Vec<_>>(),
    })
}

/// Names without the words before them: in JSON nothing is worded.
fn figure(row: &Row) -> Json {
    let (unit, value) = match &row.value {
        Value::Count(number) => ("count", json!(number)),
        Value::Seconds(number) => ("seconds", json!(number)),
        Value::Bytes(number) => ("bytes", json!(number)),
        Value::Percent(number) => ("percent", json!(number)),
        Value::At(at) => ("time", json!(at.to_string())),
        Value::Word(id) => ("word", json!(id.trim_start_matches("backup-word-"))),
        Value::Text(text) => ("text", json!(text)),
        Value::Unknown => ("unknown", Json::Null),
    };
    json!({
        "section": row.section.id().trim_start_matches("backup-section-"),
        "subject": row.subject,
        "item": row.item,
        "figure": row.figure.trim_start_matches("backup-figure-"),
        "kind": unit,
        "value": value,
    })
}
