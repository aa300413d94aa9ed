//! A form as a file to edit: WordprocessingML with the words of the PDF in the same order.
//!
//! The mark is the watermark that word processors put in themselves, so that their own command
//! takes it out again. Nothing in the file depends on the clock or the machine: equal forms and
//! times give equal bytes. What the PDF does with lines broken inside long runs is left to the
//! word processor, so that text copied from here holds no character that nobody typed.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, BreakType, Docx, Header, LineSpacing, PageMargin, PageNum, Paragraph, Run,
    RunFonts, SpecialIndentType, Tab, TabLeaderType, TabValueType, Table, TableCell,
    TableLayoutType, TableRow, WidthType,
};

use crate::document::docx_parts::{finish, watermark};
use crate::document::error::DocumentError;
use crate::document::form::{Choice, Field, Form, Group, Part, Row, Signed, Tick, Value, Words};
use crate::document::text::Text;
use crate::text::Catalog;

/// Twentieths of a point, as the format counts lengths: A4 and the margins of the PDF.
const PAGE: (u32, u32) = (11_906, 16_838);
const MARGIN_TOP: i32 = 1417;
const MARGIN_BOTTOM: i32 = 1134;
const MARGIN_LEFT: i32 = 1701;
const MARGIN_RIGHT: i32 = 850;
const MARGIN_HEADER: i32 = 567;

/// Between the margins.
pub(super) const WIDTH: usize = 9355;

/// Where the text of a line behind a bullet begins.
const HANG: usize = 284;

/// Between two fields of one line.
const GUTTER: usize = 170;

/// Half points.
const SIZE: usize = 26;
const SMALL: usize = 23;
const TITLE: usize = 28;

/// Between boxes that follow each other.
const GAP: &str = "    ";

/// The metrics of the PDF, under the name that word processors know.
pub(super) const FONT: &str = "Times New Roman";

/// The font in which word processors set the boxes of their own forms.
const BOX_FONT: &str = "MS Gothic";

/// Writes a form as DOCX in the language of `catalog`; `created` becomes the file's time.
pub fn form_docx(
    form: &Form,
    catalog: &Catalog,
    created: jiff::Timestamp,
) -> Result<Vec<u8>, DocumentError> {
    let pen = Pen { catalog };
    let mark = form.mark.as_ref().map(|mark| pen.say(mark)).transpose()?;
    let mark = mark.map(|mark| mark.to_uppercase());
    let mut docx = paper(created, mark.as_deref(), SIZE);
    if !form.corner.is_empty() {
        docx = docx.add_table(pen.corner(&form.corner)?).add_paragraph(spaced(0, 0));
    }
    let title = pen.run(&form.title)?.bold().size(TITLE);
    docx = docx.add_paragraph(spaced(120, 200).align(AlignmentType::Center).add_run(title));
    for part in &form.parts {
        docx = pen.part(docx, part)?;
    }
    let mut parts = docx.build();
    let title = pen.say(&form.title)?;
    let author = pen.say(&form.author)?;
    finish(&mut parts, catalog.language(), [&title, &author]);
    if let Some(mark) = &mark {
        parts.headers.iter_mut().for_each(|header| watermark(header, mark));
    }
    let mut file = Cursor::new(Vec::new());
    parts
        .pack(&mut file)
        .map_err(|error| DocumentError::Pack { diagnostics: error.to_string() })?;
    Ok(file.into_inner())
}

/// An empty page of A4 with the decree's margins and type.
pub(super) fn paper(created: jiff::Timestamp, mark: Option<&str>, size: usize) -> Docx {
    let time = created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Docx::new()
        .page_size(PAGE.0, PAGE.1)
        .page_margin(
            PageMargin::new()
                .top(MARGIN_TOP)
                .bottom(MARGIN_BOTTOM)
                .left(MARGIN_LEFT)
                .right(MARGIN_RIGHT)
                .header(MARGIN_HEADER)
                .footer(MARGIN_HEADER),
        )
        .default_fonts(font(FONT))
        .default_size(size)
        .created_at(&time)
        .updated_at(&time)
        .title_pg()
        .first_header(header(mark, false))
        .header(header(mark, true))
}

pub(super) fn font(name: &str) -> RunFonts {
    // All four slots, so that no letter is taken from another font.
    RunFonts::new().ascii(name).hi_ansi(name).east_asia(name).cs(name)
}

