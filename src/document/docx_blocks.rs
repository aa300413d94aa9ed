//! Tables and charts of a document, as a word processor has them.

use docx_rs::{
    AlignmentType, BorderType, Docx, HeightRule, LineSpacing, Paragraph, Run, Shading, ShdType,
    Table, TableCell, TableCellBorder, TableCellBorderPosition, TableCellBorders, TableLayoutType,
    TableRow, VAlignType, WidthType,
};
use serde_json::Value;

use crate::document::docx::{WIDTH, font, spaced};
use crate::document::docx_parts::HEADER_HEIGHT;
use crate::document::letter_docx::{SMALL, cell, list, run, word};

/// Columns of a chart for each step of its axis.
const STEP: usize = 8;

/// What stands before the bars, and behind them.
const LABEL: usize = 2720;
const FIGURE: usize = 1870;

/// Whose letters all have one width.
const TYPED: &str = "Courier New";

/// Adds a table with lines, and room behind it.
pub(super) fn table(file: Docx, rows: Vec<TableRow>, grid: Vec<usize>) -> Docx {
    let table = Table::new(rows)
        .layout(TableLayoutType::Fixed)
        .width(grid.iter().sum(), WidthType::Dxa)
        .set_grid(grid);
    file.add_table(table).add_paragraph(gap())
}

/// A paragraph that is only there to part two tables.
fn gap() -> Paragraph {
    spaced(0, 60).line_spacing(LineSpacing::new().before(0).after(60).line(120))
}

fn small(text: &str) -> Paragraph {
    spaced(40, 40).add_run(run(text, SMALL))
}

/// Names and values.
pub(super) fn facts(file: Docx, facts: &Value) -> Docx {
    let name = WIDTH * 36 / 100;
    let rows = list(facts).iter().map(|fact| {
        let value = cell(WIDTH - name).add_paragraph(small(&word(&fact[1])));
        TableRow::new(vec![cell(name).add_paragraph(small(&word(&fact[0]))), value]).cant_split()
    });
    table(file, rows.collect(), vec![name, WIDTH - name])
}

/// Rows under a header that every page repeats.
pub(super) fn rows(file: Docx, data: &Value) -> Docx {
    let columns = list(&data["columns"]);
    let share = |column: &Value| {
        column["share"].as_u64().and_then(|share| usize::try_from(share).ok()).unwrap_or(1)
    };
    let all: usize = columns.iter().map(share).sum::<usize>().max(1);
    let grid: Vec<usize> = columns.iter().map(|column| WIDTH * share(column) / all).collect();
    let titles = columns.iter().zip(&grid).map(|(column, width)| {
        let title = run(&word(&column["title"]), SMALL).bold();
        let title = spaced(40, 40).align(AlignmentType::Center).add_run(title);
        cell(*width).vertical_align(VAlignType::Center).add_paragraph(title)
    });
    let head = TableRow::new(titles.collect()).row_height(HEADER_HEIGHT).cant_split();
    let mut all = vec![head];
    for row in list(&data["rows"]) {
        let cells = list(row).iter().zip(columns).zip(&grid).map(|((text, column), width)| {
            let align = match column["align"].as_str() {
                Some("right") => AlignmentType::Right,
                Some("center") => AlignmentType::Center,
                _ => AlignmentType::Left,
            };
            cell(*width).add_paragraph(small(&word(text)).align(align))
        });
        all.push(TableRow::new(cells.collect()).cant_split());
    }
    if data["omitted"].is_string() {
        let text = spaced(40, 40).add_run(run(&word(&data["omitted"]), SMALL).italic());
        all.push(TableRow::new(vec![cell(WIDTH).grid_span(columns.len()).add_paragraph(text)]));
    }
    table(file, all, grid)
}

