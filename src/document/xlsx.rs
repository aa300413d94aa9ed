//! Sheets as a workbook for spreadsheet programs.
//!
//! A text is stored as a text, never as a formula, and stays one when somebody edits its cell.
//! Times are times and spans are spans, so that a reader can sort and reckon. Equal sheets, words
//! and times give equal bytes.

use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};

use crate::document::error::DocumentError;
use crate::document::sheet::{Cell, Sheet, is_formula};
use crate::text::Catalog;

/// Letters of a tab's name that spreadsheets take.
const NAME_MAX: usize = 31;

/// Letters that a cell holds are 32,767, counted as UTF-16.
const TEXT_MAX: usize = 16_000;

/// Whole numbers beyond this are not exact in a cell: they stand there as texts.
const EXACT_MAX: u64 = 1 << 53;

/// Letters; a narrower column cuts times off, a wider one leaves the others no room.
const WIDTHS: std::ops::RangeInclusive<usize> = 12..=48;

/// Writes the sheets in the language of `catalog`; `created` becomes the file's time.
pub fn xlsx(
    sheets: &[Sheet],
    catalog: &Catalog,
    created: Timestamp,
) -> Result<Vec<u8>, DocumentError> {
    let failed = |error: XlsxError| DocumentError::Sheet { diagnostics: error.to_string() };
    let mut book = Workbook::new();
    let created = excel_time(catalog.format().clock(created)).map_err(failed)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let looks = Looks::new();
    for sheet in sheets {
        sheet.check()?;
        let page = book.add_worksheet();
        page.set_name(tab(&sheet.name.in_cell(catalog)?)).map_err(failed)?;
        let texts = Texts::of(sheet, catalog)?;
        fill(page, sheet, &texts, &looks, catalog).map_err(failed)?;
    }
    book.save_to_buffer().map_err(failed)
}

/// How cells look.
struct Looks {
    title: Format,
    text: Format,
    /// Stays a text when it is edited.
    guarded: Format,
    number: Format,
    span: Format,
    instant: Format,
}

impl Looks {
    fn new() -> Self {
        let plain = || Format::new().set_align(FormatAlign::Top);
        Self {
            title: plain().set_bold().set_text_wrap(),
            text: plain().set_text_wrap(),
            guarded: plain().set_text_wrap().set_quote_prefix(),
            number: plain().set_num_format("#,##0"),
            span: plain().set_num_format("[h]:mm:ss"),
            instant: plain().set_num_format("yyyy-mm-dd hh:mm:ss"),
        }
    }

    fn of(&self, text: &str) -> &Format {
        if is_formula(text) { &self.guarded } else { &self.text }
    }
}

/// The words of a sheet, made before anything is written.
struct Texts {
    titles: Vec<String>,
    cells: Vec<Vec<Option<String>>>,
}

impl Texts {
    fn of(sheet: &Sheet, catalog: &Catalog) -> Result<Self, DocumentError> {
        let word = |cell: &Cell| match cell {
            Cell::Text(text) => text.in_cell(catalog).map(Some),
            Cell::Number(number) if *number > EXACT_MAX => Ok(Some(number.to_string())),
            _ => Ok(None),
        };
        let titles = sheet.columns.iter().map(|title| title.in_cell(catalog));
        let cells = sheet.rows.iter().map(|row| row.iter().map(word).collect());
        Ok(Self {
            titles: titles.collect::<Result<_, _>>()?,
            cells: cells.collect::<Result<_, _>>()?,
        })
    }

    /// Wide enough for most of what stands in this column.
    fn width(&self, column: usize) -> usize {
        let cells = self.cells.iter().filter_map(|row| row[column].as_deref());
        let letters = cells.map(|text| text.chars().count()).max().unwrap_or(0).max(20);
        letters.clamp(*WIDTHS.start(), *WIDTHS.end())
    }
}

fn fill(
    page: &mut Worksheet,
    sheet: &Sheet,
    texts: &Texts,
    looks: &Looks,
    catalog: &Catalog,
) -> Result<(), XlsxError> {
    for (column, title) in (0_u16..).zip(&texts.titles) {
        page.write_string_with_format(0, column, cut(title), &looks.title)?;
        let width = u32::try_from(texts.width(column.into())).unwrap_or(u32::MAX);
        page.set_column_width(column, f64::from(width))?;
    }
    page.set_freeze_panes(1, 0)?;
    for ((row, cells), words) in (1_u32..).zip(&sheet.rows).zip(&texts.cells) {
        for ((column, cell), word) in (0_u16..).zip(cells).zip(words) {
            if let Some(word) = word {
                page.write_string_with_format(row, column, cut(word), looks.of(word))?;
                continue;
            }
            match cell {
                Cell::Number(number) => {
                    page.write_number_with_format(row, column, *number as f64, &looks.number)?;
                }
                Cell::Span(span) => {
                    let days = span.as_secs() as f64 / 86_400.0;
                    page.write_number_with_format(row, column, days, &looks.span)?;
                }
                Cell::Instant(at) => {
                    let at = excel_time(catalog.format().clock(*at))?;
                    page.write_datetime_with_format(row, column, &at, &looks.instant)?;
                }
                Cell::Text(_) | Cell::Empty => {}
            }
        }
    }
    Ok(())
}

fn excel_time(at: DateTime) -> Result<ExcelDateTime, XlsxError> {
    let part = |number: i8| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(at.year()).unwrap_or(0);
    ExcelDateTime::from_ymd(year, part(at.month()), part(at.day()))?.and_hms(
        part(at.hour()).into(),
        part(at.minute()),
        f64::from(part(at.second())),
    )
}

/// A tab's name has few letters, and not these.
fn tab(name: &str) -> String {
    let name = name.replace(['[', ']', ':', '*', '?', '/', '\\', '\''], " ");
    if name.encode_utf16().count() <= NAME_MAX {
        return name;
    }
    let mut short = String::new();
    for letter in name.chars() {
        if short.encode_utf16().count() + letter.len_utf16() >= NAME_MAX {
            break;
        }
        short.push(letter);
    }
    format!("{}…", short.trim_end())
}

fn cut(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX {
        return text.to_owned();
    }
    text.chars().take(TEXT_MAX).chain(['…']).collect()
}
