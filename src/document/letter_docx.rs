//! An official document as a file to edit: the words of the PDF, in the same order and frame.
//!
//! What is drawn in the PDF is made of what a word processor has: the rules of the letterhead are
//! borders of a paragraph, a chart is a table with filled cells, a QR code is an image. Equal models,
//! languages and times give equal bytes. Places where the PDF breaks long words are left out, so that
//! text copied from here holds no letter that nobody typed.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, BreakType, Docx, Paragraph, Pic, Run, SpecialIndentType, Table, TableCell,
    TableCellMargins, TableLayoutType, TableRow, WidthType,
};
use serde_json::Value;

use crate::document::block::Block;
use crate::document::data::{BREAK, data};
use crate::document::docx::{FONT, WIDTH, font, paper, spaced};
use crate::document::docx_blocks;
use crate::document::docx_parts::{RULE, describe, finish, repeat_headers, rules, watermark};
use crate::document::error::DocumentError;
use crate::document::letter::Document;
use crate::document::qr;
use crate::text::{Catalog, Language};

/// Half points: body, tables, the national name, the motto, the list of recipients.
pub(super) const BODY: usize = 28;
pub(super) const SMALL: usize = 24;
const NATION: usize = 26;
const MOTTO: usize = 28;
const RECIPIENTS: usize = 22;

/// Twentieths of a point: 10 mm.
const FIRST_LINE: i32 = 567;

/// The column of the national name, 98 mm as in the PDF; the agencies have the rest.
const NATIONAL: usize = 5556;

/// How long the motto is at its size; the rule under it is as long.
const MOTTO_WIDTH: usize = 3480;

/// A capital letter at 13 points, on average.
const CAPITAL: usize = 185;

/// English Metric Units of the side of a QR code: 48 mm, as in the PDF.
const CODE_SIDE: u32 = 48 * 36_000;

/// Writes a document as DOCX in the language of `catalog`; `created` becomes the file's time.
pub fn docx(
    document: &Document,
    catalog: &Catalog,
    created: jiff::Timestamp,
) -> Result<Vec<u8>, DocumentError> {
    let data = data(document, catalog)?;
    let mark = data["mark"].as_str().map(whole);
    let mut file = paper(created, mark.as_deref(), BODY);
    file = head(file, &data, catalog.language());
    file = opening(file, &data);
    let mut body = Body { section: 0, subsection: 0, codes: 0, described: Vec::new() };
    let blocks = list(&data["blocks"]);
    for (block, resolved) in document.blocks.iter().zip(blocks) {
        file = body.block(file, block, resolved)?;
    }
    file = closing(file, &data);
    let mut parts = file.build();
    let title = word(&data["title"]);
    finish(&mut parts, catalog.language(), [&title, &word(&data["letterhead"]["agency"])]);
    rules(&mut parts);
    repeat_headers(&mut parts);
    describe(&mut parts, &body.described);
    if let Some(mark) = &mark {
        parts.headers.iter_mut().for_each(|header| watermark(header, mark));
    }
    let mut file = Cursor::new(Vec::new());
    parts
        .pack(&mut file)
        .map_err(|error| DocumentError::Pack { diagnostics: error.to_string() })?;
    Ok(file.into_inner())
}

/// A text as it was resolved, without the places where the PDF may break it.
pub(super) fn word(value: &Value) -> String {
    whole(value.as_str().unwrap_or_default())
}

