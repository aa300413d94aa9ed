//! The model as the data that the template reads: resolved, checked, and ready to be set.
//!
//! Everything reaches the template as JSON strings, never as markup, so that no file name can
//! be read as a command of the typesetter.

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::fault::{Args, Message};
use crate::document::block::{Block, Chart, Code, Table};
use crate::document::error::DocumentError;
use crate::document::letter::{Document, Letterhead, Signature};
use crate::document::qr;
use crate::document::text::{Text, typed};
use crate::text::Catalog;

/// Rows of one table that are printed. Two thousand take the typesetter 1.5 s and 400 MB; nobody
/// reads that many on paper. The document says how many it leaves out.
pub(super) const TABLE_ROWS_MAX: usize = 500;

/// Shorter runs without a space fit into any column of a table.
const RUN_MAX: usize = 12;

/// Longer pieces between two separators are cut even where no separator invites it.
const PIECE_MAX: usize = 16;

/// Where such a piece is cut.
const PIECE: usize = 8;

/// A place where a line may end inside a word; the template turns it into a gap of no width, so
/// that it is not part of the text that a reader copies. Data never holds one: it is invisible.
pub(super) const BREAK: char = '\u{200B}';

/// Resolves every text of the document.
pub(super) fn data(document: &Document, catalog: &Catalog) -> Result<Value, DocumentError> {
    let words = Words { catalog };
    let parts = [document.mark.as_ref(), document.kind.as_ref(), Some(&document.subject)];
    let parts: Vec<_> =
        parts.into_iter().flatten().map(|text| words.raw(text)).collect::<Result<_, _>>()?;
    // For the reader of the file, who sees no page yet, and so no mark on it either.
    let title = parts.join(" – ");
    Ok(json!({
        "language": catalog.language().code(),
        "title": title,
        "letterhead": words.letterhead(&document.letterhead)?,
        "kind": words.optional_capitals(document.kind.as_ref())?,
        "subject": words.set(&document.subject)?,
        "mark": words.optional_capitals(document.mark.as_ref())?,
        "footer": document.footer.as_ref().map(|footer| words.raw(footer)).transpose()?,
        "bases": words.list(&document.bases)?,
        "addressees": words.list(&document.addressees)?,
        "blocks": document.blocks.iter().map(|b| words.block(b)).collect::<Result<Vec<_>, _>>()?,
        "signatures":
            document.signatures.iter().map(|s| words.signature(s)).collect::<Result<Vec<_>, _>>()?,
        "recipients": words.list(&document.recipients)?,
        "labels": {
            "about": words.label("document-about")?,
            "to": words.label("document-to")?,
            "recipients": words.label("document-recipients")?,
            "sign": words.label("document-sign-here")?,
        },
    }))
}

struct Words<'a> {
    catalog: &'a Catalog,
}

