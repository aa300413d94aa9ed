//! The figures as sheets: one long one, a figure a line, as the CSV has it and `figures.py` prints
//! it; and for a workbook one of each section, a figure a column.

use std::time::Duration;

use crate::document::{Cell, Sheet, Text};
use crate::job::report::backup::{BackupReport, grouped};
use crate::view::backup::{Row, Section, Value};

/// The names of the columns of the long sheet.
const COLUMNS: [&str; 6] = [
    "backup-column-section",
    "backup-column-subject",
    "backup-column-item",
    "backup-column-figure",
    "backup-column-value",
    "backup-column-unit",
];

/// All figures, one a line.
pub fn sheet(report: &BackupReport) -> Sheet {
    let line = |row: &Row| {
        let (value, unit) = plain(&row.value);
        vec![
            Cell::Text(Text::message(row.section.id())),
            data(&row.subject),
            data(&row.item),
            Cell::Text(Text::message(row.figure)),
            value,
            unit.map_or(Cell::Empty, |unit| Cell::Text(Text::message(unit))),
        ]
    };
    Sheet {
        name: Text::message("backup-report-all"),
        columns: COLUMNS.map(Text::message).to_vec(),
        rows: report.rows.iter().map(line).collect(),
    }
}

/// A sheet for each section, and the long one last.
pub fn sheets(report: &BackupReport) -> Vec<Sheet> {
    let sections = Section::ALL.iter().map(|section| section_sheet(report, *section));
    sections.chain([sheet(report)]).collect()
}

fn section_sheet(report: &BackupReport, section: Section) -> Sheet {
    let groups = grouped(report.section(section));
    let mut figures: Vec<&'static str> = Vec::new();
    for figure in groups.iter().flat_map(|group| &group.figures) {
        if !figures.contains(figure) {
            figures.push(figure);
        }
    }
    let mut rows = Vec::new();
    for group in &groups {
        for line in &group.lines {
            let cell = |figure: &&'static str| {
                let at = group.figures.iter().position(|own| own == figure);
                at.map_or(Cell::Empty, |at| typed(line.values[at]))
            };
            let named = [data(line.subject), data(line.item)];
            rows.push(named.into_iter().chain(figures.iter().map(cell)).collect());
        }
    }
    let named = ["backup-column-subject", "backup-column-item"];
    let columns = named.into_iter().chain(figures).map(Text::message).collect();
    Sheet { name: Text::message(section.id()), columns, rows }
}

fn data(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(Text::data(text)) }
}

/// As programs that know no types read it, and its unit.
fn plain(value: &Value) -> (Cell, Option<&'static str>) {
    match value {
        Value::Seconds(seconds) => (Cell::Number(*seconds), Some("backup-unit-seconds")),
        Value::Bytes(bytes) => (Cell::Number(*bytes), Some("backup-unit-bytes")),
        Value::Percent(share) => (Cell::Number(*share), Some("backup-unit-percent")),
        other => (typed(other), None),
    }
}

/// With its type.
fn typed(value: &Value) -> Cell {
    match value {
        Value::Count(number) | Value::Bytes(number) | Value::Percent(number) => {
            Cell::Number(*number)
        }
        Value::Seconds(seconds) => Cell::Span(Duration::from_secs(*seconds)),
        Value::At(at) => Cell::Instant(*at),
        Value::Word(id) => Cell::Text(Text::message(id)),
        Value::Text(text) => data(text),
        Value::Unknown => Cell::Text(Text::message("backup-word-unknown")),
    }
}