fn whole(text: &str) -> String {
    text.replace(BREAK, "")
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn run(text: &str, size: usize) -> Run {
    Run::new().add_text(text).size(size).fonts(font(FONT))
}

fn centred() -> Paragraph {
    spaced(0, 0).align(AlignmentType::Center)
}

/// A line in the middle of a column, so long.
fn rule(column: usize, length: usize) -> Paragraph {
    let inside = column.saturating_sub(216);
    let side = i32::try_from(inside.saturating_sub(length) / 2).unwrap_or(0);
    Paragraph::new().style(RULE).indent(Some(side), None, Some(side), None)
}

pub(super) fn cell(width: usize) -> TableCell {
    TableCell::new().width(width, WidthType::Dxa)
}

/// A table without lines, for a layout.
fn layout(rows: Vec<TableRow>, grid: Vec<usize>) -> Table {
    Table::without_borders(rows)
        .layout(TableLayoutType::Fixed)
        .width(grid.iter().sum(), WidthType::Dxa)
        .set_grid(grid)
}

/// National name and motto; agencies; number; place and date.
fn head(file: Docx, data: &Value, language: Language) -> Docx {
    let head = &data["letterhead"];
    let left = WIDTH - NATIONAL;
    let mut agencies = cell(left);
    if head["superior"].is_string() {
        agencies = agencies.add_paragraph(centred().add_run(run(&word(&head["superior"]), NATION)));
    }
    let agency = word(&head["agency"]);
    let length = (agency.chars().count() * CAPITAL).min(left - 216) * 2 / 5;
    agencies = agencies
        .add_paragraph(centred().add_run(run(&agency, NATION).bold()))
        .add_paragraph(rule(left + 216, length));
    let nation = run("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", NATION).bold();
    let motto = run("Độc lập - Tự do - Hạnh phúc", MOTTO).bold();
    let mut national = cell(NATIONAL)
        .add_paragraph(centred().add_run(nation))
        .add_paragraph(centred().add_run(motto))
        .add_paragraph(rule(NATIONAL + 216, MOTTO_WIDTH));
    if language == Language::English {
        for gloss in ["Socialist Republic of Viet Nam", "Independence - Freedom - Happiness"] {
            national = national.add_paragraph(centred().add_run(run(gloss, 22).italic()));
        }
    }
    let mut number = cell(left).add_paragraph(centred().add_run(run(&word(&head["number"]), 26)));
    if data["kind"].is_null() {
        let about = format!("{} {}", word(&data["labels"]["about"]), word(&data["subject"]));
        number = number.add_paragraph(
            spaced(120, 0).align(AlignmentType::Center).add_run(run(&about, NATION)),
        );
    }
    let day = run(&word(&head["date"]), BODY).italic();
    let day = cell(NATIONAL).add_paragraph(centred().add_run(day));
    let rows = vec![TableRow::new(vec![agencies, national]), TableRow::new(vec![number, day])];
    // Without room at the sides, which the national name needs to stay on its line.
    let margins = TableCellMargins::new().margin(0, 0, 0, 0);
    file.add_table(layout(rows, vec![left, NATIONAL]).margins(margins))
}

/// Kind and subject, addressees, legal bases.
fn opening(mut file: Docx, data: &Value) -> Docx {
    if data["kind"].is_string() {
        let kind = run(&word(&data["kind"]), BODY).bold();
        let subject = word(&data["subject"]);
        let length = (subject.chars().count() * 130).min(WIDTH - 1134) * 2 / 5;
        file = file
            .add_paragraph(
                spaced(360, 60).align(AlignmentType::Center).outline_lvl(0).add_run(kind),
            )
            .add_paragraph(centred().add_run(run(&subject, BODY).bold()))
            .add_paragraph(rule(WIDTH + 216, length));
    }
    let to = word(&data["labels"]["to"]);
    match list(&data["addressees"]) {
        [] => {}
        [one] => {
            let line = run(&format!("{to} {}", word(one)), BODY);
            file = file.add_paragraph(spaced(120, 240).align(AlignmentType::Center).add_run(line));
        }
        many => {
            file = file.add_paragraph(
                spaced(120, 60).indent(Some(1134), None, None, None).add_run(run(&to, BODY)),
            );
            for (at, one) in many.iter().enumerate() {
                let end = if at + 1 < many.len() { ";" } else { "." };
                let line = run(&format!("- {}{end}", word(one)), BODY);
                file = file.add_paragraph(
                    spaced(0, 60).indent(Some(2268), None, None, None).add_run(line),
                );
            }
        }
    }
    let bases = list(&data["bases"]);
    for (at, basis) in bases.iter().enumerate() {
        let end = if at + 1 < bases.len() { ";" } else { "." };
        file = file
            .add_paragraph(prose().add_run(run(&format!("{}{end}", word(basis)), BODY).italic()));
    }
    file
}

/// Running text: justified, its first line indented.
fn prose() -> Paragraph {
    spaced(0, 120).align(AlignmentType::Both).indent(
        None,
        Some(SpecialIndentType::FirstLine(FIRST_LINE)),
        None,
        None,
    )
}

/// The body as it grows: what was counted so far.
struct Body {
    section: usize,
    subsection: usize,
    codes: usize,
    /// What each image shows, in their order.
    described: Vec<String>,
}

impl Body {
    fn block(
        &mut self,
        file: Docx,
        block: &Block,
        resolved: &Value,
    ) -> Result<Docx, DocumentError> {
        let content = resolved.as_object().and_then(|one| one.values().next());
        let content = content.unwrap_or(&Value::Null);
        Ok(match block {
            Block::Section(_) => {
                self.section += 1;
                self.subsection = 0;
                heading(file, &format!("{}. {}", roman(self.section), word(content)), 0)
            }
            Block::Subsection(_) => {
                self.subsection += 1;
                heading(file, &format!("{}. {}", self.subsection, word(content)), 1)
            }
            Block::Paragraph(_) => file.add_paragraph(prose().add_run(run(&word(content), BODY))),
            Block::Note(_) => {
                // Not justified: beside a digest, which is one word, there would be holes.
                let note = prose().align(AlignmentType::Left);
                file.add_paragraph(note.add_run(run(&word(content), SMALL).italic()))
            }
            Block::List(_) => list(content).iter().fold(file, |file, item| {
                file.add_paragraph(prose().add_run(run(&format!("- {}", word(item)), BODY)))
            }),
            Block::Task(_) => {
                file.add_paragraph(prose().add_run(run(&format!("☐ {}", word(content)), BODY)))
            }
            Block::Statement(_) => {
                let text = run(&word(content), BODY).bold();
                let text = spaced(100, 100).align(AlignmentType::Center).add_run(text);
                let row = TableRow::new(vec![cell(WIDTH).add_paragraph(text)]).cant_split();
                docx_blocks::table(file, vec![row], vec![WIDTH])
            }
            Block::Facts(_) => docx_blocks::facts(file, content),
            Block::Table(_) => docx_blocks::rows(file, content),
            Block::Chart(_) => docx_blocks::chart(file, content),
            Block::Commands(_) => docx_blocks::commands(file, content),
            Block::Code(code) => {
                self.codes += 1;
                self.described.push(word(&content["description"]));
                let image = qr::png(&code.content)?;
                let image = Pic::new_with_dimensions(image, 1, 1)
                    .id(format!("rIdCode{}", self.codes))
                    .size(CODE_SIDE, CODE_SIDE);
                file.add_paragraph(centred().keep_next(true).add_run(Run::new().add_image(image)))
            }
        })
    }
}

fn heading(file: Docx, text: &str, level: usize) -> Docx {
    let indent = Some(SpecialIndentType::FirstLine(FIRST_LINE));
    let heading = spaced(200, 120).keep_next(true).outline_lvl(level + 1);
    file.add_paragraph(heading.indent(None, indent, None, None).add_run(run(text, BODY).bold()))
}

/// Of a number below 40.
fn roman(number: usize) -> String {
    let ones = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][number % 10];
    format!("{}{ones}", "X".repeat(number / 10))
}