/// Lines to be typed.
pub(super) fn commands(file: Docx, lines: &Value) -> Docx {
    let grey = Shading::new().shd_type(ShdType::Clear).color("auto").fill("F2F2F2");
    let typed = |line: &Value| {
        let text = Run::new().add_text(word(line)).size(20).fonts(font(TYPED));
        spaced(0, 0).add_run(text)
    };
    let cell = list(lines).iter().fold(cell(WIDTH), |cell, line| cell.add_paragraph(typed(line)));
    table(file, vec![TableRow::new(vec![cell.shading(grey)]).cant_split()], vec![WIDTH])
}

/// Bars on a common axis, each a row of cells of which some are filled.
pub(super) fn chart(file: Docx, data: &Value) -> Docx {
    let ticks = list(&data["ticks"]);
    let columns = ticks.len().saturating_sub(1).max(1) * STEP;
    let column = (WIDTH - LABEL - FIGURE) / columns;
    let at = |share: &Value| share.as_f64().unwrap_or(0.0).clamp(0.0, 1.0) * columns as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of columns"
    )]
    let bars = list(&data["bars"]).iter().map(|bar| {
        let begin = (at(&bar["start"]).floor() as usize).min(columns - 1);
        let length = (at(&bar["length"]).round() as usize).clamp(1, columns - begin);
        let label = bare(LABEL).add_paragraph(small(&word(&bar["label"])));
        let figure = small(&word(&bar["figure"])).align(AlignmentType::Right);
        let filled = Shading::new().shd_type(ShdType::Clear).color("auto").fill("5A5A5A");
        let mut cells = vec![label];
        cells.extend(span(begin, column));
        cells.extend(span(length, column).map(|cell| cell.shading(filled)));
        cells.extend(span(columns - begin - length, column));
        cells.push(bare(FIGURE).add_paragraph(figure));
        TableRow::new(cells).row_height(340.0).height_rule(HeightRule::AtLeast).cant_split()
    });
    let mut rows: Vec<TableRow> = bars.collect();
    let tick = |tick: &Value| {
        let text = spaced(0, 0).keep_next(true).add_run(run(&word(&tick["figure"]), 20));
        let left = TableCellBorder::new(TableCellBorderPosition::Left);
        let top = TableCellBorder::new(TableCellBorderPosition::Top);
        let lines = TableCellBorders::with_empty()
            .set(left.border_type(BorderType::Single).size(4))
            .set(top.border_type(BorderType::Single).size(6));
        cell(column * STEP).grid_span(STEP).set_borders(lines).add_paragraph(text)
    };
    let mut axis = vec![bare(LABEL).add_paragraph(spaced(0, 0))];
    let steps = ticks.split_last().map_or(&[][..], |(_, steps)| steps);
    axis.extend(steps.iter().map(tick));
    let last = ticks.last().map_or_else(String::new, |tick| word(&tick["figure"]));
    let unit = run(&format!("{last} {}", word(&data["unit"])), 20);
    axis.push(bare(FIGURE).add_paragraph(spaced(0, 0).add_run(unit)));
    rows.push(TableRow::new(axis).cant_split());
    let mut grid = vec![LABEL];
    grid.extend(std::iter::repeat_n(column, columns));
    grid.push(FIGURE);
    let title = spaced(120, 60).keep_next(true).add_run(run(&word(&data["title"]), SMALL).bold());
    let table = Table::without_borders(rows).layout(TableLayoutType::Fixed);
    let table = table.width(grid.iter().sum(), WidthType::Dxa).set_grid(grid);
    file.add_paragraph(title).add_table(table).add_paragraph(gap())
}

fn bare(width: usize) -> TableCell {
    cell(width).vertical_align(VAlignType::Center)
}

/// A cell over so many columns of the axis; none over none.
fn span(columns: usize, column: usize) -> Option<TableCell> {
    let empty = spaced(0, 0).keep_next(true);
    (columns > 0).then(|| cell(columns * column).grid_span(columns).add_paragraph(empty))
}