impl Words<'_> {
    fn raw(&self, text: &Text) -> Result<String, DocumentError> {
        text.resolve(self.catalog)
    }

    fn set(&self, text: &Text) -> Result<String, DocumentError> {
        self.raw(text).map(|text| breakable(&text))
    }

    fn label(&self, id: &'static str) -> Result<String, DocumentError> {
        self.set(&Text::message(id))
    }

    fn capitals(&self, text: &Text) -> Result<String, DocumentError> {
        self.raw(text).map(|text| breakable(&text.to_uppercase()))
    }

    fn optional_capitals(&self, text: Option<&Text>) -> Result<Option<String>, DocumentError> {
        text.map(|text| self.capitals(text)).transpose()
    }

    fn list(&self, texts: &[Text]) -> Result<Vec<String>, DocumentError> {
        texts.iter().map(|text| self.set(text)).collect()
    }

    fn letterhead(&self, head: &Letterhead) -> Result<Value, DocumentError> {
        Ok(json!({
            "superior": self.optional_capitals(head.superior.as_ref())?,
            "agency": self.capitals(&head.agency)?,
            "number": self.number(head)?,
            "date": self.place_and_date(head)?,
        }))
    }

    /// Numbers below 10 have a leading zero; a missing one leaves room for the pen.
    fn number(&self, head: &Letterhead) -> Result<Option<String>, DocumentError> {
        let Some(symbol) = &head.symbol else { return Ok(None) };
        let number = head.number.map_or("\u{A0}".repeat(8), |number| format!("{number:02}"));
        let args =
            Args::none().text("number", number).text("symbol", self.raw(symbol)?.to_uppercase());
        self.raw(&Message::with("document-number", args).into()).map(Some)
    }

    fn place_and_date(&self, head: &Letterhead) -> Result<String, DocumentError> {
        let place = self.raw(&head.place)?;
        if let Some(at) = head.date {
            return Ok(self.catalog.format().place_and_date(&place, at));
        }
        let args = Args::none().text("place", place);
        self.raw(&Message::with("document-date-open", args).into())
    }

    fn signature(&self, signature: &Signature) -> Result<Value, DocumentError> {
        Ok(json!({
            "capacity": self.capitals(&signature.capacity)?,
            "position": self.optional_capitals(signature.position.as_ref())?,
            "name": signature.name.as_ref().map(|name| self.set(name)).transpose()?,
        }))
    }

    fn block(&self, block: &Block) -> Result<Value, DocumentError> {
        Ok(match block {
            Block::Section(text) => json!({ "section": self.set(text)? }),
            Block::Subsection(text) => json!({ "subsection": self.set(text)? }),
            Block::Paragraph(text) => json!({ "paragraph": self.set(text)? }),
            Block::Statement(text) => json!({ "statement": self.set(text)? }),
            Block::Note(text) => json!({ "note": self.set(text)? }),
            Block::List(items) => json!({ "list": self.list(items)? }),
            Block::Facts(facts) => {
                let pairs =
                    facts.iter().map(|(name, value)| Ok([self.set(name)?, self.set(value)?]));
                json!({ "facts": pairs.collect::<Result<Vec<_>, DocumentError>>()? })
            }
            Block::Table(table) => json!({ "table": self.table(table)? }),
            Block::Chart(chart) => json!({ "chart": self.chart(chart)? }),
            Block::Code(code) => json!({ "code": self.code(code)? }),
            Block::Task(text) => json!({ "task": self.set(text)? }),
            Block::Commands(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| typed(line)).collect();
                json!({ "commands": lines })
            }
        })
    }

    fn code(&self, code: &Code) -> Result<Value, DocumentError> {
        let drawn = qr::svg(&code.content)?;
        Ok(json!({ "svg": drawn, "description": self.raw(&code.description)? }))
    }

    fn table(&self, table: &Table) -> Result<Value, DocumentError> {
        let columns = table.columns.iter().map(|column| {
            Ok(json!({
                "title": self.set(&column.title)?,
                "align": column.align.as_str(),
                "share": column.share,
            }))
        });
        let rows = table.rows.iter().take(TABLE_ROWS_MAX).map(|row| {
            if row.len() == table.columns.len() {
                self.list(row)
            } else {
                Err(DocumentError::Ragged { cells: row.len(), columns: table.columns.len() })
            }
        });
        Ok(json!({
            "columns": columns.collect::<Result<Vec<_>, DocumentError>>()?,
            "rows": rows.collect::<Result<Vec<_>, _>>()?,
            "omitted": self.omitted(table)?,
        }))
    }

    /// Says how many rows were left out, where any were.
    fn omitted(&self, table: &Table) -> Result<Option<String>, DocumentError> {
        let omitted = table.rows.len().saturating_sub(TABLE_ROWS_MAX);
        if omitted == 0 {
            return Ok(None);
        }
        let args = Args::none().number("rows", omitted as u64);
        self.raw(&Message::with("document-rows-omitted", args).into()).map(Some)
    }

    fn chart(&self, chart: &Chart) -> Result<Value, DocumentError> {
        let axis = Axis::over(chart.end());
        let bars = chart.intervals.iter().map(|bar| {
            Ok(json!({
                "label": self.set(&bar.label)?,
                "start": axis.share(bar.start),
                "length": axis.share(bar.length),
                "figure": self.raw(&Text::Duration(bar.length))?,
            }))
        });
        let ticks = (0..=axis.steps).map(|tick| {
            json!({
                "at": f64::from(tick) / f64::from(axis.steps),
                "figure": self.catalog.format().decimal(
                    f64::from(tick) * axis.step_units, usize::from(axis.step_units < 1.0)),
            })
        });
        Ok(json!({
            "title": self.set(&chart.title)?,
            "bars": bars.collect::<Result<Vec<_>, DocumentError>>()?,
            "ticks": ticks.collect::<Vec<_>>(),
            "unit": self.label(axis.unit)?,
            "alt": self.described(chart)?,
        }))
    }

    /// The chart for those who hear it.
    fn described(&self, chart: &Chart) -> Result<String, DocumentError> {
        let bars = chart.intervals.iter().map(|bar| {
            let args = Args::none()
                .text("label", self.raw(&bar.label)?)
                .text("start", self.raw(&Text::Duration(bar.start))?)
                .text("length", self.raw(&Text::Duration(bar.length))?);
            self.raw(&Message::with("document-chart-bar", args).into())
        });
        Ok(bars.collect::<Result<Vec<_>, _>>()?.join("; "))
    }
}