/// Signatures, and the recipients: one who signs stands beside them, several in columns above.
fn closing(file: Docx, data: &Value) -> Docx {
    let people = list(&data["signatures"]);
    let recipients = list(&data["recipients"]);
    if people.is_empty() && recipients.is_empty() {
        return file;
    }
    let hint = word(&data["labels"]["sign"]);
    let file = file.add_paragraph(spaced(240, 0).keep_next(true));
    if people.len() <= 1 {
        let half = WIDTH / 2;
        let left = noted(cell(half), data);
        let right = people.iter().fold(cell(half), |cell, person| signed(cell, person, &hint));
        let right = if people.is_empty() { right.add_paragraph(centred()) } else { right };
        let row = TableRow::new(vec![left, right]).cant_split();
        return file.add_table(layout(vec![row], vec![half, half]));
    }
    let columns = if matches!(people.len(), 2 | 4) { 2 } else { 3 };
    let rows = people.chunks(columns).map(|row| {
        let width = WIDTH / row.len();
        let cells = row.iter().map(|person| signed(cell(width), person, &hint));
        TableRow::new(cells.collect()).cant_split()
    });
    let rows: Vec<TableRow> = rows.collect();
    let mut file =
        rows.into_iter().zip(people.chunks(columns)).fold(file, |file, (row, people)| {
            let grid = vec![WIDTH / people.len(); people.len()];
            file.add_table(layout(vec![row], grid)).add_paragraph(spaced(0, 0))
        });
    if !recipients.is_empty() {
        let half = WIDTH / 2;
        let row = vec![noted(cell(half), data), cell(half).add_paragraph(centred())];
        file = file.add_table(layout(vec![TableRow::new(row).cant_split()], vec![half, half]));
    }
    file
}

fn noted(mut cell: TableCell, data: &Value) -> TableCell {
    let recipients = list(&data["recipients"]);
    if recipients.is_empty() {
        return cell.add_paragraph(spaced(0, 0));
    }
    let label = run(&word(&data["labels"]["recipients"]), SMALL).bold().italic();
    cell = cell.add_paragraph(spaced(0, 0).add_run(label));
    for (at, one) in recipients.iter().enumerate() {
        let end = if at + 1 < recipients.len() { ";" } else { "." };
        let line = run(&format!("- {}{end}", word(one)), RECIPIENTS);
        cell = cell.add_paragraph(spaced(0, 0).add_run(line));
    }
    cell
}

/// Names stand level, with room for the signature and the seal.
fn signed(cell: TableCell, person: &Value, hint: &str) -> TableCell {
    let mut head = run(&word(&person["capacity"]), BODY).bold();
    if person["position"].is_string() {
        head = head.add_break(BreakType::TextWrapping).add_text(word(&person["position"]));
    }
    let name = word(&person["name"]);
    let hint = if name.is_empty() { hint } else { "" };
    let mut cell = cell
        .add_paragraph(centred().keep_next(true).add_run(head))
        .add_paragraph(centred().keep_next(true).add_run(run(hint, SMALL).italic()));
    for _ in 0..4 {
        cell = cell.add_paragraph(centred().keep_next(true));
    }
    cell.add_paragraph(centred().add_run(run(&name, BODY).bold()))
}
