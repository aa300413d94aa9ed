//! The report as pages: every figure in a table or a list of facts, what the log cannot tell last,
//! then how to reckon it all again, and the head of the log as a QR code.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::audit::verify::Verdict;
use crate::base::fault::{Args, Message};
use crate::config::settings::Store;
use crate::document::{Align, Code, Column, Document, Letterhead, Signature, Table, Text};
use crate::job::report::backup::{BackupReport, Group, grouped};
use crate::job::site::Site;
use crate::text::Language;
use crate::view::backup::{Row, Section, Value};

/// With more figures than this a line is a list of facts: a page has no room for so many columns.
const COLUMNS_MAX: usize = 6;

/// The report as an official document.
pub(super) fn document(report: &BackupReport, site: &Site, language: Language) -> Document {
    let mut document = opening(report, site);
    for section in Section::ALL {
        document = document.section(Text::message(section.id()));
        let groups = grouped(report.section(section));
        if groups.is_empty() {
            document = document.paragraph(Text::message("backup-report-empty"));
        }
        document = groups.iter().fold(document, one_group);
        document = match section {
            Section::Drills => numbers(document, report),
            Section::Holdings => copies(document, report),
            _ => document,
        };
    }
    // One long line would be set in letters that nobody can read.
    let command = report.command(language);
    let lines: Vec<String> = command.chunks(3).map(|words| words.join(" ")).collect();
    let command = lines.join(" \\\n  ");
    let log = &report.log;
    document
        .section(Text::message("backup-report-recompute-heading"))
        .paragraph(Text::message("backup-report-recompute"))
        .commands(command.lines().map(str::to_owned))
        .note(say(
            "backup-report-log",
            Args::none()
                .number("last", log.size.saturating_sub(1))
                .text("origin", &log.origin)
                .text("root", &log.root),
        ))
        .code(Code::new(
            log.checkpoint.clone(),
            say(
                "backup-report-head-described",
                Args::none().number("size", log.size).text("root", &log.root),
            ),
        ))
        .signature(Signature::new(Text::message("backup-report-signer-operator")))
        .signature(Signature::new(Text::message("backup-report-signer-head")))
}

fn say(id: &'static str, args: Args) -> Text {
    Text::Message(Message::with(id, args))
}

fn opening(report: &BackupReport, site: &Site) -> Document {
    let documents = &site.settings.documents;
    let operator = site.settings.portals.first().map(|portal| portal.operator.clone());
    let agency = documents.agency.clone().or(operator);
    let agency = agency.unwrap_or_else(|| site.settings.site.name.clone());
    let place = documents.place.clone().unwrap_or_else(|| "………".to_owned());
    let mut head = Letterhead::new(agency, place).symbol("BC-SLPH").date(report.scope.at);
    if let Some(superior) = &documents.superior {
        head = head.superior(superior.clone());
    }
    let title = say("backup-report-title", Args::none().text("period", &report.words));
    let mut document = Document::new(head, Text::message("backup-report-kind"), title)
        .basis(Text::message("backup-report-basis-law"))
        .basis(Text::message("backup-report-basis-decree"))
        .basis(Text::message("backup-report-basis-province"))
        .paragraph(say(
            "backup-report-opening",
            Args::none()
                .text("program", env!("CARGO_PKG_VERSION"))
                .number("entries", report.log.size)
                .text("origin", &report.log.origin),
        ));
    if report.scope.at < report.scope.period.to {
        let until = report.scope.until();
        document =
            document.paragraph(say("backup-report-not-over", Args::none().text("until", until)));
    }
    if report.verdict != Verdict::Valid {
        document = document.statement(Text::message("backup-report-log-caution"));
    }
    let label = Text::message("backup-report-log-verdict");
    document.facts([(label, Text::Message(report.verdict.message()))])
}