/// The page number in the middle, from page 2 on; the mark on the right.
fn header(mark: Option<&str>, numbered: bool) -> Header {
    let mut line = Paragraph::new()
        .add_tab(Tab::new().val(TabValueType::Center).pos(WIDTH / 2))
        .add_tab(Tab::new().val(TabValueType::Right).pos(WIDTH))
        .add_run(Run::new().add_tab());
    if numbered {
        line = line.add_page_num(PageNum::new());
    }
    if let Some(mark) = mark {
        line = line.add_run(Run::new().add_tab().add_text(mark).bold().size(24));
    }
    Header::new().add_paragraph(line)
}

/// A paragraph with so much space before and after it, in twentieths of a point.
pub(super) fn spaced(before: u32, after: u32) -> Paragraph {
    Paragraph::new().line_spacing(LineSpacing::new().before(before).after(after))
}

fn breakless(text: &str) -> String {
    text.replace(' ', "\u{A0}")
}

struct Pen<'a> {
    catalog: &'a Catalog,
}

impl Pen<'_> {
    fn say(&self, text: &Text) -> Result<String, DocumentError> {
        text.resolve(self.catalog)
    }

    fn run(&self, text: &Text) -> Result<Run, DocumentError> {
        Ok(Run::new().add_text(self.say(text)?))
    }

    fn remark(&self, text: &Text) -> Result<Run, DocumentError> {
        Ok(self.run(text)?.italic().size(SMALL))
    }

    fn corner(&self, lines: &[Text]) -> Result<Table, DocumentError> {
        let mut cell = TableCell::new().width(4082, WidthType::Dxa);
        for (at, line) in lines.iter().enumerate() {
            let run = self.run(line)?.size(SMALL);
            let run = if at == 0 { run.bold() } else { run };
            cell = cell.add_paragraph(spaced(0, 0).align(AlignmentType::Center).add_run(run));
        }
        let row = TableRow::new(vec![cell]);
        Ok(Table::new(vec![row])
            .layout(TableLayoutType::Fixed)
            .set_grid(vec![4082])
            .width(4082, WidthType::Dxa)
            .align(docx_rs::TableAlignmentType::Right))
    }

    fn part(&self, docx: Docx, part: &Part) -> Result<Docx, DocumentError> {
        Ok(match part {
            Part::Group(group) => self.group(docx, group)?,
            Part::Line(fields) => self.line(fields)?.into_iter().fold(docx, Docx::add_paragraph),
            Part::Table(rows) => docx.add_table(self.table(rows)?),
            Part::Choice(choice) => {
                let lines = self.choice(choice, HANG, WIDTH)?;
                lines.into_iter().fold(docx, Docx::add_paragraph)
            }
            Part::Signature(signed) => {
                docx.add_paragraph(spaced(0, 120)).add_table(self.signed(signed)?)
            }
            Part::Notes(title, notes) => {
                let title = spaced(160, 40).keep_next(true).add_run(self.remark(title)?);
                let mut docx = docx.add_paragraph(title);
                for note in notes {
                    docx = docx.add_paragraph(spaced(0, 40).add_run(self.run(note)?.size(SMALL)));
                }
                docx
            }
        })
    }

    fn group(&self, docx: Docx, group: &Group) -> Result<Docx, DocumentError> {
        let heading = spaced(200, 100).keep_next(true).outline_lvl(0);
        let docx = docx.add_paragraph(heading.add_run(self.run(&group.title)?.bold()));
        if group.value.is_none() && group.remark.is_none() {
            return Ok(docx);
        }
        let mut line = indented(spaced(0, 100), HANG).keep_next(true);
        if let Some(value) = &group.value {
            line = self.inline(line, value, WIDTH)?.add_run(Run::new().add_text(" "));
        }
        if let Some(remark) = &group.remark {
            line = line.add_run(self.remark(remark)?);
        }
        Ok(docx.add_paragraph(line))
    }

    /// The fields of one line, each in its share of the width; the boxes of a long choice follow
    /// on lines of their own.
    fn line(&self, fields: &[Field]) -> Result<Vec<Paragraph>, DocumentError> {
        let mut line = spaced(60, 60)
            .indent(Some(hang()), Some(SpecialIndentType::Hanging(hang())), None, None)
            .add_tab(Tab::new().val(TabValueType::Left).pos(HANG));
        line = line.add_run(Run::new().add_text("▪").add_tab());
        let mut below = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            let begin = HANG + (WIDTH - HANG) * at / fields.len();
            let end = HANG + (WIDTH - HANG) * (at + 1) / fields.len() - GUTTER;
            if at > 0 {
                line = line
                    .add_tab(Tab::new().val(TabValueType::Left).pos(begin))
                    .add_run(Run::new().add_tab());
            }
            line = self.labelled(line, field)?;
            match &field.value {
                Value::Choice(choice) if !is_short(choice) => {
                    below.extend(self.choice(choice, HANG, WIDTH)?);
                }
                value => line = self.inline(line, value, end)?,
            }
        }
        Ok(std::iter::once(line).chain(below).collect())
    }

    fn labelled(&self, line: Paragraph, field: &Field) -> Result<Paragraph, DocumentError> {
        let mut line = line.add_run(self.run(&field.label)?).add_run(Run::new().add_text(" "));
        if let Some(remark) = &field.remark {
            line = line.add_run(self.remark(remark)?).add_run(Run::new().add_text(" "));
        }
        Ok(line)
    }

    /// A value that follows other words; dots for the pen end at `end`.
    fn inline(
        &self,
        line: Paragraph,
        value: &Value,
        end: usize,
    ) -> Result<Paragraph, DocumentError> {
        Ok(match value {
            Value::Blank => dotted(line, end),
            Value::Pattern(pattern) => line.add_run(self.run(pattern)?),
            Value::Filled(paragraphs) => {
                let mut run = written();
                for (at, paragraph) in paragraphs.iter().enumerate() {
                    if at > 0 {
                        run = run.add_break(BreakType::TextWrapping);
                    }
                    run = run.add_text(self.say(paragraph)?);
                }
                line.add_run(run)
            }
            // What is short enough to stand here goes to the next line together.
            Value::Choice(choice) => self.options(
                line,
                &choice.options.iter().collect::<Vec<_>>(),
                "\u{A0}\u{A0}\u{A0}",
            )?,
        })
    }

    /// Boxes that follow each other on one line, with this gap between them.
    fn options(
        &self,
        mut line: Paragraph,
        options: &[&Tick],
        gap: &str,
    ) -> Result<Paragraph, DocumentError> {
        for (at, option) in options.iter().enumerate() {
            if at > 0 {
                line = line.add_run(Run::new().add_text(gap));
            }
            line = self.option(line, option)?;
        }
        Ok(line)
    }

    fn option(&self, line: Paragraph, option: &Tick) -> Result<Paragraph, DocumentError> {
        let sign = if option.ticked { "☒" } else { "☐" };
        let label = self.say(&option.label)?;
        // A short option stays in one piece, so that no box is parted from its label.
        let label = if label.chars().count() <= 40 { breakless(&label) } else { label };
        Ok(line
            .add_run(Run::new().add_text(sign).fonts(font(BOX_FONT)))
            .add_run(Run::new().add_text(format!("\u{A0}{label}"))))
    }

    fn choice(
        &self,
        choice: &Choice,
        indent: usize,
        end: usize,
    ) -> Result<Vec<Paragraph>, DocumentError> {
        let mut lines = Vec::new();
        let mut flowing: Vec<&Tick> = Vec::new();
        let fresh = || indented(spaced(40, 40), indent);
        for option in &choice.options {
            if !choice.stacked && option.words == Words::None {
                flowing.push(option);
                continue;
            }
            if !flowing.is_empty() {
                lines.push(self.options(fresh(), &std::mem::take(&mut flowing), GAP)?);
            }
            let line = self.option(fresh(), option)?;
            lines.push(match &option.words {
                Words::None => line,
                Words::Blank => dotted(line.add_run(Run::new().add_text(" ")), end),
                Words::Filled(words) => line
                    .add_run(Run::new().add_text(" "))
                    .add_run(written().add_text(self.say(words)?)),
            });
        }
        if !flowing.is_empty() {
            lines.push(self.options(fresh(), &flowing, GAP)?);
        }
        Ok(lines)
    }

    fn table(&self, rows: &[Row]) -> Result<Table, DocumentError> {
        let left = WIDTH * 2 / 5;
        let rows = rows.iter().map(|row| match row {
            Row::Pair(field) => {
                let label = self.labelled(spaced(60, 60), field)?;
                let cell = TableCell::new().width(left, WidthType::Dxa).add_paragraph(label);
                let value = TableCell::new().width(WIDTH - left, WidthType::Dxa);
                let value = self.cell(value, &field.value, WIDTH - left - 240)?;
                Ok(TableRow::new(vec![cell, value]))
            }
            Row::Whole(field) => {
                let mut head =
                    spaced(60, 60).keep_next(true).add_run(self.run(&field.label)?.bold());
                if let Some(remark) = &field.remark {
                    head = head.add_run(Run::new().add_text(" ")).add_run(self.remark(remark)?);
                }
                let cell = TableCell::new().width(WIDTH, WidthType::Dxa).grid_span(2);
                let mut cell = self.cell(cell.add_paragraph(head), &field.value, WIDTH - 240)?;
                if field.value == Value::Blank {
                    for _ in 0..2 {
                        cell = cell.add_paragraph(dotted(spaced(60, 60), WIDTH - 240));
                    }
                }
                Ok(TableRow::new(vec![cell]))
            }
        });
        let rows = rows.collect::<Result<Vec<_>, DocumentError>>()?;
        Ok(Table::new(rows)
            .layout(TableLayoutType::Fixed)
            .set_grid(vec![left, WIDTH - left])
            .width(WIDTH, WidthType::Dxa))
    }

    fn cell(&self, cell: TableCell, value: &Value, end: usize) -> Result<TableCell, DocumentError> {
        Ok(match value {
            Value::Blank => cell.add_paragraph(dotted(spaced(60, 60), end)),
            Value::Pattern(pattern) => {
                cell.add_paragraph(spaced(60, 60).add_run(self.remark(pattern)?))
            }
            Value::Filled(paragraphs) => {
                let mut cell = cell;
                for paragraph in paragraphs {
                    cell = cell.add_paragraph(spaced(60, 60).add_run(self.run(paragraph)?));
                }
                cell
            }
            Value::Choice(choice) => {
                self.choice(choice, 0, end)?.into_iter().fold(cell, TableCell::add_paragraph)
            }
        })
    }

    fn signed(&self, signed: &Signed) -> Result<Table, DocumentError> {
        let right = 5953;
        let centred = || spaced(0, 0).align(AlignmentType::Center).keep_next(true);
        let mut cell = TableCell::new()
            .width(right, WidthType::Dxa)
            .add_paragraph(centred().add_run(self.run(&signed.capacity)?.bold()))
            .add_paragraph(centred().add_run(self.remark(&signed.hint)?));
        for _ in 0..4 {
            cell = cell.add_paragraph(centred());
        }
        let name = match &signed.name {
            Some(name) => self.run(name)?.bold(),
            None => Run::new(),
        };
        cell = cell.add_paragraph(centred().add_run(name));
        let empty = TableCell::new()
            .width(WIDTH - right, WidthType::Dxa)
            .add_paragraph(Paragraph::new().keep_next(true));
        Ok(Table::without_borders(vec![TableRow::new(vec![empty, cell]).cant_split()])
            .layout(TableLayoutType::Fixed)
            .set_grid(vec![WIDTH - right, right])
            .width(WIDTH, WidthType::Dxa))
    }
}

/// Dots for the pen, up to the tab stop at `end`.
fn dotted(line: Paragraph, end: usize) -> Paragraph {
    line.add_tab(Tab::new().val(TabValueType::Right).leader(TabLeaderType::Dot).pos(end))
        .add_run(Run::new().add_tab())
}

/// What was written in place of the dots, above the same dots.
fn written() -> Run {
    Run::new().underline("dotted")
}

fn hang() -> i32 {
    i32::try_from(HANG).expect("a constant of three digits")
}

fn indented(line: Paragraph, by: usize) -> Paragraph {
    line.indent(i32::try_from(by).ok(), None, None, None)
}

/// Whether a choice is so short that it stands behind its label.
fn is_short(choice: &Choice) -> bool {
    choice.options.len() <= 2
        && !choice.stacked
        && choice.options.iter().all(|option| option.words == Words::None)
}
