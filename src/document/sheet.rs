//! A table for programs that reckon, and its rendering as CSV.
//!
//! Comma-separated values by RFC 4180, with the mark by which spreadsheets know UTF-8. A text can
//! come from anybody: one that a spreadsheet would take for a formula gets an apostrophe before it,
//! by which the spreadsheet knows a text. Where it takes `;` for the end of a cell, as it does in
//! countries that write 1,5, this holds behind each `;` too. Numbers are whole and have no separators, times are those
//! of the site's clocks: what is read here is the same in every country.

use std::time::Duration;

use jiff::Timestamp;

use crate::document::error::DocumentError;
use crate::document::text::Text;
use crate::text::Catalog;

/// By which programs know that the file is UTF-8.
const MARK: &str = "\u{FEFF}";

/// How a formula begins, also in the wide letters that East Asian spreadsheets take for these.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Rows under a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What its tab is called; a CSV file has none.
    pub name: Text,
    /// The names of the columns.
    pub columns: Vec<Text>,
    /// As many cells in each as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words or data.
    Text(Text),
    /// A number to reckon with.
    Number(u64),
    /// A span of time, in CSV as whole seconds.
    Span(Duration),
    /// A point in time.
    Instant(Timestamp),
    /// Nothing.
    Empty,
}

impl Sheet {
    /// That every row is whole.
    pub(super) fn check(&self) -> Result<(), DocumentError> {
        let columns = self.columns.len();
        match self.rows.iter().find(|row| row.len() != columns) {
            Some(row) => Err(DocumentError::Ragged { cells: row.len(), columns }),
            None => Ok(()),
        }
    }
}

/// The sheet as a file of comma-separated values, words in the language of `catalog`.
pub fn csv(sheet: &Sheet, catalog: &Catalog) -> Result<Vec<u8>, DocumentError> {
    sheet.check()?;
    let mut text = MARK.to_owned();
    let titles = sheet.columns.iter().map(|title| Ok(guarded(&title.in_cell(catalog)?)));
    line(&mut text, &titles.collect::<Result<Vec<_>, DocumentError>>()?);
    for row in &sheet.rows {
        let cells = row.iter().map(|cell| written(cell, catalog));
        line(&mut text, &cells.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(text.into_bytes())
}

fn written(cell: &Cell, catalog: &Catalog) -> Result<String, DocumentError> {
    Ok(match cell {
        Cell::Text(text) => guarded(&text.in_cell(catalog)?),
        Cell::Number(number) => number.to_string(),
        Cell::Span(span) => span.as_secs().to_string(),
        Cell::Instant(at) => catalog.format().clock(*at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Cell::Empty => String::new(),
    })
}

/// Whether a spreadsheet would take this text for a formula.
pub(super) fn is_formula(text: &str) -> bool {
    text.starts_with(FORMULA)
}

fn guarded(text: &str) -> String {
    // A cell may begin with quotation marks, which are not part of it.
    let begins = |part: &str| is_formula(part.trim_start_matches(['"', ' ']));
    let mut guarded = String::with_capacity(text.len());
    for (nth, part) in text.split(';').enumerate() {
        if nth > 0 {
            guarded.push(';');
        }
        if is_formula(part) || (nth > 0 && begins(part)) {
            guarded.push('\'');
        }
        guarded.push_str(part);
    }
    guarded
}

/// What is unseen, the ends of lines among it, has become code points already.
fn line(text: &mut String, cells: &[String]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains([',', '"']) {
            text.extend(["\"", &cell.replace('"', "\"\""), "\""]);
        } else {
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    fn sheet(cell: Cell) -> Sheet {
        let name = Text::data("a");
        Sheet { name: name.clone(), columns: vec![name], rows: vec![vec![cell]] }
    }

    #[track_caller]
    fn check(cell: Cell, expected: &str) {
        let file = csv(&sheet(cell), &Catalog::new(Language::Vietnamese)).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert_eq!(text, format!("\u{FEFF}a\r\n{expected}\r\n"));
    }

    #[test]
    fn no_text_is_a_formula_and_none_breaks_out_of_its_cell() {
        let text = |text: &str| Cell::Text(Text::data(text));
        check(
            text("=HYPERLINK(\"http://x\",\"y\")"),
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
        );
        check(text("+84 221"), "'+84 221");
        check(text("-1"), "'-1");
        check(text("@SUM(A1)"), "'@SUM(A1)");
        check(text("＝1+1"), "'＝1+1");
        check(text("a;=1;b; \"@x"), "\"a;'=1;b;' \"\"@x\"");
        check(text("\t=1"), "[U+0009]=1");
        check(text("\r\n=1"), "[U+000D][U+000A]=1");
        check(text("a\u{202E}b"), "a[U+202E]b");
        check(text("Cổng, tỉnh"), "\"Cổng, tỉnh\"");
        check(text("漢字 🙂"), "漢字 🙂");
    }

    #[test]
    fn numbers_and_times_are_read_alike_in_every_country() {
        check(Cell::Number(1_234_567), "1234567");
        check(Cell::Span(Duration::from_millis(61_900)), "61");
        let at = "2026-10-31T17:00:00.9Z".parse().unwrap();
        check(Cell::Instant(at), "2026-11-01 00:00:00");
        check(Cell::Empty, "");
    }

    #[test]
    fn a_row_that_is_not_whole_is_refused() {
        let mut ragged = sheet(Cell::Empty);
        ragged.rows.push(Vec::new());
        let error = csv(&ragged, &Catalog::new(Language::Vietnamese)).unwrap_err();
        assert_eq!(error, DocumentError::Ragged { cells: 0, columns: 1 });
    }
}