/// The axis of a chart: from zero to the first round figure at or above the end.
struct Axis {
    whole: Duration,
    unit: &'static str,
    steps: u32,
    step_units: f64,
}

impl Axis {
    fn over(end: Duration) -> Self {
        let seconds = end.as_secs_f64();
        let (unit, size) = match seconds {
            0.0..2.0 => ("document-axis-milliseconds", 0.001),
            2.0..180.0 => ("document-axis-seconds", 1.0),
            180.0..10_800.0 => ("document-axis-minutes", 60.0),
            10_800.0..259_200.0 => ("document-axis-hours", 3600.0),
            _ => ("document-axis-days", 86_400.0),
        };
        let units = (seconds / size).max(1.0);
        // The largest of 1, 2 and 5 times a power of ten that leaves at most six steps.
        let power = 10_f64.powf((units / 6.0).log10().floor());
        let step_units = [1.0, 2.0, 5.0, 10.0]
            .map(|times| times * power)
            .into_iter()
            .find(|step| units / step <= 6.0)
            .unwrap_or(units);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and 6 by the choice of the step"
        )]
        let steps = (units / step_units).ceil() as u32;
        let whole = Duration::try_from_secs_f64(f64::from(steps) * step_units * size);
        Self { whole: whole.unwrap_or(Duration::MAX), unit, steps, step_units }
    }

    fn share(&self, duration: Duration) -> f64 {
        (duration.as_secs_f64() / self.whole.as_secs_f64()).min(1.0)
    }
}

/// Lets lines end inside long paths, names and digests: after separators, and within what is
/// still too long. Ordinary words keep together, in Vietnamese as in English.
pub(super) fn breakable(text: &str) -> String {
    let mut set = String::with_capacity(text.len());
    for (at, run) in text.split(' ').enumerate() {
        if at > 0 {
            set.push(' ');
        }
        if run.chars().count() <= RUN_MAX {
            set.push_str(run);
            continue;
        }
        for piece in run.split_inclusive(|c: char| "/._-:=&?@,;#".contains(c)) {
            let long = piece.chars().count() > PIECE_MAX;
            for (at, c) in piece.chars().enumerate() {
                if long && at > 0 && at % PIECE == 0 {
                    set.push(BREAK);
                }
                set.push(c);
            }
            set.push(BREAK);
        }
        set.pop();
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_break_after_separators_and_words_do_not() {
        for (text, set) in [
            ("biên bản diễn tập", "biên bản diễn tập"),
            ("responsibilities", "responsibilities"),
            ("portal.articles", "portal.|articles"),
            ("/srv/portal/media", "/|srv/|portal/|media"),
            ("0123456789abcdef0", "01234567|89abcdef|0"),
            ("", ""),
        ] {
            assert_eq!(breakable(text).replace(BREAK, "|"), set);
        }
    }

    #[test]
    fn an_axis_ends_at_a_round_figure_with_at_most_six_steps() {
        for (milliseconds, unit, steps, step) in [
            (0, "milliseconds", 5, 0.2),
            (1, "milliseconds", 5, 0.2),
            (850, "milliseconds", 5, 200.0),
            (42_000, "seconds", 5, 10.0),
            (95_000, "seconds", 5, 20.0),
            (3_600_000, "minutes", 6, 10.0),
            (86_400_000, "hours", 5, 5.0),
        ] {
            let axis = Axis::over(Duration::from_millis(milliseconds));
            assert_eq!(axis.unit, format!("document-axis-{unit}"), "{milliseconds}");
            assert_eq!(axis.steps, steps, "{milliseconds}");
            assert!((axis.step_units - step).abs() < 1e-9, "{milliseconds}: {}", axis.step_units);
        }
        assert!(Axis::over(Duration::MAX).steps <= 6);
    }
}