/// A table, or facts where it would be too wide or where they are about the whole.
fn one_group(document: Document, group: &Group<'_>) -> Document {
    let is_whole = group.lines.iter().all(|line| line.subject.is_empty() && line.item.is_empty());
    if group.figures.len() <= COLUMNS_MAX && !is_whole {
        return document.table(table(group));
    }
    group.lines.iter().fold(document, |document, line| {
        let document = match (line.subject, line.item) {
            ("", "") => document,
            (subject, "") => document.subsection(Text::data(subject)),
            (subject, item) => document.subsection(Text::data(format!("{subject} – {item}"))),
        };
        let facts = group.figures.iter().zip(&line.values);
        document.facts(facts.map(|(figure, value)| (Text::message(figure), worded(value))))
    })
}

fn table(group: &Group<'_>) -> Table {
    let subjects = group.lines.iter().any(|line| !line.subject.is_empty());
    let items = group.lines.iter().any(|line| !line.item.is_empty());
    let named = [("backup-column-subject", subjects, 3), ("backup-column-item", items, 4)];
    let named = named.into_iter().filter(|(_, any, _)| *any);
    let named = named.map(|(title, _, share)| Column::new(Text::message(title)).share(share));
    let figures = group.figures.iter().enumerate().map(|(at, figure)| {
        let column = Column::new(Text::message(figure));
        if group.lines.iter().all(|line| is_number(line.values[at])) {
            column.share(2).align(Align::Right)
        } else {
            column.share(3)
        }
    });
    let rows = group.lines.iter().map(|line| {
        let named = [(line.subject, subjects), (line.item, items)];
        let named = named.into_iter().filter(|(_, any)| *any).map(|(text, _)| Text::data(text));
        named.chain(line.values.iter().map(|value| worded(value))).collect::<Vec<_>>()
    });
    Table::new(named.chain(figures)).rows(rows)
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Count(_) | Value::Percent(_) | Value::Bytes(_))
}

fn worded(value: &Value) -> Text {
    match value {
        Value::Count(number) => Text::Number(*number),
        Value::Seconds(seconds) => Text::Duration(Duration::from_secs(*seconds)),
        Value::Bytes(bytes) => Text::Bytes(*bytes),
        Value::Percent(share) => Text::data(format!("{share} %")),
        Value::At(at) => Text::Instant(*at),
        Value::Word(id) => Text::message(id),
        Value::Text(text) => Text::data(text),
        Value::Unknown => Text::message("backup-word-unknown"),
    }
}

/// Whether any number of a drill is missing.
fn numbers(document: Document, report: &BackupReport) -> Document {
    let figure = |name: &str| {
        let found = report.section(Section::Drills).find(|row| row.figure == name);
        found.map(|row| &row.value)
    };
    document.paragraph(match (figure("backup-figure-last"), figure("backup-figure-missing")) {
        (Some(Value::Count(_)), Some(Value::Count(0))) => {
            Text::message("backup-report-drills-complete")
        }
        (Some(Value::Count(_)), Some(Value::Count(missing))) => {
            say("backup-report-drills-gaps", Args::none().number("count", *missing))
        }
        _ => Text::message("backup-report-drills-none"),
    })
}

/// Three copies, two kinds of store, one elsewhere: what is known of it.
fn copies(document: Document, report: &BackupReport) -> Document {
    let kind = |name: &str| {
        let place = report.places.iter().find(|(own, _, _)| own == name);
        place.map(|(_, store, _)| matches!(store, Store::Disk(_)))
    };
    let mut lines = Vec::new();
    for portal in &report.scope.portals {
        let own = report.section(Section::Holdings).filter(|row| row.subject == *portal);
        let own: Vec<&Row> = own.filter(|row| !row.item.is_empty()).collect();
        let kinds: BTreeSet<_> = own.iter().filter_map(|row| kind(&row.item)).collect();
        lines.push(say(
            "backup-report-copies",
            Args::none()
                .text("portal", portal)
                .number("copies", own.len() as u64)
                .number("kinds", kinds.len() as u64),
        ));
    }
    lines.extend(report.places.iter().map(|(name, store, off_site)| {
        let off_site = if *off_site { "yes" } else { "no" };
        say(
            "backup-report-copies-place",
            Args::none().text("repository", name).text("place", store).text("off-site", off_site),
        )
    }));
    document
        .subsection(Text::message("backup-report-copies-heading"))
        .list(lines)
        .paragraph(Text::message("backup-report-copies-untold"))
        .paragraph(Text::message("backup-report-encryption"))
}
